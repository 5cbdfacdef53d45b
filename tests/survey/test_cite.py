"""Documents as entries of a list of references, without a survey."""

from __future__ import annotations

import json

import pytest

from kb.cli import quote
from kb.cli.main import main
from kb.errors import SettingError, UnknownDocument
from kb.survey.cite import FORMS


@pytest.fixture
def library(base, tmp_path):
    for name, title, year in (("a", "LoRA", "2021"), ("b", "LoRA", "2021"), ("c", "低秩适应研究", "2023")):
        author, text = ("张三", "低秩适应是一种方法。") if name == "c" else ("Edward Hu", f"{name} is a method.")
        (tmp_path / f"{name}.md").write_text(
            f"---\ntitle: {title}\nauthors: [{author}]\nyear: {year}\nvenue: ICLR\n---\n# {title}\n\n{text}\n")
        base.add([tmp_path / f"{name}.md"])
    return base


def test_the_command_offers_what_there_is():
    assert quote.FORMS == FORMS


def test_each_document_is_cited_as_is_usual_in_its_language(library):
    ids = {info.title + info.path[-4]: info.id for info in library.documents()}
    english, chinese = library.cite([ids["LoRAa"], ids["低秩适应研究c"][:8]], language=None)[:2]
    assert "Hu" in english.entry and "2021" in english.entry and english.missing == ("DOI, arXiv number or address", )
    assert "张三" in chinese.entry and "[" in chinese.entry


@pytest.mark.parametrize(("style", "begins"), [
    ("bibtex", "@"), ("ris", "TY  - "), ("csl", "["), ("gbt7714", "HU"), ("numeric", "Edward Hu"),
    ("author-year", "Edward Hu")])
def test_every_style_gives_an_entry(library, style, begins):
    found = library.cite([info.id for info in library.documents() if info.title == "LoRA"], style=style)
    assert len(found) == 2 and len({work.key for work in found}) == 2
    assert all(work.entry.startswith(begins) for work in found), found


def test_what_cannot_be_cited_is_said(library):
    with pytest.raises(UnknownDocument):
        library.cite(["ffff"])
    with pytest.raises(SettingError):
        library.cite([library.documents()[0].id], style="mla")


def test_the_command_prints_the_entries(library, capfd):
    ids = [info.id for info in library.documents()]
    home = ["--home", str(library.home), "--encoder", "hashing"]
    assert main(["cite", *ids, "--style", "bibtex", *home]) == 0
    assert capfd.readouterr().out.count("\n@") == 2
    assert main(["cite", f"[{ids[0]}:0-5]", "--json", *home]) == 0
    assert json.loads(capfd.readouterr().out) == {"references": [work.to_dict() for work in library.cite(ids[0])]}
