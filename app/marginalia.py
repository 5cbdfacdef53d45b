"""Notes and highlights beside the open source: made on selected words, marked where they stand, listed, deleted."""

from __future__ import annotations

from typing import Any

import streamlit as st
from kb_app.files import PAGED
from kb_app.i18n import t
from kb_app.pdftext import span_of
from kb_app.state import errors_shown, library, open_source
from kb_app.view import safe, with_formulas

from kb.text import one_line
from kb.types import Document, UserNote

_NEAR = 400  # characters of the neighbouring pages in which words that run over a page's end are looked for


def notes_of(document: Document) -> tuple[UserNote, ...]:
    """What its reader has noted on a document."""
    return library().notes(document.id)


def marked(notes: tuple[UserNote, ...], document: Document) -> list[dict[str, Any]]:
    """The notes that stand somewhere, as the viewer marks them."""
    marks = []
    for note in notes:
        if note.state in ("there", "changed") and note.start < note.end:
            page = document.page_at(note.start) or 1
            marks.append({"start": note.start, "end": note.end, "kind": "note", "page": page,
                          "last": document.page_at(note.end - 1) or page, "said": one_line(note.text, 300)})
    return marks


def keep_noted(document: Document, noted: dict[str, Any] | None) -> None:
    """Keeps what was selected, and draws the page again with it."""
    if not noted or noted.get("document") != document.id:
        return
    with errors_shown():
        place = _place(document, noted)
        if place is None:
            st.toast(t("note_unplaced"))
            return
        _keep(document, place, str(noted.get("text", "")) if noted.get("kind") == "note" else "")
        st.rerun()


def _place(document: Document, noted: dict[str, Any]) -> tuple[int, int] | None:
    """Where in the text the selected words stand: by their page and what stands before them, or as it was said."""
    if "start" in noted:
        start, end = int(noted["start"]), int(noted["end"])
        while start < end and document.text[start].isspace():
            start += 1
        while start < end and document.text[end - 1:end].isspace():
            end -= 1
        return (start, end) if 0 <= start < end <= len(document.text) else None
    page = next((item for item in document.pages if item.number == noted.get("page")), None)
    if page is None:
        return None
    first, last = max(0, page.start - _NEAR), min(len(document.text), page.end + _NEAR)
    words, before = str(noted.get("quote", "")), str(noted.get("before", ""))
    found = span_of(document.text[page.start:last], words, before)
    if found:
        return page.start + found[0], page.start + found[1]
    found = span_of(document.text[first:last], words, before)
    return (first + found[0], first + found[1]) if found else None


def _keep(document: Document, place: tuple[int, int], text: str) -> None:
    note = (library().add_note(document.id, text, place=place) if text.strip()
            else library().highlight(document.id, place=place))
    st.toast(t("note_made", quote=safe(note.quote, 60)))


def notes_button(document: Document, notes: tuple[UserNote, ...], place: tuple[int, int]) -> None:
    """The list of what was noted, behind a button; a note on the open quote is written here by the keyboard."""
    with st.popover(t("notes", n=len(notes)), key="notes"):
        if not notes:
            st.caption(t("notes_none"))
        for note in notes:
            _row(note)
        if place[0] < place[1]:
            with st.form(f"note_{document.id}_{place[0]}", clear_on_submit=True, border=False):
                text = st.text_area(t("note_here"), key=f"note_text_{document.id}_{place[0]}", height=80,
                                    max_chars=100_000)
                wants = st.form_submit_button(t("note_keep"), key="note_keep")
            if wants:
                with errors_shown():
                    _keep(document, place, text)
                    st.rerun()


def _row(note: UserNote) -> None:
    stands = note.start < note.end and note.state in ("there", "changed")
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, key=f"noted_{note.id}"):
        with st.container(width="stretch"):
            said = f"“{with_formulas(note.quote, 300)}”" if note.quote else t("note_whole")
            st.button(said, key=f"note_go_{note.id}", type="tertiary", disabled=not stands, on_click=open_source,
                      args=(note.document, note.start, note.end))
            if note.text:
                st.markdown(with_formulas(note.text, 4000))
            if note.quote and not stands:
                st.caption(t("note_gone"))
        st.button(t("note_delete"), key=f"note_delete_{note.id}", on_click=_delete, args=(note.id,), width="content")


def _delete(note: str) -> None:
    with errors_shown():
        library().remove_notes(note)


def has_pages(document: Document) -> bool:
    """Whether the source is shown as pages."""
    return bool(document.pages) and document.kind in PAGED
