"""Many questions for one process that serves: are all answered, how long do they wait, does it grow?"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kb import KnowledgeBase
from kb.config import Settings, load_settings
from kb.serve import ask_service
from tests.waiting import wait_until

QUESTIONS = ("What is self-attention?", "剪枝和量化有什么区别？", "What is knowledge distillation?", "什么是提示工程？",
             "Which papers use ImageNet?", "How is a model quantised?", "检索增强生成是什么？",
             "What is a lottery ticket?")


@contextlib.contextmanager
def serving(home: Path, encoder: str | None = None) -> Iterator[tuple[Settings, int]]:
    """A process that answers for this library: (how it is asked, its pid)."""
    named = ["--encoder", encoder] if encoder else []
    process = subprocess.Popen([sys.executable, "-m", "kb", "serve", "--home", str(home), *named],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    settings = load_settings({"home": home, "encoder": encoder})
    try:
        wait_until(lambda: ask_service(settings, "ask", QUESTIONS[0]) is not None)
        yield settings, process.pid
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def adding(home: Path, encoder: str | None = None) -> Iterator[list[int]]:
    """Documents are added, each by itself, as long as this lasts; the list grows by one for each."""
    stop, added = threading.Event(), list[int]()

    def work() -> None:
        with KnowledgeBase.open(home, encoder=encoder) as base:
            while not stop.is_set():
                base.add_text(f"Kiln {len(added)} fires clay at {900 + len(added)} degrees.", f"Kiln {len(added)}")
                added.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield added
    finally:
        stop.set()
        thread.join()


def at_once(settings: Settings, n: int, rounds: int, questions: Sequence[str] = QUESTIONS) -> tuple[int, list[float]]:
    """Asks n questions at the same moment, `rounds` times: (how many were not answered, the seconds of each,
    sorted)."""
    def ask(i: int) -> tuple[bool, float]:
        start.wait()
        began = time.perf_counter()
        found = ask_service(settings, "ask", questions[i % len(questions)])
        return found is not None, time.perf_counter() - began

    answers: list[tuple[bool, float]] = []
    for _ in range(rounds):
        start = threading.Barrier(n)
        with ThreadPoolExecutor(n) as pool:
            answers += pool.map(ask, range(n))
    return sum(not is_answered for is_answered, _ in answers), sorted(seconds for _, seconds in answers)


def growth(settings: Settings, pid: int, n_before: int, n: int,
           questions: Sequence[str] = QUESTIONS) -> tuple[float, float]:
    """MB of the process's own memory after n_before questions, and after n more; no two questions are the same."""
    def ask(first: int, last: int) -> float:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda i: ask_service(settings, "ask", f"{questions[i % len(questions)]} ({i})"),
                          range(first, last)))
        return _memory_mb(pid)

    return ask(0, n_before), ask(n_before, n_before + n)


def load_rows(folder: Path, n_questions: int = 10_000) -> list[dict[str, Any]]:
    """The corpus, served: 50 at once by itself and while documents are added, then n_questions in a row."""
    from tests.bench.measure import add_corpus

    home = folder / "served"
    with KnowledgeBase.open(home) as base:
        add_corpus(base)
    rows: list[dict[str, Any]] = []
    with serving(home) as (settings, pid):
        at_once(settings, 50, 2)
        for name, beside in (("alone", contextlib.nullcontext([])), ("documents are added", adding(home))):
            busy = os.getloadavg()[0]
            with beside as added:
                missing, seconds = at_once(settings, 50, 10)
            rows.append({"what": f"50 questions at once, 10 times, {name}", "unanswered": missing,
                         "median s": seconds[len(seconds) // 2], "p95 s": seconds[int(len(seconds) * 0.95)],
                         "added": len(added), "load before": busy})
        before, after = growth(settings, pid, 500, n_questions)
        rows.append({"what": f"{n_questions} questions: {before:.0f} MB -> {after:.0f} MB, "
                             f"{(after / before - 1) * 100:+.1f} %", "unanswered": "", "median s": "", "p95 s": "",
                     "added": "", "load before": os.getloadavg()[0]})
    return rows


def _memory_mb(pid: int) -> float:
    """Of the process alone: files that are mapped are not counted."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(status["RssAnon"].split()[0]) / 1024
