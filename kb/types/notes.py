"""What a reader writes beside documents: notes and highlights, each on a span or on a whole document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kb.types.record import Record

NoteKind = Literal["note", "highlight"]
NoteState = Literal["there", "changed", "gone", "removed"]


@dataclass(frozen=True, slots=True)
class SavedNote(Record):
    """A note as it is stored. quote: the document's words it is on, "" for the whole document, or since that was
    removed; prefix, suffix: what stood around them; start, end: where they stood; n_same: in how many places.
    sha256: of the quote, which finds it again where the removed document comes back."""

    id: str
    kind: NoteKind
    document: str
    title: str
    made: str
    changed: str
    text: str = ""
    tags: tuple[str, ...] = ()
    quote: str = ""
    prefix: str = ""
    suffix: str = ""
    start: int = 0
    end: int = 0
    n_same: int = 1
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class UserNote(Record):
    """A note or a highlight, as it stands now. text, tags: the reader's own words, never the document's.

    state: "there" (its words stand in the document, at start to end), "changed" (at that place other words stand now,
    `now`), "gone" (neither is found: the quote is what it was made on), "removed" (the document was; its words went
    score: how well it fits a question, where it was found for one.
    """

    id: str
    kind: NoteKind
    state: NoteState
    document: str
    title: str
    text: str
    tags: tuple[str, ...]
    quote: str
    now: str
    start: int
    end: int
    page: int | None
    section: tuple[str, ...]
    prefix: str
    suffix: str
    made: str
    changed: str
    score: float = 0.0
