"""What the modules of this folder ask of a database: statements in SQLite's words, rows, whether a transaction is open.

SQLite's own connection is one. A server's (store/postgres/) is a `Served`: it takes the same statements and has a
full-text index of its own; nothing else of this folder knows which of the two it speaks to.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from kb.index.lexical import Lexical, LexicalIndex


class Rows(Protocol):
    """What a statement gives."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A database, by one connection."""

    text_factory: Any

    @property
    def in_transaction(self) -> bool: ...

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Rows: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Rows: ...

    def close(self) -> None: ...


class Served(ABC):
    """A connection to a server."""

    @abstractmethod
    def lexical(self) -> Lexical:
        """The full-text index of this database."""

    @abstractmethod
    def keep(self, name: str, data: bytes) -> None:
        """Keeps a file of the library, by its name below files/."""

    @abstractmethod
    def kept(self) -> Iterator[tuple[str, bytes]]:
        """Every file that is kept, by its name below files/."""

    @abstractmethod
    def elsewhere(self, document: str) -> list[tuple[Any, ...]]:
        """The rows of the paths that other instances have of a document; each instance sees its own alone."""

    @abstractmethod
    def keep_elsewhere(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Puts such rows back as they were."""

    @abstractmethod
    def forget(self, paths: Iterable[Path]) -> None:
        """Deletes those of these files that are kept, in whose folder ever."""


def lexical_of(connection: Connection) -> Lexical:
    """The full-text index on this connection."""
    if isinstance(connection, Served):
        return connection.lexical()
    return LexicalIndex(cast(sqlite3.Connection, connection))
