"""The characters of a line in the order they stand in, and the spaces between those that are placed one by one.

Reads: Glyphs.  Gives: Glyphs. Used by placed.py.

Where Chinese characters and full-width letters are placed one by one, neither the file nor pdfium keeps their order:
the last characters of a justified line change places with the mark that ends it, digits of a number follow each other
anyhow. Pdfium's spaces are no better there. The place on the line tells the order, the gap whether there is a space.
"""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np

from kb.readers.full_width import FIRST, LAST, PUNCTUATION, ink_edges, narrow_letters, with_narrow_boxes
from kb.readers.glyphs import IN_WORD, LINE_END, SPACE, Asker, Flags, Floats, Glyphs, Integers

_QUOTES = ord("”"), ord("’")
_MARKS = [*(ord(mark) for mark in "、。，．；：！？）》」』】"), *_QUOTES]
_FIRST_WIDE, _LAST_WIDE = 0x2E80, 0xFAFF  # Chinese characters and their punctuation
# In sizes, between the ink of two letters: of 6,293 gaps in two journals 5,900 are below 0.25 and 21 from there to
# 0.35, where words begin.
_WORD_GAP = 0.28
_CHINESE_GAP = 0.6  # the same beside a Chinese character, as letters.py has it
_BESIDE, _EVEN = 4, 0.15  # characters on either side; in widths: a gap that is wider than theirs by so much is a space
_LEVEL = 0.15  # in sizes: so far apart are the baselines of one line
_BACK = 0.1  # in sizes: a character that begins so far before the one it follows is out of order
_NEAR = 4.0  # in sizes: so far does the last character of a line change its place


def in_line_order(glyphs: Glyphs, page: Any, asker: Asker) -> Glyphs:
    """The page's characters, those of lines that are out of order sorted by place, full-width letters that are set
    narrow as wide as their ink; spaces that pdfium put between such characters go by the gaps."""
    textpage, has_wide = asker.textpage, bool((glyphs.codes >= _FIRST_WIDE).any())
    if not _may_need(glyphs, has_wide):
        return _without_chinese_spaces(glyphs, textpage) if has_wide else glyphs
    sizes = _sizes_of(glyphs, asker)
    is_narrow = narrow_letters(glyphs, sizes, asker.faces)
    if is_narrow.any():
        glyphs = with_narrow_boxes(glyphs, is_narrow, sizes, page, textpage)
    glyphs = _with_marks_by_ink(glyphs, np.where(is_narrow, 0.0, sizes), page, textpage)
    order, is_sorted = _order(glyphs, is_narrow, sizes)
    respaced = is_narrow | is_sorted
    if respaced.any():
        glyphs = _respaced(glyphs.only(order), respaced[order], is_narrow[order], sizes[order], textpage)
    return _without_chinese_spaces(glyphs, textpage)


def _may_need(glyphs: Glyphs, has_wide: bool) -> bool:
    """Whether the page has full-width letters, or Chinese characters or marks that stand before those they follow.
    has_wide: whether it has any of Chinese; the marks are quotation marks otherwise."""
    codes = glyphs.codes
    if not has_wide and not ((codes == _QUOTES[0]) | (codes == _QUOTES[1])).any():
        return False
    if has_wide and ((codes >= FIRST) & (codes <= LAST) & ~np.isin(codes, PUNCTUATION)).sum() > 1:
        return True
    ink = np.flatnonzero(glyphs.kinds == IN_WORD)
    heights = np.maximum(glyphs.top[ink] - glyphs.bottom[ink], 0.1)[1:]
    return bool(has_wide and _is_back(glyphs, ink, heights, _NEAR).any() or _are_over(glyphs, ink, heights).any())


def _sizes_of(glyphs: Glyphs, asker: Asker) -> Floats:
    sizes = np.zeros(len(glyphs.codes))
    ink = np.flatnonzero(glyphs.kinds == IN_WORD)
    found, angles = asker.sizes_and_angles(glyphs.indices[ink])
    sizes[ink] = np.where(angles == 0, found, 0.0)
    return sizes


def _is_back(glyphs: Glyphs, ink: Integers, sizes: Floats, near: float) -> Flags:
    """Which characters stand before the one they follow, on one line with it and one of the two Chinese, [n - 1]."""
    back = np.diff(glyphs.x[ink])
    is_wide = _is_wide(glyphs.codes[ink])
    return ((back < -_BACK * sizes) & (back > -near * sizes) & (np.abs(np.diff(glyphs.y[ink])) < _LEVEL * sizes)
            & (is_wide[1:] | is_wide[:-1]))


def _are_over(glyphs: Glyphs, ink: Integers, sizes: Floats) -> Flags:
    """Which characters and the one before overlap by half their size, one of them a mark of Chinese, [n - 1]."""
    is_mark = np.isin(glyphs.codes[ink], _MARKS)
    return ((is_mark[1:] | is_mark[:-1]) & (np.abs(np.diff(glyphs.left[ink])) < 0.5 * sizes)
            & (np.abs(np.diff(glyphs.y[ink])) < _LEVEL * sizes))


def _with_marks_by_ink(glyphs: Glyphs, sizes: Floats, page: Any, textpage: Any) -> Glyphs:
    """Marks that lie over their neighbour put where they are seen: at the end of a justified line the box of one may
    begin before the character that it follows. sizes: 0 where a mark has been put there."""
    ink = np.flatnonzero((glyphs.kinds == IN_WORD) & (sizes > 0))
    over = _are_over(glyphs, ink, sizes[ink][1:])
    marks = np.unique(np.concatenate((ink[:-1][over], ink[1:][over])))
    marks = marks[np.isin(glyphs.codes[marks], _MARKS)]
    if not len(marks):
        return glyphs
    lefts, rights = ink_edges(glyphs.indices[marks], page, textpage)
    is_seen = rights > lefts
    left, right, x = glyphs.left.copy(), glyphs.right.copy(), glyphs.x.copy()
    marks, lefts, rights = marks[is_seen], lefts[is_seen], rights[is_seen]
    left[marks], right[marks], x[marks] = lefts, rights, lefts
    return glyphs._replace(left=left, right=right, x=x)


def _is_wide(codes: Any) -> Flags:
    is_hangul = (codes >= 0xA000) & (codes < 0xF900)  # and what stands there beside it: Korean has spaces
    wide: Flags = (codes >= _FIRST_WIDE) & (codes <= _LAST_WIDE) & ~is_hangul | (codes >= FIRST) & (codes <= LAST)
    return wide


def _order(glyphs: Glyphs, is_narrow: Flags, sizes: Floats) -> tuple[Integers, Flags]:
    """(the order of all characters, which of them are of a line that had to be sorted)."""
    order, is_sorted = np.arange(len(glyphs.codes)), np.zeros(len(glyphs.codes), np.bool_)
    ink = np.flatnonzero((glyphs.kinds == IN_WORD) & (sizes > 0))
    if len(ink) < 2:
        return order, is_sorted
    size = np.maximum(np.minimum(sizes[ink][1:], sizes[ink][:-1]), 0.1)
    is_level = (np.abs(np.diff(glyphs.y[ink])) < _LEVEL * size) & (np.abs(np.diff(sizes[ink])) < 0.1 * size)
    back = _is_back(glyphs, ink, size, _NEAR) | is_level & (np.diff(glyphs.x[ink]) < -_BACK * size) & (
        is_narrow[ink][1:] | is_narrow[ink][:-1])
    edges = np.concatenate(([0], np.flatnonzero(~is_level) + 1, [len(ink)]))
    for first, last in zip(edges.tolist(), edges[1:].tolist(), strict=False):
        if last - first < 2 or not back[first:last - 1].any():
            continue
        line = ink[first:last]
        is_sorted[line] = True
        order[line] = line[np.argsort(glyphs.x[line], kind="stable")]
    return order, is_sorted


def _respaced(glyphs: Glyphs, chosen: Flags, is_narrow: Flags, sizes: Floats, textpage: Any) -> Glyphs:
    """With what pdfium put between chosen characters of a line replaced by one space or none, by the gap."""
    ink = np.flatnonzero((glyphs.kinds != SPACE) & (glyphs.kinds != LINE_END))
    before, after = ink[:-1], ink[1:]
    size = np.maximum(np.maximum(sizes[before], sizes[after]), 0.1)
    is_pair = ((chosen[before] | chosen[after]) & (np.abs(glyphs.y[before] - glyphs.y[after]) < _LEVEL * size)
               & (glyphs.x[after] >= glyphs.x[before]))
    gaps = (glyphs.left[after] - glyphs.right[before]) / size
    is_wide = _is_wide(glyphs.codes) & ~is_narrow
    is_mark = np.isin(glyphs.codes, PUNCTUATION)
    least = np.where(is_wide[before] | is_wide[after], _CHINESE_GAP, _WORD_GAP)
    least = np.where(is_mark[before] & is_wide[after] | is_mark[after], 1.0, least)
    has_space = is_pair & (gaps > least)
    keeps = np.ones(len(glyphs.codes), np.bool_)
    spaces: list[int] = []
    for i, j, is_space in zip(before[is_pair].tolist(), after[is_pair].tolist(), has_space[is_pair].tolist(),
                              strict=True):
        if any(not _is_generated(textpage, int(glyphs.indices[k])) for k in range(i + 1, j)):
            continue
        keeps[i + 1:j] = False
        if is_space:
            spaces.append(j)
    is_close = is_pair & ~has_space & is_narrow[before] & is_narrow[after]
    glyphs.right[before[is_close]] = np.maximum(glyphs.right[before], glyphs.left[after])[is_close]
    glyphs.codes[_inside_words(glyphs, before, after, is_pair & ~has_space, is_narrow)] -= FIRST - ord("!")
    return _with_spaces(glyphs, keeps, spaces)


def _without_chinese_spaces(glyphs: Glyphs, textpage: Any) -> Glyphs:
    """Without pdfium's spaces between Chinese characters of one line that stand no further apart than those beside
    them, as they do to fill the line."""
    ink = np.flatnonzero((glyphs.kinds != SPACE) & (glyphs.kinds != LINE_END))
    before, after = ink[:-1], ink[1:]
    is_wide = _is_wide(glyphs.codes) & ((glyphs.codes < FIRST) | (glyphs.codes > LAST))
    width = np.maximum(glyphs.right[before] - glyphs.left[before], 0.1)
    gaps = (glyphs.left[after] - glyphs.right[before]) / width
    is_pair = (is_wide[before] & is_wide[after] & (gaps > -0.1) & (gaps < _CHINESE_GAP)
               & (np.abs(glyphs.y[before] - glyphs.y[after]) < _LEVEL * width))
    keeps = np.ones(len(glyphs.codes), np.bool_)
    for k in np.flatnonzero(is_pair & (after - before > 1)).tolist():
        near = slice(max(0, k - _BESIDE), k + _BESIDE + 1)
        usual = median(gaps[near][is_pair[near]].tolist())
        if gaps[k] < usual + _EVEN and all(_is_generated(textpage, int(glyphs.indices[i]))
                                           for i in range(int(before[k]) + 1, int(after[k]))):
            keeps[before[k] + 1:after[k]] = False
    return glyphs if keeps.all() else glyphs.only(keeps)


def _inside_words(glyphs: Glyphs, before: Integers, after: Integers, is_close: Flags, is_narrow: Flags) -> Integers:
    """Full-width points, hyphens and the like between letters or digits that are set narrow: as narrow as they are."""
    joins = np.array([ord(mark) for mark in "．－／：＿＠"])
    is_letter = is_narrow & ~np.isin(glyphs.codes, PUNCTUATION)
    is_inside = (is_close[:-1] & is_close[1:] & is_letter[before[:-1]] & is_letter[after[1:]]
                 & np.isin(glyphs.codes[after[:-1]], joins))
    return after[:-1][is_inside]


def _with_spaces(glyphs: Glyphs, keeps: Flags, spaces: list[int]) -> Glyphs:
    """These characters, with a space before each of some."""
    order = np.sort(np.concatenate((np.flatnonzero(keeps) * 2 + 1, np.array(spaces, np.int64) * 2)))
    is_space = order % 2 == 0
    spread = glyphs.only(order // 2)
    return spread._replace(codes=np.where(is_space, 0x20, spread.codes).astype(glyphs.codes.dtype),
                           kinds=np.where(is_space, SPACE, spread.kinds).astype(np.uint8))


def _is_generated(textpage: Any, index: int) -> bool:
    from pypdfium2 import raw

    return bool(raw.FPDFText_IsGenerated(textpage.raw, index) == 1)
