"""Text that grows: paragraphs, headings, blocks and notes of a LaTeX source, with their places.

Gives: `Page`, from which latex_writer.py makes its writer, and `State`, what the writers of one source share.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from kb.readers.extract import Heading
from kb.readers.latex_macros import Theorem
from kb.readers.latex_numbers import Numbers
from kb.readers.latex_source import Kept
from kb.readers.latex_special import Entry
from kb.text import CJK
from kb.types import Block

_WIDE = f"{CJK}\u3000-\u303f\uff00-\uffef"
_BREAK_IN_CHINESE = re.compile(f"(?<=[{_WIDE}])[ \t]*\n[ \t]*(?=[{_WIDE}])")


@dataclass
class State:
    """What the writers of one source share."""

    kept: list[Kept] = field(default_factory=list)
    theorems: dict[str, Theorem] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    numbers: Numbers = field(default_factory=Numbers)
    left_out: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    n_written: int = 0  # of the notes


class Page:
    """What is written, and where headings and blocks stand in it."""

    def __init__(self, state: State | None = None, depth: int = 0) -> None:
        self.headings: list[Heading] = []
        self.blocks: list[Block] = []
        self.state = state if state is not None else State()
        self._parts: list[str] = []
        self._length = 0
        self._depth = depth

    def text(self) -> str:
        """What was written."""
        return "".join(self._parts)

    def _before(self) -> str:
        return "".join(self._parts[-3:])[-40:]

    def _put(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self._length += len(text)

    def _prose(self, text: str) -> None:
        """Source lines become one line per paragraph: a line break in LaTeX is a space, between Chinese characters
        (ctex, xeCJK) nothing."""
        text = re.sub(r"\s+", " ", _BREAK_IN_CHINESE.sub("", text))
        at_space = not self._parts or self._parts[-1][-1] in " \n"
        self._put(text.lstrip() if at_space else text)

    def _trim(self) -> None:
        """Take back the spaces at the end of the line."""
        while self._parts and self._parts[-1].endswith(" "):
            last = self._parts.pop()
            self._length -= len(last)
            self._put(last.rstrip(" "))

    def _line(self) -> None:
        self._trim()
        if self._parts and not self._parts[-1].endswith("\n"):
            self._put("\n")

    def _break(self) -> None:
        """Begin a new paragraph."""
        self._trim()
        if self._parts and not "".join(self._parts[-2:]).endswith("\n\n"):
            self._put("\n" if self._parts[-1].endswith("\n") else "\n\n")

    def _paragraph(self, text: str) -> None:
        self._break()
        self._put(text)
        self._break()

    def _heading(self, title: str, level: int) -> None:
        if not title:
            return
        if self._depth == 0:
            self._write_notes()
        self._break()
        if self._depth == 0:
            self.headings.append(Heading(self._length, level, re.sub(r"\[\^\d+\]", "", title).strip()))
        self._put("#" * level + " " + title)
        self._break()

    def _write_notes(self) -> None:
        """The notes of a section, at its end."""
        for n in range(self.state.n_written, len(self.state.notes)):
            self._paragraph(f"[^{n + 1}]: {self.state.notes[n]}")
        self.state.n_written = len(self.state.notes)

    def _block(self, kind: str, text: str) -> None:
        if self._depth == 0:
            self.blocks.append(Block(kind, self._length, self._length + len(text)))
        self._put(text)
