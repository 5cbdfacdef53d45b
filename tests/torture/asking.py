"""Promises of answers with a language model: faults, ghosts of citations, orders hidden in documents, the key."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from kb import KnowledgeBase
from kb.config import load_settings
from kb.errors import KBError
from kb.llm.chat import OpenAIChat
from kb.runs import read_run
from kb.serve import Service, ask_service
from kb.store import Store
from kb.survey import read_plan, read_survey
from tests.chatserver import ChatServer, Says
from tests.hostile import fuzz
from tests.hostile.endpoints import BEHAVIOURS
from tests.hostile.mutating import mutated
from tests.hostile.playing import KEY, asked, serving, surveyed
from tests.survey.conftest import fill
from tests.torture.cases import Case
from tests.torture.storing import ROOT, kb

QUESTION, TOPIC = "What is pruning?", "model compression"
_TRUE = "Pruning is a family of methods that remove the connections of a network that matter least for its output"
_MODES = ("stream", "whole", "survey")
N_ENDPOINTS = len(_MODES) * len(BEHAVIOURS)
_DEADLINE, _SLACK = 2.0, 1.0  # seconds


class _Library:
    """The six papers, opened; and what a question and a survey give without a model."""

    def __init__(self, folder: Path) -> None:
        self.base = KnowledgeBase.open(folder / "library", encoder="hashing")
        fill(self.base, folder / "papers")
        self.answer = self.base.ask(QUESTION)
        started = time.monotonic()
        self.base.survey(TOPIC)
        self.seconds = time.monotonic() - started

    def close(self) -> None:
        self.base.close()


def _library(case: Case) -> _Library:
    found: _Library = case.once("library", lambda: _Library(case.shared))
    return found


def endpoints(case: Case) -> list[str]:
    """Each hostile behaviour, as a stream, in one piece, and against a survey: the answer within the deadline of 2 s
    and one second more."""
    library, behaviour, mode = _library(case), BEHAVIOURS[case.i // len(_MODES)], _MODES[case.i % len(_MODES)]
    if mode == "survey":
        played = surveyed(library.base, behaviour, TOPIC, usual=library.seconds, seconds=_DEADLINE, slack=_SLACK)
    else:
        played = asked(library.base, behaviour, QUESTION, library.answer, streams=mode == "stream", seconds=_DEADLINE,
                       slack=_SLACK)
    return [f"{behaviour.name}, {mode}: {wrong}" for wrong in played.wrong]


def ghosts(case: Case) -> list[str]:
    """Marks of evidence that does not exist, in every form: removed, counted, and what stays verified has its quote."""
    library, rng = _library(case), case.rng
    numbers = [lambda: str(rng.randrange(20, 10**rng.randrange(2, 25))), lambda: f"-{rng.randrange(1, 99)}",
               lambda: "0",
               lambda: f"1-{rng.randrange(30, 900)}", lambda: f"{rng.randrange(1, 9)}e{rng.randrange(2, 9)}",
               lambda: rng.choice("²³⁷"), lambda: f"3, {rng.randrange(40, 400)}", lambda: f"^{rng.randrange(30, 90)}"]
    opening, closing = rng.choice(("[]", "【】", "［］"))
    mark = opening + rng.choice(numbers)() + closing
    with ChatServer(Says(f"{_TRUE} {mark}. It is so{mark}")) as server:
        answer = library.base.ask(QUESTION, llm=OpenAIChat(server.endpoint()))
    written = answer.written
    assert written is not None
    wrong = [f"{mark}: {written.n_ghosts} counted"] if written.n_ghosts < 1 else []
    wrong += [f"{mark} is left: {s.text}" for s in written.sentences if re.search(r"[\[\]【】［］]", s.text)]
    wrong += [f"{mark}: a citation that is none" for s in written.sentences for c in s.citations
              if library.base.document(c.document).text[c.start:c.end] != c.quote]
    return wrong


def injections(case: Case) -> list[str]:
    """One of 50 orders in a document, and a model that obeys it: no tool, address or other document is reached, and the
    truth beside it stands. How many of its words are shown as verified is a rate, not a promise."""
    from tests.answer.test_injection import CASES, hijacked

    hijacked(*CASES[case.i % len(CASES)])
    return []


_LEAKY = tuple(behaviour for behaviour in BEHAVIOURS if "key" in behaviour.name or behaviour.name in (
    "500 again and again", "an error after text", "pictures, links and scripts", "sends elsewhere with 307",
    "401 that repeats the key", "hangs after an event", "noise", "UTF-16"))


def secrets(case: Case) -> list[str]:
    """The commands ask, doctor and log against an endpoint that repeats the key: it is in no output, log or file."""
    behaviour, home = _LEAKY[case.i % len(_LEAKY)], case.folder / "library"
    (case.folder / "note.md").write_text(f"# Pruning\n\n{_TRUE}.\n")
    environment = {**os.environ, "KB_ENCODER": "hashing", "KB_LLM_SECONDS": "2", "KB_LLM_MODEL": "m", "KB_LLM_KEY": KEY,
                   "XDG_CONFIG_HOME": str(case.folder / "config"), "XDG_DATA_HOME": str(case.folder / "data")}
    said, astray = b"", []
    with serving(behaviour) as (endpoint, reached):
        environment["KB_LLM_URL"] = endpoint.url
        for arguments in (["add", str(case.folder / "note.md")], ["ask", QUESTION, "--llm"],
                          ["ask", QUESTION, "--llm", "--json"], ["doctor", "--llm"], ["log", "--json"]):
            ended = subprocess.run(kb(home, *arguments), capture_output=True, env=environment, cwd=ROOT, check=False)
            said += ended.stdout + ended.stderr
        astray = list(reached)
    wrong = [f"{behaviour.name}: the key is in the output"] if KEY.encode() in said else []
    wrong += [f"{behaviour.name}: a traceback"] if b"Traceback" in said else []
    wrong += [f"{behaviour.name}: something reached another host"] if astray else []
    return wrong + [f"{behaviour.name}: the key is in {path.name}" for path in case.folder.rglob("*")
                    if path.is_file() and KEY.encode() in path.read_bytes()]


# --- files and requests of somebody else

N_LOADERS = 7


def loaders(case: Case) -> list[str]:
    """20 spoiled copies of a manifest, kb.toml, sidecar, saved survey, outline, job or request each: read or refused by
    name."""
    library, rng, wrong = _library(case), case.rng, []
    for _ in range(20):
        wrong += [f"{what} {spoiled[:120]!r}: {said}" for what, spoiled, said in (_LOADERS[case.i % N_LOADERS](
            case, library, rng), ) if said]
    return wrong


def _tried(what: str, data: bytes, use: Any) -> tuple[str, bytes, str]:
    try:
        use()
    except KBError as error:
        return what, data, "" if error.describe("zh")[0] and error.describe("en")[0] else "no words"
    except Exception as error:
        return what, data, f"{type(error).__name__}: {error}"
    return what, data, ""


_MORE = (b'"\\ud800"', b"[" * 2000, b"9" * 400, b"1e999", b"NaN", b"null", b"\0", b"-1", b'{"a": 1, "a": 2}', b"true",
         b"[]", b"{}")


def _spoiled(data: bytes, rng: Any) -> bytes:
    """Spoiled bytes, or a sound value with another one in its place."""
    if rng.random() < 0.5:
        return mutated(data, rng)
    places = [found.span(1) for found in re.finditer(rb'[:=]\s*("[^"]*"|[\d.]+|\[|\{)', data)]
    if not places:
        return mutated(data, rng)
    a, b = rng.choice(places)
    return data[:a] + rng.choice(_MORE) + data[b:]


def _manifest(case: Case, library: _Library, rng: Any) -> tuple[str, bytes, str]:
    path = library.base.home / "index/manifest.json"
    whole = case.once("manifest", path.read_bytes)
    spoiled = _spoiled(whole, rng)
    path.write_bytes(spoiled)
    store = Store(library.base.home)

    def use() -> None:
        with store.read() as view:
            store.index.load(view)
            store.index.state(view)

    try:
        return _tried("manifest", spoiled, use)
    finally:
        store.close()
        path.write_bytes(whole)


def _settings(case: Case, library: _Library, rng: Any) -> tuple[str, bytes, str]:
    spoiled = _spoiled(b'encoder = "hashing"\nllm_seconds = 20\nread_max_mb = 50\nengine = "int8"\n', rng)
    (case.folder / "kb.toml").write_bytes(spoiled)
    return _tried("kb.toml", spoiled, lambda: load_settings({"home": case.folder}))


def _sidecar(case: Case, library: _Library, rng: Any) -> tuple[str, bytes, str]:
    from kb.readers import scan
    from kb.readers.sandbox import Sandbox

    spoiled = _spoiled('title = "T"\nauthors = ["甲", "B"]\nyear = 2020\ndoi = "10.1/x"\n'.encode(), rng)
    (case.folder / "a.md").write_text("# A\n\nText.\n")
    (case.folder / "a.md.toml").write_bytes(spoiled)
    sandbox = case.once("sandbox", lambda: Sandbox(fuzz.LIMITS).__enter__())
    return _tried("sidecar", spoiled, lambda: [sandbox.read(one) for one in scan([case.folder / "a.md"])[0]])


def _survey(case: Case, library: _Library, rng: Any) -> tuple[str, bytes, str]:
    folder = case.shared / "survey"
    case.once("survey", lambda: library.base.survey(TOPIC, out=folder))
    whole = case.once("survey.json", (folder / "survey.json").read_bytes)
    spoiled = _spoiled(whole, rng)
    (case.folder / "survey.json").write_bytes(spoiled)
    return _tried("survey.json", spoiled, lambda: read_survey(case.folder))


def _outline(case: Case, library: _Library, rng: Any) -> tuple[str, bytes, str]:
    folder = case.shared / "survey"
    case.once("survey", lambda: library.base.survey(TOPIC, out=folder))
    spoiled = _spoiled(case.once("outline.json", (folder / "outline.json").read_bytes), rng)
    (case.folder / "outline.json").write_bytes(spoiled)
    return _tried("outline.json", spoiled, lambda: read_plan(case.folder))


def _job(case: Case, library: _Library, rng: Any) -> tuple[str, bytes, str]:
    whole = json.dumps({"kind": "add", "pid": 1, "born": 5, "started": 1.5, "status": "done", "seconds": 2.0,
                        "error": {"code": "E_X", "zh": ["a", "b"], "en": ["a", "b"]}}).encode()
    spoiled = _spoiled(whole, rng)
    (case.folder / "status.json").write_bytes(spoiled)
    return _tried("status.json", spoiled, lambda: read_run(case.folder))


def _request(case: Case, library: _Library, rng: Any) -> tuple[str, bytes, str]:
    service = case.once("service", lambda: Service(library.base))
    identity = [*service._identity]
    whole = json.dumps({"identity": identity, "method": "search", "question": "pruning", "k": 3}).encode()
    spoiled = _spoiled(whole, rng)

    def use() -> None:
        said = json.loads(service._said(spoiled + b"\n"))
        assert said is None or isinstance(said, dict)
        if rng.random() < 0.05:
            assert ask_service(library.base.settings, "ask", QUESTION) is not None, "it has stopped answering"

    return _tried("request", spoiled, use)


_LOADERS = (_manifest, _settings, _sidecar, _survey, _outline, _job, _request)


def files(case: Case) -> list[str]:
    """20 spoiled files of every kind through the readers (tests/hostile/fuzz.py)."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = fuzz.main(["--files", "20", "--seed", str(case.rng.randrange(1 << 30))])
    return [line for line in said.getvalue().splitlines() if line.startswith("WRONG")] if code else []
