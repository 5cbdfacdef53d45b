"""What bibliographies say of documents: the entries that were imported, and which documents a reader joins or parts as
texts of one work.

Reads, writes: the tables `entries` and `joined` of the library's database, through the connection of a reader or the
writer. Rows leave with their document, and go over to a new version of its file. Of several entries of one document the
first gives its metadata, as a file beside it would; the row has what they were before, so that a later one undoes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from kb.store.connection import Connection
from kb.store.origins import OriginRow
from kb.store.tables import has, sealed, to_json
from kb.types import Entry, Metadata

_COLUMNS = "document, id, entry, said, own"


class EntryRow(NamedTuple):
    """A row. id: what the bibliography calls it; entry: as JSON; said: the metadata it gives, as JSON; own: [read,
    beside] of the document before, as JSON, "" where another entry gives its metadata."""

    document: str
    id: str
    entry: str
    said: str
    own: str = ""

    @property
    def record(self) -> Entry:
        """The entry."""
        return Entry.from_dict(json.loads(self.entry))


class Entries:
    """The tables, of one connection. Writing is for the one writer, inside its transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def exists(self) -> bool:
        """False in a library of a version without them, until its next writer."""
        return has(self._connection, "entries")

    def is_empty(self) -> bool:
        """Whether no bibliography was imported."""
        return not self.exists() or self._connection.execute("SELECT 1 FROM entries LIMIT 1").fetchone() is None

    def rows(self, *documents: str | None) -> list[EntryRow]:
        """The entries of these documents, those that give metadata first; of all where none are named."""
        if not self.exists():
            return []
        order = "ORDER BY document, own = '', id"
        if not documents:
            return [EntryRow(*row) for row in self._connection.execute(f"SELECT {_COLUMNS} FROM entries {order}")]
        return [EntryRow(*row) for document in dict.fromkeys(documents) if document for row in self._connection.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE document = ? {order}", (document,))]

    def keep(self, document: str, rows: Iterable[EntryRow]) -> None:
        """Gives the document these rows."""
        self._connection.executemany("INSERT OR REPLACE INTO entries VALUES (?,?,?,?,?,?)",
                                     (sealed(row._replace(document=document)) for row in rows))

    def drop(self, document: str) -> None:
        """Takes out the entries of a document."""
        self._connection.execute("DELETE FROM entries WHERE document = ?", (document,))

    def joined(self) -> dict[tuple[str, str], bool]:
        """Pairs of documents of which a reader said that they are one work, or (False) are not."""
        if not has(self._connection, "joined"):
            return {}
        rows = self._connection.execute("SELECT document, other, is_one FROM joined ORDER BY time")
        return {(document, other): bool(is_one) for document, other, is_one in rows}

    def join(self, document: str, other: str, *, is_one: bool) -> None:
        """Notes that two documents are one work, or are not."""
        one, two = sorted((document, other))
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        self._connection.execute("INSERT OR REPLACE INTO joined VALUES (?,?,?,?,?)",
                                 sealed((one, two, int(is_one), now)))

    def move_joined(self, document: str, to: str) -> None:
        """What was said of a document is said of the one that takes its place."""
        for (one, two), is_one in self.joined().items():
            if document in (one, two):
                other = two if one == document else one
                if other != to:
                    self.join(to, other, is_one=is_one)


def over(origin: OriginRow, rows: Sequence[EntryRow], *, own: str = "") -> tuple[OriginRow, list[EntryRow]]:
    """(the origins of a document with what the first of its entries says of it, the rows as they are kept then).
    origin: as it was read, without any entry; own: what it was before, where that is known."""
    first: dict[str, EntryRow] = {}
    for row in rows:
        first.setdefault(row.id, row)
    rows = list(first.values())
    if not rows:
        return origin, []
    before = own or to_json([origin.read, origin.beside])
    read, beside = json.loads(before)
    values, names = json.loads(read), json.loads(beside)
    said = {name: value for name, value in json.loads(rows[0].said).items() if value and name != "guessed"}
    values |= said
    values["guessed"] = [name for name in values["guessed"] if name not in said]
    known = list(Metadata.__dataclass_fields__)
    beside = to_json([name for name in (*known, "language") if name in said or name in names])
    return (origin._replace(read=to_json(values), beside=beside),
            [row._replace(own="" if i else before) for i, row in enumerate(rows)])
