"""What a sentence says of a thing that it names: the work uses it, extends it, is tried on it, or only speaks of it."""

import pytest

from kb.study.said_of import ENOUGH, mentions_of, stands
from kb.types import Block, Document, Metadata, Section


def says(relation, name, sentence, heading="Method", language="en"):
    text = f"Lakes\n\n{heading}\n\n{sentence}\n"
    start = text.index(heading)
    made = Document("k", "k", "k.md", "markdown", Metadata(title="Lakes"), language, text,
                    (Section("Lakes", 1, 0, start), Section(heading, 2, start, len(text))))
    found = mentions_of(made, [name], relation)
    return bool(found) and stands(found, relation) >= ENOUGH[relation]


@pytest.mark.parametrize(("sentence", "heading", "is_so"), [
    ("We extend KilnNet with a second branch.", "Method", True),
    ("Our network is built upon KilnNet.", "Method", True),
    ("Our model improves by 2.1 points and is better than KilnNet.", "Results", False),
    ("Our model brings an improvement over the strong KilnNet in all runs.", "Results", False),
    ("本文在KilnNet的基础上改进了注意力模块。", "方法", True),
    ("改进后的本文方法比KilnNet提高了2.3%。", "实验结果", False),
    ("与KilnNet相比，本文改进的方法收敛更快。", "实验结果", False),
])
def test_what_is_compared_with_is_not_built_on(sentence, heading, is_so):
    assert says("extends", "KilnNet", sentence, heading) == is_so


@pytest.mark.parametrize(("sentence", "heading", "is_so"), [
    ("We evaluate our detector on LakeSet with five folds.", "Experiments", True),
    ("We initialise the backbone with weights pre-trained on LakeSet.", "Experiments", False),
    ("We report the standard LakeSet metrics in all tests.", "Experiments", False),
    ("我们在LakeSet数据集上评估模型的准确率。", "实验", True),
    ("本文采用在LakeSet上预训练的主干网络。", "实验设置", False),
    ("本文实验所用的模型是在LakeSet数据集上训练得到的。", "实验", False),
])
def test_what_a_model_came_trained_on_is_no_test(sentence, heading, is_so):
    assert says("evaluates", "LakeSet", sentence, heading) == is_so


@pytest.mark.parametrize(("sentence", "heading", "is_so"), [
    ("We use KilnLoss to train the network.", "Method", True),
    ("Previous works use KilnLoss to train such networks.", "Method", False),
    ("本文采用KilnLoss训练网络。", "方法", True),
    ("已有研究采用KilnLoss训练网络。", "方法", False),
    ("文献[12]采用KilnLoss训练网络。", "方法", False),
    ("例如在使用KilnLoss时，需要保存动量。", "方法", False),
])
def test_what_others_use_is_not_used(sentence, heading, is_so):
    assert says("uses", "KilnLoss", sentence, heading) == is_so


@pytest.mark.parametrize(("row", "is_so"), [
    ("| KilnNet [3] | 71.2 |", False), ("| BowlNet + KilnNet | 71.2 |", False), ("| KilnNet (ours) | 71.2 |", True),
    ("| BowlNet | KilnNet | 71.2 |", True),
])
def test_a_row_of_another_method_is_no_use_of_it(row, is_so):
    text = f"Lakes\n\nResults\n\n{row}\n"
    start, at = text.index("Results"), text.index(row)
    made = Document("k", "k", "k.md", "markdown", Metadata(title="Lakes"), "en", text,
                    (Section("Lakes", 1, 0, start), Section("Results", 2, start, len(text))),
                    blocks=(Block("table", at, at + len(row)),))
    assert (stands(mentions_of(made, ["KilnNet"], "uses"), "uses") >= ENOUGH["uses"]) == is_so
