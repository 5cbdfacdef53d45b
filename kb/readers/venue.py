"""Where a document came out, by its first pages: the journal, the meeting, or the school of a thesis.

Reads: rows of the first pages.  Gives: a name, or "". A journal stands at the head or the foot of a page beside its
volume, a meeting in a line of its own or before "(…)", a school above the kind of a thesis.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kb.readers.metadata import plain
from kb.readers.order import Row
from kb.text import CJK, one_line
from kb.words import Phrases, phrases

_HEAD, _FOOT = 0.83, 0.15  # of a page's height: above and below stand heads and feet
_BAND = 0.06  # of the page's height: so near stand a journal's name and its volume
_SAME_LINE = 0.006
_GAP = 0.025  # of the page's width: between the parts of one line that belong together
_NAME = r"(?P<name>[A-Za-z][^|•·\d©;:?!@]{2,100}?)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR = r"(?:19|20)\d\d"
_ISSUE = re.compile(r"第?\s*\d+\s*[卷期]|\bvol(?:ume)?\b\.?\s*\d|\bno\.?\s*\d|\bISSN\b|CN\s*\d\d-|\bdoi\b|"
                    rf"{_YEAR}\s*年|\d+\s*[(（]\d+[)）]\s*[:：]", re.IGNORECASE)
_VOLUME = re.compile(r"\d+\s*[卷期]|\bvol(?:ume)?\b\.?\s*\d|\bISSN\b|CN\s*\d\d-|\bdoi\b|"
                     r"\d+\s*[(（]\s*\d+\s*[)）]\s*(?:[:：]|$)", re.IGNORECASE)
_CHINESE = re.compile(rf"[{CJK}][{CJK}·]{{2,15}}(?:\s*[(（][{CJK}、]{{2,12}}[)）])?")
_KNOWN_END = Phrases(r"(?:«metadata: journal zh»)(?:[(（].{1,12}[)）])?$")
_SURE_END = re.compile(r"(?:学\s*报|杂\s*志|通\s*报|期\s*刊)(?:\s*[(（].{1,14}[)）])?$")
_LABEL = Phrases(r"^(?:«metadata: label zh»)$")
_CHINESE_RUNS = (
    re.compile(rf"《\s*(?P<name>[{CJK}][{CJK}\s]{{1,15}})》\s*(?:{_YEAR}|第\s*\d+\s*[卷期])"),
    re.compile(rf"^(?P<name>[{CJK}][{CJK}·]{{2,15}}(?:\([{CJK}]{{2,10}}\))?)\s*[,，.]\s*{_YEAR}\s*[,，.]\s*\d+\s*[(（]"),
)
# a journal beside its volume; the first that fits
_ENGLISH_RUNS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (
    rf"^(?:\d+\s+[|•]?\s*)?{_NAME}\s*[,.|•/-]?\s*[|•]?\s*\(?(?:{_MONTH}\s+{_YEAR}\s*[|•,]\s*)?\bvol(?:ume|\.)?\s*\d+\b(?!\s+of\b)",
    rf"^{_NAME},?\s+\d{{1,4}}\s*\({_YEAR}\)\s*[\d:,(–-]",
    rf"^{_NAME}\s*\({_YEAR}\)\s*\d+\s*[:,(]",
    rf"^{_NAME}[,.]?\s+{_YEAR}[,;]\s*\d+\s*[:(,;]",
    rf"^(?:articles?\s+|letters?\s+|reviews?\s+)?{_NAME}\s*[|•]\s*(?:https?:|doi\b|www\.|\(?{_YEAR}\))",
))
_MAY_BE_RUN = re.compile(r"[\d|•]")  # asked first: all of these have a number or a bar
_MEETING = Phrases(r"\b(?:«metadata: meeting»)\b", re.IGNORECASE)
_IN_MEETING = re.compile(
    r"^(?:.{0,60}?\b(?:included in|appear(?:s|ing|ed)? in|published (?:in|at)|open access to|in)\s+)?(?:the\s+)?"
    r"(?P<name>proceedings(?:\s.+)?|proc\.\s.+)$|"
    r"^(?:.{0,40}?\b(?:presented|accepted|published|under review) (?:at|in|for)\s+)?(?:the\s+)?"
    rf"(?P<meeting>(?-i:\d+(?:st|nd|rd|th)|{_YEAR}|(?!Open access|This paper)[A-Z]).+)$", re.IGNORECASE)
_SHORT_MEETING = re.compile(
    rf"^(?P<name>[A-Z][A-Za-z&@*-]{{1,14}}\s?(?:[’'‘`]\s?\d\d|{_YEAR})),\s+(?:{_MONTH}|\d{{1,2}})", re.IGNORECASE)
_EDITED = re.compile(rf"\(Eds?\.\)\s*:\s*(?P<name>[A-Z][\w/&@-]{{1,14}}(?:\s[A-Z][\w-]{{1,14}})?\s{_YEAR})\s*,")
_MEETING_END = re.compile(rf"\s*[,;.]\s*(?:pages?|pp?\.|{_MONTH}|\d)|\s+pages?\s+\d|\s*[(（]|\.\s|\.$|[,;]")
_WORD = r"[A-Z][\w’'.&:,-]*|of|and|the|in|on|for|de|&|-|—|–|\([A-Z][A-Za-z &]+\)"
_JOURNAL = Phrases(rf"^(?:[Tt]he\s+)?(?=.*\b(?i:«metadata: journal en»)\b)(?:{_WORD})(?:\s+(?:{_WORD}))*$")
_RUNNING_JOURNAL = Phrases(r"\b(?:«metadata: running journal en»)\b", re.IGNORECASE)
_THESIS = Phrases(r"«metadata: kinds of thesis»|\bthesis\b|\bdissertation\b", re.IGNORECASE)
_CHINESE_SCHOOL = re.compile(
    rf"^\s*(?P<name>[{CJK}](?:\s*[{CJK}]){{1,9}}?\s*大\s*学|[{CJK}](?:\s*[{CJK}]){{2,9}}?\s*学\s*院)"
    r"(?=\s*$|\s*[(（]|\s*(?:本\s*科|学\s*士|硕\s*士|博\s*士|研\s*究\s*生|学\s*位|毕\s*业|工\s*程))")
_LABELLED_SCHOOL = Phrases(rf"^(?:«metadata: label school»)\s*[:：]?\s+(?P<name>[{CJK}]{{2,10}}(?:大学|学院))\s*$")
_CAPITAL = r"[A-Z][\w’'.-]*"
_ENGLISH_SCHOOL = re.compile(
    r"^(?:(?:(?:the\s+)?(?:graduate\s+)?school\s+of|of|at|to|in|from|faculty of)\s+){0,2}(?:the\s+)?"
    rf"(?P<name>(?:{_CAPITAL}\s+){{1,4}}university"
    rf"(?:\s+of\s+{_CAPITAL}(?:\s+{_CAPITAL}){{0,2}})?|university\s+of\s+{_CAPITAL}(?:[\s,]+{_CAPITAL}){{0,3}}"
    rf"|(?:{_CAPITAL}\s+){{1,3}}institute\s+of\s+technology)[,.]?\s*$", re.IGNORECASE)
_NO_NAME = re.compile(r"\b(?:et al|copyright|received|accepted|published by|e-?mail|page|article|submi\w+|revised|"
                      r"draft|appeared|manuscript id|journal name|name of journal)\b|"
                      r"\b(?:of|the|and|for|in|on|proc)\W*$", re.IGNORECASE)
_IN_CAPITALS = re.compile(rf"(?:{_CAPITAL}|and|of|for)(?:\s+(?:{_CAPITAL}|and|of|for)){{0,5}}(?:\s*\(.*)?\W*$")
_OPEN = re.compile(r"(?:\b(?:of|on|for|and|the|in|proceedings)|[&\x02-])\s*$", re.IGNORECASE)
_MOST_LINES = 4  # of a meeting's name


class _Part(NamedTuple):
    """Rows beside each other on one line, as one."""

    page: int
    text: str
    left: float
    right: float
    middle: float
    size: float


def venue_of(pages: Sequence[Sequence[Row]], title: str, authors: Sequence[str] = (),
             later: Sequence[Sequence[Row]] = ()) -> str:
    """The venue that the first pages name, or "". title, authors: of the document, which are none. later: more pages,
    whose running heads may name it."""
    if not pages:
        return ""
    parts = [_parts(page) for page in pages]
    titles = plain(title)
    is_chinese = bool(re.search(f"[{CJK}]", title))
    steps = [_chinese_journal(parts, titles), _journal(parts[0], titles), _meeting(parts[0], titles)]
    persons = plain("".join(authors))
    steps = [name for name in steps if name and not (" " not in name and plain(name) in persons)]
    found = next(iter(steps), "")
    if not found and _is_thesis(parts):
        return _school(parts)
    found = found or _running_journal([_parts(_edge(page)) for page in [*pages[1:], *later]], titles)
    if found and not is_chinese and re.search(f"[{CJK}]", found):
        found = next(iter(steps[1:]), found)
    return one_line(found)


def _parts(page: Sequence[Row]) -> list[_Part]:
    """The lines of a page from the top, the pieces of a line put together where they stand near."""
    parts: list[_Part] = []
    for row in sorted(page, key=lambda row: (-round(row.middle / _SAME_LINE), row.left)):
        last = parts[-1] if parts else None
        if last and abs(last.middle - row.middle) < _SAME_LINE and -0.02 < row.left - last.right < _GAP:
            gap = "" if re.search(f"[{CJK}]\\s*$", last.text) else " "
            parts[-1] = last._replace(text=f"{last.text.rstrip()}{gap}{row.text.strip()}", right=row.right)
        else:
            parts.append(_Part(row.page, row.text.strip(), row.left, row.right, row.middle, row.size))
    return parts


def _edge(page: Sequence[Row]) -> list[Row]:
    """The rows that parts at the head or foot of a page are made of."""
    return [row for row in page if row.middle > _HEAD - _BAND or row.middle < _FOOT + _BAND]


def _is_edge(part: _Part) -> bool:
    return part.middle > _HEAD or part.middle < _FOOT


def _chinese_journal(pages: Sequence[Sequence[_Part]], title: str) -> str:
    """The journal of a Chinese masthead, running head or foot, or ""."""
    edges = [[part for part in page if _is_edge(part)] for page in pages]
    for page in edges:
        for part in page:
            for run in _CHINESE_RUNS:
                if found := run.search(part.text):
                    return re.sub(r"\s", "", found["name"])
    named: Counter[str] = Counter()
    for number, page in enumerate(edges):
        for part in page:
            for name in _chinese_names(part.text):
                beside = any(_VOLUME.search(other.text) and abs(other.middle - part.middle) < _BAND for other in page)
                if plain(name) == title or title and plain(name) in title or _LABEL.match(name):
                    continue
                if beside and (number == 0 or _KNOWN_END.search(name)) or _SURE_END.search(name):
                    named[name] += 1 + 4 * bool(_SURE_END.search(name)) + 2 * bool(_KNOWN_END.search(name))
    return max(named, key=lambda name: named[name], default="")


def _chinese_names(text: str) -> Iterator[str]:
    """What may be a journal's name: Chinese letters alone, or what is left beside the volume and the page."""
    bare = re.sub(rf"第?\s*\d+\s*[卷期]|(?:总第)?\s*\d+\s*期|{_YEAR}\s*年(?:\s*\d+\s*月)?|[·•\-—\d\s]", "", text)
    bare = re.sub(r"^[A-Z][A-Za-z&]{5,}(?=[^\x00-\x7f])", "", bare)  # its name in English, blanks gone
    bare = re.sub(r"^\W+|[^\w)）]+$", "", bare)
    found = _CHINESE.fullmatch(bare)
    if found:
        yield bare


def _journal(page: Sequence[_Part], title: str) -> str:
    """The journal that a first page names in letters, or ""."""
    for i, part in enumerate(page[:-2]):
        if re.match(r"contents lists|available online", part.text, re.IGNORECASE):
            between = [other for other in page[i + 1:i + 4] if other.size > part.size + 1]
            if between and any(re.match("journal homepage", other.text, re.IGNORECASE) for other in page[i + 1:i + 5]):
                return between[0].text
    edge = [part for part in page if _is_edge(part) and len(part.text) < 160]
    for part in edge:
        if not _MAY_BE_RUN.search(part.text) or _is_of_meeting(part, page):
            continue
        for run in _ENGLISH_RUNS:
            found = run.search(part.text)
            if found and _is_name(found["name"], title):
                return _tidy(found["name"])
    for part in edge:
        beside = any(_ISSUE.search(other.text) and abs(other.middle - part.middle) < _BAND for other in edge)
        if beside and _JOURNAL.match(part.text) and _is_name(part.text, title):
            return _tidy(part.text)
    return ""


def _is_of_meeting(part: _Part, page: Sequence[_Part]) -> bool:
    """Whether a line goes on with the note of a meeting above it: its place, and the series of its proceedings."""
    return any(0 < above.middle - part.middle < 2 * part.size / 800 and abs(above.left - part.left) < 0.05
               and abs(above.size - part.size) < 0.5 and _MEETING.search(above.text)
               and re.search(r"\bproceedings\b", above.text, re.IGNORECASE) for above in page)


def _running_journal(pages: Sequence[Sequence[_Part]], title: str) -> str:
    """The journal that stands beside its volume at the edge of a later page, or alone at those of several; or ""."""
    named: Counter[str] = Counter()
    for page in pages:
        for part in page:
            if not _is_edge(part) or len(part.text) > 120:
                continue
            found = next((found for run in _ENGLISH_RUNS if (found := run.search(part.text))), None) if (
                _MAY_BE_RUN.search(part.text)) else None
            bare = re.sub(r"^[\d|\s]+|[\d|\s]+$", "", found["name"] if found else part.text)
            name = _tidy(re.sub(r"\s*[|•].*$", "", bare))
            is_one = _RUNNING_JOURNAL.search(name) and (_JOURNAL.match(name) or name.isupper())
            if is_one and _is_name(name, title) and len(name.split()) > 1:
                named[name] += 2 if found else 1
    best = max(named, key=lambda name: named[name], default="")
    return best if named[best] > 1 else ""


def _is_name(text: str, title: str) -> bool:
    words = text.split()
    if re.match(r"(?!npj\b)[a-z]+\b", text) and re.search(r"\s[A-Z]", text):
        return False  # the end of a word or of a name that begins above
    if len(words) == 1 and (len(text) < 4 or text.lower() in phrases("metadata", "half a journal")):
        return False
    if re.match(r"(?:department|faculty|college|division) of\b", text, re.IGNORECASE):
        return False
    is_title = bool(title) and (plain(text) in title or title in plain(text))
    return (len(words) <= 14 and not is_title and bool(re.search("[A-Za-z]{3}", text))
            and not _NO_NAME.search(text))


def _tidy(text: str) -> str:
    text = re.sub(r"^\d+\s+|[\s,.:|•/–-]+$", "", one_line(text))
    return re.sub(rf"[\s,|]+(?:{_MONTH}|{_YEAR}|in press)$", "", text, flags=re.IGNORECASE).strip(" ,|")


def _meeting(page: Sequence[_Part], title: str) -> str:
    """The meeting whose proceedings have the document, or ""."""
    best = ""
    for i, part in enumerate(page):
        is_low = part.middle < 0.4 or part.middle > _HEAD
        if short := _SHORT_MEETING.match(part.text) or _EDITED.search(part.text):
            if is_low:
                best = best or short["name"]
            continue
        found = _MEETING.search(part.text) and len(part.text) < 200 and is_low and _IN_MEETING.match(part.text)
        if not found or plain(part.text) in title:
            continue
        name = _whole(found["name"] or found["meeting"], part, page[i + 1:])
        if re.fullmatch("proceedings", name, re.IGNORECASE):
            continue
        is_long = len(name.split()) <= 24 and re.match("proceedings", name, re.IGNORECASE)
        if _is_name(name, title) or is_long and not _NO_NAME.search(name):
            return name
    return best


def _whole(name: str, part: _Part, below: Sequence[_Part]) -> str:
    """A meeting's name up to its place or date, over the lines that it has."""
    at = part.middle
    for other in [other for other in below if abs(other.size - part.size) < 5][:_MOST_LINES]:
        if _MEETING_END.search(name) or len(name) > 200:
            break
        is_next = " on " in name and _IN_CAPITALS.match(other.text) and abs(other.size - part.size) < 1
        if not (is_next or len(part.text) > 60 or _OPEN.search(name)) or not 0 < at - other.middle < 0.045:
            break
        name, at = f"{name.rstrip()} {other.text}".replace("\x02 ", ""), other.middle
    name = one_line(_MEETING_END.split(name)[0])
    return re.sub(rf"^USENIX Association\s+|\s+(?!{_YEAR})\d{{1,4}}$", "", name).strip(" ,.:")


def _is_thesis(pages: Sequence[Sequence[_Part]]) -> bool:
    first = [part.text for part in pages[0]]
    return any(len(text) < 80 and (_THESIS.search(text) or _THESIS.search(re.sub(r"\s", "", text))) for text in first)


def _school(pages: Sequence[Sequence[_Part]]) -> str:
    """The school of a thesis: a line of its cover, else the one that most lines of the first pages begin with."""
    named: Counter[str] = Counter()
    for number, page in enumerate(pages):
        for part in page:
            found = _LABELLED_SCHOOL.match(part.text) or _CHINESE_SCHOOL.match(part.text) or (
                _ENGLISH_SCHOOL.match(part.text))
            if found and not (found["name"].endswith("院") and not _is_above_kind(part, pages)):
                name = found["name"]
                is_chinese = re.search(f"[{CJK}]", name)
                named[re.sub(r"\s", "", name) if is_chinese else one_line(name)] += 3 if number == 0 else 1
    university = [name for name in named if not name.endswith("学院")]
    return max(university or named, key=lambda name: named[name], default="")


def _is_above_kind(part: _Part, pages: Sequence[Sequence[_Part]]) -> bool:
    """Whether a college stands over the kind of the thesis, on its line or above: below it stands a department."""
    kinds = [other.middle for other in pages[0] if _THESIS.search(re.sub(r"\s", "", other.text))]
    return part.page == pages[0][0].page and bool(kinds) and part.middle >= max(kinds) - _SAME_LINE
