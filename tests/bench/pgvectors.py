"""What pgvector would give a library on a server: python -m tests.bench.pgvectors [PASSAGES]

Vectors as in million.py, in FAISS as an instance has them (exact, fp16) and on a server of this machine as halfvec with
an HNSW index (m 16, ef_construction 64), scanned in strict order. 100 nearest are asked for, as a search does: 200
questions, passages of the corpus turned away as well, each the least of two; wall milliseconds, recall@10 against
looking at all, of all passages and of a random 8 % and .5 %. A filter is a column ("tag"), or the ids of its passages
("ids"), which the server then looks at one by one.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.encoder.engine import open_bundled
from kb.index.selection import Selection
from kb.index.vector import FaissIndex
from kb.types import Ids, Vectors
from tests.bench.million import corpus, turned
from tests.pgserver import Server

_BLOCK, _QUESTIONS, _DEPTH, _NEAREST, _ROUNDS = 20_000, 200, 100, 10, 2
_SHARES = {"all": 1.0, "8 %": 0.08, "0.5 %": 0.005}
_EF = (40, 100, 200)


def rows(n: int) -> Iterator[dict[str, Any]]:
    numbers = np.random.default_rng(5)
    real = np.concatenate(list(corpus(open_bundled())[1].values()))
    stored = np.concatenate([turned(real[numbers.integers(0, len(real), min(_BLOCK, n - first))], numbers).astype(
        np.float16) for first in range(0, n, _BLOCK)])
    questions = turned(real[numbers.integers(0, len(real), _QUESTIONS)], numbers)
    may = {name: numbers.random(n) < share for name, share in _SHARES.items()}
    right = {name: _nearest(stored, questions, np.flatnonzero(chosen)) for name, chosen in may.items()}

    index = FaissIndex(stored.shape[1])
    for first in range(0, n, _BLOCK):
        index.add(np.arange(first, min(n, first + _BLOCK)), stored[first:first + _BLOCK].astype(np.float32))
    for name, chosen in may.items():
        among = None if name == "all" else Selection(frozenset(), np.flatnonzero(chosen)).bitmap
        yield {"what": "FAISS", "passages": name} | _measured(
            lambda i, among=among: index.search(questions[i:i + 1], _DEPTH, among)[1][0].tolist(), right[name])
    yield from _on_server(stored, questions, may, right)


def _on_server(stored: NDArray[np.float16], questions: Vectors, may: dict[str, NDArray[np.bool_]],
               right: dict[str, Ids]) -> Iterator[dict[str, Any]]:
    import psycopg

    server = Server()
    try:
        with psycopg.connect(server.make("vectors"), autocommit=True) as connection:
            run: Any = connection.execute
            run("CREATE EXTENSION vector")
            run(f"CREATE TABLE items(passage BIGINT PRIMARY KEY, v halfvec({stored.shape[1]}), a bool, b bool)")
            run("ALTER TABLE items ALTER v SET STORAGE PLAIN")
            with connection.cursor().copy("COPY items FROM STDIN") as copy:
                for i, vector in enumerate(stored):
                    copy.write_row((i, _text(vector), bool(may["8 %"][i]), bool(may["0.5 %"][i])))
            run("SET maintenance_work_mem = '1GB'")
            run("SET max_parallel_maintenance_workers = 0")
            began = time.monotonic()
            run("CREATE INDEX items_v ON items USING hnsw (v halfvec_ip_ops)")
            made = time.monotonic() - began
            run("VACUUM ANALYZE items")
            sizes = run("SELECT pg_relation_size('items') >> 20, pg_relation_size('items_v') >> 20, extversion "
                        "FROM pg_extension WHERE extname = 'vector'").fetchone()
            yield {"what": f"pgvector {sizes[2]}", "index made in s": round(made), "MB of vectors": sizes[0],
                   "MB of index": sizes[1]}
            run("SET hnsw.iterative_scan = 'strict_order'")
            asked = [_text(question) for question in questions]
            for ef in _EF:
                run(f"SET hnsw.ef_search = {ef}")
                for name, how, where in (("all", "", ""), ("8 %", "tag", "WHERE a"), ("0.5 %", "tag", "WHERE b"),
                                         ("8 %", "ids", "WHERE passage = ANY(%s)"),
                                         ("0.5 %", "ids", "WHERE passage = ANY(%s)")):
                    given = [np.flatnonzero(may[name]).tolist()] if how == "ids" else []
                    sql = f"SELECT passage FROM items {where} ORDER BY v <#> %s::halfvec LIMIT {_DEPTH}"
                    yield {"what": f"pgvector, ef_search {ef}", "passages": name, "filter": how} | _measured(
                        lambda i, sql=sql, given=given: [row[0] for row in run(sql, (*given, asked[i]))], right[name])
    finally:
        server.stop()


def _text(vector: NDArray[Any]) -> str:
    return "[" + ",".join(f"{number:.6g}" for number in vector) + "]"


def _nearest(stored: NDArray[np.float16], questions: Vectors, ids: Ids) -> Ids:
    scores = np.concatenate([questions @ stored[ids[first:first + _BLOCK]].astype(np.float32).T
                             for first in range(0, len(ids), _BLOCK)], axis=1)
    return ids[np.argsort(-scores, axis=1)[:, :_NEAREST]]


def _measured(search: Callable[[int], list[int]], right: Ids) -> dict[str, float]:
    times, hits = [], 0
    for i in range(len(right)):
        taken = []
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            found = search(i)
            taken.append(time.perf_counter() - began)
        times.append(1e3 * min(taken))
        hits += len({*found[:_NEAREST]} & {*right[i].tolist()})
    times.sort()
    return {"p50 ms": round(times[len(times) // 2], 1), "p95 ms": round(times[len(times) * 95 // 100], 1),
            "recall@10": round(hits / right.size, 3)}


if __name__ == "__main__":
    for row in rows(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000):
        print(json.dumps(row), flush=True)
