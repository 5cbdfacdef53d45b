"""The documents as a table that one works in, and what is done with those that are chosen.

Reads: DocumentInfo.  Draws: a v2 component that filters, sorts, chooses and edits in the browser; it tells ids, never
rows. What is done goes through changes.py, which says how to take it back.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import streamlit as st
from kb_app.changes import METADATA, Done, collected, edited, hidden, stated, tagged, taken_out, undo
from kb_app.components import script, static
from kb_app.i18n import TEXTS, language, t
from kb_app.listed import kind_name, listed
from kb_app.state import close_source, errors_shown, library
from kb_app.view import safe

from kb.messages import word
from kb.text import one_line
from kb.types import DocumentInfo
from kb.types.scope import STATES

_WIDTHS = {"title": "minmax(13rem, 4fr)", "authors": "minmax(6rem, 1.5fr)", "year": "3.9rem",
           "venue": "minmax(5rem, 1fr)", "language": "4.4rem", "kind": "5.6rem", "tags": "minmax(5rem, 1fr)",
           "collections": "minmax(5rem, 1fr)", "state": "4.7rem", "pages": "4.2rem"}
_FROM = {"pages": 950, "kind": 950, "language": 800, "venue": 800}  # pixels of the table from which it has the column
_EMPTY = {"venue": "4.2rem", "tags": "4rem", "collections": "6.4rem"}  # where no document has one
_WORDS = ("filter", "count", "count_picked", "all", "pick", "sort", "none", "edit", "guessed", "empty")
_LONGEST = 600  # characters of a cell
_NAMED = 8  # documents that a question before a removal names


def grid(infos: Sequence[DocumentInfo]) -> None:
    """Draws the table; what is opened stands in st.session_state.opened, by id."""
    place = st.container(key="grid_bar")  # as high with the buttons as without: a row stays where it is
    mount = st.components.v2.component("kb_grid", html="<div class='kb'></div>", css=static("grid.css"),
                                       js=script("grid.js"))
    data = drawn(infos, st.session_state.get("grid_cleared", 0)) | {"short": "opened" in st.session_state}
    result = mount(data=data, key="grid",
                   on_opened_change=lambda: None, on_edited_change=lambda: None, on_picked_change=lambda: None)
    if (opened := result.get("opened")) is not None and opened != st.session_state.get("opened"):
        st.session_state.opened = str(opened)
        st.session_state.n_cards = st.session_state.get("n_cards", 0) + 1
        st.rerun()
    if (edit := result.get("edited")) is not None:
        do(lambda: edited(str(edit["id"]), str(edit["field"]), str(edit["value"]), str(edit["was"])))
    by_id = {info.id: info for info in infos}
    chosen = [by_id[one] for one in result.get("picked") or () if one in by_id]
    with place:
        if chosen:
            bulk(chosen)
        elif "done" in st.session_state:
            _done(st.session_state.done)
        else:
            st.caption(t("grid_help"))


def drawn(infos: Iterable[DocumentInfo], cleared: int) -> dict[str, Any]:
    """What the component is given. cleared: another number takes the choice back."""
    states = {state: t(f"state_{state}") for state in STATES}
    languages = {name: t(f"language_{name}") for name in ("zh", "en")}
    choices = {"state": states, "language": languages}
    infos = list(infos)
    empty = {name for name in _EMPTY if not any(getattr(info, name) for info in infos)}
    columns = [{
        "name": name, "label": t(f"column_{name}"), "width": _EMPTY[name] if name in empty else width, "join": "; ",
        "edit": name in (*METADATA, "tags", "collections", "state"), "choices": choices.get(name),
        "from": _FROM.get(name, 0),
    } for name, width in _WIDTHS.items()]
    rows = [[info.id, one_line(info.title, _LONGEST), [one_line(name, 120) for name in info.authors], info.year or "",
             one_line(info.venue or "", _LONGEST), info.language, kind_name(info.kind), list(info.tags),
             list(info.collections), info.state, info.n_pages or "", os.path.basename(info.path),
             _note(info), list(info.guessed)] for info in infos]
    words = {name: TEXTS[f"grid_{name}"].in_(language()) for name in _WORDS} | {"documents": t("documents")}
    return {"columns": columns, "rows": rows, "words": words, "cleared": cleared}


def _note(info: DocumentInfo) -> str:
    """What is not as it should be: its file is gone, it has no text."""
    if info.is_gone:
        return t("file_is_gone")
    return "" if info.status == "ok" else word(info.status, language())


# --- what is done, and taken back


def do(act: Callable[[], Done | None]) -> None:
    """Does it, keeps what takes it back, and shows the page anew; an error is said and changes nothing."""
    with errors_shown():
        done = act()
        st.session_state.pop("removing_several", None)
        if done is not None:
            st.session_state.done = done
            st.session_state.n_done = st.session_state.get("n_done", 0) + 1
            if not _bar_says():
                st.toast(done.words)
        st.rerun()


def _bar_says() -> bool:
    """Whether what was done stands over the table next, in view: not with a card open, which is read below it, nor with
    documents chosen, whose buttons stand there."""
    if st.session_state.get("view") != "table" or "opened" in st.session_state:
        return False
    picked = (st.session_state.get("grid") or {}).get("picked") or ()
    return not {info.id for info in listed()}.intersection(picked)


def _done(done: Done) -> None:
    """What was done last, with the button that takes it back."""
    with st.container(horizontal=True, vertical_alignment="center", key="done"):
        st.caption(done.words)
        _undo(done)


def _undo(done: Done | None) -> None:
    if done is not None and done.steps and st.button(t("undo"), key="undo", help=done.words):
        do(lambda: _taken_back(done))


def _taken_back(done: Done) -> Done:
    undo(done)
    return Done(t("did_undo", words=done.words))


def bulk(chosen: Sequence[DocumentInfo]) -> None:
    """What can be done with the documents that are chosen."""
    with st.container(horizontal=True, vertical_alignment="center", key="bulk"):
        st.markdown(f"**{t('bulk', n=len(chosen))}**")
        n = st.session_state.get("n_done", 0)  # another key after each thing done: what was open is closed
        with st.popover(t("bulk_tag"), key=f"bulk_tag{n}"):
            _tag(chosen)
        with st.popover(t("bulk_collect"), key=f"bulk_collect{n}"):
            _collect(chosen)
        with st.popover(t("bulk_state"), key=f"bulk_state{n}"):
            for state in STATES:
                if st.button(t(f"state_{state}"), key=f"bulk_{state}", type="tertiary"):
                    do(lambda state=state: stated(chosen, state))  # type: ignore[misc]
        st.button(t("bulk_remove"), key="bulk_remove", on_click=_ask_to_remove, args=([info.id for info in chosen],))
        st.button(t("bulk_clear"), key="bulk_clear", type="tertiary", on_click=_clear)
        _undo(st.session_state.get("done"))
    asked: list[str] = st.session_state.get("removing_several", [])
    if asked and asked == [info.id for info in chosen]:
        _sure(chosen)


def _clear() -> None:
    st.session_state.grid_cleared = st.session_state.get("grid_cleared", 0) + 1
    st.session_state.pop("removing_several", None)


def _tag(chosen: Sequence[DocumentInfo]) -> None:
    with st.form("bulk_tagging", border=False):  # Enter puts them on, and what was typed comes with a press
        st.text_input(t("bulk_tag_new"), key="bulk_tags")
        st.form_submit_button(t("bulk_add"), key="bulk_add", type="primary",
                              on_click=lambda: _keep("tag", tags_typed(st.session_state.bulk_tags)))
    had = sorted({tag for info in chosen for tag in info.tags})
    if had:
        gone = st.multiselect(t("bulk_take"), had, key="bulk_untag", format_func=safe, placeholder=t("choose"))
        st.button(t("bulk_take"), key="bulk_take", disabled=not gone,
                  on_click=lambda: _keep("untag", list(st.session_state.bulk_untag)))
    _carried_out("tag", lambda names: tagged(chosen, names))
    _carried_out("untag", lambda names: tagged(chosen, (), names))


def tags_typed(text: str) -> list[str]:
    """Tags as they are typed in one line, whatever stands between them."""
    return [tag.strip() for tag in re.split("[;；,，、]", text) if tag.strip()]


def _collect(chosen: Sequence[DocumentInfo]) -> None:
    base = library()
    known = {item.name: item for item in base.collections()}
    name = st.selectbox(t("bulk_collect_name"), list(known), index=None, key="bulk_collection", accept_new_options=True,
                        format_func=safe, placeholder=t("choose_or_type"))
    st.button(t("bulk_put"), key="bulk_put", type="primary", disabled=not name,
              on_click=lambda: _keep("put", [st.session_state.bulk_collection]))
    st.button(t("bulk_out"), key="bulk_out", disabled=not any(name in info.collections for info in chosen),
              on_click=lambda: _keep("out", [st.session_state.bulk_collection]))
    if base.owner and name in known and known[name].owner:  # who is signed in sees whose it is
        is_private = known[name].is_private
        if known[name].owner == base.owner:
            st.toggle(t("bulk_private"), is_private, key=f"bulk_private-{name}-{is_private}",
                      on_change=lambda: _keep("hide", [name]))
        else:
            st.caption(t("bulk_owner", who=safe(known[name].owner, 80)))
    _carried_out("hide", lambda names: hidden(names[0]))
    _carried_out("put", lambda names: collected(chosen, names[0]))
    _carried_out("out", lambda names: taken_out(chosen, names[0]))


def _keep(what: str, names: Sequence[str]) -> None:
    """Kept by the button, done by the page that follows: an error then stands on it."""
    st.session_state[f"wanted_{what}"] = list(names)


def _carried_out(what: str, act: Callable[[list[str]], Done]) -> None:
    names: list[str] = st.session_state.pop(f"wanted_{what}", [])
    if names:
        do(lambda: act(names))


# --- taking several out


def _ask_to_remove(documents: list[str]) -> None:
    st.session_state.removing_several = documents


def _sure(chosen: Sequence[DocumentInfo]) -> None:
    """The question before several are removed, with what they are called."""
    with st.container(border=True, key="bulk_sure"):
        st.warning(t("bulk_remove_sure", n=len(chosen)))
        for info in chosen[:_NAMED]:
            st.markdown(f"- {safe(info.title, 120)}")
        if len(chosen) > _NAMED:
            st.caption(t("bulk_more", n=len(chosen) - _NAMED))
        with st.container(horizontal=True):
            if st.button(t("remove_yes"), key="bulk_remove_yes", type="primary"):
                do(lambda: _removed([info.id for info in chosen]))
            st.button(t("cancel"), key="bulk_remove_no",
                      on_click=lambda: st.session_state.pop("removing_several", None))


def _removed(documents: Sequence[str]) -> Done:
    removal = library().remove(documents)
    if st.session_state.get("source", {}).get("document") in documents:
        close_source()
    notes = " ".join(note.in_(language()) for note in removal.notes)
    return Done(" ".join((t("did_remove", n=len(removal.documents)), safe(notes, 400))).strip())
