"""Hard questions in several searches: plan, search, score the evidence of each document, look again, write.

Reads: a question with an answer, a way to find evidence.  Gives: Written with its steps, again and again; the text
itself is generate.py's, checked like any other. The model only proposes questions and scores, as plain JSON with one
repair try; it calls nothing. Where its JSON fails, the reader's order stands in; a question of its own that the library
does not answer gives no evidence, as it would give no answer. The idea of scoring evidence per document before
writing is that of PaperQA (Lála et al. 2023, arXiv:2312.07559).
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kb.answer.evidence import Evidence
from kb.answer.generate import LLMGenerator, as_data, as_evidence
from kb.answer.prompts import NEXT, PLAN, REPAIR, SCORE, VERSION
from kb.errors import ModelError, as_notice
from kb.llm.chat import ChatModel, Message
from kb.outside import OutsideError, read_object
from kb.text import guess_language, one_line
from kb.types import Answer, Citation, Hit, Language, Step, Written

MAX_QUESTIONS, MAX_MORE = 4, 2
HELPS = 5  # of 10: passages below are not given to the writer
_PER_DOCUMENT = 2


@dataclass(frozen=True, slots=True)
class Budget:
    """Where a deep answer stops looking and writes: calls of the model, and seconds."""

    calls: int = 16
    seconds: float = 120.0


Find = Callable[[str], Evidence]


def deepen(answer: Answer, quotes: Sequence[Citation], model: ChatModel, find: Find, generator: LLMGenerator,
           budget: Budget, *, streams: bool) -> Iterator[Written]:
    """The steps as they are taken, then the text as it comes, all under one budget. Never raises ModelError.

    quotes: the passages that hold the answer's own quotes.
    """
    work = _Work(answer.question, answer.language, model, budget)
    empty = Written(model=model.name, prompt_version=VERSION)
    try:
        for _ in work.look(find, quotes):
            yield replace(empty, steps=tuple(work.steps))
    except ModelError as error:
        work.step("stop", error.code)
        if not work.evidence:
            yield replace(empty, steps=tuple(work.steps), problem=as_notice(error))
            return
    chosen = work.chosen()
    work.step("write", "", tuple(dict.fromkeys(one_line(item.title, 120) for item in chosen)))
    for written in generator.write(answer.question, answer.language, chosen, streams=streams, seconds=work.left()):
        yield replace(written, steps=tuple(work.steps))


class _Work:
    """What has been searched and found so far."""

    def __init__(self, question: str, language: Language, model: ChatModel, budget: Budget) -> None:
        self._question, self._language, self._model, self._budget = question, language, model, budget
        self._started = time.monotonic()
        self._n_calls = 0
        self.steps: list[Step] = []
        # place -> what it helps, of 10; its rank where it was found; itself
        self.evidence: dict[tuple[str, int], tuple[float, int, Citation]] = {}
        self._scored: set[tuple[str, int]] = set()

    def left(self) -> float:
        """Seconds of the budget, at least one."""
        return max(1.0, self._budget.seconds - (time.monotonic() - self._started))

    def step(self, kind: str, text: str, items: tuple[str, ...] = ()) -> None:
        self.steps.append(Step(kind, text, items, self._n_calls, round(time.monotonic() - self._started, 2)))

    def look(self, find: Find, quotes: Sequence[Citation]) -> Iterator[None]:
        """Plans, searches and scores until nothing is missing or the budget is spent."""
        for rank, item in enumerate(quotes):  # what the extractive answer quotes is evidence in any case
            self.evidence[item.document, item.start] = (float(HELPS), rank, item)
        planned = self._questions(
            PLAN[self._language].format(limit=MAX_QUESTIONS, question=as_data(self._question)), MAX_QUESTIONS
        ) or [self._question]
        self.step("plan", self._question, tuple(planned))
        yield
        done: list[str] = []
        for is_last in (False, True):
            for question in planned:
                found = find(question)
                hits = found.passages() if found.status != "not_found" else []
                done.append(question)
                self.step("search", question, tuple(dict.fromkeys(one_line(hit.title, 120) for hit in hits)))
                yield
                for _ in self._score(hits):
                    yield
            if is_last or self._is_spent():
                break
            helped = "\n".join(f"- {title}" for title in dict.fromkeys(
                one_line(item.title, 120) for _, _, item in self._ranked()))
            prompt = NEXT[self._language].format(searched="\n".join(f"- {as_data(q)}" for q in done),
                                                 found=as_data(helped) or "-", limit=MAX_MORE,
                                                 question=as_data(self._question))
            planned = [question for question in self._questions(prompt, MAX_MORE) if question not in done]
            self.step("decide", "", tuple(planned))
            yield
        if self._is_spent():
            self.step("stop", "budget")
            yield

    def _score(self, hits: Sequence[Hit]) -> Iterator[None]:
        """Asks of each document once how much its best passages help with the whole question."""
        documents: dict[str, list[tuple[int, Hit]]] = {}
        for rank, hit in enumerate(hits):
            documents.setdefault(hit.document, []).append((rank, hit))
        for document, found in documents.items():
            new = [(rank, hit) for rank, hit in found[:_PER_DOCUMENT] if (document, hit.start) not in self._scored]
            if not new or self._is_spent():
                continue
            boundary = secrets.token_hex(8)
            text = "\n\n".join(as_data(hit.text) for _, hit in new)
            said = self._json(
                SCORE[self._language].format(boundary=boundary, evidence=text, question=as_data(self._question)),
                "score")
            score = said.get("score") if said else None
            is_number = isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 10
            # unless the model says it, the better half of a search helps
            value = float(score) if is_number else 10 * (1 - found[0][0] / len(hits))  # type: ignore[arg-type]
            for rank, hit in new:
                self._scored.add((document, hit.start))
                least = HELPS if (document, hit.start) in self.evidence else 0
                self.evidence[document, hit.start] = (max(value, least), rank, as_evidence(hit))
            why = one_line(str(said.get("why", "")), 160) if said and is_number else ""
            said_so = f"{value:.0f}/10"
            self.step("score", one_line(found[0][1].title, 120), (said_so, why) if why else (said_so,))
            yield

    def chosen(self) -> list[Citation]:
        """The passages that help, best first; the best few if none was found to."""
        ranked = self._ranked()
        return [item for score, _, item in ranked if score >= HELPS] or [item for _, _, item in ranked[:3]]

    def _ranked(self) -> list[tuple[float, int, Citation]]:
        """Best first: by what helps, then by the reader's order; what was found first stands before its equals."""
        return sorted(self.evidence.values(), key=lambda item: (-item[0], item[1]))

    def _is_spent(self) -> bool:
        # A quarter of the time, and one call, are for the writing.
        return self._n_calls >= self._budget.calls - 1 or time.monotonic() - self._started > 0.75 * self._budget.seconds

    def _questions(self, prompt: str, limit: int) -> list[str]:
        said = self._json(prompt, "questions")
        items = said["questions"] if said and isinstance(said["questions"], list) else []
        return list(dict.fromkeys(one_line(item, 300) for item in items if isinstance(item, str) and item.strip()))[
            :limit
        ]

    def _json(self, prompt: str, key: str) -> dict[str, Any] | None:
        """The object the model was asked for; None if it cannot write it even when told what was wrong. Errors:
        ModelError."""
        messages = [Message("user", prompt)]
        for _ in range(2):
            self._n_calls += 1
            reply = self._model.chat(messages, max_tokens=400, as_json=True, seconds=self.left())
            found, problem = read_json(reply.text, key)
            if found is not None:
                return found
            messages += [
                Message("assistant", reply.text[:2000]),
                Message("user", REPAIR[guess_language(prompt)].format(problem=problem)),
            ]
            if self._is_spent():
                break
        return None


def read_json(text: str, key: str) -> tuple[dict[str, Any] | None, str]:
    """The JSON object with this key in a model's text, fences and words around it left out; else None and what is
    wrong."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None, "no {…}"
    try:
        found = read_object(re.sub(r",\s*([}\]])", r"\1", text[start:end + 1]), is_strict=False)
    except OutsideError as error:
        return None, str(error)
    if key not in found:
        return None, f'"{key}" is missing'
    return found, ""
