"""Surveys that can be checked word by word: plan, write, verify, audit, render, update. The map is README.md beside
this file.

Surveyor is the door; base/ opens it as `KnowledgeBase.survey`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

from kb.answer.retrieve import check_question
from kb.errors import SettingError, SurveyError, UnknownDocument
from kb.messages import one_of
from kb.study.columns import read_columns
from kb.survey.folder import Folder, digest, dumps
from kb.survey.model.live import LIVE, Live, live_from_dict
from kb.survey.model.model import Estimate, ModelWriter
from kb.survey.outline.edit import check, drop_document, placed, touched
from kb.survey.outline.plan import Plan, Sources, edited, gather, plan
from kb.survey.outline.saved import (
    SavedPlan,
    edited_plan,
    outline_digest,
    read_outline,
    read_plan,
    save_plan,
    with_edit,
    write_plan,
)
from kb.survey.records import LENGTHS, STYLES, Length, Node, Request, Style, Survey, Unused, survey_from_dict
from kb.survey.references import described
from kb.survey.render.export import export
from kb.survey.update import Changes, changes, updated_plan
from kb.survey.words import word
from kb.survey.write.audit import Audit, audit
from kb.survey.write.build import ExtractiveWriter, OnProgress, Writer, build, name_steps
from kb.survey.write.forms import retold
from kb.survey.write.quoted import reframed
from kb.survey.write.review import OBJECTIONS, Remark, Review, review
from kb.text import guess_language
from kb.types import (
    CrossEncoder,
    Document,
    DocumentInfo,
    Encoder,
    ExtractionTable,
    Hit,
    Language,
    Progress,
    Scope,
    Words,
)

_ALL = 300  # documents that are looked at one by one; of a larger library those that a search finds
_DEPTH = 400  # passages of that search


def _ignore(progress: Progress) -> None:
    """For a caller who does not ask how far it is."""


def make_request(topic: str, language: str | None = None, length: str = "medium", style: str | None = None,
                 documents: Sequence[str] = (), columns: Sequence[str] = (), works: int = 0,
                 scope: Scope | None = None) -> Request:
    """A checked request. language: None for the topic's own; style: None for GB/T 7714 in Chinese, numeric in English;
    columns: further ones of the comparison table.  scope: what documents have to be.

    Errors: QuestionError for an empty or very long topic, or columns that cannot be read; SettingError for an unknown
    language, length or style, or a number of works below 0.
    """
    check_question(topic)
    topic = " ".join(topic.encode("utf-8", "replace").decode().split())
    chosen: Language = "zh" if (language or guess_language(topic)) == "zh" else "en"
    style = style or ("gbt7714" if chosen == "zh" else "numeric")
    for name, value, known in (("language", language
                                or chosen, ("zh", "en")), ("length", length, LENGTHS), ("style", style, STYLES)):
        if value not in known:
            raise SettingError("E_SETTING", name=name, value=value, detail=one_of(known))
    if works < 0:
        raise SettingError("E_SETTING", name="works", value=works,
                           detail=Words("a whole number, 0 or more", "不小于 0 的整数"))
    lengths: dict[str, Length] = {name: name for name in LENGTHS}
    styles: dict[str, Style] = {name: name for name in STYLES}
    named = tuple(column.name for column in read_columns(columns)) if columns else ()
    return Request(topic, chosen, lengths[length], styles[style], tuple(documents), named, works,
                   None if scope is None or scope.is_all else scope)


class Seen(Protocol):
    """A library as it was at one moment: one generation, whoever writes meanwhile."""

    def within(self, scope: Scope) -> Seen:
        """Of the documents in the scope alone. Errors: ScopeError, EmptyScope."""
        ...

    def infos(self) -> Sequence[DocumentInfo]: ...

    def once(self, documents: Sequence[str], first: Sequence[str] = ()) -> list[str]:
        """Of each work one of these documents: of those in `first` where there is one, the fullest."""
        ...

    def document(self, document: str) -> Document:
        """By a number or an unambiguous beginning of it. Errors: UnknownDocument."""
        ...

    def search(self, topic: str, k: int) -> Sequence[Hit]:
        """Passages for a topic, best first."""
        ...


@dataclass
class Surveyor:
    """Makes surveys of one library. reading: what a plan, an audit, a review or an export reads of it, each from one
    generation.  extract: columns and documents -> a table with a cell for each.  reader: what reads beside an encoder,
    None where nothing does."""

    reading: Callable[[], AbstractContextManager[Seen]]
    encoder: Callable[[], Encoder]
    extract: Callable[[Sequence[str], Sequence[str]], ExtractionTable] | None = None
    reader: Callable[[Encoder], CrossEncoder | None] = lambda encoder: None

    def plan(self, request: Request, out: Path | None = None, on_progress: OnProgress | None = None,
             writer: Writer | None = None) -> Plan:
        """The outline and its documents; with a folder also as outline.json there, to be edited and written. writer: a
        model that shapes it.

        An edited outline that was there is kept as outline.before.json.
        """
        told = on_progress or _ignore
        sources = self.sources(request, told)
        told(Progress("outline", 0, 1, ""))
        made = plan(request, sources)
        shaped = self._shaped(made, sources, writer, out) if writer else made
        if out:
            if edited_plan(out, request):
                Folder(out).write("outline.before.json", (out / "outline.json").read_bytes())
            write_plan(out, save_plan(shaped, is_edited=shaped is not made, model=writer.record() if writer else None))
        return shaped

    def write(self, request: Request, out: Path | None = None, outline: Sequence[Node] | None = None,
              writer: Writer | None = None, on_progress: OnProgress | None = None) -> Survey:
        """The survey; with a folder also as files there. A folder of an earlier run of the same request goes on where
        that one stopped.

        outline: a reader's own, instead of the planned one; None: the folder's outline.json if it was edited for this
        request.
        Errors: KBError E_OUTLINE… for an outline that cannot be used.
        """
        told = on_progress or _ignore
        made, sources, is_own = self._planned(request, out, outline, told)
        writer = writer or ExtractiveWriter()
        if is_own:
            writer.follow("reader")
        else:
            made = self._shaped(made, sources, writer, out)
        return self._finish(made, sources, writer, out, told, is_edited=is_own)

    def estimate(self, request: Request, writer: ModelWriter, on_progress: OnProgress | None = None,
                 out: Path | None = None, outline: Sequence[Node] | None = None) -> Estimate:
        """What a model would take for this survey, in tokens and cost, from above. Asks nothing of the model."""
        made, sources, is_own = self._planned(request, out, outline, on_progress or _ignore)
        return writer.estimate(made, sources, shapes_outline=not is_own)

    def _planned(self, request: Request, out: Path | None, outline: Sequence[Node] | None,
                 on_progress: OnProgress) -> tuple[Plan, Sources, bool]:
        """(the plan, what it is made from, whether its outline is a reader's own)."""
        saved = edited_plan(out, request) if outline is None else None
        own = saved.outline if saved else outline
        with self.reading() as seen:
            if own is not None:
                check(own, {info.id: info.title for info in seen.infos()})
                for document in sorted(set(placed(own)) - set(seen.once(placed(own)))):  # another text of a work
                    own = drop_document(tuple(own), document)
            sources = self._gathered(seen, request, on_progress, placed(own or ()))
        on_progress(Progress("outline", 0, 1, ""))
        made = plan(request, sources)
        return (made, sources, False) if own is None else (_followed(made, own, sources, saved), sources, True)

    def _shaped(self, made: Plan, sources: Sources, writer: Writer, out: Path | None) -> Plan:
        """The plan as the writer would have it."""
        writer.keep_in(Folder(out) if out else None)
        return writer.outline(made, sources)

    def update(self, out: Path, writer: Writer | None = None,
               on_progress: OnProgress | None = None) -> tuple[Survey, Changes]:
        """Brings the survey in a folder up to date with the library. Errors: KBError E_SURVEY if there is none."""
        old = read_survey(out)
        saved = edited_plan(out, old.request)
        sources = self.sources(old.request, on_progress,
                               [*(r.document for r in old.references), *placed(saved.outline if saved else ())])
        made = updated_plan(_with_outline(old, saved), sources)
        if not made.references:
            raise SurveyError("E_SURVEY_EMPTY", topic=old.request.topic, n=len(sources.ids))
        writer = writer or ExtractiveWriter()
        writer.follow("survey")
        new = self._finish(made, sources, writer, out, on_progress or _ignore, is_edited=saved is not None)
        found = changes(old, new)
        Folder(out).write("changes.json", dumps(found.to_dict()))
        return new, found

    def audit(self, survey: Survey) -> Audit:
        """Re-checks every quote of a survey against the library as it is now, byte for byte."""
        with self.reading() as seen:
            return audit(survey, _finder(seen))

    def review(self, survey: Survey) -> Review:
        """What a reviewer would object to, each with its place; see write/review.py."""
        with self.reading() as seen:
            return review(survey, _finder(seen))

    def export(self, survey: Survey, kind: str, style: Style | None = None) -> dict[str, bytes]:
        """file name -> bytes, with the documents' metadata as they are now; see export.FORMATS."""
        documents = self._cited(survey)
        return export(_retold(survey, documents), kind, documents, style)

    def current(self, survey: Survey) -> Survey:
        """The survey with titles, authors and the rest of its references as the library has them now; what is
        counted of them is counted again, and the quotes stay until it is updated."""
        return _retold(survey, self._cited(survey))

    def _cited(self, survey: Survey) -> dict[str, Document]:
        """The documents that a survey cites, those that are there."""
        with self.reading() as seen:
            find = _finder(seen)
            return {r.document: found for r in survey.references if (found := find(r.document)) is not None}

    def find(self, document: str) -> Document | None:
        """A document as it is now, None where it is not there."""
        with self.reading() as seen:
            return _finder(seen)(document)

    def sources(self, request: Request, on_progress: OnProgress | None = None,
                also: Sequence[str] = ()) -> Sources:
        """What a plan is made from: the documents asked for, or the library's. also: documents to read whatever the
        search finds."""
        with self.reading() as seen:
            return self._gathered(seen, request, on_progress, also)

    def _gathered(self, seen: Seen, request: Request, on_progress: OnProgress | None, also: Sequence[str]) -> Sources:
        seen = seen.within(request.scope) if request.scope else seen
        infos = list(seen.infos())
        known = {info.id for info in infos}
        asked = [seen.document(d).id for d in request.documents]
        ids = [d for d in asked if d in known] if asked else [info.id for info in infos]
        if not request.documents and len(ids) > _ALL:
            ids = list(dict.fromkeys(hit.document for hit in seen.search(request.topic, _DEPTH)))[:_ALL]
        ids = list(dict.fromkeys([*ids, *(d for d in also if d in known)]))
        used = seen.once(ids, asked or also)
        documents = [seen.document(d) for d in used]
        if not documents:
            raise SurveyError("E_SURVEY_EMPTY", topic=request.topic, n=0)
        encoder = self.encoder()
        made = gather(request, documents, encoder,
                      lambda done, total: (on_progress or _ignore)(Progress("read", done, total)), self.reader(encoder))
        return replace(made, others={info.id: info.title for info in infos if info.id in {*ids} - {*used}})

    def _finish(self, made: Plan, sources: Sources, writer: Writer, out: Path | None, on_progress: OnProgress, *,
                is_edited: bool) -> Survey:
        folder = Folder(out) if out else None
        writer.keep_in(folder)
        if folder and out:
            name_steps(made, sources, writer, folder)
            write_plan(out, save_plan(made, is_edited=is_edited, model=writer.record()))
        columns = made.request.columns
        filled = (self.extract(columns, [r.document for r in made.references]) if self.extract and columns else None)
        survey = build(made, sources, writer, folder, on_progress, filled)
        if folder:
            for kind in ("markdown", "bibtex"):
                for name, data in export(survey, kind, sources.documents).items():
                    folder.write(name, data)
            folder.remove(LIVE)
            folder.write("survey.json", dumps(survey.to_dict()))  # last: where it is, the others are
        return survey


def _finder(seen: Seen) -> Callable[[str], Document | None]:
    """Looks a document up, each once; None where it is not there."""

    @cache
    def find(document: str) -> Document | None:
        try:
            return seen.document(document)
        except UnknownDocument:
            return None

    return find


def _retold(survey: Survey, documents: Mapping[str, Document]) -> Survey:
    return retold(reframed(described(survey, documents), survey))


def _followed(made: Plan, outline: Sequence[Node], sources: Sources, saved: SavedPlan | None) -> Plan:
    """The plan with the reader's outline. What the reader cannot have seen when it was edited is called new, not left
    out."""
    plan_ = edited(made, outline, sources)
    if saved is None:
        return plan_
    plan_ = replace(plan_, focus=saved.focus or plan_.focus)
    return replace(
        plan_,
        unused=tuple(
            replace(row, reason="new") if row.reason == "left_out" and row.document not in saved.titles else row
            for row in plan_.unused
        ),
    )


def _with_outline(old: Survey, saved: SavedPlan | None) -> Survey:
    """The old survey as if it had been written with the outline that was edited since."""
    if saved is None:
        return old
    left_out = {row.document for row in saved.unused if row.reason == "left_out"}
    unused = (*(row for row in old.unused if row.document not in left_out),
              *(Unused(d, saved.titles.get(d, d), "left_out") for d in sorted(left_out)))
    return replace(old, outline=saved.outline, unused=unused)


def folder_name(request: Request) -> str:
    """The name of a request's folder: the same request finds its folder again."""
    words = re.sub(r"[^\w]+", "-", request.topic.lower())[:40].strip("-")
    later = ("columns", "works", "scope")  # what requests of earlier versions lack
    asked = {name: value for name, value in request.to_dict().items() if name not in later or value}
    return f"{words or 'survey'}-{digest(asked)[:8]}"


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
    """(depth, heading, text so far, "done" | "now" | "open") of each node of a survey that is being written, in reading
    order."""
    if not (out / "outline.json").is_file():
        return []
    saved = read_plan(out)
    steps = Folder(out).named_steps(outline_digest(saved.outline))
    language = saved.request.language
    ends = {kind: Node(kind, kind, word(kind, language)) for kind in ("abstract", "conclusion")} if saved.model else {}
    rows = [(depth, node, steps.get(node.id))
            for top in (ends.get("abstract"), *saved.outline, ends.get("conclusion")) if top
            for depth, node in _deep(top, 0)]
    # The ends are written last, see build.py.
    last = ("conclusion", "introduction", "abstract")
    order = sorted(rows, key=lambda row: last.index(row[1].kind) + 1 if row[1].kind in last else 0)
    now = next((node.id for _, node, step in order if not step), None)
    return [(depth, node.heading, " ".join(f"{s['frame']} {s['text']}".strip()
                                           for s in step["sentences"]) if step else "",
             "done" if step else "now" if node.id == now else "open")
            for depth, node, step in rows]


def live(out: Path) -> Live | None:
    """What a model is writing in this folder at the moment, None where it writes nothing."""
    return live_from_dict(Folder(out).read_json(LIVE))


def _deep(node: Node, depth: int) -> Iterator[tuple[int, Node]]:
    yield depth, node
    for child in node.children:
        yield from _deep(child, depth + 1)


def read_survey(path: Path) -> Survey:
    """The survey of a survey.json, or of a folder that holds one. Errors: KBError E_SURVEY."""
    if path.is_dir():
        path = path / "survey.json"
    found = Folder(path.parent).read_json(path.name)
    if found is None:
        raise SurveyError(
            "E_SURVEY", path=path, detail=Words("the file is not there or is not JSON", "文件不存在或不是 JSON")
        )
    return survey_from_dict(found)


__all__ = [
    "OBJECTIONS",
    "Audit", "Changes", "Estimate", "ExtractiveWriter", "Folder", "ModelWriter", "Node", "Plan", "Remark", "Request",
    "Review", "SavedPlan", "Survey", "Surveyor", "Writer", "drafted", "folder_name", "list_surveys", "make_request",
    "read_outline", "read_plan", "read_survey", "save_plan", "touched", "with_edit", "write_plan"
]
