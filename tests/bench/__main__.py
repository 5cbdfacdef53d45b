"""Measure again what the tables say: python -m tests.bench
[retrieval|quality|kept|cmrc|support|speed|query|peers|scale|diffuse|growth|again|pdf|verify|load …]
-> tests/bench/RESULTS.md

`figure` draws docs/speed.svg from it. `kept` is not among "all": that half is looked at once, before a release.

Public data that are not part of the project are used where they are present (KB_TEST_DATA, or ../shared/data); rows
without them say so.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import kb.answer.quotes
import kb.answer.retrieve
from kb import KnowledgeBase
from tests.bench.again import again_rows
from tests.bench.figure import FIGURE, draw
from tests.bench.growth import COSTS as GROWTH_COSTS
from tests.bench.growth import growth_rows
from tests.bench.instructions import cosine_rows, recall_rows
from tests.bench.load import load_rows
from tests.bench.measure import (
    ROOT,
    TURNS,
    add_corpus,
    averages,
    corpus_golds,
    corpus_questions,
    ingest_rows,
    machine,
    outcome,
    quality,
    write_cmrc,
)
from tests.bench.ocr import ocr_rows
from tests.bench.openvino import adding_rows, vector_rows
from tests.bench.pdf import ROUNDS as PDF_ROUNDS
from tests.bench.pdf import pdf_rows
from tests.bench.peers import N_PASSAGES, ROUNDS, bench_peers
from tests.bench.query import query_rows
from tests.bench.retrieval import encoder_rows, library_rows, parallel_rows
from tests.bench.scale import WORST, exponents, scale_rows
from tests.bench.support import fit
from tests.bench.verify import bench_verify
from tests.conftest import DATA

CMRC = DATA / "cmrc2018_dev.json.gz"
HERE = Path(__file__).resolve().parent


def table(rows: list[dict[str, object]]) -> str:
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join(
        lines
        + [
            "| " + " | ".join(f"{row[n]:.3f}" if isinstance(row[n], float) else str(row[n]) for n in names) + " |"
            for row in rows
        ]
    )


def corpus_rows(base: KnowledgeBase, half: str) -> str:
    """The questions of one half, by the languages and by what they ask, and its near-misses."""
    questions = corpus_questions(half)
    asked = [question for question in questions if question["kind"] != "unanswerable"]
    outcomes = dict(zip((q["id"] for q in asked), (outcome(base, gold) for gold in corpus_golds(asked)), strict=True))
    rows: list[dict[str, object]] = []
    for kind, language in (("same", "en"), ("same", "zh"), ("cross", "en"), ("cross", "zh")):
        of_kind = [outcomes[q["id"]] for q in asked if q["kind"] == kind and q["language"] == language]
        rows.append({"set": f"{kind}, questions in {language}", **averages(of_kind)})
    by_form: list[dict[str, object]] = [
        {"asks": form, **averages([outcomes[q["id"]] for q in asked if q["asks"] == form])}
        for form in sorted({q["asks"] for q in asked})]
    misses = [base.ask(q["question"]).status for q in questions if q["kind"] == "unanswerable"]
    words = ", ".join(f"{word} {misses.count(word)}" for word in ("found", "weak", "not_found"))
    return (f"{table(rows)}\n\n{table(by_form)}\n\n"
            f"{len(misses)} near-misses that the corpus does not answer: {words}.\n")


def bench_quality(folder: Path) -> str:
    """The half of the corpus' questions that rules and bounds may be fitted on."""
    with KnowledgeBase.open(folder / "corpus") as base:
        add_corpus(base)
        rows = corpus_rows(base, "tune")
        weights = dict(kb.answer.retrieve.DENSE_WEIGHT)
        arms: list[dict[str, object]] = []
        english = corpus_golds(q for q in corpus_questions("tune") if q["kind"] == "same" and q["language"] == "en")
        for weight in (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0):
            kb.answer.retrieve.DENSE_WEIGHT["en", "en"] = weight
            found = quality(base, english)
            arms.append({
                "dense weight": weight, "recall@1": found["recall@1"], "recall@5": found["recall@5"],
                "first claim": found["first claim"]
            })
        kb.answer.retrieve.DENSE_WEIGHT.update(weights)
    return (
        f"## Quality\n\nThe half of the corpus' questions that is tuned on:\n\n{rows}\n"
        f"Fusion, English questions on English passages (0 is BM25 alone, 1 the encoder alone):\n\n{table(arms)}\n")


def bench_kept(folder: Path) -> str:
    """The half that is looked at once, before a release: its figures, never its questions."""
    with KnowledgeBase.open(folder / "corpus") as base:
        add_corpus(base)
        return f"## Quality, the half that was kept\n\n{corpus_rows(base, 'kept')}"


def bench_cmrc(folder: Path) -> str:
    if not CMRC.exists():
        return "## Quality, CMRC2018\n\nnot measured: CMRC2018 dev is not on this machine\n"
    golds = write_cmrc(CMRC, folder / "cmrc")
    with KnowledgeBase.open(folder / "cmrc-library") as base:
        base.add([folder / "cmrc"])
        return f"## Quality, CMRC2018\n\n{table([{'set': 'CMRC2018 dev, 848 files', **quality(base, golds)}])}\n"


def bench_speed(folder: Path) -> str:
    if not CMRC.exists():
        return "## Speed\n\nnot measured: CMRC2018 dev is not on this machine\n"
    write_cmrc(CMRC, folder / "files")
    rows = ingest_rows(folder / "files", folder / "speed")
    load = "from kb.encoder.encode import bundled; import torch; bundled().encode(['x'])"
    ask = "import sys; from kb.cli.main import main; sys.exit(main(['ask', {!r}, '--home', {!r}]))"
    chinese, english = (ask.format(question, str(folder / "speed-0"))
                        for question in ("什么是战国无双", "What is Samurai Warriors?"))
    times: dict[str, list[float]] = {
        "import torch, load and run the encoder": [], "first answer, Chinese question": [],
        "first answer, English question": []
    }
    for _ in range(5):
        for name, code in zip(times, (load, chinese, english), strict=True):
            started = subprocess.run([
                sys.executable, "-c",
                "import resource,subprocess,sys,time; t=time.perf_counter(); "
                "subprocess.run([sys.executable,'-c',sys.argv[1]],"
                "stdout=subprocess.DEVNULL); print(time.perf_counter()-t)", code
            ], capture_output=True, text=True, check=True)
            times[name].append(float(started.stdout))
    medians = {name: sorted(values)[len(values) // 2] for name, values in times.items()}
    cold: list[dict[str, object]] = [{"what": name, "median s": value} for name, value in medians.items()]
    baseline = medians["import torch, load and run the encoder"]
    cold = [{**row, "ratio": medians[str(row["what"])] / baseline} for row in cold]
    return f"## Speed\n\n848 files of CMRC2018 dev, medians of {TURNS} turns:\n\n{table(rows)}\n\n{table(cold)}\n"


def bench_support(folder: Path) -> str:
    return fit(folder, CMRC if CMRC.exists() else None)


def bench_retrieval(folder: Path) -> str:
    cmrc, dev = (path if path.exists() else None for path in (CMRC, DATA / "zh_en_dev.tsv.gz"))
    rows = [*library_rows(folder, cmrc), *encoder_rows(cmrc), *(parallel_rows(dev) if dev else [])]
    return f"## Retrieval\n\n{table(rows)}\n"


def bench_scale(folder: Path) -> str:
    rows = scale_rows(folder)
    return (
        f"## Scale\n\nThe vector index from 10^3 to 10^6 passages, 384-d; what is measured is said in "
        f"scale.py.\n\n{table(rows)}\n\n"
        f"Exponents: ten times the passages cost 10^exponent times as much.\n\n{table(exponents(rows))}\n")


def bench_load(folder: Path) -> str:
    rows, memory = load_rows(folder)
    grown = (max(memory[1:]) / memory[0] - 1) * 100
    return (f"## Load\n\nOne process of `kb serve` over the corpus, asked over its socket, and the app; p95 is of an "
            f"idle machine only where the load before is near 0.\n\n{table(rows)}\n\nMemory of the process after each "
            f"1,000 different questions, four at a time, with the reader of three layers: "
            f"{', '.join(f'{mb:.0f}' for mb in memory)} MB; the most is {grown:+.1f} % on the first.\n")


def bench_growth(folder: Path) -> str:
    rows = growth_rows(folder)
    return (
        f"## Growth\n\nAdding notes made here with the hashing encoder (reading, cutting, storing, both indexes), and "
        f"searching them.\n\n{table(rows)}\n\n"
        f"Exponents:\n\n{table(exponents(rows, GROWTH_COSTS))}\n")


def bench_diffuse(folder: Path) -> str:
    return (
        f"## Scale, the worst vectors\n\nAs above, with vectors that have no structure at "
        f"all.\n\n{table(scale_rows(folder, 'diffuse', WORST))}\n"
    )


def bench_query(folder: Path) -> str:
    return (
        f"## Query\n\nThe corpus's questions, CPU milliseconds of one thread; what the libraries hold is said in "
        f"query.py.\n\n{table(query_rows(folder))}\n"
    )


def bench_again(folder: Path) -> str:
    return (
        f"## Again\n\nA folder of 10,000 small files, added with the bundled encoder; then again, "
        f"unchanged.\n\n{table(again_rows(folder))}\n"
    )


def bench_openvino(folder: Path) -> str:
    adding = adding_rows(folder)
    vectors, found = vector_rows(CMRC if CMRC.exists() else None)
    recall = (
        f"Questions for the first 200 texts of CMRC2018 dev and for as many passages of the corpus, by meaning "
        f"alone:\n\n{table(found)}\n"
    )
    return (
        f"## OpenVINO\n\n{N_PASSAGES} passages added, one thread, in turns, as beside the other "
        f"libraries:\n\n{table(adding)}\n\n"
        f"Cosines of vectors of the same passages:\n\n{table(vectors)}\n\n{recall}")


def bench_instructions(folder: Path) -> str:
    return (
        f"## Fewer instructions\n\nCosine to fp32 of passages of the corpus, by the instructions there "
        f"are:\n\n{table(cosine_rows(folder))}\n\nWhat a lower cosine costs: int8 with fewer codes for a "
        f"weight.\n\n{table(recall_rows(CMRC if CMRC.exists() else None))}\n"
    )


def bench_ocr(folder: Path) -> str:
    """Scans of pages of TeX Live's documentation."""
    rows = "\n".join(ocr_rows())
    return (
        f"## OCR\n\nPages of TeX Live's documentation (Debian: texlive-latex-base-doc, texlive-lang-chinese, "
        f"texlive-latex-extra-doc and others), rendered at 200 dpi, turned by half a degree, blurred, with noise, as "
        f"JPEG; one page of a file (up to four of a Chinese one), drawn by a hash; one core. Right: of the characters "
        f"without spaces.\n\n{rows}\n"
    )


def bench_pdf(folder: Path) -> str:
    rows, kinds = pdf_rows(folder)
    return (
        f"## PDF\n\nThe corpus as PDF files, printed by Chromium and in plain Helvetica, "
        f"{sum(int(str(row['pages'])) for row in kinds)} pages; CPU time of all processes, {PDF_ROUNDS} turns each. "
        f"Runs: 8 words, or 8 Chinese characters, of the printed text.\n\n{table(rows)}\n\nBy kind, the readers "
        f"alone:\n\n{table(kinds)}\n"
    )


def bench_beside_peers(folder: Path) -> str:
    adding, asking = bench_peers(folder)
    return (
        f"## Beside other libraries\n\n{N_PASSAGES} passages, one thread each, medians of {ROUNDS} "
        f"turns:\n\n{table(adding)}\n\n{table(asking)}\n"
    )


PARTS = {
    "retrieval": bench_retrieval, "quality": bench_quality, "cmrc": bench_cmrc, "support": bench_support,
    "speed": bench_speed, "query": bench_query, "peers": bench_beside_peers, "openvino": bench_openvino,
    "scale": bench_scale,
    "instructions": bench_instructions,
    "diffuse": bench_diffuse, "growth": bench_growth, "again": bench_again, "pdf": bench_pdf, "ocr": bench_ocr,
    "verify": bench_verify, "load": bench_load
}


def main() -> None:
    """Measures the parts named (default: all) and puts each in its place in RESULTS.md, with the machine and commit it
    was made on."""
    results = HERE / "RESULTS.md"
    for name in sys.argv[1:] or [*PARTS, "figure"]:
        if name == "figure":
            FIGURE.write_text(draw(results), encoding="utf-8")
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = (bench_kept if name == "kept" else PARTS[name])(Path(folder))
        commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=ROOT,
                                check=False).stdout.strip()
        heading, _, body = found.partition("\n")
        section = f"{heading}\n\n`python -m tests.bench {name}` on {machine()}; commit {commit}.\n{body}"
        print(section, flush=True)
        old = results.read_text(encoding="utf-8") if results.exists() else ""
        sections = {text.split("\n", 1)[0]: f"## {text.strip()}\n" for text in old.split("## ")[1:]}
        sections[heading.removeprefix("## ")] = section
        results.write_text("# Measured\n\n" + "\n".join(sections.values()), encoding="utf-8")


if __name__ == "__main__":
    main()
