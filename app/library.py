"""The Library page: what is in it, as a table, a map, a timeline, by citations, and what needs a look; documents in."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from kb_app.adding import adding
from kb_app.citations import citations
from kb_app.document import card
from kb_app.fitting import fitting
from kb_app.grid import grid
from kb_app.i18n import t
from kb_app.jobs import current_job
from kb_app.listed import counted, listed
from kb_app.scoping import scope_form
from kb_app.source_panel import close_on_escape, source_panel
from kb_app.state import errors_shown, source_from_address
from kb_app.telling import tell
from kb_app.view import size
from kb_app.views import map_view, report_view, time_view

from kb.types import DocumentInfo, Scope, Status

_VIEWS = ("table", "map", "time", "cites", "report")


def page() -> None:
    """Draws the page."""
    source_from_address()
    st.title(t("library"), anchor=False)
    _page()
    close_on_escape("library_keys")


def _page() -> None:
    with errors_shown():
        is_empty = not listed()
        adding(is_empty=is_empty)
        if is_empty:
            found = current_job()
            if found is None or not found.is_active:
                st.info(t("empty_lead"))
            return
        _numbers(counted())
        if "source" in st.session_state:
            table, source = st.columns([6, 5], gap="large")
            with source:
                source_panel(())
        else:
            table = st.container()
        with table:
            _documents()
        fitting()


def _documents() -> None:
    """The documents in one view, and the card of the one that is opened."""
    with st.container(horizontal=True, vertical_alignment="center", key="views_bar"):
        view = st.segmented_control(t("views"), _VIEWS, key="view", default=_view_of_address(), required=True,
                                    format_func=lambda name: t(f"view_{name}"), label_visibility="collapsed")
        scope = scope_form("library_scope") if view != "cites" else None
    st.query_params["view"] = str(view)
    with errors_shown():
        infos = listed(scope)
        _shown(str(view), infos, scope)
    opened = st.session_state.get("opened")
    if opened is not None:
        by_id = {info.id: info for info in listed()}
        if opened in by_id:
            with errors_shown():
                card(by_id[opened], lambda: st.session_state.pop("opened", None))
                tell("card", f"card {st.session_state.get('n_cards', 0)}", to=".st-key-detail h2", anyway=True)
        else:
            del st.session_state.opened


def _view_of_address() -> str:
    asked = st.query_params.get("view", "")
    return asked if asked in _VIEWS else "table"


def _shown(view: str, infos: Sequence[DocumentInfo], scope: Scope | None) -> None:
    if view == "table":
        grid(infos)
        return
    if view == "cites":
        citations()
        return
    pressed = (map_view(scope) if view == "map" else time_view(infos) if view == "time" else report_view(infos))
    if pressed is not None:
        st.session_state.opened = pressed
        st.session_state.n_cards = st.session_state.get("n_cards", 0) + 1


def _numbers(status: Status) -> None:
    numbers = {
        t("documents"): f"{status.documents:,}",
        t("passages"): _passages(status),
        t("chinese_english"): f"{status.languages['zh']:,} / {status.languages['en']:,}",
        t("size"): size(status.bytes),
    }
    st.caption(" · ".join(f"{label} {value}" for label, value in numbers.items()))


def _passages(status: Status) -> str:
    if status.ready == status.passages:
        return f"{status.passages:,}"
    return t("ready_of", ready=f"{status.ready:,}", passages=f"{status.passages:,}")

