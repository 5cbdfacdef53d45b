"""The one writer of a library: documents in and out, vectors, another encoder."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kb.errors import EncoderError
from kb.sentence_vectors import SentenceVectors
from kb.store.connection import Connection, Served
from kb.store.entries import EntryRow, over
from kb.store.feedback import Feedbacks
from kb.store.filing import Filing
from kb.store.mending import Mending
from kb.store.notes import Notes
from kb.store.origins import OriginRow, row_of
from kb.store.paths import kept_here
from kb.store.questions import Questions
from kb.store.shards import Shards
from kb.store.tables import digest, from_metadata, give_paths, lacks_paths, sealed, text_hash, to_json, to_row
from kb.types import Added, Answer, Document, EncoderRecord, Passage, Prepared, Sighting, Turn, Unchanged, Vectors

_Sentences = Sequence[SentenceVectors | None]  # one for each passage, or none at all


class Gone(NamedTuple):
    """What has lost the words of a removed document: turns of conversations their answer, kept tables a row, notes
    their quotes, kept questions claims of their answer, words on answers the quote."""

    turns: int = 0
    tables: tuple[str, ...] = ()
    notes: int = 0
    questions: int = 0
    feedback: int = 0


class Writer(Mending):
    """The one writer; each method is one transaction and leaves the library whole if it is killed anywhere."""

    def commit(self, prepared: Prepared, encoder_name: str) -> Added:
        """Stores a document with its passages, terms and vectors in one transaction; an older version of the same file
        is replaced.

        A vector of nan is still to come: see `without_vectors`. Errors: EncoderError E_ENCODER if the library was built
        with another encoder.
        """
        document = prepared.document
        with self._transaction() as connection:
            self._claim_encoder(encoder_name, prepared.fingerprint, prepared.vectors.shape[1])
            seen = prepared.seen
            before, moved = self.paths.at(seen.raw), self.paths.moved_from(document.id, seen)
            others = [row for row in self.paths.of(document.id) if row.path != seen.raw and row != moved]
            elsewhere = self.paths.elsewhere(document.id)
            recognised = self.recognised.rows(document.id)
            filed = self.filing.rows(document.id, before.document if before else None)
            origin, is_sound = self._origin(document, before.document if before else None)
            origin, entries = over(origin, self.entries.rows(document.id, before.document if before else None))
            metadata, language = origin.result()
            document = replace(document, metadata=metadata, language=language)
            self._delete(document.id)
            row = to_row(replace(prepared, document=document), datetime.now(UTC).isoformat(timespec="seconds"))
            connection.execute("INSERT INTO documents VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", (*row, digest(row)))
            self.recognised.keep(recognised)
            self.filing.keep(document.id, filed)
            self.entries.keep(document.id, entries)
            self.origins.put(origin, is_sound=is_sound)
            self.paths.keep(others)
            self.paths.keep_elsewhere(elsewhere)
            self.paths.put(seen, document.id)
            if replaced := before.document if before and before.document != document.id else None:
                self._leave(replaced, document.id)
            self.notes.come_back(document.id, metadata.title, document.text)
            self._insert_passages(document.id, document.metadata.title, prepared.passages, prepared.vectors,
                                  prepared.sentences)
            self._advance()
        return Added(document.id, document.path, document.metadata.title, len(prepared.passages), document.status,
                     document.notes, replaced, moved.shown if moved else None, origin.names())

    def _origin(self, document: Document, before: str | None) -> tuple[OriginRow, bool]:
        """(where the metadata of a document that was read come from, whether that is sound): with what a reader set for
        it, or else for the document that its file held before."""
        for known in (document.id, before):
            if known is not None and (row := self.origins.of(known)) is not None and row.is_edited:
                return (row_of(document.id, document.metadata, document.language)._replace(edits=row.edits),
                        self.origins.is_sound(known))
        return row_of(document.id, document.metadata, document.language), True

    def edit(self, document: str, values: Mapping[str, object], clear: Collection[str], source: str = "") -> None:
        """Sets fields of a document for good, and gives others back what was read. Its vectors stay: they are of the
        text alone; the words of its title are found at once. source: where the values were looked up."""
        with self._transaction() as connection:
            found = self.document(document)
            before = self.origins.of(found.id) or row_of(found.id, found.metadata, found.language)
            after = before.edited(values, clear, source)
            if after == before and self.origins.is_sound(found.id):
                return
            self._describe(connection, found, after)
            self._advance()

    def _describe(self, connection: Connection, found: Document, after: OriginRow) -> None:
        """Gives a document the metadata that follow from these origins."""
        metadata, language = after.result()
        *old, saved = self._document_row(found.id)
        new = (*old[:7], from_metadata(metadata), language, *old[9:])
        connection.execute("UPDATE documents SET metadata = ?, language = ?, digest = ? WHERE id = ?",
                           (new[7], language, _renewed(old, saved, new), found.id))
        self.origins.put(after)
        if metadata.title != found.metadata.title:
            self._add_terms(found.id)

    def keep_entry(self, row: EntryRow) -> bool:
        """Keeps what a bibliography says of a document, in place of what it said under this id before; the document's
        metadata follow from the first of its entries, as from a file beside it. Whether anything changed."""
        with self._transaction() as connection:
            known = self.entries.rows(row.document)
            if any(other[:4] == row[:4] for other in known):
                return False
            others = [row if other.id == row.id else other for other in known]
            others += [row] if row.id not in {other.id for other in known} else []
            found = self.document(row.document)
            origin = self.origins.of(found.id) or row_of(found.id, found.metadata, found.language)
            after, rows = over(origin, others, own=next((other.own for other in known if other.own), ""))
            self.entries.keep(found.id, rows)
            self._describe(connection, found, after)
            self._advance()
        return True

    def join(self, document: str, others: Iterable[str], *, is_one: bool) -> None:
        """Notes that a document and others are one work, or are not."""
        with self._transaction():
            for other in others:
                self.entries.join(document, other, is_one=is_one)
            self._advance()

    def take_place(self, document: str, by: str) -> None:
        """Lets a document take the place of another, which was known by its bibliography alone: it gets its entries,
        its collections, tags and state, and the works it was joined with."""
        if document == by:
            return
        with self._transaction():
            paths = self.paths.everywhere(document)
            rows = self.entries.rows(document)
            self.filing.keep(by, self.filing.rows(by, document))
            self.entries.move_joined(document, by)
        for row in rows:
            self.keep_entry(row._replace(document=by, own=""))
        with self._transaction():
            self._delete(document)
            self._set_meta("purge", "1")
            self._advance()
        self._drop_kept(paths)

    @contextlib.contextmanager
    def filed_anew(self) -> Iterator[Filing]:
        """Collections, tags and states, to be changed in one transaction."""
        with self._transaction():
            yield self.filing
            self._advance()

    def keep_recognised(self, document: str, frames: Mapping[int, dict[str, Any]]) -> None:
        """Keeps what was recognised on pages of a document, for when it is read again. Errors: UnknownDocument."""
        with self._transaction():
            self.recognised.put(self.document(document).id, frames)

    def place(self, files: Sequence[tuple[Sighting, str]]) -> list[Unchanged]:
        """Notes files whose bytes are in the library already, each with their document, in one transaction: seen again,
        renamed, another with the same bytes, or with what another file has. What was in such a file before goes where
        no other has it; only after all are noted, so that files may change their names with each other."""
        placed: list[tuple[Sighting, str, str | None, str | None]] = []
        with self._transaction():
            for seen, document in files:
                before = self.paths.at(seen.raw)
                is_here = before is not None and before.document == document
                moved = None if is_here else self.paths.moved_from(document, seen)
                self.paths.put(seen, document)
                if moved is not None:
                    self.paths.drop(moved.path)
                left = before.document if before and before.document != document else None
                placed.append((seen, document, moved.shown if moved else None, left))
                if moved or before is None or left:
                    self._advance()
            for _, document, moved_from, left in placed:
                if left is not None:
                    self._leave(left, document)
                if moved_from is not None:
                    self._leave(document)
        return [Unchanged(document, seen.path, moved_from, left if left and not self.paths.of(left) else None)
                for seen, document, moved_from, left in placed]

    def _leave(self, document: str, heir: str = "") -> None:
        """After a path has left a document: it goes with the last one, else another path is where it was read. heir:
        what its file holds now, which the notes on it are on then."""
        rows = self.paths.of(document)
        if not rows:
            if not self.paths.elsewhere(document):
                self._delete(document)
                if heir:
                    self.notes.follow(document, heir)
            return
        *old, saved = self._document_row(document)
        if old[3] not in {row.path for row in rows}:
            new = (*old[:2], rows[0].shown, rows[0].path, *old[4:])
            self._connection.execute("UPDATE documents SET path = ?, path_bytes = ?, digest = ? WHERE id = ?",
                                     (rows[0].shown, rows[0].path, _renewed(old, saved, new), document))

    def rename(self, before: bytes, now: bytes, shown: str) -> None:
        """See Paths.rename; what the file held is replaced when it is read under its new name."""
        with self._transaction():
            if document := self.paths.rename(before, now, shown):
                self._leave(document)
                self._advance()

    def forget(self, path: bytes) -> bool:
        """Takes a path out, and its document with it where no other path has that; whether the document stays."""
        with self._transaction():
            row = self.paths.at(path)
            if row is None:
                return True
            others = [other for other in self.paths.of(row.document) if other.path != path]
            if stays := bool(others or self.paths.elsewhere(row.document)):
                self.paths.drop(path)
                self._leave(row.document)
                self._advance()
            else:
                self.remove(row.document)
        return stays

    def renew_paths(self) -> None:
        """Notes the paths of documents that an earlier version has added, and where the library's own files are since
        its folder has been moved or copied."""
        if lacks_paths(self._connection):
            with self._transaction() as connection:
                give_paths(connection)
                self._advance()
        moved = [(row, now) for row in self.paths.kept_elsewhere(self.home / "files")
                 if (now := kept_here(self.home, row.path)) is not None]
        with self._transaction() if moved else contextlib.nullcontext():
            for row, now in moved:
                shown = os.fsdecode(now) if row.shown == os.fsdecode(row.path) else row.shown  # or an address
                self.rename(row.path, now, shown)

    def _claim_encoder(self, name: str, fingerprint: str, dim: int) -> None:
        if self._claimed == fingerprint:
            return
        saved = self.encoder()
        if saved is None:
            self._set_meta("encoder", to_json({"name": name, "fingerprint": fingerprint, "dim": dim}))
        elif saved.fingerprint != fingerprint:
            raise EncoderError("E_ENCODER", saved=saved.fingerprint, now=fingerprint)
        self._claimed = fingerprint

    def _insert_passages(self, document: str, title: str, passages: Sequence[Passage], vectors: Vectors,
                         sentences: _Sentences) -> None:
        first = self._next("passages", "id")
        ids = list(range(first, first + len(passages)))
        self._connection.executemany(
            "INSERT INTO passages(id, document, start, end, text, section, page, language, hash, digest) VALUES "
            "(?,?,?,?,?,?,?,?,?,?)",
            (sealed((i, document, passage.start, passage.end, passage.text, to_json(list(passage.section)),
                     passage.page, passage.language, text_hash(passage.text)))
             for i, passage in zip(ids, passages, strict=True)))
        known = [i for i in range(len(ids)) if not np.isnan(vectors[i, 0])]
        own = [sentences[i] for i in known] if sentences else ()
        self._insert_vectors([ids[i] for i in known], vectors[known], own)
        self.lexical.add(
            (i, passage.text, " ".join((title, *passage.section))) for i, passage in zip(ids, passages, strict=True))

    def _insert_vectors(self, ids: Sequence[int], vectors: Vectors, sentences: _Sentences) -> None:
        if not ids:
            return
        blobs = [vector.tobytes() for vector in vectors.astype(np.float16)]
        self._insert_blobs("vectors", zip(ids, blobs, strict=True))
        if sentences:
            self._insert_blobs("sentences", ((i, found.to_bytes()) for i, found in zip(ids, sentences, strict=True)
                                             if found is not None))
        known = set(self.texts(ids)) - set(self.living(np.array(ids, np.int64)).tolist())
        first = self._next("arrivals", "serial")
        self._connection.executemany("INSERT INTO arrivals(serial, passage, digest) VALUES (?,?,?)",
                                     map(sealed, enumerate((i for i in ids if i in known), first)))

    def _insert_blobs(self, table: str, rows: Iterable[tuple[int, bytes]]) -> None:
        # A passage may have gone while its vector was being made.
        self._connection.executemany(f"INSERT OR REPLACE INTO {table} SELECT id, ?, ? FROM passages WHERE id = ?",
                                     ((blob, digest((i, blob)), i) for i, blob in rows))

    def remove(self, document: str) -> Gone:
        """Removes a document from every table and index at once; gives what else has lost its words.

        Its words are overwritten in the database file when the writer finishes (at the latest by the next one, after a
        kill).
        """
        with self._transaction():
            paths = self.paths.everywhere(document)
            self._delete(document)
            gone = Gone(self.history.forget_document(document), tuple(self.extractions.forget_document(document)),
                        self.notes.forget_document(document), self.questions.forget_document(document),
                        self.feedback.forget_document(document))
            self._set_meta("purge", "1")
            self._advance()
        self._drop_kept(paths)
        Shards(self.home).drop([document])
        return gone

    def _drop_kept(self, paths: Sequence[Path]) -> None:
        """Removes those of the files that the library itself has kept."""
        if isinstance(self._connection, Served):
            self._connection.forget(paths)
        for path in paths:
            if path.is_relative_to(self.home / "files"):
                shutil.rmtree(path.parent, ignore_errors=True)

    def _delete(self, document: str) -> None:
        ids = [row[0] for row in self._connection.execute("SELECT id FROM passages WHERE document = ?", (document,))]
        self.lexical.remove(np.array(ids, np.int64))
        self._connection.execute("DELETE FROM documents WHERE id = ?", (document,))

    # --- another encoder

    def stage(self, document: str, fingerprint: str, passages: Sequence[Passage], vectors: Vectors,
              sentences: _Sentences) -> None:
        """Keeps a document's passages and vectors of another encoder aside, so that a killed reindex goes on where it
        was."""
        with self._transaction():
            self.staged.put(document, fingerprint, passages, vectors, sentences)

    def adopt(self, encoder: EncoderRecord) -> None:
        """Swaps all passages and vectors for the staged ones in one transaction. Every document must be staged."""
        with self._transaction() as connection:
            self.lexical.clear()
            connection.execute("DELETE FROM passages")
            for info in self.documents():
                text = self.document(info.id).text
                self._insert_passages(info.id, info.title, *self.staged.of(info.id, text, encoder))
            self.staged.clear()
            self._set_meta("encoder",
                           to_json({"name": encoder.name, "fingerprint": encoder.fingerprint, "dim": encoder.dim}))
            self.forget_bases()
            self._advance()

    def set_vectors(self, ids: Sequence[int], vectors: Vectors, sentences: _Sentences = ()) -> None:
        """Stores the vectors of passages and of their sentences, in place of damaged ones or where they were still to
        come."""
        with self._transaction():
            if len(self.living(np.array(ids, np.int64))):  # an index has those it knows already as they were
                self.forget_bases()
            self._insert_vectors(ids, vectors, sentences)
            self._advance()

    def keep_turn(self, answer: Answer, conversation: str | None) -> Turn:
        """Adds an answer to the log of conversations; the library itself stays at its generation."""
        with self._transaction():
            return self.history.add(answer, conversation)

    def delete_kept(self, kept: Notes | Questions | Feedbacks, ids: Sequence[str]) -> int:
        """Deletes notes, kept questions or words on answers by whole ids; they leave the file when the writer
        finishes."""
        with self._transaction():
            self._set_meta("purge", "1")
            return kept.delete(ids)

    def set_bar(self, bar: float | None) -> None:
        """Keeps from where on an answer is found in this library; None: as it is shipped."""
        with self._transaction() as connection:
            if bar is None:
                connection.execute("DELETE FROM meta WHERE key = 'bar'")
            else:
                self._set_meta("bar", repr(bar))
            self._advance()

    def rename_conversation(self, conversation: str, title: str) -> str:
        """Gives a conversation a title; gives its whole id. Errors: UnknownConversation."""
        with self._transaction():
            self._set_meta("purge", "1")
            return self.history.rename(conversation, title)

    def delete_turns(self, conversation: str | None) -> int:
        """Deletes a conversation or all; their words leave the file when the writer finishes. Errors:
        UnknownConversation."""
        with self._transaction():
            n_turns = self.history.delete(conversation)
            self._set_meta("purge", "1")
            return n_turns


def _renewed(old: Sequence[object], saved: bytes, new: Sequence[object]) -> bytes:
    """The hash of a row that takes another's place; what was damaged stays so."""
    return digest(new) if digest(old) == saved else saved
