"""The bundled encoder on ONNX Runtime: no torch, a sixth of its load time, and 8-bit integers where the processor is faster with them.

Reads: the installed weights and the Chinese vocabulary.  Gives: EngineEncoder, which encode.py's BundledEncoder is the reference of.
The graphs are built once per machine into CACHE/engine/KEY, checked by their hashes, and built again at any doubt:

    en.int8.onnx  zh.int8.onnx    the layers for texts without and with Chinese (the vocabulary's deltas differ); the same for fp32
    card.json                     sha-256 of each, tokens per second of each kind when it was measured, and which kind "auto" is here
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from kb import encode, graph, vocabulary
from kb.encode import BundledEncoder
from kb.errors import SettingError
from kb.graph import Kind
from kb.types import Progress, Vectors
from kb.vocabulary import Deltas, Vocabulary

Choice = Literal["auto", "int8", "fp32", "torch"]
OnProgress = Callable[[Progress], None]
log = logging.getLogger(__name__)
_MUCH_FASTER = 1.3  # int8 costs about half a point of recall@1: it must be worth it
_WORD = "embeddings.word_embeddings.weight"


def open_bundled(choice: str = "auto", folder: Path | None = None, saved: str | None = None, on_progress: OnProgress = lambda progress: None) -> BundledEncoder:
    """The bundled encoder with the shipped vocabulary or the one in `folder`, loaded once per process.

    choice: "auto" (what was measured to be better here), "int8", "fp32" or "torch". saved: fingerprint of the vectors a library has
    already; it decides between int8 and fp32, for the two never mix. Errors: SettingError, EncoderError.
    """
    if choice not in get_args(Choice):
        raise SettingError("E_SETTING", name="engine", value=choice, detail="known are " + ", ".join(get_args(Choice)))
    folder = folder or encode.VOCABULARY
    encoder = _opened(folder, choice == "torch" and (not saved or _kind_of(saved) == "fp32"))
    if isinstance(encoder, EngineEncoder):
        kind = _kind_of(saved) if saved else choice
        encoder = _of_kind(folder, cast(Kind, encoder.engine.choice(on_progress) if kind == "auto" else kind))
    return encoder


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


def cache_folder() -> Path:
    """Where what can be made again is kept: KB_CACHE, else $XDG_CACHE_HOME/kb, else ~/.cache/kb."""
    if "KB_CACHE" in os.environ:
        return Path(os.environ["KB_CACHE"]).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kb"


class EngineEncoder(BundledEncoder):
    """BundledEncoder whose layers run on ONNX Runtime; embedding rows come straight from the mapped files."""

    kind: Kind = "fp32"

    def __init__(self, folder: Path, chinese: Vocabulary | None = None) -> None:
        super().__init__(folder, chinese)
        self.mapped = vocabulary.mapped_tensors(self._weights_path)
        self.engine = Engine(self.mapped, self.config, chinese, self._weights_hash)
        self._added = self.mapped["embeddings.position_embeddings.weight"] + self.mapped["embeddings.token_type_embeddings.weight"][0]  # [T, d]

    def as_kind(self, kind: Kind) -> EngineEncoder:
        """The same encoder in fp32 or int8."""
        found = EngineEncoder.__new__(EngineEncoder)
        found.__dict__ |= {name: value for name, value in self.__dict__.items() if name != "fingerprint"}
        found.kind = kind
        return found

    def describe(self) -> str:
        """Which kind runs and what was measured here, for `kb doctor`."""
        speed = self.engine.card().get("tokens_per_second", {})
        return f"ONNX Runtime {self.kind}" + "".join(f", {kind} {value:,.0f} tokens/s" for kind, value in speed.items()) + (" when measured here" if speed else "")

    @cached_property
    def fingerprint(self) -> str:
        """As BundledEncoder's, whose vectors fp32 gives to 1e-5; int8 has another, for its vectors differ."""
        name, _, digest = super().fingerprint.partition(":")
        return f"{name}-int8:{digest}" if self.kind == "int8" else f"{name}:{digest}"

    def forward(self, rows: Sequence[Sequence[int]], is_chinese: bool) -> Vectors:
        """float32 [B, d] of one batch of token rows, all with Chinese tokens or all without."""
        width = max(map(len, rows))
        tokens = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int32)
        for i, row in enumerate(rows):
            tokens[i, : len(row)] = row
            mask[i, : len(row)] = 1
        embedded = self._embed(tokens) + self._added[:width]
        return self.engine.run("zh" if is_chinese else "en", self.kind, embedded, mask)

    def _embed(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        is_new = tokens >= self.n_english
        embedded: NDArray[np.float32] = np.asarray(self.mapped[_WORD][np.where(is_new, 0, tokens)])  # [B, T, d]
        if self.chinese is not None and is_new.any():
            embedded[is_new] = self.chinese.rows_at(tokens[is_new] - self.n_english)
        return embedded


class Engine:
    """The graphs of one encoder: built, checked, measured and run."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], config: Mapping[str, Any], chinese: Vocabulary | None, weights_hash: bytes) -> None:
        self._weights, self._config, self._chinese = weights, config, chinese
        key = hashlib.sha256(weights_hash + (chinese.fingerprint.encode() if chinese else b"") + f"graph {graph.VERSION}".encode())
        self.folder = cache_folder() / "engine" / key.hexdigest()[:16]
        self._sessions: dict[str, Any] = {}

    def run(self, side: str, kind: Kind, embedded: NDArray[np.float32], mask: NDArray[np.int32]) -> Vectors:
        """float32 [B, d]. side: "en" or "zh"."""
        (vectors,) = self._session(side, kind).run(None, {"embedded": embedded, "mask": mask})
        return cast(Vectors, vectors)

    def choice(self, on_progress: OnProgress = lambda progress: None) -> Kind:
        """int8 if it is clearly faster on this machine, else fp32; measured once, at the first use."""
        card = self.card()
        if "choice" not in card:
            on_progress(Progress("engine", 0, 2, "fp32"))
            speed: dict[str, float] = {}
            for n, kind in enumerate(get_args(Kind), 1):
                speed[kind] = self._tokens_per_second(kind)
                on_progress(Progress("engine", n, 2, kind))
            card = {"tokens_per_second": speed, "choice": "int8" if speed["int8"] > _MUCH_FASTER * speed["fp32"] else "fp32"}
            self._write("card.json", json.dumps({**self.card(), **card}, indent=1).encode())
        return cast(Kind, card["choice"])

    def card(self) -> dict[str, Any]:
        """What is known of the files in the cache; empty where there are none."""
        try:
            card = json.loads((self.folder / "card.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return card if isinstance(card, dict) and card.get("choice", "int8") in get_args(Kind) else {}

    def _tokens_per_second(self, kind: Kind) -> float:
        rng = np.random.default_rng(0)
        embedded = rng.normal(0, 0.05, (16, 96, self._config["hidden_size"])).astype(np.float32)
        mask = np.ones((16, 96), dtype=np.int32)
        times = []
        for _ in range(4):  # the first one warms up
            start = time.perf_counter()
            self.run("en", kind, embedded, mask)
            times.append(time.perf_counter() - start)
        return round(16 * 96 / min(times[1:]), 1)

    def _session(self, side: str, kind: Kind) -> Any:
        name = f"{side}.{kind}.onnx"
        if name not in self._sessions:
            onnxruntime = graph.load_runtime()
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS") or 0)  # 0: all cores
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a waiting thread is not work
            options.log_severity_level = 3
            self._sessions[name] = onnxruntime.InferenceSession(self._model(name, side, kind), options, providers=["CPUExecutionProvider"])
        return self._sessions[name]

    def _model(self, name: str, side: str, kind: Kind) -> bytes:
        """The graph's bytes, from the cache if they have the hash that its card gives."""
        try:
            data = (self.folder / name).read_bytes()
            if hashlib.sha256(data).hexdigest() == self.card().get("sha256", {}).get(name):
                return data
            log.info("the graph %s in the cache does not have its hash; building it again", name)
        except OSError:
            pass
        data = graph.build(self._merged(side == "zh"), self._config, kind)
        self._write(name, data)
        card = self.card()
        self._write("card.json", json.dumps({**card, "sha256": {**card.get("sha256", {}), name: hashlib.sha256(data).hexdigest()}}, indent=1).encode())
        return data

    def _merged(self, is_chinese: bool) -> dict[str, NDArray[np.float32]]:
        weights = {name: np.asarray(tensor) for name, tensor in self._weights.items() if name != _WORD}
        changes: list[Deltas] = [self._chinese.shared, self._chinese.deltas][: 1 + is_chinese] if self._chinese else []
        for deltas in changes:
            weights |= {name: weights[name] + b @ a for name, (b, a) in deltas.items()}
        return weights

    def _write(self, name: str, data: bytes) -> None:
        """Beside and renamed; a cache that cannot be written only costs the work again."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".new-", delete=False) as file:
                file.write(data)
            os.replace(file.name, self.folder / name)
        except OSError as error:
            log.warning("the encoder's graph could not be cached (%s); it is built again next time", error)
