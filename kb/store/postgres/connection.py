"""A connection to a server that the modules of kb/store use as they use SQLite's."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.errors import LibraryError
from kb.store.connection import Served
from kb.store.postgres import kept
from kb.store.postgres.dialect import PATHS, in_lists, translated
from kb.store.postgres.errors import LostConnection, Refused, as_sqlite
from kb.store.postgres.lexical import PostgresLexical
from kb.store.postgres.postings import Entries
from kb.store.postgres.schema import COLUMNS, HELPERS, IS_READY, SCHEMA

if TYPE_CHECKING:
    import psycopg

OLDEST = 14  # version of the server
_VALUES = re.compile(r"VALUES\s*\([$0-9, ]+\)$")
_MANY = 5_000  # rows, after which the tables are tidied at the writer's end; the server does it by itself in a minute
_ROWS = 500  # in one statement; a server takes 65,535 values
_MAKING = 0x6B62_0002
_PATIENCE = 10  # seconds until a server that does not answer is given up
_PRAGMAS: dict[str, list[Any]] = {"wal_checkpoint": [(0, 0, 0)], "integrity_check": [("ok",)], "foreign_key_check": []}


class Result:
    """The rows of a statement, and how many it changed."""

    def __init__(self, rows: list[Any], rowcount: int = -1) -> None:
        self.rowcount = rowcount
        self._rows = iter(rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)


class PostgresConnection(Served):
    """The little of sqlite3.Connection that kb/store uses. Errors are sqlite3's."""

    def __init__(self, address: str, instance: str, command: str = "read") -> None:
        """instance: whose paths are seen. Errors: LibraryError E_PG_UNREACHABLE, E_PG_REFUSED, E_PG_OLD,
        E_PG_ENCODING; ImportError."""
        self.text_factory: Any = str
        self.recent: dict[int, dict[str, Entries]] = {}  # see lexical.py
        self._n_written = 0  # rows, since the tables were tidied
        self._server = _connect(address, instance, command)
        self._translated = lru_cache(maxsize=500)(lambda sql: translated(sql, self._columns))
        self._known: dict[str, tuple[list[str], list[str]]] = {}

    def lexical(self) -> PostgresLexical:
        return PostgresLexical(self)

    def keep(self, name: str, data: bytes) -> None:
        kept.put(self, name, data)

    def kept(self) -> Iterator[tuple[str, bytes]]:
        for name in kept.names(self):
            if (data := kept.get(self, name)) is not None:
                yield name, data

    def forget(self, paths: Iterable[Path]) -> None:
        kept.forget(self, paths)

    def elsewhere(self, document: str) -> list[tuple[Any, ...]]:
        return self.run(f"SELECT * FROM {PATHS} WHERE document = $1 AND instance <> current_setting('kb.instance')",
                        (document,))

    def keep_elsewhere(self, rows: Sequence[tuple[Any, ...]]) -> None:
        for row in rows:
            self.run(f"INSERT INTO {PATHS} VALUES ({', '.join(f'${n}' for n in range(1, len(row) + 1))})", row)

    @property
    def in_transaction(self) -> bool:
        return not self._server.closed and self._server.info.transaction_status != 0

    @property
    def is_closed(self) -> bool:
        return bool(self._server.closed)

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Result:
        if sql.startswith("PRAGMA "):
            return self._pragma(sql.removeprefix("PRAGMA "))
        sql, parameters = in_lists(sql, parameters)
        first, *rest = self._translated(sql)
        with as_sqlite():
            found = self._run(first, parameters)
            for statement in rest:
                self._run(statement)
        return found

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Result:
        statement, = self._translated(sql)
        several = list(parameters)
        self._n_written += len(several)
        if not several:
            return Result([], 0)
        with as_sqlite(), self._server.cursor() as cursor:
            if " ON CONFLICT" in statement or (found := _VALUES.search(statement)) is None:
                cursor.executemany(statement, several)
                return Result([], cursor.rowcount)
            # Many rows in one statement: the counter of the table is a row that each statement updates, and one that
            # is updated n times in a transaction costs n² / 2 steps.
            n = len(several[0])
            for first in range(0, len(several), _ROWS):
                some = several[first:first + _ROWS]
                rows = (f"({', '.join(f'${i + k}' for k in range(1, n + 1))})" for i in range(0, n * len(some), n))
                cursor.execute(statement[:found.start()] + "VALUES " + ", ".join(rows),
                               [value for row in some for value in row])
            return Result([], len(several))

    def fill(self, table: str, types: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Puts many rows into a table, ten times as fast as statements do."""
        with (as_sqlite(), self._server.cursor() as cursor,
              cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy):
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
                self._n_written += 1

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """The rows of a statement in the server's own words."""
        with as_sqlite():
            return self._run(statement, parameters).fetchall()

    def tidy(self) -> None:
        """After many rows were written: the server learns what is in the tables now, what is gone makes room, and
        counts are read off the index alone."""
        if self._n_written >= _MANY:
            self.run("VACUUM (ANALYZE)")
            self._n_written = 0

    def close(self) -> None:
        self._server.close()

    def prepare(self) -> None:
        """Makes what the tables stand on, where it is not there. Errors: as `execute`."""
        if not self.run(IS_READY)[0][0]:
            with as_sqlite(), self._server.transaction():
                self._run("SELECT pg_advisory_xact_lock($1)", (_MAKING,))  # two that begin at once
                for statement in HELPERS:
                    self._run(statement)

    def has_library(self) -> bool:
        """Whether there is one: the tables are made in one transaction."""
        return self.run(f"SELECT to_regclass('{SCHEMA}.meta') IS NOT NULL")[0][0] is True

    def _run(self, statement: str, parameters: Sequence[Any] = ()) -> Result:
        with self._server.cursor(binary=True) as cursor:
            cursor.execute(statement, parameters or None)
            rows: list[Any] = cursor.fetchall() if cursor.description is not None else []
            if self.text_factory is bytes:
                rows = [tuple(value.encode() if isinstance(value, str) else value for value in row) for row in rows]
            return Result(rows, cursor.rowcount)

    def _pragma(self, what: str) -> Result:
        name, _, value = what.rstrip(")").partition("(")
        if name == "table_info":
            with as_sqlite():
                factory, self.text_factory = self.text_factory, str
                try:
                    return self._run(COLUMNS, (PATHS if value == "paths" else value,))
                finally:
                    self.text_factory = factory
        return Result(list(_PRAGMAS.get(name, [])))

    def _columns(self, table: str) -> tuple[list[str], list[str]]:
        """(the key of a table, all its columns)."""
        if table not in self._known:
            rows = self._pragma(f"table_info({table})").fetchall()
            self._known[table] = ([row[1] for row in sorted(rows, key=lambda row: int(row[5])) if row[5]],
                                  [row[1] for row in rows])
        return self._known[table]


def _connect(address: str, instance: str, command: str) -> psycopg.Connection[Any]:
    import psycopg
    from psycopg.types.numeric import Int8BinaryDumper
    from psycopg.types.string import BytesBinaryDumper

    name = f"kb {command} ({socket.gethostname()[:30]} {os.getpid()})"
    try:
        with as_sqlite():
            server = psycopg.connect(address, autocommit=True, cursor_factory=psycopg.RawCursor, application_name=name,
                                     connect_timeout=_PATIENCE, keepalives_idle=30, keepalives_interval=10,
                                     keepalives_count=3)
    except (LostConnection, Refused) as error:
        says = str(error)
        is_there = isinstance(error, Refused) or "FATAL" in says or "no password supplied" in says
        raise LibraryError("E_PG_REFUSED" if is_there else "E_PG_UNREACHABLE", server=address, detail=says) from error
    except sqlite3.Error as error:
        raise LibraryError("E_PG_UNREACHABLE", server=address, detail=str(error)) from error
    if server.info.server_version < OLDEST * 10_000:
        found = server.info.server_version // 10_000
        server.close()
        raise LibraryError("E_PG_OLD", found=found, oldest=OLDEST)
    if (encoding := server.info.parameter_status("server_encoding")) != "UTF8":
        server.close()
        raise LibraryError("E_PG_ENCODING", server=address, found=encoding)
    server.adapters.register_dumper(int, Int8BinaryDumper)
    server.adapters.register_dumper(bytes, BytesBinaryDumper)
    with as_sqlite():
        server.execute(f"SET search_path TO {SCHEMA}, public")
        server.execute("SELECT set_config('kb.instance', $1, false)", (instance,))
        server.execute("SET client_encoding TO 'UTF8'")
        server.execute("SET synchronous_commit TO on")
    return server
