"""The XML that EndNote exports, as entries.

Reads: bytes.  Gives: Entries. lxml pays its rent here: a file may be damaged in its middle, and what stands before and
after is read all the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kb.errors import FileProblem
from kb.readers.entry_fields import (
    NO_TITLE,
    Entries,
    Unread,
    arxiv_in,
    date_of,
    doi_in,
    keywords_of,
    pages_of,
    settled,
)
from kb.readers.person_names import listed_name
from kb.text import one_line
from kb.types import Entry, Person, Words

if TYPE_CHECKING:
    from lxml.etree import _Element

_TYPES = {
    "journal article": "article-journal", "electronic article": "article-journal", "magazine article":
    "article-magazine", "newspaper article": "article-newspaper", "conference proceedings": "paper-conference",
    "conference proceeding": "paper-conference", "conference paper": "paper-conference", "book": "book",
    "edited book": "book", "electronic book": "book", "book section": "chapter", "electronic book section": "chapter",
    "encyclopedia": "chapter", "dictionary": "chapter", "thesis": "thesis", "report": "report",
    "government document": "report", "web page": "webpage", "blog": "webpage", "online multimedia": "webpage",
    "dataset": "dataset", "online database": "dataset", "computer program": "software", "patent": "patent",
    "standard": "standard", "manuscript": "manuscript", "unpublished work": "article",
}


def read_endnote(data: bytes) -> Entries:
    """Every record that has a title. Errors: FileProblem E_BIBLIOGRAPHY for XML that has none."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    root = etree.fromstring(data, parser)
    records = [] if root is None else root.xpath("//record") or [_as_now(old) for old in root.xpath("//RECORD")]
    entries: list[Entry] = []
    problems: list[Unread] = []
    for n, record in enumerate(records, 1):
        entry = _entry(record, n)
        entries += [entry] if entry.title else []
        problems += [] if entry.title else [Unread(f"#{n}", NO_TITLE)]
    if not records:
        raise FileProblem("E_BIBLIOGRAPHY", detail=Words("no record of EndNote in this XML",
                                                         "这个 XML 中没有 EndNote 的记录"))
    return Entries("EndNote XML", tuple(entries), tuple(problems))


def _entry(record: _Element, n: int) -> Entry:
    def said(*paths: str) -> str:
        for path in paths:
            found = record.find(path)
            if found is not None and (line := one_line("".join(found.itertext()), 20_000)):
                return line
        return ""

    kind = record.find("ref-type")
    name = (kind.get("name") or "") if kind is not None else ""
    type_ = _TYPES.get(name.lower(), "document")
    is_part = type_ in ("article-journal", "article-magazine", "article-newspaper", "paper-conference", "chapter",
                        "document")
    container = said("titles/secondary-title", "periodical/full-title", "periodical/abbr-1") if is_part else ""
    serial = said("isbn")
    is_book = len(re.sub(r"\D", "", re.split(r"[\s;(]", serial)[0])) >= 10 and type_ != "article-journal"
    urls = [one_line("".join(url.itertext()), 2000) for url in record.findall("urls/related-urls/url")]
    links = [url for url in urls if re.match(r"https?://", url)]
    files = [one_line("".join(url.itertext()), 2000) for url in record.findall("urls/pdf-urls/url")]
    numbered = type_ in ("report", "patent", "standard")
    words = [one_line("".join(word.itertext()), 200) for word in record.findall("keywords/keyword")]
    return settled(Entry(
        key=said("label") or f"en{said('rec-number') or n}", type=type_, title=said("titles/title"),
        authors=_people(record, "authors"), editors=_people(record, "secondary-authors") if type_ != "thesis" else (),
        issued=date_of(said("dates/year"), *_month_and_day(said("dates/pub-dates/date"))), container=container,
        volume=said("volume"), issue="" if numbered else said("number"), pages=pages_of(said("pages")),
        publisher=said("publisher", "titles/secondary-title") if type_ in ("thesis", "report") else said("publisher"),
        place=said("pub-location"), edition=said("edition"), number=said("number") if numbered else "",
        genre=said("work-type"), doi=doi_in(said("electronic-resource-num"),
                                            *(link for link in links if "doi.org" in link)),
        arxiv=arxiv_in(*(value for value in (said("accession-num"), *links) if "arxiv" in value.lower())),
        isbn=serial if is_book else "", issn="" if is_book or numbered else serial, url=links[0] if links else "",
        accessed=date_of(said("access-date")), abstract=said("abstract"),
        keywords=keywords_of(words) if len(words) == 1 else tuple(dict.fromkeys(word for word in words if word)),
        language=said("language"), note=said("notes"), files=tuple(files)))


# EndNote up to version 7: capitals, one level, types by number. Tag then -> path now.
_OLD_TYPES = {"0": "journal article", "1": "book", "2": "thesis", "3": "conference proceedings",
              "5": "newspaper article", "6": "computer program", "7": "book section", "8": "magazine article",
              "9": "edited book", "10": "report", "14": "journal article", "16": "web page", "25": "patent",
              "27": "report", "47": "conference paper"}
_OLD_TAGS = {"TITLE": "titles/title", "SECONDARY_TITLE": "titles/secondary-title", "YEAR": "dates/year",
             "DATE": "dates/pub-dates/date", "PLACE_PUBLISHED": "pub-location", "PUBLISHER": "publisher",
             "URL": "urls/related-urls/url", "TYPE_OF_WORK": "work-type", "REFNUM": "rec-number",
             "AUTHORS": "contributors/authors", "SECONDARY_AUTHORS": "contributors/secondary-authors",
             "KEYWORDS": "keywords", "DOI": "electronic-resource-num", "ACCESSION_NUMBER": "accession-num"}


def _as_now(old: _Element) -> _Element:
    """A record of EndNote 7 in the form of later versions."""
    from lxml import etree

    record = etree.Element("record")
    for item in old:
        tag, text = str(item.tag), "".join(item.itertext())
        if tag == "REFERENCE_TYPE":
            etree.SubElement(record, "ref-type", name=_OLD_TYPES.get(text.strip(), ""))
            continue
        at = record
        for name in _OLD_TAGS.get(tag, tag.lower()).split("/"):
            found = at.find(name)
            at = found if found is not None else etree.SubElement(at, name)
        for inner in item:
            etree.SubElement(at, str(inner.tag).lower().removeprefix("secondary_")).text = "".join(inner.itertext())
        if not len(item):
            at.text = text
            if tag == "URL" and text.startswith("10."):
                etree.SubElement(record, "electronic-resource-num").text = text
    return record


def _people(record: _Element, group: str) -> tuple[Person, ...]:
    found = (listed_name("".join(author.itertext())) for author in record.findall(f"contributors/{group}/author"))
    return tuple(person for person in found if person is not None)


def _month_and_day(text: str) -> tuple[str, str]:
    day = re.search(r"\b(\d{1,2})\b(?!\d)", text)
    return text, day.group() if day else ""
