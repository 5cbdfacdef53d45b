"""`kb where` and `kb cite`: from a quoted sentence to its place, from a document to its entry in a list of references.

Reads: FoundPlaces, CitedWork.  Gives: text on stdout.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.cli.asking import question_of
from kb.cli.common import NOT_IN_LIBRARY, OK, Command, open_base, show
from kb.cli.parser import at_least_one
from kb.cli.place import print_place
from kb.cli.terminal import clean
from kb.cli.words import say
from kb.operations import shapes

if TYPE_CHECKING:
    from kb.base.places import FoundPlaces
    from kb.survey.cite import CitedWork

# Said again here so that no other command loads the surveys; tests/survey/test_cite.py holds them equal.
FORMS = ("numeric", "author-year", "gbt7714", "bibtex", "ris", "csl")


def add_commands(command: Command) -> None:
    """Declares the commands of this file."""
    where = command("where", "where a quoted sentence stands word for word: its documents, pages and offsets")
    where.add_argument("quote", metavar="QUOTE", help="the sentence; - reads it from standard input")
    where.add_argument("--documents", nargs="+", default=[], metavar="ID", help="only these (default: all)")
    where.add_argument("-k", type=at_least_one, default=20, metavar="N", help="how many places (default 20)")
    cite = command("cite", "documents as entries of a list of references")
    cite.add_argument("documents", nargs="+", metavar="ID")
    cite.add_argument("--style", choices=FORMS,
                      help="of the references (default: gbt7714 in Chinese, numeric in English)")
    cite.add_argument("--language", choices=("zh", "en"), help="of our words in them (default: the document's)")


def _where(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        found = base.where(question_of(options.quote), documents=options.documents, k=options.k)
    show(options, found.to_dict(), lambda: _print_places(found))
    return OK if found.places else NOT_IN_LIBRARY


def _print_places(found: FoundPlaces) -> None:
    for n, place in enumerate(found.places):
        if n:
            print()
        print_place(place)
    if found.n_places > len(found.places):
        print(say("{n} place{n:|s} in all; -k shows more", n=found.n_places), file=sys.stderr)
    if not found.places:
        print(say("it stands nowhere word for word"))


def _cite(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        found = base.cite([name.strip("[]").partition(":")[0] for name in options.documents], style=options.style,
                          language=options.language)
    show(options, shapes.references(found), lambda: _print_references(found))
    return OK


def _print_references(found: Sequence[CitedWork]) -> None:
    for work in found:
        print("\n".join(map(clean, work.entry.splitlines())))


COMMANDS = {"where": _where, "cite": _cite}
