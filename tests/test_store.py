import os
import random
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from kb.encoder.hashing import HashingEncoder
from kb.errors import EncoderError, LibraryError, UnknownDocument
from kb.health import verify
from kb.store import Store, safe_name
from kb.types import Block, LeftOut
from tests.making import make_prepared

ENCODER = HashingEncoder()


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "library")


def fill(store, n=5):
    with store.write("test") as writer:
        for i in range(n):
            writer.commit(
                make_prepared(f"文档{i}说明了第{i}种方法。Method {i} is described here.", f"{i}.md"), "hashing"
            )


def top(store, question="Method 3", k=3):
    with store.read() as view:
        snapshot = store.index.load(view)
        return snapshot.search(view, ENCODER.encode([question]), k)[1].tolist(), snapshot.base.origin


def mode(path):
    return path.stat().st_mode & 0o777


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_library_is_its_owners_alone_whatever_the_umask(store, open_umask):
    with store.write("test") as writer:
        writer.commit(make_prepared("A glaze melts.", "a.md"), "hashing")
        assert mode(store.home) == 0o700
        assert {mode(path) for path in store.home.glob("kb.sqlite3*")} == {0o600}
    store.keep_file("a.md", b"A glaze melts.")
    fill(store)
    assert {mode(path) for path in store.home.iterdir()} == {0o600, 0o700}


def test_an_older_library_is_closed_by_its_next_writer(store, open_umask):
    fill(store)
    for path in (store.home, *store.home.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    fill(store)
    assert mode(store.home) == mode(store.index.folder) == 0o700 and mode(store.database) == 0o600
    assert top(store)


def test_a_folder_with_other_things_in_it_stays_open_and_the_library_in_it_is_closed(store, open_umask):
    store.home.mkdir()
    (store.home / "shared.txt").write_text("for all", encoding="utf-8")
    fill(store)
    assert mode(store.home) == 0o777 and mode(store.home / "shared.txt") == 0o666
    assert mode(store.database) == 0o600 and mode(store.index.folder) == 0o700


def test_a_link_in_a_library_is_not_followed(store, tmp_path, open_umask):
    fill(store)
    (tmp_path / "elsewhere").mkdir()
    (store.home / "surveys").symlink_to(tmp_path / "elsewhere")
    fill(store)
    assert mode(tmp_path / "elsewhere") == 0o777


def test_opening_creates_nothing(store):
    assert not store.exists()
    with pytest.raises(LibraryError) as caught, store.read():
        pass
    assert caught.value.code == "E_NO_LIBRARY"
    assert not store.home.exists()


def test_a_writer_killed_before_it_began_leaves_no_library_and_the_next_one_makes_it(store):
    store.home.mkdir()
    store.database.touch()
    with pytest.raises(LibraryError) as caught, store.read():
        pass
    assert caught.value.code == "E_NO_LIBRARY" and not store.exists()
    fill(store, 1)
    assert store.exists()
    with store.read() as view:
        assert view.counts()[0] == 1


def test_what_is_committed_is_read_back_whole(store):
    prepared = make_prepared("知识蒸馏是一种方法。It trains a small model.", "x.md")
    with store.write("test") as writer:
        added = writer.commit(prepared, "hashing")
    with store.read() as view:
        assert view.document(added.document) == prepared.document
        assert view.passages_of(added.document) == list(prepared.passages)
        assert np.allclose(view.vectors()[1], prepared.vectors, atol=1e-3)
        assert view.document(added.document[:5]).id == added.document
        with pytest.raises(UnknownDocument):
            view.document("")


def test_what_was_left_out_of_a_text_is_read_back_with_its_blocks(store):
    prepared = make_prepared("Table 1: All.\n\nIt trains a small model.", "x.pdf")
    left_out = (LeftOut("stamp", "arXiv:2106.09685v2", (1, )), LeftOut("page number", "1 … 9", tuple(range(1, 10))))
    document = replace(prepared.document, blocks=(Block("caption", 0, 13), ), left_out=left_out)
    with store.write("test") as writer:
        writer.commit(replace(prepared, document=document), "hashing")
    with store.read() as view:
        read = view.document(document.id)
    assert (read.blocks, read.left_out) == (document.blocks, left_out)
    assert verify(store, lambda: ENCODER).is_sound


def test_changed_bytes_at_the_same_path_replace_the_old_version(store):
    with store.write("test") as writer:
        old = writer.commit(make_prepared("The old text.", "x.md"), "hashing")
        new = writer.commit(make_prepared("The new text.", "x.md"), "hashing")
    assert new.replaced == old.document
    with store.read() as view:
        assert [info.id for info in view.documents()] == [new.document]


def test_a_reader_keeps_its_generation_while_another_writes(store):
    fill(store, 2)
    with store.read() as view:
        before = view.generation()
        fill(store, 5)
        assert view.generation() == before
        assert view.counts()[0] == 2
    with store.read() as view:
        assert view.counts()[0] == 5


def test_readers_never_see_a_half_state(store):
    fill(store, 1)
    stop, errors, seen = threading.Event(), [], set()

    def read():
        while not stop.is_set():
            with store.read() as view:
                documents, passages = view.counts()
                generation = view.generation()
                ids, _ = view.vectors()
                terms = view.lexical.document_frequency(["method"])["method"]
                seen.add(generation)
                if not len(ids) == passages == terms or documents > passages:
                    errors.append((generation, documents, passages, len(ids), terms))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    fill(store, 40)
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(seen) > 1


def test_vectors_of_two_encoders_never_mix(store):
    fill(store, 1)
    other = HashingEncoder(64)
    with pytest.raises(EncoderError) as caught, store.write("test") as writer:
        writer.commit(make_prepared("Other.", "o.md", other), "hashing")
    assert "kb reindex" in caught.value.describe("en")[1]
    with store.read() as view:
        assert view.counts()[0] == 1


# --- one writer

_HOLD = (
    "import sys; from pathlib import Path; from kb.store import Store\nwith "
    "Store(Path(sys.argv[1])).write('hold'): print('held', flush=True); sys.stdin.read()"
)


def test_a_second_writer_is_refused_while_the_first_writes_and_told_who_that_is(store):
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(store.home)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LibraryError) as caught, store.write("second"):
            pass
        assert holder.poll() is None  # it holds on until it is ended below: the second one did not wait
        assert caught.value.code == "E_BUSY"
        assert str(holder.pid) in str(caught.value)
    finally:
        holder.kill()
        holder.wait()
    with store.write("after"):  # a dead holder never blocks
        pass


# --- removal


def test_a_removed_document_leaves_every_table_index_and_the_file(store):
    canary = "Xylophonquartz7731"
    with store.write("test") as writer:
        writer.commit(make_prepared("An ordinary document. 普通文档。", "a.md"), "hashing")
        gone = writer.commit(make_prepared(f"The word {canary} stands here.", "b.md"), "hashing")
    with store.write("test") as writer:
        writer.remove(gone.document)
    with store.read() as view:
        assert len(view.documents()) == 1
        assert view.lexical.document_frequency([canary.lower()]) == {canary.lower(): 0}
        assert len(view.vectors()[0]) == 1
        ids, _ = top(store, canary)
        assert not set(ids) - set(view.vectors()[0].tolist())
    for path in store.home.rglob("*"):
        if path.is_file():
            assert canary.lower().encode() not in path.read_bytes().lower(), path


def test_passage_ids_are_never_used_again(store):
    fill(store, 3)
    with store.write("test") as writer:
        last = max(writer.vectors()[0])
        writer.remove(writer.documents()[0].id)
        writer.commit(make_prepared("Another one.", "z.md"), "hashing")
        assert max(writer.vectors()[0]) > last


# --- verify


def test_verify_finds_a_sound_library_sound(store):
    fill(store)
    check = verify(store, lambda: ENCODER)
    assert check.is_sound
    assert all(finding.level == "ok" for finding in check.findings)


@pytest.mark.parametrize(("statement", "level", "what"), [
    ("UPDATE documents SET text = replace(text, 'Method', 'Mathod') WHERE path = '2.md'", "error", "document"),
    ("UPDATE documents SET metadata = replace(metadata, '2.md', '7.md') WHERE path = '2.md'", "error", "document"),
    ("UPDATE passages SET text = text || '!' WHERE id = 2", "error", "document"),
    ("UPDATE vectors SET vector = zeroblob(512) WHERE passage = 2", "repaired", "vectors"),
    ("DELETE FROM vectors WHERE passage = 3", "repaired", "vectors"),
    ("DELETE FROM terms WHERE rowid = 3", "repaired", "full-text index"),
    ("UPDATE meta SET value = '999' WHERE key = 'generation'", "repaired", "settings"),
])
def test_verify_finds_and_mends_any_change_to_content(store, statement, level, what):
    fill(store)
    before = top(store)[0]
    store.close()
    connection = sqlite3.connect(store.database)
    connection.execute(statement)
    connection.commit()
    connection.close()
    findings = [(finding.level, finding.what) for finding in verify(store, lambda: ENCODER).findings]
    assert (level, what) in findings
    if level == "repaired":
        assert verify(store, lambda: ENCODER).is_sound
        assert top(store)[0] == before


@pytest.mark.slow
def test_verify_finds_single_flipped_bits(store, tmp_path):
    fill(store, 12)
    store.close()
    original = store.database.read_bytes()
    marks = [original.index(text.encode()) for text in ("文档7说明了", "Method 4 is", "Method 9 is")]
    rng = random.Random(5)
    for n in range(90):
        home = tmp_path / f"flip{n}"
        home.mkdir()
        data = bytearray(original)
        data[marks[n % 3] + rng.randrange(12)] ^= 1 << rng.randrange(8)
        (home / "kb.sqlite3").write_bytes(data)
        try:
            check = verify(Store(home), lambda: ENCODER)
        except LibraryError as error:
            assert error.code == "E_DAMAGED"
            continue
        assert any(finding.level in ("error", "repaired") and finding.what != "vector cache"
                   for finding in check.findings)


# --- folders that cannot be used


def test_a_newer_library_is_not_touched(store):
    fill(store, 1)
    store.close()
    connection = sqlite3.connect(store.database)
    connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    connection.commit()
    connection.close()
    for use in (store.read, lambda: store.write("test")):
        with pytest.raises(LibraryError) as caught, use():
            pass
        assert caught.value.code == "E_VERSION"


def test_a_file_that_is_no_database_is_a_clear_error(store):
    store.home.mkdir()
    store.database.write_bytes(b"not a database at all" * 100)
    with pytest.raises(LibraryError) as caught, store.read():
        pass
    assert caught.value.code == "E_DAMAGED"


def test_a_home_that_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryError) as caught, Store(tmp_path / "file" / "library").write("test"):
        pass
    assert caught.value.code == "E_READONLY"


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="needs to mount a small file system")
def test_a_full_disk_is_a_clear_error_and_keeps_what_was_there(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs",
                       str(small)], capture_output=True, check=False).returncode:
        pytest.skip("no rights to mount a tmpfs here")
    try:
        store = Store(small / "library")
        kept = []
        with pytest.raises(LibraryError) as caught, store.write("test") as writer:
            for i in range(2000):
                kept.append(
                    writer.commit(make_prepared(f"Document {i}. " + "Words of it. " * 400, f"{i}.md"),
                                  "hashing").document)
        assert caught.value.code == "E_DISK"
        with store.read() as view:
            assert [info.id for info in view.documents()] == kept[::-1]
        store.close()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)


@pytest.mark.parametrize(("name", "kept"), [("../../../tmp/evil.pdf", "evil.pdf"), ("a\u202ebc.pdf", "abc.pdf"),
                                            ("", "upload"), ("...", "upload"), ("C:\\x\\论文.pdf", "论文.pdf"),
                                            ("x" * 300 + ".pdf", "x" * 80 + ".pdf"), ])
def test_the_name_of_an_upload_is_harmless(name, kept):
    assert safe_name(name) == kept


def test_a_schema_that_is_no_text_is_damage_with_a_name(store):
    """SQLite's own message holds a piece of it, which Python cannot decode."""
    fill(store, 1)
    store.close()
    data = store.database.read_bytes()
    store.database.write_bytes(data.replace(b"TABLE turns(", b"TABLE t \xa0ns(", 1))
    with pytest.raises(LibraryError) as caught, store.read():
        pass
    assert caught.value.code == "E_DAMAGED"
