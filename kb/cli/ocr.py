"""`kb ocr`: recognises the pages without text of scans."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from kb.cli.common import INTERRUPTED, OK, PARTIAL, Command, open_base, show
from kb.cli.progress import Progressbar
from kb.cli.terminal import print_problems
from kb.cli.words import say
from kb.errors import SettingError
from kb.text import one_line
from kb.types import RecognisedDocument, RecognitionReport, Words

if TYPE_CHECKING:
    from kb.base import KnowledgeBase


def add_commands(command: Command) -> None:
    """Declares the commands of this file."""
    ocr = command("ocr", "recognise what is written in pictures and on the pages of PDFs that have no text (scans), "
                         "some seconds for each; goes on where it was stopped")
    ocr.add_argument("documents", nargs="*", metavar="ID")
    ocr.add_argument("--all", action="store_true", help="every document that has such pages")


def run(options: argparse.Namespace) -> int:
    """The command."""
    if bool(options.documents) == options.all:
        raise SettingError("E_SETTING", name="ID", value="", detail=Words(
            "give the ids of documents, or --all", "给出文档编号，或用 --all"))
    with open_base(options) as base:
        report = recognised(base, options.documents, as_json=options.json)
    if report is None:
        return INTERRUPTED
    show(options, report.to_dict(), lambda: print_recognition(report))
    return PARTIAL if report.failed else OK


def recognised(base: KnowledgeBase, documents: Sequence[str], *, as_json: bool) -> RecognitionReport | None:
    """What became of these documents, or of all if none is named; None if it was stopped, which is told."""
    before = signal.signal(signal.SIGTERM, _stop)  # so that what is read can be found, as after Ctrl-C
    try:
        with Progressbar(as_json=as_json) as progress:
            return base.ocr(documents, on_progress=progress)
    except KeyboardInterrupt:
        print(say("interrupted; the pages that were read are kept, the same command goes on there"), file=sys.stderr)
        return None
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def print_recognition(report: RecognitionReport) -> None:
    """One line for each document and each problem."""
    for document in report.documents:
        print(f"{document.document}  {one_line(document.title, 60)}  {_said(document, report.doubtful)}")
    if not report.documents:
        print(say("no document has pages without text"))
    print_problems(report.failed)


def _said(document: RecognisedDocument, doubtful: float) -> str:
    if not document.n_recognised + document.n_before + document.n_left:
        return say("every page has text")
    n = document.n_recognised
    parts = [say("{n} page{n:|s} recognised", n=n)]
    if document.n_before:
        parts.append(say("{n} before", n=document.n_before))
    if document.n_blank:
        parts.append(say("{n} with nothing to read", n=document.n_blank))
    if document.n_left:
        parts.append(say("{n} still to come", n=document.n_left))
    if document.confidence is not None:
        parts.append(say("mean confidence {confidence}", confidence=f"{document.confidence:.2f}".lstrip("0")))
    if document.n_doubtful:
        parts.append(say("{n} line{n:|s} under {least}", n=document.n_doubtful, least=f"{doubtful:.2f}".lstrip("0")))
    return ", ".join(parts)


COMMANDS = {"ocr": run}
