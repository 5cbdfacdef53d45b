"""Questions that were kept with their answers.

Reads, writes: the table `questions` of the library's database, through the connection of a reader or the writer. What a
removed document said goes out of the answers; the question stays, and that something went is counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from kb.store.connection import Connection
from kb.store.tables import digest, has, sealed, to_json
from kb.types import Answer, KeptQuestion, Record


class Questions:
    """The table, of one connection. Writing is for the one writer, inside its transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def exists(self) -> bool:
        """False in a library of a version without kept questions, until its next writer."""
        return has(self._connection, "questions")

    def all(self) -> list[KeptQuestion]:
        """Every kept question, in the order they were first kept."""
        if not self.exists():
            return []
        rows = self._connection.execute("SELECT kept FROM questions ORDER BY made, id")
        return [question for (saved,) in rows if (question := _read(saved)) is not None]

    def put(self, question: KeptQuestion) -> None:
        """Keeps a question, instead of the one with its id."""
        row = (question.id, question.made, question.question, to_json(question.to_dict()))
        self._connection.execute("INSERT OR REPLACE INTO questions VALUES (?,?,?,?,?)", sealed(row))

    def delete(self, ids: Iterable[str]) -> int:
        """Deletes questions by their whole ids; gives how many there were."""
        return sum(self._connection.execute("DELETE FROM questions WHERE id = ?", (id,)).rowcount for id in ids)

    def forget_document(self, document: str) -> int:
        """Takes what a document said out of the kept answers; gives of how many."""
        if not self.exists():
            return 0
        rows = self._connection.execute("SELECT id, made, question, kept, digest FROM questions WHERE "
                                        "instr(kept, ?) > 0", (f'"document":"{document}"',)).fetchall()
        for *old, saved in rows:
            if (question := _read(old[3])) is None:
                continue
            answer, n_gone = _without(question.answer, document)
            latest = _without(question.latest, document)[0] if question.latest else None
            new = (*old[:3], to_json(replace(question, answer=answer, latest=latest,
                                             n_gone=question.n_gone + n_gone).to_dict()))
            self._connection.execute("UPDATE questions SET kept = ?, digest = ? WHERE id = ?",
                                     (new[3], digest(new) if digest(old) == saved else saved, old[0]))
        return len(rows)


def _without(answer: Answer, document: str) -> tuple[Answer, int]:
    """(the answer without what tells of a document, how many claims went)."""
    def tells(record: Record) -> bool:
        return f'"document":"{document}"' in to_json(record.to_dict())

    claims = tuple(claim for claim in answer.claims if not tells(claim))
    return replace(answer, claims=claims, nearest=tuple(hit for hit in answer.nearest if hit.document != document),
                   notes=tuple(note for note in answer.notes if note.document != document), written=None,
                   otherwise=tuple(claim for claim in answer.otherwise if not tells(claim)),
                   empty=()), len(answer.claims) - len(claims)


def _read(saved: str) -> KeptQuestion | None:
    """None for a row so damaged that it says nothing; `kb verify` names it."""
    try:
        return KeptQuestion.from_dict(json.loads(saved))
    except (ValueError, TypeError, AttributeError):
        return None
