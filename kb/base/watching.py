"""Folders that are watched: the library follows what happens to their files, as `sync` does it.

Reads: what watchfiles tells of folders.  Gives: Watched, for each time something was done. watchfiles pays its rent
here: the system's own word, on every kind of system, where every file would have to be looked at again and again.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kb.base.library import Library
from kb.errors import KBError, LibraryError, MissingPackage, as_notice
from kb.types import Notice, Record, SyncReport

STILL = 1.0  # seconds for which no file's size or time may change: else it is being written
_DEBOUNCE_MS = 800  # events that follow each other so closely are one
_LONGEST_WAIT = 600.0  # seconds that a file is waited for
_TICK_MS = 500  # how soon a stop is seen
_TRIES = 5  # times that a library is asked in which another process writes


@dataclass(frozen=True, slots=True)
class Watched(Record):
    """What a change in a folder did. error: why nothing was done, in its stead."""

    folder: str
    report: SyncReport | None = None
    error: Notice | None = None


def watch(library: Library, folders: Sequence[str], *, stop: threading.Event, force: bool = False,
          still: float = STILL) -> Iterator[Watched]:
    """Makes the library match the folders, then follows them until `stop` is set: each change once it is quiet and what
    is written is whole. An error of a folder is told and does not end it. Errors: MissingPackage without the extra."""
    try:
        from watchfiles import watch as changes
    except ModuleNotFoundError as error:
        raise MissingPackage("E_MISSING", package="watchfiles", install="bilingual-kb[watch]") from error
    real = {os.path.realpath(os.path.expanduser(folder)): folder for folder in folders}
    there = [path for path in real if os.path.isdir(path)]
    for path in real.keys() - set(there):
        yield _synced(library, real[path], Path(path), stop, force, still)
    home = os.path.realpath(library.home) + os.sep  # what we write ourselves is no change
    begun = False
    for seen in changes(*there, stop_event=stop, debounce=_DEBOUNCE_MS, step=100, rust_timeout=_TICK_MS,
                        raise_interrupt=False, ignore_permission_denied=True, yield_on_timeout=True,
                        watch_filter=lambda kind, path: not path.startswith(home)) if there else ():
        for path in there:  # all are looked at when they are watched already: nothing comes between
            if not begun or any(name == path or name.startswith(path + os.sep) for _, name in seen):
                done = _synced(library, real[path], Path(path), stop, force, still)
                if done.error is not None or _did_something(done.report):
                    yield done
        begun = True


def _synced(library: Library, folder: str, path: Path, stop: threading.Event, force: bool, still: float) -> Watched:
    for n in range(1, _TRIES + 1):
        wait_until_written(path, stop, still)
        try:
            return Watched(folder, library.sync(folder, force=force))
        except KBError as error:
            is_busy = isinstance(error, LibraryError) and error.code == "E_BUSY"
            if not is_busy or n == _TRIES or stop.wait(still):
                return Watched(folder, error=as_notice(error))
    raise AssertionError("the last try returns")


def _did_something(report: SyncReport | None) -> bool:
    return report is not None and bool(report.added or report.removed or report.failed or any(
        item.moved_from for item in report.unchanged))


def wait_until_written(folder: Path, stop: threading.Event, still: float,
                       now: Callable[[], float] = time.monotonic) -> None:
    """Waits until no file of the folder is larger or newer than `still` seconds before."""
    before, until = _sizes(folder), now() + _LONGEST_WAIT
    while now() < until and not stop.wait(still):
        after = _sizes(folder)
        if after == before:
            return
        before = after


def _sizes(folder: Path) -> Mapping[str, tuple[int, int]]:
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            try:
                seen = os.lstat(path)
            except OSError:
                continue  # gone meanwhile
            found[path] = (seen.st_size, seen.st_mtime_ns)
    return found
