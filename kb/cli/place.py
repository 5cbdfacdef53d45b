"""`kb show`: a document's data and sections, or a place in it: a page (ID:3), or the span that an answer names
(ID:100-200).

Reads: a Document.  Gives: text on stdout.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from kb.cli.common import OK, open_base, print_json, print_text, show
from kb.cli.documents import report, said_of
from kb.cli.terminal import as_recognised, clean, file_line, style
from kb.cli.words import pad, reader_language, say
from kb.errors import UnknownPlace
from kb.text import one_line, sentence_spans
from kb.types import Document, FilePath, Record, Words

_AROUND = 2  # sentences shown on each side of a span
_NEAR = 2000  # characters on each side in which they are looked for


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


def run(options: argparse.Namespace) -> int:
    """The command."""
    name, _, place = options.document.strip("[]").partition(":")
    if options.report:
        return report(options, name)
    with open_base(options) as base:
        document = base.document(name)
        files = base.files(document.id)
    is_gone = bool(files) and all(path.is_gone for path in files)
    if span := re.fullmatch(r"(\d+)-(\d+)", place):
        found = place_at(document, int(span[1]), int(span[2]))
        _tell_of_page(document, place)
        show(options, {**found.to_dict(), "is_gone": is_gone}, lambda: _print_place(found))
        if is_gone and not options.json:
            print(say("the file is gone"), file=sys.stderr)
    elif options.json:
        values = {**document.to_dict(), "paths": [path.to_dict() for path in files], "is_gone": is_gone,
                  "text": _page(document, place) if place else document.text}
        print_json({name: value for name, value in values.items() if name != "text" or place or options.text})
    elif options.text or place:
        print_text(_page(document, place) if place else document.text)
    else:
        _describe(document, files)
    return OK


def place_at(document: Document, start: int, end: int) -> Place:
    """The span and what stands around it. Errors: UnknownDocument E_PLACE."""
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


def _page(document: Document, name: str) -> str:
    """Errors: UnknownDocument E_PLACE."""
    found = next((item for item in document.pages if name in (str(item.number), item.label)), None)
    if found is None:
        n = len(document.pages)
        raise UnknownPlace("E_PLACE", document=document.id, place=name, detail=Words(
            f"it has pages 1-{n}" if n else "it has no pages",
            f"它有 1-{n} 页" if n else "它不分页"))
    return document.text[found.start:found.end]


def _tell_of_page(document: Document, label: str) -> None:
    """A page may be called what looks like a span: "5-12" in a manual."""
    for page in document.pages:
        if page.label == label:
            print(say("for the page that is called {label}: kb show {place}", label=label,
                      place=f"{document.id}:{page.number}"), file=sys.stderr)


def _print_place(place: Place) -> None:
    page = say(", p. {page}", page=place.page) if place.page is not None else ""
    section = "".join(f" › {one_line(heading, 60)}" for heading in place.section if heading != place.title)
    seen = f"  ({as_recognised(place.recognised)})" if place.recognised is not None else ""
    print(f"{one_line(place.title, 80)}{page}{section}  [{place.document}:{place.start}-{place.end}]{seen}")
    for mark, text in (("  ", style("2", clean(place.before.strip()))), ("> ", style("1", clean(place.text.strip()))),
                       ("  ", style("2", clean(place.after.strip())))):
        if text:
            print("\n" + "\n".join(f"{mark}{line}".rstrip() for line in text.splitlines()))


def _describe(document: Document, files: Sequence[FilePath]) -> None:
    m = document.metadata
    print(one_line(m.title))
    for name, value in (("authors", ", ".join(m.authors)), ("year", m.year), ("venue", m.venue), ("doi", m.doi),
                        ("arxiv", m.arxiv), ("url", m.url)):
        if value:
            print(f"  {pad(say(name), 8)} {one_line(str(value))}{said_of(m, name)}")
    size = say("{n} characters", n=len(document.text))
    pages = say(", {n} pages", n=len(document.pages)) if document.pages else ""
    paths = [file_line(path) for path in files] or [document.path]
    for name, value in (("id", document.id), *(("file", path) for path in paths), ("size", size + pages),
                        ("note", document.note_in(reader_language()))):
        if value:
            print(f"  {pad(say(name), 8)} {one_line(value, 2000)}")
    for section in document.sections:
        if section.heading:
            print(f"  {section.start:8} {'  ' * (section.level - 1)}{one_line(section.heading)}")
