"""What belongs under what: works on quantization and on pruning stand under "model compression" though neither says so.

Reads: data/words/broader.txt, documents.  Gives: Terms that are wide names of the field, each with the documents at
whose front it or something that belongs under it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from kb.survey.glossary import concepts
from kb.survey.outline.phrases import Term
from kb.survey.outline.standing import names, plain, standing
from kb.text import CJK
from kb.types import Document, Language
from kb.words import table

_HAN = re.compile(f"[{CJK}]+")
_LETTERS = 4  # of a word that tells one name from another
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


def _says(wide: Wide, topic: str, words: set[str]) -> bool:
    """Whether the topic has all that tells the wide name from others: its words of some letters, its Chinese ones."""
    english = {word for word in plain(wide.own[0]).split() if len(word) >= _LETTERS}
    return english <= words or "".join(_HAN.findall(wide.own[-1])) in topic


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
    words = {*asked.split()}
    found = [(document, {*standing(_names(), document)}) for document in documents]
    for wide in wide_names():
        called = {*wide.names()}
        if any(plain(name) in asked for name in (*called, *wide.own)) or _says(wide, topic, words):
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
