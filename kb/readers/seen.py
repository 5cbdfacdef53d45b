"""What a file is now: its hash, its size and time, the metadata file beside it, the disk it is on.

Reads: a Source.  Gives: a Sighting, by which the library knows the file again without reading it.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache

from kb.errors import FileProblem
from kb.readers import Source, os_problem
from kb.readers.members import archive_of, member_sha256
from kb.readers.sidecar import sidecar_sha256
from kb.types import Sighting

_BLOCK = 1 << 16  # bytes hashed at a time


class Sightings:
    """Looks at files; what those of one folder share is asked for once."""

    def __init__(self) -> None:
        self._names_in = lru_cache(maxsize=64)(_names_in)
        self._mount_of = lru_cache(maxsize=64)(mount_of)

    def of(self, source: Source) -> Sighting:
        """The file as it is now. Errors: FileProblem E_PERMISSION, E_IO, E_SIDECAR."""
        folder = os.path.dirname(source.raw)
        sidecar = sidecar_sha256(source, self._names_in(folder))
        sha256, found = _hashed(source)
        return Sighting(source.path, source.raw, sha256, sidecar, found.st_size, found.st_mtime_ns,
                        self._mount_of(folder))


def mount_of(folder: bytes) -> bytes:
    """Where the disk that holds a folder is mounted."""
    while not os.path.ismount(folder) and (above := os.path.dirname(folder)) != folder:
        folder = above
    return folder


def _names_in(folder: bytes) -> frozenset[str] | None:
    """The names in a folder, or None where they may not be listed."""
    try:
        return frozenset(map(os.fsdecode, os.listdir(folder)))
    except OSError:
        return None


def _hashed(source: Source) -> tuple[str, os.stat_result]:
    """The hash of the bytes; size and time are those of the file, which for an entry is its archive."""
    if source.member:
        try:
            return member_sha256(source), os.lstat(archive_of(source))
        except OSError as error:
            raise os_problem(error) from error
    try:
        descriptor = os.open(source.raw, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            digest, found = hashlib.sha256(), os.fstat(descriptor)
            # hashlib.file_digest zeroes 256 KB for each file, most of the time of a small one
            while block := os.read(descriptor, _BLOCK):
                digest.update(block)
            return digest.hexdigest(), found
        finally:
            os.close(descriptor)
    except PermissionError as error:
        raise FileProblem("E_PERMISSION") from error
    except OSError as error:
        raise FileProblem("E_IO", detail=error.strerror or str(error)) from error
