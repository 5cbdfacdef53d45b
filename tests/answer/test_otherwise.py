"""What other documents say against an answer stands beside it, with its place; mostly there is nothing."""

import json
from pathlib import Path

import pytest

from kb import Answer, KnowledgeBase
from kb.answer.conversation import citations_of
from kb.answer.otherwise import _terms, speaks_against
from kb.cli.main import main
from kb.cli.terminal import print_answer
from kb.servers.chat import citations, said

pytestmark = pytest.mark.engine
PAPERS = Path(__file__).parents[2] / "corpus" / "papers"
NAMES = ("bert", "roberta", "distilbert", "mt-bench", "qlora")
QUESTION = "Is next sentence prediction useful in BERT?"
JUDGE = "GPT-4 能代替人来评判回答吗？"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    with KnowledgeBase.open(tmp_path_factory.mktemp("otherwise")) as opened:
        opened.add([PAPERS / f"{name}.md" for name in NAMES])
        yield opened


@pytest.fixture(scope="module")
def answer(base):
    return base.ask(QUESTION)


@pytest.mark.parametrize(("text", "language"), [
    ("Contrary to earlier reports, depth does not matter.", "en"),
    ("We challenge this assumption and train on all prompts.", "en"),
    ("Later work questioned the need for it.", "en"), ("The two judges disagree in places.", "en"),
    ("Emergence is largely a mirage of the measure.", "en"),
    ("This finding does not hold for larger models.", "en"),
    ("这一发现颠覆了默认假设。", "zh"), ("该结论与原论文的消融不一致。", "zh"), ("作者质疑了通行的做法。", "zh"),
    ("这种提升只是海市蜃楼。", "zh"), ("该假设在小模型上不成立。", "zh"), ("微调并不总是必需的。", "zh")])
def test_a_sentence_says_by_itself_that_it_speaks_against_others(text, language):
    assert speaks_against(text, language)


@pytest.mark.parametrize(("text", "language"), [
    ("Unlike BERT, GPT reads text from left to right.", "en"), ("No task heads are needed.", "en"),
    ("Passages that do not hold the answer are distractors.", "en"), ("Two challenges remain.", "en"),
    ("It is not larger than the base model.", "en"), ("Low precision makes training less stable.", "en"),
    ("不同于循环网络，自注意力并行计算。", "zh"), ("这样不必反复重建索引。", "zh"), ("训练与推理的输入不一致。", "zh"),
    ("本文提出三个假设。", "zh"), ("该方法无需奖励模型。", "zh"), ("反思词元的标注来自模型。", "zh")])
def test_what_only_denies_or_differs_does_not(text, language):
    assert not speaks_against(text, language)


def test_every_form_has_a_term_by_which_its_passage_is_found():
    assert {"contrary", "challenge", "mirage", "质疑", "颠覆", "推翻"} <= set(_terms())
    assert all(len(term) > 1 for term in _terms())


def test_another_document_says_otherwise_across_languages_with_its_exact_place(base, answer):
    assert answer.claims[0].citations[0].title.startswith("BERT") and answer.language == "en"
    claim, = answer.otherwise
    place, = claim.citations
    assert "与 BERT 原论文的消融不一致" in claim.text and place.title.startswith("RoBERTa")
    assert base.document(place.document).text[place.start:place.end] == claim.text
    assert answer.numbers[claim.keys[0]] == len(answer.numbers)  # behind those of the answer
    assert claim.text not in answer.text
    assert Answer.from_dict(json.loads(json.dumps(answer.to_dict()))) == answer


def test_a_chinese_question_is_told_of_an_english_sentence(base):
    told = base.ask(JUDGE).otherwise
    assert [claim.citations[0].title[:5] for claim in told] == ["QLoRA"]
    assert "disagree strongly in places" in told[0].text


@pytest.mark.parametrize("question", [
    "What is next sentence prediction?", "How many layers does DistilBERT have?", "Who wrote the BERT paper?",
    "Why does BERT replace some tokens at random?", "Does DistilBERT keep the width of BERT?",
    "RoBERTa 用了多大的批量？", "QLoRA 怎样节省显存？", "What does MT-Bench measure?",
    "Is next sentence prediction necessary for pre-training?"])  # the answer itself says that it is questioned
def test_mostly_there_is_nothing(base, question):
    assert base.ask(question).otherwise == ()


def test_it_is_printed_exported_and_given_to_programs(base, answer, capsys):
    text = answer.otherwise[0].text
    print_answer(answer)
    printed = capsys.readouterr().out
    n = len(answer.numbers)
    assert printed.index("Others say otherwise:") < printed.index(f"{text} [{n}]") < printed.index(f"[{n}] RoBERTa")
    assert "Others say otherwise:" in answer._repr_markdown_()
    assert citations_of(answer)[-1].quote == text
    turn = base.keep(answer)
    exported = base.export(turn.conversation, "markdown")
    assert exported.index("**Quotes**") < exported.index("**Others say otherwise:**") < exported.index("消融不一致")
    assert "Others say otherwise:" in said(answer) and citations(answer)[-1]["quote"] == text
    base.delete_conversations(turn.conversation)


def test_nothing_is_told_of_a_document_that_is_gone(tmp_path, capsys):
    with KnowledgeBase.open(tmp_path) as base:
        base.add([PAPERS / "bert.md", PAPERS / "roberta.md"])
        answer = base.ask(QUESTION)
        assert answer.otherwise
        kept = base.keep_question(QUESTION)
        turn = base.keep(answer)
        base.remove([answer.otherwise[0].citations[0].document])
        assert base.conversation(turn.conversation)[0].answer is None
        assert base.question(kept.id).answer.otherwise == () and base.question(kept.id).answer.claims
        assert base.ask(QUESTION).otherwise == ()
    assert main(["ask", QUESTION, "--home", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["otherwise"] == []
