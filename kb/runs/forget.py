"""What the runs of a library, jobs and labs, say of documents that are removed: lines and values of their files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from kb.outside import OutsideError, read_json
from kb.runs import Run, as_json, read_run
from kb.types import Marks

_LINES = (".jsonl", ".txt", ".log", ".csv")


def forget(folder: Path, marks: Marks) -> tuple[list[str], list[str]]:
    """Takes what tells of these documents out of the runs in a folder; (the runs that told of them, those of which
    something stays: a run that has not ended, a file whose form is not known here)."""
    told, left = [], []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not path.is_dir() or path.is_symlink():
            continue
        files = [file for file in sorted(path.rglob("*")) if file.is_file() and not file.is_symlink()]
        of_them = [file for file in files if _tells(file, marks)]
        if not of_them:
            continue
        told.append(path.name)
        run = read_run(path)
        if run is not None and run.is_active:
            left.append(path.name)
        else:
            for file in of_them:
                _clear(file, marks)
            if any(_tells(file, marks) for file in of_them):
                left.append(path.name)
    return told, left


def _tells(file: Path, marks: Marks) -> bool:
    text = file.read_bytes().decode("utf-8", "replace")
    if file.suffix == ".json":
        try:
            value = read_json(text)
        except OutsideError:
            return marks.stand_in(text)
        return bool(marks.taken_out_of([value]) != [value])
    if file.suffix == ".jsonl":
        return any(_without(line, marks) != line for line in text.splitlines())
    return marks.stand_in(text)


def _clear(file: Path, marks: Marks) -> None:
    text = file.read_bytes().decode("utf-8", "replace")
    if file.suffix == ".json":
        try:
            value: Any = marks.taken_out_of(read_json(text))
        except OutsideError:
            return
        _put(file, as_json(value))
    elif file.suffix in _LINES:
        lines = (_without(line, marks) for line in text.splitlines())
        _put(file, "".join(f"{line}\n" for line in lines if line is not None).encode("utf-8", "surrogatepass"))


def _without(line: str, marks: Marks) -> str | None:
    """A line of a file; None for one that tells of the documents."""
    try:
        value = read_json(line)
    except OutsideError:
        return None if marks.stand_in(line) else line
    return line if marks.taken_out_of([value]) == [value] else None


def _put(file: Path, data: bytes) -> None:
    mode = os.stat(file).st_mode & 0o777
    os.chmod(Run(file.parent).save(file.name, data), mode)
