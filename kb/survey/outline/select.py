"""Choose the sentences of a section: central, on the topic, different from each other, and from every document of the
section.

Reads: the units of the section's own documents, never others, and the plan's focus, words of the whole library.  Gives:
the units to quote, per document and role.
Source: Otterbacher et al. 2005, "Using Random Walks for Question-focused Sentence Retrieval", for biased LexRank.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from kb.survey.glossary import other_words
from kb.survey.kinds import kind_named
from kb.survey.records import Length, Role
from kb.survey.sentences import Unit, names_contribution
from kb.text import question_tokens
from kb.types import Language

Matrix = NDArray[np.float64]

# Sentences a document contributes to its section: on average, and at most.
SHARE: dict[Length, tuple[float, int]] = {"short": (1.0, 2), "medium": (1.65, 2), "long": (2.0, 2)}
ALONE: dict[Length, tuple[float, int]] = {"short": (1.5, 3), "medium": (3.0, 5), "long": (5.0, 8)}  # of one document
_OWN_LIMITS = ("limitation", "open")
ORDER: tuple[Role, ...] = ("definition", "problem", "method", "result", "limitation", "open")
# The weights were chosen with `python -m tests.bench.survey` in view where a line says so, by hand otherwise.
_BIAS = 0.3  # share of the walk that jumps to sentences like the topic
_DEFINITION = 0.2  # what a sentence has more that says what its document is about
# what a sentence at a document's end has less than one at its beginning (related-work sets of tests/bench/survey.py, as
# the next)
_BEGINNING = 0.6
_OPENS = 0.12  # of a document, for a sentence to count as one that says what it is about
_CONTRIBUTION = 0.25  # what a sentence has more that says what its work does
_SUMMED = 0.5  # what a sentence under a heading for a summary has more, where its document has others as well
_PAIR = 0.3  # what two sentences have less than one
# what a sentence has less, times its cosine to the nearest of those chosen (Carbonell & Goldstein 1998, maximal
# marginal relevance)
_REPEATS = 2.0
_FOCUS = 1.0  # what a sentence has more that speaks of what the whole library speaks of
_FOCUS_TERMS = 200
_MOST = 1200  # sentences ranked together
_LIKE = 0.5  # tf-idf cosine from which a second sentence adds little
_GOOD_SIZE = {"en": (12, 40), "zh": (25, 110)}
_OF_GOOD_SIZE = 0.3  # what a sentence of that size has more that names a limit
_OWN_OF, _GAPS_OF = 3, 4  # of so many works of a section one may name its limits; the problem that it sets out from
_OWN_LANGUAGE = 1.2  # what a sentence in the survey's language has more
_WIDE, _WIDEST = 25, 75  # sentences of a document: up to the one the topic's words do not count by themselves
_STEPS = 50  # of the walk: it stands still long before
_RARE_ROLE, _EARLY = 0.3, 0.2  # what a sentence has more where a document has too many to rank: its role, its place


def library_focus(candidates: Sequence[Unit]) -> dict[str, float]:
    """The terms that a library speaks of most, with their weights: the greatest of the mean of its sentences' tf-idf,
    function words apart.

    Likeness to this mean is what centrality over the whole library comes to (Radev et al. 2004, "Centroid-based
    summarization"). A plan keeps it, so that a section can look beyond its own documents and still stays as it is when
    others come or go.
    """
    terms = [frozenset(token.term for token in question_tokens(unit.text)) for unit in candidates]
    spread = Counter(term for own in terms for term in own)
    total: dict[str, float] = defaultdict(float)
    for own in terms:
        weights = {term: math.log((len(terms) + 1) / spread[term]) for term in sorted(own)}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        for term, weight in weights.items():
            total[term] += weight / length
    best = sorted(total.items(), key=lambda item: (-item[1], item[0]))[:_FOCUS_TERMS]
    return {term: round(weight / len(terms), 5) for term, weight in best}


def _walk(rows: Matrix, bias: Matrix) -> list[float]:
    """Where a reader is found who goes from sentence to like sentence and now and then back to the topic."""
    similar = rows @ rows.T
    np.fill_diagonal(similar, 0.0)
    sums = similar.sum(axis=1, keepdims=True)
    n = len(rows)
    walk = np.where(sums > 0, similar / np.maximum(sums, 1e-12), 1.0 / n)
    score = np.full(n, 1.0 / n)
    for _ in range(_STEPS):
        score = _BIAS * bias + (1 - _BIAS) * (walk.T @ score)
    return [round(float(value), 5) for value in score / score.max()]


def asked(candidates: Sequence[Unit], topic: str) -> Matrix:
    """float64 [n], of sum 1: how much of the topic's weight in rare terms each unit holds, for its length."""
    wanted = topic_terms(topic)
    spread = Counter(term for unit in candidates for term in unit.terms & wanted)
    weight = {term: math.log((len(candidates) + 1) / n) for term, n in spread.items()}
    # In the order of the terms: a set's own order differs from run to run, and with it the last bit of a sum.
    found = (
        np.array(
            [
                sum(weight[term] for term in sorted(unit.terms & wanted)) / math.sqrt(max(1, len(unit.terms)))
                for unit in candidates
            ]
        )
        + 1e-4
    )
    share: Matrix = found / found.sum()
    return share


def choose(candidates: Sequence[Unit], topic: str, length: Length, kept_back: frozenset[Unit] = frozenset(),
           focus: Mapping[str, float] | None = None, language: Language | None = None) -> dict[str, list[Unit]]:
    """document -> its units to quote, in reading order. Every document that has a unit is there: each speaks once
    before any speaks again.

    kept_back: units that another section speaks with.  focus: `library_focus` of all documents.  language: whose
    sentences come first where they are as good; None for either.
    """
    free = [unit for unit in candidates if not any(_overlap(unit, kept) for kept in kept_back)]
    usable = _nearest(_without_foreign(free, language, math.ceil(SHARE[length][0])), topic)
    if not usable:
        return {}
    rows = tfidf(usable)
    scores = _scores(usable, _walk(rows, asked(usable, topic)), _likeness(usable, rows, focus or {}), topic,
                     language)
    documents = sorted({unit.document for unit in usable})
    each, most = (SHARE if len(documents) > 1 else ALONE)[length]
    chosen: dict[str, list[Unit]] = {document: [] for document in documents}
    open_ = list(range(len(usable)))
    near = np.zeros(len(usable))  # to what has been chosen
    for turn in range(round(each * len(documents))):
        speaking = [i for i in open_ if len(chosen[usable[i].document]) < (most if turn >= len(documents) else 1)]
        new = [i for i in speaking if near[i] < _LIKE]
        if not new and turn >= len(documents):
            break
        # A document that has nothing new to say speaks with what is least like the others.
        best = (
            max(new, key=lambda i: (round(scores[i] - _REPEATS * float(near[i]), 4), -i))
            if new
            else min(speaking, key=lambda i: (round(float(near[i]), 4), i))
        )
        unit = usable[best]
        chosen[unit.document].append(unit)
        near = np.maximum(near, rows @ rows[best])
        open_ = [i for i in open_ if not _overlap(usable[i], unit)]
    return {document: sorted(own, key=lambda unit: unit.start) for document, own in chosen.items() if own}


def _without_foreign(free: Sequence[Unit], language: Language | None, enough: int) -> list[Unit]:
    """Without the sentences in another language of a document that has enough in this one: often they say the same."""
    own = Counter(unit.document for unit in free if unit.language == language)
    return [unit for unit in free if unit.language == language or own[unit.document] < enough]


def _likeness(usable: Sequence[Unit], rows: Matrix, focus: Mapping[str, float]) -> list[float]:
    """Cosine of each unit to the focus, scaled to at most 1; 0 without one."""
    likeness = rows @ np.array([focus.get(term, 0.0) for term in _columns(usable)])
    return [round(float(value), 5) for value in likeness / max(1e-9, float(likeness.max()))]


def _scores(usable: Sequence[Unit], ranked: Sequence[float], central: Sequence[float], topic: str,
            language: Language | None) -> list[float]:
    terms = topic_terms(topic)
    size = Counter(unit.document for unit in usable)
    parted = {unit.document for unit in usable if not _sums_up(unit.heading)}
    found = []
    for unit, value, likeness in zip(usable, ranked, central, strict=True):
        # A long document speaks of many things: there the topic's words count by themselves.
        wide = min(1.0, max(0.0, (size[unit.document] - _WIDE) / (_WIDEST - _WIDE)))
        bonus = (
            _DEFINITION * (unit.role == "definition" or _opens(unit))
            + _CONTRIBUTION * names_contribution(unit.text)
            + _SUMMED * (unit.document in parted and _sums_up(unit.heading))
            - _PAIR * unit.is_pair
            + wide * _on_topic(unit, terms)
            + _OWN_LANGUAGE * (unit.language == language)
        )
        found.append(round(value + _FOCUS * likeness - _BEGINNING * unit.position + bonus, 4))
    return found


def _opens(unit: Unit) -> bool:
    """Whether a sentence at the beginning of its document is likely to say what that is about: no method, no result."""
    return unit.position < _OPENS and unit.role == "problem" and not unit.headed


@cache
def _sums_up(heading: str) -> bool:
    """Whether a document says under this heading in short what it is about."""
    return kind_named(heading) == "abstract"


def _overlap(a: Unit, b: Unit) -> bool:
    return a.document == b.document and a.start < b.end and b.start < a.end


def limit_of(own: Sequence[Unit]) -> Unit | None:
    """The sentence in which a document best names a limit, or what it leaves open, else the problem that it sets out
    from; None where none does, or the document would have nothing else to speak with."""
    limits = [unit for unit in own if (unit.is_gap or unit.role in _OWN_LIMITS) and leaves_some(own, unit)]
    return max(limits, key=lambda unit: (round(_limit_weight(unit), 6), -unit.start, -unit.end), default=None)


def speak_of_limits(groups: Sequence[Sequence[str]], units: Mapping[str, Sequence[Unit]],
                    language: Language) -> list[str]:
    """The documents that a section on limits quotes: of each group the best that name a limit of their own or leave
    something open, up to two or a third of it, and those that name the problem they set out from as long as a quarter
    has not spoken: most abstracts name one, and a survey quotes only so much. groups: the documents of each section."""
    found: list[str] = []
    for group in groups:
        limits = {document: unit for document in group if (unit := limit_of(units[document]))}
        order = sorted(limits, key=lambda document: (-round(
            _limit_weight(limits[document]) + _OWN_LANGUAGE * (limits[document].language == language), 4), document))
        own = [document for document in order if not limits[document].is_gap][:max(2, len(group) // _OWN_OF)]
        gaps = [document for document in order if limits[document].is_gap]
        found += [*own, *gaps[:max(0, len(group) // _GAPS_OF - len(own))]]
    return sorted(found)


def leaves_some(own: Sequence[Unit], *kept: Unit | None) -> bool:
    """Whether a document has a sentence that shares nothing with these."""
    return any(not any(unit is not None and _overlap(other, unit) for unit in kept) for other in own)


def topic_terms(topic: str) -> frozenset[str]:
    return frozenset(
        token.term for token in question_tokens(other_words(topic)) if len(token.term) > 1 or token.term.isascii()
    )


def _on_topic(unit: Unit, terms: frozenset[str]) -> float:
    return len(unit.terms & terms) / max(1, len(terms))


def tfidf(candidates: Sequence[Unit]) -> Matrix:
    """float64 [n, v], rows of length 1: which terms a unit has, weighted by how few units have them."""
    spread = Counter(term for unit in candidates for term in unit.terms)
    column = {term: i for i, term in enumerate(_columns(candidates))}
    rows = np.zeros((len(candidates), max(1, len(column))))
    n = len(candidates)
    for i, unit in enumerate(candidates):
        for term in unit.terms:
            rows[i, column[term]] = math.log((n + 1) / spread[term])
    norms: Matrix = np.linalg.norm(rows, axis=1, keepdims=True)
    result: Matrix = rows / np.maximum(norms, 1e-9)
    return result


def _columns(candidates: Sequence[Unit]) -> list[str]:
    """The terms that the columns of `tfidf` are of."""
    return sorted({term for unit in candidates for term in unit.terms}) or [""]


def _nearest(candidates: Sequence[Unit], topic: str) -> list[Unit]:
    """At most as many units as can be ranked together: of each document those that speak of the topic, begin it, or
    have a rare role."""
    if len(candidates) <= _MOST:
        return sorted(candidates)
    terms = topic_terms(topic)
    share = max(4, _MOST // len({unit.document for unit in candidates}))
    kept: list[Unit] = []
    for document in sorted({unit.document for unit in candidates}):
        own = [unit for unit in candidates if unit.document == document]
        own.sort(
            key=lambda unit: (
                -round(
                    _on_topic(unit, terms)
                    + _RARE_ROLE * (unit.is_gap or unit.role in ("definition", *_OWN_LIMITS))
                    + _EARLY * (1 - unit.position),
                    4,
                ),
                unit.start,
            )
        )
        kept += own[:share]
    return sorted(kept)


def _limit_weight(unit: Unit) -> float:
    least, most = _GOOD_SIZE[unit.language]
    size = len(unit.text.split()) if unit.language == "en" else len(unit.text)
    return (2 * (unit.role in _OWN_LIMITS) + unit.is_sure + 0.5 * (unit.role == "limitation")
            - _PAIR * unit.is_pair * unit.is_gap + _OF_GOOD_SIZE * (least <= size <= most))
