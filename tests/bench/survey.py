"""Surveys against query-biased LexRank on related-work sets: papers covered, ROUGE, and the survey's own measures.

    KB_RELATED_WORK=FILE python -m tests.bench.survey     JSON lines {"topic", "reference", "papers": [{"title", "abstract", "year"}]}

Without a file the sets are made from corpus/: the reference is a section of our own article, the papers are the English notes on the works it names.
Both systems write the same number of words. ROUGE: F1 of unigrams and bigrams of search tokens, without stemming beyond theirs.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kb import KnowledgeBase
from kb.survey.select import tfidf, topic_terms
from kb.survey.sentences import Unit, units
from kb.text import search_tokens

CORPUS = Path(__file__).resolve().parents[2] / "corpus"


@dataclass(frozen=True)
class RelatedWork:
    """A topic, what a person wrote on it, and the texts of the works that they cite."""

    topic: str
    reference: str
    papers: tuple[tuple[str, str], ...]  # file name, Markdown


def sets() -> Iterator[RelatedWork]:
    given = os.environ.get("KB_RELATED_WORK")
    if given:
        for line in Path(given).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            papers = tuple((f"{i}.md", f"---\ntitle: {json.dumps(p['title'])}\nyear: {p.get('year') or 2020}\n---\n# {p['title']}\n\n{p['abstract']}\n") for i, p in enumerate(row["papers"]))
            yield RelatedWork(row["topic"], row["reference"], papers)
        return
    notes = {path.name: path.read_text(encoding="utf-8") for path in sorted((CORPUS / "papers").glob("*.md")) if "language: en" in path.read_text(encoding="utf-8")}
    names = {name: found[1] for name, text in notes.items() if (found := re.search(r'^title: "?([^":(]+)', text, re.M))}
    article = (CORPUS / "article.en.md").read_text(encoding="utf-8")
    for section in re.split(r"^(?=## )", article, flags=re.M)[1:]:
        title = re.sub(r"^##\s*[\d.]*\s*", "", section.splitlines()[0])
        # A work is named by its short name, or by the first word of its file's name where that is an acronym.
        held = [name for name, short in names.items() if len(short) < 25 and short.strip() in section or name.split(".")[0].replace("-", "").upper() in section.replace("-", "").upper()]
        if len(held) >= 3 and "Sources" not in title and "References" not in title:
            yield RelatedWork(title, section, tuple((name, notes[name]) for name in held))


def lexrank(candidates: list[Unit], topic: str, n_words: int) -> list[Unit]:
    """Query-biased LexRank with a redundancy check (cosine below .5): the baseline, written apart from the survey's own selection."""
    rows = tfidf(candidates)
    similar = rows @ rows.T
    np.fill_diagonal(similar, 0)
    walk = similar / np.maximum(similar.sum(axis=1, keepdims=True), 1e-12)
    asked = np.array([len(unit.terms & topic_terms(topic)) + 1e-3 for unit in candidates])
    asked /= asked.sum()
    score = np.full(len(candidates), 1 / len(candidates))
    for _ in range(60):
        score = 0.3 * asked + 0.7 * walk.T @ score
    chosen: list[int] = []
    words = 0
    for i in np.argsort(-score, kind="stable"):
        if words >= n_words:
            break
        if all(rows[i] @ rows[j] < 0.5 for j in chosen):
            chosen.append(int(i))
            words += len(search_tokens(candidates[i].text))
    return [candidates[i] for i in chosen]


def rouge(text: str, reference: str, n: int) -> float:
    def grams(value: str) -> Counter[tuple[str, ...]]:
        tokens = [token.term for token in search_tokens(value)]
        return Counter(zip(*(tokens[i:] for i in range(n)), strict=False))

    a, b = grams(text), grams(reference)
    shared = sum((a & b).values())
    return 2 * shared / max(1, sum(a.values()) + sum(b.values()))


def measure(work: RelatedWork, length: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        papers = Path(folder) / "papers"
        papers.mkdir()
        for name, text in work.papers:
            (papers / name).write_text(text, encoding="utf-8")
        with KnowledgeBase.open(Path(folder) / "library") as base:
            base.add([papers])
            started = time.monotonic()
            survey = base.survey(work.topic, length=length, language="en")
            seconds = time.monotonic() - started
            said = [s.text for s in survey.sentences if s.kind == "quote"]
            pool = sorted(unit for info in base.documents() for unit in units(base.document(info.id)))
            other = lexrank(pool, work.topic, sum(len(search_tokens(text)) for text in said))
    text, baseline = " ".join(said), " ".join(unit.text for unit in other)
    checked = survey.audit or {}
    return {"papers": len(work.papers), "coverage": len({row.document for row in survey.evidence}) / len(work.papers), "lexrank coverage": len({u.document for u in other}) / len(work.papers),
            "rouge-1": rouge(text, work.reference, 1), "lexrank rouge-1": rouge(baseline, work.reference, 1), "rouge-2": rouge(text, work.reference, 2),
            "lexrank rouge-2": rouge(baseline, work.reference, 2), "span validity": checked["span_validity"], "number fidelity": checked["number_fidelity"] or 1.0,
            "section reuse": checked["section_reuse"], "near duplicates": checked["near_duplicates"], "seconds": seconds}


def main() -> int:
    length = sys.argv[1] if len(sys.argv) > 1 else "short"
    rows = [measure(work, length) for work in sets()]
    print(f"{len(rows)} sets, length {length}")
    for name in rows[0]:
        print(f"{name:18} {statistics.mean(row[name] for row in rows):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
