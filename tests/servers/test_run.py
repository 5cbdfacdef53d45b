"""Where the servers listen, who may enter, what a client that does not read or send may hold; what is missing."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest

pytest.importorskip("uvicorn", reason="pip install 'bilingual-kb[api]'")
pytest.importorskip("fastapi", reason="pip install 'bilingual-kb[api]'")
import uvicorn

from kb import KnowledgeBase
from kb.cli.main import main, parser
from kb.errors import ServiceError, SettingError
from kb.operations import OPERATIONS
from kb.operations.filing import DOCUMENTS, FILTERS
from kb.servers import run
from kb.servers.api import make_api
from kb.servers.door import Door, Guard
from kb.servers.run import Listening, door_of
from tests.conftest import ROOT
from tests.waiting import wait_until

TOKEN = "abcdefghijklmnop"


@pytest.fixture
def token_file(tmp_path):
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    return tmp_path / "token"


def test_on_this_machine_each_start_has_a_token_and_the_names_of_this_machine():
    one, other = (door_of(Listening("127.0.0.1", 8502), 8502) for _ in range(2))
    assert one.hosts == {"127.0.0.1:8502", "localhost:8502"} and len(one.token) > 30 and one.token != other.token
    assert door_of(Listening("::1", 1), 1).hosts == {"[::1]:1", "localhost:1"}
    assert "localhost" in door_of(Listening("localhost", 80), 80).hosts


def test_where_others_reach_it_a_token_of_ones_own_and_a_name_are_wanted(token_file):
    for listening, missing in ((Listening("0.0.0.0", 1), "--token-file"), (Listening("192.0.2.1", 1), "--token-file"),
                               (Listening("0.0.0.0", 1, (), token_file), "--host")):
        with pytest.raises(SettingError) as error:
            door_of(listening, 1)
        assert error.value.code == "E_OPEN" and missing in str(error.value)
    door = door_of(Listening("0.0.0.0", 1, ("KB.example.org", ), token_file), 1)
    assert (door.hosts, door.token) == ({"kb.example.org"}, TOKEN)
    assert door_of(Listening("192.0.2.1", 1, (), token_file), 1).hosts == {"192.0.2.1:1"}
    for name in ("", "a b", "http://kb.example.org", "x/y"):
        with pytest.raises(SettingError) as error:
            door_of(Listening("127.0.0.1", 1, (name, )), 1)
        assert error.value.code == "E_HOST_NAME"


@pytest.mark.parametrize("content", [b"", b"short", b"with space in between", "密".encode() * 20, b"x" * 501])
def test_a_token_that_cannot_be_one_is_told(tmp_path, content):
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(SettingError) as error:
        door_of(Listening("127.0.0.1", 1, (), tmp_path / "token"), 1)
    assert error.value.code == "E_TOKEN_FILE"


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ServiceError):
        run.serve(lambda: None, Listening("127.0.0.1", taken.getsockname()[1]), "api")


class Serving:
    """An application behind a door, served by uvicorn in a thread."""

    def __init__(self, app, door, patience):
        self.patience = run.PATIENCE
        run.PATIENCE = patience
        self.socket = run._listen("127.0.0.1", 0)
        self.port = self.socket.getsockname()[1]
        config = uvicorn.Config(Guard(app, door), log_level="critical", lifespan="off", ws="none")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *args):
        run.PATIENCE = self.patience
        self.server.should_exit = True
        self.thread.join(10)
        self.socket.close()


def test_whoever_does_not_read_or_does_not_send_holds_nothing_for_long():
    ended = threading.Event()

    async def endless(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        finally:
            ended.set()

    door = Door(frozenset({"h"}), TOKEN, patience=0.5)
    head = f"POST / HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {TOKEN}\r\n".encode()
    with Serving(endless, door, 0.5) as serving:
        with socket.create_connection(("127.0.0.1", serving.port)) as deaf:
            deaf.sendall(head + b"content-length: 0\r\n\r\n")
            assert ended.wait(10)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                wait_until(lambda: not serving.server.server_state.connections)
        with socket.create_connection(("127.0.0.1", serving.port), timeout=10) as slow:
            slow.sendall(head + b"content-length: 5\r\n\r\n{")
            said = b"".join(iter(lambda: slow.recv(65536), b""))
    assert said.startswith(b"HTTP/1.1 408") and b"E_BODY_SLOW" in said


def test_an_answer_ends_when_whoever_asked_for_it_goes_away(library, monkeypatch):
    ended, answer = threading.Event(), library.ask("What is LoRA?")

    def growing(self, *args, **kwargs):
        try:
            while True:
                yield answer
        finally:
            ended.set()

    monkeypatch.setattr(KnowledgeBase, "stream", growing)
    api = make_api(library, writes=False, language="en")
    body = b'{"question": "What is LoRA?", "stream": true}'
    head = f"POST /v1/ask HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n"
    with Serving(api, Door(frozenset({"h"}), TOKEN), 30) as serving:
        with socket.create_connection(("127.0.0.1", serving.port)) as client:
            client.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
        assert ended.wait(60)


def ask(url, token, path, body):
    request = urllib.request.Request(f"{url}{path}", json.dumps(body).encode(), {"content-type": "application/json",
                                                                                "authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as reply:
        return json.loads(reply.read())


def test_the_command_serves_says_where_and_stops_in_order(library):
    environment = {**os.environ, "KB_HOME": str(library.home), "KB_ENCODER": "hashing", "LANG": "en_US.UTF-8",
                   "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]])}
    with subprocess.Popen([sys.executable, "-m", "kb", "api", "--port", "0"], env=environment, stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as server:
        try:
            url, token = re.search(r"kb api: (http://\S+)/  token: (\S+)", server.stderr.readline()).groups()
            assert ask(url, token, "/v1/where", {"quote": "adds low-rank matrices"})["n_places"] == 1
            with pytest.raises(urllib.error.HTTPError) as refused:
                ask(url, "wrong", "/v1/list", {})
            assert refused.value.code == 401
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(10) == 0
        assert (server.stdout.read(), server.stderr.read()) == ("", "")


@pytest.mark.parametrize(("command", "package"), [("api", "fastapi"), ("mcp", "mcp"), ("mcp", "pydantic")])
def test_a_package_that_is_missing_is_told_with_the_line_that_installs_it(command, package, capfd, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("kb.servers.")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [package, *(name for name in sys.modules if name.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, name, None)
    assert main([command]) == 1
    assert f"pip install 'bilingual-kb[{command}]'" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["servers.md", "servers.zh.md"])
def test_the_page_about_them_names_every_operation_and_commands_that_exist(name):
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    filters = {each.name for each in (*FILTERS, DOCUMENTS)}  # they stand once, below the table
    assert all(f"`{name}`" in text for name in filters)
    rows = {row[0]: set(re.findall(r"`(\w+)`", row[1])) | (filters if re.search("filters|筛选条件", row[1]) else set())
            for row in re.findall(r"^\| `(\w+)` \|.*\|(.*)\|$", text, re.MULTILINE)}
    assert rows == {one.name: {each.name for each in one.parameters} for one in OPERATIONS.values()}
    commands = re.findall(r"^\$ kb (.+)$", text, re.MULTILINE)
    assert len(commands) == 5
    for line in commands:
        parser().parse_args(shlex.split(line, comments=True))
    for target, part in re.findall(r"\]\(([^)#:]+)#?([^)]*)\)", text):
        heading = f"### {part.replace('-', ' ')}".casefold()
        assert not part or heading in (ROOT / "docs" / target).read_text(encoding="utf-8").casefold(), part
