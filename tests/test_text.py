import random

import pytest

from kb.readers.accents import join_accents
from kb.text import (
    guess_language,
    mend,
    one_line,
    question_tokens,
    search_terms,
    search_tokens,
    sentence_spans,
)


def sentences(text: str) -> list[str]:
    return [text[a:b].strip() for a, b in sentence_spans(text)]


def terms(text: str) -> list[str]:
    return [token.term for token in search_tokens(text)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is BERT?", "en"),
        ("什么是BERT?", "zh"),
        ("BERT 的 MLM 任务是什么", "zh"),
        ("The term 注意力 means attention in Chinese.", "en"),
        ("42", "en"),
    ],
)
def test_language_is_that_of_the_words_not_of_the_terms(text, language):
    assert guess_language(text) == language


def test_chinese_sentences_end_at_full_stops_with_their_quotes():
    assert sentences("他说：“模型很大。”然后走了！真的吗？对。") == [
        "他说：“模型很大。”",
        "然后走了！",
        "真的吗？",
        "对。",
    ]


def test_abbreviations_numbers_and_initials_do_not_end_a_sentence():
    text = (
        "Vaswani et al. (2017) use e.g. Fig. 3 and J. Smith's 3.5 B model, i.e. the large one. It works! Does it? Yes."
    )
    assert sentences(text) == [
        "Vaswani et al. (2017) use e.g. Fig. 3 and J. Smith's 3.5 B model, i.e. the large one.",
        "It works!",
        "Does it?",
        "Yes.",
    ]


def test_nothing_is_cut_inside_formulas_and_code():
    assert sentences("We set $a. B = c$ and `x. Y`. Next.") == ["We set $a. B = c$ and `x. Y`.", "Next."]
    assert sentences("损失是 $$L = a。b$$ 其中。完") == ["损失是 $$L = a。b$$ 其中。", "完"]


def test_list_items_headings_and_blank_lines_end_a_sentence_but_soft_wraps_do_not():
    assert sentences("One line\nwrapped here\n- item a\n- item b\n\nNew para") == [
        "One line\nwrapped here",
        "- item a",
        "- item b",
        "New para",
    ]


def test_sentences_of_any_text_are_the_text():
    rng = random.Random(3)
    alphabet = "ab C.。！?？\n\n$`-*  1)（”\"'…、，;#|\\[]"
    for _ in range(500):
        text = "".join(rng.choice(alphabet) for _ in range(rng.randrange(60)))
        spans = sentence_spans(text)
        assert "".join(text[a:b] for a, b in spans) == text
        assert all(a < b for a, b in spans)


def test_chinese_terms_are_characters_and_bigrams():
    assert terms("知识蒸馏") == ["知", "知识", "识", "识蒸", "蒸", "蒸馏", "馏"]


def test_a_hyphenated_name_is_found_written_together():
    assert {"gpt", "3", "gpt3"} <= set(terms("GPT-3"))
    assert terms("GPT3") == ["gpt3"]


def test_plural_and_case_do_not_matter():
    assert terms("Queries NETWORKS loss") == ["query", "network", "loss"]


def test_tokens_point_into_the_original_text():
    text = "Ｔransformer 的 Self-Attention，第３章"
    for token in search_tokens(text):
        assert text[token.start:token.end]
    assert "3" in terms(text)
    assert "transformer" in terms(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "大",
        "大模型，Self-Attention 的 GPT-3.5 是 state-of-the-art",
        "Ｔｒａｎｓ第３章の",
        "a-" * 40,
        "U.S.-China's 𠀀𠀁 〇",
    ],
)
def test_terms_alone_are_those_of_the_tokens(text):
    assert search_terms(text) == [token.term for token in search_tokens(text)]


def test_a_question_keeps_its_subject_and_loses_its_form():
    assert [t.term for t in question_tokens("什么是知识蒸馏？")] == ["知", "知识", "识", "识蒸", "蒸", "蒸馏", "馏"]
    assert [t.term for t in question_tokens("What is the loss of BERT?")] == ["loss", "bert"]
    assert question_tokens("what is it?")  # nothing but form: all of it


def test_mend_restores_what_pdf_fonts_break_and_keeps_full_width_punctuation():
    assert mend("⼤模型⻓度，ﬁne（ＡＢ１）") == "大模型长度，fine（AB1）"
    assert mend("a\x00b\r\nc\rd\ud800") == "ab\nc\nd\ufffd"


def test_a_title_cannot_reorder_or_hide_text():
    assert one_line("a\u202eb\u200b\n c") == "ab c"
    assert len(one_line("x" * 999)) == 300


@pytest.mark.parametrize(("text", "right"), [
    ("slide\x0bSecond\x0cThird", "slide\nSecond\nThird"), ("a\x85b\u2028c\u2029d\x1ce", "a\nb\nc\nd\ne"),
    ("Schro\u0308dinger, Poincare\u0301", "Schrödinger, Poincaré"),
    ("re\u00adci\u200bpe wo\u2060rd \ufeffend", "recipe word end"),
    ("７０．６，３．１４", "70.6，3.14"), ("１．", "1．"), ("a\u200db\u200cc", "abc"), ("葛\U000e0100城", "葛城"),
    ("نمی\u200cخواهم", "نمی\u200cخواهم"), ("👨\u200d👩\u200d👧 ❤\ufe0f", "👨\u200d👩\u200d👧 ❤\ufe0f"),
    ("5 µm, 3 Å", "5 µm, 3 Å"),
])
def test_mend_makes_one_form_of_what_looks_alike(text, right):
    assert mend(text) == right
    assert mend(right) == right


@pytest.mark.parametrize(("text", "right"), [
    ("a na¨ıve Schr¨odinger and Poincar´e", "a naïve Schrödinger and Poincaré"),
    ("Franc¸ois, Fran¸cois", "François, François"),
    ("Erd˝os, Haˇsek, ˇCech, ¨Uber", "Erdős, Hašek, Čech, Über"), ("Schr¨ odinger", "Schrödinger"),
    ("Wal˛esa", "Walęsa"),
    ("Garc´ıa, M´exico, Espa˜na, voil`a, ˚Angstr¨om", "García, México, España, voilà, Ångström"),
    ("it´s l´art, use`abc`, a ¨ b, p¨q, x ´word´ y, `code`", "it´s l´art, use`abc`, a ¨ b, p¨q, x ´word´ y, `code`"),
])
def test_accents_set_apart_are_joined_to_their_letters(text, right):
    assert join_accents(text) == right


@pytest.mark.parametrize("text", ["准确率 70．6，超过67．83。", "学习率为０．００１时最好。", "误差 3．5％。",
                                  "如图2．模型很深。",
                                  "１．引言\n本文研究模型。", "用Node．js编写。", "例如e．g．this。"])
def test_a_full_width_point_in_a_number_ends_no_sentence(text):
    assert sentence_spans(text) == [(0, len(text))]


@pytest.mark.parametrize("text", ["模型很大．它很慢．", "用的是ResNet．它很深．", "结果为70．6．它更好．",
                                  "模型很大｡它很慢｡"])
def test_a_full_width_full_stop_ends_one(text):
    assert len(sentence_spans(text)) == 2
