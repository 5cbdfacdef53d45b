"""Which lines of a PDF are headings, and of which level: by the file's outline, by size and weight against the body's,
by their numbers.

Reads: rows in reading order, what is known of them.  Gives: index of a row -> level.  Next: paragraphs.py.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

from kb.readers.counted_headings import add_counted, lead_of
from kb.readers.heading_numbers import NUMBER, Number, number_of
from kb.readers.names import Names
from kb.readers.order import Row
from kb.readers.regions import is_of_figure
from kb.text import CJK, mend
from kb.words import Phrases

_ALONE = Phrases(
    r"(?:\d{1,2}\.?\s+|[IVX]+\.\s+|[一二三四五六七八九十]+[、.]\s*)?"
    r"(?:«headings: alone»|«headings: named~»|«headings: references»|«headings: references traditional»|"
    r"«headings: back»|«pages: contents»)(?:\s*[(（]\s*(?:«headings: references»)\s*[)）])?\s*[:：]?\s*", re.IGNORECASE)
_ABSTRACT = Phrases(r"\W*(?:«metadata: abstract~»)(?![a-z])|\W*摘\s*要", re.IGNORECASE)
_FIRST_ENTRY = re.compile(r"\s*[\[［【]\s*1\s*[\]］】]")
_START = re.compile(r"\s*[\dA-Z第摘参附（(一二三四五六七八九十\x00-\x1f\x7f-\u2fff\uf900-\U0010ffff]")
_BULLET = Phrases(
    r"\s*(?:(?:«marks: bullet pdf»|§|\uf0b7|\uf0a7)\s*(?=\S)|[（(]\d{1,2}[)）]\s*|\[\d{1,3}\]\s|[a-z][)）]\s)")
_WORD = re.compile(f"[^\\W\\d_{CJK}]{{3}}|[{CJK}][、 ]?[{CJK}]")
_FORMULA = re.compile("[=∑∏∫√≤≥∈∼\uf0a3\uf0b3\uf0e5\uf0ec-\uf0ee]")  # and those of Symbol
_LETTER = re.compile(f"[A-Za-z{CJK}]")
_NO_LETTER = re.compile(r"[\W_]+")
_LABEL = re.compile(r"[^:：]{1,12}[:：]\s*\S.*")
_CHINESE_LINE = re.compile(f"[{CJK}]")
_STOP = ("。", "；", ";", "，", ",", "、")
_SPACED = re.compile(r"\d{1,2}(?:[.．] ?\d{1,2})*[.．、]?\s|\d{1,2}(?:[.．]\d{1,2})+")
_ENDED = re.compile(r"[。.．！？!?;；:：]\s*$")
_LONGEST = 120
_MOST_IN_SIZE = 260  # characters, Chinese ones twice: a title of three lines has fewer


def key_of(text: str) -> str:
    """What of a heading's words is the same in the outline of a file and on its page."""
    return _NO_LETTER.sub("", text.casefold())


def may_be_heading(text: str) -> bool:
    """Whether a line, as it came from the page, is short and begins as a heading may: then its weight decides whether
    it is one."""
    return len(text) < 100 and (not text.rstrip().endswith((".", *_STOP)) or lead_of(text) != "") and (
        _START.match(text) is not None or _LETTER.match(text.lstrip()[:1]) is not None)


class _Headings:
    """The judgement over all rows of a document."""

    def __init__(self, rows: list[Row], named: Mapping[Row, str], body: float, pitch: float,
                 outline: Mapping[tuple[int, str], int]) -> None:
        self.rows, self.named, self.body, self.pitch, self.outline = rows, named, body, pitch, outline
        self.pages = {page for page, _ in outline}
        short = [row for row in rows if row not in named and len(row.text) < 100 and _LETTER.search(row.text)]
        self.bold_tells = sum(row.is_bold for row in short) < 0.5 * len(short)
        rights: dict[int, list[float]] = defaultdict(list)
        for row in rows:
            rights[row.page].append(row.right - row.left)
        lefts: dict[int, dict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            if row not in named and abs(row.size - body) < 0.1 * body and row.right - row.left > 0.25:
                lefts[row.page][round(row.left * 50)].append(row)
        self.columns = {page: [(min(row.left for row in some), max(row.right for row in some))
                               for some in columns.values() if len(some) > 2] for page, columns in lefts.items()}
        self.widths = {page: sorted(widths)[int(0.8 * (len(widths) - 1))] for page, widths in rights.items()}

    def reason(self, i: int) -> str:
        """Why row i may be a heading, "" if it may not: "outline", "large", "bold", "named" or "number"."""
        row = self.rows[i]
        words = row.text.strip(" \x02")
        kind = self.named.get(row)
        if kind in ("table", "figure", "contents", "reference", "footnote"):
            return ""
        if row.page in self.pages and self._is_outlined(row, words):
            return "outline"
        if kind or len(words) > _LONGEST or not _LETTER.search(words) or _BULLET.match(words) or is_of_figure(words):
            return ""
        if _ALONE.fullmatch(words) and (self._stands_alone(i) or self._is_above_entries(i)):
            return "named"
        number = number_of(words)
        is_open = (row.size > 1.15 * self.body and i + 1 < len(self.rows)
                   and is_second_line(row, self.rows[i + 1], self.pitch))
        if words.endswith((*_STOP, ":", "：")) and not is_open or words.endswith(".") and (
                number is None or len(words) > 60):
            return ""
        if number is None and (not _WORD.search(words) or _FORMULA.search(words)):
            return ""
        if row.size > 1.15 * self.body and not self._is_beside_other(i) and not self._is_large_prose(i):
            return "large" if number is not None or self._is_above_text(i) else ""
        if len(words) >= 80 or words.endswith("."):
            return ""
        if number is not None and self._opens_section(i, words, number):
            return "number"
        if not self._stands_alone(i):
            return ""
        if row.is_bold and self.bold_tells and not words[:1].islower():
            return "bold" if number is not None or self._is_above_text(i) else ""
        return "number" if number is not None and self._may_be_plain(i, words, number) else ""

    def _is_outlined(self, row: Row, words: str) -> bool:
        return (row.page, key_of(words)) in self.outline

    def _is_above_entries(self, i: int) -> bool:
        """Whether the first entry of a list of sources follows on the next line."""
        row, after = self.rows[i], self.rows[i + 1] if i + 1 < len(self.rows) else None
        return after is not None and after.page == row.page and _FIRST_ENTRY.match(after.text) is not None

    def _is_beside_other(self, i: int) -> bool:
        """Whether a line in another size stands at the same height: then this is a piece of a line."""
        row = self.rows[i]
        return any(other.page == row.page and abs(other.middle - row.middle) < 0.3 * self.pitch
                   and abs(other.size - row.size) > 0.1 * row.size and abs(other.left - row.left) < 0.5
                   for other in self.rows[max(0, i - 2):i] + self.rows[i + 1:i + 3])

    def _is_large_prose(self, i: int) -> bool:
        """Whether as many lines in this size follow each other as no heading has."""
        begin = end = i
        while self._is_same_size(i, begin - 1) and i - begin < 8:
            begin -= 1
        while self._is_same_size(i, end + 1) and end - i < 8:
            end += 1
        n = sum(len(other.text) + len(re.findall(f"[{CJK}]", other.text)) for other in self.rows[begin:end + 1])
        return end - begin >= 3 and n > _MOST_IN_SIZE

    def _is_same_size(self, i: int, k: int) -> bool:
        return (0 <= k < len(self.rows) and self.rows[k].page == self.rows[i].page
                and abs(self.rows[k].size - self.rows[i].size) < 0.5)

    def _is_above_text(self, i: int) -> bool:
        """Whether running text follows, or a caption or another heading before it; below the words of a figure come
        others."""
        row = self.rows[i]
        if row.page == 1 and row.middle > 0.5:  # a title has names below it
            return True
        if not self._is_placed(row):
            return False
        for other in self.rows[i + 1:i + 4]:
            if other.size > 1.15 * self.body and abs(other.size - row.size) < 0.2 * row.size or other.is_bold:
                continue
            kind = self.named.get(other, "")
            if kind in ("contents", "table", "keywords", "reference"):
                return True
            return kind == "" and (len(other.text) >= 20 or other.right - other.left > 0.2
                                   or len(re.findall(f"[{CJK}]", other.text)) >= 6
                                   or _BULLET.match(other.text) is not None or number_of(other.text) is not None)
        return True

    def _is_placed(self, row: Row) -> bool:
        """Whether a line begins where the lines of its page's text begin, or stands in their middle or the page's."""
        columns = self.columns.get(row.page, [])
        middle = (row.left + row.right) / 2
        return not columns or abs(middle - 0.5) < 0.03 or any(
            -0.02 < row.left - left < 0.045 or abs(middle - (left + right) / 2) < 0.02 for left, right in columns)

    def _stands_alone(self, i: int) -> bool:
        """Whether a line is a paragraph of its own: nothing beside it, space or another style before it, and it is not
        as wide as the text or has space behind it as well."""
        row = self.rows[i]
        before = self.rows[i - 1] if i else None
        after = self.rows[i + 1] if i + 1 < len(self.rows) else None
        if any(other and other.page == row.page and abs(other.middle - row.middle) < 0.5 * self.pitch
               for other in (before, after)):
            return False
        if before is None or before.page != row.page or before in self.named:
            return True
        step = before.middle - row.middle
        is_apart = step <= 0 or step > 1.15 * self.pitch or before.is_bold != row.is_bold and row.is_bold
        is_short = row.right - row.left < (0.95 if row.is_bold else 0.85) * self.widths[row.page]
        has_space = after is None or row.middle - after.middle > 1.15 * self.pitch
        return is_apart and (is_short or has_space or row.is_bold and number_of(row.text) is not None)

    def _opens_section(self, i: int, words: str, number: Number) -> bool:
        """Whether a numbered line without space around it stands as a heading does where paragraphs are indented: at
        the left edge of its column, the paragraph before it ended, the line below it indented or numbered deeper."""
        row, em = self.rows[i], self.rows[i].size / 600
        rest = words[NUMBER.match(words).end():].strip()  # type: ignore[union-attr]
        if len(words) > 40 or not re.match(f"[A-Z{CJK}]", rest) or re.match(r"\d+\s*[)）]", words):
            return False
        if number.way not in ("digits", "zh", "zh2", "part") or number.way == "digits" and not _SPACED.match(words):
            return False
        beside = [other for other in self.rows[max(0, i - 60):i + 60] if other.page == row.page and other is not row
                  and abs(other.left - row.left) < 0.4 * em]
        if len(beside) < 2 or row.right > max(other.right for other in beside) - em:
            return False
        before, after = self.rows[i - 1] if i else None, self.rows[i + 1] if i + 1 < len(self.rows) else None
        if after is None or after.page != row.page or not 0 < row.middle - after.middle < 3 * self.pitch:
            return False
        deeper = number_of(after.text)
        is_above = (0.8 * em < after.left - row.left < 4 * em and len(after.text) > 2
                    or deeper is not None and deeper.way == "digits" and deeper.depth == number.depth + 1)
        return is_above and (
            before is None or before.page != row.page or before.middle < row.middle or before in self.named
            or _ENDED.search(before.text) is not None or before.right < row.left + 0.8 * max(
                other.right - other.left for other in beside) or self._is_numbered_above(before, number))

    @staticmethod
    def _is_numbered_above(before: Row, number: Number) -> bool:
        above = number_of(before.text)
        return above is not None and above.depth == number.depth - 1

    def _may_be_plain(self, i: int, words: str, number: Number) -> bool:
        """Whether a line in the body's own size and weight may be a heading by its number."""
        before = self.rows[i - 1] if i else None
        is_apart = (before is None or before.page != self.rows[i].page or before in self.named
                    or not 0 < before.middle - self.rows[i].middle < 1.2 * self.pitch)
        if number.way in ("chapter", "part"):
            return len(words) < 40
        if number.way in ("zh", "zh2"):
            return is_apart and len(words) < 40
        rest = words[NUMBER.match(words).end():]  # type: ignore[union-attr]
        if not is_apart or not rest[:1].isupper() and not re.match(f"[{CJK}]", rest):
            return False
        return number.way in ("roman", "letter") or number.way == "digits" and (number.depth > 1 or rest.isupper())


def find_headings(rows: list[Row], named: Mapping[Row, str], body: float, pitch: float,
                  outline: Mapping[tuple[int, str], int]) -> dict[int, int]:
    """Index of each row that is a heading, or a part of one -> its level."""
    judge = _Headings(rows, named, body, pitch, outline)
    reasons = {i: reason for i in range(len(rows)) if (reason := judge.reason(i))}
    _refuse_lists(rows, reasons)
    _refuse_loose_numbers(rows, reasons)
    _refuse_title_block(rows, named, reasons, body)
    _refuse_inside_references(rows, reasons)
    numbers = add_counted(rows, named, reasons, judge)
    _add_second_lines(rows, named, reasons, judge)
    return _levels(rows, reasons, outline, numbers)


def _refuse_lists(rows: Sequence[Row], reasons: dict[int, str]) -> None:
    """Numbers that follow each other with hardly a line between are a list."""
    run: list[int] = []
    plain = [i for i in sorted(reasons) if reasons[i] in ("bold", "large", "number")
             and (number := number_of(rows[i].text)) and number.depth == 1 and number.way in ("digits", "letter")]
    for i in [*plain, len(rows) + 9]:
        if run and i < len(rows) and (i - run[-1] == 1 or i - run[-1] == 2 and not (
                reasons[i] == "large" and rows[i - 1].size < 0.9 * rows[i].size)):
            run.append(i)
            continue
        if len(run) >= 3:
            for index in run:
                del reasons[index]
        run = [i]


def _refuse_loose_numbers(rows: Sequence[Row], reasons: dict[int, str]) -> None:
    """Plain lines whose number does not count on from the last one of its kind, or begin again at 1."""
    last: dict[str, int] = {}
    numbers = {i: number for i in sorted(reasons) if (number := number_of(rows[i].text))}
    has_roman = Counter(number.way for number in numbers.values())["roman"] >= 2
    for i, number in numbers.items():
        way = f"{number.way}{number.depth}"
        goes_on = number.value in (0, 1, last.get(way, 0) + 1, last.get(way, 0) + 2)
        is_stray = reasons[i] == "bold" and number.way == "digits" and number.depth == 1 and last.get(way, 0) >= 2
        if (reasons[i] == "number" or is_stray) and not goes_on:
            del reasons[i]
            continue
        if reasons[i] == "number" and number.way in ("roman", "letter") and not has_roman:
            del reasons[i]
            continue
        if number.way == "roman" or number.way == "digits" and number.depth == 1:
            last["letter1"] = 0
        last[way] = number.value


def _refuse_title_block(rows: Sequence[Row], named: Mapping[Row, str], reasons: dict[int, str], body: float) -> None:
    """On a first page, above the first heading of the text, only the largest words are one: names and places of work
    are not. The same on a cover, which has no prose."""
    firsts = [i for i, reason in sorted(reasons.items()) if rows[i].page <= 2
              and (reason == "named" or (number := number_of(rows[i].text)) and number.way != "letter")]
    first = [i for i in reasons if rows[i].page == 1]
    names = Names("\n".join(rows[i].text for i in first))
    largest_size = max((rows[i].size for i in first), default=0.0)
    for i in first:
        if rows[i].size < largest_size - 0.3 and reasons[i] in ("large", "bold") and names.of(rows[i].text).is_line:
            del reasons[i]
    for page in (1, 2):
        here = [i for i, row in enumerate(rows) if row.page == page and row not in named]
        prose = [i for i in here if len(rows[i].text) > 25 and rows[i].right - rows[i].left > 0.3
                 and abs(rows[i].size - body) < 0.15 * body]
        is_cover = len(prose) < 3 and len(here) < 40
        anchors = [i for i in firsts if rows[i].page == page] or [
            i for i in here if page == 1 and _ABSTRACT.match(rows[i].text)][:1]
        if page == 2 and not is_cover or not anchors and not is_cover:
            continue
        zone = here if is_cover and not anchors else [i for i in here if i < anchors[0]]
        candidates = [i for i in zone if i in reasons]
        largest: dict[bool, float] = defaultdict(float)  # a title may stand there in two languages
        for i in candidates:
            is_chinese = _CHINESE_LINE.search(rows[i].text) is not None
            largest[is_chinese] = max(largest[is_chinese], rows[i].size)
        top = max(largest.values(), default=0.0)
        longest = max((i for i in candidates if not re.search("[,，*@]", rows[i].text)), default=-1,
                      key=lambda i: len(rows[i].text))
        for i in candidates:
            size, own = rows[i].size, largest[_CHINESE_LINE.search(rows[i].text) is not None]
            is_title = (size >= 0.9 * own or size >= 0.75 * own and i == longest) and (
                own >= 0.9 * top or own > 1.15 * body)
            if reasons[i] != "outline" and (not is_title or _LABEL.fullmatch(rows[i].text.strip()) and size < 0.98 * top
                                            or reasons[i] == "bold" and top > 1.15 * body and size < 0.9 * top
                                            and own == top):
                del reasons[i]


def _refuse_inside_references(rows: Sequence[Row], reasons: dict[int, str]) -> None:
    """Below the heading of the references, bold or numbered lines in a smaller style are parts of entries."""
    listed = Phrases(r"\W*(?:[\dIVX一二三四五六七八九十]+[.、\s]+)?(?:«headings: references»)\W*", re.IGNORECASE)
    above: Row | None = None
    for i in sorted(reasons):
        row = rows[i]
        if listed.fullmatch(row.text.strip()):
            above = row
        elif above is not None:
            if reasons[i] in ("bold", "number") and (row.size < above.size - 0.3 or above.is_bold and not row.is_bold):
                del reasons[i]
            else:
                above = None


def _add_second_lines(rows: Sequence[Row], named: Mapping[Row, str], reasons: dict[int, str], judge: _Headings) -> None:
    """The line below a heading in its style is a part of it, though it did not stand alone."""
    for i in sorted(reasons):
        while (i + 1 < len(rows) and i + 1 not in reasons and rows[i + 1] not in named
               and is_second_line(rows[i], rows[i + 1], judge.pitch) and rows[i + 1].is_bold == rows[i].is_bold
               and (rows[i].is_bold and judge.bold_tells or rows[i].size > 1.15 * judge.body)
               and not rows[i + 1].text.rstrip().endswith((".", "。")) and rows[i].right - rows[i].left > 0.2):
            reasons[i + 1] = "line"
            i += 1


def is_second_line(last: Row, row: Row, pitch: float) -> bool:
    """Whether a heading's row goes on with the heading before it."""
    return (
        last.page == row.page
        and last.right - last.left > 0.2
        and abs(last.size - row.size) < 0.5
        and 0 < last.middle - row.middle < 2.2 * row.size / 800 + pitch
        and number_of(mend(row.text)) is None
    )


def _levels(rows: Sequence[Row], reasons: Mapping[int, str], outline: Mapping[tuple[int, str], int],
            counted: Mapping[int, Number]) -> dict[int, int]:
    """By the outline where it has the heading; numbers by their depth below the level that their size has; else by
    size. counted: numbers that only their series shows."""
    by_outline = {i: level for i in reasons if (level := outline.get((rows[i].page, key_of(rows[i].text)), 0))}
    others = [i for i in reasons if i not in by_outline]
    sizes = sorted({round(rows[i].size) for i in others}, reverse=True)
    by_size = {i: 1 + min(sizes.index(round(rows[i].size)), 5) for i in others}
    numbers = {i: number for i in others if (number := counted.get(i) or number_of(rows[i].text)) is not None}
    ways = list(dict.fromkeys(number.way for number in numbers.values() if number.way != "appendix"))
    ranks = _ranks(numbers, ways)
    tops = [by_size[i] for i, number in numbers.items() if ranks.get(number.way, 0) == 0 and number.depth == 1]
    top = round(median(tops)) if tops else 1
    levels = dict(by_outline)
    for i in others:
        number = numbers.get(i)
        levels[i] = by_size[i] if number is None else min(6, top + ranks.get(number.way, 0) + number.depth - 1)
    return levels


def _ranks(numbers: Mapping[int, Number], ways: Sequence[str]) -> dict[str, int]:
    """How far below the first way of numbering another one stands: 第一章 over 第一节 over 一、 over （一） over 1."""
    order = [way for way in ("chapter", "part", "roman", "zh", "zh2") if way in ways]
    ranks = {way: rank for rank, way in enumerate(order)}
    if "letter" in ways:
        ranks["letter"] = 1 if "roman" in ways else 0
    if "digits" in ways:
        deep = sum(number.way == "digits" and number.depth > 1 for number in numbers.values())
        flat = sum(number.way == "digits" and number.depth == 1 for number in numbers.values())
        # "1.1" under 第一章 or 一、 says the chapter itself
        ranks["digits"] = len(order) if flat > deep else 0
    return ranks
