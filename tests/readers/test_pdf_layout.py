"""PDF: what of a page is text, what is a heading, what is neither."""

from __future__ import annotations

import pytest

from kb.types import LeftOut
from tests.making import pdf_of, placed_text, ruled
from tests.readers.conftest import blocks, headings

WORDS = "model layer token weight loss head query value batch epoch".split()
ZH = "预训练模型在大量文本上学习语言的规律并且能够迁移到许多任务"


def prose(y, n=6, x=60, word="model", size=10):
    """Lines of running text, the last one shorter and with a full stop."""
    lines = [
        f"The {word} of line {i} tells what the {WORDS[i % 10]} does where it stands in the text and goes on"
        for i in range(n - 1)
    ]
    return [placed_text(x, y - 12 * i, line, size) for i, line in enumerate([*lines, f"to its end with the {word}."])]


def prose_zh(y, n=4, size=10):
    lines = [ZH + ZH[:16]] * (n - 1) + [ZH[:20] + "。"]
    return [placed_text(60, y - 16 * i, line, size) for i, line in enumerate(lines)]


def left_out(document, kind):
    return [item.text for item in document.left_out if item.kind == kind]


# --- left out


def test_a_stamp_along_the_side_is_no_text_and_no_heading_and_is_told(read):
    stamp = "arXiv:2106.09685v2  [cs.CL]  16 Oct 2021"
    document = read(
        "a.pdf",
        pdf_of([placed_text(34, 240, stamp, 20, angle=90), placed_text(200, 720, "A title", 17), *prose(680, 12)]),
    )
    assert "arXiv" not in document.text
    assert headings(document) == [(1, "A title")]
    assert [(item.kind, item.pages) for item in document.left_out] == [("stamp", (1,))]
    assert (document.metadata.arxiv, document.metadata.year) == ("2106.09685", 2021)
    assert document.status == "ok"


@pytest.mark.parametrize("angle", [0, 45])
@pytest.mark.parametrize("words", ["For review only", "仅供内部学习使用"])
def test_a_watermark_on_every_page_is_left_out_once_with_its_pages(read, words, angle):
    pages = [
        [
            placed_text(60, 740, f"{i} Part {WORDS[i]}", 14, bold=True),
            *prose(700, 20, word=WORDS[i]),
            placed_text(150, 300, words, 50, angle=angle),
        ]
        for i in range(1, 5)
    ]
    document = read("a.pdf", pdf_of(*pages))
    assert [heading for _, heading in headings(document)] == [f"{i} Part {WORDS[i]}" for i in range(1, 5)]
    assert words not in document.text
    if angle:
        assert {(item.kind, item.pages) for item in document.left_out} == {("watermark", (1, 2, 3, 4))}
    else:
        assert LeftOut("watermark", words, (1, 2, 3, 4)) in document.left_out


def test_what_stands_in_the_margin_of_every_page_is_left_out_and_a_label_of_one_page_is_not(read):
    """The line along which a thesis is bound; an axis that one page names stays."""
    pages = [[*[placed_text(24, 640 - 120 * k, sign) for k, sign in enumerate("装订线")],
              *prose(700, 20, word=WORDS[i]), *([placed_text(24, 200, "深度")] if i == 2 else [])] for i in range(1, 5)]
    document = read("a.pdf", pdf_of(*pages))
    assert not set("装订线") & set(document.text) and "深度" in document.text
    assert sorted(left_out(document, "stamp")) == sorted("装订线")
    assert {item.pages for item in document.left_out if item.kind == "stamp"} == {(1, 2, 3, 4)}


def test_heads_that_change_with_the_chapter_and_roman_page_numbers_go(read):
    pages = [
        [
            placed_text(200, 770, "第一章 绪论" if i < 4 else "第二章 方法", 9),
            *([placed_text(220, 720, "第一章 绪论" if i == 1 else "第二章 方法", 18)] if i in (1, 4) else []),
            *prose_zh(690, 30),
            placed_text(300, 30, ("i", "ii", "iii", "iv", "v", "vi")[i - 1], 9),
        ]
        for i in range(1, 7)
    ]
    document = read("a.pdf", pdf_of(*pages))
    assert headings(document) == [(1, "第一章 绪论"), (1, "第二章 方法")]
    assert left_out(document, "page number") == ["i … vi"]
    assert sorted(left_out(document, "running head")) == ["第一章 绪论", "第二章 方法"]


def test_a_download_notice_at_the_foot_is_left_out(read):
    notice = "Authorized licensed use limited to: Example University. Downloaded on May 1, 2020. Restrictions apply."
    document = read("a.pdf", pdf_of([*prose(740, 50), placed_text(60, 20, notice, 7)]))
    assert "licensed" not in document.text
    assert left_out(document, "notice") == [notice]


def test_pages_with_nothing_but_a_notice_are_not_ok(read):
    notice = placed_text(60, 20, "Downloaded from example.org by guest on 1 May 2020", 7)
    document = read("a.pdf", pdf_of([notice], [notice], [notice]))
    assert (document.status, document.text) == ("no_text", "")
    assert left_out(document, "notice") == ["Downloaded from example.org by guest on 1 May 2020"]
    document = read("b.pdf", pdf_of([*prose(740)], [notice], [notice]))
    assert document.status == "partial"
    assert document.note == "2 of 3 pages have nothing but stamps, running heads or numbers as text (scans?)"


# --- headings


def test_bold_lines_in_the_size_of_the_text_are_headings_without_a_number_too(read):
    page = [
        placed_text(60, 740, "Long run equilibrium", bold=True),
        *prose(720),
        placed_text(60, 630, "Summary", bold=True),
        *prose(610),
    ]
    assert [heading for _, heading in headings(read("a.pdf", pdf_of(page)))] == ["Long run equilibrium", "Summary"]


def test_a_bold_lead_in_and_a_bold_list_are_no_headings(read):
    page = [
        *prose(740),
        placed_text(60, 650, "Data. ", bold=True),
        placed_text(88, 650, "We take the corpus as it is and"),
        placed_text(60, 638, "cut it into parts that are all of the same length in tokens."),
        *(placed_text(60, 600 - 14 * i, f"{i + 1}. reply at once", bold=True) for i in range(4)),
        *prose(500),
    ]
    assert headings(read("a.pdf", pdf_of(page))) == []


def test_roman_numbers_and_letters_in_the_style_of_the_text_are_levels(read):
    page = [
        placed_text(260, 740, "I. INTRODUCTION"),
        *prose(715),
        placed_text(60, 630, "A. The New Environment"),
        *prose(610),
        placed_text(60, 525, "B. Our Contributions"),
        *prose(505),
        placed_text(260, 420, "II. RELATED WORK"),
        *prose(395),
    ]
    assert headings(read("a.pdf", pdf_of(page))) == [
        (1, "I. INTRODUCTION"),
        (2, "A. The New Environment"),
        (2, "B. Our Contributions"),
        (1, "II. RELATED WORK"),
    ]


def test_chinese_numbers_are_levels(read):
    page = [
        placed_text(250, 750, "第一章 绪论", 16),
        placed_text(60, 720, "一、研究背景", 12, bold=True),
        *prose_zh(700),
        placed_text(60, 620, "（一）国内研究", 10, bold=True),
        *prose_zh(600),
        placed_text(60, 520, "二、研究方法", 12, bold=True),
        *prose_zh(500),
        placed_text(250, 400, "第二章 方法", 16),
        *prose_zh(370),
    ]
    assert headings(read("a.pdf", pdf_of(page))) == [
        (1, "第一章 绪论"),
        (2, "一、研究背景"),
        (3, "（一）国内研究"),
        (2, "二、研究方法"),
        (1, "第二章 方法"),
    ]


def test_the_depth_of_a_number_is_the_level(read):
    page = [
        placed_text(60, 740, "1 Methods", 12, bold=True),
        *prose(715),
        placed_text(60, 630, "1.1 Data", bold=True),
        *prose(610),
        placed_text(60, 525, "1.1.1 Splits", bold=True),
        *prose(505),
        placed_text(60, 420, "2 Results", 12, bold=True),
        *prose(400),
    ]
    assert headings(read("a.pdf", pdf_of(page))) == [
        (1, "1 Methods"),
        (2, "1.1 Data"),
        (3, "1.1.1 Splits"),
        (1, "2 Results"),
    ]


def test_names_between_the_title_and_the_abstract_are_no_headings(read):
    page = [
        placed_text(120, 740, "On the layout of pages", 17),
        placed_text(180, 715, "Jane Doe", 12),
        placed_text(280, 715, "Li Si", 12),
        placed_text(200, 700, "Example University", 12),
        placed_text(280, 670, "Abstract", 11, bold=True),
        *prose(650),
        placed_text(60, 560, "1 Introduction", 12, bold=True),
        *prose(540),
    ]
    assert [heading for _, heading in headings(read("a.pdf", pdf_of(page)))] == [
        "On the layout of pages",
        "Abstract",
        "1 Introduction",
    ]


# --- blocks


def test_captions_are_blocks_and_sentences_about_figures_are_not(read):
    page = [
        *prose(740),
        placed_text(200, 640, "Figure 3: Loss by epoch for all", 9),
        placed_text(200, 629, "models of this work.", 9),
        *prose(600),
        placed_text(60, 500, "Figure 3 shows that the loss goes down with every epoch."),
        placed_text(230, 460, "图 2.1 模型的结构", 9),
        placed_text(60, 430, "表 1 给出了所有模型的结果。"),
    ]
    document = read("a.pdf", pdf_of(page))
    assert blocks(document, "caption") == ["Figure 3: Loss by epoch for all models of this work.", "图 2.1 模型的结构"]


def test_lists_of_contents_and_keywords_are_blocks(read):
    contents = [placed_text(60, 700 - 16 * i, f"{i + 1} Part {WORDS[i]} {'. ' * 30}{3 * i + 1}") for i in range(6)]
    document = read(
        "a.pdf",
        pdf_of(
            [placed_text(60, 730, "Contents", 14), *contents],
            [
                placed_text(60, 740, "1 Part model", 14),
                *prose(715),
                placed_text(60, 620, "Keywords: layout, pages, fonts"),
                placed_text(60, 590, "关键词：版面；页面；字体"),
                *prose(560),
            ],
        ),
    )
    assert len(blocks(document, "contents")) == 6
    assert blocks(document, "keywords") == ["Keywords: layout, pages, fonts", "关键词：版面；页面；字体"]
    assert [heading for _, heading in headings(document)] == ["Contents", "1 Part model"]


def test_entries_of_sources_without_a_heading_are_blocks(read):
    entries = [
        placed_text(60, 500 - 14 * i, f"[{i + 1}] A. Author and B. Other. A work on {WORDS[i]}. Journal, {2001 + i}.")
        for i in range(7)
    ]
    document = read("a.pdf", pdf_of([*prose(740, 18), *entries]))
    assert len(blocks(document, "reference")) == 7
    assert blocks(document, "reference")[2].startswith("[3] A. Author")


def test_a_footnote_does_not_stand_inside_the_paragraph_that_goes_on_over_the_page(read):
    first = [
        *prose(740),
        *(
            placed_text(
                60, 640 - 12 * i, f"Line {i} of a paragraph that is as wide as the text is and is not at its end"
            )
            for i in range(40)
        ),
        placed_text(60, 100, "1 This note stands at the foot of the page.", 8),
    ]
    document = read(
        "a.pdf", pdf_of(first, [placed_text(60, 740, "here, on the next page, where it ends."), *prose(715)])
    )
    assert "not at its end here, on the next page, where it ends." in document.text
    assert "\n\n1 This note stands at the foot of the page.\n\n" in document.text
    start = document.text.index("1 This note")
    assert document.page_at(start) == 1


def test_a_caption_inside_a_paragraph_is_put_behind_it(read):
    page = [
        *prose(740),
        placed_text(60, 640, "This paragraph begins here and it goes on below the caption of the figure that"),
        placed_text(200, 600, "Figure 1: What stands between.", 8),
        placed_text(60, 570, "stands in between the two lines that belong together."),
        *prose(540),
    ]
    document = read("a.pdf", pdf_of(page))
    assert "the figure that stands in between" in document.text
    assert blocks(document, "caption") == ["Figure 1: What stands between."]


# --- tables

ROWS = [
    ["Model", "Accuracy", "F1"],
    ["Small", "84.6", "83.1"],
    ["Large (ours)", "91.2", "90.4"],
    ["Random", "50.0", "49.9"],
]


def cells(rows, y=600, xs=(100, 210, 300), step=14):
    return [placed_text(x, y - step * i, cell) for i, row in enumerate(rows) for x, cell in zip(xs, row, strict=True)]


def booktabs(y=600):
    return [ruled(95, y + 12, 340), ruled(95, y - 4, 340), ruled(95, y - 46, 340)]


@pytest.mark.parametrize(
    ("caption", "rules"),
    [
        (None, booktabs()),
        ("Table 2: Results on the test set.", booktabs()),
        ("Table 2: Results on the test set.", []),
        ("表 2 测试集上的结果", []),
        ("TABLE II", [ruled(95, 612 - 14 * i, 340) for i in range(5)]),
    ],
)
def test_a_table_has_its_rows_and_cells_with_their_places(read, caption, rules):
    page = [*prose(740), *([placed_text(150, 625, caption, 9)] if caption else []), *rules, *cells(ROWS), *prose(500)]
    document = read("a.pdf", pdf_of(page))
    (table,) = document.tables()
    assert [cell.text for cell in table.header] == ROWS[0]
    assert [[cell.text for cell in row] for row in table.rows] == ROWS[1:]
    assert table.caption == (caption or "")
    assert table.page == 1
    cell = table.cell(1, "Accuracy")
    assert (cell.text, document.text[cell.start : cell.end]) == ("91.2", "91.2")
    assert len(blocks(document, "table")) == 1


def test_a_raised_mark_in_a_cell_never_joins_the_number(read):
    marked = [
        part for cell in cells(ROWS) for part in ([cell, placed_text(230, 590, "3", 6)] if "(84.6)" in cell else [cell])
    ]
    page = [*prose(740), *booktabs(), *marked, *prose(500)]
    (table,) = read("a.pdf", pdf_of(page)).tables()
    assert table.cell(0, "Accuracy").text == "84.6³"


def test_columns_of_prose_and_code_between_rules_are_no_tables(read):
    left = [placed_text(60, 700 - 12 * i, f"Left line {i} goes on with the text of") for i in range(30)]
    right = [placed_text(320, 700 - 12 * i, f"Right line {i} follows in the other") for i in range(30)]
    document = read("a.pdf", pdf_of([ruled(60, 720, 550), ruled(60, 330, 550), *left, *right]))
    assert document.tables() == ()


def test_a_table_of_a_markdown_file_has_cells_too(read):
    document = read("a.md", "# Results\n\n| Model | F1 |\n| --- | --- |\n| a \\| b | 0.9 |\n")
    (table,) = document.tables()
    assert (table.cell(0, "Model").text, table.cell(0, 1).text) == ("a | b", "0.9")
    with pytest.raises(KeyError):
        table.cell(0, "Recall")


def test_two_chinese_columns_between_ruled_tables_are_no_table(read):
    """All rules have the same ends, and the columns between them two short lines side by side."""
    line = "的语言或物化为某种劳动产品它不仅包含在文档"
    rules = [ruled(60, y, 540) for y in (740, 726, 690, 100)]
    cells = [placed_text(x, y, word, 9) for y, words in ((729, ("方法", "精度", "时间")), (712, ("甲", "91.2", "3")),
                                                         (698, ("乙", "90.3", "4")))
             for x, word in zip((70, 250, 450), words, strict=True)]
    columns = [placed_text(x, 660 - 15 * i, f"{word}{line}", 10)
               for x, word in ((60, "左"), (310, "右")) for i in range(36)]
    document = read("a.pdf", pdf_of([placed_text(250, 750, "表 1 各方法比较", 9), *rules, *cells, *columns]))
    assert document.text.count(f"左{line}" * 2) and document.text.rindex("左") < document.text.index("右")
