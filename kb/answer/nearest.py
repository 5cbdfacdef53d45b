"""The passages whose vectors are nearest to a question's, of the generation that is read.

Reads: a View.  Gives: scores and passages. Snapshots keeps the vectors of the last generation it was asked for, so the
next question costs what came since; OwnIndex does the same with an index that the caller made.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kb.errors import EncoderError
from kb.index.selection import Selection
from kb.index.snapshot import Snapshot, exact_base, take
from kb.store import View
from kb.store.cache import IndexFiles
from kb.types import Ids, VectorIndex, Vectors

_ATTEMPTS = 3


class Nearest(Protocol):
    """What a Retriever asks: the k nearest passages of a view, best first."""

    def search(self, view: View, vector: Vectors, k: int) -> tuple[Vectors, Ids]:
        """(scores [n], passages [n]) for the vector [1, d], n <= k; of the view's selection where it has one."""
        ...


@dataclass(frozen=True, slots=True)
class _Held:
    """The snapshot last used, and the stamp of the index file then in place."""

    snapshot: Snapshot
    stamp: tuple[int, ...]


class Snapshots:
    """The library's own index files, read where they lie; swapped whole when the library has changed."""

    def __init__(self, index: IndexFiles) -> None:
        self._index = index
        self._held: _Held | None = None
        self._lock = threading.Lock()

    def search(self, view: View, vector: Vectors, k: int) -> tuple[Vectors, Ids]:
        """Errors: LibraryError, where a server has the vectors and does not answer."""
        for _ in range(_ATTEMPTS):
            snapshot = self.current(view)
            found = snapshot.search(view, vector, k, view.selection)
            if self._index.still(snapshot):
                return found
            self._held = None  # somebody has changed the collection it was found in
        base = exact_base(view, vector.shape[1])
        return take(view, view.index_record().epoch, base).search(view, vector, k, view.selection)

    def current(self, view: View) -> Snapshot:
        """The vectors of this view's generation. One thread makes a new snapshot; none changes one that is in use."""
        generation, stamp, held = view.generation(), self._index.stamp(), self._held
        is_right = held is not None and held.snapshot.generation == generation
        if held is not None and is_right and held.stamp == stamp:
            return held.snapshot
        # A new base alone makes searching cheaper, not better: who finds another thread opening it goes on with what
        # there is.
        if not self._lock.acquire(blocking=not is_right) and held is not None:
            return held.snapshot
        try:
            held = self._held
            if held is not None and held.snapshot.generation == generation and held.stamp == stamp:
                return held.snapshot
            snapshot = self._index.load(view, held.snapshot if held else None)
            if held is None or held.snapshot.generation <= generation:
                self._held = _Held(snapshot, stamp)
            return snapshot
        finally:
            self._lock.release()


class OwnIndex:
    """An index that the caller made, kept in step with the library: it gets what came and loses what went."""

    def __init__(self, index: VectorIndex) -> None:
        """index: empty, of the encoder's width; nobody else may change it."""
        self._index = index
        self._held = np.empty(0, np.int64)  # sorted
        self._generation, self._last, self._epoch = -1, 0, ""
        self._lock = threading.Lock()

    def search(self, view: View, vector: Vectors, k: int) -> tuple[Vectors, Ids]:
        """Errors: EncoderError E_INDEX_WIDTH if the index does not take vectors of this width."""
        with self._lock:
            if view.generation() > self._generation:
                self._follow(view)
            is_older, held = view.generation() < self._generation, self._held
            found = self._found(vector, k, view.selection)
        if is_older:  # what the index lost since is still there for this view
            more = np.setdiff1d(view.living(), held)
            found = np.union1d(found, more if view.selection is None else
                               np.intersect1d(more, view.selection.passages))
        # Scores are those of the stored vectors, however the index rounds; what this view does not have is left out.
        ids, vectors = view.vectors(found.tolist())
        if not len(ids):
            return np.empty(0, np.float32), ids
        scores = vectors @ vector[0]
        order = np.lexsort((ids, -scores))[:k]
        return scores[order], ids[order]

    def _found(self, vector: Vectors, k: int, among: Selection | None) -> Ids:
        """The nearest that the index has, more than k; where only some may be found, it is asked for more until so many
        of those came, or all."""
        depth = 2 * k
        while True:
            _, ids = self._index.search(vector, min(depth, len(self._held)))
            found: Ids = ids[0][ids[0] >= 0]
            if among is not None:
                found = found[np.isin(found, among.passages)]
            if among is None or len(found) >= 2 * k or depth >= len(self._held):
                return found
            depth *= 4

    def _follow(self, view: View) -> None:
        epoch = view.index_record().epoch
        alive = view.living()
        gone = self._held if epoch != self._epoch else np.setdiff1d(self._held, alive)
        self._index.remove(gone)
        self._held = np.setdiff1d(self._held, gone)
        for ids, vectors in view.vector_blocks(0 if epoch != self._epoch else self._last):
            fresh = ~np.isin(ids, self._held)
            try:
                self._index.add(ids[fresh], vectors[fresh])
            except ValueError as error:
                raise EncoderError("E_INDEX_WIDTH", dim=vectors.shape[1], detail=str(error)) from error
            self._held = np.union1d(self._held, ids[fresh])
        self._generation, self._last, self._epoch = view.generation(), view.last_vector(), epoch
