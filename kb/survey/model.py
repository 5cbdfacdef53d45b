"""Write a survey's sections with a language model, and keep only what code can verify.

Reads: a node and its own quotes (those the extractive writer would print).  Gives: Section whose claims passed the verifier after the last
change; what failed twice is replaced by the quotes themselves. A citation is never re-mapped: a wrong number is a failed sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kb.cited import CitedSentence, read_cited
from kb.errors import ModelError
from kb.llm import ChatModel, Message
from kb.survey.plan import Plan, Sources
from kb.survey.prompts import AGAIN, REASONS, SYSTEM, USER, VERSION
from kb.survey.records import Node, Sentence
from kb.survey.sentences import Unit
from kb.survey.write import Draft, Section, write_node
from kb.types import Language, Record
from kb.verify import Quote, Verifier

_MOST_IDS = 3
_REPLY = 1200  # tokens of one reply


@dataclass(frozen=True, slots=True)
class Estimate(Record):
    """What writing would take at most: every section once and rewritten once. cost: in the unit of the price, None without one."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None


@dataclass
class ModelWriter:
    """Writes themes with a model; introduction and problems stay quotes in frames.

    max_tokens: in all, prompts and replies together; what does not fit is written without the model. spent: tokens so far, as the endpoint
    counts them, else estimated from above.  price: of a million tokens (in, out).
    """

    chat: ChatModel
    verifier: Verifier
    max_tokens: int | None = None
    price: tuple[float, float] | None = None
    max_cost: float | None = None
    spent: list[tuple[int, int]] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    mode: Literal["model"] = "model"

    @property
    def identity(self) -> dict[str, Any]:
        return {"writer": "model", "model": self.chat.name, "prompts": VERSION}

    def record(self) -> dict[str, Any] | None:
        return {"model": self.chat.name, "prompts": VERSION}

    def missing(self) -> dict[str, str] | None:
        """Sections that the model did not write, with the reason; they consist of quotes."""
        return dict(sorted(self.failed.items())) or None

    def write(self, node: Node, made: Plan, sources: Sources) -> Section:
        plain = write_node(node, made, sources)
        if node.kind != "theme" or not node.documents:
            return plain
        units = _units(plain, sources)
        messages = _messages(node, made, units)
        self.failed.pop(node.id, None)
        try:
            kept, covered = self._verified(messages, units, node, made.request.language)
        except ModelError as error:
            self.failed[node.id] = error.code
            return plain
        if not kept:
            return plain
        draft = Draft(node, made.request, made.references, sources.documents)
        draft.paragraph()
        draft.say(plain.sentences[0].text)
        draft.paragraph()
        for sentence in kept:
            draft.add(Sentence("", "claim", sentence.text, language=made.request.language), [(units[i - 1], 1.0) for i in sentence.ids], "model")
        rest = [s for s in plain.sentences if s.kind == "quote" and s.text not in {units[i - 1].text for i in covered}]
        if rest:
            draft.paragraph()
        for s in rest:
            unit = next(unit for unit in units if unit.text == s.text)
            draft.add(Sentence("", "quote", s.text, s.frame, s.language, (), s.role, "not_covered"), [(unit, 1.0)])
        return draft.done()

    def _verified(self, messages: list[Message], units: Sequence[Unit], node: Node, language: Language) -> tuple[list[CitedSentence], set[int]]:
        """The sentences that hold, in their order; each that failed was rewritten once and checked again."""
        text = self._ask(messages)
        kept: list[CitedSentence] = []
        failed: list[tuple[CitedSentence, str]] = []
        for sentence in read_cited(text):
            reason = self._fault(sentence, units, language)
            if reason:
                failed.append((sentence, reason))
            else:
                kept.append(sentence)
        if failed:
            listed = "\n".join(f"- {s.text} {''.join(f'[{i}]' for i in s.ids)} ({reason})" for s, reason in failed)
            try:
                again = self._ask([*messages, Message("assistant", text), Message("user", AGAIN[language].format(failed=listed))])
            except ModelError as error:
                self.failed[node.id] = error.code  # what was verified stays; the rest is quoted
            else:
                kept += [sentence for sentence in read_cited(again) if not self._fault(sentence, units, language)]
        return kept, {i for sentence in kept for i in sentence.ids}

    def _fault(self, sentence: CitedSentence, units: Sequence[Unit], language: Language) -> str:
        """Why a sentence may not stay, in words for the model; "" if it may."""
        at = language == "en"
        if not 1 <= len(sentence.ids) <= _MOST_IDS or not all(1 <= i <= len(units) for i in sentence.ids):
            return REASONS["ids"][at]
        verdict = self.verifier.check(sentence.text, [Quote(units[i - 1].text, "", units[i - 1].language) for i in sentence.ids])
        return "; ".join(REASONS[reason][at].format(missing=", ".join(verdict.missing)) for reason in verdict.reasons)

    def _ask(self, messages: Sequence[Message]) -> str:
        """The model's reply, if it fits under the cap. Errors: ModelError, LLM_CAP where it does not fit."""
        prompt = estimate_tokens(messages)
        used_in, used_out = (sum(part) for part in zip(*self.spent, strict=True)) if self.spent else (0, 0)
        if self.max_tokens is not None and used_in + used_out + prompt + _REPLY > self.max_tokens:
            raise ModelError("LLM_CAP", limit=f"{self.max_tokens} tokens")
        if self.max_cost is not None and self.price is not None and _cost(used_in + prompt, used_out + _REPLY, self.price) > self.max_cost:
            raise ModelError("LLM_CAP", limit=self.max_cost)
        if prompt + _REPLY > self.chat.context_tokens:
            raise ModelError("LLM_CONTEXT", limit=self.chat.context_tokens)
        try:
            reply = self.chat.chat(messages, max_tokens=_REPLY)
        except ModelError:
            self.spent.append((prompt, 0))
            raise
        self.spent.append((reply.prompt_tokens or prompt, reply.completion_tokens or len(reply.text.encode()) // 2))
        return reply.text

    def estimate(self, made: Plan, sources: Sources) -> Estimate:
        """Tokens and cost from above, without asking the model."""
        prompts = replies = calls = 0
        for node in (node for top in made.outline for node in top.walk() if node.kind == "theme" and node.documents):
            size = estimate_tokens(_messages(node, made, _units(write_node(node, made, sources), sources)))
            prompts, replies, calls = prompts + 2 * size + 2 * _REPLY, replies + 2 * _REPLY, calls + 2
        return Estimate(calls, prompts, replies, None if self.price is None else _cost(prompts, replies, self.price))


def estimate_tokens(messages: Sequence[Message]) -> int:
    """Tokens of a prompt, from above: half of its UTF-8 bytes (English has about 4 bytes a token, Chinese 2 to 3)."""
    return sum(len(message.content.encode("utf-8", "replace")) // 2 + 8 for message in messages)


def _cost(tokens_in: int, tokens_out: int, price: tuple[float, float]) -> float:
    return round((tokens_in * price[0] + tokens_out * price[1]) / 1e6, 6)


def _units(plain: Section, sources: Sources) -> list[Unit]:
    """The quotes of the extractive section as units: the model sees these and no others."""
    places = {(unit.document, unit.start): unit for document in plain.node.documents for unit in sources.units[document]}
    return [places[row.document, row.start] for row in plain.evidence]


def _messages(node: Node, made: Plan, units: Sequence[Unit]) -> list[Message]:
    """The prompt of one section. Its boundary is made from the quotes, so that the same section asks the same and no quote can hold it."""
    language = made.request.language
    quotes = "\n".join(f"[{i}] {' '.join(unit.text.split())}" for i, unit in enumerate(units, 1))
    boundary = "Q" + hashlib.sha256(quotes.encode("utf-8", "replace")).hexdigest()[:16]
    # A heading may be a document's title where nothing names the group better: a model is not told titles.
    heading = "–" if node.heading in {r.title for r in made.references} else node.heading
    return [Message("system", SYSTEM[language].format(boundary=boundary)),
            Message("user", USER[language].format(boundary=boundary, quotes=quotes, heading=heading, topic=made.request.topic))]
