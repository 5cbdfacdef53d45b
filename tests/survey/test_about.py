"""A heading speaks of works that are on what it says, not of all in which its words stand."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from kb import KnowledgeBase
from kb.survey import make_request
from kb.survey.outline.about import ON, WEIGHTS, WIDE, About, chance, features
from kb.survey.outline.arrange import _holders
from kb.survey.outline.broader import wide_terms
from kb.survey.outline.field import below_in, wide_names
from kb.survey.outline.phrases import Term
from kb.survey.outline.relevance import lead, own_of
from kb.survey.outline.standing import plain
from kb.survey.records import Fact
from kb.survey.write.audit import audit
from kb.survey.write.facts import holds
from tests.bench.about import TABLE, left_out, rows_of, weights_of

from .test_headings import documents, opened, themes

WORKS = {
    "quant": ("Quantization of Ferry Timetable Networks",
              "Quantization stores each weight in four bits. We compress a timetable network for ferries by "
              "quantization, and quantization of the model costs it half a point of accuracy. A table of quantization "
              "errors is given."),
    "prune": ("Pruning Small Networks on Buoys",
              "Pruning makes networks fit into the memory of buoys. We compress a model by pruning of whole channels, "
              "and pruning leaves a third of its weights. Pruning of rows leaves more."),
    "distil": ("Knowledge Distillation at a Lighthouse",
               "We train a small model by knowledge distillation from a large one. Knowledge distillation keeps the "
               "ranking of classes at dusk."),
    "harbour": ("Counting Boats in Harbours",
                "Boats are counted from the air. We present a counter for harbours. It may later be joined with "
                "methods for small devices such as pruning."),
    "fog": ("Forecasts of Fog at Sea", "Fog closes ports. We forecast fog from buoys with a linear model."),
    "kelp": ("Growth of Kelp under Cloud", "Kelp grows slower under cloud. We follow kelp on ropes over two years."),
    "wrecks": ("Maps of Wrecks from Old Logs", "Logs of pilots tell where wrecks lie. We map wrecks by reading them."),
    "measure": ("潮位站观测误差的估计", "本文估计潮位站的观测误差，并量化其对预报的影响。结果表明误差随季节变化。"),
    "bits": ("面向航标终端的模型量化方法",
             "航标终端内存很小。本文提出一种量化方法，量化后模型只有四分之一大小，量化误差不超过百分之一。"),
}


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("works"), WORKS) as base:
        yield base


def about(base: KnowledgeBase) -> About:
    found, encoder = documents(base), base.encoder()
    own = own_of(encoder.encode([lead(one) for one in found]), [one.language for one in found])
    return About({one.id: i for i, one in enumerate(found)}, own, partial(encoder.encode, role="question"))


def named(base: KnowledgeBase, name: str):
    return base.document(next(info.id for info in base.documents() if info.path.endswith(f"{name}.md")))


def term(shown: str, pair: str = "") -> Term:
    return Term(plain(shown), shown, frozenset(), frozenset(), pair=pair)


def test_a_work_that_names_a_term_as_an_example_is_not_on_it(works):
    [on] = about(works).on([term("pruning", "剪枝")], [[named(works, "prune"), named(works, "harbour")]])
    assert on == [True, False]


def test_a_chinese_word_of_other_uses_says_no_term_of_the_field(works):
    [on] = about(works).on([term("quantization", "量化")], [[named(works, "bits"), named(works, "measure")]])
    assert on == [True, False]


def test_the_weights_are_those_that_the_table_gives():
    rows = rows_of(TABLE.read_text(encoding="utf-8").splitlines())
    of_terms, of_wide = weights_of(rows)
    assert np.allclose(of_terms, WEIGHTS, atol=0.02) and np.allclose(of_wide, WIDE, atol=0.02)


def test_on_libraries_left_out_few_works_pass_that_are_not_on_the_term():
    rows = rows_of(TABLE.read_text(encoding="utf-8").splitlines())
    passes = left_out(rows) >= ON
    for of, kept in ((~rows.is_wide, 0.45), (rows.is_wide, 0.5)):
        read = rows.read[of]
        assert (read == 0).mean() > 0.15  # their words stand there all the same
        assert (read[passes[of]] == 0).mean() < 0.03
        assert passes[of][read == 2].mean() > kept


def test_features_are_finite_and_a_term_that_does_not_stand_has_none(works):
    row = features(term("seaweed"), named(works, "fog"), {"seaweed": 0.0})
    assert row[1:10] == (0.0,) * 9 and 0 < chance(row) < ON


def test_the_table_of_wide_names_has_each_name_once_in_a_line_and_in_both_languages():
    heads = [plain(name) for wide in wide_names() for name in wide.own]
    assert len(heads) == len(set(heads))
    for wide in wide_names():
        below = [plain(called[0]) for called in wide.below]
        assert len(below) == len(set(below)) >= 3, wide.own
        assert plain(wide.own[0]) not in below, wide.own
        assert not any("一" <= c <= "鿿" for c in wide.own[0]) and any("一" <= c <= "鿿" for c in wide.own[1]), wide.own


def test_a_wide_name_needs_two_things_that_belong_under_it(works):
    three = [named(works, name) for name in ("quant", "prune", "distil")]
    assert "model compression" in {term.shown for term in wide_terms(three, "models at sea", "en")}
    assert "模型压缩" in {term.shown for term in wide_terms(three, "海上模型", "zh")}
    alone = [named(works, "quant"), named(works, "bits")]
    assert "model compression" not in {term.shown for term in wide_terms(alone, "models at sea", "en")}
    # the topic itself belongs under it
    assert "model compression" not in {term.shown for term in wide_terms(three, "pruning of networks", "en")}


def test_what_works_serve_is_no_heading(tmp_path):
    said = {"a": ("Disease diagnosis at sea", "Disease diagnosis of sailors by sonar."),
            "b": ("Records of a harbour clinic", "We read electronic health records of a harbour.")}
    with opened(tmp_path, said) as base:
        found = {term.shown for term in wide_terms(documents(base), "tides", "en")}
    clinical = next(wide for wide in wide_names() if wide.own[0] == "clinical applications")
    assert {"disease diagnosis", "electronic health records"} <= set(clinical.names)
    assert clinical.own[0] not in found


def test_a_wide_name_is_no_heading_where_the_topic_says_it_in_other_words(works):
    three = [named(works, name) for name in ("quant", "prune", "distil")]
    for topic in ("compressing language models", "模型压缩与部署"):
        assert "model compression" not in {term.shown for term in wide_terms(three, topic, "en")}, topic
    for topic in ("learning from few boats", "networks of multi-agent ferries", "图像与模型"):
        assert "model compression" in {term.shown for term in wide_terms(three, topic, "en")}, topic


def test_a_wide_heading_says_what_belongs_under_it_and_is_counted_again(works):
    english = [one.id for one in documents(works) if one.language == "en"]
    survey = works.surveyor().write(make_request("small networks and forecasts at sea", "en", documents=english))
    node = next(node for node in themes(survey) if node.heading == "Model compression")
    [fact] = node.facts
    assert fact.kind == "below"
    assert {named(works, name).id for name in ("quant", "prune", "distil")} <= {*node.documents}
    assert {"quantization", "pruning", "knowledge distillation"} <= {*fact.values}
    assert named(works, "harbour").id not in node.documents and named(works, "measure").id not in node.documents
    assert audit(survey, works.document).is_sound
    for wrong in (Fact("below", "model compression", fact.documents, fact.among, values=("fog",)),
                  Fact("below", "image generation", fact.documents, fact.among, values=fact.values),
                  Fact("below", "model compression", (*fact.documents, named(works, "fog").id),
                       (*fact.among, named(works, "fog").id), values=fact.values)):
        assert holds(wrong, survey, works.document)
    assert holds(fact, survey, works.document) is None


def test_what_stands_under_a_wide_name_is_named(works):
    assert below_in("model compression", named(works, "prune")) == ("pruning",)
    assert below_in("no such name", named(works, "prune")) == ()


def test_the_one_word_of_a_wide_name_is_not_counted(tmp_path):
    papers = {"grasp": ("Grasping Nets", "We study robotic grasping of nets on deck."),
              "walk": ("Walking on Deck", "A humanoid robot walks on a moving deck."),
              "word": ("Robotics at Sea", "We ask crews what they think of robotics.")}
    with opened(tmp_path, papers) as base:
        found = documents(base)
        [term] = [term for term in wide_terms(found, "ships", "en") if term.shown == "robotics"]
        held = [found[row].metadata.title for row in _holders(term, found, "en")]
    assert sorted(held) == ["Grasping Nets", "Walking on Deck"]


def test_a_topic_that_says_a_wide_name_has_no_section_of_it(tmp_path):
    papers = {"web": ("A Web Agent for Ferries", "A web agent books ferries. We study how a web agent reads tables."),
              "call": ("Tool Calling on Board", "We present tool calling for pilots, and tool calling with checks.")}

    def shown(topic, language):
        return {term.shown for term in wide_terms(found, topic, language)}

    with opened(tmp_path, papers) as base:
        found = documents(base)
        assert "AI agent" in shown("ships", "en") and "AI智能体" in shown("船舶", "zh")
        assert "AI agent" not in shown("systems of many agents", "en")
        assert "AI智能体" not in shown("多智能体系统", "zh")
