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
    titles = {document: documents[document].metadata.title for document in own}
    found, sure, told = _side_by_side(chosen, set(), own, terms, kept, titles)
    gives, instead = given([document for document in own if document not in sure],
                           [unit for unit in told if unit.document not in sure], documents, language, kept)
    sure |= {one.document for part in gives for one in part}
    rest, _, told = _side_by_side(told, sure, own, headed, kept, titles)
    beside = {pair.first: pair for pair in (*found, *rest)}
    second = {pair.second for pair in beside.values()} | instead
    return Spoken(tuple(unit for unit in told if unit not in second), beside, gives)


def _side_by_side(told: Sequence[Unit], sure: set[str], own: Mapping[str, Sequence[Unit]],
                  terms: Sequence[Sequence[str]], kept: frozenset[Unit], titles: Mapping[str, str]
                  ) -> tuple[list[Pair], set[str], list[Unit]]:
    """(Pairs of works that are not sure on these terms; the works that are sure now; the sentences, some of them other
    ones of their works)."""
    found = pairs([unit for unit in told if unit.document not in sure], terms)
    sure = sure | _works(found)
    left, more = anew([unit for unit in told if unit.document not in sure], own, terms, kept, titles)
    again = iter(left)
    return [*found, *more], sure | _works(more), [unit if unit.document in sure else next(again) for unit in told]


def _works(found: Sequence[Pair]) -> set[str]:
    return {unit.document for pair in found for unit in (pair.first, pair.second)}
