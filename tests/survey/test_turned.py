"""A word right before a term can make another thing of it: then the term is not named there."""

import pytest

from kb.survey.outline.phrases import terms_of
from kb.survey.outline.standing import names
from kb.survey.write.places import place_of
from kb.survey.write.terms import held_terms
from kb.types import Document, Metadata, Section


@pytest.mark.parametrize(("term", "text", "is_named"), [
    ("supervised learning", "We study self-supervised learning of speech.", False),
    ("supervised learning", "We study self supervised learning of speech.", False),
    ("supervised learning", "Self-supervised learning is held against supervised learning.", True),
    ("self-supervised learning", "We study self-supervised learning of speech.", True),
    ("self supervised learning", "We study self-supervised learning of speech.", True),
    ("autoregressive translation", "Non-autoregressive translation is fast.", False),
    ("language models", "Vision-language models see.", False),
    ("language models", "Large-scale language models write.", True),
    ("language models", "We read Transformer-based language models.", True),
    ("监督学习", "本文研究无监督学习。", False),
    ("监督学习", "本文研究半监督学习与自监督学习。", False),
    ("监督学习", "信号来自监督学习。", True),
    ("监督学习", "无监督学习不同于有监督学习。", True),
    ("无监督学习", "本文研究无监督学习。", True),
    ("线性规划", "求解非线性规划问题。", False),
    ("智能体", "构建人工智能体系的方法。", False),
    ("智能体", "建立智能体系。", False),
    ("智能体", "建立智能体系，其中有多个智能体。", True),
    ("智能体", "研究多智能体系统的协作。", True),
    ("智能体", "一种智能体系统。", True),
    ("图像", "由地图像素组成。", False),
    ("分类", "训练分类器。", True),
    ("注意力", "注意力学习与力学。", True),
])
def test_a_term_is_named_where_nothing_before_it_makes_another_thing_of_it(term, text, is_named):
    assert names(term, text) is is_named


def document(i, title, text):
    return Document(f"d{i}", f"{i}" * 8, f"{i}.md", "markdown", Metadata(title=title), "en", text,
                    (Section("", 1, 0, len(text)),))


def test_what_several_works_name_leaves_out_those_that_name_another_thing():
    said = ["We use contrastive pruning for supervised learning.", "Contrastive pruning helps supervised learning.",
            "Contrastive pruning is done by self-supervised learning.",
            "We compare self-supervised learning with contrastive pruning."]
    documents = [document(i, f"Number {i}", text) for i, text in enumerate(said)]
    held = {one.shown: set(one.documents) for one in held_terms(documents, "en")}
    assert held["supervised learning"] == {"d0", "d1"} and held["self-supervised learning"] == {"d2", "d3"}
    named = {term.shown: term.held for term in terms_of(documents, "labels")}
    assert named.get("supervised learning", frozenset()) <= {"d0", "d1"}
    assert place_of(documents[2], "supervised learning") is None


@pytest.mark.parametrize(("written", "asked"), [
    ("We analyse optimised strategies of search.", "optimized strategy"),
    ("A normalized colour model is fitted.", "normalised color models"),
])
def test_a_term_has_its_place_in_any_spelling_and_number(written, asked):
    found = place_of(document(1, "One", written), asked)
    assert found is not None and written[slice(*found.words)].split()[0].lower().startswith(asked[:5])


def test_a_wider_name_of_a_thing_is_not_counted_for_the_narrower_one():
    said = ["Artificial neural networks learn to gate.", "We gate artificial neural networks.",
            "We gate spiking neural networks.", "Spiking neural networks learn to gate."]
    documents = [document(i, f"Number {i}", text) for i, text in enumerate(said)]
    held = {one.shown: set(one.documents) for one in held_terms(documents, "en", ["spiking neural networks"])}
    assert held["artificial neural networks"] == {"d0", "d1"}
