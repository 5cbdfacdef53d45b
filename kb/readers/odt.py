"""OpenDocument texts and presentations (.odt, .odp): headings, lists, tables and notes as Markdown, from content.xml.

Reads: bytes.  Gives: Extract. Deletions under review, comments and hidden paragraphs are no words of the text.
"""

from __future__ import annotations

import re
from typing import Any

from kb.errors import FileProblem, note
from kb.readers import Limits
from kb.readers.archive import Package
from kb.readers.draft import Draft
from kb.readers.extract import Extract
from kb.readers.left_out import left_out
from kb.readers.scripts import scripted
from kb.readers.sheets import office_metadata
from kb.text import CJK
from kb.types import Metadata, Words

_NS = "{urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _OFFICE = _NS + "text:1.0}", _NS + "table:1.0}", _NS + "office:1.0}"
_STYLE, _DRAW, _FO = _NS + "style:1.0}", _NS + "drawing:1.0}", _NS + "xsl-fo-compatible:1.0}"
_PRESENTATION = _NS + "presentation:1.0}"
_SHAPES = [_DRAW + name for name in ("custom-shape", "rect", "ellipse", "line", "connector", "path", "polygon")]
_LEFT_OUT = {_TEXT + name for name in ("tracked-changes", "hidden-text", "hidden-paragraph", "sequence-decls",
                                       "variable-decls", "user-field-decls", "index-title-template", "ruby-text")}
_LEFT_OUT |= {_OFFICE + "annotation", _OFFICE + "forms", _OFFICE + "event-listeners", _NS + "svg-compatible:1.0}desc",
              _NS + "svg-compatible:1.0}title"}
_CONTAINERS = {_TEXT + name for name in ("section", "table-of-content", "index-body", "index-title", "bibliography",
                                         "alphabetical-index", "illustration-index", "table-index", "user-index")}
_DEEPEST = 60
_MOST_REPEATED = 50  # columns that a file says are the same; spreadsheets fill their width so


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a text or a presentation, whose pages are its slides.

    Errors: FileProblem E_BOMB, E_LOCKED, E_TYPE, E_PARSE, E_TOO_BIG.
    """
    package = Package(data)
    if "META-INF/manifest.xml" in package.names and b"encryption-data" in package.head("META-INF/manifest.xml"):
        raise FileProblem("E_LOCKED")
    root = package.tree("content.xml")
    body, slides = (root.find(f"{_OFFICE}body/{_OFFICE}{kind}") for kind in ("text", "presentation"))
    if body is None and slides is None:
        raise FileProblem("E_TYPE", suffix=".odt", found=Words("another OpenDocument file", "另一种 OpenDocument 文件"))
    writer = _Writer(Draft(limits), _positions(root), _hidden(root))
    if body is not None:
        writer.blocks(body, 0)
    else:
        pages = list(slides.iterchildren(_DRAW + "page"))
        if len(pages) > limits.max_pages:
            raise FileProblem("E_TOO_BIG", what=Words(f"{len(pages)} slides", f"{len(pages)} 张幻灯片"),
                              limit=str(limits.max_pages))
        for number, page in enumerate(pages, 1):
            writer.slide(number, page)
    writer.finish()
    notes = list(left_out({"comment": writer.n_comments, "hidden": writer.n_hidden}))
    if any(name.startswith("Basic/") for name in package.names):
        notes.append(note("N_MACROS"))
    metadata = office_metadata(package, "meta.xml") if "meta.xml" in package.names else Metadata()
    return writer.draft.extract("odt" if body is not None else "odp", metadata, notes)


def _positions(root: Any) -> dict[str, str]:
    """Style -> "^" or "_" where it raises or lowers its words."""
    marks = {}
    for style in root.iter(_STYLE + "style"):
        for properties in style.iterchildren(_STYLE + "text-properties"):
            place = properties.get(_STYLE + "text-position", "").split(" ")[0]
            if place.startswith(("super", "sub", "-")) or place.rstrip("%").replace(".", "").isdigit():
                mark = "_" if place.startswith(("sub", "-")) else "^"
                if place.strip("%0.") or place in ("super", "sub"):
                    marks[style.get(_STYLE + "name", "")] = mark
    return marks


def _hidden(root: Any) -> set[str]:
    """Styles whose words are not displayed, or struck out."""
    found = set()
    for style in root.iter(_STYLE + "style"):
        for properties in style.iterchildren(_STYLE + "text-properties"):
            is_struck = properties.get(_STYLE + "text-line-through-style", "none") != "none"
            if properties.get(_TEXT + "display") == "none" or is_struck:
                found.add(style.get(_STYLE + "name", ""))
    return found


class _Writer:
    """Walks the body; notes stand at the end, as [^1]: …"""

    def __init__(self, draft: Draft, positions: dict[str, str], hidden: set[str]) -> None:
        self.draft = draft
        self.n_comments = self.n_hidden = 0
        self._positions, self._hidden = positions, hidden
        self._notes: list[str] = []
        self._boxes: list[Any] = []

    def finish(self) -> None:
        for number, words in enumerate(self._notes, 1):
            self.draft.paragraph(f"[^{number}]: {words}")

    def blocks(self, parent: Any, depth: int) -> None:
        """The paragraphs, lists and tables in an element."""
        if depth > _DEEPEST:
            return
        for element in parent:
            tag = element.tag
            if tag == _TEXT + "h":
                level = element.get(_TEXT + "outline-level", "1")
                self.draft.heading(min(int(level), 9) if level.isdigit() else 1, self._words(element))
            elif tag == _TEXT + "p":
                self.draft.paragraph(self._words(element))
            elif tag == _TEXT + "list":
                self._list(element, 0, depth)
            elif tag == _TABLE + "table":
                self.draft.table(self._rows(element))
            elif tag in _CONTAINERS:
                if element.get(_TEXT + "display") == "none":
                    self.n_hidden += 1
                else:
                    self.blocks(element, depth + 1)
            elif isinstance(tag, str) and tag.startswith(_DRAW):
                self._box(element, depth)
            self._write_boxes(depth)

    def slide(self, number: int, page: Any) -> None:
        """A slide: its title as a heading, its boxes and tables, its speaker's notes."""
        self.draft.page(str(number))
        notes = [part for part in page if part.tag == _PRESENTATION + "notes"]
        titles = [part for part in page if part.get(_PRESENTATION + "class") == "title"]
        words = " ".join(self._words(line) for part in titles for line in part.iter(_TEXT + "p"))
        self.draft.heading(1, words)
        for part in page:
            if part not in notes and part not in titles and isinstance(part.tag, str) and part.tag.startswith(_DRAW):
                self._box(part, 0)
        spoken = [line for part in notes for line in map(self._words, part.iter(_TEXT + "p")) if line.strip()]
        if spoken:
            self.draft.heading(2, "备注" if re.search(f"[{CJK}]", spoken[0]) else "Notes")
        for line in spoken:
            self.draft.paragraph(line)

    def _write_boxes(self, depth: int) -> None:
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            self.blocks(box, depth + 1)

    def _box(self, element: Any, depth: int) -> None:
        if element.tag in _SHAPES:
            self.blocks(element, depth + 1)
        for box in element.iter(_DRAW + "text-box", *_SHAPES, _TABLE + "table"):
            if box.tag == _TABLE + "table":
                if box.getparent().tag == _DRAW + "frame":
                    self.draft.table(self._rows(box))
            elif box is not element:
                self.blocks(box, depth + 1)

    def _list(self, element: Any, level: int, depth: int) -> None:
        is_first = not level
        for item in element:
            if item.tag not in (_TEXT + "list-item", _TEXT + "list-header"):
                continue
            for child in item:
                if child.tag == _TEXT + "list" and level + depth < _DEEPEST:
                    self._list(child, level + 1, depth)
                elif child.tag == _TEXT + "h":
                    self.blocks(item, depth + 1)
                    break
                elif child.tag == _TEXT + "p" and (words := self._words(child)).strip():
                    self.draft.item(level, words, is_first)
                    is_first = False

    def _rows(self, table: Any) -> list[list[str]]:
        rows = []
        for row in table.iter(_TABLE + "table-row"):
            cells: list[str] = []
            for cell in row:
                if cell.tag not in (_TABLE + "table-cell", _TABLE + "covered-table-cell"):
                    continue
                words = " ".join(self._words(child) for child in cell.iter(_TEXT + "p", _TEXT + "h"))
                n = cell.get(_TABLE + "number-columns-repeated", "1")
                cells += [words] * min(int(n) if n.isdigit() else 1, _MOST_REPEATED)
            rows.append(cells)
        return rows

    def _words(self, element: Any) -> str:
        """The words of a paragraph; what stands in frames inside it follows it."""
        words = element.text or ""
        for child in element:
            words += self._inline(child, words) + (child.tail or "")
        return words

    def _inline(self, child: Any, before: str) -> str:
        tag = child.tag
        if tag in _LEFT_OUT:
            self.n_comments += tag == _OFFICE + "annotation"
            self.n_hidden += tag in (_TEXT + "hidden-text", _TEXT + "hidden-paragraph")
            return ""
        if tag == _TEXT + "s":
            n = child.get(_TEXT + "c", "1")
            return " " * min(int(n) if n.isdigit() else 1, 100)
        if tag == _TEXT + "tab":
            return "\t"
        if tag == _TEXT + "line-break":
            return "\n"
        if tag == _TEXT + "note":
            body = child.find(_TEXT + "note-body")
            words = " ".join(self._words(part) for part in body.iter(_TEXT + "p")) if body is not None else ""
            if not words.strip():
                return ""
            self._notes.append(words.strip())
            return f"[^{len(self._notes)}]"
        if isinstance(tag, str) and tag.startswith(_DRAW):
            self._boxes += child.iter(_DRAW + "text-box")
            return ""
        style = child.get(_TEXT + "style-name", "")
        if style in self._hidden:
            self.n_hidden += 1
            return ""
        words = self._words(child)
        return scripted(before, words, self._positions[style]) if style in self._positions else words
