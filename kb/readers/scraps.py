"""A few signs that are no paragraph: labels of figures, marks of formulas, ends of lines.

Reads: the rows of a document in reading order, what they are, and the pictures of its pages.  Gives: what the rows of
labels are, and which rows go on with the paragraph before them. Next: paragraphs.py, which writes them so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from kb.readers.displayed import is_formula
from kb.readers.order import Row
from kb.text import CJK
from kb.words import Phrases

MOST = 3  # signs
_LIST_ITEM = Phrases(r"\s*(?:(?:«marks: bullet pdf»)\s*(?=\S)|[（(]?\d{1,2}[.)、）]\s*[^\s\d])")
_LABEL, _WORD = 24, 6  # characters of the longest label, and of most
_WIDEST = 0.35  # of the page's width: a label
_STOPS = re.compile(r"[。！？．.!?:：;；”’」』)）\]】]\s*$")
_ENDS_SENTENCE = re.compile(r"[。！？．!?；;]\s*$|[^\W\d]{3}\.\s*$")
_ABOUT = 0.02  # of the page: so far from a picture stand its labels
_BESIDE = 0.9  # usual distances of two lines: what stands beside a line, an index or a limit
_AT_FORMULA = 1.3  # the same, for what stands over or under a formula that is high
_BELOW = 1.6  # the same, for the end of a line that has no room
_ROOM = 2.6  # the same, for a word between two formulas
_COLON = re.compile(r"[:：]\s*$")
_GOES_ON = re.compile(f"[{CJK}a-z]")
_OPEN = re.compile(rf"[,，、:：{{}}]\s*$|[{CJK}]{{9}}")  # of a sentence or a listing
_MARKS = re.compile(r"[\W_]*")
_SCALE = re.compile(r"[\d\s.,%+−-]+")
_WORDS = re.compile(r"[a-z]+[,:]?\s*")
_CHINESE = re.compile(f"[{CJK}]+[。，、；：]?\\s*")
_ENDS_CHINESE = re.compile(f"[{CJK}，、]\\s*$")
_JOINED = ("", "cells", "figure", "footnote", "reference", "caption", "code")

Boxes = Mapping[int, Sequence[Sequence[float]]]  # of each page: left, bottom, right, top
Continues = Callable[[Row, Row], bool]


class Settled(NamedTuple):
    """kinds: of the rows that are settled, "" for text; resumed: rows that go on with the paragraph before them."""

    kinds: dict[Row, str]
    resumed: set[Row]


def is_few_signs(row: Row) -> bool:
    """Whether a row is a few signs, and no item of a list."""
    return len(row.text) < 12 and len("".join(row.text.split())) <= MOST and not _LIST_ITEM.match(row.text)


def labels(rows: Sequence[Row], taken: Container[Row], pictures: Boxes, pitch: float,
           continues: Continues) -> dict[Row, str]:
    """The words of figures and tables that no region holds, one after the other without a sentence between: "figure"
    where they stand at a picture, else "cells".

    taken: rows that are something else. pitch, continues: as for `settle`.
    """
    found: dict[Row, str] = {}
    for start, end in _runs(rows, taken):
        while start < end and start and rows[start - 1] not in taken and _belongs(
                rows[start], rows[start - 1], pitch, continues):
            start += 1
        run = rows[start:end]
        if all(_MARKS.fullmatch(row.text) for row in run):
            continue
        is_drawn = sum(is_at_picture(row, pictures.get(row.page, ())) for row in run) >= 0.5 * len(run)
        n_few = sum(map(is_few_signs, run))
        n_short = sum(len(row.text.strip()) <= _WORD for row in run)
        if len(run) >= 3 and n_short >= 0.5 * len(run) or n_few and (
                len(run) >= 3 and (is_drawn or _are_spread(run, pitch)) or n_short == len(run) > 1 and not any(
                    _COLON.search(row.text) for row in run)):
            found |= dict.fromkeys(run, "figure" if is_drawn else "cells")
        else:
            found |= {row: "figure" for row in run if (is_few_signs(row) or _SCALE.fullmatch(row.text))
                      and is_at_picture(row, pictures.get(row.page, ()))}
    return found


def _runs(rows: Sequence[Row], taken: Container[Row]) -> Iterator[tuple[int, int]]:
    start: int | None = None
    for i, row in enumerate(rows):
        is_label = len(row.text) < 2 * _LABEL and row not in taken and _is_label(row)
        if start is not None and (not is_label or row.page != rows[start].page):
            yield start, i
            start = None
        if is_label and start is None:
            start = i
    if start is not None:
        yield start, len(rows)


def _is_label(row: Row) -> bool:
    return (len(row.text.strip()) <= _LABEL and row.right - row.left < _WIDEST
            and not _ENDS_SENTENCE.search(row.text) and not _LIST_ITEM.match(row.text))


def _are_spread(run: Sequence[Row], pitch: float) -> bool:
    """Whether labels are words, most of which do not begin below each other as lines of code or of a list do."""
    if any(is_formula(row) or _OPEN.search(row.text) for row in run) or not any(
            is_few_signs(row) and not _MARKS.fullmatch(row.text) for row in run):
        return False
    n_below = sum(0.7 * pitch < a.middle - b.middle < 1.7 * pitch and abs(a.left - b.left) < 0.02
                  for a, b in zip(run, run[1:], strict=False))
    return n_below < 0.5 * (len(run) - 1)


def _belongs(row: Row, before: Row, pitch: float, continues: Continues) -> bool:
    """Whether a short row is the end of the text before it: of a line, a divided word or a formula."""
    is_line = before.right - before.left > _WIDEST or before.text.endswith("\x02")
    if is_line and _GOES_ON.match(row.text) and _STOPS.search(before.text) is None and (
            continues(before, row) or _is_end(row, before, pitch)):
        return True
    return is_few_signs(row) and _is_beside(row, before, pitch)


def is_at_picture(row: Row, pictures: Sequence[Sequence[float]]) -> bool:
    """Whether a row stands in a picture or at its edge."""
    return any(left - _ABOUT < row.left and row.right < right + _ABOUT
               and bottom - _ABOUT < row.middle < top + _ABOUT for left, bottom, right, top in pictures)


def settle(rows: Sequence[Row], named: Mapping[Row, str], headings: Collection[Row], pitch: float,
           continues: Continues) -> Settled:
    """Where the rows of a few signs belong that would be paragraphs of their own.

    rows: in reading order. pitch: the usual distance of two lines. continues: whether a row goes on with the paragraph
    of the one before.
    """
    found = Settled({}, set())
    for i, row in enumerate(rows):
        if row in named or row in headings or not is_few_signs(row):
            continue
        before, after = (rows[i - 1] if i else None), (rows[i + 1] if i + 1 < len(rows) else None)
        before, after = (one if one and one.page == row.page and one not in headings and (
            named.get(one, "") in _JOINED) else None for one in (before, after))
        if before and before not in named and continues(before, row):
            continue
        if after and after not in named and continues(row, after):
            continue
        home = _home(row, before, after, named, pitch)
        if home is None:
            continue
        found.kinds[row] = found.kinds.get(home) or named.get(home, "")
        found.resumed.add(row if home is before else home)
        if home is after and before and before not in named and after not in named and continues(before, after):
            found.resumed.add(row)
    return found


def _home(row: Row, before: Row | None, after: Row | None, named: Mapping[Row, str], pitch: float) -> Row | None:
    """The row before or after one of a few signs that it belongs to; None where it stands alone."""
    among = [one for one in (before, after) if one and named.get(one) in ("figure", "cells")
             and abs(one.middle - row.middle) < _ROOM * pitch]
    beside = among or [one for one in (before, after) if one and _is_beside(row, one, pitch)]
    if beside:
        return min(beside, key=lambda one: abs(one.middle - row.middle))
    if before and named.get(before) != "caption" and _STOPS.search(before.text) is None and _is_end(row, before, pitch):
        return before
    return None


def _is_beside(row: Row, line: Row, pitch: float) -> bool:
    """Whether a row stands at a line: beside it, or over or under it where the line reaches further on both sides."""
    step = abs(line.middle - row.middle)
    if line.page != row.page or _MARKS.fullmatch(row.text) and step > 0.5 * pitch:
        return False  # marks alone close a listing or leave something out
    is_within = line.left - 0.01 < row.left and row.right < line.right + 0.01
    if step < (0.5 if not is_within else _BESIDE) * pitch:
        return True
    return is_within and step < _AT_FORMULA * pitch and is_formula(line)


def _is_end(row: Row, line: Row, pitch: float) -> bool:
    """Whether a row is the end of the line above: a word between formulas, or what found no room in it."""
    step = line.middle - row.middle
    if not 0 < step < _ROOM * pitch:
        return False
    if _CHINESE.fullmatch(row.text):
        return step < _BELOW * pitch and _ENDS_CHINESE.search(line.text) is not None and row.left < line.right
    return _WORDS.fullmatch(row.text) is not None and row.left < line.right
