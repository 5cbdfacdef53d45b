"""PDFs of pictures, made of PDFs with text: what a scanner gives back."""

from __future__ import annotations

import importlib.util
import io
import os
from collections.abc import Sequence

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageFilter

_DPI = 200


def degraded(picture: Image.Image, seed: int = 0, *, angle: float = 0.5, turn: int = 0) -> Image.Image:
    """A clean page as a scanner at 200 dpi gives it back: blurred, with noise, as JPEG. angle: degrees that it lies
    askew; turn: a multiple of 90, to the left."""
    noise = np.random.default_rng(seed).normal(0, 8, (picture.height, picture.width))
    grey = picture.convert("L").rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=255)
    values = np.asarray(grey.filter(ImageFilter.GaussianBlur(0.7)), np.float32) * 0.88 + 12 + noise
    out = io.BytesIO()
    Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=60)
    return Image.open(out).rotate(turn, expand=True)


def scan_of(data: bytes, *, angle: float = 0.5, turn: int = 0, part: float = 1.0) -> bytes:
    """The pages of a PDF as pictures. part: how much of each, from its top, which is faster to recognise."""
    pages = [degraded(page.render(scale=_DPI / 72, crop=(0, (1 - part) * page.get_height(), 0, 0)).to_pil(), seed,
                      angle=angle, turn=turn)
             for seed, page in enumerate(pypdfium2.PdfDocument(data))]
    return pictures(pages)


def pictures(pages: Sequence[Image.Image]) -> bytes:
    """A PDF of these pictures."""
    out = io.BytesIO()
    pages[0].save(out, "PDF", resolution=_DPI, save_all=True, append_images=pages[1:], title="")
    return out.getvalue()


def together(*files: bytes) -> bytes:
    """The pages of several PDFs as one."""
    made, out = pypdfium2.PdfDocument.new(), io.BytesIO()
    for data in files:
        made.import_pages(pypdfium2.PdfDocument(data))
    made.save(out)
    return out.getvalue()


def needs_recogniser() -> pytest.MarkDecorator:
    """Skips with a reason where the extra is not installed; it is on CI."""
    is_here = importlib.util.find_spec("rapidocr") is not None
    assert is_here or not os.environ.get("CI"), "CI must have the extra ocr"
    return pytest.mark.skipif(not is_here, reason="the extra is not installed: pip install 'bilingual-kb[ocr]'")
