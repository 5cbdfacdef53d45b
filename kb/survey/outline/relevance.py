"""Which documents a topic concerns: what a trained reader, the encoder and the words say of it, in one figure.

Reads: the topic, and each document's title with its abstract or beginning.  Gives: for each document its relevance, a
probability, with the words that speak for it, and its vector; and whether the library holds the topic at all.
The weights were fitted on libraries of several topics; `python -m tests.bench.relevance` measures what they reach.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kb.survey.outline.nearness import nearness
from kb.survey.outline.standing import front
from kb.survey.outline.topic_words import Held, head_of, held_words, n_words, narrower, sides_of, telling_sides, wider
from kb.survey.records import CUT
from kb.text import CJK, statements
from kb.types import Candidate, CrossEncoder, Document, Encoder, Language, Vectors

Matrix = NDArray[np.float64]

LEAD = 900  # characters of title and abstract that are encoded and read: a document's own summary of itself
FOUND = 0.4  # the probability from which on a library holds a topic
_WORDS = 2000  # characters of title and abstract that are searched for the topic's words
_NEAREST = 3  # documents like one that speak for it; of the best ones that tell of the library
_UNSAID = -20.0  # the reader's word on a document without a sentence
_LEAST = 4  # documents of a language, to know what is only the language
_ALIKE = 0.28  # likeness to its nearest from which on a document belongs to a library that was gathered for one text
_MOST_GATHERED = 45  # documents: for one text seldom more are gathered (40 in 70 related-work sets)
_FEW = 8  # documents, too few to tell what they have in common from what each is on
_HALF = 0.5  # of the topic's words; of the documents
_SURE = 0.8  # relevance of a document that holds the topic by itself
_SIDES = 2  # of a topic: what it is, and what it is of
_SMALL = 30  # documents of a library that is used whole where no reader tells what belongs
_NONE_ON = 0.1  # squared chances of the others, of which so many say that none is on the topic
_NOTHING = 1e-9  # the least length that a row is divided by
_SPREAD = 0.02  # least spread of cosines that is told from none
# By how much a logit is lower of a work that has nothing of what the topic is, only of what it is of, in its language:
# of such ones from 0 to 2 two of ten were on the topic (277 topics), above that most.
_ASIDE = 2.0
_TOGETHER = 0.06  # by how much works of the other language are nearer to the topic than the rest, to be on it together
_HAN = re.compile(f"[{CJK}]")


@dataclass(frozen=True, slots=True)
class Weights:
    """Logistic models, the intercept first: of a document by itself, and of it among the others."""

    alone: tuple[float, ...]
    among: tuple[float, ...]


# Features in the order of `features` and `among`. Without a reader cosines count only against each other.
_OWN, _OWN_SIDES, UNDER = slice(7, 9), slice(14, 16), 16  # columns of what is a document's own
READ = Weights(
    (-4.015, -0.951, 2.125, 3.612, 0.039, 0.161, 2.288, -0.671, 1.426, 5.106, 0.678, 0.041, -0.207, -0.183, 1.977,
     5.606, -0.988, 2.054),
    (0.302, 0.941, 7.031, -0.777, -0.357, 0.342, 0.508, 0.906, -0.09))
UNREAD = Weights((-2.20, 1.37, -0.43, 1.79, 1.33, 0.77), (-0.53, 0.57, 4.08, 3.91, -0.21))
LIBRARY = (-2.588, 1.268, 2.3)  # of its having the topic: the best logits, the nearest wide names
# Of a library's being gathered for one text on the topic: median cosine to the topic, logarithm of the number of its
# words. Related-work sets under their own titles against such sets under others', and libraries of one field or more.
_GATHERED = (-15.7, 21.66, 6.5)
# Of its being on one thing at all: median cosine to the topic; that of the quarter that is least like it, as a part of
# that of the tenth that is most so. Works like one under its title, against those like several of them, and like none.
_AS_ONE = (-12.04, 6.63, 13.49)
_LEAST_LIKE, _MOST_LIKE = 0.25, 0.9  # which of all


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


def _aside(topic: str, documents: Sequence[Document], held: Sequence[Held]) -> Matrix:
    """float64 [n]: 1 for a document in the topic's language that has no word of what the topic is, though many have: of
    “alignment of language models” one on language models alone. Where few have it, others say it in other words."""
    if len(sides_of(topic)) < _SIDES or sum(row.head == 1 for row in held) < _FEW:
        return np.zeros(len(documents))
    return np.array([1.0 * (row.head == 0 and document.language == _language(topic))
                     for document, row in zip(documents, held, strict=True)])


def lead(document: Document) -> str:
    """The title and the abstract, or the beginning, in one line: what a document says of itself."""
    return _line(front(document))[:LEAD]


def measure(topic: str, documents: Sequence[Document], encoder: Encoder,
            reader: CrossEncoder | None = None) -> Measured:
    """What a topic has to do with each document, and with all of them.

    reader: the trained one with whose word the weights were fitted, beside its encoder.
    """
    if not documents:
        return Measured((), (), encoder.encode([]), (), 0.0, is_found=False)
    seen = features(topic, documents, encoder, reader)
    held = seen.held
    aside = _ASIDE * _aside(topic, documents, held)
    logits = _logits(seen, is_read=reader is not None) - aside
    relevance = _rounded(logits)
    gathered = (_gathered(seen.vectors, seen.asked, topic, held) if reader
                else np.full(len(documents), 1.0 * (len(documents) <= _SMALL)))
    near = gathered
    if len(documents) < _FEW:
        near = np.maximum(near, [row.count >= _HALF for row in held])
    is_gathered = reader is not None and bool(gathered.any())
    found = 1.0 if is_gathered else _found(logits, seen, relevance, is_read=reader is not None)
    if reader is not None and found >= FOUND and (moved := _moved(seen, topic, documents, encoder)) is not None:
        relevance = _rounded(_logits(moved) - aside)
    belongs = tuple(value >= CUT or float(like) >= _ALIKE for value, like in zip(relevance, near, strict=True))
    return Measured(relevance, tuple(held), seen.vectors, belongs, found, is_found=found >= FOUND)


def _logits(seen: Features, *, is_read: bool = True) -> Matrix:
    weights = READ if is_read else UNREAD
    return _logit(among(_logit(seen.alone, weights.alone), seen, is_read=is_read), weights.among)


def _rounded(logits: Matrix) -> tuple[float, ...]:
    """Relevance: the last bits of a cosine differ from machine to machine, a decision must not."""
    return tuple(round(float(value), 3) for value in _logistic(logits))


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of each document under a topic. alone [n, m]: what the model of a document by itself reads; held
    [n]; vectors and own [n, d]: rows of length 1, own without what all of a language share; asked [d]: the topic."""

    alone: Matrix
    held: list[Held]
    vectors: Vectors
    own: Matrix
    asked: Vectors


def features(topic: str, documents: Sequence[Document], encoder: Encoder,
             reader: CrossEncoder | None = None) -> Features:
    """What reader, encoder and words say of each document, before any weight."""
    leads = [lead(document) for document in documents]
    vectors = encoder.encode(leads)
    asked = encoder.encode([topic, wider(topic)], role="question")
    own = own_of(vectors, [document.language for document in documents])
    texts = [_line(front(document))[:_WORDS] for document in documents]
    held = held_words(topic, [document.metadata.title for document in documents], texts)
    words = np.array([[row.share, row.in_title, row.often] for row in held])
    said = _said(topic, documents, leads, reader)
    if said is None:
        return Features(np.hstack([words, _cosines(vectors, own, asked, is_read=False)]), held, vectors, own, asked[0])
    alone = np.hstack([words, said, _cosines(vectors, own, asked), _foreign(topic, documents, words, said),
                       [[row.head, row.least] for row in held], _sides(topic, own, encoder, held),
                       nearness(topic, texts, encoder)[:, None]])
    return Features(alone, held, vectors, own, asked[0])


def _moved(seen: Features, topic: str, documents: Sequence[Document], encoder: Encoder) -> Features | None:
    """The features of a library that holds the topic, where the works of the other language are on it together; None
    where they are not."""
    own = _together(seen.vectors, [document.language for document in documents], _language(topic), seen.asked)
    if own is None:
        return None
    alone = seen.alone.copy()
    alone[:, _OWN] = own @ encoder.encode([topic, wider(topic)], role="question").T
    alone[:, _OWN_SIDES] = _sides(topic, own, encoder, seen.held)
    return replace(seen, alone=alone, own=own)


def among(logits: Matrix, seen: Features, *, is_read: bool = True) -> Matrix:
    """What the model of a document among the others reads. logits [n]: what the model of each by itself says."""
    near = _among(logits, seen.own @ seen.own.T)
    return np.hstack([near, _broad(logits, seen.held)]) if is_read else near


def _found(logits: Matrix, seen: Features, relevance: Sequence[float], *, is_read: bool) -> float:
    """The probability that the library holds the topic: by its best documents, or one surely on it that has all of its
    words; half of them where no reader reads."""
    if not is_read:
        return float(max(row.count for row in seen.held) >= _HALF)
    known = np.array([[best(logits), best(seen.alone[:, UNDER])]])
    found = float(_logistic(_logit(known, LIBRARY))[0])
    named = any(row.count == 1 and (value >= _SURE or row.in_title == 1 or len(seen.held) < _FEW)
                for row, value in zip(seen.held, relevance, strict=True))
    return round(max(found, float(named)), 3)


def _said(topic: str, documents: Sequence[Document], leads: Sequence[str],
          reader: CrossEncoder | None) -> Matrix | None:
    """float64 [n, 2]: the reader's logits that a document's lead answers the topic, and its best sentence."""
    if reader is None:
        return None
    found = reader.score(topic, [Candidate(document.metadata.title, (), text, statements(text))
                                 for document, text in zip(documents, leads, strict=True)])
    return np.array([[reading.answerable, max(map(float, reading.sentences), default=_UNSAID)] for reading in found])


def _cosines(vectors: Vectors, own: Matrix, asked: Vectors, *, is_read: bool = True) -> Matrix:
    """float64 [n, 4]: cosine to the topic and to the topic in other words; the same of what is the document's own.
    Without a reader the latter two alone, against their spread."""
    cosines, apart = vectors @ asked.T, own @ asked.T  # [n, 2]
    return np.hstack([cosines, apart]) if is_read else np.asarray(apart / (apart.std(axis=0) + _SPREAD))


def _sides(topic: str, own: Matrix, encoder: Encoder, held: Sequence[Held]) -> Matrix:
    """float64 [n, 2]: cosine of what is the document's own to what the topic is, and to what it is least like of what
    the topic is and is of, but for the library's field; of words that stand side by side, and of what belongs under
    them, the nearest ones count."""
    kinds = telling_sides(topic, held) or [[topic]]
    kinds[head_of(topic)] = [side for one in kinds[head_of(topic)] for side in (one, *narrower(one))]
    asked = encoder.encode([side for sides in kinds for side in sides], role="question")
    cosines, nearest, i = own @ asked.T, [], 0
    for sides in kinds:
        nearest.append(cosines[:, i:i + len(sides)].max(axis=1))
        i += len(sides)
    return np.column_stack([nearest[head_of(topic)], np.min(nearest, axis=0)])


def _foreign(topic: str, documents: Sequence[Document], words: Matrix, said: Matrix) -> Matrix:
    """float64 [n, 3]: 1 for a document in the other language than the topic's, with what the reader and the words say
    of it: both say less across languages."""
    is_foreign = np.array([[1.0 * (document.language != _language(topic))] for document in documents])
    return np.hstack([is_foreign, is_foreign * said[:, :1], is_foreign * words[:, :1]])


def _language(topic: str) -> Language:
    return "zh" if _HAN.search(topic) else "en"


def own_of(vectors: Vectors, languages: Sequence[str]) -> Matrix:
    """float64 [n, d], rows of length 1: the vectors without what all of their language have in common, which is what
    each says of its own."""
    moved = vectors.astype(np.float64)
    whole = moved.mean(axis=0)
    for language in ("zh", "en"):
        rows = [i for i, each in enumerate(languages) if each == language]
        if rows:
            moved[rows] -= moved[rows].mean(axis=0) if len(rows) >= _LEAST else whole
    return _unit(moved)


def _together(vectors: Vectors, languages: Sequence[str], own: Language, asked: Vectors) -> Matrix | None:
    """The same where the works of the other language than the topic's are on the topic together: the topic is what they
    have in common, and would go with it. None where they are not. languages [n]; own: the topic's; asked [d].

    They are first moved to where works like them in the topic's language lie; if they lie nearer to the topic there
    than those do, they are measured against those.
    """
    moved = vectors.astype(np.float64)
    home, others = ([i for i, each in enumerate(languages) if (each == own) == is_home] for is_home in (True, False))
    if len(home) < _LEAST or not others:
        return None
    aligned, centre = _aligned(moved, home, others), moved[home].mean(axis=0)
    if float((aligned.mean(axis=0) - centre) @ asked) <= _TOGETHER:
        return None
    moved[home] -= centre
    moved[others] = aligned - centre
    return _unit(moved)


def _aligned(vectors: Matrix, home: Sequence[int], others: Sequence[int]) -> Matrix:
    """The vectors of others, moved by what tells them from the nearest ones at home: by the language alone, as far as
    there are works like them."""
    near = vectors[others] @ vectors[home].T
    nearest = np.argsort(-near, axis=1, kind="stable")[:, :_NEAREST]
    return np.asarray(vectors[others] - (vectors[others] - vectors[home][nearest].mean(axis=1)).mean(axis=0))


def _unit(vectors: Matrix) -> Matrix:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), _NOTHING))


def _among(logits: Matrix, likeness: Matrix) -> Matrix:
    """The logit; likeness to the others, each as far as it is on the topic; to the nearest of them; the best logits."""
    n = len(logits)
    chance = _logistic(logits)
    others = likeness * (1 - np.eye(n))
    share = chance**2
    near = others @ share / (share.sum() - share + _NONE_ON)
    nearest = np.sort(others * chance, axis=1)[:, -_NEAREST:].sum(axis=1) / _NEAREST
    return np.column_stack([logits, near, nearest, np.full(n, best(logits))])


def _broad(logits: Matrix, held: Sequence[Held]) -> Matrix:
    """float64 [n, 4]: how many documents the topic seems to concern; how many have all of its words, and whether this
    one has; the logit, the more the broader the topic is."""
    n = len(logits)
    full = np.array([1.0 * (row.count >= 1) for row in held])
    breadth = math.log(_logistic(logits).sum() + 0.5)
    return np.column_stack([np.full(n, breadth), np.full(n, math.log1p(full.sum())), full, logits * breadth])


def _gathered(vectors: Vectors, asked: Vectors, topic: str, held: Sequence[Held]) -> Matrix:
    """float64 [n]: how like a document is to its nearest, in a library that was gathered for one text on the topic;
    else 0. Where some documents have all words of a topic and most have not, the topic is a subject within the
    library; the words of one text's title stand together in none."""
    n = len(vectors)
    if n > _MOST_GATHERED:
        return np.zeros(n)
    n_full = sum(row.count >= 1 for row in held)
    cosines = vectors.astype(np.float64) @ asked
    least, middle, most = np.quantile(cosines, (_LEAST_LIKE, _HALF, _MOST_LIKE))
    of_text = _logit(np.array([middle, math.log(max(1.0, n_words(topic)))]), _GATHERED)
    as_one = _logit(np.array([middle, least / max(most, _NOTHING)]), _AS_ONE)
    if 0 < n_full < _HALF * n or round(float(min(of_text, as_one)), 3) < 0:
        return np.zeros(n)
    likeness = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    np.fill_diagonal(likeness, 0.0)
    nearest = np.sort(likeness, axis=1)[:, -min(_NEAREST, max(1, n - 1)):]
    return np.asarray(np.round(nearest.mean(axis=1), 3))


def best(values: Matrix) -> float:
    """The mean of the highest three."""
    return float(np.sort(values)[-_NEAREST:].mean())


def _logit(features: Matrix, weights: Sequence[float]) -> Matrix:
    return np.asarray(np.asarray(features) @ np.array(weights[1:]) + weights[0])


def _logistic(x: Matrix) -> Matrix:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))))


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[#*`|>]+", " ", text)).strip()
