"""What stands above and below a sum, an integral or a "max", as parts of its line.

Reads: runs and the characters they are of.  Gives: whether one is a limit of another. Used by runs.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from kb.readers.glyphs import Glyphs

OPERATORS = tuple(map(ord, "∑∏∫∮∐⋃⋂⨄⋀⋁⨆⨀⨁⨂"))
_INTEGRALS = frozenset(map(ord, "∫∮"))
_NAME = re.compile(r"(?<![A-Za-z])(?:arg\s?)?(?:max|min|sup|inf|lim(?:sup|inf|\s(?:sup|inf))?|det|gcd|Pr)\s*$")
_SMALL = 0.86  # of the size of the operator
_FURTHEST = 2.0  # in sizes, from one baseline to the other
_WIDEST = 10.0  # in its own sizes
_BESIDE = 0.5  # in sizes: so far from the middle, or behind an integral


LIMITED = re.compile(r"(?:[∑∏∫∮∐⋃⋂⨄⋀⋁⨆⨀⨁⨂]|(?<![A-Za-z])(?:max|min|sup|inf|lim))(?:[_^]\{[^{}]*\})?\s*$")
_MOST_RUNS = 9  # of one limit
Run = TypeVar("Run", bound="Placed")


class Placed(Protocol):
    """A run: where it stands, and the numbers of its first and last character."""

    @property
    def first(self) -> int: ...

    @property
    def last(self) -> int: ...

    @property
    def left(self) -> float: ...

    @property
    def right(self) -> float: ...

    @property
    def base(self) -> float: ...

    @property
    def size(self) -> float: ...


def ends_in_operator(run: Placed, glyphs: Glyphs, text_of: Callable[[int, int], str]) -> tuple[float, float] | None:
    """Left and right of the operator that a run ends in; of an integral, with the room behind it."""
    code = int(glyphs.codes[run.last])
    if code in OPERATORS:
        left, right = float(glyphs.left[run.last]), float(glyphs.right[run.last])
        return (left, right + 2 * _BESIDE * run.size) if code in _INTEGRALS else (left, right)
    if not 97 <= code <= 122:
        return None
    start = max(run.first, run.last - 8)
    name = _NAME.search(text_of(start, run.last + 1))
    return (float(glyphs.left[start + name.start()]), float(glyphs.right[run.last])) if name else None


def is_limit(group: Sequence[Placed], base: float, size: float, place: tuple[float, float]) -> bool:
    """Whether runs are small and stand over or under an operator, about its middle, and not as a script does beside
    it."""
    run = group[0]
    if not may_be_limit(run, base, size):
        return False
    left, right = place
    if max(other.right for other in group) - run.left > _WIDEST * run.size:  # a line of text
        return False
    middle = (run.left + max(other.right for other in group)) / 2
    return abs(middle - (left + right) / 2) < _BESIDE * size or left - 0.2 * size < run.left < right


def may_be_limit(run: Placed, base: float, size: float) -> bool:
    """Whether a run is as small and as far above or below as a limit is: asked first, for most are not."""
    return run.size <= _SMALL * size and 0.3 * size < abs(run.base - base) < _FURTHEST * size


def is_above(group: Sequence[Placed], operator: Placed, glyphs: Glyphs) -> bool:
    """Whether runs are the upper limit of a symbol that the file has behind it."""
    return (operator.first == operator.last and group[0].base > operator.base
            and int(glyphs.codes[operator.first]) in OPERATORS
            and is_limit(group, operator.base, operator.size, (operator.left, operator.right)))


def together(runs: Sequence[Run], at: int) -> list[Run]:
    """The run at this place and those after it that are one small expression with it."""
    first = runs[at]
    end = at + 1
    while end < len(runs) and end - at < _MOST_RUNS:
        run, last = runs[end], runs[end - 1]
        if (run.size > 1.1 * first.size or abs(run.base - first.base) > 0.5 * first.size
                or not -0.3 * first.size < run.left - last.right < 0.6 * first.size):
            break
        end += 1
    return list(runs[at:end])
