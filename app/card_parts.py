"""Parts of a document's card: how it is filed, how it is cited, the reader's notes, the works it is one with, scans."""

from __future__ import annotations

import streamlit as st
from kb_app.changes import Done, edited, shown
from kb_app.files import link
from kb_app.grid import do
from kb_app.i18n import clauses, language, t
from kb_app.jobs import ocr_button
from kb_app.listed import kind_name, listed, state
from kb_app.state import errors_shown, library, open_source
from kb_app.view import apart, safe

from kb.messages import word
from kb.text import one_line
from kb.types import DocumentInfo, WorkInfo
from kb.types.scope import STATES

_STYLES = {"APA": "apa", "GB/T 7714": "gbt7714", "BibTeX": "bibtex"}
_NOTES = 100


def ask_button(info: DocumentInfo) -> None:
    """The button that opens Ask with this document alone."""
    if st.button(t("card_ask"), key="card_ask"):
        pages = st.session_state.get("pages")
        st.session_state.scope_document = info.id
        if pages is not None:
            st.switch_page(pages["ask"], query_params={"scope_document": info.id})


def file_button(info: DocumentInfo) -> None:
    """The button that opens the file as it was added, in a tab of its own, where it is there."""
    if any(not path.is_gone for path in info.paths):
        st.link_button(t("card_same_file"), f"{link(info.id)}/file")


def scan(info: DocumentInfo) -> None:
    """That pages of a document have no text, and the button that recognises them."""
    if info.kind in ("pdf", "picture") and library().without_text([info.id]):
        empty = library().report(info.id).nearly_empty
        st.warning(t("card_scan", pages=len(empty) or info.n_pages or 1))
        ocr_button([info.id], "ocr_go")


def filing(info: DocumentInfo) -> None:
    """State, tags and collections, each set as soon as it is chosen."""
    with st.container(horizontal=True, key="card_filing"):
        how = st.segmented_control(t("bulk_state"), STATES, default=info.state, required=True,
                                     key=f"card_state_{info.id}_{info.state}",
                                     format_func=lambda name: t(f"state_{name}"))
        tags = st.multiselect(t("column_tags"), sorted({*info.tags, *(item.name for item in library().tags())}),
                              default=list(info.tags), accept_new_options=True, format_func=safe,
                              key=f"card_tags_{info.id}_{hash(info.tags)}", placeholder="")
        names = sorted({*info.collections, *(item.name for item in library().collections())})
        collections = st.multiselect(t("column_collections"), names, default=list(info.collections),
                                     accept_new_options=True, format_func=safe, placeholder="",
                                     key=f"card_collections_{info.id}_{hash(info.collections)}")
    for field, value in (("state", str(how)), ("tags", "; ".join(tags)), ("collections", "; ".join(collections))):
        if set(value.split("; ")) != set(shown(info, field).split("; ")):
            do(lambda field=field, value=value: edited(info.id, field, value, shown(info, field)))  # type: ignore[misc]


def cite_as(info: DocumentInfo) -> None:
    """Draws the part, closed; written when it is opened."""
    opened = st.expander(t("card_cite"), on_change="rerun", key=f"cite_{info.id}")
    if not opened.open:
        return
    with opened, errors_shown():
        (work,) = library().cite([info.id], language=language())
        lacks = [word(name, language()) for name in work.missing]
        if lacks:
            st.caption(t("card_lacks", what=safe(("、" if language() == "zh" else ", ").join(lacks))))
        for name, style in _STYLES.items():
            st.caption(name)
            st.code(library().bibliography([info.id], style=style).strip(), language=None, wrap_lines=True)


def notes(info: DocumentInfo) -> None:
    """The reader's notes on it; each opens its place."""
    found = library().notes([info.id])
    with st.expander(t("card_notes", n=len(found))):
        if not found:
            st.caption(t("card_no_notes"))
        for note in found[:_NOTES]:
            if note.quote:
                st.button(safe(f"“{one_line(note.quote, 300)}”", 320), key=f"note_{note.id}", type="tertiary",
                          on_click=open_source, args=(info.id, note.start, note.end))
            st.markdown(safe(note.text, 1500) or f"*{t('card_highlight')}*")
            if note.tags:
                st.caption(safe(clauses(note.tags)))


# --- one work


@st.cache_resource(max_entries=2, show_spinner=False)
def _works(home: str, generation: int) -> dict[str, WorkInfo]:
    """Document -> its work; all but the library is the cache's key."""
    return {document: work for work in library().works() for document in work.documents}


def works(info: DocumentInfo) -> None:
    """Draws the part, closed: which documents are texts of one work with it, joined and parted here."""
    work = _works(*state()).get(info.id)
    others = [one for one in work.documents if one != info.id] if work is not None else []
    label = t("card_works", n=len(others)) if others else t("card_work")
    opened = st.expander(label, on_change="rerun", key=f"work_{info.id}")
    if not opened.open:
        return
    titles = apart({one.id: f"{one_line(one.title or one.path, 90)} · {kind_name(one.kind)}" for one in listed()})
    with opened, errors_shown():
        if not others:
            st.caption(t("card_work_alone"))
        for other in others:
            st.button(safe(titles.get(other, other), 140), key=f"work_open_{other}", type="tertiary",
                      on_click=lambda other=other: st.session_state.update(opened=other))  # type: ignore[misc]
        if others and st.button(t("card_part"), key="work_part"):
            do(lambda: _parted(info.id, others))
        chosen = st.selectbox(t("card_join"), [one for one in titles if one != info.id and one not in others],
                              index=None, format_func=lambda one: safe(titles[one], 140), key=f"work_with_{info.id}",
                              placeholder=t("choose"))
        if st.button(t("card_join_go"), key="work_join", disabled=chosen is None) and chosen is not None:
            do(lambda: _joined(info.id, str(chosen)))


def _joined(document: str, other: str) -> Done:
    library().join_works([document, other])
    return Done(t("did_join"), (lambda: library().part_work(document),))


def _parted(document: str, others: list[str]) -> Done:
    library().part_work(document)
    return Done(t("did_part"), (lambda: library().join_works([document, *others]),))
