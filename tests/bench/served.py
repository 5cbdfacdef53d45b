"""A library on a PostgreSQL server: python -m tests.bench.served kills|search [FOLDER [ADDRESS]]

kills: the server is killed 20 times (SIGKILL, every process at once) while a writer adds documents; what was
acknowledged has to be there, once each, and everything sound.
search: FOLDER, or 100,000 passages (tests/bench/scope.py: sentences of the corpus, vectors by the hashing encoder),
in a folder and, copied, on a server of this machine; wall milliseconds of 40 questions, the least of three, for all
documents and those of a tag that 8 % and .5 % have; and whether both found the same with the same scores. ADDRESS: of
a server that has a copy of it already.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kb import KnowledgeBase, Scope
from kb.health import verify
from kb.store.opening import open_store
from tests.bench.measure import ROOT, corpus_golds, corpus_questions
from tests.bench.scope import make_library
from tests.contracts.test_libraries import ENCODER
from tests.contracts.test_served import ADDS
from tests.pgserver import Server

N_KILLS, N_PASSAGES = 20, 100_000
_QUESTIONS, _ROUNDS = 40, 3


def kills() -> dict[str, int]:
    """What 20 kills left."""
    server, rng = Server(), random.Random(0)
    counts = {"kills": 0, "acknowledged": 0, "found": 0, "lost": 0, "twice": 0, "unsound": 0}
    try:
        with tempfile.TemporaryDirectory() as folder:
            address, known = server.make("killed"), 0
            for n in range(N_KILLS):
                process = subprocess.Popen([sys.executable, "-c", ADDS, folder, address, str(n)], cwd=ROOT, text=True,
                                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                said = [process.stdout.readline() for _ in range(rng.randint(1, 40))]
                time.sleep(rng.random() * 0.05)
                server.kill()
                said += process.stdout.read().splitlines()
                process.wait()
                server.start()
                store = open_store(Path(folder), address)
                with store.read() as view:
                    found = [info.path for info in view.documents()]
                names = {f"{n}-{line.strip()}.md" for line in said}
                counts["kills"] += 1
                counts["acknowledged"] += len(names)
                counts["lost"] += len(names - set(found)) + max(0, known - len(found))
                counts["twice"] += len(found) - len(set(found))
                counts["unsound"] += not verify(store, lambda: ENCODER).is_sound
                counts["found"] = known = len(found)
                store.close()
    finally:
        server.stop()
    return counts


def search(given: str = "", address: str = "") -> list[dict[str, object]]:
    """A row for each share of the documents."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder
        if address:
            return _compared(Path(given), address)
        home, server = Path(given or f"{folder}/library"), Server()
        address = server.make("large")
        try:
            began = time.monotonic()
            if not given:
                make_library(home, N_PASSAGES)
            print(f"made in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
            began = time.monotonic()
            with KnowledgeBase.open(home) as base:
                print(base.copy(address).rows["passages"], f"copied in {time.monotonic() - began:.0f} s",
                      file=sys.stderr, flush=True)
            return _compared(home, address)
        finally:
            server.stop()


def _compared(home: Path, address: str) -> list[dict[str, object]]:
    questions = [gold.question for gold in corpus_golds(corpus_questions())][:_QUESTIONS]
    found: list[dict[str, object]] = []
    with (KnowledgeBase.open(home, encoder="hashing") as one,
          KnowledgeBase.open(address, encoder="hashing") as two):
        for base in (one, two):
            began = time.monotonic()
            base.search(questions[0], 10)
            print(f"first answer in {time.monotonic() - began:.1f} s, {base.status().bytes >> 20} MB",
                  file=sys.stderr, flush=True)
        for share in (1.0, 0.08, 0.005):
            scope = None if share == 1 else Scope(tags=(f"{share:g}",))
            times: dict[str, list[float]] = {"folder": [], "server": []}
            for question in questions:  # in turns: others use the machine at the same time
                for name, base in (("folder", one), ("server", two)):
                    times[name].append(min(_took(base, question, scope) for _ in range(_ROUNDS)))
            alike = all(_hits(one, question, scope) == _hits(two, question, scope) for question in questions)
            found.append({"documents": f"{share:.1%}", "same hits and scores": alike} | {
                f"{name} p{p}, ms": round(sorted(least)[len(least) * p // 100], 1)
                for name, least in times.items() for p in (50, 95)})
    return found


def _hits(base: KnowledgeBase, question: str, scope: Scope | None) -> list[tuple[str, int, float]]:
    return [(hit.document, hit.start, hit.score) for hit in base.search(question, 10, scope=scope)]


def _took(base: KnowledgeBase, question: str, scope: Scope | None) -> float:
    began = time.perf_counter()
    base.search(question, 10, scope=scope)
    return (time.perf_counter() - began) * 1e3


if __name__ == "__main__":
    print(kills() if sys.argv[1] == "kills" else search(*sys.argv[2:]))
