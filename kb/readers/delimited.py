"""Tables in text (.csv, .tsv): each row with its header, as rows.py writes it.

Reads: bytes.  Gives: Extract. The csv module of Python reads; which sign parts the cells is found here, for its own
sniffer takes letters for delimiters.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator

from kb.errors import note
from kb.readers import Limits
from kb.readers.decode import decode
from kb.readers.draft import Draft
from kb.readers.extract import Extract
from kb.readers.rows import MAX_CELLS, MAX_ROWS, write_rows
from kb.text import mend
from kb.types import Metadata, Note

_DELIMITERS = (",", "\t", ";", "|", "，")
_SAMPLE = 200  # records that are looked at
_LONGEST_FIELD = 10_000_000
_LEAST_SHARE = 0.3  # of the records; titles and remarks above a table have one cell
_NONE = "\x1f"  # `mend` leaves no such sign in a text
_SAID = re.compile(r"sep=([^\w\s]|\t)(?:\n|\Z)", re.IGNORECASE)  # as spreadsheets say it


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a table. A longer one than MAX_ROWS is cut, with a note. Errors: FileProblem E_ENCODING,
    E_TOO_BIG."""
    text = mend(decode(data, encoding)[0])
    notes: list[Note] = []
    if encoding and (n_replaced := text.count("\ufffd")):
        notes.append(note("N_UNDECODED", n=n_replaced))
    csv.field_size_limit(_LONGEST_FIELD)
    # a quotation mark that is never closed would make one cell of all that follows
    is_quoted = text.count('"') % 2 == 0
    if not is_quoted:
        notes.append(note("N_QUOTE"))
    delimiter = _delimiter(text, is_quoted)
    text = _SAID.sub("", text, count=1) if _SAID.match(text) else text
    rows: list[list[str]] = []
    n_rows = n_cells = 0
    for row in _records(text, delimiter, is_quoted):
        n_rows += 1
        if len(rows) < MAX_ROWS and n_cells < MAX_CELLS:
            rows.append(row)
            n_cells += len(row)
    if len(rows) < n_rows:
        notes.append(note("N_ROWS", sheet="CSV", read=f"{len(rows):,}", total=f"{n_rows:,}"))
    if (n_uneven := _n_uneven(rows)):
        notes.append(note("N_UNEVEN", n=n_uneven))
    draft = Draft(limits)
    write_rows(draft, rows)
    return draft.extract("csv", Metadata(), notes, is_partial=len(rows) < n_rows)


def _records(text: str, delimiter: str, is_quoted: bool) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True,
                        quoting=csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE)
    return (row for row in reader if row)


def _delimiter(text: str, is_quoted: bool) -> str:
    """The sign that parts the first records into the same number of cells most often, and into the most cells; none
    where only a line here and there has one: a column of sentences."""
    if said := _SAID.match(text):
        return said[1]
    best = (0.0, 0, _NONE)
    for delimiter in _DELIMITERS:
        try:
            sample = [len(row) for row in itertools.islice(_records(text[:500_000], delimiter, is_quoted), _SAMPLE)]
        except csv.Error:
            continue
        width, n = max(Counter(sample).items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        is_one = width > 1 and n >= _LEAST_SHARE * len(sample) and (n > 1 or len(sample) < 3)
        if is_one and (score := (n / len(sample), width, delimiter))[:2] > best[:2]:
            best = score
    return best[2]


def _n_uneven(rows: list[list[str]]) -> int:
    """How many rows have more cells with something in them than the header has columns: their last values have no
    name."""
    width = len(rows[0]) if rows else 0
    return sum(any(cell.strip() for cell in row[width:]) for row in rows) if width > 1 else 0
