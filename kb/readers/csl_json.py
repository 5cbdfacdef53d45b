"""CSL JSON as entries, as Zotero, Mendeley, Pandoc and Crossref write it.

Reads: JSON text.  Gives: Entries. Source: CSL 1.0.2, appendices III and IV.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kb.errors import FileProblem
from kb.outside import OutsideError, read_json
from kb.readers.entry_fields import (
    NO_TITLE,
    Entries,
    Unread,
    arxiv_in,
    date_of,
    doi_in,
    iso,
    keywords_of,
    pages_of,
    settled,
)
from kb.readers.person_names import csl_name
from kb.text import one_line
from kb.types import ENTRY_TYPES, Entry, Person, Words

_LARGEST = 100 << 20
_TYPES = {"post": "webpage", "post-weblog": "webpage", "thesis": "thesis", "entry": "chapter",
          "entry-encyclopedia": "chapter", "entry-dictionary": "chapter", "review": "article-journal",
          "collection": "book", "classic": "book", "periodical": "article-journal", "posted-content": "article",
          "journal-article": "article-journal", "proceedings-article": "paper-conference", "book-chapter": "chapter",
          "dissertation": "thesis", "monograph": "book", "speech": "paper-conference", "preprint": "article"}
_MARKUP = re.compile(r"</?(?:i|b|em|strong|sup|sub|sc|span|scp|p)(?:\s[^<>]*)?>", re.IGNORECASE)
_NO_ITEM = Words("it is no item", "不是条目")


def read_csl(text: str) -> Entries:
    """Every item that has a title. Errors: FileProblem E_BIBLIOGRAPHY for what is no JSON, or no list of items."""
    try:
        found = read_json(text, largest=_LARGEST, is_strict=False)
    except OutsideError as error:
        raise FileProblem("E_BIBLIOGRAPHY", detail=str(error)) from error
    if isinstance(found, dict):
        inner = next((found[name] for name in ("items", "references") if isinstance(found.get(name), list)), None)
        found = inner if inner is not None else [found] if "title" in found or "type" in found else list(
            found.values())
    entries: list[Entry] = []
    problems: list[Unread] = []
    for n, item in enumerate(found, 1):
        if not isinstance(item, Mapping) or not any(name in item for name in ("title", "type", "author")):
            problems.append(Unread(f"#{n}", _NO_ITEM))
            continue
        entry = _entry(item, n)
        entries += [entry] if entry.title else []
        problems += [] if entry.title else [Unread(entry.key, NO_TITLE)]
    if not entries and (not problems or all(problem.why is _NO_ITEM for problem in problems)):
        raise FileProblem("E_BIBLIOGRAPHY", detail=Words("no item of CSL JSON in it", "其中没有 CSL JSON 的条目"))
    return Entries("CSL JSON", tuple(entries), tuple(problems))


def _entry(item: Mapping[str, Any], n: int) -> Entry:
    def said(*names: str) -> str:
        for name in names:
            value = item.get(name)
            value = value[0] if isinstance(value, list) and value else value
            if isinstance(value, (str, int, float)) and not isinstance(value, bool) and (
                    line := one_line(_MARKUP.sub("", str(value)), 20_000)):
                return line
        return ""

    type_ = said("type") if said("type") in ENTRY_TYPES else _TYPES.get(said("type"), "document")
    number, place, archive = said("number"), said("publisher-place", "event-place"), said("archive")
    is_arxiv = "arxiv" in f"{archive} {number} {said('publisher')}".lower()
    keywords = item.get("keyword")
    return settled(Entry(
        key=said("citation-key", "id") or f"csl{n}", type=type_, title=said("title"), authors=_people(item, "author"),
        editors=_people(item, "editor"), issued=_date(item.get("issued")) or date_of(said("year")),
        container=said("container-title"), volume=said("volume"), issue=said("issue"),
        pages=pages_of(said("page", "article-number")), publisher=said("publisher"), place=place,
        edition=said("edition"), number="" if is_arxiv and arxiv_in(number) else number, genre=said("genre"),
        doi=doi_in(said("DOI"), said("URL") if "doi.org" in said("URL") else ""),
        arxiv=arxiv_in(number, said("archive_location", "archive-location"), said("URL"), said("DOI"))
        if is_arxiv or "arxiv" in f"{said('URL')} {said('DOI')}".lower() else "",
        isbn=said("ISBN"), issn=said("ISSN"), url=said("URL") if re.match(r"https?://", said("URL")) else "",
        accessed=_date(item.get("accessed")), abstract=said("abstract"),
        keywords=tuple(one_line(str(word), 200) for word in keywords) if isinstance(keywords, list)
        else keywords_of([said("keyword")]), language=said("language"), note=said("note")))


def _people(item: Mapping[str, Any], name: str) -> tuple[Person, ...]:
    values = item.get(name)
    several = values if isinstance(values, list) else [values] if isinstance(values, (str, Mapping)) else []
    return tuple(person for value in several if (person := csl_name(value)) is not None)


def _date(value: Any) -> str:
    """Of a date of CSL: its parts, else what it says in words."""
    if isinstance(value, (str, int)):
        return date_of(str(value))
    if not isinstance(value, Mapping):
        return ""
    parts = value.get("date-parts")
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    said = [str(part) for part in first if isinstance(part, (int, str)) and str(part).isdigit()]
    if said and len(said[0]) == 4:
        return iso(int(said[0]), *(*said[1:3], None, None)[:2])
    return next((found for name in ("raw", "literal", "date-time") if (found := date_of(str(value.get(name, ""))))), "")
