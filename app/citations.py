"""Who cites whom in the library, as a list with arcs: every title stays readable, however many there are, and on a
narrow screen.

Reads: CitationGraph.  Draws: a row for each document that is part of it, an arc for each citation; a row that is
pointed at, focused or pressed shows its own arcs, with the rows that it cites and that cite it. A v2 component; titles
are set by textContent.
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from kb_app.components import script, static
from kb_app.i18n import t
from kb_app.listed import state
from kb_app.state import library, open_source

from kb.survey.citing import CitationGraph
from kb.text import one_line

_ROWS = 300  # what a page can hold; more are counted


def citations() -> None:
    """Draws the view."""
    graph = _graph(*state())
    st.caption(t("citations_lead", documents=graph.n_documents, entries=graph.n_entries, edges=len(graph.edges)))
    if not graph.reading:
        return
    order = st.segmented_control(t("citations_order"), ["reading", "year"], key="citations_order",
                                 default="reading", required=True, format_func=lambda name: t(f"order_{name}"))
    mount = st.components.v2.component("kb_citations", html="<div class='kb'></div>", css=static("citations.css"),
                                       js=script("citations.js"))
    result = mount(data=drawn(graph, by_year=order == "year"), key="citation_arcs", on_opened_change=lambda: None)
    if len(graph.reading) > _ROWS:
        st.caption(t("citations_more", n=len(graph.reading) - _ROWS))
    if result.get("opened"):
        open_source(str(result["opened"]), 0, 0)
        st.rerun()


@st.cache_resource(max_entries=2, show_spinner=False)
def _graph(home: str, generation: int) -> CitationGraph:
    """Read once for each state of the library."""
    return library().citation_graph()


def drawn(graph: CitationGraph, *, by_year: bool) -> dict[str, Any]:
    """What the component is given: the documents in reading order, or by year and, within one, in reading order."""
    reading = sorted(graph.reading, key=lambda item: item.year or 9999) if by_year else list(graph.reading)
    items = [{
        "id": item.document,
        "title": one_line(item.title, 160),
        "year": str(item.year or "–"),
        "cites": list(item.builds_on),
        "said": t("cited_by_n", n=item.n_cited) if item.n_cited else "",
    } for item in reading[:_ROWS]]
    return {"items": items, "words": {"cites": t("cites"), "cited_by": t("cited_by"), "open": t("open_source")}}
