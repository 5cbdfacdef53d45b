"""Choose the sentences of a section: central, on the topic, different from each other, and from every document of the section.

Reads: the units of the section's own documents, never others.  Gives: the units to quote, per document and role.
Source: Otterbacher et al. 2005, "Using Random Walks for Question-focused Sentence Retrieval", for biased LexRank; Carbonell & Goldstein 1998 for MMR.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kb.survey.glossary import other_words
from kb.survey.records import Length, Role
from kb.survey.sentences import Unit, names_limit
from kb.text import question_tokens

Matrix = NDArray[np.float64]

# Sentences a document contributes to its section, and the roles they are wanted in, in the order they are read.
WANTED: dict[Length, tuple[Role, ...]] = {"short": ("definition",), "medium": ("definition", "method", "result"),
                                          "long": ("definition", "problem", "method", "result", "result", "limitation")}
_NEAR: dict[Role, tuple[Role, ...]] = {"definition": ("method", "problem"), "problem": ("definition",), "method": ("definition",), "result": ("method",), "limitation": ()}
ORDER: tuple[Role, ...] = ("definition", "problem", "method", "result", "limitation")
_BIAS = 0.3  # share of the walk that jumps to sentences like the topic
_MOST = 1200  # sentences ranked together
_SAME = 0.75  # cosine from which two sentences say the same
_GOOD_SIZE = {"en": (12, 40), "zh": (25, 110)}


def rank(candidates: Sequence[Unit], topic: str) -> list[float]:
    """Biased LexRank of each unit, scaled to at most 1."""
    if not candidates:
        return []
    rows = tfidf(candidates)
    similar = rows @ rows.T
    np.fill_diagonal(similar, 0.0)
    similar[similar < 0.1] = 0.0
    sums = similar.sum(axis=1, keepdims=True)
    n = len(candidates)
    walk = np.where(sums > 0, similar / np.maximum(sums, 1e-12), 1.0 / n)
    asked = np.array([_on_topic(unit, topic_terms(topic)) for unit in candidates]) + 1e-3
    asked /= asked.sum()
    score = np.full(n, 1.0 / n)
    for _ in range(50):
        score = _BIAS * asked + (1 - _BIAS) * (walk.T @ score)
    return [round(float(value), 5) for value in score / score.max()]


def choose(candidates: Sequence[Unit], topic: str, length: Length, kept_back: frozenset[Unit] = frozenset()) -> dict[str, list[Unit]]:
    """document -> its units to quote, in reading order of roles. Every document that has a unit is there.

    kept_back: units that another section speaks with.
    """
    usable = _nearest([unit for unit in candidates if unit not in kept_back], topic)
    scores = dict(zip(usable, rank(usable, topic), strict=True))
    vectors = dict(zip(usable, tfidf(usable), strict=True)) if usable else {}
    chosen: dict[str, list[Unit]] = {}
    taken: list[Unit] = []
    for document in sorted({unit.document for unit in usable}):
        own = [unit for unit in usable if unit.document == document]
        picked: list[Unit] = []
        for role in WANTED[length]:
            best = _best([unit for unit in own if unit.role == role], scores, vectors, topic, picked, taken, role)
            for other in _NEAR[role]:
                best = best or _best([unit for unit in own if unit.role == other], scores, vectors, topic, picked, taken, role)
            if best is None and not picked:
                best = _best(own, scores, vectors, topic, picked, taken, role) or max(own, key=lambda unit: (scores[unit], -unit.start))
            if best is not None:
                picked.append(best)
                taken.append(best)
        chosen[document] = sorted(picked, key=lambda unit: (ORDER.index(unit.role), unit.start))
    return chosen


def choose_limits(candidates: Sequence[Unit]) -> dict[str, Unit]:
    """document -> the sentence in which it best names a limit; documents that name none are not there."""
    found: dict[str, Unit] = {}
    for unit in sorted((unit for unit in candidates if unit.role == "limitation"), key=lambda unit: (unit.document, unit.start)):
        if unit.document not in found or _limit_weight(unit) > _limit_weight(found[unit.document]) + 1e-9:
            found[unit.document] = unit
    return found


def same(a: Unit, b: Unit) -> bool:
    """Whether two units say nearly the same in the same words."""
    shared = len(a.terms & b.terms)
    return shared >= _SAME * max(1.0, math.sqrt(len(a.terms) * len(b.terms)))


def topic_terms(topic: str) -> frozenset[str]:
    return frozenset(token.term for token in question_tokens(other_words(topic)) if len(token.term) > 1 or token.term.isascii())


def _on_topic(unit: Unit, terms: frozenset[str]) -> float:
    return len(unit.terms & terms) / max(1, len(terms))


def tfidf(candidates: Sequence[Unit]) -> Matrix:
    """float64 [n, v], rows of length 1: which terms a unit has, weighted by how few units have them."""
    spread = Counter(term for unit in candidates for term in unit.terms)
    # A term of one sentence makes it like no other.
    column = {term: i for i, term in enumerate(sorted(term for term, n in spread.items() if n > 1))}
    rows = np.zeros((len(candidates), max(1, len(column))))
    n = len(candidates)
    for i, unit in enumerate(candidates):
        for term in unit.terms:
            if term in column:
                rows[i, column[term]] = math.log(n / spread[term])
    norms: Matrix = np.linalg.norm(rows, axis=1, keepdims=True)
    result: Matrix = rows / np.maximum(norms, 1e-9)
    return result


def _nearest(candidates: Sequence[Unit], topic: str) -> list[Unit]:
    """At most as many units as can be ranked together: of each document those that speak of the topic, begin it, or have a rare role."""
    if len(candidates) <= _MOST:
        return sorted(candidates)
    terms = topic_terms(topic)
    share = max(4, _MOST // len({unit.document for unit in candidates}))
    kept: list[Unit] = []
    for document in sorted({unit.document for unit in candidates}):
        own = [unit for unit in candidates if unit.document == document]
        own.sort(key=lambda unit: (-round(_on_topic(unit, terms) + 0.3 * (unit.role in ("definition", "limitation")) + 0.2 * (1 - unit.position), 4), unit.start))
        kept += own[:share]
    return sorted(kept)


def _best(own: Sequence[Unit], scores: dict[Unit, float], vectors: dict[Unit, Matrix], topic: str, picked: Sequence[Unit], taken: Sequence[Unit], role: Role) -> Unit | None:
    """The unit with the best score less its likeness to what its document has said; none that repeats what was taken, or overlaps it."""
    terms = topic_terms(topic)
    wide = min(1.0, max(0.0, (len(own) - 25) / 50))
    best: tuple[float, int] | None = None
    found = None
    for unit in own:
        if any(unit.start < other.end and other.start < unit.end for other in picked) or any(same(unit, other) for other in taken):
            continue
        like = max((float(vectors[unit] @ vectors[other]) for other in picked), default=0.0)
        least, most = _GOOD_SIZE[unit.language]
        size = len(unit.text.split()) if unit.language == "en" else len(unit.text)
        form = 0.25 * (least <= size <= most) - 0.3 * (size > 1.4 * most)
        first = (0.7 if role == "definition" else 0.1) * (1 - unit.position)
        figures = 0.25 * (role == "result" and bool(re.search(r"\d", unit.text)))
        # A long document speaks of many things: there the topic's words count for more, and standing first for less.
        score = round(scores[unit] + (0.6 + wide) * _on_topic(unit, terms) + form + first * (1 - 0.8 * wide) + figures - 0.7 * like, 4)
        if best is None or (score, -unit.start) > best:
            best, found = (score, -unit.start), unit
    return found


def _limit_weight(unit: Unit) -> float:
    least, most = _GOOD_SIZE[unit.language]
    size = len(unit.text.split()) if unit.language == "en" else len(unit.text)
    return names_limit(unit.text) + 0.3 * (least <= size <= most)
