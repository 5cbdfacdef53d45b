"""An entry as an item of CSL JSON, which Zotero, Pandoc and citeproc read.

Reads: Entry.  Gives: an object. Source: CSL 1.0.2, appendices III and IV.
"""

from __future__ import annotations

from typing import Any

from kb.bibliography.ris import link_of
from kb.types import Entry, Person


def to_item(entry: Entry) -> dict[str, Any]:
    """The item with all that the entry says; what it does not say is left out."""
    fields: dict[str, Any] = {
        "author": [_name(person) for person in entry.authors], "editor": [_name(person) for person in entry.editors],
        "title": entry.title, "container-title": entry.container, "publisher": entry.publisher,
        "publisher-place": entry.place, "issued": _date(entry.issued), "volume": entry.volume, "issue": entry.issue,
        "page": entry.pages, "edition": entry.edition, "genre": entry.genre, "DOI": entry.doi,
        "number": entry.number or (f"arXiv:{entry.arxiv}" if entry.arxiv else ""), "ISBN": entry.isbn,
        "archive": "arXiv" if entry.arxiv and entry.number else "",
        "archive_location": entry.arxiv if entry.arxiv and entry.number else "",
        "ISSN": entry.issn, "URL": link_of(entry), "accessed": _date(entry.accessed), "abstract": entry.abstract,
        "keyword": ", ".join(entry.keywords), "language": entry.language, "note": entry.note}
    return {"id": entry.key, "type": entry.type, **{name: value for name, value in fields.items() if value}}


def _name(person: Person) -> dict[str, str]:
    if not person.given and not person.suffix:
        return {"literal": person.family}
    return {"family": person.family, **({"given": person.given} if person.given else {}),
            **({"suffix": person.suffix} if person.suffix else {})}


def _date(date: str) -> dict[str, Any] | None:
    return {"date-parts": [[int(part) for part in date.split("-")]]} if date else None
