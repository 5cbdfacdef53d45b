"""Metadata by DOI and arXiv number: what is asked, what is taken, and what a broken answer does. A server on this
machine plays the indexes."""

import json
import threading

import pytest

from kb import KnowledgeBase
from kb.base.look_up import look_up_in, to_set
from kb.errors import FileProblem
from kb.fetch.look_up import Found, look_up
from kb.types import Document, Edited, Metadata
from tests.fetch.test_fetch import Server

CROSSREF = {
    "message": {
        "title": ["Pruning at <i>scale</i>"],
        "DOI": "10.1234/abc.5",
        "container-title": ["Journal of Pruning"],
        "author": [{"given": "Ada", "family": "Lovelace"}, {"name": "The Pruning Group"}],
        "published": {"date-parts": [[2021, 4]]},
    }
}
OPENALEX = {
    "title": "Pruning at scale",
    "publication_year": 2020,
    "doi": "https://doi.org/10.1234/abc.5",
    "authorships": [{"author": {"display_name": "Ada Lovelace"}}],
    "primary_location": {"source": {"display_name": "Journal of Pruning"}},
}
ATOM = b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
<entry><id>http://arxiv.org/abs/2101.00001v3</id><published>2021-01-02T00:00:00Z</published><updated>2023-05-05T00:00:00Z</updated>
<title>Pruning
 at scale</title><author><name>Ada Lovelace</name></author><author><name>Alan Turing</name></author></entry></feed>"""


@pytest.fixture
def server():
    made = Server()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def services(server):
    return {
        "Crossref": server.at("/crossref/"),
        "OpenAlex": server.at("/openalex/"),
        "arXiv": server.at("/arxiv?id="),
    }


def asked(server, **number):
    return look_up(**number, may_connect=lambda address: True, services=services(server), seconds=10)


def answer(body, status=200):
    return (
        status,
        {"Content-Type": "application/json"},
        body if isinstance(body, bytes) else json.dumps(body).encode(),
    )


def test_a_doi_is_asked_of_crossref_and_nothing_else_is_sent(server):
    server.answers["/crossref/10.1234/abc.5"] = answer(CROSSREF)
    assert asked(server, doi="10.1234/abc.5") == Found(
        "Crossref",
        {
            "title": "Pruning at scale",
            "authors": ("Ada Lovelace", "The Pruning Group"),
            "year": 2021,
            "venue": "Journal of Pruning",
            "doi": "10.1234/abc.5",
        },
    )
    assert [path for path, _ in server.asked] == ["/crossref/10.1234/abc.5"]


def test_openalex_answers_where_crossref_does_not_know_and_none_where_nobody_does(server):
    server.answers["/crossref/10.1234/abc.5"] = answer(b"no", 404)
    server.answers["/openalex/10.1234/abc.5"] = answer(OPENALEX)
    found = asked(server, doi="10.1234/abc.5")
    assert found is not None and (found.source, found.values["year"]) == ("OpenAlex", 2020)
    server.answers["/openalex/10.1234/abc.5"] = answer(b"no", 404)
    assert asked(server, doi="10.1234/abc.5") is None


def test_arxiv_gives_the_year_of_the_first_version(server):
    server.answers["/arxiv?id=2101.00001"] = (200, {}, ATOM)
    found = asked(server, arxiv="2101.00001")
    assert found == Found(
        "arXiv",
        {
            "title": "Pruning at scale",
            "authors": ("Ada Lovelace", "Alan Turing"),
            "year": 2021,
            "arxiv": "2101.00001",
        },
    )


@pytest.mark.parametrize(
    "body",
    [
        b"<html>busy</html>",
        b"{",
        b"[1]",
        b'{"message": 5}',
        b'{"message": {"title": [7]}}',
        json.dumps({"message": {"title": ["x"], "author": 3, "issued": {"date-parts": [["a"]]}}}).encode(),
    ],
)
def test_a_broken_answer_is_an_error_or_nothing(server, body):
    server.answers["/crossref/10.1/x"] = answer(body)
    server.answers["/openalex/10.1/x"] = answer(body)
    try:
        found = asked(server, doi="10.1/x")
    except FileProblem as error:
        assert error.code == "E_FETCH"
    else:
        assert found is None or found.values == {"title": "x"}


@pytest.mark.parametrize("body", [b"<!DOCTYPE a [<!ENTITY b 'c'>]><feed/>", b"<feed", b"\xff\xfe"])
def test_a_broken_feed_is_an_error(server, body):
    server.answers["/arxiv?id=2101.00001"] = (200, {}, body)
    with pytest.raises(FileProblem) as caught:
        asked(server, arxiv="2101.00001")
    assert caught.value.code == "E_FETCH"


def test_this_machine_is_not_asked(server):
    with pytest.raises(FileProblem) as caught:
        look_up(doi="10.1/x", services=services(server), seconds=5)
    assert caught.value.code == "E_FETCH_PRIVATE"


def document(**metadata):
    return Document("a" * 12, "", "/a.pdf", "pdf", Metadata(**metadata), "en", "text")


def test_a_readers_edit_stays_and_another_work_is_not_taken():
    found = Found("Crossref", {"title": "Pruning at scale", "year": 2021, "authors": ("Ada Lovelace",), "venue": "J"})
    own = document(
        title="Pruning at scale",
        year=2019,
        authors=("A. L.",),
        guessed=("year", "authors"),
        edited=(Edited("authors", "2024-01-01"),),
    )
    assert to_set(own, found) == ({"year": 2021, "venue": "J"}, "")
    assert to_set(document(title="Trees in winter"), found) == ({}, "Pruning at scale")


@pytest.fixture
def base(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_HOME", str(tmp_path / "home"))
    with KnowledgeBase.open(encoder="hashing") as opened:
        yield opened


def test_what_is_looked_up_is_kept_with_its_source(base, server, tmp_path):
    server.answers["/crossref/10.1234/abc.5"] = answer(CROSSREF)
    (tmp_path / "a.md").write_text("---\ntitle: Pruning at scale\ndoi: 10.1234/abc.5\n---\nWords of the text.\n")
    name = base.add([tmp_path / "a.md"]).added[0].document
    rows = look_up_in(
        base._store,
        [name],
        True,
        services=services(server),
        may_connect=lambda address: True,
        on_progress=lambda progress: None,
    )
    assert (rows[0].source, rows[0].set, rows[0].problem) == ("Crossref", ("authors", "year", "venue"), None)
    m = base.document(name).metadata
    assert (m.authors, m.year, m.guessed) == (("Ada Lovelace", "The Pruning Group"), 2021, ())
    assert {(item.field, item.source) for item in m.edited} == {(field, "Crossref") for field in rows[0].set}
    shown = {field.name: (field.origin, field.source) for field in base.report(rows[0].document).fields}
    assert shown["year"] == ("index", "Crossref") and shown["title"][0] != "edited"
    (tmp_path / "a.md").write_text("---\ntitle: Pruning at scale\ndoi: 10.1234/abc.5\n---\nMore words of it.\n")
    again = base.add([tmp_path / "a.md"]).added[0]
    assert (base.document(again.document).metadata.authors, again.edited) == (("Ada Lovelace", "The Pruning Group"), ())
    name = again.document
    base.edit(name, year=1999)
    look_up_in(
        base._store,
        None,
        True,
        services=services(server),
        may_connect=lambda address: True,
        on_progress=lambda progress: None,
    )
    assert base.document(name).metadata.year == 1999


def test_without_a_network_the_row_says_why_and_the_library_is_asked(base, tmp_path):
    (tmp_path / "a.md").write_text(
        "---\ntitle: Pruning of very large models at scale\ndoi: 10.1234/abc.5\n---\nWords.\n"
    )
    (tmp_path / "b.md").write_text(
        "# A survey\n\nWords of it.\n\n## References\n\n[1] Ada Lovelace, Alan Turing. Pruning of "
        "very large models at scale. Journal of Pruning, 2021.\n"
    )
    ids = {one.title: one.document for one in base.add([tmp_path / "a.md", tmp_path / "b.md"]).added}
    name = ids["Pruning of very large models at scale"]
    rows = look_up_in(base._store, [name], None, on_progress=lambda progress: None)
    assert rows[0].problem is not None and rows[0].problem.code == "E_LOOK_UP_OFF"
    m = base.document(name).metadata
    assert (rows[0].source, m.authors, m.year) == ("library", ("Ada Lovelace", "Alan Turing"), 2021)
    assert {"authors", "year"} <= set(m.guessed)
    assert base.look_up([name], network=False)[0].set == ()


CITED = "---\ntitle: Pruning of very large models at scale\n---\nWords of the text.\n"
CITING = (
    "# A survey\n\nWords of it.\n\n## References\n\n[1] Ada Lovelace, Alan Turing. Pruning of "
    "very large models at scale. Journal of Pruning, 2021.\n"
)


@pytest.mark.parametrize("order", [("a.md", "b.md"), ("b.md", "a.md")])
def test_adding_takes_from_the_references_what_no_page_says_as_guesses(base, tmp_path, order):
    (tmp_path / "a.md").write_text(CITED)
    (tmp_path / "b.md").write_text(CITING)
    for name in order:
        base.add([tmp_path / name])
    info = next(info for info in base.documents() if info.title.startswith("Pruning"))
    m = base.document(info.id).metadata
    assert (m.authors, m.year) == (("Ada Lovelace", "Alan Turing"), 2021)
    assert {"authors", "year"} <= set(m.guessed)
    origins = {field.name: field.origin for field in base.report(info.id).fields}
    assert (origins["authors"], origins["year"], origins["venue"]) == ("guess", "guess", "missing")


def test_adding_leaves_what_the_document_says_and_what_a_reader_set(base, tmp_path):
    (tmp_path / "a.md").write_text(CITED.replace("\n---\nWords", "\nauthor: Grace Hopper\n---\nWords"))
    name = base.add([tmp_path / "a.md"]).added[0].document
    base.edit(name, year="")
    (tmp_path / "b.md").write_text(CITING)
    base.add([tmp_path / "b.md"])
    m = base.document(name).metadata
    assert (m.authors, m.year) == (("Grace Hopper",), None)


def test_a_new_version_that_names_its_authors_undoes_the_guess_and_is_not_called_edited(base, tmp_path):
    (tmp_path / "a.md").write_text(CITED)
    (tmp_path / "b.md").write_text(CITING)
    base.add([tmp_path])
    (tmp_path / "a.md").write_text(CITED.replace("\n---\nWords", "\nauthor: Grace Hopper\n---\nMore words"))
    added = base.add([tmp_path / "a.md"]).added[0]
    m = base.document(added.document).metadata
    assert (m.authors, m.year, added.edited) == (("Grace Hopper",), 2021, ())
    assert "authors" not in m.guessed and "year" in m.guessed
