"""Fonts that do not say what their letters are, found by counting what they say.

Reads: Glyphs of the pages of one document, in order.  Gives: Glyphs with the letters these fonts really show where that
is proved by the text, and U+FFFD where it is not. Used by placed.py; legible.py judges whole pages.

    in order of use    codes 33, 34, 35, … for the first, second, third letter of the text: they name none
    Founder's italics  Latin letters and digits in row A0 of GBK, where rare characters are: 犃 is A, 牥 is 0
    shifted            characters of a far-off script, all equally far from frequent Chinese ones
    many scripts       letters of four alphabets that no language uses together
    one row            Latin letters with one high byte before each: 朲朰 is 20
    rare               Chinese characters of which hardly any is in use
    flat               a digit that is drawn as a dash
    symbols            signs of Word's symbol fonts, told as private-use characters: those of symbol_fonts.py
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice, pairwise
from typing import Any

import numpy as np

from kb.readers.faces import Faces
from kb.readers.glyphs import IN_WORD, Glyphs, Integers
from kb.readers.legible import COMMON_HAN
from kb.readers.symbol_fonts import table_of
from kb.readers.tex_symbols import as_symbols

UNKNOWN = 0xFFFD
_FIRST_PLACE = 0xF000
_MOST_LETTERS = 128
_LEAST_ORDERED = 8  # letters: so many in order of their codes are no accident
_LEAST_SHARE = 0.8  # of neighbours in that order that are one code apart
_FIRST_CODES = range(0x20, 0x25)  # such codes begin right after the control characters
_LEAST_SHIFTED = 12  # different characters: fewer prove no distance
_LEAST_IN_USE = 0.95  # of them are characters in use at the right distance; at the wrong ones it is seven in ten
_LEAST_COMMON = 0.2  # share of a shifted text that is of the most frequent characters; in any Chinese it is two fifths
_LEAST_SCRIPTS = 4
_MOST_PAGES = 40
_LEAST_OF_ROW, _LEAST_RARE_OF_ROW = 8, 0.3  # different characters; share of them that GB 2312 does not have
_PROBE = 40  # characters: so many of a font that has more than a few show it
_FEW, _FLAT = 3, 0.5  # characters of a font on a page; height to width, which is above 1 for every digit
_LEAST_RARE = 0.6  # of a font's Chinese characters
_SCRIPTS_IN_USE = ("LATIN", "GREEK", "CYRILLIC", "HANGUL", "COMBINING")
_SIGNS = range(0x2000, 0x2E80)
_FIRST_ODD = 0x180  # characters below are what any font may show
_BLOCKS = (range(_FIRST_ODD, 0x250), range(0x370, 0x2000), range(0xAB30, 0xAC00))  # of letters


class FontMaps:
    """What the fonts of a document have shown on the pages read so far."""

    def __init__(self, document: Any) -> None:
        """document: of pypdfium2."""
        self._document = document
        self._orders: dict[bytes, list[int]] = {}
        self._strange: dict[bytes, Counter[int]] | None = None
        self._distances: dict[bytes, int | None] = {}
        self._bytes: dict[bytes, int] = {}  # of fonts of Latin letters: the high byte that is not theirs
        self._is_italic: set[bytes] = set()

    def mended(self, glyphs: Glyphs, faces: Faces) -> Glyphs:
        """The characters of the next page, with what their fonts really show."""
        ink = np.flatnonzero(glyphs.kinds == IN_WORD)
        codes = glyphs.codes.copy()
        for font, chosen in faces.by_font(glyphs.indices[ink]):
            own = ink[chosen]
            shown = self._shown(font, codes[own])
            for code in _flat_digits(faces.textpage, glyphs.indices[own], shown):
                shown = np.where(shown == code, ord("-"), shown)
            codes[own] = shown
        return glyphs._replace(codes=codes)

    def _shown(self, font: bytes, codes: Integers) -> Integers:
        """What the characters of one font on a page show."""
        codes = _named(font, as_symbols(font, codes))
        order = self._orders.setdefault(font, [])
        counts = Counter(codes.tolist())  # in order of use
        known = set(order)
        order += [code for code in counts if code not in known]
        if _is_by_use(order):
            return np.full_like(codes, UNKNOWN)
        if font not in self._is_italic and font not in self._bytes and max(counts) < _FIRST_ODD:
            return codes
        if font in self._is_italic or _is_italic(counts):
            self._is_italic.add(font)
            return np.array([_ITALICS.get(code, code) for code in codes.tolist()], codes.dtype)
        if font in self._bytes or _is_of_one_row(counts):
            if font not in self._bytes:
                self._bytes[font] = next(filter(_is_han, counts)) >> 8
            row = self._bytes[font]
            return np.where(codes >> 8 == row, codes & 0xFF, codes)
        if any(map(_script_of, counts)):
            codes = self._unshifted(font, codes)
            counts = Counter(codes.tolist())
        return np.full_like(codes, UNKNOWN) if _is_rare(counts) else codes

    def _unshifted(self, font: bytes, codes: Integers) -> Integers:
        """What the characters of a font show that has strange ones: themselves, where these are of few scripts."""
        if self._strange is None:
            self._strange = self._counted()
            self._distances = {name: _distance(counts) for name, counts in self._strange.items()}
        distance = self._distances.get(font)
        if distance is None and _n_scripts(self._strange.get(font, Counter(codes.tolist()))) < _LEAST_SCRIPTS:
            return codes
        return np.array([_unshifted(code, distance) for code in codes.tolist()], codes.dtype)

    def _counted(self) -> dict[bytes, Counter[int]]:
        """How often each font of the document has which strange character on its first pages: those of one page may be
        too few to prove anything."""
        found: dict[bytes, Counter[int]] = {}
        for page in islice(self._document, _MOST_PAGES):
            textpage = page.get_textpage()
            text = textpage.get_text_range(errors="ignore")
            if any(_script_of(ord(character)) for character in set(text)):
                codes = np.array(_codes_of(textpage, range(textpage.count_chars())), np.int64)
                for font, own in Faces(textpage).by_font(np.arange(len(codes))):
                    strange = {code: n for code, n in Counter(codes[own].tolist()).items() if _script_of(code)}
                    if strange:
                        found.setdefault(font, Counter()).update(strange)
            textpage.close()
            page.close()
        return found


def _named(font: bytes, codes: Integers) -> Integers:
    """With the signs of Word's symbol fonts, whose places are told as private-use characters."""
    places = np.flatnonzero((codes >= _FIRST_PLACE) & (codes < _FIRST_PLACE + 0x100))
    table = table_of(font.decode("latin-1")) if len(places) else {}
    if not table:
        return codes
    shown = codes.copy()
    signs = {code: ord(table.get(code - _FIRST_PLACE, chr(code))) for code in set(codes[places].tolist())}
    shown[places] = [code if signs[code] == UNKNOWN else signs[code] for code in codes[places].tolist()]
    return shown


def _flat_digits(textpage: Any, indices: Integers, codes: Integers) -> list[int]:
    """Which digits of a font that has few characters are drawn as a dash."""
    if len(set(codes[:_PROBE].tolist())) > _FEW:
        return []
    known = dict(zip(codes.tolist(), indices.tolist(), strict=True))
    if len(known) > _FEW:
        return []
    found = []
    for code, index in known.items():
        if ord("0") <= code <= ord("9"):
            left, bottom, right, top = textpage.get_charbox(index)
            if 0 < top - bottom < _FLAT * (right - left):
                found.append(code)
    return found


def _is_by_use(order: list[int]) -> bool:
    """Whether codes that occur in this order were given one after the other as the letters came."""
    if len(order) < _LEAST_ORDERED or min(order) not in _FIRST_CODES:
        return False
    n_next = sum(second - first == 1 for first, second in pairwise(order))
    return n_next >= _LEAST_SHARE * (len(order) - 1)


# --- Founder's italics


def _italics() -> dict[int, int]:
    found = {}
    for low in range(0xA1, 0xFF):
        found[ord(bytes((0xA0, low)).decode("gbk"))] = low - 0x80
    return found


_ITALICS = _italics()  # character of row A0 -> ASCII


def _is_italic(counts: Counter[int]) -> bool:
    """Whether characters of a font are nothing but those of row A0, of which no text has many."""
    shown = [code for code in counts if code >= 0x4E00]
    return len(shown) >= 2 and all(code in _ITALICS for code in shown)


def _is_of_one_row(counts: Counter[int]) -> bool:
    """Whether Latin letters have got one high byte, that of another font: Chinese characters of one row, all where
    ASCII has its signs, of which many are in no use."""
    different = list(filter(_is_han, counts))
    if len(different) < _LEAST_OF_ROW or len({code >> 8 for code in different}) > 1:
        return False
    if 4 * sum(map(counts.__getitem__, different)) < 3 * counts.total():
        return False
    n_rare = sum(not _is_in_use(code, ("gb2312", )) for code in different)
    return all(0x21 <= code & 0xFF <= 0x7E for code in different) and n_rare >= _LEAST_RARE_OF_ROW * len(different)


def _is_han(code: int) -> bool:
    return 0x3400 <= code <= 0x9FFF


# --- characters that are equally far from what they show


@lru_cache(maxsize=8192)
def _script_of(code: int) -> str:
    """The script of a letter by its name in Unicode; "" for one that any text may have."""
    if not any(code in block for block in _BLOCKS):
        return ""
    script = unicodedata.name(chr(code), "UNASSIGNED").split(" ")[0]
    return "" if script in _SCRIPTS_IN_USE and code < 0x1C80 and code not in _BLOCKS[0] else script


def _n_scripts(counts: Counter[int]) -> int:
    return len({_script_of(code) for code in counts})


def _distance(counts: Counter[int]) -> int | None:
    """How far strange characters are from the Chinese ones they show, where one distance makes a text of them all.

    Of the places of Chinese characters in Unicode three in ten are those of GB 2312. Twelve that fall there all
    together are no accident, among the few thousand distances that make some of them frequent ones."""
    if len(counts) < _LEAST_SHIFTED:
        return None
    codes, n = np.array(list(counts)), np.array(list(counts.values()))
    distances, which = np.unique(_common_codes()[None] - codes[:, None], return_inverse=True)
    common = np.bincount(which.ravel(), np.repeat(n, len(_common_codes())))  # [distance]: characters that are frequent
    best, share = 0, 0.0
    for distance in distances[common >= _LEAST_COMMON * n.sum()].tolist():
        in_use = sum(_is_in_use(code + distance, ("gb2312", )) for code in counts) / len(counts)
        best, share = max((best, share), (distance, in_use), key=lambda found: found[1])
    return best if share >= _LEAST_IN_USE else None


def _unshifted(code: int, distance: int | None) -> int:
    """What a character shows in a font whose strange ones are so far off, or that has no such distance. A sign that no
    Chinese font has is one of them."""
    is_letter = any(code in block for block in _BLOCKS)
    if not is_letter and (distance is None or code not in _SIGNS or len(chr(code).encode("gb18030")) == 2):
        return code
    if distance is None:
        return UNKNOWN
    is_proved = _is_in_use(code + distance, ("gb2312", ))
    return code + distance if is_proved else UNKNOWN if _script_of(code) else code


@lru_cache(maxsize=1)
def _common_codes() -> Integers:
    return np.array([ord(han) for han in sorted(COMMON_HAN)])


# --- rare characters


@lru_cache(maxsize=32768)
def _is_in_use(code: int, encodings: tuple[str, ...] = ("gb2312", "big5", "euc_jp", "euc_kr")) -> bool:
    """Whether a standard of daily use has the character: of China, Taiwan or Hong Kong, Japan, Korea."""
    if not 0x3400 <= code <= 0x9FFF:
        return False
    for encoding in encodings:
        try:
            if encoding != "euc_jp" or len(chr(code).encode(encoding)) == 2:
                chr(code).encode(encoding)
                return True
        except (UnicodeEncodeError, ValueError):
            continue
    return False


def _is_rare(counts: Counter[int]) -> bool:
    """Whether most of a font's characters are Chinese ones that nobody uses."""
    rare = [code for code in counts if _is_han(code) and not _is_in_use(code)]
    if len(rare) < 5:
        return False
    n_han = sum(n for code, n in counts.items() if _is_han(code))
    return sum(map(counts.__getitem__, rare)) >= _LEAST_RARE * n_han and 2 * n_han > counts.total()


# --- calls


def _codes_of(textpage: Any, indices: Iterable[int]) -> list[int]:
    from pypdfium2 import raw

    return [raw.FPDFText_GetUnicode(textpage.raw, i) for i in indices]
