"""Surveys against query-biased LexRank on related-work sets: papers covered, ROUGE, and the survey's own measures.

    KB_RELATED_WORK=FILE python -m tests.bench.survey

FILE: JSON lines {"topic", "reference", "papers": [{"title", "abstract", "year"}]}.
Without a file the sets are made from corpus/: the reference is a section of our own article, the papers are the English
notes on the works it names; where its heading names no topic ("Background"), all of them are used. Both systems write
the same number of words: as many as the survey's whole text, and as many as its quotes alone.
"""

from __future__ import annotations

import json
import math
import os
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kb import KnowledgeBase
from kb.errors import OffTopic
from kb.survey.records import Survey
from kb.survey.sentences import units
from kb.text import CJK, guess_language, question_tokens, search_terms, sentence_spans
from kb.types import Document

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
            papers = tuple((
                f"{i}.md",
                f"---\ntitle: {json.dumps(p['title'])}\nyear: {p.get('year') or 2020}\n---\n# "
                f"{p['title']}\n\n{p['abstract']}\n"
            ) for i, p in enumerate(row["papers"]))
            yield RelatedWork(row["topic"], row["reference"], papers)
        return
    notes = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted((CORPUS / "papers").glob("*.md"))
        if "language: en" in path.read_text(encoding="utf-8")
    }
    names = {name: found[1] for name, text in notes.items() if (found := re.search(r'^title: "?([^":(]+)', text, re.M))}
    article = (CORPUS / "article.en.md").read_text(encoding="utf-8")
    for section in re.split(r"^(?=## )", article, flags=re.M)[1:]:
        title = re.sub(r"^##\s*[\d.]*\s*", "", section.splitlines()[0])
        # A work is named by its short name, or by the first word of its file's name where that is an acronym.
        held = [
            name
            for name, short in names.items()
            if len(short) < 25
            and short.strip() in section
            or name.split(".")[0].replace("-", "").upper() in section.replace("-", "").upper()
        ]
        if len(held) >= 3 and "Sources" not in title and "References" not in title:
            yield RelatedWork(title, section, tuple((name, notes[name]) for name in held))


def lexrank(texts: Sequence[str], topic: str, n_words: int) -> tuple[str, set[int]]:
    """Query-biased continuous LexRank over every sentence of the texts, written apart from the survey's own selection.

    tf-idf without stop words, no threshold (better here than .1), a third of the walk biased to the topic, no sentence
    with a cosine of .5 to one before it, cut at exactly n_words. (text, texts it draws on). Source: Erkan & Radev 2004;
    Otterbacher et al. 2005.
    """
    sentences = [(i, " ".join(text[a:b].split())) for i, text in enumerate(texts) for a, b in sentence_spans(text)]
    sentences = [(i, text) for i, text in sentences if len(text.split()) >= 4 or guess_language(text) == "zh"]
    counts = [Counter(token.term for token in question_tokens(text)) for _, text in sentences]
    n = len(sentences)
    spread = Counter(term for count in counts for term in count)
    column = {term: i for i, term in enumerate(sorted(spread))}
    rows = np.zeros((n + 1, len(column)))
    for i, count in enumerate([*counts, Counter(token.term for token in question_tokens(topic))]):
        for term, times in count.items():
            if term in column:
                rows[i, column[term]] = times * math.log((n + 1) / spread[term])
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    asked = rows[:-1] @ rows[-1] + 1e-4
    like = rows[:-1] @ rows[:-1].T
    walk = like.copy()
    np.fill_diagonal(walk, 0)
    sums = walk.sum(axis=1, keepdims=True)
    walk = np.where(sums > 0, walk / np.maximum(sums, 1e-12), 1 / n)
    score = np.full(n, 1 / n)
    for _ in range(60):
        score = 0.3 * asked / asked.sum() + 0.7 * walk.T @ score
    chosen: list[int] = []
    words = 0
    for i in np.argsort(-score, kind="stable"):
        if words >= n_words:
            break
        if all(like[i, j] < 0.5 for j in chosen):
            chosen.append(int(i))
            words += len(_words(sentences[i][1]))
    return _cut(" ".join(sentences[i][1] for i in chosen), n_words), {sentences[i][0] for i in chosen}


def _words(text: str) -> list[str]:
    """Words as they are counted and compared: English ones in lower case, Chinese by character."""
    return re.findall(rf"[{CJK}]|[^\W_{CJK}]+", text.lower())


def _cut(text: str, n_words: int) -> str:
    found = list(re.finditer(rf"[{CJK}]|[^\W_{CJK}]+", text))
    return text if len(found) <= n_words else text[:found[n_words - 1].end()]


def rouge(text: str, reference: str) -> tuple[float, float, float]:
    """F1 of unigrams, bigrams and the longest common subsequence, over words without their plural endings. Source: Lin
    2004."""
    a, b = (
        search_terms(" ".join(_words(value))) if not re.search(f"[{CJK}]", value) else _words(value)
        for value in (text, reference)
    )
    found = []
    for n in (1, 2):
        left, right = (Counter(zip(*(tokens[i:] for i in range(n)), strict=False)) for tokens in (a, b))
        found.append(2 * sum((left & right).values()) / max(1, sum(left.values()) + sum(right.values())))
    return found[0], found[1], 2 * _subsequence(a, b) / max(1, len(a) + len(b))


def _subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    row = np.zeros(len(b) + 1, dtype=np.int64)
    held = {term: np.array([other == term for other in b]) for term in set(a)}
    for term in a:
        step = np.where(held[term], row[:-1] + 1, row[1:])
        row[1:] = np.maximum.accumulate(step)
    return int(row[-1])


def shown(survey: Survey) -> tuple[str, str]:
    """(what a reader reads, frames included, without tables and lists; the quotes alone, those that stand side by side
    in a sentence of ours too)."""
    said = {s.id: s for s in survey.sentences}
    order = [said[name] for node in survey.nodes() for paragraph in node.paragraphs for name in paragraph]
    quotes = [[s.text] if s.kind == "quote" else [
        text for fact in s.facts if fact.kind in ("beside", "proposed")
        for text in (fact.values if fact.kind == "beside" else fact.values[1::2])] for s in order]
    return " ".join(f"{s.frame} {s.text}" for s in order), " ".join(text for texts in quotes for text in texts)


def written(base: KnowledgeBase, work: RelatedWork, length: str) -> Survey:
    """A survey of the works of a set: of all of them where its topic names none."""
    language = guess_language(work.reference)
    try:
        return base.survey(work.topic, length=length, language=language)
    except OffTopic:
        return base.survey(work.topic, length=length, language=language, works=len(work.papers))


def measure(work: RelatedWork, length: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        papers = Path(folder) / "papers"
        papers.mkdir()
        for name, text in work.papers:
            (papers / name).write_text(text, encoding="utf-8")
        with KnowledgeBase.open(Path(folder) / "library") as base:
            base.add([papers])
            started = time.monotonic()
            survey = written(base, work, length)
            seconds = time.monotonic() - started
            documents = [base.document(info.id) for info in base.documents()]
            ids = [document.id for document in documents]
            texts = [re.sub(r"\A\s*# .*\n", "", document.text) for document in documents]  # a title is no sentence
    checked = survey.audit or {}
    spoken = {row.document for s in survey.sentences for row in survey.evidence if row.id in s.evidence}
    row = {
        "papers": len(ids), "coverage": len(spoken) / len(ids), "words of the reference": len(_words(work.reference)),
        "sentences that can be quoted": statistics.mean(_quotable(document) for document in documents)
    }
    for name, text in zip(("whole text", "quotes"), shown(survey), strict=True):
        n = len(_words(text))
        other, drawn_on = lexrank(texts, work.topic, n)
        row |= {f"{name}: words": n, f"{name}: lexrank coverage": len(drawn_on) / len(ids)}
        for kind, ours, theirs in zip(("1", "2", "L"), rouge(text, work.reference), rouge(other, work.reference),
                                      strict=True):
            row |= {f"{name}: rouge-{kind}": ours, f"{name}: lexrank rouge-{kind}": theirs}
    return row | {
        "span validity": checked["span_validity"],
        "number fidelity": checked["number_fidelity"] or 1.0,
        "section reuse": checked["section_reuse"],
        "near duplicates": checked["near_duplicates"],
        "seconds": seconds,
    }


def _quotable(document: Document) -> float:
    """Share of a document's sentences, its title apart, of which a unit holds all but a connective."""
    begin = document.text.find("\n") + 1
    ends = {unit.end for unit in units(document)} | {
        end for unit in units(document) for _, end in sentence_spans(document.text, unit.start, unit.end)
    }
    spans = [(a, b) for a, b in sentence_spans(document.text, begin) if document.text[a:b].strip()]
    return sum(a + len(document.text[a:b].rstrip()) in ends for a, b in spans) / max(1, len(spans))


def main() -> int:
    length = sys.argv[1] if len(sys.argv) > 1 else "short"
    rows = [measure(work, length) for work in sets()]
    print(f"{len(rows)} sets, length {length}")
    for name in rows[0]:
        print(f"{name:32} {statistics.mean(row[name] for row in rows):.3f}")
    for name in (name for name in rows[0] if ": rouge-" in name and len(rows) > 1):
        apart = [row[name] - row[name.replace(": rouge", ": lexrank rouge")] for row in rows]
        print(
            f"{name + ', ours less theirs':42} {statistics.mean(apart):+.4f}, 95 %: "
            f"+-{1.96 * statistics.stdev(apart) / math.sqrt(len(apart)):.4f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
