"""Play a hostile endpoint against a question or a survey, and say what is wrong with how it ended.

What may come: within the deadline an answer whose own quotes are those of a question without a model, with a notice
where the behaviour is a fault, nothing verified that its documents do not hold, and the key nowhere.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from kb import KnowledgeBase
from kb.errors import KBError
from kb.llm.chat import OpenAIChat
from kb.llm.endpoint import Endpoint, Secret
from kb.survey import make_request
from kb.survey.model.model import ModelWriter
from kb.types import Answer
from kb.verify.sentences import Verifier
from tests.chatserver import closed_port
from tests.hostile.endpoints import Behaviour, Wire

KEY = "sk-canary-0b5e1d77f2a9"


@contextlib.contextmanager
def serving(behaviour: Behaviour) -> Iterator[tuple[Endpoint, list[bytes]]]:
    """The endpoint that behaves so, and what reached the place to which it sends."""
    if behaviour.name == "nobody listens":
        yield Endpoint(closed_port(), "scripted", Secret(KEY)), []
        return
    ended, astray = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as other:
        elsewhere = f"http://127.0.0.1:{other.getsockname()[1]}/v1/chat/completions"

        def lead_astray() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = other.accept()
                    with connection:
                        connection.settimeout(2)
                        astray.append(connection.recv(65536) or b"(a connection)")

        def play(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError, ValueError):
                connection.settimeout(120)
                wire = Wire(connection, ended, elsewhere)
                if behaviour.reads:
                    wire.read()
                behaviour.play(wire)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=play, args=(listener.accept()[0], ), daemon=True).start()

        for target in (lead_astray, accept):
            threading.Thread(target=target, daemon=True).start()
        try:
            yield Endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", "scripted", Secret(KEY)), astray
        finally:
            ended.set()
            for one in (listener, other):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Played:
    """How it ended. over: seconds behind the deadline."""

    wrong: tuple[str, ...]
    over: float


def asked(base: KnowledgeBase, behaviour: Behaviour, question: str, expected: Answer, *, streams: bool,
          seconds: float, slack: float) -> Played:
    """A question to this endpoint. expected: the answer without a model."""
    wrong: list[str] = []
    answer: Answer | None = None
    with serving(behaviour) as (endpoint, astray):
        started = time.monotonic()
        try:
            model = OpenAIChat(endpoint, seconds=seconds)
            answer = [*base.stream(question, llm=model)][-1] if streams else base.ask(question, llm=model)
        except Exception as error:
            wrong.append(f"raised {type(error).__name__}: {error}")
        over = time.monotonic() - started - seconds
    wrong += [f"{over:.1f} s behind the deadline"] if over > slack else []
    wrong += [f"something reached another host: {astray[0][:80]!r}"] if astray else []
    if answer is None:
        return Played(tuple(wrong), over)
    written = answer.written
    shown = json.dumps(answer.to_dict(), ensure_ascii=False)
    wrong += ["the library's own quotes are lost"] if answer.claims != expected.claims or not answer.claims else []
    wrong += ["the key shows"] if KEY in shown else []
    try:
        shown.encode()
    except UnicodeEncodeError:
        wrong.append("a lone surrogate in the answer")
    if written is None:
        return Played((*wrong, "nothing was said of the model"), over)
    controls = re.compile("[\0-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]")
    wrong += ["a control in the answer"] if any(controls.search(s.text) for s in written.sentences) else []
    if behaviour.is_fault(streams) and (written.problem is None or written.is_complete):
        wrong.append(f"a fault without a notice (complete: {written.is_complete})")
    if written.problem is not None and not written.problem.code.startswith("LLM_"):
        wrong.append(f"an odd notice: {written.problem.code}")
    for sentence in written.sentences:
        if sentence.state == "verified" and not all(
                base.document(c.document).text[c.start:c.end] == c.quote for c in sentence.citations):
            wrong.append("a citation that its document does not hold")
        if re.search(r"[\[【［]\s*[-−+]?[\d⁰-⁹²³¹][\d\s,e–-]*[\]】］]", sentence.text):
            wrong.append(f"a mark is left: {sentence.text[:60]!r}")
    return Played(tuple(wrong), over)


def surveyed(base: KnowledgeBase, behaviour: Behaviour, topic: str, *, usual: float, seconds: float,
             slack: float) -> Played:
    """A survey by this endpoint. usual: seconds that one without a model takes here. Two replies that do not come in
    time are waited for, and no more."""
    wrong: list[str] = []
    with serving(behaviour) as (endpoint, astray):
        writer = ModelWriter(OpenAIChat(endpoint, seconds=seconds), Verifier(base.encoder))
        started = time.monotonic()
        try:
            survey = base.surveyor().write(make_request(topic), writer=writer)
        except Exception as error:
            told = f"{error.code}: {error}" if isinstance(error, KBError) else f"{type(error).__name__}: {error}"
            return Played((f"raised {told}", ), 0.0)
        over = time.monotonic() - started - 2 * seconds - 3 * usual
    shown = json.dumps(survey.to_dict(), ensure_ascii=False) + str(base.surveyor().export(survey, "markdown"))
    wrong += [f"{over:.1f} s behind two deadlines"] if over > slack else []
    wrong += [f"something reached another host: {astray[0][:80]!r}"] if astray else []
    wrong += ["the key shows"] if KEY in shown else []
    wrong += ["a quote that its document does not hold"] if survey.audit["span_validity"] != 1.0 else []
    wrong += ["a sentence without evidence"] if survey.audit["coverage"] != 1.0 else []
    outline = survey.model["outline"] if survey.model else {}
    if behaviour.fault == "yes" and not survey.missing and "why" not in outline:
        wrong.append("a fault of which the survey says nothing")
    return Played(tuple(wrong), over)
