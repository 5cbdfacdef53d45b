"""The library on disk: the only folder of modules that write to it.

SQLite is the only truth (documents, passages, vectors, terms); one transaction per document, one writer at a time. The
FAISS files
beside it are a cache: hashed, tied to this very library by a token that both hold, and made again from SQLite at any
doubt.

    HOME/kb.sqlite3       the truth           HOME/lock            who writes (flock; a dead holder never blocks)
    HOME/index/           FAISS cache         HOME/files/          uploads, by hash

    __init__.py  Store: opens, locks          view.py    what a reader sees      cache.py   the FAISS files
    tables.py    tables, rows -> records      writer.py  the one writer          files.py   a file replaced whole
    commits.py   its transactions             mending.py what it can make again  rows.py    each row and its hash
    history.py   the log of conversations       paths.py   which files a document came from
    filing.py    collections, tags, states     works.py    which documents are one work
    staged.py    passages of another encoder     private.py     nobody else may open it
    connection.py  what is asked of a database   postgres/      one on a server     opening.py   which of the two
    shards.py    HOME/prepared/: documents of other machines, until they are committed
    backup.py    all of it as one file           restore.py     a library of such a file

Readers: `with store.read() as view`, one consistent generation.  Writer: `with store.write("add") as writer`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import queue
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from kb.errors import KBError, LibraryError, NoLibrary
from kb.index.snapshot import EXACT_UP_TO
from kb.outside import OutsideError, read_object
from kb.store.backup import Manifest, Told, workshop, write_backup
from kb.store.cache import IndexFiles
from kb.store.connection import Connection
from kb.store.files import put_in_place, replace
from kb.store.private import make_file, make_private
from kb.store.restore import read_backup
from kb.store.tables import check_version, connect, create, stand_in, stands_in
from kb.store.view import LastRead, PassageRow, View, check_encoder
from kb.store.writer import Gone, Writer
from kb.text import one_line

__all__ = ["Gone", "Manifest", "PassageRow", "Store", "View", "Writer", "check_backup", "check_encoder", "safe_name",
           "save_endpoint"]

AnyView = TypeVar("AnyView", bound=View)
_LOCK_PATIENCE = 0.5  # seconds a second writer waits before it is told who holds the lock


class Store:
    """A library folder. Opening creates nothing; the first writer does."""

    def __init__(self, home: Path, *, exact_up_to: int = EXACT_UP_TO) -> None:
        """exact_up_to: see IndexFiles."""
        self.home = home
        self.server = ""  # that has it, where one does
        self.who = ""  # whom it acts for: see owners.py
        self.index = IndexFiles(home / "index", exact_up_to)
        self.database = home / "kb.sqlite3"
        self._pool: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._last: LastRead = {}

    def exists(self) -> bool:
        """Whether there is a library. A first writer that was killed before it had begun leaves a file without
        tables: then there is none yet. One that cannot be read is there."""
        if not self.database.exists():
            return False
        try:
            with self.read():
                return True
        except NoLibrary:
            return False
        except LibraryError:
            return True

    @contextlib.contextmanager
    def read(self) -> Iterator[View]:
        """A consistent view of one generation; safe to use from several threads at once, one view each.

        Errors: LibraryError E_NO_LIBRARY, E_VERSION, E_DAMAGED.
        """
        if not self.database.exists():
            raise NoLibrary("E_NO_LIBRARY", path=self.home)
        with _translated(self.home):
            try:
                connection = self._pool.get_nowait()
            except queue.Empty:
                connection = self._connect_reader()
            try:
                connection.execute("BEGIN")
                yield self._acting(View(connection, self.home, self._last))
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if stands_in(connection):  # the next writer makes the table itself
                    connection.close()
                else:
                    self._pool.put(connection)

    def _connect_reader(self) -> sqlite3.Connection:
        connection = connect(self.database)
        try:
            if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise NoLibrary("E_NO_LIBRARY", path=self.home)  # a first writer was killed before it had begun
        except sqlite3.OperationalError:
            # A folder that cannot be written: SQLite needs its -shm file there unless told that nobody writes.
            if os.access(self.home, os.W_OK) or self.database.with_name("kb.sqlite3-wal").exists():
                raise
            connection = sqlite3.connect(f"file:{self.database}?immutable=1", uri=True, isolation_level=None,
                                         check_same_thread=False)
        check_version(connection)
        stand_in(connection)
        return connection

    @contextlib.contextmanager
    def write(self, command: str) -> Iterator[Writer]:
        """The one writer. Creates the library if there is none; saves the FAISS cache at the end if anything changed.

        Errors: LibraryError E_BUSY with the holder's pid within a second, E_READONLY, E_DISK, E_VERSION.
        """
        with _translated(self.home):
            make_private(self.home)
            with self._lock(command):
                make_file(self.database)
                connection = connect(self.database)
                try:
                    with self._writing(connection, command) as writer:
                        yield writer
                finally:
                    connection.close()

    @contextlib.contextmanager
    def _writing(self, connection: Connection, command: str) -> Iterator[Writer]:
        """The writer on a connection that nobody else writes beside."""
        create(connection)
        writer = self._acting(Writer(connection, self.home, self.index))
        before = writer.generation()
        try:
            if command not in ("log", "verify"):  # neither waits, nor stumbles over what is damaged
                writer.renew_terms()
                writer.renew_paths()
            yield writer
        finally:
            if writer.generation() != before or writer.purge_is_due():
                writer.finish()

    def _acting(self, view: AnyView) -> AnyView:
        view.filing.owners.who = view.history.owners.who = self.who
        return view

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
                        raise LibraryError("E_BUSY", pid=holder.get("pid", "?"), command=holder.get("command",
                                                                                                    "?")) from None
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

    # --- the whole of it as one file

    def backup(self, path: Path, told: Told) -> Manifest:
        """Writes the library as it is now into one file, whoever writes meanwhile, reads that back, and only then gives
        it its name. Errors: LibraryError E_BACKUP_FILE where it cannot be written there, E_DISK, and as `read`."""
        with (_written_to(path), workshop(path.parent, ".kb-backup-") as folder, self.read() as view,
              _written_to(path)):  # once more inside: what fails there is not the library's folder
            made, manifest = write_backup(view, folder, told)
            read_backup(made, None, told)
            put_in_place(made, path)
        return manifest

    @classmethod
    def restore(cls, path: Path, home: Path, told: Told) -> Manifest:
        """Makes a library of a backup, in a folder that is not there or empty: whole, or not at all. Errors:
        LibraryError E_BACKUP, E_RESTORE_THERE, E_BACKUP_FILE, E_DISK."""
        with _written_to(home):
            home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with workshop(home.parent, ".kb-restore-") as folder:
                whole = folder / "library"
                whole.mkdir(mode=0o700)
                manifest = read_backup(path, whole, told)
                if home.is_symlink() or home.exists() and (not home.is_dir() or any(home.iterdir())):
                    raise LibraryError("E_RESTORE_THERE", path=home)
                put_in_place(whole, home)
        with cls(home).write("restore") as writer:  # which finds the library's own files where they are now
            writer.finish()
        return manifest

    def size(self, view: View) -> int:
        """Bytes that the library takes."""
        return sum(item.stat().st_size for item in self.home.rglob("*") if item.is_file())

    # --- uploads

    def at_hand(self, view: View, path: Path) -> Path:
        """A file of a document where it can be read."""
        return path

    def keep_file(self, name: str, data: bytes, key: str | None = None) -> Path:
        """Stores an upload under its hash, or that of its key, and a harmless form of its name; gives the path."""
        with _translated(self.home):
            folder = self.home / "files" / hashlib.sha256(data if key is None else key.encode()).hexdigest()[:16]
            make_private(self.home)
            folder.parent.mkdir(mode=0o700, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            path = folder / safe_name(name)
            replace(path, data)
            return path


@contextlib.contextmanager
def _written_to(path: Path) -> Iterator[None]:
    """Errors of the place that a file or folder is written to."""
    try:
        with _translated(path.parent):
            yield
    except OSError as error:
        raise LibraryError("E_BACKUP_FILE", path=path, detail=error.strerror or str(error)) from error
    except LibraryError as error:
        if error.code != "E_READONLY":
            raise
        raise LibraryError("E_BACKUP_FILE", path=path, detail=str(error.__cause__ or error)) from error


def check_backup(path: Path, told: Told) -> Manifest:
    """A backup against its hashes. Errors: LibraryError E_BACKUP, E_BACKUP_FILE."""
    with _written_to(path):
        return read_backup(path, None, told)


def save_endpoint(path: Path, url: str, model: str, key: str) -> None:
    """Writes the user's own file of endpoint.py, readable by nobody else. Errors: LibraryError E_READONLY, E_DISK."""
    with _translated(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # a temporary file is 0600, and stays so
        replace(path, json.dumps({"url": url, "model": model, "key": key}).encode())


def safe_name(name: str) -> str:
    """A file name for an upload: no folders, no control characters, at most 100 characters, its suffix kept."""
    base = one_line(name.replace("\\", "/").rsplit("/", 1)[-1], 400).strip(". ") or "upload"
    stem, dot, suffix = base.rpartition(".")
    return f"{stem[:80]}.{suffix[:12]}" if dot else base[:80]


@contextlib.contextmanager
def _translated(home: Path) -> Iterator[None]:
    """Errors of SQLite and the file system as errors a caller can act on."""
    try:
        yield
    except KBError:
        raise
    except UnicodeDecodeError as error:  # SQLite's own message of a damaged schema
        raise LibraryError("E_DAMAGED", detail=str(error)) from error
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
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR) and str(home) in str(
            error.filename or ""
        ):
            raise LibraryError("E_READONLY", path=home) from error
        raise


def _holder(descriptor: int) -> dict[str, Any]:
    try:
        return read_object(os.pread(descriptor, 1000, 0))
    except OutsideError:
        return {}
