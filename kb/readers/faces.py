"""What the characters of a PDF page are set in: each one's font, its name, and whether it is heavy.

Reads: a pypdfium2 textpage.  Gives: Faces, to font_maps.py, glyphs.py and full_width.py. Pdfium is asked for the text
object of every character, and once for what an object or a font is.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.readers.weight import BOLD, is_heavy_name

_MOST_LETTERS = 256


class Faces:
    """What pdfium knows of the fonts of one page. Characters go by their numbers in pdfium, fonts by addresses that
    mean something as long as the page is open; 0 is no font, that of a character which pdfium has put in itself."""

    def __init__(self, textpage: Any) -> None:
        self.textpage = textpage
        self._names: dict[int, bytes] = {}
        self._is_heavy: dict[int, bool] = {}

    @cached_property
    def _objects(self) -> NDArray[np.int64]:
        """The address of each character's text object, [n]; 0 for what pdfium has put in itself."""
        n = max(0, self.textpage.count_chars())
        return np.fromiter(map(_calls().object_at, repeat(self.textpage.raw), range(n)), np.int64, n)

    @cached_property
    def _fonts(self) -> NDArray[np.int64]:
        """The font of each character, [n]: asked once for the characters of one object that follow each other."""
        firsts = np.flatnonzero(np.diff(self._objects, prepend=-1))
        asked = self._objects[firsts].tolist()
        fonts = np.fromiter(map(_calls().font_of, asked), np.int64, len(asked))
        return np.repeat(fonts, np.diff(firsts, append=len(self._objects)))

    def by_font(self, indices: NDArray[np.int64]) -> Iterator[tuple[bytes, NDArray[np.int64]]]:
        """(name of a font, the places in `indices` of the characters that are set in it); a character without a font
        goes with the one before it."""
        fonts = self._fonts[indices]
        if not fonts.all():
            before = np.maximum.accumulate(np.where(fonts != 0, np.arange(len(fonts)), 0))
            fonts = fonts[before]
        named: dict[bytes, list[int]] = {}
        for font in set(fonts.tolist()):
            named.setdefault(self._name(font), []).append(font)
        for name, own in named.items():
            yield name, np.flatnonzero(np.isin(fonts, own) if len(own) > 1 else fonts == own[0])

    def name_of(self, index: int) -> bytes:
        """The name of a character's font; b"" where there is none."""
        return self._name(int(self._fonts[index]))

    def is_heavy(self, index: int) -> bool:
        """Whether the character is bold by its weight, its font's name or the way it is drawn."""
        font, shown = int(self._fonts[index]), int(self._objects[index])
        is_heavy = self._is_heavy.get(font)
        if is_heavy is None:
            weight = _calls().weight_at(self.textpage.raw, index)
            is_heavy = self._is_heavy[font] = weight >= BOLD or is_heavy_name(self._name(font))
        return is_heavy or shown != 0 and _calls().mode_of(shown) == _calls().outlined

    def _name(self, font: int) -> bytes:
        if font and font not in self._names:
            calls = _calls()
            length = calls.name_of(font, calls.room, _MOST_LETTERS)  # of what it would write, had it the room
            self._names[font] = calls.room.value if length <= _MOST_LETTERS else b""
        return self._names.get(font, b"")


class _Calls(NamedTuple):
    """Functions of pdfium without the checks of argument types, as in glyphs.py; room for a font's name."""

    object_at: Any
    font_of: Any
    name_of: Any
    weight_at: Any
    mode_of: Any
    outlined: int
    room: Any


@lru_cache(maxsize=1)
def _calls() -> _Calls:
    from pypdfium2 import raw

    def bare(function: Any, *types: Any) -> Any:
        return ctypes.PYFUNCTYPE(*types)(ctypes.cast(function, ctypes.c_void_p).value or 0)

    address = ctypes.c_size_t  # as a number, 0 for none
    return _Calls(
        bare(raw.FPDFText_GetTextObject, address), bare(raw.FPDFTextObj_GetFont, address, address),
        bare(raw.FPDFFont_GetBaseFontName, ctypes.c_size_t, address, ctypes.c_char_p, ctypes.c_size_t),
        bare(raw.FPDFText_GetFontWeight, ctypes.c_int),
        bare(raw.FPDFTextObj_GetTextRenderMode, ctypes.c_int, address),
        raw.FPDF_TEXTRENDERMODE_FILL_STROKE, ctypes.create_string_buffer(_MOST_LETTERS))
