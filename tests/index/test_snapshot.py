"""The vector cache: what it saves, and that it is never trusted blindly."""

import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest

from kb.answer.nearest import Snapshots
from kb.config import load_settings
from kb.encoder.adapted_reader import LibraryReader
from kb.encoder.hashing import HashingEncoder
from kb.health import doctor, verify
from kb.index.snapshot import CANDIDATES, clustered_index, exact_base, is_due
from kb.index.vector import ExactFile, FaissIndex
from kb.store import Store
from kb.store.cache import IndexFiles
from kb.types import Document, Metadata, Passage, Prepared, Section
from tests.making import make_prepared
from tests.waiting import kill_this_process_at, wait_until

ENCODER = HashingEncoder()


class VectorEncoder(HashingEncoder):
    """Of the fingerprint that `of_vectors` gives."""

    def __init__(self):
        super().__init__(32)
        self.fingerprint = "vectors"


def unit(n, dim=32, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def of_vectors(vectors, path, name="vectors"):
    """A document whose passages have these vectors."""
    text = "".join(f"{path} {i}. " for i in range(len(vectors)))
    ends = np.cumsum([len(f"{path} {i}. ") for i in range(len(vectors))]).tolist()
    passages = tuple(Passage(a, b, text[a:b]) for a, b in zip([0, *ends], ends, strict=False))
    sha256 = path.encode().hex().ljust(64, "0")[-64:]
    return Prepared(
        Document(f"{path:>12}".replace(" ", "0"), sha256, path, "markdown", Metadata(title=path), "en", text,
                 (Section("", 0, 0, len(text)), )), passages, vectors.astype(np.float32), name, path.encode())


def write(store, *documents, removes=()):
    with store.write("test") as writer:
        for document in documents:
            writer.commit(document, "vectors")
        for document in removes:
            writer.remove(document)


def nearest(store, question, k=10):
    with store.read() as view:
        snapshot = store.index.load(view)
        return snapshot.search(view, question, k)[1].tolist(), snapshot.base.origin


def brute(store, question, k=10):
    with store.read() as view:
        ids, vectors = view.vectors()
        return ids[np.argsort(-(vectors @ question[0]), kind="stable")[:k]].tolist()


def build(store):
    """What the background process does."""
    return store.index.build(store.read)


def build_now(files):
    build(Store(files.folder.parent, exact_up_to=files.exact_up_to))


def base_file(store):
    (path,) = (store.home / "index").glob("base-*.faiss")
    return path


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "library")


@pytest.fixture
def small(tmp_path):
    """A store for which 2,500 passages are many: their index is clustered and made in the background."""
    return Store(tmp_path / "library", exact_up_to=2500)


@pytest.fixture
def large(small, monkeypatch):
    """One with a clustered base. Later bases are made before the writer ends; a process for each would make these tests
    slow."""
    monkeypatch.setattr(IndexFiles, "_start_builder", build_now)
    write(small, of_vectors(unit(3000), "a"))
    return small


def wait_for_base(store):
    wait_until(lambda: not store.index.is_building() and store.index.stamp(),
               lambda: (store.home / "index/build.log").read_text())


# --- what is saved


def test_a_small_library_s_base_is_made_by_every_writer(store):
    write(store, of_vectors(unit(5), "a"))
    assert nearest(store, unit(1, seed=9))[1] == "file"
    write(store, of_vectors(unit(3, seed=1), "b"))
    with store.read() as view:
        assert len(store.index.load(view).base.part.index) == 8
        assert store.index.state(view).n_added == 0


def test_a_larger_library_keeps_its_base_until_a_fifth_has_changed(store):
    write(store, of_vectors(unit(3000), "a"))
    first = base_file(store)
    write(store, of_vectors(unit(500, seed=1), "b"))
    assert base_file(store) == first
    question = unit(1, seed=9)
    assert nearest(store, question) == (brute(store, question), "file")
    write(store, of_vectors(unit(2600, seed=2), "c"))
    assert base_file(store) != first
    assert nearest(store, question) == (brute(store, question), "file")
    second = base_file(store)
    write(store, removes=["00000000000b"])
    assert base_file(store) == second
    assert nearest(store, question) == (brute(store, question), "file")
    write(store, removes=["00000000000c"])
    assert base_file(store) != second


@pytest.mark.parametrize(("base", "added", "removed", "due"), [(0, 0, 0, False), (100, 1, 0, True), (100, 0, 1, True),
                                                               (10_000, 2000, 2000, False), (10_000, 2001, 0, True),
                                                               (10_000, 0, 2001, True),
                                                               (1_000_000, 50_000, 200_000, False),
                                                               (1_000_000, 50_001, 0, True)])
def test_when_a_base_is_due(base, added, removed, due):
    assert is_due(base, added, removed) is due


def test_segments_stay_few_and_share_what_did_not_change(store):
    write(store, of_vectors(unit(3000), "a"))
    snapshot, opened = None, 0
    for i in range(20):
        write(store, of_vectors(unit(3, seed=i), f"b{i}"))
        with store.read() as view:
            before, snapshot = snapshot, store.index.load(view, snapshot)
            opened += before is None or before.base is not snapshot.base
            assert len(snapshot) == 3000 + 3 * (i + 1)
            question = unit(1, seed=100 + i)
            assert snapshot.search(view, question, 10)[1].tolist() == brute(store, question)
    assert opened == 1
    assert len(snapshot.segments) <= 5


# --- vectors that come later than their text


def late(vectors, path, rows):
    """`of_vectors` of which these rows are still to come."""
    vectors = vectors.copy()
    vectors[rows] = np.nan
    return of_vectors(vectors, path)


@pytest.mark.parametrize("n", [60, 3000])
def test_vectors_that_come_late_and_in_any_order_are_found_in_every_generation(store, n):
    vectors, question = unit(n), unit(1, seed=9)
    waiting = np.random.default_rng(1).permutation(n)[:n // 2]
    write(store, late(vectors, "a", waiting))
    with store.read() as view:
        snapshot = store.index.load(view)
        assert (len(snapshot), view.counts()[1], view.count_vectors()) == (n - len(waiting), n, n - len(waiting))
        assert snapshot.search(view, question, 10)[1].tolist() == brute(store, question)
    write(store, of_vectors(unit(20, seed=3), "later"))  # higher ids than those that wait
    with store.write("test") as writer:
        assert writer.without_vectors() == sorted((waiting + 1).tolist())
        for some in np.array_split(waiting, 3):
            writer.set_vectors((some + 1).tolist(), vectors[some])
            with store.read() as view:
                snapshot = store.index.load(view, snapshot)
                assert len(snapshot) == view.count_vectors()
                assert (
                    snapshot.search(view, question, 10)[1].tolist()
                    == store.index.load(view).search(view, question, 10)[1].tolist()
                )
                assert snapshot.search(view, question, 10)[1].tolist() == brute(store, question)
    assert nearest(store, question) == (brute(store, question), "file")
    with store.read() as view:
        assert view.count_vectors() == n + 20
        assert store.index.load(view, snapshot).search(view, question, n)[1].tolist() == brute(store, question, n)


def test_a_clustered_base_made_before_some_vectors_came_finds_them_too(large):
    vectors = unit(400, seed=1)
    write(large, late(vectors, "b", np.arange(100, 300)), of_vectors(unit(300, seed=2), "c"))
    with large.write("test") as writer:
        writer.forget_bases()
        writer.finish()
        assert large.index.state(writer).n_base == 3500
        writer.set_vectors(list(range(3101, 3301)), vectors[100:300])
    with large.read() as view:
        assert large.index.state(view).n_added == 200
        assert large.index.load(view).base.origin == "file"
        for i in range(100, 300, 20):
            assert large.index.load(view).search(view, vectors[i:i + 1], 1)[1].tolist() == [3001 + i]


def test_serials_are_never_used_again(store):
    write(store, of_vectors(unit(3000), "a"), of_vectors(unit(9, seed=1), "b"))
    first = base_file(store)
    question = unit(1, seed=9)
    write(store, removes=["00000000000b"])
    write(store, of_vectors(question.repeat(2, axis=0), "c"))
    assert base_file(store) == first
    assert nearest(store, question, 2) == ([3010, 3011], "file")


def test_a_library_of_version_0_1_is_read_as_it_is_and_noted_by_the_next_writer(store):
    write(store, of_vectors(unit(30), "a"))
    question = unit(1, seed=9)
    expected = brute(store, question)
    store.close()
    connection = sqlite3.connect(store.database)
    for statement in ("DROP TABLE arrivals", "DROP INDEX documents_sha256", "DROP INDEX passages_hash",
                      "ALTER TABLE passages DROP COLUMN hash", "DELETE FROM meta WHERE key = 'index'"):
        connection.execute(statement)
    connection.commit()
    connection.close()
    with store.read() as view:
        held = store.index.load(view)
        assert view.count_vectors() == 30
    assert nearest(store, question) == (expected, "memory")
    write(store, late(unit(20, seed=1), "b", [3]))
    with store.read() as view:
        assert view.count_vectors() == 49
        for previous in (held, None):
            assert store.index.load(view, previous).search(view, question, 49)[1].tolist() == brute(store, question, 49)
    assert verify(store, VectorEncoder).findings[0].level == "ok"


# --- removal


@pytest.mark.parametrize("kind", ["exact", "clustered", "in memory", "segment"])
def test_the_next_are_found_when_the_nearest_fifty_are_removed(small, kind, monkeypatch):
    monkeypatch.setattr(IndexFiles, "_start_builder", build_now)
    question = unit(1, seed=9)
    many = unit(2990, seed=1)
    near = question + 0.1 * unit(60, seed=2)
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    store = small if kind == "clustered" else Store(small.home)
    first = many[:2400] if kind == "segment" else many
    write(
        store,
        of_vectors(first, "a"),
        *([] if kind == "segment" else [of_vectors(near[:50], "near"), of_vectors(near[50:], "next")]),
    )
    if kind == "segment":
        write(store, of_vectors(near[:50], "near"), of_vectors(near[50:], "next"))
    with store.read() as view:
        held = store.index.load(view)
        assert len(set(held.search(view, question, 10)[1].tolist()) & set(brute(store, question, 60))) == 10
        assert held.base.part.is_exact == (kind != "clustered")
    write(store, removes=["00000000near"])
    if kind == "in memory":
        shutil.rmtree(store.home / "index")
    with store.read() as view:
        for previous in (held, None):
            snapshot = store.index.load(view, previous)
            scores, ids = snapshot.search(view, question, 10)
            assert ids.tolist() == brute(store, question)
            assert np.allclose(scores, np.sort(view.vectors()[1] @ question[0])[::-1][:10], atol=1e-6)


def test_when_all_but_a_few_are_removed_those_are_found(large):
    write(large, of_vectors(unit(7, seed=5), "b"))
    with large.read() as view:
        held = large.index.load(view)
    write(large, removes=["00000000000a"])
    with large.read() as view:
        for k in (3, 7, 100):
            assert large.index.load(view, held).search(view, unit(1, seed=9), k)[1].tolist() == brute(
                large, unit(1, seed=9), k
            )
    write(large, removes=["00000000000b"])
    assert nearest(large, unit(1))[0] == []


# --- large libraries


def test_a_large_library_s_base_is_clustered_and_made_in_the_background(small):
    large = small
    write(large, of_vectors(unit(3000), "a"))
    wait_for_base(large)
    with large.read() as view:
        state = large.index.state(view)
        assert (state.kind, state.n_base, state.n_added, state.n_removed) == ("clustered", 3000, 0, 0)
        assert state.recall >= 0.97
    questions = unit(30, seed=7)
    found = [nearest(large, questions[i:i + 1]) for i in range(30)]
    assert {origin for _, origin in found} == {"file"}
    assert np.mean([len(set(ids) & set(brute(large, questions[i:i + 1]))) for i, (ids, _) in enumerate(found)]) >= 9.5


def test_scores_of_a_clustered_base_are_those_of_the_stored_vectors(large):
    write(large, of_vectors(unit(40, seed=1), "b"))
    question = unit(1, seed=7)
    with large.read() as view:
        scores, ids = large.index.load(view).search(view, question, 300)
        named, vectors = view.vectors(ids.tolist())
        assert len(ids) == 300 > CANDIDATES
        assert np.allclose(scores, (vectors @ question[0])[np.searchsorted(named, ids)], atol=1e-6)


def test_a_reader_goes_on_with_the_old_base_and_takes_the_new_one_when_it_is_there(large, monkeypatch):
    snapshots = Snapshots(large.index)
    with large.read() as view:
        old = snapshots.current(view)
    write(large, of_vectors(unit(100, seed=1), "b"))
    with large.read() as view:
        later = snapshots.current(view)
        assert later.base is old.base
        assert len(later) == 3100
    monkeypatch.setattr(IndexFiles, "_start_builder", lambda self: None)
    write(large, of_vectors(unit(2500, seed=2), "c"))
    with large.read() as view:
        waiting = snapshots.current(view)
        assert waiting.base is old.base
        assert len(waiting) == 5600
    build(large)
    with large.read() as view:
        new = snapshots.current(view)
        assert new.base is not old.base
        assert (len(new.base.part.index), new.segments) == (5600, ())
        assert snapshots.current(view) is new
    assert len(list((large.home / "index").glob("base-*"))) == 1


@pytest.mark.slow
def test_readers_find_the_same_while_bases_are_swapped_under_them(large):
    question = unit(1, seed=9)
    expected, stop, errors, tokens = brute(large, question), threading.Event(), [], set()
    snapshots = Snapshots(large.index)

    def read():
        while not stop.is_set():
            with large.read() as view:
                snapshot = snapshots.current(view)
                tokens.add(snapshot.base.token)
                if snapshot.search(view, question, 10)[1].tolist() != expected:
                    errors.append(snapshot)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        seen = len(tokens)
        with large.write("test") as writer:
            writer.forget_bases()
            writer.finish()
        wait_until(lambda seen=seen: len(tokens) > seen)  # some reader has opened the new one
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(tokens - {""}) >= 5


def _build(home, n):
    kill_this_process_at(n, Path(home) / "index")
    build(Store(Path(home), exact_up_to=2500))
    os._exit(0)  # what threads of libraries do when an interpreter ends is not looked at here


@pytest.mark.slow
def test_a_build_killed_anywhere_leaves_the_old_base_and_the_next_one_succeeds(large, monkeypatch):
    question = unit(1, seed=9)
    monkeypatch.setattr(IndexFiles, "_start_builder", lambda self: None)
    write(large, of_vectors(unit(2500, seed=1), "b"))
    expected, old = brute(large, question), base_file(large)
    # Not forked: the threads of faiss, which this process has used, would be missing in the child, which waits for
    # them.
    context, n = multiprocessing.get_context("spawn"), 0
    while True:  # before its first change of the folder, before the second, … until it makes no more
        n += 1
        worker = context.Process(target=_build, args=(str(large.home), n))
        worker.start()
        worker.join()
        assert nearest(large, question) == (expected, "file")
        if worker.exitcode == 0:
            break
        assert worker.exitcode == -signal.SIGKILL
    assert n > 4  # the lock, the file, its name, the manifest
    assert not large.index.is_building()
    assert base_file(large) != old
    assert nearest(large, question) == (expected, "file")
    assert sorted(path.name.split("-")[0] for path in (large.home / "index").iterdir()) == [
        "base",
        "lock",
        "manifest.json",
    ]


def test_one_build_at_a_time_and_the_next_writer_starts_none_beside_it(large, monkeypatch):
    started = []
    monkeypatch.setattr(IndexFiles, "_start_builder", lambda self: started.append(self))
    with large.index._building() as is_free:
        assert is_free
        assert large.index.is_building()
        assert build(Store(large.home)) is False
        write(large, of_vectors(unit(2500, seed=1), "b"))
        assert started == []
    write(large, of_vectors(unit(1, seed=2), "c"))
    assert len(started) == 1


def test_a_build_that_began_before_a_removal_is_never_short_of_what_a_backup_has(large, monkeypatch):
    """The backup is of the moment when the token was drawn; the build then finds less than that and must not take
    place."""
    monkeypatch.setattr(IndexFiles, "_start_builder", lambda self: None)
    monkeypatch.setattr("kb.store.cache._BUILD_ATTEMPTS", 1)
    write(large, of_vectors(unit(2500, seed=1), "b"), of_vectors(unit(9, seed=2), "c"))
    announced = saved_record(large)
    connection = sqlite3.connect(large.database)  # a removal whose writer was killed before it drew a new token
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("DELETE FROM passages WHERE document = '00000000000c'")
    connection.commit()
    connection.close()
    assert build(large) is False
    with large.write("test") as writer:
        writer.finish()
    assert saved_record(large).bases[-1] != announced.bases[-1]
    assert build(large) is True


def saved_record(store):
    with store.read() as view:
        return view.index_record()


def test_vectors_replaced_during_a_build_make_it_worthless(large, monkeypatch):
    monkeypatch.setattr(IndexFiles, "_start_builder", lambda self: None)
    write(large, of_vectors(unit(2500, seed=1), "b"))
    old, built = base_file(large), clustered_index

    def replaced_meanwhile(ids, vectors):
        with large.write("test") as writer:
            writer.set_vectors([1], unit(1, seed=77))
        return built(ids, vectors)

    monkeypatch.setattr("kb.store.cache.clustered_index", replaced_meanwhile)
    assert build(large) is False
    assert base_file(large) == old
    assert nearest(large, unit(1, seed=77), 1) == ([1], "memory")


# --- never trusted blindly


@pytest.mark.parametrize("fault", [
    "delete", "truncate", "empty", "flip", "no manifest", "manifest", "list", "token", "encoder", "dim", "last",
    "vectors", "count", "sha256", "old"
])
@pytest.mark.parametrize("kind", ["exact", "clustered"])
def test_the_vector_cache_is_never_trusted_blindly(small, kind, fault, caplog, monkeypatch):
    store = small if kind == "clustered" else Store(small.home)
    monkeypatch.setattr(IndexFiles, "_start_builder", build_now)
    write(store, of_vectors(unit(2600), "a"))
    question = unit(1, seed=9)
    expected = nearest(store, question)
    assert expected[1] == "file"
    vectors, manifest = base_file(store), store.home / "index/manifest.json"
    data, known = bytearray(vectors.read_bytes()), json.loads(manifest.read_text())
    match fault:
        case "delete":
            vectors.unlink()
        case "truncate":
            vectors.write_bytes(data[: len(data) // 2])
        case "empty":
            vectors.write_bytes(b"")
        case "flip":
            data[len(data) // 2] ^= 4
            vectors.write_bytes(data)
        case "no manifest":
            manifest.unlink()
        case "manifest":
            manifest.write_text("[")
        case "list":
            manifest.write_text("[1]")
        case "old":  # as written by version 0.1
            vectors.rename(vectors.with_name("vectors.faiss"))
            manifest.write_text(
                json.dumps({"generation": 1, "encoder": "vectors", "dim": 32, "count": 2600, "sha256": known["sha256"]})
            )
        case _:
            manifest.write_text(json.dumps({**known, fault: 7 if isinstance(known[fault], int) else "other"}))
    with caplog.at_level("INFO"):
        assert nearest(store, question) == (expected[0], "memory")
    assert sum("vector cache" in record.message for record in caplog.records) == 1


def test_the_file_of_another_library_is_not_used(tmp_path):
    one, other = Store(tmp_path / "one"), Store(tmp_path / "other")
    write(one, of_vectors(unit(30), "a"))
    write(other, of_vectors(unit(30, seed=1), "a"))
    shutil.rmtree(other.home / "index")
    shutil.copytree(one.home / "index", other.home / "index")
    question = unit(1, seed=1)
    assert nearest(other, question) == (brute(other, question), "memory")


def test_an_older_copy_of_the_library_does_not_use_the_newer_file(store):
    """Restored, it gives the same ids to other passages."""
    write(store, of_vectors(unit(30), "a"))
    older = store.database.read_bytes()
    write(store, of_vectors(unit(30, seed=1), "b"))
    newer = shutil.copytree(store.home / "index", store.home / "kept")
    store.close()
    store.database.write_bytes(older)
    restored = Store(store.home)
    connection = sqlite3.connect(restored.database)
    connection.close()
    write(restored, of_vectors(unit(30, seed=2), "c"))
    shutil.rmtree(restored.home / "index")
    shutil.copytree(newer, restored.home / "index")
    question = unit(1, seed=2)
    assert nearest(restored, question) == (brute(restored, question), "memory")


def test_replaced_vectors_are_found_and_shared_snapshots_forgotten(store):
    write(store, of_vectors(unit(3000), "a"))
    with store.read() as view:
        held = store.index.load(view)
    moved = unit(1, seed=50)
    with store.write("test") as writer:
        writer.set_vectors([7], moved)
    with store.read() as view:
        for previous in (held, None):
            assert store.index.load(view, previous).search(view, moved, 1)[1].tolist() == [7]
    assert nearest(store, moved, 1) == ([7], "file")


def test_a_snapshot_of_an_empty_library_is_not_shared_with_one_that_has_vectors(store):
    with store.write("test"):
        pass
    with store.read() as view:
        empty = store.index.load(view)
        assert empty.search(view, unit(1), 3)[1].tolist() == []
    # before an epoch is drawn
    worker = multiprocessing.get_context("fork").Process(target=_commit_and_die, args=(str(store.home),))
    worker.start()
    worker.join()
    with store.read() as view:
        assert len(store.index.load(view, empty)) == 5


def test_a_view_older_than_the_snapshot_at_hand_finds_what_it_has(store):
    write(store, of_vectors(unit(3000), "a"))
    question = unit(1, seed=9)
    with store.read() as old:
        assert old.generation() == 1
        expected = brute(store, question)
        write(store, of_vectors(question.repeat(3, axis=0), "b"))
        with store.read() as new:
            later = store.index.load(new)
            assert later.search(new, question, 3)[1].tolist() == [3001, 3002, 3003]
        again = store.index.load(old, later)
        assert again.base is later.base
        assert again.search(old, question, 10)[1].tolist() == expected


def test_a_cache_that_cannot_be_written_loses_nothing(store, monkeypatch, caplog):
    write(store, of_vectors(unit(20), "a"))
    old = base_file(store)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    write(store, of_vectors(unit(5, seed=1), "b"))
    monkeypatch.undo()
    assert "could not be saved" in caplog.text
    assert base_file(store) == old
    question = unit(1, seed=9)
    assert nearest(store, question) == (brute(store, question), "file")
    assert not list((store.home / "index").glob(".new-*"))


def test_a_writer_killed_before_it_saved_leaves_a_base_that_is_still_right(store):
    write(store, of_vectors(unit(20), "a"))
    worker = multiprocessing.get_context("fork").Process(target=_commit_and_die, args=(str(store.home),))
    worker.start()
    worker.join()
    question = unit(1, seed=9)
    with store.read() as view:
        assert view.counts() == (2, 25)
    assert nearest(store, question) == (brute(store, question), "file")


def _commit_and_die(home):
    with Store(Path(home)).write("test") as writer:
        writer.commit(of_vectors(unit(5, seed=1), "b"), "vectors")
        os.kill(os.getpid(), signal.SIGKILL)


# --- what people are told


def fill(store, n=5):
    with store.write("test") as writer:
        for i in range(n):
            writer.commit(
                make_prepared(f"文档{i}说明了第{i}种方法。Method {i} is described here.", f"{i}.md"), "hashing"
            )


def test_doctor_says_which_index_there_is(store, tmp_path):
    fill(store)
    settings = load_settings({"home": store.home, "encoder": "hashing"})

    def said():
        check = doctor(settings, store, lambda: ENCODER, LibraryReader(store.home, "off"))
        return next(f for f in check.findings if f.what == "vector cache")

    assert said().message.startswith("exact, 5 passages in 0.0 MB; 0 added and 0 removed since")
    (store.home / "index/manifest.json").unlink()
    assert (said().level, said().hint) == ("warning", "kb verify")


@pytest.mark.parametrize("is_flipped", [True, False])
def test_verify_mends_a_damaged_cache(store, is_flipped):
    fill(store)
    data = bytearray(base_file(store).read_bytes())
    data[-5] ^= 1
    base_file(store).write_bytes(data if is_flipped else data[:99])
    finding = next(f for f in verify(store, lambda: ENCODER).findings if f.what == "vector cache")
    assert finding.level == "repaired"
    assert verify(store, lambda: ENCODER).findings[0].level == "ok"
    with store.read() as view:
        assert store.index.load(view).base.origin == "file"


def test_reading_all_vectors_costs_no_python_object_for_each(store):
    import tracemalloc

    write(store, of_vectors(unit(20_000), "a"))
    with store.read() as view:
        tracemalloc.start()
        exact_base(view, 32)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4 << 20  # 20,000 rows as Python objects are 10 MB


@pytest.mark.parametrize(("n", "dim"), [(0, 4), (1, 8), (5000, 384)])
def test_a_file_written_without_the_index_in_memory_is_the_one_that_faiss_writes(n, dim):
    rng = np.random.default_rng(n)
    ids, vectors = rng.permutation(3 * n)[:n].astype(np.int64), rng.standard_normal(
        (n, dim)).astype(np.float16).astype(np.float32)
    index, by_faiss, here = FaissIndex(dim), bytearray(), bytearray()
    index.add(ids, vectors)
    index.write(by_faiss.extend)
    ExactFile(dim, n, [(ids[at:at + 1999], vectors[at:at + 1999]) for at in range(0, n, 1999)]).write(here.extend)
    assert here == by_faiss
    assert ExactFile.is_faiss_format()


def test_a_file_with_more_or_fewer_vectors_than_announced_is_not_written():
    ids, vectors = np.arange(3), np.ones((3, 8), np.float32)
    for n in (2, 4):
        with pytest.raises(ValueError, match=f"3 vectors, expected {n}"):
            ExactFile(8, n, [(ids, vectors)]).write(bytearray().extend)
    with pytest.raises(ValueError, match="shape"):
        ExactFile(4, 3, [(ids, vectors)]).write(bytearray().extend)


def test_where_faiss_writes_otherwise_it_writes_the_file_itself(store, monkeypatch):
    monkeypatch.setattr(ExactFile, "is_faiss_format", staticmethod(lambda: False))
    monkeypatch.setattr(ExactFile, "write", None)
    write(store, of_vectors(unit(30), "a"))
    question = unit(1, seed=9)
    assert nearest(store, question) == (brute(store, question), "file")
