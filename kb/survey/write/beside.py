"""Two works on one thing, side by side in their own words; and no more of short abstracts than a survey may quote.

Reads: the sentences chosen for a section, the terms that its works share.  Gives: Pair, two sentences of two works that
both name a term; write.py prints it as one sentence, and the audit looks for the term in both quotes again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.survey.outline.phrases import terms_of
from kb.survey.outline.standing import names, plain
from kb.survey.records import Fact, Request
from kb.survey.sentences import Unit
from kb.survey.write.joins import of_every_field
from kb.survey.write.terms import Held
from kb.types import Document

_LONGEST = {"en": 300, "zh": 150}  # characters of a quote that stands beside another
SHARE = 0.25  # of what its works say, that a section quotes where they are no longer than abstracts
_SHORTER = 0.8  # of a quote's length, for another to stand for it


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sentences that both name a term."""

    term: str
    first: Unit
    second: Unit


def names_shared(named: Sequence[Held], facts: Sequence[Fact], documents: Sequence[Document],
                 request: Request) -> list[tuple[str, ...]]:
    """Terms, each with its names, on which works of a section may stand side by side: what fewest works name first,
    then other phrases that several of them have, then what the section's heading says."""
    few = sorted(named, key=lambda held: (len(held.ticks), held.shown))
    phrases = sorted((term for term in terms_of(documents, request.topic) if len(term.held) > 1 and term.size > 1
                      and term.language == request.language and plain(term.shown) not in of_every_field()),
                     key=lambda term: (len(term.held), -term.size, term.words))
    return [*((held.shown, *held.others) for held in few),
            *((term.shown, *filter(None, [term.pair])) for term in phrases),
            *((fact.term, *fact.values) for fact in facts if fact.kind == "all")]


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
        here = [i for i in usable if i not in taken and any(names(name, units[i].text) for name in called)]
        while here:
            i = here.pop(0)
            j = next((j for j in here if fit(i, j)), None)
            if j is not None:
                here.remove(j)
                found.append(Pair(called[0], units[i], units[j]))
                taken |= {i, j}
    return found


def within_share(chosen: Mapping[str, Sequence[Unit]], own: Mapping[str, Sequence[Unit]],
                 kept: frozenset[Unit]) -> dict[str, list[Unit]]:
    """The chosen sentences without second ones, what says why a field matters first, then the longest, as far as a
    section would quote more than SHARE of what its works say; a first one that is still too long gives way to a shorter
    one. kept: those that stay."""
    found = {document: list(units) for document, units in chosen.items()}
    room = SHARE * sum(len(unit.text) for units in own.values() for unit in units)

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
                      and unit.role != "problem" and len(unit.text) < _SHORTER * len(units[0].text)]
            if others:
                units[0] = max(others, key=lambda unit: (len(unit.text), -unit.start))
    return found
