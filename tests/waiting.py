"""Waiting for what has to happen, and ending or interrupting a process at a known point: none depends on how busy the
machine is."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kb.types import Progress

LONGEST = 900.0  # seconds before a test is called hung; never a measure of speed


def wait_until(condition: Callable[[], Any], told: Callable[[], object] = lambda: "it never came") -> Any:
    """What `condition` gives once it is true. told: what is said if that does not come."""
    deadline = time.monotonic() + LONGEST
    while not (found := condition()):
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)
    return found


def kill_this_process_at(n: int, folder: Path) -> None:
    """SIGKILL to this process when it is about to change a file or a name below `folder` for the n-th time (1 the
    first); n + 1 is the moment after the n-th."""
    seen = 0

    def look(event: str, details: tuple[Any, ...]) -> None:
        nonlocal seen
        if event == "open":
            path, _, flags = details
            is_change = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        else:
            path, is_change = details[0] if details else None, event in ("os.rename", "os.remove", "os.mkdir")
        if is_change and isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(str(folder)):
            seen += 1
            if seen == n:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def interrupt_this_process_at(fields: Mapping[str, Any]) -> None:
    """Ctrl-C to this process, once, when it is told a progress that has these fields, or reads from stdin: {"phase":
    "stdin"}."""
    from kb.cli.progress import Progressbar

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    if fields == {"phase": "stdin"}:
        sys.stdin = io.TextIOWrapper(_Interrupted())
        return
    tell = Progressbar.__call__

    def told(self: Progressbar, progress: Progress) -> None:
        tell(self, progress)
        if fields.items() <= progress.to_dict().items():
            Progressbar.__call__ = tell  # type: ignore[method-assign]
            signal.raise_signal(signal.SIGINT)

    Progressbar.__call__ = told  # type: ignore[method-assign]


class _Interrupted(io.BytesIO):
    """Ctrl-C is pressed while it is waited for."""

    def read(self, size: int | None = -1) -> bytes:
        signal.raise_signal(signal.SIGINT)
        return b""
