"""PDF pages set as journals set them: headings told by their number and place, heads and feet, mastheads, frames."""

from __future__ import annotations

import pytest

from kb.readers.heading_numbers import number_of
from kb.readers.weight import is_heavy_name
from tests.making import pdf_of, placed_text, ruled
from tests.readers.conftest import blocks, headings
from tests.readers.test_pdf_layout import ZH, prose

LINE = ZH[:25]


def paragraph(x, y, n=4, size=9):
    """Lines of a column whose first one is indented."""
    lines = [placed_text(x + 2 * size, y, LINE[2:], size)]
    lines += [placed_text(x, y - 14 * i, LINE, size) for i in range(1, n - 1)]
    return [*lines, placed_text(x, y - 14 * (n - 1), LINE[:12] + "。", size)]


def column(x, y, titles, size=9):
    """Paragraphs under headings in their own size, without a blank line."""
    rows = paragraph(x, y)
    for i, title in enumerate(titles):
        top = y - 70 * i - 56
        rows += [placed_text(x, top, title, size), *paragraph(x, top - 14)]
    return rows


TITLES = ["1 相关工作", "1.1 数据的来源", "1. 2 数据的清洗", "2． 模型与方法", "2.1 编码器的结构"]


def test_numbered_lines_at_the_left_of_indented_paragraphs_are_headings(read):
    page = [*column(60, 740, TITLES), *column(320, 740, ["2.2 解码器的结构", "3 实验"])]
    found = [heading for _, heading in headings(read("a.pdf", pdf_of(page)))]
    assert found == [*TITLES, "2.2 解码器的结构", "3 实验"]


def test_a_list_and_a_line_that_begins_with_a_number_are_no_headings(read):
    page = [*paragraph(60, 740), placed_text(78, 684, "1) 数据的来源与清洗", 9), *paragraph(60, 670),
            placed_text(60, 614, "3 种方法的结果都列在下面并且逐一比较分析", 9),
            placed_text(60, 600, LINE, 9), placed_text(60, 586, LINE[:8] + "。", 9), *paragraph(60, 572)]
    assert headings(read("a.pdf", pdf_of(page))) == []


@pytest.mark.parametrize(("text", "depth", "value"), [
    ("1. 1 深度学习", 2, 1), ("2． 4． 1 语音", 3, 1), ("3.2类别", 2, 2), ("0 引言", 1, 0), ("1. 10 Steps", 2, 10)])
def test_a_number_may_have_blanks_behind_its_stops(text, depth, value):
    number = number_of(text)
    assert number is not None
    assert (number.depth, number.value) == (depth, value)


@pytest.mark.parametrize("name", [
    "HTJ10+ABC-1", "FZHTK--GBK1-00+ZGO", "AAAAAA+FZDHTJW--GB1-0", "E-HZ+ZGO-5", "黑体"])
def test_the_names_of_heavy_chinese_fonts_tell(name):
    assert is_heavy_name(name.encode("gb18030" if name == "黑体" else "ascii"))


@pytest.mark.parametrize("name", ["E-BZ+ZHQ-3", "SSJ4+ZHQ-4", "AAAAAA+FZXH1JW--GB1-0", "MicrosoftYaHei", "宋体"])
def test_the_names_of_light_chinese_fonts_do_not(name):
    assert not is_heavy_name(name.encode("gb18030" if name == "宋体" else "ascii"))


def first_page():
    return [
        placed_text(60, 770, "第 31 卷 第 7 期", 9), placed_text(250, 770, "某某应用研究", 9),
        placed_text(480, 770, "Vol. 31 No. 7", 9), placed_text(180, 740, "深度学习模型的研究进展", 20),
        placed_text(220, 725, "李励泽，张晨洁，杨晓慧", 11), placed_text(80, 700, "摘要：" + LINE, 9),
        placed_text(80, 686, "关键词：深度学习；模型", 9), placed_text(80, 672, "中图分类号：TP181", 9),
        placed_text(260, 672, "文献标志码：A", 9), placed_text(60, 640, "1 引言", 9), *paragraph(60, 626, 6),
        *paragraph(60, 542, 6), placed_text(60, 90, "收稿日期：2020-01-02；修回日期：2020-03-04", 7),
        placed_text(60, 80, "作者简介：李励泽（1980-），男，教授", 7), placed_text(60, 70, "，主要研究方向为学习", 7)]


def test_masthead_catalogue_lines_and_foot_of_a_first_page_are_left_out_and_told(read):
    document = read("a.pdf", pdf_of(first_page()))
    for words in ("第 31 卷", "某某应用研究", "Vol. 31", "TP181", "文献标志码", "收稿日期", "作者简介", "主要研究方向"):
        assert words not in document.text
        assert any(words in item.text for item in document.left_out)
    assert "深度学习模型的研究进展" in document.text
    assert "李励泽，张晨洁" in document.text
    assert "摘要" in document.text
    assert "李励泽，张晨洁，杨晓慧" not in [heading for _, heading in headings(document)]


def test_what_stands_above_the_title_of_a_page_without_prose_stays(read):
    cover = [placed_text(200, 780, "某某大学", 16), placed_text(150, 740, "深度学习模型的研究进展", 24),
             placed_text(200, 600, "李励泽", 12)]
    assert "某某大学" in read("a.pdf", pdf_of(cover, prose(740, 20))).text


def test_heads_that_differ_between_left_and_right_pages_go(read):
    pages = [[placed_text(60, 770, f"{60 + i}" if i % 2 else "Journal of Learned Examples", 9),
              placed_text(450, 770, "Li et al., Examples of Learning" if i % 2 else f"{60 + i}", 9), *prose(740, 30)]
             for i in range(1, 5)]
    document = read("a.pdf", pdf_of(*pages))
    assert "Journal of Learned" not in document.text
    assert "Li et al." not in document.text


@pytest.mark.parametrize("foot", ["J. ACM, Article 13. 13:{}", "{} · Digital Medicine", "Page {} of 64"])
def test_page_numbers_beside_other_words_go(read, foot):
    pages = [[*prose(740, 30, word=f"model{i}"), placed_text(60, 40, foot.format(30 + i), 8)] for i in range(1, 5)]
    text = read("a.pdf", pdf_of(*pages)).text
    assert all(foot.format(30 + i) not in text for i in range(1, 5))


def test_a_head_over_a_rule_goes_from_a_document_of_two_pages(read):
    pages = [[placed_text(60, 772, head, 9), ruled(55, 765, 480), *prose(740, 30, word=f"model{i}")]
             for i, head in enumerate(["2 辅助设计学报", "王某等：可视分析的方法"])]
    text = read("a.pdf", pdf_of(*pages)).text
    assert "辅助设计学报" not in text
    assert "王某等" not in text


def test_a_table_on_top_of_a_page_keeps_its_header(read):
    page = [placed_text(60, 770, "Method"), placed_text(300, 770, "Accuracy"), ruled(55, 782, 480), ruled(55, 764, 480),
            placed_text(60, 752, "Ours"), placed_text(300, 752, "91.2"), ruled(55, 746, 480), *prose(720, 30)]
    assert "Accuracy" in read("a.pdf", pdf_of(prose(740, 30), page, prose(740, 30))).text


def test_a_caption_ends_where_a_wider_line_begins(read):
    page = [*paragraph(60, 740), placed_text(70, 660, "图 2：等值线", 9), *paragraph(60, 646)]
    document = read("a.pdf", pdf_of(page))
    assert blocks(document, "caption") == ["图 2：等值线"]


@pytest.mark.parametrize("caption", ["表 3 与手工特征的对比", "Tab． 3 Comparison with others", "Fig． 2 The model"])
def test_captions_in_bold_are_no_headings(read, caption):
    page = [*prose(740), placed_text(60, 640, caption, 9, bold=True), *prose(610)]
    assert headings(read("a.pdf", pdf_of(page))) == []


def frame(x0, y0, x1, y1):
    """A frame drawn of pieces, as a drawing is."""
    return "".join(f"{x0 + i} {y0 + i} {x1 - x0 - 2 * i} {y1 - y0 - 2 * i} re S\n" for i in range(9))


def test_a_drawn_frame_around_two_columns_leaves_their_text_and_headings(read):
    page = [frame(50, 200, 560, 760), *column(60, 740, TITLES), *column(320, 740, ["2.2 解码器的结构", "3 实验"])]
    document = read("a.pdf", pdf_of(page))
    assert blocks(document, "figure") == []
    assert "3 实验" in [heading for _, heading in headings(document)]


def test_two_chinese_columns_below_a_caption_are_no_table(read):
    page = [placed_text(200, 760, "表 1 两种方法在三个任务上的结果的比较与说明", 9),
            *paragraph(60, 740, 12), *paragraph(320, 740, 12)]
    document = read("a.pdf", pdf_of(page))
    assert document.tables() == ()


def test_a_bold_line_that_nearly_fills_its_column_is_a_heading(read):
    page = [*prose(740), placed_text(60, 660, "Rule #1: Write down what is right before you measure", 10, bold=True),
            *prose(648), placed_text(60, 570, "1.Keep a part back", 10, bold=True), *prose(558)]
    assert [heading for _, heading in headings(read("a.pdf", pdf_of(page)))] == [
        "Rule #1: Write down what is right before you measure", "1.Keep a part back"]


@pytest.mark.parametrize("words", ["Problem", "结果"])
def test_headings_that_every_part_has_are_no_watermark(read, words):
    """They come back on most pages, each where its part begins."""
    pages = [[*prose(740, 3 + 2 * n), placed_text(60, 700 - 28 * n, words, 14, bold=True), *prose(670 - 28 * n, 8)]
             for n in range(5)]
    document = read("a.pdf", pdf_of(*pages))
    assert [heading for _, heading in headings(document)] == [words] * 5
    assert not document.left_out


def test_the_first_line_of_the_column_beside_a_title_is_text(read):
    left = [*paragraph(60, 740, 3), placed_text(60, 690, "2 模型与方法的介绍", 14, bold=True), *paragraph(60, 670, 20)]
    right = ["乙" + LINE[1:], *[LINE] * 23]
    page = [*left, *(placed_text(320, 740 - 14 * i, line, 9) for i, line in enumerate(right))]
    document = read("a.pdf", pdf_of(page))
    assert "乙" + LINE[1:] in document.text.replace("\n", "")


def test_the_first_line_of_a_title_is_no_masthead(read):
    page = [placed_text(60, 770, "JOURNAL OF SUCH THINGS 12 (2019)", 8),
            placed_text(60, 740, "OWLPLAYER:", 18, bold=True),
            placed_text(60, 716, "Learning to play by looking at owls", 18, bold=True), *prose(670, 20)]
    document = read("a.pdf", pdf_of(page))
    assert "OWLPLAYER:" in document.text
    assert not any("OWLPLAYER" in part.text for part in document.left_out)
