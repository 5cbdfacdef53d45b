"""Edit an outline: rename, move, order, merge, add, drop. Pure: nodes in, nodes out; saved.py keeps the result.

Reads: the sections of an outline, which a reader may have written by hand.  Gives: sections, or an error that names the
place. A section is named by its id, which stays through every edit, so that what was written from it can be told to be
the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kb.errors import OutlineError
from kb.survey.records import Node, facts_from
from kb.text import one_line
from kb.types import Words

_DEPTH = 3  # sections, subsections, and what LaTeX calls subsubsections
_HEADING = 120  # characters
_ID = re.compile(r"[A-Za-z0-9_.-]{1,40}")  # an id becomes part of a file's name
_KINDS = ("introduction", "theme", "problems")

Outline = tuple[Node, ...]


# --- reading and checking


def read_nodes(found: Any) -> Outline:
    """The nodes of an outline that may have been written by hand: paragraphs, children and kind may be missing. Errors:
    KBError E_OUTLINE_FORM."""
    nodes = tuple(_node(row, 1) for row in _list(found, "outline"))
    ids = [node.id for top in nodes for node in top.walk()]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice:
        raise OutlineError("E_OUTLINE_FORM", place=twice, detail=Words("two sections have this id", "编号出现两次"))
    return nodes


def _node(row: Any, depth: int) -> Node:
    if not isinstance(row, Mapping):
        raise OutlineError(
            "E_OUTLINE_FORM",
            place="outline",
            detail=Words("each section is an object with id, heading, documents",
                         "每一节应是带 id、heading、documents 的对象"),
        )
    name, heading = row.get("id"), row.get("heading")
    place = one_line(str(heading or name or "?"), 60)
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise OutlineError(
            "E_OUTLINE_FORM",
            place=place,
            detail=Words("its id has to be 1 to 40 letters, digits or _ . -",
                         "id 应由 1 到 40 个字母、数字或 _ . - 组成"),
        )
    if not isinstance(heading, str) or not one_line(heading):
        raise OutlineError("E_OUTLINE_FORM", place=place, detail=Words("it has no heading", "缺少标题 heading"))
    if row.get("kind", "theme") not in _KINDS:
        raise OutlineError("E_OUTLINE_FORM", place=place,
                      detail=Words(f"its kind has to be one of {', '.join(_KINDS)}",
                                   f"kind 应是 {'、'.join(_KINDS)} 之一"))
    documents = _list(row.get("documents", []), place)
    if not all(isinstance(document, str) for document in documents):
        raise OutlineError("E_OUTLINE_FORM", place=place,
                      detail=Words("documents has to be a list of document ids", "documents 应是文献编号的列表"))
    children = _list(row.get("children", []), place)
    if children and depth == _DEPTH:
        raise OutlineError(
            "E_OUTLINE_FORM", place=place, detail=Words(f"it goes deeper than {_DEPTH} levels", f"最多 {_DEPTH} 级")
        )
    try:
        facts = facts_from(row)
    except (TypeError, AttributeError) as error:
        raise OutlineError("E_OUTLINE_FORM", place=place, detail=Words(
            "facts are not edited: leave them as they are, or out",
            "facts 不是用来修改的：保持原样或删去")) from error
    return Node(name, row.get("kind", "theme"), one_line(heading, _HEADING), tuple(documents), (),
                tuple(_node(child, depth + 1) for child in children), facts, str(row.get("named", "")))


def _list(found: Any, place: str) -> list[Any]:
    if not isinstance(found, list):
        raise OutlineError("E_OUTLINE_FORM", place=place, detail=Words("a list is wanted here", "这里应是列表"))
    return found


def check(outline: Sequence[Node], titles: Mapping[str, str]) -> None:
    """Every document of the sections is one of the library and stands once. titles: of the library's documents, by id.

    Errors: KBError E_OUTLINE_UNKNOWN, E_OUTLINE_TWICE, which name the document and the sections.
    """
    stands: dict[str, str] = {}
    for node in _themes(outline):
        for document in node.documents:
            if document not in titles:
                raise OutlineError("E_OUTLINE_UNKNOWN", document=one_line(document, 60), section=node.heading)
            if document in stands:
                raise OutlineError("E_OUTLINE_TWICE", document=document, title=one_line(titles[document], 80),
                              first=stands[document], second=node.heading)
            stands[document] = node.heading


def placed(outline: Sequence[Node]) -> tuple[str, ...]:
    """The documents of the sections, in reading order."""
    return tuple(document for node in _themes(outline) for document in node.documents)


def _themes(outline: Sequence[Node]) -> list[Node]:
    return [node for top in outline if top.kind == "theme" for node in top.walk()]


# --- editing


def apply(outline: Outline, edit: Mapping[str, Any]) -> Outline:
    """One edit, as the page and `kb survey outline` name it, a mapping with "do" and:

    rename: section, heading.
    move: document, section, before (a document there, or None: last).
    merge: section, into.
    place: section, before (a section, or None: last), or into (the section whose last part it becomes).
    add: heading.
    drop: section or document.

    Errors: KBError E_OUTLINE_NODE for a section or document that is not there, E_OUTLINE_EDIT for anything else.
    """
    match edit:
        case {"do": "rename", "section": str(node), "heading": str(heading)}:
            return rename(outline, node, heading)
        case {"do": "move", "document": str(document), "section": str(node), "before": str() | None as before}:
            return move(outline, document, node, before)
        case {"do": "place", "section": str(node), "into": str(into)}:
            return place(outline, node, into=into)
        case {"do": "place", "section": str(node), "before": str() | None as before}:
            return place(outline, node, before=before)
        case {"do": "merge", "section": str(node), "into": str(into)}:
            return merge(outline, node, into)
        case {"do": "add", "heading": str(heading)}:
            return add(outline, heading)
        case {"do": "drop", "section": str(node)}:
            return drop_section(outline, node)
        case {"do": "drop", "document": str(document)}:
            return drop_document(outline, document)
    raise OutlineError("E_OUTLINE_EDIT", detail=one_line(str(dict(edit)), 100))


def rename(outline: Outline, node: str, heading: str) -> Outline:
    """The outline with another heading; introduction and problems may be renamed too."""
    _find(outline, node)
    return _each(outline, lambda one: replace(one, heading=_heading(heading), named="reader")
                 if one.id == node and one.heading != _heading(heading) else one)


def move(outline: Outline, document: str, node: str, before: str | None = None) -> Outline:
    """The document in this section, before that document there, else last. A document that was left out comes back by
    it."""
    target = _find(outline, node)
    if target.kind != "theme" or (before is not None and before not in target.documents):
        raise OutlineError("E_OUTLINE_NODE", name=one_line(before or node, 60))
    if document == before:
        return outline
    without = _without(outline, document)

    def with_document(one: Node) -> Node:
        if one.id != node:
            return one
        at = one.documents.index(before) if before is not None else len(one.documents)
        return replace(one, documents=(*one.documents[:at], document, *one.documents[at:]))

    return _each(without, with_document)


def drop_document(outline: Outline, document: str) -> Outline:
    """The outline without the document."""
    if document not in placed(outline):
        raise OutlineError("E_OUTLINE_NODE", name=one_line(document, 60))
    return _without(outline, document)


def drop_section(outline: Outline, node: str) -> Outline:
    """The outline without the section, its parts and their documents."""
    _theme(outline, node)
    return _cut(outline, node)


def place(outline: Outline, node: str, *, before: str | None = None, into: str | None = None) -> Outline:
    """The section before another one, beside it; or as the last part of `into`; with neither, as the last section.

    Errors: KBError E_OUTLINE_EDIT where it would go deeper than three levels.
    """
    moved = _theme(outline, node)
    if node in (before, into):
        return outline
    rest = _cut(outline, node)
    if into is not None:
        _theme(rest, into)
        made = _each(rest, lambda one: replace(one, children=(*one.children, moved)) if one.id == into else one)
    elif before is not None:
        _theme(rest, before)
        made = _insert(rest, moved, before)
    else:
        made = _last(rest, moved)
    if any(_height(top) > _DEPTH for top in made):
        raise OutlineError("E_OUTLINE_EDIT", detail=Words(f"more than {_DEPTH} levels", f"超过 {_DEPTH} 级"))
    return made


def merge(outline: Outline, node: str, into: str) -> Outline:
    """The documents of one section at the end of another, whose heading stays. Into a section with parts, it becomes
    one of them."""
    moved = _theme(outline, node)
    target = _theme(outline, into)
    if any(part.id == into for part in moved.walk()) or any(part.id == node for part in target.children):
        raise OutlineError("E_OUTLINE_EDIT", detail=Words("a section and its own part", "一节不能移入它自己的部分"))
    if target.children:
        return place(outline, node, into=into)
    documents = tuple(document for part in moved.walk() for document in part.documents)
    return _each(_cut(outline, node), lambda one: replace(one, documents=(*one.documents, *documents))
                 if one.id == into else one)


def add(outline: Outline, heading: str) -> Outline:
    """The outline with a new, empty last section; as long as it is empty, nothing is written for it."""
    taken = {part.id for top in outline for part in top.walk()}
    name = next(f"s{i}" for i in range(1, len(taken) + 2) if f"s{i}" not in taken)
    return _last(outline, Node(name, "theme", _heading(heading), named="reader"))


def touched(written: Sequence[Node], now: Sequence[Node]) -> tuple[str, ...]:
    """The parts that an edited outline will have written again: of the new outline's parts those that differ in
    heading, documents or parts.

    The introduction and the problems speak of the whole outline, and so do abstract and conclusion, which only a
    written survey has.
    """
    before = {part.id: _bare(part) for top in written for part in top.walk()}
    parts = [part for top in now if top.kind == "theme" for part in top.walk()]
    changed = [part.id for part in parts if before.get(part.id) != _bare(part)]
    body = [[_bare(top) for top in outline if top.kind in _KINDS] for outline in (written, now)]
    if body[0] == body[1]:
        return ()
    ends = [top.id for top in now if top.kind != "theme"] + [top.id for top in written if top.kind not in _KINDS]
    return (*changed, *ends)


def _bare(node: Node) -> Node:
    """The node as a plan has it. Which documents the problems speak of follows from the sections, what a heading says
    from them too."""
    return replace(node, paragraphs=(), facts=(), named="", documents=node.documents if node.kind == "theme" else (),
                   children=tuple(_bare(child) for child in node.children))


def _heading(text: str) -> str:
    text = one_line(text, _HEADING)
    if not text:
        raise OutlineError("E_OUTLINE_EDIT", detail=Words("an empty heading", "标题为空"))
    return text


def _find(outline: Outline, node: str) -> Node:
    found = next((part for top in outline for part in top.walk() if part.id == node), None)
    if found is None:
        raise OutlineError("E_OUTLINE_NODE", name=one_line(node, 60))
    return found


def _theme(outline: Outline, node: str) -> Node:
    """The section; introduction and problems follow from the sections and can only be renamed."""
    found = _find(outline, node)
    if found.kind != "theme":
        raise OutlineError("E_OUTLINE_EDIT", detail=found.heading)
    return found


def _each(outline: Outline, change: Callable[[Node], Node]) -> Outline:
    def walked(node: Node) -> Node:
        return change(replace(node, children=tuple(walked(child) for child in node.children)))

    return tuple(walked(top) for top in outline)


def _without(outline: Outline, document: str) -> Outline:
    return _each(outline, lambda one: replace(one, documents=tuple(d for d in one.documents if d != document)))


def _cut(outline: Outline, node: str) -> Outline:
    return tuple(replace(top, children=_cut(top.children, node)) for top in outline if top.id != node)


def _insert(outline: Outline, moved: Node, before: str) -> Outline:
    made: list[Node] = []
    for top in outline:
        if top.id == before:
            made.append(moved)
        made.append(replace(top, children=_insert(top.children, moved, before)))
    return tuple(made)


def _last(outline: Outline, node: Node) -> Outline:
    """The outline with the node after its other sections."""
    at = next((i for i, top in enumerate(outline) if top.kind == "problems"), len(outline))
    return (*outline[:at], node, *outline[at:])


def _height(node: Node) -> int:
    return 1 + max((_height(child) for child in node.children), default=0)
