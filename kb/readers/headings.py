"""Which lines of a PDF are headings, and of which level: by the file's outline, by what is counted about each line, by
the series of their numbers.

Reads: rows in reading order, what is known of them.  Gives: index of a row -> level. heading_features.py counts,
heading_model.py says how likely each line is one, counted_headings.py fills their series.  Next: paragraphs.py.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from statistics import median

from kb.readers.counted_headings import add_counted, lead_of
from kb.readers.heading_features import OTHERS, Lines
from kb.readers.heading_model import trees
from kb.readers.heading_numbers import Number, number_of
from kb.readers.order import Row
from kb.text import CJK, mend
from kb.words import Phrases

_ALONE = Phrases(
    r"(?:\d{1,2}\.?\s+|[IVX]+\.\s+|[一二三四五六七八九十]+[、.]\s*)?"
    r"(?:«headings: alone»|«headings: named~»|«headings: references»|«headings: references traditional»|"
    r"«headings: back»|«pages: contents»)(?:\s*[(（]\s*(?:«headings: references»)\s*[)）])?\s*[:：]?\s*", re.IGNORECASE)
_FIRST_ENTRY = re.compile(r"\s*[\[［【]\s*1\s*[\]］】]")
_START = re.compile(r"\s*[\dA-Z第摘参附（(一二三四五六七八九十\x00-\x1f\x7f-\u2fff\uf900-\U0010ffff]")
_LETTER = re.compile(f"[A-Za-z{CJK}]")
_CHINESE = re.compile(f"[{CJK}]")
_NO_LETTER = re.compile(r"[\W_]+")
_STOP = ("。", "；", ";", "，", ",", "、")
_LIKELY = 0.42  # from so likely on a line is a heading: F1 of the documents that choose hardly differs from 0.4 to 0.6
_SURE = 0.9
_FILLS = 0.03  # where the numbers before and behind tell it as well
_LAST = 0.2  # the same, where none is behind
_ALIKE = 0.05  # the same, in the style of others
_SECOND = 0.1  # the line below a heading in its style
_RARE = 0.03  # of a document: what is set in a style that little of it has is no text
_NAMED = 0.02  # a line that is called as headings are
_ALIKE_SIZE = 0.3  # of a size: capitals and small capitals
_CENTRED = 0.012  # of the page's width, twice what the middles of two lines differ by
_SHORTER = 0.02
_RAGGED = 0.03  # of the page's width, by which lines of one paragraph end apart
_MOST_LINES = 6  # of a title
_PAGES = 3  # among which the title stands


def key_of(text: str) -> str:
    """What of a heading's words is the same in the outline of a file and on its page."""
    return _NO_LETTER.sub("", text.casefold())


def may_be_heading(text: str) -> bool:
    """Whether a line, as it came from the page, is short and begins as a heading may: then its weight decides whether
    it is one."""
    return len(text) < 100 and (not text.rstrip().endswith((".", *_STOP)) or lead_of(text) != "") and (
        _START.match(text) is not None or _LETTER.match(text.lstrip()[:1]) is not None)


def find_headings(rows: list[Row], named: Mapping[Row, str], body: float, pitch: float,
                  outline: Mapping[tuple[int, str], int], title: str = "") -> dict[int, int]:
    """Index of each row that is a heading, or a part of one -> its level. title: of the document, whose lines are one
    heading."""
    lines = Lines(rows, named, body, pitch)
    likely = {i: trees().probability(lines.features(i)) for i in range(len(rows)) if lines.may_be(i)}
    reasons = {i: reason for i in range(len(rows)) if (reason := _reason(i, lines, likely, outline))}
    _add_alike(lines, likely, reasons)
    _fill_numbers(lines, likely, reasons)
    _refuse_run_in(lines, reasons)
    _refuse_lists(lines, reasons)
    _refuse_loose_numbers(lines, likely, reasons)
    numbers = add_counted(rows, named, reasons, lines)
    _add_second_lines(lines, likely, reasons)
    _take_title(lines, reasons, title)
    return _levels(lines, reasons, outline, numbers)


def _reason(i: int, lines: Lines, likely: Mapping[int, float], outline: Mapping[tuple[int, str], int]) -> str:
    """Why row i is a heading, "" if it is none: "outline", "named" or "likely"."""
    if lines.kinds[i] in OTHERS:
        return ""
    row, text = lines.rows[i], lines.texts[i]
    if outline and (row.page, key_of(text)) in outline:
        return "outline"
    p = likely.get(i, 0.0)
    if p >= _LIKELY:
        return "likely"
    if not lines.kinds[i] and _ALONE.fullmatch(text) and (p >= _NAMED or _is_above_entries(i, lines)):
        return "named"
    return ""


def _is_above_entries(i: int, lines: Lines) -> bool:
    """Whether the first entry of a list of sources follows on the next line."""
    row, after = lines.rows[i], lines.rows[i + 1] if i + 1 < len(lines.rows) else None
    return after is not None and after.page == row.page and _FIRST_ENTRY.match(after.text) is not None


def _add_alike(lines: Lines, likely: Mapping[int, float], reasons: dict[int, str]) -> None:
    """Less likely lines in a face and size of their own that is one of headings: half of its lines or more are, or the
    line has a number that counts on."""
    asked = Counter(lines.styles[i][:2] for i in likely)
    chosen = Counter(lines.styles[i][:2] for i, reason in reasons.items() if reason != "named")
    first = next((i for i in sorted(reasons) if lines.rows[i].page == 1 and _ALONE.fullmatch(lines.texts[i])),
                 0)  # what stands above it are authors
    for i, p in likely.items():
        style = lines.styles[i][:2]
        row = lines.rows[i]
        counts = (lines.counts(i) and row.face == row.end and lines.share(i) < _RARE
                  and not lines.texts[i].endswith(_STOP))
        if i not in reasons and i > first and chosen[style] and (
                p >= _ALIKE and not _is_plain(i, lines) and 2 * chosen[style] >= asked[style]
                or counts and lines.is_other_face(i) and 6 * chosen[style] >= asked[style]):
            reasons[i] = "likely"


def _is_plain(i: int, lines: Lines) -> bool:
    """Whether row i is set as the text is."""
    row = lines.rows[i]
    return not row.is_bold and row.size < 1.1 * lines.body


def _is_item(i: int, lines: Lines) -> bool:
    number = lines.numbers[i]
    return number is not None and number.depth == 1 and number.way in ("digits", "letter")


def _refuse_run_in(lines: Lines, reasons: dict[int, str]) -> None:
    """A line that begins in the face of a heading and ends in that of the line below it, as wide as that one, has the
    heading and the beginning of its paragraph in it: a sentence of the text would be torn."""
    for i, (row, below) in enumerate(pairwise(lines.rows)):
        if (reasons.get(i) == "likely" and row.face and row.end and row.face != row.end == below.face
                and row.page == below.page and 0 < row.middle - below.middle < 2.2 * row.size / 800
                and row.right > below.right - _RAGGED):
            del reasons[i]


def _refuse_lists(lines: Lines, reasons: dict[int, str]) -> None:
    """Lines as the text is set, or numbered 1, 2, 3, that follow each other without text between are a list."""
    begin = 0
    while begin < len(lines.rows):
        end = begin + 1
        if reasons.get(begin) == "likely":
            is_item = _is_item(begin, lines)
            while end < len(lines.rows) and lines.styles[end] == lines.styles[begin] and (
                    _is_item(end, lines) if is_item else reasons.get(end) == "likely"):
                end += 1
            if end - begin > 2 and (is_item or _is_plain(begin, lines)):
                for i in range(begin, end):
                    if reasons.get(i) == "likely":
                        del reasons[i]
        begin = end


def _refuse_loose_numbers(lines: Lines, likely: Mapping[int, float], reasons: dict[int, str]) -> None:
    """Lines as the text is set whose number leaves out more than one, or has no section above it."""
    chosen = [(i, path) for i in sorted(reasons) if (path := _path(i, lines))]
    paths = {path for _, path in chosen}
    last: dict[tuple[int, ...], int] = {}
    for n, (i, path) in enumerate(chosen):
        is_alone = len(path) > 1 and path[:-1] not in paths and any(len(other) == 1 for other in paths)
        is_loose = n > 0 and (path[-1] > last.get(path[:-1], 0) + 2 or is_alone and likely.get(i, 0.0) < _SURE)
        if is_loose and reasons[i] == "likely" and _is_plain(i, lines):
            del reasons[i]
        else:
            last[path[:-1]] = path[-1]


def _fill_numbers(lines: Lines, likely: Mapping[int, float], reasons: dict[int, str]) -> None:
    """Numbers that stand between that of the heading before and that of the one behind, and fill the gap."""
    chosen = [i for i in sorted(reasons) if _path(i, lines)]
    path: tuple[int, ...] = ()
    for i in range(len(lines.rows)):
        own = _path(i, lines)
        if i in reasons:
            path = own or path
        elif own and likely.get(i, 0.0) > _FILLS and not lines.kinds[i] and _follows(path, own):
            following = next((_path(k, lines) for k in chosen if k > i), None)
            if _follows(own, following) if following is not None else likely[i] > _LAST:
                reasons[i] = "likely"
                path = own


def _path(i: int, lines: Lines) -> tuple[int, ...]:
    """The number of a section, "1.2" as (1, 2); () if row i has none."""
    number = lines.numbers[i]
    return (*number.parents, number.value) if number is not None and number.way == "digits" else ()


def _follows(path: tuple[int, ...], own: tuple[int, ...]) -> bool:
    """Whether a number is the first child of the one before, or the next sibling of it or of a parent."""
    return own == (*path, 1) or (not path and own == (0,)) or any(
        own == (*path[:k], path[k] + 1) for k in range(len(path)))


def _add_second_lines(lines: Lines, likely: Mapping[int, float], reasons: dict[int, str]) -> None:
    """The line below a heading in its style is a part of it, though alone it would be none."""
    rows = lines.rows
    for i in sorted(reasons):
        while (i + 1 < len(rows) and i + 1 not in reasons and not lines.kinds[i + 1]
               and is_second_line(rows[i], rows[i + 1], lines.pitch) and _is_alike(i, lines, likely)
               and not lines.texts[i + 1].endswith((".", "。"))):
            reasons[i + 1] = "line"
            i += 1


def _is_alike(i: int, lines: Lines, likely: Mapping[int, float]) -> bool:
    """Whether row i and the next are set as one: both in capitals about one middle, or in a style that no text has."""
    row, below = lines.rows[i], lines.rows[i + 1]
    if _is_centred(row, below) and row.text.isupper() and below.text.isupper():
        return True
    return lines.styles[i + 1] == lines.styles[i] and (
        likely.get(i + 1, 0.0) > _SECOND or lines.share(i + 1) < _RARE)


def _take_title(lines: Lines, reasons: dict[int, str], title: str) -> None:
    """The lines of the title are a heading as a whole, and no part of it is one elsewhere on the first pages."""
    key = key_of(title)
    if len(key) < 4:
        _take_largest(lines, reasons)
        return
    keys = {i: words for i, row in enumerate(lines.rows) if row.page <= _PAGES and (words := key_of(row.text))}
    best: list[int] = []
    for i in keys:
        run, joined = [i], keys[i]
        while (len(joined) < len(key) and len(run) < _MOST_LINES and i + len(run) in keys
               and lines.rows[i + len(run)].page == lines.rows[i].page):
            joined += keys[i + len(run)]
            run.append(i + len(run))
        is_title = joined == key or abs(len(joined) - len(key)) < 0.1 * len(key) and (
            SequenceMatcher(None, joined, key, autojunk=False).ratio() > 0.9)
        is_title = is_title and all(lines.rows[k].size > 1.15 * lines.body or lines.styles[k] == lines.styles[i]
                                    for k in run)
        if is_title and (not best or lines.rows[i].size > lines.rows[best[0]].size + 0.3):
            best = run
    if not best or lines.rows[best[0]].size < 1.15 * lines.body and best[0] not in reasons:
        return
    for i, words in keys.items():
        if i not in best and i in reasons and reasons[i] == "likely" and len(words) > 3 and words in key and (
                lines.rows[i].page == lines.rows[best[0]].page and abs(i - best[0]) <= _MOST_LINES):
            del reasons[i]
    reasons.update(dict.fromkeys(best, "title"))


def _take_largest(lines: Lines, reasons: dict[int, str]) -> None:
    """Without a known title: the first line, where it is the largest of all by far."""
    top = max(lines.rows, key=lambda row: row.size, default=None)
    if top is not None and top is lines.rows[0] and top.size > 1.3 * lines.body and lines.weights[0] < 80:
        reasons.setdefault(0, "title")


def is_second_line(last: Row, row: Row, pitch: float) -> bool:
    """Whether a heading's row goes on with the heading before it."""
    is_same_face = last.face == row.face or not last.face or not row.face or (
        _CHINESE.search(last.text) is None) != (_CHINESE.search(row.text) is None)
    return (
        last.page == row.page
        and last.right - last.left > 0.2
        and (abs(last.size - row.size) < 0.5 and is_same_face
             or _is_centred(last, row) and abs(last.size - row.size) < _ALIKE_SIZE * last.size)
        and 0 < last.middle - row.middle < 2.2 * row.size / 800 + pitch
        and number_of(mend(row.text)) is None
    )


def _is_centred(last: Row, row: Row) -> bool:
    """Whether a shorter line stands below the middle of another."""
    return abs(last.left + last.right - row.left - row.right) < _CENTRED and row.left > last.left + _SHORTER


def _levels(lines: Lines, reasons: Mapping[int, str], outline: Mapping[tuple[int, str], int],
            counted: Mapping[int, Number]) -> dict[int, int]:
    """By the outline where it has the heading; numbers by their depth below the level that their size has; what has no
    number by those of its style, else by size. counted: numbers that only their series shows."""
    rows = lines.rows
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
    of_style: dict[tuple[str, int, bool], list[int]] = defaultdict(list)
    for i, number in numbers.items():
        levels[i] = min(6, top + ranks.get(number.way, 0) + number.depth - 1)
        of_style[lines.styles[i]].append(levels[i])
    for i in others:
        if i not in numbers:
            same = of_style.get(lines.styles[i])
            levels[i] = round(median(same)) if same and reasons[i] != "title" else by_size[i]
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
