"""Tables out of many documents: a row for each document, a column for each thing that was asked of all of them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Literal

from kb.messages import Words
from kb.types.answer import Citation
from kb.types.library import DocumentInfo
from kb.types.record import Record
from kb.types.scope import Scope
from kb.types.study import RecordPlace

# What a cell holds: a number with its unit; a name or several; yes or no; words.
CellKind = Literal["number", "name", "yes-no", "phrase"]
# Why a cell is empty: nothing in the document answers, or not clearly enough; the document was removed, or has no text.
EmptyBecause = Literal["", "nothing", "unsure", "removed", "no text"]
# What a spreadsheet takes for a formula, in some settings at full width too, and what it skips before one.
_FORMULA, _SKIPPED = ("=", "+", "-", "@", "＝", "＋", "－", "＠"), ("\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class ExtractionColumn(Record):
    """A column. name: as the reader wrote it.  about: which known column it is ("data set", "metric", "result",
    "model", "language", "limitation", "code", or a field of the record: "year" …), "" where it is none of these.
    measure: that results are wanted in, where the column names one.  question: what the document is asked."""

    name: str
    about: str
    kind: CellKind
    measure: str
    question: Words


@dataclass(frozen=True, slots=True)
class CellSpan(Record):
    """One span that may fill a cell. citation: its place; citation.answer is the span itself, the quote what stands
    around it.  support: how clearly it does, in [0, 1]."""

    text: str
    citation: Citation
    support: float


@dataclass(frozen=True, slots=True)
class ExtractedCell(Record):
    """What a document says for a column. text: verbatim, "" for an empty cell; empty: why it is.

    citation: where it stands: the document's text[a:b] == text for (a, b) = citation.answer. None for an empty cell and
    for what the library records, which `record` says.  support: in [0, 1].
    value, unit: of a number ("92.3 %" is 92.3 and "%"); measure, data_set: what a result is in and on, as they are
    written in the document, "" where that is not said.  yes: of a yes-no column.
    also: further values, of a document with several data sets, say.  runners_up: what else was considered, best first.
    """

    text: str = ""
    kind: CellKind = "phrase"
    support: float = 0.0
    citation: Citation | None = None
    record: RecordPlace | None = None
    value: float | None = None
    unit: str = ""
    measure: str = ""
    data_set: str = ""
    yes: bool | None = None
    also: tuple[CellSpan, ...] = ()
    runners_up: tuple[CellSpan, ...] = ()
    empty: EmptyBecause = ""

    @property
    def shown(self) -> str:
        """The value and the further ones, as they stand in a table; a number that was recognised as a formula
        ("$9 3 . 1 \\%$") as the number it is."""
        if self.value is not None and self.text.startswith("$"):
            return f"{self.value:.10g}{self.unit if self.unit == '%' else ' ' + self.unit}".rstrip()
        return "; ".join(dict.fromkeys((self.text, *(span.text for span in self.also)))) if self.text else ""


@dataclass(frozen=True, slots=True)
class ExtractionRow(Record):
    """The cells of a document, in the order of the columns."""

    document: str
    title: str
    path: str
    cells: tuple[ExtractedCell, ...]

    @classmethod
    def empty(cls, info: DocumentInfo, n: int, why: EmptyBecause) -> ExtractionRow:
        """A row in which nothing stands."""
        return cls(info.id, info.title, info.path, (ExtractedCell(empty=why),) * n)


@dataclass(frozen=True, slots=True)
class AlignedResult(Record):
    """A result in the form in which those of all documents are comparable. value: in `unit`, in percent where a share
    is written either way."""

    document: str
    title: str
    value: float
    written: str


@dataclass(frozen=True, slots=True)
class AlignedMeasure(Record):
    """The results of several documents in one measure, and on one data set where `data_set` is not "", the highest
    first. unit: "%" or "".  Numbers on different data sets stand apart."""

    measure: str
    data_set: str
    unit: str
    results: tuple[AlignedResult, ...]


@dataclass(frozen=True, slots=True)
class ExtractionTable(Record):
    """A row for each document that was asked. n_cells: in all; n_filled of them hold something; n_cached were filled
    before and not again; what the library records is neither.  is_complete: False where it was stopped; the same call
    goes on.  name: under which it is kept, "" where it is not.  reader: fingerprint of what read, "" without a reader
    (words alone decide then). removed: ids that were asked for and are not there any more.  n_unsaved: cells that the
    next call has to fill again, since the library could not be written.  of_all: all documents of the library were
    asked.  kept: when it was kept, ISO time, UTC.  scope: what documents had to be.
    """

    columns: tuple[ExtractionColumn, ...]
    rows: tuple[ExtractionRow, ...]
    measures: tuple[AlignedMeasure, ...] = ()
    n_cells: int = 0
    n_filled: int = 0
    n_cached: int = 0
    is_complete: bool = True
    reader: str = ""
    removed: tuple[str, ...] = ()
    n_unsaved: int = 0
    of_all: bool = True
    name: str = ""
    kept: str = ""
    scope: Scope | None = None

    def to_csv(self) -> str:
        """The table for a spreadsheet: document, title and the columns; nothing in it is taken for a formula."""
        found = io.StringIO()
        writer = csv.writer(found, lineterminator="\n")
        writer.writerow([escaped(name) for name in ("document", "title", *(column.name for column in self.columns))])
        for row in self.rows:
            writer.writerow([escaped(text) for text in (row.document, row.title, *(c.shown for c in row.cells))])
        return found.getvalue()


@dataclass(frozen=True, slots=True)
class CellChange(Record):
    """A cell that is not what it was. before, after: "" for an empty cell."""

    document: str
    title: str
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TableChanges(Record):
    """What is different in a kept table since it was kept: rows that came and went (titles), and cells."""

    name: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    cells: tuple[CellChange, ...] = ()


def escaped(text: str) -> str:
    """Text that a spreadsheet shows and does not execute: an apostrophe before what begins a formula."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.lstrip(" ").startswith(_SKIPPED) else text
