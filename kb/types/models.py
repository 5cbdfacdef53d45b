"""What a model that encodes or reads promises: protocols, and what they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias, runtime_checkable

from kb.messages import Language
from kb.types.record import Record

if TYPE_CHECKING:  # a process that only reads text needs no numpy, which takes half of its start
    import numpy as np
    from numpy.typing import NDArray

    from kb.sentence_vectors import SentenceVectors, Span

Role = Literal["passage", "question"]
Vectors: TypeAlias = "NDArray[np.float32]"
Ids: TypeAlias = "NDArray[np.int64]"


@dataclass(frozen=True, slots=True)
class EncoderRecord(Record):
    """The encoder a library was built with."""

    name: str
    fingerprint: str
    dim: int


class Encoder(Protocol):
    """Turns texts into vectors of length 1.

    reads: the languages its vocabulary covers; fusion gives no weight to vectors of a language it cannot read.
    max_tokens: its window, special tokens included.
    """

    @property
    def name(self) -> str: ...

    @property
    def dim(self) -> int: ...

    @property
    def max_tokens(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def reads(self) -> frozenset[Language]: ...

    def encode(self, texts: Sequence[str], role: Role = "passage") -> Vectors:
        """float32 [n, d], rows of length 1, in the order of `texts`; an empty list gives [0, d]."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, before any truncation."""
        ...


class Candidate(NamedTuple):
    """A passage to be read for a question. sentences: (start, end) in characters of `text`, in order."""

    title: str
    section: tuple[str, ...]
    text: str
    sentences: Sequence[Span]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a passage says to a question; logits, larger is better.

    sentences: float32 [n], one for each sentence, cross_encoder.NOT_READ where it was not seen; answerable: whether the
    passage holds an answer at all; spans: (start, end) in characters of the passage of the likeliest answer inside each
    sentence, None where it was not seen.
    """

    sentences: Vectors
    answerable: float
    spans: tuple[Span | None, ...]


class CrossEncoder(Protocol):
    """Reads a question together with each passage. A passage is read by itself: the others change nothing."""

    def score(self, question: str, passages: Sequence[Candidate]) -> list[Reading]:
        """One Reading for each passage, in their order."""
        ...


@runtime_checkable
class SentenceEncoder(Encoder, Protocol):
    """An encoder that gives the vectors of a passage's sentences along with its own, at no further cost."""

    def encode_with_sentences(self, texts: Sequence[str],
                              spans: Sequence[Sequence[Span]]) -> tuple[Vectors, list[SentenceVectors]]:
        """(float32 [n, d] as `encode`, for each text the vectors of those of its spans that stand within the
        window)."""
        ...


class VectorIndex(Protocol):
    """Nearest neighbours by inner product. remove: ids that are not there are ignored."""

    def add(self, ids: Ids, vectors: Vectors) -> None: ...

    def remove(self, ids: Ids) -> None: ...

    def search(self, vectors: Vectors, k: int) -> tuple[Vectors, Ids]:
        """(scores [q, k], ids [q, k]), best first; short results are padded with score -inf and id -1."""
        ...
