"""The text of a document while a reader writes it: Markdown, with where its headings, pages and blocks come to stand.

Used by the readers of office files, books, notebooks and mail.  Gives: Extract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kb.errors import FileProblem
from kb.readers import Limits
from kb.readers.extract import Extract, Heading, tidy_blocks, tile, too_long
from kb.readers.left_out import left_out
from kb.readers.markdown import structure
from kb.readers.marks import without_data
from kb.text import mend, one_line
from kb.types import Block, Language, Metadata, Note, Page

_LONGEST_CELL = 20_000
_LONGEST_HEADING = 1000
_FENCE = re.compile(r"`{3,}")


class Draft:
    """Collects what a reader finds, in reading order. Errors: FileProblem E_TOO_BIG as soon as it is too long."""

    def __init__(self, limits: Limits) -> None:
        self._limit = limits.max_characters
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._blocks: list[Block] = []
        self._pages: list[tuple[str, int]] = []
        self._n_data = 0

    def __len__(self) -> int:
        return self._length

    def page(self, label: str) -> None:
        """What follows stands on a new page."""
        self._separate("\n\n")
        self._pages.append((label, self._length))

    def heading(self, level: int, text: str) -> None:
        """A heading on a line of its own; nothing if it has no words."""
        words = one_line(text, _LONGEST_HEADING)
        if words:
            self._separate("\n\n")
            self._headings.append(Heading(self._length, level, words))
            self._put("#" * min(max(level, 1), 6) + " " + words)

    def paragraph(self, text: str, separator: str = "\n\n") -> None:
        """A paragraph; with `separator` "\\n" a line below another one."""
        words = self._mended(text).strip()
        if words:
            self._separate(separator)
            self._put(words)

    def item(self, level: int, text: str, is_first: bool) -> None:
        """A line of a list, `level` deep in others."""
        words = self._mended(text).strip()
        if words:
            self._separate("\n\n" if is_first else "\n")
            self._put("  " * level + "- " + words)

    def code(self, text: str, language: str = "") -> None:
        """A block of code, fenced by more back-quotes than it holds."""
        words = self._mended(text).rstrip()
        if words.strip():
            fence = "`" * max([3, *(len(found) + 1 for found in _FENCE.findall(words))])
            self._block("code", f"{fence}{re.sub(r'[^A-Za-z0-9+#-]', '', language)}\n{words}\n{fence}")

    def table(self, rows: Iterable[Sequence[str]]) -> None:
        """A table; its first row is the header. Rows without words are left away."""
        cells = [[one_line(cell, _LONGEST_CELL).replace("|", "\\|") for cell in row] for row in rows]
        cells = [row for row in cells if any(row)]
        if cells:
            width = max(len(row) for row in cells)
            lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in cells]
            self._block("table", "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]))

    def markdown(self, text: str) -> None:
        """Text that is Markdown already; a fence that it leaves open is closed."""
        words = self._mended(text).strip("\n").rstrip()
        if not words.strip():
            return
        fences = re.findall(r"^ {0,3}(`{3,}|~{3,})", words, re.MULTILINE)
        if len(fences) % 2:
            words += "\n" + fences[-1]
        self._separate("\n\n")
        sections, blocks = structure(words)
        self._headings += [Heading(self._length + section.start, section.level, section.heading)
                           for section in sections if section.heading]
        self._blocks += [Block(block.kind, self._length + block.start, self._length + block.end) for block in blocks]
        self._put(words)

    def extract(self, kind: str, metadata: Metadata, notes: Iterable[Note] = (), *, language: Language | None = None,
                is_partial: bool = False) -> Extract:
        """The Extract of all that was written."""
        text = "".join(self._parts).rstrip()
        sections = tile(len(text), [heading for heading in self._headings if heading.start < len(text)])
        starts = [min(start, len(text)) for _, start in self._pages]
        pages = [Page(i + 1, label, starts[i] if i else 0, [*starts, len(text)][i + 1])
                 for i, (label, _) in enumerate(self._pages)]
        blocks = tidy_blocks([block for block in self._blocks if block.end <= len(text)], sections)
        return Extract(kind, text, sections, tuple(pages), blocks, metadata, language,
                       status="partial" if is_partial and text else "ok",
                       notes=(*notes, *left_out({"data": self._n_data})))

    def _mended(self, text: str) -> str:
        """The text without encoded data, of which it is told how much that was."""
        words, n_data = without_data(mend(text))
        self._n_data += n_data
        return words

    def _block(self, kind: str, text: str) -> None:
        self._separate("\n\n")
        self._blocks.append(Block(kind, self._length, self._length + len(text)))
        self._put(text)

    def _separate(self, mark: str) -> None:
        if self._parts and not self._parts[-1].endswith("\n\n"):
            self._put(mark)

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        if self._length > self._limit:
            raise FileProblem("E_TOO_BIG", **too_long(self._length, self._limit))
