"""docs/pictures/: what docs/app.md and docs/app.zh.md show, over corpus/, in both languages, light and dark.

    python -m tools.pictures [NAME …]      from the root; needs Chromium and a Chinese font
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from kb import KnowledgeBase
from kb.labs import labs
from kb.survey import folder_name, make_request
from tests.browser import running_app
from tests.browser.states import STYLED
from tests.conftest import CHROMIUM, CORPUS, ROOT
from tests.waiting import wait_until
from tools.screenshot import FLAGS, settle

FOLDER = ROOT / "docs" / "pictures"
LARGEST = 150_000  # bytes
TOPIC = "大语言模型的压缩"
LAB = "attention"
TO_THE_TOP = """() => {
    document.activeElement.blur();
    for (const element of document.querySelectorAll('*'))
        if (element.scrollTop && !element.closest('.kb-reader')) element.scrollTop = 0;
}"""
_LONGEST = 300_000  # milliseconds
Step = Callable[[Page], object]


@dataclass(frozen=True)
class Picture:
    """path: of the page, steps: what is done there, shown: what then has to be there."""

    path: str
    shown: str
    steps: tuple[Step, ...] = ()
    language: str = "en"
    scheme: str = "light"
    width: int = 1280


def _asks(question: str) -> Step:
    def step(page: Page) -> None:
        page.locator("[data-testid=stChatInput] textarea").fill(question)
        page.locator("[data-testid=stChatInput] textarea").press("Enter")
    return step


def _presses(selector: str) -> Step:
    return lambda page: page.locator(selector).first.click()


SURVEY = f"/survey?survey={folder_name(make_request(TOPIC, 'zh', 'short', None))}"
FIRST = {"first": Picture("/", ".st-key-first_sample")}
PICTURES = {
    "answer": Picture("/", ".st-key-sources0 button", (_asks("什么是知识蒸馏？"),), "zh"),
    "source": Picture("/", ".kb-reader .katex",
                      (_asks("What is knowledge distillation?"), _presses(".st-key-sources0 button")), scheme="dark"),
    "nowhere": Picture("/", ".st-key-add0", (_asks("How are the tides of Jupiter predicted?"),)),
    "telephone": Picture("/", ".st-key-sources0 button", (_asks("剪枝和量化有什么区别？"),), "zh", "dark", 400),
    "library": Picture("/library", ".row .title a"),
    "card": Picture("/library", ".st-key-detail", (_presses(".row .title a"),), "zh"),
    "map": Picture("/library?view=map", ".dot", scheme="dark"),
    "citations": Picture("/library?view=cites", ".kb", language="zh"),
    "table": Picture("/table", "[data-testid=stDataFrame] canvas",
                     (_presses("[data-testid=stExpander] summary"), _presses(".st-key-table_show button"))),
    "survey": Picture(SURVEY, ".st-key-survey_exports", (), "zh"),
    "lab": Picture(f"/labs?lab={LAB}", ".st-key-labran", scheme="dark"),
}


def main() -> None:
    """The pictures that are named, or all."""
    names = set(sys.argv[1:]) or {*FIRST, *PICTURES}
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kb-") as folder, sync_playwright() as playwright:
        home, corpus = Path(folder) / "library", Path(folder) / "corpus"
        shutil.copytree(CORPUS, corpus)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        with running_app(home, KB_CORPUS=str(corpus)) as address:
            for every in (FIRST, PICTURES):
                if every is PICTURES:
                    _fill(home, corpus, names)
                for name, picture in every.items():
                    if name in names:
                        size = {"width": picture.width, "height": 800}
                        context = address.context(browser, viewport=size, color_scheme=picture.scheme,
                                                  locale={"zh": "zh-CN", "en": "en-GB"}[picture.language])
                        _take(context.new_page(), address, picture, FOLDER / f"{name}.webp")
                        context.close()
        browser.close()


def _fill(home: Path, corpus: Path, names: set[str]) -> None:
    """The corpus; where they are to be shown a survey of it, a table of some, a lab that has run."""
    with KnowledgeBase.open(home) as base:
        base.add([corpus / "papers", corpus / "article.zh.md", corpus / "article.en.md"])
        if "table" in names:
            some = [info.id for info in base.documents() if re.search("bert|gpt|llama", info.title, re.IGNORECASE)][:10]
            base.keep_table(base.table(["year", "data set", "best result", "model"], documents=some), "Language models")
        if "survey" in names:
            base.survey(TOPIC, language="zh", length="short", works=8, out=home / "surveys" / SURVEY.partition("=")[2])
    if "lab" in names:
        next(lab for lab in labs() if lab.name == LAB).run(home=home)


def _take(page: Page, address: str, picture: Picture, file: Path) -> None:
    page.set_default_timeout(_LONGEST)
    page.goto(f"{address}{picture.path}")
    for step in (*picture.steps, None):
        settle(page)
        wait_until(partial(page.evaluate, STYLED))
        if step is not None:
            step(page)
    page.locator(picture.shown).first.wait_for()
    settle(page)
    page.mouse.move(1, 1)
    page.evaluate(TO_THE_TOP)
    settle(page)
    image = Image.open(io.BytesIO(page.screenshot()))
    image.save(file, quality=80, method=6)
    if file.stat().st_size > LARGEST:
        raise SystemExit(f"{file} has {file.stat().st_size} bytes, more than {LARGEST}")
    print(file.relative_to(ROOT), file.stat().st_size)


if __name__ == "__main__":
    main()
