"""What the rest of a library has, where a part of it has no answer.

Reads: an answer "not_found", the view of the part.  Gives: the answer with how many documents outside
of it speak of what was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from kb.answer.evidence import Evidence, Finder
from kb.answer.terms import Concept
from kb.store import View
from kb.store.scoped import ScopedView
from kb.study import study
from kb.text import question_tokens, search_terms
from kb.types import Answer, Scope

_BY_RECORDS = ("records", "graph")  # routes that are asked again of all: what they read is no text
_TELLING = 3  # of the words of a question, the rarest, that one passage has to have


def told_where(found: Answer, evidence: Evidence | None, part: ScopedView, scope: Scope | None,
               finder: Callable[[View], Finder]) -> Answer:
    """The answer with the part that was looked at, and what the rest of the library has where that has nothing."""
    concepts = evidence.retrieval.concepts if evidence else ()
    n = n_outside(found, concepts, part, finder) if found.status == "not_found" else 0
    return replace(found, searched=replace(found.searched, scope=scope, outside=n))


def n_outside(found: Answer, concepts: Sequence[Concept], part: ScopedView, finder: Callable[[View], Finder]) -> int:
    """How many documents outside of the part record what was asked, or have a passage with its telling words, or with
    another name of what it names. concepts: those names."""
    assert part.selection is not None
    named: set[str] = set()
    if found.route in _BY_RECORDS:
        again = study(found.question, part.whole, finder(part.whole))
        if again is not None and again.status != "not_found":
            named = {document for claim in again.claims for document, _ in claim.keys}
    if not named:
        named = {document for terms in _wordings(found.question, concepts)
                 for document in _speaking(part.whole, terms)}
    return len(named - part.selection.documents)


def _wordings(question: str, concepts: Sequence[Concept]) -> Iterable[Sequence[str]]:
    """The terms of the question, and with each other name of what it names in place of that."""
    terms = list(dict.fromkeys(token.term for token in question_tokens(question)))
    yield terms
    for concept in concepts:
        for other in concept.others:
            yield [*(term for term in terms if term not in concept.terms), *search_terms(other)]


def _speaking(view: View, terms: Sequence[str]) -> list[str]:
    frequency = view.document_frequency(terms)
    telling = sorted(frequency, key=lambda term: (frequency[term], term))[:_TELLING]
    return view.documents_with(telling) if telling and all(frequency[term] for term in telling) else []
