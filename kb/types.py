"""The records that travel through the house.

All are frozen; `to_dict` gives plain JSON values under the names that the command line prints.
Offsets are counted in characters (Unicode code points) of `Document.text`, `end` exclusive.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    NamedTuple,
    Protocol,
    Self,
    TypeAlias,
    get_args,
    get_origin,
    get_type_hints,
    runtime_checkable,
)

from kb.messages import Language as Language
from kb.messages import Value, describe, values_from, word
from kb.messages import Words as Words

if TYPE_CHECKING:  # a process that only reads text needs no numpy, which takes half of its start
    import numpy as np
    from numpy.typing import NDArray

    from kb.sentence_vectors import SentenceVectors, Span

Role = Literal["passage", "question"]
Vectors: TypeAlias = "NDArray[np.float32]"
Ids: TypeAlias = "NDArray[np.int64]"
Support = Literal["found", "weak", "not_found"]
FileState = Literal["there", "changed", "gone", "unmounted"]
DOUBTFUL = 0.8  # a recognised line under this has an error in one of 19 characters, others in one of 300 (bench ocr)


class Record:
    """Gives every record the same `to_dict`, where nested records and tuples become dicts and lists, and the way
    back."""

    def to_dict(self) -> dict[str, Any]:
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The record that `to_dict` gave these values for. Errors: TypeError for a name that is missing or unknown."""
        types = get_type_hints(cls)
        return cls(**{name: _typed(types.get(name), value) for name, value in values.items()})


def _typed(kind: Any, value: Any) -> Any:
    if isinstance(value, list) and get_origin(kind) is not tuple:  # one that may be None as well
        kind = next((option for option in get_args(kind) if get_origin(option) is tuple), kind)
    if isinstance(value, list) and get_origin(kind) is tuple:
        inner = get_args(kind)
        return tuple(_typed(inner[0] if inner[-1] is Ellipsis else inner[i], item) for i, item in enumerate(value))
    if isinstance(value, dict):
        if kind == dict[str, Value]:
            return values_from(value)
        for option in (kind, *get_args(kind)):
            if isinstance(option, type) and issubclass(option, Record):
                return option.from_dict(value)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, (Record, Words)):
        return value.to_dict()
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


class _Coded(Protocol):
    @property
    def code(self) -> str: ...

    @property
    def values(self) -> Mapping[str, Value]: ...

    @property
    def message(self) -> str: ...

    @property
    def hint(self) -> str: ...


class Described(Record):
    """A record that says in words what its code and its values mean; `message` and `hint` are the English ones."""

    def describe(self: _Coded, language: Language) -> tuple[str, str]:
        """(message, hint) in the reader's language; as they were recorded where another version made the record."""
        try:
            return describe(self.code, self.values, language)
        except KeyError:
            return self.message, self.hint


@dataclass(frozen=True, slots=True)
class Note(Record):
    """A remark on a document, in English; code and values say it in another language. One kept by an earlier version
    has no code."""

    code: str
    message: str
    values: dict[str, Value] = field(default_factory=dict)

    def in_(self, language: Language) -> str:
        """The remark in the reader's language, where it has a code that is known."""
        try:
            return describe(self.code, self.values, language)[0]
        except KeyError:
            return self.message


class Noted(Record):
    """A record with notes: what is missing of a document."""

    notes: tuple[Note, ...]

    @property
    def note(self) -> str:
        """The notes in English, "" without any."""
        return self.note_in("en")

    def note_in(self, language: Language) -> str:
        """The notes in the reader's language."""
        return ("；" if language == "zh" else "; ").join(note.in_(language) for note in self.notes)


@dataclass(frozen=True, slots=True)
class Section(Record):
    """A heading and everything under it up to the next heading: text[start:end] begins with the heading's own line.

    Sections of a document do not overlap and cover its text; text before the first heading is a section with heading ""
    and level 0.
    """

    heading: str
    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Page(Record):
    """One page of a paged document: `number` counts from 1 in the file, `label` is what is printed on it (may be
    "iv"). recognised: how sure the recogniser is of its text, in [0, 1]; None where that is the file's own."""

    number: int
    label: str
    start: int
    end: int
    recognised: float | None = None


@dataclass(frozen=True, slots=True)
class Block(Record):
    """A span that is never cut and holds no sentences to quote.

    kind: "code", "formula" or "table"; of a PDF also "caption", "figure" (the words inside one), "contents" (lists of
    what is in the document), "keywords", "reference" (an entry of a list of sources) and "notice" (rights and dates).
    """

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RecognisedLine(Record):
    """A line that was recognised in the picture of its page: document.text[start:end]. confidence: the recogniser's, in
    [0, 1]; box: left, top, right, bottom in shares of the page as it is shown."""

    start: int
    end: int
    confidence: float
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class LeftOut(Record):
    """What stands on pages of a PDF and is not in the text. kind: "stamp", "watermark", "notice", "running head",
    "page number", "line number" or "symbol"; pages: numbers in the file."""

    kind: str
    text: str
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cell(Record):
    """A cell of a table: document.text[start:end] is what stands in it, text the same as words."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Table(Record):
    """A table of a document: document.text[start:end]. caption: "" where none is known; every row has as many cells as
    the header."""

    caption: str
    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    start: int
    end: int
    page: int | None = None

    def cell(self, row: int, column: int | str) -> Cell:
        """The cell of this row, counted from 0 below the header; column: its number, or what its header says.
        Errors: IndexError, KeyError."""
        if isinstance(column, int):
            return self.rows[row][column]
        names = [cell.text for cell in self.header]
        if column not in names:
            raise KeyError(column)
        return self.rows[row][names.index(column)]


@dataclass(frozen=True, slots=True)
class Edited(Record):
    """A field of a document that a reader set. field: its name in Metadata, or "language"; when: ISO time, UTC."""

    field: str
    when: str


@dataclass(frozen=True, slots=True)
class Metadata(Record):
    """What is known about a source. Missing is None or empty; the names in `guessed` were inferred, not declared.

    beside: names of what a metadata file beside it says, "language" among them; edited: what a reader set, which is in
    neither.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str | None = None
    doi: str | None = None
    arxiv: str | None = None
    url: str | None = None
    guessed: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    edited: tuple[Edited, ...] = ()


@dataclass(frozen=True, slots=True)
class Document(Noted):
    """One source, read.

    id: the first 12 hex digits of the file's sha-256.  status: "ok", "partial" (some pages could not be read),
    "no_text" (nothing searchable) or "unmapped" (its fonts do not say what their letters are); `notes` say what is
    missing, `note` the same in words.  left_out: what of a PDF's pages is not in the text.  recognised: the lines of
    pages that were read by optical character recognition.
    """

    id: str
    sha256: str
    path: str
    kind: str
    metadata: Metadata
    language: Language
    text: str
    sections: tuple[Section, ...] = ()
    pages: tuple[Page, ...] = ()
    blocks: tuple[Block, ...] = ()
    status: str = "ok"
    notes: tuple[Note, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    recognised: tuple[RecognisedLine, ...] = ()

    def confidence(self, start: int, end: int) -> float | None:
        """The lowest confidence of the recognised lines in text[start:end]; None where none of it was recognised."""
        return lowest_confidence(self.recognised, start, end)

    def tables(self) -> tuple[Table, ...]:
        """The tables, in order: those whose block is written in rows of "| a | b |"."""
        found: list[Table] = []
        taken: set[Block] = set()
        for i, block in enumerate(self.blocks):
            if block.kind == "table" and (rows := _table_rows(self.text, block)):
                beside = [*self.blocks[max(0, i - 1):i], *self.blocks[i + 1:i + 2]]
                captions = [b for b in beside if b.kind == "caption" and b not in taken
                            and not (self.text[b.end:block.start] + self.text[block.end:b.start]).strip()]
                taken.update(captions[:1])
                caption = self.text[captions[0].start:captions[0].end] if captions else ""
                found.append(Table(caption, rows[0], tuple(rows[1:]), block.start, block.end,
                                   self.page_at(block.start)))
        return tuple(found)

    def page_at(self, offset: int) -> int | None:
        """Number of the page that holds the character at `offset`; None for documents without pages."""
        found = None
        for page in self.pages:
            if page.start > offset:
                break
            found = page.number
        return found


def lowest_confidence(lines: Sequence[RecognisedLine], start: int, end: int) -> float | None:
    """The lowest confidence of the lines that reach into [start, end); None without any."""
    return min((line.confidence for line in lines if line.start < end and start < line.end), default=None)


_CELL = re.compile(r"\|[ \t]*((?:\\.|[^|\\\n])*?)[ \t]*(?=\|)")
_RULE = re.compile(r"\|?[ \t]*:?-{3,}:?[ \t]*(?:\|[ \t]*:?-{3,}:?[ \t]*)*\|?[ \t]*")


def _table_rows(text: str, block: Block) -> list[tuple[Cell, ...]]:
    """Its rows, the header first; [] for a table in another notation."""
    rows, at = [], block.start
    for line in text[block.start:block.end].split("\n"):
        if not _RULE.fullmatch(line):
            rows.append(tuple(Cell(found[1].replace("\\|", "|"), found.start(1), found.end(1))
                              for found in _CELL.finditer(text, at, at + len(line))))
        at += len(line) + 1
    return rows if len({len(row) for row in rows}) == 1 and rows[0] else []


@dataclass(frozen=True, slots=True)
class Passage(Record):
    """A verbatim slice document.text[start:end]: the unit that is searched and cited.

    section: headings from the outermost to the innermost.  page: page of its first character, None without pages.
    """

    start: int
    end: int
    text: str
    section: tuple[str, ...] = ()
    page: int | None = None
    language: Language = "en"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file as it was seen. path: for display; raw: as the system knows it. sidecar: hash of the metadata file beside
    it, "" without one. size in bytes, mtime in nanoseconds, mount: where its disk was mounted; None where they are not
    known."""

    path: str
    raw: bytes
    sha256: str
    sidecar: str = ""
    size: int | None = None
    mtime: int | None = None
    mount: bytes | None = None


@dataclass(frozen=True, slots=True)
class FilePath(Record):
    """A path that a document was read from. state: "there", "changed" (size or time are not those that were seen),
    "gone", or "unmounted" (gone, and its disk is not mounted). seen, modified: ISO times, UTC; None where an earlier
    version did not note them."""

    path: str
    state: FileState
    seen: str
    size: int | None = None
    modified: str | None = None

    @property
    def is_gone(self) -> bool:
        """Whether there is no such file now."""
        return self.state in ("gone", "unmounted")


@dataclass(frozen=True, slots=True)
class DocumentInfo(Noted):
    """A row of `kb list`: a document without its text. path: where it was read; paths: all that have these bytes.
    is_gone: none of them is there any more."""

    id: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    venue: str | None
    doi: str | None
    arxiv: str | None
    url: str | None
    guessed: tuple[str, ...]
    path: str
    kind: str
    language: Language
    status: str
    notes: tuple[Note, ...]
    n_characters: int
    n_pages: int
    n_passages: int
    added: str
    paths: tuple[FilePath, ...] = ()
    is_gone: bool = False
    edited: tuple[Edited, ...] = ()


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
class Citation(Record):
    """The exact place of a quote: the document's text[start:end] == quote.

    before, after: the neighbouring sentences, verbatim, "" at a section's border.  terms: the question's words found in
    the quote.  answer: where in the document the answer itself stands inside the quote, if a model marked it.
    is_gone: the document's file was not there any more when it was quoted.  recognised: if the quote was recognised in
    a picture of the page, the confidence of its worst line; None for the file's own text.
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

    @property
    def marked(self) -> tuple[str, str, str]:
        """The quote in three parts: before the answer, the answer, after it; all of it before where none is marked."""
        if self.answer is None or not self.start <= self.answer[0] < self.answer[1] <= self.end:
            return self.quote, "", ""
        start, end = self.answer[0] - self.start, self.answer[1] - self.start
        return self.quote[:start], self.quote[start:end], self.quote[end:]


@dataclass(frozen=True, slots=True)
class Claim(Record):
    """One sentence of an answer and the places that support it, best first. subject: what it is about in a comparison,
    else ""."""

    text: str
    citations: tuple[Citation, ...]
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Searched(Record):
    """What was looked at: size of the library, the question's terms, those that occur nowhere in it, whether vectors
    were used, and other names of what is asked about that were searched as well."""

    documents: int
    passages: int
    terms: tuple[str, ...] = ()
    missing_terms: tuple[str, ...] = ()
    dense: bool = True
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice(Described):
    """Something that did not go as asked, beside a result that stands all the same. values: what the message names, for
    another language."""

    code: str
    message: str
    hint: str
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WrittenSentence(Record):
    """One sentence of a language model. state "verified" has citations; "unsupported" cites what does not support it;
    "dropped" has no support at all.

    reasons: what spoke against it ("number", "name", "words", "meaning", "negation", "order").  missing: numbers and
    names no quote holds.
    attributed: "model" if it named the evidence itself, "check" if the evidence was found for it.  breaks: a new line
    begins with it.
    """

    text: str
    state: Literal["verified", "unsupported", "dropped"]
    citations: tuple[Citation, ...] = ()
    reasons: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    attributed: Literal["model", "check"] = "model"
    breaks: bool = False


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

    evidence: the passages it was given, [1] first.  draft: the sentence that is still coming.  abstained: it found no
    answer in the evidence, was not asked for want of evidence, or no sentence of it held.  is_complete: False if it was
    stopped, cut or failed; `problem` says why.
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


@dataclass(frozen=True, slots=True)
class Answer(Record):
    """A question's answer. status "not_found" has no claims; `nearest` then shows the closest sections.

    support: the estimated probability that the library holds an answer, in [0, 1]; the three words are cut from it.
    n_dropped: claims that were written and then thrown away because their quote or support did not hold.
    written: what a language model made of it, beside the claims; None if none was asked.  asked: the reader's own words
    where `question` is a rewriting of them, else "".
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

    @property
    def text(self) -> str:
        """The claims as one text, each with the numbers of its places in brackets; "" where there are none."""
        numbers = self._numbers()
        return "\n".join(f"{claim.text} {''.join(f'[{numbers[c.document, c.start]}]' for c in claim.citations)}"
                         for claim in self.claims)

    def _numbers(self) -> dict[tuple[str, int], int]:
        places = dict.fromkeys((c.document, c.start) for claim in self.claims for c in claim.citations)
        return {place: n for n, place in enumerate(places, 1)}

    def _repr_markdown_(self) -> str:
        """How a notebook shows it: the claims, then the places; text of documents stays text."""
        numbers, rows = self._numbers(), {}
        for c in (c for claim in self.claims for c in claim.citations):
            page = f", p. {c.page}" if c.page is not None else ""
            rows[numbers[c.document, c.start]] = f"{_escaped(c.title)}{page} `{c.document}:{c.start}-{c.end}`"
        status = "" if self.status == "found" else f"*{_STATUS[self.status].in_(self.language)}*\n\n"
        places = "\n".join(f"{n}. {row}" for n, row in sorted(rows.items()))
        return status + "\n\n".join(_escaped(line) for line in self.text.split("\n") if line) + f"\n\n{places}"


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
    """A row of `kb log`: begun and last: ISO times, UTC.  question: the first one."""

    id: str
    begun: str
    last: str
    n_turns: int
    question: str


@dataclass(frozen=True, slots=True)
class Added(Noted):
    """A document that was stored. replaced: id of the earlier version of the same file, or None. moved_from: the path
    of the same bytes before, if that is gone. status, notes: see Document. edited: fields that stay as a reader set
    them, for it or for the earlier version."""

    document: str
    path: str
    title: str
    n_passages: int
    status: str = "ok"
    notes: tuple[Note, ...] = ()
    replaced: str | None = None
    moved_from: str | None = None
    edited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchanged(Record):
    """A file whose bytes are in the library already, under `document`. moved_from: its path before, if it was renamed.
    replaced: id of what was in this file before, if that went with it."""

    document: str
    path: str
    moved_from: str | None = None
    replaced: str | None = None


@dataclass(frozen=True, slots=True)
class Problem(Described):
    """A file that was skipped or failed: what happened, and what to do next. values: what the message names, to say it
    in another language."""

    path: str
    code: str
    message: str
    hint: str
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report(Record):
    """What became of every file seen: files = added + unchanged + skipped + failed."""

    added: tuple[Added, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    skipped: tuple[Problem, ...] = ()
    failed: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RecognisedDocument(Record):
    """A document some of whose pages had no text. n_recognised: pages that were recognised now; n_before: those that
    earlier runs have; n_blank: of both, those with nothing to read; n_left: pages still to come, for want of time or
    because they failed. confidence: the mean over the characters recognised; None without any. n_doubtful: lines under
    `doubtful`."""

    document: str
    title: str
    path: str
    n_pages: int
    n_recognised: int
    n_before: int
    n_blank: int
    n_left: int
    confidence: float | None
    n_doubtful: int


@dataclass(frozen=True, slots=True)
class RecognitionReport(Record):
    """What `kb ocr` did. failed: pages and files that could not be read, each with its reason. seconds: of the pages
    recognised now. doubtful: the confidence under which a line is counted as doubtful."""

    documents: tuple[RecognisedDocument, ...] = ()
    failed: tuple[Problem, ...] = ()
    seconds: float = 0.0
    doubtful: float = DOUBTFUL


ChangeKind = Literal["add", "update", "move", "copy", "remove"]


@dataclass(frozen=True, slots=True)
class Change(Record):
    """What a file needs so that the library matches its folder. kind: "add"; "update": its bytes, or the metadata
    beside it, are others; "move": renamed; "copy": the bytes of another file, kept once; "remove": it is gone.

    was: the path before a move. document, title: what the library has from it, "" for what is new. stays: of "update"
    and "remove": the document stays, because another file has its bytes.
    """

    kind: ChangeKind
    path: str
    was: str = ""
    document: str = ""
    title: str = ""
    stays: bool = False


@dataclass(frozen=True, slots=True)
class SyncPlan(Record):
    """What `kb sync` would do, and what it would leave: files = counts of all kinds but "remove" + n_unchanged +
    skipped + failed."""

    folder: str
    counts: dict[str, int]
    n_unchanged: int
    changes: tuple[Change, ...] = ()
    skipped: tuple[Problem, ...] = ()
    failed: tuple[Problem, ...] = ()

    def of(self, kind: ChangeKind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)


@dataclass(frozen=True, slots=True)
class SyncReport(Record):
    """What was planned, and what became of every file. is_done: False where it was only said, or not confirmed; the
    rest is empty then. removed: paths that were taken out, with their documents where no other file has them."""

    plan: SyncPlan
    is_done: bool = False
    added: tuple[Added, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    skipped: tuple[Problem, ...] = ()
    failed: tuple[Problem, ...] = ()
    removed: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be committed: vectors float32 [n, d], one row per passage, in the encoder named by
    `fingerprint`.

    A row of nan is a vector that is still to come: its passage is found by its words until then. sentences: for each
    passage the vectors of its sentences, or None where there are none; empty where there are none at all.
    path_bytes, sidecar_sha256, size, mtime, mount: of its file, see Sighting.
    """

    document: Document
    passages: tuple[Passage, ...]
    vectors: Vectors
    fingerprint: str
    path_bytes: bytes = b""
    sidecar_sha256: str = ""
    size: int = 0
    sentences: tuple[SentenceVectors | None, ...] = ()
    mtime: int | None = None
    mount: bytes | None = None

    @property
    def seen(self) -> Sighting:
        """The file that was read."""
        return Sighting(self.document.path, self.path_bytes, self.document.sha256, self.sidecar_sha256,
                        self.size or None, self.mtime, self.mount)


@dataclass(frozen=True, slots=True)
class Progress(Record):
    """A step of a long task: `phase` is "scan", "read", "encode", "commit", "index"; done and total count files or
    passages."""

    phase: str
    done: int
    total: int
    item: str = ""


@dataclass(frozen=True, slots=True)
class Finding(Described):
    """Something `verify` or `doctor` saw. level "ok", "repaired", "warning" or "error"; what: the part that was looked
    at. values: what the message names, to say it in another language."""

    level: str
    what: str
    code: str
    message: str
    hint: str = ""
    values: dict[str, Value] = field(default_factory=dict)

    def name(self, language: Language) -> str:
        """The part that was looked at, in the reader's language."""
        setting = self.what.removeprefix("setting ")
        return word(self.what, language) if setting == self.what else f"{word('setting', language)} {setting}"


@dataclass(frozen=True, slots=True)
class Status(Record):
    """What `kb status` prints. ready: passages whose vector is there; the others are found by their words only, until
    the next `kb add`.

    bytes: on disk, all files. languages: documents per language. fingerprint: of the vectors stored.
    """

    home: str
    documents: int
    passages: int
    ready: int
    generation: int
    bytes: int
    languages: dict[str, int]
    encoder: str
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Check(Record):
    """The result of `verify` and `doctor`."""

    findings: tuple[Finding, ...] = field(default=())

    @property
    def is_sound(self) -> bool:
        return all(finding.level != "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class EncoderRecord(Record):
    """The encoder a library was built with."""

    name: str
    fingerprint: str
    dim: int


class Encoder(Protocol):
    """Turns texts into vectors of length 1.

    reads: the languages its vocabulary covers; fusion gives no weight to vectors of a language it cannot read.
    max_tokens: its window, special tokens included.
    """

    @property
    def name(self) -> str: ...

    @property
    def dim(self) -> int: ...

    @property
    def max_tokens(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def reads(self) -> frozenset[Language]: ...

    def encode(self, texts: Sequence[str], role: Role = "passage") -> Vectors:
        """float32 [n, d], rows of length 1, in the order of `texts`; an empty list gives [0, d]."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, before any truncation."""
        ...


class Candidate(NamedTuple):
    """A passage to be read for a question. sentences: (start, end) in characters of `text`, in order."""

    title: str
    section: tuple[str, ...]
    text: str
    sentences: Sequence[Span]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a passage says to a question; logits, larger is better.

    sentences: float32 [n], one for each sentence, cross_encoder.NOT_READ where it was not seen; answerable: whether the
    passage holds an answer at all; spans: (start, end) in characters of the passage of the likeliest answer inside each
    sentence, None where it was not seen.
    """

    sentences: Vectors
    answerable: float
    spans: tuple[Span | None, ...]


class CrossEncoder(Protocol):
    """Reads a question together with each passage. A passage is read by itself: the others change nothing."""

    def score(self, question: str, passages: Sequence[Candidate]) -> list[Reading]:
        """One Reading for each passage, in their order."""
        ...


@runtime_checkable
class SentenceEncoder(Encoder, Protocol):
    """An encoder that gives the vectors of a passage's sentences along with its own, at no further cost."""

    def encode_with_sentences(self, texts: Sequence[str],
                              spans: Sequence[Sequence[Span]]) -> tuple[Vectors, list[SentenceVectors]]:
        """(float32 [n, d] as `encode`, for each text the vectors of those of its spans that stand within the
        window)."""
        ...


class VectorIndex(Protocol):
    """Nearest neighbours by inner product. remove: ids that are not there are ignored."""

    def add(self, ids: Ids, vectors: Vectors) -> None: ...

    def remove(self, ids: Ids) -> None: ...

    def search(self, vectors: Vectors, k: int) -> tuple[Vectors, Ids]:
        """(scores [q, k], ids [q, k]), best first; short results are padded with score -inf and id -1."""
        ...
