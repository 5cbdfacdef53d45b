"""Word: what hangs in paragraphs, tables and lists is read where it belongs; what is left out is told."""

from __future__ import annotations

import io
import zipfile

import pytest

from kb.readers.docx_fields import equation, shown
from kb.readers.docx_numbering import as_number
from kb.readers.symbol_fonts import symbol
from tests.readers.conftest import blocks, headings

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SPACES = (f'xmlns:w="{W}" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
          'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
          'xmlns:v="urn:schemas-microsoft-com:vml" '
          'xmlns:o="urn:schemas-microsoft-com:office:office" '
          'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"')
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def made(body, **parts):
    """A document with this body and parts: numbering, styles, footnotes as the inside of their root."""
    roots = {"numbering": "numbering", "styles": "styles", "footnotes": "footnotes", "comments": "comments"}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("[Content_Types].xml",
                      '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                      '<Default Extension="rels" '
                      'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                      f'<Override PartName="/word/document.xml" ContentType="{KIND}.document.main+xml"/>'
                      + "".join(f'<Override PartName="/word/{name}.xml" ContentType="{KIND}.{name}+xml"/>'
                                for name in parts) + "</Types>")
        rels = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
        file.writestr("_rels/.rels", rels.format(
            f'<Relationship Id="r" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'))
        file.writestr("word/_rels/document.xml.rels", rels.format("".join(
            f'<Relationship Id="{name}" Type="{OFFICE}/{name}" Target="{name}.xml"/>' for name in parts)))
        file.writestr("word/document.xml", f"<w:document {SPACES}><w:body>{body}</w:body></w:document>")
        for name, inside in parts.items():
            file.writestr(f"word/{name}.xml", f"<w:{roots[name]} {SPACES}>{inside}</w:{roots[name]}>")
    return out.getvalue()


def r(text, *looks):
    return f'<w:r><w:rPr>{"".join(looks)}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def p(*runs, properties=""):
    return f'<w:p><w:pPr>{properties}</w:pPr>{"".join(run if run[0] == "<" else r(run) for run in runs)}</w:p>'


def tc(text, properties=""):
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text) if text else '<w:p/>'}</w:tc>"


UP, DOWN = '<w:vertAlign w:val="superscript"/>', '<w:vertAlign w:val="subscript"/>'


@pytest.mark.parametrize(("runs", "text"), [
    ((r("6 × 10"), r("-", UP), r("7", UP), r(" mol")), "6 × 10⁻⁷ mol"),
    ((r("准确率为88.2"), r("[4]", UP), r("。")), "准确率为88.2 [4]。"),
    ((r("准确率提高"), r("[4]", UP), r("。")), "准确率提高[4]。"),
    ((r("CO"), r("2", DOWN), r(" and 40"), r("2", UP), r(" units")), "CO₂ and 40² units"),
    ((r("10"), r("8", '<w:position w:val="8"/>'), r(" cells")), "10⁸ cells"),
    ((r("10"), r("8", '<w:vertAlign w:val="baseline"/>')), "108"),
])
def test_raised_and_lowered_runs(read, runs, text):
    assert read("a.docx", made(p(*runs))).text == text


def test_a_look_of_a_style_counts_as_one_of_the_run(read):
    styles = ('<w:style w:type="character" w:styleId="up"><w:name w:val="up"/><w:rPr>'
              f'{UP}</w:rPr></w:style><w:style w:type="character" w:styleId="upper"><w:basedOn w:val="up"/></w:style>'
              '<w:style w:type="paragraph" w:styleId="gone"><w:rPr><w:vanish/></w:rPr></w:style>')
    document = read("a.docx", made(
        p(r("20"), r("6", '<w:rStyle w:val="upper"/>')) + p("secret", properties='<w:pStyle w:val="gone"/>'),
        styles=styles))
    assert document.text == "20⁶"
    assert document.note == "left out: 1 hidden passage"


BOX = "<w:txbxContent>{}</w:txbxContent>"
ALTERNATIVES = ('<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>{0}</wps:txbx></w:drawing>'
                '</mc:Choice><mc:Fallback><w:pict><v:textbox>{0}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>')


def test_a_text_box_stands_apart_and_once(read):
    box = BOX.format(p("Box one.") + p("Box two."))
    body = p("The anchor", ALTERNATIVES.format(box), " goes on.") + p("Next.")
    assert read("a.docx", made(body)).text == "The anchor goes on.\n\nBox one.\n\nBox two.\n\nNext."
    old = p("前", f"<w:r><w:pict><v:textbox>{BOX.format(p('框'))}</v:textbox></w:pict></w:r>", "后。")
    assert read("b.docx", made(old)).text == "前后。\n\n框"


def test_a_box_in_a_cell_is_no_part_of_the_row(read):
    box = ALTERNATIVES.format(BOX.format(p("In the box.")))
    table = f"<w:tbl><w:tr><w:tc>{p('a', box)}</w:tc>{tc('b')}</w:tr></w:tbl>"
    assert read("a.docx", made(table)).text == "| a | b |\n| --- | --- |\n\nIn the box."


def test_spans_keep_the_columns(read):
    rows = [tc("System", '<w:vMerge w:val="restart"/>') + tc("Score", '<w:gridSpan w:val="2"/>') + tc("Year"),
            tc("", "<w:vMerge/>") + tc("dev") + tc("test") + tc(""),
            tc("Ours") + tc("88.1") + tc("86.4") + tc("2020")]
    table = "".join(f"<w:tr>{row}</w:tr>" for row in rows)
    last = f'<w:tr><w:trPr><w:gridBefore w:val="2"/></w:trPr>{tc("mean")}{tc("all")}</w:tr>'
    assert blocks(read("a.docx", made(f"<w:tbl>{table}{last}</w:tbl>")), "table") == [
        "| System | Score |  | Year |\n| --- | --- | --- | --- |\n|  | dev | test |  |\n| Ours | 88.1 | 86.4 | 2020 |\n"
        "|  |  | mean | all |"]


def sdt(inside, properties=""):
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{inside}</w:sdtContent></w:sdt>"


def test_content_controls_at_every_level(read):
    row = sdt(f"<w:tr>{sdt(tc('a'))}{tc(sdt(r('b')))}</w:tr>")
    table = f"<w:tbl><w:tr>{tc('k')}{tc('v')}</w:tr>{row}</w:tbl>"
    body = sdt(p("Block.")) + p("An ", sdt(r("inline")), " one.") + table + sdt(p("Click here"), "<w:showingPlcHdr/>")
    document = read("a.docx", made(body))
    assert document.text == "Block.\n\nAn inline one.\n\n| k | v |\n| --- | --- |\n| a | b |"
    assert document.note == "left out: 1 placeholder"


@pytest.mark.parametrize(("font", "place", "character"), [
    ("Symbol", 0xF061, "α"), ("Symbol", 0xF0A3, "≤"), ("Symbol", 0xF0B1, "±"), ("Symbol", 0x44, "Δ"),
    ("Wingdings", 0xF0FC, "✓"), ("Wingdings", 0xF0E0, "→"), ("Wingdings", 0xF081, "①"), ("Wingdings 2", 0xF052, "☑"),
    ("Arial", 0x2265, "≥"), ("Webdings", 0xF044, "\ufffd"),
])
def test_symbols(read, font, place, character):
    assert symbol(font, place) == character
    body = p("x ", f'<w:r><w:sym w:font="{font}" w:char="{place:04X}"/></w:r>', " y")
    assert read("a.docx", made(body)).text == f"x {character} y"


def test_private_characters_of_the_symbol_font(read):
    assert read("a.docx", made(p("p ", r("\uf0a3", '<w:rFonts w:ascii="Symbol"/>'), " 0.05"))).text == "p ≤ 0.05"


def test_ruby_follows_its_whole_word(read):
    def ruby(base, reading):
        return f"<w:r><w:ruby><w:rubyPr/><w:rt>{r(reading)}</w:rt><w:rubyBase>{r(base)}</w:rubyBase></w:ruby></w:r>"

    body = p("学习", ruby("蒸", "zhēng"), ruby("馏", "liú"), "方法")
    assert read("a.docx", made(body)).text == "学习蒸馏(zhēng liú)方法"


def test_what_is_struck_hidden_or_commented_is_left_out_and_told(read):
    document = read("a.docx", made(
        p("It is ", r("ten", "<w:strike/>"), r("nine", "<w:dstrike/>"), r("eight", '<w:strike w:val="0"/>'),
          r(" hidden", "<w:vanish/>"), '<w:del w:id="1"><w:r><w:delText>seven</w:delText></w:r></w:del>',
          '<w:r><w:commentReference w:id="0"/></w:r>', ".")
        + f"<w:tbl><w:tr>{tc('a')}{tc('b')}</w:tr><w:tr><w:trPr><w:del/></w:trPr>{tc('c')}{tc('d')}</w:tr></w:tbl>"))
    assert document.text == "It is eight.\n\n| a | b |\n| --- | --- |"
    assert document.note_in("zh") == "未读入：2 处划掉的文字、1 处隐藏文字、2 处修订删除的文字、1 处批注"


def field(instruction, *result):
    marks = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")]
    separated = [marks[1], *result] if result else []
    return "".join([marks[0], f"<w:r><w:instrText>{instruction}</w:instrText></w:r>", *separated, marks[2]])


def test_of_a_field_the_result_is_read(read):
    inner = field(" REF x ", r("secret"))
    nested = inner.join(field(" IF A ", r("shown")).split("<w:instrText> IF A </w:instrText>"))
    assert read("a.docx", made(p("See ", field(" REF _Ref1 ", r("Table 3")), " and ", nested, "."))).text == (
        "See Table 3 and shown.")
    body = p("约 ", field(r"eq \f(3,8)"), " 与 ", field("SYMBOL 179 \\f Symbol"))
    assert read("b.docx", made(body)).text == "约 3/8 与 ≥"


@pytest.mark.parametrize(("source", "text"), [
    (r"\f(a+b,2)", "(a+b)/2"), (r"\r(3,x)", r"\sqrt[3]{x}"), (r"x\s\up5(2)", "x²"), (r"H\s\do4(2)O", "H₂O"),
    (r"\o\ac(○,3)", "③"), (r"\* jc2 \* hps10 \o\ad(\s\up 9(hàn),汉)", "汉(hàn)"), (r"\b\bc\[(x)", "[x]"),
    (r"\i\su(i=1,n,x)", "∑_{i=1}^{n} x"),
])
def test_equation_fields(source, text):
    assert equation(source) == text
    assert shown("EQ " + source) == text


def lvl(depth, form, text, extra=""):
    return (f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{extra}'
            f'<w:lvlText w:val="{text}"/></w:lvl>')


def num(number, abstract, extra=""):
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{abstract}"/>{extra}</w:num>'


def item(number, depth, text):
    return p(text, properties=f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')


def test_labels_of_lists(read):
    numbering = (
        f'<w:abstractNum w:abstractNumId="0">{lvl(0, "decimal", "%1.")}{lvl(1, "decimal", "%1.%2")}</w:abstractNum>'
        f'<w:abstractNum w:abstractNumId="1">{lvl(0, "chineseCountingThousand", "%1、")}'
        f'{lvl(1, "lowerLetter", "(%2)")}{lvl(2, "bullet", "•")}</w:abstractNum>'
        + num(1, 0) + num(2, 0) + num(3, 1)
        + num(4, 0, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'))
    items = [(1, 0, "a"), (1, 1, "b"), (1, 1, "c"), (2, 0, "d"), (2, 1, "e"), (3, 0, "甲"), (3, 1, "乙"), (3, 2, "丙"),
             (3, 0, "丁"), (4, 0, "f"), (4, 0, "g")]
    body = "".join(item(*each) for each in items)
    assert read("a.docx", made(body, numbering=numbering)).text == (
        "1. a\n  1.1 b\n  1.2 c\n2. d\n  2.1 e\n一、甲\n  (a) 乙\n    - 丙\n二、丁\n5. f\n6. g")


def test_a_heading_carries_its_number(read):
    numbering = (f'<w:abstractNum w:abstractNumId="0">{lvl(0, "chineseCounting", "第%1章", PSTYLE)}'
                 f'{lvl(1, "decimal", "%1.%2", "<w:isLgl/>")}</w:abstractNum>{num(1, 0)}')
    styles = ('<w:style w:type="paragraph" w:styleId="h1"><w:name w:val="heading 1"/><w:pPr><w:numPr>'
              '<w:numId w:val="1"/></w:numPr></w:pPr></w:style><w:style w:type="paragraph" w:styleId="h2"><w:name '
              'w:val="heading 2"/><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr></w:style>')
    h1, h2 = '<w:pStyle w:val="h1"/>', '<w:pStyle w:val="h2"/>'
    body = p("绪论", properties=h1) + p("背景", properties=h2) + p("方法", properties=h1) + p("数据", properties=h2)
    assert headings(read("a.docx", made(body, numbering=numbering, styles=styles))) == [
        (1, "第一章 绪论"), (2, "1.1 背景"), (1, "第二章 方法"), (2, "2.1 数据")]


PSTYLE = '<w:pStyle w:val="h1"/>'


@pytest.mark.parametrize(("n", "form", "written"), [
    (4, "lowerRoman", "iv"), (1994, "upperRoman", "MCMXCIV"), (27, "lowerLetter", "aa"), (28, "upperLetter", "BB"),
    (3, "decimalEnclosedCircle", "③"), (10, "chineseCounting", "十"), (12, "chineseCountingThousand", "十二"),
    (20, "chineseCounting", "二十"), (105, "chineseCountingThousand", "一百零五"),
    (110, "japaneseCounting", "一百一十"),
    (1003, "chineseCounting", "一千零三"), (25, "ideographDigital", "二五"), (2, "ideographTraditional", "乙"),
    (12, "chineseLegalSimplified", "壹拾贰"),
    (7, "decimalZero", "07"), (11, "ordinal", "11th"), (0, "lowerRoman", "0"),
])
def test_numbers_in_words(n, form, written):
    assert as_number(n, form) == written


def test_notes_are_read_like_the_text(read):
    notes = f'<w:footnote w:id="2">{p("See 10", r("5", UP), ".")}{p("And more.")}</w:footnote>'
    document = read("a.docx", made(p("It is so", '<w:r><w:footnoteReference w:id="2"/></w:r>', "."), footnotes=notes))
    assert document.text == "It is so[^1].\n\n[^1]: See 10⁵. And more."


def test_a_table_of_contents_is_left_out(read):
    styles = '<w:style w:type="paragraph" w:styleId="t"><w:name w:val="toc 1"/></w:style>'
    document = read("a.docx", made(p("1 Words 3", properties='<w:pStyle w:val="t"/>') + p("Words."), styles=styles))
    assert (document.text, document.note) == ("Words.", "left out: 1 line of contents")


def test_a_formula_kept_as_a_picture_leaves_its_place(read):
    equation_object = '<w:r><w:object><o:OLEObject ProgID="Equation.DSMT4"/></w:object></w:r>'
    document = read("a.docx", made(p("where ", equation_object, " is the rate.")))
    assert (document.text, document.note) == ("where […] is the rate.", "left out: 1 formula kept as a picture")
