"""The characters of a PDF page with their places, as pdfium gives them.

Reads: a pypdfium2 page.  Gives: Glyphs in the frame of the page as it is shown, and Asker, which knows more of single
characters.  Next: placed.py makes lines of them.

A call into pdfium costs more than what it asks for, and a page has thousands of characters: the calls here go without
the checks of argument types, the answers land in room that is kept, and the rest is computed on the whole page at once.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.readers.faces import Faces
from kb.readers.large_symbols import are_hanging, large_symbols, tight_boxes
from kb.readers.weight import face_of

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Frame = tuple[float, float, float]  # a, b, c: x' = a x + b y + c

IN_WORD, SPACE, HYPHEN, LINE_END = range(4)
_NO_CHARACTER = 0xFFFE
_AT_ONCE = 2048
_SOFT_HYPHEN = 0xAD
_LEAST_SIZE = 0.1  # points: readers divide by sizes, and a file may have a font of size 0, or one below it
_AXIS = 0.25  # in sizes, above the baseline: the middle of a fraction, a sum, a bracket
_MOST_HANGING = 0.3  # of the characters of a page: more are a font whose heights are wrong
_UNSEEN = (0x200B, 0x2060, 0xFEFF)  # zero width space, word joiner, byte order mark


class Glyphs(NamedTuple):
    """Characters in the file's order, all [n]. indices: their numbers in pdfium.  kinds: IN_WORD, SPACE, HYPHEN (at the
    end of a line) or LINE_END.  x, y: where a character begins on its baseline.  The box is as high as the font is. In
    points from the page's lower left corner."""

    codes: NDArray[Any]
    kinds: NDArray[np.uint8]
    indices: Integers
    x: Floats
    y: Floats
    left: Floats
    right: Floats
    bottom: Floats
    top: Floats

    def only(self, chosen: Flags | Integers) -> Glyphs:
        """These of them."""
        return Glyphs(self.codes[chosen], self.kinds[chosen], self.indices[chosen], self.x[chosen], self.y[chosen],
                      self.left[chosen], self.right[chosen], self.bottom[chosen], self.top[chosen])

    def turned(self, across: Frame, up: Frame) -> Glyphs:
        """The same in another frame, by the rows of the map into it."""
        x, y = _mapped(across, up, self.x, self.y)
        corners = [_mapped(across, up, h, v) for h in (self.left, self.right) for v in (self.bottom, self.top)]
        xs, ys = np.array([c[0] for c in corners]), np.array([c[1] for c in corners])
        return self._replace(x=x, y=y, left=xs.min(0), right=xs.max(0), bottom=ys.min(0), top=ys.max(0))


def _mapped(across: Frame, up: Frame, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    return across[0] * x + across[1] * y + across[2], up[0] * x + up[1] * y + up[2]


def glyphs_of(page: Any, textpage: Any) -> tuple[Glyphs, float, float]:
    """(the characters of a page, its width, its height), turned as the page is shown."""
    codes = _codes(textpage)
    kinds = _kinds()[np.minimum(codes, 0xFFFF)]
    # pdfium finds hyphens at line ends that are U+002D or U+00AD; browsers print U+2010.
    kinds[:-1][(codes[:-1] == 0x2010) & (kinds[1:] == LINE_END)] = HYPHEN
    kinds[codes == _SOFT_HYPHEN] = HYPHEN  # fonts call the hyphen that is to be seen so, too
    is_soft = codes == _SOFT_HYPHEN
    codes[kinds == HYPHEN] = 0x02
    indices = np.arange(len(codes))
    ink = np.flatnonzero((kinds == IN_WORD) | (kinds == HYPHEN))
    boxes, origins = np.zeros((len(codes), 4)), np.zeros((len(codes), 2))
    boxes[ink] = _boxes(textpage, ink.tolist())  # [n, left top right bottom]
    origins[ink] = _origins(textpage, ink.tolist())  # [n, x y]
    glyphs = Glyphs(codes, kinds, indices, origins[:, 0], origins[:, 1], boxes[:, 0], boxes[:, 2],
                    np.minimum(boxes[:, 1], boxes[:, 3]), np.maximum(boxes[:, 1], boxes[:, 3]))
    _name_symbols(textpage, glyphs, ink)
    is_unseen = is_soft & (glyphs.right <= glyphs.left)
    for code in _UNSEEN:
        is_unseen |= codes == code
    if is_unseen.any():
        glyphs = glyphs.only(~is_unseen)
    left, bottom, right, top = page.get_bbox()
    turn = page.get_rotation()
    if turn or left or bottom:
        glyphs = glyphs.turned(*page_frame(page))
    width, height = max(1.0, right - left), max(1.0, top - bottom)
    return (glyphs, height, width) if turn in (90, 270) else (glyphs, width, height)


def page_frame(page: Any) -> tuple[Frame, Frame]:
    """The map from pdfium's coordinates to the page as it is shown, its lower left corner at the origin."""
    left, bottom, right, top = page.get_bbox()
    frames: dict[int, tuple[Frame, Frame]] = {
        0: ((1, 0, -left), (0, 1, -bottom)),
        90: ((0, 1, -bottom), (-1, 0, right)),
        180: ((-1, 0, right), (0, -1, top)),
        270: ((0, -1, top), (1, 0, -left)),
    }
    return frames[page.get_rotation()]


def _name_symbols(textpage: Any, glyphs: Glyphs, ink: Integers) -> None:
    """Puts the large symbols of TeX in, on the baseline of what stands beside them: their middle is its middle."""
    hanging = ink[are_hanging(glyphs.y[ink], glyphs.bottom[ink], glyphs.top[ink])]
    if not len(hanging) or len(hanging) > _MOST_HANGING * len(ink):
        return
    symbols = large_symbols(textpage, glyphs.codes, hanging.tolist())
    if not symbols:
        return
    at = np.array(list(symbols))
    sizes, angles = Asker(textpage, 0).sizes_and_angles(at)
    boxes = tight_boxes(textpage, at.tolist())
    glyphs.codes[at] = [ord(symbol) for symbol in symbols.values()]
    glyphs.kinds[at] = IN_WORD
    upright, boxes, sizes = at[angles == 0], boxes[angles == 0], sizes[angles == 0]
    glyphs.x[upright], glyphs.left[upright], glyphs.right[upright] = boxes[:, 0], boxes[:, 0], boxes[:, 2]
    glyphs.bottom[upright], glyphs.top[upright] = boxes[:, 1], boxes[:, 3]
    glyphs.y[upright] = (boxes[:, 1] + boxes[:, 3]) / 2 - _AXIS * sizes


class Asker:
    """What pdfium knows of single characters."""

    def __init__(self, textpage: Any, turn: int) -> None:
        """turn: of the page, clockwise, in degrees."""
        self.textpage, self._turn = textpage, turn
        self.faces = Faces(textpage)

    def sizes_and_angles(self, indices: Integers) -> tuple[Floats, Integers]:
        """Font sizes in points on the page, and the directions of writing in degrees, 0 for left to right, 90 for
        upwards; both [n].

        Not the height of the boxes: that differs between the fonts that one line of Chinese and Latin is set in.
        """
        calls, asked = _calls(), indices.tolist()
        sizes = np.fromiter(map(calls.size_at, repeat(self.textpage.raw), asked), np.float64, len(asked))
        # [n, a b c d e f]
        matrices = _answers(calls.matrix_at, calls.matrices, calls.matrix_places, self.textpage, asked)
        scales = np.hypot(matrices[:, 2], matrices[:, 3])
        angles = np.degrees(np.arctan2(matrices[:, 1], matrices[:, 0])) - self._turn
        turned = np.rint(angles).astype(np.int64) % 360
        near = (turned + 3) // 90 * 90
        straight = np.abs(turned + 0 - near) <= 3
        seen = np.maximum(np.abs(sizes) * np.where(scales > 0, scales, 1.0), _LEAST_SIZE)
        return seen, np.where(straight, near % 360, turned)

    def face(self, index: int) -> str:
        """The face of one character: as weight.py names it."""
        return face_of(self.textpage, int(index))

    def is_bold(self, asked: Sequence[int]) -> bool:
        """Whether three in four of these are."""
        may_fail = len(asked) // 4
        for i in asked:
            may_fail -= not self.faces.is_heavy(i)
            if may_fail < 0:  # most lines are not, and their first letters say so
                return False
        return len(asked) > 0


def frame_of(angle: int) -> tuple[Frame, Frame]:
    """The map that makes writing in this direction run from left to right."""
    exact = {0: (1.0, 0.0), 90: (0.0, 1.0), 180: (-1.0, 0.0), 270: (0.0, -1.0)}
    cosine, sine = exact.get(angle) or (math.cos(math.radians(angle)), math.sin(math.radians(angle)))
    return (cosine, sine, 0.0), (-sine, cosine, 0.0)


# --- calls


class _Calls(NamedTuple):
    """Functions of pdfium without the checks of argument types, which take longer than the functions: arguments are
    ctypes objects and plain integers, and are what the names say. `boxes` and the like are room for the answers,
    `*_places` pointers into it."""

    code_at: Any
    box_at: Any
    origin_at: Any
    size_at: Any
    matrix_at: Any
    boxes: Any
    box_places: list[Any]
    origins: Any
    origin_places: tuple[list[Any], list[Any]]
    matrices: Any
    matrix_places: list[Any]


@lru_cache(maxsize=1)
def _calls() -> _Calls:
    from pypdfium2 import raw

    def bare(function: Any, result: Any) -> Any:
        return ctypes.PYFUNCTYPE(result)(ctypes.cast(function, ctypes.c_void_p).value or 0)

    def places(room: Any, size: int, offset: int = 0) -> list[Any]:
        return [ctypes.byref(room, i * size + offset) for i in range(_AT_ONCE)]

    boxes, matrices = (raw.FS_RECTF * _AT_ONCE)(), (raw.FS_MATRIX * _AT_ONCE)()
    origins = (ctypes.c_double * (2 * _AT_ONCE))()
    return _Calls(bare(raw.FPDFText_GetUnicode, ctypes.c_uint), bare(raw.FPDFText_GetLooseCharBox, ctypes.c_int),
                  bare(raw.FPDFText_GetCharOrigin, ctypes.c_int), bare(raw.FPDFText_GetFontSize, ctypes.c_double),
                  bare(raw.FPDFText_GetMatrix, ctypes.c_int), boxes,
                  places(boxes, ctypes.sizeof(raw.FS_RECTF)), origins, (places(origins, 16), places(origins, 16, 8)),
                  matrices, places(matrices, ctypes.sizeof(raw.FS_MATRIX)))


def _codes(textpage: Any) -> NDArray[Any]:
    """The code of every character of the page, [n]; characters beyond U+FFFF are mostly two surrogates."""
    from pypdfium2 import raw

    n = max(0, textpage.count_chars())
    room = (ctypes.c_ushort * (n + 1))()
    if raw.FPDFText_GetText(textpage, 0, n, room) == n + 1:
        codes = np.frombuffer(room, np.uint16)[:n]
        # a hyphen at the end of a line, or a character that no table names
        for i in np.flatnonzero(codes == _NO_CHARACTER).tolist():
            codes[i] = _calls().code_at(textpage.raw, i)
        return codes
    # The text has no control characters, but the numbering of the characters counts them: then each is asked for.
    codes = np.fromiter(map(_calls().code_at, repeat(textpage.raw), range(n)), np.uint32, n)
    codes[codes > 0x10FFFF] = 0xFFFD
    return codes


def _boxes(textpage: Any, indices: Sequence[int]) -> Floats:
    """[n, 4]: left, top, right, bottom in points; 0 if there is none. From pdfium's "loose" boxes: as high as the font
    is."""
    calls = _calls()
    return _answers(calls.box_at, calls.boxes, calls.box_places, textpage, indices)


def _origins(textpage: Any, indices: Sequence[int]) -> Floats:
    """[n, 2]: x, y in points."""
    calls = _calls()
    found = []
    for at in range(0, len(indices), _AT_ONCE):
        some = indices[at:at + _AT_ONCE]
        ctypes.memset(calls.origins, 0, 16 * len(some))
        list(map(calls.origin_at, repeat(textpage.raw), some, *calls.origin_places))
        found.append(np.frombuffer(calls.origins, np.float64).reshape(-1, 2)[:len(some)].copy())
    return np.concatenate(found) if found else np.zeros((0, 2))


def _answers(function: Any, room: Any, places: list[Any], textpage: Any, indices: Sequence[int]) -> Floats:
    found = []
    for at in range(0, len(indices), _AT_ONCE):
        some = indices[at:at + _AT_ONCE]
        ctypes.memset(room, 0, ctypes.sizeof(room) // _AT_ONCE * len(some))
        list(map(function, repeat(textpage.raw), some, places))
        found.append(np.frombuffer(room, np.float32).reshape(_AT_ONCE, -1)[:len(some)].astype(np.float64))
    return np.concatenate(found) if found else np.zeros((0, ctypes.sizeof(room) // _AT_ONCE // 4))


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """What each character up to U+FFFF is, [65536]."""
    kinds = np.full(0x10000, IN_WORD, np.uint8)
    kinds[[code for code in range(0x3001) if chr(code).isspace()]] = SPACE
    kinds[[0x02, 0xFFFE]] = HYPHEN
    kinds[[0x0A, 0x0D]] = LINE_END
    return kinds
