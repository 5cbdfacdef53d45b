"""Plan a survey: which documents, in which sections, under which headings.

Reads: a Request and the library.  Gives: Plan, which the reader may edit (outline.json) before it is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from kb.errors import OffTopic, OutlineError, SurveyError
from kb.survey.outline.about import About
from kb.survey.outline.arrange import Group, arrange
from kb.survey.outline.broader import wide_terms
from kb.survey.outline.clusters import centred, with_concepts
from kb.survey.outline.headings import heading_of, recounted, set_apart
from kb.survey.outline.phrases import terms_of
from kb.survey.outline.relevance import measure, own_of
from kb.survey.outline.repeats import copies_of, said_once, words_of
from kb.survey.outline.select import library_focus, speak_of_limits
from kb.survey.outline.topic_words import Held, unheld
from kb.survey.records import Node, Reference, Request, Unused
from kb.survey.references import make_reference, with_distinct_keys
from kb.survey.sentences import Unit, units
from kb.survey.words import word
from kb.types import CrossEncoder, Document, Encoder, Language, Record, Vectors, Words

_PER_SECTION = 3  # documents a section has on average
_MOST_SECTIONS = 8
_SPLIT = 7  # documents from which on a survey has sections, and a section parts
_PER_SUBSECTION = 3
LEAST_THEMES = 3  # for a section on open problems of its own
_LEAST_LIMITS = 2  # documents in it
LANGUAGES: tuple[Language, ...] = ("en", "zh")
VERSION = "38"  # of everything that decides the words of a survey; part of every cached step's key


@dataclass(frozen=True, slots=True)
class Plan(Record):
    """The outline before it is written. references: the documents it draws on, by relevance.  unused: the others, and
    why.

    focus: what the library spoke of when it was planned (select.library_focus); an update keeps it.
    """

    request: Request
    outline: tuple[Node, ...]
    references: tuple[Reference, ...]
    unused: tuple[Unused, ...]
    focus: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sources:
    """What planning read: documents and their quotable sentences by id, and, in the order of `ids`, relevance [n],
    which words of the topic each has, whether it belongs, and vectors float32 [n, d].

    is_found: whether the library holds the topic.  about: which documents are on a term.
    """

    documents: dict[str, Document]
    units: dict[str, list[Unit]]
    ids: tuple[str, ...]
    relevance: tuple[float, ...]
    vectors: Vectors
    about: About
    repeating: frozenset[str] = frozenset()  # documents that say nothing of their own
    held: tuple[Held, ...] = ()
    belongs: tuple[bool, ...] = ()
    is_found: bool = True
    copies: Mapping[str, str] = field(default_factory=dict)  # document -> the one that says nearly all it says
    others: Mapping[str, str] = field(default_factory=dict)  # further texts of these works -> title


def gather(request: Request, candidates: Sequence[Document], encoder: Encoder,
           on_read: Callable[[int, int], None] = lambda done, total: None,
           reader: CrossEncoder | None = None) -> Sources:
    """Reads the candidates' sentences and measures their relevance. Order of ids, not of adding, so that the same
    library gives the same survey. reader: the trained one, if one reads beside this encoder."""
    documents = sorted(candidates, key=lambda document: document.id)
    measured = measure(request.topic, documents, encoder, reader)
    found = {}
    for i, document in enumerate(documents):
        found[document.id] = units(document)
        on_read(i + 1, len(documents))
    copies = copies_of(found)
    once, repeating = said_once({d: own for d, own in found.items() if d not in copies}, encoder)
    found = {d: once.get(d, own) for d, own in found.items()}
    languages = [document.language for document in documents]
    vectors = with_concepts(centred(measured.vectors, languages), documents)
    about = About({d.id: i for i, d in enumerate(documents)}, own_of(measured.vectors, languages),
                  partial(encoder.encode, role="question"))
    return Sources({d.id: d for d in documents}, found, tuple(d.id for d in documents), measured.relevance, vectors,
                   about, repeating, measured.held, measured.belongs, measured.is_found, copies)


def plan(request: Request, sources: Sources) -> Plan:
    """The outline with its documents. Errors: OffTopic E_SURVEY_TOPIC where the library does not hold the topic, unless
    documents or a number of works are asked for; KBError E_SURVEY_EMPTY where no document has anything to quote."""
    chosen, unused, relevance = choose(request, sources)
    if not any(sources.units.values()):
        raise SurveyError("E_SURVEY_EMPTY", topic=request.topic, n=len(sources.ids))
    if not (request.documents or request.works) and (not sources.is_found or not chosen):
        raise off_topic(request.topic, sources)
    if not chosen:
        raise SurveyError("E_SURVEY_EMPTY", topic=request.topic, n=len(sources.ids))
    order = sorted(chosen, key=lambda document: (-relevance[document], document))
    references = with_distinct_keys([make_reference(sources.documents[d], relevance[d]) for d in order])
    return Plan(request, outline(chosen, sources, request.topic, request.language), references, unused,
                focus_of(chosen, sources))


def focus_of(chosen: Sequence[str], sources: Sources) -> dict[str, float]:
    """select.library_focus of these documents."""
    return library_focus([unit for document in sorted(chosen) for unit in sources.units[document]])


def choose(request: Request, sources: Sources) -> tuple[list[str], tuple[Unused, ...], dict[str, float]]:
    """(documents used, documents not used and why, relevance of each)."""
    relevance = dict(zip(sources.ids, sources.relevance, strict=True))
    held = {d: row.words for d, row in zip(sources.ids, sources.held, strict=False)}
    belongs = {d for d, is_used in zip(sources.ids, sources.belongs, strict=False) if is_used}
    chosen: list[str] = []
    unused = _of_others(sources)
    seen: dict[str, str] = {}
    for document in sources.ids:
        title = sources.documents[document].metadata.title
        words = words_of(sources.units[document])
        if request.documents and document not in request.documents:
            unused.append(Unused(document, title, "left_out", relevance[document]))
        elif not sources.documents[document].text.strip():
            unused.append(Unused(document, title, "no_text"))
        elif not sources.units[document]:
            unused.append(Unused(document, title, "no_sentence", relevance[document]))
        elif words in seen:
            unused.append(Unused(document, title, "copy", relevance[document]))
        elif document in sources.repeating and document not in request.documents:
            unused.append(Unused(document, title, "repeats", relevance[document]))
        elif not (request.documents or request.works) and sources.belongs and document not in belongs:
            unused.append(Unused(document, title, "not_relevant", relevance[document], held.get(document, ())))
        else:
            seen[words] = document
            chosen.append(document)
    for document in [d for d in chosen if sources.copies.get(d) in chosen]:
        unused.append(Unused(document, sources.documents[document].metadata.title, "copy", relevance[document]))
        chosen.remove(document)
    if request.works and not request.documents:
        order = sorted(chosen, key=lambda d: (-relevance[d], d))
        unused += [Unused(d, sources.documents[d].metadata.title, "beyond", relevance[d], held.get(d, ()))
                   for d in order[request.works:]]
        kept = set(order[:request.works])
        chosen = [d for d in chosen if d in kept]
    return chosen, tuple(sorted(unused, key=lambda row: (-(row.relevance or 0.0), row.document))), relevance


def _of_others(sources: Sources) -> list[Unused]:
    return [Unused(document, title, "same_work") for document, title in sources.others.items()]


def off_topic(topic: str, sources: Sources) -> OffTopic:
    """That the library does not hold the topic: which of its words no document has, and what the library has
    instead."""
    missing = unheld(topic, sources.held)
    none = Words(f"; no document has: {', '.join(missing)}", f"；没有文档包含：{'、'.join(missing)}")
    said = {language: _themes(sources, language) or [word("overview", language)] for language in LANGUAGES}
    return OffTopic("E_SURVEY_TOPIC", topic=topic, n=len(sources.ids), missing=none if missing else "",
                    themes=Words("; ".join(said["en"]), "；".join(said["zh"])))


def _themes(sources: Sources, language: Language) -> list[str]:
    """Terms that cover the library, each with the number of documents in whose title or abstract it stands: in the
    language first, in the other one where nothing else covers a document."""
    documents = [sources.documents[d] for d in sources.ids]
    open_ = set(sources.ids)
    known = [term for term in terms_of(documents, "") if len(term.held) >= min(2, len(documents))]
    said: list[str] = []
    for is_own in (True, False):
        while len(said) < _MOST_SECTIONS:
            gains = [(len(term.held & open_) * (1 + bool(term.titled)) * term.size**0.5, -i)
                     for i, term in enumerate(known) if (term.language == language) == is_own and term.held & open_]
            if not gains:
                break
            best = known[-max((round(gain, 4), i) for gain, i in gains)[1]]
            said.append(f"{best.shown} ({len(best.held)})")
            open_ -= best.held
    return said


def known_focus(kept: Mapping[str, float], documents: Sequence[str], sources: Sources) -> dict[str, float]:
    """What of a plan's focus these documents speak of: the rest changes no word of theirs, and may be of a document
    that was removed."""
    held = {term for document in documents for unit in sources.units[document] for term in unit.terms}
    return {term: weight for term, weight in kept.items() if term in held}


def outline(chosen: Sequence[str], sources: Sources, topic: str, language: Language) -> tuple[Node, ...]:
    """Introduction, a section for each group of documents, open problems."""
    documents = [sources.documents[d] for d in chosen]
    vectors = sources.vectors[[sources.ids.index(d) for d in chosen]]
    known = [*terms_of(documents, topic), *wide_terms(documents, topic, language)]
    wanted = min(_MOST_SECTIONS, round(len(chosen) / _PER_SECTION)) if len(chosen) >= _SPLIT else 1
    groups = arrange(documents, vectors, wanted, known, topic, language, sources.about)
    taken = [group.named.words for group in groups if group.named]
    sections = []
    for group in groups:
        ids = _by_year([chosen[i] for i in group.rows], sources)
        parts: list[Node] = []
        if len(ids) >= _SPLIT and group.named:
            inner = arrange([documents[i] for i in group.rows], vectors[list(group.rows)],
                            round(len(ids) / _PER_SUBSECTION), known, topic, language, sources.about,
                            taken, is_part=True)
            parts = [_themed(_by_year([ids_of[i] for i in part.rows], sources), part, language)
                     for ids_of in [[chosen[i] for i in group.rows]] for part in inner if part.named]
            parts = parts if len(parts) > 1 else []
            taken += [part.named.words for part in inner if part.named and parts]
        parts.sort(key=lambda part: (_year(part.documents[0], sources), part.documents))
        held = {d for part in parts for d in part.documents}
        node = _themed(ids, group, language)
        sections.append(replace(node, documents=tuple(d for d in ids if d not in held), children=tuple(parts)))
    relevance = dict(zip(sources.ids, sources.relevance, strict=True))

    def weight(node: Node) -> tuple[float, str]:
        held = [relevance[d] for part in node.walk() for d in part.documents]
        return (-round(sum(held) / len(held), 3), node.id)

    # what is closest to the topic comes first, what no heading is true of last
    sections.sort(key=lambda node: (not node.facts, weight(node)))
    return with_ends(set_apart(sections, language), sources, language)


def _themed(documents: Sequence[str], group: Group, language: Language) -> Node:
    facts = group.named.facts if group.named else ()
    return Node(node_id(documents), "theme", heading_of(facts, language), tuple(documents), facts=facts)


def with_ends(themes: Sequence[Node], sources: Sources, language: Language,
              named: Mapping[str, str] | None = None) -> tuple[Node, ...]:
    """The themes between an introduction and, from three themes on, a section on limits and open problems of the
    documents that name one, or the problem that they set out from.

    With fewer it would cite what the first theme cites and nothing else: there each source's limit stands with the
    source.
    """
    groups = [[d for node in top.walk() for d in node.documents] for top in themes]
    documents = tuple(speak_of_limits(groups, sources.units, language))

    def end(kind: str) -> Node:
        heading = (named or {}).get(kind) or word(kind, language)
        return Node(kind, kind, heading, named="" if heading == word(kind, language) else "reader")

    last = (
        (replace(end("problems"), documents=documents),)
        if len(themes) >= LEAST_THEMES and len(documents) >= _LEAST_LIMITS
        else ()
    )
    return (end("introduction"), *themes, *last)


def node_id(documents: Sequence[str]) -> str:
    """A name for a node that stays when its heading or place changes."""
    return "t" + hashlib.sha256(" ".join(sorted(documents)).encode()).hexdigest()[:8]


def _by_year(documents: Sequence[str], sources: Sources) -> list[str]:
    return sorted(documents, key=lambda document: (_year(document, sources), document))


def _year(document: str, sources: Sources) -> int:
    return sources.documents[document].metadata.year or 9999


def edited(made: Plan, outline_: Sequence[Node], sources: Sources) -> Plan:
    """The plan with a reader's outline: headings, order and membership are theirs; what they dropped is listed as left
    out.

    Errors: KBError E_OUTLINE for a document that is not in the library or stands in two places, and for an outline
    without sections.
    """
    placed: list[str] = [d for top in outline_ if top.kind == "theme" for node in top.walk() for d in node.documents]
    unknown = next((d for d in placed if d not in sources.documents), None)
    twice = next((d for d in placed if placed.count(d) > 1), None)
    if unknown or twice or not placed:
        detail = Words("it has no section with documents", "没有列出文献的章节")
        if unknown:
            detail = Words(f"no document {unknown} in the library", f"资料库中没有文献 {unknown}")
        elif twice:
            detail = Words(f"document {twice} stands in two places", f"文献 {twice} 出现在两处")
        raise OutlineError("E_OUTLINE", detail=detail)
    empty = next((d for d in placed if not sources.units[d]), None)
    if empty:
        raise OutlineError("E_OUTLINE", detail=Words(f"document {empty} has no sentence that could be quoted",
                                                f"文献 {empty} 没有可以引用的句子"))
    language = made.request.language
    themes = [recounted(kept, sources.documents, language)
              for node in outline_ if node.kind == "theme" and (kept := _without_empty(node))]
    nodes = with_ends(set_apart(themes, language), sources, language,
                      {node.kind: node.heading for node in outline_ if node.kind != "theme"})
    relevance = dict(zip(sources.ids, sources.relevance, strict=True))
    order = sorted(placed, key=lambda d: (-relevance[d], d))
    references = with_distinct_keys([make_reference(sources.documents[d], relevance[d]) for d in order])
    before = {row.document: row for row in made.unused}
    unused = [
        before.get(d) or Unused(d, sources.documents[d].metadata.title, "left_out", relevance[d])
        for d in sources.ids
        if d not in placed
    ] + _of_others(sources)
    return Plan(made.request, nodes, references,
                tuple(sorted(unused, key=lambda row: (-(row.relevance or 0.0), row.document))), made.focus)


def _without_empty(node: Node) -> Node | None:
    """The node ready to be written: nothing in it yet, no empty children."""
    children = tuple(kept for child in node.children if (kept := _without_empty(child)))
    return replace(node, paragraphs=(), children=children) if node.documents or children else None


def plan_key(made: Plan, sources: Sources, **more: Any) -> dict[str, Any]:
    """What decides the survey's words besides the plan itself: the bytes of the documents and the version of this
    program."""
    return {
        "plan": made.to_dict(), "documents": [sources.documents[r.document].sha256 for r in made.references],
        "version": VERSION, **more
    }
