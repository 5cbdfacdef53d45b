"""What speaks for a name or a number: names nobody knows, tables turned over, rows without a table, who is cited."""

import pytest

from kb.study.cells import Source, fill
from kb.study.columns import read_column
from kb.study.names import data_sets, models
from kb.study.papers import Paper
from kb.study.results import results
from kb.study.weights import log_odds

HEAD = """# BeanSort: Sorting beans by their sound

## Abstract

We present BeanSort, which extends factorization machines with a gated recurrent unit. It sorts beans by their sound.

## Method

BeanSort combines factorization machines and a gated recurrent unit. BeanSort reads one bean at a time.

"""


def first_result(paper: Paper) -> str:
    found = results(paper, [], data_sets(paper))
    return paper.document.text[found[0].start:found[0].end] if found else ""


def test_names_that_nobody_knows_are_data_sets_where_the_experiments_list_them(paper_of):
    paper = paper_of(HEAD + "## Experiments\n\nWe evaluate on two datasets: HumSound [3] and PodSound [4]. On HumSound "
                            "and PodSound BeanSort is better than ResNet-50 in CTR.\n")
    clear = {each.text for each in data_sets(paper) if each.support >= 0.55}
    assert clear == {"HumSound", "PodSound"}


def test_what_a_work_extends_and_combines_is_what_it_is_built_on(paper_of):
    assert {each.text for each in models(paper_of(HEAD))[:2]} == {"factorization machines", "gated recurrent unit"}


def test_a_number_under_the_work_s_own_column_is_its_own(paper_of):
    paper = paper_of(HEAD + """## Experiments

| Measure | VGG-16 | ResNet-50 | BeanSort |
| --- | --- | --- | --- |
| Accuracy | 97.9 | 98.3 | 91.4 |
| F1 | 95.1 | 96.2 | 89.7 |

Table 1: Results on the PodSound dataset.
""")
    assert first_result(paper) in ("91.4", "89.7")


def test_a_row_that_no_reader_took_for_a_table_is_read(paper_of):
    paper = paper_of(HEAD + "## Experiments\n\nMethod PodSound HumSound PeaSound\n\n"
                            "CornNet (Holt, 2019) 97.9 98.3 96.0\n\nBeanSort 91.4 89.7 88.2\n")
    assert first_result(paper) in ("91.4", "89.7", "88.2", "")
    assert not any(result.value > 95 for result in results(paper, [], data_sets(paper)))


def test_a_row_whose_method_is_cited_elsewhere_is_another_s(paper_of):
    paper = paper_of(HEAD + """CornNet (Holt, 2019) sorts corn.

## Experiments

| Method | Accuracy |
| --- | --- |
| CornNet | 97.9 |
| Two heads | 91.4 |

Table 1: Accuracy on the PodSound dataset.
""")
    assert 97.9 not in [result.value for result in results(paper, [], [])]


def test_how_much_better_a_work_is_comes_after_what_it_reaches(paper_of):
    paper = paper_of(HEAD + "## Experiments\n\nBeanSort outperforms VGG-16 by 7.3%, 8.8% and 8.5% in accuracy. Our "
                            "BeanSort achieves the best accuracy of 91.4% on PodSound.\n")
    assert first_result(paper) == "91.4%"


@pytest.mark.parametrize("said", [
    "Our code is publicly available².\n\n## References\n\n[1] Holt. 2019. Beans.\n\n²https://github.com/example/beansort",
    "We release our code.¹\n\n## Related work\n\n¹https://beansort.example.org/code"])
def test_an_address_in_a_footnote_is_found_wherever_the_page_ends(paper_of, said):
    paper = paper_of(HEAD + "## Conclusion\n\n" + said + "\n")
    assert "beansort" in fill(Source(paper, "", (), {}, None), read_column("code")).shown


def test_an_address_with_the_word_code_in_it_is_no_code(paper_of):
    paper = paper_of(HEAD + "## Experiments\n\nThe tweets are those of Holt¹.\n\n¹http://www.example.org/code/index.html\n")
    assert fill(Source(paper, "", (), {}, None), read_column("code")).text == ""


@pytest.mark.parametrize("said", ["本文采用的数据集源于海洋气象局的公开平台。", "实验数据集由海洋气象局提供。"])
def test_where_data_without_a_name_come_from_is_told(paper_of, said):
    paper = paper_of(f"# 海浪预测\n\n摘要：本文预测海浪。\n\n# 3 实验\n\n{said}\n")
    assert "海洋气象局" in fill(Source(paper, "", (), {}, None), read_column("数据集")).text


@pytest.mark.parametrize("column", ["data set", "model", "result"])
def test_every_column_has_weights(column):
    assert log_odds(column, {"at": 1.0}) < 0


def test_a_table_in_which_nothing_names_the_work_gives_no_number_of_the_others_in_it(paper_of):
    paper = paper_of(HEAD + """## Experiments

| Method | Accuracy |
| --- | --- |
| CoNet-R | 97.9 |
| ProNet | 91.4 |
| PodCNN | 90.2 |

Table 1: Accuracy on the PodSound dataset.
""")
    assert results(paper, [], []) == []


def test_ours_above_a_column_among_names_that_nobody_knows_is_the_own_column(paper_of):
    paper = paper_of(HEAD + """## Experiments

| Attribute | CoNet-R | ProNet | Ours |
| --- | --- | --- | --- |
| Wet | .721 | .779 | .774 |
| Dry | .706 | .802 | .803 |

Table 1: Accuracy of each kind of pod.
""")
    assert {result.value for result in results(paper, [], [])} <= {0.774, 0.803}
    assert first_result(paper) == ".803"


def test_what_is_called_ours_is_the_work_s_own_name_and_no_base_model(paper_of):
    paper = paper_of("""# Sorting beans by their sound

## Abstract

We sort beans. We train a network.

## Experiments

Our BeanSort-2 is built on ResNet-50. Our BeanSort-2 is quick, and extends PodNet [3].

| Method | Accuracy |
| --- | --- |
| PodNet [3] | 81.2 |
| HumNet (ours) | 91.2 |
""")
    assert {"beansort-2", "humnet"} <= paper.own_names
    assert not {"BeanSort-2", "HumNet"} & {each.text for each in models(paper)}


def test_data_that_a_model_had_been_trained_on_before_are_not_what_the_work_is_tried_on(paper_of):
    paper = paper_of(HEAD + "## Experiments\n\nThe encoder was pretrained on PodWeb [5]. We evaluate on two datasets: "
                            "HumSound [3] and PodSound [4]. BeanSort is better on HumSound and PodSound.\n")
    assert "PodWeb" not in {each.text for each in data_sets(paper) if each.support >= 0.5}
