"""kb beside the libraries people use for the same: the same passages, the same questions, one thread each, in turns, in
one run.

    python -m tests.bench peers                                  each library in an environment of its own under
                                                                 KB_CACHE, installed the first time
    KB_BENCH_PEERS="bare chroma" python -m tests.bench peers     these only: all of them take half an hour

Passages are made here: windows of sentences of the corpus, 1,500 of them, Chinese and English mixed. A peer gets them
as a list of strings and the published all-MiniLM-L6-v2; kb gets each as a file, and reads, cuts, indexes words and
vectors, and commits them as it always does.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from kb.encoder.digests import cache_folder
from kb.encoder.encode import minilm_folder
from tests.bench.measure import CORPUS, ROOT, corpus_golds, corpus_questions

PACKAGES = {
    "bare": ("sentence-transformers", "faiss-cpu"), "langchain": ("sentence-transformers", "faiss-cpu",
                                                                  "langchain-community", "langchain-huggingface"),
    "llamaindex": ("sentence-transformers", "faiss-cpu", "llama-index-core", "llama-index-embeddings-huggingface",
                   "llama-index-vector-stores-faiss"), "haystack": ("sentence-transformers", "haystack-ai",
                                                                    "sentence-transformers-haystack"),
    "chroma": ("sentence-transformers", "chromadb"), "txtai": ("sentence-transformers", "txtai", "faiss-cpu"),
}
PEERS = tuple(os.environ.get("KB_BENCH_PEERS", "").split()) or tuple(PACKAGES)
ENGINES = {"kb": "int8", "kb, fp32": "fp32", "kb, OpenVINO": "openvino"}
ONE_THREAD = {
    "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""
}
N_PASSAGES, ROUNDS = 1500, 2
_KB = """
import json, resource, sys, time
from pathlib import Path
from tests.bench.measure import cpu_seconds
from kb import KnowledgeBase
what, data, home = sys.argv[1:]
base = KnowledgeBase.open(home)
if what == "add":
    encoder = base.encoder(); encoder.encode(["warm"])
    loaded = cpu_seconds()
    report = base.add([data])
    base.close()
    assert not report.failed
    found = {"cpu": cpu_seconds() - loaded}
else:
    found, answers, times = {}, [], []
    for question in json.loads(Path(data).read_text()):
        started = time.process_time()
        if what == "search":
            answers.append([Path(hit.path).stem for hit in base.search(question, 10)])
        else:
            answers.append(base.ask(question).status)
        times.append(time.process_time() - started)
        found.setdefault("first cpu", time.process_time())
        found.setdefault("first MB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    times.sort()
    p50, p95 = times[len(times) // 2] * 1000, times[int(len(times) * .95)] * 1000
    found |= {"answers": answers, "p50 ms": p50, "p95 ms": p95}
print(json.dumps({**found, "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def passages(n: int, seed: int = 0) -> list[tuple[str, str, int, int]]:
    """(text, document, start, end): runs of sentences of the corpus of 300 to 900 characters (Chinese: 100 to 350), all
    different."""
    from kb.readers import scan
    from kb.readers.sandbox import Sandbox
    from kb.text import sentence_spans

    with Sandbox() as sandbox:
        documents = [sandbox.read(source) for source in scan([*sorted(CORPUS.glob("*.md")), CORPUS / "papers"])[0]]
    rng = random.Random(seed)
    spans = {document.path: sentence_spans(document.text, 0, len(document.text)) for document in documents}
    found: dict[str, tuple[str, str, int, int]] = {}
    while len(found) < n:
        document = rng.choice(documents)
        low, high = (100, 350) if document.language == "zh" else (300, 900)
        size, at = rng.randint(low, high), rng.randrange(len(spans[document.path]))
        start = spans[document.path][at][0]
        end = next((b for a, b in spans[document.path][at:] if b - start >= size), spans[document.path][-1][1])
        text = document.text[start:end].strip()
        if len(text) >= low:
            found[text] = (text, document.path, start, end)
    return list(found.values())


def bench_peers(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of adding and asking: medians of ROUNDS turns, and ratios to the best peer."""
    texts = passages(N_PASSAGES)
    golds = corpus_golds(corpus_questions())
    (folder / "passages.json").write_text(json.dumps([text for text, *_ in texts]), encoding="utf-8")
    (folder / "questions.json").write_text(json.dumps([gold.question for gold in golds]), encoding="utf-8")
    (folder / "files").mkdir()
    for n, (text, *_) in enumerate(texts):
        (folder / "files" / f"{n}.txt").write_text(text, encoding="utf-8")
    runs: dict[str, list[dict[str, Any]]] = {}
    for turn in range(ROUNDS):
        for name in (*PEERS, *ENGINES):
            if turn == 0 and name in PACKAGES:
                install(name)
            home = folder / f"{name}-{turn}".replace(", ", "-")
            home.mkdir()
            added, asked = (_peer if name in PACKAGES else _kb)(name, home, folder)
            runs.setdefault(name, []).append({"add cpu": added["cpu"], "add MB": added["MB"], **asked})
            print(f"turn {turn} {name}: add {added['cpu']:.1f} s, first answer {asked['first cpu']:.2f} s",
                  file=sys.stderr, flush=True)
    return _tables(runs, texts, golds)


def install(name: str) -> Path:
    """The interpreter of a peer's own environment, made the first time. Errors: CalledProcessError if pip cannot
    install it."""
    home = cache_folder() / "peers" / name
    python = home / "bin" / "python"
    if not (home / ".installed").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "torch==2.13.0", *PACKAGES[name]], check=True)
        (home / ".installed").touch()
    return python


def _run(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(command, env={**os.environ, **ONE_THREAD, **environment}, capture_output=True, text=True,
                          check=False, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{command[:4]}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _peer(name: str, home: Path, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    job = [str(install(name)), str(ROOT / "tests/bench/peer_jobs.py"), name]
    rest = [str(minilm_folder()), str(folder / "passages.json"), str(home)]
    return _run([*job, "add", *rest], {}), _run([*job, "ask", rest[0], str(folder / "questions.json"), str(home)], {})


def _kb(name: str, home: Path, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    environment = {"KB_ENGINE": ENGINES[name]}
    job = [sys.executable, "-c", _KB]
    added = _run([*job, "add", str(folder / "files"), str(home)], environment)
    asked = _run([*job, "search", str(folder / "questions.json"), str(home)], environment)
    whole = _run([*job, "ask", str(folder / "questions.json"), str(home)], environment)
    return added, {
        **asked, "answer p50 ms": whole["p50 ms"], "first answer cpu": whole["first cpu"],
        "first answer MB": whole["first MB"]
    }


def _tables(runs: dict[str, list[dict[str, Any]]], texts: list[Any],
            golds: list[Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    def median(name: str, key: str) -> float:
        return statistics.median(float(run.get(key, run.get(key.replace("answer ", ""), 0))) for run in runs[name])

    best = {key: min(median(name, key) for name in PEERS) for key in ("add cpu", "first answer cpu", "p50 ms")}
    adding = [{
        "library": name, "add 1,500 passages, CPU s": median(name, "add cpu"),
        "faster than the best peer": best["add cpu"] / median(name, "add cpu"), "peak MB": median(name, "add MB"),
        **_recall(runs[name][-1]["answers"], texts, golds)
    } for name in runs]
    asking = [{
        "library": name, "first answer of a fresh process, CPU s": median(name, "first answer cpu"),
        "less than the best peer": best["first answer cpu"] / median(name, "first answer cpu"),
        "its peak MB": median(name, "first answer MB"), "search p50, CPU ms": median(name, "p50 ms"),
        "p95": median(name, "p95 ms"), "with the answering sentence, p50": median(name, "answer p50 ms")
    } for name in runs]
    return adding, asking


def _recall(answers: list[list[Any]], texts: list[Any], golds: list[Any]) -> dict[str, float]:
    """Share of questions for which one of the first five passages overlaps a place that answers; by the question's own
    language and across."""
    hits: dict[str, list[bool]] = {}
    for gold, found, question in zip(golds, answers, (q for q in corpus_questions() if q["kind"] != "unanswerable"),
                                     strict=True):
        is_hit = any(texts[int(n)][1] == path and texts[int(n)][2] < end and start < texts[int(n)][3]
                     for n in found[:5]
                     for path, start, end in gold.places)
        hits.setdefault("across" if question["kind"] == "cross" else question["language"], []).append(is_hit)
    return {f"recall@5 {kind}": sum(values) / len(values) for kind, values in sorted(hits.items(), reverse=True)}
