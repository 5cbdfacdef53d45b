"""From the lines of pages to running text: order, paragraphs, headings, tables, without what stands beside the text.

Reads: frames from pdf.py (a head, then one per page).  Gives: Extract. Pure Python on plain data: no PDF library is
needed here, so pages that were read before a reader died are put together by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kb.errors import note
from kb.messages import Value
from kb.readers.aligned import by_lines
from kb.readers.asides import with_illegible, with_pictures, words_aside
from kb.readers.extract import Extract, Heading, tidy_blocks, tile
from kb.readers.furniture import without_furniture
from kb.readers.heading_numbers import with_points
from kb.readers.headings import find_headings, key_of
from kb.readers.hyphens import Written
from kb.readers.lines import whole_lines, without_seams
from kb.readers.order import Row, in_reading_order
from kb.readers.paragraphs import Paragraphs, behind_their_lines, body_size, pitch_of, right_edges
from kb.readers.recognised_lines import confidences, placed_lines
from kb.readers.regions import Kinds, name_rows, with_regions, without_interruptions
from kb.readers.scraps import Boxes, labels, settle
from kb.readers.title_block import metadata_of
from kb.text import mend, one_line
from kb.types import Block, Note, Page

# (text, left, middle, right, size, is_bold): left and right in shares of the page's width, middle of its height from
# the bottom. Then, where a font tells, the face that the line begins in and the one it ends in.
Line = tuple[str, float, float, float, float, bool, *tuple[str, ...]]


def assemble(frames: Sequence[dict[str, Any]], reason: Value = "") -> Extract:
    """The text of the pages read. reason: why pages are missing, if the reader died."""
    head = {**frames[0], "aside": words_aside(frames[1:2])}
    pages = [page for page in frames[1:] if page["lines"] is not None]
    read = with_points([_rows(page) for page in pages])
    aside = [(kind, words, page["number"]) for page in pages for kind, words in page.get("aside", ())]
    every = [row for rows in read for row in rows]
    rules = [(page.get("drawn") or {}).get("rules", ()) for page in pages]
    kept, left_out = without_furniture(read, body_size(every), aside, rules)
    if not any(kept) and not any(_pictures(pages).values()):  # slides with a line each, a form filled in many times
        heads = without_furniture(read, body_size(every), aside, rules, keeps_heads=True)
        if any(letter.isalpha() for rows in heads[0] for row in rows for letter in row.text):  # not numbers alone
            kept, left_out = heads
    named: Kinds = {}
    rows: list[Row] = []
    cells: set[Row] = set()
    for page, its_rows in zip(pages, kept, strict=True):
        found = with_regions(its_rows, page.get("drawn"))
        named |= found.kinds
        lines = whole_lines(by_lines(in_reading_order(found.rows), found.kinds), found.kinds)
        rows += lines.rows
        cells |= lines.cells
    prose = [row for row in rows if row not in named]
    body = body_size(prose)
    writer = Paragraphs(body, pitch_of(prose, body), right_edges(prose), Written(prose))
    metadata = metadata_of(head, every, body)
    text, headings, starts, blocks = _written(rows, named, cells, head, body, writer, metadata.title, _pictures(pages))
    recognised = placed_lines(writer.places, pages, text)
    status, notes = with_pictures(*_status(head, pages, kept, text, reason), pages, recognised)
    sections = tile(len(text), headings) if text.strip() else ()
    return Extract("pdf", text if text.strip() else "", sections,
                   _pages(head, confidences(pages), starts, len(text)), tidy_blocks(blocks, sections),
                   metadata, status=status, notes=notes, left_out=left_out, recognised=recognised)


def _written(rows: list[Row], named: Kinds, cells: set[Row], head: dict[str, Any], body: float,
             writer: Paragraphs, title: str, pictures: Boxes) -> tuple[str, list[Heading], dict[int, int], list[Block]]:
    named = name_rows(rows, named, body, writer.continues)
    named = dict.fromkeys(cells, "cells") | named
    outline = {(page, key_of(title)): level for title, level, page in head["outline"]}
    found = find_headings(rows, named, body, writer.pitch, outline, title)
    levels = {rows[i]: level for i, level in found.items()}

    def continues(a: Row, b: Row) -> bool:
        return not levels.get(b) and writer.continues(a, b)

    named |= labels(rows, {*levels, *named}, pictures, writer.pitch, continues)
    ordered, resumed = without_interruptions(rows, named, writer.pitch, continues)
    ordered = behind_their_lines(ordered, {*levels, *named}, writer.pitch)
    settled = settle(ordered, named, levels, writer.pitch, continues)
    named |= settled.kinds
    for row in ordered:
        level = levels.get(row, 0)
        writer.add(row, level, "" if level else named.get(row, ""), resumes=row in resumed or row in settled.resumed)
    return writer.finish()


def _pictures(pages: Sequence[dict[str, Any]]) -> Boxes:
    return {page["number"]: page["drawn"]["pictures"] for page in pages if page.get("drawn")}


def _status(head: dict[str, Any], pages: Sequence[dict[str, Any]], kept: Sequence[Sequence[Row]], text: str,
            reason: Value) -> tuple[str, tuple[Note, ...]]:
    """"ok" only where every page was read and most pages have more than what is left out of a text."""
    if not text.strip():
        n_lines = sum(bool(page["lines"]) for page in pages)
        told = note("N_ONLY_EDGES", n=n_lines, total=head["n_pages"]) if n_lines else note("N_SCAN")
        return with_illegible("no_text", (told,), pages)
    notes = []
    if len(pages) < head["n_pages"]:
        notes.append(note("N_PAGES_WHY" if reason else "N_PAGES", read=len(pages), total=head["n_pages"], why=reason))
    n_bare = sum(bool(page["lines"]) and not rows for page, rows in zip(pages, kept, strict=True))
    if n_bare >= max(1, len(pages) / 2):
        notes.append(note("N_ONLY_EDGES", n=n_bare, total=head["n_pages"]))
    return with_illegible("partial" if notes else "ok", tuple(notes), pages)


def _rows(page: dict[str, Any]) -> list[Row]:
    rows = []
    texts = [line[0] for line in page["lines"]]
    mended = mend("\n".join(texts)).split("\n")
    if len(mended) != len(texts):  # a line break of another kind within a line
        mended = [mend(text).replace("\n", " ") for text in texts]
    for text, words, (_, *place) in zip(texts, mended, page["lines"], strict=True):
        words = words.replace("\t", " ").strip()
        if words:
            if text.rstrip().endswith("\x02"):  # pdfium's mark of a word that is divided here
                words += "\x02"
            elif text[-1:].isspace():
                words += " "
            rows.append(Row(page["number"], words, *place))
    return rows if "recognised" in page else without_seams(rows)  # those are told one by one


def _pages(head: dict[str, Any], recognised: dict[int, float], starts: dict[int, int],
           length: int) -> tuple[Page, ...]:
    """Pages without gaps over the text; a page without text is empty where the next one begins."""
    found: list[Page] = []
    following = length
    begins: dict[int, int] = {}
    for number in range(head["n_pages"], 0, -1):
        following = starts.get(number, following)
        begins[number] = following
    if begins:
        begins[1] = 0
    labels = head["labels"]
    for number in range(1, head["n_pages"] + 1):
        label = labels[number - 1] if number <= len(labels) and labels[number - 1] else str(number)
        found.append(Page(number, one_line(label, 20), begins[number], begins.get(number + 1, length),
                          recognised.get(number)))
    return tuple(found)

