"""Nothing leaves this machine and no name is looked up, whatever is done with a library: watched from inside every
process and, where strace is installed, from outside."""

import os
import subprocess
import sys

import pytest
from kb_app.guard_words import REFUSED

from tests.app.talking import Visit
from tests.browser import running_app
from tests.conftest import CORPUS, ROOT
from tests.making import make_pdf
from tests.watching import Watch

FAR = "http://far.example/x.png"
NOTE = f"""---
title: Distillation ![x]({FAR})
doi: 10.1/x
---
# Distillation

Knowledge distillation is a way to train a small network on the outputs of a large one. ![x]({FAR})

See http://far.example, [1] and arXiv:1503.02531.
"""
PAGE = f"""<!doctype html><base href="http://far.example/"><link rel=stylesheet href=far.css><title>Pruning</title>
<h1>Pruning</h1><p>Pruning is a method that removes weights of a network.<img src="{FAR}">
<script src="{FAR}"></script>"""
LATEX = r"""\documentclass{article}\usepackage{url}\begin{document}\section{Ways}\includegraphics{http://far.example/x.png}
Quantisation is a method that stores weights in fewer bits.\input{http://far.example/x}\end{document}"""
XML = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{FAR}">]><html><body><p>Low rank is a property. &x;</p></body></html>'


def kb(watch, home, *arguments):
    """Runs a command as it is run at a terminal, with nothing that forbids it the network."""
    environment = {name: value for name, value in os.environ.items() if "OFFLINE" not in name}
    done = subprocess.run([*watch.before, sys.executable, "-m", "kb", *arguments, "--home", str(home)], cwd=ROOT,
                          env=environment | watch.environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def watch(tmp_path):
    return Watch(tmp_path / "watch")


@pytest.mark.parametrize("code", [
    "import socket\ntry: socket.getaddrinfo('far.invalid', 80)\nexcept OSError: pass",
    "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ntry: s.connect(('192.0.2.1', 9))\n"
    "except OSError: pass",
    "import subprocess, sys\n"
    "subprocess.run([sys.executable, '-c', 'import socket; socket.gethostbyname(\"a.invalid\")'])"])
def test_a_look_up_and_a_connection_are_seen(watch, code):
    subprocess.run([*watch.before, sys.executable, "-c", code], env=os.environ | watch.environment, check=False,
                   capture_output=True)
    assert any(line.startswith("socket.") for line in watch.found())
    assert not watch.has_strace or any("sa_family" in line for line in watch.found())


def test_what_stays_here_is_not(watch):
    code = ("import socket, threading\nl = socket.create_server(('127.0.0.1', 0))\n"
            "socket.create_connection(('localhost', l.getsockname()[1])).close()")
    subprocess.run([*watch.before, sys.executable, "-c", code], env=os.environ | watch.environment, check=True)
    assert watch.n_processes() == 1 and watch.found() == []


@pytest.mark.engine
@pytest.mark.slow
def test_adding_asking_surveying_and_a_lab_ask_nobody(watch, tmp_path):
    (tmp_path / "papers").mkdir()
    for name, data in (("a.md", NOTE), ("b.html", PAGE), ("c.tex", LATEX), ("d.xhtml", XML)):
        (tmp_path / "papers" / name).write_text(data)
    (tmp_path / "papers" / "e.pdf").write_bytes(make_pdf(["# Distillation", "Distillation is a method of training."]))
    home = tmp_path / "library"
    kb(watch, home, "add", str(tmp_path / "papers"), str(CORPUS / "papers" / "bert.md"))
    assert "small network" in kb(watch, home, "ask", "What is knowledge distillation?")
    kb(watch, home, "survey", "write", "Knowledge distillation and pruning", "--out", str(tmp_path / "survey"))
    kb(watch, home, "table", "data set")
    kb(watch, home, "lab", "run", "parameters")
    assert watch.n_processes() >= 5
    assert watch.found() == []


def test_the_app_asks_nobody_whoever_asks_it(watch, tmp_path):
    (tmp_path / "note.md").write_text(NOTE)
    environment = {**watch.environment, "HF_HUB_OFFLINE": ""}
    with running_app(tmp_path / "library", "--encoder", "hashing", environment=environment,
                     before=watch.before) as app:
        cookie = app.cookie()
        visit = Visit(app, cookie)
        for page in ("", "library", "table", "survey", "labs", "settings"):
            assert visit.open(page).words()
        # Streamlit, asked by an origin that it does not know, would look for its own address at an outside host.
        for origin in ("http://far.example", "https://127.0.0.1", "http://127.0.0.1:1", "null"):
            for path in ("/_stcore/health", "/_stcore/host-config", "/_stcore/stream", "/media/x.png"):
                assert app.ask(path, cookie=cookie, origin=origin)[2] == REFUSED["origin"].en.encode()
                upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec_websocket_version": "13",
                           "sec_websocket_key": "AAAAAAAAAAAAAAAAAAAAAA=="}
                assert app.ask(path, cookie=cookie, origin=origin, **upgrade)[0] == 403
        app.ask("/", host="far.example", cookie=cookie)
    assert watch.n_processes() >= 2
    assert watch.found() == []
