"""A whole library from one place to another: from a folder to a server, back, or between two of a kind.

Every row goes over as it is, with its hash, in one transaction; then both sides are read and compared, and only what is
the same is committed. The full-text index is made anew, as each place has its own; the vectors' index files follow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kb.errors import LibraryError
from kb.store import Store
from kb.store.backup import files_beside
from kb.store.connection import Connection, Served
from kb.store.files import replace
from kb.store.rows import Table, own_tables
from kb.store.tables import marks
from kb.store.writer import Writer
from kb.types import Record

Told = Callable[[int, int, str], None]  # rows done, rows in all, table
_FIRST = ("meta", "documents", "passages")  # what the others refer to
_BLOCK = 500  # rows


@dataclass(frozen=True, slots=True)
class Copied(Record):
    """What was copied, and is the same on both sides. rows: of each table; sha256: of every row of all of them; files:
    how many of those that the library keeps beside its database."""

    rows: dict[str, int]
    sha256: str
    files: int


def copy(source: Store, target: Store, told: Told) -> Copied:
    """Copies a library to where none is. Nobody writes to either meanwhile; nothing is there after a failure.

    Errors: LibraryError E_COPY_THERE, E_COPY_DAMAGED before anything is done; E_COPY_DIFFERS; those of both stores.
    """
    if target.exists():
        raise LibraryError("E_COPY_THERE", place=target.server or target.home)
    with source.write("copy") as giver:
        if damaged := [row for table in own_tables(giver.connection) for row in table.damaged()]:
            raise LibraryError("E_COPY_DAMAGED", n=len(damaged), place=source.server or source.home)
        with target.write("copy") as taker:
            return _copied(giver, taker, told)


def _copied(giver: Writer, taker: Writer, told: Told) -> Copied:
    tables = sorted(own_tables(giver.connection), key=lambda table: (table.name not in _FIRST, *(
        (_FIRST.index(table.name), "") if table.name in _FIRST else (0, table.name))))
    sizes = {table.name: int(giver.connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0])
             for table in tables}
    done, total = 0, sum(sizes.values())
    with taker.together():
        to = taker.connection
        to.execute("DELETE FROM meta")
        for table in tables:
            insert = f"INSERT INTO {table.name}({_names(table)}) VALUES ({marks([*table.columns, 'digest'])})"
            for block in blocks(giver.connection, table):
                told(done, total, table.name)
                to.executemany(insert, block)
                done += len(block)
        to.execute("DELETE FROM sqlite_sequence")
        to.executemany("INSERT INTO sqlite_sequence(name, seq) VALUES (?,?)",
                       giver.connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
        told(done, total, "terms")
        documents = [row[0] for row in to.execute("SELECT id FROM documents ORDER BY rowid").fetchall()]
        taker.lexical.recreate()
        taker.lexical.add(row for document in documents for row in taker.term_rows(document))
        found = _sum_of(giver.connection, tables)
        if _sum_of(to, tables) != found:
            raise LibraryError("E_COPY_DIFFERS")
        n_files = _copy_files(giver, taker)
        taker.settle()
    return Copied(sizes, found, n_files)


def blocks(connection: Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table with their hashes, some hundreds at a time, in an order that is the same everywhere:
    documents as they came, others by their key."""
    names = _names(table)
    key = ["rowid"] if table.name == "documents" else table.key_columns
    order, after = ", ".join(key), None
    while True:
        where = f"WHERE ({order}) > ({marks(key)}) " if after is not None else ""
        rows = connection.execute(f"SELECT {names}, {order} FROM {table.name} {where}ORDER BY {order} LIMIT {_BLOCK}",
                                  after or ()).fetchall()
        if not rows:
            return
        yield [tuple(row[:-len(key)]) for row in rows]
        after = rows[-1][-len(key):]


def _names(table: Table) -> str:
    return ", ".join(f'"{name}"' for name in (*table.columns, "digest"))


def _sum_of(connection: Connection, tables: list[Table]) -> str:
    """A hash over every value of every row."""
    found = hashlib.sha256()
    for table in tables:
        found.update(f"\n{table.name}\n".encode())
        for block in blocks(connection, table):
            for row in block:
                for value in row:
                    data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
                    found.update(len(data).to_bytes(8, "little") + data)
    return found.hexdigest()


def _copy_files(giver: Writer, taker: Writer) -> int:
    """What the library keeps beside its database goes into the other's folder."""
    n = 0
    for name, path in files_beside(giver.home)[0]:
        n += _put(taker, name, path.read_bytes())
    if isinstance(giver.connection, Served):
        for name, data in giver.connection.kept():
            n += _put(taker, f"files/{name}", data)
    return n


def _put(taker: Writer, name: str, data: bytes) -> bool:
    """Whether it was not there."""
    to = taker.home / name
    if is_new := not to.exists():
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(to, data)
    if isinstance(taker.connection, Served) and name.startswith("files/"):
        taker.connection.keep(name.removeprefix("files/"), data)
    return is_new
