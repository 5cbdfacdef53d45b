"""`kb read`: one document part by part, several side by side."""

import json

import pytest

from kb.cli.main import main
from tests.study.tides import CHINESE, ENGLISH


@pytest.fixture
def shown(capfdbinary, tmp_path):
    for name, text in (("tide.md", ENGLISH), ("chao.md", CHINESE)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    main(["add", str(tmp_path / "tide.md"), str(tmp_path / "chao.md"), "--encoder", "hashing", "--json"])
    added = json.loads(capfdbinary.readouterr().out)["added"]

    def run(*arguments):
        code = main(["read", "--encoder", "hashing", *arguments])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return {item["title"][:8]: item["document"] for item in added}, run


def test_one_document_is_told_part_by_part_with_places(shown):
    ids, run = shown
    code, out, _ = run(ids["TideNet:"])
    assert code == 0 and out.startswith("TideNet: Forecasting Harbour Levels")
    heads = [line for line in out.splitlines() if line and not line.startswith(" ")]
    assert heads[1:7] == ["problem", "method", "results", "limits", "definitions", "tables"]
    assert f"[{ids['TideNet:']}:" in out and "TideNet" in out.split("\nmethod\n")[1].split("\nresults\n")[0]


def test_several_stand_side_by_side_and_an_empty_part_says_so(shown):
    ids, run = shown
    chinese = next(name for title, name in ids.items() if title != "TideNet:")
    code, out, _ = run(ids["TideNet:"], chinese)
    tables = out.split("\ntables\n")[1]
    assert code == 0 and out.count("TideNet: Forecasting Harbour Levels") == 7
    assert "基于稀疏水位计" in tables and "— nothing of the kind was found" in tables


def test_as_json_every_sentence_has_its_place(shown):
    ids, run = shown
    summary, = json.loads(run(ids["TideNet:"], "--json")[1])["summaries"]
    assert [part["part"] for part in summary["parts"]] == [
        "problem", "method", "results", "limits", "definitions", "tables"]
    assert all(len(claim["citations"]) == 1 for part in summary["parts"] for claim in part["claims"])


def test_an_unknown_document_is_an_error(shown):
    code, _, err = shown[1]("ffffffffffff")
    assert code == 1 and "ffffffffffff" in err
