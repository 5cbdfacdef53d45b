"""`sync`: the library matches a folder; what it will do is said first; no kill and no missing disk loses anything."""

import hashlib
import multiprocessing
import os
import signal
import zipfile

import pytest

from kb import KnowledgeBase
from kb.errors import PathError
from kb.store import Store


def text(name, n=0):
    return f"# Paper {name}\n\nMethod {name} is a way to train network {n} on data.\n"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "papers"
    (made / "sub").mkdir(parents=True)
    for name in ("edited", "renamed", "deleted", "same", "sub/deep"):
        (made / f"{name}.md").write_text(text(name))
    return made


def change(folder):
    """One file of each kind: edited, renamed, deleted, new, copied."""
    (folder / "edited.md").write_text(text("edited", 2))
    (folder / "renamed.md").rename(folder / "sub" / "other.md")
    (folder / "deleted.md").unlink()
    (folder / "new.md").write_text(text("new"))
    (folder / "copy.md").write_text(text("same"))


def matches(base, folder):
    """Whether the library has exactly the files of the folder, each with its bytes."""
    on_disk = {str(path): hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in folder.rglob("*.md")}
    return {path.path: info.id for info in base.documents() for path in info.paths} == on_disk


def names(changes):
    return [os.path.basename(change.path) for change in changes]


def test_a_library_is_made_to_match_a_folder(base, folder):
    first = base.sync(folder)
    assert first.is_done and len(first.added) == 5 and first.plan.counts["add"] == 5
    change(folder)
    report = base.sync(folder)
    plan = report.plan
    assert plan.counts == {"add": 1, "update": 1, "move": 1, "renew": 0, "copy": 1, "remove": 1}
    assert plan.n_unchanged == 2
    assert names(report.removed) == names(plan.of("remove")) == ["deleted.md"]
    assert [(names([item]), os.path.basename(item.was)) for item in plan.of("move")] == [(["other.md"], "renamed.md")]
    assert sorted(names(report.added)) == ["edited.md", "new.md"]
    assert [item.replaced is not None for item in sorted(report.added, key=lambda item: item.path)] == [True, False]
    assert matches(base, folder)
    assert base.status().documents == 5
    assert base.verify().is_sound
    again = base.sync(folder)
    assert again.plan.counts == dict.fromkeys(plan.counts, 0) and again.plan.n_unchanged == 6


def pack(path, **entries):
    with zipfile.ZipFile(path, "w") as archive:
        for name, words in entries.items():
            archive.writestr(f"in/{name}.md", words)


def states(base):
    """What the library says of each entry of the archives."""
    return {os.path.basename(path.path): path.state for info in base.documents() for path in info.paths}


def test_an_entry_that_was_deleted_is_gone_at_once_not_changed(base, folder):
    pack(folder / "x.zip", one=text("one"), two=text("two"), three=text("three"))
    base.add(folder / "x.zip")
    pack(folder / "x.zip", one=text("one"), two=text("two", 2))
    assert states(base) == {"one.md": "changed", "two.md": "changed", "three.md": "gone"}
    base.add(folder / "x.zip")
    assert states(base) == {"one.md": "there", "two.md": "there", "three.md": "gone"}
    assert base.search("Method three")[0].is_gone
    base.sync(folder)
    assert "three.md" not in states(base)


def test_an_entry_that_got_another_name_is_followed(base, folder):
    pack(folder / "x.zip", one=text("one"), two=text("two"))
    base.add(folder / "x.zip")
    pack(folder / "x.zip", one=text("one"), zwei=text("two"))
    (moved,) = (item for item in base.add(folder / "x.zip").unchanged if item.moved_from)
    assert os.path.basename(moved.path) == "zwei.md" and states(base) == {"one.md": "there", "zwei.md": "there"}


def test_an_archive_that_is_damaged_says_nothing_of_its_entries(base, folder):
    pack(folder / "x.zip", one=text("one"))
    base.add(folder / "x.zip")
    (folder / "x.zip").write_bytes(b"PK\x03\x04 no archive any more")
    assert states(base) == {"one.md": "changed"}


def test_names_that_do_not_say_their_encoding_are_never_called_gone(base, folder):
    pack(folder / "x.zip", one=text("one"), 二=text("two"))
    base.add(folder / "x.zip")
    with zipfile.ZipFile(folder / "x.zip", "w") as archive:
        archive.writestr("in/" + "二".encode("gb18030").decode("cp437") + ".md", text("two"))
    data = bytearray((folder / "x.zip").read_bytes())
    for mark, at in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):  # without the flag of UTF-8
        data[data.index(mark) + at] &= ~0x08
    (folder / "x.zip").write_bytes(data)
    assert states(base) == {"one.md": "gone", "二.md": "changed"}


def test_what_is_in_an_archive_follows_it(base, folder):
    pack(folder / "x.zip", one=text("one"), two=text("two"), three=text("three"))
    assert len(base.sync(folder).added) == 8
    assert not any(info.is_gone for info in base.documents())
    again = base.sync(folder).plan
    assert again.n_unchanged == 8 and not any(again.counts.values())
    pack(folder / "x.zip", one=text("one"), two=text("two", 2))
    report = base.sync(folder)
    assert [item.path.rpartition("!/")[2] for item in report.removed] == ["in/three.md"]
    assert [item.path.rpartition("!/")[2] for item in report.added] == ["in/two.md"]
    (folder / "x.zip").rename(folder / "y.zip")
    moved = base.sync(folder)
    assert moved.plan.counts == {"add": 0, "update": 0, "move": 2, "renew": 0, "copy": 0, "remove": 0}
    (folder / "y.zip").unlink()
    assert sorted(info.is_gone for info in base.documents()) == [False] * 5 + [True] * 2
    assert len(base.sync(folder).removed) == 2 and base.verify().is_sound


def test_an_archive_is_removed_by_its_path(base, folder):
    pack(folder / "x.zip", one=text("one"), two=text("two"))
    base.add(folder)
    assert len(base.remove(path=folder / "x.zip!/in/one.md").documents) == 1
    assert len(base.remove(path=folder / "x.zip").documents) == 1
    assert base.status().documents == 5


def test_a_dry_run_says_the_same_and_changes_nothing(base, folder):
    assert base.sync(folder, dry_run=True).plan.counts["add"] == 5
    assert not base.home.exists()
    base.sync(folder)
    change(folder)
    generation = base.status().generation
    said = base.sync(folder, dry_run=True)
    assert not said.is_done and (said.added, said.removed) == ((), ())
    assert base.status().generation == generation
    assert base.sync(folder).plan == said.plan


def test_nothing_is_done_that_was_not_confirmed(base, folder):
    base.sync(folder)
    change(folder)
    generation, asked = base.status().generation, []
    assert not base.sync(folder, confirm=lambda plan: bool(asked.append(plan))).is_done
    assert (asked[0].counts["remove"], base.status().generation) == (1, generation)


def test_renamed_and_then_edited_is_quoted_in_one_version(base, folder):
    base.sync(folder)
    (folder / "same.md").rename(folder / "final.md")
    (folder / "final.md").write_text(text("same", 3))
    base.sync(folder)
    assert matches(base, folder)
    quotes = [claim.text for claim in base.ask("What is method same?").claims]
    assert "Method same is a way to train network 3 on data." in quotes
    assert "Method same is a way to train network 0 on data." not in quotes


def test_the_last_twin_takes_the_document_with_it_and_not_the_first(base, folder):
    (folder / "twin.md").write_text(text("same"))
    base.sync(folder)
    (folder / "same.md").unlink()
    report = base.sync(folder)
    assert [item.stays for item in report.removed] == [item.stays for item in report.plan.of("remove")] == [True]
    assert matches(base, folder)
    (folder / "twin.md").unlink()
    assert [item.stays for item in base.sync(folder).removed] == [False]
    assert matches(base, folder)


def test_only_what_comes_from_the_folder_is_touched(base, folder, tmp_path):
    beside = tmp_path / "papers-2"
    beside.mkdir()
    (beside / "x.md").write_text(text("beside"))
    (beside / "same.md").write_text(text("same"))
    base.sync(folder)
    base.add([beside])
    (beside / "x.md").unlink()
    (folder / "same.md").unlink()
    report = base.sync(folder)
    assert [(names([item]), item.stays) for item in report.removed] == [(["same.md"], True)]
    assert {os.path.basename(info.path): info.is_gone for info in base.documents()}["x.md"]
    assert base.sync(folder / "sub").plan.counts["remove"] == 0


def test_a_metadata_file_that_was_edited_updates_the_record(base, folder):
    (folder / "same.md.toml").write_text("year = 2020\n")
    base.sync(folder)
    (folder / "same.md.toml").write_text("year = 2021\n")
    plan = base.sync(folder).plan
    assert (plan.counts["update"], names(plan.of("update")), plan.of("update")[0].stays) == (1, ["same.md"], True)
    assert {info.year for info in base.documents()} == {2021, None}
    assert base.sync(folder).plan.counts["update"] == 0
    (folder / "same.md.toml").unlink()
    base.sync(folder)
    assert {info.year for info in base.documents()} == {None}


def test_what_was_left_out_is_told_and_what_the_library_has_from_there_stays(base, folder, monkeypatch):
    base.sync(folder)
    (folder / "empty.md").write_bytes(b"")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "same.md").rename(folder.parent / "elsewhere.md")
    (folder / "same.md").symlink_to(folder.parent / "elsewhere.md")
    report = base.sync(folder)
    assert sorted(problem.code for problem in report.skipped) == ["SKIP_LINK", "SKIP_PICTURE"]
    assert [problem.code for problem in report.failed] == ["E_EMPTY"]
    assert report.removed == () and base.status().documents == 5


def test_what_may_not_be_read_is_not_taken_for_gone(base, folder):
    base.sync(folder)
    (folder / "sub").chmod(0)
    (folder / "same.md").chmod(0)
    if os.access(folder / "same.md", os.R_OK):
        pytest.skip("this user may read everything")
    try:
        report = base.sync(folder)
    finally:
        (folder / "sub").chmod(0o755)
        (folder / "same.md").chmod(0o644)
    assert [problem.code for problem in report.failed] == ["E_PERMISSION", "E_PERMISSION"]
    assert report.removed == () and base.status().documents == 5


# --- what is refused


def refused(base, folder, **options):
    with pytest.raises(PathError) as caught:
        base.sync(folder, **options)
    assert caught.value.code == "E_SYNC" and caught.value.exit_code == 10
    return caught.value.describe("en")[0]


def test_an_empty_or_missing_folder_is_refused_unless_forced(base, folder):
    base.sync(folder)
    aside = folder.rename(folder.with_name("aside"))
    assert "is not there, and the library has 5 files from it" in refused(base, folder)
    folder.mkdir()
    (folder / ".hidden").touch()
    assert "is empty, and the library has 5 files from it" in refused(base, folder)
    refused(base, folder, dry_run=True)
    assert base.status().documents == 5
    folder.joinpath(".hidden").unlink()
    folder.rmdir()
    aside.rename(folder)
    assert base.sync(folder).plan.n_unchanged == 5
    folder.rename(aside)
    assert len(base.sync(folder, force=True).removed) == 5
    assert base.documents() == ()


def test_a_disk_that_is_not_mounted_is_refused_whatever_else_is_there(base, folder):
    base.sync(folder)
    with Store(base.home).write("test") as writer:
        rows = writer.paths.under(os.fsencode(folder / "sub"))
        writer.paths.keep([row._replace(mount=os.fsencode(folder / "sub")) for row in rows])
    (folder / "sub" / "deep.md").unlink()
    assert f"is not mounted at {folder / 'sub'}" in refused(base, folder)
    assert [path.state for info in base.documents() for path in info.paths if "deep" in path.path] == ["unmounted"]
    assert names(base.sync(folder, force=True).removed) == ["deep.md"]


def test_what_is_no_folder_is_refused(base, folder, tmp_path, monkeypatch):
    assert "not a folder" in refused(base, folder / "same.md")
    (tmp_path / "link").symlink_to(folder)
    assert "a link" in refused(base, tmp_path / "link")
    assert "no such folder" in refused(base, tmp_path / "nothing", force=True)
    monkeypatch.setenv("HOME", str(folder))
    assert "home folder" in refused(base, folder)
    assert base.sync(folder, force=True).is_done


# --- kills


def _sync_until(home: str, folder: str, step: int) -> None:
    n = 0

    def told(_) -> None:
        nonlocal n
        n += 1
        if n == step:
            os.kill(os.getpid(), signal.SIGKILL)

    KnowledgeBase.open(home, encoder="hashing").sync(folder, on_progress=told)


def test_a_sync_killed_at_any_step_loses_nothing_and_the_next_one_does_the_rest(tmp_path, folder):
    home, context = tmp_path / "library", multiprocessing.get_context("fork")
    with KnowledgeBase.open(home, encoder="hashing") as base:
        base.sync(folder)
    change(folder)
    kept = {hashlib.sha256((folder / f"{name}.md").read_bytes()).hexdigest()[:12]
            for name in ("same", "sub/deep", "sub/other")}
    for step in range(1, 1000):
        worker = context.Process(target=_sync_until, args=(str(home), str(folder), step))
        worker.start()
        worker.join()
        with KnowledgeBase.open(home, encoder="hashing") as base:
            infos = base.documents()
            assert kept <= {info.id for info in infos}
            edited = [path.path for info in infos for path in info.paths if path.path.endswith("edited.md")]
            assert len(edited) == 1
        if worker.exitcode == 0:
            break
        assert worker.exitcode == -signal.SIGKILL
    assert step > 10
    with KnowledgeBase.open(home, encoder="hashing") as base:
        assert matches(base, folder)
        assert base.verify().is_sound


PAPER = """---
title: "Heavy snow on small roofs"
authors: [Ada Byron]
---
# Heavy snow on small roofs

Snow on a roof weighs up to four hundred kilograms for each cubic metre.

Rain that falls on it makes it heavier within a few hours of the night.

A roof of a small house is built for less than that in most countries.
"""


@pytest.fixture
def edited_paper(base, folder):
    """The id of a document whose title a reader has set."""
    (folder / "snow.md").write_text(PAPER)
    base.sync(folder)
    document = next(info.id for info in base.documents() if info.path.endswith("snow.md"))
    base.edit(document, title="Snow loads", year=2021)
    return document


def replace_by(folder, *texts):
    (folder / "snow.md").unlink()
    for n, words in enumerate(texts):
        (folder / f"roofs {n}.md").write_text(words)


def test_a_file_that_was_renamed_and_changed_keeps_what_was_set(base, folder, edited_paper):
    replace_by(folder, PAPER + "\nWe thank the owners of the houses.\n")
    plan = base.sync(folder, dry_run=True).plan
    (change,) = plan.of("renew")
    assert (os.path.basename(change.was), os.path.basename(change.path)) == ("snow.md", "roofs 0.md")
    assert (change.document, change.title) == (edited_paper, "Snow loads")
    assert plan.counts["add"] == plan.counts["remove"] == 0
    report = base.sync(folder)
    (added,) = report.added
    assert (added.replaced, added.edited, report.removed) == (edited_paper, ("title", "year"), ())
    found = base.document(added.document)
    assert (found.metadata.title, found.metadata.year) == ("Snow loads", 2021)
    assert matches(base, folder) and base.verify().is_sound
    assert not any(base.sync(folder).plan.counts.values())


def test_the_same_arxiv_number_says_so_though_the_title_is_another(base, folder, edited_paper):
    (folder / "snow.md").write_text(PAPER.replace("authors:", 'arxiv: "2101.00001"\nauthors:'))
    base.sync(folder)
    replace_by(folder, PAPER.replace('title: "Heavy snow on small roofs"\n',
                                     'title: "Snow and roofs, revised"\narxiv: "2101.00001"\n'))
    assert base.sync(folder).plan.counts["renew"] == 1
    assert "Snow loads" in {info.title for info in base.documents()}


@pytest.mark.parametrize("words", [
    PAPER.replace("Ada Byron", "Grace Hopper"),  # of somebody else
    PAPER.replace("Heavy snow", "Wet snow"),
    PAPER[:PAPER.index("Snow on")] + "Nothing of what this says was said before by anybody in the other one.\n",
])
def test_what_is_not_surely_the_same_work_is_added_and_removed(base, folder, edited_paper, words):
    replace_by(folder, words)
    counts = base.sync(folder).plan.counts
    assert (counts["add"], counts["remove"], counts["renew"]) == (1, 1, 0)
    assert "Snow loads" not in {info.title for info in base.documents()}


def test_a_file_that_may_be_either_of_two_is_not_guessed(base, folder, edited_paper):
    replace_by(folder, PAPER + "\nOne more line of words.\n", PAPER + "\nAnother line of some words.\n")
    assert base.sync(folder).plan.counts["renew"] == 0


def test_nothing_is_read_twice_where_nothing_was_set(base, folder, monkeypatch):
    (folder / "snow.md").write_text(PAPER)
    base.sync(folder)
    replace_by(folder, PAPER + "\nWe thank the owners.\n")
    monkeypatch.setattr(type(base), "_read", lambda self, source: pytest.fail("read"))
    assert base.sync(folder).plan.counts["renew"] == 0


def test_what_is_not_confirmed_is_not_taken_for_another(base, folder, edited_paper):
    replace_by(folder, PAPER + "\nWe thank the owners.\n")
    base.sync(folder, confirm=lambda plan: False)
    assert base.document(edited_paper).metadata.title == "Snow loads"
    assert [os.path.basename(path.path) for path in base.files(edited_paper)] == ["snow.md"]
