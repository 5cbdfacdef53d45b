"""`kb watch`: the library follows folders, until it is stopped.

Reads: Watched.  Gives: a line for each change, or with --json an object a line.
"""

from __future__ import annotations

import argparse
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kb.cli.common import OK, Command, open_base, print_text
from kb.cli.words import pad, reader_language, say
from kb.text import one_line

if TYPE_CHECKING:
    from kb.base.watching import Watched


def add_commands(command: Command) -> None:
    """Declares the command of this file."""
    watch = command("watch", "follow folders until it is stopped (Ctrl-C): what is new, changed, renamed or gone is "
                             "added, updated or removed, as kb sync --yes does it")
    watch.add_argument("folders", nargs="+", metavar="FOLDER", help="folders of documents")
    watch.add_argument("--force", action="store_true",
                       help="also a folder that is empty or not mounted, whose documents are removed then")


def run(options: argparse.Namespace) -> int:
    """The command."""
    stop = threading.Event()
    with open_base(options, creates=True) as base, _stopping(stop):
        for done in base.watch(options.folders, stop=stop, force=options.force):
            if options.json:
                print_text(json.dumps(done.to_dict(), ensure_ascii=False) + "\n")
            else:
                print_text("".join(f"{line}\n" for line in lines_of(done)))
    if not options.json:
        print_text(say("stopped") + "\n")
    return OK


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set the event: what is being done is ended first."""

    def told(number: int, frame: Any) -> None:
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def lines_of(done: Watched) -> list[str]:
    """A line for each file."""
    if done.error is not None:
        message, hint = done.error.describe(reader_language())
        return [f"{pad(say('ERROR'), 9)}  {one_line(done.folder, 200)}: {message}" + (f" -> {hint}" if hint else "")]
    if done.report is None:
        return []
    found = [(say("added") if not item.replaced else say("updated"), item.path) for item in done.report.added]
    found += [(say("renamed"), f"{item.moved_from} -> {item.path}") for item in done.report.unchanged
              if item.moved_from]
    found += [(say("removed"), item.path) for item in done.report.removed]
    found += [(say("FAILED"), f"{problem.path}: {problem.describe(reader_language())[0]}")
              for problem in done.report.failed]
    return [f"{pad(word, 9)}  {one_line(text, 400)}" for word, text in found]


COMMANDS = {"watch": run}
