"""The Ask page as one works with it: conversations in the address, a scope, feedback, open questions, examples."""

import os
import threading
from dataclasses import replace

import pytest
from kb_app import state
from kb_app.components import answer_text
from kb_app.i18n import TEXTS
from streamlit.testing.v1 import AppTest

from kb import KnowledgeBase
from kb.types import Scope
from tests.app.test_pages import MAIN, run
from tests.conftest import CORPUS
from tests.waiting import LONGEST, wait_until

ASKED, OPEN = "什么是知识蒸馏？", "特斯拉的股价是多少？"


def at(**address):
    app = AppTest.from_file(MAIN, default_timeout=LONGEST)
    app.query_params.update({"lang": "en", **address})
    app.run()
    assert not app.exception
    return app


def ask(app, question):
    app.chat_input[0].set_value(question).run()
    assert not app.exception
    return app.session_state["turns"][-1].answer


def shown(app):
    return " ".join(item.value for kind in (app.caption, app.markdown, app.info, app.warning, app.error)
                    for item in kind)


@pytest.fixture
def two(filled):
    """The library with a second document, which names another name of what the first one is about."""
    (filled / "lora.md").write_text("# LoRA\n\nLoRA (low-rank adaptation) is a way to train few weights. Low-rank "
                                    "adaptation is cheap.\n")
    with KnowledgeBase.open() as base:
        base.add([filled / "lora.md"])
        base.collect("small", [next(info.id for info in base.documents() if info.title == "LoRA")])
    return filled


def test_the_address_names_the_conversation_and_another_tab_shows_it(filled):
    app = run()
    assert "chat" not in app.query_params
    ask(app, ASKED)
    name = app.query_params["chat"][0]
    other = at(chat=name)
    assert [turn.question for turn in other.session_state["turns"]] == [ASKED]
    assert any(button.key.startswith("source0-") for button in other.button)
    ask(other, "什么是剪枝？")
    again = at(chat=name)
    assert [turn.question for turn in again.session_state["turns"]] == [ASKED, "什么是剪枝？"]
    again.button(key="new_chat").click().run()
    assert "chat" not in again.query_params and again.session_state["turns"] == []


@pytest.mark.parametrize("name", ["nothing", "../../etc", "<img src=x>", "%"])
def test_an_address_that_names_no_conversation_says_so_and_the_page_works(filled, name):
    app = at(chat=name)
    assert "not there any more" in app.info[0].value and not app.error and "chat" not in app.query_params
    assert ask(app, ASKED).status == "found" and app.query_params["chat"]


def test_a_conversation_is_renamed_found_and_deleted_in_the_sidebar(filled):
    app = run()
    ask(app, ASKED)
    name = app.session_state["conversation"]
    app.text_input(key=f"chat_title-{name}-").set_value("![x](http://evil.example/x.png) 蒸馏")
    app.button(key="chat_rename").click().run()
    assert not app.exception and "](http" not in shown(app)
    with KnowledgeBase.open() as base:
        assert base.conversations()[0].name.endswith("蒸馏")
    app.button(key="new_chat").click().run()
    app.text_input(key="chats_search").set_value("nobody said this").run()
    assert "No conversation has these words" in shown(app)
    app.text_input(key="chats_search").set_value("蒸馏").run()
    app.button(key=f"chat-{name}").click().run()
    assert app.session_state["conversation"] == name and name in app.query_params["chat"]
    app.button(key="delete_chat").click().run()
    assert "chat" not in app.query_params
    with KnowledgeBase.open() as base:
        assert base.conversations() == ()


def test_only_the_chosen_part_is_asked_and_a_filter_is_taken_away_by_its_chip(two):
    app = run()
    app.multiselect(key="scope_collections").set_value(["small"]).run()
    assert app.session_state["scope"] == Scope(collections=("small",))
    answer = ask(app, ASKED)
    assert answer.status == "not_found" and answer.searched.scope == Scope(collections=("small",))
    assert answer.searched.outside == 1 and "Only in: collection small" in shown(app)
    app.button(key="everywhere0").click().run()
    assert not app.exception and app.session_state["turns"][-1].answer.status == "found"
    app.multiselect(key="scope_languages").set_value(["en"]).run()
    app.button(key="scope-languages-en").click().run()
    assert app.session_state["scope"].is_all


def test_other_pages_choose_documents_and_lead_here(two):
    with KnowledgeBase.open() as base:
        document = next(info.id for info in base.documents() if info.title == "LoRA")
    app = AppTest.from_file(MAIN, default_timeout=LONGEST)
    app.query_params["lang"] = "en"
    app.session_state["scope"] = Scope(documents=(document,))
    app.run()
    assert app.button(key=f"scope-documents-{document}").label.startswith("document LoRA")
    assert ask(app, "What is LoRA?").searched.documents == 1
    assert at(scope_document=document).session_state["scope"] == Scope(documents=(document,))
    assert "scope" not in at(scope_document="nothing").session_state


def test_another_name_is_left_out_and_searched_again(two):
    app = run()
    answer = ask(app, "What is LoRA?")
    assert "low-rank adaptation" in [name.casefold() for name in answer.searched.also]
    app.button(key="also0-0").click().run()
    assert not app.exception
    again = app.session_state["turns"][-1].answer
    assert again.searched.without == answer.searched.also[:1] and again.searched.also == answer.searched.also[1:]
    app.button(key="again_all1").click().run()
    assert app.session_state["turns"][-1].answer.searched.also == answer.searched.also


def test_where_an_answer_may_stand_is_shown_while_it_is_read_and_the_answer_takes_its_place(two, monkeypatch):
    """Both places at which answers are worked on are taken until something is shown."""
    drawn, may_answer = [], threading.Event()
    monkeypatch.setattr("kb_app.meanwhile._MOMENT", 0.0)
    monkeypatch.setattr("kb_app.meanwhile.answer_text", lambda data, key: (
        drawn.append(data), may_answer.set(), answer_text(data, key)))
    app = run()
    base, taken = state.library(), []

    def take():
        with base._turns.answering():
            taken.append(1)
            may_answer.wait(LONGEST)

    n = max(2, os.cpu_count() or 1)
    others = [threading.Thread(target=take, daemon=True) for _ in range(n)]
    for other in others:
        other.start()
    wait_until(lambda: len(taken) == n)
    answer = ask(app, ASKED)
    (data,) = drawn
    assert answer.status == "found" and data["claims"][0]["text"] == "知识蒸馏是指用大模型指导训练小模型的方法。"
    assert data["claims"][0]["subject"].startswith("压缩") and data["said"] == [] and not data["claims"][0]["chips"]
    assert all(item.value != TEXTS["found_first"].en for item in app.caption)
    assert any(button.key.startswith("source0-") for button in app.button)
    assert app.query_params["chat"] and any(item.value.startswith("**") for item in app.sidebar.markdown)
    ask(app, "什么是剪枝？")  # nobody takes the places: it may stand there at once
    assert [turn.question for turn in app.session_state["turns"]] == [ASKED, "什么是剪枝？"]


def test_an_answer_that_comes_at_once_is_drawn_alone_in_the_run_that_asks(two, monkeypatch):
    drawn = []
    monkeypatch.setattr("kb_app.meanwhile._MOMENT", LONGEST)
    monkeypatch.setattr("kb_app.meanwhile.answer_text", lambda *given: drawn.append(given))
    app = run()
    ask(app, ASKED)
    assert not drawn and any(button.key.startswith("source0-") for button in app.button)
    assert any(item.value.startswith("**") for item in app.sidebar.markdown)  # the conversation stands in the list
    before = [item.value for item in (*app.markdown, *app.caption)]
    assert sorted(before) == sorted(item.value for item in (*app.run().markdown, *app.caption))


def test_claims_of_several_documents_stand_under_their_titles(two):
    (two / "other.md").write_text("# 蒸馏笔记\n\n知识蒸馏是指让小模型学习大模型的输出。\n")
    with KnowledgeBase.open() as base:
        base.add([two / "other.md"])
        answer = base.ask(ASKED)
    from kb_app.answers import _by_document

    grouped = _by_document(answer)
    assert {claim.text for claim in grouped} == {claim.text for claim in answer.claims}
    documents = [claim.citations[0].document for claim in grouped]
    assert len(set(documents)) == 2 and all(claim.subject == claim.citations[0].title for claim in grouped)
    assert documents == sorted(documents, key=documents.index)  # each document's together


def test_what_has_no_answer_is_kept_and_stands_in_the_list_until_it_is_taken_off(filled):
    app = run()
    ask(app, OPEN)
    app.button(key="keep0").click().run()
    assert not app.exception and "stands in the list of open questions" in shown(app)
    with KnowledgeBase.open() as base:
        (kept,) = base.unanswered()
        assert kept.question == OPEN
    app.button(key=f"open-{kept.id}").click().run()
    assert [turn.question for turn in app.session_state["turns"]] == [OPEN, OPEN]
    app.button(key=f"drop-{kept.id}").click().run()
    with KnowledgeBase.open() as base:
        assert base.questions() == ()


def test_feedback_is_kept_taken_back_and_refused_where_its_words_stand_nowhere(filled):
    app = run()
    ask(app, ASKED)
    app.button(key="right0").click().run()
    assert "You said: right." in shown(app)
    with KnowledgeBase.open() as base:
        assert base.feedback()[0].quote.startswith("知识蒸馏是指")
    app.button(key="undo0").click().run()
    app.text_area(key="quote0").set_value("这些字词不在任何文档里面")
    app.button(key="judge0").click().run()
    assert "stand nowhere" in app.error[0].value
    app.text_area(key="quote0").set_value("它需要一个教师模型")
    app.button(key="judge0").click().run()
    assert not app.exception and "where the answer stands" in shown(app)
    with KnowledgeBase.open() as base:
        (said,) = base.feedback()
        assert not said.is_right and said.quote == "它需要一个教师模型"


@pytest.mark.usefixtures("examples_are_looked_for")
def test_the_examples_are_questions_that_this_library_answers(two):
    app = run()

    def found():
        app.run()
        return [button for button in app.button if button.key.startswith("example")]

    buttons = wait_until(found)
    assert not app.exception
    buttons[0].click().run()
    assert app.session_state["turns"][0].answer.status == "found"


def test_a_screen_reader_is_told_of_a_new_answer_once(filled, monkeypatch):
    from kb_app import answers

    told = []
    monkeypatch.setattr(answers, "answer_text", lambda data, key: told.append(data["said"]))
    app = run()
    ask(app, ASKED)
    (status, rest), (claim, chinese) = told[-1][:2]
    assert (status, rest, chinese) == ("found.", "en", "zh") and claim.startswith("知识蒸馏是指")
    app.run()
    assert told[-1] == []


def test_a_screen_reader_is_told_that_nothing_answers_once(filled, monkeypatch):
    from kb_app import answers

    told = []
    monkeypatch.setattr(answers, "answer_text", lambda data, key: told.append((key, data["said"])))
    app = run()
    assert ask(app, OPEN).status == "not_found"
    (key, ((said, spoken), )) = told[-1]
    assert key == "none0" and spoken == "en"
    assert said.startswith("not in your library. Nothing in the library supports an answer. No passage contains: ")
    app.run()
    assert told[-1] == ("none0", [])


def test_what_several_documents_say_is_told_by_their_titles_each_in_its_language(two, monkeypatch):
    from kb_app import answers

    app = run()
    first, other = ask(app, ASKED), ask(app, "What is LoRA?")
    claims = (first.claims[0], other.claims[0])
    for module in ("answers", "i18n"):
        monkeypatch.setattr(f"kb_app.{module}.language", lambda: "en")
    assert answers._said(replace(first, claims=claims)) == [
        ("found.", "en"), ("From", "en"), (f"{claims[0].citations[0].title}:", "zh"), (claims[0].text, "zh"),
        ("From", "en"), ("LoRA:", "en"), (claims[1].text, "en"), ("2 sources.", "en")]


def test_too_long_a_question_is_refused_in_words_and_its_field_has_no_count_that_is_read(filled):
    app = run()
    assert not app.chat_input[0].proto.max_chars
    app.chat_input[0].set_value("蒸" * 8001).run()
    assert not app.exception and "8001" in app.error[0].value and "8000" in app.error[0].value
    assert ask(app, ASKED).status == "found"


def test_what_a_second_text_of_a_work_says_as_well_is_opened_beside_the_first(filled):
    said = "Ladders of doubt is a way to ask a model how sure it is."
    head = "---\ntitle: Ladders of doubt\ndoi: 10.1000/ladders\n---\n\n# Ladders of doubt\n\n"
    for name in ("short.md", "long.md"):
        (filled / name).write_text(head + said + " Much more is told here." * (name == "long.md") + "\n")
    with KnowledgeBase.open() as base:
        base.add([filled / "short.md", filled / "long.md"])
    app = run()
    answer = ask(app, "What is ladders of doubt?")
    (citation,) = (c for claim in answer.claims for c in claim.citations if c.quote == said)
    (place,) = citation.also
    (other,) = (button for button in app.button if button.key.endswith(f"-{place.document}-{place.start}"))
    assert "short.md" in other.label.replace("\\", "")
    other.click().run()
    assert app.session_state["source"]["document"] == place.document


def test_names_that_differ_in_capitals_alone_are_offered_once():
    from kb_app.answers import once

    assert once(("precision", "Accuracy", "accuracy", "准确率")) == ["precision", "Accuracy", "准确率"]


@pytest.mark.engine
def test_what_others_say_otherwise_stands_below_the_claims_and_opens_its_place(home, monkeypatch):
    monkeypatch.setenv("KB_ENCODER", "bundled")
    with KnowledgeBase.open() as base:
        base.add([CORPUS / "papers" / f"{name}.md" for name in ("bert", "roberta")])
    app = run()
    answer = ask(app, "Is next sentence prediction useful in BERT?")
    (claim,) = answer.otherwise
    (place,) = claim.citations
    assert place.title.startswith("RoBERTa") and "Others say otherwise" in [item.value for item in app.caption]
    number = answer.numbers[place.document, place.start]
    app.button(key=f"source0-{number}").click().run()
    assert not app.exception and app.session_state["source"]["start"] == place.start
