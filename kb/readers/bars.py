"""The rules of a page that may part a fraction or stand over what a root is of.

Reads: Glyphs and the objects of a page.  Gives: their places in points. Used by fractions.py.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from kb.readers.drawn import shapes_of
from kb.readers.glyphs import HYPHEN, IN_WORD, Glyphs, page_frame

MOST_SIZE = 24.0  # points, of the signs of a formula
ROOT = 0x221A
_THICKEST, _SHORTEST, _LONGEST = 1.6, 2.5, 400.0  # of a rule, in points
_MOST_IN_FORM = 500  # objects: a drawing has more
_SAME = 0.7  # points


class Bar(NamedTuple):
    """A rule in points."""

    left: float
    y: float
    right: float


def bars_of(page: Any, glyphs: Glyphs) -> list[Bar]:
    """The short level rules of a page that may be those of fractions and roots."""
    across, up = page_frame(page)
    found = []
    for x0, y0, x1, y1 in _flat(page):
        xs, ys = (sorted(row[0] * x + row[1] * y + row[2] for x, y in ((x0, y0), (x1, y1))) for row in (across, up))
        if ys[1] - ys[0] < _THICKEST and xs[1] - xs[0] > _SHORTEST:
            found.append(Bar(xs[0], (ys[0] + ys[1]) / 2, xs[1]))
    bars = [bar for bar in _joined(found) if bar.right - bar.left < _LONGEST]
    return _likely([bar for bar in bars if not any(_are_of_table(bar, other) for other in bars)], glyphs)


def _flat(page: Any) -> Iterator[tuple[float, float, float, float]]:
    """The corners of what is drawn thin on a page, and in the forms on it that formula editors make: paths and pictures
    of one colour."""
    from pypdfium2 import raw

    drawn = (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE)
    edges, matrix = [ctypes.c_float() for _ in range(4)], raw.FS_MATRIX()
    for shape, kind in shapes_of(page):
        if kind in drawn:
            if raw.FPDFPageObj_GetBounds(shape, *edges):
                x0, y0, x1, y1 = (edge.value for edge in edges)
                if min(x1 - x0, y1 - y0) < _THICKEST:
                    yield x0, y0, x1, y1
        elif kind == raw.FPDF_PAGEOBJ_FORM and raw.FPDFPageObj_GetMatrix(shape, matrix):
            for i in range(min(_MOST_IN_FORM, raw.FPDFFormObj_CountObjects(shape))):
                inner = raw.FPDFFormObj_GetObject(shape, i)
                if raw.FPDFPageObj_GetType(inner) in drawn and raw.FPDFPageObj_GetBounds(inner, *edges):
                    x0, y0, x1, y1 = (edge.value for edge in edges)
                    yield (matrix.a * x0 + matrix.c * y0 + matrix.e, matrix.b * x0 + matrix.d * y0 + matrix.f,
                           matrix.a * x1 + matrix.c * y1 + matrix.e, matrix.b * x1 + matrix.d * y1 + matrix.f)


def _are_of_table(bar: Bar, other: Bar) -> bool:
    """Whether two rules begin and end at one place, one soon below the other."""
    return (other is not bar and abs(other.left - bar.left) < _SAME and abs(other.right - bar.right) < _SAME
            and _SAME < abs(other.y - bar.y) < 2 * MOST_SIZE)


def _joined(bars: list[Bar]) -> list[Bar]:
    """The rules, those that go on with each other as one: the cells of a table have each its own."""
    found: list[Bar] = []
    for bar in sorted(bars, key=lambda bar: (round(bar.y), bar.left)):
        last = found[-1] if found else None
        if last is not None and abs(last.y - bar.y) < _THICKEST and last.left - 1 < bar.left < last.right + 1:
            found[-1] = Bar(last.left, last.y, max(last.right, bar.right))
        else:
            found.append(bar)
    return found


def _likely(bars: list[Bar], glyphs: Glyphs) -> list[Bar]:
    """The rules with something over and under them that does not go on beside them, by the boxes: most of the others
    are under the words of links."""
    if not bars:
        return []
    ink = np.flatnonzero((glyphs.kinds == IN_WORD) | (glyphs.kinds == HYPHEN))
    ink = ink[np.argsort(glyphs.y[ink])]
    y, left, right = glyphs.y[ink], glyphs.left[ink], glyphs.right[ink]
    height, is_root = np.maximum(glyphs.top[ink] - glyphs.bottom[ink], 0.1), glyphs.codes[ink] == ROOT
    found = []
    for bar in bars:
        some = slice(*np.searchsorted(y, (bar.y - 1.5 * MOST_SIZE, bar.y + 1.5 * MOST_SIZE)).tolist())
        rise, middle = (y[some] - bar.y) / height[some], (left[some] + right[some]) / 2
        inside = (middle > bar.left - 2) & (middle < bar.right + 2)
        under = inside & (rise < -0.15) & (rise > -1.9)
        if (is_root[some] & (np.abs(right[some] - bar.left) < 0.4 * height[some])).any() and under.any():
            found.append(bar)
        elif under.any() and (inside & (rise > 0) & (rise < 1.5)).any():
            base, least = y[some][under].max(), height[some][under].min()
            gap = np.maximum(left[some] - bar.right, bar.left - right[some]) / height[some]
            beside = ~inside & (np.abs(y[some] - base) < 0.12 * least) & (gap < 0.25) & (gap > -0.1)
            places = middle[beside]
            if all(any(other is not bar and abs(other.y - bar.y) < 3 and other.left < place < other.right
                       for other in bars) for place in places.tolist()):
                found.append(bar)
    return found
