"""Which terms of a library may be what works are on: no measure, no praise, no address, nobody's name.

Reads: a term's words.  Gives: whether it may head a section (phrases.py asks).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache

from kb.survey.outline.standing import plain
from kb.text import CJK
from kb.types import Document
from kb.words import phrases

_HAN = re.compile(f"[{CJK}]")
_SAID = 0.8  # share of a Chinese term's characters from which on it says what a topic says
_LONG_FORM = 4  # characters of a word that is said with two of them
_LEAST_SAID = 4  # characters of such a term; of a shorter one all, in the topic's order
_ADDRESS = frozenset(("url", "http", "https", "www", "github"))  # what no term begins with


def people_of(documents: Sequence[Document]) -> frozenset[str]:
    """The words of the authors' names."""
    names = [name for document in documents for name in document.metadata.authors]
    return frozenset(word for name in names for word in plain(name).split() if len(word) > 1 or _HAN.match(word))


def is_subject(words: str, people: Collection[str], *, is_keyword: bool) -> bool:
    """Whether a term, as it is compared, may be what works are on."""
    parts = words.split()
    if _HAN.search(words):
        flat = "".join(parts)
        return not (flat.endswith(phrases("stop", "no subject zh")) or flat.startswith(phrases("stop", "done zh"))
                    or words in _measures())
    if parts[-1] in _qualities() or words.strip() in _qualities():
        return False
    is_named = not is_keyword and all(word in people for word in parts)
    return parts[-1] not in _measured() and parts[0] not in _ADDRESS and not is_named and words not in _measures()


def says_again(words: str, topic: str) -> bool:
    """Whether a Chinese term says no more than a topic: nearly all of its characters are the topic's, a word that the
    topic has shortened counted as the short one (风力发电 under 风电功率预测). Both as they are compared."""
    term, said = ("".join(_HAN.findall(text)) for text in (words, topic))
    if not term or len(term) < len("".join(words.split())):
        return False
    i = 0
    while i + _LONG_FORM <= len(term):  # one character of each half of the long form
        first, second = term[i:i + 2], term[i + 2:i + 4]
        short = next((a + b for a in first for b in second if a + b in said), "")
        if short and first not in said and second not in said:
            term = term[:i] + short + term[i + _LONG_FORM:]
        i += 1
    if len(term) < _LEAST_SAID or term in said:
        rest = iter(said)
        return all(character in rest for character in term)
    return sum(character in said for character in term) >= _SAID * len(term)


@cache
def _measures() -> frozenset[str]:
    """What results are measured in; a word that names a task or a method as well has other words beside it there."""
    return frozenset(plain(name) for name in phrases("measures", "measure"))


@cache
def _qualities() -> frozenset[str]:
    return frozenset(plain(word).strip() for word in phrases("aspects", "quality en"))


@cache
def _measured() -> frozenset[str]:
    return frozenset(plain(word).strip() for word in phrases("stop", "no subject en"))
