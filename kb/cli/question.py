"""`kb question`: questions that stay, and what would be answered differently today.

Reads: KeptQuestion, QuestionCheck.  Gives: text on stdout.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kb.cli.asking import question_of
from kb.cli.common import NOT_IN_LIBRARY, OK, Command, commands_of, open_base, show
from kb.cli.progress import Progressbar
from kb.cli.terminal import clean, print_answer, style
from kb.cli.words import say
from kb.operations import shapes
from kb.text import one_line

if TYPE_CHECKING:
    from kb.types import Claim, KeptQuestion, QuestionCheck

_STATUS = {"found": "answered", "weak": "only weak support", "not_found": "no answer"}


def add_commands(command: Command) -> None:
    """Declares `kb question`."""
    question = command("question",
                       "questions that stay: kept with their answers, asked again when documents came or went")
    action = commands_of(question, "action", "ACTION")
    keep = action("keep", "answer a question and keep both")
    keep.add_argument("question", metavar="QUESTION", help="in Chinese or English; - reads it from standard input")
    action("list", "list the kept questions")
    one = action("show", "show a kept question with its answer")
    one.add_argument("question", metavar="ID", help="of a kept question, or the beginning of one")
    check = action("check", "ask again where the library has changed, and say what would be answered differently")
    check.add_argument("questions", nargs="*", metavar="ID", help="only these (default: all)")
    check.add_argument("--update", action="store_true", help="keep today's answers instead of the earlier ones")
    unanswered = action("unanswered", "the kept questions without an answer, and where to read on")
    unanswered.add_argument("--weak", action="store_true", help="also those with weak support alone")
    remove = action("remove", "remove kept questions")
    remove.add_argument("questions", nargs="+", metavar="ID", help="of a kept question, or the beginning of one")


def _question(options: argparse.Namespace) -> int:
    return _ACTIONS[options.action](options)


def _keep(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        kept = base.keep_question(question_of(options.question))

    def tell() -> None:
        print_answer(kept.answer)
        print(say("kept as {id}", id=kept.id))

    show(options, kept.to_dict(), tell)
    return OK


def _list(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        found = base.questions()
    show(options, shapes.questions(found), lambda: _print_questions(found))
    return OK if found else NOT_IN_LIBRARY


def _print_questions(found: Sequence[KeptQuestion]) -> None:
    for one in found:
        changed = say("; now: {status}", status=say(_STATUS[one.latest.status])) if one.latest else ""
        print(f"{one.id}  {one.kept[:10]}  {one_line(one.question, 120)}  ({say(_STATUS[one.answer.status])}{changed})")
    if not found:
        print(say("no question was kept yet"))


def _show(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        kept = base.question(options.question)

    def tell() -> None:
        print(style("1", f"{one_line(kept.question, 400)}  ({kept.id}, {kept.kept[:10]})"))
        print_answer(kept.answer)

    show(options, kept.to_dict(), tell)
    return OK


def _check(options: argparse.Namespace) -> int:
    with open_base(options) as base, Progressbar(as_json=options.json) as bar:
        found = base.check_questions(options.questions, update=options.update, on_progress=bar)
    show(options, shapes.checks(found), lambda: _print_checks(found))
    return OK


def _print_checks(found: Sequence[QuestionCheck]) -> None:
    for check in found:
        if not check.is_different:
            continue
        status = say(_STATUS[check.after]) if check.before == check.after else (
            f"{say(_STATUS[check.before])} -> {say(_STATUS[check.after])}")
        print(style("1", one_line(check.question, 200)) + f"  [{check.id}]  {status}")
        _print_claims("+", check.new)
        _print_claims("-", check.gone)
        if check.n_removed:
            print(say("  {n} sentence{n:|s} {n:is|are} gone with documents that were removed", n=check.n_removed))
    n_different = sum(check.is_different for check in found)
    print(say("{n} of {all} kept question{all:|s} would be answered differently; {asked} {asked:was|were} asked again",
              n=n_different,
              all=len(found), asked=sum(check.was_asked for check in found)))


def _print_claims(mark: str, claims: Iterable[Claim]) -> None:
    for claim in claims:
        place = "".join(f"  [{c.document}:{c.start}-{c.end}]" for c in claim.citations[:1])
        print(f"  {mark} {clean(one_line(claim.text, 400))}{style('36', place)}")


def _unanswered(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        found = base.unanswered(weak=options.weak)

    def tell() -> None:
        for one in found:
            print(f"{one.id}  {one_line(one.question, 200)}  ({say(_STATUS[one.now.status])})")
            missing = " ".join(one.now.searched.missing_terms)
            if missing:
                print(say("  no passage contains: {terms}", terms=one_line(missing, 200)))
            for hit in one.now.nearest[:3]:
                section = "".join(f" › {one_line(heading, 60)}" for heading in hit.section if heading != hit.title)
                print(f"  {one_line(hit.title, 80)}{section}  [{hit.document}:{hit.start}-{hit.end}]")
        if not found:
            print(say("every kept question has an answer"))

    show(options, shapes.questions(found), tell)
    return OK


def _remove(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        gone = base.remove_questions(options.questions)

    def tell() -> None:
        for one in gone:
            print(f"{say('removed')} {one.id}  {one_line(one.question, 120)}")

    show(options, shapes.questions(gone), tell)
    return OK


_ACTIONS = {"keep": _keep, "list": _list, "show": _show, "check": _check, "unanswered": _unanswered, "remove": _remove}
COMMANDS = {"question": _question}
