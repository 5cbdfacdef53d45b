"""Metadata from elsewhere: what the references of other documents and public indexes say of a document.

Reads: documents.  Gives: LookedUp, what was found for each and what of it was taken. A reader's edits stay, and an
answer about a work of another title is not taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kb.errors import FileProblem, as_problem
from kb.fetch.connection import MayConnect, is_public
from kb.fetch.look_up import SERVICES, Found, look_up
from kb.readers.cited_as import parts_of
from kb.readers.metadata import plain
from kb.store import Store, View
from kb.survey.citing import citation_graph
from kb.text import search_terms
from kb.types import Document, DocumentInfo, Metadata, Problem, Progress, Record

LIBRARY = "library"  # the source that is the references of other documents
_FIELDS = ("title", "authors", "year", "venue", "doi", "arxiv")
# Words of a title, and passages beside its own, by which the documents that may cite a work are found.
_RAREST, _NAMING = 6, 50


@dataclass(frozen=True, slots=True)
class LookedUp(Record):
    """One document. source: "Crossref", "OpenAlex", "arXiv" or "library", "" if nothing was found; set: the fields that
    were set; other_title: what the source calls the work, where that is another one and nothing was taken."""

    document: str
    title: str
    source: str = ""
    set: tuple[str, ...] = ()
    other_title: str = ""
    problem: Problem | None = None


def look_up_in(store: Store, documents: Iterable[str] | None, network: bool | None, *,
               on_progress: Callable[[Progress], None], services: Mapping[str, str] = SERVICES,
               may_connect: MayConnect = is_public) -> tuple[LookedUp, ...]:
    """Looks documents up (ids; None: all) and sets what was found: by DOI or arXiv number at the services, else in the
    references of the others. network: None if the settings forbid it. services, may_connect: see `look_up`. A document
    that cannot be asked for has a problem in its row; the others are gone on with. Errors: UnknownDocument."""
    with store.read() as view:
        every = [view.document(info.id) for info in view.documents()]
        chosen = every if documents is None else [view.document(name) for name in documents]
    said = said_in_references(every)
    rows: list[LookedUp] = []
    for n, document in enumerate(chosen, 1):
        m, found, problem = document.metadata, None, None
        on_progress(Progress("look", n, len(chosen), m.title))
        try:
            if network is not False and (m.doi or m.arxiv):
                if network is None:
                    raise FileProblem("E_LOOK_UP_OFF")
                found = look_up(doi=m.doi or "", arxiv=m.arxiv or "", may_connect=may_connect,
                                services=services)
        except FileProblem as error:
            problem = as_problem(document.id, error)
        found = found or said.get(document.id)
        values, other = to_set(document, found) if found else ({}, "")
        if values and found:
            with store.write("look up") as writer:
                if writer.holds(document.id):  # else it was removed meanwhile
                    writer.edit(document.id, values, (), found.source)
        rows.append(LookedUp(document.id, str(values.get("title", m.title)), found.source if found else "",
                             tuple(values), other, problem))
    return tuple(rows)


def fill_from_references(store: Store, added: Collection[str]) -> None:
    """Sets, as guesses, authors and year that no page of a document says and the references of others do: of the
    documents that were added (ids), and of older ones by the references of these. Nothing is asked of the network."""
    with store.read() as view:
        infos = {info.id: info for info in view.documents()}
        wanting = {info.id for info in infos.values() if not info.authors or not info.year}
        if not wanting:
            return
        citing = {*added, *(name for one in wanting & set(added) for name in _naming(view, infos[one]))}
        documents = [view.document(name) for name in sorted(citing & infos.keys())]
    documents += [_without_text(infos[name]) for name in sorted(wanting - citing)]
    found = {}
    for name, said in said_in_references(documents, wanting).items():
        info = infos[name]
        set_already = {item.field for item in info.edited}
        values = {field: value for field, value in said.values.items()
                  if not getattr(info, field) and field not in set_already}
        if values:
            found[name] = values
    if found:
        with store.write("add") as writer:
            for name, values in found.items():
                if writer.holds(name):
                    writer.edit(name, values, (), LIBRARY)


def _naming(view: View, info: DocumentInfo) -> set[str]:
    """The documents whose passages have most of the words of this one's title: those that may cite it."""
    frequency = view.document_frequency(search_terms(info.title))
    rarest = sorted((term for term, n in frequency.items() if n), key=lambda term: (frequency[term], term))[:_RAREST]
    _, ids = view.lexical.search(rarest, info.n_passages + _NAMING)  # its own passages have the title above them
    return {row.document for row in view.passages(ids.tolist()).values()}


def _without_text(info: DocumentInfo) -> Document:
    """A document that can be cited but cites nothing."""
    metadata = Metadata(info.title, info.authors, info.year, info.venue, info.doi, info.arxiv, info.url, info.guessed)
    return Document(info.id, "", info.path, info.kind, metadata, info.language, "", (), ())


def to_set(document: Document, found: Found) -> tuple[dict[str, Any], str]:
    """(the fields to set, the other title for which none is). What a reader set stays; what was found is set where it
    is missing, guessed, or came from an earlier look-up."""
    m = document.metadata
    is_sure = "title" not in m.guessed
    title = str(found.values.get("title", ""))
    if title and is_sure and not _same(title, m.title):
        return {}, title
    kept = {item.field for item in m.edited if not item.source}
    earlier = {item.field for item in m.edited if item.source}
    values = {name: found.values[name] for name in _FIELDS if found.values.get(name) and name not in kept
              and (not getattr(m, name) or name in m.guessed or name in earlier)}
    return {name: value for name, value in values.items() if value != getattr(m, name)}, ""


def _same(a: str, b: str) -> bool:
    """Whether two titles are one: equal, one the beginning of the other, or in most of their words."""
    one, two = plain(a), plain(b)
    if not one or not two or one == two or min(len(one), len(two)) > 12 and (one in two or two in one):
        return True
    words, others = (set(re.findall(r"\w+", text.lower())) for text in (a, b))
    return len(words & others) >= 0.6 * max(len(words), len(others))


def said_in_references(documents: Sequence[Document], of: Collection[str] | None = None) -> Mapping[str, Found]:
    """Document -> authors and year as the references of other documents have them, for what is found there; where they
    differ, what most say. of: ids of the documents that are looked for; None: all."""
    known = {document.id: document for document in documents}
    authors: dict[str, Counter[tuple[str, ...]]] = {}
    years: dict[str, Counter[int]] = {}
    for edge in citation_graph(documents, of).edges:
        entry = re.sub(r"^\W*(?:\d{1,3}\W+)?", "", edge.entry)
        parts = parts_of(entry, known[edge.cited].metadata.title)
        if parts.authors and parts.title:
            authors.setdefault(edge.cited, Counter())[parts.authors] += 1
        if parts.year:
            years.setdefault(edge.cited, Counter())[parts.year] += 1
    found = {}
    for document in known:
        values: dict[str, Any] = {}
        if document in authors:
            values["authors"] = max(authors[document].items(), key=lambda item: (item[1], len(item[0])))[0]
        if document in years:
            values["year"] = max(years[document].items(), key=lambda item: (item[1], item[0]))[0]
        if values:
            found[document] = Found(LIBRARY, values)
    return found
