"""Bibliographies out of a library: what a bibliography said comes back, and what a reader set wins."""

import json

import pytest

from kb.base.exporting import FORMATS
from kb.cli import bibliography
from kb.cli.main import main
from kb.errors import SettingError

BIB = r"""
@article{lecun2015, title = {Deep Learning & Beyond}, author = {LeCun, Yann and Bengio, Yoshua and Hinton, Geoffrey and
  {Google Brain}}, year = 2015, month = may, journal = {Nature}, volume = 521, number = 7553, pages = {436--444},
  doi = {10.1038/nature14539}, abstract = {Deep learning allows models of many layers.}}
@phdthesis{zhang, title = {低资源机器翻译研究}, author = {张三}, school = {清华大学}, address = {北京}, year = 2020}
@inproceedings{hu, title = {{LoRA}: Low-Rank Adaptation}, author = {Hu, Edward J.}, booktitle = {ICLR}, year = 2022,
  pages = {1--9}, publisher = {OpenReview}}
@book{zhou, title = {机器学习}, author = {周志华}, publisher = {清华大学出版社}, address = {北京}, year = 2016}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    from kb import KnowledgeBase

    folder = tmp_path_factory.mktemp("export")
    (folder / "refs.bib").write_text(BIB, encoding="utf-8")
    with KnowledgeBase.open(folder / "home", encoder="hashing") as base:
        base.import_bibliography(folder / "refs.bib")
        base.collect("Reading", [info.id for info in base.documents() if info.title.startswith("Deep")])
        yield base


def test_the_command_offers_what_there_is():
    assert bibliography.FORMATS == FORMATS


def test_gbt7714(library):
    assert library.bibliography(style="gbt7714").splitlines() == [
        "HU E J. LoRA: Low-Rank Adaptation[C]//ICLR. OpenReview, 2022: 1-9.",
        "LECUN Y, BENGIO Y, HINTON G, et al. Deep Learning & Beyond[J/OL]. Nature, 2015, 521(7553): 436-444. "
        "DOI:10.1038/nature14539.",
        "周志华. 机器学习[M]. 北京: 清华大学出版社, 2016.",
        "张三. 低资源机器翻译研究[D]. 北京: 清华大学, 2020."]


def test_apa(library):
    assert library.bibliography(style="apa").splitlines() == [
        "Hu, E. J. (2022). LoRA: Low-Rank Adaptation. In ICLR (pp. 1-9). OpenReview.",
        "LeCun, Y., Bengio, Y., Hinton, G., & Google Brain. (2015). Deep Learning & Beyond. Nature, 521(7553), 436-444."
        " https://doi.org/10.1038/nature14539",
        "周志华. (2016). 机器学习. 清华大学出版社.", "张三. (2020). 低资源机器翻译研究 [PhD thesis, 清华大学]."]


@pytest.mark.parametrize("style", ["bibtex", "ris", "csl"])
def test_what_is_exported_and_imported_is_the_same_library(library, tmp_path, style):
    from kb import KnowledgeBase

    (tmp_path / "out.txt").write_text(library.bibliography(style=style), encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "home", encoder="hashing") as other:
        report = other.import_bibliography(tmp_path / "out.txt")
        assert len(report.entries) == 4 and not report.failed
        assert other.bibliography(style=style) == library.bibliography(style=style)
        assert other.bibliography(style="gbt7714") == library.bibliography(style="gbt7714")


def test_what_a_reader_set_wins(library):
    document = next(info.id for info in library.documents() if info.title == "机器学习")
    library.edit(document, authors=["周志华", "Ann Lee"], year=2017)
    try:
        assert "周志华, LEE A. 机器学习[M]. 北京: 清华大学出版社, 2017." in library.bibliography(style="gbt7714")
    finally:
        library.edit(document, clear=["authors", "year"])


def test_a_collection_and_a_work_by_its_title(library):
    assert json.loads(library.bibliography(style="csl", collections=["reading"]))[0]["id"] == "lecun2015"
    assert library.bibliography(["机器学习"], style="bibtex").startswith("@book{zhou,")
    with pytest.raises(SettingError):
        library.bibliography(style="mla")


def test_markdown_keeps_what_a_reader_wrote(library, tmp_path):
    names = library.export_notes(tmp_path / "vault")
    path = tmp_path / "vault" / "LeCun 2015 Deep Learning & Beyond.md"
    assert path.name in names and len(names) == 4
    text = path.read_text(encoding="utf-8")
    assert 'citekey: "lecun2015"' in text and "Only the abstract" in text and 'collections: ["Reading"]' in text
    path.write_text(text + "\nMy own thoughts.\n", encoding="utf-8")
    (tmp_path / "vault" / "Hu 2022 LoRA Low-Rank Adaptation.md").write_text("not of kb\n", encoding="utf-8")
    again = library.export_notes(tmp_path / "vault")
    assert path.read_text(encoding="utf-8").endswith("\nMy own thoughts.\n") and path.name in again
    assert "Hu 2022 LoRA Low-Rank Adaptation 2.md" in again
    assert (tmp_path / "vault/Hu 2022 LoRA Low-Rank Adaptation.md").read_text(encoding="utf-8") == "not of kb\n"


def test_the_commands(library, tmp_path, capfd):
    home = ["--home", str(library.home), "--encoder", "hashing"]
    assert main(["export", "--format", "ris", "--out", str(tmp_path / "a.ris"), *home]) == 0
    assert main(["import", str(tmp_path / "a.ris"), *home]) == 0
    assert "4 unchanged" in capfd.readouterr().out
    assert main(["works", *home]) == 0 and "4 works, 0 of them" in capfd.readouterr().out
    assert main(["export", "--format", "markdown", "--out", str(tmp_path / "v"), *home]) == 0
    assert "4 files" in capfd.readouterr().out
    assert main(["export", "--format", "markdown", *home]) == 2
    assert main(["import", str(tmp_path / "none.bib"), *home]) == 4 or "E_NOT_FOUND" in capfd.readouterr().out


def test_what_an_answer_cites_is_a_bibliography(library, capfd):
    home = ["--home", str(library.home), "--encoder", "hashing"]
    assert main(["ask", "What does deep learning allow?", "--bibliography", "gbt7714", *home]) == 0
    assert "LECUN Y, BENGIO Y, HINTON G, et al. Deep Learning & Beyond[J/OL]." in capfd.readouterr().out


def test_cite_has_what_the_bibliography_said(library):
    document = next(info.id for info in library.documents() if info.doi)
    (cited,) = library.cite(document, style="gbt7714")
    assert "Nature, 2015, 521(7553): 436-444" in cited.entry and cited.key == "lecun2015"
    assert "volume = {521}" in library.cite(document, style="bibtex")[0].entry
