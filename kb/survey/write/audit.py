"""The self-audit under every survey: what can be counted without trusting the survey's own word for it.

Reads: the survey and, for the quotes, the library's documents.  Gives: Audit. The definitions and what to hold them
against: kb/survey/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kb.survey.outline.repeats import DUPLICATE, likeness
from kb.survey.records import SUMMARIES, Evidence, Fact, Node, Sentence, Survey
from kb.survey.references import is_complete
from kb.survey.sentences import Unit
from kb.survey.write.facts import facts_of, frame_fault, heading_fault, holds, quote_faults
from kb.survey.write.repeated import repeats
from kb.survey.write.results import table_faults
from kb.survey.write.verify import GetDocument, broken_rows
from kb.text import CJK, search_tokens
from kb.types import Record

_NUMBER = re.compile(r"\d[\d.,]*\d|\d{2,}")
_HAN = re.compile(f"[{CJK}]")


@dataclass(frozen=True, slots=True)
class Audit(Record):
    """Shares are in [0, 1], None where there is nothing to count. broken: evidence rows that do not hold and quotes
    that differ from theirs, with why.

    cited_sentence_share: sentences of at least 6 words (10 Han characters) with a citation, of all such, frames
    included.
    strict_support: sentences with evidence that holds, of all that are not frames.  number_fidelity: numbers of two
    digits or more in quotes, claims and cells that stand in the cited text.  section_reuse: share of a later section's
    references that the first section with references has, mean over the later ones.  near_duplicates: sentences with a
    cosine of .85 or more to one of another section. Both look at the sections
    only: abstract, introduction and conclusion are there to say again what the sections say.
    coverage: documents quoted, of those found relevant.  complete_references: with author, year and link.
    facts: what headings, frames and joined sentences say, counted again; what is not so stands in `broken`. None for a
    survey from before they were kept.  repeats: sentences that say again what any part says, see repeated.py.
    joined_share: sentences that cite two works or more, of all with a citation.
    own_headings: headings in the words of the reader or a model, which are not counted.
    """

    sentences: int
    quotes: int
    documents: int
    cited_sentence_share: float | None
    span_validity: float | None
    strict_support: float | None
    number_fidelity: float | None
    dangling_references: int
    unused_references: int
    section_reuse: float
    near_duplicates: float
    complete_references: float | None
    coverage: float | None
    unsupported_kept: int
    missing_sections: int
    broken: tuple[str, ...] = ()
    facts: int | None = None
    joined_share: float | None = None
    repeats: int = 0
    own_headings: int = 0

    @property
    def is_sound(self) -> bool:
        return (
            not self.broken
            and not self.dangling_references
            and not self.unused_references
            and self.span_validity in (None, 1.0)
        )


def audit(survey: Survey, documents: GetDocument) -> Audit:
    """Checks every quote against the library byte for byte, and counts the rest."""
    bad = broken_rows(survey, documents)
    bad_ids = {row.id for row in bad}
    rows = {row.id: row for row in survey.evidence}
    spoken = [s for s in survey.sentences if s.kind != "frame"]
    other = _other_words(survey, {name: row for name, row in rows.items() if name not in bad_ids})
    held = [
        s
        for s in spoken
        if s.evidence and s.id not in other and all(name in rows and name not in bad_ids for name in s.evidence)
    ]
    long = [s for s in survey.sentences if _is_long(s)]
    listed = {r.document for r in survey.references}
    cited = {row.document for row in survey.evidence}
    mentioned = cited | {moment.document for moment in survey.timeline}
    numbers = [(number, found)
               for s in spoken
               for number, found in _numbers(s.text, [rows[name] for name in s.evidence if name in rows], bad_ids,
                                             (*s.facts, *_named(s, survey)))]
    numbers += [
        pair for row in survey.table.rows for cell in row.cells if cell
        for pair in _numbers(cell.text, [rows[cell.evidence]] if cell.evidence in rows else [], bad_ids)
    ]
    said = [*facts_of(survey)]
    untrue = [f"{name}: {why}" for name, fact in said if (why := holds(fact, survey, documents))]
    untrue += table_faults(survey, documents)
    untrue += [f"{node.id}: {why}" for node in survey.nodes() if (why := heading_fault(node, survey))]
    untrue += [f"{s.id}: {why}" for s in survey.sentences if (why := frame_fault(s, survey))]
    untrue += quote_faults(survey, documents)
    return Audit(
        len(survey.sentences), len(survey.evidence), len(survey.references),
        _share(sum(bool(s.evidence) for s in long), len(long)), _share(len(rows) - len(bad_ids), len(rows)),
        _share(len(held), len(spoken)), _share(sum(found for _, found in numbers), len(numbers)), len(cited - listed),
        len(listed - mentioned), section_reuse(survey), near_duplicates(survey),
        _share(sum(is_complete(r) for r in survey.references), len(survey.references)),
        _share(
            len({row.document for name in (e for s in spoken for e in s.evidence) if (row := rows.get(name))} & listed),
            len(listed)),
        len(spoken) - len(held), len(survey.missing or {}),
        (*(f"{row.id}: {row.document} {row.start}-{row.end} is not its quote"
           for row in bad), *(f"{name}: is not what its evidence says" for name in other), *untrue),
        len(said) if survey.is_counted else None, joined_share(survey), len(repeats(survey)),
        sum(bool(node.named) for node in survey.nodes()))


def joined_share(survey: Survey) -> float | None:
    """Share of the sentences with a citation that cite two works or more."""
    rows = {row.id: row.document for row in survey.evidence}
    cited = [{rows[name] for name in s.evidence if name in rows} for s in survey.sentences if s.evidence]
    return _share(sum(len(works) > 1 for works in cited), len(cited))


def _other_words(survey: Survey, rows: dict[str, Evidence]) -> list[str]:
    """The quotes and cells whose words are not those of their evidence in `rows`: evidence that holds is no proof of
    them."""
    quotes = [
        s.id
        for s in survey.sentences
        if s.kind == "quote"
        and (own := [rows[name].quote for name in s.evidence if name in rows])
        and s.text not in own
    ]
    cells = [
        cell.evidence
        for row in survey.table.rows
        for cell in row.cells
        if cell and cell.evidence in rows and rows[cell.evidence].quote != cell.text
    ]
    return quotes + cells


def section_reuse(survey: Survey) -> float:
    """Mean share of a later section's cited documents that the first section with citations cites; 0 with one
    section."""
    rows = {row.id: row for row in survey.evidence}
    sentences = {s.id: s for s in survey.sentences}
    cited = [found for top in survey.outline if top.kind not in SUMMARIES and (found := _cited(top, sentences, rows))]
    return (
        _rounded(sum(len(later & cited[0]) / len(later) for later in cited[1:]) / (len(cited) - 1))
        if len(cited) > 1
        else 0.0
    )


def near_duplicates(survey: Survey) -> float:
    """Share of the sentences that are not frames that another section says again."""
    sentences = {s.id: s for s in survey.sentences}
    places = [(i, sentences[name]) for i, top in enumerate(survey.outline)
              if top.kind not in SUMMARIES for node in top.walk() for paragraph in node.paragraphs for name in paragraph
              if sentences[name].kind not in ("frame", "joined")]  # forms repeat, what fills them does not
    if len(places) < 2:
        return 0.0
    said = [
        Unit(s.id, 0, len(s.text), s.text, s.language, "result", 0.0, frozenset(t.term for t in search_tokens(s.text)))
        for _, s in places
    ]
    like = [[likeness(a, b) >= DUPLICATE for b in said] for a in said]
    n = sum(any(like[i][j] and places[i][0] != places[j][0] for j in range(len(places))) for i in range(len(places)))
    return _rounded(n / len(places))


def _cited(top: Node, sentences: dict[str, Sentence], rows: dict[str, Evidence]) -> set[str]:
    return {
        rows[e].document
        for node in top.walk()
        for paragraph in node.paragraphs
        for name in paragraph
        for e in sentences[name].evidence
        if e in rows
    }


def _named(sentence: Sentence, survey: Survey) -> list[Fact]:
    """The years and titles by which a sentence that joins works calls them."""
    if sentence.kind != "joined":
        return []
    spoken = {d for fact in sentence.facts for d in fact.documents}
    return [Fact("", r.title, values=(str(r.year or ""),)) for r in survey.references if r.document in spoken]


def _numbers(text: str, evidence: Sequence[Evidence], bad: set[str],
             facts: Sequence[Fact] = ()) -> list[tuple[str, bool]]:
    """Each number of a text, and whether its evidence or what was counted has it."""
    counted = (value for fact in facts for value in (fact.term, *fact.values, str(len(fact.documents)),
                                                     str(len(fact.among))))
    quotes = " ".join((*(row.quote for row in evidence if row.id not in bad), *counted))
    held = {_plain(found) for found in _NUMBER.findall(quotes)}
    return [(number, _plain(number) in held) for number in _NUMBER.findall(text)]


def _plain(number: str) -> str:
    return number.replace(",", "").rstrip(".")


def _is_long(sentence: Sentence) -> bool:
    return len(_HAN.findall(sentence.text)) >= 10 or len(sentence.text.split()) >= 6


def _share(part: int, whole: int) -> float | None:
    return _rounded(part / whole) if whole else None


def _rounded(value: float) -> float:
    return round(value, 4)
