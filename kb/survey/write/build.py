"""Carry out a plan: each step once, stored under what it was made from, so that a killed run goes on where it stopped.

Reads: Plan, Sources.  Gives: Survey. With a folder, a section that was written from the same inputs is read instead of
written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from kb.survey.folder import Folder, step_key
from kb.survey.outline.headings import topic_name
from kb.survey.outline.plan import VERSION, Plan, Sources, known_focus
from kb.survey.outline.saved import outline_digest
from kb.survey.records import SUMMARIES, Evidence, Node, Sentence, Survey, node_from_dict, sentence_from_dict
from kb.survey.words import word
from kb.survey.write.artefacts import table, timeline
from kb.survey.write.asked import Asked
from kb.survey.write.audit import audit
from kb.survey.write.matrix import matrix
from kb.survey.write.quoted import call_names
from kb.survey.write.verify import keep_held
from kb.survey.write.write import Draft, Section, above, definition, limits_apart, write_node
from kb.types import ExtractionTable, Progress

OnProgress = Callable[[Progress], None]


class Writer(Protocol):
    """Writes nodes. identity: what, besides the node, decides the words.  record: what the survey keeps about the
    model, None without one."""

    mode: Any

    @property
    def identity(self) -> dict[str, Any]: ...

    def keep_in(self, folder: Folder | None) -> None: ...

    def outline(self, made: Plan, sources: Sources) -> Plan: ...

    def follow(self, by: str) -> None: ...

    def ends(self, made: Plan) -> tuple[Node, ...]:
        """The nodes that are written after the others, in that order; they may speak of what was written."""
        ...

    def write(self, node: Node, made: Plan, sources: Sources, written: Sequence[Section] = ()) -> Section: ...

    def terms(self, made: Plan, sources: Sources) -> Sequence[Asked]:
        """Terms for the matrix, which are looked for in every work."""
        ...

    def record(self) -> dict[str, Any] | None: ...

    def missing(self) -> dict[str, str] | None: ...


class ExtractiveWriter:
    """Quotes only; the default."""

    mode = "extractive"

    @property
    def identity(self) -> dict[str, Any]:
        return {"writer": "extractive"}

    def keep_in(self, folder: Folder | None) -> None:
        """There are no replies to keep."""

    def outline(self, made: Plan, sources: Sources) -> Plan:
        return made

    def follow(self, by: str) -> None:
        """Whose outline it is makes no difference to quotes."""

    def ends(self, made: Plan) -> tuple[Node, ...]:
        return tuple(top for top in made.outline if top.kind == "introduction")

    def write(self, node: Node, made: Plan, sources: Sources, written: Sequence[Section] = ()) -> Section:
        return write_node(node, made, sources)

    def terms(self, made: Plan, sources: Sources) -> Sequence[Asked]:
        return ()

    def record(self) -> dict[str, Any] | None:
        return None

    def missing(self) -> dict[str, str] | None:
        return None


def build(made: Plan, sources: Sources, writer: Writer, folder: Folder | None = None,
          on_progress: OnProgress = lambda progress: None, filled: ExtractionTable | None = None) -> Survey:
    """The survey of a plan, audited: the sections first, then what stands at the ends. filled: the columns of the
    comparison table that the reader named."""
    sections: dict[str, Section] = {}
    ends = writer.ends(made)
    body = _body(made)
    for i, node in enumerate((*body, *ends)):
        written = list(sections.values()) if i >= len(body) else []  # an end speaks of the sections, and not as another
        if folder and written:
            name_steps(made, sources, writer, folder, written)
        on_progress(Progress("write", i, len(body) + len(ends), node.heading))
        sections[node.id] = _section(node, made, sources, writer, folder, written)
    on_progress(Progress("write", len(sections), len(sections), ""))
    kinds = {node.kind: node for node in ends}
    before = [kinds[kind] for kind in ("abstract", "introduction") if kind in kinds]
    after = [kinds[kind] for kind in ("conclusion",) if kind in kinds]
    tops = (*before, *(top for top in made.outline if top.kind not in SUMMARIES), *after)
    outline = tuple(_joined(top, sections) for top in tops)
    cells, cell_evidence = table(made.references, sources, made.request, filled)
    aspects, ticks = matrix(made.references, sources, made.request, writer.terms(made, sources))
    order = [sections[node.id] for top in outline for node in top.walk()]
    language = made.request.language
    sentences = tuple(sentence for section in order for sentence in section.sentences)
    record = _record(writer, sentences)
    survey = Survey(
        made.request,
        word("title", language, topic=topic_name(made.request.topic, language)),
        writer.mode,
        word(f"banner_{writer.mode}", language, model=(record or {}).get("model", ""))
        + word("banner_cut", language) * any(s.is_cut for s in sentences),
        outline,
        sentences,
        tuple(row for section in order for row in section.evidence) + cell_evidence + ticks,
        made.references,
        timeline(made.references, sources),
        cells,
        made.unused,
        writer.missing(),
        record,
        focus=made.focus,
        matrix=aspects,
    )
    return replace(survey, audit=audit(survey, sources.documents.get).to_dict())


def _record(writer: Writer, sentences: Sequence[Sentence]) -> dict[str, Any] | None:
    """The writer's record, and how many sentences were joined or reverted: counted where they stand, so that a kept
    section counts as well."""
    record = writer.record()
    if record is None:
        return None
    return {
        **record, "coherence": {
            note: sum(s.kind == "claim" and s.note == note for s in sentences) for note in ("joined", "reverted")
        }
    }


def name_steps(made: Plan, sources: Sources, writer: Writer, folder: Folder,
               written: Sequence[Section] | None = None) -> None:
    """Keeps which stored steps belong to this plan, before one of them is written, so that a run that is killed does
    not make what was stored before it look unwritten. written: the sections, once they are there, and the ends before
    the next one."""
    keys = {node.id: step_key(step_inputs(node, made, sources, writer)) for node in _body(made)}
    ends = writer.ends(made)
    n_body = len(keys)
    for i, node in enumerate(ends[:len(written) - n_body + 1] if written is not None else ()):
        keys[node.id] = step_key(step_inputs(node, made, sources, writer, (written or ())[:n_body + i]))
    folder.name_steps(outline_digest(made.outline), keys)


def _body(made: Plan) -> list[Node]:
    return [node for top in made.outline if top.kind not in SUMMARIES for node in top.walk()]


def step_inputs(node: Node, made: Plan, sources: Sources, writer: Writer,
                written: Sequence[Section] = ()) -> dict[str, Any]:
    """All that a node's words depend on. The introduction and the problems speak of the whole outline, a section of
    itself only, what a model writes at the ends of the sentences of the sections.
    """
    documents = node.documents if node.kind == "theme" else [r.document for r in made.references]
    held = [d for part in node.walk() for d in part.documents] if node.kind == "theme" else documents
    names = call_names(made.references)
    keys = {r.document: (r.key, r.sha256, r.authors, r.year, r.title, names[r.document]) for r in made.references}
    elsewhere = ("documents", "style", "columns")  # what no section's words depend on
    request = {name: value for name, value in made.request.to_dict().items() if name not in elsewhere}
    # a section does without the sentence that opens the survey, if it is one of its own
    opening = definition(made, sources)
    said = (
        {"said": [s.to_dict() for section in written for s in section.sentences]}
        if writer.mode == "model" and written
        else {}
    )
    return {
        **said, "node": node.to_dict(), "above": above(node, made),
        "opening": [opening.start, opening.end] if opening and opening.document in held else None, "request": request,
        "references": [keys[d] for d in held
                       ], "problems": limits_apart(made, held), "version": VERSION, "writer": writer.identity,
        "focus": known_focus(made.focus, node.documents, sources) if node.kind == "theme" else {},
        "outline": [] if node.kind == "theme" else [top.to_dict() for top in made.outline]
    }


def _section(node: Node, made: Plan, sources: Sources, writer: Writer, folder: Folder | None,
             written: Sequence[Section]) -> Section:
    inputs = step_inputs(node, made, sources, writer, written)
    saved = folder.step(node.id, inputs) if folder else None
    if saved is not None:
        return Section(node_from_dict(saved["node"]), tuple(sentence_from_dict(row) for row in saved["sentences"]),
                       tuple(Evidence(**row) for row in saved["evidence"]))
    section = _or_no_source(keep_held(writer.write(node, made, sources, written), sources.documents), made)
    if folder and node.id not in (writer.missing() or {}):  # what a fault left unfinished is tried again
        folder.keep_step(node.id, inputs, section.to_dict())
    return section


def _or_no_source(section: Section, made: Plan) -> Section:
    """A section that has documents and no quote that holds says that no source was found."""
    if section.evidence or not section.node.documents or section.node.kind != "theme":
        return section
    draft = Draft(section.node, made.request, made.references, {})
    draft.say("no_source")
    return draft.done()


def _joined(node: Node, sections: dict[str, Section]) -> Node:
    return replace(sections[node.id].node, children=tuple(_joined(child, sections) for child in node.children))


def sentences_of(survey: Survey, node: Node) -> Iterator[tuple[Sentence, ...]]:
    """The node's own paragraphs."""
    known = {sentence.id: sentence for sentence in survey.sentences}
    for paragraph in node.paragraphs:
        yield tuple(known[name] for name in paragraph)
