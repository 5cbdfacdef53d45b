"""What a model is asked for by name: terms that works share, for the matrix, and what works on one term do alike or
differently.

Reads: documents, and the places where they name a term.  Gives: terms, which code then looks for in every work itself;
messages that set the works of a section side by side, and the units behind their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kb.llm.chat import Message
from kb.survey.model.asking import REPLY, estimate_tokens
from kb.survey.model.checked import boundary
from kb.survey.model.prompts import COMPARE_SYSTEM, COMPARE_USER, MATRIX_SYSTEM, MATRIX_USER
from kb.survey.outline.plan import Plan, Sources
from kb.survey.outline.standing import plain
from kb.survey.records import Node
from kb.survey.sentences import Unit, unit_at
from kb.survey.write.asked import ASPECTS, Asked
from kb.survey.write.joins import of_every_field, used_names
from kb.survey.write.terms import Held, held_terms
from kb.survey.write.write import above
from kb.text import one_line

_MOST_TERMS = 5  # of a section, which are compared on
_MOST_WORKS = 4  # on a term
_QUOTE = 400  # characters of a work's beginning
_LONGEST_TERM = 60
_CHINESE = {"任务": "task", "方法": "method", "对象": "subject"}
_LINE = re.compile(rf"^[\W\d]*({'|'.join((*ASPECTS, *_CHINESE))})\W*?[:：]\s*([^\[［【\n]+)",
                   re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Compared:
    """A term that works of a section name, with the sentence in which each does; units: one for each work."""

    term: str
    units: tuple[Unit, ...]


def compared(node: Node, made: Plan, sources: Sources) -> list[Compared]:
    """The terms that most works of a section share, beside the topic and the section's own heading."""
    documents = [sources.documents[document] for document in node.documents]
    language = made.request.language
    apart = [made.request.topic, node.heading, *above(node, made)]
    shared = [*(held for held in held_terms(documents, language, apart) if plain(held.shown) not in of_every_field()),
              *used_names(documents, "data"),
              *used_names(documents, "measure")]
    found: list[Compared] = []
    for held in sorted(shared, key=lambda held: -len(held.ticks)):
        units = _units(held, sources)
        if len(units) > 1 and not any(set(units) <= set(other.units) for other in found):
            found.append(Compared(held.shown, units))
    return found[:_MOST_TERMS]


def _units(held: Held, sources: Sources) -> tuple[Unit, ...]:
    """The sentence of each work that names the term; several works must not say the same words."""
    found: dict[str, Unit] = {}
    for tick in list(held.ticks.values())[:_MOST_WORKS]:
        unit = unit_at(sources.documents[tick.document], tick.quote, sources.units[tick.document])
        found.setdefault(unit.text, unit)
    return tuple(found.values())


def behind(rows: Sequence[Compared]) -> list[list[Unit]]:
    """The units behind number 1, 2, … of the prompt."""
    return [[unit] for row in rows for unit in row.units]


def compare_messages(node: Node, made: Plan, rows: Sequence[Compared]) -> list[Message]:
    """The prompt: under each term the works' sentences, numbered; titles and authors are not told."""
    language = made.request.language
    lines, n = [], 0
    for row in rows:
        lines.append(f"# {row.term}")
        for unit in row.units:
            n += 1
            lines.append(f"[{n}] {one_line(unit.text, len(unit.text))}")
    text = "\n".join(lines)
    edge = boundary(text)
    return [Message("system", COMPARE_SYSTEM[language].format(boundary=edge)),
            Message("user", COMPARE_USER[language].format(boundary=edge, quotes=text, topic=made.request.topic))]


def fitting_rows(node: Node, made: Plan, rows: Sequence[Compared], context_tokens: int) -> list[Compared]:
    """As many of the first rows as leave room for a reply and one more question about it."""
    kept = list(rows)
    while kept and estimate_tokens(compare_messages(node, made, kept)) + 3 * REPLY > context_tokens:
        kept.pop()
    return kept


def matrix_messages(made: Plan, sources: Sources, context_tokens: int) -> list[list[Message]]:
    """The prompts that ask for terms of the matrix: the beginning of each work's own words, as few prompts as these
    fit into; none where not even two works fit."""
    works = [reference.document for reference in made.references]
    for n in range(1, len(works) // 2 + 1):
        size = -(-len(works) // n)
        found = [_matrix_prompt(works[i:i + size], made, sources) for i in range(0, len(works), size)]
        if all(estimate_tokens(messages) + REPLY <= context_tokens for messages in found):
            return found
    return []


def _matrix_prompt(works: Sequence[str], made: Plan, sources: Sources) -> list[Message]:
    language = made.request.language
    text = "\n".join(f"[{i}] {one_line(_says(work, sources), _QUOTE)}" for i, work in enumerate(works, 1))
    edge = boundary(text)
    return [Message("system", MATRIX_SYSTEM[language].format(boundary=edge)),
            Message("user", MATRIX_USER[language].format(boundary=edge, quotes=text, topic=made.request.topic))]


def _says(document: str, sources: Sources) -> str:
    return " ".join(unit.text for unit in sources.units[document][:3])


def read_terms(text: str) -> list[Asked]:
    """The terms of a reply, a line each: "method: pruning [1][4]". The numbers are not used: code counts."""
    found: dict[str, Asked] = {}
    for kind, term in _LINE.findall(text):
        words = term.strip(" \t\"“”*`.。")
        if words and len(words) <= _LONGEST_TERM:
            found.setdefault(words.casefold(), Asked(_CHINESE.get(kind, kind.casefold()), words))
    return list(found.values())
