"""Works, not files: a paper's PDF, its version on arXiv and its entry in a bibliography are one work with several
texts.

Reads: what is known of each, and what a reader joined or parted.  Gives: groups of their names, and why.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, Protocol

from kb.text import CJK

ENTRY = "entry"  # the kind of a document that a bibliography alone tells of
_LEAST_TITLE = 12  # letters of a title that may tell a work without its authors
_VERSION = re.compile(r"v\d+$")
_ARXIV_DOI = "10.48550/"
_CJK = re.compile(f"[{CJK}]")
BODY = re.compile(
    r"\b(?:contributors|team|group|consortium|collaboration|committee|organi[sz]ation|university|institute|"
    r"laborator(?:y|ies)|foundation|association|ministry|company|inc|ltd)\b",
    re.I)  # what no person is called


class Described(Protocol):
    """What tells which work something is; DocumentInfo and Metadata have it."""

    @property
    def title(self) -> str: ...

    @property
    def authors(self) -> tuple[str, ...]: ...

    @property
    def year(self) -> int | None: ...

    @property
    def doi(self) -> str | None: ...

    @property
    def arxiv(self) -> str | None: ...

    @property
    def guessed(self) -> tuple[str, ...]: ...


class OneWork(NamedTuple):
    """Names of what is one work, in the order they came, and what tells it: "doi", "arxiv", "title", "hand"."""

    names: tuple[str, ...]
    why: tuple[str, ...]


class WorkIndex:
    """Finds the documents that are one work with something: by DOI, arXiv number, then title and authors."""

    def __init__(self, infos: Iterable[tuple[str, Described]] = ()) -> None:
        self._known: dict[str, Described] = {}
        self._by: dict[tuple[str, str], list[str]] = {}
        for name, info in infos:
            self.add(name, info)

    def add(self, name: str, info: Described) -> None:
        """One more."""
        self._known[name] = info
        for key in _keys(info):
            self._by.setdefault(key, []).append(name)

    def drop(self, name: str) -> None:
        """One less."""
        if info := self._known.pop(name, None):
            for key in _keys(info):
                self._by[key].remove(name)

    def same(self, one: Described) -> list[tuple[str, str]]:
        """(its name, what tells it) of those that are one work with this, the surest first."""
        found: dict[str, str] = {}
        for key in _keys(one):
            for name in self._by.get(key, ()):
                if name not in found and _is_one(key[0], one, self._known[name]):
                    found[name] = key[0]
        return list(found.items())


def grouped(infos: Iterable[tuple[str, Described]], joined: Mapping[tuple[str, str], bool],
            entries: Collection[str]) -> list[OneWork]:
    """The works that these are texts of, in the order of their first names. joined: pairs that a reader joined (True)
    or parted (False), which wins over what they say.  entries: what a bibliography alone tells of."""
    parted = {frozenset(pair) for pair, is_one in joined.items() if not is_one}
    members: dict[str, dict[str, None]] = {}  # of a name the names of its work: one object for all of them
    why: dict[int, dict[str, None]] = {}

    def join(one: str, two: str, reason: str) -> None:
        into, other = members[one], members[two]
        reasons = why.setdefault(id(into), {})
        reasons[reason] = None
        if into is not other:
            reasons |= why.pop(id(other), {})
            into |= other
            members.update(dict.fromkeys(other, into))

    index, known = WorkIndex(), dict(infos)
    for name, info in known.items():
        members[name] = {name: None}
        for other, reason in index.same(info):
            if reason == "title" and not (name in entries or other in entries) and _is_only_title(info, known[other]):
                continue
            if not parted or not any(frozenset((mine, theirs)) in parted
                                     for mine in members[name] for theirs in members[other]):
                join(other, name, reason)
        index.add(name, info)
    for (one, two), is_one in joined.items():
        if is_one and one in members and two in members:
            join(one, two, "hand")
    works = {id(several): several for several in members.values()}
    return [OneWork(tuple(several), tuple(why.get(at, ()))) for at, several in works.items()]


def _is_one(kind: str, one: Described, other: Described) -> bool:
    """Whether what agrees in one key is one work. A number that was read off a page may be that of a work it cites, so
    title or first author have to agree as well."""
    if kind == "title":
        return is_same_by_title(one, other)
    is_sure = kind not in one.guessed and kind not in other.guessed
    return is_sure or plain(one.title) == plain(other.title) or bool(_families(one) & _families(other))


def _keys(info: Described) -> list[tuple[str, str]]:
    keys = [("doi", _doi(info)), ("arxiv", _arxiv(info)), ("title", plain(info.title))]
    return [(kind, key) for kind, key in keys if key]


def _doi(info: Described) -> str:
    doi = (info.doi or "").lower()
    return "" if doi.startswith(_ARXIV_DOI) else doi


def _arxiv(info: Described) -> str:
    if info.arxiv:
        return _VERSION.sub("", info.arxiv)
    doi = (info.doi or "").lower()
    return _VERSION.sub("", doi.removeprefix(_ARXIV_DOI + "arxiv.")) if doi.startswith(_ARXIV_DOI + "arxiv.") else ""


def is_same_by_title(one: Described, other: Described) -> bool:
    """Whether two that have one title are one work: by the family's name of the first author, or, where one says no
    author, by a title long enough. Two DOIs, two arXiv numbers or years far apart part them."""
    if any(a and b and a != b and kind not in (*one.guessed, *other.guessed) for kind, a, b in (
            ("doi", _doi(one), _doi(other)), ("arxiv", _arxiv(one), _arxiv(other)))):
        return False
    if one.year and other.year and abs(one.year - other.year) > 2:
        return False
    if one.authors and other.authors:
        return bool(_families(one) & _families(other))
    if "title" in one.guessed or "title" in other.guessed:
        return False
    return len(plain(one.title)) >= _LEAST_TITLE


def _is_only_title(one: Described, other: Described) -> bool:
    """Whether two agree in nothing but their title: notes without authors or years may have one title, and each its
    own text."""
    return not (one.authors or other.authors) and (one.year is None or one.year != other.year)


def _families(info: Described) -> set[str]:
    """The first author, by family's name."""
    return set() if not info.authors else {plain(family_name(info.authors[0])), plain(info.authors[0])}


def plain(title: str) -> str:
    """The letters and digits of a title alone, in lower case: equal for what is one title in two spellings."""
    return re.sub(r"[\W_]+", "", title.lower())


def family_name(author: str) -> str:
    """ "Vaswani" of "Ashish Vaswani" and of "Vaswani, Ashish"; a Chinese name as it is."""
    if _CJK.search(author):
        return author.strip()
    if "," in author:
        return author.split(",")[0].strip()
    words = author.split()
    if BODY.search(author):
        return author.strip()
    if len(words) > 2 and words[-2].lower() in ("van", "von", "de", "der", "den", "di", "la", "le", "du", "el"):
        return " ".join(words[-2:])
    return words[-1] if words else author
