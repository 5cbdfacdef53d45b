"""A table out of many documents: a row for each, a cell for each column, measures aligned across them.

Reads: a View, columns, documents.  Gives: rows, one after the other, and ExtractionTable. What a document says for a
column depends on that document and on the reader alone, so cells are kept and not filled twice (store/extractions.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kb.store import View
from kb.study.cells import VERSION, Source, fill, of_record
from kb.study.columns import RECORDED
from kb.study.mentions import folded
from kb.study.papers import Paper
from kb.study.stated import SHARE
from kb.types import (
    AlignedMeasure,
    AlignedResult,
    CrossEncoder,
    Document,
    DocumentInfo,
    Encoder,
    ExtractedCell,
    ExtractionColumn,
    ExtractionRow,
    Language,
    Vectors,
)

_SHARES = 1.5  # a share up to this is written as one: 0.923 is 92.3 %


@dataclass(frozen=True, slots=True)
class FilledRow:
    """A row, with what has to be kept of it: key -> cell, of those that were filled now; n_known were before."""

    row: ExtractionRow
    fresh: Mapping[str, ExtractedCell]
    n_known: int = 0


class Extractor:
    """Fills cells from one generation of a library; each column's question is encoded once."""

    def __init__(self, view: View, encoder: Encoder, reader: CrossEncoder | None, fingerprint: str,
                 columns: Sequence[ExtractionColumn]) -> None:
        """reader: for columns of the reader's own; fingerprint: of it, "" without one."""
        self._view, self._reader, self._fingerprint, self._columns = view, reader, fingerprint, columns
        self._questions = _encoded([column for column in columns if not column.about], encoder)

    def row(self, info: DocumentInfo) -> FilledRow:
        """The row of a document. Errors: UnknownDocument if it is not there any more."""
        document = self._view.document(info.id)
        has_text = bool(document.text.strip())
        keys = [key_of(document, column, self._fingerprint) for column in self._columns]
        known = self._view.extractions.cells(keys)
        source: Source | None = None
        cells, fresh = [], {}
        for column, key in zip(self._columns, keys, strict=True):
            if column.about in RECORDED:
                cells.append(of_record(Paper(document), info.path, column))
            elif not has_text:
                cells.append(ExtractedCell(kind=column.kind, empty="no text"))
            elif key in known:
                cells.append(known[key])
            else:
                source = source or self._source(document, info)
                fresh[key] = fill(source, column)
                cells.append(fresh[key])
        return FilledRow(ExtractionRow(info.id, info.title, info.path, tuple(cells)), fresh, len(known))

    def _source(self, document: Document, info: DocumentInfo) -> Source:
        passages = self._view.passages_of(document.id)
        cosines: dict[str, dict[Language, Vectors]] = {}
        if self._questions:
            ids = self._view.passage_ids(document.id)
            found, vectors = self._view.vectors(ids)
            if len(found) == len(passages):
                cosines = {name: {language: vectors @ vector for language, vector in by.items()}
                           for name, by in self._questions.items()}
        return Source(Paper(document), info.path, passages, cosines, self._reader, self._view.is_gone(document.id))


def key_of(document: Document, column: ExtractionColumn, fingerprint: str) -> str:
    """What a cell depends on, as one word: the document's text and title, the question, how cells are filled, and for a
    question of the reader's own who reads."""
    parts = (document.id, document.text, document.metadata.title, column.about or column.name, column.measure,
             column.kind, column.question.en, column.question.zh, VERSION, "" if column.about else fingerprint)
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _encoded(columns: Sequence[ExtractionColumn], encoder: Encoder) -> dict[str, dict[Language, Vectors]]:
    """Column -> its question in each language that the encoder reads, as a vector."""
    found: dict[str, dict[Language, Vectors]] = {column.name: {} for column in columns}
    languages: tuple[Language, Language] = ("en", "zh")
    for language in languages:
        if columns and language in encoder.reads:
            vectors = encoder.encode([column.question.in_(language) for column in columns], role="question")
            for column, vector in zip(columns, vectors, strict=True):
                found[column.name][language] = np.asarray(vector, np.float32)
    return found


def aligned(rows: Sequence[ExtractionRow]) -> tuple[AlignedMeasure, ...]:
    """The results of all documents by measure and data set, those with most documents first. Shares and percents of one
    measure are one; of a measure that is no share a number in percent is another thing: by how much it fell."""
    groups: dict[tuple[str, str, str], list[tuple[str, str, AlignedResult, str]]] = {}
    for row in rows:
        for cell in row.cells:
            if cell.text and cell.value is not None and cell.measure and cell.unit in ("", "%"):
                key = (_measure(cell.measure), folded(cell.data_set), "" if SHARE.search(cell.measure) else cell.unit)
                result = AlignedResult(row.document, row.title, cell.value, cell.text)
                groups.setdefault(key, []).append((cell.measure, cell.data_set, result, cell.unit))
    found = [_aligned(group) for group in groups.values()]
    return tuple(sorted(found, key=lambda each: (-len(each.results), each.measure, each.data_set)))


def _aligned(group: Sequence[tuple[str, str, AlignedResult, str]]) -> AlignedMeasure:
    measure, data_set = group[0][0], group[0][1]
    in_percent = bool(SHARE.search(measure)) and (
        any(unit == "%" for *_, unit in group) or any(result.value > _SHARES for _, _, result, _ in group))
    results = []
    for _, _, result, unit in group:
        is_share = in_percent and not unit and 0 <= result.value <= _SHARES
        value = result.value * 100 if is_share else result.value
        results.append(AlignedResult(result.document, result.title, round(value, 4), result.written))
    unit = "%" if any(unit == "%" for *_, unit in group) else ""
    return AlignedMeasure(measure, data_set, unit, tuple(sorted(results, key=lambda result: -result.value)))


def _measure(written: str) -> str:
    """One word for the spellings of a measure: F1, F1-score, F1 score."""
    name = folded(written)
    return name.removesuffix("score").removesuffix("值")
