"""Documents in: files, a folder, a bibliography, folders that are followed."""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from typing import Any

import streamlit as st
from kb_app.i18n import counted, language, t
from kb_app.jobs import begin, current_job, job, start
from kb_app.rows import show_rows
from kb_app.state import bundled_corpus, errors_shown, library, told
from kb_app.view import safe

from kb.readers import SUPPORTED
from kb.runs.jobs import RunInfo, list_jobs, recent_events, start_job, stop
from kb.text import one_line
from kb.types import Notice, Problem

_SUFFIXES = [suffix.removeprefix(".") for suffix in SUPPORTED]
_BIBLIOGRAPHIES = ["bib", "bibtex", "ris", "json", "xml", "enw"]
_CHANGES = 40  # of a watched folder that are told


def adding(*, is_empty: bool) -> None:
    """Draws the part of the page: what goes on, and the ways in."""
    found = current_job()
    is_running = found is not None and found.is_active
    if found is not None:
        job(found.id)
    with st.expander(t("add_documents"), expanded=is_empty and not is_running):
        files, folder, bibliography, watched = st.tabs([t("in_files"), t("in_folder"), t("in_bibliography"),
                                                        t("in_watch")])
        with files:
            _files(is_running)
        with folder:
            _folder(is_running)
        with bibliography:
            _bibliography(is_running)
        with watched:
            watching()


def _files(is_running: bool) -> None:
    uploads = st.file_uploader(t("upload"), type=_SUFFIXES, accept_multiple_files=True,
                               key=f"uploads{st.session_state.get('n_uploads', 0)}")
    if st.button(t("upload_go"), key="upload_go", type="primary", disabled=is_running or not uploads):
        with errors_shown():
            paths = [str(library().add_upload(upload.name, upload.getvalue())) for upload in uploads or []]
            st.session_state.n_uploads = st.session_state.get("n_uploads", 0) + 1  # a fresh, empty uploader
            start("add", ["add", "--", *paths])
    corpus = bundled_corpus()
    if corpus is not None and st.button(t("bundled"), key="bundled", disabled=is_running):
        start("add", ["add", "--", *sorted(str(file) for file in corpus.glob("*.md")), str(corpus / "papers")])


def _folder(is_running: bool) -> None:
    path = st.text_input(t("path"), key="path")
    given = os.path.expanduser(path.strip())
    with st.container(horizontal=True):
        adds = st.button(t("path_go"), key="path_go", disabled=is_running)  # what was typed comes with the press
        syncs = st.button(t("sync_go"), key="sync_go", disabled=is_running)
    st.caption(t("sync_help"))  # a tip would lie over the field
    if (adds or syncs) and not given:
        st.warning(t("fill_in"))
    elif adds:
        start("add", ["add", "--", given])
    elif syncs:
        st.session_state.syncing = given
    if given and st.session_state.get("syncing") == given and not is_running:
        _sync(given)


def _sync(folder: str) -> None:
    """What matching the library to a folder would do, and the button that does it."""
    with errors_shown():
        with st.spinner(t("sync_looking")):
            plan = library().sync(folder, dry_run=True).plan
        left = len(plan.skipped) + len(plan.failed)
        if not plan.changes:
            st.info(t("sync_same", counts=counted({"plan_unchanged": plan.n_unchanged, "plan_left": left})))
            return
        counts = {f"plan_{kind}": n for kind, n in plan.counts.items()}
        st.markdown(counted({**counts, "plan_unchanged": plan.n_unchanged, "plan_left": left}))
        show_rows([{
            t("reason"): t(f"sync_{change.kind}"),
            t("file"): one_line(f"{change.was} → {change.path}" if change.was else change.path, 400),
            t("title"): one_line(change.title),
        } for change in plan.changes])
        with st.container(horizontal=True):
            st.button(t("sync_yes"), key="sync_yes", type="primary", on_click=_start_sync, args=(folder,))
            st.button(t("cancel"), key="sync_no", on_click=lambda: st.session_state.pop("syncing", None))


def _start_sync(folder: str) -> None:
    st.session_state.pop("syncing", None)
    begin("sync", ["sync", "--yes", "--", folder])


def _bibliography(is_running: bool) -> None:
    st.caption(t("import_help"))
    upload = st.file_uploader(t("import_file"), type=_BIBLIOGRAPHIES,
                              key=f"entries{st.session_state.get('n_uploads', 0)}")
    path = os.path.expanduser(st.text_input(t("import_path"), key="import_path").strip())
    if not st.button(t("import_go"), key="import_go", type="primary", disabled=is_running):
        return
    if not (upload or path):
        st.warning(t("fill_in_or_file"))
    else:
        with errors_shown():
            paths = [path] if path else []
            if upload is not None:
                paths.append(str(library().add_upload(upload.name, upload.getvalue())))
                st.session_state.n_uploads = st.session_state.get("n_uploads", 0) + 1
            start("import", ["import", "--", *paths])


# --- folders that are followed


def watching() -> None:
    """The watches that run, what they did, and the form that starts one."""
    st.caption(t("watch_lead"))
    if find_spec("watchfiles") is None:
        st.info(t("watch_missing"))
        return
    watches = [run for run in list_jobs(library().home) if run.kind == "watch"]
    active = [run for run in watches if run.is_active]
    shown = active or watches[:1]
    if active:
        st.fragment(_watches, run_every=3.0)(tuple(run.id for run in shown))
    else:
        _watches(tuple(run.id for run in shown))
    path = os.path.expanduser(st.text_input(t("watch_path"), key="watch_path").strip())
    if not st.button(t("watch_go"), key="watch_go"):
        return
    if not path:
        st.warning(t("fill_in"))
    else:
        with errors_shown():
            start_job(library().home, "watch", ["watch", "--", path])
            st.rerun()


def _watches(ids: tuple[str, ...]) -> None:
    for run in list_jobs(library().home):
        if run.id in ids:
            _watch(run)


def _watch(run: RunInfo) -> None:
    folders = [word for word in run.params.get("arguments", [])[1:] if word != "--"]
    with st.container(border=True, key=f"watch_{run.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{safe('; '.join(folders), 300)}** · {t('state_' + run.status)}")
            if run.is_active and st.button(t("watch_stop"), key=f"stop_{run.id}", disabled=run.is_stopping):
                stop(run.folder)
        rows = [row for event in recent_events(run.folder, "told", _CHANGES)
                for row in changes(event, run.started)]
        if rows:
            show_rows(rows[:_CHANGES])
        else:
            st.caption(t("watch_nothing"))
        if run.status == "failed" and run.error:
            st.error(safe(told(run.error["zh" if language() == "zh" else "en"]), 400))


def changes(event: dict[str, Any], started: float) -> list[dict[str, str]]:
    """A change of a watched folder as rows: when, what, which file."""
    value, when = event["value"], time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(started + event["at"]))
    report, error = value.get("report") or {}, value.get("error")
    found: list[tuple[str, str]] = []
    if error:
        found.append((t("watch_failed"), told(Notice.from_dict(error).describe(language()))))
    found += [(t("watch_updated") if item.get("replaced") else t("watch_added"), item["path"])
              for item in report.get("added", ())]
    found += [(t("watch_renamed"), f"{item['moved_from']} → {item['path']}") for item in report.get("unchanged", ())
              if item.get("moved_from")]
    found += [(t("watch_removed"), item["path"]) for item in report.get("removed", ())]
    found += [(t("watch_failed"), f"{item['path']} · {Problem.from_dict(item).describe(language())[0]}")
              for item in report.get("failed", ())]
    return [{t("watch_when"): when, t("watch_what"): what, t("file"): one_line(text, 300)} for what, text in found]
