"""What a screen reader is told beside what it reads, each thing once, and where the focus goes then.

The page has one region for it (static/tell.js), which outlives what is drawn anew.
"""

from __future__ import annotations

import time

import streamlit as st
from kb_app.components import told

_BETWEEN = 20.0  # seconds between two words on one stage of some work


def tell(key: str, once: str, said: str = "", *, to: str = "", anyway: bool = False) -> None:
    """Has it said, where nothing of the same `once` was told before. to: what gets the focus, by a selector, where
    nothing has it; anyway: even then, where a key was pressed last."""
    with st.container(key=f"told-{key}"):  # takes no room: static/main.css
        told({"once": once, "said": said, "to": to, "anyway": anyway}, f"told_{key}")


def tell_progress(work: str, stage: str, said: str) -> None:
    """Tells how far some work is: each stage as it begins, and within one no more than now and then."""
    now = time.monotonic()
    before, at, words = st.session_state.get("progress_told", (None, 0.0, ""))
    if before != (work, stage) or (words != said and now - at > _BETWEEN):
        st.session_state.progress_told = (work, stage), now, said
        st.session_state.n_progress = st.session_state.get("n_progress", 0) + 1
    tell("progress", f"progress {st.session_state.n_progress}", st.session_state.progress_told[2])
