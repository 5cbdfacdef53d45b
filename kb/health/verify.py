"""Is the library as it was written? Every column of every row of every table, what follows from them, and the files
kept beside.

Reads: a Store and an Encoder.  Gives: Check. What can be made again is: vectors, terms, the FAISS cache, cells of
tables, the library's own values. What cannot is named with its table and row, and what to do. No damage ends the
check.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kb.encoder.encode import encode_passages
from kb.errors import EncoderError, KBError, LibraryError, SettingError, as_finding, finding
from kb.health.cache import index_words
from kb.store import Store, Writer
from kb.store.rows import Damaged
from kb.types import Check, Encoder, EncoderRecord, Finding, Progress, Words

OnProgress = Callable[[Progress], None]
_SLICE = 256  # passages encoded between two reports of progress
_MOST_NAMED = 50  # rows of a table, each by itself
_SAMPLE = 8  # passages that show which encoder made the vectors
_ALIKE = 0.99  # their least cosine: stored halves of numbers, another engine
# Table -> the part of the library that it is, and what is said of a damaged row.
_SAID = {"documents": ("document", "F_TEXT_DAMAGED"), "passages": ("document", "F_PASSAGE_DAMAGED"),
         "paths": ("document", "F_PATH_DAMAGED"), "origins": ("document", "F_EDITS_DAMAGED"),
         "turns": ("log", "F_TURN_DAMAGED"), "extractions": ("tables", "F_TABLE_DAMAGED"),
         "filed": ("filing", "F_FILED_DAMAGED"), "collections": ("filing", "F_FILED_DAMAGED"),
         "notes": ("notes", "F_NOTE_DAMAGED"), "questions": ("questions", "F_QUESTION_DAMAGED"),
         "titles": ("log", "F_TITLE_DAMAGED"), "feedback": ("feedback", "F_FEEDBACK_DAMAGED")}
# Tables whose rows are made again by the next command that wants them.
_MADE_AGAIN = {"cells": ("tables", "F_CELLS_DROPPED"), "recognised": ("document", "F_PAGES_DROPPED"),
               "staged": ("vectors", "F_STAGED_DROPPED")}
_VECTORS = ("vectors", "sentences", "arrivals")
# What reading damaged rows may end in.
_BROKEN = (sqlite3.Error, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)


def verify(store: Store, encoder: Callable[[], Encoder], on_progress: OnProgress = lambda progress: None) -> Check:
    """Everything that is stored against its hash, mended where it can be. Errors: LibraryError E_NO_LIBRARY, E_BUSY,
    E_READONLY, E_DISK; damage raises none."""
    found = _Verification(store, encoder, on_progress)
    try:
        found.run()
    except LibraryError as error:
        if error.code not in ("E_DAMAGED", "E_VERSION"):
            raise
        found.findings.append(as_finding("database", error))
        if error.code == "E_VERSION" and error.values.get("found") in (-1, "-1"):  # the row that has it is not sound
            found.findings.append(finding("error", "settings", "F_SCHEMA_DAMAGED", table="meta", row="schema",
                                          column="value"))
    return Check(tuple(found.findings))


class _Verification:
    """One run of it; findings as they come."""

    def __init__(self, store: Store, encoder: Callable[[], Encoder], on_progress: OnProgress) -> None:
        self._store, self._encoder, self._told = store, encoder, on_progress
        self.findings: list[Finding] = []
        self._damaged: dict[str, list[Damaged]] = {}

    def run(self) -> None:
        steps: tuple[tuple[str, Callable[[Writer], list[Finding]]], ...] = (
            ("database", _structure), ("settings", self._settings), ("documents", self._rows),
            ("vectors", self._vectors), ("full-text index", _terms), ("files", _files), ("hashes", self._earlier))
        n_steps = len(steps) + 1
        self._told(Progress("verify", 0, n_steps, "vector cache"))
        cache = self._cache()
        self.findings.append(cache)
        with self._store.write("verify") as writer:
            for n, (name, step) in enumerate(steps, 1):
                self._told(Progress("verify", n, n_steps, name))
                try:
                    self.findings += step(writer)
                except _BROKEN as error:
                    self.findings.append(finding("error", "database", "F_DATABASE", detail=f"{name}: {error}"))
            self._told(Progress("verify", n_steps, n_steps))
            if cache.level == "repaired":
                writer.forget_bases()
            if any(found.level == "repaired" for found in self.findings):
                writer.finish()
            documents, passages = writer.counts()
        self.findings.append(finding("ok", "library", "F_CHECKED", documents=documents, passages=passages))

    def _cache(self) -> Finding:
        try:
            with self._store.read() as view, contextlib.suppress(*_BROKEN):  # damaged rows are named below
                if self._store.index.is_sound(view):
                    return finding("ok", "vector cache", "F_CACHE_SOUND", state=index_words(self._store, view))
        except LibraryError as error:
            if error.code in ("E_MILVUS_UNREACHABLE", "E_MILVUS_REFUSED"):
                return as_finding("vector cache", error)
            if error.code != "E_DAMAGED":
                raise
        return finding("repaired", "vector cache", "F_CACHE_REBUILT")

    def _settings(self, writer: Writer) -> list[Finding]:
        table = next(table for table in writer.tables() if table.name == "meta")
        rows = writer.damaged_rows(table)
        keys = list(dict.fromkeys((*(row.row for row in rows), *writer.missing_settings())))
        found = []
        if keys:
            encoder = self._made_vectors(writer) if "encoder" in keys else None
            rest = writer.mend_settings(keys, encoder)
            found += [finding("error" if key in rest else "repaired", "settings",
                              "F_META_DAMAGED" if key in rest else "F_META_AGAIN", key=key, table="meta", row=key,
                              column="value") for key in keys]
        if counters := writer.damaged_counters():
            writer.mend_counters(counters)
            found += [finding("repaired", "settings", "F_COUNTER", table=name, row=name, column="seq")
                      for name in counters]
        return found

    def _made_vectors(self, writer: Writer) -> EncoderRecord | None:
        """The encoder that is set, if it gives the vectors that are stored: what it is called can be written again."""
        try:
            current = self._encoder()
            ids, stored = writer.vectors(writer.living()[:_SAMPLE].tolist())
            texts = writer.texts(ids.tolist())
            again, _ = encode_passages(current, [texts[i] for i in ids.tolist()])
        except (EncoderError, SettingError, LibraryError, *_BROKEN):
            return None
        if not len(ids) or again.shape != stored.shape or float(np.sum(again * stored, axis=1).min()) < _ALIKE:
            return None
        return EncoderRecord(current.name, current.fingerprint, current.dim)

    def _rows(self, writer: Writer) -> list[Finding]:
        """The rows of every table but the library's own values and the vectors, which are looked at by themselves."""
        found: list[Finding] = []
        for table in writer.tables():
            if table.name == "meta" or table.name in _VECTORS:
                continue
            try:
                rows = writer.damaged_rows(table)
            except _BROKEN as error:
                found.append(finding("error", "database", "F_DATABASE", detail=f"{table.name}: {error}"))
                continue
            self._damaged[table.name] = rows
            if rows and table.name in _MADE_AGAIN:
                writer.drop_damaged(table, rows)
                what, code = _MADE_AGAIN[table.name]
                found += _named("repaired", what, code, rows)
            else:
                found += _named("error", *_SAID.get(table.name, ("database", "F_ROW_DAMAGED")), rows)
        writer.renew_paths()  # as any writer does; only now, since it takes the place of rows that are damaged
        return found

    def _vectors(self, writer: Writer) -> list[Finding]:
        """Damaged vectors are made again; those that an `add` which was stopped has left to come are made now."""
        rows = [row for table in writer.tables() if table.name in _VECTORS for row in table.damaged()]
        damaged, strays = writer.passages_of_damaged_vectors(), writer.strays()
        tables = ", ".join(dict.fromkeys((*(row.table for row in rows), *strays))) or "vectors"
        pending = sorted({*writer.without_vectors()} - {*damaged})
        if not (rows or damaged or strays or pending):
            return []
        try:
            saved, current = writer.encoder(), self._encoder()
        except KBError as error:
            return [as_finding("vectors", error)]
        n_damaged = max(len(damaged), len(rows), len(strays))
        named = {"table": tables, "row": ", ".join(row.row for row in rows[:_MOST_NAMED]), "column": ""}
        if saved is None or saved.fingerprint != current.fingerprint:
            return [finding(level, "vectors", code, n=n, **named)
                    for level, n, code in (("error", n_damaged, "F_VECTORS_DAMAGED"),
                                           ("warning", len(pending), "F_VECTORS_TO_COME")) if n]
        if n_damaged:
            writer.drop_vectors(damaged)
        wanted = [*damaged, *pending]
        for first in range(0, len(wanted), _SLICE):
            ids = wanted[first:first + _SLICE]
            self._told(Progress("encode", first, len(wanted)))
            texts = writer.texts(ids)
            writer.set_vectors(ids, *encode_passages(current, [texts[i] for i in ids]))
        made = []
        if n_damaged:
            made.append(finding("repaired", "vectors", "F_VECTORS_AGAIN", n=n_damaged, **named))
        if pending:
            made.append(finding("ok", "vectors", "F_VECTORS_WAITED", n=len(pending)))
        return made

    def _earlier(self, writer: Writer) -> list[Finding]:
        """Rows of an earlier version: checked as far as they are known, and told so once."""
        damaged = {name: {row.place for row in rows} for name, rows in self._damaged.items()}
        sealed = writer.seal_earlier(damaged)
        if not sealed:
            return []
        return [finding("warning", "hashes", "F_EARLIER", n=sum(sealed.values()), table=", ".join(sealed))]


def _named(level: str, what: str, code: str, rows: list[Damaged]) -> list[Finding]:
    """A finding for each row, and one for those beyond the first."""
    found = [finding(level, what, code, table=row.table, row=row.row, column=row.column, place=_place(row))
             for row in rows[:_MOST_NAMED]]
    if len(rows) > _MOST_NAMED:
        found.append(finding(level, what, "F_MORE_ROWS", table=rows[0].table, n=len(rows) - _MOST_NAMED))
    return found


def _place(row: Damaged) -> Words:
    column = Words(f", column {row.column}", f"，列 {row.column}") if row.column else Words("", "")
    return Words(f"table {row.table}, row {row.row}{column.en}", f"表 {row.table}，行 {row.row}{column.zh}")


def _structure(writer: Writer) -> list[Finding]:
    try:
        problems = writer.integrity()
    except sqlite3.Error as error:
        problems = [str(error)]
    problems = [problem for problem in problems if "terms" not in problem]  # made again below
    return [finding("error", "database", "F_DATABASE", detail=problem) for problem in problems[:5]]


def _terms(writer: Writer) -> list[Finding]:
    if is_old := writer.has_old_terms():
        writer.rebuild_terms()  # as any writer does
    with contextlib.suppress(*_BROKEN):
        if is_old or writer.terms_are_sound():
            return []
    writer.rebuild_terms()
    return [finding("repaired", "full-text index", "F_TERMS_AGAIN")]


def _files(writer: Writer) -> list[Finding]:
    """Files that the library itself keeps: uploads, and what was fetched."""
    kept, found = writer.home / "files", []
    for row in writer.paths.all():
        path = Path(os.fsdecode(row.path))
        if path.is_relative_to(kept) and path.is_file() and _sha256(path) != row.sha256:
            found.append(finding("error", "files", "F_FILE_DAMAGED", path=path, table="paths", row=row.shown,
                                 column=""))
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
