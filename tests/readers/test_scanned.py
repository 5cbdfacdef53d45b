"""Pages that are pictures: their lines with place and confidence, put together as those of a text layer."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from kb.errors import FileProblem
from kb.readers import Limits, scan
from kb.readers.recogniser import recognise
from kb.readers.sandbox import Sandbox
from tests.making import make_pdf, pdf_of, placed_text
from tests.scans import needs_recogniser, pictures, scan_of, together

pytestmark = needs_recogniser()
LINES = ["# Reading glaciers", "A glacier of 42 square kilometres lost 7.5 metres of ice in ten years.",
         "The loss was measured with laser altimetry from two aircraft in 2019."]


@pytest.fixture(scope="module")
def sandbox():
    """One for all pages that may be read: a second one loads the networks again."""
    with Sandbox(Limits(memory_mb=2048)) as opened:
        yield opened


def recognised(sandbox, tmp_path, data, pages=(1,)):
    path = tmp_path / "scan.pdf"
    path.write_bytes(data)
    (source,), _ = scan([path])
    document = sandbox.read(source)
    frames = {page: sandbox.recognise(source, document.sha256, page) for page in pages}
    return document, sandbox.read(source, None, frames)


@pytest.mark.parametrize(("angle", "turn"), [(0.5, 0), (-3.0, 0), (0.5, 90), (-1.0, 180), (3.0, 270)])
def test_a_page_is_read_however_it_lies_on_the_glass(sandbox, tmp_path, angle, turn):
    _, document = recognised(sandbox, tmp_path, scan_of(make_pdf(LINES), angle=angle, turn=turn, part=0.5))
    # spaces on a page that lies askew by three degrees are not sure
    assert "42squarekilometreslost7.5metresoficeintenyears." in document.text.replace(" ", "")
    assert document.text.index("glacier of 42") < document.text.index("laser altimetry")
    assert document.status == "ok"


def test_chinese_and_english_are_read_in_one_line(sandbox, tmp_path):
    page = [placed_text(60, 700, "冰川在十年间失去了七米厚的冰", 14), placed_text(60, 670, "使用", 14),
            placed_text(92, 670, "LiDAR", 14), placed_text(140, 670, "测量", 14)]
    _, document = recognised(sandbox, tmp_path, scan_of(pdf_of(page), part=0.3))
    if "冰川" not in document.text:
        pytest.skip("pdfium finds no Chinese font: apt install fonts-noto-cjk")
    assert "冰川在十年间失去了七米厚的冰" in document.text
    assert "LiDAR" in document.text


def test_every_recognised_line_says_where_it_stands_and_how_sure_it_is(sandbox, tmp_path):
    before, document = recognised(sandbox, tmp_path, scan_of(make_pdf(LINES), part=0.5))
    assert (before.status, before.notes[0].code, before.recognised) == ("no_text", "N_SCAN", ())
    assert [document.text[line.start:line.end].split()[0] for line in document.recognised] == ["Reading", "A", "The"]
    assert all(0.8 < line.confidence <= 1 for line in document.recognised)
    tops = [line.box[1] for line in document.recognised]
    assert tops == sorted(tops) and 0 < tops[0] < tops[-1] < 0.4
    assert 0.8 < document.pages[0].recognised <= 1
    assert document.confidence(0, 5) == document.recognised[0].confidence
    assert [note.code for note in document.notes] == ["N_RECOGNISED"]


def test_the_box_of_a_line_lies_on_the_page_as_it_is_shown(sandbox, tmp_path):
    _, document = recognised(sandbox, tmp_path, scan_of(make_pdf(LINES), turn=180, part=0.5))
    assert all(line.box[1] > 0.6 for line in document.recognised)  # the first lines stand at the foot


def test_columns_are_read_one_after_the_other(sandbox, tmp_path):
    left = [f"The left column says in line {n} what" for n in range(14)]
    right = [f"and on the right stands in line {n} that" for n in range(14)]
    page = [placed_text(60 if k == 0 else 330, 700 - 16 * n, line, 11)
            for k, column in enumerate((left, right)) for n, line in enumerate(column)]
    _, document = recognised(sandbox, tmp_path, scan_of(pdf_of(page), part=0.5))
    assert document.text.index("left column says in line 13") < document.text.index("on the right stands in line 0")


def test_only_pages_without_text_take_what_was_recognised(sandbox, tmp_path):
    text = make_pdf(["This page has a text layer."])
    before, document = recognised(sandbox, tmp_path, together(text, scan_of(make_pdf(LINES), part=0.5)), pages=(2,))
    assert before.status == "partial"
    assert [note.code for note in before.notes] == ["N_PICTURES"]
    assert [page.recognised is not None for page in document.pages] == [False, True]
    assert document.text.startswith("This page has a text layer.") and "altimetry" in document.text
    assert document.confidence(0, 10) is None


def test_a_page_with_nothing_on_it_has_no_lines(sandbox, tmp_path):
    _, document = recognised(sandbox, tmp_path, pictures([Image.new("L", (800, 1000), 255)]))
    assert (document.text, document.status, document.recognised) == ("", "no_text", ())


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(sandbox, tmp_path):
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000), 1).save(out, "PDF", resolution=2400)
    with pytest.raises(FileProblem) as problem:
        recognised(sandbox, tmp_path, out.getvalue())
    assert problem.value.code == "E_TOO_BIG"
    assert "20,000" in str(problem.value)


def test_a_page_that_says_it_is_huge_is_rendered_small(sandbox, tmp_path):
    out = io.BytesIO()
    Image.new("L", (300, 150), 255).save(out, "PDF", resolution=1.5)  # 14,400 points
    assert recognised(sandbox, tmp_path, out.getvalue())[1].status == "no_text"


def test_a_page_that_takes_too_long_ends_in_a_named_status(tmp_path):
    lines = [f"Line {n} of a page that is full of words to be read by the recogniser." for n in range(40)]
    with Sandbox(Limits(memory_mb=2048, cpu_seconds=1)) as hurried, pytest.raises(FileProblem) as problem:
        recognised(hurried, tmp_path, scan_of(make_pdf(lines, lines)))
    assert problem.value.code == "E_CPU"


def test_the_sandbox_reads_on_after_a_page_failed(sandbox, tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(scan_of(make_pdf(LINES), part=0.3))
    (source,), _ = scan([path])
    sha256 = sandbox.read(source).sha256
    with pytest.raises(FileProblem, match="page"):
        sandbox.recognise(source, sha256, 2)
    assert sandbox.recognise(source, sha256, 1)["lines"]
    with pytest.raises(FileProblem) as problem:
        sandbox.recognise(source, "0" * 64, 1)
    assert problem.value.code == "E_CHANGED"


def test_a_strip_is_read_where_it_stands():
    strip = Image.new("RGB", (60, 3000), "white")
    for n in range(0, 2900, 100):
        ImageDraw.Draw(strip).text((3, n), "Ice 42", fill="black", font=ImageFont.load_default(22))
    found = recognise(np.asarray(strip))
    assert found.turn == 0 and [seen.text for seen in found.seen] == ["Ice 42"] * 29
    assert all(seen.corners[:, 0].max() < 80 for seen in found.seen)
    assert recognise(np.full((3000, 9, 3), 255, np.uint8)).seen == []
