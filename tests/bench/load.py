"""Many questions for one process that serves: are all answered, how long do they wait, does it grow?

`python -m tests.bench load` plays PARTS one after another and keeps what each gave in load.jsonl, so that a run that
was stopped goes on with the next part; the file is removed when all are there. Eight minutes on two idle cores.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
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
STATE = Path("load.jsonl")
_N, _ROUNDS = 50, 5
_N_GROWTH, _STEP = 10_000, 1000

Asked = Callable[[str], object]  # a question -> its answer, None where there was none

_ADD = """
import sys
from kb import KnowledgeBase
with KnowledgeBase.open(sys.argv[1], encoder=sys.argv[2] or None) as base:
    n = 0
    while True:
        base.add_text(f"Kiln {n} fires clay at {900 + n} degrees.", f"Kiln {n}")
        n += 1
        print(n, flush=True)
"""


@contextlib.contextmanager
def serving(home: Path, encoder: str | None = None, reader: str = "six") -> Iterator[tuple[Settings, int]]:
    """A process that answers for this library: (how it is asked, its pid)."""
    named = ["--encoder", encoder] if encoder else []
    process = subprocess.Popen([sys.executable, "-m", "kb", "serve", "--home", str(home), *named],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, "KB_READER": reader})
    settings = load_settings({"home": home, "encoder": encoder})
    try:
        wait_until(lambda: ask_service(settings, "ask", QUESTIONS[0]) is not None)
        yield settings, process.pid
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def adding(home: Path, encoder: str | None = None) -> Iterator[Callable[[], int]]:
    """Another process adds documents as fast as it can, each by itself, as long as this lasts; gives how many so far.
    """
    adds = subprocess.Popen([sys.executable, "-c", _ADD, str(home), encoder or ""], stdout=subprocess.PIPE, text=True)
    said: list[str] = []
    assert adds.stdout is not None
    threading.Thread(target=said.extend, args=(adds.stdout, ), daemon=True).start()
    try:
        wait_until(lambda: said or adds.poll() is not None)
        yield lambda: len(said)
    finally:
        adds.terminate()
        adds.wait()


def at_once(asks: Sequence[Asked], questions: Sequence[str]) -> tuple[int, list[float]]:
    """Each asks its question at the same moment: (how many were not answered, the seconds of each, sorted)."""
    start = threading.Barrier(len(asks))

    def ask(i: int) -> tuple[bool, float]:
        start.wait()
        began = time.perf_counter()
        return asks[i](questions[i % len(questions)]) is not None, time.perf_counter() - began

    with ThreadPoolExecutor(len(asks)) as pool:
        answers = list(pool.map(ask, range(len(asks))))
    return sum(not is_answered for is_answered, _ in answers), sorted(seconds for _, seconds in answers)


def growth(settings: Settings, pid: int, n: int, step: int, questions: Sequence[str] = QUESTIONS) -> Iterator[float]:
    """MB of the process's own memory after each `step` of n questions, no two of them the same."""
    for first in range(0, n, step):
        with ThreadPoolExecutor(4) as pool:
            asked = pool.map(lambda i: ask_service(settings, "ask", _another(questions, i)), range(first, first + step))
            assert None not in list(asked), "a question was not answered"
        yield _memory_mb(pid)


def load_rows(folder: Path, n: int = _N, rounds: int = _ROUNDS, n_growth: int = _N_GROWTH, step: int = _STEP,
              state: Path = STATE) -> tuple[list[dict[str, Any]], list[float]]:
    """The corpus, served: n at once, by themselves and while documents are added, over the socket and in the app; then
    n_growth questions in a row, and MB of memory after each step of them, the first one the warm-up."""
    from tests.bench.measure import add_corpus

    few = f"of {len(QUESTIONS)} questions"
    parts: dict[str, Callable[[Path], dict[str, Any]]] = {
        f"{n} at once, {few}": lambda home: _burst(home, n, rounds),
        f"{n} at once, all different": lambda home: _burst(home, n, rounds, differ=True),
        f"{n} at once, {few}; documents are added": lambda home: _burst(home, n, rounds, is_added=True),
        f"{n} at once, all different; documents are added":
            lambda home: _burst(home, n, rounds, differ=True, is_added=True),
        f"{n} pages of the app at once, {few}": lambda home: _pages(home, n),
        f"{n_growth} in a row": lambda home: {"MB": _memory(home, n_growth, step)},
    }
    done = [json.loads(line) for line in state.read_text(encoding="utf-8").splitlines()] if state.exists() else []
    with KnowledgeBase.open(folder / "corpus") as base:
        add_corpus(base)
    for what in [what for what in parts if what not in {row["what"] for row in done}]:
        home, began, busy = folder / f"library-{len(done)}", time.monotonic(), os.getloadavg()[0]
        shutil.copytree(folder / "corpus", home)
        _tell(what)
        done.append({"what": what, **parts[what](home), "load before": busy})
        with state.open("a", encoding="utf-8") as file:
            file.write(json.dumps(done[-1], ensure_ascii=False) + "\n")
        _tell(f"  {time.monotonic() - began:.0f} s: {done[-1]}")
    state.unlink(missing_ok=True)
    return [row for row in done if "MB" not in row], next(row["MB"] for row in done if "MB" in row)


def _burst(home: Path, n: int, rounds: int, *, differ: bool = False, is_added: bool = False) -> dict[str, Any]:
    with serving(home) as (settings, _), adding(home) if is_added else contextlib.nullcontext(lambda: 0) as added:
        def ask(question: str) -> object:
            return ask_service(settings, "ask", question)

        at_once([ask] * n, QUESTIONS)  # warm
        before = added()
        found = [at_once([ask] * n, [_another(QUESTIONS, n * turn + i) for i in range(n)] if differ else QUESTIONS)
                 for turn in range(rounds)]
        return _times(found, added() - before)


def _pages(home: Path, n: int) -> dict[str, Any]:
    """The app draws the whole page for each, with its sources."""
    from tests.app.talking import Visit
    from tests.browser import running_app

    with running_app(home, reader="six") as app:
        cookie = app.cookie()
        visits = [Visit(app, cookie).open("") for _ in range(n)]
        found = [at_once([lambda question, visit=visit: visit.ask(question).words() or None for visit in visits],
                         QUESTIONS) for _ in ("warm", "measured")][1:]
        for visit in visits:
            visit.close()
    return _times(found, 0)


def _memory(home: Path, n: int, step: int) -> list[float]:
    """With the reader of three layers: what a process keeps does not depend on it, and a question takes half the time.
    """
    seen: list[float] = []
    with serving(home, reader="three") as (settings, pid):
        for memory in growth(settings, pid, n + step, step):
            seen.append(memory)
            _tell(f"  {len(seen) * step} questions: {memory:.0f} MB")
    return seen


def _times(found: Sequence[tuple[int, Sequence[float]]], n_added: int) -> dict[str, Any]:
    seconds = sorted(one for _, many in found for one in many)
    return {"asked": len(seconds), "unanswered": sum(missing for missing, _ in found),
            "median s": seconds[len(seconds) // 2], "p95 s": seconds[int(len(seconds) * 0.95)],
            "longest s": seconds[-1], "added": n_added}


def _another(questions: Sequence[str], i: int) -> str:
    """A question that is not asked again: nothing of its answer can be known before."""
    return f"{questions[i % len(questions)]} ({i})"


def _memory_mb(pid: int) -> float:
    """Of the process alone: files that are mapped are not counted."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(status["RssAnon"].split()[0]) / 1024


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
