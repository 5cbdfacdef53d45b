"""What papers are asked to use: one thing or several, each by its names, and not what it is used for."""

import pytest

from kb import KnowledgeBase
from kb.study.things import is_like_a_name, names_of, other_names, readings_of

PAPERS = {
    "kiln": "# Kiln ranking\n\n## Abstract\n\nWe rank pots.\n\n## Experiments\n\nWe report AUC and mean absolute error "
            "(MAE) on the ClayBench data set. We train with the Glaze optimiser and use dropout.\n",
    "wheel": "# 转盘推荐\n\n摘要：本文推荐陶土。\n\n# 4 实验\n\n本文采用命中率（HR）和NDCG作为评价指标，在ClayBench上"
             "进行实验。我们利用泥典（ClayNet）计算词语的相似度。泥典有三千个词。\n",
    "salt": "# 盐釉\n\n摘要：本文研究盐釉。\n\n# 3 实验\n\n实验采用命中率作为评价指标。本文使用泥典扩展词表。\n",
    "net": "# WheelRec: A Way to Spin\n\n## Abstract\n\nWe present WheelRec.\n\n## Related work\n\nOkoro et al. report "
           "AUC.\n\n## Experiments\n\nWe use regularization and L2 penalties and report NDCG.\n",
}


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rated")
    for name, text in PAPERS.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    with KnowledgeBase.open(folder / "home") as base:
        base.add(sorted(folder.glob("*.md")))
        yield base


def test_what_a_thing_is_used_for_is_no_part_of_its_name():
    said = [reading.said for reading in readings_of("平均绝对误差（MAE）衡量预测质量", "zh")]
    assert said[0] == "平均绝对误差（MAE）衡量预测质量" and "平均绝对误差（MAE）" in said
    assert "AUC" in [reading.said for reading in readings_of("AUC to evaluate the model", "en")]


def test_a_bracket_is_another_name_and_and_joins_two_things():
    found = [reading.things for reading in readings_of("命中率（HR）和NDCG", "zh") if len(reading.things) == 2]
    assert found and {"命中率", "HR"} <= set(found[0][0]) and "NDCG" in found[0][1]
    either = next(reading for reading in readings_of("AUC or MAE", "en") if len(reading.things) == 2)
    assert either.is_any and either.things[0][0] == "AUC"


def test_a_description_is_not_like_a_name():
    assert is_like_a_name("Stoneboard") and not is_like_a_name("一个很复杂的多层次的东西来评价模型的总体质量")


@pytest.mark.engine
@pytest.mark.parametrize(("question", "expected"), [
    ("哪些论文用 AUC 评价模型？", ["kiln"]),
    ("哪些论文用命中率（HR）和 NDCG 作为评价指标？", ["wheel"]),
    ("哪些论文用平均绝对误差（MAE）衡量预测质量？", ["kiln"]),
    ("哪些论文用命中率评估推荐结果？", ["salt", "wheel"]),
    ("哪些论文以命中率和NDCG作为评价指标？", ["wheel"]),
    ("Which papers use NDCG or MAE to measure quality?", ["kiln", "net", "wheel"]),
    ("Which papers use the Glaze optimiser for training?", ["kiln"]),
    ("Which papers use regularisation?", ["net"]),
    ("哪些论文用到了ClayNet？", ["salt", "wheel"]),
])
def test_every_document_that_uses_the_things_is_told(rated, question, expected):
    answer = rated.ask(question)
    assert answer.route == "graph" and answer.status == "found"
    assert sorted({c.path.rpartition("/")[2][:-3] for claim in answer.claims for c in claim.citations}) == expected


@pytest.mark.engine
def test_what_no_text_names_and_is_no_name_is_for_sentences(rated):
    assert rated.ask("哪些论文用一种非常复杂的多层次的手段来评价模型的总体质量？").route == "sentences"
    answer = rated.ask("Which papers use Stoneboard to evaluate pots?")
    assert answer.route == "graph" and answer.status == "not_found"


def test_a_word_for_many_things_is_no_other_name_of_one():
    text = "长短时记忆神经网络（LSTM）有门控。" + "神经网络由层组成。" * 8
    assert other_names(["LSTM"], [text]) == []
    assert "知网" in other_names(["HowNet"], ["我们用知网（HowNet）标注。知网很大。"])


def test_one_data_set_is_known_by_the_names_that_papers_give_it():
    assert "COCO" in names_of("MS COCO") and "VOC2007" in names_of("PASCAL VOC")
    assert "Titan X" in names_of("Titan X GPU")
