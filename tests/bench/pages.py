"""Ten readers of one app, over 5,000 documents: python -m tests.bench.pages [FOLDER] [bundled] [reading]

FOLDER: where the library is, or is made: notes of twelve paragraphs of technical documentation (zh_en_train.tsv.gz of
KB_TEST_DATA), every other one in Chinese. By the hashing encoder, or with the second word by the bundled one.

Ten visits, each over a socket of its own as a browser has one, open the Ask page at the same moment, then ask ten
different questions at the same moment, several times; with the word `reading` each asks in its own time instead, ten
seconds on average after its last answer. Printed: seconds until the first evidence is there (a sentence of a document
with its place, found or answering), the first sentence of the answer, the page to its end, until the page opens; p50
and p95; the load of the machine before. What the app
computes for each question (with its pages) does not depend on who else works on this machine.
"""

from __future__ import annotations

import gzip
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from kb_app.i18n import TEXTS

from kb import KnowledgeBase
from tests.app.talking import Visit
from tests.bench.measure import machine
from tests.browser import running_app
from tests.conftest import DATA

N, ROUNDS, N_DOCUMENTS = 10, 5, 5000
PAUSE = 10.0  # seconds in which an answer is read, on average
ASKED = ("How is a formset saved to the database?", "什么是张量的形状？", "What does a decorator do?", "如何捕获异常？",
         "What is wall time?", "怎样安装第三方模块？", "How are static files served?", "模型的权重保存在哪里？",
         "When is a generator exhausted?", "什么时候需要使用缓存？")


def make(home: Path, encoder: str | None) -> None:
    """The library, where there is none yet."""
    with KnowledgeBase.open(home, encoder=encoder) as base, tempfile.TemporaryDirectory() as folder:
        if base.documents():
            return
        with gzip.open(DATA / "zh_en_train.tsv.gz", "rt", encoding="utf-8") as file:
            rows = [line.split("\t") for line in file]
        pairs = [(en, zh) for en, zh, source in rows if "tatoeba" not in source and len(en) > 60]
        for n in range(N_DOCUMENTS):
            said = [pairs[(17 * n + i) % len(pairs)][n % 2] for i in range(12)]
            parts = [f"## {text[:30].strip()}\n\n{text}" if i in (4, 8) else text for i, text in enumerate(said)]
            text = "\n\n".join(parts)
            (Path(folder) / f"{n:04}.md").write_text(f"# {said[0][:60].rstrip(' .。')}\n\n{text}\n", encoding="utf-8")
        base.add([Path(folder)])


def measure(home: Path, *options: str, is_read: bool = False) -> dict[str, list[float]]:
    """The seconds of each, sorted. is_read: each reader asks in its own time."""
    with running_app(home, *options, KB_READER="six") as app, ThreadPoolExecutor(N) as pool:
        (server,) = _children(app.pid)
        cookie, together = app.cookie(), Barrier(N)
        Visit(app, cookie).open("").ask("What is a test?")  # the encoder is loaded

        before = _cpu_seconds(server)

        def visit(i: int) -> list[tuple[str, float]]:
            one, own = Visit(app, cookie), random.Random(i)
            together.wait()
            began, found = time.monotonic(), []
            one.open("")
            found.append(("page opens", time.monotonic() - began))
            for turn in range(ROUNDS):
                if is_read:
                    time.sleep(own.uniform(0, 2 * PAUSE))
                else:
                    together.wait()
                began = time.monotonic()
                one.ask(f"{ASKED[i]} ({turn})")
                drawn, answered = time.monotonic(), _first(one)
                found += [("first evidence", min([answered, *_places(one)]) - began),
                          ("first sentence of the answer", answered - began), ("all is drawn", drawn - began)]
            one.close()
            return found

        rows = [row for rows in pool.map(visit, range(N)) for row in rows]
        rows.append(("processor time of the app for each question", (_cpu_seconds(server) - before) / (N * ROUNDS)))
    return {name: sorted(seconds for what, seconds in rows if what == name)
            for name in dict.fromkeys(what for what, _ in rows)}


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _first(visit: Visit) -> float:
    """When what the library says came: the badge of an answer's status stands right before it."""
    badges = (":green-badge[", ":orange-badge[", ":gray-badge[")
    for message, came in reversed(list(zip(visit.messages, visit.came, strict=True))):
        if message.delta.HasField("new_element") and message.delta.new_element.markdown.body.startswith(badges):
            return came  # of the last question, which is drawn last
    raise AssertionError(f"no answer: {visit.words()}")


def _places(visit: Visit) -> list[float]:
    """When the places came that were found and not read yet: what the line is there for that stands before them."""
    said = TEXTS["found_first"].en
    return [came for message, came in zip(visit.messages, visit.came, strict=True)
            if message.delta.HasField("new_element") and message.delta.new_element.markdown.body == said]


def main() -> None:
    """Prints a row for each."""
    given = sys.argv[1:]
    encoder = None if "bundled" in given else "hashing"
    named = [one for one in given if one not in ("bundled", "reading")]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(named[0] if named else folder) / "library"
        make(home, encoder)
        load = os.getloadavg()[0]
        found = measure(home, *(("--encoder", encoder) if encoder else ()), is_read="reading" in given)
    print(f"{machine()}, {os.cpu_count()} cores; load before: {load:.1f}\n")
    print("| | n | p50 s | p95 s | longest s |\n|---|---|---|---|---|")
    for name, seconds in found.items():
        print(f"| {name} | {len(seconds)} | {seconds[len(seconds) // 2]:.2f} | {seconds[int(len(seconds) * .95)]:.2f} "
              f"| {seconds[-1]:.2f} |")


if __name__ == "__main__":
    main()
