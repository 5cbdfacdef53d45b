"""What travels between the machines, and is kept until it is committed, as bytes: a file to prepare, a document that
was prepared. Plain values in JSON and raw arrays behind them; nothing is ever unpickled.

    mark, SHA-256 of the rest, length of the head (8 bytes), head (JSON), the parts that it gives the lengths of
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kb.errors import FileProblem, error_of
from kb.messages import plain_values, values_from
from kb.sentence_vectors import SentenceVectors
from kb.types import Document, Language, Passage, Prepared

_MARK = b"kb-packed-1\n"
_FRONT = len(_MARK) + 32 + 8


class PackedError(ValueError):
    """The bytes are not what was packed."""


@dataclass(frozen=True)
class Job:
    """A file to prepare. path: for display; name: of the main file below; files: what has to lie beside each other, by
    name; member: see readers.Source; recognised: pages that were recognised before."""

    path: str
    name: str
    files: dict[str, bytes]
    member: str = ""
    encoding: str | None = None
    recognised: dict[int, dict[str, Any]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        head = {"path": self.path, "name": self.name, "files": list(self.files), "member": self.member,
                "encoding": self.encoding, "recognised": list(self.recognised.items())}
        return pack(head, list(self.files.values()))

    @classmethod
    def from_bytes(cls, data: bytes) -> Job:
        """Errors: PackedError."""
        head, parts = unpack(data)
        return cls(head["path"], head["name"], dict(zip(head["files"], parts, strict=True)), head["member"],
                   head["encoding"], {int(page): frame for page, frame in head["recognised"]})


def pack(head: dict[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """A head of plain values with parts of any bytes."""
    said = json.dumps({**head, "lengths": [len(part) for part in parts]}).encode("ascii")
    rest = b"".join((len(said).to_bytes(8, "little"), said, *parts))
    return _MARK + hashlib.sha256(rest).digest() + rest


def unpack(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """What `pack` was given. Errors: PackedError for anything else, also a single bit of it."""
    view = memoryview(data)
    if bytes(view[:len(_MARK)]) != _MARK or hashlib.sha256(view[len(_MARK) + 32:]).digest() != view[len(_MARK):][:32]:
        raise PackedError("cut, damaged or of another version")
    end = _FRONT + int.from_bytes(view[_FRONT - 8:_FRONT], "little")
    head = json.loads(bytes(view[_FRONT:end]))
    parts = []
    for length in head.pop("lengths"):
        parts.append(bytes(view[end:end + length]))
        end += length
    return head, parts


def pack_prepared(prepared: Prepared) -> bytes:
    """A prepared document; its passages as places in its text."""
    document = prepared.document.to_dict()
    text = document.pop("text").encode("utf-8", "surrogatepass")
    passages = [[p.start, p.end, list(p.section), p.page, p.language] for p in prepared.passages]
    kept = [found.to_bytes() if found is not None else b"" for found in prepared.sentences]
    head = {"document": document, "passages": passages, "shape": list(prepared.vectors.shape),
            "fingerprint": prepared.fingerprint,
            "sentences": [len(part) if found is not None else None
                          for part, found in zip(kept, prepared.sentences, strict=True)]}
    return pack(head, [text, prepared.vectors.astype("<f4").tobytes(), b"".join(kept)])


def unpack_prepared(data: bytes) -> Prepared:
    """What `pack_prepared` was given. Errors: PackedError; the FileProblem that `pack_problem` was given."""
    head, parts = unpack(data)
    if "problem" in head:
        raise problem_of(head["problem"])
    text = parts[0].decode("utf-8", "surrogatepass")
    document = Document.from_dict({**head["document"], "text": text})
    rows, dim = head["shape"]
    vectors = np.frombuffer(parts[1], "<f4").reshape(rows, dim).astype(np.float32)
    sentences, at = list[SentenceVectors | None](), 0
    for length in head["sentences"]:
        found = None if length is None else SentenceVectors.from_bytes(parts[2][at:at + length], dim)
        sentences.append(found)
        at += length or 0
    return Prepared(document, tuple(_passage(text, *row) for row in head["passages"]), vectors, head["fingerprint"],
                    sentences=tuple(sentences))


def _passage(text: str, start: int, end: int, section: list[str], page: int | None, language: Language) -> Passage:
    return Passage(start, end, text[start:end], tuple(section), page, language)


def pack_problem(error: FileProblem) -> bytes:
    """Why a file could not be prepared."""
    values = {name: value if isinstance(value, str) else value.to_dict()
              for name, value in plain_values(error.values).items()}
    return pack({"problem": {"code": error.code, "values": values}})


def problem_of(saved: dict[str, Any]) -> FileProblem:
    """The error that `pack_problem` was given."""
    error = error_of(saved["code"], values_from(saved["values"]))
    assert isinstance(error, FileProblem)
    return error


def is_problem(data: bytes) -> bool:
    """Whether these bytes say why a file could not be prepared. Errors: PackedError."""
    return "problem" in unpack(data)[0]
