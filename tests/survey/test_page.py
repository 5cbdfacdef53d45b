"""The Survey page's logic, without a browser."""

import contextlib
import json
import os

import pytest
from streamlit.testing.v1 import AppTest

from kb import KnowledgeBase
from kb.survey import drafted, make_request, read_plan, with_edit, write_plan
from tests.survey.scripted import model
from tests.waiting import LONGEST

PAGE = "from kb_app import survey\nsurvey.page()"


@pytest.fixture
def home(library, monkeypatch):
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setenv("KB_HOME", str(library.home))
    monkeypatch.setenv("KB_ENCODER", "hashing")
    return library.home


def run(lang="en", **state):
    app = AppTest.from_string(PAGE, default_timeout=LONGEST)
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
    assert not app.button(key="survey_write").disabled  # what was typed comes with the press


def test_a_finished_survey_is_shown_with_its_audit(home):
    out = home / "surveys" / "one"
    with KnowledgeBase.open() as base:
        base.survey("model compression", out=out)
    app = run(survey_out=str(out))
    assert any("survey" in item.value for item in app.header)
    assert any("Introduction" in item.value for item in app.subheader)
    assert app.button(key="survey_update")


def test_an_earlier_survey_is_listed_in_the_words_of_its_topic(home):
    with KnowledgeBase.open() as base:
        base.survey("fine-tuning & pruning", length="short", out=home / "surveys" / "two")
    assert "fine-tuning & pruning" in run().selectbox(key="survey_earlier").options


def test_the_address_leads_to_no_folder_outside(home):
    app = AppTest.from_string(PAGE, default_timeout=LONGEST)
    app.query_params["survey"] = "../../etc"
    app.run()
    assert not app.exception and "survey_out" not in app.session_state


def test_a_draft_shows_what_is_written_and_what_comes(library, tmp_path):
    request = make_request("model compression")
    library.surveyor().plan(request, tmp_path)
    assert {state for _, _, _, state in drafted(tmp_path)} == {"now", "open"}
    library.surveyor().write(request, tmp_path)
    assert {state for _, _, _, state in drafted(tmp_path)} == {"done"}
    library.surveyor().write(request, tmp_path)  # a run that finds everything written shows it as written
    assert {state for _, _, _, state in drafted(tmp_path)} == {"done"}


@pytest.mark.parametrize(("with_model", "n_stored"), [(False, 1), (True, 1), (True, 3)])
def test_a_run_that_ends_before_it_comes_to_what_is_stored_shows_it_as_written(library, tmp_path, with_model, n_stored):
    class Killed(Exception):
        pass

    def kill_at(n):
        def look(step):
            if step.phase == "write" and step.done == n:
                raise Killed

        return look

    request = make_request("model compression")
    writer, server = model(library) if with_model else (None, contextlib.nullcontext())
    with server:
        with pytest.raises(Killed):
            library.surveyor().write(request, tmp_path, writer=writer, on_progress=kill_at(n_stored))
        stored = [row[1:] for row in drafted(tmp_path) if row[-1] == "done"]
        assert len(stored) == n_stored
        for path in (tmp_path / "steps").iterdir():
            os.utime(path, (1, 1))  # that was long ago
        for n in range(n_stored):
            with pytest.raises(Killed):
                library.surveyor().write(request, tmp_path, writer=writer, on_progress=kill_at(n))
            assert [row[1:] for row in drafted(tmp_path) if row[-1] == "done"] == stored
        survey = library.surveyor().write(request, tmp_path, writer=writer)
        with pytest.raises(Killed):
            library.surveyor().write(request, tmp_path, writer=writer, on_progress=kill_at(0))
        assert {state for _, _, _, state in drafted(tmp_path)} == {"done"}
        assert library.surveyor().write(request, tmp_path, writer=writer).to_dict() == survey.to_dict()


def test_a_draft_of_another_outline_is_open(library, tmp_path):
    request = make_request("model compression")
    library.surveyor().write(request, tmp_path)
    theme = next(node for node in read_plan(tmp_path).outline if node.kind == "theme")
    write_plan(tmp_path, with_edit(read_plan(tmp_path), {"do": "rename", "section": theme.id, "heading": "Renamed"}))
    assert {state for _, _, _, state in drafted(tmp_path)} == {"now", "open"}
    with pytest.raises(KeyboardInterrupt):
        library.surveyor().write(request, tmp_path, on_progress=interrupt_at_the_first_part)
    assert {state for _, _, _, state in drafted(tmp_path)} == {"now", "open"}


def interrupt_at_the_first_part(step):
    if step.phase == "write":
        raise KeyboardInterrupt


def test_a_step_that_run_json_names_outside_the_folder_is_not_read(library, tmp_path):
    request = make_request("model compression")
    library.surveyor().write(request, tmp_path / "out")
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    (tmp_path / "out" / "run.json").write_text(json.dumps({**run, "steps": dict.fromkeys(run["steps"], "../../other")}))
    assert {state for _, _, _, state in drafted(tmp_path / "out")} == {"now", "open"}


def test_the_editor_keeps_each_edit_takes_it_back_and_says_what_is_written_again(library, tmp_path):
    request = make_request("model compression")
    out = tmp_path / "out"
    library.surveyor().plan(request, out)
    library.surveyor().write(request, out)
    theme = next(node for node in read_plan(out).outline if node.kind == "theme")
    document = theme.documents[0]
    app = AppTest.from_string(f"""
from pathlib import Path
import streamlit as st
from kb_app.outline_editor import change, outline_editor
if "edit" in st.session_state:
    change(Path({str(out)!r}), st.session_state.pop("edit"))
outline_editor(Path({str(out)!r}), with_model=False)
""", default_timeout=LONGEST)
    app.query_params["lang"] = "en"
    before = (out / "outline.json").read_bytes()

    def run(edit=None):
        if edit:
            app.session_state["edit"] = edit
        app.run()
        assert not app.exception
        return " ".join(item.value for item in app.caption)

    assert "As the survey was written" in run()
    assert "written again" in run({"do": "drop", "document": document})
    assert [(row.document, row.reason) for row in read_plan(out).unused] == [(document, "left_out")]
    assert "Renamed" in run({"do": "rename", "section": theme.id, "heading": "Renamed"})
    run({"do": "undo"})
    assert "As the survey was written" in run({"do": "undo"})
    run({"do": "undo"})
    assert (out / "outline.json").read_bytes() == before


def test_it_is_told_that_an_outline_is_ordered_once_everything_is_read(library):
    told = []
    library.surveyor().plan(make_request("model compression"), on_progress=lambda step: told.append(step.phase))
    assert list(dict.fromkeys(told)) == ["read", "outline"]
