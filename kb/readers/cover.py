"""The fields of a cover: 题目, 姓名, 日期 and what stands beside or below them.

Reads: rows of a page.  Gives: {"title": …, "author": …, "date": …}, those that are there. A thesis names its title and
its author so, and a report, a form or an assignment does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from kb.readers.order import Row
from kb.readers.title_features import downwards
from kb.text import CJK
from kb.words import phrases

_SLOTS = ("title", "author", "date", "other")
_LEAST_FIELDS = 2  # without a colon a label is one only among others
_NUMBER = re.compile(r"^\s*(?:[一二三四五六七八九十]|[ⅠⅡⅢIVX]{1,3}|\d)\s*[、.．]")
_FILLED = re.compile(r"(?<=\S)\s*[_＿]")  # what is printed behind the blank that a title fills
_SAME_LINE = 0.9  # of the size of a line, in shares of a page of 800 points


def cover_fields(rows: Sequence[Row], *, is_form: bool = False) -> dict[str, str]:
    """The fields of a page that is a cover, or {}. is_form: whether a title with a colon before it is enough to be one,
    and may stand below its label."""
    rows = _whole(downwards(rows))
    found: dict[str, str] = {}
    n_labels = 0
    for row in rows:
        for slot, value, has_colon in _labelled(row.text):
            n_labels += 1
            n_labels += is_form and slot == "title" and has_colon
            value = value or _beside(row, rows) or (_under(row, rows) if is_form and slot == "title" else "")
            if slot == "title" and value:
                value = _FILLED.split(_with_next_lines(row, value, rows))[0]
            if value and slot != "other" and (has_colon or slot != "author" or len(value) < 60):
                found.setdefault(slot, value.strip(" _＿:：\u3000"))
    return found if n_labels >= _LEAST_FIELDS else {}


def _whole(rows: Sequence[Row]) -> list[Row]:
    """The rows with the halves of a label that is spread out put together: "题", "目 基于…"."""
    whole: list[Row] = []
    for row in rows:
        last = whole[-1] if whole else None
        is_half = last is not None and re.fullmatch(f"[{CJK}]", last.text.strip()) and re.match(
            f"[{CJK}](?:\\s|$)", row.text) and abs(last.middle - row.middle) < 0.005
        if is_half and last is not None:
            whole[-1] = row._replace(text=f"{last.text.strip()} {row.text}", left=last.left)
        else:
            whole.append(row)
    return whole


def _labelled(text: str) -> list[tuple[str, str, bool]]:
    """(slot, value behind it, is there a colon) of each label in a row: "姓 名 彭益举 学 号 6020"."""
    text = _glued().sub(r"\1 ", _NUMBER.sub("", text))
    marks = list(_labels().finditer(text))
    found = []
    for i, mark in enumerate(marks):
        end = marks[i + 1].start() if i + 1 < len(marks) else len(text)
        if i == 0 and text[:mark.start()].strip(" 　·*"):
            return []
        slot = next(slot for slot in _SLOTS if mark[slot])
        found.append((slot, text[mark.end():end].strip(" _＿　"), bool(mark["colon"])))
    return found


@cache
def _glued() -> re.Pattern[str]:
    """A label's colon and value that the next label follows without a space: "姓名：张某学号：1"."""
    slots = ("label title", "label author", "label date", "label other")
    words = "|".join(sorted((word for slot in slots for word in phrases("metadata", slot) if len(word) > 1
                             and re.search(f"[{CJK}]", word)), key=len, reverse=True))
    return re.compile(rf"([:：]\s*(?!{words})(?:[{CJK}]{{2,20}}?|\d+))(?=(?:{words})\s*[:：])")


@cache
def _labels() -> re.Pattern[str]:
    """Any label, with spaces within it: at the row's start, or behind a space."""
    groups = []
    behind = r"\s*(?:(?P<colon>[:：])|(?=[\s_＿　])|$|(?<=[\u4e00-\u9fff]\s[\u4e00-\u9fff])(?=[\u4e00-\u9fff]))"
    labels = {"title": phrases("metadata", "label title"), "author": phrases("metadata", "label author"),
              "date": phrases("metadata", "label date"), "other": phrases("metadata", "label other")}
    for slot, listed in labels.items():
        words = sorted(listed, key=len, reverse=True)
        spaced = "|".join(r"\s*".join(map(re.escape, re.sub(r"\s", "", word))) for word in words)
        groups.append(f"(?P<{slot}>{spaced})")
    return re.compile(rf"(?:^|(?<=[\s　_:：]))(?:{'|'.join(groups)}){behind}", re.IGNORECASE)


def _beside(label: Row, rows: Sequence[Row]) -> str:
    """What stands on the label's line, to its right."""
    right = [row for row in rows if row is not label and abs(row.middle - label.middle) * 800 < _SAME_LINE * label.size
             and row.left >= label.right - 0.02]
    values = [row for row in right if not _labelled(row.text)]
    first = min(values, key=lambda row: row.left, default=None)
    return first.text if first and not any(row.left < first.left for row in right if row not in values) else ""


def _under(label: Row, rows: Sequence[Row]) -> str:
    """What stands on the next line, where nothing stands beside a label."""
    row = next((row for row in rows if 0.3 * label.size < (label.middle - row.middle) * 800 < 3.5 * label.size), None)
    return row.text if row and not _labelled(row.text) else ""


def _with_next_lines(label: Row, value: str, rows: Sequence[Row]) -> str:
    """A title with the lines below it that go on with it: as large, not far below, and no label."""
    at = label.middle
    for row in rows:
        step = (at - row.middle) * 800
        if step <= 0.6 * label.size:
            continue
        is_next = step < 3.2 * label.size and abs(row.size - label.size) < 1.5
        if not is_next or _labelled(row.text) or not re.search(f"[{CJK}A-Za-z]", row.text) or len(value) > 120:
            break
        if re.search(r"\d{4}\s*年|[。；：]|^\s*[_＿]", row.text) or _NUMBER.match(row.text) or (
                row.left < label.left - 0.02):
            break
        if len(again := re.sub(r"\s", "", row.text)) > 3 and again in re.sub(r"\s", "", value):
            at = row.middle  # a line that is there twice, and what `_under` took
            continue
        if not re.search(f"[{CJK}]", row.text) and re.search(f"[{CJK}]", value):
            break
        gap = "" if re.search(f"[{CJK}]$", value) or re.match(f"[{CJK}]", row.text) else " "
        value, at = value.rstrip() + gap + row.text.strip(), row.middle
    return value
