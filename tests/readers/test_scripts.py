"""Raised and lowered characters: the same notation from every reader."""

from __future__ import annotations

import pytest

from kb.readers.scripts import lowered, raised
from kb.verify.figures import missing_numbers


@pytest.mark.parametrize(
    ("before", "run", "written"),
    [
        ("3 × 10", "-5", "⁻⁵"),
        ("10", "−12", "⁻¹²"),
        ("accuracy 95", "3", "³"),
        ("word", "3,4", "³,⁴"),
        ("word", "1, 2", "¹,²"),
        ("word.", "5–7", "⁵–⁷"),
        ("m", "2 ", "² "),
        ("95", "[3]", " [3]"),
        ("方法", "[1-3]", "[1-3]"),
        ("方法。", "［2］", "［2］"),
        ("ratio ", "[3]", "[3]"),
        ("the 21", "st", "st"),
        ("Corpus", "TM", "™"),
        ("at 25 ", "o", "°"),
        ("Li", "*", "*"),
        ("Li", "†", "†"),
        ("Ca", "2+", "²⁺"),
        ("Li", "a", "^a"),
        ("Li", "a,b", "^{a,b}"),
        ("A", "T", "^T"),
        ("2", "0.5", "^{0.5}"),
        ("2", "n-1", "^{n-1}"),
        ("", "1", "¹"),
        ("", "a", "a"),
        ("note ", "a", "a"),
        ("95", "see the notes below", " see the notes below"),
        ("x", "", ""),
        ("x", " ", " "),
        ("结果", "①", "①"),
    ],
)
def test_raised(before, run, written):
    assert raised(before, run) == written


@pytest.mark.parametrize(
    ("before", "run", "written"),
    [
        ("H", "2", "₂"),
        ("x", "12", "₁₂"),
        ("x", "i", "_i"),
        ("x", "max", "_{max}"),
        ("C", "n+1", "_{n+1}"),
        ("log", "10 ", "₁₀ "),
        ("PM", "2.5", "_{2.5}"),
        ("", "", ""),
    ],
)
def test_lowered(before, run, written):
    assert lowered(before, run) == written


def test_a_power_is_the_same_number_in_every_spelling():
    assert missing_numbers("The rate is 10^-5.", "The rate was 3 × 10⁻⁵ here.") == []
    assert missing_numbers("It has 10^12 tokens.", "It has 10¹² tokens.") == []
    assert missing_numbers("It has 10^12 tokens.", "It has 10¹ tokens.")
