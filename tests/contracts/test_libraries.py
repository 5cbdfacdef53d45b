"""What a library promises, of one in a folder and of one on a server alike."""

import os
from pathlib import Path

import pytest

from kb import KnowledgeBase
from kb.encoder.hashing import HashingEncoder
from kb.errors import LibraryError, NoLibrary
from kb.health import verify
from kb.store import Store
from kb.store.copying import copy
from kb.store.opening import open_store
from tests.making import make_prepared

ROOT = Path(__file__).resolve().parents[2]
ENCODER = HashingEncoder()
TEXTS = [(ROOT / name).read_text("utf-8")
         for name in ("README.md", "docs/data.md", "docs/data.zh.md", "docs/app.zh.md")]


def fill(store, texts=TEXTS, first=0):
    with store.write("test") as writer:
        for i, text in enumerate(texts, first):
            writer.commit(make_prepared(text, f"{i}.md"), "hashing")


def test_a_library_is_made_by_its_first_writer_and_checked(store):
    assert not store.exists()
    with pytest.raises(NoLibrary), store.read():
        pass
    fill(store)
    assert store.exists() and verify(store, lambda: ENCODER).is_sound
    with store.read() as view:
        for info in view.documents():
            assert "".join(passage.text for passage in view.passages_of(info.id)) == view.document(info.id).text


def test_a_reader_sees_one_generation_whoever_writes(store):
    fill(store, TEXTS[:2])
    with store.read() as view:
        before, first = view.counts(), view.documents()[0].id
        fill(store, TEXTS[2:3], 2)
        with store.write("remove") as writer:
            writer.remove(first)
        assert view.counts() == before and view.document(first).text
        with store.read() as now:
            assert now.counts()[0] == 2 and now.generation() == view.generation() + 2


def test_what_is_not_committed_is_not_there(store):
    fill(store, TEXTS[:1])
    with pytest.raises(RuntimeError), store.write("test") as writer, writer.together():
        writer.commit(make_prepared(TEXTS[1], "1.md"), "hashing")
        raise RuntimeError
    with store.read() as view:
        assert view.counts()[0] == 1 and view.generation() == 1
    assert verify(store, lambda: ENCODER).is_sound


def test_a_second_writer_is_told_who_writes(place):
    one, two = open_store(*place), open_store(*place)
    with one.write("add"):
        with pytest.raises(LibraryError) as caught, two.write("remove"):
            pass
        assert caught.value.code == "E_BUSY"
        assert "add" in str(caught.value) and str(os.getpid()) in str(caught.value)
    with two.write("remove"):
        pass


def test_a_number_is_never_given_twice(store):
    fill(store, TEXTS[:2])
    with store.write("remove") as writer:
        last = writer.last_passage()
        writer.remove(writer.documents()[0].id)
    fill(store, TEXTS[2:3], 2)
    with store.read() as view:
        assert min(view.passage_ids(view.documents()[0].id)) > last


def test_a_removed_document_is_found_nowhere(store):
    fill(store, ["The zymurgist measures wort.", "Another text about kilns."])
    with store.write("remove") as writer:
        gone = next(info.id for info in writer.documents() if "0.md" in info.path)
        writer.remove(gone)
    with store.read() as view:
        assert not len(view.lexical.search(["zymurgist"], 5)[1])
        assert view.document_frequency(["zymurgist"]) == {"zymurgist": 0}
        assert view.counts() == (1, 1) == (view.counts()[0], view.count_vectors())
    assert verify(store, lambda: ENCODER).is_sound


@pytest.mark.parametrize(("damage", "code"), [
    ("UPDATE passages SET text = text || 'x' WHERE id = 3", "F_PASSAGE_DAMAGED"),
    ("UPDATE documents SET metadata = replace(metadata, '0.md', '9.md')", "F_TEXT_DAMAGED"),
    ("DELETE FROM vectors WHERE passage = 2", "F_VECTORS_AGAIN"),
])
def test_what_is_not_as_it_was_stored_is_named(store, damage, code):
    fill(store, TEXTS[:2])
    with store.write("verify") as writer:
        writer.connection.execute(damage)
    assert code in {found.code for found in verify(store, lambda: ENCODER).findings}


def _all_of(base):
    """What a reader set, as it can be shown."""
    return ([info.title for info in base.documents()], base.collections(), base.tags(),
            [(note.text, note.quote) for note in base.notes()], [one.question for one in base.questions()],
            len(base.conversations()))


def use(base, folder):
    """Everything that a reader may do with documents."""
    for i, text in enumerate(TEXTS[:3]):
        (folder / f"{i}.md").write_text(text, "utf-8")
    assert len(base.add([folder]).added) == 3
    ids = [info.id for info in base.documents()]
    base.edit(ids[0], title="Mine 我的", year=2024)
    base.collect("Clay", ids[:2])
    base.tag(ids[1:], ["hot"])
    base.add_note(ids[0], "mine alone 笔记")
    base.keep_question("How is a library backed up?")
    base.keep(base.ask("How is a library backed up?"))
    (folder / "1.md").write_text(TEXTS[1] + "\nOne more sentence.\n", "utf-8")
    base.sync(folder)
    return base


def test_all_that_a_reader_sets_is_kept_and_goes_over_in_a_copy(place, tmp_path, monkeypatch, server_or_none):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "papers").mkdir()
    with KnowledgeBase.open(place[1] or place[0], encoder="hashing") as base:
        before = _all_of(use(base, tmp_path / "papers"))
        assert base.verify().is_sound
        store = base._store
        others = [(tmp_path / "copy", "")] + ([(tmp_path / "other", server_or_none.make())]
                                              if server_or_none else [])
        for home, address in others:
            target = open_store(home, address)
            copied = copy(store, target, lambda *_: None)
            assert copied.rows["passages"] == base.status().passages and copied.rows["notes"] == 1
            with pytest.raises(LibraryError, match="already"):
                copy(store, target, lambda *_: None)
            assert verify(target, lambda: ENCODER).is_sound
            back = copy(target, Store(tmp_path / f"back{bool(address)}"), lambda *_: None)
            assert {**back.rows, "meta": 0} == {**copied.rows, "meta": 0}  # it has a record of its index files more
        with KnowledgeBase.open(tmp_path / "copy", encoder="hashing") as again:
            assert _all_of(again) == before
            hits = [(hit.document, hit.start, hit.score) for hit in again.search("backed up", 5)]
            assert hits == [(hit.document, hit.start, hit.score) for hit in base.search("backed up", 5)]


def test_the_command_copies_and_says_what_it_compared(place, tmp_path, monkeypatch, capsys):
    from kb.cli.main import main

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("KB_ENCODER", "hashing")
    (tmp_path / "a.md").write_text("The zymurgist measures wort.")
    named = place[1] or str(place[0])
    assert main(["add", "--home", named, str(tmp_path / "a.md")]) == 0
    assert main(["copy", named, str(tmp_path / "out")]) == 0
    assert "1 document, 1 passage" in capsys.readouterr().out
    assert main(["copy", named, str(tmp_path / "out")]) == 1
    assert "E_COPY_THERE" in capsys.readouterr().err
    assert main(["search", "--home", str(tmp_path / "out"), "zymurgist"]) == 0
    if place[1]:
        assert main(["backup", "--home", named, str(tmp_path / "file.kb")]) == 1
        assert "E_PG_BACKUP" in capsys.readouterr().err


