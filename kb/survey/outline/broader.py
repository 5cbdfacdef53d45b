"""What belongs under what: works on quantization and on pruning stand under "model compression" though neither says so.

Reads: data/words/broader.txt, documents.  Gives: Terms that are wide names of the field, each with the documents at
whose front it or something that belongs under it stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import takewhile
from typing import NamedTuple

from kb.survey.glossary import concepts
from kb.survey.outline.phrases import Term
from kb.survey.outline.standing import names, plain, standing
from kb.text import CJK
from kb.types import Document, Language
from kb.words import table

_HAN = re.compile(f"[{CJK}]+")
_LETTERS, _STEM, _ENDING = 3, 5, 3  # letters: of a word that tells one name from another, of its stem, and behind that
_END = 2  # Han signs of an end
_LEAST = 2  # things under a wide name, for it to say more than one of them


class Wide(NamedTuple):
    """A wide name and what belongs under it. own: in English and in Chinese; below: the same of each."""

    own: tuple[str, ...]
    below: tuple[tuple[str, ...], ...]

    def name(self, language: Language) -> str:
        return self.own[0] if language == "en" else self.own[-1]

    def names(self) -> tuple[str, ...]:
        """What is looked for, in both languages: what belongs under it, and its own name but where that is one word,
        which much is said with ("reasoning")."""
        own = [self.own] if " " in self.own[0] else []
        return tuple(dict.fromkeys(name for called in (*own, *self.below) for name in called))


def _says(wide: Wide, topic: str) -> bool:
    """Whether the topic has what tells the wide name from others, "robot" of robotics, 音频 of 音频处理: all but its
    end, where other wide names end so and more is left than such an end."""
    words, ends = plain(topic).split(), _ends()
    english, chinese = plain(wide.own[0]).split(), "".join(_HAN.findall(wide.own[-1]))
    telling = english[:-1] if english[-1] in ends and set(english[:-1]) - ends else english
    front, end = chinese[:-_END], chinese[-_END:]
    told = front if end in ends and front not in ends and len(front) >= _END else chinese
    return told in topic or all(any(_akin(word, other) for other in words) for word in telling if len(word) >= _LETTERS)


def _akin(word: str, other: str) -> bool:
    """Whether they are one word or differ by its ending: "robot" and "robotics", not "multi" and "multilingual"."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False)))
    return word == other or (same >= _STEM and max(len(word), len(other)) <= same + _ENDING)


@cache
def _ends() -> frozenset[str]:
    """The last words of wide names that two or more have: "processing", 处理."""
    found = Counter(end for wide in wide_names() for end in (plain(wide.own[0]).split()[-1], wide.own[-1][-_END:]))
    return frozenset(end for end, n in found.items() if n > 1)


@cache
def _names() -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for wide in wide_names() for name in wide.names()))


@cache
def wide_names() -> tuple[Wide, ...]:
    """The table, with the other name of what the glossary has."""
    other = {plain(english): chinese for english, chinese in concepts()}

    def both(called: str) -> tuple[str, ...]:
        english, _, chinese = called.partition(" / ")
        return english, chinese or other.get(plain(english), english)

    return tuple(Wide(both(head), tuple(map(both, below.split(" | "))))
                 for head, below in table("broader", "broader").items())


@cache
def _by_name() -> dict[str, Wide]:
    return {name: wide for wide in wide_names() for name in wide.own}


def below_in(head: str, document: Document) -> tuple[str, ...]:
    """Which names of a wide one, and of what belongs under it, stand at a document's front."""
    wide = _by_name().get(head)
    return standing(wide.names(), document) if wide else ()


def wide_terms(documents: Sequence[Document], topic: str, language: Language) -> Iterator[Term]:
    """The wide names under which two documents or more belong, by two things or more; none under which the topic itself
    belongs, or that it says in other words: “AI agent” under “multi-agent systems”."""
    asked = plain(topic)
    found = [(document, {*standing(_names(), document)}) for document in documents]
    for wide in wide_names():
        called = {*wide.names()}
        if any(plain(name) in asked for name in (*called, *wide.own)) or _says(wide, topic):
            continue
        held = [document for document, said in found if said & called]
        said_here = {name for _, said in found for name in said & called}
        n_below = sum(not said_here.isdisjoint(each) for each in (wide.own, *wide.below))
        if len(held) < _LEAST or n_below < _LEAST:
            continue
        shown = wide.name(language)
        titled = frozenset(one.id for one in held if any(names(name, one.metadata.title) for name in said_here))
        yield Term(plain(shown), shown, frozenset(one.id for one in held), titled, is_keyword=True,
                   pair=wide.own[-1] if language == "en" else wide.own[0],
                   names=frozenset(map(plain, wide.names())), below=tuple(sorted(said_here)))
