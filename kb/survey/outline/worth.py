"""How likely a term is a heading that somebody who knows the field would write over the works in which it stands.

Reads: Term (phrases.py), the documents at whose front it stands.  Gives: a chance between 0 and 1. The weights are
fitted to 997 terms of 162 topics of 28 libraries, read one by one (tests/bench/sections.py).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

from kb.answer.support import logistic
from kb.survey.glossary import concepts, terms
from kb.survey.outline.phrases import Term
from kb.survey.outline.standing import plain, times
from kb.types import Document, Language
from kb.words import phrases

WEIGHTS = (-5.11, 2.27, 2.0, -3.26, 1.72, -0.11, 1.54, 1.75, -1.43, -0.9, 0.6, 0.25, 1.08, -0.48)


def chance(term: Term, held: Sequence[Document], among: int, topic: str, language: Language) -> float:
    """held: the documents it stands in.  among: how many there are, with the others."""
    found = features(term, held, among, topic, language)
    return logistic(sum(weight * value for weight, value in zip(WEIGHTS, found, strict=True)))


def features(term: Term, held: Sequence[Document], among: int, topic: str, language: Language) -> tuple[float, ...]:
    """What WEIGHTS weigh, in their order: 1; whether it is a concept of the glossary, in a keyword line, too wide; how
    many titles have it, and which share of its works; how often their fronts say it; whether it is in the survey's
    language; a word alone that is none of these, a Chinese word of two characters, a name of three words and more; how
    many concepts end as it does; the share of its words that are the topic's; the share of the works."""
    words = term.words.split()
    is_english = term.language == "en"
    titles = sum(document.id in term.titled for document in held)
    names = [*map(plain, term.called)]
    often = [max(times(name, document) for name in names) for document in held]
    end = words[-1] if is_english else "".join(words)[-2:]
    asked = set(plain(topic).split())
    return (1.0, float(bool(term.below) or is_concept(term.words)), float(term.is_listed), float(is_wide(term)),
            math.log1p(titles), titles / max(1, len(held)), sum(map(math.log1p, often)) / max(1, len(often)),
            float(term.language == language), float(is_english and len(words) == 1 and not term.is_keyword),
            float(not is_english and term.size < 2), float(term.size > 2),
            math.log1p(_ends().get(end, 0) - is_concept(term.words)),
            sum(word in asked for word in words) / len(words), len(held) / max(1, among))


@cache
def _names() -> frozenset[str]:
    return frozenset(plain(name) for pair in concepts() for name in pair)


def is_concept(words: str) -> bool:
    """Whether words, as they are compared, are a concept of the glossary."""
    return words in _names()


@cache
def _ends() -> Mapping[str, int]:
    """The last word of a concept, of a Chinese one its last two characters -> how many concepts end so."""
    found: Counter[str] = Counter()
    for english, chinese in concepts():
        found.update(plain(english).split()[-1:])
        found.update(["".join(plain(chinese).split())[-2:]])
    return found


def is_wide(term: Term) -> bool:
    """Whether half of a field is about it, or uses it."""
    return not _wide().isdisjoint((term.words, plain(term.pair), *term.names))


@cache
def _wide() -> frozenset[str]:
    wide = phrases("terms", "general")
    named = [*concepts(), *((term.en, term.zh) for term in terms())]
    return frozenset(plain(name) for pair in named if pair[0] in wide for name in pair)
