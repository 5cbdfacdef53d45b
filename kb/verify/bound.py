"""Does a sentence give one work what another work says?

Reads: a sentence and, for each work, what it is called and what is said of it.  Gives: the values that stand beside the
wrong name. Two works' cells hold both names and both numbers, so what each holds alone says nothing of who has which:
here each value goes with the work that its part of the sentence names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from kb.text import CJK
from kb.verify.figures import numbers
from kb.verify.polarity import PART
from kb.words import Phrases

_IN_TURN = Phrases(r"\b(?:«antonyms: in turn en»)\b|«antonyms: in turn zh»", re.IGNORECASE)
_LEAST_NAME = 2  # characters


@dataclass(frozen=True, slots=True)
class Work:
    """names: what it is called; values: what its cells say; held: all that is given of it, as one text."""

    names: tuple[str, ...]
    values: tuple[str, ...]
    held: str


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    text: str
    works: frozenset[int]  # that are called so, or that have the value


def given_to_another(sentence: str, works: Sequence[Work]) -> tuple[str, ...]:
    """The values of one work that the sentence gives to another, as it writes them. A value that several works have, or
    that is beside no name, is nobody else's."""
    if len(works) < 2:
        return ()
    called = list(_called(sentence, works))
    found = list(_values(sentence, works, called))
    if not called or not found:
        return ()
    in_turn = _IN_TURN.search(sentence) and len(called) == len(found)
    breaks = [0, *(match.end() for match in PART.finditer(sentence)), len(sentence) + 1]
    wrong = []
    for i, value in enumerate(found):
        name = called[i] if in_turn else _beside(value, called, breaks)
        if name is not None and not name.works & value.works:
            wrong.append(value.text)
    return tuple(dict.fromkeys(wrong))


def _called(sentence: str, works: Sequence[Work]) -> Iterator[_Place]:
    """The names of works in the sentence, the longest first where they overlap, then in order; a name of several works
    names none."""
    owners: dict[str, set[int]] = {}
    for i, work in enumerate(works):
        for name in work.names:
            if len(name) >= _LEAST_NAME:
                owners.setdefault(" ".join(name.casefold().split()), set()).add(i)
    taken: list[_Place] = []
    for name in sorted((name for name, of in owners.items() if len(of) == 1), key=len, reverse=True):
        for match in _whole(name).finditer(sentence):
            if not any(match.start() < place.end and place.start < match.end() for place in taken):
                taken.append(_Place(*match.span(), match[0], frozenset(owners[name])))
    yield from sorted(taken, key=lambda place: place.start)


def _values(sentence: str, works: Sequence[Work], called: Sequence[_Place]) -> Iterator[_Place]:
    """What the sentence has of the works' values, in order, outside their names: numbers in any form, and names."""
    forms = [frozenset().union(*numbers(work.held).values()) for work in works]
    said = [numbers(value) for work in works for value in work.values]
    known = frozenset().union(*(form for value in said for form in value.values()))
    words = {value for work in works for value in work.values if not numbers(value)}
    places: list[_Place] = []
    for written, values in numbers(sentence).items():
        if values & known:
            having = frozenset(i for i, held in enumerate(forms) if values & held)
            places += [_Place(*match.span(), written, having)
                       for match in re.finditer(rf"(?<![\d.]){re.escape(written)}(?![\d])", sentence)]
    for value in words:
        having = frozenset(i for i, work in enumerate(works) if _whole(value.casefold()).search(work.held))
        places += [_Place(*match.span(), match[0], having) for match in _whole(value.casefold()).finditer(sentence)]
    yield from sorted((place for place in places if not any(
        name.start <= place.start < name.end for name in called)), key=lambda place: place.start)


def _beside(value: _Place, called: Sequence[_Place], breaks: Sequence[int]) -> _Place | None:
    """The name that a value goes with: the last before it in its part of the sentence, else the first behind it there,
    else the last before it, else the first of all."""
    begin = max(point for point in breaks if point <= value.start)
    stop = min(point for point in breaks if point > value.start)
    before = [name for name in called if name.end <= value.start]
    inside = [name for name in before if name.start >= begin]
    behind = [name for name in called if value.end <= name.start < stop]
    for names, which in ((inside, -1), (behind, 0), (before, -1), (called, 0)):
        if names:
            return names[which]
    return None


@cache
def _whole(name: str) -> re.Pattern[str]:
    """A name as a word of its own, in any case and however its words are set apart."""
    words = r"\s+".join(map(re.escape, name.split()))
    return re.compile(words if re.search(f"[{CJK}]", name) else rf"(?<![A-Za-z0-9]){words}(?![A-Za-z0-9])",
                      re.IGNORECASE)
