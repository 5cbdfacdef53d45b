"""Follow-up questions about the library stand by themselves, by the reader's own words."""

import pytest

from kb.study.follow import stand_alone


@pytest.mark.parametrize(("before", "question", "whole"), [
    (["Who wrote BERT?"], "And when was it published?", "when was BERT published?"),
    (["When was BERT published?"], "and who wrote it?", "who wrote BERT?"),
    (["Summarise the paper \"Slow Pots\""], "Which papers cite it?", "Which papers cite \"Slow Pots\"?"),
    (["What is the objective of RoBERTa?"], "and who wrote it?", "who wrote RoBERTa?"),
    (["Who wrote BERT?"], "And when?", "when was BERT published"),
    (["Who wrote BERT?", "When was it published?"], "Where was it published?", "Where was BERT published?"),
    (["BERT是谁写的？"], "它是哪一年发表的？", "BERT是哪一年发表的？"),
    (["《慢火制陶》讲了什么？"], "作者是谁？", "《慢火制陶》作者是谁？"),
    (["Which papers are by Ada Okoro?"], "How many papers has she written?", "How many papers has Ada Okoro written?"),
])
def test_what_points_back_becomes_the_name(before, question, whole):
    assert stand_alone(question, before) == whole


@pytest.mark.parametrize(("before", "question"), [
    (["Who wrote BERT?"], "How does it mask words?"),
    (["How does BERT differ from RoBERTa?"], "Who wrote it?"),
    (["Who wrote BERT?"], "Who wrote RoBERTa?"),
    (["What is masking?"], "Why is it done?"),
    (["Who wrote BERT?"], "总结一下LoRA这篇论文"),
    (["Who wrote BERT?"], "《慢火制陶》这篇论文的作者是谁？"),
    ([], "Who wrote it?"),
])
def test_what_is_no_question_about_the_library_is_left_alone(before, question):
    assert stand_alone(question, before) == ""
