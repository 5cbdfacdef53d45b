"""The figures of a survey: what they show is what its record says, and no label meets another."""

import itertools
import re
from dataclasses import replace

import pytest
from lxml import etree

from kb.survey.records import (
    Aspect,
    Cell,
    Evidence,
    Moment,
    Node,
    Reference,
    Request,
    Sentence,
    Survey,
    Table,
    TableRow,
)
from kb.survey.render.drawing import Box, Curve, Drawing, flow, shortened, to_svg, width_of, wrapped
from kb.survey.render.figures import figures
from kb.survey.render.layout import Layout

NAMES = ["Ashish Vaswani", "Li Fei-Fei", "王小明", "Bartholomew Featherstonehaugh-Cholmondeley",
         "The ATLAS Collaboration", "José Núñez", "Ng", "<b>Mallory</b> & \"Eve\""]
HEADINGS = {"en": ["Doubly robust estimation under distribution shift and unobserved confounding in long horizons",
                   "Pruning", "Importance sampling", "A & B <c>", "Low-rank adaptation"],
            "zh": ["分布偏移与未观测混杂下的双重稳健估计及其在长时程决策问题中的应用", "剪枝", "重要性采样",
                   "A & B <c>", "低秩适配"]}


def made(n=60, language="en", style="numeric", n_cites=3, depth=2, topic="Off-policy evaluation"):
    """A survey of n works without a library: every third one undated or without authors, each citing older ones."""
    references = tuple(
        Reference(f"key{i}", f"d{i}", "0", f"Work {i} on “estimators” of <v> & b: " * (1 + i % 3),
                  () if i % 11 == 5 else (NAMES[i % 8], "B Other", "C Third")[:1 + i % 3],
                  None if i % 13 == 7 else 2000 + i // 4, None, None, None, None, (), "en", 1.0) for i in range(n))
    cites = [tuple(f"key{j}" for j in range(max(0, i - n_cites), i)) for i in range(n)]
    moments = tuple(sorted((Moment(r.year, r.key, r.document, r.title, cites[i]) for i, r in enumerate(references)),
                           key=lambda m: (m.year or 9999, m.key)))
    ids = [r.document for r in references]
    parts = [ids[i::5] for i in range(5)]
    nodes = []
    for i, part in enumerate(parts):
        heading = HEADINGS[language][i]
        if i % 2 and depth > 1:
            halves = (part[:len(part) // 2], part[len(part) // 2:])
            children = tuple(Node(f"n{i}.{j}", "theme", f"{heading} {j}", tuple(half)) for j, half in enumerate(halves))
            nodes.append(Node(f"n{i}", "theme", heading, (), (("s0",),), children))
        else:
            nodes.append(Node(f"n{i}", "theme", heading, tuple(part), (("s0",),)))
    rows = tuple(TableRow(r.document, r.key, (Cell("ImageNet" if i % 2 else f"data set {i}", f"e{i}"), None,
                                              Cell(f"{i}.5 %", f"e{i}"))) for i, r in enumerate(references))
    evidence = tuple(Evidence(f"e{i}", "", r.document, 1, 0, 3, "x", "0", 1.0) for i, r in enumerate(references))
    said = (Sentence("s0", "frame", "Some works."),)
    return Survey(Request(topic, language, style=style), "A survey", "extractive", "", tuple(nodes), said, evidence,
                  references, moments, Table(("Data or task", "Measure", "Value"), rows))


def with_matrix(survey, n=20):
    """The survey with n terms, of which the first is in all works and each other one in fewer, and with limits."""
    ids = [r.document for r in survey.references]
    terms = ["importance sampling", "双重稳健", "F1", "a term of many words that goes on for longer than any room"]
    shared = tuple(Aspect("method", f"{terms[i % 4]} {i}", tuple(ids[::i + 1]), tuple(f"e{d[1:]}" for d in ids[::i + 1])
                          ) for i in range(n))
    return replace(survey, matrix=(*shared, Aspect("limit", "", tuple(ids[:2]), ("e0", "e1"))))


def drawn(survey):
    return [drawing for found in figures(survey, Layout(survey).name).values() for drawing in found]


def meeting(drawing: Drawing) -> list[tuple[str, str]]:
    """Labels that stand on the same line and overlap, at the widest a typeface makes them."""
    return [(a.text, b.text) for a, b in itertools.combinations(drawing.labels(), 2)
            if abs(a.y - b.y) < min(a.size, b.size) and a.span()[0] < b.span()[1] and b.span()[0] < a.span()[1]]


def outside(drawing: Drawing) -> list[str]:
    return [label.text for label in drawing.labels()
            if label.span()[0] < 0 or label.span()[1] > drawing.width or not label.size < label.y < drawing.height]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("style", ["numeric", "author-year"])
@pytest.mark.parametrize("n", [1, 2, 9, 60, 130])
def test_no_label_meets_another_or_leaves_the_figure(language, style, n):
    for drawing in drawn(made(n, language, style)):
        assert meeting(drawing) == [] and outside(drawing) == [], drawing.name


@pytest.mark.parametrize(("n", "n_terms"), [(2, 1), (9, 3), (60, 20), (130, 40)])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_labels_of_the_attribute_matrix_do_not_meet(language, n, n_terms):
    parts = [d for d in drawn(with_matrix(made(n, language), n_terms)) if d.name.startswith("matrix")]
    assert parts and all(d.height < 1200 for d in parts)
    for drawing in parts:
        assert meeting(drawing) == [] and outside(drawing) == [], drawing.name


def test_a_tick_stands_where_a_work_has_the_term_and_the_rest_is_said():
    survey = with_matrix(made(9), 20)
    (matrix,) = [d for d in drawn(survey) if d.name == "matrix"]
    cells = [shape for shape in matrix.shapes if isinstance(shape, Box) and shape.height == 18]
    shown = [aspect for aspect in survey.matrix if aspect.term and len(aspect.documents) > 1]
    assert len(shown) == 8 and len(cells) == 8 * 9
    order = [moment.document for moment in survey.timeline]
    expected = [d in aspect.documents for d in order for aspect in shown]
    assert [cell.fill != "#f3f0e8" for cell in cells] == expected
    assert "9 works against the 8 terms" in matrix.description and "importance sampling 0 9" in matrix.description


def test_nothing_shared_is_no_matrix_but_the_table():
    alone = (Aspect("limit", "", ("d0", "d1"), ("e0", "e1")), Aspect("data", "x", ("d0",), ("e0",)))
    survey = replace(made(4), matrix=alone)
    assert [d.title for d in drawn(survey) if d.name == "matrix"] == ["What each work says of each aspect"]
    twice = tuple(Aspect(kind, term, ("d0", "d1", "d2")[:n], ("e0", "e1", "e2")[:n])
                  for kind, term, n in (("subject", "F1", 2), ("measure", "f1", 3), ("data", "x", 2)))
    (matrix,) = [d for d in drawn(replace(survey, matrix=twice)) if d.name == "matrix"]
    assert "the 2 terms" in matrix.description and "f1 3, x 2" in matrix.description
    assert not [d for d in drawn(replace(survey, table=Table())) if d.name == "matrix"]


def test_a_survey_whose_table_has_no_cell_keeps_what_its_works_share():
    shown = Layout(replace(with_matrix(made(9), 20), table=Table())).blocks()
    at = next(i for i, block in enumerate(shown) if block.kind == "heading" and block.text == "Comparison")
    assert [block.kind for block in shown[at:at + 3]] == ["heading", "figure", "heading"]
    assert "Comparison" not in [block.text for block in Layout(replace(made(9), table=Table())).blocks()]


@pytest.mark.parametrize("topic", ["x", "A very long topic, the evaluation of policies " * 8, "策略评估" * 40])
def test_a_topic_of_any_length_stays_in_its_box(topic):
    survey = made(2, topic=topic, depth=1)
    taxonomy = next(d for d in drawn(survey) if d.name == "taxonomy")
    assert outside(taxonomy) == [] and meeting(taxonomy) == []
    boxes = [shape for shape in taxonomy.shapes if isinstance(shape, Box)]
    assert min(box.y for box in boxes) >= 0 and max(box.y + box.height for box in boxes) <= taxonomy.height


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_work_is_in_the_timeline_and_in_the_taxonomy(language):
    survey = made(60, language)
    found = {drawing.name: drawing for drawing in drawn(survey)}
    for name in ("timeline", "taxonomy"):
        assert {label.reference for label in found[name].labels()} - {""} == {r.key for r in survey.references}
    years = {str(r.year) for r in survey.references if r.year}
    assert years <= {label.text for label in found["timeline"].labels()}


def test_there_is_an_arc_for_each_citation_and_a_line_for_each_work_that_has_one():
    survey = made(30)
    citations = next(d for d in drawn(survey) if d.name == "citations")
    n = sum(len(moment.cites) for moment in survey.timeline)
    assert sum(isinstance(shape, Curve) for shape in citations.shapes) == n
    assert f"{n} citations join 30 works" in citations.description


def test_without_citations_there_is_no_graph_and_the_text_says_so():
    survey = made(8, n_cites=0)
    assert "citations" not in [d.name for d in drawn(survey)]
    said = [piece.frame for block in Layout(survey).blocks() for piece in block.pieces]
    assert "No citation of one of these works by another was found." in said


def test_a_matrix_of_many_works_is_drawn_in_parts_that_a_page_holds():
    parts = [d for d in drawn(made(130)) if d.name.startswith("matrix")]
    assert [d.name for d in parts] == ["matrix-1", "matrix-2", "matrix-3"]
    assert max(d.height for d in parts) < 1100
    numbers = [block.text for block in Layout(made(130)).blocks() if block.kind == "figure"]
    assert [re.match(r"Figure (\d)", text)[1] for text in numbers] == list("123456")


def test_a_cell_is_the_darker_the_more_works_have_its_value():
    matrix = next(d for d in drawn(made(4)) if d.name == "matrix")
    fills = [shape.fill for shape in matrix.shapes if isinstance(shape, Box) and shape.height == 18]
    alone, blank, alike, also_alike = fills[0], fills[1], fills[3], fills[9]
    assert alone != alike and alike == also_alike and blank == fills[4] == "#f3f0e8"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_svg_is_well_formed_the_same_each_time_and_asks_for_nothing(language):
    survey = made(60, language)
    for drawing in drawn(survey):
        made_again = next(d for d in drawn(survey) if d.name == drawing.name)
        for is_inline in (False, True):
            text = to_svg(drawing, is_inline=is_inline)
            assert text == to_svg(made_again, is_inline=is_inline)
            root = etree.fromstring(text.encode())
            assert {etree.QName(e).localname for e in root.iter()} <= {
                "svg", "title", "desc", "rect", "circle", "path", "text", "a"}
            assert not re.search(r"\bon\w+=|javascript|url\(|@import", text)
            assert all(link.startswith("#ref-") for link in root.xpath("//@href"))
            names = root.get("aria-labelledby").split()
            said = [root.xpath(f"//*[@id='{name}']")[0].text for name in names]
            assert all(said) and root.get("role") == "img"


def test_characters_that_xml_cannot_hold_are_left_out():
    survey = made(3, topic="a\x00b\x0bc\ud800d\uffff <script>alert(1)</script>")
    for drawing in drawn(survey):
        assert etree.fromstring(to_svg(drawing).encode()) is not None and "<script" not in to_svg(drawing)


def test_text_is_shortened_and_wrapped_to_its_room():
    assert shortened("abc", 100, 12) == "abc" and shortened("", 5, 12) == ""
    for text in ("importance sampling for off-policy evaluation", "双重稳健估计与重要性采样",
                 "一个 mixed 标题 of 两种语言", "Donaudampfschifffahrtsgesellschaft"):
        for room in (30, 77, 140):
            assert width_of(shortened(text, room, 12), 12) <= room + .1
            lines = wrapped(text, room, 12)
            assert all(width_of(line, 12) <= room + .1 for line in lines)
            if "…" not in "".join(lines):
                assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert len(wrapped("a b c d e f " * 20, 60, 12, most=3)) == 3


def test_a_flow_keeps_the_order_and_fills_its_lines():
    assert flow([50, 50, 50], 110, 10) == [[0, 1], [2]]
    assert flow([], 10, 1) == [] and flow([500], 10, 1) == [[0]]


@pytest.mark.browser
def test_in_a_browser_no_label_meets_another(chromium):
    """With the typefaces of this machine, not with our widths of them."""
    from playwright.sync_api import sync_playwright

    code = """() => {
        const t = [...document.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()]);
        const found = [], w = document.querySelector('svg').getBoundingClientRect();
        t.forEach(([x, a], i) => { if (a.left < w.left || a.right > w.right) found.push(x);
          t.slice(i + 1).forEach(([y, b]) => { if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4) found.push(x + ' | ' + y) }) });
        return found }"""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        page = browser.new_page()
        for language in ("en", "zh"):
            for drawing in (*drawn(made(60, language)), *drawn(with_matrix(made(60, language)))):
                page.set_content(to_svg(drawing, is_inline=True))
                assert page.evaluate(code) == [], drawing.name
        browser.close()
