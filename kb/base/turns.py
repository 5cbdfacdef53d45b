"""Whose question is worked on now: answers that somebody waits for, so many at a time; what is looked for meanwhile,
while nobody waits for one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kb.types import Candidate, CrossEncoder, Reading

_PATIENCE = 30.0  # seconds that what is looked for meanwhile stands aside at most


class Turns:
    """The turns of one library's questions. May be used from several threads."""

    def __init__(self, n: int) -> None:
        """n: answers at a time."""
        self._places = threading.Semaphore(n)
        self._changed = threading.Condition()
        self._n_waited = 0  # answers that somebody waits for, those that are worked on among them
        self._own = threading.local()  # until: when this thread stands aside no longer

    @contextmanager
    def answering(self) -> Iterator[None]:
        """For an answer. One that is looked for meanwhile takes no place: it stands aside at each of its steps."""
        if self._until():
            yield
            return
        with self._changed:
            self._n_waited += 1
        try:
            with self._places:
                yield
        finally:
            with self._changed:
                self._n_waited -= 1
                self._changed.notify_all()

    @contextmanager
    def meanwhile(self) -> Iterator[None]:
        """Nobody waits for what this thread asks as long as this lasts."""
        self._own.until = time.monotonic() + _PATIENCE
        try:
            yield
        finally:
            self._own.until = 0.0

    def step(self) -> None:
        """Before each search and each passage that is read: stands aside while somebody waits."""
        if until := self._until():
            with self._changed:
                self._changed.wait_for(lambda: not self._n_waited, max(0.0, until - time.monotonic()))

    def patient(self, reader: CrossEncoder | None) -> CrossEncoder | None:
        """The reader as this thread is to use it."""
        return _Patient(reader, self) if reader is not None and self._until() else reader

    def _until(self) -> float:
        found: float = getattr(self._own, "until", 0.0)
        return found


class _Patient:
    """A reader that stands aside before each passage."""

    def __init__(self, reader: CrossEncoder, turns: Turns) -> None:
        self._reader, self._turns = reader, turns

    def score(self, question: str, passages: Sequence[Candidate]) -> list[Reading]:
        found = []
        for passage in passages:
            self._turns.step()
            found += self._reader.score(question, [passage])
        return found
