"""PDF: which letters and digits stand on a page, and in which order."""

from __future__ import annotations

import random
import string

import pytest

from kb.readers.symbol_fonts import table_of
from tests.making import own_font, pdf_of, placed_text
from tests.readers.test_pdf_layout import left_out, prose, prose_zh

SIZE = 10


def full_width(text: str) -> str:
    return text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


NARROW = own_font({letter: (full_width(letter), 0.3, 0.68) for letter in string.ascii_letters + string.digits}
                  | {".": ("．", 0.03, 0.16), "-": ("－", 0.3, 0.68), "/": ("／", 0.3, 0.68)})
WIDE = own_font({letter: (full_width(letter), 0.3, 0.68) for letter in string.ascii_letters + string.digits})


def shown(x: float, y: float, text: str, size: float = SIZE) -> str:
    """An operator for one character of the test's own font."""
    return f"BT /F5 {size} Tf 1 0 0 1 {x:.2f} {y:.2f} Tm ({text}) Tj ET"


def singly(x: float, y: float, text: str, *, step: float = 0.48, space: float = 0.35) -> list[str]:
    """Operators for a text whose letters are placed one by one, steps and spaces in sizes."""
    found = []
    for letter in text:
        if letter != " ":
            found.append(shown(x, y, letter))
        x += (space if letter == " " else step - 0.15 if letter == "." else step) * SIZE
    return found


@pytest.mark.parametrize("text", ["Knowledge Representation Learning in 2016", "from 12 to 1998 of 2013",
                                  "all bookkeepers will see 1110022 letters", "version 3.14 of 2-4 and km/h"])
@pytest.mark.parametrize("order", ["as read", "any"])
def test_full_width_letters_set_one_by_one_are_words_and_numbers(read, text, order):
    page = singly(72, 700, text)
    if order == "any":
        random.Random(3).shuffle(page)
    document = read("a.pdf", pdf_of([*page, *prose_zh(600, 6)], font=NARROW))
    assert text in document.text


def test_digits_inside_a_chinese_line_stay_one_number(read):
    page = [placed_text(72, 700, "该项目始于"), *singly(122, 699.2, "2010"), placed_text(143, 700, "年收购公司"),
            *prose_zh(600, 6)]
    assert "该项目始于2010年收购公司" in read("a.pdf", pdf_of(page, font=NARROW)).text


def test_full_width_digits_that_have_their_width_are_no_words_of_their_own(read):
    page = singly(72, 700, "20163", step=1.0)
    assert "20163" in read("a.pdf", pdf_of([*page, *prose_zh(600, 6)], font=WIDE)).text


@pytest.mark.parametrize("line", ["我们整理了全部的数据。", "从网页上抓取、", "共有三种方法，"])
@pytest.mark.parametrize("back", [0.0, -0.6, -1.2])
@pytest.mark.parametrize("order", ["as read", "mark first"])
def test_the_end_of_a_justified_chinese_line_keeps_its_order(read, line, back, order):
    """The mark's box begins before the last character, its ink is behind it."""
    font = own_font({chr(0x41 + i): (letter, 0.05, 0.95) for i, letter in enumerate(line[:-1])}
                    | {"~": (line[-1], 0.1 - back, 0.3 - back)})
    page = [shown(72 + 10 * i, 700, chr(0x41 + i)) for i in range(len(line) - 1)]
    page.insert(len(page) - (order == "mark first"), shown(72 + 10 * (len(line) - 1 + back), 700, "~"))
    assert line in read("a.pdf", pdf_of([*page, *prose_zh(600, 6)], font=font)).text


def test_words_of_korean_keep_their_spaces(read):
    words = ["소프트웨어", "솔루션을", "구성하는"]
    font = own_font({chr(0x41 + i): (letter, 0.05, 0.95) for i, letter in enumerate("".join(words))})
    places, x = [], 72.0
    for letter in "_".join(words):
        places += [] if letter == "_" else [x]
        x += 3.2 if letter == "_" else 10
    page = [shown(x, 700, chr(0x41 + i)) for i, x in enumerate(places)]
    assert " ".join(words) in read("a.pdf", pdf_of([*page, *prose(600, 6)], font=font)).text


# --- fonts whose map is wrong


def test_the_italics_of_founder_are_latin_letters(read):
    page = [placed_text(72, 700, "网络"), placed_text(94, 700, "犆犖犖", bold=True), placed_text(126, 700, "和"),
            placed_text(138, 700, "牪牥牨牭", bold=True), placed_text(180, 700, "年的结果。"), *prose_zh(600, 6)]
    text = read("a.pdf", pdf_of(page)).text
    assert "CNN" in text and "2015" in text and "犆" not in text


def test_a_rare_character_in_a_name_stays(read):
    page = [placed_text(72, 700, "作者是王犇和李狓。"), *prose_zh(600, 6)]
    assert "王犇和李狓" in read("a.pdf", pdf_of(page)).text


def test_latin_letters_with_the_high_byte_of_another_font_are_read_without_it(read):
    said = "and in 2021 some 37.5 of 480 models failed"
    letters = sorted(set(said) - {" "})
    font = own_font({letter: (chr(0x6700 + ord(letter)), 0.05, 0.45) for letter in letters})
    page = [shown(72 + 5 * i, 700, letter) for i, letter in enumerate(said) if letter != " "]
    page += [placed_text(72, 680, "本来机构果杨"), *prose_zh(600, 6)]
    text = read("a.pdf", pdf_of(page, font=font)).text
    assert said.replace(" ", "") in text.replace(" ", "") and "本来机构果杨" in text


SAID = ("推荐系统是研究方法的数据，最新的文本有明显的提高，时间更早，"
        "接近挖掘的效果，指标按排序收集，断定支持整体服务曾经搜索智能。")


def test_characters_that_are_all_equally_far_from_chinese_ones_are_read_as_these(read):
    letters = dict(zip(sorted(set(SAID)), map(chr, range(0x21, 0x7F)), strict=False))
    assert len(letters) == len(set(SAID))
    far = {han: chr(ord(han) - 0x49D0) if 0x6200 <= ord(han) < 0x6760 else han for han in letters}
    font = own_font({code: (far[han], 0.05, 0.95) for han, code in letters.items()})
    lines = [SAID[i:i + 30] for i in range(0, len(SAID), 30)]
    page = [f"BT /F5 10 Tf 72 {700 - 14 * n} Td <{''.join(f'{ord(letters[han]):02x}' for han in line)}> Tj ET"
            for n, line in enumerate(lines)]
    document = read("a.pdf", pdf_of([*page, *prose_zh(600, 6)], font=font))
    assert SAID in document.text.replace("\n", "") and document.status == "ok"


def test_letters_of_four_scripts_in_one_font_are_unknown_and_told(read):
    strange = "चᏐරᑕၞጱԟᩒ"
    font = own_font({chr(0x41 + i): (letter, 0.05, 0.95) for i, letter in enumerate(strange)})
    page = [shown(72 + 10 * i, 700, chr(0x41 + i)) for i in range(len(strange))]
    document = read("a.pdf", pdf_of([*page, *prose_zh(600, 12)], font=font))
    assert not set(strange) & set(document.text)
    assert document.status == "partial" and "8 letters on 1 page " in document.note


def test_letters_that_are_counted_as_they_come_are_unknown(read):
    page = [placed_text(72, 700, "!\"#$%&#'!()*+,-./0$1", bold=True), *prose(600, 12)]
    document = read("a.pdf", pdf_of(page))
    assert "$%&" not in document.text and document.status == "partial"


def test_text_of_a_page_whose_letters_are_all_counted_is_no_text(read):
    rng = random.Random(1)
    words = "".join(chr(0x21 + min(60, n // 3 if n % 3 == 0 else rng.randrange(n // 3 + 1))) for n in range(600))
    page = [f"BT /F1 10 Tf 72 {700 - 14 * n} Td <{words[60 * n:60 * n + 60].encode().hex()}> Tj ET" for n in range(10)]
    assert read("a.pdf", pdf_of(page)).status == "unmapped"


# --- signs of TeX


def test_a_prime_is_no_power_and_an_equal_sign_with_a_slash_is_one_sign(read):
    page = [placed_text(72, 700, "where h"), "BT /F5 7 Tf 107 704 Td (0) Tj ET",
            placed_text(110, 700, " is the state, a"), "BT /F5 10 Tf 183 700 Td (6) Tj ET",
            placed_text(183, 700, "= b and"),
            "BT /F5 10 Tf 220 700 Td (h) Tj ET", placed_text(226, 700, "x"), "BT /F5 10 Tf 232 700 Td (i) Tj ET",
            *prose(600, 12)]
    text = read("a.pdf", pdf_of(page, font="ABCDEF+CMSY10")).text
    assert "h′" in text and "≠" in text and "⟨x⟩" in text and "6=" not in text and "h⁰" not in text


@pytest.mark.parametrize(("font", "shown"), [("ABCDEF+MTSY", "a = b"), ("MTSYB", "a = b"), ("ABCDEF+CMSY10", "a ℑ b")])
def test_a_font_of_symbols_that_has_relations_of_its_own_keeps_them(read, font, shown):
    page = [placed_text(72, 700, "Let a"), "BT /F5 10 Tf 99 700 Td (=) Tj ET", placed_text(108, 700, "b hold."),
            *prose(600, 12)]
    assert shown in read("a.pdf", pdf_of(page, font=font)).text


@pytest.mark.parametrize(("code", "sign"), [("271", "≼"), ("262", "∙"), ("263", "≍"), ("301", "≺"), ("241", "−")])
def test_a_sign_at_its_second_place_in_a_font_of_tex_is_no_raised_digit(read, code, sign):
    page = [placed_text(72, 700, "where p"), f"BT /F5 10 Tf 112 700 Td (\\{code}) Tj ET",
            placed_text(122, 700, "q and"), *prose(600, 12)]
    text = read("a.pdf", pdf_of(page, font="ABCDEF+CMSY10")).text
    assert f"p{sign}q" in text.replace(" ", "") and "¹" not in text


def test_a_sign_that_a_font_of_tex_names_stays(read):
    page = [placed_text(72, 700, "about 5"), "BT /F5 10 Tf 112 700 Td (\\261) Tj ET",
            placed_text(122, 700, "2 per cent"), *prose(600, 12)]
    assert "5±2" in read("a.pdf", pdf_of(page, font="ABCDEF+CMSY10")).text.replace(" ", "")


@pytest.mark.parametrize(("font", "shown"), [("ABCDEF+CMMI10", "is 0.75, x"), ("MTMI", "is 0.75, x"),
                                             ("ABCDEF+LMMathItalic10-Regular", "is 0.75, x"), ("CMR10", "is 0:75; x")])
def test_the_letters_of_formulas_have_a_point_where_others_have_a_colon(read, font, shown):
    page = [placed_text(72, 700, "The rate is 0"), "BT /F5 10 Tf 128 700 Td (:) Tj ET", placed_text(132, 700, "75"),
            "BT /F5 10 Tf 143 700 Td (;) Tj ET", placed_text(151, 700, "x holds."), *prose(600, 12)]
    assert shown in read("a.pdf", pdf_of(page, font=font)).text


# --- signs of Word's symbol fonts


@pytest.mark.parametrize("name", ["SymbolMT", "ABCDEF+Symbol"])
def test_signs_of_a_symbol_font_are_what_they_show(read, name):
    signs = {"a": "\uf0b4", "b": "\uf02d", "c": "\uf0a3", "d": "\uf06d"}  # × − ≤ μ
    font = own_font({letter: (place, 0.05, 0.55) for letter, place in signs.items()})
    font[0] = font[0].replace("/Subtype /Type3", f"/Subtype /Type3 /BaseFont /{name}")
    page = [placed_text(72, 700, "The mean"), shown(116, 700, "d"), placed_text(130, 700, "is 6"),
            shown(150, 700, "a"), placed_text(158, 700, "10"), shown(172, 700, "b"), placed_text(180, 700, "3, it is"),
            shown(212, 700, "c"), placed_text(224, 700, "7 here."), *prose(600, 12)]
    text = read("a.pdf", pdf_of(page, font=font)).text
    assert "Themeanμis6×10−3,itis≤7here." in text.replace(" ", "")
    assert not [sign for sign in text if "\ue000" <= sign <= "\uf8ff"]


@pytest.mark.parametrize(("name", "place", "sign"), [
    ("BCDIEE+Wingdings-Regular", 0xF0FC, "✓"), ("ABCDEE+Wingdings", 0xF0A7, "▪"), ("Wingdings2", 0xF050, "✓"),
    ("Segoe UI Symbol", 0xF03D, "="), ("ScheringSymbolsArrowsPositive", 0xF050, "\uf050"),
    ("Arial", 0xF0B4, "\uf0b4")])
def test_a_private_character_is_a_sign_only_in_a_font_that_is_known(name, place, sign):
    assert table_of(name).get(place - 0xF000, chr(place)) == sign


# --- what is not to be seen


@pytest.mark.parametrize("crop", ["0 0 306 792", "20 30 306 760"])
def test_text_outside_the_page_that_is_shown_is_left_out_and_told(read, crop):
    page = [*[placed_text(50, 700 - 14 * n, f"this half has number {n} of its lines") for n in range(8)],
            *[placed_text(330, 700 - 14 * n, f"the other page has line {n} here") for n in range(8)]]
    document = read("a.pdf", pdf_of(page, crop=crop))
    assert "half has number 7" in document.text and "other page" not in document.text
    assert "the other page has line 0 here" in left_out(document, "outside")[0]


# --- sizes that no text is seen in


@pytest.mark.parametrize("font", ["0 Tf 1 0 0 1", "0.001 Tf 1 0 0 1", "-0.01 Tf 1 0 0 1", "10 Tf 1 0 0 0.0001"])
@pytest.mark.parametrize("rest", [[], prose(600, 12)])
def test_text_in_a_font_without_a_size_does_not_keep_a_file_from_being_read(read, font, rest):
    page = [f"BT /F1 {font} 72 {y} Tm ({words}) Tj ET" for y, words in [
        (720, "Table 1: Hidden words"), (700, "of a page that nobody sees")]]
    text = read("a.pdf", pdf_of([*page, *rest])).text
    assert not rest or "The model of line 1" in text
