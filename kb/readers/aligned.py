"""Words that stand under each other, as those of a sentence and their translation do: a file may have them pair by
pair.

Reads: rows in reading order.  Gives: the same, such words line by line. Next: lines.py joins the pieces of a line.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from kb.readers.order import Row, in_lines

_LEAST = 2  # pairs
_LOWEST = 4.4  # in sizes: two lines more
_SPACE = 1.2  # in sizes: the widest space between two words
_STEP = 2.2  # in sizes: from one line to the next
_SAME = 0.25  # in sizes: so far apart may the middles of one line be
_WIDEST = 0.15  # of the page's width: a word, or a few
_MOST_WORDS = 3
_WIDTH, _HEIGHT = 600.0, 800.0  # of a page, more or less, in points


def by_lines(rows: Sequence[Row], apart: Collection[Row]) -> list[Row]:
    """The rows with words that stand under each other line by line. apart: rows that are tables or figures."""
    ordered: list[Row] = []
    i = 0
    while i < len(rows):
        end, n_pairs = _pairs(rows, i, apart)
        if n_pairs >= _LEAST:
            slack = _SAME * rows[i].size / _HEIGHT
            ordered += [row for line in in_lines(rows[i:end], slack) for row in sorted(line, key=lambda one: one.left)]
            i = end
        else:
            ordered.append(rows[i])
            i += 1
    return ordered


def _pairs(rows: Sequence[Row], start: int, apart: Collection[Row]) -> tuple[int, int]:
    """(where the pairs that begin with row `start` end, how many they are): each is to the right of the one before,
    a space away, and begins in the same line."""
    first = rows[start]
    end, n, edge = start, 0, first.left
    while end < len(rows) and _is_next(rows[end], first, edge, apart):
        last, stop = rows[end], end + 1
        while stop < len(rows) and _is_under(rows[stop], last, rows[end], apart):
            last, stop = rows[stop], stop + 1
        if stop == end + 1 and n == 0:
            break
        n += stop > end + 1
        edge = max(row.right for row in rows[end:stop])
        end = stop
    return end, n


def _is_next(row: Row, first: Row, edge: float, apart: Collection[Row]) -> bool:
    return (row is first or row.page == first.page and abs(row.middle - first.middle) < _SAME * first.size / _HEIGHT
            and -0.002 < row.left - edge < _SPACE * first.size / _WIDTH) and (
                _is_word(row) and row not in apart)


def _is_under(row: Row, last: Row, head: Row, apart: Collection[Row]) -> bool:
    """Whether a row stands under a word, in the line after that of the last one there or beside it."""
    em = head.size / _HEIGHT
    step = last.middle - row.middle
    is_beside = last is not head and abs(step) < _SAME * em and row.left > last.right
    return (row.page == head.page and (is_beside or 0.6 * em < step < _STEP * em)
            and head.middle - row.middle < _LOWEST * em
            and head.left - 0.5 * head.size / _WIDTH < row.left < head.right and _is_word(row) and row not in apart)


def _is_word(row: Row) -> bool:
    return row.right - row.left < _WIDEST and len(row.text.split()) <= _MOST_WORDS and not row.text.endswith("\x02")
