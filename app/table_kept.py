"""The tables that were kept: shown, made again, deleted."""

from __future__ import annotations

import streamlit as st
from kb_app.i18n import counted, t
from kb_app.rows import show_rows
from kb_app.state import library
from kb_app.view import safe

from kb.text import one_line
from kb.types import ExtractionTable, Progress, TableChanges


def kept_tables() -> None:
    """Draws the kept tables, where there are any, and what was different when one was made again."""
    kept = library().kept_tables()
    changes: TableChanges | None = st.session_state.get("table_changes")
    _deleted()
    if kept:
        with st.expander(t("table_kept_ones"), expanded=changes is not None):
            names = [name for name, _ in kept]
            with st.container(horizontal=True, vertical_alignment="bottom"):
                name = st.selectbox(t("table_kept_ones"), names, key="table_kept_name", format_func=one_line,
                                    label_visibility="collapsed")
                if st.button(t("table_show"), key="table_show"):
                    for other in ("table_changes", "table_cell", "table_added"):
                        st.session_state.pop(other, None)
                    st.session_state.table = library().kept_table(name)
                if st.button(t("table_again"), key="table_again", help=t("table_again_help")):
                    changes = _again(name)
                if st.button(t("table_delete"), key="table_delete"):
                    st.session_state.table_deleted = library().kept_table(name)
                    library().delete_table(name)
                    st.rerun()
            if changes is not None:
                _changes(changes)


def _deleted() -> None:
    """The table that was deleted last, with the button that keeps it again."""
    gone: ExtractionTable | None = st.session_state.get("table_deleted")
    if gone is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("table_deleted", name=safe(gone.name)))
        if st.button(t("undo"), key="table_undelete"):
            library().keep_table(gone, gone.name)
            del st.session_state.table_deleted
            st.rerun()


def _again(name: str) -> TableChanges:
    bar = st.progress(0.0)

    def tell(progress: Progress) -> None:
        words = t("table_progress", done=progress.done, total=progress.total, title=safe(progress.item, 60))
        bar.progress(progress.done / max(1, progress.total), words)

    st.session_state.pop("table_added", None)
    st.session_state.table, changes = library().table_again(name, on_progress=tell)
    st.session_state.table_changes = changes
    bar.empty()
    return changes


def _changes(changes: TableChanges) -> None:
    st.info(counted({"again_cells": len(changes.cells), "again_added": len(changes.added),
                     "again_removed": len(changes.removed)}))
    if changes.cells:
        show_rows([{t("table_document"): one_line(cell.title, 120), t("table_column"): one_line(cell.column, 60),
                    t("table_before"): one_line(cell.before, 200), t("table_after"): one_line(cell.after, 200)}
                   for cell in changes.cells])
