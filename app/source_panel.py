"""The open source: the PDF page round the quote, or the section of a text with the quote marked."""

from __future__ import annotations

import hashlib
from pathlib import Path

import streamlit as st
from kb_app.components import key_pressed, source_text
from kb_app.i18n import t
from kb_app.pdfview import Box, PageView, render
from kb_app.state import close_source, errors_shown, library
from kb_app.view import safe

from kb.text import one_line
from kb.types import Document

_AROUND = 1500  # characters of a section shown before and after the quote


@st.cache_data(max_entries=64, show_spinner=False)
def _page_view(sha256: str, path: str, page: int, quote: str, others: tuple[str, ...], whole: bool,
               stays: bool, seen: tuple[Box, ...]) -> PageView | None:
    """The rendered page, or None if the file is not what was added any more. sha256 is part of the cache's key."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data).hexdigest() != sha256:
        return None
    return render(data, page, quote, others, whole=whole, stays=stays, seen=seen)


def close_on_escape(key: str) -> None:
    """Esc closes the open source of this page."""
    if key_pressed("source" in st.session_state, key=key) == "close" and "source" in st.session_state:
        close_source()
        st.rerun()


def source_panel(others: tuple[tuple[str, int, int], ...]) -> None:
    """Shows the place in st.session_state.source; `others` are the further places the answer cites (document, start,
    end)."""
    place = st.session_state.source
    with st.container(key="srcpanel"), errors_shown():
        with st.container(horizontal=True, horizontal_alignment="distribute", wrap=False):
            head = st.container(width="stretch")
            st.button("✕", key="close_source", help=t("close"), on_click=close_source, width="content")
        document = library().document(place["document"])
        with head:
            _head(document, place["start"], place["end"])
        start, end = _within(document, place["start"], place["end"])
        siblings = tuple(document.text[a:b] for name, a, b in others if name == document.id and (a, b) != (start, end))
        if document.pages and document.kind in ("pdf", "picture") and _pdf(document, start, end, siblings):
            return
        _text(document, start, end, [(a, b) for name, a, b in others if name == document.id])


def _head(document: Document, start: int, end: int) -> None:
    m, files = document.metadata, library().files(document.id)
    confidence = document.confidence(start, end)
    guessed = t("guessed")

    def marked(name: str, value: object) -> str:
        return f"{safe(str(value))}{' ' + guessed if name in m.guessed else ''}"

    st.markdown(f"**{marked('title', m.title)}**")
    facts = [
        marked("authors", ", ".join(m.authors[:4]) + (" et al." if len(m.authors) > 4 else "")) if m.authors else "",
        marked("year", m.year) if m.year else "",
        marked("venue", m.venue) if m.venue else "",
        marked("arxiv", f"arXiv {m.arxiv}") if m.arxiv else "",
        t("page", page=document.page_at(start)) if document.pages else "",
        t("recognised", confidence=f"{confidence:.2f}".lstrip("0")) if confidence is not None else "",
        t("file_is_gone") if files and all(path.is_gone for path in files) else "",
    ]
    st.caption(" · ".join(fact for fact in facts if fact) or safe(document.path))


def _within(document: Document, start: int, end: int) -> tuple[int, int]:
    """The place, held inside the text: an evidence link may be older than the document."""
    start = min(max(start, 0), len(document.text))
    return start, min(max(end, start), len(document.text))


def _pdf(document: Document, start: int, end: int, siblings: tuple[str, ...]) -> bool:
    """The page as a picture with its controls below; False if the file is gone or changed."""
    cited = document.page_at(start) or 1
    chosen = st.session_state.get("source_page")
    whole = bool(st.session_state.get("source_whole"))
    shown = chosen or cited
    seen = tuple(line.box for line in document.recognised
                 if line.start < end and start < line.end and document.page_at(line.start) == shown)
    view = _page_view(document.sha256, str(library().source_path(document.id)), shown,
                      document.text[start:end], siblings, whole or chosen is not None, chosen is not None, seen)
    if view is None:
        st.info(t("file_gone"))
        return False
    if not view.is_found and chosen is None and end > start:
        st.caption(t("not_on_page"))
    st.image(view.png, width="stretch")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("←", key="page_before", help=t("previous"), disabled=view.page <= 1, on_click=_turn,
                  args=(view.page - 1, ))
        st.caption(t("page_of", page=view.page, pages=view.n_pages), width="content")
        st.button("→", key="page_after", help=t("next"), disabled=view.page >= view.n_pages, on_click=_turn,
                  args=(view.page + 1, ))
        st.toggle(t("whole_page"), key="source_whole")
    if end > start:
        with st.container(key="srcquote"):
            source_text([{"text": document.text[start:end], "mark": "amber"}], key=f"quote-{document.id}-{start}")
    return True


def _turn(page: int) -> None:
    st.session_state.source_page = page


def _text(document: Document, start: int, end: int, others: list[tuple[int, int]]) -> None:
    """The section round the quote, with the quote marked and other quotes of the answer paler."""
    section = next((s for s in document.sections if s.start <= start < s.end), None)
    first = max(section.start if section else 0, start - _AROUND)
    last = min(section.end if section else len(document.text), max(end, start) + _AROUND)
    pale = [(a, b, "pale") for a, b in others if first <= a and b <= last and not (a < end and start < b)]
    parts: list[dict[str, str]] = []
    position = first
    for a, b, mark in sorted(mark for mark in [(start, end, "amber"), *pale] if mark[1] > mark[0]):
        if a < position:
            continue
        parts += [{"text": document.text[position:a], "mark": ""}, {"text": document.text[a:b], "mark": mark}]
        position = b
    parts.append({"text": document.text[position:last], "mark": ""})
    if section and section.heading:
        st.caption(safe(section.heading))
    source_text(parts, key=f"text-{document.id}-{start}-{end}")
    st.caption(safe(one_line(document.path), 160))
