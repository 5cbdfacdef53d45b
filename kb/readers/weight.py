"""Whether a font is a heavy one by its weight or its name, and which face a character of a PDF is set in.

The weight that pdfium tells comes from the font's stems and is missing for many Chinese fonts: their names tell. Used
by faces.py and glyphs.py.
"""

from __future__ import annotations

import ctypes
import re
from functools import lru_cache
from typing import Any, NamedTuple

BOLD = 600  # weight
_NAMES = re.compile(
    r"bold|black|heavy|semibold|demi|-?medi\b|cmbx|cmssbx|sfbx|ecbx|simhei|heiti|stheiti|fandolhei|黑体|gothicbb"
    r"|(?<!ya)hei(?:-|$)"
    # Founder's names in the files of Chinese journals: HT is Hei, DHT and CHT are heavier, E-HZ and E-HX Latin ones
    r"|(?:^|\+)(?:fz)?[dc]?ht[jk]?\d*(?:[-+j]|$)|(?:^|\+)e-h[zx]\d*(?:[-+]|$)", re.IGNORECASE)
_MOST_LETTERS = 128
_SLANTS = 64  # of a font's flags
_BLACK = 150  # red, green and blue together: what is darker is no colour of its own


def face_of(textpage: Any, index: int) -> str:
    """The face of a character: its font's name, "/" if that slants, "+" if it is drawn outlined, and its colour if that
    is not black. Subsets of one font are one."""
    calls = _calls()
    calls.font_at(textpage.raw, index, calls.room, _MOST_LETTERS, calls.flags_place)
    face = _plain_name(calls.room.value) + ("/" if calls.flags.value & _SLANTS else "")
    shown = calls.object_at(textpage.raw, index)
    if shown and calls.mode_of(shown) == calls.outlined:
        face += "+"
    if calls.color_at(textpage.raw, index, *calls.color_places):
        red, green, blue, _ = (part.value for part in calls.color)
        face += f"#{red // 16:x}{green // 16:x}{blue // 16:x}" if red + green + blue > _BLACK else ""
    return face


class _Calls(NamedTuple):
    """Functions of pdfium without the checks of argument types, as in glyphs.py; room for a font's name."""

    font_at: Any
    object_at: Any
    mode_of: Any
    color_at: Any
    outlined: int
    room: Any
    flags: Any
    flags_place: Any
    color: tuple[Any, ...]
    color_places: tuple[Any, ...]


@lru_cache(maxsize=1)
def _calls() -> _Calls:
    from pypdfium2 import raw

    def bare(function: Any, *types: Any) -> Any:
        return ctypes.PYFUNCTYPE(*types)(ctypes.cast(function, ctypes.c_void_p).value or 0)

    page, index, size = ctypes.c_void_p, ctypes.c_int, ctypes.c_ulong
    flags, color = ctypes.c_int(), tuple(ctypes.c_uint() for _ in range(4))
    return _Calls(
        bare(raw.FPDFText_GetFontInfo, size, page, index, ctypes.c_char_p, size, ctypes.c_void_p),
        bare(raw.FPDFText_GetTextObject, ctypes.c_void_p, page, index),
        bare(raw.FPDFTextObj_GetTextRenderMode, ctypes.c_int, ctypes.c_void_p),
        bare(raw.FPDFText_GetFillColor, ctypes.c_int, page, index, *[ctypes.c_void_p] * 4),
        raw.FPDF_TEXTRENDERMODE_FILL_STROKE, ctypes.create_string_buffer(_MOST_LETTERS), flags, ctypes.byref(flags),
        color, tuple(ctypes.byref(part) for part in color))


@lru_cache(maxsize=256)
def is_heavy_name(name: bytes) -> bool:
    """Whether a font is a heavy one by its name."""
    return _NAMES.search(_decoded(name)) is not None


@lru_cache(maxsize=256)
def _plain_name(name: bytes) -> str:
    return re.sub(r"^[A-Z]{6}\+", "", _decoded(name))[:40]


def _decoded(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("gb18030", "replace")
