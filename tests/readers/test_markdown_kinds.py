"""Markdown as it is in use: every front matter, comments, notes of Obsidian, encoded data."""

from __future__ import annotations

import base64
import random

import pytest

from tests.readers.conftest import blocks, headings

BODY = "# Title\n\nBody sentence about encoders.\n"
BLOB = base64.b64encode(random.Random(1).randbytes(6000)).decode()


@pytest.mark.parametrize(("front", "title", "authors", "year"), [
    ("---\ntitle: LoRA: low rank updates\nauthor: A B\n---\n", "LoRA: low rank updates", ("A B",), None),
    ("---\ntitle:\tTabs here\nauthors:\n\t- A B\n\t- 王五\ndate: 2021-03-04\n---\n",
     "Tabs here", ("A B", "王五"), 2021),
    ("---\ntitle: @mentions and %signs\nyear: 2020\n...\n", "@mentions and %signs", (), 2020),
    ("---\ntitle: 'single': and more\nauthors: [A B, C D]\n---\n", "'single': and more", ("A B", "C D"), None),
    ("---\ntitle: *starred* words\ntags: [a, b\n---\n", "*starred* words", (), None),
    ("---\n标题：知识蒸馏：综述\n作者：王五\n日期：2023年\n---\n", "知识蒸馏：综述", ("王五",), 2023),
    ("---\ntitle: {{ title }}\nauthor: A B\n---\n", "Title", ("A B",), None),
    ("---\r\ntitle: Windows: lines\r\n---\r\n", "Windows: lines", (), None),
    ("\n---\ntitle: After a blank line\n---\n", "After a blank line", (), None),
    ("+++\ntitle = \"T: one\"\ndate = 2001-02-03\n+++\n", "T: one", (), 2001),
    ("+++\ntitle = Unquoted words\nauthor = A B\n+++\n", "Unquoted words", ("A B",), None),
    (';;;\n{"title": "In JSON", "author": "A B"}\n;;;\n', "In JSON", ("A B",), None),
    ('{\n  "title": "Hugo", "authors": ["A B"], "date": "2019-01-01"\n}\n\n', "Hugo", ("A B",), 2019),
    ('---json\n{"title": "Marked as JSON"}\n---\n', "Marked as JSON", (), None),
    ("% A title\n  that goes on\n% A B; C D\n% March 2018\n\n", "A title that goes on", ("A B", "C D"), 2018),
    ("Title: Of MultiMarkdown: keys\nAuthor: A B\nDate: 2017\n\n", "Of MultiMarkdown: keys", ("A B",), 2017),
    ("标题: 多行\n作者: 王五、李四\n\n", "多行", ("王五", "李四"), None),
])
def test_every_front_matter_in_use_is_read_and_is_no_text(read, front, title, authors, year):
    document = read("a.md", front + BODY)
    metadata = document.metadata
    assert (metadata.title, metadata.authors, metadata.year) == (title, authors, year)
    assert document.text.lstrip("\n") == BODY


@pytest.mark.parametrize("text", [
    "---\n\nNote: a rule above, and one below.\n\n---\n\ntext\n", '{"a": 1}\n\ntext\n',
    "Note: this is a sentence.\n\ntext\n",
    "% \n\ntext\n", "Method: we train.\nResult: it works.\n\ntext\n",
    "---\nA sentence of prose.\nkey: value\n---\n\ntext\n",
])
def test_text_that_looks_like_keys_stays(read, text):
    assert read("a.md", text).text == text


@pytest.mark.parametrize(("text", "right", "told"), [
    ("One.\n\n<!-- TODO: the 10 is wrong -->\n\nTwo.\n", "One.\n\nTwo.\n", "1 comment"),
    ("One <!-- not\n\nyet --> two.\n", "One two.\n", "1 comment"),
    ("<!--\n# no heading\n\n```\ncode\n```\n-->\nTwo.\n", "Two.\n", "1 comment"),
    ("One.\n\n[//]: # (a comment)\n\nTwo.\n", "One.\n\nTwo.\n", "1 comment"),
    ("One.\n\n%%\nsecret\n\nthing\n%%\n\nTwo.\n", "One.\n\nTwo.\n", "1 comment"),
    ("One %%secret%% two.\n", "One two.\n", "1 comment"), ("结果%%待核实%%很好。\n", "结果很好。\n", "1 comment"),
    ("It is ~~80~~ 91 percent.\n", "It is 91 percent.\n", "1 struck passage"),
    ("It is <del>80</del> 91 percent.\n", "It is 91 percent.\n", "1 struck passage"),
    ("One.\n\n![[figure.png|300]]\n\nTwo.\n", "One.\n\nTwo.\n", "1 embedded file"),
    ("See [[Notes/Dropout|dropout]] and [[BERT#Pre-training]].\n", "See dropout and BERT > Pre-training.\n", ""),
    ("参见[[知识蒸馏]]与[[#方法]]。\n", "参见知识蒸馏与方法。\n", ""),
    ("| [[A\\|b]] | c |\n|---|---|\n", "| b | c |\n|---|---|\n", ""),
    ("> [!note] Read this\n> text\n", "> Read this\n> text\n", ""),
    ("> [!WARNING]\n> text\n", "> Warning\n> text\n", ""),
    ("> [!tip]- 提示\n> > [!note]+\n> > x\n", "> 提示\n> > Note\n> > x\n", ""),
    (f"One.\n\n![plot](data:image/png;base64,{BLOB})\n\nTwo.\n", "One.\n\nplot\n\nTwo.\n", "1 picture"),
    (f"One.\n\n<img src=\"data:image/png;base64,{BLOB}\" width=3>\n\nTwo.\n", "One.\n\nTwo.\n", "1 picture"),
    (f"One.\n\n[image1]: <data:image/png;base64,{BLOB}>\n", "One.\n\n", "1 picture"),
])
def test_what_is_no_text_is_left_out_and_told(read, text, right, told):
    document = read("a.md", text)
    assert document.text == right
    assert told in document.note
    assert bool(document.note) == bool(told)


@pytest.mark.parametrize("text", [
    "`<!-- shown -->` and `~~shown~~` and `[[shown]]`\n", "```html\n<!-- shown -->\n~~x~~ [[y]] %%z%%\n```\n",
    "    <!-- shown -->\n", "x ``a ` <!-- b -->`` y\n", "$a ~~ b ~~ c$ and $$x %% y %% z$$\n", "5%% and 6%% of it\n",
    "A <!-- that never ends\n", "m[[1]] and [[1]](http://x) and [[1, 2]]\n", "a ~~ b ~~ c and ~~~\n\ncode\n",
    "x \\~~y~~\n",
    "text[^1] and 95[^3]\n\n[^1]: A note.\n[^3]: Another.\n", "MKVLAAGIVG" * 60 + "\n",
    "deadbeef01" * 60 + "\n", "a" * 500 + "\n",
    "> [!] no callout\n", "[[]] and ![[]]\n",
])
def test_what_only_looks_like_it_stays(read, text):
    document = read("a.md", text)
    assert document.text == text
    assert document.note == ""


@pytest.mark.parametrize("text", [
    f"One.\n\n```\n{BLOB}\n```\n\nTwo.\n", f"One {BLOB} two.\n",
    "-----BEGIN X-----\n" + "\n".join(BLOB[i:i + 64] for i in range(0, 1280, 64)) + "\n-----END X-----\n",
    f"```css\na {{ src: url('data:font/woff2;base64,{BLOB}') }}\n```\n",
])
@pytest.mark.parametrize("name", ["a.md", "a.txt"])
def test_encoded_data_are_in_no_text(read, name, text):
    document = read(name, text)
    assert len(document.text) < 200
    assert "encoded data" in document.note


def test_headings_and_blocks_lie_where_the_text_is(read):
    document = read("a.md", "<!-- a -->\n# One\n\n%%b%% text\n\n```\ncode <!-- c -->\n```\n\n## Two ~~three~~ four\n")
    assert headings(document) == [(1, "One"), (2, "Two four")]
    assert blocks(document, "code") == ["```\ncode <!-- c -->\n```"]


@pytest.mark.parametrize("mark", ["<!-- ", "~~a ", "<del>", "[[", "$$ ", "` ", "![[a", "> [!a", "```\n<!--\n"])
def test_marks_that_never_end_cost_no_time_and_no_text(read, mark):
    text = mark * 20_000
    assert len(read("a.md", text).text) > len(text) * 0.4
