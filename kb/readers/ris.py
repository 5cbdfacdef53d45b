"""RIS as entries: two letters a line, as databases and reference managers export them.

Reads: the text of a .ris file.  Gives: Entries. Source: the tags of the RIS format, with what EndNote, Zotero,
PubMed's and Chinese databases' exports make of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

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

_LINE = re.compile(r"([A-Z][A-Z0-9]) {0,2}-(?: (.*)|)$")
_TYPES = {
    "JOUR": "article-journal", "EJOUR": "article-journal", "JFULL": "article-journal", "INPR": "article-journal",
    "ABST": "article-journal", "MGZN": "article-magazine", "NEWS": "article-newspaper", "CONF": "paper-conference",
    "CPAPER": "paper-conference", "BOOK": "book", "EBOOK": "book", "EDBOOK": "book", "CHAP": "chapter",
    "ECHAP": "chapter", "ENCYC": "chapter", "DICT": "chapter", "THES": "thesis", "RPRT": "report", "GOVDOC": "report",
    "ELEC": "webpage", "BLOG": "webpage", "ICOMM": "webpage", "DATA": "dataset", "AGGR": "dataset", "DBASE": "dataset",
    "COMP": "software", "PAT": "patent", "STAND": "standard", "UNPB": "article", "PREP": "article",
    "MANSCPT": "manuscript",
}
_BEGIN = ("TI", "T1", "AU", "A1", "ID")  # what a record has whose TY is missing
_NO_TYPE = Words("it does not begin with TY", "它不以 TY 开头")
_IN_BOOK = ("chapter", "paper-conference")


def read_ris(text: str) -> Entries:
    """Every record between TY and ER that has a title; one that does not end is read as far as the next begins."""
    entries: list[Entry] = []
    problems: list[Unread] = []
    for n, (line, tags) in enumerate(_records(text), 1):
        entry = _entry(tags, n)
        if "TY" not in tags:
            problems.append(Unread(one_line(entry.title, 60) or f"line {line}", _NO_TYPE))
        elif entry.title:
            entries.append(entry)
        else:
            problems.append(Unread(entry.key if tags.get("ID") else f"line {line}", NO_TITLE))
    return Entries("RIS", tuple(entries), tuple(problems))


def _records(text: str) -> list[tuple[int, dict[str, list[str]]]]:
    """(line, tag -> values) of each record."""
    records: list[tuple[int, dict[str, list[str]]]] = []
    values: list[str] | None = None
    is_open = False
    for n, line in enumerate(text.lstrip("\ufeff").split("\n"), 1):
        found = _LINE.match(line.strip("\r\ufeff"))
        if found is None:
            if values and is_open and line.strip():
                values[-1] = f"{values[-1]} {line.strip()}".strip()
            continue
        tag, value = found[1], (found[2] or "").strip()
        if tag == "TY" or not is_open and tag in _BEGIN:
            records.append((n, {}))
            is_open = True
        elif tag == "ER":
            is_open, values = False, None
        if is_open and tag != "ER":
            values = records[-1][1].setdefault(tag, [])
            values.append(value)
    return records


def _entry(tags: Mapping[str, list[str]], n: int) -> Entry:
    def said(*names: str) -> str:
        return next((line for name in names for value in tags.get(name, ()) if (line := one_line(value, 20_000))), "")

    type_ = _TYPES.get(said("TY").upper(), "document")
    title = said("TI", "T1", "CT") or (said("BT", "T2") if type_ != "article-journal" else "")
    containers = ("T2", "JF", "JO", "BT", "J2", "JA", "T3") if type_ not in _IN_BOOK else (
        "T2", "BT", "C3", "JF", "JO", "J2", "JA", "T3")
    is_whole = type_ in ("book", "thesis", "report")  # T2 is a series, a department, an institution there
    container = said(*(("JF", "JO") if is_whole else containers)) if said("TI", "T1", "CT") else ""
    number = said("IS", "M1", "CP")
    serial = said("SN")
    is_book = len(re.sub(r"\D", "", serial.split(";")[0].split(" ")[0])) >= 10 and type_ != "article-journal"
    links = [value for tag in ("UR", "L2", "LK") for value in tags.get(tag, ()) if re.match(r"https?://", value)]
    files = [value for tag in ("L1", "L4") for value in tags.get(tag, ()) if value.strip()]
    pages = pages_of(said("SP")) if not said("EP") or "-" in pages_of(said("SP")) else pages_of(
        f"{said('SP')}-{said('EP')}")
    numbered = type_ in ("report", "patent", "standard")
    genre = said("M3") if type_ in ("thesis", "report", "document", "webpage") else ""
    year, full = said("PY", "Y1"), said("DA")
    key = said("ID")
    return settled(Entry(
        key=key or f"ris{n}", type=type_, title=title,
        authors=_people(tags, "AU", "A1"), editors=_people(tags, "ED", "A2") if type_ != "thesis" else (),
        issued=_date(full if not year or full.strip().startswith(year.strip("/")[:4]) and len(full) > 5 else year),
        container=container, volume=said("VL"), issue="" if numbered else number,
        pages=pages or (pages_of(said("C7")) if type_ == "article-journal" else ""), publisher=said("PB"),
        place=said("CY", "PP"), edition=said("ET"), number=(number or said("SN")) if numbered else "", genre=genre,
        doi=doi_in(said("DO"), *(link for link in links if "doi.org" in link), said("M3"), said("N1")),
        arxiv=arxiv_in(*(value for value in (said("AN"), said("DO"), *links) if "arxiv" in value.lower())),
        isbn=serial if is_book else "", issn="" if is_book or numbered else serial, url=links[0] if links else "",
        accessed=date_of(said("Y2").replace("//", "").strip("/")), abstract=said("AB", "N2"),
        keywords=_keywords(tags.get("KW", ())), language=said("LA"), note=_note(tags),
        files=tuple(file for file in files if not re.match(r"https?://", file))))


def _people(tags: Mapping[str, list[str]], *names: str) -> tuple[Person, ...]:
    values = next((tags[name] for name in names if any(value.strip() for value in tags.get(name, ()))), [])
    parts = [part for value in values for part in (re.split(r"\s*[;；]\s*", value) if re.search("[;；]", value)
                                                   else [value])]
    return tuple(person for part in parts if (person := listed_name(part)) is not None)


def _date(value: str) -> str:
    """"2017/06/12/" and "2017///"; anything else as a date in words."""
    year, *rest = value.strip().split("/")
    if re.fullmatch(r"\d{4}", year.strip()) and rest:
        return date_of(year.strip(), rest[0].strip(), rest[1].strip() if len(rest) > 1 else "")
    return date_of(value)


def _keywords(values: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """One a line; a single line may hold several."""
    if len(values) == 1:
        return keywords_of(values)
    return tuple(dict.fromkeys(word for value in values for word in (
        keywords_of([value]) if re.search("[;；]", value) else (one_line(value, 200),)) if word))


def _note(tags: Mapping[str, list[str]]) -> str:
    return one_line(" ".join(value for value in tags.get("N1", ()) if value.strip()), 20_000)


