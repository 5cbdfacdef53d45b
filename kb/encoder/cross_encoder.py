"""Read a question together with a passage: which sentence answers it, whether any does, and where the answer stands.

Reads: a question, and passages with the spans of their sentences.  Gives: a Reading of each.  Next: generate.py ranks
sentences by it, support.py asks whether there is an answer.
The body is BERT (Devlin et al. 2019) over "[CLS] question [SEP] title > section [SEP] passage [SEP]". Its word
embeddings are the encoder's own, Chinese rows included, so a folder holds the layers and three small heads alone:

    reader.safetensors   matrices int8 [out, in] with `NAME.scale` float32 [out]: NAME = codes * scale; the rest float32
    card.json            data and licences, losses, scores, the number of layers, the vocabulary, the file's sha-256

train_reader.py makes one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.encoder import graph
from kb.encoder.digests import cache_folder, file_sha256
from kb.encoder.engine import EngineEncoder
from kb.encoder.graph import Kind
from kb.encoder.graph_cache import GraphCache
from kb.encoder.vocabulary import mapped_tensors
from kb.errors import EncoderError
from kb.outside import read_file
from kb.sentence_vectors import Span
from kb.types import Candidate, Reading, Vectors, Words

NOT_READ = -60.0  # the logit of a sentence beyond the window, or without a token
# Tokens of each part that are read; with [CLS] and [SEP] fewer than the 512 places there are. Training saw passages of
# up to 240; the product's have at most 256.
MAX_QUESTION, MAX_HEADING, MAX_PASSAGE = 64, 40, 384
MAX_ANSWER = 32  # tokens of a span
WIDTH = 384  # d
HIDDEN = 192  # of the head that scores sentences
_HEADS: dict[str, tuple[int, ...]] = {
    "sentence.hidden.weight": (HIDDEN, 2 * WIDTH), "sentence.hidden.bias": (HIDDEN,),
    "sentence.output.weight": (1, HIDDEN), "sentence.output.bias": (1,),
    "span.weight": (2, WIDTH), "span.bias": (2,), "answerable.weight": (1, WIDTH), "answerable.bias": (1,),
}
_MATRICES = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
             "intermediate.dense", "output.dense")
_erf = np.vectorize(math.erf, otypes=[np.float32])


class TrainedReader:
    """The CrossEncoder in a folder, on ONNX Runtime, in the thread that calls it.

    kind: "int8" is two to three times as fast where the encoder's is; card.json says how often both choose the same
    sentence. Errors: EncoderError E_CROSS_ENCODER for files that are missing, damaged, or made for another vocabulary.
    """

    def __init__(self, folder: Path, encoder: EngineEncoder, kind: Kind = "int8") -> None:
        self.folder, self.encoder, self.kind = folder, encoder, kind
        self.card, self._tensors = _opened(folder, encoder)
        self.n_layers: int = self.card["layers"]
        key = f"{self.card['sha256']['reader.safetensors'][:16]}-{graph.VERSION}"
        self.cache = GraphCache(cache_folder() / "reader" / key)
        self._heads = {name: self._float(name) for name in _HEADS}
        places = self._float("embeddings.position_embeddings.weight")  # [512, d]
        types = self._float("embeddings.token_type_embeddings.weight")  # [2, d]
        self._added = places + types[:, None]  # [2, 512, d]: for a token of the question, for one after it
        self._first, self._last = encoder.tokenize([""])[0]  # [CLS] and [SEP]

    @property
    def fingerprint(self) -> str:
        """One word for its weights and the kind of its numbers: another one may read otherwise."""
        return f"{self.card['sha256']['reader.safetensors'][:16]}-{self.kind}"

    def score(self, question: str, passages: Sequence[Candidate]) -> list[Reading]:
        """One Reading for each passage, in their order; a passage is read by itself, so the others change nothing."""
        asked = self.encoder.tokenize([question])[0][1:-1][:MAX_QUESTION]
        above = self.encoder.tokenize([heading(passage.title, passage.section) for passage in passages])
        texts = self.encoder.tokenize_with_places([passage.text for passage in passages])
        return [
            self._read(asked, titles[1:-1][:MAX_HEADING], rows[1:-1][:MAX_PASSAGE], places[1:-1][:MAX_PASSAGE],
                       passage.sentences)
            for passage, titles, (rows, places) in zip(passages, above, texts, strict=True)
        ]

    def _read(self, asked: list[int], above: list[int], rows: list[int], places: list[Span],
              sentences: Sequence[Span]) -> Reading:
        states = self._states([self._first, *asked, self._last], [*above, *([self._last] if above else []), *rows,
                                                                  self._last])
        inside = states[len(states) - 1 - len(rows):-1]  # [t, d]: of the passage's tokens
        spans = self._product(inside, "span")  # [t, 2]
        edges = np.array(places, np.int64).reshape(-1, 2)
        tokens = [tokens_of(edges, sentence) for sentence in sentences]
        seen = [i for i, (first, end) in enumerate(tokens) if first < end]
        logits = np.full(len(sentences), NOT_READ, np.float32)
        found: list[Span | None] = [None] * len(sentences)
        if seen:
            means = np.stack([inside[slice(*tokens[i])].mean(axis=0) for i in seen])  # [n, d]
            pairs = np.concatenate([means, np.broadcast_to(states[0], means.shape)], axis=1)
            logits[seen] = self._product(_gelu(self._product(pairs, "sentence.hidden")), "sentence.output")[:, 0]
        for i in seen:
            first, last = best_span(spans[slice(*tokens[i])])
            found[i] = (places[tokens[i][0] + first][0], places[tokens[i][0] + last][1])
        return Reading(logits, float(self._product(states[:1], "answerable")[0, 0]), tuple(found))

    def _states(self, asked: list[int], read: list[int]) -> Vectors:
        """float32 [T, d]: the last layer's states of a question's tokens and of those after it."""
        tokens = np.array([asked + read], np.int64)  # [1, T]
        added = np.concatenate([self._added[0, : len(asked)], self._added[1, len(asked):tokens.shape[1]]])
        states: Vectors = self._session.run(["states"], {"embedded": self.encoder.embed(tokens) + added})[0][0]
        return states

    def _product(self, x: Vectors, name: str) -> Vectors:
        # Not `@`: after each of these small products the other threads of BLAS would spin, as long as the rest takes
        found: Vectors = np.einsum("td,od->to", x, self._heads[f"{name}.weight"]) + self._heads[f"{name}.bias"]
        return found

    @cached_property
    def _session(self) -> Any:
        data = self.cache.graph(f"{self.kind}.onnx", self._build)
        return graph.open_session(data, is_widened=self.kind == "int8" and self.cache.saturates)

    def _build(self) -> bytes:
        names = [name for name in shapes(self.n_layers) if name.startswith(("encoder.", "embeddings.LayerNorm"))]
        config = {**self.encoder.config, "num_hidden_layers": self.n_layers}
        return graph.build({name: self._float(name) for name in names}, config, self.kind, is_padded=False)

    def _float(self, name: str) -> Vectors:
        values, scale = self._tensors[name], self._tensors.get(f"{name}.scale")
        return values.astype(np.float32) if scale is None else values * scale[:, None]


def heading(title: str, section: Sequence[str]) -> str:
    """What stands above a passage, as it is read: "title > section > subsection", each once."""
    return " > ".join(dict.fromkeys(part for part in (title, *section) if part))


def tokens_of(places: Sequence[Span] | NDArray[np.int64], span: Span) -> Span:
    """(first, end) of the tokens that stand at least partly in a span of the text; first >= end where none does."""
    edges = np.asarray(places, np.int64).reshape(-1, 2)
    first = np.searchsorted(edges[:, 1], span[0], side="right")
    return int(first), int(np.searchsorted(edges[:, 0], span[1], side="left"))


def best_span(logits: Vectors) -> Span:
    """(first, last) token of the likeliest span of at most MAX_ANSWER tokens. logits: [t, 2], of being its first and
    its last."""
    t = len(logits)
    length = np.arange(t) - np.arange(t)[:, None]  # [first, last]
    both = np.where((length >= 0) & (length < MAX_ANSWER), logits[:, :1] + logits[:, 1], -np.inf)
    first, last = divmod(int(both.argmax()), t)
    return first, last


def shapes(n_layers: int) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor of a reader, scales not counted. The body's names are the published model's."""
    d, f = WIDTH, 4 * WIDTH
    found = {**_HEADS, "embeddings.position_embeddings.weight": (512, d),
             "embeddings.token_type_embeddings.weight": (2, d),
             "embeddings.LayerNorm.weight": (d,), "embeddings.LayerNorm.bias": (d,)}
    for i in range(n_layers):
        for name in _MATRICES:
            n_out, n_in = {"intermediate.dense": (f, d), "output.dense": (d, f)}.get(name, (d, d))
            found |= {f"encoder.layer.{i}.{name}.weight": (n_out, n_in), f"encoder.layer.{i}.{name}.bias": (n_out,)}
        found |= {f"encoder.layer.{i}.{part}.LayerNorm.{kind}": (d,) for part in ("attention.output", "output")
                  for kind in ("weight", "bias")}
    return found


def _opened(folder: Path, encoder: EngineEncoder) -> tuple[Mapping[str, Any], Mapping[str, NDArray[Any]]]:
    """(card, tensors) of a folder. Errors: EncoderError E_CROSS_ENCODER."""
    path = folder / "reader.safetensors"
    try:
        card = read_file(folder / "card.json")
        if file_sha256(path) != card["sha256"]["reader.safetensors"]:
            raise ValueError("its bytes do not have the sha-256 that card.json gives")
        tensors = mapped_tensors(path)
        for name, shape in shapes(card["layers"]).items():
            _check(name, shape, tensors)
        if encoder.chinese is None or card["vocabulary"] != encoder.chinese.fingerprint:
            raise ValueError(f"it reads the vocabulary {card['vocabulary']}; {encoder.name} has another")
    except KeyError as error:
        missing = Words(f"{error.args[0]} is missing", f"缺少 {error.args[0]}")
        raise EncoderError("E_CROSS_ENCODER", path=path, detail=missing) from error
    except (OSError, ValueError, TypeError) as error:
        raise EncoderError("E_CROSS_ENCODER", path=path, detail=str(error)) from error
    return card, tensors


def _check(name: str, shape: tuple[int, ...], tensors: Mapping[str, NDArray[Any]]) -> None:
    """Errors: KeyError, ValueError for a tensor that is not there or not of this shape."""
    values = tensors[name]
    if values.shape != shape:
        raise ValueError(f"{name} has the shape {values.shape}, not {shape}")
    if values.dtype == np.int8 and tensors[f"{name}.scale"].shape != shape[:1]:
        raise ValueError(f"{name} has no scale for each of its rows")


def _gelu(x: Vectors) -> Vectors:
    found: Vectors = x * (0.5 + 0.5 * _erf(x / math.sqrt(2)))
    return found
