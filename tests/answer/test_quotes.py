import re

import pytest

from kb import KnowledgeBase
from kb.answer.quotes import keep_supported, own_language_first
from kb.errors import QuestionError
from kb.text import trim
from kb.types import Citation, Claim

ARTICLE = """# 大模型

## 1 概念

大模型是指参数量达到数十亿的神经网络。它需要大量数据。

## 2 压缩

模型压缩的主要方法包括:

- 剪枝(Pruning):移除不重要的权重。
- 量化(Quantization):用更少的位数表示权重。
- 知识蒸馏(Knowledge Distillation):使用大模型指导训练小模型。

其中 $T$ 是知识蒸馏的温度。剪枝之后通常要再训练。

## 3 数字

BERT-base 有 12 层和 1.1 亿个参数。BERT 由谷歌在 2018 年提出。
"""
NOTE = """# Compression

Knowledge distillation is a method in which a small student learns from the outputs of a large teacher.
Pruning is the removal of weights that matter little. Quantisation stores weights in fewer bits.

## Limits

Unstructured pruning does not make a network faster on ordinary hardware.
"""


pytestmark = pytest.mark.engine


@pytest.fixture
def library(tmp_path):
    (tmp_path / "a.md").write_text(ARTICLE)
    (tmp_path / "b.md").write_text(NOTE)
    with KnowledgeBase.open(tmp_path / "library", encoder="bundled") as opened:
        opened.add([tmp_path / "a.md", tmp_path / "b.md"])
        yield opened


def assert_exact(base, answer):
    for claim in answer.claims:
        assert claim.citations
        assert claim.text == claim.citations[0].quote
        for c in claim.citations:
            assert base.document(c.document).text[c.start:c.end] == c.quote


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("什么是知识蒸馏？", "知识蒸馏(Knowledge Distillation):使用大模型指导训练小模型。"),
        ("大模型是什么？", "大模型是指参数量达到数十亿的神经网络。"),
        ("什么是量化", "量化(Quantization):用更少的位数表示权重。"),
        (
            "What is knowledge distillation?",
            "Knowledge distillation is a method in which a small student learns from the outputs of a large teacher.",
        ),
        ("What does pruning mean?", "Pruning is the removal of weights that matter little."),
        ("BERT-base 有多少层？", "BERT-base 有 12 层和 1.1 亿个参数。"),
        ("BERT 是哪一年提出的？", "BERT 由谷歌在 2018 年提出。"),
    ],
)
def test_the_answering_sentence_comes_first_word_for_word(library, question, expected):
    answer = library.ask(question)
    assert answer.status == "found"
    assert answer.claims[0].text == expected
    assert_exact(library, answer)


def test_a_question_for_several_things_gets_the_items_of_the_list(library):
    answer = library.ask("模型压缩有哪些方法？")
    assert [claim.text[:2] for claim in answer.claims] == ["模型", "剪枝", "量化", "知识"]
    assert_exact(library, answer)


def test_a_comparison_gets_both_sides(library):
    answer = library.ask("剪枝和量化有什么区别？")
    assert [claim.subject for claim in answer.claims if claim.subject] == [claim.subject for claim in answer.claims]
    assert {claim.subject for claim in answer.claims} == {"剪枝", "量化"}
    assert_exact(library, answer)


def test_the_same_statement_in_two_documents_is_one_claim_with_two_citations(library, tmp_path):
    (tmp_path / "c.md"
     ).write_text("# Another title\n\nSomething else first. Pruning is the removal of weights that matter little.")
    library.add([tmp_path / "c.md"])
    claim = library.ask("What is pruning?").claims[0]
    assert len({c.document for c in claim.citations}) == 2
    assert len({c.quote for c in claim.citations}) == 1


def test_a_quote_comes_with_its_neighbours_its_section_and_the_words_it_shares(library):
    citation = library.ask("大模型是什么？").claims[0].citations[0]
    assert citation.section == ("大模型", "1 概念")
    assert citation.after == "它需要大量数据。"
    assert "大模" in citation.terms


@pytest.mark.parametrize("question", ["今天天气怎么样？", "How do I bake bread?", "特斯拉的股价是多少"])
def test_what_is_not_in_the_library_is_not_answered(library, question):
    answer = library.ask(question)
    assert answer.status == "not_found"
    assert answer.claims == ()
    assert answer.searched.documents == 2
    assert answer.searched.missing_terms


def test_missing_words_are_shown_as_words(library):
    assert "bread" in library.ask("How do I bake bread?").searched.missing_terms
    assert (
        "股价" in library.ask("特斯拉的股价").searched.missing_terms
        or "特斯拉" in library.ask("特斯拉的股价").searched.missing_terms
    )


def test_the_language_of_the_answer_is_that_of_the_question(library):
    assert library.ask("什么是剪枝?").language == "zh"
    assert library.ask("What is pruning?").language == "en"


@pytest.mark.parametrize(("question", "code"), [("", "Q_EMPTY"), (" \n ", "Q_EMPTY"), ("x" * 8001, "Q_LONG")])
def test_a_question_that_cannot_be_asked_is_a_clear_error(library, question, code):
    with pytest.raises(QuestionError) as caught:
        library.ask(question)
    assert caught.value.code == code


@pytest.mark.parametrize("question",
                         ["\"", "AND OR NOT", "NEAR(a, b)", "*", "剪枝\" OR \"x", "\x00\ud800", "((((", "？？？"])
def test_operators_and_odd_characters_are_only_text(library, question):
    assert library.ask(question).status in ("found", "weak", "not_found")
    library.search(question)


def test_a_claim_without_its_exact_quote_is_dropped_and_counted(library):
    good = library.ask("什么是量化").claims[0]
    bad = Claim("量化很快。", (Citation(good.citations[0].document, "", "", None, 3, 9, "量化很快。", 1.0),))
    kept, n_dropped = keep_supported([good, bad], library.document)
    assert (kept, n_dropped) == ([good], 1)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("- item.", "item."),
        ("  3. Third", "Third"),
        ("3.2 自注意力", "3.2 自注意力"),
        ("（1）第一", "第一"),
        ("> quoted \n", "quoted"),
        ("", ""),
    ],
)
def test_list_marks_are_no_part_of_a_quote(line, kept):
    a, b = trim(line, 0, len(line))
    assert line[a:b] == kept


def test_headings_are_no_answers(library):
    for question in ("压缩", "大模型", "Compression", "Limits"):
        assert all(
            not re.match(r"#|\d ", claim.text) and claim.text not in ("大模型", "Compression", "Limits")
            for claim in library.ask(question).claims
        )


@pytest.mark.parametrize(("language", "scores", "order"), [
    ("en", [("zh", 20.0), ("en", 18.0), ("en", 9.0)], [1, 0, 2]),  # both say it, nearly as well
    ("en", [("zh", 20.0), ("en", 17.0)], [0, 1]),  # it says it less well
    ("zh", [("zh", 20.0), ("en", 19.0), ("zh", 18.0)], [0, 2, 1]),
    ("zh", [("en", -1.0), ("zh", -1.0)], [0, 1]),  # neither answers
    ("zh", [], []),
])
def test_of_two_that_answer_equally_the_one_in_the_question_s_language_comes_first(language, scores, order):
    claims = [Claim(str(i), (Citation("d", "T", "t.md", None, 0, 1, str(i), score, (), of),))
              for i, (of, score) in enumerate(scores)]
    assert [claim.text for claim in own_language_first(claims, language)] == [str(i) for i in order]
