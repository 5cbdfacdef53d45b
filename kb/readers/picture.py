"""Pictures as documents: a photograph, a screenshot or a scan of a page, or the several pages of a TIFF.

Reads: bytes.  Gives: an Extract of pages without text; scanned.py sees lines in the pixels that are given here.
Pillow unpacks them (seven formats, their damages and their bombs), as it does for rapidocr, python-pptx and streamlit.
"""

from __future__ import annotations

import dataclasses
import io
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kb.errors import FileProblem, Unreadable, note
from kb.readers import Limits
from kb.readers.extract import Extract
from kb.readers.magic import PICTURES, kind_of
from kb.text import one_line
from kb.types import Words

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST_PIXELS = 120_000_000  # of a picture: A2 at 600 dpi has 139 million, A3 70
_LONGEST = 3400  # pixels of the longer side that are looked at, as of a page of a PDF
_NARROWEST = 1400  # of the shorter one, where there are so many: a screenshot of a long page keeps its letters
_DAMAGED = (OSError, ValueError, SyntaxError, struct.error, IndexError, KeyError, TypeError, EOFError, OverflowError,
            ZeroDivisionError)
Emit = Callable[[dict[str, Any]], None]


def read(data: bytes, limits: Limits, emit: Emit = lambda frame: None) -> Extract:
    """Pages without text. `emit` gets a head frame and one for each page, as of a PDF, for what will be recognised.

    Errors: FileProblem E_TOO_BIG for too many pixels or pages, E_PARSE where nothing can be unpacked.
    """
    from kb.readers.layout import assemble

    with _opened(data) as picture:
        n_pages = _n_pages(picture)
        if n_pages > limits.max_pages:
            raise FileProblem("E_TOO_BIG", what=Words(f"{n_pages:,} pages", f"{n_pages:,} 页"),
                              limit=Words(f"{limits.max_pages:,} pages", f"{limits.max_pages:,} 页"))
        frames = [{"n_pages": n_pages, "title": "", "author": "", "outline": [], "labels": []}]
        emit(frames[0])
        for number in range(1, n_pages + 1):
            frames.append(_frame(picture, number, n_pages))
            emit(frames[-1])
    return as_picture(assemble(frames))


def as_picture(extract: Extract) -> Extract:
    """What layout.py made of a picture's frames, called what it is."""
    notes = tuple(note("N_PICTURE") if item.code == "N_SCAN" else item for item in extract.notes)
    return dataclasses.replace(extract, kind="picture", notes=notes)


def is_picture(data: bytes) -> bool:
    """Whether the bytes are those of a picture that is read here."""
    return kind_of(data[:16]) in PICTURES


def n_pages_of(data: bytes) -> int:
    """How many pages a picture has. Errors: FileProblem."""
    with _opened(data) as picture:
        return _n_pages(picture)


def page_of(data: bytes, page: int) -> Image:
    """A page as it is shown, RGB on white, turned as its camera says, no larger than is needed to read it.

    Errors: FileProblem E_TOO_BIG, E_PARSE.
    """
    from PIL import ExifTags, Image, ImageOps

    with _opened(data) as picture:
        _turn_to(picture, page)
        # of a TIFF Pillow turns the page itself
        turn = 1 if picture.format == "TIFF" else picture.getexif().get(ExifTags.Base.Orientation, 1)
        if picture.format == "JPEG":
            picture.draft("RGB", _size(picture.size))  # unpacked no larger than that
        whole = _in_bytes(picture)
        shown = _on_white(whole.resize(_size(whole.size), Image.Resampling.LANCZOS, reducing_gap=3.0))
        shown.getexif()[ExifTags.Base.Orientation] = turn
        return ImageOps.exif_transpose(shown)


# --- Pillow


@contextmanager
def _opened(data: bytes) -> Iterator[Image]:
    """Errors: FileProblem, for whatever goes wrong inside as well."""
    import warnings

    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=PICTURES) as picture:
                yield picture
        except Image.DecompressionBombError as error:
            raise FileProblem("E_TOO_BIG", what=Words("a picture of too many pixels", "像素过多的图片"),
                              limit=_LIMIT) from error
        except _DAMAGED as error:
            raise Unreadable("E_PARSE", detail=one_line(str(error) or type(error).__name__, 120)) from error


_LIMIT = Words(f"{_MOST_PIXELS // 10**6} million pixels", f"{_MOST_PIXELS // 10**4} 万像素")


def _n_pages(picture: Image) -> int:
    """Of a TIFF; the further pictures in other files are previews or moments of one."""
    return int(getattr(picture, "n_frames", 1)) if picture.format == "TIFF" else 1


def _frame(picture: Image, number: int, n_pages: int) -> dict[str, Any]:
    """The frame of a page without text, of one that cannot be unpacked the frame of one that could not be read. A
    single one that cannot is the file's error."""
    lines: list[Any] | None = []
    try:
        _turn_to(picture, number)
        picture.load()
    except _DAMAGED:
        if n_pages == 1:
            raise
        lines = None
    return {"number": number, "lines": lines, "aside": [], "n_unknown": 0, "is_picture": lines is not None}


def _turn_to(picture: Image, page: int) -> None:
    """Errors: FileProblem E_TOO_BIG before it is unpacked, EOFError for a page that is not there."""
    if page > 1 or picture.tell():
        picture.seek(page - 1)
    refuse_bomb(*picture.size)


def refuse_bomb(width: int, height: int) -> None:
    """Errors: FileProblem E_TOO_BIG for a picture of so many pixels, before it is unpacked."""
    if width * height > _MOST_PIXELS:
        raise FileProblem("E_TOO_BIG", what=Words(f"a picture of {width:,} × {height:,} pixels",
                                                  f"{width:,} × {height:,} 像素的图片"), limit=_LIMIT)


def _size(size: tuple[int, int]) -> tuple[int, int]:
    """A size of the same shape that is large enough to be read."""
    longer, shorter = max(size), max(1, min(size))
    scale = min(1.0, max(_LONGEST / longer, _NARROWEST / shorter))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _in_bytes(picture: Image) -> Image:
    """In a mode that can be made smaller: grey or colours of 8 bits. Grey of more is taken from its darkest value to
    its brightest."""
    import numpy as np
    from PIL import Image

    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode in ("P", "PA"):
        return picture.convert("RGBA")
    if not picture.mode.startswith(("I", "F")):
        picture.load()
        return picture
    values = np.nan_to_num(np.asarray(picture, np.float32))
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (255 / (high - low)) if high > low else np.full_like(values, 255)
    return Image.fromarray(scaled.astype(np.uint8))


def _on_white(picture: Image) -> Image:
    from PIL import Image

    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    own = picture.convert("RGBA")
    paper = Image.new("RGBA", own.size, "white")
    paper.alpha_composite(own)
    return paper.convert("RGB")
