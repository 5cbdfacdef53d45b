"""Surveys that can be checked word by word: plan, write, verify, audit, render, update. The map is README.md beside this file.

Surveyor is the door; base.py opens it as `KnowledgeBase.survey`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import KBError, SettingError, UnknownDocument
from kb.retrieve import check_question
from kb.survey.audit import Audit, audit
from kb.survey.build import ExtractiveWriter, OnProgress, Writer, build
from kb.survey.export import export
from kb.survey.folder import Folder, digest, dumps
from kb.survey.model import Estimate, ModelWriter
from kb.survey.plan import Plan, Sources, edited, gather, node_id, plan
from kb.survey.records import LENGTHS, STYLES, Length, Node, Request, Style, Survey, node_from_dict, request_from_dict, survey_from_dict
from kb.survey.update import Changes, changes, updated_plan
from kb.text import guess_language
from kb.types import Document, DocumentInfo, Encoder, Hit, Language, Progress

_ALL = 300  # documents that are looked at one by one; of a larger library those that a search finds
_DEPTH = 400  # passages of that search


def make_request(topic: str, language: str | None = None, length: str = "medium", style: str | None = None, documents: Sequence[str] = ()) -> Request:
    """A checked request. language: None for the topic's own; style: None for GB/T 7714 in Chinese, numeric in English.

    Errors: QuestionError for an empty or very long topic, SettingError for an unknown language, length or style.
    """
    check_question(topic)
    topic = " ".join(topic.encode("utf-8", "replace").decode().split())
    chosen: Language = "zh" if (language or guess_language(topic)) == "zh" else "en"
    style = style or ("gbt7714" if chosen == "zh" else "numeric")
    for name, value, known in (("language", language or chosen, ("zh", "en")), ("length", length, LENGTHS), ("style", style, STYLES)):
        if value not in known:
            raise SettingError("E_SETTING", name=name, value=value, detail=f"one of {', '.join(known)}")
    lengths: dict[str, Length] = {name: name for name in LENGTHS}
    styles: dict[str, Style] = {name: name for name in STYLES}
    return Request(topic, chosen, lengths[length], styles[style], tuple(documents))


@dataclass
class Surveyor:
    """Makes surveys of one library. search: passages for a topic, best first; document: Errors UnknownDocument."""

    infos: Callable[[], Sequence[DocumentInfo]]
    document: Callable[[str], Document]
    search: Callable[[str, int], Sequence[Hit]]
    encoder: Callable[[], Encoder]

    def plan(self, request: Request, out: Path | None = None, on_progress: OnProgress = lambda progress: None) -> Plan:
        """The outline and its documents; with a folder also as outline.json there, to be edited and written."""
        made = plan(request, self.sources(request, on_progress))
        if out:
            Folder(out).write("outline.json", dumps(outline_dict(made)))
        return made

    def write(self, request: Request, out: Path | None = None, outline: Sequence[Node] | None = None, writer: Writer | None = None,
              on_progress: OnProgress = lambda progress: None) -> Survey:
        """The survey; with a folder also as files there. A folder of an earlier run of the same request goes on where that one stopped.

        outline: a reader's own, instead of the planned one.
        """
        sources = self.sources(request, on_progress)
        made = plan(request, sources)
        if outline is not None:
            made = edited(made, outline, sources)
        return self._finish(made, sources, writer or ExtractiveWriter(), out, on_progress)

    def estimate(self, request: Request, writer: ModelWriter, on_progress: OnProgress = lambda progress: None) -> Estimate:
        """What a model would take for this survey, in tokens and cost, from above. Asks nothing of the model."""
        sources = self.sources(request, on_progress)
        return writer.estimate(plan(request, sources), sources)

    def update(self, out: Path, writer: Writer | None = None, on_progress: OnProgress = lambda progress: None) -> tuple[Survey, Changes]:
        """Brings the survey in a folder up to date with the library. Errors: KBError E_SURVEY if there is none."""
        old = read_survey(out)
        sources = self.sources(old.request, on_progress, [r.document for r in old.references])
        made = updated_plan(old, sources)
        if not made.references:
            raise KBError("E_SURVEY_EMPTY", topic=old.request.topic, n=len(sources.ids))
        new = self._finish(made, sources, writer or ExtractiveWriter(), out, on_progress)
        found = changes(old, new)
        Folder(out).write("changes.json", dumps(found.to_dict()))
        return new, found

    def audit(self, survey: Survey) -> Audit:
        """Re-checks every quote of a survey against the library as it is now, byte for byte."""
        return audit(survey, self.find)

    def export(self, survey: Survey, kind: str, style: Style | None = None) -> dict[str, bytes]:
        """file name -> bytes; see export.FORMATS."""
        documents = {r.document: found for r in survey.references if (found := self.find(r.document)) is not None}
        return export(survey, kind, documents, style)

    def find(self, document: str) -> Document | None:
        try:
            return self.document(document)
        except UnknownDocument:
            return None

    def sources(self, request: Request, on_progress: OnProgress = lambda progress: None, also: Sequence[str] = ()) -> Sources:
        """What a plan is made from: the documents asked for, or the library's. also: documents to read whatever the search finds."""
        infos = list(self.infos())
        ids = [self.document(d).id for d in request.documents]
        if not ids:
            ids = [info.id for info in infos]
            if len(ids) > _ALL:
                near = list(dict.fromkeys(hit.document for hit in self.search(request.topic, _DEPTH)))[:_ALL]
                ids = list(dict.fromkeys([*near, *(d for d in also if d in set(ids))]))
        documents = [self.document(d) for d in ids]
        if not documents:
            raise KBError("E_SURVEY_EMPTY", topic=request.topic, n=0)
        return gather(request, documents, self.encoder(), lambda done, total: on_progress(Progress("read", done, total)))

    def _finish(self, made: Plan, sources: Sources, writer: Writer, out: Path | None, on_progress: OnProgress) -> Survey:
        folder = Folder(out) if out else None
        if folder:
            folder.write("outline.json", dumps(outline_dict(made)))
        survey = build(made, sources, writer, folder, on_progress)
        if folder:
            for kind in ("markdown", "bibtex"):
                for name, data in export(survey, kind, sources.documents).items():
                    folder.write(name, data)
            folder.write("survey.json", dumps(survey.to_dict()))  # last: where it is, the others are
        return survey


def outline_dict(made: Plan) -> dict[str, Any]:
    """The plan for a reader's eyes and editor: titles stand beside ids; only headings, order and ids are read back."""
    titles = {r.document: r.title for r in made.references} | {row.document: row.title for row in made.unused}
    return {"request": made.request.to_dict(), "outline": [node.to_dict() for node in made.outline], "titles": titles, "unused": [row.to_dict() for row in made.unused]}


def read_outline(path: Path) -> tuple[Node, ...]:
    """The nodes of an outline.json. Errors: KBError E_OUTLINE."""
    found = Folder(path.parent).read_json(path.name)
    try:
        return tuple(node_from_dict(node) for node in (found or {})["outline"])
    except (KeyError, TypeError) as error:
        raise KBError("E_OUTLINE", detail=f"{path} is not an outline") from error


@dataclass(frozen=True)
class SavedPlan:
    """What an outline.json holds for an editor."""

    request: Request
    outline: tuple[Node, ...]
    titles: dict[str, str]
    unused: list[dict[str, Any]]


def read_plan(out: Path) -> SavedPlan:
    """The plan in a survey's folder. Errors: KBError E_OUTLINE."""
    outline = read_outline(out / "outline.json")
    found = Folder(out).read_json("outline.json") or {}
    try:
        return SavedPlan(request_from_dict(found["request"]), outline, dict(found["titles"]), list(found["unused"]))
    except (KeyError, TypeError) as error:
        raise KBError("E_OUTLINE", detail=f"{out / 'outline.json'} is not an outline") from error


def save_outline(out: Path, sections: Sequence[tuple[str, Sequence[str]]]) -> Path:
    """Writes edited.json for `write`: sections as (heading, documents). A section of the same documents keeps its written text."""
    nodes = [Node(node_id(documents), "theme", heading, tuple(documents)) for heading, documents in sections]
    return Folder(out).write("edited.json", dumps({"outline": [node.to_dict() for node in nodes]}))


def folder_name(request: Request) -> str:
    """The name of a request's folder: the same request finds its folder again."""
    words = re.sub(r"[^\w]+", "-", request.topic.lower())[:40].strip("-")
    return f"{words or 'survey'}-{digest(request.to_dict())[:8]}"


def list_surveys(home: Path) -> list[tuple[Path, str]]:
    """(folder, topic) of the surveys kept in a library's own folder, by name."""
    folder = home / "surveys"
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        saved = Folder(path).read_json("outline.json")
        if saved and isinstance(saved.get("request"), dict):
            found.append((path, str(saved["request"].get("topic", path.name))))
    return found


def drafted(out: Path) -> list[tuple[int, str, str, str]]:
    """(depth, heading, text so far, "done" | "now" | "open") of each node of a survey that is being written."""
    if not (out / "outline.json").is_file():
        return []
    written: dict[str, tuple[float, Path]] = {}
    for path in (out / "steps").glob("*.json") if (out / "steps").is_dir() else []:
        name = path.name.rpartition("-")[0]
        if path.stat().st_mtime >= max((out / "outline.json").stat().st_mtime - 1, written.get(name, (0.0, path))[0]):
            written[name] = (path.stat().st_mtime, path)
    rows: list[tuple[int, str, str, str]] = []

    def walk(node: Node, depth: int) -> None:
        step = Folder(out).read_json(f"steps/{written[node.id][1].name}") if node.id in written else None
        text = " ".join(f"{s['frame']} {s['text']}".strip() for s in step["sentences"]) if step else ""
        rows.append((depth, node.heading, text, "done" if step else "open" if any(row[3] != "done" for row in rows) else "now"))
        for child in node.children:
            walk(child, depth + 1)

    for top in read_outline(out / "outline.json"):
        walk(top, 0)
    return rows


def read_survey(path: Path) -> Survey:
    """The survey of a survey.json, or of a folder that holds one. Errors: KBError E_SURVEY."""
    if path.is_dir():
        path = path / "survey.json"
    found = Folder(path.parent).read_json(path.name)
    if found is None:
        raise KBError("E_SURVEY", path=path, detail="the file is not there or is not JSON")
    return survey_from_dict(found)


__all__ = ["Audit", "Changes", "Estimate", "ExtractiveWriter", "Folder", "ModelWriter", "Node", "Plan", "Request", "SavedPlan", "Survey", "Surveyor", "Writer",
           "drafted", "folder_name", "list_surveys", "make_request", "outline_dict", "read_outline", "read_plan", "read_survey", "save_outline"]
