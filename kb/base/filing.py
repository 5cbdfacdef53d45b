"""Collections, tags and reading states, and what of a library is in a scope.

Reads: a library folder.  Gives: Collection, Tag, views. Library (library.py) stands on this.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from kb.base.catalogue import Catalogue
from kb.base.named import checked_name, documents_named, known_name, owner_name, several_of
from kb.base.scoping import Scopes
from kb.base.sorting import sorted_documents
from kb.config import Settings
from kb.errors import ScopeError
from kb.store import View
from kb.store.filing import Kind
from kb.store.owners import Owner
from kb.text import one_line
from kb.types import Collection, DocumentInfo, ReadingState, Scope, Tag, Words
from kb.types.scope import STATES


class Shelves(Catalogue):
    """A library, with how its documents are filed."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._scopes = Scopes()

    @contextlib.contextmanager
    def reading(self, scope: Scope | None = None) -> Iterator[View]:
        """One generation of the library, or of the part of it that is in the scope, whoever writes meanwhile.

        Errors: NothingIndexed for a library that does not exist yet; UnknownDocument, ScopeError for a scope that names
        what there is not, EmptyScope for one that holds no document.
        """
        with super().reading() as view:
            yield view if scope is None or scope.is_all else self._scopes.within(view, scope)

    def documents(self, scope: Scope | None = None, *, sort: str | Sequence[str] = ()) -> tuple[DocumentInfo, ...]:
        """The documents, newest first, with the files they came from and how they are filed; empty for a library that
        does not exist yet.

        scope: what they have to be.  sort: columns, the first one first: "year,-added", or ("year", "-added"). Errors:
        SettingError for another column, ScopeError, EmptyScope.
        """
        if not self._store.exists():
            return ()
        with self.reading(scope) as view:
            return sorted_documents(view.with_files(view.documents()), several_of(sort))

    def acting_as(self, owner: str) -> Self:
        """This library for somebody who is signed in, by a name that is unique, such as an e-mail address: collections
        that they make belong to them, others' cannot be changed, private ones and conversations of others are not
        there. "" acts for the operator, from whom nothing is hidden, as a library does that was just opened."""
        acting = copy.copy(self)
        acting._store, acting._scopes = copy.copy(self._store), Scopes()
        acting._store.who = owner_name(owner)
        return acting

    @property
    def owner(self) -> str:
        """Whom this acts for, "" for the operator."""
        return self._store.who

    def own_collection(self, name: str, owner: str | None = None, *, private: bool | None = None) -> Collection:
        """Says whose a collection is, "" for everybody's, and whether only they see it; None leaves it. Who is
        signed in may hide and show what is theirs. Errors: ScopeError E_UNKNOWN_COLLECTION, E_NOT_YOURS, E_NO_OWNER."""
        with self._store.write("collection") as writer, writer.filed_anew() as filing:
            known = known_name(writer, "collection", name)
            before = filing.owners.of("collection").get(known, Owner())
            now = before.name if owner is None else owner_name(owner)
            if self.owner and (before.name != self.owner or now != self.owner):
                raise ScopeError("E_NOT_YOURS", name=known, owner=before.name or Words("everybody", "所有人"))
            if private and not now:
                raise ScopeError("E_NO_OWNER", name=known)
            filing.owners.set("collection", known, now, before.is_private if private is None else private)
            return next(one for one in filing.collections() if one.name == known)

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
        """Deletes a collection, with those inside it; the documents stay in the library. Gives how many those were.
        Errors: ScopeError E_UNKNOWN_COLLECTION."""
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
            given = [filing.find_name("tag", name) or checked_name(name) for name in several_of(add)]
            gone = [known_name(writer, "tag", name) for name in several_of(remove)]
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
