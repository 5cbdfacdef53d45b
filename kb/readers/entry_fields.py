"""Values of bibliographic entries in one form, whichever format they were written in: dates, pages, numbers, kinds.

Reads: text of a field.  Gives: the value as Entry has it, "" where it says none.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from kb.readers.metadata import clean_arxiv, clean_doi, year_of
from kb.text import one_line
from kb.types import Entry, Words

NO_TITLE = Words("it has no title", "没有题名")
class Unread(NamedTuple):
    """An entry that is none. where: its key, or its line or number."""

    where: str
    why: Words


class Entries(NamedTuple):
    """What a file holds. kind: "BibTeX", "RIS", "CSL JSON", "EndNote XML"."""

    kind: str
    entries: tuple[Entry, ...]
    problems: tuple[Unread, ...]


_MARKUP = re.compile(r"</?(?:i|b|em|strong|u|sub|sup|sc|scp|inf|span|p|jats:[a-z-]+)(?:\s[^<>]{0,200})?/?>", re.I)
_MONTHS = {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2}))?(?:[-/.](\d{1,2}))?(?!\d)")
_ARXIV = re.compile(r"(?:arxiv\.org/(?:abs|pdf)/|arxiv[:.\s]\s*(?:preprint\s*)?(?:arxiv:)?|^)"
                    r"(\d{4}\.\d{4,5}(?:v\d{1,2})?|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7}(?:v\d{1,2})?)", re.IGNORECASE)
_PREPRINT = re.compile(r"arxiv|corr\b|biorxiv|medrxiv|preprint", re.IGNORECASE)


def date_of(text: str, month: str = "", day: str = "") -> str:
    """"2017", "2017-06" or "2017-06-12" of a date, or of a year with month and day beside it."""
    text = text.strip()
    found = _ISO.match(text)
    year = year_of(text)
    if year is None:
        return ""
    if found and int(found[1]) == year and (found[2] or found[3]):
        return iso(year, found[2], found[3])
    rest = re.sub(str(year), " ", text, count=1)
    in_words = re.search(r"(?<!\d)\d{1,2}(?!\d)", month or rest) if re.search("[A-Za-z]", month or rest) else None
    return iso(year, month or rest, day or (in_words.group() if in_words else ""))


def iso(year: int, month: str | None, day: str | None) -> str:
    """The parts of a date that say something."""
    m = month_of(month or "")
    d = int(day) if day and day.isdigit() and 0 < int(day) < 32 else 0
    return f"{year}-{m:02}-{d:02}" if m and d else f"{year}-{m:02}" if m else str(year)


def is_others(name: str) -> bool:
    """Whether a name says that there are more."""
    return name.strip("{}. ").lower() in ("others", "et al", "等")


def month_of(text: str) -> int:
    """The month in a number or a name, 0 for none."""
    if text.strip().isdigit():
        return int(text) if 0 < int(text) < 13 else 0
    found = re.search("|".join(_MONTHS), text.lower())
    return _MONTHS[found.group()] if found else 0


def pages_of(text: str) -> str:
    """"1-10" of a range in any dashes."""
    return re.sub(r"\s*(?:-+|[–—‐‑−]+)\s*", "-", one_line(text, 100)).strip("- ")


def keywords_of(values: Iterable[str]) -> tuple[str, ...]:
    """The words of lists that commas or semicolons part; semicolons first."""
    found: list[str] = []
    for value in values:
        mark = "[;；]" if re.search("[;；]", value) else "[,，]"
        found += [one_line(word, 200) for word in re.split(mark, value)]
    return tuple(dict.fromkeys(word for word in found if word))


def arxiv_in(*values: str) -> str:
    """The arXiv number that one of the values gives: an address, "arXiv:1706.03762", the number itself."""
    for value in values:
        if found := _ARXIV.search(value):
            return found[1]
    return ""


def doi_in(*values: str) -> str:
    """The DOI of the first value that has one."""
    return next((doi for value in values if (doi := clean_doi(value))), "")


def _bare(text: str) -> str:
    """Text without the marks of HTML and of Crossref's XML that databases and Zotero write into fields."""
    return _MARKUP.sub("", text) if "<" in text else text


def settled(entry: Entry) -> Entry:
    """The entry with what its fields say in other places: the arXiv number in a journal's name or a DOI; a preprint
    that was listed as an article; an address that is its DOI's alone. Marks of italics and the like are left out."""
    entry = dataclasses.replace(entry, title=_bare(entry.title), container=_bare(entry.container),
                                abstract=_bare(entry.abstract))
    arxiv = clean_arxiv(entry.arxiv) or arxiv_in(entry.arxiv) if entry.arxiv else ""
    if not arxiv and _PREPRINT.search(f"{entry.container} {entry.publisher} {entry.number} {entry.url} {entry.doi}"):
        places = (entry.doi, entry.url, entry.container, entry.number, entry.pages, entry.volume, entry.publisher)
        arxiv = arxiv_in(*places) if "arxiv" in " ".join(places).lower() else arxiv_in(
            *(value for value in (entry.volume, entry.pages) if value.startswith("abs/")))
        arxiv = arxiv or next((clean_arxiv(value) or "" for value in (entry.volume, entry.pages)
                               if value.lower().startswith("abs/")), "")
    values: dict[str, Any] = {"arxiv": arxiv}
    is_listed = entry.type in ("article-journal", "document", "webpage", "article")
    if arxiv and is_listed and (not entry.container or re.search(r"arxiv|^corr$", entry.container, re.I)):
        is_number = arxiv in f"{entry.volume} {entry.pages} {entry.number}"
        values |= {"type": "article", "container": "", "publisher": entry.publisher or "arXiv"}
        values |= {"volume": "", "pages": "", "issue": "", "number": ""} if is_number else {}
    if entry.doi and re.fullmatch(r"(?:https?://)?(?:dx\.)?doi\.org/" + re.escape(entry.doi), entry.url, re.I):
        values["url"] = ""
    if re.fullmatch(r"https?://arxiv\.org/(?:abs|pdf)/" + re.escape(arxiv or "-") + r"(?:\.pdf)?", entry.url):
        values["url"] = ""
    return dataclasses.replace(entry, **values)
