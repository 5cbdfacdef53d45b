"""`kb look-up`: metadata of documents from the references of others, and from Crossref, OpenAlex and arXiv.

Reads: LookedUp of base/look_up.py.  Gives: a line for each document.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.cli.common import OK, PARTIAL, Command, open_base, show
from kb.cli.progress import Progressbar
from kb.cli.words import reader_language, say
from kb.errors import SettingError
from kb.text import one_line
from kb.types import Words

if TYPE_CHECKING:
    from kb.base.look_up import LookedUp


def add_commands(command: Command) -> None:
    """Declares the command of this file."""
    made = command("look-up", "fill missing or guessed metadata: from references of other documents, and by DOI or "
                              "arXiv number from Crossref, OpenAlex and arXiv")
    made.add_argument("documents", nargs="*", metavar="ID")
    made.add_argument("--all", action="store_true", help="all documents of the library")
    made.add_argument("--offline", action="store_true", help="ask the references of the library alone")


def _look_up(options: argparse.Namespace) -> int:
    if bool(options.documents) == options.all:
        raise SettingError("E_SETTING", name="ID", value="", detail=Words(
            "give the ids of documents, or --all", "给出文档编号，或用 --all"))
    with open_base(options) as base, Progressbar(as_json=options.json) as progress:
        rows = base.look_up(None if options.all else options.documents, network=not options.offline,
                            on_progress=progress)
    show(options, {"documents": [row.to_dict() for row in rows]}, lambda: print_looked_up(rows))
    return PARTIAL if any(row.problem for row in rows) else OK


def print_looked_up(rows: Sequence[LookedUp]) -> None:
    """What became of each document."""
    for row in rows:
        if row.set:
            print(f"{row.document}  {one_line(row.title)}  {row.source}: {', '.join(map(say, row.set))}")
        elif row.other_title:
            print(f"{row.document}  {one_line(row.title)}  " + say(
                "{source} has another work under this number: {title}", source=row.source, title=row.other_title))
        elif row.problem:
            print(f"{row.document}  {one_line(row.title)}  {row.problem.describe(reader_language())[0]}")
        else:
            print(f"{row.document}  {one_line(row.title)}  " + say("nothing new"))


COMMANDS = {"look-up": _look_up}
