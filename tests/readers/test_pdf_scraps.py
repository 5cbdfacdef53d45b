"""PDF: pieces of formulas, and lines further apart than most, are parts of their paragraph."""

from __future__ import annotations

import pytest

from tests.making import pdf_of, placed_text
from tests.readers.test_pdf_layout import prose
from tests.readers.test_pdf_paragraphs import paragraphs


def code(y: float, n: int) -> list[str]:
    """Lines set closely, so many that they are the usual distance of a document."""
    return [placed_text(60, y - 12 * i, f"value {i} of the series is kept for the later step number {i}") for i in
            range(n)]


# --- lines further apart than most of the document's


@pytest.mark.parametrize(("lines", "step"), [
    (["高压油泵把燃油送入油管以后喷油嘴按周期打开和关闭于是系统压力稳定", "在一百帕左右。"], 18),
    (["高压油泵把燃油送入油管以后喷油嘴按周期打开，系统压力稳定在120MPa",
      "时的调压过程分为两步，第一步先打开阀门，第二步再打开旁边的另一个阀门", "完成。"], 22),
    (["我们先把整个代理服务部署到生产环境的集群里再在节点上面安装Docker", "代理（Agent），之后启动服务。"], 18),
    (["the pressure of the pump is kept at the level that was asked for by all the steps of the", "controller in use."],
     20),
])
def test_an_open_line_that_reaches_the_edge_goes_on_however_wide_the_leading(read, lines, step):
    is_chinese = lines[0] > "\u4e00"
    size = 12 if is_chinese else 9.6
    wide = [placed_text(60, 740 - step * i, line, size) for i, line in enumerate([lines[0]] * 4)]
    page = [*wide, *(placed_text(60, 740 - step * (4 + i), line, size) for i, line in enumerate(lines))]
    text = read("a.pdf", pdf_of(page, code(740, 50), code(740, 50))).text
    for first, second in zip(lines, lines[1:], strict=False):
        assert first + ("" if is_chinese else " ") + second in text


def test_a_line_that_ends_short_or_with_its_sentence_ends_the_paragraph_there_as_well(read):
    full = "高压油泵把燃油送入油管以后喷油嘴按周期打开和关闭于是系统压力稳定"
    lines = [full, full[:-1] + "。", full, "在一百帕左右", full]
    page = [placed_text(60, 740 - 20 * i, line, 12) for i, line in enumerate(lines)]
    text = read("a.pdf", pdf_of(page, code(740, 50), code(740, 50))).text
    assert f"。\n\n{full}在一百帕左右\n\n{full}" in text


# --- indices that a file has before or behind their line


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(("letter", "index", "dy", "written"), [
    ("b", "ij", -3, "b_{ij}"), ("w", "2", -3, "w₂"), ("r", "k", 5, "r^k"), ("m", "max", -3, "m_{max}")])
def test_an_index_drawn_apart_from_its_line_stands_at_its_letter(read, is_first, letter, index, dy, written):
    at = 60 + {"b": 6.7, "w": 8.7, "r": 4, "m": 10}[letter]
    line = [placed_text(60, 700, letter, 12), placed_text(at + 4 * len(index) + 5, 700, "is the length of this arc",
                                                         12)]
    small = [placed_text(at, 700 + dy, index, 7)]
    page = [*prose(740, 2), *(small + line if is_first else line + small), *prose(660, 4)]
    document = read("a.pdf", pdf_of(page))
    assert f"{written} is the length of this arc" in document.text
    assert not [part for part in paragraphs(document) if len(part) < 5]


@pytest.mark.parametrize("sign", ["n", "t t", "k=1"])
def test_signs_before_the_line_they_stand_at_are_in_its_paragraph(read, sign):
    page = [*prose(740, 4), placed_text(60, 640, "Short."), placed_text(150, 614, sign, 10),
            placed_text(60, 610, "A sum over all of these numbers is then taken, and")]
    text = read("a.pdf", pdf_of(page)).text
    assert [part for part in text.split("\n\n") if part.strip() == sign] == []
    assert sign in text


@pytest.mark.parametrize("marks", ["}", "});", "...", "```"])
def test_a_line_of_marks_alone_is_no_paragraph(read, marks):
    page = [*prose(740, 4), placed_text(60, 660, "return the whole list of names {"), placed_text(60, 630, marks),
            placed_text(60, 600, "Another text begins here."), *prose(560, 4)]
    text = read("a.pdf", pdf_of(page)).text
    assert f"names {{\n{marks}\n" in text and f"\n\n{marks}" not in text


def test_a_short_word_or_number_on_a_line_of_its_own_stays_a_paragraph(read):
    page = [*prose(740, 4), placed_text(60, 650, "Yes."), *prose(610, 4)]
    assert "\n\nYes.\n\n" in read("a.pdf", pdf_of(page)).text
