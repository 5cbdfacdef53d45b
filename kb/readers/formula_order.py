"""The signs of a formula in the order they stand in, where a file has them by font: all brackets, then all letters.

Reads: Glyphs.  Gives: Glyphs, the lines that go back sorted by place, scripts behind their letters. Used by placed.py.

Formula editors write the upright signs of a formula first, then its indices, then the italic letters, each with gaps
where the others stand. A line of text never goes back to where it has been.
"""

from __future__ import annotations

import numpy as np

from kb.readers.glyphs import HYPHEN, IN_WORD, SPACE, Asker, Floats, Glyphs, Integers

_BACK = 1.0  # in heights: what goes back further than an accent or a second script does
_FURTHEST = 45.0  # in heights: the width of a formula
_STEP = 2.2  # in heights, from one line of a formula to the next
_LEVEL = 0.12  # in sizes
_SMALL = 0.86  # of the size of the line
_RISE = (0.1, 0.75)  # in sizes, from a letter's baseline to its script's
_AT = (-0.5, 0.4)  # in sizes, from a letter to its script
_WORD_GAP = 0.28  # in sizes
_OVERHANG = 0.45  # in sizes: so far may what fills a gap reach over its ends, as italic letters do
_MOST_OVER = 0.2  # of the gaps: where more are too narrow, two texts lie over each other


def in_formula_order(glyphs: Glyphs, asker: Asker) -> Glyphs:
    """The page's characters, those of formulas that are out of order from left to right."""
    ink = np.flatnonzero((glyphs.kinds == IN_WORD) | (glyphs.kinds == HYPHEN))
    heights = np.maximum(glyphs.top[ink] - glyphs.bottom[ink], 0.1)
    height = np.maximum(heights[1:], heights[:-1])
    step, rise = np.diff(glyphs.left[ink]) / height, np.abs(np.diff(glyphs.y[ink])) / height
    is_back = (step < -_BACK) & (step > -_FURTHEST) & (rise < _RISE[1])
    if not is_back.any():
        return glyphs
    edges = np.concatenate(([0], np.flatnonzero(rise > _STEP) + 1, [len(ink)]))
    order = np.arange(len(ink))
    glyphs = glyphs._replace(right=glyphs.right.copy())
    for first, last in zip(edges.tolist(), edges[1:].tolist(), strict=False):
        if is_back[first:last - 1].any():
            order[first:last] = first + _order(glyphs, ink[first:last], asker)
    return _reordered(glyphs, ink, order) if (order != np.arange(len(ink))).any() else glyphs


def _order(glyphs: Glyphs, ink: Integers, asker: Asker) -> Integers:
    """The order of characters that follow each other in the file: each line that goes back sorted, where it begins."""
    sizes, angles = asker.sizes_and_angles(glyphs.indices[ink])
    lines, hosts = _lines(glyphs, ink, np.where(angles == 0, sizes, 0.0))
    groups: dict[int, list[int]] = {}
    for i, host in hosts.items():
        groups.setdefault(host, []).append(i)
    moved: dict[int, list[int]] = {}  # where a line begins -> its characters
    taken: set[int] = set()
    for line in lines:
        if not _goes_back(glyphs, ink[line], sizes[line]):
            continue
        members: list[int] = []
        for i in sorted(line, key=lambda i: float(glyphs.left[ink[i]])):
            scripts = groups.get(i, ())
            if scripts:  # an italic letter reaches over its script
                least = min(float(glyphs.left[ink[j]]) for j in scripts)
                glyphs.right[ink[i]] = max(min(glyphs.right[ink[i]], least), glyphs.left[ink[i]])
            members += [i, *sorted(scripts, key=lambda j: (glyphs.y[ink[j]] < glyphs.y[ink[i]],
                                                        glyphs.left[ink[j]]))]
        moved[min(members)] = members
        taken.update(members)
    order: list[int] = []
    for i in range(len(ink)):
        order += moved.get(i, [] if i in taken else [i])
    return np.array(order, np.int64)


def _lines(glyphs: Glyphs, ink: Integers, sizes: Floats) -> tuple[list[list[int]], dict[int, int]]:
    """(the characters of each line, which character each script stands at)."""
    y, left, right = glyphs.y[ink], glyphs.left[ink], glyphs.right[ink]
    largest = float(np.median(sizes[sizes > 0])) if (sizes > 0).any() else 1.0
    is_small = (sizes > 0) & (sizes < _SMALL * largest)
    lines: dict[int, list[int]] = {}
    for i in np.flatnonzero(~is_small & (sizes > 0)).tolist():
        lines.setdefault(round(float(y[i]) / (_LEVEL * largest)), []).append(i)
    hosts: dict[int, int] = {}
    letters = np.flatnonzero(~is_small & (sizes > 0))
    for i in sorted(np.flatnonzero(is_small).tolist(), key=lambda i: float(left[i])):
        rise, gap = np.abs(y[i] - y[letters]) / largest, (left[i] - right[letters]) / largest
        near = letters[(rise > _RISE[0]) & (rise < _RISE[1]) & (gap > _AT[0]) & (gap < _AT[1])
                       & (left[letters] < left[i])]
        if len(near):
            hosts[i] = int(near[::-1][np.argmax(left[near][::-1])])  # a character beyond U+FFFF is two
            continue
        for j in reversed(list(hosts)):  # behind another script
            if abs(y[i] - y[j]) < _RISE[1] * sizes[j] and _AT[0] < (left[i] - right[j]) / largest < _AT[1]:
                hosts[i] = hosts[j]
                break
    return _merged(list(lines.values()), y, largest), hosts


def _merged(lines: list[list[int]], y: Floats, size: float) -> list[list[int]]:
    """The lines, those on nearly one baseline as one."""
    found: list[list[int]] = []
    for line in sorted(lines, key=lambda line: float(y[line[0]])):
        if found and abs(float(y[line[0]] - y[found[-1][0]])) < _LEVEL * size:
            found[-1] = sorted(found[-1] + line)
        else:
            found.append(line)
    return found


def _goes_back(glyphs: Glyphs, line: Integers, sizes: Floats) -> bool:
    """Whether characters of a line stand before those they follow, and beside them, not over them."""
    if len(line) < 2 or not (np.diff(glyphs.left[line]) < -_BACK * sizes[1:]).any():
        return False
    order = np.argsort(glyphs.left[line], kind="stable")
    left, right = glyphs.left[line][order], glyphs.right[line][order]
    place = np.argsort(order)
    steps = np.diff(place)
    n_filled = n_over = 0
    for i in np.flatnonzero(steps > 1).tolist():  # what is to stand between two that follow each other in the file
        between = slice(int(place[i]) + 1, int(place[i + 1]))
        room = glyphs.left[line[i + 1]] - glyphs.right[line[i]]
        n_filled += 1
        n_over += bool(right[between].max() - left[between].min() > room + _OVERHANG * sizes[i])
    return n_over <= _MOST_OVER * n_filled


def _reordered(glyphs: Glyphs, ink: Integers, order: Integers) -> Glyphs:
    """The characters in this order, with what the file has between those that stay neighbours; a space goes by the gap
    between those that become some."""
    places: list[int] = list(range(ink[0]))
    spaces: list[int] = []
    last: int | None = None
    for at in order.tolist():
        i = int(ink[at])
        if last is not None:
            if at == last + 1:
                places += range(int(ink[last]) + 1, i)
            elif _is_apart(glyphs, int(ink[last]), i):
                spaces.append(len(places))
                places.append(i)
        places.append(i)
        last = at
    places += range(int(ink[-1]) + 1, len(glyphs.codes))
    found = glyphs.only(np.array(places, np.int64))
    is_space = np.zeros(len(places), np.bool_)
    is_space[spaces] = True
    found.codes[is_space], found.kinds[is_space] = 0x20, SPACE
    return found


def _is_apart(glyphs: Glyphs, i: int, j: int) -> bool:
    size = max(float(glyphs.top[i] - glyphs.bottom[i]), float(glyphs.top[j] - glyphs.bottom[j]), 0.1)
    gap = float(glyphs.left[j] - glyphs.right[i])
    return gap > _WORD_GAP * size or gap < -size or abs(float(glyphs.y[i] - glyphs.y[j])) > size
