"""The documents by meaning, by year, and those that need a look: views of the Library page.

Reads: DocumentMap, DocumentInfo, ReadingReport.  Draws: v2 components that tell which document was pressed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st
from kb_app.components import script, static
from kb_app.i18n import clauses, language, listing, t
from kb_app.listed import state
from kb_app.state import library
from kb_app.view import safe

from kb.base.reading import ReadingReport
from kb.survey.glossary import concepts
from kb.text import one_line
from kb.types import DocumentInfo, DocumentMap, Scope

_LONGEST = 160  # characters of a title
_REPORTS = 200  # documents that need a look and are listed


def map_view(scope: Scope | None) -> str | None:
    """Draws the map; gives the document that was pressed."""
    found = _map(*state(), scope)
    st.caption(t("map_lead") + ("" if found.kept is None else f" {t('map_kept', share=f'{found.kept:.0%}')}"))
    if found.unplaced:
        st.caption(t("map_unplaced", n=len(found.unplaced)))
    return _dots(drawn_map(found), "map") if found.places else None


@st.cache_resource(max_entries=4, show_spinner=False)
def _map(home: str, generation: int, scope: Scope | None) -> DocumentMap:
    """Laid out once for each state of the library; all but the scope is the cache's key."""
    with st.spinner(t("map_making")):
        return library().map(scope)


def drawn_map(found: DocumentMap) -> dict[str, Any]:
    """What the component is given."""
    terms = {group.number: [_in_language(term) for term in group.terms] for group in found.groups}
    names = {number: listing(one_line(term, 40) for term in own) for number, own in terms.items()}
    parts = [{"by": "group", "is": group.number,
              "text": t("map_group", terms=names[group.number] or t("map_unnamed", n=group.number + 1),
                        n=group.documents)} for group in found.groups]
    labels = [{"x": group.x, "y": group.y, "group": group.number,
               "terms": [one_line(term, 36) for term in terms[group.number][:2]]}
              for group in found.groups if group.terms]
    points = [{"id": place.document, "title": one_line(place.title, _LONGEST), "said": str(place.year or ""),
               "x": place.x, "y": place.y, "group": place.group} for place in found.places]
    return {"by": "meaning", "points": points, "labels": labels, "between": listing(["", ""]), "parts": parts,
            "legend": [], "words": {"picture": t("map_documents"), "list": t("map_list")}}


def _in_language(term: str) -> str:
    """A term of the documents as the page's language calls it; as it is where no such name is known."""
    if term.isascii() == (language() == "en") or term.isupper():  # GPTQ is called so in Chinese as well
        return term
    singular = term.casefold().removesuffix("s")
    own = ((zh if term.isascii() else en) for en, zh in concepts()
           if term == zh or singular == en.casefold().removesuffix("s"))
    return next(own, term)


def time_view(infos: Sequence[DocumentInfo]) -> str | None:
    """Draws the timeline; gives the document that was pressed."""
    dated = [info for info in infos if info.year]
    st.caption(t("time_lead") + (f" {t('time_undated', n=len(infos) - len(dated))}" if len(dated) < len(infos) else ""))
    return _dots(drawn_years(dated), "timeline") if dated else None


def drawn_years(dated: Sequence[DocumentInfo]) -> dict[str, Any]:
    """What the component is given: documents that have a year, the latest years first."""
    counts = Counter(info.year for info in dated)
    parts = [{"by": "year", "is": year, "text": t("time_year", year=year, n=counts[year])}
             for year in sorted(counts, key=lambda year: -(year or 0))]
    points = [{"id": info.id, "title": one_line(info.title, _LONGEST), "year": info.year,
               "said": listing(one_line(name, 40) for name in info.authors[:2]),
               "group": 0 if info.language == "en" else 1}
              for info in sorted(dated, key=lambda info: (info.language, info.title))]
    return {"by": "year", "points": points, "labels": [], "parts": parts,
            "legend": [{"group": 0, "text": t("language_en")}, {"group": 1, "text": t("language_zh")}],
            "words": {"picture": t("time_documents"), "list": t("map_list")}}


def _dots(data: dict[str, Any], key: str) -> str | None:
    mount = st.components.v2.component("kb_dots", html="<div class='kb'></div>", css=static("dots.css"),
                                       js=script("dots.js"))
    opened = mount(data=data, key=key, on_opened_change=lambda: None).get("opened")
    return None if opened is None else str(opened)


def report_view(infos: Sequence[DocumentInfo]) -> str | None:
    """Draws what needs a look; gives the document that was pressed."""
    st.caption(t("report_view_lead"))
    there = {info.id for info in infos}
    reports = [report for report in _doubtful(*state()) if report.document in there]
    if not reports:
        st.info(t("report_view_none"))
    pressed = None
    for report in reports[:_REPORTS]:
        with st.container(gap="xxsmall"):
            if st.button(safe(report.title or report.document, 160), key=f"doubt_{report.document}", type="tertiary"):
                pressed = report.document
            st.caption(safe(clauses(doubt.describe(language())[0] for doubt in report.doubts), 500))
    if len(reports) > _REPORTS:
        st.caption(t("report_more", n=len(reports) - _REPORTS))
    return pressed


@st.cache_resource(max_entries=2, show_spinner=False)
def _doubtful(home: str, generation: int) -> tuple[ReadingReport, ...]:
    """Looked for once for each state of the library."""
    with st.spinner(t("report_looking")):
        return library().doubtful()
