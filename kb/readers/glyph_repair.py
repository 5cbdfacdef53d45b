"""Characters mended by where they stand: those printed twice, and accents set apart from their letters.

Reads: Glyphs.  Gives: Glyphs, and the marks that belong to single characters. Used by placed.py.
"""

from __future__ import annotations

import unicodedata

import numpy as np

from kb.readers.glyphs import IN_WORD, Flags, Glyphs, Integers

# what is printed beside or over a letter -> the combining mark
_MARKS = {
    "¨": "\u0308", "´": "\u0301", "`": "\u0300", "ˆ": "\u0302", "^": "\u0302", "˜": "\u0303", "~": "\u0303",
    "ˇ": "\u030c", "˘": "\u0306", "˙": "\u0307", "˝": "\u030b", "¯": "\u0304", "ˉ": "\u0304", "˚": "\u030a",
    "¸": "\u0327", "˛": "\u0328", "ˊ": "\u0301", "ˋ": "\u0300", "⃗": "\u20d7"
}
_MARK_OF_CODE = {ord(letter): mark for letter, mark in _MARKS.items()}
_IS_ACCENT = np.isin(np.arange(0x10000), [*_MARK_OF_CODE, *range(0x300, 0x370), 0x20D7])
_DOTLESS = {"ı": "i", "ȷ": "j"}
_SAME_PLACE = 0.4  # of a character's width: two of one letter so near are one, printed twice to be bold


# A large bracket is made of pieces, one above the other: the uppermost stands for all, the others are left out. Adobe's
# numbers for them, and Unicode's.
_BRACKETS = {
    "(": ("\uf8eb\u239b", "\uf8ec\uf8ed\u239c\u239d"), ")": ("\uf8f6\u239e", "\uf8f7\uf8f8\u239f\u23a0"),
    "[": ("\uf8ee\u23a1", "\uf8ef\uf8f0\u23a2\u23a3"), "]": ("\uf8f9\u23a4", "\uf8fa\uf8fb\u23a5\u23a6"),
    "{": ("\uf8f1\u23a7", "\uf8f2\uf8f3\uf8f4\u23a8\u23a9\u23aa"), "}": ("\uf8fc\u23ab", "\uf8fd\uf8fe\u23ac\u23ad")
}
_WHOLE = {ord(piece): ord(bracket) for bracket, (tops, _) in _BRACKETS.items() for piece in tops}
_PARTS = np.array([ord(piece) for _, rest in _BRACKETS.values() for piece in rest])


def with_whole_brackets(glyphs: Glyphs) -> Glyphs:
    """With one bracket for the pieces that a large one is made of."""
    is_piece = (glyphs.codes >= 0xF8EB) & (glyphs.codes <= 0xF8FE) | (glyphs.codes >= 0x239B) & (glyphs.codes <= 0x23AD)
    if not is_piece.any():
        return glyphs
    codes = glyphs.codes.copy()
    for i in np.flatnonzero(is_piece).tolist():
        codes[i] = _WHOLE.get(int(codes[i]), int(codes[i]))
    return glyphs._replace(codes=codes).only(~np.isin(codes, _PARTS))


def without_doubles(glyphs: Glyphs) -> Glyphs:
    """Without the characters that stand on another of their kind, as bold is made by printing twice."""
    ink = np.flatnonzero((glyphs.kinds == IN_WORD) & (glyphs.right > glyphs.left))
    if len(ink) < 2 or not _may_be_doubled(glyphs, ink):
        return glyphs
    heights = glyphs.top[ink] - glyphs.bottom[ink]
    lines = np.rint(glyphs.y[ink] / np.maximum(0.25 * heights, 0.1))
    order = np.lexsort((glyphs.x[ink], lines, glyphs.codes[ink]))
    before, after = ink[order[:-1]], ink[order[1:]]
    widths = glyphs.right[before] - glyphs.left[before]
    is_twice = (
        (glyphs.codes[before] == glyphs.codes[after])
        & (glyphs.x[after] - glyphs.x[before] < _SAME_PLACE * widths)
        & (glyphs.x[after] >= glyphs.x[before])
        & (np.abs(glyphs.y[after] - glyphs.y[before]) < 0.2 * heights[order[:-1]])
        & (np.abs(glyphs.right[after] - glyphs.left[after] - widths) < 0.1 * widths)
        # the two letters of one glyph, the ligature "ff", have one place
        & ~((glyphs.codes[before] == ord("f")) & (np.abs(after - before) == 1) & (glyphs.x[after] == glyphs.x[before]))
    )
    if not is_twice.any():
        return glyphs
    keeps = np.ones(len(glyphs.codes), np.bool_)
    keeps[np.maximum(before, after)[is_twice]] = False
    return glyphs.only(keeps)


def _may_be_doubled(glyphs: Glyphs, ink: Integers) -> bool:
    """Whether a character follows itself in one place, or two words begin in one: asked without sorting the page."""
    widths = glyphs.right[ink] - glyphs.left[ink]
    is_near = np.abs(np.diff(glyphs.x[ink])) < _SAME_PLACE * widths[1:]
    if (is_near & (np.diff(glyphs.codes[ink].astype(np.int64)) == 0) & (np.diff(glyphs.x[ink]) != 0)).any():
        return True
    begins = ink[np.concatenate(([True], np.diff(ink) > 1))]
    order = np.lexsort((glyphs.x[begins], glyphs.codes[begins]))
    first, second = begins[order[:-1]], begins[order[1:]]
    near = 0.25 * (glyphs.top[first] - glyphs.bottom[first])
    return bool(((glyphs.codes[first] == glyphs.codes[second])
                 & (np.abs(glyphs.x[first] - glyphs.x[second]) < near)
                 & (np.abs(glyphs.y[first] - glyphs.y[second]) < near)).any())


def with_accents(glyphs: Glyphs) -> tuple[Glyphs, dict[int, str]]:
    """(the characters without accents that stand over or under a letter, the letter's index there -> what it is with
    its accent). TeX prints them one by one, the accent before or after its letter, or at the end of the word."""
    accents = np.flatnonzero(_IS_ACCENT[np.minimum(glyphs.codes, 0xFFFF)] & (glyphs.kinds == IN_WORD))
    if not len(accents):
        return glyphs, {}
    is_letter = glyphs.kinds == IN_WORD
    is_letter[accents] = False
    is_letter &= glyphs.right > glyphs.left
    found: dict[int, str] = {}
    keeps = np.ones(len(glyphs.codes), np.bool_)
    for accent in accents.tolist():
        letter = _letter_of(glyphs, accent, is_letter)
        if letter is None:
            continue
        base = found.get(letter) or chr(int(glyphs.codes[letter]))
        code = int(glyphs.codes[accent])
        mark = _MARK_OF_CODE.get(code, chr(code))
        found[letter] = unicodedata.normalize("NFC", _DOTLESS.get(base, base) + mark)
        keeps[accent] = False
        _take_space(glyphs, accent, keeps)
    places = np.cumsum(keeps) - 1
    return glyphs.only(keeps), {int(places[letter]): text for letter, text in found.items()}


def _letter_of(glyphs: Glyphs, accent: int, is_letter: Flags) -> int | None:
    """The letter that this accent stands over or under."""
    near = slice(max(0, accent - 400), accent + 400)
    height = max(0.1, float(glyphs.top[accent] - glyphs.bottom[accent]))
    middles = (glyphs.left[near] + glyphs.right[near]) / 2
    away = np.abs(middles - (glyphs.left[accent] + glyphs.right[accent]) / 2)
    rise = (glyphs.y[accent] - glyphs.y[near]) / height
    widths = glyphs.right[near] - glyphs.left[near]
    fits = is_letter[near] & (away < np.maximum(0.5 * widths, 0.2 * height)) & (rise > -0.12) & (rise < 0.6)
    if glyphs.right[accent] <= glyphs.left[accent]:  # a combining mark without a width follows its letter
        fits |= is_letter[near] & (np.arange(len(middles)) == accent - near.start - 1)
    places = np.flatnonzero(fits)
    if not len(places):
        return None
    best = int(places[np.argmin(away[places] + 0.01 * np.abs(places - (accent - near.start)))]) + near.start
    return best if chr(int(glyphs.codes[best])).isalpha() else None


def _take_space(glyphs: Glyphs, accent: int, keeps: Flags) -> None:
    """Without the spaces and line ends that pdfium puts round an accent, where there is none to be seen."""
    n = len(keeps)
    before = accent - 1
    while before >= 0 and glyphs.kinds[before] != IN_WORD:
        before -= 1
    after = accent + 1
    while after < n and glyphs.kinds[after] != IN_WORD:
        after += 1
    if before < 0 or after >= n or (before == accent - 1 and after == accent + 1):
        return
    height = float(glyphs.top[accent] - glyphs.bottom[accent])
    gap = float(glyphs.x[after] - glyphs.right[before])
    if abs(glyphs.y[after] - glyphs.y[before]) < 0.1 * height and -0.3 * height < gap < 0.12 * height:
        keeps[before + 1:after] = False
