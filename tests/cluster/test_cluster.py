"""What travels, what is kept, and the pool: without a cluster. tests/cluster/test_nodes.py has a real one."""

import contextlib
import dataclasses
import importlib.util
import os
import socket
import stat
import threading
import zipfile
from collections import deque
from pathlib import Path

import numpy as np
import pytest

from kb import KnowledgeBase
from kb.cluster.alike import versions
from kb.cluster.files import encoder_files, job_of
from kb.cluster.link import Cluster
from kb.cluster.node import open_worker
from kb.cluster.packed import Job, PackedError, pack, unpack, unpack_prepared
from kb.cluster.pool import ActorEndedError, IdleError, Node, NodeError, Pool, WorkError
from kb.encoder.encode import bundled
from kb.encoder.hashing import HashingEncoder
from kb.errors import ClusterError, FileProblem, MissingPackage
from kb.ingest import prepare
from kb.readers import Limits, scan
from kb.readers.members import entered
from kb.readers.sandbox import Sandbox
from kb.readers.seen import Sightings
from kb.store.shards import Shards

HASHING = HashingEncoder()
WANTED = {"versions": versions(), "limits": Limits().to_dict(),
          "encoder": {"name": "hashing", "engine": "auto", "fingerprint": HASHING.fingerprint, "files": ""}}


@pytest.fixture(scope="module")
def worker():
    made, problem = open_worker(WANTED, b"", False)
    assert problem is None
    return made


@pytest.fixture
def folder(tmp_path):
    """A file of each kind that is more than its bytes: a metadata file beside it, parts, entries of an archive."""
    made = tmp_path / "in"
    (made / "sections").mkdir(parents=True)
    (made / "note.md").write_text("# Attention\n\nEach head sees all tokens. 每个头看到所有的词。\n\n## End\n\nEnd.\n")
    (made / "note.toml").write_text('title = "A title from beside it"\nyear = 2017\n')
    (made / "main.tex").write_text("\\documentclass{article}\n\\begin{document}\\section{One}\nFirst part.\n"
                                   "\\input{sections/two}\\input{gone}\\end{document}\n")
    (made / "sections/two.tex").write_text("\\section{Two}\nSecond part, found in its folder.\n")
    with zipfile.ZipFile(made / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/里面.md", "# Inside\n\nWhat an archive holds.\n" * 30)
        archive.writestr("main.tex", "\\documentclass{article}\\begin{document}\\input{two}Alone.\\end{document}")
    (made / os.fsdecode(b"odd\xff.txt")).write_text("A name that is no UTF-8.\n")
    return made


def jobs(folder, encoding=None):
    for source in entered(*scan([folder]))[0]:
        seen = Sightings().of(source)
        yield source, job_of(source, seen, encoding, {}, Limits().max_bytes)


def test_a_node_makes_of_the_bytes_what_is_made_of_the_file_here(folder, worker):
    n = 0
    for source, job in jobs(folder):
        with Sandbox() as sandbox:
            here = prepare(source, sandbox, HASHING)
        there = unpack_prepared(worker.prepare(Job.from_bytes(job.to_bytes()).to_bytes()))
        assert there.document == here.document
        assert there.passages == here.passages
        np.testing.assert_array_equal(there.vectors, here.vectors)
        n += 1
    assert n == 5


def test_nothing_of_a_file_stays_on_the_node(folder, worker, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "node"))
    (tmp_path / "node").mkdir()
    for _, job in jobs(folder):
        worker.prepare(job.to_bytes())
    assert list((tmp_path / "node").iterdir()) == []


def test_a_file_that_cannot_be_read_is_its_own_problem_with_its_words(tmp_path, worker):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 nothing")
    ((source, job),) = jobs(tmp_path)
    with Sandbox() as sandbox, pytest.raises(FileProblem) as here:
        sandbox.read(source)
    with pytest.raises(FileProblem) as there:
        unpack_prepared(worker.prepare(job.to_bytes()))
    assert (there.value.code, there.value.describe("zh")) == (here.value.code, here.value.describe("zh"))


def test_a_file_that_changed_since_it_was_seen_is_not_sent(tmp_path):
    (tmp_path / "a.md").write_text("One.\n")
    ((source, _),) = jobs(tmp_path)
    seen = Sightings().of(source)
    (tmp_path / "a.md").write_text("Two.\n")
    with pytest.raises(FileProblem) as error:
        job_of(source, seen, None, {}, 1000)
    assert error.value.code == "E_CHANGED"


def test_a_name_that_leads_out_of_the_nodes_folder_is_refused(worker):
    with pytest.raises(ValueError, match="leads out"):
        worker.prepare(Job("/a.md", "a.md", {"../a.md": b"x"}).to_bytes())


@pytest.mark.engine
def test_sentences_and_vectors_of_the_bundled_encoder_travel_as_they_are(tmp_path):
    (tmp_path / "a.md").write_text("# One\n\nThe first sentence. The second one. 第三句在这里。\n")
    ((source, job),) = jobs(tmp_path)
    encoder = bundled()
    wanted = {**WANTED, "encoder": {"name": "bundled", "engine": "torch", "fingerprint": encoder.fingerprint,
                                    "files": ""}}
    worker, problem = open_worker(wanted, b"", False)
    assert problem is None
    there = unpack_prepared(worker.prepare(job.to_bytes()))
    with Sandbox() as sandbox:
        here = prepare(source, sandbox, encoder)
    np.testing.assert_allclose(there.vectors, here.vectors, atol=1e-5)
    assert [found.to_bytes() for found in there.sentences] == [found.to_bytes() for found in here.sentences]
    assert there.vectors.shape == (1, 384)


@pytest.mark.engine
def test_an_encoder_on_a_device_gives_the_vectors_of_the_processor():
    from kb.encoder.on_device import open_on_device

    texts = ["Attention weighs the values.", "注意力对值加权。", "short", "a longer text " * 40]
    device, reference = open_on_device("cpu"), bundled()
    np.testing.assert_allclose(device.encode(texts), reference.encode(texts), atol=1e-5)
    assert device.fingerprint == reference.fingerprint


@pytest.mark.parametrize(("change", "words"), [
    ({"versions": {**versions(), "kb": "9.9"}}, "kb is 0.1.0 there and 9.9 here"),
    ({"encoder": {**WANTED["encoder"], "fingerprint": "hashing:other"}}, "encoder hashing"),
    ({"encoder": {**WANTED["encoder"], "name": "no/such model"}}, "no/such model")])
def test_a_node_that_would_make_something_else_says_what(change, words):
    made, problem = open_worker({**WANTED, **change}, b"", False)
    assert made is None
    assert words in problem["en"] and problem["zh"]


@pytest.mark.parametrize("at", [0, 20, 45, 60, -1])
def test_bytes_with_one_bit_changed_are_not_taken(at):
    data = bytearray(pack({"a": [1, "字"]}, [b"part", b"", b"another"]))
    assert unpack(bytes(data)) == ({"a": [1, "字"]}, [b"part", b"", b"another"])
    data[at] ^= 1
    with pytest.raises(PackedError):
        unpack(bytes(data))


def test_what_is_kept_is_its_owners_and_goes_with_its_document(base, tmp_path):
    (tmp_path / "a.md").write_text("# One\n\nA sentence.\n")
    document = base.add(tmp_path / "a.md").added[0].document
    shards = Shards(base.home)
    shards.put(f"{document}-key", b"its words")
    shards.put("other-key", b"other words")
    mode = stat.S_IMODE((base.home / "prepared").stat().st_mode) | stat.S_IMODE(
        (base.home / "prepared/other-key").stat().st_mode)
    assert mode & 0o077 == 0
    base.remove(document)
    assert [path.name for path in (base.home / "prepared").iterdir()] == ["other-key"]
    shards.clear()
    assert not (base.home / "prepared").exists()


# --- the pool, on nodes that do what they are told


class FakeNodes:
    """Nodes of this process. An actor answers when it is asked for a second time; what ends it is set by the test."""

    def __init__(self, **cpus):
        self.nodes = {name: Node(name, f"host-{name}", n, 0) for name, n in cpus.items()}
        self.begun, self.deadly, self.ended = [], set(), set()
        self.opens = {}

    def alive(self):
        return dict(self.nodes)

    def begin(self, node, *, on_gpu):
        actor = (node.id, len(self.begun))
        self.begun.append((actor, on_gpu))
        return actor, ["open", actor, None]

    def give(self, actor, job):
        return ["prepare", actor, job]

    def wait(self, promises, seconds):
        return promises[:1]

    def result(self, promise):
        what, actor, job = promise
        if actor[0] not in self.nodes or actor in self.ended or (job in self.deadly and not self.ended.add(actor)):
            raise ActorEndedError("it is gone")
        if what == "open":
            return self.opens.get(actor[0])
        if job == b"fails":
            raise WorkError("RuntimeError: out of order")
        return b"done " + job

    def end(self, actor):
        self.ended.add(actor)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 0.6
        return self.now


def drained(pool, n, at=lambda n_done: None):
    done = {}
    for _ in range(500):
        for number, result in pool.step():
            assert number not in done
            done[number] = result
            at(len(done))
        if len(done) == n:
            return done
    raise AssertionError(f"only {sorted(done)}")


def filled(nodes, n=10, patience=1000.0):
    pool = Pool(nodes, patience, Clock())
    for i in range(n):
        pool.add(i, b"%d" % i)
    return pool


def test_each_whole_cpu_has_an_actor_and_no_more_than_there_are_files():
    nodes = FakeNodes(a=1, b=3)
    assert drained(filled(nodes), 10) == {i: b"done %d" % i for i in range(10)}
    assert sorted(actor[0] for actor, _ in nodes.begun) == ["a", "b", "b", "b"]
    few = FakeNodes(a=1, b=3)
    drained(filled(few, 2), 2)
    assert len(few.begun) == 2


def test_several_actors_share_a_gpu_and_the_other_cpus_have_none():
    nodes = FakeNodes(a=10)
    nodes.nodes["a"] = dataclasses.replace(nodes.nodes["a"], gpus=1)
    drained(filled(nodes, 20), 20)
    assert [on_gpu for _, on_gpu in nodes.begun] == [True] * 8 + [False] * 2


def test_what_a_node_had_goes_to_others_and_a_new_one_is_used():
    nodes = FakeNodes(a=1, b=1)

    def change(n_done):
        if n_done == 3:
            nodes.nodes = {"b": nodes.nodes["b"], "c": Node("c", "host-c", 2, 0)}

    assert len(drained(filled(nodes, 40), 40, change)) == 40
    assert {actor[0] for actor, _ in nodes.begun} == {"a", "b", "c"}


def test_a_file_that_ends_three_actors_is_given_up_and_the_others_are_done():
    nodes = FakeNodes(a=1, b=1)
    nodes.deadly = {b"4"}
    done = drained(filled(nodes), 10)
    assert done[4] is None and all(done[i] == b"done %d" % i for i in range(10) if i != 4)
    assert len(nodes.begun) == 2 + 3


def test_a_node_that_says_why_it_cannot_and_one_whose_work_fails_are_named():
    nodes = FakeNodes(a=1)
    nodes.opens["a"] = {"en": "too old", "zh": "太旧"}
    with pytest.raises(NodeError) as error:
        drained(filled(nodes), 10)
    assert error.value.error["values"] == {"node": "host-a", "detail": {"en": "too old", "zh": "太旧"}}
    pool = Pool(FakeNodes(a=1), 1000.0, Clock())
    pool.add(0, b"fails")
    with pytest.raises(NodeError) as error:
        drained(pool, 1)
    assert "out of order" in error.value.error["values"]["detail"]["en"]


def test_a_node_on_which_no_actor_can_begin_is_named_after_three():
    nodes = FakeNodes(a=1)
    nodes.ended = {("a", n) for n in range(9)}
    with pytest.raises(NodeError) as error:
        drained(filled(nodes), 10)
    assert "no process can begin there (it is gone)" in error.value.error["values"]["detail"]["en"]
    assert len(nodes.begun) == 3


def test_without_any_node_the_run_ends_after_the_patience_it_was_given():
    with pytest.raises(IdleError):
        drained(filled(FakeNodes(), patience=20.0), 10)


def test_a_file_may_take_longer_than_the_patience_for_nodes():
    class Slow(FakeNodes):
        n_waits = 0

        def wait(self, promises, seconds):
            self.n_waits += 1
            return [] if promises[0][0] == "prepare" and self.n_waits < 300 else promises[:1]

    assert len(drained(filled(Slow(a=1), patience=20.0), 10)) == 10


# --- before anything is begun


def test_without_ray_the_error_says_what_to_install(base, tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "ray" else found(name, *more))
    (tmp_path / "a.md").write_text("One.\n")
    with pytest.raises(MissingPackage) as error:
        base.add(tmp_path / "a.md", ray="auto")
    assert "pip install 'bilingual-kb[ray]'" in error.value.describe("en")[1]
    assert not base.home.exists()


def test_an_encoder_of_ones_own_program_is_not_sent():
    class Own(HashingEncoder):
        name = "my own"

    with pytest.raises(ClusterError) as error:
        encoder_files(Own())
    assert error.value.code == "E_RAY_ENCODER"


def test_an_encoder_that_is_a_folder_is_sent_with_its_files(tmp_path):
    encoder = bundled()
    from kb.encoder.encode import VOCABULARY, open_vocabulary

    name, files = encoder_files(open_vocabulary(Path(VOCABULARY)))
    assert name == "bundled" and unpack(files)[0]["files"]
    wanted = {**WANTED, "encoder": {"name": name, "engine": "torch", "fingerprint": encoder.fingerprint,
                                    "files": "test-digest"}}
    worker, problem = open_worker(wanted, files, False)
    assert problem is None and worker is not None


def test_a_prepared_document_is_known_again_by_all_that_decides_what_is_in_it(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("kb.cluster.link.check_installed", lambda: None)
    cluster = Cluster("auto", tmp_path / "library", HASHING, "auto", Limits())
    (tmp_path / "library").mkdir()
    sources = {Path(source.path).name: source for source in entered(*scan([folder]))[0]}
    seen = Sightings().of(sources["note.md"])
    name = cluster._name(sources["note.md"], seen, None, {})
    others = {cluster._name(sources["note.md"], dataclasses.replace(seen, sidecar=""), None, {}),
              cluster._name(sources["note.md"], dataclasses.replace(seen, sha256="0" * 64), None, {}),
              cluster._name(sources["note.md"], seen, "gb18030", {}),
              Cluster("auto", tmp_path, HASHING, "auto", Limits(max_pages=1))._name(sources["note.md"], seen, None, {})}
    assert len(others | {name}) == 5
    Shards(tmp_path / "library").put(name, pack({"document": 1}))
    assert cluster.prepare(sources["note.md"], seen, None, {}).result() == name
    assert cluster.n_sent == 0
    Shards(tmp_path / "library").put(name, pack({"document": 1})[:-1])
    assert not cluster._has(name)


@pytest.fixture
def server():
    """A server that is no Ray; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        def answer():
            with contextlib.suppress(OSError):  # closed at the end
                channel, _ = listening.accept()
                with channel:
                    channel.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    channel.recv(1)

        threading.Thread(target=answer, daemon=True).start()
        yield listening.getsockname()[1]


@pytest.mark.parametrize(("address", "words"), [
    ("head", "HOST:PORT"), ("ray://head:1", "HOST:PORT"), ("127.0.0.1:{closed}", "nothing answers there"),
    ("127.0.0.1:{port}", "what answers there is no Ray")])
def test_an_address_that_is_none_is_told_before_ray_is_asked(base, tmp_path, monkeypatch, server, address, words):
    monkeypatch.setattr("kb.cluster.link.check_installed", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as closing:
        closed = closing.getsockname()[1]
    (tmp_path / "a.md").write_text("One.\n")
    with pytest.raises(ClusterError) as error:
        base.add(tmp_path / "a.md", ray=address.format(port=server, closed=closed))
    assert error.value.code == "E_RAY_ADDRESS" and words in str(error.value)
    assert base.add(tmp_path / "a.md").added  # the library is as it was, and nobody holds it


def test_sync_takes_an_address_as_well(tmp_path, monkeypatch):
    asked = deque()
    monkeypatch.setattr("kb.cluster.link.check_installed", lambda: asked.append(True))
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.md").write_text("One.\n")
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as base, pytest.raises(ClusterError) as error:
        base.sync(tmp_path / "in", ray="no address")
    assert asked and error.value.code == "E_RAY_ADDRESS" and "HOST:PORT" in str(error.value)
