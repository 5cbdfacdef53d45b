"""The vectors of one generation of a library, ready to be searched: a base and what has changed since.

    base      most of the vectors: a mapped file where there is a right one, else made in memory
    segments  vectors that came since, few and small, each exact
    removed   passages that are in the base or a segment but not in the library any more: asked of the library for
              each result

A snapshot never changes. The next generation's shares its base and all segments but the last, so it costs what came,
not what there is. The library numbers vectors as they come, which may be long after their passages and in another
order; a serial is never used again, so "came since" is "serials above".
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from kb.index.milvus import MilvusIndex
from kb.index.selection import Selection
from kb.index.vector import CANDIDATES, AnyIndex, ClusteredIndex, FaissIndex
from kb.types import Ids, Vectors

EXACT_UP_TO = 200_000  # passages; above, a scan of all fp16 vectors takes over 7 ms (tests/bench/RESULTS.md, Scale)

# When a base is made anew. A segment is read from SQLite at each start, 6 us a vector, so 50,000 are 0.3 s of the
# second a start may take; removed passages make each search go deeper. Small bases are made anew at every write: 2,000
# passages take 20 ms.
_ALWAYS = 2_000
_SHARE = 0.2
_MOST_ADDED = 50_000

_BY_ROWS = 20_000  # of a part of a library on a server, whose graph loses a narrow filter's (tests/bench/SERVED.md)

_TUNING = 100  # questions of each kind that decide how many cells are looked into
_TUNING_RECALL = 0.98
_BLOCK = 20_000


class VectorSource(Protocol):
    """What a snapshot asks of a library (store.View has it): always the same generation. ids: of passages."""

    def generation(self) -> int: ...

    def count_vectors(self) -> int: ...

    def last_vector(self) -> int:
        """The serial of the vector that came last."""
        ...

    def living(self, ids: Ids | None = None) -> Ids:
        """The passages that have a vector, of all or of these, in ascending order."""
        ...

    def vectors(self, ids: Sequence[int] | None = None) -> tuple[Ids, Vectors]: ...

    def vector_blocks(self, after: int = 0, up_to: int | None = None) -> Iterator[tuple[Ids, Vectors]]:
        """Vectors with serials above `after`, as they came, some thousands at a time."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """An index of the vectors that came up to the serial `last`. is_exact: its scores are those of the stored
    vectors."""

    index: AnyIndex | MilvusIndex
    last: int
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Base:
    """The bulk of a library's vectors. token: what ties the file to the library; "" for a base made in memory."""

    part: Part
    token: str = ""
    origin: Literal["file", "memory", "server"] = "memory"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Immutable and safe to search from several threads. epoch: changes when vectors are replaced, so that nothing
    older is shared."""

    generation: int
    epoch: str
    base: Base
    segments: tuple[Part, ...] = ()
    n_removed: int = 0
    _living: _Living = field(default_factory=lambda: _Living())

    def __len__(self) -> int:
        return sum(len(part.index) for part in self.parts) - self.n_removed

    @property
    def parts(self) -> tuple[Part, ...]:
        return (self.base.part, *self.segments)

    def search(self, source: VectorSource, vector: Vectors, k: int,
               among: Selection | None = None) -> tuple[Vectors, Ids]:
        """(scores [n], ids [n]) of the k nearest passages to the vector [1, d], best first, n <= k; only passages that
        `source` has. among: those that may be found; they are what a search of all to any depth would leave of them.

        source must be of this snapshot's generation. Scores are those of the stored fp16 vectors, whatever the kind of
        base.
        """
        if among is not None:
            return _best([_selected(part, source, vector, k, among) for part in self.parts], k)
        found = [self._nearest(part, vector, k) for part in self.parts]
        alive = source.living(np.unique(np.concatenate([ids for _, ids in found])))
        results = []
        for part, (scores, ids) in zip(self.parts, found, strict=True):
            lives = np.isin(ids, alive)
            # too many of the nearest are removed: look again, among the living only
            if lives.sum() < k and len(ids) < len(part.index):
                scores, ids = part.index.search(vector, _depth(part, k), self._living.bitmap(source))
                scores, ids = scores[ids >= 0], ids[ids >= 0]
            else:
                scores, ids = scores[lives], ids[lives]
            results.append((scores, ids) if part.is_exact else _exact(source, vector, ids))
        return _best(results, k)

    def _nearest(self, part: Part, vector: Vectors, k: int) -> tuple[Vectors, Ids]:
        n_indexed = sum(len(part.index) for part in self.parts)
        spare = 16 + 2 * k * self.n_removed // max(1, n_indexed) if self.n_removed else 0
        scores, ids = part.index.search(vector, _depth(part, k) + spare)
        return scores[ids >= 0], ids[ids >= 0]


class _Living:
    """The bitmap of all passages of one generation, made when a question first needs it: reading a million ids takes
    0.6 s."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bitmap: NDArray[np.uint8] | None = None

    def bitmap(self, source: VectorSource) -> NDArray[np.uint8]:
        with self._lock:
            if self._bitmap is None:
                ids = source.living()
                flags = np.zeros(int(ids.max(initial=0)) + 1, dtype=bool)
                flags[ids] = True
                self._bitmap = np.packbits(flags, bitorder="little")
            return self._bitmap


def _depth(part: Part, k: int) -> int:
    return k if part.is_exact else max(CANDIDATES, 2 * k)


def _exact(source: VectorSource, vector: Vectors, ids: Ids) -> tuple[Vectors, Ids]:
    """The same ids with the scores of their stored vectors."""
    found, vectors = source.vectors(ids.tolist())
    return (vectors @ vector[0], found) if len(found) else (np.empty(0, np.float32), found)


def _best(results: Sequence[tuple[Vectors, Ids]], k: int) -> tuple[Vectors, Ids]:
    """The k best of what several parts found. One that two parts have counts once: a collection that is being filled
    has vectors already that a segment holds until it is done."""
    scores, ids = (np.concatenate([result[i] for result in results]) for i in (0, 1))
    order = np.lexsort((ids, -scores))
    order = order[np.sort(np.unique(ids[order], return_index=True)[1])][:k]
    return scores[order], ids[order]


def _selected(part: Part, source: VectorSource, vector: Vectors, k: int,
              among: Selection) -> tuple[Vectors, Ids]:
    """The nearest of a part that may be found and are there, k of them or all. It looks deeper until k live, and, where
    scores are rounded, until none that lies below can belong above: by twice the largest error among what was seen."""
    if isinstance(part.index, MilvusIndex) and len(among) <= _BY_ROWS:
        return _exact(source, vector, among.passages)
    depth = _depth(part, k)
    while True:
        depth = min(depth, len(part.index))
        rounded, ids = part.index.search(vector, depth, among.bitmap)
        rounded, ids = rounded[ids >= 0], ids[ids >= 0]
        is_whole = len(ids) < depth or depth == len(part.index)
        lives = np.isin(ids, source.living(ids))
        if part.is_exact:
            if is_whole or lives.sum() >= k:
                return rounded[lives], ids[lives]
        else:
            scores, found = _exact(source, vector, ids[lives])
            order = np.argsort(ids[lives])
            error = float(np.abs(scores - rounded[lives][order]).max(initial=0.0))
            if is_whole or (len(found) >= k and float(np.sort(scores)[-k]) >= float(rounded.min()) + 2 * error):
                return scores, found
        depth *= 4


# --- making one


def take(source: VectorSource, epoch: str, base: Base, segments: tuple[Part, ...] = ()) -> Snapshot:
    """The snapshot of the source's generation on this base. segments: those of an older generation on the same base."""
    segments = _extended(source, base, segments)
    n_indexed = len(base.part.index) + sum(len(part.index) for part in segments)
    return Snapshot(source.generation(), epoch, base, segments, max(0, n_indexed - source.count_vectors()))


def _extended(source: VectorSource, base: Base, old: tuple[Part, ...]) -> tuple[Part, ...]:
    """Old segments and a new one. A segment that is not larger than the next is made into one with it, so there are
    few: each vector is read again at most once per doubling."""
    last = old[-1].last if old else base.part.last
    fresh = _segment(source, last, base.part.index.dim)
    if fresh is None:
        return old
    size, kept = len(fresh.index), len(old)
    while kept and len(old[kept - 1].index) <= size:
        kept -= 1
        size += len(old[kept].index)
    if kept < len(old):
        fresh = _segment(source, old[kept - 1].last if kept else base.part.last, base.part.index.dim) or fresh
    return (*old[:kept], fresh)


def _segment(source: VectorSource, after: int, dim: int) -> Part | None:
    index = FaissIndex(dim)
    for ids, vectors in source.vector_blocks(after):
        index.add(ids, vectors)
    return Part(index, source.last_vector()) if len(index) else None


def exact_base(source: VectorSource, dim: int, *, up_to: int | None = None, token: str = "") -> Base:
    """Every vector that came up to the serial `up_to`, exactly, in memory."""
    index = exact_index(source, dim, up_to)
    return Base(Part(index, source.last_vector() if up_to is None else up_to), token)


def exact_index(source: VectorSource, dim: int, up_to: int | None = None) -> FaissIndex:
    """The same, as an index alone."""
    index = FaissIndex(dim)
    for ids, vectors in source.vector_blocks(0, up_to):
        index.add(ids, vectors)
    return index


def clustered_index(ids: Ids, vectors: NDArray[np.float16]) -> tuple[ClusteredIndex, float]:
    """An index in cells, and the recall it was tuned to on vectors of its own. vectors: [n, d], may be a mapped
    file."""
    n, dim = vectors.shape
    rng = np.random.default_rng(7)
    n_cells = max(1, round(2 * n**0.5))
    sample = np.sort(rng.permutation(n)[:ClusteredIndex.sample_size(n_cells)])
    index = ClusteredIndex(dim, vectors[sample].astype(np.float32), n_cells)
    for first in range(0, n, _BLOCK):
        index.add(ids[first:first + _BLOCK], vectors[first:first + _BLOCK].astype(np.float32))
    own = np.sort(rng.permutation(n)[:2 * min(_TUNING, n // 2)])
    questions = _questions(vectors[own].astype(np.float32), rng)
    return index, index.tune(questions, _neighbours(questions, own, ids, vectors), _TUNING_RECALL)


def _questions(vectors: Vectors, rng: np.random.Generator) -> Vectors:
    """First half: the vectors themselves. Second half: turned away by 45 degrees at random, as a question is that is
    worded otherwise."""
    half = len(vectors) // 2
    noise = rng.standard_normal(vectors[half:].shape, dtype=np.float32)
    vectors[half:] += noise / np.linalg.norm(noise, axis=1, keepdims=True)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def _neighbours(questions: Vectors, own: Ids, ids: Ids, vectors: NDArray[np.float16], k: int = 10) -> Ids:
    """[q, k]: the ids of the k nearest, found by looking at all; a question's own vector does not count."""
    best = np.full((len(questions), k), -np.inf, dtype=np.float32)
    found = np.full((len(questions), k), -1, dtype=np.int64)
    for first in range(0, len(vectors), _BLOCK):
        block = questions @ vectors[first:first + _BLOCK].astype(np.float32).T
        mine = (own >= first) & (own < first + _BLOCK)
        block[np.flatnonzero(mine), own[mine] - first] = -np.inf
        scores = np.concatenate([best, block], axis=1)
        names = np.concatenate([found, np.broadcast_to(ids[first:first + _BLOCK], block.shape)], axis=1)
        top = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        best, found = np.take_along_axis(scores, top, axis=1), np.take_along_axis(names, top, axis=1)
    return found


def is_due(n_base: int, n_added: int, n_removed: int) -> bool:
    """Whether a base of this size, with so many passages added and removed since, is to be made anew."""
    if n_base + n_added <= _ALWAYS:
        return n_added + n_removed > 0
    return n_added > min(max(_ALWAYS, _SHARE * n_base), _MOST_ADDED) or n_removed > _SHARE * n_base
