"""A run: work that lasts longer than a page, as a folder. Adding, fitting, surveys and labs all leave the same one.

    FOLDER/params.json   what it was run with            status.json   how it stands, written beside and renamed
           events.jsonl  one line per event              log.txt       the same in words, warnings, a traceback
           metrics.json  what came out                   stop          asks it to end

Statuses: queued -> loading -> running -> done, failed, or cancelled (it was asked to end). A run whose process is gone
without a last word is "interrupted", whatever killed it. Who starts one as a process of its own: jobs.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from kb.errors import FolderError, KBError
from kb.messages import Words, describe, values_from, words_of
from kb.outside import OutsideError, read_object

Status = Literal["queued", "loading", "running", "cancelled", "done", "failed", "interrupted"]
ACTIVE: tuple[Status, ...] = ("queued", "loading", "running")
Event = dict[str, Any]

_LARGEST = 1 << 28  # bytes of a file of a run: a report of many documents is long
_TAIL = 64_000  # bytes of a file that are looked at for its last line


class Run:
    """The folder of one run, while it runs. The only way the work speaks and writes."""

    def __init__(self, folder: Path, on_event: Callable[[Event], None] = lambda event: None,
                 should_stop: Callable[[], bool] = lambda: False) -> None:
        self.folder = folder
        self.was_stopped = False
        self._on_event, self._should_stop = on_event, should_stop
        self._started, self._clock = time.time(), time.monotonic()
        self._status: dict[str, Any] = {}

    def event(self, kind: str, **values: Any) -> None:
        """Appends to events.jsonl and tells the caller. Kinds:

        note     text=Words                    metric  step=3, loss=.4, …   (names are free; one curve each)
        progress phase="read", done=3, total=9, item="a.pdf"
        table    title=Words, rows=[dict, …]      heat    title=Words, matrix=[[…]], rows=[…], columns=[…]
        image    title=Words, file="x.png"        code    title=Words, text="…", output="…"
        told     value={…}, what a command said on a line of its own
        points   title=Words, x_title=Words, x=[…], lines={name: [y, …]}
        """
        event = {"kind": kind, "at": round(self.seconds(), 2), **values}
        if kind in ("metric", "progress", "told") and self._status.get("status") == "loading":
            self.set_status("running")
        with (self.folder / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, ensure_ascii=False, default=plain) + "\n")
        if kind == "note":
            self.log(words_of(values["text"]).en)
        elif kind == "metric":
            self.log("  ".join(_short(name, value) for name, value in values.items()))
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

    def begin(self, kind: str, params: Mapping[str, Any]) -> None:
        """Makes the folder, or takes over the one that was queued for this run. Errors: SettingError if another run is
        in it, or it cannot be made."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not _is_free(self.folder):
                raise FolderError("E_LAB_FOLDER", path=self.folder)
            self.queue(kind, os.getpid())
        except OSError as error:
            raise FolderError("E_LAB_UNWRITABLE", path=self.folder, detail=error.strerror or str(error)) from error
        self.save("params.json", as_json({"kind": kind, "params": dict(params)}))

    def queue(self, kind: str, pid: int) -> None:
        """Says which process will do the work."""
        self._status = {"kind": kind, "pid": pid, "born": born(pid), "started": self._started}
        self.set_status("queued")

    def set_status(self, status: Status, error: Mapping[str, Any] | None = None) -> None:
        """error: as RunInfo has it."""
        self._status |= {"status": status, "seconds": round(self.seconds(), 2)}
        if error is not None:
            self._status["error"] = dict(error)
        self.save("status.json", as_json(self._status))

    def fail(self, error: KBError) -> None:
        """The last word of a run that cannot go on."""
        self.log(f"{error.code}: {error}")
        self.set_status("failed", {"code": error.code, "zh": error.describe("zh"), "en": error.describe("en")})


def _is_free(folder: Path) -> bool:
    """Whether a run may begin in it: nothing is there, or what a process that was started for it has said so far."""
    names = {path.name for path in folder.iterdir()}
    if "status.json" in names:
        return names <= {"stop", "status.json", "log.txt"} and read_json(folder / "status.json").get("status") in ACTIVE
    return names <= {"stop"}


# --- runs, seen from outside ---


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run as it stands now. kind: "add", "adapt", "survey:FOLDER", "lab:NAME". error: {"code", "zh": [message, hint],
    "en": [message, hint]}, None if it did not fail. metrics: what came out, {} until then. pid: of its process."""

    folder: Path
    kind: str
    status: Status
    started: float
    seconds: float
    params: dict[str, Any]
    metrics: dict[str, Any]
    error: dict[str, Any] | None
    pid: int = 0

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def lab(self) -> str:
        """Of which lab it is a run; "" if it is none."""
        return self.kind.removeprefix("lab:") if self.kind.startswith("lab:") else ""

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.status in ACTIVE

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to end and has not yet."""
        return self.is_active and (self.folder / "stop").exists()

    def to_dict(self) -> dict[str, Any]:
        return {
            "run": str(self.folder), "kind": self.kind, "lab": self.lab, "status": self.status,
            "started": self.started, "seconds": self.seconds, "params": self.params, "metrics": self.metrics,
            "error": self.error
        }


def read_run(folder: Path) -> RunInfo | None:
    """The run in a folder, or None if there is none."""
    status = read_json(folder / "status.json")
    if not _is_status(status):
        return _read_earlier_job(folder)
    if is_left(status):
        again = read_json(folder / "status.json")  # it may have ended between the two looks
        status = again if _is_status(again) else status
        if is_left(status):
            status["status"] = "interrupted"
    now: Status = status["status"]
    kind = status["kind"] if "kind" in status else f"lab:{status['lab']}"  # of earlier runs only labs had one
    seconds = time.time() - status["started"] if now in ACTIVE else status["seconds"]
    params = read_json(folder / "params.json").get("params")
    return RunInfo(folder, kind, now, status["started"], round(seconds, 1), params if isinstance(params, dict) else {},
                   read_json(folder / "metrics.json"), status.get("error"), status["pid"])


def _is_status(status: Mapping[str, Any]) -> bool:
    """Whether this is what `Run.set_status` writes; anything else is no run."""
    kinds = {"status": str, "pid": int, "born": int, "started": int | float, "seconds": int | float}
    return (all(isinstance(status.get(name), kind) for name, kind in kinds.items())
            and status["status"] in get_args(Status) and isinstance(status.get("kind", status.get("lab")), str)
            and isinstance(status.get("error"), dict | None))


def is_left(status: Mapping[str, Any]) -> bool:
    """Whether a status says that the run goes on, and its process is gone."""
    return status.get("status") in ACTIVE and born(status["pid"]) != status["born"]


def _read_earlier_job(folder: Path) -> RunInfo | None:
    """A job of before jobs and labs had one kind of folder: job.json, progress.jsonl, result.json, a file stopped."""
    job = read_json(folder / "job.json")
    if not {"kind", "pid", "born"} <= set(job):
        return None
    ended, began = read_json(folder / "result.json"), (folder / "job.json").stat().st_mtime
    said = ended.get("stdout", "")
    result = (parse_object(said) if isinstance(said, str) else None) or {}
    status: Status = "running"
    if ended:
        status = "done" if result and "error" not in result else "failed"
    elif (folder / "stopped").exists():
        status = "cancelled"
    elif born(job["pid"]) != job["born"]:
        status = "interrupted"
    return RunInfo(folder, job["kind"], status, began, 0.0, {"arguments": job.get("arguments", [])}, result,
                   error_of(result) if status == "failed" else None, job["pid"])


def runs_in(folder: Path) -> list[RunInfo]:
    """The runs whose folders are in this one, newest first."""
    paths = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    found = [run for path in paths if (run := read_run(path)) is not None]
    return sorted(found, key=lambda run: (-run.started, run.id))


def read_events(folder: Path) -> list[Event]:
    """The events so far; a last line that is still being written is left out."""
    try:
        lines = (folder / "events.jsonl").read_bytes().split(b"\n")
    except OSError:
        return []
    return [event for line in lines[:-1] if (event := parse_object(line)) is not None]


def last_event(folder: Path, kind: str) -> Event | None:
    """The newest event of a kind, looked for at the end of the file."""
    for name in ("events.jsonl", "progress.jsonl"):  # the second: an earlier job
        for line in reversed(_tail(folder / name).split(b"\n")[:-1]):
            event = parse_object(line)
            if event is not None and event.get("kind", "progress") == kind:
                return event
    return None


def recent_events(folder: Path, kind: str, n: int) -> list[Event]:
    """The newest events of a kind, the newest first, at most n of those at the end of the file."""
    found: list[Event] = []
    for line in reversed(_tail(folder / "events.jsonl").split(b"\n")[:-1]):
        event = parse_object(line)
        if event is not None and event.get("kind") == kind:
            found.append(event)
            if len(found) == n:
                break
    return found


def read_log(folder: Path, most: int = 4000) -> str:
    """The end of log.txt."""
    return _tail(folder / "log.txt").decode("utf-8", "replace")[-most:]


def stop(folder: Path) -> None:
    """Asks a run to end. What it had committed stays; a training keeps its best."""
    with contextlib.suppress(FileNotFoundError):
        (folder / "stop").touch()


def born(pid: int) -> int:
    """When a process started, in clock ticks since boot; 0 if it is gone (or a zombie). Elsewhere than on Linux: 1
    while it runs.

    A pid may be another process's by now; its birth tells."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return 0 if fields[0] in "ZX" else int(fields[19])
    except (OSError, IndexError, ValueError):
        if sys.platform == "linux":
            return 0
    try:
        os.kill(pid, 0)
    except OSError:
        return 0
    return 1


def error_of(result: Mapping[str, Any]) -> dict[str, Any] | None:
    """The error that a command printed as JSON, as a status has it; None if it printed none."""
    error = result.get("error")
    if not isinstance(error, Mapping):
        return None
    code, words = str(error.get("code", "")), [str(error.get("message", "")), str(error.get("hint", ""))]
    try:
        chinese = list(describe(code, values_from(error.get("values", {})), "zh"))
    except KeyError:  # another version's
        chinese = words
    return {"code": code, "zh": chinese, "en": words}


def as_json(value: Any) -> bytes:
    """As a run's files hold it: indented, UTF-8, numbers of numpy and torch as plain ones."""
    return (json.dumps(value, ensure_ascii=False, indent=1, default=plain) + "\n").encode("utf-8", "backslashreplace")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; {} if there is none."""
    try:
        return parse_object(path.read_bytes()) or {}
    except OSError:
        return {}


def parse_object(data: str | bytes) -> dict[str, Any] | None:
    """A JSON object; None for anything else. What was cut off by a bound of the reader is none either."""
    try:
        return read_object(data, largest=_LARGEST, is_strict=False)
    except OutsideError:
        return None


def _tail(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            return file.read()
    except OSError:
        return b""


def _short(name: str, value: Any) -> str:
    return f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"


def plain(value: Any) -> Any:
    """As JSON holds it: words, numbers of numpy and torch, paths."""
    if isinstance(value, Words):
        return value.to_dict()
    return value.tolist() if hasattr(value, "tolist") else str(value)
