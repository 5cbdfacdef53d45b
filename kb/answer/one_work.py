"""One work is one source, however many of its texts a library holds.

Reads: claims, and which documents are texts of one work.  Gives: the claims, of which none rests on two texts of one
work: the other places stand beside the first as its `also`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kb.store.works import Works
from kb.text import search_terms
from kb.types import Citation, Claim, TextPlace

_SAME_TERMS = 0.75  # share of the terms of the one with fewer, for two sentences to say the same,
_SAME_LENGTH = 0.5, 2  # and how many times as long as the other one may be


def says_the_same(one: str, other: str) -> bool:
    """Whether two sentences have mostly the same terms and nearly one length."""
    return same_terms(frozenset(search_terms(one)), frozenset(search_terms(other)), len(one), len(other))


def same_terms(one: frozenset[str], other: frozenset[str], length: int, other_length: int) -> bool:
    """The same of sentences whose terms and lengths are known."""
    shorter, longer = _SAME_LENGTH
    shares = len(one & other) >= _SAME_TERMS * max(1, min(len(one), len(other)))
    return shares and shorter < length / max(1, other_length) < longer


def once_each(claims: Sequence[Claim], works: Works) -> list[Claim]:
    """The claims in their order, each statement of a work once: a claim that another text of the work makes as well
    becomes a place beside it, and so does a further quote of another text."""
    if not works.several:
        return list(claims)
    told: list[Claim] = []
    for claim in claims:
        claim = replace(claim, citations=_once(claim.citations, works))
        at = next((i for i, other in enumerate(told) if _is_repeated(claim, other, works)), None)
        if at is None:
            told.append(claim)
        else:
            first, *rest = told[at].citations
            told[at] = replace(told[at], citations=_once((first, *claim.citations, *rest), works))
    return told


def _once(citations: Sequence[Citation], works: Works) -> tuple[Citation, ...]:
    """The first quote of each work, and further ones of the same document; others stand beside it."""
    kept: list[Citation] = []
    for citation in citations:
        at = next((i for i, other in enumerate(kept) if other.document != citation.document
                   and works.are_one(other.document, citation.document)), None)
        if at is None:
            kept.append(citation)
        else:
            place = TextPlace(citation.document, citation.path, citation.page, citation.start, citation.end)
            kept[at] = replace(kept[at], also=tuple(dict.fromkeys((*kept[at].also, place, *citation.also))))
    return tuple(kept)


def _is_repeated(claim: Claim, other: Claim, works: Works) -> bool:
    """Whether another text of the same work said it already, of the same subject."""
    if not (claim.citations and other.citations) or claim.subject != other.subject:
        return False
    one, two = claim.citations[0], other.citations[0]
    return one.document != two.document and works.are_one(one.document, two.document) and says_the_same(
        claim.text, other.text)
