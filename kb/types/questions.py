"""Questions that stay: kept with their answers, and asked again when documents came or went."""

from __future__ import annotations

from dataclasses import dataclass

from kb.types.answer import Answer, Claim, Support
from kb.types.record import Record


@dataclass(frozen=True, slots=True)
class KeptQuestion(Record):
    """A question with its answer as it was kept. made, kept: ISO times of the first time and of this answer.

    state: the library (its generation) and the program that gave the answer.  latest: the answer when it was asked
    last, where that was another; latest_state: what gave it, and when.  n_gone: claims that quoted documents which have
    been removed since; their words went with them.
    """

    id: str
    question: str
    made: str
    kept: str
    answer: Answer
    state: str
    latest: Answer | None = None
    latest_state: str = ""
    n_gone: int = 0

    @property
    def now(self) -> Answer:
        """The answer that is known last."""
        return self.latest or self.answer


@dataclass(frozen=True, slots=True)
class QuestionCheck(Record):
    """What is different between the answer that was kept and that of today. new, gone: claims that only one of them
    has; n_removed: claims whose documents were removed. was_asked: False where nothing has changed since."""

    id: str
    question: str
    before: Support
    after: Support
    new: tuple[Claim, ...] = ()
    gone: tuple[Claim, ...] = ()
    n_removed: int = 0
    was_asked: bool = True

    @property
    def is_different(self) -> bool:
        return self.before != self.after or bool(self.new or self.gone or self.n_removed)
