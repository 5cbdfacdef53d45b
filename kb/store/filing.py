"""How documents are filed: the collections they are in, their tags, their reading states.

Reads, writes: the tables `collections` and `filed` of the library's database, through the connection of a reader or the
writer. A row of `filed` leaves with its document, and goes over to a new version of its file.
"""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from kb.errors import ScopeError
from kb.store.connection import Connection
from kb.store.owners import Owner, Owners
from kb.store.tables import digest, has, marks, sealed, slices
from kb.types import Collection, Filed, ReadingState, Tag
from kb.types.scope import INSIDE, STATES, name_key

Kind = Literal["collection", "tag", "state"]
Row = tuple[str, str, str, str, bytes]  # as `filed` has it


class Filing:
    """The tables, of one connection. Writing is for the one writer, inside its transactions; names are as `find_name`
    gives them, documents whole ids of documents that are there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.owners = Owners(connection)
        self._by_key: dict[Kind, dict[str, str]] = {}  # names by their keys, as long as none goes
        self._is_swept = False

    def exists(self) -> bool:
        """False in a library of a version without them, until its next writer."""
        return has(self._connection, "filed")

    # --- reading

    def collections(self) -> tuple[Collection, ...]:
        """Every collection by name that may be seen, those without documents too."""
        if not self.exists():
            return ()
        owners, hidden = self.owners.of("collection"), self._hidden()
        rows = self._connection.execute("""SELECT c.name, (SELECT count(*) FROM filed f WHERE f.kind = 'collection'
            AND f.name = c.name), c.made FROM collections c ORDER BY c.name""")
        return tuple(Collection(name, n, made, *owners.get(name, Owner())) for name, n, made in rows
                     if name not in hidden)

    def tags(self) -> tuple[Tag, ...]:
        """Every tag by name."""
        if not self.exists():
            return ()
        rows = self._connection.execute("SELECT name, count(*) FROM filed WHERE kind = 'tag' GROUP BY name ORDER BY 1")
        return tuple(Tag(*row) for row in rows)

    def names(self, kind: Kind) -> list[str]:
        """The names of all collections or tags."""
        return [item.name for item in (self.collections() if kind == "collection" else self.tags())]

    def _all_names(self, kind: Kind) -> list[str]:
        """Those that are hidden, too."""
        if kind != "collection":
            return self.names(kind)
        return [row[0] for row in self._connection.execute("SELECT name FROM collections ORDER BY name")]

    def _hidden(self) -> set[str]:
        """The collections that are not shown."""
        return self.owners.hidden("collection", self._all_names("collection")) if self.owners.who else set()

    def _refuse_hidden(self, name: str) -> None:
        """Errors: ScopeError E_NAME_TAKEN for the name of a collection that is not shown, however it is written."""
        if name_key(name) in map(name_key, self._hidden()):
            raise ScopeError("E_NAME_TAKEN", name=name)

    def _with_inner(self, kind: Kind, name: str) -> list[str]:
        """A collection and those inside it, or a tag."""
        return [one for one in self._all_names(kind) if one == name or kind == "collection" and
                one.startswith(name + INSIDE)]

    def find_name(self, kind: Kind, name: str) -> str | None:
        """The collection or tag of this name as it is kept, whatever its capitals; None where there is none."""
        if kind not in self._by_key:
            self._by_key[kind] = {name_key(one): one for one in reversed(self.names(kind))}
            self._by_key[kind] |= {one: one for one in self.names(kind)}  # as it is written, before other capitals
        known = self._by_key[kind]
        return known.get(name) or known.get(name_key(name))

    def of(self, documents: Iterable[str] | None = None) -> dict[str, Filed]:
        """Document -> how it is filed, of these or of all; those that are not filed at all are left out."""
        if not self.exists():
            return {}
        select = "SELECT document, kind, name FROM filed"
        rows = self._connection.execute(f"{select} ORDER BY name").fetchall() if documents is None else [
            row for some in slices(list(documents)) for row in
            self._connection.execute(f"{select} WHERE document IN ({marks(some)}) ORDER BY name", some)]
        found: dict[str, dict[str, list[str]]] = {}
        hidden = self._hidden()
        for document, kind, name in rows:
            if kind == "collection" and name in hidden:
                continue
            found.setdefault(document, {}).setdefault(kind, []).append(name)
        return {document: Filed(tuple(kinds.get("collection", ())), tuple(kinds.get("tag", ())), _state(kinds))
                for document, kinds in found.items()}

    def documents(self, kind: Kind, name: str) -> set[str]:
        """The documents with this tag or state, or in this collection or one inside it."""
        if not self.exists():
            return set()
        where, values = "name = ?", [name]
        if kind == "collection":
            inside = name + INSIDE
            where, values = "(name = ? OR name > ? AND name < ?)", [name, inside, inside[:-1] + chr(ord(INSIDE) + 1)]
        rows = self._connection.execute(f"SELECT document, name FROM filed WHERE kind = ? AND {where}", (kind, *values))
        hidden = self._hidden() if kind == "collection" else set()
        return {document for document, inside in rows.fetchall() if inside not in hidden}

    # --- writing

    def make(self, name: str) -> None:
        """Makes a collection, and those that it is inside; nothing where there is one of this name, unless it is
        damaged. A new one belongs to whom this acts for. Errors: ScopeError E_NAME_TAKEN, E_NOT_YOURS."""
        self._refuse_hidden(name)
        self.owners.check("collection", [name])
        if INSIDE in name:
            self.make(name.rpartition(INSIDE)[0])
        row = self._connection.execute("SELECT name, made, digest FROM collections WHERE name = ?", (name,)).fetchone()
        if row is None and self.owners.who:
            self.owners.set("collection", name, self.owners.who, False)
        if row is None or digest(row[:-1]) != row[-1]:
            self._by_key.pop("collection", None)
            self._connection.execute("INSERT OR REPLACE INTO collections VALUES (?,?,?)", sealed((name, _now())))

    def put(self, kind: Kind, name: str, documents: Several[str]) -> int:
        """Files the documents in a collection, which is made if there is none, or under a tag; how many were not."""
        if kind == "collection":
            self.make(name)
        self._sweep()
        others = self._without(kind, name, documents)
        self._insert((document, kind, name, _now()) for document in others)
        if kind in self._by_key and others:
            self._by_key[kind][name] = name
            self._by_key[kind].setdefault(name_key(name), name)
        return len(others)

    def take(self, kind: Kind, name: str, documents: Several[str]) -> int:
        """Takes the documents out of a collection, or the tag off them; how many had it. Errors: ScopeError
        E_NOT_YOURS."""
        if kind == "collection":
            self.owners.check("collection", [name])
        self._sweep()
        self._by_key.clear()
        return self._connection.executemany("DELETE FROM filed WHERE document = ? AND kind = ? AND name = ?", (
            (document, kind, name) for document in dict.fromkeys(documents))).rowcount

    def set_state(self, state: ReadingState, documents: Several[str]) -> int:
        """Sets the reading state of the documents; how many had another."""
        self._sweep()
        filed = self.of(documents)
        others = self._without("state", state, documents) if state != "unread" else [
            document for document in dict.fromkeys(documents) if filed.get(document, Filed()).state != "unread"]
        self._connection.executemany("DELETE FROM filed WHERE document = ? AND kind = 'state'",
                                     ((document,) for document in others))
        if state != "unread":
            self._insert((document, "state", state, _now()) for document in others)
        return len(others)

    def rename(self, kind: Kind, old: str, new: str) -> None:
        """Gives a collection, with those inside it, or a tag another name; what has that name already takes it in."""
        names, owners = self._with_inner(kind, old), self.owners.of("collection")
        if kind == "collection":
            self._refuse_hidden(new)
            self.owners.check("collection", [*names, new])
        for name in names:
            to = new + name[len(old):]
            made = self._connection.execute("SELECT made FROM collections WHERE name = ?", (name,)).fetchone()
            rows = self._connection.execute("SELECT document, kind, name, time, digest FROM filed WHERE kind = ? AND "
                                            "name = ?", (kind, name)).fetchall()
            self._delete(kind, name)
            if kind == "collection":
                self._connection.execute("INSERT OR REPLACE INTO collections VALUES (?,?,?)", sealed((to, made[0])))
                self.owners.set("collection", to, *owners.get(name, Owner()))
                self.make(to)
            self._put_back(_moved(row, name=to) for row in rows)

    def delete(self, kind: Kind, name: str) -> int:
        """Deletes a collection, with those inside it, or takes a tag off every document; how many documents had it.
        They stay."""
        n_documents, names = len(self.documents(kind, name)), self._with_inner(kind, name)
        if kind == "collection":
            self.owners.check("collection", names)
        for one in names:
            self._delete(kind, one)
        return n_documents

    def _delete(self, kind: Kind, name: str) -> None:
        self._by_key.clear()
        if kind == "collection":
            self._connection.execute("DELETE FROM collections WHERE name = ?", (name,))
            self.owners.forget("collection", name)
        self._connection.execute("DELETE FROM filed WHERE kind = ? AND name = ?", (kind, name))

    # --- while a document is stored anew

    def rows(self, *documents: str | None) -> list[Row]:
        """The rows of these documents, to be kept while one is stored anew or takes another's place."""
        return [row for document in dict.fromkeys(documents) if document for row in self._connection.execute(
            "SELECT document, kind, name, time, digest FROM filed WHERE document = ?", (document,))]

    def keep(self, document: str, rows: Sequence[Row]) -> None:
        """Gives the document these rows, its own first; what was damaged stays so."""
        own = sorted(rows, key=lambda row: row[0] != document)
        state = next((row for row in own if row[1] == "state"), None)
        self._put_back(_moved(row, document=document) for row in own if row[1] != "state" or row is state)

    def _insert(self, rows: Iterable[tuple[str, Kind, str, str]]) -> None:
        self._connection.executemany("INSERT OR REPLACE INTO filed VALUES (?,?,?,?,?)", map(sealed, rows))

    def _put_back(self, rows: Iterable[Row]) -> None:
        self._by_key.clear()
        self._connection.executemany("INSERT OR IGNORE INTO filed VALUES (?,?,?,?,?)", rows)

    def _without(self, kind: Kind, name: str, documents: Several[str]) -> list[str]:
        """Those of the documents that are not filed so, or whose row is damaged."""
        had = {row[0] for some in slices(list(documents)) for *row, saved in self._connection.execute(
            f"SELECT document, kind, name, time, digest FROM filed WHERE kind = ? AND name = ? AND document IN "
            f"({marks(some)})", (kind, name, *some)) if digest(row) == saved}
        return [document for document in dict.fromkeys(documents) if document not in had]

    def _sweep(self) -> None:
        """Takes out rows that damage has made of no kind or of no document: nobody could name them. Once: this looks
        at every row, and 10,000 tags come one by one."""
        if self._is_swept:
            return
        self._is_swept = True
        self._connection.execute("DELETE FROM filed WHERE kind NOT IN ('collection', 'tag', 'state') OR document NOT "
                                 "IN (SELECT id FROM documents)")


def _moved(row: Row, *, document: str | None = None, name: str | None = None) -> Row:
    """The row of another document or name."""
    *old, saved = row
    new = (document or old[0], old[1], name or old[2], old[3])
    return (*new, digest(new) if digest(old) == saved else saved)


def _state(kinds: dict[str, list[str]]) -> ReadingState:
    return next((state for state in STATES if state in kinds.get("state", ())), "unread")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
