"""Carry out a plan: each step once, stored under what it was made from, so that a killed run goes on where it stopped.

Reads: Plan, Sources.  Gives: Survey. With a folder, a section that was written from the same inputs is read instead of written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Protocol

from kb.survey.artefacts import table, timeline
from kb.survey.audit import audit
from kb.survey.folder import Folder
from kb.survey.headings import topic_name
from kb.survey.plan import VERSION, Plan, Sources
from kb.survey.records import Evidence, Node, Sentence, Survey, node_from_dict, sentence_from_dict
from kb.survey.verify import keep_held
from kb.survey.words import word
from kb.survey.write import Section, definition, write_node
from kb.types import Progress

OnProgress = Callable[[Progress], None]


class Writer(Protocol):
    """Writes nodes. identity: what, besides the node, decides the words.  record: what the survey keeps about the model, None without one."""

    mode: Any

    @property
    def identity(self) -> dict[str, Any]: ...

    def write(self, node: Node, made: Plan, sources: Sources) -> Section: ...

    def record(self) -> dict[str, Any] | None: ...

    def missing(self) -> dict[str, str] | None: ...


class ExtractiveWriter:
    """Quotes only; the default."""

    mode = "extractive"

    @property
    def identity(self) -> dict[str, Any]:
        return {"writer": "extractive"}

    def write(self, node: Node, made: Plan, sources: Sources) -> Section:
        return write_node(node, made, sources)

    def record(self) -> dict[str, Any] | None:
        return None

    def missing(self) -> dict[str, str] | None:
        return None


def build(made: Plan, sources: Sources, writer: Writer, folder: Folder | None = None, on_progress: OnProgress = lambda progress: None) -> Survey:
    """The survey of a plan, audited."""
    sections: dict[str, Section] = {}
    nodes = [node for top in made.outline for node in top.walk()]
    for i, node in enumerate(nodes):
        on_progress(Progress("write", i, len(nodes), node.heading))
        sections[node.id] = _section(node, made, sources, writer, folder)
    on_progress(Progress("write", len(nodes), len(nodes), ""))
    outline = tuple(_joined(top, sections) for top in made.outline)
    cells, cell_evidence = table(made.references, sources, made.request.language)
    evidence = tuple(row for node in nodes for row in sections[node.id].evidence) + cell_evidence
    language = made.request.language
    record = writer.record()
    survey = Survey(
        made.request, word("title", language, topic=topic_name(made.request.topic, language)), writer.mode,
        word(f"banner_{writer.mode}", language, model=(record or {}).get("model", "")), outline,
        tuple(sentence for node in nodes for sentence in sections[node.id].sentences), evidence, made.references,
        timeline(made.references, sources), cells, made.unused, writer.missing(), record)
    return replace(survey, audit=audit(survey, sources.documents.get).to_dict())


def step_inputs(node: Node, made: Plan, sources: Sources, writer: Writer) -> dict[str, Any]:
    """All that a node's words depend on. The introduction and the problems speak of the whole outline, a section of itself only."""
    documents = node.documents if node.kind == "theme" else [r.document for r in made.references]
    held = [d for part in node.walk() for d in part.documents] if node.kind == "theme" else documents
    keys = {r.document: (r.key, r.sha256, r.authors, r.year, r.title) for r in made.references}
    request = {name: value for name, value in made.request.to_dict().items() if name not in ("documents", "style")}
    opening = definition(made, sources)  # a section does without the sentence that opens the survey, if it is one of its own
    return {"node": node.to_dict(), "opening": opening.start if opening and opening.document in held else None, "request": request, "references": [keys[d] for d in held], "problems": any(top.kind == "problems" for top in made.outline), "version": VERSION, "writer": writer.identity,
            "outline": [] if node.kind == "theme" else [top.to_dict() for top in made.outline]}


def _section(node: Node, made: Plan, sources: Sources, writer: Writer, folder: Folder | None) -> Section:
    inputs = step_inputs(node, made, sources, writer)
    saved = folder.step(node.id, inputs) if folder else None
    if saved is not None:
        return Section(node_from_dict(saved["node"]), tuple(sentence_from_dict(row) for row in saved["sentences"]), tuple(Evidence(**row) for row in saved["evidence"]))
    section = keep_held(writer.write(node, made, sources), sources.documents)
    if folder and node.id not in (writer.missing() or {}):  # what a fault left unfinished is tried again
        folder.keep_step(node.id, inputs, section.to_dict())
    return section


def _joined(node: Node, sections: dict[str, Section]) -> Node:
    return replace(sections[node.id].node, children=tuple(_joined(child, sections) for child in node.children))


def sentences_of(survey: Survey, node: Node) -> Iterator[tuple[Sentence, ...]]:
    """The node's own paragraphs."""
    known = {sentence.id: sentence for sentence in survey.sentences}
    for paragraph in node.paragraphs:
        yield tuple(known[name] for name in paragraph)
