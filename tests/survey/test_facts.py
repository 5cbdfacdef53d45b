"""What our own words say is counted again, and the audit fails where it is not so."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kb.survey import make_request
from kb.survey.outline.arrange import _holders
from kb.survey.outline.phrases import Term
from kb.survey.outline.standing import plain, stands
from kb.survey.records import Evidence, Fact, Node, Survey, survey_from_dict
from kb.survey.write.audit import audit
from kb.survey.write.facts import heading_fault, holds
from kb.types import Document

from .conftest import by_name


@pytest.fixture
def made(library):
    return library.surveyor().write(make_request("compression of neural networks", "en"))


def why(library, survey: Survey, fact: Fact) -> str | None:
    return holds(fact, survey, library.document)


def test_a_term_is_counted_by_its_own_words_and_by_no_alias(library, made):
    sanh, frankle, frantar = (by_name(library, name) for name in ("sanh", "frankle", "frantar"))
    assert why(library, made, Fact("term", "masked language model", (sanh,)))  # "masked language loss"
    assert why(library, made, Fact("term", "lottery tickets", (frankle,))) is None
    assert why(library, made, Fact("term", "quantization", (frankle,)))
    assert why(library, made, Fact("term", "knowledge distillation", (sanh,)))  # "distilled" is an alias
    assert why(library, made, Fact("term", "quantization", (frantar,), values=("量化",))) is None
    assert why(library, made, Fact("term", "pruning", (frantar,), values=("量化",)))


def test_most_is_more_than_half_and_all_of_them(library, made):
    hinton, sanh, han, frankle = (by_name(library, name) for name in ("hinton", "sanh", "han", "frankle"))
    assert why(library, made, Fact("most", "network", (hinton, han, frankle), (hinton, sanh, han, frankle))) is None
    assert why(library, made, Fact("most", "network", (hinton, han), (hinton, sanh, han, frankle)))
    assert why(library, made, Fact("most", "network", (hinton, han), (hinton, sanh, han))) is None
    assert why(library, made, Fact("most", "connections", (han,), (hinton, sanh, han)))


def test_counts_and_years_are_those_of_the_works(library, made):
    works = tuple(by_name(library, name) for name in ("hinton", "sanh", "frantar"))
    assert why(library, made, Fact("count", documents=works, values=("3",))) is None
    assert why(library, made, Fact("count", documents=works, values=("4",)))
    assert why(library, made, Fact("count", documents=(*works, works[0]), values=("4",)))
    assert why(library, made, Fact("years", documents=works, values=("2015", "2022"))) is None
    assert why(library, made, Fact("years", documents=works, values=("2014", "2022")))
    assert why(library, made, Fact("period", documents=works[:1], among=works, values=("2010", "2018"))) is None
    assert why(library, made, Fact("period", documents=works[:1], among=works, values=("2010", "2019")))


TIDES = {
    "buoys": ("Buoys for storm surges", "Surges flood harbours in every winter. However, existing buoys suffer from "
              "corrosion and fail to report in strong currents. We build a buoy of bronze that reports by itself. It "
              "reported every surge of a year."),
    "gates": ("潮闸的自动控制", "潮闸在外水位上升时关闭，以保护低洼的港口。"
              "然而，现有的潮闸控制方法大多忽略风速的影响，且难以在强流中及时关闭。"
              "提出一种考虑风速的潮闸控制方法。实验结果表明，闸门在两个港口均能及时关闭。"),
    "levels": ("潮位预报的港口数据", "收集了十二个港口的潮位数据，建立了潮位预报的基准。各港口误差差别很大。"
               "未来研究应进一步考察潮位误差对闸门关闭的影响及其机制。"),
    "wind": ("风速与潮位", "提出一种由风速预报港口潮位的方法，并在两个港口进行了测试。测试结果表明，该方法的误差较小。"
             "仅考虑了风速一个因素，未考虑降雨的影响。"),
    "rain": ("降雨与水深", "建立了河口水深与降雨量之间的回归模型。结果表明，模型在雨季更为可靠。"
             "样本数量有限，预报结果的准确率有待进一步提高。"),
    "walls": ("防潮墙的高度", "提出一种确定防潮墙高度的方法，用于两个港口。结果表明，墙高可以降低一成。"),
    "ships": ("船只过闸的时间", "采用排队模型计算船只通过潮闸所需的时间。结果表明，等待时间缩短了两成。"),
}


def test_who_names_a_limit_or_a_problem_is_counted_again(base, tmp_path):
    for name, (title, text) in TIDES.items():
        (tmp_path / f"{name}.md").write_text(f"# {title}\n\n## {'Abstract' if name == 'buoys' else '摘要'}\n\n{text}\n",
                                            encoding="utf-8")
    base.add([tmp_path / f"{name}.md" for name in TIDES])
    ids = {name: by_name(base, name) for name in TIDES}
    request = make_request("潮闸与潮位", "zh", documents=list(ids.values()))
    parts = ("buoys", "gates", "walls", "ships"), ("levels",), ("wind",), ("rain",)
    outline = [Node(part[0], "theme", part[0], tuple(ids[name] for name in part), named="reader") for part in parts]
    survey = base.surveyor().write(request, outline=outline)
    assert audit(survey, base.document).broken == () and survey.outline[-1].kind == "problems"
    told = [fact for sentence in survey.sentences for fact in sentence.facts if fact.kind == "told"]
    assert [(fact.term, set(fact.documents)) for fact in told] == [
        ("limitation", {ids["wind"], ids["rain"]}), ("open", {ids["levels"]}), ("gap", {ids["gates"]})]
    assert all(why(base, survey, fact) is None for fact in told)
    assert why(base, survey, replace(told[0], term="open")) and why(base, survey, replace(told[2], values=("3",)))
    assert why(base, survey, replace(told[0], documents=told[0].documents[:1], values=("1",)))
    renamed = [replace(s, frame=s.frame.replace("针对的问题", "说明了一处局限")) for s in survey.sentences]
    assert audit(replace(survey, sentences=tuple(renamed)), base.document).broken


def test_a_citation_is_looked_up_in_the_reference_list(library, made):
    hinton, sanh, han = (by_name(library, name) for name in ("hinton", "sanh", "han"))
    assert why(library, made, Fact("cites", documents=(sanh, hinton))) is None
    assert why(library, made, Fact("cites", documents=(sanh, han)))


def test_cells_agree_or_differ_as_their_evidence_says(library, made):
    hinton, han = (by_name(library, name) for name in ("hinton", "han"))

    def row(name: str, document: str, quote: str) -> Evidence:
        return Evidence(name, "x", document, None, 0, len(quote), quote, "", 1.0)

    shown = replace(made, evidence=(*made.evidence, row("a", hinton, "AlexNet on ImageNet"), row("b", han, "ImageNet")))
    same = Fact("same", "data", (hinton, han), evidence=("a", "b"), values=("ImageNet", "ImageNet"))
    assert why(library, shown, same) is None
    assert why(library, shown, replace(same, kind="differs"))
    assert why(library, shown, replace(same, values=("MNIST", "MNIST")))
    assert why(library, shown, replace(same, evidence=("a", "c")))
    assert why(library, shown, replace(same, documents=(hinton,)))


def test_one_data_set_is_one_however_it_is_spaced_and_numbered_ones_are_not(library, made):
    hinton, han = (by_name(library, name) for name in ("hinton", "han"))
    rows = tuple(Evidence(id, "s", document, None, 0, len(quote), quote, "", 1.0) for id, document, quote in (
        ("x", hinton, "On VOC 2007"), ("y", han, "On VOC2007"), ("z", han, "On VOC2012")))
    survey = replace(made, evidence=(*made.evidence, *rows))
    same = Fact("same", "data", (hinton, han), evidence=("x", "y"), values=("VOC 2007", "VOC2007"))
    assert why(library, survey, same) is None
    assert why(library, survey, replace(same, evidence=("x", "z"), values=("VOC 2007", "VOC2012")))


def test_a_heading_is_counted_in_every_work_that_has_its_words(library):
    works = [library.document(by_name(library, name)) for name in ("hinton", "sanh", "han", "frankle")]
    seen = frozenset(work.id for work in works[:1])  # the others write it within other words
    rows = _holders(Term(plain("network"), "network", seen, frozenset()), works, "en")
    assert {works[i].id for i in rows} == {work.id for work in works if stands("network", work)} and len(rows) == 3


def test_all_is_every_work_of_a_section(library, made):
    hinton, sanh, han, frankle = (by_name(library, name) for name in ("hinton", "sanh", "han", "frankle"))
    assert why(library, made, Fact("all", "network", (hinton, han, frankle), (hinton, han, frankle))) is None
    assert why(library, made, Fact("all", "network", (hinton, han, frankle), (hinton, sanh, han, frankle)))
    assert why(library, made, Fact("all", "network", (hinton, sanh), (hinton, sanh)))


def test_a_heading_says_what_its_facts_say_and_nothing_else(library, made):
    node = next(node for node in made.nodes() if node.kind == "theme")
    works = tuple(d for part in node.walk() for d in part.documents)
    said = replace(node, heading="Sparse weights", facts=(Fact("all", "sparse weights", works, works),))
    assert heading_fault(said, made) is None
    assert heading_fault(replace(said, heading="Sparse weights and fairness"), made)
    assert heading_fault(replace(said, heading="Fair weights"), made)
    assert heading_fault(replace(said, documents=(*said.documents, "other")), made)
    assert heading_fault(replace(said, facts=()), made)
    assert heading_fault(replace(said, heading="My own", named="reader"), made) is None
    assert heading_fault(replace(made.outline[0], heading="A new theory"), made)


@pytest.mark.parametrize("change", [
    lambda node: {**node, "heading": "Fairness"},
    lambda node: {**node, "facts": [{**node["facts"][0], "term": "fairness"}]} if node["facts"] else
    {**node, "heading": "Pruning"},
    lambda node: {**node, "documents": node["documents"][1:]},
])
def test_a_heading_that_was_changed_in_the_file_breaks_the_audit(library, made, change):
    saved = json.loads(json.dumps(made.to_dict()))
    at = next(i for i, top in enumerate(saved["outline"]) if top["kind"] == "theme")
    saved["outline"][at] = change(saved["outline"][at])
    assert audit(made, library.document).is_sound
    assert not audit(survey_from_dict(saved), library.document).is_sound


@pytest.mark.parametrize(("old", "new"), [("six documents", "nine documents"), ("2015–2023", "2011–2023"),
                                          ("of the library", "of the best library")])
def test_a_frame_that_was_changed_in_the_file_breaks_the_audit(library, made, old, new):
    saved = json.loads(json.dumps(made.to_dict()))
    frame = next(row for row in saved["sentences"] if row["form"] == "scope")
    assert old in frame["text"]
    frame["text"] = frame["text"].replace(old, new)
    found = audit(survey_from_dict(saved), library.document)
    assert not found.is_sound and any(frame["id"] in line for line in found.broken)
    # a frame that says the same falsehood in its facts is found by counting
    frame["facts"] = [{**fact, "values": ["9"]} if fact["kind"] == "count" else fact for fact in frame["facts"]]
    assert not audit(survey_from_dict(saved), library.document).is_sound


@pytest.mark.parametrize("frame", ["They proved beyond doubt:", "The limit:", "Song Han (2015) named a limit:",
                                   "On compression of neural networks, Hinton et al. (2015) wrote:"])
def test_a_frame_before_a_quote_says_whose_words_it_is_and_nothing_else(library, made, frame):
    saved = json.loads(json.dumps(made.to_dict()))
    quote = next(row for row in saved["sentences"] if row["kind"] == "quote" and row["role"] == "result")
    quote["frame"] = frame
    found = audit(survey_from_dict(saved), library.document)
    assert not found.is_sound and any(quote["id"] in line for line in found.broken)


def test_facts_come_back_from_the_file_and_an_old_file_has_none(library, made):
    saved = json.loads(json.dumps(made.to_dict()))
    assert survey_from_dict(saved) == made

    def old(row):
        return {name: value for name, value in row.items() if name not in ("facts", "form", "named")}

    saved["outline"] = [{**old(top), "children": [old(child) for child in top["children"]]} for top in saved["outline"]]
    saved["sentences"] = [old(row) for row in saved["sentences"]]
    del saved["is_counted"]
    found = audit(survey_from_dict(saved), library.document)
    assert found.is_sound and found.facts is None


def test_an_unknown_kind_or_work_is_said(library, made):
    assert "speed" in (why(library, made, Fact("speed")) or "")
    assert why(library, made, Fact("count", documents=("0" * 12,), values=("1",)))


def test_a_fact_that_fails_breaks_the_survey(library, made):
    first = made.sentences[0]
    false = replace(first, facts=(Fact("count", documents=(made.references[0].document,), values=("12",)),))
    found = audit(replace(made, sentences=(false, *made.sentences[1:])), library.document)
    assert not found.is_sound and any(first.id in line for line in found.broken)
    assert isinstance(library.document(made.references[0].document), Document)
