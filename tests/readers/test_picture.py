"""Pictures as documents: every format, its pages, how the camera was held, what is damaged or made to do harm."""

import io
import random
import struct
import zlib

import pypdfium2
import pytest
from PIL import Image

from kb.errors import FileProblem
from kb.readers import Limits, scan
from kb.readers.picture import page_of
from kb.readers.sandbox import Sandbox
from tests.hostile.mutating import mutated, small_picture
from tests.making import make_pdf
from tests.readers.conftest import check
from tests.scans import needs_recogniser

LINES = ["# Reading glaciers", "A glacier of 42 square kilometres lost 7.5 metres of ice.",
         "The loss was measured with laser altimetry in 2019."]
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WEBP",
           ".bmp": "BMP"}


@pytest.fixture(scope="module")
def page():
    """The upper part, without the empty side: less to look for lines in."""
    whole = page_with(LINES)
    return whole.crop((0, 0, whole.width * 2 // 3, whole.height * 2 // 5))


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Limits(memory_mb=2048)) as opened:
        yield opened


def page_with(lines):
    return pypdfium2.PdfDocument(make_pdf(lines))[0].render(scale=150 / 72).to_pil().convert("RGB")


def saved(picture, kind, **how):
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def source_of(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    (source,), problems = scan([tmp_path / name])
    assert problems == []
    return source


def outcome(sandbox, tmp_path, name, data):
    """The document, or the code of what went wrong."""
    try:
        document = sandbox.read(source_of(tmp_path, name, data))
    except FileProblem as problem:
        assert problem.describe("en")[0] and problem.describe("zh")[1]
        return problem.code
    check(document)
    return document


def recognised(sandbox, tmp_path, name, data):
    source = source_of(tmp_path, name, data)
    before = sandbox.read(source)
    frames = {page.number: sandbox.recognise(source, before.sha256, page.number) for page in before.pages}
    document = sandbox.read(source, None, frames)
    check(document)
    return document


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_picture_is_a_document_of_one_page_without_text(sandbox, tmp_path, page, suffix):
    document = outcome(sandbox, tmp_path, f"page{suffix.upper()}", saved(page, FORMATS[suffix]))
    assert (document.kind, document.status, len(document.pages), document.text) == ("picture", "no_text", 1, "")
    assert [note.code for note in document.notes] == ["N_PICTURE"]
    assert "kb ocr" in document.note_in("en") and "kb ocr" in document.note_in("zh")
    assert document.metadata.title == "page" and "title" in document.metadata.guessed


@needs_recogniser()
@pytest.mark.parametrize("suffix", FORMATS)
def test_what_is_written_in_a_picture_is_read(sandbox, tmp_path, page, suffix):
    document = recognised(sandbox, tmp_path, f"page{suffix}", saved(page, FORMATS[suffix]))
    assert (document.kind, document.status) == ("picture", "ok")
    assert "lost 7.5 metres of ice" in document.text and document.metadata.title == "Reading glaciers"
    assert 0.8 < document.pages[0].recognised <= 1
    assert [note.code for note in document.notes] == ["N_RECOGNISED"]
    assert all(0 < line.box[1] < 0.3 for line in document.recognised)


@needs_recogniser()
def test_each_page_of_a_tiff_is_a_page(sandbox, tmp_path):
    pages = [page_with([line, "It says no more than this."]) for line in (
        "Glaciers lose ice in every warm summer.", "Rivers carry less water in a dry year.", "Clouds cover the sky.")]
    data = saved(pages[0].convert("1"), "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    document = recognised(sandbox, tmp_path, "fax.tif", data)
    first = [document.text[page.start:page.end].split()[0] for page in document.pages]
    assert first == ["Glaciers", "Rivers", "Clouds"]
    assert document.status == "ok"


@needs_recogniser()
@pytest.mark.parametrize(("suffix", "held", "turn"), [(".jpg", 6, 90), (".jpg", 8, 270), (".jpg", 3, 180),
                                                     (".png", 6, 90), (".webp", 8, 270), (".tif", 3, 180)])
def test_a_picture_is_turned_as_the_camera_was_held(sandbox, tmp_path, page, suffix, held, turn):
    exif = Image.Exif()
    exif[0x0112] = held
    document = recognised(sandbox, tmp_path, f"photo{suffix}",
                          saved(page.rotate(turn, expand=True), FORMATS[suffix], exif=exif))
    assert document.text.index("Reading") < document.text.index("7.5 metres") < document.text.index("altimetry")
    assert all(line.box[1] < 0.3 and line.box[0] < 0.2 for line in document.recognised)


@needs_recogniser()
@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16", "I"])
def test_pictures_of_every_mode_are_read(sandbox, tmp_path, page, mode):
    if mode in ("I;16", "I"):
        import numpy as np

        values = np.asarray(page.convert("L")).astype(np.uint16) * 16 + 300
        picture = Image.fromarray(values if mode == "I;16" else values.astype(np.int32))
    elif mode in ("LA", "RGBA"):  # black letters on nothing
        picture = Image.new(mode, page.size)
        picture.putalpha(page.convert("L").point(lambda value: 255 - value))
    else:
        picture = page.convert(mode)
    kind = "TIFF" if mode in ("CMYK", "I") else "PNG"
    document = recognised(sandbox, tmp_path, f"page.{kind.lower()}", saved(picture, kind))
    assert "lost 7.5 metres of ice" in document.text


@needs_recogniser()
def test_a_tall_screenshot_keeps_its_letters(sandbox, tmp_path):
    lines = [f"Message {n} says that the river carried {n} cubic metres." for n in range(60)]
    pages = [page_with(lines[i:i + 20]).crop((0, 0, 1275, 1000)) for i in range(0, 60, 20)]
    whole = Image.new("RGB", (1275, 1200 * len(pages)), "white")
    for n, part in enumerate(pages):
        whole.paste(part, (0, 1200 * n))
    document = recognised(sandbox, tmp_path, "chat.png", saved(whole, "PNG"))
    found = [n for n in range(60) if f"carried {n} cubic metres" in " ".join(document.text.split())]
    assert len(found) >= 58


@needs_recogniser()
@pytest.mark.parametrize("size", [(1, 1), (3000, 1), (1, 3000), (3000, 9), (9, 3000), (16, 16), (800, 600)])
def test_a_picture_with_nothing_written_in_it_has_no_text(sandbox, tmp_path, size):
    document = recognised(sandbox, tmp_path, "dot.png", saved(Image.new("RGB", size, "white"), "PNG"))
    assert (document.status, document.text, document.recognised) == ("no_text", "", ())


def test_a_picture_may_have_the_suffix_of_another_format(sandbox, tmp_path, page):
    assert outcome(sandbox, tmp_path, "saved.png", saved(page, "JPEG")).kind == "picture"
    assert outcome(sandbox, tmp_path, "saved.jpg", saved(page, "WEBP")).kind == "picture"


@pytest.mark.parametrize("data", [b"no picture at all\n", b"%PDF-1.4\n", b"GIF89a" + bytes(20), bytes(40)])
def test_what_is_no_picture_is_named(sandbox, tmp_path, data):
    assert outcome(sandbox, tmp_path, "a.png", data) == "E_TYPE"
    assert outcome(sandbox, tmp_path, "a.jpg", data) == "E_TYPE"


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_damaged_picture_ends_in_a_named_status(sandbox, tmp_path, page, suffix):
    data = saved(page, FORMATS[suffix])
    for spoiled in (data[:len(data) // 3], data[:60], data[:40] + bytes(500) + data[540:len(data) // 2]):
        assert outcome(sandbox, tmp_path, f"a{suffix}", spoiled) in ("E_PARSE", "E_TYPE")


def test_a_tiff_with_a_damaged_page_says_that_a_page_is_missing(sandbox, tmp_path, page):
    data = bytearray(saved(page, "TIFF", save_all=True, append_images=[page], compression="tiff_deflate"))
    end = len(data)
    data[end - 3000:end - 400] = bytes(2600)
    document = outcome(sandbox, tmp_path, "a.tif", bytes(data))
    assert document == "E_PARSE" or document.status in ("partial", "no_text")


def bomb_png(width, height):
    """A PNG that says it has so many pixels, and has none of them."""
    def part(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return (b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
            + part(b"IDAT", zlib.compress(bytes(1000))) + part(b"IEND", b""))


@pytest.mark.parametrize(("width", "height"), [(12_000, 12_000), (100_000, 100_000), (2**31 - 1, 2), (11_000, 11_000)])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(sandbox, tmp_path, width, height):
    assert outcome(sandbox, tmp_path, "bomb.png", bomb_png(width, height)) == "E_TOO_BIG"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
def test_the_pixels_of_a_spoiled_picture_end_in_a_named_error(kind):
    rng = random.Random(kind)
    for _ in range(150):
        data = mutated(small_picture(kind), rng)
        try:
            picture = page_of(data, rng.choice([1, 2]))
        except FileProblem as problem:
            assert problem.code in ("E_PARSE", "E_TOO_BIG")
        else:
            assert picture.mode == "RGB"


def test_too_many_pages_are_refused(tmp_path):
    dot = Image.new("1", (8, 8))
    data = saved(dot, "TIFF", save_all=True, append_images=[dot] * 30)
    with Sandbox(Limits(max_pages=20)) as few:
        assert outcome(few, tmp_path, "many.tif", data) == "E_TOO_BIG"
