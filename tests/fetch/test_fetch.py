"""Addresses: what they mean, what is fetched, and what is refused. A server on this machine plays the network."""

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kb import KnowledgeBase
from kb.base.fetched import fetched
from kb.config import load_settings
from kb.encoder.hashing import HashingEncoder
from kb.errors import FileProblem
from kb.fetch import address_of, fetch
from kb.fetch.connection import is_public
from kb.ingest import ingest
from kb.readers import supported
from kb.readers.sandbox import Sandbox
from kb.store import Store
from tests.making import make_pdf

PAGE = b"<!doctype html><html><head><title>T</title></head><body><article><h1>A page</h1><p>" + b"Words of it. " * 40
PDF = make_pdf(["This page speaks of models."])


class Server(ThreadingHTTPServer):
    """answers: path -> (status, headers, body); a body that is a function is given the handler. asked: (path,
    headers)."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked, self.gate = {}, [], threading.Event()

    def at(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        status, headers, body = self.server.answers[self.path]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if callable(body):
            self.end_headers()
            with contextlib.suppress(OSError):
                body(self)
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    made = Server()
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.gate.set()
    made.shutdown()
    thread.join()
    made.server_close()


def this_machine(address):
    """The rule of these tests: the loopback address of the server counts as public, no other one does."""
    return address == "127.0.0.1" or is_public(address)


def get(url, max_bytes=1 << 20, seconds=20.0, **rules):
    return fetch(address_of(url), supported(), max_bytes, seconds=seconds, **{"may_connect": this_machine, **rules})


def code_of(url, **rules):
    with pytest.raises(FileProblem) as caught:
        get(url, **rules)
    assert caught.value.describe("zh")[1]
    return caught.value.code


@pytest.mark.parametrize(("typed", "url"), [
    ("arXiv:2106.09685", "https://arxiv.org/pdf/2106.09685"), ("arxiv:2106.09685v2", "https://arxiv.org/pdf/2106.09685v2"),
    ("arXiv:cs.CL/0409058", "https://arxiv.org/pdf/cs.CL/0409058"), ("doi:10.1145/3292500.3330701",
                                                                    "https://doi.org/10.1145/3292500.3330701"),
    ("10.18653/v1/N19-1423", "https://doi.org/10.18653/v1/N19-1423"), ("https://example.org/a?b=c",
                                                                      "https://example.org/a?b=c"),
    ("notes.md", None), ("folder/10.1/x", None), ("ftp://example.org/x", None), ("2106.09685", None), ("*.pdf", None)])
def test_what_looks_like_an_address(typed, url):
    found = address_of(typed)
    assert (found.url if found else None) == url


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1",
                                     "169.254.169.254", "0.0.0.0",
                                     "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
                                     "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::",
                                     "64:ff9b::a00:1", "198.18.0.1", "192.0.2.1"])
def test_addresses_that_are_not_on_the_public_internet(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "151.101.1.42", "2606:4700::1111"])
def test_addresses_that_are(address):
    assert is_public(address)


def test_a_pdf_and_a_page_are_known_by_their_bytes_and_nothing_else_is_sent(server):
    server.answers = {"/paper": (200, {"Content-Type": "application/octet-stream"}, PDF),
                      "/page": (200, {"Content-Type": "text/html; charset=utf-8"}, PAGE)}
    assert get(server.at("/paper")).name == "paper.pdf" and get(server.at("/page")).name == "page.html"
    assert set(server.asked[0][1]) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}


def test_redirects_are_followed_and_counted(server):
    server.answers = {"/a": (302, {"Location": "/b"}, b""), "/b": (301, {"Location": server.at("/c.pdf")}, b""),
                      "/c.pdf": (200, {}, PDF), "/loop": (302, {"Location": "/loop"}, b"")}
    assert get(server.at("/a")).data == PDF
    assert code_of(server.at("/loop")) == "E_FETCH"


@pytest.mark.parametrize("to", ["http://10.0.0.1/x", "http://169.254.169.254/latest/meta-data", "http://[::1]:9/x",
                                "http://127.0.0.2/x", "http://[::ffff:127.0.0.2]/x", "http://0/x"])
def test_a_redirect_to_a_network_of_its_own_is_refused(server, to):
    server.answers = {"/a": (302, {"Location": to}, b"")}
    assert code_of(server.at("/a")) == "E_FETCH_PRIVATE"


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://example.org/x", "gopher://example.org"])
def test_a_redirect_to_another_scheme_is_refused(server, to):
    server.answers = {"/a": (302, {"Location": to}, b"")}
    assert code_of(server.at("/a")) == "E_FETCH"


def test_this_machine_is_refused_without_the_rule_of_these_tests(server):
    assert code_of(server.at("/a"), may_connect=is_public) == "E_FETCH_PRIVATE"
    assert code_of("http://user:word@example.org/", resolve=lambda host, port: ["127.0.0.1"]) == "E_FETCH"
    assert server.asked == []


def test_a_name_is_asked_for_once_and_the_judged_address_is_the_one_that_is_asked(server):
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    server.answers = {"/x.pdf": (200, {}, PDF)}
    url = f"http://rebind.example:{server.server_port}/x.pdf"
    assert get(url, resolve=lambda host, port: answers.pop(0)).data == PDF
    assert server.asked[0][1]["Host"] == f"rebind.example:{server.server_port}"
    assert code_of(url, resolve=lambda host, port: ["127.0.0.1", "10.0.0.1"]) == "E_FETCH_PRIVATE"


def test_a_page_where_a_pdf_was_asked_for_is_told(server):
    server.answers = {"/paper.pdf": (200, {"Content-Type": "application/pdf"}, PAGE),
                      "/movie": (200, {"Content-Type": "video/mp4"}, b"\0\0\0\x20ftyp")}
    assert code_of(server.at("/paper.pdf")) == "E_FETCH_TYPE"
    assert code_of(server.at("/movie")) == "E_FETCH_TYPE"


def test_statuses_cut_and_empty_answers(server):
    server.answers = {"/404": (404, {}, b"no"), "/empty": (200, {}, b""),
                      "/cut": (200, {"Content-Length": "5000"}, lambda handler: handler.wfile.write(PDF[:100])),
                      "/zip": (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b")}
    assert {code_of(server.at(path)) for path in server.answers} == {"E_FETCH"}


def test_an_answer_without_end_is_cut_by_its_size(server):
    def endless(handler):
        while True:
            handler.wfile.write(b"%PDF-" + b"0" * 65536)

    server.answers = {"/a": (200, {}, endless), "/told": (200, {"Content-Length": "99999999"}, endless)}
    assert code_of(server.at("/a")) == "E_TOO_BIG"
    assert code_of(server.at("/told")) == "E_TOO_BIG"


def test_a_server_that_says_nothing_more_is_cut_by_the_clock(server):
    def silent(handler):
        handler.wfile.write(b"%PDF-")
        handler.wfile.flush()
        handler.server.gate.wait(600)

    server.answers = {"/a": (200, {}, silent)}
    assert code_of(server.at("/a"), seconds=1.0) == "E_FETCH"


def test_headers_that_drip_are_cut_by_the_clock():
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip():
            client, _ = listening.accept()
            with client, contextlib.suppress(OSError):
                client.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not stop.wait(0.05):
                    client.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            assert code_of(f"http://127.0.0.1:{listening.getsockname()[1]}/a", seconds=1.0) == "E_FETCH"
        finally:
            stop.set()
            thread.join()


def test_what_is_no_http_and_a_port_where_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def answer():
            client, _ = listening.accept()
            with client:
                client.sendall(b"SSH-2.0-OpenSSH\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert code_of(f"http://127.0.0.1:{port}/a") == "E_FETCH"
        thread.join()
    assert code_of(f"http://127.0.0.1:{port}/a") == "E_FETCH"


def test_what_was_fetched_is_kept_with_its_address_and_a_new_version_replaces_the_old(server, tmp_path):
    home = tmp_path / "home"
    store, settings = Store(home), load_settings({"home": home})
    server.answers = {"/p": (200, {"Content-Type": "text/html"}, PAGE)}
    address = address_of(server.at("/p"))
    first = ingest([fetched(address, store, settings, may_connect=this_machine)], store, HashingEncoder(), Sandbox)
    assert first.added[0].path == address.url
    with store.read() as view:
        document = view.document(first.added[0].document)
        assert document.path == document.metadata.url == address.url
        assert view.source_path(document.id).is_relative_to(home / "files")
    server.answers = {"/p": (200, {"Content-Type": "text/html"}, PAGE + b"<p>More.")}
    second = ingest([fetched(address, store, settings, may_connect=this_machine)], store, HashingEncoder(), Sandbox)
    assert second.added[0].replaced == first.added[0].document


def test_an_address_is_no_missing_file(tmp_path, server):
    with KnowledgeBase.open(tmp_path / "home", encoder="hashing") as base:
        report = base.add([server.at("/a.pdf")])
        assert [problem.code for problem in report.failed] == ["E_FETCH_PRIVATE"]


def test_nothing_is_fetched_where_the_network_is_off(tmp_path, server, monkeypatch):
    monkeypatch.setenv("KB_NETWORK", "off")
    with KnowledgeBase.open(tmp_path / "home", encoder="hashing") as base:
        report = base.add(["arXiv:2106.09685", "doi:10.1145/3292500.3330701", server.at("/a")])
        assert {problem.code for problem in report.failed} == {"E_NET_OFF"} and len(report.failed) == 3
    assert server.asked == []
