"""The tables of a library and how its rows become records.

`connect` opens the database as every reader and the writer do; `create` makes the tables, or brings those of version
0.1 up to now.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from kb.errors import LibraryError
from kb.store.connection import Connection, Served, lexical_of
from kb.text import TERMS_VERSION
from kb.types import (
    Block,
    Document,
    DocumentInfo,
    Edited,
    LeftOut,
    Metadata,
    Note,
    Page,
    Passage,
    Prepared,
    RecognisedLine,
    Section,
)

Value = TypeVar("Value")
SCHEMA_VERSION = 1
_MOST_VARIABLES = 5000  # in one SQL statement; SQLite's own limit is 32,766

# Vectors in the order in which they came, which need not be that of their passages. A serial is never used again.
_ARRIVALS = """CREATE TABLE arrivals(serial INTEGER PRIMARY KEY AUTOINCREMENT,
        passage INTEGER NOT NULL UNIQUE REFERENCES passages(id) ON DELETE CASCADE, digest BLOB)"""
_TURNS = (
    """CREATE TABLE turns(id INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL, time TEXT NOT NULL,
        question TEXT NOT NULL, answer TEXT, digest BLOB NOT NULL)""",
    "CREATE INDEX turns_conversation ON turns(conversation)",
)
# Passages whose encoder gave their sentences' vectors; a library of version 0.1 has none, and they are encoded when
# they are asked for.
_SENTENCES = """CREATE TABLE sentences(passage INTEGER PRIMARY KEY REFERENCES passages(id) ON DELETE CASCADE,
        vectors BLOB NOT NULL, digest BLOB NOT NULL)"""
# Which files a document came from (paths.py). A library of version 0.1 knows one for each document.
_PATHS = (
    """CREATE TABLE paths(path BLOB PRIMARY KEY, shown TEXT NOT NULL,
        document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE, sha256 TEXT NOT NULL, sidecar TEXT NOT NULL,
        size INTEGER, mtime INTEGER, mount BLOB, seen TEXT NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX paths_document ON paths(document)",
)
# Where the metadata of a document come from (origins.py), where a reader or a file beside it has said something.
_ORIGINS = """CREATE TABLE origins(document TEXT PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE,
        read TEXT NOT NULL, language TEXT NOT NULL, beside TEXT NOT NULL, edits TEXT NOT NULL, digest BLOB NOT NULL)
        WITHOUT ROWID"""
# What the recogniser saw on pages without text (recognised.py). A library of version 0.1 has none.
_RECOGNISED = """CREATE TABLE recognised(document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
        page INTEGER NOT NULL, frame TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY(document, page)) WITHOUT ROWID"""
# Cells of tables out of documents, and the tables that were kept (extractions.py).
_EXTRACTIONS = (
    """CREATE TABLE cells(key TEXT PRIMARY KEY, document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
        cell TEXT NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX cells_document ON cells(document)",
    """CREATE TABLE extractions(name TEXT PRIMARY KEY, time TEXT NOT NULL, saved TEXT NOT NULL, digest BLOB NOT NULL)
        WITHOUT ROWID""",
)
# Collections, tags and reading states of documents (filing.py).
_FILING = (
    "CREATE TABLE collections(name TEXT PRIMARY KEY, made TEXT NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE filed(document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE, kind TEXT NOT NULL,
        name TEXT NOT NULL, time TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY(document, kind, name))
        WITHOUT ROWID""",
    "CREATE INDEX filed_name ON filed(kind, name)",
)
# Notes and highlights of the reader (notes.py). They stay when their document is removed.
_NOTES = (
    """CREATE TABLE notes(id TEXT PRIMARY KEY, document TEXT NOT NULL, made TEXT NOT NULL, note TEXT NOT NULL,
        digest BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX notes_document ON notes(document)",
)
# Questions that were kept with their answers (questions.py).
_QUESTIONS = ("""CREATE TABLE questions(id TEXT PRIMARY KEY, made TEXT NOT NULL, question TEXT NOT NULL,
        kept TEXT NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID""",)
# What conversations are called (history.py), and what a reader says of answers (feedback.py).
_TITLES = ("""CREATE TABLE titles(conversation TEXT PRIMARY KEY, title TEXT NOT NULL, digest BLOB NOT NULL)
        WITHOUT ROWID""",)
_FEEDBACK = ("""CREATE TABLE feedback(id TEXT PRIMARY KEY, made TEXT NOT NULL, said TEXT NOT NULL, digest BLOB NOT NULL)
        WITHOUT ROWID""",)
_OWNERS = ("""CREATE TABLE owners(kind TEXT NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL, private INTEGER NOT NULL,
        digest BLOB NOT NULL, PRIMARY KEY(kind, name)) WITHOUT ROWID""",)  # owners.py
# Entries of bibliographies, and documents that a reader joins or parts as texts of one work (entries.py).
_ENTRIES = (
    """CREATE TABLE entries(document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE, id TEXT NOT NULL,
        entry TEXT NOT NULL, said TEXT NOT NULL, own TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY(document, id))
        WITHOUT ROWID""",
    """CREATE TABLE joined(document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE, other TEXT NOT NULL
        REFERENCES documents(id) ON DELETE CASCADE, is_one INTEGER NOT NULL, time TEXT NOT NULL, digest BLOB NOT NULL,
        PRIMARY KEY(document, other)) WITHOUT ROWID""",
)
DOCUMENT_COLUMNS = ("id, sha256, path, path_bytes, sidecar, size, kind, metadata, language, status, note, text, "
                    "sections, pages, blocks, added, digest")
_TABLES = (
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE documents(id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, path TEXT NOT NULL, path_bytes BLOB NOT NULL,
        sidecar TEXT NOT NULL, size INTEGER NOT NULL, kind TEXT NOT NULL, metadata TEXT NOT NULL,
        language TEXT NOT NULL, status TEXT NOT NULL, note TEXT NOT NULL, text TEXT NOT NULL, sections TEXT NOT NULL,
        pages TEXT NOT NULL, blocks TEXT NOT NULL, added TEXT NOT NULL, digest BLOB NOT NULL)""",
    "CREATE INDEX documents_sha256 ON documents(sha256)",
    """CREATE TABLE passages(id INTEGER PRIMARY KEY AUTOINCREMENT,
        document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE, start INTEGER NOT NULL, end INTEGER NOT NULL,
        text TEXT NOT NULL, section TEXT NOT NULL, page INTEGER, language TEXT NOT NULL, hash INTEGER, digest BLOB)""",
    "CREATE INDEX passages_document ON passages(document)",
    "CREATE INDEX passages_hash ON passages(hash)",
    """CREATE TABLE vectors(passage INTEGER PRIMARY KEY REFERENCES passages(id) ON DELETE CASCADE,
        vector BLOB NOT NULL, digest BLOB NOT NULL)""",
    _ARRIVALS,
    _SENTENCES,
    _RECOGNISED,
    """CREATE TABLE staged(document TEXT PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE,
        fingerprint TEXT NOT NULL, passages TEXT NOT NULL, vectors BLOB NOT NULL, sentences BLOB NOT NULL,
        digest BLOB)""",
)


_LATER = ("arrivals", "turns", "sentences", "paths", "origins", "recognised",
          "extractions", "filed", "notes", "questions", "entries",
          "titles", "feedback", "owners")  # what a library of version 0.1 lacks
_HASHED_LATER = ("passages", "arrivals", "staged")  # whose rows had no hash at first: see checks.py


def connect(path: Path) -> sqlite3.Connection:
    """A connection that promises what the library does: a log, synced at every commit; removed words overwritten."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    # 16 MB of pages instead of 2: an answer over 20,000 passages takes 15.4 ms of one core instead of 16.6.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF", "secure_delete=ON",
                   "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def create(connection: Connection) -> None:
    """Makes the tables of a new library; gives one of version 0.1 what came later. All or nothing."""
    is_new = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not is_new:
        check_version(connection)
        if all(has(connection, table) for table in _LATER) and not _lacks_hashes(connection):
            return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if is_new:
            _create(connection)
        else:
            _bring_up_to_now(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _create(connection: Connection) -> None:
    for statement in (*_TABLES, *_TURNS, *_PATHS, _ORIGINS, *_EXTRACTIONS, *_FILING, *_NOTES, *_QUESTIONS, *_ENTRIES,
                      *_TITLES, *_FEEDBACK, *_OWNERS):
        connection.execute(statement)
    lexical_of(connection).create()
    for key, value in (("schema", str(SCHEMA_VERSION)), ("generation", "0"), ("terms", str(TERMS_VERSION))):
        connection.execute("INSERT INTO meta VALUES (?,?,?)", (key, value, digest((key, value))))


def _bring_up_to_now(connection: Connection) -> None:
    if not any(row[1] == "hash" for row in connection.execute("PRAGMA table_info(passages)")):
        connection.execute("ALTER TABLE passages ADD COLUMN hash INTEGER")
        connection.execute("CREATE INDEX passages_hash ON passages(hash)")
    if not has(connection, "arrivals"):
        connection.execute("CREATE INDEX documents_sha256 ON documents(sha256)")
        connection.execute(_ARRIVALS)
        connection.execute("INSERT INTO arrivals(serial, passage) SELECT passage, passage FROM vectors")
    if not has(connection, "turns"):
        for statement in _TURNS:
            connection.execute(statement)
    if not has(connection, "sentences"):
        connection.execute(_SENTENCES)
        connection.execute("ALTER TABLE staged ADD COLUMN sentences BLOB NOT NULL DEFAULT x''")
    if not has(connection, "paths"):
        connection.execute("DROP INDEX IF EXISTS documents_path")
        for statement in _PATHS:
            connection.execute(statement)
        give_paths(connection)
    if not has(connection, "origins"):
        connection.execute(_ORIGINS)
    if not has(connection, "recognised"):
        connection.execute(_RECOGNISED)
    if not has(connection, "extractions"):
        for statement in _EXTRACTIONS:
            connection.execute(statement)
    for table, statements in (("filed", _FILING), ("notes", _NOTES), ("questions", _QUESTIONS), ("entries", _ENTRIES),
                              ("titles", _TITLES), ("feedback", _FEEDBACK), ("owners", _OWNERS)):
        for statement in statements if not has(connection, table) else ():
            connection.execute(statement)
    for table in _lacks_hashes(connection):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN digest BLOB")


def _lacks_hashes(connection: Connection) -> list[str]:
    return [table for table in _HASHED_LATER if has(connection, table)
            and not any(row[1] == "digest" for row in connection.execute(f"PRAGMA table_info({table})"))]


def lacks_paths(connection: Connection) -> bool:
    """Whether an earlier version has added documents since the library has the table of paths. On a server those
    without a path are another instance's."""
    if isinstance(connection, Served):
        return False
    row = connection.execute("SELECT 1 FROM documents WHERE id NOT IN (SELECT document FROM paths) LIMIT 1").fetchone()
    return row is not None


def give_paths(connection: Connection) -> None:
    """Gives each document without a path the one it was read from, its size and time unknown."""
    rows = connection.execute("""SELECT path_bytes, path, id, sha256, sidecar, NULL, NULL, NULL, added FROM documents
        WHERE id NOT IN (SELECT document FROM paths)""").fetchall()
    connection.executemany("INSERT OR REPLACE INTO paths VALUES (?,?,?,?,?,?,?,?,?,?)",
                           ((*row, digest(row)) for row in rows))


def has(connection: Connection, table: str) -> bool:
    """Whether the library has this table; one of version 0.1 lacks some, until somebody writes to it."""
    return connection.execute("SELECT 1 FROM main.sqlite_master WHERE name = ?", (table,)).fetchone() is not None


def stand_in(connection: Connection) -> None:
    """Lets a library of version 0.1 be read as it is: there the vectors came with their passages, sentences had none, a
    document had one path, and nothing was edited."""
    if not has(connection, "arrivals"):
        connection.execute("CREATE TEMP VIEW arrivals AS SELECT passage AS serial, passage FROM vectors")
    if not has(connection, "sentences"):
        connection.execute(
            "CREATE TEMP VIEW sentences AS SELECT passage, vector AS vectors, digest FROM vectors WHERE false")
    if not has(connection, "paths"):
        connection.execute("""CREATE TEMP VIEW paths AS SELECT path_bytes AS path, path AS shown, id AS document,
            sha256, sidecar, NULL AS size, NULL AS mtime, NULL AS mount, added AS seen FROM documents""")
    if not has(connection, "origins"):
        connection.execute("""CREATE TEMP VIEW origins AS SELECT id AS document, metadata AS read, language,
            '[]' AS beside, '{}' AS edits FROM documents WHERE false""")
    if not has(connection, "recognised"):
        connection.execute("""CREATE TEMP VIEW recognised AS SELECT id AS document, 0 AS page, '' AS frame, digest
            FROM documents WHERE false""")


def stands_in(connection: Connection) -> bool:
    """Whether `stand_in` had anything to do for this connection."""
    return connection.execute("SELECT 1 FROM temp.sqlite_master").fetchone() is not None


def check_version(connection: Connection) -> None:
    """Errors: LibraryError E_VERSION for a library of a later version, E_DAMAGED."""
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    except sqlite3.OperationalError as error:
        raise LibraryError("E_DAMAGED", detail=str(error)) from error
    found = int(row[0]) if row and row[0].isdigit() else -1
    if found > SCHEMA_VERSION or found < 0:
        raise LibraryError("E_VERSION", found=found, known=SCHEMA_VERSION)


def next_number(connection: Connection, table: str, key: str) -> int:
    """The number of the table's next row: above all that are there and all that were ever given."""
    return 1 + int(connection.execute(f"""SELECT coalesce(max(n), 0) FROM (SELECT seq AS n FROM sqlite_sequence
        WHERE name = ? UNION ALL SELECT max({key}) AS n FROM {table}) AS given""", (table,)).fetchone()[0])


def slices(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """The values in pieces that fit one SQL statement."""
    for first in range(0, len(values), _MOST_VARIABLES):
        yield values[first:first + _MOST_VARIABLES]


def marks(values: Sequence[Any]) -> str:
    """A question mark for each value, as `IN (…)` wants them."""
    return ",".join("?" * len(values))


def digest(values: Sequence[Any]) -> bytes:
    """A hash over values with their lengths, so that moving a character from one to the next is seen too."""
    found = hashlib.sha256()
    for value in values:
        data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        found.update(len(data).to_bytes(8, "little") + data)
    return found.digest()[:16]


def sealed(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row with its hash behind it, as every table of the library has it."""
    return (*row, digest(row))


def text_hash(text: str) -> int:
    """64 bits of a text's sha-256, as SQLite stores integers."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "little", signed=True)


def to_json(value: Any) -> str:
    """As stored: hashes are of these very characters."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def to_passage(row: Sequence[Any]) -> Passage:
    start, end, text, section, page, language = row
    return Passage(start, end, text, tuple(json.loads(section)), page, language)


def from_metadata(metadata: Metadata) -> str:
    """Metadata as they are stored, without where they come from: see origins.py."""
    values = metadata.to_dict()
    return to_json({name: value for name, value in values.items() if name not in ("beside", "edited")})


def to_metadata(saved: str, beside: str | None = None, edits: str | None = None) -> Metadata:
    """The metadata of a row; beside, edits: of its origins, if it has any."""
    values = json.loads(saved)
    edited = tuple(Edited(name, *saved[1:]) for name, saved in json.loads(edits or "{}").items())
    return Metadata(**{**values, "authors": tuple(values["authors"]), "guessed": tuple(values["guessed"])},
                    beside=tuple(json.loads(beside or "[]")), edited=edited)


def to_row(prepared: Prepared, added: str) -> tuple[Any, ...]:
    """The row of a document, without its hash."""
    document = prepared.document
    return (document.id, document.sha256, document.path, prepared.path_bytes, prepared.sidecar_sha256, prepared.size,
            document.kind, from_metadata(document.metadata), document.language, document.status,
            to_column(document.notes), document.text,
            to_json([[s.heading, s.level, s.start, s.end] for s in document.sections]),
            to_pages(document.pages), to_blocks(document), added)


def to_column(notes: Sequence[Note]) -> str:
    """Notes as they are stored, "" without any."""
    return to_json([note.to_dict() for note in notes]) if notes else ""


def _notes(saved: str) -> tuple[Note, ...]:
    """The notes of a row; versions before 0.8 stored words alone."""
    if saved.startswith('[{"code":'):
        return tuple(Note.from_dict(item) for item in json.loads(saved))
    return (Note("", saved), ) if saved else ()


def to_blocks(document: Document) -> str:
    """The column of blocks: a list, or with what was left out of the text and what was recognised all by name."""
    blocks = [[b.kind, b.start, b.end] for b in document.blocks]
    left_out = [[item.kind, item.text, item.pages] for item in document.left_out]
    lines = [[line.start, line.end, line.confidence, line.box] for line in document.recognised]
    if not left_out and not lines:
        return to_json(blocks)
    return to_json({"blocks": blocks, "left_out": left_out} | ({"recognised": lines} if lines else {}))


def _blocks(saved: str) -> tuple[tuple[Block, ...], tuple[LeftOut, ...], tuple[RecognisedLine, ...]]:
    values = json.loads(saved)
    if isinstance(values, list):
        values = {"blocks": values, "left_out": []}
    return (tuple(Block(*item) for item in values["blocks"]),
            tuple(LeftOut(kind, text, tuple(pages)) for kind, text, pages in values["left_out"]),
            to_lines(values.get("recognised", ())))


def to_lines(saved: Sequence[Any]) -> tuple[RecognisedLine, ...]:
    """The recognised lines of a document, from the list in its column of blocks."""
    return tuple(RecognisedLine(start, end, confidence, tuple(box)) for start, end, confidence, box in saved)


def to_pages(pages: Sequence[Page]) -> str:
    """The column of pages: a list for each, with its confidence where it was recognised."""
    return to_json([[p.number, p.label, p.start, p.end, *([p.recognised] if p.recognised is not None else [])]
                    for p in pages])


def to_document(row: Sequence[Any]) -> Document:
    blocks, left_out, recognised = _blocks(row[9])
    return Document(id=row[0], sha256=row[1], path=row[2], kind=row[3], metadata=to_metadata(row[4], *row[12:14]),
                    language=row[5],
                    text=row[6], sections=tuple(Section(*item) for item in json.loads(row[7])),
                    pages=tuple(Page(*item) for item in json.loads(row[8])),
                    blocks=blocks, status=row[10], notes=_notes(row[11]), left_out=left_out,
                    recognised=recognised)


def to_info(row: Sequence[Any]) -> DocumentInfo:
    m = to_metadata(row[1], *row[11:13])
    return DocumentInfo(id=row[0], title=m.title, authors=m.authors, year=m.year, venue=m.venue, doi=m.doi,
                        arxiv=m.arxiv, url=m.url, guessed=m.guessed, path=row[2], kind=row[3], language=row[4],
                        status=row[5], notes=_notes(row[6]), n_characters=row[7], n_pages=row[8], n_passages=row[9],
                        added=row[10], edited=m.edited)
