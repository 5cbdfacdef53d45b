import io

import pypdf
import pypdfium2
import pytest
from kb_app.pdfview import render
from PIL import Image

from tests.making import make_pdf
from tests.scans import scan_of

PDF = make_pdf([
    "Attention relates positions of a sequence.", "A Transformer stacks such layers and needs", "no recurrence at all."
], ["Pruning removes weights.", "Quantisation stores weights in fewer bits."], ["The end."])


def amber(view):
    image = Image.open(io.BytesIO(view.png)).convert("RGB")
    return sum(1 for r, g, b in image.get_flattened_data() if r > 240 and 170 < g < 210 and b < 100)


def test_the_quote_is_marked_line_by_line_where_it_stands():
    view = render(PDF, 1, "A Transformer stacks such layers and needs no recurrence at all.")
    assert view.is_found
    assert len(view.boxes) == 2
    assert view.boxes[0][1] < view.boxes[1][1]
    assert 60 < view.boxes[0][0] < 80
    assert amber(view) > 500


def test_the_picture_is_cropped_round_the_quote_unless_the_whole_page_is_asked_for():
    part, whole = (Image.open(io.BytesIO(render(PDF, 1, "Attention relates", whole=w).png)) for w in (False, True))
    assert part.height < 0.5 * whole.height


def test_a_quote_on_the_next_or_the_previous_page_is_found_there():
    assert render(PDF, 1, "Pruning removes weights.").page == 2
    assert render(PDF, 3, "Pruning removes weights.").page == 2


def test_a_quote_that_is_nowhere_marks_nothing():
    view = render(PDF, 2, "This sentence is in no page of the file.")
    assert (view.is_found, view.boxes, view.page) == (False, (), 2)
    assert amber(view) == 0


def test_a_page_that_was_turned_to_is_shown_whatever_it_holds():
    assert render(PDF, 3, "Pruning removes weights.", stays=True).page == 3
    assert render(PDF, 99, "", stays=True).page == 3


def test_ligatures_hyphens_and_case_do_not_hide_a_quote():
    assert render(make_pdf(["the efficient ATTEN-", "TION of models"]), 1, "The eﬃcient attention").is_found


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_quote_is_marked_on_a_turned_page_whose_origin_is_elsewhere(turn):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(PDF))
    page = writer.pages[0]
    page.mediabox = page.cropbox = pypdf.generic.RectangleObject((-100, -50, 512, 742))
    page.rotate(turn)
    page.add_transformation(pypdf.Transformation().translate(-100, -50))
    out = io.BytesIO()
    writer.write(out)
    view = render(out.getvalue(), 1, "Attention relates positions of a sequence.", whole=True)
    left, top = min(box[0] for box in view.boxes), min(box[1] for box in view.boxes)
    right, bottom = max(box[2] for box in view.boxes), max(box[3] for box in view.boxes)
    upright = {0: (60, 32), 90: (750, 60), 180: (312, 750), 270: (22, 312)}[turn]
    assert (left, top) == pytest.approx(upright, abs=25)
    assert (right - left > bottom - top) == (turn in (0, 180))
    image = Image.open(io.BytesIO(view.png)).convert("L").crop([round(v * 1.7) for v in (left, top, right, bottom)])
    assert min(image.get_flattened_data()) < 100  # letters stand in it


def test_a_quote_is_found_though_the_file_writes_columns_line_by_line():
    rows = [f"left words of line {n}\tright words of line {n}" for n in "abcdef"]
    view = render(make_pdf(rows), 1, " ".join(f"left words of line {n}" for n in "abcdef"))
    assert view.is_found
    assert len(view.boxes) == 6


def test_accents_that_stand_apart_do_not_hide_a_quote():
    page = make_pdf(["Schr\u00a8odinger wrote na\u00a8ive words"])
    assert render(page, 1, "Schr\u00f6dinger wrote na\u00efve").is_found


def test_other_quotes_are_paler():
    view = render(PDF, 2, "Pruning removes weights.", ("Quantisation stores weights",), whole=True)
    image = Image.open(io.BytesIO(view.png)).convert("RGB")
    assert any(r > 240 and 215 < g < 235 and 140 < b < 180 for r, g, b in image.get_flattened_data())


def test_a_file_that_is_no_pdf_raises():
    with pytest.raises(pypdfium2.PdfiumError):
        render(b"no pdf", 1, "x")


def test_a_line_that_was_recognised_is_marked_where_it_was_seen():
    view = render(scan_of(make_pdf(["A glacier lost ice."])), 1, "A glacier lost ice.", seen=((0.09, 0.02, 0.3, 0.05),))
    assert view.is_found
    assert view.boxes == ((pytest.approx(0.09 * 612, abs=1), pytest.approx(0.02 * 792, abs=1),
                           pytest.approx(0.3 * 612, abs=1), pytest.approx(0.05 * 792, abs=1)),)
    assert amber(view) > 100


def test_a_quote_that_the_page_has_as_text_is_marked_there():
    assert render(PDF, 1, "Attention relates", seen=((0.9, 0.9, 1.0, 1.0),)).boxes[0][0] < 100


def picture_of(page, kind, **how):
    out = io.BytesIO()
    page.save(out, kind, **how)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_what_was_recognised_in_a_picture_is_marked_there(kind):
    page = Image.new("RGB", (2200, 3000), "white")
    view = render(picture_of(page, kind), 1, "Gauging", seen=((0.1, 0.2, 0.5, 0.25),))
    assert (view.page, view.n_pages, view.is_found) == (1, 1, True)
    assert amber(view) > 500 and Image.open(io.BytesIO(view.png)).height < 900
    whole = Image.open(io.BytesIO(render(picture_of(page, kind), 1, "Gauging", whole=True).png))
    assert whole.width <= 1100 and abs(whole.height / whole.width - 3000 / 2200) < 0.01


def test_the_pages_of_a_tiff_are_shown_and_a_photograph_as_it_was_held():
    pages = [Image.new("L", (300, 400), shade) for shade in (255, 120)]
    data = picture_of(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    view = render(data, 9, "", stays=True)
    assert (view.page, view.n_pages) == (2, 2)
    assert Image.open(io.BytesIO(view.png)).convert("L").getpixel((5, 5)) == 120
    exif = Image.Exif()
    exif[0x0112] = 6
    photograph = Image.open(io.BytesIO(render(picture_of(pages[0], "JPEG", exif=exif), 1, "", whole=True).png))
    assert photograph.width > photograph.height
