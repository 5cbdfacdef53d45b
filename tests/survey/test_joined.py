"""Sentences of ours that join works say what can be counted in them, in both languages, and the audit counts it
again."""

from dataclasses import replace

import pytest

from kb import KnowledgeBase
from kb.survey import make_request
from kb.survey.write.audit import audit
from kb.survey.write.joins import joins_of
from kb.survey.write.results import bare
from kb.survey.write.terms import held_terms
from kb.types import Document, Metadata, Section

WORKS = {
    "kestrel": ("KestrelNet: Bird Detection in Long Recordings", "Ann Kestrel", 2015,
                "We propose KestrelNet for bird detection with a convolutional network.",
                "We evaluate on the BirdVox dataset. The BirdVox dataset holds nights of sound. "
                "We reach an accuracy of 91.4% on BirdVox.", ""),
    "owl": ("OwlNet: Bird Detection at Night", "Bo Owl", 2018,
            "OwlNet is made for bird detection with transfer learning.",
            "We evaluate on the BirdVox dataset. The BirdVox dataset has owls in it. "
            "We reach an accuracy of 93.0% on BirdVox. Kestrel (2015) was the first to find birds in whole nights of "
            "recorded sound.",
            "[1] A. Kestrel. KestrelNet: Bird Detection in Long Recordings. 2015."),
    "wren": ("Wren songs and transfer learning", "Cy Wren", 2020,
             "Transfer learning is tried on the songs of wrens that 312 volunteers recorded in a city park.",
             "The songs were recorded in a park in the mornings of one spring.", ""),
    "crow": ("Crows that count", "Di Crow", 2021,
             "Crows were taught to count, and 48 children beside the yard were asked to count as well.",
             "The crows counted small pieces of bread in a quiet yard.", ""),
}


def _written(folder, name, work):
    title, author, year, abstract, results, references = work
    listed = f"\n## References\n\n{references}\n" if references else ""
    (folder / f"{name}.md").write_text(
        f'---\ntitle: "{title}"\nauthors: [{author}]\nyear: {year}\n---\n# {title}\n\n## Abstract\n\n{abstract}\n\n'
        f"## Experiments\n\n{results}\n{listed}", encoding="utf-8")


@pytest.fixture
def birds(tmp_path):
    (tmp_path / "works").mkdir()
    for name, work in WORKS.items():
        _written(tmp_path / "works", name, work)
    with KnowledgeBase.open(tmp_path / "birds", encoder="hashing") as base:
        assert not base.add([tmp_path / "works"]).failed
        yield base


@pytest.mark.parametrize(("language", "said"), [
    ("en", ["At least two of the four works name bird detection in title, abstract or opening.",
            "Kestrel (2015) and Owl (2018) use BirdVox as data.",
            "On BirdVox, Owl (2018) reports an accuracy of 93.0% and Kestrel (2015) 91.4%."]),
    ("zh", ["Kestrel（2015）和 Owl（2018）都用到了 BirdVox 数据。",
            "在 BirdVox 上，Owl（2018）报告的 accuracy 为 93.0%，Kestrel（2015）为 91.4%。"]),
])
def test_what_works_share_is_said_with_a_place_in_each(birds, language, said):
    survey = birds.surveyor().write(make_request("small animals", language, works=4))
    joined = {s.text: s for s in survey.sentences if s.kind == "joined"}
    rows = {row.id: row for row in survey.evidence}
    for text in said:
        assert text in joined, list(joined)
        assert len({rows[name].document for name in joined[text].evidence}) > 1
    assert survey.audit["joined_share"] >= 0.25 and not survey.audit["broken"]


def test_what_a_later_work_says_of_an_earlier_one_is_its_own_words(birds):
    survey = birds.surveyor().write(make_request("small animals", works=4))
    said = [s.text for s in survey.sentences if s.form == "joined.said"]
    assert said == ["Of Kestrel (2015), Owl (2018) writes: “Kestrel (2015) was the first to find birds in whole nights "
                    "of recorded sound.”"]


def test_whom_works_studied_stands_side_by_side(birds):
    ids = [info.id for info in birds.documents() if info.path.endswith(("wren.md", "crow.md"))]
    survey = birds.surveyor().write(make_request("small animals", documents=ids))
    samples = [s.text for s in survey.sentences if s.form == "joined.samples"]
    assert samples and "312 volunteers" in samples[0] and "48 children" in samples[0]


@pytest.mark.parametrize("change", [
    lambda s: replace(s, text=s.text.replace("91.4%", "95.4%")),
    lambda s: replace(s, text=s.text.replace("93.0% and Kestrel (2015) 91.4%", "91.4% and Kestrel (2015) 93.0%")),
    lambda s: replace(s, facts=tuple(replace(f, values=("93.0%", "95.4%")) if f.kind == "result" else f
                                     for f in s.facts)),
])
def test_a_changed_number_of_a_joined_sentence_breaks_the_audit(birds, change):
    survey = birds.surveyor().write(make_request("small animals", works=4))
    assert audit(survey, birds.surveyor().find).is_sound
    changed = tuple(change(s) if s.form == "joined.results" else s for s in survey.sentences)
    assert changed != survey.sentences
    assert not audit(replace(survey, sentences=changed), birds.surveyor().find).is_sound


def test_a_cell_that_is_anothers_number_breaks_the_audit(birds):
    survey = birds.surveyor().write(make_request("small animals", works=4))
    value = next(row for row in survey.evidence if row.id.endswith(".value.a"))
    text = birds.document(value.document).text
    at = text.index("nights")
    moved = replace(value, start=at, end=at + 6, quote="nights")
    rows = tuple(moved if row.id == value.id else row for row in survey.evidence)
    found = audit(replace(survey, evidence=rows), birds.surveyor().find)
    assert any("does not state this result" in why for why in found.broken)


def test_the_matrix_has_a_place_for_every_tick(birds):
    survey = birds.surveyor().write(make_request("small animals", works=4))
    rows = {row.id: row for row in survey.evidence}
    kinds = {aspect.aspect for aspect in survey.matrix}
    assert {"task", "method", "data", "measure"} <= kinds
    for aspect in survey.matrix:
        assert [rows[name].document for name in aspect.evidence] == list(aspect.documents)
        assert not aspect.term or any(aspect.term.split()[0].casefold()[:4] in rows[name].quote.casefold()
                                      for name in aspect.evidence)


def test_columns_that_the_reader_names_stand_in_the_table_with_their_places(birds):
    survey = birds.surveyor().write(make_request("small animals", works=4, columns=["limitation", "data set"]))
    assert survey.request.columns == ("limitation", "data set") and "data set" in survey.table.columns
    at = survey.table.columns.index("data set")
    assert {row.cells[at].text for row in survey.table.rows if row.cells[at]} == {"BirdVox"}


def test_one_work_or_two_that_share_nothing_have_no_joined_sentence(birds):
    for names in (("crow.md",), ("crow.md", "kestrel.md")):
        ids = [info.id for info in birds.documents() if info.path.endswith(names)]
        survey = birds.surveyor().write(make_request("small animals", documents=ids))
        assert not [s.text for s in survey.sentences if s.kind == "joined"]
        assert not survey.audit["broken"]


def _document(name, text, language="en", title=""):
    return Document(name, name, f"{name}.md", "markdown", Metadata(title=title or name), language, text,
                    (Section("", 0, 0, len(text)),))


def test_a_term_is_counted_in_every_work_at_whose_front_it_stands():
    first = _document("a", "Abstract\n\nWe study wind power forecasting for islands.")
    second = _document("b", "Abstract\n\nWind power forecasting is hard, and so is tide forecasting.")
    third = _document("c", "Abstract\n\nTides are told from the moon.")
    found = {held.shown: held.documents for held in held_terms([first, second, third], "en")}
    assert found["wind power forecasting"] == ("a", "b")


def test_a_chinese_term_begins_where_a_word_does():
    first = _document("a", "摘要：本文研究的是细粒度情感分类。情感分类很难。", "zh")
    second = _document("b", "摘要：本文探讨了细粒度情感分类，情感分类有用。", "zh")
    shown = {held.shown for held in held_terms([first, second], "zh")}
    assert "粒度情感分类" not in shown and shown & {"情感分类", "细粒度情感分类"}


def test_an_ordinary_word_is_no_term():
    first = _document("a", "摘要：为了安全，量化了压力。", "zh")
    second = _document("b", "摘要：安全与量化都被谈到。", "zh")
    assert held_terms([first, second], "zh") == []


def test_the_topic_under_its_initials_is_no_term():
    texts = [f"Protein-protein interactions (PPIs) tell what proteins do. PPI prediction is done with {how}."
             for how in ("random forests", "graph convolutional networks", "random forests of sequences")]
    found = held_terms([_document(f"w{i}", text) for i, text in enumerate(texts)], "en",
                       ["protein-protein interaction prediction"])
    assert [held.shown for held in found if "PPI" in held.shown] == []


def test_a_piece_of_a_longer_name_is_no_term():
    text = "Abstract\n\nWe use the Stanford Question Answering Dataset and a neural network language model."
    shown = {held.shown for held in held_terms([_document("a", text), _document("b", f"{text} It is large.")], "en")}
    assert not shown & {"stanford question answering", "network language model"}


def test_a_term_that_two_works_say_in_passing_is_not_told():
    said = "Abstract\n\n{}本文数了猫头鹰。安全性分析表明，猫头鹰很安全。"
    works = [_document(name, said.format(f"{name}处很暗。"), "zh", f"数猫头鹰之{name}") for name in "甲乙丙"]
    assert "安全性分析" in {held.shown for held in held_terms(works[:2], "zh")}
    assert not joins_of(works, "zh", ["鸟"]).terms
    titled = [*works[:2], _document("丁", said.format("丁处很暗。"), "zh", "猫头鹰的安全性分析")]
    assert [fact.term for join in joins_of(titled, "zh", ["鸟"]).terms for fact, _ in join.said] == ["安全性分析"]


def test_a_measure_by_its_initials_and_by_its_name_is_one():
    for names in (("MAE", "平均绝对误差", "mean absolute error"), ("R2", "决定系数", "R²"), ("RMSE", "均方根误差")):
        assert len({bare(name) for name in names}) == 1
    assert len({bare(name) for name in ("MAE", "MSE", "RMSE", "MAPE")}) == 4
