"""A work that a bibliography lists and whose text is not there: its title and abstract, kept as a file of the library.

Reads: bytes, as `to_bytes` writes them.  Gives: Extract of kind "entry" with a note that says so.
"""

from __future__ import annotations

import json
import re
from typing import Any

from kb.errors import Unreadable, note
from kb.outside import OutsideError, read_object
from kb.readers import Limits
from kb.readers.extract import Extract, Heading, tile
from kb.readers.metadata import metadata_from, with_venue_of_type
from kb.text import CJK, one_line
from kb.types import Entry, Language, Metadata
from kb.works import ENTRY

KIND = ENTRY
_KEPT = ("title", "authors", "issued", "doi", "arxiv", "abstract")
# Our types -> BibTeX's, by which a venue is told.
_BIBTEX = {"book": "book", "chapter": "inbook", "thesis": "thesis", "report": "report"}


def to_bytes(entry: Entry) -> bytes:
    """What is kept of an entry: only what makes it another text or work, so that the rest may change beside it."""
    kept = entry.to_json()
    return json.dumps({name: kept[name] for name in _KEPT if name in kept}, ensure_ascii=False, indent=1).encode()


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The abstract under its title; without one there is no text. Errors: Unreadable E_PARSE."""
    try:
        found = read_object(data)
        kept = {name: found[name] for name in _KEPT if name in found}
        entry = Entry.from_dict({"key": "", "type": "document", **kept})
        title, abstract = one_line(entry.title), one_line(entry.abstract, limits.max_characters)
    except (OutsideError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable("E_PARSE", detail=str(error)[:120]) from error
    metadata, _ = said_by(entry)
    if not abstract:
        return Extract(KIND, "", metadata=metadata, status="no_text", notes=(note("N_ENTRY"),),
                       language="zh" if re.search(f"[{CJK}]", title) else None)
    heading = "摘要" if re.search(f"[{CJK}]", abstract) else "Abstract"
    text = f"# {title}\n\n## {heading}\n\n{abstract}\n"
    sections = tile(len(text), [Heading(0, 1, title), Heading(len(title) + 4, 2, heading)])
    return Extract(KIND, text, sections, metadata=metadata, notes=(note("N_ABSTRACT"),))


def said_by(entry: Entry) -> tuple[Metadata, Language | None]:
    """The metadata that an entry gives its document, and the language it names."""
    values: dict[str, Any] = {
        "title": entry.title, "authors": [person.full for person in entry.authors], "year": entry.issued[:4],
        "venue": entry.container, "doi": entry.doi, "arxiv": entry.arxiv, "url": entry.url, "language": entry.language}
    kind = _BIBTEX.get(entry.type, "")
    if entry.type == "thesis" and entry.genre:
        kind = "mastersthesis" if re.search("master|硕士", entry.genre, re.IGNORECASE) else "phdthesis"
    if not entry.container and entry.publisher.lower() != "arxiv":
        values = dict(with_venue_of_type({**values, "publisher": entry.publisher}, kind))
        values.pop("publisher", None)
    metadata, language = metadata_from(values)
    return metadata, language
