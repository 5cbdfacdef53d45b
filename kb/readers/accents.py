"""Accents of TeX's fonts that stand by themselves, joined to their letters.

Reads: a text.  Gives: the same, with "na¨ıve" as "naïve".
"""

from __future__ import annotations

import re
import unicodedata

# As combining ones: before their letter, cedilla and ogonek on
# either side of theirs.
_ACCENTS = {"¨": "\u0308", "´": "\u0301", "`": "\u0300", "ˆ": "\u0302", "˜": "\u0303", "ˇ": "\u030c", "˘": "\u0306",
            "˙": "\u0307", "˚": "\u030a", "˝": "\u030b", "¯": "\u0304", "¸": "\u0327", "˛": "\u0328"}
_DOTLESS = str.maketrans("ıȷ", "ij")
# An acute is an apostrophe in "it´s" and "l´art", a grave a mark of code where a second one follows.
_APART = re.compile(r"(?<=[^\W\d_])(?:(?!´s\b|(?<=\b[ldj])´[aou])(?:´|[¨ˆ˜ˇ˘˙˚˝¯] ?)|"
                    r"`(?=[aeiouAEIOU])(?!\S*`))[A-Za-zıȷ]|"
                    r"(?<![^\s(\[“‘-])(?!´[a-z].{0,60}´)[¨´ˆ˜ˇ˘˙˚˝¯](?: (?=[A-Z]))?[A-Za-zıȷ]|"
                    r"[cstCST]¸|[aeiuAEIU]˛|(?<=[^\W\d_])(?:¸ ?[cstCST]|˛ ?[aeiuAEIU])")


def join_accents(text: str) -> str:
    """The text with each accent that a font of TeX set apart from its letter joined to it: "na¨ıve" is "naïve",
    "Franc¸ois" "François". An accent that makes no one character with its letter stays where it is."""
    return text if text.isascii() and "`" not in text else _APART.sub(_joined, text)


def _joined(found: re.Match[str]) -> str:
    letter, accent = sorted(found.group().replace(" ", ""), key=lambda sign: sign in _ACCENTS)
    one = unicodedata.normalize("NFC", letter.translate(_DOTLESS) + _ACCENTS[accent])
    return one if len(one) == 1 else found.group()
