"""After Ctrl-C: exit code 130, and what is said is true of the command that was stopped. Each command has a process of
its own, as in a terminal."""

import json
import re

import pytest

from kb.cli.main import main
from tests.cli.test_words import LOADED
from tests.forking import Commands


@pytest.fixture
def papers(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    for n in range(3):
        (folder / f"{n}.md").write_text(f"# Paper {n}\n\nMethod {n} is a way to train network {n} on data.\n\n"
                                        f"## Limits\n\nMethod {n} is slow on large data, which limits its use.\n")
    return folder


@pytest.fixture(scope="module")
def commands():
    with Commands(*LOADED, "kb.cli.survey") as forking:
        yield forking


@pytest.fixture
def interrupted(commands, tmp_path):
    """(stdout, stderr) of a command on the library of this test, in which Ctrl-C is pressed at a progress with these
    fields; it has ended with 130."""
    said = tmp_path / "out", tmp_path / "err"

    def run(*arguments, **fields):
        for file in said:
            file.write_bytes(b"")
        code = commands.run(*arguments, said=said, ctrl_c_at=fields)
        out, err = (file.read_text() for file in said)
        assert code == 130, err
        return out, err

    return run


def as_json(capfd, *arguments):
    code = main([*arguments, "--json"])
    return code, json.loads(capfd.readouterr().out)


def test_add_says_how_many_documents_are_in_and_goes_on_next_time(capfd, papers, interrupted):
    out, err = interrupted("add", papers, phase="commit", done=1)
    n_added = int(re.search(r"interrupted; (\d+) documents were added", err)[1])
    assert out == "" and n_added >= 1
    assert len(as_json(capfd, "list")[1]["documents"]) == n_added
    report = as_json(capfd, "add", str(papers))[1]
    assert (len(report["added"]), len(report["unchanged"])) == (3 - n_added, n_added)


def test_add_counts_what_this_run_has_added(capfd, papers, paper, interrupted):
    assert main(["add", str(papers)]) == 0
    capfd.readouterr()
    interrupted("add", papers, paper, phase="read")
    n_now = len(as_json(capfd, "list")[1]["documents"])
    assert n_now == 3


def test_add_that_has_added_nothing_says_so(capfd, papers, interrupted):
    _, err = interrupted("add", papers, phase="read")
    assert err.splitlines()[-1] == "interrupted; nothing was added"
    assert as_json(capfd, "list")[1] == {"documents": []}


def test_verify_calls_vectors_that_are_still_to_come_what_they_are_and_makes_them(capfd, papers, interrupted):
    _, err = interrupted("add", papers, phase="encode")
    n_pending = int(re.search(r"(\d+) passages? (?:is|are) found by words only", err)[1])
    status = as_json(capfd, "status")[1]
    assert n_pending == status["passages"] - status["ready"] > 0

    assert main(["verify", "--json"]) == 0
    out, err = capfd.readouterr()
    found = [item for item in json.loads(out)["findings"] if item["what"] == "vectors"]
    assert [item["level"] for item in found] == ["ok"]
    assert found[0]["message"].startswith(f"{n_pending} passages had been waiting for their vectors")
    assert "damaged" not in out
    told = [json.loads(line) for line in err.splitlines()]
    assert told and {line["phase"] for line in told} <= {"verify", "encode"}
    status = as_json(capfd, "status")[1]
    assert status["ready"] == status["passages"]
    assert not [item for item in as_json(capfd, "verify")[1]["findings"] if item["what"] == "vectors"]


@pytest.mark.parametrize(("arguments", "fields", "words"), [
    (["reindex"], {"done": 2}, "the library answers with the vectors it had"),
    (["verify"], {"item": "full-text index"}, "what was mended stays mended"),
    (["survey", "write", "training a network", "--out", "survey"], {"phase": "write", "done": 1},
     "the parts that were written are kept"),
    (["survey", "plan", "training a network"], {"phase": "read"}, "nothing was changed"),
], ids=lambda value: value[0] if isinstance(value, list) else "")
def test_the_words_are_those_of_the_command_and_the_same_command_does_the_rest(
        capfd, monkeypatch, tmp_path, papers, interrupted, arguments, fields, words):
    monkeypatch.chdir(tmp_path)
    assert main(["add", str(papers)]) == 0
    capfd.readouterr()
    before = as_json(capfd, "search", "method")[1]
    _, err = interrupted(*arguments, **fields)
    assert words in err and "added" not in err
    assert as_json(capfd, "search", "method")[1] == before
    assert main(arguments) in (0, 6)


def test_a_question_changes_nothing(paper, interrupted):
    assert main(["add", str(paper)]) == 0
    assert interrupted("ask", "-", phase="stdin") == ("", "interrupted; nothing was changed\n")
