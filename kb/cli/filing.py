"""`kb collection`, `kb tag`, `kb state`: how documents are filed.

Documents are named by id, by the path of a file or folder they came from, or by title.
"""

from __future__ import annotations

import argparse

from kb.cli.common import OK, Command, commands_of, open_base, show
from kb.cli.parser import Parser
from kb.cli.words import reader_language, say
from kb.errors import SettingError
from kb.operations import shapes
from kb.text import one_line
from kb.types import Collection, Words
from kb.types.scope import STATE_WORDS, STATES

_DOCUMENTS = "by id, path of a file or folder, or title"


def add_commands(command: Command) -> None:
    """Declares the commands of this file."""
    action = commands_of(command("collection", "put documents into collections, of which a document may be in several"),
                         "action", "ACTION")
    add = action("add", "put documents into a collection, which is made if there is none")
    add.add_argument("name", metavar="NAME", help="of the collection; A/B is inside A")
    add.add_argument("documents", nargs="*", metavar="DOCUMENT", help=_DOCUMENTS)
    out = action("take-out", "take documents out of a collection")
    out.add_argument("name", metavar="NAME", help="of the collection")
    out.add_argument("documents", nargs="+", metavar="DOCUMENT", help=_DOCUMENTS)
    action("list", "list the collections and how many documents are in each")
    rename = action("rename", "give a collection another name, with those inside it")
    rename.add_argument("name", metavar="OLD", help="its name now")
    rename.add_argument("new", metavar="NEW", help="its name from then on")
    remove = action("remove", "remove a collection, with those inside it; the documents stay in the library")
    remove.add_argument("name", metavar="NAME", help="of the collection")
    own = action("own", "say whose a collection is in a library that several share, and whether only they see it")
    own.add_argument("name", metavar="NAME", help="of the collection")
    own.add_argument("--as", dest="owner", metavar="OWNER",
                     help='the e-mail address that they sign in to the app with; "" for everybody')
    seen = own.add_mutually_exclusive_group()
    seen.add_argument("--private", action="store_true", default=None, help="others who sign in do not see it")
    seen.add_argument("--shared", dest="private", action="store_false", default=None,
                      help="others see it, and cannot change it")
    tag = command("tag", "put tags on documents and take them off: kb tag DOCUMENT… +TAG -TAG; alone it lists the tags")
    assert isinstance(tag, Parser)
    tag.takes_minus = True
    tag.add_argument("words", nargs="*", metavar="DOCUMENT|+TAG|-TAG",
                     help="documents by id, path or title; +TAG puts a tag on them, -TAG takes it off")
    tag.add_argument("--rename", nargs=2, metavar=("OLD", "NEW"), help="give a tag another name on every document")
    tag.add_argument("--delete", metavar="TAG", help="take a tag off every document")
    state = command("state", "say of documents whether they are unread, being read or read")
    state.add_argument("documents", nargs="+", metavar="DOCUMENT", help=_DOCUMENTS)
    state.add_argument("state", choices=STATES, metavar="STATE", help="unread, reading or read")


def _collection(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        name = one_line(options.name, 120) if options.action != "list" else ""
        if options.action == "list":
            found = base.collections()
            show(options, shapes.filing(found, base.tags()), lambda: print("\n".join(
                f"{one.documents:5}  {one.name}{_whose(one)}" for one in found) or say("there is no collection yet")))
        elif options.action == "rename":
            base.rename_collection(options.name, options.new)
            show(options, {"renamed": options.name, "to": options.new},
                 lambda: print(say("{name} is called {new} now", name=name, new=one_line(options.new, 120))))
        elif options.action == "own":
            made = base.own_collection(options.name, options.owner, private=options.private)
            show(options, made.to_dict(), lambda: print(f"{one_line(made.name, 120)}{_whose(made)}"))
        elif options.action == "remove":
            n = base.delete_collection(options.name)
            show(options, {"removed": options.name, "documents": n}, lambda: print(
                say("collection removed: {name}; its {n} document{n:|s} {n:stays|stay} in the library",
                    name=name, n=n)))
        else:
            is_in = options.action == "add"
            change = base.collect if is_in else base.take_out
            n = change(options.name, options.documents)
            words = say("{n} document{n:|s} put into {name}", n=n, name=name) if is_in else say(
                "{n} document{n:|s} taken out of {name}", n=n, name=name)
            show(options, {"collection": options.name, "changed": n}, lambda: print(words))
    return OK


def _whose(found: Collection) -> str:
    """What follows a collection's name."""
    if not found.owner:
        return ""
    return "  " + (say("{owner} alone", owner=found.owner) if found.is_private else found.owner)


def _tag(options: argparse.Namespace) -> int:
    add = [word[1:] for word in options.words if word.startswith("+")]
    remove = [word[1:] for word in options.words if word.startswith("-")]
    documents = [word for word in options.words if word[:1] not in ("+", "-")]
    if bool(documents) != bool(add or remove):
        raise SettingError("E_SETTING", name="TAG", value="", detail=Words(
            "give documents and what to put on them (+TAG) or take off (-TAG)",
            "给出文档，以及要加（+标签）或去掉（-标签）的标签"))
    with open_base(options) as base:
        if options.rename:
            base.rename_tag(*options.rename)
            old, new = (one_line(name, 120) for name in options.rename)
            show(options, {"renamed": options.rename[0], "to": options.rename[1]},
                 lambda: print(say("{name} is called {new} now", name=old, new=new)))
        elif options.delete is not None:
            n = base.delete_tag(options.delete)
            show(options, {"deleted": options.delete, "documents": n},
                 lambda: print(say("tag taken off {n} document{n:|s}: {name}",
                                   n=n, name=one_line(options.delete, 120))))
        elif documents:
            n = base.tag(documents, add, remove)
            show(options, {"changed": n}, lambda: print(say("tags changed: {n}", n=n)))
        else:
            found = base.tags()
            show(options, shapes.filing(base.collections(), found), lambda: print("\n".join(
                f"{item.documents:5}  {item.name}" for item in found) or say("no document has a tag yet")))
    return OK


def _state(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        n = base.set_state(options.documents, options.state)
    state = STATE_WORDS[options.state].in_(reader_language())
    show(options, {"state": options.state, "changed": n},
         lambda: print(say("marked as {state}: {n}", n=n, state=state)))
    return OK


COMMANDS = {"collection": _collection, "tag": _tag, "state": _state}
