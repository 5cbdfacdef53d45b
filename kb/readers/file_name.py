"""What the name of a file says of the document in it: a last guess.

    "2106.09685v2.pdf"                     arXiv number, and the year of its first version
    "ChinaXiv-201904.00081V1.pdf"          the year of ChinaXiv's number
    "Smith et al. - 2019 - A title.pdf"    author, year, title, as reference managers name files
    "Smith 2019 - A title.pdf"             the same
    "题名_作者.pdf"                          as Chinese data bases do
    "[CVPR 2021] A title.md"               venue and year in brackets, as notes are named
    "2021-03-09-a-title.md", "2021_a.md"   the year in front, as pages of a blog are named
"""

from __future__ import annotations

import os
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from kb.readers.names import Names
from kb.text import CJK, one_line
from kb.types import Metadata

_ARXIV = re.compile(r"(?:arxiv[\s_:-]*)?(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})(?:v\d{1,2})?(?:\W.*)?", re.IGNORECASE)
_CHINAXIV = re.compile(r"chinaxiv[\s_:-]*(20\d\d)(?:0[1-9]|1[0-2])\.\d{5}(?:v\d{1,2})?(?:\W.*)?", re.IGNORECASE)
_YEAR = r"(?:19|20)\d\d"
_MANAGED = re.compile(rf"(?P<authors>[^\d_]+?)(?:\s+-\s+|\s*[,_(]\s*|\s+)(?P<year>{_YEAR})\)?[a-z]?\s*"
                      r"(?:-|–|—|_|\.)\s*(?P<title>\S.{5,})")
_HAN_NAMED = re.compile(rf"(?P<title>.*[{CJK}]{{3}}.*)_(?P<author>[{CJK}·]{{2,5}})(?:\s*(?:等|\(\d+\)|（\d+）))?")
_IN_FRONT = re.compile(rf"(?P<year>{_YEAR})(?:年|[-_.年]?(?:0?[1-9]|1[0-2])(?:[-_.月]?[0-3]?\d日?)?)?"
                       r"(?:[-_.:：]|(?<=年)| )\s*\D.*")
_VENUE = r"[A-Z][A-Za-z&/+.-]{1,14}(?: (?:[A-Z][A-Za-z]{1,12}|Findings))?"
_VENUE_YEAR = re.compile(rf"(?P<before>{_VENUE})?[\s'’,-]{{0,2}}(?P<year>{_YEAR})(?:[.-]\d{{1,2}})?"
                         rf"(?:[\s,-]{{1,2}}(?P<behind>{_VENUE}))?")
_BRACKETS = re.compile(r"[\[【](?P<inside>[^\[\]【】]{4,40})[\]】](?!\()|[(（](?P<last>[^()（）]{4,40})[)）]\W*$")
_NAME = re.compile(r"[^\W\d_][\w.'’ -]{1,60}")
_LEAST_TITLE = 8


def metadata_of_name(name: str) -> Metadata:
    """What a file's name says, all of it guessed; empty for a name that has no such form."""
    stem = one_line(unicodedata.normalize("NFC", os.path.splitext(os.path.basename(name))[0]), 300)
    if found := _ARXIV.fullmatch(stem):
        return Metadata(arxiv=found[1], year=2000 + int(found[1][:2]), guessed=("year", "arxiv"))
    if found := _CHINAXIV.fullmatch(stem):
        return Metadata(year=int(found[1]), guessed=("year",))
    if found := _HAN_NAMED.fullmatch(stem):
        author = Names("").of(found["author"]).names
        title = found["title"].replace("_", " ").strip()
        if author:
            return Metadata(title=title, authors=author, guessed=("title", "authors"))
    spaced = stem if " " in stem else stem.replace("_", " ")
    if (found := _MANAGED.fullmatch(spaced)) and len(found["title"]) >= _LEAST_TITLE:
        authors = _authors(found["authors"])
        if authors:
            return Metadata(title=found["title"].strip(" -_."), authors=authors, year=int(found["year"]),
                            guessed=("title", "authors", "year"))
    if (found := _IN_FRONT.fullmatch(stem)) and int(found["year"]) <= _latest():
        return Metadata(year=int(found["year"]), guessed=("year",))
    said = in_brackets(stem)
    return Metadata(**said, guessed=tuple(name for name, value in said.items() if value))


def _latest() -> int:
    return datetime.now(UTC).year + 1


def venue_and_year(text: str) -> dict[str, Any]:
    """The values of a text that is a venue and a year, or a year, and nothing else: "CVPR 2021", "2021 ICML"; {} for
    another."""
    said = _VENUE_YEAR.fullmatch(text.strip())
    if said is None or int(said["year"]) > _latest():
        return {}
    venue = said["before"] or said["behind"]
    return {"year": int(said["year"]), "venue": f"{venue} {said['year']}" if venue else None}


def in_brackets(title: str) -> dict[str, Any]:
    """The venue and the year that stand in brackets in a title, round ones at its end alone; {} where none do."""
    return next((said for found in _BRACKETS.finditer(title)
                 if (said := venue_and_year(found["inside"] or found["last"]))), {})


def _authors(text: str) -> tuple[str, ...]:
    """Family names before a year: "Smith", "Smith et al.", "Smith and Jones"; () if these are other words."""
    text = re.sub(r"[\s,]*(?:\bet\s?al\b\.?|等)\s*$", "", text.strip(" -_,"), flags=re.IGNORECASE)
    parts = [part.strip() for part in re.split(r"\s*(?:,|;|、|&|\band\b)\s*", text) if part.strip()]
    is_list = all(_NAME.fullmatch(part) and len(part.split()) <= 3 and (part[0].isupper() or re.match(f"[{CJK}]", part))
                  for part in parts)
    return tuple(parts) if parts and is_list else ()
