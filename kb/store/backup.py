"""A whole library as one file: made while others write, read back before it gets its name.

Reads: a library's folder.  Gives: Manifest; the file is a zip of the database as one generation of it, of the files
that the library keeps beside it, and of manifest.json, which has the size and the hash of each. The files of the index
are left out: they are made again. restore.py makes a library of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import sqlite3
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from kb.store.rows import own_tables
from kb.store.tables import SCHEMA_VERSION, to_json
from kb.store.view import View
from kb.types import Record
from kb.version import __version__

FORM = 1  # of the file; a later one is refused by this version
_ODD = re.compile(r"[\0-\x1f\x7f\\]")
FOLDERS = ("encoder", "files", "jobs", "labs", "reader", "surveys")  # what a library keeps beside its database
DATABASE, SETTINGS, MANIFEST = "kb.sqlite3", "kb.toml", "manifest.json"
_BLOCK = 1 << 20
_PAGES = 2048  # of the database, copied between two reports of progress
_UNDER_WAY = ".new-"  # what files.py calls a file that is being written

Told = Callable[[int, int, str], None]  # bytes done, bytes in all, what


@dataclass(frozen=True, slots=True)
class Member(Record):
    """A file of a backup: its path in the library's folder, its bytes, their sha-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest(Record):
    """What a backup says of itself. rows: of each table, counted in the copy. damaged: rows that were not what was
    stored when it was made. left_out: links and special files, which are not in it."""

    kb_backup: int
    version: str
    schema: int
    made: str
    generation: int
    rows: dict[str, int]
    damaged: int
    members: tuple[Member, ...]
    left_out: tuple[str, ...] = ()


@contextlib.contextmanager
def workshop(parent: Path, prefix: str) -> Iterator[Path]:
    """A folder for what is being made, gone afterwards; what killed processes have left of theirs goes as well."""
    for old in parent.glob(f"{prefix}*"):
        with contextlib.suppress(OSError), _held(old):
            shutil.rmtree(old, ignore_errors=True)
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(_held(folder))
            if folder.is_dir():  # not swept away before it was held
                held = stack.pop_all()
                break
    try:
        yield folder
    finally:
        held.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Errors: OSError where a living process has it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def write_backup(view: View, folder: Path, told: Told) -> tuple[Path, Manifest]:
    """The library of this view as a file in this folder, synced. Errors: OSError, sqlite3.Error."""
    copy, archive = folder / DATABASE, folder / "backup.zip"
    files, left_out = files_beside(view.home)
    sizes = {name: _size(path) for name, path in files}
    total = sum(sizes.values())
    _copy(view, copy, lambda: told(0, max(1, total), DATABASE))
    rows, damaged, generation = _counted(copy, view)
    members, done = [], 0
    total += copy.stat().st_size
    descriptor = os.open(archive, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with (os.fdopen(descriptor, "w+b") as file,
          zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made):
        for name, path in [(DATABASE, copy), *files]:
            told(done, total, name)
            if (member := _put(made, name, path)) is not None:  # None: it went meanwhile
                members.append(member)
                done += member.size
        manifest = Manifest(FORM, __version__, SCHEMA_VERSION, datetime.now(UTC).isoformat(timespec="seconds"),
                            generation, rows, damaged, tuple(members), tuple(left_out))
        made.writestr(MANIFEST, to_json(manifest.to_dict()))
    told(total, total, "")
    copy.unlink()
    with archive.open("rb") as written:
        os.fsync(written.fileno())
    return archive, manifest


def _copy(view: View, to: Path, told: Callable[[], None]) -> None:
    """The database as the view sees it: its read transaction stands, so no writer makes the copy begin again."""
    with contextlib.closing(sqlite3.connect(to)) as target:
        view.copy_to(target, _PAGES, lambda *_: told())


def _counted(copy: Path, view: View) -> tuple[dict[str, int], int, int]:
    """(rows of each table, how many are not what was stored, the generation), of the copy."""
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        rows, damaged = {}, 0
        for table in own_tables(connection):
            rows[table.name] = int(connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0])
            with contextlib.suppress(sqlite3.Error, ValueError):
                damaged += len(table.damaged())
    return rows, damaged, view.generation()


def files_beside(home: Path) -> tuple[list[tuple[str, Path]], list[str]]:
    """(name in the backup, path) of what is kept beside the database; and what cannot be in it, by name."""
    found, left_out = [], []
    own = home / SETTINGS
    if own.is_file():
        found.append((SETTINGS, own))
    for top in FOLDERS:
        for at, folders, names in os.walk(home / top):
            folders.sort()
            links = [name for name in folders if os.path.islink(os.path.join(at, name))]
            for name in sorted([*names, *links]):
                path = Path(at, name)
                inside = path.relative_to(home).as_posix()
                if name.startswith(_UNDER_WAY):
                    continue
                if name in links or not _is_plain(path) or not is_ours(inside):
                    left_out.append(inside.encode("utf-8", "replace").decode())
                else:
                    found.append((inside, path))
    return found, left_out


def is_ours(name: str) -> bool:
    """Whether a backup may have a file of this name: below a folder of the library, no step up, nothing odd."""
    if name in (DATABASE, SETTINGS, MANIFEST):
        return True
    top, *rest = name.split("/")
    return (top in FOLDERS and bool(rest) and not any(part in ("", ".", "..") for part in rest)
            and not _ODD.search(name) and name == name.encode("utf-8", "replace").decode())


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _put(archive: zipfile.ZipFile, name: str, path: Path) -> Member | None:
    """Writes a file as it is now, and its hash as it was written; None where it is not there any more."""
    try:
        descriptor = os.open(path, os.O_RDONLY | (0 if name == SETTINGS else os.O_NOFOLLOW) | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as source, archive.open(name, "w", force_zip64=True) as target:
        return Member(name, *hashed(source, target))


def hashed(source: IO[bytes], target: IO[bytes] | None, most: int | None = None) -> tuple[int, str]:
    """(bytes, sha-256) of what is read, which is written to the target; it stops behind `most` bytes."""
    found, size = hashlib.sha256(), 0
    while block := source.read(_BLOCK):
        size += len(block)
        if most is not None and size > most:
            break
        found.update(block)
        if target is not None:
            target.write(block)
    return size, found.hexdigest()
