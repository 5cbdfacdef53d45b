"""The work that goes on behind the Library page: started, followed while it runs, told when it has ended."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import streamlit as st
from kb_app.i18n import TEXTS, counted, language, t
from kb_app.state import errors_shown, full, library, told
from kb_app.view import safe

from kb.runs.jobs import RunInfo, job_status, list_jobs, read_log, recent_events, start_job, stop
from kb.types import Problem

_OWN = ("add", "sync", "import", "ocr", "adapt")  # a survey's and a watch's are not the page's one job
LOOKED = 40  # newest events in which the step of each phase is looked for
_PROBLEMS, _MOST_PROBLEMS = 5, 200  # that are seen at once, of those that are listed
_PROBLEMS_HIGH = 320  # pixels, where more than can be seen at once are listed
_SCANS = 50  # that are named
_WORK = {"read": 0.2, "encode": 0.75, "commit": 0.05}  # of adding files: 26 papers took 90 s to read, 130 to encode


def start(kind: str, arguments: Sequence[str]) -> None:
    """Starts a job and shows the page with it."""
    begin(kind, arguments)
    st.rerun()


def begin(kind: str, arguments: Sequence[str]) -> None:
    """Starts a job, from a button's callback."""
    st.query_params["job"] = start_job(library().home, kind, list(arguments))


def current_job() -> RunInfo | None:
    """The job of the address bar, or one that runs: a reloaded page finds it again."""
    home = library().home
    named = job_status(home, st.query_params["job"]) if "job" in st.query_params else None
    if named is not None and named.kind in _OWN:
        return named
    return next((job for job in list_jobs(home)[:8] if job.is_active and job.kind in _OWN), None)


def job(job: str) -> None:
    """The job's progress, looked at every second while it runs; its report when it has ended."""
    found = job_status(library().home, job)
    if found is None:
        return
    if found.is_active:
        st.fragment(_running, run_every=1.0)(job)
    else:
        with errors_shown():
            _ended(found)


def _running(job: str) -> None:
    found = job_status(library().home, job)
    if found is None or not found.is_active:
        st.rerun()
        return
    steps = steps_of(recent_events(found.folder, "progress", LOOKED))
    bar, button = st.columns([5, 1], vertical_alignment="center")
    done = share_done(steps)
    bar.progress(done, text=f"{t('working_' + found.kind)} · {done:.0%}")
    bar.caption("  \n".join(said_of(step) for step in steps) or t("phase_look"))
    if found.is_stopping:
        button.caption(t("lab_stopping"))
    elif button.button(t("stop"), key="stop_job"):
        stop(found.folder)
        st.rerun(scope="fragment")


def steps_of(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest step of each phase, that which counts what is finished first: several files are on their way at
    once."""
    newest: dict[str, dict[str, Any]] = {}
    for event in events:
        newest.setdefault(event["phase"], event)
    order = {name: n for n, name in enumerate(("commit", "import", "recognise", "train", "encode", "read", "look"))}
    return sorted(newest.values(), key=lambda step: order.get(step["phase"], len(order)))[:3]


def share_done(steps: Sequence[dict[str, Any]]) -> float:
    """How much of a job is done, from 0 to 1. Of files that are read, encoded and stored at once encoding is nearly all
    of the work, and how many passages there are is known of those alone that were read; another job counts by what it
    finishes."""
    shares = {step["phase"]: min(1.0, step["done"] / max(1, step["total"])) for step in steps}
    if "read" in shares and set(shares) <= set(_WORK):
        return min(1.0, shares["read"] * sum(weight * shares.get(phase, 0.0) for phase, weight in _WORK.items()))
    return next(iter(shares.values()), 0.0)


def said_of(step: dict[str, Any]) -> str:
    """A step in words: what goes on, how much of it, at which file where it is not over."""
    phase = f"phase_{step['phase']}"
    name = t(phase) if phase in TEXTS else safe(str(step["phase"]))
    item = safe(os.path.basename(step["item"]), 60)
    counted = f" {step['done']:,}/{step['total']:,}" if step["total"] > 1 or step["done"] or item else ""
    return name + counted + (f" · {item}" if item and step["done"] < step["total"] else "")


# --- what became of it


def _ended(job: RunInfo) -> None:
    from kb_app.fitting import fitted

    if job.status == "done" and job.kind == "adapt":
        fitted(job.metrics)
    elif job.status == "done" and job.kind == "ocr":
        _recognised(job.metrics)
    elif job.status == "done" and job.kind == "import":
        _imported(job)
    elif job.status == "done":
        _added(job)
    elif job.status in ("cancelled", "interrupted"):
        st.warning(t(f"job_{job.status}"))
    else:
        words = job.error["zh" if language() == "zh" else "en"] if job.error else []
        message = safe(f"{told(words)} {read_log(job.folder, 300)}", 500)
        st.error(t("job_failed", task=t("working_" + job.kind), message=message))


def _added(job: RunInfo) -> None:
    report = job.metrics
    counts = {"job_added": len(report["added"]), "job_unchanged": len(report["unchanged"]),
              "job_skipped": len(report["skipped"]), "job_failed_files": len(report["failed"]),
              "job_removed": len(report["removed"]) if job.kind == "sync" else 0}
    _say(counted(counts), is_good=not report["failed"])
    _problems(job, [*report["failed"], *report["skipped"]])
    _scans([row["document"] for row in report["added"]])


def _say(words: str, *, is_good: bool) -> None:
    (st.success if is_good else st.warning)(words)


def _problems(job: RunInfo, problems: Sequence[dict[str, Any]]) -> None:
    """Each with its reason; where there are very many, the first ones, and the file that has them all."""
    if problems:
        with st.container(height=_PROBLEMS_HIGH if len(problems) > _PROBLEMS else "content", key="problems"):
            st.markdown("\n".join(map(_problem, problems[:_MOST_PROBLEMS])))
        if (n := len(problems) - _MOST_PROBLEMS) > 0:
            st.caption(t("job_more", n=n, file=safe(str(job.folder / "metrics.json"), 300)))


def _problem(problem: dict[str, Any]) -> str:
    """The file, what is wrong with it and what to do, in a line that breaks where the window ends."""
    reason, hint = Problem.from_dict(problem).describe(language())
    name = safe(os.path.basename(problem["path"]))
    return f"- **{name}**  \n  {safe(full(reason), 400)}  \n  {safe(full(hint), 400)}"


def _imported(job: RunInfo) -> None:
    """What became of the entries of a bibliography."""
    report = job.metrics
    counts = {f"import_{name}": report["counts"].get(name, 0) for name in ("document", "abstract", "unchanged")}
    _say(counted({**counts, "import_failed": len(report["failed"])}), is_good=not report["failed"])
    _problems(job, report["failed"])


def _scans(added: Sequence[str]) -> None:
    """That scans came, and the button that recognises them."""
    scans = library().without_text(added) if added else ()
    if not scans:
        return
    titles = {info.id: info.title for info in library().documents()}
    with st.container(border=True, key="scans"):
        st.warning(t("scan_found", n=len(scans)))
        for document in scans[:_SCANS]:
            st.markdown(f"- {safe(titles.get(document, document), 120)}")
        ocr_button(scans, "scan_ocr")


def ocr_button(documents: Sequence[str], key: str) -> None:
    """The button that recognises the pages without text of these documents; without the extra, how to get it."""
    if not can_recognise():
        st.caption(t("scan_missing"))
        return
    found = current_job()
    st.button(t("scan_ocr"), key=key, help=t("ocr_help"), on_click=begin, args=("ocr", ["ocr", *documents]),
              disabled=found is not None and found.is_active)


def can_recognise() -> bool:
    """Whether what recognises pages is installed."""
    return find_spec("rapidocr") is not None


def _recognised(report: dict[str, Any]) -> None:
    """How many pages of how many documents were recognised, and what failed."""
    documents = report["documents"]
    words = t("ocr_done", pages=sum(row["n_recognised"] for row in documents), documents=len(documents),
              doubtful=sum(row["n_doubtful"] for row in documents), least=report["doubtful"])
    _say(words, is_good=not report["failed"])
    _problems(job, report["failed"])
