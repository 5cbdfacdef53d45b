"""`kb eval` and `kb calibrate`: how well this library answers questions whose answers you know.

Reads: Evaluation, Calibration.  Gives: text on stdout.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kb.cli.common import OK, Command, open_base, print_text, show
from kb.cli.parser import at_least_one
from kb.cli.progress import Progressbar
from kb.cli.terminal import style
from kb.cli.words import columns, pad, reader_language, say
from kb.errors import SettingError
from kb.text import one_line
from kb.types import Words

if TYPE_CHECKING:
    from kb.types import Bar, Calibration, Evaluation

_FILE = 'JSON lines {"question": …, "quote": words that answer it}; without a quote: nothing here answers it'
_LANGUAGES = {"all": "all questions", "zh": "in Chinese", "en": "in English"}
# What kb/base/judging.py calls its measures.
_MEASURES = {"document@1": "right document first", "document@5": "right document among 5",
             "document@10": "right document among 10", "passage@1": "right passage first",
             "passage@5": "right passage among 5", "passage@10": "right passage among 10",
             "right sentence first": "right sentence first", "found": "told as found",
             "right of all found": "right, of all told as found",
             "not found, where nothing answers": "told as not there, where nothing answers",
             "not found or weak there": "not there or weak, where nothing answers"}


def add_commands(command: Command) -> None:
    """Declares the commands of this file."""
    judge = command("eval", "how well this library answers questions whose answers you know, with intervals")
    judge.add_argument("questions", nargs="?", metavar="FILE", help=_FILE)
    judge.add_argument("--make", type=at_least_one, metavar="N",
                       help="print N questions made of headings, to begin with; they are marked as made")
    judge.add_argument("--feedback", action="store_true", help="instead of a file: what you have said of answers")
    calibrate = command("calibrate", "choose by your own questions from where on an answer is told as found")
    calibrate.add_argument("questions", nargs="?", metavar="FILE", help=_FILE)
    calibrate.add_argument("--undo", action="store_true", help="go back to the bar as it is shipped")


def _eval(options: argparse.Namespace) -> int:
    if (options.questions is not None) + (options.make is not None) + options.feedback != 1:
        raise SettingError("E_SETTING", name="FILE", value="", detail=Words(
            "give a file of questions, or --feedback, or --make N", "给出问题文件，或用 --feedback，或用 --make N"))
    with open_base(options) as base:
        if options.make is not None:
            from kb.base.judging import to_lines

            made = base.made_questions(options.make)
            show(options, {"questions": made}, lambda: print_text(to_lines(made)))
            return OK
        with Progressbar(as_json=options.json) as bar:
            found = base.evaluate(options.questions, on_progress=bar)
    show(options, found.to_dict(), lambda: _print_evaluation(found))
    return OK


def _print_evaluation(found: Evaluation) -> None:
    width = max(columns(say(words)) for words in _MEASURES.values())
    for language, rates in found.rates.items():
        print(style("1", say(_LANGUAGES[language])))
        for rate in rates:
            if rate.share is not None:
                print(f"  {pad(say(_MEASURES[rate.name]), width)}  {rate.right:4}/{rate.n:<4} {rate.share:.3f}  "
                      f"[{rate.low:.3f}, {rate.high:.3f}]")
    print(say("intervals: 95 %, Wilson"))
    if found.n_made:
        print(say("{n} of {all} question{all:|s} {n:was|were} made by kb eval --make: they tell less than what "
                  "people ask",
                  n=found.n_made, all=len(found.questions)))
    for question in found.unplaced:
        print(say("not counted, its quote stands nowhere: {question}", question=one_line(question, 120)))


def _calibrate(options: argparse.Namespace) -> int:
    if options.undo and options.questions is not None:
        raise SettingError("E_SETTING", name="--undo", value=options.questions, detail=Words(
            "give --undo alone", "--undo 应单独使用"))
    with open_base(options) as base:
        if options.undo or options.questions is None:
            bar = base.uncalibrate() if options.undo else base.bar
            show(options, {"bar": bar}, lambda: print(say("found from {bar} on", bar=f"{bar:.2f}")))
            return OK
        with Progressbar(as_json=options.json) as progress:
            made = base.calibrate(options.questions, on_progress=progress)
    show(options, made.to_dict(), lambda: _print_calibration(made))
    return OK


def _print_calibration(made: Calibration) -> None:
    print(say("chosen on {chosen} of your questions, judged on the other {judged}", chosen=made.n_chosen_on,
              judged=made.n_judged_on))
    for name, bar in ((say("before"), made.before), (say("after"), made.after)):
        print(f"  {pad(name, 7)} {_said(bar)}")
    print(f"{say('kept') if made.kept else say('not kept')}: {made.reason.in_(reader_language())}")
    if made.kept:
        print(say("kb calibrate --undo goes back"))


def _said(bar: Bar) -> str:
    precision = f"{bar.precision:.3f}" if bar.precision is not None else "-"
    coverage = f"{bar.coverage:.3f}" if bar.coverage is not None else "-"
    return say("found from {bar} on: right {right} of {found} found (precision {precision}), of {answerable} with an "
               "answer (coverage {coverage})", bar=f"{bar.bar:.2f}", right=bar.right, found=bar.found,
               precision=precision, answerable=bar.answerable, coverage=coverage)


COMMANDS = {"eval": _eval, "calibrate": _calibrate}
