"""Rows that are pieces of one printed line, as one row.

Reads: the rows of a page, in the file's order those whose boxes meet, in reading order the others.  Gives: the same,
what stands side by side on one baseline joined: a number and its heading, the cells of a row without a table, a formula
and its number. Next: order.py; regions.py, headings.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import NamedTuple

from kb.readers.furniture import is_turned
from kb.readers.order import Row
from kb.readers.regions import is_caption
from kb.text import CJK

_NO_SPACE = re.compile(f"[{CJK}\u3000-\u303f\uff00-\uffef]")
_CHINESE = "一二三四五六七八九十"
_POINTS, _WIDTH = 800.0, 600.0  # height and width of a page, more or less: rows know shares only
_BOX = 1.1  # in sizes: so far may boxes of one line reach into each other
_SEAM = 0.002  # of the page's width
_LETTERS = 3.0  # in sizes: the widest piece that may stand inside another
_APART = 1.2  # in sizes: what is further apart has a space between
_LEVEL = 0.25  # in sizes: so far apart may the middles of one line be
_FORMULA_NUMBER = re.compile(
    r"\s*[(（](?=[^)）]*\d)\s*(?:式\s*)?[A-Z]?\d{0,3}(?:\s*[.\-–−]\s*\d{1,3}){0,3}[a-z]?['′]?\s*[)）]\s*")
_HAS_LETTER = re.compile(r"[^\W\d_]")
_HEADING_NUMBER = re.compile(
    rf"\s*(?:[A-Z]|[IVX]{{1,5}}|\d{{1,2}}(?:[.．]\d{{1,2}})*|第.{{1,4}}[章节]|[{_CHINESE}]{{1,3}})[.．、]?\s*")
_NUMBER_LEVEL = 1.6  # in sizes: the number of a formula of several lines stands at its middle
_GAP = 1.5  # in sizes, common to two lines: then it parts columns
_FILLED = 0.75  # of a line with gaps: then it is text
_UNLIKE = 1.7  # times: what is so much larger is no piece of the same line
_right = attrgetter("right")


class Lines(NamedTuple):
    """rows: one for each printed line.  cells: those whose pieces stand one below the other, as in a table."""

    rows: list[Row]
    cells: set[Row]


def without_seams(rows: Sequence[Row]) -> list[Row]:
    """The rows as they stand in the file, those of one line whose boxes meet joined: no gutter is between them."""
    lines: list[list[Row]] = []
    for row in rows:
        if lines and row.left < _last_of(lines[-1]).right + _SEAM and _goes_on(lines[-1], row):
            lines[-1].append(row)
        else:
            lines.append([row])
    return [_joined(line) if len(line) > 1 else line[0] for line in lines]


def whole_lines(rows: list[Row], apart: Collection[Row]) -> Lines:
    """The rows with the pieces of each line joined. apart: rows that are tables or figures."""
    lines: list[list[Row]] = []
    for row in rows:
        if lines and row not in apart and lines[-1][0] not in apart and _goes_on(lines[-1], row):
            lines[-1].append(row)
        else:
            lines.append([row])
    whole = [_joined(line) if len(line) > 1 else line[0] for line in lines]
    gaps = [_gaps(line) if len(line) > 1 and _is_loose(line) else [] for line in lines]
    cells: set[Row] = set()
    for i in range(1, len(lines)):
        if gaps[i - 1] and gaps[i] and whole[i - 1].page == whole[i].page and any(
                min(b, d) - max(a, c) > _GAP * whole[i].size / 600 for a, b in gaps[i - 1] for c, d in gaps[i]):
            cells.update(whole[i - 1:i + 1])
    return Lines(whole, cells)


def _is_loose(line: list[Row]) -> bool:
    """Whether the gaps are much of a line; a line of text may have a few where small pictures stand."""
    return sum(row.right - row.left for row in line) < _FILLED * (line[-1].right - line[0].left)


def _gaps(line: list[Row]) -> list[tuple[float, float]]:
    """The places between the pieces of a line, but for those after a heading's number and before a formula's."""
    return [(a.right, b.left) for a, b in zip(line, line[1:], strict=False)
            if not _FORMULA_NUMBER.fullmatch(b.text) and not _HEADING_NUMBER.fullmatch(a.text)]


def _last_of(line: list[Row]) -> Row:
    return max(line, key=_right) if len(line) > 1 else line[0]


def _goes_on(line: list[Row], row: Row) -> bool:
    last = _last_of(line)
    em = max(last.size, row.size) / _POINTS
    step = abs(last.middle - row.middle)
    if step >= _NUMBER_LEVEL * em or last.page != row.page or is_turned(row) or is_turned(last):
        return False
    if row.left < last.right - 0.005 and not _overlaps(last, row):
        return False
    if _FORMULA_NUMBER.fullmatch(row.text) and row.left > last.right + 0.01:
        return step < _NUMBER_LEVEL * em
    return (step < _LEVEL * em and max(last.size, row.size) < _UNLIKE * min(last.size, row.size)
            and not (is_caption(row.text) and is_caption(line[0].text)))


def _overlaps(last: Row, row: Row) -> bool:
    """Whether a piece begins in the box of the one before, as after a mark that has its own box and is set half as
    wide (、 or 。 in a justified line), or is a letter that stands inside it."""
    em = last.size / _WIDTH
    is_inside = row.right <= last.right and row.right - row.left < _LETTERS * em
    return last.left < row.left and (is_inside or last.right < row.right and last.right - row.left < _BOX * em)


def _joined(line: list[Row]) -> Row:
    widest = max(line, key=lambda row: row.right - row.left)
    text = re.sub("\x02$", "-", line[0].text.strip(" "))
    for last, row in zip(line, line[1:], strict=False):
        words = row.text if row is line[-1] else re.sub("\x02$", "-", row.text.strip(" "))
        text += ("" if _touches(last, row) else " ") + words
    begin = next((row for row in line if _HAS_LETTER.search(row.text)), widest)
    is_numbered = len(line) == 2 and _HEADING_NUMBER.fullmatch(line[0].text) is not None
    return widest._replace(text=text, left=line[0].left, right=max(row.right for row in line),
                           face=begin.face, end=line[-1].end,
                           is_bold=is_numbered and widest.is_bold)  # cells beside each other are no heading


def _touches(last: Row, row: Row) -> bool:
    """Whether no space stands between two pieces: their boxes meet, or both are Chinese and about a character apart.
    Two numbers are never made one."""
    if last.text[-1:].isdigit() and row.text[:1].isdigit():
        return False
    gap, em = row.left - last.right, row.size / _WIDTH
    is_chinese = _NO_SPACE.match(last.text.rstrip()[-1:]) and _NO_SPACE.match(row.text[:1])
    return gap <= 0 or is_chinese is not None and gap < _APART * em and not _HEADING_NUMBER.fullmatch(last.text)
