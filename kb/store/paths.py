"""Which files a document came from: a table path -> document, where several paths may have one document.

A path has one document at a time. What it says of a file is what was seen of it last; whether the file is there now is
asked of the system when it is looked at. What is in an archive has the archive's path, "!/" and its name there.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from kb.store.connection import Connection, Served
from kb.store.tables import digest, marks, slices
from kb.types import FilePath, FileState, Sighting

INSIDE = b"!/"  # between an archive's path and the name of what is in it
_UTF8 = 0x800  # the flag of an entry whose name is UTF-8
_COLUMNS = "p.path, p.shown, p.document, p.sha256, p.sidecar, p.size, p.mtime, p.mount, p.seen"


class PathRow(NamedTuple):
    """A row of the table: a path and what was seen there last."""

    path: bytes
    shown: str
    document: str
    sha256: str
    sidecar: str
    size: int | None
    mtime: int | None
    mount: bytes | None
    seen: str


class Paths:
    """The table, of one connection. Writing is for the one writer, inside its transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def at(self, path: bytes) -> PathRow | None:
        """What is known of this path."""
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM paths p WHERE path = ?", (path,)).fetchone()
        return PathRow(*row) if row else None

    def has(self, path: bytes, document: str) -> bool:
        """Whether this path has this document."""
        return (row := self.at(path)) is not None and row.document == document

    def of(self, document: str) -> list[PathRow]:
        """The paths of a document, the one it was read from first."""
        return self.of_each((document,))[document]

    def of_each(self, documents: Sequence[str]) -> dict[str, list[PathRow]]:
        """The same of several documents, read at once."""
        found: dict[str, list[PathRow]] = {document: [] for document in documents}
        for some in slices(documents):
            for row in self._connection.execute(
                    f"""SELECT {_COLUMNS} FROM paths p
                        LEFT JOIN documents d ON d.id = p.document WHERE p.document IN ({marks(some)})
                        ORDER BY p.path <> coalesce(d.path_bytes, x''), p.path""", some):
                found[row[2]].append(PathRow(*row))
        return found

    def elsewhere(self, document: str) -> list[tuple[Any, ...]]:
        """What other instances know of a document of a library that they share, as `keep_elsewhere` takes it."""
        return self._connection.elsewhere(document) if isinstance(self._connection, Served) else []

    def everywhere(self, document: str) -> list[Path]:
        """The paths of a document, those of other instances too."""
        known = [row.path for row in self.of(document)] + [row[0] for row in self.elsewhere(document)]
        return [Path(os.fsdecode(path)) for path in known]

    def keep_elsewhere(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Puts it back."""
        if isinstance(self._connection, Served):
            self._connection.keep_elsewhere(rows)

    def under(self, folder: bytes) -> list[PathRow]:
        """The paths of this file and of what is in it as an archive, or in the folder of this path and the folders in
        it."""
        inside, packed = folder.rstrip(b"/") + b"/", folder + INSIDE
        rows = self._connection.execute(
            f"""SELECT {_COLUMNS} FROM paths p
                WHERE path = ? OR path >= ? AND path < ? OR path >= ? AND path < ? ORDER BY path""",
            (folder, inside, inside[:-1] + b"0", packed, packed[:-1] + b"0"))  # "0" is the next after "/"
        return [PathRow(*row) for row in rows]

    def shown_as(self, path: str) -> list[PathRow]:
        """The paths that are displayed so: an address is, whose file is the library's own."""
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM paths p WHERE shown = ? ORDER BY path", (path,))
        return [PathRow(*row) for row in rows]

    def all(self) -> list[PathRow]:
        """Every path."""
        return [PathRow(*row) for row in self._connection.execute(f"SELECT {_COLUMNS} FROM paths p ORDER BY path")]

    def kept_elsewhere(self, folder: Path) -> list[PathRow]:
        """The paths that look like those of files that a library keeps for itself, but not in this folder."""
        inside = os.fsencode(folder) + b"/"
        rows = self._connection.execute(f"""SELECT {_COLUMNS} FROM paths p
            WHERE instr(path, CAST('/files/' AS BLOB)) > 0 AND substr(path, 1, ?) <> ? ORDER BY path""",
                                        (len(inside), inside))
        return [PathRow(*row) for row in rows]

    def known(self, paths: Iterable[bytes]) -> set[bytes]:
        """Those of these paths that are in the table."""
        return {row[0] for some in slices(list(paths)) for row in
                self._connection.execute(f"SELECT path FROM paths WHERE path IN ({marks(some)})", some)}

    def settles(self, seen: Sighting) -> str | None:
        """The document with these bytes, if neither they nor what is said beside the file need be read.

        What is said beside the path that a document was read from is the record; beside another path it is read where
        the record has none, or when it changes.
        """
        found = self._connection.execute("SELECT id, path_bytes, sidecar FROM documents WHERE sha256 = ?",
                                         (seen.sha256,)).fetchone()
        if found is None:
            return None
        document, own, sidecar = found
        row = self.at(seen.raw)
        if seen.raw == own:
            is_same = sidecar == seen.sidecar
        elif row is not None and row.document == document:
            is_same = seen.sidecar in ("", row.sidecar)
        elif (moved := self.moved_from(document, seen)) is not None and moved.path == own:
            is_same = sidecar == seen.sidecar
        else:
            is_same = not seen.sidecar or bool(sidecar)
        return document if is_same else None

    def moved_from(self, document: str, seen: Sighting, taken: Collection[bytes] = ()) -> PathRow | None:
        """The path that this file had before: one of the document's that is gone, or the same in other letters where
        the file system takes them for the same. None where it had none, or is known at its place. taken: not these."""
        if self.has(seen.raw, document):
            return None
        gone = [row for row in self.of(document)
                if row.path not in taken and (state_of(row) == "gone" or is_other_spelling(row.path, seen.raw))]
        name = os.path.basename(seen.raw)
        return min(gone, key=lambda row: os.path.basename(row.path) != name, default=None)

    def put(self, seen: Sighting, document: str) -> None:
        """This file has the document from now on. That it was seen again as it was is noted once a day."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        row = PathRow(seen.raw, seen.path, document, seen.sha256, seen.sidecar, seen.size, seen.mtime, seen.mount, now)
        known = self._connection.execute(f"SELECT {_COLUMNS}, digest FROM paths p WHERE path = ?",
                                         (seen.raw,)).fetchone()
        if known is not None and known[8][:10] == now[:10]:
            again = row._replace(seen=known[8])
            if known == (*again, digest(again)):
                return
        self._insert(row)

    def keep(self, rows: Sequence[PathRow]) -> None:
        """Puts rows back as they were."""
        for row in rows:
            self._insert(row)

    def rename(self, before: bytes, now: bytes, shown: str) -> str:
        """What is known of one path is known of another, where nothing is known of that; the document, or ""."""
        row = self.at(before)
        if row is None or self.at(now) is not None:
            return ""
        self._insert(row._replace(path=now, shown=shown, size=None, mtime=None))
        self.drop(before)
        return row.document

    def drop(self, path: bytes) -> None:
        """The path is not known any more."""
        self._connection.execute("DELETE FROM paths WHERE path = ?", (path,))

    def _insert(self, row: PathRow) -> None:
        self._connection.execute("INSERT OR REPLACE INTO paths VALUES (?,?,?,?,?,?,?,?,?,?)", (*row, digest(row)))


def state_of(row: PathRow) -> FileState:
    """Whether the file is there now; of what is in an archive, whether that is. What may not be looked at counts as
    there: nothing says that it is gone."""
    file, name = split_archive(row.path)
    try:
        found = os.lstat(file)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            return "there"
        return "gone" if row.mount is None or os.path.ismount(row.mount) else "unmounted"
    is_same = row.size in (None, found.st_size) and row.mtime in (None, found.st_mtime_ns)
    if is_same and stat.S_ISREG(found.st_mode):
        return "there"
    return "gone" if name and _lacks(file, name, found.st_size, found.st_mtime_ns) else "changed"


@lru_cache(maxsize=64)
def _names_in(archive: bytes, size: int, mtime: int) -> tuple[frozenset[bytes], bool] | None:
    """(the names in an archive, whether each says its encoding); None where it cannot be read. size, mtime: of what is
    remembered."""
    try:
        with open(archive, "rb") as file, zipfile.ZipFile(file) as opened:
            entries = opened.infolist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        return None
    says = all(entry.flag_bits & _UTF8 or entry.filename.isascii() for entry in entries)
    return frozenset(entry.filename.encode("utf-8", "surrogateescape") for entry in entries), says


def _lacks(archive: bytes, name: bytes, size: int, mtime: int) -> bool:
    """Whether an archive surely has no entry of this name: one whose encoding had to be guessed may be it."""
    found = _names_in(archive, size, mtime)
    return found is not None and name not in found[0] and (found[1] or name.isascii())


def split_archive(path: bytes) -> tuple[bytes, bytes]:
    """(path of the file, b""), or of what is in an archive (path of the archive, the name that it has there)."""
    position = -1 if os.path.lexists(path) else path.find(INSIDE)
    first = position
    while position >= 0 and not os.path.isfile(path[:position]):
        position = path.find(INSIDE, position + 1)
    position = first if position < 0 else position
    return (path, b"") if position < 0 else (path[:position], path[position + len(INSIDE):])


def to_file_path(row: PathRow) -> FilePath:
    """The row for a reader, with the state of the file now."""
    modified = datetime.fromtimestamp(row.mtime / 1e9, UTC).isoformat(timespec="seconds") if row.mtime else None
    return FilePath(row.shown, state_of(row), row.seen, row.size, modified)


def kept_here(home: Path, path: bytes) -> bytes | None:
    """Where a file is now that a library kept for itself in another folder: under the same hash and name."""
    inside = re.search(rb".*/files/([0-9a-f]{16}/[^/]+)", path.partition(INSIDE)[0])
    now = os.fsencode(home / "files") + b"/" + inside[1] if inside else b""
    return now + path[inside.end():] if inside and os.path.isfile(now) else None


def folded(path: bytes) -> str:
    """The path as file systems compare it that do not tell case or composed letters apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", os.fsdecode(path)).casefold())


def is_other_spelling(old: bytes, new: bytes) -> bool:
    """Whether `old` is only another way to write `new`, which the file system takes for the same file: it can be
    opened, but stands in no folder under that name any more."""
    if old == new or folded(old) != folded(new):
        return False
    try:
        is_one = os.path.samestat(os.lstat(old), os.lstat(new))
        return is_one and not _stands_as_written(old)
    except OSError:
        return False


def _stands_as_written(path: bytes) -> bool:
    """Whether each part of a path stands in its folder by this very name. Errors: OSError for a folder that may not be
    listed."""
    while (parent := os.path.dirname(path)) != path:
        if os.path.basename(path) not in os.listdir(parent):
            return False
        path = parent
    return True
