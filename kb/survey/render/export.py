"""The formats a survey can be had in: name -> file names and contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from kb.errors import SettingError
from kb.messages import one_of
from kb.survey.folder import dumps
from kb.survey.records import STYLES, Style, Survey
from kb.survey.render.bibliography import to_bibtex, to_ris
from kb.survey.render.csl import to_csl
from kb.survey.render.docx import to_docx
from kb.survey.render.html import to_html
from kb.survey.render.latex import to_latex
from kb.survey.render.markdown import to_figures, to_markdown
from kb.types import Document

FORMATS: dict[str, tuple[str, ...]] = {
    "markdown": ("survey.md", ), "latex": ("survey.tex", "references.bib"), "docx": ("survey.docx", ),
    "html": ("survey.html", ), "ris": ("references.ris", ), "bibtex": ("references.bib", ),
    "csl": ("references.json", ), "json": ("survey.json", )
}


_RENDERERS: dict[str, Callable[[Survey], str]] = {
    "survey.md": to_markdown, "survey.tex": to_latex, "references.bib": to_bibtex, "references.ris": to_ris,
    "references.json": to_csl
}


def export(survey: Survey, kind: str, documents: Mapping[str, Document],
           style: Style | None = None) -> dict[str, bytes]:
    """file name -> bytes; beside Markdown its figures. style: of the references, instead of the survey's own.

    Errors: SettingError for an unknown format or style.
    """
    if kind not in FORMATS or (style is not None and style not in STYLES):
        raise SettingError("E_SETTING", name="--format" if kind not in FORMATS else "--style",
                           value=kind if kind not in FORMATS else style,
                           detail=one_of(FORMATS if kind not in FORMATS else STYLES))
    if style is not None:
        survey = replace(survey, request=replace(survey.request, style=style))
    made: dict[str, bytes] = {}
    for name in FORMATS[kind]:
        if name == "survey.docx":
            made[name] = to_docx(survey)
        else:
            made[name] = _text(survey, name, documents).encode("utf-8", "replace")
    if kind == "markdown":
        made.update((name, text.encode("utf-8", "replace")) for name, text in to_figures(survey).items())
    return made


def _text(survey: Survey, name: str, documents: Mapping[str, Document]) -> str:
    if name == "survey.html":
        return to_html(survey, documents)
    if name == "survey.json":
        return dumps(survey.to_dict())
    return _RENDERERS[name](survey)
