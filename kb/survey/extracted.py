"""A table out of many documents as LaTeX: a file of its own that compiles, every cell with its page.

Reads: ExtractionTable.  Gives: text.
"""

from __future__ import annotations

from kb.messages import Words
from kb.survey.render.latex import head_lines
from kb.survey.render.tex import escape, has_han, has_other_script, has_rare_han
from kb.text import one_line
from kb.types import ExtractedCell, ExtractionTable, Language

_LONGEST = 240  # characters of a cell
_WORDS = {"document": Words("Document", "文档"), "page": Words("p. {page}", "第 {page} 页")}


def table_to_latex(table: ExtractionTable, language: Language) -> str:
    """The whole file: a row for each document, as wide as the page allows; an empty cell is a dash."""
    n = len(table.columns) + 1
    width = f">{{\\raggedright\\arraybackslash}}p{{\\dimexpr(\\linewidth-{2 * n}\\tabcolsep)/{n}\\relax}}"
    names = [_WORDS["document"].in_(language), *(one_line(column.name, 80) for column in table.columns)]
    lines = [" & ".join((escape(one_line(row.title or row.document, 160)),
                         *(_cell(cell, language) for cell in row.cells))) + r" \\" for row in table.rows]
    said = [*names, *(row.title for row in table.rows), *(cell.shown for row in table.rows for cell in row.cells)]
    head = head_lines("\\documentclass[10pt]{article}", language, "a4paper,landscape,margin=1.8cm",
                      is_han=any(map(has_han, [*said, *lines])), is_rare=any(map(has_rare_han, said)),
                      is_other=any(map(has_other_script, lines)))
    named = " & ".join(f"\\textbf{{{escape(name)}}}" for name in names) + r" \\"
    return "\n".join([*head, "\\pagestyle{plain}\\setlength{\\parindent}{0pt}\\hbadness=10000\\vbadness=10000",
                      "\\begin{document}\\small", f"\\begin{{longtable}}{{{width * n}}}", "\\hline", named,
                      "\\hline\\endhead", *lines, "\\hline", "\\end{longtable}", "\\end{document}", ""])


def _cell(cell: ExtractedCell, language: Language) -> str:
    if not cell.text:
        return "---"
    page = cell.citation.page if cell.citation is not None else None
    where = f" ({_WORDS['page'].in_(language).format(page=page)})" if page is not None else ""
    return escape(one_line(cell.shown, _LONGEST) + where)
