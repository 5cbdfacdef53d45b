"""A run of a lab: the folder that every run has (kb.runs), and what labs keep in it.

    FOLDER/env.json      versions, threads, data          NAME.safetensors + NAME.json   artefacts, with their sha-256

A lab's work is a function of its parameters and its Run: it tells events, asks `stopped()` between steps, and gives its
metrics. It writes through its Run only. Training labs run one at a time (HOME/labs/.lock; a dead holder never blocks).
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import hashlib
import importlib.metadata
import io
import os
import platform
import secrets
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb import runs
from kb.errors import FolderError, LabError
from kb.outside import read_file
from kb.runs import ACTIVE, RunInfo, Status, as_json, read_json, runs_in
from kb.types import Words

if TYPE_CHECKING:
    import torch

_FORCED_AFTER = 30.0  # seconds a run has to keep its best before it is ended from outside


@dataclass(frozen=True, slots=True)
class LabResult:
    """What a run came to. status: "done" or "cancelled" (then metrics are of the best so far)."""

    run: Path
    status: Status
    metrics: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"run": str(self.run), "status": self.status, "metrics": self.metrics}


class Run(runs.Run):
    """The folder of one run of a lab, while it runs. The only way a lab speaks and writes."""

    def save_rows(self, name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
        """Writes rows as CSV (UTF-8 with a byte order mark, which spreadsheets need)."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]) if rows else [])
        writer.writeheader()
        writer.writerows(rows)
        return self.save(name, b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace"))

    def save_tensors(self, name: str, tensors: Mapping[str, torch.Tensor], meta: Mapping[str, Any]) -> Path:
        """Writes NAME.safetensors and, after it, NAME.json with `meta`, the shapes and the sha-256."""
        from safetensors.torch import save

        data = save({key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()})
        path = self.save(f"{name}.safetensors", data)
        shapes = {key: list(tensor.shape) for key, tensor in tensors.items()}
        self.save(f"{name}.json",
                  as_json({**meta, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "shapes": shapes}))
        return path

    def record(self, **values: Any) -> None:
        """Adds facts to env.json, e.g. the sha-256 of the data."""
        known = read_json(self.folder / "env.json")
        self.save("env.json", as_json(known | values))

    def begin(self, lab: str, params: Mapping[str, Any]) -> None:
        """Makes the folder. Errors: SettingError if a run is in it already, or it cannot be made."""
        super().begin(f"lab:{lab}", params)
        self.record(**_environment())


def save_text(path: Path, text: str) -> Path:
    """Writes a text to a file that is not there yet; gives its absolute path. Errors: FolderError."""
    path = Path(os.path.abspath(path))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise FolderError("E_LAB_FILE_THERE", path=path) from None
    except OSError as error:
        raise FolderError("E_LAB_UNWRITABLE", path=path, detail=error.strerror or str(error)) from error
    return path


def new_folder(home: Path, lab: str, seed: object = 0) -> Path:
    """A fresh name in the library's folder of runs; nothing is made yet."""
    return home / "labs" / f"{lab}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}-s{seed}"


def list_runs(home: Path) -> list[RunInfo]:
    """The runs of labs in a library, newest first."""
    return runs_in(home / "labs")


def load_tensors(folder: Path, name: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """(tensors, meta) that `save_tensors` wrote, checked against their sha-256. Errors: DataError E_LAB_MODEL."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        meta = read_file(folder / f"{name}.json")
        data = (folder / f"{name}.safetensors").read_bytes()
        if hashlib.sha256(data).hexdigest() != meta["sha256"]:
            raise ValueError("its bytes do not have the sha-256 that was written with it")
        return load(data), meta
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise LabError("E_LAB_MODEL", path=folder / f"{name}.safetensors", detail=str(error)) from error


def end_when_stopped(folder: Path, seconds: float = _FORCED_AFTER) -> None:
    """For a process that does nothing but this run: a stop that is not followed within `seconds` ends the process."""

    def watch() -> None:
        while not (folder / "stop").exists():
            time.sleep(0.3)
        time.sleep(seconds)
        status = read_json(folder / "status.json")
        if status.get("status") in ACTIVE:
            ended = {**status, "status": "cancelled", "seconds": round(time.time() - status["started"], 2)}
            Run(folder).save("status.json", as_json(ended))
            os._exit(130)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def one_at_a_time(home: Path, run: Run) -> Iterator[None]:
    """Waits until no other training of this library runs, or until the run is stopped."""
    folder = home / "labs"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as file:
        waits = False
        while not run.stopped():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not waits:
                    run.event(
                        "note",
                        text=Words("Another lab is training; waiting for it to end.", "另一个实验正在训练，等它结束。"),
                    )
                waits = True
                time.sleep(0.2)
        yield


def _environment() -> dict[str, Any]:
    versions = {}
    for name in ("bilingual-kb", "torch", "transformers", "tokenizers", "numpy", "scikit-learn"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return {
        "python": platform.python_version(), "platform": platform.platform(),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS", ""), "versions": versions
    }
