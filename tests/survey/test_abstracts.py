"""What sentences of abstracts name besides what was done, and that a survey tells it in a section of its own."""

from dataclasses import replace

import pytest

from kb.survey.abstracts import begins_own, told
from kb.survey.outline.select import limit_of, speak_of_limits
from kb.survey.roles import Place
from kb.survey.sentences import limit_told, sentence_at, units
from kb.types import Document, Metadata, Section


def names(text, is_behind, through=0.5):
    language = "zh" if any("\u4e00" <= c <= "\u9fff" for c in text) else "en"
    return told(text, Place("abstract", through, through, is_behind=is_behind), language)


@pytest.mark.parametrize("text", [
    "However, existing tide gates suffer from corrosion and fail to close in strong currents.",
    "Despite recent progress, current methods for predicting storm surges are costly and time-consuming.",
    "然而，现有的潮闸控制方法大多忽略风速的影响，且难以在强流中及时关闭。",
    "针对现有潮位预报算法精度低、收敛速度慢的问题，提出一种改进的预报方法。",
])
def test_a_problem_of_earlier_work_is_what_the_work_sets_out_from(text):
    assert names(text, False, 0.2) == ("gap", True)


@pytest.mark.parametrize("text", [
    "仅考虑了风速一个因素，未考虑潮汐和降雨的影响。",
    "样本数量有限，预报结果的准确率有待进一步提高。",
])
def test_a_limit_of_the_work_itself_stands_behind_what_it_did(text):
    assert names(text, True, 0.8) == ("limitation", True)


@pytest.mark.parametrize("text", [
    "未来研究应进一步考察潮闸关闭对鱼类洄游的影响及其机制。",
    "未来的研究需要在多个港口收集数据，进一步探讨闸门腐蚀的机制。",
])
def test_what_later_research_should_do_is_open(text):
    assert names(text, True, 0.9) == ("open", True)


@pytest.mark.parametrize(("text", "is_behind"), [
    ("We propose a tide gate that closes without power and improves safety by 12%.", True),
    ("The gates allow ships to pass and reduce the risk of floods.", False),
    ("Tide gates are widely used in harbours of many countries.", False),
    ("We conclude with a discussion of future directions for tide gates.", True),
    ("All measurements will be released to foster future research.", True),
    ("结果表明，该闸门在两个港口均能及时关闭，误差低于5%。", True),
    ("本文综述了潮闸控制的研究进展，并对未来发展趋势进行了展望。", True),
    ("城市今后应加强防洪设施的建设与管理，提高防洪能力。", True),
])
def test_what_is_done_announced_or_asked_of_a_city_is_none(text, is_behind):
    assert names(text, is_behind, 0.6) == (None, True)


@pytest.mark.parametrize(("text", "is_own"), [
    ("In this paper, we build a gate.", True), ("Gates are built of steel.", False),
    ("提出一种新的潮闸。", True), ("[方法] 采用数值模拟。", True), ("潮闸由钢材制成。", False),
])
def test_how_an_abstract_begins_to_speak_of_itself(text, is_own):
    assert begins_own(text) is is_own


GAP = "However, existing tide gates suffer from corrosion and fail to close in strong currents."
TEXT = ("# Gates\n\n## Abstract\n\nTide gates protect harbours from floods in many countries. {gap} We propose a "
        "gate of bronze that closes by itself. It was tested in {n} harbours and closed in every storm.\n")


def document_of(n, gap=GAP):
    text = TEXT.format(gap=gap, n=n)
    start = text.index("## Abstract")
    return Document(f"d{n}", f"{n}" * 64, f"{n}.md", "markdown", Metadata("Gates"), "en", text,
                    (Section("Gates", 1, 0, start), Section("Abstract", 2, start, len(text))))


def test_a_unit_keeps_its_problem_apart_from_its_limits():
    document = document_of(3)
    own = units(document)
    gap = limit_of(own)
    assert gap.is_gap and gap.role == "problem" and limit_told(gap) == "gap" and gap.text in GAP
    assert sentence_at(document, gap.start, gap.end) == gap
    open_ = replace(own[-1], role="open", is_sure=True)
    assert limit_of([*own[:-1], open_]) == open_ and limit_told(open_) == "open"
    assert limit_told(replace(open_, is_sure=False)) == ""


def test_only_some_of_a_section_name_the_problem_that_they_set_out_from():
    documents = {d.id: units(d) for d in map(document_of, range(8))}
    assert len(speak_of_limits([sorted(documents)], documents, "en")) == 2
    documents |= {d: [*own[:-1], replace(own[-1], role="limitation")] for d, own in documents.items() if d < "d4"}
    assert speak_of_limits([sorted(documents)], documents, "en") == ["d0", "d1"]
    assert speak_of_limits([["d5", "d6"]], documents, "en") == []
