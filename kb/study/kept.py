"""What is different between a table that was kept and the same table made again.

Reads: two ExtractionTables with the same columns.  Gives: TableChanges.
"""

from __future__ import annotations

from kb.types import CellChange, ExtractionTable, TableChanges


def changes(before: ExtractionTable, after: ExtractionTable, name: str) -> TableChanges:
    """Rows that came and went, by title (by id where the title is gone with the document), and cells that hold
    something else."""
    old = {row.document: row for row in before.rows}
    new = {row.document: row for row in after.rows if row.document not in after.removed}
    cells = []
    for document, row in new.items():
        if document not in old:
            continue
        for column, a, b in zip(after.columns, old[document].cells, row.cells, strict=True):
            if a.shown != b.shown:
                cells.append(CellChange(document, row.title, column.name, a.shown, b.shown))
    return TableChanges(name, tuple(row.title or row.document for document, row in new.items() if document not in old),
                        tuple(row.title or row.document for document, row in old.items() if document not in new),
                        tuple(cells))
