"""What a library on a server promises beside what every library does."""

import random
import signal
import subprocess
import sys

import numpy as np
import pytest

from kb import KnowledgeBase
from kb.errors import LibraryError, MissingPackage, SettingError
from kb.health import verify
from kb.index.selection import Selection
from kb.store import Store
from kb.store.opening import open_store
from kb.store.postgres import lexical
from kb.text import search_terms
from kb.types import Scope
from tests.contracts.test_libraries import ENCODER, ROOT, TEXTS, fill
from tests.making import make_prepared
from tests.pgserver import Server, why_not

QUESTIONS = ("How are vectors stored?", "资料库的文件放在哪里，怎样备份？", "the the of a and",
             "SQLite FTS5 BM25 k1 1.2", "don't e-mail 3.14 10⁵ U.S. naïve", "nothing-like-this-word")
absent = why_not()
on_server = pytest.mark.skipif(bool(absent), reason=absent)


@pytest.mark.engine
def test_both_find_the_same_with_the_same_scores(server, tmp_path):
    stores = [Store(tmp_path / "one"), open_store(tmp_path / "two", server.make("same"))]
    for store in stores:
        fill(store)
    with stores[0].read() as one, stores[1].read() as two:
        assert one.counts() == two.counts() and one.counts()[1] > 40
        ids = np.array(one.living())
        parts = (None, Selection(frozenset(), ids[3:9]), Selection(frozenset(), ids[::2]))
        for question in QUESTIONS:
            terms = search_terms(question)
            assert one.document_frequency(terms) == two.document_frequency(terms)
            assert one.documents_with(terms[:2]) == two.documents_with(terms[:2])
            for part in parts:
                for k in (5, 1000):
                    scores, found = one.lexical.search(terms, k, part)
                    again, others = two.lexical.search(terms, k, part)
                    assert found.tolist() == others.tolist() and scores.tolist() == again.tolist(), question
                vector = ENCODER.encode([question], role="question")
                by_vector = [store.index.load(view).search(view, vector, 9, part)
                             for store, view in zip(stores, (one, two), strict=True)]
                assert by_vector[0][1].tolist() == by_vector[1][1].tolist()
                assert by_vector[0][0].tolist() == by_vector[1][0].tolist()


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of terms that are made into larger ones after some documents, as in a library of thousands."""
    monkeypatch.setattr(lexical, "RECENT", 12)
    monkeypatch.setattr(lexical, "FULL", 40)
    monkeypatch.setattr(lexical, "_SEVERAL", 3)


@pytest.mark.engine
def test_terms_rank_alike_however_documents_came_and_went(server, tmp_path, small_blocks):
    rng, n = random.Random(3), 0
    stores = [Store(tmp_path / "one"), open_store(tmp_path / "two", server.make("blocks"))]
    sentences = [line for text in TEXTS for line in text.splitlines() if len(line) > 40]
    terms = [search_terms(question) for question in QUESTIONS]
    kinds = set()
    with stores[0].write("test") as one, stores[1].write("test") as two:
        for _ in range(12):
            for _ in range(rng.randint(1, 5)):
                prepared = make_prepared(" ".join(rng.sample(sentences, rng.randint(1, 30))), f"{n}.md")
                n += 1
                for writer in (one, two):
                    writer.commit(prepared, "hashing")
            known = sorted(info.id for info in one.documents())
            gone, renamed = rng.sample(known, 2) if len(known) > 4 else (None, None)
            for writer in (one, two):
                if gone is not None:
                    writer.remove(gone)
                    writer.edit(renamed, {"title": f"The files of {n}"}, ())
            part = Selection(frozenset(), np.array(one.living())[rng.randint(0, 3)::3])
            for wanted in terms:
                assert one.lexical.document_frequency(wanted) == two.lexical.document_frequency(wanted)
                assert one.lexical.documents_with(wanted[:2]) == two.lexical.documents_with(wanted[:2])
                for among in (None, part):
                    scores, found = one.lexical.search(wanted, 50, among)
                    again, others = two.lexical.search(wanted, 50, among)
                    assert found.tolist() == others.tolist() and scores.tolist() == again.tolist()
            assert two.terms_are_sound()
            kinds |= {row[0] for row in two.connection.execute(
                "SELECT CASE WHEN recent IS NULL THEN n / 20 ELSE -1 END FROM terms_blocks")}
    assert {-1, 0, 1} <= kinds  # rows of their own, small blocks and large ones


@pytest.mark.engine
@pytest.mark.parametrize("damage", ["DELETE FROM terms_postings WHERE term = 'the'",
                                    "UPDATE terms_postings SET n = n + 1 WHERE term = 'the'",
                                    "UPDATE terms_postings SET data = substr(data, 1, 4) WHERE term = 'the'",
                                    "UPDATE terms_blocks SET tokens = tokens + 1",
                                    "UPDATE terms_blocks SET recent = substr(recent, 1, 99) WHERE recent IS NOT NULL",
                                    "DELETE FROM terms_blocks WHERE recent IS NOT NULL",
                                    "DELETE FROM terms_blocks"])
def test_a_damaged_index_of_words_is_made_again(server, tmp_path, damage, small_blocks):
    store = open_store(tmp_path, server.make())
    fill(store, [*TEXTS[:2], "One more document, which comes last."])
    with store.write("verify") as writer:
        writer.connection.execute(damage)
    assert "F_TERMS_AGAIN" in {found.code for found in verify(store, lambda: ENCODER).findings}
    assert verify(store, lambda: ENCODER).is_sound


@pytest.mark.engine
def test_an_index_of_words_of_an_earlier_form_is_made_anew_by_who_writes(server, tmp_path):
    store = open_store(tmp_path, server.make())
    fill(store, TEXTS[:1])
    with store.write("verify") as writer:
        for statement in ("DROP TABLE terms_postings, terms_blocks",
                          "CREATE TABLE terms_postings(term TEXT, block BIGINT, n BIGINT, data BYTEA)",
                          "CREATE TABLE terms_blocks(block BIGINT, last BIGINT, n BIGINT, tokens BIGINT)"):
            writer.connection.run(statement)
    fill(store, TEXTS[1:2], 1)
    with store.read() as view:
        assert len(view.documents_with(["library"])) == 2
    assert verify(store, lambda: ENCODER).is_sound


@pytest.mark.engine
def test_an_upload_is_read_by_every_instance_and_goes_with_its_document(server, tmp_path, monkeypatch):
    address, opened = server.make("uploads"), []
    for name in ("one", "two"):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / name))
        opened.append(KnowledgeBase.open(address, encoder="hashing"))
    one, two = opened
    one.add(one.add_upload("../notes.md", b"The zymurgist measures wort."))
    (info,) = two.documents()
    one.source_path(info.id).unlink()  # as on another machine
    path = two.source_path(info.id)
    assert path.is_relative_to(two.home) and path.read_bytes() == b"The zymurgist measures wort."
    assert two.copy(tmp_path / "copy").files == 1
    with KnowledgeBase.open(tmp_path / "copy") as copied:
        with copied._store.write("test"):
            pass  # who writes first finds the library's own files where they are now
        assert copied.source_path(info.id).is_relative_to(tmp_path / "copy") and not copied.documents()[0].is_gone
        back = server.make("back")
        assert copied.copy(back).files == 1
    copy_of_it = one.source_path(info.id)
    two.remove([info.id])
    assert copy_of_it.exists() and not list((two.home / "files").glob("*/*"))
    one.add_text("A kiln is fired twice.", "Kiln")
    assert not copy_of_it.exists()
    two.remove([info.id for info in two.documents()])
    for base in opened:
        base.close()
    import psycopg

    for database, left in ((address, 0), (back, 1)):
        with psycopg.connect(database) as connection:
            assert connection.execute("SELECT count(*) FROM kb.kept").fetchone() == (left,)


@pytest.mark.engine
def test_two_instances_see_each_others_documents(server, tmp_path, monkeypatch):
    address = server.make("shared")
    (tmp_path / "a.md").write_text("The zymurgist measures wort.")
    (tmp_path / "b.md").write_text("A kiln is fired twice.")
    opened = []
    for name in ("one", "two"):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / name))
        opened.append(KnowledgeBase.open(address, encoder="hashing"))
    one, two = opened
    assert one.home != two.home
    one.add([tmp_path / "a.md"])
    assert [hit.title for hit in two.search("zymurgist", 1)] == ["a"]
    with two._store.read() as view:  # which has made an index file of its own
        assert two._store.index.load(view).base.origin == "file"
    two.add([tmp_path / "b.md"])
    assert {info.title for info in one.documents()} == {"a", "b"}
    ids = {info.title: info.id for info in one.documents()}
    two.collect("Beer", [ids["a"]])
    assert [hit.title for hit in one.search("kiln wort", 5, scope=Scope(collections=("Beer",)))] == ["a"]
    two.remove([ids["a"]])
    assert "a" not in {hit.title for hit in one.search("zymurgist", 5)}
    for base in opened:
        base.close()


@pytest.mark.engine
def test_a_path_is_each_instances_own(server, tmp_path, monkeypatch):
    """The same path is another file on another machine: neither replaces the other's, nor takes it away."""
    address, opened, folder = server.make(), [], tmp_path / "papers"
    folder.mkdir()
    for name in ("one", "two"):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / name))
        opened.append(KnowledgeBase.open(address, encoder="hashing"))
    one, two = opened
    (folder / "a.md").write_text("The zymurgist measures wort.")
    (folder / "both.md").write_text("A kiln is fired twice.")
    one.add([folder])
    (folder / "a.md").write_text("A tide follows the moon.")
    two.add([folder])
    assert len(one.documents()) == len(two.documents()) == 3
    assert sorted(path.state for info in one.documents() for path in info.paths) == ["changed", "there"]
    (folder / "a.md").unlink()
    (folder / "both.md").unlink()
    (folder / "new.md").write_text("Glass is poured.")
    two.sync(folder)  # takes its own away, and what the other has as well stays
    assert sorted(info.title for info in one.documents()) == ["a", "both", "new"]
    assert one.search("zymurgist", 1)[0].title == "a"
    assert one.verify().is_sound and two.verify().is_sound
    one.sync(folder)
    assert [info.title for info in two.documents()] == ["new"]
    for base in opened:
        base.close()


ADDS = """
import sys
from pathlib import Path
from kb.store.opening import open_store
from kb.store.postgres import lexical
from tests.making import make_prepared
with open_store(Path(sys.argv[1]), sys.argv[2]).write("add") as writer:
    for i in range(100_000):
        writer.commit(make_prepared(f"Document {i} of run {sys.argv[3]} tells of method {i}.",
                                     f"{sys.argv[3]}-{i}.md"), "hashing")
        print(i, flush=True)
"""


@pytest.mark.engine
@pytest.mark.parametrize("who", ["the server", "the writer"])
def test_what_was_acknowledged_outlives_a_kill(tmp_path, who):
    if absent:
        pytest.skip(absent)
    server = Server()
    try:
        address = server.make("killed")
        process = subprocess.Popen([sys.executable, "-c", ADDS, str(tmp_path), address, "0"], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
        acknowledged = [int(process.stdout.readline()) for _ in range(20)]
        if who == "the server":
            server.kill()
        else:
            process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout.read().split()]
        process.wait()
        if who == "the server":
            server.start()
        store = open_store(tmp_path, address)
        with store.read() as view:
            found = sorted(int(info.path[2:].removesuffix(".md")) for info in view.documents())
        assert found in (acknowledged, [*acknowledged, len(acknowledged)])
        with store.write("add") as writer:  # nobody has to wait for who is dead
            writer.commit(make_prepared("One more.", "more.md"), "hashing")
        assert verify(store, lambda: ENCODER).is_sound
        store.close()
    finally:
        server.stop()


@pytest.mark.engine
def test_a_reader_goes_on_after_the_server_was_started_again(server, tmp_path):
    store = open_store(tmp_path, server.make("again"))
    fill(store, TEXTS[:1])
    with pytest.raises(LibraryError) as caught, store.read() as view:
        server.kill()
        view.documents()
    assert caught.value.code == "E_PG_LOST" and "PGPASSWORD" not in str(caught.value)
    with pytest.raises(LibraryError) as caught, store.read():
        pass
    assert caught.value.code == "E_PG_UNREACHABLE"
    server.start()
    with store.read() as view:
        assert view.counts()[0] == 1
    store.close()


@pytest.mark.parametrize(("address", "code"), [
    ("postgresql://me:secret@host/kb", "E_PG_PASSWORD"), ("postgresql://me@host/kb?password=secret", "E_PG_PASSWORD"),
    ("postgresql://me@host", "E_PG_ADDRESS"), ("postgresql://me@host:port/kb", "E_PG_ADDRESS"),
    ("postgresql://me@host/a/b", "E_PG_ADDRESS"), ("postgresql://me@[host/kb", "E_PG_ADDRESS")])
def test_an_address_that_cannot_be_one_is_refused(address, code):
    with pytest.raises(SettingError) as caught:
        KnowledgeBase.open(address)
    assert caught.value.code == code and "secret" not in "".join(caught.value.describe("en"))


@on_server
def test_a_server_that_is_not_there_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with KnowledgeBase.open("postgresql://me@127.0.0.1:1/kb") as base, pytest.raises(LibraryError) as caught:
        base.documents()
    assert caught.value.code == "E_PG_UNREACHABLE"


@pytest.mark.engine
def test_a_database_that_cannot_be_used_is_said(server, tmp_path):
    import psycopg

    with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN")
        connection.execute("CREATE DATABASE old ENCODING 'LATIN1' TEMPLATE template0")
    guest = server.make("closed").replace("//kb@", "//guest@")
    for address, code in ((server.address("nowhere"), "E_PG_REFUSED"), (server.address("old"), "E_PG_ENCODING"),
                          (guest, "E_PG_REFUSED")):
        with pytest.raises(LibraryError) as caught, open_store(tmp_path, address).write("add"):
            pass
        assert caught.value.code == code


def test_a_missing_package_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingPackage) as caught, open_store(tmp_path, "postgresql://me@127.0.0.1/kb").read():
        pass
    assert "bilingual-kb[postgres]" in "".join(caught.value.describe("en"))


def test_a_folder_from_elsewhere_names_no_server(tmp_path, monkeypatch):
    from kb.config import load_settings, served_home

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    address = "postgresql://me@127.0.0.1:1/kb"
    own = served_home(address)
    for folder, server in ((tmp_path / "theirs", ""), (own, address)):
        folder.mkdir(parents=True)
        (folder / "server").write_text(address)
        assert load_settings({"home": folder}).server == server
    (own / "server").write_text("postgresql://other@host/kb")
    with pytest.raises(SettingError):
        load_settings({"home": own})
