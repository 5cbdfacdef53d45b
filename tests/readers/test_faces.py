"""Which font each character of a PDF page is set in."""

import ctypes

import numpy as np
import pypdfium2
import pytest
from pypdfium2 import raw

from kb.readers.faces import Faces
from tests.making import pdf_of, placed_text

PAGE = [placed_text(72, 700, "Plain words"), placed_text(150, 700, "in bold", bold=True), placed_text(72, 680, "词语"),
        placed_text(96, 680, "黑", bold=True), placed_text(72, 660, "Plain again")]


@pytest.fixture
def textpage():
    with pypdfium2.PdfDocument(pdf_of(PAGE, [])) as document:
        yield document[0].get_textpage()


def told_one_by_one(textpage, index: int) -> bytes:
    room = ctypes.create_string_buffer(256)
    raw.FPDFText_GetFontInfo(textpage.raw, index, room, 256, None)
    return room.value


def test_each_character_has_the_font_that_pdfium_tells_of_it_alone(textpage):
    ink = np.array([i for i in range(textpage.count_chars()) if not textpage.get_text_range(i, 1).isspace()])
    found = {int(ink[k]): name for name, places in Faces(textpage).by_font(ink) for k in places}
    assert found == {int(i): told_one_by_one(textpage, int(i)) for i in ink}
    assert set(found.values()) == {b"Helvetica", b"Helvetica-Bold", b"STSong-Light", b"SimHei"}


def test_a_character_that_pdfium_has_put_in_goes_with_the_one_before_it(textpage):
    everything = np.arange(textpage.count_chars())
    names = {int(k): name for name, places in Faces(textpage).by_font(everything) for k in places}
    generated = [i for i in range(1, len(everything)) if raw.FPDFText_IsGenerated(textpage.raw, i) == 1]
    assert generated and all(names[i] == names[i - 1] for i in generated)


def test_bold_letters_are_heavy_and_others_are_not(textpage):
    text, faces = textpage.get_text_range(), Faces(textpage)
    assert faces.is_heavy(text.index("bold")) and faces.is_heavy(text.index("黑"))
    assert not faces.is_heavy(text.index("Plain")) and not faces.is_heavy(text.index("词"))


def test_a_page_without_text_has_no_fonts():
    with pypdfium2.PdfDocument(pdf_of([])) as document:
        assert not list(Faces(document[0].get_textpage()).by_font(np.arange(0)))
