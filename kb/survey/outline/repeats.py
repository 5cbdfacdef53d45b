"""What a library says more than once is said by one document: each sentence, and each that is nearly the same, is left
to one of them.

Reads: the units of all documents.  Gives: the same without repeats. What counts as a repeat here is what audit.py
counts as a near-duplicate, and more.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from kb.survey.sentences import Unit
from kb.types import Encoder

DUPLICATE = 0.85  # likeness from which a survey says something twice: what the audit counts
# of terms, of meaning, from which a second document does not say it: below DUPLICATE, to be on the safe side of it
_REPEAT = 0.7, 0.83
# likeness of terms from which the meaning is compared: encoding every sentence of a library would take minutes
_LOOK = 0.5
# share of a document's sentences from which it is a copy of the one that has them, of those in the same terms
_COPY, _SAME = 0.8, 0.6
_MOST_COPIES = 12  # documents with one sentence: what more have is a notice


def likeness(a: Unit, b: Unit) -> float:
    """Cosine of the two sentences' terms, each counted once, in [0, 1]."""
    return len(a.terms & b.terms) / max(1.0, math.sqrt(len(a.terms) * len(b.terms)))


def words_of(own: Sequence[Unit]) -> str:
    """The same for two documents that begin with the same sentences: a copy of another."""
    return hashlib.sha256("".join(c for unit in own[:12] for c in unit.text.casefold()
                                  if c.isalnum()).encode()).hexdigest()


def copies_of(found: Mapping[str, Sequence[Unit]]) -> dict[str, str]:
    """document -> the document that says nearly all its sentences, the longer of both, else the first by id: one text
    that was posted twice, or an abstract beside its paper.

    Copies have a sentence in the same terms: what has none in common is not compared.
    """
    holds: dict[frozenset[str], list[str]] = defaultdict(list)
    for document in sorted(found):
        for terms in sorted({unit.terms for unit in found[document]}, key=sorted):
            holds[terms].append(document)
    beside: dict[str, set[str]] = defaultdict(set)
    for documents in holds.values():
        for document in documents if len(documents) <= _MOST_COPIES else ():
            beside[document] |= set(documents) - {document}
    copies: dict[str, str] = {}
    for document in sorted(found, key=lambda d: (len(found[d]), [d])):
        for other in sorted(beside[document], key=lambda d: (-len(found[d]), d)):
            is_first = (-len(found[other]), other) < (-len(found[document]), document)
            if is_first and other not in copies and _says_all(found[other], found[document]):
                copies[document] = other
                break
    return copies


def _says_all(longer: Sequence[Unit], own: Sequence[Unit]) -> bool:
    """Whether nearly all of a document's sentences stand in another, most of them in the same terms: sentences of one
    mould are only alike."""
    said = {unit.terms for unit in longer}
    others = [unit for unit in own if unit.terms not in said]
    near = sum(any(likeness(unit, other) >= DUPLICATE for other in longer) for unit in others)
    return len(own) - len(others) >= _SAME * len(own) and len(own) - len(others) + near >= _COPY * len(own)


def said_once(found: Mapping[str, Sequence[Unit]], encoder: Encoder) -> tuple[dict[str, list[Unit]], frozenset[str]]:
    """(document -> its units without repeats, documents that say nothing but repeats).

    A whole copy of another document and one that only repeats others keep their units, to be named as what they are.

    Documents choose in turn, those with the fewest sentences of their own first, so that shared text does not all fall
    to one.
    """
    first: dict[str, str] = {}
    for document in sorted(found):
        first.setdefault(words_of(found[document]), document)
    originals = sorted(first.values())
    kept = {document: list(found[document]) for document in found}
    units = sorted(unit for document in originals for unit in found[document])
    repeats = _repeats(units, encoder)
    open_ = {document: [unit for unit in found[document] if unit in repeats] for document in originals}
    held: dict[str, list[Unit]] = {
        document: [unit for unit in found[document] if unit not in repeats] for document in originals
    }
    gone: set[Unit] = set()
    while any(open_.values()):
        for document in sorted((d for d in originals if open_[d]), key=lambda d: (len(held[d]) + len(open_[d]), d)):
            left = [unit for unit in open_[document] if unit not in gone]
            open_[document] = left
            if left:
                # What the fewest others could say.
                unit = min(left, key=lambda unit: (len(repeats[unit] - gone), unit.start))
                held[document].append(unit)
                left.remove(unit)
                gone |= repeats[unit]
    said = {unit for own in held.values() for unit in own}
    repeating = set()
    for document in originals:
        kept[document] = sorted(held[document])
        if found[document] and not kept[document]:
            # What is least like the others, if a survey may say it beside them.
            unit = min(found[document], key=lambda unit: (_most_like(unit, repeats[unit] & said), unit.start))
            kept[document] = [unit]
            if _most_like(unit, repeats[unit] & said) >= DUPLICATE:
                repeating.add(document)
            else:
                said.add(unit)
    return kept, frozenset(repeating)


def _most_like(unit: Unit, others: set[Unit]) -> float:
    return round(max((likeness(unit, other) for other in others), default=0.0), 4)


def _repeats(units: Sequence[Unit], encoder: Encoder) -> dict[Unit, set[Unit]]:
    """unit -> the units that say nearly the same, in terms or in meaning; units like no other are not there."""
    near = _near(units)
    asked = sorted({unit for pair in near for unit in pair})
    row = {unit: i for i, unit in enumerate(asked)}
    vectors = encoder.encode([unit.text for unit in asked]) if asked else None
    found: dict[Unit, set[Unit]] = defaultdict(set)
    for (a, b), like in near.items():
        # Rounded: the last bits of a cosine differ from machine to machine, a decision must not.
        if like >= _REPEAT[0] or (
            vectors is not None and round(float(vectors[row[a]] @ vectors[row[b]]), 3) >= _REPEAT[1]
        ):
            found[a].add(b)
            found[b].add(a)
    return dict(found)


def _near(units: Sequence[Unit]) -> dict[tuple[Unit, Unit], float]:
    """Pairs with a likeness of _LOOK or more, among those that share one of their rarer terms.

    Two sets of terms with a cosine of t share one of the rarest (1 - t * t) of either: from _REPEAT on no pair is
    missed.
    """
    spread = Counter(term for unit in units for term in unit.terms)
    seen: dict[str, list[Unit]] = defaultdict(list)
    found: dict[tuple[Unit, Unit], float] = {}
    for unit in units:
        rare = sorted(unit.terms, key=lambda term:
                      (spread[term], term))[:math.floor((1 - _REPEAT[0] ** 2) * len(unit.terms)) + 1]
        rare = [term for term in rare if spread[term] > 1]
        for other in sorted({other for term in rare for other in seen[term]}):
            like = likeness(unit, other)
            if like >= _LOOK:
                found[other, unit] = like
        for term in rare:
            seen[term].append(unit)
    return found
