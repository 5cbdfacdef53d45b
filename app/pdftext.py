"""Where a quote stands on a page: matched on letters and digits alone (NFKC, no case), because line ends, hyphens and
ligatures differ between the stored text and the page. Pure: no file is opened here.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kb.text import mend

_LEAST_PART = 12  # letters of a part of a quote, where the file has it in another order
_LEAST = 24  # letters of a quote that must match where a page break cuts it
_DOTLESS = {"\u0131": "i", "\u0237": "j"}
_GAP = 1.4  # of a line's height between two characters: the words after it are set apart
_MOST_FOUND = 400  # places of a searched word on one page

Box = tuple[float, float, float, float]  # left, top, right, bottom in points from the page's top left corner


@dataclass(frozen=True)
class PageText:
    """The characters of a page in the file's order. boxes: what each one inks, None for what has no place; cells: the
    same as high as its line, for a selection."""

    width: float
    height: float
    characters: tuple[str, ...] = ()
    boxes: tuple[Box | None, ...] = ()
    cells: tuple[Box | None, ...] = ()
    runs: tuple[tuple[str, Box], ...] = field(default=())  # of a page that was recognised, line by line

    @cached_property
    def _letters(self) -> tuple[str, list[int]]:
        found: list[str] = []
        origins: list[int] = []
        for i, character in enumerate(self.characters):
            for letter in letters(character):
                found.append(letter)
                origins.append(i)
        return "".join(found), origins

    def places(self, quote: str, before: str = "") -> list[Box]:
        """Boxes of the quote's lines; [] if it is not here. A quote that runs over a page break matches by its part
        here. before: what stands before it on the page, which tells several places of the same words apart."""
        wanted = letters(quote)
        page, _ = self._letters
        return self._lines(find(page, wanted, letters(before))) if wanted else []

    def found(self, word: str) -> list[list[Box]]:
        """The boxes of every place where a searched word stands, in the file's order."""
        wanted, (page, _) = letters(word), self._letters
        places: list[list[Box]] = []
        at = page.find(wanted) if wanted else -1
        while at >= 0 and len(places) < _MOST_FOUND:
            places.append(self._lines([(at, at + len(wanted))]))
            at = page.find(wanted, at + len(wanted))
        return [place for place in places if place]

    def _lines(self, spans: Sequence[tuple[int, int]]) -> list[Box]:
        _, origins = self._letters
        lines: list[Box] = []
        for i in dict.fromkeys(i for begin, end in spans for i in origins[begin:end]):
            box = self.boxes[i]
            if box is None:
                continue
            if lines and _is_same_line(lines[-1], box):
                lines[-1] = _both(lines[-1], box)
            else:
                lines.append(box)
        return lines

    def selectable(self) -> list[tuple[str, Box]]:
        """The words of the page in the file's order, as runs that stand close on one line."""
        runs: list[tuple[str, Box]] = list(self.runs)
        text, box = "", (0.0, 0.0, 0.0, 0.0)
        for character, cell in zip(self.characters, self.cells, strict=True):
            if character in "\r\n":
                if text.strip():
                    runs.append((text, box))
                text = ""
            elif cell is None:
                text += " " if character.isspace() and text else ""
            elif not text or not _goes_on(box, cell):
                if text.strip():
                    runs.append((text, box))
                text, box = character, cell
            else:
                text, box = text + character, _both(box, cell)
        return [*runs, (text, box)] if text.strip() else runs


def letters(text: str) -> str:
    """Letters and digits alone, without accents: TeX prints these apart from their letters."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", mend(text)).casefold())
    return "".join(_DOTLESS.get(c, c) for c in plain if c.isalnum())


def span_of(text: str, selected: str, before: str) -> tuple[int, int] | None:
    """Where in a text the words stand that a reader selected on its page, or None. before: what stands before them
    there."""
    found: list[str] = []
    origins: list[int] = []
    for i, character in enumerate(text):
        for letter in letters(character):
            found.append(letter)
            origins.append(i)
    wanted = letters(selected)
    spans = find("".join(found), wanted, letters(before)) if wanted else []
    if not spans:
        return None
    first, last = min(a for a, _ in spans), max(b for _, b in spans)
    # what stands between two parts is not what was selected
    if last - first > 1.5 * len(wanted) + _LEAST:
        return None
    return _with_signs(text, origins[first], origins[last - 1] + 1, selected.strip())


def _with_signs(text: str, start: int, end: int, selected: str) -> tuple[int, int]:
    """The span with the brackets, quotation marks and stops that were selected at its ends."""
    tail = re.search(r"[\W_]*\Z", selected)
    for sign in tail.group() if tail else "":
        if text[end:end + 1] == sign:
            end += 1
    head = re.match(r"[\W_]*", selected)
    for sign in reversed(head.group() if head else ""):
        if start and text[start - 1] == sign:
            start -= 1
    return start, end


def find(page: str, wanted: str, before: str = "") -> list[tuple[int, int]]:
    """Where the wanted letters stand among a page's, as ranges in the order of `wanted`; [] if they do not."""
    at = page.find(wanted)
    best, alike = at, -1
    while at >= 0:
        common = _common_end(page[:at], before)
        if common > alike:
            best, alike = at, common
        at = page.find(wanted, at + 1) if before else -1
    if best >= 0:
        return [(best, best + len(wanted))]
    # cut by a page break: begins here, or ends here
    for length in range(len(wanted) - 1, min(_LEAST, len(wanted)) - 1, -1):
        if page.endswith(wanted[:length]):
            return [(len(page) - length, len(page))]
        if page.startswith(wanted[-length:]):
            return [(0, length)]
    return _in_parts(page, wanted)


def _common_end(a: str, b: str) -> int:
    """How many letters both end with."""
    a, b = a[-200:][::-1], b[-200:][::-1]
    return bisect_left(range(min(len(a), len(b))), 1, key=lambda n: a[:n + 1] != b[:n + 1])


def _in_parts(page: str, wanted: str) -> list[tuple[int, int]]:
    """The parts in which a file has what is read as one: it may write columns line by line, or a footnote in between.
    [] if most of it is not there."""
    found: list[tuple[int, int]] = []
    start = covered = 0
    while start < len(wanted):
        short, long = 0, len(wanted) - start
        while short < long:  # the longest beginning that is on the page
            middle = (short + long + 1) // 2
            short, long = (middle, long) if wanted[start:start + middle] in page else (short, middle - 1)
        if short >= min(_LEAST_PART, len(wanted) - start) and short > 1:
            at = page.find(wanted[start:start + short], found[-1][1] if found else 0)
            at = at if at >= 0 else page.find(wanted[start:start + short])
            found.append((at, at + short))
            covered += short
            start += short
        else:
            start += 1
    return found if len(wanted) >= _LEAST and covered > 0.7 * len(wanted) else []


def _both(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _is_same_line(a: Box, b: Box) -> bool:
    return min(a[3], b[3]) - max(a[1], b[1]) > 0.3 * min(a[3] - a[1], b[3] - b[1]) and b[0] - a[2] < 60


def _goes_on(line: Box, cell: Box) -> bool:
    """Whether a character follows on a run: at its height, close behind it."""
    height = max(1.0, min(line[3] - line[1], cell[3] - cell[1]))
    shared = min(line[3], cell[3]) - max(line[1], cell[1])
    return shared > 0.4 * height and -0.6 * height < cell[0] - line[2] < _GAP * height
