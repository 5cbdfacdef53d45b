"""PDF: what stands in one paragraph, and what is too short to be one."""

from __future__ import annotations

import pytest

from tests.making import pdf_of, placed_text
from tests.readers.conftest import blocks, headings
from tests.readers.test_pdf_layout import left_out, prose, prose_zh


def paragraphs(document) -> list[str]:
    return [part for part in document.text.split("\n\n") if part.strip()]


# --- numbers of pages


@pytest.mark.parametrize("full", [{3}, {2, 5}])
def test_a_page_number_close_to_the_text_goes_with_the_others(read, full):
    pages = [
        [*prose(740, 6, word=f"w{i}"), *(prose(120, 7) if i in full else []), placed_text(300, 36, str(i + 4), 10)]
        for i in range(1, 7)
    ]
    document = read("a.pdf", pdf_of(*pages))
    assert left_out(document, "page number") == ["5 … 10"]
    assert not [part for part in paragraphs(document) if len(part) < 4]


def test_a_count_at_the_end_of_a_page_that_is_no_page_number_stays(read):
    pages = [[*prose(740, 6), placed_text(300, 400, str(n), 10), placed_text(300, 36, str(i), 10)]
             for i, n in enumerate((17, 4, 93), 1)]
    document = read("a.pdf", pdf_of(*pages))
    assert [n for n in ("17", "93") if n in document.text] == ["17", "93"]
    assert left_out(document, "page number") == ["1 … 3"]


def test_numbers_of_pages_that_begin_again_go_too(read):
    numbers = [1, 2, 3, 4, 1, 2, 3, 4, 5]
    pages = [[*prose(740, 6, word=f"w{i}"), placed_text(300, 30, str(n))] for i, n in enumerate(numbers)]
    document = read("a.pdf", pdf_of(*pages))
    assert [item.pages for item in document.left_out] == [tuple(range(1, 10))]


@pytest.mark.parametrize("y", [775, 690])
def test_a_running_head_with_the_number_beside_it_goes_however_wide_the_margin(read, y):
    names = "策略迭代算法", "价值迭代算法", "时序差分算法"
    titles = [f"{i} {name}" for i, name in enumerate(names, 2) for _ in "ab"]
    pages = [
        [placed_text(120, y, title, 9), placed_text(480, y, str(i), 9), placed_text(200, y - 40, title, 15, bold=True),
         *prose_zh(y - 80, 8)]
        for i, title in enumerate(titles, 1)
    ]
    document = read("a.pdf", pdf_of(*pages))
    assert left_out(document, "page number") == ["1 … 6"]
    assert {heading for _, heading in headings(document)} == set(titles)
    assert document.text.count(titles[0]) == 2


# --- pieces of one line


def test_what_stands_side_by_side_on_a_line_is_one_line(read):
    rows = [("r", "极径", "m"), ("T", "时间", "s"), ("v", "行进速度", "m/s")]
    page = [*prose_zh(740), *(placed_text(x, 600 - 20 * i, cell) for i, row in enumerate(rows)
                              for x, cell in zip((100, 240, 470), row, strict=True)), *prose_zh(500)]
    assert "\n".join(" ".join(row) for row in rows) in paragraphs(read("a.pdf", pdf_of(page)))


def test_numbers_on_one_line_stay_apart_and_in_their_order(read):
    page = [*prose(740), placed_text(100, 600, "1998"), placed_text(300, 600.6, "27.5", 9), placed_text(480, 600, "3"),
            *prose(540)]
    assert "1998 27.5 3" in read("a.pdf", pdf_of(page)).text


def test_cells_in_bold_beside_each_other_are_no_heading(read):
    page = [*prose(740), placed_text(100, 640, "Concern", bold=True), placed_text(300, 640, "Steps taken", bold=True),
            *prose(600), placed_text(60, 500, "3", bold=True), placed_text(110, 500, "Results", bold=True),
            *prose(480)]
    document = read("a.pdf", pdf_of(page))
    assert headings(document) == [(1, "3 Results")]
    assert "Concern Steps taken" in document.text


@pytest.mark.parametrize("number", ["(3)", "（3）", "(2.14)", "(A.1)", "(4a)"])
def test_the_number_of_a_formula_stands_in_its_line(read, number):
    page = [*prose(740), placed_text(220, 640, "x + y = z"), placed_text(500, 646, number), *prose(600)]
    assert f"x + y = z {number}" in read("a.pdf", pdf_of(page)).text


# --- formulas inside a sentence, code


@pytest.mark.parametrize(("before", "formula", "after", "sentence"), [
    ("We write the loss of the whole model as the sum", "y = a + b,   (3)", "where a is its first part.",
     "as the sum y = a + b, (3) where a is its first part."),
    ("The bound that we are looking for here is", "x < 2 y", "and it holds for all of them.",
     "looking for here is x < 2 y and it holds for all of them."),
    ("Let the rate be as it was told before, so that", "r = 1.5", "for each of the steps.",
     "so that r = 1.5 for each of the steps."),
])
def test_a_sentence_goes_on_over_a_formula(read, before, formula, after, sentence):
    page = [*prose(740), placed_text(60, 640, before), placed_text(250, 616, formula), placed_text(60, 592, after),
            *prose(560)]
    assert sentence in " ".join(read("a.pdf", pdf_of(page)).text.replace("   ", " ").split(" "))


def test_chinese_goes_on_over_a_formula_as_the_indent_and_the_words_say(read):
    page = [*prose_zh(740), placed_text(80, 660, "模型的损失可以表示为"), placed_text(250, 640, "y = a + b"),
            placed_text(60, 620, "其中第一项为模型的误差。"), placed_text(80, 600, "下面讨论模型的训练过程。"),
            *prose_zh(560)]
    found = paragraphs(read("a.pdf", pdf_of(page)))
    assert "模型的损失可以表示为y = a + b其中第一项为模型的误差。" in found
    assert "下面讨论模型的训练过程。" in found


def test_a_formula_after_a_full_stop_and_a_theorem_after_a_formula_begin_a_paragraph(read):
    page = [*prose(740), placed_text(250, 650, "y = a + b."), placed_text(60, 620, "Theorem 2. All of it holds."),
            *prose(560)]
    found = paragraphs(read("a.pdf", pdf_of(page)))
    assert "y = a + b." in found
    assert "Theorem 2. All of it holds." in found


CODE = {
    "matlab": ["function y = f(x)", "n = length(x);", "for i = 1:n", "y(i) = x(i) ^ 2;", "end", "end"],
    "python": ["import numpy as np", "def loss(a, b):", "# the mean", "d = a - b", "for i in range(3):", "print(d)"],
    "c": ["int main() {", "int n = 12;", "while (n > 0) {", "n = n - 1;", "}", "return 0;", "}"],
}


@pytest.mark.parametrize("language", CODE)
def test_code_is_one_block_with_its_lines(read, language):
    page = [*prose(740), *(placed_text(60, 640 - 12 * i, line) for i, line in enumerate(CODE[language])), *prose(540)]
    document = read("a.pdf", pdf_of(page))
    assert blocks(document, "code") == ["\n".join(CODE[language])]


@pytest.mark.parametrize("lines", [
    ["1. P(A) = 1;", "2. P(B) = 0;", "3. the set C is as large as D;", "4. all of the others are smaller;"],
    ["for all of the models that are in the first table", "while the others are not in it at all and have no",
     "name of their own, the mean is given; it is that of", "the last three (see below) and of no other one;"],
])
def test_lists_and_sentences_are_no_code(read, lines):
    page = [*prose(740), *(placed_text(60, 640 - 12 * i, line) for i, line in enumerate(lines)), *prose(540)]
    assert blocks(read("a.pdf", pdf_of(page)), "code") == []


def test_the_words_of_a_figure_are_together_and_outside_the_sentence(read):
    labels = ["400", "300", "Loss", "0.5", "1.0", "epoch"]
    first = prose(740)
    page = [*first[:-1], *(placed_text(120 + 70 * (i % 3), 640 - 25 * i, label, 8) for i, label in enumerate(labels)),
            placed_text(60, 470, "to its end with the model and no further."), *prose(440)]
    document = read("a.pdf", pdf_of(page))
    assert "\n".join(labels) in paragraphs(document)


def test_the_power_of_a_tall_bracket_is_raised(read, tmp_path):
    import subprocess
    from shutil import which

    if which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    (tmp_path / "a.tex").write_text(r"\documentclass{article}\pagestyle{empty}\begin{document}Then"
                                    r"\[\biggl(\sum_{j=1}^{n} a_j\biggr)^{1/2} = 4\]\end{document}", encoding="utf-8")
    subprocess.run(["pdflatex", "-interaction=batchmode", "a.tex"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    text = read("a.pdf", (tmp_path / "a.pdf").read_bytes()).text
    assert "∑^{n}_{j=1} a_j)¹/² = 4" in text


@pytest.mark.parametrize(("sign", "dy"), [("i=1", -7), ("n", 8), ("r", -6)])
def test_a_sign_at_a_line_stays_in_the_lines_paragraph(read, sign, dy):
    """The limit of a sum, the index of a letter, set as a piece of its own."""
    lines = prose(740, 12)
    document = read("a.pdf", pdf_of([*lines[:5], placed_text(150, 740 - 12 * 4 + dy, sign, 10), *lines[5:]]))
    assert len(paragraphs(document)) == 1
    assert sign in document.text.split()
