"""What works were trained and run with: which sentences and rows give a value, and which only speak of it."""

import pytest

from kb.study.results import is_measure
from kb.study.rows import row_in
from kb.study.settings import read_setting
from kb.study.trained_with import trained_with

HEAD = """# PondNet: Counting ducks

## Abstract

We train a network that counts ducks.

## Implementation details

"""


def told(paper, name, most=2):
    return [paper.document.text[slice(*one.answer)] for one in trained_with(paper, read_setting(name), most)]


@pytest.mark.parametrize(("sentence", "name", "value"), [
    ("The learning rate was initially set to 0.05 and then decays.", "learning rate", "0.05"),
    ("We adopt an initial learning rate of $2 \\times 10^{-4}$ here.", "学习率", "2 \\times 10^{-4}"),
    ("Learning rate is linearly increased from 0.16 in the first part.", "learning rate", "0.16"),
    ("初始学习率设定为6.25e-5，批次大小设为48。", "learning rate", "6.25e-5"),
    ("初始学习率设定为6.25e-5，批次大小设为48。", "batch size", "48"),
    ("We train with a mini-batch size of 32 for each device.", "batch sizes", "32"),
    ("Our network is trained for 24 epochs in total.", "epochs", "24"),
    ("The rate drops every 30 epochs, and we train for 160k iterations.", "iterations", "160k"),
    ("模型训练了15轮，每轮都打乱数据。", "训练轮数", "15"),
    ("The proposed network runs at 32 FPS on a laptop.", "inference speed", "32"),
    ("It takes only 46ms per image with our detector.", "推理速度", "46"),
    ("We train on a single Tesla K40m GPU for three days.", "GPU", "Tesla K40m"),
    ("所有实验均在RTX 3090显卡上训练完成。", "显卡", "RTX 3090"),
    ("We minimize the cross-entropy between both.", "loss function", "cross-entropy"),
    ("All experiments use the Adam optimizer with a decay.", "优化器", "Adam"),
    ("We implement the network in PyTorch on one machine.", "deep learning framework", "PyTorch"),
    ("Training took 4 days on this machine.", "training time", "4"),
])
def test_a_setting_is_told_with_its_value(paper_of, sentence, name, value):
    assert told(paper_of(HEAD + sentence + "\n"), name) == [value]


@pytest.mark.parametrize(("sentence", "name"), [
    ("Table 3 shows the learning rate of (8) for each update.", "learning rate"),
    ("Smith et al. [3] use a learning rate of 0.1 in their work.", "learning rate"),
    ("The learning rate is divided by 10 at 64k and 96k iterations.", "epochs"),
    ("Both need much GPU memory and 12 GB of it.", "GPU"),
    ("We use two metrics: AUC and the cross entropy loss.", "loss function"),
    ("The sound is sampled at 44 Hz for 3 s.", "speed"),
    ("John Adam wrote a letter about ducks.", "optimizer"),
])
def test_what_only_speaks_of_a_setting_is_no_value(paper_of, sentence, name):
    assert told(paper_of(HEAD + sentence + "\n"), name) == []


def test_rows_of_settings_and_of_the_works_own_method_are_told_where_no_sentence_is(paper_of):
    paper = paper_of(HEAD + "| Setting | Value |\n| --- | --- |\n| Batch size | 16 |\n| Momentum | 0.9 |\n\n"
                     "## Experiments\n\n| Model | FPS |\n| --- | --- |\n| LR | 7 |\n| PondNet (ours) | 45 |\n")
    assert told(paper, "batch size") == ["16"] and told(paper, "FPS") == ["45"] and told(paper, "learning rate") == []


def test_a_survey_trains_nothing(paper_of):
    paper = paper_of("# A survey of nets\n\n## Methods\n\nThe network is trained with a learning rate of 0.1 here.\n")
    assert told(paper, "learning rate") == []


def test_the_row_of_the_works_own_method_has_the_score_and_no_base_lines(paper_of):
    paper = paper_of(HEAD + "## Experiments\n\n| Model | Mean Absolute Error |\n| --- | --- |\n| GooseNet [3] | 493 |\n"
                     "| Baseline | 301 |\n| PondNet (ours) | 452 |\n\nTable 1: Results.\n")
    found = row_in(paper, lambda head: head == "Mean Absolute Error")
    assert found and paper.document.text[slice(*found[1])] == "452"


def test_a_measure_is_no_part_of_another_ones_name():
    assert is_measure("average precision", "mAP") and not is_measure("precision", "mAP")


def test_nobody_proposes_a_measure_or_a_way_of_optimizing(paper_of):
    paper = paper_of(HEAD + "We present results in Recall (ROUGE) and train with descent. Our method (SGD) works.\n")
    assert not paper.own_names & {"rouge", "sgd"}
