"""Processes that read files, kept from one test to the next: a start of one costs a fifth of a second of CPU, one that
recognises pages two seconds, and most tests want it for one small file.

A `Sandbox` that has ended well leaves its server here, and the next with the same limits, settings and packages takes
it. Each file is still read in a limited child of its own, as it is where a library adds several. Tests of the server
itself have `of_their_own`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

from kb.readers.sandbox import Sandbox

_MOST = 6  # that wait; one that recognises holds half a gigabyte
_waiting: list[tuple[object, Any, Any]] = []
_alone = threading.Lock()
_is_on = False
_running, _exit = Sandbox._running, Sandbox.__exit__
os.register_at_fork(after_in_child=_waiting.clear)  # they are the parent's


def _wanted(sandbox: Sandbox) -> object:
    """What a server was started with and cannot change."""
    environment = [os.environ.get(name) for name in ("PATH", "LANG", "LC_ALL", "TMPDIR")]
    return sandbox.limits, environment, list(sys.path)


def _take(sandbox: Sandbox) -> Any:
    if _is_on and sandbox._server is None:
        wanted = _wanted(sandbox)
        with _alone:
            place = next((i for i, waits in enumerate(_waiting) if waits[0] == wanted), None)
            if place is not None:
                _, sandbox._server, sandbox._channel = _waiting.pop(place)
    return _running(sandbox)  # a new one where there is none, or none that lives


def _leave(sandbox: Sandbox, kind: Any, error: Any, trace: Any) -> None:
    server, channel = sandbox._server, sandbox._channel
    if _is_on and kind is None and server is not None and channel is not None and server.poll() is None:
        sandbox._server = sandbox._channel = None
        with _alone:
            _waiting.append((_wanted(sandbox), server, channel))
            too_many = [_waiting.pop(0) for _ in range(len(_waiting) - _MOST)]
        for waits in too_many:
            _end(waits)
    _exit(sandbox, kind, error, trace)


def _end(waits: tuple[object, Any, Any]) -> None:
    _, server, channel = waits
    channel.close()
    server.kill()
    server.wait()


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """From here on they are kept; at the end none is left."""
    global _is_on
    Sandbox._running, Sandbox.__exit__ = _take, _leave  # type: ignore[method-assign]
    _is_on = True
    try:
        yield
    finally:
        _is_on = False
        Sandbox._running, Sandbox.__exit__ = _running, _exit  # type: ignore[method-assign]
        while _waiting:
            _end(_waiting.pop())


@contextlib.contextmanager
def of_their_own() -> Iterator[None]:
    """Each Sandbox starts its own server meanwhile, and ends it."""
    global _is_on
    before, _is_on = _is_on, False
    try:
        yield
    finally:
        _is_on = before
