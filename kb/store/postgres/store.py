"""A library on a PostgreSQL server, as one instance sees it: what Store is for a folder."""

from __future__ import annotations

import contextlib
import queue
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from kb.errors import LibraryError, NoLibrary
from kb.index.snapshot import EXACT_UP_TO
from kb.store import Store
from kb.store.backup import Manifest, Told
from kb.store.files import replace
from kb.store.postgres.connection import PostgresConnection
from kb.store.postgres.errors import LostConnection, told
from kb.store.postgres.kept import get, name_of, names
from kb.store.private import make_private
from kb.store.tables import check_version
from kb.store.view import View
from kb.store.writer import Writer

_LOCK = 0x6B62_0001  # "kb": who writes; the server gives it back when its holder's connection ends, however that is
_PATIENCE = 0.5  # seconds a second writer waits before it is told who writes
_HOLDER = """SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    JOIN pg_database d ON d.oid = l.database
    WHERE l.locktype = 'advisory' AND l.granted AND l.objid = $1::bigint::oid AND d.datname = current_database()"""


class PostgresStore(Store):
    """A library that several instances share. home: this instance's own folder, with its index files, its runs and its
    settings; it may be deleted, or be another one at each start."""

    def __init__(self, home: Path, server: str, *, exact_up_to: int = EXACT_UP_TO) -> None:
        """server: postgresql://USER@HOST/NAME, without a password; see config.py. exact_up_to: see IndexFiles."""
        super().__init__(home, exact_up_to=exact_up_to)
        self.server = self.index.server = server
        self._idle: queue.SimpleQueue[PostgresConnection] = queue.SimpleQueue()
        with contextlib.suppress(OSError):  # said by what wants to write there
            self._make_home()

    def exists(self) -> bool:
        """Whether there is a library, or was when it was last looked at. Errors: as `read`, but for E_NO_LIBRARY."""
        if not self._idle.empty():
            return True
        try:
            with self.read():
                return True
        except NoLibrary:
            return False

    def _connect(self, command: str = "read") -> PostgresConnection:
        try:
            instance = (self.home / "instance").read_text("ascii")
        except FileNotFoundError:
            self._make_home()
            instance = (self.home / "instance").read_text("ascii")
        return PostgresConnection(self.server, instance, command)

    @contextlib.contextmanager
    def read(self) -> Iterator[View]:
        """A consistent view of one generation; safe to use from several threads at once, one view each.

        Errors: LibraryError E_NO_LIBRARY, E_VERSION, E_DAMAGED; E_PG_UNREACHABLE, E_PG_REFUSED, E_PG_OLD, E_PG_ENCODING
        and E_PG_LOST; MissingPackage.
        """
        with told(self.server):
            connection = self._begun()
            try:
                yield self._acting(View(connection, self.home, self._last))
            finally:
                with contextlib.suppress(LostConnection):
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                if connection.is_closed:
                    connection.close()
                else:
                    self._idle.put(connection)

    def _begun(self) -> PostgresConnection:
        """A connection in a transaction that sees one generation; one that the server has closed is left."""
        while True:
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                connection = self._connected()
                connection.execute("BEGIN")
                return connection
            try:
                connection.execute("BEGIN")
                return connection
            except LostConnection:
                connection.close()

    def _connected(self) -> PostgresConnection:
        connection = self._connect()
        if not connection.has_library():
            connection.close()
            raise NoLibrary("E_NO_LIBRARY", path=self.server)
        check_version(connection)
        return connection

    @contextlib.contextmanager
    def write(self, command: str) -> Iterator[Writer]:
        """The one writer of all instances. Creates the library if there is none.

        Errors: LibraryError E_BUSY with who writes within a second, E_VERSION, E_DISK, and those of `read`.
        """
        with told(self.server):
            connection = self._connect(command)
            try:
                _claim(connection)
                connection.prepare()
                with self._writing(connection, command) as writer:
                    if connection.lexical().is_earlier():
                        writer.rebuild_terms()
                    yield writer
                connection.tidy()
                self._sweep(connection)
            finally:
                connection.close()  # and with it the lock

    def _make_home(self) -> None:
        make_private(self.home)
        for name, text in (("server", self.server),  # for processes that are told the folder alone
                           ("instance", secrets.token_hex(8))):
            if not (self.home / name).exists():
                replace(self.home / name, text.encode())

    def _sweep(self, connection: PostgresConnection) -> None:
        """Files that were brought here, or kept from here, go when their document was removed by another instance."""
        folder = self.home / "files"
        kept = {name.partition("/")[0] for name in names(connection)} if folder.exists() else set()
        for path in folder.glob("[0-9a-f]*"):
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Closes the idle connections."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().close()

    def keep_file(self, name: str, data: bytes, key: str | None = None) -> Path:
        """Stores an upload here and on the server; gives the path here."""
        path = super().keep_file(name, data, key)
        with told(self.server):
            connection = self._connect("keep")
            try:
                connection.prepare()
                connection.keep(name_of(path), data)
            finally:
                connection.close()
        return path

    def at_hand(self, view: View, path: Path) -> Path:
        """The file where it can be read: what another instance was given to keep is brought here."""
        name = "" if path.exists() else name_of(path)
        here = self.home / "files" / name
        if not name or here.exists():
            return here if name else path
        with told(self.server):
            connection = self._connected()
            try:
                data = get(connection, name)
            finally:
                connection.close()
        if data is None:
            return path
        here.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(here, data)
        return here

    def size(self, view: View) -> int:
        """Bytes on the server, and in this instance's folder."""
        row = view._connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(row[0]) + super().size(view)

    def backup(self, path: Path, told: Told) -> Manifest:
        """Errors: LibraryError E_PG_BACKUP, always: the server has ways of its own, and `kb copy` makes a folder."""
        raise LibraryError("E_PG_BACKUP", server=self.server)


def _claim(connection: PostgresConnection) -> None:
    """Makes this connection the one that writes. Errors: LibraryError E_BUSY."""
    deadline = time.monotonic() + _PATIENCE
    while not connection.run("SELECT pg_try_advisory_lock($1)", (_LOCK,))[0][0]:
        if time.monotonic() > deadline:
            holder = (connection.run(_HOLDER, (_LOCK,)) or [("?",)])[0][0]  # kb add (HOST PID)
            command, _, pid = holder.removeprefix("kb ").rstrip(")").partition(" (")
            raise LibraryError("E_BUSY", pid=pid or "?", command=command or "?")
        time.sleep(0.05)
