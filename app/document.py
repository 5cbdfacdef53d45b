"""A document's card on the Library page: what is known of it, setting that right, what was read, taking it out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from kb_app.card_parts import ask_button, cite_as, file_button, filing, notes, scan, works
from kb_app.i18n import beside, clauses, language, listing, t
from kb_app.listed import kind_name
from kb_app.rows import show_rows
from kb_app.state import close_source, errors_shown, library, open_source, sentence
from kb_app.view import safe, with_formulas

from kb.base.reading import Field, ReadingReport, fields_of, pages_in_words
from kb.messages import word
from kb.text import one_line
from kb.types import Document, DocumentInfo, Summary

_NUMBERS = ("year", "venue", "doi", "arxiv")


def card(info: DocumentInfo, close: Callable[[], object]) -> None:
    """Draws the card. close: called when its ✕ is pressed, as static/main.css shows the button's words."""
    with st.container(border=True, key="detail"):
        with st.container(horizontal=True, horizontal_alignment="distribute", wrap=False):
            st.header(safe(info.title) + _mark(info), anchor=False)
            st.button(t("card_close"), key="card_close", help=t("card_close"), width="content",
                      on_click=close)
        facts = [
            ", ".join(info.authors), str(info.year or ""), info.venue or "", info.doi or "",
            f"arXiv {info.arxiv}" if info.arxiv else "", info.note_in(language()), _guessed(info),
        ]
        st.markdown(" · ".join(safe(fact) for fact in facts if fact) or "—")
        for path in info.paths:
            gone = f" — {t('file_is_gone')}" if path.is_gone else ""
            st.caption(safe(path.path, 300) + gone)
        document, report = library().document(info.id), library().report(info.id)
        headings = [section.heading for section in document.sections if section.heading]
        if report.doubts:
            doubts = clauses(doubt.describe(language())[0] for doubt in report.doubts)
            st.caption(t("doubts", what=safe(doubts, 600)))
        with st.container(horizontal=True):
            st.button(t("open_source"), key="open_text", on_click=open_source, args=(info.id, 0, 0))
            ask_button(info)
            file_button(info)
            if st.button(t("edit"), key="edit"):
                st.session_state.editing = info.id
            is_off = library().settings.network == "off"
            why = t("look_up_off") if is_off else t("look_up_help")
            if st.button(t("look_up"), key="look_up", disabled=is_off, help=why):
                _look_up(info)
            if st.button(t("remove"), key="remove"):
                st.session_state.removing = info.id
        if st.session_state.get("editing") == info.id:
            _edit(document)
        if st.session_state.get("removing") == info.id:
            _ask_to_remove(info)
        scan(info)
        filing(info)
        if headings:
            st.caption(t("sections", names=safe(" · ".join(headings), 400)))
        _summary(document)
        cite_as(info)
        notes(info)
        works(info)
        with st.expander(t("report")):
            _report(report)


def _mark(info: DocumentInfo) -> str:
    """Where the title comes from, if it is not what the file says."""
    if "title" in {item.field for item in info.edited if not item.source}:
        return _behind(t("edited"))
    return _behind(t("guessed")) if "title" in info.guessed else ""


def _guessed(info: DocumentInfo) -> str:
    """Which of the facts below the title are a guess."""
    names = [t(name) for name in ("authors", "year", "venue", "doi", "arxiv") if name in info.guessed]
    return t("guessed_fields", fields=listing(names)) if names else ""


def _behind(words: str) -> str:
    """Words in brackets, as they stand behind others."""
    return words if language() == "zh" else f" {words}"


def _look_up(info: DocumentInfo) -> None:
    """Asks for what is missing or guessed, and says what was set."""
    with errors_shown():
        with st.spinner(t("look_up_asking")):
            row = library().look_up([info.id])[0]
        if row.set:
            st.toast(t("look_up_set", source=safe(row.source), fields=listing(_name(field) for field in row.set)))
        elif row.problem:
            st.toast(safe(row.problem.describe(language())[0], 300))
        elif row.other_title:
            st.toast(t("look_up_other", source=safe(row.source), title=safe(row.other_title)))
        else:
            st.toast(t("look_up_nothing"))
        if row.set:
            st.rerun()


# --- editing


def _edit(document: Document) -> None:
    """The form: every field as it is; what was edited can be given back."""
    fields = {field.name: field for field in fields_of(document.metadata, document.language)}
    with st.form(f"edit_{document.id}"):
        st.caption(t("edit_lead"))
        given: dict[str, Any] = {"title": st.text_input(_label(fields["title"]), _text(fields["title"]),
                                                        key=f"edit_title_{document.id}")}
        given["authors"] = st.text_area(t("edit_authors") + _origin(fields["authors"]),
                                        "\n".join(document.metadata.authors), key=f"edit_authors_{document.id}")
        for column, name in zip(st.columns(len(_NUMBERS)), _NUMBERS, strict=True):
            given[name] = column.text_input(_label(fields[name]), _text(fields[name]),
                                            key=f"edit_{name}_{document.id}")
        given["language"] = st.selectbox(t("doc_language") + _origin(fields["language"]), ("zh", "en"),
                                         ("zh", "en").index(document.language), key=f"edit_language_{document.id}",
                                         format_func=lambda name: t(f"language_{name}"))
        edited = [name for name, field in fields.items() if field.origin in ("edited", "index")]
        clear = st.multiselect(t("edit_clear"), edited, format_func=_name, help=t("edit_clear_help"),
                               placeholder=t("choose"), key=f"edit_clear_{document.id}") if edited else []
        with st.container(horizontal=True):
            saves = st.form_submit_button(t("edit_save"), type="primary", key="edit_save")
            st.form_submit_button(t("cancel"), key="edit_no", on_click=lambda: st.session_state.pop("editing", None))
    if saves:
        _save(document, fields, given, clear)


def _save(document: Document, fields: dict[str, Field], given: dict[str, Any], clear: list[str]) -> None:
    """Sets what is not as it was; a field that is given back is not set as well."""
    given = {**given, "authors": [line for line in given["authors"].splitlines() if line.strip()]}
    was = {**{name: _text(field) for name, field in fields.items()}, "authors": list(document.metadata.authors)}
    changed = {name: value for name, value in given.items() if value != was[name] and name not in clear}
    with errors_shown():
        if changed or clear:
            made = library().edit(document.id, **changed, clear=clear)
            st.toast(t("edit_saved", fields=listing(_name(new.name) for _, new in made.changed())))
        else:
            st.toast(t("edit_same"))
        st.session_state.pop("editing", None)
        st.rerun()


def _text(field: Field) -> str:
    return "" if field.value is None else ", ".join(field.value) if isinstance(field.value, tuple) else str(field.value)


def _said(field: Field) -> str:
    """A field's value as the card says it."""
    return t(f"language_{field.value}") if field.name == "language" else _text(field)


def _name(field: str) -> str:
    return {"title": t("title"), "authors": t("authors"), "year": t("year"), "venue": t("venue"), "doi": t("doi"),
            "arxiv": t("arxiv"), "url": t("url"), "language": t("doc_language")}[field]


def _label(field: Field) -> str:
    return _name(field.name) + _origin(field)


def _origin(field: Field) -> str:
    """Where a field comes from, behind its name: what is not as the file says it."""
    return {"edited": _behind(t("edited")), "guess": _behind(t("guessed"))}.get(field.origin, "")


# --- what it says of itself


@st.cache_data(max_entries=32, show_spinner=False)
def _told(home: str, generation: int, fingerprint: str, document: str) -> Summary:
    """The summary of a document, read once for each state of the library; all but the document is the cache's key."""
    return library().read(document)[0]


def _summary(document: Document) -> None:
    """Draws the part, closed; what it shows is chosen when it is opened."""
    opened = st.expander(t("summary"), on_change="rerun", key=f"summary_{document.id}")
    if not opened.open:
        return
    with opened, errors_shown():
        st.caption(t("summary_lead"))
        status = library().status()
        parts = _told(status.home, status.generation, status.fingerprint or "", document.id).parts
        for part in parts:
            if not part.claims:
                continue
            st.markdown(f"**{safe(sentence(word(part.part, language())))}**")
            for n, claim in enumerate(part.claims):
                place = claim.citations[0]
                st.button(with_formulas(claim.text, 1200), key=f"summary_{part.part}_{n}", type="tertiary",
                          on_click=open_source, args=(document.id, place.start, place.end))
            if part.n_more:
                st.caption(t("summary_more", n=part.n_more))
        if empty := [word(part.part, language()) for part in parts if not part.claims]:
            st.caption(t("summary_empty", parts=safe(listing(empty))))


# --- what was read


def _report(report: ReadingReport) -> None:
    size = {"kind": kind_name(report.kind), "pages": f"{report.n_pages:,}", "characters": f"{report.n_characters:,}",
            "passages": f"{report.n_passages:,}"}
    read = t("report_size", **size) if report.n_pages else t("report_size_unpaged", **size)
    parts = [f"{word(kind, language())} {n:,}" for kind, n in report.parts.items() if n]
    status = "" if report.status == "ok" else beside(word(report.status, language()))
    st.markdown(f"**{t('report_read')}** {safe(' · '.join([read + status, *parts]), 600)}")
    if report.nearly_empty:
        st.caption(t("report_empty", pages=safe(pages_in_words(report.nearly_empty))))
    if report.recognised:
        st.caption(safe(t("report_recognised", pages=pages_in_words([page for page, _ in report.recognised]),
                          sure=report.sure_in_words()), 400))
    show_rows([{t("report_field"): _name(field.name), t("report_value"): one_line(_said(field), 400) or "—",
                t("report_origin"): _from(field)} for field in report.fields])
    if report.left_out:
        st.markdown(f"**{t('report_left_out')}**")
        show_rows([{t("report_what"): item.name(language()), t("report_why"): item.why(language()),
                    t("report_pages"): pages_in_words(item.pages),
                    t("report_some"): one_line(" · ".join(item.texts), 200)} for item in report.left_out])
    elif report.n_characters:
        st.caption(t("report_nothing"))
    if report.notes:
        said = "；" if language() == "zh" else "; "
        st.markdown(f"**{t('report_notes')}** {safe(said.join(note.in_(language()) for note in report.notes), 600)}")


def _from(field: Field) -> str:
    if field.name == "language" and field.origin == "file":
        return t("origin_letters")
    return {"file": t("origin_file"), "beside": t("origin_beside"), "guess": t("origin_guess"),
            "missing": t("origin_missing"), "edited": t("origin_edited", when=field.when[:10]),
            "index": t("origin_index", when=field.when[:10], source=safe(field.source))}[field.origin]


# --- taking it out


def _ask_to_remove(info: DocumentInfo) -> None:
    st.warning(t("remove_sure", title=safe(info.title)))
    with st.container(horizontal=True):
        st.button(t("remove_yes"), key="remove_yes", type="primary", on_click=_remove, args=(info,))
        st.button(t("cancel"), key="remove_no", on_click=lambda: st.session_state.pop("removing", None))


def _remove(info: DocumentInfo) -> None:
    st.session_state.pop("removing", None)
    with errors_shown():
        removal = library().remove([info.id])
        if st.session_state.get("source", {}).get("document") == info.id:
            close_source()
        st.toast(t("removed", title=safe(info.title)))
        for note in removal.notes:
            st.toast(safe(note.in_(language()), 400))
