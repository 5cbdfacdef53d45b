"""Which papers do what a question says, where it is no relation that words alone decide: each paper is asked alone.

Reads: Study.  Gives: Said, a claim for each document whose own sentence answers; n_unasked: documents that the search
did not find near enough to be asked.
"""

from __future__ import annotations

from kb.answer.claims import is_statement
from kb.answer.evidence import Evidence
from kb.answer.rank import Sentence
from kb.study.grammar import has_han
from kb.study.parts import is_of_others, is_of_the_work, is_plan
from kb.study.question import Said, Study
from kb.study.quoting import Quoting
from kb.text import search_terms
from kb.types import Claim
from kb.words import phrases

_MOST_ASKED = 60  # documents; about .3 s each
# The support from which a document is told, and the one from which it is told surely. Chosen on 20 papers
_LEAST, _SURE = 0.45, 0.75
_LEAST_WORDS = 2  # beside small ones, for a sentence with all of them to answer


def picked(asked: Study) -> Said | None:
    """The documents of which a sentence of their own answers, the surest first. None where none does,
    or where the library holds no papers."""
    if not asked.is_of_papers:
        return None
    near = [hit.document for hit in asked.finder.find(asked.question).all_hits()]
    infos = {info.id: info for info in asked.naming.documents if info.n_passages}
    order = [infos[id] for id in dict.fromkeys((*(asked.naming.work(id).id for id in near), *infos)) if id in infos]
    words = _words(asked.intent.thing or asked.question)
    told: list[tuple[float, Claim]] = []
    for info in order[:_MOST_ASKED]:
        evidence = asked.finder.find(asked.question, info.id)
        support, best = _best(evidence, words)
        if best is not None and support >= _LEAST:
            claim = Quoting(asked.finder, asked.view, info.id).claim(best.start, best.end, info.title, best.answer)
            told.append((support, claim))
    if not told:
        return None
    told.sort(key=lambda one: -one[0])
    is_sure = len(told) > 1 and all(support >= _SURE for support, _ in told)
    return Said(tuple(claim for _, claim in told), "found" if is_sure else "weak",
                n_unasked=max(0, len(order) - _MOST_ASKED))


def _best(evidence: Evidence, words: frozenset[str]) -> tuple[float, Sentence | None]:
    """The sentence of the work's own that answers best and how surely: one that has all the words answers."""
    for s in evidence.ranked:
        if words and words <= evidence.retrieval.widened(s.terms) and _is_own(s):
            return max(_SURE, evidence.support), s
    best = evidence.ranked[0] if evidence.ranked else None
    return (evidence.support, best) if best is not None and _is_own(best) else (0.0, None)


def _is_own(s: Sentence) -> bool:
    """Whether a sentence is whole, and of this work."""
    is_others = is_of_others(s.text, s.hit.section, s.hit.language)
    return is_statement(s.text, is_set=s.hit.page is not None) and not is_others and not is_plan(
        s.text) and is_of_the_work(s.text)


def _words(text: str) -> frozenset[str]:
    """The terms that a sentence has to have: of Chinese the pairs of characters, of English no small words."""
    terms = frozenset(search_terms(text))
    if has_han(text):
        return frozenset(term for term in terms if len(term) > 1)
    small = {term for word in phrases("intents", "small en") for term in search_terms(word)}
    return terms - small if len(terms - small) >= _LEAST_WORDS else frozenset()
