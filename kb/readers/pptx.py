"""Presentations (.pptx, .pptm): a page for each slide, its title as heading, then its words as they are read: from the
top, left before right; tables, diagrams, and the speaker's notes.

Reads: bytes.  Gives: Extract. python-pptx (0.5 MB) pays its rent with parts, relations and placeholders, whose place is
inherited from layouts; the words of a paragraph are collected here, for its own text leaves out formulas.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from kb.errors import FileProblem, Unreadable, note
from kb.readers import Limits
from kb.readers.archive import Package, parse_xml
from kb.readers.draft import Draft
from kb.readers.extract import Extract
from kb.readers.left_out import left_out
from kb.readers.omml import formula
from kb.readers.scripts import scripted
from kb.readers.sheets import office_metadata
from kb.readers.sound_package import sound
from kb.readers.title_slide import with_title_slide
from kb.text import CJK, one_line
from kb.types import Metadata, Words

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_NOTES = Words("Notes", "备注")
_LONGEST_TITLE = 120
_FURNITURE = {"SLIDE_NUMBER", "DATE", "FOOTER", "HEADER", "SLIDE_IMAGE"}  # of every slide: no words of this one
_DEEPEST = 20


class _Piece(NamedTuple):
    """Something on a slide with its place, in units of the file."""

    top: int
    left: int
    bottom: int
    shape: Any


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a presentation. Errors: FileProblem E_BOMB, E_LOCKED, E_TYPE, E_PARSE, E_TOO_BIG."""
    package = Package(data)
    import pptx
    from pptx.exc import PythonPptxError

    try:
        presentation = pptx.Presentation(io.BytesIO(sound(data)))
        slides = list(presentation.slides)
    except ValueError as error:
        raise FileProblem("E_TYPE", suffix=".pptx", found=Words("another Office document",
                                                                "另一种 Office 文档")) from error
    except (KeyError, AttributeError, TypeError, IndexError, PythonPptxError, zipfile.BadZipFile, SyntaxError) as error:
        # python-pptx takes a well-formed package for granted.
        raise Unreadable("E_PARSE", detail=one_line(f"{type(error).__name__}: {error}", 160)) from error
    if len(slides) > limits.max_pages:
        raise FileProblem("E_TOO_BIG", what=Words(f"{len(slides)} slides", f"{len(slides)} 张幻灯片"),
                          limit=str(limits.max_pages))
    writer = _Writer(limits)
    for number, slide in enumerate(slides, 1):
        writer.slide(number, slide)
    notes = list(left_out({"slide": writer.n_hidden, "chart": writer.n_charts}))
    if writer.n_lost:
        notes.append(note("N_SLIDES_LOST", n=writer.n_lost))
    if any(name.lower().endswith("vbaproject.bin") for name in package.names):
        notes.append(note("N_MACROS"))
    core = "docProps/core.xml"
    declared = office_metadata(package, core) if core in package.names else Metadata()
    title, *lines = writer.first or [""]
    metadata = with_title_slide(declared, title, lines, "\n".join(writer.words))
    return writer.draft.extract("pptx", metadata, notes, is_partial=bool(writer.n_lost))


class _Line(NamedTuple):
    """A paragraph and how deep it stands in its list."""

    level: int
    words: str


class _Writer:
    """Writes slide after slide and counts what it leaves out. first: the title and the lines of the first slide."""

    def __init__(self, limits: Limits) -> None:
        self.draft = Draft(limits)
        self.first: list[str] = []
        self.words: list[str] = []
        self.n_hidden = self.n_charts = self.n_lost = 0

    def slide(self, number: int, slide: Any) -> None:
        self.draft.page(str(number))
        if slide.element.get("show") == "0":
            self.n_hidden += 1
            return
        try:
            _choose_alternatives(slide.element)
            pieces = list(_in_reading_order(_pieces(slide.shapes, 0)))
            title = slide.shapes.title
            notes = _notes_of(slide)
        except (KeyError, AttributeError, TypeError, IndexError, ValueError):  # a broken part of this slide alone
            self.n_lost += 1
            return
        self._title(number, title, pieces)
        own = [line.words for piece in pieces for line in _paragraphs(piece.shape.element)]
        self.words += own
        if not self.first and own:
            head = one_line(" ".join(line.words for line in _paragraphs(title.element)) if title is not None else "")
            head = head or (self._taken.words if self._taken else "")
            self.first = [head, *(words for words in own if words != head)]
        for piece in pieces:
            if title is None or piece.shape.element is not title.element:
                self._shape(piece.shape, slide)
        if notes:
            self.draft.heading(2, _NOTES.in_("zh" if re.search(f"[{CJK}]", notes) else "en"))
            for line in notes.split("\n"):
                self.draft.paragraph(line)

    def _title(self, number: int, title: Any, pieces: list[_Piece]) -> None:
        """The slide's title; without one its first line, if that is short, stands for it, else its number."""
        self._taken: _Line | None = None
        words = " ".join(line.words for line in _paragraphs(title.element)) if title is not None else ""
        if not words:
            line = next((line for piece in pieces for line in _paragraphs(piece.shape.element)), _Line(0, ""))
            first = line.words
            if 0 < len(first) <= _LONGEST_TITLE and not first.endswith(("。", ".", ";", "；")):
                self._taken = line
                self.draft.heading(1, first)
                return
            words = Words(f"Slide {number}", f"幻灯片 {number}").in_("zh" if re.search(f"[{CJK}]", first) else "en")
            words = words if first else ""
        self.draft.heading(1, words)

    def _shape(self, shape: Any, slide: Any) -> None:
        if getattr(shape, "has_table", False):
            self.draft.table(_rows(shape.table))
        elif getattr(shape, "has_chart", False):
            self.n_charts += 1
        elif (diagram := next(shape.element.iter(_DGM + "relIds"), None)) is not None:
            self._lines(_diagram(diagram, slide), is_list=True)
        else:
            is_list = bool(getattr(shape, "is_placeholder", False)) and _type_of(shape) in ("BODY", "OBJECT")
            self._lines(_paragraphs(shape.element), is_list)

    def _lines(self, lines: Iterable[_Line], is_list: bool) -> None:
        is_first = True
        for line in lines:
            if line == self._taken:  # it is the heading already
                self._taken = None
                continue
            if is_list:
                self.draft.item(line.level, line.words, is_first)
            else:
                self.draft.paragraph(line.words)
            is_first = False


def _pieces(shapes: Any, depth: int) -> Iterator[_Piece]:
    """The shapes with words; those of a group in their own order, at the place of the group."""
    for shape in shapes:
        if shape.shape_type is not None and getattr(shape.shape_type, "name", "") == "GROUP" and depth < _DEEPEST:
            top, left, bottom = _place(shape)
            for inner in _in_reading_order(_pieces(shape.shapes, depth + 1)):
                yield _Piece(top, left, bottom, inner.shape)
        elif not (getattr(shape, "is_placeholder", False) and _type_of(shape) in _FURNITURE):
            yield _Piece(*_place(shape), shape)


def _place(shape: Any) -> tuple[int, int, int]:
    top, left, height = shape.top or 0, shape.left or 0, shape.height or 0
    return top, left, top + height


def _type_of(shape: Any) -> str:
    try:
        return str(getattr(shape.placeholder_format.type, "name", ""))
    except (ValueError, KeyError, AttributeError):
        return ""


def _in_reading_order(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """From the top; what stands beside each other, by more than half of the lower one's height, from the left."""
    waiting = sorted(pieces, key=lambda piece: (piece.top, piece.left))
    while waiting:
        first = waiting[0]
        row = [piece for piece in waiting
               if piece is first or piece.top <= (first.top + first.bottom) / 2 < max(piece.bottom, piece.top + 1)]
        yield from sorted(row, key=lambda piece: piece.left)
        chosen = {id(piece) for piece in row}
        waiting = [piece for piece in waiting if id(piece) not in chosen]


def _choose_alternatives(root: Any) -> None:
    """Puts what a current program shows in the place of each pair of alternatives: shapes with formulas stand in
    one."""
    for alternative in list(root.iter(_MC + "AlternateContent")):
        parent = alternative.getparent()
        choice = next(alternative.iterchildren(_MC + "Choice"), None)
        if parent is None or choice is None:
            continue
        for child in list(choice):
            alternative.addprevious(child)
        parent.remove(alternative)


def _rows(table: Any) -> list[list[str]]:
    return [[" ".join(line.words for line in _paragraphs(cell)) for cell in row.iterchildren(_A + "tc")]
            for row in table._tbl.iterchildren(_A + "tr")]


def _paragraphs(element: Any) -> list[_Line]:
    """The paragraphs in a shape, each in one line, those without words left away."""
    return [_Line(_level(paragraph), words) for paragraph in element.iter(_A + "p")
            if (words := one_line(_words(paragraph), 100_000))]


def _level(paragraph: Any) -> int:
    properties = paragraph.find(_A + "pPr")
    level = properties.get("lvl", "0") if properties is not None else "0"
    return int(level) if level in "0123456789" else 0


def _words(paragraph: Any) -> str:
    words = ""
    for child in paragraph:
        if child.tag in (_A + "r", _A + "fld"):
            text = "".join(part.text or "" for part in child.iterchildren(_A + "t"))
            properties = child.find(_A + "rPr")
            raised = properties.get("baseline", "0") if properties is not None else "0"
            if properties is not None and properties.get("strike", "noStrike") != "noStrike":
                continue
            mark = "" if raised.strip("%") in ("0", "") else "_" if raised.startswith("-") else "^"
            words += scripted(words, text, mark) if mark else text
        elif child.tag == _A + "br":
            words += " "
        elif isinstance(child.tag, str) and (maths := list(child.iter(_M + "oMath"))):
            words += " ".join("$" + formula(item) + "$" for item in maths)
    return words


def _diagram(relation: Any, slide: Any) -> list[_Line]:
    """The words of a SmartArt diagram, point after point."""
    part = slide.part.related_part(relation.get(_R + "dm"))
    root = parse_xml(part.blob, "diagram")
    return [line for point in root.iter(_DGM + "pt") for line in _paragraphs(point)]


def _notes_of(slide: Any) -> str:
    if not slide.has_notes_slide:
        return ""
    frame = slide.notes_slide.notes_text_frame
    return "\n".join(line.words for line in _paragraphs(frame._txBody)) if frame is not None else ""
