"""The documentation site: its commands print what it shows, it is built without a warning, and nothing on it asks
elsewhere."""

import functools
import http.server
import re
import threading
import tomllib

import pytest

import kb
from kb.cli.main import COMMANDS
from kb.messages import messages
from kb.operations import allowed
from tests.conftest import ROOT
from tests.documents import GUIDES, Typist, check, guides, is_shown, steps
from tools import docs, notebooks, reference

GUIDE = ROOT / "docs" / "guide"
# what pages type besides what `check` looks at: programs of the system, and lines of other shells
OTHERS = {"git", "source", "docker", "export", "echo", "cp", "mv", "rm", "mkdir", "chmod", "openssl", "curl", "sudo",
          "qemu-x86_64", "python", ".venv/bin/python", "kb", "make", "pip", "pipx"}


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_guides_show_what_their_commands_print(language, tmp_path, monkeypatch):
    for name, value in {"HOME": str(tmp_path), "KB_HOME": "", "KB_ENGINE": "fp32", "KB_READER": "six", "COLUMNS": "100",
                        "LC_ALL": "zh_CN.UTF-8" if language == "zh" else "C.UTF-8"}.items():
        monkeypatch.setenv(name, value)
    typist = Typist(tmp_path / "clone")
    wrong = []
    for path in guides(language):
        for step, printed in typist.play(path.read_text(encoding="utf-8")):
            if step.shown and not is_shown(step.shown, printed):
                wrong.append(f"{path.name}: {step.line}\n{printed}")
    assert wrong == [], "python -m tests.documents writes what is printed into the guides\n" + "\n".join(wrong)


@pytest.mark.parametrize(("shown", "printed", "same"), [
    ("a\nb\n", "a\nb\n", True), ("a\n", "a\nb\n", False), ("a\n…\n", "a\nb\nc\n", True), ("…\nc\n", "a\nb\n", False)])
def test_what_is_shown_is_compared_line_by_line(shown, printed, same):
    assert is_shown(shown, printed) is same


def test_a_line_that_is_typed_has_what_stands_after_it():
    text = "x\n```console\n$ kb list\none\n$ kb status\n```\n"
    assert [(step.line, step.shown) for step in steps(text)] == [("kb list", "one\n"), ("kb status", "")]


@pytest.mark.parametrize("line", ["kb ask --no-such", "make nothing", "pip install '.[nothing]'",
                                  "docker compose up nobody"])
def test_a_line_that_says_what_is_not_there_is_found(line):
    with pytest.raises((SystemExit, AssertionError)):
        check(line)


@pytest.mark.parametrize("name", [name for page in docs.PAGES for name in (page, page.replace(".md", ".zh.md"))
                                  if (ROOT / name).exists()])
def test_every_line_that_a_page_has_typed_is_understood(name):
    for step in steps((ROOT / name).read_text(encoding="utf-8")):
        first = next(word for word in step.line.split() if "=" not in word or word == "export")
        assert first in OTHERS, step.line
        check(step.line)


@pytest.mark.parametrize("name", [*GUIDES, "model", "container", "index"])
def test_both_languages_type_the_same_and_have_the_same_parts(name):
    texts = [(GUIDE / f"{name}{ending}").read_text(encoding="utf-8") for ending in (".md", ".zh.md")]
    typed = [[step.line.split()[:2] for step in steps(text)] for text in texts]
    assert typed[0] == typed[1]
    assert [len(re.findall("^## ", text, re.MULTILINE)) for text in texts] in ([n, n] for n in range(20))


@pytest.mark.parametrize("name", notebooks.names())
@pytest.mark.engine
def test_a_notebook_is_what_its_cells_give_now(name, tmp_path, monkeypatch):
    for variable, value in notebooks.ENGINE.items():
        monkeypatch.setenv(variable, value)
    made = notebooks.written(notebooks.run(notebooks.read(name), tmp_path))
    assert made == (notebooks.FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"), "python tools/notebooks.py"


def test_a_notebook_is_read_by_kb_as_one():
    from kb.readers import Limits
    from kb.readers.notebook import read

    made = read((notebooks.FOLDER / "python.ipynb").read_bytes(), Limits())
    assert "LoRA is a method" in made.text and made.text.count("from kb import") == 1


def test_a_section_of_another_document_stands_for_a_link_to_it():
    assert docs.section("# a\n## B c\none\n### d\ntwo\n## e\n", "b-c") == "one\n### d\ntwo"
    assert "KB_LLM_URL" in docs.staged(GUIDE / "model.zh.md", "howto/model.md")
    with pytest.raises(KeyError):
        docs.section("# a\n", "b")


def test_a_link_leads_to_a_page_or_becomes_words_and_one_to_nothing_ends_it():
    source = ROOT / "docs" / "servers.md"
    text = "[api](api.md#names) `[x](y)` [card](../kb/data/zh/card.json) [kb](https://example.org)"
    assert docs.relinked(text, source, "howto/servers.md") == (
        "[api](../reference/api.md#names) `[x](y)` card [kb](https://example.org)")
    with pytest.raises(SystemExit):
        docs.relinked("[gone](gone.md)", source, "howto/servers.md")


def test_lines_of_chinese_are_joined_without_a_space():
    rest = "\n\n第二段：\n- 一\n- 二\n```text\n一，\n二\n```\nin English,\nso\n"
    assert docs.joined("打开应用。\n`kb` 和\n中文" + rest) == "打开应用。`kb` 和中文" + rest


def test_chinese_is_parted_into_words_for_the_search():
    assert docs.Words().cut("知识蒸馏用教师模型".encode()) == ["知识", "蒸馏", "用", "教师", "模型"]


@pytest.fixture(scope="module")
def pages():
    return reference.pages()


@pytest.mark.parametrize("ending", ["", ".zh"])
def test_the_reference_has_everything_there_is(pages, ending):
    commands = re.findall(r"^## kb (.+)$", pages[f"reference/commands{ending}.md"], re.MULTILINE)
    assert sorted(commands) == sorted(COMMANDS)
    door = [name for name in dir(kb.KnowledgeBase) if not name.startswith("_")]
    python = pages[f"reference/python{ending}.md"]
    assert [name for name in door if f"\n### KnowledgeBase.{name} " not in python] == []
    assert [name for name in reference.RECORDS if f"\n## {name}\n" not in python] == []
    operations = [operation.name for operation in allowed(writes=True)]
    assert re.findall(r"^## (.+)$", pages[f"reference/mcp{ending}.md"], re.MULTILINE) == operations
    http_page = pages[f"reference/http{ending}.md"]
    assert [name for name in operations if f"\n## POST /v1/{name}\n" not in http_page] == []
    told = set(re.findall(r"^\| `(\w+)` \|", pages[f"reference/messages{ending}.md"], re.MULTILINE))
    assert told == {code for code in messages() if code.startswith(("E_", "F_", "N_"))}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The whole site, as `make docs` builds it; a warning ends the build."""
    pytest.importorskip("mkdocs_static_i18n", reason="make setup installs the extra docs")
    folder = tmp_path_factory.mktemp("docs")
    docs.build(folder / "site", folder / "docs")
    return folder / "site"


@pytest.mark.slow
def test_the_site_has_every_page_in_both_languages_and_asks_nobody_else(site):
    named = re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert len(named) > 30
    for name in named:
        for there in (site, site / "zh"):
            assert (there / name.replace(".md", ".html")).exists(), name
    outside = re.compile(r"<(?!a\b)\w+[^>]*\s(?:src|href|srcset|data)=\"?(?:https?:)?//|url\(\"?(?:https?:)?//|@import")
    for path in [*site.rglob("*.html"), *site.rglob("*.css")]:
        text = re.sub(r'<link rel="(?:canonical|alternate|prev|next)"[^>]*>', "", path.read_text(encoding="utf-8"))
        assert outside.search(text) is None, (path, outside.search(text))


@pytest.mark.slow
def test_a_page_that_is_missing_ends_the_build(site, tmp_path, monkeypatch):
    from mkdocs.exceptions import Abort

    def few():
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / "index.md").write_text("# kb\n")

    monkeypatch.setattr(docs, "gather", lambda folder: few())
    with pytest.raises(Abort):
        docs.build(tmp_path / "site", tmp_path / "docs")


@pytest.mark.browser
@pytest.mark.slow
def test_a_chinese_question_finds_pages_and_no_other_host_is_asked(site, chromium):
    from playwright.sync_api import sync_playwright

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *words):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address, asked = f"http://127.0.0.1:{server.server_port}/", []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
            page = browser.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.goto(f"{address}zh/index.html")
            page.keyboard.press("/")
            page.keyboard.insert_text("知识蒸馏")
            page.keyboard.press("End")  # what is inserted is no key
            page.wait_for_selector(".md-search-result__item mark:has-text('蒸馏')")  # the last word of the question too
            assert page.locator(".md-search-result__item").count() > 3
            browser.close()
        server.shutdown()
    assert len(asked) > 5
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


def test_make_docs_builds_into_a_folder_that_git_does_not_see():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^docs: setup\n\t\$\(BIN\)/python tools/docs\.py$", makefile, re.MULTILINE)
    assert "site/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert "docs" in re.search(r"bilingual-kb\[([\w,]+)\]", extras["dev"][0])[1].split(",")
