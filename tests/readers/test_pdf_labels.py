"""PDF: labels of figures are one block, signs of formulas and ends of lines stand in their paragraph."""

from __future__ import annotations

import pytest

from tests.making import pdf_of, placed_text
from tests.readers.conftest import blocks
from tests.readers.test_pdf_layout import prose, prose_zh
from tests.readers.test_pdf_paragraphs import paragraphs


def drawing(left: float, bottom: float, right: float, top: float) -> list[str]:
    """Lines across a rectangle, enough to be a figure."""
    step = (right - left) / 10
    return [f"{left + i * step} {bottom} m {left + (i + 1) * step} {top} l S" for i in range(10)]


def figures(document) -> list[str]:
    return blocks(document, "figure")


# --- labels of figures


@pytest.mark.parametrize("labels", [["0", "20", "40", "60"], ["a", "b", "c", "d"], ["甲", "乙", "丙", "丁"],
                                    ["x₁", "NP", "VP", "V"]])
def test_labels_at_the_edge_of_a_drawing_are_in_its_one_block(read, labels):
    axis = [placed_text(92, 470 + 30 * i, label, 8) for i, label in enumerate(labels)]
    page = [*prose(740, 6), *drawing(105, 460, 400, 580), placed_text(200, 520, "measured", 8), *axis, *prose(420, 6)]
    document = read("a.pdf", pdf_of(page))
    assert len(figures(document)) == 1
    assert sorted(figures(document)[0].split("\n")) == sorted([*labels, "measured"])
    assert not [part for part in paragraphs(document) if len(part) < 4]


def test_a_sentence_beside_a_drawing_is_not_one_of_its_labels(read):
    page = [*prose(740, 6), *drawing(105, 460, 400, 580), placed_text(92, 500, "0", 8),
            placed_text(60, 445, "The curve goes up with every layer."), *prose(420, 6)]
    document = read("a.pdf", pdf_of(page))
    assert all("curve" not in figure for figure in figures(document))
    assert "The curve goes up with every layer." in document.text


def test_nodes_without_a_drawing_are_one_paragraph(read):
    nodes = [(200, 600, "S"), (160, 570, "NP"), (240, 570, "VP"), (240, 540, "V")]
    page = [*prose(740, 6), *(placed_text(x, y, label) for x, y, label in nodes), *prose(480, 6)]
    document = read("a.pdf", pdf_of(page))
    assert not [part for part in paragraphs(document) if len(part) < 4]
    assert all(part.endswith((".", "V")) for part in paragraphs(document))


def test_no_character_is_lost_and_passages_stay_the_text(read):
    words = ["0", "5", "10", "loss", "NP", "and"]
    page = [*prose(740, 6), *drawing(105, 460, 400, 580),
            *(placed_text(92 + 50 * i, 450, word, 8) for i, word in enumerate(words)), *prose(420, 6)]
    document = read("a.pdf", pdf_of(page))
    for word in words:
        assert word in document.text.split()
    assert "".join(document.text[page.start:page.end] for page in document.pages) == document.text


# --- signs and ends of lines


@pytest.mark.parametrize("word", ["and", "where", "or"])
def test_a_word_between_two_formulas_goes_on_with_the_sentence(read, word):
    page = [*prose(740, 6), placed_text(60, 640, "Let the two sums of the layers be given as"),
            placed_text(60, 620, word), placed_text(200, 600, "x = 2y + 3z,  y = 4z"), *prose(560, 6)]
    text = read("a.pdf", pdf_of(page)).text
    assert f"{word} " in text and f"\n\n{word}\n\n" not in text


def test_the_last_character_of_a_cell_stands_in_its_cell(read):
    page = [*prose_zh(740, 6), placed_text(80, 600, "丙烯产物的选择"), placed_text(80, 586, "性"),
            *prose_zh(540, 6)]
    assert "丙烯产物的选择性" in read("a.pdf", pdf_of(page)).text


@pytest.mark.parametrize("words", ["Yes.", "No.", "否。", "您好！"])
def test_a_short_answer_stays_a_paragraph(read, words):
    page = [*prose(740, 6), placed_text(60, 640, words), *prose(610, 6)]
    assert words in paragraphs(read("a.pdf", pdf_of(page)))


# --- words under each other


def pairs(x: float, y: float, words: list[tuple[str, str]], size: float = 10) -> list[str]:
    """Each word and the one under it, in this order, as wide as the wider one."""
    placed = []
    for above, below in words:
        placed += [placed_text(x, y, above, size), placed_text(x, y - 12, below, size)]
        x += 0.62 * size * max(len(above), len(below)) + 0.2 * size
    return placed


@pytest.mark.parametrize("words", [
    [("Ich", "I"), ("habe", "have"), ("den", "the"), ("Mann", "man"), ("gesehen", "seen")],
    [("jeg", "I"), ("har", "have"), ("ikke", "not"), ("lest", "read"), ("boken", "book")],
    [("nous", "we"), ("avons", "have"), ("vu", "seen"), ("le chat", "the cat")],
])
def test_a_sentence_over_its_words_in_another_language_is_read_by_lines(read, words):
    page = [*prose(740, 6), *pairs(90, 640, words), *prose(580, 6)]
    text = " ".join(read("a.pdf", pdf_of(page)).text.split())
    assert " ".join(above for above, _ in words) in text
    assert " ".join(below for _, below in words) in text


def test_cells_of_several_lines_stay_cells(read):
    cells = [["Exponential if the", "output is a state."], ["Depends on the", "data at hand."],
             ["Dimension of the", "whole system."]]
    page = [*prose(740, 6), *(placed_text(60 + 110 * i, 640 - 12 * j, line) for i, cell in enumerate(cells)
                              for j, line in enumerate(cell)), *prose(580, 6)]
    text = " ".join(read("a.pdf", pdf_of(page)).text.split())
    assert all(" ".join(cell) in text for cell in cells)


@pytest.mark.parametrize("nodes", [
    [(200, 600, "CP"), (150, 572, "C[Decl]"), (250, 572, "T[past, uV]"), (220, 544, "read [V, uD]")],
    [(120, 600, "Sequencer"), (300, 590, "OK"), (420, 604, "Certifier 1"), (300, 560, "designated")],
    [(120, 600, "请求队列"), (300, 590, "否"), (420, 604, "调度器"), (300, 560, "设备驱动程序")],
])
def test_longer_labels_that_are_spread_out_are_one_paragraph(read, nodes):
    page = [*prose(740, 6), *(placed_text(x, y, label) for x, y, label in nodes), *prose(500, 6)]
    parts = paragraphs(read("a.pdf", pdf_of(page)))
    assert sum(any(label in part for _, _, label in nodes) for part in parts) == 1
