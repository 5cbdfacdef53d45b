"""Write a survey with a language model, and keep only what code can verify.

Five steps: the outline (outlining.py); each section from its own quotes, those the extractive writer would print, and
from no others (checked.py); its coherence (coherence.py); what its works do alike or differently, and terms for the
matrix (comparing.py); at the end abstract, introduction and conclusion from
verified sentences (ends.py). What failed twice is replaced by the quotes themselves. Whatever the model does, there is
a whole survey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from kb.errors import ModelError
from kb.llm.chat import ChatModel, Message
from kb.survey.folder import Folder
from kb.survey.model.asking import REPLY, Asker, Price, cost, estimate_tokens
from kb.survey.model.checked import Ask, boundary, fault, fault_beside, units_of, write_checked
from kb.survey.model.coherence import connectives, is_same_but_connectives, numbered, read_lines
from kb.survey.model.comparing import (
    behind,
    compare_messages,
    compared,
    fitting_rows,
    matrix_messages,
    read_terms,
)
from kb.survey.model.ends import end_messages, end_nodes, fitting, said_in
from kb.survey.model.live import OnLive, Picture, Telling
from kb.survey.model.outlining import outline_messages, shape_outline
from kb.survey.model.prompts import COHERENCE_SYSTEM, COHERENCE_USER, SECTION_SYSTEM, SECTION_USER, TASKS, VERSION
from kb.survey.outline.plan import Plan, Sources, edited
from kb.survey.records import MATRIX, SUMMARIES, Fact, Node, Sentence
from kb.survey.sentences import Unit
from kb.survey.write.asked import Asked
from kb.survey.write.write import Draft, Section, write_node
from kb.types import Language, Record
from kb.verify.cited import CitedSentence
from kb.verify.sentences import Verifier


@dataclass(frozen=True, slots=True)
class Estimate(Record):
    """What writing would take at most, every part once and rewritten once. cost: in the unit of the price, None without
    one."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None


@dataclass
class ModelWriter:
    """Shapes the outline and writes themes and ends with a model; the problems stay quotes in frames.

    max_tokens, max_cost, price: see Asker; what does not fit is written without the model.  folder: where replies are
    kept; Surveyor sets it.  on_live: told of each part while the model writes it, replies then come in pieces.
    """

    chat: ChatModel
    verifier: Verifier
    max_tokens: int | None = None
    price: Price | None = None
    max_cost: float | None = None
    on_live: OnLive | None = None
    failed: dict[str, str] = field(default_factory=dict)
    shaped: dict[str, str] = field(default_factory=dict)
    mode: Literal["model"] = "model"

    def __post_init__(self) -> None:
        self._asker = Asker(self.chat, self.max_tokens, self.price, self.max_cost)
        self._picture = Picture(self.on_live)

    @property
    def spent(self) -> list[tuple[int, int]]:
        """Tokens in and out of each question of this run."""
        return self._asker.spent

    @property
    def identity(self) -> dict[str, Any]:
        return {"writer": "model", "model": self.chat.name, "prompts": VERSION}

    def keep_in(self, folder: Folder | None) -> None:
        """Where replies are kept from now on."""
        self._asker.folder = folder

    def record(self) -> dict[str, Any] | None:
        """What the survey keeps: the model, and who made the outline: "model", "reader", or "clusters" with why the
        model's was not taken."""
        return {"model": self.chat.name, "prompts": VERSION, "outline": dict(self.shaped) or {"by": "clusters"}}

    def missing(self) -> dict[str, str] | None:
        """Parts that the model did not finish, with the reason; they consist of quotes, whole or in part."""
        return dict(sorted(self.failed.items())) or None

    # --- the outline

    def outline(self, made: Plan, sources: Sources) -> Plan:
        """The plan with the model's outline; with the clusters, and why, if the model's could not be used."""
        nodes, why = shape_outline(made, sources, lambda messages: self._asker.ask("outline", messages),
                                   self.chat.context_tokens)
        self.shaped = {"by": "clusters", "why": why} if why else {"by": "model"}
        return edited(made, nodes, sources) if nodes else made

    def follow(self, by: str) -> None:
        """Notes that the outline is not the model's: "reader", or "survey" for one that is brought up to date."""
        self.shaped = {"by": by}

    # --- a part

    def ends(self, made: Plan) -> tuple[Node, ...]:
        return end_nodes(made)

    def write(self, node: Node, made: Plan, sources: Sources, written: Sequence[Section] = ()) -> Section:
        """A part. written: the sections, for what stands at the ends."""
        self.failed.pop(node.id, None)
        if node.kind in TASKS:
            return self._end(node, made, sources, written)
        plain = write_node(node, made, sources)
        if node.kind != "theme" or not plain.evidence:
            return plain
        return self._theme(node, made, sources, plain)

    def _theme(self, node: Node, made: Plan, sources: Sources, plain: Section) -> Section:
        """The section, asked for in as many parts as its quotes need room for; each part is coherent in itself."""
        language = made.request.language
        units = _units(plain, sources)
        said: list[str] = []
        parts: list[list[tuple[Sentence, list[Unit]]]] = []
        for batch in batches(units, node, made, self.chat.context_tokens):
            behind = [[unit] for unit in batch]
            try:
                kept, unfinished = write_checked(self._ask(node, self._telling(node, behind, language, said)),
                                                 section_messages(node, made, batch), behind, self.verifier, language,
                                                 said)
            except ModelError as error:
                self.failed[node.id] = error.code
                continue
            if unfinished:
                self.failed[node.id] = unfinished
            said += [sentence.text for sentence in kept]
            parts.append([(Sentence("", "claim", sentence.text, language=language, note=note),
                           units_of(sentence.ids, behind))
                          for sentence, note in self._coherent(node, kept, behind, made)])
        if not said:
            return plain
        compares = self._compared(node, made, sources, said)
        draft = Draft(node, made.request, made.references, sources.documents)
        draft.paragraph()
        draft.put(plain.sentences[0])
        for part in (*parts, compares):
            draft.paragraph()
            for claim, own in part:
                draft.add(claim, [(unit, 1.0) for unit in own], "model")
        covered = {unit for part in (*parts, compares) for _, own in part for unit in own}
        rest = [unit for unit in units if unit not in covered]
        quotes = {s.text: s for s in plain.sentences if s.kind == "quote"}
        beside = {text for s in plain.sentences for fact in s.facts if fact.kind == "beside" for text in fact.values}
        if rest:
            draft.paragraph()
        for unit in rest:
            if unit.text in quotes:
                draft.add(replace(quotes[unit.text], note="not_covered"), [(unit, 1.0)])
            elif unit.text in beside:
                draft.tell(unit, note="not_covered")
        return draft.done()

    def _compared(self, node: Node, made: Plan, sources: Sources,
                  said: Sequence[str]) -> list[tuple[Sentence, list[Unit]]]:
        """What works of the section do alike or differently, on the terms that they share; each sentence rests on two
        works or more."""
        rows = fitting_rows(node, made, compared(node, made, sources), self.chat.context_tokens)
        if not rows:
            return []
        language, units = made.request.language, behind(rows)
        try:
            telling = self._telling(node, units, language, said, is_compared=True)
            kept, unfinished = write_checked(self._ask(node, telling),
                                             compare_messages(node, made, rows), units, self.verifier, language, said,
                                             is_compared=True)
        except ModelError as error:
            kept, unfinished = [], error.code
        if unfinished:
            self.failed[node.id] = unfinished
        return [(Sentence("", "claim", sentence.text, language=language, note="compared"),
                 units_of(sentence.ids, units)) for sentence in kept]

    def terms(self, made: Plan, sources: Sources) -> Sequence[Asked]:
        """Terms for the matrix that the model names; where it fails, those that it named before."""
        self.failed.pop(MATRIX, None)
        prompts = matrix_messages(made, sources, self.chat.context_tokens)
        found: list[Asked] = []
        try:
            for messages in prompts:
                found += read_terms(self._asker.ask(MATRIX, messages))
        except ModelError as error:
            self.failed[MATRIX] = error.code
        if not prompts and len(made.references) > 1:
            self.failed[MATRIX] = "LLM_CONTEXT"
        return found

    def _coherent(self, node: Node, kept: Sequence[CitedSentence], behind: Sequence[Sequence[Unit]],
                  made: Plan) -> list[tuple[CitedSentence, str]]:
        """The sentences with the model's connectives, each with "joined" if its words changed so, "reverted" if more
        changed than connectives."""
        language = made.request.language
        unchanged = [(sentence, "") for sentence in kept]
        if len(kept) < 2:
            return unchanged
        lines = numbered(kept)
        edge = boundary(lines)
        messages = [
            Message("system", COHERENCE_SYSTEM[language].format(boundary=edge, connectives=connectives(language))),
            Message("user", COHERENCE_USER[language].format(boundary=edge, lines=lines)),
        ]
        try:
            text = self._ask(node)(messages)
        except ModelError as error:
            self.failed[node.id] = error.code
            return unchanged
        found: list[tuple[CitedSentence, str]] = []
        for old, new in zip(kept, read_lines(text, kept), strict=True):
            if new is not None and new.text == old.text:
                found.append((old, ""))
            elif (
                new is None
                or not is_same_but_connectives(old.text, new.text, language)
                or fault(new, behind, self.verifier, language)
            ):
                found.append((old, "reverted"))
            else:
                found.append((CitedSentence(new.text, old.ids, old.breaks), "joined"))
        return found

    def _end(self, node: Node, made: Plan, sources: Sources, written: Sequence[Section]) -> Section:
        """Abstract, introduction or conclusion. The introduction keeps its frames; without a sentence that holds it is
        the extractive one."""
        language = made.request.language
        plain = write_node(node, made, sources) if node.kind == "introduction" else None
        known = said_in([section for section in written if section.node.kind not in SUMMARIES], sources)
        said = fitting(known, made, self.chat.context_tokens, node.kind)
        before = [s.text for section in written for s in section.sentences if s.kind in ("claim", "quote")]
        kept: list[CitedSentence] = []
        behind = [one.units for one in said]
        unfinished = "LLM_CONTEXT" if known and not said else ""
        if said:
            try:
                kept, unfinished = write_checked(self._ask(node, self._telling(node, behind, language, before)),
                                                 end_messages(node.kind, made, said), behind, self.verifier, language,
                                                 before)
            except ModelError as error:
                unfinished = error.code
        if unfinished:
            self.failed[node.id] = unfinished
        if plain and not kept:
            return plain
        draft = Draft(node, made.request, made.references, sources.documents)
        frames = [s for s in plain.sentences if s.kind == "frame"] if plain else []
        if frames:
            draft.put(frames[0])
        elif not kept and unfinished:
            draft.say("not_written", [Fact("missing", values=(unfinished,))])
        elif not kept:
            draft.say("none_held" if known else "no_source")
        draft.paragraph()
        for sentence in kept:
            draft.add(Sentence("", "claim", sentence.text, language=language),
                      [(unit, 1.0) for unit in units_of(sentence.ids, behind)], "model")
        for frame in frames[1:]:
            draft.paragraph()
            draft.put(frame)
        return draft.done()

    def _ask(self, node: Node, telling: Telling | None = None) -> Ask:
        if telling is None:
            return lambda messages: self._asker.ask(node.id, messages)

        def ask(messages: Sequence[Message]) -> str:
            telling.begin()
            text = self._asker.ask(node.id, messages, telling)
            telling(text, is_whole=True)
            return text

        return ask

    def _telling(self, node: Node, behind: Sequence[Sequence[Unit]], language: Language, said: Sequence[str], *,
                 is_compared: bool = False) -> Telling | None:
        """Tells of a part while it is written, a section with what stands of it already; None where nobody looks."""
        if self.on_live is None:
            return None

        def holds(sentence: CitedSentence, before: tuple[str, ...]) -> bool:
            return not fault_beside(sentence, behind, self.verifier, language, (*said, *before),
                                    is_compared=is_compared)

        before = list(said) if node.kind == "theme" else []
        return Telling(node, lambda live: self._picture.show(live, self._asker.folder), holds, before)

    # --- what it would take

    def estimate(self, made: Plan, sources: Sources, *, shapes_outline: bool = True) -> Estimate:
        """Tokens and cost from above, without asking the model. shapes_outline: whether the outline is still to be
        made."""
        sizes: list[int] = []
        documents = [d for top in made.outline if top.kind == "theme" for node in top.walk() for d in node.documents]
        if shapes_outline:
            size = estimate_tokens(outline_messages(made, sources, documents, self.chat.context_tokens))
            sizes += [size, size + 2 * REPLY]
        for node in (node for top in made.outline for node in top.walk() if node.kind == "theme" and node.documents):
            units = _units(write_node(node, made, sources), sources)
            joining = Message("system", COHERENCE_SYSTEM[made.request.language] + connectives(made.request.language))
            for batch in batches(units, node, made, self.chat.context_tokens):
                size = estimate_tokens(section_messages(node, made, batch))
                sizes += [size, size + 4 * REPLY, 4 * REPLY + estimate_tokens([joining])]
            if rows := fitting_rows(node, made, compared(node, made, sources), self.chat.context_tokens):
                size = estimate_tokens(compare_messages(node, made, rows))
                sizes += [size, size + 2 * REPLY]
        sizes += [estimate_tokens(messages) for messages in matrix_messages(made, sources, self.chat.context_tokens)]
        longest = sum(len(unit.text.encode()) // 2 for document in documents for unit in sources.units[document])
        room = min(self.chat.context_tokens - 3 * REPLY, longest + 4 * REPLY)
        for _ in TASKS:
            sizes += [room, room + 2 * REPLY]
        prompts, replies = sum(min(size, self.chat.context_tokens - REPLY) for size in sizes), len(sizes) * REPLY
        return Estimate(len(sizes), prompts, replies,
                        None if self.price is None else cost(prompts, replies, self.price))


def _units(plain: Section, sources: Sources) -> list[Unit]:
    """The quotes of the extractive section as units, each once: the model sees these and no others."""
    places = {(unit.document, unit.start, unit.end): unit
              for document in plain.node.documents
              for unit in sources.units[document]}
    rows = [(row.document, row.start, row.end) for row in plain.evidence]
    return list(dict.fromkeys(places[row] for row in rows if row in places))


def batches(units: Sequence[Unit], node: Node, made: Plan, context_tokens: int) -> list[list[Unit]]:
    """The quotes of a section in parts, in their order. A part leaves room for a reply as long as itself, for one more
    question about it, and for every quote in one reply."""
    free = context_tokens - REPLY - estimate_tokens(section_messages(node, made, ()))
    room = min(free // 3, 2 * REPLY)
    found: list[list[Unit]] = []
    used = room + 1
    for unit in units:
        size = len(unit.text.encode("utf-8", "replace")) // 2 + 4
        if used + size > room:
            found.append([])
            used = 0
        found[-1].append(unit)
        used += size
    return found


def section_messages(node: Node, made: Plan, units: Sequence[Unit]) -> list[Message]:
    """The prompt of one section. Its boundary is made from the quotes, so that the same section asks the same and no
    quote can hold it."""
    language = made.request.language
    quotes = "\n".join(f"[{i}] {' '.join(unit.text.split())}" for i, unit in enumerate(units, 1))
    edge = boundary(quotes)
    # A heading may be a document's title where nothing names the group better: a model is not told titles.
    heading = "–" if node.heading in {r.title for r in made.references} else node.heading
    return [
        Message("system", SECTION_SYSTEM[language].format(boundary=edge)),
        Message("user", SECTION_USER[language].format(boundary=edge, quotes=quotes, heading=heading,
                                                      topic=made.request.topic))
    ]
