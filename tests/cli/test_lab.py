"""`kb lab` has actions, each with its own help."""

import json

import pytest

from kb.cli.lab_events import print_event
from kb.cli.main import main
from kb.labs import NAMES
from kb.messages import Words


def test_alone_it_lists_the_labs(capfd):
    assert main(["lab", "--json"]) == 0
    assert [lab["name"] for lab in json.loads(capfd.readouterr().out)["labs"]] == list(NAMES)
    assert main(["lab"]) == 0
    out = capfd.readouterr().out
    assert main(["lab", "list"]) == 0
    assert capfd.readouterr().out == out


@pytest.mark.parametrize("action", ["run", "show"])
def test_without_a_name_it_lists_them_and_says_what_to_type(capfd, action):
    assert main(["lab", action]) == 2
    out, err = capfd.readouterr()
    assert all(name in out for name in NAMES)
    assert f"kb lab {action} NAME" in err
    assert main(["lab", action, "--json"]) == 2
    error = json.loads(capfd.readouterr().out)["error"]
    assert error["code"] == "E_LAB_NAME" and "finetune" in error["hint"]


@pytest.mark.parametrize(("action", "option"), [("run", "--set"), ("run", "--out"), ("try", "--run"), ("show", "NAME"),
                                                ("runs", "--home"), ("list", "--json")])
def test_each_action_has_its_own_help(capfd, action, option):
    with pytest.raises(SystemExit) as caught:
        main(["lab", action, "--help"])
    out = capfd.readouterr().out
    assert caught.value.code == 0
    assert f"kb lab {action}" in out and option in out


def test_there_are_no_runs_yet(capfd, tmp_path):
    assert main(["lab", "runs", "--home", str(tmp_path)]) == 0
    assert "there are no runs yet" in capfd.readouterr().err


def test_with_json_the_events_of_a_run_are_json_in_both_languages(capfd):
    print_event({"kind": "note", "at": 0.1, "text": Words("three rows", "三行")}, as_json=True)
    assert json.loads(capfd.readouterr().err)["text"] == {"en": "three rows", "zh": "三行"}
