import re

import pytest
from kb_app.view import apart, safe, size, with_formulas

HOSTILE = [
    "![x](http://evil.example/a.png)", "<img src=http://evil.example/a.png>", "[click](javascript:alert(1))",
    "<script>alert(1)</script>", ":material/home: :red[text] :smile: :blue-background[x]",
    "$\\href{http://evil.example}{x}$", "# heading\n- list", "http://evil.example", "www.evil.example",
    "`code` **bold** _em_ ~~s~~ | table |", "[ref]: http://evil.example/a.png", "![ref]", "a\u202eb\u200b",
    "&lt;img src=x&gt;", "<https://evil.example>",
]


def rendered(text):
    """What CommonMark with the usual extensions makes of it, as tokens."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_markup_survives_and_the_words_stay(text):
    html = rendered(safe(text))
    assert re.sub(r"</?p>", "", html).count("<") == 0
    words = set(re.findall(r"[a-z]{3,}", text))
    assert words <= set(re.findall(r"[a-z]{3,}", html))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_streamlit_directive_emoji_or_link_survives(text):
    shown = safe(text)
    assert not re.search(r":[a-zA-Z_+/-]", shown)
    assert "://" not in shown.replace(":\u2060", "")
    assert not re.search(r"www\\?\.", shown)
    assert not re.search(r"(?<!\\)\$", shown)


def test_chinese_text_looks_as_it_was():
    assert safe("知识蒸馏：方法与应用") == "知识蒸馏：方法与应用"


def test_formulas_are_left_to_be_drawn_and_sums_of_money_are_not():
    assert with_formulas("it costs $5 and $6, where $x_{<t} = a^2$") == (
        safe("it costs $5 and $6, where") + " $x_{\\lt t} = a^2$")


@pytest.mark.parametrize("text", [*HOSTILE, "$\\href{javascript:1}{f}$ ![a](http://evil.example/a.png)",
                                  "$<img src=x onerror=1>_a$ <b>", "$x_1$:red[a] $y_2$ [b](http://evil.example)"])
def test_what_stands_beside_formulas_is_as_safe(text):
    shown = with_formulas(text)
    assert "<" not in shown
    beside = re.sub(r"(?<!\\)\$(?:[^$\\]|\\.)+\$", "", shown)
    assert re.sub(r"</?p>", "", rendered(beside)).count("<") == 0
    assert not re.search(r":[a-zA-Z_+/-]", beside) and "://" not in beside.replace(":\u2060", "")


def test_a_size_has_the_unit_that_says_something():
    assert [size(n) for n in (0, 900, 3000, 3 << 20, 5 << 30)] == ["0 B", "900 B", "3 kB", "3.0 MB", "5.00 GB"]


def test_an_e_mail_address_is_no_link():
    assert safe("x.y@example.org") == "x\\.y@\u2060example\\.org"


def test_names_that_stand_twice_are_told_apart():
    assert apart({"a": "Pruning", "b": "Tags", "c": "Pruning"}) == {"a": "Pruning", "b": "Tags", "c": "Pruning (2)"}
