"""Write one node of the outline from its own documents: paragraphs of quotes in fixed frames.

Reads: the node and `own_evidence`, the units of the node's documents and of no others; of the plan, headings, names and
its focus.  Gives: Section, ready to be stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from kb.answer.intent import defines
from kb.survey.outline.clusters import readable_groups
from kb.survey.outline.headings import shared_terms
from kb.survey.outline.plan import Plan, Sources
from kb.survey.outline.select import choose, leaves_some, limit_of, topic_terms
from kb.survey.records import Evidence, Fact, Node, Reference, Request, Sentence
from kb.survey.references import short_name
from kb.survey.sentences import Unit
from kb.survey.words import LABELS, by_title, limit_frame
from kb.survey.write.forms import fill, years_of
from kb.survey.write.quoted import (
    CLEAR,
    call_names,
    definition_frame,
    shown_title,
    subject_names,
    with_language,
)
from kb.types import Document, Record

_LEAST_OPENING = 8
_LEAST_SHARED = 4  # documents of which most name something, for that to be said
_PER_PARAGRAPH = 2  # documents


@dataclass(frozen=True, slots=True)
class Section(Record):
    """A written node: itself without its children, its sentences and their evidence."""

    node: Node
    sentences: tuple[Sentence, ...]
    evidence: tuple[Evidence, ...]


def own_evidence(node: Node, sources: Sources) -> dict[str, list[Unit]]:
    """document -> its quotable sentences, for the node's documents only. Everything a node can quote passes through
    here."""
    return {document: list(sources.units[document]) for document in node.documents}


def write_node(node: Node, made: Plan, sources: Sources) -> Section:
    """The node's paragraphs. A node without usable evidence says so."""
    if node.kind == "introduction":
        return _introduction(node, made, sources)
    if node.kind == "problems":
        return _problems(node, made, sources)
    return _theme(node, made, sources)


class Draft:
    """Collects a node's paragraphs and numbers what stands in them."""

    def __init__(self, node: Node, request: Request, references: Sequence[Reference],
                 documents: Mapping[str, Document]) -> None:
        self._node = node
        self._request, self._language = request, request.language
        self._references = {reference.document: reference for reference in references}
        self._names = call_names(references)
        self._documents = documents
        self._sentences: list[Sentence] = []
        self._evidence: list[Evidence] = []
        self._paragraphs: list[list[str]] = []
        self._introduced: set[str] = set()  # sources whose other language has been said

    def paragraph(self) -> None:
        if not self._paragraphs or self._paragraphs[-1]:
            self._paragraphs.append([])

    def add(self, sentence: Sentence, quotes: Sequence[tuple[Unit, float]] = (), method: str = "extract") -> None:
        """Appends a sentence under its number, with the evidence of its quotes."""
        name = f"{self._node.id}.{len(self._sentences) + 1}"
        rows = [
            make_evidence(f"{name}{chr(97 + i)}", name, unit, score, self._documents[unit.document], method)
            for i, (unit, score) in enumerate(quotes)
        ]
        self._sentences.append(replace(sentence, id=name, evidence=tuple(row.id for row in rows)))
        self._evidence += rows
        if not self._paragraphs:
            self.paragraph()
        self._paragraphs[-1].append(name)

    def say(self, form: str, facts: Sequence[Fact] = ()) -> None:
        """A frame of our own, made of what it says."""
        self.put(Sentence("", "frame", fill(form, facts, self._request, self._references), language=self._language,
                          facts=tuple(facts), form=form))

    def put(self, sentence: Sentence) -> None:
        """A sentence without evidence as it is, under its number here."""
        self.add(sentence)

    def quote(self, unit: Unit, words: str, score: float = 1.0, note: str = "") -> None:
        """A quote after its frame, which says so if the quote is in the other language."""
        if unit.language != self._language and unit.document not in self._introduced:
            self._introduced.add(unit.document)
            words = with_language(words, unit.language, self._language)
        self.add(Sentence("", "quote", unit.text, words, unit.language, (), unit.role, note, unit.is_cut),
                 [(unit, score)])

    def reference(self, document: str) -> Reference:
        return self._references[document]

    def who(self, document: str) -> str:
        return short_name(self._references[document], self._language)

    def name(self, document: str) -> str:
        """The frame with which a work begins to speak."""
        title = self.title(document)
        name = self._names[document]
        return by_title(name, self._language, is_name=name != title)

    def title(self, document: str) -> str:
        return shown_title(self._references[document])

    def done(self) -> Section:
        paragraphs = tuple(tuple(ids) for ids in self._paragraphs if ids)
        return Section(replace(self._node, paragraphs=paragraphs, children=()), tuple(self._sentences),
                       tuple(self._evidence))


def make_evidence(name: str, sentence: str, unit: Unit, score: float, document: Document, method: str) -> Evidence:
    """The row that ties a quote to its place."""
    return Evidence(name, sentence, document.id, document.page_at(unit.start), unit.start, unit.end, unit.text,
                    page_digest(document, unit.start), round(score, 4), method,
                    document.confidence(unit.start, unit.end))


def page_digest(document: Document, offset: int) -> str:
    """sha-256 of the text of the page that holds the offset; of the whole text where there are no pages."""
    page = next((page for page in document.pages if page.start <= offset < page.end), None)
    text = document.text[page.start:page.end] if page else document.text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _theme(node: Node, made: Plan, sources: Sources) -> Section:
    request = made.request
    draft = Draft(node, request, made.references, sources.documents)
    held = [document for part in node.walk() for document in part.documents]
    draft.paragraph()
    draft.say("lead", _lead(node, held, made, sources))
    if not node.documents:
        return draft.done()
    evidence = own_evidence(node, sources)
    limits = {document: unit for document, own in evidence.items() if (unit := limit_of(own))}
    has_problems = any(top.kind == "problems" for top in made.outline)
    kept_back = frozenset(limits.values()) | {opening for opening in [definition(made, sources)] if opening}
    chosen = choose([unit for own in evidence.values() for unit in own], request.topic, request.length, kept_back,
                    made.focus)
    for document, unit in limits.items():
        if not has_problems and request.length != "short":
            chosen[document] = [*chosen.get(document, ()), unit]
    for i, group in enumerate(_paragraphs(node, sources)):
        if i or len(held) > 2:
            draft.paragraph()
        for document in group:
            role = ""
            for j, unit in enumerate(chosen.get(document, ())):
                label = (
                    LABELS[unit.role].in_(request.language)
                    if unit.headed and unit.role in LABELS and unit.role != role
                    else ""
                )
                draft.quote(unit, label if j else draft.name(document))
                role = unit.role
    return draft.done()


def _lead(node: Node, held: Sequence[str], made: Plan, sources: Sources) -> list[Fact]:
    """What the first sentence of a section says: how many works, of which years, what most of them name besides the
    section's own term, and its parts."""
    facts = _counted(held, made)
    if len(held) >= _LEAST_SHARED and made.request.length != "short":
        facts += shared_terms([sources.documents[d] for d in held], made.request.topic, made.request.language,
                              node.heading)
    if node.children:
        facts.append(Fact("sections", node.id, values=tuple(child.heading for child in node.children)))
    return facts


def _counted(documents: Sequence[str], made: Plan) -> list[Fact]:
    return [Fact("count", documents=tuple(documents), values=(str(len(documents)),)),
            Fact("years", documents=tuple(documents), values=years_of(documents, made.references))]


def _paragraphs(node: Node, sources: Sources) -> list[list[str]]:
    """The node's documents in groups that stand together, each by year."""
    documents = list(node.documents)
    if len(documents) <= _PER_PARAGRAPH:
        return [documents]
    rows = sources.vectors[[sources.ids.index(document) for document in documents]]
    groups = readable_groups(rows, -(-len(documents) // _PER_PARAGRAPH), 1)
    inner = [[documents[i] for i in group] for group in groups]
    position = {document: i for i, document in enumerate(documents)}
    inner.sort(key=lambda group: position[group[0]])
    return [group[i:i + _PER_PARAGRAPH] for group in inner for i in range(0, len(group), _PER_PARAGRAPH)]


def _introduction(node: Node, made: Plan, sources: Sources) -> Section:
    """What the survey covers, the best definition of the topic that is in the library, and how it is ordered."""
    request = made.request
    language = request.language
    draft = Draft(node, request, made.references, sources.documents)
    draft.say("scope", _counted([r.document for r in made.references], made))
    found = definition(made, sources)
    if found:
        shown = next(shown for shown, name in subject_names(request) if defines(found.text, name) >= CLEAR)
        draft.quote(found, definition_frame(shown, draft.reference(found.document), language))
    names = tuple(top.heading for top in made.outline if top.kind == "theme")
    if names and request.length != "short":
        last = [Fact("problems")] * any(top.kind == "problems" for top in made.outline)
        draft.say("structure", [Fact("sections", values=names), *last])
    return draft.done()


def definition(made: Plan, sources: Sources) -> Unit | None:
    """The sentence that most clearly says what the topic is; it opens the survey, and no section speaks with it. None
    where no sentence does."""
    names = tuple(name for _, name in subject_names(made.request))
    asked = topic_terms(made.request.topic)
    best: tuple[float, Unit] | None = None
    # A survey of a few works would cite one of them twice in a few sentences.
    for reference in made.references if len(made.references) >= _LEAST_OPENING else ():
        own = sources.units[reference.document]
        for unit in own:
            clear = _clear(unit.text, names)
            if clear < CLEAR or not leaves_some(own, unit, limit_of(own)):
                continue
            score = (
                clear
                + 0.3 * (unit.language == made.request.language)
                + 0.3 * len(unit.terms & asked) / max(1, len(asked))
                + 0.3 * reference.relevance
                - 0.2 * unit.position
            )
            if best is None or score > best[0] + 1e-6:
                best = (score, unit)
    return best[1] if best else None


@lru_cache(maxsize=100_000)  # each section asks for the opening sentence
def _clear(text: str, names: tuple[str, ...]) -> float:
    return max(defines(text, name) for name in names)


def _problems(node: Node, made: Plan, sources: Sources) -> Section:
    """The limits that the sources name, a paragraph for each section of the outline."""
    request = made.request
    draft = Draft(node, request, made.references, sources.documents)
    limits = {document: unit for document, own in own_evidence(node, sources).items() if (unit := limit_of(own))}
    if not limits:
        draft.say("no_source")
        return draft.done()
    draft.say("problems_lead")
    turn = 0
    for top in (top for top in made.outline if top.kind == "theme"):
        draft.paragraph()
        for document in (document for part in top.walk() for document in part.documents if document in limits):
            draft.quote(limits[document], limit_frame(turn, request.language, draft.who(document)))
            turn += 1
    return draft.done()
