"""What an actor does on its node: the three steps in, for one file at a time, of bytes that were sent to it.

Reads: a Job.  Gives: a prepared document, or why there is none, as bytes. The file lies in a folder of this process
while it is read, in the limited processes of readers/sandbox.py, and is deleted then.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kb.cluster.alike import difference, versions
from kb.cluster.packed import Job, pack_prepared, pack_problem, unpack
from kb.encoder.digests import cache_folder
from kb.errors import ClusterError, FileProblem, KBError
from kb.ingest.prepare import prepare
from kb.readers import Limits, Source
from kb.readers.sandbox import Sandbox
from kb.types import Encoder, Words

_PREFIX = "kb-node-"
_LONGEST = 3600.0  # seconds; no file is read for so long


def open_worker(wanted: Mapping[str, Any], files: bytes, on_gpu: bool) -> tuple[Worker | None, dict[str, str] | None]:
    """(what prepares, None), or (None, why this node cannot, in both languages)."""
    try:
        return Worker(wanted, files, on_gpu), None
    except KBError as error:
        detail = error.values["detail"] if isinstance(error, ClusterError) else Words(
            error.describe("en")[0], error.describe("zh")[0])
        return None, detail.to_dict()


class Worker:
    """One actor's own: an encoder and a reading process."""

    def __init__(self, wanted: Mapping[str, Any], files: bytes, on_gpu: bool) -> None:
        """wanted: what link.py asks of every node: versions, the encoder and its fingerprint, limits.
        files: of an encoder that is a folder, packed. Errors: ClusterError E_RAY_NODE, EncoderError."""
        if (found := difference(wanted["versions"], versions())) is not None:
            raise _differing(*found)
        self._encoder = open_sent(wanted["encoder"], files, on_gpu=on_gpu)
        fingerprint = wanted["encoder"]["fingerprint"]
        if self._encoder.fingerprint != fingerprint:
            raise _differing(f"encoder {self._encoder.name}", fingerprint, self._encoder.fingerprint)
        self._sandbox = Sandbox(Limits.from_dict(wanted["limits"]))
        _sweep()

    def prepare(self, data: bytes) -> bytes:
        """A Job -> a prepared document, or a problem of its file. Errors: KBError where the encoder fails."""
        job = Job.from_bytes(data)
        with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as folder:
            root = Path(folder)
            for name, content in job.files.items():
                _write(root, name, content)
            raw = os.fsencode(root / job.name)
            try:
                prepared = prepare(Source(job.path, raw, job.member), self._sandbox, self._encoder, job.encoding,
                                   job.recognised)
            except FileProblem as error:
                return pack_problem(error)
        return pack_prepared(prepared)


def _differing(what: str, here: str, there: str) -> ClusterError:
    return ClusterError("E_RAY_NODE", node="", detail=Words(
        f"{what} is {there or 'not installed'} there and {here} here",
        f"{what} 在该节点上为 {there or '未安装'}，在本机为 {here}"))


def open_sent(encoder: Mapping[str, Any], files: bytes, *, on_gpu: bool) -> Encoder:
    """The encoder that the driver uses. Errors: EncoderError, SettingError."""
    from kb.encoder.encode import BUNDLED, open_encoder
    from kb.encoder.engine import for_many, open_bundled

    name, engine = encoder["name"], encoder["engine"]
    folder = _unpacked(encoder["files"], files) if encoder["files"] else None
    if name != BUNDLED:
        return open_encoder(str(folder or name))
    if on_gpu and "-int8:" not in encoder["fingerprint"]:
        from kb.encoder.on_device import open_on_gpu

        if (found := open_on_gpu(folder)) is not None:
            return found
    return for_many(open_bundled(engine, folder, encoder["fingerprint"]), engine)


def _unpacked(digest: str, files: bytes) -> Path:
    """The folder of an encoder that was sent, written once per machine."""
    place = cache_folder() / "sent" / digest
    if not place.is_dir():
        head, parts = unpack(files)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(dir=place.parent))
        for name, data in zip(head["files"], parts, strict=True):
            _write(folder, name, data)
        try:
            folder.rename(place)
        except OSError:  # another actor of this machine was first
            shutil.rmtree(folder)
    return place


def _write(root: Path, name: str, data: bytes) -> None:
    path = Path(os.path.normpath(root / name))
    if not path.is_relative_to(root):
        raise ValueError("a name that leads out of its folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _sweep() -> None:
    """Deletes the folders of actors of this user that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).split("-")[0]
        with contextlib.suppress(OSError):
            is_old = time.time() - folder.stat().st_mtime > _LONGEST  # a process may be of another container
            if pid.isdecimal() and is_old and not Path(f"/proc/{pid}").exists():
                shutil.rmtree(folder)
