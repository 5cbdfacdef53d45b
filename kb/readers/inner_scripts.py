"""Raised and lowered characters that a file has before or behind the whole line they stand in.

Reads: runs and the characters they are of.  Gives: the runs, those lines parted where a script stands. Used by runs.py.

Formula editors draw the letters of a formula first and its indices after them, or the other way round; the letters are
one run, with gaps where the indices stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kb.readers.glyphs import HYPHEN, IN_WORD, Glyphs, Integers

_SMALL = 0.86  # of the size of the line
_LETTERS = 4  # of the longest script
_REACH = 4  # runs of the file: so far from its line may a script be
_LEAST_RISE, _RISE = 0.1, 0.6  # in sizes, from one baseline to the other
_SLACK = 0.12  # in sizes: so far may a script reach into the letters beside it
_GAP = 0.3  # in sizes: a script stands at its letter


class Run(NamedTuple):
    """Characters [first, last] on one baseline, in points."""

    first: int
    last: int
    left: float
    right: float
    base: float
    bottom: float
    top: float
    size: float


def with_inner_scripts(runs: Sequence[Run], glyphs: Glyphs) -> list[Run]:
    """The runs in the order of their lines: a script in the gap of a line behind what it is a script of."""
    found = list(runs)
    largest = max((run.size for run in found), default=0.0)
    n_moved = 0
    for i, script in enumerate(runs):
        if script.last - script.first >= _LETTERS or script.size >= _SMALL * largest:
            continue
        # what has moved has moved it one place back or two on at most
        near = range(max(0, i - n_moved), min(len(found), i + 2 * n_moved + 1))
        at = next((k for k in near if found[k] is script), -1)
        if at < 0 or at and _is_at(script, found[at - 1]):  # parted itself, or in its place
            continue
        for k in range(max(0, at - _REACH), min(len(found), at + _REACH + 1)):
            line = found[k]
            if k == at or not _may_be_in(script, line):
                continue
            parts = _parted(script, line, glyphs)
            if parts:
                found[k:k + 1] = [parts[0], script, parts[1]]
                del found[at if at < k else at + 2]
                n_moved += 1
                break
    return found


def _is_at(script: Run, before: Run) -> bool:
    """Whether a script follows the end of what the file has before it."""
    size = max(before.size, script.size)
    return abs(script.left - before.right) < _GAP * size and abs(script.base - before.base) < size


def _may_be_in(script: Run, line: Run) -> bool:
    return (line.left < script.left and script.right < line.right and script.size < _SMALL * line.size
            and _LEAST_RISE * line.size < abs(script.base - line.base) < _RISE * line.size)


def _parted(script: Run, line: Run, glyphs: Glyphs) -> tuple[Run, Run] | None:
    """The line before and behind the gap that a script stands in; None if it stands in none."""
    kinds = glyphs.kinds[line.first:line.last + 1]
    ink = line.first + np.flatnonzero((kinds == IN_WORD) | (kinds == HYPHEN))
    slack = _SLACK * line.size
    gaps = np.flatnonzero((glyphs.right[ink[:-1]] < script.left + slack)
                          & (glyphs.left[ink[1:]] > script.right - slack)
                          & (script.left - glyphs.right[ink[:-1]] < _GAP * line.size))
    if not len(gaps):
        return None
    before, behind = ink[:int(gaps[0]) + 1], ink[int(gaps[0]) + 1:]
    own = np.arange(script.first, script.last + 1)
    if not all(_has_name(glyphs, part) for part in (own, before, behind)):
        return None
    return (line._replace(last=int(before[-1]), right=float(glyphs.right[before].max())),
            line._replace(first=int(behind[0]), left=float(glyphs.left[behind].min())))


def _has_name(glyphs: Glyphs, part: Integers) -> bool:
    """Whether not all of these are signs without a name, which alone would be taken for a drawing's."""
    codes = glyphs.codes[part]
    return not bool(((codes >= 0xE000) & (codes <= 0xF8FF)).all())
