"""What the first slide of a presentation says of it: its title, who gives it, and when.

Reads: the words of the slide, and what the file declares.  Gives: Metadata. A declared title or author counts if the
slide has it too; what the slide says instead is a guess.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kb.readers.metadata import plain
from kb.readers.names import Names
from kb.readers.refused import is_no_title
from kb.readers.said_year import year_said
from kb.text import one_line
from kb.types import Metadata
from kb.words import Phrases

_LONGEST = 100
_LABEL = Phrases(r"^\W*(?:«metadata: label speaker~»)\s*[:：]\s*", re.IGNORECASE)
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
    if year := year_said([(line, True) for line in lines], datetime.now(UTC).year + 1):
        found["year"] = year
    guessed = tuple(dict.fromkeys((*declared.guessed, *found)))
    return dataclasses.replace(declared, **found, guessed=guessed)


def _speakers(lines: Sequence[str], text: str) -> tuple[str, ...]:
    """Who a label names, else the first lines that are names."""
    labelled = [line[label.end():] for line in lines if (label := _LABEL.match(line))]
    names = Names("" if labelled else text)
    found: list[str] = []
    for line in labelled or lines:
        if _END.match(line) or len(line) > _LONGEST:
            continue
        one = names.of(line)
        if not one.is_line and found:
            break
        found += one.names
    return tuple(dict.fromkeys(found))
