"""An entry as RIS.

Reads: Entry.  Gives: a record, TY to ER. Source: the RIS format as EndNote and Zotero write it.
"""

from __future__ import annotations

import re

from kb.types import Entry, Person

TYPES = {"article-journal": "JOUR", "article-magazine": "MGZN", "article-newspaper": "NEWS", "article": "UNPB",
         "paper-conference": "CONF", "book": "BOOK", "chapter": "CHAP", "thesis": "THES", "report": "RPRT",
         "webpage": "ELEC", "dataset": "DATA", "software": "COMP", "patent": "PAT", "standard": "STAND",
         "manuscript": "MANSCPT", "document": "GEN"}
_NUMBERED = ("report", "patent", "standard")


def to_ris(entry: Entry) -> str:
    """The record with all that the entry says."""
    first, _, last = entry.pages.partition("-")
    lines = [("TY", TYPES[entry.type])]
    lines += [("AU", _name(person)) for person in entry.authors] + [("ED", _name(person)) for person in entry.editors]
    lines += [
        ("TI", entry.title), ("PY", entry.issued[:4]),
        ("DA", entry.issued.replace("-", "/") if len(entry.issued) > 4 else ""),
        ("JF" if entry.type in ("book", "thesis", "report") else "T2", entry.container), ("VL", entry.volume),
        ("IS", entry.number if entry.type in _NUMBERED else entry.issue), ("SP", first), ("EP", last),
        ("PB", entry.publisher), ("CY", entry.place), ("ET", entry.edition), ("M3", entry.genre),
        ("SN", entry.isbn or entry.issn), ("DO", entry.doi), ("AN", f"arXiv:{entry.arxiv}" if entry.arxiv else ""),
        ("UR", link_of(entry)), ("Y2", entry.accessed.replace("-", "/")), ("LA", entry.language),
        *(("KW", word) for word in entry.keywords), ("AB", entry.abstract), ("ID", entry.key), ("N1", entry.note)]
    return "\n".join([*(f"{tag}  - {' '.join(value.split())}" for tag, value in lines if value), "ER  - "]) + "\n"


def link_of(entry: Entry) -> str:
    """An address a reader can open: its own, that of its DOI or arXiv number; "" where there is none."""
    if entry.url:
        return entry.url
    if entry.doi:
        return f"https://doi.org/{entry.doi}"
    return f"https://arxiv.org/abs/{entry.arxiv}" if entry.arxiv else ""


def _name(person: Person) -> str:
    """"Family, Given, Suffix"; a comma behind what must not be parted."""
    if person.given or person.suffix:
        return ", ".join([person.family, person.given, *([person.suffix] if person.suffix else [])])
    return f"{person.family}," if re.search(r"\s", person.family) else person.family
