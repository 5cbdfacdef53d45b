"""Notes and highlights of the reader: on a span of a document or on all of it.

Reads, writes: the table `notes` of the library's database, through the connection of a reader or the writer. A note
goes over to a new version of its file. It stays when its document is removed, in the reader's own words alone: the
document's words go, and come back with it, by where they stood and their hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import replace

from kb.store.connection import Connection
from kb.store.tables import digest, has, sealed, to_json
from kb.types import SavedNote

Change = Callable[[SavedNote], SavedNote]
CONTEXT = 64  # characters kept on each side of a quote


class Notes:
    """The table, of one connection. Writing is for the one writer, inside its transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def exists(self) -> bool:
        """False in a library of a version without notes, until its next writer."""
        return has(self._connection, "notes")

    def all(self) -> list[SavedNote]:
        """Every note, in the order they were made."""
        return self._where("")

    def of(self, document: str) -> list[SavedNote]:
        """The notes on a document (its whole id)."""
        return self._where(" WHERE document = ?", document)

    def starting(self, id: str) -> list[SavedNote]:
        """The note with this id, or those whose id begins so."""
        found = self._where(" WHERE substr(id, 1, ?) = ?", len(id), id) if id else []
        return [note for note in found if note.id == id] or found

    def _where(self, where: str, *values: object) -> list[SavedNote]:
        if not self.exists():
            return []
        rows = self._connection.execute(f"SELECT note FROM notes{where} ORDER BY made, id", values)
        return [note for (saved,) in rows if (note := _read(saved)) is not None]

    def put(self, note: SavedNote) -> None:
        """Keeps a note, instead of the one with its id."""
        row = (note.id, note.document, note.made, to_json(note.to_dict()))
        self._connection.execute("INSERT OR REPLACE INTO notes VALUES (?,?,?,?,?)", sealed(row))

    def delete(self, ids: Iterable[str]) -> int:
        """Deletes notes by their whole ids; gives how many there were."""
        return sum(self._connection.execute("DELETE FROM notes WHERE id = ?", (id,)).rowcount for id in ids)

    # --- when documents come and go

    def follow(self, before: str, now: str) -> None:
        """The notes on a document are on the one that its file holds now."""
        self._change(before, lambda note: replace(note, document=now))

    def forget_document(self, document: str) -> int:
        """Takes a document's words out of the notes on it; gives how many stay, in the reader's words alone."""
        return self._change(document, lambda note: replace(note, title="", quote="", prefix="", suffix=""))

    def come_back(self, document: str, title: str, text: str) -> None:
        """Gives the notes on a document that was removed its words again, where it has them at their old place."""
        def with_words(note: SavedNote) -> SavedNote:
            quote = text[note.start:note.end]
            if note.title or note.sha256 and hash_of(quote) != note.sha256:
                return note
            return with_quote(replace(note, title=title), text, note.start, note.end) if note.sha256 else replace(
                note, title=title)

        self._change(document, with_words)

    def _change(self, document: str, change: Change) -> int:
        """Changes the notes on a document; a row that was damaged stays so."""
        if not self.exists():
            return 0
        rows = self._connection.execute("SELECT id, document, made, note, digest FROM notes WHERE document = ?",
                                        (document,)).fetchall()
        for *old, saved in rows:
            if (note := _read(old[3])) is None:
                continue
            after = change(note)
            new = (old[0], after.document, old[2], to_json(after.to_dict()))
            self._connection.execute("UPDATE notes SET document = ?, note = ?, digest = ? WHERE id = ?",
                                     (new[1], new[3], digest(new) if digest(old) == saved else saved, old[0]))
        return len(rows)


def _read(saved: str) -> SavedNote | None:
    """None for a row so damaged that it says nothing; `kb verify` names it."""
    try:
        return SavedNote.from_dict(json.loads(saved))
    except (ValueError, TypeError, AttributeError):
        return None


def with_quote(note: SavedNote, text: str, start: int, end: int) -> SavedNote:
    """The note on this span of its document's text."""
    quote = text[start:end]
    return replace(note, quote=quote, prefix=text[max(0, start - CONTEXT):start], suffix=text[end:end + CONTEXT],
                   start=start, end=end, sha256=hash_of(quote))


def hash_of(quote: str) -> str:
    """The sha-256 of a quote."""
    return hashlib.sha256(quote.encode("utf-8", "surrogatepass")).hexdigest()
