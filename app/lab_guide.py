"""The guide of a lab on its page: what to predict before a run; what to look at, exercises and readings after it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from kb_app.i18n import language, t
from kb_app.view import safe

from kb import labs


def before(name: str) -> None:
    """The idea of the lab, and what to predict."""
    guide = labs.guide_of(name)
    if guide is None:
        return
    lesson = guide.in_(language())
    st.markdown(safe(lesson.idea, 2000))
    st.caption(t("lab_predict"))
    _list(lesson.predict)


def after(name: str) -> None:
    """What to look at, two exercises with their answers folded, what to read next, and the lab that follows."""
    guide = labs.guide_of(name)
    if guide is None:
        return
    lesson = guide.in_(language())
    with st.expander(t("lab_look"), expanded=True):
        _list(lesson.look)
    with st.expander(t("lab_exercises")):
        for i, one in enumerate(lesson.exercises, 1):
            st.markdown(f"**{i}.** {safe(one.ask, 2000)}")
            if st.toggle(t("lab_answer"), key=f"answer-{name}-{i}"):
                st.markdown(safe(one.answer, 2000))
    with st.expander(t("lab_read")):
        _list(guide.reading(language()))
        if guide.after:
            title = labs.get(guide.after).title.in_(language())
            st.markdown(safe(f"{t('lab_next')} {title} ({guide.after})", 300))


def _list(items: Sequence[str]) -> None:
    st.markdown("\n".join(f"- {safe(item, 2000)}" for item in items))
