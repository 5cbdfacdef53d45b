"""Whose a library is: its owner's alone, whatever the process's umask says.

Reads: the library's folder.  Gives: nothing; the folder is 0700 and its files are 0600 afterwards, also those of a
library that an earlier version made. A folder that holds other things than a library stays as open as it is; what the
library has in it does not.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

_FOLDERS = frozenset({"index", "files", "surveys", "jobs", "labs", "prepared"})
_FILES = frozenset({"kb.sqlite3", "kb.sqlite3-wal", "kb.sqlite3-shm", "lock", "serve.sock", "server", "instance"})
_BESIDE = frozenset({"kb.toml"})  # the user's own, and nothing secret in it


def make_private(home: Path) -> None:
    """Makes the folder, or what a library has in it, for its owner alone. Errors: OSError if it cannot be made; what
    belongs to another stays as it is."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = set(os.listdir(home))
    if names <= _FOLDERS | _FILES | _BESIDE:
        _close(Path(os.path.realpath(home)))
    for name in names & (_FOLDERS | _FILES):
        _close(home / name)


def make_file(path: Path) -> None:
    """An empty file for its owner alone, where there is none: SQLite gives its log the database's own mode.

    One that is there is not even opened: to close it again would give up the locks that this process's other
    connections hold on it (sqlite.org/howtocorrupt.html, 2.2), and another process would delete the log they read.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _close(path: Path) -> None:
    """Takes from others what they may do with it; a link is not followed."""
    with contextlib.suppress(OSError):
        mode = os.lstat(path).st_mode
        if not stat.S_ISLNK(mode) and mode & 0o077:
            os.chmod(path, stat.S_IMODE(mode) & 0o700)
