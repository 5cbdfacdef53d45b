"""Which documents use, extend or are evaluated on what is named: each is looked through alone, and quoted.

Reads: Study.  Gives: Said, a claim for every document whose own text says so (said_of.py decides). Documents that only
name the thing are counted, not listed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

from kb.study.question import Said, Study
from kb.study.said_of import ENOUGH, Mention, Relation, mentions_of, stands
from kb.study.things import is_like_a_name, other_names, readings_of
from kb.text import search_terms
from kb.types import Citation, Claim, Document, DocumentInfo, Words
from kb.words import phrases

# A document, the clearest place in it, and what speaks for the whole of it.
_Found = tuple[DocumentInfo, Document, Mention, int]
_CALLED = ("title", "short name", "file", "abbreviation", "what it introduces", "author and year")  # by which a work is
_IN_PASSING = ("evaluates", "compares")  # what one work alone may name beside its results for another reason
_MOST_ALIASED = 40  # documents that are looked through for other names of a thing
_NEARLY = 2  # points less, for one of several things that a document names
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
    """Every document that stands in the relation that is asked for. None where no document names what is said, and it
    is no name: texts may say it in other words."""
    name, relation = asked.intent.names[0], _relation(asked)
    named = asked.naming.works(name)
    own = asked.naming.own(named.documents) if relation != "evaluates" and named.by in _CALLED else set()
    titles = asked.naming.names_of_work(named.documents[0]) if named.is_sure and len(named.documents) == 1 else []
    for reading in readings_of(name.text, asked.language):
        things = [(*names, *titles) if len(reading.things) == 1 else names for names in reading.things]
        found = [_places(asked, names, relation, own) for names in things]
        together = _any_of(found) if reading.is_any else _all_of(found, relation)
        if together and all(found):  # of one or the other both are named, else the words are parted wrongly
            return _said(asked, relation, f"“{reading.said}”", together)
    if own or is_like_a_name(name.text):
        nobody = Claim((_NOBODY_ELSE if own else _NOBODY).in_(asked.language).format(name=f"“{name.text}”"), ())
        return Said((nobody,), "found" if asked.intent.counts else "not_found")
    return None


def _places(asked: Study, names: Sequence[str], relation: Relation, own: Collection[str]) -> dict[str, _Found]:
    """Work -> its clearest place in any of its texts and how clear it is, of the works that name the thing."""
    infos = {id: info for id, info in asked.naming.known.items() if id not in own}
    documents = {id: asked.view.document(id) for id in _with_names(asked, names) if id in infos}
    texts = [document.text for document in list(documents.values())[:_MOST_ALIASED]]
    also = [other for other in other_names(names, texts) if _is_of(_with_names(asked, [other]), documents)]
    documents |= {id: asked.view.document(id) for id in _with_names(asked, also) if id in infos}
    is_measure = relation == "uses" and any(name.casefold() in _measures() for name in names)
    found: dict[str, _Found] = {}
    for id, document in documents.items():
        own_names = asked.naming.names_of_work(infos[id])
        kinds: tuple[Relation, ...] = (relation, "evaluates") if is_measure else (relation,)
        ways = [(kind, mentions_of(document, (*names, *also), kind, own_names)) for kind in kinds]
        if any(mentions for _, mentions in ways):
            kind, mentions = max(ways, key=lambda way: (way[1][0].points - ENOUGH[way[0]], way[0] == relation))
            place = (infos[id], document, mentions[0], stands(mentions, kind))
            work = asked.naming.work(id).id
            if work not in found or place[3] > found[work][3]:
                found[work] = place
    return found


def _is_of(ids: Sequence[str], documents: Collection[str]) -> bool:
    """Whether most documents that have another name have the thing's own as well: else it is a word for more."""
    return 2 * sum(id in documents for id in ids) >= len(ids)


def _with_names(asked: Study, names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(id for name in names for id in asked.view.documents_with(_terms(name))))


def _terms(name: str) -> list[str]:
    """What the index has of a name, whose words may be written apart, with hyphens or as one."""
    return [] if re.search(r"[-\d]", name) else search_terms(name)


@cache
def _measures() -> frozenset[str]:
    return frozenset(phrase.casefold() for phrase in phrases("comparisons", "value metric"))


def _any_of(found: Sequence[Mapping[str, _Found]]) -> list[_Found]:
    ids = dict.fromkeys(id for places in found for id in places)
    return [max((places[id] for places in found if id in places), key=lambda one: one[3]) for id in ids]


def _all_of(found: Sequence[Mapping[str, _Found]], relation: Relation) -> list[_Found]:
    """The documents that name all the things; one that stands to one of them so, and names the others clearly."""
    together = [[places[id] for places in found] for id in found[0] if all(id in places for places in found)]
    least = ENOUGH[relation] - _NEARLY
    return [max(all_, key=lambda one: one[3]) if min(one[3] for one in all_) >= least else
            min(all_, key=lambda one: one[3]) for all_ in together]


def _relation(asked: Study) -> Relation:
    kind = asked.intent.kind
    if asked.intent.as_rival:
        return "compares"
    return "uses" if kind == "uses" else "extends" if kind == "extends" else "evaluates"


def _said(asked: Study, relation: Relation, name: str, found: Sequence[_Found]) -> Said:
    language = asked.language
    sure = [one for one in found if one[3] >= ENOUGH[relation]]
    if not sure:
        nearly = [one for one in found if one[3] == ENOUGH[relation] - 1]
        none = Claim(_NONE.in_(language).format(n=len(found), name=name), ())
        return Said((none, *_claims(asked, nearly)), "weak" if nearly else "not_found")
    says = _SAYS_ONE if len(sure) == 1 else _SAYS
    head = Claim(says[relation].in_(language).format(n=len(sure), name=name), ())
    n_others = len(found) - len(sure)
    others = [Claim(_ONLY_NAMED.in_(language).format(n=n_others, name=name), ())] if n_others else []
    # a document that speaks of it may say so in other words, and one that says so once may mean something else
    near = ENOUGH[relation] - 1 if relation == "compares" else 1
    is_sure = not any(near <= one[3] < ENOUGH[relation] for one in found) and (
        len(sure) > 1 or sure[0][3] > ENOUGH[relation] or relation not in _IN_PASSING)
    return Said((head, *_claims(asked, sure), *others), "found" if is_sure else "weak")


def _claims(asked: Study, found: Iterable[_Found]) -> list[Claim]:
    """A claim for each document, what says it most clearly first."""
    return [_claim(asked, *one[:3]) for one in sorted(found, key=lambda one: (-one[3], -one[2].points))]


def _claim(asked: Study, info: DocumentInfo, document: Document, mention: Mention) -> Claim:
    text = document.text[mention.start:mention.end]
    section = next((s.heading for s in document.sections if s.start <= mention.start < s.end), "")
    citation = Citation(info.id, info.title, info.path, document.page_at(mention.start), mention.start, mention.end,
                        text, 1.0, (section,) if section else (), document.language,
                        is_gone=asked.view.is_gone(info.id))
    return Claim(text, (citation,), info.title)
