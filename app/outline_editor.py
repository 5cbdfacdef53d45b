"""The outline as something to take hold of: sections and documents are dragged, renamed in place, merged, left out; all
of it also by keys.

The component draws what it is given and reports one edit at a time; kb.survey carries it out and keeps it in
outline.json, so a reload loses nothing. It is a v2 component: no iframe, no build step, every word of a document set by
textContent.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from kb_app.components import script, static
from kb_app.i18n import clauses, language, t
from kb_app.state import told
from kb_app.view import safe

from kb.errors import KBError
from kb.survey import SavedPlan, read_plan, read_survey, touched, with_edit, write_plan
from kb.survey.records import CUT, Node, Request, Unused
from kb.survey.words import speaks_for, why_unused
from kb.text import one_line
from kb.types import Language

_UNDO = 50  # edits that can be taken back
_SHOWN = 100  # documents not used that are listed


@st.fragment
def outline_editor(out: Path, *, with_model: bool) -> None:
    """Draws the editor of a survey's outline and what its edits will have written again. with_model: who would write it
    now. Errors: as read_plan."""
    saved = read_plan(out)
    survey = read_survey(out) if (out / "survey.json").is_file() else None
    again = touched(survey.outline, saved.outline) if survey else ()
    key = f"outline-{out.name}"
    mount = st.components.v2.component("kb_outline", html="<div class='kb'></div>", css=static("outline.css"),
                                       js=script("outline.js"))
    mount(data=_drawn(out, saved, again), key=key, on_edit_change=partial(_on_edit, out, key))
    if problem := st.session_state.pop(f"{key}-problem", ""):
        st.error(problem)
    if survey and (survey.mode == "model") != with_model:
        st.caption(t("outline_other_writer_model") if with_model else t("outline_other_writer_quotes"))
    elif survey:
        if again:
            headings = _headings(survey.outline, saved.outline)
            names = safe(clauses(headings[name] for name in again), 600)
            st.caption(t("outline_again", n=len(again), names=names))
        else:
            st.caption(t("outline_as_written"))


def remember(out: Path) -> None:
    """Lets a reader take back what is about to replace the outline, where there is one."""
    if (out / "outline.json").is_file():
        st.session_state.setdefault(f"outline-{out.name}-undo", []).append(read_plan(out))


def _on_edit(out: Path, key: str) -> None:
    """Carries out the edit that the component reported."""
    edit = (st.session_state.get(key) or {}).get("edit")
    if isinstance(edit, dict):
        try:
            change(out, edit)
        except KBError as error:
            st.session_state[f"{key}-problem"] = safe(told(error.describe(_reader())), 400)


def change(out: Path, edit: dict[str, Any]) -> None:
    """One edit of the outline in a folder, "undo" among them; remembers what to take back. Errors: as with_edit."""
    saved = read_plan(out)
    undo: list[SavedPlan] = st.session_state.setdefault(f"outline-{out.name}-undo", [])
    if edit.get("do") == "undo":
        if undo:
            write_plan(out, undo.pop())
            _say(out, t("outline_did_undo"))
        return
    after = with_edit(saved, edit)
    if after == saved:
        return
    write_plan(out, after)
    undo.append(saved)
    del undo[:-_UNDO]
    headings = _headings(after.outline, saved.outline)
    if edit["do"] != "move" and "section" in edit:
        what = headings.get(str(edit["section"]))
    else:
        what = saved.titles.get(str(edit.get("document")))
    what = one_line(what or str(edit.get("heading", "")), 80)
    where = one_line(headings.get(str(edit.get("into") or edit.get("section")), ""), 80)
    _say(out, t(f"outline_did_{edit['do']}", what=what, where=where))


def _headings(*outlines: Sequence[Node]) -> dict[str, str]:
    """Section -> its heading; of the last outline where several have it."""
    return {node.id: node.heading for outline in outlines for top in outline for node in top.walk()}


def _say(out: Path, text: str) -> None:
    st.session_state[f"outline-{out.name}-said"] = text


def _drawn(out: Path, saved: SavedPlan, again: tuple[str, ...]) -> dict[str, Any]:
    """What the component is given: text only, in the reader's words."""
    return {
        "nodes": [_node(top, str(i), saved, again) for i, top in enumerate(saved.outline, 1)],
        "unused": [_unused(row, saved.request) for row in saved.unused[:_SHOWN]],
        "unused_note": _unused_note(saved),
        "hidden": max(0, len(saved.unused) - _SHOWN),
        "words": _words(),
        "said": st.session_state.get(f"outline-{out.name}-said", ""),
        "can_undo": bool(st.session_state.get(f"outline-{out.name}-undo")),
    }


def _node(one: Node, number: str, saved: SavedPlan, again: tuple[str, ...]) -> dict[str, Any]:
    named = one.documents if one.kind == "theme" else ()
    return {
        "id": one.id,
        "kind": one.kind,
        "heading": one.heading,
        "number": number,
        "again": one.id in again,
        "documents": [{"id": d, "title": one_line(saved.titles.get(d, d), 160), "usable": True} for d in named],
        "children": [_node(child, f"{number}.{i}", saved, again) for i, child in enumerate(one.children, 1)],
    }


def _unused_note(saved: SavedPlan) -> str:
    """What is said of all that relevance leaves out; their rows give the number alone."""
    reasons = {row.reason for row in saved.unused}
    said = [t("outline_beyond", works=saved.request.works)] if "beyond" in reasons else []
    said += [t("outline_below", cut=f"{CUT:.2f}")] if "not_relevant" in reasons else []
    if not said:
        return ""
    return t("outline_relevance", why=t("outline_or", one=said[0], other=said[1]) if len(said) > 1 else said[0])


def _unused(row: Unused, request: Request) -> dict[str, Any]:
    if row.reason == "left_out":
        why = t("outline_left_out")
    elif row.reason in ("beyond", "not_relevant"):
        why = ("–" if row.relevance is None else f"{row.relevance:.2f}") + speaks_for(row, _reader())
    else:
        why = why_unused(row, request, _reader())
    usable = row.reason not in ("no_text", "no_sentence")
    return {"id": row.document, "title": one_line(row.title, 160), "usable": usable, "why": why}


def _words() -> dict[str, str]:
    """The component's words; what stands in braces it fills in itself."""
    return {
        "move_to": t("outline_move_to"), "rename": t("outline_rename"), "join": t("outline_join"),
        "merge_into": t("outline_merge_into"), "fold": t("outline_fold"), "empty": t("outline_empty"),
        "fixed": t("outline_fixed"), "undo": t("outline_undo"), "add": t("outline_add"),
        "new_section": t("outline_new_section"), "unused": t("outline_unused"),
        "unused_empty": t("outline_unused_empty"), "keys": t("outline_keys"), "again": t("outline_again_mark"),
        "move_document": t("outline_move_document", title="{title}"),
        "drop_document": t("outline_drop_document", title="{title}"),
        "move_section": t("outline_move_section", heading="{heading}"),
        "drop_section": t("outline_drop_section", heading="{heading}"),
        "merge": t("outline_merge", heading="{heading}"),
        "merge_with": t("outline_merge_with", heading="{heading}"),
        "hidden": t("outline_hidden", n="{n}"),
    }


def _reader() -> Language:
    return "zh" if language() == "zh" else "en"
