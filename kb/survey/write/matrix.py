"""The attribute matrix of a survey: which works share which task, method, data or measure, and which state a size, a
guarantee or a limit of their own; each tick with its place.

Reads: references and their documents.  Gives: Aspect, and the evidence of every tick.  The comparison table shows the
same beside each work's results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kb.survey.outline.plan import Sources
from kb.survey.outline.select import limit_of
from kb.survey.outline.standing import plain
from kb.survey.records import Aspect, Evidence, Reference, Request
from kb.survey.write.asked import Asked, held_asked
from kb.survey.write.evidence import place_evidence
from kb.survey.write.joins import used_names
from kb.survey.write.places import Tick, sentence_at
from kb.survey.write.remembered import remembered
from kb.survey.write.results import own, sample_of
from kb.survey.write.terms import Held, held_terms
from kb.types import Document
from kb.words import Phrases

_MOST = {"task": 10, "method": 14, "subject": 6, "data": 10, "measure": 6}
_GUARANTEE = Phrases(
    r"\b(?:«aspects: guarantee en»)\b.{0,160}\b(?:«aspects: guarantee what en»)\b|"
    r"(?:«aspects: guarantee zh»).{0,60}(?:«aspects: guarantee what zh»)", re.IGNORECASE | re.DOTALL)
_LONGEST = 500  # characters of a quote


def matrix(references: Sequence[Reference], sources: Sources, request: Request,
           asked: Sequence[Asked] = ()) -> tuple[tuple[Aspect, ...], tuple[Evidence, ...]]:
    """The aspects, what most works share first in each kind, and the evidence of every tick. asked: terms that a model
    named; they are rows where two works have them."""
    ordered = sorted(references, key=lambda r: (r.year or 9999, r.key))
    documents = [sources.documents[r.document] for r in ordered]
    aspects, rows = [], []
    for i, held in enumerate(_held(documents, sources, request, asked)):
        evidence = [place_evidence(f"matrix.{i}.{tick.document}", f"matrix.{i}", sources.documents[tick.document],
                                   tick.quote) for tick in held.ticks.values()]
        aspects.append(Aspect(held.aspect, held.shown, held.documents, tuple(row.id for row in evidence)))
        rows += evidence
    return tuple(aspects), tuple(rows)


def _held(documents: Sequence[Document], sources: Sources, request: Request,
          asked: Sequence[Asked]) -> Iterator[Held]:
    terms = held_terms(documents, request.language, [request.topic])
    for one in asked:
        if plain(one.term) not in plain(request.topic) and (held := held_asked(one, documents, terms)):
            terms.append(held)
    terms.sort(key=lambda held: -len(held.ticks))
    for aspect in ("task", "method", "subject"):
        yield from [held for held in terms if held.aspect == aspect][:_MOST[aspect]]
    for aspect in ("data", "measure"):
        yield from used_names(documents, aspect)[:_MOST[aspect]]
    alone = {"sample": {}, "size": {}, "guarantee": {}, "limit": {}}  # type: dict[str, dict[str, Tick]]
    for document in documents:
        if size := own(document).size:
            alone["size"][document.id] = Tick(document.id, size, sentence_at(document, size[0]))
        if sample := sample_of(document):
            alone["sample"][document.id] = Tick(document.id, *sample)
        if guarantee := _guarantee(document):
            alone["guarantee"][document.id] = guarantee
        limit = limit_of(sources.units[document.id])
        if limit and limit.role == "limitation" and limit.is_sure:
            span = limit.start, limit.end
            alone["limit"][document.id] = Tick(document.id, span, span)
    for aspect, ticks in alone.items():
        if ticks:
            yield Held(aspect, "", (), ticks)


@remembered
def _guarantee(document: Document) -> Tick | None:
    """The first sentence in which a work says that it proves something of its own."""
    for line in own(document).paper.lines:
        is_own = not line.is_other and line.part not in ("related", "references", "back")
        found = _GUARANTEE.search(line.masked) if is_own and len(line.text) <= _LONGEST else None
        if found:
            return Tick(document.id, (line.start + found.start(), line.start + found.end()), (line.start, line.end))
    return None
