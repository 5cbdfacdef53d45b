"""PDF: reading order, paragraphs, pages and headings from nothing but placed characters."""

from __future__ import annotations

import io
import re
from collections import Counter

import pypdf
import pypdfium2
import pytest

from kb.errors import FileProblem
from kb.readers import Limits
from kb.readers.layout import assemble
from kb.readers.pdf import read as read_pdf
from kb.text import mend
from tests.making import make_pdf
from tests.readers.conftest import headings

PROSE = [
    "Attention relates the positions of a sequence to each other and so it gives",
    "every position a view of all the others at once. It needs no recurrence to do",
    "so and it runs in parallel over the whole of the sequence that it is given.",
]
WORDS = "model layer token weight loss head query value batch epoch".split()


def rewritten(data, change):
    """The PDF after `change` has worked on it with pypdf."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def full_page(word, n_lines=40):
    """Lines of running text as wide as the page's text, none like another."""
    return [f"The {word} of line {i} is set as wide as all the other lines of this page are" for i in range(n_lines)]


def placed_pdf(texts):
    """A page with these texts (x, y, text) in 12 points, in this order; "\\200" in a text is U+2010."""
    page = "\n".join(f"BT /F1 12 Tf {x} {y} Td ({text}) Tj ET" for x, y, text in texts).encode()
    data = make_pdf(["x"]).replace(b"/WinAnsiEncoding",
                                   b"<< /BaseEncoding /WinAnsiEncoding /Differences [128 /hyphentwo] >>")
    return re.sub(rb"<< /Length \d+ >>\nstream\n.*?\nendstream", lambda _: b"<< /Length %d >>\nstream\n%s\nendstream" %
                  (len(page), page), data, flags=re.DOTALL)


def lines_of(data):
    """The lines of the only page: (text, left, middle, right, size, is_bold)."""
    frames = []
    read_pdf(data, Limits(), frames.append)
    return frames[1]["lines"]


# --- paragraphs


def test_wrapped_lines_become_one_paragraph_and_gaps_part_paragraphs(read):
    document = read("a.pdf", make_pdf(["# On attention", "", *PROSE, "", "", "A second paragraph stands here."]))
    assert document.text == f"On attention\n\n{' '.join(PROSE)}\n\nA second paragraph stands here."
    assert headings(document) == [(1, "On attention")]
    assert (document.kind, document.status, document.note) == ("pdf", "ok", "")


@pytest.mark.parametrize(("before", "after", "expected"),
                         [("it has no recur-", "rence and it is fast", "no recurrence and"),
                          ("it is the state-of-the-", "art of today", "the state-of-the-art of"),
                          ("they use the pre-", "Raphaelite school", "the pre-Raphaelite school"),
                          ("the end-", "to-end model", "the end-to-end model"), ])
def test_hyphens_at_the_end_of_a_line(read, before, after, expected):
    first = "This sentence is long enough to fill the line up to its end where " + before
    assert expected in read("a.pdf", make_pdf([first, after + " and then it goes on for a while more."])).text


def test_a_compound_divided_at_its_own_hyphen_keeps_it_if_the_document_writes_it_so_elsewhere(read):
    lines = [
        "A model that is pre-trained on text knows more words than one that is not pre-",
        "trained, and this sentence goes on for a while longer to fill its recur-", "rence."
    ]
    assert (
        "one that is not pre-trained, and this sentence goes on for a while longer to fill its recurrence."
        in read("a.pdf", make_pdf(lines)).text
    )


def test_a_hyphen_as_browsers_print_it_is_taken_off_at_the_end_of_a_line_only(read):
    """U+2010: pdfium marks U+002D and U+00AD at line ends, and leaves this one."""
    lines = [
        "This sentence is long enough to fill up the line as far as its end, with a recur\\200",
        "rence, and an in\\200between stands in the line.",
    ]
    text = read("a.pdf", placed_pdf([(60, 700, lines[0]), (60, 684, lines[1])])).text
    assert text.endswith("its end, with a recurrence, and an in\u2010between stands in the line.")


def test_list_items_stay_on_their_own_lines(read):
    text = read(
        "a.pdf",
        make_pdf([
            "The list that follows has three items and each stands alone on its line:", "- first item", "- second item",
            "1. numbered item", "2. another item"
        ])).text
    assert "- first item\n- second item\n1. numbered item\n2. another item" in text


def test_a_paragraph_over_a_page_break_is_joined_and_every_character_knows_its_page(read):
    document = read(
        "a.pdf",
        make_pdf([
            "# One", "", *full_page("model"),
            "The last line of the page ends in the middle of a sentence that goes on to the"
        ], ["next page where it ends. Then more follows."], [], ["Fourth page."]))
    assert "goes on to the next page where it ends." in document.text
    for words, page in (("One", 1), ("goes on to the", 1), ("next page", 2), ("Fourth page", 4)):
        start = document.text.index(words)
        assert {document.page_at(offset) for offset in range(start, start + len(words))} == {page}
    empty = document.pages[2]
    assert empty.start == empty.end


def test_a_page_that_ends_with_a_sentence_ends_its_paragraph(read):
    text = read(
        "a.pdf", make_pdf([*PROSE], ["Another paragraph begins on the second page and it is not joined to the first."])
    ).text
    assert "it is given.\n\nAnother paragraph" in text


# --- what is not body text


def with_edges(n_pages, head, foot, lines=30):
    return [[
        head(i), "", "", *[
            f"Body line {n} of page {i} tells of the {WORDS[(n + i) % 10]} and of what it does there"
            for n in range(lines)
        ], *[""] * (46 - lines),
        foot(i)
    ]
            for i in range(1, n_pages + 1)]


def body_lines_of(document, n_pages, lines=30):
    return [f"Body line {n} of page {i} " in document.text for i in range(1, n_pages + 1) for n in range(lines)]


def test_running_heads_and_page_numbers_go_and_no_body_line_does(read):
    document = read("a.pdf", make_pdf(*with_edges(6, lambda i: "Journal of Examples, vol. 7", lambda i: str(i)),
                                      size=10))
    assert "Journal of Examples" not in document.text
    assert not re.search(r"^\d$", document.text, re.MULTILINE)
    assert all(body_lines_of(document, 6))


@pytest.mark.parametrize("foot",
                         [lambda i: f"Page {i} of 6", lambda i: f"- {i} -", lambda i: str(i + 120), lambda i: f"{i}/6"])
def test_page_numbers_in_their_usual_forms_go(read, foot):
    document = read("a.pdf", make_pdf(*with_edges(6, lambda i: "", foot), size=10))
    assert all(foot(i) not in document.text.split("\n") for i in range(1, 7))
    assert all(body_lines_of(document, 6))


@pytest.mark.parametrize("edge", [
    lambda i: "1998", lambda i: f"Unique closing remark of the kind {WORDS[i]}", lambda i: str(1000 + i * i),
    lambda i: "Twice said" if i in (2, 5) else f"Once {WORDS[i]}"
])
def test_text_at_the_edge_that_does_not_run_stays(read, edge):
    pages = with_edges(3 if edge(1) == "1998" else 5, lambda i: "", edge)
    if edge(1) == "1998":
        pages[0][-1] = pages[2][-1] = ""
    document = read("a.pdf", make_pdf(*pages, size=10))
    assert all(page[-1] in document.text for page in pages)


def test_body_lines_that_repeat_on_every_page_stay(read):
    pages = [["See the rule above all rules, which is repeated on every single page here.", *full_page(word, 47)]
             for word in WORDS[:5]]
    assert read("a.pdf", make_pdf(*pages, size=11)).text.count("See the rule above all rules") == 5


def test_a_numbered_heading_on_top_of_each_page_stays(read):
    pages = [[f"# {i} Chapter {WORDS[i]}", "", "", *full_page(WORDS[i], 20)] for i in range(1, 6)]
    assert [heading for _, heading in headings(read("a.pdf", make_pdf(*pages, size=10)))] == [
        f"{i} Chapter {WORDS[i]}" for i in range(1, 6)
    ]


def test_no_word_of_a_document_of_one_page_is_lost(read):
    page = ["Top line at the edge", "", "", *PROSE, *[""] * 40, "7"]
    text = read("a.pdf", make_pdf(page, size=11)).text
    assert all(word in text for line in page for word in line.split())


# --- columns


def test_two_columns_under_a_title_are_read_one_after_the_other(read):
    left = [f"Left line {i} goes on with the text of" for i in range(25)]
    right = [f"Right line {i} follows in the other one" for i in range(25)]
    document = read(
        "a.pdf",
        make_pdf([
            "# A title that spans both of the columns", "", *("\t".join(pair) for pair in zip(left, right, strict=True))
        ]))
    order = [document.text.index(line) for line in (*left, *right)]
    assert order == sorted(order)
    assert document.text.startswith("A title that spans")


def test_a_table_of_short_cells_is_read_row_by_row(read):
    rows = [f"name {i}\t{i * 7}.5" for i in range(16)]
    text = read("a.pdf", make_pdf([*PROSE, "", *rows])).text
    assert text.index("name 0") < text.index("0.5") < text.index("name 1") < text.index("7.5")


def test_a_table_within_a_column_is_read_cell_by_cell(read):
    """The file has the lines of one cell after the other; where they stand on the page, those of two cells
    alternate."""
    left = [(60, 700 - 14 * i, f"Left line number {i} goes on with the text of") for i in range(14)]
    cells = [(60, 480, "cell one begins"), (60, 466, "and cell one ends"), (180, 487, "cell two begins"),
             (180, 473, "and goes on to its"), (180, 459, "end in cell two")]
    right = [(320, 700 - 14 * i, f"Right line number {i} follows in the other") for i in range(20)]
    text = read("a.pdf", placed_pdf([*left, *cells, *right])).text
    words = [*(line for _, _, line in (*left, *cells, *right))]
    assert [text.index(line) for line in words] == sorted(text.index(line) for line in words)


def test_a_column_whose_lines_are_not_in_order_in_the_file_is_read_downwards(read):
    left = [(60, 700 - 14 * i, f"Left line number {i:02} goes on with the text") for i in range(20)]
    right = [(320, 700 - 14 * i, f"Right line number {i:02} follows in the other") for i in range(20)]
    text = read("a.pdf", placed_pdf([*left[1::2], *left[::2], *right])).text
    assert [text.index(line) for _, _, line in left] == sorted(text.index(line) for _, _, line in left)


# --- gaps


def test_a_wide_gap_ends_a_line():
    lines = lines_of(placed_pdf([(60, 700, "abc"), (300, 700, "def")]))
    assert [text.strip() for text, *_ in lines] == ["abc", "def"]
    assert lines[0][1] == pytest.approx(60 / 612, abs=1e-3)
    assert lines[1][1] == pytest.approx(300 / 612, abs=1e-3)


def test_a_line_has_the_place_of_its_text_on_the_page():
    ((text, left, middle, right, size, is_bold, *faces),) = lines_of(placed_pdf([(60, 700, "Some words on one line")]))
    assert (text, size, is_bold, faces) == ("Some words on one line", 12, False, ["Helvetica", "Helvetica"])
    assert left == pytest.approx(60 / 612, abs=1e-3)
    assert middle == pytest.approx(704 / 792, abs=5e-3)
    # the sum of its letters' widths in Helvetica's metrics
    assert right == pytest.approx((60 + 12 * 10.727) / 612, abs=1e-3)


def test_no_character_is_lost_between_pdfium_and_the_lines():
    rows = [(60 + 190 * (i % 3), 700 - 14 * (i // 3), f"cell {i} of a table") for i in range(60)]
    data = placed_pdf([
        *rows, (60, 100, "one two  three four-five six"), (60, 80, "WWWWWWWWWW mmmmmmmmmm iiiiiiiii"),
        (400, 80, "far away")
    ])
    with pypdfium2.PdfDocument(data) as document:
        expected = document[0].get_textpage().get_text_range().split()
    lines = lines_of(data)
    assert [word for line in lines for word in line[0].split()] == expected
    assert len(lines) == 63


# --- headings, labels, metadata


def test_the_outline_gives_headings_their_level(read):
    def outline(writer):
        top = writer.add_outline_item(title="Overview", page_number=0)
        writer.add_outline_item(title="A part of it", page_number=1, parent=top)

    data = rewritten(make_pdf(["Overview", "", "", *PROSE], ["A part of it", "", "", *PROSE]), outline)
    assert headings(read("a.pdf", data)) == [(1, "Overview"), (2, "A part of it")]


def test_large_lines_are_headings_and_long_or_sentence_like_ones_are_not(read):
    page = [
        "# Big heading", "", *PROSE, "", "# 1 Numbered", "", *PROSE, "", "", "2. a list item",
        "3 is a number at the start of a line of prose and it is no heading"
    ]
    assert headings(read("a.pdf", make_pdf(page))) == [(1, "Big heading"), (1, "1 Numbered")]


def test_page_labels_are_kept(read):
    def label(writer):
        writer.set_page_label(0, 1, style="/r")
        writer.set_page_label(2, 2, style="/D", start=1)

    document = read("a.pdf", rewritten(make_pdf(["one text"], ["two text"], ["three text"]), label))
    assert [(page.number, page.label) for page in document.pages] == [(1, "i"), (2, "ii"), (3, "1")]


def test_what_the_file_declares_is_no_guess_and_junk_is_not_taken(read):
    data = make_pdf(["# The real title", "", *PROSE])
    plain = make_pdf(PROSE)
    m = read(
        "a.pdf",
        rewritten(plain, lambda writer: writer.add_metadata({"/Title": "Declared", "/Author": "Jane Doe; 李四"})),
    ).metadata
    assert (m.title, m.authors, m.guessed) == ("Declared", ("Jane Doe", "李四"), ())
    m = read("c.pdf", rewritten(data, lambda writer: writer.add_metadata({"/Title": "An older title"}))).metadata
    assert (m.title, m.guessed) == ("The real title", ("title",))
    for junk in ("untitled", "Microsoft Word - paper.doc", "paper.dvi", "about:blank"):
        m = read("b.pdf", rewritten(data, lambda writer, junk=junk: writer.add_metadata({"/Title": junk}))).metadata
        assert (m.title, m.guessed) == ("The real title", ("title",))


def test_ids_on_the_first_page_are_guesses(read):
    m = read(
        "a.pdf",
        make_pdf(["arXiv:1706.03762v5 [cs.CL] 6 Dec 2017", "", "# Learning to Rank Passages", "", *PROSE,
                  "doi 10.1145/3292500.3330701."]),
    ).metadata
    assert (m.arxiv, m.year, m.doi) == ("1706.03762", 2017, "10.1145/3292500.3330701")
    assert {"arxiv", "year", "doi", "title"} == set(m.guessed)


# --- files that are not as they should be


def test_a_pdf_without_text_says_so(read):
    document = read("a.pdf", make_pdf([], []))
    assert (document.status, document.text) == ("no_text", "")
    assert document.note == "no text layer (a scan?); not searchable until kb ocr has read it"
    assert len(document.pages) == 2


def test_a_text_that_would_all_be_running_heads_is_the_text(read):
    document = read("a.pdf", make_pdf(*[[f"Glaze number {i} melts"] for i in range(1, 7)]))
    assert document.status == "ok" and all(f"number {i} melts" in document.text for i in range(1, 7))


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"])
def test_encrypted_files(read, algorithm):
    data = make_pdf(["Some secret text."])
    assert (
        read("a.pdf", rewritten(data, lambda writer: writer.encrypt("", "owner", algorithm=algorithm))).text
        == "Some secret text."
    )
    with pytest.raises(FileProblem) as caught:
        read("b.pdf", rewritten(data, lambda writer: writer.encrypt("secret", "owner", algorithm=algorithm)))
    assert caught.value.code == "E_PASSWORD"


def test_an_unknown_cipher_is_named(read):
    data = rewritten(make_pdf(["text"]), lambda writer: writer.encrypt("", "owner", algorithm="AES-256"))
    with pytest.raises(FileProblem) as caught:
        read("a.pdf", data.replace(b"/Filter /Standard", b"/Filter /Strange1"))
    assert caught.value.code in ("E_CIPHER", "E_PASSWORD")


def test_a_file_cut_in_half_gives_what_can_be_read_or_is_named(read):
    data = make_pdf(*[[f"Page {i} has text."] for i in range(10)])
    for share in (0.2, 0.5, 0.9, 0.99):
        try:
            document = read("a.pdf", data[: int(len(data) * share)])
            assert document.status in ("ok", "partial", "no_text")
        except FileProblem as problem:
            assert problem.code in ("E_PARSE", "E_TYPE")


def test_a_broken_table_of_objects_is_repaired(read):
    data = make_pdf(["Text of the page."])
    assert read("a.pdf", re.sub(rb"startxref\n\d+", b"startxref\n99", data)).text == "Text of the page."
    assert read("b.pdf", b"junk line before\n" + data).text == "Text of the page."


def test_pages_that_cannot_be_read_make_it_partial():
    line = ["Words on a page.", 0.1, 0.5, 0.9, 10.0, False]
    frames = [{"n_pages": 3, "title": "", "author": "", "outline": [], "labels": []}, {"number": 1, "lines": [line]},
              {"number": 2, "lines": None}, {"number": 3, "lines": [line]}]
    extract = assemble(frames)
    assert (extract.status, extract.note) == ("partial", "2 of 3 pages")
    extract = assemble(frames[:2], "the reader died")
    assert (extract.status, extract.note) == ("partial", "1 of 3 pages (the reader died)")
    assert [page.number for page in extract.pages] == [1, 2, 3]
    assert extract.pages[-1].end == len(extract.text)


def test_too_many_pages_or_characters():
    data = make_pdf(*[[f"Page {i} has text."] for i in range(10)])
    for limits, what in ((Limits(max_pages=9), "10 pages"), (Limits(max_characters=50), "50 characters")):
        with pytest.raises(FileProblem) as caught:
            read_pdf(data, limits)
        assert caught.value.code == "E_TOO_BIG"
        assert what in str(caught.value)


def test_pages_come_one_by_one():
    frames = []
    read_pdf(make_pdf(["one"], ["two"], ["three"]), Limits(), frames.append)
    assert frames[0]["n_pages"] == 3
    assert [frame["lines"][0][0] for frame in frames[1:]] == ["one", "two", "three"]


# --- Chinese, printed by a browser

ZH = (
    "大模型是指参数很多的神经网络，它先在大量文本上预训练，再用少量标注数据微调，长度足够时这一段会换行好几次，"
    "而且页面的高度、宽度与音、色、食、鱼、龙等部首字都不会变。"
)
HEAD = "计算机学报 第七卷"
MIXED = "知识蒸馏(Knowledge Distillation):使用大模型指导训练小模型"


@pytest.fixture(scope="session")
def chinese_pdf(chromium, tmp_path_factory):
    """A Chinese article of several pages with running heads, printed by Chromium."""
    from playwright.sync_api import sync_playwright

    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync"
    ]
    path = tmp_path_factory.mktemp("pdf") / "zh.pdf"
    sections = "".join(
        f"<h2>{number}、第{number}个问题</h2>"
        + f"<p>{ZH * 3}</p>" * 4
        + f"<ul><li>{MIXED}</li><li>量化：用更少的位数。</li></ul>"
        for number in "一二三四五"
    )
    html = (
        "<meta charset=utf-8><style>body{font-family:'Noto Sans CJK SC';font-size:11pt}</style>"
        f"<h1>模型压缩方法综述</h1><p>{ZH}</p>{sections}"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=flags)
        page = browser.new_page()
        page.set_content(html)
        page.pdf(
            path=str(path), format="A5", display_header_footer=True, margin={"top": "25mm", "bottom": "25mm"},
            header_template=f"<span style='font-size:8px;margin-left:40px'>{HEAD}</span>", footer_template=
            "<span style='font-size:8px;width:100%;text-align:center'><span class=pageNumber></span></span>")
        browser.close()
    return path.read_bytes()


@pytest.mark.browser
def test_chinese_headings_paragraphs_and_mixed_lines(read, chinese_pdf):
    document = read("zh.pdf", chinese_pdf)
    assert [heading for _, heading in headings(document)] == [
        "模型压缩方法综述",
        *(f"{number}、第{number}个问题" for number in "一二三四五"),
    ]
    assert document.text.count(ZH * 3) == 20
    assert sum(MIXED in line for line in document.text.split("\n")) == 5
    assert document.language == "zh"
    assert document.metadata.title == "模型压缩方法综述"


@pytest.mark.browser
def test_chinese_characters_are_no_radicals(read, chinese_pdf):
    text = read("zh.pdf", chinese_pdf).text
    assert not re.findall("[\u2e80-\u2fdf\uf900-\ufaff]", text)
    assert not re.findall("(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", text)


@pytest.mark.browser
def test_heads_and_page_numbers_of_a_printed_article_go(read, chinese_pdf):
    text = read("zh.pdf", chinese_pdf).text
    assert "计算机学报" not in text
    assert not re.search(r"^\s*\d+\s*$", text, re.MULTILINE)


@pytest.mark.browser
def test_every_character_of_a_printed_article_is_on_its_page(read, chinese_pdf):
    """The same characters as pypdf finds on that page, but for the running head."""
    document = read("zh.pdf", chinese_pdf)
    assert len(document.pages) > 4
    for page, other in zip(document.pages, pypdf.PdfReader(io.BytesIO(chinese_pdf)).pages, strict=True):
        here, there = (Counter(re.findall("[\u4e00-\u9fff，。、：]", text))
                       for text in (document.text[page.start:page.end], mend(other.extract_text())))
        assert here + Counter(HEAD.replace(" ", "")) == there
