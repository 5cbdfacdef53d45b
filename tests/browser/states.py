"""Every page of the app in each of its states: a small library to show them with, and how to get there.

A state is a function that takes a page of a browser which has opened the app and leaves it in that state; its language
is the browser's.  `EMPTY` are those of a library without documents, `FILLED` those of the library that `fill` makes.
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

TO_TOP = "document.querySelectorAll('*').forEach(part => { part.scrollTop = 0; })"

Go = Callable[[Any, str], None]


def fill(home: Path, folder: Path, *more: Path, encoder: str | None = "hashing") -> None:
    """Documents, a conversation, notes, tags, a table, a survey, runs of a lab and a job that goes on, into the library
    at `home`; its files into `folder`. more: files that are added as well."""
    folder.mkdir()
    for n, (name, title) in enumerate(TITLES.items()):
        (folder / f"{name}.md").write_text(
            f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\nauthors: [{title[:60]}, 王小明]\nyear: {2000 + n}\n"
            f"---\n# {title}\n\nPruning of {name} is told here, for ${n}$ weights.\n\n## {title}\n\nMore.\n", "utf-8")
    (folder / "practice.pdf").write_bytes(make_pdf(*PAGES))
    with KnowledgeBase.open(home, encoder=encoder) as base:
        base.add(more)
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
        run.event("metric", step=step, loss=1 / step, validation_accuracy=0.5 + step / 10)
    run.event("heat", title=("注意力", "Attention"), matrix=[[0.9, 0.1], [0.2, 0.8]], rows=["a", "b"],
              columns=["a", "b"])
    run.event("table", title=("错误", "Errors"), rows=[{"text": "服务很差", "label": "good"}])
    run.event("code", title=("代码", "Code"), text="loss = 1 / step  # halves\nprint('loss', loss)",
              output="loss 0.33")
    run.save("metrics.json", json.dumps({"test_accuracy": 0.8, "train_seconds": 3.2, "n_train": 160}).encode())
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
    run.set_status("loading")  # from which the first event takes it on
    run.event("progress", phase="read", done=3, total=12, item=f"/papers/{TITLES['right']}.pdf")
    run.event("progress", phase="commit", done=2, total=12, item="/papers/b.pdf")
    return run


# --- getting there


def idle(page: Any) -> None:
    """Until the page's script has begun and ended, what it drew stands, and our style is there, which comes after the
    page. Before the first run the page says that none is running, too."""
    page.wait_for_selector(".stMain .stElementContainer", state="attached", timeout=LONGEST * 1000)
    page.wait_for_selector('[data-testid=stApp][data-test-script-state="notRunning"]', timeout=LONGEST * 1000)
    page.wait_for_timeout(200)
    page.wait_for_selector('[data-testid=stApp][data-test-script-state="notRunning"]', timeout=LONGEST * 1000)
    wait_until(lambda: page.evaluate(STYLED) and page.locator("[data-stale=true]").count() == 0)
    assert page.locator("[data-testid=stException]").count() == 0


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
    further.follows = go is None  # type: ignore[attr-defined]
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
_LIBRARY = _at("/library", ".row .title a")
_TABLE = _at("/table", ".st-key-table_go")

EMPTY: dict[str, Go] = {
    "ask-empty": _at("/", ".st-key-welcome"),
    "library-empty": _at("/library", "[data-testid=stAlert]"),
    "table-empty": _at("/table", "[data-testid=stAlert]"),
    "survey-empty": _at("/survey", "[data-testid=stAlert]"),
    "labs-empty": _at("/labs", ".st-key-labnone"),
    "settings-empty": _at("/settings", ".st-key-check_installation"),
}
JOB: dict[str, Go] = {  # while `job` goes on
    "ask-job": _at("/", ".st-key-first_stop"),
    "library-job": _at("/library", ".st-key-stop_job"),
}
RUNNING: dict[str, Go] = {  # while a survey and a lab go on
    "survey-running": _at("/survey?survey=running", ".st-key-survey_stop"),
    "labs-running": _at("/labs?lab=classify", ".st-key-stop_lab"),
}
LOGIN: dict[str, Go] = {"login": _at("/", "[class*=st-key-login-] button")}
REFUSED: dict[str, Go] = {"login-refused": _at("/", ".st-key-log_out button")}
FILLED: dict[str, Go] = {
    "ask": _at("/", ".st-key-examples"),
    "ask-scope": _then(None, _press(".st-key-scope_choice button", ".st-key-scope_documents"),
                       _press(".st-key-scope_documents input")),
    "ask-found": _then(_at("/", _ASK), _ask(QUESTION, ".st-key-sources0 button")),
    "ask-wrong": _then(None, _press(".st-key-wrong0 button", ".st-key-quote0")),
    "ask-source": _then(None, _key("Escape"), _press(".kb button", ".kb-reader .text, .kb-reader .pages")),
    "ask-menu": _then(None, _key("Escape"), _press(".st-key-chat_menu button", ".st-key-chat_rename")),
    "ask-nowhere": _then(_at("/", _ASK), _ask(NOWHERE, ".st-key-near0, .st-key-add0")),
    "library": _LIBRARY,
    "library-card": _then(None, _press(".row .title a", ".st-key-detail"), _press(".st-key-edit button"), _unfold),
    "library-bulk": _then(_LIBRARY, _press(".row input"), _press(".st-key-bulk button >> nth=0")),
    "library-map": _at("/library?view=map", ".dot"),
    "library-time": _at("/library?view=time", ".dot"),
    "library-cites": _at("/library?view=cites", ".kb"),
    "library-report": _at("/library?view=report", "[class*=st-key-doubt], [data-testid=stAlert]"),
    "table": _TABLE,
    "table-made": _then(None, _press(".st-key-table_go button", "[data-testid=stDataFrame] canvas")),
    "table-cell": _then(None, _choose("[data-testid=stDataFrame]"), _unfold),
    "survey": _at("/survey", ".st-key-survey_write"),
    "survey-written": _then(_at(f"/survey?survey={survey()}", ".st-key-survey_exports"), _unfold),
    "survey-source": _then(None, _press(".kb > span > button", ".st-key-srcpanel")),
    "labs": _then(_at("/labs?lab=attention", "[class*=st-key-go-]"), _unfold),
    "labs-done": _then(_at("/labs?lab=finetune&run=finetune-20260101-000000-0", ".st-key-labran"), _unfold),
    "labs-failed": _at("/labs?lab=parameters", ".st-key-labran"),
    "settings": _at("/settings", ".st-key-check_installation"),
    "settings-checked": _then(None, _press(".st-key-check_installation button", "[data-testid=stExpander]"), _unfold),
    "settings-sure": _then(None, _press(".st-key-forget_chats button", ".st-key-forget_chats_yes")),
    "ask-gone-source": _at("/?doc=nothing&start=0&end=9", ".st-key-srcpanel [data-testid=stAlert]"),
}

# --- what is only looked at (`python -m tools.looks`): the library of `fill` with the bundled corpus, and its encoder

COMPARED, WEAK = "剪枝和量化有什么区别？", "How long does it take to train a teacher?"
LISTED = "Which papers are from 2019?"
IN_PDF, HOSTILE = "What is asked once for each sentence?", "What is told of pruning of script?"
FOLLOWED = "它有什么缺点？"


def _type(selector: str, text: str, *, enter: bool = False) -> Callable[[Any], None]:
    def step(page: Any) -> None:
        page.locator(selector).first.fill(text)
        if enter:
            page.locator(selector).first.press("Enter")
    return step


def _asked(question: str, shown: str = ".st-key-sources0 button, .st-key-add0, .st-key-records0 button") -> Go:
    return _then(_at("/", _ASK), _ask(question, shown))


def _tab(n: int) -> Callable[[Any], None]:
    return _press(f"[data-testid=stTab] >> nth={n}")


def _open_row(text: str) -> Callable[[Any], None]:
    def step(page: Any) -> None:
        page.locator(".filter").fill(text)
        page.wait_for_timeout(300)
        page.locator(".row .title a", has_text=text).first.click()
        page.locator(".st-key-detail").wait_for(timeout=LONGEST * 1000)
    return step


def _read(page: Any) -> None:
    """Marks the first line in view as one does with the keyboard."""
    page.locator(".kb-reader .pages, .kb-reader .text").first.focus()
    page.keyboard.press("Shift+ArrowDown")
    page.locator(".kb-reader .pick button").first.wait_for()


def _show_sidebar(page: Any) -> None:
    """Opens the bar at the side, which a narrow window folds away."""
    page.wait_for_timeout(500)
    if page.locator("[data-testid=stExpandSidebarButton]").is_visible():
        page.locator("[data-testid=stExpandSidebarButton]").click()
        page.wait_for_timeout(700)


def _show_menu(page: Any) -> None:
    _key("Escape")(page)
    _show_sidebar(page)
    if not page.locator(".st-key-chat_rename").is_visible():
        _press(".st-key-chat_menu button", ".st-key-chat_rename")(page)


def _show_questions(page: Any) -> None:
    _show_sidebar(page)
    page.locator(".st-key-open_questions").scroll_into_view_if_needed()


_ADD = ".st-key-upload_go >> xpath=ancestor::details/summary"

MORE: dict[str, Go] = {
    "ask-compare": _asked(COMPARED),
    "ask-follow": _then(None, _ask(FOLLOWED, ".st-key-verdict1")),
    "ask-edit": _then(None, _press("[class*=st-key-edit] button")),
    "ask-weak": _asked(WEAK),
    "ask-listed": _asked(LISTED),
    "ask-record": _then(None, _press(".st-key-records0 button", ".st-key-detail")),
    "ask-hostile": _asked(HOSTILE),
    "ask-hostile-source": _then(None, _press(".st-key-sources0 button", ".kb-reader")),
    "ask-pdf": _then(_asked(IN_PDF), _press(".st-key-sources0 button", ".kb-reader .pages")),
    "ask-pdf-pick": _then(None, _read),
    "ask-pdf-note": _then(None, _key("n")),
    "ask-pdf-find": _then(None, _key("Escape"), _press(".kb-reader .pages"), _key("/"),
                          lambda page: page.keyboard.type("teacher")),
    "ask-pdf-notes": _then(None, _key("Escape"), _press(".st-key-srchead button")),
    "ask-scoped": _then(_at("/", _ASK), _press(".st-key-scope_choice button", ".st-key-scope_documents"),
                        _press(".st-key-scope_tags input"), _key("ArrowDown"), _key("Enter"), _key("Escape")),
    "ask-scoped-nowhere": _then(None, _press("h1"), _ask(NOWHERE, ".st-key-add0")),
    "ask-questions": _then(None, _press(".st-key-open_questions summary")),
    "ask-long": _asked(LONG[:500]),
    "ask-lost": _at("/?chat=nothing", "[data-testid=stAlert]"),
    "library-add": _then(_LIBRARY, _press(_ADD, ".st-key-upload_go button")),
    "library-folder": _then(None, _tab(1)),
    "library-sync": _then(None, _type(".st-key-path input", str(Path(__file__).parent), enter=True),
                          _press(".st-key-sync_go button", ".st-key-sync_yes, [data-testid=stAlert]")),
    "library-bibliography": _then(_LIBRARY, _press(_ADD, ".st-key-upload_go button"), _tab(2)),
    "library-watch": _then(None, _tab(3)),
    "library-wrong-folder": _then(_LIBRARY, _press(_ADD, ".st-key-upload_go button"), _tab(1),
                                  _type(".st-key-path input", "/no/such/folder", enter=True),
                                  _press(".st-key-sync_go button", "[data-testid=stAlert]")),
    "library-filters": _then(_LIBRARY, _press(".st-key-views_bar [data-testid=stPopoverButton]")),
    "library-filtered-none": _then(_LIBRARY, _type(".filter", "no such words")),
    "library-long": _then(_LIBRARY, _open_row("does not end"), _unfold),
    "library-right": _then(_LIBRARY, _open_row("مقدمة")),
    "library-remove": _then(None, _press(".st-key-remove button", ".st-key-remove_yes")),
    "library-cite": _then(_LIBRARY, _open_row("DistilBERT"), _unfold),
    "library-source": _then(None, _press(".st-key-open_text button", ".kb-reader")),
    "library-collect": _then(_LIBRARY, _press(".row input"), _press("[class*=st-key-bulk_collect] button")),
    "library-state": _then(_LIBRARY, _press(".row input"), _press("[class*=st-key-bulk_state] button")),
    "library-bulk-remove": _then(_LIBRARY, _press(".row input"), _press(".st-key-bulk_remove button",
                                                                         ".st-key-bulk_sure")),
    "library-edit": _then(_LIBRARY, lambda page: page.locator(".row .year").first.dblclick()),
    "library-failed": _at("/library?job=20260101-000000-ffffff", ".st-key-problems"),
    "library-stopped": _at("/library?job=20260101-000000-cccccc", "[data-testid=stAlert]"),
    "library-map-card": _then(_at("/library?view=map", ".dot"), _press(".dot", ".st-key-detail")),
    "table-own": _then(_TABLE, _press(".st-key-table_preset [data-baseweb=select], .st-key-table_preset input"),
                       _key("End"), _key("Enter")),
    "table-nothing": _then(None, _press(".st-key-table_go button", "[data-testid=stAlert]")),
    "table-kept": _then(_TABLE, _press("[data-testid=stExpander] summary"),
                        _press(".st-key-table_show button", "[data-testid=stDataFrame] canvas")),
    "table-added": _then(None, _type(".st-key-table_more input", "What is the teacher?"),
                         _press(".st-key-table_more_go button", "[data-testid=stAlert]")),
    "table-source": _then(None, _choose("[data-testid=stDataFrame]"),
                          _press("[class*=st-key-cell-] button", ".st-key-srcpanel")),
    "table-filters": _then(_TABLE, _press("[data-testid=stPopoverButton]")),
    "survey-no-topic": _then(_at("/survey", ".st-key-survey_write"), _press(".st-key-survey_write button",
                                                                            "[data-testid=stAlert]")),
    "survey-filters": _then(_at("/survey", ".st-key-survey_write"), _press("[data-testid=stPopoverButton]")),
    "survey-review": _then(_at(f"/survey?survey={survey()}", ".st-key-survey_exports"),
                           _press(".st-key-survey_review label")),
    "survey-planned": _at("/survey?survey=planned", ".st-key-survey_write_outline"),
    "survey-stopped": _at("/survey?survey=stopped", ".st-key-survey_resume"),
    "survey-failed": _at("/survey?survey=failed", "[data-testid=stAlert]"),
    "labs-stopped": _at("/labs?lab=finetune&run=finetune-20260102-000000-0", ".st-key-labran"),
    "labs-wrong": _then(_at("/labs?lab=finetune", ".st-key-labran"), _press("[data-testid=stExpander] summary"),
                        _type("[class*=st-key-finetune-][class*=-path] input", "/no/such.csv"),
                        _press("[class*=st-key-go-] button", "[data-testid=stAlert]")),
    "labs-source": _then(_at("/labs?lab=attention", "[class*=st-key-explains]"),
                         _press("[class*=st-key-explains] button", ".kb-reader")),
    "settings-model": _then(_at("/settings", ".st-key-test_connection"),
                            _press(".st-key-test_connection button", "[data-testid=stAlert]")),
    "settings-refused": _then(None, _type(".st-key-model_url input", "http://127.0.0.1:9/v1"),
                              _type(".st-key-model_name input", "a-model"),
                              _press(".st-key-test_connection button", "[data-testid=stAlert]")),
    "settings-backup": _then(_at("/settings", ".st-key-backup_go"),
                             _type(".st-key-backup_path input", "/no/such/folder/x.kb"),
                             _press(".st-key-backup_go button", "[data-testid=stAlert]")),
    "ask-sidebar": _at("/", _ASK),
}
# What is done once the window is as wide as it is to be looked at: what such a state shows goes with another width.
SETTLED: dict[str, Callable[[Any], None]] = {
    "ask-sidebar": _show_sidebar, "ask-menu": _show_menu, "ask-questions": _show_questions,
    "labs-done": lambda page: page.evaluate(TO_TOP), "labs-running": lambda page: page.wait_for_timeout(1500),
}
MODEL: dict[str, Go] = {  # of an app with a model that is scripted
    "model-answer": _then(_at("/", ".st-key-use_llm"), _press(".st-key-use_llm label"),
                          _ask(QUESTION, ".kb .written"), lambda page: page.locator(".st-key-verdict0").wait_for()),
    "model-failed": _then(_at("/", ".st-key-use_llm"), _press(".st-key-use_llm label"),
                          _ask("What is pruning?", ".st-key-verdict0")),
    "model-settings": _at("/settings", ".st-key-check_installation"),
    "model-survey": _then(_at("/survey", ".st-key-survey_llm"), _press(".st-key-survey_llm label")),
}
