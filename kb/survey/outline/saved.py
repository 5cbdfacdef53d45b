"""outline.json: a plan as it is kept in a survey's folder, edited there by hand, by `kb survey outline` or on the page,
and read back.

Reads: Plan, or the file.  Gives: SavedPlan. An outline that differs from what was planned is the reader's own, and
`write` follows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kb.errors import OutlineError
from kb.survey.folder import Folder, digest, dumps
from kb.survey.outline.edit import Outline, apply, placed, read_nodes
from kb.survey.outline.plan import LEAST_THEMES, Plan
from kb.survey.records import Node, Request, Unused, request_from_dict, unused_from_dict
from kb.survey.words import word
from kb.types import Words


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """titles: of every document it knows, used or not, by id.  planned: digest of the outline as it was planned.
    model: how a model shaped it, if one did.  focus: the plan's."""

    request: Request
    outline: Outline
    titles: dict[str, str]
    unused: tuple[Unused, ...]
    planned: str
    model: dict[str, Any] | None = None
    focus: dict[str, float] = field(default_factory=dict)

    @property
    def is_edited(self) -> bool:
        """Whether the outline is the reader's own."""
        return self.planned != outline_digest(self.outline)

    def to_dict(self) -> dict[str, Any]:
        return {
            "request": self.request.to_dict(), "outline": [node.to_dict() for node in self.outline],
            "titles": self.titles, "unused": [row.to_dict() for row in self.unused], "planned": self.planned,
            "model": self.model, "focus": self.focus
        }


def save_plan(made: Plan, *, is_edited: bool = False, model: dict[str, Any] | None = None) -> SavedPlan:
    """The plan for a reader's eyes and editor: titles stand beside ids; only headings, order and ids are read back."""
    titles = {r.document: r.title for r in made.references} | {row.document: row.title for row in made.unused}
    return SavedPlan(made.request, made.outline, titles, made.unused, "" if is_edited else outline_digest(made.outline),
                     model, made.focus)


def outline_digest(outline: Sequence[Any]) -> str:
    return digest([node.to_dict() for node in outline])


def with_edit(saved: SavedPlan, edit: Mapping[str, Any]) -> SavedPlan:
    """The plan after one edit (edit.apply): what left the outline is listed as left out by the reader. Errors: as
    edit.apply."""
    outline = _with_problems(apply(saved.outline, edit), saved)
    held = set(placed(outline))
    before = {row.document for row in saved.unused}
    left_out = tuple(
        Unused(d, saved.titles.get(d, d), "left_out")
        for d in placed(saved.outline)
        if d not in held and d not in before)
    return replace(saved, outline=outline,
                   unused=(*left_out, *(row for row in saved.unused if row.document not in held)))


def _with_problems(outline: Outline, before: SavedPlan) -> Outline:
    """The outline with a section on open problems where a written survey would have one: from LEAST_THEMES on (see
    plan.with_ends)."""
    themes = [node for node in outline if node.kind == "theme"]
    problems = next((node for node in outline if node.kind == "problems"), None)
    if len(themes) < LEAST_THEMES:
        return tuple(node for node in outline if node.kind != "problems")
    if problems is None and sum(node.kind == "theme" for node in before.outline) < LEAST_THEMES:
        return (*outline, Node("problems", "problems", word("problems", before.request.language)))
    return outline


def write_plan(out: Path, saved: SavedPlan) -> Path:
    """Puts outline.json in place."""
    return Folder(out).write("outline.json", dumps(saved.to_dict()))


def read_outline(path: Path) -> Outline:
    """The nodes of an outline.json. Errors: KBError E_OUTLINE for another file, E_OUTLINE_FORM for an outline that is
    not of its form."""
    found = Folder(path.parent).read_json(path.name)
    if found is None or "outline" not in found:
        raise OutlineError("E_OUTLINE", detail=Words(f"{path} is not an outline", f"{path} 不是大纲"))
    return read_nodes(found["outline"])


def read_plan(out: Path) -> SavedPlan:
    """The plan in a survey's folder. Errors: as read_outline."""
    outline = read_outline(out / "outline.json")
    found = Folder(out).read_json("outline.json") or {}
    try:
        return SavedPlan(request_from_dict(found["request"]), outline,
                         {str(d): str(title) for d, title in found["titles"].items()},
                         tuple(unused_from_dict(row) for row in found["unused"]), str(found.get("planned", "")),
                         found.get("model"),
                         {str(term): float(weight) for term, weight in found.get("focus", {}).items()})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        path = out / "outline.json"
        raise OutlineError("E_OUTLINE", detail=Words(f"{path} has no request, titles or unused",
                                                     f"{path} 缺少 request、titles 或 unused")) from error


def edited_plan(out: Path | None, request: Request) -> SavedPlan | None:
    """The reader's own outline for this request in a folder, None where there is none. Errors: as read_outline."""
    if out is None or not (out / "outline.json").is_file():
        return None
    saved = read_plan(out)
    return saved if saved.request == request and saved.is_edited else None
