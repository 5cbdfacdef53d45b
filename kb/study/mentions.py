"""Names that a paper mentions, counted: how often, where in it, and what stands beside them.

Reads: the lines of a Paper.  Gives: for each name how much speaks for it, with its best place. A name that a paper's
experiments mention ten times beside "data set" is its data set, whatever a single sentence says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kb.study.papers import Line, Part
from kb.study.weights import chance

# What a mention counts by the part of the paper it stands in. Chosen by hand: abstract and experiments say what was
# done here; related work and references never do.
WEIGHTS: dict[Part, float] = {"title": 2.5, "abstract": 2.0, "introduction": 0.8, "related": 0.0, "method": 1.0,
                              "experiment": 2.0, "conclusion": 1.2, "limitation": 0.4, "references": 0.0, "back": 0.2,
                              "text": 0.8}
OF_OTHERS = 0.15  # a line that tells of another work counts so much of that
_SAME, _LEFT = 0.25, 0.3  # share of a shorter name's score that a longer one needs to be meant by it, and what is left
_MOST = 60.0  # of one name
_HALF = 3.0  # the score at which support is 1 - 1/e
# No two parts of it can match the same blank: a row of fifty commas has one reading, not 2 ** 50.
_JOINS = re.compile(r"\s*(?:[”\"’]\s*)?(?:(?:,|，|、|;|；|\band\b|\bor\b|&|和|与|以及|及|/|\(\d\))\s*"
                    r"(?:(?:the|an?|also|on|as well as)\s+)?(?:[“”\"‘’]\s*)?)+")
_FOLD = re.compile(r"[\s_\-–’'.]+")


@dataclass(slots=True)
class Mentioned:
    """A name and what speaks for it. best: (weight, line, start, end in the document) of its clearest mention; spots:
    all of them; is_fitted: the score is log odds."""

    text: str
    score: float = 0.0
    best: tuple[float, Line | None, int, int] = (0.0, None, 0, 0)
    spots: list[tuple[int, int]] = field(default_factory=list)
    is_fitted: bool = False

    @property
    def support(self) -> float:
        """The score as a number in [0, 1)."""
        return chance(self.score) if self.is_fitted else support_of(self.score)


class Tally:
    """Counts mentions of names; two spellings of one name are one."""

    def __init__(self) -> None:
        self._found: dict[str, Mentioned] = {}
        self._against: dict[str, float] = {}

    def add(self, text: str, weight: float, line: Line | None, start: int, end: int) -> None:
        """A mention at [start, end) of the document."""
        if weight <= 0:
            return
        key = folded(text)
        found = self._found.setdefault(key, Mentioned(text))
        found.score = min(_MOST, found.score + weight)
        found.spots.append((start, end))
        if weight > found.best[0]:
            found.best, found.text = (weight, line, start, end), text

    def against(self, text: str, weight: float) -> None:
        """Something that speaks against a name that was mentioned, before or after."""
        self._against[folded(text)] = self._against.get(folded(text), 0.0) + weight

    def found(self) -> list[Mentioned]:
        """The names so far, in no order."""
        return list(self._found.values())

    def ranked(self) -> list[Mentioned]:
        """The names, the one that most speaks for first; a shorter name for a longer one ("CoNLL" for "CoNLL-2014")
        counts for that."""
        for key, weight in self._against.items():
            if key in self._found:
                self._found[key].score = max(0.0, self._found[key].score - weight)
        for key in sorted(self._found, key=len):
            longer = [other for other in self._found if other != key and other.startswith(key) and len(key) > 2]
            best = max(longer, key=lambda other: self._found[other].score, default=None)
            if best is not None and self._found[best].score >= _SAME * self._found[key].score:
                self._found[best].score = min(_MOST, self._found[best].score + self._found[key].score)
                self._found[key].score *= _LEFT
        return sorted(self._found.values(), key=lambda found: (-found.score, found.best[2]))


def support_of(score: float) -> float:
    """A score as a number in [0, 1)."""
    return 1.0 - math.exp(-score / _HALF)


def folded(name: str) -> str:
    """A name without what makes no difference to which it is."""
    return _FOLD.sub("", name.casefold())


def weight_of(line: Line, *, is_survey: bool) -> float:
    """What a mention in this line counts. In a survey only what it says of itself counts."""
    weight = WEIGHTS[line.part] * (OF_OTHERS if line.is_other else 1.0)
    if is_survey:
        weight *= 0.3 if line.is_own and line.part == "experiment" else 0.0
    return weight


def enumerations(text: str, names: Iterable[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """The spans of a line, those that are listed with each other ("A, B and C") together."""
    groups: list[list[tuple[int, int]]] = []
    for a, b in sorted(names):
        if groups and _JOINS.fullmatch(text[groups[-1][-1][1]:a]):
            groups[-1].append((a, b))
        else:
            groups.append([(a, b)])
    return groups


def any_of(words: Sequence[str]) -> str:
    """A pattern for any of these words, the longest first; one in letters does not stand inside another word."""
    ordered = sorted(words, key=len, reverse=True)
    latin = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered if word.isascii())
    han = "|".join(re.escape(word) for word in ordered if not word.isascii())
    return "|".join(filter(None, (rf"(?<![A-Za-z0-9])(?:{latin})(?![A-Za-z0-9])" if latin else "", han)))
