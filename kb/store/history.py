"""The log of conversations: every answer as it was shown, with its quotes, so that it stays readable when the library
changes.

Reads, writes: the tables `turns` and `titles` of the library's database, through the connection of a reader or the
writer. A turn that quotes a removed document loses its answer: what was removed is not kept by a back door.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime

from kb.errors import UnknownConversation
from kb.store.connection import Connection
from kb.store.owners import Owner, Owners
from kb.store.tables import digest, has, next_number, sealed, to_json
from kb.types import Answer, Conversation, Turn


class History:
    """Conversations in one database. Writing is for the one writer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.owners = Owners(connection)

    def exists(self) -> bool:
        """False in a library of a version without a log, until its next writer."""
        return has(self._connection, "turns")

    def add(self, answer: Answer, conversation: str | None) -> Turn:
        """Keeps an answer as the next turn of a conversation, or as the first of a new one, which belongs to
        whom this acts for and is theirs alone to see."""
        name = conversation or secrets.token_hex(4)
        time = datetime.now(UTC).isoformat(timespec="seconds")
        text = to_json(answer.to_dict())
        question = answer.asked or answer.question
        # the number is given here, since the row's hash is of it too
        number = next_number(self._connection, "turns", "id")
        self._connection.execute("INSERT INTO turns VALUES (?,?,?,?,?,?)",
                                 sealed((number, name, time, question, text)))
        if conversation is None and self.owners.who:
            self.owners.set("conversation", name, self.owners.who, True)
        return Turn(number, name, time, question, answer)

    def conversations(self, containing: str = "") -> tuple[Conversation, ...]:
        """All conversations that may be seen, the one used last first; of those alone whose title or a question of
        which has these words."""
        if not self.exists():
            return ()
        titles = dict(self._connection.execute("SELECT conversation, title FROM titles")) if self._has_titles() else {}
        rows = self._connection.execute(
            """SELECT conversation, min(time), max(time), count(*),
                      (SELECT question FROM turns f WHERE f.conversation = t.conversation ORDER BY id LIMIT 1)
               FROM turns t GROUP BY conversation ORDER BY max(id) DESC""")
        owners, found = self.owners.of("conversation"), [Conversation(*row) for row in rows]
        hidden = self.owners.hidden("conversation", owners)
        found = [replace(one, title=titles.get(one.id, ""), owner=owners.get(one.id, Owner()).name) for one in found
                 if one.id not in hidden]
        if not (words := containing.casefold().split()):
            return tuple(found)
        asked: dict[str, str] = {}
        for name, question in self._connection.execute("SELECT conversation, question FROM turns"):
            asked[name] = f"{asked.get(name, '')} {question}"
        return tuple(one for one in found
                     if all(word in f"{one.title} {asked[one.id]}".casefold() for word in words))

    def rename(self, conversation: str, title: str) -> str:
        """Gives a conversation a title, "" takes it away; gives its whole id. Errors: UnknownConversation."""
        name = self.find(conversation)
        self._connection.execute("DELETE FROM titles WHERE conversation = ?", (name,))
        if title:
            self._connection.execute("INSERT INTO titles VALUES (?,?,?)", sealed((name, title)))
        return name

    def _has_titles(self) -> bool:
        return has(self._connection, "titles")

    def turns(self, conversation: str) -> tuple[Turn, ...]:
        """The turns of a conversation in order, by its id or an unambiguous beginning of it. Errors:
        UnknownConversation."""
        rows = self._connection.execute(
            "SELECT id, conversation, time, question, answer FROM turns WHERE conversation = ? ORDER BY id",
            (self.find(conversation), )).fetchall()
        return tuple(
            Turn(number, name, time, question, Answer.from_dict(json.loads(saved)) if saved else None)
            for number, name, time, question, saved in rows
        )

    def find(self, conversation: str) -> str:
        """The whole id. Errors: UnknownConversation."""
        rows = self._connection.execute("SELECT DISTINCT conversation FROM turns WHERE substr(conversation, 1, ?) = ?",
                                        (len(conversation), conversation)) if conversation and self.exists() else ()
        names = {str(row[0]) for row in rows}
        names -= self.owners.hidden("conversation", names)
        if len(names) != 1:
            raise UnknownConversation("E_UNKNOWN_CONVERSATION", id=conversation)
        return names.pop()

    def delete(self, conversation: str | None) -> int:
        """Deletes a conversation, or all that may be seen; gives the number of turns."""
        if not self.exists():
            return 0
        names = [self.find(conversation)] if conversation is not None else [
            row[0] for row in self._connection.execute("SELECT DISTINCT conversation FROM turns")]
        hidden, n_turns = self.owners.hidden("conversation", names), 0
        for name in names:
            if name not in hidden:
                self._connection.execute("DELETE FROM titles WHERE conversation = ?", (name,))
                self.owners.forget("conversation", name)
                n_turns += self._connection.execute("DELETE FROM turns WHERE conversation = ?", (name,)).rowcount
        return n_turns

    def forget_document(self, document: str) -> int:
        """Takes the answer out of every turn that was given something of this document; the question stays. Gives how
        many."""
        if not self.exists():
            return 0
        rows = self._connection.execute("SELECT id, conversation, time, question FROM turns WHERE instr(answer, ?) > 0",
                                        (f'"document":"{document}"', )).fetchall()
        for number, *rest in rows:
            saved = digest((number, *rest, None))
            self._connection.execute("UPDATE turns SET answer = NULL, digest = ? WHERE id = ?", (saved, number))
        return len(rows)
