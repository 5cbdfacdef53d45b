"""`kb ocr` and `kb add --ocr`: what is said, what is printed as JSON, and that answers say what was recognised."""

import json
import signal

import pytest

from kb.cli.main import main
from kb.cli.progress import Progressbar
from tests.making import make_pdf
from tests.scans import needs_recogniser, scan_of

pytestmark = needs_recogniser()


PAGES = (["# Reading glaciers", "Altimetry is a method that measures the height of ice."],
         ["# Reading rivers", "Gauging is a method that measures passing water."])


@pytest.fixture
def scan(tmp_path):
    """Two pages."""
    path = tmp_path / "scan.pdf"
    path.write_bytes(scan_of(make_pdf(*PAGES), part=0.3))
    return path


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.pdf"
    path.write_bytes(scan_of(make_pdf(PAGES[0]), part=0.3))
    return path


def test_a_scan_is_added_quickly_and_says_what_to_do(capfd, page):
    assert main(["add", str(page)]) == 0
    assert "not searchable until kb ocr has read it" in capfd.readouterr().out
    assert main(["ocr"]) == 2
    assert "--all" in capfd.readouterr().err
    assert main(["ocr", "--all"]) == 0
    out, err = capfd.readouterr()
    assert "1 page recognised" in out and "recognise" in err
    assert main(["ask", "What is altimetry?"]) == 0
    assert "(recognised, " in capfd.readouterr().out
    assert main(["ocr", "--all"]) == 0
    assert "no document has pages without text" in capfd.readouterr().out


def test_adding_with_ocr_gives_one_result(capfd, scan):
    assert main(["add", "--ocr", "--json", str(scan)]) == 0
    report = json.loads(capfd.readouterr().out)
    assert report["ocr"]["documents"][0]["n_recognised"] == 2
    assert main(["ask", "--json", "What is gauging?"]) == 0
    citation = json.loads(capfd.readouterr().out)["claims"][0]["citations"][0]
    assert citation["page"] == 2 and citation["recognised"] > 0.8
    place = f"{citation['document']}:{citation['start']}-{citation['end']}"
    assert main(["show", "--json", place]) == 0
    assert json.loads(capfd.readouterr().out)["recognised"] == citation["recognised"]
    assert main(["show", place]) == 0
    assert "(recognised, " in capfd.readouterr().out


def test_in_chinese_it_is_said_in_chinese(capfd, page, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main(["add", "--ocr", str(page)]) == 0
    assert "识别了 1 页" in capfd.readouterr().out
    assert main(["ask", "What is altimetry?"]) == 0
    assert "识别文字" in capfd.readouterr().out


def test_what_is_told_to_end_keeps_the_pages_that_were_read(capfd, scan, monkeypatch):
    main(["add", str(scan)])
    tell = Progressbar.__call__

    def told(self, progress):
        tell(self, progress)
        if progress.phase == "recognise" and progress.done == 1:
            monkeypatch.setattr(Progressbar, "__call__", tell)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Progressbar, "__call__", told)
    assert main(["ocr", "--all"]) == 130
    assert "goes on there" in capfd.readouterr().err
    assert main(["ocr", "--all", "--json"]) == 0
    (row,) = json.loads(capfd.readouterr().out)["documents"]
    assert (row["n_before"], row["n_recognised"]) == (1, 1)
