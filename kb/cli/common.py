"""What every command shares: exit codes, the options they all take, the opened library, results on stdout.

Reads: parsed options.  Gives: a KnowledgeBase, bytes on stdout.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kb.cli.parser import Parser
from kb.config import Settings
from kb.errors import NoLibrary

if TYPE_CHECKING:
    from kb.base import KnowledgeBase

OK, ERROR, USAGE, NOT_IN_LIBRARY, MODEL_FAILED, PARTIAL, CONFIRM, INTERRUPTED = 0, 1, 2, 4, 5, 6, 10, 130
Command = Callable[[str, str], argparse.ArgumentParser]  # (name, what it does) -> its parser, with the shared options


def add_shared_options(parser: argparse.ArgumentParser) -> None:
    """The options that may stand before a command, after it, or after its action; where one is not given, nothing is
    set."""
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS,
                        help="print the result as JSON on stdout")
    parser.add_argument("--home", metavar="LIBRARY", default=argparse.SUPPRESS,
                        help="the library's folder (default: KB_HOME, else the user's data folder), or the address of "
                             "one on a server: postgresql://USER@HOST/DATABASE")
    parser.add_argument(
        "--encoder", metavar="NAME", default=argparse.SUPPRESS,
        help="bundled, bundled-english, a folder of kb distill, or a sentence-transformers model name or folder")


def add_ray(parser: argparse.ArgumentParser) -> None:
    """The option of commands that add many files."""
    parser.add_argument("--ray", metavar="ADDRESS",
                        help="have the nodes of a Ray cluster read and encode: HOST:PORT of its head, or auto for the "
                             "one that this machine is a node of (pip install 'bilingual-kb[ray]')")


def commands_of(parser: argparse.ArgumentParser, name: str, metavar: str, *, is_required: bool = True) -> Command:
    """Lets a parser have commands of its own; which one was chosen is `options.NAME`."""
    inner = parser.add_subparsers(dest=name, required=is_required, metavar=metavar, title="commands",
                                  parser_class=Parser)

    def command(name: str, words: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = inner.add_parser(name, help=words, description=words)
        add_shared_options(made)
        return made

    return command


def open_base(options: argparse.Namespace, *, creates: bool = False) -> KnowledgeBase:
    """The library that the options name. Errors: LibraryError E_NO_HOME where a folder was named (--home, KB_HOME) that
    is not there, unless the command creates it."""
    from kb.base import KnowledgeBase

    base = KnowledgeBase.open(options.home, encoder=options.encoder)
    if not creates:
        check_home(base.settings)
    return base


def check_home(settings: Settings) -> None:
    """Errors: as `open_base`."""
    if not settings.server and not settings.home.is_dir() and dict(settings.origins)["home"] != "default":
        raise NoLibrary("E_NO_HOME", path=settings.home)


def show(options: argparse.Namespace, value: Any, printer: Callable[[], None]) -> None:
    """The result: the value as JSON where that was asked for, else as the printer prints it."""
    if options.json:
        print_json(value)
    else:
        printer()


def print_json(value: Any) -> None:
    """The value on stdout, UTF-8 whatever the terminal's encoding; lone surrogates of odd file names are escaped."""
    print_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_text(text: str) -> None:
    """The text on stdout, UTF-8 whatever the terminal's encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
