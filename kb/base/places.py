"""Places in documents: what stands at a span and around it, a page by its name, and where a quoted sentence stands.

Reads: a Document, or all of a view.  Gives: Place, text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.answer.retrieve import MAX_QUESTION
from kb.errors import QuestionError, UnknownPlace
from kb.store import View
from kb.text import CJK, sentence_spans, simplified
from kb.types import Document, Record, Words

_AROUND = 2  # sentences shown on each side of a span
_NEAR = 2000  # characters on each side in which they are looked for
_LEAST = 4  # characters of a quote, as it is compared: fewer stand anywhere
# Where lines end, how a word is parted and which marks a quote stands between is the file's and the reader's matter.
_LEFT_OUT = re.compile("[\\s\0-\x1f\x7f-\x9f\xad\u0300-\u036f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff"
                       "\\-\u2010-\u2015\u2212\"'`´\u2018-\u201f«»‹›「」『』]+")
_IS_CJK = re.compile(f"[{CJK}]")


@dataclass(frozen=True, slots=True)
class Place(Record):
    """A span of a document: text == document.text[start:end]. before, after: what stands around it in its section.
    recognised: see Document.confidence."""

    document: str
    title: str
    path: str
    page: int | None
    section: tuple[str, ...]
    start: int
    end: int
    text: str
    before: str
    after: str
    recognised: float | None = None


@dataclass(frozen=True, slots=True)
class FoundPlaces(Record):
    """Where a quote stands: the first places, documents newest first, and how many there are in all."""

    quote: str
    places: tuple[Place, ...]
    n_places: int


def place_at(document: Document, start: int, end: int) -> Place:
    """The span and what stands around it. Errors: UnknownPlace E_PLACE."""
    text = document.text
    if not start < end <= len(text):
        n = len(text)
        raise UnknownPlace(
            "E_PLACE", document=document.id, place=f"{start}-{end}",
            detail=Words(f"its characters are 0-{n}, and a span ends after it starts",
                         f"字符编号为 0-{n}，起点须小于终点"))
    sections = [item for item in document.sections if item.start <= start]
    first = max(start - _NEAR, sections[-1].start if sections else 0)
    last = min(end + _NEAR, next((item.end for item in document.sections if item.end >= end), len(text)))
    begins = [a for a, _ in sentence_spans(text, first, start)]
    ends = [b for _, b in sentence_spans(text, end, last)]
    return Place(document.id, document.metadata.title, document.path, document.page_at(start),
                 _headings(document, start), start, end, text[start:end],
                 text[begins[-_AROUND:][0]:start] if begins else "", text[end:ends[:_AROUND][-1]] if ends else "",
                 document.confidence(start, end))


def _headings(document: Document, offset: int) -> tuple[str, ...]:
    """From the outermost to the innermost."""
    path: list[tuple[int, str]] = []
    for section in document.sections:
        if section.start > offset:
            break
        path = [item for item in path if item[0] < section.level] + [(section.level, section.heading)]
    return tuple(heading for _, heading in path if heading)


def page_text(document: Document, name: str) -> str:
    """The text of the page of this number or label. Errors: UnknownPlace E_PLACE."""
    found = next((item for item in document.pages if name in (str(item.number), item.label)), None)
    if found is None:
        n = len(document.pages)
        raise UnknownPlace("E_PLACE", document=document.id, place=name, detail=Words(
            f"it has pages 1-{n}" if n else "it has no pages",
            f"它有 1-{n} 页" if n else "它不分页"))
    return document.text[found.start:found.end]


# --- where a quote stands

def find_quote(view: View, quote: str, documents: Sequence[str], k: int) -> FoundPlaces:
    """The places where the quote stands word for word, of these documents or of all.

    Compared without line ends, spaces, hyphens, quotation marks, accents, capitals, and traditional as simplified
    characters; a word is never cut. It reads the text of every document, 0.1 s for a million characters.
    Errors: QuestionError Q_EMPTY, Q_LONG, Q_SHORT; UnknownDocument.
    """
    if not quote.strip():
        raise QuestionError("Q_EMPTY")
    if len(quote) > MAX_QUESTION:
        raise QuestionError("Q_LONG", n=len(quote), limit=MAX_QUESTION)
    wanted = compared(quote)
    if len(wanted) < _LEAST:
        raise QuestionError("Q_SHORT", n=len(wanted), least=_LEAST)
    ids = list(dict.fromkeys(view.document(name).id for name in documents) if documents
               else (info.id for info in view.documents()))
    places: list[Place] = []
    n_places = 0
    for name in ids:
        document = view.document(name)
        for start, end in Compared(document.text).spans(quote) if wanted in compared(document.text) else ():
            n_places += 1
            if len(places) < k:
                places.append(place_at(document, start, end))
    return FoundPlaces(quote, tuple(places), n_places)


def compared(text: str) -> str:
    """The text as quotes are compared."""
    return _LEFT_OUT.sub("", simplified(unicodedata.normalize("NFKD", text))).casefold()


class Compared:
    """A text, `whole` as it is compared, and the `origin` of each of its characters in the text."""

    def __init__(self, text: str) -> None:
        known: dict[str, str] = {}
        parts: list[str] = []
        self.text = text
        self.origin: list[int] = []
        for i, character in enumerate(text):  # one by one, so that every one knows where it came from
            if (part := known.get(character)) is None:
                part = known[character] = compared(character)
            parts.append(part)
            self.origin += [i] * len(part)
        self.whole = "".join(parts)

    def spans(self, quote: str) -> Iterator[tuple[int, int]]:
        """Where in the text that stands, no word cut."""
        wanted = compared(quote)
        at = self.whole.find(wanted) if wanted else -1
        while at >= 0:
            start, end = self.origin[at], self.origin[at + len(wanted) - 1] + 1
            if not _is_cut(self.text, start) and not _is_cut(self.text, end):
                yield start, end
                at = self.whole.find(wanted, at + len(wanted))
            else:
                at = self.whole.find(wanted, at + 1)

    def compared_at(self, offset: int) -> int:
        """Where what stands at this offset of the text stands in `whole`."""
        return bisect_left(self.origin, offset)

    def whole_words(self, start: int, end: int) -> tuple[int, int]:
        """The span with the words whole that it cuts."""
        while start > 0 and _is_cut(self.text, start):
            start -= 1
        while end < len(self.text) and _is_cut(self.text, end):
            end += 1
        return start, end


def _is_cut(text: str, position: int) -> bool:
    """Whether a word goes on across this position. Chinese words are not parted in writing."""
    around = text[max(0, position - 1):position + 1]
    return len(around) == 2 and around.isalnum() and not _IS_CJK.search(around)
