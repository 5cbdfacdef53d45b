"""What can be made again of a library, when it is not what was stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from kb.store.commits import Commits
from kb.store.rows import Damaged, Table
from kb.store.tables import SCHEMA_VERSION, to_json
from kb.text import TERMS_VERSION
from kb.types import EncoderRecord

_VECTORS = ("sentences", "vectors", "arrivals")


class Mending(Commits):
    """Repairs; each is one transaction."""

    def rebuild_terms(self) -> None:
        """Makes the full-text index anew from the passages."""
        with self._transaction():
            self.lexical.recreate()
            self._add_terms()
            self._set_meta("terms", str(TERMS_VERSION))
            self._advance()

    def renew_terms(self) -> None:
        """Makes the full-text index anew if an earlier version made its terms otherwise."""
        if self.has_old_terms():
            self.rebuild_terms()

    def _add_terms(self, document: str | None = None) -> None:
        """The terms of a document's passages made anew, or those of all where there are none."""
        rows = self.term_rows(document)
        if document:
            self.lexical.remove(np.array([row[0] for row in rows], np.int64))
        self.lexical.add(rows)

    def drop_damaged(self, table: Table, rows: Sequence[Damaged]) -> None:
        """Takes out rows of a table whose content can be made again."""
        with self._transaction():
            table.drop(rows)
            self._advance()

    def drop_vectors(self, passages: Sequence[int]) -> None:
        """Takes out what is damaged of when vectors came, the vectors of these passages' sentences, and all that is of
        passages that are not there."""
        with self._transaction() as connection:
            arrivals = next(table for table in self.tables() if table.name == "arrivals")
            arrivals.drop(arrivals.damaged())
            connection.executemany("DELETE FROM sentences WHERE passage = ?", ((i,) for i in passages))
            for name in _VECTORS:
                connection.execute(f"DELETE FROM {name} WHERE passage NOT IN (SELECT id FROM passages)")
            self.forget_bases()
            self._advance()

    def seal_earlier(self, damaged: Mapping[str, Collection[tuple[object, ...]]]) -> dict[str, int]:
        """Gives rows of earlier versions a hash of all their columns; table -> how many. damaged: table -> the keys of
        rows that stay as they are."""
        found = {}
        with self._transaction():
            for table in self.tables():
                if keys := [key for key in table.earlier() if key not in damaged.get(table.name, ())]:
                    table.seal(keys)
                    found[table.name] = len(keys)
        return found

    def mend_counters(self, counters: Mapping[str, int]) -> None:
        """Sets from which number on the next rows of these tables are given; 0 for a table that is none."""
        with self._transaction() as connection:
            for table, at in counters.items():
                connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
                if at:
                    connection.execute("INSERT INTO sqlite_sequence VALUES (?,?)", (table, at))
            connection.execute("DELETE FROM sqlite_sequence WHERE typeof(name) <> 'text'")

    def mend_settings(self, keys: Collection[str], encoder: EncoderRecord | None) -> list[str]:
        """Makes these of the library's own values anew; gives those that cannot be. encoder: the one that made the
        vectors, None where that is not known."""
        with self._transaction() as connection:
            rest = []
            for key in keys:
                if key == "encoder" and encoder is None:
                    rest.append(key)
                elif key == "encoder" and encoder is not None:
                    self._set_meta(key, to_json({"name": encoder.name, "fingerprint": encoder.fingerprint,
                                                 "dim": encoder.dim}))
                elif key == "schema":
                    self._set_meta(key, str(SCHEMA_VERSION))
                elif key == "terms":
                    self._set_meta(key, "0")  # made again by the step that looks at them
                elif key in ("index", "generation"):  # nobody may take an old state for this one
                    self.forget_bases()
                    self._set_meta("generation", str(self.generation() + 1))
                elif key == "purge":
                    self._set_meta(key, "1")
                else:
                    connection.execute("DELETE FROM meta WHERE CAST(key AS BLOB) = CAST(? AS BLOB)", (key,))
            self._advance()
            return rest
