"""What the benchmarks and the quality tests measure, on real libraries through the public API."""

from __future__ import annotations

import gzip
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb import KnowledgeBase
from kb.encoder.encode import encode_passages
from kb.text import guess_language, statements

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus"
TURNS = 3


@dataclass(frozen=True)
class Gold:
    """A question and where its answer stands: (path, start, end) places, or texts one of which the sentence must
    hold."""

    question: str
    places: tuple[tuple[str, int, int], ...] = ()
    path: str = ""
    texts: tuple[str, ...] = ()


def machine() -> str:
    """One line on the machine a table was made on."""
    model = next((line.split(":")[1].strip()
                  for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.processor())
    return f"{model}, Python {platform.python_version()}, {platform.system()}"


def corpus_questions(half: str = "") -> list[dict[str, Any]]:
    """The questions on the corpus. half: "tune", on which rules and bounds may be fitted, or "kept", which is looked at
    once, before a release; all questions on one document are in one half. "" for both."""
    found = [json.loads(line) for line in (CORPUS / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    return [question for question in found if half in ("", question["half"])]


def corpus_golds(questions: Iterable[dict[str, Any]]) -> list[Gold]:
    """The answerable questions among these, with every place that answers them."""
    return [
        Gold(q["question"], tuple((str(CORPUS / g["document"]), g["start"], g["end"]) for g in (q, *q.get("also", ()))))
        for q in questions
        if q["kind"] != "unanswerable"
    ]


def corpus_texts() -> list[str]:
    """The article in both languages, the errata and the notes."""
    return [path.read_text(encoding="utf-8")
            for path in sorted([*CORPUS.glob("*.md"), *(CORPUS / "papers").glob("*.md")])]


def corpus_sentences() -> dict[str, list[str]]:
    """Language -> the sentences of the corpus, of which large libraries are made."""
    found: dict[str, list[str]] = {"zh": [], "en": []}
    for text in corpus_texts():
        for start, end in statements(text):
            if len(said := " ".join(text[start:end].split())) > 15:
                found[guess_language(said)].append(said)
    return found


def add_corpus(base: KnowledgeBase) -> None:
    base.add([*sorted(CORPUS.glob("*.md")), CORPUS / "papers"])


def write_cmrc(data: Path, folder: Path) -> list[Gold]:
    """The 848 passages of CMRC 2018 dev as 848 text files; gives its 3,219 questions."""
    golds = []
    folder.mkdir(parents=True, exist_ok=True)
    for item in json.loads(gzip.decompress(data.read_bytes()))["data"]:
        for paragraph in item["paragraphs"]:
            path = folder / f"{paragraph['id']}.txt"
            path.write_text(paragraph["context"], encoding="utf-8")
            golds += [
                Gold(qa["question"], path=str(path), texts=tuple(a["text"] for a in qa["answers"]))
                for qa in paragraph["qas"]
            ]
    return golds


def is_hit(gold: Gold, path: str, start: int, end: int) -> bool:
    return path == gold.path or any(path == p and start < b and a < end for p, a, b in gold.places)


def is_answer(gold: Gold, path: str, start: int, end: int, text: str) -> bool:
    return (
        any(text_ in text for text_ in gold.texts)
        if gold.texts
        else any(path == p and start < b and a < end for p, a, b in gold.places)
    )


@dataclass(frozen=True)
class Outcome:
    """What came of one question: whether the first passage and one of five, the first claim and one of three hold the
    gold answer, and the word that was said."""

    recall1: bool
    recall5: bool
    first: bool
    three: bool
    word: str


def outcome(base: KnowledgeBase, gold: Gold) -> Outcome:
    """One question, searched and asked."""
    found = [is_hit(gold, hit.path, hit.start, hit.end) for hit in base.search(gold.question, 5)]
    answer = base.ask(gold.question)
    right = [any(is_answer(gold, c.path, c.start, c.end, c.quote) for c in claim.citations)
             for claim in answer.claims[:3]]
    return Outcome(any(found[:1]), any(found), any(right[:1]), any(right), answer.status)


def averages(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """recall@1, recall@5 of passages; share of questions whose answer's first claim (of three) holds the gold answer;
    the three words."""
    n = len(outcomes)
    return {"n": n, "recall@1": sum(o.recall1 for o in outcomes) / n, "recall@5": sum(o.recall5 for o in outcomes) / n,
            "first claim": sum(o.first for o in outcomes) / n, "first three": sum(o.three for o in outcomes) / n,
            **{word: sum(o.word == word for o in outcomes) / n for word in ("found", "weak", "not_found")}}


def quality(base: KnowledgeBase, golds: Iterable[Gold]) -> dict[str, float]:
    """The averages over these questions."""
    return averages([outcome(base, gold) for gold in golds])


def cpu_seconds() -> float:
    """CPU time of this process and of its ended children."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def ingest_rows(files: Path, home: Path) -> list[dict[str, object]]:
    """Medians of TURNS turns, each a process of its own, on one thread and on all. home-0 is a library that stays."""
    job = (
        "import json, sys; from pathlib import Path; from tests.bench.measure import ingest_ratio; "
        "print(json.dumps(ingest_ratio(*map(Path, sys.argv[1:]))))"
    )
    rows: list[dict[str, object]] = []
    for n_threads in ("1", ""):
        turns = []
        for turn in range(TURNS):
            command = [sys.executable, "-c", job, str(files), f"{home}-{n_threads and 'one-'}{turn}"]
            done = subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": n_threads}, capture_output=True,
                                  text=True, check=True, cwd=ROOT)
            turns.append(json.loads(done.stdout.splitlines()[-1]))
        rows.append({
            "threads": n_threads or os.cpu_count(),
            **{name: statistics.median(found[name] for found in turns) for name in turns[0]}
        })
    return rows


def ingest_ratio(files: Path, home: Path) -> dict[str, float]:
    """Seconds to add a folder to a new library, and to encode the same passages sorted by length, in one run; what is
    loaded once is loaded before."""
    with KnowledgeBase.open(home) as base:
        encoder = base.encoder()
        encode_passages(encoder, ["warm"])
        start, cpu = time.perf_counter(), cpu_seconds()
        base.add([files])
        wall, used = time.perf_counter() - start, cpu_seconds() - cpu
        texts = sorted((p.text for info in base.documents() for p in base.passages(info.id)), key=len)
        start, cpu = time.perf_counter(), cpu_seconds()
        encoder.encode(texts)
        alone, alone_used = time.perf_counter() - start, cpu_seconds() - cpu
        start = time.perf_counter()
        base.add([files])
        again = time.perf_counter() - start
    return {
        "passages": len(texts), "ingest s": wall, "encoder s": alone, "ratio": wall / alone, "ingest CPU s": used,
        "encoder CPU s": alone_used, "CPU ratio": used / alone_used, "again s": again
    }
