"""`kb edit`, `kb show ID --report` and `kb doctor --documents`: what they print, and with which exit code."""

import json
import re

import pytest

from kb.cli.main import main
from kb.cli.words import columns
from tests.making import make_pdf

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a494441"
    "54789c636000000002000148afa4710000000049454e44ae426082")
PAGES = (["# Pruning of networks", "Pruning is a method that removes weights of a network.", "It keeps the largest."],
         ["ii"])


@pytest.fixture
def document(shown, tmp_path):
    (tmp_path / "scan_7.txt").write_text("Pruning is a method that removes weights.")
    return json.loads(shown("add", tmp_path / "scan_7.txt", "--json")[1])["added"][0]["document"]


# --- kb edit


def test_an_edit_prints_what_was_and_what_is(shown, document):
    code, out, _ = shown("edit", document[:6], "--title", "Pruning", "--author", "Ada Lovelace", "--author", "王小明",
                         "--year", 1843)
    assert code == 0
    assert re.sub(r"edited \d{4}-\d\d-\d\d", "edited today", out) == f"""{document}  Pruning
  title      scan 7  (guessed)
             -> Pruning  (edited today)
  authors    -
             -> Ada Lovelace, 王小明  (edited today)
  year       -
             -> 1843  (edited today)
"""
    code, out, _ = shown("edit", document, "--clear", "title", "--clear", "author")
    assert code == 0 and "-> scan 7  (guessed)" in out and "-> -\n" in out
    assert "authors" not in shown("show", document)[1] and "1843  (edited)" in shown("show", document)[1]


def test_an_edit_as_json_has_both(shown, document):
    code, out, _ = shown("edit", document, "--author", "", "--doi", "doi:10.1000/182", "--json")
    values = json.loads(out)
    assert code == 0 and values["document"] == document
    assert values["before"]["authors"] == {"value": None, "origin": "missing", "when": "", "source": ""}
    assert values["after"]["authors"]["origin"] == "edited" and values["after"]["authors"]["value"] is None
    assert values["after"]["doi"]["value"] == "10.1000/182"
    assert values["before"]["title"] == values["after"]["title"]


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["--year", "12"], 2, "E_EDIT: year cannot be 12"), ([], 2, "E_EDIT_NOTHING"),
    (["--title", ""], 2, "E_EDIT: title cannot be"), (["--clear", "titel"], 2, "did you mean title?"),
    (["--language", "fr"], 2, "fr is none of zh, en"), (["--titel", "A"], 2, "did you mean --title?")])
def test_what_cannot_be_edited_is_refused(shown, capfd, document, arguments, code, words):
    try:
        found = main(["edit", document, *arguments])
    except SystemExit as leaving:
        found = leaving.code
    assert found == code and words in capfd.readouterr().err


def test_a_new_version_that_keeps_what_was_edited_says_so(shown, document, tmp_path):
    shown("edit", document, "--title", "Mine", "--year", 1843)
    (tmp_path / "scan_7.txt").write_text("Pruning is a method that removes the weights of a network.")
    assert "Mine, replaces " + document + ", as edited: title, year" in shown("add", tmp_path / "scan_7.txt")[1]


# --- kb show --report


@pytest.fixture
def pdf(shown, tmp_path):
    (tmp_path / "pruning.pdf").write_bytes(make_pdf(*PAGES))
    (tmp_path / "pruning.toml").write_text('author = "Ada Lovelace"\n')
    return json.loads(shown("add", tmp_path / "pruning.pdf", "--json")[1])["added"][0]["document"]


@pytest.mark.parametrize(("locale", "words"), [
    ("en_US.UTF-8", ["2 pages", "nearly empty pages: 2", "headings 1", "Ada Lovelace  (from the file beside it)",
                     "no year", "Pruning of networks"]),
    ("zh_CN.UTF-8", ["2 页", "几乎没有文字的页：2", "标题 1", "Ada Lovelace（来自旁边的文件）", "没有年份"])])
def test_a_report_says_what_was_read_and_fits_the_terminal(shown, monkeypatch, pdf, locale, words):
    monkeypatch.setenv("LANG", locale)
    code, out, _ = shown("show", pdf, "--report")
    assert code == 0
    for some in words:
        assert some in out
    path = next(line for line in out.splitlines() if "pruning.pdf" in line)
    assert all(columns(line) <= 80 for line in out.splitlines() if line != path)


def test_what_was_left_out_stands_with_its_reason(shown, tmp_path):
    (tmp_path / "a.md").write_text("# One\n\nKept <!-- no evidence --> here.\n")
    document = json.loads(shown("add", tmp_path / "a.md", "--json")[1])["added"][0]["document"]
    assert "left out   1 comment: not meant to be read as the text" in shown("show", document, "--report")[1]


def test_a_report_as_json_is_the_record(shown, pdf):
    values = json.loads(shown("show", pdf, "--report", "--json")[1])
    assert values["document"] == pdf and values["nearly_empty"] == [2] and values["n_pages"] == 2
    assert {field["name"]: field["origin"] for field in values["fields"]}["authors"] == "beside"


def test_a_report_says_nothing_that_it_does_not_know(shown, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("Una introducción en la lengua de Cervantes, sin otros datos de nadie.")
    document = json.loads(shown("add", tmp_path / "a.txt", "--json")[1])["added"][0]["document"]
    out = shown("show", document, "--report")[1]
    line = next(line for line in out.splitlines() if line.strip().startswith("language"))
    assert "file itself" not in line and "\n\n" not in out.rstrip()
    (tmp_path / "b.png").write_bytes(PICTURE)
    said = shown("add", tmp_path / "b.png")[1]
    assert "(no text: a picture" in said
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "没有文字：一张图片" in shown("list")[1]


# --- kb doctor --documents


def test_the_doubtful_documents_are_listed_and_only_one_that_is_not_read_fails(shown, document, pdf, tmp_path):
    code, out, _ = shown("doctor", "--documents")
    assert code == 0
    assert out.index(pdf) < out.index(document)
    assert "scan 7: the title is a guess; no authors; no year" in out
    assert out.index(pdf) < out.index("Read well, but") < out.index(document)
    assert out.splitlines()[-1].startswith("1 of 2 documents needs a look, and of 1 more the metadata; ")
    (tmp_path / "empty.html").write_text("<html><body><img src='x.png'></body></html>")
    shown("add", tmp_path / "empty.html")
    code, out, _ = shown("doctor", "--documents", "--json")
    values = json.loads(out)
    assert (code, values["sound"], values["n_documents"]) == (1, False, 3)
    assert [item["path"].rsplit("/", 1)[1] for item in values["documents"]] == [
        "empty.html", "pruning.pdf", "scan_7.txt"]
    assert values["documents"][0]["doubts"][0]["code"] == "F_DOUBT_UNREAD"


def test_a_library_without_doubts_says_so(shown, document):
    shown("edit", document, "--title", "Pruning", "--author", "Ada Lovelace", "--year", 1843)
    code, out, _ = shown("doctor", "--documents")
    assert (code, out.splitlines()) == (0, [
        "0 of 1 document need a look, and of 0 more the metadata; kb show ID --report says more, kb edit ID and kb "
        "look-up set metadata right"])
