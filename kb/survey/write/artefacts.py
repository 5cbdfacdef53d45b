"""What stands beside the text of a survey: the timeline and the comparison table.

Each cell of the table is a verbatim place in its document; a document that does not say it has an empty cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kb.study.stated import Span, Stated
from kb.survey.citing import citation_graph
from kb.survey.outline.plan import Sources
from kb.survey.records import Cell, Evidence, Moment, Reference, Table, TableRow
from kb.survey.words import word
from kb.survey.write.joins import same_measures
from kb.survey.write.results import own
from kb.survey.write.write import place_evidence
from kb.types import Document, Language

RESULT = ("data", "measure", "value")
COLUMNS = (*RESULT, "size")


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


def table(references: Sequence[Reference], sources: Sources, language: Language) -> tuple[Table, tuple[Evidence, ...]]:
    """A row for each document that states a result or a size of its own, by year; and the evidence of every cell.

    A document with several results shows the one that most others can be held against, then the clearest."""
    documents = [sources.documents[r.document] for r in references]
    shared = same_measures(documents)
    rows, evidence = [], []
    for reference in sorted(references, key=lambda r: (r.year or 9999, r.key)):
        document = sources.documents[reference.document]
        cells: list[Cell | None] = []
        for column, span in _spans(document, shared).items():
            if span is None:
                cells.append(None)
                continue
            name = f"table.{document.id}.{column}"
            evidence.append(place_evidence(f"{name}.a", name, document, span))
            cells.append(Cell(evidence[-1].quote, evidence[-1].id))
        if any(cells):
            rows.append(TableRow(reference.document, reference.key, tuple(cells)))
    return Table(tuple(word(column, language) for column in COLUMNS), tuple(rows)), tuple(evidence)


def _spans(document: Document, shared: Mapping[tuple[str, str], list[tuple[str, Stated]]]) -> dict[str, Span | None]:
    """Column -> where the document says it."""
    read = own(document)
    both = (one for rows in shared.values() for d, one in rows if d == document.id)
    best = next(both, None) or next(iter(read.results), None)
    found = {"data": best.data, "measure": best.measure, "value": best.value} if best else dict.fromkeys(RESULT)
    return {**found, "size": read.size}
