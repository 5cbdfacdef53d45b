"""Collections, tags and reading states: kept with their document through every change of its file, and gone with it."""

import gzip
import shutil
import sqlite3

import pytest

from kb import KnowledgeBase
from kb.errors import ScopeError, UnknownDocument
from kb.store import Store
from kb.types import Filed, Tag
from tests.conftest import ROOT

NOTE = "# {title}\n\nSelf-attention is a method that compares every word of {title} with every other.\n"


def made(home, folder):
    """A library of three notes in a folder."""
    folder.mkdir()
    for title in ("Kilns", "Tides", "潮汐"):
        (folder / f"{title}.md").write_text(NOTE.format(title=title))
    with KnowledgeBase.open(home, encoder="hashing") as base:
        base.add([folder])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """(the folder of a library, that of its files), for tests that change no file."""
    folder = tmp_path_factory.mktemp("filed")
    made(folder / "home", folder / "papers")
    return folder / "home", folder / "papers"


@pytest.fixture
def notes(whole, tmp_path):
    """(the library, the folder of its files, title -> id) of three notes."""
    home, folder = whole
    shutil.copytree(home, tmp_path / "home")
    with KnowledgeBase.open(tmp_path / "home", encoder="hashing") as base:
        yield base, folder, {info.title: info.id for info in base.documents()}


@pytest.fixture
def own(tmp_path):
    """The same, whose files a test may change."""
    made(tmp_path / "home", tmp_path / "papers")
    with KnowledgeBase.open(tmp_path / "home", encoder="hashing") as base:
        yield base, tmp_path / "papers", {info.title: info.id for info in base.documents()}


def filed(base):
    """Title -> how it is filed."""
    return {info.title: Filed(info.collections, info.tags, info.state) for info in base.documents()}


def test_documents_are_filed_by_id_beginning_path_folder_and_title(notes):
    base, folder, ids = notes
    assert base.collect("Clay", ids["Kilns"][:8]) == 1
    assert base.collect("Clay", [ids["Kilns"], "tides", str(folder / "潮汐.md")]) == 2
    assert base.collect("Everything", str(folder)) == 3
    assert base.tag("Kilns", ["hot", "to read"]) == 2 and base.tag(["Kilns", "Tides"], ["wet"], ["HOT"]) == 3
    assert base.set_state("潮汐", "read") == 1 and base.set_state(["潮汐", "Kilns"], "read") == 1
    assert filed(base) == {"Kilns": Filed(("Clay", "Everything"), ("to read", "wet"), "read"),
                           "Tides": Filed(("Clay", "Everything"), ("wet",), "unread"),
                           "潮汐": Filed(("Clay", "Everything"), (), "read")}
    assert [(c.name, c.documents) for c in base.collections()] == [("Clay", 3), ("Everything", 3)]
    assert base.tags() == (Tag("to read", 1), Tag("wet", 2))
    assert base.verify().is_sound


def test_names_are_one_whatever_their_capitals_and_a_collection_may_be_empty_or_inside_another(notes):
    base, _, ids = notes
    base.collect("Thesis")
    base.collect("Thesis/Chapter 1", ids["Kilns"])
    base.collect("THESIS", ids["Tides"])
    assert [(c.name, c.documents) for c in base.collections()] == [("Thesis", 1), ("Thesis/Chapter 1", 1)]
    base.rename_collection("thesis", "Book")
    assert [(c.name, c.documents) for c in base.collections()] == [("Book", 1), ("Book/Chapter 1", 1)]
    assert base.take_out("book", ["Tides", "Kilns"]) == 1 and base.delete_collection("Book/Chapter 1") == 1
    assert [(c.name, c.documents) for c in base.collections()] == [("Book", 0)] and len(base.documents()) == 3
    base.collect("Shelf/Clay/Wet", ids["Kilns"])
    assert [c.name for c in base.collections()] == ["Book", "Shelf", "Shelf/Clay", "Shelf/Clay/Wet"]
    base.rename_collection("Shelf/Clay", "Earth/Clay")
    assert [c.name for c in base.collections()] == ["Book", "Earth", "Earth/Clay", "Earth/Clay/Wet", "Shelf"]
    assert base.delete_collection("Earth") == 1 and [c.name for c in base.collections()] == ["Book", "Shelf"]
    assert base.verify().is_sound


def test_a_tag_that_gets_the_name_of_another_becomes_one_with_it(notes):
    base, _, ids = notes
    base.tag([ids["Kilns"], ids["Tides"]], ["a"])
    base.tag([ids["Tides"]], ["b"])
    base.rename_tag("a", "B")
    assert base.tags() == (Tag("b", 2),) and base.delete_tag("b") == 2 and base.tags() == ()


@pytest.mark.parametrize(("call", "error", "said"), [
    (lambda base: base.take_out("Kley", "Kilns"), ScopeError, "there is no collection “Kley”; did you mean “Clay”?"),
    (lambda base: base.delete_collection("xyz"), ScopeError, "there is no collection “xyz”"),
    (lambda base: base.tag("Kilns", [], ["hto"]), ScopeError, "no document has the tag “hto”; did you mean “hot”?"),
    (lambda base: base.collect("  ", "Kilns"), ScopeError, "cannot be the name"),
    (lambda base: base.collect("a//b", "Kilns"), ScopeError, "slash"),
    (lambda base: base.tag("Kilns", ["x" * 121]), ScopeError, "longer than 120"),
    (lambda base: base.rename_collection("Clay", "Water"), ScopeError, "is a collection or tag called “Water” already"),
    (lambda base: base.collect("New", ["Kilns", "nobody"]), UnknownDocument, "no document with id nobody"),
    (lambda base: base.collect("New", [""]), UnknownDocument, "no document"),
    (lambda base: base.set_state("Kilns", "skimmed"), ScopeError, "is no reading state")])
def test_what_cannot_be_done_is_said_and_changes_nothing(notes, call, error, said):
    base, _, _ = notes
    base.collect("Clay", "Kilns")
    base.collect("Water")
    base.tag("Kilns", ["hot"])
    before = (base.collections(), base.tags(), filed(base))
    with pytest.raises(error, match=said):
        call(base)
    assert (base.collections(), base.tags(), filed(base)) == before


def test_two_documents_of_one_title_are_told_apart_by_their_ids(own):
    base, folder, _ = own
    (folder / "again.md").write_text(NOTE.format(title="Kilns") + "\nOnce more.\n")
    base.add([folder])
    with pytest.raises(UnknownDocument, match="2 documents are called “kilns”"):
        base.collect("Clay", "kilns")


def test_a_new_version_of_a_file_keeps_how_it_was_filed(own):
    base, folder, ids = own
    base.collect("Clay", ids["Kilns"])
    base.tag(ids["Kilns"], ["hot"])
    base.set_state(ids["Kilns"], "reading")
    before = filed(base)["Kilns"]
    (folder / "Kilns.md").write_text(NOTE.format(title="Kilns") + "\nA kiln is hot.\n")
    (added,) = base.add([folder]).added
    assert added.document != ids["Kilns"] and filed(base)["Kilns"] == before
    (folder / "Kilns.md").rename(folder / "Ovens.md")
    base.sync(folder)
    assert filed(base)["Kilns"] == before and base.verify().is_sound


def test_a_file_that_was_renamed_and_changed_at_once_keeps_how_it_was_filed(own):
    base, folder, _ = own
    text = "---\ntitle: On kilns\nauthor: Ada Okoro\n---\n" + "A kiln burns clay for a day. " * 3
    (folder / "first.md").write_text(text)
    document = base.add([folder]).added[0].document
    base.tag(document, ["hot"])
    (folder / "first.md").unlink()
    (folder / "second.md").write_text(text + "\nThen it cools for two days.\n")
    base.sync(folder)
    assert filed(base)["On kilns"].tags == ("hot",)


def test_what_is_removed_leaves_no_row_and_the_collection_stays(notes):
    base, _, ids = notes
    base.collect("Clay", list(ids.values()))
    base.tag(list(ids.values()), ["hot"])
    base.remove(ids["Kilns"])
    assert [(c.name, c.documents) for c in base.collections()] == [("Clay", 2)] and base.tags() == (Tag("hot", 2),)
    base.close()
    with sqlite3.connect(base.home / "kb.sqlite3") as connection:
        rows = connection.execute("SELECT count(*) FROM filed WHERE document = ?", (ids["Kilns"],)).fetchone()
    assert rows == (0,)


@pytest.mark.parametrize("harm", ["UPDATE filed SET name = 'hit' WHERE kind = 'tag'",
                                  "UPDATE filed SET kind = 'tax' WHERE kind = 'tag'",
                                  "UPDATE filed SET time = 'x' WHERE kind = 'tag'",
                                  "UPDATE filed SET name = 'rood' WHERE kind = 'state'",
                                  "UPDATE collections SET made = 'x'"])
def test_damage_is_found_and_mended_by_filing_again(notes, harm):
    base, _, ids = notes
    base.collect("Clay", "Kilns")
    base.tag("Kilns", ["hot"])
    base.set_state("Kilns", "read")
    base.close()
    with sqlite3.connect(base.home / "kb.sqlite3") as connection:
        connection.execute(harm)
    assert [found.code for found in base.verify().findings if found.level == "error"] == ["F_FILED_DAMAGED"]
    store = Store(base.home)
    with store.write("test") as writer, writer.together():  # as when its file is read again
        rows = writer.filing.rows(ids["Kilns"])
        writer._connection.execute("DELETE FROM filed")
        writer.filing.keep(ids["Kilns"], rows)
    assert [found.code for found in base.verify().findings if found.level == "error"] == ["F_FILED_DAMAGED"]
    for tag in base.tags():
        base.delete_tag(tag.name)
    base.tag("Kilns", ["hot"])
    base.set_state("Kilns", "read")
    base.collect("Clay", "Kilns")
    assert base.verify().is_sound
    assert filed(base)["Kilns"] == Filed(("Clay",), ("hot",), "read")


def test_a_library_of_an_earlier_version_has_nothing_filed_until_somebody_does(tmp_path):
    home = tmp_path / "old"
    home.mkdir()
    (home / "kb.sqlite3").write_bytes(gzip.decompress((ROOT / "tests/library-0.1.sqlite3.gz").read_bytes()))
    with KnowledgeBase.open(home, encoder="hashing") as base:
        assert base.collections() == () and base.tags() == () and {i.state for i in base.documents()} == {"unread"}
        base.collect("Old", base.documents()[0].id)
        assert [(c.name, c.documents) for c in base.collections()] == [("Old", 1)] and base.verify().is_sound
    with KnowledgeBase.open(tmp_path / "none") as base:
        assert base.collections() == ()
