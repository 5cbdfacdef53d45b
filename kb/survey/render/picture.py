"""A drawing as PNG, for programs that cannot show SVG. Pillow draws it, in a typeface of this computer."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

from kb.survey.render.drawing import INK, PAPER, Box, Curve, Dot, Drawing, Label, Path, Point, Shape
from kb.survey.render.tex import has_han

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

_SCALE = 4  # pixels drawn for one of the drawing; half of them are left when edges have been smoothed
_SMOOTHED = 2  # and what remains is sharp on paper 15 cm wide
_STEPS = 24  # straight pieces of a curve
# (file, number of the typeface in it, file of the bold one): those with Chinese characters first, then any.
_CHINESE = (("NotoSansCJK-Regular.ttc", 2, "NotoSansCJK-Bold.ttc"), ("NotoSansCJKsc-Regular.otf", 0, ""),
            ("NotoSansSC-Regular.otf", 0, ""), ("SourceHanSansSC-Regular.otf", 0, ""), ("msyh.ttc", 0, "msyhbd.ttc"),
            ("simhei.ttf", 0, ""), ("simsun.ttc", 0, ""), ("PingFang.ttc", 0, ""), ("Hiragino Sans GB.ttc", 0, ""),
            ("STHeiti Light.ttc", 0, ""), ("wqy-microhei.ttc", 0, ""), ("wqy-zenhei.ttc", 0, ""),
            ("DroidSansFallbackFull.ttf", 0, ""))
_LATIN = (("DejaVuSans.ttf", 0, "DejaVuSans-Bold.ttf"), ("LiberationSans-Regular.ttf", 0, "LiberationSans-Bold.ttf"),
          ("Arial.ttf", 0, ""))


def to_png(drawing: Drawing) -> bytes:
    """The picture; the same drawing gives the same bytes on the same computer."""
    from PIL import Image, ImageDraw

    size = (round(drawing.width * _SCALE), round(drawing.height * _SCALE))
    image = Image.new("RGB", size, PAPER)
    canvas = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        _draw(shape, canvas)
    out = io.BytesIO()
    image.reduce(_SMOOTHED).save(out, "PNG", optimize=True)
    return out.getvalue()


def lacks_characters(drawing: Drawing) -> bool:
    """Whether the picture shows boxes in place of Chinese characters, for want of a typeface that has them."""
    return not _found(_CHINESE) and any(has_han(label.text) for label in drawing.labels())


def _draw(shape: Shape, canvas: ImageDraw) -> None:
    match shape:
        case Box():
            box = (*_at((shape.x, shape.y)), *_at((shape.x + shape.width, shape.y + shape.height)))
            canvas.rounded_rectangle(box, shape.radius * _SCALE, shape.fill, shape.stroke or None, _SCALE)
        case Dot():
            canvas.circle(_at((shape.x, shape.y)), shape.radius * _SCALE, shape.fill)
        case Path():
            points = [_at(point) for point in shape.points]
            if shape.fill:
                canvas.polygon(points, shape.fill)
            else:
                canvas.line(points, shape.stroke, round(shape.width * _SCALE), "curve")
        case Curve():
            canvas.line([_at(_on(shape, i / _STEPS)) for i in range(_STEPS + 1)], shape.stroke,
                        round(shape.width * _SCALE), "curve")
        case Label():
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[shape.anchor]
            canvas.text(_at((shape.x, shape.y)), shape.text, shape.fill or INK,
                        _font(shape.size, is_bold=shape.is_bold), anchor)


def _on(curve: Curve, t: float) -> Point:
    """The point of a cubic Bézier curve at t in [0, 1]."""
    weights = ((1 - t)**3, 3 * t * (1 - t)**2, 3 * t**2 * (1 - t), t**3)
    return (sum(w * x for w, (x, _) in zip(weights, curve.points, strict=True)),
            sum(w * y for w, (_, y) in zip(weights, curve.points, strict=True)))


def _at(point: Point) -> Point:
    return point[0] * _SCALE, point[1] * _SCALE


@cache
def _font(size: float, *, is_bold: bool) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    found = _found(_CHINESE) or _found(_LATIN)
    if found is None:
        return ImageFont.load_default(size * _SCALE)
    name, index, bold = found
    if is_bold and bold:
        try:
            return ImageFont.truetype(bold, size * _SCALE, index, layout_engine=ImageFont.Layout.BASIC)
        except OSError:
            pass  # the plain one stands for it
    return ImageFont.truetype(name, size * _SCALE, index, layout_engine=ImageFont.Layout.BASIC)


@cache
def _found(fonts: tuple[tuple[str, int, str], ...]) -> tuple[str, int, str] | None:
    """The first typeface of these that this computer has."""
    from PIL import ImageFont

    for name, index, bold in fonts:
        try:
            ImageFont.truetype(name, 12, index)
        except OSError:
            continue
        return name, index, bold
    return None
