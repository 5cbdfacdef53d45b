"""A backup read back: whether it is whole, and a library made of it.

Reads: a file that backup.py has made, or that somebody says is one.  Gives: Manifest, a folder. Every byte is compared
with its hash; names that lead out of the folder, more than was announced, and what is cut or damaged are refused with
what is wrong, and nothing is left of it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from kb.errors import LibraryError
from kb.outside import OutsideError, read_object
from kb.store.backup import DATABASE, FORM, MANIFEST, Manifest, Told, hashed, is_ours
from kb.store.tables import SCHEMA_VERSION
from kb.types import Words

_LARGEST = 256 << 20  # bytes of a manifest: some million files
_ENCRYPTED = 1  # flag of an entry
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, ValueError, RuntimeError)


def read_backup(path: Path, folder: Path | None, told: Told) -> Manifest:
    """Compares every file of a backup with its hash, and writes it into the folder, if one is given.

    Errors: LibraryError E_BACKUP, which says what is wrong with it; OSError.
    """
    with _opened(path) as archive:
        manifest = _manifest(path, archive)
        _check_entries(path, archive, manifest)
        total, done = sum(member.size for member in manifest.members), 0
        for member in manifest.members:
            told(done, total, member.name)
            with contextlib.ExitStack() as stack:
                target = None
                if folder is not None:
                    to = folder / member.name
                    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    target = stack.enter_context(os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600),
                                                           "wb"))
                found = hashed(stack.enter_context(archive.open(member.name)), target, member.size)
                if found != (member.size, member.sha256):
                    raise _refused(path, Words(f"{member.name} is not what was backed up",
                                               f"{member.name} 与备份时的内容不同"))
                if target is not None:
                    target.flush()
                    os.fsync(target.fileno())
            done += member.size
        told(total, total, "")
    if folder is not None:
        _check_rows(path, folder, manifest)
        _sync_folders(folder)
    return manifest


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            yield archive
    except _BROKEN as error:
        raise _refused(path, Words(f"it is cut or damaged ({error})", f"它不完整或已损坏（{error}）")) from error


def _manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        with archive.open(MANIFEST) as file:
            values = read_object(file.read(_LARGEST + 1), largest=_LARGEST)
        if values["kb_backup"] != FORM or values["schema"] > SCHEMA_VERSION:
            raise _refused(path, Words(f"a later version ({values['version']}) has made it: update kb",
                                       f"它由更新的版本（{values['version']}）制作：请升级 kb"))
        found = Manifest.from_dict(values)
        is_sound = (all(isinstance(m.name, str) and isinstance(m.size, int) and m.size >= 0
                        and isinstance(m.sha256, str) for m in found.members)
                    and isinstance(found.rows, dict) and isinstance(found.made, str) and isinstance(found.version, str)
                    and isinstance(found.generation, int) and isinstance(found.damaged, int)
                    and all(isinstance(name, str) for name in found.left_out))
    except (OutsideError, LookupError, TypeError, AttributeError) as error:
        raise _refused(path, Words("it has no manifest of kb", "其中没有 kb 的清单")) from error
    if not is_sound:
        raise _refused(path, Words("it has no manifest of kb", "其中没有 kb 的清单"))
    return found


def _check_entries(path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """The archive has the files of the manifest, each once, under names that a library has, and no others."""
    names = [entry.filename for entry in archive.infolist()]
    wanted = [member.name for member in manifest.members]
    for entry in archive.infolist():
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if not is_ours(entry.filename) or kind not in (0, stat.S_IFREG) or entry.flag_bits & _ENCRYPTED:
            raise _refused(path, Words(f"it holds {entry.filename!r}, which no backup has",
                                       f"其中有 {entry.filename!r}，备份中不会有它"))
    if len(set(names)) < len(names) or sorted([*wanted, MANIFEST]) != sorted(names) or DATABASE not in wanted:
        raise _refused(path, Words("its files are not those of its manifest", "其中的文件与清单不符"))
    for member in manifest.members:
        if archive.getinfo(member.name).file_size != member.size:
            raise _refused(path, Words(f"{member.name} is not what was backed up", f"{member.name} 与备份时的内容不同"))


def _check_rows(path: Path, folder: Path, manifest: Manifest) -> None:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro&immutable=1",
                                                uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            names = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            found = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
                     for name in manifest.rows if name in names and name.isidentifier()}
    except sqlite3.Error as error:
        raise _refused(path, Words(f"its database cannot be read ({error})",
                                   f"其中的数据库无法读取（{error}）")) from error
    if found != manifest.rows or not found.keys() >= {"documents", "passages", "meta"}:
        raise _refused(path, Words("its tables have other numbers of rows than its manifest",
                                   "其中各表的行数与清单不符"))


def _sync_folders(folder: Path) -> None:
    for at, _, _ in os.walk(folder):
        descriptor = os.open(at, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refused(path: Path, detail: Words) -> LibraryError:
    return LibraryError("E_BACKUP", path=path, detail=detail)
