"""`kb feedback`: what you say of answers: right, wrong, where the answer stands.

Reads: Feedback, the last answer of the log.  Gives: text on stdout.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kb.cli.common import NOT_IN_LIBRARY, OK, Command, commands_of, open_base, print_text, show
from kb.cli.words import say
from kb.errors import UnknownConversation
from kb.operations import shapes
from kb.text import one_line

if TYPE_CHECKING:
    from kb.base import KnowledgeBase
    from kb.types import Answer, Feedback


def add_commands(command: Command) -> None:
    """Declares `kb feedback`."""
    feedback = command("feedback", "say whether the last answer was right, and where the answer stands; "
                                   "kb eval --feedback judges the library by it")
    action = commands_of(feedback, "action", "ACTION")
    action("right", "the last answer was right")
    wrong = action("wrong", "the last answer was not right")
    wrong.add_argument("--quote", default="", metavar="WORDS", help="words of a document that do answer it")
    wrong.add_argument("--absent", action="store_true", help="nothing in the library answers it")
    action("list", "list what was said of answers")
    action("export", "print it as lines of a file of questions, for kb eval, calibrate and adapt --reader")
    remove = action("remove", "remove what was said")
    remove.add_argument("feedback", nargs="+", metavar="ID", help="of kb feedback list, or the beginning of one")


def _feedback(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        if options.action == "list":
            found = base.feedback()
            show(options, shapes.feedback(found), lambda: _print(found))
            return OK if found else NOT_IN_LIBRARY
        if options.action == "export":
            from kb.base.judging import to_lines

            lines = base.feedback_lines()
            show(options, {"questions": lines}, lambda: print_text(to_lines(lines)))
            return OK if lines else NOT_IN_LIBRARY
        if options.action == "remove":
            gone = base.remove_feedback(options.feedback)
            show(options, shapes.feedback(gone), lambda: _print(gone))
            return OK
        is_right = options.action == "right"
        said = base.judge(_last(base), True) if is_right else base.judge(
            _last(base), False, quote=options.quote, is_absent=options.absent)
    show(options, said.to_dict(), lambda: _print((said,)))
    return OK


def _last(base: KnowledgeBase) -> Answer:
    """The last answer of the log. Errors: UnknownConversation."""
    for conversation in base.conversations()[:1]:
        for turn in reversed(base.conversation(conversation.id)):
            if turn.answer is not None:
                return turn.answer
    raise UnknownConversation("E_UNKNOWN_CONVERSATION", id="-")


def _print(found: tuple[Feedback, ...]) -> None:
    for one in found:
        words = say("right") if one.is_right else say("not right")
        more = f": {one_line(one.quote, 80)}" if one.quote else f": {say('no answer')}" if one.is_absent else ""
        print(f"{one.id}  {one.made[:10]}  {one_line(one.question, 100)}  ({words}{more})")
    if not found:
        print(say("nothing was said of an answer yet"))


COMMANDS = {"feedback": _feedback}
