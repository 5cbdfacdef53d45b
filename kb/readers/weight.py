"""Whether a character of a PDF is set in a heavy face.

The weight that pdfium tells comes from the font's stems and is missing for many Chinese fonts: their names tell, and
words that are drawn filled and outlined are as heavy as bold ones.
"""

from __future__ import annotations

import ctypes
import re
from functools import lru_cache
from typing import Any

_BOLD = 600
_NAMES = re.compile(
    r"bold|black|heavy|semibold|demi|-?medi\b|cmbx|cmssbx|sfbx|ecbx|simhei|heiti|stheiti|fandolhei|黑体|gothicbb"
    r"|(?<!ya)hei(?:-|$)", re.IGNORECASE)
_MOST_LETTERS = 128


def is_heavy(textpage: Any, index: int) -> bool:
    """Whether the character is bold by its weight, its font's name or the way it is drawn."""
    from pypdfium2 import raw

    if raw.FPDFText_GetFontWeight(textpage.raw, index) >= _BOLD:
        return True
    room = ctypes.create_string_buffer(_MOST_LETTERS)
    raw.FPDFText_GetFontInfo(textpage.raw, index, room, _MOST_LETTERS, None)
    if _is_heavy_name(room.value):
        return True
    shown = raw.FPDFText_GetTextObject(textpage.raw, index)
    return bool(shown) and raw.FPDFTextObj_GetTextRenderMode(shown) == raw.FPDF_TEXTRENDERMODE_FILL_STROKE


@lru_cache(maxsize=256)
def _is_heavy_name(name: bytes) -> bool:
    return _NAMES.search(name.decode("utf-8", "replace")) is not None
