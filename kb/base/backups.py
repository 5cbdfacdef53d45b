"""A library into one file, and out of it again.

Reads: a Store, or a file that is said to be a backup.  Gives: Backup, Restored.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from kb.base.catalogue import OnProgress
from kb.errors import LibraryError
from kb.store import Manifest, Store, check_backup
from kb.types import Backup, Progress, Words


def make_backup(store: Store, file: Path, on_progress: OnProgress, *, replaces: bool) -> Backup:
    """See `KnowledgeBase.backup`."""
    path = file.absolute()
    if Path(os.path.realpath(path)).is_relative_to(os.path.realpath(store.home)):
        raise LibraryError("E_BACKUP_FILE", path=path, detail=Words("it is inside the library's folder",
                                                                    "它在资料库文件夹之内"))
    if path.is_dir() or os.path.lexists(path) and not replaces:
        raise LibraryError("E_BACKUP_FILE", path=path, detail=Words("there is something of this name already",
                                                                    "已有同名文件"))
    manifest = store.backup(path, _told("backup", on_progress))
    return _said(path, manifest)


def read_backup(file: Path, on_progress: OnProgress) -> Backup:
    """What a backup holds, after every byte of it was compared with its hash. Errors: LibraryError E_BACKUP."""
    path = file.absolute()
    return _said(path, check_backup(path, _told("restore", on_progress)))


def unpack(file: Path, home: Path, on_progress: OnProgress) -> Backup:
    """Makes a library of a backup; see `KnowledgeBase.restore`."""
    path = file.absolute()
    return _said(path, Store.restore(path, home.absolute(), _told("restore", on_progress)))


def _told(phase: str, on_progress: OnProgress) -> Callable[[int, int, str], None]:
    """Bytes as megabytes, for the eye."""
    return lambda done, total, item: on_progress(Progress(phase, done >> 20, max(1, total >> 20), item))


def _said(path: Path, manifest: Manifest) -> Backup:
    return Backup(str(path), manifest.made, manifest.version, manifest.generation, manifest.rows["documents"],
                  manifest.rows["passages"], len(manifest.members) - 1, path.stat().st_size, manifest.damaged,
                  manifest.left_out)
