"""How far a long task is: a bar with the time left on a terminal, lines elsewhere.

Reads: Progress.  Writes: stderr.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from types import TracebackType

from kb.cli.words import fit, say
from kb.text import one_line
from kb.types import Progress

_MANY = 2000  # files that are announced before they are read


class Progressbar:
    """Shows progress on stderr: a bar with the time left on a terminal, one JSON line a second with --json, else a line
    in ten seconds."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._on_terminal = sys.stderr.isatty() and not as_json
        self._started = time.monotonic()
        self._last = 0.0
        self._files = (0, 0)
        self._n_read = 0
        self._share = 0.0

    def __enter__(self) -> Progressbar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.clear()

    def clear(self) -> None:
        """Takes the bar off the terminal, before something else is written there."""
        if self._on_terminal and self._last:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.phase == "scan":
            if progress.total > _MANY and not self._as_json:
                print(say("{n} file{n:|s} {n:is|are} about to be read; Ctrl-C stops", n=f"{progress.total:,}"),
                      file=sys.stderr)
            return
        if progress.phase == "commit":
            self._files = (progress.done, progress.total)
        elif progress.phase == "read":
            self._files, self._n_read = (self._files[0], progress.total), progress.done
        is_last = progress.phase in ("commit", "write") and progress.done == progress.total
        if not is_last and now - self._last < (0.1 if self._on_terminal else 1.0 if self._as_json else 10.0):
            return
        self._last = now
        if self._as_json:
            print(json.dumps({**progress.to_dict(), "seconds": round(now - self._started, 1)}, ensure_ascii=False),
                  file=sys.stderr, flush=True)
            return
        line = self._line(progress, now)
        print(f"\r\x1b[K{line}" if self._on_terminal else line, end="" if self._on_terminal else "\n", file=sys.stderr,
              flush=True)

    def _line(self, progress: Progress, now: float) -> str:
        width = shutil.get_terminal_size().columns - 1
        step = f"{say(progress.phase)} {progress.done}/{progress.total}"
        item = one_line(os.path.basename(progress.item), 60)
        if progress.phase in ("teach", "train", "write", "outline", "verify", "look", "table"):
            return fit(f"{step} · {say(item) if progress.phase == 'verify' else item}".rstrip(" ·"), width)
        done, total = self._files
        part = progress.done / max(1, progress.total)
        # Files that were read are as far as their group's passages are encoded.
        encoded = part if progress.phase == "encode" else 0.0
        share = (done + max(0, self._n_read - done) * encoded) / total if total else part
        share = self._share = max(self._share, share)
        left = (now - self._started) * (1 - share) / share if share > 0.01 else None
        eta = " " + say("{time} left", time=_duration(left)) if left is not None else ""
        bar = "#" * int(share * 24) + "." * (24 - int(share * 24))
        files = f" {say('{done}/{total} file{total:|s}', done=done, total=total)}" if total else ""
        return fit(f"[{bar}]{files}{eta} · {step} {item}".rstrip(), width)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    if minutes >= 60:
        return say("{h} h {m} min", h=minutes // 60, m=minutes % 60)
    return say("{m} min {s} s", m=minutes, s=rest) if minutes else say("{s} s", s=rest)
