"""PDF: headings that nothing but their number and its series shows."""

from __future__ import annotations

import pytest

from tests.making import pdf_of, placed_text
from tests.readers.conftest import headings
from tests.readers.test_pdf_layout import prose, prose_zh


def found(read, page: list[str]) -> list[str]:
    return [heading for _, heading in headings(read("a.pdf", pdf_of(page)))]


def with_text(names: list[str], size: float = 10, *, bold: bool = False, indent: int = 0) -> list[str]:
    """These lines, each with a paragraph below it."""
    page, y = [], 760
    for name in names:
        page += [placed_text(60, y, name, size, bold=bold),
                 placed_text(60 + indent, y - 14, "The first words of this paragraph go on to the end of the line"),
                 *prose(y - 26, 4)]
        y -= 110
    return page


@pytest.mark.parametrize("names", [
    ["1引言", "2模型的现状", "3实验结果", "4结论"], ["1引言", "2 模型的现状", "3实验结果"]])
def test_numbers_without_a_space_that_count_through_a_document(read, names):
    page, y = [], 760
    for name in names:
        page += [placed_text(60, y, name, 10.5), *prose_zh(y - 16, 6)]
        y -= 150
    assert found(read, page) == names


@pytest.mark.parametrize("items", [["3种方法可以用", "5个样本在这里", "2类问题在后面"], ["1苹果", "2香蕉", "3橙子"]])
def test_counted_things_and_lists_are_no_headings(read, items):
    lines = [placed_text(60, 640 - 14 * i, item, 10.5) for i, item in enumerate(items)]
    assert found(read, [*prose_zh(760, 6), *lines, *prose_zh(560, 6)]) == []


@pytest.mark.parametrize("indent", [0, 12])
@pytest.mark.parametrize("form", ["4.{}. Outcome of the part {}", "4.{} Outcome of the part {}", "4.{} OUTCOME {}"])
def test_numbers_that_count_on_below_a_heading(read, form, indent):
    names = [form.format(i, letter) for i, letter in enumerate("ABC", 1)]
    page = [placed_text(60, 780, "4. Results", 10, bold=True), *with_text(names, indent=indent)]
    assert found(read, page) == ["4. Results", *names]


def test_numbers_that_do_not_count_on_and_lines_inside_a_sentence_are_no_headings(read):
    page = [placed_text(60, 780, "4. Results", 10, bold=True), *with_text(["4.6 Percent of them", "9.1 Metres"]),
            placed_text(60, 500, "and the same holds for what was said of all the models in the sections"),
            placed_text(60, 488, "4.1 Of the first part")]
    assert found(read, page) == ["4. Results"]


@pytest.mark.parametrize("form", ["Rule #{}: Keep the samples of group {} cold.", "Lesson {}. Ask {} more than once."])
def test_bold_sentences_of_a_series(read, form):
    names = [form.format(i, i) for i in range(1, 6)]
    assert found(read, with_text(names, bold=True)) == names
    assert found(read, with_text(names)) == []


def test_large_questions_with_a_line_of_text_below_each(read):
    names = [f"{i}.什么是{word}？" for i, word in enumerate(("梯度", "损失", "参数", "步长"), 1)]
    page = []
    for i, name in enumerate(names):
        page += [placed_text(60, 760 - 60 * i, name, 14, bold=True),
                 placed_text(60, 736 - 60 * i, "它是训练里每一步都要算的量，告诉我们往哪个方向走。", 10.5)]
    assert found(read, [*page, *prose_zh(500, 6)]) == names


@pytest.mark.parametrize("sign", ["\ue010", "\uf02e", "\ue5c6"])
def test_the_point_of_a_sections_number_that_a_font_does_not_name(read, sign):
    names = [f"5{sign}{i} 模型{word}" for i, word in enumerate(("比较", "误差", "改进"), 1)]
    page, y = [], 760
    for name in names:
        page += [placed_text(60, y, name, 14, bold=True), *prose_zh(y - 24, 6)]
        y -= 160
    assert found(read, page) == [name.replace(sign, ".") for name in names]


def test_a_sign_without_a_name_between_two_numbers_stays_where_it_stands_once(read):
    text = read("a.pdf", pdf_of([placed_text(60, 700, "3\ue0104 矩阵的大小", 10.5), *prose_zh(640, 6)])).text
    assert "3\ue0104 矩阵的大小" in text


@pytest.mark.parametrize("sign", ["畅", "郾", "·"])
def test_a_point_that_a_font_takes_for_another_character(read, sign):
    names = [f"3{sign}{i} {word}的测量" for i, word in enumerate(("温度", "湿度", "气压"), 1)]
    page, y = [], 760
    for name in names:
        page += [placed_text(60, y, name, 12, bold=True),
                 placed_text(60, y - 20, f"测得的平均值是 0{sign}47，误差在允许的范围内。", 10.5), *prose_zh(y - 36, 5)]
        y -= 160
    document = read("a.pdf", pdf_of(page))
    assert [heading for _, heading in headings(document)] == [name.replace(sign, ".") for name in names]
    assert ("0.47" in document.text) is (sign != "·")  # which is a sign of its own


def test_a_character_that_stands_between_figures_by_itself_is_no_point(read):
    lines = [f"{month}月{day}日 记录第 {day} 天的读数" for month, day in ((3, 12), (4, 15), (5, 18))]
    text = read("a.pdf", pdf_of([placed_text(60, 700 - 30 * i, line, 10.5) for i, line in enumerate(lines)])).text
    assert all(line in text for line in lines)
