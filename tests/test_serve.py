"""A process that has the encoder loaded answers for the commands."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from kb import Answer, Hit, KnowledgeBase, Scope, Service
from kb.cli.main import main
from kb.encoder.hashing import HashingEncoder
from kb.errors import QuestionError
from kb.index.vector import FaissIndex
from kb.serve import _identity, ask_service
from tests.bench.load import adding, at_once, growth, serving
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix sockets")


@pytest.fixture
def base(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_HOME", str(tmp_path / ("long" * 30) / "library"))
    monkeypatch.setenv("KB_ENCODER", "hashing")
    (tmp_path / "a.md").write_text("# LoRA\n\nLoRA is a method that adds low-rank matrices. 它冻结原有权重。\n")
    with KnowledgeBase.open() as opened:
        opened.add([tmp_path / "a.md"])
        yield opened


@pytest.fixture
def service(base):
    serving = Service(base)
    assert serving.is_serving
    yield serving
    serving.close()


def test_what_is_said_over_the_socket_is_what_would_be_said_here(base, service):
    for question in ("What is LoRA?", "谁发明了电灯？"):
        assert Answer.from_dict(ask_service(base.settings, "ask", question)) == base.ask(question)
    found = ask_service(base.settings, "search", "LoRA", 3)
    assert [Hit.from_dict(hit) for hit in found["hits"]] == base.search("LoRA", 3)
    scope = Scope(documents=(base.documents()[0].id,), languages=("zh", "en"))
    said = ask_service(base.settings, "ask", "What is LoRA?", scope=scope)
    assert Answer.from_dict(said) == base.ask("What is LoRA?", scope=scope) and said["searched"]["scope"]
    assert ask_service(base.settings, "search", "LoRA", 3, Scope(tags=("nobody",))) is None  # the command tells why


def test_a_document_added_meanwhile_is_found(base, service, tmp_path):
    (tmp_path / "b.md").write_text("# Quokka\n\nA quokka is a small marsupial.\n")
    with KnowledgeBase.open() as other:
        other.add([tmp_path / "b.md"])
    assert ask_service(base.settings, "ask", "What is a quokka?")["status"] == "found"


def test_another_version_other_settings_or_an_error_are_not_answered(base, service, monkeypatch, tmp_path):
    assert ask_service(base.settings, "ask", "") is None
    with KnowledgeBase.open(encoder="bundled") as other:
        assert ask_service(other.settings, "ask", "What is LoRA?") is None
    monkeypatch.setattr("kb.version.__version__", "0.0.0")
    assert ask_service(base.settings, "ask", "What is LoRA?") is None


def asked(base, **changed):
    request = {"identity": _identity(base.settings), "method": "search", "question": "LoRA", "k": 3}
    return json.dumps({**request, **changed}).encode() + b"\n"


def test_fifty_questions_at_once_are_all_answered(base, service):
    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(lambda _: ask_service(base.settings, "ask", "What is LoRA?"), range(50)))
    assert [answer["status"] for answer in found] == ["found"] * 50


def test_who_asks_what_already_waits_gets_the_same_reply_and_what_is_begun_is_asked_again(base, service, monkeypatch):
    asked, may_go_on, count = [], threading.Event(), os.cpu_count() or 1
    real = KnowledgeBase.ask

    def ask(self, question, scope=None):
        asked.append(question)
        may_go_on.wait()
        return real(self, question)

    monkeypatch.setattr(KnowledgeBase, "ask", ask)
    begun = [f"What is LoRA? ({i})" for i in range(max(2, count))]  # as many as are answered at a time
    with ThreadPoolExecutor(40) as pool:
        first = [pool.submit(ask_service, base.settings, "ask", question) for question in begun]
        wait_until(lambda: len(asked) == len(begun))
        same = [pool.submit(ask_service, base.settings, "ask", "What is LoRA?") for _ in range(10)]
        again = pool.submit(ask_service, base.settings, "ask", begun[0])
        wait_until(lambda: len(service._waiting) == 2)
        time.sleep(0.1)  # whoever is late is answered all the same, only not shared with
        may_go_on.set()
        assert None not in [answer.result() for answer in (*first, again)]
        assert [answer.result()["status"] for answer in same] == ["found"] * 10
    assert asked.count(begun[0]) == 2 and asked.count("What is LoRA?") < 10
    assert not service._waiting


def test_who_waits_when_the_service_is_closed_does_the_work_alone(base, service, monkeypatch):
    asked, may_go_on = [], threading.Event()
    monkeypatch.setattr(KnowledgeBase, "ask", lambda self, question, scope: asked.append(question) or may_go_on.wait())
    n = max(2, os.cpu_count() or 1)
    with ThreadPoolExecutor(n + 1) as pool:
        answers = [pool.submit(ask_service, base.settings, "ask", f"What is LoRA? ({i})") for i in range(n + 1)]
        wait_until(lambda: len(asked) == n and len(service._waiting) == 1)
        service.close()
        may_go_on.set()
        assert [answer.result() for answer in answers] == [None] * (n + 1)


@pytest.mark.parametrize("changed", [
    {"k": "3"}, {"k": True}, {"k": 0}, {"k": -5}, {"question": 7}, {"question": None}, {"method": "rm"},
    {"method": ["ask"]}, {"identity": None}, {"scope": "LoRA"},
    {"scope": {"tag": ["a"]}}, {"scope": {"tags": "a"}}, {"question": "x" * 9000}, {"question": "\ud800"}])
def test_a_malformed_request_is_refused_and_told(base, service, changed, caplog):
    caplog.set_level("INFO")
    reply = Service._said(service, asked(base, **changed))
    assert reply == b"null" or changed.get("question") == "\ud800"
    assert not [record for record in caplog.records if record.exc_info]


def test_a_number_from_outside_asks_for_no_more_than_there_is(base, service):
    reply = json.loads(Service._said(service, asked(base, k=10**9)))
    assert [Hit.from_dict(hit) for hit in reply["hits"]] == base.search("LoRA", 10)
    with pytest.raises(QuestionError, match="0 passages"):
        base.search("LoRA", 0)


@pytest.mark.parametrize("data", [b"", b"\n", b"{}\n", b"[1]\n", b"null\n", b"x" * (2 << 20) + b"\n",
                                  b"[" * 100_000 + b"\n", b"1" * 5000 + b"\n", b"\xff\xfe\n"])
def test_bad_requests_do_not_end_it(base, service, data):
    with socket.socket(socket.AF_UNIX) as connection:
        folder = os.open(base.home, os.O_RDONLY)
        connection.connect(f"/proc/self/fd/{folder}/serve.sock")
        os.close(folder)
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(100) in (b"null\n", b"")
        except OSError:
            pass  # it hung up on what is too long
    assert ask_service(base.settings, "ask", "What is LoRA?")["status"] == "found"


def test_only_the_owner_may_open_it_one_serves_and_what_a_kill_left_is_replaced(base, service):
    path = base.home / "serve.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not Service(base).is_serving
    service.close()
    assert not path.exists()
    assert ask_service(base.settings, "ask", "What is LoRA?") is None
    code = (
        "import os, signal; from kb import *; s = Service(KnowledgeBase.open()); assert s.is_serving; "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert path.exists()
    again = Service(base)
    assert again.is_serving
    again.close()


def test_the_commands_print_the_same_with_and_without_it(base, capfdbinary):
    def said():
        codes = [
            main(["ask", "What is LoRA?", "--json"]),
            main(["ask", "What is LoRA?"]),
            main(["ask", "谁发明了电灯？"]),
            main(["search", "LoRA"]),
        ]
        return codes, capfdbinary.readouterr().out

    alone = said()
    process = subprocess.Popen([sys.executable, "-m", "kb", "serve"], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None and "answering for" in process.stderr.readline()
        assert ask_service(base.settings, "ask", "What is LoRA?") is not None
        assert said() == alone
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.stderr.close()
    assert said() == alone
    assert json.dumps(alone[0]) == "[0, 0, 4, 0]"


def test_warming_loads_what_a_question_waits_for_and_an_empty_library_is_no_error(base, tmp_path):
    class Counts(HashingEncoder):
        asked = ()

        def encode(self, texts, role="passage"):
            self.asked += (*texts,)
            return super().encode(texts, role)

    encoder, index = Counts(), FaissIndex(256)
    with KnowledgeBase.open(base.home, encoder=encoder, index=index) as warm:
        warm.warm()
    assert {"warm", "热"} <= set(encoder.asked)
    assert len(index) == base.status().passages
    with KnowledgeBase.open(tmp_path / "none", encoder="hashing") as empty:
        empty.warm()


def test_a_process_that_serves_answers_all_while_documents_are_added_and_does_not_grow(base, tmp_path):
    """Small counts; `python -m tests.bench load` has the large ones, and the times."""
    questions = ("What is LoRA?", "谁发明了电灯？", "What fires clay?")
    with serving(base.home, "hashing") as (settings, pid), adding(base.home, "hashing") as added:
        missing, seconds = at_once([lambda question: ask_service(settings, "ask", question)] * 50, questions)
        assert (missing, len(seconds)) == (0, 50)
        before = added()
        wait_until(lambda: added() > before)
    with serving(base.home, "hashing") as (settings, pid):
        before, *_, after = growth(settings, pid, 450, 150, questions)
    assert after < before * 1.1 + 8  # MB: what threads keep of their own
