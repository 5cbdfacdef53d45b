"""What the head of a note says of the paper that it is on, all of it a guess.

    "# [CVPR 2021] A title", "## ICASSP 2021"        venue and year, in the title or on a line of their own
    "## [A title](http://arxiv.org/abs/1602.06291)"  the paper's arXiv number, in a link of the title or of "paper"
    "**作者**：张三、李四", "- Published: March 2021"     lines that begin with what they say

Reads: the lines of a text without pages.  Gives: values by the names of Metadata.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kb.readers.file_name import in_brackets, venue_and_year
from kb.readers.metadata import clean_arxiv, clean_doi, metadata_from, year_of
from kb.readers.names import Names
from kb.words import Phrases, table

_FIRST, _LONGEST = 16, 600  # lines that are looked at, letters of one
_DATED = Phrases(r"^\W*(?:«notes: dated»)\s*[:：]?\s*((?:19|20)\d\d)(?!\d)", re.IGNORECASE)
_SHORT = 120  # letters of a line that is a venue and a year, or names
# "SIGMOD '06", "Proc. ACM Manag. Data, 2023", "Proceedings of the VLDB Endowment, September 2013"
_WORD = r"(?:[A-Z(][\w'’()/-]*\.?|of|the|on|for|in|and|&)"
_PLACE = re.compile(rf"(?P<venue>{_WORD}(?: {_WORD}){{0,14}}?)\s*(?:[,，·]\s*(?:[A-Z][a-z]{{2,8}}\.? )?|\s)\s*"
                    r"(?:(?P<year>(?:19|20)\d\d)|['’](?P<short>\d\d))")
_LINK = re.compile(r"\[(?P<label>[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]\((?P<url>https?://[^\s()]+)\)")
_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf|html)/(\d{4}\.\d{4,5}|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7})", re.IGNORECASE)
_PAPER = Phrases(r"\W*(?:«notes: paper»)\W*", re.IGNORECASE)
_LABELLED = re.compile(r"\W{0,6}(?P<key>[^\W\d][^\n:：|*]{0,24}?)\**\s*[:：]\**\s*(?P<value>\S.*)")
_MARKS = re.compile(r"<[^<>]{1,60}>|[*`_]{2,3}|`")


def said_of_paper(text: str, names: Names) -> dict[str, Any]:
    """The values that the first lines give; {} where they give none."""
    lines = [line.strip() for line in text[:20_000].split("\n")]
    lines = [line for line in lines if line][:_FIRST]
    found: dict[str, Any] = {}
    title = next((i for i, line in enumerate(lines) if re.match(r"#{1,6}\s", line)), 0)
    for value in (_labelled(lines, names), _at_title(lines, title), _linked(lines), _named(lines, title, names)):
        found = {**value, **found}
    return {name: value for name, value in found.items() if value}


def is_of_other(line: str) -> bool:
    """Whether a line is a link, an item of a list, or begins with the name of a field that is not the authors'."""
    said = _LABELLED.match(_MARKS.sub("", line[:_LONGEST]))
    known = table("notes", "labels").get(" ".join(said["key"].lower().split())) if said else None
    return bool("://" in line or re.match(r"[-+•]\s", line) or (said and known != "authors"))


def _at_title(lines: Sequence[str], title: int) -> dict[str, Any]:
    """What brackets in the title say, or the heading right below it that is a venue and a year."""
    below = lines[title + 1] if len(lines) > title + 1 else ""
    if below.startswith("#") and (said := venue_and_year(below.lstrip("# "))).get("venue"):
        return said
    is_apart = below[:1] in (">", "*", "_") and len(below) <= _SHORT  # not a line of running text, nor of a cover
    if is_apart and (place := _PLACE.fullmatch(below.strip("> *_"))):
        year = place["year"] or f"{'19' if place['short'] > '60' else '20'}{place['short']}"
        return {"year": int(year), "venue": f"{place['venue']} {year}"}
    bare = _LINK.sub(lambda link: link["label"], lines[title]) if lines else ""
    return in_brackets(bare)


def _named(lines: Sequence[str], title: int, names: Names) -> dict[str, Any]:
    """The authors, if the line below the title is a list of names and of nothing else."""
    below = lines[title + 1].strip("> *_") if len(lines) > title + 1 else ""
    if below[:1] in "#-![|" or len(below) > 3 * _SHORT:
        return {}
    alone = re.sub(r"\bet al\.?$|等$", "", below)
    listed = [part for part in re.split(r"\s*(?:[,，、;；]|\band\b|&)\s*", alone) if part]
    found = names.of(below).names if len(listed) > 1 else ()
    return {"authors": found} if len(found) == len(listed) else {}


def _linked(lines: Sequence[str]) -> dict[str, Any]:
    """The arXiv number of a link that is the title, is called a paper, or stands alone; {} for none or several."""
    numbers = []
    for i, line in enumerate(lines[:8]):
        for link in _LINK.finditer(line):
            is_title = line.startswith("#") and len(link["label"]) > 0.6 * len(line) - len(link["url"])
            if (is_title and i < 2 or _PAPER.fullmatch(link["label"])) and (found := _ARXIV.search(link["url"])):
                numbers.append(found[1])
        if re.fullmatch(r"\W*https?://\S+\W*", line) and (found := _ARXIV.search(line)):
            numbers.append(found[1])
    return _of_arxiv(numbers[0]) if len(set(numbers)) == 1 else {}


def _of_arxiv(number: str) -> dict[str, Any]:
    short = number.split("/")[-1][:2]
    return {"arxiv": number, "year": int(short) + (2000 if int(short) < 90 else 1900)}


def _labelled(lines: Sequence[str], names: Names) -> dict[str, Any]:
    """The values of lines that begin with the name of a field. A day may be that of the note: it is the last choice."""
    known = table("notes", "labels")
    values: dict[str, str] = {}
    for line in lines:
        said = _LABELLED.match(_MARKS.sub("", line[:_LONGEST])) if len(line) <= _LONGEST else None
        name = known.get(" ".join(said["key"].lower().split())) if said else None
        if said and name:
            values.setdefault(name, said["value"].strip(" \t*|"))
    found: dict[str, Any] = {}
    if "authors" in values:
        found["authors"] = names.labelled(values["authors"])
    for name in ("year", "venue", "date"):
        if name in values:
            found.setdefault("year", year_of(re.sub(r"\]\([^()]*\)|https?://\S+", "", values[name])))
    dated = next((said for line in lines if (said := _DATED.match(_MARKS.sub("", line[:_LONGEST])))), None)
    if dated and not found.get("year"):
        found["year"] = int(dated[1])
    if "venue" in values and (venue := _LINK.sub(lambda link: link["label"], values["venue"])) and len(venue) <= 80:
        found["venue"] = metadata_from({"venue": venue})[0].venue
    paper = " ".join(values.get(name, "") for name in ("arxiv", "paper", "url"))
    if number := _ARXIV.search(paper):
        found = {**_of_arxiv(number[1]), **{name: value for name, value in found.items() if value}}
    elif "arxiv" in values and (bare := clean_arxiv(values["arxiv"])):
        found = {**_of_arxiv(bare), **{name: value for name, value in found.items() if value}}
    if "doi" in values:
        found["doi"] = clean_doi(values["doi"])
    return found
