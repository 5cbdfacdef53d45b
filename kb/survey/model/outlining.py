"""The outline, shaped by a model: it starts from the clusters, renames, merges, moves and orders. Code accepts it only
if nothing was lost.

Reads: Plan with its clusters.  Gives: the sections, or why the clusters stay. One quote stands for each document;
titles are not shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.errors import ModelError
from kb.llm.chat import Message
from kb.survey.model.asking import REPLY, estimate_tokens
from kb.survey.model.checked import Ask, boundary, marks
from kb.survey.model.prompts import OUTLINE_AGAIN, OUTLINE_REASONS, OUTLINE_SYSTEM, OUTLINE_USER
from kb.survey.outline.plan import Plan, Sources, node_id
from kb.survey.records import Node
from kb.text import one_line
from kb.verify.figures import missing_numbers

_QUOTE = (240, 120, 60)  # characters of a document's quote; fewer where the prompt would not fit
_HEADING = 80
_IDS = re.compile(r"[\[［【]([\d\s,，、;；]+)[\]］】]")

Group = tuple[str, list[int], "list[Group]"]  # heading, numbers, subsections


def shape_outline(made: Plan, sources: Sources, ask: Ask, context_tokens: int) -> tuple[tuple[Node, ...], str]:
    """(the sections, "") from the model, or ((), why): a key of OUTLINE_REASONS where the second attempt failed as
    well, or a ModelError's code."""
    language = made.request.language
    documents = [d for top in made.outline if top.kind == "theme" for node in top.walk() for d in node.documents]
    messages = outline_messages(made, sources, documents, context_tokens)
    try:
        text = ask(messages)
        groups, key, words = _read(text, documents, sources)
        if key:
            reason = OUTLINE_REASONS[key].in_(language).format(ids=words)
            again = ask(
                [*messages, Message("assistant", text), Message("user", OUTLINE_AGAIN[language].format(reason=reason))]
            )
            groups, key, words = _read(again, documents, sources)
    except ModelError as error:
        return (), error.code
    return ((), key) if key else (tuple(_node(group, documents, sources) for group in groups), "")


def outline_messages(made: Plan, sources: Sources, documents: Sequence[str], context_tokens: int) -> list[Message]:
    """The prompt: the clusters with one quote for each document, shortened until it fits."""
    language = made.request.language
    titles = {r.title for r in made.references}
    messages: list[Message] = []
    for limit in _QUOTE:
        lines: list[str] = []

        def show(node: Node, level: int, limit: int = limit, lines: list[str] = lines) -> None:
            lines.append(f"{'#' * level} {'–' if node.heading in titles else node.heading}")
            lines.extend(f"[{documents.index(d) + 1}] {one_line(_speaks(d, sources), limit)}" for d in node.documents)
            for child in node.children:
                show(child, level + 1)

        for top in (top for top in made.outline if top.kind == "theme"):
            show(top, 1)
        groups = "\n".join(lines)
        edge = boundary(groups)
        messages = [
            Message("system", OUTLINE_SYSTEM[language].format(boundary=edge)),
            Message("user", OUTLINE_USER[language].format(boundary=edge, groups=groups, topic=made.request.topic)),
        ]
        if estimate_tokens(messages) + REPLY <= context_tokens:
            break
    return messages


def _speaks(document: str, sources: Sources) -> str:
    """The sentence that stands for a document: where it says what it is about, else its first."""
    units = sources.units[document]
    return next((unit.text for unit in units if unit.role == "definition"), units[0].text)


def _read(text: str, documents: Sequence[str], sources: Sources) -> tuple[list[Group], str, str]:
    """(the groups, "", "") of a reply, or what is wrong with it: a key of OUTLINE_REASONS and what it is about."""
    groups: list[Group] = []
    for line in text.splitlines():
        head = re.fullmatch(r"(#{1,3})\s*([^\s#].*)", line.strip().rstrip("#").rstrip())
        ids = [int(number) for inside in _IDS.findall(line) for number in re.findall(r"\d+", inside)]
        if head:
            group: Group = (one_line(_IDS.sub("", head[2]).strip(" :：*"), 200), ids, [])
            (groups if len(head[1]) == 1 or not groups else groups[-1][2]).append(group)
        elif ids and not groups:
            return [], "form", ""
        elif ids:
            last = groups[-1][2][-1] if groups[-1][2] else groups[-1]
            last[1].extend(ids)
    groups = [group for group in (_tidy(group) for group in groups) if group[1] or group[2]]
    return (groups, *_fault(groups, documents, sources))


def _tidy(group: Group) -> Group:
    """The group without empty parts; an only part and its section are one."""
    heading, ids, parts = group
    parts = [part for part in parts if part[1]]
    return (heading, parts[0][1], []) if len(parts) == 1 and not ids else (heading, ids, parts)


def _fault(groups: Sequence[Group], documents: Sequence[str], sources: Sources) -> tuple[str, str]:
    if not groups:
        return "form", ""
    leaves = [leaf for group in groups for leaf in (group, *group[2])]
    ids = [i for _, own, _ in leaves for i in own]
    wanted = range(1, len(documents) + 1)
    faults = {
        "unknown": [i for i in ids if i not in wanted],
        "twice": [i for i in wanted if ids.count(i) > 1],
        "missing": [i for i in wanted if i not in ids],
        "mixed": [i for _, own, parts in groups if parts for i in own],
    }
    for key, found in faults.items():
        if found:
            return key, marks(sorted(set(found)))
    names = [heading for heading, _, _ in leaves]
    for heading, own, parts in leaves:
        evidence = "\n".join(
            unit.text
            for i in (*own, *(i for part in parts for i in part[1]))
            for unit in sources.units[documents[i - 1]]
        )
        if (
            not re.search(r"\w", heading)
            or len(heading) > _HEADING
            or names.count(heading) > 1
            or missing_numbers(heading, evidence)
        ):
            return "heading", one_line(heading, 80)
    return "", ""


def _node(group: Group, documents: Sequence[str], sources: Sources) -> Node:
    heading, ids, parts = group
    children = tuple(_node(part, documents, sources) for part in parts)
    held = sorted((documents[i - 1] for i in ids), key=lambda d: (sources.documents[d].metadata.year or 9999, d))
    return Node(node_id([*held, *(d for child in children for d in child.documents)]), "theme", heading, tuple(held),
                (), children, named="model")
