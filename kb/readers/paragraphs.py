"""From rows in reading order to running text: paragraphs, words divided at a line's end, lists.

Reads: rows, each with its level as a heading and its kind.  Gives: text, headings, blocks, where each page begins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

from kb.readers.displayed import is_one_sentence
from kb.readers.extract import Heading
from kb.readers.headings import is_second_line
from kb.readers.hyphens import Written, is_suspended
from kb.readers.order import Row
from kb.readers.regions import is_caption
from kb.text import CJK, one_line
from kb.types import Block
from kb.words import Phrases

_LIST_ITEM = Phrases(
    r"\s*(?:(?:«marks: bullet pdf»)\s*(?=\S)|\d{1,2}[.)、]\s+(?=\S)|[（(]\d{1,2}[)）]\s*|\[\d{1,3}\]\s)")
_ENDS = re.compile(r"[。！？．.!?:：;；”’」』)）\]】]\s*$")
_ENDS_SENTENCE = re.compile(r"[。！？．.!?:：][”’」』)）\]】]*\s*$")
_UNMARKED = ("", "footnote", "cells")  # running text, as far as the document tells
_IN_LINES = ("cells", "code", "figure")  # keep their lines
_SAME_EDGE = 0.012  # of the page's width: half a character, so far a mark may hang out
_SCRAP = 3  # signs
# usual distances of two lines: text with wider leading than most of a document has, and lines that a grid moves apart
# for a formula in them, go on so far if the line is full and its sentence open
_FURTHEST = 2.4
_FULL = 1.5  # in sizes: so far from the edge may a full line end
_LEAST_FULL = 12  # in sizes: what is narrower is no full line
_OPEN = re.compile(rf"[{CJK}A-Za-z0-9,，、]\s*$")
_GOES_ON = re.compile(f"[{CJK}a-z]")
_FEW = 3  # rows that end at one place
_NEAR = 6  # rows before and after: whose right ends are those of one column
NO_SPACE = re.compile(f"[{CJK}\u3000-\u303f\uff00-\uffef]")


def is_scrap(row: Row) -> bool:
    """Whether a row is a few signs that can be no paragraph."""
    return len("".join(row.text.split())) <= _SCRAP and not _LIST_ITEM.match(row.text)


def is_marks(text: str) -> bool:
    """Whether a line is a few marks without a letter or digit, a brace that closes code or points: no paragraph."""
    return len(text.strip()) <= _SCRAP and re.search(r"\w", text) is None


def stands_at(scrap: Row, row: Row, pitch: float) -> bool:
    """Whether a scrap stands at a line, over or under it."""
    return (scrap.page == row.page and 0.2 * pitch <= abs(row.middle - scrap.middle) < 0.8 * pitch
            and row.left < scrap.left and scrap.right < row.right)


def behind_their_lines(rows: Sequence[Row], named: Container[Row], pitch: float) -> list[Row]:
    """The rows with scraps that stand at the line after them, as an index that a file has before its letter, behind
    it."""
    ordered = list(rows)
    i = 0
    while i < len(ordered):
        end = i
        while end < len(ordered) and is_scrap(ordered[end]) and ordered[end] not in named:
            end += 1
        before, line = (ordered[i - 1] if i else None), (ordered[end] if end < len(ordered) else None)
        if end > i and line is not None and line not in named and all(
                stands_at(row, line, pitch) and not (before and stands_at(row, before, pitch))
                for row in ordered[i:end]):
            ordered[i:end + 1] = [line, *ordered[i:end]]
        i = end + 1
    return ordered


class Paragraphs:
    """Joins rows to paragraphs and notes where headings, blocks and pages begin."""

    def __init__(self, body: float, pitch: float, edges: dict[tuple[int, float, float], float],
                 written: Written) -> None:
        self._body, self.pitch, self._edges, self._written = body, pitch, edges, written
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[tuple[int, int, str]] = []  # start, level, text
        self._blocks: list[tuple[int, str]] = []  # start of each paragraph, its kind
        self._starts: dict[int, int] = {}
        self._first: Row | None = None  # of the paragraph
        self.places: list[tuple[int, Row]] = []  # where each row begins in the text
        self._last: Row | None = None
        self._level, self._kind = 0, ""

    def add(self, row: Row, level: int = 0, kind: str = "", *, resumes: bool = False) -> None:
        """The next row, in reading order. level: of the heading it is, 0 for none; kind: what else it is, "" for
        running text; resumes: it goes on with the paragraph, whatever stood between."""
        last = self._last
        joins_heading = last is not None and level > 0 and self._level > 0 and is_second_line(last, row, self.pitch)
        is_scrap = last is not None and not level and not self._level and not kind and not self._kind and (
            self._is_scrap(last, row))
        if last is None:
            self._blocks.append((0, kind))
            self._first = row
        elif joins_heading or (
                not level and not self._level and (
                    resumes and kind not in _IN_LINES or self._stays(last, row, kind))) or is_scrap:
            self._join(row)
        elif kind == self._kind and not level and not self._level and self._is_own_line(last, row, kind):
            self._separate("\n")
        else:
            same_list = not level and _LIST_ITEM.match(row.text) and not self._level and self._is_near(last, row)
            self._separate("\n" if same_list and not kind and not self._kind else "\n\n")
            self._blocks.append((self._length, kind))
            self._first = row
        start = self._length
        self._starts.setdefault(row.page, start)
        self.places.append((start, row))
        self._write(row.text)
        if joins_heading:
            begin, above, text = self._headings[-1]
            space = "" if NO_SPACE.match(text[-1:]) else " "
            self._headings[-1] = (begin, above, text + space + row.text.strip())
        elif level:
            self._headings.append((start, level, row.text.strip(" \x02")))
        if not is_scrap:  # the next line goes on with the line, not with the sign at it
            self._last, self._level, self._kind = row, level, kind

    def _stays(self, last: Row, row: Row, kind: str) -> bool:
        """Whether this row belongs to the paragraph of the row before."""
        if kind != self._kind or kind in ("table", *_IN_LINES):
            return False
        if kind in ("caption", "notice"):
            return not is_caption(row.text) and row.page == last.page and row.middle < last.middle
        return kind != "contents" and (self.continues(last, row) or not kind and not row.is_bold and is_one_sentence(
            self._first or last, last, row, self.pitch))

    def _is_own_line(self, last: Row, row: Row, kind: str) -> bool:
        """Whether this row is a line for itself within what the row before is in."""
        if kind == "figure":  # its labels; not those of another
            return last.page == row.page and not ("\n" in last.text and "\n" in row.text)
        if kind in _IN_LINES:
            return self._is_near(last, row) or kind == "cells" and last.page == row.page
        return not kind and last.page == row.page and is_marks(row.text)

    def finish(self) -> tuple[str, list[Heading], dict[int, int], list[Block]]:
        """(text, headings, where each page begins, blocks)"""
        # a hyphen mark that no line followed: same length, so offsets hold
        text = "".join(self._parts).replace("\x02", " ")
        headings = [Heading(start, level, one_line(words)) for start, level, words in self._headings]
        ends = [*(start for start, _ in self._blocks[1:]), len(text)][:len(self._blocks)]
        blocks = [Block(kind, start, start + len(text[start:end].rstrip()))
                  for (start, kind), end in zip(self._blocks, ends, strict=True) if kind not in _UNMARKED]
        return text, headings, self._starts, blocks

    def _is_scrap(self, last: Row, row: Row) -> bool:
        """Whether a row is a few signs that stand at a line, over or under it: the limit of a sum, a letter's mark."""
        return is_scrap(row) and stands_at(row, last, self.pitch)

    def _is_near(self, last: Row, row: Row) -> bool:
        return last.page != row.page or 0 < last.middle - row.middle < 2.6 * self.pitch

    def continues(self, last: Row, row: Row) -> bool:
        """Whether this row goes on with the paragraph of the row before."""
        if _LIST_ITEM.match(row.text) or abs(last.size - row.size) > 0.2 * self._body:
            return False
        em = last.size / 600  # a page is about 600 points wide
        step = last.middle - row.middle
        is_jump = last.page != row.page or step < -0.02 or row.left - last.left > 0.3  # next page or next column
        if not is_jump and abs(step) < 0.2 * self.pitch:
            return True  # the same line, cut at a wide gap
        if not is_jump and step > 1.35 * self.pitch:
            return step < _FURTHEST * self.pitch and self._is_open(last, row)
        width = max(0.1, self._edges.get((last.page, last.left, last.middle), last.right) - last.left)
        is_short = last.right < last.left + width - max(3 * em, 0.12 * width)
        is_very_short = last.right < last.left + 0.55 * width
        if is_very_short or (is_short and _ENDS.search(last.text)):
            return False
        if is_jump:  # a full line goes on over the break unless a sentence ends with it
            return not _ENDS_SENTENCE.search(last.text)
        is_indented = row.left - last.left > 0.8 * em and not _LIST_ITEM.match(last.text)
        return not (is_indented and _ENDS.search(last.text))

    def _is_open(self, last: Row, row: Row) -> bool:
        """Whether a line reaches the edge inside a sentence, and the next one stands as its lines do, not indented."""
        em = last.size / 600
        own, edge = (self._edges.get((one.page, one.left, one.middle), one.right) for one in (last, row))
        return (last.right > max(own, edge) - _FULL * em and last.right - row.left > _LEAST_FULL * em
                and last.left < edge and row.left < last.left + 0.5 * em and abs(last.size - row.size) < 0.5
                and last.is_bold == row.is_bold
                and _OPEN.search(last.text) is not None and _GOES_ON.match(row.text) is not None
                and not is_caption(row.text))

    def _join(self, row: Row) -> None:
        """Takes the hyphen off the line before, or puts a space between, as the writing wants it."""
        tail = self._parts[-1]
        if tail.endswith("\x02"):
            before, after = tail[:-1].split(" ")[-1], row.text.split(" ")[0]
            hyphen = "-" if self._written.keeps_hyphen(before, after) else ""
            self._replace_tail(tail[:-1] + ("- " if is_suspended(row.text) else hyphen))
        elif not tail.endswith(" ") and not (NO_SPACE.match(tail[-1:]) or NO_SPACE.match(row.text[:1])):
            self._write(" ")
        elif tail.endswith(" ") and NO_SPACE.match(tail.rstrip()[-1:]) and NO_SPACE.match(row.text[:1]):
            self._replace_tail(tail.rstrip())

    def _separate(self, mark: str) -> None:
        tail = self._parts[-1]
        self._replace_tail(tail.rstrip(" ").removesuffix("\x02") + ("-" if tail.endswith("\x02") else ""))
        self._write(mark)

    def _replace_tail(self, text: str) -> None:
        self._length += len(text) - len(self._parts[-1])
        self._parts[-1] = text

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def body_size(rows: Sequence[Row]) -> float:
    """The size most characters are set in."""
    sizes: Counter[float] = Counter()
    for row in rows:
        sizes[round(row.size, 0)] += len(row.text)
    return max(sizes, key=lambda size: sizes[size], default=10.0) or 10.0


def pitch_of(rows: Sequence[Row], body: float) -> float:
    """The usual distance between two lines of body text, in shares of the page's height."""
    steps = [
        a.middle - b.middle
        for a, b in zip(rows, rows[1:], strict=False)
        if a.page == b.page and 0 < a.middle - b.middle < 0.08 and abs(a.size - body) < 1 and abs(b.size - body) < 1
    ]
    return median(steps) if steps else 0.02


def _common(near: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where most rows near each row end, the furthest of such places; `edges` where there is none. near: [n, k]"""
    ordered = np.sort(near, axis=1)
    most = near.shape[1] // 2
    is_common = (ordered[:, most:] - ordered[:, :-most] < _SAME_EDGE) & (ordered[:, :-most] >= 0)
    found = np.where(is_common, ordered[:, most:], -1.0).max(1)
    return np.where(found >= 0, found, edges)


def right_edges(rows: Sequence[Row]) -> dict[tuple[int, float, float], float]:
    """The right edge of the text about each row, by page, left and middle: what the rows read before and after it with
    about its left margin reach.

    The longest of them is passed over where the second is far shorter: a title that spans both columns must not widen
    the column it starts in.
    """
    if not rows:
        return {}
    n = len(rows)
    # [n + 2 _NEAR] with room at both ends, so that a row's neighbours are a window
    columns = np.array([(row.page, row.left, row.right) for row in rows], np.float64).T
    pages, lefts, rights = (np.pad(column, _NEAR, constant_values=-1.0) for column in columns)
    window = np.arange(n)[:, None] + np.arange(2 * _NEAR + 1)  # [n, window]
    is_near = (pages[window] == pages[_NEAR:-_NEAR, None]) & (np.abs(lefts[window] - lefts[_NEAR:-_NEAR, None]) < 0.1)
    near = np.where(is_near, rights[window], -1.0)
    below = near[:, _NEAR + 1:_NEAR + 3]
    two = np.sort(near, axis=1)[:, -2:]
    edges = np.where((is_near.sum(1) > 3) & (two[:, 1] > two[:, 0] + 0.1), two[:, 0], two[:, 1])
    own = rights[_NEAR:-_NEAR]
    # the rows above may be those of wider text: what ends where the next ones do is full
    is_full = (below.min(1) >= 0) & (np.abs(below.max(1) - own) < 0.03) & (below.max(1) - below.min(1) < 0.03)
    edges = np.where(is_full, np.maximum(own, below.max(1)), edges)
    # justified text: what many rows end at is the edge, and what ends with others is full
    edges = _common(near, edges)
    with_own = np.where(np.abs(near - own[:, None]) < _SAME_EDGE, near, -1.0)
    edges = np.where((with_own >= 0).sum(1) > _FEW, with_own.max(1), edges)
    return {(row.page, row.left, row.middle): edge for row, edge in zip(rows, edges.tolist(), strict=True)}
