"""Headings that show themselves by their series: the next number after one that is a heading, in the body's own style.

Reads: rows in reading order, which of them are headings.  Gives: those added. Used by headings.py.

"4.3. Name" in italics between "4.2. Name" and "5. Name", "1引言" before "2 方法", "Rule 7. A sentence." after six of
its kind: nothing but the number tells each from running text, and the numbers before and behind tell it well.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

from kb.readers.heading_numbers import NUMBER, Number, number_of
from kb.readers.order import Row
from kb.readers.regions import is_of_figure
from kb.text import CJK

_LEAD = re.compile(r"(?P<lead>[A-Z][a-z]+ ?#?)(?P<value>\d{1,2})[.:：] (?=[A-Z\"“])")
_CLOSE = re.compile(rf"(?P<value>\d{{1,2}})(?=[{CJK}])(?![年月日个种次倍类点人时岁天])")
_DEEP = re.compile(r"\d{1,2}(?:[.．]\d{1,2}){1,3}[.．、]?(?:\s|(?=[\u4e00-\u9fff]))")
_NAME = re.compile(f"[A-Z{CJK}]")
_FORMULA = re.compile("[=∑∏∫√≤≥∈∼]")
_ENDED = re.compile(r"[。.．！？!?;；:：]\s*$")
_WHOLE = re.compile(r"[.!?][”’\")]*\s*$")
_NO_NAME = re.compile(r"[。.．，,；;、:：]\s*$")
_MARKS = (".", "．", "、", ")", "）")  # of the items of a list
_LEAST = 3  # of a series
_LONGEST = 90  # characters, Chinese ones twice
_APART = 3  # rows: headings of one series have text between them


class _Judge(Protocol):
    body: float
    pitch: float
    widths: dict[int, float]


def lead_of(text: str) -> str:
    """The word that a heading of a series begins with before its number: "Rule #" of "Rule #7: …"; "" if none."""
    found = _LEAD.match(text)
    return found["lead"] if found and not is_of_figure(text) else ""


def add_counted(rows: Sequence[Row], named: Mapping[Row, str], reasons: dict[int, str],
                judge: _Judge) -> dict[int, Number]:
    """Adds to reasons; gives the numbers that number_of does not see."""
    _add_deeper(rows, named, reasons, judge)
    _add_led(rows, named, reasons)
    return _add_close(rows, named, reasons, judge)


def _add_deeper(rows: Sequence[Row], named: Mapping[Row, str], reasons: dict[int, str], judge: _Judge) -> None:
    """Numbers of two parts or more that count on from the heading before them: its first child or its next sibling."""
    last: tuple[int, ...] = ()
    for i, row in enumerate(rows):
        number = number_of(row.text)
        if number is None or number.way != "digits":
            continue
        path = (*number.parents, number.value)
        if i in reasons:
            last = path
        elif number.depth > 1 and row not in named and (path == (*last, 1) or (
                len(last) >= len(path) and path == (*last[:len(path) - 1], last[len(path) - 1] + 1))) and (
                _DEEP.match(row.text.strip()) and _is_short_name(row) and _begins_paragraph(rows, i, reasons, judge)):
            reasons[i] = "number"
            last = path


def _add_led(rows: Sequence[Row], named: Mapping[Row, str], reasons: dict[int, str]) -> None:
    """Bold sentences with the same word before a number that counts on."""
    series: dict[tuple[str, int], list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        if (lead := lead_of(row.text)) and row.is_bold and (
                i in reasons or row not in named and _WHOLE.search(row.text)):
            series[lead, round(row.size)].append(i)
    for some in series.values():
        values = [int(_LEAD.match(rows[i].text)["value"]) for i in some]  # type: ignore[index]
        if len(some) >= _LEAST and values == sorted(set(values)) and _are_apart(some):
            reasons.update({i: "bold" for i in some if i not in reasons})


def _add_close(rows: Sequence[Row], named: Mapping[Row, str], reasons: dict[int, str],
               judge: _Judge) -> dict[int, Number]:
    """Numbers with no space behind them that count 1, 2, 3 through the document, with those that have one."""
    styles: dict[tuple[int, bool], list[tuple[int, int]]] = defaultdict(list)
    for i, row in enumerate(rows):
        text = row.text.strip()
        number, close = number_of(text), _CLOSE.match(text)
        if number is not None and number.way == "digits" and number.depth == 1:
            start, value = 0, number.value
        elif close:
            start, value = close.end(), int(close["value"])
        else:
            continue
        if i in reasons or row not in named and text[len(str(value)):][:1] not in _MARKS and (
                _is_short_name(row, start) and _begins_paragraph(rows, i, reasons, judge)):
            styles[round(row.size), row.is_bold].append((i, value))
    numbers: dict[int, Number] = {}
    for some in styles.values():
        values = [value for _, value in some]
        if len(some) < _LEAST or values != list(range(values[0], values[0] + len(values))) or values[0] > 1 or (
                not _are_apart([i for i, _ in some])):
            continue
        close_ones = {i: Number("digits", value, 1) for i, value in some if number_of(rows[i].text) is None}
        if close_ones:
            numbers |= close_ones
            reasons |= {i: "number" for i, _ in some if i not in reasons}
    return numbers


def _are_apart(some: Sequence[int]) -> bool:
    """Whether text stands between most: the items of a list follow each other."""
    near = sum(b - a < _APART for a, b in zip(some, some[1:], strict=False))
    return near <= 0.34 * (len(some) - 1)


def _is_short_name(row: Row, start: int = 0) -> bool:
    text = row.text.strip()
    found = NUMBER.match(text)
    rest = text[start or (found.end() if found else 0):].lstrip(" .．、")
    n = len(text) + len(re.findall(f"[{CJK}]", text))
    return (n <= _LONGEST and _NAME.match(rest) is not None and len(rest) > 1 and not _FORMULA.search(rest)
            and not _NO_NAME.search(rest) and not rest.isdigit())


def _begins_paragraph(rows: Sequence[Row], i: int, reasons: Mapping[int, str], judge: _Judge) -> bool:
    """Whether a line is not as wide as the text, and what stands before it has ended."""
    row, before = rows[i], rows[i - 1] if i else None
    after = rows[i + 1] if i + 1 < len(rows) else None
    if row.right - row.left > 0.9 * judge.widths[row.page] or after is None or (
            after.page == row.page and abs(after.middle - row.middle) < 0.5 * judge.pitch):
        return False
    if before is None or before.page != row.page or before.middle < row.middle or i - 1 in reasons:
        return True
    if before.middle - row.middle < 0.5 * judge.pitch:
        return False
    return (_ENDED.search(before.text) is not None or before.middle - row.middle > 1.3 * judge.pitch
            or before.right - before.left < 0.6 * judge.widths[row.page])
