"""A survey's own words name one thing once, say whose words a quote is, and count what they say they count."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from kb import KnowledgeBase
from kb.survey import make_request
from kb.survey.glossary import concepts_in, synonyms
from kb.survey.outline.names import spelled_out
from kb.survey.outline.phrases import _count_runs, _Counts
from kb.survey.outline.standing import plain, stands
from kb.survey.outline.subjects import is_subject, people_of
from kb.survey.records import Evidence, Fact
from kb.survey.references import is_note, make_reference, short_name
from kb.survey.sentences import units
from kb.survey.write.audit import audit
from kb.survey.write.beside import SHARE, pairs, within_share
from kb.survey.write.facts import holds
from kb.survey.write.forms import fill, years_of
from kb.survey.write.joins import joins_of, of_every_field
from kb.survey.write.quoted import call_names, gloss_of, speaker
from kb.survey.write.terms import held_terms
from kb.types import Document, Metadata, Section
from kb.words import table


def _document(name, text, language="en", title="", authors=(), year=None):
    return Document(name, name, f"{name}.md", "markdown", Metadata(title=title or name, authors=authors, year=year),
                    language, text, (Section("", 0, 0, len(text)),))


NETS = [_document("a", "Abstract\n\nWe train a graph attention network (GAT) on maps of birds."),
        _document("b", "Abstract\n\nGAT is used to find the nests."),
        _document("c", "Abstract\n\nGraph attention networks are tried on the songs.")]


def test_initials_and_the_name_they_stand_for_are_one_term():
    found = {held.shown: held for held in held_terms(NETS, "en")}
    (held,) = [held for held in found.values() if "GAT" in (held.shown, *held.others) or "gat" in held.others]
    assert held.documents == ("a", "b", "c") and len([h for h in found if "gat" in h.casefold()]) <= 1


def test_a_term_of_many_works_is_told():
    many = [_document(f"w{i:02}", f"Abstract\n\nWork {i} studies nest detection with a camera.") for i in range(15)]
    others = [_document(f"x{i:02}", f"Abstract\n\nWork {i} counts feathers in a yard.") for i in range(10)]
    said = [fact for join in joins_of([*many, *others], "en", ["birds"]).terms for fact, _ in join.said]
    assert any(fact.term == "nest detection" and len(fact.documents) == 15 for fact in said)


def test_what_the_topic_says_is_not_told_again():
    works = [_document(name, f"Abstract\n\n{name} is on recommender systems and item ranking.") for name in "abcd"]
    said = [fact.term for join in joins_of(works, "en", ["sequential recommendation"]).terms for fact, _ in join.said]
    assert "recommender systems" not in said and "recommender system" not in said


def test_how_a_work_came_out_is_nothing_that_works_share():
    works = [_document(name, f"摘要：本文是关于{name}的预印本，研究巢穴检测。", "zh") for name in ("甲", "乙")]
    said = [fact.term for join in joins_of(works, "zh", ["鸟"]).terms for fact, _ in join.said]
    assert "预印本" not in said and plain("预印本") in of_every_field()


def test_what_a_work_does_without_does_not_stand_in_it():
    text = "Abstract\n\nTrained without contrastive learning, it finds nests. 无需人工标注，也能训练。"
    without = _document("a", text)
    assert not stands("contrastive learning", without) and not stands("人工标注", without)
    assert stands("nests", without)


def test_what_a_title_says_there_is_none_of_names_no_group():
    runs = defaultdict(_Counts)
    for document in (_document("a", "Abstract\n\nCameras watch.", title="Nest cameras for owls"),
                     _document("b", "Abstract\n\nWe count by hand.", title="Counting rooks without nest cameras")):
        _count_runs(document, runs, frozenset())
    assert runs[tuple(plain("nest cameras").split())].held == {"a"}


@pytest.mark.parametrize("words", ["superior performance", "最优性能", "https URL", "Jane Doe", "F1 score"])
def test_praise_measures_addresses_and_names_head_no_section(words):
    people = people_of([_document("a", "x", authors=("Jane Doe",))])
    assert not is_subject(plain(words), people, is_keyword=False)
    assert is_subject(plain("nest detection"), people, is_keyword=False)


def test_years_of_works_that_are_only_in_part_dated_say_how_many_are():
    references = [make_reference(_document("a", "x", year=2025), 1.0), make_reference(_document("b", "x"), 1.0)]
    assert years_of(["a", "b"], references) == ("2025", "2025", "1")
    assert years_of(["a"], references) == ("2025", "2025")
    facts = [Fact("count", documents=("a", "b"), values=("2",)), Fact("years", values=years_of(["a", "b"], references))]
    assert fill("lead", facts, make_request("x", "en"), {}) == "Two works (one of them dated, 2025)."
    assert fill("lead", facts, make_request("x", "zh"), {}) == "2 篇文献（其中 1 篇注明年份，2025 年）。"
    assert short_name(replace(references[1], authors=("Ann Owl",)), "en") == "Owl"


def test_a_note_on_a_work_does_not_speak_as_its_authors():
    text = "# 笔记\n\n> **论文**：*Owls at Night*\n\n作者提出一种方法。"
    note = _document("a", text, "zh", "Owls at Night", ("Ann Owl",), 2020)
    own = _document("b", "# Owls by Day\n\nWe count owls.", "en", "Owls by Day", ("Bo Owl",), 2021)
    assert is_note(note) and not is_note(own)
    references = [make_reference(one, 1.0) for one in (note, own)]
    names = call_names(references)
    assert speaker(references[0], names, "zh") == "关于 Owl（2020）的笔记"
    assert speaker(references[0], names, "en") == "A note on Owl (2020)"
    assert speaker(references[1], names, "en") == "Owl (2021)"


def test_an_abstract_under_a_foreign_title_is_no_note():
    said = "# Counting Owls\n\n## 摘要\n\n为统计猫头鹰的数量，{}一种方法。\n"
    for does in ("提出了", "本研究提出了", "设计了"):
        assert not is_note(_document("a", said.format(does), "zh", "Counting Owls", ("Ann Owl",), 2020))
    assert is_note(_document("b", "# Counting Owls\n\n这项工作数了猫头鹰。", "zh", "Counting Owls", ("Ann Owl",), 2020))
    note = "# Counting Owls\n\n**会议**: X 2025\n**代码**: 无\n\n## 摘要\n\n提出一种方法。"
    assert is_note(_document("c", note, "zh", "Counting Owls", ("Ann Owl",), 2020))


def test_a_title_in_the_other_language_is_glossed_with_what_is_known():
    own = make_reference(_document("a", "# 夜里的猫头鹰\n\n正文。", "zh", "Owls at Night"), 1.0)
    terms = make_reference(_document("b", "x", "en", "Knowledge Distillation for Owls"), 1.0)
    nothing = make_reference(_document("c", "x", "en", "Owls"), 1.0)
    assert gloss_of(own, "zh") == "（《夜里的猫头鹰》）" and gloss_of(own, "en") == ""
    assert gloss_of(terms, "zh") == "（外文题名，涉及知识蒸馏）" and gloss_of(nothing, "zh") == "（外文题名）"
    assert concepts_in("基于神经网络的目标检测", "en")[0] == "neural network"
    assert concepts_in("Boosting Algorithms for Ranking", "zh")[0] == "Boosting算法"
    assert concepts_in("Boosting for Ranking", "zh") == ()  # or a verb: nothing is said
    assert concepts_in("Boosting Vulnerability Detection", "zh") == ("漏洞检测",)  # a verb


@pytest.mark.parametrize(("title", "language"), [
    ("How Patients React to Pain", "zh"), ("Fault Diagnosis of Oil-Immersed Transformers", "zh"),
    ("Student Dropout in the First Year", "zh"), ("Tumours of the Corpus Callosum", "zh"),
    ("A Map of the Median Nerve", "zh"), ("Attention and Recall of Children", "zh"), ("LoRa in Coal Mines", "zh"),
    ("GaN on Silicon", "zh"), ("Precision Medicine", "zh"), ("Vaccine Rollout in Rural Areas", "zh"),
    ("儿童注意力的发展", "en"), ("三相变换器的控制", "en"), ("产业链重构", "en"), ("大单元学习的评价", "en"),
    ("术后并发症的护理", "en"), ("政策执行计划", "en"), ("生活垃圾回收", "en")])
def test_a_word_of_another_field_is_no_concept(title, language):
    assert concepts_in(title, language) == ()


def test_a_longer_name_of_another_thing_is_glossed_as_that():
    assert concepts_in("Fault Diagnosis of Power Transformers", "zh") == ("电力变压器",)
    assert concepts_in("多视图聚类", "en") == ("multi-view clustering",)
    assert concepts_in("企业文化的量化研究", "en") == ("quantitative research",)


def test_each_name_of_the_glossary_names_one_concept():
    """A name on two lines would make one of all names on both."""
    lines: dict[str, tuple[str, ...]] = {}
    for group in synonyms():
        for name in {plain(name) for name in group}:
            assert lines.setdefault(name, group) is group
    for english, chinese in table("pairs", "pairs").items():
        assert english.isascii() and not any(name.isascii() for name in chinese.split(" | "))


@pytest.mark.parametrize(("one", "other"), [
    ("text similarity", "semantic textual similarity"), ("generalization gap", "generalization error"),
    ("sensitivity", "recall"), ("human pose estimation", "pose estimation"), ("cost function", "loss function"),
    ("protein folding", "protein structure prediction"), ("局部最优", "局部极小值"), ("视频生成", "文生视频")])
def test_two_things_are_not_one(one, other):
    assert not any({one, other} <= set(group) for group in synonyms())


def test_two_works_stand_side_by_side_on_a_term_that_both_quotes_name():
    works = [_document(name, f"Abstract\n\nThe nest detection of {name} finds forty nests in every old tree.")
             for name in ("ash", "elm")]
    chosen = [unit for work in works for unit in units(work)]
    (pair,) = pairs(chosen, [["nest detection"]])
    assert {pair.first.document, pair.second.document} == {"ash", "elm"}
    assert not pairs(chosen, [["song detection"]]) and not pairs(chosen[:1], [["nest detection"]])


def test_no_more_than_a_quarter_of_short_abstracts_is_quoted_while_each_work_speaks():
    told = " ".join(f"Sentence number {i} tells of nests in the old trees of the park." for i in range(8))
    text = f"Abstract\n\n{told}"
    own = {name: units(_document(name, text)) for name in ("ash", "elm")}
    chosen = within_share({name: found[:3] for name, found in own.items()}, own, frozenset())
    quoted = sum(len(unit.text) for found in chosen.values() for unit in found)
    assert all(chosen.values())
    assert quoted <= SHARE * sum(len(unit.text) for found in own.values() for unit in found)


@pytest.fixture
def written(tmp_path):
    (tmp_path / "works").mkdir()
    for i in range(6):
        (tmp_path / "works" / f"{i}.md").write_text(
            f'---\ntitle: "Owl {i}: a way to nests"\nauthors: [Ann Author{i}]\nyear: {2015 + i}\n---\n'
            f"# Owl {i}\n\n## Abstract\n\n"
            f"Nest detection {'by night' if i % 2 else 'by day'} is what owl number {i} was made for in the park. "
            f"The camera of owl {i} hangs in a tree of kind {i} and looks at the nests from above.\n", encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "owls", encoder="hashing") as base:
        assert not base.add([tmp_path / "works"]).failed
        yield base


def test_the_audit_sees_a_quote_set_beside_another_that_does_not_name_the_term(written):
    survey = written.surveyor().write(make_request("owls in trees", works=6))
    assert not survey.audit["broken"]
    a, b = survey.references[0], survey.references[1]
    find = written.surveyor().find

    def row(name: str, document: str, quote: str) -> Evidence:
        return Evidence(name, "x", document, None, 0, len(quote), quote, "", 1.0)

    shown = replace(survey, evidence=(*survey.evidence, row("p", a.document, "Nest detection is hard."),
                                      row("q", b.document, "Songs are easy.")))
    works, values = (a.document, b.document), ("Nest detection is hard.", "Songs are easy.")
    fact = Fact("beside", "nest detection", works, (), ("p", "q"), values)
    assert "does not name" in (holds(fact, shown, find) or "")
    assert "do not say" in (holds(replace(fact, values=values[::-1]), shown, find) or "")
    assert "not one" in (holds(Fact("named", "nest detection", works, works, (), ("songs",)), survey, find) or "")
    changed = tuple(replace(s, text=s.text.replace("(20", "(19")) if s.form == "scope" else s for s in survey.sentences)
    assert changed != survey.sentences
    assert audit(replace(survey, sentences=changed), find).broken


# --- what several works name

def _named(works, language="en", topic="birds"):
    return [fact for join in joins_of(works, language, [topic]).terms for fact, _ in join.said]


def test_initials_leave_out_words_that_join():
    works = [_document("a", "Abstract\n\nReinforcement learning with verifiable rewards (RLVR) is tried on nests."),
             _document("b", "Abstract\n\nRLVR is tried on eggs."), _document("c", "Abstract\n\nWe try RLVR on birds.")]
    names = spelled_out(works)
    assert plain("RLVR") in names.of(plain("reinforcement learning with verifiable rewards"))
    over = [_document("d", "Abstract\n\nWe answer questions over tables (QT).")]
    assert plain("over tables") not in spelled_out(over).of(plain("QT"))


def test_initials_with_what_belongs_to_them_are_one_name():
    works = [_document("甲", "摘要：提出基于BP神经网络的巢穴识别方法。", "zh"),
             _document("乙", "摘要：用 BP 神经网络估计鸟的数量。", "zh")]
    assert {held.shown.replace(" ", "") for held in held_terms(works, "zh")} & {"BP", "BP神经网络"} == {"BP神经网络"}


def test_initials_with_a_word_for_a_kind_are_the_initials():
    works = [_document("a", "Abstract\n\nWe train GNN models on maps."),
             _document("b", "Abstract\n\nOur GNN counts nests.")]
    found = [held for held in held_terms(works, "en") if "gnn" in held.shown.casefold()]
    assert [held.shown for held in found] == ["GNN"] and found[0].documents == ("a", "b")


def test_what_a_work_tells_of_others_is_not_its_method():
    works = [_document("a", "Abstract\n\nExisting methods are based on contrastive learning. We count feathers."),
             _document("b", "Abstract\n\nWe propose contrastive learning for nests.")]
    assert "contrastive learning" not in [held.shown for held in held_terms(works, "en")]
    works[0] = _document("a", "Abstract\n\nWe use contrastive learning to count feathers.")
    assert "contrastive learning" in [held.shown for held in held_terms(works, "en")]


def test_a_term_is_shown_where_it_stands_at_the_front():
    lead = "Abstract\n\nNests are hard to see.\n\n# Introduction\n\n" + "Birds fly. " * 20
    works = [_document(name, f"{lead}We try nest detection.") for name in "ab"]
    assert "nest detection" not in [held.shown for held in held_terms(works, "en")] or all(
        tick.words[0] < 60 for held in held_terms(works, "en") for tick in held.ticks.values())


def test_a_publishers_classes_are_nothing_that_a_work_says():
    work = _document("a", "Abstract\n\nWe count nests.\n\nCCS Concepts: • Computing → Cloud computing; Nest detection."
                          "\n\nKeywords: owls")
    assert not stands("cloud computing", work) and stands("owls", work) and stands("nests", work)


def test_a_count_says_at_least():
    works = [_document(name, f"Abstract\n\n{name} studies nest detection.") for name in "ab"] + [
        _document("c", "Abstract\n\nThe yard is quiet.")]
    (first, *_) = joins_of(works, "en", ["birds"]).terms
    request = make_request("birds", "en")
    references = {w.id: make_reference(w, 1.0) for w in works}
    text = fill(first.form, [fact for fact, _ in first.said], request, references)
    assert text.startswith("At least two of the three works name nest detection")


def test_a_note_without_authors_speaks_for_itself():
    note = _document("a", "# Owl Nets\n\n**会议**: X 2025\n**代码**: 无\n\n我们提出一种网络。", "zh", "Owl Nets")
    reference = make_reference(note, 1.0)
    assert reference.is_note
    assert speaker(reference, call_names([reference]), "zh") == "关于《Owl Nets》的笔记"
    assert speaker(reference, call_names([reference]), "en", begins=False) == "a note on “Owl Nets”"


def test_a_quality_with_a_hyphen_is_no_subject():
    assert not is_subject(plain("fault-tolerant"), (), is_keyword=False)
    assert not is_subject(plain("state of the art"), (), is_keyword=False)
    assert is_subject(plain("state estimation"), (), is_keyword=False)
    assert is_subject(plain("fault tolerance"), (), is_keyword=False)
