"""Cells that were filled for tables out of documents, and the tables that were kept.

Reads, writes: the tables `cells` and `extractions` of the library's database, through the connection of a reader or the
writer. A cell leaves with its document; of a kept table the rows of a document that is removed are emptied.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kb.store.connection import Connection
from kb.store.tables import digest, has, marks, slices, to_json
from kb.types import ExtractedCell, ExtractionRow, ExtractionTable


class Extractions:
    """Filled cells and kept tables of one database. Writing is for the one writer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def exists(self) -> bool:
        """False in a library of a version without them, until its next writer."""
        return has(self._connection, "extractions")

    def cells(self, keys: Sequence[str]) -> dict[str, ExtractedCell]:
        """Key -> cell, of those that are known and sound."""
        if not self.exists():
            return {}
        found = {}
        for some in slices(list(keys)):
            rows = self._connection.execute(
                f"SELECT key, document, cell, digest FROM cells WHERE key IN ({marks(some)})", some)
            for key, document, cell, saved in rows:
                if digest((key, document, cell)) == saved:
                    found[key] = ExtractedCell.from_dict(json.loads(cell))
        return found

    def put(self, cells: Iterable[tuple[str, str, ExtractedCell]]) -> int:
        """Keeps (key, document, cell); those of documents that are not there any more are left out. Gives how many."""
        known = {row[0] for row in self._connection.execute("SELECT id FROM documents")}
        rows = [(key, document, to_json(cell.to_dict())) for key, document, cell in cells if document in known]
        self._connection.executemany("INSERT OR REPLACE INTO cells VALUES (?,?,?,?)",
                                     ((*row, digest(row)) for row in rows))
        return len(rows)

    def names(self) -> tuple[tuple[str, str], ...]:
        """(name, time) of the kept tables, the newest first."""
        if not self.exists():
            return ()
        return tuple(self._connection.execute("SELECT name, time FROM extractions ORDER BY time DESC, name"))

    def table(self, name: str) -> ExtractionTable | None:
        """A kept table as it was; None where none has this name."""
        if not self.exists():
            return None
        row = self._connection.execute("SELECT saved FROM extractions WHERE name = ?", (name,)).fetchone()
        return ExtractionTable.from_dict(json.loads(row[0])) if row else None

    def keep(self, table: ExtractionTable) -> None:
        """Keeps a table under its name, instead of an earlier one."""
        row = (table.name, table.kept, to_json(table.to_dict()))
        self._connection.execute("INSERT OR REPLACE INTO extractions VALUES (?,?,?,?)", (*row, digest(row)))

    def delete(self, name: str) -> bool:
        """Deletes a kept table; whether there was one."""
        return bool(self._connection.execute("DELETE FROM extractions WHERE name = ?", (name,)).rowcount)

    def forget_document(self, document: str) -> list[str]:
        """Takes what a document said out of every kept table; its cells leave with it. Gives the tables' names."""
        changed = []
        for name, _ in self.names():
            table = self.table(name)
            if table is not None and any(row.document == document for row in table.rows):
                rows = tuple(_emptied(row) if row.document == document else row for row in table.rows)
                measures = tuple(replace(m, results=left) for m in table.measures
                                 if (left := tuple(r for r in m.results if r.document != document)))
                self.keep(replace(table, rows=rows, measures=measures))
                changed.append(name)
        return changed


def _emptied(row: ExtractionRow) -> ExtractionRow:
    return ExtractionRow(row.document, "", "", (ExtractedCell(empty="removed"),) * len(row.cells))


