"""What a survey's own sentences, table and headings must not say: what is another work's, a target, a piece of a name,
one text for two."""

from __future__ import annotations

import pytest

from kb.encoder.hashing import HashingEncoder
from kb.study.names import data_sets
from kb.study.papers import Paper
from kb.study.stated import stated
from kb.survey import make_request
from kb.survey.outline.phrases import terms_of
from kb.survey.outline.plan import choose, gather
from kb.survey.outline.repeats import copies_of
from kb.survey.sentences import units
from kb.survey.write.results import names_of
from kb.survey.write.terms import held_terms
from kb.types import Document, Metadata, Section


@pytest.fixture
def hashing():
    return HashingEncoder()


def _document(name, text, language="en", title=""):
    heads = [i for i in range(len(text)) if text.startswith("# ", i) and (i == 0 or text[i - 1] == "\n")]
    cuts = [*([0] if 0 not in heads else []), *heads, len(text)]
    sections = tuple(Section(text[a:b].split("\n")[0].strip("# ") if text.startswith("#", a) else "", 1, a, b)
                     for a, b in zip(cuts, cuts[1:], strict=False) if a < b)
    return Document(name, name, f"{name}.md", "markdown", Metadata(title=title or name), language, text, sections)


_TRIED = "\n\n# Experiments\n\n{}"


@pytest.mark.parametrize("said", [
    "The SwiftTree parser was shown to deliver excellent performance on the TreeBird dataset. ",
    "Previous methods were trained on the TreeBird dataset and the TreeBird dataset is hard for them. ",
    "The chart model of long sentences has achieved high accuracy on the TreeBird dataset. ",
])
def test_data_of_anothers_model_is_not_the_works_own(said):
    front = f"# Abstract\n\nParsing is old. {said}We write about its history.\n\n# Introduction\n\n{said}"
    document = _document("a", front)
    assert "treebird" not in names_of(document, "data")


@pytest.mark.parametrize("said", [
    "We evaluate our parser on the TreeBird dataset. The TreeBird dataset has trees.",
    "The TreeBird dataset is used for training and for testing, and the TreeBird dataset is large.",
])
def test_data_of_the_works_own_experiments_is(said):
    document = _document("a", "# Abstract\n\nParsing is old. We write a parser." + _TRIED.format(said))
    assert "treebird" in names_of(document, "data")


@pytest.mark.parametrize("said", [
    "We screen abstracts to achieve a target recall of 98%.",
    "We compare tools at a recall of 95%.",
    "We set a threshold precision of 90.0% in all runs.",
    "Our system reports boxes with an accuracy of 90.5% as threshold.",
    "本文方法将目标召回率设为 95%。",
])
def test_a_target_or_a_setting_is_no_result(said):
    language = "zh" if not said.isascii() else "en"
    assert not stated(Paper(_document("a", "# Abstract\n\nWe screen." + _TRIED.format(said), language)), [])


def test_a_number_that_was_reached_is_a_result():
    said = "We reach an accuracy of 91.4% with our system."
    assert stated(Paper(_document("a", "# Abstract\n\nWe screen." + _TRIED.format(said))), [])


def test_a_name_torn_at_the_end_of_a_line_is_no_data_set():
    text = "# Abstract\n\nWe type entities." + _TRIED.format(
        "We evaluate on the datasets OntoLake Mi- and OntoLake Ma-, and on the OntoLake dataset.")
    assert not [found.text for found in data_sets(Paper(_document("a", text))) if found.text.endswith("-")]


def test_a_property_is_no_measure():
    text = "# Abstract\n\nWe write stories." + _TRIED.format("We evaluate the consistency of stories at length.")
    assert not names_of(_document("a", text), "measure")


def test_a_piece_of_a_longer_name_is_not_shared():
    first = _document("a", "Abstract\n\nWe tag words with long short-term memory networks.")
    second = _document("b", "Abstract\n\nLong short-term memory networks are slow. We prune memory networks.")
    assert "memory networks" not in {held.shown for held in held_terms([first, second], "en")}


@pytest.mark.parametrize("word", ["posttraumatic", "post-traumatic"])
def test_the_end_of_the_topics_name_is_no_term(word):
    first = _document("a", f"Abstract\n\nVeterans with {word} stress recognition were seen. It was a trial.")
    second = _document("b", "Abstract\n\nA posttraumatic stress recognition trial in schools.")
    shown = {held.shown for held in held_terms([first, second], "en", ["posttraumatic stress recognition"])}
    assert "stress recognition" not in shown
    assert "stress recognition" not in {held.shown for held in held_terms([first, second], "en")}


def test_a_mechanism_that_is_studied_is_no_method():
    texts = "摘要：本文综述焦虑的神经机制。", "摘要：睡眠的神经机制尚不清楚。"
    found = held_terms([_document(str(i), text, "zh") for i, text in enumerate(texts)], "zh")
    assert not [held.shown for held in found if held.aspect == "method"]


@pytest.mark.parametrize(("language", "texts"), [
    ("en", ["We beat the state-of-the-art. Larger models win.", "State-of-the-art is old. Larger models lose."]),
    ("zh", ["现有工作只关注推荐，达到最先进水平。", "过去只关注推荐，本文达到最先进水平。"]),
])
def test_words_that_say_nothing_are_no_terms(language, texts):
    documents = [_document(str(i), f"Abstract\n\n{text}", language) for i, text in enumerate(texts)]
    assert held_terms(documents, language) == []


def test_the_acronym_of_a_disorder_is_no_method():
    first = _document("a", "Abstract\n\nSomatic symptom disorder (SSD) is common. SSD was seen.")
    second = _document("b", "Abstract\n\nPatients with SSD were asked.")
    assert [held.aspect for held in held_terms([first, second], "en") if held.shown == "SSD"] == ["subject"]


def test_a_heading_begins_with_no_number_and_is_not_the_topic_again():
    documents = [
        _document("a", "Abstract\n\nBillion-point search on posttraumatic stress disorder (PTSD). PTSD symptoms fell.",
                  title="Billion-point search and PTSD symptoms"),
        _document("b", "Abstract\n\nWe index a billion points. PTSD symptoms and posttraumatic stress disorder (PTSD).",
                  title="PTSD symptoms over a billion points")]
    words = {term.words.strip() for term in terms_of(documents, "posttraumatic stress disorder")}
    assert not words & {"billion point", "ptsd symptom"}


POSTED = ["We recommend films to groups of friends by their common taste.",
          "Our model learns taste from ratings in the MovieLens dataset.",
          "It beats three older models by a wide margin in all trials.",
          "The code runs on a small machine within an hour of time."]
MORE = "Groups of students saw forty films on ten evenings in a hall."


def test_one_text_posted_twice_is_one_work():
    again = _document("b", "Abstract\n\n" + " ".join([*POSTED[:3], "Code runs on a small machine within an hour."]))
    documents = [_document("a", "Abstract\n\n" + " ".join(POSTED)), again,
                 _document("c", "Abstract\n\nWe sort mail by its sender. " + POSTED[1])]
    found = {document.id: units(document) for document in documents}
    assert copies_of(found) in ({"b": "a"}, {"a": "b"})


def test_a_copy_is_listed_as_one_and_not_counted(hashing):
    documents = [_document("a", "Abstract\n\n" + " ".join(POSTED)),
                 _document("b", "Abstract\n\n" + " ".join([*POSTED, MORE])),
                 _document("c", "Abstract\n\nWe sort mail by its sender and its date.")]
    request = make_request("films", documents=["a", "b", "c"])
    chosen, unused, _ = choose(request, gather(request, documents, hashing))
    assert chosen == ["b", "c"] and [(row.document, row.reason) for row in unused] == [("a", "copy")]


def test_a_copy_without_its_original_is_used(hashing):
    documents = [_document("a", "Abstract\n\n" + " ".join(POSTED)),
                 _document("b", "Abstract\n\n" + " ".join([*POSTED, MORE]))]
    request = make_request("films", documents=["a"])
    chosen, _, _ = choose(request, gather(request, documents, hashing))
    assert chosen == ["a"]
