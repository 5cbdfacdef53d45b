"""Which sentences name a limit of their work, leave something open, or define: by words, section, person and place."""

import pytest

from kb.survey.kinds import kind_named
from kb.survey.roles import Place, told
from kb.survey.sentences import sentence_at, units
from kb.types import Document, Metadata, Section
from tests.survey.conftest import by_name


def tells(text, kind="limits", position=0.9, through=0.4, subject=""):
    language = "zh" if any("\u4e00" <= c <= "\u9fff" for c in text) else "en"
    return told(text, Place(kind, through, position, subject), language)


@pytest.mark.parametrize("text", [
    "One limitation of our study is that it was limited to two harbours, so the findings may not generalize.",
    "A limitation of this work is that we only tested the pump at one temperature due to constraints of time.",
    "本文还存在一定的局限性，由于时间有限，没有考虑潮汐对泵的影响，有待进一步完善。",
])
def test_a_limit_in_the_first_person_under_such_a_heading_is_one(text):
    assert tells(text)[0] in ("limitation", "open")


@pytest.mark.parametrize("text", [
    "In future work, we plan to extend the lock to salt water and leave its corrosion to further research.",
    "Whether the tide gate can be closed without power remains an open question for future work.",
    "未来的研究可以考虑将该方法扩展到海水环境，这一问题值得进一步研究。",
])
def test_what_is_left_for_later_is_open(text):
    assert tells(text, "future") == ("open", True)


@pytest.mark.parametrize(("text", "kind", "position"), [
    ("The estimator does not require the completeness assumption.", "method", 0.4),
    ("We release our code and the measurements of all harbours.", "conclusion", 0.95),
    ("Existing gates cannot be closed while ships pass, and they are expensive.", "introduction", 0.05),
    ("The parameters cannot be chosen by hand; they are found by cross validation.", "method", 0.5),
    ("All data sets that do not belong to the second group were set aside.", "results", 0.6),
    ("However, Smith et al. [12] only considered small locks.", "related", 0.2),
    ("然而，现有的闸门无法在船只通过时关闭，成本也较高。", "introduction", 0.05),
    ("该方法不需要人工标注，仅用一台相机即可完成测量。", "method", 0.4),
    ("目前相关研究尚处于起步阶段，仅有少数学者关注水闸。", "introduction", 0.1),
    ("The next section discusses the limitations of the three designs.", "conclusion", 0.9),
    ("本章首先介绍缺陷分配的方法，然后说明其局限。", "method", 0.6),
])
def test_what_only_sounds_like_a_limit_is_none(text, kind, position):
    assert tells(text, kind, position)[0] not in ("limitation", "open")


@pytest.mark.parametrize(("text", "is_one"), [
    ("BayesGate is a probabilistic model of harbours that predicts the water level.", True),
    ("潮闸（Tide Gate）是指在外水位上升时自动关闭的一种水工建筑物。", True),
    ("A tide gate is an essential part of every harbour because it keeps out the sea.", False),
    ("This is a method that we use in the next section.", False),
    ("潮闸的一个重要应用就是保护低地。", False),
])
def test_a_definition_begins_with_its_thing_and_says_what_it_is(text, is_one):
    assert (tells(text, "other", 0.1, 0.0)[0] == "definition") is is_one


@pytest.mark.parametrize(("heading", "kind"), [
    ("5.2 研究创新与不足", "limits"), ("硬件缺陷", "limits"), ("局限性", "limits"), ("缺陷生命周期", "other"),
    ("缺陷修复的流程", "other"), ("Limitations and ethics", "limits"), ("存在的问题与展望", "limits"),
])
def test_a_section_on_what_is_lacking_is_told_from_one_about_defects(heading, kind):
    assert kind_named(heading) == kind


def document_of(text):
    return Document("d", "0" * 64, "gates.md", "markdown", Metadata("Gates"), "en", text,
                    (Section("", 0, 0, len(text)),))


LINES = {
    "keywords": "Keywords: tide gates; harbours; numerical models; corrosion of steel.",
    "关键词": "关键词：潮闸；港口；数值模型；钢材腐蚀；水位预报与调度系统。",
    "contents": "3 Design of the gate ........................................ 17 and its parts.",
    "caption": "Fig. 3 Water levels inside and outside of the gate during the storm of March.",
    "图": "图3 风暴期间闸门内外水位的变化过程及其与模型结果的比较。",
    "authors": "Jorge Gate-Smith, José J. Valero-Mas, Antonio de la Puerta, Li Wei and Meinard Müller.",
    "作者": "张潮，李闸门，王海，赵一水，钱港口，孙二堤，2020。",
    "entry": "Gate J, Smith K. Closing tide gates without power[J]. Harbour Engineering, 2019, 12(3): 17-29.",
    "文献": "张潮, 李闸. 潮闸自动控制方法的研究与应用进展[J]. 港口工程学报, 2019, 12(3): 17-29.",
    "keywords alone": "潮闸；港口；数值模型；腐蚀；水位；风暴潮；调度。",
    "form": "Justification: The paper states its limitations and the answer NA means that there are none.",
    "prompt": "You are an expert in hydraulic engineering and you answer with a single number.",
}


@pytest.mark.parametrize("what", [*LINES])
def test_a_line_that_is_no_sentence_of_the_work_is_not_quoted(what):
    text = f"{LINES[what]}\n\nThe gate was closed four times and held the water back each time."
    document = document_of(text)
    assert [unit.text for unit in units(document)] == [text.split("\n\n")[1]]


@pytest.mark.parametrize("text", [
    "人格特质、环境、睡眠、认知模式等因素会影响港口工人的应激恢复。",
    "In 1999, Meinard Müller and Li Wei published the first Harbour Model of the North Sea.",
    "Optical Tide Recognition (OTR) is an important technology within Harbour Information Systems.",
])
def test_a_sentence_that_lists_names_is_one_all_the_same(text):
    assert [unit.text for unit in units(document_of(text))] == [text]


@pytest.mark.parametrize(("label", "sentence"), [
    ("Abstract—", "We built a tide gate that closes without power in every harbour."),
    ("Methods: ", "We measured the water level at both sides of the gate for a year."),
    ("摘要：", "本文设计了一种无需电力即可关闭的潮闸，并在两个港口进行了测试。"),
    ("［目的／意义］", "对潮闸的自动关闭方法进行调研，并总结其中的关键问题与进展。"),
])
def test_the_label_of_an_abstract_is_no_part_of_its_sentence(label, sentence):
    text = label + sentence
    document = document_of(text)
    assert [(unit.text, unit.is_cut) for unit in units(document)] == [(sentence, False)]


def test_the_sentence_at_a_place_is_told_again_the_same(library):
    document = library.document(by_name(library, "hinton"))
    for unit in units(document, None):
        assert sentence_at(document, unit.start, unit.end) == unit
    assert sentence_at(document, 1, 3) is None


@pytest.mark.parametrize(("label", "sentence"), [
    ("Limitations: ", "The harbours were all in one country and were seen for a single year."),
    ("[局限性] ", "样本只来自两个港口，观测时间较短，结论的推广需要谨慎。"),
])
def test_what_an_abstract_labels_as_its_limits_is_one(label, sentence):
    found = units(document_of(f"A gate was built in two harbours and closed four times.\n\n{label}{sentence}"))
    assert [(unit.text, unit.role, unit.is_sure) for unit in found][-1] == (sentence, "limitation", True)
