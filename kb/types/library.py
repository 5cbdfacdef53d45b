"""What a library says about itself: its documents, their files, its health."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kb.messages import Language, Value, word
from kb.types.document import Edited
from kb.types.record import Described, Note, Noted, Record
from kb.types.scope import ReadingState

FileState = Literal["there", "changed", "gone", "unmounted"]


@dataclass(frozen=True, slots=True)
class FilePath(Record):
    """A path that a document was read from. state: "there", "changed" (size or time are not those that were seen),
    "gone", or "unmounted" (gone, and its disk is not mounted). seen, modified: ISO times, UTC; None where an earlier
    version did not note them."""

    path: str
    state: FileState
    seen: str
    size: int | None = None
    modified: str | None = None

    @property
    def is_gone(self) -> bool:
        """Whether there is no such file now."""
        return self.state in ("gone", "unmounted")


@dataclass(frozen=True, slots=True)
class DocumentInfo(Noted):
    """A row of `kb list`: a document without its text. path: where it was read; paths: all that have these bytes.
    is_gone: none of them is there any more. collections, tags, state: how it is filed."""

    id: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    venue: str | None
    doi: str | None
    arxiv: str | None
    url: str | None
    guessed: tuple[str, ...]
    path: str
    kind: str
    language: Language
    status: str
    notes: tuple[Note, ...]
    n_characters: int
    n_pages: int
    n_passages: int
    added: str
    paths: tuple[FilePath, ...] = ()
    is_gone: bool = False
    edited: tuple[Edited, ...] = ()
    collections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    state: ReadingState = "unread"


@dataclass(frozen=True, slots=True)
class Progress(Record):
    """A step of a long task: `phase` is "scan", "read", "encode", "commit", "index"; done and total count files or
    passages."""

    phase: str
    done: int
    total: int
    item: str = ""


@dataclass(frozen=True, slots=True)
class Finding(Described):
    """Something `verify` or `doctor` saw. level "ok", "repaired", "warning" or "error"; what: the part that was looked
    at. values: what the message names, to say it in another language."""

    level: str
    what: str
    code: str
    message: str
    hint: str = ""
    values: dict[str, Value] = field(default_factory=dict)

    def name(self, language: Language) -> str:
        """The part that was looked at, in the reader's language."""
        setting = self.what.removeprefix("setting ")
        return word(self.what, language) if setting == self.what else f"{word('setting', language)} {setting}"


@dataclass(frozen=True, slots=True)
class Removal(Record):
    """Documents that were removed. notes: what else quoted them and is gone (surveys, answers, kept tables, runs), and
    what may still have something of them."""

    documents: tuple[DocumentInfo, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Status(Record):
    """What `kb status` prints. ready: passages whose vector is there; the others are found by their words only, until
    the next `kb add`.

    bytes: on disk, all files. languages: documents per language. fingerprint: of the vectors stored.
    """

    home: str
    documents: int
    passages: int
    ready: int
    generation: int
    bytes: int
    languages: dict[str, int]
    encoder: str
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Check(Record):
    """The result of `verify` and `doctor`."""

    findings: tuple[Finding, ...] = field(default=())

    @property
    def is_sound(self) -> bool:
        return all(finding.level != "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Backup(Record):
    """A library as one file. made: ISO time, UTC; bytes: of the file; files: kept beside the database, in it as well.
    damaged: rows that were not what was stored when it was made. left_out: links and special files."""

    path: str
    made: str
    version: str
    generation: int
    documents: int
    passages: int
    files: int
    bytes: int
    damaged: int = 0
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Restored(Record):
    """A library that was made of a backup, and what `verify` says of it."""

    home: str
    backup: Backup
    check: Check
