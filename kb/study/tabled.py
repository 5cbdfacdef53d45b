"""The cells of a table that belong to an answer about works: evidence for a model, beside what the answer quotes.

Reads: an Answer about the library, a View.  Gives: CellEvidence, the works in the answer's order. A list asks its own
column of each work, a relation what it is about, a comparison the columns of a paper. What no column knows has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kb.answer.evidence import Finder
from kb.store import View
from kb.study.columns import PRESETS, read_column
from kb.study.grids import grids
from kb.study.intents import read_intent, read_which
from kb.study.naming import Naming
from kb.study.papers import Paper
from kb.study.tables import Extractor
from kb.text import one_line
from kb.types import Answer, CellEvidence, Citation, Document, DocumentInfo, ExtractedCell, ExtractionColumn

MOST_WORKS = 12  # whose cells are looked for
_MOST_PER_CELL = 3  # values of one cell
_SEVERAL = re.compile(r"\s*(?:,|，|、|;|；|\band\b|和|与|以及|及)\s*", re.IGNORECASE)
_BARE = re.compile(r"^(?:的|the |main |its |their |各自的|各自|所用的?|使用的?)+", re.IGNORECASE)
_OF_RELATIONS = {"uses": ("data set", "model"), "evaluates": ("data set", "result"), "extends": ("model",)}
_LONGEST_ROW = 60  # characters of a row's label


def cells_about(answer: Answer, view: View, finder: Finder) -> tuple[CellEvidence, ...]:
    """The cells that belong to an answer, each with the place its value stands at; none for an answer in sentences or
    from records alone. Errors: EncoderError."""
    columns = _columns(answer)
    wanted = dict.fromkeys(c.document for claim in answer.claims for c in claim.citations)
    if not columns or not wanted:
        return ()
    naming = Naming(view)
    extractor = Extractor(view, finder.encoder, finder.reader, "", columns)
    found = []
    for info in naming.once(naming.known[document] for document in wanted if document in naming.known)[:MOST_WORKS]:
        document = view.document(info.id)
        names = _names(document, info, naming)
        for column, cell in zip(columns, extractor.row(info).row.cells, strict=True):
            found += list(_evidence(document, names, column, cell))
    return tuple(found)


def _columns(answer: Answer) -> tuple[ExtractionColumn, ...]:
    """What a table would be asked for an answer's works."""
    preset = [read_column(words.in_(answer.language)) for words in PRESETS["paper"]]
    if answer.route == "comparison":
        return tuple(column for column in preset if column.about != "language")
    intent = read_intent(answer.question) or read_which(answer.question)
    if answer.route == "graph" and intent is not None:
        return tuple(column for column in preset if column.about in _OF_RELATIONS.get(intent.kind, ()))
    if answer.route != "list" or intent is None:
        return ()
    things = [value.name for value in intent.values if value.kind == "thing"] if intent.values else [
        _BARE.sub("", part.strip(" 。.?？")) for part in _SEVERAL.split(intent.thing)]
    asked = [read_column(thing) for thing in dict.fromkeys(filter(None, things))]
    return tuple(column for column in asked if column.about or column.kind == "number")


def _names(document: Document, info: DocumentInfo, naming: Naming) -> tuple[str, ...]:
    """What a work may be called in a sentence: its title, its short name, what it calls its own method."""
    own = sorted(name for name in Paper(document).own_names if len(name) > 2)
    return tuple(dict.fromkeys((info.title, *naming.names_of_work(info), *own)))


def _evidence(document: Document, names: tuple[str, ...], column: ExtractionColumn,
              cell: ExtractedCell) -> Iterator[CellEvidence]:
    """The values of a cell, each with its place; what stands in the record has none."""
    places: Sequence[tuple[str, Citation | None]] = [
        (cell.text, cell.citation), *((span.text, span.citation) for span in cell.also)]
    for n, (value, place) in enumerate(places[:_MOST_PER_CELL]):
        if value and place is not None:
            measure, data_set = (cell.measure, cell.data_set) if n == 0 else ("", "")
            yield CellEvidence(column.name, value, place, names, measure, data_set, _row(document, place))


def _row(document: Document, place: Citation) -> str:
    """The label of the row of a table that a place is in: its first cell; "" for a sentence."""
    for grid in grids(document):
        if grid.start <= place.start < grid.end:
            row = next((row for row in grid.rows if row[0].start <= place.start <= row[-1].end), ())
            return one_line(row[0].text, _LONGEST_ROW) if row and row[0].text.strip() else "-"
    return ""
