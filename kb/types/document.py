"""A source that was read: its text, the parts of it, and the passages it is cut into."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kb.messages import Language
from kb.types.record import Note, Noted, Record

DOUBTFUL = 0.8  # in recognised lines under this 16 of 100 characters are wrong, in the others 1 (tests.bench ocr)


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
    """What stands on pages of a PDF and is not in the text. kind: "stamp", "watermark", "notice", "masthead",
    "running head", "page number", "line number", "symbol" or "outside" (of what is shown of the page); pages: numbers
    in the file."""

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
    """A field of a document that a reader set, or that was looked up. field: its name in Metadata, or "language";
    when: ISO time, UTC; source: where it was looked up ("Crossref", "OpenAlex", "arXiv", "library"), "" for a reader's
    own."""

    field: str
    when: str
    source: str = ""


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
