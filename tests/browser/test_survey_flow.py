"""The Survey page in a real browser, with the bundled corpus: plan, drag, rename, merge, write, stop, resume, edit what
was written, export."""

from __future__ import annotations

import json
import os
import re
import signal
import threading

import pytest

from kb import KnowledgeBase
from kb.runs.jobs import list_jobs
from kb.survey import drafted, read_plan, read_survey, touched
from tests.browser import running_app
from tests.browser.test_ask_flow import Watched, browser  # noqa: F401
from tests.chatserver import ChatServer
from tests.conftest import CORPUS
from tests.survey.scripted import scripted, step_of
from tests.waiting import LONGEST, wait_until

TOPIC = "大语言模型的压缩与高效训练"


class Held:
    """The good model, which answers nothing more once this many parts of the survey are stored."""

    def __init__(self, home):
        self.home, self.good = home, scripted()
        self.n_parts, self.opened = None, threading.Event()

    def __call__(self, body):
        if self.n_parts is not None and n_stored(self.home) >= self.n_parts:
            self.opened.wait()
        return self.good(body)

    def until(self, n_parts):
        """From now on; None: for ever."""
        self.n_parts = n_parts
        self.opened.set()
        self.opened = threading.Event()


def folder_of(home):
    (path,) = [
        path for path in (home / "surveys").glob("*/outline.json")
        if json.loads(path.read_text())["request"]["topic"] == TOPIC
    ]
    return path.parent


def n_stored(home):
    return sum(state == "done" for *_, state in drafted(folder_of(home)))


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """(address, server, library, model) of the app over the bundled corpus, with a model that answers well until it is
    held."""
    home = tmp_path_factory.mktemp("surveyed")
    with KnowledgeBase.open(home, encoder="hashing") as base:
        report = base.add([CORPUS / "article.zh.md", CORPUS / "article.en.md", CORPUS / "papers"])
        assert len(report.added) > 50 and not report.failed
    model = Held(home)
    with ChatServer(model) as server:
        settings = {"KB_LLM_URL": server.url, "KB_LLM_MODEL": "scripted", "KB_LLM_CONTEXT": "32000"}
        with running_app(home, "--encoder", "hashing", **settings) as address:
            yield address, server, home, model


class Outline:
    """The editor on the page, and what it has kept."""

    def __init__(self, watched, home):
        self.watched, self.page, self.home, self.seen = watched, watched.page, home, b""

    def folder(self):
        return folder_of(self.home)

    def look(self):
        """What outline.json holds before an edit; `settle` waits for another."""
        self.seen = (self.folder() / "outline.json").read_bytes()

    def kept(self):
        """{heading: [documents]} of outline.json, subsections among them, and the documents left out."""
        saved = json.loads((self.folder() / "outline.json").read_text())
        found = {}

        def walk(node):
            if node["kind"] == "theme":
                found[node["heading"]] = node["documents"]
                for child in node["children"]:
                    walk(child)

        for top in saved["outline"]:
            walk(top)
        return found, [row["document"] for row in saved["unused"] if row["reason"] == "left_out"]

    def section(self, heading):
        return self.page.locator(f".kb .section[aria-label='{heading}']")

    def head(self, heading):
        return self.section(heading).locator("> .head")

    def row(self, document):
        return self.page.locator(f".kb .doc[data-doc='{document}']")

    def drag(self, taken, onto, height=0.5):
        """Takes the middle of one element to a height (0 its top, 1 its bottom) of another, scrolling so that both are
        in view."""
        # Half way between them in the middle of the list: near its edges the list would scroll by itself.
        taken.evaluate("(e) => e.scrollIntoView({block: 'center'})")
        far = onto.bounding_box()["y"] - taken.bounding_box()["y"]
        self.page.locator(".kb .list").evaluate("(list, by) => { list.scrollTop += by; }", far / 2)
        taken.hover()  # at its middle, once it stands still and nothing lies over it
        box = taken.bounding_box()
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] / 2 + 12, box["y"] + box["height"] / 2 + 12, steps=3)
        to = onto.bounding_box()
        self.page.mouse.move(to["x"] + to["width"] / 3, to["y"] + to["height"] * height, steps=8)
        self.page.wait_for_timeout(50)
        self.watched.shot("survey-drag")
        assert self.page.evaluate("getSelection().toString()") == ""
        self.page.mouse.up()
        self.settle()

    def settle(self):
        """Waits until the edit that was made is kept and shown."""
        wait_until(lambda: (self.folder() / "outline.json").read_bytes() != self.seen)
        self.watched.idle()
        self.look()

    def focused(self):
        return self.page.evaluate(
            "(() => { let e = document.activeElement; while (e && e.shadowRoot && e.shadowRoot.activeElement) e = "
            "e.shadowRoot.activeElement; return e && e.dataset.key })()"
        )


def open_survey(watched, url):
    watched.page.goto(f"{url}/survey", timeout=LONGEST * 1000)
    watched.page.get_by_label("主题，例如：大语言模型的压缩").wait_for(timeout=LONGEST * 1000)
    watched.idle()


def ask_for(watched, topic, button):
    box = watched.page.get_by_label("主题，例如：大语言模型的压缩")
    box.fill(topic)
    box.press("Enter")
    watched.idle()
    watched.page.get_by_role("button", name=button, exact=True).click()


def widen(watched, home, n):
    """Takes five works more than the topic alone would, until there are n."""
    def used():
        return json.loads((folder_of(home) / "outline.json").read_text())["request"].get("works") or 0

    while (before := used()) < n:
        watched.page.get_by_role("button", name="再采用其后 5 篇").click(timeout=LONGEST * 1000)
        wait_until(lambda before=before: used() > before)
        watched.page.locator(".kb .section").first.wait_for(timeout=LONGEST * 1000)
        watched.idle()


@pytest.mark.browser
@pytest.mark.slow
def test_plan_drag_write_stop_resume_edit_and_export(browser, app, tmp_path):  # noqa: F811
    url, server, home, model = app
    watched = Watched(browser, url)
    page, outline = watched.page, Outline(watched, home)
    open_survey(watched, url)
    ask_for(watched, TOPIC, "先看大纲")
    page.locator(".kb .section").first.wait_for(timeout=LONGEST * 1000)
    watched.idle()
    widen(watched, home, 36)
    outline.look()
    plan, _ = outline.kept()
    leaves = [heading for heading, documents in plan.items() if len(documents) > 1]
    first, second, third = leaves[:3]

    # A document to another section, before a given one; then by keys back to the end of the first.
    moved = plan[first][0]
    outline.drag(outline.row(moved), outline.row(plan[second][1]), 0.2)
    kept, _ = outline.kept()
    assert kept[second] == [plan[second][0], moved, *plan[second][1:]] and kept[first] == plan[first][1:]
    outline.row(moved).locator(".grip").focus()
    for _ in range(2):
        page.keyboard.press("ArrowUp")
        outline.settle()
        assert outline.focused() == f"d:{moved}"
    kept, _ = outline.kept()
    assert kept[first] == [*plan[first][1:], moved] and kept[second] == plan[second]

    # Enter on the grip chooses a section from a list.
    outline.row(moved).locator(".grip").press("Enter")
    page.locator(".kb select").select_option(label=f"{outline.head(second).locator('.number').inner_text()} {second}")
    outline.settle()
    assert outline.kept()[0][second] == [*plan[second], moved]
    page.keyboard.press("Control+z")
    outline.settle()
    assert outline.kept()[0] == kept

    # Renamed in place; what a heading says is text, whatever it says.
    outline.head(first).locator(".name").click()
    page.keyboard.type("<img src=x onerror=alert(1)> 压缩")
    page.keyboard.press("Enter")
    outline.settle()
    assert page.locator(".kb img").count() == 0
    outline.head("<img src=x onerror=alert(1)> 压缩").locator(".name").click()
    page.keyboard.type("压缩小模型")
    page.keyboard.press("Enter")
    outline.settle()
    assert "压缩小模型" in outline.kept()[0]

    # One section on another's heading: merged; undone; merged by its button.
    outline.drag(outline.head(second).locator(".grip"), outline.head("压缩小模型"))
    assert outline.kept()[0]["压缩小模型"] == [*plan[first][1:], moved, *plan[second]]
    page.get_by_role("button", name="撤销").click()
    outline.settle()
    assert outline.kept()[0][second] == plan[second]
    outline.head(second).locator(".merge").click()
    page.locator(".kb select").select_option(
        label=re.sub(r"\s+", " ", f"{outline.head('压缩小模型').locator('.number').inner_text()} 压缩小模型"))
    outline.settle()
    assert second not in outline.kept()[0] and set(plan[second]) <= set(outline.kept()[0]["压缩小模型"])

    # A section before another one, by its upper edge; a document and a section left out.
    outline.drag(outline.head(third).locator(".grip"), outline.head("压缩小模型"), 0.1)
    assert [*outline.kept()[0]].index(third) < [*outline.kept()[0]].index("压缩小模型")
    out = plan[third][0]
    outline.row(out).locator(".drop").click()
    outline.settle()
    assert outline.kept()[1] == [out] and outline.row(out).locator(".why").inner_text() == "由你排除"
    last = leaves[-1]
    outline.head(last).locator(".grip").focus()
    page.keyboard.press("Delete")
    outline.settle()
    assert last not in outline.kept()[0] and set(outline.kept()[1]) == {out, *plan[last]}
    page.keyboard.press("Control+z")
    outline.settle()
    assert last in outline.kept()[0]
    watched.shot("survey-outline-light-1440")

    # It is kept: another window shows the same.
    page.reload()
    page.locator(".kb .section").first.wait_for(timeout=LONGEST * 1000)
    watched.idle()
    assert outline.section("压缩小模型").count() == 1 and outline.row(out).locator(".why").inner_text() == "由你排除"

    # Written with the model; stopped after two parts; taken up again after a reload and killed after two more. The
    # model holds its next answer until then, so what is stored is known.
    page.locator(".st-key-survey_llm label").first.click()
    watched.idle()
    model.until(2)
    page.get_by_role("button", name="按此大纲撰写").click()
    wait_until(lambda: n_stored(home) == 2)
    page.locator(".kb .part.done").nth(1).wait_for(timeout=LONGEST * 1000)
    watched.shot("survey-live-light-1440")
    page.locator(".st-key-survey_stop button").click()
    page.get_by_text("已停止；写好的小节都在").wait_for(timeout=LONGEST * 1000)
    watched.idle()
    assert page.locator(".kb .part.done").count() == n_stored(home) == 2
    assert page.locator(".kb .part.now").count() == 0
    watched.shot("survey-stopped-light-1440")
    page.reload()
    page.get_by_role("button", name="继续").wait_for(timeout=LONGEST * 1000)
    model.until(4)
    page.locator(".kb .part").nth(4).wait_for(timeout=LONGEST * 1000)
    n_parts = page.locator(".kb .part").count()
    page.get_by_role("button", name="继续").click(timeout=LONGEST * 1000)
    page.locator(".st-key-survey_stop button").wait_for(timeout=LONGEST * 1000)
    wait_until(lambda: n_stored(home) >= 4)
    page.locator(".kb .part.done").nth(3).wait_for(timeout=LONGEST * 1000)
    wait_until(lambda: page.locator(".kb .part").count() == n_parts)  # no second draft stays beside it
    (job,) = [job for job in list_jobs(home) if job.is_active]
    os.killpg(job.pid, signal.SIGKILL)
    page.get_by_text("过程被中断；写好的小节都在").wait_for(timeout=LONGEST * 1000)
    watched.idle()
    assert page.locator(".kb .part.done").count() == n_stored(home) >= 4  # one of quotes alone asks no model
    model.until(None)
    page.get_by_role("button", name="继续").click(timeout=LONGEST * 1000)
    page.get_by_text("摘要", exact=True).first.wait_for(timeout=LONGEST * 1000)
    page.locator(".st-key-survey_exports").wait_for(timeout=LONGEST * 1000)
    watched.idle()
    prompts = [json.dumps(body["messages"]) for _, _, body in server.seen]
    assert len(prompts) - len(set(prompts)) <= 2  # nothing twice but what was under way at the stop and at the kill
    assert "outline" not in {step_of(body) for _, _, body in server.seen}  # the outline is the reader's
    shown = page.locator("[data-testid=stMain]").inner_text()
    assert "压缩小模型" in shown and "结语" in shown and "每条引文都与原文逐字一致" in shown
    watched.shot("survey-written-light-1440")

    # A chip opens the source.
    page.locator(".st-key-survey_text .kb button").first.click()
    page.locator(".st-key-srcpanel").wait_for(timeout=LONGEST * 1000)
    watched.idle()
    watched.shot("survey-source-light-1440")
    assert "doc=" in page.url
    page.keyboard.press("Escape")
    page.locator(".st-key-srcpanel").wait_for(state="detached", timeout=LONGEST * 1000)
    assert "doc=" not in page.url
    watched.idle()

    # Edited after writing: only what is touched is written, and so asked, again.
    before = len(server.seen)
    page.get_by_text("大纲", exact=True).first.click()
    outline.row(plan[third][1]).wait_for(timeout=LONGEST * 1000)
    page.get_by_text("而语言模型现在是关闭的：撰写将全部改为摘录").wait_for(timeout=LONGEST * 1000)
    page.locator(".st-key-survey_llm label").first.click()
    watched.idle()
    page.get_by_text("与已写成的综述一致").wait_for(timeout=LONGEST * 1000)
    outline.look()
    outline.row(plan[third][1]).locator(".drop").click()
    outline.settle()
    again = touched(read_survey(outline.folder()).outline, read_plan(outline.folder()).outline)
    # beside these the section, and the one it is part of
    assert {"abstract", "introduction", "problems", "conclusion"} < set(again) and len(again) <= 6
    assert page.locator(".kb .again").count() == len(again) - 2
    assert page.get_by_text("处将重写").count() == 1
    watched.shot("survey-edited-light-1440")
    page.get_by_role("button", name="按此大纲撰写").click()
    stop = page.locator(".st-key-survey_stop button")
    stop.wait_for(timeout=LONGEST * 1000)
    stop.wait_for(state="detached", timeout=LONGEST * 1000)
    page.locator(".st-key-survey_exports").wait_for(timeout=LONGEST * 1000)
    watched.idle()
    again = [step_of(body) for _, _, body in server.seen[before:]]
    assert again.count("section") <= 1 and again.count("ends") == 3

    # Exports.
    for label, start in (
        ("Markdown", b"PK"),
        ("DOCX", b"PK"),
        ("HTML", b"<!"),
        ("LaTeX + BibTeX", b"PK"),
        ("CSL JSON", b"["),
        ("JSON", b"{"),
    ):
        with page.expect_download(timeout=LONGEST * 1000) as download:
            page.get_by_role("button", name=label, exact=True).click()
        download.value.save_as(tmp_path / "file")
        assert (tmp_path / "file").read_bytes().lstrip().startswith(start), label
    watched.check()
    watched.context.close()


@pytest.mark.browser
@pytest.mark.slow
def test_language_length_and_style_are_those_that_were_chosen(browser, app):  # noqa: F811
    url, server, home, _ = app
    asked = len(server.seen)
    watched = Watched(browser, url)
    page = watched.page
    open_survey(watched, url)
    for key, option in (("survey_language", "英文"), ("survey_length", "短"), ("survey_style", "著者-出版年")):
        page.locator(f".st-key-{key} [data-baseweb=select], .st-key-{key} [role=combobox]").first.click()
        page.get_by_role("option", name=option, exact=True).click()
        watched.idle()
    ask_for(watched, "知识蒸馏与剪枝", "撰写")
    page.locator(".st-key-survey_exports").wait_for(timeout=LONGEST * 1000)
    watched.idle()
    shown = page.locator("[data-testid=stMain]").inner_text()
    assert "Introduction" in shown and "References" in shown
    assert page.locator(".kb button", has_text=re.compile(r"^(Jiao et al\., 2019|Wang et al\., 2020)$")).count() > 0
    (path, ) = [
        path for path in (home / "surveys").glob("*/survey.json")
        if json.loads(path.read_text())["request"]["topic"] == "知识蒸馏与剪枝"
    ]
    assert json.loads(path.read_text())["request"] == {
        "topic": "知识蒸馏与剪枝",
        "language": "en",
        "length": "short",
        "style": "author-year",
        "documents": [],
        "works": 0,
        "columns": [],
        "scope": None,
    }
    assert len(server.seen) == asked
    watched.check()
    link = page.url
    watched.context.close()
    for width, scheme, lang in ((400, "light", "zh"), (400, "dark", "en"), (1440, "dark", "en")):
        watched = Watched(browser, url, width, scheme)
        watched.page.goto(f"{link}&lang={lang}")
        watched.page.locator(".st-key-survey_exports").wait_for(timeout=LONGEST * 1000)
        watched.idle()
        watched.shot(f"survey-{scheme}-{width}")
        watched.page.get_by_text("Outline" if lang == "en" else "大纲", exact=True).first.click()
        watched.page.locator(".kb .section").first.wait_for(timeout=LONGEST * 1000)
        watched.idle()
        watched.page.locator(".kb .section").first.scroll_into_view_if_needed()
        watched.shot(f"survey-outline-{scheme}-{width}")
        watched.check()
        watched.context.close()


@pytest.mark.browser
@pytest.mark.slow
def test_a_finger_drags_by_the_grip_and_scrolls_elsewhere(browser, app):  # noqa: F811
    url, *_ = app
    watched = Watched(browser, url, 400, has_touch=True)
    page = watched.page
    open_survey(watched, url)
    ask_for(watched, "检索增强生成", "先看大纲")
    page.locator(".kb .section").first.wait_for(timeout=LONGEST * 1000)
    watched.idle()
    touch = watched.context.new_cdp_session(page)

    def stroke(start, end):
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": start[0], "y": start[1]}]})
        for i in range(1, 11):
            at = {"x": start[0] + (end[0] - start[0]) * i / 10, "y": start[1] + (end[1] - start[1]) * i / 10}
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(300)
        watched.idle()

    def middle(locator):
        box = locator.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def order():
        return [row.get_attribute("data-doc") for row in page.locator(".kb .section .doc").all()]

    rows = page.locator(".kb .section .doc")
    rows.nth(3).scroll_into_view_if_needed()
    before = order()
    stroke(middle(rows.nth(0).locator(".title")), middle(rows.nth(2)))
    assert order() == before
    rows.nth(0).scroll_into_view_if_needed()
    x, y = middle(rows.nth(1))
    stroke(middle(rows.nth(0).locator(".grip")), (x, y + 8))
    assert order() != before and sorted(order()) == sorted(before)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    watched.context.close()


@pytest.mark.browser
@pytest.mark.slow
def test_citations_are_arcs_beside_titles_and_open_their_document(browser, app):  # noqa: F811
    url, _, home, _ = app
    with KnowledgeBase.open(home, encoder="hashing") as base:
        graph = base.citation_graph()
    assert len(graph.reading) > 20
    for width, scheme in ((1440, "light"), (400, "dark")):
        watched = Watched(browser, url, width, scheme)
        page = watched.page
        page.goto(f"{url}/library?view=cites", timeout=LONGEST * 1000)
        page.locator(".kb li").first.wait_for(timeout=LONGEST * 1000)
        watched.idle()
        assert page.locator(".kb li").count() == len(graph.reading) and page.locator(".kb path").count() == len(
            graph.edges
        )
        # drawn to where the rows are
        assert page.locator(".kb path").first.evaluate("path => path.getTotalLength()") > 20
        first = graph.reading[0]
        page.mouse.move(1, 1)  # else what is under the pointer is pointed at
        page.locator(".kb li .row").first.focus()
        assert page.locator(".kb li.by").count() == page.locator(".kb path.by").count() == first.n_cited
        page.locator(".kb li").first.scroll_into_view_if_needed()
        watched.shot(f"citations-{scheme}-{width}")
        page.get_by_text("年份", exact=True).last.click()
        shown, by_year = page.locator(".kb .year"), [str(year) for year in sorted(item.year for item in graph.reading)]
        wait_until(lambda shown=shown, wanted=by_year: shown.all_inner_texts() == wanted)
        watched.idle()
        page.locator(".kb li").first.hover()  # its button is hidden until it is pointed at
        page.locator(".kb li .open").first.click()
        page.locator(".st-key-srcpanel").wait_for(timeout=LONGEST * 1000)
        watched.check()
        watched.context.close()
