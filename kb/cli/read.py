"""`kb read`: what documents say of themselves, part by part, each sentence with its place; several side by side.

Reads: Summary.  Gives: text on stdout.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from kb.cli.common import OK, Command, open_base, show
from kb.cli.terminal import clean, style
from kb.cli.words import reader_language, say
from kb.messages import word
from kb.operations import shapes
from kb.text import one_line
from kb.types import Citation, Summary, SummaryPart


def add_commands(command: Command) -> None:
    """Declares the command."""
    read = command("read", "what a document says of itself: problem, method, results, limits, definitions and tables, "
                           "in its own sentences; several side by side")
    read.add_argument("document", nargs="+", metavar="ID")
    read.add_argument("--language", choices=("zh", "en"),
                      help="whose sentences are preferred where a document has both (default: its own)")


def _read(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        found = base.read([name.strip("[]").partition(":")[0] for name in options.document],
                          language=options.language)
    show(options, shapes.summaries(found), lambda: _print(found))
    return OK


def _print(found: Sequence[Summary]) -> None:
    """One document after its title; of several, each part with what every document says of it."""
    alone = len(found) == 1
    for summary in found:
        print(style("1", f"{clean(one_line(summary.title, 160))}  [{summary.document}]"))
    for part in zip(*(summary.parts for summary in found), strict=True):
        print(f"\n{style('1;36', word(part[0].part, reader_language()))}")
        for summary, own in zip(found, part, strict=True):
            if not alone:
                print(f"  {style('1', clean(one_line(summary.title, 100)))}")
            _print_part(own, "  " if alone else "    ")
    if not all(summary.is_read for summary in found):
        print(style("2", say("chosen by words and places alone: no trained reader is used")))


def _print_part(part: SummaryPart, indent: str) -> None:
    for claim in part.claims:
        print(f"{indent}{clean(one_line(claim.text, 4000))}  {style('2', _place(claim.citations[0]))}")
    if part.n_more:
        print(style("2", indent + say("{n} more", n=part.n_more)))
    if not part.claims:
        print(style("2", f"{indent}— {say('nothing of the kind was found')}"))


def _place(c: Citation) -> str:
    page = say(", p. {page}", page=c.page).lstrip(",， ") + " " if c.page is not None else ""
    return f"{page}[{c.document}:{c.start}-{c.end}]"


COMMANDS = {"read": _read}
