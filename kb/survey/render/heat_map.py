"""The comparison table of a survey as a heat map: a row for each work, a column for each aspect.

Reads: Survey.table.  Gives: Drawings, each no longer than a page holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from kb.survey.records import Survey, TableRow
from kb.survey.render.drawing import EMPTY, PALE_INK, Box, Drawing, Label, Shape, shortened, width_of, wrapped
from kb.survey.render.figure_parts import MARGIN, SMALL, WIDTH, Work, drawing_of, label_of, parted
from kb.survey.words import word

_ROWS = 45  # that stay readable on one page of A4
_SHADES = ("#e3ecf8", "#bcd3ef", "#8fb6e4", "#6397d6")


def heat_map(survey: Survey, works: dict[str, Work]) -> tuple[Drawing, ...]:
    """A cell for each work and aspect: blank where its text gives no value, the darker the more works have the same
    one."""
    rows = [row for row in survey.table.rows if row.document in works]
    columns = survey.table.columns
    if len(rows) < 2 or not columns:  # one row says nothing that the table does not
        return ()
    same = [Counter(_alike(row, i) for row in rows if row.cells[i]) for i in range(len(columns))]
    parts = parted(rows, _ROWS)
    n_filled = sum(sum(counter.values()) for counter in same)
    return tuple(_matrix_part(survey, works, part, same, i if len(parts) > 1 else 0, n_filled)
                 for i, part in enumerate(parts, 1))


def _alike(row: TableRow, column: int) -> str:
    cell = row.cells[column]
    return " ".join(cell.text.casefold().split()) if cell else ""


def _matrix_part(survey: Survey, works: dict[str, Work], rows: Sequence[TableRow], same: Sequence[Counter[str]],
                 part: int, n_filled: int) -> Drawing:
    columns, language = survey.table.columns, survey.request.language
    names = 200.0
    each = max(96.0, (WIDTH - 2 * MARGIN - names) / len(columns))
    width = 2 * MARGIN + names + each * len(columns)
    heads = [wrapped(column, each - 10, SMALL, most=3, is_bold=True) for column in columns]
    y = MARGIN + max(map(len, heads)) * 14 + 6
    shapes: list[Shape] = [
        Label(MARGIN + names + i * each + each / 2, y - 8 - (len(lines) - 1 - j) * 14, line, SMALL, anchor="middle",
              is_bold=True, whole=columns[i]) for i, lines in enumerate(heads) for j, line in enumerate(lines)]
    for row in rows:
        work = works[row.document]
        name = f"{work.name} {work.year}" if work.year else work.name
        shapes.append(label_of(work, MARGIN, y + 14, names - 10, name))
        for i, cell in enumerate(row.cells):
            x = MARGIN + names + i * each
            n = same[i][_alike(row, i)] if cell else 0
            shapes.append(Box(x + 1, y + 1, each - 2, 18, _SHADES[min(n, len(_SHADES)) - 1] if n else EMPTY))
            if cell:
                text = " ".join(cell.text.split())
                shapes.append(Label(x + each / 2, y + 14, shortened(text, each - 8, SMALL), SMALL, anchor="middle",
                                    whole=text))
        y += 20
    y += 10
    x = MARGIN
    for n, shade in ((0, EMPTY), *enumerate(_SHADES, 1)):
        said = word("figure_blank" if not n else "figure_same_more" if n == len(_SHADES) else "figure_same", language,
                    n=n)
        shapes += [Box(x, y, 12, 12, shade), Label(x + 18, y + 10, said, SMALL, PALE_INK)]
        x += width_of(said, SMALL) + 32
    drawn = drawing_of("matrix", survey, y + 12 + MARGIN, shapes, max(width, x), n=len(survey.table.rows),
                   columns=", ".join(columns), filled=n_filled)
    return replace(drawn, name=f"matrix-{part}", title=f"{drawn.title} ({part})") if part else drawn
