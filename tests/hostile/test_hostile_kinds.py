"""Office files, books, notebooks, letters and archives made to do harm: each ends in one named status."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from kb.errors import FileProblem
from kb.readers import Limits, scan
from kb.readers.members import entered
from kb.readers.sandbox import Sandbox
from tests.readers import making
from tests.readers.conftest import check

PACKED = ("docx", "docm", "pptx", "pptm", "xlsx", "xlsm", "ods", "odt", "odp", "epub")
LAUGHS = "<!DOCTYPE a [<!ENTITY l0 'haha'>" + "".join(
    f"<!ENTITY l{i} '{f'&l{i - 1};' * 10}'>" for i in range(1, 10)) + "<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Limits(cpu_seconds=20)) as opened:
        yield opened


def outcome(sandbox, path, data):
    """(status or code, document or None) of these bytes at this path; what is in an archive, of its first entry."""
    path.write_bytes(data)
    sources, problems = entered(*scan([path]))
    if problems:
        return problems[0].code, None
    try:
        document = sandbox.read(sources[0])
    except FileProblem as error:
        assert error.describe("en")[0] and error.describe("zh")[1]
        return error.code, None
    check(document)
    return document.status, document


def small(suffix):
    """A sound small file of a packed kind."""
    if suffix in ("docx", "docm"):
        import docx

        document, out = docx.Document(), io.BytesIO()
        document.add_paragraph("words")
        document.save(out)
        return out.getvalue()
    if suffix in ("pptx", "pptm"):
        return making.pptx_with(lambda made: made.slides.add_slide(made.slide_layouts[0]))
    return {"xlsx": making.xlsx({"S": making.rows_xml([["a", "b"], ["x", 1]])}), "ods": making.ods([["a", "b"]]),
            "odt": making.odt("<text:p>words</text:p>"), "odp": making.odp(""),
            "epub": making.epub({"a.xhtml": "<p>words</p>"})}["xlsx" if suffix == "xlsm" else suffix]


def main_part(suffix):
    """The entry of a packed kind that has its words."""
    return {"doc": "word/document.xml", "ppt": "ppt/slides/slide1.xml", "xls": "xl/worksheets/sheet1.xml",
            "epu": "OEBPS/text/a.xhtml"}.get(suffix[:3], "content.xml")


def changed(data, name, change):
    """An archive with one entry changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    assert name in parts
    return making.zipped({**parts, name: change(parts[name])})


@pytest.mark.parametrize("suffix", PACKED)
def test_a_bomb_is_measured_before_it_is_unpacked(sandbox, tmp_path, suffix):
    data = making.zipped({"[Content_Types].xml": "<Types/>", main_part(suffix): b"0" * (60 << 20)})
    assert len(data) < 1 << 20
    assert outcome(sandbox, tmp_path / f"a.{suffix}", data)[0] == "E_BOMB"


@pytest.mark.parametrize("suffix", PACKED)
def test_entities_expand_to_nothing_and_reach_no_file(sandbox, tmp_path, suffix):
    def laughing(xml):
        at = xml.index(b"?>") + 2 if xml.startswith(b"<?xml") else 0
        return xml[:at] + LAUGHS.encode() + xml[at:].replace(b">words<", b">words &l9; &x;<").replace(
            b">a<", b">a &l9; &x;<")

    found, document = outcome(sandbox, tmp_path / f"a.{suffix}", changed(small(suffix), main_part(suffix), laughing))
    assert found in ("ok", "no_text", "partial", "E_PARSE")
    if document is not None:
        assert "haha" not in document.text and "root:" not in document.text


@pytest.mark.parametrize("suffix", PACKED)
def test_a_document_cut_off_or_with_a_broken_directory_is_damaged(sandbox, tmp_path, suffix):
    data = small(suffix)
    assert outcome(sandbox, tmp_path / f"cut.{suffix}", data[:len(data) // 2])[0] == "E_PARSE"
    at = data.rindex(b"PK\x05\x06")
    for where, what in ((16, b"\xff\xff\xff\x7f"), (12, b"\0\0\0\0"), (10, b"\xff\xff")):
        broken = bytearray(data)
        broken[at + where:at + where + len(what)] = what
        found, _ = outcome(sandbox, tmp_path / f"broken.{suffix}", bytes(broken))
        assert found in ("E_PARSE", "E_BOMB", "ok", "no_text")


@pytest.mark.parametrize("suffix", PACKED)
def test_another_kind_of_file_under_this_name_is_named(sandbox, tmp_path, suffix):
    others = [("pdf", b"%PDF-1.4\n"), ("txt", b"only words"), ("png", b"\x89PNG\r\n\x1a\n" + b"0" * 50)]
    for _, data in others:
        assert outcome(sandbox, tmp_path / f"a.{suffix}", data)[0] == "E_TYPE"
    other = small("epub" if suffix[:3] in ("doc", "ppt", "xls") else "xlsx")
    found, document = outcome(sandbox, tmp_path / f"b.{suffix}", other)
    # one package reads both kinds of workbooks
    assert found in ("E_TYPE", "E_PARSE") or document is not None and suffix == "ods"


@pytest.mark.parametrize("suffix", PACKED)
def test_a_locked_entry_is_told(sandbox, tmp_path, suffix):
    data = bytearray(small(suffix))
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1
    assert outcome(sandbox, tmp_path / f"a.{suffix}", bytes(data))[0] == "E_LOCKED"


DEEP = 100_000
NESTED = {
    "a.odt": lambda: making.odt("<text:section>" * DEEP + "<text:p>x</text:p>" + "</text:section>" * DEEP),
    "b.odt": lambda: making.odt("<text:p>" + "<text:span>" * DEEP + "x" + "</text:span>" * DEEP + "</text:p>"),
    "c.odp": lambda: making.odp("<draw:g>" * DEEP + "x" + "</draw:g>" * DEEP),
    "d.epub": lambda: making.epub({"a.xhtml": "<div>" * DEEP + "words" + "</div>" * DEEP}),
    "e.xlsx": lambda: making.xlsx({"S": "<sheetData>" + "<row>" * DEEP + "</row>" * DEEP + "</sheetData>"}),
    "f.ods": lambda: making.ods([["<text:span>" * DEEP + "x" + "</text:span>" * DEEP]]),
    "g.ipynb": lambda: b'{"cells": [' + b'{"source": ' * DEEP + b"1" + b"}" * DEEP + b"]}",
    "h.ipynb": lambda: b"[" * DEEP,
    "i.rtf": lambda: b"{\\rtf1 " + b"{" * DEEP + b"words" + b"}" * DEEP + b"}",
    "j.rtf": lambda: b"{\\rtf1 " + b"{\\super x" * DEEP,
    "k.rtf": lambda: b"{\\rtf1 " + b"{\\footnote x" * 5000 + b"}" * 5000,
    "l.eml": lambda: b"From: a\r\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i) for i in range(5000)) + b"\r\nwords",
    "m.eml": lambda: b"From: a\r\n" + b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n" * 5000 + b"\r\nwords",
    "n.eml": lambda: b"From: " + b"(" * DEEP + b"\r\nSubject: " + b"=?utf-8?q?" * DEEP + b"\r\n\r\nwords",
    "o.csv": lambda: b"a,b\n" + b"1," * 1_000_000 + b"\n2,3\n",
    "p.csv": lambda: b"a\n" * 1_000_000,
    "q.csv": lambda: b'a,b\n"' + b"x\n" * 500_000,
    "r.ipynb": lambda: making.notebook(*[{"cell_type": "code", "source": "1", "outputs": [
        {"output_type": "stream", "text": "x" * 2_000_000}]}] * 20),
    "s.ipynb": lambda: json.dumps({"cells": [{"cell_type": "markdown", "source": "[" * DEEP}]}).encode(),
    "t.pptx": lambda: making.pptx_with(lambda made: [made.slides.add_slide(made.slide_layouts[6])
                                                     for _ in range(300)]),
}


@pytest.mark.parametrize("name", NESTED)
def test_nesting_and_length_without_end_end_in_a_named_status(sandbox, tmp_path, name):
    found, _ = outcome(sandbox, tmp_path / name, NESTED[name]())
    assert found in ("ok", "partial", "no_text", "E_PARSE", "E_TYPE", "E_TOO_BIG", "E_MEMORY")
    assert outcome(sandbox, tmp_path / "good.md", b"# T\n\nwords")[0] == "ok"


def stored(*entries):
    """An archive of (name, data) that may have the same name twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def overlapping():
    """An archive whose many entries are all the same bytes, as a bomb without nesting has them."""
    kernel = stored(("a.txt", b"0" * (4 << 20)))
    at = kernel.index(b"PK\x01\x02")
    entry, end = kernel[at:kernel.index(b"PK\x05\x06")], kernel[kernel.index(b"PK\x05\x06"):]
    entries = b"".join(entry.replace(b"a.txt", b"%05d" % i) for i in range(700))
    size = len(entries).to_bytes(4, "little")
    return kernel[:at] + entries + end[:8] + (700).to_bytes(2, "little") * 2 + size + at.to_bytes(4, "little") + b"\0\0"


def before_its_beginning():
    """An archive whose directory says that its entry lies before the file."""
    data = bytearray(stored(("a.md", b"words")))
    at = data.index(b"PK\x05\x06")
    data[at + 16:at + 20] = (int.from_bytes(data[at + 16:at + 20], "little") + 40).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("data", "expected"), [
    (lambda: stored(("inner.zip", stored(("a.md", b"words")))), "SKIP_NESTED"),
    (lambda: stored(("../../up.md", b"words")), "E_MEMBER"), (lambda: stored(("/etc/a.md", b"words")), "E_MEMBER"),
    (lambda: stored(("C:\\a.md", b"words")), "E_MEMBER"), (lambda: stored(("a/..\\..\\b.md", b"words")), "E_MEMBER"),
    (lambda: stored(("a.md", b"")), "E_EMPTY"), (lambda: stored(("a.pdf", b"words")), "E_TYPE"),
    (lambda: stored(("a.docx", small("docx")[:200])), "E_PARSE"),
    (lambda: stored(("a.md", b"words"))[:-30], "E_PARSE"), (overlapping, "E_BOMB"), (before_its_beginning, "E_PARSE"),
    (lambda: stored(("a.md", b"one"), ("a.md", b"two")), "E_MEMBER"),
    (lambda: stored(("a.md", b"words")).replace(b"words", b"WORDS"), "E_PARSE"),
])
def test_an_archive_made_to_do_harm(sandbox, tmp_path, data, expected):
    assert outcome(sandbox, tmp_path / "a.zip", data())[0] == expected


@pytest.mark.parametrize(("suffix", "part"), [
    ("pptm", "ppt/vbaProject.bin"), ("xlsm", "xl/vbaProject.bin"), ("docm", "word/vbaProject.bin"),
    ("odt", "Basic/Standard/Module1.xml"), ("ods", "Basic/Standard/Module1.xml")])
def test_macros_are_told_and_never_read(sandbox, tmp_path, suffix, part):
    data = small(suffix)
    if suffix in ("docm", "pptm"):
        data = changed(data, "[Content_Types].xml", lambda xml: xml.replace(
            b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            b"application/vnd.ms-word.document.macroEnabled.main+xml"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    found, document = outcome(sandbox, tmp_path / f"a.{suffix}", making.zipped({**parts, part: b"Sub AutoOpen()"}))
    assert found in ("ok", "no_text") and "AutoOpen" not in document.text
    assert "N_MACROS" in [note.code for note in document.notes]


def repeated_shared_string():
    """A workbook each of whose cells names one long string."""
    kinds = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c><c r="B{n}" t="s"><v>0</v></c></row>'
                    for n in range(1, 40_000))
    data = making.xlsx({"S": f"<sheetData>{cells}</sheetData>"})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{kinds}"><si><t>{"words of it " * 2700}</t></si></sst>'
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>", b'<Relationship Id="t" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
                             b'relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>')
    return making.zipped(parts)


def repeated_cells():
    """A sheet of OpenDocument whose one cell stands in every place."""
    return changed(making.ods([["words"]]), "content.xml", lambda xml: xml.replace(
        b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1048576">').replace(
        b"<table:table-cell ", b'<table:table-cell table:number-columns-repeated="16384" '))


def book_of_one_chapter_many_times():
    data = making.epub({"a.xhtml": "<p>" + "Words of a chapter. " * 20_000 + "</p>"})
    return changed(data, "OEBPS/book.opf", lambda xml: xml.replace(b'<itemref idref="i0"/>',
                                                                   b'<itemref idref="i0"/>' * 20_000))


def slides_with(text):
    def build(made):
        for _ in range(40):
            made.slides.add_slide(made.slide_layouts[1]).placeholders[1].text_frame.text = text
    return making.pptx_with(build)


FAR = {
    "far.xlsx": lambda: making.xlsx({"S": '<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c>'
                                          '</row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData>'}),
    "merged.xlsx": lambda: making.xlsx({"S": making.rows_xml(
        [["a", "b"]], '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>')}),
    "many.xlsx": lambda: making.xlsx({f"S{n}": making.rows_xml([["a", "b"], [1, 2]]) for n in range(3000)}),
    "strings.xlsx": repeated_shared_string, "cells.ods": repeated_cells, "spine.epub": book_of_one_chapter_many_times,
    "chapters.epub": lambda: making.epub({f"{n}.xhtml": "<p>x</p>" for n in range(5000)}),
    "long.pptx": lambda: slides_with("words of a slide " * 40_000),
    "lines.pptx": lambda: slides_with("word\n" * 20_000),
    "cells.ipynb": lambda: making.notebook(*[{"cell_type": "markdown", "source": "# x"}] * 100_000),
    "data.ipynb": lambda: making.notebook({"cell_type": "code", "source": "plot()", "outputs": [
        {"output_type": "display_data", "data": {"image/png": "A" * 30_000_000, "text/html": "<b>" * 3_000_000}}]}),
}


@pytest.mark.parametrize("name", FAR)
def test_a_small_file_that_stands_for_a_huge_one_ends_in_a_named_status(sandbox, tmp_path, name):
    data = FAR[name]()
    found, document = outcome(sandbox, tmp_path / name, data)
    assert found in ("ok", "partial", "E_TOO_BIG", "E_BOMB", "E_PARSE", "E_MEMORY")
    if document is not None:
        assert len(document.text) <= Limits().max_characters
        assert found == "ok" or document.notes
    assert outcome(sandbox, tmp_path / "good.md", b"# T\n\nwords")[0] == "ok"


@pytest.mark.parametrize("name", ["a.xlsx", "a.pptx", "a.docx", "a.xlsm", "a.pptm"])
def test_a_document_under_a_password_is_named_so(sandbox, tmp_path, name):
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3 << 20) + "EncryptedPackage".encode("utf-16-le") + bytes(900)
    assert outcome(sandbox, tmp_path / name, data)[0] == "E_LOCKED"
    assert outcome(sandbox, tmp_path / name, data[:4000])[0] == "E_TYPE"  # an old one, without a password
