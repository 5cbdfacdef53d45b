"""Documents by what they are called and what filters ask of them, without their texts."""

from __future__ import annotations

import json
from dataclasses import dataclass

from kb.store.connection import Connection
from kb.types import Language


@dataclass(frozen=True, slots=True)
class Brief:
    """What filters ask of a document."""

    id: str
    kind: str
    language: Language
    year: int | None
    authors: tuple[str, ...]


class Briefs:
    """The documents of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Brief]:
        """Every document, by id."""
        rows = self._connection.execute("SELECT id, kind, language, metadata FROM documents ORDER BY id")
        return [Brief(document, kind, language, (values := json.loads(metadata)).get("year"),
                      tuple(values.get("authors", ()))) for document, kind, language, metadata in rows]

    def id_of(self, beginning: str) -> str | None:
        """The id of the document that has this id, or whose alone begins so."""
        rows = self._connection.execute("SELECT id FROM documents WHERE id = ?", (beginning,)).fetchall()
        rows = rows or self._connection.execute("SELECT id FROM documents WHERE id > ? AND id < ? LIMIT 2",
                                                (beginning, beginning + "\U0010ffff")).fetchall()
        return rows[0][0] if len(rows) == 1 and beginning else None

    def titles(self) -> dict[str, str]:
        """Document -> its title."""
        return {document: title or "" for document, title in
                self._connection.execute("SELECT id, json_extract(metadata, '$.title') FROM documents ORDER BY id")}
