"""Find the passages for a question: both indexes, fused.

Reads: a question, a View.  Gives: list[Hit], best first.  Next: evidence.py has their sentences ranked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from kb.answer.nearest import Nearest
from kb.answer.terms import Concept, bundled_concepts, may_be_mistyped, mistyped, one_letter_away, own_concepts
from kb.errors import NothingIndexed, QuestionError
from kb.index.selection import Selection
from kb.store import View, check_encoder
from kb.text import guess_language, question_tokens, search_terms
from kb.types import Encoder, Hit, Language, Vectors, lowest_confidence

MAX_QUESTION = 8000
_DEPTH = 100  # candidates taken from each index
# BM25 reads every place of every term, .3 us each: of a question's terms the rarest are taken, up to so many places, or
# a tenth of the passages. With a sixth of the passages (3,000 of 20,000) recall@1 on CMRC2018 dev goes .970 -> .975,
# recall@5 .997 -> .996; with a tenth .974, .996.
_PLACES, _PLACES_SHARE = 3_000, 0.1
_MOST_TYPED = 16  # words of a question that occur nowhere, for which others a letter away are looked up
_BRACKETS = 30  # passages that are looked through for other names

# Share of the dense score in the fused score, by language of question and passage, where the encoder reads both; else
# 0. Tuned on corpus/questions.jsonl so that no set of tests/bench/retrieval.py is worse fused than its better arm.
DENSE_WEIGHT: dict[tuple[Language, Language], float] = {("en", "en"): 0.6, ("zh", "zh"): 0.3, ("zh", "en"): 0.75,
                                                        ("en", "zh"): 0.85}
FULL_MATCH = 0.5
# Of BM25 for other names beside the question's own words: a passage that has both gains nothing, one that has other
# names only comes behind. With all of it recall@1 of Chinese questions on the Chinese notes of the corpus goes .543 ->
# .457; answers are the same from .3 to .5.
W_OTHER_NAMES = 0.3


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What a search found, with what the answer needs to judge it.

    idf: weight of each of the question's terms in this library, log(1 + (N - n + 0.5) / (n + 0.5)) (Robertson &
    Zaragoza 2009);
    missing: terms that occur in no passage; missing_words: the same as words of the question.  best_lexical: BM25 of
    the best passage.  best_cosine: highest cosine, None without vectors.
    vector: the question's, float32 [d], None where the encoder does not read its language.
    concepts: what the question names by other names that the library has; these were searched as well.
    """

    question: str
    language: Language
    hits: list[Hit]
    idf: dict[str, float]
    missing: tuple[str, ...]
    missing_words: tuple[str, ...]
    n_documents: int
    n_passages: int
    best_lexical: float
    best_cosine: float | None
    vector: Vectors | None = field(default=None, compare=False)
    concepts: tuple[Concept, ...] = ()

    def widened(self, terms: frozenset[str]) -> frozenset[str]:
        """The terms of a text, with those of the question whose concept it calls by another name."""
        named = [concept.terms for concept in self.concepts if concept.is_named(terms)]
        return terms.union(*named) if named else terms


class Retriever:
    """Searches one generation of a library: by words in its full-text index, by meaning in `nearest`."""

    def __init__(self, nearest: Nearest) -> None:
        self._nearest = nearest

    def search(self, view: View, encoder: Encoder, question: str, k: int = 10, *,
               keeps_copies: bool = False, document: str = "", without: frozenset[str] = frozenset()) -> Retrieval:
        """The k best passages. A passage with the words of a better one is left out, unless copies are kept.

        Other names of what the question names are searched as well.  document: a whole id, of whose passages alone
        they are; "" for all that the view lets be found.  without: names, case folded, that are not among the others.
        What a term weighs is always that of the library.

        Errors: QuestionError Q_EMPTY, Q_LONG or, for k below 1, Q_FEW; NothingIndexed; EncoderError if the library was
        built with another encoder.
        """
        check_question(question)
        if k < 1:
            raise QuestionError("Q_FEW", k=k)
        question = question.encode("utf-8", "replace").decode("utf-8")  # tokenizers raise on half of a surrogate pair
        language = guess_language(question)
        n_documents, n_passages = view.counts()
        if not n_documents:
            raise NothingIndexed("E_NOTHING_INDEXED", path=view.home)
        k = min(k, n_passages)
        terms = list(dict.fromkeys(token.term for token in question_tokens(question)))
        frequency = view.document_frequency(terms)
        if view.has_old_terms():
            frequency |= view.document_frequency(_as_written(question, frequency))
        rarest = _rarest(frequency, n_passages)
        among = _passages_of(view, document) if document else view.selection
        own_words = _scores(view, rarest, max(_DEPTH, 2 * k), among)
        concepts = find_concepts(view, question, frequency, list(own_words)[:_BRACKETS])
        concepts = tuple(left for concept in concepts if (left := concept.without(without)).others)
        also = view.document_frequency(
            term for concept in concepts for other in concept.others for term in search_terms(other))
        candidates = self._candidates(view, encoder, question, own_words, _rarest(also, n_passages), k, among)
        idf = {
            term: float(np.log(1 + (n_passages - frequency[term] + 0.5) / (frequency[term] + 0.5))) for term in terms
        }
        languages = view.languages(candidates.lexical | candidates.dense)
        scores = _fuse(candidates, languages, language, sum(idf.values()))
        hits = list(islice(_hits(view, scores, candidates, 2 * k, keeps_copies), k))
        best_cosine = max(candidates.dense.values(), default=None) if candidates.has_dense else None
        return Retrieval(question, language, hits, idf, tuple(term for term in terms if not frequency[term]),
                         _missing_words(question, {**frequency, **_named(concepts)}), *view.searched(),
                         max(candidates.lexical.values(), default=0.0), best_cosine, candidates.vector, concepts)

    def nearest_with(self, view: View, terms: Sequence[str], retrieval: Retrieval, known: Collection[int], depth: int,
                     k: int) -> list[Hit]:
        """Of the passages with any of the terms, the best `depth` by words and none that is known, the k whose cosine
        with the question is highest, nearest first; none where the question has no vector."""
        if retrieval.vector is None:
            return []
        words = {i: s for i, s in _scores(view, terms, depth, view.selection).items() if i not in known}
        cosines = _cosines(view, retrieval.vector[None], list(words))
        nearest = dict(sorted(cosines.items(), key=lambda one: (-one[1], one[0]))[:k])
        found = _Candidates(words, nearest, frozenset(), has_dense=True)
        return list(_hits(view, nearest, found, max(1, k), keeps_copies=True))

    def _candidates(self, view: View, encoder: Encoder, question: str, own_words: Mapping[int, float],
                    also: Sequence[str], k: int, among: Selection | None) -> _Candidates:
        """own_words: what the question's own terms found; also: terms of other names of what it names; among: the
        passages that may be found, None for all."""
        depth, lexical = max(_DEPTH, 2 * k), dict(own_words)
        for passage, score in _scores(view, also, depth, among).items():
            own = lexical.get(passage, 0.0)
            lexical[passage] = max(own, W_OTHER_NAMES * (own + score))
        if guess_language(question) not in encoder.reads:
            return _Candidates(lexical, {}, encoder.reads, has_dense=False)
        vector = encoder.encode([question], role="question")
        check_encoder(view.encoder(), encoder)
        if among is view.selection:
            near_scores, near_ids = self._nearest.search(view, vector, depth)
            dense = {int(i): float(s) for i, s in zip(near_ids, near_scores, strict=True)}
            dense |= _cosines(view, vector, [i for i in lexical if i not in dense])
        else:  # of one document
            dense = _cosines(view, vector, among.passages.tolist() if among else ())
        return _Candidates(lexical, dense, encoder.reads, has_dense=True, vector=vector[0])


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Passage id -> score from each index. dense holds every candidate's cosine where there are vectors at all."""

    lexical: dict[int, float]
    dense: dict[int, float]
    reads: frozenset[Language]
    has_dense: bool
    vector: Vectors | None = None


def find_concepts(view: View, question: str, frequency: Mapping[str, int],
                  passages: Sequence[int]) -> tuple[Concept, ...]:
    """What the question names, with those of its other names that the library has.

    frequency: of the question's terms; passages: those that are looked through for names in brackets, best first.
    """
    own = own_concepts(question, (row.passage.text for row in view.passages(passages).values()))
    unknown = [term for term in frequency if not frequency[term] and may_be_mistyped(term)][:_MOST_TYPED]
    meant = mistyped(unknown, view.lexical.occurring([near for word in unknown for near in one_letter_away(word)]))
    others: dict[str, dict[str, None]] = {}
    for concept in (*own, *bundled_concepts(question), *meant):
        others.setdefault(concept.words, {}).update(dict.fromkeys(concept.others))
    wanted = {name: search_terms(name) for names in others.values() for name in names}
    known = view.document_frequency(term for terms in wanted.values() for term in terms)
    found = ((words, tuple(name for name in names if wanted[name] and all(known[term] for term in wanted[name])))
             for words, names in others.items())
    return tuple(Concept(words, names) for words, names in found if names)


def _as_written(question: str, frequency: Mapping[str, int]) -> list[str]:
    """The words of a question whose terms occur nowhere, as they stand there: so an earlier version kept them."""
    tokens = [token for token in question_tokens(question) if not frequency.get(token.term)]
    return [question[token.start:token.end].casefold() for token in tokens]


def _named(concepts: Sequence[Concept]) -> dict[str, int]:
    """The terms of words that the library has by another name."""
    return {term: 1 for concept in concepts for term in concept.terms}


def _passages_of(view: View, document: str) -> Selection:
    return Selection(frozenset((document,)), np.array(view.passage_ids(document), np.int64))


def _scores(view: View, terms: Sequence[str], depth: int, among: Selection | None = None) -> dict[int, float]:
    """Passage -> BM25, of the best, the best first."""
    scores, ids = view.lexical.search(terms, depth, among)
    return {int(i): float(s) for i, s in zip(ids, scores, strict=True)}


def _rarest(frequency: Mapping[str, int], n_passages: int) -> list[str]:
    """The terms that occur, the rarest first, as long as their places are few enough to read; the rarest in any
    case."""
    left = max(_PLACES, int(_PLACES_SHARE * n_passages))
    kept: list[str] = []
    for term in sorted((term for term in frequency if frequency[term]), key=lambda term: (frequency[term], term)):
        left -= frequency[term]
        if kept and left < 0:
            break
        kept.append(term)
    return kept


def check_question(question: str) -> None:
    """Errors: QuestionError Q_EMPTY for white space only, Q_LONG over 8,000 characters."""
    if not question.strip():
        raise QuestionError("Q_EMPTY")
    if len(question) > MAX_QUESTION:
        raise QuestionError("Q_LONG", n=len(question), limit=MAX_QUESTION)


def _missing_words(question: str, frequency: Mapping[str, int]) -> tuple[str, ...]:
    """The stretches of the question that no passage contains: words, and runs of Han characters that are in no known
    bigram."""
    tokens = question_tokens(question)
    known = {
        i for token in tokens if frequency[token.term] and (len(token.term) > 1 or token.term.isascii())
        for i in range(token.start, token.end)
    }
    gaps: list[list[int]] = []
    for i in sorted({i for token in tokens if not frequency[token.term]
                     for i in range(token.start, token.end)} - known):
        if gaps and gaps[-1][1] == i:
            gaps[-1][1] = i + 1
        else:
            gaps.append([i, i + 1])
    return tuple(dict.fromkeys(question[a:b] for a, b in gaps))


def _cosines(view: View, vector: Vectors, ids: Sequence[int]) -> dict[int, float]:
    found, vectors = view.vectors(ids)
    return {int(i): float(s) for i, s in zip(found, vectors @ vector[0], strict=True)} if len(found) else {}


def _fuse(candidates: _Candidates, languages: Mapping[int, Language], language: Language,
          whole: float) -> dict[int, float]:
    """Passage -> a convex combination of the two scores, each scaled to [0, 1] for this question: BM25 by its maximum,
    cosine between its extremes.

    BM25's maximum is at least FULL_MATCH times `whole`, the sum of the question's idf: where no passage has many of the
    words, the one that has most of them is no full match, and meaning decides (a question whose answer stands in the
    other language).

    Weights depend on the two languages, and are 0 for a language the encoder does not read: equal-weight rank fusion
    with an encoder that is blind in Chinese drops recall@1 there from .93 to .37. Source: Bruch et al. 2023, "An
    Analysis of Fusion Functions".
    """
    top = max(max(candidates.lexical.values(), default=0.0), FULL_MATCH * whole)
    cosines = list(candidates.dense.values())
    low, high = min(cosines, default=0.0), max(cosines, default=1.0)
    scores = {}
    for passage, other in languages.items():
        lexical, cosine = candidates.lexical.get(passage), candidates.dense.get(passage)
        readable = language in candidates.reads and other in candidates.reads
        weight = DENSE_WEIGHT[language, other] if readable and cosine is not None else 0.0
        scaled = (cosine - low) / (high - low) if cosine is not None and high > low else float((cosine or 0.0) > 0)
        score = (1 - weight) * ((lexical or 0.0) / top if top > 0 else 0.0) + weight * scaled
        if score > 0:
            scores[passage] = score
    return scores


def letters_of(text: str) -> str:
    """Its letters and digits alone: a copy has the same."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _hits(view: View, scores: Mapping[int, float], candidates: _Candidates, at_a_time: int,
          keeps_copies: bool) -> Iterator[Hit]:
    """The passages by score, read when they are asked for. Unless copies are kept, one that has the words of a better
    one is left out."""
    order = sorted(scores, key=lambda passage: (-scores[passage], passage))
    seen: set[str] = set()
    for first in range(0, len(order), at_a_time):
        rows = view.passages(order[first:first + at_a_time])
        view.read_about([row.document for row in rows.values()])
        for passage in order[first:first + at_a_time]:
            row, p = rows[passage], rows[passage].passage
            words = "" if keeps_copies else letters_of(p.text)
            if words not in seen or keeps_copies:
                seen.add(words)
                yield Hit(row.document, row.title, row.path, p.page, p.start, p.end, p.text, scores[passage], p.section,
                          p.language, passage, candidates.lexical.get(passage), candidates.dense.get(passage),
                          view.is_gone(row.document),
                          lowest_confidence(view.recognised_lines(row.document), p.start, p.end))
