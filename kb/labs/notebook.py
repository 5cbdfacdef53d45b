"""A lab as a notebook for Jupyter: the idea, what to predict, a run to change, what came out, formulas, exercises.

Reads: a Lab and its guide.  Gives: the notebook's JSON (version 4.5), every cell of which runs as Python where kb is
installed; nothing in it has been run yet.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kb.labs.lab import Lab
from kb.labs.pages.guides import HEADS, guide_of
from kb.labs.run import save_text
from kb.messages import Language, Words, words_of

_WORDS = {
    "settings": Words("Change the settings and run the cells below again.", "改动设置，再运行下面各格。"),
    "numbers": Words("What came out, with what was expected of the defaults.", "结果，以及默认设置下的预期。"),
    "figures": Words("The figures and tables of the run. The whole report is the file `report.html` in its folder.",
                     "这次运行的图和表。完整的报告是运行文件夹中的 `report.html`。"),
    "formulas": Words("Formulas, and the lines that compute them", "公式与计算它的代码"),
    "code": Words("The lab's own code, to read and to change.", "实验自己的代码，可以读，也可以改。")
}


def notebook(lab: Lab, language: Language) -> dict[str, Any]:
    """The notebook as Jupyter has it in its file."""
    words = {name: each.in_(language) for name, each in _WORDS.items()}
    guide = guide_of(lab.name)
    head = [f"# {words_of(lab.title).in_(language)}", words_of(lab.about).in_(language)]
    if guide is not None:
        lesson = guide.in_(language)
        head += [lesson.idea, _listed("predict", lesson.predict, language), _listed("look", lesson.look, language)]
    values = ",\n".join(f"    {param.name!r}: {param.default_in(language)!r}" for param in lab.params)
    cells = [
        _text("\n\n".join(head)), _text(words["settings"]),
        _code(f"from kb import labs\n\nlab = labs.get({lab.name!r})\nsettings = {{\n{values}\n}}"),
        _code(f"result = lab.run(settings, language={language!r})\nprint(result.status, result.run)"),
        _text(words["numbers"]),
        _code(f"for one in labs.numbers(lab.name, result.metrics, {language!r}, "
              f"as_set=settings == lab.check({{}}, {language!r})):\n"
              "    print(one.label, one.value, one.expected, sep='  |  ')"),
        _text(words["figures"]),
        _code("for event in labs.read_events(result.run):\n    if event['kind'] == 'table':\n"
              f"        print(event['title'][{language!r}])\n        for row in event['rows']:\n"
              "            print('  ', row)"),
        _code("try:\n    from IPython.display import SVG, display\nexcept ImportError:  # outside Jupyter\n"
              "    display = SVG = str\nfor file in sorted(result.run.glob('figure-*.svg')):\n"
              "    display(SVG(file.read_text(encoding='utf-8')))")]
    for formula in lab.formulas:
        note = words_of(formula.note).in_(language)
        cells.append(_text(f"$$\n{formula.tex}\n$$\n\n```python\n{formula.code}\n```\n\n{note}"))
    cells += [_text(words["code"]), _code("print(lab.sources()[0][1])")]
    if guide is not None:
        for i, one in enumerate(lesson.exercises, 1):
            answer = HEADS["answer"].in_(language)
            cells.append(_text(f"**{HEADS['exercises'].in_(language)} {i}.** {one.ask}\n\n"
                               f"<details><summary>{answer}</summary>\n\n{one.answer}\n\n</details>"))
            cells.append(_code(f"# {HEADS['exercises'].in_(language)} {i}"))
        cells.append(_text(_listed("read", guide.reading(language), language)))
    for i, cell in enumerate(cells):
        cell["id"] = f"cell-{i}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}}, "nbformat": 4,
            "nbformat_minor": 5}


def write_notebook(lab: Lab, path: Path, language: Language = "en") -> Path:
    """Writes the notebook to a new file and gives its path. Errors: FolderError if the file is there already or cannot
    be written."""
    return save_text(path, json.dumps(notebook(lab, language), ensure_ascii=False, indent=1) + "\n")


def _listed(part: str, items: Sequence[str], language: Language) -> str:
    return f"## {HEADS[part].in_(language)}\n\n" + "\n".join(f"- {item}" for item in items)


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def _code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
            "source": source.splitlines(keepends=True)}
