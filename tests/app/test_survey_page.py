"""The Survey page without a browser: a real job writes, with and without a language model."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from kb import KnowledgeBase
from kb.runs.jobs import job_status
from tests.chatserver import ChatServer, Says
from tests.waiting import LONGEST, wait_until

PAGE = "from kb_app import survey\nsurvey.page()"


def page():
    app = AppTest.from_string(PAGE, default_timeout=LONGEST)
    app.query_params["lang"] = "en"
    app.run()
    assert not app.exception
    return app


def wait(app):
    """The job that the page started, when it has ended."""
    with KnowledgeBase.open() as base:
        def ended():
            job = job_status(base.home, app.session_state["survey_job"])
            return job if job is not None and not job.is_active else None

        return wait_until(ended)


def write(app):
    """Presses Write and waits for the job; gives survey.json."""
    app.text_input(key="survey_topic").set_value("知识蒸馏").run()
    app.button(key="survey_write").click().run()
    assert not app.exception
    job = wait(app)
    assert job is not None and job.status == "done", job
    with KnowledgeBase.open() as base:
        return json.loads((next((base.home / "surveys").iterdir()) / "survey.json").read_text())


def test_a_survey_is_written_by_a_job_and_shown(filled):
    app = page()
    assert app.toggle(key="survey_llm").disabled
    survey = write(app)
    assert survey["mode"] == "extractive"
    app.run()
    assert not app.exception
    shown = " ".join(item.value for item in (*app.markdown, *app.caption, *app.title, *app.header, *app.subheader))
    assert "every quote stands at its place" in shown and survey["title"] in shown
    assert "知识蒸馏是指用大模型指导训练小模型的方法" in json.dumps(survey, ensure_ascii=False)


def test_a_second_opinion_stands_beside_the_draft_and_opens_the_source(filled):
    app = page()
    app.selectbox(key="survey_language").set_value("en").run()  # its quotes are in the other one
    write(app)
    app.run()
    assert "Second opinion" not in [item.value for item in app.subheader]
    app.toggle(key="survey_review").set_value(True).run()
    assert not app.exception and "Second opinion" in [item.value for item in app.subheader]
    kinds = [item.label for item in app.expander]
    assert "Thin sections · 1" in kinds and any(kind.startswith("Quotes in another language") for kind in kinds), kinds
    opening = next(button for button in app.button if button.label == "Show the source")
    opening.click().run()
    assert not app.exception and "source" in app.session_state


@pytest.mark.parametrize("says", ["知识蒸馏是指用大模型指导训练小模型的方法 [1]。"])
def test_with_the_switch_on_the_model_is_asked(filled, monkeypatch, says):
    with ChatServer(*[Says(says)] * 40) as server:
        monkeypatch.setenv("KB_LLM_URL", server.url)
        monkeypatch.setenv("KB_LLM_MODEL", "scripted")
        app = page()
        app.toggle(key="survey_llm").set_value(True).run()
        survey = write(app)
        assert survey["mode"] != "extractive" and server.seen
        app.run()
        assert not app.exception


def test_the_estimate_asks_nothing_and_the_cap_is_passed_on(filled, monkeypatch):
    with ChatServer(Says("x")) as server:
        monkeypatch.setenv("KB_LLM_URL", server.url)
        monkeypatch.setenv("KB_LLM_MODEL", "scripted")
        monkeypatch.setenv("KB_LLM_PRICE", "1 2")
        app = page()
        app.toggle(key="survey_llm").set_value(True).run()
        app.number_input(key="survey_cap").set_value(50).run()
        app.text_input(key="survey_topic").set_value("知识蒸馏").run()
        app.button(key="survey_estimate").click().run()
        assert wait(app).status == "done" and not server.seen
        app.run()
        assert not app.exception and any(
            "At most" in item.value and "a cost of at most" in item.value for item in app.info
        )
        survey = write(app)
        assert not server.seen and set(survey["missing"].values()) == {"LLM_CAP"}
        app.run()
        assert not app.exception and any("LLM\\_CAP" in item.value for item in app.warning)


def test_a_survey_that_is_planned_is_found_again_at_the_bare_address_until_it_is_left(filled):
    app = page()
    app.button(key="survey_plan").click().run()
    assert "Type a topic first" in app.warning[0].value  # the buttons are there before anything is typed
    app.text_input(key="survey_topic").set_value("知识蒸馏")
    app.button(key="survey_plan").click().run()
    assert not app.exception
    out = app.session_state["survey_out"]
    again = page()
    if job_status(KnowledgeBase.open().home, app.session_state["survey_job"]).is_active:  # so it was for the page
        assert again.session_state["survey_out"] == out
    wait(app)
    assert "survey_out" not in page().session_state  # what has ended stands among the earlier ones


def test_topics_are_taken_by_a_press(filled):
    for n in range(3):
        (filled / f"paper{n}.md").write_text(f"# Paper {n}\n\n## Knowledge distillation\n\nWords of number {n}.\n")
    with KnowledgeBase.open() as base:
        base.add([filled / f"paper{n}.md" for n in range(3)])
    app = page()
    app.button(key="survey_topic0").click().run()
    assert not app.exception and app.text_input(key="survey_topic").value.casefold() == "knowledge distillation"


def test_a_survey_keeps_to_the_documents_that_are_chosen(filled):
    with KnowledgeBase.open() as base:
        base.tag([base.documents()[0].id], add=["mine, too"])
    app = page()
    app.multiselect(key="survey_scope_tags").set_value(["mine, too"]).run()
    survey = write(app)
    assert survey["request"]["scope"]["tags"] == ["mine, too"]
