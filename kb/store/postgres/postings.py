"""What a full-text index on a server is made of, without the server: the entries of terms, packed, and BM25 over them.

An entry says of one term in one passage where that passage is in its block, how often the term is in the body and in
the context, and how many terms the passage has. A block is some passages: their members, and of each term its entries.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.index.lexical import CONTEXT_WEIGHT
from kb.index.selection import Selection
from kb.text import search_terms
from kb.types import Ids, Vectors

Entries = NDArray[Any]  # of ENTRY
ENTRY = np.dtype([("at", "<u2"), ("body", "<u2"), ("context", "<u2"), ("size", "<u2")])
MEMBER = np.dtype([("at", "<u2"), ("size", "<u2")])
SPAN = 60_000  # from the first passage of a block to the last, at most
_MOST = 65_535  # of each of the numbers in an entry
_K1, _B = 1.2, 0.75  # FTS5's
Row = tuple[int, str, str]  # passage, its text, title and headings


class Content(NamedTuple):
    """The passages of a block and what their terms have. first: the passage that `at` counts from."""

    first: int
    members: NDArray[Any]  # of MEMBER
    postings: Mapping[str, Entries]

    @property
    def ids(self) -> Ids:
        return self.first + self.members["at"].astype(np.int64)

    @property
    def tokens(self) -> int:
        return int(self.members["size"].sum(dtype=np.int64))

    def without(self, gone: Ids) -> tuple[Content, list[str]]:
        """The same without these passages, and the terms whose entries are others now."""
        is_gone = np.zeros(_MOST + 1, bool)
        is_gone[gone - self.first] = True
        every, terms = list(self.postings.values()), list(self.postings)
        together = np.concatenate([np.empty(0, "<u2"), *(entries["at"] for entries in every)])
        starts = np.cumsum([0, *(len(entries) for entries in every[:-1])])
        changed = np.flatnonzero(np.logical_or.reduceat(is_gone[together], starts)).tolist() if every else []
        left = dict(self.postings)
        for i in changed:
            left[terms[i]] = every[i][~is_gone[every[i]["at"]]]
            if not len(left[terms[i]]):
                del left[terms[i]]
        return Content(self.first, self.members[~is_gone[self.members["at"]]], left), [terms[i] for i in changed]


def made(rows: Iterable[Row], first: int | None = None) -> Content:
    """The content of these passages, at least one, ascending. first: the lowest of them, if nothing is given."""
    rows = list(rows)
    first = rows[0][0] if first is None else first
    found: dict[str, list[tuple[int, int, int, int]]] = {}
    members: list[tuple[int, int]] = []
    contexts: dict[str, list[str]] = {}  # neighbours share theirs
    for passage, text, context in rows:
        body, around = search_terms(text), contexts.setdefault(context, search_terms(context))
        size = min(len(body) + len(around), _MOST)
        members.append((passage - first, size))
        in_body, in_context = Counter(body), Counter(around)
        for term in in_body | in_context:
            found.setdefault(term, []).append((passage - first, min(in_body[term], _MOST),
                                               min(in_context[term], _MOST), size))
    return Content(first, np.array(members, MEMBER), {term: np.array(found[term], ENTRY) for term in sorted(found)})


def pieces(rows: Iterable[Row], most: int) -> Iterator[list[Row]]:
    """The rows in pieces that fit a block, each ascending."""
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == most:
            yield from _cut(some)
            some = []
    yield from _cut(some)


def _cut(rows: list[Row]) -> Iterator[list[Row]]:
    rows = sorted(rows, key=lambda row: row[0])
    while rows:
        n = next((i for i, row in enumerate(rows) if row[0] - rows[0][0] > SPAN), len(rows))
        yield rows[:n]
        rows = rows[n:]


def merged(contents: Sequence[Content]) -> Content:
    """The content of several blocks as one; they may reach into each other."""
    first = min(content.first for content in contents)
    parts: dict[str, list[Entries]] = {}
    members = []
    for content in sorted(contents, key=lambda content: content.first):
        further = content.first - first
        members.append(_moved(content.members, further))
        for term, entries in content.postings.items():
            parts.setdefault(term, []).append(_moved(entries, further))
    return Content(first, _in_order(members), {term: _in_order(parts[term]) for term in sorted(parts)})


def _moved(entries: NDArray[Any], further: int) -> NDArray[Any]:
    if not further:
        return entries
    moved = entries.copy()
    moved["at"] += further
    return moved


def _in_order(parts: list[NDArray[Any]]) -> NDArray[Any]:
    together = parts[0] if len(parts) == 1 else np.concatenate(parts)
    is_sorted = len(parts) == 1 or bool((np.diff(together["at"].astype(np.int32)) > 0).all())
    return together if is_sorted else together[np.argsort(together["at"], kind="stable")]


# --- a small block as one value

def packed(postings: Mapping[str, Entries]) -> bytes:
    """The postings of a block in one value: how many bytes the terms take, the terms, how many entries each has, those
    entries."""
    terms = "\n".join(postings).encode()
    counts = np.array([len(entries) for entries in postings.values()], "<u4")
    return b"".join((len(terms).to_bytes(4, "little"), terms, counts.tobytes(),
                     *(entries.tobytes() for entries in postings.values())))


def unpacked(data: bytes) -> dict[str, Entries]:
    """The postings again. Errors: ValueError where it is no such value."""
    end = 4 + int.from_bytes(data[:4], "little")
    terms = data[4:end].decode().split("\n") if end > 4 else []
    counts = np.frombuffer(data, "<u4", len(terms), end)
    entries = np.frombuffer(data, ENTRY, -1, end + counts.nbytes)
    ends = np.cumsum(counts, dtype=np.int64).tolist()
    if (ends[-1] if ends else 0) != len(entries):
        raise ValueError("a block of terms is damaged")
    return {term: entries[start:end] for term, start, end in zip(terms, [0, *ends], ends, strict=False)}


# --- BM25

def scored(found: Mapping[str, tuple[Ids, Entries]], terms: Sequence[str], frequency: Mapping[str, int], n_all: int,
           mean: float) -> tuple[NDArray[np.float64], Ids]:
    """(scores [n], ids [n]) of every passage with any of the terms: BM25, added up in the order of the terms, as FTS5
    does."""
    every = np.unique(np.concatenate([ids for ids, _ in found.values()]))
    scores = np.zeros(len(every))
    for term in terms:
        if term in found:
            ids, entries = found[term]
            scores[np.searchsorted(every, ids)] += _weight(n_all, frequency[term]) * _saturated(entries, mean)
    return scores, every


def _weight(n_all: int, n_with: int) -> float:
    """What a term weighs, as FTS5 has it."""
    found = math.log((n_all - n_with + 0.5) / (n_with + 0.5))
    return found if found > 0.0 else 1e-6


def _saturated(entries: Entries, mean: float) -> NDArray[np.float64]:
    """How much a term is in each passage; added up one by one, since FTS5 does."""
    frequency = entries["body"].astype(np.float64)
    left = entries["context"].astype(np.int64)
    while (left > 0).any():
        frequency[left > 0] += CONTEXT_WEIGHT
        left -= 1
    size = entries["size"].astype(np.float64)
    return (frequency * (_K1 + 1.0)) / (frequency + _K1 * (1 - _B + _B * size / mean))


def among_those(ids: Ids, entries: Entries, among: Selection) -> tuple[Ids, Entries]:
    """Those that may be found."""
    may = np.isin(ids, among.passages)
    return ids[may], entries[may]


def best(scores: NDArray[np.float64], ids: Ids, k: int) -> tuple[Vectors, Ids]:
    """The k best, the earlier first where two are alike."""
    if k < len(scores):
        kept = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
        scores, ids = scores[kept], ids[kept]
    order = np.lexsort((ids, -scores))[:k]
    return scores[order].astype(np.float32), ids[order]
