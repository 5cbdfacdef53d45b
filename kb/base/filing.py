"""Collections, tags and reading states, and documents by what a reader calls them.

Reads: a library folder.  Gives: Collection, Tag, ids of documents. Library (library.py) stands on this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from kb.base.catalogue import Catalogue
from kb.errors import ScopeError, UnknownDocument
from kb.store import View
from kb.store.filing import Kind
from kb.text import one_line, simplified
from kb.types import Collection, ReadingState, Tag, Words
from kb.types.scope import INSIDE, STATES, name_key

_LONGEST_NAME = 120  # characters
_UNKNOWN = {"collection": "E_UNKNOWN_COLLECTION", "tag": "E_UNKNOWN_TAG"}
_ALIKE = 0.5  # share of letters from which on another name may have been meant
_MOST_NAMED = 5  # documents of the same title
_NO_NAME, _TOO_LONG = Words("it is empty", "名称为空"), Words("it is longer than 120 characters", "超过 120 个字符")
_SLASH = Words("there is nothing before or after a slash", "斜杠前后为空")


class Shelves(Catalogue):
    """A library, with how its documents are filed."""

    def collections(self) -> tuple[Collection, ...]:
        """Every collection by name, those without documents too."""
        if not self._store.exists():
            return ()
        with self._store.read() as view:
            return view.filing.collections()

    def collect(self, name: str, documents: str | Iterable[str] = ()) -> int:
        """Puts documents into a collection, which is made if there is none; gives how many were not in it.

        name: "Thesis/Chapter 2" is inside "Thesis".  documents: ids, unambiguous beginnings of them, paths of files or
        folders, or titles. Errors: UnknownDocument, ScopeError E_FILING_NAME, before anything is changed.
        """
        with self._store.write("collection") as writer, writer.filed_anew() as filing:
            ids = documents_named(writer, documents)
            kept = filing.find_name("collection", name) or checked_name(name)
            filing.make(kept)
            return filing.put("collection", kept, ids)

    def take_out(self, name: str, documents: str | Iterable[str]) -> int:
        """Takes documents out of a collection; gives how many were in it. Errors: ScopeError E_UNKNOWN_COLLECTION,
        UnknownDocument."""
        with self._store.write("collection") as writer, writer.filed_anew() as filing:
            return filing.take("collection", known_name(writer, "collection", name), documents_named(writer, documents))

    def rename_collection(self, old: str, new: str) -> None:
        """Gives a collection, with those inside it, another name. Errors: ScopeError E_UNKNOWN_COLLECTION,
        E_FILING_NAME, E_NAME_TAKEN."""
        self._rename("collection", old, new)

    def delete_collection(self, name: str) -> int:
        """Deletes a collection; its documents stay in the library. Gives how many were in it. Errors: ScopeError
        E_UNKNOWN_COLLECTION."""
        with self._store.write("collection") as writer, writer.filed_anew() as filing:
            return filing.delete("collection", known_name(writer, "collection", name))

    def tags(self) -> tuple[Tag, ...]:
        """Every tag by name."""
        if not self._store.exists():
            return ()
        with self._store.read() as view:
            return view.filing.tags()

    def tag(self, documents: str | Iterable[str], add: Iterable[str] = (), remove: Iterable[str] = ()) -> int:
        """Puts tags on documents and takes others off; gives how many of all those changes there were to make.

        Errors: UnknownDocument, ScopeError E_FILING_NAME, and E_UNKNOWN_TAG for one to remove that no document has;
        before anything is changed.
        """
        with self._store.write("tag") as writer, writer.filed_anew() as filing:
            ids = documents_named(writer, documents)
            given = [filing.find_name("tag", name) or checked_name(name) for name in _several(add)]
            gone = [known_name(writer, "tag", name) for name in _several(remove)]
            return sum(filing.put("tag", name, ids) for name in given) + sum(
                filing.take("tag", name, ids) for name in gone)

    def rename_tag(self, old: str, new: str) -> None:
        """Gives a tag another name; where that is one already, they become one. Errors: ScopeError E_UNKNOWN_TAG,
        E_FILING_NAME."""
        self._rename("tag", old, new)

    def delete_tag(self, name: str) -> int:
        """Takes a tag off every document; gives how many had it. Errors: ScopeError E_UNKNOWN_TAG."""
        with self._store.write("tag") as writer, writer.filed_anew() as filing:
            return filing.delete("tag", known_name(writer, "tag", name))

    def set_state(self, documents: str | Iterable[str], state: ReadingState) -> int:
        """Sets the reading state of documents: "unread", "reading" or "read"; gives how many had another. Errors:
        UnknownDocument, ScopeError E_STATE."""
        if state not in STATES:
            raise ScopeError("E_STATE", state=one_line(str(state), 40))
        with self._store.write("state") as writer, writer.filed_anew() as filing:
            return filing.set_state(state, documents_named(writer, documents))

    def _rename(self, kind: Kind, old: str, new: str) -> None:
        with self._store.write(kind) as writer, writer.filed_anew() as filing:
            known, name = known_name(writer, kind, old), checked_name(new)
            there = filing.find_name(kind, name)
            if there is not None and there != known:
                if kind == "collection":
                    raise ScopeError("E_NAME_TAKEN", name=there)
                name = there
            if name != known:
                filing.rename(kind, known, name)


def known_name(view: View, kind: Kind, name: str) -> str:
    """The collection or tag of this name as it is kept. Errors: ScopeError with the closest name."""
    known = view.filing.find_name(kind, name)
    if known is None:
        raise ScopeError(_UNKNOWN[kind], name=one_line(name, 80), closest=closest(name, view.filing.names(kind)))
    return known


def closest(name: str, known: Iterable[str]) -> Words:
    """A word about the name that may have been meant; empty where none is alike."""
    keys = {name_key(one): one for one in known}
    wanted = name_key(name)
    within = [key for key in keys if wanted and (wanted in key or key in wanted)]
    alike = get_close_matches(wanted, keys, 1, _ALIKE) or within[:1]
    if not alike:
        return Words("", "")
    return Words(f"; did you mean “{keys[alike[0]]}”?", f"；是否指“{keys[alike[0]]}”？")


def checked_name(name: str) -> str:
    """A new name as it is kept: on one line, without spaces round it. Errors: ScopeError E_FILING_NAME."""
    parts = [" ".join(part.split()) for part in name.split(INSIDE)]
    kept = INSIDE.join(parts)
    detail = _NO_NAME if not any(parts) else _SLASH if not all(parts) else _TOO_LONG
    if not all(parts) or len(kept) > _LONGEST_NAME:
        raise ScopeError("E_FILING_NAME", name=one_line(name, 80), detail=detail)
    return kept


def documents_named(view: View, names: str | Iterable[str]) -> list[str]:
    """The ids of the documents that are called so, each once: by id or an unambiguous beginning of it, by the path of a
    file or folder they came from, or by title. Errors: UnknownDocument."""
    titles: dict[str, list[str]] = {}
    found: dict[str, None] = {}
    for name in _several(names):
        one = view.briefs.id_of(name)
        several = [one] if one else view.documents_from(name) if name.strip() else []
        if not several:
            titles = titles or _by_title(view)
            several = titles.get(_title_key(name), []) if name.strip() else []
            if len(several) > 1:
                raise UnknownDocument("E_AMBIGUOUS_TITLE", n=len(several), title=one_line(name, 80),
                                      ids=", ".join(several[:_MOST_NAMED]))
        if not several:
            raise UnknownDocument("E_UNKNOWN_DOCUMENT", id=one_line(name, 80))
        found |= dict.fromkeys(several)
    return list(found)


def _several(names: str | Iterable[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else list(names)


def _by_title(view: View) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for document, title in view.briefs.titles().items():
        found.setdefault(_title_key(title), []).append(document)
    return found


def _title_key(title: str) -> str:
    return simplified(name_key(title)).strip(" .。《》“”\"")
