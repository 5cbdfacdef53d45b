"""A library into one file and out of it: whole or not at all, on another machine and path as well."""

import gzip
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import threading
import time
import zipfile
from contextlib import closing

import pytest

from kb import KnowledgeBase
from kb.cli.main import main
from kb.errors import LibraryError, NothingIndexed
from kb.store import Store, tables
from tests.conftest import ROOT
from tests.damage import checked, full_library
from tests.making import make_prepared
from tests.torture.storing import FORK, _small_disk

LORA = "LoRA is a method that adds low-rank matrices to frozen weights."


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A library with a document of a folder, an upload, an answer that was kept, a survey's file and rows in every
    table; and its backup."""
    folder = tmp_path_factory.mktemp("full")
    (folder / "a.md").write_text(f"# LoRA\n\n{LORA} 它冻结原有权重。\n")
    full_library(folder / "library")
    with KnowledgeBase.open(folder / "library", encoder="hashing") as base:
        base.add(folder / "a.md")
        base.add_text("Pruning removes weights that matter little.", "Pruning")
        base.keep(base.ask("What is LoRA?"))
        (base.home / "surveys" / "one").mkdir(parents=True)
        (base.home / "surveys" / "one" / "survey.md").write_text("# 综述\n")
        (base.home / "surveys" / "one" / ".new-x").write_text("half")
        base.backup(folder / "a.kb")
    return folder


def rows(home):
    """Every row of every table of a library."""
    with closing(sqlite3.connect(home / "kb.sqlite3")) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                 if not name.startswith(("terms", "sqlite_", "vocabulary"))]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr)
                for name in names if name not in ("meta", "paths")}


def repacked(source, target, change):
    """A copy of an archive with its entries changed: change(entries {name: bytes})."""
    with zipfile.ZipFile(source) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries = change(entries) or entries
    with zipfile.ZipFile(target, "w") as made:
        for name, data in (entries.items() if isinstance(entries, dict) else entries):
            made.writestr(name, data)
    return target


def refused(archive, tmp_path):
    """Why it is; nothing may be left of it."""
    with pytest.raises(LibraryError) as error:
        KnowledgeBase.restore(archive, tmp_path / "new")
    assert error.value.code == "E_BACKUP" and error.value.describe("zh")[0] != error.value.describe("en")[0]
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith((".kb-", "new"))]
    return str(error.value)


def test_a_restored_library_is_the_one_that_was_backed_up_and_goes_on(full, tmp_path):
    restored = KnowledgeBase.restore(full / "a.kb", tmp_path / "new")
    assert restored.check.is_sound and restored.backup.documents == 5
    assert not [f for f in restored.check.findings if f.level != "ok"]
    now, before = rows(tmp_path / "new"), rows(full / "library")
    uploaded = {row[0] for row in before["documents"] if b"/files/" in row[3]}
    assert len(uploaded) == 1 and now.keys() == before.keys()
    for table in now:  # the upload stands at another path now, and all else is as it was
        assert [r for r in now[table] if r[0] not in uploaded] == [r for r in before[table] if r[0] not in uploaded]
        assert len(now[table]) == len(before[table])
    assert (tmp_path / "new/surveys/one/survey.md").read_text() == "# 综述\n"
    assert not (tmp_path / "new/surveys/one/.new-x").exists()
    assert (full / "a.kb").stat().st_mode & 0o077 == 0 and (tmp_path / "new").stat().st_mode & 0o077 == 0
    with KnowledgeBase.open(tmp_path / "new") as base:
        assert base.ask("What is LoRA?").claims[0].text == LORA
        assert base.add_text("More.", "More").added


def test_a_copied_folder_answers_elsewhere_and_says_what_is_gone(full, tmp_path):
    (full / "a.md").rename(full / "b.md")
    try:
        shutil.copytree(full / "library", tmp_path / "elsewhere")
        with KnowledgeBase.open(tmp_path / "elsewhere", encoder="hashing") as base:
            answer = base.ask("What is LoRA?")
            assert answer.claims[0].text == LORA and answer.claims[0].citations[0].is_gone
            (upload, ) = (info for info in base.documents() if info.title == "Pruning")
            base.add_text("More.", "More")  # the first that writes finds the library's own files again
            (upload, ) = (info for info in base.documents() if info.title == "Pruning")
            assert not upload.is_gone and upload.path.startswith(str(base.home))
            kept = base.source_path(upload.id)
            assert kept.is_relative_to(base.home / "files") and base.verify().is_sound
            base.remove(upload.id)
            assert not kept.exists() and list((full / "library/files").rglob("Pruning.md"))
    finally:
        (full / "b.md").rename(full / "a.md")


def test_what_is_written_during_a_backup_is_in_it_whole_or_not_at_all(tmp_path):
    store = Store(tmp_path / "library")
    stop, added = threading.Event(), []

    def write():
        with store.write("test") as writer:
            while not stop.is_set() or not added:
                added.append(writer.commit(make_prepared(f"Text {len(added)}. " * 40, f"{len(added)}.md"),
                                           "hashing").document)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        made = []
        while len(made) < 4:
            if len(added) > 5 * len(made):
                before = list(added)
                with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as base:
                    made.append((base.backup(tmp_path / f"{len(made)}.kb"), before))
    finally:
        stop.set()
        thread.join()
    for n, (backup, before) in enumerate(made):
        restored = KnowledgeBase.restore(backup.path, tmp_path / f"new{n}")
        assert restored.check.is_sound and backup.documents >= len(before)
        with Store(tmp_path / f"new{n}").read() as view:
            there = {info.id for info in view.documents()}
        assert set(before) <= there == set(added[:len(there)])


def test_a_cut_or_damaged_backup_is_refused_with_what_is_wrong(full, tmp_path):
    data = (full / "a.kb").read_bytes()
    archive = tmp_path / "bad.kb"
    for size in (0, 10, len(data) // 2, len(data) - 1):
        archive.write_bytes(data[:size])
        assert "cut or damaged" in refused(archive, tmp_path)
    with zipfile.ZipFile(full / "a.kb") as opened:
        starts = [entry.header_offset + 200 for entry in opened.infolist() if entry.compress_size > 400]
    assert len(starts) >= 2
    for at in starts:
        archive.write_bytes(data[:at] + bytes([data[at] ^ 64]) + data[at + 1:])
        refused(archive, tmp_path)
    archive.write_text("no archive")
    refused(archive, tmp_path)
    with pytest.raises(LibraryError, match="cannot be read or written"):
        KnowledgeBase.restore(tmp_path / "none.kb", tmp_path / "new")


def with_member(name, data):
    """A change of an archive: one more member, which its manifest names as well."""
    def change(entries):
        manifest = json.loads(entries["manifest.json"])
        manifest["members"].append({"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        return {**entries, "manifest.json": json.dumps(manifest).encode(), name: data}

    return change


@pytest.mark.parametrize("name", ["../evil", "files/../../evil", "/etc/evil", "files//evil", "index/evil", "lock",
                                  "kb.sqlite3-wal", "files/a\x01b", "C:\\evil", "files\\..\\evil", "surveys", "evil/a"])
def test_a_member_under_a_hostile_name_is_refused(full, tmp_path, name):
    assert "no backup has" in refused(repacked(full / "a.kb", tmp_path / "bad.kb", with_member(name, b"x")), tmp_path)


def test_a_backup_that_does_not_hold_what_it_announces_is_refused(full, tmp_path):
    def changed(key, value):
        def change(entries):
            manifest = json.loads(entries["manifest.json"])
            manifest[key] = value(manifest[key])
            return {**entries, "manifest.json": json.dumps(manifest).encode()}
        return change

    for change, words in (
            (lambda e: {**e, "files/more": b"x"}, "not those of its manifest"),
            (lambda e: {k: v for k, v in e.items() if "survey" not in k}, "not those of its manifest"),
            (lambda e: [*e.items(), *[i for i in e.items() if "survey" in i[0]]], "not those of its manifest"),
            (lambda e: {k: v for k, v in e.items() if k != "manifest.json"}, "no manifest"),
            (lambda e: {**e, "surveys/one/survey.md": b"# \xe7\xbb\xbc\xe8\xbf\xb1\n"}, "survey.md is not what"),
            (changed("rows", lambda rows: {**rows, "documents": 77}), "numbers of rows"),
            (changed("kb_backup", lambda _: 2), "update kb"), (changed("schema", lambda _: 9), "update kb"),
            (changed("members", lambda _: [1]), "no manifest")):
        assert words in refused(repacked(full / "a.kb", tmp_path / "bad.kb", change), tmp_path)

    def link(entries):
        info = zipfile.ZipInfo("files/link")
        info.external_attr = 0o120777 << 16
        return [*[*with_member("files/link", b"/etc")(entries).items()][:-1], (info, b"/etc")]

    assert "no backup has" in refused(repacked(full / "a.kb", tmp_path / "bad.kb", link), tmp_path)
    entries = with_member("files/big", bytes(1000))
    assert "files/big is not" in refused(repacked(full / "a.kb", tmp_path / "bad.kb", lambda e: {
        **entries(e), "files/big": bytes(1 << 20)}), tmp_path)


def test_nothing_that_is_there_is_written_over(full, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new/mine").write_text("mine")
    with pytest.raises(LibraryError, match="is not empty"):
        KnowledgeBase.restore(full / "a.kb", tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mine"]
    with KnowledgeBase.open(full / "library", encoder="hashing") as base:
        (tmp_path / "taken").write_text("mine")
        for path in (tmp_path / "taken", base.home / "b.kb", base.home / "files/b.kb", tmp_path,
                     tmp_path / "no/such/b.kb"):
            with pytest.raises(LibraryError) as error:
                base.backup(path)
            assert error.value.code == "E_BACKUP_FILE"
        assert (tmp_path / "taken").read_text() == "mine"
        assert base.backup(tmp_path / "taken", replace=True).documents == 5
    (tmp_path / "empty").mkdir()
    assert KnowledgeBase.restore(tmp_path / "taken", tmp_path / "empty").check.is_sound
    with pytest.raises(NothingIndexed), KnowledgeBase.open(tmp_path / "none") as base:
        base.backup(tmp_path / "none.kb")


def _back_up(home, file):
    with KnowledgeBase.open(home, encoder="hashing") as base:
        base.backup(file, replace=True)


def test_a_killed_backup_leaves_no_half_file_and_the_next_one_clears_what_is_left(full, tmp_path):
    target = tmp_path / "out" / "a.kb"
    target.parent.mkdir()
    for delay in (0.0, 0.005, 0.01, 0.02, 0.04):
        process = FORK.Process(target=_back_up, args=(full / "library", target))
        process.start()
        for _ in range(2000):
            if any(target.parent.iterdir()) or not process.is_alive():
                break
            time.sleep(0.001)
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        if target.exists():
            assert main(["restore", str(target), "--check", "--json"]) == 0
    _back_up(full / "library", target)
    assert [path.name for path in target.parent.iterdir()] == ["a.kb"]


def test_a_full_disk_is_said_and_nothing_is_left(full, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    with _small_disk(disk) as is_mounted, KnowledgeBase.open(full / "library", encoder="hashing") as base:
        if not is_mounted:
            pytest.skip("no small disk can be mounted here")
        for left in (0, 8192, 100_000):
            free = shutil.disk_usage(disk).free
            (disk / "ballast").write_bytes(bytes(max(0, free - left)))
            for act in (lambda: base.backup(disk / "a.kb"), lambda: KnowledgeBase.restore(full / "a.kb", disk / "new")):
                with pytest.raises(LibraryError) as error:
                    act()
                assert error.value.code == "E_DISK" and str(disk) in str(error.value)
            assert [path.name for path in disk.iterdir()] == ["ballast"]
            (disk / "ballast").unlink()
        base.backup(disk / "a.kb")


def test_a_damaged_library_can_be_backed_up_and_the_backup_says_so(full, tmp_path):
    shutil.copytree(full / "library", tmp_path / "library")
    with closing(sqlite3.connect(tmp_path / "library/kb.sqlite3")) as connection:
        connection.execute("UPDATE documents SET language = 'fr' WHERE rowid = 1")
        connection.commit()
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as base:
        assert base.backup(tmp_path / "a.kb").damaged == 1
    restored = KnowledgeBase.restore(tmp_path / "a.kb", tmp_path / "new")
    assert not restored.check.is_sound and restored.backup.damaged == 1


def _without(full, home, later):
    """A library as a version had it that did not know these tables yet."""
    home.mkdir()
    shutil.copy(full / "library/kb.sqlite3", home / "kb.sqlite3")
    with closing(sqlite3.connect(home / "kb.sqlite3")) as connection:
        for table in later:
            both = {"extractions": ("extractions", "cells"), "filed": ("filed", "collections"),
                    "entries": ("entries", "joined")}
            for name in both.get(table, (table,)):
                connection.execute(f"DROP TABLE IF EXISTS {name}")
        if "sentences" in later:
            connection.execute("ALTER TABLE staged DROP COLUMN sentences")
        if "arrivals" in later:
            connection.execute("DROP INDEX documents_sha256")
        connection.execute("DELETE FROM meta WHERE key IN ('index', 'counters')")
        connection.commit()


@pytest.mark.parametrize("known", range(len(tables._LATER) + 1))
def test_a_library_of_every_earlier_form_is_read_backed_up_restored_and_brought_up_to_now(full, tmp_path, known):
    home = tmp_path / "old"
    if known == 0:  # one that version 0.1 has written
        home.mkdir()
        (home / "kb.sqlite3").write_bytes(gzip.decompress((ROOT / "tests/library-0.1.sqlite3.gz").read_bytes()))
    else:
        _without(full, home, tables._LATER[known:])
    with KnowledgeBase.open(home, encoder="hashing") as base:
        before = {info.id: base.document(info.id).text for info in base.documents()}
        assert before
        base.backup(tmp_path / "a.kb")
    restored = KnowledgeBase.restore(tmp_path / "a.kb", tmp_path / "new")
    assert restored.check.is_sound
    for place in (home, tmp_path / "new"):
        with KnowledgeBase.open(place, encoder="hashing") as base:
            base.add_text("LoRA freezes weights.", "Another")
            assert before.items() <= {info.id: base.document(info.id).text for info in base.documents()}.items()
        assert checked(place).is_sound
        with closing(sqlite3.connect(place / "kb.sqlite3")) as connection:
            assert all(tables.has(connection, table) for table in tables._LATER)


def test_the_command_says_what_was_done(full, tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    assert main(["backup", str(tmp_path / "a.kb"), "--home", str(full / "library")]) == 0
    assert "5 documents" in capfd.readouterr().out
    assert main(["backup", str(tmp_path / "a.kb"), "--home", str(full / "library")]) == 1
    assert "E_BACKUP_FILE" in capfd.readouterr().err
    assert main(["restore", str(tmp_path / "a.kb"), str(tmp_path / "new")]) == 0
    assert "restored into" in capfd.readouterr().out
    assert main(["restore", str(tmp_path / "a.kb")]) == 2
    assert main(["restore", str(tmp_path / "a.kb"), "--home", str(tmp_path / "named")]) == 0
    assert (tmp_path / "named" / "kb.sqlite3").is_file()
    assert main(["restore", str(tmp_path / "a.kb"), "--check", "--json"]) == 0
    capfd.readouterr()
