"""A library of a million passages: python -m tests.bench.million make|ask FOLDER [PASSAGES] [ADDRESS]

make: a library in FOLDER, of documents of 20 passages, each some sentences of the corpus drawn at random. Its vectors
look like real ones: those that the bundled encoder gives the corpus' passages, each turned away at random, by up to
45 degrees. ask: 40 of the corpus' questions, each the least of three, wall and CPU milliseconds of the nearest vectors
(100 of them) and of a whole search, for all documents and those of a tag that 8 % and .5 % have; recall@10 of the
vectors against looking at all; what the process has in memory of its own and of mapped files. ADDRESS: of a copy of it
on a server (`kb copy`), asked as well.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from kb import KnowledgeBase, Scope
from kb.answer.nearest import Snapshots
from kb.encoder.engine import open_bundled
from kb.store import Store, View
from kb.types import Document, Encoder, Ids, Metadata, Passage, Prepared, Section, Vectors
from tests.bench.measure import corpus_golds, corpus_questions, corpus_sentences, corpus_texts
from tests.making import make_prepared

_PER_DOCUMENT, _AT_ONCE = 20, 500
SHARES = (1.0, 0.08, 0.005)
_QUESTIONS, _ROUNDS, _NEAREST, _DEPTH = 40, 3, 10, 100


def make(home: Path, n_passages: int) -> None:
    """The library, with a tag for each share but the whole."""
    rng, numbers, encoder = random.Random(0), np.random.default_rng(0), open_bundled()
    sentences, real = corpus_sentences(), vectors_of(encoder)
    store, ids = Store(home), []
    n_documents = n_passages // _PER_DOCUMENT
    with store.write("bench") as writer:
        for first in range(0, n_documents, _AT_ONCE):
            with writer.together():
                for n in range(first, min(first + _AT_ONCE, n_documents)):
                    prepared = _document(n, "zh" if n % 2 else "en", sentences, real, rng, numbers, encoder)
                    ids.append(writer.commit(prepared, encoder.name).document)
            print(f"{first + _AT_ONCE} of {n_documents}", file=sys.stderr, flush=True)
        rng.shuffle(ids)
        with writer.together():
            for share in SHARES[1:]:
                writer.filing.put("tag", f"{share:g}", ids[:round(share * len(ids))])


def vectors_of(encoder: Encoder) -> dict[str, Vectors]:
    """Language -> the vectors of the corpus' passages."""
    passages: dict[str, list[str]] = {"zh": [], "en": []}
    for text in corpus_texts():
        for passage in make_prepared(text).passages:
            passages[passage.language].append(passage.text)
    return {language: encoder.encode(texts) for language, texts in passages.items()}


def _document(n: int, language: str, sentences: dict[str, list[str]], real: dict[str, Vectors], rng: random.Random,
              numbers: np.random.Generator, encoder: Encoder) -> Prepared:
    size, between = (220, "") if language == "zh" else (700, " ")
    passages, text = [], ""
    for part in range(_PER_DOCUMENT):
        body = f"Part {n}.{part}. "
        while len(body) < size:
            body += rng.choice(sentences[language]) + between
        passages.append(Passage(len(text), len(text) + len(body) + 2, body + "\n\n", (), None, language))
        text += body + "\n\n"
    vectors = turned(real[language][numbers.integers(0, len(real[language]), len(passages))], numbers)
    sha256, path = hashlib.sha256(text.encode()).hexdigest(), f"{n:05d}.md"
    document = Document(sha256[:12], sha256, path, "markdown", Metadata(title=path), language, text,
                        (Section("", 0, 0, len(text)),))
    return Prepared(document, tuple(passages), vectors, encoder.fingerprint, path.encode())


def turned(vectors: Vectors, numbers: np.random.Generator) -> Vectors:
    """Each turned away at random, by up to 45 degrees."""
    noise = numbers.standard_normal(vectors.shape, dtype=np.float32)
    noise *= numbers.uniform(0.3, 1.0, (len(vectors), 1)) / np.linalg.norm(noise, axis=1, keepdims=True)
    found = vectors + noise
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def ask(place: Path | str) -> Iterator[dict[str, object]]:
    """A row for each share."""
    questions = [gold.question for gold in corpus_golds(corpus_questions())][:_QUESTIONS]
    with KnowledgeBase.open(place) as base:
        began = time.perf_counter()
        base.search(questions[0])
        first, nearest = time.perf_counter() - began, base._retriever._nearest
        assert isinstance(nearest, Snapshots)
        vectors = base.encoder().encode(questions, role="question")
        for share in SHARES:
            scope = None if share == 1 else Scope(tags=(f"{share:g}",))
            with base.reading(scope) as view:
                found = [nearest.search(view, vector[None], _DEPTH)[1][:_NEAREST] for vector in vectors]
                recall = np.mean([len({*one.tolist()} & {*other.tolist()}) / _NEAREST for one, other in
                                  zip(found, _truth(view, vectors), strict=True)])
                near = _times(lambda n, view=view: nearest.search(view, vectors[n][None], _DEPTH), len(questions))
            whole = _times(lambda n, scope=scope: base.search(questions[n], scope=scope), len(questions))
            yield {"place": str(place).partition(":")[0], "passages": base.status().passages, "share": share,
                   "recall@10": round(float(recall), 4)} | {f"vectors {name}": ms for name, ms in near.items()} | {
                       f"search {name}": ms for name, ms in whole.items()} | _memory() | {
                           "first answer s": round(first, 2), "MB on disk": base.status().bytes >> 20}


def _truth(view: View, vectors: Vectors) -> list[Ids]:
    """The ten nearest of each, by looking at every vector that may be found."""
    among = view.selection
    scores, names = np.empty((len(vectors), 0), np.float32), np.empty((len(vectors), 0), np.int64)
    for ids, block in view.vector_blocks():
        may = np.isin(ids, among.passages) if among else np.ones(len(ids), bool)
        scores = np.concatenate([scores, vectors @ block[may].T], axis=1)
        names = np.concatenate([names, np.broadcast_to(ids[may], (len(vectors), int(may.sum())))], axis=1)
        top = np.argsort(-scores, axis=1)[:, :_NEAREST]
        scores, names = np.take_along_axis(scores, top, axis=1), np.take_along_axis(names, top, axis=1)
    return list(names)


def _times(ask: Callable[[int], object], n: int) -> dict[str, float]:
    wall, cpu = [], []
    for i in range(n):
        taken = []
        for _ in range(_ROUNDS):
            began, used = time.perf_counter(), time.process_time()
            ask(i)
            taken.append((time.perf_counter() - began, time.process_time() - used))
        wall.append(1e3 * min(one for one, _ in taken))
        cpu.append(1e3 * min(one for _, one in taken))
    return {f"{name} p{p}": round(sorted(times)[n * p // 100], 1)
            for name, times in (("wall ms", wall), ("CPU ms", cpu)) for p in (50, 95)}


def _memory() -> dict[str, int]:
    """MB of this process: its own, and of mapped files, which the system may take back."""
    status = Path("/proc/self/status").read_text("ascii")
    found = {}
    for name, field in (("own MB", "RssAnon:"), ("mapped MB", "RssFile:")):
        with contextlib.suppress(StopIteration):
            found[name] = next(int(line.split()[1]) >> 10 for line in status.splitlines() if line.startswith(field))
    return found


def main() -> None:
    what, folder, *rest = sys.argv[1:]
    if what == "make":
        make(Path(folder), int(rest[0]) if rest else 1_000_000)
    else:
        for place in (Path(folder), *rest):
            for row in ask(place):
                print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
