"""`kb table`: what it prints, as text, JSON and CSV, and with which exit code."""

import csv
import io
import json

import pytest

from tests.study.papers import CHINESE, ENGLISH, OPINION


@pytest.fixture
def documents(shown, tmp_path):
    for name, text in (("peanet.md", ENGLISH), ("peamed.md", CHINESE), ("opinion.md", OPINION)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    added = json.loads(shown("add", tmp_path, "--encoder", "hashing", "--json")[1])["added"]
    return {item["path"].rsplit("/", 1)[-1]: item["document"] for item in added}


def test_a_table_is_a_block_for_each_document(shown, documents):
    code, out, _ = shown("table", "data set", "best result", "--documents", documents["peanet.md"])
    assert code == 0
    assert out.startswith(f"PeaNet: Sorting peas with a small network  [{documents['peanet.md']}]\n"
                          "  data set     GreenPeas  [")
    assert "  best result  91.4 % (accuracy, GreenPeas)  [" in out
    assert "2 of 2 cells filled; 0 of all were known before" in out


def test_an_empty_cell_says_why_and_a_table_without_any_is_not_in_the_library(shown, documents):
    code, out, _ = shown("table", "data set", "--documents", documents["opinion.md"])
    assert code == 4 and "data set  (nothing found)" in out


def test_explained_cells_show_what_else_was_considered(shown, documents):
    _, out, _ = shown("table", "best result", "--documents", documents["peanet.md"], "--explain")
    assert "- 0." in out and "89.7" in out and "97.9" not in out


def test_all_documents_are_asked_where_none_is_named_and_json_has_the_places(shown, documents):
    code, out, _ = shown("table", "data set", "--json")
    table = json.loads(out)
    assert code == 0 and {row["document"] for row in table["rows"]} == set(documents.values())
    cells = {row["document"]: row["cells"][0] for row in table["rows"]}
    assert cells[documents["peanet.md"]]["citation"]["answer"]
    assert cells[documents["opinion.md"]]["empty"] == "nothing"


def test_csv_is_for_a_spreadsheet(shown, documents):
    _, out, _ = shown("table", "=soil", "data set", "--csv", "--documents", documents["peanet.md"])
    rows = list(csv.reader(io.StringIO(out)))
    assert rows[0] == ["document", "title", "'=soil", "data set"] and rows[1][3] == "GreenPeas"


def test_a_preset_has_its_names_in_the_readers_language(shown, documents, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    _, out, _ = shown("table", "--preset", "result", "--documents", documents["peamed.md"])
    assert "  数据集    PeaMed" in out and "最佳结果  88.3" in out


def test_a_table_is_kept_listed_made_again_shown_and_deleted(shown, documents, tmp_path):
    shown("table", "data set", "--keep", "peas")
    assert "peas" in shown("table", "--list")[1]
    (tmp_path / "pod.md").write_text(ENGLISH.replace("PeaNet", "PodNet"), encoding="utf-8")
    shown("add", tmp_path / "pod.md", "--encoder", "hashing")
    _, out, _ = shown("table", "--again", "peas")
    assert "1 document added, 0 removed, 0 cells are different\n+ PodNet" in out
    assert "PodNet" in shown("table", "--show", "peas")[1]
    assert shown("table", "--delete", "peas")[0] == 0
    code, _, err = shown("table", "--show", "peas")
    assert code == 1 and "E_UNKNOWN_TABLE" in err


@pytest.mark.parametrize(("arguments", "code"), [
    ((), "Q_NO_COLUMN"), (("",), "Q_EMPTY_COLUMN"), (tuple(f"c{i}" for i in range(200)), "Q_MANY_COLUMNS"),
    (("soil", "soil"), "Q_COLUMN_TWICE"), (("soil", "--documents", "nowhere"), "E_UNKNOWN_DOCUMENT")])
def test_a_table_that_cannot_be_made_is_an_error_with_a_name(shown, documents, arguments, code):
    found, _, err = shown("table", *arguments)
    assert found in (1, 2) and err.startswith(code)
