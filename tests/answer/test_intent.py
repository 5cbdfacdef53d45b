import pytest

from kb.answer.intent import defines, read_intent
from kb.text import guess_language


@pytest.mark.parametrize(("question", "subject"), [("什么是知识蒸馏？", "知识蒸馏"), ("知识蒸馏是什么?", "知识蒸馏"),
                                                   ("What is knowledge distillation?", "knowledge distillation"),
                                                   ("Define the attention mechanism.", "attention mechanism"),
                                                   ("请问什么是BERT？", "BERT"), ("What does MLM stand for?", "MLM"), ])
def test_definition_questions_name_their_subject(question, subject):
    intent = read_intent(question, "zh")
    assert intent.wants_definition
    assert intent.subject == subject


@pytest.mark.parametrize(("question", "subjects"), [
    ("剪枝和量化有什么区别？", ("剪枝", "量化")), ("What is the difference between GPTQ and AWQ?", ("GPTQ", "AWQ")),
    ("Compare BERT with GPT-3", ("BERT", "GPT-3")), ("ColBERT vs DPR", ("ColBERT", "DPR")),
])
def test_comparisons_name_both_sides(question, subjects):
    assert read_intent(question, "en").subjects == subjects


@pytest.mark.parametrize(("question", "wants"), [("BERT 有多少层？", "wants_number"),
                                                 ("How many layers does BERT have?", "wants_number"),
                                                 ("GPT-3 是哪一年发布的？", "wants_time"),
                                                 ("When was BERT published?", "wants_time"),
                                                 ("模型压缩有哪些方法？", "wants_list"),
                                                 ("What are the steps of fine-tuning?", "wants_list"), ])
def test_the_form_of_the_answer_is_read_from_the_question(question, wants):
    assert getattr(read_intent(question, "en"), wants)


@pytest.mark.parametrize(
    ("better", "worse", "subject"),
    [("知识蒸馏是指用大模型指导训练小模型的方法。", "为此人们提出了知识蒸馏等技术。", "知识蒸馏"),
     ("知识蒸馏(Knowledge Distillation):使用大模型指导训练小模型。", "其中知识蒸馏的损失为 L。", "知识蒸馏"),
     ("LoRA is a method that adds low-rank matrices.", "We compare with LoRA on eight tasks.", "LoRA"),
     ("Knowledge distillation trains a student.", "The results of knowledge distillation are in Table 2.",
      "knowledge distillation"), ])
def test_a_defining_sentence_scores_above_a_mention(better, worse, subject):
    assert defines(better, subject) > defines(worse, subject) + 0.2


@pytest.mark.parametrize(("sentence", "subject"), [
    ("The sparse lists of coordinates are called constellation maps.", "constellation map"),
    ("Sparse lists, which we term “constellation maps”, look like the sky.", "constellation maps"),
    ("在两条命令之间的位置称为**导言区**。", "导言区"),
    ("原子核中每个核子的平均结合能，称作比结合能", "比结合能"),
    ("In this paper we introduce GaLore, a strategy that trains all weights in little memory.", "GaLore"),
    ("Baker (2005) defined gaming the system as trying to succeed without learning.", "gaming the system")])
def test_a_sentence_that_names_what_it_describes_defines_it(sentence, subject):
    assert defines(sentence, subject) >= 0.6


def test_a_definition_is_known_by_the_other_names_of_the_thing():
    intent = read_intent("什么是低秩适配？", "zh").with_names(("low-rank adaptation", "LoRA"))
    assert intent.clearly_defined("LoRA is a method that freezes the weights.") >= 0.7
    assert intent.other_questions(3) == ["低秩适配", "what is low-rank adaptation", "what is LoRA"]


def test_a_label_before_a_sentence_says_what_it_defines():
    intent = read_intent("What is Buridan's Principle?", "en")
    line = "A discrete decision cannot be made within a bounded time."
    assert intent.clearly_defined(line, before="Buridan's Principle.") > 0.9 > intent.clearly_defined(line)


@pytest.mark.parametrize(("question", "subject"), [
    ("What is the maximum sustainable yield of a fishery?", "A maximum sustainable yield is a catch that lasts."),
    ("以太坊里的 Gas 是什么？", "Gas 是网络计量费用的单位。")])
def test_the_thing_itself_counts_without_what_the_question_says_of_it(question, subject):
    assert read_intent(question, guess_language(question)).clearly_defined(subject) >= 0.7


@pytest.mark.parametrize(("question", "sentence", "has"), [
    ("What percentage of failures came from bad handlers?", "In 2014 we read 198 reports.", False),
    ("What percentage of failures came from bad handlers?", "They caused 92\\% of the failures.", True),
    ("What share of articles is there?", "Two thirds of all articles are there.", True),
    ("What share of articles is there?", "We looked at all 31 articles.", False),
    ("火灾占比是多少？", "2012 年共发生 31 起。", False), ("火灾占比是多少？", "其中火灾占三成。", True),
    ("How many reports were read?", "In 2014 we read 198 reports.", True),
    ("实现这一目标预计要花多少钱？", "该公司承诺到 2030 年 100% 使用绿电。", False),
    ("实现这一目标预计要花多少钱？", "预计投入 3.5 亿元。", True),
    ("How much money was spent?", "It cost $4 million.", True)])
def test_a_share_is_asked_for_as_a_share(question, sentence, has):
    assert read_intent(question, "zh").has_number(sentence) is has


def test_a_measure_is_a_number():
    assert read_intent("What mean absolute error did the network reach?", "en").wants_number
    assert read_intent("What accuracy was reached on the test set?", "en").wants_number
    assert not read_intent("What is the temperature of a softmax?", "en").wants_number
    assert not read_intent("What causes the error?", "en").wants_number
    assert not read_intent("What does the BLEU score measure in translation?", "en").wants_number
    assert not read_intent("What is precision?", "en").wants_number


@pytest.mark.parametrize(("question", "subject"), [
    ("The loss is defined as the cross entropy of both outputs.", "cross entropy"),
    ("损失定义为交叉熵与正则项之和。", "交叉熵")])
def test_what_something_else_is_defined_by_is_not_defined(question, subject):
    assert defines(question, subject) < 0.6


def test_a_ratio_by_name_asks_for_no_share():
    assert not read_intent("什么是比例风险模型？", "zh").wants_share
    assert read_intent("女性的比例是多少？", "zh").wants_share
