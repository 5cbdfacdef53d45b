"""A survey's folder: the only file of the survey that writes. Everything is written beside, synced and renamed, so a
kill leaves whole files.

    FOLDER/survey.json survey.md references.bib     what came out; figures/ is what survey.md shows
           outline.json                             the plan, for the reader to edit
           outline.before.json                      the edited outline that a new plan took the place of
           changes.json                             of the last update
           steps/                                   one file per finished step, named by what it was made from
           run.json                                 which of these the last run consists of
           live.json                                what a model is writing, while it writes
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kb.errors import FolderError, OutlineError
from kb.outside import OutsideError, read_file
from kb.types import Words

_LARGEST = 1 << 28  # bytes of a file; a long survey with its evidence has 10 MB
# a step's name comes from a node's id, and that may come from a file of somebody else's
_NAME = re.compile(r"(?:replies/)?[A-Za-z0-9_.-]{1,40}")
_KEY = re.compile(r"[0-9a-f]{24}")


class Folder:
    """A survey's folder; made when something is first written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def step(self, name: str, made_from: Mapping[str, Any]) -> dict[str, Any] | None:
        """What this step gave when it was last run on the same inputs, or None."""
        return self.read_json(_step_path(name, step_key(made_from)))

    def keep_step(self, name: str, made_from: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        self.write(_step_path(name, step_key(made_from)), dumps(result))

    def name_steps(self, outline: str, keys: Mapping[str, str]) -> None:
        """Keeps which steps (name -> step_key) a run of this outline (its digest) consists of. The names of an earlier
        run of the same steps stay beside them: they speak of the same parts."""
        before = self.read_json("run.json") or {}
        known = before.get("steps") if before.get("outline") == outline else None
        if isinstance(known, dict) and keys.items() <= known.items():
            return
        self.write("run.json", dumps({"outline": outline, "steps": dict(keys)}))

    def named_steps(self, outline: str) -> dict[str, dict[str, Any]]:
        """What is stored of the steps of the last run of this outline, by their names."""
        run = self.read_json("run.json") or {}
        keys = run.get("steps") if run.get("outline") == outline else None
        found = {
            name: self.read_json(_step_path(name, key))
            for name, key in (keys.items() if isinstance(keys, dict) else ())
            if isinstance(key, str) and _KEY.fullmatch(key)
        }
        return {name: step for name, step in found.items() if step}

    def read_json(self, name: str) -> dict[str, Any] | None:
        """A JSON object of the folder; None if the file is not there or is not one."""
        try:
            return read_file(self.path / name, largest=_LARGEST)
        except (OSError, OutsideError):
            return None

    def write(self, name: str, data: str | bytes) -> Path:
        """Puts a file in place, whole or not at all. Errors: KBError E_OUT."""
        path = self.path / name
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                file.write(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except OSError as error:
            raise FolderError("E_OUT", path=path, detail=error.strerror or str(error)) from error
        return path

    def remove(self, name: str) -> None:
        """Deletes a file of the folder, if it is there. Errors: KBError E_OUT."""
        try:
            (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise FolderError("E_OUT", path=self.path / name, detail=error.strerror or str(error)) from error


def dumps(value: Any) -> str:
    """JSON as it is stored: the same value gives the same bytes."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=True, sort_keys=True).encode()).hexdigest()


def step_key(made_from: Mapping[str, Any]) -> str:
    """The part of a step's file name that tells what it was made from."""
    return digest(made_from)[:24]


def _step_path(name: str, key: str) -> str:
    if not _NAME.fullmatch(name) or ".." in name:
        raise OutlineError("E_OUTLINE_FORM", place=name[:60],
                           detail=Words("its id has to be 1 to 40 letters, digits or _ . -",
                                        "id 应由 1 到 40 个字母、数字或 _ . - 组成"))
    return f"steps/{name}-{key}.json"
