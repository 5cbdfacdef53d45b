"""The citation graph of the Library page, without a browser."""

from kb_app.citations import drawn
from streamlit.testing.v1 import AppTest

from tests.survey.conftest import by_name
from tests.waiting import LONGEST


def test_every_document_of_the_graph_has_a_row_and_every_citation_an_end(library):
    graph = library.citation_graph()
    rows = drawn(graph, by_year=True)["items"]
    assert [row["year"] for row in rows] == sorted(row["year"] for row in rows)
    assert {(row["id"], cited) for row in rows for cited in row["cites"]} == {
        (edge.citing, edge.cited) for edge in graph.edges
    }
    assert [row["id"] for row in drawn(graph, by_year=False)["items"]] == [item.document for item in graph.reading]
    assert next(row for row in rows if row["id"] == by_name(library, "hinton"))["said"]


def test_it_is_a_view_of_the_page(library, monkeypatch):
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setenv("KB_HOME", str(library.home))
    monkeypatch.setenv("KB_ENCODER", "hashing")
    app = AppTest.from_string("from kb_app import library\nlibrary.page()", default_timeout=LONGEST)
    app.query_params.update({"lang": "en", "view": "cites"})
    app.run()
    assert not app.exception and any("3 of them point to documents" in item.value for item in app.caption)
