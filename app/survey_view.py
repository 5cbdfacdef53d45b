"""A finished survey on the page: its text with chips that open the source, its tables, its self-audit, its exports."""

from __future__ import annotations

import io
import zipfile
from functools import partial

import streamlit as st
from kb_app.components import answer_text
from kb_app.i18n import language, t
from kb_app.rows import show_rows
from kb_app.state import library, open_source
from kb_app.view import safe

from kb.survey import Survey
from kb.survey.render.drawing import to_svg
from kb.survey.render.layout import Block, Layout, Piece
from kb.survey.words import audit_label
from kb.types import Language

_EXPORTS = (("markdown", "Markdown", "zip"), ("latex", "LaTeX + BibTeX", "zip"), ("docx", "DOCX", "docx"),
            ("html", "HTML", "html"), ("ris", "RIS", "ris"), ("bibtex", "BibTeX", "bib"),
            ("csl", "CSL JSON", "csl.json"), ("json", "JSON", "json"))


def show(survey: Survey) -> None:
    """Draws the survey."""
    st.header(safe(survey.title), anchor=False)
    _badge(survey)
    _exports(survey)
    with st.container(border=True, key="survey_banner"):  # an st.info would be read each time the page is drawn
        st.caption(safe(survey.banner, 600))
    layout = Layout(survey)
    for i, block in enumerate(layout.blocks()):
        if block.kind in ("heading", "paragraph", "table", "references", "list", "note", "figure"):
            _block(block, layout, f"survey{i}")


def places(survey: Survey) -> tuple[tuple[str, int, int], ...]:
    """All quotes, for the source panel to mark the others on a page."""
    return tuple((row.document, row.start, row.end) for row in survey.evidence)


def _badge(survey: Survey) -> None:
    reader: Language = "zh" if language() == "zh" else "en"
    found = library().surveyor().audit(survey)
    st.badge(t("survey_sound") if found.is_sound else t("survey_unsound"), color="green" if found.is_sound else "red")
    with st.expander(t("survey_audit")):
        rows = [{t("survey_measure"): audit_label(name, reader), t("survey_value"): _number(value)}
                for name, value in found.to_dict().items() if name != "broken"]
        show_rows(rows)
        for line in found.broken:
            st.error(safe(line))


def _number(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _exports(survey: Survey) -> None:
    """A button for each format; a file is made when its button is pressed."""
    surveyor = library().surveyor()

    def data(kind: str) -> bytes:
        made = surveyor.export(survey, kind)
        if len(made) == 1:
            return next(iter(made.values()))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in made.items():
                archive.writestr(zipfile.ZipInfo(name), content)
        return packed.getvalue()

    with st.container(horizontal=True, key="survey_exports"):
        for kind, label, suffix in _EXPORTS:
            st.download_button(safe(label), partial(data, kind), f"survey.{suffix}", key=f"export_{kind}",
                               on_click="ignore")


def _block(block: Block, layout: Layout, key: str) -> None:
    if block.kind == "heading" and block.level == 1:
        st.subheader(f"{block.number} {safe(block.text)}", anchor=False)
    elif block.kind == "heading":
        st.markdown(f"**{block.number} {safe(block.text)}**")
    elif block.kind == "paragraph":
        _paragraph(block, layout, key)
    elif block.kind == "note":
        show = st.warning if layout.survey.missing else st.caption
        show(safe(block.text, 400))
    elif block.kind == "table":
        head = [piece.frame for piece in block.rows[0]]
        rows = [dict(zip(head, (_plain(piece, layout) for piece in row), strict=True)) for row in block.rows[1:]]
        show_rows(rows)
    elif block.drawing is not None:
        with st.container(key=f"survey_figure_{key}"):
            st.image(to_svg(block.drawing), caption=safe(block.text, 300), width="stretch",
                     alt=block.drawing.description)
    elif block.kind == "references":
        st.markdown("\n\n".join(safe(f"{row[0].frame} {row[0].text}", 900) for row in block.rows))
    elif len(block.rows) <= 12:
        st.markdown(_listed(block))
    else:
        with st.expander(t("survey_all", n=len(block.rows))):
            st.markdown(_listed(block))


def _listed(block: Block) -> str:
    """A list as Markdown, with the depth that a line's leading spaces give."""
    lines = []
    for (piece,) in block.rows:
        depth = (len(piece.frame) - len(piece.frame.lstrip())) // 2
        lines.append(f"{'    ' * depth}- {safe(piece.frame)}" + (f": {safe(piece.text)}" if piece.text else ""))
    return "\n".join(lines)


def _plain(piece: Piece, layout: Layout) -> str:
    _, text, mark = layout.spoken(piece)
    return f"{piece.frame}{text} {mark}".strip()


def _paragraph(block: Block, layout: Layout, key: str) -> None:
    """One component per paragraph: each sentence with the chips of its places."""
    claims, opened = [], {}
    for piece in block.pieces:
        frame, text, _ = layout.spoken(piece)
        chips = []
        for row in piece.evidence:
            number = len(opened) + 1
            opened[number] = (row.document, row.start, row.end)
            title = layout.references[row.document].title
            chips.append({"number": number, "label": layout.part(row), "title": title, "open": False})
        said = frame + layout.gap(frame, text) + text
        claims.append({"text": said, "subject": "", "lead": False, "chips": chips, "before": "", "after": ""})
    pressed = answer_text({"claims": claims, "sides": [], "inline": True}, key=key)
    if pressed in opened:
        open_source(*opened[pressed])
        st.rerun()
