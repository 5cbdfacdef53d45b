"""BM25 over Chinese and English terms on a server: our own terms, and the formula and ties of SQLite's FTS5.

A row holds what one term has in one block, which is the passages of one document: for each passage where it is in the
block, how often it is in the body and in the context, how many terms the passage has. A question reads the rows of its
terms and computes here, in the order FTS5 does, so that both libraries rank alike to the last digit.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kb.index.lexical import CONTEXT_WEIGHT
from kb.index.selection import Selection
from kb.text import search_terms
from kb.types import Ids, Vectors

_ENTRY = np.dtype([("at", "<u2"), ("body", "<u2"), ("context", "<u2"), ("size", "<u2")])
_MOST = 65_535  # of each of these
_SPAN = 60_000  # passages in one block at most
_K1, _B = 1.2, 0.75  # FTS5's
TABLES = (
    """CREATE TABLE IF NOT EXISTS terms_postings(term TEXT COLLATE "C", block BIGINT, n BIGINT NOT NULL,
        data BYTEA NOT NULL, PRIMARY KEY(term, block) INCLUDE (n))""",
    "CREATE INDEX IF NOT EXISTS terms_postings_block ON terms_postings(block)",
    "CREATE TABLE IF NOT EXISTS terms_blocks(block BIGINT PRIMARY KEY, last BIGINT NOT NULL, n BIGINT NOT NULL, "
    "tokens BIGINT NOT NULL)",
)
_Row = tuple[int, str, str]


class Server(Protocol):
    """What is asked of the connection."""

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]: ...

    def fill(self, table: str, types: Sequence[str], rows: Iterable[Sequence[Any]]) -> None: ...


class PostgresLexical:
    """Full-text search on one connection to a server; the caller owns the transaction."""

    def __init__(self, connection: Server) -> None:
        self._connection = connection

    def create(self) -> None:
        for statement in TABLES:
            self._connection.run(statement)

    def recreate(self) -> None:
        self._connection.run("DROP TABLE IF EXISTS terms_postings, terms_blocks")
        self.create()

    def clear(self) -> None:
        self._connection.run("DELETE FROM terms_postings")
        self._connection.run("DELETE FROM terms_blocks")

    def optimize(self) -> None:
        self._connection.run("VACUUM")

    # --- writing

    def add(self, rows: Iterable[_Row]) -> None:
        for block in self._blocks(list(rows)):
            postings, tokens = _postings(block)
            first, last = block[0][0], block[-1][0]
            self._connection.fill("terms_postings", ("text", "int8", "int8", "bytea"), (
                (term, first, len(data) // _ENTRY.itemsize, data) for term, data in postings.items()))
            self._connection.run("INSERT INTO terms_blocks VALUES ($1,$2,$3,$4)", (first, last, len(block), tokens))

    def _blocks(self, rows: list[_Row]) -> Iterator[list[_Row]]:
        """The rows in pieces that are removed together: the passages of one document."""
        rows.sort(key=lambda row: row[0])
        documents = dict(self._connection.run("SELECT id, document FROM passages WHERE id = ANY($1)",
                                              ([row[0] for row in rows],)))
        for _, group in groupby(rows, lambda row: documents.get(row[0], "")):
            several = list(group)
            while several:
                n = next((i for i, row in enumerate(several) if row[0] - several[0][0] > _SPAN), len(several))
                yield several[:n]
                several = several[n:]

    def remove(self, ids: Ids) -> None:
        gone = np.unique(np.asarray(ids, np.int64))
        if not len(gone):
            return
        blocks = self._connection.run("SELECT block, last, n FROM terms_blocks WHERE last >= $1 AND block <= $2",
                                      (int(gone[0]), int(gone[-1])))
        whole = []
        for block, last, n in blocks:
            inside = gone[(gone >= block) & (gone <= last)]
            if len(inside) == n:
                whole.append(block)
            elif len(inside):
                self._take_out(block, inside - block)
        for table in ("terms_postings", "terms_blocks"):
            self._connection.run(f"DELETE FROM {table} WHERE block = ANY($1)", (whole,))

    def _take_out(self, block: int, places: NDArray[np.int64]) -> None:
        """Some passages of a block leave it."""
        sizes: dict[int, int] = {}
        for term, data in self._connection.run("SELECT term, data FROM terms_postings WHERE block = $1", (block,)):
            entries = np.frombuffer(data, _ENTRY)
            left = entries[~np.isin(entries["at"], places)]
            sizes |= dict(zip(entries["at"].tolist(), entries["size"].tolist(), strict=True))
            if not len(left):
                self._connection.run("DELETE FROM terms_postings WHERE block = $1 AND term = $2", (block, term))
            elif len(left) < len(entries):
                self._connection.run("UPDATE terms_postings SET n = $1, data = $2 WHERE block = $3 AND term = $4",
                                     (len(left), left.tobytes(), block, term))
        self._connection.run("UPDATE terms_blocks SET n = n - $1, tokens = tokens - $2 WHERE block = $3",
                             (len(places), sum(sizes.get(int(place), 0) for place in places), block))

    # --- reading

    def search(self, terms: Sequence[str], k: int, among: Selection | None = None) -> tuple[Vectors, Ids]:
        wanted = list(dict.fromkeys(terms))
        n_all, n_tokens = self._connection.run("SELECT coalesce(sum(n), 0)::bigint, coalesce(sum(tokens), 0)::bigint "
                                               "FROM terms_blocks")[0]
        if not wanted or not n_all or (among is not None and not len(among)):
            return np.empty(0, np.float32), np.empty(0, np.int64)
        found = {term: _joined(rows) for term, rows in self._rows_of(wanted, among).items()}
        frequency = {term: len(ids) for term, (ids, _) in found.items()}
        if among is not None:
            frequency = self.occurring(wanted)
            found = {term: _among(ids, entries, among) for term, (ids, entries) in found.items()}
        if not sum(len(ids) for ids, _ in found.values()):
            return np.empty(0, np.float32), np.empty(0, np.int64)
        every = np.unique(np.concatenate([ids for ids, _ in found.values()]))
        scores, mean = np.zeros(len(every)), n_tokens / n_all
        for term in wanted:
            if term in found:
                ids, entries = found[term]
                scores[np.searchsorted(every, ids)] += _weight(n_all, frequency[term]) * _saturated(entries, mean)
        return _best(scores, every, k)

    def _rows_of(self, terms: list[str], among: Selection | None) -> dict[str, list[tuple[int, bytes]]]:
        """Term -> (block, entries), of the blocks that may have what is wanted."""
        where, values = "", [terms]
        if among is not None:
            blocks = self._connection.run("SELECT block FROM terms_blocks WHERE last >= $1 AND block <= $2 "
                                          "ORDER BY block", among.bounds)
            starts = np.array([row[0] for row in blocks], np.int64)
            held = np.unique(np.searchsorted(starts, among.passages, "right") - 1)
            if len(held) * 4 < len(starts):
                where, values = " AND block = ANY($2)", [terms, starts[held[held >= 0]].tolist()]
        found: dict[str, list[tuple[int, bytes]]] = {}
        for term, block, data in self._connection.run(
                f"SELECT term, block, data FROM terms_postings WHERE term = ANY($1){where}", values):
            found.setdefault(term, []).append((block, data))
        return found

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        wanted = list(dict.fromkeys(terms))
        found = self.occurring(wanted)
        return {term: found.get(term, 0) for term in wanted}

    def occurring(self, terms: Sequence[str]) -> dict[str, int]:
        if not terms:
            return {}
        return dict(self._connection.run("SELECT term, sum(n)::bigint FROM terms_postings WHERE term = ANY($1) "
                                         "GROUP BY term", (list(terms),)))

    def documents_with(self, terms: Sequence[str]) -> list[str]:
        wanted = list(dict.fromkeys(terms))
        rows = self._rows_of(wanted, None)
        held: Ids | None = None
        for term in wanted:
            ids, entries = _joined(rows.get(term, []))
            ids = ids[entries["body"] > 0]
            held = ids if held is None else np.intersect1d(held, ids)
        return [row[0] for row in self._connection.run(
            "SELECT DISTINCT document FROM passages WHERE id = ANY($1) ORDER BY document",
            ([] if held is None else held.tolist(),))]

    # --- checks

    def agrees_with(self, rows: Iterable[_Row]) -> bool:
        """Whether the index is what these rows make, and nothing else."""
        known = {block: (last, n, tokens) for block, last, n, tokens in self._connection.run(
            "SELECT block, last, n, tokens FROM terms_blocks")}
        strays = self._connection.run("SELECT 1 FROM terms_postings WHERE block NOT IN (SELECT block FROM "
                                      "terms_blocks) LIMIT 1")
        for block in self._blocks(list(rows)):
            postings, tokens = _postings(block)
            held = {term: (n, data) for term, n, data in self._connection.run(
                "SELECT term, n, data FROM terms_postings WHERE block = $1", (block[0][0],))}
            if known.pop(block[0][0], None) != (block[-1][0], len(block), tokens) or held != {
                    term: (len(data) // _ENTRY.itemsize, data) for term, data in postings.items()}:
                return False
        return not known and not strays


def _postings(block: list[_Row]) -> tuple[dict[str, bytes], int]:
    """(term -> its entries in these passages, how many terms they have together)."""
    found: dict[str, list[tuple[int, int, int, int]]] = {}
    tokens, first = 0, block[0][0]
    contexts: dict[str, list[str]] = {}  # neighbours share theirs
    for passage, text, context in block:
        body, around = search_terms(text), contexts.setdefault(context, search_terms(context))
        size = len(body) + len(around)
        tokens += min(size, _MOST)
        in_body, in_context = Counter(body), Counter(around)
        for term in in_body | in_context:
            found.setdefault(term, []).append((passage - first, min(in_body[term], _MOST),
                                               min(in_context[term], _MOST), min(size, _MOST)))
    return {term: np.array(entries, _ENTRY).tobytes() for term, entries in found.items()}, tokens


def _joined(rows: list[tuple[int, bytes]]) -> tuple[Ids, NDArray[Any]]:
    """(passages, their entries) of the rows of one term."""
    entries = np.frombuffer(b"".join(data for _, data in rows), _ENTRY)
    sizes = [len(data) // _ENTRY.itemsize for _, data in rows]
    return np.repeat(np.array([block for block, _ in rows], np.int64), sizes) + entries["at"], entries


def _among(ids: Ids, entries: NDArray[Any], among: Selection) -> tuple[Ids, NDArray[Any]]:
    may = np.isin(ids, among.passages)
    return ids[may], entries[may]


def _weight(n_all: int, n_with: int) -> float:
    """What a term weighs, as FTS5 has it."""
    found = math.log((n_all - n_with + 0.5) / (n_with + 0.5))
    return found if found > 0.0 else 1e-6


def _saturated(entries: NDArray[Any], mean: float) -> NDArray[np.float64]:
    """How much a term is in each passage; added up one by one, since FTS5 does."""
    frequency = entries["body"].astype(np.float64)
    left = entries["context"].astype(np.int64)
    while (left > 0).any():
        frequency[left > 0] += CONTEXT_WEIGHT
        left -= 1
    size = entries["size"].astype(np.float64)
    return (frequency * (_K1 + 1.0)) / (frequency + _K1 * (1 - _B + _B * size / mean))


def _best(scores: NDArray[np.float64], ids: Ids, k: int) -> tuple[Vectors, Ids]:
    if k < len(scores):
        kept = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
        scores, ids = scores[kept], ids[kept]
    order = np.lexsort((ids, -scores))[:k]
    return scores[order].astype(np.float32), ids[order]
