"""Each reader on small real files, through the sandbox as in real use."""

import os

import pytest

from kb.errors import FileProblem
from kb.readers import Limits, scan
from kb.readers.sandbox import Sandbox
from tests.making import make_pdf


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as opened:
        yield opened


@pytest.fixture
def read(sandbox, tmp_path):
    def read_bytes(name, data, **beside):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        for suffix, text in beside.items():
            (tmp_path / f"{path.stem}.{suffix}").write_text(text)
        sources, problems = scan([path])
        assert problems == []
        document = sandbox.read(sources[0])
        check(document)
        return document

    return read_bytes


def check(document):
    """What holds for every document of every reader."""
    text = document.text
    for spans in (document.sections, document.pages):
        if spans and text:
            assert spans[0].start == 0
            assert spans[-1].end == len(text)
            assert all(a.end == b.start for a, b in zip(spans, spans[1:], strict=False))
    for block in document.blocks:
        assert any(section.start <= block.start < block.end <= section.end for section in document.sections)
    assert "\0" not in text
    text.encode("utf-8")


def headings(document):
    return [(section.level, section.heading) for section in document.sections if section.heading]


# --- Markdown and text


def test_markdown_stays_verbatim_without_its_front_matter(read):
    body = (
        "# Title\n\nText with $a. b$.\n\n```python\n# no heading\n```\n\nSub\n---\n\n| a | b |\n|---|---|\n| 1 | 2 "
        "|\n\n$$\nx = 1\n$$\n"
    )
    document = read("a.md", f"---\ntitle: Given\nauthors: [A. One, 王五]\nyear: 2020\ndoi: 10.1000/xyz\n---\n{body}")
    assert document.text == body
    assert headings(document) == [(1, "Title"), (2, "Sub")]
    assert sorted(block.kind for block in document.blocks) == ["code", "formula", "table"]
    m = document.metadata
    assert (m.title, m.authors, m.year, m.doi, m.guessed) == ("Given", ("A. One", "王五"), 2020, "10.1000/xyz", ())


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "知识蒸馏是一种方法。"),
        ("gb18030", "知识蒸馏是一种训练小模型的方法，它需要教师模型。"),
        ("big5", "知識蒸餾是一種訓練小模型的方法，它需要教師模型。"),
        ("utf-16", "知识 and text"),
        ("cp1252", "A naïve café résumé – Größe und Maß."),
        ("shift_jis", "これは日本語の文章です。モデルを学習します。"),
    ],
)
def test_the_encoding_of_text_is_found(read, encoding, text):
    assert read("a.txt", text.encode(encoding)).text == text


def test_a_named_encoding_is_used(sandbox, tmp_path):
    (tmp_path / "a.txt").write_bytes("Größe".encode("cp437"))
    assert sandbox.read(scan([tmp_path / "a.txt"])[0][0], "cp437").text == "Größe"


def test_the_title_is_the_first_heading_or_else_a_guess_from_the_name(read):
    assert read("x.md", "# The heading\n\ntext").metadata.title == "The heading"
    document = read("my_notes-2024.txt", "no heading here, only text.")
    assert document.metadata.title == "my notes-2024"
    assert document.metadata.guessed == ("title",)


def test_metadata_beside_a_file_come_before_its_own(read):
    document = read("paper.md", "---\ntitle: Own\nyear: 1999\n---\ntext",
                    toml='title = "Beside"\nauthors = ["B. Two"]\n')
    assert (document.metadata.title, document.metadata.year, document.metadata.authors) == ("Beside", 1999, ("B. Two",))
    document = read(
        "thesis.txt", "text", bib=
        "@article{x, title={A {B}ib title}, author={Doe, Jane and 李四}, year=2015, eprint={1503.02531}, "
        "archivePrefix={arXiv}}"
    )
    assert document.metadata.title == "A Bib title"
    assert document.metadata.authors == ("Jane Doe", "李四")
    assert document.metadata.year == 2015


# --- PDF

PROSE = [
    "Attention relates the positions of a sequence to each other and so it gives",
    "every position a view of all the others at once. It needs no recur-", "rence to do so and it runs in parallel."
]


def test_lines_of_a_pdf_become_paragraphs_and_large_ones_headings(read):
    document = read("a.pdf",
                    make_pdf(["# On attention", "", *PROSE, "", "", "A second paragraph stands here by itself."]))
    assert headings(document) == [(1, "On attention")]
    assert "so it gives every position" in document.text
    assert "recurrence to do so" in document.text
    assert "in parallel.\n\nA second paragraph" in document.text
    assert document.metadata.title == "On attention"
    assert "title" in document.metadata.guessed


def test_every_character_of_a_pdf_knows_its_page_even_over_a_page_break(read):
    document = read(
        "a.pdf",
        make_pdf(["# One", "", "The first page ends in the middle of a sentence that goes on over the"],
                 ["break to the second page where it ends."], ["Third."]))
    assert "over the break to" in document.text
    assert document.page_at(document.text.index("first page")) == 1
    assert document.page_at(document.text.index("break to")) == 2
    assert document.page_at(document.text.index("Third")) == 3


def test_running_heads_and_page_numbers_go_and_text_at_the_edge_stays(read):
    pages = [
        ["Journal of Examples, vol. 7"]
        + [""] * 3
        + [f"Body text number {i} is here and is kept whole."]
        + [""] * 44
        + [str(i)]
        for i in range(1, 6)
    ]
    pages[2][-1] = "1998"
    document = read("a.pdf", make_pdf(*pages, size=10))
    assert "Journal of Examples" not in document.text
    assert all(f"Body text number {i}" in document.text for i in range(1, 6))
    assert "1998" in document.text
    assert "\n4\n" not in document.text


def test_two_columns_are_read_one_after_the_other(read):
    left = [f"left column line {i} goes on and" for i in range(20)]
    right = [f"right column line {i} follows it" for i in range(20)]
    text = read("a.pdf", make_pdf(["\t".join(pair) for pair in zip(left, right, strict=True)])).text
    assert [text.index(f"left column line {i} ") for i in range(20)] == sorted(
        text.index(f"left column line {i} ") for i in range(20)
    )
    assert text.index("left column line 19") < text.index("right column line 0")


def test_a_compound_cut_at_its_hyphen_keeps_it(read):
    text = read(
        "a.pdf",
        make_pdf(["This is the method that all call state-of-the-", "art and it is well known in this field of work."]),
    ).text
    assert "state-of-the-art" in text


def test_a_pdf_without_text_says_so(read):
    document = read("scan.pdf", make_pdf([]))
    assert (document.status, document.text) == ("no_text", "")
    assert "not searchable" in document.note


def test_pdf_info_gives_title_and_authors(read):
    import io

    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(["Some text."])))
    writer.add_metadata({"/Title": "The declared title", "/Author": "Jane Doe; John Roe"})
    out = io.BytesIO()
    writer.write(out)
    m = read("a.pdf", out.getvalue()).metadata
    assert (m.title, m.authors, m.guessed) == ("The declared title", ("Jane Doe", "John Roe"), ())


@pytest.mark.browser
def test_a_chinese_pdf_keeps_its_paragraphs_headings_pages_and_characters(read, chromium, tmp_path):
    from playwright.sync_api import sync_playwright

    from tests.browser.test_ask_flow import FLAGS

    paragraph = (
        "大模型是指参数很多的神经网络，它先在大量文本上预训练，再用少量标注数据微调，长度足够时这一段会换行好几次。" * 3
    )
    html = f"""<meta charset=utf-8><style>body{{font-family:'Noto Sans CJK SC'}} h2{{break-before:page}}</style>\
<h1>一 大模型</h1><p>{paragraph}</p>
    <ul><li>剪枝(Pruning):移除不重要的权重。</li><li>量化：用更少的位数。</li></ul>\
<h2>二 长度与高度</h2><p>{paragraph}</p>"""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        page = browser.new_page()
        page.set_content(html)
        page.pdf(path=str(tmp_path / "made.pdf"), format="A4")
        browser.close()
    document = read("zh.pdf", (tmp_path / "made.pdf").read_bytes())
    assert [heading for _, heading in headings(document)] == ["一 大模型", "二 长度与高度"]
    assert document.text.count(paragraph) == 2
    assert "剪枝(Pruning):移除不重要的权重。" in document.text
    assert document.page_at(document.text.index("二 长度")) == 2
    assert not any("\u2e80" <= character <= "\u2fdf" for character in document.text)


# --- HTML, DOCX, LaTeX


def test_html_gives_its_main_text_and_what_its_head_declares(read):
    page = """<html lang=en><head><meta charset=utf-8><title>Site</title>
    <meta name=citation_title content="The paper"><meta name=citation_author content="Jane Doe">
    <meta name=citation_publication_date content="2019/05/01"><script>var x = "secret script";</script></head>
    <body><nav>Home About</nav><article><h1>The paper</h1>
    <p>The first paragraph of the article is long enough to count as main text of the page, they say.</p><h2>Method</h2>
    <p>We train a model on <b>many</b> examples and then we measure how well it does on others that it has not seen.</p>
    <ul><li>one item</li><li>two item</li></ul></article><footer>Imprint</footer></body></html>"""
    document = read("a.html", page)
    assert "We train a model on" in document.text
    assert "secret script" not in document.text
    assert "Method" in [heading for _, heading in headings(document)]
    assert (document.metadata.title, document.metadata.authors, document.metadata.year) == (
        "The paper",
        ("Jane Doe",),
        2019,
    )


def test_docx_gives_headings_lists_and_tables(read, tmp_path):
    import docx

    made = docx.Document()
    made.core_properties.title, made.core_properties.author = "文档标题", "张三"
    made.add_heading("引言", 1)
    made.add_paragraph("第一段说明了背景。")
    made.add_paragraph("第一项", style="List Bullet")
    table = made.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "甲", "乙"
    made.save(tmp_path / "x.docx")
    document = read("a.docx", (tmp_path / "x.docx").read_bytes())
    assert headings(document) == [(1, "引言")]
    assert "第一段说明了背景。" in document.text
    assert "- 第一项" in document.text
    assert [block.kind for block in document.blocks] == ["table"]
    assert (document.metadata.title, document.metadata.authors) == ("文档标题", ("张三",))


def test_latex_gives_prose_with_formulas_whole(read):
    source = r"""\documentclass{article}\title{On $k$ Things}\author{Ren\'e M\"uller \and Ann Bo}
\begin{document}\maketitle
\begin{abstract}We show it.\end{abstract}
\section{Method} % a comment
We \emph{train} it, see \cite{doe2019}.
\begin{equation} E = mc^2. \end{equation}
\subsection{Detail}\begin{itemize}\item one\item two\end{itemize}
\end{document}"""
    document = read("a.tex", source)
    assert (2, "Detail") in headings(document)
    assert "We train it, see [doe2019]." in document.text
    assert any(block.kind == "formula" and "E = mc^2" in document.text[block.start:block.end]
               for block in document.blocks)
    assert "a comment" not in document.text
    assert document.metadata.authors == ("René Müller", "Ann Bo")


# --- scanning


def test_folders_patterns_and_files_are_found_once_and_the_rest_is_accounted_for(tmp_path):
    for name in ("b.md", "a.txt", "sub/c.md", ".hidden.md", ".git/x.md", "picture.png", "b.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1" if name.endswith("toml") else "text")
    (tmp_path / "link.md").symlink_to(tmp_path / "b.md")
    os.mkfifo(tmp_path / "pipe.md")
    sources, problems = scan([tmp_path, tmp_path / "b.md", str(tmp_path / "*.txt"), str(tmp_path / "none*.md")])
    assert [os.path.basename(source.path) for source in sources] == ["a.txt", "b.md", "c.md"]
    assert sorted(problem.code for problem in problems) == [
        "E_NOT_FOUND",
        "SKIP_HIDDEN",
        "SKIP_HIDDEN",
        "SKIP_LINK",
        "SKIP_PICTURE",
        "SKIP_SIDECAR",
        "SKIP_SPECIAL",
    ]
    assert all(problem.values is not None and problem.message for problem in problems)


def test_a_broken_sidecar_is_named(sandbox, tmp_path):
    (tmp_path / "a.md").write_text("text")
    (tmp_path / "a.toml").write_text("title = ")
    with pytest.raises(FileProblem) as caught:
        sandbox.read(scan([tmp_path / "a.md"])[0][0])
    assert caught.value.code == "E_SIDECAR"
    assert "a.toml" in str(caught.value)


def test_limits_are_given_in_the_message(tmp_path):
    (tmp_path / "a.txt").write_text("many characters " * 100)
    with Sandbox(Limits(max_characters=100)) as small, pytest.raises(FileProblem) as caught:
        small.read(scan([tmp_path / "a.txt"])[0][0])
    assert caught.value.code == "E_TOO_BIG"
    assert "100" in str(caught.value)
