"""`kb map`: the documents by meaning, which lie together, and what tells each group from the others.

Reads: DocumentMap.  Gives: text on stdout.
"""

from __future__ import annotations

import argparse

from kb.cli.common import OK, Command, open_base, show
from kb.cli.scope import add_scope_options, scope_of
from kb.cli.terminal import clean, style
from kb.cli.words import say
from kb.text import one_line
from kb.types import DocumentMap


def add_commands(command: Command) -> None:
    """Declares the command."""
    add_scope_options(command("map", "which documents lie together by meaning, what tells each group from the others, "
                                     "and with --json where each lies in two dimensions"))


def _map(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        found = base.map(scope_of(options))
    show(options, found.to_dict(), lambda: _print(found))
    return OK


def _print(found: DocumentMap) -> None:
    for group in found.groups:
        terms = ", ".join(group.terms) or say("nothing tells them from the others")
        print(style("1;36", clean(f"{terms} ({group.documents})")))
        for place in found.places:
            if place.group == group.number:
                print(f"  {place.document}  {place.year or '    '}  {clean(one_line(place.title, 90))}")
    if found.unplaced:
        print(say("{n} document{n:|s} {n:has|have} no vectors yet: the next kb add makes them", n=len(found.unplaced)))
    if found.kept is not None:
        print(style("2", say("{share} of each document's nearest are near it on the map", share=f"{found.kept:.0%}")))


COMMANDS = {"map": _map}
