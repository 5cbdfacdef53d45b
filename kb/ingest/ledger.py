"""What became of each file of a run."""

from __future__ import annotations

from collections.abc import Callable

from kb.errors import FileProblem, as_problem, is_skipped
from kb.readers import Source
from kb.store import Writer
from kb.types import Added, Problem, Progress, Report, Sighting, Unchanged

OnProgress = Callable[[Progress], None]
_NOTED = 256  # files whose bytes the library has that are noted in one transaction


class Ledger:
    """What became of each file, in the order it was settled."""

    def __init__(self, on_progress: OnProgress, total: int) -> None:
        self.added: list[Added] = []
        self.unchanged: list[Unchanged] = []
        self.skipped: list[Problem] = []
        self.failed: list[Problem] = []
        self._on_progress, self._total, self._settled = on_progress, total, 0
        self._known: list[tuple[Sighting, str]] = []

    def problem(self, problem: Problem) -> None:
        (self.skipped if is_skipped(problem) else self.failed).append(problem)

    def fail(self, source: Source, error: FileProblem) -> None:
        self.problem(as_problem(source.path, error))
        self.settle(source.path)

    def know(self, seen: Sighting, document: str, writer: Writer) -> None:
        """A file whose bytes are in the library: noted when there are many, or before the next document is stored."""
        self._known.append((seen, document))
        if len(self._known) >= _NOTED:
            self.note(writer)

    def note(self, writer: Writer) -> None:
        """Notes the files that are known, and settles them."""
        if self._known:
            for unchanged in writer.place(self._known):
                self.unchanged.append(unchanged)
                self.settle(unchanged.path)
            self._known = []

    def settle(self, item: str) -> None:
        self._settled += 1
        self._on_progress(Progress("commit", self._settled, self._total, item))

    def step(self, phase: str, done: int, total: int, item: str = "") -> None:
        self._on_progress(Progress(phase, done, total, item))

    def report(self) -> Report:
        return Report(tuple(self.added), tuple(self.unchanged), tuple(self.skipped), tuple(self.failed))


