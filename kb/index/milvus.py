"""Vectors in a collection of a Milvus server, found by its HNSW index.

Reads: float32 [n, d] and their ids.  Gives: scores and ids. One row of the collection, with an id that no passage has,
is a record: what whoever fills it says of it, in the same place, so that it is there or lost with the vectors.

Without pymilvus we would have to write Milvus' gRPC messages, its reconnecting and its filters. Tested against Milvus
Lite, an engine of its own behind the same client: no proof of a cluster.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.errors import LibraryError, MissingPackage
from kb.types import Ids, Vectors

_RECORD = -1  # its id; passages are numbered from 0
_AT_ONCE = 2000  # rows in one request: 3 MB of 384 numbers each
_FILTER = 20_000  # ids that one filter names
_MOST = 16_384  # results of one search or query, by Milvus' own limit
_SECONDS = 10.0  # for a connection, and for a question
_WRITING = 120.0  # for what changes the collection
_HNSW = {"M": 16, "efConstruction": 200}
_LEAST_EF = 200  # candidates that a search keeps: .99 of the ten nearest of 100,000 (tests/bench/SERVED.md)


def check_installed() -> None:
    """Errors: MissingPackage."""
    if importlib.util.find_spec("pymilvus") is None:
        raise MissingPackage("E_MISSING", package="pymilvus", install="bilingual-kb[milvus]")


class MilvusServer:
    """A server by its address; connected at the first question, and again after it was away."""

    def __init__(self, address: str) -> None:
        """address: http://HOST:PORT, with /DATABASE where it is not the default one. KB_MILVUS_TOKEN holds
        USER:PASSWORD or a token, where the server wants one."""
        self.address = address
        self._client: Any = None
        self._loaded: set[str] = set()  # by this client
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def client(self, name: str = "") -> Iterator[Any]:
        """The connected client, with this collection loaded, as a server that was started again has none. Errors:
        LibraryError E_MILVUS_UNREACHABLE, E_MILVUS_REFUSED."""
        from grpc import RpcError
        from pymilvus import MilvusClient, MilvusException

        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it writes the stack of all that it raises, too
        try:
            with self._lock:
                if self._client is None:
                    # one of its own: what clients share stays broken for all of them
                    self._client = MilvusClient(self.address, token=os.environ.get("KB_MILVUS_TOKEN", ""),
                                                timeout=_SECONDS, dedicated=True,
                                                grpc_options={"grpc.use_local_subchannel_pool": 1})
                    self._loaded = set()
                client, loaded = self._client, self._loaded
            if name and name not in loaded:
                client.load_collection(name, timeout=_WRITING)
                loaded.add(name)
            yield client
        except (MilvusException, RpcError) as error:
            with self._lock:
                broken, self._client = self._client, None  # the next question connects anew
            with contextlib.suppress(Exception):
                broken.close()
            words = " ".join(str(getattr(error, "message", error)).split())
            is_away = isinstance(error, RpcError) or "connect" in words.lower() or "deadline" in words.lower()
            raise LibraryError("E_MILVUS_UNREACHABLE" if is_away else "E_MILVUS_REFUSED", server=self.address,
                               detail=words) from error

    def drop(self, name: str) -> None:
        """Removes a collection; one that is not there is ignored."""
        with self.client() as client:
            client.drop_collection(name, timeout=_WRITING)


class MilvusIndex:
    """A collection. Scores are inner products; an id that is not there is not found."""

    def __init__(self, server: MilvusServer, name: str, dim: int) -> None:
        self.dim = dim
        self._server = server
        self.name, self.address = name, server.address
        self._n: int | None = None  # when it was last asked for

    def exists(self) -> bool:
        with self._server.client() as client:
            return bool(client.has_collection(self.name))

    def create(self) -> None:
        """Makes the collection, empty."""
        with self._server.client() as client:
            from pymilvus import DataType

            schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("id", DataType.INT64, is_primary=True)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.dim)
            schema.add_field("record", DataType.VARCHAR, max_length=2000, nullable=True)
            how = client.prepare_index_params()
            how.add_index("vector", index_type="HNSW", metric_type="IP", params=_HNSW)
            client.create_collection(self.name, schema=schema, index_params=how, consistency_level="Strong",
                                     timeout=_WRITING)

    # --- what is said of it

    def record(self) -> str | None:
        """What was last noted; None where nothing was, or there is no collection."""
        if not self.exists():
            return None
        with self._server.client(self.name) as client:
            rows = client.query(self.name, ids=[_RECORD], output_fields=["record"])
        return str(rows[0]["record"]) if rows else None

    def note(self, record: str) -> None:
        with self._server.client(self.name) as client:
            client.upsert(self.name, [{"id": _RECORD, "vector": [0.0] * self.dim, "record": record}], timeout=_WRITING)

    # --- what is in it

    def __len__(self) -> int:
        if self._n is None:
            self._n = self.count()
        return self._n

    def count(self) -> int:
        """How many vectors there are now."""
        with self._server.client(self.name) as client:
            return int(client.query(self.name, filter="id >= 0", output_fields=["count(*)"])[0]["count(*)"])

    def stored(self, last: int) -> Iterator[tuple[Ids, Vectors]]:
        """(ids, vectors) of those with an id up to `last`, ascending, some thousands at a time."""
        for first in range(0, last + 1, _AT_ONCE):
            rows = self._rows(first, ["id", "vector"])
            if rows:
                yield (np.array([row["id"] for row in rows], np.int64),
                       np.array([row["vector"] for row in rows], np.float32))

    def ids(self, last: int) -> Ids:
        """Which ids up to `last` are there, ascending."""
        found = [row["id"] for first in range(0, last + 1, _AT_ONCE) for row in self._rows(first, ["id"])]
        return np.array(found, np.int64)

    def _rows(self, first: int, fields: list[str]) -> list[Any]:
        with self._server.client(self.name) as client:
            rows = client.query(self.name, filter=f"id >= {first} and id < {first + _AT_ONCE}", output_fields=fields,
                                limit=_AT_ONCE, timeout=_WRITING)
        return sorted(rows, key=lambda row: int(row["id"]))

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Errors: ValueError for an id that is there already or vectors of another width."""
        if len(np.unique(ids)) != len(ids) or any(self._has(some) for some in _parts(ids)):
            raise ValueError("ids must be new and distinct")
        self.put(ids, vectors)

    def _has(self, ids: Ids) -> bool:
        with self._server.client(self.name) as client:
            return bool(client.query(self.name, ids=ids.tolist(), output_fields=["id"]))

    def put(self, ids: Ids, vectors: Vectors) -> None:
        """Adds these, in the place of those that are there. Errors: ValueError for vectors of another width."""
        if vectors.shape != (len(ids), self.dim):
            raise ValueError(f"vectors of shape {vectors.shape}, expected ({len(ids)}, {self.dim})")
        for first in range(0, len(ids), _AT_ONCE):
            rows = zip(ids[first:first + _AT_ONCE].tolist(), vectors[first:first + _AT_ONCE], strict=True)
            with self._server.client(self.name) as client:
                client.upsert(self.name, [{"id": id, "vector": vector, "record": None} for id, vector in rows],
                              timeout=_WRITING)
        self._n = None

    def remove(self, ids: Ids) -> None:
        """Ids that are not there are ignored."""
        for some in _parts(ids[ids >= 0]):
            with self._server.client(self.name) as client:
                client.delete(self.name, ids=some.tolist(), timeout=_WRITING)
        self._n = None

    def search(self, vectors: Vectors, k: int, among: NDArray[np.uint8] | None = None) -> tuple[Vectors, Ids]:
        """(scores [q, k], ids [q, k]), best first, padded with -inf and -1; at most 16,383 are found.

        among: a bitmap of the ids that may be found, as a FaissIndex takes it.
        """
        scores = np.full((len(vectors), k), -np.inf, dtype=np.float32)
        ids = np.full((len(vectors), k), -1, dtype=np.int64)
        if not k or not len(vectors):
            return scores, ids
        allowed = None if among is None else np.flatnonzero(np.unpackbits(among, bitorder="little"))
        filters = [""] if allowed is None else [f"id in {some.tolist()}" for some in _parts(allowed, _FILTER)]
        try:
            nearest = self._nearest(vectors, k, filters)
        except LibraryError as error:
            if error.code != "E_MILVUS_REFUSED":
                raise
            nearest = self._nearest(vectors, k, filters)  # a server that was started again: by a new client
        for row, found in enumerate(nearest):
            best = sorted(found)[:k]
            scores[row, :len(best)], ids[row, :len(best)] = [-score for score, _ in best], [id for _, id in best]
        return scores, ids

    def _nearest(self, vectors: Vectors, k: int, filters: list[str]) -> list[list[tuple[float, int]]]:
        """For each vector (-score, id) of the nearest that pass one of the filters."""
        found: list[list[tuple[float, int]]] = [[] for _ in vectors]
        limit = min(k + 1, _MOST)  # the record may be among them
        how = {"params": {"ef": max(limit, _LEAST_EF)}}
        asked = np.ascontiguousarray(vectors, np.float32)
        with self._server.client(self.name) as client:
            for one in filters:
                rows = client.search(self.name, data=asked, limit=limit, filter=one, search_params=how,
                                     timeout=_SECONDS)
                for here, hits in zip(found, rows, strict=True):
                    here.extend((-float(hit["distance"]), int(hit["id"])) for hit in hits if hit["id"] >= 0)
        return found


def _parts(ids: Ids, size: int = _AT_ONCE) -> list[Ids]:
    return [ids[first:first + size] for first in range(0, len(ids), size)]
