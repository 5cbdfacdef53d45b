import hashlib
import io

import pypdf
import pytest
from kb_app.pdfview import WIDTHS, FileBroken, FileGone, Pages, opened, scaled
from PIL import Image

from tests.making import make_pdf
from tests.scans import scan_of

PAGES = ([
    "Attention relates positions of a sequence.", "A Transformer stacks such layers and needs", "no recurrence at all."
], ["Pruning removes weights.", "Quantisation stores weights in fewer bits."], ["The end."])
PDF = make_pdf(*PAGES)


def places(data, quote, page=1, before=""):
    return Pages(data).text(page).places(quote, before)


def test_the_quote_is_placed_line_by_line():
    boxes = places(PDF, "A Transformer stacks such layers and needs no recurrence at all.")
    assert len(boxes) == 2
    assert boxes[0][1] < boxes[1][1]
    assert 60 < boxes[0][0] < 80


def test_a_quote_on_the_next_or_the_previous_page_is_found_there():
    assert Pages(PDF).page_with("Pruning removes weights.", 1) == 2
    assert Pages(PDF).page_with("Pruning removes weights.", 3) == 2
    assert Pages(PDF).page_with("This sentence is in no page of the file.", 2) is None


def test_ligatures_hyphens_and_case_do_not_hide_a_quote():
    assert places(make_pdf(["the efficient ATTEN-", "TION of models"]), "The eﬃcient attention")


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_quote_is_placed_on_a_turned_page_whose_origin_is_elsewhere(turn):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(PDF))
    page = writer.pages[0]
    page.mediabox = page.cropbox = pypdf.generic.RectangleObject((-100, -50, 512, 742))
    page.rotate(turn)
    page.add_transformation(pypdf.Transformation().translate(-100, -50))
    out = io.BytesIO()
    writer.write(out)
    pages = Pages(out.getvalue())
    boxes = pages.text(1).places("Attention relates positions of a sequence.")
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
    upright = {0: (60, 32), 90: (750, 60), 180: (312, 750), 270: (22, 312)}[turn]
    assert (left, top) == pytest.approx(upright, abs=25)
    assert (right - left > bottom - top) == (turn in (0, 180))
    assert pages.sizes[0] == ((612, 792) if turn in (0, 180) else (792, 612))
    image = Image.open(io.BytesIO(pages.image(1, 960))).convert("L")
    scale = image.width / pages.sizes[0][0]
    part = image.crop([round(v * scale) for v in (left, top, right, bottom)])
    assert min(part.get_flattened_data()) < 100  # letters stand in it


def test_a_quote_is_found_though_the_file_writes_columns_line_by_line():
    rows = [f"left words of line {n}\tright words of line {n}" for n in "abcdef"]
    assert len(places(make_pdf(rows), " ".join(f"left words of line {n}" for n in "abcdef"))) == 6


def test_accents_that_stand_apart_do_not_hide_a_quote():
    assert places(make_pdf(["Schr\u00a8odinger wrote na\u00a8ive words"]), "Schr\u00f6dinger wrote na\u00efve")


def test_the_same_words_are_told_apart_by_what_stands_before_them():
    page = make_pdf(["first pruning here", "second pruning here", "third pruning here"])
    tops = [places(page, "pruning", before=word)[0][1] for word in ("first ", "the second ", "x third ")]
    assert tops == sorted(set(tops))


def test_every_place_of_a_searched_word_is_found():
    text = Pages(make_pdf(["pruning and Pruning", "PRUN-", "ING unpruned"])).text(1)
    assert len(text.found("pruning")) == 3 and len(text.found("prun")) == 4
    assert text.found("") == [] and text.found("nothing of the kind") == []


def test_the_words_for_a_selection_stand_in_their_place_with_every_character():
    text = Pages(make_pdf(["left column\tright column", "second line"])).text(1)
    runs = text.selectable()
    assert [words.strip() for words, _ in runs] == ["left column", "right column", "second line"]
    (_, left), (_, right), (_, below) = runs
    assert left[2] < right[0] and left[3] <= below[3] and below[1] > left[1]


def test_a_file_that_is_no_pdf_is_broken_and_one_that_changed_is_gone(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.4 no pdf")
    with pytest.raises(FileBroken):
        opened(path, hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(FileGone):
        opened(path, "0" * 64)
    with pytest.raises(FileGone):
        opened(tmp_path / "b.pdf", "0" * 64)


def test_a_file_is_opened_once_and_again_when_it_changed(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF)
    pages = opened(path, hashlib.sha256(PDF).hexdigest())
    assert opened(path, hashlib.sha256(PDF).hexdigest()) is pages
    other = make_pdf(["Another text, longer than the first."])
    path.write_bytes(other)
    with pytest.raises(FileGone):
        opened(path, hashlib.sha256(PDF).hexdigest())
    assert len(opened(path, hashlib.sha256(other).hexdigest()).sizes) == 1


def test_pages_are_made_when_they_are_asked_for_at_a_few_sizes(monkeypatch):
    pages = Pages(make_pdf(*([f"Page {n}"] for n in range(300))))
    made = []
    draw = pages._drawn
    monkeypatch.setattr(pages, "_drawn", lambda page, wide: made.append((page, wide)) or draw(page, wide))
    assert len(pages.sizes) == 300 and made == []
    first = pages.image(250, 900)
    assert pages.image(250, 930) is first and made == [(250, 960)]
    assert Image.open(io.BytesIO(first)).size == (960, 1243)
    assert Image.open(io.BytesIO(pages.image(1, 99999))).width == WIDTHS[-1]
    with pytest.raises(IndexError):
        pages.image(301, 900)


def test_a_page_as_high_as_a_file_can_say_is_shown_coarser():
    writer = pypdf.PdfWriter()
    writer.add_blank_page(width=100, height=14400)
    out = io.BytesIO()
    writer.write(out)
    image = Image.open(io.BytesIO(Pages(out.getvalue()).image(1, 2000)))
    assert image.width * image.height <= 12_100_000


def test_large_code_points_come_back_whole():
    from kb_app.pdftext import PageText

    box = (0.0, 0.0, 5.0, 9.0)
    text = PageText(99, 99, ("\U0001d465", "=", "1"), (box,) * 3, (box, (5.0, 0.0, 9.0, 9.0), (9.0, 0.0, 12.0, 9.0)))
    assert text.selectable() == [("\U0001d465=1", (0.0, 0.0, 12.0, 9.0))]
    assert text.places("x1") == [box]


def test_a_scan_has_pages_and_no_text():
    pages = Pages(scan_of(make_pdf(["A glacier lost ice."])))
    assert pages.text(1).selectable() == [] and pages.text(1).places("A glacier lost ice.") == []
    assert scaled([(0.1, 0.2, 0.3, 0.4)], (100, 200)) == [(10, 40, 30, 80)]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_a_picture_is_a_page(kind):
    out = io.BytesIO()
    Image.new("RGB", (1100, 1500), "white").save(out, kind)
    pages = Pages(out.getvalue())
    assert pages.sizes == [(595.0, pytest.approx(595 * 1500 / 1100))]
    image = Image.open(io.BytesIO(pages.image(1, 700)))
    assert image.size == (720, 982) and pages.text(1).selectable() == []


def test_the_pages_of_a_tiff_are_shown_and_a_photograph_as_it_was_held():
    sheets, out = [Image.new("L", (300, 400), shade) for shade in (255, 120)], io.BytesIO()
    sheets[0].save(out, "TIFF", save_all=True, append_images=sheets[1:])
    pages = Pages(out.getvalue())
    assert len(pages.sizes) == 2
    assert Image.open(io.BytesIO(pages.image(2, 300))).convert("L").getpixel((5, 5)) == 120
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    sheets[0].save(out, "JPEG", exif=exif)
    assert Pages(out.getvalue()).sizes[0][1] < 595
