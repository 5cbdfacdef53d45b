"""BM25 over Chinese and English terms on a server: our own terms, and the formula and ties of SQLite's FTS5.

Passages stand in blocks. Those that came last, some hundreds, are blocks of one row each, which an instance reads once
and keeps; when they are many they are made into one, and such ones into larger ones, in which a row holds what one term
has. So a document is added by one row, and a question reads a few rows of each of its terms, however many documents
there are. What is read is computed here, in the order FTS5 does, so that both libraries rank alike to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from kb.index.selection import Selection
from kb.store.postgres.postings import (
    ENTRY,
    MEMBER,
    SPAN,
    Content,
    Entries,
    Row,
    among_those,
    best,
    made,
    merged,
    packed,
    pieces,
    scored,
    unpacked,
)
from kb.types import Ids, Vectors

FULL = 4_096  # passages of a block that grows no further
RECENT = 512  # passages in rows of their own blocks, until they are made into one
_SEVERAL = 8  # blocks of some size that are made into one
_NOTHING = (np.empty(0, np.float32), np.empty(0, np.int64))
TABLES = (
    """CREATE TABLE IF NOT EXISTS terms_blocks(block BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        first BIGINT NOT NULL, last BIGINT NOT NULL, n BIGINT NOT NULL, tokens BIGINT NOT NULL, members BYTEA NOT NULL,
        recent BYTEA)""",
    """CREATE TABLE IF NOT EXISTS terms_postings(term TEXT COLLATE "C", block BIGINT, n BIGINT NOT NULL,
        data BYTEA NOT NULL, PRIMARY KEY(term, block) INCLUDE (n))""",
    "CREATE INDEX IF NOT EXISTS terms_postings_block ON terms_postings(block)",
)

_IS_EARLIER = """SELECT to_regclass('terms_blocks') IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass('terms_blocks') AND attname = 'members')"""


class Server(Protocol):
    """What is asked of the connection. recent: the postings of blocks that were read; a block's never change."""

    recent: dict[int, dict[str, Entries]]

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]: ...

    def fill(self, table: str, types: Sequence[str], rows: Iterable[Sequence[Any]]) -> None: ...


class _Block(NamedTuple):
    block: int
    first: int
    last: int
    n: int
    tokens: int
    is_recent: bool


class PostgresLexical:
    """Full-text search on one connection to a server; the caller owns the transaction."""

    def __init__(self, connection: Server) -> None:
        self._connection = connection
        self._held: list[_Block] | None = None  # as they are in the transaction that reads
        self._frequency: dict[str, int] = {}

    def create(self) -> None:
        for statement in TABLES:
            self._connection.run(statement)

    def is_earlier(self) -> bool:
        """Whether the tables are of an earlier form, which is not read any more."""
        return self._connection.run(_IS_EARLIER)[0][0] is True

    def recreate(self) -> None:
        self._forget()
        self._connection.run("DROP TABLE IF EXISTS terms_postings, terms_blocks")
        self.create()

    def clear(self) -> None:
        self._forget()
        self._connection.run("DELETE FROM terms_postings")
        self._connection.run("DELETE FROM terms_blocks")

    def optimize(self) -> None:
        self._connection.run("VACUUM")

    # --- writing

    def add(self, rows: Iterable[Row]) -> None:
        self._forget()
        for some in pieces(rows, FULL):
            self._put(made(some), is_recent=len(some) < RECENT)
        self._gather()

    def _put(self, content: Content, *, is_recent: bool) -> None:
        recent = packed(content.postings) if is_recent else None
        block = self._connection.run(
            "INSERT INTO terms_blocks(first, last, n, tokens, members, recent) VALUES ($1,$2,$3,$4,$5,$6) "
            "RETURNING block", (content.first, int(content.ids.max()), len(content.members), content.tokens,
                                content.members.tobytes(), recent))[0][0]
        if not is_recent:
            self._fill(block, content.postings)

    def _fill(self, block: int, postings: dict[str, Entries] | Any) -> None:
        self._connection.fill("terms_postings", ("text", "int8", "int8", "bytea"), (
            (term, block, len(entries), entries.tobytes()) for term, entries in postings.items()))

    def _gather(self) -> None:
        """Makes small blocks into larger ones, where they are many."""
        blocks = self._blocks(anew=True)
        recent = [block for block in blocks if block.is_recent]
        if sum(block.n for block in recent) >= RECENT:
            for group in _groups(recent):
                self._join(group)
            blocks = self._blocks(anew=True)
        for group in _groups([block for block in blocks if not block.is_recent and block.n <= FULL // 2]):
            if len(group) >= _SEVERAL or sum(block.n for block in group) > FULL * 3 // 4:
                self._join(group)
        self._forget()

    def _join(self, group: list[_Block]) -> None:
        if len(group) > 1 or group[0].is_recent:
            contents = [self._content(block) for block in group]
            self._drop([block.block for block in group])
            self._put(merged(contents), is_recent=False)

    def _content(self, block: _Block) -> Content:
        members, recent = self._connection.run("SELECT members, recent FROM terms_blocks WHERE block = $1",
                                               (block.block,))[0]
        if recent is None:
            rows = self._connection.run("SELECT term, data FROM terms_postings WHERE block = $1 ORDER BY term",
                                        (block.block,))
            postings = {term: np.frombuffer(data, ENTRY) for term, data in rows}
        else:
            postings = unpacked(recent)
        return Content(block.first, np.frombuffer(members, MEMBER), postings)

    def _drop(self, blocks: list[int]) -> None:
        for table in ("terms_postings", "terms_blocks"):
            self._connection.run(f"DELETE FROM {table} WHERE block = ANY($1)", (blocks,))

    def remove(self, ids: Ids) -> None:
        gone = np.unique(np.asarray(ids, np.int64))
        if not len(gone):
            return
        whole = []
        for block in self._blocks(anew=True):
            if block.last < gone[0] or block.first > gone[-1]:
                continue
            members = np.frombuffer(self._connection.run("SELECT members FROM terms_blocks WHERE block = $1",
                                                         (block.block,))[0][0], MEMBER)
            inside = gone[np.isin(gone, block.first + members["at"].astype(np.int64))]
            if len(inside) == len(members):
                whole.append(block.block)
            elif len(inside):
                self._take_out(block, inside)
        if whole:
            self._drop(whole)
        self._forget()

    def _take_out(self, block: _Block, gone: Ids) -> None:
        """Some passages of a block leave it."""
        after, changed = self._content(block).without(gone)
        if block.is_recent:
            self._drop([block.block])
            self._put(after, is_recent=True)
            return
        self._connection.run("DELETE FROM terms_postings WHERE block = $1 AND term = ANY($2)", (block.block, changed))
        self._fill(block.block, {term: after.postings[term] for term in changed if term in after.postings})
        self._connection.run("UPDATE terms_blocks SET n = $1, tokens = $2, members = $3 WHERE block = $4",
                             (len(after.members), after.tokens, after.members.tobytes(), block.block))

    # --- reading

    def search(self, terms: Sequence[str], k: int, among: Selection | None = None) -> tuple[Vectors, Ids]:
        wanted = list(dict.fromkeys(terms))
        blocks = self._blocks()
        n_all, n_tokens = sum(block.n for block in blocks), sum(block.tokens for block in blocks)
        if not wanted or not n_all or (among is not None and not len(among)):
            return _NOTHING
        found = self._entries(wanted, among)
        frequency = {term: len(ids) for term, (ids, _) in found.items()}
        if among is not None:
            frequency = self.occurring(wanted)
            found = {term: among_those(ids, entries, among) for term, (ids, entries) in found.items()}
        if not sum(len(ids) for ids, _ in found.values()):
            return _NOTHING
        return best(*scored(found, wanted, frequency, n_all, n_tokens / n_all), k)

    def _entries(self, terms: list[str], among: Selection | None = None) -> dict[str, tuple[Ids, Entries]]:
        """Term -> (passages, their entries), of the blocks that may have what is wanted."""
        blocks = {block.block: block for block in self._blocks() if among is None or _reaches(block, among)}
        large = [block.block for block in blocks.values() if not block.is_recent]
        rows = self._connection.run("SELECT term, block, data FROM terms_postings WHERE term = ANY($1) AND "
                                    "block = ANY($2)", (terms, large)) if large else []
        parts: dict[str, list[tuple[int, Entries]]] = {}
        for term, block, data in rows:
            parts.setdefault(term, []).append((blocks[block].first, np.frombuffer(data, ENTRY)))
        for block, postings in self._recent().items():
            for term in terms if block in blocks else ():
                if (entries := postings.get(term)) is not None:
                    parts.setdefault(term, []).append((blocks[block].first, entries))
        return {term: (np.concatenate([first + entries["at"].astype(np.int64) for first, entries in several]),
                       np.concatenate([entries for _, entries in several])) for term, several in parts.items()}

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        wanted = list(dict.fromkeys(terms))
        found = self.occurring(wanted)
        return {term: found.get(term, 0) for term in wanted}

    def occurring(self, terms: Sequence[str]) -> dict[str, int]:
        unknown = [term for term in dict.fromkeys(terms) if term not in self._frequency]
        if unknown:
            found = dict(self._connection.run("SELECT term, sum(n)::bigint FROM terms_postings WHERE term = ANY($1) "
                                              "GROUP BY term", (unknown,)))
            recent = self._recent().values()
            for term in unknown:
                self._frequency[term] = found.get(term, 0) + sum(len(postings.get(term, ())) for postings in recent)
        return {term: n for term in terms if (n := self._frequency[term])}

    def documents_with(self, terms: Sequence[str]) -> list[str]:
        wanted = list(dict.fromkeys(terms))
        found = self._entries(wanted)
        held: Ids | None = None
        for term in wanted:
            if term not in found:
                return []
            ids, entries = found[term]
            ids = ids[entries["body"] > 0]
            held = ids if held is None else np.intersect1d(held, ids)
        return [row[0] for row in self._connection.run(
            "SELECT DISTINCT document FROM passages WHERE id = ANY($1) ORDER BY document",
            ([] if held is None else held.tolist(),))]

    def _blocks(self, *, anew: bool = False) -> list[_Block]:
        if self._held is None or anew:
            self._held = [_Block(*row) for row in self._connection.run(
                "SELECT block, first, last, n, tokens, recent IS NOT NULL FROM terms_blocks ORDER BY first, block")]
        return self._held

    def _recent(self) -> dict[int, dict[str, Entries]]:
        """The postings of the blocks that are a row each; the connection keeps them."""
        known, wanted = self._connection.recent, [block.block for block in self._blocks() if block.is_recent]
        if missing := [block for block in wanted if block not in known]:
            for block, data in self._connection.run("SELECT block, recent FROM terms_blocks WHERE block = ANY($1)",
                                                    (missing,)):
                known[block] = unpacked(data)
        for block in known.keys() - set(wanted):
            del known[block]
        return {block: known[block] for block in wanted}

    def _forget(self) -> None:
        self._held = None
        self._frequency.clear()

    # --- checks

    def agrees_with(self, rows: Iterable[Row]) -> bool:
        """Whether the index is what these rows make, and nothing else."""
        left = {row[0]: row for row in rows}
        if self._connection.run("SELECT 1 FROM terms_postings WHERE block NOT IN (SELECT block FROM terms_blocks WHERE "
                                "recent IS NULL) OR n <> length(data) / $1 LIMIT 1", (ENTRY.itemsize,)):
            return False
        for block in self._blocks(anew=True):
            try:
                held = self._content(block)
                of_it = [left.pop(passage) for passage in held.ids.tolist()]
            except (KeyError, ValueError):  # a passage that is not there, or stands in two blocks
                return False
            if not of_it or (block.n, block.tokens) != (len(of_it), held.tokens) or block.last < held.ids.max():
                return False
            right = made(of_it, block.first)
            if right.members.tobytes() != held.members.tobytes() or packed(right.postings) != packed(held.postings):
                return False
        return not left


def _groups(blocks: list[_Block]) -> list[list[_Block]]:
    """Blocks, by their first passage, in groups that fit into one."""
    groups: list[list[_Block]] = []
    for block in sorted(blocks, key=lambda block: block.first):
        if groups and (max(block.last, *(other.last for other in groups[-1])) - groups[-1][0].first <= SPAN
                       and sum(other.n for other in groups[-1]) + block.n <= FULL):
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _reaches(block: _Block, among: Selection) -> bool:
    """Whether any of those that may be found can be in the block."""
    first, last = np.searchsorted(among.passages, (block.first, block.last + 1))
    return bool(first < last)
