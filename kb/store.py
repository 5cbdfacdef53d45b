"""The library on disk: the only file that writes.

SQLite is the only truth (documents, passages, vectors, terms); one transaction per document, one writer at a time. The FAISS file
beside it is a cache: hashed, tied to this very library by a token that both hold, and made again from SQLite at any doubt.

    HOME/kb.sqlite3       the truth           HOME/lock            who writes (flock; a dead holder never blocks)
    HOME/index/           FAISS cache         HOME/files/          uploads, by hash
        base-TOKEN.faiss  never changed       manifest.json        which base counts; renamed into place after it
        lock              who builds          build.log            what the last background build had to say

A base holds the vectors of all passages the library had, up to some id, when the writer drew the token. Ids are never used again and
vectors of a passage never change (where they do, all tokens are dropped), so whichever library holds the token can use the file: what
it lacks has higher ids, what it has too much is gone. An older copy of the library does not hold the token.

Readers: `with store.read() as view`, one consistent generation.  Writer: `with store.write("add") as writer`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import logging
import os
import queue
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np

from kb.errors import EncoderError, KBError, LibraryError, UnknownDocument
from kb.lexical import SCHEMA as LEXICAL_SCHEMA
from kb.lexical import LexicalIndex
from kb.snapshot import EXACT_UP_TO, Base, Part, Snapshot, clustered_index, exact_base, is_due, take
from kb.text import one_line
from kb.types import (
    Added,
    Block,
    Document,
    DocumentInfo,
    Ids,
    Metadata,
    Page,
    Passage,
    Prepared,
    Section,
    Vectors,
)
from kb.vector import AnyIndex, ClusteredIndex, MappedIndex

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
_LOCK_PATIENCE = 0.5  # seconds a second writer waits before it is told who holds the lock
_BLOCK = 4096  # vectors read at a time
_LAST_ID = 2**63 - 1
_MOST_VARIABLES = 5000  # in one SQL statement; SQLite's own limit is 32,766
# A library that is being changed as its build begins is looked at again, this often, a second apart.
_BUILD_ATTEMPTS = 30
_BUILDER = """
import os, sys
from pathlib import Path
from kb.store import Store
os.nice(10)
Store(Path(sys.argv[1]), exact_up_to=int(sys.argv[2])).build_base()
"""

_TABLES = (
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE documents(id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, path TEXT NOT NULL, path_bytes BLOB NOT NULL, sidecar TEXT NOT NULL,
        size INTEGER NOT NULL, kind TEXT NOT NULL, metadata TEXT NOT NULL, language TEXT NOT NULL, status TEXT NOT NULL, note TEXT NOT NULL,
        text TEXT NOT NULL, sections TEXT NOT NULL, pages TEXT NOT NULL, blocks TEXT NOT NULL, added TEXT NOT NULL, digest BLOB NOT NULL)""",
    "CREATE INDEX documents_path ON documents(path_bytes)",
    """CREATE TABLE passages(id INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
        start INTEGER NOT NULL, end INTEGER NOT NULL, text TEXT NOT NULL, section TEXT NOT NULL, page INTEGER, language TEXT NOT NULL)""",
    "CREATE INDEX passages_document ON passages(document)",
    """CREATE TABLE vectors(passage INTEGER PRIMARY KEY REFERENCES passages(id) ON DELETE CASCADE,
        vector BLOB NOT NULL, digest BLOB NOT NULL)""",
    """CREATE TABLE staged(document TEXT PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE, fingerprint TEXT NOT NULL,
        passages TEXT NOT NULL, vectors BLOB NOT NULL)""",
)


@dataclass(frozen=True, slots=True)
class EncoderRecord:
    """The encoder a library was built with."""

    name: str
    fingerprint: str
    dim: int


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage with what a hit needs of its document."""

    id: int
    document: str
    title: str
    path: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class BaseRecord:
    """An index file the library accepts: it holds the vectors of the n_passages passages with ids up to `last` of that moment."""

    token: str
    last: int
    n_passages: int


@dataclass(frozen=True, slots=True)
class IndexRecord:
    """What the library says of its index files. epoch: drawn anew when vectors are replaced. bases: oldest first; the last may be being built."""

    epoch: str = ""
    bases: tuple[BaseRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexState:
    """The index file in place, by its manifest: kind "exact" or "clustered"; how many passages it holds, lacks, and holds too much."""

    token: str
    kind: str
    n_base: int
    n_added: int
    n_removed: int
    bytes: int
    recall: float


class Store:
    """A library folder. Opening creates nothing; the first writer does."""

    def __init__(self, home: Path, *, exact_up_to: int = EXACT_UP_TO) -> None:
        """exact_up_to: passages up to which the index is exact and made by the writer; above, it is clustered and made in the background."""
        self.home = home
        self.exact_up_to = exact_up_to
        self.database = home / "kb.sqlite3"
        self._pool: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()

    def exists(self) -> bool:
        return self.database.exists()

    @contextlib.contextmanager
    def read(self) -> Iterator[View]:
        """A consistent view of one generation; safe to use from several threads at once, one view each.

        Errors: LibraryError E_NO_LIBRARY, E_VERSION, E_DAMAGED.
        """
        if not self.exists():
            raise LibraryError("E_NO_LIBRARY", path=self.home)
        with _translated(self.home):
            try:
                connection = self._pool.get_nowait()
            except queue.Empty:
                connection = self._connect_reader()
            try:
                connection.execute("BEGIN")
                yield View(self, connection)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._pool.put(connection)

    def _connect_reader(self) -> sqlite3.Connection:
        connection = _connect(self.database)
        try:
            if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise LibraryError("E_NO_LIBRARY", path=self.home)  # a first writer was killed before it had begun
        except sqlite3.OperationalError:
            # A folder that cannot be written: SQLite needs its -shm file there unless told that nobody writes.
            if os.access(self.home, os.W_OK) or self.database.with_name("kb.sqlite3-wal").exists():
                raise
            connection = sqlite3.connect(f"file:{self.database}?immutable=1", uri=True, isolation_level=None, check_same_thread=False)
        _check_version(connection)
        return connection

    @contextlib.contextmanager
    def write(self, command: str) -> Iterator[Writer]:
        """The one writer. Creates the library if there is none; saves the FAISS cache at the end if anything changed.

        Errors: LibraryError E_BUSY with the holder's pid within a second, E_READONLY, E_DISK, E_VERSION.
        """
        with _translated(self.home):
            self.home.mkdir(parents=True, exist_ok=True)
            with self._lock(command):
                connection = _connect(self.database)
                try:
                    _create(connection)
                    writer = Writer(self, connection)
                    before = writer.generation()
                    try:
                        yield writer
                    finally:
                        if writer.generation() != before or writer.purge_is_due():
                            writer.finish()
                finally:
                    connection.close()

    @contextlib.contextmanager
    def _lock(self, command: str) -> Iterator[None]:
        descriptor = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            deadline = time.monotonic() + _LOCK_PATIENCE
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        holder = _holder(descriptor)
                        raise LibraryError("E_BUSY", pid=holder.get("pid", "?"), command=holder.get("command", "?")) from None
                    time.sleep(0.05)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "command": command}).encode(), 0)
            yield
        finally:
            os.close(descriptor)  # releases the lock

    def close(self) -> None:
        """Closes the idle connections."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._pool.get_nowait().close()

    # --- the FAISS cache ---------------------------------------------------------------------------------------------------------

    @property
    def _index_folder(self) -> Path:
        return self.home / "index"

    def load_index(self, view: View, previous: Snapshot | None = None) -> Snapshot:
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
        if base is None:
            base = previous.base if previous else exact_base(view, encoder.dim)
        shares = previous is not None and base is previous.base and not is_later
        return take(view, record.epoch, base, previous.segments if previous and shares else ())

    def _open_base(self, record: IndexRecord, encoder: EncoderRecord, known: Base | None) -> Base | None:
        """The base in place, or None, with a line in the log, if it is not to be trusted. known: one that is open already."""
        for _ in range(3):  # a new base may take the place of the old one between reading the manifest and opening the file
            try:
                manifest = _read_manifest(self._index_folder)
                accepted = _accepted(manifest, record, encoder)
                if known is not None and known.token == accepted.token:
                    return known
                path = self._index_folder / f"base-{accepted.token}.faiss"
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

    def index_stamp(self) -> tuple[int, ...]:
        """Differs when another base is in place."""
        try:
            found = (self._index_folder / "manifest.json").stat()
        except OSError:
            return ()
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def index_state(self, view: View) -> IndexState | None:
        """What the index file holds, or None if there is none that this library accepts. Its hash is not looked at."""
        encoder, record = view.encoder(), view.index_record()
        if encoder is None:
            return None
        try:
            manifest = _read_manifest(self._index_folder)
            accepted = _accepted(manifest, record, encoder)
            size = (self._index_folder / f"base-{accepted.token}.faiss").stat().st_size
            if size != manifest["bytes"]:
                return None
            n_added = view.count_passages(above=accepted.last)
            n_removed = accepted.n_passages - (view.count_passages() - n_added)
            return IndexState(accepted.token, str(manifest["kind"]), int(manifest["count"]), n_added, n_removed, size, float(manifest["recall"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def is_building(self) -> bool:
        """Whether an index is being made, here or in another process."""
        try:
            descriptor = os.open(self._index_folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def renew_base(self, view: View) -> None:
        """Makes the base that the writer has announced: at once, or for a large library in a process of its own.

        A failure leaves the old one and is only logged: it is a cache.
        """
        encoder, record = view.encoder(), view.index_record()
        if encoder is None or not record.bases:
            return
        try:
            if view.count_passages() > self.exact_up_to:
                self._index_folder.mkdir(exist_ok=True)
                if not self.is_building():
                    self._start_builder()
                return
            with self._building() as is_free:
                if is_free:
                    base = exact_base(view, encoder.dim, up_to=record.bases[-1].last)
                    self._publish(base.part.index, record.bases[-1], encoder)
        except OSError as error:
            log.warning("the vector cache could not be saved (%s); it will be rebuilt when needed", error)

    def _start_builder(self) -> None:
        with (self._index_folder / "build.log").open("wb") as errors:
            subprocess.Popen([sys.executable, "-c", _BUILDER, str(self.home.resolve()), str(self.exact_up_to)], start_new_session=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)

    def build_base(self) -> bool:
        """Makes the newest base that was announced, clustered; what the background process does. False if there is none to make.

        The vectors are copied to a file without a name first: the database is read for seconds, not for the minutes of a build.
        """
        with self._building() as is_free, tempfile.TemporaryFile(dir=self._index_folder) as raw:
            copied = self._copy_vectors(raw) if is_free else None
            if copied is None:
                return False
            encoder, announced, ids = copied
            index, recall = clustered_index(ids, np.memmap(raw, np.float16, "r", shape=(len(ids), encoder.dim)))
            with self.read() as view:
                if announced not in view.index_record().bases:  # vectors were replaced meanwhile
                    return False
            self._publish(index, announced, encoder, recall)
        return True

    def _copy_vectors(self, raw: IO[bytes]) -> tuple[EncoderRecord, BaseRecord, Ids] | None:
        for _ in range(_BUILD_ATTEMPTS):
            with self.read() as view:
                encoder, record = view.encoder(), view.index_record()
                if encoder is None or not record.bases:
                    return None
                announced = record.bases[-1]
                # Only as it was when the token was drawn: passages removed since would be missing to a copy of the library of that moment.
                if view.count_passages() - view.count_passages(above=announced.last) == announced.n_passages:
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
        self._index_folder.mkdir(exist_ok=True)
        descriptor = os.open(self._index_folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            deadline = time.monotonic() + _LOCK_PATIENCE  # `is_building` holds it for a moment
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        yield False
                        return
                    time.sleep(0.02)
            for left in self._index_folder.glob(".new-*"):
                left.unlink()
            yield True
        finally:
            os.close(descriptor)

    def _publish(self, index: AnyIndex, record: BaseRecord, encoder: EncoderRecord, recall: float = 1.0) -> None:
        """Writes the file beside the old one, then the manifest that names it, then removes the old one; readers that have it keep it."""
        path = self._index_folder / f"base-{record.token}.faiss"
        digest, size = hashlib.sha256(), 0
        with _replacing(path) as file:
            def write(block: bytes) -> None:
                nonlocal size
                digest.update(block)
                size += file.write(block)

            index.write(write)
        cells = {"cells": index.n_cells, "probes": index.n_probes} if isinstance(index, ClusteredIndex) else {}
        manifest = {"token": record.token, "last": record.last, "passages": record.n_passages, "encoder": encoder.fingerprint, "dim": encoder.dim,
                    "count": len(index), "kind": "clustered" if cells else "exact", **cells, "recall": round(recall, 4), "bytes": size,
                    "sha256": digest.hexdigest()}
        _replace(self._index_folder / "manifest.json", json.dumps(manifest).encode())
        for old in (*self._index_folder.glob("base-*.faiss"), self._index_folder / "vectors.faiss"):
            if old != path:
                old.unlink(missing_ok=True)

    # --- uploads -----------------------------------------------------------------------------------------------------------------

    def keep_file(self, name: str, data: bytes) -> Path:
        """Stores an upload under its hash and a harmless form of its name; gives the path to add."""
        with _translated(self.home):
            folder = self.home / "files" / hashlib.sha256(data).hexdigest()[:16]
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / safe_name(name)
            _replace(path, data)
            return path


class View:
    """What a reader sees: one generation of the library."""

    def __init__(self, store: Store, connection: sqlite3.Connection) -> None:
        self._store = store
        self._connection = connection
        self.lexical = LexicalIndex(connection)

    def meta(self, key: str, default: str = "") -> str:
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else default

    def generation(self) -> int:
        return int(self.meta("generation", "0"))

    def encoder(self) -> EncoderRecord | None:
        """None for a library that has never held a passage."""
        saved = self.meta("encoder")
        return EncoderRecord(**json.loads(saved)) if saved else None

    def counts(self) -> tuple[int, int]:
        """(documents, passages)"""
        documents, passages = self._connection.execute("SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM passages)").fetchone()
        return documents, passages

    def documents(self) -> tuple[DocumentInfo, ...]:
        """All documents, newest first."""
        rows = self._connection.execute(
            """SELECT d.id, d.metadata, d.path, d.kind, d.language, d.status, d.note, length(d.text), json_array_length(d.pages),
                      (SELECT count(*) FROM passages p WHERE p.document = d.id), d.added FROM documents d ORDER BY d.added DESC, d.rowid DESC""")
        return tuple(_info(row) for row in rows)

    def document(self, document: str) -> Document:
        """A document with its text. `document` is an id or the beginning of one that is unambiguous."""
        rows = self._connection.execute(
            """SELECT id, sha256, path, kind, metadata, language, text, sections, pages, blocks, status, note
               FROM documents WHERE id = ? OR substr(id, 1, ?) = ? ORDER BY id = ? DESC LIMIT 2""",
            (document, len(document), document, document)).fetchall()
        if not rows or not document or (len(rows) > 1 and rows[0][0] != document):
            raise UnknownDocument("E_UNKNOWN_DOCUMENT", id=one_line(document, 80))
        return _document(rows[0])

    def find(self, sha256: str) -> tuple[str, str, str] | None:
        """(id, path, sidecar hash) of the document with these bytes, or None."""
        row: tuple[str, str, str] | None = self._connection.execute(
            "SELECT id, path, sidecar FROM documents WHERE sha256 = ?", (sha256,)).fetchone()
        return row

    def source_path(self, document: str) -> Path:
        """Where the file was when it was read (it may have moved since)."""
        row = self._connection.execute("SELECT path_bytes FROM documents WHERE id = ?", (document,)).fetchone()
        return Path(os.fsdecode(row[0]))

    def passages(self, ids: Iterable[int]) -> dict[int, PassageRow]:
        """The passages with these ids; ids that are not there any more are left out."""
        wanted = list(ids)
        rows = self._connection.execute(
            f"""SELECT p.id, p.document, json_extract(d.metadata, '$.title'), d.path, p.start, p.end, p.text, p.section, p.page, p.language
                FROM passages p JOIN documents d ON d.id = p.document WHERE p.id IN ({",".join("?" * len(wanted))})""", wanted)
        return {row[0]: PassageRow(row[0], row[1], row[2] or "", row[3], _passage(row[4:])) for row in rows}

    def passages_of(self, document: str) -> list[Passage]:
        rows = self._connection.execute(
            "SELECT start, end, text, section, page, language FROM passages WHERE document = ? ORDER BY id", (document,))
        return [_passage(row) for row in rows]

    def index_record(self) -> IndexRecord:
        """Which index files this library accepts."""
        try:
            saved = json.loads(self.meta("index", "{}"))
            return IndexRecord(str(saved.get("epoch", "")), tuple(BaseRecord(str(token), int(last), int(n)) for token, last, n in saved.get("bases", ())))
        except (ValueError, TypeError, AttributeError):  # damaged: accepts none
            return IndexRecord()

    def count_passages(self, above: int = 0) -> int:
        """How many passages there are, or those with ids above `above`."""
        where = " WHERE id > ?" if above else ""
        found: int = self._connection.execute(f"SELECT count(*) FROM passages{where}", (above,) if above else ()).fetchone()[0]
        return found

    def passage_ids(self) -> Ids:
        """The ids of all passages, in no order."""
        return np.fromiter((row[0] for row in self._connection.execute("SELECT id FROM passages")), np.int64)

    def living(self, ids: Ids) -> Ids:
        """Those of these ids whose passage is there, ascending."""
        found = [row[0] for some in _slices(ids.tolist())
                 for row in self._connection.execute(f"SELECT passage FROM vectors WHERE passage IN ({_marks(some)})", some)]
        return np.array(sorted(found), np.int64)

    def vectors(self, ids: Sequence[int] | None = None) -> tuple[Ids, Vectors]:
        """(ids [n], float32 [n, d]) of all passages or of those named, ascending; missing ones are left out."""
        if ids is None:
            blocks = list(self.vector_blocks())
        else:
            blocks = [_stacked(self._connection.execute(f"SELECT passage, vector FROM vectors WHERE passage IN ({_marks(some)}) ORDER BY passage", some).fetchall())
                      for some in _slices(sorted(ids))]
        blocks = [block for block in blocks if len(block[0])]
        if not blocks:
            return np.empty(0, np.int64), np.empty((0, 0), np.float32)
        return np.concatenate([block[0] for block in blocks]), np.concatenate([block[1] for block in blocks])

    def vector_blocks(self, after: int = 0, up_to: int | None = None) -> Iterator[tuple[Ids, Vectors]]:
        """Vectors of passages with ids above `after`, at most `up_to`, ascending, some thousands at a time; never all in memory."""
        cursor = self._connection.execute("SELECT passage, vector FROM vectors WHERE passage > ? AND passage <= ? ORDER BY passage",
                                          (after, _LAST_ID if up_to is None else up_to))
        while rows := cursor.fetchmany(_BLOCK):
            yield _stacked(rows)


class Writer(View):
    """The one writer; each method is one transaction and leaves the library whole if it is killed anywhere."""

    def __init__(self, store: Store, connection: sqlite3.Connection) -> None:
        super().__init__(store, connection)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def commit(self, prepared: Prepared, encoder_name: str) -> Added:
        """Stores a document with its passages, terms and vectors in one transaction; an older version of the same file is replaced.

        Errors: EncoderError E_ENCODER if the library was built with another encoder.
        """
        document = prepared.document
        with self._transaction() as connection:
            self._claim_encoder(encoder_name, prepared.fingerprint, prepared.vectors.shape[1])
            old = connection.execute("SELECT id FROM documents WHERE path_bytes = ? OR id = ?", (prepared.path_bytes, document.id)).fetchall()
            for (gone,) in old:
                self._delete(gone)
            added = datetime.now(UTC).isoformat(timespec="seconds")
            row = (document.id, document.sha256, document.path, prepared.path_bytes, prepared.sidecar_sha256, prepared.size, document.kind,
                   _json(document.metadata.to_dict()), document.language, document.status, document.note, document.text,
                   _json([[s.heading, s.level, s.start, s.end] for s in document.sections]),
                   _json([[p.number, p.label, p.start, p.end] for p in document.pages]),
                   _json([[b.kind, b.start, b.end] for b in document.blocks]), added)
            connection.execute("INSERT INTO documents VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", (*row, _digest(row)))
            self._insert_passages(document.id, document.metadata.title, prepared.passages, prepared.vectors)
            self._advance()
        return Added(document.id, document.path, document.metadata.title, len(prepared.passages), document.status, document.note,
                     next((gone for (gone,) in old if gone != document.id), None))

    def _claim_encoder(self, name: str, fingerprint: str, dim: int) -> None:
        saved = self.encoder()
        if saved is None:
            self._set_meta("encoder", _json({"name": name, "fingerprint": fingerprint, "dim": dim}))
        elif saved.fingerprint != fingerprint:
            raise EncoderError("E_ENCODER", saved=saved.fingerprint, now=fingerprint)

    def _insert_passages(self, document: str, title: str, passages: Sequence[Passage], vectors: Vectors) -> None:
        blobs = vectors.astype(np.float16)
        terms: list[tuple[int, str, str]] = []
        for passage, vector in zip(passages, blobs, strict=True):
            cursor = self._connection.execute(
                "INSERT INTO passages(document, start, end, text, section, page, language) VALUES (?,?,?,?,?,?,?)",
                (document, passage.start, passage.end, passage.text, _json(list(passage.section)), passage.page, passage.language))
            assert cursor.lastrowid is not None
            blob = vector.tobytes()
            self._connection.execute("INSERT INTO vectors VALUES (?,?,?)", (cursor.lastrowid, blob, _digest((blob,))))
            terms.append((cursor.lastrowid, passage.text, " ".join((title, *passage.section))))
        self.lexical.add(terms)

    def remove(self, document: str) -> None:
        """Removes a document from every table and index at once.

        Its words are overwritten in the database file when the writer finishes (at the latest by the next one, after a kill).
        """
        with self._transaction() as connection:
            path = self.source_path(document)
            self._delete(document)
            self._set_meta("purge", "1")
            self._advance()
            still_used = connection.execute("SELECT 1 FROM documents WHERE path_bytes = ?", (os.fsencode(path),)).fetchone()
        if not still_used and path.is_relative_to(self._store.home / "files"):
            shutil.rmtree(path.parent, ignore_errors=True)

    def _delete(self, document: str) -> None:
        ids = [row[0] for row in self._connection.execute("SELECT id FROM passages WHERE document = ?", (document,))]
        self.lexical.remove(np.array(ids, np.int64))
        self._connection.execute("DELETE FROM documents WHERE id = ?", (document,))

    # --- another encoder -----------------------------------------------------------------------------------------------------------

    def staged(self, fingerprint: str) -> set[str]:
        """Documents whose passages are ready under this encoder."""
        return {row[0] for row in self._connection.execute("SELECT document FROM staged WHERE fingerprint = ?", (fingerprint,))}

    def stage(self, document: str, fingerprint: str, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Keeps a document's passages and vectors of another encoder aside, so that a killed reindex goes on where it was."""
        rows = [[p.start, p.end, list(p.section), p.page, p.language] for p in passages]
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO staged VALUES (?,?,?,?)",
                               (document, fingerprint, _json(rows), vectors.astype(np.float16).tobytes()))

    def adopt(self, encoder: EncoderRecord) -> None:
        """Swaps all passages and vectors for the staged ones in one transaction. Every document must be staged."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM terms")
            connection.execute("DELETE FROM passages")
            for info in self.documents():
                document = self.document(info.id)
                rows, blob = connection.execute("SELECT passages, vectors FROM staged WHERE document = ? AND fingerprint = ?",
                                                (info.id, encoder.fingerprint)).fetchone()
                passages = [Passage(a, b, document.text[a:b], tuple(section), page, language) for a, b, section, page, language in json.loads(rows)]
                vectors = np.frombuffer(blob, np.float16).reshape(len(passages), encoder.dim).astype(np.float32)
                self._insert_passages(info.id, info.title, passages, vectors)
            connection.execute("DELETE FROM staged")
            self._set_meta("encoder", _json({"name": encoder.name, "fingerprint": encoder.fingerprint, "dim": encoder.dim}))
            self.forget_bases()
            self._advance()

    # --- repairs and endings -------------------------------------------------------------------------------------------------------

    def rebuild_terms(self) -> None:
        """Makes the full-text index anew from the passages."""
        with self._transaction() as connection:
            connection.execute("DROP TABLE vocabulary")
            connection.execute("DROP TABLE terms")
            for statement in LEXICAL_SCHEMA:
                connection.execute(statement)
            rows = connection.execute(
                "SELECT p.id, p.text, json_extract(d.metadata, '$.title'), p.section FROM passages p JOIN documents d ON d.id = p.document")
            self.lexical.add((row[0], row[1], " ".join((row[2] or "", *json.loads(row[3])))) for row in rows.fetchall())
            self._advance()

    def replace_vectors(self, ids: Sequence[int], vectors: Vectors) -> None:
        with self._transaction() as connection:
            for passage, vector in zip(ids, vectors.astype(np.float16), strict=True):
                blob = vector.tobytes()
                connection.execute("INSERT OR REPLACE INTO vectors VALUES (?,?,?)", (passage, blob, _digest((blob,))))
            self.forget_bases()
            self._advance()

    def forget_bases(self) -> None:
        """No index file is accepted any more, and readers share nothing with what they have."""
        self._set_meta("index", _json({"epoch": secrets.token_hex(8), "bases": []}))

    def purge_is_due(self) -> bool:
        return self.meta("purge") == "1"

    def finish(self) -> None:
        """After the last transaction: removed words leave the file, the log is folded in, the vector cache is renewed if it is due."""
        purges = self.purge_is_due()
        if purges:
            self._connection.execute("INSERT INTO terms(terms) VALUES ('optimize')")
            self._set_meta("purge", "0")
        try:
            announces = self._announce_base()
        except sqlite3.OperationalError as error:  # a full disk; what was committed is safe
            log.warning("the vector cache is not renewed (%s)", error)
            announces = False
        # An open reader keeps the log alive: do not wait for it, the next writer folds the log in.
        self._connection.execute("PRAGMA busy_timeout = 50")
        was_busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        self._connection.execute("PRAGMA busy_timeout = 5000")
        if was_busy and purges:
            self._set_meta("purge", "1")
        if announces:
            self._store.renew_base(self)

    def _announce_base(self) -> bool:
        """Draws the token of a new base, if one is due, and stores it with what that base will hold; whether it is to be made now."""
        is_building = self._store.is_building()  # asked first: what ends after this has put its base in place and is seen below
        state, record = self._store.index_state(self), self.index_record()
        if self.encoder() is None or (state is not None and not is_due(state.n_base, state.n_added, state.n_removed)):
            return False
        last = self._connection.execute("SELECT coalesce(max(id), 0) FROM passages").fetchone()[0]
        announced = BaseRecord(secrets.token_hex(8), last, self.count_passages())
        if is_building and record.bases and self._still_holds(record.bases[-1]):
            return False
        # While a base is being built, those announced before stay: it may be any of them. Else only the one in place does.
        kept = [base for base in record.bases if is_building or (state is not None and base.token == state.token)]
        self._set_meta("index", _json({"epoch": record.epoch or secrets.token_hex(8),
                                       "bases": [[base.token, base.last, base.n_passages] for base in (*kept, announced)]}))
        return True

    def _still_holds(self, base: BaseRecord) -> bool:
        return self.count_passages() - self.count_passages(above=base.last) == base.n_passages

    def _advance(self) -> None:
        self._set_meta("generation", str(self.generation() + 1))

    def _set_meta(self, key: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?,?,?)", (key, value, _digest((key, value))))

    # --- what verify looks at ------------------------------------------------------------------------------------------------------

    def damaged_documents(self) -> list[tuple[str, str]]:
        """(id, title or path) of the documents whose stored content does not match its hash, or whose passages are not its slices."""
        damaged = []
        for row in self._connection.execute("SELECT * FROM documents"):
            is_whole = _digest(row[:-1]) == row[-1]
            text = row[11]
            for start, end, passage in self._connection.execute("SELECT start, end, text FROM passages WHERE document = ? ORDER BY id", (row[0],)):
                is_whole = is_whole and text[start:end] == passage
            if not is_whole:
                damaged.append((row[0], one_line(str(row[2]))))
        return damaged

    def damaged_vectors(self) -> list[int]:
        """Passages whose vector is missing or does not match its hash."""
        rows = self._connection.execute("SELECT p.id, v.vector, v.digest FROM passages p LEFT JOIN vectors v ON v.passage = p.id")
        return [passage for passage, vector, digest in rows if vector is None or _digest((vector,)) != digest]

    def terms_are_sound(self) -> bool:
        """Whether the full-text index agrees with the passages."""
        try:
            self._connection.execute("INSERT INTO terms(terms) VALUES ('integrity-check')")
        except sqlite3.DatabaseError:
            return False
        from kb.lexical import index_text

        rows = self._connection.execute("SELECT p.text, t.body FROM passages p LEFT JOIN terms t ON t.rowid = p.id")
        extra = self._connection.execute("SELECT count(*) FROM terms_content WHERE id NOT IN (SELECT id FROM passages)").fetchone()[0]
        return extra == 0 and all(body == index_text(text) for text, body in rows)

    def damaged_meta(self) -> list[str]:
        """Keys of the library's own values that do not match their hash."""
        return [key for key, value, digest in self._connection.execute("SELECT * FROM meta") if _digest((key, value)) != digest]

    def integrity(self) -> list[str]:
        """SQLite's own findings; empty when it has none."""
        rows = [row[0] for row in self._connection.execute("PRAGMA integrity_check(20)")]
        rows += [f"foreign key: {row}" for row in self._connection.execute("PRAGMA foreign_key_check")]
        return [row for row in rows if row != "ok"]


def safe_name(name: str) -> str:
    """A file name for an upload: no folders, no control characters, at most 100 characters, its suffix kept."""
    base = one_line(name.replace("\\", "/").rsplit("/", 1)[-1], 400).strip(". ") or "upload"
    stem, dot, suffix = base.rpartition(".")
    return f"{stem[:80]}.{suffix[:12]}" if dot else base[:80]


# --- helpers -------------------------------------------------------------------------------------------------------------------------


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _create(connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        _check_version(connection)
        return
    connection.execute("BEGIN IMMEDIATE")
    for statement in (*_TABLES, *LEXICAL_SCHEMA):
        connection.execute(statement)
    for key, value in (("schema", str(SCHEMA_VERSION)), ("generation", "0")):
        connection.execute("INSERT INTO meta VALUES (?,?,?)", (key, value, _digest((key, value))))
    connection.execute("COMMIT")


def _check_version(connection: sqlite3.Connection) -> None:
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    except sqlite3.OperationalError as error:
        raise LibraryError("E_DAMAGED", detail=str(error)) from error
    found = int(row[0]) if row and row[0].isdigit() else -1
    if found > SCHEMA_VERSION or found < 0:
        raise LibraryError("E_VERSION", found=found, known=SCHEMA_VERSION)


@contextlib.contextmanager
def _translated(home: Path) -> Iterator[None]:
    """Errors of SQLite and the file system as errors a caller can act on."""
    try:
        yield
    except KBError:
        raise
    except sqlite3.Error as error:
        message = str(error)
        if "disk is full" in message or "disk I/O" in message and shutil.disk_usage(home).free < 1 << 20:
            raise LibraryError("E_DISK", path=home) from error
        if "readonly" in message or "unable to open" in message:
            raise LibraryError("E_READONLY", path=home) from error
        if "locked" in message or "busy" in message:
            raise LibraryError("E_BUSY", pid="?", command="SQLite") from error
        raise LibraryError("E_DAMAGED", detail=message) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LibraryError("E_DISK", path=home) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR) and str(home) in str(error.filename or ""):
            raise LibraryError("E_READONLY", path=home) from error
        raise


def _holder(descriptor: int) -> dict[str, Any]:
    try:
        found = json.loads(os.pread(descriptor, 1000, 0))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _replace(path: Path, data: bytes) -> None:
    with _replacing(path) as file:
        file.write(data)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Writes beside, syncs, renames: the old file or the new one, never a part. (Written in place, 21 of 23 killed writes lost both.)"""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read_manifest(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "manifest.json").read_bytes())
    if not isinstance(found, dict):
        raise ValueError("the manifest is damaged")
    return found


def _accepted(manifest: dict[str, Any], record: IndexRecord, encoder: EncoderRecord) -> BaseRecord:
    """The base of the library's record that this manifest is of. Errors: ValueError with what differs."""
    base = next((base for base in record.bases if base.token == manifest.get("token")), None)
    if base is None:
        raise ValueError("token differs")
    expected = {"last": base.last, "passages": base.n_passages, "encoder": encoder.fingerprint, "dim": encoder.dim}
    different = [name for name, value in expected.items() if manifest.get(name) != value]
    if different:
        raise ValueError(", ".join(different) + " differs")
    return base


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _slices(values: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(values), _MOST_VARIABLES):
        yield values[first:first + _MOST_VARIABLES]


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _stacked(rows: Sequence[tuple[int, bytes]]) -> tuple[Ids, Vectors]:
    if not rows:
        return np.empty(0, np.int64), np.empty((0, 0), np.float32)
    stacked = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float16).reshape(len(rows), -1)
    return np.array([row[0] for row in rows], np.int64), stacked.astype(np.float32)


def _digest(values: Sequence[Any]) -> bytes:
    """A hash over values with their lengths, so that moving a character from one to the next is seen too."""
    digest = hashlib.sha256()
    for value in values:
        data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.digest()[:16]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _passage(row: Sequence[Any]) -> Passage:
    start, end, text, section, page, language = row
    return Passage(start, end, text, tuple(json.loads(section)), page, language)


def _metadata(saved: str) -> Metadata:
    values = json.loads(saved)
    return Metadata(**{**values, "authors": tuple(values["authors"]), "guessed": tuple(values["guessed"])})


def _document(row: Sequence[Any]) -> Document:
    return Document(
        id=row[0], sha256=row[1], path=row[2], kind=row[3], metadata=_metadata(row[4]), language=row[5], text=row[6],
        sections=tuple(Section(*item) for item in json.loads(row[7])), pages=tuple(Page(*item) for item in json.loads(row[8])),
        blocks=tuple(Block(*item) for item in json.loads(row[9])), status=row[10], note=row[11])


def _info(row: Sequence[Any]) -> DocumentInfo:
    m = _metadata(row[1])
    return DocumentInfo(
        id=row[0], title=m.title, authors=m.authors, year=m.year, venue=m.venue, doi=m.doi, arxiv=m.arxiv, url=m.url, guessed=m.guessed,
        path=row[2], kind=row[3], language=row[4], status=row[5], note=row[6], n_characters=row[7], n_pages=row[8], n_passages=row[9],
        added=row[10])
