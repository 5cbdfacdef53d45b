"""The large symbols of TeX's mathematics: sums, integrals and tall brackets, which few files name.

Reads: characters of a page as pdfium gives them.  Gives: which are symbols of a font for mathematics in TeX's own
encoding, and what they are. Used by glyphs.py.

Such a font has its symbols below the baseline, and pdfium gives the bare code where neither the file nor the glyph's
name says more: "X" for a sum, "Z" for an integral, and control characters for brackets.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

# OMX, from code 0 on; a dot where Unicode has no such piece
_CODES = ("()[]⌊⌋⌈⌉{}⟨⟩|‖/\\" "()()[]⌊⌋⌈⌉{}⟨⟩/\\" "()[]⌊⌋⌈⌉{}⟨⟩/\\/\\" "⎛⎞⎡⎤⎣⎦⎢⎥⎧⎫⎩⎭⎨⎬⎪."
          "⎝⎠⎜⎟⟨⟩⨆⨆∮∮⨀⨀⨁⨁⨂⨂" "∑∏∫⋃⋂⨄⋀⋁∑∏∫⋃⋂⨄⋀⋁" "∐∐......[]⌊⌋⌈⌉{}" "√√√√............")
# Type 1 fonts have the codes up to 32 a second time, from 161 on
SECOND_PLACES = {**dict(zip(range(0xA1, 0xAB), range(10), strict=True)),
                 **dict(zip(range(0xAD, 0xC4), range(10, 33), strict=True))}
_FONT = re.compile(rb"(?:^|\+)(?:(?:cm|lm|tx|px|ntx|npx|yhcm)ex(?:x|a)?|LMMathExtension)\d*(?:-\w+)?$", re.IGNORECASE)
# what a file writes that does name them: then the codes are no codes
_NAMED = frozenset("()[]{}|/\\")
_HANGING = 0.25  # of its height above the baseline: letters have more
_MOST_LETTERS = 64
_SPACES = (*range(0x09, 0x0a), 0x0b, 0x0c, *range(0x1c, 0x21))  # codes of TeX's that look like white space


def large_symbols(textpage: Any, codes: NDArray[Any], hanging: Sequence[int]) -> dict[int, str]:
    """Index of a character -> the symbol it is. hanging: indices of those that reach hardly above their baseline."""
    places = {i: SECOND_PLACES.get(int(codes[i]), int(codes[i])) for i in hanging}
    found = {i: code for i, code in places.items() if code < len(_CODES) and _is_of_tex(textpage, i)}
    if all(chr(code) in _NAMED for code in found.values()):
        return {i: chr(code) for i, code in found.items()}
    for i in np.flatnonzero(np.isin(codes, _SPACES)).tolist():
        if not _is_generated(textpage, i) and _is_of_tex(textpage, i):
            found[i] = int(codes[i])
    return {i: _CODES[code] for i, code in found.items() if _CODES[code] != "."}


def are_hanging(y: NDArray[np.float64], bottom: NDArray[np.float64], top: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which characters have their box below the baseline."""
    return (top - y < _HANGING * (top - bottom)) & (top > bottom)


def _is_of_tex(textpage: Any, index: int) -> bool:
    from pypdfium2 import raw

    room = _room()
    raw.FPDFText_GetFontInfo(textpage.raw, index, room, _MOST_LETTERS, None)
    return _FONT.search(room.value) is not None


def _is_generated(textpage: Any, index: int) -> bool:
    from pypdfium2 import raw

    return bool(raw.FPDFText_IsGenerated(textpage.raw, index) == 1)


def tight_boxes(textpage: Any, indices: Sequence[int]) -> NDArray[np.float64]:
    """[n, 4]: left, bottom, right, top of what is drawn, in points."""
    from pypdfium2 import raw

    # without the checks of argument types, as in glyphs.py
    box_at = ctypes.PYFUNCTYPE(ctypes.c_int)(ctypes.cast(raw.FPDFText_GetCharBox, ctypes.c_void_p).value or 0)
    room: Any = (ctypes.c_double * (4 * len(indices)))()
    places = [[ctypes.byref(room, 32 * i + 8 * edge) for i in range(len(indices))] for edge in range(4)]
    left, right, bottom, top = places  # in the order in which pdfium is asked for them, and in which they are kept
    list(map(box_at, repeat(textpage.raw), indices, left, right, bottom, top))
    boxes: NDArray[np.float64] = np.frombuffer(room, np.float64).reshape(-1, 4)[:, [0, 2, 1, 3]]
    return boxes


@lru_cache(maxsize=1)
def _room() -> Any:
    return ctypes.create_string_buffer(_MOST_LETTERS)
