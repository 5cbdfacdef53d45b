"""The tests that the security pages name exist, and both languages name the same ones."""

import ast
import re

import pytest

from tests.conftest import ROOT
from tests.torture.__main__ import TORTURES

PAGES = ["SECURITY", "PROMISES"]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def named(page: str) -> list[tuple[str, str]]:
    return NAMED.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))


def missing(tests: list[tuple[str, str]]) -> list[str]:
    """Those of these tests that no file has."""
    found = {}
    for file, _ in tests:
        if file not in found:
            path = ROOT / file
            tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
            found[file] = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return [f"{file}::{name}" for file, name in tests if not name.startswith("test_") or name not in found[file]]


@pytest.mark.parametrize("page", [f"{name}{language}" for name in PAGES for language in (".md", ".zh.md")])
def test_every_test_that_a_page_names_exists(page):
    tests = named(page)
    assert len(tests) > 20
    assert missing(tests) == []


def test_a_test_that_is_gone_is_seen():
    assert missing([("tests/test_promises.py", "test_gone"), ("tests/no_such.py", "test_x"),
                    ("tests/test_promises.py", "test_a_test_that_is_gone_is_seen")]) == [
                        "tests/test_promises.py::test_gone", "tests/no_such.py::test_x"]


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_name_the_same_tests(name):
    assert named(f"{name}.md") == named(f"{name}.zh.md")


@pytest.mark.parametrize("name", PAGES)
def test_every_row_of_a_claim_names_its_tests(name):
    """A table whose last column is for tests has them in each of its rows."""
    for language in (".md", ".zh.md"):
        lines = (ROOT / "docs" / f"{name}{language}").read_text(encoding="utf-8").splitlines()
        rows = [line for line in lines if line.startswith("| ") and not re.search(r"\| (tests?|测试) \|$", line)]
        assert len(rows) >= 20
        assert [row for row in rows if not NAMED.search(row)] == []


@pytest.mark.parametrize("page", ["PROMISES.md", "PROMISES.zh.md"])
def test_the_cases_of_each_torture_are_those_that_are_played(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    rows = {int(row[0]): row[1] for row in re.findall(r"^\| (\d+) \|(.*)", text, re.MULTILINE)}
    said = {(n, *found) for n, row in rows.items() for found in re.findall(r"`(\w+)` (\d+) / (\d+)", row)}
    assert said == {(int(n), one.name, str(one.short), str(one.full))
                    for one in TORTURES for n in one.promises.split(", ")}


def test_there_are_twenty_promises():
    for language in (".md", ".zh.md"):
        text = (ROOT / "docs" / f"PROMISES{language}").read_text(encoding="utf-8")
        assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == [str(n) for n in range(1, 21)]
