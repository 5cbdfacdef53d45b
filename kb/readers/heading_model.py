"""How likely a line is a heading, from what heading_features.py counts: trees of questions, fitted to real documents.

Reads: a list of numbers.  Gives: a probability. tests/bench/headings.py fits the trees and writes data/headings.json;
data/headings.md says on which documents. Plain Python: a reader starts without numpy's trees.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).resolve().parent.parent / "data" / "headings.json"
_FIRST = 12  # trees; where they are sure that a line is none, as of three in four, the others are not asked
_HOPELESS = -3.5


class Trees(NamedTuple):
    """start: the sum before the first tree.  trees: of each its nodes as flat lists, the root first: the feature that
    is asked for (-1 at a leaf), the greatest value that goes left (at a leaf what is added), where left and right
    are."""

    start: float
    trees: tuple[tuple[list[int], list[float], list[int], list[int]], ...]

    def probability(self, features: Sequence[float]) -> float:
        """From 0 to 1."""
        total = self.start
        for n, (asked, values, lefts, rights) in enumerate(self.trees):
            if n == _FIRST and total < _HOPELESS:
                break
            at = 0
            feature = asked[0]
            while feature >= 0:
                at = lefts[at] if features[feature] <= values[at] else rights[at]
                feature = asked[at]
            total += values[at]
        return 1 / (1 + math.exp(-total))


@cache
def trees() -> Trees:
    """The trees that this version has."""
    data = json.loads(_FILE.read_text(encoding="utf-8"))
    return Trees(data["start"], tuple((tree[0], tree[1], tree[2], tree[3]) for tree in data["trees"]))
