"""Zotero's own database as entries, with its collections, tags and the files it keeps, also while Zotero runs.

Reads: zotero.sqlite, through a snapshot, never the other way. Gives: Entries, and for each where its files are. Zotero
locks its database as long as it runs: then a copy is read, in which SQLite undoes what was half written.
"""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from kb.errors import FileProblem
from kb.readers.entry_fields import NO_TITLE, Unread, arxiv_in, date_of, doi_in, pages_of, settled
from kb.readers.person_names import listed_name
from kb.text import one_line
from kb.types import Entry, Person, Words

_TYPES = {
    "journalArticle": "article-journal", "magazineArticle": "article-magazine", "newspaperArticle":
    "article-newspaper", "conferencePaper": "paper-conference", "presentation": "paper-conference", "book": "book",
    "bookSection": "chapter", "encyclopediaArticle": "chapter", "dictionaryEntry": "chapter", "thesis": "thesis",
    "report": "report", "preprint": "article", "webpage": "webpage", "blogPost": "webpage", "forumPost": "webpage",
    "patent": "patent", "dataset": "dataset", "standard": "standard", "computerProgram": "software",
    "manuscript": "manuscript",
}
NO_WORKS = ("attachment", "note", "annotation")
_CONTAINERS = ("publicationTitle", "bookTitle", "proceedingsTitle", "encyclopediaTitle", "dictionaryTitle",
               "websiteTitle", "blogTitle", "forumTitle", "conferenceName", "meetingName",
               "journalAbbreviation")
_PUBLISHERS = ("publisher", "university", "institution", "company", "repository", "label", "distributor", "assignee")
_NUMBERS = ("reportNumber", "patentNumber", "number")
_GENRES = ("thesisType", "reportType", "genre", "manuscriptType")
_NO_AUTHORS = ("editor", "seriesEditor", "translator", "reviewedAuthor", "contributor", "bookAuthor", "recipient",
               "counsel")
ALONE = Words("a file without an entry; add it by itself", "没有条目的文件；请单独添加")
_PATIENCE = 1.0  # seconds that a lock is waited for


class Item(NamedTuple):
    """An entry and the files that Zotero has for it, whether they are there or not."""

    entry: Entry
    files: tuple[Path, ...]


class Items(NamedTuple):
    """What a database holds."""

    items: tuple[Item, ...]
    problems: tuple[Unread, ...]


def read_zotero(path: Path) -> Items:
    """The works of a database of Zotero 4 or later. Errors: FileProblem E_BIBLIOGRAPHY for what is none, or cannot be
    read."""
    try:
        with _snapshot(path) as connection:
            return _items(connection, path.parent)
    except sqlite3.Error as error:
        raise FileProblem("E_BIBLIOGRAPHY", detail=Words(
            f"not a database of Zotero 4 or later ({error}); export the library as BibTeX",
            f"不是 Zotero 4 或更高版本的数据库（{error}）；请导出为 BibTeX")) from error


@contextmanager
def _snapshot(path: Path) -> Iterator[sqlite3.Connection]:
    """The database as it is at one moment, in memory; from a copy where Zotero has it locked."""
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.execute("PRAGMA trusted_schema=OFF")
        try:
            _back_up(path, memory, "mode=ro")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and "readonly" not in str(error) and "open" not in str(error):
                raise
            with tempfile.TemporaryDirectory() as folder:
                for name in (path.name, f"{path.name}-wal", f"{path.name}-journal"):
                    if (path.parent / name).is_file():
                        shutil.copyfile(path.parent / name, os.path.join(folder, name))
                _back_up(Path(folder) / path.name, memory, "mode=rw")
                broken = memory.execute("PRAGMA quick_check(1)").fetchone()[0]
                if broken != "ok":
                    raise sqlite3.DatabaseError(f"Zotero was writing: {broken}") from error
        yield memory


def _back_up(path: Path, memory: sqlite3.Connection, mode: str) -> None:
    with closing(sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, timeout=_PATIENCE)) as connection:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # waits for a lock, and no longer than that
        connection.backup(memory, progress=_no_lock)


def _no_lock(status: int, left: int, total: int) -> None:
    """A backup would wait for a lock without end."""
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise sqlite3.OperationalError("locked")


def _items(connection: sqlite3.Connection, folder: Path) -> Items:
    fields = _grouped(connection, """SELECT d.itemID, f.fieldName, v.value FROM itemData d
        JOIN fields f ON f.fieldID = d.fieldID JOIN itemDataValues v ON v.valueID = d.valueID""")
    if _has(connection, "fieldsCombined"):
        custom = _grouped(connection, """SELECT d.itemID, f.fieldName, v.value FROM itemData d JOIN fieldsCombined f
            ON f.fieldID = d.fieldID JOIN itemDataValues v ON v.valueID = d.valueID""")
        fields = {item: custom.get(item, {}) | fields.get(item, {}) for item in {*fields, *custom}}
    people = _people(connection)
    tags = _several(connection, "SELECT i.itemID, t.name FROM itemTags i JOIN tags t ON t.tagID = i.tagID "
                                "ORDER BY i.itemID, t.name")
    collections = _collections(connection)
    files = _files(connection, folder)
    found: list[Item] = []
    problems: list[Unread] = []
    for item, kind, library, key in connection.execute("""SELECT i.itemID, t.typeName, i.libraryID, i.key FROM items i
            JOIN itemTypes t ON t.itemTypeID = i.itemTypeID WHERE i.itemID NOT IN (SELECT itemID FROM deletedItems)
            ORDER BY i.itemID"""):
        if kind in NO_WORKS:
            continue
        entry = entry_of(kind, fields.get(item, {}), people.get(item, []))
        entry = dataclasses.replace(entry, source_id=f"zotero:{library}:{key}", keywords=tuple(tags.get(item, ())),
                                    collections=tuple(collections.get(item, ())))
        if entry.title:
            found.append(Item(entry, tuple(files.get(item, ()))))
        else:
            problems.append(Unread(key, NO_TITLE))
    problems += [Unread(path.name, ALONE) for path in files.get(0, ())]
    return Items(tuple(found), tuple(problems))


def _people(connection: sqlite3.Connection) -> dict[int, list[tuple[str, Person]]]:
    """Item -> its persons with what they are to it, in their order."""
    is_old = _has(connection, "creatorData")  # of Zotero 4
    data = "JOIN creatorData n ON n.creatorDataID = c.creatorDataID" if is_old else ""
    n = "n" if is_old else "c"
    people: dict[int, list[tuple[str, Person]]] = {}
    for item, kind, last, first, mode in connection.execute(f"""SELECT i.itemID, t.creatorType, {n}.lastName,
            {n}.firstName, {n}.fieldMode FROM itemCreators i JOIN creators c ON c.creatorID = i.creatorID
            {data} JOIN creatorTypes t ON t.creatorTypeID = i.creatorTypeID ORDER BY i.itemID, i.orderIndex"""):
        person = person_of(last or "", first or "", is_whole=mode == 1)
        if person is not None and person.family:
            people.setdefault(item, []).append((kind, person))
    return people


def person_of(last: str, first: str, *, is_whole: bool) -> Person | None:
    """A creator of Zotero. is_whole: its name is one field, of a body or a person whose name is not parted."""
    family, given = one_line(last, 300), one_line(first, 300)
    if not is_whole and not given and "," in family:
        return listed_name(family)
    return Person(family, given) if family else Person(given)


def _has(connection: sqlite3.Connection, table: str) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None


def _grouped(connection: sqlite3.Connection, select: str) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for item, name, value in connection.execute(select):
        found.setdefault(item, {})[name] = str(value)
    return found


def _several(connection: sqlite3.Connection, select: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for item, value in connection.execute(select):
        if line := one_line(str(value), 200):
            found.setdefault(item, []).append(line)
    return found


def _collections(connection: sqlite3.Connection) -> dict[int, list[str]]:
    """Item -> its collections, one inside another as "A/B"; those in the bin are none."""
    rows = {row[0]: row[1:] for row in connection.execute(
        "SELECT collectionID, collectionName, parentCollectionID FROM collections")}
    if _has(connection, "deletedCollections"):
        for (gone,) in connection.execute("SELECT collectionID FROM deletedCollections"):
            rows.pop(gone, None)

    def named(collection: int) -> str:
        names: list[str] = []
        seen: set[int | None] = set()
        at: int | None = collection
        while at in rows and at not in seen and len(names) < 20:
            seen.add(at)
            name, above = rows[at]
            names.append(one_line(str(name), 100).replace("/", "-"))
            at = above
        return "/".join(reversed(names))

    found: dict[int, list[str]] = {}
    for collection, item in connection.execute("SELECT collectionID, itemID FROM collectionItems ORDER BY 2, 1"):
        if name := named(collection):
            found.setdefault(item, []).append(name)
    return found


def _files(connection: sqlite3.Connection, folder: Path) -> dict[int, list[Path]]:
    """Item -> its files; 0 -> those that belong to none. What is kept lies in storage/KEY/, what is linked where it
    says."""
    found: dict[int, list[Path]] = {}
    columns = {row[1] for row in connection.execute("PRAGMA table_info(itemAttachments)")}
    parent_of = "parentItemID" if "parentItemID" in columns else "sourceItemID"
    for parent, key, path in connection.execute(f"""SELECT a.{parent_of}, i.key, a.path FROM itemAttachments a
            JOIN items i ON i.itemID = a.itemID WHERE a.path IS NOT NULL AND a.itemID NOT IN
            (SELECT itemID FROM deletedItems) ORDER BY a.itemID"""):
        kept = re.fullmatch(r"storage:([^/\\]+)", str(path))
        if kept and re.fullmatch(r"[A-Z0-9]{8}", str(key)):
            found.setdefault(parent or 0, []).append(folder / "storage" / str(key) / kept[1])
        elif os.path.isabs(str(path)) and str(path).lower().endswith(".pdf"):
            found.setdefault(parent or 0, []).append(Path(str(path)))
    return found


def entry_of(kind: str, fields: dict[str, str], people: list[tuple[str, Person]]) -> Entry:
    def said(*names: str) -> str:
        return next((line for name in names if (line := one_line(fields.get(name, ""), 20_000))), "")

    type_ = _TYPES.get(kind, "document")
    extra = fields.get("extra", "")
    noted = {name.strip().lower(): value.strip() for name, mark, value in (
        line.partition(":") for line in extra.split("\n")) if mark}
    is_whole = type_ in ("book", "thesis", "report", "article", "patent", "standard", "software")
    is_numbered = type_ in ("report", "patent", "standard")
    authors = [person for role, person in people if role not in _NO_AUTHORS]
    archive = said("archiveID", "archiveLocation", "number")
    return settled(Entry(
        key=re.sub(r"\s", "", said("citationKey") or noted.get("citation key", "")), type=type_,
        title=said("title", "caseName", "subject", "nameOfAct"),
        authors=tuple(person for person in authors if person.family),
        editors=tuple(person for role, person in people if role == "editor" and person.family),
        issued=_date(said("date", "dateDecided", "dateEnacted", "issueDate")),
        container="" if is_whole else said(*_CONTAINERS), volume=said("volume"),
        issue="" if is_numbered else said("issue"), pages=pages_of(said("pages")),
        publisher=said(*_PUBLISHERS), place=said("place"), edition=said("edition"),
        number=said(*_NUMBERS) if is_numbered else "",
        genre=said(*_GENRES) if type_ in ("thesis", "report", "manuscript") else "",
        doi=doi_in(said("DOI"), noted.get("doi", ""), said("url") if "doi.org" in said("url") else ""),
        arxiv=arxiv_in(archive, noted.get("arxiv", ""), said("url"), said("DOI"))
        if "arxiv" in f"{archive} {extra} {said('url')} {said('DOI')}".lower() else "",
        isbn=said("ISBN"), issn=said("ISSN"), url=said("url") if re.match(r"https?://", said("url")) else "",
        accessed=date_of(said("accessDate").partition(" ")[0]), abstract=said("abstractNote"),
        language=said("language")))


def _date(value: str) -> str:
    """A date as Zotero keeps it: "2017-06-00 June 2017", sorted form and words."""
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)(?: |$)", value)
    if found and found[1] != "0000":
        return "-".join(part for part in found.groups() if part != "00")
    return date_of(value.removeprefix("0000-00-00 "))
