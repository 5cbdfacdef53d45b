"""The Survey page's logic, without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from kb import KnowledgeBase
from kb.survey import drafted, make_request, read_outline, save_outline

PAGE = "from app import survey\nsurvey.page()"


@pytest.fixture
def home(library, monkeypatch):
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setenv("KB_HOME", str(library.home))
    monkeypatch.setenv("KB_ENCODER", "hashing")
    return library.home


def run(lang="en", **state):
    app = AppTest.from_string(PAGE, default_timeout=60)
    app.query_params["lang"] = lang
    for name, value in state.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize(("lang", "title"), [("zh", "综述"), ("en", "Survey")])
def test_the_page_asks_for_a_topic(home, lang, title):
    app = run(lang)
    assert app.title[0].value == title
    assert app.button(key="survey_write").disabled


def test_a_finished_survey_is_shown_with_its_audit(home):
    out = home / "surveys" / "one"
    with KnowledgeBase.open() as base:
        base.survey("model compression", out=out)
    app = run(survey_out=str(out))
    assert any("survey" in item.value for item in app.header)
    assert any("Introduction" in item.value for item in app.subheader)
    assert app.button(key="survey_update")


def test_the_address_leads_to_no_folder_outside(home):
    app = AppTest.from_string(PAGE, default_timeout=60)
    app.query_params["survey"] = "../../etc"
    app.run()
    assert not app.exception and "survey_out" not in app.session_state


def test_an_outline_saved_by_the_page_is_one_that_can_be_written(library, tmp_path):
    request = make_request("model compression")
    made = library.surveyor().plan(request, tmp_path)
    assert drafted(tmp_path)[0][3] == "now"
    path = save_outline(tmp_path, [("Mine", [made.references[0].document])])
    survey = library.surveyor().write(request, tmp_path, read_outline(path))
    assert [node.heading for node in survey.outline if node.kind == "theme"] == ["Mine"]
    assert {state for _, _, _, state in drafted(tmp_path)} == {"done"}
