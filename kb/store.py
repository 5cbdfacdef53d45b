"""The library on disk: the only file that writes.

SQLite is the only truth (documents, passages, vectors, terms); one transaction per document, one writer at a time. The FAISS file
beside it is a cache: hashed, tied to a generation, and rebuilt from SQLite at any doubt.

    HOME/kb.sqlite3       the truth           HOME/lock            who writes (flock; a dead holder never blocks)
    HOME/index/           FAISS cache         HOME/files/          uploads, by hash

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
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from kb.errors import EncoderError, KBError, LibraryError, UnknownDocument
from kb.lexical import SCHEMA as LEXICAL_SCHEMA
from kb.lexical import LexicalIndex
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
from kb.vector import FaissIndex

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
_LOCK_PATIENCE = 0.5  # seconds a second writer waits before it is told who holds the lock

_TABLES = (
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE documents(id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, path TEXT NOT NULL, path_bytes BLOB NOT NULL, sidecar TEXT NOT NULL,
        size INTEGER NOT NULL, kind TEXT NOT NULL, metadata TEXT NOT NULL, language TEXT NOT NULL, status TEXT NOT NULL, note TEXT NOT NULL,
        text TEXT NOT NULL, sections TEXT NOT NULL, pages TEXT NOT NULL, blocks TEXT NOT NULL, added TEXT NOT NULL, digest BLOB NOT NULL)""",
    "CREATE INDEX documents_path ON documents(path_bytes)",
    """CREATE TABLE passages(id INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
        start INTEGER NOT NULL, end INTEGER NOT NULL, text TEXT NOT NULL, section TEXT NOT NULL, page INTEGER, language TEXT NOT NULL,
        hash INTEGER)""",
    "CREATE INDEX passages_document ON passages(document)",
    "CREATE INDEX passages_hash ON passages(hash)",
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


class Store:
    """A library folder. Opening creates nothing; the first writer does."""

    def __init__(self, home: Path) -> None:
        self.home = home
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

    def load_index(self, view: View) -> tuple[FaissIndex, str]:
        """The vectors of this view as an index, and "cache" or "rebuilt". Never trusts the cache without its hash."""
        encoder = view.encoder()
        if encoder is None:
            return FaissIndex(1), "rebuilt"
        folder = self.home / "index"
        try:
            manifest = json.loads((folder / "manifest.json").read_bytes())
            data = (folder / "vectors.faiss").read_bytes()
            expected = {"generation": view.generation(), "encoder": encoder.fingerprint, "dim": encoder.dim,
                        "sha256": hashlib.sha256(data).hexdigest()}
            if all(manifest.get(key) == value for key, value in expected.items()):
                return FaissIndex.from_bytes(data, encoder.dim), "cache"
            reason = ", ".join(key for key, value in expected.items() if manifest.get(key) != value) + " differs"
        except (OSError, ValueError, AttributeError) as error:
            reason = type(error).__name__
        log.info("vector cache not used (%s); rebuilding it from the database", reason)
        return build_index(view, encoder.dim), "rebuilt"

    def save_index(self, index: FaissIndex, generation: int, encoder: EncoderRecord) -> None:
        """Writes the cache beside the old one and renames it; a failed write leaves the old one and is only logged: it is a cache."""
        data = index.to_bytes()
        manifest = {"generation": generation, "encoder": encoder.fingerprint, "dim": encoder.dim, "count": len(index),
                    "sha256": hashlib.sha256(data).hexdigest()}
        try:
            folder = self.home / "index"
            folder.mkdir(exist_ok=True)
            _replace(folder / "vectors.faiss", data)
            _replace(folder / "manifest.json", json.dumps(manifest).encode())
        except OSError as error:
            log.warning("the vector cache could not be saved (%s); it will be rebuilt when needed", error)

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

    def n_ready(self) -> int:
        """Passages whose vector is there."""
        return int(self._connection.execute("SELECT count(*) FROM vectors").fetchone()[0])

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

    def vectors(self, ids: Sequence[int] | None = None) -> tuple[Ids, Vectors]:
        """(ids [n], float32 [n, d]) of all passages or of those named; missing ones are left out."""
        where = "" if ids is None else f" WHERE passage IN ({','.join('?' * len(ids))})"
        rows = self._connection.execute(f"SELECT passage, vector FROM vectors{where} ORDER BY passage", list(ids or ())).fetchall()
        if not rows:
            return np.empty(0, np.int64), np.empty((0, 0), np.float32)
        stacked = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float16).reshape(len(rows), -1)
        return np.array([row[0] for row in rows], np.int64), stacked.astype(np.float32)


class Writer(View):
    """The one writer; each method is one transaction and leaves the library whole if it is killed anywhere."""

    def __init__(self, store: Store, connection: sqlite3.Connection) -> None:
        super().__init__(store, connection)
        self._index: FaissIndex | None = None

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside becomes one transaction: all of it or nothing, and one wait for the disk instead of many."""
        with self._transaction():
            yield

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if self._connection.in_transaction:  # inside `together`
            yield self._connection
            return
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

        A vector of nan is still to come: see `without_vectors`. Errors: EncoderError E_ENCODER if the library was built with another encoder.
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
        ids = []
        for passage in passages:
            cursor = self._connection.execute(
                "INSERT INTO passages(document, start, end, text, section, page, language, hash) VALUES (?,?,?,?,?,?,?,?)",
                (document, passage.start, passage.end, passage.text, _json(list(passage.section)), passage.page, passage.language, _hash(passage.text)))
            assert cursor.lastrowid is not None
            ids.append(cursor.lastrowid)
        known = [i for i in range(len(ids)) if not np.isnan(vectors[i, 0])]
        self._insert_vectors([ids[i] for i in known], vectors[known])
        self.lexical.add((i, passage.text, " ".join((title, *passage.section))) for i, passage in zip(ids, passages, strict=True))

    def _insert_vectors(self, ids: Sequence[int], vectors: Vectors) -> None:
        blobs = [vector.tobytes() for vector in vectors.astype(np.float16)]
        # A passage may have gone while its vector was being made.
        self._connection.executemany("INSERT OR REPLACE INTO vectors SELECT id, ?, ? FROM passages WHERE id = ?",
                                     ((blob, _digest((blob,)), i) for i, blob in zip(ids, blobs, strict=True)))

    def known_vectors(self, passages: Sequence[Passage], dim: int) -> Vectors:
        """float32 [n, dim]: the vector the library has already for the words of a passage, wherever they stand in it; else a row of nan.

        A new version of a file, a reprint, the same licence text again: only what is new has to be encoded.
        """
        found = np.full((len(passages), dim), np.nan, dtype=np.float32)
        for i, passage in enumerate(passages):
            row = self._connection.execute("SELECT v.vector, p.text FROM passages p JOIN vectors v ON v.passage = p.id WHERE p.hash = ? LIMIT 1",
                                           (_hash(passage.text),)).fetchone()
            if row is not None and row[1] == passage.text:
                found[i] = np.frombuffer(row[0], np.float16)
        return found

    def without_vectors(self, after: int = 0) -> list[int]:
        """Passages with an id over `after` whose vector is still to come, in the order they were added."""
        return [row[0] for row in self._connection.execute(
            "SELECT p.id FROM passages p LEFT JOIN vectors v ON v.passage = p.id WHERE v.passage IS NULL AND p.id > ? ORDER BY p.id", (after,))]

    def last_passage(self) -> int:
        """The highest id a passage has; later ones get higher ones."""
        return int(self._connection.execute("SELECT coalesce(max(id), 0) FROM passages").fetchone()[0])

    def texts(self, ids: Sequence[int]) -> dict[int, str]:
        """Passage id -> text; ids that are not there any more are left out."""
        return dict(self._connection.execute(f"SELECT id, text FROM passages WHERE id IN ({','.join('?' * len(ids))})", list(ids)))

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

    def set_vectors(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Stores the vectors of passages, in place of damaged ones or where they were still to come."""
        with self._transaction():
            self._insert_vectors(ids, vectors)
            self._advance()

    def purge_is_due(self) -> bool:
        return self.meta("purge") == "1"

    def finish(self) -> None:
        """After the last transaction: removed words leave the file, the log is folded in, the vector cache is saved."""
        purges = self.purge_is_due()
        if purges:
            self._connection.execute("INSERT INTO terms(terms) VALUES ('optimize')")
            self._set_meta("purge", "0")
        # An open reader keeps the log alive: do not wait for it, the next writer folds the log in.
        self._connection.execute("PRAGMA busy_timeout = 50")
        was_busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        self._connection.execute("PRAGMA busy_timeout = 5000")
        if was_busy and purges:
            self._set_meta("purge", "1")
        encoder = self.encoder()
        if encoder is not None:
            self._store.save_index(build_index(self, encoder.dim), self.generation(), encoder)

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


def build_index(view: View, dim: int) -> FaissIndex:
    """A fresh index of every vector in this view."""
    index = FaissIndex(dim)
    ids, vectors = view.vectors()
    if len(ids):
        index.add(ids, vectors)
    return index


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
        if not any(row[1] == "hash" for row in connection.execute("PRAGMA table_info(passages)")):  # a library of version 0.1
            connection.execute("ALTER TABLE passages ADD COLUMN hash INTEGER")
            connection.execute("CREATE INDEX passages_hash ON passages(hash)")
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
    """Writes beside, syncs, renames: the old file or the new one, never a part. (Written in place, 21 of 23 killed writes lost both.)"""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
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


def _digest(values: Sequence[Any]) -> bytes:
    """A hash over values with their lengths, so that moving a character from one to the next is seen too."""
    digest = hashlib.sha256()
    for value in values:
        data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.digest()[:16]


def _hash(text: str) -> int:
    """64 bits of a text's sha-256, as SQLite stores integers."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "little", signed=True)


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
