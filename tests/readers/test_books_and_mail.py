"""Books, notebooks and letters."""

import json

import pytest

from kb.errors import FileProblem
from kb.readers.notebook import MAX_OUTPUT
from tests.readers.conftest import blocks, headings
from tests.readers.making import epub, notebook


def test_chapters_come_in_the_order_of_the_spine_with_what_the_book_says_of_itself(read):
    data = epub({"b.xhtml": "<h1>第一章</h1><p>它在 2<sup>10</sup> 处<sup><a href='#n'>3</a></sup>，"
                            "H<sub>2</sub>O。</p>",
                 "a.xhtml": "<h1>第二章</h1><table><tr><th>x</th><th>y</th></tr><tr><td>1</td><td>2</td></tr></table>"
                            "<pre>a\n  b</pre><p hidden='hidden'>unseen</p>"},
                "<dc:title>书</dc:title><dc:creator>李四</dc:creator><dc:date>2021-03-01</dc:date>"
                "<dc:language>zh-CN</dc:language>")
    document = read("a.epub", data)
    assert headings(document) == [(1, "第一章"), (1, "第二章")]
    assert "它在 2¹⁰ 处[3]，H₂O。" in document.text and "unseen" not in document.text
    assert blocks(document, "table") == ["| x | y |\n| --- | --- |\n| 1 | 2 |"]
    assert blocks(document, "code") == ["```\na\n  b\n```"]
    assert (document.metadata.title, document.metadata.authors, document.metadata.year) == ("书", ("李四",), 2021)


def test_a_chapter_without_a_heading_takes_the_name_in_the_contents(read):
    data = epub({"c1.xhtml": "<p>Words of the first chapter.</p>"},
                nav='<ol><li><a href="text/c1.xhtml#top">The Beginning</a></li></ol>')
    assert read("a.epub", data).text == "# The Beginning\n\nWords of the first chapter."


def test_every_part_of_a_chapter_is_read_whatever_its_name(read):
    body = "".join(f'<section id="{name}"><p>words {i} of it</p></section>' for i, name in enumerate(
        ("related-work", "hidden-states", "social-bias", "footer", "menu", "comments")))
    text = read("a.epub", epub({"c.xhtml": body})).text
    assert all(f"words {i} of it" in text for i in range(6))


def test_a_book_under_rights_management_is_locked_and_one_with_hidden_fonts_is_not(read):
    def with_method(algorithm):
        return epub({"c.xhtml": "<p>words</p>"}, **{"META-INF/encryption.xml": (
            f'<encryption xmlns:e="x"><e:EncryptionMethod Algorithm="{algorithm}"/></encryption>')})

    with pytest.raises(FileProblem) as caught:
        read("a.epub", with_method("http://www.w3.org/2001/04/xmlenc#aes256-cbc"))
    assert caught.value.code == "E_LOCKED"
    assert read("a.epub", with_method("http://www.idpf.org/2008/embedding")).status == "ok"


def test_entities_of_a_book_expand_to_nothing(read):
    laugh = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(9))
    data = epub({"c.xhtml": "<p>words</p>"}, **{"OEBPS/text/c.xhtml": (
        f'<?xml version="1.0"?><!DOCTYPE html [{laugh}]><html><body><p>safe &l8; words</p></body></html>')})
    assert "haha" not in read("a.epub", data).text


def test_a_missing_chapter_is_told(read):
    data = epub({"a.xhtml": "<p>here it is</p>"}).replace(b"a.xhtml", b"b.xhtml", 1)
    with_gap = epub({"a.xhtml": "<p>here</p>", "b.xhtml": "<p>x</p>"}, **{"OEBPS/text/b.xhtml": ""})
    assert data and read("a.epub", with_gap).text.startswith("here")


def test_cells_outputs_and_headings_of_a_notebook(read):
    document = read("a.ipynb", notebook(
        {"cell_type": "markdown", "source": ["# 实验\n", "损失下降。"]},
        {"cell_type": "code", "source": "# no heading\nprint('```')", "outputs": [
            {"output_type": "stream", "text": ["\x1b[31m10%\r", "100% done\n"]},
            {"output_type": "execute_result", "data": {"text/plain": "0.93", "image/png": "aaaa"}},
            {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": ["long"]}]},
        {"cell_type": "markdown", "source": "```\nleft open"},
        {"cell_type": "markdown", "source": "## After ![](data:image/png;base64," + "A" * 5000 + ")"},
        language_info={"name": "python"}))
    assert headings(document)[0] == (1, "实验") and headings(document)[1][0] == 2
    assert "````python\n# no heading\nprint('```')\n````" in document.text
    assert "```text\n100% done\n\n0.93\nValueError: bad\n```" in document.text
    assert "AAAA" not in document.text and "2 pictures" in document.note


def test_megabytes_of_output_are_cut_and_told(read):
    document = read("a.ipynb", notebook({"cell_type": "code", "source": "x", "outputs": [
        {"output_type": "stream", "text": "line of output\n" * 400_000}]}))
    assert len(document.text) < 2 * MAX_OUTPUT
    assert "1 output was cut" in document.note and "5.7 MB" in document.note


def test_a_notebook_of_version_three(read):
    book = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "heading", "level": 2, "source": "Old"}, {
        "cell_type": "code", "input": "1+1", "outputs": [{"output_type": "pyout", "text": ["2"]}]}]}]}
    document = read("a.ipynb", json.dumps(book))
    assert headings(document) == [(2, "Old")] and "```text\n2\n```" in document.text


@pytest.mark.parametrize(("data", "code"), [("{}", "E_TYPE"), ("[1]", "E_TYPE"), ("{not json", "E_PARSE"),
                                            ("[" * 100_000, "E_PARSE")])
def test_what_is_no_notebook_says_so(read, data, code):
    with pytest.raises(FileProblem) as caught:
        read("a.ipynb", data)
    assert caught.value.code == code


LETTER = ("From: =?utf-8?b?5byg5LiJ?= <zhang@example.org>\r\nTo: Ann <ann@example.org>\r\nSubject: =?gb2312?B?"
          "yrXR6b3hufs=?=\r\nDate: Fri, 31 May 2024 10:00:00 +0800\r\nMIME-Version: 1.0\r\nContent-Type: "
          'multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=gb2312\r\n'
          "Content-Transfer-Encoding: 8bit\r\n\r\n")


def test_a_letter_has_its_headers_words_and_names_its_attachments(read):
    data = LETTER.encode() + "准确率是 82.1%。\r\n\r\n> 上次是 80%\r\n".encode("gb18030") + (
        b'--b\r\nContent-Type: application/pdf; name="r.pdf"\r\nContent-Disposition: attachment; filename="r.pdf"\r\n'
        b"\r\nxx\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: bob@example.org\r\nSubject: Older\r\n\r\nThe "
        b"older one.\r\n--b--\r\n")
    document = read("a.eml", data)
    assert headings(document) == [(1, "实验结果"), (2, "Older")]
    assert "准确率是 82.1%。\n\n> 上次是 80%" in document.text and "The older one." in document.text
    assert document.metadata.authors == ("张三",) and document.metadata.year == 2024
    assert "1 attachment was not read: r.pdf" in document.note


def test_a_letter_of_html_alone_and_one_whose_plain_part_says_nothing(read):
    page = ("<html><body><h2>Hello</h2><p>The model was trained for three days on eight cards of one machine.</p>"
            "<p>It cost less than the one before.</p><ul><li>one</li></ul>")
    head = "From: a@example.org\nSubject: S\nContent-Type: "
    assert "## Hello\n\nThe model was" in read("a.eml", head + "text/html; charset=utf-8\n\n" + page).text
    both = (head + 'multipart/alternative; boundary="x"\n\n--x\nContent-Type: text/plain\n\nView in a browser.\n--x\n'
            "Content-Type: text/html\n\n" + page + "\n--x--\n")
    assert "three days" in read("b.eml", both).text


def test_what_is_no_letter_says_so(read):
    with pytest.raises(FileProblem) as caught:
        read("a.eml", "Only words, no header.\n")
    assert caught.value.code == "E_PARSE"


def test_what_a_chapter_hides_or_strikes_out_is_told_and_lists_keep_their_numbers(read):
    document = read("a.epub", epub({"a.xhtml": "<p hidden=''>no</p><p>Yes <del>no</del>95<sup>3</sup>.</p><svg><text>no"
                                               "</text></svg><ol start='3'><li>c</li><li value='9'>i</li></ol>"}))
    assert document.text == "Yes 95³.\n\n3. c\n9. i"
    assert document.note == "left out: 1 hidden passage, 1 struck passage, 1 diagram"


def test_comments_and_encoded_data_in_a_notebook_are_no_text(read):
    data = "aB3dEfGhIjKlMnOpQrStUvWxYz01" * 20
    document = read("a.ipynb", notebook(
        {"cell_type": "markdown", "source": [f"One <!-- gone -->two.\n\n![p](data:image/png;base64,{data}) three"]},
        {"cell_type": "code", "source": f"x = '{data}'"}))
    assert "gone" not in document.text and data not in document.text and "One two." in document.text
    assert "1 comment, 1 picture" in document.note and "characters of encoded data" in document.note
