"""What the lines of a page are besides running text: contents, captions, keywords, entries of references, footnotes,
tables and the words inside figures.

Reads: rows and what is drawn on their page.  Gives: a name for each row that is no running text, and the rows in an
order in which none of those stands inside a paragraph. Next: headings.py, paragraphs.py.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from kb.readers.code_lines import code_rows
from kb.readers.order import Row
from kb.readers.tables import Word, find_tables
from kb.text import CJK, mend
from kb.words import Phrases

_NUMBER = r"(?:[A-Z]{0,2}\.?\d{1,3}(?:[.\-–]\d{1,3})*[a-z]?|[IVX]{1,5})"
_FIGURE = Phrases(rf"\s*(?:(?:«pages: figure»)|(?:«pages: table»))[.．]?\s*{_NUMBER}(?![\d\w])"
                  r"(?P<mark>\s*[.:：|、—–])?\s*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_TABLE = Phrases(rf"\s*(?:«pages: table»)[.．]?\s*{_NUMBER}(?![\d\w])", re.IGNORECASE)
_TELLS = Phrases(r"(?:(?:«pages: tells en»)\b|(?:«pages: tells zh»)|[,，;；)）])")
_KEYWORDS = Phrases(r"\s*+[\[【]?\s*+(?:«pages: keywords»)\s*[\]】]?\s*(?:[:：—–-]|[\[【]|$|\s{2,})", re.IGNORECASE)
_NOTICE = Phrases(r"\s*+[*∗†‡⋆]?\s*+(?:«pages: notice block»)", re.IGNORECASE)
_CONTENTS = Phrases(r"\W*(?:«pages: contents»)\W*", re.IGNORECASE)
_LEADER = re.compile(r"\s*+\S.*?(?:(?:[.·․…。]\s?){4,}+|…{2,}+)\s*+(?:[\divxlcIVXLC]{1,6}|Error!.*)?\s*")
_LEADS = re.compile(r"(?:[.·․…。]\s?){4}|…{2}")  # asked first: most lines have none
_ENDS_IN_NUMBER = re.compile(r"(?=.*[^\W\d]).*\S\s+(\d{1,4})\s*")
_ENTRY = re.compile(r"\s*[\[［](\d{1,3})[\]］]\s*\S")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MARKED = re.compile(r"\s*(?:[*∗†‡§¶⋆]|\d{1,2}|[①-⑳]|[¹²³⁴-⁹]+)\s*\S")
_HAS_LETTER = re.compile(r"[^\W\d_]")
_CHINESE = re.compile(f"[{CJK}]")
_COLUMN = 0.3  # of the page's width: one of three columns is not wider
_LEAST_ENTRIES = 5
_STOPS = re.compile(r"[。！？．.!?:：;；”’」』)）\]】]\s*$")
_NO_KEY = re.compile(r"[\W_]+")

Kinds = dict[Row, str]


class Found(NamedTuple):
    """The rows of a page with tables and figures as one row each, and what these are."""

    rows: list[Row]
    kinds: Kinds


def with_regions(rows: list[Row], drawn: dict[str, Any] | None) -> Found:
    """The rows in which a table is one row of "| a | b |" lines, and so are the words inside a figure."""
    kinds: Kinds = {}
    if not drawn or not rows:
        return Found(rows, kinds)
    words = [Word(*word) for word in drawn["words"]]
    captions = [(row.left, row.middle, row.right) for row in rows if _TABLE.match(row.text) and is_caption(row.text)
                ] if words else []
    for table in find_tables(words, drawn["rules"], captions) if words else ():
        inside = [row for row in rows if _is_inside(row, table.left, table.bottom, table.right, table.top)]
        if inside and _is_same("".join(row.text for row in inside), "".join("".join(row) for row in table.rows)):
            rows = _replaced(rows, inside, table.text, kinds, "table")
    for left, bottom, right, top in drawn["pictures"]:
        inside = [row for row in rows if row not in kinds and _is_inside(row, left, bottom, right, top)]
        if inside and not _is_prose(inside, right - left):
            rows = _replaced(rows, inside, "\n".join(row.text.strip() for row in inside), kinds, "figure")
    return Found(rows, kinds)


def _replaced(rows: list[Row], inside: list[Row], text: str, kinds: Kinds, kind: str) -> list[Row]:
    whole = inside[0]._replace(
        text=text.replace("\x02", "-"), left=min(row.left for row in inside), right=max(row.right for row in inside),
        middle=(max(row.middle for row in inside) + min(row.middle for row in inside)) / 2)
    kinds[whole] = kind
    at, gone = rows.index(inside[0]), set(inside)
    return [*(row for row in rows[:at] if row not in gone), whole, *(row for row in rows[at:] if row not in gone)]


def _is_inside(row: Row, left: float, bottom: float, right: float, top: float) -> bool:
    return (bottom - 0.004 < row.middle < top + 0.004
            and min(row.right, right + 0.01) - max(row.left, left - 0.01) > 0.7 * (row.right - row.left))


def _is_same(before: str, after: str) -> bool:
    """Whether the characters of a table are those of the lines it replaces, but for a few in a hundred."""
    a, b = (sorted(_NO_KEY.sub("", mend(text))) for text in (before, after))
    return abs(len(a) - len(b)) <= 0.03 * len(a) + 1 and len(b) > 0


def _is_prose(rows: Sequence[Row], width: float) -> bool:
    """Whether a picture is rather a frame around text: its lines are wide, and long."""
    least = 0.6 * min(width, _COLUMN)  # a frame around a page has its columns in it
    wide = [row for row in rows
            if row.right - row.left > least and len(row.text) + len(_CHINESE.findall(row.text)) > 25]
    return len(wide) >= max(2, 0.4 * len(rows))


# --- names


def is_caption(text: str, is_small: bool = False) -> bool:
    """Whether a line is the first of a caption: a number with a mark behind it or alone, or words that do not go on as
    a sentence about the figure does."""
    found = _FIGURE.match(text)
    if found is None:
        return False
    rest = found["rest"].strip()
    if found["mark"] or not rest:
        return True
    if _TELLS.match(rest) and not is_small or rest[:1] in "()[],，。.":
        return False
    return is_small or re.match(f"[A-Z{CJK}(（]", rest) is not None and not rest.endswith(("，", ","))


def is_of_figure(text: str) -> bool:
    """Whether a line begins with the number of a figure or a table."""
    return _FIGURE.match(text) is not None


def name_rows(rows: Sequence[Row], kinds: Kinds, body: float, continues: Callable[[Row, Row], bool]) -> Kinds:
    """kinds, and with them the rows of contents, captions, keywords, notices, references and footnotes.

    rows: in reading order. continues: whether a row goes on with the paragraph of the row before.
    """
    named = dict(kinds)
    named |= {row: "contents" for row in _contents(rows) if row not in named}
    for i, row in enumerate(rows):
        if row in named:
            continue
        before = rows[i - 1] if i else None
        kind = _kind(row, before, named, body, continues)
        if kind:
            named[row] = kind
            _extend(rows, i, kind, named, continues)
    named |= dict.fromkeys(_references(rows, named), "reference")
    named |= dict.fromkeys(code_rows(rows, named), "code")
    return named | dict.fromkeys(_footnotes(rows, named, body), "footnote")


def _kind(row: Row, before: Row | None, named: Kinds, body: float, continues: Callable[[Row, Row], bool]) -> str:
    may_be_caption, may_be_keywords = is_caption(row.text, row.size < 0.95 * body), _KEYWORDS.match(row.text)
    goes_on = (may_be_caption or may_be_keywords) and before is not None and before not in named and not (
        _STOPS.search(before.text)) and continues(before, row)
    if may_be_caption and not (goes_on and not _is_marked(row, before)):
        return "caption"
    if may_be_keywords and not goes_on:
        return "keywords"
    if row.page == 1 and row.size < 0.95 * body and row.middle < 0.35 and _NOTICE.match(row.text):
        return "notice"
    return ""


def _is_marked(row: Row, before: Row | None) -> bool:
    """Whether a caption shows itself as one though the line before is open, as the words of a figure are."""
    found = _FIGURE.match(row.text)
    mark = found["mark"].strip() if found and found["mark"] else ""
    return mark in (":", "：", "|") or row.is_bold or before is not None and abs(before.size - row.size) > 0.6


def _extend(rows: Sequence[Row], i: int, kind: str, named: Kinds, continues: Callable[[Row, Row], bool]) -> None:
    """Names the rows that go on with row i: same page, size and column, one line further."""
    last = rows[i]
    for row in rows[i + 1:]:
        step = last.middle - row.middle
        goes_on = (row.page == last.page and row not in named and abs(row.size - last.size) < 0.6
                   and 0 < step < 2.1 * max(row.size, 8) / 800 and row.left < last.right and last.left < row.right)
        if kind == "keywords" or not goes_on:
            goes_on = goes_on and continues(last, row)
        # a line that reaches further than the one before begins the text below a caption, whose last line is short
        if not goes_on or is_caption(row.text) or kind == "caption" and row.right > last.right + 4 * row.size / 600:
            return
        named[row] = kind
        last = row


def _contents(rows: Sequence[Row]) -> set[Row]:
    """The lines of lists of contents: with leaders, or on a page where most lines end in numbers that grow."""
    pages: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        pages[row.page].append(row)
    found: set[Row] = set()
    was_contents = False
    for lines in pages.values():
        starts = [i for i, row in enumerate(lines) if _CONTENTS.fullmatch(row.text)]
        led = [i for i, row in enumerate(lines) if _LEADS.search(row.text) and _LEADER.fullmatch(row.text)]
        numbered = [i for i, row in enumerate(lines) if (text := row.text.strip())[-1:].isdecimal()
                    and _ENDS_IN_NUMBER.fullmatch(text)]
        is_listed = (starts or was_contents) and len(numbered) >= max(3, 0.5 * (len(lines) - (starts or [0])[0]))
        chosen = sorted({*led, *numbered}) if is_listed or len(led) >= 4 else led if starts else []
        was_contents = bool(chosen)
        if chosen:
            first = min([i + 1 for i in starts if i < chosen[0]] or [chosen[0]])
            found.update(row for row in lines[first:chosen[-1] + 1] if not _CONTENTS.fullmatch(row.text))
    return found


def _references(rows: Sequence[Row], named: Kinds) -> set[Row]:
    """The lines of a list of sources that has no heading: entries [1], [2] … one after the other in the second half, or
    near the end lines that begin with a name, most of their paragraphs with a year."""
    begins = [(i, int(found[1])) for i, row in enumerate(rows)
              if row not in named and i > 0.4 * len(rows) and (found := _ENTRY.match(row.text))]
    runs: list[list[int]] = []
    last = 0
    for i, number in begins:
        if number == 1:
            runs.append([i])
        elif runs and number == last + 1:
            runs[-1].append(i)
        elif runs:
            continue
        last = number
    best = max(runs, key=len, default=[])
    if len(best) < _LEAST_ENTRIES:
        return set()
    entries = [rows[a:b] for a, b in zip(best, [*best[1:], _end_of(rows, best)], strict=True)]
    n_dated = sum(bool(_YEAR.search(" ".join(row.text for row in entry))) for entry in entries)
    if n_dated < 0.6 * len(entries):
        return set()
    return {row for entry in entries for row in entry if row not in named}


def _end_of(rows: Sequence[Row], entries: Sequence[int]) -> int:
    """Behind the last entry: where a line is set in another size, or further to the left, or after a wide gap."""
    first = rows[entries[-1]]
    end = entries[-1] + 1
    while end < len(rows) and end - entries[-1] < 8:
        row, last = rows[end], rows[end - 1]
        if row.page != first.page or abs(row.size - first.size) > 0.4 or not 0 < last.middle - row.middle < 0.03:
            break
        end += 1
    return end


def _footnotes(rows: Sequence[Row], named: Kinds, body: float) -> set[Row]:
    """The small lines at the foot of a column, from the first that begins with a mark or a number."""
    columns: list[list[Row]] = []
    for row in rows:
        last = columns[-1][-1] if columns else None
        if last is None or row.page != last.page or row.middle > last.middle + 0.05:
            columns.append([])
        columns[-1].append(row)
    found: set[Row] = set()
    for column in columns:
        foot: list[Row] = []
        for row in reversed(column):
            if row in named or row.size > 0.93 * body or row.middle > 0.45:
                break
            foot.append(row)
        foot.reverse()
        marks = [i for i, row in enumerate(foot) if _MARKED.match(row.text) and _HAS_LETTER.search(row.text)]
        if marks and len(foot) < len(column):
            found.update(foot[marks[0]:])
    return found


# --- nothing inside a paragraph

_APART = frozenset(("caption", "table", "figure", "footnote", "notice", "cells"))


def without_interruptions(rows: Sequence[Row], named: Kinds, pitch: float,
                          continues: Callable[[Row, Row], bool]) -> tuple[list[Row], set[Row]]:
    """(the rows with what interrupts a paragraph behind it, or before it where the paragraph goes over to the next
    page: pages stay in order; the rows that go on with the paragraph so interrupted).

    pitch: the usual distance of two lines.
    """
    ordered, resumed = list(rows), set()
    i = 0
    while i < len(ordered):
        if named.get(ordered[i]) not in _APART:
            i += 1
            continue
        end = i
        while end < len(ordered) and named.get(ordered[end]) in _APART:
            end += 1
        before, after = (ordered[i - 1] if i else None), (ordered[end] if end < len(ordered) else None)
        if (before is None or after is None or before in named or after in named
                or _STOPS.search(before.text) or not _goes_on(before, after, pitch, continues)):
            i = end
            continue
        stop = end + 1
        while stop < len(ordered) and ordered[stop] not in named and continues(ordered[stop - 1], ordered[stop]):
            stop += 1
        start = i - 1
        while start > 0 and ordered[start - 1] not in named and continues(ordered[start - 1], ordered[start]):
            start -= 1
        group = ordered[i:end]
        if ordered[stop - 1].page == group[0].page:
            resumed.add(after)
            ordered[i:stop] = [*ordered[end:stop], *group]
        elif ordered[start].page == group[-1].page:
            resumed.add(after)
            ordered[start:end] = [*group, *ordered[start:i]]
        i = end
    return ordered, resumed


def _goes_on(before: Row, after: Row, pitch: float, continues: Callable[[Row, Row], bool]) -> bool:
    """Whether the paragraph would go on, were there nothing between."""
    if not continues(before, before._replace(text=after.text, left=after.left)) and not continues(before, after):
        return False
    is_below = after.page == before.page and after.middle < before.middle
    return continues(before, after) or is_below and abs(after.size - before.size) < 0.5 and (
        after.text[:1].islower() or abs(after.left - before.left) < 0.01 and not after.text[:1].isupper()
    ) and before.middle - after.middle > 1.5 * pitch
