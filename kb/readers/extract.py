"""What a reader gives: the text of one file with its structure, before it becomes a Document.

Used by every reader and by sandbox.py, which carries an Extract from the reading process to the caller as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kb.types import Block, Language, LeftOut, Metadata, Note, Noted, Page, RecognisedLine, Section, Words


@dataclass(frozen=True, slots=True)
class Extract(Noted):
    """The text of a file and where its sections, pages and blocks lie. language None: not declared, to be guessed."""

    kind: str
    text: str
    sections: tuple[Section, ...] = ()
    pages: tuple[Page, ...] = ()
    blocks: tuple[Block, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)
    language: Language | None = None
    status: str = "ok"
    notes: tuple[Note, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    recognised: tuple[RecognisedLine, ...] = ()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Extract:
        """The Extract that `to_dict` wrote. Errors: KeyError, TypeError, ValueError if it was not written by it."""
        return cls(
            kind=str(values["kind"]),
            text=str(values["text"]),
            sections=tuple(Section(**item) for item in values["sections"]),
            pages=tuple(Page(**item) for item in values["pages"]),
            blocks=tuple(Block(**item) for item in values["blocks"]),
            metadata=Metadata.from_dict(values["metadata"]),
            language=values["language"],
            status=str(values["status"]),
            notes=tuple(Note.from_dict(item) for item in values["notes"]),
            left_out=tuple(LeftOut.from_dict(item) for item in values.get("left_out", ())),
            recognised=tuple(RecognisedLine.from_dict(item) for item in values.get("recognised", ())),
        )


class Heading(NamedTuple):
    """A heading and the offset of its line in the text."""

    start: int
    level: int
    text: str


def tile(n_characters: int, headings: Iterable[Heading]) -> tuple[Section, ...]:
    """Sections without gaps over [0, n_characters): each from its heading's line to the next; what stands before the
    first has none.

    A heading without words (only a picture, or "##" alone) names nothing and begins no section.
    """
    if not n_characters:
        return ()
    starts = sorted({heading.start: heading for heading in headings if heading.text}.values())
    if not starts or starts[0].start > 0:
        starts.insert(0, Heading(0, 0, ""))
    ends = [heading.start for heading in starts[1:]] + [n_characters]
    return tuple(
        Section(heading.text, heading.level, heading.start, end) for heading, end in zip(starts, ends, strict=True))


def tidy_blocks(blocks: Iterable[Block], sections: Iterable[Section]) -> tuple[Block, ...]:
    """Blocks in order, without those that overlap an earlier one or cross the border of a section."""
    tidy: list[Block] = []
    borders = sorted(section.end for section in sections)
    i = 0
    for block in sorted(blocks, key=lambda item: (item.start, -item.end)):
        while i < len(borders) and borders[i] <= block.start:
            i += 1
        if block.start >= block.end or i == len(borders) or block.end > borders[i]:
            continue
        if not tidy or block.start >= tidy[-1].end:
            tidy.append(block)
    return tuple(tidy)


def too_long(n: int, limit: int) -> dict[str, Words]:
    """The values of E_TOO_BIG for a text."""
    return {
        "what": Words(f"{n:,} characters", f"{n:,} 个字符"),
        "limit": Words(f"{limit:,} characters", f"{limit:,} 个字符"),
    }


def is_out_of_memory(error: Exception) -> bool:
    """Whether libxml2 was refused memory: lxml raises a syntax error "unknown error" with this code for it."""
    return getattr(error, "code", None) == 2  # XML_ERR_NO_MEMORY
