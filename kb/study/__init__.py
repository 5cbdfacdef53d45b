"""Questions over whole works: who and when, who cites whom, summaries, comparisons, lists, and tables out of many
papers. Its files are in kb/README.md.

`study` answers a question that asks something of the library itself, and leaves the others to sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from kb.answer.quotes import keep_supported
from kb.answer.retrieve import check_question
from kb.study.intents import Kind, LibraryIntent, Name, read_intent
from kb.study.naming import Naming
from kb.study.records import Records, Said
from kb.types import Answer, Claim, Language, Route, Searched, Words

if TYPE_CHECKING:
    from kb.answer.evidence import Finder
    from kb.store import View
    from kb.types import DocumentInfo

_UNKNOWN = Words("No document here is called {name}.", "资料库中没有名为{name}的文献。")


@dataclass(frozen=True, slots=True)
class Study:
    """A question that was put to the library itself, with what answers it: one generation and who finds in it."""

    question: str
    intent: LibraryIntent
    view: View
    finder: Finder
    naming: Naming
    records: Records

    @property
    def language(self) -> Language:
        return self.intent.language

    def works(self, name: Name) -> tuple[DocumentInfo, ...]:
        """Every document that is called so."""
        return self.naming.works(name).documents


Way = Callable[[Study], Said | None]


def study(question: str, view: View, finder: Finder, *, today: date | None = None) -> Answer | None:
    """The answer to a question that asks something of the library itself; None where sentences have to answer it.

    today: what "last month" is counted from. Errors: QuestionError, NothingIndexed, EncoderError.
    """
    check_question(question)
    intent = read_intent(question, today)
    if intent is None or intent.kind not in _WAYS:
        return None
    naming = Naming(view)
    asked = Study(question, intent, view, finder, naming, Records(view, naming))
    route, way = _WAYS[intent.kind]
    said = way(asked)
    return None if said is None else _answer(asked, said, route)


def _answer(asked: Study, said: Said, route: Route) -> Answer:
    checked = [(claim, keep_supported([claim], asked.finder.document)[0] if claim.citations else [claim])
               for claim in said.claims]
    claims, n_dropped = tuple(claim for _, kept in checked for claim in kept), sum(not kept for _, kept in checked)
    n_documents, n_passages = asked.view.counts()
    return Answer(asked.question, asked.language, said.status, claims, Searched(n_documents, n_passages),
                  support={"found": 1.0, "weak": 0.5, "not_found": 0.0}[said.status], n_dropped=n_dropped, route=route)


def _of_works(asked: Study) -> Said | None:
    """Author, year or venue of what is named; where nothing here is called so, that."""
    name = asked.intent.names[0]
    documents = asked.works(name)
    if documents:
        return asked.records.of_works(asked.intent, documents)
    return unknown(asked, name) if asked.intent.is_sure else None


def unknown(asked: Study, name: Name) -> Said:
    """That no document is called so."""
    quoted = f"“{name.text}”"
    return Said((Claim(_UNKNOWN.in_(asked.language).format(name=quoted), ()),), "not_found")


def _of_kind(asked: Study) -> Said | None:
    return asked.records.of_kind(asked.intent)


_WAYS: Mapping[Kind, tuple[Route, Way]] = {
    "author": ("records", _of_works), "date": ("records", _of_works), "venue": ("records", _of_works),
    "count": ("records", _of_kind), "by_author": ("records", _of_kind), "since": ("records", _of_kind),
    "about": ("records", _of_kind),
}
