"""The words of a Word paragraph: its runs as text, with what hangs in it (notes, boxes) apart and what is not to be
read left out.

Reads: a w:p element.  Gives: text; `Runs` keeps the text boxes met, the notes used and counts of what was left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kb.readers.docx_fields import Fields
from kb.readers.docx_styles import Styles
from kb.readers.omml import formula
from kb.readers.ooxml import MC, M, W, is_on, value
from kb.readers.scripts import lowered, raised
from kb.readers.symbol_fonts import symbol, unmapped
from kb.text import mend

_WPS_TEXT = "}txbxContent"
_SILENT = frozenset(W + name for name in (
    "pPr rPr sdtPr sdtEndPr delText delInstrText rubyPr smartTagPr fldData ffData customXmlPr del moveFrom").split())
_SIGNS = {W + "tab": "\t", W + "ptab": "\t", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-"}
_DEEPEST = 200


class _Piece(NamedTuple):
    """height: 1 raised, -1 lowered, 0 on the line.  reading: of a base that is annotated (ruby)."""

    text: str
    height: int = 0
    reading: str | None = None


class Runs:
    """Reads the paragraphs of one document in their order."""

    def __init__(self, styles: Styles, notes: Mapping[tuple[str, str], Any]) -> None:
        self.left_out: Counter[str] = Counter()
        self.used_notes: list[Any] = []
        self._styles, self._notes = styles, notes
        self._boxes: list[Any] = []
        self._fields = Fields()
        self._paragraph: Any = None

    def text(self, paragraph: Any) -> str:
        """The words of a paragraph, insertions under review and formulas included, deletions and hidden text not."""
        outer = self._paragraph, self._fields
        self._paragraph, self._fields = paragraph, Fields()
        pieces = _joined(_annotated(self._pieces(paragraph, 0)))
        self._paragraph, self._fields = outer
        written = ""
        for piece in pieces:
            written += {0: lambda _, text: text, 1: raised, -1: lowered}[piece.height](written, piece.text)
        return mend(written).strip()

    def boxes_met(self) -> list[Any]:
        """The contents of the text boxes anchored since the last time this was asked."""
        boxes, self._boxes = self._boxes, []
        return boxes

    def _pieces(self, parent: Any, depth: int) -> Iterator[_Piece]:
        for element in parent:
            tag = element.tag
            if not isinstance(tag, str) or depth > _DEEPEST:
                continue
            if tag in (W + "del", W + "moveFrom"):
                self.left_out["deleted"] += any(item.text for item in element.iter(W + "delText", W + "t"))
            elif tag in _SILENT:
                continue
            elif tag == W + "r":
                yield from self._run(element, depth)
            elif tag == M + "oMathPara":
                yield _Piece("$$" + " ".join(formula(maths) for maths in element.iter(M + "oMath")) + "$$")
            elif tag == M + "oMath":
                yield _Piece("$" + formula(element) + "$")
            elif tag == MC + "AlternateContent":
                yield from self._pieces(chosen(element), depth + 1)
            elif tag == W + "sdt" and is_placeholder(element):
                self.left_out["placeholder"] += 1
            elif tag.endswith(_WPS_TEXT):
                self._boxes.append(element)
            else:
                yield from self._pieces(element, depth + 1)

    def _run(self, run: Any, depth: int) -> Iterator[_Piece]:
        looks = list(self._styles.looks(run, self._paragraph))
        hidden = _first(is_on(look, "vanish") for look in looks) and not self._fields.is_instruction
        struck = any(_first(is_on(look, name) for look in looks) for name in ("strike", "dstrike"))
        height = _height(run, looks)
        for element in run:
            if isinstance(element.tag, str) and not self._is_field_mark(element):
                pieces = list(self._in_run(element, looks, height, depth))
                if self._fields.is_instruction:
                    continue
                if (hidden or struck) and any(piece.text.strip() for piece in pieces):
                    self.left_out["hidden" if hidden else "struck"] += 1
                elif not hidden and not struck:
                    yield from pieces
            elif element.tag == W + "fldChar" and element.get(W + "fldCharType") == "end":
                shown = self._fields.end()
                if shown and not self._fields.is_instruction and not hidden:
                    yield _Piece(shown, height)

    def _is_field_mark(self, element: Any) -> bool:
        if element.tag == W + "instrText":
            self._fields.add(element.text or "")
        elif element.tag == W + "fldChar":
            kind = element.get(W + "fldCharType")
            if kind == "begin":
                self._fields.begin()
            elif kind == "separate":
                self._fields.separate()
        else:
            return False
        return True

    def _in_run(self, element: Any, looks: list[Any], height: int, depth: int) -> Iterator[_Piece]:
        tag = element.tag
        if tag == W + "t":
            yield _Piece(unmapped(_font(looks), element.text or ""), height)
        elif tag in _SIGNS:
            yield _Piece(_SIGNS[tag])
        elif tag == W + "sym":
            place = element.get(W + "char") or ""
            yield _Piece(symbol(element.get(W + "font") or "", int(place, 16)) if _is_hex(place) else "", height)
        elif tag == W + "ruby":
            base, reading = ("".join(piece.text for child in element.iterchildren(W + name)
                                     for piece in self._pieces(child, depth + 1)) for name in ("rubyBase", "rt"))
            yield _Piece(base, reading=reading)
        elif tag in (W + "footnoteReference", W + "endnoteReference"):
            note = self._notes.get((tag, element.get(W + "id") or ""))
            if note is not None:
                self.used_notes.append(note)
                yield _Piece(f"[^{len(self.used_notes)}]")
        elif tag == W + "commentReference":
            self.left_out["comment"] += 1
        elif tag == MC + "AlternateContent":
            for child in chosen(element):
                yield from self._in_run(child, looks, height, depth + 1)
        elif tag in (W + "drawing", W + "pict", W + "object"):
            yield from self._drawn(element)

    def _drawn(self, element: Any) -> Iterator[_Piece]:
        """The boxes in a drawing, outermost first; a picture, or a formula kept as one, is counted."""
        boxes = [box for box in element.iter() if isinstance(box.tag, str) and box.tag.endswith(_WPS_TEXT)]
        inner = {id(other) for box in boxes for other in box.iter() if other is not box}
        fallbacks = {id(box) for fallback in element.iter(MC + "Fallback") for box in fallback.iter()}
        self._boxes += [box for box in boxes if id(box) not in inner | fallbacks]
        if any("equation" in (item.get("ProgID") or "").lower() for item in element.iter()):
            self.left_out["formula"] += 1
            yield _Piece("[…]")  # without it the words on both sides would make a sentence of their own
            return
        for tag, name in (("}chart", "chart"), ("}relIds", "diagram"), ("}blip", "picture"), ("}imagedata", "picture"),
                          ("}OLEObject", "object")):
            if any(isinstance(item.tag, str) and item.tag.endswith(tag) for item in element.iter()):
                self.left_out[name] += 1
                return


def chosen(alternatives: Any) -> Any:
    """The branch of mc:AlternateContent that is read: the first choice, or what stands in its place if that is
    empty."""
    branches = [child for child in alternatives if child.tag in (MC + "Choice", MC + "Fallback")]
    filled = [branch for branch in branches if any(True for _ in branch.iter(W + "t", M + "t", W + "txbxContent"))]
    return next(iter(filled or branches), ())


def is_placeholder(control: Any) -> bool:
    """Whether a content control shows only what is to be filled in."""
    return control.find(f"{W}sdtPr/{W}showingPlcHdr") is not None


def _annotated(pieces: Iterator[_Piece]) -> Iterator[_Piece]:
    """Bases with readings as base(reading); those that follow each other are one word."""
    bases: list[_Piece] = []
    for piece in [*pieces, _Piece("")]:
        if piece.reading is not None:
            bases.append(piece)
            continue
        if bases:
            reading = " ".join(base.reading for base in bases if base.reading)
            yield _Piece("".join(base.text for base in bases) + (f"({reading})" if reading else ""))
            bases = []
        yield piece


def _joined(pieces: Iterator[_Piece]) -> list[_Piece]:
    """The pieces, those of one height that follow each other as one."""
    joined: list[_Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if joined and joined[-1].height == piece.height:
            joined[-1] = _Piece(joined[-1].text + piece.text, piece.height)
        else:
            joined.append(piece)
    return joined


def _height(run: Any, looks: list[Any]) -> int:
    found = _first(value(look, W + "vertAlign") for look in looks)
    if found in ("superscript", "subscript"):
        return 1 if found == "superscript" else -1
    position = value(run, f"{W}rPr/{W}position")
    text = "".join(item.text or "" for item in run.iter(W + "t")).strip()
    # set higher or lower by hand: half points, two points at least
    if found is None and position and position.lstrip("-").isdigit() and abs(int(position)) >= 4 and _is_script(text):
        return 1 if int(position) > 0 else -1
    return 0


def _is_script(text: str) -> bool:
    return 0 < len(text) <= 4 and all(character in "0123456789+-−" for character in text)


def _font(looks: list[Any]) -> str:
    fonts = (look.find(W + "rFonts") for look in looks)
    return next((found.get(W + "ascii") or found.get(W + "hAnsi") or "" for found in fonts if found is not None), "")


def _is_hex(place: str) -> bool:
    return 0 < len(place) <= 6 and all(character in "0123456789abcdefABCDEF" for character in place)


def _first(values: Iterator[Any]) -> Any:
    return next((found for found in values if found is not None), None)
