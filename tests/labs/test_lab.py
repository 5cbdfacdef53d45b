import ast
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kb import KnowledgeBase, labs
from kb.errors import DataError, FolderError, KBError, LabError, SettingError, UnknownLab
from kb.labs import Lab, Param, list_runs, load_tensors, read_events, read_run, settings_from, stop
from kb.labs.run import Run
from tests.waiting import LONGEST, wait_until


def make(work, **options):
    params = (
        Param("seed", "int", 0, ("种子", "seed"), low=0, high=9),
        Param("rate", "float", 0.5, ("率", "rate"), low=0, high=1),
        Param("how", "choice", "a", ("如何", "how"), choices=("a", "b")),
        Param("data", "file", "", ("数据", "data")),
        Param("fast", "bool", True, ("快", "fast")),
    )
    return Lab("tiny", ("小", "tiny"), ("", ""), "1", ("", ""), params, work, **options)


def steps(params, run):
    """Counts to a thousand, ten milliseconds a step."""
    at = 0
    for at in range(1000):
        if run.stopped():
            break
        run.event("metric", step=at, loss=1 / (at + 1))
        time.sleep(0.01)
    return {"last": at}


def test_a_run_leaves_its_parameters_events_status_and_metrics(tmp_path):
    def work(params, run):
        run.event("note", text=("开始", "begin"))
        run.event("metric", step=1, loss=0.5)
        return {"seed": params["seed"]}

    seen = []
    result = make(work).run({"seed": 3}, home=tmp_path, on_event=seen.append)
    assert result.status == "done" and result.metrics == {"seed": 3}
    assert result.run.parent == tmp_path / "labs"
    found = read_run(result.run)
    assert (found.status, found.lab, found.metrics, found.params["rate"]) == ("done", "tiny", {"seed": 3}, 0.5)
    assert (
        [event["kind"] for event in read_events(result.run)] == [event["kind"] for event in seen] == ["note", "metric"]
    )
    assert json.loads((result.run / "env.json").read_text())["versions"]["torch"]
    assert "loss 0.5" in (result.run / "log.txt").read_text()
    assert [run.folder for run in list_runs(tmp_path)] == [result.run]


def test_a_run_follows_the_home_it_is_given_or_the_one_that_is_set(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_HOME", str(tmp_path / "set"))
    lab = make(lambda params, run: {})
    assert lab.run().run.parent == tmp_path / "set" / "labs"
    with KnowledgeBase.open(tmp_path / "other", encoder="hashing") as base:
        assert lab.run(home=base.home).run.parent == tmp_path / "other" / "labs"
    assert lab.run(home=str(tmp_path / "third")).run.parent == tmp_path / "third" / "labs"


def test_labs_are_there_after_import_kb_and_bring_nothing_heavy():
    code = """
import sys, kb
names = kb.labs.NAMES
assert "finetune" in names and kb.labs.get("finetune").name == "finetune" and "labs" in dir(kb)
assert not {"torch", "faiss", "streamlit", "sklearn"} & set(sys.modules)"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_runs_of_the_earlier_form_are_still_read(tmp_path):
    folder = tmp_path / "labs" / "finetune-x"
    folder.mkdir(parents=True)
    status = {"lab": "finetune", "pid": 1, "born": 1, "started": 5.0, "status": "done", "seconds": 2.0}
    (folder / "status.json").write_text(json.dumps(status))
    (folder / "params.json").write_text(json.dumps({"lab": "finetune", "params": {"seed": 3}}))
    (folder / "metrics.json").write_text('{"f1": 0.5}')
    found = read_run(folder)
    assert (found.lab, found.kind, found.status, found.seconds) == ("finetune", "lab:finetune", "done", 2.0)
    assert (found.params, found.metrics) == ({"seed": 3}, {"f1": 0.5})


@pytest.mark.parametrize(("setting", "code"), [("nope=1", "E_LAB_PARAM"), ("seed=x", "E_LAB_NUMBER"),
                                               ("seed=1.5", "E_LAB_NUMBER"), ("seed=10", "E_LAB_RANGE"),
                                               ("rate=nan", "E_LAB_RANGE"), ("rate=inf", "E_LAB_RANGE"),
                                               ("how=c", "E_LAB_CHOICE"), ("data=/no/such", "E_LAB_FILE"),
                                               ("fast=maybe", "E_LAB_CHOICE"), ("seed", "E_LAB_SETTING")])
def test_a_bad_setting_is_refused_before_anything_is_written(tmp_path, setting, code):
    lab = make(steps)
    with pytest.raises(SettingError) as caught:
        lab.run(settings_from(lab, [setting]), home=tmp_path)
    assert caught.value.code == code
    assert all(caught.value.describe(language) for language in ("zh", "en"))
    assert not (tmp_path / "labs").exists()


def test_an_unknown_parameter_is_told_what_is_known():
    with pytest.raises(SettingError) as caught:
        make(steps).check({"sed": 1})
    assert "seed, rate, how" in caught.value.describe("en")[1]


def test_a_stop_file_ends_a_run_and_keeps_what_it_had(tmp_path):
    folder = tmp_path / "run"

    def stop_at_five(event):
        if event["step"] == 5:
            stop(folder)

    result = make(steps).run({}, folder=folder, home=tmp_path, on_event=stop_at_five)
    assert result.status == "cancelled" == read_run(folder).status
    assert result.metrics["last"] == 6


def test_a_defect_is_told_in_one_line_and_kept_whole_in_the_log(tmp_path):
    def work(params, run):
        raise RuntimeError("the matrix is upside down")

    with pytest.raises(KBError) as caught:
        make(work).run({}, home=tmp_path)
    assert caught.value.code == "E_LAB_FAILED" and "upside down" in str(caught.value)
    run = list_runs(tmp_path)[0]
    assert run.status == "failed" and run.error["code"] == "E_LAB_FAILED"
    assert "Traceback" in (run.folder / "log.txt").read_text()


def test_what_a_lab_refuses_reaches_the_caller_and_the_status(tmp_path):
    def work(params, run):
        raise DataError("E_DATA", path="x.csv", line=3, detail="empty")

    with pytest.raises(DataError):
        make(work).run({}, home=tmp_path)
    assert list_runs(tmp_path)[0].error["zh"][0].startswith("x.csv 第 3 行")


def test_a_run_never_writes_over_a_folder_with_something_in_it(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(FolderError) as caught:
        make(steps).run({}, folder=tmp_path, home=tmp_path / "home")
    assert caught.value.code == "E_LAB_FOLDER"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_run_whose_process_died_is_interrupted(tmp_path):
    folder = tmp_path / "run"
    code = f"""
import os, pathlib, sys
sys.path.insert(0, {os.getcwd()!r})
from kb.labs.run import Run
run = Run(pathlib.Path({str(folder)!r})); run.begin("tiny", {{}}); run.set_status("running"); os._exit(9)"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert read_run(folder).status == "interrupted"


def test_trainings_run_one_at_a_time(tmp_path):
    def waits(params, run):
        run.event("metric", step=1, loss=1.0)
        wait_until(run.stopped)
        return {}

    folders = (tmp_path / "one", tmp_path / "two")
    threads = [
        threading.Thread(target=make(waits).run, kwargs={"folder": folder, "home": tmp_path}) for folder in folders
    ]

    def status(i):
        found = read_run(folders[i])
        return found.status if found else ""

    try:
        threads[0].start()
        wait_until(lambda: status(0) == "running")
        threads[1].start()
        wait_until(lambda: read_events(folders[1]))  # the note that it waits
        assert (status(0), status(1)) == ("running", "queued")
        stop(folders[0])
        wait_until(lambda: status(1) == "running")
    finally:
        for folder, thread in zip(folders, threads, strict=True):
            stop(folder)
            thread.join()
    assert (status(0), status(1)) == ("cancelled", "cancelled")


def test_tensors_come_back_and_a_changed_byte_is_noticed(tmp_path):
    import torch

    run = Run(tmp_path / "run")
    run.begin("tiny", {})
    path = run.save_tensors("model", {"w": torch.arange(6.0).view(2, 3)}, {"labels": ["a"]})
    tensors, meta = load_tensors(run.folder, "model")
    assert (
        tensors["w"].tolist() == [[0, 1, 2], [3, 4, 5]] and meta["labels"] == ["a"] and meta["shapes"] == {"w": [2, 3]}
    )
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(LabError) as caught:
        load_tensors(run.folder, "model")
    assert caught.value.code == "E_LAB_MODEL"


def test_a_status_is_never_read_torn(tmp_path):
    run = Run(tmp_path / "run")
    run.begin("tiny", {})
    done = threading.Event()
    thread = threading.Thread(target=lambda: [run.set_status("running") for _ in range(300)] and done.set())
    thread.start()
    while not done.is_set():
        assert read_run(run.folder).status in ("queued", "running")
    thread.join()


@pytest.mark.parametrize("name", labs.NAMES)
def test_every_lab_says_what_it_is_in_both_languages(name):
    lab = labs.get(name)
    assert lab.name == name
    for words in (lab.title, lab.about, lab.question, *(param.label for param in (*lab.params, *lab.fields)),
                  *(formula.note for formula in lab.formulas)):
        assert words.en and words.zh
    lab.check({})  # the defaults are within their own bounds
    assert lab.sources()[0][0] == f"labs/{name.replace('-', '_')}.py"
    code = [source.partition("\nLAB = Lab(")[0] for _, source in lab.sources()]
    for formula in lab.formulas:
        assert any(formula.code in text for text in code), f"{name}: no such line: {formula.code}"


def test_a_labs_code_can_be_read_on_a_screen():
    for path in (Path(labs.__file__).parent).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 70, f"{path.name}: {node.name}"


def test_an_unknown_lab_is_told_which_there_are():
    with pytest.raises(UnknownLab) as caught:
        labs.get("alchemy")
    assert "parameters" in caught.value.describe("en")[1]


def test_a_run_that_does_not_listen_is_ended_from_outside(tmp_path):
    folder = tmp_path / "run"
    code = f"""
import pathlib, sys, time
sys.path.insert(0, {os.getcwd()!r})
from kb.labs.run import Run, end_when_stopped
run = Run(pathlib.Path({str(folder)!r})); run.begin("tiny", {{}}); run.set_status("running")
end_when_stopped(run.folder, seconds=0.3)
time.sleep(3600)"""
    process = subprocess.Popen([sys.executable, "-c", code])
    while read_run(folder) is None or read_run(folder).status != "running":
        time.sleep(0.05)
    stop(folder)
    assert process.wait(timeout=LONGEST) == 130
    assert read_run(folder).status == "cancelled"


@pytest.mark.parametrize(
    "arguments", [["lab", "run", "nope"], ["lab", "run", "parameters", "--set", "d=x"],
                  ["lab", "run", "parameters", "--set", "nope=1"], ["lab", "try"], ["lab", "try", "--run", "/no/such"],
                  ["classify", "--run", "/no/such", "text"], ["lab", "show", ""]])
def test_the_command_refuses_in_json_with_exit_code_two(arguments, tmp_path, capsys):
    from kb.cli.main import main

    assert main([*arguments, "--json", "--home", str(tmp_path)]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"].startswith("E_LAB") and error["message"] and error["hint"]


def test_the_command_lists_shows_and_runs(tmp_path, capsys):
    from kb.cli.main import main

    home = ["--home", str(tmp_path)]
    assert main(["lab", "list", "--json"]) == 0
    assert [item["name"] for item in json.loads(capsys.readouterr().out)["labs"]] == list(labs.NAMES)
    assert main(["lab", "show", "parameters", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["params"][0]["name"] == "preset" and "def count(" in shown["code"][0]["text"]
    assert main(["lab", "run", "parameters", "--set", "preset=BERT-base", *home]) == 0
    assert "108,891,648" in capsys.readouterr().out  # BERT-base without its pooler
    assert main(["lab", "runs", "--json", *home]) == 0
    assert json.loads(capsys.readouterr().out)["runs"][0]["status"] == "done"
    for words in (["lab", "list"], ["lab", "show", "finetune"], ["lab", "runs", *home]):
        assert main(words) == 0 and capsys.readouterr().out
