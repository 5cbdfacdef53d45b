"""Works, not files: a paper's PDF, its version on arXiv and its entry in a bibliography are one work with several
texts.

Reads: documents as they are listed, and what a reader joined or parted.  Gives: groups of them, and why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from kb.readers.metadata import plain
from kb.survey.references import family_name
from kb.types import DocumentInfo, WorkInfo

_LEAST_TITLE = 12  # letters of a title that may tell a work without its authors
_FULLEST = {"pdf": 0, "latex": 1, "docx": 2, "html": 3, "entry": 9}
_VERSION = re.compile(r"v\d+$")
_ARXIV_DOI = "10.48550/"


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


def _families(info: Described) -> set[str]:
    """The first author, by family's name."""
    return set() if not info.authors else {plain(family_name(info.authors[0])), plain(info.authors[0])}


def group(infos: Sequence[DocumentInfo], joined: Mapping[tuple[str, str], bool]) -> list[WorkInfo]:
    """The works of a library, in the order of their first documents. joined: pairs that a reader joined (True) or
    parted (False), which wins over what the documents say."""
    parent = {info.id: info.id for info in infos}
    why: dict[str, list[str]] = {}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    def join(one: str, two: str, reason: str) -> None:
        a, b = root(one), root(two)
        if a != b:
            parent[b] = a
            why[a] = [*why.get(a, []), *why.pop(b, [])]
        if reason not in why.setdefault(a, []):
            why[a].append(reason)

    parted = {frozenset(pair) for pair, is_one in joined.items() if not is_one}
    index = WorkIndex()
    for info in infos:
        for other, reason in index.same(info):
            if frozenset((info.id, other)) not in parted and not any(
                    frozenset((info.id, name)) in parted for name in parent if root(name) == root(other)):
                join(other, info.id, reason)
        index.add(info.id, info)
    for (one, two), is_one in joined.items():
        if is_one and one in parent and two in parent:
            join(one, two, "hand")
    members: dict[str, list[DocumentInfo]] = {}
    for info in infos:
        members.setdefault(root(info.id), []).append(info)
    return [_work(several, why.get(name, [])) for name, several in members.items()]


def _work(several: Sequence[DocumentInfo], why: Sequence[str]) -> WorkInfo:
    first, *_ = ordered = sorted(several, key=lambda i: (_FULLEST.get(i.kind, 5), -i.n_characters, i.id))
    year = min((info.year for info in ordered if info.year), default=None)
    authors = next((info.authors for info in ordered if info.authors), ())
    return WorkInfo(first.id, first.title, authors, year, tuple(info.id for info in ordered),
                    tuple(info.kind for info in ordered), tuple(why))
