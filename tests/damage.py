"""Harm done to a library on purpose: one value of one row, or one bit of a file. What is harmed is drawn from the
schema itself, so a table or column that is new is harmed as well."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

from kb.encoder.hashing import HashingEncoder
from kb.health import verify
from kb.store import Store
from kb.store.entries import EntryRow
from kb.types import (
    Answer,
    Check,
    ExtractedCell,
    ExtractionRow,
    ExtractionTable,
    Feedback,
    Finding,
    KeptQuestion,
    SavedNote,
    Searched,
)
from tests.making import make_prepared

ENCODER = HashingEncoder()


def full_library(home: Path) -> Store:
    """A library with rows in every table."""
    store = Store(home)
    documents: list[str] = []
    with store.write("test") as writer:
        for i in range(3):
            text = f"# 方法{i}\n\n文档{i}说明了方法。Method {i} is described here.\n\nIt is number {i}."
            prepared = make_prepared(text, f"{i}.md")
            texts = [passage.text for passage in prepared.passages]
            _, sentences = ENCODER.encode_with_sentences(texts, [[(0, len(text))] for text in texts])
            writer.commit(replace(prepared, sentences=tuple(sentences)), "hashing")
            document = prepared.document.id
            writer.edit(document, {"title": f"Method {i}"}, ())
            writer.keep_recognised(document, {1: {"lines": [f"line {i}"]}})
            turn = writer.keep_turn(Answer(f"What is method {i}?", "en", "not_found", (), Searched(3, 3, 0.0)), None)
            writer.rename_conversation(turn.conversation, f"Title {i}")
            writer.stage(document, ENCODER.fingerprint, prepared.passages, prepared.vectors, sentences)
            with writer.filed_anew() as filing:
                filing.put("collection", f"Reading {i}", [document])
                filing.put("tag", f"tag {i}", [document])
                filing.set_state("read", [document])
                filing.owners.set("collection", f"Reading {i}", f"reader{i}@example.org", i == 1)
            writer.keep_entry(EntryRow(document, f"entry{i}", f'{{"key":"e{i}","type":"book","title":"Method {i}"}}',
                                       f'{{"title":"Method {i}"}}'))
            writer.join(document, documents, is_one=i == 1)
            documents = [document]
            with writer.together():
                writer.notes.put(SavedNote(f"note{i}", "note", document, "Method", "2026-01-01", "2026-01-01", "Mine."))
                writer.questions.put(KeptQuestion(f"question{i}", f"What is {i}?", "2026-01-01", "2026-01-01", Answer(
                    f"What is {i}?", "en", "not_found", (), Searched(3, 3)), "1"))
                writer.feedback.put(Feedback(f"said{i}", "2026-01-01", f"What is {i}?", True, "not_found"))
                writer.extractions.put([(f"key{i}", document, ExtractedCell(text=f"cell {i}"))])
                writer.extractions.keep(ExtractionTable(
                    (), (ExtractionRow(document, "Method", "", (ExtractedCell(text=f"cell {i}"),)),),
                    name=f"table {i}", kept="2026-01-01"))
    store.close()
    return store


def columns(database: Path) -> list[tuple[str, str]]:
    """(table, column) of every table of the file that holds anything, SQLite's own and the full-text index's too."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        names = [name for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")]
        return [(table, row[1]) for table in names for row in connection.execute(f"PRAGMA table_info({table})")]


def harm(database: Path, table: str, column: str, rng: random.Random) -> str:
    """Changes the value of this column in one row, as `UPDATE` does, and says what was done; "" where nothing could
    be: an empty table."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        key = _key(connection, table)
        rows = connection.execute(f"SELECT {', '.join(key)}, {column} FROM {table}").fetchall()
        rng.shuffle(rows)
        for *place, value in rows:
            harmed = _harmed(value, rng)
            with contextlib.suppress(sqlite3.IntegrityError):
                connection.execute(f"UPDATE {table} SET {column} = ? WHERE {' AND '.join(f'{k} IS ?' for k in key)}",
                                   (harmed, *place))
                return f"{table}.{column} of {place}: {value!r} -> {harmed!r}"[:300]
        return ""


def flip(path: Path, rng: random.Random) -> str:
    """Flips one bit of a file."""
    data = bytearray(path.read_bytes())
    place, bit = rng.randrange(len(data)), rng.randrange(8)
    data[place] ^= 1 << bit
    path.write_bytes(data)
    return f"{path.name}: bit {bit} of byte {place}"


def copy_of(full: Store, home: Path) -> Path:
    """The database of a copy of the library, without its index files."""
    home.mkdir()
    shutil.copy(full.database, home / "kb.sqlite3")
    return home / "kb.sqlite3"


def checked(home: Path) -> Check:
    """What `kb verify` says of a library."""
    store = Store(home)
    try:
        return verify(store, lambda: ENCODER)
    finally:
        store.close()


def found(check: Check) -> list[Finding]:
    """What it found wrong; a copied library lacks its index files."""
    return [finding for finding in check.findings if finding.level != "ok" and finding.what != "vector cache"]


def missed_flips(full: Store, folder: Path, n: int, seed: int) -> list[str]:
    """Flips one bit of the database of each of n copies; the flips that change what is stored and were not found. Any
    error ends it: no damage may raise."""
    before, rng, missed = contents(full.database), random.Random(seed), []
    for i in range(n):
        database = copy_of(full, folder / f"flip{i}")
        done = flip(database, rng)
        try:
            is_changed = contents(database) != before
        except (sqlite3.Error, ValueError):
            is_changed = True
        if not found(checked(database.parent)) and is_changed:
            missed.append(done)
        shutil.rmtree(database.parent)
    return missed


def missed_harms(full: Store, folder: Path, n: int, seed: int) -> list[str]:
    """Changes one value, of any table and column, in each of n copies; those that were not found."""
    before, rng, missed = words(full.database), random.Random(seed), []
    for i in range(n):
        database = copy_of(full, folder / f"harm{i}")
        done = harm(database, *rng.choice(columns(database)), rng)
        is_of_terms = done.startswith("terms_")
        if done and not found(checked(database.parent)) and not (is_of_terms and words(database) == before):
            missed.append(done)
        shutil.rmtree(database.parent)
    return missed


def words(database: Path) -> Any:
    """What is found by words: each term, and the passages with it as they are ranked. A change of the full-text index
    that changes nothing of this (a page's number that is not looked at, bytes that are free) is no damage."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        try:
            terms = connection.execute("SELECT term, doc, cnt FROM vocabulary").fetchall()
            return [(*term, connection.execute("SELECT rowid, bm25(terms), highlight(terms, 0, '[', ']') FROM terms "
                                               "WHERE terms MATCH ?", (f'"{term[0]}"',)).fetchall()) for term in terms]
        except sqlite3.Error as error:
            return str(error)


def contents(database: Path) -> dict[str, list[Any]]:
    """Every row of every table that is not made from the others."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.text_factory = bytes
        names = {table.decode() if isinstance(table, bytes) else table for table, _ in columns(database)}
        return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr)
                for table in sorted(names) if not table.startswith("terms_")}


def _key(connection: sqlite3.Connection, table: str) -> list[str]:
    key = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[5]]
    return key or ["rowid"]


def _harmed(value: Any, rng: random.Random) -> Any:
    if value is None:
        return 7
    if isinstance(value, int):
        return value ^ 1 << rng.randrange(12)
    if not value:
        return b"\1" if isinstance(value, bytes) else "x"
    at = rng.randrange(len(value))
    if isinstance(value, bytes):
        return value[:at] + bytes([value[at] ^ 1 << rng.randrange(8)]) + value[at + 1:]
    return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1:]
