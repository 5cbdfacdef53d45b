"""Promises of jobs: a page that is loaded again finds them, a kill leaves whole files and a true word."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path

from kb import KnowledgeBase
from kb.labs import new_folder
from kb.runs import RunInfo, read_run
from kb.runs.jobs import job_status, list_jobs, start_job
from tests.survey.conftest import paper
from tests.torture.cases import Case
from tests.torture.storing import unsound
from tests.waiting import wait_until

KINDS = ("add", "survey", "lab")


def _start(home: Path, folder: Path, kind: str) -> Path:
    """Starts a job and gives its folder."""
    common = ["--encoder", "hashing"]
    if kind == "add":
        many = folder / "many"
        many.mkdir()
        for i in range(150):
            (many / f"{i}.md").write_text(f"# Number {i}\n\n" + f"Sentence {i} about something. " * 20)
        return home / "jobs" / start_job(home, "add", ["add", *common, "--", str(many)])
    if kind == "survey":
        out = folder / "survey"
        return home / "jobs" / start_job(home, f"survey:{out}", ["survey", "write", *common, "--out", str(out), "--",
                                                               "model compression"])
    lab = new_folder(home, "parameters")
    start_job(home, "lab:parameters", ["lab", "run", "--out", str(lab), "--", "parameters"], lab)
    return lab


def _group(pid: int) -> list[int]:
    """The processes of this group that are still there."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[2]) == pid and fields[0] not in "ZX":
                found.append(int(path.parent.name))
    return found


def _half(folder: Path) -> list[str]:
    """Files of JSON below a folder that are not whole."""
    wrong = []
    for path in folder.rglob("*.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError:
            wrong.append(f"{path.name} is not whole")
        except OSError:
            pass  # it was renamed meanwhile
    return wrong


def jobs(case: Case) -> list[str]:
    """An add, a survey or a lab, each looked at again and again under one id; every other one is killed, all its
    processes at once, at any moment: then it says interrupted, nothing of it runs on, and the library is sound."""
    kind, is_killed = KINDS[case.i % 3], case.i % 2 == 0
    home, wrong = case.folder / "library", []
    with KnowledgeBase.open(home, encoder="hashing") as base:
        (case.folder / "papers").mkdir()
        for name in ("hinton", "sanh", "han", "frankle"):
            (case.folder / "papers" / f"{name}.md").write_text(paper(name), encoding="utf-8")
        base.add([case.folder / "papers"])
    folder = _start(home, case.folder, kind)
    first = _seen(folder)
    for _ in range(20):  # as a page does that is loaded again
        now = _seen(folder)
        wrong += ["another run than before"] if (now.id, now.kind) != (first.id, first.kind) else []
        if kind != "lab":
            same = job_status(home, folder.name)
            listed = [job.id for job in list_jobs(home)]
            wrong += ["the job is not in the list"] if same is None or listed != [first.id] else []
        time.sleep(case.rng.uniform(0, 0.1))
    pid = _seen(folder).pid
    if is_killed:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(os.getpgid(pid), signal.SIGKILL)
    wait_until(lambda: not _seen(folder).is_active)
    wait_until(lambda: not _group(pid))
    ended = _seen(folder)
    wrong += [f"it ended as {ended.status}"] if ended.status not in (
        ("interrupted", "done") if is_killed else ("done", )) else []
    wrong += ["it says that it was interrupted, and has a result"] if (
        ended.status == "interrupted" and ended.metrics) else []
    return wrong + _half(home) + _half(case.folder / "survey") + unsound(home)


def _seen(folder: Path) -> RunInfo:
    found = read_run(folder)
    assert found is not None, "the run is gone"
    return found
