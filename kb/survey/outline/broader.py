"""What belongs under what: works on quantization and on pruning stand under "model compression" though neither says so.

Reads: data/words/broader.txt, documents.  Gives: Terms that are wide names of the field, each with the documents at
whose front it or something that belongs under it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from kb.survey.outline.field import Wide, names_at_front, wide_names
from kb.survey.outline.phrases import Term
from kb.survey.outline.standing import names, plain
from kb.types import Document, Language
from kb.words import phrases

_LETTERS, _STEM, _ENDING = 3, 5, 3  # letters: of a word that tells one name from another, of its stem, and behind that
_LEAST = 2  # things under a wide name, for it to say more than one of them


def _says(wide: Wide, topic: str) -> bool:
    """Whether the topic has what tells the wide name from others, "robot" of robotics, 音频 of 音频处理: all but an end
    that a name of any subject may have."""
    words = plain(topic).split()
    english, chinese = wide.telling()
    telling = [word for word in english if len(word) >= _LETTERS]
    return chinese in topic or bool(telling) and all(any(_akin(word, other) for other in words) for word in telling)


def _akin(word: str, other: str) -> bool:
    """Whether they are one word or differ by its ending: "robot" and "robotics", not "multi" and "multilingual"."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False)))
    return word == other or (same >= _STEM and max(len(word), len(other)) <= same + _ENDING)


def _n_things(said: Sequence[tuple[str, ...]]) -> int:
    """How many things names speak of: "model quantization" says no more than "quantization"."""
    kept: list[tuple[str, ...]] = []
    for forms in sorted((tuple(map(plain, called)) for called in said), key=lambda one: len(min(one, key=len))):
        if not any(short in long for other in kept for short in other for long in forms):
            kept.append(forms)
    return len(kept)


def wide_terms(documents: Sequence[Document], topic: str, language: Language) -> Iterator[Term]:
    """The wide names under which two documents or more belong, by two things or more; none under which the topic itself
    belongs, or that it says in other words: “AI agent” under “multi-agent systems”; none that says what works serve,
    which they say in passing: “clinical applications”."""
    asked, serving = plain(topic), phrases("broader", "serves")
    found = [(document, names_at_front(document)) for document in documents]
    for wide in wide_names():
        if wide.own[0].split()[-1] in serving or any(words in asked for words in wide.words) or _says(wide, topic):
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
