"""The same values out of many documents: each is asked alone, and what it answers stands under its title.

Reads: Study with the values that are asked for, and of which documents.  Gives: Said, whose claims name their document;
the titles of those that answer nothing, and how many were not asked.
"""

from __future__ import annotations

import re

from kb.study.each import bare, said_of
from kb.study.members import members
from kb.study.naming import places_of
from kb.study.question import Said, Study
from kb.study.things import names_of
from kb.study.values import Value
from kb.text import one_line
from kb.types import Claim, DocumentInfo, Part, Support
from kb.words import Phrases, phrases, table

_MOST_DOCUMENTS = 200  # that are asked; about half a second each
_TOLD_SHARE = 0.5  # of the documents that are asked, from which on a list is sure
_ABOUT = Phrases(r"^(?:(?:«comparisons: about en»)\s+|(?:«comparisons: about zh»)+)", re.I)
_PARTS: tuple[Part, ...] = ("problem", "method", "results", "limits")


def listed(asked: Study) -> Said | None:
    """What each document says of the values, the document's title above it: of those of a group, of those that are
    named, else of all. None where none is called as the question says, and it may mean something else."""
    intent = asked.intent
    works, unknown = (members(asked, intent.group), []) if intent.group else _works(asked)
    if (intent.names or intent.group) and not works and not intent.is_sure:
        return None
    values = intent.values or (_value(intent.thing),)
    is_known = intent.part == "uses" or all(value.is_known for value in values)
    claims: list[Claim] = []
    empty = list(unknown)
    n_told = 0
    for info in works[:_MOST_DOCUMENTS]:
        own = [said_of(asked, info, value) for value in values]
        claims += [claim for said in own for claim in said]
        n_told += all(own)
        if not any(own) and intent.part != "uses":
            empty.append(one_line(info.title, 160))
    is_sure = is_known and not unknown and n_told >= _TOLD_SHARE * min(len(works), _MOST_DOCUMENTS)
    status: Support = "not_found" if not claims else "found" if is_sure else "weak"
    return Said(tuple(claims), status, tuple(empty), max(0, len(works) - _MOST_DOCUMENTS))


def _value(thing: str) -> Value:
    """The thing that a form of intents.py asks for, as a value."""
    called = bare(thing)
    part = next((part for part in _PARTS if called in phrases("comparisons", f"thing {part}")), None)
    return Value("part", part, thing) if part else Value("thing", called, thing)


def _works(asked: Study) -> tuple[list[DocumentInfo], list[str]]:
    """The documents that are asked, and the names that none of the library's has."""
    if not asked.intent.names:
        return [info for info in asked.naming.documents if info.n_passages], []
    found: dict[str, DocumentInfo] = {}
    unknown = []
    for name in asked.intent.names:
        named = asked.naming.works(name)
        topic = _ABOUT.pattern.sub("", name.text).strip()
        language, topic = _scope(asked, topic)
        if language and not named:
            found |= {info.id: info for info in asked.naming.documents if info.language == language and info.n_passages
                      and (not topic or _is_about(asked, info, topic))}
            continue
        if not topic:  # "各", "分别": all of them
            return [info for info in asked.naming.documents if info.n_passages], []
        is_topic = name.says_work and (topic != name.text or not named)
        topics = [info for info in asked.naming.documents if is_topic and _is_about(asked, info, topic)]
        if topics:
            found |= {info.id: info for info in topics}
        elif named and (named.is_sure or name.is_quoted or name.says_work):
            found |= {info.id: info for info in named.documents}
        else:
            unknown.append(name.text)
    return list(found.values()), unknown


def _scope(asked: Study, text: str) -> tuple[str, str]:
    """(language, topic) of the papers that are meant: "英文事件抽取" are those in English about that."""
    known = table("intents", f"language name {asked.language}")
    said = next((name for name in known if text.casefold().startswith(name)), "")
    return known.get(said, ""), text[len(said):].strip()


def _is_about(asked: Study, info: DocumentInfo, topic: str) -> bool:
    """Whether a document's title or beginning names the topic, in either language."""
    return any(places_of(text, name) for name in names_of(topic)
               for text in (info.title, asked.naming.beginning(info.id)))
