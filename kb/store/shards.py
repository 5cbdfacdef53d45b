"""Documents that other machines have prepared, until they are committed: a file each, written beside and renamed, so
that after a kill only what was on its way is prepared again.

    HOME/prepared/ID-KEY    ID: the document's;  KEY: the hash of all that decides what is in it
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path

from kb.store.files import replace

FOLDER = "prepared"


class Shards:
    """The prepared documents of one library. They are bytes here; whoever reads them checks their hash."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER

    def get(self, name: str) -> bytes | None:
        """What was kept under this name, or None."""
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            return None

    def put(self, name: str, data: bytes) -> None:
        """Keeps it: whole, or not at all. Errors: OSError."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        replace(self.folder / name, data)

    def drop(self, documents: Collection[str]) -> None:
        """Deletes all that is kept of these documents."""
        for document in documents:
            for path in self.folder.glob(f"{document}-*"):
                path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Deletes all, and what a killed writer left half written."""
        for path in self.folder.glob("*"):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()
