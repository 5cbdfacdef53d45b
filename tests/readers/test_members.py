"""An archive of files: each entry a document, everything else told."""

import io
import stat
import zipfile

import pytest

from kb.encoder.hashing import HashingEncoder
from kb.errors import FileProblem
from kb.ingest import ingest
from kb.readers import scan
from kb.readers.members import entered
from kb.readers.sandbox import Sandbox
from kb.store import Store
from tests.readers.conftest import check
from tests.readers.making import zipped


def scanned(tmp_path, data, name="a.zip"):
    (tmp_path / name).write_bytes(data)
    sources, problems = entered(*scan([tmp_path / name]))
    return ([source.path.partition("!/")[2] for source in sources],
            {problem.path.partition("!/")[2]: problem.code for problem in problems}, sources)


def test_each_entry_is_a_document_with_the_archive_in_its_path(tmp_path, sandbox):
    names, problems, sources = scanned(tmp_path, zipped({"n/a.md": "# A\n\nwords", "b.csv": "x,y\n1,2\n"}))
    assert names == ["n/a.md", "b.csv"] and problems == {}
    documents = [sandbox.read(source) for source in sources]
    for document in documents:
        check(document)
    assert documents[0].text == "# A\n\nwords" and documents[0].path == str(tmp_path / "a.zip") + "!/n/a.md"


def test_what_is_refused_or_left_out_is_named(tmp_path):
    link = zipfile.ZipInfo("link.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("/etc/passwd.md", "../up.md", "a/../../b.md", "C:/w.md", "..\\w.md", "inner.zip", "x.exe",
                     ".h/a.md", ".h/b.md", "__MACOSX/c.md", "ok.md"):
            archive.writestr(name, "words")
        archive.writestr(link, "/etc/passwd")
    names, problems, _ = scanned(tmp_path, out.getvalue())
    assert names == ["ok.md"]
    assert problems == {"/etc/passwd.md": "E_MEMBER", "../up.md": "E_MEMBER", "a/../../b.md": "E_MEMBER",
                        "C:/w.md": "E_MEMBER", "..\\w.md": "E_MEMBER", "inner.zip": "SKIP_NESTED", "x.exe": "SKIP_TYPE",
                        ".h": "SKIP_HIDDEN", "__MACOSX": "SKIP_HIDDEN", "link.md": "SKIP_LINK"}


def test_names_in_an_old_encoding_are_read(tmp_path, sandbox):
    data = zipped({"AAAAAAAA.md": "正文"}).replace(b"AAAAAAAA", "实验笔记".encode("gb18030"))
    names, _, sources = scanned(tmp_path, data)
    assert names == ["实验笔记.md"]
    assert sandbox.read(sources[0]).metadata.title == "实验笔记"


def test_bombs_end_in_a_named_status(tmp_path, sandbox):
    _, problems, sources = scanned(tmp_path, zipped({"big.txt": b"0" * (30 << 20), "good.md": "words"}))
    with pytest.raises(FileProblem) as caught:
        sandbox.read(sources[0])
    assert problems == {} and caught.value.code == "E_BOMB"
    assert sandbox.read(sources[1]).text == "words"
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for i in range(10_001):
            archive.writestr(f"{i}.md", "")
    assert scanned(tmp_path, many.getvalue())[1] == {"": "E_BOMB"}


@pytest.mark.parametrize(("data", "code"), [(b"", "E_EMPTY"), (b"words", "E_TYPE"),
                                            (b"PK\x03\x04" + b"\0" * 99, "E_PARSE")])
def test_what_is_no_archive_says_so(tmp_path, data, code):
    assert scanned(tmp_path, data)[1] == {"": code}


def test_a_locked_entry_is_told(tmp_path):
    data = bytearray(zipped({"a.md": "words"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert scanned(tmp_path, bytes(data))[1] == {"a.md": "E_LOCKED"}


def test_an_archive_added_again_is_unchanged_and_a_new_version_of_an_entry_replaces_it(tmp_path):
    store, encoder = Store(tmp_path / "home"), HashingEncoder()
    path = tmp_path / "a!/b.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(zipped({"a.md": "one", "b.md": "two"}))
    first = ingest([path], store, encoder, Sandbox)
    assert [item.path for item in first.added] == [f"{path}!/a.md", f"{path}!/b.md"]
    assert len(ingest([path], store, encoder, Sandbox).unchanged) == 2
    path.write_bytes(zipped({"a.md": "one", "b.md": "another"}))
    second = ingest([path], store, encoder, Sandbox)
    assert len(second.unchanged) == 1 and second.added[0].replaced
