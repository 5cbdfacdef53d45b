"""`kb sync` says what it will do, asks before it removes, and `kb list` and `kb show` say which files are gone."""

import io
import json
import sys

import pytest

from kb.cli.main import main


@pytest.fixture
def papers(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    for n in range(3):
        (folder / f"{n}.md").write_text(f"# Paper {n}\n\nMethod {n} is a way to train network {n} on data.\n")
    return folder


def as_json(capfd, *arguments):
    code = main([*arguments, "--json"])
    return code, json.loads(capfd.readouterr().out)


def n_documents(capfd):
    return len(as_json(capfd, "list")[1]["documents"])


def answers(monkeypatch, line):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(line))


def test_what_will_be_done_is_said_with_counts_and_names_and_only_said(capfd, papers, tmp_path):
    assert main(["sync", "--dry-run", str(papers)]) == 0
    out = capfd.readouterr().out
    assert f"to add      {papers / '0.md'}" in out
    assert "3 to add, 0 to update, 0 renamed, 0 with the bytes of another, 0 to remove, 0 unchanged, 0 left out" in out
    assert not (tmp_path / "library").exists()


def test_what_is_gone_is_removed_when_somebody_says_so(capfd, monkeypatch, papers):
    assert main(["sync", str(papers)]) == 0
    assert "3 added, 0 unchanged, 0 skipped, 0 failed\n0 removed" in capfd.readouterr().out
    (papers / "0.md").unlink()
    (papers / "1.md").rename(papers / "one.md")
    for line in ("", "n\n", "\n"):
        answers(monkeypatch, line)
        assert main(["sync", str(papers)]) == 10
        out, err = capfd.readouterr()
        assert "remove the 1 file that is gone from the library?" in out
        assert "nothing was changed" in err
        assert n_documents(capfd) == 3
    answers(monkeypatch, "y\n")
    assert main(["sync", str(papers)]) == 0
    out = capfd.readouterr().out
    assert f"to remove   {papers / '0.md'}" in out and f"{papers / '1.md'} -> {papers / 'one.md'}" in out
    assert "1 removed" in out
    assert n_documents(capfd) == 2


def test_without_a_terminal_nothing_is_removed_unless_yes_is_said(capfd, monkeypatch, papers):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert main(["sync", str(papers)]) == 0
    (papers / "0.md").unlink()
    (papers / "new.md").write_text("# New\n\nA new method.\n")
    capfd.readouterr()
    assert main(["sync", str(papers)]) == 10
    capfd.readouterr()
    code, said = as_json(capfd, "sync", str(papers))
    assert (code, said["is_done"], said["plan"]["counts"]["remove"]) == (10, False, 1)
    assert n_documents(capfd) == 3
    code, done = as_json(capfd, "sync", "--yes", str(papers))
    assert (code, done["is_done"], len(done["removed"]), len(done["added"])) == (0, True, 1, 1)
    assert done["plan"] == said["plan"]


def test_an_empty_folder_is_refused_unless_forced(capfd, papers):
    main(["sync", str(papers)])
    for path in papers.iterdir():
        path.unlink()
    capfd.readouterr()
    assert main(["sync", "--yes", str(papers)]) == 10
    assert "--force" in capfd.readouterr().err
    assert n_documents(capfd) == 3
    assert main(["sync", "--yes", "--force", str(papers)]) == 0
    capfd.readouterr()
    assert n_documents(capfd) == 0


def test_in_chinese(capfd, monkeypatch, papers):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    main(["sync", str(papers)])
    (papers / "0.md").unlink()
    capfd.readouterr()
    assert main(["sync", str(papers)]) == 10
    out, err = capfd.readouterr()
    assert "待移除" in out and "1 个待移除" in out and "什么也没有改变" in err
    assert main(["list"]) == 0
    assert "文件已不在" in capfd.readouterr().out


def test_list_and_show_and_answers_say_that_a_file_is_gone(capfd, papers):
    (papers / "twin.md").write_bytes((papers / "1.md").read_bytes())
    main(["add", str(papers)])
    (papers / "0.md").unlink()
    capfd.readouterr()
    assert main(["list"]) == 0
    out = capfd.readouterr().out
    assert f"{papers / '0.md'}  (the file is gone)" in out
    assert f"{papers / '1.md'}\n" in out and f"{papers / 'twin.md'}\n" in out and str(papers / "2.md") not in out
    rows = {row["path"]: row for row in as_json(capfd, "list")[1]["documents"]}
    gone = rows[str(papers / "0.md")]
    assert (gone["is_gone"], gone["paths"][0]["state"]) == (True, "gone")
    assert [path["path"] for path in rows[str(papers / "1.md")]["paths"]] == [
        str(papers / "1.md"), str(papers / "twin.md")]
    assert main(["show", gone["id"]]) == 0
    assert "(the file is gone)" in capfd.readouterr().out
    assert as_json(capfd, "show", gone["id"])[1]["is_gone"]
    assert as_json(capfd, "show", f"{gone['id']}:0-5")[1]["is_gone"]
    assert main(["show", f"{gone['id']}:0-5"]) == 0
    assert capfd.readouterr().err == "the file is gone\n"
    assert main(["ask", "What is method 0?"]) == 0
    assert "(the file is gone)" in capfd.readouterr().out


def test_add_names_the_files_that_were_renamed(capfd, papers):
    main(["add", str(papers)])
    (papers / "0.md").rename(papers / "zero.md")
    capfd.readouterr()
    assert main(["add", str(papers)]) == 0
    assert f"{papers / '0.md'} -> {papers / 'zero.md'}" in capfd.readouterr().out


def test_a_file_that_was_renamed_and_changed_is_named_with_the_gone_one_and_asked_about(capfd, monkeypatch, papers):
    (papers / "1.md").write_text("# A long name of a paper\n\nIts method is a way to train a network on data.\n")
    as_json(capfd, "sync", str(papers))
    document = next(row["id"] for row in as_json(capfd, "list")[1]["documents"] if row["path"].endswith("1.md"))
    as_json(capfd, "edit", document, "--title", "A better title")
    (papers / "1.md").rename(papers / "new.md")
    with (papers / "new.md").open("a") as file:
        file.write("\nA line more.\n")
    answers(monkeypatch, "\n")
    assert main(["sync", str(papers)]) == 10
    out = capfd.readouterr().out
    assert f"renamed and changed  {papers / '1.md'} -> {papers / 'new.md'}  keeps what was set of {document}" in out
    assert "; 1 renamed and changed" in out and "take 1 file for the gone ones" in out
    answers(monkeypatch, "y\n")
    assert main(["sync", str(papers)]) == 0
    assert "as edited: title" in capfd.readouterr().out
    assert "A better title" in {row["title"] for row in as_json(capfd, "list")[1]["documents"]}
