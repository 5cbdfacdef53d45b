"""A table out of documents as LaTeX: it compiles, whatever stands in the cells."""

import shutil
import subprocess

import pytest

from kb.survey.extracted import table_to_latex
from kb.types import Citation, ExtractedCell, ExtractionColumn, ExtractionRow, ExtractionTable, Words

HOSTILE = [r"100% of a_b & c#d ~ e^f | g <h>", r"\input{/etc/passwd} and \end{longtable}", "准确率 92.3%，剪枝", "",
           r"$\hat{\theta}_n$ and $ \undefined{x}", "مرحبا 😀 наука", "x" * 700]


def column(name):
    return ExtractionColumn(name, "", "phrase", "", Words(name, name))


def cell(text):
    citation = Citation("d", "T", "p", 3, 0, 1, "q", 1.0) if text else None
    return ExtractedCell(text, citation=citation, empty="" if text else "nothing")


def table(texts):
    rows = tuple(ExtractionRow("d", title, "p", (cell(text), cell("a"))) for title, text in zip(texts, texts[::-1],
                                                                                           strict=True))
    return ExtractionTable((column("data set & co_1"), column("指标")), rows)


def test_a_cell_has_its_page_and_an_empty_one_a_dash():
    made = table_to_latex(table(["A", ""]), "en")
    assert r"d & A (p. 3) & a (p. 3) \\" in made and r"A & --- & a (p. 3) \\" in made
    assert "第 3 页" in table_to_latex(table(["A"]), "zh")


def test_nothing_in_a_cell_is_a_command():
    made = table_to_latex(table(HOSTILE), "en")
    assert "\\input" not in made and made.count("\\end{longtable}") == 1


@pytest.mark.skipif(shutil.which("xelatex") is None, reason="needs XeLaTeX")
def test_a_hostile_table_compiles(tmp_path):
    (tmp_path / "table.tex").write_text(table_to_latex(table(HOSTILE), "zh"))
    done = subprocess.run(["xelatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"], cwd=tmp_path,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-1500:]
