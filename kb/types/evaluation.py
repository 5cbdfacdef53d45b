"""How well a library answers the questions of its reader."""

from __future__ import annotations

from dataclasses import dataclass

from kb.messages import Words
from kb.types.record import Record


@dataclass(frozen=True, slots=True)
class Rate(Record):
    """A share of n questions with its 95 % interval (Wilson 1927)."""

    name: str
    right: int
    n: int
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        return self.right / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class AskedQuestion(Record):
    """A question of an evaluation and what came of it. made: it was made by the program. places: where its quote
    stands, (document, start, end); none: it has no answer here.  document_rank, passage_rank: of the first right one
    among ten, 0 for none.  is_right: the first sentence of the answer is of the quote."""

    question: str
    language: str
    made: bool
    places: tuple[tuple[str, int, int], ...]
    document_rank: int
    passage_rank: int
    status: str
    support: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Evaluation(Record):
    """rates: language ("all", "zh", "en") -> its measures.  unplaced: questions whose quote stands nowhere, which are
    not counted.  n_made: of the questions, those that the program made: they tell less."""

    rates: dict[str, tuple[Rate, ...]]
    questions: tuple[AskedQuestion, ...]
    unplaced: tuple[str, ...]
    n_made: int


@dataclass(frozen=True, slots=True)
class Bar(Record):
    """What a bar for "found" lets through on some questions. right: answers that were found and are right; found: all
    that were found; answerable: questions with an answer."""

    bar: float
    right: int
    found: int
    answerable: int

    @property
    def precision(self) -> float | None:
        """Of what was found, the share that is right."""
        return self.right / self.found if self.found else None

    @property
    def coverage(self) -> float | None:
        """Of what has an answer, the share that was found right."""
        return self.right / self.answerable if self.answerable else None


@dataclass(frozen=True, slots=True)
class Calibration(Record):
    """A bar that was chosen on one half of the questions and judged on the other, before and after; kept or not, and
    why."""

    before: Bar
    after: Bar
    n_chosen_on: int
    n_judged_on: int
    kept: bool
    reason: Words
