"""Passages and vectors of another encoder, kept aside until every document has them (`kb reindex`)."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from kb.sentence_vectors import SentenceVectors
from kb.store.connection import Connection
from kb.store.tables import digest, sealed, to_json
from kb.types import EncoderRecord, Passage, Vectors


class Staged:
    """The table of what is ready, of one connection. Writing is for the one writer, inside its transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def documents(self, fingerprint: str) -> set[str]:
        """Documents whose passages are ready under this encoder; what is not as it was kept does not count."""
        rows = self._connection.execute(
            "SELECT document, fingerprint, passages, vectors, sentences, digest FROM staged WHERE fingerprint = ?",
            (fingerprint,))
        return {row[0] for *row, saved in rows if digest(row) == saved}

    def put(self, document: str, fingerprint: str, passages: Sequence[Passage], vectors: Vectors,
            sentences: Sequence[SentenceVectors | None]) -> None:
        """Keeps a document's passages and vectors of another encoder."""
        blobs = [found.to_bytes() if found is not None else None for found in sentences]
        rows = [[p.start, p.end,
                 list(p.section), p.page, p.language, None if blob is None else len(blob)]
                for p, blob in zip(passages, blobs, strict=True)]
        self._connection.execute(
            "INSERT OR REPLACE INTO staged(document, fingerprint, passages, vectors, sentences, digest) VALUES "
            "(?,?,?,?,?,?)", sealed((document, fingerprint, to_json(rows), vectors.astype(np.float16).tobytes(),
                                     b"".join(blob for blob in blobs if blob))))

    def of(self, document: str, text: str,
           encoder: EncoderRecord) -> tuple[list[Passage], Vectors, list[SentenceVectors | None]]:
        """What was kept of a document with this text."""
        saved, blob, rest = self._connection.execute(
            "SELECT passages, vectors, sentences FROM staged WHERE document = ? AND fingerprint = ?",
            (document, encoder.fingerprint)).fetchone()
        rows = json.loads(saved)
        passages = [
            Passage(a, b, text[a:b], tuple(section), page, language) for a, b, section, page, language, *_ in rows
        ]
        sentences: list[SentenceVectors | None] = []
        at = 0
        for *_, size in rows:
            sentences.append(None if size is None else SentenceVectors.from_bytes(rest[at:at + size], encoder.dim))
            at += size or 0
        vectors = np.frombuffer(blob, np.float16).reshape(len(passages), encoder.dim).astype(np.float32)
        return passages, vectors, sentences

    def clear(self) -> None:
        """Forgets all of it."""
        self._connection.execute("DELETE FROM staged")
