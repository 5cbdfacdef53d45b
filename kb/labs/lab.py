"""A lab is one runnable example of the article; a run of it is a folder.

    FOLDER/params.json   what it was run with            status.json   how it stands, written beside and renamed
           env.json      versions, threads, data         events.jsonl  one line per event, as it happens
           metrics.json  what came out                   log.txt       the same in words, and the traceback of a failure
           stop          asks it to end                  NAME.safetensors + NAME.json   artefacts, with their sha-256

A lab's work is a function of its parameters and its Run: it tells events, asks `stopped()` between steps, and gives its metrics. It writes
through its Run only. Training labs run one at a time (HOME/labs/.lock; a dead holder never blocks).
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import hashlib
import importlib.metadata
import io
import json
import math
import os
import platform
import secrets
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kb.config import default_home
from kb.errors import DataProblem, KBError, SettingError
from kb.jobs import born

if TYPE_CHECKING:
    import torch

Words = tuple[str, str]  # (Chinese, English)
Kind = Literal["int", "float", "text", "choice", "file", "bool"]
State = Literal["queued", "loading", "running", "cancelled", "done", "failed", "interrupted"]
Event = dict[str, Any]

LONGEST_TEXT = 20_000
_FORCED_AFTER = 10.0  # seconds a run has to keep its best before it is ended from outside


@dataclass(frozen=True, slots=True)
class Param:
    """One thing a user can change. label and help are (Chinese, English); low and high are included; choices only for kind "choice".

    A "file" is a path, "" for none; what it holds is checked by the lab.
    """

    name: str
    kind: Kind
    default: Any
    label: Words
    help: Words = ("", "")
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def read(self, raw: Any) -> Any:
        """The value that was meant, from a string or a value of the right type. Errors: SettingError, with what is wanted."""
        if self.kind == "bool":
            return self._bool(raw)
        if self.kind in ("int", "float"):
            return self._number(raw)
        value = str(raw)
        if self.kind == "choice" and value not in self.choices:
            raise SettingError("E_LAB_CHOICE", name=self.name, value=value, known=", ".join(self.choices))
        if self.kind == "file":
            path = os.path.abspath(os.path.expanduser(value)) if value else ""
            if path and not os.path.isfile(path):
                raise SettingError("E_LAB_FILE", name=self.name, value=value)
            return path
        if len(value) > LONGEST_TEXT:
            raise SettingError("E_LAB_RANGE", name=self.name, value=f"{len(value)} characters", low=0, high=LONGEST_TEXT)
        return value

    def _bool(self, raw: Any) -> bool:
        known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        value = known.get(str(raw).lower())
        if value is None:
            raise SettingError("E_LAB_CHOICE", name=self.name, value=raw, known="true, false")
        return value

    def _number(self, raw: Any) -> int | float:
        try:
            value = int(str(raw)) if self.kind == "int" else float(raw)
        except (TypeError, ValueError):
            raise SettingError("E_LAB_NUMBER", name=self.name, value=raw, default=self.default) from None
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not (math.isfinite(value) and low <= value <= high):
            raise SettingError("E_LAB_RANGE", name=self.name, value=raw, low=self.low, high=self.high)
        return value


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula of the article, the lines that compute it (a piece of the lab's source, as it stands there), and what the article's version leaves out."""

    tex: str
    code: str
    note: Words


@dataclass(frozen=True, slots=True)
class LabResult:
    """What a run came to. status: "done" or "cancelled" (then metrics are of the best so far)."""

    run: Path
    status: State
    metrics: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"run": str(self.run), "status": self.status, "metrics": self.metrics}


@dataclass(frozen=True, slots=True)
class Lab:
    """A runnable example of the article.

    section: of the article, "3.2"; question: what to search the library for; seconds: what the defaults take on two cores.
    work: the example itself. fields and apply: "try your own": apply(folder of a finished run, values of the fields) -> rows of a table.
    modules: further source files worth showing beside the lab's own.
    """

    name: str
    title: Words
    about: Words
    section: str
    question: Words
    params: tuple[Param, ...]
    work: Callable[[Mapping[str, Any], Run], dict[str, Any]]
    seconds: int = 10
    trains: bool = True
    formulas: tuple[Formula, ...] = ()
    fields: tuple[Param, ...] = ()
    apply: Callable[[Path, Mapping[str, Any]], list[dict[str, Any]]] | None = None
    modules: tuple[str, ...] = ()

    def check(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter with its value, those not given with their default. Errors: SettingError for an unknown name or a bad value."""
        return _check(self.name, self.params, params)

    def try_out(self, folder: Path, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What the model of a finished run makes of the user's own input, as rows. Errors: SettingError, DataProblem (a damaged model)."""
        if self.apply is None:
            raise SettingError("E_LAB_NO_MODEL", lab=self.name)
        return self.apply(folder, _check(self.name, self.fields, values))

    def sources(self) -> list[tuple[str, str]]:
        """(file name, text) of the lab's code, its own first."""
        files = [Path(str(sys.modules[name].__file__)) for name in dict.fromkeys((self.work.__module__, *self.modules)) if name in sys.modules]
        return [(f"{file.parent.name}/{file.name}", file.read_text(encoding="utf-8")) for file in files]

    def run(self, params: Mapping[str, Any] | None = None, *, folder: Path | None = None, home: Path | None = None,
            on_event: Callable[[Event], None] = lambda event: None, should_stop: Callable[[], bool] = lambda: False) -> LabResult:
        """Runs the lab in `folder` (default: a new one in HOME/labs) and gives what came out.

        Errors: SettingError before anything is written; whatever the lab refuses (DataProblem, …) and E_LAB_FAILED after its status was
        written as "failed".
        """
        values = self.check(params or {})
        home = home or default_home()
        run = Run(folder or new_folder(home, self.name, values.get("seed", 0)), on_event, should_stop)
        run.begin(self.name, values)
        try:
            with _one_at_a_time(home, run) if self.trains else contextlib.nullcontext():
                run.set_status("loading")
                metrics = {} if run.stopped() else self.work(values, run)
        except KeyboardInterrupt:
            run.set_status("cancelled")
            raise
        except KBError as error:
            run.fail(error)
            raise
        except Exception as error:  # a defect, or a library that fails on unforeseen input: kept whole in log.txt, told in one line
            run.log(traceback.format_exc())
            failure = KBError("E_LAB_FAILED", lab=self.name, detail=f"{type(error).__name__}: {error}"[:400], path=run.folder / "log.txt")
            run.fail(failure)
            raise failure from error
        run.save("metrics.json", _json(metrics))
        status: State = "cancelled" if run.was_stopped else "done"
        run.set_status(status)
        return LabResult(run.folder, status, metrics)


class Run:
    """The folder of one run, while it runs. The only way a lab speaks and writes."""

    def __init__(self, folder: Path, on_event: Callable[[Event], None] = lambda event: None, should_stop: Callable[[], bool] = lambda: False) -> None:
        self.folder = folder
        self.was_stopped = False
        self._on_event, self._should_stop = on_event, should_stop
        self._started = time.time()
        self._clock = time.monotonic()
        self._status: dict[str, Any] = {}
        self._env: dict[str, Any] = {}

    # --- for labs --------------------------------------------------------------------------------------------------------------------

    def event(self, kind: str, **values: Any) -> None:
        """Appends to events.jsonl and tells the caller. Kinds:

        note   text=(zh, en)                        metric  step=3, loss=.4, …   (names are free; one curve each)
        table  title=(zh, en), rows=[dict, …]       heat    title=(zh, en), matrix=[[…]], rows=[…], columns=[…]
        image  title=(zh, en), file="x.png"         code    title=(zh, en), text="…", output="…"
        points title=(zh, en), x_title=(zh, en), x=[…], lines={name: [y, …]}
        """
        event = {"kind": kind, "at": round(self.seconds(), 2), **values}
        if kind == "metric" and self._status.get("status") == "loading":
            self.set_status("running")
        with (self.folder / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, ensure_ascii=False, default=_plain) + "\n")
        if kind == "note":
            self.log(values["text"][1])
        elif kind == "metric":
            self.log("  ".join(f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in values.items()))
        self._on_event(event)

    def stopped(self) -> bool:
        """Whether the user wants it to end; ask between steps, then keep the best and return the metrics so far."""
        self.was_stopped = self.was_stopped or self._should_stop() or (self.folder / "stop").exists()
        return self.was_stopped

    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self._clock

    def log(self, text: str) -> None:
        with (self.folder / "log.txt").open("a", encoding="utf-8") as file:
            file.write(f"{self.seconds():8.1f}  {text.rstrip()}\n")

    def save(self, name: str, data: bytes) -> Path:
        """Writes a file of the run, renamed into place when it is whole."""
        path, part = self.folder / name, self.folder / f".{name}.part"
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        return path

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
        self.save(f"{name}.json", _json({**meta, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "shapes": shapes}))
        return path

    def record(self, **values: Any) -> None:
        """Adds facts to env.json, e.g. the sha-256 of the data."""
        self._env |= values
        self.save("env.json", _json(self._env))

    # --- for Lab.run -----------------------------------------------------------------------------------------------------------------

    def begin(self, lab: str, params: Mapping[str, Any]) -> None:
        """Makes the folder. Errors: SettingError if a run is in it already, or it cannot be made."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if any(path.name != "stop" for path in self.folder.iterdir()):
                raise SettingError("E_LAB_FOLDER", path=self.folder)
            self._status = {"lab": lab, "pid": os.getpid(), "born": born(os.getpid()), "started": self._started}
            self.set_status("queued")
        except OSError as error:
            raise SettingError("E_LAB_UNWRITABLE", path=self.folder, detail=error.strerror or str(error)) from error
        self.save("params.json", _json({"lab": lab, "params": dict(params)}))
        self.record(**_environment())

    def set_status(self, status: State, error: KBError | None = None) -> None:
        self._status |= {"status": status, "seconds": round(self.seconds(), 2)}
        if error is not None:
            self._status["error"] = {"code": error.code, "zh": list(error.describe("zh")), "en": list(error.describe("en"))}
        self.save("status.json", _json(self._status))

    def fail(self, error: KBError) -> None:
        self.log(f"{error.code}: {error}")
        self.set_status("failed", error)


# --- runs, seen from outside -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run as it stands now. error: {"code", "zh": [message, hint], "en": [message, hint]}, None if it did not fail."""

    folder: Path
    lab: str
    status: State
    started: float
    seconds: float
    params: dict[str, Any]
    metrics: dict[str, Any]
    error: dict[str, Any] | None

    def to_dict(self) -> dict[str, Any]:
        return {"run": str(self.folder), "lab": self.lab, "status": self.status, "started": self.started, "seconds": self.seconds,
                "params": self.params, "metrics": self.metrics, "error": self.error}


def new_folder(home: Path, lab: str, seed: object = 0) -> Path:
    """A fresh name in the library's folder of runs; nothing is made yet."""
    return home / "labs" / f"{lab}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}-s{seed}"


def read_run(folder: Path) -> RunInfo | None:
    """The run in a folder, or None if there is none. A run whose process is gone without a last word is "interrupted"."""
    status = _read(folder / "status.json")
    if "status" not in status or "lab" not in status:
        return None
    now: State = status["status"]
    if now in ("queued", "loading", "running") and born(status["pid"]) != status["born"]:
        now = _read(folder / "status.json").get("status", now)  # it may have ended between the two looks
        now = "interrupted" if now in ("queued", "loading", "running") else now
    seconds = time.time() - status["started"] if now in ("queued", "loading", "running") else status["seconds"]
    return RunInfo(folder, status["lab"], now, status["started"], round(seconds, 1), _read(folder / "params.json").get("params", {}),
                   _read(folder / "metrics.json"), status.get("error"))


def list_runs(home: Path) -> list[RunInfo]:
    """The runs in a library, newest first."""
    folder = home / "labs"
    found = [run for path in (folder.iterdir() if folder.is_dir() else ()) if path.is_dir() and (run := read_run(path)) is not None]
    return sorted(found, key=lambda run: -run.started)


def read_events(folder: Path) -> list[Event]:
    """The events so far; a last line that is still being written is left out."""
    try:
        lines = (folder / "events.jsonl").read_bytes().split(b"\n")
    except OSError:
        return []
    return [event for line in lines[:-1] if isinstance(event := _parse(line), dict)]


def read_log(folder: Path, most: int = 4000) -> str:
    """The end of log.txt."""
    try:
        return (folder / "log.txt").read_text(encoding="utf-8", errors="replace")[-most:]
    except OSError:
        return ""


def load_tensors(folder: Path, name: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """(tensors, meta) that `save_tensors` wrote, checked against their sha-256. Errors: DataProblem E_LAB_MODEL."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        meta = json.loads((folder / f"{name}.json").read_bytes())
        data = (folder / f"{name}.safetensors").read_bytes()
        if hashlib.sha256(data).hexdigest() != meta["sha256"]:
            raise ValueError("its bytes do not have the sha-256 that was written with it")
        return load(data), meta
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise DataProblem("E_LAB_MODEL", path=folder / f"{name}.safetensors", detail=str(error)) from error


def stop(folder: Path) -> None:
    """Asks a run to end; it keeps its best."""
    with contextlib.suppress(FileNotFoundError):
        (folder / "stop").touch()


def end_when_stopped(folder: Path, seconds: float = _FORCED_AFTER) -> None:
    """For a process that does nothing but this run: a stop that is not followed within `seconds` ends the process."""

    def watch() -> None:
        while not (folder / "stop").exists():
            time.sleep(0.3)
        time.sleep(seconds)
        run, status = Run(folder), _read(folder / "status.json")
        if status.get("status") in ("queued", "loading", "running"):
            run.save("status.json", _json({**status, "status": "cancelled", "seconds": round(time.time() - status["started"], 2)}))
            os._exit(130)

    threading.Thread(target=watch, daemon=True).start()


def settings_from(lab: Lab, settings: Sequence[str]) -> dict[str, Any]:
    """["seed=1", "text=a=b"] -> checked values. Errors: SettingError."""
    return lab.check(dict(split_setting(setting) for setting in settings))


def split_setting(setting: str) -> tuple[str, str]:
    """"text=a=b" -> ("text", "a=b"). Errors: SettingError."""
    name, sign, value = setting.partition("=")
    if not sign:
        raise SettingError("E_LAB_SETTING", value=setting)
    return name.strip(), value


def describe(lab: Lab) -> dict[str, Any]:
    """A lab in plain values: what it is, and its parameters."""
    return {"name": lab.name, "title": list(lab.title), "about": list(lab.about), "section": lab.section, "seconds": lab.seconds, "leaves_model": lab.apply is not None,
            "params": [{"name": p.name, "kind": p.kind, "default": p.default, "label": list(p.label), "help": list(p.help), "choices": list(p.choices), "low": p.low, "high": p.high}
                       for p in lab.params],
            "fields": [{"name": p.name, "kind": p.kind, "default": p.default, "label": list(p.label)} for p in lab.fields]}


# --- helpers -----------------------------------------------------------------------------------------------------------------------------


def _check(lab: str, known: Sequence[Param], given: Mapping[str, Any]) -> dict[str, Any]:
    by_name = {param.name: param for param in known}
    for name in given:
        if name not in by_name:
            raise SettingError("E_LAB_PARAM", lab=lab, name=name, known=", ".join(by_name) or "–")
    return {name: param.read(given.get(name, param.default)) for name, param in by_name.items()}


@contextlib.contextmanager
def _one_at_a_time(home: Path, run: Run) -> Iterator[None]:
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
                    run.event("note", text=("另一个实验正在训练，等它结束。", "Another lab is training; waiting for it to end."))
                waits = True
                time.sleep(0.2)
        yield


def _environment() -> dict[str, Any]:
    versions = {}
    for name in ("kb", "torch", "transformers", "tokenizers", "numpy", "scikit-learn"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return {"python": platform.python_version(), "platform": platform.platform(), "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
            "threads": os.environ.get("OMP_NUM_THREADS", ""), "versions": versions}


def _plain(value: Any) -> Any:
    """Numbers of numpy and torch, paths."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, default=_plain) + "\n").encode("utf-8", "backslashreplace")


def _parse(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _read(path: Path) -> dict[str, Any]:
    try:
        found = _parse(path.read_bytes())
    except OSError:
        return {}
    return found if isinstance(found, dict) else {}


