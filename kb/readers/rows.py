"""Tables without a page: each row becomes one line, "- header: value; header: value", which says alone what it says.

Used by sheets.py and delimited.py.  A row is what is asked for and quoted, and a passage may begin in the middle of a
table, far from its header.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from kb.readers.draft import Draft
from kb.text import CJK, one_line

Row = Sequence[str]
MAX_ROWS = 20_000  # of one table; 20,000 rows of eight short cells are some 2 million characters
MAX_CELLS = 400_000  # of one file
_LONGEST_VALUE = 20_000
_NUMBER = re.compile(r"[-+−]?[\d.,]*\d(?:[eE][-+]?\d+)?\s*[%‰]?")
_DATE = re.compile(r"\d{4}[-/年.]\d{1,2}(?:[-/月.]\d{1,2})?日?(?:[ T]\d\d:\d\d.*)?")
_LOOKED_AT = 20  # rows among which the header is sought


class Header(NamedTuple):
    """names: one for each column.  n_rows: of the header itself."""

    names: list[str]
    n_rows: int


def write_rows(draft: Draft, rows: Sequence[Row], headings: Sequence[Row] | None = None) -> None:
    """The rows of one sheet or file; those above a header are paragraphs, and after an empty row another table may
    begin.

    headings: the rows with cells that span several columns written in each of them, where they differ.
    """
    known: list[str] | None = None
    for start, end in _regions(rows):
        region = rows[start:end]
        first, header = _header(region, (headings or rows)[start:end], is_first=known is None)
        for row in region[:first]:
            draft.paragraph(" ".join(cell for cell in (one_line(cell, _LONGEST_VALUE) for cell in row) if cell))
        if header is not None:
            known = header.names
            first += header.n_rows
        for i, row in enumerate(region[first:]):
            _write(draft, row, known, "\n" if i else "\n\n")
        if header is not None and first == len(region):  # nothing but names
            draft.paragraph("; ".join(name for name in header.names if name))


def _write(draft: Draft, row: Row, names: list[str] | None, separator: str) -> None:
    cells = [(i, words) for i, cell in enumerate(row) if (words := one_line(cell, _LONGEST_VALUE))]
    if names is None and len(cells) == 1:
        draft.paragraph(cells[0][1])
        return
    if names is None and len(cells) == 2 and not _is_value(cells[0][1]):  # a list of names and values
        draft.paragraph(f"- {cells[0][1]}: {cells[1][1]}", separator)
        return
    parts = []
    for i, words in cells:
        if i == 0 and names and not names[0]:  # what the row is about; the column needs no name
            parts.append(words)
            continue
        name = names[i] if names is not None and i < len(names) and names[i] else column_name(i)
        is_chinese = bool(re.search(f"[{CJK}]", name))
        parts.append(f"{name}：{words}" if is_chinese else f"{name}: {words}")
    draft.paragraph("- " + "; ".join(parts), separator)


def _regions(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Runs of rows with something in them."""
    found: list[tuple[int, int]] = []
    start = None
    for i, row in enumerate([*rows, ()]):
        is_empty = not any(cell.strip() for cell in row)
        if is_empty and start is not None:
            found.append((start, i))
            start = None
        elif not is_empty and start is None:
            start = i
    return found


def _header(rows: Sequence[Row], spread: Sequence[Row], is_first: bool) -> tuple[int, Header | None]:
    """(how many rows stand above it, the header or None): the first row that names at least half of the columns in
    words.

    After an empty row only a row of words over columns of numbers is a new header.
    """
    width = max(_n_filled(row) for row in rows[:_LOOKED_AT])
    if width < 2:
        return 0, None
    for i, row in enumerate(rows[:_LOOKED_AT]):
        filled = [cell.strip() for cell in spread[i] if cell.strip()]
        words = [cell for cell in filled if not _is_value(cell)]
        if _n_filled(row) < 2 or len(filled) < width / 2:
            continue
        if not is_first and (len(words) < len(filled) or not _has_numbers_below(rows, i)):
            return 0, None
        if len(words) <= len(filled) / 2 and not _are_years(filled, words):
            return 0, None
        below = spread[i + 1] if i + 1 < len(rows) else ()
        if list(spread[i]) != list(row) and all(not _is_value(cell.strip()) for cell in below if cell.strip()):
            return i, Header(_joined(spread[i], below), 2)  # a second line under the cells that span columns
        if _goes_on(row, below):
            return i, Header(_joined(_to_the_right(row, below), below), 2)
        return i, Header([one_line(cell, 200) for cell in spread[i]], 1)
    return 0, None


def _goes_on(upper: Row, lower: Row) -> bool:
    """Whether a row names columns that the row above it leaves without a name, and no others but those beside them."""
    filled = [i for i, cell in enumerate(lower) if cell.strip()]
    unnamed = [i for i in filled if i >= len(upper) or not upper[i].strip()]
    return bool(unnamed) and len(filled) < _n_filled(upper) and 0 not in filled and not any(
        _is_value(lower[i].strip()) for i in filled)


def _to_the_right(upper: Row, lower: Row) -> list[str]:
    """The upper names, each also over the columns without one to its right that the lower row names."""
    names: list[str] = []
    for i in range(max(len(upper), len(lower))):
        name = upper[i] if i < len(upper) else ""
        is_named_below = i < len(lower) and bool(lower[i].strip())
        names.append(name if name.strip() or not is_named_below or not names else names[-1])
    return names


def _joined(upper: Row, lower: Row) -> list[str]:
    names = []
    for i in range(max(len(upper), len(lower))):
        parts = [one_line(row[i], 200) if i < len(row) else "" for row in (upper, lower)]
        names.append(" / ".join(dict.fromkeys(part for part in parts if part)))
    return names


def _has_numbers_below(rows: Sequence[Row], header: int) -> bool:
    named = [i for i, cell in enumerate(rows[header]) if cell.strip()]
    return any(i < len(row) and _is_value(row[i].strip()) for row in rows[header + 1:header + 4] for i in named)


def _are_years(filled: Sequence[str], words: Sequence[str]) -> bool:
    """Whether columns are named by years: "Country 2019 2020 2021"."""
    others = [cell for cell in filled if cell not in words]
    return bool(words) and len(others) > 1 and all(re.fullmatch(r"(?:19|20)\d\d", cell) for cell in others)


def _is_value(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell)) or cell in ("TRUE", "FALSE")


def _n_filled(row: Row) -> int:
    return sum(bool(cell.strip()) for cell in row)


def column_name(i: int) -> str:
    """The letters of a column, as sheets count: A … Z, AA …"""
    name = ""
    i += 1
    while i:
        i, rest = divmod(i - 1, 26)
        name = chr(65 + rest) + name
    return name
