"""What stands beside the text of a survey: the timeline and the comparison table.

Each cell of the table is a verbatim place in its document; a document that does not say it has an empty cell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from kb.study.stated import Span, Stated
from kb.survey.citing import citation_graph
from kb.survey.outline.plan import Sources
from kb.survey.outline.standing import pieces, plain
from kb.survey.records import Cell, Evidence, Moment, Reference, Request, Table, TableRow
from kb.survey.words import word
from kb.survey.write.evidence import place_evidence
from kb.survey.write.joins import of_every_field, same_measures, used_names
from kb.survey.write.places import Tick
from kb.survey.write.results import own
from kb.survey.write.terms import Held, held_terms
from kb.survey.write.whole import Wording, whole_name, wording_of
from kb.types import Document, ExtractionRow, ExtractionTable
from kb.words import Phrases, phrases

RESULT = ("data", "measure", "value")
COLUMNS = ("task", "method", *RESULT, "size")
# What stands before a term where a work says that it is its own subject.
_PROPOSES = Phrases(r"\b(?:«aspects: own subject en»)\s+(?:\w+\s+)?(?:«aspects: own verb en»)\b|"
                    r"(?:«aspects: own subject zh»)[^，。；]{0,12}?(?:«aspects: own verb zh»)", re.IGNORECASE)
_SHORT = re.compile(r"[A-Z0-9-]{1,3}")
_NEAR, _BY_MEANS = 16, re.compile(r"(?:using|via|through|by|with|基于|通过|利用)\s*(?:\w+\s+)?$", re.IGNORECASE)
_ANOTHER = re.compile(r"\b(?:than|by|using|over|compared|unlike|outperform\w*|instead|previous|baseline\w*)\b|"
                      r"[,;，。；]|比|优于|相比|不同于", re.IGNORECASE)


def timeline(references: Sequence[Reference], sources: Sources) -> tuple[Moment, ...]:
    """The documents by year, the undated last, with which of the others each one cites. A note on a work may name later
    ones: the work does not cite them."""
    graph = citation_graph([sources.documents[r.document] for r in references])
    keys = {r.document: r.key for r in references}
    years = {r.document: r.year for r in references}

    def cited_by(r: Reference) -> tuple[str, ...]:
        return tuple(sorted(keys[d] for d in graph.cites(r.document) if r.year is None or (years[d] or 0) <= r.year))

    order = sorted(references, key=lambda r: (r.year or 9999, r.key))
    return tuple(Moment(r.year, r.key, r.document, r.title, cited_by(r)) for r in order)


def table(references: Sequence[Reference], sources: Sources, request: Request,
          filled: ExtractionTable | None = None) -> tuple[Table, tuple[Evidence, ...]]:
    """A row for each document that says something for a column, by year, and the evidence of every cell; a column that
    no document fills is left out.

    Of several results a document shows the one that most others can be held against, then the clearest. filled: the
    columns that the reader named.
    """
    documents = [sources.documents[r.document] for r in references]
    shared, named = same_measures(documents), _named(documents, request)
    own_columns = {row.document: _places_of(row, request.columns) for row in filled.rows} if filled else {}
    columns = (*COLUMNS, *request.columns)
    rows: list[tuple[Reference, list[Evidence | None]]] = []
    for reference in sorted(references, key=lambda r: (r.year or 9999, r.key)):
        document = sources.documents[reference.document]
        spans = {**named[document.id], **_result(document, shared, named[document.id].get("data")),
                 **own_columns.get(document.id, {})}
        found = [_cell(document, column if i < len(COLUMNS) else f"column{i}", spans.get(column))
                 for i, column in enumerate(columns)]
        if any(found):
            rows.append((reference, found))
    kept = [i for i in range(len(columns)) if any(found[i] for _, found in rows)]
    heads = [word(column, request.language) for column in COLUMNS] + list(request.columns)
    lines = tuple(TableRow(reference.document, reference.key, tuple(
        Cell(row.quote, row.id) if (row := found[i]) else None for i in kept)) for reference, found in rows)
    return Table(tuple(heads[i] for i in kept), lines), tuple(
        row for _, found in rows for i in kept if (row := found[i]))


def _cell(document: Document, column: str, span: Span | None) -> Evidence | None:
    name = f"table.{document.id}.{column}"
    return place_evidence(f"{name}.a", name, document, span) if span else None


def _named(documents: Sequence[Document], request: Request) -> dict[str, dict[str, Span | None]]:
    """document -> the task and the method that it has in common with most others, and a data set that it shares with
    another: as its title names them, or a sentence of its own at its front."""
    found: dict[str, dict[str, Span | None]] = {document.id: {} for document in documents}
    wording = wording_of(documents)
    by_id = {document.id: document for document in documents}
    terms = [held for held in held_terms(documents, request.language, [request.topic])
             if not {plain(name) for name in (held.shown, *held.others)} & (of_every_field() | _settings())]
    for held in (*terms, *used_names(documents, "data")):
        for d, tick in held.ticks.items():
            if held.aspect not in found[d] and (held.aspect == "data" or _is_its_own(by_id[d], tick, held.aspect)):
                found[d][held.aspect] = tick.words if held.aspect == "data" else _whole(
                    by_id[d], held, _in_title(by_id[d], held) or tick.words, wording)
    return found


@cache
def _settings() -> frozenset[str]:
    return frozenset(plain(name) for name in phrases("aspects", "setting"))


def _whole(document: Document, held: Held, span: Span, wording: Wording) -> Span | None:
    """The place of a term as a whole name; None where the text does not show it whole, for initials that nothing spells
    out, or where, of a title that only the record has, other words stand."""
    text, (start, end) = document.text, span
    words, names = plain(text[start:end]).strip(), {plain(name).strip() for name in (held.shown, *held.others)}
    if words not in names or held.aspect == "method" and _SHORT.fullmatch(text[start:end]) and len(names) < 2:
        return None
    return whole_name(text, span, held.aspect, wording)


def _in_title(document: Document, held: Held) -> Span | None:
    """Where a term stands in the title, as the text has it: a part of a longer name there, "Wave-U-Net", is the name of
    the work's own."""
    title = document.metadata.title
    at = document.text.find(title) if title else -1
    if at < 0:
        return None
    found = pieces(document.text[at:at + len(title)])
    norms = [piece.norm for piece in found]
    for words in (plain(name).split() for name in (held.shown, *held.others)):
        for i in range(len(norms) - len(words) + 1):
            if words and norms[i:i + len(words)] == words:
                return at + found[i].start, at + found[i + len(words) - 1].end
    return None


def _is_its_own(document: Document, tick: Tick, aspect: str) -> bool:
    """Whether a term at a document's front is what the work is about: in its title, or where it speaks of itself."""
    words = plain(document.text[slice(*tick.words)]).strip()
    if words in plain(document.metadata.title):
        return not (aspect == "task" and _BY_MEANS.search(document.text[:tick.words[0]][-_NEAR:]))
    before = document.text[tick.quote[0]:tick.words[0]]
    found = [said.end() for said in _PROPOSES.finditer(before)]
    return bool(found) and not _ANOTHER.search(before[found[-1]:])


def _result(document: Document, shared: Mapping[tuple[str, str], list[tuple[str, Stated]]],
            data: Span | None) -> dict[str, Span | None]:
    """The three cells of a result, or the data set alone, and the size."""
    read = own(document)
    both = (one for rows in shared.values() for d, one in rows if d == document.id)
    best = next(both, None) or next(iter(read.results), None)
    found = ({"data": best.data, "measure": best.measure, "value": best.value} if best
             else {"data": data, "measure": None, "value": None})
    return {**found, "size": read.size}


def _places_of(row: ExtractionRow, columns: Sequence[str]) -> dict[str, Span | None]:
    """Column -> where the document says it; what only the library records has no place in the text."""
    return {name: cell.citation.answer if cell.citation else None
            for name, cell in zip(columns, row.cells, strict=True)}
