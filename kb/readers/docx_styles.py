"""What the styles and the numbering of a Word document say of its paragraphs and runs.

Reads: a document of python-docx.  Gives: `Styles`: levels of headings, looks of runs, labels of list items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kb.readers.docx_numbering import Numbering
from kb.readers.ooxml import W, value


class Styles:
    """The styles of one document, and the counters of its lists, which go on as its paragraphs are asked for."""

    def __init__(self, document: Any) -> None:
        self._names: dict[str, str] = {}
        self._elements: dict[str, Any] = {}
        self._default = ""
        for style in document.styles.element.iter(W + "style"):
            identifier = style.get(W + "styleId") or ""
            self._names[identifier] = (value(style, W + "name") or "").lower()
            self._elements[identifier] = style
            if style.get(W + "type") == "paragraph" and style.get(W + "default") in ("1", "true"):
                self._default = identifier
        self._numbering = Numbering(document)

    def _based(self, identifier: str | None) -> Iterator[Any]:
        """A style and those it is based on."""
        for _ in range(12):
            if identifier is None or identifier not in self._elements:
                return
            yield self._elements[identifier]
            identifier = value(self._elements[identifier], W + "basedOn")

    def _chain(self, paragraph: Any) -> Iterator[Any]:
        yield paragraph
        yield from self._based(value(paragraph, f"{W}pPr/{W}pStyle"))

    def name(self, paragraph: Any) -> str:
        """The name of its style, in lower case."""
        return self._names.get(value(paragraph, f"{W}pPr/{W}pStyle") or "", "")

    def heading_level(self, paragraph: Any) -> int:
        """1 to 9, or 0 for body text. "Title" counts as 1."""
        for element in self._chain(paragraph):
            if element.tag == W + "style":
                name = self._names.get(element.get(W + "styleId") or "", "")
                if found := re.fullmatch(r"(?:heading|标题)\s*([1-9])", name):
                    return int(found.group(1))
                if name in ("title", "标题"):
                    return 1
            level = value(element, f"{W}pPr/{W}outlineLvl")
            if level is not None:
                return int(level) + 1 if level in tuple("012345678") else 0
        return 0

    def is_code(self, paragraph: Any) -> bool:
        """Whether its style is one of program listings."""
        return bool(re.search(r"\bcode\b|source|html preformatted|verbatim|代码", self.name(paragraph)))

    def is_contents(self, paragraph: Any) -> bool:
        """Whether it is a line of a table of contents or of figures."""
        return bool(re.fullmatch(r"(?:toc|目录|contents) \d|table of figures|图表目录|toc heading",
                                 self.name(paragraph)))

    def looks(self, run: Any, paragraph: Any) -> Iterator[Any]:
        """The run's properties, those of its character style and of its paragraph's style: the first that says
        something counts."""
        own = run.find(W + "rPr")
        if own is not None:
            yield own
            yield from self._run_properties(value(own, W + "rStyle"))
        if paragraph is not None:
            yield from self._run_properties(value(paragraph, f"{W}pPr/{W}pStyle") or self._default)

    def _run_properties(self, identifier: str | None) -> Iterator[Any]:
        for style in self._based(identifier):
            properties = style.find(W + "rPr")
            if properties is not None:
                yield properties

    def label(self, paragraph: Any) -> tuple[int, str] | None:
        """(depth, what Word shows before the item, "-" for a bullet, "" for nothing); None if it is no list item.

        Each paragraph is to be asked once, in order: its list counts on.
        """
        depth: str | None = None
        for element in self._chain(paragraph):
            properties = element.find(f"{W}pPr/{W}numPr")
            if properties is None:
                continue
            depth = depth or value(properties, W + "ilvl")
            number = value(properties, W + "numId")
            if number == "0":
                return None
            if number is not None:
                if depth is None and element.tag == W + "style":
                    depth = self._numbering.depth_of_style(number, element.get(W + "styleId") or "")
                level = min(8, int(depth)) if depth and depth.isdigit() else 0
                return level, self._numbering.next_label(number, level)
        return None
