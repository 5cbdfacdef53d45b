"""The open source: the pages of a file with the quotes marked, or the section of a text; its notes; what is known of
it."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st
from kb_app.components import key_pressed, reader, source_text
from kb_app.files import boxes_of, link, pages_of, sizes_of, text_of
from kb_app.i18n import TEXTS, language, listing, t
from kb_app.marginalia import has_pages, keep_noted, marked, notes_button, notes_of
from kb_app.pdfview import FileBroken, FileGone
from kb_app.reading_words import SAID
from kb_app.state import close_source, errors_shown, library, n_opened
from kb_app.typeset import blocks
from kb_app.view import safe

from kb.errors import UnknownDocument
from kb.text import one_line
from kb.types import Document, Section, UserNote

_AROUND = 6000  # characters of a long section shown before and after the quote
_SHORT = 1200  # characters of a section below which the next one is shown with it
_MARKED = ("markdown", "latex", "notebook")  # kinds whose text is written in Markdown or with its signs

Places = tuple[tuple[str, int, int], ...]


def close_on_escape(key: str) -> None:
    """Esc closes the open source of this page."""
    if key_pressed(n_opened(), key=key) == "close" and "source" in st.session_state:
        close_source()
        st.rerun()


def source_panel(others: Places) -> None:
    """Shows the place in st.session_state.source; `others` are the further places the answer cites (document, start,
    end)."""
    place = st.session_state.source
    with st.container(key="srcpanel"), errors_shown():
        with st.container(horizontal=True, horizontal_alignment="distribute", wrap=False, key="srchead"):
            head = st.container(width="stretch")
            tools = st.container(horizontal=True, width="content", wrap=False)
            with tools:
                notes_place = st.container(width="content")
                st.button(t("source_close"), key="close_source", help=t("source_close"), on_click=close_source,
                          width="content")
        try:
            document = library().document(place["document"])
        except UnknownDocument:
            st.info(t("source_gone"))
            return
        start, end = _within(document, place["start"], place["end"])
        with head:
            _head(document, start, end)
        notes = notes_of(document)
        with notes_place:
            notes_button(document, notes, (start, end))
        cited = [(a, b) for name, a, b in others if name == document.id and (a, b) != (start, end)]
        if not (has_pages(document) and _pages(document, start, end, cited, notes)):
            _text(document, start, end, cited, notes)


def _head(document: Document, start: int, end: int) -> None:
    m, files = document.metadata, library().files(document.id)
    confidence = document.confidence(start, end)
    st.markdown(f"**{safe(m.title)}**")
    facts = [
        safe(listing(m.authors[:4]) + (t("and_others") if len(m.authors) > 4 else "")),
        safe(str(m.year or "")),
        safe(m.venue or ""),
        safe(f"arXiv {m.arxiv}") if m.arxiv else "",
        t("page", page=document.page_at(start)) if document.pages else "",
        t("recognised", confidence=f"{confidence:.2f}".lstrip("0")) if confidence is not None else "",
        t("file_is_gone") if files and all(path.is_gone for path in files) else "",
        _guessed(document),
    ]
    st.caption(" · ".join(fact for fact in facts if fact) or safe(document.path))


def _guessed(document: Document) -> str:
    """Which of what is shown was guessed, said once."""
    m = document.metadata
    shown = {"title": t("title"), "authors": t("authors"), "year": t("year"), "venue": t("venue"), "arxiv": t("arxiv")}
    names = [words for name, words in shown.items() if name in m.guessed and getattr(m, name)]
    between = "、" if language() == "zh" else ", "
    return t("guessed_fields", fields=between.join(names)) if names else ""


def _within(document: Document, start: int, end: int) -> tuple[int, int]:
    """The place, held inside the text: an evidence link may be older than the document."""
    start = min(max(start, 0), len(document.text))
    return start, min(max(end, start), len(document.text))


def _given(document: Document) -> dict[str, Any]:
    """What every source is shown with."""
    has_file = (any(not path.is_gone for path in library().files(document.id))
                or library().source_path(document.id).exists())  # another instance's upload
    words = {name: TEXTS[f"read_{name}"].in_(language()) for name in SAID}
    return {"id": document.id, "opened": n_opened(), "language": document.language, "words": words,
            "file": f"{link(document.id)}/file" if has_file else ""}


def _name(document: Document, place: str) -> str:
    """What the part with the text is called to a screen reader: its document, and where in it."""
    title = one_line(document.metadata.title, 120)
    return title if place == title else listing((title, place))


# --- pages


def _pages(document: Document, start: int, end: int, cited: list[tuple[int, int]],
           notes: tuple[UserNote, ...]) -> bool:
    """The viewer; False if the file is gone, has changed or cannot be shown."""
    try:
        sizes = sizes_of(pages_of(document))
        spans = [(start, end, "amber"), *((a, b, "pale") for a, b in cited)]
        marks = [_mark(document, a, b, kind) for a, b, kind in sorted(spans) if a < b]
    except FileGone:
        st.info(t("file_gone"))
        return False
    except FileBroken:
        st.info(t("file_broken"))
        return False
    opened = next((mark for mark in marks if mark["kind"] == "amber"), None)
    if opened and not opened["is_found"]:
        st.caption(t("not_in_file"))
    page = opened["page"] if opened else document.page_at(start) or 1
    data = {**_given(document), **sizes, "base": link(document.id), "page": page, "target": [start, end],
            "quote": " ".join(document.text[start:end].split()), "name": _name(document, t("page", page=page)),
            "marks": [*marked(notes, document), *marks]}
    keep_noted(document, reader(data, key="reader"))
    if end > start:
        with st.expander(t("quote")), st.container(key="srcquote"):
            st.text(document.text[start:end])
    return True


def _mark(document: Document, start: int, end: int, kind: str) -> dict[str, Any]:
    """A quote and the page it stands on in the file, which is the next or the last one where the text was cut so."""
    pages, said = pages_of(document), document.page_at(start) or 1
    near = [n for n in (said, said + 1, said - 1) if 1 <= n <= len(pages.sizes)]
    found = next((n for n in near if boxes_of(document, text_of(document, pages, n), n, start, end)), None)
    last = max(found or said, document.page_at(max(start, end - 1)) or said)
    return {"start": start, "end": end, "kind": kind, "page": found or said, "last": last, "said": "",
            "is_found": found is not None}


# --- text


def _text(document: Document, start: int, end: int, cited: list[tuple[int, int]],
          notes: tuple[UserNote, ...]) -> None:
    """The section round the quote, as it is meant to look; the sections before and after it are turned to."""
    sections = document.sections or (Section("", 0, 0, len(document.text)),)
    here = next((i for i, section in enumerate(sections) if section.start <= start < section.end), 0)
    turned = st.session_state.get("source_section")
    i = min(max(turned, 0), len(sections) - 1) if turned is not None else here
    section = sections[i]
    first, last = section.start, section.end
    following = iter(sections[i + 1:])
    while last - first < _SHORT and (after := next(following, None)):  # a title alone is nothing to read
        last = after.end
    if i == here:
        first, last = _round(document.text, first, last, start, end)
    marks = [(start, end, "amber"), *((a, b, "pale") for a, b in cited),
             *((mark["start"], mark["end"], "note") for mark in marked(notes, document))]
    shown = [mark for mark in marks if mark[0] < mark[1] and mark[0] < last and first < mark[1]]
    name = one_line(section.heading, 120) or t("section_none")
    data = {**_given(document), "section": name, "name": _name(document, name),
            "can_before": i > 0, "can_after": i < len(sections) - 1,
            "blocks": blocks(document.text, first, last, shown, markdown=document.kind in _MARKED)}
    keep_noted(document, source_text(data, key="source_text", turn=partial(_turn, i)))


def _turn(here: int, way: int) -> None:
    st.session_state.source_section = here + way


def _round(text: str, first: int, last: int, start: int, end: int) -> tuple[int, int]:
    """What of a very long section is shown: whole lines round the quote."""
    if start - first > _AROUND:
        first = text.rfind("\n\n", first, start - _AROUND // 2) + 2 or start - _AROUND // 2
    if last - end > _AROUND:
        at = text.find("\n\n", end + _AROUND // 2, last)
        last = at if at > 0 else end + _AROUND // 2
    return first, last
