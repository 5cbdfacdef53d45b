import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from kb import KnowledgeBase
from kb.errors import LibraryError
from kb.labs import list_runs, new_folder, read_run
from kb.runs import born
from kb.runs.jobs import job_status, last_event, list_jobs, read_log, start_job, stop


@pytest.fixture
def home(tmp_path):
    return tmp_path / "library"


def ended(home, job):
    """The job, when it has ended."""
    while (found := job_status(home, job)).is_active:
        time.sleep(0.05)
    return found


def many(tmp_path, n=400):
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(n):
        (folder / f"{i}.md").write_text(f"# Number {i}\n\n" + f"Sentence {i} about something. " * 30)
    return folder


def until(condition):
    while not condition():
        time.sleep(0.02)


def test_a_job_adds_files_and_leaves_its_report(home, tmp_path):
    (tmp_path / "a.md").write_text("# A\n\nSome text.")
    (tmp_path / "b.md").write_bytes(b"")
    arguments = ["add", "--encoder", "hashing", "--", str(tmp_path / "a.md"), str(tmp_path / "b.md")]
    job = start_job(home, "add", arguments)
    assert job_status(home, job).is_active
    found = ended(home, job)
    assert (found.status, found.kind, found.params["arguments"]) == ("done", "add", arguments)
    assert len(found.metrics["added"]) == 1
    assert found.metrics["failed"][0]["code"] == "E_EMPTY"
    assert last_event(found.folder, "progress")["phase"] == "commit"
    assert [item.id for item in list_jobs(home)] == [job]
    names = {path.name for path in found.folder.iterdir()}
    assert names == {"params.json", "status.json", "events.jsonl", "metrics.json"}


def test_a_job_that_cannot_start_its_work_says_why(home):
    found = ended(home, start_job(home, "add", ["add", "--encoder", "/no/such/model", "--", "x.md"]))
    assert (found.status, found.error["code"]) == ("failed", "E_ENCODER_MISSING")
    assert found.error["en"][0].isascii() and not found.error["zh"][0].isascii()


def test_what_a_command_says_before_it_dies_is_in_the_log(home):
    found = ended(home, start_job(home, "add", ["add", "--no-such-option"]))
    assert (found.status, found.error, found.metrics) == ("failed", None, {})
    assert "there is no option --no-such-option" in read_log(found.folder)


def test_stop_really_stops_and_keeps_what_was_stored(home, tmp_path):
    job = start_job(home, "add", ["add", "--encoder", "hashing", "--", str(many(tmp_path))])
    pid = job_status(home, job).pid
    until((home / "kb.sqlite3").exists)
    stop(home / "jobs" / job)
    assert ended(home, job).status in ("cancelled", "done")  # done: it was faster than the stop
    until(lambda: not os.path.exists(f"/proc/{pid}"))
    with KnowledgeBase.open(home, encoder="hashing") as base:

        def is_sound():  # the rest of the stopped group may still be ending and hold the lock
            try:
                assert base.verify().is_sound
                return True
            except LibraryError as error:
                assert error.code in ("E_BUSY", "E_NO_LIBRARY")
                return error.code == "E_NO_LIBRARY"  # stopped before it had begun

        until(is_sound)
        report = base.add([tmp_path / "many"])
        assert len(report.added) + len(report.unchanged) == 400


def test_a_killed_job_is_interrupted_not_running(home, tmp_path):
    job = start_job(home, "add", ["add", "--encoder", "hashing", "--", str(many(tmp_path))])
    os.killpg(job_status(home, job).pid, signal.SIGKILL)
    found = ended(home, job)
    assert (found.status, found.metrics) == ("interrupted", {})


def start_lab(home, name, *settings):
    folder = new_folder(home, name)
    start_job(home, f"lab:{name}", ["lab", "run", "--out", str(folder), *settings, "--", name], folder)
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_the_work_ends_with_what_keeps_its_run(home, tmp_path):
    job = start_job(home, "add", ["add", "--encoder", "hashing", "--", str(many(tmp_path))])
    until(lambda: last_event(home / "jobs" / job, "progress"))
    keeper = job_status(home, job).pid
    workers = [int(pid) for pid in Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()]
    assert workers and all(map(born, workers))
    os.kill(keeper, signal.SIGKILL)
    until(lambda: not any(map(born, workers)))
    assert job_status(home, job).status == "interrupted"
    with KnowledgeBase.open(home, encoder="hashing") as base:
        until(lambda: base.verify().is_sound)


def test_a_lab_that_is_started_as_a_process_has_one_folder_from_the_first_moment(home):
    folder = start_lab(home, "parameters", "--set=tokens=99")
    assert [(run.folder, run.lab, run.status) for run in list_runs(home)] == [(folder, "parameters", "queued")]
    until(lambda: not read_run(folder).is_active)
    found = read_run(folder)
    assert (found.status, found.params["tokens"], found.metrics["parameters"]) == ("done", 99, 22_565_376)
    assert list_jobs(home) == [] and len(list_runs(home)) == 1


def test_a_lab_that_never_begins_says_why(home):
    folder = start_lab(home, "parameters", "--set=tokens=none")
    until(lambda: not read_run(folder).is_active)
    assert (read_run(folder).status, read_run(folder).error["code"]) == ("failed", "E_LAB_NUMBER")


def test_the_same_stop_ends_a_lab_with_its_best_kept(home):
    folder = start_lab(home, "pretrain", "--set=steps=100000")
    until(lambda: last_event(folder, "metric"))
    stop(folder)
    assert read_run(folder).is_stopping or not read_run(folder).is_active
    until(lambda: not read_run(folder).is_active)
    assert read_run(folder).status == "cancelled" and read_run(folder).metrics["steps"] < 100_000


@pytest.mark.parametrize(("files", "status"), [
    ({"result.json": {"code": 0, "stdout": '{"added": []}'}}, "done"),
    ({"result.json": {"code": 2, "stdout": '{"error": {"code": "E_X", "message": "no", "hint": "yes"}}'}}, "failed"),
    ({"result.json": {"code": -9, "stdout": ""}}, "failed"), ({"stopped": ""}, "cancelled"), ({}, "interrupted")])
def test_jobs_of_the_earlier_form_are_still_read(home, files, status):
    folder = home / "jobs" / "20260101-000000-abcdef"
    folder.mkdir(parents=True)
    job = {"id": folder.name, "kind": "add", "pid": 2**22 + 1, "born": 5, "arguments": ["add", "--", "x"]}
    for name, content in {"job.json": job, **files}.items():
        (folder / name).write_text(json.dumps(content))
    (folder / "progress.jsonl").write_text('a warning\n{"phase": "read", "done": 1, "total": 2, "item": "x"}\n')
    found = job_status(home, folder.name)
    assert (found.status, found.kind, found.params["arguments"]) == (status, "add", ["add", "--", "x"])
    assert last_event(found.folder, "progress")["done"] == 1
    assert (found.error is not None) == ("E_X" in str(files))


@pytest.mark.parametrize("changed", [
    {"seconds": None}, {"started": "x"}, {"pid": [1]}, {"born": None}, {"status": "new"}, {"status": {}}, {"kind": 7},
    {"error": "x"}, {"started": None}])
def test_a_status_of_another_form_is_no_run(home, changed):
    folder = home / "jobs" / "20260101-000000-abcdef"
    folder.mkdir(parents=True)
    status = {"kind": "add", "pid": 1, "born": 5, "started": 1.5, "status": "done", "seconds": 2.0}
    (folder / "status.json").write_text(json.dumps(status))
    (folder / "params.json").write_text('{"params": [1]}')
    assert job_status(home, folder.name).params == {}
    (folder / "status.json").write_text(json.dumps({**status, **changed}))
    assert job_status(home, folder.name) is None and list_jobs(home) == []


@pytest.mark.parametrize("name", ["nothing", "../../etc", "20260101-000000-abcdef"])
def test_a_job_that_never_was_is_none(home, name):
    assert job_status(home, name) is None
