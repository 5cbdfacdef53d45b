"""`kb search`, `ask`, `log`, `serve`: questions and their answers."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kb.cli.common import (
    CONFIRM,
    MODEL_FAILED,
    NOT_IN_LIBRARY,
    OK,
    Command,
    check_home,
    open_base,
    print_json,
    print_text,
    show,
)
from kb.cli.parser import at_least_one
from kb.cli.scope import add_scope_options, scope_of
from kb.cli.terminal import AnswerStream, print_answer, print_conversations, print_hits, print_own
from kb.cli.words import reader_language, say
from kb.config import load_settings
from kb.errors import LibraryError, NoLibrary, ServiceError
from kb.operations import shapes
from kb.types import Answer, Hit, Scope, Turn, UserNote

if TYPE_CHECKING:
    from kb.base import KnowledgeBase


_QUESTION = "in Chinese or English; - reads it from standard input"
_LONGEST = 1 << 20  # bytes of a question on standard input that are read; far over what is allowed


def add_commands(command: Command) -> None:
    """Declares the commands of this file."""
    search = command("search", "find the passages for a question")
    search.add_argument("question", metavar="QUESTION", help=_QUESTION)
    search.add_argument("-k", type=at_least_one, default=10, metavar="N", help="how many (default 10)")
    add_scope_options(search)
    ask = command("ask", "answer a question from the library, with the place of every sentence")
    ask.add_argument("question", metavar="QUESTION", help=_QUESTION)
    ask.add_argument("--llm", action="store_true",
                     help="let the language model that is set write as well, checked sentence by sentence")
    ask.add_argument("--deep", action="store_true", help="with --llm: plan and search several times first")
    ask.add_argument("--without", action="append", default=[], metavar="NAME",
                     help="another name of what is asked about that is not to be searched; may be repeated")
    ask.add_argument("--bibliography", choices=("bibtex", "ris", "csl", "apa", "gbt7714"), metavar="FORMAT",
                     help="also print what the answer cites as a bibliography: bibtex, ris, csl, apa or gbt7714")
    ask.add_argument("--continue", dest="goes_on", nargs="?", const="last", metavar="ID",
                     help="as the next question of a conversation (default: the last one)")
    add_scope_options(ask)
    log = command("log", "browse, export or delete the conversations that were kept")
    log.add_argument("conversation", nargs="?", metavar="ID", help="show this one (default: list all)")
    log.add_argument("--export", choices=["markdown", "json", "bibtex"], help="print it as a file")
    log.add_argument("--search", metavar="WORDS", help="list those whose title or questions have these words")
    log.add_argument("--title", help="give it this title; \"\" takes it away")
    log.add_argument("--delete", action="store_true", help="delete it; without an ID the whole log")
    log.add_argument("--yes", action="store_true", help="do not ask before the whole log is deleted")
    command(
        "serve",
        "keep the encoder loaded and answer `kb ask` and `kb search` of this library, until it is stopped; the app "
        "does so too",
    )


def _search(options: argparse.Namespace) -> int:
    options.question = question_of(options.question)
    scope = scope_of(options)
    found = _from_service(options, scope, options.k)
    if found is not None:
        hits = [Hit.from_dict(hit) for hit in found["hits"]]
        own = tuple(UserNote.from_dict(note) for note in found.get("notes", ()))
    else:
        with open_base(options) as base:
            hits = base.search(options.question, options.k, scope=scope)
            own = base.search_notes(options.question, options.k, scope=scope)

    def tell() -> None:
        print_hits(hits)
        print_own(own, reader_language())

    show(options, shapes.hits(hits, own), tell)
    return OK


def question_of(given: str) -> str:
    """The question, from standard input for "-"; bytes that are no text are replaced."""
    if given != "-":
        return given
    if sys.stdin is None:
        return ""
    return sys.stdin.buffer.read(_LONGEST).decode(sys.stdin.encoding, "replace").removeprefix("\ufeff").strip()


def _from_service(options: argparse.Namespace, scope: Scope | None, k: int = 0) -> dict[str, Any] | None:
    """What the app or `kb serve` says to this question, if one of them runs for this library."""
    from kb.serve import ask_service

    settings = load_settings({"home": options.home, "encoder": options.encoder})
    check_home(settings)
    return ask_service(settings, options.command, options.question, k, scope)


def _ask(options: argparse.Namespace) -> int:
    options.question = question_of(options.question)
    scope = scope_of(options)
    found = None if options.llm or options.goes_on or options.without else _from_service(options, scope)
    if found is not None:
        answer = Answer.from_dict(found)
        if not options.json:
            print_answer(answer)
        with open_base(options) as base:
            kept = _keep(base, answer, ())
    else:
        answer, kept = _ask_here(options, scope)
    cited = _cited(options, answer)
    if options.json:
        place = {"conversation": kept.conversation if kept else None} if options.llm or options.goes_on else {}
        print_json({**answer.to_dict(), **place, **({"bibliography": cited} if options.bibliography else {})})
    elif cited:
        print_text(f"\n{cited}")
    if answer.written and answer.written.problem:
        return MODEL_FAILED
    return NOT_IN_LIBRARY if answer.status == "not_found" else OK


def _cited(options: argparse.Namespace, answer: Answer) -> str:
    """What an answer cites as a bibliography, "" where none was asked for."""
    names = [citation.document for claim in (*answer.claims, *answer.otherwise) for citation in claim.citations]
    if answer.written:
        names += [citation.document for said in answer.written.sentences for citation in said.citations]
    if not options.bibliography or not names:
        return ""
    with open_base(options) as base:
        return base.bibliography(list(dict.fromkeys(names)), style=options.bibliography)


def _ask_here(options: argparse.Namespace, scope: Scope | None) -> tuple[Answer, Turn | None]:
    """The answer, printed unless as JSON, and its turn in the log, which the next question with --continue follows."""
    with open_base(options) as base:
        turns = _conversation(base, options.goes_on) if options.goes_on else ()
        question = base.condense(options.question, turns, llm=options.llm)
        if question != options.question:
            print(say("asked as: {question}", question=question), file=sys.stderr)
        if options.llm:
            answer = _ask_model(base, question, options, scope)
        else:
            answer = base.ask(question, scope=scope, without=options.without)
            if not options.json:
                print_answer(answer)
        answer = replace(answer, asked=options.question if question != options.question else "")
        return answer, _keep(base, answer, turns)


def _ask_model(base: KnowledgeBase, question: str, options: argparse.Namespace, scope: Scope | None) -> Answer:
    """Quotes first, then the model's sentences as they are checked; what was there when it was interrupted is kept as
    incomplete."""
    if options.json:
        return base.ask(question, llm=True, deep=options.deep, scope=scope, without=options.without)
    shown = AnswerStream()
    answers = base.stream(question, deep=options.deep, scope=scope, without=options.without)
    try:
        for answer in answers:
            shown(answer)
    except KeyboardInterrupt:
        answers.close()
        if shown.last is None:
            raise
    assert shown.last is not None
    shown.finish()
    return shown.last


def _conversation(base: KnowledgeBase, name: str) -> tuple[Turn, ...]:
    known = base.conversations()
    if name == "last":
        return base.conversation(known[0].id) if known else ()
    return base.conversation(name)


def _keep(base: KnowledgeBase, answer: Answer, turns: tuple[Turn, ...]) -> Turn | None:
    """The turn in the log; None, with a word about it, while another process writes to the library."""
    try:
        return base.keep(answer, turns[-1].conversation if turns else None)
    except LibraryError as error:
        print(say("not kept in the log: {why}", why=error.describe(reader_language())[0]), file=sys.stderr)
        return None


def _log(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        if options.delete:
            if options.conversation is None and not options.yes:
                print(say("this deletes the whole log; repeat with --yes"), file=sys.stderr)
                return CONFIRM
            n_turns = base.delete_conversations(options.conversation)
            show(options, {"deleted": n_turns}, lambda: print(say("{n} turn{n:|s} deleted", n=n_turns)))
        elif options.conversation is None:
            known = base.conversations(options.search or "")
            show(options, {"conversations": [item.to_dict() for item in known]}, lambda: print_conversations(known))
        elif options.title is not None:
            name = base.rename_conversation(options.conversation, options.title)
            known = tuple(one for one in base.conversations() if one.id == name)
            show(options, {"conversations": [item.to_dict() for item in known]}, lambda: print_conversations(known))
        elif options.export or options.json:
            print_text(base.export(options.conversation, options.export or "json"))
        else:
            sys.stdout.write(base.export(options.conversation, "markdown"))
    return OK


def _serve(options: argparse.Namespace) -> int:
    from kb.serve import Service

    stopped = threading.Event()
    with open_base(options) as base:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        base.status()
        base.warm()
        service = Service(base)
        if not service.is_serving:
            raise (ServiceError("E_SERVED", path=base.home) if base.home.is_dir()
                   else NoLibrary("E_NO_LIBRARY", path=base.home))
        print(say("answering for {home}", home=base.home), file=sys.stderr, flush=True)
        while not stopped.wait(1):
            pass
        service.close()
    return OK


COMMANDS = {"search": _search, "ask": _ask, "log": _log, "serve": _serve}
