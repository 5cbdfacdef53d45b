"""Every page of the app in each of its states: a small library to show them with, and how to get there.

A state is a function that takes a page of a browser which has opened the app and leaves it in that state.  `EMPTY` are
those of a library without documents, `FILLED` those of the library that `fill` makes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kb import KnowledgeBase
from kb.runs import Run
from kb.survey import folder_name, make_request
from tests.making import make_pdf
from tests.survey.conftest import fill as papers
from tests.waiting import LONGEST, wait_until

QUESTION, NOWHERE = "What is knowledge distillation?", "How are the tides of Jupiter predicted?"
TOPIC = "Knowledge distillation and pruning"
LONG = "A title that does not end " * 20  # 520 characters
TITLES = {"right": "مقدمة في التعلم العميق والشبكات العصبية", "script": "<script>document.title = 'run'</script>",
          "emoji": "😀 Attention 🚀 注意力", "long": LONG.strip()}
PAGES = [["# Distillation in practice", "Knowledge distillation is a way to train a small network on a large one."],
         ["# Cost", "A teacher is asked once for each sentence, and its answers are kept."]]

# Nothing but the login is drawn without what our style tells by its place.
STYLED = "(part => !part || getComputedStyle(part).position === 'absolute')(document.querySelector('.st-key-reach'))"

Go = Callable[[Any, str], None]


def fill(home: Path, folder: Path) -> None:
    """Documents, a conversation, notes, tags, a table, a survey, runs of a lab and a job that goes on, into the library
    at `home`; its files into `folder`."""
    folder.mkdir()
    for n, (name, title) in enumerate(TITLES.items()):
        (folder / f"{name}.md").write_text(
            f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\nauthors: [{title[:60]}, 王小明]\nyear: {2000 + n}\n"
            f"---\n# {title}\n\nPruning of {name} is told here, for ${n}$ weights.\n\n## {title}\n\nMore.\n", "utf-8")
    (folder / "practice.pdf").write_bytes(make_pdf(*PAGES))
    with KnowledgeBase.open(home, encoder="hashing") as base:
        papers(base, folder)
        ids = {Path(info.path).stem: info.id for info in base.documents()}
        base.keep(base.ask("什么是知识蒸馏？"))
        base.keep_question(NOWHERE)
        base.collect("Reading list", [ids["hinton"], ids["long"]])
        base.tag([ids["hinton"], ids["script"]], ["distillation", LONG[:60].strip()])
        base.keep_table(base.table(["year", "data set"]), "kept")
        base.survey(TOPIC, language="en", works=4, out=home / "surveys" / survey())
    _runs(home)


def survey() -> str:
    return folder_name(make_request(TOPIC, "en"))


def _runs(home: Path) -> None:
    run = Run(home / "labs" / "finetune-20260101-000000-0")
    run.begin("lab:finetune", {"epochs": 2})
    run.event("note", text=("两轮", "Two epochs"))
    for step in (1, 2, 3):
        run.event("metric", step=step, loss=1 / step, dev_accuracy=0.5 + step / 10)
    run.event("heat", title=("注意力", "Attention"), matrix=[[0.9, 0.1], [0.2, 0.8]], rows=["a", "b"],
              columns=["a", "b"])
    run.event("table", title=("错误", "Errors"), rows=[{"text": "服务很差", "label": "good"}])
    run.event("code", title=("代码", "Code"), text="loss = 1 / step  # halves\nprint('loss', loss)",
              output="loss 0.33")
    run.save("metrics.json", json.dumps({"test_accuracy": 0.8, "seconds": 3.2, "examples": 160}).encode())
    run.set_status("done")
    failed = Run(home / "labs" / "parameters-20260101-000000-0")
    failed.begin("lab:parameters", {})
    failed.log("a line of the log")
    failed.set_status("failed", {"code": "D_ONE_CLASS", "zh": ["只有一类", "换一个文件"],
                                 "en": ["There is one class only.", "Choose another file."]})


def job(home: Path, name: str = "20260101-000000-aaaaaa") -> Run:
    """A job that adds documents and goes on as long as this process, until its status is set."""
    run = Run(home / "jobs" / name)
    run.begin("add", {"arguments": ["add"]})
    run.event("progress", phase="read", done=3, total=12, item=f"/papers/{TITLES['right']}.pdf")
    run.event("progress", phase="commit", done=2, total=12, item="/papers/b.pdf")
    return run


# --- getting there


def idle(page: Any) -> None:
    """Until the page's script has ended, what it drew stands, and our style is there, which comes after the page."""
    page.wait_for_selector('[data-testid=stApp][data-test-script-state="notRunning"]', timeout=LONGEST * 1000)
    page.wait_for_timeout(200)
    page.wait_for_selector('[data-testid=stApp][data-test-script-state="notRunning"]', timeout=LONGEST * 1000)
    wait_until(lambda: page.evaluate(STYLED) and page.locator("[data-stale=true]").count() == 0)


def _at(path: str, shown: str) -> Go:
    def go(page: Any, url: str) -> None:
        page.goto(f"{url}{path}")
        page.locator(shown).first.wait_for(timeout=LONGEST * 1000)
        idle(page)
    return go


def _then(go: Go | None, *steps: Callable[[Any], None]) -> Go:
    """A state that another one leads to; None: the state before in the list, as it stands."""
    def further(page: Any, url: str) -> None:
        if go is not None:
            go(page, url)
        for step in steps:
            step(page)
            idle(page)
    return further


def _press(selector: str, shown: str = "") -> Callable[[Any], None]:
    def step(page: Any) -> None:
        page.locator(selector).first.click()
        if shown:
            page.locator(shown).first.wait_for(timeout=LONGEST * 1000)
    return step


def _ask(question: str, shown: str) -> Callable[[Any], None]:
    def step(page: Any) -> None:
        page.locator("[data-testid=stChatInput] textarea").fill(question)
        page.locator("[data-testid=stChatInput] textarea").press("Enter")
        page.locator(shown).first.wait_for(timeout=LONGEST * 1000)
    return step


def _key(key: str) -> Callable[[Any], None]:
    return lambda page: page.keyboard.press(key)


def _choose(selector: str) -> Callable[[Any], None]:
    """Presses the first cell of a table that is drawn, not made of elements."""
    def step(page: Any) -> None:
        page.wait_for_selector(f"{selector} canvas")
        idle(page)
        box = page.locator(selector).first.bounding_box()
        page.mouse.click(box["x"] + 60, box["y"] + 52)
    return step


def _unfold(page: Any) -> None:
    for _ in range(20):
        closed = page.locator("[data-testid=stExpander] details:not([open]) > summary:visible")
        if closed.count() == 0:
            return
        closed.first.click()
        idle(page)


_ASK = ".st-key-question"
_LIBRARY = _at("/library?lang=en", ".row .title a")
_TABLE = _at("/table?lang=en", ".st-key-table_go")

EMPTY: dict[str, Go] = {
    "ask-empty": _at("/?lang=en", ".st-key-welcome"),
    "library-empty": _at("/library?lang=en", "[data-testid=stAlert]"),
    "table-empty": _at("/table?lang=en", "[data-testid=stAlert]"),
    "survey-empty": _at("/survey?lang=en", "[data-testid=stAlert]"),
    "labs-empty": _at("/labs?lang=en", ".st-key-labnone"),
    "settings-empty": _at("/settings?lang=en", ".st-key-check_installation"),
}
JOB: dict[str, Go] = {  # while `job` goes on
    "ask-job": _at("/?lang=en", ".st-key-first_stop"),
    "library-job": _at("/library?lang=en", ".st-key-stop_job"),
}
LOGIN: dict[str, Go] = {"login": _at("/?lang=en", "[class*=st-key-login-] button")}
REFUSED: dict[str, Go] = {"login-refused": _at("/?lang=en", ".st-key-log_out button")}
FILLED: dict[str, Go] = {
    "ask": _at("/?lang=en", ".st-key-examples"),
    "ask-scope": _then(None, _press(".st-key-scope_choice button", ".st-key-scope_documents"),
                       _press(".st-key-scope_documents input")),
    "ask-found": _then(_at("/?lang=en", _ASK), _ask(QUESTION, ".st-key-sources0 button")),
    "ask-wrong": _then(None, _press(".st-key-wrong0 button", ".st-key-quote0")),
    "ask-source": _then(None, _key("Escape"), _press(".kb button", ".kb-reader .text, .kb-reader .pages")),
    "ask-menu": _then(None, _key("Escape"), _press(".st-key-chat_menu button", ".st-key-chat_rename")),
    "ask-nowhere": _then(_at("/?lang=en", _ASK), _ask(NOWHERE, ".st-key-near0, .st-key-add0")),
    "library": _LIBRARY,
    "library-card": _then(None, _press(".row .title a", ".st-key-detail"), _press(".st-key-edit button"), _unfold),
    "library-bulk": _then(_LIBRARY, _press(".row input"), _press(".st-key-bulk button >> nth=0")),
    "library-map": _at("/library?lang=en&view=map", ".dot"),
    "library-time": _at("/library?lang=en&view=time", ".dot"),
    "library-cites": _at("/library?lang=en&view=cites", ".kb"),
    "library-report": _at("/library?lang=en&view=report", "[class*=st-key-doubt], [data-testid=stAlert]"),
    "table": _TABLE,
    "table-made": _then(None, _press(".st-key-table_go button", "[data-testid=stDataFrame] canvas")),
    "table-cell": _then(None, _choose("[data-testid=stDataFrame]"), _unfold),
    "survey": _at("/survey?lang=en", ".st-key-survey_write"),
    "survey-written": _then(_at(f"/survey?lang=en&survey={survey()}", ".st-key-survey_exports"), _unfold),
    "survey-source": _then(None, _press(".kb > span > button", ".st-key-srcpanel")),
    "labs": _then(_at("/labs?lang=en&lab=attention", "[class*=st-key-go-]"), _unfold),
    "labs-done": _then(_at("/labs?lang=en&lab=finetune", ".st-key-labran"), _unfold),
    "labs-failed": _at("/labs?lang=en&lab=parameters", ".st-key-labran"),
    "settings": _at("/settings?lang=en", ".st-key-check_installation"),
    "settings-checked": _then(None, _press(".st-key-check_installation button", "[data-testid=stExpander]"), _unfold),
    "settings-sure": _then(None, _press(".st-key-forget_chats button", ".st-key-forget_chats_yes")),
}
