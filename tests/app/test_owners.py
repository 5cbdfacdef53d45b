"""Several who are signed in to one app: whose conversations and collections each of them sees and may change."""

import pytest
from streamlit.testing.v1 import AppTest

from kb import KnowledgeBase
from tests.app.test_library_page import BULK
from tests.app.test_pages import MAIN
from tests.waiting import LONGEST

ASKED = "什么是知识蒸馏？"
COLLECTED = """
import streamlit as st
from kb_app.changes import collected
from kb_app.listed import listed
from kb_app.state import errors_shown, library
st.text("; ".join(f"{one.name} of {one.owner}" for one in library().collections()))
st.text("; ".join(f"filed {info.collections}" for info in listed()))
if name := st.query_params.get("into"):
    with errors_shown():
        collected(listed(), name)
"""


@pytest.fixture
def signed_in(filled, monkeypatch):
    monkeypatch.setenv("KB_APP_LOGIN", "1")

    def opened(who, source="", **address):
        app = AppTest.from_string(source, default_timeout=LONGEST) if source else AppTest.from_file(
            MAIN, default_timeout=LONGEST)
        app.secrets["kb"] = {"allowed": ["Anna@example.org", "ben@example.org"]}
        app.secrets["auth"] = {"client_id": "kb"}
        app.user = {"is_logged_in": True, "email": who} if who else {}
        app.query_params.update({"lang": "en", **address})
        app.run()
        assert not app.exception
        return app

    return opened


def chats(app):
    return [button.label for button in app.button if str(button.key).startswith("chat-")]


def texts(app):
    return [item.value for item in app.text]


def test_a_conversation_is_in_the_list_of_who_asked_alone(signed_in):
    anna = signed_in("Anna@example.org")
    anna.chat_input[0].set_value(ASKED).run()
    assert not anna.exception
    name = anna.session_state["conversation"]
    assert chats(signed_in("anna@example.org")) == [ASKED]
    ben = signed_in("ben@example.org", chat=name)
    assert chats(ben) == [] and ben.session_state["turns"] == []
    with KnowledgeBase.open() as base:
        assert [(one.id, one.owner) for one in base.conversations()] == [(name, "anna@example.org")]
    assert not signed_in("eve@example.org").chat_input


def test_a_collection_of_another_is_seen_and_a_change_is_refused_in_words(signed_in):
    signed_in("Anna@example.org", COLLECTED, into="Hers")
    ben = signed_in("ben@example.org", COLLECTED, into="Hers")
    assert texts(ben) == ["Hers of anna@example.org", "filed ('Hers',)"]
    assert "belongs to anna@\u2060example\\.org" in " ".join(item.value for item in ben.error)
    with KnowledgeBase.open() as base:
        base.own_collection("Hers", private=True)
    assert texts(signed_in("ben@example.org", COLLECTED)) == ["", "filed ()"]
    assert texts(signed_in("anna@example.org", COLLECTED)) == ["Hers of anna@example.org", "filed ('Hers',)"]


def test_a_collection_is_hidden_and_shown_by_a_press(signed_in):
    signed_in("anna@example.org", COLLECTED, into="Hers")

    def chosen(who):
        app = signed_in(who, BULK)
        app.selectbox(key="bulk_collection").set_value("Hers").run()
        assert not app.exception
        return app

    anna = chosen("anna@example.org")
    anna.toggle(key="bulk_private-Hers-False").set_value(True).run()
    assert not anna.exception
    assert signed_in("ben@example.org", BULK).selectbox(key="bulk_collection").options == []
    chosen("anna@example.org").toggle(key="bulk_private-Hers-True").set_value(False).run()
    ben = chosen("ben@example.org")
    assert not ben.toggle
    assert "belongs to anna@\u2060example\\.org" in " ".join(item.value for item in ben.caption)


def test_one_who_cannot_be_told_is_not_the_operator(signed_in):
    with KnowledgeBase.open() as base:
        base.collect("Hers")
        base.own_collection("Hers", "anna@example.org", private=True)
    assert texts(signed_in("", COLLECTED))[0] == ""
