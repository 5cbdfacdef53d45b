"""`kb api` and `kb mcp`: the library for other programs, over HTTP and over the Model Context Protocol."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from functools import partial

from kb.cli.common import OK, Command, open_base
from kb.cli.parser import any_port
from kb.cli.words import reader_language
from kb.errors import MissingPackage


def add_commands(command: Command) -> None:
    """Declares the commands of this file."""
    api = command("api", "answer other programs over HTTP, until it is stopped: every operation, and chat as OpenAI's "
                         "API has it")
    _add_options(api, 8502)
    mcp = command("mcp", "answer other programs over the Model Context Protocol: on standard input and output, or with "
                         "--http on a port")
    mcp.add_argument("--http", action="store_true", help="over HTTP, with a token, not on standard input and output")
    _add_options(mcp, 8503)


def _add_options(parser: argparse.ArgumentParser, number: int) -> None:
    parser.add_argument("--write", action="store_true", help="also let them add, edit and remove documents")
    parser.add_argument("--port", type=any_port, default=number,
                        help="where it listens (8502; kb mcp --http: 8503; 0: one that is free)")
    parser.add_argument("--address", default="127.0.0.1", help="where it listens (default 127.0.0.1)")
    parser.add_argument("--host", action="append", default=[], metavar="NAME",
                        help="a further name by which others reach it, with its port; may be repeated")
    parser.add_argument("--token-file", metavar="FILE",
                        help="a file with a token of your own, instead of one that is made and printed at each start")


def _api(options: argparse.Namespace) -> int:
    with _missing("api"):
        from kb.servers.api import OPEN_PATHS, make_api
        from kb.servers.run import listening_of, serve
    with open_base(options, creates=options.write) as base:
        base.status()
        serve(partial(make_api, base, writes=options.write, language=reader_language()),
              listening_of(options.address, options.port, options.host, options.token_file), "api",
              open_paths=OPEN_PATHS)
    return OK


def _mcp(options: argparse.Namespace) -> int:
    with _missing("mcp"):
        from kb.servers.mcp import PATH, make_http, serve_stdio
        from kb.servers.run import listening_of, serve
    with open_base(options, creates=options.write) as base:
        base.status()
        if options.http:
            serve(partial(make_http, base, writes=options.write, language=reader_language()),
                  listening_of(options.address, options.port, options.host, options.token_file), "mcp", PATH)
        else:
            serve_stdio(base, writes=options.write, language=reader_language())
    return OK


@contextlib.contextmanager
def _missing(extra: str) -> Iterator[None]:
    """Errors: MissingPackage where a package of the extra is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("kb."):
            raise
        raise MissingPackage("E_MISSING", package=error.name, install=f"bilingual-kb[{extra}]") from error


COMMANDS = {"api": _api, "mcp": _mcp}
