"""A run as a process of its own: it outlives the page that started it, and is found again by its folder.

    start_job(home, "add", ["add", "--", "papers/"])  ->  HOME/jobs/<id>, a run's folder (__init__.py)
        └── python -m kb.runs.jobs FOLDER COMMAND …        the keeper: makes events of the command's progress lines,
                └── kb add --json -- papers/          follows `stop`, and has the last word if the command has none

A command that keeps a run itself (`kb lab run --out FOLDER`) writes its own status and events; the keeper only listens.
"""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from kb.runs import (
    ACTIVE,
    Run,
    RunInfo,
    Status,
    as_json,
    error_of,
    is_left,
    last_event,
    parse_object,
    read_json,
    read_log,
    read_run,
    recent_events,
    runs_in,
    stop,
)

__all__ = ["RunInfo", "Status", "job_status", "last_event", "list_jobs", "read_log", "recent_events", "start_job",
           "stop"]

_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
_FORCED_AFTER = 30.0  # seconds that what was asked to end has for it
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_MOST_LISTED = 50  # items of a list in an event
_LOOK = 0.2  # seconds between two looks for the file `stop`


def start_job(home: Path, kind: str, arguments: Sequence[str], folder: Path | None = None) -> str:
    """Starts `kb ARGUMENTS --json` on this library; gives the run's id.

    folder: for a command that keeps its run itself, the one it was told to; None: a new one in HOME/jobs.
    """
    keeps_itself = folder is not None
    folder = folder or home / "jobs" / (time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3))
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir()
    if not keeps_itself:
        Run(folder).save("params.json", as_json({"kind": kind, "params": {"arguments": list(arguments)}}))
    # Options before the arguments: what follows a "--" among those is a path, whatever it looks like.
    command = [sys.executable, "-m", "kb", arguments[0], "--json", "--home", str(home), *arguments[1:]]
    process = subprocess.Popen([sys.executable, "-m", "kb.runs.jobs", str(folder), *command], start_new_session=True,
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    Run(folder).queue(kind, process.pid)
    assert process.stdin is not None
    process.stdin.close()  # the keeper waits for this: it finds a status
    threading.Thread(target=process.wait, daemon=True).start()  # so that it does not stay a zombie of this process
    return folder.name


def job_status(home: Path, job: str) -> RunInfo | None:
    """The job with this id, or None if there is none."""
    return read_run(home / "jobs" / job) if _ID.fullmatch(job) else None


def list_jobs(home: Path) -> list[RunInfo]:
    """All jobs of a library, newest first."""
    return runs_in(home / "jobs")


# --- the process that keeps a run ---


class _Keeper:
    """What stands between a command and its run's folder."""

    def __init__(self, folder: Path) -> None:
        self.run = Run(folder)
        self.run.queue(read_json(folder / "status.json")["kind"], os.getpid())
        self.stdout, self.n_told, self.has_ended = b"", 0, threading.Event()

    def keep(self, command: Sequence[str]) -> None:
        """Runs the command to its end, or until it is asked to stop."""
        self.run.set_status("loading")
        # No thread has been started yet, so that what runs between fork and exec is safe.
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=_bound_to(os.getpid()))
        assert process.stdout is not None and process.stderr is not None
        listeners = [threading.Thread(target=self._listen, args=(process.stderr,), daemon=True),
                     threading.Thread(target=self._wait, args=(process,), daemon=True)]
        for listener in listeners:
            listener.start()
        while not self.has_ended.wait(_LOOK):
            if self.run.stopped():
                self._end()
                break
        for listener in listeners:
            listener.join(_FORCED_AFTER)  # something that the command left behind may hold its pipes
        self._last_word(process.returncode)

    def _listen(self, lines: IO[bytes]) -> None:
        """Progress lines become events; a line with a kind is an event that the command has written itself."""
        for line in lines:
            values = parse_object(line) or {}
            if "phase" in values:
                self.run.event("progress", **values)
            elif "kind" not in values:
                self.run.log(line.decode("utf-8", "replace"))

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            if line.startswith(b"{") and len(line) > 3 and (value := parse_object(line)) is not None:
                self.run.event("told", value=_cut(value))  # a command that goes on says an object a line
                self.n_told += 1
            else:
                lines.append(line)
        self.stdout = b"".join(lines)
        process.wait()
        self.has_ended.set()

    def _end(self) -> None:
        """Asks the whole group of processes to end, and ends it, this one included, if that is not followed."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)
        if not self.has_ended.wait(_FORCED_AFTER):
            if self._status().get("status") in ACTIVE:
                self.run.set_status("cancelled")
            os.killpg(0, signal.SIGKILL)

    def _last_word(self, code: int) -> None:
        """The status that a command left by its output and exit code, unless it has said one itself."""
        said, result = self._status(), parse_object(self.stdout)
        is_own = said.get("pid") == os.getpid()
        if not is_own and not is_left(said):
            return
        if is_own and result is not None and "error" not in result:
            self.run.save("metrics.json", as_json(result))
            self.run.set_status("done")
        elif is_own and self.n_told and code == 0 and not self.run.stopped():
            self.run.set_status("done")
        elif self.run.stopped():
            self.run.set_status("cancelled")
        elif code < 0:
            self.run.set_status("interrupted")  # killed by a signal
        else:
            self.run.set_status("failed", error_of(result or {}))

    def _status(self) -> dict[str, Any]:
        return read_json(self.run.folder / "status.json")


def _cut(value: Any) -> Any:
    """The same with the first _MOST_LISTED items of each list; "n_NAME" says how many there are."""
    if not isinstance(value, dict):
        return value
    found = {name: _cut(inner) for name, inner in value.items()}
    for name, inner in value.items():
        if isinstance(inner, list):
            found[name], found[f"n_{name}"] = [_cut(item) for item in inner[:_MOST_LISTED]], len(inner)
    return found


def _bound_to(keeper: int) -> Callable[[], None] | None:
    """What a command does first so that it ends with its keeper, however that ends: work that goes on unseen would be
    told as interrupted. Only Linux has it."""
    if sys.platform != "linux":
        return None
    try:
        prctl = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return None

    def bind() -> None:
        prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != keeper:  # it has ended before that
            os._exit(1)

    return bind


def main(arguments: Sequence[str]) -> None:
    """Keeps the run in the folder arguments[0] of the command arguments[1:]."""
    sys.stdin.buffer.read()
    folder = Path(arguments[0])
    if read_json(folder / "status.json").get("status") in ACTIVE:  # else the process that started this one is dead
        _Keeper(folder).keep(arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
