"""Workbooks (.xlsx, .xlsm, .ods): a section for each sheet, a line for each row with its header (rows.py).

Reads: bytes.  Gives: Extract. python-calamine (a wheel of 1 MB, Rust) pays its rent with dates, shared strings, stored
values of formulas and both formats, twenty times as fast as in Python. What it does not say, hidden rows, formulas
without a value and macros, is looked up in the archive. Nothing in a workbook is ever run or computed.
"""

from __future__ import annotations

import datetime
import io
import re
from typing import TYPE_CHECKING, Any

from kb.errors import FileProblem, Unreadable, note
from kb.readers import Limits
from kb.readers.archive import Package
from kb.readers.cell_scripts import with_scripts
from kb.readers.draft import Draft
from kb.readers.extract import Extract
from kb.readers.far_cells import near
from kb.readers.metadata import split_authors, year_of
from kb.readers.refused import is_no_title, persons
from kb.readers.rows import MAX_CELLS, MAX_ROWS, write_rows
from kb.text import one_line
from kb.types import Metadata, Note

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_LARGEST = 1000 * 2**20  # of XML that is read as a stream; a million rows of ten cells are 500 MB
_MAX_COLUMNS = 2000
_MAX_SPREAD = 200_000  # cells that are filled from merged ones
_WITHOUT_VALUE = re.compile(rb"</f>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>|<f[^>]*/>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a workbook. Sheets longer than MAX_ROWS are cut, hidden ones left out, each with a note.

    Errors: FileProblem E_BOMB, E_LOCKED (encrypted), E_PARSE, E_TOO_BIG.
    """
    package = Package(data, _LARGEST)
    import python_calamine as calamine

    cut, far = near(package, limits.memory_mb, MAX_ROWS, _MAX_COLUMNS)
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(with_scripts(data, package, cut)))
    except calamine.PasswordError as error:
        raise FileProblem("E_LOCKED") from error
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError) as error:
        raise Unreadable("E_PARSE", detail=one_line(str(error), 160)) from error
    draft = Draft(limits)
    notes = [note("N_FAR_CELLS", sheet=name, rows=f"{MAX_ROWS:,}", columns=f"{_MAX_COLUMNS:,}") for name in far]
    unread: list[str] = []
    hidden: list[str] = []
    n_cells = 0
    for i, sheet in enumerate(workbook.sheets_metadata):
        if sheet.visible != calamine.SheetVisibleEnum.Visible:
            hidden.append(one_line(sheet.name, 60))
            continue
        if sheet.typ != calamine.SheetTypeEnum.WorkSheet:
            unread.append(one_line(sheet.name, 60))
            continue
        try:
            n_cells += _write_sheet(draft, workbook.get_sheet_by_index(i), MAX_CELLS - n_cells, notes)
        except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, calamine.WorksheetNotFound):
            unread.append(one_line(sheet.name, 60))
    is_cut = bool(notes or unread)
    for code, names in (("N_HIDDEN_SHEETS", hidden), ("N_UNREAD_SHEETS", unread)):
        if names:
            notes.append(note(code, n=len(names), names=", ".join(names[:10])))
    notes += _told(package)
    return draft.extract("sheet", _metadata(package), notes, is_partial=is_cut)


def _write_sheet(draft: Draft, sheet: CalamineSheet, room: int, notes: list[Note]) -> int:
    """Writes one sheet; gives how many cells it has taken."""
    width = min(sheet.width, _MAX_COLUMNS)
    n_rows = min(sheet.height, MAX_ROWS, max(0, room) // max(1, width))
    table = [[_words(value) for value in row[:width]]
             for row in sheet.to_python(skip_empty_area=True, nrows=n_rows or None)] if n_rows else []
    draft.heading(1, sheet.name)
    first = sheet.start or (0, 0)
    spread = _fill_merged(table, sheet.merged_cell_ranges or (), first)
    write_rows(draft, table, spread)
    if n_rows < sheet.height:
        notes.append(note("N_ROWS", sheet=one_line(sheet.name, 60), read=f"{n_rows:,}", total=f"{sheet.height:,}"))
    if width < sheet.width:
        notes.append(note("N_COLUMNS", sheet=one_line(sheet.name, 60), read=width, total=f"{sheet.width:,}"))
    return n_rows * width


def _fill_merged(table: list[list[str]], ranges: Any, first: tuple[int, int]) -> list[list[str]]:
    """Writes a merged cell's value into each of its rows, in place; gives the table with it in each of its columns,
    too."""
    spread = [list(row) for row in table]
    room = _MAX_SPREAD
    for (top, left), (bottom, right) in ranges:
        top, bottom, left, right = top - first[0], bottom - first[0], left - first[1], right - first[1]
        if not (0 <= top < len(table) and 0 <= left < len(table[top])) or not table[top][left]:
            continue
        value = table[top][left]
        for y in range(top, min(bottom + 1, len(table))):
            for x in range(left, min(right + 1, len(table[y]))):
                room -= 1
                if room < 0:
                    return spread
                spread[y][x] = value
            # a title that spans columns and rows stands once, a group's name stands in each row of the group
            if left == right:
                table[y][left] = value
    return spread


def _words(value: object) -> str:
    """A cell's value in words: whole numbers without a point, dates as 2024-05-31, True as TRUE."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    return str(value)


def _told(package: Package) -> list[Note]:
    """What the archive has besides values: macros, and formulas whose value was never stored."""
    notes = []
    if any(name.lower().endswith("vbaproject.bin") or name.startswith("Basic/") for name in package.names):
        notes.append(note("N_MACROS"))
    n_formulas = 0
    for name in sorted(package.names):
        if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name):
            n_formulas += sum(1 for _ in _WITHOUT_VALUE.finditer(package.head(name)))
    if n_formulas:
        notes.append(note("N_FORMULAS", n=n_formulas))
    return notes


def _metadata(package: Package) -> Metadata:
    """What docProps/core.xml or meta.xml declares; a year is the file's own and so a guess."""
    for name in ("docProps/core.xml", "meta.xml"):
        if name in package.names:
            return office_metadata(package, name)
    return Metadata()


# The days on which the templates of Excel, PowerPoint and python-pptx were made, which every new file inherits.
_TEMPLATES = ("2006-09-16", "2006-08-16", "2015-06-05", "2013-01-27")


def office_metadata(package: Package, name: str) -> Metadata:
    """Title, authors and year as an office file declares them; what templates and programs leave behind is no one's."""
    try:
        root = package.tree(name)
    except FileProblem:
        return Metadata()
    values: dict[str, str] = {}
    for element in root.iter():
        if isinstance(element.tag, str) and element.text:
            values.setdefault(element.tag.rpartition("}")[2], element.text)
    title = one_line(values.get("title", ""))
    author = one_line(values.get("initial-creator") or values.get("creator", ""))
    created = values.get("created") or values.get("creation-date") or ""
    year = None if created.startswith(_TEMPLATES) else year_of(created)
    return Metadata(title="" if is_no_title(title) else title, authors=persons(split_authors(author)),
                    year=year, guessed=("year",) if year else ())
