"""Score the sentences of the passages found, by words, form and meaning.

Reads: a Retrieval (retrieve.py).  Gives: Sentence, best first.  Next: reading.py has a trained model read the best
passages; evidence.py asks whether they are enough.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from kb.answer.intent import Intent
from kb.answer.retrieve import Retrieval
from kb.sentence_vectors import Span
from kb.store import View
from kb.text import search_terms, sentence_spans, trim
from kb.types import Document, Encoder, Hit, Language, Vectors
from kb.words import Phrases

# Sentence score: weights tuned on the questions of the table "Quality", `python -m tests.bench quality`.
W_PASSAGE = 1.0
W_NEIGHBOUR = 0.4
W_HEADING = 0.25
W_QUESTION = 0.9  # words of a question that stands before its answer count for the answer
# What a sentence has less by its form. Chosen by hand.
_LESS_REFERENCE = 0.5  # stands in a list of sources
_LESS_OPENS_LIST = 0.15  # ends with a colon, where no list is asked for
_LESS_LEGEND = 0.5  # says what the letters of a formula are
_LESS_QUESTION = 0.5  # asks instead of answering
_LESS_SHORT, _SHORT = 0.2, 8  # has fewer characters than that
# Chosen by hand: idf of a term among the sentences of a document, + 0.5 as in BM25.
_SMOOTHING = 0.5
# By language of question and sentence. Between Chinese texts words say more; between two languages there is little
# else.
W_COSINE: dict[tuple[Language, Language], float] = {("en", "en"): 1.5, ("zh", "zh"): 0.9, ("zh", "en"): 1.4,
                                                    ("en", "zh"): 1.7}
# The states of a sentence's tokens know the passage around it, so sentences of one passage are closer to each other
# than by themselves. Going further than the way from the passage's cosine to the sentence's own makes up for it. Beside
# sentences encoded alone: right one first on CMRC2018 dev .741 (.732), for 64 English questions on the corpus .48
# (.53), for 59 Chinese ones .57 (.56); among three .75 (.73), .77 (.71). `python -m tests.bench quality` says what it
# is now.
CONTRAST, CONTRAST_ACROSS = 2.0, 2.5  # in one language, between two
READ_HITS = 8
# sentences without a stored vector that are encoded: the best by words, and more of those in the other language
_NEAR, _NEAR_OTHER = 8, 8
_AROUND = 600  # characters on either side of a passage in which its neighbours are

_REFERENCES = Phrases(
    r"[\d.\s]*(?:«headings: references»|«headings: references traditional»|«headings: sources»)\W*$", re.IGNORECASE)
_FORMULA_LEGEND = Phrases(
    r"^\s*(?:«answers: legend zh»|(?:«answers: legend en»)\b)\s*[,，]?\s*"
    r"(?:\$|\\\(|[A-Za-z]\s*(?:«answers: symbol is»))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a hit: offsets in its document (list marks and white space stripped), what it scores, and its
    neighbours.

    What a cross-encoder said, None where it did not read it: logit, that it answers; answerable, that its passage does;
    answer, where in the document the answer stands.
    """

    hit: Hit
    start: int
    end: int
    text: str
    before: str
    after: str
    terms: frozenset[str]
    score: float = 0.0
    coverage: float = 0.0
    logit: float | None = None
    answerable: float | None = None
    answer: Span | None = None


class Ranker:
    """Scores sentences. All that it reads, vectors and documents, is of one view: one generation of the library."""

    def __init__(self, view: View, encoder: Encoder) -> None:
        """encoder: for sentences whose vectors were not stored with their passages."""
        self._view = view
        self._encoder = encoder
        self.document = cache(view.document)

    def rank(self, retrieval: Retrieval, intent: Intent) -> list[Sentence]:
        """Every sentence of the first hits, best first."""
        sentences = [s for hit in retrieval.hits[:READ_HITS] for s in self._sentences(hit)]
        top = max((hit.score for hit in retrieval.hits), default=1.0) or 1.0

        weights = _local_weights(retrieval.idf, sentences)
        total = sum(weights.values()) or 1.0

        def coverage(terms: frozenset[str]) -> float:
            held = retrieval.widened(terms)
            return sum(weight for term, weight in weights.items() if term in held) / total

        scored = []  # (score, share of the question, sentence)
        for s in sentences:
            own = coverage(s.terms)
            around = terms_of(s.before) | terms_of(s.after)
            asked = own + W_QUESTION * (coverage(s.terms | terms_of(s.before)) - own) if _is_question(s.before) else own
            heading = terms_of(" ".join((s.hit.title, *s.hit.section)))
            score = (
                max(asked, own + W_NEIGHBOUR * (coverage(s.terms | around) - own))
                + W_HEADING * (coverage(s.terms | heading) - own)
                + W_PASSAGE * s.hit.score / top
                + intent.bonus(s.text, s.before or (s.hit.section[-1] if s.hit.section else ""))
            )
            score -= _LESS_REFERENCE * bool(s.hit.section and _REFERENCES.match(s.hit.section[-1]))
            score -= (
                _LESS_OPENS_LIST * (s.text.endswith((":", "：")) and not intent.wants_list)
                + _LESS_LEGEND * bool(_FORMULA_LEGEND.match(s.text))
                + _LESS_QUESTION * _is_question(s.text)
                + _LESS_SHORT * (len(s.text) < _SHORT)
            )
            scored.append((score, own, s))
        scored.sort(key=lambda found: (-found[0], found[2].hit.passage, found[2].start))
        meaning = self._meaning([s for _, _, s in scored], retrieval)
        ranked = [replace(s, score=score + more, coverage=own)
                  for (score, own, s), more in zip(scored, meaning, strict=True)]
        return sorted(ranked, key=lambda s: (-s.score, s.hit.passage, s.start))

    def near(self, hit: Hit, retrieval: Retrieval) -> list[tuple[Sentence, float]]:
        """The sentences of a passage, each with its cosine to the question as it was stored with the passage; 0 where
        there is none."""
        sentences = self._sentences(hit)
        if retrieval.vector is None:
            return [(s, 0.0) for s in sentences]
        cosines = self._stored_cosines(sentences, retrieval.vector, retrieval.language)
        return [(s, cosines.get(i, 0.0)) for i, s in enumerate(sentences)]

    def _meaning(self, sentences: Sequence[Sentence], retrieval: Retrieval) -> list[float]:
        """What the cosine between the question and each sentence adds to its score, 0 where there is none."""
        found = [0.0] * len(sentences)
        if retrieval.vector is None:
            return found
        cosines = self._stored_cosines(sentences, retrieval.vector, retrieval.language)
        cosines |= self._encoded_cosines([(i, s) for i, s in enumerate(sentences) if i not in cosines],
                                         retrieval.vector, retrieval.language)
        for i, cosine in cosines.items():
            found[i] = W_COSINE[retrieval.language, sentences[i].hit.language] * max(0.0, cosine)
        return found

    def _stored_cosines(self, sentences: Sequence[Sentence], vector: Vectors, language: Language) -> dict[int, float]:
        """Position -> cosine, of the sentences whose passages were stored with vectors of theirs."""
        stored = self._view.sentence_vectors({s.hit.passage for s in sentences})
        values = {passage: found.cosines(vector) for passage, found in stored.items()}
        cosines = {}
        for i, s in enumerate(sentences):
            row = (
                stored[s.hit.passage].row_of(s.start - s.hit.start, s.end - s.hit.start)
                if s.hit.passage in stored
                else None
            )
            if row is not None:
                whole = s.hit.dense or 0.0
                contrast = CONTRAST if s.hit.language == language else CONTRAST_ACROSS
                cosines[i] = whole + contrast * (float(values[s.hit.passage][row]) - whole)
        return cosines

    def _encoded_cosines(self, rest: Sequence[tuple[int, Sentence]], vector: Vectors,
                         language: Language) -> dict[int, float]:
        """The same for the best others, in a language the encoder reads."""
        readable = [(i, s) for i, s in rest if s.hit.language in self._encoder.reads] if rest else []
        # Sentences in the other language share no words with the question: only their meaning can bring them up.
        chosen = readable[:_NEAR] + [(i, s) for i, s in readable[_NEAR:] if s.hit.language != language][:_NEAR_OTHER]
        if not chosen:
            return {}
        cosines = self._encoder.encode([s.text for _, s in chosen]) @ vector
        return {i: float(cosine) for (i, _), cosine in zip(chosen, cosines, strict=True)}

    def _sentences(self, hit: Hit) -> list[Sentence]:
        document = self.document(hit.document)
        start, end = section_bounds(document, hit.start, hit.end, _AROUND)
        spans = [trim(document.text, a, b) for a, b in sentence_spans(document.text, start, end)]
        spans = [(a, b) for a, b in spans if a < b and not _is_markup(document, a, b)]
        found = []
        for i, (a, b) in enumerate(spans):
            if a >= hit.start and b <= hit.end:
                before = document.text[slice(*spans[i - 1])] if i else ""
                after = document.text[slice(*spans[i + 1])] if i + 1 < len(spans) else ""
                text = document.text[a:b]
                page = document.page_at(a)
                here = hit if page == hit.page else replace(hit, page=page)
                found.append(Sentence(here, a, b, text, before, after, terms_of(text)))
        return found


def _local_weights(idf: Mapping[str, float], sentences: Sequence[Sentence]) -> dict[str, float]:
    """idf in the library times idf among the sentences of the best document: what all of them say tells none of them
    apart.

    (The name of the thing asked about stands in every other sentence. Answering sentence first: .724 -> .743 on
    CMRC2018 dev.)
    """
    home = [s for s in sentences if s.hit.document == sentences[0].hit.document]
    spread = Counter(term for s in home for term in s.terms)
    return {term: weight * math.log(1 + (len(home) + 1) / (spread[term] + _SMOOTHING)) for term, weight in idf.items()}


def _is_question(text: str) -> bool:
    return text.rstrip(" *_\"”’)）").endswith(("?", "？"))


def _is_markup(document: Document, start: int, end: int) -> bool:
    """Headings, code, tables and bare formulas are evidence but no sentences."""
    is_formula = document.text.startswith(("$$", "\\["), start)
    if is_formula or any(block.start <= start < block.end for block in document.blocks):
        return True
    line_start = document.text.rfind("\n", 0, start) + 1
    if document.text[line_start:start].lstrip().startswith("#"):
        return True
    for section in document.sections:
        if section.start <= start < section.end:
            return (
                bool(section.heading)
                and start - section.start <= len(section.heading)
                and document.text[start:end].rstrip(" #=-\n") in section.heading
            )
    return False


def section_bounds(document: Document, start: int, end: int, around: int) -> tuple[int, int]:
    """The part of the text whose sentences may be neighbours of those in [start, end): its section, at most `around`
    characters further."""
    for section in document.sections:
        if section.start <= start < section.end:
            # A passage may begin with the heading of an empty section before its own.
            return max(section.start, start - around), max(end, min(section.end, end + around))
    return max(0, start - around), min(len(document.text), end + around)


@lru_cache(maxsize=4096)  # a sentence is asked for again as the neighbour of the one before and of the one after
def terms_of(text: str) -> frozenset[str]:
    return frozenset(search_terms(text))
