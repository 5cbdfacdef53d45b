"""`kb lab` and `kb classify`: the examples of the article, run from a terminal."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kb.cli.common import INTERRUPTED, OK, USAGE, Command, check_home, commands_of, show
from kb.cli.terminal import style
from kb.cli.words import pad, reader_language, said, say
from kb.config import load_settings
from kb.errors import UnknownLab
from kb.messages import words_of
from kb.text import one_line


def add_commands(command: Command) -> None:
    """Declares the commands of this file."""
    action = commands_of(command("lab", "the article's examples, running; without an action: list them"), "action",
                         "ACTION", is_required=False)
    action("list", "list the labs")
    shown = action("show", "what a lab is, its parameters and its code")
    shown.add_argument("name", nargs="?", default="", metavar="NAME", help="of the lab")
    started = action("run", "run a lab; kb lab show NAME lists its parameters")
    started.add_argument("name", nargs="?", default="", metavar="NAME", help="of the lab")
    _add_settings(started, "a parameter; may be repeated")
    started.add_argument("--out", metavar="FOLDER",
                         help="where the run is kept (default: in the library folder, under labs/)")
    _add_language(started, "of the report, and of what is not set (default: that of the terminal)")
    action("runs", "list the runs")
    tried = action("try", "try the model of a finished run")
    tried.add_argument("--run", default="", metavar="FOLDER", help="of the run; kb lab runs lists them")
    _add_settings(tried, "what to try it on, as on the page of the lab; may be repeated")
    written = action("notebook", "write a lab as a notebook for Jupyter: its guide, its code, a run, its exercises")
    written.add_argument("name", nargs="?", default="", metavar="NAME", help="of the lab")
    written.add_argument("--out", metavar="FILE", help="where it is written (default: NAME.ipynb here)")
    _add_language(written, "of the notebook (default: that of the terminal)")
    classify = command("classify", "label texts with the classifier of a finished `kb lab run finetune`")
    classify.add_argument("texts", nargs="+", metavar="TEXT")
    classify.add_argument("--run", required=True, metavar="FOLDER", help="of the run; kb lab runs lists them")


def _add_language(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--language", choices=("en", "zh"), help=words)


def _add_settings(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=words)


def _lab(options: argparse.Namespace) -> int:
    return _ACTIONS[options.action or "list"](options)


def _list(options: argparse.Namespace) -> int:
    from kb import labs

    items = [{**labs.describe(lab), "here_seconds": round(labs.estimate(lab), 1)} for lab in labs.labs()]
    show(options, {"labs": items}, lambda: print_labs(items))
    return OK


def _show(options: argparse.Namespace) -> int:
    from kb import labs

    if not options.name:
        return _name_one(options)
    lab = labs.get(options.name)
    shown = {**labs.describe(lab), "here_seconds": round(labs.estimate(lab), 1),
             "formulas": [{"tex": one.tex, "code": one.code, "note": words_of(one.note).to_dict()}
                          for one in lab.formulas],
             "code": [{"file": file, "text": text} for file, text in lab.sources()]}
    show(options, shown, lambda: print_lab(shown))
    return OK


def _name_one(options: argparse.Namespace) -> int:
    """Lists the labs where the name of one is needed. Errors: SettingError E_LAB_NAME with --json."""
    from kb import labs

    if options.json:
        raise UnknownLab("E_LAB_NAME", action=options.action, known=", ".join(labs.NAMES))
    _list(options)
    print(say("name one of them: kb lab {action} NAME", action=options.action), file=sys.stderr)
    return USAGE


def _runs(options: argparse.Namespace) -> int:
    from kb import labs

    settings = load_settings({"home": options.home})
    check_home(settings)
    items = [run.to_dict() for run in labs.list_runs(settings.home)]
    show(options, {"runs": items}, lambda: print_runs(items))
    return OK


def _try(options: argparse.Namespace) -> int:
    from kb import labs
    from kb.cli.lab_events import print_rows

    found = labs.read_run(Path(options.run)) if options.run else None
    if found is None:
        raise UnknownLab("E_LAB_NO_RUN", path=options.run or "--run")
    values = dict(labs.split_setting(setting) for setting in options.set)
    rows = labs.get(found.lab).try_out(found.folder, values, reader_language())
    show(options, {"results": rows}, lambda: print_rows(rows))
    return OK


def _run(options: argparse.Namespace) -> int:
    from kb import labs

    if not options.name:
        return _name_one(options)
    return _run_lab(labs.get(options.name), load_settings({"home": options.home}).home, options)


def _run_lab(lab: Any, home: Path, options: argparse.Namespace) -> int:
    from kb import labs
    from kb.cli.lab_events import print_before, print_event, print_run

    language = options.language or reader_language()
    values = labs.settings_from(lab, options.set, language)
    if not options.json:
        print_before(lab.name)
    folder = (
        Path(os.path.abspath(options.out)) if options.out else labs.new_folder(home, lab.name, values.get("seed", 0))
    )
    labs.end_when_stopped(folder)
    asked = []

    def stop(number: int, frame: Any) -> None:
        asked.append(number)
        if len(asked) > 1:  # a second Ctrl-C does not wait for the best to be kept
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    result = lab.run(values, folder=folder, home=home, on_event=lambda event: print_event(event, as_json=options.json),
                     should_stop=lambda: bool(asked), language=language)
    as_set = values == lab.check({}, language)
    show(options, result.to_dict(), lambda: print_run(result.to_dict(), lab.name, as_set=as_set))
    return OK if result.status == "done" else INTERRUPTED


def _notebook(options: argparse.Namespace) -> int:
    from kb import labs

    if not options.name:
        return _name_one(options)
    lab = labs.get(options.name)
    path = labs.write_notebook(lab, Path(options.out or f"{lab.name}.ipynb"), options.language or reader_language())
    show(options, {"notebook": str(path)}, lambda: print(say("written: {path}", path=path)))
    return OK


def _classify(options: argparse.Namespace) -> int:
    from kb import labs

    results = labs.label_texts(options.run, options.texts)
    show(options, {"results": results}, lambda: _print_labels(results))
    return OK


def _print_labels(results: Sequence[Mapping[str, Any]]) -> None:
    for result in results:
        print(f"{result['label']}  {result['probability']:.3f}  {one_line(result['text'])}")


def print_labs(items: Sequence[Mapping[str, Any]]) -> None:
    """Labs, one a line, and an order in which to read them."""
    for item in items:
        print(f"{style('1', pad(item['name'], 20))} {said(item['title'])}  (§{item['section']}, "
              f"~{say('{s} s', s=round(item['here_seconds']))})")
    from kb.labs import READING_ORDER

    known = {item["name"] for item in items}
    order = " → ".join(name for name in READING_ORDER if name in known)
    print("\n" + say("a reading order: {order}", order=order))


def print_runs(items: Sequence[Mapping[str, Any]]) -> None:
    """Runs, one a line."""
    for item in items:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(item["started"]))
        seconds = say("{s} s", s=f"{item['seconds']:7.1f}")
        print(f"{when}  {pad(say(item['status']), 11)} {pad(item['lab'], 20)} {seconds}  {item['run']}")
    if not items:
        print(say("there are no runs yet: kb lab run NAME"), file=sys.stderr)


def print_lab(shown: Mapping[str, Any]) -> None:
    """What a lab is, its guide, its parameters, its formulas and its code."""
    from kb.cli.lab_events import print_formulas, print_guide

    about = say("about {s} s here", s=round(shown["here_seconds"]))
    print(style("1", said(shown["title"])) + f"  (§{shown['section']}, {about})\n{said(shown['about'])}\n")
    print_guide(shown["name"])
    print()
    for param in shown["params"]:
        limits = "|".join(param["choices"]) or (
            f"{param['low']}..{param['high']}" if param["low"] is not None else param["kind"]
        )
        default = param["default_zh" if reader_language() == "zh" else "default"]
        setting = pad(f"{param['name']}={default}", 24)
        print(f"  --set {setting} {said(param['label'])}  [{limits}]  {said(param['help'])}".rstrip())
    print_formulas(shown["formulas"])
    for file in shown["code"][:1]:
        print(f"\n{style('2', file['file'])}\n{file['text']}")


_ACTIONS = {"list": _list, "show": _show, "run": _run, "runs": _runs, "try": _try, "notebook": _notebook}
COMMANDS = {"lab": _lab, "classify": _classify}
