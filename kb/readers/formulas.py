"""The parts of a formula that stand above, below and beside each other, as one line.

Reads: Placed lines in the file's order.  Gives: the same, those of one formula joined. Used by placed.py.

The rows of a vector or of cases, a sum with its limits, a large bracket, a fraction whose rule is not known: each
stands on a baseline of its own and overlaps the height of what is beside it, as two lines of running text never do.
"""

from __future__ import annotations

import re

import numpy as np

from kb.readers.runs import Placed
from kb.text import CJK

_REACH = 6  # lines of the file: so far apart may the parts of one formula be
_BESIDE = 1.3  # in sizes: the widest gap within a formula
_WIDEST = 25.0  # in sizes: of two that overlap and are both wider than this neither is part of a formula
# no words but the names of functions, and short: two cells of a table whose lines are not level have words
_MATHS = re.compile(
    rf"(?:[^{CJK}A-Za-z]|[A-Za-z]{{1,2}}(?![A-Za-z])|\b(?:max|min|lim|sup|inf|log|exp|sin|cos|tan|arg|det|for|otherwise|"
    r"softmax|Var|Cov)\b){1,40}")
_OPERATOR = re.compile(r"[∑∏∫∐⋃⋂⨁⨂]|max|min|lim|sup|inf|arg ?max|arg ?min")


def joined(lines: list[Placed]) -> list[Placed]:
    """The lines with those of one formula made one, at the place of the first."""
    beside = [(i, j) for i, j in _overlapping(lines) if _belong(lines[i], lines[j])]
    if not beside:
        return lines
    owner = list(range(len(lines)))
    for i, j in beside:
        a, b = _root(owner, i), _root(owner, j)
        owner[max(a, b)] = min(a, b)
    for i, j in _fractions(lines):
        a, b = _root(owner, i), _root(owner, j)
        owner[max(a, b)] = min(a, b)
    members: dict[int, list[Placed]] = {}
    for i, line in enumerate(lines):
        members.setdefault(_root(owner, i), []).append(line)
    return [_one(group) if len(group) > 1 else group[0] for group in members.values()]


def _fractions(lines: list[Placed]) -> list[tuple[int, int]]:
    """Pairs of lines that are parts of one fraction: one below the other about its middle, and what stands beside
    them half-way between."""
    found = []
    for i, upper in enumerate(lines):
        for j in range(i + 1, min(i + 3, len(lines))):
            if not _is_over(upper, lines[j]):
                continue
            size = max(upper.main.size, lines[j].main.size)
            middle = (upper.main.base + lines[j].main.base) / 2
            left, right = min(upper.left, lines[j].left), max(upper.right, lines[j].right)
            for k in range(max(0, i - _REACH), min(j + _REACH, len(lines))):
                line = lines[k]
                gap = max(left, line.left) - min(right, line.right)
                is_level = abs(line.main.base - middle) < 0.35 * size
                if k not in (i, j) and is_level and -0.3 * size < gap < _BESIDE * size:
                    found += [(i, j), (i, k)]
    return found


def _is_over(upper: Placed, lower: Placed) -> bool:
    size = max(upper.main.size, lower.main.size)
    fall = upper.main.base - lower.main.base
    return (
        0.9 * size < fall < 2.2 * size
        and abs(upper.left + upper.right - lower.left - lower.right) / 2 < 0.5 * size
        and min(upper.right - upper.left, lower.right - lower.left) < _WIDEST * size
    )


def _root(owner: list[int], i: int) -> int:
    while owner[i] != i:
        i = owner[i]
    return i


def _overlapping(lines: list[Placed]) -> list[tuple[int, int]]:
    """Lines that overlap the height of one that follows soon, beside it: asked of the whole page at once."""
    bottom, top = np.array([line.bottom for line in lines]), np.array([line.top for line in lines])
    left, right = np.array([line.left for line in lines]), np.array([line.right for line in lines])
    size = np.array([line.main.size for line in lines])
    found = []
    for step in range(1, min(_REACH, len(lines) - 1) + 1):
        a, b = slice(None, -step), slice(step, None)
        common = np.minimum(top[a], top[b]) - np.maximum(bottom[a], bottom[b])
        gap = np.maximum(left[a], left[b]) - np.minimum(right[a], right[b])
        near = np.flatnonzero((common > 0) & (gap < _BESIDE * np.maximum(size[a], size[b]))).tolist()
        found += [(i, i + step) for i in near]
    return found


def _belong(a: Placed, b: Placed) -> bool:
    """Whether two lines are parts of one formula: they stand beside each other and share some of their height."""
    size = max(a.main.size, b.main.size)
    common = min(a.top, b.top) - max(a.bottom, b.bottom)
    if common < 0.15 * min(a.top - a.bottom, b.top - b.bottom):
        return False
    gap = max(a.left, b.left) - min(a.right, b.right)
    narrow = min(a.right - a.left, b.right - b.left)
    if not -min(0.3 * size, 0.5 * narrow) < gap < _BESIDE * size:
        return False
    if min(a.right - a.left, b.right - b.left) > _WIDEST * size:
        return False
    if abs(a.main.base - b.main.base) < 0.1 * size and gap > 0.9 * size:
        return False
    return _MATHS.fullmatch(a.text) is not None or _MATHS.fullmatch(b.text) is not None


def _one(group: list[Placed]) -> Placed:
    """One line of the parts, from left to right; what stands over each other from above."""
    main = max(group, key=lambda part: (round(part.main.size, 1), part.right - part.left))
    stacks: list[list[Placed]] = []
    for part in sorted(group, key=lambda part: (part.left, -part.main.base)):
        if stacks and _overlap(stacks[-1], part):
            stacks[-1].append(part)
        else:
            stacks.append([part])
    text, right = "", None
    for stack, following in zip(stacks, [*stacks[1:], []], strict=True):
        own = _stack_text(sorted(stack, key=lambda part: -part.main.base), _is_enclosed(text, following))
        left = min(part.left for part in stack)
        space = " " if text and right is not None and left - right > 0.16 * main.main.size else ""
        if text and not space and re.search(r"\d$", text) and re.match(r"\d", own):
            space = " "
        text = text.rstrip() + space + own
        right = max(part.right for part in stack)
    # a formula is as high as the line it is said on, so that the next line is as far from it as from any other
    return Placed(text, min(part.left for part in group), max(part.right for part in group),
                  min(part.bottom for part in group), max(part.top for part in group), main.main)


def _overlap(stack: list[Placed], part: Placed) -> bool:
    left, right = min(p.left for p in stack), max(p.right for p in stack)
    common = min(right, part.right) - max(left, part.left)
    return common > 0.5 * min(right - left, part.right - part.left)


def _is_enclosed(before: str, following: list[Placed]) -> bool:
    """Whether a bracket stands before and one behind, or a brace before: then what is stacked has no rule, which would
    have been found."""
    before = before.rstrip()
    return before.endswith("{") or before.endswith(("(", "[")) and bool(following) and all(
        part.text.lstrip().startswith((")", "]")) for part in following)


def _stack_text(stack: list[Placed], is_enclosed: bool) -> str:
    texts = [part.text.strip() for part in stack]
    if len(stack) == 1:
        return stack[0].text.strip()
    operators = [i for i, text in enumerate(texts) if _OPERATOR.fullmatch(text)]
    if operators:
        i = operators[0]
        above, below = " ".join(texts[:i]), " ".join(texts[i + 1:])
        return texts[i] + (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "") + " "
    if len(stack) == 2 and _is_centred(*stack):
        if is_enclosed:  # cases, a vector, "n over k"
            return "; ".join(texts)
        return "/".join(text if re.fullmatch(r"[\w.,]+", text) else f"({text})" for text in texts)
    return " ".join(texts)


def _is_centred(a: Placed, b: Placed) -> bool:
    size = max(a.main.size, b.main.size)
    return abs(a.left + a.right - b.left - b.right) / 2 < 0.3 * size and a.main.base - b.main.base > 0.9 * size
