"""Fractions and roots that a page draws with a rule, as one line: a/b, √(a + b).

Reads: Glyphs and the objects of a page.  Gives: Glyphs, the parts of a fraction put side by side on the line it stands
in, with a slash between. Used by placed.py; runs.py and formulas.py then find nothing above or below.

What is over a rule and what is under it belong together only if both are about its middle, no wider, and nothing goes
on beside them: text that is underlined, and cells of tables, do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.readers.bars import MOST_SIZE, ROOT, Bar, bars_of
from kb.readers.glyphs import HYPHEN, IN_WORD, SPACE, Asker, Flags, Glyphs, Integers
from kb.readers.limits import OPERATORS
from kb.text import CJK
from kb.words import Phrases

_AXIS = 0.25  # in sizes: the rule of a fraction is so far above the baseline of its line
_OVER, _UNDER = (0.02, 0.85), (0.35, 1.25)  # in sizes: from the rule to the baseline of what is over and under it
_FURTHER = 0.6  # in sizes: so much further off it is where scripts or limits are between
_SCRIPT = 0.86  # of the size of the part
_CENTRED = 0.35  # in sizes: the middles of a fraction's parts and of its rule
_WIDER = 0.6  # in sizes: so much may a rule be wider than what it parts
_BESIDE = 0.35  # in sizes: what is so near to a part, on its line, goes on with it
_GAP = 1.3  # in sizes: the widest gap within a part
_NEAR = 1.2  # in sizes: from a fraction to what stands beside it on its line
_SCRIPT_REACH, _LIMIT_REACH = 0.7, 1.5  # in sizes of its letter: so far may the baseline of a script or limit be
_SPACE = 0.1  # in sizes: from a fraction to a sign beside it, where there is a space
_OPENING, _CLOSING = "([{|", ")]}|,.;，。；"
_WORD = re.compile(r"[^\W\d_]{4,}")
_FUNCTIONS = Phrases(r"(?:«pages: functions»)", re.IGNORECASE)
_ONE = re.compile(rf"[\d.,]+|\S|[{CJK}]+|[^\W\d_]{{4,}}|\([^()]*\)")  # needs no brackets


def with_fractions(glyphs: Glyphs, page: Any, textpage: Any) -> Glyphs:
    """The page's characters, fractions and roots on their lines."""
    bars = bars_of(page, glyphs)
    asker = Asker(textpage, page.get_rotation())
    parts, done = [], 0
    for first, last, near in _places(bars, glyphs):
        work = _Work(glyphs.only(np.arange(first, last)), asker, near)
        for bar in sorted(near, key=lambda bar: bar.right - bar.left):
            work.take(bar)
        parts += [glyphs.only(np.arange(done, first)), work.glyphs()]
        done = last
    parts.append(glyphs.only(np.arange(done, len(glyphs.codes))))
    return Glyphs(*(np.concatenate(columns) for columns in zip(*parts, strict=True))) if done else glyphs


def _places(bars: list[Bar], glyphs: Glyphs) -> list[tuple[int, int, list[Bar]]]:
    """(first, last + 1, rules): pieces of the file in which each rule and all that is near it are."""
    found: list[tuple[int, int, list[Bar]]] = []
    for bar in bars:
        near = np.flatnonzero((np.abs(glyphs.y - bar.y) < 1.5 * MOST_SIZE) & (glyphs.right > bar.left - MOST_SIZE)
                              & (glyphs.left < bar.right + MOST_SIZE) & (glyphs.kinds == IN_WORD))
        if not len(near):
            continue
        piece = int(near[0]), int(near[-1]) + 1, [bar]
        joined = [other for other in found if other[0] < piece[1] and piece[0] < other[1]]
        found = [other for other in found if other not in joined]
        found.append((min(other[0] for other in (piece, *joined)), max(other[1] for other in (piece, *joined)),
                      [one for other in (piece, *joined) for one in other[2]]))
    return sorted(found, key=lambda place: place[0])


class _Part(NamedTuple):
    """Characters over or under a rule, in order, with the spaces between them; on a baseline of their own."""

    members: list[int]
    left: float
    right: float
    base: float
    size: float
    text: str


class _Work:
    """The characters of a page while fractions are taken into their lines. order: their numbers as they are to be read;
    those that are put in stand behind all others."""

    def __init__(self, glyphs: Glyphs, asker: Asker, bars: Sequence[Bar]) -> None:
        self._all = glyphs.only(np.arange(len(glyphs.codes)))  # a copy
        self._order = list(range(len(glyphs.codes)))
        self._is_ink = (glyphs.kinds == IN_WORD) | (glyphs.kinds == HYPHEN)
        self._is_set = np.zeros(len(glyphs.codes), np.bool_)  # in a fraction that is on its line
        self._sizes = np.zeros(len(glyphs.codes))
        asked = np.flatnonzero(self._is_ink)
        sizes, angles = asker.sizes_and_angles(glyphs.indices[asked])
        self._sizes[asked] = np.where(angles == 0, sizes, 0.0)
        self._bars = bars

    def glyphs(self) -> Glyphs:
        """The characters in their new order."""
        return self._all.only(np.array(self._order, np.int64))

    def take(self, bar: Bar) -> None:
        """Takes what is over and under a rule into its line, or what is under the rule of a root into brackets."""
        glyphs, sizes = self._all, np.maximum(self._sizes, 0.1)
        middle = (glyphs.left + glyphs.right) / 2
        inside = (self._sizes > 0) & (middle > bar.left - 0.15 * sizes) & (middle < bar.right + 0.15 * sizes)
        rise = (glyphs.y - bar.y) / sizes
        over, under = self._nearest(inside, rise, _OVER, bar), self._nearest(inside, -rise, _UNDER, bar)
        if not under.any():
            return
        root = self._root_of(bar)
        if root is not None:
            part = self._part(under, inside & (rise < 0))
            glyphs.y[root] = part.base  # TeX hangs the sign from its rule
            self._bracket(part)
        elif over.any():
            upper = self._part(over, inside & (rise > 0))
            lower = self._part(under, inside & (rise < 0))
            if self._is_fraction(upper, lower, bar):
                self._put(upper, lower, bar)

    def _nearest(self, inside: Flags, away: NDArray[np.float64], limits: tuple[float, float], bar: Bar) -> Flags:
        """The characters of the line next to a rule on one side of it, without its scripts and limits."""
        near = self._line_of(inside & (away > limits[0]) & (away < limits[1]), bar)
        far = self._line_of(inside & (away > limits[0]) & (away < limits[1] + _FURTHER), bar)
        if not near.any() or not far.any():
            return far
        step = abs(float(self._all.y[near][0] - self._all.y[far][0]))
        return far if step < _SCRIPT_REACH * float(self._sizes[far].max()) else near

    def _line_of(self, side: Flags, bar: Bar) -> Flags:
        """Those of the largest characters of one side that are next to the rule."""
        if not side.any():
            return side
        size = float(self._sizes[side].max())
        full = side & (self._sizes > _SCRIPT * size)
        base = float(self._all.y[full][np.argmin(np.abs(self._all.y[full] - bar.y))])
        return full & (np.abs(self._all.y - base) < 0.12 * size)

    def _root_of(self, bar: Bar) -> int | None:
        """The sign of a root whose rule this is."""
        glyphs = self._all
        found = np.flatnonzero((glyphs.codes == ROOT) & (self._sizes > 0)
                               & (np.abs(glyphs.right - bar.left) < 0.3 * self._sizes)
                               & (np.abs(glyphs.y - bar.y) < 2.5 * self._sizes))
        return int(found[0]) if len(found) else None

    def _part(self, chosen: Flags, beside: Flags) -> _Part:
        """These characters with their scripts, which are of those on the same side of the rule."""
        glyphs, sizes = self._all, self._sizes
        size = float(sizes[chosen].max())
        base = float(np.median(glyphs.y[chosen & (sizes > 0.95 * size)]))
        found = self._with_scripts(chosen, beside & (sizes < _SCRIPT * size), base, size)
        members = self._in_order(found, base, size)
        codes = "".join(map(chr, glyphs.codes[members].tolist()))
        text = codes.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return _Part(members, float(glyphs.left[found].min()), float(glyphs.right[found].max()), base, size, text)

    def _with_scripts(self, chosen: Flags, small: Flags, base: float, size: float) -> Integers:
        """These characters and the small ones behind them, each right at the one before, or over or under a sum."""
        glyphs = self._all
        found = np.flatnonzero(chosen)
        limits = small & (np.abs(glyphs.y - base) < _LIMIT_REACH * size)
        for i in found[np.isin(glyphs.codes[found], OPERATORS)].tolist():
            over = limits & (glyphs.right > glyphs.left[i] - size) & (glyphs.left < glyphs.right[i] + size)
            found = np.union1d(found, np.flatnonzero(over))
        waiting = np.flatnonzero(small & (np.abs(glyphs.y - base) < _SCRIPT_REACH * size)).tolist()
        for i in sorted(waiting, key=lambda i: float(glyphs.left[i])):
            gaps = (glyphs.left[i] - glyphs.right[found]) / size
            if ((gaps > -0.2) & (gaps < _BESIDE)).any():
                found = np.union1d(found, [i])
        return found

    def _in_order(self, found: Integers, base: float, size: float) -> list[int]:
        """Characters as they are to be read, with the spaces that the file has between them where it has them in
        order."""
        glyphs = self._all
        chosen = set(found.tolist())
        places = [at for at, i in enumerate(self._order) if i in chosen]
        filed = [self._order[at] for at in places]
        level = [i for i in filed if abs(glyphs.y[i] - base) < 0.1 * size]
        if any(glyphs.left[j] < glyphs.left[i] - 0.1 * size for i, j in zip(level, level[1:], strict=False)):
            return by_place(found, glyphs, base, size)
        members = [filed[0]]
        for at, following in zip(places, places[1:], strict=False):
            between = self._order[at + 1:following]
            members += [i for i in between if glyphs.kinds[i] == SPACE]
            members.append(self._order[following])
        return members

    def _is_fraction(self, upper: _Part, lower: _Part, bar: Bar) -> bool:
        """Whether both parts are about the middle of the rule, one of them as wide, and nothing goes on beside them."""
        size = max(upper.size, lower.size)
        middle = bar.left + bar.right
        if any(abs(part.left + part.right - middle) > 2 * _CENTRED * size for part in (upper, lower)):
            return False
        if bar.right - bar.left - max(upper.right - upper.left, lower.right - lower.left) > _WIDER * size:
            return False
        if any(self._goes_on(part, bar) or self._is_loose(part) for part in (upper, lower)):
            return False
        return not (_has_words(upper.text) or _has_words(lower.text)) or self._is_in_formula(upper, lower, bar)

    def _goes_on(self, part: _Part, bar: Bar) -> bool:
        """Whether something stands beside a part on its line that is not over or under another rule."""
        glyphs = self._all
        size = part.size
        mine = np.zeros(len(glyphs.codes), np.bool_)
        mine[part.members] = True
        level = self._is_ink & ~mine & (np.abs(glyphs.y - part.base) < 0.12 * size) & ~self._is_set
        left = level & (glyphs.right <= part.left + 0.1 * size) & (glyphs.right > part.left - _BESIDE * size)
        right = level & (glyphs.left >= part.right - 0.1 * size) & (glyphs.left < part.right + _BESIDE * size)
        for other in self._bars:
            if other is not bar and abs(other.y - bar.y) < 0.3 * size:
                covered = (glyphs.right > other.left) & (glyphs.left < other.right)
                left, right = left & ~covered, right & ~covered
        return bool((left | right).any())

    def _is_loose(self, part: _Part) -> bool:
        """Whether a part has gaps as cells of a row have between them."""
        glyphs = self._all
        ink = sorted((i for i in part.members if self._is_ink[i]), key=lambda i: float(glyphs.left[i]))
        right = part.left
        for i in ink:
            if glyphs.left[i] - right > _GAP * part.size:
                return True
            right = max(right, float(glyphs.right[i]))
        return False

    def _beside(self, bar: Bar, size: float) -> tuple[int | None, int | None]:
        """What stands before and behind a fraction on its line: at half the height of its signs is the rule."""
        glyphs, sizes = self._all, self._sizes
        level = (self._sizes > 0) & (np.abs(bar.y - _AXIS * sizes - glyphs.y) < 0.14 * sizes) & (sizes > 0.8 * size)
        before = np.flatnonzero(level & (glyphs.right < bar.left + 0.3 * size)
                                & (glyphs.right > bar.left - _NEAR * size))
        behind = np.flatnonzero(level & (glyphs.left > bar.right - 0.3 * size)
                                & (glyphs.left < bar.right + _NEAR * size))
        return (int(before[np.argmax(glyphs.right[before])]) if len(before) else None,
                int(behind[np.argmin(glyphs.left[behind])]) if len(behind) else None)

    def _is_in_formula(self, upper: _Part, lower: _Part, bar: Bar) -> bool:
        return self._beside(bar, max(upper.size, lower.size)) != (None, None)

    def _put(self, upper: _Part, lower: _Part, bar: Bar) -> None:
        """Puts a fraction on the line it stands in: its parts beside each other, in the room it has."""
        size = max(upper.size, lower.size)
        before, behind = self._beside(bar, size)
        line = before if before is not None else behind
        base = float(self._all.y[line]) if line is not None else bar.y - _AXIS * size
        if line is not None:  # as large as its line, which a small fraction in it does not make a small one
            for part in (upper, lower):
                letters = [i for i in part.members if self._sizes[i] > _SCRIPT * part.size]
                self._all.indices[letters] = self._all.indices[line]
        parts = [self._grouped(upper), [self._new("/", lower.members[0])], self._grouped(lower)]
        left, right = min(bar.left, upper.left, lower.left), max(bar.right, upper.right, lower.right)
        widths = [upper.right - upper.left, 0.4 * size, lower.right - lower.left]
        scale, at = (right - left) / sum(widths), left
        for members, width, begin, own in zip(parts, widths, (upper.left, at, lower.left),
                                              (upper.base, None, lower.base), strict=True):
            self._move(members, begin, at, scale, base, own)
            at += width * scale
        self._insert([i for part in parts for i in part], before, behind)

    def _move(self, members: list[int], begin: float, to: float, scale: float, base: float, own: float | None) -> None:
        glyphs = self._all
        if own is None:  # the slash, as wide as it may be
            glyphs.left[members], glyphs.right[members] = to, to + 0.4 * scale * self._sizes[members]
            fall: Any = base - glyphs.y[members]
        else:
            glyphs.left[members] = to + (glyphs.left[members] - begin) * scale
            glyphs.right[members] = to + (glyphs.right[members] - begin) * scale
            fall = base - own
        glyphs.x[members] = glyphs.left[members]
        glyphs.y[members] += fall
        glyphs.bottom[members] += fall
        glyphs.top[members] += fall
        self._is_set[members] = True

    def _insert(self, members: list[int], before: int | None, behind: int | None) -> None:
        """Puts a fraction into the order, behind what stands before it on its line, apart from a letter or digit."""
        chosen = set(members)
        first = next(at for at, i in enumerate(self._order) if i in chosen)
        self._order = [i for i in self._order if i not in chosen]
        if before is not None:
            first = self._behind(before, members)
        elif behind is not None:
            first = self._order.index(behind)
        if before is not None and self._is_apart(before, members[0], _OPENING):
            members = [self._new(" ", before), *members]
        following = next((at for at in range(first, len(self._order)) if self._is_ink[self._order[at]]), None)
        if behind is not None and following is not None and self._order[following] == behind:
            is_apart = self._is_apart(members[-1], behind, _CLOSING)
            self._order[first:following] = [self._new(" ", members[-1])] if is_apart else []
        self._order[first:first] = members

    def _behind(self, before: int, members: list[int]) -> int:
        """Where the order goes on behind a character: its scripts, and the other one of two code units."""
        glyphs = self._all
        begin, size = float(glyphs.left[members].min()), max(1.0, float(self._sizes[before]))
        first = self._order.index(before) + 1
        for at in range(first, len(self._order)):
            i = self._order[at]
            if not self._is_ink[i]:
                continue
            if (glyphs.left[i] < glyphs.left[before] or glyphs.right[i] > begin + 0.3 * size
                    or abs(float(glyphs.y[i] - glyphs.y[before])) > _LIMIT_REACH * size):
                break
            first = at + 1
        return first

    def _is_apart(self, i: int, j: int, close: str) -> bool:
        """Whether a space stands between two characters, one of them of a fraction: not inside brackets."""
        other = chr(int(self._all.codes[i if close == _OPENING else j]))
        gap = float(self._all.left[j] - self._all.right[i]) / max(0.1, float(self._sizes[j]))
        return other.isalnum() or other not in close and gap > _SPACE

    def _bracket(self, part: _Part) -> None:
        """Puts brackets around what is under the rule of a root."""
        if not _needs_brackets(part.text):
            return
        for members, sign, at, step in ((part.members, "(", part.left, 0), (part.members, ")", part.right, 1)):
            beside = members[-step]
            new = self._new(sign, beside)
            self._all.left[new] = self._all.right[new] = self._all.x[new] = at
            self._all.y[new] = part.base
            self._order.insert(self._order.index(beside) + step, new)

    def _grouped(self, part: _Part) -> list[int]:
        """A part, in brackets where it is more than one sign, number or word."""
        if not _needs_brackets(part.text):
            return part.members
        opening, closing = self._new("(", part.members[0]), self._new(")", part.members[-1])
        for new, at in ((opening, part.left), (closing, part.right)):
            self._all.left[new] = self._all.right[new] = at
            self._all.y[new] = part.base
        return [opening, *part.members, closing]

    def _new(self, sign: str, like: int) -> int:
        """The number of a character that is put in: of the size and at the height of another one."""
        self._all = self._all.only(np.append(np.arange(len(self._all.codes)), like))
        self._all.codes[-1] = ord(sign)
        self._all.kinds[-1] = SPACE if sign == " " else IN_WORD
        self._is_ink = np.append(self._is_ink, sign != " ")
        self._is_set = np.append(self._is_set, self._is_set[like])
        self._sizes = np.append(self._sizes, self._sizes[like])
        return len(self._all.codes) - 1


def by_place(found: Integers, glyphs: Glyphs, base: float, size: float) -> list[int]:
    """Characters of one line from left to right; the scripts of a letter behind it, the raised ones first."""
    level = [int(i) for i in found if abs(glyphs.y[i] - base) < 0.1 * size]
    level.sort(key=lambda i: float(glyphs.left[i]))
    lefts = [float(glyphs.left[i]) for i in level]

    def place(i: int) -> tuple[int, int, float]:
        rise = float(glyphs.y[i]) - base
        if abs(rise) < 0.1 * size:
            return level.index(i), 0, 0.0
        return (int(np.searchsorted(lefts, float(glyphs.left[i]) + 0.1 * size)) - 1, 1 if rise > 0 else 2,
                float(glyphs.left[i]))

    return sorted((int(i) for i in found), key=place)


def _has_words(text: str) -> bool:
    return any(not _FUNCTIONS.fullmatch(word) for word in _WORD.findall(text))


def _needs_brackets(text: str) -> bool:
    return _ONE.fullmatch(text.strip()) is None
