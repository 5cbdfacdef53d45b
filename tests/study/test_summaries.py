"""A work in its own sentences: whole, about the work itself, a part that it does not tell left empty."""

import pytest

from kb import KnowledgeBase
from kb.errors import UnknownDocument
from kb.study.summaries import claims_of
from kb.types import Summary
from tests.study.tides import CHINESE, ENGLISH


@pytest.fixture
def added(base, tmp_path):
    """The library with texts in it, by their file names."""

    def add(**texts: str) -> dict[str, str]:
        for name, text in texts.items():
            (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
        base.add([tmp_path / f"{name}.md" for name in texts])
        return {info.path.rpartition("/")[2].removesuffix(".md"): info.id for info in base.documents()}

    return add


def told(summary: Summary) -> dict[str, str]:
    return {part.part: " ".join(claim.text.replace("\n", " ") for claim in part.claims) for part in summary.parts}


def test_a_paper_is_told_part_by_part_in_its_own_sentences(base, added):
    summary, = base.read(added(tide=ENGLISH)["tide"])
    parts = told(summary)
    assert "lack a dense network" in parts["problem"] or "suffer from a lack" in parts["problem"]
    assert "we propose TideNet" in parts["method"] or "We presented TideNet" in parts["method"]
    assert "31 %" in parts["results"] or "outperforms harmonic analysis" in parts["results"]
    assert "cannot be used where a gauge is missing" in parts["limits"]
    assert "The surge residual is defined as" in parts["definitions"]
    assert "Harbour | Error (cm)" in parts["tables"]
    assert summary.empty == () and summary.language == "en" and not summary.is_read


def test_a_chinese_paper_is_told_the_same_way(base, added):
    summary, = base.read([added(tide=CHINESE)["tide"]])
    parts = told(summary)
    assert "难以提前预测潮位的问题" in parts["problem"] + parts["method"]
    assert "提出" in parts["method"] and "误差降低了31%" in parts["results"]
    assert "尚未在热带港口验证" in parts["limits"] and "增水残差是指" in parts["definitions"]
    assert summary.empty == ("tables",)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_no_sentence_is_anothers_work_a_source_or_the_plan_of_the_text(base, added, text):
    said = " ".join(told(base.read(added(tide=text)["tide"])[0]).values())
    for other in ("Jensen", "Okafor", "open coasts", "organized as", "nothing here", "王明", "李华", "结构安排"):
        assert other not in said


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_every_sentence_is_a_whole_one_with_its_place(base, added, text):
    summary, = base.read(added(tide=text)["tide"])
    document = base.document(summary.document)
    for part in summary.parts:
        for claim in part.claims:
            place, = claim.citations
            assert document.text[place.start:place.end] == place.quote == claim.text
            assert part.part == "tables" or claim.text.rstrip()[-1] in ".。"
            assert not claim.text.startswith(("摘要", "Abstract"))


def test_what_a_work_does_not_tell_stays_empty(base, added):
    note = "# Kettles\n\nA kettle is a vessel for boiling water. Kettles are made of steel or of copper.\n"
    summary, = base.read(added(note=note)["note"])
    assert {"method", "results", "limits", "tables"} <= set(summary.empty)


def test_several_documents_stand_side_by_side_and_say_whose_part_it_is(base, added):
    ids = added(one=ENGLISH, two=CHINESE)
    found = base.read([ids["two"], ids["one"], ids["two"][:8]])
    assert [summary.document for summary in found] == [ids["two"], ids["one"]]
    assert {claim.subject.split(" — ")[1] for claim in claims_of(found, "en")} >= {"problem", "method", "results"}
    assert {claim.subject for claim in claims_of(found[:1], "zh")} >= {"问题", "方法", "结果", "局限"}


def test_sentences_of_the_language_that_is_asked_come_first_in_a_work_of_both(base, added):
    both = CHINESE.replace("## 1 引言", """Abstract: Small harbours lack gauges, so that no level can be forecast.
In this paper, we propose TideNet, a recurrent forecast. Our results show that it reduces the mean error by 31 %.

## 1 引言""")
    document = added(both=both)["both"]
    english, chinese = base.read(document, language="en")[0], base.read(document, language="zh")[0]
    assert "we propose TideNet" in told(english)["method"] and "we propose" not in told(chinese)["method"]


def test_an_unknown_document_is_said(base, added):
    added(tide=ENGLISH)
    with pytest.raises(UnknownDocument):
        base.read("ffffffffffff")


def test_a_summary_becomes_plain_values_and_back(base, added):
    summary, = base.read(added(tide=ENGLISH)["tide"])
    assert Summary.from_dict(summary.to_dict()) == summary


@pytest.mark.parametrize(("language", "abstract"), [
    ("zh", "摘要：目的 探讨水位与产卵的关系。方法 选取60条鲈鱼，随机分为两组饲养六周。"
           "结果 低水位组的产卵量比对照组少三成。结论 水位下降会减少鲈鱼的产卵。"),
    ("en", "Abstract. Objective: To examine how water levels and spawning are related. Methods: Sixty perch were kept "
           "in two groups for six weeks. Results: Perch at the low level laid fewer eggs by a third."),
])
def test_an_abstract_in_parts_tells_each_part_under_its_label(base, added, language, abstract):
    parts = told(base.read(added(perch=f"# Perch and Levels\n\n{abstract}\n")["perch"])[0])
    for part, words in {"problem": ("探讨水位", "To examine how"), "method": ("选取60条", "Sixty perch"),
                        "results": ("产卵", "fewer eggs")}.items():
        assert words[language == "en"] in parts[part]
    assert "探讨" not in parts["results"] and "fewer eggs" not in parts["problem"] + parts["method"]


def test_what_is_mended_here_is_no_limit_and_half_a_sentence_nothing(base, added):
    text = CHINESE.replace("未来将扩展到更多海域。",
                           "未来将扩展到更多海域。针对原算法不能处理缺测的缺陷，本文对算法做了改进。虽然取得了一定成果，\n\n等方法仍有不足。")
    said = told(base.read(added(mended=text)["mended"])[0])["limits"]
    assert "尚未在热带港口验证" in said and "做了改进" not in said and "等方法" not in said


@pytest.mark.engine
def test_a_reader_has_a_say_where_the_encoder_has_one(tmp_path):
    (tmp_path / "tide.md").write_text(ENGLISH, encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "library") as read:
        read.add(tmp_path / "tide.md")
        summary, = read.read(read.documents()[0].id)
    assert summary.is_read and "TideNet" in told(summary)["method"]


FIELD = """# PodNet: A network for pods

## Abstract

While many networks have been developed for pods, they do not use the sound of pods. We present PodNet, a network that
listens to pods. Experiments show that PodNet outperforms earlier networks on two farms. The data are available under a
free license.

## Conclusion

Deep learning has achieved a great deal in recent years. In this paper we proposed PodNet, which is designed to improve
the sorting of pods. Our experiments show that sound improves the sorting of wet pods.
"""
FELD = """# 基于声音的豆荚分拣

摘要：现有网络没有利用豆荚的声音。本文提出一种听取豆荚声音的网络。实验表明，该网络优于已有网络。

# 4 结束语

深度学习已经在学术界取得了相当大的成果。本文提出了一种豆荚分拣网络，以提高分拣的效果。实验结果表明，声音提高了湿豆荚的分拣效果。
"""


@pytest.mark.parametrize("text", [FIELD, FELD])
def test_what_is_proposed_where_it_can_be_had_and_what_is_so_in_the_field_are_no_results(base, added, text):
    parts = told(base.read(added(pods=text)["pods"])[0])
    for no in ("available", "Deep learning", "proposed PodNet", "学术界", "提出"):
        assert no not in parts["results"]
    assert "wet pods" in parts["results"] or "湿豆荚" in parts["results"]
    assert "have been developed" not in parts["method"] and "没有利用" not in parts["method"]
