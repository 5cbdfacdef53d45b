"""BM25 over Chinese and English terms, inside the library's own SQLite file.

Reads: passages as text.  Gives: scores and passage ids. It is written in the same transaction as the passages, so it is
never behind them and never rebuilt for a question. Terms come from text.py: FTS5's own tokenizer finds one Chinese
question in ten.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Protocol

import numpy as np

from kb.index.selection import Selection
from kb.text import search_terms
from kb.types import Ids, Vectors

_AT_ONCE = 5000  # terms in one SQL statement; SQLite's own limit is 32,766
# body: the passage. context: title and headings, at a fraction of the weight.
CONTEXT_WEIGHT = 0.6
SCHEMA = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS terms USING fts5(body, context, tokenize = \"unicode61 remove_diacritics 0\")",
    "CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab(terms, 'row')",
)


class Lexical(Protocol):
    """Full-text search on one connection; the caller owns the transaction."""

    def create(self) -> None:
        """Makes the index, empty."""
        ...

    def recreate(self) -> None:
        """Makes it anew, empty, however damaged it is."""
        ...

    def add(self, rows: Iterable[tuple[int, str, str]]) -> None:
        """rows: (passage id, text, title and headings)."""
        ...

    def remove(self, ids: Ids) -> None: ...

    def clear(self) -> None: ...

    def optimize(self) -> None:
        """What was removed is not there any more in any form."""
        ...

    def search(self, terms: Sequence[str], k: int, among: Selection | None = None) -> tuple[Vectors, Ids]:
        """(scores [n], ids [n]), best first, n <= k: passages with any of the terms, scored by BM25 (k1 1.2, b
        0.75). among: those that may be found; what a term weighs stays that of the library."""
        ...

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        """Term -> passages that hold it (body or context), in the order asked; 0 for a term that occurs nowhere."""
        ...

    def occurring(self, terms: Sequence[str]) -> dict[str, int]:
        """Term -> passages that hold it, of those of many terms that occur at all."""
        ...

    def documents_with(self, terms: Sequence[str]) -> list[str]:
        """The documents one of whose passages holds all of the terms in its text."""
        ...

    def agrees_with(self, rows: Iterable[tuple[int, str, str]]) -> bool:
        """Whether the index is what these rows make, by passage, and nothing else."""
        ...


class LexicalIndex:
    """Full-text search by SQLite's FTS5."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def create(self) -> None:
        for statement in SCHEMA:
            self._connection.execute(statement)

    def recreate(self) -> None:
        self._connection.execute("DELETE FROM terms_config")  # damaged, it would keep the table from being dropped
        self._connection.execute("INSERT INTO terms_config VALUES ('version', 4)")
        self._connection.execute("DROP TABLE vocabulary")
        self._connection.execute("DROP TABLE terms")
        self.create()

    def clear(self) -> None:
        self._connection.execute("DELETE FROM terms")

    def optimize(self) -> None:
        self._connection.execute("INSERT INTO terms(terms) VALUES ('optimize')")

    def add(self, rows: Iterable[tuple[int, str, str]]) -> None:
        """rows: (passage id, text, title and headings)."""
        context_of = lru_cache(maxsize=8)(index_text)  # neighbours share theirs
        self._connection.executemany(
            "INSERT INTO terms(rowid, body, context) VALUES (?, ?, ?)",
            ((passage, index_text(text), context_of(context)) for passage, text, context in rows))

    def remove(self, ids: Ids) -> None:
        self._connection.executemany("DELETE FROM terms WHERE rowid = ?", ((int(i),) for i in ids))

    def search(self, terms: Sequence[str], k: int, among: Selection | None = None) -> tuple[Vectors, Ids]:
        """(scores [n], ids [n]), best first, n <= k: passages with any of the terms, scored by BM25 (k1 1.2, b
        0.75). among: those that may be found; what a term weighs stays that of the library."""
        if not terms or (among is not None and not len(among)):
            return np.empty(0, np.float32), np.empty(0, np.int64)
        where: str = ""
        values: tuple[int | bytes, ...] = ()
        if among is not None:  # left out before they are scored, which is most of the cost
            first, last = among.bounds
            where = " AND rowid BETWEEN ? AND ? AND substr(?, rowid - ? + 1, 1) = x'01'"
            values = (first, last, among.flags, first)
        rows = self._connection.execute(
            f"SELECT rowid, -bm25(terms, 1.0, ?) AS score FROM terms WHERE terms MATCH ?{where} ORDER BY score DESC, "
            "rowid LIMIT ?", (CONTEXT_WEIGHT, match_any(terms), *values, k)).fetchall()
        return np.array([row[1] for row in rows], np.float32), np.array([row[0] for row in rows], np.int64)

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        """Term -> passages that hold it (body or context), in the order asked; 0 for a term that occurs nowhere."""
        found: dict[str, int] = {}
        for term in dict.fromkeys(terms):
            row = self._connection.execute("SELECT doc FROM vocabulary WHERE term = ?", (term,)).fetchone()
            found[term] = row[0] if row else 0
        return found

    def occurring(self, terms: Sequence[str]) -> dict[str, int]:
        """Term -> passages that hold it, of those of many terms that occur at all."""
        found: dict[str, int] = {}
        for first in range(0, len(terms), _AT_ONCE):
            some = terms[first:first + _AT_ONCE]
            found |= self._connection.execute(
                f"SELECT term, doc FROM vocabulary WHERE term IN ({','.join('?' * len(some))})", some).fetchall()
        return found

    def documents_with(self, terms: Sequence[str]) -> list[str]:
        return [row[0] for row in self._connection.execute(
            "SELECT DISTINCT p.document FROM terms t JOIN passages p ON p.id = t.rowid WHERE terms MATCH ? "
            "ORDER BY p.document", (f"body : ({match_all(terms)})",))]

    def agrees_with(self, rows: Iterable[tuple[int, str, str]]) -> bool:
        try:
            self._connection.execute("INSERT INTO terms(terms) VALUES ('integrity-check')")
            config = self._connection.execute("SELECT k, v FROM terms_config ORDER BY k").fetchall()
        except sqlite3.DatabaseError:
            return False
        expected = ((passage, index_text(text), index_text(context)) for passage, text, context in rows)
        held = self._connection.execute("SELECT id, c0, c1 FROM terms_content ORDER BY id")
        return config == _fresh_config() and all(
            one == other for one, other in zip_longest(expected, held)) and self._are_found()

    def _are_found(self) -> bool:
        """Whether each term is found in as many passages as the pages of the index hold it: what leads to those pages
        is not looked at by SQLite's own check."""
        held = self._connection.execute("SELECT term, doc FROM vocabulary").fetchall()
        return all(
            self._connection.execute("SELECT count(*) FROM terms WHERE terms MATCH ?",
                                     (match_all([term]),)).fetchone()[0] == n for term, n in held)


def _fresh_config() -> list[tuple[str, int]]:
    """What SQLite notes of a full-text index that it has just made."""
    fresh = sqlite3.connect(":memory:")
    try:
        fresh.execute(SCHEMA[0])
        return fresh.execute("SELECT k, v FROM terms_config ORDER BY k").fetchall()
    finally:
        fresh.close()


def index_text(text: str) -> str:
    """The terms of a text, separated by spaces, as the index holds them."""
    return " ".join(search_terms(text))


def match_any(terms: Sequence[str]) -> str:
    """An FTS5 query for any of the terms. Each is quoted: raw user text in MATCH raises syntax errors."""
    return " OR ".join(_quoted(terms))


def match_all(terms: Sequence[str]) -> str:
    """An FTS5 query for all of the terms."""
    return " AND ".join(_quoted(terms))


def _quoted(terms: Sequence[str]) -> list[str]:
    return ['"' + term.replace('"', '""') + '"' for term in dict.fromkeys(terms)]
