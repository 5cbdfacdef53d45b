"""A part of a library by what its documents are, and how documents are filed: collections, tags, reading states."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, get_args

from kb.messages import Language, Words
from kb.types.record import Record

ReadingState = Literal["unread", "reading", "read"]
STATES: tuple[ReadingState, ...] = get_args(ReadingState)
STATE_WORDS: dict[ReadingState, Words] = {"unread": Words("unread", "未读"), "reading": Words("reading", "在读"),
                                          "read": Words("read", "已读")}
_SEVERAL = ("collections", "tags", "authors", "languages", "kinds", "states", "documents")
INSIDE = "/"  # between the name of a collection and that of one inside it
_YEARS = re.compile(r"\s*(\d{1,4})?\s*(?:(\.\.|-|–|—|~|至|到)\s*(\d{1,4})?)?\s*")
_SAYS = {
    "collections": Words("collection {value}", "文献集“{value}”"),
    "tags": Words("tag {value}", "标签“{value}”"),
    "authors": Words("author {value}", "作者 {value}"),
    "years": Words("year {value}", "年份 {value}"),
    "languages": Words("language {value}", "语言 {value}"),
    "kinds": Words("kind {value}", "类型 {value}"),
    "states": Words("state {value}", "阅读状态 {value}"),
    "documents": Words("document {value}", "文档 {value}"),
}


@dataclass(frozen=True, slots=True)
class Scope(Record):
    """What documents have to be. Each filter that says something narrows the rest.

    A document is in one of the collections (those inside count as theirs), is one of the documents, and has one of the
    languages, kinds and states, but all of the tags and of the authors.  first_year, last_year: the year of publication
    at the earliest and the latest; a document without one is in no such scope.  documents: ids, beginnings of them,
    paths or titles.
    """

    collections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    first_year: int | None = None
    last_year: int | None = None
    languages: tuple[Language, ...] = ()
    kinds: tuple[str, ...] = ()
    states: tuple[ReadingState, ...] = ()
    documents: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in _SEVERAL:
            if isinstance(given := getattr(self, name), str):
                raise TypeError(f"{name} has to be a tuple of texts, not the text {given[:40]!r}")
            object.__setattr__(self, name, tuple(given))

    @property
    def is_all(self) -> bool:
        """Whether nothing is asked of documents: all of the library."""
        return self == Scope()

    @property
    def years(self) -> str:
        """The years as they are written on the command line: "2021", "2020..2023", "2020..", "..2023" or ""."""
        first, last = self.first_year, self.last_year
        if first is None and last is None:
            return ""
        return str(first) if first == last else f"{'' if first is None else first}..{'' if last is None else last}"

    def filters(self) -> dict[str, str]:
        """Filter -> what it says, of those that say anything."""
        found = {"years": self.years}
        for name in _SEVERAL:
            found[name] = ", ".join(getattr(self, name))
        return {name: found[name] for name in _SAYS if found[name]}

    def described(self, language: Language) -> str:
        """The filters in words: "collection RL, year 2020..2023"; "" for all of the library."""
        gap = "，" if language == "zh" else ", "
        return gap.join(filter_words(name, value).in_(language) for name, value in self.filters().items())


def filter_words(name: str, value: str) -> Words:
    """One filter of a scope in words."""
    says = _SAYS[name]
    return Words(says.en.format(value=value), says.zh.format(value=value))


def read_years(text: str) -> tuple[int | None, int | None]:
    """(first, last) of "2021", "2020..2023", "2020..", "..2023", also "2020-2023". Errors: ValueError for anything
    else, and for years in the wrong order."""
    found = _YEARS.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None or not (found[1] or found[3]):
        raise ValueError(text)
    first = int(found[1]) if found[1] else None
    last = int(found[3]) if found[3] else None if found[2] else first
    if first is not None and last is not None and first > last:
        raise ValueError(text)
    return first, last


@dataclass(frozen=True, slots=True)
class Collection(Record):
    """A collection of a library: how many documents are in it itself, and when it was made (ISO, UTC). One whose name
    begins with another's and a slash is inside that. owner: whose it is, "" for everybody's; is_private: others do not
    see it."""

    name: str
    documents: int
    made: str
    owner: str = ""
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Tag(Record):
    """A tag, and how many documents have it."""

    name: str
    documents: int


@dataclass(frozen=True, slots=True)
class Filed(Record):
    """How a document is filed."""

    collections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    state: ReadingState = "unread"


def name_key(name: str) -> str:
    """What names of collections and tags are compared by: neither case nor width nor spaces tell two apart."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
