import json
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from kb import KnowledgeBase
from kb.answer.conversation import condense, is_follow_up, to_bibtex, to_markdown
from kb.cli.main import main
from kb.errors import UnknownConversation
from kb.llm.chat import OpenAIChat
from kb.types import Answer, Searched, Turn
from tests.chatserver import ChatServer, Says, refuses
from tests.making import Inside

NOTE = (
    "---\ntitle: Pruning & more\nauthors: [Ada Lovelace]\nyear: 2020\narxiv: '2001.00001'\n---\n# Pruning\n\nPruning "
    "is the removal of weights that matter little.\n"
)
SAID = Says("Pruning is the removal of weights that matter little [1]. Paris is a city [1]. [7]")


@pytest.fixture
def library(base, tmp_path):
    (tmp_path / "note.md").write_text(NOTE)
    base.add([tmp_path / "note.md"])
    return base


@pytest.fixture
def answered(library):
    with ChatServer(SAID) as server:
        return library.ask("What is pruning?", llm=OpenAIChat(server.endpoint()))


def turn(question):
    return Turn(1, "c", "", question, Answer(question, "en", "found", (), Searched(1, 1)))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("它有什么作用？", True),
        ("那量化呢？", True),
        ("为什么？", True),
        ("前者更快吗？", True),
        ("这种方法的缺点是什么？", True),
        ("该方法由谁提出？", True),
        ("Why does it work?", True),
        ("What about quantisation?", True),
        ("And in practice?", True),
        ("Who proposed these?", True),
        ("How does that work?", True),
        ("why?", True),
        ("什么是知识蒸馏？", False),
        ("剪枝和量化有什么区别？", False),
        ("其他方法有哪些？", False),
        ("那么多参数有什么用？", False),
        ("此外还有哪些评测？", True),
        ("What is pruning?", False),
        ("Which methods compress models that are large?", False),
        ("Is there a proof that attention is enough?", False),
        ("How is BERT trained?", False),
        ("总结一下LoRA这篇论文", False),
        ("《慢火制陶》这本书讲了什么？", False),
        ("总结一下这篇论文", True),
        ("LoRA在这个任务上表现如何？", True),
        ("LoRA为什么省显存，它有什么缺点？", False),
        ("什么是剪枝，它有什么好处？", False),
        ("LoRA和它有什么区别？", True),
        ("BERT和GPT，前者有多少参数？", False),
        ("What does LoRA do to reduce its memory?", False),
        ("When was RAG published and who are its authors?", False),
        ("What is pruning and how is it done?", False),
        ("How does LoRA differ from it?", True),
        ("Is BERT useful for this task?", True),
        ("Does its decoder use BERT?", True),
        ("What do the authors of BERT conclude?", False),
        ("What do the authors conclude?", True),
        ("Does pruning hurt it?", True),
        ("Yes, but why does it work?", True),
        ("Why is pruning done after it?", True),
        ("What is attention and why is it slow?", False),
        ("知识蒸馏这种方法有什么局限？", False),
        ("在知识蒸馏中使用这种损失有什么好处？", True),
    ],
)
def test_only_what_points_back_is_a_follow_up(question, expected):
    assert is_follow_up(question) == expected


def test_a_follow_up_takes_the_weightiest_words_of_the_question_before_without_a_model():
    idf = {"student": 5.0, "teacher": 3.0, "temperature": 4.0, "small": 0.5}
    assert (
        condense(
            "Why does it work?",
            [turn("Does a student need the small temperature of a teacher?")],
            None,
            lambda question: idf,
        )
        == "Why does it work? (student temperature teacher)"
    )
    assert (
        condense("它有什么作用？", [turn("什么是知识蒸馏？")], None, lambda question: {}) == "知识蒸馏有什么作用？"
    )
    assert condense("What is pruning?", [turn("What is BERT?")], None, lambda question: {}) == "What is pruning?"
    assert condense("Why does it work?", [], None, lambda question: {}) == "Why does it work?"


@pytest.mark.parametrize(("before", "question", "whole"), [
    ("What is RAG?", "How does it reduce hallucination?", "How does RAG reduce hallucination?"),
    ("What is RAG?", "What are its limits?", "What are RAG's limits?"),
    ("What is RAG?", "Who uses this method?", "Who uses RAG?"),
    ("什么是LoRA？", "它为什么省显存？", "LoRA为什么省显存？"),
    ("什么是知识蒸馏？", "这种方法有什么缺点？", "知识蒸馏有什么缺点？"),
    ("How do BERT and GPT differ?", "How large is it?", "How large is it? (BERT GPT differ)"),
    ("How do BERT and GPT differ?", "Is BERT older than it?", "Is BERT older than GPT?"),
    ("什么是LoRA？", "LoRA和它有什么区别？", "LoRA和它有什么区别？ (LoRA)"),
    ("What is RAG?", "And in practice?", "And in practice? (RAG)"),
])
def test_the_one_thing_asked_about_before_stands_where_a_word_points_to_it(before, question, whole):
    assert condense(question, [turn(before)], None, lambda question: {}) == whole


@pytest.mark.parametrize("says", [refuses(500, "x", Retry_After="0"), Says(""), Says("y" * 5000)])
def test_a_model_that_cannot_condense_is_done_without(says):
    with ChatServer(says) as server:
        found = condense("Why does it work?", [turn("What is pruning?")], OpenAIChat(server.endpoint(), seconds=120),
                         lambda question: {})
    assert found == "Why does it work? (pruning)"


def test_a_model_condenses_from_the_readers_questions_alone(library, answered):
    kept = library.keep(answered)
    with ChatServer(Says('<think>hm</think>"What is the use of pruning?"')) as server:
        assert (
            library.condense(
                "What is its use?", library.conversation(kept.conversation), llm=OpenAIChat(server.endpoint())
            )
            == "What is the use of pruning?"
        )
        assert "removal of weights" not in str(server.seen[0][2])


def test_an_answer_is_kept_with_its_quotes_and_read_back_whole(library, answered):
    first = library.keep(answered)
    second = library.keep(library.ask("What is LoRA?"), first.conversation)
    assert first.conversation == second.conversation
    turns = library.conversation(first.conversation[:4])
    assert [t.answer for t in turns] == [answered, second.answer]
    assert Answer.from_dict(json.loads(json.dumps(answered.to_dict()))) == answered
    listed = library.conversations()
    assert [(c.id, c.n_turns, c.question) for c in listed] == [(first.conversation, 2, "What is pruning?")]
    assert library.verify().is_sound
    assert library.delete_conversations(first.conversation) == 2
    assert library.conversations() == ()
    with pytest.raises(UnknownConversation):
        library.conversation(first.conversation)


def test_what_was_deleted_or_removed_is_not_in_the_file_any_more(library, answered):
    kept = library.keep(answered)
    library.remove([library.documents()[0].id])
    turns = library.conversation(kept.conversation)
    assert (turns[0].question, turns[0].answer) == ("What is pruning?", None)
    assert b"matter little" not in (library.home / "kb.sqlite3").read_bytes()
    assert "was removed" in to_markdown(turns)
    library.delete_conversations()
    assert b"What is pruning" not in (library.home / "kb.sqlite3").read_bytes()


def test_the_exports_hold_the_question_the_answer_the_quotes_and_the_documents(library, answered):
    kept = library.keep(answered)
    markdown = library.export(kept.conversation, "markdown")
    assert (
        "## What is pruning?" in markdown
        and "matter little. [1]" in markdown
        and "Paris is a city. (no support found)" in markdown
    )
    assert "1. > Pruning is the removal" in markdown and "scripted-1" in markdown
    assert json.loads(library.export(kept.conversation, "json"))[0]["answer"]["written"]["n_ghosts"] == 1
    bibtex = library.export(kept.conversation, "bibtex")
    assert "@misc{lovelace2020_" in bibtex and r"Pruning \& more" in bibtex and "2001.00001" in bibtex
    assert to_bibtex((), library.documents()) == ""


def test_an_export_says_which_quotes_were_recognised_in_a_picture(library, answered):
    claims = tuple(replace(claim, citations=tuple(replace(c, recognised=0.874) for c in claim.citations))
                   for claim in answered.claims)
    kept = library.keep(replace(answered, claims=claims, written=None))
    assert ", recognised 0.87 `" in library.export(kept.conversation, "markdown")
    assert '"recognised": 0.874' in library.export(kept.conversation, "json")
    note = "note = {quotes recognised in pictures of its pages (OCR), confidence 0.87 at the least}"
    assert note in library.export(kept.conversation, "bibtex")
    plain = library.keep(answered)
    assert "recognised 0" not in library.export(plain.conversation, "markdown")


def test_an_export_of_hostile_text_loads_and_links_nothing(library):
    hostile = Answer("![x](http://evil.example/a.png) <img src=x> [a](javascript:1)", "en", "not_found", (),
                     Searched(1, 1))
    text = to_markdown([Turn(1, "c", "", hostile.question, hostile)])
    page = MarkdownIt().render(text)
    assert not any(tag in page for tag in ("<img", "<a ", "<script"))


def test_the_log_on_the_command_line(library, answered, capfd, monkeypatch):
    monkeypatch.setenv("KB_HOME", str(library.home))
    monkeypatch.setenv("KB_ENCODER", "hashing")
    kept = library.keep(answered)
    library.close()
    assert main(["log"]) == 0
    assert kept.conversation in capfd.readouterr().out
    assert main(["log", kept.conversation]) == 0
    assert "## What is pruning?" in capfd.readouterr().out
    with ChatServer(Says("What is the use of pruning?"), Says("Pruning removes weights [1].")) as server:
        monkeypatch.setenv("KB_LLM_URL", server.url)
        monkeypatch.setenv("KB_LLM_MODEL", "m")
        assert main(["ask", "What is its use?", "--llm", "--continue", "--json"]) in (0, 4)
    found = json.loads(capfd.readouterr().out)
    assert (found["question"], found["asked"], found["conversation"]) == (
        "What is the use of pruning?",
        "What is its use?",
        kept.conversation,
    )
    assert main(["log", "--delete"]) == 10
    assert main(["log", "--delete", "--yes"]) == 0
    assert main(["log", kept.conversation]) == 1


def test_a_place_has_one_number_in_the_quotes_and_in_what_the_model_wrote(library, capfd, monkeypatch):
    monkeypatch.setenv("KB_HOME", str(library.home))
    monkeypatch.setenv("KB_ENCODER", "hashing")
    with ChatServer(SAID) as server:
        monkeypatch.setenv("KB_LLM_URL", server.url)
        monkeypatch.setenv("KB_LLM_MODEL", "m")
        assert main(["ask", "What is pruning?", "--llm"]) == 0
    out = capfd.readouterr().out
    assert out.count("Pruning is the removal of weights that matter little. [1]") == 2
    assert out.count("\n[1] ") == 1 and "(no support: " in out


def test_a_busy_library_is_a_word_not_an_error(library, capfd, monkeypatch):
    monkeypatch.setenv("KB_HOME", str(library.home))
    monkeypatch.setenv("KB_ENCODER", "hashing")
    with Inside(library).store.write("add"), ChatServer(SAID) as server:
        monkeypatch.setenv("KB_LLM_URL", server.url)
        monkeypatch.setenv("KB_LLM_MODEL", "m")
        assert main(["ask", "What is pruning?", "--llm"]) == 0
    out, err = capfd.readouterr()
    assert "matter little" in out and "not kept in the log" in err


def test_a_library_without_a_log_gets_one_from_its_next_writer(library, answered):
    with Inside(library).store.write("test") as writer:
        writer._connection.execute("DROP TABLE turns")
    library.close()
    with KnowledgeBase.open(library.home, encoder="hashing") as older:
        assert older.conversations() == ()
        assert older.keep(answered).id == 1
