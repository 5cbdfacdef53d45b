"""How a line of a PDF is set: whether it is bold, and which faces it begins and ends in.

Reads: a line (runs.py) and its characters.  Gives: what headings are told by. Used by placed.py.
"""

from __future__ import annotations

import numpy as np

from kb.readers.glyphs import IN_WORD, Asker, Glyphs
from kb.readers.runs import Placed

_FIRST_CHINESE, _LAST_CHINESE = 0x3400, 0xA000
_BEYOND = 0x530  # the codes from here on are no Latin, Greek or Cyrillic letter
_LATIN = np.zeros(_BEYOND + 1, np.bool_)
for _first, _end in ((0x41, 0x5B), (0x61, 0x7B), (0xC0, 0x250), (0x370, _BEYOND)):
    _LATIN[_first:_end] = True


def bold_of(placed: Placed, glyphs: Glyphs, asker: Asker) -> bool:
    """Whether a line is set bold, at its beginning and at its end."""
    first, last = placed.main.first, placed.main.last + 1
    letters = glyphs.indices[first:last][glyphs.kinds[first:last] == IN_WORD]
    return asker.is_bold([*letters[:4].tolist(), *letters[max(4, len(letters) - 4):].tolist()])


def faces_of(placed: Placed, glyphs: Glyphs, asker: Asker) -> tuple[str, str]:
    """The faces in which a line begins and ends: of its Chinese characters where it has many, else of its letters."""
    first = placed.main.first
    codes = glyphs.codes[first:placed.main.last + 1]
    letters = np.flatnonzero(_LATIN[np.minimum(codes, _BEYOND)])
    chinese = np.flatnonzero((codes >= _FIRST_CHINESE) & (codes < _LAST_CHINESE))
    asked = chinese if 3 * len(chinese) > len(letters) else letters
    if not len(asked):
        return "", ""
    own = int(len(asked) > 1)  # the first letter may be another kind of capital
    return asker.face(glyphs.indices[first + asked[own]]), asker.face(glyphs.indices[first + asked[-1 - own]])
