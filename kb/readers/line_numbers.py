"""The line numbers in the margins of a review copy.

Reads: the pieces of a page, in turn for each page.  Gives: the others, and which numbers were left out. Used by
placed.py.
"""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.readers.glyphs import Floats, Integers
from kb.readers.runs import Pieces

_LEAST = 20  # numbers on a page: fewer that begin at one may be the rows of a table
_SMALL = 0.85  # of the size of the text
_SAME_EDGE = 3.0  # points


class LineNumbers:
    """Knows with which number the page before ended."""

    def __init__(self) -> None:
        self._last: int | None = None

    def taken_from(self, pieces: Pieces, sizes: Floats, codes: NDArray[Any]) -> tuple[Pieces, Floats, list[list[str]]]:
        """(pieces and their sizes without line numbers, [["line number", "1-45"]] or [])."""
        n_digits = np.concatenate(([0], np.cumsum((codes >= ord("0")) & (codes <= ord("9")))))
        lengths = pieces.last + 1 - pieces.first
        is_number = (n_digits[pieces.last + 1] - n_digits[pieces.first] == lengths) & (lengths < 6)
        numbers = {i: int("".join(map(chr, codes[pieces.first[i]:pieces.last[i] + 1].tolist())))
                   for i in np.flatnonzero(is_number & (pieces.right > pieces.left)).tolist()}
        if len(numbers) < 2:
            return pieces, sizes, []
        taken: list[int] = []
        told = []
        for column in _columns(pieces, np.array(sorted(numbers))):
            ordered = column[np.argsort(-pieces.base[column])]
            values = [numbers[int(i)] for i in ordered]
            is_small = median(sizes[ordered].tolist()) < _SMALL * median(sizes.tolist())
            if _is_outside(pieces, ordered) and self._counts(values, is_small):
                self._last = values[-1]
                taken += ordered.tolist()
                told.append(["line number", f"{values[0]}-{values[-1]}"])
        if not taken:
            return pieces, sizes, []
        keeps = np.ones(len(sizes), np.bool_)
        keeps[taken] = False
        return pieces.only(keeps), sizes[keeps], told

    def _counts(self, values: list[int], is_small: bool) -> bool:
        """Whether these count lines: on from the page before, or from one and long enough; in small print five are."""
        steps = [b - a for a, b in zip(values, values[1:], strict=False)]
        step = max(set(steps), key=steps.count) if steps else 1
        if step not in (1, 2, 5, 10) or steps and steps.count(step) < 0.9 * len(steps):
            return False
        if self._last is not None and values[0] == self._last + step:
            return True
        return values[0] <= step and len(values) >= 5 and (is_small or len(values) * step >= _LEAST)


def _columns(pieces: Pieces, numbers: Integers) -> list[Integers]:
    """The numbers that stand under each other, flush on one side, from left to right."""
    found: list[Integers] = []
    rest = numbers
    while len(rest) > 1:
        best: Integers = rest[:0]
        for edges in (pieces.right[rest], pieces.left[rest]):
            near = np.abs(edges[:, None] - edges[None]) < _SAME_EDGE
            column = rest[near[int(near.sum(1).argmax())]]
            best = column if len(column) > len(best) else best
        if len(best) < 2:
            break
        found.append(best)
        rest = rest[~np.isin(rest, best)]
    return sorted(found, key=lambda column: float(pieces.left[column].min()))


def _is_outside(pieces: Pieces, column: Integers) -> bool:
    """Whether the numbers stand left of all else, or right of it."""
    others = np.ones(len(pieces.left), np.bool_)
    others[column] = False
    n = max(1, int(others.sum()))
    left_of = (pieces.left[others] >= pieces.right[column].max() - 1).sum()
    right_of = (pieces.right[others] <= pieces.left[column].min() + 1).sum()
    return bool(max(left_of, right_of) >= 0.95 * n)
