"""Does the library hold an answer at all? Three words: found, weak, not found.

Reads: a Retrieval, and whether any sentence of it can be quoted.  Gives: a probability, cut into words. A fixed cosine
threshold is not one: at 0.25 two thirds of off-topic questions pass. The logistic models below were fitted by
`python -m tests.bench support` on questions with and without an answer, one for each language pair of question and
passage: neither words nor cosines mean the same across languages as within one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from kb.answer.rank import Sentence
from kb.answer.retrieve import Retrieval
from kb.store import View
from kb.text import search_terms
from kb.types import Language, Support

# (language of the question, of the passages) -> intercept and one coefficient per feature, in the order of `features`.
MODEL: dict[tuple[Language, Language], tuple[float, float, float, float]] = {
    ("en", "en"): (-4.87, 2.57, 1.27, 5.81), ("zh", "zh"): (-6.5, 4.0, 4.6, 3.8),
    ("zh", "en"): (-3.69, 0.45, 0.12, 7.22), ("en", "zh"): (-4.25, 2.71, 1.51, 6.75)}
# Where the encoder does not read one of the two languages, words have to be enough.
BY_WORDS = (-3.74, 3.7, 4.1, 0.0)
# Where a cross-encoder read the passages, one model for all pairs of languages: intercept, and coefficients of the
# logit of the probability above, of that the first sentence's passage answers, and of whether a name of the question
# is nowhere near it. `python -m tests.bench.reading fit` shows them beside a fresh fit and what both let through, on
# questions written by hand over held-out documents, on CMRC2018 dev's and on the corpus'.
READ = (0.06, 0.08, 0.67, -0.27)
# A sentence that defines so clearly what is asked about answers as if the cross-encoder had said so much at least.
_CLEARLY, _DEFINED = 0.9, 1.5
_SUREST = 1e-4  # a probability is kept so far from 0 and 1
# The probability from which an answer is found, or weak: `python -m tests.bench support` tells what each lets through.
FOUND, WEAK = 0.5, 0.3
# Weak where a cross-encoder read: .3 would keep twice as many right answers back (the same command).
WEAK_READ = 0.15
_SATURATION = 1.2  # BM25's k1
_READ = 5  # passages of a language that are looked at; chosen by hand


def features(retrieval: Retrieval, language: Language) -> tuple[float, float, float]:
    """Three numbers in [0, 1], each of the best of the first five passages in this language.

    1 share of the question's idf that its text and headings hold; 2 the same with each term weighed by tf / (tf + k1),
    as in BM25 without length (FTS5's own score is useless here: its idf is 0 for a term in half of the passages, which
    is every term of a small library); 3 cosine, 0 where the encoder does not read the language.
    Of Chinese only bigrams count: a single character of the question is in almost every passage.
    """
    idf = {term: weight for term, weight in retrieval.idf.items() if len(term) > 1 or term.isascii()} or retrieval.idf
    total = sum(idf.values()) or 1.0
    coverage = saturation = 0.0
    hits = [hit for hit in retrieval.hits if hit.language == language]
    for hit in hits[:_READ]:
        counts = Counter(search_terms(hit.text))
        held = retrieval.widened(frozenset((*counts, *search_terms(" ".join((hit.title, *hit.section))))))
        for concept in retrieval.concepts:  # its other name counts as its own
            counts.update({term: 1 for term in concept.terms & held if not counts[term]})
        coverage = max(coverage, sum(w for term, w in idf.items() if term in held) / total)
        saturation = max(saturation,
                         sum(w * counts[term] / (counts[term] + _SATURATION) for term, w in idf.items()) / total)
    return coverage, saturation, max((hit.dense or 0.0 for hit in hits), default=0.0)


def estimate_support(retrieval: Retrieval, ranked: Sequence[Sentence], *, is_named: bool = True,
                     defines: float = 0.0) -> float:
    """Probability that the library holds an answer, in [0, 1]: that of the language which speaks for it more; with a
    cross-encoder's word, that the first sentence is one. 0 where there is no sentence to quote.

    is_named: whether all that the question names stands near the first sentence.  defines: how clearly, from 0 to 1,
    it defines what a definition is asked of; a clear one answers whatever the cross-encoder says. Where words alone
    say that there is an answer, there is at least weak support.
    """
    if not ranked:
        return 0.0
    # none where only other names of what is asked about were found
    found = max((probability(retrieval.language, language, features(retrieval, language))
                 for language in {hit.language for hit in retrieval.hits}), default=0.0)
    answerable = ranked[0].answerable
    if answerable is None:
        return found
    if defines >= _CLEARLY:
        answerable = max(answerable, _DEFINED)
    floor = WEAK_READ if found >= FOUND else 0.0
    found = min(max(found, _SUREST), 1 - _SUREST)
    intercept, by_words, by_reading, by_name = READ
    read = logistic(intercept + by_words * math.log(found / (1 - found)) + by_reading * answerable
                     + by_name * (not is_named))
    return max(read, floor)


def probability(question: Language, passages: Language, values: Sequence[float]) -> float:
    """The logistic model of one language pair at these features."""
    intercept, *coefficients = MODEL[question, passages] if values[2] else BY_WORDS
    return logistic(intercept + sum(c * v for c, v in zip(coefficients, values, strict=True)))


def logistic(x: float) -> float:
    """The probability of log-odds x, which count as at most 40 either way."""
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, x))))


def support_word(probability: float, *, is_read: bool = False, bar: float = FOUND) -> Support:
    """The probability as one of three words. is_read: a cross-encoder had a say in it.  bar: from where on it is
    found."""
    if probability >= bar:
        return "found"
    return "weak" if probability >= (WEAK_READ if is_read else WEAK) else "not_found"


def bar_of(view: View) -> float:
    """From where on an answer is found in this library: as `kb calibrate` has chosen, else as shipped."""
    try:
        bar = float(view.meta("bar"))
    except ValueError:
        return FOUND
    return bar if WEAK_READ <= bar < 1 else FOUND
