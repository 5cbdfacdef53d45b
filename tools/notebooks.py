"""Notebooks out of Markdown: each ```python block a cell, run after the one before, with what it gave.

    python tools/notebooks.py      writes examples/notebooks/NAME.ipynb again

Gives: the notebooks, and pages of the documentation site with the same cells. Jupyter is not needed to make them: a
cell is run as Python runs a block, and its last expression is shown.
"""

import ast
import contextlib
import io
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

FOLDER = ROOT / "examples" / "notebooks"
PAGES = {"python": "howto/python", "labs": "howto/labs-in-python"}
ENGINE = {"KB_ENGINE": "fp32", "KB_READER": "six"}  # the same numbers on every machine
_BLOCK = re.compile(r"^```python\n(.*?)^```$\n?", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(\.\./\.\./docs/(\w+)\.md\)")


@dataclass
class Cell:
    """Markdown, or code with what it printed and the value of its last expression."""

    source: str
    is_code: bool
    printed: str = ""
    value: str = ""


@dataclass
class Notebook:
    """name: python or python.zh."""

    name: str
    cells: list[Cell] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The form of Jupyter, version 4.5. The same cells give the same bytes."""
        cells, count = [], 0
        for i, cell in enumerate(self.cells):
            made: dict[str, Any] = {"id": f"cell-{i}", "metadata": {}, "source": cell.source.splitlines(keepends=True)}
            if cell.is_code:
                count += 1
                made |= {"cell_type": "code", "execution_count": count, "outputs": outputs(cell, count)}
            else:
                made["cell_type"] = "markdown"
            cells.append(made)
        language = {"display_name": "Python 3", "language": "python", "name": "python3"}
        return {"cells": cells, "metadata": {"kernelspec": language, "language_info": {"name": "python"}},
                "nbformat": 4, "nbformat_minor": 5}

    def page(self) -> str:
        """The same as Markdown, outputs after their cells."""
        parts = []
        for cell in self.cells:
            shown = cell.printed + (f"{cell.value}\n" if cell.value else "")
            parts.append(f"```python\n{cell.source}\n```\n" if cell.is_code else cell.source + "\n")
            if shown:
                parts.append(f"```text\n{shown.rstrip()}\n```\n")
        return "\n".join(parts)


def outputs(cell: Cell, count: int) -> list[dict[str, Any]]:
    """What Jupyter shows below a cell."""
    made: list[dict[str, Any]] = []
    if cell.printed:
        made.append({"output_type": "stream", "name": "stdout", "text": cell.printed.splitlines(keepends=True)})
    if cell.value:
        made.append({"output_type": "execute_result", "execution_count": count, "metadata": {},
                     "data": {"text/plain": cell.value.splitlines(keepends=True)}})
    return made


def read(name: str) -> Notebook:
    """The cells of a source, not run."""
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    pieces = _BLOCK.split(text)
    return Notebook(name, [Cell(piece.strip(), i % 2 == 1) for i, piece in enumerate(pieces) if piece.strip()])


def run(book: Notebook, folder: Path) -> Notebook:
    """Runs every cell in the folder. Errors: whatever a cell raises."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.chdir(folder):
        for cell in filter(lambda cell: cell.is_code, book.cells):
            tree = ast.parse(cell.source)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(tree, book.name, "exec"), names)
                if isinstance(last, ast.Expr):
                    value = eval(compile(ast.Expression(last.value), book.name, "eval"), names)
                    cell.value = "" if value is None else repr(value)
            cell.printed = out.getvalue()
    return book


def names() -> list[str]:
    return [f"{name}{ending}" for name in PAGES for ending in ("", ".zh")]


def kept(name: str) -> Notebook:
    """A notebook as it was made last, from its file."""
    data = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    book = Notebook(name)
    for cell in data["cells"]:
        made = Cell("".join(cell["source"]), cell["cell_type"] == "code")
        for one in cell.get("outputs", ()):
            if one["output_type"] == "stream":
                made.printed = "".join(one["text"])
            else:
                made.value = "".join(one["data"]["text/plain"])
        book.cells.append(made)
    return book


def pages() -> dict[str, str]:
    """The notebooks as pages of the site, and the notebooks themselves beside them."""
    made = {}
    for name, page in PAGES.items():
        for ending in ("", ".zh"):
            words = "这个笔记本" if ending else "This notebook"
            file = f"{name}{ending}.ipynb"
            text = _LINK.sub(r"](\1.md)", kept(name + ending).page())
            made[f"{page}{ending}.md"] = f"{text}\n[{words}: {file}](../notebooks/{file})\n"
            made[f"notebooks/{file}"] = (FOLDER / file).read_text(encoding="utf-8")
    return made


def written(book: Notebook) -> str:
    return json.dumps(book.to_dict(), ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    os.environ.update(ENGINE)
    for name in names():
        with tempfile.TemporaryDirectory() as folder:
            (FOLDER / f"{name}.ipynb").write_text(written(run(read(name), Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    main()
