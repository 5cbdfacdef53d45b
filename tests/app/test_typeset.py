"""Markdown and formulas as they look, with every character of the text still there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kb_app.components import math_files
from kb_app.typeset import blocks, formulas, inline

from tests.conftest import ROOT


def whole(made):
    return "".join(piece[0] for block in made for cell in block.get("cells") or [block["pieces"]] for piece in cell)


def shown(made):
    """What is seen of pieces, and how."""
    return [(piece[0], piece[1]) for piece in made if "x" not in piece[1]]


@pytest.mark.parametrize(("text", "tex"), [
    ("the $n$-th of $O(n^2 d)$, $x_i$ and $d=512$", ["n", "O(n^2 d)", "x_i", "d=512"]),
    ("\\(a+b\\) and \\[x=1\\] but \\[1\\]", ["a+b", "x=1"]),
    ("$$\nL = 1\n$$", ["L = 1"]), ("\\begin{align}a&=b\\end{align}", ["\\begin{align}a&=b\\end{align}"]),
    ("$\\text{loss of the model}$", ["\\text{loss of the model}"]), ("其中 $\\sqrt{d_k}$ 为常数", ["\\sqrt{d_k}"]),
    ("price $5, then $x=5$ holds", ["x=5"])])
def test_formulas_are_found(text, tex):
    assert [formula[2] for formula in formulas(text)] == tex


@pytest.mark.parametrize("text", [
    "it costs $5 and $6", "US$5-$6", "from $10 to $20 million", "a 5$ note and 6$ bill", "$HOME/bin:$PATH",
    "echo $FOO and $BAR_X", "$100/month or $200/month", "从$5万元到$6万元", "\\$x$", "$ x $", "$$", "$a\n\nb$", "[1]"])
def test_what_only_looks_like_a_formula_is_none(text):
    assert formulas(text) == []
    assert shown(inline(text))[0][1] == ""


def test_a_line_of_markdown_looks_as_it_is_meant():
    made = inline("**bold $x^2$** and *slanted*, `code *not*`, ~~gone~~, [words](http://host/a_b_c) a\\*b")
    assert shown(made) == [
        ("bold ", "b"), ("$x^2$", "bm"), (" and ", ""), ("slanted", "i"), (", ", ""), ("code *not*", "c"), (", ", ""),
        ("gone", "s"), (", ", ""), ("words", "k"), (" a", ""), ("*", ""), ("b", "")]
    assert [piece[3] for piece in made if len(piece) > 3] == ["x^2"]


def test_names_and_products_are_left_alone():
    for text in ("snake_case_name and __init__", "3 * 4 * 5", "a*b*c", "2_000_000"):
        assert "".join(piece[0] for piece in inline(text) if "x" not in piece[1]) in (text, text.replace("__", ""))


def test_scripts_of_every_reader_are_raised_and_lowered():
    assert shown(inline("x_{max} e^x 2^{0.5} foo_bar")) == [
        ("x", ""), ("max", "l"), (" e", ""), ("x", "u"), (" 2", ""), ("0.5", "u"), (" foo_bar", "")]


def test_blocks_of_markdown():
    text = ("# One\n\nText that\ngoes on.\n\n- item *a*\n  - inner\n\n> said\n\n```py\nx = '$5$'\n```\n\n"
            "| A | B |\n|---|---|\n| $a|b$ | 2 |\n\n$$\nx\n$$\n")
    made = blocks(text, 0, len(text), markdown=True)
    assert whole(made) == text
    assert [block["kind"] for block in made if block["kind"] != "gap"] == [
        "h1", "p", "li", "li", "quote", "code", "th", "tr", "p"]
    assert [block["depth"] for block in made if block["kind"] == "li"] == [0, 1]
    assert len(next(block for block in made if block["kind"] == "tr")["cells"]) == 2
    code = next(block for block in made if block["kind"] == "code")
    assert shown(code["pieces"]) == [("x = '$5$'\n", "c")]
    assert all(text[block["at"]:].startswith((block.get("cells") or [block["pieces"]])[0][0][0]) for block in made)


def test_marks_cut_pieces_and_never_a_formula():
    text = "before $a+b$ and after"
    made = inline(text, [(3, 9, "amber")])
    assert [piece[2] for piece in made] == ["", "amber", "amber", ""]
    assert "".join(piece[0] for piece in made) == text


_SIGNS = st.text(st.sampled_from("$*_`~[]()\\|#>- \nab1中{}^!")) | st.text()


@given(_SIGNS, st.integers(0, 20), st.integers(0, 40))
@settings(max_examples=300, deadline=None)
def test_no_character_is_lost_or_moved(text, a, b):
    marks = [(a, b, "amber")] if a < b else []
    assert "".join(piece[0] for piece in inline(text, marks)) == text
    for markdown in (True, False):
        made = blocks(text, min(a, len(text)), len(text), marks, markdown=markdown)
        assert whole(made) == text[min(a, len(text)):]


def test_the_article_keeps_every_character():
    text = (ROOT / "corpus/article.zh.md").read_text("utf-8")
    assert whole(blocks(text, 0, len(text), markdown=True)) == text


def test_streamlit_has_the_files_that_formulas_are_drawn_with():
    import streamlit

    files = math_files()
    served = ROOT.__class__(streamlit.__file__).parent / "static"
    assert files and all((served / path.lstrip("/")).is_file() for path in files.values())
    assert "export{" in (served / files["js"].lstrip("/")).read_text("utf-8")[-40:]
