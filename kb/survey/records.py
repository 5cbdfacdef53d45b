"""What a survey is made of. `survey.json` is `Survey.to_dict()`; every renderer reads it and none changes a word of it.

Offsets count characters of the cited document's text, `end` exclusive, as everywhere in kb.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kb.errors import SurveyError
from kb.types import Language, Record, Scope, Words

FORMAT = 1
Length = Literal["short", "medium", "long"]
Style = Literal["numeric", "author-year", "gbt7714"]
Role = Literal["definition", "problem", "method", "result", "limitation", "open"]
LENGTHS: tuple[Length, ...] = ("short", "medium", "long")
SUMMARIES = ("abstract", "introduction", "conclusion")  # kinds of nodes that speak of all sections
MATRIX = "matrix"  # among the parts that a model did not finish: the terms that it was asked for
CUT = 0.5  # the relevance from which on a document is on the topic (outline/relevance.py)
STYLES: tuple[Style, ...] = ("numeric", "author-year", "gbt7714")


@dataclass(frozen=True, slots=True)
class Request(Record):
    """What was asked for. documents: ids to use whatever their relevance; empty: the library's relevant ones. columns:
    further ones of the comparison table, by name or as questions.  works: so many of the most relevant ones; 0: those
    from the cut on.  scope: what documents have to be; None for any."""

    topic: str
    language: Language
    length: Length = "medium"
    style: Style = "numeric"
    documents: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    works: int = 0
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Reference(Record):
    """A document as it is cited. key: stable, made from author, year and title.  relevance: to the topic, in [0, 1].
    file: the name it was read under.  is_note: whether it is what somebody else wrote about the work of these authors.
    other_title: its title in the other language, where its text gives one."""

    key: str
    document: str
    sha256: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    venue: str | None
    doi: str | None
    arxiv: str | None
    url: str | None
    guessed: tuple[str, ...]
    language: Language
    relevance: float
    file: str = ""
    is_note: bool = False
    other_title: str = ""


@dataclass(frozen=True, slots=True)
class Evidence(Record):
    """A verbatim place: text[start:end] == quote. page_sha256: of the text of its page (of the whole text where there
    are no pages).

    sentence: the sentence or table cell it stands under.  method: "extract" (copied by code) or "model" (chosen by a
    language model).  recognised: see Document.confidence.
    """

    id: str
    sentence: str
    document: str
    page: int | None
    start: int
    end: int
    quote: str
    page_sha256: str
    score: float
    method: str = "extract"
    recognised: float | None = None


@dataclass(frozen=True, slots=True)
class Fact(Record):
    """What words of ours say, so that it can be counted again: write/facts.py has every kind, and the audit counts.

    term: the words that are counted; documents: those it is true of; among: of which; evidence: rows of Survey.evidence
    that show it; values: what is printed.
    """

    kind: str
    term: str = ""
    documents: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence(Record):
    """kind "frame": ours, and says only what its facts say; "joined": ours too, of several works, with evidence of
    each; "quote": `frame` is ours, `text` is the quote, word for word; "claim": written by a model, verified.

    facts: what our words in it say.  form: the name of the form in write/forms.py that its facts fill: of a frame or
    joined sentence the text, of a quote the frame; "" where a model wrote it, or before facts were kept.
    note: for a quote in place of a claim, why the claim was not kept; for a claim, "joined" if a model changed its
    connectives after it was verified, "reverted" if it changed more, which was taken back, "compared" if it was asked
    for as a comparison.
    is_cut: the quote's first sentence is without the connective that it begins with in the source; it is shown with an
    ellipsis.
    """

    id: str
    kind: Literal["frame", "joined", "quote", "claim"]
    text: str
    frame: str = ""
    language: Language = "en"
    evidence: tuple[str, ...] = ()
    role: str = ""
    note: str = ""
    is_cut: bool = False
    facts: tuple[Fact, ...] = ()
    form: str = ""


@dataclass(frozen=True, slots=True)
class Node(Record):
    """A section or subsection. kind: "introduction", "theme", "problems", of a model also "abstract", "conclusion".
    paragraphs: ids of sentences.  documents: the only ones it may quote.  facts: what its heading says of its documents
    and those of its parts.  named: whose words the heading is where that is not counted: "reader", "model"."""

    id: str
    kind: str
    heading: str
    documents: tuple[str, ...] = ()
    paragraphs: tuple[tuple[str, ...], ...] = ()
    children: tuple[Node, ...] = ()
    facts: tuple[Fact, ...] = ()
    named: str = ""

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Moment(Record):
    """A line of the timeline. cites: keys of the surveyed documents that this one's reference list names."""

    year: int | None
    key: str
    document: str
    title: str
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell(Record):
    """A value of the comparison table, verbatim at its evidence."""

    text: str
    evidence: str


@dataclass(frozen=True, slots=True)
class TableRow(Record):
    """A document's line: one cell per column, None where its text gives no value."""

    document: str
    key: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Table(Record):
    columns: tuple[str, ...] = ()
    rows: tuple[TableRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Aspect(Record):
    """A row of the attribute matrix: works that share something. aspect: "task", "method", "data", "measure",
    "guarantee", "limit", "size", "result"; term: what they share, "" where each has its own.  evidence: of each
    document a row, in their order."""

    aspect: str
    term: str
    documents: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unused(Record):
    """A document of the library that the survey does not draw on. reason: a code; relevance: None where it was not
    measured; words: of the topic, by which it speaks of it."""

    document: str
    title: str
    reason: Literal["not_relevant", "beyond", "no_text", "no_sentence", "copy", "same_work", "repeats", "left_out",
                    "new"]
    relevance: float | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey(Record):
    """A finished survey, or a partial one: `missing` then names the nodes that were not written, with the reason."""

    request: Request
    title: str
    mode: Literal["extractive", "model"]
    banner: str
    outline: tuple[Node, ...]
    sentences: tuple[Sentence, ...]
    evidence: tuple[Evidence, ...]
    references: tuple[Reference, ...]
    timeline: tuple[Moment, ...] = ()
    table: Table = Table()
    unused: tuple[Unused, ...] = ()
    missing: dict[str, str] | None = None
    model: dict[str, Any] | None = None
    audit: dict[str, Any] | None = None
    format: int = FORMAT
    focus: dict[str, float] = field(default_factory=dict)
    matrix: tuple[Aspect, ...] = ()
    is_counted: bool = True  # False: written before our own words carried facts

    def nodes(self) -> Iterator[Node]:
        for node in self.outline:
            yield from node.walk()


def survey_from_dict(saved: Mapping[str, Any]) -> Survey:
    """The survey of a survey.json. Errors: KBError E_SURVEY for something else."""
    try:
        if saved["format"] != FORMAT:
            raise SurveyError("E_SURVEY", path="survey.json",
                          detail=Words(f"format {saved['format']}, this program knows {FORMAT}",
                                           f"格式 {saved['format']}，本程序只认识 {FORMAT}"))
        return Survey(
            request=request_from_dict(saved["request"]), title=saved["title"], mode=saved["mode"],
            banner=saved["banner"], outline=tuple(node_from_dict(node) for node in saved["outline"]),
            sentences=tuple(sentence_from_dict(row) for row in saved["sentences"]),
            evidence=tuple(Evidence(**row) for row in saved["evidence"]), references=tuple(
                Reference(**{**row, "authors": tuple(row["authors"]), "guessed": tuple(row["guessed"])})
                for row in saved["references"]),
            timeline=tuple(Moment(**{**row, "cites": tuple(row["cites"])}) for row in saved["timeline"]), table=Table(
                tuple(saved["table"]["columns"]),
                tuple(
                    TableRow(row["document"], row["key"], tuple(
                        Cell(**cell) if cell else None
                        for cell in row["cells"]))
                    for row in saved["table"]["rows"])), unused=tuple(unused_from_dict(row) for row in saved["unused"]),
            missing=saved["missing"], model=saved["model"], audit=saved["audit"], focus=dict(saved.get("focus", {})),
            matrix=tuple(Aspect.from_dict(row) for row in saved.get("matrix", ())),
            is_counted=saved.get("is_counted", False))
    except (KeyError, TypeError, AttributeError) as error:
        raise SurveyError("E_SURVEY", path="survey.json", detail=Words(f"not a survey ({error})",
                                                                       f"不是综述（{error}）")) from error


def request_from_dict(saved: Mapping[str, Any]) -> Request:
    return Request.from_dict(saved)


def unused_from_dict(saved: Mapping[str, Any]) -> Unused:
    return Unused(**{**saved, "words": tuple(saved.get("words", ()))})


def sentence_from_dict(saved: Mapping[str, Any]) -> Sentence:
    return Sentence(**{**saved, "evidence": tuple(saved["evidence"]), "facts": facts_from(saved)})


def facts_from(saved: Mapping[str, Any]) -> tuple[Fact, ...]:
    """The facts of a saved sentence or node; none in a file from before they were kept."""
    return tuple(Fact.from_dict(row) for row in saved.get("facts", ()))


def node_from_dict(saved: Mapping[str, Any]) -> Node:
    return Node(saved["id"], saved["kind"], saved["heading"], tuple(saved["documents"]),
                tuple(tuple(ids) for ids in saved["paragraphs"]),
                tuple(node_from_dict(child) for child in saved["children"]), facts_from(saved),
                saved.get("named", ""))
