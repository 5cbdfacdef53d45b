"""Where a term's own words stand: in a document's title, its abstract or its beginning. What we say of a document is
counted here, when it is written and when it is audited.

A word is met in any letters, number and spelling, with hyphen or space; an alias of it is another word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from kb.survey.citing import reference_spans
from kb.survey.glossary import concepts
from kb.survey.outline.torn import is_torn
from kb.text import CJK, search_terms
from kb.types import Document
from kb.words import Phrases, phrases

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_ABSTRACT = re.compile(r"(?:^|\n)[ \t#*_]*(?:abstract|summary|摘\s*要)\b[ \t*_.:：—–-]*|(?:^|\n)[ \t#*_]*摘\s*要",
                       re.IGNORECASE)
_WITHIN = 4000  # characters in which an abstract begins
_LENGTH = 2000  # of one, at most
_LEAD = 900  # characters of a document without one
# What a Chinese journal prints below the keywords.
_NUMBERS = re.compile(r"[【\[]?(?:中图分类号|中圖分類號|文献标识码|文獻標識碼|文章编号)")
# "> **发布时间**：2025年2月", "- Status: preprint": what a note says of the publication, at the beginning of a line.
_ABOUT = Phrases(r"^[ \t>#*_-]*(?:«notes: labels»|«notes: about»)[*_ \t]*[:：].*$", re.IGNORECASE | re.MULTILINE)
# What a publisher prints between abstract and text: classes of the field, not what the work says.
_CLASSES = re.compile(
    r"(?:CCS\s+Concepts|Categories\s+and\s+Subject\s+Descriptors|General\s+Terms|ACM\s+(?:Reference\s+Format|Classification)|"
    r"Permission\s+to\s+make)\b.*?(?=\n\s*\n|\n[#*_ ]*(?:Additional\s+)?Key\s?words|\n[#*_ ]*Index\s+Terms|\Z)",
    re.IGNORECASE | re.DOTALL)
_ABSENT = Phrases(
    r"\b(?:«notes: absent en»)\s+(?:[\w-]+[ ]){0,4}?[\w-]+"
    r"(?=\s*(?:[.,;:()!?\n]|$|\b(?:«notes: goes on en»)\b))|"
    rf"(?:«notes: absent zh»)[{CJK}]{{2,8}}", re.IGNORECASE)
_PIECE = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:-\n[^\W_{CJK}]+)*|[.,;:!?()\[\]|<>=。，；：！？（）、“”\"]|\n[ \t]*\n")
_HAN, _HAN_END, _HAN_BEGIN = (re.compile(form.format(f"[{CJK}]")) for form in ("{0}", "(?:{0} ?)+$", "(?:{0} ?)+"))
_BESIDE = 8  # characters beside a term that are read, blanks among them
_HYPHENS = ("-", "\u2010", "\u2011")
STOP = "|"  # between clauses: no term stands across it


class Piece(NamedTuple):
    """A word as it is compared, or STOP, and where it stands."""

    norm: str
    start: int
    end: int


def front(document: Document) -> str:
    """The title, and the abstract or else the beginning."""
    return f"{document.metadata.title}\n\n{_summary(document)}"


def spoken(document: Document) -> str:
    """The front without what it says that there is none of ("without a teacher", "无需标注"), and without the lines
    that say where and when it came out."""
    text = _CLASSES.sub("\n\n", _ABOUT.pattern.sub("", _summary(document)))
    return _ABSENT.pattern.sub(" . ", f"{document.metadata.title}\n\n{text}")


def unsaid(document: Document) -> tuple[tuple[int, int], ...]:
    """Where the front of a document's text speaks of its publication, or of what it does without."""
    end = front_span(document)[1]
    return tuple(found.span() for pattern in (_CLASSES, _ABOUT.pattern, _ABSENT.pattern)
                 for found in pattern.finditer(document.text, 0, end))


def _summary(document: Document) -> str:
    begin, end = front_span(document)
    return document.text[begin:end]


def front_span(document: Document) -> tuple[int, int]:
    """Where the abstract stands in a document's text, or else its beginning."""
    text = document.text
    begin = found.end() if (found := _FRONT_MATTER.match(text)) else 0
    abstract = _ABSTRACT.search(text, begin, begin + _WITHIN)
    if abstract is None:
        listed = min((start for start, _ in reference_spans(document)), default=len(text))
        return begin, begin + len(_NUMBERS.split(text[begin:min(begin + _LEAD, listed)])[0])
    ends = (s.start for s in document.sections if s.heading and s.start >= abstract.end())
    end = min(next(ends, len(text)), abstract.end() + _LENGTH)
    return abstract.end(), abstract.end() + len(_NUMBERS.split(text[abstract.end():end])[0])


def stands(term: str, document: Document, *others: str) -> bool:
    """Whether the term's own words stand in the document's title, abstract or beginning. others: names of the same
    thing, which count as well."""
    return bool(next(_standing((term, *others), document), ""))


def standing(called: Iterable[str], document: Document) -> tuple[str, ...]:
    """Those of the names that stand in the document's title, abstract or beginning, in their order."""
    return tuple(_standing(called, document))


def _standing(called: Iterable[str], document: Document) -> Iterator[str]:
    said = _said_at_front(document.id, document.sha256, spoken(document))
    return (name for name in called if name and _names(plain(name), said))


def times(words: str, document: Document) -> int:
    """How often words, as they are compared, stand at the document's front."""
    said = _said_at_front(document.id, document.sha256, spoken(document))
    return sum(found.start() + 1 not in said.turned for found in re.finditer(f"(?={re.escape(words)})", said.words))


def names(term: str, text: str) -> bool:
    """Whether a text names the term: its words stand there, and what stands right before them makes nothing else of
    them ("supervised learning" is no self-supervised learning, 监督学习 no 无监督学习)."""
    return _names(plain(term), _said(text))


def pairs(term: str, other: str) -> bool:
    """Whether the glossary has exactly these two as the names of one concept."""
    said = {plain(term), plain(other)}
    return any(said == {plain(english), plain(chinese)} for english, chinese in concepts())


@lru_cache(maxsize=50_000)
def plain(term: str) -> str:
    """The words of a term as they are compared: " doubly robust estimator ", Han characters one by one, a bar between
    clauses."""
    return _plain(term)


def pieces(text: str) -> list[Piece]:
    """The words of a text, and a STOP for what parts clauses."""
    found = []
    for match in _PIECE.finditer(text):
        piece = match.group()
        norm = (search_terms(piece.replace("-\n", ""))[:1] or [STOP])[0] if piece[0].isalnum() else STOP
        found.append(Piece(norm, match.start(), match.end()))
    return found


def _plain(text: str) -> str:
    return f" {' '.join(piece.norm for piece in pieces(text))} "


class _Said(NamedTuple):
    """A text's words as they are compared, and where those begin that are a part of another thing's name."""

    words: str
    turned: frozenset[int]


def _names(words: str, said: _Said) -> bool:
    at = said.words.find(words) if words.strip() else -1
    while at >= 0 and (at + 1 in said.turned or _is_torn(words, said.words[:at], said.words[at + len(words):])):
        at = said.words.find(words, at + 1)
    return at >= 0


def _is_torn(words: str, before: str, after: str) -> bool:
    """Whether a Chinese term stands at a place only as pieces of other words."""
    term = words.replace(" ", "")
    if not _HAN.match(term):
        return False
    left, right = _HAN_END.search(before[-_BESIDE:]), _HAN_BEGIN.match(after[:_BESIDE])
    return is_torn(left[0].replace(" ", "") if left else "", term, right[0].replace(" ", "") if right else "")


@lru_cache(maxsize=20_000)
def _said(text: str) -> _Said:
    found, at, turned = pieces(text), 1, set()
    starts = turned_in(found, text)
    for piece in found:
        if piece.start in starts:
            turned.add(at)
        at += len(piece.norm) + 1
    return _Said(f" {' '.join(piece.norm for piece in found)} ", frozenset(turned))


def turned_in(found: Sequence[Piece], text: str) -> frozenset[int]:
    """Where words of the text begin that are a part of another thing's name, by what stands before them. found: its
    pieces."""
    return frozenset(piece.start for i, piece in enumerate(found) if _turns(found, i, text))


def _turns(found: Sequence[Piece], i: int, text: str) -> bool:
    """Whether what stands before piece i is one name with it: by a hyphen, or by a word that makes another thing of
    it."""
    before = found[i - 1] if i else None
    if before is None or before.norm == STOP or found[i].norm == STOP:
        return False
    between = text[before.end:found[i].start]
    if between in _HYPHENS or (before.norm in phrases("within", "turns en") and between.isspace()):
        return True
    if between or before.norm not in phrases("within", "turns zh"):
        return False
    longer = f"{found[i - 2].norm}{before.norm}" if i > 1 and found[i - 2].end == before.start else ""
    return longer not in phrases("within", "turns not zh")


@lru_cache(maxsize=4000)  # a group's documents are asked about for every candidate
def _said_at_front(document: str, sha256: str, text: str) -> _Said:
    return _said(text)
