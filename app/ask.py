"""The Ask page: questions, answers with citation chips, and the source they open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import streamlit as st
from kb_app import feedback
from kb_app.answers import draw, quotes
from kb_app.chats import Turn, as_kept, from_address, keep, new_chat, sidebar
from kb_app.components import STATIC, key_pressed
from kb_app.first import adding, examples, welcome
from kb_app.i18n import t
from kb_app.listed import counted, listed
from kb_app.meanwhile import Asked
from kb_app.onward import onward
from kb_app.scope_bar import from_other_pages, scope_bar
from kb_app.source_panel import source_panel
from kb_app.state import close_source, errors_shown, library, n_opened, source_from_address
from kb_app.view import safe, with_formulas
from kb_app.written import follow, number
from streamlit.delta_generator import DeltaGenerator

from kb import Answer
from kb.types import DocumentInfo, Feedback, Status

_YOU, _KB = str(STATIC / "you.png"), str(STATIC / "icon.png")


def page() -> None:
    """Draws the page."""
    from_address()
    source_from_address()
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    is_asking = bool(st.session_state.get("question")) or "picked" in st.session_state or "again" in st.session_state
    pressed = key_pressed(n_opened(), key="keys", turns=len(turns) + is_asking)
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
    # No max_chars: its count would be read after each key. Too long a question is refused by the library, in words.
    question = st.chat_input(t("ask_input"), key="question") or st.session_state.pop("picked", None)
    again = st.session_state.pop("again", None)
    chat, source = (st.columns([6, 5], gap="large") if "source" in st.session_state else (st.container(), None))
    rest = cache(partial(_rest, turns, source))
    if not (question or again):
        rest()
    with chat:
        if question or again:
            asked = Asked(*(again or (question, None, ())), as_kept(turns))
            _chat(turns, status, infos, is_asking=True)
            _ask(turns, asked, status.passages, rest)
        else:
            _chat(turns, status, infos)
    rest()


def _rest(turns: list[Turn], source: DeltaGenerator | None) -> None:
    """What stands beside the conversation."""
    sidebar()
    if source is not None:
        with source:
            source_panel(_places(turns))


def _ask(turns: list[Turn], asked: Asked, n_passages: int, rest: Callable[[], None]) -> None:
    """Draws the answer to a question: the library's own sentences at once, then the model's as they come. rest: draws
    the rest of the page, once."""
    is_first = not turns
    user = st.chat_message("user", avatar=_YOU)
    with user:
        st.markdown(with_formulas(asked.question, 8000))
    there, waiting = st.empty(), st.empty()  # where the answer will stand, and until then
    for _ in range(2):  # in the places of the first page's examples, which would stay in view until the text has come
        st.empty()
    turns.append(Turn(asked.question, None))
    turn = len(turns) - 1
    with waiting.chat_message("assistant", avatar=_KB), errors_shown():
        if asked.uses_model:
            _write(turns, asked, n_passages, rest)
        try:
            is_late = not asked.is_there()
            if is_late:
                _wait(asked, n_passages, turn, rest)
        finally:  # a press meanwhile ends the drawing, and takes no answer away
            answer = _settle(turns, asked.first())
        if is_late and (is_first or "source" in st.session_state):  # what was drawn beside it is not true any more
            st.rerun()
        waiting.empty()
        with user:
            _rewritten(turns[turn], turn)
        with there.chat_message("assistant", avatar=_KB):
            _answered(answer, turn, feedback.known(), is_last=True)
        st.session_state.pop("announce", None)


def _wait(asked: Asked, n_passages: int, turn: int, rest: Callable[[], None]) -> None:
    """Draws what was found, and the rest of the page, until the answer is there."""
    asked.show_found(turn)
    with st.spinner(t("reading", passages=f"{n_passages:,}"), show_time=False):
        rest()
        asked.wait()


def _write(turns: list[Turn], asked: Asked, n_passages: int, rest: Callable[[], None]) -> None:
    """Has a language model write: first the library's own sentences, then the model's as they come. Ends the run."""
    question, turn = asked.question, len(turns) - 1
    st.button(t("stop"), key="stop_answer")
    try:
        early = st.empty()
        if not asked.is_there():
            with early.container():
                _wait(asked, n_passages, turn, rest)
            early.empty()
        rest()
        first = asked.first()
        turns[-1] = Turn(question, _as_asked(first, question))
        above, below = st.container(), st.container()
        with below:
            quotes(first, number(first), turn, is_live=True)
        with above:
            for answer in follow(asked.answers):
                turns[-1] = Turn(question, _as_asked(answer, question))
                st.session_state.is_live = True
    finally:
        asked.close()
    last = turns[-1].answer
    if last is not None:
        _settle(turns, last)
    st.rerun()


def _as_asked(answer: Answer, question: str) -> Answer:
    """An answer with what was typed, where something else was asked instead."""
    return replace(answer, asked=question) if not answer.asked and answer.question != question else answer


def _settle(turns: list[Turn], answer: Answer) -> Answer:
    """The last turn is as it will stay: into the log with it. Gives its answer."""
    st.session_state.pop("is_live", None)
    answer = _as_asked(answer, turns[-1].question)
    turns[-1] = Turn(turns[-1].question, answer)
    st.session_state.announce = len(turns) - 1
    keep(answer)
    return answer


def _keep_stopped(turns: list[Turn]) -> None:
    """An answer that was being written when its page's run was ended: what is there is kept, marked incomplete."""
    if st.session_state.pop("is_live", False) and turns and turns[-1].answer is not None:
        answer = turns[-1].answer
        if answer.written is not None:
            answer = replace(answer, written=replace(answer.written, is_complete=False))
        _settle(turns, answer)


def _chat(turns: list[Turn], status: Status, infos: tuple[DocumentInfo, ...], *, is_asking: bool = False) -> None:
    if not turns and not is_asking:
        st.title(t("ask_title"), anchor=False)
        st.caption(t("ask_lead", documents=status.documents, passages=f"{status.passages:,}"))
        with errors_shown():
            adding()
            examples(infos)
        _head(infos)
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="chat_top"):
        st.title(t("ask"), width="content", anchor=False)
        st.button(t("new_chat"), key="new_chat", help="Alt+N", on_click=new_chat)
    _head(infos)
    said = {}
    with errors_shown():
        said = feedback.known()
    for i, turn in enumerate(turns):
        with st.chat_message("user", avatar=_YOU):
            st.markdown(with_formulas(turn.question, 8000))
            _rewritten(turn, i)
        if turn.is_gone:
            st.caption(t("turn_gone"))
        elif turn.answer is not None:
            with st.chat_message("assistant", avatar=_KB):
                _answered(turn.answer, i, said, is_last=i == len(turns) - 1 and not is_asking)
    if not is_asking:
        st.session_state.pop("announce", None)


def _answered(answer: Answer, i: int, said: dict[str, Feedback], *, is_last: bool) -> None:
    draw(answer, i)
    feedback.verdict(answer, i, said)
    if is_last:
        onward(answer, i)


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


def _rewritten(turn: Turn, i: int) -> None:
    """What was asked in place of a follow-up question, and a way to change it; nothing where it was asked as it is."""
    answer = turn.answer
    if answer is None or not answer.asked:
        return
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
