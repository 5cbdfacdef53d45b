"""The command `kb`: what the library can do, from a terminal.

Results go to stdout (with --json as JSON and nothing else), progress and messages to stderr. Exit codes: 0 ok, 1 error,
2 usage, 3 nothing indexed, 4 not in the library, 5 the language model failed, 6 some files failed, 7 no document fits
the filters, 10 needs confirmation, 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence

from kb.cli import (
    asking,
    backup,
    bibliography,
    completion,
    distill,
    evaluate,
    feedback,
    filing,
    lab,
    library,
    look_up,
    map,
    note,
    ocr,
    question,
    quote,
    read,
    servers,
    survey,
    sync,
    table,
    watch,
)
from kb.cli.common import INTERRUPTED, OK, USAGE, Command, add_shared_options, commands_of, print_json
from kb.cli.parser import Parser, port
from kb.cli.words import reader_language, say
from kb.errors import KBError, LibraryError, MissingPackage, as_notice
from kb.version import __version__

# What is so after Ctrl-C, where it is not that nothing was changed. `add`, `sync`, `ocr` and `lab run` say it
# themselves.
_KEPT = {
    "survey write": "interrupted; the parts that were written are kept, the same command goes on there",
    "survey update": "interrupted; the parts that were written are kept, the same command goes on there",
    "table": "interrupted; the cells that were filled are kept, the same command goes on there",
    "reindex": "interrupted; the library answers with the vectors it had, the same command goes on where it was",
    "adapt": "interrupted; the library answers as it did; with --reader the same command goes on where it was",
    "remove": "interrupted; kb list shows what is left",
    "verify": "interrupted; what was mended stays mended, the same command does the rest",
    "survey export": "interrupted; some of the files may be missing, the same command makes them",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code."""
    _replace_what_cannot_be_shown()
    options = argparse.Namespace(command="", json=False)
    try:
        options = _parsed(sys.argv[1:] if arguments is None else arguments)
        return COMMANDS[options.command](options)
    except KBError as error:
        return _fail(error, options.json)
    except KeyboardInterrupt:
        name = f"{options.command} {getattr(options, 'action', '')}".strip()
        print(say(_KEPT.get(name, "interrupted; nothing was changed")), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `kb list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except FileNotFoundError as error:
        if _is_somewhere():
            raise
        return _fail(LibraryError("E_NO_FOLDER", detail=str(error)), options.json)


def _replace_what_cannot_be_shown() -> None:
    """In a terminal of another encoding than UTF-8 a question mark stands for each character that it does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="replace")


def _is_somewhere() -> bool:
    """Whether the working folder is still there."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _fail(error: KBError, as_json: bool) -> int:
    if as_json:
        print_json({"error": as_notice(error).to_dict()})
    else:
        message, hint = error.describe(reader_language())
        print(f"{error.code}: {message}\n  -> {hint}", file=sys.stderr)
    return error.exit_code


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    whole = parser()
    if not arguments:
        whole.print_help(sys.stderr)
        sys.exit(USAGE)
    options: argparse.Namespace = whole.parse_args(arguments)
    return options


ROOMS = (  # of commands, in the order in which `kb --help` lists them
    library, bibliography, backup, filing, look_up, sync, watch, ocr, asking, read, map, quote, note, question,
    feedback, evaluate, distill, survey, table, lab, servers,
)


def parser() -> Parser:
    """The whole command line."""
    made = Parser(
        prog="kb", description="A bilingual knowledge base that answers with the exact place each sentence came from.")
    made.add_argument("--version", action="version", version=f"kb {__version__}", help="print the version")
    add_shared_options(made)
    made.set_defaults(json=False, home=None, encoder=None, whole=made)
    command = commands_of(made, "command", "COMMAND")
    for room in ROOMS:
        room.add_commands(command)
    _add_app(command)
    completion.add_commands(command)
    return made


def _add_app(command: Command) -> None:
    app = command("app", "open the app in the browser")
    app.add_argument("--port", type=port, default=8501, help="where it listens (default 8501)")
    app.add_argument("--address", default="127.0.0.1", help="where it listens (default 127.0.0.1)")
    app.add_argument("--no-browser", action="store_true", help="do not open a browser window")


def _app(options: argparse.Namespace) -> int:
    try:
        from kb_app.launch import launch
    except ModuleNotFoundError as error:
        raise MissingPackage("E_MISSING", package=error.name, install="bilingual-kb[app]") from error
    code: int = launch(options.home, options.encoder, options.address, options.port,
                       opens_browser=not options.no_browser)
    return code


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    **{name: run for room in ROOMS for name, run in room.COMMANDS.items()}, "app": _app, **completion.COMMANDS
}
