"""Whose a collection or a conversation is, and who may see and change it.

Reads, writes: the table `owners` of the library's database, through the connection of a reader or the writer. What has
no row is everybody's, as all was before there were owners. `who` is whom a view or the writer acts for: "" is the
operator, whom nothing is hidden from or refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from kb.errors import ScopeError
from kb.store.connection import Connection
from kb.store.tables import has, sealed
from kb.types.scope import INSIDE

Owned = Literal["collection", "conversation"]


class Owner(NamedTuple):
    """Whose something is, and whether others do not see it."""

    name: str = ""
    is_private: bool = False


class Owners:
    """The table, of one connection. Writing is for the one writer, inside its transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.who = ""

    def of(self, kind: Owned) -> dict[str, Owner]:
        """Name -> its owner, of those that have one."""
        if not has(self._connection, "owners"):
            return {}
        rows = self._connection.execute("SELECT name, owner, private FROM owners WHERE kind = ?", (kind,))
        return {name: Owner(owner, bool(private)) for name, owner, private in rows}

    def hidden(self, kind: Owned, names: Iterable[str]) -> set[str]:
        """Those of the names that `who` does not see: private ones of others, and what is inside them."""
        if not self.who:
            return set()
        owners = self.of(kind)
        return {name for name in names if any(self._is_closed(owners.get(one)) for one in _outward(kind, name))}

    def _is_closed(self, owner: Owner | None) -> bool:
        return owner is not None and owner.is_private and owner.name != self.who

    def check(self, kind: Owned, names: Iterable[str]) -> None:
        """Errors: ScopeError E_NOT_YOURS if one of the names, or what it is inside, is another's."""
        if not self.who:
            return
        owners = self.of(kind)
        for name in names:
            for one in _outward(kind, name):
                if (owner := owners.get(one)) is not None and owner.name != self.who:
                    raise ScopeError("E_NOT_YOURS", name=one, owner=owner.name)

    def set(self, kind: Owned, name: str, owner: str, is_private: bool) -> None:
        """Gives it to an owner, "" to everybody."""
        self.forget(kind, name)
        if owner:
            self._connection.execute("INSERT INTO owners VALUES (?,?,?,?,?)",
                                     sealed((kind, name, owner, int(is_private))))

    def forget(self, kind: Owned, name: str) -> None:
        self._connection.execute("DELETE FROM owners WHERE kind = ? AND name = ?", (kind, name))


def _outward(kind: Owned, name: str) -> list[str]:
    """A collection, and those that it is inside."""
    parts = name.split(INSIDE) if kind == "collection" else [name]
    return [INSIDE.join(parts[:n]) for n in range(len(parts), 0, -1)]
