"""Nearest neighbours in FAISS.

Reads: float32 [n, d] and their ids.  Gives: scores and ids.

    FaissIndex       exact, fp16 codes: half the memory of fp32, recall 1.0          up to 200,000 passages
    ClusteredIndex   8-bit codes in cells, of which a question looks into some       above; its best are to be
                                                                                     ranked again by exact vectors
    ExactFile        what writes the file of a FaissIndex without having it in memory
    MappedIndex      either, from a file, read where it lies; cannot be changed

Never add to an index that another thread searches (it crashes): make a new one and swap it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.types import Ids, Vectors

# of a clustered index, ranked again: with 50 already its 8 bits cost no recall (tests/bench/RESULTS.md, Scale)
CANDIDATES = 200
_POINTS_PER_CELL = 40  # for k-means; FAISS warns below 39, more gave no recall
# Of the cells, at least: questions are further from their passages than the vectors an index is tuned by (cosine .58,
# 5 % under .45). Of 10^6 passages in 2,000 cells the corpus' questions found .953 of the ten nearest in 2 cells, which
# tuning found enough, .997 in 4 and all in 8; 20 take .5 ms more (tests/bench/SERVED.md).
_LEAST_CELLS = 0.01
_WRITE = 1 << 20


class _Searchable:
    """What those that can be searched share: searching and writing."""

    dim: int
    _index: Any

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, vectors: Vectors, k: int, among: NDArray[np.uint8] | None = None) -> tuple[Vectors, Ids]:
        """(scores [q, k], ids [q, k]), best first, padded with -inf and -1.

        among: a bitmap of the ids that may be found, bit i % 8 of byte i // 8; a clustered index then looks into all
        its cells.
        """
        n = min(k, len(self))
        scores = np.full((len(vectors), k), -np.inf, dtype=np.float32)
        ids = np.full((len(vectors), k), -1, dtype=np.int64)
        if n:
            parameters = None if among is None else self._parameters(among)
            found_scores, found_ids = self._index.search(np.ascontiguousarray(vectors, dtype=np.float32), n,
                                                         params=parameters)
            scores[:, :n], ids[:, :n] = found_scores, found_ids
            scores[ids == -1] = -np.inf
        return scores, ids

    def _parameters(self, among: NDArray[np.uint8]) -> Any:
        faiss = _faiss()
        selector = faiss.IDSelectorBitmap(among)
        if isinstance(self._index, faiss.IndexIVF):
            return faiss.SearchParametersIVF(sel=selector, nprobe=self._index.nlist)
        return faiss.SearchParameters(sel=selector)

    def write(self, write: Callable[[bytes], object]) -> None:
        """Hands the index as a file to `write`, a megabyte at a time. What `write` raises is raised: FAISS's own writer
        misses a full disk."""
        faiss = _faiss()
        faiss.write_index(self._index, faiss.PyCallbackIOWriter(write, _WRITE))


class _Growing(_Searchable):
    """What can be changed, by the one who made it and before anybody searches it."""

    def __init__(self) -> None:
        self._ids = np.empty(0, dtype=np.int64)  # sorted

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Errors: ValueError for an id that is there already (FAISS itself would keep both) or vectors of another
        width."""
        fresh = np.unique(ids)
        if len(fresh) != len(ids) or np.isin(fresh, self._ids, assume_unique=True).any():
            raise ValueError("ids must be new and distinct")
        if vectors.shape != (len(ids), self.dim):
            raise ValueError(f"vectors of shape {vectors.shape}, expected ({len(ids)}, {self.dim})")
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32),
                                     np.ascontiguousarray(ids, dtype=np.int64))
            self._ids = np.sort(np.concatenate([self._ids, fresh]), kind="stable")

    def remove(self, ids: Ids) -> None:
        """Ids that are not there are ignored."""
        gone = np.intersect1d(ids, self._ids)
        if len(gone):
            self._index.remove_ids(gone)
            self._ids = np.setdiff1d(self._ids, gone, assume_unique=True)


class FaissIndex(_Growing):
    """Exact inner-product search; vectors are kept as fp16."""

    def __init__(self, dim: int) -> None:
        faiss = _faiss()
        super().__init__()
        self.dim = dim
        self._index = faiss.IndexIDMap(
            faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT))


class ExactFile:
    """The file that a FaissIndex of these vectors would write; they pass through it, so the memory it takes is 8 bytes
    a vector."""

    def __init__(self, dim: int, n: int, blocks: Iterable[tuple[Ids, Vectors]]) -> None:
        """blocks: n vectors in all, each number one of fp16 as a library keeps them; ids distinct."""
        self.dim, self._n, self._blocks = dim, n, blocks

    def __len__(self) -> int:
        return self._n

    def write(self, write: Callable[[bytes], object]) -> None:
        """As the others'. Errors: ValueError if there are not n vectors of this width."""
        head, after_codes = self._frame()
        write(head)
        ids = [np.empty(0, np.int64)]
        for block, vectors in self._blocks:
            if vectors.shape != (len(block), self.dim):
                raise ValueError(f"vectors of shape {vectors.shape}, expected ({len(block)}, {self.dim})")
            write(vectors.astype("<f2").tobytes())
            ids.append(block)
        found = np.concatenate(ids)
        if len(found) != self._n:
            raise ValueError(f"{len(found)} vectors, expected {self._n}")
        write(after_codes + found.astype("<i8").tobytes())

    def _frame(self) -> tuple[bytes, bytes]:
        """What FAISS writes before the codes and between codes and ids: of an empty index, with this one's counts."""
        written = bytearray()
        FaissIndex(self.dim).write(written.extend)
        n = self._n.to_bytes(8, "little")
        written[8:16] = n  # of the ids: four letters and the width before it
        inner = written.index(b"IxSQ") + 8
        written[inner:inner + 8] = n
        return bytes(written[:-16]) + (self._n * self.dim * 2).to_bytes(8, "little"), n

    @staticmethod
    @lru_cache(maxsize=1)
    def is_faiss_format() -> bool:
        """Whether the installed FAISS writes the same."""
        ids, vectors = np.array([3, 1, 2]), np.arange(24, dtype=np.float32).reshape(3, 8)
        index, by_faiss, here = FaissIndex(8), bytearray(), bytearray()
        index.add(ids, vectors)
        index.write(by_faiss.extend)
        ExactFile(8, 3, [(ids, vectors)]).write(here.extend)
        return by_faiss == here


class ClusteredIndex(_Growing):
    """Vectors as 8 bits a number, in cells around k-means centres; a question looks into the `n_probes` nearest cells.

    Its scores are those of the 8 bits: rank its best CANDIDATES again by exact vectors.
    """

    def __init__(self, dim: int, sample: Vectors, n_cells: int) -> None:
        """sample: vectors like those to come, from which the centres are learnt; a few per cell at least, more than 40
        are not used."""
        faiss = _faiss()
        super().__init__()
        self.dim = dim
        self._index = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dim), dim, n_cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
        self._index.cp.niter, self._index.cp.seed = 8, 7
        self._index.cp.min_points_per_centroid, self._index.cp.max_points_per_centroid = 1, _POINTS_PER_CELL
        self._index.train(np.ascontiguousarray(sample, dtype=np.float32))
        self._index.nprobe = n_cells

    @staticmethod
    def sample_size(n_cells: int) -> int:
        """How many vectors the centres are learnt from."""
        return n_cells * _POINTS_PER_CELL

    @property
    def n_cells(self) -> int:
        return int(self._index.nlist)

    @property
    def n_probes(self) -> int:
        return int(self._index.nprobe)

    def tune(self, questions: Vectors, neighbours: Ids, recall: float) -> float:
        """Sets the least number of cells, a hundredth at least, that finds this share of the true neighbours [q, k]
        among CANDIDATES; gives the share found.

        Clustered vectors need few cells; for vectors without any structure it ends at all of them, which is exact up to
        the 8 bits.
        """
        fewest = max(1, round(_LEAST_CELLS * self.n_cells))
        steps = sorted({min(self.n_cells, max(fewest, round(1.25**i))) for i in range(60)})
        low, high = 0, len(steps) - 1
        while low < high:
            middle = (low + high) // 2
            if self._recall(questions, neighbours, steps[middle]) >= recall:
                high = middle
            else:
                low = middle + 1
        return self._recall(questions, neighbours, steps[low])

    def _recall(self, questions: Vectors, neighbours: Ids, n_probes: int) -> float:
        """The lower of the recalls of the two halves of the questions, which are of two kinds."""
        self._index.nprobe = n_probes
        found = self.search(questions, CANDIDATES)[1]
        hits = np.array([np.isin(true, row).mean() for true, row in zip(neighbours, found, strict=True)])
        half = len(hits) // 2
        return float(min(hits[:half].mean(), hits[half:].mean()))


class MappedIndex(_Searchable):
    """An index file, mapped: it opens at once, and its pages belong to the system's cache, not to this process.

    The caller has checked the file's hash: FAISS loads damaged data without noticing.
    """

    def __init__(self, path: Path, dim: int) -> None:
        """Errors: ValueError if the file is no index of this width."""
        faiss = _faiss()
        try:
            self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise ValueError(f"{path.name} is no FAISS index") from error
        if self._index.d != dim:
            raise ValueError(f"{path.name} is {self._index.d}-d, expected {dim}-d")
        self.dim = dim


AnyIndex = FaissIndex | ClusteredIndex | MappedIndex


def _faiss() -> Any:
    """FAISS, loaded at its first use. Its type stubs describe what lies under the names its users write, so mypy is not
    asked."""
    import faiss

    return faiss
