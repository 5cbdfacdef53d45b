"""Names of persons in bibliographies, taken apart: by BibTeX's rules, "Family, Given", Chinese names, bodies.

Reads: a name, or a list of names joined by "and".  Gives: Person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kb.readers.bibtex import shown
from kb.readers.entry_fields import is_others
from kb.text import CJK, one_line
from kb.types import Person
from kb.words import phrases

_HAN = re.compile(f"[{CJK}·]+")
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|[IVX]{2,4}|3rd|2nd", re.IGNORECASE)
_BODY = re.compile(
    r"\b(?:contributors|team|group|consortium|collaboration|committee|organi[sz]ation|university|institute|agency|"
    r"laborator(?:y|ies)|foundation|association|society|ministry|department|company|inc|ltd|of|for|the)\b", re.I)
_FIRM = re.compile(r"(?:Inc|Ltd|LLC|Corp|Co|GmbH|AG|S\.?A|PLC)\.?", re.IGNORECASE)
_PARTICLE = re.compile(r"(?:van|von|der|den|de|del|della|di|da|dos|du|la|le|el|al|bin|ibn|ten|ter|zu|zur)", re.I)


def bibtex_names(value: str) -> tuple[Person, ...]:
    """The names in a field of BibTeX, still in TeX; "others" is none."""
    found: list[Person] = []
    for part in _outside(value, re.compile(r"\s+and\s+|\s*[;；、]\s*", re.I)):
        part = part.strip(" ,")
        pieces = [piece.strip() for piece in _outside(part, re.compile("[,，]"))]
        if not part or is_others(part):
            continue
        if _is_whole(part):
            found.append(Person(_shown(part)))
        elif len(pieces) > 1 and all(_HAN.fullmatch(piece) for piece in pieces):
            found += _han_list(pieces)
        else:
            found.append(_bibtex_name(pieces))
    return tuple(person for person in found if person.family)


def _bibtex_name(pieces: list[str]) -> Person:
    """"First von Last", "von Last, First", "von Last, Jr, First"."""
    if len(pieces) == 2:
        return _person(_shown(pieces[0]), _shown(pieces[1]))
    if len(pieces) > 2:
        return _person(_shown(pieces[0]), _shown(" ".join(pieces[2:])), _shown(pieces[1]))
    words = [word for word in _outside(pieces[0], re.compile(r"[\s~]+")) if word]
    if len(words) < 2:
        return Person(_shown(pieces[0]))
    first = next((i for i, word in enumerate(words[:-1]) if i and _begins_small(word)), len(words) - 1)
    if _begins_small(words[0]):
        first = 0
    if first == len(words) - 1 and _SUFFIX.fullmatch(words[-1]) and len(words) > 2:
        return _person(_shown(words[-2]), _shown(" ".join(words[:-2])), _shown(words[-1]))
    return _person(_shown(" ".join(words[first:])), _shown(" ".join(words[:first])))


def _begins_small(word: str) -> bool:
    """Whether a word begins with a small letter outside of braces, as a particle does."""
    letter = next((c for c in word if c.isalpha() or c in "{\\"), "")
    if letter == "\\":
        letter = next((c for c in shown(word) if c.isalpha()), "")
    return letter.islower() and not _HAN.match(letter)


def _person(family: str, given: str, suffix: str = "") -> Person:
    if _SUFFIX.fullmatch(given) and not suffix and " " in family:  # "Martin Luther King, Jr."
        before, _, last = family.rpartition(" ")
        return Person(last, before, given)
    return Person(family, given, suffix) if family else Person(given)


def _han_list(pieces: list[str]) -> list[Person]:
    """Chinese pieces between commas: a family's name and a given one, or several names."""
    family, *given = pieces
    if len(pieces) == 2 and (len(family) == 1 or family in phrases("surnames", "double")):
        return [Person(family, given[0])]
    return [Person(piece) for piece in pieces]


def _is_whole(part: str) -> bool:
    """Whether braces hold all of it together."""
    return part.startswith("{") and next(_closing(part), 0) == len(part) - 1


def _closing(text: str) -> Any:
    depth = 0
    for mark in re.finditer(r"(?<!\\)[{}]", text):
        depth += 1 if mark.group() == "{" else -1
        if depth == 0:
            yield mark.start()


def _outside(text: str, separator: re.Pattern[str]) -> list[str]:
    """The text parted where the separator stands outside of braces."""
    inside: list[tuple[int, int]] = []
    depth, opened = 0, 0
    for mark in re.finditer(r"(?<!\\)[{}]", text):
        if mark.group() == "{":
            opened, depth = (mark.start(), 1) if depth == 0 else (opened, depth + 1)
        elif depth:
            depth -= 1
            inside += [(opened, mark.end())] if depth == 0 else []
    parts, before = [], 0
    for found in separator.finditer(text):
        if not any(start < found.end() and found.start() < end for start, end in inside):
            parts.append(text[before:found.start()])
            before = found.end()
    return [*parts, text[before:]]


def _shown(tex: str) -> str:
    return one_line(shown(tex), 300).strip()


def listed_name(value: str) -> Person | None:
    """A name as RIS and EndNote list it: "Family, Given, Suffix"; a comma behind a body's name parts nothing, and one
    without comma is parted where it looks like a person's."""
    name = one_line(value, 300)
    family, *rest = [piece.strip() for piece in re.split("[,，]", name)]
    if not name.strip(" ,") or is_others(name):
        return None
    if rest and not rest[-1] and (len(rest) != 2 or _FIRM.fullmatch(rest[0])):
        return Person(name.rstrip(" ,，"))
    if rest:
        given, suffix = (rest[0], rest[1]) if len(rest) > 1 else (rest[0], "")
        return _person(family, given, suffix)
    words = name.split()
    if not 1 < len(words) < 6 or _HAN.search(name) or _BODY.search(name) or not all(w[0].isalpha() for w in words):
        return Person(name)
    first = next((i for i, word in enumerate(words[:-1]) if i and _PARTICLE.fullmatch(word)), len(words) - 1)
    return _person(" ".join(words[first:]), " ".join(words[:first]))


def is_parted(name: str) -> bool:
    """Whether `listed_name` would part a name that has no comma."""
    found = listed_name(name)
    return found is not None and bool(found.given)


def csl_name(value: Any) -> Person | None:
    """A name of CSL JSON; particles belong to the family's name."""
    if isinstance(value, str):
        return listed_name(value)
    if not isinstance(value, Mapping):
        return None
    said = {key: one_line(str(item), 300) for key, item in value.items() if isinstance(item, (str, int))}
    if said.get("literal"):
        return None if is_others(said["literal"]) else Person(said["literal"])
    family = " ".join(said[key] for key in ("dropping-particle", "non-dropping-particle", "family") if said.get(key))
    return _person(family, said.get("given", ""), said.get("suffix", "")) if family or said.get("given") else None
