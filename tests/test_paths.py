"""One path per file: renamed, edited, twin and deleted files, and libraries from before there was a table of paths."""

import gzip
import os
import sqlite3

import pytest

from kb import KnowledgeBase
from kb.encoder.hashing import HashingEncoder
from kb.health import verify
from kb.store import Store
from kb.store.paths import is_other_spelling, state_of
from kb.types import Sighting
from tests.conftest import ROOT
from tests.making import make_prepared

LORA = "# LoRA\n\nLoRA is a method that adds low-rank matrices to frozen weights.\n"
EDITED = "# LoRA\n\nLoRA is a method that trains a low-rank update of the weights.\n"
PRUNING = "# 剪枝\n\n剪枝是指移除不重要的权重。\n"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "papers"
    made.mkdir()
    return made


def paths_of(base):
    """Title -> the names of its files and their states."""
    return {info.title: {os.path.basename(path.path): path.state for path in info.paths}
            for info in base.documents()}


def quotes(base, question="What is LoRA?"):
    return [claim.text for claim in base.ask(question).claims]


# --- renamed


def test_a_renamed_file_moves_and_an_edit_then_replaces_it(base, folder):
    (folder / "old.md").write_text(LORA)
    document = base.add([folder]).added[0].document
    (folder / "old.md").rename(folder / "new.md")
    report = base.add([folder])
    assert (report.added, len(report.unchanged)) == ((), 1)
    assert report.unchanged[0].moved_from == str(folder / "old.md")
    assert paths_of(base) == {"LoRA": {"new.md": "there"}}
    assert base.document(document).path == str(folder / "new.md")

    (folder / "new.md").write_text(EDITED)
    assert [added.replaced for added in base.add([folder]).added] == [document]
    assert quotes(base) == ["LoRA is a method that trains a low-rank update of the weights."]
    assert base.verify().is_sound


def test_a_folder_that_was_renamed_takes_all_its_files_with_it(base, folder):
    (folder / "a").mkdir()
    for n in range(3):
        (folder / "a" / f"{n}.md").write_text(f"# Number {n}\n\nMethod {n} is a way to train networks.\n")
    base.add([folder])
    generation = base.status().generation
    (folder / "a").rename(folder / "b")
    report = base.add([folder])
    assert sorted(item.moved_from for item in report.unchanged) == [str(folder / "a" / f"{n}.md") for n in range(3)]
    assert {info.path for info in base.documents()} == {str(folder / "b" / f"{n}.md") for n in range(3)}
    assert base.status().generation == generation + 1


def test_a_title_from_the_name_follows_the_name(base, folder):
    (folder / "first_draft.txt").write_text("Pruning is a method that removes weights.")
    base.add([folder])
    (folder / "first_draft.txt").rename(folder / "final_version.txt")
    report = base.add([folder])
    assert (report.added, [item.moved_from for item in report.unchanged]) == (
        (), [str(folder / "first_draft.txt")])
    assert [info.title for info in base.documents()] == ["final version"]
    assert base.verify().is_sound


def test_renamed_with_its_metadata_file_it_keeps_what_is_said_there(base, folder):
    (folder / "a.md").write_text(LORA)
    (folder / "a.md.toml").write_text("year = 2021\n")
    base.add([folder])
    for name in ("a.md", "a.md.toml"):
        (folder / name).rename(folder / name.replace("a.", "b.", 1))
    assert base.add([folder]).unchanged[0].moved_from == str(folder / "a.md")
    assert [info.year for info in base.documents()] == [2021]


def test_a_file_copied_and_then_edited_leaves_its_content_with_the_copy(base, folder):
    (folder / "a.md").write_text(LORA)
    document = base.add([folder]).added[0].document
    (folder / "z-copy.md").write_text(LORA)
    (folder / "a.md").write_text(EDITED)
    report = base.add([folder])
    assert [added.path for added in report.added] == [str(folder / "a.md")]
    assert {info.id: os.path.basename(info.path) for info in base.documents()} == {
        document: "z-copy.md", report.added[0].document: "a.md"}
    assert base.verify().is_sound


def test_two_files_that_changed_names_keep_both_documents(base, folder):
    (folder / "a.md").write_text(LORA)
    (folder / "b.md").write_text(PRUNING)
    ids = {info.id for info in base.documents()} or {added.document for added in base.add([folder]).added}
    (folder / "a.md").rename(folder / "c")
    (folder / "b.md").rename(folder / "a.md")
    (folder / "c").rename(folder / "b.md")
    report = base.add([folder])
    assert (report.added, len(report.unchanged)) == ((), 2)
    assert {info.id for info in base.documents()} == ids
    assert paths_of(base) == {"LoRA": {"b.md": "there"}, "剪枝": {"a.md": "there"}}
    assert base.verify().is_sound


def test_a_file_moved_over_another_takes_its_place(base, folder):
    (folder / "a.md").write_text(LORA)
    (folder / "b.md").write_text(PRUNING)
    first, second = (added.document for added in base.add([folder]).added)
    (folder / "b.md").replace(folder / "a.md")
    report = base.add([folder])
    assert [(item.document, item.moved_from, item.replaced) for item in report.unchanged] == [
        (second, str(folder / "b.md"), first)]
    assert paths_of(base) == {"剪枝": {"a.md": "there"}}


# --- twins


def test_two_files_with_the_same_bytes_are_one_document_with_two_paths(base, folder):
    (folder / "a.md").write_text(LORA)
    (folder / "b.md").write_text(LORA)
    report = base.add([folder])
    assert (len(report.added), len(report.unchanged)) == (1, 1)
    assert base.status().documents == 1
    assert paths_of(base) == {"LoRA": {"a.md": "there", "b.md": "there"}}


@pytest.mark.parametrize("edited", ["a.md", "b.md"])
def test_editing_one_twin_leaves_the_other_its_content(base, folder, edited):
    (folder / "a.md").write_text(LORA)
    (folder / "b.md").write_text(LORA)
    document = base.add([folder]).added[0].document
    (folder / edited).write_text(EDITED)
    new = base.add([folder]).added[0]
    other = "b.md" if edited == "a.md" else "a.md"
    assert {info.id: [os.path.basename(path.path) for path in info.paths] for info in base.documents()} == {
        document: [other], new.document: [edited]}
    assert base.document(document).path == str(folder / other)
    assert base.verify().is_sound
    (folder / other).write_text(EDITED)
    report = base.add([folder])
    assert [item.replaced for item in report.unchanged if item.path.endswith(other)] == [document]
    assert paths_of(base) == {"LoRA": {"a.md": "there", "b.md": "there"}}


def test_an_edit_is_seen_whole_in_one_generation(base, folder):
    (folder / "a.md").write_text(LORA)
    base.add([folder])
    with base.reading() as before:
        generation = before.generation()
        (folder / "a.md").write_text(EDITED)
        base.add([folder])
        assert [info.id for info in before.documents()] and before.generation() == generation
    assert quotes(base) == ["LoRA is a method that trains a low-rank update of the weights."]


def test_what_is_said_beside_a_twin_counts_where_the_record_has_nothing_and_when_it_changes(base, folder):
    (folder / "a.md").write_text(LORA)
    base.add([folder])
    (folder / "b.md").write_text(LORA)
    (folder / "b.toml").write_text("year = 2021\n")
    base.add([folder])
    assert [info.year for info in base.documents()] == [2021]
    assert base.add([folder]).added == ()
    (folder / "a.toml").write_text("year = 2022\n")
    base.add([folder])
    assert [info.year for info in base.documents()] == [2022]
    assert base.add([folder]).added == ()
    assert len(paths_of(base)["LoRA"]) == 2


# --- gone


def test_a_deleted_file_still_answers_and_is_said_to_be_gone(base, folder):
    (folder / "a.md").write_text(LORA)
    (folder / "b.md").write_text(PRUNING)
    base.add([folder])
    (folder / "a.md").unlink()
    assert base.add([folder]).added == ()
    assert paths_of(base) == {"LoRA": {"a.md": "gone"}, "剪枝": {"b.md": "there"}}
    assert {info.title: info.is_gone for info in base.documents()} == {"LoRA": True, "剪枝": False}
    answer = base.ask("What is LoRA?")
    assert all(citation.is_gone for claim in answer.claims for citation in claim.citations)
    assert [citation.is_gone for claim in base.ask("什么是剪枝？").claims for citation in claim.citations] == [False]
    assert [hit.is_gone for hit in base.search("LoRA low-rank", 1)] == [True]
    (folder / "a.md").write_text(LORA)
    assert not any(info.is_gone for info in base.documents())


def test_a_document_with_one_twin_left_is_not_gone_and_its_file_is_the_one_that_is_there(base, folder):
    (folder / "a.md").write_text(LORA)
    (folder / "b.md").write_text(LORA)
    document = base.add([folder]).added[0].document
    (folder / "a.md").unlink()
    assert paths_of(base) == {"LoRA": {"a.md": "gone", "b.md": "there"}}
    assert not base.documents()[0].is_gone
    assert base.source_path(document) == folder / "b.md"


def test_a_file_that_was_written_to_since_it_was_read_is_said_to_be_changed(base, folder):
    (folder / "a.md").write_text(LORA)
    base.add([folder])
    (folder / "a.md").write_text(EDITED)
    assert paths_of(base) == {"LoRA": {"a.md": "changed"}}


def test_a_file_on_a_disk_that_is_not_mounted_is_no_renamed_file(tmp_path):
    store = Store(tmp_path / "library")
    (tmp_path / "new.md").write_text(LORA)
    prepared = make_prepared(LORA, str(tmp_path / "disk" / "old.md"))
    with store.write("test") as writer:
        writer.commit(prepared, "hashing")
        row = writer.paths.of(prepared.document.id)[0]
        writer.paths.keep([row._replace(mount=os.fsencode(tmp_path / "disk"))])
        assert state_of(writer.paths.of(prepared.document.id)[0]) == "unmounted"
        seen = Sighting("new.md", os.fsencode(tmp_path / "new.md"), prepared.document.sha256)
        assert writer.place([(seen, prepared.document.id)])[0].moved_from is None
        assert len(writer.paths.of(prepared.document.id)) == 2


def test_doctor_counts_the_documents_whose_files_are_gone(base, folder):
    (folder / "a.md").write_text(LORA)
    base.add([folder])

    def found():
        check = base.doctor()
        return [(item.level, item.message) for item in check.findings if item.code == "F_FILES_GONE"]

    assert found() == []
    (folder / "a.md").unlink()
    assert found() == [("warning", f"1 document has no file any more, e.g. {folder / 'a.md'}; it still answers")]


# --- letters that a file system takes for the same


def test_hard_links_in_two_cases_are_two_files(tmp_path):
    (tmp_path / "Paper.md").write_text(LORA)
    os.link(tmp_path / "Paper.md", tmp_path / "paper.md")
    assert not is_other_spelling(os.fsencode(tmp_path / "Paper.md"), os.fsencode(tmp_path / "paper.md"))
    assert not is_other_spelling(os.fsencode(tmp_path / "Paper.md"), os.fsencode(tmp_path / "other.md"))


def test_where_case_is_not_told_apart_another_case_is_a_renamed_file(base, folder):
    (folder / "paper.md").write_text(LORA)
    if not (folder / "PAPER.md").exists():
        pytest.skip("this file system tells case apart")
    base.add([folder])
    (folder / "paper.md").rename(folder / "Paper.md")
    assert base.add([folder]).unchanged[0].moved_from == str(folder / "paper.md")
    assert len(paths_of(base)["LoRA"]) == 1


# --- removal, verify


def test_a_document_is_removed_with_all_its_paths_and_uploads(base, folder):
    (folder / "a.md").write_text(LORA)
    upload = base.add_upload("b.md", LORA.encode())
    base.add([folder, upload])
    base.remove(path=folder / "a.md")
    assert base.documents() == ()
    assert not upload.exists() and (folder / "a.md").exists()


@pytest.mark.parametrize("statement", [
    "UPDATE paths SET shown = 'elsewhere.md'",
    "UPDATE paths SET sha256 = replace(sha256, 'a', 'b') || '0'",
    "UPDATE paths SET document = (SELECT id FROM documents WHERE documents.path <> paths.shown)",
])
def test_verify_finds_a_changed_path_and_adding_again_mends_it(base, folder, statement):
    (folder / "a.md").write_text(LORA)
    (folder / "b.md").write_text(PRUNING)
    base.add([folder])
    base.close()
    connection = sqlite3.connect(base.home / "kb.sqlite3")
    connection.execute(statement)
    connection.commit()
    connection.close()
    found = [finding.code for finding in base.verify().findings if finding.level == "error"]
    assert set(found) == {"F_PATH_DAMAGED"}
    base.add([folder])
    assert base.verify().is_sound


# --- libraries of an earlier version


@pytest.fixture
def old(tmp_path):
    """A library as the first version wrote it: three documents, one with a metadata file, and an answer in the log."""
    home = tmp_path / "old"
    home.mkdir()
    (home / "kb.sqlite3").write_bytes(gzip.decompress((ROOT / "tests/library-0.1.sqlite3.gz").read_bytes()))
    return home


def contents(home):
    connection = sqlite3.connect(home / "kb.sqlite3")
    tables = ("documents", "passages", "vectors", "arrivals", "sentences", "turns", "terms_content")
    found = {}
    for table in tables:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "digest"]
        found[table] = connection.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY 1").fetchall()
    connection.close()
    return found


def test_an_old_library_is_read_as_it_is_and_its_first_writer_gives_it_paths(old):
    before = contents(old)
    names = {"Low-rank adaptation": "lora.md", "剪枝": "pruning.md", "notes": "notes.txt"}
    with KnowledgeBase.open(old, encoder="hashing") as base:
        assert paths_of(base) == {title: {name: "gone"} for title, name in names.items()}
        assert all(citation.is_gone for claim in base.ask("What is LoRA?").claims for citation in claim.citations)
        with Store(old).write("log"):
            pass
        assert paths_of(base) == {title: {name: "gone"} for title, name in names.items()}
        assert contents(old) == before
        check = verify(Store(old), HashingEncoder)
        assert check.is_sound and {finding.level for finding in check.findings} <= {"ok", "repaired", "warning"}
        assert len(base.conversation(base.conversations()[0].id)) == 1
    connection = sqlite3.connect(old / "kb.sqlite3")
    rows = connection.execute("SELECT shown, size, mtime, mount FROM paths ORDER BY 1").fetchall()
    connection.close()
    assert rows == [(f"/tmp/kb-0.1-example/papers/{name}", None, None, None) for name in sorted(names.values())]


def test_files_of_an_old_library_that_are_elsewhere_now_are_followed(old, folder):
    (folder / "lora.md").write_text(LORA)
    (folder / "lora.md.toml").write_text('title = "Low-rank adaptation"\nyear = 2021\n')
    with KnowledgeBase.open(old, encoder="hashing") as base:
        report = base.add([folder])
        assert [(item.moved_from, item.path) for item in report.unchanged] == [
            ("/tmp/kb-0.1-example/papers/lora.md", str(folder / "lora.md"))]
        assert base.status().documents == 3


def test_a_migration_that_is_killed_has_changed_nothing(old, monkeypatch):
    before = contents(old)

    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    monkeypatch.setattr("kb.store.tables.give_paths", killed)
    with pytest.raises(Killed), Store(old).write("test"):
        pass
    monkeypatch.undo()
    connection = sqlite3.connect(old / "kb.sqlite3")
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'paths'").fetchone() == (0,)
    connection.close()
    assert contents(old) == before
    with Store(old).write("test") as writer:
        assert len(writer.paths.all()) == 3


def test_what_an_earlier_version_adds_to_a_newer_library_gets_its_path(base, folder):
    (folder / "a.md").write_text(LORA)
    base.add([folder])
    base.close()
    connection = sqlite3.connect(base.home / "kb.sqlite3")
    connection.execute("DELETE FROM paths")  # a version without the table does not fill it
    connection.commit()
    connection.close()
    assert base.documents()[0].path == str(folder / "a.md")
    base.verify()
    assert paths_of(base) == {"LoRA": {"a.md": "there"}}
