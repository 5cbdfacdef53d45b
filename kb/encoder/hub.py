"""Any sentence-transformers model as an encoder: from a folder, from the hub's cache on this machine, or from the
hub."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import socket
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import numpy as np

from kb.errors import EncoderError
from kb.types import Language, Role, Vectors, Words

_HUB_SECONDS = 0.8  # to find out whether the hub can be reached at all
_ELSEWHERE = Words("download the model to a folder on a machine with network and give that folder, or use the default: "
                   "--encoder bundled",
                   "在有网络的机器上把模型下载到文件夹并给出它，或使用默认的 --encoder bundled")


# Other forms of the same weights, and code.
_NEVER_FETCHED = ["*.bin", "*.pt", "*.pth", "*.pkl", "*.pickle", "*.ckpt", "*.h5", "*.msgpack", "*.npy", "*.npz",
                  "*.joblib", "*.onnx", "*.py", "*.ot", "*.tflite", "openvino/*", "onnx/*"]


class SentenceTransformerEncoder:
    """Any sentence-transformers model, by hub name or local folder; query and document prompts are used where the model
    has them."""

    def __init__(self, name: str, *, may_fetch: bool = False) -> None:
        """may_fetch: a model that is not on this machine is had from the hub."""
        if importlib.util.find_spec("sentence_transformers") is None:
            raise EncoderError("E_ENCODER_MISSING", name=name, detail=Words("sentence-transformers is not installed",
                                                                            "没有安装 sentence-transformers"),
                               advice="pip install sentence-transformers")
        folder = Path(name).expanduser()
        if not folder.is_dir() and (folder.is_absolute() or name.startswith((".", "~"))):
            raise EncoderError(
                "E_ENCODER_MISSING",
                name=name,
                detail=Words("there is no such folder", "没有这个文件夹"),
                advice=Words(
                    "check the path, or give the name of a model on the hub", "检查路径，或给出模型在 hub 上的名称"
                ),
            )
        if not folder.is_dir():
            folder = _folder_of(name, may_fetch)
        if code := _code_in(folder):
            raise EncoderError("E_ENCODER_MISSING", name=name,
                               detail=Words(f"{code} can carry code and is not loaded",
                                            f"{code} 可能夹带代码，不会加载"),
                               advice=Words("give a model whose weights are in safetensors files and that has no code",
                                            "请使用权重为 safetensors 且不含代码的模型"))
        from sentence_transformers import SentenceTransformer  # takes seconds

        try:
            self._model: Any = SentenceTransformer(str(folder), device="cpu", trust_remote_code=False,
                                                   local_files_only=True, model_kwargs={"use_safetensors": True})
        # hub, network, file and configuration errors of four libraries: all mean "not loadable", chained
        except Exception as error:
            raise EncoderError(
                "E_ENCODER_MISSING", name=name,
                detail=str(error).splitlines()[0] if str(error) else type(error).__name__,
                advice=_ELSEWHERE) from error
        self.name = name
        self.dim: int = self._model.encode([""]).shape[1]
        self.max_tokens = int(self._model.max_seq_length or 512)
        self.reads: frozenset[Language] = frozenset(language for language in get_args(Language)
                                                    if self._unknown_share(_PROBES[language]) < 0.1)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the model's parameters and prompts."""
        import torch

        digest = hashlib.sha256(f"{self.max_tokens} {sorted(self._model.prompts.items())}".encode())
        for name, tensor in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(
                tensor.detach().contiguous().view(torch.uint8).numpy().tobytes()
                if tensor.dim()
                else repr(tensor.item()).encode()
            )
        return f"{os.path.basename(self.name.rstrip('/'))}:{digest.hexdigest()[:16]}"

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        encoded = self._model.tokenizer(list(texts), add_special_tokens=True, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def encode(self, texts: Sequence[str], role: Role = "passage") -> Vectors:
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        encode = self._model.encode_query if role == "question" else self._model.encode_document
        vectors: Vectors = encode(list(texts), normalize_embeddings=True, convert_to_numpy=True,
                                  show_progress_bar=False)
        return vectors.astype(np.float32, copy=False)

    def _unknown_share(self, probe: str) -> float:
        unknown = self._model.tokenizer.unk_token_id
        ids = self._model.tokenizer(probe, add_special_tokens=False)["input_ids"]
        return sum(token == unknown for token in ids) / max(1, len(ids)) if unknown is not None else 0.0


def _folder_of(name: str, may_fetch: bool) -> Path:
    """The folder in the hub's cache with this model, had from the hub where it may be. Errors: EncoderError."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    names = (name, *((f"sentence-transformers/{name}",) if "/" not in name else ()))
    for one in names:
        with contextlib.suppress(LocalEntryNotFoundError, HFValidationError, OSError, ValueError):
            folder = Path(snapshot_download(one, local_files_only=True))
            if (folder / "config.json").is_file() or (folder / "modules.json").is_file():
                return folder
    if not may_fetch:
        raise EncoderError("E_ENCODER_MISSING", name=name,
                           detail=Words("it is not on this machine, and the network is off or nobody asked for it now",
                                        "本机上没有它，且网络已关闭，或现在没有人要求下载"),
                           advice=Words(f"name it once to download it: --encoder {name}",
                                        f"要下载它，请明确给出一次：--encoder {name}"))
    if not _hub_answers():
        raise EncoderError("E_ENCODER_MISSING", name=name,
                           detail=Words("it is not on this machine, and the hub cannot be reached",
                                        "本机上没有它，也连接不上 hub"), advice=_ELSEWHERE)
    problem = ""
    for one in names:
        try:
            return Path(snapshot_download(one, ignore_patterns=_NEVER_FETCHED))
        except Exception as error:  # of the hub's client, its HTTP library and the system: all mean "not to be had"
            problem = str(error).splitlines()[0] if str(error) else type(error).__name__
    raise EncoderError("E_ENCODER_MISSING", name=name, detail=problem, advice=_ELSEWHERE)


def _code_in(folder: Path) -> str:
    """The first file of a model's folder that would be run or unpickled, "" where there is none: code, and weights
    that are not safetensors without safetensors beside them."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py" or (path.name.startswith("pytorch_model") and path.suffix == ".bin"
                                    and not any(path.parent.glob("*.safetensors"))):
            return path.relative_to(folder).as_posix()
    return ""


def _hub_answers() -> bool:
    """Whether the hub can be reached, asked within a second: its own client tries for a minute and a half."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    address = urlsplit(constants.ENDPOINT)
    answered = threading.Event()

    def connect() -> None:
        port = address.port or (443 if address.scheme == "https" else 80)
        with contextlib.suppress(OSError), socket.create_connection((address.hostname or "", port), _HUB_SECONDS):
            answered.set()

    # The name look-up of the system has no time limit of its own.
    asking = threading.Thread(target=connect, daemon=True)
    asking.start()
    asking.join(_HUB_SECONDS)
    return answered.is_set()


_PROBES: dict[Language, str] = {
    "zh": "检索增强生成先从资料库中找出相关段落，再据此回答问题，并给出每句话的出处。",
    "en": "Retrieval first finds the passages that matter and then answers from them, naming where each sentence "
          "came from.",
}
