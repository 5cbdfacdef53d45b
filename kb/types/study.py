"""What is said of whole works: from the library's records, and in tables with a row for each document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kb.types.record import Record

# How an answer was found: in sentences; in what the library records of its documents; in who cites whom; in the parts
# of a work; beside each other, for two things; document by document.
Route = Literal["sentences", "records", "graph", "summary", "comparison", "list"]


@dataclass(frozen=True, slots=True)
class RecordPlace(Record):
    """What the library records of a document, as evidence.

    field: "title", "authors", "year", "venue", "added" …  value: as it is recorded.  origin: "read" off the document,
    "guessed", "beside" it in a file, "set" by a reader, or "index" it was looked up in; source: which index.
    """

    document: str
    title: str
    path: str
    field: str
    value: str
    origin: Literal["read", "guessed", "beside", "set", "index"] = "read"
    source: str = ""
