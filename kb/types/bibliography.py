"""An entry of a bibliography, as every format of the field can carry it, and what became of one that was imported."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from kb.types.ingest import Problem
from kb.types.record import Record

# The kinds of works of CSL 1.0.2 that are told apart; every format is written and read by these.
ENTRY_TYPES = ("article-journal", "article-magazine", "article-newspaper", "article", "paper-conference", "book",
               "chapter", "thesis", "report", "webpage", "dataset", "software", "patent", "standard", "manuscript",
               "document")
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U000323af]+")


@dataclass(frozen=True, slots=True)
class Person(Record):
    """A name in its parts; a body, or a name that is not parted, is `family` alone."""

    family: str
    given: str = ""
    suffix: str = ""

    @property
    def full(self) -> str:
        """The name as it is called: "Ashish Vaswani", "张三"."""
        if self.given and _HAN.fullmatch(self.family + self.given):
            return self.family + self.given
        return " ".join(part for part in (self.given, self.family, self.suffix) if part)


@dataclass(frozen=True, slots=True)
class Entry(Record):
    """What a bibliography says of one work. type: one of ENTRY_TYPES.  issued, accessed: "2017", "2017-06" or
    "2017-06-12"; container: the journal or book it stands in; genre: "PhD thesis".  number: of a report, patent or
    standard.  files: paths as the bibliography has them.  source_id: what a program calls it, where the key may change.
    """

    key: str
    type: str
    title: str
    authors: tuple[Person, ...] = ()
    editors: tuple[Person, ...] = ()
    issued: str = ""
    container: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publisher: str = ""
    place: str = ""
    edition: str = ""
    number: str = ""
    genre: str = ""
    doi: str = ""
    arxiv: str = ""
    isbn: str = ""
    issn: str = ""
    url: str = ""
    accessed: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    language: str = ""
    note: str = ""
    files: tuple[str, ...] = ()
    source_id: str = ""

    @property
    def year(self) -> int | None:
        """The year it came out."""
        return int(self.issued[:4]) if self.issued[:4].isdigit() else None

    def to_json(self) -> dict[str, Any]:
        """The fields that say something, which is how entries are kept."""
        return {name: value for name, value in self.to_dict().items() if value or name in ("key", "type", "title")}


@dataclass(frozen=True, slots=True)
class ImportedEntry(Record):
    """What became of an entry. state: "document" (its metadata are those of this document now), "abstract" (a work of
    its own without a file), "unchanged"; merged: whether a document that was there before has it."""

    key: str
    title: str
    document: str
    state: str
    merged: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport(Record):
    """What an import did, entry by entry. failed: entries and files that could not be imported, each with the
    reason."""

    entries: tuple[ImportedEntry, ...] = ()
    failed: tuple[Problem, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkInfo(Record):
    """A work: documents that are texts of one. documents: ids, the fullest text first; why: what joins them: "doi",
    "arxiv", "title", "hand"."""

    id: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    documents: tuple[str, ...]
    kinds: tuple[str, ...]
    why: tuple[str, ...] = ()
