"""Which documents a page is about: the filters of `kb list` as a form, and the scope that they make."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st
from kb_app.changes import parts
from kb_app.i18n import language, t
from kb_app.listed import kind_name, listed
from kb_app.state import library, told
from kb_app.view import safe

from kb.base.scoping import scope_of
from kb.errors import ScopeError
from kb.types import Scope
from kb.types.scope import STATES

_OPTIONS = {"collections": "--in", "tags": "--tag", "authors": "--author", "kinds": "--kind", "states": "--state"}
_SEVERAL = ("collections", "tags", "languages", "kinds", "states")


def scope_form(key: str, without: Sequence[str] = ()) -> Scope | None:
    """Draws the filters, folded; gives the scope they say, None where they say none. without: filters that the page
    does not have."""
    scope, problem = None, ""
    try:
        scope = _said(key)
    except ScopeError as error:  # said beside the field, so that it can be set right
        problem = told(error.describe(language()))
    label = t("scope") if scope is None else t("scope_on", said=safe(scope.described(language()), 120))
    with st.popover(label):
        infos = listed()
        choices = {"collections": [item.name for item in library().collections()],
                   "tags": [item.name for item in library().tags()],
                   "languages": sorted({info.language for info in infos}),
                   "kinds": sorted({info.kind for info in infos}), "states": list(STATES)}
        for name in _SEVERAL:
            if choices[name] and name not in without:
                st.multiselect(
                    t(f"scope_{name}"), choices[name], key=f"{key}_{name}", placeholder=t("asks_all"),
                    format_func=partial(_shown, name))
        st.text_input(t("scope_authors"), key=f"{key}_authors")
        st.text_input(t("scope_years"), key=f"{key}_years")
        if problem:
            st.error(safe(problem, 300))
        st.button(t("scope_none"), key=f"{key}_none", on_click=_forget, args=(key,), disabled=scope is None)
    return scope


def _shown(name: str, value: str) -> str:
    """A value of a filter in words."""
    if name == "kinds":
        return kind_name(value)
    return t(f"{name[:-1]}_{value}") if name in ("languages", "states") else safe(value)


def options_of(scope: Scope | None) -> list[str]:
    """A scope as the options of a command."""
    if scope is None:
        return []
    said = [(option, value) for name, option in _OPTIONS.items() for value in getattr(scope, name)]
    return [f"{option}={value}" for option, value in [*said, *([("--year", scope.years)] if scope.years else [])]]


def _said(key: str) -> Scope | None:
    """What the form says as it was last drawn."""
    given: dict[str, Any] = {name: st.session_state.get(f"{key}_{name}") or () for name in _SEVERAL}
    given["authors"] = parts(st.session_state.get(f"{key}_authors", ""))
    given["years"] = st.session_state.get(f"{key}_years", "").strip()
    said = {name: value for name, value in given.items() if value}
    return scope_of(**said) if said else None


def _forget(key: str) -> None:
    for name in (*_SEVERAL, "authors", "years"):
        st.session_state[f"{key}_{name}"] = "" if name in ("authors", "years") else []
