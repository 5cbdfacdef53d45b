"""Bring a survey up to date with its library: what was removed vanishes, what is new joins the nearest section, the
rest stays.

Reads: the old survey and the library as it is.  Gives: the new plan, and Changes that say what and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kb.survey.outline.arrange import heading_for
from kb.survey.outline.broader import wide_terms
from kb.survey.outline.field import below_in
from kb.survey.outline.headings import HEADS, counted, heading_of, is_true_of, set_apart
from kb.survey.outline.phrases import Term, terms_of
from kb.survey.outline.plan import Plan, Sources, choose, focus_of, known_focus, node_id, with_ends
from kb.survey.outline.standing import plain
from kb.survey.records import Node, Request, Survey, Unused
from kb.survey.references import make_reference, with_distinct_keys
from kb.survey.words import word
from kb.types import Record, Vectors

# Cosine to a section's centre from which a new document joins it; else it waits in a section of its own. Chosen by
# hand.
JOIN = 0.35


@dataclass(frozen=True, slots=True)
class Change(Record):
    """What happened to one node. what: "added", "removed", "rewritten".  why: codes "new_document", "document_removed",
    "document_changed", "outline_changed" with the documents' titles.  before, after: the sentences that went and that
    came.
    """

    node: str
    heading: str
    what: str
    why: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes(Record):
    """The difference between two surveys. unchanged: ids of the nodes that stayed word for word."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Change, ...]
    unchanged: tuple[str, ...]


def updated_plan(old: Survey, sources: Sources) -> Plan:
    """The old outline with its headings and order; removed documents taken out, new ones placed."""
    chosen, unused, relevance = choose(old.request, sources)
    placed = {d for node in old.nodes() if node.kind == "theme" for d in node.documents}
    dropped = {row.document for row in old.unused if row.reason == "left_out"}
    # A document that was used stays, even if the cut has moved; one that the reader left out stays out.
    members = {d for d in placed if sources.units.get(d)} | {d for d in chosen if d not in dropped}
    themes = [kept for node in old.outline if node.kind == "theme" and (kept := _pruned(node, members))]
    newcomers = sorted(members - placed)
    themes = _place(newcomers, themes, sources, old.request.language)
    language = old.request.language
    themes = _renamed(themes, sources, old.request)
    order = sorted(members, key=lambda d: (-relevance[d], d))
    references = with_distinct_keys([make_reference(sources.documents[d], relevance[d]) for d in order])
    outline = with_ends(set_apart(themes, language), sources, language,
                        {node.kind: node.heading for node in old.outline if node.kind != "theme"})
    kept_out = dropped & set(sources.ids) - members
    rows = (*(row for row in unused if row.document not in members | kept_out),
            *(Unused(d, sources.documents[d].metadata.title, "left_out", relevance[d]) for d in sorted(kept_out)))
    return Plan(old.request, outline, references, rows,
                known_focus(old.focus, order, sources) or focus_of(order, sources))


def _pruned(node: Node, members: set[str]) -> Node | None:
    children = tuple(kept for child in node.children if (kept := _pruned(child, members)))
    documents = tuple(d for d in node.documents if d in members)
    return replace(node, documents=documents, children=children, paragraphs=()) if documents or children else None


def _place(newcomers: Sequence[str], themes: list[Node], sources: Sources, language: str) -> list[Node]:
    rows = {d: sources.vectors[i] for i, d in enumerate(sources.ids)}
    pool: list[str] = []
    for document in newcomers:
        leaves = [leaf for top in themes for leaf in top.walk()
                  if leaf.documents and (leaf.named or _is_of(leaf, document, sources))]
        centres = [_centre(np.stack([rows[d] for d in leaf.documents])) for leaf in leaves]
        near = [(round(float(rows[document] @ centre), 4), leaf.id)
                for leaf, centre in zip(leaves, centres, strict=True)]
        best = max(near, default=(0.0, ""), key=lambda pair: (pair[0], pair[1]))
        if best[0] >= JOIN:
            themes = [_with(top, best[1], document) for top in themes]
        else:
            pool.append(document)
    if pool:
        themes.append(Node(node_id(pool), "theme", word("pool", "zh" if language == "zh" else "en"), tuple(pool)))
    return themes


def _is_of(leaf: Node, document: str, sources: Sources) -> bool:
    """Whether a document is on what a heading of ours says, in its words."""
    one = sources.documents[document]
    terms = [Term(plain(fact.term), fact.term, frozenset(), frozenset(), pair="".join(fact.values[:1]),
                  below=below_in(fact.term, one) if fact.kind == "below" else ())
             for fact in leaf.facts if fact.kind in HEADS]
    return is_true_of(leaf.facts, one) and all(row == [True] for row in sources.about.on(terms, [[one]] * len(terms)))


def _renamed(themes: Sequence[Node], sources: Sources, request: Request) -> list[Node]:
    """The sections with headings that are true of the documents they have now: one of ours that is no longer true gives
    way to another."""
    taken = [frozenset(plain(node.facts[0].term).split()) for top in themes for node in top.walk() if node.facts]

    def renamed(node: Node) -> Node:
        node = replace(node, children=tuple(renamed(child) for child in node.children))
        if node.named or not node.facts:
            return node
        facts = counted(node, sources.documents)
        if facts is None:
            held = [d for part in node.walk() for d in part.documents]
            documents = [sources.documents[d] for d in held]
            known = [*terms_of(documents, request.topic), *wide_terms(documents, request.topic, request.language)]
            named = heading_for(documents, known, request.topic, request.language, sources.about, taken)
            facts = named.facts if named else ()
        return replace(node, facts=facts, heading=heading_of(facts, request.language))

    return [renamed(top) for top in themes]


def _centre(rows: Vectors) -> Vectors:
    mean = rows.mean(axis=0)
    centre: Vectors = mean / max(1e-9, float(np.linalg.norm(mean)))
    return centre


def _with(node: Node, target: str, document: str) -> Node:
    if node.id == target:
        return replace(node, documents=(*node.documents, document))
    return replace(node, children=tuple(_with(child, target, document) for child in node.children))


def changes(old: Survey, new: Survey) -> Changes:
    """What differs between two surveys, node by node, and why."""
    before, after = {r.document: r for r in old.references}, {r.document: r for r in new.references}
    added, removed = [d for d in after if d not in before], [d for d in before if d not in after]
    old_nodes, new_nodes = {node.id: node for node in old.nodes()}, {node.id: node for node in new.nodes()}
    old_words, new_words = _words(old), _words(new)
    found, unchanged = [], []
    for name in dict.fromkeys((*new_nodes, *old_nodes)):
        was, now = old_nodes.get(name), new_nodes.get(name)
        if was and now and old_words[name] == new_words[name] and was.heading == now.heading:
            unchanged.append(name)
            continue
        held_before = {d for part in (was.walk() if was else ()) for d in part.documents}
        held_after = {d for part in (now.walk() if now else ()) for d in part.documents}
        why = [f"new_document: {after[d].title}" for d in sorted(held_after - held_before) if d in added]
        why += [f"document_removed: {before[d].title}" for d in sorted(held_before - held_after) if d in removed]
        if not why:
            titles = [*(after[d].title for d in added), *(before[d].title for d in removed)]
            why.append(f"outline_changed: {'; '.join(titles)}".rstrip(": "))
        node = now or was
        assert node is not None
        said, says = old_words.get(name, ()), new_words.get(name, ())
        found.append(
            Change(name, node.heading, "rewritten" if was and now else "added" if now else "removed", tuple(why),
                   tuple(text for text in said if text not in says), tuple(text for text in says if text not in said)))
    return Changes(tuple(sorted(after[d].title for d in added)), tuple(sorted(before[d].title for d in removed)),
                   tuple(found), tuple(unchanged))


def _words(survey: Survey) -> dict[str, tuple[str, ...]]:
    known = {s.id: f"{s.frame} {s.text}".strip() for s in survey.sentences}
    return {
        node.id: tuple(known[name] for paragraph in node.paragraphs for name in paragraph) for node in survey.nodes()
    }
