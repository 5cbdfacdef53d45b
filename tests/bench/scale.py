"""How the vector index's costs grow: python -m tests.bench scale diffuse, or python -m tests.bench.scale [1000 10000 …]

Libraries of 10^3 to 10^6 passages with vectors made here (384-d, fixed seeds), of two kinds: "clustered", 200 around
each centre at cosine .7, and "diffuse", uniform on the sphere, the worst there is for an index in cells. Each
measurement is a process of its own, one thread. Times are CPU times, so that other work on the machine does not count,
where no "wall" is said.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kb.index.snapshot import Snapshot
from kb.store import Store, View, Writer
from kb.types import Vectors

SIZES = (1_000, 10_000, 100_000, 1_000_000)
WORST = (1_000_000,)  # diffuse ones: with fewer vectors the index is exact, whatever they are
DIM, BLOCK, K, N_QUESTIONS = 384, 10_000, 10, 200
PER_CLUSTER = 200


def unit(rng: np.random.Generator, n: int) -> Vectors:
    vectors = rng.standard_normal((n, DIM), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def vectors_like(kind: str, n_centres: int, n: int, seed: int) -> Iterator[Vectors]:
    """n vectors in blocks. The centres are always the same; `seed` tells passages from questions."""
    centres = unit(np.random.default_rng(1), n_centres)
    rng = np.random.default_rng(seed)
    for first in range(0, n, BLOCK):
        block = unit(rng, min(BLOCK, n - first))
        if kind == "clustered":
            block += centres[rng.integers(0, n_centres, len(block))]
            block /= np.linalg.norm(block, axis=1, keepdims=True)
        yield block


def questions_like(kind: str, n: int) -> Vectors:
    return next(vectors_like(kind, max(8, n // PER_CLUSTER), N_QUESTIONS, 3))


def fill(home: Path, kind: str, n: int) -> None:
    """A library of n passages of a few words, 100 to a document, written straight into its tables: only the vectors are
    of interest."""
    with Store(home).write("bench") as writer:
        writer._claim_encoder("bench", "bench", DIM)
        with writer._transaction() as connection:
            first = 0
            for block in vectors_like(kind, max(8, n // PER_CLUSTER), n, 2):
                _insert(connection, first, block.astype(np.float16))
                first += len(block)
            writer._advance()
        writer._index.renew = lambda view: None  # type: ignore[method-assign]  # it is built, and measured, below


def _insert(connection: object, first: int, block: np.ndarray) -> None:  # type: ignore[type-arg]
    ids = range(first + 1, first + len(block) + 1)
    names = sorted({f"{i // 100:012d}" for i in ids})
    connection.executemany(
        "INSERT OR IGNORE INTO documents VALUES "
        "(?,?,?,?,'',0,'markdown','{}','en','ok','','','[]','[]','[]','',x'')",  # type: ignore[attr-defined]
        [(name, name, name, name.encode()) for name in names])
    connection.executemany("INSERT INTO passages(id, document, start, end, text, section, page, language, hash) "
                           "VALUES (?,?,0,9,?,'[]',NULL,'en',?)",
                           [(i, f"{i // 100:012d}", f"passage {i}", i) for i in ids])  # type: ignore[attr-defined]
    connection.executemany(
        "INSERT INTO vectors VALUES (?,?,x'')", [(i, row.tobytes()) for i, row in zip(ids, block, strict=True)]
    )  # type: ignore[attr-defined]
    connection.executemany("INSERT INTO arrivals(passage) "
                           "VALUES (?)", [(i,) for i in ids])  # type: ignore[attr-defined]


# --- one measurement a process


def memory_mb() -> float:
    """Of this process alone: files that are mapped are not counted."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return int(status["RssAnon"].split()[0]) / 1024


class Peak:
    """The most memory while something runs."""

    def __enter__(self) -> Peak:
        import threading

        self.mb, self._stop = memory_mb(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            self.mb = max(self.mb, memory_mb())

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def build(home: Path) -> dict[str, float]:
    store = Store(home)
    started, used = time.perf_counter(), time.process_time()
    with Peak() as peak, store.read() as view:
        if view.count_vectors() > store.index.exact_up_to:
            store.index.build(store.read)
        else:
            store.index.renew(view)
    return {
        "build wall s": time.perf_counter() - started, "build CPU s": time.process_time() - used, "build MB": peak.mb
    }


def search(home: Path, kind: str, n: int) -> dict[str, float]:
    """Opening, then the questions, each as the retriever asks it: k = 100 of which 10 are compared with the truth."""
    import faiss

    faiss.omp_set_num_threads(1)
    store, questions = Store(home), questions_like(kind, n)
    with store.read() as view:
        started, used = time.perf_counter(), time.process_time()
        snapshot = store.index.load(view)
        opened, opened_cpu = time.perf_counter() - started, time.process_time() - used
        assert snapshot.base.origin == "file"
        found, times, walls = ask(snapshot, view, questions)
        mb = memory_mb()
        true = truth(view, questions)
        state = store.index.state(view)
        assert state is not None
    recall = float(np.mean([np.isin(a, b).mean() for a, b in zip(true, found, strict=True)]))
    return {
        "open wall s": opened, "open CPU s": opened_cpu, "p50 ms": float(np.percentile(times, 50)),
        "p95 ms": float(np.percentile(times, 95)), "p95 wall ms": float(np.percentile(walls, 95)), "recall@10": recall,
        "MB": mb, "file MB": state.bytes / 1e6
    }


def ask(snapshot: Snapshot, view: View, questions: Vectors) -> tuple[list[np.ndarray], list[float], list[float]]:  # type: ignore[type-arg]
    found, times, walls = [], [], []
    snapshot.search(view, questions[:1], 100)
    for i in range(len(questions)):
        used, started = time.thread_time(), time.perf_counter()
        found.append(snapshot.search(view, questions[i:i + 1], 100)[1][:K])
        times.append((time.thread_time() - used) * 1e3)
        walls.append((time.perf_counter() - started) * 1e3)
    return found, times, walls


def truth(view: View, questions: Vectors) -> np.ndarray:  # type: ignore[type-arg]
    """The ids of the true ten nearest, by looking at all stored vectors."""
    best, ids = np.empty((len(questions), 0), np.float32), np.empty((len(questions), 0), np.int64)
    for block, vectors in view.vector_blocks():
        scores = np.concatenate([best, questions @ vectors.T], axis=1)
        names = np.concatenate([ids, np.broadcast_to(block, (len(questions), len(block)))], axis=1)
        top = np.argsort(-scores, axis=1)[:, :K]
        best, ids = np.take_along_axis(scores, top, axis=1), np.take_along_axis(names, top, axis=1)
    return ids


def change(home: Path, kind: str, n: int) -> dict[str, float]:
    """What a writer pays at its end for one new document, and a reader that has an older snapshot or none; then with a
    tenth removed."""
    import faiss

    faiss.omp_set_num_threads(1)
    store, questions = Store(home), questions_like(kind, n)
    with store.read() as view:
        held = store.index.load(view)
    with store.write("bench") as writer:
        with writer._transaction() as connection:
            _insert(connection, (n // 100 + 1) * 100, unit(np.random.default_rng(5), 20).astype(np.float16))
            writer._advance()
        used = time.process_time()
        writer.finish()
        finish = time.process_time() - used
    with store.read() as view:
        used = time.process_time()
        snapshot = store.index.load(view, held)
        later = time.process_time() - used
    _remove_tenth(store)
    with store.read() as view:
        snapshot = store.index.load(view, snapshot)
        found, times, _ = ask(snapshot, view, questions)
        true = truth(view, questions)
    recall = float(np.mean([np.isin(a, b).mean() for a, b in zip(true, found, strict=True)]))
    return {
        "finish CPU s": finish, "next generation CPU s": later, "p95 ms, 10 % removed": float(np.percentile(times, 95)),
        "recall, 10 % removed": recall
    }


def _remove_tenth(store: Store) -> None:
    with store.write("bench") as writer:
        _only_delete(writer)


def _only_delete(writer: Writer) -> None:
    with writer._transaction() as connection:
        connection.execute("DELETE FROM documents WHERE CAST(id AS INTEGER) % 10 = 3")
        writer._advance()


# --- all of them


def run(step: str, home: Path, kind: str, n: int) -> dict[str, float]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    ended = subprocess.run([sys.executable, "-m", "tests.bench.scale", step,
                            str(home), kind, str(n)], env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    found: dict[str, float] = json.loads(ended.stdout or "{}")
    return found


def measure(kind: str, n: int, folder: Path) -> dict[str, object]:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        home = Path(name) / "library"
        row: dict[str, object] = {"kind": kind, "passages": n}
        for step in ("fill", "build", "search", "change"):
            row |= run(step, home, kind, n)
        manifest = json.loads((home / "index/manifest.json").read_text())
        row["cells looked into"] = f"{manifest['probes']} of {manifest['cells']}" if "cells" in manifest else "exact"
        return row


COSTS = ("build CPU s", "build MB", "open CPU s", "p50 ms", "p95 ms", "MB", "file MB", "finish CPU s",
         "next generation CPU s")


def exponents(rows: list[dict[str, object]], names: tuple[str, ...] = COSTS) -> list[dict[str, object]]:
    """How each cost grows from one size to the next: it is multiplied by 10 to the exponent when the passages are by
    10."""
    found: list[dict[str, object]] = []
    for a, b in zip(rows, rows[1:], strict=False):
        if a.get("kind") == b.get("kind"):
            ratio = float(np.log(float(str(b["passages"])) / float(str(a["passages"]))))
            steps = {name: f"{np.log(float(str(b[name])) / float(str(a[name]))) / ratio:.2f}" for name in names}
            found.append(
                {**({"kind": a["kind"]} if "kind" in a else {}), "from": a["passages"], "to": b["passages"], **steps})
    return found


def scale_rows(folder: Path, kind: str = "clustered", sizes: tuple[int, ...] = SIZES) -> list[dict[str, object]]:
    rows = []
    for n in sizes:
        rows.append(measure(kind, n, folder))
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def main() -> None:
    from tests.bench.__main__ import table

    steps = {"fill": fill, "search": search, "change": change}
    arguments = sys.argv[1:]
    if arguments and arguments[0] == "build":
        print(json.dumps(build(Path(arguments[1]))))
    elif arguments and arguments[0] in steps:
        found = steps[arguments[0]](Path(arguments[1]), arguments[2], int(arguments[3]))  # type: ignore[operator]
        print(json.dumps(found or {}))
    else:
        with tempfile.TemporaryDirectory() as folder:
            rows = scale_rows(Path(folder), sizes=tuple(int(n) for n in arguments) or SIZES)
            print(table(rows), table(exponents(rows)) if len(rows) > 1 else "", sep="\n\n")


if __name__ == "__main__":
    main()
