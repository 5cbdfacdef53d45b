"""What is sent to a node: the bytes of a file with what has to lie beside it, and those of an encoder that is a folder.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kb.cluster.packed import Job, pack
from kb.encoder.encode import BUILT_IN, BUNDLED, BundledEncoder
from kb.errors import ClusterError, FileProblem
from kb.readers import Limits, Source
from kb.readers.latex_parts import gather
from kb.readers.members import archive_of, opened_member
from kb.readers.sandbox import opened
from kb.readers.sidecar import load_sidecar, sidecar_sha256
from kb.types import Encoder, Sighting, Words

_MOST_BYTES = 512 << 20  # of an encoder's folder
_ENTRY = "archive.zip"


def job_of(source: Source, seen: Sighting, encoding: str | None, recognised: Mapping[int, dict[str, Any]],
           max_bytes: int) -> Job:
    """A file as it is sent, with its metadata file and, of LaTeX, its parts. An entry of an archive goes in an archive
    of its own. Errors: FileProblem, E_CHANGED among them if it is another than was seen."""
    name = os.path.basename(os.fsdecode(source.raw))
    if source.member:
        with opened_member(source, max_bytes) as descriptor:
            data = _all(descriptor)
        files = {_ENTRY: _archive(source.member, data)}
        name = _ENTRY + os.fsdecode(source.raw[len(archive_of(source)):])
    else:
        with opened(source, Limits(max_bytes=max_bytes)) as descriptor:
            data = _all(descriptor)
        files = {name: data}
        bundle = gather(source.raw) if source.suffix == ".tex" else None
        files |= {part: content for part, content in (bundle.files if bundle else {}).items() if part != name}
        if (sidecar := load_sidecar(source)) is not None:
            files[sidecar.name] = sidecar.data
    if hashlib.sha256(data).hexdigest() != seen.sha256 or sidecar_sha256(source) != seen.sidecar:
        raise FileProblem("E_CHANGED")
    return Job(source.path, name, files, source.member, encoding, dict(recognised))


def encoder_files(encoder: Encoder) -> tuple[str, bytes]:
    """(the name by which a node opens an encoder, its folder packed if it is one). Errors: ClusterError E_RAY_ENCODER.
    """
    from kb import plugins

    if encoder.name in BUILT_IN:
        return encoder.name, b""
    folder = Path(encoder.name).expanduser()
    if isinstance(encoder, BundledEncoder):
        return BUNDLED, _packed(encoder.name, folder)
    if type(encoder).__module__ == "kb.encoder.hub":
        return encoder.name, _packed(encoder.name, folder) if folder.is_dir() else b""
    if any(plugin.name == encoder.name for plugin in plugins.installed("kb.encoders")):
        return encoder.name, b""
    raise ClusterError("E_RAY_ENCODER", name=encoder.name, detail=Words("it is an object of this program",
                                                                        "它是本程序中的对象"))


def _packed(name: str, folder: Path) -> bytes:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    if sum(path.stat().st_size for path in paths) > _MOST_BYTES:
        raise ClusterError("E_RAY_ENCODER", name=name, detail=Words(
            f"its folder is larger than {_MOST_BYTES >> 20} MB", f"它的文件夹大于 {_MOST_BYTES >> 20} MB"))
    return pack({"files": [str(path.relative_to(folder)) for path in paths]}, [path.read_bytes() for path in paths])


def _archive(member: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "x") as archive:
        archive.writestr(zipfile.ZipInfo(member), data)
    return packed.getvalue()


def _all(descriptor: int) -> bytes:
    with open(os.dup(descriptor), "rb") as file:
        file.seek(0)
        return file.read()
