"""What stands on a page and belongs to no text: stamps, watermarks, running heads, page numbers, notices.

Reads: the rows of every page.  Gives: the rows of the text, and what was left out.  Next: order.py.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from kb.readers.masthead import around_text
from kb.readers.order import Row, in_lines
from kb.readers.regions import is_of_figure
from kb.readers.tables import Rule
from kb.text import CJK, one_line
from kb.types import LeftOut
from kb.words import Phrases

_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|p\.|第)\s*)?(?:(\d{1,4})|([ivxlc]{1,7}))(?:\s*(?:/|of|页，共|页)\s*\d{0,4}\s*页?)?\W*",
    re.IGNORECASE)
_STAMP = re.compile(r"\W*arXiv:\s*(?:\d{4}\.\d{4,5}|[\w\-]+/\d{7})(?:v\d+)?\s*\[[\w.\-]+\].{0,30}", re.IGNORECASE)
_NOTICE = Phrases(r"«pages: notice»", re.IGNORECASE)
_MARK = Phrases(r"\W*(?:«pages: watermark»)\W*", re.IGNORECASE)
_NO_LETTER = re.compile(r"[\W_]+")
_WIDE = re.compile(f"[{CJK}\u3000-\u303f\uff00-\uffef]")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_SAME_LINE = 0.006  # of the page's height
_SAME_PLACE = 0.02  # of the page's width and height
_POINTS = 600.0, 800.0  # width and height of a page, more or less: rows know shares only
_SAYS_ISSUE = re.compile(r"第\s*\d{1,4}\s*[卷期]|\bVol\.?\s*\d{1,4}\b.{0,12}\bNo\.?\s*\d|》\s*(?:19|20)\d\d\s*年")
_NUMBER_FIRST = re.compile(r"\W*(?P<number>\d{1,4})(?:(?P<mark>\s*[·•|/])|\s)")
_NUMBER_LAST = re.compile(r"(?:(?P<mark>[·•|:]\s*)|\s)(?P<number>\d{1,4})\W*$")
_LEAST_NUMBER = 20  # what a page's number beside other words is at least: a smaller one may be a heading's
_HEAD = 0.88  # of the page's height: a rule above it is that of a running head
_LONGEST_HEAD = 100  # characters
_SHORT_HEAD = 60
_MARGIN = 0.13  # of the page's width
_LEAST_STAMP = 12  # characters: what is shorter and upright names the axis of a plot

Pages = Sequence[list[Row]]


def without_furniture(pages: Pages, body: float, aside: Iterable[tuple[str, str, int]] = (),
                      rules: Sequence[Sequence[Rule]] = (), *, keeps_heads: bool = False
                      ) -> tuple[list[list[Row]], tuple[LeftOut, ...]]:
    """(the rows of each page that belong to its text, what was left out). body: the size most characters are set in;
    aside: kind, words and page of what has been left out already; rules: of each page, left, middle and right of the
    ruled lines.  keeps_heads: what looks like running heads is the text, since there is no other."""
    kinds: dict[Row, str] = {}
    for find in (_stamps, _watermarks, _beside_text, _notices):
        for row, kind in find([[row for row in rows if row not in kinds] for rows in pages], body):
            kinds[row] = kind
    if not keeps_heads:
        kinds |= _under_rules([[row for row in rows if row not in kinds] for rows in pages], rules)
        kinds |= _running([[row for row in rows if row not in kinds] for rows in pages], body)
    blocks = around_text([row for row in pages[0] if row not in kinds], body) if pages else []
    taken = {row for block in blocks for row in block.rows}
    return [[row for row in rows if row not in kinds and row not in taken] for rows in pages], _left_out(
        [*aside, *((kinds[row], _words(row), row.page) for rows in pages for row in rows if row in kinds),
         *((block.kind, block.text, block.rows[0].page) for block in blocks)])


def _left_out(items: Iterable[tuple[str, str, int]]) -> tuple[LeftOut, ...]:
    """Each text once, with its pages; numbers together, as the first and the last of them."""
    texts: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for kind, words, page in items:
        texts[kind, "" if kind.endswith("number") else words].append((words, page))
    return tuple(
        LeftOut(kind, text or " … ".join(dict.fromkeys((found[0][0], found[-1][0]))),
                tuple(sorted({page for _, page in found}))) for (kind, text), found in texts.items())


def _words(row: Row) -> str:
    return one_line(row.text.replace("\x02", "-"))


# --- what is told by its form


def is_turned(row: Row) -> bool:
    """Whether the line runs up or down the page: it is far too narrow for its characters."""
    if (row.right - row.left) * _POINTS[0] >= 0.35 * row.size * len(row.text):  # if all of it were Chinese
        return False
    text = row.text.strip()
    width = row.size * (0.5 * len(text) + 0.5 * len(_WIDE.findall(text)))
    return len(text) >= 6 and (row.right - row.left) * _POINTS[0] < 0.35 * width


def _stamps(pages: Pages, body: float) -> Iterator[tuple[Row, str]]:
    for rows in pages:
        turned = [row for row in rows if is_turned(row)]
        if 2 * len(turned) > len(rows) > 2:  # the page itself lies on its side
            continue
        for row in rows:
            is_outside = (row.right < 0.085 or row.left > 0.915) and len(row.text.strip()) >= _LEAST_STAMP
            if is_outside and row in turned or _STAMP.fullmatch(row.text.strip()):
                yield row, "stamp"


def _watermarks(pages: Pages, body: float) -> Iterator[tuple[Row, str]]:
    """Large words that come back at one place of most pages, lie over the text, or say what they are. (The headings
    that every chapter has come back, too, each where its chapter begins.)"""
    places: dict[str, list[Row]] = defaultdict(list)
    for rows in pages:
        for row in rows:
            if row.size > 1.3 * body:
                places[_key(row.text)].append(row)
    for rows in pages:
        for row in rows:
            if row.size <= 1.3 * body or len(words := row.text.strip()) < 2:
                continue
            there = {other.page for other in places[_key(words)]
                     if abs(other.middle - row.middle) < _SAME_PLACE and abs(other.left - row.left) < _SAME_PLACE}
            comes_back = len(there) >= max(3, len(pages) / 2)
            says_so = row.size > 1.8 * body and _MARK.fullmatch(words) is not None
            is_over = row.size > 2 * body and (_lies_over(row, rows) or is_turned(row))
            if comes_back or says_so or is_over:
                yield row, "watermark"


def _beside_text(pages: Pages, body: float) -> Iterator[tuple[Row, str]]:
    """Words in the margins, a character or a few, that come back at one place of most pages: the line along which a
    thesis is bound, a mark of the publisher's."""
    margins = [[row for row in rows if (row.right < _MARGIN or row.left > 1 - _MARGIN) and _key(row.text)
                and not row.text.strip().isdigit()] for rows in pages]
    there: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    for rows in margins:
        for row in rows:
            for place in _places(row):
                there[place].add(row.page)
    for rows in margins:
        for row in rows:
            if any(len(there[place]) >= max(3, len(pages) / 2) for place in _places(row)):
                yield row, "stamp"


def _places(row: Row) -> list[tuple[str, int, int]]:
    """A row's words and where it stands, to the nearest place and to the next, so that no border parts two rows."""
    left, middle = row.left / _SAME_PLACE, row.middle / _SAME_PLACE
    return [(_key(row.text), int(left + x), int(middle + y)) for x in (0, 0.5) for y in (0, 0.5)]


def _lies_over(row: Row, rows: Sequence[Row]) -> bool:
    """Whether at least three other lines stand where this one does."""
    half = 0.4 * row.size / _POINTS[1]
    over = [other for other in rows
            if other != row and other.size < 0.7 * row.size and abs(other.middle - row.middle) < half
            and min(other.right, row.right) - max(other.left, row.left) > 0.5 * (other.right - other.left)]
    return len({round(other.middle, 3) for other in over}) >= 3


def _notices(pages: Pages, body: float) -> Iterator[tuple[Row, str]]:
    for rows in pages:
        for row in rows:
            if (not 0.08 < row.middle < 0.94 or is_turned(row)) and row.size < 1.1 * body and _NOTICE.search(row.text):
                yield row, "notice"


# --- what is ruled off


def _under_rules(pages: Pages, rules: Sequence[Sequence[Rule]]) -> dict[Row, str]:
    """The lines above the first rule over the whole width at the head of a page, or below the last one at its foot,
    where such a rule comes back at its height or what stands beyond it says a page's or an issue's number."""
    found: list[tuple[float, list[Row]]] = []
    for rows, ruled in zip(pages, rules, strict=False):
        width = max((row.right for row in rows), default=0.0) - min((row.left for row in rows), default=0.0)
        wide = [rule[1] for rule in ruled if rule[2] - rule[0] > max(0.4, 0.8 * width)]
        for middle in {height for height in (max(wide, default=0.5), min(wide, default=0.5))
                       if not 1 - _HEAD < height < _HEAD}:
            beyond = [row for row in rows if (row.middle > middle) == (middle > _HEAD)]
            if _may_be_beyond(beyond, rows):
                found.append((middle, sorted(beyond, key=lambda row: abs(row.middle - middle))))
    kinds: dict[Row, str] = {}
    for middle, beyond in found:
        alike = {others[0].page for height, others in found
                 if abs(height - middle) < 0.008 and abs(others[0].middle - beyond[0].middle) < 0.008}
        line = [row for row in beyond if abs(row.middle - beyond[0].middle) < _SAME_LINE]
        says_number = any(_SAYS_ISSUE.search(row.text) or _page_number(row.text) for row in line)
        if len(alike) >= max(2, len(pages) // 5) or says_number and len(line) == len(beyond):
            kinds |= {row: "running head" for row in beyond if _page_number(row.text) is None}
    return kinds


def _may_be_beyond(beyond: Sequence[Row], rows: Sequence[Row]) -> bool:
    lines = in_lines(beyond)
    return 0 < len(lines) <= 3 and len(lines) < len(in_lines(rows)) - 3 and not any(
        is_of_figure(row.text) or len(row.text) > _LONGEST_HEAD for row in beyond)


# --- what comes back


def _running(pages: Pages, body: float) -> dict[Row, str]:
    """Running heads and feet, and the page's own number."""
    lines = [in_lines(rows) for rows in pages]
    edges = list(map(_edge_rows, lines))
    outer = [_outermost(its_lines) | edge for its_lines, edge in zip(lines, edges, strict=True)]
    counts: Counter[tuple[str, int]] = Counter()
    for edge in edges:
        counts.update({key for row in edge for key in _running_keys(row)})
    offsets = _numbering(edges)
    chapters = _chapter_heads(pages, edges, body)
    again = _come_again(outer, body)
    kinds = {}
    for row in (row for edge in edges for row in edge):
        number = _page_number(row.text)
        if number is not None and number[1] - row.page in offsets.get(number[0], ()):
            kinds[row] = "page number"
        elif (row in chapters or row in again or _SAYS_ISSUE.search(row.text) and not 0.1 < row.middle < 0.9
              or any(counts[key] >= max(3, len(pages) // 3) for key in _running_keys(row))
              or any(end - row.page in offsets["arabic"] for end in _end_numbers(row) if "arabic" in offsets)):
            kinds[row] = "running head"
    kinds |= {row: "running head" for rows in outer for row in rows if row not in kinds and len(row.text) < _SHORT_HEAD
              and (row in again or _SAYS_ISSUE.search(row.text))}
    kinds |= _close_numbers(pages, kinds, offsets)
    return kinds | _beside(outer, kinds)


def _outermost(lines: list[list[Row]]) -> set[Row]:
    """The first and the last line of a page where they stand in its outer tenth, however near the text."""
    return {row for line in lines[:1] + lines[1:][-1:] if not 0.1 < line[0].middle < 0.9 for row in line}


def _come_again(edges: Sequence[set[Row]], body: float) -> set[Row]:
    """The lines whose letters stand at one height of two pages side by side, or of two left or two right ones: a head
    may change with the section, or between left and right pages."""
    slots: dict[tuple[str, int], list[list[Row]]] = defaultdict(list)
    for edge in edges:
        for line in in_lines(list(edge)):
            letters = re.sub(r"\d", "", _key("".join(row.text for row in sorted(line, key=lambda row: row.left))))
            n = len(letters) + len(_WIDE.findall(letters))
            if len(line) <= 4 and line[0].size < 1.35 * body and not 0.1 < line[0].middle < 0.9 and n >= 8:
                for height in (round(line[0].middle * 50), round(line[0].middle * 50 + 0.5) + 1000):
                    slots[letters, height].append(line)
    return {row for lines in slots.values() for line in lines for row in line
            if any(0 < abs(other[0].page - line[0].page) <= 2 for other in lines)}


def _end_numbers(row: Row) -> list[int]:
    """The numbers that a line of a head or foot begins or ends with, as the page's own does there: "13:10" is 10."""
    if 0.1 < row.middle < 0.9:
        return []
    found = _NUMBER_FIRST.match(row.text), _NUMBER_LAST.search(row.text)
    return [int(number["number"]) for number in found
            if number is not None and (number["mark"] or int(number["number"]) >= _LEAST_NUMBER)]


def _beside(edges: Sequence[set[Row]], kinds: dict[Row, str]) -> dict[Row, str]:
    """What stands on the line of a page number or a running head, at the edge of a page, is one as well."""
    found: dict[Row, str] = {}
    for line in (line for edge in edges for line in in_lines(list(edge))):
        if len(line) <= 4 and not 0.1 < line[0].middle < 0.9 and any(row in kinds for row in line):
            size = next(row.size for row in line if row in kinds)
            others = [row for row in line if row not in kinds and len(row.text) < _SHORT_HEAD
                      and 0.7 * size < row.size < 1.4 * size]
            found |= dict.fromkeys(others, "running head")
    return found


def _close_numbers(pages: Pages, kinds: dict[Row, str], offsets: dict[str, set[int]]) -> dict[Row, str]:
    """Page numbers that stand close to the text: alone above or below it, counting with the others, at their height."""
    heights = [row.middle for row, kind in kinds.items() if kind == "page number"]
    found: dict[Row, str] = {}
    for rows in pages if len(heights) >= 2 else ():
        lines = in_lines([row for row in rows if row not in kinds])
        for line in lines[:1] + lines[1:][-1:]:
            number = _page_number(line[0].text) if len(line) == 1 else None
            if (number is not None and number[1] - line[0].page in offsets.get(number[0], ())
                    and any(abs(line[0].middle - height) < 2 * _SAME_LINE for height in heights)):
                found[line[0]] = "page number"
    return found


def _edge_rows(lines: list[list[Row]]) -> set[Row]:
    """What stands on the one or two lines in the outer tenth of a page, or a number alone above or below all else, that
    are apart from its text by more than a line."""
    edge: set[Row] = set()
    steps = [a[0].middle - b[0].middle for a, b in zip(lines, lines[1:], strict=False)]
    usual = median(steps) if len(steps) >= 4 else 0.02
    for ordered in (lines, lines[::-1]):
        for n in (1, 2):
            if (
                n < len(ordered)
                and (not 0.1 < ordered[n - 1][0].middle < 0.9 or n == 1 and _is_number(ordered[0]))
                and abs(ordered[n - 1][0].middle - ordered[n][0].middle) > 1.4 * usual
            ):
                edge.update(row for line in ordered[:n] for row in line)
    return edge


def _is_number(line: Sequence[Row]) -> bool:
    """Whether a line is a number, or has one at its end: a running head has the page's number beside it."""
    ends = min(line, key=lambda row: row.left), max(line, key=lambda row: row.right)
    return len(line) <= 3 and any(_page_number(row.text) is not None for row in ends)


def _chapter_heads(pages: Pages, edges: Sequence[set[Row]], body: float) -> set[Row]:
    """Running heads that change with the chapter: at one height of many pages stand words that come back there, or are
    a line of the text as well."""
    slots: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for row in (row for edge in edges for row in edge):
        if row.size < 1.1 * body and _key(row.text) and _page_number(row.text) is None:
            slots[round(row.middle * 100), round(row.size)].append(row)
    often = [slot for slot in slots.values() if len(slot) >= max(3, len(pages) // 4)]
    if not often:
        return set()
    inside = {_key(row.text) for rows, edge in zip(pages, edges, strict=True) for row in rows
              if row not in edge and len(row.text) < 120}
    heads: set[Row] = set()
    for slot in often:
        here = Counter(_key(row.text) for row in slot)
        if sum(here[_key(row.text)] > 1 or _key(row.text) in inside for row in slot) >= 0.6 * len(slot):
            heads.update(slot)
    return heads


def _key(text: str) -> str:
    return _NO_LETTER.sub("", text.casefold())


def _numbering(edges: Sequence[set[Row]]) -> dict[str, set[int]]:
    """What the numbers printed at the edges are ahead of the pages' own, for each way of writing them; nothing if they
    do not count with the pages, several where they begin again.

    "1998" at the foot of one page is text: a page number is one that its neighbours bear out, or the page's own.
    """
    offsets: dict[str, Counter[int]] = defaultdict(Counter)
    for row in (row for edge in edges for row in edge):
        if (number := _page_number(row.text)) is not None:
            offsets[number[0]][number[1] - row.page] += 1
    ends = Counter(number - row.page for edge in edges for row in edge if _page_number(row.text) is None
                   for number in set(_end_numbers(row)))
    offsets["arabic"].update({offset: n for offset, n in ends.items() if n >= 2})
    found: dict[str, set[int]] = {}
    for way, counter in offsets.items():
        if not counter:
            continue
        (best, most), *_ = counter.most_common(1)
        found[way] = {offset for offset, n in counter.items() if n >= 4}
        if most >= 2 or best == 0 and way == "arabic":
            found[way].add(best)
    return found


def _page_number(text: str) -> tuple[str, int] | None:
    """(the way of writing, the number)"""
    found = _PAGE_NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    if found[1]:
        return "arabic", int(found[1])
    values = [_ROMAN[letter] for letter in found[2].lower()]
    return "roman", sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def _running_keys(row: Row) -> tuple[tuple[str, int], tuple[str, int]]:
    """What makes two running heads the same: their words, or their words with numbers that count with the pages."""
    height = round(row.middle * 50)
    counted = re.sub(r"\d{1,4}", lambda found: f"#{int(found.group()) - row.page}", row.text)
    return (row.text.strip(), height), (counted.strip(), height)
