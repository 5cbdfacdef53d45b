"""Where a library is: in its folder, or on a server."""

from __future__ import annotations

from pathlib import Path

from kb.index.snapshot import EXACT_UP_TO
from kb.store import Store


def open_store(home: Path, server: str = "", *, exact_up_to: int = EXACT_UP_TO, milvus: str = "") -> Store:
    """The library in the folder, or the one on the server of which this folder is an instance's. Nothing is connected
    yet; what speaks to a server is loaded for one only. milvus: the address of one that has the vectors."""
    store = _opened(home, server, exact_up_to)
    if milvus:
        from kb.store.milvus import MilvusVectors

        store.index = MilvusVectors(home / "index", exact_up_to, milvus)
        store.index.server = server
    return store


def _opened(home: Path, server: str, exact_up_to: int) -> Store:
    if not server:
        return Store(home, exact_up_to=exact_up_to)
    from kb.store.postgres.store import PostgresStore

    return PostgresStore(home, server, exact_up_to=exact_up_to)
