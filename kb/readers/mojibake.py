"""What a file declares in UTF-8 that a program took for cp1252, decoded back: "driversâ€™" is "drivers’".

Reads: a title, a name.  Gives: the same as it was written. Letters that could have been meant so stay: "ANDRÉ’S".
"""

from __future__ import annotations

import re

_ONE_BYTE = {bytes([byte]).decode("cp1252", "ignore") or chr(byte): byte for byte in range(0x80, 0x100)}
_BEHIND = "".join(re.escape(letter) for letter, byte in _ONE_BYTE.items() if byte < 0xC0)
# Â and Ã before a sign stand in no word; another capital is a word's own unless a small letter is before it
_TWO = rf"(?:[ÂÃ]|(?<=[a-zß-ÿ])[Ä-ß])[{_BEHIND}]"
_MARK = rf"â[{_BEHIND}]{{2}}"
_THREE = rf"[à-ï][{_BEHIND}]{{2}}"
_LEAST_THREE = 2  # one alone may be a letter before two marks: “café”—


def decoded_back(text: str) -> str:
    """The text with what was read in the wrong encoding put right; unchanged where that gives no valid text."""
    is_several = len(re.findall(_THREE, text)) >= _LEAST_THREE
    return re.sub(f"{_THREE if is_several else _MARK}|{_TWO}", _decoded, text)


def _decoded(found: re.Match[str]) -> str:
    try:
        letter = bytes(_ONE_BYTE[letter] for letter in found.group()).decode()
    except UnicodeDecodeError:
        return found.group()
    return letter if letter.isprintable() or letter.isspace() else found.group()
