"""Whose word it takes to load an encoder from outside: the user's, not a library's.

A library's folder may come from somebody else. Its kb.toml and its database may name what is shipped, what is installed
here, and a folder inside the library; any other model only if the user of this machine has named it (--encoder,
KB_ENCODER, `KnowledgeBase.open(encoder=…)`), now or before.

    ~/.config/kb/encoders.json    the names that the user has given
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path

from kb.encoder.encode import BUILT_IN, open_encoder
from kb.errors import EncoderError
from kb.outside import OutsideError, read_file
from kb.types import Encoder

_MOST = 1000  # names that are kept, the last ones


def open_named(name: str, home: Path, *, is_asked: bool, may_fetch: bool) -> Encoder:
    """The encoder of this name, for the library in this folder.

    is_asked: the user names it now.  may_fetch: then it may be had from the hub. Errors: EncoderError E_ENCODER_FOREIGN
    for one that only the library names; those of `open_encoder`.
    """
    if is_asked:
        found = open_encoder(name, may_fetch=may_fetch)
        if not _is_known_here(name):
            _remember(name)
        return found
    if (inside := _inside(name, home)) is not None:
        return open_encoder(str(inside))
    if not _is_known_here(name) and name not in _remembered():
        raise EncoderError("E_ENCODER_FOREIGN", name=name)
    return open_encoder(name)


def _is_known_here(name: str) -> bool:
    """Whether it is shipped, or the name of what is installed on this machine."""
    if name in BUILT_IN:
        return True
    is_path = "/" in name or os.sep in name or name.startswith((".", "~")) or Path(name).exists()
    from kb import plugins  # looked for where a name asks for one

    return not is_path and any(plugin.name == name for plugin in plugins.installed("kb.encoders"))


def _inside(name: str, home: Path) -> Path | None:
    """The folder of this name within the library, or None; a link out of it is none."""
    if name in BUILT_IN or name.startswith("~"):
        return None
    try:
        folder, within = (home / name).resolve(), home.resolve()
        return folder if folder.is_dir() and folder.is_relative_to(within) and folder != within else None
    except (OSError, ValueError, RuntimeError):
        return None


def _path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "kb" / "encoders.json"


def _remembered() -> list[str]:
    try:
        found = read_file(_path()).get("encoders")
    except (OSError, OutsideError):
        return []
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def _remember(name: str) -> None:
    """Keeps what the user has named: as it was typed, and a folder also by the place that a library remembers."""
    folder = Path(name).expanduser()
    names = [name, *([str(folder.resolve())] if folder.is_dir() else ())]
    known = _remembered()
    if all(one in known for one in names):
        return
    path = _path()
    with contextlib.suppress(OSError):  # a home that cannot be written: it is named again the next time
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        with os.fdopen(descriptor, "wb") as file:
            kept = [*(one for one in known if one not in names), *names][-_MOST:]
            file.write(json.dumps({"encoders": kept}).encode())
        os.replace(temporary, path)
