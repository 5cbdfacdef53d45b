"""Below an answer: whether it is right, and if not, where the answer stands. Kept in the library; `kb eval` asks it."""

from __future__ import annotations

import streamlit as st
from kb_app.i18n import t
from kb_app.state import errors_shown, library

from kb import Answer
from kb.types import Feedback


def known() -> dict[str, Feedback]:
    """What was said so far, by question."""
    return {_key(said.question): said for said in library().feedback()}


def verdict(answer: Answer, turn: int, said: dict[str, Feedback]) -> None:
    """Draws what was said of this answer, or asks for it."""
    before = said.get(_key(answer.question))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"verdict{turn}"):
        if before is not None:
            words = t("judged_right") if before.is_right else t("judged_place") if before.quote else t(
                "judged_absent") if before.is_absent else t("judged_wrong")
            st.caption(words, width="content")
            st.button(t("judge_undo"), key=f"undo{turn}", on_click=_undo, args=(before.id,), type="tertiary")
            return
        st.caption(t("judge_lead"), width="content")
        st.button(t("judge_right"), key=f"right{turn}", on_click=_right, args=(answer,), type="tertiary",
                  help=t("judge_help"))
        with st.popover(t("judge_wrong"), key=f"wrong{turn}", width="content", type="tertiary"), errors_shown():
            quote = st.text_area(t("judge_quote"), key=f"quote{turn}", help=t("judge_quote_help"), max_chars=4000)
            is_absent = st.checkbox(t("judge_absent"), key=f"absent{turn}")
            if st.button(t("judge_save"), key=f"judge{turn}", type="primary"):
                library().judge(answer, False, quote=quote, is_absent=is_absent)
                st.rerun()


def _right(answer: Answer) -> None:
    with errors_shown():
        library().judge(answer, True)


def _undo(feedback: str) -> None:
    with errors_shown():
        library().remove_feedback(feedback)


def _key(question: str) -> str:
    return " ".join(question.casefold().split())
