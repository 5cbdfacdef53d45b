"""PDF: fractions and roots drawn with a rule keep their numbers apart, on the line they stand in."""

from __future__ import annotations

import pytest

from tests.making import own_font, pdf_of, placed_text, ruled
from tests.readers.test_pdf_layout import prose


def fraction(x: float, y: float, upper: str, lower: str, width: float, size: float = 10) -> list[str]:
    """A fraction on the baseline y, as TeX sets one: each part about the middle, which Helvetica's digits fill."""
    def left(part: str) -> float:
        return x + (width - 0.556 * size * len(part)) / 2
    axis = y + 0.25 * 10
    return [placed_text(left(upper), axis + 0.4 * size, upper, size),
            placed_text(left(lower), axis - 0.95 * size, lower, size), ruled(x, axis, x + width)]


def test_a_fraction_in_a_line_is_one(read):
    page = [placed_text(72, 700, "It takes n ="), *fraction(132, 700, "12", "365", 18),
            placed_text(154, 700, "of the time"), *prose(660, 6)]
    assert "It takes n = 12/365 of the time" in read("a.pdf", pdf_of(page)).text


@pytest.mark.parametrize("size", [7, 10])
def test_a_number_before_a_fraction_stays_apart(read, size):
    page = [placed_text(72, 700, "x ="), placed_text(92, 700, "2"), *fraction(98.5, 700, "1", "3", 6, size),
            placed_text(105.5, 700, "5 of all"), *prose(660, 6)]
    assert "x = 2 1/3 5 of all" in read("a.pdf", pdf_of(page)).text


def test_parts_of_several_signs_are_in_brackets(read):
    page = [placed_text(72, 700, "y ="), *fraction(92, 700, "1+x", "2y", 18), placed_text(112, 700, "+ 4"),
            *prose(660, 6)]
    assert "y = (1+x)/(2y) + 4" in read("a.pdf", pdf_of(page)).text


def test_a_fraction_in_a_fraction_is_read_inside_out(read):
    page = [placed_text(72, 700, "z ="), placed_text(95, 706.5, "7"), *fraction(92, 694 - 6, "3", "4", 10),
            ruled(91, 702.5, 103), *prose(640, 6)]
    assert "z = 7/(3/4)" in read("a.pdf", pdf_of(page)).text


@pytest.mark.parametrize("order", [1, -1])
def test_a_fraction_is_read_in_whatever_order_its_parts_are_drawn(read, order):
    parts = [placed_text(72, 700, "p ="), *fraction(92, 700, "25", "64", 14), placed_text(109, 700, "= 0.39 here")]
    page = [*parts[::order], *prose(660, 6)]
    assert "p = 25/64 = 0.39 here" in read("a.pdf", pdf_of(page)).text


def test_the_power_of_a_part_stays_at_its_letter(read):
    page = [placed_text(72, 700, "q ="), placed_text(94, 706.5, "3"), placed_text(99.6, 710.5, "2", 7),
            placed_text(96, 693, "n"), ruled(93, 702.5, 105), placed_text(108, 700, "and"), *prose(660, 6)]
    assert "q = 3²/n and" in read("a.pdf", pdf_of(page)).text


@pytest.mark.parametrize(("under", "width", "written"), [("n", 6, "√n + 1"), ("2+x", 19, "√(2+x) + 1")])
def test_what_is_under_the_rule_of_a_root_is_told_from_what_follows(read, under, width, written):
    page = [placed_text(72, 700, "s ="), placed_text(90, 700, "√"), placed_text(100, 700, under),
            ruled(100, 709, 100 + width), placed_text(103 + width, 700, "+ 1 of all"), *prose(660, 6)]
    assert written in read("a.pdf", pdf_of(page)).text


@pytest.mark.parametrize("under", ["and the text that goes on below it is as long as that one above",
                                   "see 12 of 15"])
def test_underlined_words_are_no_fraction(read, under):
    page = [placed_text(72, 700, "x = 1 as"), placed_text(112, 700, "12 to 15"), ruled(112, 698.5, 150),
            placed_text(154, 700, "say"), placed_text(72, 688, under), *prose(660, 6)]
    assert "/" not in read("a.pdf", pdf_of(page)).text


def test_cells_of_a_table_are_no_fraction(read):
    page = [placed_text(72, 730, "With a = b in all of the rows:"), *prose(600, 6)]
    for i in range(4):
        page += [placed_text(x, 700 - 14 * i, str(n)) for x, n in ((100, 10 + i), (200, 20 + i), (300, 3 * i))]
        page.append(ruled(90, 696.5 - 14 * i, 330))
    assert "/" not in read("a.pdf", pdf_of(page)).text


def test_rules_that_go_on_with_each_other_are_those_of_cells(read):
    page = [placed_text(72, 730, "With a = b in all of the rows:"), *prose(600, 6)]
    for i in range(4):
        for n in range(5):
            page += [placed_text(92 + 30 * n, 700 - 14 * i, f"{n}.{i}24"), ruled(90 + 30 * n, 696.5 - 14 * i,
                                                                                 120 + 30 * n)]
    assert "/" not in read("a.pdf", pdf_of(page)).text


def test_rows_of_a_vector_or_of_cases_are_no_fraction(read):
    page = [placed_text(72, 700, "v = ("), placed_text(97, 706.5, "10"), placed_text(97, 693, "24"),
            placed_text(110, 700, ") of all"), *prose(660, 6)]
    text = read("a.pdf", pdf_of(page)).text
    assert "10/24" not in text and "1024" not in text and "10; 24" in text


def test_a_letter_of_two_code_units_before_a_fraction_stays_whole(read):
    font = own_font({"g": ("\U0001d454", 0.05, 0.5)})
    page = [placed_text(72, 700, "lo"), "BT /F5 10 Tf 1 0 0 1 80 700 Tm (g) Tj ET",
            *fraction(92, 700, "12", "35", 13), placed_text(109, 700, "of all"), *prose(660, 6)]
    text = read("a.pdf", pdf_of(page, font=font)).text
    assert "\U0001d454 12/35" in text or "g 12/35" in text


def test_rules_that_are_pictures_or_in_a_form_part_fractions_as_well(read):
    bar = "q 18 0 0 0.5 132 702.3 cm BI /W 1 /H 1 /IM true /D [1 0] ID \x00 EI Q"
    page = [placed_text(72, 700, "It takes n ="), *fraction(132, 700, "12", "365", 18)[:2], bar,
            placed_text(154, 700, "of the time"), *prose(660, 6)]
    assert "n = 12/365 of" in read("a.pdf", pdf_of(page)).text


def test_what_stands_under_the_limits_of_a_sum_is_in_the_fraction(read):
    page = [placed_text(72, 700, "w ="), placed_text(103, 707, "5"), ruled(90, 702.5, 121),
            placed_text(93, 686, "7+2ab"), placed_text(96, 694, "n", 6), placed_text(124, 700, "or so"),
            *prose(640, 6)]
    text = read("a.pdf", pdf_of(page)).text
    assert "w = 5/(7" in text and "2ab) or so" in text


def test_a_power_before_a_fraction_stays_at_its_letter(read):
    page = [placed_text(72, 700, "u = 4x"), placed_text(102.5, 704, "2", 7), *fraction(109, 700, "1", "7", 6),
            placed_text(118, 700, "of all"), *prose(660, 6)]
    assert "u = 4x² 1/7 of all" in read("a.pdf", pdf_of(page)).text
