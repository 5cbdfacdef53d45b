"""What of a page is read and what is told: sections of any name, formulas, hidden and struck text, lists, tables."""

from __future__ import annotations

import pytest

from tests.readers.conftest import blocks, headings

LONG = "The study describes the training of a model on text that was collected from the web over several years. "
MENU = "<nav><a href=/>Home</a> <a href=/b>Blog</a></nav>"


def page(body: str, around: str = "{}") -> str:
    inner = around.format(f"<h1>Report</h1><p>{LONG * 3}</p>{body}")
    return f"<!DOCTYPE html><html><head><meta charset=utf-8><title>T</title></head><body>{inner}</body></html>"


IDS = ("related-work hidden-states shared-memory social-bias embeddings comments footer nav sidebar menu breadcrumb "
       "share tags author-contributions subscribe sponsor advertising popularity widget cookie-policy banner-ads "
       "credits disclaimer privacy login rating recommended outbrain newsletter teaser print meta toc bottom-up "
       "top-down header related-products attachments byline caption-model timestamp dropout-nav user-info").split()


@pytest.mark.parametrize("attribute", ["id", "class"])
@pytest.mark.parametrize("element", ["section", "div"])
def test_every_section_is_read_whatever_its_name(read, attribute, element):
    body = "".join(f'<{element} {attribute}="{name}"><h2>Part {i}</h2><p>The Quillon system number {i} was the first '
                   f"to prune attention heads during its training.</p></{element}>" for i, name in enumerate(IDS))
    document = read("a.html", page(body, "<main>{}</main>"))
    assert [heading for _, heading in headings(document)[1:]] == [f"Part {i}" for i in range(len(IDS))]
    assert all(f"system number {i} was" in document.text for i in range(len(IDS)))
    assert document.note == ""


def test_a_section_outside_the_main_part_is_read_and_what_stands_around_it_told(read):
    document = read("a.html", page("", (
        f"{MENU}<header><div>The Site</div></header><main>{{}}</main><section id=a><h2>Appendix</h2><p>{LONG}</p>"
        "</section><div class=x><a href=/1>One more</a> <a href=/2>Another</a></div><footer>Imprint</footer>")))
    assert "Appendix" in document.text
    for gone in ("Blog", "The Site", "One more", "Imprint"):
        assert gone not in document.text
    assert "characters of navigation" in document.note


def test_menus_of_a_page_without_a_main_part_go_and_lists_of_links_in_its_text_stay(read):
    menu = "<ul>" + "".join(f"<li><a href=/{i}>Item {i}</a></li>" for i in range(6)) + "</ul>"
    titles = "".join(f"<li><a href=/p{i}>A long title of paper number {i} on pruning</a></li>" for i in range(6))
    body = f"<ul>{titles}</ul><p>{LONG}</p>{menu}<p>{LONG}</p>"
    document = read("a.html", page(body, f"{menu}{{}}{menu.replace('Item', 'Last')}"))
    assert document.text.startswith("# Report")
    assert "paper number 5" in document.text
    assert document.text.count("Item 3") == 1
    assert "Last 3" not in document.text


def test_a_list_of_contents_is_told(read):
    contents = "<ul>" + "".join(f'<li><a href="#s{i}">Part number {i}</a></li>' for i in range(4)) + "</ul>"
    document = read("a.html", page(contents, "<main>{}</main>"))
    assert "Part number" not in document.text
    assert "1 list of contents" in document.note


def test_a_title_block_at_the_top_and_notes_at_the_bottom_are_text(read):
    document = read("a.html", page('<p>A claim<sup><a href="#fn1">1</a></sup>.</p>', (
        "<header><h1>A paper</h1><p class=author>Ada Example</p></header>{}"
        '<footer><ol><li id="fn1">The note on the claim.</li></ol></footer>')))
    assert document.text.startswith("# A paper\n\nAda Example")
    assert "A claim [1]." in document.text
    assert "1. The note on the claim." in document.text


@pytest.mark.parametrize(("mathml", "right"), [
    ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", "1/2"), ("<msup><mi>n</mi><mn>2</mn></msup>", "n^2"),
    ("<msup><mn>10</mn><mrow><mo>−</mo><mn>5</mn></mrow></msup>", "10^{-5}"),
    ("<mn>3</mn><mfrac><mn>1</mn><mn>2</mn></mfrac>", "3 1/2"),
    ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mi>c</mi></mfrac>", "(a + b)/c"),
    ("<msup><mfrac><mn>1</mn><mn>2</mn></mfrac><mi>k</mi></msup>", "(1/2)^k"),
    ("<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>"
     "<msub><mi>x</mi><mi>i</mi></msub>", "∑_{i = 1}^n x_i"),
    ("<mover><mi>y</mi><mo>^</mo></mover><mo>=</mo><mo>−</mo><mn>0.5</mn>", r"\hat{y} = -0.5"),
    ("<msqrt><msub><mi>d</mi><mi>k</mi></msub></msqrt>", r"\sqrt{d_k}"),
    ("<mroot><mi>x</mi><mn>3</mn></mroot>", r"\sqrt[3]{x}"),
    ("<mo>(</mo><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd><mtd><mn>4</mn>"
     "</mtd></mtr></mtable><mo>)</mo>", "(1, 2; 3, 4)"),
    ('<mfrac linethickness="0"><mi>n</mi><mi>k</mi></mfrac>', r"\binom{n}{k}"), ("<mn>2</mn><mn>3</mn>", "2 3"),
    ("<mi>p</mi><mo>(</mo><mi>y</mi><mo>|</mo><mi>x</mi><mo>)</mo>", "p(y|x)"),
    ("<mn>1</mn><mo>,</mo><mn>000</mn>", "1,000"), ("<mi>log</mi><mi>p</mi>", "log p"),
    ('<semantics><mi>E</mi><annotation encoding="application/x-tex">E=mc^2</annotation></semantics>', "E=mc^2"),
])
def test_mathml_is_kept_as_a_formula(read, mathml, right):
    document = read("a.html", page(f"<p>It is <math>{mathml}</math> here.</p>"))
    assert f"It is ${right}$ here." in document.text


@pytest.mark.parametrize("drawn", [
    '<span class="katex"><span class="katex-mathml"><math><mi>x</mi></math></span><span class="katex-html" '
    'aria-hidden="true">xx</span></span>',
    '<mjx-container><mjx-math aria-hidden="true">xx</mjx-math><mjx-assistive-mml><math><mi>x</mi></math>'
    "</mjx-assistive-mml></mjx-container>",
    '<span class="MathJax_Preview">xx</span><span class="MathJax"><span>xx</span></span>'
    '<script type="math/tex">x</script>',
    '<span class="mwe-math-element"><span style="display: none;"><math alttext="{\\displaystyle x}"><mi>x</mi></math>'
    '</span><img class="mwe-math-fallback-image-inline" alt="{\\displaystyle x}"></span>',
    '<span style="display:none"><math><mi>x</mi></math></span>', '<img class="latex" src="latex.php?x" alt="x">',
])
def test_a_formula_stands_once_however_it_is_drawn(read, drawn):
    assert "It is $x$ here." in read("a.html", page(f"<p>It is {drawn} here.</p>")).text


def test_a_formula_that_is_only_drawn_is_told(read):
    document = read("a.html", page("<p>It is <mjx-container><svg><path/></svg></mjx-container> here.</p>"))
    assert "1 formula kept as a picture" in document.note


def test_displayed_formulas_are_blocks(read):
    document = read("a.html", page('<p>So <math display="block"><mi>a</mi><mo>=</mo><mi>b</mi></math> holds.</p>'))
    assert blocks(document, "formula") == ["$$a = b$$"]


@pytest.mark.parametrize("hidden", [
    "<p hidden>GONE</p>", '<p style="color:red; display : none">GONE</p>', '<p style="visibility:hidden">GONE</p>',
    "<template><p>GONE</p></template>", "<dialog>GONE</dialog>", '<div hidden=""><p>GONE</p></div>',
])
def test_what_the_page_hides_is_left_out_and_told(read, hidden):
    document = read("a.html", page(f"<p>Seen.</p>{hidden}<p>Seen too.</p>"))
    assert "GONE" not in document.text
    assert "1 hidden passage" in document.note


@pytest.mark.parametrize("shown", [
    '<p hidden="until-found">SHOWN</p>', '<p aria-hidden="true">SHOWN</p>', "<dialog open>SHOWN</dialog>",
    "<details><summary>More</summary>SHOWN</details>", "<aside>SHOWN</aside>", "<form><p>SHOWN</p></form>",
    "<figure><img src=x><figcaption>SHOWN</figcaption></figure>", "<address>SHOWN</address>",
    "<dl><dt>Word</dt><dd>SHOWN</dd></dl>", "<fieldset><legend>SHOWN</legend></fieldset>", "<ins>SHOWN</ins>",
])
def test_what_the_page_shows_is_there(read, shown):
    document = read("a.html", page(shown, "<article>{}</article>"))
    assert "SHOWN" in document.text
    assert document.note == ""


@pytest.mark.parametrize("struck", ["<s>80</s>", "<strike>80</strike>", "<del>80</del>",
                                    '<span style="text-decoration: line-through">80</span>'])
def test_struck_text_is_left_out_and_told(read, struck):
    document = read("a.html", page(f"<p>The score is {struck} 91 percent.</p>"))
    assert "The score is 91 percent." in document.text
    assert "1 struck passage" in document.note


@pytest.mark.parametrize(("list_", "right"), [
    ("<ol><li>a<li>b</ol>", "1. a\n2. b"), ("<ol start=4><li>a<li>b</ol>", "4. a\n5. b"),
    ("<ol reversed><li>a<li>b</ol>", "2. a\n1. b"), ("<ol><li value=3>a<li>b</ol>", "3. a\n4. b"),
    ("<ol type=a start=27><li>a</ol>", "aa. a"), ("<ol type=I start=4><li>a</ol>", "IV. a"),
    ('<ol style="list-style-type: lower-roman"><li>a</ol>', "i. a"),
    ("<ul><li>a<ol><li>b</ol><li>c</ul>", "- a\n  1. b\n- c"),
])
def test_items_keep_their_numbers(read, list_, right):
    assert right in read("a.html", page(list_ + "<p>End.</p>")).text


@pytest.mark.parametrize(("html", "right"), [
    ("10<sup>-5</sup>", "10⁻⁵"), ("95<sup>3</sup>", "95³"), ('95<sup><a href="#r3">3</a></sup>', "95 [3]"),
    ("10<sup>−3</sup>", "10⁻³"), ("H<sub>2</sub>O", "H₂O"), ("x<sub>i</sub>", "x_i"), ("19<sup>th</sup>", "19th"),
    ("e<sup>x+1</sup>", "e^{x+1}"), ("word<sup>[4]</sup>", "word[4]"), ("<b>B</b>ERT", "BERT"), ("<q>so</q>", "“so”"),
    ("汉<ruby>字<rp>(</rp><rt>zì</rt><rp>)</rp></ruby>", "汉字"), ("re&shy;cipe zero&#8203;width", "recipe zerowidth"),
    ("Schro&#776;dinger", "Schrödinger"), ("a<br>b", "a\nb"),
])
def test_words_and_figures_are_those_of_the_page(read, html, right):
    assert f"See {right} there" in read("a.html", page(f"<p>See {html} there</p>")).text


def test_tables_keep_their_columns_under_spans(read):
    document = read("a.html", page(
        "<table><caption>Scores</caption><thead><tr><th rowspan=2>Model<th colspan=2>Accuracy<tr><th>Dev<th>Test"
        "</thead><tr><td rowspan=2>Foo<td>1|2<td>70.1<tr><td>3<td>70.2<tr><td colspan=2>Mean<td>70.15</table>"))
    assert blocks(document, "table") == [
        "| Model | Accuracy Dev | Accuracy Test |\n| --- | --- | --- |\n| Foo | 1\\|2 | 70.1 |\n| Foo | 3 | 70.2 |\n"
        "| Mean |  | 70.15 |"]
    assert "Scores\n\n| Model" in document.text


def test_a_table_that_only_places_things_is_text(read):
    cells = f"<td><h2>Part</h2><p>{LONG}</p></td><td><pre>x = 1</pre></td>"
    document = read("a.html", page(f"<table><tr>{cells}</tr></table>"))
    assert (2, "Part") in headings(document)
    assert blocks(document, "code") == ["```\nx = 1\n```"]
    assert blocks(document, "table") == []


def test_links_that_point_at_a_heading_are_no_part_of_it(read):
    document = read("a.html", page(
        '<h2>Method<a class=headerlink href="#m">¶</a></h2><p>x</p>'
        '<h2>Data <span>[<a href="/w?title=A&action=edit&section=2">edit</a>]</span></h2><p>y</p>'
        '<h2><a href="#r"></a>Results in <a href="#t">Table 2</a></h2><p>z</p>'))
    assert [heading for _, heading in headings(document)[1:]] == ["Method", "Data", "Results in Table 2"]


def test_a_number_sign_in_a_paragraph_begins_no_section(read):
    document = read("a.html", page("<p># not a heading</p><p>- no item</p><p>Title<br>===</p>"))
    assert headings(document) == [(1, "Report")]


def test_a_table_of_a_million_cells_is_bounded(read):
    row = "<tr>" + "<td colspan=99999 rowspan=99999>x</td>" * 50 + "</tr>"
    assert len(read("a.html", page(f"<table><caption>c</caption>{row * 200}</table>")).text) < 3_000_000


def test_encoded_data_is_no_text_and_told(read):
    data = "aB3dEfGhIjKlMnOpQrStUvWxYz01" * 20
    document = read("a.html", page(f"<p>One data:image/png;base64,{data} two.</p><pre>{data}</pre>"))
    assert data not in document.text and "One two." in document.text
    assert "characters of encoded data" in document.note


def test_what_a_form_or_a_drawing_shows_is_read_or_told(read):
    document = read("a.html", page(
        "<form><label>Name</label><textarea>Typed words.</textarea><select><option>One</option></select></form>"
        "<svg><text>box</text></svg><svg><title>icon</title></svg><iframe srcdoc='<p>x</p>'></iframe>"))
    assert "Typed words." in document.text
    assert document.note == "left out: 1 choice of a form, 1 diagram, 1 embedded object"
