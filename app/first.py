"""The first minute: what this is, a sample or one's own files, and questions that the library answers."""

from __future__ import annotations

import threading

import streamlit as st
from kb_app.answers import short
from kb_app.i18n import language, t
from kb_app.jobs import LOOKED, said_of, share_done, steps_of
from kb_app.state import bundled_corpus, errors_shown, library, told
from kb_app.suggested import look
from kb_app.view import safe

from kb.readers import SUPPORTED
from kb.runs.jobs import RunInfo, list_jobs, recent_events, start_job, stop
from kb.text import guess_language
from kb.types import DocumentInfo

_SUFFIXES = [suffix.removeprefix(".") for suffix in SUPPORTED]
_MOST = 4  # examples


# --- an empty library


def welcome() -> None:
    """What this is, and two ways to begin; while documents come, how far that is."""
    with st.container(key="welcome"):
        st.title(t("app"), anchor=False)
        st.markdown(t("welcome"))
        if adding():
            return
        _ended()
        corpus = bundled_corpus()
        sample, own = st.columns(2, gap="large") if corpus is not None else (None, st.container())
        if sample is not None and corpus is not None:
            with sample:
                st.header(t("first_sample"), anchor=False)
                st.markdown(t("first_sample_lead"))
                if st.button(t("first_sample_go"), key="first_sample", type="primary"):
                    _add([*sorted(str(file) for file in corpus.glob("*.md")), str(corpus / "papers")])
        with own:
            st.header(t("first_own"), anchor=False)
            st.markdown(t("first_own_lead"))
            uploads = st.file_uploader(t("first_files"), type=_SUFFIXES, accept_multiple_files=True, key="first_files")
            if uploads and st.button(t("upload_go"), key="first_go", type="primary"):
                with errors_shown():
                    _add([str(library().add_upload(upload.name, upload.getvalue())) for upload in uploads])
        if st.button(t("open_library"), key="open_library", type="tertiary"):
            st.switch_page(st.session_state.pages["library"])


def _add(paths: list[str]) -> None:
    start_job(library().home, "add", ["add", "--", *paths])
    st.rerun()


def adding() -> bool:
    """Whether documents are being added; draws how far that is."""
    job = _adds()
    if job is not None:
        st.fragment(_progress, run_every=1.0)(job.id)
    return job is not None


def _adds() -> RunInfo | None:
    return next((job for job in list_jobs(library().home)[:5] if job.is_active and job.kind in ("add", "sync")), None)


def _progress(job: str) -> None:
    found = _adds()
    if found is None or found.id != job:
        st.rerun()
        return
    steps = steps_of(recent_events(found.folder, "progress", LOOKED))
    bar, button = st.columns([5, 1], vertical_alignment="center")
    done = share_done(steps)
    said = said_of(steps[0]) if steps else t("phase_look")
    bar.progress(done, text=f"{t('working_' + found.kind)} · {done:.0%} · {said}")
    if button.button(t("stop"), key="first_stop"):
        stop(found.folder)


def _ended() -> None:
    """Where the last attempt to add something left the library empty: why, in words."""
    job = next((job for job in list_jobs(library().home)[:5] if job.kind == "add"), None)
    if job is None or job.status == "done" and not job.metrics.get("failed"):
        return
    words = job.error["zh" if language() == "zh" else "en"] if job.error else []
    st.warning(t("first_failed") + ("  \n" + safe(told(words), 400) if words else ""))


def nothing_yet() -> None:
    """What another page says while there are no documents, and the way to the first ones."""
    st.info(t("empty_lead"))
    if st.button(t("add_documents"), key="add_first", type="primary"):
        st.switch_page(st.session_state.pages["library"])


# --- questions to begin with


@st.cache_resource(show_spinner=False)
def _kept() -> dict[str, list[str] | None]:
    """State of the library -> its examples, None while they are looked for."""
    return {}


def examples(infos: tuple[DocumentInfo, ...]) -> None:
    """Draws questions that this library answers, those in the reader's language first; they are looked for once."""
    state = f"{library().home} {library().encoder_name} {hash(tuple(info.id for info in infos))}"
    known = _kept()
    if state not in known:
        known[state] = None
        threading.Thread(target=_look, args=(state, known), daemon=True).start()
    if known[state] is None:
        st.fragment(_waiting, run_every=0.5)(state)
        return
    made = sorted(known[state] or [], key=lambda question: guess_language(question) != language())
    made += [t("example_about", title=short(info.title, 40)) for info in infos[:3]] if len(made) < 2 else []
    st.caption(t("examples"))
    with st.container(horizontal=True, key="examples"):
        for i, example in enumerate(made[:_MOST]):
            st.button(safe(example), key=f"example{i}", on_click=_pick, args=(example,))


def _look(state: str, known: dict[str, list[str] | None]) -> None:
    found = look()
    known.clear()
    known[state] = found


def _waiting(state: str) -> None:
    if _kept().get(state, []) is not None:
        st.rerun()
    st.caption(t("examples_looking"))


def _pick(question: str) -> None:
    st.session_state.picked = question
