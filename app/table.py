"""The Table page: columns asked of many documents, every cell with the place it came from."""

from __future__ import annotations

import json

import streamlit as st
from kb_app.first import nothing_yet
from kb_app.i18n import beside, commas, language, t
from kb_app.listed import listed
from kb_app.rows import show_rows
from kb_app.scoping import scope_form
from kb_app.source_panel import close_on_escape, source_panel
from kb_app.state import errors_shown, library, open_source, source_from_address
from kb_app.table_kept import kept_tables
from kb_app.view import apart, safe

from kb.base.tabling import PRESETS, preset
from kb.text import one_line
from kb.types import DocumentInfo, ExtractedCell, ExtractionRow, ExtractionTable, Progress, Scope

_COLUMN_LINES = 170  # pixels of the box for the columns
_TWO_LINES = 66  # pixels of a row: in more than 64 a cell wraps
_LONG = 150  # bytes of a cell from which its column is wide: 50 Chinese signs
_CELL = 300  # characters of a cell in the grid


def page() -> None:
    """Draws the page."""
    source_from_address()
    st.title(t("table"), anchor=False)
    with errors_shown():
        infos = listed()
        st.caption(t("table_lead"))
        if not infos:
            nothing_yet()
            return
        _form(infos)
        kept_tables()
        table: ExtractionTable | None = st.session_state.get("table")
        if table is not None:
            _shown(table)
    close_on_escape("table_keys")


def _form(infos: tuple[DocumentInfo, ...]) -> None:
    """Which columns of which documents."""
    left, right = st.columns(2)
    with left:
        chosen = st.selectbox(t("table_preset"), [*PRESETS, ""], key="table_preset", format_func=_preset_name)
        own = st.text_area(t("table_columns"), key="table_columns", height=_COLUMN_LINES,
                           help=t("table_columns_help")) if not chosen else ""
    titles = apart({info.id: one_line(info.title or info.path, 80) for info in infos})
    documents = right.multiselect(t("table_documents"), list(titles), key="table_documents",
                                  format_func=lambda document: titles.get(document, document),
                                  placeholder=t("table_all"))
    lines = [line.strip() for line in own.splitlines() if line.strip()]
    columns = list(preset(chosen, language())) if chosen else lines
    with st.container(horizontal=True, vertical_alignment="center"):
        begins = st.button(t("table_go"), key="table_go", type="primary")  # what was typed comes with the press
        scope = scope_form("table_scope")
    if begins and not columns:
        st.warning(t("table_no_columns"))
    elif begins:
        _keep(make(columns, documents, scope))


def _preset_name(name: str) -> str:
    return {"": t("table_own"), "paper": t("preset_paper"), "result": t("preset_result"),
            "source": t("preset_source")}[name]


def _keep(table: ExtractionTable) -> None:
    """Takes a table for the one that the page shows."""
    for name in ("table_changes", "table_cell", "table_added"):
        st.session_state.pop(name, None)
    st.session_state.table = table


def make(columns: list[str], documents: list[str], scope: Scope | None = None) -> ExtractionTable:
    """The table, with a bar while it is made."""
    bar = st.progress(0.0)

    def tell(progress: Progress) -> None:
        words = t("table_progress", done=progress.done, total=progress.total, title=safe(progress.item, 60))
        bar.progress(progress.done / max(1, progress.total), words)

    try:
        return library().table(columns, documents=documents, scope=scope, on_progress=tell)
    finally:
        bar.empty()


def _shown(table: ExtractionTable) -> None:
    if "source" in st.session_state:
        grid, source = st.columns([6, 5], gap="large")
        with source:
            source_panel(())
    else:
        grid = st.container()
    with grid:
        known = t("table_known", cached=table.n_cached) if table.n_cached else ""
        st.caption(t("table_filled", filled=table.n_filled, cells=table.n_cells) + known)
        if (added := st.session_state.get("table_added")) is not None:
            st.info(added)
        if table.scope is not None:
            st.caption(t("scope_on", said=safe(table.scope.described(language()), 300)))
        if table.removed:
            st.warning(t("table_removed", n=len(table.removed)))
        if table.n_unsaved:
            st.warning(t("table_unsaved", n=table.n_unsaved))
        _grid(table)
        _add_column(table)
        _files(table)
        _measures(table)


def _add_column(table: ExtractionTable) -> None:
    """One more column, by a name or a question: the cells that are there stay, the new ones are asked for."""
    with st.form("table_further", border=False, clear_on_submit=True), \
            st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(t("table_more"), key="table_more", max_chars=300, help=t("table_columns_help"),
                             width=420).strip()
        wanted = st.form_submit_button(t("table_more_go"), key="table_more_go")
    if wanted and not name:
        st.warning(t("fill_in"))
    elif wanted:
        columns = [*(column.name for column in table.columns), name]
        documents = [] if table.of_all else [row.document for row in table.rows]
        with errors_shown():
            made = make(columns, documents, table.scope)
            filled = sum(bool(row.cells[-1].text) for row in made.rows)
            _keep(made)
            st.session_state.table_added = t("table_added", name=safe(name, 80), filled=filled, n=len(made.rows))
            st.rerun()


def _names(table: ExtractionTable) -> list[str]:
    """The columns' names as the grid has them, no two the same."""
    found: list[str] = []
    for column in table.columns:
        name, n = one_line(column.name, 60), 2
        while name in found or name == t("table_document"):
            name, n = one_line(column.name, 60) + beside(str(n)), n + 1
        found.append(name)
    return found


def _grid(table: ExtractionTable) -> None:
    """The rows. A cell that is pressed opens its place; its row is shown with all its places below."""
    names = _names(table)
    rows = [{t("table_document"): one_line(row.title or row.document, 120),
             **{name: one_line(cell.shown, _CELL) for name, cell in zip(names, row.cells, strict=True)}}
            for row in table.rows]
    wide = {name: st.column_config.Column(width="large") for name in names
            if any(len(row[name].encode()) > _LONG for row in rows)}
    # The selection is by position: the key names rows and columns, so that it cannot mean another cell.
    key = f"table_grid{hash((tuple(row.document for row in table.rows), tuple(names)))}"
    event = st.dataframe(rows, hide_index=True, width="stretch", key=key, on_select="rerun",
                         selection_mode="single-cell", row_height=_TWO_LINES,
                         column_config={t("table_document"): st.column_config.Column(width="medium", pinned=True),
                                        **wide})
    chosen = [(row, name) for row, name in event["selection"]["cells"] if row < len(table.rows)]
    if not chosen:
        st.caption(t("table_choose"))
        return
    at, name = chosen[0]
    if st.session_state.get("table_cell") != (key, at, name):  # pressed just now, and not closed since
        st.session_state.table_cell = (key, at, name)
        cell = table.rows[at].cells[names.index(name)] if name in names else None
        if cell is not None and cell.citation is not None and cell.citation.answer is not None:
            open_source(cell.citation.document, *cell.citation.answer)
            st.rerun()
    _card(table, table.rows[at])


def _card(table: ExtractionTable, row: ExtractionRow) -> None:
    """A document's cells, each with the button that opens its place."""
    with st.container(border=True, key="table_card"):
        st.header(safe(row.title or row.document, 160), anchor=False)
        for i, (column, cell) in enumerate(zip(table.columns, row.cells, strict=True)):
            st.markdown(f"**{safe(column.name, 80)}**")
            _cell(cell, f"{row.document}-{i}")


def _cell(cell: ExtractedCell, key: str) -> None:
    if not cell.text:
        st.caption(_why_empty(cell))
    elif cell.citation is not None and cell.citation.answer is not None:
        words = safe(cell.text, _CELL) + _said_beside(cell)
        st.button(words, key=f"cell-{key}", help=t("table_open"), on_click=open_source,
                  args=(cell.citation.document, *cell.citation.answer))
        for n, span in enumerate(cell.also):
            st.button(safe(span.text, _CELL), key=f"also-{key}-{n}", help=t("table_open"), on_click=open_source,
                      args=(span.citation.document, *(span.citation.answer or (0, 0))))
    else:
        st.markdown(safe(cell.text, _CELL))
        st.caption(t("table_recorded"))
    if cell.runners_up:
        with st.expander(t("table_considered")), st.container(gap="xxsmall"):
            for n, span in enumerate(cell.runners_up):
                st.button(f"{safe(span.text, 160)} · {span.support:.2f}", key=f"other-{key}-{n}", type="tertiary",
                          on_click=open_source,
                          args=(span.citation.document, *(span.citation.answer or (0, 0))))


def _said_beside(cell: ExtractedCell) -> str:
    yes = {True: t("yes"), False: t("no"), None: ""}[cell.yes]
    said = [safe(part, 60) for part in (cell.measure, cell.data_set, yes) if part]
    return beside(commas(said))


def _why_empty(cell: ExtractedCell) -> str:
    return {"nothing": t("table_empty_nothing"), "unsure": t("table_empty_unsure"),
            "removed": t("table_empty_removed"),
            "no text": t("table_empty_no_text")}.get(cell.empty, t("table_empty_nothing"))


def _files(table: ExtractionTable) -> None:
    """The table as a file, and kept in the library."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # With the mark of UTF-8, without which a spreadsheet takes Chinese for another encoding.
        st.download_button(t("table_csv"), "\ufeff" + table.to_csv(), "table.csv", "text/csv", key="table_csv")
        st.download_button(t("table_latex"), lambda: library().table_as_latex(table, language()), "table.tex",
                           "application/x-tex", key="table_latex")
        st.download_button(t("table_json"), json.dumps(table.to_dict(), ensure_ascii=False, indent=2), "table.json",
                           "application/json", key="table_json")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(t("table_keep"), key="table_keep", max_chars=80, width=220).strip()
        keeps = st.button(t("table_keep_go"), key="table_keep_go")  # what was typed comes with the press
    if keeps and not name:
        st.warning(t("fill_in"))
    elif keeps:
        st.session_state.table = library().keep_table(table, name)
        st.toast(t("table_kept", name=safe(name)))


def _measures(table: ExtractionTable) -> None:
    """Results in the same measure, beside each other."""
    shared = [measure for measure in table.measures if len(measure.results) > 1]
    if shared:
        with st.expander(t("table_measures")):
            show_rows([{t("table_measure"): one_line(measure.measure, 60),
                        t("table_data_set"): one_line(measure.data_set, 60),
                        t("table_document"): one_line(result.title, 120),
                        t("table_value"): f"{result.value:.10g}{measure.unit}"}
                       for measure in shared for result in measure.results])
