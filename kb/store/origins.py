"""Where the metadata of a document come from: what was read, what a file beside it says, what a reader set.

A row stands for each document of which a metadata file or a reader has said something; the table of documents has what
follows from all of it. What a reader set wins, however often the document is read again, until it is cleared.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from kb.store.connection import Connection
from kb.store.tables import digest, from_metadata, to_json, to_metadata
from kb.types import Edited, Language, Metadata

EDITABLE = ("title", "authors", "year", "venue", "doi", "arxiv", "language")
_COLUMNS = "document, read, language, beside, edits"
_GUESSED_FROM = "library"  # the source of what other documents say: a guess, which what the document itself says undoes


class OriginRow(NamedTuple):
    """A row of the table. read, language: as the document was read; beside: names, as JSON; edits: name -> [value,
    time], as JSON."""

    document: str
    read: str
    language: Language
    beside: str = "[]"
    edits: str = "{}"

    def edited(self, values: Mapping[str, Any], clear: Collection[str], source: str = "") -> OriginRow:
        """The row with these values set now and the edits of these names gone. A value that is set already keeps its
        time. source: where they were looked up."""
        edits, now = json.loads(self.edits), datetime.now(UTC).isoformat(timespec="seconds")
        for name, value in values.items():
            kept = list(value) if isinstance(value, tuple) else value
            if name not in edits or edits[name][0] != kept:
                edits[name] = [kept, now, source] if source else [kept, now]
        return self._replace(edits=to_json({name: edits[name] for name in EDITABLE
                                            if name in edits and name not in clear}))

    @property
    def is_edited(self) -> bool:
        """Whether anything was set, by a reader or a look-up."""
        return bool(json.loads(self.edits))

    def names(self) -> tuple[str, ...]:
        """The fields that a reader set, not those that were looked up."""
        return tuple(name for name, saved in json.loads(self.edits).items() if not _source(saved))

    def result(self) -> tuple[Metadata, Language]:
        """The metadata and the language that follow from what was read and what was set."""
        read = to_metadata(self.read, self.beside)
        edits = {name: saved for name, saved in json.loads(self.edits).items()
                 if _source(saved) != _GUESSED_FROM or name in read.guessed or not getattr(read, name)}
        values = {name: saved[0] for name, saved in edits.items()}
        language = values.pop("language", self.language)
        if "authors" in values:
            values["authors"] = tuple(values["authors"])
        edited = tuple(Edited(name, *saved[1:]) for name, saved in edits.items())
        quoted = {item.field for item in edited if item.source == _GUESSED_FROM}
        guessed = (*(name for name in read.guessed if name not in values or name in quoted),
                   *(name for name in values if name in quoted and name not in read.guessed))
        return dataclasses.replace(read, **values, edited=edited, guessed=guessed), language


def _source(saved: list[Any]) -> str:
    """Where an edit was looked up, "" for a reader's own."""
    return saved[2] if len(saved) > 2 else ""


def row_of(document: str, metadata: Metadata, language: Language) -> OriginRow:
    """The row of a document that was just read."""
    return OriginRow(document, from_metadata(metadata), language, to_json(list(metadata.beside)))


class Origins:
    """The table, of one connection. Writing is for the one writer, inside its transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, document: str) -> OriginRow | None:
        """What is known of where its metadata come from; None where it is only what was read."""
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM origins WHERE document = ?", (document,)).fetchone()
        return OriginRow(*row) if row else None

    def is_sound(self, document: str) -> bool:
        """Whether its row, if there is one, is as it was written."""
        row = self._connection.execute(f"SELECT {_COLUMNS}, digest FROM origins WHERE document = ?",
                                       (document,)).fetchone()
        return row is None or digest(row[:-1]) == row[-1]

    def put(self, row: OriginRow, *, is_sound: bool = True) -> None:
        """Keeps the row, if it says anything. is_sound: False keeps it damaged, where it takes over what was."""
        self._connection.execute("DELETE FROM origins WHERE document = ?", (row.document,))
        if row.edits != "{}" or row.beside != "[]" or not is_sound:
            self._connection.execute("INSERT INTO origins VALUES (?,?,?,?,?,?)",
                                     (*row, digest(row) if is_sound else b""))
