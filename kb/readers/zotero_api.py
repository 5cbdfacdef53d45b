"""What Zotero 7 tells programs on the same machine, as entries: its local API, which has the shape of its web API's
version 3.

Reads: replies to GETs, by a function that asks.  Gives: Items, as zotero.py does of the database. Zotero runs
meanwhile and its database is not touched.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from kb.errors import FileProblem
from kb.readers.entry_fields import NO_TITLE, Unread
from kb.readers.zotero import ALONE, NO_WORKS, Item, Items, entry_of, person_of
from kb.text import one_line
from kb.types import Person, Words

Ask = Callable[[str], tuple[Any, int]]  # a path and query -> (the JSON value, how many there are in all)
USER = "/api/users/0"
_PAGE = 100
_MOST_PAGES = 10_000
_TRIES = 4  # of a list that changes while it is read
_KEY = re.compile(r"[A-Z0-9]{8}")
_DEEPEST = 20
_SEPARATE = "sort=dateAdded&direction=asc"  # what is added meanwhile comes last

Row = Mapping[str, Any]


def read_api(ask: Ask, on_page: Callable[[int, int], None] = lambda done, total: None) -> Items:
    """The works of the user's library and of their groups. on_page: told how many items were read, of how many.
    Errors: FileProblem E_BIBLIOGRAPHY, and what `ask` raises."""
    groups = [str(row["id"]) for row in _all(ask, f"{USER}/groups", "id") if str(row.get("id", "")).isdigit()]
    items: list[Item] = []
    problems: list[Unread] = []
    for library, prefix in (("1", USER), *((f"g{group}", f"/api/groups/{group}") for group in groups)):
        collections = _collections(_all(ask, f"{prefix}/collections", "key"))
        rows = _all(ask, f"{prefix}/items", "key", on_page)
        read = _items(rows, library, collections)
        items += read.items
        problems += read.problems
    return Items(tuple(items), tuple(problems))


def _all(ask: Ask, path: str, name: str, on_page: Callable[[int, int], None] = lambda done, total: None) -> list[Row]:
    """Every row of a list, page by page; from its beginning again where it got longer or shorter meanwhile. name: the
    field that tells rows apart."""
    for _ in range(_TRIES):
        found: dict[str, Row] = {}
        totals: set[int] = set()
        for start in range(0, _MOST_PAGES * _PAGE, _PAGE):
            rows, total = ask(f"{path}?limit={_PAGE}&start={start}&{_SEPARATE}")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise _odd()
            found |= {str(row.get(name)): row for row in rows}
            totals.add(total)
            on_page(min(start + _PAGE, total), total)
            if start + _PAGE >= total or not rows:
                break
        if len(totals) == 1 and len(found) >= total:
            break
    return list(found.values())


def _odd() -> FileProblem:
    return FileProblem("E_BIBLIOGRAPHY", detail=Words("what answers there is not Zotero 7 or later",
                                                      "应答的程序不是 Zotero 7 或更高版本"))


def _items(rows: Sequence[Row], library: str, collections: Mapping[str, str]) -> Items:
    data = {str(row.get("key")): row for row in rows if isinstance(row.get("data"), dict)}
    files: dict[str, list[Path]] = {}
    for row in data.values():
        if row["data"].get("itemType") == "attachment" and (path := _file(row)) is not None:
            files.setdefault(str(row["data"].get("parentItem") or ""), []).append(path)
    found: list[Item] = []
    problems: list[Unread] = []
    for key, row in data.items():
        values = row["data"]
        if values.get("itemType") in NO_WORKS:
            continue
        entry = entry_of(str(values.get("itemType")), _fields(row), _people(values.get("creators")))
        entry = dataclasses.replace(
            entry, source_id=f"zotero:{library}:{key}", keywords=tuple(sorted(_tags(values.get("tags")))),
            collections=tuple(sorted(collections[c] for c in _texts(values.get("collections")) if c in collections)))
        if entry.title:
            found.append(Item(entry, tuple(files.get(key, ()))))
        else:
            problems.append(Unread(one_line(key, 20), NO_TITLE))
    problems += [Unread(path.name, ALONE) for path in files.get("", ())]
    return Items(tuple(found), tuple(problems))


def _fields(row: Row) -> dict[str, str]:
    """Its fields in the forms that the database keeps."""
    fields = {str(name): value for name, value in row["data"].items() if isinstance(value, str)}
    meta = row.get("meta")
    parsed = meta.get("parsedDate") if isinstance(meta, dict) else None
    if isinstance(parsed, str) and "date" in fields:
        fields["date"] = parsed
    if "accessDate" in fields:
        fields["accessDate"] = fields["accessDate"].replace("T", " ")
    return fields


def _people(creators: object) -> list[tuple[str, Person]]:
    found = []
    for creator in creators if isinstance(creators, list) else ():
        if not isinstance(creator, dict):
            continue
        family, given, whole = (str(creator.get(name) or "") for name in ("lastName", "firstName", "name"))
        person = person_of(whole or family, "" if whole else given, is_whole=bool(whole))
        if person is not None and person.family:
            found.append((str(creator.get("creatorType")), person))
    return found


def _tags(tags: object) -> list[str]:
    rows = tags if isinstance(tags, list) else []
    return [line for row in rows if isinstance(row, dict) and (line := one_line(str(row.get("tag") or ""), 200))]


def _texts(values: object) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _collections(rows: Sequence[Row]) -> dict[str, str]:
    """Collection -> its name, one inside another as "A/B"; a circle ends where it began."""
    data = {str(row.get("key")): row["data"] for row in rows if isinstance(row.get("data"), dict)}

    def named(key: str) -> str:
        names: list[str] = []
        seen: set[str] = set()
        while key in data and key not in seen and len(names) < _DEEPEST:
            seen.add(key)
            names.append(one_line(str(data[key].get("name") or ""), 100).replace("/", "-"))
            key = str(data[key].get("parentCollection") or "")
        return "/".join(reversed(names))

    return {key: name for key in data if (name := named(key))}


def _file(row: Row) -> Path | None:
    """Where the file of an attachment is: what Zotero keeps lies in storage/KEY/, of linked ones PDFs alone count; one
    that is not there is told by the name it should have."""
    values, links = row["data"], row.get("links")
    enclosure = links.get("enclosure") if isinstance(links, dict) else None
    address = str(enclosure.get("href") or "") if isinstance(enclosure, dict) else ""
    key, mode = str(row.get("key")), str(values.get("linkMode") or "")
    path = Path(_path_of(address) or str(values.get("path") or ""))
    if mode in ("imported_file", "imported_url") and _KEY.fullmatch(key):
        if path.is_absolute() and path.parent.name == key and path.parent.parent.name == "storage":
            return path
        name = os.path.basename(str(values.get("filename") or ""))
        return Path("storage") / key / name if name else None
    return path if mode == "linked_file" and path.is_absolute() and path.suffix.lower() == ".pdf" else None


def _path_of(address: str) -> str:
    """The path of a file: address, that of Windows without the slash before its letter; "" for another."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return ""
    path = unquote(parts.path)
    return path[1:] if re.match(r"/[A-Za-z]:", path) else path
