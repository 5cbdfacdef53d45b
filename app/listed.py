"""The documents of the library as the pages list them, read once for each state of it."""

from __future__ import annotations

import streamlit as st
from kb_app.i18n import language
from kb_app.library_words import KINDS
from kb_app.state import library

from kb.errors import UnknownDocument
from kb.types import DocumentInfo, Scope, Status

_SECONDS = 60  # for which a file that goes meanwhile is still said to be there


def listed(scope: Scope | None = None) -> tuple[DocumentInfo, ...]:
    """The documents in the scope, newest first. Errors: as `documents`."""
    return _documents(*state(), scope)


def counted() -> Status:
    """What there is, in numbers. Errors: as `status`."""
    return _status(*state())


def state() -> tuple[str, int]:
    """What tells this state of the library, as who is signed in sees it, from all others: what is read for a page is
    kept under it."""
    base = library()
    return f"{base.home} {base.owner}", base.generation()


@st.cache_resource(max_entries=8, ttl=_SECONDS, show_spinner=False)
def _documents(home: str, generation: int, scope: Scope | None) -> tuple[DocumentInfo, ...]:
    """Nothing writes to what this gives; all but the scope is the cache's key."""
    return library().documents(scope)


@st.cache_resource(max_entries=2, ttl=_SECONDS, show_spinner=False)
def _status(home: str, generation: int) -> Status:
    """As `_documents`."""
    return library().status()


def info_of(document: str) -> DocumentInfo:
    """One of them, by id. Errors: UnknownDocument."""
    for info in listed():
        if info.id == document:
            return info
    raise UnknownDocument("E_UNKNOWN_DOCUMENT", id=document)


def kind_name(kind: str) -> str:
    """What files of a kind are called in the reader's language."""
    return KINDS[kind].in_(language()) if kind in KINDS else kind
