"""A question that asks what a thing is and something more of it gets an answer to each."""

import pytest

from kb import KnowledgeBase
from kb.answer.twofold import two_parts

HERONS = """# The herons of Tarn Beck

A night heron is a small stocky heron that feeds after dark. It lives in colonies.

## Nests

Rats climb the trunks and eat the eggs in May. The wardens protect the nests with smooth collars of tin.
The colony had 41 nests in 2019.
"""
LACQUER = """# 漆器的养护

## 断纹

断纹是指漆面因木胎胀缩而裂开的细纹。它多见于老琴。

## 防治

匠人把琴放在湿度稳定的柜中来防止断纹加深。修补时先用生漆渗入裂缝。
"""


@pytest.mark.parametrize(("question", "parts"), [
    ("What is a night heron and how do the wardens protect its nests?",
     ("What is a night heron?", "how do the wardens protect night heron's nests?")),
    ("What is LoRA, and why does it save memory?", ("What is LoRA?", "why does LoRA save memory?")),
    ("What are spiking networks? Where are they used?", ("What are spiking networks?",
                                                         "Where are spiking networks used?")),
    ("What is pruning and what kinds are there?", ("What is pruning?", "what kinds are there? (pruning)")),
    ("What is MLM and how many tokens does BERT mask?", ("What is MLM?", "how many tokens does BERT mask?")),
    ("什么是断纹，怎样防止它加深？", ("什么是断纹？", "怎样防止断纹加深？")),
    ("什么是间接提示注入，怎样防御？", ("什么是间接提示注入？", "间接提示注入怎样防御？")),
    ("断纹是什么？它多见于哪里", ("断纹是什么？", "断纹多见于哪里？")),
    ("GQA 是什么，和多查询注意力有什么区别？", ("GQA 是什么？", "GQA和多查询注意力有什么区别？")),
    ("SBERT 是什么，和 BERT 是什么关系？", ("SBERT 是什么？", "SBERT和 BERT 是什么关系？")),
    ("DPO 是什么以及它和 RLHF 有什么不同？", ("DPO 是什么？", "DPO和 RLHF 有什么不同？")),
    ("什么是掩码语言建模以及 BERT 选多少词元？", ("什么是掩码语言建模？", "BERT 选多少词元？")),
])
def test_what_a_thing_is_and_what_more_is_asked_of_it_are_two_questions(question, parts):
    assert two_parts(question) == parts


@pytest.mark.parametrize("question", [
    "What is the difference between pruning and quantisation?", "What is the link between attention and memory?",
    "How does LoRA work and why?", "What is search and replace?", "What is a night heron?", "What is X and what?",
    "What is known of a source, from where, and what is only guessed?",
    "什么是断纹？", "剪枝和量化有什么区别？", "什么是检索和生成？", "断纹是什么，谢谢", "断纹多见于哪里，为什么？",
    "What is the name of the paper that introduced BERT and what is its year of publication in the proceedings?"])
def test_any_other_question_is_one(question):
    assert two_parts(question) is None


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    (folder / "herons.md").write_text(HERONS)
    (folder / "lacquer.md").write_text(LACQUER)
    with KnowledgeBase.open(folder / "library", encoder="bundled") as opened:
        opened.add([folder / "herons.md", folder / "lacquer.md"])
        yield opened


@pytest.mark.engine
@pytest.mark.parametrize(("question", "first", "second"), [
    ("What is a night heron and how do the wardens protect its nests?", "A night heron is a small stocky heron",
     "The wardens protect the nests"),
    ("什么是断纹，怎样防止它加深？", "断纹是指漆面因木胎胀缩而裂开的细纹。",
     "匠人把琴放在湿度稳定的柜中来防止断纹加深。"),
])
def test_each_part_has_a_claim_the_first_of_each_before_the_others(library, question, first, second):
    answer = library.ask(question)
    assert (answer.question, answer.status) == (question, "found")
    assert answer.claims[0].text.startswith(first) and answer.claims[1].text.startswith(second)
    assert len({(c.citations[0].document, c.citations[0].start) for c in answer.claims}) == len(answer.claims) <= 4
    assert all(library.document(c.document).text[c.start:c.end] == c.quote
               for claim in answer.claims for c in claim.citations)


@pytest.mark.engine
def test_where_a_part_has_no_answer_the_question_is_asked_as_a_whole(library):
    answer = library.ask("What is a night heron and who won the Tour de France of 1978?")
    assert not any(claim.text.startswith("The colony had") for claim in answer.claims)
    assert answer.status != "found" or answer.claims[0].text.startswith("A night heron is")


def test_a_text_is_not_read_as_two_questions():
    assert two_parts("What is " + "x " * 3_000_000 + "and why?") is None
