"""Whether a work is on a term that stands at its front, or only says it: as an example, before it speaks of itself, in
a Chinese word that has other uses ("to quantify" for quantization).

Reads: the names of a term, documents, and how near each is to a text.  Gives: the documents that are on it. Their words
alone are what the audit counts again; this decides what is said at all. The weights are fitted to 2,284 pairs of a work
and a term, read one by one (tests/bench/about.py).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.answer.support import logistic
from kb.survey.abstracts import begins_own
from kb.survey.outline.phrases import Term, keywords_of
from kb.survey.outline.standing import STOP, Piece, pieces, plain, spoken, turned_in
from kb.survey.outline.usage import function_words
from kb.survey.outline.worth import is_concept
from kb.text import CJK, sentence_spans
from kb.types import Document, Vectors
from kb.words import Phrases, phrases

FEATURES = ("one", "in the title or a keyword", "how often below it", "as an example", "in the last sentence alone",
            "in the first", "before it speaks of itself alone", "before another word", "a concept",
            "a Chinese word of two characters", "how near the work is", "how near it is to the wide name itself")
# Of a term; of a wide name, whose own words may not stand there: the last feature is such a name's alone.
WEIGHTS = (-1.06, 2.09, 2.08, -2.04, -0.07, 0.93, -0.93, -0.42, 0.44, -2.13, 1.01)
WIDE = (-2.01, 1.27, 1.35, -0.89, -0.27, 0.65, -0.35, 0.09, 0.84, -1.75, -0.0, 0.87)
# The chance from which on a work is on a term: of terms that make headings those are chosen that seem to have many.
ON = 0.95

_EXAMPLE = Phrases(r"(?:\b(?:«mentions: example en»|including|like)\b[^.;]{0,80}|"
                   r"(?:如|包括|«mentions: example zh»)[^。；]{0,30})$")
_HAN = re.compile(f"[{CJK}]")
_SPREAD = 0.02  # least spread of cosines that is told from none
_BEFORE = 120  # characters before a term that are read
_TWO = 2


class _Sentence(NamedTuple):
    text: str
    found: list[Piece]
    norms: list[str]
    turned: frozenset[int]
    is_own: bool


class _Place(NamedTuple):
    """Where a term stands: in sentence i of a front, the title first, from piece a on, before piece b."""

    i: int
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class About:
    """Which documents of a library are on a term. rows: document -> row of own.  own [n, d]: vectors without what all
    of a language share, rows of length 1.  encode: texts -> vectors [m, d], as questions."""

    rows: Mapping[str, int]
    own: NDArray[np.float64]
    encode: Callable[[Sequence[str]], Vectors]

    def on(self, terms: Sequence[Term], held: Sequence[Sequence[Document]]) -> list[list[bool]]:
        """For each term, whether each of the documents in which it stands is on it."""
        called = [(term.shown, *term.called) for term in terms]
        texts = list(dict.fromkeys(name for names in called for name in names))
        near, column = self.near(texts), {text: j for j, text in enumerate(texts)}
        return [[chance(features(term, one, {name: float(near[self.rows[one.id], column[name]]) for name in names}))
                 >= ON for one in documents] for term, names, documents in zip(terms, called, held, strict=True)]

    def near(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """float64 [n, m]: cosine of what is each document's own to each text, in standard deviations of all; without
        the last bits, which are the machine's."""
        cosines = self.own @ self.encode(texts).T.astype(np.float64) if texts else np.zeros((len(self.own), 0))
        return np.asarray(np.round(cosines / (cosines.std(axis=0) + _SPREAD), 3))


def chance(found: Sequence[float]) -> float:
    """How likely a work with these features is on the term."""
    weights = WIDE if len(found) == len(WIDE) else WEIGHTS
    return logistic(sum(weight * value for weight, value in zip(weights, found, strict=True)))


def features(term: Term, document: Document, near: Mapping[str, float]) -> tuple[float, ...]:
    """What WEIGHTS weigh, in the order of FEATURES. near: of what is shown and of each name that counts, cosine of what
    is the document's own to it, in standard deviations of the library's; the nearest that stands there counts."""
    names = term.called
    said_as = [plain(name) for name in names]
    front = _front(document.id, document.sha256, spoken(document))
    places = [(name, place) for name in said_as for place in _places(name.split(), front)]
    nearest = max((near[name] for name, words in zip(names, said_as, strict=True)
                   if words in {here for here, _ in places}), default=near[names[0]])
    below = [place for _, place in places if place.i]
    said = sorted({place.i for place in below})
    own = next((i for i, sentence in enumerate(front) if sentence.is_own), None)
    keywords = {plain(word) for word in keywords_of(document)}
    titled = len(below) < len(places) or not keywords.isdisjoint(said_as)
    is_bare = bool(places) and all(len(name.split()) == _TWO and _HAN.match(name.strip()) for name, _ in places)
    return (1.0, float(titled), math.log1p(len(below)), _share(below, front, _is_example),
            float(len(front) > _TWO and said == [len(front) - 1]), float(1 in said),
            float(not titled and own is not None and bool(said) and said[-1] < own),
            _share(below, front, _is_before_a_word), float(any(map(is_concept, said_as))), float(is_bare), nearest,
            *([near[term.shown]] if term.below else []))


def _share(places: Sequence[_Place], front: Sequence[_Sentence],
           is_so: Callable[[_Sentence, _Place], bool]) -> float:
    return sum(is_so(front[place.i], place) for place in places) / max(1, len(places))


def _is_example(sentence: _Sentence, place: _Place) -> bool:
    start = sentence.found[place.a].start
    return bool(_EXAMPLE.pattern.search(sentence.text[max(0, start - _BEFORE):start]))


def _is_before_a_word(sentence: _Sentence, place: _Place) -> bool:
    """Whether a noun may follow that the term only tells more of, or, behind a Chinese verb, what is done to it."""
    if place.b >= len(sentence.found) or sentence.norms[place.b] == STOP:
        return False
    following = sentence.found[place.b]
    word = sentence.text[following.start:following.end].lower()
    return bool(_HAN.match(word) and not sentence.text.startswith(phrases("stop", "function zh"), following.start)
                or not _HAN.match(word) and word not in function_words())


@lru_cache(maxsize=2000)
def _front(document: str, sha256: str, text: str) -> tuple[_Sentence, ...]:
    """The title and the sentences below it."""
    title, _, rest = text.partition("\n\n")
    said = (title, *(rest[start:end] for start, end in sentence_spans(rest)))
    return tuple(_sentence(each, is_title=not i) for i, each in enumerate(said))


def _sentence(text: str, *, is_title: bool) -> _Sentence:
    found = pieces(text)
    return _Sentence(text, found, [piece.norm for piece in found], turned_in(found, text),
                     not is_title and begins_own(text))


def _places(name: Sequence[str], front: Sequence[_Sentence]) -> list[_Place]:
    if not name:
        return []
    return [_Place(i, at, at + len(name)) for i, sentence in enumerate(front)
            for at in range(len(sentence.norms) - len(name) + 1)
            if sentence.norms[at:at + len(name)] == list(name) and sentence.found[at].start not in sentence.turned]
