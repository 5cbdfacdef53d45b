"""Tables out of many documents: filled document by document, kept as they are filled, and made again later.

KnowledgeBase (__init__.py) adds asking and surveys.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kb.base.catalogue import OnProgress, ignore
from kb.base.mapping import Maps
from kb.base.scoping import nothing_left
from kb.errors import EncoderError, LibraryError, QuestionError, UnknownTable
from kb.store import View
from kb.study.columns import PRESETS as PRESETS
from kb.study.columns import preset as preset
from kb.study.columns import read_columns
from kb.study.kept import changes
from kb.text import one_line
from kb.types import (
    CrossEncoder,
    DocumentInfo,
    Encoder,
    ExtractedCell,
    ExtractionColumn,
    ExtractionRow,
    ExtractionTable,
    Language,
    Progress,
    Scope,
    TableChanges,
)

if TYPE_CHECKING:
    from kb.study.tables import FilledRow

_LONGEST_NAME = 120  # characters of the name of a table
_AT_A_TIME = 10  # documents that one extractor fills
_SAVE_AFTER = 5.0  # seconds after which filled cells are written


class Tables(Maps):
    """A library, with the tables that are made out of it."""

    def table(self, columns: Sequence[str], *, documents: Sequence[str] = (), keep: str = "",
              scope: Scope | None = None, on_progress: OnProgress | None = None) -> ExtractionTable:
        """A row for each work, of its fullest text, and a cell for each column: what the document says for it, verbatim
        and with its place, or nothing.

        columns: names of what is wanted ("data set", "指标", "batch size") or questions, in either language.
        documents: ids, of which each gets its row; none: all of the library.  keep: a name under which the table is
        kept.  scope: what documents have to be, also when a kept table is made again.
        A call that was stopped goes on where it was: every cell that was filled is kept.
        Errors: QuestionError (Q_NO_COLUMN, Q_EMPTY_COLUMN, Q_MANY_COLUMNS …), UnknownDocument, NothingIndexed,
        ScopeError, EmptyScope.
        """
        asked = read_columns(columns)
        with self.reading(scope) as view:
            known = view.documents()
            ids = [view.document(document).id for document in documents]
            by_id = {info.id: info for info in known}
            infos = [by_id[document] for document in dict.fromkeys(ids) if document in by_id]
            if documents and not infos and scope is not None:
                raise nothing_left(replace(scope, documents=tuple(documents)), "documents", len(known))
            infos = infos if documents else [by_id[name] for name in view.works().once(by_id)][::-1]
            found = self._filled(view, asked, infos, on_progress or ignore)
        found = replace(found, of_all=not documents, scope=None if scope is None or scope.is_all else scope)
        return self._kept(found, keep) if keep else found

    def keep_table(self, table: ExtractionTable, name: str) -> ExtractionTable:
        """Keeps a table under a name, instead of an earlier one of that name. Errors: QuestionError Q_NO_NAME,
        LibraryError E_BUSY, E_READONLY."""
        return self._kept(table, name)

    def kept_tables(self) -> tuple[tuple[str, str], ...]:
        """(name, ISO time) of the tables that were kept, the newest first."""
        if not self._store.exists():
            return ()
        with self._store.read() as view:
            return view.extractions.names()

    def kept_table(self, name: str) -> ExtractionTable:
        """A kept table as it was. Errors: UnknownTable, NothingIndexed."""
        with self.reading() as view:
            found = view.extractions.table(name)
        if found is None:
            raise UnknownTable("E_UNKNOWN_TABLE", name=name)
        return found

    def table_again(self, name: str, *,
                    on_progress: OnProgress | None = None) -> tuple[ExtractionTable, TableChanges]:
        """A kept table made again, over all documents where it was of all, and what is different since; it is kept
        instead of the earlier one. Errors: UnknownTable."""
        before = self.kept_table(name)
        columns = [column.name for column in before.columns]
        if before.of_all:
            after = self.table(columns, scope=before.scope, on_progress=on_progress)
        else:
            ids = [row.document for row in before.rows]
            with self.reading() as view:
                there = {info.id: info for info in view.documents()}
                found = self._filled(view, read_columns(columns), [there[each] for each in ids if each in there],
                                     on_progress or ignore)
            gone = (each for each in ids if each not in there)
            after = replace(found, removed=(*gone, *found.removed), of_all=False)
        return self._kept(after, name), changes(before, after, name)

    def table_as_latex(self, table: ExtractionTable, language: Language = "en") -> str:
        """A table as a LaTeX file that compiles by itself. language: of our own words."""
        from kb.survey.extracted import table_to_latex

        return table_to_latex(table, language)

    def delete_table(self, name: str) -> None:
        """Deletes a kept table. Errors: UnknownTable."""
        with self._store.write("log") as writer, writer.together():
            if not writer.extractions.delete(name):
                raise UnknownTable("E_UNKNOWN_TABLE", name=name)

    # --- filling

    def _filled(self, view: View, columns: Sequence[ExtractionColumn], infos: Sequence[DocumentInfo],
                on_progress: OnProgress) -> ExtractionTable:
        """Every row as the view shows it; what was removed meanwhile is emptied at the end."""
        from kb.study.tables import aligned

        rows: list[ExtractionRow] = []
        unsaved: list[tuple[str, str, ExtractedCell]] = []
        n_known, saved_at = 0, time.monotonic()
        for n, (info, filled) in enumerate(self._rows(view, columns, infos), 1):
            rows.append(filled.row)
            unsaved += [(key, info.id, cell) for key, cell in filled.fresh.items()]
            n_known += filled.n_known
            if time.monotonic() - saved_at > _SAVE_AFTER:
                unsaved, saved_at = self._saved(unsaved), time.monotonic()
            on_progress(Progress("table", n, len(infos), info.title))
        unsaved = self._saved(unsaved)
        with self._store.read() as now:
            gone = {info.id for info in infos if not now.holds(info.id)}
        rows = [ExtractionRow.empty(info, len(columns), "removed") if info.id in gone else row
                for info, row in zip(infos, rows, strict=True)]
        removed = tuple(row.document for row in rows if row.document in gone)
        return ExtractionTable(
            tuple(columns), tuple(rows), aligned(rows), len(rows) * len(columns),
            sum(bool(c.text) for row in rows for c in row.cells), n_known, reader=self._fingerprint(), removed=removed,
            n_unsaved=len([cell for cell in unsaved if cell[1] not in gone]))

    def _rows(self, view: View, columns: Sequence[ExtractionColumn],
              infos: Sequence[DocumentInfo]) -> Iterator[tuple[DocumentInfo, FilledRow]]:
        """Each document with its row."""
        from kb.study.tables import Extractor

        encoder = self._encoders.of(view.encoder())
        reader, fingerprint = self._reader(encoder), self._fingerprint()
        for first in range(0, len(infos), _AT_A_TIME):  # what is remembered of documents is of these alone
            extractor = Extractor(view, encoder, reader, fingerprint, columns)
            for info in infos[first:first + _AT_A_TIME]:
                yield info, extractor.row(info)

    def _saved(self, cells: list[tuple[str, str, ExtractedCell]]) -> list[tuple[str, str, ExtractedCell]]:
        """Writes filled cells; gives those that could not be, since another process writes or nobody may."""
        if not cells or not os.access(self.home, os.W_OK):
            return cells
        try:
            with self._store.write("log") as writer, writer.together():
                writer.extractions.put(cells)
        except LibraryError as error:
            if error.code not in ("E_BUSY", "E_READONLY", "E_DISK"):
                raise
            return cells
        return []

    def _kept(self, table: ExtractionTable, name: str) -> ExtractionTable:
        if not name.strip():
            raise QuestionError("Q_NO_NAME")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        kept = replace(table, name=one_line(name.strip(), _LONGEST_NAME), kept=now)
        with self._store.write("log") as writer, writer.together():
            writer.extractions.keep(kept)
        return kept

    def _reader(self, encoder: Encoder) -> CrossEncoder | None:
        """What reads passages together with a question; None where it is off, or damaged (`doctor` says so)."""
        try:
            return self._readers.beside(encoder)
        except EncoderError:
            return None

    def _fingerprint(self) -> str:
        """Of the reader that is used, "" without one."""
        reader = self._reader(self.encoder())
        return str(getattr(reader, "fingerprint", "")) if reader is not None else ""
