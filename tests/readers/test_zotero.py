"""Zotero's database: what its items become, and that it is read while Zotero has it locked, and never written."""

import hashlib
import sqlite3

import pytest

from kb.errors import FileProblem
from kb.readers.zotero import read_zotero
from kb.types import Person
from tests.making import ZOTERO_TABLES

ROWS = """
INSERT INTO itemTypes VALUES (1,'journalArticle'),(2,'attachment'),(3,'thesis');
INSERT INTO creatorTypes VALUES (1,'author'),(2,'editor');
INSERT INTO items VALUES (1,1,1,'AAAAAAA1'),(2,2,1,'BBBBBBB2'),(3,3,1,'CCCCCCC3'),(4,1,1,'DDDDDDD4');
INSERT INTO items VALUES (5,1,1,'EEEEEEE5');
INSERT INTO deletedItems VALUES (4);
INSERT INTO creators VALUES (1,'Yann','LeCun',0),(2,'','Google Brain',1),(3,'','张三',1);
INSERT INTO itemCreators VALUES (1,2,1,1),(1,1,1,0),(3,3,1,0);
INSERT INTO tags VALUES (1,'深度学习'),(2,'vision');
INSERT INTO itemTags VALUES (1,1),(1,2);
INSERT INTO collections VALUES (1,'Thesis',NULL),(2,'Chapter 2',1);
INSERT INTO collectionItems VALUES (2,1);
INSERT INTO itemAttachments VALUES (2,1,1,'text/markdown','storage:paper.md');
"""
FIELDS = {1: {"title": "Deep learning", "publicationTitle": "Nature", "date": "2015-05-00 May 2015", "volume": "521",
              "issue": "7553", "pages": "436–444", "DOI": "10.1038/nature14539", "abstractNote": "Many layers.",
              "extra": "Citation Key: lecun2015\nPMID: 1"},
          3: {"title": "低资源机器翻译研究", "university": "清华大学", "date": "2020-00-00 2020", "thesisType": "博士"},
          4: {"title": "In the bin"}, 5: {"volume": "3"}}


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "Zotero/zotero.sqlite"
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.executescript(ZOTERO_TABLES + ROWS)
        names = sorted({name for fields in FIELDS.values() for name in fields})
        connection.executemany("INSERT INTO fields VALUES (?,?)", enumerate(names))
        rows = [(item, names.index(name), value) for item, fields in FIELDS.items() for name, value in fields.items()]
        connection.executemany("INSERT INTO itemDataValues VALUES (?,?)", ((i, row[2]) for i, row in enumerate(rows)))
        connection.executemany("INSERT INTO itemData VALUES (?,?,?)", ((*row[:2], i) for i, row in enumerate(rows)))
    connection.close()
    (path.parent / "storage/BBBBBBB2").mkdir(parents=True)
    (path.parent / "storage/BBBBBBB2/paper.md").write_text("# A draft\n\nDeep learning allows models of many layers.\n")
    return path


def test_an_item_has_its_fields_people_tags_collections_and_files(database):
    found = read_zotero(database)
    article, thesis = (item.entry for item in found.items)
    assert (article.title, article.container, article.issued, article.pages) == ("Deep learning", "Nature", "2015-05",
                                                                                 "436-444")
    assert article.authors == (Person("LeCun", "Yann"), Person("Google Brain"))
    assert (article.keywords, article.collections) == (("vision", "深度学习"), ("Thesis/Chapter 2",))
    assert (article.key, article.source_id) == ("lecun2015", "zotero:1:AAAAAAA1")
    assert found.items[0].files == (database.parent / "storage/BBBBBBB2/paper.md",)
    assert (thesis.type, thesis.publisher, thesis.issued) == ("thesis", "清华大学", "2020")
    assert [problem.where for problem in found.problems] == ["EEEEEEE5"]


def test_it_is_read_while_zotero_has_it_locked_and_is_left_as_it_was(database, base):
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    try:
        report = base.import_bibliography(database.parent)
        again = base.import_bibliography(database)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert [(row.state, row.title) for row in report.entries] == [("document", "Deep learning"),
                                                                  ("abstract", "低资源机器翻译研究")]
    assert {row.state for row in again.entries} == {"unchanged"}
    info = next(info for info in base.documents() if info.kind == "markdown")
    assert (info.title, info.year, info.collections) == ("Deep learning", 2015, ("Thesis/Chapter 2",))
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before
    assert sorted(path.name for path in database.parent.iterdir()) == ["storage", "zotero.sqlite"]


def test_what_is_no_database_of_zotero_is_told(tmp_path):
    (tmp_path / "zotero.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 200)
    with pytest.raises(FileProblem) as caught:
        read_zotero(tmp_path / "zotero.sqlite")
    assert caught.value.code == "E_BIBLIOGRAPHY"
