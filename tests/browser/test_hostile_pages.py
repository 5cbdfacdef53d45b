"""Documents, names, questions, answers and results that try to make the page load, run or lead elsewhere, shown by
every widget of every page. The browser is told to ignore the content policy, which would stop what is forgotten; one
page is shown with it as well."""

from __future__ import annotations

import json
from html import escape
from types import SimpleNamespace

import pytest

from kb import KnowledgeBase
from kb.runs import Run
from kb.survey import folder_name, make_request
from tests.browser import running_app
from tests.browser.attacker import listening
from tests.browser.test_ask_flow import Watched, browser  # noqa: F401
from tests.chatserver import ChatServer, Says
from tests.survey.conftest import PAPERS
from tests.waiting import LONGEST

QUESTION = "What is knowledge distillation?"
# What a page may not hold, wherever it stands, in the shadow of a component too.
LOOK = """(host) => {
    const found = [];
    const walk = (root) => {
        for (const element of root.querySelectorAll('*')) {
            if (element.shadowRoot) walk(element.shadowRoot);
            for (const { name, value } of element.attributes) {
                const loads = ['src', 'href', 'srcset', 'data', 'poster', 'action', 'style', 'xlink:href', 'content'];
                if (name.startsWith('on') || (loads.includes(name)
                        && (value.includes(host) || /^\\s*javascript:/i.test(value))))
                    found.push(`<${element.localName} ${name}=${value.slice(0, 120)}>`);
            }
        }
    };
    walk(document);
    return found;
}"""
TEXT = """() => {
    const read = (node) => node.nodeType === Node.TEXT_NODE ? node.data
        : [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes].map(read).join('') + (node.value ?? '') + ' ';
    return read(document.body);
}"""


def hostile_paper(name, attacker):
    """A paper of the small library with something to run in each of its parts."""
    title, authors, year, arxiv, what, how, result, limit, references = PAPERS[name]
    ways = attacker.payloads(f"{name}-text")
    short = attacker.payloads(f"{name}-title")
    cells = "\n".join(f"| {way.replace('|', ' ')} | {n}.5 |" for n, way in enumerate(attacker.payloads(f"{name}-cell")))
    front = {"title": f"{title} {short[0]} {short[3]}", "authors": [short[4], authors], "year": year, "arxiv": arxiv,
             "venue": short[2]}
    text = "\n\n".join(f"{sentence} {' '.join(ways[n::4])}" for n, sentence in enumerate((what, how, result, limit)))
    return (f"---\n{json.dumps(front, ensure_ascii=False)}\n---\n# {title} {short[1]}\n\n{what} {ways[0]}\n\n"
            f"## Method {short[6]}\n\n{text}\n\n- {how} {ways[3]}\n- Knowledge distillation {ways[8]} is a way.\n\n"
            f"## Results\n\n{result} {ways[4]} We evaluate on the data set ImageNet {ways[3]}.\n\n"
            f"| Model {short[3]} | Accuracy |\n|---|---|\n{cells}\n\n## Limitations\n\n{limit} {ways[0]}\n\n"
            f"## References\n\n{references}\n")


def hostile_run(home, attacker):
    """A run of a lab that shows everything a run can show."""
    ways = attacker.payloads("lab")
    every, several = " ".join(ways), [way[:200] for way in ways[:4]]
    run = Run(home / "labs" / "finetune-hostile")
    run.begin("lab:finetune", {"train": every, "epochs": 1})
    run.event("note", text=(every, every))
    for step in (1, 2):
        run.event("metric", step=step, **{"loss": 1 / step, ways[3]: 0.5})
    run.event("heat", title=(every, every), matrix=[[1.0, 0.0]] * 4, rows=several, columns=several[:2])
    run.event("points", title=(every, every), x_title=(ways[0], ways[3]), x=[1, 2], lines={ways[3]: [0.1, 0.2]})
    run.event("table", title=(every, every), rows=[{way: way} for way in ways])
    run.event("code", title=(every, every), text=every, output=every)
    run.log(every)
    run.save("metrics.json", json.dumps({ways[0]: 0.5, ways[3]: every}).encode())
    run.save(attacker.name("artefact").replace("/", ""), every.encode())
    run.set_status("done")
    failed = Run(home / "labs" / "finetune-failed")
    failed.begin("lab:finetune", {})
    failed.set_status("failed", {"code": "D_ONE_CLASS", "zh": [every, ways[3]], "en": [every, ways[3]]})


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The app over a library in which everything is hostile, and the host that it would reach."""
    folder = tmp_path_factory.mktemp("hostile")
    home = folder / "library"
    with listening() as attacker:
        (folder / "papers").mkdir()
        for name in ("hinton", "sanh", "han", "frankle"):
            file = folder / "papers" / f"{name} {attacker.name(name)}.md"
            file.write_text(hostile_paper(name, attacker), encoding="utf-8")
        (folder / "papers" / "page.html").write_text(
            f"<title>A page</title><h1>Page {escape(attacker.payloads('html')[3])}</h1><p>A page.</p>"
            f"<nav>{''.join(attacker.payloads('left-out'))}</nav>"
            f"<p style='display:none'>{''.join(attacker.payloads('hidden'))}</p>", encoding="utf-8")
        topic = f"Knowledge distillation and pruning {attacker.payloads('topic')[3]}"
        with KnowledgeBase.open(home, encoder="hashing") as base:
            assert len(base.add([folder / "papers"]).added) == 5
            request = make_request(topic, "en")
            made = home / "surveys" / folder_name(request)
            base.survey(topic, language="en", works=4, out=made)
            base.keep(base.ask(f"{QUESTION} {attacker.payloads('kept')[0]}"))
        hostile_run(home, attacker)
        answer = " ".join(f"{way} [1]." for way in attacker.payloads("model"))
        with ChatServer(Says(f"Knowledge distillation trains a small network [1]. {answer}")) as server:
            settings = {"KB_LLM_URL": server.url, "KB_LLM_MODEL": attacker.payloads("name")[3]}
            with running_app(home, "--encoder", "hashing", **settings) as url:
                yield SimpleNamespace(url=url, attacker=attacker, survey=made.name, folder=folder)


class Reader:
    """Opens a page, shows all that it hides, and looks at what came of it."""

    def __init__(self, browser, app, *, with_policy):  # noqa: F811
        self.app = app
        self.watched = Watched(browser, app.url, bypass_csp=not with_policy, locale="en-GB")
        self.page = self.watched.page
        self.dialogs = []
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def open(self, path):
        self.page.goto(f"{self.app.url}{path}")
        self.watched.idle()

    def unfold(self):
        """Opens every expander, until there is none that is closed."""
        for _ in range(40):
            closed = self.page.locator("[data-testid=stExpander] details:not([open]) > summary:visible")
            if closed.count() == 0:
                return
            closed.first.click()
            self.watched.idle()

    def check(self, name, *, shown):
        """shown: parts of payloads that have to be on the page, as text."""
        self.watched.shot(f"hostile-{name}")
        text = self.page.evaluate(TEXT)
        assert [part for part in shown if part not in text] == []
        assert self.page.evaluate(LOOK, self.app.attacker.host) == []
        assert self.page.evaluate("window.hit") is None and self.dialogs == []
        assert self.page.url.startswith(f"{self.app.url}/")
        assert self.app.attacker.hits == []
        self.watched.check()


@pytest.fixture
def reader(browser, app, request):  # noqa: F811
    made = Reader(browser, app, with_policy=getattr(request, "param", False))
    yield made
    made.watched.context.close()


def row(reader):
    """Presses the first cell of the page's first table."""
    reader.page.wait_for_selector("[data-testid=stDataFrame] canvas")
    reader.watched.idle()
    box = reader.page.locator("[data-testid=stDataFrame]").first.bounding_box()
    reader.page.mouse.click(box["x"] + 18, box["y"] + 52)
    reader.watched.idle()


@pytest.mark.browser
@pytest.mark.slow
def test_the_host_that_is_tried_is_there(browser, app):  # noqa: F811
    """Else nothing below could fail."""
    page = browser.new_page()
    page.set_content("".join(app.attacker.payloads("control")))
    page.wait_for_timeout(1000)
    page.close()
    assert {"/control-image.png", "/control-ran", "/control-socket"} <= set(app.attacker.hits)
    app.attacker.hits.clear()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("reader", [True, False], ids=["with the policy", "without"], indirect=True)
def test_questions_answers_and_sources(reader):
    reader.open("/?lang=en")
    reader.page.locator(".st-key-use_llm label").first.click()
    reader.watched.idle()
    box = reader.page.locator("[data-testid=stChatInput] textarea")
    box.fill(f"{QUESTION} {reader.app.attacker.payloads('question')[3]}")
    box.press("Enter")
    reader.page.locator(".kb .written").wait_for(timeout=LONGEST * 1000)
    reader.watched.idle()
    reader.unfold()
    reader.check("ask", shown=["question-image.png", "-text-", "model-socket"])
    reader.page.locator(".st-key-sources0 button").first.click()
    reader.page.locator(".st-key-srcpanel").wait_for(timeout=LONGEST * 1000)
    reader.watched.idle()
    reader.check("source", shown=["-title-markdown.png", "-title-image.png"])
    reader.page.locator(".st-key-chat_menu button").first.click()
    reader.watched.idle()
    reader.check("conversations", shown=["![a](http"])
    reader.page.keyboard.press("Escape")
    reader.page.locator(".st-key-scope_choice button").first.click()
    reader.page.locator(".st-key-scope_documents input").click()
    reader.watched.idle()
    reader.check("scope", shown=["-title-markdown.png"])


@pytest.mark.browser
@pytest.mark.slow
def test_the_library_with_a_card_its_form_and_its_report(reader):
    for file, shown in (("hinton", "hinton-title-markdown.png"), ("page.html", "html-image.png")):
        reader.open("/library?lang=en")
        reader.page.locator(".filter").fill(file)
        reader.page.locator(".row .title a").first.click()
        reader.page.locator(".st-key-edit button").click()
        reader.watched.idle()
        reader.unfold()
        reader.check(f"library-{file}", shown=[shown])


@pytest.mark.browser
@pytest.mark.slow
def test_adding_and_matching_a_folder_of_files_that_fail(reader):
    folder = reader.app.folder / "broken"
    folder.mkdir()
    (folder / f"{reader.app.attacker.name('failed')}.pdf").write_bytes(b"")
    reader.open("/library?lang=en")
    reader.unfold()
    reader.page.get_by_role("tab", name="A folder").click()
    box = reader.page.locator(".st-key-path input")
    box.fill(str(folder))
    box.press("Enter")
    reader.watched.idle()
    reader.page.locator(".st-key-sync_go button:enabled").first.click()
    reader.page.locator(".st-key-sync_yes").wait_for()
    reader.watched.idle()
    reader.check("sync", shown=[str(folder)])
    reader.page.locator(".st-key-path_go button:enabled").first.click()
    reader.page.get_by_text("1 failed").first.wait_for()
    reader.watched.idle()
    reader.check("failed", shown=["failed"])


@pytest.mark.browser
@pytest.mark.slow
def test_tables_and_their_cells(reader):
    reader.open("/table?lang=en")
    reader.page.locator(".st-key-table_go button").click()
    reader.page.locator("[data-testid=stDataFrame] canvas").first.wait_for(timeout=LONGEST * 1000)
    reader.watched.idle()
    row(reader)
    reader.page.locator(".st-key-table_card").wait_for(timeout=LONGEST * 1000)
    reader.unfold()
    reader.check("table", shown=["-title-"])


@pytest.mark.browser
@pytest.mark.slow
def test_surveys(reader):
    reader.open(f"/survey?lang=en&survey={reader.app.survey}")
    reader.page.locator(".st-key-survey_exports").wait_for(timeout=LONGEST * 1000)
    reader.page.locator(".st-key-survey_review label").first.click()
    reader.watched.idle()
    reader.unfold()
    reader.check("survey", shown=["topic-image.png", "-title-"])


@pytest.mark.browser
@pytest.mark.slow
def test_labs_and_settings(reader):
    reader.open("/labs?lang=en&lab=finetune&run=finetune-hostile")
    reader.unfold()
    reader.check("lab", shown=["lab-image.png", "lab-socket"])
    reader.open("/labs?lang=en&lab=finetune&run=finetune-failed")
    reader.check("lab-failed", shown=["lab-image.png"])
    reader.open("/settings?lang=en")
    reader.page.locator(".st-key-check_installation button").click()
    reader.watched.idle()
    reader.check("settings", shown=["name-image.png"])
