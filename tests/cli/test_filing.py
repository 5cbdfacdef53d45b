"""`kb collection`, `tag`, `state`, `list --sort`, and the options that say which documents are meant."""

import json
import re
import shutil

import pytest

from kb import KnowledgeBase
from kb.cli.main import main

PAPERS = {
    "kiln": ("Slow kilns", "[Ada Okoro, Bao Lin]", 2019, "A kiln fires clay slowly. It keeps clay from cracks."),
    "tide": ("Tides of the moon", "[Carla Mendes]", 2021, "The moon raises tides. A tide comes twice a day."),
    "yao": ("窑火研究", "[王小明, 李雷]", 2021, "窑火是烧制陶土的方法。陶土在窑中慢慢变硬。"),
    "note": ("A note", "[]", None, "Salt glaze makes a pot shine in the fire of a kiln."),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """(the folder of a library, that of its files)"""
    folder = tmp_path_factory.mktemp("filed")
    for name, (title, authors, year, text) in PAPERS.items():
        dated = f"year: {year}\n" if year else ""
        (folder / f"{name}.md").write_text(
            f"---\ntitle: {title}\nauthors: {authors}\n{dated}---\n# {title}\n\n{text}\n")
    with KnowledgeBase.open(folder / "home", encoder="hashing") as base:
        assert len(base.add(folder).added) == len(PAPERS)
    return folder / "home", folder


@pytest.fixture
def library(whole, tmp_path):
    shutil.copytree(whole[0], tmp_path / "library")
    return whole[1]


def titles(shown, *options):
    code, out, _ = shown("list", "--json", *options)
    assert code == 0
    return [item["title"] for item in json.loads(out)["documents"]]


def test_documents_are_filed_listed_and_found_by_how_they_are_filed(shown, library):
    assert shown("collection", "add", "Clay/Fire", "Slow kilns", library / "yao.md")[:2] == (
        0, "2 documents put into Clay/Fire\n")
    assert shown("tag", "slow kilns", "tides of the moon", "+to read", "+潮")[:2] == (0, "tags changed: 4\n")
    assert shown("tag", "slow kilns", "-潮")[:2] == (0, "tags changed: 1\n")
    assert shown("state", "窑火研究", "read")[:2] == (0, "marked as read: 1\n")
    assert shown("collection", "list")[1] == "    0  Clay\n    2  Clay/Fire\n"
    assert shown("tag")[1] == "    2  to read\n    1  潮\n"
    assert {*titles(shown, "--in", "clay")} == {"Slow kilns", "窑火研究"}
    assert titles(shown, "--in", "clay", "--state", "read") == ["窑火研究"]
    assert titles(shown, "--tag", "to read", "--tag", "潮") == ["Tides of the moon"]
    listed = shown("list", "--sort", "title")[1].splitlines()
    assert re.sub(r"^\w{12}", "ID", listed[1]) == (
        "ID  2019  en      1  Slow kilns  — Ada Okoro, Bao Lin  [to read]")
    assert listed[3].endswith("窑火研究  — 王小明, 李雷  [read]")
    item = json.loads(shown("list", "--json", "--tag", "潮")[1])["documents"][0]
    assert (item["collections"], item["tags"], item["state"], item["year"]) == ([], ["to read", "潮"], "unread", 2021)


@pytest.mark.parametrize(("sort", "expected"), [
    ("year,-title", ["Slow kilns", "窑火研究", "Tides of the moon", "A note"]),
    ("-year,title", ["Tides of the moon", "窑火研究", "Slow kilns", "A note"]),
    ("author", ["Slow kilns", "Tides of the moon", "窑火研究", "A note"])])
def test_a_list_is_sorted_by_any_columns_and_what_has_none_stands_last(shown, library, sort, expected):
    assert titles(shown, f"--sort={sort}") == expected


def test_authors_and_years_narrow_the_list(shown, library):
    assert titles(shown, "--author", "Lin, Bao") == ["Slow kilns"]
    assert titles(shown, "--author", "okoro", "--author", "Lin") == ["Slow kilns"]
    assert titles(shown, "--author", "王 小明") == ["窑火研究"] == titles(shown, "--language", "zh")
    assert titles(shown, "--year", "2020..", "--sort", "title") == ["Tides of the moon", "窑火研究"]
    assert titles(shown, "--year", "..2020") == ["Slow kilns"] == titles(shown, "--year", "2019")
    assert len(titles(shown, "--kind", "markdown")) == 4


def test_search_and_ask_stay_in_the_scope_and_say_so(shown, library):
    hits = json.loads(shown("search", "kiln", "--year", "2021", "--json")[1])["hits"]
    assert {hit["title"] for hit in hits} <= {"Tides of the moon", "窑火研究"}
    code, out, _ = shown("ask", "What raises tides?", "--author", "Okoro")
    assert code == 4 and "Not in this part of your library." in out
    assert "in author Okoro: searched 1 passage of 1 document" in out
    assert "Outside of it 1 document speaks of it." in out
    searched = json.loads(shown("ask", "What raises tides?", "--author", "Mendes", "--json")[1])["searched"]
    assert searched["documents"] == 1 and searched["scope"]["authors"] == ["Mendes"] and searched["outside"] == 0
    code, out, _ = shown("ask", "How many papers are there?", "--year", "2021")
    assert code == 0 and out.startswith("2 documents")
    assert "Tides" in out and "Slow kilns" not in out
    code, out, _ = shown("ask", "Who wrote “Slow kilns”?", "--year", "2021")
    assert code == 4 and "Outside of it 1 document speaks of it." in out


def test_a_table_stays_in_the_scope_and_is_made_again_in_it(shown, library, tmp_path):
    rows = json.loads(shown("table", "year", "--year", "2021", "--keep", "new", "--json")[1])["rows"]
    assert {row["title"] for row in rows} == {"Tides of the moon", "窑火研究"}
    for name, year in (("Late", 2021), ("Older", 2001)):
        (tmp_path / f"{name}.md").write_text(f"---\ntitle: {name}\nyear: {year}\n---\n# {name}\n\nA text.\n")
        shown("add", tmp_path / f"{name}.md")
    again = json.loads(shown("table", "--again", "new", "--json")[1])
    assert {row["title"] for row in again["rows"]} == {"Tides of the moon", "窑火研究", "Late"}
    assert again["scope"]["first_year"] == 2021 and again["changes"]["added"] == ["Late"]


@pytest.mark.parametrize(("arguments", "code", "said"), [
    (["list", "--in", "Cley"], 2, "there is no collection “Cley”; did you mean “Clay”?"),
    (["search", "kiln", "--in", "Cley"], 2, "did you mean “Clay”?"), (["ask", "kiln", "--tag", "rde"], 2, "“red”"),
    (["list", "--year", "1990", "--in", "Clay"], 7, "none is left by “year 1990”; the nearest there is: year "),
    (["ask", "What is a kiln?", "--kind", "pdf"], 7, "by “kind pdf”; the nearest there is: kind markdown (4)"),
    (["list", "--in", "Clay", "--author", "Mendes"], 7, "none is left by “author Mendes”"),
    (["list", "--year", "2023..2020"], 2, "“2023..2020” are no years"),
    (["list", "--document", "nobody"], 1, "nobody"),
    (["list", "--sort", "colour"], 2, "one of added, authors"), (["tag", "Slow kilns"], 2, "give documents"),
    (["tag", "+red"], 2, "give documents"),
    (["table", "year", "--documents", "ID", "--year", "1990"], 7, "year 1990"),
    (["collection", "rename", "Cley", "B"], 2, "“Clay”"), (["state", "Slow kilns", "skimmed"], 2, "skimmed")])
def test_what_cannot_be_meant_is_said_with_what_may_be(shown, capfd, library, arguments, code, said):
    shown("collection", "add", "Clay", "Slow kilns")
    shown("tag", "Slow kilns", "+red")
    known = json.loads(shown("list", "--json")[1])["documents"][0]["id"]
    try:
        found = main([known if part == "ID" else part for part in arguments])
    except SystemExit as left:
        found = left.code
    assert found == code and said in capfd.readouterr().err


def test_a_wrong_word_in_chinese_is_answered_in_chinese(shown, library, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    shown("collection", "add", "陶土", "窑火研究")
    assert "是否指“陶土”？" in shown("list", "--in", "陶士")[2]
    assert "年份 1990" in shown("list", "--year", "1990")[2]


def test_a_collection_is_given_to_somebody_and_hidden(shown, library):
    shown("collection", "add", "Clay", "Slow kilns")
    assert shown("collection", "own", "clay", "--as", "Anna@example.org", "--private")[:2] == (
        0, "Clay  anna@example.org alone\n")
    assert shown("collection", "own", "Clay", "--shared")[1] == "Clay  anna@example.org\n"
    assert shown("collection", "list")[1] == "    1  Clay  anna@example.org\n"
    assert shown("collection", "own", "Clay", "--as", "")[1] == "Clay\n"
    code, _, err = shown("collection", "own", "Clay", "--private")
    assert code == 2 and "is everybody's" in err and "--as" in err
