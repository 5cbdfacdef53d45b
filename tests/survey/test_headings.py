"""Headings are terms that an expert would use, and true of every work of their section."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from kb import KnowledgeBase
from kb.survey import make_request, read_plan, with_edit, write_plan
from kb.survey.outline.arrange import _holders, _says, _wide_in_the_other
from kb.survey.outline.headings import is_true_of, recounted
from kb.survey.outline.names import names_of
from kb.survey.outline.phrases import Term, terms_of
from kb.survey.outline.standing import front, plain, stands
from kb.survey.outline.subjects import says_again
from kb.survey.outline.worth import WEIGHTS, chance, features, is_wide
from kb.survey.records import Node, Survey
from kb.survey.words import word
from kb.types import Document, Metadata

from .conftest import by_name

# Abstracts of three lines of work on one subject, made for these tests.
BANDITS = {
    "ips": (
        "Clipped Importance Sampling for Logged Data",
        "Importance sampling weights each logged reward by the ratio of two policies. We bound the "
        "variance of importance sampling when weights are clipped, and show a gain on advertising logs."),
    "ess": (
        "When Weights Explode",
        "We study importance sampling over long horizons, where weights explode. Normalised importance "
        "sampling keeps the effective sample size above a threshold on three simulators."),
    "mis": (
        "Multiple Loggers and Importance Sampling",
        "Logs from several policies call for balanced importance sampling. The balance heuristic lowers "
        "the error of importance sampling by half on search logs."),
    "dr1": (
        "Doubly Robust Estimation from Logs",
        "A doubly robust estimator joins a reward model with weighting. It is doubly robust because one "
        "of both parts may be wrong. We prove its bias vanishes with either part."),
    "dr2": (
        "More Doubly Robust Off-Policy Estimators",
        "We choose the model inside a doubly robust estimator so that its variance is least. The doubly "
        "robust choice beats fitting the rewards alone on six data sets."),
    "dr3": (
        "Cross-Fitted Nuisances",
        "Cross-fitting removes the bias of the nuisances in doubly robust estimators. Doubly robust "
        "inference then holds at the usual rate, as trials in a clinic show."),
    "pl1": (
        "Policy Learning under Budget Limits",
        "Policy learning finds the rule that treats whom a budget allows. We give regret bounds for "
        "policy learning with trees and run it on a jobs programme."),
    "pl2": (
        "Trees for Policy Learning",
        "Shallow trees make policy learning readable. Exact policy learning by search takes minutes for "
        "depth two, and loses little welfare to deeper ones."),
    "pl3": (
        "Fair Treatment Rules",
        "Rules that are learned may treat groups unequally. We constrain policy learning so that groups "
        "fare alike, at a small cost in welfare for policy learning on credit data."),
}
CHINESE = {
    "a1": ("施氮对黑土微生物生物量碳的影响",
           "施氮使黑土的微生物生物量碳先升后降。微生物生物量碳在中氮处理下最大。"),
    "a2": ("秸秆还田下的微生物生物量碳",
           "秸秆还田两年后，微生物生物量碳提高了三成。旱季的微生物生物量碳低于雨季。"),
    "a3": ("覆膜玉米田的碳库",
           "覆膜增温使微生物生物量碳周转加快，其中微生物生物量碳占有机碳的百分之三。"),
    "b1": ("放牧对草原根系呼吸的作用",
           "重度放牧减少根系呼吸，轻度放牧时根系呼吸与对照没有差别。"),
    "b2": ("增温条件下根系呼吸的日变化",
           "增温两度后根系呼吸的峰值提前一小时，根系呼吸的温度敏感性下降。"),
    "b3": ("降水减少时的碳通量",
           "降水减少三成时，根系呼吸比异养呼吸降得更多，根系呼吸占总通量的四成。"),
}


def opened(home, papers: dict[str, tuple[str, str]]) -> KnowledgeBase:
    folder = home / "papers"
    folder.mkdir(parents=True)
    for i, (name, (title, text)) in enumerate(papers.items()):
        (folder / f"{name}.md").write_text(f'---\ntitle: "{title}"\nyear: {2011 + i}\n---\n# {title}\n\n{text}\n',
                                           encoding="utf-8")
    base = KnowledgeBase.open(home / "library", encoder="hashing")
    assert not base.add([folder]).failed
    return base


def documents(base: KnowledgeBase) -> list[Document]:
    return [base.document(info.id) for info in base.documents()]


def themes(survey: Survey) -> list[Node]:
    return [node for node in survey.nodes() if node.kind == "theme"]


@pytest.fixture(scope="module")
def bandits(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("bandits"), BANDITS) as base:
        yield base


@pytest.fixture(scope="module")
def soil(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("soil"), CHINESE) as base:
        yield base


def test_terms_with_ing_and_ly_are_found(bandits):
    found = {term.shown for term in terms_of(documents(bandits), "off-policy evaluation")}
    assert {"importance sampling", "doubly robust estimators", "policy learning"} <= found | {
        "doubly robust estimators"} and any(name.startswith("doubly robust") for name in found)
    assert not found & {"show", "robust", "we", "doubly", "logged", "using", "loses little"}


def test_chinese_terms_are_whole_words(soil):
    found = {term.shown for term in terms_of(documents(soil), "土壤碳循环")}
    assert {"微生物生物量碳", "根系呼吸"} <= found
    assert not found & {"生物生物量碳", "微生物生物", "物量碳", "系呼吸", "根系呼"}


def headings(base: KnowledgeBase, topic: str, language: str) -> tuple[Survey, list[str]]:
    survey = base.surveyor().write(make_request(topic, language, documents=[i.id for i in base.documents()]))
    return survey, [node.heading for node in themes(survey)]


def test_sections_are_named_by_what_each_of_their_works_says(bandits):
    survey, found = headings(bandits, "off-policy evaluation", "en")
    assert any(node.facts for node in themes(survey))
    for node in themes(survey):
        works = [bandits.document(d) for part in node.walk() for d in part.documents]
        if node.facts:
            assert all(plain(node.facts[0].term) in plain(front(work)) for work in works)
    assert len({plain(name) for name in found}) == len(found)
    assert bandits.surveyor().audit(survey).is_sound


@pytest.mark.parametrize(("topic", "words"), [("importance sampling", "importance sampling"),
                                              ("policy learning from logs", "policy learning")])
def test_no_heading_is_made_of_the_topics_words(bandits, topic, words):
    _, found = headings(bandits, topic, "en")
    assert words not in [name.casefold() for name in found]


def test_another_name_or_spelling_of_the_topic_is_no_heading(tmp_path):
    papers = {f"p{i}": (title, text) for i, (title, text) in enumerate([
        ("Sleep after Trauma",
         "Post-traumatic stress disorder (PTSD) disturbs sleep. PTSD symptoms rise with nightmares."),
        ("Nightmares and Drugs",
         "A drug against nightmares eased PTSD symptoms and posttraumatic stress in veterans."),
        ("Exposure Therapy by Phone",
         "Exposure therapy by phone lowers PTSD symptoms as exposure therapy in a room does."),
        ("When Exposure Therapy Fails", "Exposure therapy fails where posttraumatic stress disorder meets grief."),
        ("Grief and Exposure Therapy", "Grief lasts where exposure therapy ends early, and so does PTSD."),
        ("Sleep Quality of Veterans",
         "Sleep quality of veterans falls with posttraumatic stress; naps mend sleep quality."),
    ])}
    with opened(tmp_path, papers) as base:
        shown = {term.shown for term in terms_of(documents(base), "post-traumatic stress disorder")}
        assert "exposure therapy" in shown
        assert not {name.casefold().replace("-", "").replace(" ", "") for name in shown} & {
            "ptsd", "ptsdsymptoms", "posttraumaticstress", "posttraumaticstressdisorder", "posttraumatic"}


@pytest.mark.parametrize(("term", "topic", "says"), [
    ("风电预测", "风电功率预测", True), ("发电功率预测", "风电功率预测", True),
    ("风力发电", "风电功率预测", True), ("风力发电功率", "风电功率预测", True),
    ("模型对齐", "大语言模型的对齐", True), ("高等学校", "高校图书馆的服务", True),
    ("风速预测", "风电功率预测", False), ("光伏功率预测", "风电功率预测", False),
    ("安全对齐", "大语言模型的对齐", False), ("时间序列", "风电功率预测", False),
    ("测风", "风电功率预测", False), ("LSTM网络", "网络", False),
    ("神经网络", "卷积网络的剪枝", False), ("奖励模型", "大语言模型的对齐", False),
])
def test_a_chinese_term_that_says_the_topic_again_is_known(term, topic, says):
    assert says_again(plain(term), plain(topic)) is says


@pytest.mark.parametrize(("topic", "named"), [
    ("大语言模型的压缩与量化", True), ("compression and quantization of language models", True),
    ("大语言模型的量化", False), ("quantization of language models", False),
])
def test_what_stands_side_by_side_in_a_topic_parts_its_works(tmp_path, topic, named):
    papers = {f"q{i}": (f"Weights in {i} Bits", f"Quantization of the weights to {i} bits keeps the accuracy.")
              for i in range(2, 5)}
    papers |= {f"d{i}": (f"A Student with {i} Layers", f"Knowledge distillation gives a student of {i} layers.")
               for i in range(2, 5)}
    with opened(tmp_path, papers) as base:
        found = {term.shown for term in terms_of(documents(base), topic)}
        assert ("量化" in found, "quantization" in found) == (named, named)


def _chance(shown: str, base: KnowledgeBase, topic: str, language: str, pair: str = "", *, titled: int = 1) -> float:
    """Of a term of all works, so many of whose titles have it."""
    held = documents(base)
    ids = [document.id for document in held]
    return chance(Term(plain(shown), shown, frozenset(ids), frozenset(ids[:titled]), bool(pair), pair), held, len(held),
                  topic, language)


def test_what_a_field_names_is_a_likelier_heading_than_what_it_uses_or_says(bandits):
    good = _chance("knowledge distillation", bandits, "off-policy evaluation", "en", "知识蒸馏")
    chinese = _chance("知识蒸馏", bandits, "策略评估", "zh", "knowledge distillation")
    wide = _chance("fine-tuning", bandits, "off-policy evaluation", "en", "微调")
    foreign = _chance("知识蒸馏", bandits, "off-policy evaluation", "en")
    word_of_all = _chance("faster", bandits, "off-policy evaluation", "en")
    assert min(good, chinese) > 0.5 > max(wide, foreign, word_of_all)
    assert good > _chance("knowledge distillation", bandits, "off-policy evaluation", "en", "知识蒸馏", titled=0)
    assert is_wide(_term("微调", "fine-tuning")) and not is_wide(_term("量化", "quantization"))
    assert len(features(_term("LSTM"), documents(bandits), 9, "", "en")) == len(WEIGHTS)


def test_a_term_is_whole_and_not_the_topic_in_another_form(tmp_path):
    papers = {f"p{i}": (title, text) for i, (title, text) in enumerate([
        ("Joint Beat and Downbeat Tracking",
         "Joint beat and downbeat tracking helps dancers. 超敏C反应蛋白降低。"),
        ("Object Detectors for Joint Beat and Chord Labels",
         "We use the object detectors for joint beat and chord labels. C反应蛋白升高。"),
        ("Night Scenes and Object Detectors",
         "Joint beat, downbeat and meter labels come from object detectors. C反应蛋白不变。"),
        ("血清C反应蛋白的变化", "血清C反应蛋白在术后升高。"), ("C反应蛋白与感染", "C反应蛋白与感染有关。"),
    ])}
    with opened(tmp_path, papers) as base:
        shown = {term.shown.casefold() for term in terms_of(documents(base), "object detection")}
        assert "object detectors" in {t.shown.casefold() for t in terms_of(documents(base), "music")}
        assert not shown & {"joint beat", "object detectors", "反应蛋白"}


def test_a_heading_in_the_other_language_stands_only_where_most_works_are_in_it(bandits, soil):
    english, chinese = documents(bandits), documents(soil)
    term = _term("importance sampling")
    assert len(_holders(term, [*english, *chinese[:2]], "zh")) == 3
    assert _holders(term, [*english[:6], *chinese], "zh") == []
    assert _holders(_term("importance sampling", "重要性采样"), english, "zh") == []


def test_a_heading_that_is_not_true_of_one_work_breaks_the_audit_and_a_moved_work_makes_it_the_readers(bandits):
    survey, _ = headings(bandits, "off-policy evaluation", "en")
    named = next(node for node in themes(survey) if node.facts)
    other = next(d for node in themes(survey) if node.id != named.id for d in node.documents
                 if not is_true_of(named.facts, bandits.document(d)))
    known = {d: bandits.document(d) for d in (*named.documents, other)}
    assert recounted(named, known, "en").facts == named.facts
    stretched = replace(named, documents=(*named.documents, other))
    assert recounted(stretched, known, "en").named == "reader"
    fact = replace(named.facts[0], among=stretched.documents)
    broken = replace(survey, outline=tuple(replace(stretched, facts=(fact,)) if node.id == named.id else replace(
        node, documents=tuple(d for d in node.documents if d != other)) for node in survey.outline))
    assert bandits.surveyor().audit(survey).is_sound and not bandits.surveyor().audit(broken).is_sound


def _term(shown, pair="", names=()):
    return Term(plain(shown), shown, frozenset("ab"), frozenset(), True, pair, frozenset(map(plain, names)))


def test_a_part_says_more_than_its_section():
    lstm = _term("LSTM", "长短期记忆")
    named = {term.words: term for term in (lstm, _term("长短期记忆网络"), _term("attention"))}
    section = frozenset(plain("长短期记忆").split())
    for term in (_term("长短期记忆网络"), _term("LSTM models"), lstm, _term("长短期记忆")):
        assert _says(term, section, named, True), term.shown
    for term in (_term("双向长短期记忆"), _term("attention models"), _term("长短期记忆预测")):
        assert not _says(term, section, named, True), term.shown
    assert not _says(_term("长短期记忆网络"), section, named, False)  # beside it, others see to that


def test_the_topic_in_the_other_language_heads_no_works_in_it():
    def work(name, text, language):
        return Document(name, name, f"{name}.md", "markdown", Metadata(title=name), language, text, ())

    words = ["gusts", "turbines", "farms", "blades", "errors", "storms", "hours", "towers"]
    works = [work(word, f"Wind power forecasting for {word}.", "en") for word in words]
    assert set(plain("wind power forecasting").split()) <= _wide_in_the_other(works, "zh")
    assert not {"gust", "turbin"} & _wide_in_the_other(works, "zh")
    assert not _wide_in_the_other(works[:7], "zh") and not _wide_in_the_other(works, "en")


def test_what_stands_in_brackets_joins_names_and_a_citation_does_not(tmp_path):
    papers = {f"p{i}": (f"记录{i}", "孤独症（autism）儿童的睡眠。孤独症（autism）又称自闭症。"
                                  "动机（Liu et al., 2019）因人而异。")
              for i in range(3)}
    with opened(tmp_path, papers) as base:
        names = names_of(documents(base), {plain("孤独症"), plain("自闭症"), plain("动机")})
        assert {plain("autism"), plain("自闭症")} <= names.of(plain("孤独症"))
        assert names.of(plain("动机")) == {plain("动机")}


def test_no_heading_is_the_title_of_a_work(bandits, soil):
    for base, topic, language in ((bandits, "off-policy evaluation", "en"), (soil, "土壤碳循环", "zh")):
        titles = {plain(document.metadata.title) for document in documents(base)}
        assert not titles & {plain(name) for name in headings(base, topic, language)[1]}


def test_a_chinese_survey_of_chinese_works_has_chinese_headings(soil):
    survey, found = headings(soil, "土壤碳循环", "zh")
    assert all(re.search("[\u4e00-\u9fff]", name) for name in found)
    assert soil.surveyor().audit(survey).is_sound


def test_an_alias_of_the_glossary_says_nothing(tmp_path):
    """"bias" is listed under fairness, "distilled" under knowledge distillation: neither makes a work one on it."""
    papers = {
        f"p{i}": (title, f"The bias of {what} is bounded. We agree on tools, a plan, and an agent with a preference.")
        for i, (title, what) in enumerate([
            ("Ratio Estimates", "a ratio"), ("Median Estimates", "a median"), ("Mean Estimates", "a mean"),
            ("Tail Estimates", "a tail"), ("Mode Estimates", "a mode")])}
    with opened(tmp_path, papers) as base:
        survey, found = headings(base, "statistics of samples", "en")
        said = " ".join([*found, *(s.text for s in survey.sentences if s.kind == "frame")]).casefold()
        assert not any(name in said for name in ("fairness", "tool use", "human feedback", "autonomous agents"))


def test_a_section_whose_works_share_nothing_says_nothing(tmp_path):
    papers = {"a": ("Owls", "Owls hunt at night and hear mice under snow."),
              "b": ("Bridges", "A cable holds a deck above the river by tension."),
              "c": ("Bread", "Dough rises when yeast turns sugar into gas.")}
    with opened(tmp_path, papers) as base:
        survey, found = headings(base, "things of the world", "en")
        assert found == [word("alone", "en")]  # there is no other that it would be set apart from
        assert base.surveyor().audit(survey).is_sound


def test_a_translation_counts_only_by_the_exact_form(library):
    frantar = library.document(by_name(library, "frantar"))
    assert stands("quantization", frantar, "量化") and not stands("quantization", frantar)
    assert not stands("model compression", frantar, "模型压缩")


def test_a_renamed_section_is_the_readers_and_is_not_counted(bandits, tmp_path):
    surveyor = bandits.surveyor()
    request = make_request("off-policy evaluation", "en", documents=[i.id for i in bandits.documents()])
    node = themes(surveyor.write(request, tmp_path / "out"))[0]
    saved = with_edit(read_plan(tmp_path / "out"), {"do": "rename", "section": node.id, "heading": "What I think"})
    write_plan(tmp_path / "out", saved)
    survey = surveyor.write(request, tmp_path / "out")
    renamed = next(one for one in themes(survey) if one.heading == "What I think")
    assert renamed.named == "reader" and not renamed.facts
    assert bandits.surveyor().audit(survey).is_sound
