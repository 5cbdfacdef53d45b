"""Which documents use, extend or are evaluated on what is named: each is looked through alone, and quoted.

Reads: Study.  Gives: Said, a claim for every document whose own text says so (said_of.py decides). Documents that only
name the thing are counted, not listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kb.answer.terms import bundled_concepts
from kb.study.naming import Named
from kb.study.question import Said, Study
from kb.study.said_of import ENOUGH, Mention, Relation, mentions_of
from kb.types import Citation, Claim, Document, DocumentInfo, Words
from kb.words import Phrases

_KIND = Phrases(r"[\s-]*(?:«intents: kind noun en»)$|(?:«intents: kind noun zh»)$", re.I)
_ARTICLE = re.compile(r"^(?:the|a|an)\s+", re.I)
_LEAST_NAME = 2
_MOST_NAMES = 6
_SAYS: dict[Relation, Words] = {
    "uses": Words("{n} documents say that they use {name}:", "{n} 篇文献表明使用了{name}："),
    "extends": Words("{n} documents say that they extend {name}:", "{n} 篇文献表明扩展或改进了{name}："),
    "evaluates": Words("{n} documents report an evaluation on {name}:", "{n} 篇文献报告了在{name}上的实验："),
    "compares": Words("{n} documents compare with {name}:", "{n} 篇文献与{name}作了比较："),
}
_SAYS_ONE: dict[Relation, Words] = {
    "uses": Words("1 document says that it uses {name}:", "1 篇文献表明使用了{name}："),
    "extends": Words("1 document says that it extends {name}:", "1 篇文献表明扩展或改进了{name}："),
    "evaluates": Words("1 document reports an evaluation on {name}:", "1 篇文献报告了在{name}上的实验："),
    "compares": Words("1 document compares with {name}:", "1 篇文献与{name}作了比较："),
}
_ONLY_NAMED = Words("{n} further documents name {name} and do not say so.", "另有 {n} 篇文献提到{name}，但未这样说明。")
_NOBODY = Words("No document names {name}.", "没有文献提到{name}。")
_NOBODY_ELSE = Words("No other document names {name}.", "没有其他文献提到{name}。")
_NONE = Words("{n} documents name {name}; none says so of itself.", "有 {n} 篇文献提到{name}，但都未说明自身如此。")


def related(asked: Study) -> Said | None:
    """Every document that stands in the relation that is asked for."""
    name, relation = asked.intent.names[0], _relation(asked)
    named = asked.naming.works(name)
    names = names_to_look_for(name.text, asked, named)
    own = {info.id for info in named.documents} if relation != "evaluates" and named.is_sure else set()
    sure: list[tuple[DocumentInfo, Document, Mention]] = []
    unsure: list[tuple[DocumentInfo, Document, Mention]] = []
    n_naming = 0
    for info in asked.naming.documents:
        document = asked.view.document(info.id)
        own_names = asked.naming.names_of_work(info)
        found = mentions_of(document, names, relation, own_names) if info.id not in own else []
        n_naming += bool(found)
        if found:
            best = (info, document, found[0])
            (sure if found[0].points >= ENOUGH[relation] else unsure).append(best)
    return _said(asked, relation, f"“{name.text}”", sure, unsure, n_naming, has_own=bool(own))


def _relation(asked: Study) -> Relation:
    kind = asked.intent.kind
    if asked.intent.as_rival:
        return "compares"
    return "uses" if kind == "uses" else "extends" if kind == "extends" else "evaluates"


def _said(asked: Study, relation: Relation, name: str, sure: Sequence[tuple[DocumentInfo, Document, Mention]],
          unsure: Sequence[tuple[DocumentInfo, Document, Mention]], n_naming: int, *,
          has_own: bool) -> Said | None:
    language = asked.language
    if not n_naming:
        nobody = Claim((_NOBODY_ELSE if has_own else _NOBODY).in_(language).format(name=name), ())
        return Said((nobody,), "found" if asked.intent.counts else "not_found")
    if not sure:
        nearly = [found for found in unsure if found[2].points == ENOUGH[relation] - 1]
        none = Claim(_NONE.in_(language).format(n=n_naming, name=name), ())
        return Said((none, *_claims(asked, nearly)), "weak" if nearly else "not_found")
    says = _SAYS_ONE if len(sure) == 1 else _SAYS
    head = Claim(says[relation].in_(language).format(n=len(sure), name=name), ())
    n_others = n_naming - len(sure)
    others = [Claim(_ONLY_NAMED.in_(language).format(n=n_others, name=name), ())] if n_others else []
    return Said((head, *_claims(asked, sure), *others), "found")


def _claims(asked: Study, found: Iterable[tuple[DocumentInfo, Document, Mention]]) -> list[Claim]:
    """A claim for each document, what says it most clearly first."""
    return [_claim(asked, *one) for one in sorted(found, key=lambda one: -one[2].points)]


def _claim(asked: Study, info: DocumentInfo, document: Document, mention: Mention) -> Claim:
    text = document.text[mention.start:mention.end]
    section = next((s.heading for s in document.sections if s.start <= mention.start < s.end), "")
    citation = Citation(info.id, info.title, info.path, document.page_at(mention.start), mention.start, mention.end,
                        text, 1.0, (section,) if section else (), document.language,
                        is_gone=asked.view.is_gone(info.id))
    return Claim(text, (citation,), info.title)


def names_to_look_for(text: str, asked: Study, named: Named) -> list[str]:
    """What the thing is called: as it was asked, without the word for its kind, by its other names in the field, and by
    the titles of a work that is here."""
    bare = _ARTICLE.sub("", text.strip())
    without = _KIND.pattern.sub("", bare).strip()
    names = [bare, *([without] if len(without) >= _LEAST_NAME else [])]
    for concept in bundled_concepts(bare):
        if concept.words in names:
            names += concept.others
    if named.is_sure and len(named.documents) == 1:
        names += asked.naming.names_of_work(named.documents[0])
    return list(dict.fromkeys(names))[:_MOST_NAMES]
