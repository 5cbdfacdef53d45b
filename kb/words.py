"""The word lists of kb/data/words, read when they are first used, and patterns made of them.

A file is text in UTF-8: `#` begins a comment, `[name]` a list, and every other line is one phrase. A phrase may say
where it counts: `不 (not before 如 同)`, `其 (before 中)`, `它 (not after 其)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent / "data" / "words"
_CONDITION = re.compile(r"^(?P<phrase>.+?) \((?P<where>not before|not after|before) (?P<others>[^()]+)\)$")
_LIST = re.compile("«([a-z]+): ([a-z ]+)([~+]?)»")


@cache
def _lists(name: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    section = ""
    for line in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            found[section] = []
        elif line and not line.startswith("#"):
            found[section].append(line)
    return {section: tuple(lines) for section, lines in found.items()}


def phrases(name: str, section: str) -> tuple[str, ...]:
    """The lines of one list, in order. name: of the file in data/words; section: of the list in it. Errors:
    KeyError."""
    return _lists(name)[section]


def sections(name: str) -> tuple[str, ...]:
    """The names of the lists of one file, in order."""
    return tuple(_lists(name))


@cache
def chinese_words() -> frozenset[str]:
    """The words of two Han characters or more that the encoder's Chinese vocabulary has."""
    lines = (_FOLDER.parent / "zh" / "tokens.tsv").read_text(encoding="utf-8").splitlines()
    return frozenset(word for word in (line.partition("\t")[0] for line in lines)
                     if len(word) > 1 and all("\u4e00" <= character <= "\u9fff" for character in word))


def table(name: str, section: str) -> dict[str, str]:
    """A list whose lines are `phrase = value`."""
    pairs = (line.partition(" = ") for line in phrases(name, section))
    return {phrase: value for phrase, _, value in pairs}


class Phrases:
    """A regular expression in which `«file: list»` stands for any phrase of that list, earlier ones first.

    `«file: list~»`: the spaces in its phrases stand for any white space. `«file: list+»`: its lines are characters,
    joined for a class. It is compiled when it is first used: the lists of what is never asked cost nothing. From then
    on its methods are those of the pattern itself: a page is asked hundreds of times.
    """

    def __init__(self, source: str, flags: int = 0) -> None:
        self._source, self._flags = source, flags

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, with its lists in it."""
        return re.compile(filled(self._source), self._flags)

    @cached_property
    def search(self) -> Callable[..., re.Match[str] | None]:
        """As `re.Pattern.search`."""
        return self.pattern.search

    @cached_property
    def match(self) -> Callable[..., re.Match[str] | None]:
        """As `re.Pattern.match`."""
        return self.pattern.match

    @cached_property
    def fullmatch(self) -> Callable[..., re.Match[str] | None]:
        """As `re.Pattern.fullmatch`."""
        return self.pattern.fullmatch

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """As `re.Pattern.finditer`."""
        return self.pattern.finditer(text)


def filled(source: str) -> str:
    """The source of a pattern with the phrases in place of the names of their lists."""
    def alternatives(found: re.Match[str]) -> str:
        listed = [phrase.split(" = ")[0] for phrase in phrases(found[1], found[2])]
        if found[3] == "+":
            return "".join(listed)
        return "|".join(_escaped(phrase, r"\s+" if found[3] else " ") for phrase in listed)

    return _LIST.sub(alternatives, source)


def _escaped(phrase: str, space: str) -> str:
    found = _CONDITION.match(phrase)
    if found is None:
        return re.escape(phrase).replace(r"\ ", space)
    words, others = _escaped(found["phrase"], space), [re.escape(other) for other in found["others"].split()]
    if found["where"] == "not after":
        return "".join(f"(?<!{other})" for other in others) + words
    return f"{words}(?{'!' if found['where'] == 'not before' else '='}{'|'.join(others)})"
