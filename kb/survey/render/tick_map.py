"""The attribute matrix of a survey as a heat map: which works share which term, a row for each work.

Reads: Survey.matrix.  Gives: Drawings, each no longer than a page holds. The names of the columns stand as a stair over
the grid, each with a line of its own, so that names of any length have room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kb.survey.records import Aspect, Survey
from kb.survey.render.drawing import EMPTY, LINE, PALE_INK, Box, Drawing, Label, Path, Shape, shortened, width_of
from kb.survey.render.figure_parts import MARGIN, SMALL, WIDTH, Work, drawing_of, label_of, parted
from kb.survey.words import word

_ROWS = 45  # that stay readable on one page of A4
_COLUMNS = 14  # the terms that most works share
_NAMES, _CELL, _STEP = 210.0, 30.0, 15.0
_LONGEST = 190.0  # of a column's name
_SHADES = ("#bcd3ef", "#8fb6e4", "#4f86cc")


def tick_map(survey: Survey, works: dict[str, Work]) -> tuple[Drawing, ...]:
    """A cell for each work and shared term, the darker the more works have the term; none for less than two terms."""
    shared = [aspect for aspect in survey.matrix if aspect.term and len(aspect.documents) > 1]
    most: dict[str, Aspect] = {}  # a term that is a subject of some and a measure of others is one column
    for aspect in sorted(shared, key=lambda aspect: -len(aspect.documents)):
        most.setdefault(aspect.term.casefold(), aspect)
    kept = list(most.values())[:_COLUMNS]
    columns = [aspect for aspect in shared if any(aspect is one for one in kept)]
    rows = [works[m.document] for m in survey.timeline
            if m.document in works and any(m.document in aspect.documents for aspect in columns)]
    if not rows or len(columns) < 2:
        return ()
    bins = _bins([len(aspect.documents) for aspect in columns])
    parts = parted(rows, _ROWS)
    made = [_part(survey, part, columns, bins, n=len(rows), others=len(works) - len(rows), shown=len(columns),
                  all=len(most)) for part in parts]
    return tuple(replace(drawing, name=f"matrix-{i}", title=f"{drawing.title} ({i})")
                 for i, drawing in enumerate(made, 1)) if len(made) > 1 else tuple(made)


def _bins(counts: Sequence[int]) -> list[tuple[int, int]]:
    """(least, most) of up to as many groups of counts as there are shades, each with as many different counts."""
    known = sorted(set(counts))
    n = min(len(_SHADES), len(known))
    groups = [known[i * len(known) // n:(i + 1) * len(known) // n] for i in range(n)]
    return [(group[0], group[-1]) for group in groups]


def _part(survey: Survey, rows: Sequence[Work], columns: Sequence[Aspect], bins: Sequence[tuple[int, int]],
          **values: int) -> Drawing:
    language = survey.request.language
    left, top = MARGIN + _NAMES, MARGIN + len(columns) * _STEP + 8
    low = top + len(rows) * 20
    shapes: list[Shape] = []
    width = WIDTH
    for i, aspect in enumerate(columns):
        middle, y = left + (i + .5) * _CELL, MARGIN + (i + 1) * _STEP
        name = shortened(aspect.term, _LONGEST, SMALL)
        shapes += [Path(((middle, y - 4), (middle, top)), LINE),
                   Path(((middle, y - 4), (middle + 6, y - 4)), LINE),
                   Label(middle + 9, y, f"{name} {len(aspect.documents)}", SMALL, whole=aspect.term)]
        width = max(width, shapes[-1].span()[1] + MARGIN if isinstance(shapes[-1], Label) else 0)
    for j, work in enumerate(rows):
        y = top + j * 20
        name = f"{work.name} {work.year}" if work.year else work.name
        shapes.append(label_of(work, MARGIN, y + 14, _NAMES - 10, name))
        for i, aspect in enumerate(columns):
            has = work.reference.document in aspect.documents
            shade = _SHADES[next(k for k, (_, most) in enumerate(bins) if len(aspect.documents) <= most)]
            shapes.append(Box(left + i * _CELL + 1, y + 1, _CELL - 2, 18, shade if has else EMPTY))
    x = MARGIN
    said = [(EMPTY, word("figure_blank", language)), *(
        (shade, word("figure_shared", language, n=str(a) if a == b else f"{a}–{b}"))
        for shade, (a, b) in zip(_SHADES, bins, strict=False))]
    for fill, text in said:
        shapes += [Box(x, low + 10, 12, 12, fill), Label(x + 18, low + 20, text, SMALL, PALE_INK)]
        x += width_of(text, SMALL) + 32
    terms = ", ".join(f"{aspect.term} {len(aspect.documents)}" for aspect in columns)
    drawn = drawing_of("ticks", survey, low + 22 + MARGIN, shapes, max(width, x), terms=terms, **values)
    return replace(drawn, name="matrix")
