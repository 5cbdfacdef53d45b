"""What each section of a document is, by its headings: abstract, method, limits, future work and so on.

Reads: Document.  Gives: a kind for each of its sections.  Next: roles.py and kb/study/parts.py,
which say what its sentences tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal

from kb.text import CJK, guess_language
from kb.types import Document
from kb.words import phrases

Kind = Literal["abstract", "introduction", "problem", "contribution", "related", "method", "results", "discussion",
               "conclusion", "limits", "future", "other"]

# In this order: of "conclusion and limitations" it is the limits that are looked for.
_KINDS: tuple[Kind, ...] = ("limits", "conclusion", "future", "contribution", "problem", "related", "introduction",
                            "results", "method", "discussion")
NUMBERING = re.compile(r"^\s*(?:第\s*(?P<zh>[一二三四五六七八九十\d]+)\s*[章节篇]|chapter\s+(?P<word>\w+)|"
                       r"(?P<plain>\d+(?:\.\d+)*|[A-Z](?:\.\d+)*(?=[.\s])|[IVX]+(?=[.\s]))|"
                       r"[（(]?[一二三四五六七八九十]+[）)、.])[.、:：\s]*", re.I)
_NUMERALS = "〇一二三四五六七八九十"
_SPACES = re.compile(rf"(?<=[{CJK}])\s+(?=[{CJK}])")
_OF_A_CHAPTER = re.compile("本章|本节")
_LONGEST_HEADING = {"zh": 16, "en": 60}  # characters; a longer one tells what the section says
_ABSTRACT_WITHIN = 0.5  # of the text
_OPENS_WITHIN = 0.25  # of the text, for titles and front matter. All three chosen by hand


def kinds_of(document: Document) -> list[Kind]:
    """What each section of a document is, in their order.

    One that its own heading does not name is what the nearest above it is; what stands under related work is related
    work whatever it is called. What stands before the first numbered or named section, titles above all, is the
    abstract where none is headed so.
    """
    sections = document.sections
    own = [kind_named(section.heading) for section in sections]
    opening = _opening(document, own)
    found: list[Kind] = []
    parents: list[tuple[int, str, Kind]] = []  # level, number, kind
    for i, section in enumerate(sections):
        number = _number(section.heading)
        parents = [item for item in parents if _is_above(item, section.level, number)]
        above = parents[-1][2] if parents else "other"
        name = own[i] if i >= opening else "other"
        if name == "abstract" and number.strip("01"):
            name = "other"  # a summary of what stands above it
        if name == "abstract" and section.start > _ABSTRACT_WITHIN * len(document.text):
            name = "conclusion"  # a summary at the end
        kind: Kind = "related" if above == "related" else name if name != "other" else above
        found.append(kind)
        if i >= opening and kind != "abstract":
            parents.append((section.level, number, kind))
    if "abstract" not in found:
        found[:opening] = ["abstract"] * opening
    return found


def _opening(document: Document, own: Sequence[Kind]) -> int:
    """How many sections stand before the first that is one of the work's own."""
    sections = document.sections
    first = next((i for i, kind in enumerate(own) if kind in ("abstract", "introduction")), len(own))
    if first == len(own) or sections[first].start > _OPENS_WITHIN * len(document.text):
        first = next((i for i, kind in enumerate(own) if i and (kind != "other" or _number(sections[i].heading))),
                     len(own))
    return min(first, sum(section.start <= _OPENS_WITHIN * len(document.text) for section in sections))


def _is_above(parent: tuple[int, str, Kind], level: int, number: str) -> bool:
    """Whether a section stands under another: by both numbers where there are any, else by their levels."""
    above, above_number, _ = parent
    if number and above_number:
        return number.startswith(above_number + ".")
    return above < level


def _number(heading: str) -> str:
    found = NUMBERING.match(heading)
    if not found:
        return ""
    chapter = found["zh"] or found["word"] or ""
    return found["plain"] or (chapter if chapter.isdigit() else str(_NUMERALS.find(chapter[-1:])) if chapter else "")


def kind_named(heading: str) -> Kind:
    """What a heading alone says of its section."""
    bare = _SPACES.sub("", NUMBERING.sub("", heading)).strip(" :：.*_#").casefold()
    if bare in phrases("parts", "heading abstract"):
        return "abstract"
    if bare in phrases("parts", "whole heading problem"):
        return "problem"
    is_long = len(bare) > _LONGEST_HEADING[guess_language(bare)]
    if is_long or _OF_A_CHAPTER.search(bare):
        return "other"
    return next((kind for kind in _KINDS if _heading(kind).search(bare)), "other")


@cache
def _heading(kind: str) -> re.Pattern[str]:
    words = phrases("parts", f"heading {kind}")
    english = "|".join(re.escape(word) for word in words if guess_language(word) == "en")
    chinese = "|".join(re.escape(word) for word in words if guess_language(word) == "zh")
    # "缺陷分配" is about defects: what a section lacks stands at the end of its heading, or of a part of it
    behind = "(?:性|之处|点)?(?:$|[与和及、，,:：（(])" if kind == "limits" else ""
    return re.compile(rf"\b(?:{english})\b|(?:{chinese}){behind}")
