"""`kb import`, `kb export`, `kb works`: bibliographies in and out, and which documents are one work.

Reads: ImportReport, WorkInfo, text.  Gives: text on stdout, files where they were asked for.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kb.cli.common import OK, PARTIAL, Command, commands_of, open_base, print_text, show
from kb.cli.progress import Progressbar
from kb.cli.terminal import print_problems
from kb.cli.words import pad, reader_language, say
from kb.text import one_line
from kb.types import ImportReport, WorkInfo

if TYPE_CHECKING:
    from kb.base import KnowledgeBase

# Said again here so that no other command loads the writers; tests/test_exporting.py holds them equal.
FORMATS = ("bibtex", "ris", "csl", "apa", "gbt7714")
_SHOWN = 200  # entries that are named one by one


def add_commands(command: Command) -> None:
    """Declares the commands of this file."""
    made = command("import", "import bibliographies: BibTeX, RIS, CSL JSON, EndNote XML, a folder exported from "
                             "Zotero, Zotero's own (zotero.sqlite), or a Zotero that runs (zotero:)")
    made.add_argument("paths", nargs="+", metavar="FILE|FOLDER|zotero:")
    export = command("export", "documents as a bibliography, or as Markdown files that Obsidian links")
    export.add_argument("documents", nargs="*", metavar="ID", help="only these (default: all)")
    export.add_argument("--format", choices=(*FORMATS, "markdown"), default="bibtex",
                        help="default bibtex; markdown needs --out FOLDER")
    export.add_argument("--in", dest="collections", action="append", default=[], metavar="COLLECTION",
                        help="only what is in this collection; may be repeated")
    export.add_argument("--out", metavar="PATH", help="the file, or for markdown the folder (default: print it)")
    action = commands_of(command("works", "the works that the documents are texts of; without an action: list them"),
                         "action", "ACTION", is_required=False)
    action("list", "list the works that have several texts, and how many there are")
    joined = action("join", "make documents texts of one work")
    joined.add_argument("documents", nargs="+", metavar="ID")
    parted = action("part", "part a document from the others of its work")
    parted.add_argument("document", metavar="ID")


def _import(options: argparse.Namespace) -> int:
    with open_base(options, creates=True) as base, Progressbar(as_json=options.json) as progress:
        report = base.import_bibliography(options.paths, on_progress=progress)
    show(options, report.to_dict(), lambda: _print_import(report))
    return PARTIAL if report.failed else OK


def _print_import(report: ImportReport) -> None:
    words = {"document": say("document"), "abstract": say("entry alone"), "unchanged": say("unchanged")}
    changed = [row for row in report.entries if row.state != "unchanged"]
    for row in changed[:_SHOWN]:
        print(f"{pad(words[row.state], 12)}  {row.document}  {one_line(row.key, 40)}  {one_line(row.title, 90)}")
    if len(changed) > _SHOWN:
        print(say("and {n} more", n=len(changed) - _SHOWN))
    print_problems(report.failed)
    print(say("{document} entr{document:y|ies} with their document, {abstract} without a text, {unchanged} "
              "unchanged, {failed} "
              "could not be imported or lack their file", **report.counts, failed=len(report.failed)))


def _export(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        if options.format == "markdown":
            names = base.export_vault(options.out or "", options.documents, collections=options.collections,
                                      language=reader_language())
            show(options, {"files": list(names)}, lambda: print(say("{n} file{n:|s} in {folder}", n=len(names),
                                                                    folder=options.out)))
            return OK
        text = base.bibliography(options.documents, style=options.format, collections=options.collections)
        if options.out:
            base.write_bibliography(Path(options.out), text)
    show(options, {"format": options.format, "text": text},
         lambda: print(say("written to {path}", path=options.out)) if options.out else print_text(text))
    return OK


def _works(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        found = _ACTIONS[options.action or "list"](base, options)
    show(options, {"works": [work.to_dict() for work in found]}, lambda: _print_works(found, options.action))
    return OK


_ACTIONS: dict[str, Callable[[KnowledgeBase, argparse.Namespace], tuple[WorkInfo, ...]]] = {
    "list": lambda base, options: base.works(),
    "join": lambda base, options: (base.join_works(options.documents),),
    "part": lambda base, options: (base.part_work(options.document),),
}


def _print_works(works: tuple[WorkInfo, ...], action: str | None) -> None:
    several = works if action in ("join", "part") else [work for work in works if len(work.documents) > 1]
    why = {"doi": "DOI", "arxiv": "arXiv", "title": say("title and authors"), "hand": say("by hand")}
    for work in several:
        said = f"  ({', '.join(why[name] for name in work.why)})" if work.why else ""
        print(f"{one_line(work.title, 100)}{said}")
        for document, kind in zip(work.documents, work.kinds, strict=True):
            print(f"    {document}  {kind}")
    if action in (None, "list"):
        print(say("{works} work{works:|s}, {several} of them with several texts, {documents} document{documents:|s}",
                  works=len(works),
                  several=len(several), documents=sum(len(work.documents) for work in works)))


COMMANDS = {"import": _import, "export": _export, "works": _works}
