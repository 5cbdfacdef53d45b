"""The numbers that LaTeX gives to sections and theorems, as far as the source tells them.

Reads: \\section and its like, \\setcounter, theorem environments, in the order of the text.  Gives: "2.1".
"""

from __future__ import annotations

import re

from kb.readers.latex_commands import THEOREMS
from kb.readers.latex_source import argument

_LEVELS = ("part", "chapter", "section", "subsection", "subsubsection")


class Numbers:
    """Counters by name."""

    def __init__(self) -> None:
        self._counters: dict[str, int] = {}
        self._parents: dict[str, str] = {}
        self._is_appendix = False
        self._has_chapters = False

    def step(self, name: str) -> None:
        """A section with a number begins."""
        if name not in _LEVELS:
            return
        self._has_chapters |= name == "chapter"
        self._counters[name] = self._counters.get(name, 0) + 1
        if name != "part":
            for deeper in _LEVELS[_LEVELS.index(name) + 1:]:
                self._counters[deeper] = 0
        for counter, parent in self._parents.items():
            if parent == name or parent in _LEVELS and _LEVELS.index(parent) > _LEVELS.index(name):
                self._counters[counter] = 0

    def begin_appendix(self) -> None:
        """Sections have letters from here."""
        self._is_appendix = True
        self._counters["chapter" if self._has_chapters else "section"] = 0

    def next(self, counter: str, within: str) -> str:
        """The number of the next theorem of a counter."""
        if within:
            self._parents[counter] = within
        self._counters[counter] = self._counters.get(counter, 0) + 1
        parent = self._parents.get(counter, "")
        before = self._of(parent) if parent else ""
        return f"{before}.{self._counters[counter]}" if before else str(self._counters[counter])

    def command(self, tex: str, name: str, position: int) -> int:
        """\\setcounter and its like; gives where to go on."""
        counter, position = argument(tex, position)
        if name in ("stepcounter", "refstepcounter"):
            self._counters[counter] = self._counters.get(counter, 0) + 1
            return position
        value, position = argument(tex, position)
        if re.fullmatch(r"\s*-?\d{1,6}\s*", value):
            self._counters[counter] = int(value) + (self._counters.get(counter, 0) if name == "addtocounter" else 0)
        return position

    @staticmethod
    def template(name: str) -> str | None:
        """The name of an environment that classes declare as a theorem; None for any other."""
        return THEOREMS.get(name.rstrip("*").lower())

    def _of(self, name: str) -> str:
        if name not in _LEVELS:
            return str(self._counters.get(name, 0))
        first = "chapter" if self._has_chapters else "section"
        numbers = [self._counters.get(level, 0) for level in _LEVELS[_LEVELS.index(first):_LEVELS.index(name) + 1]]
        if not numbers:
            return ""
        head = chr(ord("A") + max(0, min(numbers[0], 26) - 1)) if self._is_appendix else str(numbers[0])
        return ".".join([head, *map(str, numbers[1:])])
