"""The same thing out of every document, under its title; and a summary that a question asks for."""

import re

import pytest

from kb import KnowledgeBase
from tests.making import library_of
from tests.study.tides import CHINESE, ENGLISH

pytestmark = pytest.mark.engine
KILN = """# Firing Pots Slowly

We fire pots slowly in this paper. For our experiments we use the data set ClayBench, which holds 300 pots.

## Limitations

Our kiln cannot fire pots higher than a metre.
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    texts = {"tide.md": ENGLISH, "chao.md": CHINESE, "kiln.md": KILN,
             "letter.md": "# A letter\n\nThe weather is fine.\n"}
    with library_of(folder, texts) as base:
        yield base


def by_title(answer):
    return {claim.subject: claim.text.replace("\n", " ") for claim in answer.claims}


def test_a_list_stands_under_the_titles_and_names_what_answers_nothing(shelf):
    answer = shelf.ask("Which data sets do the papers use?")
    found = by_title(answer)
    assert (answer.route, answer.status) == ("list", "weak")  # one of four
    assert "ClayBench" in found["Firing Pots Slowly"] and "A letter" in answer.empty and answer.n_unasked == 0
    assert set(found).isdisjoint(answer.empty)


@pytest.mark.parametrize("question", ["What are the limitations of these papers?", "这些论文的不足分别是什么？"])
def test_a_list_of_a_part_is_told_by_the_summaries(shelf, question):
    answer = shelf.ask(question)
    found = by_title(answer)
    assert answer.route == "list"
    assert "cannot fire pots" in found["Firing Pots Slowly"]
    assert any("尚未在热带港口验证" in text for text in found.values())


@pytest.mark.parametrize(("question", "subjects"), [
    ("Summarise the TideNet paper", {"problem", "method", "results", "limits"}),
    ("总结一下《Firing Pots Slowly》", {"局限"}),
])
def test_a_question_for_a_summary_is_answered_part_by_part(shelf, question, subjects):
    answer = shelf.ask(question)
    assert answer.route == "summary" and answer.status != "not_found"
    assert subjects <= {claim.subject for claim in answer.claims}


@pytest.mark.parametrize(("question", "subject", "words"), [
    ("Which problem does TideNet address?", "problem", "readings near the quay|dense network"),
    ("How does TideNet work?", "method", "three gauges"),
    ("What are the main results of the TideNet paper?", "results", "31 %|outperforms"),
    ("What are the limitations of TideNet?", "limits", "cannot be used where"),
    ("《基于稀疏水位计的港口潮位预测方法》解决了什么问题？", "问题", "难以提前预测"),
    ("《基于稀疏水位计的港口潮位预测方法》提出了什么方法？", "方法", "提出"),
    ("《基于稀疏水位计的港口潮位预测方法》的实验结果如何？", "结果", "31%|三十八个"),
    ("《基于稀疏水位计的港口潮位预测方法》有什么不足？", "局限", "尚未"),
])
def test_one_part_that_is_asked_for_is_told_alone_and_of_that_work(shelf, question, subject, words):
    answer = shelf.ask(question)
    assert (answer.route, answer.status, {claim.subject for claim in answer.claims}) == ("summary", "found", {subject})
    assert re.search(words, " ".join(claim.text.replace("\n", " ") for claim in answer.claims))
    assert len({claim.citations[0].document for claim in answer.claims}) == 1
    assert not re.search("Jensen|Okafor|王明|李华", answer.text)


def test_a_part_of_what_is_no_work_here_is_for_sentences(shelf):
    assert shelf.ask("How does weather work?").route == "sentences"
    assert shelf.ask("What are the limitations of the paper “Glazes of Mars”?").status == "not_found"


def test_a_summary_of_an_unknown_work_is_no_answer_and_empty_parts_are_named(shelf):
    assert shelf.ask("Summarise the paper “Glazes of Mars”").status == "not_found"
    assert "问题" in shelf.ask("总结一下《Firing Pots Slowly》").empty


@pytest.mark.parametrize("question", ["Which data sets do TideNet and “Firing Pots Slowly” use?",
                                      "TideNet和《Firing Pots Slowly》各用了什么数据集？"])
def test_works_that_are_named_are_asked_and_no_others(shelf, question):
    answer = shelf.ask(question)
    told = {claim.subject for claim in answer.claims}
    assert answer.route == "list" and "Firing Pots Slowly" in told
    assert told | set(answer.empty) <= {"Firing Pots Slowly", "TideNet: Forecasting Harbour Levels with Sparse Gauges",
                                        "基于稀疏水位计的港口潮位预测方法"}


def test_a_name_that_no_document_has_is_told(shelf):
    answer = shelf.ask("Which data sets do “Firing Pots Slowly” and “Glazes of Mars” use?")
    assert "Glazes of Mars" in answer.empty and {claim.subject for claim in answer.claims} == {"Firing Pots Slowly"}


def test_a_kind_of_thing_is_known_by_what_it_may_be(tmp_path):
    texts = {"one.md": "# Sorting Leaves\n\n## Method\n\nWe train the network with AdamW for ten hours.\n\n"
                       "## Related Work\n\nOthers used SGD [3].\n",
             "two.md": "# 树叶分类\n\n## 方法\n\n本文采用随机梯度下降训练网络，共训练十小时。\n",
             "three.md": "# A Walk\n\nMomentum carried the ball down the hill.\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "home") as base:
        base.add([tmp_path / name for name in texts])
        answer = base.ask("Which optimizers do the papers use?")
    found = by_title(answer)
    assert "AdamW" in found["Sorting Leaves"] and "随机梯度下降" in found["树叶分类"]
    assert "A Walk" in answer.empty and "SGD" not in answer.text


@pytest.mark.parametrize("question", ["Which papers use ClayBench and how?", "哪些论文使用了ClayBench，怎么用的？"])
def test_who_uses_a_thing_is_told_with_how(shelf, question):
    answer = shelf.ask(question)
    assert (answer.route, set(by_title(answer))) == ("list", {"Firing Pots Slowly"})
    assert "we use the data set ClayBench" in answer.text


def test_a_thing_without_a_word_is_found_nowhere(shelf):
    answer = shelf.ask("Which ??? do the papers use?")
    assert (answer.route, answer.status, answer.claims) == ("list", "not_found", ())


TRAINED = {
    "peat.md": "# PeatNet\n\n## Abstract\n\nWe present PeatNet.\n\n## Method\n\nTraining is done with the "
               "ADADELTA update rule (Zhu, 2012).\nWe use a dropout probability of 0.5 for all layers.\n\nCode at https://github.com/ode/peatnet.\n",
    "moss.md": "# MossNet\n\n## Abstract\n\nWe present MossNet.\n\n## Experiments\n\nWe train with AdaGrad and a "
               "dropout rate of 0.2. We use the tool of https://github.com/ely/other.\n",
    "fern.md": "# FernNet\n\n## Abstract\n\nWe present FernNet.\n\n## Related work\n\nRuiz et al. train with "
               "SGD (Ode, 2001). Ely (2002) uses Adam [3].\n\n## Method\n\nFerns are sorted.\n",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    with library_of(tmp_path_factory.mktemp("trained"), TRAINED) as base:
        yield base


@pytest.mark.parametrize(("question", "expected"), [
    ("Which optimiser does each paper use?", {"PeatNet": "ADADELTA", "MossNet": "AdaGrad"}),
    ("What dropout rate do the papers use?", {"PeatNet": "0.5", "MossNet": "0.2"}),
    ("Where is the code of each paper?", {"PeatNet": "github.com/ode/peatnet"}),
    ("各篇论文的代码地址在哪里？", {"PeatNet": "github.com/ode/peatnet"}),
])
def test_the_value_of_each_paper_is_its_own(trained, question, expected):
    answer = trained.ask(question)
    found = by_title(answer)
    assert answer.route == "list" and set(found) == set(expected)
    assert all(value in found[title] for title, value in expected.items())


def test_which_papers_tell_a_machine_is_told_by_their_values(tmp_path):
    texts = {"reed.md": "# ReedNet\n\n## Experiments\n\nWe train ReedNet on two RTX 3090 cards.\n",
             "rush.md": "# RushNet\n\n## Experiments\n\nWe train RushNet by hand, without a GPU.\n"}
    with library_of(tmp_path, texts) as base:
        answer = base.ask("Which papers use a GPU?")
    assert (answer.route, [claim.subject for claim in answer.claims]) == ("list", ["ReedNet"])


def test_a_list_that_few_of_the_papers_have_is_not_sure(trained):
    assert trained.ask("Where is the code of each paper?").status == "weak"
    assert trained.ask("Which optimiser does each paper use?").status == "found"


def test_the_papers_of_a_language_or_a_topic_alone_are_asked(shelf):
    assert by_title(shelf.ask("各篇英文论文分别用了什么数据集？")).keys() == {"Firing Pots Slowly"}
    assert "Firing Pots Slowly" not in by_title(shelf.ask("各篇中文论文的不足分别是什么？"))
