"""Names of persons, compared: "Hinton", "G. Hinton", "Hinton, Geoffrey" and "Geoffrey Hinton" may be one; who is meant
by a name that several have is told, not guessed.

Reads: the authors of documents.  Gives: those that are called so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from kb.text import CJK, simplified
from kb.types import DocumentInfo

_HAN = re.compile(f"[{CJK}]")
_MARKS = re.compile(r"(?<=[^\W\d_])\s?[\d*†‡§¶,]+(?=\s*(?:,|;|$))|[*†‡§¶]")
_BETWEEN = re.compile(r"\s*(?:[,，、;；&]|\band\b|(?<=[^\W\d_]{2})[和与](?=[^\W\d_]{2}))\s*")
_PARTICLES = frozenset("van von der den de di la le du el da dos bin al".split())


def people_in(authors: Iterable[str]) -> list[str]:
    """The persons in the authors of a record; an entry that holds several is parted."""
    found = []
    for author in authors:
        bare = _MARKS.sub(" ", author)
        parts = re.split(r"[;；、]|\band\b|(?<=\w)\s*&\s*", bare)
        if bare.count(",") > 1 or (bare.count(",") == 1 and all(len(p.split()) > 1 for p in bare.split(","))):
            parts = [part for piece in parts for part in piece.split(",")]
        found += [" ".join(part.split()) for part in parts if part.strip(" ,")]
    return found


def persons_in(text: str) -> list[str]:
    """The names in a list of them: "A, B and C", "甲、乙和丙"."""
    return [part for part in _BETWEEN.split(text.strip()) if part]


def is_same_person(asked: str, author: str) -> bool:
    """Whether a name may be that of the author: the family name alone, or both with given names that do not differ."""
    if _HAN.search(asked) or _HAN.search(author):
        return _han_key(asked) in (_han_key(author), _han_key("".join(reversed(author.split()))))
    exact = _parts(author)
    ways = (_parts(asked),) if "," in asked else (_parts(asked), _swapped(asked))
    return any(_fit(way, exact) for way in ways)


def _han_key(name: str) -> str:
    return simplified("".join(name.split()))


def _parts(name: str) -> tuple[str, tuple[str, ...]]:
    """(family name, given names), in small letters without accents."""
    family, comma, given = name.partition(",")
    if comma:
        return _plain(family), tuple(_plain(given).split())
    words = _plain(name).split()
    if not words:
        return "", ()
    at = len(words) - 1
    while at > 1 and words[at - 1] in _PARTICLES:
        at -= 1
    return " ".join(words[at:]), tuple(words[:at])


def _swapped(name: str) -> tuple[str, tuple[str, ...]]:
    """The same with the family name first: "Zhang Weinan"."""
    words = _plain(name).split()
    return (words[0], tuple(words[1:])) if len(words) > 1 else _parts(name)


def _fit(asked: tuple[str, tuple[str, ...]], author: tuple[str, tuple[str, ...]]) -> bool:
    if not asked[0] or asked[0] != author[0]:
        return False
    return all(one.startswith(other) or other.startswith(one)
               for one, other in zip(asked[1], author[1], strict=False)) and len(asked[1]) <= max(1, len(author[1]))


def family_name(name: str) -> str:
    """The family name as it is written; a Chinese name whole."""
    if _HAN.search(name):
        return name.strip()
    family, comma, _ = name.partition(",")
    words = family.split() if comma else name.split()
    return family.strip() if comma else words[-1] if words else ""


def _plain(text: str) -> str:
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return " ".join(re.sub(r"[^\w\s]", " ", text.replace("-", "")).split())


def written_by(documents: Sequence[DocumentInfo], person: str, *others: str) -> dict[str, list[DocumentInfo]]:
    """Author as recorded -> documents, of every author who may be called so; only what the others wrote too."""
    found: dict[str, list[DocumentInfo]] = {}
    for info in documents:
        people = people_in(info.authors)
        if not all(any(is_same_person(other, author) for author in people) for other in others):
            continue
        for author in people:
            if is_same_person(person, author):
                known = next((name for name in found if is_same_person(name, author) and len(name.split()) > 1
                              and len(author.split()) > 1), author)
                found.setdefault(known, []).append(info)
    return found
