"""Title, authors, year and the rest of what is known about a source.

From, in order of precedence: the metadata file beside it (sidecar.py), the front matter of a Markdown file, what the
file says of itself, a guess. What was guessed is named in Metadata.guessed.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from kb.readers import display_path
from kb.readers.file_name import metadata_of_name
from kb.readers.mojibake import decoded_back
from kb.text import CJK, mend, one_line
from kb.types import Language, Metadata, Section, Words
from kb.words import Phrases
from kb.works import plain as plain  # titles are compared by this door

# --- values


def metadata_from(values: Mapping[str, Any]) -> tuple[Metadata, Language | None]:
    """Metadata from the names in use (author or authors, year or date, venue, journal or booktitle …); odd values count
    as missing."""
    language = str(values.get("language", values.get("lang"))).lower()
    declared: Language | None = "zh" if language.startswith("zh") else "en" if language.startswith("en") else None
    venue = _first(values, "venue", "journal", "journaltitle", "booktitle")
    arxiv = _first(values, "arxiv")
    if not arxiv and str(values.get("archiveprefix", "")).lower() == "arxiv":
        arxiv = _first(values, "eprint")
    doi, url = _first(values, "doi"), _first(values, "url", "link")
    return Metadata(
        title=_first(values, "title"),
        authors=split_authors(values.get("authors") or values.get("author")),
        year=year_of(values.get("year") or values.get("date")),
        venue=venue or None,
        doi=clean_doi(doi) if doi else None,
        arxiv=clean_arxiv(arxiv) if arxiv else None,
        url=url if re.match(r"https?://[^\s<>\"]+$", url) else None,
    ), declared


def with_venue_of_type(values: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The fields of a BibTeX entry with the venue that its type tells where none is named: "PhD thesis, MIT", a book's
    publisher."""
    if _first(values, "venue", "journal", "journaltitle", "booktitle"):
        return values
    place = _first(values, "school", "institution", "publisher", "howpublished")
    is_chinese = bool(re.search(f"[{CJK}]", place))
    kind = {"phdthesis": "phdthesis", "mathesis": "mastersthesis"}.get(_first(values, "type").lower(), kind)
    if kind in _LABELS:
        label = _LABELS[kind].in_("zh" if is_chinese else "en")
        return {**values, "venue": f"{label}, {place}" if place else label}
    if kind in ("book", "inbook", "proceedings") and place:
        return {**values, "venue": place if _PUBLISHER.search(place) else f"{place} (publisher)"}
    return {**values, "venue": place} if place and "://" not in place else values


_LABELS = {"phdthesis": Words("PhD thesis", "博士学位论文"), "mastersthesis": Words("Master's thesis", "硕士学位论文"),
           "thesis": Words("Thesis", "学位论文"), "techreport": Words("Technical report", "技术报告"),
           "report": Words("Technical report", "技术报告")}
_PUBLISHER = re.compile(r"\b(?:press|publish\w*|books?)\b|出版|书局|商务印书馆", re.IGNORECASE)


def _first(values: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = values.get(name)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and (line := one_line(str(value), 500)):
            return line
    return ""


def year_of(value: Any) -> int | None:
    """The year in a number, a date or a phrase ("March 2021"), from 1000 to 2199."""
    if isinstance(value, bool):
        return None
    found = re.search(r"(?<!\d)(1\d{3}|2[01]\d{2})(?!\d)", str(value)[:200]) or re.match(
        r"(1\d{3}|2[01]\d{2})\d{4}$", str(value)[:8]
    )
    return int(found.group(1)) if found else None


def clean_doi(text: str) -> str | None:
    """The bare DOI in a string that may be a link to it."""
    found = re.search(r"10\.\d{4,9}/[^\s\"<>{}]+", text)
    return found.group().rstrip(".,;:)]'") if found else None


def clean_arxiv(text: str) -> str | None:
    """The bare arXiv number, with its version if there is one."""
    found = re.search(r"\d{4}\.\d{4,5}(?:v\d{1,2})?|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7}(?:v\d{1,2})?", text)
    return found.group() if found else None


def split_authors(value: Any) -> tuple[str, ...]:
    """Names from a list, or from one string that parts them by "and", ";" or "、", or by commas between full names.

    "Vaswani, Ashish" becomes "Ashish Vaswani".
    """
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, str):
        value = mend(value[:20_000])
        parts = [part for part in re.split(r"\s+and\s+|\s*[;；、]\s*|\n+", value) if part.strip()]
        # "A B, C D and E F" is a list with commas; in "B, A and D, C" they turn names round, as in BibTeX, and the last
        # part has one too.
        if len(parts) == 1 or len(parts) > 1 and "," not in parts[-1] and not _OTHERS.fullmatch(parts[-1].strip()):
            parts = [piece for part in parts for piece in _full_names(part)]
        value = [part.removeprefix("and ") for part in parts]
    if not isinstance(value, Sequence):
        return ()
    names = [_name(item) for item in value[:3000]]
    return tuple(dict.fromkeys(name for name in names if name and not _OTHERS.fullmatch(name)))


# a heading that no document is called by: "1 Introduction"
_PART = Phrases(r"\W*(?:\d{1,2}(?:\.\d+)*[.、]?\s+)?(?:«metadata: abstract~»|«headings: references»)\W*$|"
                r"(?:notes?|笔记)\s*[:：]\s*$",
                re.IGNORECASE)
_OTHERS = Phrases("«authors: others»", re.IGNORECASE)
_BEHIND = Phrases(r"\s*(?:«authors: behind»)\b")


def _full_names(part: str) -> list[str]:
    """The names in a list with commas; the part itself if a comma in it parts the family's name from the given one."""
    pieces = [piece.strip() for piece in re.split("[,，]", part) if piece.strip()]
    if part.lstrip()[:1].islower():  # "van Gogh, Vincent Willem"
        return [part]
    return pieces if all(" " in piece or re.fullmatch(f"[{CJK}·]{{2,8}}", piece) for piece in pieces) else [part]


def _name(item: Any) -> str:
    if isinstance(item, Mapping):
        given, family = str(item.get("given") or ""), str(item.get("family") or "")
        item = item.get("name") or f"{given} {family}".strip()
    if not isinstance(item, str):
        return ""
    name = one_line(item, 200).strip(" ,")
    family, comma, given = name.partition(",")
    if not comma or "," in given or _BEHIND.match(given):
        return name
    family, given = family.strip(), given.strip()
    return family + given if re.fullmatch(f"[{CJK}]+", family) else f"{given} {family}"


# --- putting it together


def merge(declared: Metadata, own: Metadata, sections: Sequence[Section], name: str) -> Metadata:
    """The document's metadata: `declared` beside it first, then its own; a title is found in any case.

    name: the file's name. Without a title of its own the first heading is the title, else the name without suffix (a
    guess).
    """
    values: dict[str, Any] = {}
    guessed: list[str] = []
    for item in dataclasses.fields(Metadata):
        if item.name == "guessed":
            continue
        given = getattr(declared, item.name)
        is_guess = not given and item.name in own.guessed
        values[item.name] = getattr(own, item.name) if is_guess else _as_written(given or getattr(own, item.name))
        if is_guess and values[item.name]:
            guessed.append(item.name)
    named = metadata_of_name(display_path("/" + name))
    if not values["title"]:
        first = next((one_line(section.heading) for section in sections if section.heading), "")
        is_ours = re.fullmatch(r"(?:Slide|幻灯片) \d+", first)  # of a slide without a title
        values["title"] = "" if is_ours or _PART.match(first) else first
    if not values["title"]:
        values["title"] = named.title or title_from_name(name)
        guessed.append("title")
    if not named.title or plain(named.title) == plain(values["title"]):  # a name that says another title is another's
        for other in ("authors", "year", "venue", "arxiv"):
            if not values[other] and getattr(named, other):
                values[other] = getattr(named, other)
                guessed.append(other)
    return Metadata(**values, guessed=tuple(guessed))


def _as_written(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(decoded_back(name) for name in value)
    return decoded_back(value) if isinstance(value, str) else value


def title_from_name(name: str) -> str:
    """A file's name made readable: without suffix, underscores as spaces."""
    stem = os.path.splitext(os.path.basename(display_path("/" + name)))[0]
    return one_line(re.sub(r"[_\s]+", " ", stem)).strip(" -.") or stem
