"""What stands around the text of a first page: the journal's name and number above the title, and lines that tell
dates, grants, authors' lives, numbers and rights.

Reads: the rows of a first page that are no running heads.  Gives: its lines that belong to no text, each block as one
text. Used by furniture.py; title_block.py reads the same rows for the metadata.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from kb.readers.names import Names
from kb.readers.order import Row
from kb.readers.title_features import Page
from kb.readers.title_lines import Candidate, candidates
from kb.text import CJK, one_line
from kb.words import Phrases

_TOLD = Phrases(r"\W*+(?:(?:«pages: told zh»)|(?:«pages: told en»)(?![a-z]))", re.IGNORECASE)
_FOOT = Phrases(r"\W*+(?:\d\s)?\W*+(?:(?:«pages: foot zh»)|(?:«pages: foot en»)(?![a-z]))", re.IGNORECASE)
_CITED = Phrases(r"\W*+(?:«pages: cited»)", re.IGNORECASE)
_NOTE = re.compile(r"\s*(?:[¹²³⁴-⁹]{1,2}|\d{1,2}\s)\s?[A-Za-z]")  # a footnote that is about something else
_WIDE = re.compile(f"[{CJK}]")
_LEAST_TITLE = 0.0  # log odds of a title that is sure enough to say what stands above it
_MOST_ABOVE = 14  # rows of a masthead
_TOP, _TITLE, _LOW = 0.72, 0.6, 0.5  # where a masthead ends at most, a title stands at least, a foot begins at most
_SAME_LINE = 0.005


class Around(NamedTuple):
    """Rows of one block that belongs to no text. kind: "masthead" or "notice"."""

    kind: str
    rows: tuple[Row, ...]

    @property
    def text(self) -> str:
        """The words of the block, line by line."""
        ordered = sorted(self.rows, key=lambda row: (-round(row.middle / _SAME_LINE), row.left))
        return one_line(" ".join(row.text.replace("\x02", "-") for row in ordered), 4000)


def around_text(rows: Sequence[Row], body: float) -> list[Around]:
    """The blocks around the text of a first page; [] for a cover, which has no prose."""
    if sum(_is_prose(row, body) for row in rows) < 5:
        return []
    body = max(body, _size_here(rows))
    found = []
    foot = _foot(rows, body)
    if foot:
        found.append(Around("notice", tuple(foot)))
    names = Names("\n".join(row.text for row in rows))
    title = next(iter(candidates(Page(rows, body, names))), None)
    above = _above(rows, title, names, body)
    if above:
        found.append(Around("masthead", tuple(above)))
    taken = {*foot, *above}
    for row in sorted(rows, key=lambda row: (-row.middle, row.left)):
        if row not in taken and _TOLD.match(row.text) and (title is None or row not in title.rows):
            line = [other for other in rows if other not in taken and _is_told_with(row, other, rows, body)]
            line += _below(row, rows, taken) if _CITED.match(row.text) else []
            taken.update(line)
            found.append(Around("notice", tuple(line)))
    return found


def _length(text: str) -> int:
    return len(text) + len(_WIDE.findall(text))


def _is_prose(row: Row, body: float) -> bool:
    return _length(row.text) > 25 and row.right - row.left > 0.25 and abs(row.size - body) < 0.15 * body


def _size_here(rows: Sequence[Row]) -> float:
    """The size most characters of the page are set in."""
    sizes: Counter[float] = Counter()
    for row in rows:
        sizes[round(row.size, 1)] += len(row.text)
    return max(sizes, key=lambda size: sizes[size])


def _above(rows: Sequence[Row], title: Candidate | None, names: Names, body: float) -> list[Row]:
    """The rows above a title: none where the title is not sure, or where text or authors stand there."""
    if title is None or title.score < _LEAST_TITLE or title.rows[0].middle < _TITLE or (
            max(row.size for row in title.rows) < 1.15 * body):
        return []
    top = max(row.middle + row.size / 1600 for row in title.rows)
    above = [row for row in rows if row.middle > top and row not in title.rows]
    if len(above) > _MOST_ABOVE or any(row.middle < _TOP for row in above):
        return []
    if sum((_length(row.text) > 50 or not re.search(r"\d", row.text)) and _is_prose(row, body) for row in above) >= 2:
        return []
    return [row for row in above if len(names.of(row.text).names) < 2 and not _goes_on_below(row, rows, top)
            and not _is_like(row, title)]


def _is_like(row: Row, title: Candidate) -> bool:
    """Whether a line is set as the title's lines are, right above them."""
    return any(abs(row.size - line.size) < 0.04 * line.size and row.is_bold == line.is_bold
               and 0 < row.middle - line.middle < 2.2 * line.size / 800 for line in title.rows)


def _goes_on_below(row: Row, rows: Sequence[Row], top: float) -> bool:
    """Whether a line begins a column of text beside the title: the next line goes on at its left, no smaller."""
    return any(other.middle <= top and 0 < row.middle - other.middle < 2.4 * row.size / 800
               and abs(other.left - row.left) < 0.02 and abs(other.size - row.size) < 0.06 * row.size for other in rows)


def _foot(rows: Sequence[Row], body: float) -> list[Row]:
    """From the first small line that tells dates, grants, lives or rights, all that stands below it in its column."""
    firsts = sorted((row for row in rows if row.middle < _LOW and row.size < 0.97 * body and _FOOT.match(row.text)),
                    key=lambda row: -row.middle)
    found: list[Row] = []
    for first in firsts:
        stop = max((row.middle for row in rows if row.middle < first.middle - _SAME_LINE and _NOTE.match(row.text)),
                   default=-1.0)
        below = [row for row in rows if stop < row.middle < first.middle + _SAME_LINE and row.size < first.size + 0.6
                 and row.size < 0.97 * body]
        reach = max((row.right for row in below if abs(row.middle - first.middle) < _SAME_LINE
                     and row.left < first.right + 0.03 and row.right > first.left), default=first.right)
        found += [row for row in below if row not in found and row.left < reach and row.right > first.left - 0.05]
    return found


def _below(first: Row, rows: Sequence[Row], taken: Collection[Row]) -> list[Row]:
    """The lines that go on with an entry to cite by."""
    found: list[Row] = []
    last = first
    for row in sorted(rows, key=lambda row: (-row.middle, row.left)):
        if 0.003 < last.middle - row.middle < 2.2 * row.size / 800 and row not in taken and (
                abs(row.size - first.size) < 0.4 and abs(row.left - first.left) < 0.06 and not _TOLD.match(row.text)):
            found.append(row)
            last = row
            if last.right < first.right - 0.05 or len(found) > 5:
                break
    return found


def _is_told_with(first: Row, row: Row, rows: Iterable[Row], body: float) -> bool:
    """Whether a row stands on the line of the one that tells something, and is no piece of a column beside it."""
    if row == first:
        return True
    if abs(row.middle - first.middle) > _SAME_LINE or row.left < first.left:
        return False
    return _TOLD.match(row.text) is not None or row.left - first.right < 0.12 and abs(
        row.size - first.size) < 0.6 and not (row.left > 0.49 and _is_prose(row, body))
