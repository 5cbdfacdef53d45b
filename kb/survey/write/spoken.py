"""How the chosen sentences of a section are told: two works side by side on a term, works together by what they give,
and the rest alone.

Reads: the sentences chosen, the terms that the works share, their documents.  Gives: Spoken, for write.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.survey.sentences import Unit
from kb.survey.write.beside import Pair, anew, pairs
from kb.survey.write.proposed import Proposed, given
from kb.types import Document, Language


@dataclass(frozen=True, slots=True)
class Spoken:
    """units: in the order in which they are told, each alone or first of a pair.  beside: first sentence -> its pair.
    gives: what works give, those of one sentence together."""

    units: tuple[Unit, ...]
    beside: Mapping[Unit, Pair]
    gives: tuple[tuple[Proposed, ...], ...]


def set_out(chosen: Sequence[Unit], own: Mapping[str, Sequence[Unit]], terms: Sequence[Sequence[str]],
            headed: Sequence[Sequence[str]], documents: Mapping[str, Document], language: Language,
            kept: frozenset[Unit]) -> Spoken:
    """Works stand side by side on what fewer of them share first, then together by what they give, then side by side
    on what the heading says.

    chosen: in their order.  own: all sentences of each work, the works in their order.  terms, headed: the names of
    each that works share, and that the heading says.  kept: sentences that stay, or stand elsewhere."""
    found = pairs(chosen, terms)
    sure = _works(found)
    left, more = anew([unit for unit in chosen if unit.document not in sure], own, terms, kept,
                      {document: documents[document].metadata.title for document in own})
    again = iter(left)
    told = [unit if unit.document in sure else next(again) for unit in chosen]
    sure |= _works(more)
    gives, instead = given([document for document in own if document not in sure],
                           [unit for unit in told if unit.document not in sure], documents, language, kept)
    sure |= {one.document for part in gives for one in part}
    rest = pairs([unit for unit in told if unit.document not in sure], headed)
    beside = {pair.first: pair for pair in (*found, *more, *rest)}
    second = {pair.second for pair in beside.values()} | instead
    return Spoken(tuple(unit for unit in told if unit not in second), beside, gives)


def _works(found: Sequence[Pair]) -> set[str]:
    return {unit.document for pair in found for unit in (pair.first, pair.second)}
