"""Which documents of the library cite which: reference lists are found, cut into entries, and matched by DOI, arXiv
number or title.

Reads: documents.  Gives: CitationGraph, with a reading list. An entry that matches nothing in the library is counted,
not guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from kb.types import Document, Record
from kb.words import Phrases

_HEADING = Phrases(
    r"^\W*(?:[\dIVX]+[.\s]+)?(?:«headings: references»|«headings: references rare»|«headings: sources»)\W*$",
    re.IGNORECASE)
_LINE = Phrases(r"^[ \t#*]*(?:[\dIVX]+[.\s]+)?(?:«headings: references»)[ \t*:：]*$", re.IGNORECASE | re.MULTILINE)
_ENTRY = re.compile(r"^[ \t]*(?:\[\d{1,3}\]|［\d{1,3}］|\d{1,3}[.)、]\s|[-*+•]\s)", re.MULTILINE)
_IS_ENTRY = re.compile(r"\W*(?:(?:\d{1,3}\s*[.、\]］]|(?:[A-Z]\.[\s-]?)+[A-Z][a-z]|[A-Z][\w’'-]+,\s+[A-Z][\w.]).*"
                       r"(?<!\d)(?:19|20)\d\d[a-z]?(?!\d)|(?:[A-Z]\.[\s-]?)+[A-Z][\w’'-]+,\s+[A-Z]\.)")
_A_YEAR, _BEGINS_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)"), re.compile(r"(?:19|20)\d\d[a-z]?\.\s")
_LABEL = re.compile(r"^[\[［][^\]］]*[\]］]")
_IN_WHAT = re.compile(r"In (?:Proc|Advances|[A-Z]{3})")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>，。；)）\]]+", re.IGNORECASE)
_ARXIV = re.compile(r"(?:arxiv[\s.:：/]*(?:abs/|pdf/|preprint\s+arxiv:)?|abs/)(\d{4}\.\d{4,5})", re.IGNORECASE)
_BLANK, _NEW_LINE = re.compile(r"\n\s*\n"), re.compile(r"(?<=[.。\d])\n(?=[A-Z\u4e00-\u9fff])")
_LEAST_ENTRY = 15  # characters
_MOVED = (0, -1, 1, -2, 2, -3, 3, -4)  # letters more or less in an entry than in a title
_LONG_TITLE, _PIECE, _ALIKE = 16, 8, 0.92  # letters; of a title that may be misread, and how alike it must be
# What stands before and behind the title of an entry: no word of a longer title.
_MAY_BEGIN = re.compile(r"(?:^|[^\w\s:：-]|[.)）\]］,，;；]\s*[:：]|\d|\b[A-Z]|\bal|等|\s[-–—])\s*$")
_MAY_END = re.compile(r"$|[.。,，;；?!？！\[［(（\"”’'»」》/]|\d{4}\b|[-–—]\s|"
                      r"(?i:in\b|arxiv\b|corr\b|proc\b|acm\b|ieee\b|advances\b|journal\b)")
_NUMBER = re.compile(r"[\[［](\d{1,3})[\]］]")
_MARK = 10  # characters in which an entry says its number
_LEAST_TITLE = 14  # letters a title must have to be recognised by itself


@dataclass(frozen=True, slots=True)
class Citing(Record):
    """One citation inside the library. by: "doi", "arxiv" or "title".  entry: the entry in the citing document's list,
    shortened."""

    citing: str
    cited: str
    by: str
    entry: str


@dataclass(frozen=True, slots=True)
class ReadingItem(Record):
    """A document of the reading list: how many documents of the library cite it, and which of them it builds on."""

    document: str
    title: str
    year: int | None
    n_cited: int
    builds_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CitationGraph(Record):
    """n_entries: entries read in all lists; n_documents: documents with a list.  reading: what to read first stands
    first."""

    edges: tuple[Citing, ...]
    reading: tuple[ReadingItem, ...]
    n_entries: int
    n_documents: int

    def cites(self, document: str) -> tuple[str, ...]:
        return tuple(edge.cited for edge in self.edges if edge.citing == document)


def citation_graph(documents: Sequence[Document], cited_ones: Collection[str] | None = None,
                   work: Callable[[str], str] = str) -> CitationGraph:
    """The citations between these documents, and the order to read them in. cited_ones: ids of those that citations
    are looked for of; None: all.  work: the fullest text of a document's work, by which that is called, whichever of
    its texts cites or is cited."""
    documents = sorted(documents, key=lambda document: document.id)
    known = [known_as(d) for d in documents if cited_ones is None or d.id in cited_ones]
    edges: dict[tuple[str, str], Citing] = {}
    n_entries: Counter[str] = Counter()
    for document in documents:
        entries, citing = reference_entries(document), work(document.id)
        n_entries[citing] = max(n_entries[citing], len(entries))
        for entry in entries:
            for text, by in matches(entry, known):
                if (cited := work(text)) != citing:
                    edges.setdefault((citing, cited), Citing(citing, cited, by, " ".join(entry.split())[:200]))
    found = tuple(edges[pair] for pair in sorted(edges))
    return CitationGraph(found, _reading([document for document in documents if work(document.id) == document.id],
                                         found), n_entries.total(), sum(n > 0 for n in n_entries.values()))


def reference_entries(document: Document) -> list[str]:
    """The entries of a document's reference list, each as it stands there; empty where no list is found."""
    return [document.text[start:end] for start, end in reference_spans(document)]


def reference_spans(document: Document) -> list[tuple[int, int]]:
    """Where the entries of a document's reference list stand in its text."""
    text = document.text
    spans: list[tuple[int, int]] = []
    for section in document.sections:
        if section.heading and _HEADING.match(section.heading):
            spans.append((section.start, section.end))
        elif spans and section.start == spans[-1][1] and _IS_ENTRY.match(section.heading):  # taken for a heading
            spans[-1] = spans[-1][0], section.end
    if not spans:
        last = [found.start() for found in _LINE.finditer(text)][-1:]
        spans = [(start, len(text)) for start in last if start > len(text) // 3]
    entries: list[tuple[int, int]] = []
    for start, end in spans:
        first = text.find("\n", start, end) + 1 or end  # behind the heading's own line
        marks = [found.start() for found in _ENTRY.finditer(text, first, end)]
        marks = marks if _are_numbered(text, marks) else []
        if len(marks) >= 2 or (marks and not text[first:marks[0]].strip()):
            marks = sorted({*marks, *_run_on(text, marks, end)})
            parts = list(zip(marks, [*marks[1:], end], strict=True))
        else:
            parts = _between(_BLANK, text, first, end)
            parts = parts if len(parts) > 2 else _between(_NEW_LINE, text, first, end)
        for a, b in parts:
            if entries and entries[-1][0] >= start and _goes_on(text[slice(*entries[-1])], text[a:b].lstrip()):
                entries[-1] = _stripped(text, entries[-1][0], b)
            elif len(text[a:b].strip()) > _LEAST_ENTRY:
                entries.append(_stripped(text, a, b))
    return entries


def _are_numbered(text: str, marks: Sequence[int]) -> bool:
    """Whether the numbers at the beginning of lines count up: a page number that begins a line is none of an entry."""
    found = [re.match(r"\W*(\d{1,3})", text[mark:mark + _MARK]) for mark in marks]
    numbers = [int(number[1]) for number in found if number]
    runs = sum(b - a in (1, 2) for a, b in pairwise(numbers))
    return len(numbers) < 2 or 2 * runs >= len(numbers) - 1


def _goes_on(entry: str, part: str) -> bool:
    """Whether a part belongs to the entry before it: no entry ends in a colon ("Adam:"), begins with the year that the
    one before has not, or with the words for where something appeared."""
    return entry[-1] in ":：" or bool(_IN_WHAT.match(part)) or bool(
        _BEGINS_YEAR.match(part) and not _A_YEAR.search(_LABEL.sub("", entry)) and entry[-1] == ".")


def _run_on(text: str, marks: Sequence[int], end: int) -> list[int]:
    """Where an entry begins inside the one before it: the next number in brackets, of those that are missing at the
    beginning of lines."""
    found = []
    numbers = [_NUMBER.search(text, start, start + _MARK) for start in marks]
    there = {int(number[1]) for number in numbers if number}
    for number, stop in zip(numbers, [*marks[1:], end], strict=True):
        wanted = int(number[1]) + 1 if number else 0
        for mark in _NUMBER.finditer(text, number.end(), stop) if number else ():
            if int(mark[1]) == wanted and wanted not in there:
                found.append(mark.start())
                wanted += 1
    return found


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space round it."""
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())


def _between(mark: re.Pattern[str], text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of text[start:end] between the marks."""
    marks = [found.span() for found in mark.finditer(text, start, end)]
    return list(zip([start, *(b for _, b in marks)], [*(a for a, _ in marks), end], strict=True))


Known = tuple[str, str, str, tuple[str, ...]]


def known_as(document: Document) -> Known:
    """What a document is known by in reference lists: its id, DOI, arXiv number and title."""
    return document.id, (document.metadata.doi or "").lower(), _arxiv(document), _titles(document)


def matches(entry: str, known: Sequence[Known]) -> list[tuple[str, str]]:
    """(document, "doi", "arxiv" or "title") for those of the known documents that an entry is about."""
    dois = {found.group().lower().rstrip(".,;") for found in _DOI.finditer(entry)}
    arxiv = set(_ARXIV.findall(entry)) | {doi.rpartition("arxiv.")[2] for doi in dois if "arxiv." in doi}
    found = []
    for document, doi, number, titles in known:
        if doi and doi in dois:
            found.append((document, "doi"))
        elif number and number in arxiv:
            found.append((document, "arxiv"))
        elif not (dois and doi) and any(has_title(entry, title) for title in titles):
            found.append((document, "title"))
    return found


def has_title(entry: str, title: str) -> bool:
    """Whether an entry is of a work of this title, given as letters: all of the entry's own title, not a part of a
    longer one, whatever blanks, hyphens or single letters a page was misread with."""
    offsets = (0, (len(title) - _PIECE) // 2, len(title) - _PIECE) if len(title) >= _LONG_TITLE else ()
    letters = _letters(entry)
    if title not in letters and not any(title[at:at + _PIECE] in letters for at in offsets):
        return False
    signs = [(character, at) for at, character in enumerate(entry) for character in _letters(character)]
    flat = "".join(character for character, _ in signs)
    for first, last in _spans_of(title, flat):
        before, after = entry[:signs[first][1]].rstrip(), entry[signs[last - 1][1] + 1:].lstrip()
        if _MAY_BEGIN.search(before) and _MAY_END.match(after):
            return True
    return False


def _spans_of(title: str, flat: str) -> list[tuple[int, int]]:
    """Where a title stands in the letters of an entry; a long one with a few other letters."""
    found = [(place.start(), place.end()) for place in re.finditer(re.escape(title), flat)]
    if found or len(title) < _LONG_TITLE:
        return found
    for offset in (0, (len(title) - _PIECE) // 2, len(title) - _PIECE):
        at = flat.find(title[offset:offset + _PIECE])
        start = at - offset
        first = max(0, start)
        # letters that a page lost or holds twice move the end
        ends = [first + len(title) + more for more in _MOVED] if at >= 0 else []
        found = [(first, end) for end in ends if end <= len(flat) and SequenceMatcher(
            None, title, flat[first:end], autojunk=False).ratio() >= _ALIKE]
        if found:
            return found
    return []


def _arxiv(document: Document) -> str:
    return re.sub(r"v\d+$", "", (document.metadata.arxiv or "").lower().removeprefix("arxiv:").strip())


def _titles(document: Document) -> tuple[str, ...]:
    """The title as letters, if it is long enough to mean one work only; a guessed one is not trusted."""
    title = _letters(document.metadata.title)
    return (title,) if weight_of(title) >= _LEAST_TITLE and "title" not in document.metadata.guessed else ()


def weight_of(title: str) -> int:
    """How much letters say: a Chinese character as much as two of others."""
    return len(title) + sum(character >= "\u3400" for character in title)


def _letters(text: str) -> str:
    text = re.sub(r"-\s*\n\s*", "", text)  # a word cut at a line's end
    return "".join(character for character in unicodedata.normalize("NFKC", text).casefold() if character.isalnum())


def _reading(documents: Sequence[Document], edges: Sequence[Citing]) -> tuple[ReadingItem, ...]:
    """Most cited first, older first among equals; only documents that are part of the graph."""
    cited = {d.id: sum(edge.cited == d.id for edge in edges) for d in documents}
    part = {edge.citing for edge in edges} | {edge.cited for edge in edges}
    order = sorted((d for d in documents if d.id in part), key=lambda d: (-cited[d.id], d.metadata.year or 9999, d.id))
    return tuple(
        ReadingItem(d.id, d.metadata.title, d.metadata.year, cited[d.id],
                    tuple(edge.cited for edge in edges if edge.citing == d.id)) for d in order)
