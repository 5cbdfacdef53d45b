"""Other names of what a question is about."""

import pytest

from kb import KnowledgeBase
from kb.answer.terms import bundled_concepts, mistyped, one_letter_away, own_concepts


def others(concepts):
    return {concept.words: concept.others for concept in concepts}


def test_the_field_s_names_in_both_languages():
    assert "LoRA" in others(bundled_concepts("什么是低秩适配？"))["低秩适配"]
    assert "检索增强生成" in others(bundled_concepts("RAG为什么能减少幻觉？"))["RAG"]
    assert "量化" in others(bundled_concepts("What is quantisation?"))["quantisation"]
    assert "weight decay" in others(bundled_concepts("什麼是權重衰減？"))["權重衰減"]
    assert not bundled_concepts("Where is the station?")


def test_a_name_that_is_another_word_too_counts_in_its_letters():
    assert "知识图谱" in others(bundled_concepts("What is a KG?"))["KG"]
    assert others(bundled_concepts("What is dropout?"))["dropout"][1:2] == ("dropout layer",)
    for question in ("How many kg does it weigh?", "How do people react?", "Who got the acid?", "Is there a map?"):
        assert not bundled_concepts(question)


def test_the_library_s_own_pairs():
    texts = ["光谱校正网络（Spectral Correction Network, SpeCorr）用于遥感。",
             "We use gated spectral unmixing (GSU) here.",
             "See the appendix (2021) and the table (left)."]
    assert others(own_concepts("光谱校正网络是什么？", texts)) == {
        "光谱校正网络": ("Spectral Correction Network", "SpeCorr")}
    assert others(own_concepts("How does GSU work?", texts)) == {"GSU": ("gated spectral unmixing",)}
    assert own_concepts("What stands in the appendix?", texts) == []


@pytest.mark.parametrize(("a", "b", "is_near"), [
    ("transfomer", "transformer", True), ("tranfsormer", "transformer", True), ("transformers", "transformer", True),
    ("transformer", "transformer", False), ("bert", "gpt", False), ("quantum", "quanta", False)])
def test_one_letter(a, b, is_near):
    assert (b in one_letter_away(a)) is is_near
    assert (a in one_letter_away(b)) is is_near


def test_they_are_searched_and_said(tmp_path):
    note = tmp_path / "note.md"
    note.write_text("# Low-rank updates\n\nLoRA is a method that freezes the weights and learns low-rank matrices.\n\n"
                    "# Optical sorting\n\nThe photospectrometer is an instrument that measures light in 1.5 seconds.\n")
    with KnowledgeBase.open(tmp_path / "home", encoder="hashing") as base:
        base.add(note)
        answer = base.ask("什么是低秩适配？")
        assert "LoRA" in answer.searched.also and answer.claims[0].text.startswith("LoRA is")
        answer = base.ask("What is a photospectrometr?")
        assert answer.searched.also == ("photospectrometer",)
        assert any("instrument" in claim.text for claim in answer.claims) and answer.searched.missing_terms == ()


@pytest.mark.parametrize(("word", "term"), [("sport", "short"), ("racket", "bracket")])
def test_another_word_is_no_typing_error(word, term):
    assert mistyped([word], {term: 3}) == []


@pytest.mark.parametrize(("word", "term"), [("atention", "attention"), ("tranfsormer", "transformer"),
                                            ("galroe", "galore"),
                                            ("quantizatian", "quantization")])
def test_a_typing_error_is_one(word, term):
    assert [concept.others for concept in mistyped([word], {term: 3})] == [(term,)]


@pytest.mark.parametrize("inside", ["P<0.001", "-1", "r = 0.5", "3.2%", "α"])
def test_figures_in_brackets_are_no_names(inside):
    assert own_concepts("死亡率是多少？", [f"死亡率（{inside}）明显下降。"]) == []


@pytest.mark.parametrize("inside", ["第 4.1 节、算法 1", "Table 3", "Appendix B, Figures 2 and 3"])
def test_a_place_in_a_work_is_no_other_name(inside):
    assert not any(other for concept in own_concepts("GRPO 是什么？", [f"方法见 GRPO（{inside}）。"])
                   for other in concept.others)


@pytest.mark.parametrize(("question", "text"), [
    ("对模型排序的做法是什么？", "自回归模型（Auto-Regression, AR）逐词生成。"),
    ("什么最有利于学习？", "监督学习（supervised learning）需要标注。")])
def test_the_kind_of_a_longer_name_is_not_called_so(question, text):
    assert own_concepts(question, [text]) == []


def test_the_end_of_what_stands_before_a_bracket_is_a_name():
    text = "本文提出低秩更新法（Low-Rank Update, LRU）来训练。"
    assert "LRU" in others(own_concepts("低秩更新法有什么用？", [text]))["低秩更新法"]
