"""PDF: what becomes of the characters of a page: lines, scripts, accents, turned pages, columns, what stands aside."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path
from shutil import which

import pypdf
import pytest
from pypdf import generic

from kb.readers.legible import is_legible
from tests.making import make_pdf, ruled

CHINESE = (
    "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-{} /DescendantFonts [<< /Type /Font "
    "/Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) "
    "/Supplement 2 >> >>] >>")
FONTS = (
    "/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /BaseEncoding /WinAnsiEncoding "
    "/Differences [128 /dotlessi /caron /hungarumlaut 131 /minus 132 /ffi 133 /fi] >> >> "
    f"/F2 {CHINESE.format('H')} /F3 {CHINESE.format('V')}")


def pdf_of(*pages: str, box: tuple[int, int, int, int] = (0, 0, 612, 792), turn: int = 0) -> bytes:
    """A PDF of pages with these contents, F1 Helvetica, F2 and F3 Chinese in lines and in columns."""
    kids = " ".join(f"{3 + 2 * i} 0 R" for i in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>"]
    for i, content in enumerate(pages):
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [{' '.join(map(str, box))}] /Rotate {turn} "
                       f"/Contents {4 + 2 * i} 0 R /Resources << /Font << {FONTS} >> >> >>")
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for n, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{n} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    n = len(objects) + 1
    out += (f"xref\n0 {n}\n0000000000 65535 f \n{table}trailer << /Size {n} /Root 1 0 R >>\n"
            f"startxref\n{len(out)}\n%%EOF").encode()
    return bytes(out)


def shown(x: float, y: float, text: str, size: float = 12, font: str = "F1", matrix: str = "1 0 0 1") -> str:
    body = f"({text})" if font == "F1" else f"<{text.encode('utf-16-be').hex()}>"
    return f"BT /{font} {size} Tf {matrix} {x:.2f} {y:.2f} Tm {body} Tj ET"


def widths(text: str, size: float = 12) -> float:
    """How wide Helvetica sets these words."""
    of = {" ": 278, "i": 222, "l": 222, "j": 222, "f": 278, "t": 278, "r": 333, "m": 833, "w": 722, ".": 278, ",": 278,
          "c": 500, "k": 500, "s": 500, "v": 500, "x": 500, "y": 500, "z": 500, "M": 833, "H": 722, "O": 778, "A": 667,
          "I": 278}
    return sum(of.get(character, 722 if character.isupper() else 556) for character in text) * size / 1000


def with_scripts(*parts: tuple[str, int], x: float = 60, y: float = 700) -> str:
    """A line in which each part is raised (1), lowered (-1) or neither (0)."""
    found = []
    for text, level in parts:
        size = 8 if level else 12
        found.append(shown(x, y + 4.5 * max(level, 0) + 2 * min(level, 0), text, size))
        x += widths(text, size)
    return "\n".join(found)


# --- scripts


@pytest.mark.parametrize(("parts", "expected"), [
    ((("The rate is 10", 0), ("-5", 1), (" for all of them here.", 0)), "The rate is 10⁻⁵ for all of them here."),
    ((("It scores 95", 0), ("3", 1), (" on the second test.", 0)), "It scores 95³ on the second test."),
    ((("It scores 95", 0), ("[3]", 1), (" on the second test.", 0)), "It scores 95 [3] on the second test."),
    ((("Both H", 0), ("2", -1), ("O and CO", 0), ("2", -1), (" are here.", 0)), "Both H₂O and CO₂ are here."),
    ((("the weight w", 0), ("max", -1), (" of a model is large", 0)), "the weight w_{max} of a model is large"),
    ((("12", 1), ("C is an isotope of carbon", 0)), "¹²C is an isotope of carbon"),
    ((("on the 21", 0), ("st", 1), (" of the month", 0)), "on the 21st of the month"),
])
def test_a_script_stays_in_its_line_and_joins_no_number(read, parts, expected):
    page = with_scripts(*parts) + "\n" + shown(60, 686, "The next line of the same paragraph stands below.")
    assert read("a.pdf", pdf_of(page)).text.startswith(expected)


def test_lines_with_scripts_are_one_paragraph(read):
    lines = [with_scripts((f"Line {i} of the text has the value 10", 0), (str(i), 1), (" and a few more words", 0),
                          ("1", 1), (" that fill it up", 0), y=700 - 14 * i) for i in range(1, 9)]
    text = read("a.pdf", pdf_of("\n".join(lines))).text
    assert "\n" not in text
    assert "value 10⁸ and" in text


def test_a_line_set_in_by_one_letter_begins_a_paragraph_though_the_line_before_is_full(read):
    lines = ["The first paragraph has a line that goes up to the edge of the page and", "ends there as all of its "
             "lines do, that is how it came out this one time.", "The second paragraph is set in by no more than the "
             "width of a letter and", "goes on here."]
    page = [shown(60 + 11 * (i == 2), 700 - 14 * i, line) for i, line in enumerate(lines)]
    assert read("a.pdf", pdf_of("\n".join(page))).text.split("\n\n") == [" ".join(lines[:2]), " ".join(lines[2:])]


def test_a_fraction_is_no_number_of_two_digits(read):
    parts = [shown(60, 700, "The sum is"), shown(127, 704.8, "1", 8), shown(127, 695.4, "2", 8),
             ruled(127, 702.7, 131.5), shown(136, 700, "of it")]
    assert read("a.pdf", pdf_of("\n".join(parts))).text == "The sum is 1/2 of it"


def test_a_displayed_formula_is_one_line(read):
    parts = [shown(60, 720, "The loss is told by this formula:"), shown(100, 690, "y ="), shown(124, 698, "a + b"),
             shown(134, 682, "c"), ruled(123, 693, 151), shown(158, 690, "+ d"),
             shown(60, 660, "where all of the letters are numbers.")]
    assert "y = (a + b)/c + d" in read("a.pdf", pdf_of("\n".join(parts))).text


@pytest.mark.parametrize(("name", "x", "limit"), [("max", 124, "i<n"), ("lim", 124, "n>0"), ("arg min", 133, "x")])
def test_what_stands_below_an_operator_is_a_part_of_its_line(read, name, x, limit):
    page = [shown(60, 720, "The loss is told by this formula:"), shown(100, 690, f"y = {name}"),
            shown(x, 681, limit, 7),
            shown(175, 690, "f - g"), shown(60, 650, "where all are numbers.")]
    document = read("a.pdf", pdf_of("\n".join(page)))
    assert f"y = {name}_{{{limit}}} f - g" in document.text


# --- letters


def test_accents_that_are_printed_apart_are_joined(read):
    words = [("na", "\\250", "\\200", "ve models"), ("Schr", "\\250", "o", "dinger"), ("caf", "\\264", "e", " is open"),
             ("Erd", "\\202", "o", "s wrote"), ("a ", "\\201", "c", "esky word")]
    page = []
    for i, (before, accent, letter, after) in enumerate(words):
        x, y = 60 + widths(before), 700 - 40 * i
        letter_width = 0.278 * 12 if letter == "\\200" else widths(letter)
        page += [shown(60, y, before), shown(x + letter_width / 2 - 2, y, accent), shown(x, y, letter),
                 shown(x + letter_width, y, after)]
    text = read("a.pdf", pdf_of("\n".join(page))).text
    for word in ("naïve models", "Schrödinger", "café is open", "Erdős wrote", "a česky word"):
        assert word in text


def test_an_accent_with_no_letter_stays(read):
    assert "the \u00b4 sign" in read("a.pdf", pdf_of(shown(60, 700, "the \\264 sign alone"))).text


@pytest.mark.parametrize("by", [0.0, 0.3, 0.6])
def test_letters_printed_twice_are_read_once(read, by):
    text = "The bold letter is all bold: tttlllii"
    letters, x = [], 60.0
    for letter in text:
        letters += [shown(x, 700, letter), shown(x + by, 700, letter)]
        x += widths(letter)
    assert read("a.pdf", pdf_of("\n".join(letters))).text == text
    lines = [shown(60 + by * i, 700, "A heading set in bold by printing it twice") for i in (0, 1)]
    assert read("b.pdf", pdf_of("\n".join(lines))).text == "A heading set in bold by printing it twice"


def test_ligatures_have_all_their_letters(read):
    assert read("a.pdf", pdf_of(shown(60, 700, "An e\\204cient work\\205x of o\\205ce"))).text == (
        "An efficient workfix of ofice")


def test_letter_spaced_words_are_words(read):
    page = ["BT /F1 12 Tf 4 Tc 60 700 Td (Abstract) Tj ET",
            shown(60, 670, "a b c d e f are six letters told one by one")]
    text = read("a.pdf", pdf_of("\n".join(page))).text
    assert "Abstract" in text
    assert "a b c d e f are" in text
    assert read("b.pdf", pdf_of(shown(60, 700, "I n t r o d u c t i o n"))).text == "Introduction"
    assert read("c.pdf", pdf_of(shown(60, 700, "摘  要", font="F2"))).text == "摘要"


def test_soft_hyphens_and_zero_width_characters_part_no_words(read):
    data = make_pdf(["An atten\u00adtion to all of the words of this line here"])
    text = read("a.pdf", data).text
    assert "\u00ad" not in text and "\u200b" not in text


# --- words divided at the end of a line


@pytest.mark.parametrize(("before", "after", "elsewhere", "expected"), [
    ("a hyper-", "parameter of it", "The hyperparameter is here.", "a hyperparameter of it"),
    ("a hyper-", "parameter of it", "The hyper-parameter is here.", "a hyper-parameter of it"),
    ("a transformer-", "based model", "Nothing else.", "a transformer-based model"),
    ("a well-", "behaved model", "It behaved well once, as behaved things do.", "a well-behaved model"),
    ("the pre-", "and post-training", "Nothing else.", "the pre- and post-training"),
    ("an in-", "put to it", "It was put in a box.", "an input to it"),
])
def test_a_hyphen_at_the_end_of_a_line_is_kept_in_compounds(read, before, after, elsewhere, expected):
    first = "This sentence is long enough to fill the line up to its end where " + before
    text = read("a.pdf", make_pdf([first, after + " and then it goes on for a while more.", "", "", elsewhere])).text
    assert expected in text


# --- pages that are elsewhere or turned


def two_columns(dx: float = 0, dy: float = 0) -> list[str]:
    return [shown(x + dx, 700 - 14 * i + dy, f"{side} line {i:02} speaks of one of both parts here")
            for i in range(20) for x, side in ((50, "Left"), (330, "Right"))]


def in_order(text: str, n: int = 20) -> bool:
    places = [text.find(f"{side} line {i:02}") for side in ("Left", "Right") for i in range(n)]
    return -1 not in places and places == sorted(places)


@pytest.mark.parametrize("box", [(0, 0, 612, 792), (300, 400, 912, 1192), (-612, -792, 0, 0)])
def test_columns_are_found_wherever_the_origin_is(read, box):
    page = "\n".join(two_columns(box[0], box[1]))
    assert in_order(read("a.pdf", pdf_of(page, box=box)).text)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_page_is_read_as_it_is_shown(read, turn):
    """The contents are turned the other way, so that the page is upright on the screen."""
    matrix = {90: "0 1 -1 0 612 0", 180: "-1 0 0 -1 612 792", 270: "0 -1 1 0 0 792"}[turn]
    box = (0, 0, 612, 792)
    page = f"q {matrix} cm\n" + "\n".join(two_columns()) + "\nQ"
    if turn in (90, 270):
        page = page.replace("612 0 cm", "792 0 cm").replace("0 0 792 cm", "0 0 612 cm".replace("0 0 612", "0 612"))
        matrix = {90: "0 1 -1 0 792 0", 270: "0 -1 1 0 0 612"}[turn]
        page, box = f"q {matrix} cm\n" + "\n".join(two_columns()) + "\nQ", (0, 0, 792, 612)
    assert in_order(read("a.pdf", pdf_of(page, box=box, turn=turn)).text)


def test_a_landscape_page_on_upright_paper_is_read_in_its_own_direction(read):
    page = "q 0 1 -1 0 612 0 cm\n" + "\n".join(shown(80, 560 - 14 * i, f"Row {i:02} of a wide table that lies on its "
                                                     "side of the paper") for i in range(20)) + "\nQ"
    document = read("a.pdf", pdf_of(page))
    places = [document.text.find(f"Row {i:02}") for i in range(20)]
    assert -1 not in places and places == sorted(places)


def test_turned_text_at_the_edge_stands_aside_and_is_told(read):
    page = [*(shown(100, 700 - 14 * i, f"Line {i} of the page is text as all other lines are") for i in range(30)),
            shown(30, 250, "arXiv:2101.00001v2 [cs.CL] 5 Jan 2021", 20, matrix="0 1 -1 0"),
            shown(200, 300, "DRAFT COPY", 60, matrix=".7071 .7071 -.7071 .7071")]
    document = read("a.pdf", pdf_of("\n".join(page)))
    assert "arXiv" not in document.text and "DRAFT" not in document.text
    assert document.status == "ok"
    assert {(part.kind, part.text) for part in document.left_out} == {
        ("stamp", "arXiv:2101.00001v2 [cs.CL] 5 Jan 2021"), ("watermark", "DRAFT COPY")}
    assert (document.metadata.arxiv, document.metadata.year) == ("2101.00001", 2021)


@pytest.mark.parametrize("numbers", ["left", "right"])
def test_line_numbers_of_a_review_copy_stand_aside_and_are_told(read, numbers):
    x = 30 if numbers == "left" else 570
    pages = ["\n".join(part for i in range(n) for part in (
        shown(x, 700 - 14 * i, str(first + i), 7),
        shown(60, 700 - 14 * i, f"Sentence {chr(97 + i)} runs over the line and has a number beside it that is no word")
    )) for first, n in ((1, 26), (27, 26), (53, 4))]
    document = read("a.pdf", pdf_of(*pages))
    assert not re.search(r"\d", document.text)
    assert [(part.kind, part.pages) for part in document.left_out] == [("line number", (1, 2, 3))]


def test_numbers_before_the_rows_of_a_table_stay(read):
    page = "\n".join(part for i in range(1, 9) for part in (
        shown(60, 700 - 14 * i, str(i)), shown(100, 700 - 14 * i, f"method {chr(96 + i)}")))
    text = read("a.pdf", pdf_of(shown(60, 720, "Table of the methods") + "\n" + page)).text
    assert all(re.search(rf"\b{i}\b", text) for i in range(1, 9))


# --- columns


def test_three_columns_under_a_full_width_title_and_abstract(read):
    top = [shown(60, 740, "A title that goes over the whole of the page from left to right", 14),
           *(shown(40, 710 - 14 * i, f"Abstract line {i} is as wide as the whole page is, from its left edge to its "
                   "right edge and no less") for i in range(4))]
    columns = [shown(40 + 185 * c, 620 - 14 * i, f"Column {c} line {i:02} tells this")
               for i in range(20) for c in range(3)]
    text = read("a.pdf", pdf_of("\n".join(top + columns))).text
    words = [f"Abstract line {i}" for i in range(4)] + [f"Column {c} line {i:02}" for c in range(3) for i in range(20)]
    places = [text.find(word) for word in words]
    assert -1 not in places and places == sorted(places)


def test_two_columns_below_an_abstract_that_fills_half_the_page(read):
    top = [shown(50, 760 - 14 * i, f"Abstract line {i:02} is as wide as the whole page is, from left to the right edge")
           for i in range(25)]
    columns = [shown(x, 380 - 14 * i, f"{side} line {i:02} speaks of one of both parts here")
               for i in range(20) for x, side in ((50, "Left"), (330, "Right"))]
    text = read("a.pdf", pdf_of("\n".join(top + columns))).text
    assert in_order(text)
    assert text.find("Abstract line 24") < text.find("Left line 00")


COLUMNS = ["春天来了山上的花都开了人们走到", "外面去看花孩子们在水边跑来跑去", "老人坐在树下说着从前的事情一直",
           "到太阳落山的时候大家才慢慢回家"]


@pytest.mark.parametrize("way", ["one by one", "by the font"])
def test_chinese_in_columns_is_read_downwards_from_the_right(read, way):
    if way == "by the font":
        page = [shown(500 - 30 * i, 700, column, 14, "F3") for i, column in enumerate(COLUMNS)]
    else:
        page = [shown(500 - 30 * i, 700 - 18 * n, character, 14, "F2")
                for i, column in enumerate(COLUMNS) for n, character in enumerate(column)]
    assert re.sub(r"\s", "", read("a.pdf", pdf_of("\n".join(page))).text) == "".join(COLUMNS)


# --- text without a real map


def with_map(data: bytes, first: int) -> bytes:
    """The PDF with a font that says its characters are those from `first` on."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    stream = generic.StreamObject()
    stream.set_data("begincmap 1 begincodespacerange <20> <7e> endcodespacerange 1 beginbfrange <21> <7e> "
                    f"<{first:04X}> endbfrange endcmap".encode())
    for page in writer.pages:
        page["/Resources"]["/Font"]["/F1"].get_object()[generic.NameObject("/ToUnicode")] = writer._add_object(stream)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


LINES = [f"The model of line {i} has many layers and heads and it is trained on the text of books" for i in range(12)]


@pytest.mark.parametrize("first", [0xF021, 0xE000, 0x24, 0x4E50, 0x0186])
def test_text_without_a_real_map_has_its_own_status(read, first):
    document = read("a.pdf", with_map(make_pdf(LINES), first))
    assert (document.status, document.text) == ("unmapped", "")
    assert "without a real map on 1 of 1 page:" in document.note


def test_some_pages_without_a_real_map_make_it_partial(read):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(LINES)))
    writer.append(io.BytesIO(with_map(make_pdf(LINES), 0xF021)))
    out = io.BytesIO()
    writer.write(out)
    document = read("a.pdf", out.getvalue())
    assert document.status == "partial"
    assert document.text.count("The model of line") == 12
    assert "1 of 2 pages" in document.note


@pytest.mark.parametrize("text", [
    "Die Forschung über große Sprachmodelle hat in den letzten Jahren große Fortschritte gemacht, und es gibt viele "
    "Fragen dazu, die noch offen sind und bleiben.",
    "Nous avons étudié les modèles de langue et leurs limites dans plusieurs tâches, où ils échouent souvent.",
    "Zażółć gęślą jaźń, a potem idź do szkoły i ucz się języka polskiego, który jest bardzo trudny dla obcokrajowców.",
    "Tôi không biết tiếng Việt nhưng tôi muốn học để có thể đọc sách và nói chuyện với mọi người ở đây hằng ngày.",
    "for (int i = 0; i < n; ++i) { sum += x[i] * w[i]; if (sum > max) max = sum; } return max; // the largest of them",
    "深度学习模型在图像识别任务上取得了很好的效果，但是训练需要大量的标注数据和计算资源，我们提出一种新方法。" * 3,
    "我們提出一種新的方法，用於解決資料不足的問題，實驗結果顯示其效果優於現有的方法，並且得到多次驗證。" * 3,
    "Модель обучается на большом корпусе текстов и затем дообучается на задаче, для которой размечено мало примеров.",
])
def test_text_of_many_languages_is_legible(text):
    assert is_legible(text)


# --- forms


def test_the_values_of_a_form_are_text_with_their_names(read):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(["Application", "", "Fill in all fields of this form."])))

    def field(kind: str, name: str, y: int, **values: generic.PdfObject) -> generic.IndirectObject:
        entries = {"Type": generic.NameObject("/Annot"), "Subtype": generic.NameObject("/Widget"),
                   "FT": generic.NameObject(kind), "T": generic.TextStringObject(name), "F": generic.NumberObject(4),
                   "Rect": generic.ArrayObject([generic.FloatObject(v) for v in (60, y, 260, y + 16)]), **values}
        return writer._add_object(generic.DictionaryObject(
            {generic.NameObject(f"/{key}"): value for key, value in entries.items()}))

    text, name = generic.TextStringObject, generic.NameObject
    fields = generic.ArrayObject([
        field("/Tx", "Family name", 640, V=text("李四")), field("/Tx", "Score", 600, V=text("95.3")),
        field("/Tx", "Empty", 560, V=text("")), field("/Tx", "f1", 520, V=text("Oslo"), TU=text("City")),
        field("/Btn", "Agree", 480, V=name("/Yes"), AS=name("/Yes")),
        field("/Btn", "Refuse", 440, V=name("/Off"), AS=name("/Off"))
    ])
    writer.pages[0][generic.NameObject("/Annots")] = fields
    writer._root_object[generic.NameObject("/AcroForm")] = generic.DictionaryObject(
        {generic.NameObject("/Fields"): fields})
    out = io.BytesIO()
    writer.write(out)
    lines = re.split(r"\n+", read("a.pdf", out.getvalue()).text)
    assert [line for line in lines if ":" in line] == ["Family name: 李四", "Score: 95.3", "City: Oslo", "Agree: Yes"]


# --- TeX itself


@pytest.mark.skipif(which("pdflatex") is None, reason="pdflatex is not installed")
def test_a_page_that_tex_has_set(read, tmp_path: Path):
    (tmp_path / "a.tex").write_text(
        r"\documentclass{article}\pagestyle{empty}\begin{document}\noindent "
        r"Schr\"odinger, na\"{\i}ve, Erd\H{o}s and \'Ecole are efficient workflows. "
        r"With $10^{-5}$, 95\textsuperscript{3}, H$_2$O, $x_i^2$, $\frac{1}{2}$, $e^{-x^2}$ and $\hat y_i$ the line "
        r"goes on."
        r"\end{document}", encoding="utf-8")
    subprocess.run(["pdflatex", "-interaction=batchmode", "a.tex"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    text = read("a.pdf", (tmp_path / "a.pdf").read_bytes()).text
    assert text.replace("\n", " ") == (
        "Schrödinger, naïve, Erdős and École are efficient workflows. With 10⁻⁵, 95³, H₂O, x²_i, 1/2, e^{−x²} and ŷ_i "
        "the line goes on.")


@pytest.mark.parametrize("line", ["vblock0 vblock1 SM SM BE 4 vblock17 vblock8 vblock9 MatMul GPU",
                                  "Name: ______________________________________ Degree (MS.c/D.Sc.): ________ Age: __",
                                  "x = np.dot(q, k.T) / sqrt(d); y[i] += w[j] * z"])
def test_few_words_many_times_and_lines_to_write_on_are_legible(read, line):
    document = read("a.pdf", pdf_of("\n".join(shown(60, 720 - 14 * i, line, 9) for i in range(20))))
    assert document.status == "ok" and document.text


@pytest.mark.skipif(which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize(("formula", "expected"), [
    (r"\sum_{i=1}^{n} x_i = \int_0^{\infty} f", "∑^{n}_{i=1} x_i = ∫^{∞}_{0} f"),
    (r"P\Bigl(\bigcup_{i\in I} A_i\Bigr) = 1", "P (⋃_{i∈I} A_i) = 1"),
    (r"\prod_{1<i<n} a_i \le \sup_{s\in S} b", "∏_{1<i<n} a_i ≤ sup_{s∈S} b"),
    (r"\biggl[\frac{a}{b} + c\biggr] = \Bigl\{ d \Bigr\}", "[a/b + c] = {d}"),
    (r"\Bigl\lfloor x + 10 \Bigr\rfloor", "⌊x + 10⌋"),
])
def test_large_symbols_of_tex_are_what_they_are_on_the_page(read, tmp_path: Path, formula, expected):
    (tmp_path / "a.tex").write_text(
        rf"\documentclass{{article}}\pagestyle{{empty}}\begin{{document}}The value is\[{formula}\]"
        r"and no other one.\end{document}", encoding="utf-8")
    subprocess.run(["pdflatex", "-interaction=batchmode", "a.tex"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    text = read("a.pdf", (tmp_path / "a.pdf").read_bytes()).text
    assert expected in re.sub(r"\s+", " ", text).replace("{ d }", "{d}")


# --- lines of which the marks are set half as wide


LINE = "的语言或物化为某种劳动产品它不仅包含在文档中"


def justified(y: float, *pieces: str, x: float = 60, size: float = 10) -> str:
    """One line; each piece begins half a character inside the box of the mark before it."""
    found = []
    for piece in pieces:
        found.append(shown(x, y, piece, size, "F2"))
        x += (len(piece) - 0.6) * size
    return "\n".join(found)


@pytest.mark.parametrize("pieces", [
    ("它体现在组织的日常工作、", "流程、", "实践和标准中"),
    ("对企业不同来源、", "不同层次、", "不同结构、", "不同内容的知识"),
    ("知识经过综合。", "它是一种理念，", "也是解决问题的方法"),
])
def test_marks_set_tight_leave_a_line_and_its_paragraph_whole(read, pieces):
    lines = [shown(60, 700 - 15 * i, LINE, 10, "F2") for i in range(4)]
    lines += [justified(640, *pieces), *(shown(60, 625 - 15 * i, LINE, 10, "F2") for i in range(4))]
    document = read("a.pdf", pdf_of("\n".join(lines)))
    assert document.text.strip() == LINE * 4 + "".join(pieces) + LINE * 4


def test_a_full_stop_of_full_width_ends_a_paragraph(read):
    lines = [LINE, LINE, LINE[:-4] + "．", "　　" + LINE[:-2], LINE, LINE]
    document = read("a.pdf", pdf_of("\n".join(shown(60, 700 - 15 * i, line, 10, "F2") if line[0] != "　" else
                                              shown(80, 700 - 15 * i, line[2:], 10, "F2")
                                              for i, line in enumerate(lines))))
    assert document.text.split("\n\n") == [LINE * 2 + LINE[:-4] + "．", LINE[:-2] + LINE * 2]


def test_a_line_of_full_width_in_pieces_is_not_parted_by_the_columns_below(read):
    """The pieces stand on both sides of the gutter below."""
    wide = ("分析精度能够方法数据", "（见文献［4］", "）", "。对于算法结构有效结构变化数据影响方法")
    front = [shown(60, 730, LINE * 2, 10, "F2"), justified(715, *wide), shown(60, 700, LINE * 2, 10, "F2")]
    columns = [shown(x, 670 - 15 * i, f"{word}{LINE[:-2]}", 10, "F2")
               for x, word in ((60, "甲"), (310, "乙")) for i in range(12)]
    document = read("a.pdf", pdf_of("\n".join([*front, *columns])))
    assert "".join(document.text.split()) == "".join(
        [LINE * 2, *wide, LINE * 2, *("甲" + LINE[:-2] for _ in range(12)), *("乙" + LINE[:-2] for _ in range(12))])


@pytest.mark.parametrize("name", ["王　五", "某大学　李　四"])
def test_a_name_at_the_right_above_two_columns_is_read_before_both(read, name):
    title = shown(200, 730, "某一篇文章的标题文字", 16, "F2")
    columns = [shown(x, 670 - 15 * i, f"{word}{LINE[:-2]}", 10, "F2")
               for x, word in ((60, "甲"), (310, "乙")) for i in range(12)]
    document = read("a.pdf", pdf_of("\n".join([title, shown(521 - 10 * len(name), 700, name, 10, "F2"), *columns])))
    assert document.text.index(name) < document.text.index("甲") < document.text.index("乙")


@pytest.mark.parametrize("last", ["；", "）", "”"])
def test_a_full_last_line_of_a_column_goes_on_in_the_next_whatever_its_mark(read, last):
    """Only a full stop ends the paragraph there."""
    left, right = [LINE] * 11 + [LINE[:-1] + last], [LINE] * 12
    columns = [shown(x, 670 - 15 * i, line, 10, "F2")
               for x, lines in ((60, left), (310, right)) for i, line in enumerate(lines)]
    document = read("a.pdf", pdf_of("\n".join(columns)))
    assert LINE[-5:-1] + last + LINE in document.text


@pytest.mark.parametrize("notice", [("收稿日期：2003-12-14",), ("收稿日期：2003-12-14", "基金项目：某某基金（1234）")])
def test_a_notice_below_two_columns_is_read_after_both_however_short_its_lines(read, notice):
    columns = [shown(x, 720 - 15 * i, f"{word}{LINE[:-2]}", 10.5, "F2")
               for x, word in ((60, "甲"), (312, "乙")) for i in range(14)]
    foot = [shown(60, 100 - 13 * i, line, 8, "F2") for i, line in enumerate(notice)]
    wide = shown(60, 100 - 13 * len(notice), "作者简介：王五，讲师，主要研究方向为" + LINE * 2 + "。", 8, "F2")
    before = "\n".join(shown(60, 700 - 15 * i, LINE, 10.5, "F2") for i in range(20))
    document = read("a.pdf", pdf_of(before, "\n".join([*columns[:14], *foot, *columns[14:], wide])))
    assert document.text.rindex("乙") < document.text.index("收稿日期") < document.text.index("作者简介")


@pytest.mark.parametrize("first", [("foot", "text"), ("text", "foot")])
def test_the_foot_of_a_first_page_is_left_out_wherever_the_file_has_it(read, first):
    parts = {"foot": [shown(60, 60, "收稿日期：2014-11-06；修回日期：2015-01-20", 8, "F2")],
             "text": [shown(60, 700 - 15 * i, LINE, 10, "F2") for i in range(20)]}
    head = shown(60, 760, "某某研究与发展", 8, "F2")
    document = read("a.pdf", pdf_of("\n".join([head, *(line for name in first for line in parts[name])])))
    assert document.text.endswith(LINE * 20) and "收稿日期" not in document.text
    assert any("收稿日期：2014-11-06" in part.text for part in document.left_out)
