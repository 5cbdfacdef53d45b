"""Where a term's own words stand: in a document's title, its abstract or its beginning. What we say of a document is
counted here, when it is written and when it is audited.

A word is met in any letters, number and spelling, with hyphen or space; an alias of it is another word.
"""

from __future__ import annotations

import re
from functools import lru_cache

from kb.survey.citing import reference_spans
from kb.survey.glossary import terms
from kb.text import CJK, search_terms
from kb.types import Document, Language

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_ABSTRACT = re.compile(r"(?:^|\n)[ \t#*_]*(?:abstract|summary|摘\s*要)\b[ \t*_.:：—–-]*|(?:^|\n)[ \t#*_]*摘\s*要",
                       re.IGNORECASE)
_WITHIN = 4000  # characters in which an abstract begins
_LENGTH = 2000  # of one, at most
_LEAD = 900  # characters of a document without one
_PIECE = re.compile(rf"[{CJK}]|[^\W_{CJK}]+|[.,;:!?()\[\]|<>=。，；：！？（）、“”\"\n]+")
_STOP = "|"  # between clauses: no term stands across it


def front(document: Document) -> str:
    """The title, and the abstract or else the beginning."""
    return f"{document.metadata.title}\n\n{_summary(document)}"


def _summary(document: Document) -> str:
    text = document.text
    begin = found.end() if (found := _FRONT_MATTER.match(text)) else 0
    abstract = _ABSTRACT.search(text, begin, begin + _WITHIN)
    if abstract is None:
        listed = min((start for start, _ in reference_spans(document)), default=len(text))
        return text[begin:min(begin + _LEAD, listed)]
    ends = (s.start for s in document.sections if s.heading and s.start >= abstract.end())
    return text[abstract.end():min(next(ends, len(text)), abstract.end() + _LENGTH)]


def stands(term: str, document: Document) -> bool:
    """Whether the term's own words stand in the document's title, abstract or beginning."""
    words = plain(term)
    return bool(words.strip()) and words in _plain_front(document.id, document.sha256, front(document))


def pairs(term: str, shown: str, language: Language) -> bool:
    """Whether the glossary has exactly these two as the names of one concept, `shown` in this language."""
    said = {plain(term), plain(shown)}
    return any(said == {plain(known.en), plain(known.zh)} and plain(shown) == plain(known.name(language))
               for known in terms())


@lru_cache(maxsize=50_000)
def plain(term: str) -> str:
    """The words of a term as they are compared: " doubly robust estimator ", Han characters one by one, a bar between
    clauses."""
    return _plain(term)


def _plain(text: str) -> str:
    found = []
    for piece in _PIECE.findall(text.replace("-\n", "")):
        if piece[0].isalnum():
            found += search_terms(piece)[:1]
        elif piece != "\n":
            found.append(_STOP)
    return f" {' '.join(found)} "


@lru_cache(maxsize=4000)  # a group's documents are asked about for every candidate
def _plain_front(document: str, sha256: str, text: str) -> str:
    return _plain(text)
