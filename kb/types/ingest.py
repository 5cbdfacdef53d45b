"""Files on their way into a library: as they were seen, prepared to be committed, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from kb.messages import Value
from kb.types.document import DOUBTFUL, Document, Passage
from kb.types.models import Vectors
from kb.types.record import Described, Note, Noted, Record

if TYPE_CHECKING:
    from kb.sentence_vectors import SentenceVectors


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file as it was seen. path: for display; raw: as the system knows it. sidecar: hash of the metadata file beside
    it, "" without one. size in bytes, mtime in nanoseconds, mount: where its disk was mounted; None where they are not
    known."""

    path: str
    raw: bytes
    sha256: str
    sidecar: str = ""
    size: int | None = None
    mtime: int | None = None
    mount: bytes | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be committed: vectors float32 [n, d], one row per passage, in the encoder named by
    `fingerprint`.

    A row of nan is a vector that is still to come: its passage is found by its words until then. sentences: for each
    passage the vectors of its sentences, or None where there are none; empty where there are none at all.
    path_bytes, sidecar_sha256, size, mtime, mount: of its file, see Sighting.
    """

    document: Document
    passages: tuple[Passage, ...]
    vectors: Vectors
    fingerprint: str
    path_bytes: bytes = b""
    sidecar_sha256: str = ""
    size: int = 0
    sentences: tuple[SentenceVectors | None, ...] = ()
    mtime: int | None = None
    mount: bytes | None = None

    @property
    def seen(self) -> Sighting:
        """The file that was read."""
        return Sighting(self.document.path, self.path_bytes, self.document.sha256, self.sidecar_sha256,
                        self.size or None, self.mtime, self.mount)


@dataclass(frozen=True, slots=True)
class Added(Noted):
    """A document that was stored. replaced: id of the earlier version of the same file, or None. moved_from: the path
    of the same bytes before, if that is gone. status, notes: see Document. edited: fields that stay as a reader set
    them, for it or for the earlier version."""

    document: str
    path: str
    title: str
    n_passages: int
    status: str = "ok"
    notes: tuple[Note, ...] = ()
    replaced: str | None = None
    moved_from: str | None = None
    edited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchanged(Record):
    """A file whose bytes are in the library already, under `document`. moved_from: its path before, if it was renamed.
    replaced: id of what was in this file before, if that went with it."""

    document: str
    path: str
    moved_from: str | None = None
    replaced: str | None = None


@dataclass(frozen=True, slots=True)
class Problem(Described):
    """A file that was skipped or failed: what happened, and what to do next. values: what the message names, to say it
    in another language."""

    path: str
    code: str
    message: str
    hint: str
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alike(Record):
    """A document that was added and one that says much the same. share: of the sentences of the shorter one, how many
    both have, word for word or nearly."""

    document: str
    title: str
    other: str
    other_title: str
    share: float


@dataclass(frozen=True, slots=True)
class Report(Record):
    """What became of every file seen: files = added + unchanged + skipped + failed. alike: of what was added, what is
    much like another document; n_uncompared: how many were not looked at for that, because more came at once than are
    compared."""

    added: tuple[Added, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    skipped: tuple[Problem, ...] = ()
    failed: tuple[Problem, ...] = ()
    alike: tuple[Alike, ...] = ()
    n_uncompared: int = 0


ChangeKind = Literal["add", "update", "move", "renew", "copy", "remove"]


@dataclass(frozen=True, slots=True)
class Change(Record):
    """What a file needs so that the library matches its folder. kind: "add"; "update": its bytes, or the metadata
    beside it, are others; "move": renamed; "renew": renamed and changed at once, so that what a reader set of the
    document before stays; "copy": the bytes of another file, kept once; "remove": it is gone.

    was: the path before, of "move" and "renew". document, title: what the library has from it, "" for what is new.
    stays: of "update" and "remove": the document stays, because another file has its bytes.
    """

    kind: ChangeKind
    path: str
    was: str = ""
    document: str = ""
    title: str = ""
    stays: bool = False


@dataclass(frozen=True, slots=True)
class SyncPlan(Record):
    """What `kb sync` would do, and what it would leave: files = counts of all kinds but "remove" + n_unchanged +
    skipped + failed."""

    folder: str
    counts: dict[str, int]
    n_unchanged: int
    changes: tuple[Change, ...] = ()
    skipped: tuple[Problem, ...] = ()
    failed: tuple[Problem, ...] = ()

    def of(self, kind: ChangeKind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)


@dataclass(frozen=True, slots=True)
class SyncReport(Record):
    """What was planned, and what became of every file. is_done: False where it was only said, or not confirmed; the
    rest is empty then. removed: paths that were taken out, with their documents where no other file has them. notes:
    see Removal."""

    plan: SyncPlan
    is_done: bool = False
    added: tuple[Added, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    skipped: tuple[Problem, ...] = ()
    failed: tuple[Problem, ...] = ()
    removed: tuple[Change, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class RecognisedDocument(Record):
    """A document some of whose pages had no text. n_recognised: pages that were recognised now; n_before: those that
    earlier runs have; n_blank: of both, those with nothing to read; n_left: pages still to come, for want of time or
    because they failed. confidence: the mean over the characters recognised; None without any. n_doubtful: lines under
    `doubtful`."""

    document: str
    title: str
    path: str
    n_pages: int
    n_recognised: int
    n_before: int
    n_blank: int
    n_left: int
    confidence: float | None
    n_doubtful: int


@dataclass(frozen=True, slots=True)
class RecognitionReport(Record):
    """What `kb ocr` did. failed: pages and files that could not be read, each with its reason. seconds: of the pages
    recognised now. doubtful: the confidence under which a line is counted as doubtful."""

    documents: tuple[RecognisedDocument, ...] = ()
    failed: tuple[Problem, ...] = ()
    seconds: float = 0.0
    doubtful: float = DOUBTFUL
