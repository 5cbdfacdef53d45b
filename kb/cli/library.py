"""`kb add`, `remove`, `list`, `show`, `edit`, `status`, `verify`, `doctor`, `reindex`, `adapt`: the library, its
health."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kb.cli import documents, ocr, place
from kb.cli.common import ERROR, INTERRUPTED, MODEL_FAILED, OK, PARTIAL, Command, add_ray, open_base, print_json, show
from kb.cli.look_up import print_looked_up
from kb.cli.progress import Progressbar
from kb.cli.scope import add_scope_options, scope_of
from kb.cli.terminal import print_adaptation, print_check, print_documents, print_reader_adaptation, print_report
from kb.cli.words import pad, reader_language, say
from kb.errors import SettingError
from kb.operations import shapes
from kb.text import one_line
from kb.types import RecognitionReport, Words

if TYPE_CHECKING:
    from kb.base import KnowledgeBase
    from kb.base.look_up import LookedUp
    from kb.types import Removal, Report, Status


def add_commands(command: Command) -> None:
    """Declares the commands of this file."""
    add = command("add", "add files, folders, zip archives, patterns, or addresses (https://…, arXiv:2106.09685, "
                         "doi:10.…) to the library")
    add.add_argument("paths", nargs="+", metavar="PATH")
    add.add_argument("--encoding", help="of text files that do not say it themselves, e.g. gb18030")
    add.add_argument("--ocr", action="store_true",
                     help="also add the pictures in folders and archives, and then recognise the pages that have no "
                          "text, as kb ocr does")
    add.add_argument("--yes", action="store_true",
                     help="also a path that is refused otherwise: the root, a home folder, one letter")
    add.add_argument("--look-up", action="store_true",
                     help="ask Crossref, OpenAlex and arXiv for the metadata of what was added, as kb look-up does")
    add_ray(add)
    remove = command("remove", "remove documents by id, or those that came from a file or folder")
    remove.add_argument("documents", nargs="*", metavar="ID")
    remove.add_argument("--path", metavar="PATH", help="all documents that came from this file or folder")
    listing = command("list", "list the documents")
    listing.add_argument("--sort", default="", metavar="COLUMNS",
                         help="by these columns, e.g. year,-added or --sort=-year; - for the highest first (default: "
                              "the newest first): added, authors, characters, collections, id, kind, language, pages, "
                              "passages, path, state, status, tags, title, venue, year")
    add_scope_options(listing)
    one = command("show", "show a document: its data and sections, a page (ID:3), the place that an answer names "
                          "(ID:100-200), or its whole text")
    one.add_argument("document", metavar="ID[:PAGE|:START-END]")
    one.add_argument("--report", action="store_true",
                     help="what was read, what was left out and why, and where the metadata come from")
    one.add_argument("--text", action="store_true", help="print the text that offsets count in, byte for byte")
    command("status", "size, languages and encoder of the library")
    command("verify", "check every hash and mend what can be mended")
    doctor = command("doctor", "check this installation and say where each setting comes from")
    doctor.add_argument("--documents", action="store_true",
                        help="list the documents that need a look, the most doubtful first, and why")
    doctor.add_argument("--llm", action="store_true",
                        help="ask the language model for one word, and say exactly what is wrong if it does not answer")
    documents.add_edit(command)
    command("reindex", "cut and encode every document again with the encoder that is set")
    adapt = command("adapt", "train the bundled encoder on this library, or with --reader the trained reader on your "
                             "questions; kept only if held-out passages or questions say so")
    adapt.add_argument("--questions", metavar="FILE",
                       help='your questions, JSON lines {"question": …, "quote": words of the passage that answers}')
    adapt.add_argument("--reader", action="store_true",
                       help="go on training the reader, which chooses an answer's sentences, on --questions; kept "
                            "unless held-out ones are answered worse; a killed run goes on")
    adapt.add_argument("--undo", action="store_true",
                       help="go back to the encoder and the reader as they are shipped; with --reader to the reader "
                            "only")


def _add(options: argparse.Namespace) -> int:
    if options.ocr:
        from kb.ocr import check_installed

        check_installed()
    began = datetime.now(UTC).isoformat(timespec="seconds")
    with open_base(options, creates=True) as base:
        try:
            with Progressbar(as_json=options.json) as progress:
                report = base.add(options.paths, encoding=options.encoding, confirmed=options.yes,
                                  pictures=options.ocr, ray=options.ray, on_progress=progress)
                is_asked = options.look_up and report.added
                looked_up = base.look_up([one.document for one in report.added]) if is_asked else ()
        except KeyboardInterrupt:
            _tell_what_is_safe(base, began)
            return INTERRUPTED
        said = {"looked_up": [row.to_dict() for row in looked_up]} if options.look_up else {}
        is_whole = not report.failed and not any(row.problem for row in looked_up)
        if options.ocr:
            return _add_with_ocr(options, base, report, looked_up, said, is_whole=is_whole)

    def tell() -> None:
        print_report(report)
        print_looked_up(looked_up)

    show(options, {**report.to_dict(), **said}, tell)
    return OK if is_whole else PARTIAL


def _add_with_ocr(options: argparse.Namespace, base: KnowledgeBase, report: Report, looked_up: Sequence[LookedUp],
                  said: Mapping[str, Any], *, is_whole: bool) -> int:
    """Recognises what was added, or was there and still has pages without text."""
    if not options.json:
        print_report(report)
        print_looked_up(looked_up)
    known = {item.document for item in report.added} | {item.document for item in report.unchanged}
    ids = base.without_text(known) if known else ()
    found = ocr.recognised(base, ids, as_json=options.json) if ids else RecognitionReport()
    if found is None:
        return INTERRUPTED
    show(options, {**report.to_dict(), **said, "ocr": found.to_dict()}, lambda: ocr.print_recognition(found))
    return OK if is_whole and not found.failed else PARTIAL


def _tell_what_is_safe(base: KnowledgeBase, began: str) -> None:
    """How many documents this run has added, and whether some of their vectors are still to come."""
    n_added = sum(info.added >= began for info in base.documents())
    status = base.status()
    print(say("interrupted; {n} document{n:|s} {n:was|were} added by now and {n:is|are} safe, the same command adds "
              "the rest", n=n_added)
          if n_added else say("interrupted; nothing was added"), file=sys.stderr)
    if status.ready < status.passages:
        print(say("{n} passage{n:|s} {n:is|are} found by words only, until the next kb add or kb verify",
                  n=status.passages - status.ready), file=sys.stderr)


def _remove(options: argparse.Namespace) -> int:
    if not options.documents and options.path is None:
        raise SettingError("E_SETTING", name="ID", value="", detail=Words(
            "give the ids of documents, or --path",
            "给出文档编号，或用 --path"))
    with open_base(options) as base:
        removed = base.remove(options.documents, path=options.path)
    show(options, shapes.removed(removed), lambda: _print_removed(removed))
    return OK


def _print_removed(removed: Removal) -> None:
    for info in removed.documents:
        print(f"{say('removed')} {info.id}  {one_line(info.title)}")
    for note in removed.notes:
        print(f"  {one_line(note.in_(reader_language()), 400)}")


def _list(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        infos = base.documents(scope_of(options), sort=options.sort)
    if options.json:
        print_json(shapes.documents(infos))
    else:
        print_documents(infos)
    return OK


def _status(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        status = base.status()
    show(options, status.to_dict(), lambda: _print_status(status))
    return OK


def _print_status(status: Status) -> None:
    for name, value in status.to_dict().items():
        said = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        print(f"{pad(say(name), 12)} {'-' if said in (None, '') else said}")


def _verify(options: argparse.Namespace) -> int:
    with open_base(options) as base, Progressbar(as_json=options.json) as progress:
        check = base.verify(on_progress=progress)
    return _print_check(options, check)


def _doctor(options: argparse.Namespace) -> int:
    if options.documents:
        return documents.doctor(options)
    with open_base(options, creates=True) as base:
        check = base.doctor(llm=options.llm)
        code = _print_check(options, check)
        return MODEL_FAILED if any(f.what == "language model" and f.level == "error" for f in check.findings) else code


def _print_check(options: argparse.Namespace, check: Any) -> int:
    show(options, {"sound": check.is_sound, **check.to_dict()}, lambda: print_check(check))
    return OK if check.is_sound else ERROR


def _reindex(options: argparse.Namespace) -> int:
    started = time.monotonic()
    with open_base(options) as base, Progressbar(as_json=options.json) as progress:
        n_passages = base.reindex(on_progress=progress)
    seconds = time.monotonic() - started
    show(options, {"passages": n_passages, "seconds": round(seconds, 1)},
         lambda: print(say("{n} passage{n:|s} encoded again in {seconds} s", n=n_passages, seconds=f"{seconds:.0f}")))
    return OK


def _adapt(options: argparse.Namespace) -> int:
    if options.reader and not options.undo and options.questions is None:
        raise SettingError("E_SETTING", name="--questions", value="", detail=Words(
            "the reader learns from your questions: give their file", "阅读模型从你的问题中学习：请给出问题文件"))
    with open_base(options) as base, Progressbar(as_json=options.json) as progress:
        if options.undo:
            return _undo(options, base, progress)
        if options.reader:
            fitted = base.adapt_reader(options.questions, on_progress=progress)
            show(options, fitted.to_dict(), lambda: print_reader_adaptation(fitted))
            return OK
        result = base.adapt(options.questions, on_progress=progress)
    show(options, result.to_dict(), lambda: print_adaptation(result))
    return OK


def _undo(options: argparse.Namespace, base: KnowledgeBase, progress: Progressbar) -> int:
    had_reader = base.is_reader_adapted
    is_encoder = not options.reader and (base.is_adapted or not had_reader)
    n_passages = base.unadapt(only_reader=options.reader, on_progress=progress)

    def tell() -> None:
        if had_reader or options.reader:
            print(say("the shipped reader again"))
        if is_encoder:
            print(say("the shipped encoder again; {n} passage{n:|s} encoded", n=n_passages))

    show(options, {"passages": n_passages, "reader": had_reader}, tell)
    return OK


COMMANDS = {
    "add": _add, "remove": _remove, "list": _list, "show": place.run, "status": _status, "verify": _verify,
    "doctor": _doctor, "edit": documents.edit, "reindex": _reindex, "adapt": _adapt
}
