"""What a watched folder costs and keeps: python -m tests.bench.watched [EVENTS]

How soon a changed file answers anew: the moment its last byte is written to the moment a search finds its new sentence,
ten times, one after the other, in a folder of fifty. Then so many events drawn at random (files made, written anew,
written at length, renamed, moved into folders, deleted) with and without pauses between them: when it is quiet the
library has to hold the folder's files, each with the text that it has, and no other.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from kb import KnowledgeBase
from kb.base.watching import watch

_FILES, _CHANGES, _LONGEST = 50, 10, 600.0


def text_of(n: int) -> str:
    """A file that no other is like."""
    return f"# Sample {n}\n\nSample number {n} was weighed at station q{n}z and kept for {n % 31} days.\n"


def latency(base: KnowledgeBase, folder: Path) -> list[float]:
    """Seconds until a changed file is found by what it says now."""
    found = []
    for n in range(1_000_000, 1_000_000 + _CHANGES):
        path = folder / f"{n % _FILES}.md"
        path.write_text(text_of(n), encoding="utf-8")
        started = time.monotonic()
        while not any(f"q{n}z" in hit.text for hit in base.search(f"Which sample was weighed at station q{n}z?", 3)):
            assert time.monotonic() - started < _LONGEST
            time.sleep(0.05)
        found.append(round(time.monotonic() - started, 2))
    return found


def events(folder: Path, n_events: int, rng: random.Random) -> Counter[str]:
    """So many changes of files."""
    done: Counter[str] = Counter()
    for n in range(n_events):
        files = sorted(path for path in folder.rglob("*.md"))
        kind = rng.choice(("make", "make", "change", "change", "grow", "rename", "move", "delete"))
        path = rng.choice(files) if files else folder / "first.md"
        if kind == "make" or not files:
            (folder / f"new{n}.md").write_text(text_of(n), encoding="utf-8")
        elif kind == "change":
            path.write_text(text_of(100_000 + n), encoding="utf-8")
        elif kind == "grow":
            with path.open("a", encoding="utf-8") as file:
                for part in range(3):
                    file.write(f"\nPart {part} of event {n} says a little more.\n")
                    file.flush()
                    time.sleep(0.01)
        elif kind == "rename":
            path.rename(path.with_name(f"renamed{n}.md"))
        elif kind == "move":
            (folder / f"part{n % 7}").mkdir(exist_ok=True)
            path.rename(folder / f"part{n % 7}" / f"moved{n}.md")
        else:
            path.unlink()
        done[kind] += 1
        if rng.random() < 0.1:
            time.sleep(rng.random())
    return done


def differences(base: KnowledgeBase, folder: Path) -> list[str]:
    """What the library has that the folder has not, or the other way."""
    there = {os.path.realpath(path): path.read_text(encoding="utf-8") for path in folder.rglob("*.md")}
    held: dict[str, str] = {}
    with base.reading() as view:  # one generation, whatever is done meanwhile
        for info in view.documents():
            text = view.document(info.id).text
            held |= {os.path.realpath(file.path): text for file in view.files(info.id)}
    return sorted({*there} ^ {*held}) + [path for path in there.keys() & held.keys()
                                         if there[path].split() != held[path].split()]


def main() -> None:
    n_events = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as made, KnowledgeBase.open(Path(made) / "home", encoder="hashing") as base:
        folder, stop, errors = Path(made) / "papers", threading.Event(), []
        folder.mkdir()
        for n in range(_FILES):
            (folder / f"{n}.md").write_text(text_of(n), encoding="utf-8")

        def follow() -> None:
            errors.extend(str(done.error) for done in watch(base, [str(folder)], stop=stop) if done.error)

        thread = threading.Thread(target=follow)
        thread.start()
        while len(base.documents()) < _FILES:
            time.sleep(0.1)
        print(json.dumps({"load": round(os.getloadavg()[0], 1), "a changed file answers anew after s": latency(
            base, folder)}), flush=True)
        done = events(folder, n_events, random.Random(0))
        quiet = time.monotonic()
        while (left := differences(base, folder)) and time.monotonic() - quiet < _LONGEST:
            time.sleep(0.5)
        print(json.dumps({"events": done.total(), **done, "files": len(list(folder.rglob("*.md"))), "differences": left,
                          "s until they agree": round(time.monotonic() - quiet, 1), "errors": errors}))
        stop.set()
        thread.join()


if __name__ == "__main__":
    main()
