"""A drawing as TikZ, in the typeface of the document that it stands in.

The shapes keep their places and are scaled as one, text included, so that the whole fits the page.
"""

from __future__ import annotations

from kb.survey.render.drawing import PAPER, Box, Curve, Dot, Drawing, Label, Path, Point, Shape
from kb.survey.render.tex import escape

_SIZE = 10  # points of \normalsize, which a label's own size is given as a share of
_ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}


def to_tikz(drawing: Drawing, width: float, height: float) -> str:
    """A tikzpicture no wider and no higher than these points, nor larger than the drawing's own pixels as points."""
    scale = min(.75, width / drawing.width, height / drawing.height)
    colours = {colour: f"kb{colour[1:]}" for colour in sorted(_colours(drawing))}
    lines = [f"\\definecolor{{{name}}}{{HTML}}{{{colour[1:].upper()}}}" for colour, name in colours.items()]
    lines.append(f"\\begin{{tikzpicture}}[x=1pt,y=-1pt,scale={scale:.3f},transform shape,inner sep=0pt,"
                 "font=\\sffamily\\normalsize]")
    lines.append(f"\\useasboundingbox (0,0) rectangle {_at((drawing.width, drawing.height))};")
    lines += [_shape(shape, colours) for shape in drawing.shapes]
    return "\n".join([*lines, "\\end{tikzpicture}"])


def _colours(drawing: Drawing) -> set[str]:
    found = {PAPER}
    for shape in drawing.shapes:
        found |= {colour for name in ("fill", "stroke") if (colour := getattr(shape, name, ""))}
    return found


def _shape(shape: Shape, colours: dict[str, str]) -> str:
    match shape:
        case Box():
            stroke = f",draw={colours[shape.stroke]}" if shape.stroke else ""
            radius = f",rounded corners={_n(shape.radius)}pt" if shape.radius else ""
            return (f"\\path[fill={colours[shape.fill]}{stroke}{radius}] {_at((shape.x, shape.y))} rectangle "
                    f"{_at((shape.x + shape.width, shape.y + shape.height))};")
        case Dot():
            return f"\\fill[{colours[shape.fill]}] {_at((shape.x, shape.y))} circle[radius={_n(shape.radius)}];"
        case Path():
            way = " -- ".join(map(_at, shape.points))
            if shape.fill:
                return f"\\fill[{colours[shape.fill]}] {way} -- cycle;"
            return f"\\draw[{colours[shape.stroke]},line width={_n(shape.width * .8)}pt] {way};"
        case Curve():
            a, b, c, d = map(_at, shape.points)
            return (f"\\draw[{colours[shape.stroke]},line width={_n(shape.width * .8)}pt] {a} .. controls {b} and {c} "
                    f".. {d};")
    return _label(shape, colours)


def _label(label: Label, colours: dict[str, str]) -> str:
    weight = "\\bfseries " if label.is_bold else ""
    return (f"\\node[anchor={_ANCHORS[label.anchor]},text={colours[label.fill]},"
            f"scale={label.size / _SIZE * .92:.2f}] at {_at((label.x, label.y))} "
            f"{{{weight}\\strut {escape(label.text)}}};")


def _at(point: Point) -> str:
    return f"({_n(point[0])},{_n(point[1])})"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
