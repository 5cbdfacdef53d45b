"""Promises of the vector cache: never trusted blindly, and a save that is killed keeps what was there."""

from __future__ import annotations

import json
import logging
import multiprocessing
import shutil
from pathlib import Path

import numpy as np

from kb.store import Store
from kb.types import Document, Metadata, Passage, Prepared, Section
from tests.torture.cases import Case
from tests.waiting import kill_this_process_at

_FORK = multiprocessing.get_context("fork")
_DIM, _N = 32, 300
_OTHERS = ("delete", "empty", "no manifest", "half a manifest", "a list", "nested", "generation", "encoder", "dim",
           "count", "sha256", "twice")
N_CUTS, N_FLIPS = 50, 300
N_CASES = N_CUTS + N_FLIPS + len(_OTHERS)


def unit(n: int, seed: int = 0) -> np.ndarray:
    """Rows of length 1."""
    vectors = np.random.default_rng(seed).normal(size=(n, _DIM)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def of_vectors(vectors: np.ndarray, name: str) -> Prepared:
    """A document whose passages have these vectors."""
    parts = [f"{name} {i}. " for i in range(len(vectors))]
    ends = np.cumsum([len(part) for part in parts]).tolist()
    text = "".join(parts)
    passages = tuple(Passage(a, b, text[a:b]) for a, b in zip([0, *ends], ends, strict=False))
    document = Document(name.rjust(12, "0"), name.encode().hex().rjust(64, "0"), name, "markdown", Metadata(title=name),
                        "en", text, (Section("", 0, 0, len(text)), ))
    return Prepared(document, passages, vectors, "vectors", name.encode())


def write(home: Path, name: str, vectors: np.ndarray) -> None:
    """Commits a document of these vectors, with the cache."""
    store = Store(home)
    with store.write("test") as writer:
        writer.commit(of_vectors(vectors, name), "vectors")
    store.close()


def nearest(home: Path, question: np.ndarray) -> tuple[list[int], list[int], str]:
    """(the ten nearest, the same by brute force from the database, where the index came from)"""
    store = Store(home)
    with store.read() as view:
        snapshot = store.index.load(view)
        found = snapshot.search(view, question, 10)[1].tolist()
        ids, vectors = view.vectors()
        expected = ids[np.argsort(-(vectors @ question[0]), kind="stable")[:10]].tolist()
        origin = snapshot.base.origin
    store.close()
    return found, expected, origin


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _spoil(case: Case, base: Path, manifest: Path) -> str:
    data, known = bytearray(base.read_bytes()), json.loads(manifest.read_bytes())
    if case.i < N_CUTS:
        base.write_bytes(data[:case.rng.randrange(len(data))])
        return "cut"
    if case.i < N_CUTS + N_FLIPS:
        data[case.rng.randrange(len(data))] ^= 1 << case.rng.randrange(8)
        base.write_bytes(data)
        return "flip"
    fault = _OTHERS[case.i - N_CUTS - N_FLIPS]
    whole = json.dumps(known)
    files = {"delete": (base, None), "empty": (base, b""), "no manifest": (manifest, None),
             "half a manifest": (manifest, whole[:len(whole) // 2].encode()), "a list": (manifest, b"[1]"),
             "nested": (manifest, b'{"token": ' + b"[" * 10_000),
             "twice": (manifest, f'{{"dim": 7, {whole[1:]}'.encode())}
    name = {"generation": "last"}.get(fault, fault)
    changed = {**known, name: 7 if isinstance(known.get(name), int) else "other"}
    path, content = files.get(fault, (manifest, json.dumps(changed).encode()))
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    return fault


def caches(case: Case) -> list[str]:
    """The cache of a copied library is cut (50), flipped (300) or of something else: the same ten as by brute force,
    one line in the log, no exception."""
    home = case.shared / "sound"
    case.once("sound", lambda: write(home, "a", unit(_N)))
    copy = case.folder / "library"
    shutil.copytree(home, copy)
    (base, ), manifest = (copy / "index").glob("base-*.faiss"), copy / "index/manifest.json"
    fault = _spoil(case, base, manifest)
    lines, log = _Lines(), logging.getLogger("kb.store.cache")
    before = log.level
    log.addHandler(lines)
    log.setLevel(logging.INFO)
    try:
        found, expected, origin = nearest(copy, unit(1, seed=9))
    finally:
        log.removeHandler(lines)
        log.setLevel(before)
    told = [line for line in lines.lines if "vector cache" in line]
    wrong = [f"{fault}: {found} instead of {expected}"] if found != expected else []
    wrong += [f"{fault}: the damaged file was used"] if origin != "memory" else []
    return wrong + ([f"{fault}: {len(told)} lines in the log"] if len(told) != 1 else [])


def _save_and_die(home: str, n: int) -> None:
    kill_this_process_at(n, Path(home) / "index")
    write(Path(home), "b", unit(40, seed=1))


def saves(case: Case) -> list[str]:
    """A writer is killed at the first, second, … change of the folder of the index (each of 12 in turn): the ten
    nearest are right, from the old file or the new one, and the next writer saves."""
    home, wrong = case.folder / "library", []
    write(home, "a", unit(_N, seed=case.rng.randrange(1000)))
    worker = _FORK.Process(target=_save_and_die, args=(str(home), 1 + case.i % 12))
    worker.start()
    worker.join()
    for name in ("", "c"):
        if name:
            write(home, name, unit(5, seed=2))
        found, expected, origin = nearest(home, unit(1, seed=9))
        wrong += [f"after {name or 'the kill'}: {found} instead of {expected}"] if found != expected else []
        wrong += [f"after {name or 'the kill'}: there is no file"] if origin != "file" else []
    left = [path.name for path in (home / "index").glob(".new-*")]
    return wrong + ([f"left behind: {left}"] if left else [])
