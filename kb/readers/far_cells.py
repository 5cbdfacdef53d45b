"""Sheets that reach far though they hold little: one stray cell in the last row and column of Excel.

Reads: an archive.  Gives: its sheets without what stands too far, before python-calamine reserves a place for every
cell between, which ends the process where there is no room.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from kb.errors import FileProblem
from kb.readers.archive import Package, resolved
from kb.text import one_line
from kb.types import Words

_BYTES_A_PLACE = 64  # 24 of them in calamine; as many again while its rows are handed over
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br=\"(\d+)\"")
_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=\"([A-Z]{1,3})\d+\"[^>]*?(?:/>|>.*?</(?:\w+:)?c>)", re.DOTALL)
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\b[^>]*?\bref=\"(?:[A-Z]+\d+:)?([A-Z]+)(\d+)\"")
_COLUMN = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=\"([A-Z]{1,3})\d")
_END = re.compile(rb"</(?:\w+:)?sheetData>")


def near(package: Package, memory_mb: int, most_rows: int, most_columns: int) -> tuple[dict[str, bytes], list[str]]:
    """(part -> its XML without far rows and columns, names of those sheets), for sheets of Excel that reach so far that
    their places would fill the memory. Errors: FileProblem E_TOO_BIG for one that is too large to be cut."""
    room = (memory_mb << 20) // _BYTES_A_PLACE
    changed: dict[str, bytes] = {}
    names: list[str] = []
    for name, part in _sheets(package):
        head = package.head(part)
        rows, columns = _reach(head)
        if rows * columns <= room:
            continue
        try:
            changed[part] = _cut(package.bytes_of(part), most_rows, most_columns)
        except FileProblem as error:
            what = Words(f"the sheet “{name}” of {rows:,} rows", f"{rows:,} 行的工作表“{name}”")
            raise FileProblem("E_TOO_BIG", what=what,
                              limit=Words(f"{room // columns:,} rows", f"{room // columns:,} 行")) from error
        names.append(name)
    return changed, names


def _sheets(package: Package) -> Iterator[tuple[str, str]]:
    """(name, part) of each sheet that is in its place."""
    try:
        relations = {item.get("Id"): item.get("Target", "")
                     for item in package.tree("xl/_rels/workbook.xml.rels").iter("{*}Relationship")}
        for sheet in package.tree("xl/workbook.xml").iter("{*}sheet"):
            key = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
            target = relations.get(key, "")
            part = target.lstrip("/") if target.startswith("/") else resolved("xl/workbook.xml", target)
            if posixpath.normpath(part) in package.names:
                yield one_line(sheet.get("name", ""), 60), part
    except FileProblem:  # calamine says what is wrong with it
        return


def _reach(xml: bytes) -> tuple[int, int]:
    """(rows, columns) between the first place and the last, by what the sheet says and by its last rows."""
    said = _DIMENSION.search(xml[:4096])
    rows = max([int(said[2]) if said else 1, *(int(n) for n in _ROW.findall(xml[-1_000_000:]))])
    columns = max([_number(said[1]) if said else 1, *(_number(n) for n in set(_COLUMN.findall(xml)))])
    return rows, columns


def _number(letters: bytes) -> int:
    """"AB" -> 28"""
    n = 0
    for letter in letters:
        n = 26 * n + letter - 64
    return n


def _cut(xml: bytes, most_rows: int, most_columns: int) -> bytes:
    end = _END.search(xml)
    first = next((row for row in _ROW.finditer(xml) if int(row[1]) > most_rows), None)
    if first is not None and end is not None and first.start() < end.start():
        xml = xml[:first.start()] + xml[end.start():]
    return _CELL.sub(lambda cell: b"" if _number(cell[1]) > most_columns else cell.group(), xml)
