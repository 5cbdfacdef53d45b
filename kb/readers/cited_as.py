"""How a document wants to be cited: "ACM Reference Format", "To cite this article", 引用格式.

Reads: rows of a page.  Gives: the entry, and its parts once the title is known: authors before it, venue and year
behind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from kb.readers.metadata import split_authors, year_of
from kb.readers.order import Row
from kb.text import CJK, one_line
from kb.words import Phrases

_START = Phrases(
    r"^\W*(?:«metadata: cite~»)(?:\s*[:：.]\s*|\s+(?=[^\W\d_])|\s*$)(?!\w+ (?:of|for|in)\b)", re.IGNORECASE)
_MOST_LINES = 7
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_KIND = re.compile(r"\s*\[[A-Z](?:/[A-Z]{2})?\]")
_GBT = re.compile(r"(?P<authors>[^.．]+)[.．]\s*(?P<title>[^[]+?)\s*\[[A-Z](?:/[A-Z]{2})?\][.．]\s*(?P<venue>[^,，]+)")
_IOP = re.compile(rf"[^,]+?(?:\s+et al)?\s+{_YEAR.pattern}\s+(?P<venue>[A-Z][A-Za-z.:& ]{{3,60}}?)\s+\d+\s+\d+")
_LETTER = re.compile(r"[\W_]+")


class CitedAs(NamedTuple):
    """The parts of an entry; empty where it does not say them."""

    authors: tuple[str, ...] = ()
    title: str = ""
    venue: str = ""
    year: int | None = None


def entry_of(rows: Sequence[Row]) -> str:
    """The entry by which a page's document wants to be cited, or ""."""
    for i, row in enumerate(rows):
        found = _START.match(row.text)
        if not found:
            continue
        words = [row.text[found.end():]]
        last = row
        size = row.size if words[0].strip() else next((after.size for after in rows[i + 1:i + 2]), row.size)
        for after in rows[i + 1:i + 1 + _MOST_LINES]:
            if abs(after.left - row.left) > 0.04 or abs(after.size - size) > 1.2 or not (
                    0 < last.middle - after.middle < 0.03) or re.match(r"\w[\w ]{2,14}:|DOI|摘|关", after.text):
                break
            words.append(after.text)
            last = after
        text = one_line("".join(word if word.endswith("\x02") else word.rstrip() + " " for word in words), 900)
        text = text.replace("\x02", "")
        if _YEAR.search(text) or len(text) > 30:
            return text
    return ""


def parts_of(entry: str, title: str) -> CitedAs:
    """The parts of an entry; title: as the page has it, "" if it is not known."""
    if not entry:
        return CitedAs()
    found = _place(entry, title) if title else None
    year = year_of(next(iter(_YEAR.findall(re.sub(r"10\.\d{4,9}/\S+", "", entry))), ""))
    if found is None:
        return _by_form(entry, year)
    before, behind = entry[:found[0]], entry[found[1]:]
    return CitedAs(_names(before), title, _venue(behind), year)


def _by_form(entry: str, year: int | None) -> CitedAs:
    """GB/T 7714: "authors. title[J]. venue, year"; "author et al year venue volume number", without a title."""
    if found := _IOP.match(entry):
        return CitedAs(venue=found["venue"], year=year)
    found = _GBT.match(entry)
    if not found:
        return CitedAs(year=year)
    return CitedAs(_names(found["authors"]), found["title"], found["venue"].strip(), year)


def _names(text: str) -> tuple[str, ...]:
    text = re.sub(rf"[(（]?{_YEAR.pattern}[)）]?", "", text)
    text = re.sub(r"[,，]?\s*(?:et\s+al\.?|等)\s*[.,，]?\s*$", "", text.strip(" .．,，:：“\"«《"))
    names = split_authors(re.sub(r"(?<=\w)[,，]\s*(?=and\b)", " ", text))
    is_cut = re.search(r"[(（]|\d", text) is not None
    return () if is_cut else tuple(name.strip(" .*∗†‡") for name in names)


def _venue(text: str) -> str:
    text = _KIND.sub("", text).lstrip(" .．,，:：”\"»》?!？。")
    text = re.sub(r"^In:?\s+", "", text)
    is_meeting = re.match(r"proc", text, re.IGNORECASE)
    end = r"[(（,，]|\.\s*$|$" if is_meeting else r"[(（,，]|\s\d+\b|\.\s*$|[.．]\s+\d|$"
    found = re.match(rf"[^,，(（]{{4,160}}?(?=\s*(?:{end}))", text)
    return one_line(found.group()).strip(" .,，") if found else ""


def _place(entry: str, title: str) -> tuple[int, int] | None:
    """Where a title stands in an entry, whatever its punctuation and case."""
    letters = [(i, c) for i, c in enumerate(entry.lower()) if not _LETTER.match(c)]
    wanted = _LETTER.sub("", title.lower())
    at = "".join(c for _, c in letters).find(wanted)
    if at < 0 or len(wanted) < (4 if re.search(f"[{CJK}]", wanted) else 8):
        return None
    return letters[at][0], letters[at + len(wanted) - 1][0] + 1
