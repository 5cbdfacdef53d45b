"""A library's own files may not name code or models outside it; nothing is ever unpickled."""

import ast
import contextlib
import pickle
import shutil
import socket
import sqlite3
import threading
from pathlib import Path

import pytest

from kb import KnowledgeBase
from kb.encoder.encode import VOCABULARY
from kb.encoder.hub import SentenceTransformerEncoder
from kb.errors import EncoderError, KBError
from kb.labs.run import load_tensors
from kb.store.tables import digest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def hub(monkeypatch):
    """A hub that counts who asks it."""
    from huggingface_hub import constants

    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")

        def listen():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    asked.append(connection)
                    connection.close()

        threading.Thread(target=listen, daemon=True).start()
        yield asked


@pytest.fixture
def note(tmp_path):
    path = tmp_path / "note.md"
    path.write_text("# Kilns\n\nA kiln fires clay at a high temperature.", encoding="utf-8")
    return path


def named(home, encoder):
    home.mkdir(exist_ok=True)
    (home / "kb.toml").write_text(f'encoder = "{encoder}"\n', encoding="utf-8")
    return home


def refused(home, note):
    with KnowledgeBase.open(home) as base, pytest.raises(EncoderError) as caught:
        base.add(note)
    return caught.value.code


def test_a_librarys_own_file_makes_nobody_ask_a_hub(tmp_path, note, hub):
    assert refused(named(tmp_path / "library", "attacker/model"), note) == "E_ENCODER_FOREIGN"
    assert hub == []


def test_a_librarys_own_database_makes_nobody_ask_a_hub(tmp_path, note, hub):
    home = tmp_path / "library"
    with KnowledgeBase.open(home, encoder="hashing") as base:
        base.add(note)
    value = '{"name":"attacker/model","fingerprint":"model:1","dim":256}'
    with contextlib.closing(sqlite3.connect(home / "kb.sqlite3")) as connection:
        connection.execute("UPDATE meta SET value = ?, digest = ? WHERE key = 'encoder'",
                           (value, digest(("encoder", value))))
        connection.commit()
    with KnowledgeBase.open(home) as base:
        for use in (lambda: base.add(note), lambda: base.ask("What does a kiln do?"), base.reindex):
            with pytest.raises(EncoderError) as caught:
                use()
            assert caught.value.code == "E_ENCODER_FOREIGN"
    assert hub == []


def test_a_name_that_the_user_gives_is_asked_for_and_only_then(tmp_path, note, hub):
    with KnowledgeBase.open(tmp_path / "library", encoder="somebody/model") as base, pytest.raises(EncoderError):
        base.add(note)
    assert hub


def test_a_folder_outside_is_not_loaded_and_one_inside_is(tmp_path, note):
    outside = tmp_path / "outside"
    shutil.copytree(VOCABULARY, outside)
    home = tmp_path / "library"
    assert refused(named(home, outside), note) == "E_ENCODER_FOREIGN"
    assert refused(named(home, "../outside"), note) == "E_ENCODER_FOREIGN"
    (home / "link").symlink_to(outside)
    assert refused(named(home, "link"), note) == "E_ENCODER_FOREIGN"
    shutil.copytree(VOCABULARY, home / "own")
    with KnowledgeBase.open(named(home, "own")) as base:
        assert base.encoder().name == str(home / "own")


def test_what_the_user_named_once_is_loaded_again_on_this_machine_only(tmp_path, note, monkeypatch):
    outside = tmp_path / "outside"
    shutil.copytree(VOCABULARY, outside)
    home = tmp_path / "library"
    with KnowledgeBase.open(home, encoder=str(outside)) as base:
        base.add(note)
    with KnowledgeBase.open(home) as base:
        assert base.ask("What does a kiln do?").claims
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "another-user"))
    with KnowledgeBase.open(home) as base, pytest.raises(EncoderError) as caught:
        base.ask("What does a kiln do?")
    assert caught.value.code == "E_ENCODER_FOREIGN"


# --- nothing is unpickled


class _Payload:
    """What touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.fixture
def canary(tmp_path):
    return tmp_path / "executed"


@pytest.fixture
def hostile(canary):
    data = pickle.dumps(_Payload(canary))
    pickle.loads(data).close()  # it does what it is made for
    canary.unlink()
    return data


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.py", "modeling_x.py"])
def test_a_model_that_could_carry_code_is_refused(tmp_path, hostile, canary, name):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / name).write_bytes(hostile)
    with pytest.raises(EncoderError, match="can carry code"):
        SentenceTransformerEncoder(str(folder))
    assert not canary.exists()


def test_hostile_pickles_wherever_a_library_may_have_them_are_never_executed(tmp_path, note, hostile, canary):
    home = tmp_path / "library"
    with KnowledgeBase.open(home, encoder="hashing") as base:
        base.add(note)
        base.verify()
    places = "index files encoder encoder/abc reader reader/abc jobs jobs/x labs labs/x surveys surveys/x/steps".split()
    folders = [home, *(home / name for name in places)]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("model.pt", "model.pkl", "vectors.npy", "model.joblib", "rows.safetensors", "model.safetensors",
                     "model.json", "status.json", "outline.json", "card.json", "vocabulary.json"):
            (folder / name).write_bytes(hostile)
    for path in [*home.glob("index/base-*"), home / "index/manifest.json"]:
        path.write_bytes(hostile)
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    for suffix in ("pt", "pkl", "npy", "npz", "joblib", "md", "html", "pdf", "docx", "csv", "ipynb", "zip"):
        (inputs / f"evil.{suffix}").write_bytes(hostile)
    with KnowledgeBase.open(home, encoder="hashing") as base:
        for use in (base.verify, base.doctor, lambda: base.add(inputs), lambda: base.ask("What does a kiln do?"),
                    lambda: base.table(["year"]), base.documents, lambda: base.remove(base.documents()[0].id),
                    lambda: load_tensors(home / "labs/x", "model"), base.reindex):
            with contextlib.suppress(KBError):
                use()
    assert not canary.exists()


def test_no_line_of_the_program_unpickles():
    """Not pickle, nor what reads one: torch.load, numpy.load with allow_pickle, joblib, shelve, marshal."""
    found = []
    for path in [*(ROOT / "kb").rglob("*.py"), *(ROOT / "app").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [])
            if {name.split(".")[0] for name in names} & {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal",
                                                         "cloudpickle"}:
                found.append((path.name, node.lineno))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "load" and (
                    isinstance(node.func.value, ast.Name) and node.func.value.id in ("torch", "np", "numpy")):
                found.append((path.name, node.lineno))
            if isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "trust_remote_code") and not (
                    isinstance(node.value, ast.Constant) and node.value.value is False):
                found.append((path.name, node.value.lineno))
    assert found == []
