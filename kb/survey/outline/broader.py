"""What belongs under what: works on quantization and on pruning stand under "model compression" though neither says so.

Reads: data/words/broader.txt, documents.  Gives: Terms that are wide names of the field, each with the documents at
whose front it or something that belongs under it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import takewhile
from typing import NamedTuple

from kb.survey.glossary import concepts
from kb.survey.outline.phrases import Term
from kb.survey.outline.standing import names, plain, spoken, standing
from kb.text import CJK
from kb.types import Document, Language
from kb.words import phrases, table

_HAN = re.compile(f"[{CJK}]+")
_LETTERS, _STEM, _ENDING = 3, 5, 3  # letters: of a word that tells one name from another, of its stem, and behind that
_SIGNS = 2  # Han signs that tell a subject
_LEAST = 2  # things under a wide name, for it to say more than one of them


class Wide(NamedTuple):
    """A wide name and what belongs under it. own: in English and in Chinese; below: the same of each.

    names: what is looked for, in both languages: what belongs under it, and its own name but where that is one word,
    which much is said with ("reasoning").  words: all of them, and its own, as they are compared.
    """

    own: tuple[str, ...]
    below: tuple[tuple[str, ...], ...]
    names: dict[str, None]
    words: frozenset[str]

    def name(self, language: Language) -> str:
        return self.own[0] if language == "en" else self.own[-1]


def _wide(own: tuple[str, ...], below: tuple[tuple[str, ...], ...]) -> Wide:
    looked_for = [own] if " " in own[0] else []
    named = dict.fromkeys(name for called in (*looked_for, *below) for name in called)
    return Wide(own, below, named, frozenset(map(plain, (*named, *own))))


def _says(wide: Wide, topic: str) -> bool:
    """Whether the topic has what tells the wide name from others, "robot" of robotics, 音频 of 音频处理: all but an end
    that a name of any subject may have."""
    words = plain(topic).split()
    english, chinese = plain(wide.own[0]).split(), "".join(_HAN.findall(wide.own[-1]))
    ends = {plain(end).strip() for end in phrases("broader", "ends en")}
    telling = [word for word in (english[:-1] if english[-1] in ends else english) if len(word) >= _LETTERS]
    front = next((chinese.removesuffix(end) for end in phrases("broader", "ends zh") if chinese.endswith(end)), "")
    told = front if len(front) >= _SIGNS else chinese
    return told in topic or bool(telling) and all(any(_akin(word, other) for other in words) for word in telling)


def _akin(word: str, other: str) -> bool:
    """Whether they are one word or differ by its ending: "robot" and "robotics", not "multi" and "multilingual"."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False)))
    return word == other or (same >= _STEM and max(len(word), len(other)) <= same + _ENDING)


@cache
def _by_first_word() -> dict[str, tuple[str, ...]]:
    """The names of all, by the first word of each as it is compared."""
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for wide in wide_names() for name in wide.names):
        found.setdefault(plain(name).split()[0], []).append(name)
    return {word: tuple(names) for word, names in found.items()}


def _standing(document: Document) -> set[str]:
    """The names that stand at a document's front."""
    words = dict.fromkeys(plain(spoken(document)).split())
    return {*standing((name for word in words for name in _by_first_word().get(word, ())), document)}


@cache
def wide_names() -> tuple[Wide, ...]:
    """The table, with the other name of what the glossary has; what belongs under a wide name that belongs under
    another belongs under that too."""
    other = {plain(english): chinese for english, chinese in concepts()}

    def both(called: str) -> tuple[str, ...]:
        english, _, chinese = called.partition(" / ")
        return english, chinese or other.get(plain(english), english)

    rows = {plain(both(head)[0]): (both(head), tuple(map(both, below.split(" | "))))
            for head, below in table("broader", "broader").items()}

    def under(called: Sequence[tuple[str, ...]], seen: frozenset[str]) -> Iterator[tuple[str, ...]]:
        for one in called:
            yield one
            if (inner := plain(one[0])) in rows and inner not in seen:
                yield from under(rows[inner][1], seen | {inner})

    def joined(head: str, called: Iterator[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
        found: dict[str, dict[str, None]] = {}
        for one in called:
            found.setdefault(plain(one[0]), {}).update(dict.fromkeys(one))
        return tuple(tuple(names) for first, names in found.items() if first != head)

    return tuple(_wide(own, joined(head, under(below, frozenset({head})))) for head, (own, below) in rows.items())


@cache
def _by_name() -> dict[str, Wide]:
    return {name: wide for wide in wide_names() for name in wide.own}


def names_under(topic: str) -> tuple[str, ...]:
    """What the table has for a topic that is a name in it: its name in the other language, what belongs under it."""
    asked = plain(topic)
    found = [name for wide in wide_names() if asked in wide.words for called in (wide.own, *wide.below)
             if asked in map(plain, called) for name in (*called, *(wide.names if called is wide.own else ()))]
    return tuple(dict.fromkeys(found))


def below_in(head: str, document: Document) -> tuple[str, ...]:
    """Which names of a wide one, and of what belongs under it, stand at a document's front."""
    wide = _by_name().get(head)
    return standing(wide.names, document) if wide else ()


def _n_things(said: Sequence[tuple[str, ...]]) -> int:
    """How many things names speak of: "model quantization" says no more than "quantization"."""
    kept: list[tuple[str, ...]] = []
    for forms in sorted((tuple(map(plain, called)) for called in said), key=lambda one: len(min(one, key=len))):
        if not any(short in long for other in kept for short in other for long in forms):
            kept.append(forms)
    return len(kept)


def wide_terms(documents: Sequence[Document], topic: str, language: Language) -> Iterator[Term]:
    """The wide names under which two documents or more belong, by two things or more; none under which the topic itself
    belongs, or that it says in other words: “AI agent” under “multi-agent systems”."""
    asked = plain(topic)
    found = [(document, _standing(document)) for document in documents]
    for wide in wide_names():
        if any(words in asked for words in wide.words) or _says(wide, topic):
            continue
        held = [document for document, here in found if not here.isdisjoint(wide.names)]
        said_here = {name for _, here in found for name in here if name in wide.names}
        said = [each for each in (wide.own, *wide.below) if not said_here.isdisjoint(each)]
        if len(held) < _LEAST or _n_things(said) < _LEAST:
            continue
        shown = wide.name(language)
        titled = frozenset(one.id for one in held if any(names(name, one.metadata.title) for name in said_here))
        yield Term(plain(shown), shown, frozenset(one.id for one in held), titled, is_keyword=True,
                   pair=wide.own[-1] if language == "en" else wide.own[0], names=wide.words,
                   below=tuple(sorted(said_here)))
