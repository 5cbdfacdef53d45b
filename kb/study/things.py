"""What a question says that papers use, as one or more things, each by its names: "命中率（HR）和NDCG作为评价指标"
is two, and what they are used for is none of them.

Reads: a thing as a question names it.  Gives: Reading, the longest first: relations.py takes the first whose things the
library's texts name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from kb.answer.terms import bundled_concepts, own_concepts
from kb.text import CJK
from kb.types import Language
from kb.words import Phrases, phrases

_KIND = Phrases(r"[\s-]*(?:«intents: kind noun en»)$|(?:«intents: kind noun zh»)$|"
                r"(?<=[A-Za-z\d])\s*值$", re.I)
_ARTICLE = re.compile(r"^(?:the|a|an)\s+", re.I)
_LEAST_NAME, _MOST_NAMES = 2, 10
_CUT: dict[Language, Phrases] = {
    "en": Phrases(r"\s+(?:«intents: what for en»)\s+", re.I),
    "zh": Phrases("(?<=.)(?:来|以|去|用来|用于|用以)?(?:«intents: what for zh»)")}
_AND: dict[Language, Phrases] = {
    "en": Phrases(r"\s*,\s*(?:and\s+)?|\s+(?:and|as well as|together with|plus)\s+|\s+&\s+|\s*\+\s*", re.I),
    "zh": Phrases(r"以及|、|，|,|和|与|及|\s+and\s+|\s*\+\s*", re.I)}
_OR = Phrases(r"\s+or\s+|或者?", re.I)
_BOTH = re.compile(r"^(?:both|either)\s+", re.I)
_BRACKET = re.compile(r"^(?P<out>[^()（）]+?)\s*[（(](?P<inside>[^()（）]{1,60})[)）]\s*(?P<rest>[^()（）]*)$")
_MANY = re.compile(r"(?:^|[\s-])[a-z]{3,}(?<!s)s?$")  # a word that has a plural, or is one
_SPELT = re.compile(r"(?<=[a-z])i[sz](?=(?:e[ds]?|ing|ations?)\b)")  # regularisation, regularization
_OFTEN = 2  # times as often as the other name, that a name in Chinese may stand
_AGAIN = 2  # times that a text has what stands before a bracket, for it to be a name
_MOST_WORDS, _MOST_HAN = 5, 10  # of a name; what is longer is a description, and may be said in other words
_BY_WHOM = re.compile(r"\s+(?:of|by|from|in)\s+[A-Z][\w’'-]+(?:\s+et\s+al\.?|\s+and\s+[A-Z]\w+)?[\s,(]*"
                      r"(?:(?:19|20)\d\d)?\)?$")
_QUOTES = "《》“”\"'「」 "


@dataclass(frozen=True, slots=True)
class Reading:
    """Things, each by its names; said: in the question's words; is_any: one of them is enough."""

    said: str
    things: tuple[tuple[str, ...], ...]
    is_any: bool = False


def readings_of(text: str, language: Language) -> Iterator[Reading]:
    """The ways to read what papers use: as it stands, in parts, then without what it is used for."""
    for said in _without_purpose(text.strip(_QUOTES), language):
        yield Reading(said, (names_of(said),))
        for pattern, is_any in ((_OR, True), (_AND[language], False)):
            parts = [part.strip(_QUOTES) for part in pattern.pattern.split(_BOTH.sub("", said))]
            if len(parts) > 1 and all(len(part) >= _LEAST_NAME for part in parts):
                yield Reading(said, tuple(names_of(part) for part in parts), is_any)


def is_like_a_name(text: str) -> bool:
    """Whether it is short enough for a name, so that texts that do not have it do not speak of it."""
    return len(text.split()) <= _MOST_WORDS and len(re.findall(f"[{CJK}]", text)) <= _MOST_HAN


def _without_purpose(text: str, language: Language) -> Iterator[str]:
    yield text
    cuts = [found.start() for found in _CUT[language].pattern.finditer(text)]
    if by_whom := _BY_WHOM.search(text):
        yield text[:by_whom.start()].strip()
    for at in sorted(cuts, reverse=True):
        if len(text[:at].strip()) >= _LEAST_NAME:
            yield text[:at].strip()


def other_names(names: Sequence[str], texts: Sequence[str]) -> list[str]:
    """What texts say in brackets that a thing is called as well: 知网 of "知网（HowNet）", and the other way round."""
    found = [other for name in names for concept in own_concepts(name, texts) if concept.words.casefold() ==
             name.casefold() for other in concept.others]
    for name in names:
        written = re.compile(rf"(?P<before>[{CJK}]{{2,12}})[（(]\s*{re.escape(name)}\s*[,，)）]", re.I)
        for text in texts:
            found += [other for match in written.finditer(text) if (other := _end_of(match["before"], text))]
    return [other for other in dict.fromkeys(found) if not any(other in name for name in names)
            and all(_may_be(name, other, texts) for name in names)]


def _may_be(name: str, other: str, texts: Sequence[str]) -> bool:
    """Whether what stands in brackets can be another name: of one Latin word other words, or Chinese that does not
    stand far more often: 神经网络 of "长短时记忆神经网络（LSTM）" is a word for many."""
    n_other = sum(text.count(other) for text in texts if name.lower() in text.lower())
    if n_other > _OFTEN * sum(text.lower().count(name.lower()) for text in texts) + _AGAIN:
        return False
    if not re.search("[A-Za-z]", other) or " " in name or not re.search("[A-Za-z]", name):
        return True
    return " " in other.strip() and not re.search(f"[{CJK}]", other)


def _end_of(before: str, text: str) -> str:
    """The end of a run of characters that is a name: what the text has again and again."""
    ends = (before[at:] for at in range(len(before) - 1))
    return next((end for end in ends if text.count(end) >= _AGAIN), "")


def _otherwise(found: re.Match[str]) -> str:
    return "iz" if found[0] == "is" else "is"


def names_of(text: str) -> tuple[str, ...]:
    """What a thing is called: as it was asked, by what stands in its brackets, without the word for its kind, and by
    its other names in the field."""
    bare = _ARTICLE.sub("", text.strip())
    bracket = _BRACKET.match(bare)
    if bracket and (not bracket["rest"] or _KIND.fullmatch(bracket["rest"])):
        names = [bracket["out"], bracket["inside"].strip()]
    else:
        names = [bare]
    for name in tuple(names):
        without = _KIND.pattern.sub("", name).strip()
        names += [without] if len(without) >= _LEAST_NAME else []
    names += [name[:-1] if name.endswith("s") else f"{name}s" for name in tuple(names) if _MANY.search(name)]
    names += [other for name in tuple(names) if (other := _SPELT.sub(_otherwise, name)) != name]
    for concept in (concept for name in tuple(names) for concept in bundled_concepts(name)):
        if concept.words in names:
            names += (other for other in concept.others if other not in phrases("intents", "other meanings en"))
    names += [other for name in tuple(names) for other in _same().get(name.casefold(), ())]
    return tuple(dict.fromkeys(name for name in names if name))[:_MOST_NAMES]


@cache
def _same() -> dict[str, tuple[str, ...]]:
    """A name in small letters -> all names of the same thing, for those of which one has a word more than another."""
    lines = [tuple(line.split(" | ")) for line in phrases("mentions", "same thing")]
    return {name.casefold(): names for names in lines for name in names}
