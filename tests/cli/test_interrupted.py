"""After Ctrl-C: exit code 130, and what is said is true of the command that was stopped."""

import io
import json
import re
import signal
import sys

import pytest

from kb.cli.main import main
from kb.cli.progress import Progressbar
from kb.types import Progress


@pytest.fixture(autouse=True)
def _as_in_a_new_process():
    """Other tests run commands that handle Ctrl-C themselves."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def papers(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    for n in range(3):
        (folder / f"{n}.md").write_text(f"# Paper {n}\n\nMethod {n} is a way to train network {n} on data.\n\n"
                                        f"## Limits\n\nMethod {n} is slow on large data, which limits its use.\n")
    return folder


@pytest.fixture
def ctrl_c(monkeypatch):
    """Ctrl-C is pressed when the progress is told that these words fit."""

    def at(fits):
        tell = Progressbar.__call__

        def told(self: Progressbar, progress: Progress) -> None:
            tell(self, progress)
            if fits(progress):
                monkeypatch.setattr(Progressbar, "__call__", tell)
                signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(Progressbar, "__call__", told)

    return at


def as_json(capfd, *arguments):
    code = main([*arguments, "--json"])
    return code, json.loads(capfd.readouterr().out)


def test_add_says_how_many_documents_are_in_and_goes_on_next_time(capfd, papers, ctrl_c):
    ctrl_c(lambda progress: progress.phase == "commit" and progress.done == 1)
    assert main(["add", str(papers)]) == 130
    out, err = capfd.readouterr()
    n_added = int(re.search(r"interrupted; (\d+) documents were added", err)[1])
    assert out == "" and n_added >= 1
    assert len(as_json(capfd, "list")[1]["documents"]) == n_added
    report = as_json(capfd, "add", str(papers))[1]
    assert (len(report["added"]), len(report["unchanged"])) == (3 - n_added, n_added)


def test_add_counts_what_this_run_has_added(capfd, papers, paper, ctrl_c):
    assert main(["add", str(papers)]) == 0
    capfd.readouterr()
    ctrl_c(lambda progress: progress.phase == "read")
    assert main(["add", str(papers), str(paper)]) == 130
    n_now = len(as_json(capfd, "list")[1]["documents"])
    assert n_now == 3


def test_add_that_has_added_nothing_says_so(capfd, papers, ctrl_c):
    ctrl_c(lambda progress: progress.phase == "read")
    assert main(["add", str(papers)]) == 130
    assert capfd.readouterr().err.splitlines()[-1] == "interrupted; nothing was added"
    assert as_json(capfd, "list")[1] == {"documents": []}


def test_verify_calls_vectors_that_are_still_to_come_what_they_are_and_makes_them(capfd, papers, ctrl_c):
    ctrl_c(lambda progress: progress.phase == "encode")
    assert main(["add", str(papers)]) == 130
    n_pending = int(re.search(r"(\d+) passages are found by their words only", capfd.readouterr().err)[1])
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


@pytest.mark.parametrize(("arguments", "fits", "words"), [
    (["reindex"], lambda progress: progress.done == 2, "the library answers with the vectors it had"),
    (["verify"], lambda progress: progress.item == "full-text index", "what was mended stays mended"),
    (["survey", "write", "training a network", "--out", "survey"],
     lambda progress: progress.phase == "write" and progress.done == 1,
     "the parts that were written are kept"),
    (["survey", "plan", "training a network"], lambda progress: progress.phase == "read", "nothing was changed"),
], ids=lambda value: value[0] if isinstance(value, list) else "")
def test_the_words_are_those_of_the_command_and_the_same_command_does_the_rest(
        capfd, monkeypatch, tmp_path, papers, ctrl_c, arguments, fits, words):
    monkeypatch.chdir(tmp_path)
    assert main(["add", str(papers)]) == 0
    capfd.readouterr()
    before = as_json(capfd, "search", "method")[1]
    ctrl_c(fits)
    assert main(arguments) == 130
    err = capfd.readouterr().err
    assert words in err and "added" not in err
    assert as_json(capfd, "search", "method")[1] == before
    assert main(arguments) in (0, 6)


def test_a_question_changes_nothing(capfd, monkeypatch, paper):
    assert main(["add", str(paper)]) == 0
    capfd.readouterr()

    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            signal.raise_signal(signal.SIGINT)
            return b""

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Interrupted()))
    assert main(["ask", "-"]) == 130
    assert capfd.readouterr().err == "interrupted; nothing was changed\n"
