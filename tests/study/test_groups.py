"""Questions for values of each document of a group: how they are read, and what is answered."""

from datetime import date

import pytest

from kb.study.covers import lines_of
from kb.study.groups import read_group
from kb.study.values import values_of
from kb.types import Document, Metadata, Section
from tests.making import library_of

TODAY = date(2026, 5, 1)
FISH = """---
title: Finding Fish in Murky Water
authors: [Ada Moor]
year: 2021
---
# Finding Fish in Murky Water

## Abstract

Detecting fish in murky water is hard. We propose a fish detection network. On the data set PondShots our detector
reaches an mAP of 61.4%.

## Conclusion

In the future we plan to count the fish in rivers.
"""
CRAB = """---
title: 基于注意力的螃蟹检测方法
authors: [林一山]
year: 2019
---
# 基于注意力的螃蟹检测方法

## 摘要

螃蟹检测在养殖中很重要。本文提出一种基于注意力的螃蟹检测网络。在CrabSet数据集上，本文方法的平均精度达到72.5%。

## 致谢

衷心感谢导师高远教授对我的悉心指导。
"""
TAX = """---
title: A History of Salt Taxes
authors: [Rupert Vale]
year: 2019
---
# A History of Salt Taxes

## Abstract

We tell how salt was taxed in three towns, from letters that were kept there.
"""


@pytest.fixture(scope="module")
def pond(tmp_path_factory):
    with library_of(tmp_path_factory.mktemp("pond"), {"fish.md": FISH, "crab.md": CRAB, "tax.md": TAX}) as base:
        yield base


@pytest.mark.parametrize(("question", "values", "kind", "subject", "language"), [
    ("Which mAP does each fish detection paper report?", ["mAP"], "", "fish detection", None),
    ("Authors and year of every thesis on tides", ["authors", "year"], "thesis", "tides", None),
    ("What future work does each thesis name?", ["future"], "thesis", "", None),
    ("List the methods that the relation extraction papers propose", ["method"], "", "relation extraction", None),
    ("For each survey, give the authors", ["authors"], "survey", "", None),
    ("Who is the supervisor of each master's thesis?", ["supervisor"], "thesis", "", None),
    ("What limitations do the theses in Chinese name?", ["limits"], "thesis", "", "zh"),
    ("What does each paper on parsing propose?", ["method"], "", "parsing", None),
    ("各篇毕业论文的导师分别是谁？", ["supervisor"], "thesis", "", None),
    ("关于情感的论文各用了哪些数据集？", ["数据集"], "", "情感", None),
    ("每篇目标检测论文的作者和年份是什么？", ["authors", "year"], "", "目标检测", None),
    ("英文论文分别提出了什么方法？", ["method"], "", "", "en"),
    ("每篇综述讲了什么？", ["problem"], "survey", "", None),
    ("What are the learning rate and batch size of each paper?", ["learning rate", "batch size"], "", "", None),
    ("How large is the batch size in each paper?", ["batch size"], "", "", None),
    ("What speed (FPS) do the detection papers reach?", ["speed"], "", "detection", None),
    ("How fast is the model of each paper?", ["speed"], "", "", None),
    ("On which GPU was each paper's model trained?", ["GPU"], "", "", None),
    ("each paper's learning rate", ["learning rate"], "", "", None),
    ("每篇论文用了多大的学习率？", ["学习率"], "", "", None),
    ("每篇论文训练了多少个epoch？", ["epoch"], "", "", None),
    ("各篇论文报告的推理速度是多少？", ["推理速度"], "", "", None),
    ("各论文训练时使用的GPU是什么？", ["GPU"], "", "", None),
])
def test_a_group_and_its_values_are_read(question, values, kind, subject, language):
    found = read_group(question, TODAY)
    assert found is not None and found.group is not None
    assert [value.name for value in found.values] == values
    assert (found.group.kind, found.group.subject, found.group.filters.language) == (kind, subject, language)


@pytest.mark.parametrize(("question", "first", "last"), [
    ("Which data sets did the papers from 2016 use?", 2016, 2016),
    ("2018年以前的论文分别用了什么数据集？", None, 2017),
    ("What is the best result of each paper since 2019?", 2019, None),
    ("2016到2018年的论文各自用了什么指标？", 2016, 2018),
    ("2019年之后的目标检测论文有哪些？", 2020, None),
])
def test_years_limit_a_group(question, first, last):
    found = read_group(question, TODAY)
    assert found is not None and found.group is not None and found.group.filters.published is not None
    span = found.group.filters.published
    assert (span.first and span.first.year, span.last and span.last.year) == (first, last)


@pytest.mark.parametrize(("question", "values", "work"), [
    ("Who wrote TideNet and when was it published?", ["authors", "year"], "TideNet"),
    ("谁写了TideNet，发表于哪一年？", ["authors", "year"], "TideNet"),
    ("Authors and venue of TideNet", ["authors", "venue"], "TideNet"),
    ("What is the best result of TideNet?", ["best result"], "TideNet"),
])
def test_several_values_of_one_work_are_read(question, values, work):
    found = read_group(question, TODAY)
    assert found is not None and found.work is not None and found.work.text == work
    assert [value.name for value in found.values] == values


@pytest.mark.parametrize("question", [
    "How does the learning rate of each layer change during warmup?",
    "What do the articles of the news corpus report?",
    "每一层的输出是什么？",
    "What happens when each residual block is pruned?",
    "这篇论文的作者是谁？",
    "TideNet论文的局限是什么？",
    "What is the difference of the two papers?",
    "What papers does each survey cite?",
    "潮汐水位预测研究有什么不足？",
    "Which ??? do the papers use?",
    "How many papers on tides are there?",
    "2018年以前的论文有哪些？",
    "What are the year and venue of the Kiln paper?",
])
def test_what_asks_of_no_group_is_left(question):
    assert read_group(question, TODAY) is None


def test_what_is_counted_up_is_parted_only_where_a_part_is_known():
    assert [value.name for value in values_of("作者、年份和导师", "zh")] == ["authors", "year", "supervisor"]
    assert [value.name for value in values_of("rods and cones", "en")] == ["rods and cones"]


@pytest.mark.engine
@pytest.mark.parametrize(("question", "title", "value"), [
    ("Which mAP does each fish detection paper report?", "Finding Fish in Murky Water", "61.4"),
    ("每篇螃蟹检测论文的平均精度是多少？", "基于注意力的螃蟹检测方法", "72.5"),
])
def test_each_document_of_a_subject_is_asked_by_any_name_of_the_measure(pond, question, title, value):
    answer = pond.ask(question)
    told = {claim.subject: claim.text for claim in answer.claims}
    assert (answer.route, answer.status) == ("list", "found") and value in told[title]
    assert "A History of Salt Taxes" not in told


@pytest.mark.engine
def test_records_and_covers_are_told_with_their_places(pond):
    answer = pond.ask("Authors and year of every paper from 2019")
    told = {(claim.subject, claim.records[0].field): claim.records[0].value for claim in answer.claims}
    assert told == {("基于注意力的螃蟹检测方法", "authors"): "林一山", ("基于注意力的螃蟹检测方法", "year"): "2019",
                    ("A History of Salt Taxes", "authors"): "Rupert Vale", ("A History of Salt Taxes", "year"): "2019"}
    answer = pond.ask("每篇论文的导师是谁？")
    assert [claim.text for claim in answer.claims] == ["衷心感谢导师高远教授对我的悉心指导。"]
    assert answer.claims[0].citations
    assert set(answer.empty) == {"Finding Fish in Murky Water", "A History of Salt Taxes"}


@pytest.mark.parametrize(("text", "said"), [
    ("# 论文\n\n谨以此论文献给我的导师和亲人！\n\n## 致谢\n\n衷心感谢导师 李洪波 老师的指导。\n",
     "衷心感谢导师 李洪波 老师的指导。"),
    ("# 论文\n\n学生：王某\n指导教师：张明 教授\n\n## 摘要\n\n海很大。\n", "指导教师：张明 教授"),
    ("# 论文\n\n导师签名：    日期：\n\n## 致谢\n\n首先，我要对我的导师沈军老师表示感谢。\n",
     "首先，我要对我的导师沈军老师表示感谢。"),
    ("# Tides\n\nSupervisor: June 2024\n\nThe sea is wide.\n", ""),
    ("# Tides\n\nThesis Supervisor: Professor Ada Moor\n\nThe sea is wide.\n", "Thesis Supervisor: Professor Ada Moor"),
])
def test_who_supervised_is_read_off_cover_and_thanks(text, said):
    document = Document("d" * 12, "e" * 64, "d.md", "md", Metadata(title="Tides"), "zh", text,
                        (Section("", 0, 0, len(text)),))
    assert [text[start:end] for start, end in lines_of(document, "supervisor")] == ([said] if said else [])


@pytest.mark.engine
@pytest.mark.parametrize("question", ["What is the best result of WhaleNet?", "What future work does WhaleNet name?",
                                      "What mAP does each paper on volcanoes report?"])
def test_what_names_no_work_and_no_group_here_is_left_to_sentences(pond, question):
    assert pond.ask(question).route == "sentences"


@pytest.mark.engine
def test_what_is_left_to_do_is_told_by_plans(pond):
    answer = pond.ask("What future work does each paper name?")
    assert [claim.text for claim in answer.claims] == ["In the future we plan to count the fish in rivers."]
