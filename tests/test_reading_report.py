"""The reading report: what was read, what was left out and why, what is a guess, and which documents need a look."""

import json
from dataclasses import replace

import pytest

from kb.base.reading import Field, ReadingReport, file_names, pages_in_words, report_of, same_titles
from kb.errors import UnknownDocument, note
from kb.readers.left_out import left_out, name_of, reason
from kb.types import Block, Document, LeftOut, Metadata, Page, Words
from tests.making import make_pdf

PAGES = ["Pruning is a method that removes weights of a network. " * 8, "ii",
         "Quantization lowers the precision. " * 12]


def made(text="", pages=(), status="ok", notes=(), left=(), blocks=(), metadata=None):
    """A document, as a reader gives it."""
    at, placed = 0, []
    for n, page in enumerate(pages, 1):
        placed.append(Page(n, str(n), at, at + len(page)))
        at += len(page)
    metadata = metadata or Metadata("A title", ("Ada Lovelace",), 1843)
    return Document("0" * 12, "0" * 64, "/a.pdf", "pdf", metadata, "en", text or "".join(pages), pages=tuple(placed),
                    blocks=tuple(blocks), status=status, notes=tuple(notes), left_out=tuple(left))


def codes(report):
    return [doubt.code for doubt in report.doubts]


# --- what is usual for its kind


@pytest.mark.parametrize(("kind", "pages", "text", "expected"), [
    ("pptx", ["A title", "Words of a slide that are enough to be read.", "More words of a slide, as many."], "", []),
    ("pptx", ["A title", "End", "More words of a slide, as many as are needed."], "", ["F_DOUBT_PAGES"]),
    ("sheet", [], "c0ffee zqxkjz jkvvwx wqzqqj bxqxzk zqxxzk jkvjxw wqzkjz bxqvwx zqxvkq jkvkjz wqzxzk", []),
    ("csv", [], "a, b", []), ("notebook", [], "import this", []),
    ("docx", [], "A text of one line.", ["F_DOUBT_TITLE", "F_DOUBT_AUTHORS", "F_DOUBT_YEAR"])])
def test_what_is_usual_for_a_kind_raises_no_doubt(kind, pages, text, expected):
    metadata = Metadata("A title", guessed=("title",)) if kind in ("sheet", "csv", "notebook", "docx") else None
    report = report_of(replace(made(text, pages, metadata=metadata), kind=kind), 1)
    assert codes(report) == expected
    assert report.lacks_only_metadata == ("F_DOUBT_PAGES" not in expected)


def test_where_nothing_was_read_it_is_not_said_that_more_was_left_out():
    report = report_of(made("", status="no_text", notes=[note("N_NO_TEXT")], left=[LeftOut("symbol", "x" * 40, (1,))]),
                       0)
    assert codes(report) == ["F_DOUBT_UNREAD"]


# --- of one document


def test_a_report_counts_what_was_read(base, tmp_path):
    (tmp_path / "a.md").write_text("---\nauthor: Ada Lovelace\nyear: 1843\n---\n# Tables\n\nOne sentence stands "
                                   "here.\n\n## Numbers\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n")
    document = base.add([tmp_path / "a.md"]).added[0].document
    report = base.report(document)
    assert (report.kind, report.status, report.n_pages) == ("markdown", "ok", 0)
    assert report.n_characters == len(base.document(document).text)
    assert report.n_passages == len(base.passages(document))
    assert report.parts == {"section": 2, "code": 1, "table": 1}
    assert report.doubts == () and report.is_sound and report.weight == 0


def test_it_says_where_each_field_comes_from(base, tmp_path):
    (tmp_path / "scan_7.txt").write_text("Pruning is a method that removes weights.")
    (tmp_path / "scan_7.toml").write_text('author = ["Ada Lovelace"]\nvenue = "Nature"\n')
    document = base.add([tmp_path / "scan_7.txt"]).added[0].document
    base.edit(document, year=1843, venue="Science")
    fields = {field.name: field for field in base.report(document).fields}
    assert {name: field.origin for name, field in fields.items()} == {
        "title": "guess", "authors": "beside", "year": "edited", "venue": "edited", "doi": "missing",
        "arxiv": "missing", "url": "missing", "language": "file"}
    assert fields["authors"] == Field("authors", ("Ada Lovelace",), "beside")
    assert fields["venue"].value == "Science" and fields["venue"].when == base.documents()[0].edited[1].when


def test_what_readers_leave_out_by_counts_and_by_place_is_told_in_one_way(base, tmp_path):
    (tmp_path / "a.md").write_text("# One\n\nKept <!-- no evidence --> here. ~~Struck~~\n\n<!-- nor this -->\n")
    report = base.report(base.add([tmp_path / "a.md"]).added[0].document)
    assert {item.kind: (item.n, item.pages, item.texts) for item in report.left_out} == {
        "comment": (2, (), ()), "struck": (1, (), ())}
    assert report.notes == ()

    left = [LeftOut("page number", "1 … 3", (1, 2, 3)), LeftOut("stamp", "arXiv:1706.03762v5", (1,)),
            LeftOut("running head", "A Title", (2, 3)), LeftOut("running head", "Ada Lovelace", (4,))]
    report = report_of(made("A text.", left=left, notes=left_out({"picture": 2})), 1)
    assert {item.kind: (item.n, item.pages, item.texts) for item in report.left_out} == {
        "page number": (3, (1, 2, 3), ("1 … 3",)), "stamp": (1, (1,), ("arXiv:1706.03762v5",)),
        "running head": (3, (2, 3, 4), ("A Title", "Ada Lovelace")), "picture": (2, (), ())}
    assert [item.name("en") for item in report.left_out] == [
        "3 page numbers", "3 running heads and feet", "1 stamp", "2 pictures"]
    assert [item.name("zh") for item in report.left_out] == ["3 个页码", "3 个页眉页脚", "1 处印记", "2 幅图片"]
    assert all(item.why("en") and item.why("zh") for item in report.left_out)


def test_every_kind_that_is_left_out_has_a_reason_and_an_unknown_one_its_own_name():
    from kb.readers.left_out import _KINDS

    assert all(reason(kind).en and reason(kind).zh for kind in _KINDS)
    assert (name_of("hologram", 2), reason("hologram")) == (Words("2 hologram", "2 处 hologram"), Words("", ""))


def test_a_note_of_an_earlier_version_that_has_no_counts_stays_a_note():
    old = note("N_LEFT_OUT", what=Words("3 comments", "3 处批注"))
    report = report_of(made("A text.", notes=[old]), 1)
    assert (report.left_out, report.notes) == ((), (old,))


def test_pages_with_hardly_a_character_are_named(base, tmp_path):
    (tmp_path / "a.pdf").write_bytes(make_pdf(*(page.split("  ") for page in PAGES)))
    document = base.add([tmp_path / "a.pdf"]).added[0].document
    report = base.report(document)
    assert report.nearly_empty == (2,)
    assert "nearly empty pages: 2 (1 of 3)" in [doubt.message for doubt in report.doubts]


def test_recognised_pages_say_how_sure_the_recogniser_is_and_unsure_ones_need_a_look():
    document = made(pages=["Pruning removes weights of a network. " * 3] * 4)
    sure = [None, 0.97, 0.62, 0.7]
    document = replace(document, pages=tuple(
        replace(page, recognised=value) for page, value in zip(document.pages, sure, strict=True)))
    report = report_of(document, 4)
    assert report.recognised == ((2, 0.97), (3, 0.62), (4, 0.7))
    assert [doubt.message for doubt in report.doubts] == ["the recogniser is not sure of 2 of 4 pages: 3-4"]
    assert ReadingReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_a_report_becomes_plain_values_and_back(base, tmp_path):
    (tmp_path / "a.txt").write_text("Pruning removes weights.")
    report = base.report(base.add([tmp_path / "a.txt"]).added[0].document)
    assert ReadingReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_a_document_that_is_not_there_has_no_report(base, tmp_path):
    (tmp_path / "a.txt").write_text("Pruning removes weights.")
    base.add([tmp_path / "a.txt"])
    with pytest.raises(UnknownDocument):
        base.report("ffff")


# --- what is doubtful


@pytest.mark.parametrize(("document", "n_passages", "expected"), [
    (made("A text."), 1, []),
    (made("", status="no_text", notes=[note("N_NO_TEXT")]), 0, ["F_DOUBT_UNREAD"]),
    (made("\ue001\ue002", status="unmapped", notes=[note("N_UNMAPPED", n=1, total=1)]), 0,
     ["F_DOUBT_UNREAD", "F_DOUBT_LETTERS"]),
    (made("A text.", status="partial", notes=[note("N_PAGES", read=1, total=2)]), 1, ["F_DOUBT_PARTIAL"]),
    (made("A text with \ue001\ue001 signs " * 3), 1, ["F_DOUBT_LETTERS"]),
    (made("A text with one sign \uf0b7. " + "Many words follow it. " * 90), 1, []),
    (made("Two things to know:\n\uf0b7 the first\n\uf0b7 the second\n" * 9), 1, []),
    (made(" ".join(a + b for a in ("zqx", "jkv", "wqz", "bxq") for b in ("kjz", "vwx", "qqj", "xzk", "vkq", "jxw"))), 1,
     ["F_DOUBT_LETTERS"]),
    (made("A text.", left=[LeftOut("watermark", "DRAFT, NOT FOR DISTRIBUTION", (1, 2))]), 1, ["F_DOUBT_LEFT_OUT"]),
    (made("A text that is long enough. " * 4, left=[LeftOut("page number", "1 … 3", (1, 2, 3))]), 1, []),
    (made("A text.", notes=left_out({"data": 480_000})), 1, ["F_DOUBT_LEFT_OUT"]),
    (made(pages=PAGES), 1, ["F_DOUBT_PAGES"]),
    (made("A text.", metadata=Metadata("scan 7", ("Ada Lovelace",), 1843, guessed=("title",))), 1, ["F_DOUBT_TITLE"]),
    (made("A text.", metadata=Metadata("", ("Ada Lovelace",), 1843)), 1, ["F_DOUBT_NO_TITLE"]),
    (made("A text.", metadata=Metadata("A title")), 1, ["F_DOUBT_AUTHORS", "F_DOUBT_YEAR"]),
])
def test_what_needs_a_look(document, n_passages, expected):
    report = report_of(document, n_passages)
    assert codes(report) == expected
    assert report.is_sound == ("F_DOUBT_UNREAD" not in expected)
    assert all(doubt.describe("zh")[0] and doubt.describe("zh")[1] for doubt in report.doubts)


def test_a_reader_who_says_that_there_is_none_is_believed(base, tmp_path):
    (tmp_path / "a.md").write_text("# Notes\n\nPruning removes weights.\n")
    document = base.add([tmp_path / "a.md"]).added[0].document
    assert codes(base.report(document)) == ["F_DOUBT_AUTHORS", "F_DOUBT_YEAR"]
    base.edit(document, authors=[], year="")
    assert codes(base.report(document)) == []


def test_documents_with_one_title_are_named_to_each_other(base, tmp_path):
    head = "---\nauthor: Ada Lovelace\nyear: 1843\n---\n"
    for name, title in (("a", "The Engine"), ("b", "THE ENGINE."), ("c", "引擎"), ("d", "引擎"), ("e", "Another")):
        (tmp_path / f"{name}.md").write_text(f"{head}# {title}\n\nText of {name}.\n")
    ids = {added.path[-4]: added.document for added in base.add([tmp_path]).added}
    found = {report.document: report.doubts[0].values["others"] for report in base.doubtful()}
    assert found == {ids["a"]: "b.md", ids["b"]: "a.md", ids["c"]: "d.md", ids["d"]: "c.md"}
    assert file_names(["/x/a.md", "/x/b.md"], "/y/a.md") == ("/x/a.md", "b.md")
    base.edit(ids["b"], title="The Engine, translated")
    assert {report.document for report in base.doubtful()} == {ids["c"], ids["d"]}
    assert same_titles({"x": "—", "y": "…"}) == {}


def test_the_most_doubtful_stand_first(base, tmp_path):
    (tmp_path / "empty.html").write_text("<html><body><img src='x.png'></body></html>")
    (tmp_path / "note.md").write_text("# Notes\n\nPruning removes weights.\n")
    (tmp_path / "scan_7.txt").write_text("Pruning is a method that removes weights.")
    (tmp_path / "whole.md").write_text("---\nauthor: Ada Lovelace\nyear: 1843\n---\n# Whole\n\nAll is there.\n")
    base.add([tmp_path])
    names = [report.path.rsplit("/", 1)[1] for report in base.doubtful()]
    assert names == ["empty.html", "scan_7.txt", "note.md"]
    assert [report.is_sound for report in base.doubtful()] == [False, True, True]


def test_an_empty_library_has_nothing_doubtful(base):
    assert base.doubtful() == ()


@pytest.mark.parametrize(("pages", "words"), [
    ((), ""), ((3,), "3"), ((2, 3, 4, 7), "2-4, 7"), (tuple(range(1, 40, 2)), "1, 3, 5, 7, 9, 11, 13, 15 …")])
def test_pages_in_words(pages, words):
    assert pages_in_words(pages) == words


def test_parts_are_those_of_the_blocks():
    text = "A text."
    report = report_of(made(text, blocks=[Block("caption", 0, 1), Block("reference", 1, 2), Block("reference", 2, 3)]),
                       1)
    assert report.parts == {"section": 0, "caption": 1, "reference": 2}
