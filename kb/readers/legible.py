"""Whether what a page's fonts say are its letters can be words at all.

Reads: the text of a page.  Gives: whether it is legible. Used by layout.py and pdf.py.

A font without a real map to Unicode gives private-use characters, or other letters than those that are to be seen: then
the statistics of the letters are of no language. Judged by what many languages share, and only where there is enough.
"""

from __future__ import annotations

import re
from collections import Counter

from kb.text import CJK

_LEAST = 80  # letters: fewer say nothing
_LEAST_OF_WORDS = 50  # letters of words that are not the same
_PRIVATE = re.compile("[\ue000-\uf8ff\ufffd\x01\x03-\x08\x0e-\x1f\x80-\x9f]")
_CONTROL = re.compile("[\x01\x03-\x08\x0e-\x1f\x80-\x9f]")  # no text has any
_RUN = re.compile(r"([^\w\s\ufffd]|_)\1{3,}")
_HAN = re.compile(f"[{CJK}]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_ODD_LATIN = re.compile("[\u0180-\u01cc\u0200-\u02af]")  # of African languages and phonetics; one word in a hundred
# Letters in their order of frequency in English; German, French, Spanish, Italian and pinyin have most of the first ten
# in common with it.
_COMMON = frozenset("etaoinshr")
_RARE = frozenset("zqxjkvbw")
# The hundred most frequent characters of Chinese, simplified and traditional: two in five of any running text.
COMMON_HAN = frozenset(
    "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起"
    "还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些與這個來們時後會過對數据數研究法进"
    "这為國說點學問實體系性量度理模型算据表图网信息结合关系处相并其应最高位通")


def is_legible(text: str) -> bool:
    """Whether a page's text can be read as it was meant. True where there is too little to judge."""
    if not _PRIVATE.search(text) and (_share(text, "etaoin") > 0.3 or _share(text, "的一是在了不和有为中") > 0.05):
        return True  # as most pages are
    text = _RUN.sub(r"\1", text)  # a line to write on says nothing
    visible = len(re.sub(r"\s", "", text))
    if visible < 20:
        return True
    if len(_PRIVATE.findall(text)) > 0.3 * visible or len(_CONTROL.findall(text)) > max(3, 0.02 * visible):
        return False
    n_han, n_latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    if n_han >= _LEAST and n_han > n_latin:
        return sum(character in COMMON_HAN for character in text) > 0.08 * n_han
    if n_latin >= _LEAST and n_latin > 0.5 * visible:
        return _is_latin(text, n_latin)
    strange = visible - n_han - n_latin - len(re.findall(r"[\d.,;:()\[\]%+\-−=<>/|*'\"]", text))
    return not (visible >= 2 * _LEAST and n_latin > n_han and len(_PRIVATE.findall(text)) + strange > 0.4 * visible
                and not re.search("[\u0370-\u1fff\u3040-\u30ff\uac00-\ud7af]", text))


def _share(text: str, letters: str) -> float:
    return sum(map(text.count, letters)) / len(text) if text else 0.0


def _is_latin(text: str, n_latin: int) -> bool:
    if len(_ODD_LATIN.findall(text)) > 0.12 * n_latin:
        return False
    words = set(re.findall("[a-z]+", text.lower()))  # "vblock1", "vblock2" … are one word, whatever its letters
    counts = Counter(letter for word in words for letter in word)
    total = sum(counts.values())
    if total < _LEAST_OF_WORDS:
        return True
    common = sum(counts[letter] for letter in _COMMON) / total
    rare = sum(counts[letter] for letter in _RARE) / total
    vowels = sum(counts[letter] for letter in "aeiouy") / total
    # English has .70, .06 and .40; tables of names and program text stay within these
    return common > 0.42 and vowels > 0.2 and rare < 0.3
