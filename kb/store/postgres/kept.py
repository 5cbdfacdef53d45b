"""The files that a library keeps for itself, uploads and what was fetched, on the server: each instance has them.

A row is a file: its name below files/, its bytes, their hash. Whoever wants to read one gets it into the folder of this
instance first. The table is no part of the library's own: it has no generation, and what is in it goes with its
document.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

TABLE = 'CREATE TABLE IF NOT EXISTS kept(name TEXT COLLATE "C" PRIMARY KEY, data BYTEA NOT NULL, digest BYTEA NOT NULL)'
_NAME = re.compile(r".*/files/([0-9a-f]{16}/[^/\0]{1,200})", re.DOTALL)


class Server(Protocol):
    """What is asked of the connection."""

    def run(self, statement: str, parameters: Any = ()) -> list[Any]: ...


def name_of(path: str | os.PathLike[str]) -> str:
    """What a file is called there, from its path in any instance's folder; "" for one that no library keeps."""
    found = _NAME.fullmatch(os.fspath(path))
    return found[1] if found and ".." not in found[1] else ""


def put(server: Server, name: str, data: bytes) -> None:
    """Keeps a file, in place of the one of this name."""
    server.run("INSERT INTO kept VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET data = excluded.data, "
               "digest = excluded.digest", (name, data, hashlib.sha256(data).digest()))


def get(server: Server, name: str) -> bytes | None:
    """A file as it was kept; None where there is none, or it is not what was kept."""
    for data, digest in server.run("SELECT data, digest FROM kept WHERE name = $1", (name,)):
        if hashlib.sha256(data).digest() == digest:
            return bytes(data)
    return None


def names(server: Server) -> list[str]:
    """All of them."""
    return [str(row[0]) for row in server.run("SELECT name FROM kept ORDER BY name")]


def forget(server: Server, paths: Iterable[Path]) -> None:
    """Deletes these files, and what was kept beside them."""
    for name in {name_of(path) for path in paths} - {""}:
        server.run("DELETE FROM kept WHERE starts_with(name, $1)", (name.partition("/")[0] + "/",))
