"""`kb show`: a document's data and sections, or a place in it: a page (ID:3), or the span that an answer names
(ID:100-200).

Reads: a Document.  Gives: text on stdout.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.cli.common import OK, open_base, print_json, print_text, show
from kb.cli.documents import report, said_of
from kb.cli.terminal import as_recognised, clean, file_line, style
from kb.cli.words import pad, reader_language, say
from kb.operations import shapes
from kb.text import one_line
from kb.types import Document, FilePath

if TYPE_CHECKING:
    from kb.base.places import Place


def run(options: argparse.Namespace) -> int:
    """The command."""
    from kb.base.places import page_text, place_at

    name, _, place = options.document.strip("[]").partition(":")
    if options.report:
        return report(options, name)
    with open_base(options) as base:
        document = base.document(name)
        files = base.files(document.id)
    if span := re.fullmatch(r"(\d+)-(\d+)", place):
        found = place_at(document, int(span[1]), int(span[2]))
        _tell_of_page(document, place)
        said = shapes.place(found, files)
        show(options, said, lambda: print_place(found))
        if said["is_gone"] and not options.json:
            print(say("the file is gone"), file=sys.stderr)
    elif options.json:
        text = page_text(document, place) if place else document.text if options.text else None
        print_json(shapes.document(document, files, text))
    elif options.text or place:
        print_text(page_text(document, place) if place else document.text)
    else:
        _describe(document, files)
    return OK


def _tell_of_page(document: Document, label: str) -> None:
    """A page may be called what looks like a span: "5-12" in a manual."""
    for page in document.pages:
        if page.label == label:
            print(say("for the page that is called {label}: kb show {place}", label=label,
                      place=f"{document.id}:{page.number}"), file=sys.stderr)


def print_place(place: Place) -> None:
    """The span with its document, page, section and offsets, between the sentences around it."""
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
    size = say("{n} character{n:|s}", n=len(document.text))
    pages = say(", {n} page{n:|s}", n=len(document.pages)) if document.pages else ""
    paths = [file_line(path) for path in files] or [document.path]
    for name, value in (("id", document.id), *(("file", path) for path in paths), ("size", size + pages),
                        ("note", document.note_in(reader_language()))):
        if value:
            print(f"  {pad(say(name), 8)} {one_line(value, 2000)}")
    for section in document.sections:
        if section.heading:
            print(f"  {section.start:8} {'  ' * (section.level - 1)}{one_line(section.heading)}")
