"""Figures of a run as SVG: heat maps, curves along the steps, lines over a size. No library draws them.

Reads: events of a run (kb.runs).  Gives: SVG texts that carry their colours for light and dark, whole in themselves.
"""

from __future__ import annotations

import html
import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kb.messages import Language, Words, words_of

COLOURS = ("#2a6fb0", "#c4572b", "#3b8a4c", "#8657a8", "#9a7b15", "#4c7f86", "#b0457b", "#6a6a6a")
_DARK = ("#74b2ea", "#f0936a", "#7ecb8d", "#c29be0", "#d8bb57", "#8ec2c9", "#ea8fbb", "#b5b5b5")
_STYLE = (
    "text{font:12px system-ui,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;fill:#222}"
    ".rule{stroke:#ccc}.page{fill:#fff}.cell{fill:#2a6fb0}" + "".join(
        f".c{i}{{stroke:{colour};fill:{colour}}}" for i, colour in enumerate(COLOURS))
    + "polyline{fill:none!important;stroke-width:2}@media(prefers-color-scheme:dark){text{fill:#ddd}.rule{stroke:#555}"
    ".page{fill:#1b1b1b}.cell{fill:#74b2ea}" + "".join(
        f".c{i}{{stroke:{colour};fill:{colour}}}" for i, colour in enumerate(_DARK)) + "}")
_CELL = 24  # pixels of a heat map's cell, less where there are many
_WIDTH, _HEIGHT = 640, 260
_LABEL = 7  # pixels of a letter in the margins, of a Chinese character twice as many
_PARTS = (("loss", Words("Losses along the steps", "损失随步数的变化")),
          ("", Words("Scores along the steps", "得分随步数的变化")))


@dataclass(frozen=True, slots=True)
class Figure:
    """title: in the reader's language; svg: one element, with its own style; group: figures that belong side by side
    have the same, "" for one that stands alone."""

    title: str
    svg: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A named line of points."""

    name: str
    points: tuple[tuple[float, float], ...]


def figures(events: Sequence[Mapping[str, Any]], language: Language,
            name: Callable[[str], str]) -> list[Figure]:
    """Every figure that the events tell, curves first, in their order. name: what a measured name is called, a function
    of the name."""
    found = [Figure(title.in_(language), _lines(lines, Words("step", "步").in_(language), is_log=False))
             for part, title in _PARTS if (lines := measured(events, is_loss=part == "loss", name=name))]
    for event in events:
        if event["kind"] == "heat":
            found.append(_heat(event, language))
        elif event["kind"] == "points":
            lines = [Line(name(key), _pairs(event["x"], ys)) for key, ys in event["lines"].items()]
            svg = _lines(lines, words_of(event["x_title"]).in_(language), is_log=True)
            found.append(Figure(words_of(event["title"]).in_(language), svg))
    return found


def measured(events: Sequence[Mapping[str, Any]], *, is_loss: bool,
             name: Callable[[str], str]) -> list[Line]:
    """What was measured along the steps, a line for each name with two points or more."""
    points: dict[str, list[tuple[float, float]]] = {}
    for event in events:
        if event["kind"] == "metric" and "step" in event:
            for key, value in event.items():
                if key not in ("kind", "at", "step", "epoch") and ("loss" in key) == is_loss and _is_number(value):
                    points.setdefault(key, []).append((float(event["step"]), float(value)))
    return [Line(name(key), tuple(each)) for key, each in points.items() if len({x for x, _ in each}) > 1]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _pairs(xs: Sequence[Any], ys: Sequence[Any]) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in zip(xs, ys, strict=False) if _is_number(x) and _is_number(y))


def _heat(event: Mapping[str, Any], language: Language) -> Figure:
    """A matrix of cells, the darker the larger its value within the matrix."""
    matrix, rows, names = event["matrix"], event["rows"], event["columns"]
    title = words_of(event["title"]).in_(language)
    cell = max(9, min(_CELL, 420 // max(1, len(rows))))
    largest = max((value for row in matrix for value in row), default=0) or 1
    left, top = (8 + _LABEL * max((_wide(str(label)) for label in labels), default=0) for labels in (rows, names))
    width, height = left + cell * len(names) + 8, top + cell * len(rows) + 8
    parts = []
    for i, (label, values) in enumerate(zip(rows, matrix, strict=False)):
        y = top + i * cell
        parts.append(f'<text x="{left - 4}" y="{y + cell / 2 + 4:g}" text-anchor="end">{_safe(label)}</text>')
        parts += [f'<rect class="cell" x="{left + j * cell}" y="{y}" width="{cell - 1}" height="{cell - 1}" '
                  f'fill-opacity="{max(0.03, value / largest):.2f}"><title>{_safe(label)} → {_safe(names[j])}: '
                  f'{value:.3g}</title></rect>' for j, value in enumerate(values)]
    for j, label in enumerate(names):
        x = left + j * cell + cell / 2 + 4
        parts.append(f'<text transform="translate({x:g} {top - 4}) rotate(-90)">{_safe(label)}</text>')
    return Figure(title, _svg(width, height, title, "".join(parts)), "heat")


def _lines(lines: Sequence[Line], x_title: str, *, is_log: bool) -> str:
    """Lines over one axis, with their names below."""
    xs = [_along(x, is_log) for line in lines for x, _ in line.points] or [0.0]
    ys = [y for line in lines for _, y in line.points] or [0.0]
    low, high = min(ys), max(ys)
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    first, last = min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1
    left, bottom, right = 56, _HEIGHT - 40, _WIDTH - 12

    def place(x: float, y: float) -> tuple[float, float]:
        return (left + (right - left) * (_along(x, is_log) - first) / (last - first),
                bottom - (bottom - 14) * (y - low) / (high - low))

    parts = []
    for i in range(5):
        value = low + (high - low) * i / 4
        y = place(lines[0].points[0][0], value)[1] if lines else bottom
        parts.append(f'<line class="rule" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
                     f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    for x in sorted({min(line.points)[0] for line in lines} | {max(line.points)[0] for line in lines}):
        parts.append(f'<text x="{place(x, low)[0]:.1f}" y="{bottom + 16}" text-anchor="middle">{x:,.6g}</text>')
    parts.append(f'<text x="{(left + right) / 2}" y="{bottom + 32}" text-anchor="middle">{_safe(x_title)}</text>')
    height, at = _HEIGHT + 6, left
    for i, line in enumerate(lines):
        colour = f"c{i % len(COLOURS)}"
        dots = [place(*point) for point in line.points]
        parts.append(f'<polyline class="{colour}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in dots)}"/>')
        if len(dots) < 30:
            parts += [f'<circle class="{colour}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in dots]
        wide = 26 + _LABEL * _wide(line.name)
        if at + wide > right and at > left:
            at, height = left, height + 20
        parts.append(f'<rect class="{colour}" x="{at}" y="{height - 2}" width="12" height="4"/>'
                     f'<text x="{at + 17}" y="{height + 4}">{_safe(line.name)}</text>')
        at += wide
    return _svg(_WIDTH, height + 14, x_title, "".join(parts))


def _along(x: float, is_log: bool) -> float:
    return math.log(x) if is_log and x > 0 else x


def _svg(width: float, height: float, title: str, body: str) -> str:
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" role="img"><title>{_safe(title)}</title><style>{_STYLE}</style>'
            f'<rect class="page" width="100%" height="100%"/>{body}</svg>')


def _wide(text: str) -> int:
    """How many letters wide a text is; a Chinese character counts as two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _safe(text: object) -> str:
    """As text of XML, without characters that XML refuses."""
    return html.escape("".join(c for c in str(text) if c >= " " and not "\ud800" <= c <= "\udfff"))
