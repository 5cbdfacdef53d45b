"""What a question compares, and in what."""

import pytest

from kb.study.intents import read_intent
from kb.study.sides import Sides, sides_of


@pytest.mark.parametrize(("question", "names", "aspect"), [
    ("How do KilnNet and WheelNet differ in index size?", ("KilnNet", "WheelNet"), "index size"),
    ("Compare the parameters of GPT-3 and KilnNet", ("GPT-3", "KilnNet"), "parameters"),
    ("Which is faster, KilnNet or WheelNet?", ("KilnNet", "WheelNet"), "speed"),
    ("Which has more parameters, KilnNet or WheelNet?", ("KilnNet", "WheelNet"), "parameters"),
    ("How does the loss of KilnNet differ from that of WheelNet?", ("KilnNet", "WheelNet"), "loss"),
    ("What is the difference between the loss of KilnNet and the loss of WheelNet?", ("KilnNet", "WheelNet"), "loss"),
    ("Compare the loss of KilnNet with that of WheelNet", ("KilnNet", "WheelNet"), "loss"),
    ("KilnNet的损失函数和WheelNet的损失函数有什么不同？", ("KilnNet", "WheelNet"), "损失函数"),
    ("Is KilnNet better than WheelNet?", ("KilnNet", "WheelNet"), ""),
    ("Compare BERT, KilnNet and WheelNet", ("BERT", "KilnNet", "WheelNet"), ""),
    ("Do KilnNet and WheelNet use the same data?", ("KilnNet", "WheelNet"), "data"),
    ("KilnNet和WheelNet在训练数据上有什么不同", ("KilnNet", "WheelNet"), "训练数据"),
    ("从参数量看，KilnNet与WheelNet有什么不同", ("KilnNet", "WheelNet"), "参数量"),
    ("对比KilnNet和WheelNet的速度", ("KilnNet", "WheelNet"), "速度"),
    ("KilnNet、WheelNet和BERT有何异同", ("KilnNet", "WheelNet", "BERT"), ""),
    ("LLM和PLM之间有哪三个主要区别", ("LLM", "PLM"), ""),
    ("《慢火制陶》和《快火制陶》的区别", ("慢火制陶", "快火制陶"), ""),
])
def test_a_comparison_has_sides_and_an_aspect(question, names, aspect):
    assert sides_of(question) == Sides(names, aspect)
    found = read_intent(question)
    assert found is not None and found.kind == "compare"
    assert (tuple(name.text for name in found.names), found.thing) == (names, aspect)


@pytest.mark.parametrize("question", [
    "What is the difference between training and validation loss?", "监督学习与无监督学习的区别是什么？",
    "How is BERT trained?",
    "BERT的训练数据是什么？", "Does BERT use the same tokenizer?", "Which papers use KilnNet or WheelNet?", "", "?",
])
def test_other_questions_have_no_sides(question):
    assert sides_of(question) is None
