"""The Library page: what is in it, adding and removing."""

from __future__ import annotations

import os
from typing import Any

import streamlit as st
from kb_app.citations import citations
from kb_app.document import card
from kb_app.i18n import language, t
from kb_app.source_panel import close_on_escape, source_panel
from kb_app.state import bundled_corpus, errors_shown, library
from kb_app.view import safe

from kb.messages import word
from kb.readers import SUPPORTED
from kb.runs.jobs import RunInfo, job_status, last_event, list_jobs, read_log, start_job, stop
from kb.text import one_line
from kb.types import DocumentInfo, Problem, Status

_SUFFIXES = [suffix.removeprefix(".") for suffix in SUPPORTED]


def page() -> None:
    """Draws the page."""
    st.title(t("library"))
    _page()
    close_on_escape("library_keys")


def _page() -> None:
    _adding()
    with errors_shown():
        infos = library().documents()
        if not infos:
            st.info(t("empty_lead"))
            return
        if "source" in st.session_state:
            table, source = st.columns([6, 5], gap="large")
            with source:
                source_panel(())
        else:
            table = st.container()
        with table:
            _documents(infos)
            citations()
            _fitting()


# --- adding


def _adding() -> None:
    job = _current_job()
    is_running = job is not None and job.is_active
    if job is not None:
        _job(job.id)
    with st.expander(t("add_documents"), expanded=not library().documents() and not is_running):
        uploads = st.file_uploader(t("upload"), type=_SUFFIXES, accept_multiple_files=True,
                                   key=f"uploads{st.session_state.get('n_uploads', 0)}")
        if st.button(t("upload_go"), key="upload_go", type="primary", disabled=is_running or not uploads):
            with errors_shown():
                paths = [str(library().add_upload(upload.name, upload.getvalue())) for upload in uploads or []]
                st.session_state.n_uploads = st.session_state.get("n_uploads", 0) + 1  # a fresh, empty uploader
                _start(paths)
        path = st.text_input(t("path"), key="path")
        given = os.path.expanduser(path.strip())
        with st.container(horizontal=True):
            if st.button(t("path_go"), key="path_go", disabled=is_running or not given):
                _start([given])
            if st.button(t("sync_go"), key="sync_go", disabled=is_running or not given, help=t("sync_help")):
                st.session_state.syncing = given
        if given and st.session_state.get("syncing") == given and not is_running:
            _sync(given)
        corpus = bundled_corpus()
        if corpus is not None and st.button(t("bundled"), key="bundled", disabled=is_running):
            _start([*sorted(str(file) for file in corpus.glob("*.md")), str(corpus / "papers")])


def _sync(folder: str) -> None:
    """What matching the library to a folder would do, and the button that does it."""
    with errors_shown():
        with st.spinner(t("sync_looking")):
            plan = library().sync(folder, dry_run=True).plan
        st.markdown(t("sync_plan", **plan.counts, unchanged=plan.n_unchanged,
                      left=len(plan.skipped) + len(plan.failed)))
        if plan.changes:
            st.dataframe([{
                t("reason"): t(f"sync_{change.kind}"),
                t("file"): one_line(f"{change.was} → {change.path}" if change.was else change.path, 400),
                t("title"): one_line(change.title),
            } for change in plan.changes], hide_index=True, width="stretch")
        with st.container(horizontal=True):
            st.button(t("sync_yes"), key="sync_yes", type="primary", on_click=_start_sync, args=(folder,))
            st.button(t("cancel"), key="sync_no", on_click=lambda: st.session_state.pop("syncing", None))


def _start_sync(folder: str) -> None:
    st.session_state.pop("syncing", None)
    st.session_state.pop("announced", None)
    st.query_params["job"] = start_job(library().home, "sync", ["sync", "--yes", "--", folder])


def _start(paths: list[str]) -> None:
    _start_job("add", ["add", "--", *paths])


def _start_job(kind: str, arguments: list[str]) -> None:
    st.session_state.pop("announced", None)
    st.query_params["job"] = start_job(library().home, kind, arguments)
    st.rerun()


def _current_job() -> RunInfo | None:
    """The job of the address bar, or one that runs: a reloaded page finds it again. A survey's is not this page's."""
    home = library().home
    named = job_status(home, st.query_params["job"]) if "job" in st.query_params else None
    own = ("add", "sync", "ocr", "adapt")
    return named or next((job for job in list_jobs(home)[:5] if job.is_active and job.kind in own), None)


def _job(job: str) -> None:
    """The job's progress, looked at every second while it runs; its report when it has ended."""
    found = job_status(library().home, job)
    if found is None:
        return
    if found.is_active:
        st.fragment(_running, run_every=1.0)(job)
    else:
        _ended(found)


def _running(job: str) -> None:
    found = job_status(library().home, job)
    if found is None or not found.is_active:
        st.rerun()
        return
    step: dict[str, Any] = last_event(found.folder, "progress") or {"phase": "read", "done": 0, "total": 1, "item": ""}
    words = (
        f"{t('working_' + found.kind)} · {t('phase_' + step['phase'])} {step['done']}/{step['total']} · "
        f"{safe(os.path.basename(step['item']), 60)}"
    )
    bar, button = st.columns([5, 1], vertical_alignment="center")
    bar.progress(min(1.0, step["done"] / max(1, step["total"])), text=words)
    if found.is_stopping:
        button.caption(t("lab_stopping"))
    elif button.button(t("stop"), key="stop_job"):
        stop(found.folder)
        st.rerun(scope="fragment")


def _ended(job: RunInfo) -> None:
    if job.status == "done" and job.kind == "adapt":
        _fitted(job.metrics)
    elif job.status == "done" and job.kind == "ocr":
        _recognised(job.metrics)
    elif job.status == "done":
        report = job.metrics
        words = t("job_done", **{name: len(report[name]) for name in ("added", "unchanged", "skipped", "failed")})
        if job.kind == "sync":
            words += t("sync_removed", removed=len(report["removed"]))
        if st.session_state.get("announced") != job.id:
            st.session_state.announced = job.id
            st.toast(words)
        show = st.warning if report["failed"] else st.success
        show(words)
        problems = [*report["failed"], *report["skipped"]]
        if problems:
            st.dataframe([_problem(problem) for problem in problems], hide_index=True, width="stretch")
    elif job.status in ("cancelled", "interrupted"):
        st.warning(t(f"job_{job.status}"))
    else:
        words = job.error["zh" if language() == "zh" else "en"] if job.error else []
        message = safe(" ".join([*words, read_log(job.folder, 300)]), 500)
        st.error(t("job_failed", task=t("working_" + job.kind), message=message))


def _problem(problem: dict[str, Any]) -> dict[str, str]:
    reason, hint = Problem.from_dict(problem).describe(language())
    return {
        t("file"): one_line(os.path.basename(problem["path"])),
        t("reason"): one_line(reason),
        t("what_next"): one_line(hint),
    }


def _recognised(report: dict[str, Any]) -> None:
    """How many pages of how many documents were recognised, and what failed."""
    documents = report["documents"]
    words = t("ocr_done", pages=sum(row["n_recognised"] for row in documents), documents=len(documents),
              doubtful=sum(row["n_doubtful"] for row in documents), least=report["doubtful"])
    (st.warning if report["failed"] else st.success)(words)
    if report["failed"]:
        st.dataframe([_problem(problem) for problem in report["failed"]], hide_index=True, width="stretch")


def _ocr(info: DocumentInfo) -> None:
    """The button that recognises the pages without text of a document, where it has any."""
    with errors_shown():
        if info.kind in ("pdf", "picture") and library().without_text([info.id]):
            job = _current_job()
            st.button(t("ocr_go"), key="ocr_go", help=t("ocr_help"), on_click=_start_ocr, args=(info.id,),
                      disabled=job is not None and job.is_active)


def _start_ocr(document: str) -> None:
    st.session_state.pop("announced", None)
    st.query_params["job"] = start_job(library().home, "ocr", ["ocr", document])


def _fitting() -> None:
    """Fitting encoder and reader to this library: jobs that change nothing unless what was held out speaks for it."""
    base = library()
    job = _current_job()
    is_running = job is not None and job.is_active
    with st.expander(t("fit")):
        st.caption(t("fit_lead"))
        if base.encoder_name != "bundled":
            st.info(t("fit_bundled_only"))
        else:
            if st.button(t("fit_go"), key="fit_go", disabled=is_running):
                _start_job("adapt", ["adapt"])
            _fitting_reader(is_running)
        is_fitted = base.is_adapted or base.is_reader_adapted
        if is_fitted and st.button(t("fit_undo"), key="fit_undo", disabled=is_running):
            _start_job("adapt", ["adapt", "--undo"])


def _fitting_reader(is_running: bool) -> None:
    """The reader learns from a file of the user's questions."""
    st.caption(t("fit_reader_lead"))
    upload = st.file_uploader(t("fit_reader_file"), type=["jsonl"], key="fit_reader_file")
    if st.button(t("fit_reader_go"), key="fit_reader_go", disabled=is_running or upload is None) and upload:
        with errors_shown():
            path = library().add_upload(upload.name, upload.getvalue())
            _start_job("adapt", ["adapt", "--reader", "--questions", str(path)])


def _fitted(result: dict[str, Any]) -> None:
    if "kept" not in result:
        st.success(t("fit_undone", passages=result["passages"]))
        return
    if "rehearsed" in result:
        scores = {f"{name}_{figure}": result[name][figure] for name in ("before", "after")
                  for figure in ("right", "let_through")}
        scores |= {name: result["before"][name] for name in ("answered", "unanswered")}
        if result["kept"]:
            st.success(t("fit_reader_kept", **scores))
        else:
            st.info(t("fit_reader_not_kept", **scores))
        if result["unplaced"]:
            st.caption(t("fit_reader_unplaced", n=result["unplaced"]))
        return
    before, after = (f"{result[name]['ndcg_at_10']:.3f}" for name in ("before", "after"))
    if result["kept"]:
        st.success(t("fit_kept", before=before, after=after, held=result["held"]))
    else:
        st.info(t("fit_not_kept", before=before, after=after, held=result["held"]))


# --- what is there


def _documents(infos: tuple[DocumentInfo, ...]) -> None:
    status = library().status()
    numbers = {
        t("documents"): str(status.documents),
        t("passages"): _passages(status),
        t("chinese_english"): f"{status.languages['zh']} / {status.languages['en']}",
        t("size"): _size(status.bytes),
    }
    for column, (label, value) in zip(st.columns(4), numbers.items(), strict=True):
        column.metric(label, value)
    words = st.text_input(t("filter"), key="filter").casefold().split()
    shown = [info for info in infos if all(part in _searchable(info) for part in words)]
    if not shown:
        st.caption(t("nothing_matches"))
        return
    rows = [{
        t("title"): one_line(info.title),
        t("authors"): one_line(", ".join(info.authors[:3])),
        t("year"): info.year,
        t("doc_language"): info.language,
        t("kind"): info.kind,
        t("passages"): info.n_passages,
        t("status"): t("file_is_gone") if info.is_gone else word(info.status, language()),
    } for info in shown]
    # The selection is by position: the key names the rows, so that it cannot mean another document when they change.
    picked = st.dataframe(rows, hide_index=True, width="stretch", on_select="rerun", selection_mode="single-row",
                          key=f"table{hash(tuple(info.id for info in shown))}")
    chosen: list[int] = picked["selection"]["rows"]
    if chosen and chosen[0] < len(shown):
        card(shown[chosen[0]])
        _ocr(shown[chosen[0]])


def _searchable(info: DocumentInfo) -> str:
    paths = " ".join(path.path for path in info.paths)
    return f"{info.title} {' '.join(info.authors)} {paths} {info.year}".casefold()


def _passages(status: Status) -> str:
    if status.ready == status.passages:
        return f"{status.passages:,}"
    return t("ready_of", ready=f"{status.ready:,}", passages=f"{status.passages:,}")


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 2**20:.1f} MB" if n_bytes < 2**30 else f"{n_bytes / 2**30:.2f} GB"
