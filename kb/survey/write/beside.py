"""Two works on one thing, side by side in their own words; and no more of short abstracts than a survey may quote.

Reads: the sentences chosen for a section, the terms that its works share.  Gives: Pair, two sentences of two works that
both name a term; write.py prints it as one sentence, and the audit looks for the term in both quotes again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.survey.outline.standing import plain
from kb.survey.sentences import Unit

_LONGEST = {"en": 300, "zh": 150}  # characters of a quote that stands beside another
SHARE = 0.25  # of what its works say, that a section quotes where they are no longer than abstracts
_SHORTER = 0.8  # of a quote's length, for another to stand for it


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sentences that both name a term."""

    term: str
    first: Unit
    second: Unit


def pairs(units: Sequence[Unit], terms: Sequence[Sequence[str]], told: frozenset[str]) -> list[Pair]:
    """Pairs among these sentences, each in at most one, of earlier terms first, and both in one language. terms: the
    names of each, as the survey has it first.  told: works that have spoken: one of them stands beside another of them,
    and a new one beside a new one."""
    usable = [unit for unit in units if len(unit.text) <= _LONGEST[unit.language]
              and not unit.is_cut and not unit.is_pair and "$" not in unit.text]
    words = {unit: plain(unit.text) for unit in usable}
    found: list[Pair] = []
    taken: set[Unit] = set()
    spoken: set[str] = set()
    for names in terms:
        here = [unit for unit in usable if unit not in taken and any(plain(name) in words[unit] for name in names)]
        while here:
            first = here.pop(0)
            second = next((unit for unit in here if unit.document != first.document and unit.language == first.language
                           and (unit.document in told) == (first.document in told)), None)
            if second is None or {first.document, second.document} & spoken:
                continue
            here.remove(second)
            found.append(Pair(names[0], first, second))
            taken |= {first, second}
            spoken |= {first.document, second.document}
    return found


def within_share(chosen: Mapping[str, Sequence[Unit]], own: Mapping[str, Sequence[Unit]],
                 kept: frozenset[Unit]) -> dict[str, list[Unit]]:
    """The chosen sentences without second ones, the longest first, as far as a section would quote more than SHARE of
    what its works say; a first one that is still too long gives way to a shorter one. kept: those that stay."""
    found = {document: list(units) for document, units in chosen.items()}
    room = SHARE * sum(len(unit.text) for units in own.values() for unit in units)

    def quoted() -> int:
        return sum(len(unit.text) for units in found.values() for unit in units)

    for unit in sorted((unit for units in found.values() for unit in units), key=lambda unit: (-len(unit.text), unit)):
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
