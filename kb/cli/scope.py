"""The options that say which documents are meant: `--in`, `--tag`, `--author`, `--year` and the others.

Reads: parsed options.  Gives: Scope.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection

from kb.types import Scope
from kb.types.scope import STATES

_LANGUAGES = ("zh", "en")


def add_scope_options(parser: argparse.ArgumentParser, *, without: Collection[str] = ()) -> None:
    """Declares them. without: names of options that the command has for something else."""
    group = parser.add_argument_group("which documents")

    def several(name: str, dest: str, metavar: str, words: str, choices: Collection[str] | None = None) -> None:
        if name not in without:
            group.add_argument(name, dest=f"scope_{dest}", action="append", default=[], metavar=metavar, help=words,
                               choices=choices)

    several("--in", "collections", "COLLECTION", "only documents in this collection, or one of several")
    several("--tag", "tags", "TAG", "only documents with this tag; with several: all of them")
    several("--author", "authors", "NAME", "only documents by this author, \"Hinton\" or \"Geoffrey Hinton\", 王小明; "
                                           "with several: by all of them")
    group.add_argument("--year", dest="scope_years", metavar="YEARS",
                       help="only documents of these years: 2021, 2020..2023, 2020.. or ..2023")
    several("--language", "languages", "LANGUAGE", "only documents in this language, zh or en", _LANGUAGES)
    several("--kind", "kinds", "KIND", "only files of this kind: pdf, docx, markdown …")
    several("--state", "states", "STATE", "only documents in this reading state: unread, reading or read", STATES)
    several("--document", "documents", "DOCUMENT", "only this document, by id, path or title; or one of several")


def scope_of(options: argparse.Namespace) -> Scope | None:
    """The scope that the options say, None where they say none. Errors: ScopeError."""
    from kb.base.scoping import scope_of as made

    given = {name.removeprefix("scope_"): value for name, value in vars(options).items()
             if name.startswith("scope_") and value}
    return made(**given) if given else None
