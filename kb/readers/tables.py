"""Tables of a PDF page by geometry: rows, columns and header cells, ruled or set apart by a caption.

Reads: words with their places, ruled lines, captions.  Gives: regions with their cells, to layout.py, which writes them
as rows of "| a | b |".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from kb.text import CJK, mend
from kb.words import Phrases

Rule = Sequence[float]  # left, middle, right

_CAPTION = Phrases(r"\s*(?:«pages: table»)\s*[A-Z]?[\dIVX]", re.IGNORECASE)
_ASPECT = 1.35  # height of a page by its width, more or less
_GAP = 0.55  # of the font's height: wider than a space, narrower than what parts two cells
_GAP_OF_NUMBERS = 0.28  # two numbers with a space between are two cells
_FIGURES = re.compile(r"[(\[]?[\d.,%±+\-−–*†‡¹²³⁰-⁹/:]*\d[\d.,%±+\-−–*†‡¹²³⁰-⁹/:]*[)\]]?")
_WIDE = re.compile(f"[{CJK}]")
_SAME = 0.012  # of the page's width, between the ends of rules that belong together
_LONG = 45  # letters: a cell that has more is prose
_CHINESE = 2.3  # letters: as wide as a Chinese character, whose lines of prose have some twenty
_LEAST_PROSE = 25  # letters in the cells on average: then they are rather lines of two columns of text
_MOST_COLUMNS = 40
_LEAST_GUTTER = 0.006  # of the page's width, between two columns


class Word(NamedTuple):
    """Characters without a space, in shares of the page's width and height. height: of its font."""

    text: str
    left: float
    middle: float
    right: float
    height: float

    @property
    def centre(self) -> float:
        """Half way from left to right."""
        return (self.left + self.right) / 2


class Region(NamedTuple):
    """A table on its page. rows: the header first, all of one length."""

    left: float
    bottom: float
    right: float
    top: float
    rows: list[list[str]]

    @property
    def text(self) -> str:
        """The table as other readers write one."""
        lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in self.rows]
        lines.insert(1, "|" + " --- |" * len(self.rows[0]))
        return "\n".join(lines)


class _Cell(NamedTuple):
    text: str
    left: float
    right: float


class _Line(NamedTuple):
    """Cells that stand beside each other."""

    middle: float
    height: float
    cells: list[_Cell]


def may_hold_table(texts: Sequence[str], rules: Sequence[Rule]) -> bool:
    """Whether to look for one: a line begins as the caption of a table does, or two rules have the same ends."""
    return any(_CAPTION.match(text) for text in texts) or bool(_stacks(rules))


def find_tables(words: Sequence[Word], rules: Sequence[Rule], captions: Sequence[tuple[float, float, float]],
                ) -> list[Region]:
    """The tables of a page. captions: left, middle and right of the first lines of tables' captions."""
    usual = median(word.height for word in words) if words else 0.0
    words = [word for word in words if word.height < 1.8 * usual]  # a watermark lies over it
    found: list[Region] = []
    for stack in _stacks(rules):
        for region in _ruled(words, stack):
            words_of = [cell for row in region.rows for cell in row if cell]
            is_sure = (len(stack) > 2 or len(region.rows) > 2 and all(sum(map(bool, row)) > 1 for row in region.rows)
                       ) and sum(map(_n_letters, words_of)) < _LEAST_PROSE * len(words_of)
            if (is_sure or any(_is_near(region, caption) for caption in captions)) and not any(
                    _overlap(region, other) for other in found):
                found.append(region)
    for caption in captions:
        near = [region for region in found if _is_near(region, caption)]
        apart = _captioned(words, caption) if not near else None
        if apart is not None and not any(_overlap(apart, other) for other in found):
            found.append(apart)
    return found


def _is_near(region: Region, caption: tuple[float, float, float]) -> bool:
    return (min(abs(region.top - caption[1]), abs(region.bottom - caption[1])) < 0.08
            and region.left < caption[2] and caption[0] < region.right)


def _overlap(a: Region, b: Region) -> bool:
    return a.left < b.right and b.left < a.right and a.bottom < b.top and b.bottom < a.top


# --- between rules


def _stacks(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Two or more rules with the same ends, downwards; the widest first."""
    stacks: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda rule: -rule[1]):
        for stack in stacks:
            if abs(stack[0][0] - rule[0]) < _SAME and abs(stack[0][2] - rule[2]) < _SAME:
                stack.append(rule)
                break
        else:
            stacks.append([rule])
    return sorted((stack for stack in stacks if len(stack) > 1), key=lambda stack: stack[0][0] - stack[0][2])


def _ruled(words: Sequence[Word], stack: Sequence[Rule]) -> list[Region]:
    left, right = min(rule[0] for rule in stack), max(rule[2] for rule in stack)
    inside = [word for word in words if left - 0.01 < word.centre < right + 0.01]
    found: list[Region] = []
    run: list[list[_Line]] = []
    top = stack[0][1]
    for upper, lower in zip(stack, stack[1:], strict=False):
        band = _lines([word for word in inside if lower[1] < word.middle < upper[1]])
        if not run:
            top = upper[1]
        if not band or _is_tabular(band):
            run.append(band)
            bottom = lower[1]
            continue
        found += _region(run, (left, bottom, right, top)) if run else []
        run = []
    return found + (_region(run, (left, bottom, right, top)) if run else [])


def _is_tabular(band: Sequence[_Line]) -> bool:
    cells = [cell for line in band for cell in line.cells]
    n_many = sum(len(line.cells) > 1 for line in band)
    return 2 * n_many >= len(band) and sum(_n_letters(cell.text) > _LONG for cell in cells) < 0.3 * len(cells)


def _n_letters(text: str) -> float:
    """How long a text is, a Chinese character counted by its width."""
    return len(text) + (_CHINESE - 1) * len(_WIDE.findall(text))


def _region(bands: Sequence[Sequence[_Line]], box: tuple[float, float, float, float]) -> list[Region]:
    """[the table], [] if it has no two rows or no two columns."""
    bands = [band for band in bands if band]
    lines = [line for band in bands for line in band]
    if len(lines) < 2 or box[3] - box[1] > 0.9:
        return []
    edges = _columns(lines)
    if not 1 <= len(edges) < _MOST_COLUMNS:
        return []
    if len(bands) >= 4 and len(bands) >= 0.4 * len(lines):  # every row has its rule
        rows = [row for band in bands for row in _rows_of([_row(line, edges) for line in band])]
    elif len(bands) > 1 and len(bands[0]) <= 4:
        body = [_row(line, edges) for band in bands[1:] for line in band]
        rows = [_joined([_row(line, edges) for line in bands[0]]), *_unwrapped(body)]
    else:
        rows = _unwrapped([_row(line, edges) for line in lines])
    return [Region(*box, rows)] if len(rows) > 1 else []


# --- under or over a caption


def _captioned(words: Sequence[Word], caption: tuple[float, float, float]) -> Region | None:
    """The rows of several cells next to a caption, below it or above."""
    left, right = _column_of(words, caption)
    inside = [word for word in words if left < word.centre < right]
    lines = _lines(inside)
    below = _run([line for line in lines if line.middle < caption[1] - 0.004], caption[1])
    above = _run([line for line in lines if line.middle > caption[1] + 0.004][::-1], caption[1])[::-1]
    best = max((below, above), key=lambda run: sum(len(line.cells) > 1 for line in run))
    if sum(len(line.cells) > 1 for line in best) < 2 or not _is_tabular(best):
        return None
    cells = [cell for line in best for cell in line.cells]
    half = best[0].height / 2
    box = (min(cell.left for cell in cells), best[-1].middle - half, max(cell.right for cell in cells),
           best[0].middle + half)
    return next(iter(_region([best], box)), None)


def _column_of(words: Sequence[Word], caption: tuple[float, float, float]) -> tuple[float, float]:
    """Left and right of the column that the caption stands in."""
    lines = _lines(words)
    n_cross = sum(any(cell.left < 0.485 and cell.right > 0.515 for cell in line.cells) for line in lines)
    if n_cross > 0.3 * len(lines) or caption[0] < 0.45 and caption[2] > 0.55:
        return 0.0, 1.0
    return (0.0, 0.51) if caption[2] <= 0.52 else (0.49, 1.0)


def _run(lines: Sequence[_Line], start: float) -> list[_Line]:
    """The lines from `start` on, as far as they are rows of a table; lines of its caption are passed over."""
    run: list[_Line] = []
    last, single = start, 0
    for line in lines:
        step = abs(line.middle - last)
        if step > (2.6 if run else 3.0) * line.height:
            break
        is_many = len(line.cells) > 1 and not any(_n_letters(cell.text) > _LONG for cell in line.cells)
        if not run and not is_many:
            last, single = line.middle, single + 1
            if single > 4:
                break
            continue
        single = 0 if is_many else single + 1
        if single > 1:
            break
        run.append(line)
        last = line.middle
    while run and len(run[-1].cells) < 2:
        run.pop()
    return run


# --- lines, cells, columns


def _lines(words: Sequence[Word]) -> list[_Line]:
    """Words that stand beside each other as lines of cells, downwards."""
    groups: list[list[Word]] = []
    for word in sorted(words, key=lambda word: -word.middle):
        if groups and abs(groups[-1][0].middle - word.middle) < 0.4 * max(word.height, groups[-1][0].height):
            groups[-1].append(word)
        else:
            groups.append([word])
    return [_line(sorted(group, key=lambda word: word.left)) for group in groups]


def _line(words: Sequence[Word]) -> _Line:
    height = max(word.height for word in words)
    cells: list[_Cell] = []
    before = ""
    for text, left, _, right, _ in words:
        gap = left - cells[-1].right if cells else 0.0
        are_figures = _FIGURES.fullmatch(before) is not None and _FIGURES.fullmatch(text) is not None
        before = text
        if cells and gap < (_GAP_OF_NUMBERS if are_figures else _GAP) * height * _ASPECT:
            is_apart = gap > 0.1 * height * _ASPECT or cells[-1].text[-1:].isdigit() and text[:1].isdigit()
            space = " " if is_apart else ""
            cells[-1] = _Cell(cells[-1].text + space + text, cells[-1].left, max(right, cells[-1].right))
        else:
            cells.append(_Cell(text, left, right))
    return _Line(sum(word.middle for word in words) / len(words), height, cells)


def _columns(lines: Sequence[_Line]) -> list[float]:
    """Where one column ends and the next begins: places that (almost) no cell covers."""
    many = [line for line in lines if len(line.cells) > 1]
    cells = sorted((cell for line in many for cell in line.cells), key=lambda cell: cell.left)
    if not cells:
        return []
    first, last = cells[0].left, max(cell.right for cell in cells)
    allowed = 0 if len(many) < 4 else max(1, int(0.12 * len(many)))
    steps = [first + 0.002 * i for i in range(int((last - first) / 0.002) + 1)]
    edges: list[float] = []
    begin: float | None = None
    for x in steps:
        is_free = sum(cell.left < x < cell.right for cell in cells) <= allowed
        if is_free and begin is None:
            begin = x
        elif not is_free and begin is not None:
            if x - begin >= _LEAST_GUTTER and begin > first + 0.004:
                edges.append((begin + x) / 2)
            begin = None
    return [edge for edge in edges if any(cell.left > edge for cell in cells)]


def _row(line: _Line, edges: Sequence[float]) -> list[str]:
    row = [""] * (len(edges) + 1)
    for cell in line.cells:
        column = sum(edge < cell.left + 0.001 for edge in edges)
        if column < len(edges) and cell.right <= edges[column] + 0.001:
            pass
        elif column < len(edges) and edges[column] - cell.left < 0.3 * (cell.right - cell.left):
            column += 1  # the beginning of a cell that stands mostly in the next column
        text = " ".join(mend(cell.text).split())
        row[column] = f"{row[column]} {text}".strip()
    return row


def _rows_of(band: list[list[str]]) -> list[list[str]]:
    """The lines between two rules: one row, unless each of them has a first cell and others."""
    are_rows = all(row[0] and sum(map(bool, row)) > 1 for row in band)
    return band if are_rows else [_joined(band)]


def _joined(rows: Sequence[list[str]]) -> list[str]:
    return [" ".join(part for part in column if part) for column in zip(*rows, strict=True)]


def _unwrapped(rows: Sequence[list[str]]) -> list[list[str]]:
    """Rows; a line that has words in one column only, and not in the first, goes on with the row before."""
    found: list[list[str]] = []
    for row in rows:
        filled = [i for i, cell in enumerate(row) if cell]
        if found and len(filled) == 1 and filled[0] > 0 and found[-1][filled[0]] and not row[filled[0]][:1].isdigit():
            found[-1] = _joined([found[-1], row])
        else:
            found.append(row)
    return found
