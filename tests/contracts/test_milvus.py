"""The vectors of a library on a Milvus server (Milvus Lite here): never trusted, never missed."""

import contextlib
import importlib.util
import shutil
import threading

import numpy as np
import pytest

from kb import KnowledgeBase
from kb.answer.nearest import Snapshots
from kb.config import load_settings
from kb.encoder.adapted_reader import LibraryReader
from kb.errors import LibraryError, MissingPackage, SettingError
from kb.health import doctor, verify
from kb.index import snapshot as snapshot_module
from kb.index.milvus import MilvusIndex
from kb.index.selection import Selection
from kb.store.milvus import MilvusVectors
from kb.store.opening import open_store
from tests import milvusserver
from tests.index.test_snapshot import VectorEncoder, brute, nearest, of_vectors, unit, write
from tests.waiting import wait_until

pytestmark = pytest.mark.engine


@pytest.fixture
def library(place, milvus):
    opened = open_store(*place, milvus=milvus.address)
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path, milvus):
    return open_store(tmp_path / "library", milvus=milvus.address)


def plain(store):
    """The same library, by somebody who has not set Milvus."""
    return open_store(store.home, store.server)


def agrees(store, seed=9, k=20):
    """Whether the library finds what looking at every vector finds; from where."""
    found, origin = nearest(store, unit(1, seed=seed), k)
    assert found == brute(store, unit(1, seed=seed), k)
    return origin


def collection(store):
    with store.read() as view:
        found = store.index._accepted(view)
    return found.index if found else None


def test_it_is_kept_in_step_with_what_comes_and_goes(library):
    one = of_vectors(unit(300), "a")
    write(library, one, of_vectors(unit(200, seed=1), "b"))
    assert agrees(library) == "server"
    first = collection(library)
    assert first.count() == 500
    write(library, of_vectors(unit(100, seed=2), "c"), removes=[one.document.id])
    assert agrees(library) == "server"
    assert (collection(library).name, collection(library).count()) == (first.name, 300)
    with library.read() as view:
        assert library.index.is_sound(view)
        state = library.index.state(view)
        assert (state.n_base, state.n_added, state.n_removed) == (300, 0, 0)


def test_it_finds_what_looking_at_all_finds(store):
    write(store, of_vectors(unit(2000), "a"))
    questions = unit(20, seed=5)
    with store.read() as view:
        snapshot, (ids, vectors) = store.index.load(view), view.vectors()
        found = [snapshot.search(view, questions[i:i + 1], 10)[1] for i in range(20)]
    true = ids[np.argsort(-(questions @ vectors.T), axis=1)[:, :10]]
    assert snapshot.base.origin == "server"
    assert sum(np.isin(*pair).sum() for pair in zip(found, true, strict=True)) >= 0.95 * 200


@pytest.mark.parametrize("share", [0.9, 0.08])
@pytest.mark.parametrize("by_rows", [0, 20_000])
def test_a_filter_finds_all_of_its_own_and_nothing_else(store, share, by_rows, monkeypatch):
    monkeypatch.setattr(snapshot_module, "_BY_ROWS", by_rows)
    write(store, of_vectors(unit(2000), "a"))
    write(plain(store), of_vectors(unit(100, seed=1), "b"))  # not in the collection yet
    with store.read() as view:
        ids = view.living()
        among = Selection(frozenset(), ids[np.random.default_rng(1).random(len(ids)) < share])
        question = unit(1, seed=3)
        snapshot = store.index.load(view)
        assert snapshot.base.origin == "server"
        _, found = snapshot.search(view, question, 10, among)
        own, vectors = view.vectors(among.passages.tolist())
        assert found.tolist() == own[np.argsort(-(vectors @ question[0]), kind="stable")[:10]].tolist()


def test_one_that_is_behind_is_searched_with_what_came_since_and_caught_up(store):
    one = of_vectors(unit(60), "a")
    write(store, one, of_vectors(unit(60, seed=1), "b"))
    held = Snapshots(store.index)
    write(plain(store), of_vectors(unit(40, seed=2), "c"), removes=[one.document.id])  # Milvus is not told
    assert agrees(store) == "server"
    with store.read() as view:
        assert (store.index.state(view).n_added, store.index.state(view).n_removed) == (40, 60)
        assert held.search(view, unit(1, seed=2), 1)[1].tolist() == [121]
    write(store, of_vectors(unit(5, seed=3), "d"))
    assert agrees(store) == "server"
    assert collection(store).count() == 105


def drop(store):
    collection(store)._server.drop(collection(store).name)


def lose_a_row(store):
    collection(store).remove(np.array([3]))


def put_back(store):
    """As it was before the last documents came, with its record: from a backup of the server."""
    index, record = collection(store), collection(store).record()
    write(store, of_vectors(unit(9, seed=8), "z"))
    index.remove(np.arange(101, 110))
    index.note(record)


def spoil_the_record(store):
    collection(store).note("{")


@pytest.mark.parametrize("harm", [drop, lose_a_row, put_back, spoil_the_record])
def test_one_that_lost_something_is_not_asked_and_is_made_again(store, harm):
    write(store, of_vectors(unit(100), "a"))
    harm(store)
    with store.read() as view:
        is_known = harm is put_back and store.index.load(view).base.origin == "server"
    assert is_known or agrees(store) == "memory"
    write(store, of_vectors(unit(5, seed=1), "b"))
    assert agrees(store) == "server"


def test_the_check_finds_another_vector_and_makes_the_collection_again(store, tmp_path):
    write(store, of_vectors(unit(50), "a"))
    before = collection(store)
    assert [f.level for f in verify(store, VectorEncoder).findings] == ["ok"] * 2
    before.put(np.array([7]), unit(1, seed=77))  # as many as before
    check = verify(store, VectorEncoder)
    assert [(f.level, f.code) for f in check.findings if f.what == "vector cache"] == [("repaired", "F_CACHE_REBUILT")]
    assert collection(store).name != before.name and not before.exists()
    assert agrees(store) == "server"


def test_who_reads_an_older_generation_finds_what_has_gone_since(store):
    one = of_vectors(unit(30), "a")
    write(store, one, of_vectors(unit(30, seed=1), "b"))
    snapshots = Snapshots(store.index)
    with store.read() as old:
        assert snapshots.search(old, unit(30)[4:5], 1)[1].tolist() == [5]
        write(store, removes=[one.document.id])
        assert snapshots.search(old, unit(30)[4:5], 1)[1].tolist() == [5]
        with store.read() as new:
            assert snapshots.search(new, unit(30)[4:5], 30)[1].min() > 30
        assert snapshots.search(old, unit(30)[4:5], 1)[1].tolist() == [5]


@pytest.mark.parametrize("broken", ["put", "remove", "note"])
def test_a_writer_that_breaks_off_in_the_middle_leaves_nothing_wrong(store, broken, monkeypatch):
    one = of_vectors(unit(40), "a")
    write(store, one, of_vectors(unit(40, seed=1), "b"))
    with monkeypatch.context() as patch:
        done, calls = getattr(MilvusIndex, broken), []

        def breaks(index, *given):
            calls.append(broken)
            if broken != "note" or len(calls) > 1:  # the first note opens it
                raise KeyboardInterrupt
            return done(index, *given)

        patch.setattr(MilvusIndex, broken, breaks)
        with pytest.raises(KeyboardInterrupt):
            write(store, of_vectors(unit(40, seed=2), "c"), removes=[one.document.id])
    assert agrees(store) == "server"  # as far as it goes; what came since is searched beside it
    write(store, of_vectors(unit(5, seed=3), "d"))
    assert agrees(store) == "server"
    assert collection(store).count() == 85


def test_a_copy_of_the_folder_has_a_collection_of_its_own(store, tmp_path, milvus):
    write(store, of_vectors(unit(40), "a"))
    shutil.copytree(store.home, tmp_path / "copy")
    copy = open_store(tmp_path / "copy", milvus=milvus.address)
    assert agrees(copy) == "server"
    write(copy, of_vectors(unit(10, seed=1), "b"))
    assert agrees(store) == "memory"  # the other's passages are in it now
    write(store, of_vectors(unit(10, seed=2), "c"))
    assert (agrees(store), agrees(copy)) == ("server", "server")
    assert collection(store).name != collection(copy).name


def test_one_question_after_the_other_while_somebody_adds_and_removes(store):
    write(store, of_vectors(unit(50), "base"))
    snapshots, wrong, is_over = Snapshots(store.index), [], threading.Event()

    def ask():
        while not is_over.is_set():
            with store.read() as view:
                found = snapshots.search(view, unit(1, seed=9), 10)[1].tolist()
                ids, vectors = view.vectors()
                if found != ids[np.argsort(-(vectors @ unit(1, seed=9)[0]), kind="stable")[:10]].tolist():
                    wrong.append(found)

    asking = threading.Thread(target=ask)
    asking.start()
    for n in range(6):
        one = of_vectors(unit(20, seed=20 + n), f"n{n}")
        write(store, one)
        write(store, removes=[one.document.id])
    is_over.set()
    asking.join()
    assert not wrong


def test_a_server_that_is_away_is_said_and_costs_nothing(tmp_path, caplog):
    if absent := milvusserver.why_not():
        pytest.skip(absent)
    server = milvusserver.Server()
    store = open_store(tmp_path / "library", milvus=server.address)
    write(store, of_vectors(unit(20), "a"))
    index = collection(store)
    server.stop()
    server.start()
    assert index.search(unit(1), 1)[1].tolist() == [[1]]  # by the client that it has
    server.stop()
    with pytest.raises(LibraryError) as caught:
        nearest(store, unit(1))
    assert caught.value.code == "E_MILVUS_UNREACHABLE"
    assert "KB_MILVUS" in caught.value.describe("en")[1]
    write(store, of_vectors(unit(10, seed=1), "b"))
    assert "is not brought up to date" in caplog.text
    assert nearest(plain(store), unit(1, seed=1), 1)[0] == [21]
    settings = load_settings({"home": store.home, "milvus": server.address})
    for check in (doctor(settings, store, VectorEncoder, LibraryReader(store.home, "off")),
                  verify(store, VectorEncoder)):
        assert "E_MILVUS_UNREACHABLE" in [finding.code for finding in check.findings]
    server.start()

    def answers():
        with contextlib.suppress(LibraryError):  # gRPC waits before it connects again
            return agrees(store) == "server"

    wait_until(answers)
    write(store, of_vectors(unit(1, seed=2), "c"))
    assert collection(store).count() == 31
    said = doctor(settings, store, VectorEncoder, LibraryReader(store.home, "off")).findings
    assert any(f"Milvus at {server.address}: 31 passages" in str(finding.describe("en")) for finding in said)
    server.end()


def test_without_the_package_the_line_that_installs_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPackage) as caught:
        open_store(tmp_path / "library", milvus="http://127.0.0.1:19530")
    assert "pip install 'bilingual-kb[milvus]'" in caught.value.describe("en")[1]


def test_a_library_asks_it_by_its_address_and_by_the_environment(tmp_path, milvus, monkeypatch):
    note = tmp_path / "note.md"
    note.write_text("# Kilns\n\nA kiln is an oven for clay.\n")
    monkeypatch.setenv("KB_MILVUS", milvus.address)
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as base:
        base.add(note)
        assert base.search("What is a kiln?")
        assert isinstance(base._store.index, MilvusVectors)
        assert collection(base._store).count() == 1
    monkeypatch.delenv("KB_MILVUS")
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing", milvus=milvus.address) as base:
        assert base.search("What is a kiln?")
        assert base._store.index.address == milvus.address


@pytest.mark.parametrize("address", ["milvus", "http://me:secret@host:19530", "tcp://host:19530", "http://host",
                                     "http://host:1/a/b"])
def test_what_is_no_address_is_refused_without_its_password(tmp_path, address):
    with pytest.raises(SettingError) as caught:
        load_settings({"home": tmp_path, "milvus": address})
    assert caught.value.code == "E_MILVUS_ADDRESS" and "secret" not in str(caught.value)


def test_a_folder_cannot_send_its_reader_s_vectors_anywhere(tmp_path):
    (tmp_path / "kb.toml").write_text('milvus = "http://far.example:19530"\n')
    with pytest.raises(SettingError, match="unknown key"):
        load_settings({"home": tmp_path}, {})
