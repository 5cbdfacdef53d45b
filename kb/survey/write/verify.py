"""Keep only what its evidence holds: the last step before a section is stored, after which nothing changes its words.

A quote must stand at its place, and its frame may have no claim of its own; a claim must have been verified with the
evidence it keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from kb.survey.records import SUMMARIES, Evidence, Survey
from kb.survey.write.evidence import page_digest
from kb.survey.write.write import Section
from kb.types import Document

GetDocument = Callable[[str], Document | None]


def holds(row: Evidence, document: Document | None) -> bool:
    """Whether the quote is its document's text at its place, on the page it names, and that page has not changed."""
    return (
        document is not None
        and 0 <= row.start < row.end <= len(document.text)
        and document.text[row.start : row.end] == row.quote
        and document.page_at(row.start) == row.page
        and page_digest(document, row.start) == row.page_sha256
    )


def keep_held(section: Section, documents: Mapping[str, Document]) -> Section:
    """The section without evidence that does not hold or is not the node's own, and without sentences that lose
    theirs."""
    allowed = set(documents) if section.node.kind in SUMMARIES else set(section.node.documents)
    rows = tuple(row for row in section.evidence if row.document in allowed and holds(row, documents.get(row.document)))
    names = {row.id for row in rows}
    sentences = tuple(s for s in section.sentences
                      if s.kind == "frame" or (s.evidence and all(name in names for name in s.evidence)))
    kept = {s.id for s in sentences}
    paragraphs = tuple(ids for paragraph in section.node.paragraphs
                       if (ids := tuple(name for name in paragraph if name in kept)))
    return Section(replace(section.node, paragraphs=paragraphs), sentences,
                   tuple(row for row in rows if row.sentence in kept))


def broken_rows(survey: Survey, documents: GetDocument) -> list[Evidence]:
    """The evidence rows that no longer hold, against the library as it is now."""
    known: dict[str, Document | None] = {}
    for row in survey.evidence:
        if row.document not in known:
            known[row.document] = documents(row.document)
    return [row for row in survey.evidence if not holds(row, known[row.document])]
