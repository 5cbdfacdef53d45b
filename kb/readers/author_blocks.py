"""Authors in blocks of their own, side by side and one row of blocks below the other: name, address, e-mail.

Reads: rows between a title and its abstract.  Gives: the names at the head of each block, row by row. Used by
title_block.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from kb.readers.names import Names
from kb.readers.order import Row

_SAME_SIZE = 0.8  # points between the names of all blocks
_APART = 1.6  # steps of a block, from which the next line is another block's
_BESIDE = 0.004  # of the page's height: rows of one line


def names_of_blocks(zone: Sequence[Row], names: Names) -> tuple[str, ...]:
    """The authors, () where these are not at least two blocks with a name at the head and an e-mail below it. zone:
    rows from the top down."""
    if sum("@" in row.text for row in zone) < 2:
        return ()
    found = [(block, named) for block in _blocks(zone) if (named := _names_at_head(block, names))]
    found = [(block, named) for block, named in found if abs(block[0].size - found[0][0][0].size) <= _SAME_SIZE]
    n_reached = sum(any("@" in row.text for row in block) for block, _ in found)
    if n_reached < 2 or abs(found[0][0][0].middle - found[1][0][0].middle) > _BESIDE:
        return ()
    return tuple(dict.fromkeys(name for _, named in found for name in named))


def _blocks(zone: Sequence[Row]) -> list[list[Row]]:
    """The rows that stand one below the other; an e-mail ends a block, and so does a gap. Row by row, from the left."""
    blocks: list[list[Row]] = []
    for row in zone:
        above = [block for block in blocks if min(block[-1].right, row.right) > max(block[-1].left, row.left)]
        own = min(above, key=lambda block: block[-1].middle) if above else None
        if own is None or _is_over(own, row):
            blocks.append([row])
        else:
            own.append(row)
    return sorted(blocks, key=lambda block: (-round(block[0].middle / _BESIDE), block[0].left))


def _is_over(block: Sequence[Row], row: Row) -> bool:
    """Whether a block ends before a row."""
    if any("@" in one.text for one in block):
        is_rest = "." in row.text and " " not in row.text.strip()  # of an address that was too long for its line
        return "@" in row.text or not is_rest
    step = block[-1].middle - row.middle
    usual = min((a.middle - b.middle for a, b in zip(block, block[1:], strict=False)), default=step)
    return step > _APART * max(usual, row.size / 800)


def _names_at_head(block: Sequence[Row], names: Names) -> list[str]:
    """The names in a block's first lines: those of one line, of more where a line ends with a comma, or one name of
    which each line has a word."""
    found: list[str] = []
    first = block[0]
    for i, row in enumerate(block):
        if abs(row.size - first.size) > _SAME_SIZE:
            break
        after = block[i + 1] if i + 1 < len(block) else None
        if not found and after is not None and _are_parts(row, after):
            return list(names.of(f"{row.text.strip()} {after.text.strip()}").names)
        one = names.of(row.text)
        if not one.is_line or (len(one.names) == 1 and " " not in one.names[0] and not one.names[0][0] > "\u2e80"):
            break
        found += one.names
        if not one.is_open:
            break
    return found


def _are_parts(row: Row, after: Row) -> bool:
    """Whether two lines have a word each of one name."""
    words = [one.text.strip(" *∗†‡§¶") for one in (row, after)]
    return abs(row.size - after.size) < 0.3 and all(word.isalpha() and word[0].isupper() and len(word) > 1
                                                    for word in words)
