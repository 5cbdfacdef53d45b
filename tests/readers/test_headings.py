"""Headings by what is counted about the lines of a document: styles without names, front matter, noise, lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kb
from kb.readers.heading_features import NAMES, Lines
from kb.readers.heading_model import trees
from kb.readers.headings import find_headings
from kb.readers.order import Row

WORDS = ("the stream of cold water from the north meets the warm one near the coast and both turn east where the "
         "bottom falls off so that the plankton of the upper layers is carried out to the open sea each spring").split()
PITCH = 0.016


def paragraph(page: int, top: float, n: int = 5, face: str = "AdvTT1a") -> list[Row]:
    """n full lines and a short last one."""
    lines = [" ".join(WORDS[(7 * k + i) % len(WORDS)] for i in range(13)) for k in range(n)]
    rows = [Row(page, line.capitalize() if k == 0 else line, 0.12, top - PITCH * k, 0.88, 10, False, face, face)
            for k, line in enumerate(lines)]
    return [*rows, Row(page, "to the end of it.", 0.12, top - PITCH * n, 0.3, 10, False, face, face)]


def line(page: int, text: str, middle: float, *, size: float = 10, face: str = "AdvTT9f", bold: bool = False) -> Row:
    return Row(page, text, 0.12, middle, 0.12 + 0.007 * size / 10 * len(text), size, bold, face, face)


def found(rows: list[Row], title: str = "") -> list[str]:
    levels = find_headings(rows, {}, 10.0, PITCH, {}, title)
    return [rows[i].text for i in sorted(levels)]


def paper(names: list[str], **style: object) -> list[Row]:
    """Three of these on each page, each above two paragraphs."""
    rows = []
    for k, name in enumerate(names):
        page, top = 2 + k // 3, 0.9 - 0.29 * (k % 3)
        rows += [line(page, name, top, **style), *paragraph(page, top - 1.8 * PITCH),  # type: ignore[arg-type]
                 *paragraph(page, top - 8.5 * PITCH)]
    return rows


def test_a_face_that_only_short_lines_above_text_have_is_that_of_headings():
    names = ["Study area", "Sampling of water", "Chemical analysis", "Currents near the coast", "Plankton in spring",
             "Open questions"]
    assert found(paper(names)) == names


@pytest.mark.parametrize("form", ["{}. {}", "{} {}", "3.{} {}"])
def test_numbers_in_the_face_of_the_text(form):
    names = [form.format(k, word) for k, word in enumerate(["Water", "Salt", "Plankton", "Currents", "Fish"], 1)]
    assert found(paper(names, face="AdvTT1a")) == names


def test_what_stands_between_the_title_and_the_text_is_no_heading():
    rows = [line(1, "Cold water at the coast and the spring of the", 0.9, size=17), line(1, "plankton", 0.87, size=17),
            line(1, "Ada Berg, Carl Dahl and Eva Falk", 0.83, size=11),
            line(1, "Institute of Marine Research, 5817 Bergen, Norway", 0.81, size=9, face="AdvTT3c"),
            line(1, "Received 3 May 2019; accepted 9 June 2020", 0.79, size=8),
            *paragraph(1, 0.74), line(1, "1. Introduction", 0.6), *paragraph(1, 0.57), *paragraph(1, 0.46),
            *paper(["2. Study area", "3. Methods", "4. Results"])]
    title = "Cold water at the coast and the spring of the plankton"
    assert found(rows, title)[:3] == ["Cold water at the coast and the spring of the", "plankton", "1. Introduction"]
    assert len(found(rows, title)) == 6


def test_names_in_the_style_of_headings_above_the_abstract_are_none():
    names = line(1, "Ada Berg, Carl Dahl, Eva Falk", 0.85, size=12, bold=True)
    rows = [line(1, "Cold water at the coast", 0.9, size=17),
            names._replace(left=0.35, right=0.65), line(1, "Abstract", 0.8, size=12, bold=True), *paragraph(1, 0.77),
            line(1, "Introduction", 0.6, size=12, bold=True), *paragraph(1, 0.57), *paragraph(1, 0.46),
            *paper(["Study area", "Methods", "Results"], size=12, bold=True)]
    assert found(rows, "Cold water at the coast") == [
        "Cold water at the coast", "Abstract", "Introduction", "Study area", "Methods", "Results"]


def test_lines_of_noise_are_no_headings():
    noise = ["~-^l| ;: 'i", "l1I|/ ..-,", "rn^ vv:. |l", "-_~ ;;, Il", "'\"| :l; ~~"]
    names = ["1. Introduction", "2. Study area", "3. Methods"]
    rows = paper(names)
    for k, text in enumerate(noise):
        at = 3 + 4 * k
        rows.insert(at, rows[at - 1]._replace(text=text, size=11 + k, middle=rows[at - 1].middle - 0.004, right=0.3))
    assert found(rows) == names


def test_the_second_line_of_a_heading_is_a_part_of_it_and_another_heading_is_not():
    rows = [line(2, "2. A name so long that it goes on over the end of its line and is ended on", 0.9, size=13),
            line(2, "the next one", 0.9 - 1.3 * PITCH, size=13), *paragraph(2, 0.85), *paragraph(2, 0.74),
            *[row._replace(page=row.page + 1) for row in paper(["3. Methods", "4. Results", "5. Discussion"], size=13)]]
    levels = find_headings(rows, {}, 10.0, PITCH, {})
    assert [rows[i].text[:5] for i in sorted(levels)] == ["2. A ", "the n", "3. Me", "4. Re", "5. Di"]
    assert set(levels.values()) == {1}


def test_a_shorter_line_below_the_middle_of_a_heading_is_a_part_of_it_in_small_capitals_too():
    names = ["2. SAMPLING OF THE WATER AND THE PLANKTON", "3. CURRENTS", "4. OUTLOOK"]
    rows = paper(names, face="AdvTT1a")
    first = rows[0]._replace(left=0.3, right=0.7)
    below = first._replace(text="OF THE COAST", left=0.42, right=0.58, size=8, middle=first.middle - PITCH)
    rows = [first, below, *(row._replace(middle=row.middle - PITCH) for row in rows[1:])]
    assert found(rows) == [names[0], "OF THE COAST", *names[1:]]


def test_an_outline_wins_over_what_is_counted():
    rows = paper(["1. Water", "2. Salt", "3. Fish"])
    outline = {(2, "1water"): 1, (2, "totheendofit"): 3}
    levels = find_headings(rows, {}, 10.0, PITCH, outline)
    assert {rows[i].text: level for i, level in levels.items()}["to the end of it."] == 3


def test_the_trees_ask_for_what_is_counted():
    data = json.loads((Path(kb.__file__).parent / "data/headings.json").read_text(encoding="utf-8"))
    rows = paper(["1. Water"])
    assert data["features"] == list(NAMES)
    assert len(Lines(rows, {}, 10.0, PITCH).features(0)) == len(NAMES)
    for asked, values, lefts, rights in trees().trees:
        assert len(asked) == len(values) == len(lefts) == len(rights)
        inner = [i for i, feature in enumerate(asked) if feature >= 0]
        assert all(feature < len(NAMES) for feature in asked)
        assert sorted([*(lefts[i] for i in inner), *(rights[i] for i in inner)]) == list(range(1, len(asked)))


def test_no_rows_have_no_headings():
    assert find_headings([], {}, 10.0, PITCH, {}) == {}


def test_a_heading_that_its_paragraph_goes_on_behind_is_no_heading_of_its_own():
    """Its line begins bold and ends as the text is set, as wide as the text; alone in its line it is one."""
    names = [f"{k}. {word}" for k, word in enumerate(["Water", "Salt", "Plankton", "Currents"], 1)]
    rows = paper(names, bold=True)
    assert found(rows) == names
    for i, row in enumerate(rows):
        if row.text in names[1:3]:
            rows[i] = row._replace(text=f"{row.text}. The stream of cold water from the north meets the warm one",
                                   right=0.88, end="AdvTT1a")
            rows[i + 1:i + 7] = [other._replace(middle=other.middle + 0.8 * PITCH) for other in rows[i + 1:i + 7]]
    assert found(rows) == [names[0], names[3]]
