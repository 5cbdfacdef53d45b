"""The table of the field's wide names, and of what belongs under each: what of it stands in a text, in a topic, at a
document's front.

Reads: data/words/broader.txt.  Gives: names, in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from kb.survey.glossary import concepts
from kb.survey.outline.standing import STOP, names, pieces, plain, spoken, standing
from kb.text import CJK
from kb.types import Document, Language
from kb.words import phrases, table

_HAN = re.compile(f"[{CJK}]+")
_SIGNS = 2  # Han signs that tell a subject


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

    def telling(self) -> tuple[list[str], str]:
        """What tells its own name from others, in English and in Chinese: all but an end that a name of any subject
        may have, "speech" and 语音 of speech processing, 语音处理."""
        english, chinese = plain(self.own[0]).split(), "".join(_HAN.findall(self.own[-1]))
        ends = {plain(end).strip() for end in phrases("broader", "ends en")}
        front = next((chinese.removesuffix(end) for end in phrases("broader", "ends zh") if chinese.endswith(end)), "")
        return english[:-1] if english[-1] in ends else english, front if len(front) >= _SIGNS else chinese


def _wide(own: tuple[str, ...], below: tuple[tuple[str, ...], ...]) -> Wide:
    looked_for = [own] if " " in own[0] else []
    named = dict.fromkeys(name for called in (*looked_for, *below) for name in called)
    return Wide(own, below, named, frozenset(map(plain, (*named, *own))))


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


class Named(NamedTuple):
    """A name of the table in a text, from start to end. names: what it is called, in both languages; below: the names
    of what belongs under it, where it is a wide one."""

    start: int
    end: int
    names: tuple[str, ...]
    below: frozenset[str]


@cache
def _called() -> dict[str, tuple[tuple[str, ...], frozenset[str]]]:
    """Every name as it is compared: what else it is called, and what belongs under it."""
    found: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {}
    for wide in wide_names():
        for called in wide.below:
            for name in called:
                found.setdefault(plain(name), (called, frozenset()))
    for wide in wide_names():
        found |= {plain(name): (wide.own, frozenset(wide.names)) for name in wide.own}
    return found


@cache
def _told() -> dict[str, Wide]:
    """Wide names by what tells them, as a topic may be called ("speech", 语音)."""
    found: dict[str, Wide] = {}
    for wide in wide_names():
        english, chinese = wide.telling()
        found |= {plain(" ".join(english)): wide, plain(chinese): wide}
    return found


@lru_cache(maxsize=100)
def named_in(topic: str) -> tuple[Named, ...]:
    """The names of the table in a topic, longer ones first, none within or across another."""
    said = [piece for piece in pieces(topic) if piece.norm != STOP]
    whole = f" {' '.join(piece.norm for piece in said)} "
    if whole not in _called() and (wide := _told().get(whole)):
        return (Named(said[0].start, said[-1].end, wide.own, frozenset(wide.names)),)
    found: list[Named] = []
    for n in range(len(said), 0, -1):
        for i in range(len(said) - n + 1):
            start, end = said[i].start, said[i + n - 1].end
            known = _called().get(f" {' '.join(piece.norm for piece in said[i:i + n])} ")
            if known and all(end <= other.start or other.end <= start for other in found):
                found.append(Named(start, end, *known))
    return tuple(found)


def below_in(head: str, document: Document) -> tuple[str, ...]:
    """Which names of a wide one, and of what belongs under it, stand at a document's front."""
    wide = _by_name().get(head)
    return standing(wide.names, document) if wide else ()


@cache
def _by_first_word() -> dict[str, tuple[str, ...]]:
    """The names of all, by the first word of each as it is compared."""
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for wide in wide_names() for name in wide.names):
        found.setdefault(plain(name).split()[0], []).append(name)
    return {word: tuple(names) for word, names in found.items()}


def names_at_front(document: Document) -> set[str]:
    """The names that stand at a document's front."""
    return {*standing(_likely(spoken(document)), document)}


@lru_cache(maxsize=4000)  # titles and fronts of a library's documents, which are asked about for each topic
def names_in(text: str) -> frozenset[str]:
    """The names of the table that stand in a text."""
    return frozenset(name for name in _likely(text) if names(name, text))


def _likely(text: str) -> Iterator[str]:
    """The names whose first word a text has."""
    words = dict.fromkeys(plain(text).split())
    return (name for word in words for name in _by_first_word().get(word, ()))
