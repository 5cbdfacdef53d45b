"""The three steps in, of one file and pure: read, chunk, encode. What other machines do (kb/cluster)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kb.chunk import chunk
from kb.encoder.encode import encode_passages
from kb.ingest.ahead import Reader
from kb.readers import Source
from kb.sentence_vectors import SentenceVectors
from kb.types import Encoder, Prepared, Vectors

SLICE = 128  # passages between two reports of progress


def prepare(source: Source, reader: Reader, encoder: Encoder, encoding: str | None = None,
            recognised: Mapping[int, dict[str, Any]] | None = None) -> Prepared:
    """A file as a document with its passages and vectors; where it lies is for the caller to add.

    encoding, recognised: see readers.sandbox.Sandbox.read, whose errors it has.
    """
    document = reader.read(source, encoding, recognised)
    passages = tuple(chunk(document, encoder.count_tokens, encoder.max_tokens))
    vectors, sentences = encode_all(encoder, [passage.text for passage in passages])
    return Prepared(document, passages, vectors, encoder.fingerprint, sentences=tuple(sentences))


def encode_all(encoder: Encoder, texts: Sequence[str], on_done: Callable[[int], None] = lambda n_done: None
               ) -> tuple[Vectors, list[SentenceVectors | None]]:
    """float32 [n, d] and the sentences of each, in the order of `texts`; longest first, in slices, so that progress can
    be told."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    vectors = np.empty((len(texts), encoder.dim), dtype=np.float32)
    sentences: list[SentenceVectors | None] = [None] * len(texts)
    for first in range(0, len(order), SLICE):
        rows = order[first:first + SLICE]
        vectors[rows], found = encode_passages(encoder, [texts[i] for i in rows])
        for row, item in zip(rows, found, strict=True):
            sentences[row] = item
        on_done(min(first + SLICE, len(order)))
    return vectors, sentences
