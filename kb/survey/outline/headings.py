"""Headings: terms whose own words stand in most titles and abstracts of a group, made of facts that are counted again.

Reads: Term (phrases.py) and documents.  Gives: Named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from kb.survey.glossary import concepts, pattern, synonyms, terms
from kb.survey.outline.phrases import Term, terms_of
from kb.survey.outline.standing import plain, stands
from kb.survey.records import Fact, Node
from kb.survey.words import word
from kb.types import Document, Language
from kb.words import phrases

# Chosen by hand, on the libraries of kb/survey/README.md.
_BY_SIZE = (0.28, 0.35, 1.0, 1.15, 1.1)  # what a term of so many words counts
_WIDE = 0.4  # times, for a concept that half of a field is about
_KEYWORD = 1.25  # times, for a term of the glossary or of a keyword line


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
    term = next((fact.term for fact in facts if fact.kind == "most"), "")
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
        is_plain = not node.named and not any(fact.kind == "most" for fact in node.facts)
        if not is_plain or node.heading != heading_of(node.facts, language):
            return node
        among = tuple(d for part in node.walk() for d in part.documents)
        facts = (Fact("alone", documents=among, among=among),) if len(themes) == 1 else ()
        return replace(node, facts=facts, heading=heading_of(facts, language))

    return tuple(again(node) for node in themes)


def recounted(node: Node, documents: Mapping[str, Document], language: Language) -> Node:
    """The section with its heading counted in the documents that it has now. A heading that its facts do not make, or
    that is no longer true of most, is the reader's own."""
    children = tuple(recounted(child, documents, language) for child in node.children)
    node = replace(node, children=children)
    if node.named or node.heading != heading_of(node.facts, language):
        return replace(node, facts=(), named=node.named or "reader")
    facts = counted(node, documents)
    return replace(node, facts=facts or (), named="reader" if facts is None else "")


def counted(node: Node, documents: Mapping[str, Document]) -> tuple[Fact, ...] | None:
    """The facts of the section's heading, of its documents as they are now; None where one is not true of them."""
    among = tuple(d for part in node.walk() for d in part.documents)
    found = []
    for fact in node.facts:
        held = tuple(d for d in among if (
            fact.kind == "alone" or stands(fact.term, documents[d], *fact.values[:1]) if fact.kind in ("most", "alone")
            else documents[d].language in fact.values))
        if 2 * len(held) <= len(among) or fact.kind != "most" and len(held) < len(among):
            return None
        found.append(replace(fact, documents=held, among=among))
    return tuple(found)


def quality(term: Term, held: Sequence[str]) -> float:
    """How good a heading a term makes for the documents it stands in: of two words and more, of their titles, of
    keyword lines."""
    size = _BY_SIZE[min(term.size, len(_BY_SIZE) - 1)]
    titled = len(term.titled & set(held)) / max(1, len(held))
    return size * (1 + titled) * (_KEYWORD if term.is_keyword else 1.0) * (_WIDE if term.shown in _wide() else 1.0)


@cache
def _wide() -> frozenset[str]:
    """Concepts too wide to name a section by, in both languages."""
    wide = phrases("terms", "general")
    named = [*concepts(), *((term.en, term.zh) for term in terms())]
    return frozenset(name for pair in named if pair[0] in wide for name in pair)


def named_by(term: Term, group: Sequence[Document], language: Language) -> Named:
    """The heading that a term makes for a group."""
    among = tuple(d.id for d in group)
    facts = [_most(term, group)]
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
