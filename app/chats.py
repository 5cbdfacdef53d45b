"""Conversations on the Ask page: kept in the log as they go, named in the address, found, named, exported, deleted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st
from kb_app.i18n import language, t
from kb_app.state import close_source, errors_shown, library
from kb_app.view import safe

from kb import Answer
from kb.errors import LibraryError, UnknownConversation
from kb.types import Conversation
from kb.types import Turn as Kept

_MOST_SHOWN = 30  # conversations of the list
_FORMS = (("markdown", "Markdown", "md", "text/markdown"), ("json", "JSON", "json", "application/json"),
          ("bibtex", "BibTeX", "bib", "text/plain"))


@dataclass(frozen=True)
class Turn:
    """A question and its answer; None when it could not be asked (the error was shown). is_gone: its answer went with a
    removed document."""

    question: str
    answer: Answer | None
    is_gone: bool = False


def as_kept(turns: list[Turn]) -> list[Kept]:
    """The turns as the library's own records, to condense a follow-up with."""
    return [Kept(i, "", "", turn.question, turn.answer) for i, turn in enumerate(turns) if turn.answer is not None]


def keep(answer: Answer) -> None:
    """Adds an answer to the log; says so if another process is writing to the library."""
    try:
        _name(library().keep(answer, st.session_state.get("conversation")).conversation)
    except UnknownConversation:  # deleted meanwhile, in another tab
        _name(library().keep(answer).conversation)
    except LibraryError as error:
        st.toast(t("not_kept", why=safe(error.describe(language())[0])))  # type: ignore[arg-type]


def from_address() -> None:
    """Shows the conversation that the address names, in a new tab and after a reload; one that is on the page stands
    in the address."""
    named, here = st.query_params.get("chat", ""), st.session_state.get("conversation", "")
    if named and named != here:
        open_chat(named)
    elif here and not named:
        _name(here)


def new_chat() -> None:
    st.session_state.turns = []
    st.session_state.pop("conversation", None)
    st.query_params.pop("chat", None)
    close_source()


def open_chat(conversation: str) -> None:
    """Shows a conversation that was kept; an address that names none is told so and forgotten."""
    st.query_params.pop("chat", None)
    with errors_shown():
        try:
            turns = library().conversation(conversation)
        except UnknownConversation:
            st.info(t("chat_gone"))
            return
        st.session_state.turns = [Turn(turn.question, turn.answer, is_gone=turn.answer is None) for turn in turns]
        if st.session_state.get("conversation"):  # what was open belongs to the one before
            close_source()
        _name(turns[0].conversation)


def _name(conversation: str) -> None:
    st.session_state.conversation = st.query_params["chat"] = conversation


# --- the list of them


def sidebar() -> None:
    """Earlier conversations, and what can be done with the one on the page."""
    with st.sidebar, st.container(key="chats"), errors_shown():
        st.caption(t("conversations"))
        words = st.text_input(t("chats_search"), key="chats_search", placeholder=t("chats_search"),
                              label_visibility="collapsed")
        known = library().conversations(words)
        if not known:
            st.caption(t("chats_none_found") if words else t("no_conversations"))
        here = st.session_state.get("conversation")
        for item in known[:_MOST_SHOWN]:
            if item.id == here:
                with st.container(horizontal=True, vertical_alignment="center", wrap=False, key="chat_here"):
                    st.markdown(f"**{safe(item.name, 60)}**")
                    _menu(item)
            else:
                st.button(safe(item.name, 60), key=f"chat-{item.id}", on_click=_open, args=(item.id,), type="tertiary",
                          help=t("chat_help", date=item.last[:10], n=item.n_turns))
        if len(known) > _MOST_SHOWN:
            st.caption(t("chats_more", n=len(known) - _MOST_SHOWN))
        _open_questions()


def _menu(item: Conversation) -> None:
    """Name, export and delete the conversation on the page."""
    with st.popover(t("chat_menu"), key="chat_menu", width="content"):  # shown as three points: static/main.css
        title = st.text_input(t("chat_title"), item.name, key=f"chat_title-{item.id}-{item.title}", max_chars=200)
        if st.button(t("save"), key="chat_rename"):
            with errors_shown():
                library().rename_conversation(item.id, title)
                st.rerun()
        st.caption(t("chat_export"))
        with st.container(horizontal=True):
            for form, label, suffix, kind in _FORMS:
                st.download_button(label, partial(library().export, item.id, form), f"kb-{item.id}.{suffix}", kind,
                                   key=f"export-{suffix}", on_click="ignore")
        st.button(t("delete_conversation"), key="delete_chat", on_click=_delete, args=(item.id,))


def _open(conversation: str) -> None:
    close_source()
    open_chat(conversation)


def _delete(conversation: str) -> None:
    with errors_shown():
        library().delete_conversations(conversation)
        new_chat()


def _open_questions() -> None:
    """Questions that were kept because nothing answered them: what is left to read on."""
    open_ones = library().unanswered(weak=True)
    if not open_ones:
        return
    with st.expander(t("open_questions", n=len(open_ones)), key="open_questions"):
        for one in open_ones[:_MOST_SHOWN]:
            with st.container(horizontal=True, vertical_alignment="center", wrap=False):
                st.button(safe(one.question, 80), key=f"open-{one.id}", on_click=_ask, args=(one.question,),
                          type="tertiary", help=t("open_question_help"))
                st.button(t("open_question_drop"), key=f"drop-{one.id}", help=t("open_question_drop"), on_click=_drop,
                          args=(one.id,), type="tertiary", width="content")


def _ask(question: str) -> None:
    st.session_state.picked = question


def _drop(question: str) -> None:
    with errors_shown():
        library().remove_questions(question)
