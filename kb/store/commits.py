"""Transactions of the one writer, and what follows the last one: a generation for each, removed words out of the file,
the log folded in, a token for the next index file."""

from __future__ import annotations

import contextlib
import logging
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kb.store.cache import IndexFiles
from kb.store.checks import Checks
from kb.store.connection import Connection
from kb.store.staged import Staged
from kb.store.tables import DOCUMENT_COLUMNS, next_number, sealed, to_json

log = logging.getLogger(__name__)


class Commits(Checks):
    """What every method of the writer stands on."""

    def __init__(self, connection: Connection, home: Path, index: IndexFiles) -> None:
        super().__init__(connection, home)
        self._index = index
        self.staged = Staged(connection)
        self._has_advanced = False  # in the transaction that is open
        self._claimed = ""  # the encoder that was found to be this library's in it

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside becomes one transaction: all of it or nothing, and one wait for the disk instead of
        many."""
        with self._transaction():
            yield

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._connection.in_transaction:  # inside `together`
            yield self._connection
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._has_advanced, self._claimed = False, ""
        try:
            yield self._connection
            self._note_counters()
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def forget_bases(self) -> None:
        """No index file is accepted any more, and readers share nothing with what they have."""
        self._set_meta("index", to_json({"epoch": secrets.token_hex(8), "bases": []}))

    @property
    def connection(self) -> Connection:
        """For those who copy the library: every table as it is."""
        return self._connection

    def settle(self) -> None:
        """After rows were taken from another library: its index files are not this one's, its words are found anew."""
        self.forget_bases()
        self._set_meta("purge", "0")
        self._advance()

    def purge_is_due(self) -> bool:
        return self.meta("purge") == "1"

    def finish(self) -> None:
        """After the last transaction: removed words leave the file, the log is folded in, the vector cache is renewed
        if it is due."""
        purges = self.purge_is_due()
        if purges:
            self.lexical.optimize()
            self._set_meta("purge", "0")
        try:
            announces = self._index.announce(self, self._set_meta)
        except sqlite3.OperationalError as error:  # a full disk; what was committed is safe
            log.warning("the vector cache is not renewed (%s)", error)
            announces = False
        # An open reader keeps the log alive: do not wait for it, the next writer folds the log in.
        self._connection.execute("PRAGMA busy_timeout = 50")
        was_busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        self._connection.execute("PRAGMA busy_timeout = 5000")
        if was_busy and purges:
            self._set_meta("purge", "1")
        if announces:
            self._index.renew(self)

    def _advance(self) -> None:
        """Another generation, once a transaction: nobody sees a part of one."""
        if not self._has_advanced:
            self._set_meta("generation", str(self.generation() + 1))
            self._has_advanced = True

    def _note_counters(self) -> None:
        """Keeps which numbers were given, with a hash: SQLite's own note of it has none, and a number that is given
        twice would make one passage stand for another."""
        counters = to_json(dict(self._connection.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name")))
        if counters != self.meta("counters"):
            self._set_meta("counters", counters)

    def _next(self, table: str, key: str) -> int:
        """The number of the table's next row."""
        return next_number(self._connection, table, key)

    def _document_row(self, document: str) -> tuple[Any, ...]:
        """The row of a document as it is stored, its hash last."""
        return tuple(self._connection.execute(f"SELECT {DOCUMENT_COLUMNS} FROM documents WHERE id = ?",
                                              (document,)).fetchone())

    def _set_meta(self, key: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?,?,?)", sealed((key, value)))
