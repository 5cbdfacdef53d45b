"""Metadata that a reader sets win for good, wherever the document is read again, until they are cleared."""

import gzip
import json
import os
import sqlite3
from dataclasses import replace

import pytest

from kb import KnowledgeBase
from kb.errors import EditError, UnknownDocument
from kb.store import Store
from kb.types import Edited, Metadata
from tests.conftest import ROOT
from tests.making import make_prepared

NOTE = "# Attention notes\n\nSelf-attention is a method that compares every word with every other.\n"
NEWER = NOTE + "\nIt is also called intra-attention.\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "papers" / "note.md"
    path.parent.mkdir()
    path.write_text(NOTE)
    return path


@pytest.fixture
def document(base, file):
    return base.add([file]).added[0].document


def metadata(base, document):
    return base.document(document).metadata


def only(base):
    (info,) = base.documents()
    return info


def test_what_is_set_is_there_at_once_with_what_was_before(base, document):
    made = base.edit(document, title="Attention, revisited", authors=["Lovelace, Ada", "王小明"], year=1843,
                     venue="Taylor's Memoirs", doi="https://doi.org/10.1000/182", arxiv="arXiv:1706.03762v5",
                     language="zh")
    found = base.document(document)
    m = found.metadata
    assert (m.title, m.authors, m.year, m.venue) == (
        "Attention, revisited", ("Ada Lovelace", "王小明"), 1843, "Taylor's Memoirs")
    assert (m.doi, m.arxiv, found.language) == ("10.1000/182", "1706.03762v5", "zh")
    assert [item.field for item in m.edited] == ["title", "authors", "year", "venue", "doi", "arxiv", "language"]
    assert all(item.when.endswith("+00:00") for item in m.edited)
    assert [(old.name, old.value, new.value) for old, new in made.changed()][:3] == [
        ("title", "Attention notes", "Attention, revisited"), ("authors", None, ("Ada Lovelace", "王小明")),
        ("year", None, 1843)]
    assert {new.origin for _, new in made.changed()} == {"edited"}
    assert only(base).edited == m.edited and only(base).language == "zh"
    assert base.verify().is_sound


def test_an_edited_title_is_no_guess_any_more(base, tmp_path):
    (tmp_path / "scan_0042.txt").write_text("Pruning is a method that removes weights.")
    document = base.add([tmp_path / "scan_0042.txt"]).added[0].document
    assert metadata(base, document).guessed == ("title",)
    base.edit(document, title="scan 0042")  # the guess was right
    assert metadata(base, document).guessed == ()
    base.edit(document, clear=["title"])
    assert metadata(base, document).guessed == ("title",)


def test_a_field_that_is_cleared_is_as_it_was_read_and_the_others_stay(base, document):
    read = metadata(base, document)
    base.edit(document, title="Another", year=2001)
    base.edit(document, clear=["title"])
    assert metadata(base, document).title == "Attention notes" and metadata(base, document).year == 2001
    base.edit(document, clear=["year"])
    assert metadata(base, document) == read


def test_an_empty_value_says_that_there_is_none(base, file):
    file.write_text("---\nauthor: Wrong Name\nyear: 1999\nvenue: Proceedings Template\n---\n" + NOTE)
    document = base.add([file]).added[0].document
    base.edit(document, authors=[], year="", venue="")
    m = metadata(base, document)
    assert (m.authors, m.year, m.venue) == ((), None, None)
    assert [item.field for item in m.edited] == ["authors", "year", "venue"]
    base.edit(document, clear=["authors", "year", "venue"])
    assert (metadata(base, document).authors, metadata(base, document).year) == (("Wrong Name",), 1999)


@pytest.mark.parametrize(("field", "value"), [
    ("title", " "), ("title", "x" * 501), ("year", 99), ("year", "2017a"), ("year", 3000), ("doi", "see the paper"),
    ("arxiv", "hep"), ("language", "fr"), ("language", ""), ("authors", [3])])
def test_what_cannot_be_is_refused_and_nothing_is_changed(base, document, field, value):
    read, generation = metadata(base, document), base.status().generation
    with pytest.raises(EditError) as error:
        base.edit(document, **{"venue": "Nature", field: value})
    assert error.value.code == "E_EDIT" and error.value.exit_code == 2
    assert metadata(base, document) == read and base.status().generation == generation


def test_an_edit_that_asks_for_nothing_or_for_both_is_refused(base, document):
    with pytest.raises(EditError, match="nothing to change"):
        base.edit(document)
    with pytest.raises(EditError, match="cleared as well"):
        base.edit(document, title="A", clear=["title"])
    with pytest.raises(EditError, match="one of title"):
        base.edit(document, clear=["colour"])
    with pytest.raises(UnknownDocument):
        base.edit("ffff", title="A")


# --- for good


def test_edits_survive_the_same_file_added_and_synced_again(base, file, document):
    base.edit(document, title="Mine", year=2001)
    before = metadata(base, document)
    os.utime(file, (1, 1))
    base.add([file])
    base.sync(file.parent)
    assert metadata(base, document) == before


def test_edits_survive_a_new_name_also_where_the_title_is_that_of_the_name(base, file):
    file = file.rename(file.with_name("first_draft.txt"))
    file.write_text("Pruning is a method that removes weights.")
    document = base.add([file]).added[0].document
    base.edit(document, year=2001)
    file.rename(file.with_name("final_version.txt"))
    base.sync(file.parent)
    assert only(base).id == document and only(base).year == 2001
    assert only(base).title == "final version"
    base.edit(document, title="Mine")
    file.with_name("final_version.txt").rename(file.with_name("really_final.txt"))
    base.sync(file.parent)
    assert only(base).title == "Mine" and only(base).path.endswith("really_final.txt")
    base.edit(document, clear=["title"])
    assert only(base).title == "really final"


def test_edits_go_over_to_a_new_version_of_the_file_and_that_is_told(base, file, document):
    base.edit(document, title="Mine", authors=["Ada Lovelace"])
    file.write_text(NEWER)
    added = base.add([file]).added[0]
    assert (added.replaced, added.title, added.edited) == (document, "Mine", ("title", "authors"))
    assert only(base).authors == ("Ada Lovelace",)
    base.edit(added.document, clear=["title"])
    assert only(base).title == "Attention notes"
    assert base.verify().is_sound


def test_edits_survive_the_library_encoded_again_and_its_words_made_again(base, document):
    base.edit(document, title="Zymurgy of attention")
    base.reindex()
    with base._store.write("test") as writer:
        writer.rebuild_terms()
    assert only(base).title == "Zymurgy of attention" and base.search("zymurgy")
    assert base.verify().is_sound


def test_edits_are_in_a_copy_of_the_library(base, document, tmp_path):
    base.edit(document, title="Mine")
    base.close()
    (tmp_path / "copy").mkdir()
    for path in base.home.glob("kb.sqlite3*"):
        (tmp_path / "copy" / path.name).write_bytes(path.read_bytes())
    with KnowledgeBase.open(tmp_path / "copy", encoder="hashing") as copy:
        assert only(copy).title == "Mine" and copy.verify().is_sound


def test_edits_go_with_a_document_that_is_removed(base, file, document):
    base.edit(document, title="Xylophonquartz7731")
    base.remove(document)
    base.close()
    assert b"Xylophonquartz7731" not in b"".join(path.read_bytes() for path in base.home.rglob("*") if path.is_file())
    base.add([file])
    assert only(base).title == "Attention notes"


# --- a file beside it


def test_an_edited_file_beside_the_document_takes_effect_though_the_document_is_the_same(base, file, document):
    beside = file.with_name("note.toml")
    for title, year, add in (("First", 2001, base.add), ("Second", 2002, lambda paths: base.sync(paths[0].parent))):
        beside.write_text(f'title = "{title}"\nyear = {year}\n')
        add([file])
        assert (only(base).id, only(base).title, only(base).year) == (document, title, year)
        assert metadata(base, document).beside == ("title", "year")
    beside.unlink()
    base.sync(file.parent)
    assert (only(base).title, only(base).year) == ("Attention notes", None)
    assert metadata(base, document).beside == ()


def test_what_a_reader_sets_wins_over_the_file_beside_it_which_comes_back_when_it_is_cleared(base, file, document):
    base.edit(document, title="Mine")
    file.with_name("note.toml").write_text('title = "Beside"\nvenue = "Nature"\nlanguage = "zh"\n')
    base.add([file])
    assert (only(base).title, only(base).venue, only(base).language) == ("Mine", "Nature", "zh")
    base.edit(document, language="en", clear=["title"])
    assert (only(base).title, only(base).language) == ("Beside", "en")
    base.edit(document, clear=["language"])
    assert only(base).language == "zh"


# --- found by it


def test_the_words_of_a_new_title_find_the_document_and_those_of_the_old_one_no_more(base, document):
    base.edit(document, title="Zymurgy")
    assert [hit.title for hit in base.search("zymurgy")] == ["Zymurgy"]
    assert base.ask("What is self-attention?").claims[0].citations[0].title == "Zymurgy"
    with base.reading() as view:
        assert view.lexical.document_frequency(["zymurgy"])["zymurgy"] == len(base.passages(document))
        vectors = view.vectors()[1].tobytes()
    base.edit(document, clear=["title"])
    with base.reading() as view:
        assert view.lexical.document_frequency(["zymurgy"]) == {"zymurgy": 0}
        assert view.vectors()[1].tobytes() == vectors, "a title is no part of what is encoded"


def test_a_title_in_the_log_of_conversations_and_its_bibliography(base, document):
    turn = base.keep(base.ask("What is self-attention?"))
    base.edit(document, title="Zymurgy", authors=["Ada Lovelace"], year=1843)
    assert "Zymurgy" in base.export(turn.conversation, "bibtex")


# --- the store


def test_a_library_of_version_01_is_read_as_it_is_and_can_be_edited(tmp_path):
    home = tmp_path / "old"
    home.mkdir()
    (home / "kb.sqlite3").write_bytes(gzip.decompress((ROOT / "tests/library-0.1.sqlite3.gz").read_bytes()))
    with KnowledgeBase.open(home, encoder="hashing") as base:
        before = base.documents()
        assert before and all(info.edited == () for info in before)
        base.edit(before[0].id, title="A new name")
        after = base.documents()
        assert [info.title for info in after] == ["A new name", *(info.title for info in before[1:])]
        assert base.verify().is_sound
        base.edit(before[0].id, clear=["title"])
        assert [replace(info, paths=()) for info in base.documents()] == [replace(info, paths=()) for info in before]


def test_a_library_without_the_table_gets_it_with_its_next_writer(base, document):
    base.close()
    with sqlite3.connect(base.home / "kb.sqlite3") as connection:
        connection.execute("DROP TABLE origins")
    assert only(base).title == "Attention notes"
    base.edit(document, title="Mine")
    assert only(base).title == "Mine" and base.verify().is_sound


def test_a_damaged_edit_is_found_stays_so_when_it_is_read_again_and_is_mended_by_an_edit(base, file, document):
    base.edit(document, title="Mine")
    base.close()
    with sqlite3.connect(base.home / "kb.sqlite3") as connection:
        connection.execute("UPDATE origins SET edits = replace(edits, 'Mine', 'Mime')")
    assert [found.code for found in base.verify().findings if found.level == "error"] == ["F_EDITS_DAMAGED"]
    file.write_text(NEWER)
    newer = base.add([file]).added[0].document
    assert [found.code for found in base.verify().findings if found.level == "error"] == ["F_EDITS_DAMAGED"]
    base.edit(newer, title="Mine")
    assert base.verify().is_sound and only(base).title == "Mine"


def test_an_edit_does_not_make_a_damaged_document_sound(base, document):
    base.close()
    with sqlite3.connect(base.home / "kb.sqlite3") as connection:
        connection.execute("UPDATE documents SET kind = 'pdf'")
    base.edit(document, title="Mine")
    assert [found.code for found in base.verify().findings if found.level == "error"] == ["F_TEXT_DAMAGED"]


def test_an_edit_that_changes_nothing_makes_no_generation(base, document):
    base.edit(document, title="Mine")
    generation, when = base.status().generation, metadata(base, document).edited[0].when
    base.edit(document, title="Mine", clear=["year"])
    assert base.status().generation == generation and metadata(base, document).edited == (Edited("title", when),)
    base.edit(document, year=2001)
    assert base.status().generation == generation + 1


def test_a_view_reads_one_generation_while_somebody_edits(tmp_path):
    store = Store(tmp_path / "library")
    with store.write("test") as writer:
        added = writer.commit(make_prepared("A text."), "hashing")
    with store.read() as view:
        assert view.generation() == 1
        with store.write("edit") as writer:
            writer.edit(added.document, {"title": "Mine"}, ())
        assert view.title(added.document) != "Mine" and view.document(added.document).metadata.edited == ()
    with store.read() as view:
        assert view.title(added.document) == "Mine"


def test_metadata_become_plain_values_and_back(base, document):
    base.edit(document, title="Mine")
    m = metadata(base, document)
    assert Metadata.from_dict(json.loads(json.dumps(m.to_dict()))) == m
