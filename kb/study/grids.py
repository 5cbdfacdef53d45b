"""The tables of a document as grids of cells: those in rows of "| a | b |" and those written in HTML.

Reads: a Document.  Gives: Grid.  Next: results.py looks for results in them.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from kb.types import Cell, Document

_TABLE = re.compile(r"<table\b.*?</table>", re.IGNORECASE | re.DOTALL)
_ROW = re.compile(r"<tr\b[^>]*>(.*?)(?=</tr>|<tr\b|</table>)", re.IGNORECASE | re.DOTALL)
_CELL = re.compile(r"<t[dh]\b[^>]*>(.*?)</t[dh]>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_CAPTION = re.compile(r"^[ \t]*(?:Table|Tab\.|表)\s*[\dIVX]+", re.IGNORECASE)
_NEAR = 400  # characters before and after a table in which its caption is looked for


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. caption: "" where none is known; its rows need not be of one length."""

    caption: str
    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    start: int
    end: int


def grids(document: Document) -> tuple[Grid, ...]:
    """The tables of a document, in order."""
    found = [Grid(table.caption or _caption(document.text, table.start, table.end), table.header, table.rows,
                  table.start, table.end) for table in document.tables()]
    for match in _TABLE.finditer(document.text):
        rows = tuple(filter(None, (_cells(document.text, *row.span(1))
                                   for row in _ROW.finditer(document.text, *match.span()))))
        if len(rows) > 1:
            found.append(Grid(_caption(document.text, *match.span()), rows[0], rows[1:], *match.span()))
    return tuple(sorted(found, key=lambda grid: grid.start))


def stands_in_a_table(document: Document, offset: int) -> bool:
    """Whether a character of a document stands in one of its tables."""
    return any(grid.start <= offset < grid.end for grid in grids(document))


def _cells(text: str, start: int, end: int) -> tuple[Cell, ...]:
    found = []
    for match in _CELL.finditer(text, start, end):
        a, b = match.span(1)
        words = html.unescape(_TAG.sub("", text[a:b])).strip()
        inside = text.find(words, a, b) if words else -1
        found.append(Cell(words, inside, inside + len(words)) if inside >= 0 else Cell("", a, a))
    return tuple(found)


def _caption(text: str, start: int, end: int) -> str:
    """The line beside a table that begins as a caption does, the nearest."""
    before = [line for line in text[max(0, start - _NEAR):start].split("\n") if line.strip()]
    after = [line for line in text[end:end + _NEAR].split("\n") if line.strip()]
    for line in (*reversed(before[-2:]), *after[:2]):
        if _CAPTION.match(line):
            return line.strip()
    return before[-1].strip() if before else ""
