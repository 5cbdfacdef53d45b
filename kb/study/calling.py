"""What a question says of a work beside its name: authors, a year, an acronym in brackets. They tell works of one title
apart, and name a work by themselves.

Reads: a Name.  Gives: the ways to read it, the plainest first, for naming.py to look for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kb.study.called import Name
from kb.study.filters import is_person
from kb.study.people import is_same_person, people_in, persons_in
from kb.types import DocumentInfo
from kb.words import Phrases

_YEAR = r"(?:19|20)\d\d"
_BRACKET = re.compile(r"^(?P<out>.+?)\s*[（(](?P<inside>[^()（）]+)[)）]\s*(?P<rest>.*)$")
_POSSESSIVE = re.compile(rf"^(?P<who>.+?)(?:\s+et al\.?)?\s?[’']s\s+(?:(?P<first>{_YEAR})\s+)?(?P<title>.+?)"
                         rf"(?:,?\s+(?:of|from|in)?\s*(?P<year>{_YEAR}))?$")
_CHINESE = re.compile(rf"^(?P<who>[^的《]{{2,40}}?)(?:等人?)?\s*(?:在|于)?\s*(?P<year>{_YEAR})?\s*年?"
                      r"(?:发表|写)?的(?:那篇|这篇)?(?P<title>.+)$")
_CHINESE_YEAR = re.compile(rf"^(?P<who>[^\d的《]{{2,20}}?)\s*(?P<year>{_YEAR})\s*年的(?:那篇)?(?P<title>.+)$")
_DATED = re.compile(rf"^(?P<title>.+?)[\s,，]*(?:of|from|in)?[\s(（]*(?P<year>{_YEAR})\s*年?[)）]?(?:的)?$")
_BY = re.compile(r"^(?P<title>.+?)\s+by\s+(?P<who>.+)$", re.I)
_ABOUT = re.compile(r"^(?P<who>.+?)(?:\s+(?:on|about)\s+|等?人?关于)(?P<title>.+)$", re.I)
_NOUN = Phrases(r"\s*\b(?:«intents: paper noun en»)$|的?(?:«intents: paper noun zh»)$", re.I)
_OTHERS = re.compile(r"(?:\s+et al\s*\.?|\s+and colleagues|等人?)$")


@dataclass(frozen=True, slots=True)
class Called:
    """A way to read what a work is called. title: "" where only authors name it."""

    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None

    def is_of_year(self, info: DocumentInfo) -> bool:
        """Whether a document is of just this year, as far as both are known."""
        return self.year is None or info.year in (None, self.year)

    def fits(self, info: DocumentInfo) -> bool:
        """Whether a document may be by these authors, of this year (the next or the one before, where
        authors are said: a preprint's); one without a year may be of any."""
        people = people_in(info.authors)
        is_near = self.year is None or info.year is None or abs(info.year - self.year) <= bool(self.authors)
        return is_near and all(
            any(is_same_person(author, person) for person in people) for author in self.authors)


def readings(name: Name) -> Iterator[Called]:
    """The ways to read a name: as it stands, then with what stands round it as authors and year."""
    text = name.text.strip()
    around = name.around.strip()
    if around:
        yield Called(text, tuple(_people(around)), _year(around))
    yield Called(text)
    if bracket := _BRACKET.match(text):
        inside = bracket["inside"].strip()
        if _year(inside) is None:
            yield Called(bracket["out"])
            yield Called(inside)
        else:
            yield Called(bracket["out"], tuple(_people(re.sub(_YEAR, "", inside))), _year(inside))
    for form in (_POSSESSIVE, _CHINESE_YEAR, _CHINESE, _BY):
        found = form.match(text)
        people = _people(found["who"]) if found else []
        if found and people:
            parts = found.groupdict()
            year = parts.get("year") or parts.get("first")
            title = _NOUN.pattern.sub("", found["title"]).strip("《》“”\" ")
            yield Called(title, tuple(people), int(year) if year else None)
    if (about := _ABOUT.match(text)) and len(people := _people(about["who"])) > 1:
        yield Called(about["title"], tuple(people))
        yield Called("", tuple(people))
    if (people := _people(text)) and len(people) > 1:
        yield Called("", tuple(people))
    if dated := _DATED.match(text):
        people = _people(dated["title"])
        yield Called("" if people else dated["title"], tuple(people), int(dated["year"]))


def _people(text: str) -> list[str]:
    """The persons that a text is a list of; nothing where a part of it is none."""
    bare = _OTHERS.sub("", re.sub(rf"{_YEAR}\s*年?", "", text).strip(" ,，的"))
    parts = persons_in(bare)
    return parts if parts and all(is_person(part) for part in parts) else []


def _year(text: str) -> int | None:
    found = re.search(rf"(?<!\d){_YEAR}(?!\d)", text)
    return int(found[0]) if found else None
