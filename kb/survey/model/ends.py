"""What stands at the ends of a survey that a model writes: abstract, introduction, conclusion. Written last, from
verified sentences only.

Reads: the finished sections.  Gives: their sentences as numbered evidence, with the quotes behind each, as many as fit
the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from kb.llm.chat import Message
from kb.survey.model.asking import REPLY, estimate_tokens
from kb.survey.model.checked import boundary
from kb.survey.model.prompts import ENDS_SYSTEM, ENDS_USER, TASKS
from kb.survey.outline.plan import Plan, Sources
from kb.survey.records import Node
from kb.survey.sentences import Unit, unit_at
from kb.survey.words import word
from kb.survey.write.write import Section
from kb.types import Language

# Kind of end -> the roles of the sentences that it is told from, where there are such.
_SPEAKS_OF: dict[str, tuple[str, ...]] = {
    "introduction": ("definition", "problem"), "conclusion": ("result", "limitation", "open"),
    "abstract": ("method", "result"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of a section that passed the checks, and the quotes it rests on."""

    text: str
    units: tuple[Unit, ...]


def end_nodes(made: Plan) -> tuple[Node, ...]:
    """In the order in which they are written: the abstract last but for nothing that it could repeat."""
    language = made.request.language
    introduction = next(top for top in made.outline if top.kind == "introduction")
    return (Node("conclusion", "conclusion",
                 word("conclusion", language)), introduction, Node("abstract", "abstract", word("abstract", language)))


def said_in(sections: Sequence[Section], sources: Sources) -> list[Said]:
    """The sentences of the sections that rest on quotes, one of each section in turn, so that a cut takes from all
    alike."""
    found = []
    for section in sections:
        rows = {row.id: unit_at(sources.documents[row.document], (row.start, row.end), sources.units[row.document])
                for row in section.evidence}
        found.append([
            Said(" ".join(s.text.split()), tuple(rows[name]
                                                 for name in s.evidence))
            for s in section.sentences
            if s.kind != "frame" and s.evidence
        ])
    return [said for turn in zip_longest(*found) for said in turn if said is not None]


def fitting(said: Sequence[Said], made: Plan, context_tokens: int, kind: str = "abstract") -> list[Said]:
    """The first of these sentences that fit, with room for a reply and for one more question about it; those that this
    end speaks of come first, so that no two ends are told from the same."""
    own = _SPEAKS_OF[kind]
    said = sorted(said, key=lambda one: not any(unit.role in own for unit in one.units))
    room = context_tokens - 3 * REPLY - max(estimate_tokens(end_messages(kind, made, ())) for kind in TASKS)
    kept: list[Said] = []
    for one in said:
        room -= len(one.text.encode("utf-8", "replace")) // 2 + 4
        if room < 0:
            break
        kept.append(one)
    return kept


def end_messages(kind: str, made: Plan, said: Sequence[Said]) -> list[Message]:
    language: Language = made.request.language
    quotes = "\n".join(f"[{i}] {one.text}" for i, one in enumerate(said, 1))
    edge = boundary(quotes)
    task, count = TASKS[kind]
    return [Message("system", ENDS_SYSTEM[language].format(boundary=edge, task=task.in_(language), count=count)),
            Message("user", ENDS_USER[language].format(boundary=edge, quotes=quotes, topic=made.request.topic))]
