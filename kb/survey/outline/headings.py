"""Headings: terms whose own words stand in the title, abstract or beginning of every work of a group, made of facts
that are counted again.

Reads: Term (phrases.py) and documents.  Gives: Named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from kb.survey.glossary import pattern, synonyms, terms
from kb.survey.outline.field import below_in
from kb.survey.outline.phrases import Term, terms_of
from kb.survey.outline.standing import plain, stands
from kb.survey.records import Fact, Node
from kb.survey.words import word
from kb.types import Document, Language

# Kinds of fact that make a heading: its words stand in all works, something that belongs under it does; of most works
# in surveys of before.
HEADS = ("all", "below", "most")


@dataclass(frozen=True, slots=True)
class Named:
    """A heading, the facts it is made of, and its words as they are compared."""

    heading: str
    facts: tuple[Fact, ...]
    words: frozenset[str]


def heading_of(facts: Sequence[Fact], language: Language) -> str:
    """The heading that these facts make; one without facts says nothing of its documents."""
    if any(fact.kind == "alone" for fact in facts):
        return word("alone", language)
    term = next((fact.term for fact in facts if fact.kind in HEADS), "")
    if not term:
        return word("pool", language)
    if any(fact.kind == "language" for fact in facts):
        return word("foreign", language, term=glossed(term, language))
    return term[0].upper() + term[1:]


def glossed(term: str, language: Language) -> str:
    """A term of the other language with its name in this one, where the glossary has it: "对比学习（contrastive
    learning）"."""
    own = _in(language).get(plain(term), "")
    if not own or own == term:
        return term
    return f"{own}（{term}）" if language == "zh" else f"{own} ({term})"


@cache
def _in(language: Language) -> Mapping[str, str]:
    """A name in the other language, as it is compared -> its usual name in this one."""
    found: dict[str, str] = {}
    for term in terms():
        if " " in term.en:
            found.setdefault(plain(term.name("en" if language == "zh" else "zh")), term.name(language))
    for group in synonyms():
        own = next((name for name in group if name.isascii() == (language == "en")), "")
        for name in group if own else ():
            found.setdefault(plain(name), own)
    return found


def set_apart(themes: Sequence[Node], language: Language) -> tuple[Node, ...]:
    """The sections; one that no heading is true of says so where there are others, and nothing where it is the only
    one."""

    def again(node: Node) -> Node:
        is_plain = not node.named and not any(fact.kind in HEADS for fact in node.facts)
        if not is_plain or node.heading != heading_of(node.facts, language):
            return node
        among = tuple(d for part in node.walk() for d in part.documents)
        facts = (Fact("alone", documents=among, among=among),) if len(themes) == 1 else ()
        return replace(node, facts=facts, heading=heading_of(facts, language))

    return tuple(again(node) for node in themes)


def recounted(node: Node, documents: Mapping[str, Document], language: Language) -> Node:
    """The section with its heading counted in the documents that it has now. A heading that its facts do not make, or
    that is not true of all, is the reader's own."""
    children = tuple(recounted(child, documents, language) for child in node.children)
    node = replace(node, children=children)
    if node.named or node.heading != heading_of(node.facts, language):
        return replace(node, facts=(), named=node.named or "reader")
    facts = counted(node, documents)
    return replace(node, facts=facts or (), named="reader" if facts is None else "")


def counted(node: Node, documents: Mapping[str, Document]) -> tuple[Fact, ...] | None:
    """The facts of the section's heading, of its documents as they are now; None where one is not true of them."""
    among = tuple(d for part in node.walk() for d in part.documents)
    if not all(is_true_of(node.facts, documents[d]) for d in among):
        return None
    return tuple(_counted_anew(fact, [documents[d] for d in among]) for fact in node.facts)


def _counted_anew(fact: Fact, group: Sequence[Document]) -> Fact:
    among = tuple(one.id for one in group)
    if fact.kind == "below":
        return _below(fact.term, group)
    return replace(fact, kind="all" if fact.kind in HEADS else fact.kind, documents=among, among=among)


def _below(head: str, group: Sequence[Document]) -> Fact:
    """That something which belongs under a wide name stands in each work; values: what."""
    among = tuple(one.id for one in group)
    return Fact("below", head, among, among,
                values=tuple(dict.fromkeys(name for one in group for name in below_in(head, one))))


def is_true_of(facts: Sequence[Fact], document: Document) -> bool:
    """Whether what a heading says of its works may be said of this one."""
    return all(bool(below_in(fact.term, document)) if fact.kind == "below"
               else stands(fact.term, document, *fact.values[:1]) if fact.kind in HEADS
               else document.language in fact.values for fact in facts if fact.kind != "alone")


def named_by(term: Term, group: Sequence[Document], language: Language) -> Named:
    """The heading that a term makes for a group."""
    among = tuple(d.id for d in group)
    if term.below:
        fact = _below(term.shown, group)
        return Named(heading_of([fact], language), (fact,), frozenset(term.words.split()))
    facts = [Fact("all", term.shown, among, among, values=(term.pair,) if term.pair else ())]
    if term.language != language:
        facts.append(Fact("language", documents=among, among=among, values=(term.language,)))
    return Named(heading_of(facts, language), tuple(facts), frozenset(term.words.split()))


def _most(term: Term, group: Sequence[Document]) -> Fact:
    """Counted as the audit does it: "state-of-the-art methods" holds what a library writes as three nouns, too."""
    names = (term.pair,) if term.pair else ()
    held = tuple(d.id for d in group if stands(term.shown, d, *names))
    return Fact("most", term.shown, held, tuple(d.id for d in group), values=names)


def shared_terms(group: Sequence[Document], topic: str, language: Language, without: str, limit: int = 3) -> list[Fact]:
    """The terms of more than a word that stand in most documents of a group, besides those in `without`; counted in the
    group alone, so that they change with nothing else."""
    among = tuple(d.id for d in group)
    found = [term for term in terms_of(group, topic) if term.language == language and 2 * len(term.held) > len(among)
             and (term.size > 1 or term.is_keyword) and term.words not in plain(without)]
    found.sort(key=lambda term: (-len(term.held), -term.size, term.words))
    kept: list[Term] = []
    for term in found:
        if not any(set(term.words.split()) & set(other.words.split()) for other in kept):
            kept.append(term)
    return [_most(term, group) for term in kept[:limit]]


def topic_name(topic: str, language: Language) -> str:
    """The topic's words for a title; a topic in the other language goes by the glossary where one concept is all it
    says."""
    for term in terms():
        if pattern(term).fullmatch(topic.strip()) and plain(topic) in (plain(term.en), plain(term.zh)):
            name = term.name(language)
            return name[0].upper() + name[1:]
    return topic.strip()[:1].upper() + topic.strip()[1:]
