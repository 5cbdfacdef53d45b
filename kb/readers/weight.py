"""Whether a face is a heavy one, by its weight or its font's name. Used by faces.py.

The weight that pdfium tells comes from the font's stems and is missing for many Chinese fonts: their names tell.
"""

from __future__ import annotations

import re
from functools import lru_cache

BOLD = 600  # weight
_NAMES = re.compile(
    r"bold|black|heavy|semibold|demi|-?medi\b|cmbx|cmssbx|sfbx|ecbx|simhei|heiti|stheiti|fandolhei|黑体|gothicbb"
    r"|(?<!ya)hei(?:-|$)"
    # Founder's names in the files of Chinese journals: HT is Hei, DHT and CHT are heavier, E-HZ and E-HX Latin ones
    r"|(?:^|\+)(?:fz)?[dc]?ht[jk]?\d*(?:[-+j]|$)|(?:^|\+)e-h[zx]\d*(?:[-+]|$)", re.IGNORECASE)


@lru_cache(maxsize=256)
def is_heavy_name(name: bytes) -> bool:
    """Whether a font is a heavy one by its name."""
    try:
        words = name.decode()
    except UnicodeDecodeError:
        words = name.decode("gb18030", "replace")
    return _NAMES.search(words) is not None
