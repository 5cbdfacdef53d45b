"""What the recogniser saw on pages without text: a table (document, page) -> frame, as readers/scanned.py gives it.

Kept for each page as soon as it is there, so that a killed run goes on at the next; and when a document is read again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kb.store.connection import Connection
from kb.store.tables import digest, to_json

Row = tuple[str, int, str]


class RecognisedPages:
    """The table, of one connection. Writing is for the one writer, inside its transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, document: str) -> dict[int, dict[str, Any]]:
        """Page -> frame. A row that does not match its hash is as if it were not there: its page is recognised
        again."""
        return {page: json.loads(frame) for _, page, frame in self.rows(document)}

    def rows(self, document: str) -> list[Row]:
        """The rows of a document, to be kept while it is stored anew."""
        found = self._connection.execute(
            "SELECT document, page, frame, digest FROM recognised WHERE document = ? ORDER BY page", (document,))
        return [tuple(row) for *row, saved in found if digest(row) == saved]

    def put(self, document: str, frames: Mapping[int, dict[str, Any]]) -> None:
        """These pages of a document, in place of what there was of them."""
        self.keep([(document, page, to_json(frame)) for page, frame in frames.items()])

    def keep(self, rows: Sequence[Row]) -> None:
        """Puts rows back as they were."""
        self._connection.executemany("INSERT OR REPLACE INTO recognised VALUES (?,?,?,?)",
                                     [(*row, digest(row)) for row in rows])
