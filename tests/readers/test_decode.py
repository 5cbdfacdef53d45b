"""Which encoding is it? Short texts, where counting letters has little to go by, and bytes that are no text."""

from __future__ import annotations

import pytest

from kb.errors import FileProblem
from kb.readers.decode import decode

SIMPLIFIED = [
    "知识蒸馏",
    "大语言模型的训练数据",
    "注意力机制",
    "这是一个测试。",
    "模型压缩：剪枝与量化",
    "第一章 绪论",
    "参考文献",
    "摘要：本文研究问题。",
    "Transformer模型",
    "他说：“你好。”",
    "检索增强生成（RAG）是一种方法，它先检索，再生成。",
    "学习率设为0.001，批大小为32。",
]
TRADITIONAL = ["知識蒸餾是一種方法。", "大型語言模型的訓練資料", "這是一個測試。", "注意力機制讓模型看到全部輸入。"]
WESTERN = [
    "café", "A naïve résumé.", "Größe", "Übung macht den Meister", "L’été dernier, à Paris", "“quoted” text",
    "it’s – simply – good", "50 € per unit", "Señor Núñez", "Ångström",
    "Erdős number of Müller is 2.".replace("ő", "ö"), "François Chollet, 2017", "§ 5 Abs. 2", "20 °C ± 1 °C",
]


@pytest.mark.parametrize("text", SIMPLIFIED)
@pytest.mark.parametrize("encoding", ["gbk", "gb18030"])
def test_short_simplified_chinese(text, encoding):
    assert decode(text.encode(encoding))[0] == text


@pytest.mark.parametrize("text", TRADITIONAL)
def test_short_traditional_chinese(text):
    assert decode(text.encode("big5"))[0] == text


@pytest.mark.parametrize("text", WESTERN)
def test_short_western_text(text):
    assert decode(text.encode("cp1252"))[0] == text


def test_japanese_and_korean():
    assert decode("これは日本語の文章です。モデルを学習します。".encode("shift_jis"))[0].startswith("これは日本語")
    assert decode("이것은 한국어 문장입니다. 모델을 학습한다.".encode("euc_kr"))[0].startswith("이것은")


@pytest.mark.parametrize("encoding",
                         ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text",
    [
        "知识蒸馏 is a method.\n它由 Hinton 在 2015 年提出，一共三页。\n",
        "Plain English words.\nAnd a second line.\n",
        "一一一\n第一页 一共\n",
    ],
)
def test_unicode_with_and_without_a_mark(text, encoding):
    assert decode(text.encode(encoding))[0] == text


def test_utf_8_wins_over_everything_that_also_fits():
    assert decode("é".encode())[1] == "utf-8"
    assert decode(b"only ascii") == ("only ascii", "utf-8")


def test_a_sample_that_ends_inside_a_character_is_no_error():
    # the sample of 64 KB ends between the two bytes of a character
    text = "x" + "知识蒸馏是一种训练小模型的方法。" * 4000
    assert decode(text.encode("gb18030"))[0] == text


def test_one_wrong_byte_in_utf_8_is_said_and_not_guessed_away():
    data = "知识蒸馏是一种训练小模型的方法。".encode() * 20 + b"\xff" + "它需要教师模型。".encode() * 20
    with pytest.raises(FileProblem) as caught:
        decode(data)
    assert (caught.value.code, caught.value.values["guess"]) == ("E_ENCODING", "utf-8")
    text, _ = decode(data, "utf-8")
    assert text.count("\ufffd") == 1


def test_a_stray_nul_makes_no_text_binary():
    assert decode("知识蒸馏\0是一种方法。".encode()) == ("知识蒸馏\0是一种方法。", "utf-8")


@pytest.mark.parametrize("data",
                         [bytes(range(256)) * 8, b"\0\1\2\3" * 200, b"\x7fELF" + bytes(300), b"\x80\x81\xfe\xff" * 300])
def test_bytes_that_are_no_text(data):
    with pytest.raises(FileProblem) as caught:
        decode(data)
    assert caught.value.code == "E_ENCODING"
    assert "--encoding" in caught.value.describe("en")[1]


@pytest.mark.parametrize("data", ["知识".encode("utf-16")[:-1], b"\xff\xfe\x00", b"\xef\xbb\xbf\xff\xff"])
def test_a_mark_that_the_rest_does_not_bear_out(data):
    with pytest.raises(FileProblem) as caught:
        decode(data)
    assert caught.value.code == "E_ENCODING"


def test_the_encoding_named_by_the_user_is_taken_even_where_another_fits():
    assert decode("Größe".encode("cp437"), "cp437")[0] == "Größe"
    assert decode("é".encode(), "latin-1")[0] == "Ã©"
    assert decode("\ufeff文".encode(), "utf-8")[0] == "文"


@pytest.mark.parametrize("encoding", ["no-such-encoding", "utf-32", "ascii", "rot13", "base64", "idna", "zlib"])
def test_a_named_encoding_that_does_not_fit_is_an_error(encoding):
    with pytest.raises(FileProblem) as caught:
        decode("知识蒸馏是一种方法".encode("gbk") + b"\xff", encoding)
    assert caught.value.code == "E_ENCODING"


@pytest.mark.parametrize("text", ["hello\0world", "A line\0with one NUL and more text\n", "这是\0文本，很长的文字"])
def test_a_stray_nul_does_not_make_a_text_utf_16(text):
    assert decode(text.encode()) == (text, "utf-8")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["你好世界\n", "一二三一a", "这是文本，hi", "hello", "第一章 绪论\n第二章"])
def test_a_short_text_in_utf_16_is_one_still(text, encoding):
    assert decode(text.encode(encoding)) == (text, encoding)
