"""Characters of the symbol fonts of Word and of what prints from it, by the places they have there.

Reads: the name of a font and a place in it.  Gives: the Unicode character. Symbol is whole (Adobe's encoding of it); of
the Wingdings, what texts use: boxes, marks, arrows, stars and digits in circles.
"""

from __future__ import annotations

import re

UNKNOWN = "\ufffd"
_SYMBOL_LOW = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼")
_SYMBOL_HIGH = (
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐—↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊⟨®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪"
    "\ufffd⟩∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭")
_SYMBOL = dict(enumerate(_SYMBOL_LOW, 0x20)) | dict(enumerate(_SYMBOL_HIGH, 0xA0))
_WINGDINGS = {
    0x22: "✂", 0x28: "☎", 0x2A: "✉", 0x4A: "☺", 0x4C: "☹", 0x6C: "●", 0x6D: "❍", 0x6E: "■", 0x6F: "□", 0x70: "□",
    0x71: "❑", 0x72: "❒", 0x73: "⬧", 0x74: "⧫", 0x75: "◆", 0x76: "❖", 0x77: "⬥", 0x9E: "·", 0x9F: "•", 0xA0: "▪",
    0xA1: "○", 0xA2: "⭕", 0xA4: "◉", 0xA7: "▪", 0xA8: "◻", 0xAB: "★", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑",
    0xE2: "↓", 0xE3: "↖", 0xE4: "↗", 0xE5: "↙", 0xE6: "↘", 0xE7: "⬅", 0xE8: "➔", 0xE9: "⬆", 0xEA: "⬇", 0xEF: "⇦",
    0xF0: "⇨", 0xF1: "⇧", 0xF2: "⇩", 0xF3: "⬄", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
} | {0x80 + n: chr(0x2460 + n - 1) for n in range(1, 11)} | {0x8B + n: chr(0x2776 + n - 1) for n in range(1, 11)} | {
    0x80: "⓪", 0x8B: "⓿"}
_WINGDINGS_2 = {
    0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x97: "●", 0xA2: "▪", 0xA3: "□", 0xAE: "◆",
} | {0x6A + n: chr(0x2460 + n - 1) for n in range(1, 11)} | {0x69: "⓪"}
_WINGDINGS_3 = {0x66: "←", 0x67: "→", 0x68: "↑", 0x69: "↓", 0x70: "▲", 0x71: "▼", 0x74: "◀", 0x75: "▶", 0x7D: "▶"}
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2, "wingdings 3": _WINGDINGS_3}


def symbol(font: str, place: int) -> str:
    """The character at a place of a font, U+FFFD if it is not known. Places from U+F000 are those of symbol fonts."""
    inner = place - 0xF000 if 0xF000 <= place <= 0xF0FF else place
    table = _FONTS.get(font.lower())
    if table is not None:
        return table.get(inner, UNKNOWN)
    return UNKNOWN if 0xE000 <= place <= 0xF8FF or not 0x20 <= place <= 0x10FFFF else chr(place)


def unmapped(font: str, text: str) -> str:
    """Text of a run with what a symbol font means in the place of private-use characters."""
    if not any("\uf000" <= character <= "\uf0ff" for character in text):
        return text
    known = font if font.lower() in _FONTS else "Symbol"  # the font that Word falls back to for these
    return "".join(symbol(known, ord(c)) if "\uf000" <= c <= "\uf0ff" else c for c in text)


def table_of(font: str) -> dict[int, str]:
    """What a font of a PDF shows at its places, by the name it has there; nothing if it is none of these."""
    name = re.sub(r"^[A-Z]{6}\+", "", font).lower()
    found = re.fullmatch(r"(?:segoe ui )?(symbol|wingdings)(?:mt)?[ -]?([23]?)(?:[,-].*)?", name)
    return _FONTS.get(" ".join(part for part in found.groups() if part), {}) if found else {}
