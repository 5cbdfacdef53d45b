"""What limits the papers that a question is about: years, days, a person, a topic, a place, a language.

Reads: the words that say it.  Gives: Filters, if every word of them is understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache

from kb.study.grammar import Asked, filter_forms, matched
from kb.study.people import persons_in
from kb.study.times import Span, read_time
from kb.text import CJK, simplified
from kb.types import Language
from kb.words import Phrases, phrases, table

_MOST_FILTERS = 4
_LONGEST_TOPIC = 60
_LONGEST: dict[Language, int] = {"en": 200, "zh": 50}  # characters of filters; the ways to part more are too many
_YEAR = re.compile(r"(?:19|20)\d\d")
_NAME_WORD = re.compile(r"[A-Z][\w.’'-]*|[A-Z]\.?")
_CLAUSE = Phrases(r"\b(?:«intents: question word en»|«intents: clause en»)\b")
_ASKS_ZH = Phrases("«intents: question word zh»")
_INSTITUTION = Phrases(r"(?:«intents: institution zh»)$")
_INSTITUTION_EN = Phrases(r"\b(?:«intents: institution en»)\b", re.I)
_HAN_NAME = re.compile(f"(?!.*[的了在年和与中上])[{CJK}·]+")
_BY = Phrases(r"«intents: wrote zh»|作者|署名")  # beside a name of two characters, which may be a word
_SHORT_PERSON, _LONG_PERSON = 2, 3  # Chinese characters of a name with a family name of one
_PUBLISHED = Phrases(r"«intents: published zh»|\b(?:«intents: published en»|«intents: appear en»)\b", re.I)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the papers must be. published: by their year; added: by the day they came into the library.  is_sure: that
    the person is one, by the look of the name."""

    person: str = ""
    published: Span | None = None
    added: Span | None = None
    topic: str = ""
    venue: str = ""
    language: Language | None = None
    is_sure: bool = True
    is_written: bool = True

    @property
    def is_empty(self) -> bool:
        return not (self.person or self.published or self.added or self.topic or self.venue or self.language)


@lru_cache(maxsize=256)  # forms of one question leave the same words to filters
def read_filters(text: str, asked: Asked, today: date) -> Filters | None:
    """The filters that the words say; None where some of them are not understood."""
    found = _read(text, asked, today, _MOST_FILTERS, {}) if len(text) <= _LONGEST[asked.language] else []
    return next((filters for filters in found if filters.is_sure), found[0] if found else None)


def _read(text: str, asked: Asked, today: date, left: int,
          known: dict[tuple[str, int], list[Filters]]) -> list[Filters]:
    """The ways to understand the words, in the order of their first filter's length; known: those of other words."""
    if not text or not left:
        return [] if text else [Filters()]
    if (text, left) not in known:
        found: dict[Filters, None] = {}
        for end in _ends(text, asked.language):
            if ways := _ways(text[:end], asked.language):
                for rest in _read(text[end:].strip(), asked, today, left - 1, known):
                    more = (_with(rest, slots, text[:end], asked, today) for slots in ways)
                    found |= dict.fromkeys(filters for filters in more if filters is not None)
        known[text, left] = list(found)
    return known[text, left]


@lru_cache(maxsize=4096)  # what follows a filter is read once for each number of filters that may follow
def _ways(said: str, language: Language) -> tuple[dict[str, str], ...]:
    """The ways in which the words are one filter."""
    return tuple(slots for form in filter_forms(language) for slots in matched(said, form, language))


def _ends(text: str, language: Language) -> list[int]:
    """Where a filter at the beginning may end."""
    ends = re.finditer(r"(?=\s)|$" if language == "en" else r"(?<=.)(?![A-Za-z0-9])|(?<=[^A-Za-z0-9])(?!^)", text)
    return [found.start() for found in ends]


def _with(filters: Filters, slots: dict[str, str], said: str, asked: Asked, today: date) -> Filters | None:
    """The filters with one more, None where its words are of another kind or it was there before."""
    if not slots:
        return filters
    name, raw = next(iter(slots.items()))
    value = asked.restored(raw)
    if name in ("year", "time"):
        return _with_time(filters, name, value, said, asked.language, today)
    if name == "person" and not filters.person:
        value = re.sub(r"^(?:the|a)\s+", "", value, flags=re.I)
        return replace(filters, person=value, is_sure=is_surely_person(value, said),
                       is_written=says_written(value, said)) if may_be_person(value) else None
    if name == "topic" and not filters.topic and is_plain(value) and not re.fullmatch(f"[{CJK}]", value):
        return replace(filters, topic=value.strip("《》“”\"'「」"))
    if name == "venue" and not filters.venue and not is_year(value) and (value[:1].isupper() or not value.isascii()):
        is_language = value.lower() in table("intents", "language name en")
        return replace(filters, venue=value) if is_plain(value) and not is_language else None
    if name == "language" and filters.language is None:
        language = asked.language
        found = table("intents", f"language name {language}").get(value.lower())
        return replace(filters, language="zh" if found == "zh" else "en") if found else None
    return None


def _with_time(filters: Filters, name: str, value: str, said: str, language: Language, today: date) -> Filters | None:
    if filters.published or filters.added or (name == "year" and not is_year(value)):
        return None
    span = read_time(value, language, today)
    if span is None:
        return None
    is_published = span.is_years or bool(_PUBLISHED.search(said))
    return replace(filters, published=span) if is_published else replace(filters, added=span)


def is_year(text: str) -> bool:
    """Whether the text is a year and nothing else."""
    return bool(_YEAR.fullmatch(text))


def is_plain(text: str) -> bool:
    """Whether the text can be the name of a thing: not too long, no question and no clause in it."""
    if not 1 <= len(text) <= _LONGEST_TOPIC:
        return False
    return not _CLAUSE.search(text) and not _ASKS_ZH.search(simplified(text))


def is_person(text: str) -> bool:
    """Whether the text looks like a person's name, or that of a university or a company."""
    if len(parts := persons_in(text)) > 1:
        return all(is_person(part) for part in parts)
    if re.search(f"[{CJK}]", text):
        if _INSTITUTION.search(text):
            return len(text) > 3 and is_plain(text)
        return 2 <= len(text) <= 4 and bool(_HAN_NAME.fullmatch(text)) and _has_surname(text)
    words = [word for word in text.replace(",", " ").split() if word.lower() not in phrases("intents", "small en")]
    if not 1 <= len(words) <= 5 or not all(_NAME_WORD.fullmatch(word) for word in words):
        return False
    return len(words) > 1 or bool(re.fullmatch(r"(?:[A-Z][a-z]{1,2}|[OD]['’])?[A-Z][a-zà-ž'’-]+", words[0]))


def is_institution(text: str) -> bool:
    """Whether it is called as universities and companies are."""
    return bool(_INSTITUTION.search(text) or _INSTITUTION_EN.search(text))


def is_surely_person(text: str, said: str) -> bool:
    """Whether it is a name and no other word: one of two Chinese characters only beside what persons do. said: the
    words it stands in."""
    return is_person(text) and (len(text) > _SHORT_PERSON or bool(_BY.search(said)))


def says_written(text: str, said: str) -> bool:
    """Whether beside a Chinese name stands that somebody wrote: 强化学的论文 may be about a thing of that name."""
    return bool(_BY.search(said)) or not re.search(f"[{CJK}]", text)


def may_be_person(text: str) -> bool:
    """Whether the text looks like a name, or may be one that was typed without capitals."""
    return is_person(text) or is_plain(text) and len(text.split()) <= 4 and not re.search(rf"[\d{CJK}]", text)


@cache
def _surnames() -> frozenset[str]:
    return frozenset("".join(phrases("surnames", "single")))


def _has_surname(text: str) -> bool:
    """Whether a family name stands before one or two characters: four with a short one are a thing, as 强化学习."""
    return text[:2] in phrases("surnames", "double") or (text[0] in _surnames() and len(text) <= _LONG_PERSON)
