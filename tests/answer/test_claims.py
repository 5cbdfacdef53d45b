"""What may be said as an answer."""

import pytest

from kb import KnowledgeBase
from kb.answer.claims import is_statement, names_in


@pytest.mark.parametrize("text", [
    "DPO (Ours)", "Table 3: Results on GLUE.", "Figure 1. The model.", "图 2：模型结构。", "表3　实验结果",
    "BERT 84.3 92.1 88.7 91.0", "https://example.org/paper.pdf", "The method has three parts:", "主要有以下几点：",
    "3.2", "请注意，", "Ours", "“Sorting Peas and Beans in Very Large Quantities.”",
    "The maximum sustainable yield can be defined more mathematically as", "由此得到系统的总能量为",
    "[饮茶与健康的前瞻性研究](http://example.org/a.htm)"])
def test_a_fragment_is_no_claim(text):
    assert not is_statement(text)


@pytest.mark.parametrize("text", [
    "LoRA freezes the weights.", "提高Python速度的最好方法是完全避免使用Python。",
    "We propose DPO, a simple loss for preferences.",
    "知识蒸馏是一种模型压缩方法。", "Let $x$ be the input and $y = f(x)$ the output of the network."])
def test_a_sentence_is_one(text):
    assert is_statement(text)


@pytest.mark.parametrize("row", ["Model: Falcon-L; Parameters (M): 340; Accuracy: 86.6", "型号：天山; 单价：5600",
                                 "- Zone NA; Sales: 12553; Profit: 2713"])
def test_a_row_with_the_names_of_its_columns_is_one(row):
    assert is_statement(row)


def test_a_line_that_was_set_needs_its_full_stop():
    line = "accuracy of the baseline and of the large model"
    assert is_statement(line) and not is_statement(line, is_set=True)


@pytest.mark.parametrize(("question", "names"), [
    ("What is GaLore?", ["GaLore"]), ("RAG为什么能减少幻觉？", ["RAG"]), ("能介绍一下BCPL么？", ["BCPL"]),
    ("Who wrote 《三体》 and when?", ["三体"]), ("How does dropout help?", []), ("荷兰队在2007年有多少人参赛？", []),
    ("Does it beat ResNet-50 on ImageNet?", ["ResNet-50", "ImageNet"])])
def test_names(question, names):
    assert names_in(question) == names


def test_a_year_that_is_asked_for_stands_near_the_claim(tmp_path):
    (tmp_path / "a.md").write_text("# 灾害\n\n2023 年各种自然灾害造成直接经济损失 3454.5 亿元。\n", encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "library") as base:
        base.add([tmp_path / "a.md"])
        assert base.ask("2023 年自然灾害造成多少直接经济损失？").status == "found"
        assert base.ask("2021 年自然灾害造成多少直接经济损失？").status != "found"
        assert base.ask("What was the direct economic loss of natural disasters in 2021?").status != "found"
