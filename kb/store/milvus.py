"""The vectors of a library on a Milvus server: what cache.py is for FAISS files.

The library's own rows stay the truth. Its row `milvus` of `meta` names the collection and the tokens that it accepts;
the collection has a record with the token it was filled under, up to which serial, and how many vectors that were.
What came since is searched beside it, exactly, and what went is left out, as with an index file. A collection that is
lost, of another time, or changed by a copy of the library is not asked: until the next writer has made a new one,
vectors are searched in memory.

A writer draws a token before it changes a collection and notes it there first: who reads an older generation sees it
and does not trust what it found; who reads the newer one may go on, up to the serial from before.
"""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kb.errors import LibraryError
from kb.index.milvus import MilvusIndex, MilvusServer, check_installed
from kb.index.snapshot import Base, Part, Snapshot, exact_base, take
from kb.outside import OutsideError, read_object
from kb.store.bases import BaseRecord, IndexRecord
from kb.store.cache import IndexFiles, IndexState
from kb.store.view import View

log = logging.getLogger(__name__)
_ROW = "milvus"  # of meta


@dataclass(frozen=True, slots=True)
class _Accepted:
    """A collection as its record has it, and as the library accepts it. count: of vectors, None while it is being
    changed."""

    index: MilvusIndex
    base: BaseRecord
    last: int
    count: int | None


class MilvusVectors(IndexFiles):
    """A library's collection. What a call cannot take from it, it takes from the view it is given."""

    def __init__(self, folder: Path, exact_up_to: int, address: str) -> None:
        """Nothing is connected yet. Errors: MissingPackage."""
        super().__init__(folder, exact_up_to)
        check_installed()
        self.address = address
        self._milvus = MilvusServer(address)

    def load(self, view: View, previous: Snapshot | None = None) -> Snapshot:
        """As of an index file. Errors: LibraryError E_MILVUS_UNREACHABLE, E_MILVUS_REFUSED."""
        encoder, epoch = view.encoder(), view.index_record().epoch
        if encoder is None:
            return take(view, epoch, exact_base(view, 1))
        if previous is not None and ((previous.epoch, previous.base.part.index.dim) != (epoch, encoder.dim)
                                     or previous.generation > view.generation()):
            previous = None
        found = self._accepted(view)
        if found is None:
            log.info("the Milvus collection is not used; the vectors are searched in memory")
            if previous is not None and previous.base.origin == "memory":
                return take(view, epoch, previous.base, previous.segments)
            return take(view, epoch, exact_base(view, encoder.dim))
        token = found.base.token
        if previous is not None and (previous.base.token, previous.base.part.last) == (token, found.last):
            return take(view, epoch, previous.base, previous.segments)
        return take(view, epoch, Base(Part(found.index, found.last, is_exact=False), token, "server"))

    def _accepted(self, view: View) -> _Accepted | None:
        """The collection, if the library accepts it as it is now."""
        encoder = view.encoder()
        name, record = _row_of(view)
        if encoder is None or not name or record.epoch != view.index_record().epoch:
            return None
        index = MilvusIndex(self._milvus, name, encoder.dim)
        try:
            noted = read_object((index.record() or "{}").encode())
        except OutsideError:
            return None
        base = next((base for base in record.bases if base.token == noted.get("token")), None)
        last, count = noted.get("last"), noted.get("count")
        if base is None or not isinstance(last, int) or noted.get("encoder") != encoder.fingerprint:
            return None
        if count is not None and (count != base.n_vectors or last != base.last or index.count() != count):
            return None
        return _Accepted(index, base, last, count)

    def still(self, snapshot: Snapshot) -> bool:
        """Whether what was just found in the snapshot is of its generation: nobody has changed the collection since."""
        if not isinstance(snapshot.base.part.index, MilvusIndex):
            return True
        try:
            return read_object((snapshot.base.part.index.record() or "{}").encode()).get("token") == snapshot.base.token
        except OutsideError:
            return False

    def stamp(self) -> tuple[int, ...]:
        """Nothing: `still` is asked after each search."""
        return ()

    def is_building(self) -> bool:
        return False  # a collection is filled by the writer, before it ends

    def build(self, read: Callable[[], AbstractContextManager[View]]) -> bool:
        return False

    def state(self, view: View) -> IndexState | None:
        """What the collection holds, or None if there is none that this library accepts. Errors: as `load`."""
        found = self._accepted(view)
        if found is None:
            return None
        n_added, n_base = view.count_vectors(found.last), len(found.index)
        return IndexState(found.base.token, "milvus" if found.count is not None else "milvus, half filled", n_base,
                          n_added, max(0, n_base - (view.count_vectors() - n_added)), 0, 1.0)

    def is_sound(self, view: View) -> bool:
        """Whether every vector in the collection is that of the library, and none is missing."""
        found = self._accepted(view)
        if found is None:
            return view.encoder() is None
        n = 0
        for ids, vectors in found.index.stored(view.last_passage()):
            own, rows = view.vectors(ids.tolist())
            same = np.isin(ids, own)
            if not np.array_equal(vectors[same], rows):
                return False
            n += int(same.sum())
        return n == view.count_vectors() - view.count_vectors(found.last)

    # --- by the writer

    def announce(self, view: View, note: Callable[[str, str], None]) -> bool:
        """As the writer of a FAISS base does, for every change: only what changed is sent. note: sets a row of meta."""
        if view.encoder() is None:
            return False
        try:
            state = self.state(view)
        except LibraryError as error:
            log.warning("the Milvus collection is not brought up to date (%s)", error)
            return False
        if state is not None and state.kind == "milvus" and not (state.n_added or state.n_removed):
            return False
        epoch = view.index_record().epoch
        if not epoch:  # else the first writer without Milvus would draw it
            epoch = secrets.token_hex(8)
            note("index", json.dumps({"epoch": epoch, "bases": []}))
        name, record = _row_of(view)
        kept = [base for base in record.bases if state is not None and base.token == state.token]
        announced = BaseRecord(secrets.token_hex(8), view.last_vector(), view.count_vectors())
        note(_ROW, json.dumps({
            "epoch": epoch, "collection": name if kept else f"kb_{secrets.token_hex(8)}",
            "before": "" if kept else name,
            "bases": [[base.token, base.last, base.n_vectors] for base in (*kept, announced)]}))
        return True

    def renew(self, view: View) -> None:
        """Fills the collection that was announced. A failure is only logged: what is half filled is not trusted, or
        only as far as it goes."""
        try:
            self._fill(view)
        except LibraryError as error:
            log.warning("the Milvus collection is not brought up to date (%s)", error)

    def _fill(self, view: View) -> None:
        encoder, (name, record) = view.encoder(), _row_of(view)
        if encoder is None or not record.bases:
            return
        announced, found = record.bases[-1], self._accepted(view)
        index = found.index if found is not None else MilvusIndex(self._milvus, name, encoder.dim)
        said = {"token": announced.token, "encoder": encoder.fingerprint, "library": self._place}
        if found is not None:
            index.note(json.dumps(said | {"last": found.last, "count": None}))
        else:
            self._drop_own(str(read_object(view.meta(_ROW).encode()).get("before", "")))
            index.create()
        for ids, vectors in view.vector_blocks(found.last if found is not None else 0, announced.last):
            index.put(ids, vectors)
        if found is not None and len(index) != announced.n_vectors:
            stored, alive = index.ids(view.last_passage()), view.living()
            index.remove(np.setdiff1d(stored, alive))
            index.put(*view.vectors(np.setdiff1d(alive, stored).tolist()) if len(np.setdiff1d(alive, stored)) else (
                np.empty(0, np.int64), np.empty((0, encoder.dim), np.float32)))
        if index.count() != announced.n_vectors:
            log.warning("the Milvus collection %s has %d vectors, the library %d; it is not used", name, index.count(),
                        announced.n_vectors)
            return
        index.note(json.dumps(said | {"last": announced.last, "count": announced.n_vectors}))

    @property
    def _place(self) -> str:
        return self.server or str(self.folder.parent.resolve())

    def _drop_own(self, name: str) -> None:
        """A collection that this very library filled and has no use for; one that a copy of it may be using stays."""
        index = MilvusIndex(self._milvus, name, 1)
        if not name or not index.exists():
            return
        saved = index.record()
        with contextlib.suppress(OutsideError):  # nobody can say whose it is
            if saved is None or read_object(saved.encode()).get("library") == self._place:
                self._milvus.drop(name)


def _row_of(view: View) -> tuple[str, IndexRecord]:
    """(the collection's name, which tokens are accepted) as the library has them."""
    saved = view.meta(_ROW, "{}")
    try:
        name = str(read_object(saved.encode()).get("collection", ""))
    except OutsideError:
        return "", IndexRecord()
    return name, IndexRecord.read(saved)
