"""Texts as rows of the bundled encoder's embedding table: WordPieces of the published vocabulary, and the Chinese
tokens added to it.

Reads: tokenizer.json and a Vocabulary.  Gives: token rows, with [CLS] and [SEP].  Next: encode.py looks the rows up.
A Chinese token is matched on the raw text, leftmost and longest first; what lies between goes through the published
tokenizer.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kb.encoder.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tokenizers import Encoding
    from tokenizers import Tokenizer as HuggingFaceTokenizer

# Handing the library 41,000 tokens takes .2 s, a third of a first answer; up to so many characters are matched here in
# less.
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_FEW_CHARACTERS = 8_000


class Tokenizer:
    """Gives, for each text, rows of the table that has the Chinese rows below the n_english published ones."""

    def __init__(self, path: Path, chinese: Vocabulary | None = None) -> None:
        """path: of tokenizer.json."""
        self._path, self._chinese = path, chinese
        self._published = _open(path)
        self.n_english: int = self._published.get_vocab_size()

    def rows(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """int64 [T] for each text, [CLS] and [SEP] included; never cut."""
        if self._chinese is None or all(map(str.isascii, texts)):  # an added token has no ASCII character
            return [np.array(encoding.ids, np.int64) for encoding in self._published.encode_batch_fast(list(texts))]
        if self._is_few(texts):
            return [self._placed(text)[0] for text in texts]
        return [self._row_of[encoding.ids] for encoding in self._whole.encode_batch_fast(list(texts))]

    def with_places(self, texts: Sequence[str]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """(rows int64 [T], where each token stands in its text [T, 2]; (0, 0) for [CLS] and [SEP]) for each text; never
        cut."""
        if self._is_few(texts):
            return [self._placed(text) for text in texts]
        return [(self._row_of[encoding.ids], np.array(encoding.offsets, np.int64))
                for encoding in self._whole.encode_batch(list(texts))]

    def counts(self, texts: Sequence[str]) -> list[int]:
        """How many rows each text has."""
        if not any(texts):  # asked for once a document, to know the special ones
            return [len(self._published.encode("").ids)] * len(texts)
        return [len(encoding.ids) for encoding in self._whole.encode_batch_fast(list(texts))]

    def tokens(self, text: str) -> list[str]:
        """The tokens as the vocabularies write them."""
        encoding: Encoding = self._whole.encode(text)
        tokens: list[str] = encoding.tokens
        return tokens

    # --- all texts, by the library

    @cached_property
    def _whole(self) -> HuggingFaceTokenizer:
        if self._chinese is None:
            return self._published
        from tokenizers import AddedToken

        whole = _open(self._path)
        whole.add_tokens([AddedToken(token, normalized=False) for token in self._chinese.tokens])
        return whole

    @cached_property
    def _row_of(self) -> NDArray[np.int64]:
        """The library's token id -> row."""
        rows = np.arange(self._whole.get_vocab_size(), dtype=np.int64)
        if self._chinese is not None:
            known = self._published.get_vocab()
            # A character the published vocabulary has already keeps its id there; new ones get the next, in order.
            new = itertools.count(self.n_english)
            ids = np.array([known[token] if token in known else next(new) for token in self._chinese.tokens])
            rows[ids] = self.n_english + self._chinese.row_of
        return rows

    # --- a few texts, here

    @cached_property
    def _added(self) -> dict[str, int]:
        assert self._chinese is not None
        return dict(zip(self._chinese.tokens, (self.n_english + self._chinese.row_of).tolist(), strict=True))

    @cached_property
    def _lengths(self) -> dict[str, tuple[int, ...]]:
        """First character -> how long the added tokens are that begin with it, longest first."""
        lengths: dict[str, set[int]] = {}
        for token in self._added:
            lengths.setdefault(token[0], set()).add(len(token))
        return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}

    @cached_property
    def _marks(self) -> tuple[int, int]:
        """The ids of [CLS] and [SEP]."""
        first, *_, last = self._published.encode("").ids
        return first, last

    def _is_few(self, texts: Sequence[str]) -> bool:
        return self._chinese is not None and "_whole" not in self.__dict__ and sum(map(len, texts)) <= _FEW_CHARACTERS

    def _placed(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(rows [T], places [T, 2])"""
        if text.isascii():
            encoding = self._published.encode(text)
            return np.array(encoding.ids, np.int64), np.array(encoding.offsets, np.int64).reshape(-1, 2)
        first, last = self._marks
        rows, places = [first], [(0, 0)]
        for begin, end, row in self._pieces(text):
            if row is not None:
                rows.append(row)
                places.append((begin, end))
                continue
            encoding = self._published.encode(text[begin:end], add_special_tokens=False)
            rows += encoding.ids
            places += [(begin + a, begin + b) for a, b in encoding.offsets]
        return np.array([*rows, last], np.int64), np.array([*places, (0, 0)], np.int64)

    def _pieces(self, text: str) -> Iterator[tuple[int, int, int | None]]:
        """(start, end, row) of the added tokens; of the texts between them, row None."""
        begin = at = 0
        while (found := _NOT_ASCII.search(text, at)) is not None:  # an added token begins with none of ASCII
            at = found.start()
            for length in self._lengths.get(text[at], ()):
                token = text[at:at + length]
                if token in self._added:
                    break
            else:
                at += 1
                continue
            if begin < at:
                yield begin, at, None
            begin = at + len(token)
            yield at, begin, self._added[token]
            at = begin
        if begin < len(text):
            yield begin, len(text), None


def _open(path: Path) -> HuggingFaceTokenizer:
    from tokenizers import Tokenizer as HuggingFaceTokenizer

    tokenizer = HuggingFaceTokenizer.from_file(str(path))
    # The packaged file switches truncation and padding to 128 on.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
