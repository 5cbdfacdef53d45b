"""Two works on one thing, side by side in their own words; and no more of short abstracts than a survey may quote.

Reads: the sentences chosen for a section, the terms that its works share.  Gives: Pair, two sentences of two works that
both name a term; write.py prints it as one sentence, and the audit looks for the term in both quotes again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.survey.outline.phrases import terms_of
from kb.survey.outline.standing import names, plain, stands
from kb.survey.records import Fact, Request
from kb.survey.sentences import Unit
from kb.survey.write.joins import of_every_field
from kb.survey.write.places import words_pattern
from kb.survey.write.terms import Held
from kb.survey.write.whole import goes_on
from kb.types import Document

_LONGEST = {"en": 300, "zh": 150}  # characters of a quote that stands beside another
SHARE = 0.25  # of what its works say, that a section quotes where they are no longer than abstracts
_FEW = 6  # works of which most may name what two of them are set side by side on
_HARDLY_LONGER = 1.2  # of a quote's length, up to which another stands for it beside a third
_SHORTER = 0.8  # of a quote's length, for another to stand for it


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sentences that both name a term."""

    term: str
    first: Unit
    second: Unit


def names_shared(named: Sequence[Held], facts: Sequence[Fact], documents: Sequence[Document],
                 request: Request, everything: Sequence[Document]) -> list[tuple[str, ...]]:
    """Terms, each with its names, on which works of a section may stand side by side: what fewest works name first,
    then other phrases that several of them have; none that the section's heading says, or most works of the survey,
    everything, name."""
    few = sorted(named, key=lambda held: (len(held.ticks), held.shown))
    said_in = {request.language, *({documents[0].language} if len({d.language for d in documents}) == 1 else ())}
    phrases = sorted((term for term in terms_of(documents, request.topic) if len(term.held) > 1 and term.size > 1
                      and term.language in said_in and plain(term.shown) not in of_every_field()),
                     key=lambda term: (len(term.held), -term.size, term.words))
    found = [*((held.shown, *held.others) for held in few),
             *((term.shown, *filter(None, [term.pair])) for term in phrases)]
    headed = {plain(fact.term) for fact in facts if fact.kind == "all"}
    return [called for called in found if plain(called[0]) not in headed and (
            2 * sum(stands(called[0], document, *called[1:]) for document in everything) <= len(everything)
            or len(everything) < _FEW)]


def pairs(units: Sequence[Unit], terms: Sequence[Sequence[str]]) -> list[Pair]:
    """Pairs among the sentences of a section, in the order in which they would stand; each in at most one, of earlier
    terms first, and both in one language. terms: the names of each, as the survey has it first. The first sentence of a
    work stands beside the first of another, a later one beside a later one."""
    first = {unit.document: i for i, unit in reversed(list(enumerate(units)))}
    usable = [i for i, unit in enumerate(units) if len(unit.text) <= _LONGEST[unit.language]
              and not unit.is_cut and not unit.is_pair and "$" not in unit.text]
    found: list[Pair] = []
    taken: set[int] = set()

    def fit(i: int, j: int) -> bool:
        one, other = units[i], units[j]
        is_new = first[one.document] == i, first[other.document] == j
        return (one.document != other.document and one.language == other.language and is_new[0] == is_new[1]
                and (is_new[0] or first[other.document] < i))

    for called in terms:
        here = [i for i in usable if i not in taken and any(is_whole_in(name, units[i].text) for name in called)]
        while here:
            i = here.pop(0)
            j = next((j for j in here if fit(i, j)), None)
            if j is not None:
                here.remove(j)
                found.append(Pair(called[0], units[i], units[j]))
                taken |= {i, j}
    return found


def is_whole_in(name: str, text: str) -> bool:
    """Whether a sentence names a term, and not only a piece of a longer name: "low energy" of "low energy
    consumption"."""
    if not names(name, text):
        return False
    places = list(words_pattern(plain(name).strip()).finditer(text)) if name.isascii() else []
    return not places or any(not goes_on(text, found.end()) for found in places)


def anew(units: Sequence[Unit], own: Mapping[str, Sequence[Unit]], terms: Sequence[Sequence[str]],
         kept: frozenset[Unit], titles: Mapping[str, str]) -> tuple[list[Unit], list[Pair]]:
    """The sentences of a section with other ones of works that stand in no pair, where two of them name a term that the
    title of one has; and these pairs. The first sentence of a work gives way to one of its own that is hardly longer.
    units: without those of pairs; kept: sentences that stay, or stand elsewhere."""
    first: dict[str, Unit] = {}
    for unit in units:
        first.setdefault(unit.document, unit)
    alone = Counter(unit.document for unit in units)
    free = {document: unit for document, unit in first.items() if unit not in kept}
    there = {(unit.document, unit.start) for unit in (*units, *kept)}
    found: list[Pair] = []
    changed: dict[Unit, Unit] = {}
    for called in terms:
        fit: list[Unit] = []
        for document, unit in free.items():
            others = [other for other in own[document] if (other == unit or (document, other.start) not in there)
                      and (alone[document] == 1 or other.role == unit.role) and _stands_beside(other, unit)
                      and any(is_whole_in(name, other.text) for name in called)]
            if others:
                fit.append(min(others, key=lambda other: (other != unit, other.role != unit.role, other.start)))
        while len(fit) > 1 and (pair := _titled(fit, called, titles)):
            found.append(Pair(called[0], *pair))
            for unit in pair:
                fit.remove(unit)
                changed[free.pop(unit.document)] = unit
    return [changed.get(unit, unit) for unit in units], found


def _titled(fit: Sequence[Unit], called: Sequence[str], titles: Mapping[str, str]) -> tuple[Unit, Unit] | None:
    """The first two of these in one language, of which one is of a work whose title names the term."""
    return next(((one, other) for i, one in enumerate(fit) for other in fit[i + 1:] if one.language == other.language
                 and any(names(name, titles[unit.document]) for name in called for unit in (one, other))), None)


def _stands_beside(other: Unit, unit: Unit) -> bool:
    return (other.language == unit.language and len(other.text) <= min(_LONGEST[other.language],
            len(unit.text) * _HARDLY_LONGER) and not other.is_cut and not other.is_pair and "$" not in other.text
            and other.role not in ("problem", "limitation", "open"))


def within_share(chosen: Mapping[str, Sequence[Unit]], own: Mapping[str, Sequence[Unit]],
                 kept: frozenset[Unit], elsewhere: Sequence[Unit] = ()) -> dict[str, list[Unit]]:
    """The chosen sentences without second ones, what says why a field matters first, then the longest, as far as a
    section would quote more than SHARE of what its works say; a first one that is still too long gives way to a shorter
    one. kept: those that stay.  elsewhere: sentences of these works that another section quotes."""
    found = {document: list(units) for document, units in chosen.items()}
    room = SHARE * sum(len(unit.text) for units in own.values() for unit in units)
    room -= sum(len(unit.text) for unit in elsewhere)

    def quoted() -> int:
        return sum(len(unit.text) for units in found.values() for unit in units)

    for unit in sorted((unit for units in found.values() for unit in units),
                       key=lambda unit: (unit.role != "problem", -len(unit.text), unit)):
        if quoted() <= room:
            break
        if len(found[unit.document]) > 1 and unit not in kept:
            found[unit.document].remove(unit)
    for document, units in sorted(found.items(), key=lambda item: (-sum(len(u.text) for u in item[1]), item[0])):
        if quoted() <= room:
            break
        if len(units) == 1 and units[0] not in kept:
            others = [unit for unit in own[document] if unit.language == units[0].language and not unit.is_pair
                      and unit.role != "problem" and unit not in kept
                      and len(unit.text) < _SHORTER * len(units[0].text)]
            if others:
                units[0] = max(others, key=lambda unit: (len(unit.text), -unit.start))
    return found
