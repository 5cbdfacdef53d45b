"""What the first slide of a presentation says of it: its title, who gives it, when and at which meeting.

Reads: the words of the slide, and what the file declares.  Gives: Metadata. A declared title or author counts if the
slide has it too; what the slide says instead is a guess.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from kb.readers.metadata import plain
from kb.readers.names import Names
from kb.readers.refused import is_no_title
from kb.readers.said_year import year_said
from kb.text import CJK, one_line
from kb.types import Metadata
from kb.words import Phrases

_LONGEST = 100
_LABEL = Phrases(r"^\W*(?:«metadata: label speaker~»)\s*[:：]\s*", re.IGNORECASE)
_VENUES = Path(__file__).resolve().parents[1] / "data" / "venues.toml"
_TALK = Phrases(r"^\W*(?:«metadata: talk at~»)\s+(?:the\s+)?", re.IGNORECASE)
_PARTS = re.compile(r"\s*[|｜·•,，;；]\s*|\s+[-–—]\s+")
_MEETING = Phrases(r"^(?=[A-Z\d])(?!(?:An?|Our|This|My)\s)(?=.*\b(?i:«metadata: meeting~»)s?\b)(?=.*(?:\d|"
                   r"\b(?i:«metadata: meeting~»)s?\s+(?:on|of|for|in)\s|\b(?i:international|annual|european)\b))")
_CHINESE = Phrases(rf"^(?:第|[{CJK}\w ]{{2,}}).*(?:«metadata: meeting zh»)(?:\s*[(（][^()（）]*[)）])?\s*(?:20\d\d)?$")
_DATE = re.compile(r"(?:19|20)\d\d\s*[-./年]\s*\d{1,2}(?:\s*[-./月]\s*\d{1,2})?|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d|"
                   r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(?:\d{1,2}(?:st|nd|rd|th)?,?\s+)?"
                   r"(?:19|20)\d\d", re.IGNORECASE)
_FULL_NAME = re.compile(r"[^\W\d_]\S*\s\S*[^\W\d_]{2,}$")
_MOST_LINES = 10  # of a title slide; one with more shows a diagram
_MOST_WORDS, _MOST_LETTERS = 14, 30  # of the name of a meeting
_END = re.compile(r"^\W*(?:指导|导师|supervis|advis)", re.IGNORECASE)


def with_title_slide(declared: Metadata, title: str, lines: Sequence[str], text: str) -> Metadata:
    """The metadata of a presentation. title: the first slide's, "" if it has none; lines: the other words of that
    slide; text: of all slides."""
    title = "" if is_no_title(title) else one_line(title)
    said = plain("".join((title, *lines)))
    found: dict[str, Any] = {}
    if title and (not declared.title or plain(declared.title) not in said):
        found["title"] = title
    authors = _speakers(lines, text)
    if authors and not (declared.authors and all(plain(name) in said for name in declared.authors)):
        found["authors"] = authors
    dates = [*lines, *(date[0] for date in _DATE.finditer(title))]
    if year := year_said([(line, True) for line in dates], datetime.now(UTC).year + 1):
        found["year"] = year
    if not declared.venue and (venue := _meeting(lines)):
        found["venue"] = venue
    guessed = tuple(dict.fromkeys((*declared.guessed, *found)))
    return dataclasses.replace(declared, **found, guessed=guessed)


def _meeting(lines: Sequence[str]) -> str:
    """The meeting that a line of a title slide names, or ""."""
    for line in lines if len(lines) <= _MOST_LINES else ():
        talk = _TALK.match(line)
        for part in _PARTS.split(line[talk.end():] if talk else line):
            part = one_line(part)
            if _acronym().match(part) or talk and re.match(r"[A-Z]{2,}\S*\s?(?:20\d\d|[’']\d\d)\b", part):
                return part
            if _MEETING.match(part) and len(part.split()) <= _MOST_WORDS:
                return part
            if _CHINESE.match(part) and len(part) <= _MOST_LETTERS:
                return part
            if talk:
                break
    return ""


@cache
def _acronym() -> re.Pattern[str]:
    """A known meeting's acronym with its year: "ICML 2021", "NeurIPS’19"."""
    rules = tomllib.loads(_VENUES.read_text(encoding="utf-8"))["rule"]
    names = "|".join(re.escape(name) for rule in rules if rule["kind"] == "conference" for name in rule["acronyms"])
    return re.compile(rf"(?:{names})\s?(?:20\d\d|[’'‘]\s?\d\d)(?:\s.{{0,30}})?$")


def _speakers(lines: Sequence[str], text: str) -> tuple[str, ...]:
    """Who a label names, else the first lines that are names, where there are no more than on a title slide."""
    labelled = [line[label.end():] for line in lines if (label := _LABEL.match(line))]
    if not labelled and len(lines) > _MOST_LINES:
        return ()
    names = Names("" if labelled else text)
    found: list[str] = []
    for line in labelled or lines:
        if _END.match(line) or len(line) > _LONGEST:
            continue
        one = names.of(line)
        if not one.is_line and found:
            break
        found += one.names
    if not labelled:
        found = [name for name in found if re.search(f"[{CJK}]", name) or _FULL_NAME.search(name)]
    return tuple(dict.fromkeys(found))
