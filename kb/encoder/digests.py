"""Hashes of large files that hardly ever change, remembered: 110 MB of weights take a tenth of a second to hash, a
quarter of a first answer.

A remembered hash counts as long as the file has the size, times and inode it had. `kb doctor` forgets them all and
hashes anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from kb.outside import OutsideError, read_file

_NAME = "digests.json"


def cache_folder() -> Path:
    """Where what can be made again is kept: KB_CACHE, else $XDG_CACHE_HOME/kb, else ~/.cache/kb."""
    if "KB_CACHE" in os.environ:
        return Path(os.environ["KB_CACHE"]).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kb"


def file_sha256(path: Path) -> str:
    """The sha-256 of a file's bytes, 64 hex digits. Errors: OSError."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        # The time of the last change of its inode cannot be set by hand, as the time of its last change can.
        state = [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
        known = _remembered()
        saved = known.get(str(path))
        if isinstance(saved, list) and saved[:-1] == state and isinstance(saved[-1], str):
            return saved[-1]
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    _remember({**known, str(path): [*state, digest]})
    return digest


def forget() -> None:
    """Has every file hashed again when it is asked for."""
    _remember({})


def _remembered() -> dict[str, Any]:
    try:
        return read_file(cache_folder() / _NAME)
    except (OSError, OutsideError):
        return {}


def _remember(known: dict[str, Any]) -> None:
    """Beside and renamed; where the cache cannot be written, files are hashed each time."""
    with contextlib.suppress(OSError):
        cache_folder().mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=cache_folder(), prefix=".new-", delete=False) as file:
            json.dump(known, file)
        os.replace(file.name, cache_folder() / _NAME)
