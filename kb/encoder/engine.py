"""The bundled encoder on ONNX Runtime: no torch, a sixth of its load time, and 8-bit integers where the processor is
faster with them.

Reads: the installed weights and the Chinese vocabulary.  Gives: EngineEncoder, which encode.py's BundledEncoder is the
reference of. The graphs are built once per machine into CACHE/engine/KEY, checked by their hashes, and built again at
any doubt:

    en.int8.onnx, …    the layers for texts without (en) and with Chinese (zh), for int8, fp32 and openvino
    card.json          sha-256 of each; tokens per second and cosine to fp32 measured here; which kind "auto" is

int8's vectors are the same on every processor: where one adds products of integers in 16 bits, they are added otherwise
(graph.saturates). A kind whose vectors lie further from fp32's than LEAST_COSINE is not chosen, and OpenVINO refused.

OpenVINO, an extra, encodes what is added, in integers of its own (fixed.py) under int8's fingerprint: its vectors lie
nearer to fp32, and questions find as many passages (python -m tests.bench openvino). Questions never load it.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from kb.encoder import encode, fixed, graph, vocabulary
from kb.encoder.digests import cache_folder
from kb.encoder.encode import BundledEncoder, token_batches
from kb.encoder.graph import Kind
from kb.encoder.graph_cache import GraphCache
from kb.encoder.threads import count_threads
from kb.encoder.vocabulary import Deltas, Vocabulary
from kb.errors import MissingPackage, SettingError
from kb.messages import one_of
from kb.outside import read_object
from kb.types import Encoder, Progress, Vectors, Words

Choice = Literal["auto", "int8", "fp32", "openvino", "torch"]
Embedded = tuple[NDArray[np.float32], NDArray[np.int32]]  # [B, T, d], mask [B, T]
OnProgress = Callable[[Progress], None]
log = logging.getLogger(__name__)
_MUCH_FASTER = 1.3  # int8's vectors are other ones (their recall: python -m tests.bench openvino): it must be worth it
# To fp32, in the mean of texts of both languages: at .988 questions find as much as with fp32, at .979 recall@1 on
# CMRC2018 dev is .863 instead of .885 (python -m tests.bench instructions).
LEAST_COSINE = 0.985
_MEASURED = slice(2, None, 12)  # texts of the sample that no scale was taken from, half of them Chinese
SAMPLE = Path(__file__).resolve().parents[1] / "data" / "labs" / "reading.jsonl"  # what fixed scales are taken from
_N_STRANGE = 12  # rows of tokens in any order, and tokens said over and over, in the sample
_OPENVINO_TOKENS, _OPENVINO_STEP = 512, 16  # tokens of a batch; of what its width is a multiple
_WORD = "embeddings.word_embeddings.weight"


_N_THREADS = count_threads(os.environ.get("OMP_NUM_THREADS", ""))


def open_bundled(choice: str = "auto", folder: Path | None = None, saved: str | None = None,
                 on_progress: OnProgress = lambda progress: None) -> BundledEncoder:
    """The bundled encoder with the shipped vocabulary or the one in `folder`, loaded once per process.

    choice: "auto" (what was measured to be better here), "int8", "fp32", "openvino" (int8 here; see `for_many`) or
    "torch". saved: fingerprint of the vectors a library has already; it decides between int8 and fp32, for the two
    never mix. Errors: SettingError, EncoderError.
    """
    if choice not in get_args(Choice):
        raise SettingError("E_SETTING", name="engine", value=choice,
                           detail=one_of(get_args(Choice)))
    if choice == "openvino" and importlib.util.find_spec("openvino") is None:
        raise MissingPackage("E_MISSING", package="openvino", install="bilingual-kb[openvino]")
    folder = folder or encode.VOCABULARY
    encoder = _opened(folder, choice == "torch" and (not saved or _kind_of(saved) == "fp32"))
    if isinstance(encoder, EngineEncoder):
        kind = _kind_of(saved) if saved else "int8" if choice == "openvino" else choice
        encoder = _of_kind(folder, cast(Kind, encoder.choice(on_progress) if kind == "auto" else kind))
    return encoder


def for_many(encoder: Encoder, choice: str) -> Encoder:
    """What encodes documents for this encoder: an int8 one on OpenVINO if that is the choice, any other one itself.

    Errors: SettingError if OpenVINO's vectors are wrong on this processor.
    """
    is_meant = choice == "openvino" and isinstance(encoder, EngineEncoder) and encoder.kind == "int8"
    return encoder.on_openvino() if is_meant and isinstance(encoder, EngineEncoder) else encoder


def _kind_of(fingerprint: str) -> Kind:
    return "int8" if "-int8:" in fingerprint else "fp32"


@lru_cache(maxsize=2)
def _opened(folder: Path, with_torch: bool) -> BundledEncoder:
    kind = BundledEncoder if with_torch else EngineEncoder
    encoder = kind(encode.minilm_folder(), vocabulary.load(folder))
    encoder.name = "bundled" if folder == encode.VOCABULARY else str(folder)
    return encoder


@lru_cache(maxsize=4)
def _of_kind(folder: Path, kind: Kind) -> EngineEncoder:
    encoder = _opened(folder, False)
    assert isinstance(encoder, EngineEncoder)
    return encoder.as_kind(kind)


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_N_THREADS, "layers")


def _rounded(length: int) -> int:
    return -(-length // _OPENVINO_STEP) * _OPENVINO_STEP


class EngineEncoder(BundledEncoder):
    """BundledEncoder whose layers run on ONNX Runtime or OpenVINO; embedding rows come straight from the mapped
    files."""

    kind: Kind = "fp32"
    is_on_openvino = False

    def __init__(self, folder: Path, chinese: Vocabulary | None = None) -> None:
        super().__init__(folder, chinese)
        self.mapped = vocabulary.mapped_tensors(self._weights_path)
        self.engine = Engine(self.mapped, self.config, chinese, self._weights_hash, self._sample)
        # [T, d]
        self._added = (
            self.mapped["embeddings.position_embeddings.weight"]
            + self.mapped["embeddings.token_type_embeddings.weight"][0]
        )

    def as_kind(self, kind: Kind | Literal["openvino"]) -> EngineEncoder:
        """The same encoder in fp32 or int8, or in int8 on OpenVINO, whose vectors `on_openvino` looks at first."""
        found = EngineEncoder.__new__(EngineEncoder)
        found.__dict__ |= {name: value for name, value in self.__dict__.items() if name != "fingerprint"}
        found.kind, found.is_on_openvino = "int8" if kind == "openvino" else kind, kind == "openvino"
        return found

    def on_openvino(self) -> EngineEncoder:
        """The int8 encoder for many texts: the same fingerprint, vectors as near to fp32 or nearer. Errors:
        SettingError if they are not here."""
        cosine = self.cosine("openvino")
        if "openvino" not in self.engine.card().get("tokens_per_second", {}):
            for kind in ("int8", "openvino"):
                self.engine.measure_speed(kind)
        if not cosine >= LEAST_COSINE:
            detail = Words(f"its vectors are wrong here: cosine {cosine} to fp32, {LEAST_COSINE} is needed",
                           f"它的向量在本机处理器上不对：与 fp32 的余弦 {cosine}，至少需要 {LEAST_COSINE}")
            raise SettingError("E_SETTING", name="engine", value="openvino", detail=detail)
        return self.as_kind("openvino")

    def cosine(self, kind: Kind | Literal["openvino"]) -> float:
        """To fp32, in the mean of texts of both languages, encoded as texts are on this machine; measured once."""
        found: dict[str, float] = self.engine.card().get("cosine", {})
        if kind not in found:
            lines = SAMPLE.read_text(encoding="utf-8").splitlines()[_MEASURED]
            texts = [read_object(line)["context"] for line in lines]
            cosines = (self.as_kind(kind).encode(texts) * self.as_kind("fp32").encode(texts)).sum(axis=1)
            found = self.engine.record("cosine", {kind: round(float(cosines.mean()), 4)})
        return found[kind]

    def choice(self, on_progress: OnProgress = lambda progress: None) -> Kind:
        """int8 if it is clearly faster on this machine and its vectors lie where fp32's do, else fp32; measured once,
        at the first use."""
        card = self.engine.card()
        if "choice" not in card or "int8" not in card.get("cosine", {}):
            on_progress(Progress("engine", 0, 2, "fp32"))
            speed: dict[str, float] = {}
            for n, kind in enumerate(get_args(Kind), 1):
                speed |= self.engine.measure_speed(kind)
                on_progress(Progress("engine", n, 2, kind))
            is_near = self.cosine("int8") >= LEAST_COSINE
            kind = "int8" if is_near and speed["int8"] > _MUCH_FASTER * speed["fp32"] else "fp32"
            card = {"choice": self.engine.record("choice", kind)}
            if kind == "int8":
                self.engine.forget("fp32")
        return cast(Kind, card["choice"])

    def is_far(self) -> bool:
        """Whether this kind's vectors lie too far from fp32's on this machine; measured once."""
        return self.kind != "fp32" and not self.cosine("openvino" if self.is_on_openvino else "int8") >= LEAST_COSINE

    def describe(self) -> Words:
        """Which kind runs and what was measured here, for `kb doctor`."""
        card = self.engine.card()
        cosines = [(kind, f"{value}") for kind, value in card.get("cosine", {}).items()]
        speeds = [f"{kind} {value:,.0f} tokens/s" for kind, value in card.get("tokens_per_second", {}).items()]
        name = f"OpenVINO {self.kind}" if self.is_on_openvino else f"ONNX Runtime {self.kind}"
        if not cosines and not speeds:
            return Words(name, name)
        en = ", ".join([name, *(f"cosine of {kind} to fp32 {value}" for kind, value in cosines), *speeds])
        zh = "，".join([name, *(f"{kind} 与 fp32 的余弦 {value}" for kind, value in cosines), *speeds])
        return Words(f"{en} when measured here", f"{zh}（在本机测得）")

    @cached_property
    def fingerprint(self) -> str:
        """As BundledEncoder's, whose vectors fp32 gives to 1e-5; int8 has another, for its vectors differ."""
        name, _, digest = super().fingerprint.partition(":")
        return f"{name}-int8:{digest}" if self.kind == "int8" else f"{name}:{digest}"

    def forward(self, rows: Sequence[Sequence[int]], is_chinese: bool) -> Vectors:
        """As BundledEncoder's."""
        return self._run(rows, is_chinese, ("vector",))[0]

    def forward_states(self, rows: Sequence[Sequence[int]], is_chinese: bool) -> tuple[Vectors, Vectors]:
        """As BundledEncoder's."""
        vectors, states = self._run(rows, is_chinese, ("vector", "states"))
        return vectors, states

    def _run(self, rows: Sequence[Sequence[int]], is_chinese: bool, outputs: Sequence[str]) -> list[Vectors]:
        side = "zh" if is_chinese else "en"
        if self.is_on_openvino:
            return self.engine.run_openvino(side, *self._padded(rows), outputs)
        return self.engine.run(side, self.kind, *self._padded(rows), outputs)

    def _grouped(self, lengths: Sequence[int]) -> list[list[int]]:
        """Each text by itself: nothing is padded, a vector does not depend on its neighbours, and one text's states
        stay in the processor's cache (15 % faster than batches of 1,024 tokens). OpenVINO compiles for each shape, so
        there batches have few of them.
        """
        if self.is_on_openvino:
            return token_batches([_rounded(length) for length in lengths], _OPENVINO_TOKENS)
        return [[i] for i in sorted(range(len(lengths)), key=lambda i: -lengths[i])]

    def _for_each(self, batches: Sequence[tuple[list[int], bool]], encode: Callable[[list[int], bool], None]) -> None:
        """Several at a time, each in one thread: two texts in two threads take 60 % of the time of one after the other
        in both."""
        if len(batches) < 2 or _N_THREADS == 1:
            super()._for_each(batches, encode)
        else:
            list(_threads().map(lambda batch: encode(*batch), batches))

    def _padded(self, rows: Sequence[Sequence[int]]) -> Embedded:
        width = max(map(len, rows))
        if self.is_on_openvino:
            width = _rounded(width)
        tokens = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int32)
        for i, row in enumerate(rows):
            tokens[i, : len(row)] = row
            mask[i, : len(row)] = 1
        return self.embed(tokens) + self._added[:width], mask

    def _sample(self, side: str) -> Iterator[Embedded]:
        """What fixed scales must hold, without or with Chinese: texts, alone, in pairs (positions up to the window's
        end) and as the lines of JSON they are in; tokens in any order; and frequent ones said over and over, which
        reach further than any text.
        """
        lines = SAMPLE.read_text(encoding="utf-8").splitlines()
        texts = [read_object(line)["context"] for line in lines]
        rows = self.tokenize(
            texts[::4]
            + [f"{first} {second}" for first, second in zip(texts[1::8], texts[5::8], strict=False)]
            + lines[::40]
        )
        rows = [row for row in rows if (max(row) >= self.n_english) == (side == "zh")]
        first, last, n_tokens = rows[0][0], rows[0][-1], self.n_english + (len(self.chinese.codes)
                                                                           if self.chinese and side == "zh" else 0)
        some = np.random.default_rng(0).integers(0, n_tokens, (_N_STRANGE, self.max_tokens - 2)).tolist()
        often = [token for token, _ in Counter(token for row in rows for token in row[1:-1]).most_common(_N_STRANGE)]
        rows += [[first, *tokens, last] for tokens in (*some, *([token] * 100 for token in often))]
        return (self._padded([rows[i] for i in batch]) for batch in token_batches([len(row) for row in rows]))

    def embed(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        """float32 [B, T, d]: the rows of the embedding table, the published and the Chinese ones, of tokens [B, T]."""
        is_new = tokens >= self.n_english
        embedded: NDArray[np.float32] = np.asarray(self.mapped[_WORD][np.where(is_new, 0, tokens)])  # [B, T, d]
        if self.chinese is not None and is_new.any():
            embedded[is_new] = self.chinese.rows_at(tokens[is_new] - self.n_english)
        return embedded


class Engine(GraphCache):
    """The graphs of one encoder: built, checked, measured and run."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], config: Mapping[str, Any],
                 chinese: Vocabulary | None, weights_hash: bytes, sample: Callable[[str], Iterator[Embedded]]) -> None:
        self._weights, self._config, self._chinese, self._sample = weights, config, chinese, sample
        key = hashlib.sha256(
            weights_hash
            + (chinese.fingerprint.encode() if chinese else b"")
            + f"graph {graph.VERSION} {fixed.VERSION}".encode()
        )
        super().__init__(cache_folder() / "engine" / key.hexdigest()[:16])
        self._sessions: dict[str, Any] = {}
        self._opening = threading.Lock()

    def run(self, side: str, kind: Kind, embedded: NDArray[np.float32], mask: NDArray[np.int32],
            outputs: Sequence[str] = ("vector", )) -> list[Vectors]:
        """The outputs of graph.py that are named: "vector" float32 [B, d], "states" [B, T, d]. side: "en" or "zh"."""
        return cast(list[Vectors], self._session(side, kind).run(list(outputs), {"embedded": embedded, "mask": mask}))

    def run_openvino(self, side: str, embedded: NDArray[np.float32], mask: NDArray[np.int32],
                     outputs: Sequence[str] = ("vector", )) -> list[Vectors]:
        """As `run`."""
        request = self._compiled(side).create_infer_request()  # one of its own: a request is not for several threads
        found = request.infer([embedded, mask], share_inputs=True)
        return [cast(Vectors, found[name]) for name in outputs]

    def forget(self, kind: Kind) -> None:
        """Lets go of graphs that only measuring needed."""
        with self._opening:
            for side in ("en", "zh"):
                self._sessions.pop(f"{side}.{kind}.onnx", None)
                with contextlib.suppress(OSError):
                    (self.folder / f"{side}.{kind}.onnx").unlink()

    def measure_speed(self, kind: Kind | Literal["openvino"]) -> dict[str, float]:
        """Tokens per second of this kind, beside those that were measured before."""
        rng = np.random.default_rng(0)
        embedded = rng.normal(0, 0.05, (16, 96, self._config["hidden_size"])).astype(np.float32)
        mask = np.ones((16, 96), dtype=np.int32)
        times = []
        for _ in range(4):  # the first one warms up
            start = time.perf_counter()
            if kind == "openvino":
                self.run_openvino("en", embedded, mask)
            else:
                self.run("en", kind, embedded, mask)
            times.append(time.perf_counter() - start)
        found: dict[str, float] = self.record("tokens_per_second", {kind: round(16 * 96 / min(times[1:]), 1)})
        return found

    def _session(self, side: str, kind: Kind) -> Any:
        name = f"{side}.{kind}.onnx"
        with self._opening:
            if name not in self._sessions:
                data = self.graph(name, lambda: graph.build(self._merged(side == "zh"), self._config, kind))
                self._sessions[name] = graph.open_session(data, is_widened=kind == "int8" and self.saturates)
            return self._sessions[name]

    def _compiled(self, side: str) -> Any:
        name = f"{side}.openvino.onnx"
        with self._opening:
            if name not in self._sessions:
                data = self.graph(name, lambda: fixed.build(self._merged(side == "zh"), self._config,
                                                             self._sample(side)))
                self._sessions[name] = fixed.open_compiled(data, _N_THREADS)
            return self._sessions[name]

    def _merged(self, is_chinese: bool) -> dict[str, NDArray[np.float32]]:
        weights = {name: np.asarray(tensor) for name, tensor in self._weights.items() if name != _WORD}
        changes: list[Deltas] = [self._chinese.shared, self._chinese.deltas][: 1 + is_chinese] if self._chinese else []
        for deltas in changes:
            weights |= {name: weights[name] + b @ a for name, (b, a) in deltas.items()}
        return weights
