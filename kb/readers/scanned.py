"""A page of a PDF or of a picture, read: the lines that the recogniser sees, as pdf.py gives those of a text layer.

Reads: bytes and the number of a page.  Gives: by `emit` one frame for layout.py, the confidence and place of each line
beside it. A page is a process: what goes wrong with one does not reach the next.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kb.errors import Unreadable
from kb.readers import Limits
from kb.readers.extract import Extract
from kb.readers.picture import is_picture, page_of, refuse_bomb
from kb.readers.recogniser import Seen, recognise
from kb.text import CJK

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DPI = 200
_LONGEST = 3400  # pixels of a side of the picture: A4 at 290 dpi; a page that says it is larger is a scan at 72 dpi
_LEAST = 8  # pixels of the shorter side in which a letter can stand
_TALL = 2.5  # height to width of a picture that is read in parts: a screenshot of a long page
_PART = 640  # pixels that the height of a part has at least, as if the picture were so wide
_FLAT = 40  # width to height of the flattest picture in which lines are looked for
_PAGE_WIDTH = 600  # sizes of lines are in points of a page as wide as this
_SAME_SIZE = 0.18  # boxes of one size differ by so much, with the letters that stand in them
_DIVIDED = re.compile("(?<=[A-Za-z\u00c0-\u024f])[-\u2010\u00ad]$")


class _Piece(NamedTuple):
    """A line or a part of one: places in pixels of the picture as it was straightened; box: in shares of the page as it
    is shown."""

    text: str
    confidence: float
    left: float
    middle: float
    right: float
    height: float
    box: tuple[float, float, float, float]


def warm_up() -> None:
    """Loads the recogniser, for all pages that this process and its children read."""
    recognise(np.full((64, 320, 3), 255, np.uint8))


def read(data: bytes, limits: Limits, emit: Callable[[dict[str, Any]], None] = lambda frame: None,
         page: int = 1) -> Extract:
    """Emits the frame of a page; the Extract is empty. Errors: FileProblem E_TOO_BIG for a picture of too many pixels,
    E_PARSE."""
    if is_picture(data):
        picture = np.ascontiguousarray(np.asarray(page_of(data, page))[:, :, ::-1])  # blue first, as OpenCV has it
    else:
        picture = _rendered(data, page)
    emit({"number": page, **_in_parts(picture)})
    return Extract("", "")


def _rendered(data: bytes, page: int) -> NDArray[np.uint8]:
    """A page of a PDF."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        shown = document[page - 1]
        _refuse_bombs(shown)
        longest = max(shown.get_width(), shown.get_height(), 1.0)
        bitmap = shown.render(scale=min(_DPI / 72, _LONGEST / longest), rev_byteorder=False)
        return np.ascontiguousarray(bitmap.to_numpy()[:, :, :3])
    except (pypdfium2.PdfiumError, IndexError) as error:
        raise Unreadable("E_PARSE", detail=str(error)[:120]) from error


def _in_parts(picture: NDArray[np.uint8]) -> dict[str, Any]:
    """`recognised_lines` of a picture of any shape: a tall one, which would be looked at too small, part by part."""
    height, width = picture.shape[:2]
    found: dict[str, Any] = {"lines": [], "recognised": [], "aside": []}
    if min(height, width) < _LEAST:
        return found
    for top, bottom in _parts(picture):
        shown = picture[top:bottom]
        if width > _FLAT * len(shown):  # lines are looked for in squares, of which a flat picture has none
            shown = np.pad(shown, ((0, width // _FLAT - len(shown)), (0, 0), (0, 0)), "edge")
        share, above = len(shown) / height, top / height
        part = recognised_lines(shown)
        found["lines"] += [(text, left, 1 - above - (1 - middle) * share, right, size, is_bold)
                           for text, left, middle, right, size, is_bold in part["lines"]]
        found["recognised"] += [(sure, [left, round(above + upper * share, 4), right, round(above + lower * share, 4)])
                                for sure, (left, upper, right, lower) in part["recognised"]]
    return found


def _parts(picture: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """(top, bottom) of the parts of a tall picture, cut where there is least in a row."""
    height, width = len(picture), max(picture.shape[1], _PART)
    if height <= _TALL * width:
        return [(0, height)]
    busy = picture.std(axis=(1, 2))  # [height]
    tops = [0]
    while height - tops[-1] > _TALL * width:
        first, last = tops[-1] + width, tops[-1] + int(1.5 * width)
        tops.append(first + int(np.argmin(busy[first:last])))
    return list(zip(tops, [*tops[1:], height], strict=True))


def recognised_lines(picture: NDArray[np.uint8]) -> dict[str, Any]:
    """lines: as those of pdf.py, downwards; recognised: for each its confidence and its box (left, top, right, bottom)
    in shares of the page as it is shown."""
    turn, seen = recognise(picture)
    shape = picture.shape[:2] if turn % 2 == 0 else picture.shape[1::-1]
    lines = [_joined(pieces) for line in _on_one_line(_straightened(seen, shape, turn))
             for pieces in _parted(line)]
    sizes = _sizes(lines)
    height, width = shape
    return {
        "lines": [(_DIVIDED.sub("\x02", line.text), line.left / width, 1 - line.middle / height, line.right / width,
                   _PAGE_WIDTH * size / width, False) for line, size in zip(lines, sizes, strict=True)],
        "recognised": [(round(line.confidence, 3), [round(edge, 4) for edge in line.box]) for line in lines],
        "aside": [],
    }


def _refuse_bombs(page: Any) -> None:
    """Errors: FileProblem E_TOO_BIG before a picture is unpacked."""
    from pypdfium2 import raw

    for shape in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        width, height = shape.get_px_size()
        refuse_bomb(width, height)


# --- from boxes to lines


def _straightened(seen: Sequence[Seen], shape: tuple[int, ...], turn: int) -> list[_Piece]:
    """Boxes as they would stand if the page lay straight: turned about its middle by the slope of its long lines."""
    if not seen:
        return []
    corners = np.array([line.corners for line in seen])  # [n, 4, 2]
    along = corners[:, 1] - corners[:, 0]
    lengths = np.linalg.norm(along, axis=1)
    heights = np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1)
    slopes = np.arctan2(along[:, 1], along[:, 0])
    is_long = lengths > 5 * heights
    angle = float(np.median(slopes[is_long])) if is_long.any() else 0.0
    middle = np.array([shape[1] / 2, shape[0] / 2])
    cos, sin = math.cos(angle), math.sin(angle)
    straight = (corners - middle) @ np.array([[cos, -sin], [sin, cos]]) + middle
    found = []
    for line, box, raw, height in zip(seen, straight, corners, heights, strict=True):
        left, right = float(box[:, 0].min()), float(box[:, 0].max())
        found.append(_Piece(line.text.strip(), line.confidence, left, float(box[:, 1].mean()), right, float(height),
                            _box(raw, shape, turn)))
    return found


def _box(corners: NDArray[np.float64], shape: tuple[int, ...], turn: int) -> tuple[float, float, float, float]:
    """A box in shares of the page as it is shown, which was turned to the left by so many quarters."""
    x, y = corners[:, 0] / shape[1], corners[:, 1] / shape[0]
    for _ in range(turn):  # a quarter back to the right
        x, y = 1 - y, x
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _on_one_line(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Pieces at about one height, downwards; those of a line from left to right."""
    found: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda item: item.middle):
        near = [line for line in found[-4:]
                if abs(line[0].middle - piece.middle) < 0.5 * min(line[0].height, piece.height)]
        if near:
            near[-1].append(piece)
        else:
            found.append([piece])
    return [sorted(line, key=lambda item: item.left) for line in found]


def _parted(line: Sequence[_Piece]) -> list[list[_Piece]]:
    """Pieces with a space between them are one line; a wider gap parts columns and cells."""
    found = [[line[0]]]
    for piece in line[1:]:
        last = found[-1][-1]
        if piece.left - last.right < 0.6 * min(last.height, piece.height):
            found[-1].append(piece)
        else:
            found.append([piece])
    return found


def _joined(pieces: Sequence[_Piece]) -> _Piece:
    if len(pieces) == 1:
        return pieces[0]
    text = pieces[0].text
    for piece in pieces[1:]:
        is_chinese = re.search(f"[{CJK}]$", text) and re.match(f"[{CJK}]", piece.text)
        text += ("" if is_chinese else " ") + piece.text
    n = sum(len(piece.text) for piece in pieces)
    longest = max(pieces, key=lambda piece: piece.right - piece.left)
    boxes = [piece.box for piece in pieces]
    return _Piece(text, sum(piece.confidence * len(piece.text) for piece in pieces) / n,
                  min(piece.left for piece in pieces), longest.middle, max(piece.right for piece in pieces),
                  longest.height, (min(box[0] for box in boxes), min(box[1] for box in boxes),
                                   max(box[2] for box in boxes), max(box[3] for box in boxes)))


def _sizes(lines: Sequence[_Piece]) -> list[float]:
    """The size of each line: of those that differ by no more than their letters do, the one that most characters
    have."""
    sizes = [0.0] * len(lines)
    left = set(range(len(lines)))
    while left:
        order = sorted(left, key=lambda i: lines[i].height)
        half, n = sum(len(lines[i].text) for i in order) / 2, 0
        usual = lines[order[-1]].height
        for i in order:
            n += len(lines[i].text)
            if n >= half:
                usual = lines[i].height
                break
        same = {i for i in left if abs(lines[i].height - usual) <= _SAME_SIZE * usual}
        for i in same:
            sizes[i] = usual
        left -= same
    return sizes
