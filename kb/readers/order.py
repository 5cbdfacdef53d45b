"""The reading order of a page's lines: columns, under what spans them.

Reads: rows as they stand in the file.  Gives: the rows as they are read.  Next: paragraphs.py joins them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import inf
from operator import attrgetter
from statistics import median
from typing import NamedTuple

_LEAST_ROWS, _LEAST_SIDE = 12, 4  # of a page with columns, and of each column
_LEAST_WIDTH = 0.2  # of all columns together: half of the rows of each must be wider
# of the width of their own column, on the page and within a column: lines of text fill it, as pieces of lines that are
# spread out do not; on the page one side may be two columns
_LEAST_FULL = 0.4, 0.65
_SLACK = 0.02  # of the page's width: so far may a row reach into a gutter
_SAME_LINE = 0.003  # of the page's height
_SET_OFF = 0.1  # of the page's width: what begins so much further right than its column is set to the right
_SMALLER = 0.4  # points
_BLOCK = 0.15  # of the page's height: so far down begins another block
_CELL = 0.06  # of the page's height, four or five lines: so far up the next cell of a table begins


class Row(NamedTuple):
    """A line on its page, mended. face, end: the faces that it begins and ends in, "" where nothing tells."""

    page: int
    text: str
    left: float
    middle: float
    right: float
    size: float
    is_bold: bool
    face: str = ""
    end: str = ""


_middle = attrgetter("middle")


def in_lines(rows: Sequence[Row], slack: float = 0.006) -> list[list[Row]]:
    """Rows that stand beside each other, downwards. slack: of the page's height, by which they may differ."""
    lines: list[list[Row]] = []
    for row in sorted(rows, key=_middle, reverse=True):
        if lines and lines[-1][0].middle - row.middle < slack:
            lines[-1].append(row)
        else:
            lines.append([row])
    return lines


def in_reading_order(rows: list[Row]) -> list[Row]:
    """Reading order: as in the file, on the first page downwards by blocks, unless columns are seen; then what spans
    them divides the page, and left comes before right. A column may have columns of its own: three are two, one of
    which is two."""
    return _ordered(rows, 0) or (_by_blocks(rows) if rows and rows[0].page == 1 else rows)


def _ordered(rows: list[Row], depth: int) -> list[Row]:
    """The rows of a page or of one of its columns; [] if they have no columns."""
    gutter = _gutter(rows, _LEAST_FULL[depth > 0]) if depth < 3 else None
    if gutter is None:
        return []
    spanning = sorted((row for row in rows if _side(row, gutter) == 0), key=lambda row: -row.middle)
    depths = [-row.middle for row in spanning]
    # between one spanning row and the next
    columns: list[tuple[list[Row], list[Row]]] = [([], []) for _ in range(len(spanning) + 1)]
    for row in rows:
        side = _side(row, gutter)
        if side:
            columns[bisect_left(depths, -row.middle)][side > 0].append(row)
    ordered: list[Row] = []
    beside = [row for row in rows if _side(row, gutter) > 0]
    edge = median(row.left for row in beside)
    end = max(row.right for row in beside)
    for i, (left, right) in enumerate(columns):
        ordered += spanning[i - 1:i] if i else []
        above, below = _above_both(left, right, edge, end), _below_both(left, right, spanning[i:i + 1])
        ordered += _downwards(above)
        for column in ([row for row in left if row not in below], [row for row in right if row not in above]):
            ordered += _ordered(column, depth + 1) or _downwards(column)
        ordered += _downwards(below)
    return ordered


def _above_both(left: Sequence[Row], right: Sequence[Row], edge: float, end: float) -> list[Row]:
    """Lines at the right above two columns, as the author's name: higher than both, and not where the right one, from
    `edge` to `end`, begins."""
    highest = max((row.middle for row in left), default=inf) + _SAME_LINE
    found = [row for row in right if row.middle > highest and row.left > edge + _SET_OFF and row.right > end - _SLACK]
    lowest = min((row.middle for row in found), default=1.0)
    return [] if any(row.middle > lowest - _SAME_LINE for row in right if row not in found) else found


def _below_both(left: Sequence[Row], right: Sequence[Row], following: Sequence[Row]) -> list[Row]:
    """Short lines of a notice below two columns: smaller than the left one, lower than both, and above a line over the
    full width that is as small."""
    if not left or not right or not following:
        return []
    small = median(row.size for row in left) - _SMALLER
    floor = min(row.middle for row in [*right, *(row for row in left if row.size > small)]) - _SAME_LINE
    found = [row for row in left if row.size <= small and row.middle < floor]
    goes_on = any(row.middle - following[0].middle < _CELL and abs(row.size - following[0].size) < _SMALLER
                  for row in found)
    return found if goes_on else []


def _downwards(rows: list[Row]) -> list[Row]:
    """The rows of one column: as in the file if they go down the page there, but for the cells of a table; else as they
    stand."""
    goes_down = all(b.middle - a.middle < _CELL for a, b in zip(rows, rows[1:], strict=False))
    return rows if goes_down else _by_lines(rows)


def _by_blocks(rows: list[Row]) -> list[Row]:
    """Downwards by blocks: rows that go down the page in the file. Blocks that stand side by side are one, in the
    file's order: files may have the foot of a page before its text."""
    runs: list[list[Row]] = []
    for row in rows:
        if runs and -_BLOCK < row.middle - runs[-1][-1].middle < _CELL:
            runs[-1].append(row)
        else:
            runs.append([row])
    blocks: list[tuple[float, list[int]]] = []  # bottom; the runs, by their place in the file
    for i in sorted(range(len(runs)), key=lambda i: -max(row.middle for row in runs[i])):
        bottom, top = min(row.middle for row in runs[i]), max(row.middle for row in runs[i])
        if blocks and top > blocks[-1][0] - _SAME_LINE:
            blocks[-1] = min(bottom, blocks[-1][0]), [*blocks[-1][1], i]
        else:
            blocks.append((bottom, [i]))
    return [row for _, block in blocks for i in sorted(block) for row in runs[i]]


def _by_lines(rows: list[Row]) -> list[Row]:
    """Downwards, and from left to right what stands on one line though its sizes differ."""
    lines: list[list[Row]] = []
    for row in sorted(rows, key=lambda row: -row.middle):
        if lines and lines[-1][0].middle - row.middle < _SAME_LINE and row.left != lines[-1][0].left:
            lines[-1].append(row)
        else:
            lines.append([row])
    return [row for line in lines for row in sorted(line, key=lambda row: row.left)]


def _side(row: Row, x: float) -> int:
    """-1 left of x, 1 right of it, 0 across; a row in the middle of a gutter, as a page's number is, is across."""
    if row.left < x - _SLACK and row.right > x + _SLACK:
        return 0
    if row.left < x < row.right and abs(row.left + row.right - 2 * x) < _SLACK:
        return 0
    return 1 if row.right > x + _SLACK else -1


def _gutter(rows: Sequence[Row], least_full: float) -> float | None:
    """Where columns of running text are divided, in shares of the page's width; None where there are none.

    Not where most rows on one side are short: those are the cells of a table or the numbers of a list of contents.
    """
    if len(rows) < _LEAST_ROWS:
        return None
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    width = right - left
    if width < 0.25:
        return None
    lefts, rights = sorted(row.left for row in rows), sorted(row.right for row in rows)
    downwards = [(row.left, row.right) for row in sorted(rows, key=lambda row: -row.middle)]
    best: tuple[int, int] | None = None
    places: list[float] = []
    counts, score = (0, 0), (0, 0)
    for step in range(int((left + 0.2 * width) * 100), int((right - 0.2 * width) * 100) + 1):
        x = step / 100
        n_left, n_right = bisect_right(rights, x + 0.01), len(rows) - bisect_left(lefts, x - 0.01)
        if min(n_left, n_right) < _LEAST_SIDE:
            continue
        if (n_left, n_right) != counts:  # else the rows stand as they do for the x before
            counts, score = (n_left, n_right), (_n_in_columns(downwards, x, width, least_full), n_left + n_right)
        if score[0] >= 2 * _LEAST_SIDE and (best is None or score >= best):
            places = [*places, x] if score == best else [x]
            best = score
    if not places:
        return None
    x = places[len(places) // 2]  # and then half-way between what is left of it and what is right
    before = [row.right for row in rows if row.left < x - _SLACK and row.right < x + _SLACK]
    after = [row.left for row in rows if row.right > x + _SLACK and row.left > x - _SLACK]
    return (max(before, default=x) + min(after, default=x)) / 2


def _n_in_columns(downwards: Sequence[tuple[float, float]], x: float, width: float, least_full: float) -> int:
    """How many rows stand in columns on either side of x, within the bands between rows that span both; 0 if those on
    one side are mostly short, for the page or for their column."""
    bands: list[tuple[list[tuple[float, float]], list[tuple[float, float]]]] = [([], [])]
    low, high = x - _SLACK, x + _SLACK
    for row in downwards:
        if row[1] <= high:
            bands[-1][0].append(row)
        elif row[0] >= low:
            bands[-1][1].append(row)
        elif bands[-1][0] or bands[-1][1]:
            bands.append(([], []))
    beside = [pair for pair in bands if min(len(pair[0]), len(pair[1])) >= 3]
    for side in (0, 1):
        rows = [row for pair in beside for row in pair[side]]
        if not rows:
            return 0
        usual = median(right - left for left, right in rows)
        span = max(right for _, right in rows) - min(left for left, _ in rows)
        if usual < _LEAST_WIDTH * width or usual < least_full * span:
            return 0
    return sum(len(pair[0]) + len(pair[1]) for pair in beside)
