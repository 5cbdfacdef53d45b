"""docs/api.md names what there is, all of it and nothing else, and its Python runs."""

import dataclasses
import inspect
import re

import pytest

import kb
from kb import KnowledgeBase, plugins
from kb.config import Settings
from tests.conftest import ROOT

TEXT = (ROOT / "docs/api.md").read_text(encoding="utf-8")
SOURCES = "\n".join(path.read_text(encoding="utf-8") for room in ("kb", "app") for path in (ROOT / room).rglob("*.py"))
DOCUMENTS = [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").glob("*.md"))]


def part(heading):
    """What stands under a heading of the second level."""
    return re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE).group(1)


def entries(heading):
    """name -> what stands under it, for the headings of the third level."""
    pieces = re.split(r"^### `([^`]+)`\n", part(heading), flags=re.MULTILINE)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def test_every_exported_name_has_a_line_and_an_example_and_no_other_has():
    named = entries("Names")
    assert sorted(named) == sorted(kb.__all__)
    for name, text in named.items():
        assert text.strip() and not text.strip().startswith("```"), name
        assert re.search(rf"```python\n.*\b{name}\b.*```", text, re.DOTALL), name


def test_every_member_of_the_door_is_named_and_no_other():
    table = re.search(r"\| members \|.*?\n\n", TEXT, re.DOTALL).group()
    named = [name for row in table.strip().splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    members = [name for name, _ in inspect.getmembers(KnowledgeBase) if not name.startswith("_")]
    assert sorted(named) == sorted(members)
    assert set(re.findall(r"\bbase\.(\w+)\(", TEXT)) <= set(members)


def test_every_setting_stands_with_its_variable_and_its_default():
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in part("Settings").splitlines()
            if row.startswith("| `")]
    settings = {item.name: item for item in dataclasses.fields(Settings) if item.name not in ("origins", "server")}
    assert [row[0].strip("`") for row in rows] == list(settings)
    for name, variable, default, meaning in rows:
        name = name.strip("`")
        assert variable == f"`KB_{name.upper()}`" and meaning
        if name != "home":
            assert default == (f"`{settings[name].default}`" if settings[name].default != "" else "(none)"), name


def test_every_group_of_entry_points_stands_and_no_other():
    named = entries("Entry points")
    assert sorted(named) == sorted(plugins.GROUPS)
    for group, text in named.items():
        assert f'[project.entry-points."{group}"]' in text


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_names_a_variable_that_does_not_exist(path):
    settings = {f"KB_{item.name.upper()}" for item in dataclasses.fields(Settings)}
    for name in set(re.findall(r"\bKB_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))):
        known = name in settings or name in SOURCES or name.startswith("KB_LLM_") and 'f"KB_LLM_{name}"' in SOURCES
        assert known or name == "KB_TEST_DATA", name


def test_its_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)[^)]*\)", TEXT):
        assert (ROOT / "docs" / target).exists(), target


def test_its_python_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(compile(block, "docs/api.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "LoRA is a method" in printed and "E_NOT_FOUND" in printed and "E_UNKNOWN_DOCUMENT" in printed
