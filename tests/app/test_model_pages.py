"""The Ask and Settings pages with a language model, without a browser."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from kb import KnowledgeBase
from tests.app.test_pages import MAIN
from tests.chatserver import ChatServer, Says, refuses
from tests.waiting import LONGEST

GOOD = Says("知识蒸馏是指用大模型指导训练小模型的方法 [1]。它有 9000 种 [1]。月亮是圆的。")
KEY = "sk-canary-page"


@pytest.fixture
def ask(filled, monkeypatch):
    """Opens the Ask page with the model switched on, for a server that plays this script."""
    servers = []

    def opened(*script, lang="en"):
        server = ChatServer(*script)
        servers.append(server)
        monkeypatch.setenv("KB_LLM_URL", server.url)
        monkeypatch.setenv("KB_LLM_MODEL", "scripted")
        monkeypatch.setenv("KB_LLM_KEY", KEY)
        app = AppTest.from_file(MAIN, default_timeout=LONGEST)
        app.query_params["lang"] = lang
        app.run()
        app.toggle(key="use_llm").set_value(True).run()
        assert not app.exception
        return app, server

    yield opened
    for server in servers:
        server.__exit__()


def shown(app):
    return " ".join(
        item.value for kind in (app.caption, app.markdown, app.info, app.warning, app.error) for item in kind
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_the_model_wrote_stands_beside_the_quotes_and_is_kept(ask, filled, lang):
    app, server = ask(GOOD, lang=lang)
    app.chat_input[0].set_value("什么是知识蒸馏？").run()
    assert not app.exception
    answer = app.session_state["turns"][0].answer
    assert [s.state for s in answer.written.sentences] == ["verified", "unsupported", "dropped"] and answer.claims
    assert (
        "1 verified, 1 without support, 1 dropped" if lang == "en" else "1 句有依据，1 句无依据，1 句已舍去"
    ) in shown(app)
    assert ("of nothing" if lang == "en" else "不存在的引用") not in shown(app)  # there are none
    assert ("partly supported" if lang == "en" else "部分有依据") in shown(app)
    assert any(button.key.startswith("source0-") for button in app.button)
    with KnowledgeBase.open() as base:
        kept = base.conversations()
        assert [item.question for item in kept] == ["什么是知识蒸馏？"]
        assert base.conversation(kept[0].id)[0].answer == answer
    assert KEY not in str(app.main) and server.seen[0][1]["Authorization"].endswith(KEY)


@pytest.mark.parametrize(("says", "code"), [(refuses(401, "no"), "refuses the key"), (Says(""), "wrote nothing"),
                                            (Says("x" * 50, cut=3), "broke off")])
def test_a_fault_is_said_and_the_quotes_stand(ask, says, code):
    app, _ = ask(says)
    app.chat_input[0].set_value("什么是知识蒸馏？").run()
    assert not app.exception
    assert code in shown(app) and "The quotes below stand" in shown(app)
    assert app.session_state["turns"][0].answer.claims


def test_a_follow_up_shows_what_was_asked_instead_and_it_can_be_changed(ask):
    def play(body):
        return Says("知识蒸馏需要什么？") if "改写" in str(body) else GOOD
    app, _ = ask(play)
    app.chat_input[0].set_value("什么是知识蒸馏？").run()
    app.chat_input[0].set_value("它需要什么？").run()
    assert not app.exception
    assert any("知识蒸馏需要什么" in item.value for item in app.caption)
    app.text_input(key="rewritten1").set_value("什么是剪枝？")
    app.button(key="again1").click().run()
    assert not app.exception
    turns = app.session_state["turns"]
    assert [(turn.answer.question, turn.answer.asked) for turn in turns[1:]] == [
        ("知识蒸馏需要什么？", "它需要什么？"),
        ("什么是剪枝？", "它需要什么？"),
    ]


def test_without_an_endpoint_the_switch_is_off_and_says_why(filled):
    app = AppTest.from_file(MAIN, default_timeout=LONGEST)
    app.query_params["lang"] = "en"
    app.run()
    switch = app.toggle(key="use_llm")
    assert switch.disabled and "Settings" in switch.help
    app.chat_input[0].set_value("什么是知识蒸馏？").run()
    assert not app.exception and app.session_state["turns"][0].answer.written is None


def test_a_conversation_is_opened_again_and_deleted(ask):
    app, _ = ask(GOOD)
    app.chat_input[0].set_value("什么是知识蒸馏？").run()
    name = app.session_state["conversation"]
    app.button(key="new_chat").click().run()
    assert app.session_state["turns"] == []
    app.button(key=f"chat-{name}").click().run()
    assert not app.exception and app.session_state["turns"][0].answer.written.sentences
    app.button(key="delete_chat").click().run()
    assert not app.exception and app.session_state["turns"] == []
    with KnowledgeBase.open() as base:
        assert base.conversations() == ()


def test_the_endpoint_is_tested_and_kept_for_its_user_only(home, tmp_path):
    with ChatServer(Says("OK")) as server:
        app = AppTest.from_string("from kb_app import settings\nsettings.page()", default_timeout=LONGEST)
        app.query_params["lang"] = "en"
        app.run()
        app.text_input(key="model_url").set_value(server.url)
        app.text_input(key="model_name").set_value("scripted")
        app.text_input(key="model_key0").set_value(KEY).run()
        app.button(key="test_connection").click().run()
        assert not app.exception and any("answers in" in item.value for item in app.success)
        app.button(key="save_model").click().run()
        assert not app.exception
        path = tmp_path / "config" / "kb" / "llm.json"
        assert path.stat().st_mode & 0o777 == 0o600
        assert json.loads(path.read_text()) == {"url": server.url, "model": "scripted", "key": KEY}
        assert KEY not in str(app.main)
        # The saved key goes with its own address, not with another one.
        app.text_input(key="model_name").set_value("other")
        app.button(key="save_model").click().run()
        assert json.loads(path.read_text())["key"] == KEY
        app.text_input(key="model_url").set_value(server.url + "/elsewhere")
        app.button(key="save_model").click().run()
        assert json.loads(path.read_text())["key"] == ""
        app.text_input(key="model_url").set_value("nonsense")
        app.button(key="test_connection").click().run()
        assert not app.exception and "an address like" in app.error[0].value
