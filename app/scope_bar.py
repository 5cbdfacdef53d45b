"""Which part of the library is asked: collections, tags, languages, years, reading states, chosen documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import streamlit as st
from kb_app.i18n import language, t
from kb_app.state import errors_shown, library
from kb_app.view import apart, safe, taken_away

from kb.text import one_line
from kb.types import DocumentInfo, ReadingState, Scope
from kb.types.scope import STATE_WORDS, filter_words

_LANGUAGES = {"zh": "中文", "en": "English"}
_MANY = 300  # documents, above which the choice is drawn when it is opened: 5,000 names are 300 kB in each drawing
_STATES: tuple[ReadingState, ...] = get_args(ReadingState)


def chosen() -> Scope | None:
    """The scope of the page; None for all of the library. Other pages may set `st.session_state.scope` and lead
    here."""
    scope: Scope = st.session_state.get("scope", Scope())
    return None if scope.is_all else scope


def from_other_pages(infos: tuple[DocumentInfo, ...]) -> None:
    """Asks the one document that another page, or an address, names (`scope_document`); one that is not there, none."""
    named = str(st.session_state.pop("scope_document", "") or st.query_params.get("scope_document", ""))
    st.query_params.pop("scope_document", None)
    if any(info.id == named for info in infos):
        st.session_state.scope = Scope(documents=(named,))


def scope_bar(infos: tuple[DocumentInfo, ...]) -> None:
    """The button that opens the choice, and a chip for each filter, which takes it away."""
    scope: Scope = st.session_state.get("scope", Scope())
    titles = {info.id: info.title for info in infos}
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="scope"):
        words, waits = t("asks") if scope.is_all else t("asks_some"), len(infos) > _MANY
        choice = st.popover(words, key="scope_choice", width="content", on_change="rerun" if waits else "ignore")
        if not waits or choice.open:
            with choice, errors_shown():
                _choice(scope, infos)
        for name, value, shown in _filters(scope, titles):
            st.button(taken_away(safe(shown, 80), t("asks_remove")), key=f"scope-{name}-{value}", help=t("asks_remove"),
                      on_click=_take_away, args=(name, value))


def _choice(scope: Scope, infos: tuple[DocumentInfo, ...]) -> None:
    st.caption(t("asks_lead"))
    base = library()
    collections = [collection.name for collection in base.collections()]
    tags = [tag.name for tag in base.tags()]
    if collections:
        _several("collections", t("asks_collections"), collections, scope)
    if tags:
        _several("tags", t("asks_tags"), tags, scope)
    spoken = [name for name in _LANGUAGES if any(info.language == name for info in infos)]
    if len(spoken) > 1:
        _several("languages", t("doc_language"), spoken, scope, _LANGUAGES)
    years = sorted({info.year for info in infos if info.year})
    if len(years) > 1:
        low, high = years[0], years[-1]
        st.session_state.scope_years = (max(low, min(scope.first_year or low, high)),
                                        max(low, min(scope.last_year or high, high)))
        st.slider(t("year"), low, high, key="scope_years", on_change=_set_years, args=(low, high),
                  help=t("asks_years"))
    _several("states", t("asks_states"), list(_STATES), scope,
             {state: STATE_WORDS[state].in_(language()) for state in _STATES})
    _several("documents", t("documents"), [info.id for info in infos], scope,
             apart({info.id: one_line(info.title, 80) for info in infos}))


def _several(name: str, label: str, options: list[str], scope: Scope, shown: dict[str, str] | None = None) -> None:
    key = f"scope_{name}"
    st.session_state[key] = [value for value in getattr(scope, name) if value in options]
    names = shown or {}
    st.multiselect(label, options, key=key, on_change=_set, args=(name,), placeholder=t("asks_all"),
                   format_func=lambda value: names.get(value, one_line(value, 80)))


def _set(name: str) -> None:
    values: dict[str, Any] = {name: tuple(st.session_state[f"scope_{name}"])}
    st.session_state.scope = replace(st.session_state.get("scope", Scope()), **values)


def _set_years(low: int, high: int) -> None:
    first, last = st.session_state.scope_years
    st.session_state.scope = replace(st.session_state.get("scope", Scope()),
                                     first_year=first if (first, last) != (low, high) else None,
                                     last_year=last if (first, last) != (low, high) else None)


def _filters(scope: Scope, titles: dict[str, str]) -> list[tuple[str, str, str]]:
    """(filter, value, in words) of each value that narrows the scope."""
    found = [(name, value, filter_words(name, _said(name, value, titles)).in_(language()))
             for name in ("collections", "tags", "authors", "languages", "kinds", "states", "documents")
             for value in getattr(scope, name)]
    return [*found, *([("years", scope.years, filter_words("years", scope.years).in_(language()))] if scope.years
                      else [])]


def _said(name: str, value: str, titles: dict[str, str]) -> str:
    if name == "languages":
        return _LANGUAGES[value]
    if name == "states":
        return next(STATE_WORDS[state].in_(language()) for state in _STATES if state == value)
    return one_line(titles.get(value, value), 40)


def _take_away(name: str, value: str) -> None:
    scope: Scope = st.session_state.get("scope", Scope())
    changes: dict[str, Any] = ({"first_year": None, "last_year": None} if name == "years" else
                               {name: tuple(one for one in getattr(scope, name) if one != value)})
    st.session_state.scope = replace(scope, **changes)
