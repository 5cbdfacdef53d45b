"""From characters to lines: runs on one baseline, joined to lines with their raised and lowered characters.

Reads: Glyphs in a frame where writing runs from left to right.  Gives: Placed lines in that frame. Used by placed.py.

A line is what stands on one baseline without a wide gap. What is smaller and stands higher or lower right after it is a
script and does not end it; scripts.py says how one is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from kb.readers.glyphs import HYPHEN, IN_WORD, LINE_END, SPACE, Flags, Floats, Glyphs, Integers
from kb.readers.inner_scripts import Run, with_inner_scripts
from kb.readers.limits import LIMITED, OPERATORS, ends_in_operator, is_above, is_limit, may_be_limit, together
from kb.readers.scripts import lowered, raised

WIDE_GAP = 2.5  # in sizes: wider than any space between words, narrower than most gutters between columns
_GUTTER_GAP = 0.9  # in sizes: a gap so wide that it parts columns where other lines have one at the same place
_LETTER_GAP = 0.16  # in sizes: what is further apart than this is two words
_SMALL = 0.86  # of the size of a line: what is smaller may be a script
_CLOSING = tuple(map(ord, ")]}⌋⌉⟩|‖"))
_HOST = re.compile(r"(?:[^\W\d_]|[)\]}|ˆ´])$")  # what raised and lowered signs are scripts of
_CONTROL = re.compile("[\x00-\x01\x03-\x1f]")


class Placed(NamedTuple):
    """A line with its text. main: the run that most of it is set as."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    main: Run


class Pieces(NamedTuple):
    """Runs of characters without a space, a change of height or a gap between them, all [n]; first and last are
    indices of glyphs."""

    first: Integers
    last: Integers
    left: Floats
    right: Floats
    base: Floats
    bottom: Floats
    top: Floats
    is_operator: Flags

    def only(self, keeps: Flags) -> Pieces:
        """These of them."""
        return Pieces(self.first[keeps], self.last[keeps], self.left[keeps], self.right[keeps], self.base[keeps],
                      self.bottom[keeps], self.top[keeps], self.is_operator[keeps])


def pieces_of(glyphs: Glyphs) -> Pieces:
    """The pieces of a page, in the file's order."""
    ink = np.flatnonzero((glyphs.kinds == IN_WORD) | (glyphs.kinds == HYPHEN))
    if not len(ink):
        return Pieces(ink, ink, np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0),
                      np.zeros(0, np.bool_))
    left, right, y = glyphs.left[ink], glyphs.right[ink], glyphs.y[ink]
    height = np.maximum(glyphs.top[ink] - glyphs.bottom[ink], 0.1)
    is_same_glyph = (left[1:] == left[:-1]) & (right[1:] == right[:-1])  # the letters of a ligature
    gap = np.where(is_same_glyph, 0.0, left[1:] - right[:-1])
    is_operator = np.isin(glyphs.codes[ink], OPERATORS)
    parts = (
        (np.diff(ink) != 1)
        | is_operator[1:]
        | is_operator[:-1]
        | (np.abs(np.diff(y)) > 0.03 * height[1:])
        | (np.abs(np.diff(height)) > 0.03 * height[1:])
        | (gap > 0.6 * height[1:])
        | (gap < -0.5 * height[1:])
    )
    firsts = np.concatenate(([0], np.flatnonzero(parts) + 1))
    lasts = np.concatenate((firsts[1:] - 1, [len(ink) - 1]))
    return Pieces(ink[firsts], ink[lasts], np.minimum.reduceat(left, firsts), np.maximum.reduceat(right, firsts),
                  y[firsts], glyphs.bottom[ink][firsts], glyphs.top[ink][firsts], is_operator[firsts])


def runs_of(pieces: Pieces, sizes: Floats) -> list[Run]:
    """Pieces on one baseline without a wide gap between them, as runs; a sum or the like ends one."""
    if not len(sizes):
        return []
    left, right, base = pieces.left, pieces.right, pieces.base
    em = np.maximum(sizes[1:], sizes[:-1])
    gap = left[1:] - right[:-1]
    joins = (np.abs(np.diff(base)) <= 0.1 * em) & (gap > -0.35 * em) & (gap < WIDE_GAP * em)
    joins &= ~_in_gutter(pieces, joins & (gap > _GUTTER_GAP * em))
    joins &= ~pieces.is_operator[:-1]
    firsts = np.concatenate(([0], np.flatnonzero(~joins) + 1))
    lasts = np.concatenate((firsts[1:] - 1, [len(sizes) - 1]))
    starts = firsts.tolist()
    edges = zip(np.minimum.reduceat(left, firsts).tolist(), np.maximum.reduceat(right, firsts).tolist(),
                np.minimum.reduceat(pieces.bottom, firsts).tolist(), np.maximum.reduceat(pieces.top, firsts).tolist(),
                strict=True)
    widths = right - left
    first_of, last_of = pieces.first[firsts].tolist(), pieces.last[lasts].tolist()
    bases, heights = base.tolist(), sizes.tolist()
    runs = []
    for i, (start, stop, edge) in enumerate(zip(starts, [*starts[1:], len(heights)], edges, strict=True)):
        widest = start + int(np.argmax(widths[start:stop])) if stop - start > 1 else start
        runs.append(Run(first_of[i], last_of[i], edge[0], edge[1], bases[widest], edge[2], edge[3], heights[widest]))
    return runs


def _in_gutter(pieces: Pieces, may_be: Flags) -> Flags:
    """Which of these gaps between a piece and the next lie where at least six lines have one and few have text."""
    gaps = np.flatnonzero(may_be)
    found = np.zeros(len(may_be), np.bool_)
    if len(gaps) < 6:
        return found
    begins, ends = pieces.right[gaps], pieces.left[gaps + 1]
    middles = (begins + ends) / 2
    n_gaps = ((begins[None] < middles[:, None]) & (ends[None] > middles[:, None])).sum(1)
    n_texts = ((pieces.left[None] < middles[:, None]) & (pieces.right[None] > middles[:, None])).sum(1)
    found[gaps[(n_gaps >= 6) & (n_texts <= n_gaps)]] = True
    return found


# --- lines


class _Line:
    """A line that grows: its runs with their level (1 raised, -1 lowered, 0 neither)."""

    def __init__(self, run: Run) -> None:
        self.runs: list[tuple[Run, int]] = [(run, 0)]
        self.main = run
        self.right = self.anchor = run.right

    def add(self, run: Run, level: int) -> None:
        self.runs.append((run, level))
        self.right = max(self.right, run.right)
        if level == 0:
            self.anchor = self.right
            if run.right - run.left > self.main.right - self.main.left:
                self.main = run

    def level_of(self, run: Run) -> int | None:
        """How this run goes on with the line; None if it does not."""
        size = self.main.size
        rise, gap = (run.base - self.main.base) / size, (run.left - self.right) / size
        ratio = run.size / size
        beside = (run.left - self.anchor) / size
        if abs(rise) <= max(0.12, 0.12 * ratio):
            return 0 if -0.4 < gap < WIDE_GAP else None
        if beside <= -0.3 or gap >= 0.8:
            return None
        if ratio < _SMALL and -0.5 < rise < 0.9:
            return 1 if rise > 0 else -1
        if ratio < 1 / _SMALL and 0.12 < abs(rise) < 0.55 and run.last - run.first < 4 and gap < 0.2:
            return 1 if rise > 0 else -1
        return None

    def take_limit(self, group: Sequence[Run], glyphs: Glyphs, text_of: Callable[[int, int], str]) -> bool:
        """Adds what stands above or below the sum, the integral or the "max" that is last in the line."""
        at = len(self.runs) - 1
        while at > 0 and self.runs[at][1]:
            at -= 1
        operator = self.runs[at][0]
        if not may_be_limit(group[0], operator.base, operator.size):
            return False
        place = ends_in_operator(operator, glyphs, text_of)
        if place is None or not is_limit(group, operator.base, operator.size, place):
            return False
        self.runs += [(run, 1 if group[0].base > operator.base else -1) for run in group]
        return True

    def is_raised_to(self, group: Sequence[Run], glyphs: Glyphs) -> bool:
        """Whether runs are the power of a bracket that is taller than the line."""
        last, size = self.runs[-1][0], self.main.size
        if group[0].size >= _SMALL * size:
            return False
        height = float(glyphs.top[last.last] - glyphs.bottom[last.last])
        return (int(glyphs.codes[last.last]) in _CLOSING and height > 1.4 * size
                and 0.5 * size < group[0].base - last.base < 0.9 * height
                and -0.2 * size < group[0].left - last.right < 0.5 * size)

    def is_script_of(self, run: Run) -> bool:
        """Whether all that is here stands as a script before this run: a footnote's mark, an isotope."""
        size = run.size
        rise, gap = (self.main.base - run.base) / size, (run.left - self.right) / size
        return len(self.runs) == 1 and self.main.size < _SMALL * size and -0.5 < rise < 0.9 and -0.15 < gap < 0.4

    def is_initial_of(self, run: Run) -> bool:
        """Whether this is the large first letter of what follows."""
        size = self.main.size
        return (
            len(self.runs) == 1
            and self.main.first == self.main.last
            and run.size < 0.65 * size
            and run.last - run.first >= 8
            and -0.1 * size < run.left - self.right < 0.4 * size
            and self.main.bottom - 0.1 * size < run.base < self.main.top
        )


def lines_of(glyphs: Glyphs, runs: list[Run], text_of: Callable[[int, int], str]) -> list[Placed]:
    """The lines these runs make, in the file's order."""
    runs = with_inner_scripts(runs, glyphs)
    lines: list[_Line] = []
    waiting: list[Run] = []  # what stands above an operator that follows, as TeX writes it
    at = 0
    while at < len(runs):
        run, line = runs[at], lines[-1] if lines else None
        group = together(runs, at)
        at += len(group)
        if at < len(runs) and is_above(group, runs[at], glyphs):
            waiting = group
            continue
        if line is not None and line.take_limit(group, glyphs, text_of):
            continue
        if line is not None and line.is_raised_to(group, glyphs):
            line.runs += [(above, 1) for above in group]
            line.right = line.anchor = group[-1].right
            continue
        at += 1 - len(group)
        _add(lines, run)
        if waiting:
            lines[-1].runs += [(above, 1) for above in waiting]
            waiting = []
    return _completed([_placed(line, glyphs, text_of) for line in lines])


def _add(lines: list[_Line], run: Run) -> None:
    """Takes a run into the last line, or begins one with it."""
    line = lines[-1] if lines else None
    level = line.level_of(run) if line is not None else None
    if line is not None and line.is_initial_of(run):
        line.add(run, 0)
        line.main = run
    elif line is not None and level is not None:
        line.add(run, level)
    elif line is not None and line.is_script_of(run):
        line.runs = [(line.main, 1 if line.main.base > run.base else -1)]
        line.main = run
        line.add(run, 0)
    else:
        lines.append(_Line(run))


def _completed(lines: list[Placed]) -> list[Placed]:
    """The lines, with the parts of one that a file writes from the right put together: a link is often written after
    what follows it."""
    if len(lines) < 2:
        return lines
    left, right = np.array([line.left for line in lines]), np.array([line.right for line in lines])
    base, size = np.array([line.main.base for line in lines]), np.array([line.main.size for line in lines])
    em = np.minimum(size[1:], size[:-1])
    gap = left[:-1] - right[1:]
    is_level = np.abs(np.diff(base)) < 0.1 * em
    joins = np.flatnonzero(is_level & (np.abs(gap) < 0.6 * em) & (left[:-1] > left[1:] + 0.3 * em))
    found: list[Placed | None] = list(lines)
    for i in joins.tolist():
        second, first = found[i] or lines[i], lines[i + 1]
        widest = max(first.main, second.main, key=lambda run: run.right - run.left)
        space = "" if second.left - first.right < _LETTER_GAP * second.main.size else " "
        found[i] = None
        found[i + 1] = Placed(first.text.rstrip() + space + second.text, first.left, max(first.right, second.right),
                              widest.bottom, widest.top, widest)
    return [line for line in found if line is not None]


def _placed(line: _Line, glyphs: Glyphs, text_of: Callable[[int, int], str]) -> Placed:
    runs = [run for run, _ in line.runs]
    if len(runs) == 1:
        return Placed(_own_text(glyphs, runs[0], text_of), runs[0].left, runs[0].right, runs[0].bottom, runs[0].top,
                      runs[0])
    text = _with_scripts([(run, level, _own_text(glyphs, run, text_of)) for run, level in line.runs], line.main.size)
    return Placed(text, min(run.left for run in runs), max(run.right for run in runs),
                  line.main.bottom, line.main.top, line.main)


def _own_text(glyphs: Glyphs, run: Run, text_of: Callable[[int, int], str]) -> str:
    """A run's characters and the spaces after it. Where pdfium ends a line within one, the gap decides whether there is
    a space."""
    last = run.last
    while last + 1 < len(glyphs.kinds) and glyphs.kinds[last + 1] == SPACE:
        last += 1
    text = text_of(run.first, last + 1)
    if "\r" in text or "\n" in text:
        text = _over_line_ends(glyphs, run, text_of) + text[run.last + 1 - run.first:]
    if "\x02" in text:  # a hyphen, and nothing ends here
        head = text.rstrip()
        text = head[:-1].replace("\x02", "-") + text[len(head) - 1:]
    return text if text.isprintable() else _CONTROL.sub("", text)


def _over_line_ends(glyphs: Glyphs, run: Run, text_of: Callable[[int, int], str]) -> str:
    found, begin = "", run.first
    at = run.first
    while at <= run.last:
        if glyphs.kinds[at] != LINE_END:
            at += 1
            continue
        after = at
        while glyphs.kinds[after] in (LINE_END, SPACE):
            after += 1
        before = at - 1
        while glyphs.kinds[before] == SPACE:
            before -= 1
        gap = float(glyphs.left[after] - glyphs.right[before])
        found += text_of(begin, before + 1).rstrip() + (" " if gap > _LETTER_GAP * run.size else "")
        begin = at = after
    return found + text_of(begin, run.last + 1)


def _with_scripts(parts: list[tuple[Run, int, str]], size: float) -> str:
    """The text of a line from its runs."""
    text = ""
    right: float | None = None
    i = 0
    while i < len(parts):
        run, level, own = parts[i]
        if level == 0:
            if right is not None and run.left - right > _LETTER_GAP * min(size, run.size):
                text = text.rstrip() + " "
            elif right is not None and (run.left - right < 0.1 * size or parts[i - 1][1]):
                text = text.rstrip()
            text += own
            right, i = run.right, i + 1
            continue
        stop = i
        while stop < len(parts) and parts[stop][1] == level:
            stop += 1
        group = parts[i:stop]
        if right is None or group[0][0].left - right < 0.3 * size:
            text = text.rstrip()
        elif not text.endswith(" "):
            text += " "
        below = stop
        while below < len(parts) and parts[below][1] == -level:
            below += 1
        is_limit_of = LIMITED.search(text) is not None
        if (level == 1 and below > stop and not is_limit_of and not _HOST.search(text)
                and _is_fraction(group, parts[stop:below], size)):
            upper, lower = _script(group), _script(parts[stop:below])
            text += (" " if re.search(r"\w$", text) else "") + f"{_grouped(upper)}/{_grouped(lower)}"
            group, stop = parts[i:below], below
        elif is_limit_of:
            text += f"{'^' if level == 1 else '_'}{{{_script(group)}}}"
        else:
            text += (raised if level == 1 else lowered)(text[-20:], _script(group))
        right = max(run.right for run, _, _ in group) if right is None else max(
            right, *(run.right for run, _, _ in group))
        i = stop
    return text + (" " if parts[-1][2].endswith(" ") and not text.endswith(" ") else "")


def _script(group: list[tuple[Run, int, str]]) -> str:
    """The text of runs that are one script, those raised or lowered once more in their own notation."""
    text, last = "", group[0][0]
    for run, _, own in group:
        own = own.strip()
        if text and run.size < 0.9 * last.size and abs(run.base - last.base) > 0.1 * last.size:
            text += (raised if run.base > last.base else lowered)(text[-20:], own)
            continue
        if text and run.left - last.right > 0.25 * run.size:
            text += " "
        text, last = text + own, run
    return text


def _is_fraction(upper: list[tuple[Run, int, str]], lower: list[tuple[Run, int, str]], size: float) -> bool:
    """Whether one stands over the other about its middle, further off than a superscript over a subscript."""
    sides = [(min(run.left for run, _, _ in part), max(run.right for run, _, _ in part)) for part in (upper, lower)]
    (a, b), (c, d) = sides
    return (
        abs((a + b) - (c + d)) / 2 < 0.15 * size
        and upper[0][0].base - lower[0][0].base > 0.67 * size
    )


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"[\w.,]+", text) else f"({text})"
