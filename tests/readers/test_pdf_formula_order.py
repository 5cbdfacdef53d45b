"""PDF: formulas whose signs a file has by font are read in the order they stand in."""

from __future__ import annotations

import pytest

from tests.making import pdf_of, placed_text, ruled
from tests.readers.test_pdf_layout import prose


def drawn(y: float, text: str, x: float, firsts: str, scripts: str = "", rise: float = -3) -> list[str]:
    """A formula of one sign every 7 points: first those in `firsts`, then the others, its scripts last; a script is
    written behind its letter in the text, and takes 5 points."""
    first, others, small = [], [], []
    for sign in text:
        if sign in scripts:
            small.append(placed_text(x, y + rise, sign, 7))
            x += 5
        elif sign != " ":
            (first if sign in firsts else others).append(placed_text(x, y, sign, 12))
            x += 7
    return [*first, *small, *others]


@pytest.mark.parametrize(("text", "firsts", "scripts", "written"), [
    ("B(x,y,z)=C(x,y)", "(),=", "", "B(x,y,z)=C(x,y)"),
    ("A=(a1,b2,c3)", "(),=", "123", "A=(a₁,b₂,c₃)"),
    ("f(v7)=5v+8", "0123456789()=+", "7", "f(v₇)=5v+8"),
    ("D(x,yk)<m", "(),<", "k", "D(x,y_k)<m"),
])
def test_signs_drawn_by_font_are_read_from_left_to_right(read, text, firsts, scripts, written):
    if scripts == "7":
        firsts = firsts.replace("7", "")
    page = [placed_text(60, 700, "The step", 12), *drawn(700, text, 112, firsts, scripts), *prose(660, 6)]
    assert written in read("a.pdf", pdf_of(page)).text.replace(" ", "")


def test_a_formula_of_two_lines_keeps_both(read):
    page = [placed_text(60, 720, "The cases are these:", 12), *drawn(690, "g(x)=4x+9", 120, "()=+49"),
            *drawn(672, "h(x)=6x-3", 120, "()=-63"), *prose(640, 6)]
    text = read("a.pdf", pdf_of(page)).text.replace(" ", "")
    assert "g(x)=4x+9" in text and "h(x)=6x-3" in text


def test_an_index_drawn_apart_under_the_rule_of_a_fraction_stays_at_its_letter(read):
    page = [placed_text(60, 700, "r =", 12), ruled(82, 703, 112),
            placed_text(95, 708, "+", 12), placed_text(89.5, 705, "1", 7), placed_text(108, 705, "2", 7),
            placed_text(83, 708, "a", 12), placed_text(102, 708, "b", 12), placed_text(94, 692, "9", 12),
            placed_text(116, 700, "of it", 12), *prose(660, 6)]
    assert "r=(a₁+b₂)/9" in read("a.pdf", pdf_of(page)).text.replace(" ", "")
