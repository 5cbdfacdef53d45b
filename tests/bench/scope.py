"""What a filter costs in a library of 20,000 passages, one thread: python -m tests.bench.scope [FOLDER]

1,000 documents of 20 passages, each some sentences of the corpus drawn at random; vectors by the hashing encoder, so
that all that is measured is the search. A tag stands on as many documents as the row says. CPU milliseconds of 40 of
the corpus' questions, each the least of five, filtered and not in turns; and whether the filtered hits are those that a
search of everything to infinite depth leaves (tests/index/test_selection.py has the same for smaller libraries).
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path

from kb import KnowledgeBase, Scope
from kb.store import Store
from kb.text import guess_language, statements
from tests.bench.measure import CORPUS, corpus_golds, corpus_questions
from tests.making import make_prepared

N_DOCUMENTS, _PER_DOCUMENT = 1_000, 20
SHARES = (1.0, 0.5, 0.08, 0.005)
_QUESTIONS, _ROUNDS = 40, 5


def make_library(home: Path) -> None:
    """The library, with a tag for each share."""
    sentences: dict[str, list[str]] = {"zh": [], "en": []}
    for path in sorted([*CORPUS.glob("*.md"), *(CORPUS / "papers").glob("*.md")]):
        text = path.read_text(encoding="utf-8")
        for start, end in statements(text):
            if len(said := " ".join(text[start:end].split())) > 15:
                sentences[guess_language(said)].append(said)
    rng, store = random.Random(0), Store(home)
    with store.write("bench") as writer, writer.together():
        for n in range(N_DOCUMENTS):
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
                          "filtered ms": round(sorted(times[0])[middle], 2),
                          "all ms": round(sorted(times[1])[middle], 2),
                          "ratio p50": round(sorted(ratios)[middle], 3),
                          "ratio p95": round(sorted(ratios)[int(0.95 * len(ratios))], 3)})
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(made) / "library"
        if not (folder / "kb.sqlite3").exists():
            make_library(folder)
        for row in rows(folder):
            print(json.dumps(row))
