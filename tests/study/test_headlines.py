"""Which number is a work's headline, and which model it begins with: kinds of numbers and names that are neither."""

import pytest

from kb.study.names import data_sets, models
from kb.study.papers import Paper
from kb.study.results import results, told
from kb.study.spans import model_pattern

HEAD = """# PondNet: Counting ducks

## Abstract

We present PondNet, which counts ducks.

## Experiments

"""
TABLE = """| Model | Accuracy | Difference in accuracy |
| --- | --- | --- |
| GooseNet [3] | 90.1 | 9.2 |
| PondNet (ours) | {value} | 99.1 |

Table 1: Accuracy on the DuckPond dataset.

"""


def values(paper: Paper) -> list[float]:
    return [group[0].value for group in told(paper, [], data_sets(paper))]


def test_a_share_in_a_table_and_the_percent_in_the_text_are_one_number(paper_of):
    paper = paper_of(HEAD + TABLE.format(value="0.923") + "Our PondNet reaches an accuracy of 92.3 % on DuckPond.\n")
    groups = {group[0].value: len(group) for group in told(paper, [], data_sets(paper))}
    assert groups == {92.3: 2}


def test_a_difference_and_a_zero_are_no_results(paper_of):
    assert values(paper_of(HEAD + TABLE.format(value="92.3"))) == [92.3]
    assert values(paper_of(HEAD + TABLE.format(value="0.000"))) == []


def test_of_several_data_sets_in_one_sentence_the_first_is_told(paper_of):
    paper = paper_of("# 数鸭子的方法\n\n# 实验\n\n我们在DuckPond数据集上取得了84.9%的准确率，"
                     "在GooseLake数据集上取得了78.3%的准确率，在HenYard数据集上取得了74.8%的准确率。\n")
    assert results(paper, [], data_sets(paper))[0].value == 84.9


def test_a_supplement_tells_no_headline_where_the_paper_does(paper_of):
    more = "\n## Appendix\n\n" + TABLE.format(value="98.8")
    assert values(paper_of(HEAD + TABLE.format(value="92.3") + more)) == [92.3]
    assert values(paper_of(HEAD + "Ducks swim.\n" + more)) == [98.8]


def test_a_translated_appendix_is_anothers_up_to_the_end(paper_of):
    paper = paper_of("# 数鸭子的方法\n\n# 实验\n\n本文方法的准确率达到92.3%。\n\n# 外文资料的调研阅读报告\n\n"
                     "# 引言\n\n本文提出HenNet。\n\n# 实验\n\n我们的方法HenNet的准确率达到99.9%。\n")
    assert {part for start, _, part, _ in paper.parts if start > paper.document.text.index("外文资料") - 5} == {"back"}
    found = results(paper, [], data_sets(paper))
    assert [result.value for result in found] == [92.3]


@pytest.mark.parametrize("title", ["DuckTeam@PondTask 2025: Counting by ripples",
                                   "DuckTeam at PondEval-2025 Task 3: Counting by ripples"])
def test_what_takes_part_in_a_task_is_called_by_its_team(paper_of, title):
    assert "duckteam" in paper_of(f"# {title}\n\n## Abstract\n\nWe count.\n").own_names


def test_a_scale_is_no_task(paper_of):
    assert "attention" not in paper_of("# Attention at Scale: Counting\n\n## Abstract\n\nWe count.\n").own_names


def test_a_name_with_capitals_side_by_side_is_known_in_any_case():
    for name in ("LLaMa3", "roberta", "DistilBert", "LLaMA-2", "Resnet50"):
        assert model_pattern().match(name), name
    assert not model_pattern().search("a complex task, simple to rotate")


def test_what_is_only_compared_with_is_no_base_model(paper_of):
    paper = paper_of("# Counting ducks\n\n## Abstract\n\nOur counter is fine-tuned from LLaMa3 and counts ducks.\n\n"
                     "## Method\n\nWe train LLaMa3 on pictures of ducks.\n\n## Baselines\n\nWe run RoBERTa [4]. "
                     "RoBERTa [4] is an encoder. The RoBERTa model is strong. We use RoBERTa.\n")
    found = models(paper)
    assert found[0].text == "LLaMa3" and found[0].support > 0.5
    rival = next(each for each in found if each.text == "RoBERTa")
    assert rival.support < found[0].support


RESULTS = """# BeanSort: Sorting beans by their sound

## Abstract

We present BeanSort.

## Experiments

{said}
"""


@pytest.mark.parametrize(("said", "expected"), [
    # a number that a method is called by is none that it reached
    ("BeanSort reaches an accuracy of 91.2% on beans, more than Sorter+noise(0.8).", {"91.2%"}),
    # of a section, of a formula
    ("4.2 Accuracy of our sorter\n\nOur accuracy is defined as correct beans over all beans (3.1)", set()),
    # of two of one sentence the better
    ("With small ears our BeanSort has an accuracy of 61.3%, with large ears it achieves an accuracy of 72.6%.",
     {"72.6%"})])
def test_numbers_of_names_and_sections_are_none_and_the_better_of_a_sentence_is_told(paper_of, said, expected):
    paper = paper_of(RESULTS.format(said=said))
    found = [paper.document.text[each.start:each.end] for each in results(paper, [], [])]
    assert set(found[:1]) == expected
