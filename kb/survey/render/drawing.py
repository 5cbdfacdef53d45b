"""A drawing as a list of shapes, and as SVG; tikz.py and picture.py say the same shapes in TeX and in pixels.

Lengths are pixels of the SVG, y runs downwards. The widths of text are those of a wide typeface, so that labels which
do not touch here do not touch in the reader's own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

Point = tuple[float, float]
INK, PALE_INK, LINE, PAPER, EMPTY = "#24211c", "#6b665c", "#b9b2a3", "#ffffff", "#f3f0e8"
# Fills that black text can be read on; told apart by readers who do not see red and green alike.
COLOURS = ("#cfe0f5", "#fbdcb8", "#cdebd9", "#f7cfd6", "#e0d5f0", "#f6eab0", "#cfeaf0", "#e5dccb")
_FONTS = "Helvetica, Arial, 'Liberation Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
# Widths of DejaVu Sans in shares of its size, the widest of the usual ones.
_WIDTHS = {c: share for share, characters in (
    (.28, "ijl"), (.32, "I .,"), (.34, ":;/\\|'"), (.40, "frt-()[]!J"), (.46, "\""), (.56, "ckszvxy?_*"),
    (.64, "abdeghnopqu0123456789$L#"), (.69, "ABEFKPRSTVXYZ"), (.78, "CDGHNOQU&"), (.84, "w+=<>~"), (.88, "M"),
    (1.0, "mW@%—…")) for c in characters}
_OTHER = .7


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    fill: str = PAPER
    stroke: str = ""
    radius: float = 0


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    radius: float
    fill: str = INK


@dataclass(frozen=True, slots=True)
class Path:
    """Straight pieces through these points. fill: of a closed one; "" for a line."""

    points: tuple[Point, ...]
    stroke: str = LINE
    width: float = 1
    fill: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """A cubic Bézier curve: its beginning, two control points, its end."""

    points: tuple[Point, Point, Point, Point]
    stroke: str = LINE
    width: float = 1


@dataclass(frozen=True, slots=True)
class Label:
    """One line of text. y: of its base line.  whole: the words it was shortened from.  reference: key of the reference
    it names, which a page can jump to."""

    x: float
    y: float
    text: str
    size: float = 12
    fill: str = INK
    anchor: Literal["start", "middle", "end"] = "start"
    is_bold: bool = False
    whole: str = ""
    reference: str = ""

    def span(self) -> tuple[float, float]:
        """Where it begins and ends, at its widest."""
        width = width_of(self.text, self.size, is_bold=self.is_bold)
        start = self.x - width * {"start": 0, "middle": .5, "end": 1}[self.anchor]
        return start, start + width


Shape = Box | Dot | Path | Curve | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """name: of its file.  title: what it shows.  description: what a reader who cannot see it has to know."""

    name: str
    title: str
    description: str
    width: float
    height: float
    shapes: tuple[Shape, ...]

    def labels(self) -> list[Label]:
        return [shape for shape in self.shapes if isinstance(shape, Label)]


def width_of(text: str, size: float, *, is_bold: bool = False) -> float:
    """How wide a line of text is at most."""
    ems = sum(_WIDTHS.get(c) or (0 if unicodedata.combining(c) else 1.0 if _is_wide(c) else _OTHER) for c in text)
    return ems * size * (1.1 if is_bold else 1)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WFA" or ord(character) > 0x2fff


def shortened(text: str, room: float, size: float, *, is_bold: bool = False) -> str:
    """Text that fits the room, with an ellipsis where it was cut."""
    if width_of(text, size, is_bold=is_bold) <= room + .01:  # room is often its own width, after a sum
        return text
    room -= width_of("…", size, is_bold=is_bold)
    kept = ""
    for character in text:
        if width_of(kept + character, size, is_bold=is_bold) > room:
            break
        kept += character
    return kept.rstrip() + "…"


def wrapped(text: str, room: float, size: float, *, most: int = 99, is_bold: bool = False) -> list[str]:
    """Text in lines that fit the room, cut at spaces or between Chinese characters; the last of `most` is
    shortened."""
    lines, line = [], ""
    for word in _words(text):
        if line and width_of((line + word).rstrip(), size, is_bold=is_bold) > room:
            lines.append(line.rstrip())
            line = ""
        line += word
    lines = [*lines, line.rstrip()] if line.strip() or not lines else lines
    if len(lines) > most:
        lines = [*lines[:most - 1], " ".join(lines[most - 1:])]
    return [shortened(line, room, size, is_bold=is_bold) for line in lines]


def _words(text: str) -> Iterable[str]:
    """What must not be cut, each with the space behind it: a word, or one wide character."""
    word = ""
    for character in text:
        if _is_wide(character) and character.isalnum():
            yield from (word, character) if word else (character,)
            word = ""
            continue
        word += character
        if character == " ":
            yield word
            word = ""
    if word:
        yield word


def flow(widths: Sequence[float], room: float, gap: float) -> list[list[int]]:
    """Things of these widths in lines, as many on each as fit: their numbers."""
    lines: list[list[int]] = []
    used = 0.0
    for i, width in enumerate(widths):
        if not lines or used + gap + width > room:
            lines.append([])
            used = -gap
        lines[-1].append(i)
        used += gap + width
    return lines


def to_svg(drawing: Drawing, *, is_inline: bool = False) -> str:
    """The drawing as SVG: no script, no style sheet, nothing fetched. is_inline: inside a page that has its references
    under #ref-KEY, which its labels then lead to."""
    w, h, name = _n(drawing.width), _n(drawing.height), drawing.name
    head = "" if is_inline else '<?xml version="1.0" encoding="UTF-8"?>\n'
    return (
        f'{head}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" font-family="{_FONTS}">\n'
        f'<title id="{name}-title">{_text(drawing.title)}</title>\n'
        f'<desc id="{name}-desc">{_text(drawing.description)}</desc>\n'
        f'<rect width="{w}" height="{h}" fill="{PAPER}"/>\n'
        + "\n".join(_svg(shape, is_inline) for shape in drawing.shapes) + "\n</svg>\n")


def _svg(shape: Shape, is_inline: bool) -> str:
    match shape:
        case Box():
            stroke = f' stroke="{shape.stroke}"' if shape.stroke else ""
            radius = f' rx="{_n(shape.radius)}"' if shape.radius else ""
            return (f'<rect x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" height="{_n(shape.height)}"'
                    f'{radius} fill="{shape.fill}"{stroke}/>')
        case Dot():
            return f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.radius)}" fill="{shape.fill}"/>'
        case Path():
            way = "M" + " L".join(f"{_n(x)} {_n(y)}" for x, y in shape.points)
            if shape.fill:
                return f'<path d="{way} Z" fill="{shape.fill}"/>'
            return f'<path d="{way}" fill="none" stroke="{shape.stroke}" stroke-width="{_n(shape.width)}"/>'
        case Curve():
            (a, b), *rest = shape.points
            way = f"M{_n(a)} {_n(b)} C" + " ".join(f"{_n(x)} {_n(y)}" for x, y in rest)
            return f'<path d="{way}" fill="none" stroke="{shape.stroke}" stroke-width="{_n(shape.width)}"/>'
    return _svg_label(shape, is_inline)


def _svg_label(label: Label, is_inline: bool) -> str:
    anchor = "" if label.anchor == "start" else f' text-anchor="{label.anchor}"'
    weight = ' font-weight="600"' if label.is_bold else ""
    whole = f"<title>{_text(label.whole)}</title>" if label.whole and label.whole != label.text else ""
    drawn = (f'<text x="{_n(label.x)}" y="{_n(label.y)}" font-size="{_n(label.size)}" fill="{label.fill}"{anchor}'
             f"{weight}>{whole}{_text(label.text)}</text>")
    if is_inline and label.reference:
        return f'<a href="#ref-{_text(label.reference)}">{drawn}</a>'
    return drawn


def _text(text: str) -> str:
    """Text that XML can hold, on one line."""
    return escape(" ".join("".join(c if is_xml(c) else " " for c in text).split()))


def is_xml(character: str) -> bool:
    """Whether XML 1.0 can hold a character."""
    code = ord(character)
    return character in "\t\n\r" or 0x20 <= code < 0xd800 or 0xe000 <= code < 0xfffe or code > 0xffff


def _n(value: float) -> str:
    """A number in the fewest signs: the same drawing gives the same bytes."""
    return f"{value:.1f}".removesuffix(".0")
