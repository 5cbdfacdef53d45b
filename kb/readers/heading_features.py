"""What is counted about a line of a PDF to tell whether it is a heading: numbers, for heading_model.py.

Reads: rows in reading order, what is known of them.  Gives: a list of numbers for each row that may be one. Used by
headings.py, and by tests/bench/headings.py, which fits the model.

Nothing here decides. A style is a face, a size and a weight: how much of a document is set in it, on how long lines and
how far from other text is counted over the whole document, so a font needs no name.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kb.readers.heading_numbers import NUMBER, number_of
from kb.readers.order import Row
from kb.readers.regions import is_of_figure
from kb.text import CJK
from kb.words import Phrases

OTHERS = frozenset(("table", "figure", "contents", "reference", "footnote"))  # kinds that are never headings
LONGEST = 160  # characters, Chinese ones twice
_KINDS = ("cells", "caption", "keywords", "notice", "code")
_WAYS = ("digits", "zh", "zh2", "roman", "letter", "chapter", "part", "appendix")
_NAMED = Phrases(
    r"(?:\d{1,2}(?:\.\d)*\.?\s+|[IVX]+\.\s+|[一二三四五六七八九十]+[、.]\s*)?(?:«headings: alone»|«headings: named~»|"
    r"«headings: references»|«headings: references traditional»|«headings: back»)\s*[:：.]?\s*",
    re.IGNORECASE)
_REFERENCES = Phrases(r"\W*(?:[\dIVX一二三四五六七八九十]+[.、\s]+)?(?:«headings: references»)\W*", re.IGNORECASE)
_ABSTRACT = Phrases(r"\W*(?:«metadata: abstract~»)(?![a-z])|\W*摘\s*要", re.IGNORECASE)
_BULLET = Phrases(
    r"\s*(?:(?:«marks: bullet pdf»|\uf0b7|\uf0a7)\s*(?=\S)|[（(]\d{1,2}[)）]\s*|\[\d{1,3}\]\s|[a-z][)）]\s|[①-⑳])")
_CHINESE = re.compile(f"[{CJK}]")
_LETTER = re.compile(f"[^\\W\\d_]|[{CJK}]")
_TOKEN = re.compile(f"[^\\W\\d_{CJK}]+|[{CJK}]+")
_FORMULA = re.compile("[=∑∏∫√≤≥∈∼<>|+×→\uf0a3\uf0b3\uf0e5\uf0ec-\uf0ee]")
_ENDS = re.compile(r"[。．.！？!?;；:：”’)）\]]\s*$")
_CONTACT = re.compile(r"@|https?:|www\.|\^|\*|†|‡|\bdoi\b|©|ISSN|\b(?:19|20)\d\d\b", re.IGNORECASE)
_SIGN = re.compile(r"[^\w\s]")
_ENDINGS = (".。．", ",，、", ";；", ":：", "?？!！", "-\x02–—", ")）]】")

_FAR = 80  # rows
_RUNNING = 3  # pages: what begins so many is a running head
_NONE = 9.0  # pitches: the gap where nothing stands above
_NARROW = 0.05  # of the page's width
_NO_STYLE = (-6.0, 0.0, 0.0, 0.0, 1.0)
_NO_SERIES = (0.0,) * 7

Style = tuple[str, int, bool]


class Column(NamedTuple):
    """The text about a line: its left and right edges."""

    left: float
    right: float


class Lines:
    """The rows of a document and what is counted over all of them."""

    def __init__(self, rows: Sequence[Row], named: Mapping[Row, str], body: float, pitch: float) -> None:
        self.rows, self.named, self.body, self.pitch = rows, named, body, pitch
        self.texts = [row.text.strip(" \x02§") for row in rows]
        self.kinds = [named.get(row, "") for row in rows]
        self.numbers = [number_of(text) if kind not in OTHERS else None
                        for text, kind in zip(self.texts, self.kinds, strict=True)]
        self.styles: list[Style] = [(row.face, round(2 * row.size), row.is_bold) for row in rows]
        self.weights = [len(text) + len(_CHINESE.findall(text)) for text in self.texts]
        self._faces = self._body_faces()
        self._count_words()
        self._count_styles()
        self._columns: dict[int, Column] = {}
        self.gaps = self._gaps()
        self._series = self._count_series()
        self._repeated = Counter(self.texts)
        self._on_top = Counter(text for text, gap in zip(self.texts, self.gaps, strict=True) if gap >= _NONE)
        self._per_page = Counter(row.page for row in rows)
        self._per_page_style = Counter((row.page, style) for row, style in zip(rows, self.styles, strict=True))
        self._lefts = self._count_lefts()
        self._references = next((i for i, text in enumerate(self.texts) if _REFERENCES.fullmatch(text)), len(rows))
        self.widths = {page: sorted(widths)[int(0.8 * (len(widths) - 1))] for page, widths in self._widths().items()}
        self._abstract = next((i for i, text in enumerate(self.texts) if _ABSTRACT.match(text)), -1)

    # --- counted once

    def _body_faces(self) -> dict[bool, str]:
        """The face that most of the text is set in, for Chinese lines and for others."""
        counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        for row, text, kind, weight in zip(self.rows, self.texts, self.kinds, self.weights, strict=True):
            if kind not in OTHERS and abs(row.size - self.body) < 0.1 * self.body:
                counts[_CHINESE.search(text) is not None][row.face] += weight
        return {is_chinese: max(some, key=lambda face: some[face], default="") for is_chinese, some in counts.items()}

    def _is_other_face(self, i: int, face: str) -> float:
        usual = self._faces[_CHINESE.search(self.texts[i]) is not None]
        return -1.0 if not face or not usual else float(face != usual)

    def _count_words(self) -> None:
        words: Counter[str] = Counter()
        for text in self.texts:
            words.update(_words(text))
        self._known = words

    def _count_styles(self) -> None:
        total: Counter[Style] = Counter()
        n: Counter[Style] = Counter()
        short: Counter[Style] = Counter()
        runs: Counter[Style] = Counter()
        before: Style | None = None
        for style, weight, text, kind in zip(self.styles, self.weights, self.texts, self.kinds, strict=True):
            if kind in OTHERS:
                before = None
                continue
            total[style] += weight
            n[style] += 1
            short[style] += text[:1].isupper() or text[:1].isdigit() or _CHINESE.match(text) is not None
            runs[style] += style != before
            before = style
        everything = sum(total.values()) or 1
        self._style_counts = {style: (
            math.log10(max(total[style] / everything, 1e-6)), total[style] / n[style], math.log2(1 + n[style]),
            short[style] / n[style], n[style] / runs[style]) for style in n}

    def _column(self, i: int) -> Column:
        """The edges of the text about row i: of the rows near it that stand above or below it."""
        if i not in self._columns:
            row, least, most = self.rows[i], 0.85 * self.body, 1.15 * self.body
            near = [other for other in self.rows[max(0, i - 15):i + 16]
                    if other.page == row.page and other.left < row.right and other.right > row.left
                    and least < other.size < most and other.right - other.left > 0.15]
            if len(near) < 3:
                self._columns[i] = Column(min(0.12, row.left), max(0.88, row.right))
            else:
                rights, lefts = sorted(other.right for other in near), sorted(other.left for other in near)
                self._columns[i] = Column(lefts[len(lefts) // 6], rights[-1 - len(rights) // 6])
        return self._columns[i]

    def _gaps(self) -> list[float]:
        """From each row up to the one before, in pitches; 9 where none stands there."""
        gaps = [_NONE] * min(1, len(self.rows))
        for above, row in zip(self.rows, self.rows[1:], strict=False):
            step = above.middle - row.middle if above.page == row.page else -1.0
            gaps.append(_NONE if step <= 0 else min(_NONE, step / self.pitch))
        return gaps

    def _count_series(self) -> list[tuple[float, ...]]:
        """For each row with a number: whether the one before it, and the one after, is numbered in the same style; how
        many are in its series, against how often it stands there; how many rows off the ones before and after are;
        whether a row above has the number of its parent; whether one below has it for its parent."""
        places: dict[tuple[str, tuple[int, ...], Style], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        paths: dict[tuple[int, ...], int] = {}
        parents: dict[tuple[int, ...], int] = {}
        for i, number in enumerate(self.numbers):
            if number is None:
                continue
            places[number.way, number.parents, self.styles[i]][number.value].append(i)
            if number.way == "digits":
                paths.setdefault((*number.parents, number.value), i)
                parents[number.parents] = i
            elif number.way == "chapter":
                paths.setdefault((number.value,), i)
        found: list[tuple[float, ...]] = [_NO_SERIES] * len(self.rows)
        for (way, above, _), values in places.items():
            for value, some in values.items():
                earlier, later = values.get(value - 1, []), values.get(value + 1, [])
                for i in some:
                    before, after = bisect_left(earlier, i), bisect_left(later, i)
                    found[i] = (
                        float(value == 1 or before > 0), float(after < len(later)),
                        math.log2(1 + len(values)) - math.log2(len(some)),
                        float(min(_FAR, i - earlier[before - 1])) if before else -1.0,
                        float(min(_FAR, later[after] - i)) if after < len(later) else -1.0,
                        float(bool(above) and paths.get(above, i) < i),
                        float(way in ("digits", "chapter") and parents.get((*above, value), i) > i))
        return found

    def _widths(self) -> dict[int, list[float]]:
        widths: dict[int, list[float]] = defaultdict(list)
        for row in self.rows:
            widths[row.page].append(row.right - row.left)
        return widths

    def _count_lefts(self) -> dict[tuple[int, int], int]:
        counts: Counter[tuple[int, int]] = Counter()
        for row in self.rows:
            at = round(row.left * 100)
            for place in (at - 1, at, at + 1):
                counts[row.page, place] += 1
        return counts

    # --- asked of a row

    def may_be(self, i: int) -> bool:
        """Whether a row is worth counting: all but rows of running text, of tables and the like."""
        if self.kinds[i] in OTHERS or self.weights[i] > LONGEST or not _LETTER.search(self.texts[i]) or (
                self.gaps[i] >= _NONE and self._on_top[self.texts[i]] >= _RUNNING):
            return False
        row = self.rows[i]
        if row.is_bold or abs(row.size - self.body) > 0.06 * self.body or self.numbers[i] is not None:
            return True
        if self._is_other_face(i, row.face) > 0:
            return True
        if self.gaps[i] <= 1.2 and (self.weights[i] > 60 or _NAMED.fullmatch(self.texts[i]) is None):
            return False
        column = self._column(i)
        return row.right < column.right - 0.1 * (column.right - column.left)

    def counts(self, i: int) -> bool:
        """Whether row i has a number that goes on from another in its style, or on to one."""
        number = self.numbers[i]
        return number is not None and bool(self._series[i][1] or number.value > 1 and self._series[i][0])

    def is_other_face(self, i: int) -> bool:
        """Whether row i begins in another face than the text."""
        return self._is_other_face(i, self.rows[i].face) > 0

    def share(self, i: int) -> float:
        """How much of the document is set in the style of row i."""
        return float(10 ** self._style_counts.get(self.styles[i], _NO_STYLE)[0])

    def room_right(self, i: int) -> float:
        """How much of its column row i leaves free at its right."""
        column = self._column(i)
        return (column.right - self.rows[i].right) / max(_NARROW, column.right - column.left)

    def features(self, i: int) -> list[float]:
        """The numbers of row i, in the order of NAMES."""
        return [*self._of_style(i), *self._of_place(i), *self._of_words(i), *self._of_number(i), *self._of_others(i)]

    def _of_style(self, i: int) -> list[float]:
        row = self.rows[i]
        return [row.size / self.body, float(row.is_bold), self._is_other_face(i, row.face),
                self._is_other_face(i, row.end), float(row.face == row.end), float("/" in row.face),
                float("#" in row.face), *self._style_counts.get(self.styles[i], _NO_STYLE),
                self._per_page_style[row.page, self.styles[i]] / self._per_page[row.page]]

    def _of_place(self, i: int) -> list[float]:
        row, column = self.rows[i], self._column(i)
        width, em = max(_NARROW, column.right - column.left), row.size / 600
        above, below = self.gaps[i], self.gaps[i + 1] if i + 1 < len(self.rows) else 9.0
        beside = [other for other in self.rows[max(0, i - 2):i] + self.rows[i + 1:i + 3]  # type: ignore[operator]
                  if other.page == row.page and abs(other.middle - row.middle) < 0.4 * self.pitch]
        return [above, below, above - below, (row.right - row.left) / width, (row.left - column.left) / em,
                self.room_right(i), abs(row.left + row.right - column.left - column.right) / width,
                abs(row.left + row.right - 1), row.middle, float(len(beside)), float(row.page == 1),
                float(row.page), float(i < self._abstract), float(i > self._references),
                self._lefts.get((row.page, round(row.left * 100)), 0) / self._per_page[row.page],
                float(self._per_page[row.page])]

    def _of_words(self, i: int) -> list[float]:
        text = self.texts[i]
        found = NUMBER.match(text)
        rest = text[found.end():].lstrip(" .．、") if found else text
        words: list[str] = _TOKEN.findall(rest)
        latin = [word for word in words if not _CHINESE.match(word)]
        pieces = _words(rest)
        n_known = sum(self._known[piece] > 1 for piece in pieces)
        n_often = sum(self._known[piece] > 3 for piece in pieces)
        n = max(1, len(text))
        return [float(self.weights[i]), float(len(words)), float(len(_CHINESE.findall(text))) / n,
                float(next((k for k, marks in enumerate(_ENDINGS) if text[-1:] in marks and text), -1)),
                float(rest[:1].isupper()), float(rest[:1].islower()), float(rest[:1].isdigit()),
                sum(word[0].isupper() for word in latin) / len(latin) if latin else -1.0,
                float(rest.isupper()), sum(char.isdigit() for char in text) / n,
                len(_SIGN.findall(text)) / n, float(len(_FORMULA.findall(text))),
                float(text.count(",") + text.count("，") + text.count("、")),
                n_known / len(pieces) if pieces else -1.0, n_often / len(pieces) if pieces else -1.0,
                sum(map(len, words)) / len(words) if words else 0.0,
                float(_NAMED.fullmatch(text) is not None), float(_BULLET.match(text) is not None),
                float(is_of_figure(text)), float(len(_CONTACT.findall(text))), float(":" in text or "：" in text),
                float(self._repeated[text])]

    def _of_number(self, i: int) -> list[float]:
        number = self.numbers[i]
        if number is None:
            return [-1.0, 0.0, 0.0, -1.0, 0.0, *_NO_SERIES]
        found = NUMBER.match(self.texts[i])
        rest = self.texts[i][found.end():] if found else ""
        mark = found["mark"] or "" if found else ""
        has_space = bool(found and (found["space"] or found["spaced"])) or rest[:1].isspace()
        return [float(_WAYS.index(number.way)), float(number.depth), float(number.value),
                float(" .．、)）".find(mark or " ")), float(has_space), *self._series[i]]

    def _of_others(self, i: int) -> list[float]:
        row, style = self.rows[i], self.styles[i]
        before = i - 1 if i and self.rows[i - 1].page == row.page else -1
        after = i + 1 if i + 1 < len(self.rows) else -1
        numbers = [float(_KINDS.index(self.kinds[i])) if self.kinds[i] in _KINDS else -1.0]
        if before < 0:
            numbers += [-1.0, -1.0, -1.0, -1.0, -1.0, -1.0]
        else:
            numbers += [self.rows[before].size / row.size, float(self.styles[before] == style),
                        float(_ENDS.search(self.texts[before]) is not None),
                        self.room_right(before),
                        float(self.numbers[before] is not None), float(self.kinds[before] != "")]
        if after < 0:
            return [*numbers, *[-1.0] * 8]
        other, text = self.rows[after], self.texts[after]
        number, own = self.numbers[after], self.numbers[i]
        following = self.rows[i + 1:i + 5]
        return [
            *numbers, other.size / row.size, float(self.styles[after] == style),
            float(self.weights[after]), float(text[:1].islower()), (other.left - row.left) / (row.size / 600),
            float(number is not None) + float(number is not None and own is not None and number.depth > own.depth),
            float(self.kinds[after] != ""),
            sum(abs(one.size - self.body) < 0.06 * self.body and not one.is_bold and one.right - one.left > 0.2
                for one in following) / 4]


NAMES = (
    "size", "bold", "other face", "other face at the end", "one face", "slants", "coloured", "share of style",
    "length in style", "lines of style", "capitals in style", "run of style", "style on page",
    "gap above", "gap below", "gap difference", "width", "indent", "room right", "off centre", "off page centre",
    "height", "beside", "first page", "page", "above abstract", "below references", "lefts", "lines of page",
    "weight", "words", "chinese", "ending", "upper", "lower", "digit", "title case", "capitals", "digits", "signs",
    "formula", "commas", "known words", "often words", "letters a word", "named", "bullet", "of figure", "contact",
    "colon", "repeated",
    "way", "depth", "value", "mark", "space", "counts from", "counts on", "series", "rows from", "rows on",
    "below parent", "above child", "kind",
    "size before", "style before", "ended before", "room before", "number before", "kind before",
    "size after", "style after", "weight after", "lower after", "indent after", "number after", "kind after",
    "text after",
)


def _words(text: str) -> list[str]:
    """Words in small letters, and every two Chinese characters beside each other."""
    found: list[str] = []
    for word in _TOKEN.findall(text):
        if _CHINESE.match(word):
            found += [word[k:k + 2] for k in range(max(1, len(word) - 1))]
        else:
            found.append(word.lower())
    return found
