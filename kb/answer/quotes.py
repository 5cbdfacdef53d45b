"""Write an answer from the passages found, and keep only what its quotes support.

Reads: Evidence (evidence.py).  Gives: Answer.  ExtractiveGenerator copies sentences; it invents nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from kb.answer.claims import is_statement
from kb.answer.evidence import Evidence, Finder
from kb.answer.intent import Intent
from kb.answer.one_work import once_each, same_terms
from kb.answer.rank import Sentence, section_bounds, terms_of
from kb.answer.retrieve import Retrieval
from kb.store.works import Works
from kb.text import question_tokens, search_tokens, sentence_spans, trim
from kb.types import Answer, Citation, Claim, Document, Language, Searched

_LEAST_SHARE = 0.55  # of the best sentence's score, for another to be shown beside it
_MOST_BELOW = 4.0  # of the best sentence's logit, where a cross-encoder gave one
# Of the best claim's score, for one in the question's language to come before it: on 163 questions of the half that is
# tuned on, right first 93 -> 96, none spoiled (.85: one spoiled; .90 to .97: two mended).
_AS_GOOD = 0.88
# characters on either side of a sentence in which a list goes on
_AROUND_LIST = 2000
# share of the question's idf in the line before a list and its heading, for the list to be about it
_ANNOUNCES = 0.7
_MAX_CLAIMS = 3
_PER_WORK = 2
_LIST_ITEMS = 8
_TWINS = 3  # further works that a claim cites

GetDocument = Callable[[str], Document]


class ExtractiveGenerator:
    """Copies the sentences that answer a question word for word; no language model."""

    def __init__(self, document: GetDocument, works: Works) -> None:
        """document: by its id, works: which are one, both of the generation that was searched."""
        self.document, self.works = document, works

    def write(self, retrieval: Retrieval, ranked: Sequence[Sentence], intent: Intent) -> list[Claim]:
        """Claims, best first: one sentence each; the same statement in another place becomes a further citation of the
        claim."""
        if intent.wants_list:
            items = self._list_after(ranked, retrieval)
            if items:
                return items
        return own_language_first(_claims(ranked, retrieval, self.works), retrieval.language)

    def _list_after(self, ranked: Sequence[Sentence], retrieval: Retrieval) -> list[Claim]:
        """For a question that asks for several things: the items of the list that the best sentence opens or stands
        in."""
        for best in ranked[:2]:
            document = self.document(best.hit.document)
            start, end = section_bounds(document, best.start, best.end, _AROUND_LIST)
            spans = [(trim(document.text, a, b), document.text[a:b])
                     for a, b in sentence_spans(document.text, start, end)]
            at = next((i for i, (span, _) in enumerate(spans) if span == (best.start, best.end)), None)
            if at is None:
                continue
            opens = best.text.rstrip("*_ ").endswith((":", "："))
            first = at + 1 if opens else at
            while not opens and first > 0 and _is_item(document.text, spans[first - 1][0][0]):
                first -= 1
            if not opens and not _announces(spans[first - 1][1] if first else "", best.hit.section, retrieval.idf):
                continue  # an item of a list that is about something else
            items: list[tuple[int, int]] = []
            while first < len(spans) and _is_item(document.text, spans[first][0][0]) and len(items) < _LIST_ITEMS:
                items.append(spans[first][0])
                first += 1
            if len(items) >= 2:
                whole = [best]  # first in any case: it is the sentence that answers best
                items = [item for item in items if item != (best.start, best.end)]
                whole += [
                    replace(best, hit=replace(best.hit, page=document.page_at(a)), start=a, end=b,
                            text=document.text[a:b], before="", after="", terms=terms_of(document.text[a:b]))
                    for a, b in items
                ]
                return [Claim(s.text, (citation_of(s, retrieval),)) for s in whole]
        return []


def _announces(line: str, section: tuple[str, ...], idf: Mapping[str, float]) -> bool:
    """Whether the line before a list, with its heading, speaks of what the question asks."""
    terms = terms_of(" ".join((line, *section[-1:])))
    return sum(weight for term, weight in idf.items() if term in terms) >= _ANNOUNCES * sum(idf.values())


def _is_item(text: str, start: int) -> bool:
    line = text.rfind("\n", 0, start) + 1
    return text[line:start].strip() != "" and not text[line:start].lstrip().startswith(("#", ">"))


def _claims(ranked: Sequence[Sentence], retrieval: Retrieval, works: Works, subject: str = "",
            limit: int = _MAX_CLAIMS) -> list[Claim]:
    """The best sentences that say different things: at most two of a work, none beside one already taken."""
    chosen: list[tuple[Sentence, list[Sentence]]] = []
    per_work: dict[str, int] = {}
    for s in ranked:
        if not s.terms or (chosen and not _is_near(s, chosen[0][0])):
            continue
        twin = next((group for group in chosen if _says_the_same(group[0], s)), None)
        if twin is not None:
            others = {works.work(x.hit.document) for x in (*twin[1], s)} - {works.work(twin[0].hit.document)}
            if len(others) <= _TWINS and s.hit.document != twin[0].hit.document:
                twin[1].append(s)
            continue
        work = works.work(s.hit.document)
        near = any(works.work(c.hit.document) == work and s.text in (c.before, c.after) for c, _ in chosen)
        if len(chosen) < limit and not near and per_work.get(work, 0) < _PER_WORK:
            chosen.append((s, []))
            per_work[work] = per_work.get(work, 0) + 1
    return [Claim(s.text, tuple(citation_of(x, retrieval) for x in (s, *twins)), subject) for s, twins in chosen]


def own_language_first(claims: Sequence[Claim], language: Language) -> list[Claim]:
    """Of the claims that score nearly as the best does, those in the question's language first; the others as they
    were."""
    scores = [claim.citations[0].score for claim in claims]
    n_good = next((i for i, score in enumerate(scores) if scores[0] <= 0 or score < _AS_GOOD * scores[0]), len(claims))
    good = sorted(claims[:n_good], key=lambda claim: claim.citations[0].language != language)
    return [*good, *claims[n_good:]]


def _is_near(s: Sentence, best: Sentence) -> bool:
    """Whether a sentence is good enough to stand beside the best."""
    if best.logit is None:
        return s.score >= _LEAST_SHARE * best.score
    return s.logit is not None and s.logit >= best.logit - _MOST_BELOW


def _says_the_same(a: Sentence, b: Sentence) -> bool:
    return same_terms(a.terms, b.terms, len(a.text), len(b.text))


def citation_of(s: Sentence, retrieval: Retrieval) -> Citation:
    """The place of a sentence, with the words of the question in it."""
    shown = tuple(
        dict.fromkeys(
            s.text[token.start : token.end]
            for token in search_tokens(s.text)
            if token.term in retrieval.idf and (len(token.term) > 1 or not token.term.isalpha() or token.term.isascii())
        )
    )
    return Citation(s.hit.document, s.hit.title, s.hit.path, s.hit.page, s.start, s.end, s.text, round(s.score, 4),
                    s.hit.section, s.hit.language, s.before, s.after, shown, s.answer, s.hit.is_gone,
                    s.hit.recognised)


def keep_supported(claims: Sequence[Claim], documents: GetDocument) -> tuple[list[Claim], int]:
    """The claims whose every quote stands in its document at its offsets and whose text is one of its quotes; and how
    many were dropped."""
    kept = []
    for claim in claims:
        exact = tuple(replace(c, recognised=documents(c.document).confidence(c.start, c.end))
                      for c in claim.citations if documents(c.document).text[c.start:c.end] == c.quote)
        if any(c.quote == claim.text for c in exact):
            kept.append(replace(claim, citations=exact))
    return kept, len(claims) - len(kept)


def answer(evidence: Evidence, finder: Finder) -> Answer:
    """The answer that the evidence gives, or the statement that the library does not hold one, with the nearest
    sections. finder: that found it."""
    retrieval, status = evidence.retrieval, evidence.status
    claims: list[Claim] = []
    if status != "not_found":
        claims = _compare(evidence, finder)
        claims = claims or ExtractiveGenerator(finder.document, finder.works).write(retrieval, evidence.ranked,
                                                                                    evidence.intent)
    claims, n_dropped = keep_supported(claims, finder.document)
    claims = once_each(claims, finder.works)
    if not claims:
        status = "not_found"
    searched = Searched(retrieval.n_documents, retrieval.n_passages, tuple(retrieval.idf), retrieval.missing_words,
                        retrieval.best_cosine is not None,
                        tuple(dict.fromkeys(name for concept in retrieval.concepts for name in concept.others)))
    nearest = tuple(retrieval.hits[:3]) if status != "found" else ()
    return Answer(evidence.question, retrieval.language, status, tuple(claims), searched, nearest,
                  round(evidence.support, 4), n_dropped)


def glimpse(question: str, finder: Finder, n: int) -> list[Citation]:
    """The places of the sentences that look most like an answer before any was read, each of another passage."""
    retrieval, ranked = finder.glimpse(question)
    best: dict[int, Sentence] = {}
    for s in ranked:
        if s.text not in {other.text for other in best.values()}:
            best.setdefault(s.hit.passage, s)
    return [citation_of(s, retrieval) for s in list(best.values())[:n]]


def _compare(evidence: Evidence, finder: Finder) -> list[Claim]:
    """For "difference between X and Y": what the library says of each, side by side. Nothing unless it speaks of
    both."""
    claims: list[Claim] = []
    for subject, found in evidence.sides:
        names = {token.term for token in question_tokens(subject)}
        ranked = [s for s in finder.ranker.rank(found, Intent(wants_definition=True, subject=subject))
                  if names <= s.terms and is_statement(s.text, is_set=s.hit.page is not None)]
        part = _claims(ranked, found, finder.works, subject, limit=2)
        if not part:
            return []
        claims += part
    return claims
