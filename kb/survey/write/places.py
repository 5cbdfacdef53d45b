"""Where a term's words stand at a document's front, and the sentence round them: what shows that a work names it.

Reads: a document and words as they are compared.  Gives: Tick.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from kb.survey.outline.standing import Piece, front_span, pieces, plain, turned_in, unsaid
from kb.text import CJK, sentence_spans, trim
from kb.types import Document

Span = tuple[int, int]
_ADDRESS = re.compile(r"https?:|www\.|github\b|publicly available", re.IGNORECASE)  # says where something is
_LONGEST = 500  # characters of a quote


@dataclass(frozen=True, slots=True)
class Tick:
    """A place that shows it: the words themselves, and the sentence round them."""

    document: str
    words: Span
    quote: Span


def place_of(document: Document, words: str) -> Tick | None:
    """Where the words stand first at the document's front, with the sentence round them; None where they stand in the
    recorded title alone."""
    return next(places_of(document, words), None)


def places_of(document: Document, words: str) -> Iterator[Tick]:
    """Where the words stand in a document's title, abstract or beginning, where it speaks of its work, in whatever
    spelling; not where what stands before them makes another thing of them."""
    wanted = plain(words).split() or [""]
    found, turned = _pieces(document.text[:front_span(document)[1]])
    norms = [piece.norm for piece in found]
    out = unsaid(document)
    for i in (i for i, norm in enumerate(norms) if norm == wanted[0] and norms[i:i + len(wanted)] == wanted):
        start, end = found[i].start, found[i + len(wanted) - 1].end
        quote = sentence_at(document, start)
        is_out = start in turned or any(a < end and start < b for a, b in out)
        if end <= quote[1] and not is_out and not _ADDRESS.search(document.text[slice(*quote)]):
            yield Tick(document.id, (start, end), quote)


@lru_cache(maxsize=2000)  # every term is looked for in every document
def _pieces(text: str) -> tuple[list[Piece], frozenset[int]]:
    found = pieces(text)
    return found, turned_in(found, text)


@lru_cache(maxsize=5000)
def words_pattern(words: str) -> re.Pattern[str]:
    """Matches the words of a term as they may be written: compared words are stems, so endings are open."""
    if re.search(f"[{CJK}]", words):
        return re.compile(r"\s*".join(re.escape(part) for part in words.split()), re.I)
    return re.compile(r"(?<![\w-])" + r"\w*[\s-]+".join(re.escape(part) for part in words.split()) + r"\w*", re.I)


def sentence_at(document: Document, at: int) -> Span:
    """The sentence that holds a place, within its paragraph or its line of a heading."""
    text = document.text
    start = max(text.rfind("\n\n", 0, at) + 2 if text.rfind("\n\n", 0, at) >= 0 else 0,
                max((s.start for s in document.sections if s.start <= at), default=0))
    line = text.rfind("\n", 0, at) + 1
    if text.startswith("#", line):
        start = line
    end = min(len(text) if (stop := text.find("\n\n", at)) < 0 else stop,
              min((s.end for s in document.sections if s.start <= at < s.end), default=len(text)))
    if text.startswith("#", line):
        end = min(end, len(text) if (stop := text.find("\n", at)) < 0 else stop)
    for a, b in sentence_spans(text, start, end):
        if a <= at < b:
            a, b = trim(text, a, b)
            return (a, b) if b - a <= _LONGEST else (at, min(b, at + _LONGEST))
    return at, at
