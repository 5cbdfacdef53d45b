"""The guide of a lab on its page: what to predict before a run; what to look at, exercises and readings after it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st
from kb_app.i18n import language, t
from kb_app.lab_words import CHOICES
from kb_app.state import sentence
from kb_app.view import safe

from kb import labs
from kb.labs import Lab, Param
from kb.messages import words_of

_SETTING = re.compile(r"( ?)\b([a-z_]+)=([\w-]+(?:\.\d+)?(?:, \d+(?:\.\d+)?)*)( ?)")


def before(lab: Lab) -> None:
    """The idea of the lab, and what to predict."""
    guide = labs.guide_of(lab.name)
    if guide is None:
        return
    lesson = guide.in_(language())
    st.markdown(safe(lesson.idea, 2000))
    st.caption(t("lab_predict"))
    _list([in_words(one, lab) for one in lesson.predict])


def after(lab: Lab) -> None:
    """What to look at, two exercises with their answers folded, what to read next, and the lab that follows."""
    guide = labs.guide_of(lab.name)
    if guide is None:
        return
    lesson = guide.in_(language())
    with st.expander(t("lab_look"), expanded=True):
        _list([in_words(one, lab) for one in lesson.look])
    with st.expander(t("lab_exercises")):
        for i, one in enumerate(lesson.exercises, 1):
            st.markdown(f"**{i}.** {safe(in_words(one.ask, lab), 2000)}")
            if st.toggle(t("lab_answer"), key=f"answer-{lab.name}-{i}"):
                st.markdown(safe(in_words(one.answer, lab), 2000))
    with st.expander(t("lab_read")):
        _list([sentence(title) for title in guide.titles(language())])
        if guide.after:
            title = labs.get(guide.after).title.in_(language())
            st.markdown(safe(t("lab_next", title=title), 300))


def in_words(text: str, lab: Lab) -> str:
    """A text of a guide, with the settings that it names (mask=causal) as the form has them (“mask: causal”)."""
    params = {param.name: param for param in lab.params}

    def said(found: re.Match[str]) -> str:
        before, name, value, after = found.groups()
        if name not in params:
            return found[0]
        label = sentence(words_of(params[name].label).in_(language()))
        words = t("lab_setting", name=label, value=value_in_words(params[name], value))
        return words if language() == "zh" else f"{before}{words}{after}"
    return _SETTING.sub(said, text)


def value_in_words(param: Param, value: str) -> str:
    """What the form shows for a value of a parameter."""
    if param.kind == "bool":
        return t("lab_on") if value == "true" else t("lab_off")
    return CHOICES[value].in_(language()) if param.kind == "choice" and value in CHOICES else value


def _list(items: Sequence[str]) -> None:
    st.markdown("\n".join(f"- {safe(item, 2000)}" for item in items))
