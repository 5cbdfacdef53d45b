"""The FAISS files of a library: a cache of its vectors, never trusted without its hash and its token.

A base holds the vectors that the library had, up to some serial, when the writer drew the token. Serials are never used
again and vectors of a passage never change (where they do, all tokens are dropped), so whichever library holds the
token can use the file: what it lacks came later, what it has too much is gone. An older copy of the library does not
hold the token.

    HOME/index/
        base-TOKEN.faiss  never changed       manifest.json        which base counts; renamed into place after it
        lock              who builds          build.log            what the last background build had to say
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from kb.index.snapshot import Base, Part, Snapshot, clustered_index, exact_base, exact_index, is_due, take
from kb.index.vector import AnyIndex, ClusteredIndex, ExactFile, MappedIndex
from kb.outside import OutsideError, read_file
from kb.store.bases import BaseRecord, IndexRecord
from kb.store.files import replace, replacing
from kb.store.tables import to_json
from kb.store.view import View
from kb.types import EncoderRecord, Ids

log = logging.getLogger(__name__)

_PATIENCE = 0.5  # seconds
# A library that is being changed as its build begins is looked at again, this often, a second apart.
_BUILD_ATTEMPTS = 30
_BUILDER = """
import os, sys
from pathlib import Path
from kb.store.opening import open_store
os.nice(10)
store = open_store(Path(sys.argv[1]), sys.argv[3], exact_up_to=int(sys.argv[2]))
store.index.build(store.read)
"""


@dataclass(frozen=True, slots=True)
class IndexState:
    """The index file in place, by its manifest: kind "exact" or "clustered"; how many passages it holds, lacks, and
    holds too much."""

    token: str
    kind: str
    n_base: int
    n_added: int
    n_removed: int
    bytes: int
    recall: float


class IndexFiles:
    """The folder of a library's index files. What a call cannot read from them it takes from the view it is given."""

    def __init__(self, folder: Path, exact_up_to: int) -> None:
        """exact_up_to: vectors up to which the index is exact and made by the writer; above, it is clustered and made
        in the background."""
        self.folder = folder
        self.exact_up_to = exact_up_to
        self.server = ""  # that has the library, where one does

    def load(self, view: View, previous: Snapshot | None = None) -> Snapshot:
        """The vectors of this view, ready to be searched. Never trusts the file without its hash and token.

        previous: an earlier snapshot of this library, of which all that still holds is shared.
        """
        encoder, record = view.encoder(), view.index_record()
        if encoder is None:
            return take(view, record.epoch, exact_base(view, 1))
        is_later = previous is not None and previous.generation > view.generation()
        if previous is not None and ((previous.epoch, previous.base.part.index.dim) != (record.epoch, encoder.dim)
                                     or (is_later and previous.base.origin == "memory")):
            previous = None
        base = self._open_base(record, encoder, previous.base if previous else None)
        if base is None and self.server and record.bases and _still_holds(record.bases[-1], view):
            self.renew(view)  # the instance that wrote has made its own file of that base
            base = self._open_base(record, encoder, None)
        if base is None:
            base = previous.base if previous else exact_base(view, encoder.dim)
        shares = previous is not None and base is previous.base and not is_later
        return take(view, record.epoch, base, previous.segments if previous and shares else ())

    def _open_base(self, record: IndexRecord, encoder: EncoderRecord, known: Base | None) -> Base | None:
        """The base in place, or None, with a line in the log, if it is not to be trusted. known: one that is open
        already."""
        # a new base may take the place of the old one between reading the manifest and opening the file
        for _ in range(3):
            try:
                manifest = _read_manifest(self.folder)
                accepted = _accepted(manifest, record, encoder)
                if known is not None and known.token == accepted.token:
                    return known
                path = self.folder / f"base-{accepted.token}.faiss"
                if _sha256_of(path) != manifest.get("sha256"):
                    raise ValueError("sha256 differs; run: kb verify")
                index = MappedIndex(path, encoder.dim)
                if len(index) != manifest.get("count"):
                    raise ValueError("count differs")
                return Base(Part(index, accepted.last, manifest.get("kind") == "exact"), accepted.token, "file")
            except FileNotFoundError:
                reason = "there is none"
            except (OSError, ValueError) as error:
                reason = str(error)
                break
        if known is None:
            log.info("vector cache not used (%s); rebuilding it from the database", reason)
        return None

    def still(self, snapshot: Snapshot) -> bool:
        """Whether what was just found in the snapshot is of its generation: a file never changes."""
        return True

    def is_sound(self, view: View) -> bool:
        """Whether the index in place is what the library's rows make."""
        return view.encoder() is None or self.load(view).base.origin == "file"

    def stamp(self) -> tuple[int, ...]:
        """Differs when another base is in place."""
        try:
            found = (self.folder / "manifest.json").stat()
        except OSError:
            return ()
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def state(self, view: View) -> IndexState | None:
        """What the index file holds, or None if there is none that this library accepts. Its hash is not looked at."""
        encoder, record = view.encoder(), view.index_record()
        if encoder is None:
            return None
        try:
            manifest = _read_manifest(self.folder)
            accepted = _accepted(manifest, record, encoder)
            size = (self.folder / f"base-{accepted.token}.faiss").stat().st_size
            if size != manifest["bytes"]:
                return None
            n_added = view.count_vectors(accepted.last)
            n_removed = accepted.n_vectors - (view.count_vectors() - n_added)
            return IndexState(accepted.token, str(manifest["kind"]), int(manifest["count"]), n_added, n_removed, size,
                              float(manifest["recall"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def is_building(self) -> bool:
        """Whether an index is being made, here or in another process."""
        try:
            descriptor = os.open(self.folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def announce(self, view: View, note: Callable[[str, str], None]) -> bool:
        """Draws the token of a new base, if one is due, and stores it with what that base will hold; whether it is to
        be made now. note: sets a row of the library's own values."""
        # asked first: what ends after this has put its base in place and is seen below
        is_building = self.is_building()
        state, record = self.state(view), view.index_record()
        if view.encoder() is None or (state is not None and not is_due(state.n_base, state.n_added, state.n_removed)):
            return False
        announced = BaseRecord(secrets.token_hex(8), view.last_vector(), view.count_vectors())
        if is_building and record.bases and _still_holds(record.bases[-1], view):
            return False
        # While a base is being built, those announced before stay: it may be any of them. Else only the one in place
        # does.
        kept = [base for base in record.bases if is_building or (state is not None and base.token == state.token)]
        note("index", to_json({"epoch": record.epoch or secrets.token_hex(8),
                               "bases": [[base.token, base.last, base.n_vectors] for base in (*kept, announced)]}))
        return True

    def renew(self, view: View) -> None:
        """Makes the base that the writer has announced: at once, or for a large library in a process of its own.

        A failure leaves the old one and is only logged: it is a cache.
        """
        encoder, record = view.encoder(), view.index_record()
        if encoder is None or not record.bases:
            return
        try:
            if view.count_vectors() > self.exact_up_to:
                self.folder.mkdir(mode=0o700, exist_ok=True)
                if not self.is_building():
                    self._start_builder()
                return
            with self._building() as is_free:
                if is_free:
                    self._publish(_exact_index(view, encoder, record.bases[-1].last), record.bases[-1], encoder)
        except OSError as error:
            log.warning("the vector cache could not be saved (%s); it will be rebuilt when needed", error)

    def _start_builder(self) -> None:
        with (self.folder / "build.log").open("wb") as errors:
            subprocess.Popen([sys.executable, "-c", _BUILDER,
                              str(self.folder.parent.resolve()),
                              str(self.exact_up_to), self.server], start_new_session=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=errors)

    def build(self, read: Callable[[], AbstractContextManager[View]]) -> bool:
        """Makes the newest base that was announced, clustered; what the background process does. False if there is none
        to make.

        The vectors are copied to a file without a name first: the database is read for seconds, not for the minutes of
        a build.
        """
        with self._building() as is_free, tempfile.TemporaryFile(dir=self.folder) as raw:
            copied = self._copy_vectors(raw, read) if is_free else None
            if copied is None:
                return False
            encoder, announced, ids = copied
            index, recall = clustered_index(ids, np.memmap(raw, np.float16, "r", shape=(len(ids), encoder.dim)))
            with read() as view:
                if announced not in view.index_record().bases:  # vectors were replaced meanwhile
                    return False
            self._publish(index, announced, encoder, recall)
        return True

    def _copy_vectors(self, raw: IO[bytes],
                      read: Callable[[], AbstractContextManager[View]]) -> tuple[EncoderRecord, BaseRecord, Ids] | None:
        for _ in range(_BUILD_ATTEMPTS):
            with read() as view:
                encoder, record = view.encoder(), view.index_record()
                if encoder is None or not record.bases:
                    return None
                announced = record.bases[-1]
                # Only as it was when the token was drawn: passages removed since would be missing to a copy of the
                # library of that moment.
                if view.count_vectors() - view.count_vectors(announced.last) == announced.n_vectors:
                    ids = [np.empty(0, np.int64)]
                    for block, vectors in view.vector_blocks(0, announced.last):
                        ids.append(block)
                        raw.write(vectors.astype(np.float16).tobytes())
                    raw.flush()
                    found = np.concatenate(ids)
                    return (encoder, announced, found) if len(found) else None
            time.sleep(1)
        return None

    @contextlib.contextmanager
    def _building(self) -> Iterator[bool]:
        """Whether this process may make an index now; one at a time. What a killed build left behind is swept away."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            deadline = time.monotonic() + _PATIENCE  # `is_building` holds it for a moment
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        yield False
                        return
                    time.sleep(0.02)
            for left in self.folder.glob(".new-*"):
                left.unlink()
            yield True
        finally:
            os.close(descriptor)

    def _publish(self, index: AnyIndex | ExactFile, record: BaseRecord, encoder: EncoderRecord,
                 recall: float = 1.0) -> None:
        """Writes the file beside the old one, then the manifest that names it, then removes the old one; readers that
        have it keep it."""
        path = self.folder / f"base-{record.token}.faiss"
        digest, size = hashlib.sha256(), 0
        with replacing(path) as file:
            def write(block: bytes) -> None:
                nonlocal size
                digest.update(block)
                size += file.write(block)

            index.write(write)
        cells = {"cells": index.n_cells, "probes": index.n_probes} if isinstance(index, ClusteredIndex) else {}
        manifest = {
            "token": record.token, "last": record.last, "vectors": record.n_vectors, "encoder": encoder.fingerprint,
            "dim": encoder.dim, "count": len(index), "kind": "clustered" if cells else "exact",
            **cells, "recall": round(recall, 4), "bytes": size, "sha256": digest.hexdigest()
        }
        replace(self.folder / "manifest.json", json.dumps(manifest).encode())
        for old in (*self.folder.glob("base-*.faiss"), self.folder / "vectors.faiss"):
            if old != path:
                old.unlink(missing_ok=True)


def _still_holds(base: BaseRecord, view: View) -> bool:
    """Whether all that was there when the token was drawn is there."""
    return view.count_vectors() - view.count_vectors(base.last) == base.n_vectors


def _exact_index(view: View, encoder: EncoderRecord, up_to: int) -> AnyIndex | ExactFile:
    if not ExactFile.is_faiss_format():
        return exact_index(view, encoder.dim, up_to)
    return ExactFile(encoder.dim, view.count_vectors() - view.count_vectors(up_to), view.vector_blocks(0, up_to))


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        return read_file(folder / "manifest.json", largest=1 << 16)
    except OutsideError as error:
        raise ValueError(f"the manifest is damaged: {error}") from error


def _accepted(manifest: dict[str, Any], record: IndexRecord, encoder: EncoderRecord) -> BaseRecord:
    """The base of the library's record that this manifest is of. Errors: ValueError with what differs."""
    base = next((base for base in record.bases if base.token == manifest.get("token")), None)
    if base is None:
        raise ValueError("token differs")
    expected = {"last": base.last, "vectors": base.n_vectors, "encoder": encoder.fingerprint, "dim": encoder.dim}
    different = [name for name, value in expected.items() if manifest.get(name) != value]
    if different:
        raise ValueError(", ".join(different) + " differs")
    return base


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
