"""What works say that they give, ask and find stands side by side in their own words, and the audit reads it again."""

from dataclasses import replace

import pytest

from kb import KnowledgeBase
from kb.survey import make_request
from kb.survey.records import Fact
from kb.survey.references import make_reference
from kb.survey.sentences import units
from kb.survey.write.audit import audit
from kb.survey.write.beside import is_whole_in
from kb.survey.write.forms import fill
from kb.survey.write.proposed import fact_of, given, proposed, said_by, together
from kb.types import Document, Metadata, Section

WORKS = {
    "wren": ("Songs of the wren", "Ann Wren", 2018, "Bird songs matter to the health of woods and parks. "
             "In this paper, we propose a network of two halves for telling the songs of wrens apart. "
             "The two halves are trained one after the other on recorded songs."),
    "owl": ("Owls in the dark", "Bo Owl, Cy Kite", 2020, "Owls are seldom seen by day in any of the parks. "
            "This paper presents a model for counting owls from the sounds that they make at night, which is small. "
            "The model is given the sounds of one night in each of the parks."),
    "crow": ("Crows and bread", "Di Crow", 2021, "We study how crows share the bread that they find in a yard. "
             "The crows were given bread in the mornings of one spring."),
}


@pytest.fixture(scope="module")
def birds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proposed")
    (folder / "works").mkdir()
    for name, (title, authors, year, abstract) in WORKS.items():
        (folder / "works" / f"{name}.md").write_text(
            f'---\ntitle: "{title}"\nauthors: [{authors}]\nyear: {year}\n---\n# {title}\n\n## Abstract\n\n{abstract}\n',
            encoding="utf-8")
    with KnowledgeBase.open(folder / "birds", encoder="hashing") as base:
        assert not base.add([folder / "works"]).failed
        yield base


def _document(text, language="en", title="A work"):
    return Document("a", "a", "a.md", "markdown", Metadata(title=title), language, text,
                    (Section("", 0, 0, len(text)),))


@pytest.mark.parametrize(("text", "kind", "what"), [
    ("In this paper, we propose a network of two halves for telling songs apart.", "model",
     "a network of two halves for telling songs apart"),
    ("We present a new data set of songs that were recorded at night, and show that it is hard.", "data", None),
    ("We introduce a large corpus of bird songs from all the parks of a town, which we publish.", "data",
     "a large corpus of bird songs from all the parks of a town"),
    ("We introduce a method for nest, feather, and egg detection in the pictures of parks.", "method",
     "a method for nest, feather, and egg detection in the pictures of parks"),
    ("We develop a model for doing all of the following things at once: counting and naming.", None, None),
    ("We investigate how crows share the bread that they find in a yard.", "asks",
     "how crows share the bread that they find in a yard"),
    ("Smith et al. propose a network of two halves for telling all the songs apart.", None, None),
    ("为统计数量，本文提出了一种基于声音的猫头鹰计数方法，该方法很快。", "method", "一种基于声音的猫头鹰计数方法"),
    ("为统计猫头鹰的数量，提出一种基于声音的猫头鹰计数方法。", "method", "一种基于声音的猫头鹰计数方法"),
    ("本文提出 OwlNet，一种用于夜间计数的卷积网络，它很小。", "model", "OwlNet，一种用于夜间计数的卷积网络"),
    ("本研究旨在考察声音强度与鸟类数量的因果关系。", "asks", "声音强度与鸟类数量的因果关系"),
    ("We propose OwlNet (ON), a network that counts owls in the dark of the woods.", "model",
     "OwlNet (ON), a network that counts owls in the dark of the woods"),
    ("本文提出了 OwlNet，它很小，也很快。", None, None),
    ("有学者提出了一种基于声音的猫头鹰计数方法。", None, None),
    ("本文在分析声音强度与鸟类数量的基础上，数了猫头鹰。", None, None),
])
def test_what_a_work_gives_is_read_whole_or_not_at_all(text, kind, what):
    found = proposed(_document(text, "zh" if ord(text[0]) > 1000 else "en"))
    assert (found.kind if found and what else None) == (kind if what else None)
    assert (text[slice(*found.what)] if found else None) == what or what is None


def test_works_of_one_kind_stand_in_one_sentence(birds):
    survey = birds.surveyor().write(make_request("small animals", "en", works=3))
    said = [s.text for s in survey.sentences if s.form == "joined.proposed"]
    assert said == ["At least two works put forward models: Wren (2018) proposes “a network of two halves for telling "
                    "the songs of wrens apart” and Owl and Kite (2020) present “a model for counting owls from the "
                    "sounds that they make at night”."]
    assert not survey.audit["broken"]
    quoted = [s.text for s in survey.sentences if s.kind == "quote"]
    assert not any("we propose" in text or "matter to the health" in text for text in quoted)


@pytest.mark.parametrize("change", [
    lambda fact: replace(fact, values=(fact.values[0], "a network of three halves", *fact.values[2:])),
    lambda fact: replace(fact, values=("introduce", *fact.values[1:])),
    lambda fact: replace(fact, term="data"),
    lambda fact: replace(fact, documents=fact.documents[::-1]),
    lambda fact: replace(fact, evidence=fact.evidence[::-1]),
])
def test_a_changed_fact_of_what_works_give_breaks_the_audit(birds, change):
    survey = birds.surveyor().write(make_request("small animals", "en", works=3))
    references = {r.document: r for r in survey.references}

    def changed(sentence):
        if sentence.form != "joined.proposed":
            return sentence
        facts = tuple(map(change, sentence.facts))
        return replace(sentence, facts=facts, text=fill(sentence.form, facts, survey.request, references))

    assert audit(survey, birds.surveyor().find).is_sound
    again = replace(survey, sentences=tuple(map(changed, survey.sentences)))
    assert not audit(again, birds.surveyor().find).is_sound


@pytest.mark.parametrize(("term", "text", "is_whole"), [
    ("low energy", "Owls are of low energy consumption.", False), ("low energy", "Owls fly at low energy.", True),
    ("neural network", "We train a neural network model.", True), ("neural network", "A neural network was set.", True),
    ("声音", "猫头鹰的声音强度。", True),
])
def test_works_stand_side_by_side_on_whole_names(term, text, is_whole):
    assert is_whole_in(term, text) is is_whole


def test_works_of_several_kinds_are_said_without_a_kind():
    works = {name: replace(_document(text, "zh"), id=name) for name, text in (
        ("a", "本文提出一种基于声音的猫头鹰计数方法。"), ("b", "本研究旨在考察声音强度与鸟类数量的因果关系。"))}
    (part,) = together([proposed(work) for work in works.values()])
    references = {name: make_reference(work, 1.0) for name, work in works.items()}
    fact = fact_of(part, works)
    assert fact == Fact("proposed", "", ("a", "b"), (), (), (
        "提出", "一种基于声音的猫头鹰计数方法", "考察", "声音强度与鸟类数量的因果关系"))
    assert [one.kind for one in part] == ["method", "asks"]
    assert fill("joined.proposed", [fact], make_request("鸟", "zh"), references).count("“") == 2


def test_what_a_work_finds_stands_with_anothers_only_where_it_is_told():
    works = {name: replace(_document(text, "zh"), id=name) for name, text in (
        ("a", "结果表明，夜间的声音强度与猫头鹰数量正相关。"), ("b", "研究发现，乌鸦会在清晨分享找到的面包。"))}
    told = [unit for work in works.values() for unit in units(work, None)]
    assert [one.kind for work in works.values() for one in said_by(work)] == ["finds", "finds"]
    (part,), instead = given(list(works), told, works, "zh", frozenset())
    assert len(part) == 2 and instead == set(told)
    assert given(list(works), told[:1], works, "zh", frozenset()) == ((), set())


def test_what_a_work_gives_in_the_other_language_is_told_as_such():
    works = {name: replace(_document(text, "zh"), id=name) for name, text in (
        ("a", "本文提出一种基于声音的猫头鹰计数方法。"), ("b", "本文设计了一种基于图像的乌鸦计数方法。"))}
    told = [unit for work in works.values() for unit in units(work, None)]
    (part,), _ = given(list(works), told, works, "en", frozenset())
    references = {name: make_reference(work, 1.0) for name, work in works.items()}
    text = fill("joined.proposed", [fact_of(part, works)], make_request("birds", "en"), references)
    assert text.count(" (in Chinese)") == 2 and " proposes “一种" in text and " designs “一种" in text
