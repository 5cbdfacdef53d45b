"""What is found and answered: hits, citations, claims, what a model wrote, and the conversations kept of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kb.messages import Language, Words
from kb.types.notes import UserNote
from kb.types.record import Notice, Record
from kb.types.scope import Scope
from kb.types.study import RecordPlace, Route

Support = Literal["found", "weak", "not_found"]


@dataclass(frozen=True, slots=True)
class Hit(Record):
    """One passage found. score is the fused score in [0, 1]; lexical and dense are what each index gave (None: not
    found there). is_gone: the document's file is not there any more. recognised: see Document.confidence."""

    document: str
    title: str
    path: str
    page: int | None
    start: int
    end: int
    text: str
    score: float
    section: tuple[str, ...] = ()
    language: Language = "en"
    passage: int = 0
    lexical: float | None = None
    dense: float | None = None
    is_gone: bool = False
    recognised: float | None = None


@dataclass(frozen=True, slots=True)
class TextPlace(Record):
    """A place in another text of a work: its version on arXiv, a note on it."""

    document: str
    path: str
    page: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation(Record):
    """The exact place of a quote: the document's text[start:end] == quote.

    before, after: the neighbouring sentences, verbatim, "" at a section's border.  terms: the question's words found in
    the quote.  answer: where in the document the answer itself stands inside the quote, if a model marked it.
    is_gone: the document's file was not there any more when it was quoted.  recognised: if the quote was recognised in
    a picture of the page, the confidence of its worst line; None for the file's own text.  also: where further texts of
    the same work say the same: they are no further source.
    """

    document: str
    title: str
    path: str
    page: int | None
    start: int
    end: int
    quote: str
    score: float
    section: tuple[str, ...] = ()
    language: Language = "en"
    before: str = ""
    after: str = ""
    terms: tuple[str, ...] = ()
    answer: tuple[int, int] | None = None
    is_gone: bool = False
    recognised: float | None = None
    also: tuple[TextPlace, ...] = ()

    @property
    def marked(self) -> tuple[str, str, str]:
        """The quote in three parts: before the answer, the answer, after it; all of it before where none is marked."""
        if self.answer is None or not self.start <= self.answer[0] < self.answer[1] <= self.end:
            return self.quote, "", ""
        start, end = self.answer[0] - self.start, self.answer[1] - self.start
        return self.quote[:start], self.quote[start:end], self.quote[end:]


@dataclass(frozen=True, slots=True)
class Claim(Record):
    """One sentence of an answer and the places that support it, best first. subject: what it is about where an answer
    has parts: a side of a comparison, a part of a summary, a document of a list; else "".  records: what the library
    records of documents, where that supports it; its words are then ours, made of their values alone."""

    text: str
    citations: tuple[Citation, ...]
    subject: str = ""
    records: tuple[RecordPlace, ...] = ()

    @property
    def keys(self) -> tuple[tuple[str, int], ...]:
        """What the claim is numbered by: its quotes, else the record of its document. What counts documents has no
        number of its own: each stands in a claim behind it."""
        if self.citations:
            return tuple((c.document, c.start) for c in self.citations)
        return tuple(dict.fromkeys(place.key for place in self.records)) if len({
            place.document for place in self.records}) == 1 else ()


@dataclass(frozen=True, slots=True)
class Searched(Record):
    """What was looked at: size of the library, the question's terms, those that occur nowhere in it, whether vectors
    were used, and other names of what is asked about that were searched as well. scope: the part of the library that
    was looked at, whose size is given then; None for all of it.  outside: where nothing was found in it, the documents
    of the rest that speak of what was asked.  without: other names that were not to be searched."""

    documents: int
    passages: int
    terms: tuple[str, ...] = ()
    missing_terms: tuple[str, ...] = ()
    dense: bool = True
    also: tuple[str, ...] = ()
    scope: Scope | None = None
    outside: int = 0
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CellEvidence(Record):
    """A cell of a table as evidence for a model: what a work says for a column.

    column: by its name; value: as it stands in the document.  citation: its place, whose answer is the value and whose
    quote the sentence or the row of a table around it.  names: what the work is called, its title first.  measure,
    data_set: of a result, "" where that is not said.  row: the label of the table's row, "" in a sentence.
    """

    column: str
    value: str
    citation: Citation
    names: tuple[str, ...] = ()
    measure: str = ""
    data_set: str = ""
    row: str = ""

    @property
    def words(self) -> str:
        """The cell in words that are made of its values alone."""
        beside = ", ".join(dict.fromkeys(part for part in (self.measure, self.data_set, self.row) if part))
        return f"{self.citation.title} | {self.column}: {self.value}" + (f" ({beside})" if beside else "")

    @property
    def held(self) -> str:
        """What a sentence about it is checked with: the words, and the sentence it stands in. Of a row of a table only
        its label: the other numbers there are another column's."""
        return self.words if self.row else f"{self.words}\n{self.citation.quote}"


@dataclass(frozen=True, slots=True)
class WrittenSentence(Record):
    """One sentence of a language model. state "verified" has citations; "unsupported" cites what does not support it;
    "dropped" has no support at all.

    reasons: what spoke against it ("number", "name", "words", "meaning", "negation", "order", "another's": a work
    is given a value of another one).  missing: numbers and names no quote holds.
    attributed: "model" if it named the evidence itself, "check" if the evidence was found for it.  breaks: a new line
    begins with it.  records: what the library records of documents, where that supports it.
    """

    text: str
    state: Literal["verified", "unsupported", "dropped"]
    citations: tuple[Citation, ...] = ()
    reasons: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    attributed: Literal["model", "check"] = "model"
    breaks: bool = False
    records: tuple[RecordPlace, ...] = ()


@dataclass(frozen=True, slots=True)
class Step(Record):
    """One step on the way to a deep answer. kind: "plan", "search", "score", "decide", "write" or "stop"; n_calls: of
    the model, so far."""

    kind: str
    text: str
    items: tuple[str, ...] = ()
    n_calls: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Written(Record):
    """What a language model wrote from the evidence, checked sentence by sentence.

    evidence: the passages it was given, [1] first; records: claims made of records that it was given behind them;
    cells: of a table, behind these.
    draft: the sentence that is still coming.  abstained: it found no answer in the evidence, was not asked for want of
    evidence, or no sentence of it held.  is_complete: False if it was stopped, cut or failed; `problem` says why.
    n_ghosts: citations of evidence that does not exist, removed.  cost: in the currency of the price that is set, None
    if unknown.
    """

    sentences: tuple[WrittenSentence, ...] = ()
    draft: str = ""
    is_complete: bool = False
    abstained: bool = False
    model: str = ""
    prompt_version: str = ""
    evidence: tuple[Citation, ...] = ()
    n_ghosts: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float = 0.0
    cost: float | None = None
    problem: Notice | None = None
    steps: tuple[Step, ...] = ()
    records: tuple[Claim, ...] = ()
    cells: tuple[CellEvidence, ...] = ()

    @property
    def was_asked(self) -> bool:
        """Whether there was anything to write from."""
        return bool(self.evidence or self.records or self.cells)


@dataclass(frozen=True, slots=True)
class Answer(Record):
    """A question's answer. status "not_found" has no claims but those that say what no record has; `nearest` then shows
    the closest sections.

    support: the estimated probability that the library holds an answer, in [0, 1]; the three words are cut from it. By
    any route but "sentences" nothing is estimated: it is 1, 0.5 or 0 by the status.
    n_dropped: claims that were written and then thrown away because their quote or support did not hold.
    written: what a language model made of it, beside the claims; None if none was asked.  asked: the reader's own words
    where `question` is a rewriting of them, else "".  route: how it was found.
    empty: for what nothing was found that was looked for: parts of a summary, a side of a comparison, titles of the
    documents of a list; n_unasked: documents of a list that were not looked at.
    notes: what the reader has noted on what was asked: their words, which support no claim and no model is given.
    otherwise: sentences of other documents that by their own words speak against what others say of it; no part of the
    answer, and mostly none.
    """

    question: str
    language: Language
    status: Support
    claims: tuple[Claim, ...]
    searched: Searched
    nearest: tuple[Hit, ...] = ()
    support: float = 0.0
    n_dropped: int = 0
    written: Written | None = None
    asked: str = ""
    route: Route = "sentences"
    empty: tuple[str, ...] = ()
    n_unasked: int = 0
    notes: tuple[UserNote, ...] = ()
    otherwise: tuple[Claim, ...] = ()

    @property
    def text(self) -> str:
        """The claims as one text, each with the numbers of its places in brackets; "" where there are none."""
        numbers = self.numbers
        return "\n".join(f"{claim.text} {''.join(f'[{numbers[key]}]' for key in claim.keys)}".rstrip()
                         for claim in self.claims)

    @property
    def numbers(self) -> dict[tuple[str, int], int]:
        """The number of each place that the claims rest on, then of those that say otherwise: (document, start) of a
        quote, `RecordPlace.key` of what is recorded of a document."""
        keys = dict.fromkeys(key for claim in (*self.claims, *self.otherwise) for key in claim.keys)
        return {key: n for n, key in enumerate(keys, 1)}

    @property
    def records(self) -> dict[tuple[str, int], tuple[RecordPlace, ...]]:
        """What is recorded of each document that has a number for it."""
        found: dict[tuple[str, int], dict[RecordPlace, None]] = {}
        for claim in self.claims:
            for place in claim.records:
                if place.key in claim.keys:
                    found.setdefault(place.key, {})[place] = None
        return {key: tuple(places) for key, places in found.items()}

    def _repr_markdown_(self) -> str:
        """How a notebook shows it: the claims, then the places; text of documents stays text."""
        numbers = self.numbers
        rows = {numbers[key]: f"{_escaped(places[0].title)} `{key[0]}` "
                              f"{_escaped('; '.join(place.described(self.language) for place in places))}"
                for key, places in self.records.items()}
        for c in (c for claim in (*self.claims, *self.otherwise) for c in claim.citations):
            page = f", p. {c.page}" if c.page is not None else ""
            page += _RECOGNISED.in_(self.language).format(f"{c.recognised:.2f}") if c.recognised is not None else ""
            rows[numbers[c.document, c.start]] = f"{_escaped(c.title)}{page} `{c.document}:{c.start}-{c.end}`"
        status = "" if self.status == "found" else f"*{_STATUS[self.status].in_(self.language)}*\n\n"
        places = "\n".join(f"{n}. {row}" for n, row in sorted(rows.items()))
        said = [_escaped(line) for line in self.text.split("\n") if line]
        if self.otherwise:
            said += [f"*{OTHERWISE.in_(self.language)}*", *(
                f"{_escaped(claim.text)} [{numbers[claim.keys[0]]}]" for claim in self.otherwise)]
        return status + "\n\n".join(said) + f"\n\n{places}"


OTHERWISE = Words("Others say otherwise:", "另有不同的说法：")
_RECOGNISED = Words(", recognised {}", "，识别文字 {}")
_STATUS = {
    "weak": Words("Only weak support for this:", "以下内容只有较弱的依据："),
    "not_found": Words("Not in your library.", "资料库中没有答案。"),
}


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{character}" if character in "\\`*_{}<>#|~$!" else character for character in text)


@dataclass(frozen=True, slots=True)
class Turn(Record):
    """A question and its answer as they were shown. answer: None since a document it quotes was removed."""

    id: int
    conversation: str
    time: str
    question: str
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Conversation(Record):
    """A row of `kb log`: begun and last: ISO times, UTC.  question: the first one.  title: what the reader calls it,
    "" where they gave it none.  owner: who asked, and alone sees it; "" for everybody's."""

    id: str
    begun: str
    last: str
    n_turns: int
    question: str
    title: str = ""
    owner: str = ""

    @property
    def name(self) -> str:
        """What it is called: by its reader, else by its first question."""
        return self.title or self.question
