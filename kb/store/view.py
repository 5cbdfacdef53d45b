"""What a reader sees of a library: one generation of it, whoever writes meanwhile."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kb.errors import EncoderError, LibraryError, UnknownDocument
from kb.index.selection import Selection
from kb.sentence_vectors import SentenceVectors
from kb.store.bases import IndexRecord
from kb.store.briefs import Briefs
from kb.store.connection import Connection, Served, lexical_of
from kb.store.entries import Entries
from kb.store.extractions import Extractions
from kb.store.feedback import Feedbacks
from kb.store.filing import Filing
from kb.store.history import History
from kb.store.notes import Notes
from kb.store.origins import Origins
from kb.store.paths import PathRow, Paths, state_of, to_file_path
from kb.store.questions import Questions
from kb.store.recognised import RecognisedPages
from kb.store.tables import Value, marks, slices, text_hash, to_document, to_info, to_lines, to_metadata, to_passage
from kb.store.works import Works
from kb.text import TERMS_VERSION, one_line
from kb.types import (
    Document,
    DocumentInfo,
    Encoder,
    EncoderRecord,
    Filed,
    FilePath,
    Ids,
    Language,
    Passage,
    RecognisedLine,
    Vectors,
)

_BLOCK = 4096  # vectors read at a time
_LAST = 2**63 - 1
LastRead = dict[str, tuple[int, Any]]  # what was read -> (in which generation, what it was)


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage with what a hit needs of its document."""

    id: int
    document: str
    title: str
    path: str
    passage: Passage


def check_encoder(saved: EncoderRecord | None, encoder: Encoder) -> None:
    """Vectors of two encoders never mix. Errors: EncoderError E_ENCODER unless the library was built with this one."""
    if saved is not None and (saved.fingerprint, saved.dim) != (encoder.fingerprint, encoder.dim):
        raise EncoderError("E_ENCODER", saved=f"{saved.fingerprint} ({saved.dim}-d)",
                           now=f"{encoder.fingerprint} ({encoder.dim}-d)")


class View:
    """What a reader sees: one generation of the library. selection: what a search may find of it, None for all (see
    scoped.py)."""

    selection: Selection | None = None

    def __init__(self, connection: Connection, home: Path, last: LastRead | None = None) -> None:
        """last: of the generation that was read last, for all views of a store; None for one who writes."""
        self._connection, self._last = connection, last
        self.home = home
        self.lexical = lexical_of(connection)
        self.history = History(connection)
        self.paths = Paths(connection)
        self.origins = Origins(connection)
        self.recognised = RecognisedPages(connection)
        self.extractions = Extractions(connection)
        self.filing, self.briefs = Filing(connection), Briefs(connection)
        self.notes, self.questions, self.feedback = Notes(connection), Questions(connection), Feedbacks(connection)
        self.entries = Entries(connection)
        self._meta: dict[str, str] = {}  # all of it, for a reader of a server
        self._gone: dict[str, bool] = {}
        self._files: dict[str, list[PathRow]] = {}
        self._lines: dict[str, tuple[RecognisedLine, ...]] = {}
        self._frequency: dict[str, int] = {}

    def meta(self, key: str, default: str = "") -> str:
        if self._last is not None and isinstance(self._connection, Served):
            self._meta = self._meta or dict(self._connection.execute("SELECT key, value FROM meta"))
            return self._meta.get(key, default)
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else default

    def copy_to(self, target: sqlite3.Connection, pages: int, told: Callable[[int, int, int], None]) -> None:
        """Copies the database as this view sees it; told: (SQLite's state, pages left, pages in all)."""
        assert isinstance(self._connection, sqlite3.Connection)  # a server's store refuses before
        self._connection.backup(target, pages=pages, progress=told)

    def generation(self) -> int:
        """Which state of the library this is; 0 where what says so is damaged."""
        saved = self.meta("generation", "0")
        return int(saved) if saved.isascii() and saved.isdigit() else 0

    def has_old_terms(self) -> bool:
        """Whether the full-text index holds terms as an earlier version made them, until somebody adds something."""
        return self.meta("terms", "1") != str(TERMS_VERSION)

    def works(self) -> Works:
        """Which documents are texts of one work; found once in a generation, .4 s of 5,000 documents."""
        return self._kept("works", lambda: Works.of(self._connection))

    def _kept(self, name: Literal["works", "counts"], read: Callable[[], Value]) -> Value:
        """What is the same in all views of one generation."""
        if self._last is None:
            return read()
        generation, found = self.generation(), self._last.get(name)
        if found is None or found[0] != generation:
            found = self._last[name] = (generation, read())
        return found[1]

    def encoder(self) -> EncoderRecord | None:
        """None for a library that has never held a passage. Errors: LibraryError E_DAMAGED."""
        if not (saved := self.meta("encoder")):
            return None
        try:
            found = EncoderRecord(**json.loads(saved))
        except (ValueError, TypeError, RecursionError) as error:
            raise LibraryError("E_DAMAGED", detail="meta: encoder") from error
        if not (isinstance(found.name, str) and isinstance(found.fingerprint, str) and type(found.dim) is int):
            raise LibraryError("E_DAMAGED", detail="meta: encoder")
        return found

    def counts(self) -> tuple[int, int]:
        """(documents, passages)"""
        found: tuple[int, int] = self._kept("counts", lambda: tuple(self._connection.execute(
            "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM passages)").fetchone()))
        return found

    def searched(self) -> tuple[int, int]:
        """(documents, passages) that a search may find."""
        return self.counts()

    def documents(self) -> tuple[DocumentInfo, ...]:
        """All documents, newest first."""
        rows = self._connection.execute(
            """SELECT d.id, d.metadata, d.path, d.kind, d.language, d.status, d.note, length(d.text),
                      json_array_length(d.pages), (SELECT count(*) FROM passages p WHERE p.document = d.id), d.added,
                      o.beside, o.edits
               FROM documents d LEFT JOIN origins o ON o.document = d.id ORDER BY d.added DESC, d.rowid DESC""")
        return tuple(to_info(row) for row in rows)

    def document(self, document: str) -> Document:
        """A document with its text. `document` is an id or the beginning of one that is unambiguous."""
        select = """SELECT d.id, d.sha256, d.path, d.kind, d.metadata, d.language, d.text, d.sections, d.pages,
            d.blocks, d.status, d.note, o.beside, o.edits FROM documents d LEFT JOIN origins o ON o.document = d.id"""
        rows = self._connection.execute(f"{select} WHERE d.id = ?", (document,)).fetchall()
        # A range of the key, not a prefix of each: this is read for every document of an answer.
        rows = rows or self._connection.execute(f"{select} WHERE d.id > ? AND d.id < ? LIMIT 2",
                                                (document, document + "\U0010ffff")).fetchall()
        if len(rows) != 1 or not document:
            raise UnknownDocument("E_UNKNOWN_DOCUMENT", id=one_line(document, 80))
        return to_document(rows[0])

    def holds(self, document: str) -> bool:
        """Whether a document is there, by its whole id."""
        return self._connection.execute("SELECT 1 FROM documents WHERE id = ?", (document,)).fetchone() is not None

    def documents_from(self, path: str) -> list[str]:
        """Ids of the documents that came from this file, archive or folder, or from this address."""
        file = os.fsencode(os.path.abspath(os.path.expanduser(path)))
        rows = [*self.paths.shown_as(path), *self.paths.under(file)]
        return list(dict.fromkeys(row.document for row in rows))

    def files(self, document: str) -> tuple[FilePath, ...]:
        """The paths that have this document, the one it was read from first, and whether each is there now."""
        return tuple(map(to_file_path, self.paths.of(document)))

    def with_files(self, infos: Sequence[DocumentInfo]) -> tuple[DocumentInfo, ...]:
        """The rows with their files, each looked at, and with how they are filed."""
        filed = self.filing.of()
        files: dict[str, list[FilePath]] = {}
        for row in self.paths.all():
            files.setdefault(row.document, []).append(to_file_path(row))
        found = []
        for info in infos:
            paths = sorted(files.get(info.id, ()), key=lambda path, own=info.path: path.path != own)
            how = filed.get(info.id, Filed())
            found.append(replace(info, paths=tuple(paths), is_gone=bool(paths) and all(p.is_gone for p in paths),
                                 collections=how.collections, tags=how.tags, state=how.state))
        return tuple(found)

    def is_gone(self, document: str) -> bool:
        """Whether none of the document's files is there any more; each is looked at once in a view."""
        if document not in self._gone:
            rows = self._files[document] if document in self._files else self.paths.of(document)
            self._gone[document] = bool(rows) and all(state_of(row) in ("gone", "unmounted") for row in rows)
        return self._gone[document]

    def recognised_lines(self, document: str) -> tuple[RecognisedLine, ...]:
        """The lines of a document that were recognised; each document is looked at once in a view."""
        self.read_about((document,))
        return self._lines[document]

    def read_about(self, documents: Collection[str]) -> None:
        """Reads what hits say of their documents, of all of these at once: a server is a way off."""
        unknown = [document for document in dict.fromkeys(documents) if document not in self._lines]
        self._files |= self.paths.of_each(unknown)
        self._lines |= dict.fromkeys(unknown, ())
        for some in slices(unknown):
            for document, saved in self._connection.execute(
                    f"""SELECT id, json_extract(blocks, '$.recognised') FROM documents
                        WHERE id IN ({marks(some)}) AND substr(blocks, 1, 1) = '{{'""", some):
                self._lines[document] = to_lines(json.loads(saved)) if saved else ()

    def title(self, document: str) -> str:
        """The title of a document, by its whole id; "" if it is not there."""
        row = self._connection.execute("SELECT json_extract(metadata, '$.title') FROM documents WHERE id = ?",
                                       (document,)).fetchone()
        return (row[0] or "") if row else ""

    def beginnings(self, n: int) -> dict[str, str]:
        """Document -> the first n characters of its text."""
        return dict(self._connection.execute("SELECT id, substr(text, 1, ?) FROM documents", (n,)))

    def title_as_read(self, document: str) -> str:
        """The title before anybody edited it."""
        row = self.origins.of(document)
        return to_metadata(row.read).title if row is not None else self.title(document)

    def find(self, sha256: str) -> tuple[str, str, str] | None:
        """(id, path, sidecar hash) of the document with these bytes, or None."""
        row: tuple[str, str, str] | None = self._connection.execute(
            "SELECT id, path, sidecar FROM documents WHERE sha256 = ?", (sha256,)).fetchone()
        return row

    def source_path(self, document: str) -> Path:
        """A file that the document came from: one that is there if there is any, else where it was when it was read."""
        row = self._connection.execute("SELECT path_bytes FROM documents WHERE id = ?", (document,)).fetchone()
        there = (path.path for path in self.paths.of(document) if state_of(path) in ("there", "changed"))
        return Path(os.fsdecode(next(there, row[0])))

    def passages(self, ids: Iterable[int]) -> dict[int, PassageRow]:
        """The passages with these ids; ids that are not there any more are left out."""
        wanted = list(ids)
        rows = self._connection.execute(
            f"""SELECT p.id, p.document, json_extract(d.metadata, '$.title'), d.path,
                       p.start, p.end, p.text, p.section, p.page, p.language
                FROM passages p JOIN documents d ON d.id = p.document WHERE p.id IN ({marks(wanted)})""", wanted)
        return {row[0]: PassageRow(row[0], row[1], row[2] or "", row[3], to_passage(row[4:])) for row in rows}

    def languages(self, ids: Iterable[int]) -> dict[int, Language]:
        """Passage -> its language; ids that are not there any more are left out."""
        wanted = list(ids)
        return dict(self._connection.execute(f"SELECT id, language FROM passages WHERE id IN ({marks(wanted)})",
                                             wanted))

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        """Term -> passages that hold it, in the order asked; each is looked up once in a view, .1 ms of 20,000
        passages."""
        asked = dict.fromkeys(terms)
        self._frequency |= self.lexical.document_frequency(term for term in asked if term not in self._frequency)
        return {term: self._frequency[term] for term in asked}

    def documents_with(self, terms: Sequence[str]) -> list[str]:
        """The documents one of whose passages holds all of the terms in its text; all documents for no terms."""
        if terms:
            return self.lexical.documents_with(terms)
        return [row[0] for row in self._connection.execute("SELECT id FROM documents ORDER BY id")]

    def passages_of(self, document: str) -> list[Passage]:
        rows = self._connection.execute("""SELECT start, end, text, section, page, language FROM passages
            WHERE document = ? ORDER BY id""", (document,))
        return [to_passage(row) for row in rows]

    def passage_ids(self, document: str) -> list[int]:
        """The passages of a document (its whole id), ascending."""
        return [row[0] for row in self._connection.execute("SELECT id FROM passages WHERE document = ? ORDER BY id",
                                                           (document,))]

    def term_rows(self, document: str | None = None) -> list[tuple[int, str, str]]:
        """(passage, its text, title and headings) of a document or of all, as the full-text index takes them."""
        where, values = (" WHERE d.id = ?", (document,)) if document else ("", ())
        rows = self._connection.execute(
            "SELECT p.id, p.text, json_extract(d.metadata, '$.title'), p.section FROM passages p JOIN documents d "
            f"ON d.id = p.document{where}", values)
        return [(passage, text, context_of(title, section)) for passage, text, title, section in rows]

    # --- vectors

    def index_record(self) -> IndexRecord:
        """Which index files this library accepts."""
        return IndexRecord.read(self.meta("index", "{}"))

    def count_vectors(self, after: int = 0) -> int:
        """Passages whose vector is there; or only those whose vector came after the serial `after`."""
        where = " WHERE serial > ?" if after else ""
        return int(
            self._connection.execute(f"SELECT count(*) FROM arrivals{where}", (after, ) if after else ()).fetchone()[0])

    def last_vector(self) -> int:
        """The serial of the vector that came last; later ones get higher ones. 0 if there is none."""
        return int(self._connection.execute("SELECT coalesce(max(serial), 0) FROM arrivals").fetchone()[0])

    def living(self, ids: Ids | None = None) -> Ids:
        """The passages whose vector is there, of all or of these, ascending."""
        if ids is None:
            rows = self._connection.execute("SELECT passage FROM arrivals ORDER BY passage")
            return np.fromiter((row[0] for row in rows), np.int64)
        found = [row[0] for some in slices(ids.tolist()) for row in self._connection.execute(
            f"SELECT passage FROM arrivals WHERE passage IN ({marks(some)})", some)]
        return np.array(sorted(found), np.int64)

    def vectors(self, ids: Sequence[int] | None = None) -> tuple[Ids, Vectors]:
        """(ids [n], float32 [n, d]) of all passages or of those named, ascending; missing ones are left out."""
        if ids is None:
            blocks = [_stacked(self._connection.execute(
                "SELECT passage, vector FROM vectors ORDER BY passage").fetchall())]
        else:
            blocks = [_stacked(self._connection.execute(
                f"SELECT passage, vector FROM vectors WHERE passage IN ({marks(some)}) ORDER BY passage",
                some).fetchall()) for some in slices(sorted(ids))]
        blocks = [block for block in blocks if len(block[0])]
        if not blocks:
            return np.empty(0, np.int64), np.empty((0, 0), np.float32)
        return np.concatenate([block[0] for block in blocks]), np.concatenate([block[1] for block in blocks])

    def known_vectors(self, passages: Sequence[Passage],
                      dim: int) -> tuple[Vectors, tuple[SentenceVectors | None, ...]]:
        """float32 [n, dim]: the vector the library has already for the words of a passage, wherever they stand in it,
        else a row of nan; and the vectors of its sentences.

        A new version of a file, a reprint, the same licence text again: only what is new has to be encoded.
        """
        found = np.full((len(passages), dim), np.nan, dtype=np.float32)
        sentences: list[SentenceVectors | None] = [None] * len(passages)
        for i, passage in enumerate(passages):
            row = self._connection.execute(
                """SELECT v.vector, p.text, s.vectors FROM passages p JOIN vectors v ON v.passage = p.id
                   LEFT JOIN sentences s ON s.passage = p.id WHERE p.hash = ? LIMIT 1""",
                (text_hash(passage.text), )).fetchone()
            if row is not None and row[1] == passage.text:
                found[i] = np.frombuffer(row[0], np.float16)
                sentences[i] = SentenceVectors.from_bytes(row[2], dim) if row[2] is not None else None
        return found, tuple(sentences)

    def without_vectors(self, after: int = 0) -> list[int]:
        """Passages with an id over `after` whose vector is still to come, in the order they were added."""
        return [
            row[0] for row in self._connection.execute(
                "SELECT p.id FROM passages p LEFT JOIN arrivals a ON a.passage = p.id WHERE a.passage IS NULL AND p.id "
                "> ? ORDER BY p.id",
                (after, ))
        ]

    def last_passage(self) -> int:
        """The highest id a passage has; later ones get higher ones."""
        return int(self._connection.execute("SELECT coalesce(max(id), 0) FROM passages").fetchone()[0])

    def texts(self, ids: Sequence[int]) -> dict[int, str]:
        """Passage id -> text; ids that are not there any more are left out."""
        return dict(self._connection.execute(f"SELECT id, text FROM passages WHERE id IN ({marks(ids)})", list(ids)))

    def sentence_vectors(self, ids: Iterable[int]) -> dict[int, SentenceVectors]:
        """Passage -> vectors of its sentences; passages that have none are left out."""
        wanted, encoder = list(ids), self.encoder()
        dim = encoder.dim if encoder else 0
        rows = self._connection.execute(f"SELECT passage, vectors FROM sentences WHERE passage IN ({marks(wanted)})",
                                        wanted)
        return {passage: SentenceVectors.from_bytes(data, dim) for passage, data in rows}

    def vector_blocks(self, after: int = 0, up_to: int | None = None) -> Iterator[tuple[Ids, Vectors]]:
        """(passages, vectors) that came after the serial `after`, up to `up_to`, as they came, some thousands at a
        time; never all in memory."""
        last = _LAST if up_to is None else up_to
        while rows := self._connection.execute(
            """SELECT a.passage, v.vector, a.serial FROM arrivals a JOIN vectors v ON v.passage = a.passage
               WHERE a.serial > ? AND a.serial <= ? ORDER BY a.serial LIMIT ?""", (after, last, _BLOCK)).fetchall():
            yield _stacked(rows)
            after = rows[-1][2]


def context_of(title: str | None, section: str) -> str:
    """What a passage is found by beside its text: its document's title and its headings, from their columns."""
    return " ".join((title or "", *json.loads(section)))


def _stacked(rows: Sequence[Sequence[Any]]) -> tuple[Ids, Vectors]:
    if not rows:
        return np.empty(0, np.int64), np.empty((0, 0), np.float32)
    stacked = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float16).reshape(len(rows), -1)
    return np.array([row[0] for row in rows], np.int64), stacked.astype(np.float32)
