"""Fitting encoder and reader to the library: the part of the Library page, and what became of it."""

from __future__ import annotations

from typing import Any

import streamlit as st
from kb_app.i18n import t
from kb_app.jobs import current_job, start
from kb_app.state import errors_shown, library


def fitting() -> None:
    """Fitting encoder and reader to this library: jobs that change nothing unless what was held out speaks for it."""
    base = library()
    job = current_job()
    is_running = job is not None and job.is_active
    with st.expander(t("fit")):
        st.caption(t("fit_lead"))
        if base.encoder_name != "bundled":
            st.info(t("fit_bundled_only"))
        else:
            if st.button(t("fit_go"), key="fit_go", disabled=is_running):
                start("adapt", ["adapt"])
            _fitting_reader(is_running)
        is_fitted = base.is_adapted or base.is_reader_adapted
        if is_fitted and st.button(t("fit_undo"), key="fit_undo", disabled=is_running):
            start("adapt", ["adapt", "--undo"])


def _fitting_reader(is_running: bool) -> None:
    """The reader learns from a file of the user's questions."""
    st.caption(t("fit_reader_lead"))
    upload = st.file_uploader(t("fit_reader_file"), type=["jsonl"], key="fit_reader_file")
    if st.button(t("fit_reader_go"), key="fit_reader_go", disabled=is_running or upload is None) and upload:
        with errors_shown():
            path = library().add_upload(upload.name, upload.getvalue())
            start("adapt", ["adapt", "--reader", "--questions", str(path)])


def fitted(result: dict[str, Any]) -> None:
    """What became of it."""
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
