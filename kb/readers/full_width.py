"""Full-width letters and digits that are set as closely as narrow ones.

Reads: Glyphs.  Gives: Glyphs whose full-width letters are as wide as their ink. Used by placed.py; line_order.py puts
spaces between them.

Typesetting systems of Chinese journals write Latin text in the codes of full-width letters, and place every letter by
itself, closer to the next than its width. The widths overlap, and each font has a baseline of its own.
"""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np

from kb.readers.faces import Faces
from kb.readers.glyphs import IN_WORD, Flags, Floats, Glyphs, Integers, page_frame
from kb.readers.large_symbols import tight_boxes

FIRST, LAST = 0xFF01, 0xFF5E  # the full-width forms of "!" to "~"
PUNCTUATION = np.array([*range(0xFF01, 0xFF10), *range(0xFF1A, 0xFF21), *range(0xFF3B, 0xFF41), *range(0xFF5B, 0xFF5F)])
_NARROW = 0.8  # in sizes: a step to the next that is shorter does not leave a full-width letter its width
_LEAST_SHARE = 0.3  # of the steps of a font: so many are short where it is set narrow
# In sizes: what a point or comma has on its right that is no space. Of 141 points inside numbers of three journals 137
# have less than 0.6 to the next digit's ink, of 540 others that end a sentence 527 have more.
_OWN_ROOM = 0.32
_LEVEL = 0.25  # in sizes: so far apart are the baselines of fonts in one line
_LIKE = 0.13  # share that sizes in one line differ by, as scripts' do not


def narrow_letters(glyphs: Glyphs, sizes: Floats, faces: Faces) -> Flags:
    """Which characters are full-width ones of a font that is set narrow, [n]. sizes: of all, 0 where not upright."""
    found = np.zeros(len(glyphs.codes), np.bool_)
    ink = np.flatnonzero((glyphs.codes >= FIRST) & (glyphs.codes <= LAST) & (sizes > 0))
    if len(ink) < 2:
        return found
    fonts = [faces.name_of(i) for i in glyphs.indices[ink].tolist()]
    size = sizes[ink][1:]
    steps = np.diff(glyphs.x[ink]) / size
    is_pair = (np.abs(np.diff(glyphs.y[ink])) < _LEVEL * size) & (steps > 0) & (steps < 2) & (np.diff(ink) <= 2)
    names = np.array(fonts)
    told: dict[bytes, bool] = {}
    for name in set(fonts):
        own = steps[is_pair & (names[1:] == name)]
        if len(own):
            told[name] = bool((own < _NARROW).mean() > _LEAST_SHARE)
    some = any(told.values())  # a font of single letters is set as those beside it
    found[ink[np.array([told.get(name, some) for name in fonts], np.bool_)]] = True
    return found


def with_narrow_boxes(glyphs: Glyphs, is_narrow: Flags, sizes: Floats, page: Any, textpage: Any) -> Glyphs:
    """The characters, these ones as wide as their ink and on the baseline of what stands beside them."""
    ink = np.flatnonzero(is_narrow)
    left, right, x = glyphs.left.copy(), glyphs.right.copy(), glyphs.x.copy()
    left[ink], right[ink] = ink_edges(glyphs.indices[ink], page, textpage)
    x[ink] = left[ink]
    right[ink] += np.where(np.isin(glyphs.codes[ink], PUNCTUATION), _OWN_ROOM * sizes[ink], 0.0)
    return glyphs._replace(left=left, right=right, x=x, y=_levelled(glyphs, is_narrow, sizes))


def ink_edges(indices: Integers, page: Any, textpage: Any) -> tuple[Floats, Floats]:
    """(left, right) of what is drawn for each of these characters, on the page as it is shown."""
    boxes = tight_boxes(textpage, indices.tolist())  # [n, left bottom right top]
    (a, b, c), _ = page_frame(page)
    first, second = a * boxes[:, 0] + b * boxes[:, 1] + c, a * boxes[:, 2] + b * boxes[:, 3] + c
    return np.minimum(first, second), np.maximum(first, second)


def _levelled(glyphs: Glyphs, is_narrow: Flags, sizes: Floats) -> Floats:
    """Baselines: those of narrow letters made that of the Chinese characters of their line, or else the usual one of
    the letters."""
    y = glyphs.y.copy()
    ink = np.flatnonzero((glyphs.kinds == IN_WORD) & (sizes > 0))
    size = sizes[ink]
    parts = (np.abs(np.diff(y[ink])) > _LEVEL * size[1:]) | (np.abs(np.diff(size)) > _LIKE * size[1:])
    for line in np.split(ink, np.flatnonzero(parts) + 1):
        own: Integers = line[is_narrow[line]]
        if not len(own):
            continue
        others = line[~is_narrow[line]]
        if len(others):
            level = median(y[others].tolist())
        else:
            rounded, counts = np.unique(np.round(y[own], 1), return_counts=True)
            level = float(rounded[np.argmax(counts)])
        y[own[np.abs(y[own] - level) < _LEVEL * sizes[own]]] = level
    return y
