"""What a filter costs and finds in a large library, one thread: python -m tests.bench.scope [PASSAGES] [FOLDER]

Documents of 20 passages, each some sentences of the corpus drawn at random (so 100,000 passages are its few thousand
sentences many times, in other company); vectors by the hashing encoder, so that all that is measured is the search. A
tag stands on as many documents as the row says. CPU milliseconds of 40 of the corpus' questions, each the least of
five, filtered and not in turns; recall@10: how many of the ten passages that are nearest to a question, of the tagged
documents and by looking at every one of their vectors, the index finds there (tests/index/test_selection.py has the
same, and whole searches, for smaller libraries).
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kb import KnowledgeBase, Scope
from kb.answer.nearest import Snapshots
from kb.store import Store
from kb.store.scoped import ScopedView
from tests.bench.measure import corpus_golds, corpus_questions, corpus_sentences
from tests.making import make_prepared

_PER_DOCUMENT = 20
SHARES = (1.0, 0.5, 0.08, 0.005)
_QUESTIONS, _ROUNDS = 40, 5
_NEAREST, _SLACK = 10, 1e-4  # vectors are kept as float16


def make_library(home: Path, n_passages: int) -> None:
    """The library, with a tag for each share."""
    sentences = corpus_sentences()
    rng, store = random.Random(0), Store(home)
    with store.write("bench") as writer, writer.together():
        for n in range(n_passages // _PER_DOCUMENT):
            language = "zh" if n % 2 else "en"
            size, parts = (220, []) if language == "zh" else (700, [])
            for part in range(_PER_DOCUMENT):
                body = ""
                while len(body) < size:
                    body += rng.choice(sentences[language]) + ("" if language == "zh" else " ")
                parts.append(f"Part {n}.{part}. {body.strip()}\n\n")
            writer.commit(make_prepared("".join(parts), f"{n:05d}.md"), "hashing")
        ids = [brief.id for brief in writer.briefs.all()]
        rng.shuffle(ids)
        for share in SHARES:
            writer.filing.put("tag", f"{share:g}", ids[:max(1, round(share * len(ids)))])


def rows(home: Path) -> list[dict[str, object]]:
    """A row for each share: documents, milliseconds filtered and not, their ratio."""
    questions = [gold.question for gold in corpus_golds(corpus_questions())][:_QUESTIONS]
    found: list[dict[str, object]] = []
    with KnowledgeBase.open(home, encoder="hashing") as base:
        for share in SHARES:
            scope = Scope(tags=(f"{share:g}",))
            n = len(base.documents(scope))
            base.search(questions[0], scope=scope)
            base.search(questions[0])
            ratios, times = [], [[], []]
            for question in questions:
                least = [float("inf"), float("inf")]
                for _ in range(_ROUNDS):
                    for i, asked in enumerate((scope, None)):
                        started = time.process_time()
                        base.search(question, scope=asked)
                        least[i] = min(least[i], 1000 * (time.process_time() - started))
                times[0].append(least[0])
                times[1].append(least[1])
                ratios.append(least[0] / least[1])
            middle = len(questions) // 2
            found.append({"share": share, "documents": n, "passages": base.status().passages,
                          "recall@10": round(recall(base, scope, questions), 4),
                          "filtered ms": round(sorted(times[0])[middle], 2),
                          "all ms": round(sorted(times[1])[middle], 2),
                          "ratio p50": round(sorted(ratios)[middle], 3),
                          "ratio p95": round(sorted(ratios)[int(0.95 * len(ratios))], 3)})
    return found


def recall(base: KnowledgeBase, scope: Scope, questions: Sequence[str]) -> float:
    """The share of the truly nearest passages in the scope that are among those found. Passages as near as the last of
    ten count as well: texts made by chance repeat."""
    nearest, shares = Snapshots(base._store.index), []
    with base.reading(scope) as view:
        assert isinstance(view, ScopedView)
        ids, vectors = view.vectors(view.selection.passages.tolist())
        for question in questions:
            asked = base.encoder().encode([question], role="question")
            cosines = vectors @ asked[0]
            least = np.sort(cosines)[-_NEAREST:][0] - _SLACK
            near = set(ids[cosines >= least].tolist())
            _, found = nearest.search(view, asked, _NEAREST)
            shares.append(len(near & set(found.tolist())) / min(_NEAREST, len(ids)))
    return float(np.mean(shares))


def main() -> None:
    n_passages = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(made) / "library"
        if not (folder / "kb.sqlite3").exists():
            make_library(folder, n_passages)
        for row in rows(folder):
            print(json.dumps(row))


if __name__ == "__main__":
    main()
