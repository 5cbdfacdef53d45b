"""The routes that the viewer asks: pages, words in their place, marks, a search, the file."""

import io

import pytest
from kb_app.files import boxes_of, routes, text_of
from kb_app.login import is_open_to_strangers
from kb_app.pdfview import Pages
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from kb import KnowledgeBase
from tests.app.conftest import NOTE
from tests.making import make_pdf

PDF = make_pdf(["Pruning removes weights of a network.", "It needs a threshold."],
               ["Quantisation stores weights.", "Pruning and pruning again."])


@pytest.fixture
def asked(home):
    """A client of the routes, and the ids of a PDF, a note and a web page in the library."""
    (home / "paper one.pdf").write_bytes(PDF)
    (home / "note.md").write_text(NOTE)
    (home / "page.html").write_text("<h1>A page</h1><script>alert(1)</script><p>Some words of a page.</p>")
    with KnowledgeBase.open() as base:
        base.add([home / name for name in ("paper one.pdf", "note.md", "page.html")])
        ids = {info.path.rpartition("/")[2]: info.id for info in base.documents()}
        text = base.document(ids["paper one.pdf"]).text
    return TestClient(Starlette(routes=routes())), ids, text


def test_pages_words_marks_search_and_file(asked, home):
    client, ids, text = asked
    base = f"/source/{ids['paper one.pdf']}"
    picture = client.get(f"{base}/2.png?w=700")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(picture.content)).width == 720

    at = text.index("Pruning and pruning")
    said = client.get(f"{base}/2.json?marks={at}-{at + 7},0-7&find=pruning").json()
    assert said["size"] == [612, 792] and [run[0] for run in said["runs"]][-1].strip() == "Pruning and pruning again."
    (_, _, first), (_, _, other) = said["marks"]
    assert first == said["found"][0] and len(said["found"]) == 2 and first != said["found"][1]
    assert len(other) == 1  # asked of this page, the words of another are marked where they stand on it

    assert client.get(f"{base}/find?q=PRUNING").json() == {"pages": [[1, 1], [2, 2]], "n": 3}
    assert client.get(f"{base}/find?q=+").json() == {"pages": [], "n": 0}

    file = client.get(f"{base}/file")
    assert file.content == PDF and file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"] == "inline; filename*=UTF-8''paper%20one.pdf"
    (home / "paper one.pdf").write_bytes(b"%PDF another")
    assert [client.get(f"{base}/{what}").status_code for what in ("file", "1.png", "1.json")] == [404, 404, 404]


def test_what_a_browser_would_run_is_saved_and_never_shown(asked):
    client, ids, _ = asked
    for name in ("page.html", "note.md"):
        file = client.get(f"/source/{ids[name]}/file")
        assert file.headers["content-type"] == "application/octet-stream"
        assert file.headers["content-disposition"].startswith("attachment; ")


def test_what_is_not_there_is_said_in_the_status(asked):
    client, ids, _ = asked
    paper, note = ids["paper one.pdf"], ids["note.md"]
    for path, status in ((f"/source/{paper}/3.png", 404), (f"/source/{paper}/0.json", 404),
                         (f"/source/{paper}/1.png?w=abc", 200),
                         (f"/source/{paper}/1.json?marks=9-1,x,99999-999999", 200),
                         ("/source/nothing/1.png", 404), (f"/source/{note}/1.png", 422),
                         (f"/source/{paper}/../{note}", 404)):
        assert client.get(path).status_code == status, path
    assert client.post(f"/source/{paper}/file").status_code == 405


def test_a_stranger_is_shown_none_of_it():
    assert not is_open_to_strangers("/source/x/1.png") and not is_open_to_strangers("/source/x/file")


def test_what_was_recognised_can_be_selected_and_is_marked_where_it_was_seen():
    from kb.types import Document, Metadata, Page, RecognisedLine, Section
    from tests.scans import scan_of

    text, box = "A glacier lost ice.", (0.1, 0.05, 0.5, 0.08)
    document = Document("a", "0" * 64, "a.pdf", "pdf", Metadata(title="a"), "en", text,
                        (Section("", 0, 0, len(text)), ), (Page(1, "1", 0, len(text)), ),
                        recognised=(RecognisedLine(0, len(text), 0.9, box), ))
    pages = Pages(scan_of(make_pdf([text])))
    page, (width, height) = text_of(document, pages, 1), pages.sizes[0]
    placed = [pytest.approx((0.1 * width, 0.05 * height, 0.5 * width, 0.08 * height))]
    assert page.selectable() == [(text, placed[0])]
    assert boxes_of(document, page, 1, 2, 9) == placed and boxes_of(document, page, 2, 2, 9) == []
