"""Spaces that are only letter spacing taken out of a line.

Reads: a Placed line.  Gives: the line, with "Abstract" for "A b s t r a c t" and 摘要 for 摘 要. Used by placed.py.
"""

from __future__ import annotations

import re
from statistics import median

import numpy as np

from kb.readers.glyphs import HYPHEN, IN_WORD, Floats, Glyphs
from kb.readers.runs import Placed
from kb.text import CJK

_SPACED = re.compile(r"(?<!\S)(?:[^\W\d_] +){4,}[^\W\d_](?!\S)")
_SPACED_ZH = re.compile(rf"(?:(?<=[{CJK}]) (?=[{CJK}]))")
_SHORT_ZH = re.compile(rf"^\s*(?:[{CJK}]\s+){{1,4}}[{CJK}](?=\s*(?:[:：]|$))")
# What is set apart from the title behind it by a space that is one: 一 绪论, 第二章 方法.
_NUMBER_ZH = re.compile(rf"\s*(?:第\s?[零〇一二三四五六七八九十百\d]+\s?[编篇部章节]|[一二三四五六七八九十]+) "
                        rf"(?!.*[{CJK}] [{CJK}])")
_NO_WORD_SPACE = 0.6  # in sizes: a gap between two Chinese characters that is no more than justification


def without_letter_spacing(line: Placed, glyphs: Glyphs) -> Placed:
    """The line without the spaces that stand between the letters of one word."""
    text = line.text
    if " " not in text.strip():
        return line
    may_be_zh = not text.isascii()
    short = _SHORT_ZH.match(text) if may_be_zh else None
    if short:
        text = re.sub(r"\s+", "", short.group()) + text[short.end():]
    if _SPACED.search(text) or may_be_zh and _SPACED_ZH.search(text):
        gaps = _gaps(line, glyphs, text)
        if gaps is not None:
            text = _SPACED.sub(lambda found: _word(found, text, gaps, line.main.size), text)
            text = _without_chinese_spaces(text, gaps, line.main.size)
    return line if text == line.text else line._replace(text=text)


def _gaps(line: Placed, glyphs: Glyphs, text: str) -> Floats | None:
    """The distance from each letter to the next, or None if the letters of the text are not those of one run."""
    span = np.arange(line.main.first, line.main.last + 1)
    ink = span[(glyphs.kinds[span] == IN_WORD) | (glyphs.kinds[span] == HYPHEN)]
    if len(ink) != len(re.sub(r"\s", "", text)):
        return None
    gaps: Floats = glyphs.left[ink[1:]] - glyphs.right[ink[:-1]]
    return gaps


def _letters_before(text: str, end: int) -> int:
    return len(re.sub(r"\s", "", text[:end]))


def _word(found: re.Match[str], text: str, gaps: Floats, size: float) -> str:
    letters = found.group().split()
    at = _letters_before(text, found.start())
    own = gaps[at:at + len(letters) - 1]
    usual = median(own.tolist()) if len(own) else 0.0
    if usual > 1.2 * size or all(a < b for a, b in zip(letters, letters[1:], strict=False)):
        return found.group()  # cells of a table, or letters that are told one after the other
    word = letters[0]
    for letter, gap in zip(letters[1:], own.tolist(), strict=True):
        word += (" " if gap > 1.6 * usual + 0.08 * size else "") + letter
    return word


def _without_chinese_spaces(text: str, gaps: Floats, size: float) -> str:
    number = _NUMBER_ZH.match(text)
    parts, at = [], 0
    for found in _SPACED_ZH.finditer(text, number.end() if number else 0):
        n = _letters_before(text, found.start())
        if 0 < n <= len(gaps) and gaps[n - 1] < _NO_WORD_SPACE * size:
            parts.append(text[at:found.start()])
            at = found.end()
    return "".join(parts) + text[at:]
