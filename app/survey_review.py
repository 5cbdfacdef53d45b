"""The second opinion beside a survey: what a reviewer would object to, each with its place and a way to its source."""

from __future__ import annotations

import streamlit as st
from kb_app.i18n import language, t
from kb_app.state import library, open_source, sentence
from kb_app.view import safe

from kb.survey import OBJECTIONS, Remark, Survey
from kb.types import Language

_OPEN = ("untrue", "unfinished", "thin", "no_comparison", "said_twice")  # kinds that are shown unfolded


def opinion(survey: Survey) -> None:
    """Draws the objections by kind, those about truth and sections unfolded."""
    reader: Language = "zh" if language() == "zh" else "en"
    found = library().surveyor().review(survey)
    st.subheader(t("survey_review"), anchor=False)
    if not found.remarks:
        st.caption(t("survey_review_none"))
    for kind, name in OBJECTIONS.items():
        remarks = found.of(kind)
        if remarks:
            with st.expander(f"{safe(sentence(name.in_(reader)))} · {len(remarks)}", expanded=kind in _OPEN):
                for i, remark in enumerate(remarks):
                    _remark(survey, remark, reader, f"review_{kind}_{i}")


def _remark(survey: Survey, remark: Remark, reader: Language, key: str) -> None:
    said = f" “{safe(remark.text, 120)}”" if remark.text else ""
    where = f"**{safe(remark.heading, 120)}** · " if remark.heading else ""
    st.markdown(f"{where}{safe(remark.words.in_(reader), 300)}{said}")
    row = next((row for row in survey.evidence if row.sentence == remark.sentence), None)
    if row and st.button(t("survey_review_open"), key=key, type="tertiary"):
        open_source(row.document, row.start, row.end)
        st.rerun()
