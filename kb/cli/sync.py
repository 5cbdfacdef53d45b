"""`kb sync`: makes the library match a folder, and says first what that will do."""

from __future__ import annotations

import argparse
import sys

from kb.cli.common import CONFIRM, INTERRUPTED, OK, PARTIAL, Command, add_ray, open_base, show
from kb.cli.progress import Progressbar
from kb.cli.terminal import print_report
from kb.cli.words import pad, reader_language, say
from kb.text import one_line
from kb.types import Change, ChangeKind, Report, SyncPlan, SyncReport

_SHOWN = 20  # of each kind that is named; all that is removed or taken for another is


def add_commands(command: Command) -> None:
    """Declares the commands of this file."""
    sync = command("sync", "make the library match a folder: add, update, follow renamed files, remove what is gone")
    sync.add_argument("folder", metavar="FOLDER", help="whose files the library shall have")
    sync.add_argument("--dry-run", action="store_true", help="only say what would be done")
    sync.add_argument("--yes", action="store_true", help="remove what is gone without asking")
    sync.add_argument("--force", action="store_true",
                      help="also a folder that is empty or not mounted, whose documents are removed then")
    sync.add_argument("--encoding", help="of text files that do not say it themselves, e.g. gb18030")
    add_ray(sync)


def run(options: argparse.Namespace) -> int:
    """The command."""
    with open_base(options, creates=True) as base, Progressbar(as_json=options.json) as progress:

        def may(plan: SyncPlan) -> bool:
            progress.clear()
            if not options.json:
                print_plan(plan)
            return options.yes or not (plan.counts["remove"] or plan.counts["renew"]) or _asked(options, plan)

        try:
            report = base.sync(options.folder, dry_run=options.dry_run, force=options.force,
                               encoding=options.encoding, confirm=may, ray=options.ray, on_progress=progress)
        except KeyboardInterrupt:
            progress.clear()
            print(say("interrupted; what was done is kept, the same command does the rest"), file=sys.stderr)
            return INTERRUPTED
    show(options, report.to_dict(), lambda: _print(report, options.dry_run))
    if not report.is_done:
        return OK if options.dry_run else CONFIRM
    return PARTIAL if report.failed else OK


def _asked(options: argparse.Namespace, plan: SyncPlan) -> bool:
    """Whether somebody at a terminal says that what is gone shall be removed, and a new file take the place of
    another."""
    if options.json or not sys.stdin.isatty():
        return False
    n, renewed = plan.counts["remove"], plan.counts["renew"]
    question = (say("remove the {n} file{n:|s} that {n:is|are} gone from the library? [y/N] ", n=n) if not renewed else
                say("remove the {n} file{n:|s} that {n:is|are} gone from the library, and take {renewed} "
                    "file{renewed:|s} for the gone ones "
                    "that they are named with? [y/N] ", n=n, renewed=renewed))
    print(question, end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")


def print_plan(plan: SyncPlan) -> None:
    """What would be done, by kind, with counts and names."""
    words: dict[ChangeKind, str] = {"add": say("to add"), "update": say("to update"), "move": say("renamed"),
                                    "renew": say("renamed and changed"),
                                    "copy": say("same bytes"), "remove": say("to remove")}
    print(one_line(plan.folder, 400))
    width = 19 if plan.counts["renew"] else 10
    for kind, name in words.items():
        changes = plan.of(kind)
        shown = changes if kind in ("remove", "renew") else changes[:_SHOWN]
        for change in shown:
            print(f"  {pad(name, width)}  {_named(change)}")
        if len(changes) > len(shown):
            print(f"  {pad('', width)}  {say('and {n} more', n=len(changes) - len(shown))}")
    renewed = say("; {n} renamed and changed", n=plan.counts["renew"]) if plan.counts["renew"] else ""
    print(say("{add} to add, {update} to update, {move} renamed, {copy} with the bytes of another, {remove} to remove, "
              "{unchanged} unchanged, {left} left out", **plan.counts, unchanged=plan.n_unchanged,
              left=len(plan.skipped) + len(plan.failed)) + renewed)


def _named(change: Change) -> str:
    path = one_line(change.path, 200)
    if change.was:
        path = f"{one_line(change.was, 200)} -> {path}"
    if change.kind == "renew":
        return path + "  " + say("keeps what was set of {document}  {title}", document=change.document,
                                 title=one_line(change.title, 80))
    if change.kind != "remove":
        return path
    stays = say("; the document stays, another file has it") if change.stays else ""
    return f"{path}  {change.document}  {one_line(change.title, 80)}{stays}"


def _print(report: SyncReport, is_dry: bool) -> None:
    if is_dry:
        print_plan(report.plan)
        return
    if not report.is_done:
        print(say("nothing was changed; repeat with --yes to do this"), file=sys.stderr)
        return
    print()
    for change in report.removed:
        print(f"{pad(say('removed'), 9)}  {_named(change)}")
    print_report(Report(report.added, report.unchanged, report.skipped, report.failed))
    print(say("{n} removed", n=len(report.removed)))
    for note in report.notes:
        print(f"  {one_line(note.in_(reader_language()), 400)}")


COMMANDS = {"sync": run}
