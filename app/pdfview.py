"""The pages of a PDF or of a picture for the viewer: how large they are, as pictures, and with their text in its place.

A file is opened once and kept with the few that were read last; it is read again where it is no longer what was added.
Pages are made when they are asked for, so that a file of thousands opens as fast as one of ten.
"""

from __future__ import annotations

import ctypes
import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kb_app.pdftext import Box, PageText

from kb.errors import FileProblem
from kb.readers.picture import is_picture, n_pages_of, page_of

WIDTHS = (480, 720, 960, 1280, 1700, 2300)  # pixels that a page is rendered at: few, so that a picture serves twice
_MOST_PIXELS = 12_000_000  # of one picture: a page that is larger is shown coarser
_KEPT_FILES, _KEPT_TEXTS, _KEPT_IMAGES = 3, 24, 40
_A4 = 595.0  # points that a picture's width counts for
_BROKEN = (OSError, RuntimeError, ValueError, FileProblem)
_NO_TEXT = {"\x02": "-", "\ufffe": "-"}  # how pdfium gives a hyphen at the end of a line

# pdfium is not thread-safe.
_lock = threading.RLock()
_files: OrderedDict[tuple[str, int, int, str], Pages] = OrderedDict()


class FileGone(Exception):
    """The file is not there any more, or not what was added."""


class FileBroken(Exception):
    """The file is what was added and cannot be shown."""


def opened(path: Path, sha256: str) -> Pages:
    """The pages of a file. Errors: FileGone, FileBroken."""
    try:
        state = path.stat()
        key = (str(path), state.st_size, state.st_mtime_ns, sha256)
        with _lock:
            if key not in _files:
                data = path.read_bytes()
                if hashlib.sha256(data).hexdigest() != sha256:
                    raise FileGone
                _files[key] = Pages(data)
            _files.move_to_end(key)
            while len(_files) > _KEPT_FILES:
                _files.popitem(last=False)[1].close()
            return _files[key]
    except OSError as error:
        raise FileGone from error


class Pages:
    """An opened file. sizes: of every page, in points, as it is shown."""

    def __init__(self, data: bytes) -> None:
        """Errors: FileBroken."""
        self._data = data
        self._pdf: Any = None
        self._texts: OrderedDict[int, PageText] = OrderedDict()
        self._images: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        try:
            self.sizes = self._picture_sizes() if is_picture(data) else self._pdf_sizes()
        except _BROKEN as error:
            raise FileBroken from error
        if not self.sizes:
            raise FileBroken

    def _pdf_sizes(self) -> list[tuple[float, float]]:
        import pypdfium2

        self._pdf = pypdfium2.PdfDocument(self._data)
        sizes = [self._pdf.get_page_size(n) for n in range(len(self._pdf))]
        return [(max(1.0, width), max(1.0, height)) for width, height in sizes]

    def _picture_sizes(self) -> list[tuple[float, float]]:
        pages = [page_of(self._data, n + 1).size for n in range(n_pages_of(self._data))]
        return [(_A4, _A4 * height / width) for width, height in pages]

    def close(self) -> None:
        if self._pdf is not None:
            self._pdf.close()

    def image(self, page: int, width: int) -> bytes:
        """The page as a PNG, at the least of WIDTHS that is as wide. Errors: IndexError, FileBroken."""
        points = self.sizes[page - 1]
        wide = next((w for w in WIDTHS if w >= width), WIDTHS[-1])
        wide = max(1, min(wide, int((_MOST_PIXELS * points[0] / points[1]) ** 0.5)))
        with _lock:
            if (page, wide) not in self._images:
                self._images[page, wide] = self._drawn(page, wide)
            self._images.move_to_end((page, wide))
            while len(self._images) > _KEPT_IMAGES:
                self._images.popitem(last=False)
            return self._images[page, wide]

    def _drawn(self, page: int, wide: int) -> bytes:
        try:
            image = self._pdf_image(page, wide) if self._pdf is not None else self._picture(page, wide)
        except _BROKEN as error:
            raise FileBroken from error
        out = io.BytesIO()
        image.save(out, "PNG", compress_level=2)  # a third of the time of the default, a tenth larger
        return out.getvalue()

    def _pdf_image(self, page: int, wide: int) -> Any:
        loaded = self._pdf[page - 1]
        try:
            image = loaded.render(scale=wide / self.sizes[page - 1][0]).to_pil().convert("RGB")
        finally:
            loaded.close()
        return image.convert("L") if _is_grey(image) else image

    def _picture(self, page: int, wide: int) -> Any:
        from PIL import Image

        image = page_of(self._data, page).convert("RGB")
        high = max(1, round(image.height * wide / image.width))
        return image if wide >= image.width else image.resize((wide, high), Image.Resampling.LANCZOS)

    def text(self, page: int) -> PageText:
        """The characters of a page with their places. Errors: IndexError, FileBroken."""
        width, height = self.sizes[page - 1]
        if self._pdf is None:
            return PageText(width, height)
        with _lock:
            if page not in self._texts:
                try:
                    self._texts[page] = _text(self._pdf[page - 1], width, height)
                except _BROKEN as error:
                    raise FileBroken from error
            self._texts.move_to_end(page)
            while len(self._texts) > _KEPT_TEXTS:
                self._texts.popitem(last=False)
            return self._texts[page]

    def page_with(self, quote: str, page: int) -> int | None:
        """The page that the quote stands on: `page`, or the one after or before it; None if it is on none of them."""
        near = [n for n in (page, page + 1, page - 1) if 1 <= n <= len(self.sizes)]
        return next((n for n in near if self.text(n).places(quote)), None)


def _is_grey(image: Any) -> bool:
    """Whether a page has no colour: most have none, and weigh a third without it."""
    from PIL import ImageChops

    red, green, blue = image.split()
    return not (ImageChops.difference(red, green).getbbox() or ImageChops.difference(red, blue).getbbox())


def _text(page: Any, width: float, height: float) -> PageText:
    from pypdfium2 import raw

    textpage = page.get_textpage()
    characters: list[str] = []
    boxes: list[Box | None] = []
    cells: list[Box | None] = []
    try:
        place = _place_on(page)
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        cell = raw.FS_RECTF()
        high = 0
        for i in range(textpage.count_chars()):
            code = raw.FPDFText_GetUnicode(textpage, i)
            if 0xD800 <= code < 0xDC00:  # pdfium gives large code points in two halves
                high = code
                continue
            if 0xDC00 <= code < 0xE000:
                code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0
            high = 0
            character = chr(code) if 0 < code < 0x110000 else ""
            character = _NO_TEXT.get(character, character)
            if character in ("\r", "\n"):
                characters.append(character)
                boxes.append(None)
                cells.append(None)
            elif character >= " ":
                has_box = raw.FPDFText_GetCharBox(textpage, i, left, right, bottom, top)
                has_cell = raw.FPDFText_GetLooseCharBox(textpage, i, cell)
                box = place(left.value, top.value, right.value, bottom.value) if has_box else None
                characters.append(character)
                boxes.append(box)
                full = place(cell.left, cell.top, cell.right, cell.bottom) if has_cell else box
                cells.append(full if full and full[2] > full[0] and full[3] > full[1] else None)
        return PageText(width, height, tuple(characters), tuple(boxes), tuple(cells))
    finally:
        textpage.close()
        page.close()


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


def scaled(boxes: Sequence[Box], size: tuple[float, float]) -> list[Box]:
    """Boxes in shares of a page, in its points."""
    width, height = size
    return [(left * width, top * height, right * width, bottom * height) for left, top, right, bottom in boxes]
