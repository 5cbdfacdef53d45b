"""Names of one thing, as the library itself gives them: "long short-term memory (LSTM)", "孤独症（又称自闭症）".

Reads: documents.  Gives: which names, as standing.plain has them, are one; the glossary's names are among them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

from kb.survey.glossary import synonyms
from kb.survey.outline.standing import plain
from kb.text import CJK
from kb.types import Document
from kb.words import Phrases, phrases

_READ = 8_000  # characters of a document
_MOST_HAN, _MOST_WORDS = 12, 6
_BRACKETS = re.compile(r"[（(]([^（()）\n]{2,60})[)）]")
_ALSO = Phrases(rf"([{CJK}]{{2,12}}|[A-Za-z][A-Za-z -]{{2,40}})"
                r"(?:\s?[（(][^（()）]{1,40}[)）])?[，,、（(]?\s*(?:«stop: also»)\s*[“\"]?"
                rf"([{CJK}]{{2,8}}|[A-Za-z][A-Za-z-]+(?: [A-Za-z-]+){{0,3}})")
_BEFORE = re.compile(rf"([{CJK}]{{2,{_MOST_HAN}}}|[A-Za-z][A-Za-z0-9 -]{{1,60}})\s?$")
_CITED = re.compile(r"\d{4}|\bet\s?al\b|&|\d{2,}")  # a bracket that cites, or counts
_TIMES = 2  # how often a Chinese name has to be glossed so: what stands in brackets is often something else
_PARTS = Phrases(r"[,，;；、:：]|(?:«stop: also»)")


class Names:
    """Which names are one."""

    def __init__(self) -> None:
        self._groups: dict[str, set[str]] = {}

    def join(self, one: str, other: str) -> None:
        """Says that two names are one."""
        if one == other or not one.strip() or not other.strip():
            return
        both = self.of(one) | self.of(other)
        for name in both:
            self._groups[name] = both

    def all(self) -> Iterable[str]:
        """Every name that has another."""
        return self._groups.keys()

    def of(self, name: str) -> set[str]:
        """All names of the thing that this one names, this one among them."""
        return self._groups.get(name, {name})


def spelled_out(documents: Sequence[Document], *, is_sure: bool = True) -> Names:
    """Names that are one: those of the glossary, and English ones that these documents give with their initials, "long
    short-term memory (LSTM)". is_sure: without initials that stand for two things here."""
    found = Names()
    for group in synonyms():
        for name in group[1:]:
            found.join(plain(group[0]), plain(name))
    said: dict[str, set[str]] = {}
    for document in documents:
        for one, other in _initials(document.text[:_READ]):
            said.setdefault(plain(other), set()).add(plain(one))
    for short, long in sorted(said.items()):
        for name in sorted(long) if len(long) == 1 or not is_sure else ():
            found.join(short, name)
    return found


def names_of(documents: Sequence[Document], known: Collection[str]) -> Names:
    """The names that these documents or the glossary give for one thing. known: what may be a Chinese name; of the text
    before a bracket the longest of them is taken."""
    found = Names()
    for group in synonyms():
        for name in group[1:]:
            found.join(plain(group[0]), plain(name))
    glossed: Counter[tuple[str, str]] = Counter()
    for document in documents:
        text = document.text[:_READ]
        for one, other in (*_glossed(text), *((m[1], m[2]) for m in _ALSO.finditer(text))):
            first, second = plain(_ending(one, known)), plain(_beginning(other, known))
            if first.strip() and second.strip():
                glossed[first, second] += _TIMES if one.isascii() or not other.isascii() else 1
    for (first, second), n in sorted(glossed.items()):
        if n >= _TIMES:
            found.join(first, second)
    return found


@lru_cache(maxsize=2000)
def _initials(text: str) -> tuple[tuple[str, str], ...]:
    """(name, its initials) of the English ones that a text glosses so."""
    return tuple((one, other) for one, other in _glossed(text) if one.isascii() and other.isascii())


def _glossed(text: str) -> Iterator[tuple[str, str]]:
    """(name, other name) of "name (other name, ABBR)" where the other name is in the other script or its initials."""
    for match in _BRACKETS.finditer(text):
        before = _BEFORE.search(text[max(0, match.start() - 70):match.start()])
        if before is None or _CITED.search(match[1]):
            continue
        is_han = not before[1].isascii()
        for part in _PARTS.pattern.split(match[1]):
            part = part.strip(" \"“”'")
            if not part or not part.isascii() and is_han:
                continue
            if is_han and part.isascii() and re.search("[A-Za-z]{2}", part):
                yield before[1], part
            elif not is_han and part.isascii() and (long := _initialed(before[1], part)):
                yield long, part


def _initialed(before: str, letters: str) -> str:
    """The last words whose initials are these letters, parts of hyphenated words counted, function words not needed;
    else ""."""
    wanted = letters.rstrip("s").lower()
    if not (letters[:1].isupper() and letters.isalpha() and 2 <= len(wanted) <= _MOST_WORDS):
        return ""
    begin, left = len(before), wanted
    for part in reversed(list(re.finditer(r"[A-Za-z0-9]+", before))):
        if not left:
            break
        if part[0][0].lower() == left[-1]:
            begin, left = part.start(), left[:-1]
        elif part[0].lower() not in phrases("stop", "function en") or left == wanted:
            return ""  # "reinforcement learning with verifiable rewards (RLVR)": words between have no letter
    return "" if left else before[begin:].strip()


def _ending(name: str, known: Collection[str]) -> str:
    """Of Chinese the longest ending that is known, of English the words."""
    if name.isascii():
        return " ".join(name.split()[-4:])
    return next((name[i:] for i in range(len(name) - 1) if plain(name[i:]) in known), "")


def _beginning(name: str, known: Collection[str]) -> str:
    if name.isascii():
        return name
    return next((name[:i] for i in range(len(name), 1, -1) if plain(name[:i]) in known), "")
