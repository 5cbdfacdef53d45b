"""Questions to go on with after an answer: looked for one answer after the other, and only while nobody waits for an
answer (`KnowledgeBase.related` stands aside).

Each costs as much as an answer. Looked for in the page's own run, those of ten readers kept the answers of the others
waiting.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st
from kb_app.i18n import t
from kb_app.state import errors_shown, library
from kb_app.view import safe

from kb import Answer

_worker = ThreadPoolExecutor(1, "onward")


def onward(answer: Answer, turn: int) -> None:
    """Draws a button for each, once they are known; there are none after an answer that cites nothing."""
    if not any(claim.citations for claim in answer.claims):
        return
    known: dict[tuple[str, str], Future[tuple[str, ...]]] = st.session_state.setdefault("related", {})
    key = answer.question, st.session_state.get("conversation", "")
    if key not in known:
        for other in known.values():
            other.cancel()
        known.clear()
        known[key] = _worker.submit(library().related, answer)
    if not known[key].done():
        st.fragment(_look_again, run_every=0.5)(known[key])
        return
    with errors_shown():
        if found := known[key].result():
            st.caption(t("related"))
            with st.container(horizontal=True, gap="xsmall", key="related_questions"):
                for i, question in enumerate(found):
                    st.button(safe(question), key=f"related{turn}-{i}", on_click=_pick, args=(question,))


def _look_again(found: Future[tuple[str, ...]]) -> None:
    if found.done():
        st.rerun()


def _pick(question: str) -> None:
    st.session_state.picked = question
