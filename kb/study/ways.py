"""The ways in which a question about the library is answered, by what it asks.

Reads: Study (question.py).  Gives: Answer, or None where sentences have to answer after all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from kb.answer.one_work import once_each
from kb.answer.quotes import keep_supported
from kb.study import citing
from kb.study.comparisons import compared
from kb.study.groups import Group
from kb.study.intents import Kind, LibraryIntent, read_which
from kb.study.lists import listed
from kb.study.question import Said, Study
from kb.study.records import Records
from kb.study.relations import related
from kb.study.settings import read_setting
from kb.study.summing import summed_up
from kb.study.values import Value
from kb.study.which import picked
from kb.types import Answer, Route, Searched

Way = Callable[[Study], Said | None]
_OF_RECORDS: tuple[Kind, ...] = ("by_author", "since", "about", "summary")
_RELATIONS: tuple[Kind, ...] = ("uses", "evaluates", "extends")
_TOLD_BY_VALUE = ("speed", "training time", "gpu", "hardware")
_BY_TITLE = ("title", "short name", "file", "part of the title")


def answered(asked: Study) -> Answer | None:
    """The answer by the way that its intent asks for."""
    asked = _of_setting(asked)
    route, way = _WAYS[asked.intent.kind]
    said = way(asked)
    if said is None and asked.intent.kind in _RELATIONS and read_which(asked.question):  # a relation to no name
        route, said = "list", picked(asked)
    if said is None or (said.status == "not_found" and not _names_no_limit(asked)
                        and (_may_be_no_work(asked.intent) or _may_be_told(asked))):
        return None
    return _answer(asked, said, route)


def _of_setting(asked: Study) -> Study:
    """Which papers report a speed or a machine is told by what each says of it: a text that gives one need not name
    it."""
    intent = asked.intent
    setting = read_setting(intent.names[0].text) if intent.kind == "uses" and len(intent.names) == 1 else None
    if setting is None or setting.kind not in _TOLD_BY_VALUE or intent.counts:
        return asked
    value = Value("thing", intent.names[0].text, intent.names[0].text)
    return replace(asked, intent=replace(intent, kind="list", names=(), values=(value,), group=Group()))


def _may_be_no_work(intent: LibraryIntent) -> bool:
    """Whether what is named may be a thing that sentences speak of, and no work."""
    return not intent.is_sure or (intent.kind == "compare" and not any(name.is_sure for name in intent.names))


def _names_no_limit(asked: Study) -> bool:
    """Whether a work that is here was asked for its limits, which other sentences do not tell."""
    return (asked.intent.kind == "summary" and asked.intent.part == "limits"
            and asked.naming.works(asked.intent.names[0]).is_sure)


def _may_be_told(asked: Study) -> bool:
    """Whether texts may say it, where records say nothing: those of a library that records no authors."""
    return not asked.is_of_papers and asked.intent.kind in _OF_RECORDS


def _answer(asked: Study, said: Said, route: Route) -> Answer:
    checked = [(claim, keep_supported([claim], asked.finder.document)[0] if claim.citations else [claim])
               for claim in said.claims]
    claims = once_each([claim for _, kept in checked for claim in kept], asked.finder.works)
    n_dropped = sum(not kept for _, kept in checked)
    n_documents, n_passages = asked.view.searched()
    return Answer(asked.question, asked.language, said.status, tuple(claims), Searched(n_documents, n_passages),
                  support={"found": 1.0, "weak": 0.5, "not_found": 0.0}[said.status], n_dropped=n_dropped, route=route,
                  empty=said.empty, n_unasked=said.n_unasked)


def _of_works(asked: Study) -> Said | None:
    """Author, year or venue of what is named; where nothing here is called so, that."""
    name = asked.intent.names[0]
    if named := asked.naming.works(name):
        said = Records(asked.view, asked.naming).of_works(asked.intent, named.documents)
        if said.status == "not_found" and not (asked.is_of_papers or named.by in _BY_TITLE):
            return None  # a text of an encyclopaedia about what is named
        return said if named.is_sure or said.status == "not_found" else replace(said, status="weak")
    return asked.unknown(name) if asked.intent.is_sure else None


def _of_kind(asked: Study) -> Said | None:
    return Records(asked.view, asked.naming).of_kind(asked.intent)


def _of_each(asked: Study) -> Said | None:
    return picked(asked) if asked.intent.part == "which" else listed(asked)


_WAYS: Mapping[Kind, tuple[Route, Way]] = {
    "author": ("records", _of_works), "date": ("records", _of_works), "venue": ("records", _of_works),
    "count": ("records", _of_kind), "by_author": ("records", _of_kind), "since": ("records", _of_kind),
    "about": ("records", _of_kind), "cites": ("graph", citing.cites), "cited": ("graph", citing.cited),
    "uses": ("graph", related), "extends": ("graph", related), "evaluates": ("graph", related),
    "summary": ("summary", summed_up), "compare": ("comparison", compared), "list": ("list", _of_each),
}
