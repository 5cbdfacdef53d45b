"""Presentations, OpenDocument and rich texts, Word documents with macros."""

import io
import zipfile

import pytest

from kb.errors import FileProblem
from tests.readers.conftest import blocks, headings
from tests.readers.making import odp, odt, pptx_with, zipped


def slide(presentation, layout, title=None):
    made = presentation.slides.add_slide(presentation.slide_layouts[layout])
    if title is not None:
        made.shapes.title.text = title
    return made


def box(made, left, top, text, width=1_000_000, height=500_000):
    shape = made.shapes.add_textbox(left, top, width, height)
    shape.text_frame.text = text
    return shape


def test_slides_are_pages_with_title_list_table_and_notes(read):
    def build(presentation):
        first = slide(presentation, 1, "量化方法")
        frame = first.placeholders[1].text_frame
        frame.text = "对称量化"
        inner = frame.add_paragraph()
        inner.text, inner.level = "零点为 0", 1
        first.notes_slide.notes_text_frame.text = "这里要讲例子。"
        second = slide(presentation, 5, "Results")
        table = second.shapes.add_table(2, 2, 0, 2_000_000, 3_000_000, 800_000).table
        for i, words in enumerate(["Model", "Acc", "A|B", "70.1"]):
            table.cell(i // 2, i % 2).text = words

    document = read("a.pptx", pptx_with(build))
    assert headings(document) == [(1, "量化方法"), (2, "备注"), (1, "Results")]
    assert "- 对称量化\n  - 零点为 0\n\n## 备注\n\n这里要讲例子。" in document.text
    assert blocks(document, "table") == ["| Model | Acc |\n| --- | --- |\n| A\\|B | 70.1 |"]
    assert [document.text[page.start:page.end].split("\n")[0] for page in document.pages] == ["# 量化方法", "# Results"]


def test_what_stands_side_by_side_is_read_from_the_left_and_groups_stay_together(read):
    def build(presentation):
        made = slide(presentation, 6)
        box(made, 5_000_000, 1_000_000, "right")
        box(made, 100_000, 1_050_000, "left")
        box(made, 100_000, 100_000, "The top line")
        group = made.shapes.add_group_shape([box(made, 100_000, 4_000_000, "g1"), box(made, 100_000, 4_600_000, "g2")])
        assert group is not None
        box(made, 5_000_000, 3_500_000, "above the group")

    document = read("a.pptx", pptx_with(build))
    assert document.text.split() == "# The top line left right above the group g1 g2".split()


def test_raised_words_formulas_breaks_and_struck_words(read):
    def build(presentation):
        made = slide(presentation, 6)
        shape = box(made, 0, 0, "The learning rate is 10")
        paragraph = shape.text_frame.paragraphs[0]
        run = paragraph.add_run()
        run.text = "-5"
        run.font._element.set("baseline", "30000")
        run = paragraph.add_run()
        run.text = " not twelve"
        run.font._element.set("strike", "sngStrike")
        run = paragraph.add_run()
        run.text = " for all of the layers, the second pass included."

    assert "The learning rate is 10⁻⁵ for all of the layers" in read("a.pptx", pptx_with(build)).text


def test_a_hidden_slide_is_left_out_and_told_and_keeps_its_number(read):
    def build(presentation):
        slide(presentation, 5, "One")
        slide(presentation, 5, "Two")._element.set("show", "0")
        slide(presentation, 5, "Three")

    document = read("a.pptx", pptx_with(build))
    assert "Two" not in document.text and "1 hidden slide" in document.note
    assert document.page_at(document.text.index("Three")) == 3


def test_a_shape_with_a_formula_stands_in_an_alternative(read):
    def build(presentation):
        made = slide(presentation, 5, "Maths")
        shape = box(made, 0, 2_000_000, "before")._element
        from lxml import etree

        alternative = etree.fromstring(
            '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
            '<mc:Choice Requires="a14" xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"/>'
            "<mc:Fallback/></mc:AlternateContent>")
        shape.addprevious(alternative)
        alternative[0].append(shape)
        shape.txBody.p_lst[0].append(etree.fromstring(
            '<a14:m xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" '
            'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:oMath><m:f><m:num><m:r><m:t>a'
            "</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath></a14:m>"))

    assert "before$\\frac{a}{b}$" in read("a.pptx", pptx_with(build)).text


def test_an_opendocument_text(read):
    document = read("a.odt", odt(
        '<text:tracked-changes><text:p>deleted words</text:p></text:tracked-changes>'
        '<text:h text:outline-level="1">引言</text:h><text:p>用<text:s text:c="2"/>学习率 10<text:span '
        'text:style-name="T1">-5</text:span>，见注<text:note><text:note-body><text:p>来自附录。</text:p>'
        '</text:note-body></text:note>。<text:span text:style-name="T2">not shown</text:span></text:p>'
        "<text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>inner</text:p></text:list-item></text:list></text:list-item>"
        "</text:list><table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>"
        "<table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>"
        "<text:section><text:p>in a section<office:annotation><text:p>a comment</text:p></office:annotation></text:p>"
        "</text:section>",
        '<style:style style:name="T1"><style:text-properties style:text-position="super 58%"/></style:style>'
        '<style:style style:name="T2"><style:text-properties text:display="none"/></style:style>'))
    assert headings(document) == [(1, "引言")]
    assert "用  学习率 10⁻⁵，见注[^1]。\n\n- one\n  - inner\n\n| a | b |" in document.text
    assert document.text.endswith("in a section\n\n[^1]: 来自附录。")
    assert [note.code for note in document.notes] == ["N_LEFT_OUT"]
    assert "deleted" not in document.text and "comment" not in document.text and "not shown" not in document.text


def test_an_encrypted_opendocument_text(read):
    with pytest.raises(FileProblem) as caught:
        read("a.odt", odt("<text:p>x</text:p>", **{"META-INF/manifest.xml": "<m><manifest:encryption-data/></m>"}))
    assert caught.value.code == "E_LOCKED"


def test_a_rich_text_with_headings_a_code_page_a_table_and_hidden_words(read):
    document = read("a.rtf", (
        rb"{\rtf1\ansi\ansicpg936{\fonttbl{\f0\fcharset134 SimSun;}}{\info{\title \'c2\'db\'ce\'c4}{\author Ann Lee}}"
        rb"\pard\outlinelevel0\f0 \'d2\'fd\'d1\'d4\par\pard The rate is \u21516?\f0\'d1\'f9. {\v secret}\par"
        rb"\trowd\intbl a|x\par y\cell b\cell\row\trowd c\cell d\cell\row\pard end "
        rb"{\pict " + b"0f" * 3000 + rb"}\par}"))
    assert headings(document) == [(1, "引言")]
    assert document.metadata.title == "论文" and document.metadata.authors == ("Ann Lee",)
    assert "The rate is 同样." in document.text and "secret" not in document.text
    assert blocks(document, "table") == ["| a\\|x y | b |\n| --- | --- |\n| c | d |"]


def test_a_word_document_with_macros_is_read_without_them(read):
    import docx

    made = docx.Document()
    made.add_heading("Title", 1)
    made.add_paragraph("The words of it.")
    out = io.BytesIO()
    made.save(out)
    with zipfile.ZipFile(out) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml")
    document = read("a.docm", zipped({**parts, "word/vbaProject.bin": b"Sub AutoOpen()"}))
    assert document.text == "# Title\n\nThe words of it." and document.notes[0].code == "N_MACROS"


def test_slides_of_the_free_office_have_titles_tables_shapes_and_notes(read):
    box = "<draw:frame{}><draw:text-box>{}</draw:text-box></draw:frame>"
    table = "<draw:frame><table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>" \
            "<table:table-cell><text:p>1</text:p></table:table-cell></table:table-row></table:table></draw:frame>"
    document = read("a.odp", odp(
        box.format(' presentation:class="title"', "<text:p>方法</text:p>") + box.format("", "<text:p>Words.</text:p>")
        + table + "<draw:custom-shape><text:p>In a shape.</text:p></draw:custom-shape>"
        + "<presentation:notes>" + box.format("", "<text:p>Say this.</text:p>") + "</presentation:notes>",
        box.format("", "<text:p>Second.</text:p>")))
    assert document.text == ("# 方法\n\nWords.\n\n| a | 1 |\n| --- | --- |\n\nIn a shape.\n\n## Notes\n\nSay this.\n\n"
                             "Second.")
    assert [page.number for page in document.pages] == [1, 2]


@pytest.mark.parametrize(("body", "text"), [
    (r"95{\super 3} and 10{\super -5}, H{\sub 2}O.", "95³ and 10⁻⁵, H₂O."),
    (r"95\super 3\nosupersub  and x{\up6 2}, y{\dn4 i} end.", "95³ and x², y_i end."),
    (r"95{\b{\super 3\i ,4}} of \{it\}.", "95³,⁴ of {it}."), (r"a{\super0 3} b\super 1\plain  c.", "a3 b¹ c."),
    (r"Words{\super\chftn{\footnote \pard\plain {\super\chftn } A \'6eote with 10{\super 5}.}} go on.",
     "Words[^1] go on.\n\n[^1]: A note with 10⁵."),
    (r"Anchor.{\shp{\*\shpinst{\sp{\sn x}}{\shptxt \pard In a box.\par}}}\par After.",
     "Anchor.\n\nAfter.\n\nIn a box."),
])
def test_raised_characters_notes_and_boxes_of_rich_text(read, body, text):
    assert read("a.rtf", "{\\rtf1\\ansi " + body + "\\par}").text == text


def test_comments_in_rich_text_are_told(read):
    document = read("a.rtf", r"{\rtf1 Words.{\*\annotation \pard not this}\par}")
    assert document.text == "Words." and document.note == "left out: 1 comment"


def test_a_table_of_rich_text_keeps_its_rows_and_cells(read):
    row = r"\trowd\cellx1000\cellx3000\pard\intbl {}\cell {}\cell\row"
    document = read("a.rtf", r"{\rtf1 Before.\par" + row.replace("{}", "A", 1).replace("{}", "95{\\super 3}", 1)
                    + row.replace("{}", "two\\par lines", 1).replace("{}", "", 1) + r"\pard After.\par}")
    assert document.text == "Before.\n\n| A | 95³ |\n| --- | --- |\n| two lines |  |\n\nAfter."


@pytest.mark.parametrize(("title", "words", "authors", "year"), [
    ("基于剪枝的模型压缩", ["汇报人：王小明", "指导老师：李大山", "2023 年 5 月"], ("王小明",), 2023),
    ("Pruning Large Models at Scale", ["Ada Lovelace, Alan Turing", "Nowhere University", "June 3, 2021"],
     ("Ada Lovelace", "Alan Turing"), 2021),
    ("Pruning Large Models at Scale", ["Presented by: Grace Hopper"], ("Grace Hopper",), None),
    ("Pruning Large Models at Scale", ["A short course"], (), None),
])
def test_the_title_slide_says_title_speaker_and_year(read, title, words, authors, year):
    def build(presentation):
        presentation.core_properties.title = "PowerPoint Presentation"
        presentation.core_properties.author = ""
        first = slide(presentation, 0, title)
        first.placeholders[1].text_frame.text = "\n".join(words)
        slide(presentation, 1, "Outline").placeholders[1].text_frame.text = "why a short course prunes"

    m = read("a.pptx", pptx_with(build)).metadata
    assert (m.title, m.authors) == (title, authors)
    assert year is None or m.year == year
    assert "title" in m.guessed and (not authors or "authors" in m.guessed)


@pytest.mark.parametrize(("words", "venue"), [
    (["Ada Lovelace", "ICML 2021"], "ICML 2021"),
    (["Ada Lovelace", "NeurIPS’19, Vancouver, December 2019"], "NeurIPS’19"),
    (["Invited talk at the 5th Workshop on Small Models, Berlin, 3 May 2022"], "5th Workshop on Small Models"),
    (["Grace Hopper | International Conference on Ships (ICS) | 2018"], "International Conference on Ships (ICS)"),
    (["王小明", "第三十届中国计算语言学大会，2021 年 8 月"], "第三十届中国计算语言学大会"),
    (["汇报人：王小明", "全国知识图谱与语义计算大会（CCKS 2021）"], "全国知识图谱与语义计算大会（CCKS 2021）"),
    (["Ada Lovelace", "MIT 2019"], None), (["Nowhere University", "June 3, 2021"], None),
    (["How we prepared the conference in three weeks and what everybody said about it afterwards"], None),
    (["本次会议讨论了三个问题"], None), (["Workshop Introduction"], None), (["Conference Room"], None),
    (["A workshop for beginners"], None), (["IBM Research, 2020"], None),
])
def test_the_title_slide_says_where_it_was_shown(read, words, venue):
    def build(presentation):
        first = slide(presentation, 0, "Pruning Large Models at Scale")
        first.placeholders[1].text_frame.text = "\n".join(words)
        slide(presentation, 1, "ACL 2020").placeholders[1].text_frame.text = "ICLR 2018"

    m = read("a.pptx", pptx_with(build)).metadata
    assert m.venue == venue and ("venue" in m.guessed) == (venue is not None)


def test_the_date_in_a_title_counts_and_the_words_of_a_diagram_are_no_names(read):
    import datetime

    def build(presentation):
        presentation.core_properties.created = datetime.datetime(2006, 8, 16)  # of the template
        presentation.core_properties.author = ""
        first = slide(presentation, 0, "Reading circle, April 8, 2019")
        first.placeholders[1].text_frame.text = "Clinical\nPreparation\nTrap Handler"

    m = read("a.pptx", pptx_with(build)).metadata
    assert m.year == 2019 and "Clinical" not in m.authors and "Preparation" not in m.authors

    def draw(presentation):
        build(presentation)
        presentation.slides[0].shapes.title.text_frame.text = "How a model is converted"
        presentation.slides[0].placeholders[1].text_frame.text = "\n".join(f"Big Part{'x' * n}" for n in range(12))

    m = read("b.pptx", pptx_with(draw)).metadata
    assert (m.year, m.authors) == (None, ())


def test_a_declared_title_and_author_count_where_the_title_slide_has_them(read):
    def build(presentation):
        presentation.core_properties.title = "Pruning Large Models"
        presentation.core_properties.author = "Somebody Else"
        first = slide(presentation, 0, "Pruning Large Models")
        first.placeholders[1].text_frame.text = "Ada Lovelace and Alan Turing"

    m = read("a.pptx", pptx_with(build)).metadata
    assert (m.title, m.authors) == ("Pruning Large Models", ("Ada Lovelace", "Alan Turing"))
    assert "title" not in m.guessed
