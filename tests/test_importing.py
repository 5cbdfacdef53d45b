"""Bibliographies in: what an entry becomes, and that repeating an import changes nothing."""

import json

import pytest

from tests.making import make_pdf

BIB = r"""
@article{vaswani, title = {Attention Is All You Need}, author = {Vaswani, Ashish and Shazeer, Noam}, year = 2017,
  journal = {Advances in Neural Information Processing Systems}, volume = {30}, pages = {1--11},
  keywords = {transformers, attention}, abstract = {The dominant sequence models are recurrent networks.},
  eprint = {1706.03762}, archiveprefix = {arXiv}}
@phdthesis{zhang, title = {面向低资源语言的机器翻译研究}, author = {张三}, school = {清华大学}, year = 2020}
@misc{nothing, author = {Nobody}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/refs.bib").write_text(BIB, encoding="utf-8")
    return tmp_path / "in"


def by_title(base):
    return {info.title: info for info in base.documents()}


def test_an_entry_without_a_file_is_a_work_with_its_abstract(base, folder):
    report = base.import_bibliography(folder / "refs.bib")
    assert [(row.key, row.state) for row in report.entries] == [("vaswani", "abstract"), ("zhang", "abstract")]
    assert [problem.code for problem in report.failed] == ["E_ENTRY"] and "nothing" in report.failed[0].message
    infos = by_title(base)
    work = infos["Attention Is All You Need"]
    assert (work.kind, work.authors, work.year, work.arxiv) == ("entry", ("Ashish Vaswani", "Noam Shazeer"), 2017,
                                                                 "1706.03762")
    assert work.tags == ("attention", "transformers") and "abstract alone" in work.note
    assert infos["面向低资源语言的机器翻译研究"].venue == "博士学位论文, 清华大学"
    assert base.search("dominant sequence models", 1)[0].document == work.id
    assert not base.doubtful()


def test_repeating_an_import_changes_nothing(base, folder):
    base.import_bibliography(folder)
    before, generation = base.documents(), base.status().generation
    base.tag(before[0].id, remove=before[0].tags)
    again = base.import_bibliography(folder)
    assert {row.state for row in again.entries} == {"unchanged"}
    assert base.status().generation - generation <= 1  # the tag alone
    assert [info.id for info in base.documents()] == [info.id for info in before]
    assert all(not info.tags for info in base.documents() if info.id == before[0].id)


def test_an_entry_with_a_file_becomes_that_document_and_a_reader_s_edit_wins(base, folder):
    (folder / "files/7").mkdir(parents=True)
    (folder / "files/7/a.md").write_text("# Draft 3\n\nAttention relates positions of a sequence.\n")
    (folder / "refs.bib").write_text(
        "@article{v, title={Attention Is All You Need}, author={Vaswani, Ashish}, year={2017}, journal={NeurIPS},"
        " file={Full Text:files/7/a.md:text/markdown}}")
    report = base.import_bibliography(folder)
    (info,) = base.documents()
    assert report.entries[0].state == "document" and report.entries[0].document == info.id
    assert (info.title, info.venue, info.kind) == ("Attention Is All You Need", "NeurIPS", "markdown")
    assert base.document(info.id).metadata.beside == ("title", "authors", "year", "venue")
    base.edit(info.id, year=2018)
    (folder / "refs.bib").write_text((folder / "refs.bib").read_text().replace("NeurIPS", "NIPS"))
    base.import_bibliography(folder)
    assert (base.documents()[0].year, base.documents()[0].venue) == (2018, "NIPS")
    (folder / "files/7/a.md").write_text("# Draft 4\n\nAttention relates all positions of a sequence.\n")
    base.add(folder / "files/7/a.md")
    (info,) = base.documents()
    assert (info.title, info.year) == ("Attention Is All You Need", 2018)
    assert base.verify().is_sound


def test_a_file_that_comes_later_takes_the_place_of_its_entry(base, folder):
    base.import_bibliography(folder)
    entry = by_title(base)["Attention Is All You Need"]
    base.collect("Reading", entry.id)
    (folder / "paper.pdf").write_bytes(make_pdf([
        "Attention Is All You Need", "Ashish Vaswani, Noam Shazeer", "arXiv:1706.03762v5", "Abstract",
        "The dominant models are recurrent. We propose attention alone."]))
    base.add(folder / "paper.pdf")
    found = by_title(base)
    info = found["Attention Is All You Need"]
    assert info.kind == "pdf" and len(found) == 2 and info.collections == ("Reading",)
    assert info.venue == "Advances in Neural Information Processing Systems"
    assert {row.state for row in base.import_bibliography(folder).entries} == {"unchanged"}


def test_two_entries_of_one_work_are_one_document(base, folder):
    (folder / "other.ris").write_text("TY  - CONF\nTI  - Attention is all you need\nAU  - Vaswani, Ashish\nPY  - 2017\n"
                                      "AN  - arXiv:1706.03762\nER  - \n")
    report = base.import_bibliography(folder)
    assert len(report.entries) == 3 and len(base.documents()) == 2
    assert {row.state for row in base.import_bibliography(folder).entries} == {"unchanged"}


def test_what_cannot_be_imported_is_told(base, folder):
    (folder / "refs.bib").write_text("@article{a, title={A paper with a file}, author={A B}, file={:gone.pdf:PDF}}")
    (folder / "broken.ris").write_text("no records here")
    (folder / "data.json").write_text('{"rows": [1, 2]}')
    report = base.import_bibliography([folder, folder / "none.bib"])
    assert sorted(problem.code for problem in report.failed) == ["E_BIBLIOGRAPHY", "E_ENTRY_FILE", "E_NOT_FOUND"]
    assert [row.state for row in report.entries] == ["abstract"]


def test_a_bibliography_takes_no_files_from_elsewhere(base, folder):
    (folder.parent / "secret.md").write_text("# Secret\n\nNothing for others.\n")
    (folder / "refs.bib").write_text("@book{a, title={A book of secrets}, author={A B}, file={../secret.md;"
                                     f"{folder.parent}/secret.md}}}}")
    report = base.import_bibliography(folder)
    assert [problem.code for problem in report.failed] == ["E_ENTRY_FILE"] and base.documents()[0].kind == "entry"


def test_entries_leave_with_their_document(base, folder):
    base.import_bibliography(folder)
    base.remove([info.id for info in base.documents()])
    with base.reading() as view:
        assert not view.entries.rows()
    assert not list((base.home / "files").glob("*")) and base.verify().is_sound


def test_a_changed_entry_changes_its_document(base, folder):
    base.import_bibliography(folder)
    (folder / "refs.bib").write_text(BIB.replace("The dominant", "Most").replace("2020", "2021"), encoding="utf-8")
    report = base.import_bibliography(folder)
    assert {row.state for row in report.entries} == {"abstract"} and len(base.documents()) == 2
    infos = by_title(base)
    assert infos["面向低资源语言的机器翻译研究"].year == 2021
    assert base.document(infos["Attention Is All You Need"].id).text.endswith("Most sequence models are recurrent "
                                                                              "networks.\n")


def test_works_are_found_joined_and_parted(base, folder):
    (folder / "a.md").write_text("---\ntitle: Low-rank adaptation of models\nauthors: [Edward Hu]\n---\nIt.\n")
    (folder / "b.md").write_text("---\ntitle: Low-Rank Adaptation of Models\nauthors: ['Hu, Edward']\n---\nA note.\n")
    (folder / "c.md").write_text("---\ntitle: Notes from a talk\n---\nAdaptation.\n")
    base.add(folder)
    works = base.works()
    assert sorted(len(work.documents) for work in works) == [1, 2] and any(work.why == ("title",) for work in works)
    a, c = (next(info.id for info in base.documents() if info.path.endswith(name)) for name in ("a.md", "c.md"))
    assert len(base.join_works([a, c]).documents) == 3 and len(base.works()) == 1
    assert base.part_work(a).documents == (a,) and len(base.works()) == 2
    assert json.loads(json.dumps([work.to_dict() for work in base.works()]))


def test_a_document_that_says_much_the_same_is_told(base, tmp_path):
    lines = [f"Sentence number {i} says something about method {i} and its results.\n" for i in range(40)]
    (tmp_path / "a.md").write_text("# A study\n\n" + "\n".join(lines))
    (tmp_path / "b.md").write_text("# A study\n\n" + "\n".join(lines[:-1]) + "\nThis line alone is another one here.\n")
    (tmp_path / "c.md").write_text("# Another\n\nSentence number 3 says something about method 3 and its results.\n" +
                                   "\n".join(f"Whatever {i} is told here is about other things.\n" for i in range(30)))
    assert not base.add(tmp_path / "a.md").alike
    report = base.add([tmp_path / "b.md", tmp_path / "c.md"])
    assert [(item.document, item.other) for item in report.alike] == [
        (report.added[0].document, base.documents()[-1].id)] and 0.9 < report.alike[0].share < 1


def test_a_revision_and_a_longer_version_are_told_and_other_figures_are_another_document(base, tmp_path):
    said = ["Clay is dug from the bank of a river in spring.", "A wheel turns faster than most hands can follow it.",
            "Ash of pine gives a green that no other tree gives.", "Nobody knows why the oldest vase has two handles.",
            "Salt is thrown into the fire when it is white.", "The price of tiles fell after the second war.",
            "Most cracks come from water that was left inside.", "A museum in Ely keeps notebooks of three potters."]
    revised = [line.replace(".", " and again.") if i % 2 else line for i, line in enumerate(said)]
    sheet = [f"Sample {i} was weighed at station {i + 3} and kept for {i} days before it was weighed again."
             for i in range(20)]
    other = [line.replace("Sample ", "Sample 7").replace("station ", "station 9") for line in sheet]
    for name, lines in {"a": said, "b": revised, "c": said[:3] + sheet, "d": other}.items():
        (tmp_path / f"{name}.md").write_text("# A study of ovens\n\n" + "\n\n".join(lines) + "\n")
    base.add(tmp_path / "a.md")
    assert base.add(tmp_path / "b.md").alike[0].share >= 0.9
    assert base.add(tmp_path / "c.md").alike == ()  # half of neither
    assert base.add(tmp_path / "d.md").alike == ()


def test_what_was_not_compared_with_others_is_counted_and_said(base, tmp_path, monkeypatch, capsys):
    from kb.base import alike
    from kb.cli.terminal import print_report

    monkeypatch.setattr(alike, "MOST_ADDED", 1)
    for name in "abc":
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\nOne of the documents that came at once, called {name}.\n")
    report = base.add(tmp_path)
    assert report.n_uncompared == 2
    print_report(report)
    assert "2 documents were not compared with others" in capsys.readouterr().out
