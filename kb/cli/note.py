"""`kb note` and `kb highlight`: what a reader keeps beside documents.

Reads: UserNote.  Gives: text, Markdown or JSON on stdout.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.cli.asking import question_of
from kb.cli.common import NOT_IN_LIBRARY, OK, Command, commands_of, open_base, print_text, show
from kb.cli.terminal import clean, style
from kb.cli.words import reader_language, say
from kb.operations import shapes
from kb.text import one_line

if TYPE_CHECKING:
    from kb.base.noting import Form
    from kb.types import UserNote

def add_commands(command: Command) -> None:
    """Declares the commands of this file."""
    note = command("note", "notes of your own on words of a document; a new version of its file keeps them")
    action = commands_of(note, "action", "ACTION")
    add = action("add", "keep a note")
    _add_place(add)
    add.add_argument("--text", required=True, help="your own words; - reads them from standard input")
    _add_tags(add, "a label; may be repeated")
    listing = action("list", "list notes and highlights, by document and place")
    _add_choice(listing)
    listing.add_argument("--kind", choices=("note", "highlight"), help="only these")
    listing.add_argument("--find", metavar="WORDS", help="only those that hold these words, best first")
    one = action("show", "show a note with its place")
    one.add_argument("note", metavar="ID", help="of a note, or the beginning of one")
    edit = action("edit", "give a note another text or other tags")
    edit.add_argument("note", metavar="ID", help="of a note, or the beginning of one")
    edit.add_argument("--text", help="your own words; - reads them from standard input")
    _add_tags(edit, "a label, instead of those it has; may be repeated, an empty one for none")
    remove = action("remove", "remove notes and highlights")
    remove.add_argument("notes", nargs="+", metavar="ID", help="of a note, or the beginning of one")
    export = action("export", "print notes as a file")
    _add_choice(export)
    export.add_argument("--form", choices=("markdown", "json"), default="markdown",
                        help="markdown (default), or json: a W3C annotation collection")
    highlight = command("highlight", "keep words of a document as highlighted; kb note lists and removes them too")
    _add_place(highlight)
    _add_tags(highlight, "a label; may be repeated")


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("document", metavar="ID[:START-END]")
    parser.add_argument("--quote", default="", help="the document's words; without them and a place: all of it")


def _add_tags(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--tag", action="append", default=None, metavar="TAG", help=words)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--documents", nargs="+", default=[], metavar="ID", help="only these (default: all)")
    _add_tags(parser, "only with this label; may be repeated")


def _note(options: argparse.Namespace) -> int:
    return _ACTIONS[options.action](options)


def _place(given: str) -> tuple[str, tuple[int, int] | None]:
    """(document, span) of what an answer names."""
    name, _, place = given.strip("[]").partition(":")
    span = re.fullmatch(r"([0-9]{1,12})-([0-9]{1,12})", place)
    return (name, (int(span[1]), int(span[2]))) if span else (given.strip("[]"), None)


def _add(options: argparse.Namespace) -> int:
    document, span = _place(options.document)
    with open_base(options) as base:
        made = base.add_note(document, question_of(options.text), quote=options.quote, place=span,
                             tags=options.tag or ())
    show(options, made.to_dict(), lambda: print_notes([made]))
    return OK


def _highlight(options: argparse.Namespace) -> int:
    document, span = _place(options.document)
    with open_base(options) as base:
        made = base.highlight(document, options.quote, place=span, tags=options.tag or ())
    show(options, made.to_dict(), lambda: print_notes([made]))
    return OK


def _list(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        found = base.notes(options.documents, tags=options.tag or (), kind=options.kind)
        if options.find:
            wanted = {note.id for note in found}
            found = tuple(note for note in base.search_notes(options.find, 100) if note.id in wanted)
    show(options, shapes.notes(found), lambda: print_notes(found))
    return OK if found else NOT_IN_LIBRARY


def _show(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        found = base.note(options.note)
    show(options, found.to_dict(), lambda: print_notes([found]))
    return OK


def _edit(options: argparse.Namespace) -> int:
    text = None if options.text is None else question_of(options.text)
    with open_base(options) as base:
        found = base.edit_note(options.note, text=text, tags=options.tag)
    show(options, found.to_dict(), lambda: print_notes([found]))
    return OK


def _remove(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        gone = base.remove_notes(options.notes)

    def tell() -> None:
        for note in gone:
            print(f"{say('removed')} {note.id}  {one_line(note.text or note.quote, 100)}")

    show(options, shapes.notes(gone), tell)
    return OK


def _export(options: argparse.Namespace) -> int:
    form: Form = "json" if options.json else options.form
    with open_base(options) as base:
        print_text(base.export_annotations(form, options.documents, tags=options.tag or (), language=reader_language()))
    return OK


def print_notes(notes: Sequence[UserNote]) -> None:
    """Each note below the document it is on: the document's words in quotation marks, then the reader's."""
    states = {"there": "", "changed": say("other words stand there now"), "gone": say("not in this version any more"),
              "removed": say("the document was removed")}
    document = None
    for note in notes:
        if note.document != document:
            document = note.document
            print(style("1", one_line(note.title or say("a document that was removed"), 120)) + f"  [{note.document}]")
        page = say(", p. {page}", page=note.page) if note.page is not None else ""
        place = f"[{note.document}:{note.start}-{note.end}]{page}" if note.end else ""
        state = f"  ({states[note.state]})" if states[note.state] else ""
        tags = "".join(f"  #{one_line(tag, 80)}" for tag in note.tags)
        print(f"  {note.id}  {place if note.state in ('there', 'changed') else ''}{state}{tags}".rstrip())
        if note.quote:
            print(style("2", f"    “{clean(one_line(note.quote, 400))}”"))
        if note.state == "changed":
            print(style("2", f"    {say('now')}: “{clean(one_line(note.now, 400))}”"))
        for line in note.text.splitlines():
            print(f"    {clean(line)}")
    if not notes:
        print(say("no note was found"))


_ACTIONS = {"add": _add, "list": _list, "show": _show, "edit": _edit, "remove": _remove, "export": _export}
COMMANDS = {"note": _note, "highlight": _highlight}
