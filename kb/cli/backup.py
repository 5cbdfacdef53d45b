"""`kb backup`, `kb restore`, `kb copy`: a library into one file, out of it again, and from place to place.

Reads: Backup, Restored, Copied.  Gives: text on stdout.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from kb.cli.common import ERROR, OK, Command, open_base, show
from kb.cli.progress import Progressbar
from kb.cli.terminal import print_check
from kb.cli.words import say
from kb.errors import SettingError
from kb.text import one_line
from kb.types import Words

if TYPE_CHECKING:
    from kb.types import Backup


def add_commands(command: Command) -> None:
    """Declares the commands of this file."""
    backup = command("backup", "write the whole library into one file, while others go on using it")
    backup.add_argument("file", metavar="FILE", help="the backup, a file outside the library's folder")
    backup.add_argument("--replace", action="store_true", help="also where there is a file of this name")
    restore = command("restore", "make a library of a backup, in a new folder, and check it")
    restore.add_argument("file", metavar="FILE", help="a file that kb backup has made")
    restore.add_argument("library", nargs="?", metavar="LIBRARY", help="the new folder; not there yet, or empty")
    restore.add_argument("--check", action="store_true", help="only compare the backup with its hashes")
    copy = command("copy", "copy a library to where none is yet: a folder, or a database on a server; compared row by "
                           "row")
    copy.add_argument("source", metavar="FROM", help="the library's folder or address")
    copy.add_argument("target", metavar="TO",
                      help="a folder that is not there yet or empty, or the address of an empty database")


def _backup(options: argparse.Namespace) -> int:
    with open_base(options) as base, Progressbar(as_json=options.json) as progress:
        made = base.backup(options.file, replace=options.replace, on_progress=progress)
    show(options, made.to_dict(), lambda: _print_backup(say("backed up"), made))
    return OK


def _print_backup(what: str, made: Backup) -> None:
    print(f"{what}: {one_line(made.path, 400)}")
    print(say("  of {made}: {documents} document{documents:|s}, {passages} passage{passages:|s}, {files} other "
              "file{files:|s}; {mb} MB", made=made.made,
              documents=made.documents, passages=made.passages, files=made.files, mb=f"{made.bytes / 1e6:.1f}"))
    for name in made.left_out:
        print(say("  left out, since it is no plain file of a plain name: {name}", name=one_line(name, 400)))
    if made.damaged:
        print(say("  {n} row{n:|s} of the library {n:was|were} damaged when it was made: kb verify names them",
                  n=made.damaged))


def _restore(options: argparse.Namespace) -> int:
    from kb.base import KnowledgeBase
    from kb.base.backups import read_backup

    folder = options.library or getattr(options, "home", "")
    if options.check and options.library or not options.check and not folder:
        raise SettingError("E_SETTING", name="LIBRARY", value=options.library or "(none)", detail=Words(
            "give the new folder, or --check alone", "给出新文件夹，或只用 --check"))
    with Progressbar(as_json=options.json) as progress:
        if options.check:
            made = read_backup(Path(os.path.expanduser(options.file)), progress)
            show(options, made.to_dict(), lambda: _print_backup(say("a whole backup"), made))
            return OK
        found = KnowledgeBase.restore(options.file, folder, on_progress=progress)

    def tell() -> None:
        _print_backup(say("restored into {home} from", home=one_line(found.home, 400)), found.backup)
        print_check(found.check)

    show(options, {"sound": found.check.is_sound, **found.to_dict()}, tell)
    return OK if found.check.is_sound else ERROR


def _copy(options: argparse.Namespace) -> int:
    options.home = options.source
    with open_base(options) as base, Progressbar(as_json=options.json) as progress:
        made = base.copy(options.target, on_progress=progress)
    show(options, {"to": options.target, **made.to_dict()}, lambda: print(say(
        "copied to {place}: {documents} document{documents:|s}, {passages} passage{passages:|s}, {files} "
        "file{files:|s}; every row is the same on both "
        "sides", place=one_line(options.target, 400), documents=made.rows["documents"],
        passages=made.rows["passages"], files=made.files)))
    return OK


COMMANDS = {"backup": _backup, "restore": _restore, "copy": _copy}
