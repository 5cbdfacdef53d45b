"""What is drawn on a page of a PDF besides its lines: rules, pictures, and the words where a table may be.

Reads: a pypdfium2 page.  Gives: plain lists for tables.py and regions.py, to pdf.py. Places are shares of the page's
width and of its height from the bottom, as those of the lines.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from kb.readers.glyphs import LINE_END, SPACE, Asker, Glyphs
from kb.readers.layout import Line
from kb.readers.scripts import lowered, raised
from kb.readers.tables import Word, may_hold_table

_MOST_OBJECTS = 20_000  # a map or a plot of points has more: then only its text is read
_DEEPEST = 4  # of pictures in forms
_LEAST_PATHS = 8  # lines that together are a drawing
_NEAR = 0.012  # of the page, between the parts of one drawing
_NO_TEXT = re.compile(rb"[^\x01]")  # kinds of objects that are no text: pdfium's number for it is 1


def drawn(page: Any, textpage: Any, lines: Sequence[Line], glyphs: Glyphs | None) -> dict[str, Any]:
    """rules: [[left, middle, right]], downwards; pictures: [[left, bottom, right, top]]; words: as in tables.Word,
    where the rules or a caption let expect a table, else none. A page that is turned gives nothing.

    glyphs: what is to be read on the page."""
    if page.get_rotation():
        return {"rules": [], "pictures": [], "words": []}
    left, bottom, right, top = page.get_bbox()
    place = _Place(left, bottom, max(1.0, right - left), max(1.0, top - bottom))
    rules, pictures = _shapes(page, place)
    words = []
    if glyphs is not None and may_hold_table([line[0] for line in lines], rules):
        words = _words(glyphs, textpage, _Place(0.0, 0.0, place.width, place.height))
    return {"rules": rules, "pictures": pictures, "words": words}


def is_picture(document: Any, number: int) -> bool:
    """Whether a picture covers at least half of a page, as the picture of a scan does."""
    from pypdfium2 import PdfiumError, raw

    try:
        page = document[number - 1]
        left, bottom, right, top = page.get_bbox()
        covered = 0.0
        for shape in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST):
            x0, y0, x1, y1 = shape.get_bounds()
            covered += max(0.0, min(x1, right) - max(x0, left)) * max(0.0, min(y1, top) - max(y0, bottom))
        return bool(covered >= 0.5 * (right - left) * (top - bottom))
    except PdfiumError:
        return False


class _Place:
    """Points to shares of the page."""

    def __init__(self, left: float, bottom: float, width: float, height: float) -> None:
        self.left, self.bottom, self.width, self.height = left, bottom, width, height

    def x(self, points: float) -> float:
        return round((points - self.left) / self.width, 4)

    def y(self, points: float) -> float:
        return round((points - self.bottom) / self.height, 4)


Box = tuple[float, float, float, float]  # left, bottom, right, top


def _shapes(page: Any, place: _Place) -> tuple[list[list[float]], list[list[float]]]:
    from pypdfium2 import raw

    edges = [ctypes.c_float() for _ in range(4)]
    flat: list[Box] = []
    paths: list[Box] = []
    pictures: list[Box] = []
    for shape, kind in shapes_of(page):
        if not raw.FPDFPageObj_GetBounds(shape, *edges):
            continue
        x0, y0, x1, y1 = (edge.value for edge in edges)
        box = place.x(x0), place.y(y0), place.x(x1), place.y(y1)
        if kind == raw.FPDF_PAGEOBJ_PATH:
            if y1 - y0 < 3 and x1 - x0 > 12:
                flat.append(box)
            elif x1 - x0 >= 3 or y1 - y0 < 12:  # upright lines part the cells of tables
                paths.append(box)
        elif kind != raw.FPDF_PAGEOBJ_FORM or _is_drawing(shape):
            pictures.append(box)
    drawings = [box for box, count in _clusters(paths) if count >= _LEAST_PATHS]
    return _rules(flat), [list(box) for box, _ in _clusters(pictures + drawings) if _is_picture(box)]


def shapes_of(page: Any) -> Iterator[tuple[Any, int]]:
    """The handle and the kind of each object of a page that is no text; none of a page that has too many."""
    from pypdfium2 import raw

    n = raw.FPDFPage_CountObjects(page.raw)
    if n > _MOST_OBJECTS:
        return
    object_at, kind_of = _object_calls()
    kinds = bytes(map(kind_of, map(object_at, repeat(page.raw), range(n))))
    for found in _NO_TEXT.finditer(kinds):
        yield ctypes.cast(object_at(page.raw, found.start()), raw.FPDF_PAGEOBJECT), found.group()[0]


@lru_cache(maxsize=1)
def _object_calls() -> tuple[Any, Any]:
    """pdfium's functions for an object's handle and kind, without the checks of argument types: a page has thousands.
    An address that is no ctypes object needs its type said."""
    from pypdfium2 import raw

    pointer, number = ctypes.c_void_p, ctypes.c_int
    return (ctypes.PYFUNCTYPE(pointer)(_address(raw.FPDFPage_GetObject)),
            ctypes.PYFUNCTYPE(number, pointer)(_address(raw.FPDFPageObj_GetType)))


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _is_drawing(form: Any) -> bool:
    """Whether a form has a picture or several lines in it: some hold text alone, as a watermark does."""
    from pypdfium2 import raw

    kinds = [raw.FPDFPageObj_GetType(raw.FPDFFormObj_GetObject(form, i))
             for i in range(min(200, raw.FPDFFormObj_CountObjects(form)))]
    return (any(kind in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING, raw.FPDF_PAGEOBJ_FORM) for kind in kinds)
            or kinds.count(raw.FPDF_PAGEOBJ_PATH) >= _LEAST_PATHS)


def _is_picture(box: Box) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return width > 0.08 and height > 0.03 and width * height > 0.01 and width * height < 0.8


def _rules(flat: Sequence[Box]) -> list[list[float]]:
    """Ruled lines from top to bottom; pieces at one height that touch are one."""
    rules: list[list[float]] = []
    for left, bottom, right, top in sorted(flat, key=lambda box: (-round(box[1] + box[3], 3), box[0])):
        middle = (bottom + top) / 2
        last = rules[-1] if rules else None
        if last and abs(last[1] - middle) < 0.0025 and left - last[2] < 0.008:
            last[2] = max(last[2], right)
        else:
            rules.append([left, round(middle, 4), right])
    return [rule for rule in rules if rule[2] - rule[0] > 0.05]


def _clusters(boxes: Sequence[Box]) -> list[tuple[Box, int]]:
    """(box around parts that lie near each other, how many they are)"""
    found: list[tuple[Box, int]] = []
    for box in sorted(boxes):
        box, n = box, 1
        while True:
            near = [item for item in found if item[0][0] - _NEAR < box[2] and box[0] - _NEAR < item[0][2]
                    and item[0][1] - _NEAR < box[3] and box[1] - _NEAR < item[0][3]]
            if not near:
                break
            found = [item for item in found if item not in near]
            for other, count in near:
                box = (min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3]))
                n += count
        found.append((box, n))
    return found


# --- words


class _Character(NamedTuple):
    """One character: its box in points, where it stands on its baseline, the size of its font."""

    text: str
    left: float
    right: float
    base: float
    size: float


def _words(glyphs: Glyphs, textpage: Any, place: _Place) -> list[Word]:
    """Runs of characters without a space or a gap, in the file's order, scripts in one notation."""
    found: list[Word] = []
    word: list[_Character] = []
    size = 0.0  # of the largest character of the word
    for character in _characters(glyphs, textpage):
        if word and not _follows(word, character, size):
            found.append(_word(word, place))
            word, size = [], 0.0
        word.append(character)
        size = max(size, character.size)
    return found + ([_word(word, place)] if word else [])


def _characters(glyphs: Glyphs, textpage: Any) -> Iterator[_Character]:
    """The characters that are seen, in the file's order."""
    ink = np.flatnonzero((glyphs.kinds != SPACE) & (glyphs.kinds != LINE_END) & (glyphs.right > glyphs.left))
    sizes, _ = Asker(textpage, 0).sizes_and_angles(glyphs.indices[ink])
    for code, left, right, base, size in zip(glyphs.codes[ink].tolist(), glyphs.left[ink].tolist(),
                                             glyphs.right[ink].tolist(), glyphs.y[ink].tolist(), sizes.tolist(),
                                             strict=True):
        # a sign without a letter of its own stays visible: "−110" is never "110"
        text = chr(code) if 0x09 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
        if not text.isspace():
            yield _Character("-" if code in (0x02, 0xFFFE, 0xAD) else text, left, right, base, size)


def _follows(word: Sequence[_Character], character: _Character, size: float) -> bool:
    """Whether a character follows the last one without a gap, on its line or raised or lowered from it."""
    gap = character.left - word[-1].right
    return -0.35 * size < gap < 0.17 * size and abs(character.base - word[0].base) < 0.75 * size


def _word(word: Sequence[_Character], place: _Place) -> Word:
    size = max(character.size for character in word)
    base = next(character.base for character in word if character.size > 0.8 * size)
    text, run, kind = "", "", ""
    for character in [*word, None]:
        now = "" if character is None or not text + run else _script(character, size, base)
        if now != kind or character is None:
            text += raised(text, run) if kind == "up" else lowered(text, run) if kind == "down" else run
            run, kind = "", now
        run += character.text if character else ""
    left, right = min(character.left for character in word), max(character.right for character in word)
    return Word(text, place.x(left), place.y(base + 0.3 * size), place.x(right), round(1.2 * size / place.height, 4))


def _script(character: _Character, size: float, base: float) -> str:
    if character.size > 0.85 * size:
        return ""
    rise = character.base - base
    return "up" if rise > 0.15 * size else "down" if rise < -0.05 * size else ""
