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
            documents: Mapping[str, Document], language: Language, kept: frozenset[Unit]) -> Spoken:
    """chosen: in their order.  own: all sentences of each work, the works in their order.  terms: the names of each
    that works share.  kept: sentences that stay, or stand elsewhere."""
    found = pairs(chosen, terms)
    sure = _works(found)
    free, more = anew([unit for unit in chosen if unit.document not in sure], own, terms, kept,
                      {document: documents[document].metadata.title for document in own})
    beside = {pair.first: pair for pair in (*found, *more)}
    sure |= _works(more)
    gives, instead = given([document for document in own if document not in sure], free, documents, language, kept)
    left = iter(free)
    told = [unit if unit.document in _works(found) else next(left) for unit in chosen]
    second = {pair.second for pair in beside.values()} | instead
    return Spoken(tuple(unit for unit in told if unit not in second), beside, gives)


def _works(found: Sequence[Pair]) -> set[str]:
    return {unit.document for pair in found for unit in (pair.first, pair.second)}
