"""Whether another machine would make the same of a file: the same kb, and the same parsers under it.

Reads: the installed code.  Gives: plain values, compared where a node is opened (node.py), and the version of shards.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from functools import cache
from pathlib import Path

from kb.version import __version__

_ROOT = Path(__file__).resolve().parents[1]
# What decides the text of a document and where it is cut; the encoder has a fingerprint of its own.
_DECIDES = ("readers/*.py", "cluster/packed.py", "ingest/prepare.py", "types/*.py", "chunk.py", "text.py",
            "sentence_vectors.py", "words.py", "data/*.toml", "data/*.json", "data/words/*")
_PARSERS = ("pypdf", "pypdfium2", "lxml", "python-docx", "python-pptx", "python-calamine", "striprtf", "pillow",
            "markdown-it-py", "pyyaml", "bibtexparser", "charset-normalizer", "opencc", "tokenizers", "numpy")


@cache
def versions() -> dict[str, str]:
    """Name -> version: of kb, of its code, of the parsers; "" for what is not installed."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _DECIDES for path in _ROOT.glob(pattern)):
        digest.update(f"{path.relative_to(_ROOT)}\0".encode() + path.read_bytes())
    return {"kb": __version__, "the code of kb": digest.hexdigest()[:16], **{name: _of(name) for name in _PARSERS}}


def _of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def difference(here: dict[str, str], there: dict[str, str]) -> tuple[str, str, str] | None:
    """(what, here, there) of the first version that differs."""
    return next(((name, version, there.get(name, "")) for name, version in here.items()
                 if there.get(name, "") != version), None)
