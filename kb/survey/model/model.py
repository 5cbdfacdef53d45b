"""Write a survey with a language model, and keep only what code can verify.

Four steps: the outline (outlining.py); each section from its own quotes, those the extractive writer would print, and
from no others (checked.py); its coherence (coherence.py); at the end abstract, introduction and conclusion from
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
from kb.survey.model.checked import Ask, boundary, fault, units_of, write_checked
from kb.survey.model.coherence import connectives, is_same_but_connectives, numbered, read_lines
from kb.survey.model.ends import end_messages, end_nodes, fitting, said_in
from kb.survey.model.outlining import outline_messages, shape_outline
from kb.survey.model.prompts import COHERENCE_SYSTEM, COHERENCE_USER, SECTION_SYSTEM, SECTION_USER, TASKS, VERSION
from kb.survey.outline.plan import Plan, Sources, edited
from kb.survey.records import Fact, Node, Sentence
from kb.survey.sentences import Unit
from kb.survey.write.write import Draft, Section, write_node
from kb.types import Record
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
    kept; Surveyor sets it.
    """

    chat: ChatModel
    verifier: Verifier
    max_tokens: int | None = None
    price: Price | None = None
    max_cost: float | None = None
    failed: dict[str, str] = field(default_factory=dict)
    shaped: dict[str, str] = field(default_factory=dict)
    mode: Literal["model"] = "model"

    def __post_init__(self) -> None:
        self._asker = Asker(self.chat, self.max_tokens, self.price, self.max_cost)

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
        units = _units(plain, sources)
        behind = [[unit] for unit in units]
        language = made.request.language
        try:
            kept, unfinished = write_checked(self._ask(node), section_messages(node, made, units), behind,
                                             self.verifier, language)
        except ModelError as error:
            self.failed[node.id] = error.code
            return plain
        if unfinished:
            self.failed[node.id] = unfinished
        if not kept:
            return plain
        joined = self._coherent(node, kept, behind, made)
        draft = Draft(node, made.request, made.references, sources.documents)
        draft.paragraph()
        draft.put(plain.sentences[0])
        draft.paragraph()
        for sentence, note in joined:
            draft.add(Sentence("", "claim", sentence.text, language=language, note=note),
                      [(unit, 1.0) for unit in units_of(sentence.ids, behind)], "model")
        covered = {units[i - 1].text for sentence in kept for i in sentence.ids}
        rest = [s for s in plain.sentences if s.kind == "quote" and s.text not in covered]
        if rest:
            draft.paragraph()
        for s in rest:
            unit = next(unit for unit in units if unit.text == s.text)
            draft.add(replace(s, note="not_covered"), [(unit, 1.0)])
        return draft.done()

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
        known = said_in(written, sources)
        said = fitting(known, made, self.chat.context_tokens)
        kept: list[CitedSentence] = []
        behind = [one.units for one in said]
        unfinished = "LLM_CONTEXT" if known and not said else ""
        if said:
            try:
                kept, unfinished = write_checked(self._ask(node), end_messages(node.kind, made, said), behind,
                                                 self.verifier, language)
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

    def _ask(self, node: Node) -> Ask:
        return lambda messages: self._asker.ask(node.id, messages)

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
            size = estimate_tokens(section_messages(node, made, _units(write_node(node, made, sources), sources)))
            sizes += [
                size,
                size + 4 * REPLY,
                4 * REPLY
                + estimate_tokens(
                    [Message("system", COHERENCE_SYSTEM[made.request.language] + connectives(made.request.language))]
                ),
            ]
        longest = sum(len(unit.text.encode()) // 2 for document in documents for unit in sources.units[document])
        room = min(self.chat.context_tokens - 3 * REPLY, longest + 4 * REPLY)
        for _ in TASKS:
            sizes += [room, room + 2 * REPLY]
        prompts, replies = sum(min(size, self.chat.context_tokens - REPLY) for size in sizes), len(sizes) * REPLY
        return Estimate(len(sizes), prompts, replies,
                        None if self.price is None else cost(prompts, replies, self.price))


def _units(plain: Section, sources: Sources) -> list[Unit]:
    """The quotes of the extractive section as units: the model sees these and no others."""
    places = {(unit.document, unit.start, unit.end): unit
              for document in plain.node.documents
              for unit in sources.units[document]}
    return [places[row.document, row.start, row.end] for row in plain.evidence]


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
