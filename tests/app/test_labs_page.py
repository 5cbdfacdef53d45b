"""The Labs page, without a browser: the form, a run as a process of its own, what it leaves, stopping, comparing."""

import re
import subprocess

import pytest
from streamlit.testing.v1 import AppTest

from kb import KnowledgeBase, labs
from kb.labs import Lab, Param, list_runs, read_run
from kb.labs.run import Run
from tests.waiting import LONGEST, wait_until

SCRIPT = "from kb_app import labs\nlabs.page()"


@pytest.fixture
def home(tmp_path, monkeypatch):
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setenv("KB_HOME", str(tmp_path / "library"))
    monkeypatch.setenv("KB_ENCODER", "hashing")
    return tmp_path / "library"


def opened(lab="parameters", lang="en", **query):
    app = AppTest.from_string(SCRIPT, default_timeout=LONGEST)
    app.query_params.update({"lang": lang, "lab": lab, **query})
    app.run()
    assert not app.exception
    return app


def wait(home, status="done"):
    wait_until(lambda: [run.status for run in list_runs(home)[:1]] == [status], lambda: list_runs(home))
    return list_runs(home)[0]


@pytest.mark.parametrize("name", labs.NAMES)
def test_every_lab_has_its_form_and_its_code(home, name):
    app = opened(name)
    assert app.button(key=f"go-{name}").label == "Run"
    keys = {
        widget.key
        for kind in (app.number_input, app.selectbox, app.text_input, app.text_area, app.toggle)
        for widget in kind
    }
    for param in labs.get(name).params:
        assert f"{name}-{param.name}" in keys or f"{name}-{param.name}-path" in keys
    assert any("LAB = Lab(" in code.value for code in app.code)


def test_the_page_speaks_both_languages(home):
    assert opened(lang="zh").title[0].value == "实验"
    assert opened(lang="en").title[0].value == "Labs"
    assert any("Nothing has run yet" in item.value for item in opened().info)


def test_run_starts_a_process_of_its_own_and_its_result_is_shown(home):
    app = opened()
    app.number_input(key="parameters-tokens").set_value(99)
    app.button(key="go-parameters").click().run()
    assert not app.exception
    run = wait(home)
    assert run.params["tokens"] == 99 and run.metrics["parameters"] == 22_565_376
    app = opened(run=run.folder.name)
    assert app.metric[0].value == "22,565,376" and app.metric[0].label == "parameters"
    assert (run.folder / "report.html").is_file()
    assert not app.expander[0].proto.expanded  # the settings are folded away: the result is in view
    assert any("kb lab run parameters" in code.value and "tokens=99" in code.value for code in app.code)


@pytest.mark.parametrize("value", ["$(touch ran)", "`touch ran`", "a\" ; touch ran; \"", "it's", "a\\", "!x $HOME *",
                                   "两行\n; touch ran"])
def test_the_command_that_runs_it_again_can_be_copied_whatever_its_settings_hold(home, tmp_path, value):
    run = Run(home / "labs" / "parameters-x")
    run.begin("parameters", {"name": value, "tokens": 9})
    run.set_status("done")
    (command, ) = [code.value for code in opened(run="parameters-x").code if code.value.startswith("kb lab run")]
    said = subprocess.run(["bash", "-c", f"kb() {{ printf '%s\\0' \"$@\"; }}; {command}"], cwd=tmp_path, text=True,
                          capture_output=True, check=True).stdout
    assert said.split("\0")[:-1] == ["lab", "run", "parameters", "--set", f"name={value}", "--set", "tokens=9"]
    assert not (tmp_path / "ran").exists()


def test_a_bad_value_is_told_and_nothing_starts(home):
    app = opened("finetune")
    app.text_input(key="finetune-data-path").set_value("/no/such/file.csv")
    app.button(key="go-finetune").click().run()
    assert not app.exception
    assert "no such file" in app.error[0].value
    assert not (home / "labs").exists()


    assert app.error[0].value.startswith("Data file: ")


@pytest.mark.parametrize("name", labs.NAMES)
def test_choices_and_settings_stand_in_the_words_of_the_page(home, name):
    app, lab = opened(name, "zh"), labs.get(name)
    for param in lab.params:
        if param.kind == "choice":
            shown = app.selectbox(key=f"{name}-{param.name}").options
            assert [one for one in shown if re.fullmatch("[a-z -]+", one)] == [], "a name has a capital or a digit"
    text = " ".join(item.value for item in app.markdown)
    assert [param.name for param in lab.params if f"{param.name}=" in text] == []
    assert "corpus/" not in text and "设 “" not in text


def test_a_failed_run_says_why_in_the_readers_language(home):
    folder = home / "labs" / "finetune-x"
    run = Run(folder)
    run.begin("finetune", {})
    from kb.errors import DataError

    run.fail(DataError("D_ONE_CLASS", path="![x](http://evil.example/a.png)", label="好"))
    assert "标签都是" in opened("finetune", "zh").error[0].value
    shown = opened("finetune", "en").error[0].value
    assert "every example has the label" in shown and "](http" not in shown


def test_stop_asks_the_run_to_end_and_two_runs_compare(home, tmp_path):
    def work(params, run):
        run.event("metric", step=1, loss=1.0)
        run.event("metric", step=2, loss=0.5)
        run.event("heat", title=("热图", "heat"), matrix=[[1.0, 0.0], [0.5, 0.5]], rows=["a", "a"], columns=["b", "b"])
        run.event("points", title=("曲线", "curve"), x_title=("n", "n"), x=[1, 2], lines={"a": [0.1, 0.2]})
        run.event("table", title=("表", "table"), rows=[{"a": 1, "b": None}])
        return {"test_accuracy": 0.5 + params["tokens"] / 1000}

    lab = Lab("parameters", ("小", "tiny"), ("小", "tiny"), "1", ("什么？", "what?"), (Param("tokens", "int", 1,
                                                                                        ("数", "n")), ), work)
    first, second = (lab.run({"tokens": n}, home=home) for n in (1, 2))
    app = opened(run=second.run.name)
    table = next(frame.value for frame in app.table if "other" in frame.value.columns)
    assert ["Tokens of the input", "2", "1"] in table.values.tolist()
    assert first.run.exists()
    empty = Run(home / "labs" / "parameters-none")
    empty.begin("parameters", {"tokens": 2})
    empty.set_status("cancelled")
    table = next(frame.value for frame in opened(run="parameters-none").table if "other" in frame.value.columns)
    assert any(row[1] != row[2] for row in table.values.tolist())  # what only the other one has is told as well
    empty.set_status("done")
    running = Run(home / "labs" / "parameters-live")
    running.begin("parameters", {})
    running.set_status("running")
    app = opened(run="parameters-live")
    app.button(key="stop_lab").click().run()
    assert (running.folder / "stop").exists()
    running.set_status("cancelled")
    assert read_run(running.folder).status == "cancelled"
    shown = [badge.value for badge in opened(run="parameters-live").markdown]
    assert any("anything to keep" in text for text in shown)
    running.save("metrics.json", b'{"test_accuracy": 0.5}')
    assert any("best kept" in badge.value for badge in opened(run="parameters-live").markdown)


def test_a_guide_stands_on_the_page_and_a_stopped_run_can_be_tried(home):
    import torch

    app = opened("finetune", "zh")
    assert any("基线在先" in text.value for text in app.markdown)
    assert "运行之前先预测" in [text.value for text in app.caption]
    run = Run(home / "labs" / "transformer-x")
    run.begin("transformer", {})
    run.set_status("cancelled")
    assert "try_go" not in {button.key for button in opened("transformer", run="transformer-x").button}
    run.save_tensors("transformer", {"w": torch.zeros(1)}, {})
    assert "try_go" in {button.key for button in opened("transformer", run="transformer-x").button}


def test_the_passages_that_explain_a_lab_open_beside_it(home, tmp_path):
    note = tmp_path / "note.md"
    note.write_text("# Large models\n\nHow many parameters does a large model have? It has billions of parameters.\n")
    with KnowledgeBase.open() as base:
        base.add([note])
    app = opened()
    app.button(key="explains0").click().run()
    assert not app.exception
    assert app.session_state["source"]["document"]


def test_a_time_is_said_as_one_says_it(home):
    app_text = "import streamlit as st\nfrom kb_app.labs import how_long\nst.write(how_long(8.2), how_long(923))"
    app = AppTest.from_string(app_text, default_timeout=LONGEST)
    app.query_params["lang"] = "en"
    app.run()
    assert [item.value for item in app.markdown] == ["8 s 15 min"]


def test_a_message_names_an_uploaded_file_as_the_reader_does(home):
    run = Run(home / "labs" / "finetune-x")
    run.begin("finetune", {})
    from kb.errors import DataError

    run.fail(DataError("D_COLUMN", path=home / "files" / "43703e6c428ef100" / "reviews.csv", name="text", known="a, b"))
    page = opened("finetune", "en")
    shown = page.error[0].value.replace("\\", "")
    assert shown.startswith("reviews.csv has no column text") and "It has: a, b" in shown
    assert any(expander.label == "Settings" and expander.proto.expanded for expander in page.expander)
