"""The lines of a PDF page, from characters that pdfium has placed on it.

Reads: a pypdfium2 page.  Gives: lines for layout.py and what stands aside, to pdf.py. glyphs.py asks pdfium,
glyph_repair.py mends single characters, runs.py joins them to lines, formulas.py lines to formulas.

Text that is turned is read in its own direction. What most of a page is set in gives the page its frame: a landscape
table on an upright page, a page of Chinese in columns from right to left.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.readers.font_maps import FontMaps
from kb.readers.formula_order import in_formula_order
from kb.readers.formulas import joined
from kb.readers.fractions import with_fractions
from kb.readers.glyph_repair import with_accents, with_whole_brackets, without_doubles
from kb.readers.glyphs import LINE_END, SPACE, Asker, Flags, Floats, Frame, Glyphs, Integers, frame_of, glyphs_of
from kb.readers.headings import may_be_heading
from kb.readers.layout import Line
from kb.readers.letters import without_letter_spacing
from kb.readers.line_numbers import LineNumbers
from kb.readers.line_order import in_line_order
from kb.readers.line_style import bold_of, faces_of
from kb.readers.runs import Pieces, Placed, lines_of, pieces_of, runs_of
from kb.readers.tex_symbols import with_negations
from kb.text import one_line

_DRAWN = re.compile(r"[\s\u2500-\u25ff\u2700-\u27bf]+|\s*(?:[\u2500-\u25ff\u2700-\u27bf\ue000-\uf8ff]\s*){1,4}")
_HYPHENS = ("-", "\u2010")
_LAST_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u2010]\s*$")
_MARGIN = 0.1  # of the page's width: turned text further out than this is no text of the page
_FIRST_WIDE = 0x2E80  # characters from here on are Chinese or punctuation of it
_MOST_OUTSIDE = 200  # characters that are told of text outside the page
_UPRIGHT_DOWNWARDS = 270  # vertical Chinese is written as text that is turned clockwise, its characters are not


class PageLines(NamedTuple):
    """lines: see layout.py.  aside: [kind, text] of what is no running text: "stamp" along the page's edge, "watermark"
    across it, "line number", "symbol" that is drawn, "outside" of what is to be seen of the page.  glyphs: what the
    lines are made of, before accents are joined to their letters."""

    lines: list[Line]
    aside: list[list[str]]
    glyphs: Glyphs | None = None


def page_lines(page: Any, textpage: Any, numbers: LineNumbers, maps: FontMaps) -> PageLines:
    """Lines as (text, left, middle, right, size, is_bold, face, end); left and right in shares of the page width,
    middle (a third of the size above the baseline) in shares of its height from the bottom, size in points. A line is
    also ended by a gap wider than any space: the gutter between columns or table cells.

    is_bold is told only of lines that `may_be_heading`: layout.py asks for no other. A hyphen at the end of a line is
    "\\x02".
    """
    glyphs, width, height = glyphs_of(page, textpage)
    asker = Asker(textpage, page.get_rotation())
    glyphs, outside = _on_page(maps.mended(glyphs, asker.faces), width, height)
    glyphs = in_line_order(glyphs, page, asker)
    glyphs = with_negations(without_doubles(with_whole_brackets(glyphs)))
    glyphs = with_fractions(in_formula_order(glyphs, asker), page, textpage)
    lines, aside, _ = _page_lines(*with_accents(glyphs), asker, width, height, numbers)
    return PageLines(lines, outside + aside, glyphs)


def _page_lines(glyphs: Glyphs, marks: dict[int, str], asker: Asker, width: float, height: float,
                numbers: LineNumbers) -> PageLines:
    pieces = pieces_of(glyphs)
    if not len(pieces.first):
        return PageLines([], [])
    sizes, angles = asker.sizes_and_angles(glyphs.indices[pieces.first])
    is_vertical = _downwards(pieces, angles, sizes, glyphs.codes)
    angles = np.where(is_vertical, _UPRIGHT_DOWNWARDS, angles)
    if not angles.any():
        lines, aside = _lines(glyphs, marks, pieces, sizes, asker, numbers)
        return _told([_as_line(line, width, height, glyphs, asker) for line in lines], aside)
    return _turned(glyphs, marks, pieces, angles, is_vertical, asker, width, height, numbers)


def _on_page(glyphs: Glyphs, width: float, height: float) -> tuple[Glyphs, list[list[str]]]:
    """(the characters that are to be seen, the others as what stands aside): a page may be cut out of a larger one, as
    the halves of a spread are, whose text is all in the file."""
    x, y = (glyphs.left + glyphs.right) / 2, glyphs.y
    is_seen = (x >= 0) & (x <= width) & (y >= 0) & (y <= height) | (glyphs.kinds == SPACE) | (glyphs.kinds == LINE_END)
    if is_seen.all():
        return glyphs, []
    codes = np.where(glyphs.kinds == LINE_END, 0x20, glyphs.codes).astype(glyphs.codes.dtype)
    words = _as_text(codes[~is_seen | (glyphs.kinds == SPACE) | (glyphs.kinds == LINE_END)], "replace") or ""
    return glyphs.only(is_seen), [["outside", one_line(words, _MOST_OUTSIDE)]]


def _lines(glyphs: Glyphs, marks: dict[int, str], pieces: Pieces, sizes: Floats, asker: Asker,
           numbers: LineNumbers) -> tuple[list[Placed], list[list[str]]]:
    text_of = _text_of(glyphs.codes, marks)
    pieces, sizes, aside = numbers.taken_from(pieces, sizes, glyphs.codes)
    lines = joined(lines_of(glyphs, runs_of(pieces, sizes), text_of))
    return [without_letter_spacing(line, glyphs) for line in lines], aside


def _told(lines: list[Line], aside: list[list[str]]) -> PageLines:
    """Without the lines of nothing but drawn symbols: the points of a plot, the ends of arrows."""
    drawn = [line[0].strip() for line in lines if _DRAWN.fullmatch(line[0])]
    if not drawn:
        return PageLines(lines, aside)
    return PageLines([line for line in lines if not _DRAWN.fullmatch(line[0])], [*aside, ["symbol", " ".join(drawn)]])


def _as_line(line: Placed, width: float, height: float, glyphs: Glyphs, asker: Asker) -> Line:
    is_bold = may_be_heading(line.text) and bold_of(line, glyphs, asker)
    middle = line.main.base + line.main.size / 3
    text = _LAST_HYPHEN.sub("\x02", line.text) if line.text.rstrip()[-1:] in _HYPHENS else line.text
    return (text, round(line.left / width, 4), round(middle / height, 4), round(line.right / width, 4),
            round(line.main.size, 2), is_bold, *faces_of(line, glyphs, asker))


# --- text in more than one direction


def _downwards(pieces: Pieces, angles: Integers, sizes: Floats, codes: Any) -> Flags:
    """Which pieces are upright characters written one below the other: at least four, most of them Chinese."""
    wide = (pieces.right - pieces.left) / np.maximum(sizes, 0.1)
    is_one = (angles == 0) & (wide < 1.3)
    is_chinese = codes[pieces.first] >= _FIRST_WIDE
    middles = (pieces.left + pieces.right) / 2
    fall = (pieces.top[:-1] + pieces.bottom[:-1] - pieces.top[1:] - pieces.bottom[1:]) / 2
    em = np.maximum(sizes[1:], 0.1)
    follows = is_one[1:] & is_one[:-1] & (np.abs(np.diff(middles)) < 0.25 * em) & (fall > 0.4 * em) & (fall < 2.2 * em)
    found = np.zeros(len(sizes), np.bool_)
    edges = np.diff(np.concatenate(([0], follows.astype(np.int8), [0])))
    for first, last in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        if last - first >= 3 and is_chinese[first:last + 1].mean() > 0.5:
            found[first:last + 1] = True
    return found


def _turned(glyphs: Glyphs, marks: dict[int, str], pieces: Pieces, angles: Integers, is_vertical: Flags, asker: Asker,
            width: float, height: float, numbers: LineNumbers) -> PageLines:
    """The lines of a page with text in several directions."""
    angle_of = np.zeros(len(glyphs.codes), np.int64)  # of each character; spaces go with what stands before
    upright = np.zeros(len(glyphs.codes), np.bool_)
    lengths = np.diff(np.concatenate((pieces.first, [len(glyphs.codes)])))
    angle_of[int(pieces.first[0]):] = np.repeat(angles, lengths)
    upright[int(pieces.first[0]):] = np.repeat(is_vertical, lengths)
    n_of = {int(angle): int((angle_of == angle).sum()) for angle in np.unique(angle_of)}
    main = max(n_of, key=lambda angle: n_of[angle])
    if main % 90:
        main = 0
    if main in (90, 270):
        page_width, page_height = height, width
    else:
        page_width, page_height = width, height
    to_page = _page_frame(main, width, height)
    lines: list[Line] = []
    aside: list[list[str]] = []
    for angle in sorted(n_of, key=lambda angle: angle != main):
        chosen = np.flatnonzero(angle_of == angle)
        own = _as_read(glyphs.only(chosen), angle, upright[chosen])
        own_pieces = pieces_of(own)
        if not len(own_pieces.first):
            continue
        places = {int(old): new for new, old in enumerate(chosen)}
        own_marks = {places[at]: text for at, text in marks.items() if at in places}
        found, own_aside = _lines(own, own_marks, own_pieces, asker.sizes_and_angles(own.indices[own_pieces.first])[0],
                                  asker, numbers if angle == main else LineNumbers())
        aside += own_aside
        for line in found:
            moved = _moved(line, angle, to_page)
            if angle % 90:
                aside.append(["watermark", line.text.strip()])
            elif angle != main and _is_in_margin(moved, page_width):
                aside.append(["stamp", line.text.strip()])
            else:
                lines.append(_as_line(moved, page_width, page_height, own, asker))
    if main == _UPRIGHT_DOWNWARDS and is_vertical.any():
        lines.sort(key=lambda line: -line[2])  # files have columns in any order
    return _told(lines, aside)


def _as_read(glyphs: Glyphs, angle: int, upright: Flags) -> Glyphs:
    """Turned so that it runs from left to right. Upright characters in a column stand on a common line there."""
    turned = glyphs.turned(*frame_of(angle))
    if angle % 90:
        return _without_slant(turned, angle)
    if not upright.any():
        return turned
    em = turned.right - turned.left
    y = np.where(upright, (turned.top + turned.bottom) / 2 - 0.35 * em, turned.y)
    x = np.where(upright, turned.left, turned.x)
    middles = (turned.top + turned.bottom) / 2
    height = np.where(upright, np.median(em[upright]), turned.top - turned.bottom)
    return turned._replace(x=x, y=y, bottom=middles - height / 2, top=middles + height / 2)


def _without_slant(glyphs: Glyphs, angle: int) -> Glyphs:
    """Boxes of text that slants, which pdfium tells as wide and high as they are on the page: from one origin to the
    next."""
    cosine, sine = (abs(part) for part in frame_of(angle)[0][:2])
    height = (glyphs.top - glyphs.bottom) / (cosine + sine) ** 2
    steps = np.append(np.diff(glyphs.x), 0.0)
    is_next = (steps > 0) & (steps < height) & (np.abs(np.append(np.diff(glyphs.y), 0.0)) < 0.1 * height)
    usual = float(np.median(steps[is_next])) if is_next.any() else 0.0
    has_box = glyphs.right > glyphs.left
    return glyphs._replace(left=glyphs.x, right=np.where(has_box, glyphs.x + np.where(is_next, steps, usual), glyphs.x),
                           bottom=glyphs.y - 0.2 * height, top=glyphs.y + 0.8 * height)


def _page_frame(angle: int, width: float, height: float) -> tuple[Frame, Frame]:
    """The frame of a page whose text runs in this direction, its lower left corner at the origin."""
    across, up = frame_of(angle)
    corners = [(x, y) for x in (0.0, width) for y in (0.0, height)]
    return ((*across[:2], -min(across[0] * x + across[1] * y for x, y in corners)),
            (*up[:2], -min(up[0] * x + up[1] * y for x, y in corners)))


def _moved(line: Placed, angle: int, to_page: tuple[Frame, Frame]) -> Placed:
    """A line from the frame it is read in to the page's."""
    (a, b, _), (c, d, _) = frame_of(angle)
    base = line.main.base
    corners = []
    for x in (line.left, line.right):
        for y in (line.bottom, line.top, base):
            px, py = a * x + c * y, b * x + d * y  # the way back: the map is a turn
            corners.append(tuple(row[0] * px + row[1] * py + row[2] for row in to_page))
    xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
    same = (to_page[0][0], to_page[0][1]) == (a, b)
    base = corners[2][1] if same else (min(ys) + max(ys)) / 2 - line.main.size / 3
    return line._replace(left=min(xs), right=max(xs), bottom=min(ys), top=max(ys),
                         main=line.main._replace(base=base))


def _is_in_margin(line: Placed, width: float) -> bool:
    middle = (line.left + line.right) / 2
    return (middle < _MARGIN * width or middle > (1 - _MARGIN) * width) and line.top - line.bottom > 4 * line.main.size


# --- text


def _text_of(codes: NDArray[Any], marks: dict[int, str]) -> Callable[[int, int], str]:
    """What gives the text of a range of the page's characters, with the letters that have an accent as `marks` has
    them."""
    page = _as_text(codes)
    marked = sorted(marks)

    def text_of(begin: int, end: int) -> str:
        if page is None:  # a character beyond U+FFFF is two
            return _as_text(codes[begin:end].astype(np.uint32), "replace") or ""
        if not marked:
            return page[begin:end]
        found, at = "", begin
        for place in marked[bisect_left(marked, begin):bisect_left(marked, end)]:
            found += page[at:place] + marks[place]
            at = place + 1
        return found + page[at:end]

    return text_of


def _as_text(codes: NDArray[Any], errors: str = "strict") -> str | None:
    """The text of these codes, a character for each; None if some are surrogates. errors "replace": pairs are made one
    character, and lone ones U+FFFD."""
    if errors == "strict" and bool(((codes >= 0xD800) & (codes < 0xE000)).any()):
        return None
    encoding = "utf-16-le" if codes.itemsize == 2 else "utf-32-le"
    text: str = codes.tobytes().decode(encoding, "surrogatepass")
    return text if errors == "strict" else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
