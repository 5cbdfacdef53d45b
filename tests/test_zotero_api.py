"""A Zotero that runs, over its local API: pages, files, collections and tags; and what it refuses, in words."""

import socket

import pytest

from kb.base.from_zotero import read_running, zotero_at
from tests.zotero_server import Zotero, attachment, collection, item, running

USER = "/api/users/0"


@pytest.fixture
def zotero(tmp_path):
    kept = tmp_path / "Zotero/storage/FFFFFFF1/deep learning é.md"
    kept.parent.mkdir(parents=True)
    kept.write_text("# Deep learning\n\nDeep learning allows models of many layers to learn.\n", encoding="utf-8")
    secret = tmp_path / "secret.md"
    secret.write_text("# Secret\n\nNobody may read this sentence of another folder.\n")
    items = [
        item("AAAAAAA1", title="Deep learning", DOI="10.1038/nature14539", date="2015-05-27", volume="521",
             publicationTitle="Nature", abstractNote="Many layers.", accessDate="2020-01-02T03:04:05Z",
             creators=[{"creatorType": "author", "firstName": "Yann", "lastName": "LeCun"},
                       {"creatorType": "author", "name": "Google Brain"},
                       {"creatorType": "editor", "firstName": "Ed", "lastName": "Itor"}],
             tags=[{"tag": "vision"}, {"tag": "深度学习", "type": 1}], collections=["CCCCCCC2"],
             extra="Citation Key: lecun2015"),
        attachment("FFFFFFF1", "AAAAAAA1", kept),
        item("NNNNNNN1", "note", note="<p>mine</p>", parentItem="AAAAAAA1"),
        item("BBBBBBB1", "thesis", title="低资源机器翻译研究", date="2020", university="清华大学",
             creators=[{"creatorType": "author", "name": "张三"}], tags=[], collections=["CCCCCCC3"],
             abstractNote="本文研究低资源机器翻译。"),
        attachment("FFFFFFF2", "BBBBBBB1", tmp_path / "Zotero/storage/FFFFFFF2/gone.pdf", is_there=False),
        attachment("FFFFFFF3", "BBBBBBB1", secret),
        item("DDDDDDD1", "book", title="", tags=[], collections=[]),
    ]
    group = [item("GGGGGGG1", title="Shared work on glaze and fire", tags=[{"tag": "ours"}], collections=[],
                  creators=[], abstractNote="Glaze runs when it is hot.")]
    return Zotero({
        f"{USER}/items": items, f"{USER}/groups": [{"id": 77, "data": {"name": "Lab"}}],
        f"{USER}/collections": [collection("CCCCCCC1", "Thesis"), collection("CCCCCCC2", "Chapter 2", "CCCCCCC1"),
                                collection("CCCCCCC3", "A", "CCCCCCC4"), collection("CCCCCCC4", "B", "CCCCCCC3")],
        "/api/groups/77/items": group, "/api/groups/77/collections": []})


def test_everything_is_imported_in_pages_with_files_collections_and_tags(base, zotero):
    with running(zotero) as address:
        report = base.import_bibliography(address)
        infos = {info.title: info for info in base.documents()}
        assert len(report.entries) == 3 and report.counts["document"] == 1 and len(infos) == 3
        again = base.import_bibliography(address)
    assert again.counts == {"document": 0, "abstract": 0, "unchanged": 3}
    work = infos["Deep learning"]
    assert (work.authors, work.year, work.doi, work.venue) == (("Yann LeCun", "Google Brain"), 2015,
                                                               "10.1038/nature14539", "Nature")
    assert (work.tags, work.collections) == (("vision", "深度学习"), ("Thesis/Chapter 2",))
    assert work.path.endswith("deep learning é.md") and "many layers to learn" in base.document(work.id).text
    assert infos["低资源机器翻译研究"].collections == ("B/A",)  # a circle of collections ends where it began
    assert infos["Shared work on glaze and fire"].tags == ("ours",)
    said = "\n".join(problem.message for problem in report.failed)
    assert "gone.pdf" in said and "DDDDDDD1" in said
    assert all("Nobody may read" not in base.document(info.id).text for info in infos.values())


@pytest.fixture
def many():
    """A library of three pages."""
    items = [item(f"P{n:07}", title=f"A study of kilns, part {n}", creators=[]) for n in range(240)]
    return Zotero({f"{USER}/items": items, f"{USER}/groups": [], f"{USER}/collections": []})


def read(address):
    return read_running(zotero_at(address), address, lambda done, total: None)


def test_pages_of_a_hundred_are_asked_for_one_after_the_other(many):
    with running(many) as address:
        assert len(read(address).items) == 240
    pages = [asked for path, asked, _ in many.asked if path == f"{USER}/items"]
    assert [page["start"] for page in pages] == ["0", "100", "200"] and {page["limit"] for page in pages} == {"100"}
    assert all(headers["Zotero-API-Version"] == "3" for _, _, headers in many.asked)


def test_an_item_that_goes_while_pages_are_read_costs_no_other(many):
    items = many.lists[f"{USER}/items"]

    def lose(path):
        if path.endswith("/items") and len(many.asked) == 4:  # after the first page
            del items[0]
    many.on_ask = lose
    with running(many) as address:
        found = read(address).items
    assert {item.entry.title for item in found} >= {f"A study of kilns, part {n}" for n in range(1, 240)}


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize(("status", "said"), [(403, "Allow other applications"), (404, "not Zotero 7"),
                                              (501, "not Zotero 7"), (500, "it answered 500")])
def test_what_it_refuses_is_said_with_what_to_do(base, zotero, status, said):
    zotero.status = status
    with running(zotero) as address:
        (problem,) = base.import_bibliography(address).failed
    assert problem.code == "E_ZOTERO" and said in problem.message


def test_one_that_does_not_run_is_said(base):
    (problem,) = base.import_bibliography(f"zotero://localhost:{closed_port()}").failed
    assert problem.code == "E_ZOTERO" and "start Zotero" in problem.message


@pytest.mark.parametrize(("rows", "said"), [({"a": 1}, "not Zotero"), (["x"], "not Zotero")])
def test_what_is_no_list_of_items_is_refused(base, zotero, rows, said):
    zotero.lists[f"{USER}/groups"] = rows if isinstance(rows, list) else [rows]
    zotero.lists[f"{USER}/items"] = ["x"]
    with running(zotero) as address:
        (problem,) = base.import_bibliography(address).failed
    assert said in problem.message


@pytest.mark.parametrize(("typed", "address"), [
    ("zotero:", "http://localhost:23119"), ("zotero://", "http://localhost:23119"),
    ("ZOTERO://127.0.0.1:4000/", "http://127.0.0.1:4000"), ("zotero://[::1]:1", "http://[::1]:1"),
    ("http://localhost:23119/api/users/0/items", "http://localhost:23119"),
    ("http://zotero.example.org/", ""), ("zotero://10.0.0.1", ""), ("https://localhost:23119", ""),
    ("zotero://localhost:99999999", ""), ("http://me@localhost/", ""), ("zotero.bib", None), ("zotero", None),
])
def test_only_this_machine_is_asked(typed, address):
    assert zotero_at(typed) == address


def test_an_address_elsewhere_is_refused_before_anything_is_sent(base):
    (problem,) = base.import_bibliography("zotero://192.0.2.7").failed
    assert problem.code == "E_ZOTERO" and "only a Zotero on this machine" in problem.message


