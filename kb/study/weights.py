"""How clearly what stands around a name or a number says that it fills a cell: weights that were fitted.

Reads: features.  Gives: log odds.  The weights stand in data/cells.toml and data/limits.toml;
tools/fit_cells.py and tools/fit_limits.py fit them.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

_DATA = Path(__file__).resolve().parent.parent / "data"
_FILES = ("cells.toml", "limits.toml")  # each column in one of them


def counted(marks: Iterable[str]) -> dict[str, float]:
    """The features of something that is mentioned several times: how often each mark is there, and that it is."""
    found = Counter(marks)
    return {"at": 1.0, **{mark: math.log1p(n) for mark, n in found.items()}, **{f"any {mark}": 1.0 for mark in found}}


def log_odds(column: str, features: Mapping[str, float]) -> float:
    """How clearly features say that something fills a cell of a column: log odds."""
    weights = _weights()[column]
    return sum(weights.get(name, 0.0) * value for name, value in features.items())


def clearness(column: str, marks: Iterable[str]) -> float:
    """How much a single mention adds."""
    weights = _weights()[column]
    return sum(weights.get(mark, 0.0) + weights.get(f"any {mark}", 0.0) for mark in marks)


def chance(logit: float) -> float:
    """Log odds as a number in [0, 1]."""
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, logit))))


@cache
def _weights() -> dict[str, dict[str, float]]:
    return {column: weights for name in _FILES
            for column, weights in tomllib.loads((_DATA / name).read_text(encoding="utf-8")).items()}
