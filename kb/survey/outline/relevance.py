"""Which documents a topic concerns: what a trained reader, the encoder and the words say of it, in one figure.

Reads: the topic, and each document's title with its abstract or beginning.  Gives: for each document its relevance, a
probability, with the words that speak for it, and its vector; and whether the library holds the topic at all.
The weights were fitted on libraries of several topics; `python -m tests.bench.relevance` measures what they reach.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.survey.outline.standing import front
from kb.survey.outline.topic_words import Held, held_words, wider
from kb.survey.records import CUT
from kb.text import statements
from kb.types import Candidate, CrossEncoder, Document, Encoder, Vectors

Matrix = NDArray[np.float64]

LEAD = 900  # characters of title and abstract that are encoded and read: a document's own summary of itself
FOUND, FOUND_GATHERED = 0.45, 0.08  # the probability from which on a library holds the topic, one gathered for one text
_WORDS = 2000  # characters of title and abstract that are searched for the topic's words
_NEAREST = 3  # documents like one that speak for it; of the best ones that tell of the library
_UNSAID = -20.0  # the reader's word on a document without a sentence
_LEAST = 4  # documents of a language, to know what is only the language
_ALIKE = 0.28  # likeness to its nearest from which on a document belongs to a library that was gathered for one text
_FEW = 8  # documents, too few to tell what they have in common from what each is on
_HALF = 0.5  # of the topic's words
_SMALL = 30  # documents of a library that is used whole where no reader tells what belongs
_NOTHING = 1e-9  # the least length that a row is divided by
_SPREAD = 0.02  # least spread of cosines that is told from none


@dataclass(frozen=True, slots=True)
class Weights:
    """Logistic models, the intercept first: of a document by itself, and of it among the others."""

    alone: tuple[float, ...]
    among: tuple[float, ...]


# Features in the order of `_alone` and `_among`. Without a reader cosines count only against each other.
READ = Weights((-1.25, 0.78, -1.16, 1.49, 0.19, 0.10, 2.02, 1.03, 4.77, 3.72), (-0.11, 0.70, 3.42, 3.50, -0.28))
UNREAD = Weights((-2.20, 1.37, -0.43, 1.79, 1.33, 0.77), (-0.53, 0.57, 4.08, 3.91, -0.21))
# Of its having the topic: the best logits, the best shares of the topic's words; of one gathered for one text, whose
# topic is long: the best logit and the median one besides.
LIBRARY = (-2.86, 1.35, 1.64)
GATHERED_LIBRARY = (-0.90, -1.20, 3.63, 2.19, 1.05)
# Of a library's being gathered for one text: mean cosine of two documents, that of the most distant ones to the others,
# that of the most distant ones to the topic. Related-work sets against libraries of several such sets.
_GATHERED = (-28.12, 45.14, 40.87, 2.81)
_DISTANT = 15  # percentile


@dataclass(frozen=True, slots=True)
class Measured:
    """relevance [n] in [0, 1], held [n] and vectors float32 [n, d], rows of length 1, in the order of the documents.

    belongs [n]: whether a document is used where nothing else is asked for.  found: the probability that the library
    holds the topic; is_found: whether that is enough.
    """

    relevance: tuple[float, ...]
    held: tuple[Held, ...]
    vectors: Vectors
    belongs: tuple[bool, ...]
    found: float
    is_found: bool = True


def lead(document: Document) -> str:
    """The title and the abstract, or the beginning, in one line: what a document says of itself."""
    return _line(front(document))[:LEAD]


def measure(topic: str, documents: Sequence[Document], encoder: Encoder,
            reader: CrossEncoder | None = None) -> Measured:
    """What a topic has to do with each document, and with all of them.

    reader: the trained one with whose word the weights were fitted, beside its encoder.
    """
    leads = [lead(document) for document in documents]
    vectors = encoder.encode(leads)
    if not documents:
        return Measured((), (), vectors, (), 0.0, is_found=False)
    held = held_words(topic, [document.metadata.title for document in documents],
                      [_line(front(document))[:_WORDS] for document in documents])
    asked = encoder.encode([topic, wider(topic)], role="question")
    weights = READ if reader else UNREAD
    own = _centred(vectors, documents)
    columns = [[row.share, row.in_title, row.often] for row in held]
    alone = _logit(np.hstack([columns, _alone(vectors, own, asked, _said(topic, documents, leads, reader))]),
                   weights.alone)
    likeness = own @ own.T  # [n, n]
    logits = _logit(_among(alone, likeness), weights.among)
    # Rounded: the last bits of a cosine differ from machine to machine, a decision must not.
    relevance = tuple(round(float(value), 3) for value in _logistic(logits))
    gathered = _gathered(vectors, asked[0]) if reader else np.full(len(documents), 1.0 * (len(documents) <= _SMALL))
    near = gathered
    if len(documents) < _FEW:
        near = np.maximum(near, [row.count >= _HALF for row in held])
    belongs = tuple(value >= CUT or float(like) >= _ALIKE for value, like in zip(relevance, near, strict=True))
    is_gathered = reader is not None and gathered.any()
    found = _found(logits, held, relevance, is_read=reader is not None, is_gathered=bool(is_gathered))
    least = FOUND_GATHERED if is_gathered else FOUND
    return Measured(relevance, tuple(held), vectors, belongs, found, is_found=found >= least)


def _found(logits: Matrix, held: Sequence[Held], relevance: Sequence[float], *, is_read: bool,
           is_gathered: bool) -> float:
    """The probability that the library holds the topic: by its best documents, or one on the topic that has all of its
    words; half of them where no reader reads."""
    counts = np.array([row.count for row in held])
    if not is_read:
        return float(counts.max() >= _HALF)
    best = [_best(logits), _best(counts), *([logits.max(), np.median(logits)] if is_gathered else [])]
    found = float(_logistic(_logit(np.array([best]), GATHERED_LIBRARY if is_gathered else LIBRARY))[0])
    named = any(row.count == 1 and (value >= CUT or row.in_title == 1 or len(held) < _FEW)
                for row, value in zip(held, relevance, strict=True))
    return round(max(found, float(named)), 3)


def _said(topic: str, documents: Sequence[Document], leads: Sequence[str],
          reader: CrossEncoder | None) -> Matrix | None:
    """float64 [n, 2]: the reader's logits that a document's lead answers the topic, and its best sentence."""
    if reader is None:
        return None
    found = reader.score(topic, [Candidate(document.metadata.title, (), text, statements(text))
                                 for document, text in zip(documents, leads, strict=True)])
    return np.array([[reading.answerable, max(map(float, reading.sentences), default=_UNSAID)] for reading in found])


def _alone(vectors: Vectors, own: Matrix, asked: Vectors, said: Matrix | None) -> Matrix:
    """What reader and encoder say of each document: both of the reader's logits; cosine to the topic and to the topic
    in other words; the same of what is the document's own."""
    cosines, apart = vectors @ asked.T, own @ asked.T  # [n, 2]
    if said is None:
        return np.asarray(apart / (apart.std(axis=0) + _SPREAD))
    return np.hstack([said, cosines, apart])


def _centred(vectors: Vectors, documents: Sequence[Document]) -> Matrix:
    """float64 [n, d], rows of length 1: the vectors without what all of their language have in common."""
    moved = vectors.astype(np.float64)
    whole = moved.mean(axis=0)
    for language in ("zh", "en"):
        rows = [i for i, document in enumerate(documents) if document.language == language]
        if rows:
            moved[rows] -= moved[rows].mean(axis=0) if len(rows) >= _LEAST else whole
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), _NOTHING))


def _among(logits: Matrix, likeness: Matrix) -> Matrix:
    """The logit; likeness to the others, each as far as it is on the topic; to the nearest of them; the best logits."""
    n = len(logits)
    chance = _logistic(logits)
    others = likeness * (1 - np.eye(n))
    share = chance**2
    near = others @ share / (share.sum() - share + 1e-6)
    nearest = np.sort(others * chance, axis=1)[:, -_NEAREST:].sum(axis=1) / _NEAREST
    return np.column_stack([logits, near, nearest, np.full(n, _best(logits))])


def _gathered(vectors: Vectors, asked: Vectors) -> Matrix:
    """float64 [n]: how like a document is to its nearest, in a library that was gathered for one text; else 0."""
    n = len(vectors)
    likeness = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    np.fill_diagonal(likeness, 0.0)
    to_others = likeness.sum(axis=1) / max(1, n - 1)
    known = [to_others.mean(), np.percentile(to_others, _DISTANT), np.percentile(vectors @ asked, _DISTANT)]
    if round(float(_logit(np.array([known]), _GATHERED)[0]), 3) < 0:
        return np.zeros(n)
    nearest = np.sort(likeness, axis=1)[:, -min(_NEAREST, max(1, n - 1)):]
    return np.asarray(np.round(nearest.mean(axis=1), 3))


def _best(values: Matrix) -> float:
    return float(np.sort(values)[-_NEAREST:].mean())


def _logit(features: Matrix, weights: Sequence[float]) -> Matrix:
    return np.asarray(np.asarray(features) @ np.array(weights[1:]) + weights[0])


def _logistic(x: Matrix) -> Matrix:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))))


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[#*`|>]+", " ", text)).strip()
