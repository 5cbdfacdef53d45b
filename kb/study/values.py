"""What may be asked of every document of a group: a field of its record, a line of its cover, a part of its summary, or
a thing that it used or reached.

Reads: words of a question.  Gives: Value.  Next: groups.py reads them out of a question, each.py answers them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from kb.study.columns import read_column
from kb.study.settings import read_setting
from kb.types import Language
from kb.words import Phrases, phrases, table

Field = Literal["authors", "year", "venue", "title"]
Cover = Literal["supervisor", "university"]
Told = Literal["problem", "method", "results", "limits", "future"]
Kind = Literal["record", "cover", "part", "thing"]
MOST_VALUES = 4
_COLUMNS = ("data set", "metric", "model", "language", "limitation", "code")
_FILLER = Phrases(r"^(?:(?:«groups: fillers en»)\s+|«groups: fillers zh»)+", re.I)
_IN_BRACKETS = re.compile(r"\s*[(（][^()（）]{1,20}[)）]\s*$")  # "speed (FPS)"
_BETWEEN: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s+as well as\s+|\s*&\s*", re.I),
    "zh": re.compile(r"以及|及其|[和与及、，,]|\s+and\s+")}


@dataclass(frozen=True, slots=True)
class Value:
    """name: a field, a line of the cover, a part, or the thing as it is called; said: as the question calls it."""

    kind: Kind
    name: str
    said: str = ""

    @property
    def is_known(self) -> bool:
        """Whether what such a value may be is known, so that other sentences answer nothing."""
        return self.kind != "thing" or is_known(self.name)


def is_known(thing: str) -> bool:
    """Whether what a thing of this name may be is known, or that it is a number."""
    column = read_column(thing)
    is_named = read_setting(thing) is not None or thing.casefold() in table("comparisons", "kinds")
    return is_named or column.about in _COLUMNS or column.kind == "number"


def value_of(text: str) -> Value | None:
    """The value that the words call; None for no words."""
    said = _FILLER.pattern.sub("", _IN_BRACKETS.sub("", text).strip(" ,，的?？。.")).strip()
    if not said:
        return None
    known = _known().get(said.casefold())
    return Value(*known, said) if known else Value("thing", said, said)


def values_of(text: str, language: Language) -> tuple[Value, ...]:
    """The values that are counted up: "authors and year"; the whole as one value where a part of it is none."""
    whole = value_of(text)
    if whole is None or _is_named(whole):
        return (whole,) if whole else ()
    parts = [value_of(part) for part in _BETWEEN[language].split(text)]
    found = tuple(part for part in parts if part is not None)
    if len(found) > 1 and len(found) == len(parts) and len(found) <= MOST_VALUES and (
            all if whole.is_known else any)(v.is_known for v in found):
        return found
    return (whole,)


def _is_named(value: Value) -> bool:
    """Whether the words are the name of one value: "data and code size" only ends as a number does."""
    thing = value.name.casefold()
    return value.kind != "thing" or read_setting(thing) is not None or bool(read_column(thing).about) or (
        thing in table("comparisons", "kinds"))


@cache
def _known() -> dict[str, tuple[Kind, str]]:
    found: dict[str, tuple[Kind, str]] = {}
    for field in get_args(Field):
        names = (*phrases("columns", f"column {field}"), *phrases("groups", f"record {field}"))
        found |= dict.fromkeys(names, ("record", field))
    for cover in get_args(Cover):
        found |= dict.fromkeys(phrases("groups", f"cover {cover}"), ("cover", cover))
    for part in get_args(Told):
        where = ("groups", "part future") if part == "future" else ("comparisons", f"thing {part}")
        found |= {name: ("part", part) for name in phrases(*where) if name not in found}
    return found | dict.fromkeys(phrases("groups", "part future"), ("part", "future"))
