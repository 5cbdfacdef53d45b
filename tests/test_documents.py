"""The maps name files that are there, comments do too, and every line that installs kb names its distribution."""

import ast
import io
import re
import tokenize

import pytest

from kb.cli.main import COMMANDS
from tests.conftest import ROOT
from tools.where import where

HIDDEN = {".git", ".venv", "__pycache__", "build", "dist", "site", "node_modules"}
FILES = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*")
         if path.is_file() and not HIDDEN & set(path.relative_to(ROOT).parts)}
SOURCES = sorted(path for room in ("kb", "app") for path in (ROOT / room).rglob("*.py"))
MAPS = {"kb/README.md": "kb", "kb/survey/README.md": "kb/survey", "CONTRIBUTING.md": "."}
# What stands in a map and is no file of the repository: what kb itself writes or reads.
MADE = {"kb.toml", "survey.json", "outline.json", "survey.md"}
NAMED = re.compile(r"(?<![\w./-])[\w-][\w./-]*\.(?:py|toml|md|jsonl|js|css|json)(?!\w)")
INSTALLED = re.compile(r"(?:pip3?|uv|pipx)\s+(?:pip\s+)?install\s+([^`\n]*)|--upgrade\s+(\S+)|install=\"([^\"]+)\"")


def is_there(name):
    """Whether a file of this name, or one whose path ends so, is in the repository."""
    return name in FILES or any(path.endswith(f"/{name}") for path in FILES)


def said(source):
    """Comments and docstrings of a module."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def stale(text):
    """Modules that a text names and nobody has."""
    names = re.findall(r"(?<![\w./-])[\w/-]+\.py(?!\w)", text)
    return [name for name in names if not is_there(name)]


def wrongly_installed(text):
    """What a text installs by the name of another project on the index."""
    words = [word.strip("'\"") for found in INSTALLED.findall(text) for word in " ".join(found).split()]
    return [word for word in words if re.match(r"kb(?![\w-])", word)]


@pytest.mark.parametrize("name", MAPS)
def test_a_map_names_files_that_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    named = {found for found in NAMED.findall(text) if "NAME" not in found} - MADE
    assert len(named) > 5
    assert [found for found in sorted(named) if not is_there(found)] == []


@pytest.mark.parametrize(("name", "folder"), [("kb/README.md", "kb"), ("kb/survey/README.md", "kb/survey")])
def test_a_map_has_every_module_of_its_rooms(name, folder):
    text = (ROOT / name).read_text(encoding="utf-8")
    other = {"kb": "kb/survey/"}.get(folder, "nowhere")  # it has a map of its own; a lab is listed by itself
    modules = [path for path in sorted(FILES) if path.startswith(f"{folder}/") and path.endswith(".py")
               and not path.startswith((other, "kb/labs/")) and not path.endswith(("__init__.py", "__main__.py"))]
    assert len(modules) > 20
    assert [path for path in modules if not re.search(rf"(?<!\w){re.escape(path.rsplit('/', 1)[1])}", text)] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_that_comments_name_exist(path):
    assert [name for text in said(path.read_text(encoding="utf-8")) for name in stale(text)] == []


def test_a_module_that_is_gone_is_found():
    assert stale("see answer/gone.py, kb/text.py and quotes.py") == ["answer/gone.py"]


@pytest.mark.parametrize("path", [
    *sorted(path for path in FILES if path.endswith(".md") and not path.startswith("corpus/")),
    *sorted(path for path in FILES if path.startswith("docs/") and path.endswith(".txt")),
    *sorted(path for path in FILES if path.startswith("kb/data/") and path.endswith(".toml")),
    *(path.relative_to(ROOT).as_posix() for path in SOURCES)])
def test_what_is_installed_is_this_project(path):
    assert wrongly_installed((ROOT / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("line", [
    "pip install kb", "pip install 'kb[app]'", "pip install --upgrade kb", "uv pip install kb", "pip install -U kb==1",
    'install="kb[openvino]"'])
def test_the_name_of_the_other_project_is_found(line):
    assert wrongly_installed(line)


@pytest.mark.parametrize("line", [
    "pip install .", "pip install --upgrade bilingual-kb", "pip install examples/kb-reader-x",
    "pip install kb-reader-x", "pip install 'bilingual-kb[openvino]'"])
def test_this_project_and_packages_for_it_may_be_installed(line):
    assert wrongly_installed(line) == []


@pytest.mark.parametrize(("asked", "files"), [
    ("The quote", {"app/reading_words.py", "app/source_panel.py"}),
    ("引文", {"app/reading_words.py", "app/source_panel.py"}),
    ("Reading report", {"app/document_words.py", "app/document.py"}),
    ("No passage contains: moon", {"app/i18n.py", "app/answers.py"}),
    ("E_BUSY", {"kb/data/messages.toml", "kb/store/__init__.py"}),
    ("the library is being written by process 12 (kb add)", {"kb/data/messages.toml", "kb/store/__init__.py"}),
    ("find the passages for a question", {"kb/data/cli.toml", "kb/cli/asking.py"}),
    ("kb serve", {"kb/cli/asking.py"}), ("kb app", {"kb/cli/main.py"})])
def test_a_word_of_the_interface_leads_to_its_file(asked, files):
    assert files <= {place.split(":")[0] for place in where(asked)}


def test_a_word_that_nothing_says_leads_nowhere():
    assert where("wombat") == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_leads_to_its_function(name):
    assert any("/cli/" in place for place in where(f"kb {name}"))
