"""Terms of the field in both languages: they name sections, and find documents in the other language than the topic's.

They stand in data/words/terms.txt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType
from typing import NamedTuple

from kb.answer.terms import LOOSE
from kb.types import Language
from kb.words import phrases, table

# A word in -ing before another at a title's beginning says what is done; the names of things that are called so.
_DOING = re.compile(r"(?:^|:\s)([A-Z][a-z]+ing)\s(?!of\b|for\b|in\b|with\b|by\b|and\b|from\b|on\b|via\b)\w")
_HAS_CAPITALS = re.compile(r"\S+[A-Z]\S*")  # LoRa is no LoRA
_THINGS = ("算法", "方法", "模型")


class Term(NamedTuple):
    """A concept: its name in each language and every form it is met in."""

    en: str
    zh: str
    forms: tuple[str, ...]

    def name(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


@cache
def terms() -> tuple[Term, ...]:
    found = []
    for line in phrases("terms", "terms"):
        english, chinese, others = (part.strip() for part in line.split("|"))
        found.append(
            Term(english, chinese, (english, chinese, *(form.strip() for form in others.split(",") if form.strip()))))
    return tuple(found)


@cache
def concepts() -> tuple[tuple[str, str], ...]:
    """The usual names, in English and in Chinese, of every concept of the field that has one of more than a word, or
    stands in data/words/pairs.txt: a single English word says more than its Chinese name in `terms`. No name that
    is a word for other things is among them."""
    found = dict.fromkeys((term.en, term.zh) for term in terms() if " " in term.en)
    for english, chinese in table("pairs", "pairs").items():
        if (own := _sure(english)) and (other := _sure(chinese)):
            found[own[0], other[0]] = None
    return tuple(found)


def _sure(names: str) -> tuple[str, ...]:
    """Those of the names on one side of a line that are no word for other things."""
    return tuple(name for name in names.split(" | ") if not name.startswith(LOOSE))


@cache
def synonyms() -> tuple[tuple[str, ...], ...]:
    """The names of each concept in data/words/pairs.txt, in both languages, that are no word for other things."""
    groups = ((*_sure(english), *_sure(chinese)) for english, chinese in table("pairs", "pairs").items())
    return tuple(group for group in groups if len(group) > 1)


@cache
def pattern(term: Term) -> re.Pattern[str]:
    """Matches any form: English at word borders, Chinese anywhere; an acronym only in capitals."""
    parts = []
    for form in sorted(set(term.forms), key=lambda form: (-len(form), form)):
        if not form.isascii():
            parts.append(re.escape(form))
        elif _HAS_CAPITALS.fullmatch(form):
            parts.append(rf"(?<![A-Za-z]){re.escape(form)}(?![A-Za-z])")
        else:
            spaced = re.escape(form).replace(r"\ ", r"[\s-]+").replace(r"\-", r"[\s-]?")
            parts.append(rf"(?<![A-Za-z])(?i:{spaced})(?![A-Za-z])")
    return re.compile("|".join(parts))


@lru_cache(maxsize=4000)  # a document is asked about many times in one plan
def find_terms(text: str) -> Mapping[str, int]:
    """English name of each concept in the text -> how often it is met."""
    return MappingProxyType({term.en: n for term in terms() if (n := len(pattern(term).findall(text)))})


@lru_cache(maxsize=4000)
def concepts_in(title: str, language: Language, most: int = 3) -> tuple[str, ...]:
    """What a title in the other language names, in this language: the names of its concepts, longer ones first counted,
    in the order of the title."""
    places: list[tuple[int, int, str]] = []
    for group in synonyms():
        own = next((name for name in group if name.isascii() == (language == "en")), "")
        for name in group if own else ():
            if name.isascii() != (language == "en"):
                places += [(*found.span(), own) for found in _name_pattern(name).finditer(title)]
    for term in terms():
        if " " in term.en:  # "recommendation" alone is not 推荐系统
            places += [(*found.span(), term.name(language)) for found in _name_pattern(
                term.name("en" if language == "zh" else "zh")).finditer(title)]
    done = [found.span(1) for found in _DOING.finditer(title)]
    kept: list[tuple[int, int, str]] = []
    for start, end, own in sorted(places, key=lambda place: (place[0] - place[1], place[0])):
        if own.endswith(_THINGS) and (start, end) in done:
            continue  # "Boosting detectors" does not speak of 提升算法
        if all(end <= a or b <= start for a, b, _ in kept):
            kept.append((start, end, own))
    return tuple(dict.fromkeys(own for _, _, own in sorted(kept)))[:most]


@lru_cache(maxsize=20_000)
def _name_pattern(name: str) -> re.Pattern[str]:
    if not name.isascii():
        return re.compile(re.escape(name))
    spaced = re.escape(name).replace(r"\ ", r"[\s-]+").replace(r"\-", r"[\s-]?")
    flags = 0 if _HAS_CAPITALS.fullmatch(name) else re.IGNORECASE
    return re.compile(rf"(?<![A-Za-z]){spaced}(?:s|es)?(?![A-Za-z])", flags)


def with_narrower(concepts: Sequence[str]) -> list[str]:
    """The concepts and what belongs under them."""
    below = table("terms", "narrower")
    narrower = (narrow for concept in concepts if concept in below for narrow in below[concept].split(", "))
    return list(dict.fromkeys([*concepts, *narrower]))


def other_words(topic: str) -> str:
    """The topic with the names of its concepts in both languages behind it, for a search in a mixed library."""
    found = [term for term in terms() if pattern(term).search(topic)]
    return " ".join([topic, *(name for term in found for name in (term.en, term.zh) if name not in topic)])
