"""How the code reads: no file that is too long, no expression where a statement belongs."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([*(ROOT / "kb").rglob("*.py"), *(ROOT / "app").rglob("*.py")])
LONGEST = 400
WHOLE = {"kb/errors.py"}  # one tree of errors: whole, it is easier to follow


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_is_longer_than_400_lines():
    long = {name_of(path) for path in FILES if len(path.read_text().splitlines()) > LONGEST}
    assert long - WHOLE == set()


def choices(text: str) -> list[int]:
    """Lines on which a choice is written as an expression whose value nobody takes."""
    return [node.lineno for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.IfExp | ast.BoolOp)]


@pytest.mark.parametrize("line", ["f(x) if a else g(x)", "a and f(x)", "if a:\n    b or f(x)"])
def test_a_choice_written_as_an_expression_is_seen(line):
    assert choices(line)
    assert not choices("y = f(x) if a else g(x)\nreturned = a and b")


def test_what_to_do_is_chosen_by_if_and_else():
    found = [f"{name_of(path)}:{line}" for path in FILES for line in choices(path.read_text())]
    assert found == []
