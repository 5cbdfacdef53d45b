"""Which rows of a library are not what was stored: every column of every row of every table has to agree with the hash
beside it.

Each table of the library's own has a column `digest`, a hash of all other columns in their order, so a table or a
column that is new is looked at without a word here. Rows of earlier versions whose hash leaves columns out, or which
have none, are told apart: they are checked by what follows from other rows, as far as it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kb.store.connection import Connection
from kb.store.tables import digest
from kb.text import one_line

_KINDS = {"TEXT": "text", "INTEGER": "integer", "BLOB": "blob"}
_NOT_OWN = ("terms", "vocabulary", "sqlite_")  # the full-text index and SQLite's own, which are checked otherwise
# The columns that a row's hash was of before it was of all; tables that are not named had none.
_EARLIER = {"vectors": slice(1, 2), "sentences": slice(1, 2), "turns": slice(1, 5)}


class Damaged(NamedTuple):
    """A row that is not what was stored. row: its key, to be shown; column: which, "" where that is not known; place:
    its key, as `Table.where` takes it."""

    table: str
    row: str
    column: str
    place: tuple[Any, ...] = ()


class Table:
    """The rows of one table, by its schema."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self.name = name
        found = connection.execute(f"PRAGMA table_info({name})").fetchall()
        self.columns = {row[1]: _KINDS.get(row[2], "") for row in found if row[1] != "digest"}
        self._may_be_null = {row[1] for row in found if not row[3] and not row[5]}
        self.key_columns = key = [str(row[1]) for row in sorted(found, key=lambda row: int(row[5])) if row[5]]
        self._key = [list(self.columns).index(name) for name in key]
        # What a key is compared by: a damaged one may be no text any more.
        self.where = " AND ".join(f"CAST({name} AS BLOB) = CAST(? AS BLOB)" for name in key)

    def __iter__(self) -> Iterator[tuple[tuple[Any, ...], bytes | None, list[str]]]:
        """(the columns but the hash, the hash, the kind of each) of each row; texts are bytes, since those of a damaged
        row may be none."""
        kinds = ", ".join(f"typeof({name})" for name in self.columns)
        before, self._connection.text_factory = self._connection.text_factory, bytes
        try:
            for row in self._connection.execute(f"SELECT {', '.join(self.columns)}, digest, {kinds} FROM {self.name}"):
                n = len(self.columns)
                yield row[:n], row[n], [kind.decode() for kind in row[n + 1:]]
        finally:
            self._connection.text_factory = before

    def key(self, row: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(row[i] for i in self._key)

    def damaged(self) -> list[Damaged]:
        """Rows that do not agree with their hash, or have a value of another kind than their column."""
        found = []
        for row, saved, kinds in self:
            wrong = [name for (name, kind), value, actual in zip(self.columns.items(), row, kinds, strict=True)
                     if actual != kind and not (value is None and name in self._may_be_null)]
            if wrong or not (digest(row) == saved or self._is_earlier(row, saved)):
                found.append(Damaged(self.name, shown(self.key(row)), wrong[0] if wrong else "", self.key(row)))
        return found

    def earlier(self) -> list[tuple[Any, ...]]:
        """The keys of the sound rows whose hash is not of all columns, or which have none."""
        return [self.key(row) for row, saved, _ in self if digest(row) != saved and self._is_earlier(row, saved)]

    def _is_earlier(self, row: Sequence[Any], saved: bytes | None) -> bool:
        if self.name in _EARLIER:
            return digest(row[_EARLIER[self.name]]) == saved
        return saved is None

    def seal(self, keys: Sequence[tuple[Any, ...]]) -> None:
        """Gives these rows a hash of all their columns."""
        for key in keys:
            self._connection.text_factory = bytes
            try:
                row = self._connection.execute(f"SELECT {', '.join(self.columns)} FROM {self.name} WHERE {self.where}",
                                               key).fetchone()
            finally:
                self._connection.text_factory = str
            self._connection.execute(f"UPDATE {self.name} SET digest = ? WHERE {self.where}", (digest(row), *key))

    def drop(self, damaged: Sequence[Damaged]) -> None:
        """Takes out rows that can be made again."""
        self._connection.executemany(f"DELETE FROM {self.name} WHERE {self.where}", (row.place for row in damaged))


def own_tables(connection: Connection) -> list[Table]:
    """Every table that the library keeps its content in."""
    names = [str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [Table(connection, name) for name in sorted(names) if not name.startswith(_NOT_OWN)]


def shown(key: Sequence[Any]) -> str:
    """A row's key for the eye."""
    return one_line(", ".join(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                              for value in key), 120)
