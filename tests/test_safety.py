"""`kb doctor` says who can open the library, whether the weights are the right ones, and who is asked."""

import os
import shutil

import pytest

from kb.config import Settings
from kb.health import gate, safety


def said(findings):
    return {finding.what: finding for finding in findings}


@pytest.fixture
def note(tmp_path):
    path = tmp_path / "note.md"
    path.write_text("# LoRA\n\nLoRA is a method.\n")
    return path


def test_a_library_of_its_owner_alone_is_said_to_be_so(base, note):
    base.add([note])
    found = said(base.doctor().findings)
    assert found["privacy"].level == "ok"
    assert found["weights"].level == "ok"
    assert found["network"].level == "ok"


def test_a_library_that_others_can_open_is_told_with_what_closes_it(base, note):
    base.add([note])
    home = base.home
    os.chmod(home, 0o755)
    os.chmod(home / "kb.sqlite3", 0o644)
    found = said(base.doctor().findings)["privacy"]
    assert found.level == "warning"
    assert "kb.sqlite3" in found.message and f"chmod -R go= {home}" in found.hint
    os.chmod(home, 0o700)  # whatever is inside
    assert said(base.doctor().findings)["privacy"].level == "ok"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_library_that_belongs_to_another_user_is_told(base, note):
    base.add([note])
    os.chown(base.home / "kb.sqlite3", 65534, -1)
    assert said(safety.safety(Settings(base.home)))["privacy"].level == "warning"


def test_weights_that_are_not_those_they_should_be_are_an_error(tmp_path, monkeypatch):
    shutil.copytree(safety._DATA / "reader" / "three", tmp_path / "reader" / "three")
    shutil.copytree(safety._DATA / "zh", tmp_path / "zh")
    monkeypatch.setattr(safety, "_DATA", tmp_path)
    monkeypatch.setattr(safety, "_CARDS", ("zh", "reader/three"))
    assert safety._weights().level == "ok"
    path = tmp_path / "reader" / "three" / "reader.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert safety._weights().level == "error"
    assert str(path) in safety._weights().message
    path.unlink()
    assert safety._weights().level == "error"


@pytest.mark.parametrize(("settings", "environment", "words", "not_words"), [
    ({}, {}, "kb look-up", "hub"), ({"network": "off"}, {}, "endpoint", "kb look-up"),
    ({"encoder": "BAAI/bge-m3", "origins": (("encoder", "environment"),)}, {}, "BAAI/bge-m3", "nothing"),
    ({"encoder": "BAAI/bge-m3", "origins": (("encoder", "kb.toml"),)}, {}, "endpoint", "hub"),
    ({"encoder": "BAAI/bge-m3", "origins": (("encoder", "flag"),)}, {"HF_HUB_OFFLINE": "1"}, "endpoint", "hub")])
def test_who_may_be_asked_is_said_as_it_is_set(tmp_path, settings, environment, words, not_words):
    message = safety._network(Settings(tmp_path, **settings), environment).message
    assert words in message
    assert not_words not in message


LOGIN = """
[auth]
redirect_uri = "https://kb.example.org/oauth2callback"
cookie_secret = "long and random"
client_id = "kb"
client_secret = "s"
server_metadata_url = "https://accounts.example.org/.well-known/openid-configuration"
[kb]
allowed = ["a@example.org", "b@example.org"]
"""


@pytest.mark.parametrize(("secrets", "level", "words"), [
    (None, "ok", "another address is refused, no login is set up"), ("not = [toml", "ok", "no login is set up"),
    (LOGIN, "ok", "at https://kb.example.org, with --address, it answers 2 accounts"),
    (LOGIN.replace("cookie_secret", "other"), "warning", "lacks auth.cookie_secret"),
    (LOGIN.partition("[kb]")[0], "warning", "lacks kb.allowed")])
def test_whom_the_app_lets_in_is_said(secrets, level, words, base, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    if secrets:
        (tmp_path / ".streamlit").mkdir()
        (tmp_path / ".streamlit" / "secrets.toml").write_text(secrets)
    found = said(base.doctor().findings)["app"]
    assert found.level == level and words in found.message and "long and random" not in found.message


@pytest.mark.parametrize(("system", "words"), [
    ("linux", "the kernel is asked whose it is"), ("darwin", "this system is not asked whose")])
def test_where_the_system_is_not_asked_whose_a_connection_is_that_is_said(system, words, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", system)
    assert words in gate.app_door().message
