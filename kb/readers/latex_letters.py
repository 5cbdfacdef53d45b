"""Letters with accents, as TeX writes them.

Reads: source at an accent.  Gives: the composed letter.
"""

from __future__ import annotations

import re
import unicodedata

ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "c": "\u0327", "k": "\u0328", "d": "\u0323",
    "b": "\u0331", "t": "\u0361", "G": "\u030f", "U": "\u030e",
}
_SPECIAL = {"i": "i", "j": "j", "ae": "æ", "AE": "Æ", "o": "ø", "O": "Ø", "oe": "œ", "l": "ł", "aa": "å", "AA": "Å"}
_LETTER = re.compile(r"\s*(?:\{\s*(?:\\(?P<in>[A-Za-z]{1,2})\s*|(?P<inside>[^\W\d_]+))(?:\{\})?\s*\}"
                     r"|\{\s*\\(?P<second>[`'^\"~=.])\s*(?:\{(?P<base>[A-Za-z])\}|(?P<bare>[A-Za-z]))\s*\}"
                     r"|\\(?P<name>ae|AE|aa|AA|oe|[ijoOl])(?![A-Za-z])(?:\{\}|[ ])?|(?P<letter>[^\W\d_]))")


def accented(tex: str, accent: str, position: int) -> tuple[str, int] | None:
    """(letter with the accent, where it ends); None if no letter follows, as after a command that only looks like
    one."""
    found = _LETTER.match(tex, position)
    if found is None:
        return None
    if accent.isalpha() and found["letter"] and tex[position:position + 1] not in " \t":
        return None  # \cat is no c with a cedilla
    if found["second"]:
        letter = (found["base"] or found["bare"]) + ACCENTS[found["second"]] + ACCENTS[accent]
        return unicodedata.normalize("NFC", letter), found.end()
    name = found["in"] or found["name"]
    if name is not None and name not in _SPECIAL:
        return None
    letters = _SPECIAL[name] if name is not None else found["inside"] or found["letter"]
    text = unicodedata.normalize("NFC", letters[0] + ACCENTS[accent]) + letters[1:]
    return (unicodedata.normalize("NFC", letters[0] + ACCENTS[accent] + letters[1:]) if accent == "t" else text,
            found.end())
