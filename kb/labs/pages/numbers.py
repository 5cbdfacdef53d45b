"""What a lab measured, as a person reads it: what it is called, the number with its unit, and what was to be expected.

Reads: data/labs/numbers.toml and the guide of the lab.  Gives: Number; names of columns in the reader's language.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kb.labs.pages.guides import guide_of
from kb.messages import Language, Words

_NUMBERS = Path(__file__).resolve().parent.parent.parent / "data" / "labs" / "numbers.toml"
_UNITS = {"seconds": Words(" s", " 秒"), "ms": Words(" ms", " 毫秒"), "mb": Words(" MB", " MB"),
          "times": Words(" times", " 倍")}
_PREFIX = re.compile(r"(teacher|student|pretrained|random|n=\d+) (?=.)")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_WITHIN, _OUTSIDE = Words("as expected", "与预期相符"), Words("not as expected", "与预期不符")


@dataclass(frozen=True, slots=True)
class Number:
    """One thing that was measured. expected: the range with the defaults, "" where none is known; fits: whether it lies
    there, None where nothing is expected or other settings were used."""

    name: str
    label: str
    value: str
    expected: str = ""
    fits: bool | None = None

    def verdict(self, language: Language) -> str:
        """Whether it came out as expected, in words; "" where nothing is."""
        return "" if self.fits is None else (_WITHIN if self.fits else _OUTSIDE).in_(language)


def numbers(lab: str, metrics: Mapping[str, Any], language: Language, *, as_set: bool = True) -> list[Number]:
    """The metrics of a run that are one value each, in their order. as_set: whether it ran with the lab's defaults, for
    which the ranges hold."""
    guide = guide_of(lab)
    bounds = guide.expected if guide else {}
    found = []
    for name, value in metrics.items():
        if isinstance(value, (list, dict)) or value is None:
            continue
        low_high = bounds.get(name)
        expected, fits = "", None
        if low_high is not None and isinstance(value, (int, float)):
            ends = [shown(name, end, language) for end in low_high]
            at_most = form_of(name) == "small" and low_high[0] == 0
            expected = ends[0] if ends[0] == ends[1] else f"≤ {ends[1]}" if at_most else "–".join(ends)
            fits = low_high[0] <= value <= low_high[1] if as_set else None
        found.append(Number(name, label(name, language), shown(name, value, language), expected, fits))
    return found


def label(name: str, language: Language) -> str:
    """What a metric, a column or a cell is called; what has no name of its own stays, without underscores."""
    known = _known()
    if name in known:
        return _words(known[name]).in_(language)
    prefix = _PREFIX.match(name)
    if prefix:
        colon = "：" if language == "zh" else ": "
        return f"{label(prefix[1], language)}{colon}{label(name[prefix.end():], language)}"
    for suffix in ("with_picture", "question_only", "judge", *(known if "_" in name else ())):
        if name.endswith(f"_{suffix}") and name.removesuffix(f"_{suffix}") in known:
            whole, part = label(name.removesuffix(f"_{suffix}"), language), label(suffix, language)
            return f"{whole}（{part}）" if language == "zh" else f"{whole} ({part})"
    return name.replace("_", " ") if name.isascii() and name.isidentifier() and len(name) > 3 else name


def shown(name: str, value: Any, language: Language) -> str:
    """A value as it is read: 11,918,592; 99.6 %; 2.4e-07; 31 s."""
    if isinstance(value, bool):
        return {True: Words("yes", "是"), False: Words("no", "否")}[value].in_(language)
    if not isinstance(value, (int, float)):
        return str(value)
    form = form_of(name)
    if form == "share":
        return f"{100 * value:.4g} %" if value > 0.1 else f"{100 * value:.2g} %"
    if form == "small":
        return _small(float(value))
    unit = _UNITS[form].in_(language) if form in _UNITS else ""
    if isinstance(value, int) or value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}{unit}"
    return f"{value:,.4g}{unit}" if abs(value) < 10_000 else f"{value:,.0f}{unit}"


def form_of(name: str) -> str:
    """How a number of this name is written, as numbers.toml has it; "" where that says nothing."""
    return str(_known().get(name, {}).get("form", ""))


def _small(value: float) -> str:
    """Two digits of a number near 0: 0.077, 2.4 × 10⁻⁷."""
    digits, _, power = f"{value:.2g}".partition("e")
    return f"{digits} × 10{str(int(power)).translate(_RAISED)}" if power else digits


def cell(name: str, value: Any, language: Language) -> str:
    """A cell of a table whose column has this name."""
    if isinstance(value, str):
        return label(value, language) if value in _known() else value
    if isinstance(value, float) and not isinstance(value, bool):
        return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return "" if value is None else shown("", value, language)


@cache
def _known() -> dict[str, dict[str, str]]:
    known: dict[str, dict[str, str]] = tomllib.loads(_NUMBERS.read_text(encoding="utf-8"))
    return known


def _words(row: Mapping[str, str]) -> Words:
    return Words(row["en"], row["zh"])
