"""What a reader says of answers: right, wrong, and where the answer stands.

Reads, writes: the table `feedback` of the library's database, through the connection of a reader or the writer. A
removed document's words go out of it; the question and the verdict stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from kb.store.connection import Connection
from kb.store.tables import digest, has, sealed, to_json
from kb.types import Feedback


class Feedbacks:
    """The table, of one connection. Writing is for the one writer, inside its transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def exists(self) -> bool:
        """False in a library of a version without it, until its next writer."""
        return has(self._connection, "feedback")

    def all(self) -> list[Feedback]:
        """All of it, in the order it was given."""
        if not self.exists():
            return []
        rows = self._connection.execute("SELECT said FROM feedback ORDER BY made, id")
        return [said for (saved,) in rows if (said := _read(saved)) is not None]

    def put(self, said: Feedback) -> None:
        """Keeps it, instead of that with its id."""
        row = (said.id, said.made, to_json(said.to_dict()))
        self._connection.execute("INSERT OR REPLACE INTO feedback VALUES (?,?,?,?)", sealed(row))

    def delete(self, ids: Iterable[str]) -> int:
        """Deletes by whole ids; gives how many there were."""
        return sum(self._connection.execute("DELETE FROM feedback WHERE id = ?", (id,)).rowcount for id in ids)

    def forget_document(self, document: str) -> int:
        """Takes a document's words out; gives of how many. A row that was damaged stays so."""
        if not self.exists():
            return 0
        rows = self._connection.execute("SELECT id, made, said, digest FROM feedback WHERE instr(said, ?) > 0",
                                        (f'"document":"{document}"',)).fetchall()
        for *old, saved in rows:
            if (said := _read(old[2])) is None:
                continue
            new = (*old[:2], to_json(replace(said, quote="", document="").to_dict()))
            self._connection.execute("UPDATE feedback SET said = ?, digest = ? WHERE id = ?",
                                     (new[2], digest(new) if digest(old) == saved else saved, old[0]))
        return len(rows)


def _read(saved: str) -> Feedback | None:
    """None for a row so damaged that it says nothing; `kb verify` names it."""
    try:
        return Feedback.from_dict(json.loads(saved))
    except (ValueError, TypeError, AttributeError):
        return None
