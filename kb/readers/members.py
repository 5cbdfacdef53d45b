"""What is in an archive (.zip): each entry is a document of its own, with the path ARCHIVE.zip!/entry.

Reads: what scan gives.  Gives: the same with entries in the place of archives; and the bytes of an entry.
Nothing is unpacked to a path: an entry is copied to a file without a name, piece by piece, no further than its bounds.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import posixpath
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import IO

from kb.errors import FileProblem, Skipped, Unreadable, as_problem
from kb.readers import ARCHIVE, Source, counts, os_problem, supported
from kb.readers.decode import decode
from kb.text import one_line
from kb.types import Problem, Words

_MAX_ENTRIES = 10_000
_MAX_UNPACKED = 2 * 2**30  # of all entries together
_MAX_RATIO = 100
_HARMLESS = 4 * 2**20  # bytes below which a ratio means nothing
_PIECE = 1 << 20
_ARCHIVES = (ARCHIVE, ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".jar")
_UTF8 = 0x800
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError,
            IndexError)


def entered(sources: Sequence[Source], problems: Sequence[Problem], *,
            pictures: Collection[bytes] | None = ()) -> tuple[list[Source], list[Problem]]:
    """What `scan` gave, each archive replaced by its entries, and the problems with those beside its own. pictures: as
    of `scan`."""
    found: list[Source] = []
    told = list(problems)
    for source in sources:
        if source.suffix == ARCHIVE and not source.member:
            entries, refused = _members(source, supported(), pictures)
            found += entries
            told += refused
        else:
            found.append(source)
    return found, told


def _members(archive: Source, known: Sequence[str],
             pictures: Collection[bytes] | None) -> tuple[list[Source], list[Problem]]:
    """The entries to read, in the archive's order, and those that were left out or refused, each with its reason.

    An archive that is a bomb, damaged or of too many entries is one problem and gives no entry.
    """
    try:
        with _opened(archive.raw) as file:
            entries = _measured(file)
    except FileProblem as error:
        return [], [as_problem(archive.path, error)]
    sources: list[Source] = []
    problems: list[Problem] = []
    last = {_name(entry): entry for entry in entries}
    hidden: set[str] = set()
    for entry in entries:
        if entry.is_dir():
            continue
        name = _name(entry)
        path = archive.path + "!/" + one_line(name, 400)
        cause = _refused(entry, name, known)
        raw = archive.raw + b"!/" + _raw(name)
        if cause is None and not counts(raw, pictures):
            cause = Skipped("SKIP_PICTURE")
        if cause is None and last[name] is not entry:
            cause = FileProblem("E_MEMBER", reason=Words("a later one has the same name", "后面有同名条目"))
        if cause is not None and cause.code == "SKIP_HIDDEN":  # a hidden folder is one row
            parts = name.split("/")
            depth = next(i for i, part in enumerate(parts) if _is_hidden(part))
            path = archive.path + "!/" + one_line("/".join(parts[:depth + 1]), 400)
            if path in hidden:
                continue
            hidden.add(path)
        if cause is not None:
            problems.append(as_problem(path, cause))
        else:
            sources.append(Source(path, raw, entry.filename))
    return sources, problems


@contextlib.contextmanager
def opened_member(source: Source, max_bytes: int) -> Iterator[int]:
    """A descriptor of an entry's bytes. Errors: FileProblem E_BOMB, E_TOO_BIG, E_EMPTY, E_LOCKED, E_PARSE, and those of
    the archive itself."""
    with _opened(archive_of(source)) as file, tempfile.TemporaryFile() as copy:
        try:
            with zipfile.ZipFile(file) as archive:
                entry = archive.getinfo(source.member)
                if entry.flag_bits & 1:
                    raise FileProblem("E_LOCKED")
                _copy(archive, entry, copy, max_bytes)
        except KeyError as error:
            raise FileProblem("E_CHANGED") from error
        except (*_DAMAGED, OSError) as error:
            raise _damaged(error) from error
        copy.flush()
        yield copy.fileno()


def member_sha256(source: Source) -> str:
    """The SHA-256 of an entry's bytes, in hex. Errors: as `opened_member`."""
    digest, position = hashlib.sha256(), 0
    with opened_member(source, _MAX_UNPACKED) as descriptor:
        while piece := os.pread(descriptor, _PIECE, position):
            digest.update(piece)
            position += len(piece)
    return digest.hexdigest()


def archive_of(source: Source) -> bytes:
    """The archive's own path: what stands before the "!/" behind which the entry's name begins."""
    position = source.raw.find(b"!/")
    while position >= 0:
        if os.path.isfile(source.raw[:position]):
            return source.raw[:position]
        position = source.raw.find(b"!/", position + 1)
    return source.raw


def is_in(archive: bytes, name: bytes) -> bool:
    """Whether an archive has an entry of this name. Errors: FileProblem where the archive cannot be read."""
    with _opened(archive) as file:
        return any(_raw(_name(entry)) == name for entry in _measured(file))


def _raw(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, copy: IO[bytes], max_bytes: int) -> None:
    n = 0
    with archive.open(entry) as packed:
        while piece := packed.read(_PIECE):
            n += len(piece)
            if n > max_bytes:
                raise FileProblem("E_TOO_BIG", what=Words("an entry of the archive", "压缩包中的条目"),
                                  limit=f"{max_bytes / 2**20:g} MB")
            if n > _HARMLESS and n > _MAX_RATIO * max(1, entry.compress_size):
                raise FileProblem("E_BOMB", what=Words(f"over {_MAX_RATIO} times", f"超过 {_MAX_RATIO} 倍"))
            copy.write(piece)
    if not n:
        raise FileProblem("E_EMPTY")


@contextlib.contextmanager
def _opened(raw: bytes) -> Iterator[IO[bytes]]:
    try:
        descriptor = os.open(raw, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise os_problem(error) from error
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Skipped("SKIP_SPECIAL")
        yield file


def _measured(file: IO[bytes]) -> list[zipfile.ZipInfo]:
    """The entries, if there are not too many and they do not claim to be too large. Errors: FileProblem.

    zipfile never gives more of an entry than it claims.
    """
    if not file.read(1):
        raise FileProblem("E_EMPTY")
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (*_DAMAGED, OSError) as error:
        file.seek(0)
        if file.read(2) != b"PK":
            raise FileProblem("E_TYPE", suffix=ARCHIVE, found=Words("no zip archive", "不是 zip 压缩包")) from error
        raise _damaged(error) from error
    if len(entries) > _MAX_ENTRIES:
        raise FileProblem("E_BOMB", what=Words(f"{len(entries):,} entries", f"{len(entries):,} 个条目"))
    if sum(entry.file_size for entry in entries) > _MAX_UNPACKED:
        raise FileProblem("E_BOMB", what=Words(f"over {_MAX_UNPACKED >> 30} GB", f"超过 {_MAX_UNPACKED >> 30} GB"))
    return entries


def _damaged(error: Exception) -> FileProblem:
    """The named problem behind an error of zipfile; where an entry lies before the file, that is one of the system."""
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return os_problem(error)
    return Unreadable("E_PARSE", detail=one_line(str(error) or type(error).__name__, 160))


def _name(entry: zipfile.ZipInfo) -> str:
    """An entry's name; one that does not say it is UTF-8 is in the encoding of the system it was made on, which zipfile
    takes for that of DOS."""
    name = entry.filename
    if entry.flag_bits & _UTF8 or name.isascii():
        return name
    try:
        return decode(name.encode("cp437"))[0]
    except (FileProblem, UnicodeError):
        return name


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"


def _refused(entry: zipfile.ZipInfo, name: str, known: Sequence[str]) -> FileProblem | None:
    """Why an entry is not read, or None."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or (len(name) > 1 and name[1] == ":"):
        return FileProblem("E_MEMBER", reason=Words("its name is an absolute path", "它的名称是绝对路径"))
    if ".." in parts:
        return FileProblem("E_MEMBER", reason=Words("its name leads out of the archive (..)",
                                                    "它的名称指向压缩包之外（..）"))
    if stat.S_ISLNK(entry.external_attr >> 16):
        return Skipped("SKIP_LINK")
    if any(_is_hidden(part) for part in parts):
        return Skipped("SKIP_HIDDEN")
    suffix = posixpath.splitext(name)[1].lower()
    if suffix in _ARCHIVES:
        return Skipped("SKIP_NESTED")
    if suffix not in known:
        return Skipped("SKIP_TYPE", found=suffix or one_line(name, 60), supported=" ".join(known))
    if entry.flag_bits & 1:
        return FileProblem("E_LOCKED")
    return None
