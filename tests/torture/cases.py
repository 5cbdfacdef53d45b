"""What a torture is, and how its cases are played.

A case gets a random generator of its own, an empty folder of its own and a folder that all cases of the torture share,
and gives what is wrong, nothing if all is as it was promised.
"""

from __future__ import annotations

import random
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Case:
    """One case. i: its number.  shared: what earlier cases of the torture have made for all; a folder."""

    i: int
    rng: random.Random
    folder: Path
    shared: Path
    kept: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What was made for all cases of this torture, made by the first that asks."""
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]


Play = Callable[[Case], list[str]]


@dataclass(frozen=True)
class Torture:
    """promises: the numbers of those it tests.  what: one line for the table.  full: cases.  short: cases of a quick
    look, spread evenly over the full ones."""

    name: str
    promises: str
    what: str
    play: Play
    full: int
    short: int

    def numbers(self, counts: str) -> list[int]:
        """The cases to play; counts: "full", "short", or a number of them."""
        n = {"full": self.full, "short": self.short}.get(counts) or min(self.full, int(counts))
        return [i * self.full // n for i in range(n)]


def play(torture: Torture, numbers: list[int], seed: int) -> Iterator[tuple[int, list[str], float]]:
    """(number, what is wrong, seconds) of each case; whatever a case raises is wrong as well."""
    kept: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix=f"torture-{torture.name}-", ignore_cleanup_errors=True) as folder:
        shared = Path(folder) / "shared"
        shared.mkdir()
        for i in numbers:
            with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as own:
                case = Case(i, random.Random(f"{seed} {torture.name} {i}"), Path(own), shared, kept)
                started = time.monotonic()
                try:
                    wrong = torture.play(case)
                except Exception:
                    wrong = [traceback.format_exc(limit=-4)]
                yield i, wrong, time.monotonic() - started
        for thing in kept.values():
            if hasattr(thing, "close"):
                thing.close()
