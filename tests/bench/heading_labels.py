"""Which lines of a PDF are headings, told without looking: by its outline, its printed contents, its whole series of
numbers. For tests/bench/headings.py.

A label is 1 (a heading), 0 (none) or -1 (nothing tells: it neither teaches nor counts).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from kb.readers.heading_features import OTHERS, Lines
from kb.readers.heading_numbers import NUMBER
from kb.readers.headings import key_of
from kb.readers.order import Row

_LEAD = re.compile(
    r"^(?:chapter|section|part|appendix)\s*[\divxa-z]{1,3}\b[.:]?\s*|^[a-z]?\d{1,2}(?:[.．]\d{1,2})*[.．、]?\s*"
    r"|^[ivx]{1,5}[.．、]\s+|^[a-z][.．]\s+|^第.{1,4}[章节篇部]\s*|^[一二三四五六七八九十]{1,3}[、．.]\s*"
    r"|^[（(][一二三四五六七八九十\d]{1,3}[)）]\s*", re.IGNORECASE)
_ABOVE = re.compile(r"\s*(?:chapter|appendix|part|section)\s+[\divxa-z]{1,4}\.?\s*|第.{1,4}[章节篇部]|"
                    r"\d{1,2}(?:\.\d{1,2})*\.?", re.IGNORECASE)
_APART = re.compile(r"\W*(?:abstract|摘\s*要|references|参考文献|contents|目\s*录|table of contents|bibliography|"
                    r"keywords|关键词|acknowledge?ments?|致\s*谢)\W*", re.IGNORECASE)  # told by their names
_LEADER = re.compile(r"^(.*?\S)\s*(?:(?:[.·․…。‥﹒]\s?){3,}|…+|\s)\s*(?:[\divxlcIVXLC]{1,5}|第?\d+页?)\s*$")
_ORDER = ("chapter", "part", "roman", "zh", "zh2", "letter", "digits")
_LEAST_SHARE = 0.85  # of an outline's entries: so many must be found on the pages
_ALIKE = 0.8


class Document(NamedTuple):
    """What headings.py sees of a document. found: what it takes for headings without the outline."""

    rows: list[Row]
    named: dict[Row, str]
    body: float
    pitch: float
    outline: list[tuple[str, int, int]]
    title: str
    found: dict[int, int]


def labels_of(document: Document) -> tuple[list[int], str] | None:
    """(a label for each row, "outline", "contents" or "series": what told), None where nothing does."""
    lines = Lines(document.rows, document.named, document.body, document.pitch)
    title = key_of(document.title)
    entries = [(words, page) for words, _, page in document.outline if not title or key_of(words) != title]
    ways = [("outline", entries, True)] if len(entries) > 3 else [("contents", _printed(document), False)]
    for way, titles, is_paged in ways:
        found = _labelled(document, lines, titles, is_paged)
        if found is not None:
            return found, way
    series = _series(document, lines) if len(entries) < 4 else None
    return (series, "series") if series is not None else None


def bare(text: str) -> str:
    """The key of a heading without its number."""
    text = text.strip(" \x02*†")
    return key_of(_LEAD.sub("", text)) or key_of(text)


def without_number(text: str) -> str:
    """The words of a heading without its number."""
    return _LEAD.sub("", text.strip(" \x02"), count=1) or text


# --- by titles that stand in an outline or in the printed contents


def _printed(document: Document) -> list[tuple[str, int]]:
    lines = (line for row in document.rows if document.named.get(row) == "contents" for line in row.text.split("\n"))
    return [(found[1].strip(" .·…"), 0) for line in lines if (found := _LEADER.match(line.strip()))]


def _labelled(document: Document, lines: Lines, titles: list[tuple[str, int]], is_paged: bool) -> list[int] | None:
    last = max((row.page for row in document.rows), default=0)
    titles = [(words, page) for words, page in titles if page <= last]
    asked = {k for k, (words, _) in enumerate(titles) if len(bare(words)) > 1 and not _APART.fullmatch(words)}
    if len(asked) < (4 if is_paged else 6):
        return None
    places = _matched(document, titles, is_paged)
    if len(set(places.values()) & asked) < _LEAST_SHARE * len(asked):
        return None
    labels = [int(i in places) for i in range(len(document.rows))]
    keys = {bare(words) for words, _ in titles}
    _leave_apart(document, lines, labels, keys)
    return labels if _leave_doubtful(document, lines, labels) else None


def _matched(document: Document, titles: Sequence[tuple[str, int]], is_paged: bool) -> dict[int, int]:
    """Row -> the number of the title that it is, or is a part of."""
    rows = document.rows
    bares, keys = [bare(row.text) for row in rows], [key_of(row.text) for row in rows]
    on_page: dict[int, list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        on_page[row.page].append(i)
    places: dict[int, int] = {}
    at = 0
    for k, (words, page) in enumerate(titles):
        title, whole = bare(words), key_of(words)
        if len(title) < 2:
            continue
        near = [i for p in (page, page + 1, page - 1) for i in on_page.get(p, ())] if is_paged else range(at, len(rows))
        near = [i for i in near if i not in places and bares[i] and document.named.get(rows[i]) != "contents"]
        hit: tuple[int, int] | None = None
        for i in near:
            if bares[i] == title or keys[i] in (whole, title):
                hit = (i, i)
            elif len(bares[i]) > 2 and title.startswith(bares[i]):
                hit = _over_lines(i, bares[i], title, rows, keys)
            if hit:
                break
        hit = hit or (_most_alike(near, title, rows, bares, keys) if is_paged else None)
        if hit is None:
            continue
        places |= dict.fromkeys(range(hit[0], hit[1] + 1), k)
        above = hit[0] - 1
        if above >= 0 and rows[above].page == rows[hit[0]].page and _ABOVE.fullmatch(rows[above].text.strip(" \x02")):
            places[above] = k
        at = hit[1] + 1
    return places


def _over_lines(i: int, joined: str, title: str, rows: Sequence[Row], keys: Sequence[str]) -> tuple[int, int] | None:
    k = i
    while (k + 1 < len(rows) and rows[k + 1].page == rows[i].page and k - i < 4 and len(joined) < len(title)
           and title.startswith(joined)):
        k += 1
        joined += keys[k]
    return (i, k) if joined == title else None


def _most_alike(near: Sequence[int], title: str, rows: Sequence[Row], bares: Sequence[str],
                keys: Sequence[str]) -> tuple[int, int] | None:
    best, hit = _ALIKE, None
    for i in near if len(title) > 3 else ():
        joined = ""
        for k in range(i, min(len(rows), i + 3)):
            if rows[k].page != rows[i].page:
                break
            joined += keys[k] if k > i else bares[k]
            if not 0.6 * len(title) <= len(joined) <= 1.5 * len(title):
                continue
            match = SequenceMatcher(None, joined, title, autojunk=False)
            if match.real_quick_ratio() > best and match.quick_ratio() > best and match.ratio() > best:
                best, hit = match.ratio(), (i, k)
    return hit


def _leave_apart(document: Document, lines: Lines, labels: list[int], keys: set[str]) -> None:
    """-1 for what is told by other means: the title, "Abstract" and its like, titles that stand twice; but those on a
    page of contents that nothing named are no headings."""
    title = key_of(document.title)
    twice: dict[int, list[int]] = defaultdict(list)
    for i, row in enumerate(document.rows):
        text = lines.texts[i]
        if labels[i]:
            continue
        if _APART.fullmatch(_LEAD.sub("", text)) or row.page <= 3 and len(key_of(text)) > 3 and key_of(text) in title:
            labels[i] = -1
        elif len(bare(text)) > 3 and bare(text) in keys:
            labels[i] = -1
            twice[row.page].append(i)
    n_headings = Counter(row.page for row, label in zip(document.rows, labels, strict=True) if label == 1)
    for page, some in twice.items():
        if len(some) > 3 and n_headings[page] < 2:
            for i in some:
                labels[i] = 0


def _leave_doubtful(document: Document, lines: Lines, labels: list[int]) -> bool:
    """-1 for levels that an outline may lack: deeper numbers, and what looks like a heading. False if it lacks too
    many."""
    places = [i for i, label in enumerate(labels) if label == 1]
    styles = {lines.styles[i] for i in places}
    deepest = max((number.depth for i in places if (number := lines.numbers[i]) and number.way == "digits"), default=0)
    deeper = [i for i, number in enumerate(lines.numbers) if number and number.way == "digits" and not lines.kinds[i]
              and not labels[i] and number.depth > deepest > 0 and lines.weights[i] < 100]
    for i in deeper if len(deeper) > 1 else ():
        labels[i] = -1
    others = [i for i in document.found if not labels[i] and document.rows[i].page > 1 and lines.weights[i] <= 90
              and lines.share(i) <= 0.06]
    often = Counter(lines.styles[i] for i in others)
    n_doubtful = 0
    for i in others:
        style = lines.styles[i]
        if style in styles:
            labels[i] = -1
        elif often[style] > 2 and document.rows[i].is_bold:
            for k, label in enumerate(labels):
                if not label and lines.styles[k] == style:
                    labels[k] = -1
        n_doubtful += labels[i] == -1
    return n_doubtful <= 0.8 * len(places) + 2


# --- by numbers that count through the whole document


def _series(document: Document, lines: Lines) -> list[int] | None:
    """By numbers each of which follows the one before, from the first to the end of the document."""
    total = Counter[tuple[str, int, bool]]()
    for style, weight, kind in zip(lines.styles, lines.weights, lines.kinds, strict=True):
        total[style] += 0 if kind else weight
    usual = {style for style, n in total.items() if n > 0.12 * sum(total.values())}
    may_be = [(i, _path(lines, i), lines.styles[i] not in usual) for i in range(len(document.rows))
              if _may_count(lines, i, lines.styles[i] not in usual)]
    path: tuple[tuple[str, int], ...] = ()
    places: list[int] = []
    for k, (i, own, is_set_off) in enumerate(may_be):
        following = _followed(path, own)
        if following and (is_set_off or not any(other == own and is_other for _, other, is_other in may_be[k + 1:])):
            places.append(i)
            path = following
    numbers = {i: number for i in places if (number := lines.numbers[i])}
    tops = [i for i, number in numbers.items() if number.depth == 1 and number.way == numbers[places[0]].way]
    if len(places) < 5 or len(tops) < (4 if numbers[places[0]].way == "digits" else 3) or (
            tops[-1] < 0.45 * len(document.rows) or len({lines.styles[i] for i in tops}) > 2):
        return None
    labels = [int(i in numbers) for i in range(len(document.rows))]
    _leave_apart(document, lines, labels, set())
    styles = {lines.styles[i] for i in places} - usual
    counted = {i for i, _, _ in may_be}
    for i, row in enumerate(document.rows):
        if not labels[i] and (i in counted or i in document.found and (row.page > 1 or i > places[0])
                              or lines.styles[i] in styles and lines.weights[i] < 90 and not lines.kinds[i]):
            labels[i] = -1
    return labels


def _may_count(lines: Lines, i: int, is_set_off: bool) -> bool:
    number, text = lines.numbers[i], lines.texts[i]
    if number is None or number.way not in _ORDER or lines.weights[i] > 76 or lines.kinds[i] in (
            *OTHERS, "caption", "code", "notice") or text.endswith(tuple("。，；,;、：:")) or re.match(
            r"\d+\s*[)）]", text):
        return False
    found = NUMBER.match(text)
    rest = text[found.end():].lstrip(" .．、") if found else ""
    if not re.match(r"[A-Z\u4e00-\u9fff].", rest) or re.search(r"[=∑≤≥]", rest) or (
            text.endswith(".") and number.way != "roman"):
        return False
    return is_set_off or number.depth > 1 and lines.room_right(i) > 0.15 or 1.25 < lines.gaps[i] < 9


def _path(lines: Lines, i: int) -> tuple[tuple[str, int], ...]:
    number = lines.numbers[i]
    assert number is not None
    return tuple((number.way, value) for value in (*number.parents, number.value))


def _followed(path: tuple[tuple[str, int], ...], own: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    """The whole path of a number that follows `path`: its next sibling, its first child, the next sibling of a parent;
    () if it does not."""
    way = own[0][0]
    begin = next((k for k, (other, _) in enumerate(path) if other == way), None)
    if begin is not None:
        above, same = path[:begin], path[begin:]
        goes_on = own == (*same, (way, 1)) or any(
            own == (*same[:k], (way, same[k][1] + 1)) for k in range(len(same)))
        return above + own if goes_on else ()
    if not path:
        return own if len(own) == 1 and own[0][1] in (0, 1) else ()
    if len(own) == 1 and own[0][1] == 1 and path[-1][0] != "digits" and _ORDER.index(way) > _ORDER.index(path[-1][0]):
        return path + own
    return path[:1] + own if len(own) == 2 and path[0] == ("chapter", own[0][1]) and own[1][1] == 1 else ()
