"""Signs of TeX's mathematics that the file does not name: a prime that comes as "0", "6=" for ≠, "7→" for ↦.

Reads: the font and the codes of characters.  Gives: what they show. Used by font_maps.py and placed.py; large symbols
and brackets are those of large_symbols.py.

Pdfium gives the bare code where neither the file nor the glyph's name says more. A font of symbols in TeX's encoding
(OMS) has no digits and no small letters, so one that comes from it is a code; one of letters (OML) has no colon.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np

from kb.readers.glyphs import IN_WORD, Glyphs, Integers
from kb.readers.large_symbols import SECOND_PLACES

_SYMBOLS = re.compile(rb"(?:^|\+)(?:(?:cm|tx|px|ntx|npx|zp|mt|eu)b?sy|LMMathSymbols)\d*(?:-\w+)?$", re.IGNORECASE)
_MATHTIME = re.compile(rb"(?:^|\+)mtb?sy", re.IGNORECASE)
_ITALIC = re.compile(rb"(?:^|\+)(?:(?:cm|lm|tx|px|ntx|npx|zp|mt|eu)mi(?:b|x)?|LMMathItalic|rtxmi|rpxmi)\d*(?:-\w+)?$",
                     re.IGNORECASE)
_BLACKBOARD = re.compile(rb"(?:^|\+)ms[ab]m\d*(?:-\w+)?$", re.IGNORECASE)
_SLASH, _BAR = 0x0338, 0xF8E7  # of a negation; the foot of ↦, which Adobe's list has for the extension of an arrow
_FROM_TO = 0x21A6
# OMS by code, from "0" to "?" and from "a" on
_DIGITS = dict(zip(range(ord("0"), ord("?") + 1), [*"′∞∈∋△▽", chr(_SLASH), chr(_BAR), *"∀∃¬∅ℜℑ⊤⊥"], strict=True))
_LETTERS = dict(zip(range(ord("a"), ord("z") + 1), "⊣⌊⌋⌈⌉{}⟨⟩|∥↕⇕\\≀√∐∇∫⊔⊓⊑⊒§†‡", strict=True))
_CODES = {code: ord(sign) for code, sign in (_DIGITS | _LETTERS).items()}
# at its second place ≼ comes as "¹"; what OMS has under a name of its own as well is told by the others in the font
_LOW = "−·×∗÷⋄±∓⊕⊖⊗⊘⊙○∘∙≍≡⊆⊇≤≥≼≽∼≈⊂⊃≪≫≺≻←"
_SECOND = {code: ord(_LOW[low]) for code, low in SECOND_PLACES.items()}
_OWN_NAMES = frozenset(map(ord, "§±·¶"))
# MathTime takes its relations from the same font, so that "=" is one there; in the others ℑ has its code
_MATHTIME_CODES = {code: sign for code, sign in _CODES.items() if chr(code) not in ":;<=>?"}
# OML, the letters of formulas, has no colon and no semicolon: there stand the point and the comma of its numbers
_POINTS = {ord(":"): ord("."), ord(";"): ord(",")}
# the fonts with blackboard letters have no digits either, but relations that are negated: none that is worth its code
_NEGATED = dict.fromkeys(range(ord("0"), ord("9") + 1), 0xFFFD) | {ord("@"): ord("∄")}


def as_symbols(font: bytes, codes: Integers) -> Integers:
    """What characters of this font show: the same unless it is one of TeX's for symbols."""
    kind = _kind_of(font)
    if not kind:
        return codes
    known = {"symbols": _CODES, "mathtime": _MATHTIME_CODES, "italic": _POINTS, "blackboard": _NEGATED}[kind]
    if kind == "symbols" and np.isin(codes, [code for code in _SECOND if code not in _OWN_NAMES]).any():
        known = known | _SECOND
    is_code = np.isin(codes, list(known))
    if not is_code.any():
        return codes
    shown = codes.copy()
    shown[is_code] = [known[code] for code in codes[is_code].tolist()]
    return shown


@lru_cache(maxsize=256)
def _kind_of(font: bytes) -> str:
    if _SYMBOLS.search(font):
        return "mathtime" if _MATHTIME.search(font) else "symbols"
    if _ITALIC.search(font):
        return "italic"
    return "blackboard" if _BLACKBOARD.search(font) else ""


def with_negations(glyphs: Glyphs) -> Glyphs:
    """With one character for a relation and the slash through it, and for an arrow and its foot: TeX prints the slash
    first, without a width of its own."""
    places = np.flatnonzero((glyphs.codes == _SLASH) | (glyphs.codes == _BAR))
    if not len(places):
        return glyphs
    codes, keeps = glyphs.codes.copy(), np.ones(len(glyphs.codes), np.bool_)
    codes[codes == _BAR] = ord("|")
    for i in places.tolist():
        j = next((k for k in range(i + 1, min(i + 4, len(codes))) if glyphs.kinds[k] == IN_WORD), None)
        if j is None or abs(glyphs.y[j] - glyphs.y[i]) > 0.3 * (glyphs.top[j] - glyphs.bottom[j]):
            continue
        base = chr(int(codes[j]))
        whole = unicodedata.normalize("NFC", base + chr(_SLASH)) if codes[i] == _SLASH else ""
        if glyphs.codes[i] == _BAR and base == "→":
            whole = chr(_FROM_TO)
        if len(whole) == 1:
            codes[j], keeps[i:j] = ord(whole), False
    return glyphs._replace(codes=codes).only(keeps)
