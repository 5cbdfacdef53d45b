"""A page of a PDF or of a picture, with quotes marked and cropped round them.

A quote is matched on letters and digits only (NFKC, no case), because line ends, hyphens and ligatures differ between
the stored text and the page; the match is mapped back to the boxes of its characters.
"""

from __future__ import annotations

import ctypes
import io
import threading
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kb.readers.picture import is_picture, n_pages_of, page_of
from kb.text import mend

_SCALE = 1.7
_WIDEST = 1100  # pixels of a picture: a page of a PDF of A4 has 1011
_AMBER, _PALE = (255, 190, 60), (255, 226, 160)
_MARGIN = 0.09  # of the page's height, kept above and below the quote
_LEAST_PART = 12  # letters of a part of it, where the file has it in another order
_DOTLESS = {"\u0131": "i", "\u0237": "j"}
_LEAST = 24  # letters of a quote that must match where a page break cuts it

# pdfium is not thread-safe.
_lock = threading.Lock()

Box = tuple[float, float, float, float]  # left, top, right, bottom in points from the page's top left corner


@dataclass(frozen=True, slots=True)
class PageView:
    """A rendered page. page: the one shown, from 1. is_found: whether the quote stands on it and is marked. boxes: one
    per line of it."""

    png: bytes
    page: int
    n_pages: int
    is_found: bool
    boxes: tuple[Box, ...]


def render(data: bytes, page: int, quote: str, others: Sequence[str] = (), *, whole: bool = False,
           stays: bool = False, seen: Sequence[Box] = ()) -> PageView:
    """The page that holds the quote: `page`, or the one before or after it if it is there. stays: show `page` whatever
    it holds.

    seen: where the lines of the quote were recognised on `page`, in shares of it as it is shown; they are marked if it
    has no such text. The quote is marked amber, `others` paler. Cropped round the quote unless `whole`. A quote that is
    nowhere: nothing is marked.
    """
    if is_picture(data):
        return _picture(data, page, whole=whole, seen=seen)
    import pypdfium2

    with _lock:
        document = pypdfium2.PdfDocument(data)
        try:
            n_pages = len(document)
            page = min(max(page, 1), n_pages)
            candidates = [page] if stays else [n for n in (page, page + 1, page - 1) if 1 <= n <= n_pages]
            boxes: list[Box] = []
            for number in candidates:
                boxes = _boxes(document[number - 1], quote)
                if boxes:
                    page = number
                    break
            shown = document[page - 1]
            if not boxes and seen:
                width, height = shown.get_width(), shown.get_height()
                boxes = [(left * width, top * height, right * width, bottom * height)
                         for left, top, right, bottom in seen]
            pale = [box for other in others if other != quote for box in _boxes(shown, other)]
            image = shown.render(scale=_SCALE).to_pil().convert("RGB")
            _mark(image, pale, _PALE)
        finally:
            document.close()
    return _shown(image, page, n_pages, boxes, whole=whole)


def _picture(data: bytes, page: int, *, whole: bool, seen: Sequence[Box]) -> PageView:
    """A page of a picture as wide as one of a PDF is shown, with what was recognised on it marked."""
    from PIL import Image

    n_pages = n_pages_of(data)
    page = min(max(page, 1), n_pages)
    image = page_of(data, page)
    scale = min(1.0, _WIDEST / image.width)
    image = image.resize((round(image.width * scale), max(1, round(image.height * scale))), Image.Resampling.LANCZOS)
    width, height = image.width / _SCALE, image.height / _SCALE
    boxes = [(left * width, top * height, right * width, bottom * height) for left, top, right, bottom in seen]
    return _shown(image, page, n_pages, boxes, whole=whole)


def _shown(image: Any, page: int, n_pages: int, boxes: Sequence[Box], *, whole: bool) -> PageView:
    _mark(image, boxes, _AMBER)
    if boxes and not whole:
        image = _cropped(image, boxes)
    out = io.BytesIO()
    image.save(out, "PNG")
    return PageView(out.getvalue(), page, n_pages, bool(boxes), tuple(boxes))


def _letters(text: str) -> str:
    """Letters and digits alone, without accents: TeX prints these apart from their letters."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", mend(text)).casefold())
    return "".join(_DOTLESS.get(c, c) for c in plain if c.isalnum())


def _boxes(page: Any, quote: str) -> list[Box]:
    """Boxes of the quote's lines on the page; [] if it is not there. A quote that runs over a page break matches by its
    part here."""
    from pypdfium2 import raw

    wanted = _letters(quote)
    if not wanted:
        return []
    textpage = page.get_textpage()
    try:
        letters: list[str] = []
        origins: list[int] = []
        for i in range(textpage.count_chars()):
            code = raw.FPDFText_GetUnicode(textpage, i)
            for letter in _letters(chr(code)) if 0x20 <= code < 0x110000 else "":
                letters.append(letter)
                origins.append(i)
        found = _find("".join(letters), wanted)
        place = _place_on(page)
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        lines: list[Box] = []
        for i in dict.fromkeys(i for begin, end in found for i in origins[begin:end]):
            if not raw.FPDFText_GetCharBox(textpage, i, left, right, bottom, top):
                continue
            box = place(left.value, top.value, right.value, bottom.value)
            if lines and _is_same_line(lines[-1], box):
                last = lines[-1]
                lines[-1] = (min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
            else:
                lines.append(box)
        return lines
    finally:
        textpage.close()


def _place_on(page: Any) -> Callable[[float, float, float, float], Box]:
    """What takes (left, top, right, bottom) in the file's points to the page as it is shown: its corner may be
    elsewhere than (0, 0), and it may be turned."""
    left, bottom, right, top = page.get_bbox()
    turn = page.get_rotation()

    def point(x: float, y: float) -> tuple[float, float]:
        return {0: (x - left, top - y), 90: (y - bottom, x - left), 180: (right - x, y - bottom),
                270: (top - y, right - x)}[turn]

    def place(x1: float, y1: float, x2: float, y2: float) -> Box:
        (a, b), (c, d) = point(x1, y1), point(x2, y2)
        return min(a, c), min(b, d), max(a, c), max(b, d)

    return place


def _find(page: str, wanted: str) -> list[tuple[int, int]]:
    """Where the wanted letters stand among a page's, as ranges in the order of `wanted`; [] if they do not."""
    at = page.find(wanted)
    if at >= 0:
        return [(at, at + len(wanted))]
    # cut by a page break: begins here, or ends here
    for length in range(len(wanted) - 1, min(_LEAST, len(wanted)) - 1, -1):
        if page.endswith(wanted[:length]):
            return [(len(page) - length, len(page))]
        if page.startswith(wanted[-length:]):
            return [(0, length)]
    return _in_parts(page, wanted)


def _in_parts(page: str, wanted: str) -> list[tuple[int, int]]:
    """The parts in which a file has what is read as one: it may write columns line by line, or a footnote in between.
    [] if most of it is not there."""
    found: list[tuple[int, int]] = []
    start = covered = 0
    while start < len(wanted):
        short, long = 0, len(wanted) - start
        while short < long:  # the longest beginning that is on the page
            middle = (short + long + 1) // 2
            short, long = (middle, long) if wanted[start:start + middle] in page else (short, middle - 1)
        if short >= min(_LEAST_PART, len(wanted) - start) and short > 1:
            at = page.find(wanted[start:start + short], found[-1][1] if found else 0)
            at = at if at >= 0 else page.find(wanted[start:start + short])
            found.append((at, at + short))
            covered += short
            start += short
        else:
            start += 1
    return found if len(wanted) >= _LEAST and covered > 0.7 * len(wanted) else []


def _is_same_line(a: Box, b: Box) -> bool:
    return min(a[3], b[3]) - max(a[1], b[1]) > 0.3 * min(a[3] - a[1], b[3] - b[1]) and b[0] - a[2] < 60


def _mark(image: Any, boxes: Sequence[Box], colour: tuple[int, int, int]) -> None:
    """Colours the boxes as a marker does: the paper takes the colour, the letters stay."""
    from PIL import Image, ImageChops

    for left, top, right, bottom in boxes:
        area = tuple(round(value * _SCALE) for value in (left - 2, top - 2, right + 2, bottom + 2))
        area = (max(0, area[0]), max(0, area[1]), min(image.width, area[2]), min(image.height, area[3]))
        if area[0] < area[2] and area[1] < area[3]:
            part = image.crop(area)
            image.paste(ImageChops.multiply(part, Image.new("RGB", part.size, colour)), area)


def _cropped(image: Any, boxes: Sequence[Box]) -> Any:
    margin = image.height * _MARGIN
    top = max(0, min(box[1] for box in boxes) * _SCALE - margin)
    bottom = min(image.height, max(box[3] for box in boxes) * _SCALE + margin)
    least = image.height * 0.3  # some of the page round it, to see where one is
    if bottom - top < least:
        middle = (top + bottom) / 2
        top = max(0, min(middle - least / 2, image.height - least))
        bottom = min(image.height, top + least)
    return image.crop((0, round(top), image.width, round(bottom)))
