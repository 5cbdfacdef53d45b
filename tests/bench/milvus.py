"""Vectors on a Milvus server against FAISS in this process: recall@10 and time, all and in parts.

    python -m tests.bench.milvus [N [ADDRESS]]

N vectors (100,000); without an address of Milvus Lite in this process.

Vectors lie in groups, as those of passages do: a centre and as much noise. What is printed is a table of
tests/bench/SERVED.md.
"""

import sys
import time

import numpy as np

from kb.index.milvus import MilvusIndex, MilvusServer
from kb.index.vector import FaissIndex
from tests.milvusserver import Server

DIM, QUESTIONS, K = 384, 40, 10


def vectors(n: int, rng: np.random.Generator, centres: np.ndarray) -> np.ndarray:
    made = centres[rng.integers(0, len(centres), n)] + rng.normal(size=(n, DIM)).astype(np.float32) / DIM**0.5
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(max(1, n // 50), DIM)).astype(np.float32) / DIM**0.5
    stored, questions, ids = vectors(n, rng, centres), vectors(QUESTIONS, rng, centres), np.arange(n)
    exact = FaissIndex(DIM)
    exact.add(ids, stored)
    server = Server() if len(sys.argv) < 3 else None
    index = MilvusIndex(MilvusServer(server.address if server else sys.argv[2]), f"kb_bench_{n}", DIM)
    index.create()
    started = time.perf_counter()
    index.put(ids, stored)
    print(f"{n} vectors put in {time.perf_counter() - started:.0f} s, {index.count()} there")
    print("| documents | p50 ms | p95 | recall@10 |\n|---|---|---|---|")
    for share in (1.0, 0.08, 0.005):
        flags = rng.random(n) < share
        among = None if share == 1 else np.packbits(flags, bitorder="little")
        index.search(questions[:1], 100, among)  # what is made at the first question
        times, hits = [], 0
        for one in questions:
            started = time.perf_counter()
            found = index.search(one[None], 100, among)[1][0]
            times.append((time.perf_counter() - started) * 1000)
            hits += np.isin(exact.search(one[None], K, among)[1][0], found[:K]).sum()
        print(f"| {'all' if share == 1 else f'{share:.1%}'} | {np.percentile(times, 50):.0f} | "
              f"{np.percentile(times, 95):.0f} | {hits / (QUESTIONS * K):.3f} |")
    if server:
        server.end()


if __name__ == "__main__":
    main()
