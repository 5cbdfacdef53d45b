"""Write one node of the outline from its own documents: paragraphs of quotes in fixed frames.

Reads: the node and `own_evidence`, the units of the node's documents and of no others; of the plan, headings, names and
its focus.  Gives: Section, ready to be stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from kb.answer.intent import defines
from kb.survey.outline.clusters import readable_groups
from kb.survey.outline.headings import HEADS, shared_terms
from kb.survey.outline.plan import Plan, Sources
from kb.survey.outline.select import choose, leaves_some, limit_of, topic_terms
from kb.survey.records import Evidence, Fact, Node, Reference, Request, Role, Sentence
from kb.survey.sentences import Unit, limit_told
from kb.survey.words import LABELS, TOLD, limit_frame
from kb.survey.write.beside import Pair, names_shared, within_share
from kb.survey.write.evidence import letter, make_evidence, place_evidence
from kb.survey.write.forms import fill, years_of
from kb.survey.write.joins import Join, joins_of
from kb.survey.write.places import Tick
from kb.survey.write.proposed import Proposed, fact_of
from kb.survey.write.quoted import (
    CLEAR,
    call_names,
    definition_frame,
    introduced,
    speaker,
    subject_names,
    with_language,
)
from kb.survey.write.spoken import set_out
from kb.types import Document, Record

_LEAST_OPENING = 8
_LEAST_SHARED = 4  # documents of which most name something, for that to be said
_PER_PARAGRAPH = 5  # quotes
_PER_GROUP = 2  # documents that stand together
_MOST_QUOTES = 2  # of a work in a section
# What a paragraph is about: what it is and why, how, and what came of it.
_CLAIMS: tuple[tuple[Role, ...], ...] = (("definition", "problem"), ("method",),
                                         ("result", "limitation", "open"))
_JOINED_HEADING = re.compile(r" and |与")


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
        self._told: set[str] = set()  # works that have spoken
        self._last: Unit | None = None
        self._introduced: set[str] = set()  # sources whose other language has been said

    def paragraph(self) -> None:
        if not self._paragraphs or self._paragraphs[-1]:
            self._paragraphs.append([])

    def add(self, sentence: Sentence, quotes: Sequence[tuple[Unit, float]] = (), method: str = "extract") -> None:
        """Appends a sentence under its number, with the evidence of its quotes."""
        name = self._next()
        rows = [
            make_evidence(f"{name}{letter(i)}", name, unit, score, self._documents[unit.document], method)
            for i, (unit, score) in enumerate(quotes)
        ]
        self._put(replace(sentence, id=name, evidence=tuple(row.id for row in rows)), rows)

    def _put(self, sentence: Sentence, rows: Sequence[Evidence]) -> None:
        self._sentences.append(sentence)
        self._evidence += rows
        if not self._paragraphs:
            self.paragraph()
        self._paragraphs[-1].append(sentence.id)

    def _next(self) -> str:
        return f"{self._node.id}.{len(self._sentences) + 1}"

    def join(self, joined: Join) -> None:
        """A sentence of ours that joins works, with a row of evidence for each place that shows it."""
        name = self._next()
        rows: dict[tuple[str, tuple[int, int]], Evidence] = {}
        facts = []
        for fact, ticks in joined.said:
            for tick in ticks:
                key = tick.document, tick.quote
                rows.setdefault(key, self._row(f"{name}{letter(len(rows))}", name, tick))
            facts.append(replace(fact, evidence=tuple(rows[tick.document, tick.quote].id for tick in ticks)))
        text = fill(joined.form, facts, self._request, self._references)
        self._put(Sentence(name, "joined", text, language=self._language, evidence=tuple(
            row.id for row in rows.values()), facts=tuple(facts), form=joined.form), list(rows.values()))

    def _row(self, row: str, sentence: str, tick: Tick) -> Evidence:
        document = self._documents[tick.document]
        return place_evidence(row, sentence, document, tick.quote)

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

    def limit(self, unit: Unit) -> None:
        """A limit, or what is left open, in a frame that says which where that is sure."""
        self.quote(unit, limit_frame(limit_told(unit), self._language, self.who(unit.document)))

    def tell_count(self, told: str, units: Sequence[Unit]) -> None:
        """How many works tell this of themselves, with the place in each; each is quoted below."""
        said = Fact("told", told, tuple(unit.document for unit in units), values=(str(len(units)),))
        spans = [(unit.start, unit.end) for unit in units]
        ticks = tuple(Tick(unit.document, span, span) for unit, span in zip(units, spans, strict=True))
        if len(units) > 1:
            self.join(Join("told", ((said, ticks),)))
        else:
            self.say("told", [said])

    def tell(self, unit: Unit, note: str = "") -> None:
        """A quote of a work: behind its title the first time, behind its authors from then on, behind nothing where it
        has just spoken."""
        document, last = unit.document, self._last
        label = LABELS[unit.role].in_(self._language) if unit.headed and unit.role in LABELS else ""
        if document not in self._told:
            frame = self.name(document)
        elif last is not None and last.document == document and self._paragraphs[-1]:
            frame = label if last.role != unit.role else ""
        else:
            frame = self.who(document) + ("：" if self._language == "zh" else ":")
        self._told.add(document)
        self._last = unit
        self.quote(unit, frame, note=note)

    def set_beside(self, pair: Pair) -> None:
        """Two works on one term, in their own words: called by title the first time, by authors from then on."""
        units = pair.first, pair.second
        is_new = units[0].document not in self._told
        spans = [(unit.start, unit.end) for unit in units]
        said = Fact("beside", pair.term, tuple(unit.document for unit in units), (), (),
                    tuple(unit.text for unit in units))
        ticks = tuple(Tick(unit.document, span, span) for unit, span in zip(units, spans, strict=True))
        self.join(Join("joined.beside.new" if is_new else "joined.beside", ((said, ticks),)))
        self._told |= {unit.document for unit in units}
        self._last = None

    def propose(self, part: Sequence[Proposed]) -> None:
        """What works of one kind give, each in its own words."""
        ticks = tuple(Tick(one.document, one.what, one.sentence) for one in part)
        self.join(Join("joined.proposed", ((fact_of(part, self._documents), ticks),)))
        self._told |= {one.document for one in part}
        self._last = None

    def reference(self, document: str) -> Reference:
        return self._references[document]

    def who(self, document: str) -> str:
        return speaker(self._references[document], self._names, self._language)

    def name(self, document: str) -> str:
        """The frame with which a work begins to speak."""
        return introduced(self._references[document], self._names, self._language)

    def done(self) -> Section:
        paragraphs = tuple(tuple(ids) for ids in self._paragraphs if ids)
        return Section(replace(self._node, paragraphs=paragraphs, children=()), tuple(self._sentences),
                       tuple(self._evidence))


def _theme(node: Node, made: Plan, sources: Sources) -> Section:
    request = made.request
    draft = Draft(node, request, made.references, sources.documents)
    held = [document for part in node.walk() for document in part.documents]
    draft.paragraph()
    draft.say("lead", _lead(node, held, made, sources))
    if not node.documents:
        return draft.done()
    if node.children:  # what follows is said of these works alone
        draft.paragraph()
        draft.say("lead_rest", _counted(node.documents, made)[:1])
    evidence = own_evidence(node, sources)
    apart = limits_apart(made, node.documents)
    limits = {document: unit for document, own in evidence.items() if (unit := limit_of(own))
              and (not unit.is_gap if apart is None else document in apart)}
    most = _MOST_QUOTES if len(node.documents) > 1 else None
    kept_back = frozenset(limits.values()) | {opening for opening in [definition(made, sources)] if opening}
    chosen = choose([unit for own in evidence.values() for unit in own], request.topic, request.length, kept_back,
                    made.focus, request.language)
    for document, unit in limits.items():
        if apart is None and request.length != "short":
            chosen[document] = [*chosen.get(document, ())[:most and most - 1], unit]
    if request.length == "medium" and len(made.references) >= _LEAST_OPENING:  # few works have more room each
        chosen = within_share(chosen, evidence, kept_back, list(limits.values()) if apart else ())
    order = [document for group in _paragraphs(node, sources) for document in group]
    joins = joins_of([sources.documents[document] for document in node.documents], request.language,
                     [*_said_already(node, request), *above(node, made)])
    for joined in joins.terms[:1 if request.length == "short" else None]:
        draft.join(joined)
    shared = names_shared(joins.shared, node.facts, [sources.documents[d] for d in node.documents], request,
                          [sources.documents[r.document] for r in made.references])
    spoken = [unit for roles in _CLAIMS for document in order for unit in chosen.get(document, ())[:most]
              if unit.role in roles]
    said = set_out(spoken, {d: evidence[d] for d in order}, shared, [
        (fact.term, *fact.values) for fact in node.facts if fact.kind == "all"], sources.documents, request.language,
        kept_back)
    draft.paragraph()
    for group in said.gives:
        draft.propose(group)
    for part, roles in enumerate(_CLAIMS):
        draft.paragraph()
        for joined in joins.data if part == len(_CLAIMS) - 1 and request.length != "short" else ():
            draft.join(joined)
        for n, unit in enumerate(unit for unit in said.units if unit.role in roles):
            if n and n % _PER_PARAGRAPH == 0:
                draft.paragraph()
            if unit in said.beside:
                draft.set_beside(said.beside[unit])
            else:
                draft.tell(unit)
    draft.paragraph()
    for joined in joins.citing if request.length != "short" else ():
        draft.join(joined)
    return draft.done()


def limits_apart(made: Plan, documents: Sequence[str]) -> list[str] | None:
    """Which of these works the section on limits quotes; None where there is no such section."""
    last = next((top for top in made.outline if top.kind == "problems"), None)
    return [document for document in documents if document in last.documents] if last else None


def above(node: Node, made: Plan) -> list[str]:
    """The headings of the sections that a section is a part of."""
    return [top.heading for top in made.outline if any(part.id == node.id for part in top.walk()) and top.id != node.id]


def _said_already(node: Node, request: Request) -> list[str]:
    """What a section does not say again of its works: the topic, and what its heading says."""
    return [request.topic, node.heading, *_JOINED_HEADING.split(node.heading), *(fact.term for fact in node.facts)]


def _lead(node: Node, held: Sequence[str], made: Plan, sources: Sources) -> list[Fact]:
    """What the first sentence of a section says: how many works, of which years, what most of them name besides the
    section's own term, and its parts."""
    facts = _counted(held, made)
    if not node.documents and len(held) >= _LEAST_SHARED and made.request.length != "short":
        facts += shared_terms([sources.documents[d] for d in held], made.request.topic, made.request.language,
                              " | ".join(part.heading for part in node.walk()))
    if node.children:
        facts += _headed(node.children, node.id)
    return facts


def _headed(nodes: Sequence[Node], parent: str = "") -> list[Fact]:
    """The headings of sections, and which of them begin with a capital of their own."""
    own = tuple(node.heading for node in nodes for fact in node.facts[:1]
                if fact.kind in HEADS and fact.term and fact.term[0].isupper() and fact.term[0] == node.heading[0])
    return [Fact("sections", parent, values=tuple(node.heading for node in nodes)),
            *([Fact("capital", values=own)] if own else [])]


def _counted(documents: Sequence[str], made: Plan) -> list[Fact]:
    return [Fact("count", documents=tuple(documents), values=(str(len(documents)),)),
            Fact("years", documents=tuple(documents), values=years_of(documents, made.references))]


def _paragraphs(node: Node, sources: Sources) -> list[list[str]]:
    """The node's documents in groups that stand together, each by year."""
    documents = list(node.documents)
    if len(documents) <= _PER_GROUP:
        return [documents]
    rows = sources.vectors[[sources.ids.index(document) for document in documents]]
    groups = readable_groups(rows, -(-len(documents) // _PER_GROUP), 1)
    inner = [[documents[i] for i in group] for group in groups]
    position = {document: i for i, document in enumerate(documents)}
    inner.sort(key=lambda group: position[group[0]])
    return [group[i:i + _PER_GROUP] for group in inner for i in range(0, len(group), _PER_GROUP)]


def _introduction(node: Node, made: Plan, sources: Sources) -> Section:
    """What the survey covers, the best definition of the topic that is in the library, and how it is ordered."""
    request = made.request
    language = request.language
    draft = Draft(node, request, made.references, sources.documents)
    draft.say("scope", _counted([r.document for r in made.references], made))
    found = definition(made, sources)
    if found:
        shown = next(shown for shown, name in subject_names(request) if defines(found.text, name) >= CLEAR)
        names = call_names(made.references)
        draft.quote(found, definition_frame(shown, draft.reference(found.document), names, language))
    themes = [top for top in made.outline if top.kind == "theme"]
    if request.length != "short" and len(themes) > 1:  # the only section says it of the same works
        draft.paragraph()
        joins = joins_of([sources.documents[r.document] for r in made.references], language, [request.topic])
        for joined in (*joins.terms, *joins.data, *(one for one in joins.citing if one.form == "joined.cited")):
            draft.join(joined)
        draft.paragraph()
    if len(themes) > 1 and request.length != "short":
        last = [Fact("problems")] * any(top.kind == "problems" for top in made.outline)
        draft.say("structure", [*_headed(themes), *last])
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
    """What limits the sources name, what they leave open, and the problems that they set out from: a paragraph for
    each, in the order of the outline."""
    draft = Draft(node, made.request, made.references, sources.documents)
    evidence = own_evidence(node, sources)
    order = [document for top in made.outline if top.kind == "theme" for part in top.walk()
             for document in part.documents if document in evidence]
    limits = [unit for document in order if (unit := limit_of(evidence[document]))]
    if not limits:
        draft.say("no_source")
        return draft.done()
    draft.say("problems_lead")
    for told in TOLD:
        units = [unit for unit in limits if limit_told(unit) == told]
        if not units:
            continue
        draft.paragraph()
        if told:
            draft.tell_count(told, units)
        for unit in units:
            draft.limit(unit)
    return draft.done()
