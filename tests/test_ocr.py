"""Scans in a library: recognised page by page, kept, found and quoted as recognised."""

import json
import subprocess
import sys

import pytest

from kb import KnowledgeBase
from kb.errors import MissingPackage
from kb.types import Answer, Document
from tests.making import make_pdf
from tests.scans import needs_recogniser, pictures, scan_of, together

PAGES = (["# Reading glaciers", "Altimetry is a method that measures the height of ice from an aircraft."],
         ["# Reading rivers", "Gauging is a method that measures how much water passes a place."],
         ["# Reading clouds", "Nephometry is a method that measures how much of the sky is covered."])


@pytest.fixture
def scanned(base, tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(scan_of(make_pdf(*PAGES), part=0.3))
    (added,) = base.add(path).added
    return added.document


def test_without_the_extra_the_line_that_installs_it_is_said(base, monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPackage) as error:
        base.ocr()
    assert "pip install 'bilingual-kb[ocr]'" in " ".join(error.value.describe("en"))
    assert "没有安装" in error.value.describe("zh")[0]


@needs_recogniser()
def test_a_scan_is_recognised_and_quoted_with_its_page_and_confidence(base, scanned):
    assert base.without_text() == (scanned,)
    told = []
    report = base.ocr(scanned, on_progress=told.append)
    (row,) = report.documents
    assert (row.n_pages, row.n_recognised, row.n_before, row.n_left, row.n_blank) == (3, 3, 0, 0, 0)
    assert report.failed == () and row.confidence > 0.9
    assert [(step.done, step.total) for step in told if step.phase == "recognise"][-1] == (3, 3)
    assert base.without_text() == ()
    answer = base.ask("What is gauging?")
    citation = answer.claims[0].citations[0]
    assert citation.quote == "Gauging is a method that measures how much water passes a place."
    assert citation.page == 2 and 0.8 < citation.recognised <= 1
    assert Answer.from_dict(json.loads(json.dumps(answer.to_dict()))) == answer
    assert base.search("gauging water")[0].recognised == citation.recognised


@needs_recogniser()
def test_the_record_survives_the_store_verify_reindexing_and_json(base, scanned):
    base.ocr()
    document = base.document(scanned)
    assert document.status == "ok" and len(document.recognised) >= 6
    assert all(page.recognised > 0.8 for page in document.pages)
    assert Document.from_dict(json.loads(json.dumps(document.to_dict()))) == document
    assert base.verify().is_sound
    base.reindex()
    assert base.document(scanned) == document


@needs_recogniser()
def test_what_was_recognised_stays_when_the_file_is_read_again(base, scanned, tmp_path):
    base.ocr()
    (tmp_path / "scan.toml").write_text('title = "Measuring"\n')
    (again,) = base.add(tmp_path / "scan.pdf").added
    assert again.document == scanned and again.status == "ok"
    document = base.document(scanned)
    assert document.metadata.title == "Measuring" and "Nephometry" in document.text
    assert base.without_text() == ()


@needs_recogniser()
def test_a_run_that_is_stopped_keeps_its_pages_and_goes_on_at_the_next(base, scanned):
    def stop(progress):
        if progress.phase == "recognise" and progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        base.ocr(on_progress=stop)
    document = base.document(scanned)
    assert "Gauging" in document.text and "Nephometry" not in document.text
    assert document.status == "partial"
    assert "N_PICTURES" in {note.code for note in document.notes}
    (row,) = base.ocr().documents
    assert (row.n_before, row.n_recognised, row.n_left) == (2, 1, 0)
    assert "Nephometry" in base.document(scanned).text and base.document(scanned).status == "ok"


@needs_recogniser()
def test_what_a_killed_run_has_recognised_is_found_after_the_next(base, scanned):
    code = (
        "import os, signal, sys\n"
        "from kb import KnowledgeBase\n"
        "from kb.store.recognised import RecognisedPages\n"
        "from tests.making import HashingEncoder\n"
        "keep = RecognisedPages.put\n"
        "def put(self, document, frames):\n"
        "    keep(self, document, frames)\n"
        "    if 3 in frames:\n"
        "        self._connection.execute('COMMIT')\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "RecognisedPages.put = put\n"
        "with KnowledgeBase.open(sys.argv[1], encoder=HashingEncoder()) as base: base.ocr()\n")
    base.close()
    ended = subprocess.run([sys.executable, "-c", code, str(base.home)], capture_output=True, text=True)
    assert ended.returncode == -9, ended.stderr
    with KnowledgeBase.open(base.home, encoder=base.encoder()) as again:
        assert again.document(scanned).text == ""
        assert again.without_text() == (scanned,)
        report = again.ocr()
        assert report.failed == ()
        (row,) = report.documents
        assert (row.n_before, row.n_recognised) == (3, 0)
        assert "Nephometry" in again.document(scanned).text


@needs_recogniser()
def test_a_page_that_fails_is_told_and_the_others_are_read(base, tmp_path):
    import io

    from PIL import Image

    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000), 1).save(bomb, "PDF", resolution=2400)
    path = tmp_path / "mixed.pdf"
    path.write_bytes(together(make_pdf(["A page with text."]), bomb.getvalue(), scan_of(make_pdf(PAGES[0]), part=0.3)))
    base.add(path)
    report = base.ocr()
    assert [(problem.path.rsplit("#", 1)[1], problem.code) for problem in report.failed] == [("page=2", "E_TOO_BIG")]
    assert (report.documents[0].n_recognised, report.documents[0].n_left) == (1, 1)
    (info,) = base.documents()
    assert info.status == "partial" and "Altimetry" in base.document(info.id).text


@needs_recogniser()
def test_a_blank_page_is_looked_at_once(base, tmp_path):
    from PIL import Image

    path = tmp_path / "blank.pdf"
    path.write_bytes(pictures([Image.new("L", (800, 1000), 255)]))
    base.add(path)
    assert base.ocr().documents[0].n_blank == 1
    assert base.without_text() == () and base.ocr().documents == ()


@needs_recogniser()
def test_a_file_that_is_gone_or_changed_is_told(base, scanned, tmp_path):
    (tmp_path / "scan.pdf").write_bytes(make_pdf(["Another file."]))
    assert [problem.code for problem in base.ocr().failed] == ["E_CHANGED"]
    (tmp_path / "scan.pdf").unlink()
    report = base.ocr()
    assert [problem.code for problem in report.failed] == ["E_NOT_FOUND"]
    assert report.documents[0].n_left == 3


@pytest.fixture
def shots(tmp_path):
    """A folder with a note and a picture of a page."""
    import pypdfium2

    folder = tmp_path / "shots"
    folder.mkdir()
    (folder / "note.md").write_text("# A note\n\nIt has text of its own.\n")
    pypdfium2.PdfDocument(make_pdf(PAGES[1]))[0].render(scale=2).to_pil().save(folder / "river.png")
    return folder


def test_a_picture_is_kept_without_the_extra_and_says_what_reads_it(base, shots, monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "rapidocr" else find(name))
    (added,) = base.add(shots / "river.png").added
    assert (added.status, [note.code for note in added.notes]) == ("no_text", ["N_PICTURE"])
    assert base.without_text() == (added.document,)
    with pytest.raises(MissingPackage):
        base.ocr()
    assert base.document(added.document).kind == "picture"


def test_pictures_in_folders_are_added_where_that_is_asked_for(base, shots):
    report = base.add(shots)
    assert [len(report.added), [problem.code for problem in report.skipped]] == [1, ["SKIP_PICTURE"]]
    assert len(base.add(shots, pictures=True).added) == 1
    assert len(base.add(shots).unchanged) == 2  # what the library has counts


def test_pictures_in_archives_are_added_where_that_is_asked_for(base, shots, tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(shots / "river.png", "in/river.png")
    assert [problem.code for problem in base.add(tmp_path / "a.zip").skipped] == ["SKIP_PICTURE"]
    (added,) = base.add(tmp_path / "a.zip", pictures=True).added
    assert added.path.endswith("a.zip!/in/river.png")
    assert base.sync(tmp_path).plan.counts["remove"] == 0


def test_a_sync_follows_the_pictures_that_the_library_has(base, shots):
    assert base.sync(shots).plan.counts["add"] == 1
    base.add(shots / "river.png")
    assert base.sync(shots).plan.n_unchanged == 2
    from PIL import Image

    Image.open(shots / "river.png").rotate(180).save(shots / "river.png")
    assert base.sync(shots).plan.counts == {"add": 0, "update": 1, "move": 0, "renew": 0, "copy": 0, "remove": 0}
    (shots / "river.png").unlink()
    assert base.sync(shots).plan.counts["remove"] == 1


@needs_recogniser()
def test_a_picture_is_recognised_and_quoted(base, shots):
    (added,) = base.add(shots / "river.png").added
    (row,) = base.ocr().documents
    assert (row.document, row.n_pages, row.n_recognised, row.n_left) == (added.document, 1, 1, 0)
    citation = base.ask("What is gauging?").claims[0].citations[0]
    assert citation.quote == "Gauging is a method that measures how much water passes a place."
    assert citation.page == 1 and 0.8 < citation.recognised <= 1
    assert base.without_text() == () and base.verify().is_sound
    assert base.report(added.document).recognised[0][0] == 1
