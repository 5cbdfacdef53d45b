"""What a screen reader is told of the parts of a page, as far as it can be seen without a browser."""

import ast
from pathlib import Path

APP = Path(__file__).resolve().parents[2] / "app"


def calls(*names):
    """Every call of a method of one of these names in the app: (file, line, call)."""
    for path in sorted(APP.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
                yield path.name, node.lineno, node


def test_no_heading_is_followed_by_a_link_to_itself():
    """Streamlit's would be one more stop of the Tab key and one more utterance at each heading."""
    found = [(file, line, {word.arg: ast.unparse(word.value) for word in call.keywords}.get("anchor"))
             for file, line, call in calls("title", "header", "subheader")
             if ast.unparse(call.func.value) == "st"]
    assert len(found) > 15 and [one for one in found if one[2] != "False"] == []
