"""Pictures of every page in each of its states, to be looked at: both languages, light and dark, wide and narrow.

    python -m tools.looks FOLDER [NAME …]      from the root; needs Chromium and a Chinese font

Chinese is wide and light, narrow and dark; English the other way round, and light at 768 pixels. A page that is longer
than the window is shown whole, but for those whose parts go by the window's height. States: tests/browser/states.py.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from kb import KnowledgeBase
from kb.runs import Run
from tests.browser import running_app, running_login, states
from tests.chatserver import ChatServer, Says, refuses
from tests.conftest import CHROMIUM, CORPUS
from tools.screenshot import FLAGS

LOOKS = {"zh-CN": ((1440, "light"), (400, "dark")), "en-GB": ((1440, "dark"), (400, "light"), (768, "light"))}
TALL, TALLEST = 900, 2600
BY_WINDOW = ".st-key-srcpanel, .st-key-stop_lab"  # what is as high as the window
PAGE = "document.querySelector('[data-testid=stMain], [data-testid=stAppScrollToBottomContainer]')"
HEIGHT = f"{PAGE}?.scrollHeight ?? 0"
WRITTEN = ("Knowledge distillation trains a small network on the output of a large one [1]. It was proposed by "
           "Frankenstein in 1818 [1]. The student learns softened probabilities [2].")


def main() -> None:
    """The pictures that are named, or all. The library stays in FOLDER/made, for the next time."""
    folder, names = Path(sys.argv[1]), set(sys.argv[2:])
    states.LONGEST = 90.0  # a state that does not come is told, and left out
    made = folder / "made"
    if not (made / "library").exists():
        made.mkdir(parents=True)
        states.fill(made / "library", made / "papers", CORPUS / "papers", CORPUS / "article.zh.md",
                    CORPUS / "article.en.md", encoder=None)
        _runs(made / "library", made / "papers")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        look = partial(_look, browser, folder=folder, names=names)
        if names.intersection(["", *states.EMPTY, *states.LOGIN, *states.REFUSED]) or not names:
            _without_documents(look)
        with running_app(made / "library", KB_CORPUS=str(CORPUS)) as url:
            look(url, {**states.FILLED, **states.MORE})
            active = [states.job(made / "library"), *_active(made / "library")]
            try:
                look(url, {**states.JOB, **states.RUNNING})
            finally:
                for run in active:
                    shutil.rmtree(run.folder)
        with _with_model(made / "library") as url:
            look(url, states.MODEL)
        browser.close()


def _without_documents(look: Callable[..., None]) -> None:
    """The first minute, and the login."""
    with tempfile.TemporaryDirectory(prefix="kb-") as folder:
        with running_app(Path(folder) / "empty", KB_CORPUS=str(CORPUS)) as url:
            look(url, states.EMPTY)
        with running_login(Path(folder)) as url:
            look(url, states.LOGIN)
            url.user = {"email": "another@example.org"}
            look(url, states.REFUSED)


def _look(browser: Browser, url: Any, every: Mapping[str, states.Go], *, folder: Path, names: set[str]) -> None:
    """A picture of each of these states in each look. A state that follows another is reached by way of it."""
    every = _needed(every, names)
    for locale, looks in LOOKS.items() if every else ():
        context = url.context(browser, viewport={"width": 1440, "height": TALL}, locale=locale)
        page = context.new_page()
        for name, go in every.items():
            page.set_default_timeout(60_000)
            page.set_viewport_size({"width": 1440, "height": TALL})
            page.emulate_media(color_scheme=looks[0][1])
            begun = time.monotonic()
            try:
                go(page, url)
            except Exception as error:  # the other states are looked at all the same
                print(f"{name} {locale}: {str(error).splitlines()[0]}", flush=True)
                page.screenshot(path=folder / f"{name}-{locale[:2]}-FAILED.png")
                page.close()
                page = context.new_page()
                continue
            for width, scheme in looks:
                _take(page, width, scheme, folder / f"{name}-{locale[:2]}-{scheme}-{width}.png",
                      states.SETTLED.get(name))
            print(f"{name} {locale} {time.monotonic() - begun:.1f} s", flush=True)
        context.close()


def _take(page: Page, width: int, scheme: str, file: Path, settle: Callable[[Page], None] | None) -> None:
    page.set_viewport_size({"width": width, "height": TALL})
    page.emulate_media(color_scheme=scheme)
    page.wait_for_timeout(350)
    if page.locator(BY_WINDOW).count() == 0:
        page.set_viewport_size({"width": width, "height": min(TALLEST, max(TALL, page.evaluate(HEIGHT)))})
        page.evaluate(f"{PAGE}?.scrollTo(0, 0)")
        page.wait_for_timeout(350)
    if settle is not None:
        settle(page)
    page.screenshot(path=file)


def _needed(every: Mapping[str, states.Go], names: set[str]) -> dict[str, states.Go]:
    """The states that are named with those that they follow; all where none is named."""
    found: dict[str, states.Go] = {}
    chain: dict[str, states.Go] = {}
    for name, go in every.items():
        chain = {**chain, name: go} if getattr(go, "follows", False) else {name: go}
        if not names or name in names:
            found |= chain
    return found


def _runs(home: Path, papers: Path) -> None:
    """Jobs and runs that stand as `states.MORE` has them."""
    failed = Run(home / "jobs" / "20260101-000000-ffffff")
    failed.begin("add", {"arguments": ["add"]})
    with KnowledgeBase.open(home) as base:
        broken, empty = papers / "broken.pdf", papers / "empty.md"
        broken.write_bytes(b"%PDF-1.4 no more")
        empty.write_bytes(b"")
        report = base.add([broken, empty, papers / "hinton.md"])
    failed.save("metrics.json", json.dumps(report.to_dict()).encode())
    failed.set_status("done")
    stopped = Run(home / "jobs" / "20260101-000000-cccccc")
    stopped.begin("add", {"arguments": ["add"]})
    stopped.set_status("cancelled")
    for n, name in enumerate(("planned", "running", "stopped", "failed")):
        shutil.copytree(home / "surveys" / states.survey(), home / "surveys" / name)
        (home / "surveys" / name / "survey.json").unlink()
        if name in ("stopped", "failed"):
            words = {"code": "D", "zh": ["模型没有回答。", "看看它是否还在运行。"],
                     "en": ["The model did not answer.", "Look whether it runs."]}
            run = _survey(home, n, name)
            run.set_status("cancelled" if name == "stopped" else "failed", words if name == "failed" else None)
    half = Run(home / "labs" / "finetune-20260102-000000-0")
    half.begin("lab:finetune", {"epochs": 2})
    half.set_status("loading")
    half.event("metric", step=1, loss=0.7, validation_accuracy=0.6)
    half.set_status("cancelled")


def _survey(home: Path, n: int, name: str) -> Run:
    run = Run(home / "jobs" / f"20260101-00000{n}-{n:06x}")
    run.begin(f"survey:{name}", {"arguments": ["survey", "write", "--", states.TOPIC]})
    run.set_status("loading")
    run.event("progress", phase="write", done=2, total=7, item="Knowledge distillation")
    return run


def _active(home: Path) -> list[Run]:
    """A survey and a lab that go on."""
    lab = Run(home / "labs" / "classify-20260101-000000-0")
    lab.begin("lab:classify", {"epochs": 3})
    lab.set_status("loading")
    for step in range(1, 9):
        lab.event("metric", step=step, loss=1 / step, validation_accuracy=0.5 + step / 20)
    return [lab, _survey(home, 1, "running")]


@contextmanager
def _with_model(home: Path) -> Iterator[Any]:
    """The app with a model that answers, but for one question, at which it fails."""
    def play(body: dict[str, Any]) -> Says:
        asked = json.dumps(body)
        return refuses(503, "the model is being loaded") if "pruning" in asked.lower() else Says(WRITTEN)

    with ChatServer(play) as server:
        settings = {"KB_LLM_URL": server.url, "KB_LLM_MODEL": "scripted", "KB_LLM_KEY": "sk-a-key"}
        with running_app(home, KB_CORPUS=str(CORPUS), **settings) as url:
            yield url


if __name__ == "__main__":
    main()
