"""What a reader says of answers is kept, judges the library, and goes with its document; conversations have titles."""

import json

import pytest

from kb import KnowledgeBase
from kb.cli.main import main
from kb.errors import FeedbackError, UnknownConversation, UnknownFeedback
from kb.store.tables import connect
from kb.types import Scope

LORA = "LoRA is a method that trains two small matrices beside the frozen weights of a layer."
OPEN = "Who won the chess match?"


@pytest.fixture
def noted(base):
    base.add_text(f"# LoRA\n\n{LORA} It is cheap.\n\n## Where it is used\n\nLoRA is used in many large models "
                  "that would not fit into memory. " + "More words stand here. " * 12, "LoRA")
    base.add_text("# Pruning\n\nPruning is the removal of weights that matter little. It saves memory.\n", "Pruning")
    return base


def test_right_wrong_and_where_it_stands_are_kept_and_judge_the_library(noted):
    right = noted.judge(noted.ask("What is LoRA?"), True)
    assert right.is_right and right.quote == LORA and right.document == noted.where(LORA).places[0].document
    absent = noted.judge(noted.ask(OPEN), True)
    assert absent.is_absent and absent.line == {"question": OPEN}
    wrong = noted.judge(noted.ask("What saves memory?"), False, quote="pruning is the removal of weights")
    assert not wrong.is_right and wrong.quote == "Pruning is the removal of weights"
    assert noted.judge(noted.ask("What is cheap?"), False).line is None
    assert len(noted.feedback()) == 4 and len(noted.feedback_lines()) == 3
    found = noted.evaluate(None)
    assert [one.question for one in found.questions] == ["What is LoRA?", OPEN, "What saves memory?"]
    assert found.questions[0].is_right and not found.unplaced
    # said again, it takes the place of what was said before
    assert noted.judge(noted.ask("what is  LoRA?"), False).id == right.id and len(noted.feedback()) == 4
    assert noted.verify().is_sound


def test_words_that_stand_nowhere_are_refused_and_nothing_is_kept(noted):
    with pytest.raises(FeedbackError, match="stand nowhere"):
        noted.judge(noted.ask("What is LoRA?"), False, quote="these words stand in no document")
    assert noted.feedback() == ()
    with pytest.raises(UnknownFeedback):
        noted.remove_feedback("zz")


def test_a_removed_documents_words_go_out_of_what_was_said_and_out_of_the_file(noted):
    said = noted.judge(noted.ask("What is LoRA?"), True)
    gone = noted.remove(said.document)
    assert "N_GONE_FEEDBACK" in [note.code for note in gone.notes]
    (left,) = noted.feedback()
    assert (left.question, left.is_right, left.quote, left.document) == ("What is LoRA?", True, "", "")
    assert noted.verify().is_sound
    noted.close()
    assert LORA[:40].encode() not in (noted.home / "kb.sqlite3").read_bytes()


def test_damage_is_named(noted):
    noted.judge(noted.ask("What is LoRA?"), True)
    name = noted.keep(noted.ask("What is LoRA?")).conversation
    noted.rename_conversation(name, "small matrices")
    connection = connect(noted.home / "kb.sqlite3")
    connection.execute("UPDATE feedback SET made = 'x'")
    connection.execute("UPDATE titles SET title = 'x'")
    connection.close()
    assert {"F_FEEDBACK_DAMAGED", "F_TITLE_DAMAGED"} <= {found.code for found in noted.verify().findings}


def test_a_library_of_before_has_neither_and_gets_both(noted):
    kept = noted.keep(noted.ask("What is LoRA?"))
    connection = connect(noted.home / "kb.sqlite3")
    connection.execute("DROP TABLE feedback")
    connection.execute("DROP TABLE titles")
    connection.close()
    with KnowledgeBase.open(noted.home, encoder="hashing") as old:
        assert old.feedback() == () and old.conversations()[0].title == ""
        old.rename_conversation(kept.conversation, "matrices")
        assert old.conversations()[0].name == "matrices"
        assert old.judge(kept.answer, True) == old.feedback()[0] and old.verify().is_sound


def test_a_conversation_is_named_found_and_forgotten(noted):
    first = noted.keep(noted.ask("What is LoRA?")).conversation
    second = noted.keep(noted.ask("What is pruning?")).conversation
    noted.keep(noted.ask("What saves memory?"), second)
    assert noted.rename_conversation(first[:4], "  Small\n matrices ") == first
    assert [one.id for one in noted.conversations("MATRICES small")] == [first]
    assert [one.id for one in noted.conversations("saves")] == [second]
    assert noted.conversations("nobody asked this") == ()
    assert {one.id: one.name for one in noted.conversations()} == {first: "Small matrices", second: "What is pruning?"}
    noted.rename_conversation(first, "")
    assert noted.conversations("LoRA")[0].name == "What is LoRA?"
    noted.rename_conversation(first, "matrices")
    noted.delete_conversations(first)
    with pytest.raises(UnknownConversation):
        noted.rename_conversation(first, "again")
    assert noted.verify().is_sound and [one.id for one in noted.conversations()] == [second]
    noted.close()
    assert b"matrices beside" in (data := (noted.home / "kb.sqlite3").read_bytes())  # of the document
    assert b"\x00matrices\x00" not in data and noted.home.is_dir()


def test_other_names_can_be_left_out(noted):
    noted.add_text("# Adapters\n\nLow-rank adaptation (LoRA) is told of here. Low-rank adaptation is a way to train.\n",
                   "Adapters")
    with_names = noted.ask("What is LoRA?")
    assert "low-rank adaptation" in [name.casefold() for name in with_names.searched.also]
    without = noted.ask("What is LoRA?", without=with_names.searched.also)
    assert without.searched.also == () and without.searched.without == with_names.searched.also
    assert without.claims[0].text == LORA
    part = noted.ask("What is LoRA?", scope=Scope(documents=("Pruning",)), without=("low-rank adaptation",))
    assert part.searched.without == ("low-rank adaptation",)


def test_examples_and_what_to_ask_next_have_answers(noted):
    made = noted.examples()
    assert 1 <= len(made) <= 2 and all(noted.ask(question).status == "found" for question in made)
    answer = noted.ask("What is LoRA?")
    assert all(noted.ask(question).status == "found" for question in noted.related(answer))
    assert noted.related(noted.ask(OPEN)) == ()


def test_an_example_names_what_this_library_holds_and_not_what_every_field_has(base):
    """"What is method?" was one: a heading of every paper."""
    for name, says in (("Distillation", "is a way to train a small network by a large one"),
                       ("Pruning", "is taking weights away that matter little")):
        base.add_text(f"# {name} of networks\n\n## Method\n\nA method is a way to do something. {name} {says}.\n\n"
                      f"## Model\n\nA model is a network with weights. Method is what we call it.\n\n"
                      f"## Gadgets\n\nGadgets are small things on a table.\n\n## {name}\n\n{name} {says}.\n", name)
    made = base.examples(4)
    assert sorted(made) == ["What are gadgets?", "What is distillation?", "What is pruning?"]  # two have gadgets
    base.add_text("# 剪枝\n\n## 方法\n\n方法是指做事的办法。\n\n## 实验结果\n\n实验结果是指实验的结果。\n", "方法")
    assert sorted(base.examples(4)) == sorted(made)


def test_what_to_ask_next_is_asked_as_one_would(base):
    """"What is transformer?" lacks its article: the sentence that answers says so."""
    base.add_text("# Networks\n\n## Distillation\n\nDistillation is a way to train a small network by a large one.\n\n"
                  "## Transformer\n\nA transformer is a network of attention layers.\n\n"
                  "## Fine-tuning\n\nFine-tuning is training that goes on with a network on one task.\n", "Networks")
    answer = base.ask("What is distillation?")
    assert answer.status == "found" and base.related(answer) == ("What is fine-tuning?",)


def test_topics_are_named_by_several_documents(base):
    for n in range(4):
        base.add_text(f"# Paper {n}\n\n## Knowledge distillation\n\n{f'Words of number {n}. ' * 200}\n\n"
                      f"## Ablation study\n\nWords of what was left out in number {n}.\n", f"Paper {n}")
        base.add_text(f"# Other {n}\n\n## Something\n\nOther words of number {n}.\n", f"Other {n}")
    assert [name.casefold() for name in base.topics("en")] == ["knowledge distillation"]
    assert base.topics("zh") == ("知识蒸馏",)


def test_the_command_line_has_all_of_it(noted, capsys):
    def run(*words, code=0):
        assert main([*words, "--home", str(noted.home), "--encoder", "hashing"]) == code
        return capsys.readouterr().out

    run("ask", "What is LoRA?")
    assert "right" in run("feedback", "right")
    run("ask", OPEN, code=4)
    assert "no answer" in run("feedback", "wrong", "--absent")
    run("ask", "What saves memory?")
    run("feedback", "wrong", "--quote", "Pruning is the removal of weights")
    assert run("feedback", "list").count("\n") == 3
    lines = [json.loads(line) for line in run("feedback", "export").splitlines()]
    assert [line["question"] for line in lines] == ["What is LoRA?", OPEN, "What saves memory?"]
    assert "right document first" in run("eval", "--feedback")
    first = json.loads(run("feedback", "list", "--json"))["feedback"][0]
    assert first["id"] in run("feedback", "remove", first["id"])
    name = json.loads(run("log", "--json"))["conversations"][-1]["id"]
    assert "matrices" in run("log", name, "--title", "matrices")
    assert name in run("log", "--search", "matrices") and OPEN not in run("log", "--search", "matrices")
    assert json.loads(run("ask", "What is LoRA?", "--without", "adaptation", "--json"))["searched"]["without"] == [
        "adaptation"]
