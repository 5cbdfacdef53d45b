"""One cell of a table: what one document says for one column, with its place, or nothing.

Reads: a Paper, an ExtractionColumn.  Gives: ExtractedCell. An empty cell is better than a guess: each kind of column
has a least support, fitted on papers whose right cells were written down first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from kb.study.asked import ask
from kb.study.described import described
from kb.study.mentions import Mentioned, folded
from kb.study.names import data_sets, languages, measures, models
from kb.study.numbers import value_in
from kb.study.papers import Paper
from kb.study.remarks import Remark, code, limitations
from kb.study.results import CLEAR, Result, results
from kb.study.signs import Named, named
from kb.types import (
    CellSpan,
    Citation,
    CrossEncoder,
    ExtractedCell,
    ExtractionColumn,
    Language,
    Passage,
    RecordPlace,
    Vectors,
)
from kb.words import phrases

VERSION = "33"  # of how cells are filled: another one fills them anew
# The least support of a cell that is filled, by what its column is about; "" is a question of the reader's own.
LEAST: dict[str, float] = {"data set": 0.5, "metric": 0.57, "result": CLEAR, "model": 0.5, "language": 0.5,
                           "limitation": 0.5, "code": 0.5, "": 0.5}
# For another one to stand in the cell as well: of its support (a measure: of the first one's score; a model: of the
# first one's log odds).
_ALSO_DATA, _ALSO_MEASURE, _ALSO_MODEL = 0.5, 0.5, 1.5
_MOST_ALSO, _MOST_RUNNERS_UP = 9, 5
_CONSIDERED = 0.15  # support of a name that is considered at all
_MOST_SEEN = 20  # of names that are ranked
_DELIMITED = re.compile(r"\s*\|\s*$")


@dataclass(frozen=True)
class Source:
    """What is asked: a document, its passages, the cosine of each with each column's question by language."""

    paper: Paper
    path: str
    passages: Sequence[Passage]
    cosines: Mapping[str, Mapping[Language, Vectors]]
    reader: CrossEncoder | None
    is_gone: bool = False

    @cached_property
    def named(self) -> list[Named]:
        """The names of the paper."""
        return named(self.paper)

    @cached_property
    def measures(self) -> list[Mentioned]:
        """The measures of the paper, the main one first."""
        return measures(self.paper)

    @cached_property
    def data_sets(self) -> list[Mentioned]:
        """The data sets of the paper, the main one first."""
        return data_sets(self.paper, self.named)

    def citation(self, quote: tuple[int, int], answer: tuple[int, int], support: float) -> Citation:
        """The place of a span: the quote around it, and the span itself as its answer."""
        document = self.paper.document
        section = next((s.heading for s in document.sections if s.start <= quote[0] < s.end and s.heading), "")
        return Citation(document.id, document.metadata.title, self.path, document.page_at(answer[0]), *quote,
                        document.text[slice(*quote)], round(support, 4), (section,) if section else (),
                        document.language, answer=answer, is_gone=self.is_gone,
                        recognised=document.confidence(*quote))

    def span(self, quote: tuple[int, int], answer: tuple[int, int], support: float) -> CellSpan:
        """A span with its place."""
        return CellSpan(self.paper.document.text[slice(*answer)], self.citation(quote, answer, support),
                        round(support, 4))


def fill(source: Source, column: ExtractionColumn) -> ExtractedCell:
    """The cell of a document in a column."""
    if column.about in ("data set", "metric", "model", "language"):
        return _of_names(source, column)
    if column.about == "result":
        return _of_results(source, column)
    if column.about in ("limitation", "code"):
        found = limitations(source.paper) if column.about == "limitation" else code(source.paper)
        return _of_remarks(source, column, found)
    answers = ask(source.paper, column, source.passages, source.cosines.get(column.name, {}), source.reader)
    spans = [source.span((a.line.start, a.line.end), (a.start, a.end), a.support) for a in answers]
    return _cell(column, spans, LEAST[""])


def of_record(paper: Paper, path: str, column: ExtractionColumn) -> ExtractedCell:
    """A cell that the library's record of the document fills."""
    metadata = paper.document.metadata
    values = {"title": metadata.title, "authors": ", ".join(metadata.authors), "venue": metadata.venue or "",
              "year": str(metadata.year or "")}
    value = values[column.about]
    if not value:
        return ExtractedCell(kind=column.kind, empty="nothing")
    edited = next((field for field in metadata.edited if field.field == column.about), None)
    origin: Literal["read", "guessed", "beside", "set", "index"]
    origin = ("index" if edited.source else "set") if edited else "beside" if column.about in metadata.beside else (
        "guessed" if column.about in metadata.guessed else "read")
    record = RecordPlace(paper.document.id, metadata.title, path, column.about, value, origin,
                         edited.source if edited else "")
    return ExtractedCell(value, column.kind, 1.0 if origin != "guessed" else 0.7, record=record,
                         value=float(value) if column.about == "year" else None)


def _of_names(source: Source, column: ExtractionColumn) -> ExtractedCell:
    ranked = [found for found in _ranked(source, column.about) if found.support >= _CONSIDERED]
    least = LEAST[column.about]
    ranked = _named_first(ranked, least) if column.about == "model" else ranked
    spans = [_name_span(source, found) for found in ranked[:_MOST_SEEN]]
    if column.about == "data set" and (not spans or spans[0].support < least):
        spans = [*(source.span(*each) for each in described(source.paper)), *spans]
    cell = _cell(column, spans, least)
    if not cell.text or not ranked or cell.support != spans[0].support:
        return cell
    also = _also(column.about, spans, ranked)
    return ExtractedCell(cell.text, cell.kind, cell.support, cell.citation, also=also,
                         runners_up=tuple(span for span in spans[1:] if span not in also)[:_MOST_RUNNERS_UP])


def _named_first(ranked: Sequence[Mentioned], least: float) -> list[Mentioned]:
    """The models, one with a name of its own before a first one that is only a kind: VGG-16 before CNN, where as much
    speaks for it."""
    if not ranked or ranked[0].text.casefold() not in phrases("models", "kind of model"):
        return list(ranked)
    named = next((one for one in ranked[1:] if one.support >= least and one.score >= ranked[0].score - _ALSO_MODEL
                  and one.text.casefold() not in phrases("models", "kind of model")), None)
    return [named, *(one for one in ranked if one is not named)] if named else list(ranked)


def _ranked(source: Source, about: str) -> list[Mentioned]:
    if about == "data set":
        return source.data_sets
    if about == "model":
        return models(source.paper, source.named)
    return source.measures if about == "metric" else languages(source.paper)


def _also(about: str, spans: Sequence[CellSpan], ranked: Sequence[Mentioned]) -> tuple[CellSpan, ...]:
    """The further names of a cell: those for which as much speaks as for the first, and that are no other spelling of
    one that stands in it."""
    found, names = [], [spans[0].text]
    for span, mention in zip(spans[1:], ranked[1:], strict=False):
        least = (ranked[0].score - _ALSO_MODEL if about == "model" else
                 _ALSO_MEASURE * ranked[0].score if about != "data set" else -math.inf)
        enough = mention.score >= least and span.support >= (_ALSO_DATA if about == "data set" else LEAST[about])
        if enough and not any(is_same_name(span.text, name) for name in names):
            found.append(span)
            names.append(span.text)
    return tuple(found[:_MOST_ALSO if about != "model" else 2])


def is_same_name(name: str, other: str) -> bool:
    """Whether two names are one, longer or shorter: "CoNLL", "CoNLL shared task"; "SNLI", "Stanford Natural Language
    Inference"."""
    short, long = sorted((folded(name), folded(other)), key=len)
    at = long.find(short)
    if at >= 0 and not long[at + len(short):at + len(short) + 1].isdigit():
        return True
    return any(len(a) > 2 and _initials(b).startswith("".join(c for c in a if c.isupper() or c.isdigit()))
               for a, b in ((name, other), (other, name)) if sum(c.isupper() for c in a) > 2)


def _initials(name: str) -> str:
    return "".join(word[0] for word in re.split(r"[\s-]+", name) if word[:1].isupper())


def _name_span(source: Source, found: Mentioned) -> CellSpan:
    """The clearest mention of a name."""
    _, line, start, end = found.best
    return source.span((line.start, line.end) if line else (start, end), (start, end), found.support)


def _of_results(source: Source, column: ExtractionColumn) -> ExtractedCell:
    found = results(source.paper, source.measures, source.data_sets, column.measure)
    spans = [source.span(result.quote, (result.start, result.end), result.support) for result in found]
    cell = _cell(column, spans, LEAST["result"])
    if not cell.text:
        return cell
    first = found[0]
    return ExtractedCell(cell.text, cell.kind, cell.support, cell.citation, value=first.value, unit=first.unit,
                         measure=first.measure, data_set=_data_set_of(source, first), runners_up=cell.runners_up)


def _data_set_of(source: Source, result: Result) -> str:
    """The data set that a result is on: the one in its sentence or above its column, or the only one there is."""
    clear = [found for found in source.data_sets if found.support >= LEAST["data set"]]
    near = folded(source.paper.document.text[slice(*result.quote)])
    for grid in source.paper.grids:
        if grid.start <= result.start < grid.end:
            near += folded(grid.caption)
    named = [found.text for found in clear if folded(found.text) in near]
    return named[0] if named else clear[0].text if len(clear) == 1 else ""


def _of_remarks(source: Source, column: ExtractionColumn, found: Sequence[Remark]) -> ExtractedCell:
    spans = [source.span((r.start, r.end), (r.start, r.end), r.support) for r in found[:1 + _MOST_RUNNERS_UP]]
    cell = _cell(column, spans, LEAST[column.about])
    if column.kind == "yes-no" and cell.text:
        beside = found[0].beside
        also = (source.span(beside, beside, cell.support),) if beside else ()
        return ExtractedCell(cell.text, cell.kind, cell.support, cell.citation, yes=found[0].yes, also=also,
                             runners_up=tuple(r for r in cell.runners_up if all(r.text != s.text for s in also)))
    return cell


def _cell(column: ExtractionColumn, spans: Sequence[CellSpan], least: float) -> ExtractedCell:
    """The first span, if it is clear enough; the others are its runners-up."""
    if not spans:
        return ExtractedCell(kind=column.kind, empty="nothing")
    first = spans[0]
    if first.support < least:
        return ExtractedCell(kind=column.kind, empty="unsure", runners_up=tuple(spans[:_MOST_RUNNERS_UP]))
    value = value_in(first.text) if column.kind == "number" else None
    unit = "%" if value is not None and "%" in first.text else ""
    return ExtractedCell(first.text, column.kind, first.support, first.citation, value=value, unit=unit,
                         runners_up=tuple(spans[1:1 + _MOST_RUNNERS_UP]))
