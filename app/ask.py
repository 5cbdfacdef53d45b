"""The Ask page: questions, answers with citation chips, and the source they open."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
from kb_app import feedback
from kb_app.answers import draw, quotes
from kb_app.chats import Turn, as_kept, from_address, keep, new_chat, sidebar
from kb_app.components import STATIC, key_pressed
from kb_app.first import adding, examples, welcome
from kb_app.i18n import t
from kb_app.listed import counted, listed
from kb_app.onward import asking, onward
from kb_app.scope_bar import chosen, from_other_pages, scope_bar
from kb_app.source_panel import source_panel
from kb_app.state import close_source, errors_shown, library, source_from_address
from kb_app.view import safe, with_formulas
from kb_app.written import follow, number

from kb import Answer
from kb.types import DocumentInfo, Status

_YOU, _KB = str(STATIC / "you.png"), str(STATIC / "icon.png")


def page() -> None:
    """Draws the page."""
    from_address()
    source_from_address()
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    pressed = key_pressed("source" in st.session_state, key="keys", turns=len(turns))
    if pressed == "close" and "source" in st.session_state:
        close_source()
        st.rerun()
    if pressed == "new":
        new_chat()
        st.rerun()
    _keep_stopped(turns)
    status = None
    with errors_shown():
        status, infos = counted(), listed()
    if status is None:
        return
    if not status.documents:
        welcome()
        return
    from_other_pages(infos)
    sidebar()
    question = st.chat_input(t("ask_input"), key="question", max_chars=8000) or st.session_state.pop("picked", None)
    again = st.session_state.pop("again", None)
    if "source" in st.session_state:
        chat, source = st.columns([6, 5], gap="large")
        with source:
            source_panel(_places(turns))
    else:
        chat = st.container()
    with chat:
        if question or again:
            _chat(turns, status, infos, is_asking=True)
            _ask(turns, *(again or (question, None, ())), status.passages)
        else:
            _chat(turns, status, infos)


def _ask(turns: list[Turn], question: str, rewritten: str | None, without: tuple[str, ...], n_passages: int) -> None:
    """Answers a question: the library's own sentences at once, then the model's as they come. rewritten: what to ask
    instead, as it stands; without: other names that are not to be searched."""
    uses_model, scope = bool(st.session_state.get("use_llm")), chosen()
    with st.chat_message("user", avatar=_YOU):
        st.markdown(safe(question, 8000))
    here = st.chat_message("assistant", avatar=_KB)
    for _ in range(3):  # in the places of the first page's examples, which would stay in view until the text has come
        st.empty()
    with here, errors_shown():
        with st.spinner(t("reading", passages=f"{n_passages:,}"), show_time=False), asking():
            asked = rewritten or library().condense(question, as_kept(turns), llm=uses_model)
            turns.append(Turn(question, None))
            if not uses_model:
                _settle(turns, library().ask(asked, scope=scope, without=without))
                st.rerun()
        st.button(t("stop"), key="stop_answer")
        answers = library().stream(asked, deep=bool(st.session_state.get("use_deep")), scope=scope, without=without)
        try:
            with st.spinner(t("reading", passages=f"{n_passages:,}"), show_time=False), asking():
                first = next(answers)
            turns[-1] = Turn(question, replace(first, asked=question if asked != question else ""))
            above, below = st.container(), st.container()
            with below:
                quotes(first, number(first), len(turns) - 1, is_live=True)
            with above:
                for answer in follow(answers):
                    turns[-1] = Turn(question, replace(answer, asked=question if asked != question else ""))
                    st.session_state.is_live = True
        finally:
            answers.close()
    if turns and turns[-1].answer is not None:
        _settle(turns, turns[-1].answer)
        st.rerun()


def _settle(turns: list[Turn], answer: Answer) -> None:
    """The last turn is as it will stay: into the log with it."""
    st.session_state.pop("is_live", None)
    question = turns[-1].question
    if not answer.asked and answer.question != question:
        answer = replace(answer, asked=question)
    turns[-1] = Turn(question, answer)
    st.session_state.announce = len(turns) - 1
    keep(answer)


def _keep_stopped(turns: list[Turn]) -> None:
    """An answer that was being written when its page's run was ended: what is there is kept, marked incomplete."""
    if st.session_state.pop("is_live", False) and turns and turns[-1].answer is not None:
        answer = turns[-1].answer
        if answer.written is not None:
            answer = replace(answer, written=replace(answer.written, is_complete=False))
        _settle(turns, answer)


def _chat(turns: list[Turn], status: Status, infos: tuple[DocumentInfo, ...], *, is_asking: bool = False) -> None:
    if not turns and not is_asking:
        st.title(t("ask_title"))
        st.caption(t("ask_lead", documents=status.documents, passages=f"{status.passages:,}"))
        with errors_shown():
            adding()
            examples(infos)
        _head(infos)
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="chat_top"):
        st.title(t("ask"), width="content")
        st.button(t("new_chat"), key="new_chat", help="Alt+N", on_click=new_chat)
    _head(infos)
    said = {}
    with errors_shown():
        said = feedback.known()
    for i, turn in enumerate(turns):
        with st.chat_message("user", avatar=_YOU):
            st.markdown(with_formulas(turn.question, 8000))
            if turn.answer is not None and turn.answer.asked:
                _rewritten(turn, turn.answer, i)
        if turn.is_gone:
            st.caption(t("turn_gone"))
        elif turn.answer is not None:
            with st.chat_message("assistant", avatar=_KB):
                draw(turn.answer, i)
                feedback.verdict(turn.answer, i, said)
                if i == len(turns) - 1 and not is_asking:
                    onward(turn.answer, i)
    if not is_asking:
        st.session_state.pop("announce", None)


def _head(infos: tuple[DocumentInfo, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="chat_head"):
        with errors_shown():
            scope_bar(infos)
        _model_switches()


def _model_switches() -> None:
    """Whether the language model writes, and how deep it looks first."""
    endpoint = None
    with errors_shown():
        endpoint = library().endpoint()
    words = t("use_model_help", model=safe(endpoint.model)) if endpoint else t("use_model_unset")
    if "use_llm" in st.session_state:  # kept while other pages are open, where the switch is not drawn
        st.session_state.use_llm = bool(st.session_state.use_llm and endpoint)
    st.toggle(t("use_model"), key="use_llm", help=words, disabled=endpoint is None, width="content")
    if st.session_state.get("use_llm"):
        st.toggle(t("use_deep"), key="use_deep", help=t("use_deep_help"), width="content")


def _rewritten(turn: Turn, answer: Answer, i: int) -> None:
    """What was asked in place of a follow-up question, and a way to change it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("asked_as", question=safe(answer.question, 1000)), width="content")
        with st.popover(t("edit_question"), key=f"edit{i}"):
            text = st.text_input(t("edit_question"), answer.question, key=f"rewritten{i}", label_visibility="collapsed",
                                 max_chars=8000)
            if st.button(t("ask_again"), key=f"again{i}") and text.strip():
                st.session_state.again = (turn.question, text, ())
                st.rerun()


def _places(turns: list[Turn]) -> tuple[tuple[str, int, int], ...]:
    answer = turns[-1].answer if turns else None
    return tuple((c.document, c.start, c.end) for _, c in number(answer).values()) if answer else ()
