"""What `kb verify` looks at: whether each thing that is stored is what was stored."""

from __future__ import annotations

import sqlite3

from kb.index.lexical import index_text
from kb.store.tables import digest
from kb.store.view import View
from kb.text import one_line


class Checks(View):
    """A view that finds what is damaged."""

    def damaged_documents(self) -> list[tuple[str, str]]:
        """(id, title or path) of the documents whose stored content does not match its hash, or whose passages are not
        its slices."""
        damaged = []
        for row in self._connection.execute("SELECT * FROM documents"):
            is_whole = digest(row[:-1]) == row[-1]
            text = row[11]
            for start, end, passage in self._connection.execute(
                    "SELECT start, end, text FROM passages WHERE document = ? ORDER BY id", (row[0], )):
                is_whole = is_whole and text[start:end] == passage
            if not is_whole:
                damaged.append((row[0], one_line(str(row[2]))))
        return damaged

    def damaged_paths(self) -> list[str]:
        """Paths, for display, whose row does not match its hash or whose document has other bytes."""
        return self.paths.damaged()

    def damaged_origins(self) -> list[str]:
        """Documents whose metadata are not known to be what was read or set."""
        return self.origins.damaged()

    def damaged_vectors(self) -> list[int]:
        """Passages whose vector is gone, does not match its hash or was never noted to have come, or whose sentences'
        vectors do not match theirs. Those whose vector is still to come are not damaged: see `without_vectors`."""
        rows = self._connection.execute("""SELECT p.id, a.serial, v.vector, v.digest, s.vectors, s.digest
            FROM passages p LEFT JOIN arrivals a ON a.passage = p.id LEFT JOIN vectors v ON v.passage = p.id
            LEFT JOIN sentences s ON s.passage = p.id""")
        return [
            passage
            for passage, serial, vector, saved, sentences, of_sentences in rows
            if (vector is None) != (serial is None)
            or (vector is not None and digest((vector,)) != saved)
            or (sentences is not None and digest((sentences,)) != of_sentences)
        ]

    def terms_are_sound(self) -> bool:
        """Whether the full-text index agrees with the passages."""
        try:
            self._connection.execute("INSERT INTO terms(terms) VALUES ('integrity-check')")
        except sqlite3.DatabaseError:
            return False
        rows = self._connection.execute("SELECT p.text, t.body FROM passages p LEFT JOIN terms t ON t.rowid = p.id")
        extra = self._connection.execute(
            "SELECT count(*) FROM terms_content WHERE id NOT IN (SELECT id FROM passages)").fetchone()[0]
        return extra == 0 and all(body == index_text(text) for text, body in rows)

    def damaged_meta(self) -> list[str]:
        """Keys of the library's own values that do not match their hash."""
        return [
            key for key, value, saved in self._connection.execute("SELECT * FROM meta") if digest((key, value)) != saved
        ]

    def integrity(self) -> list[str]:
        """SQLite's own findings; empty when it has none."""
        rows = [row[0] for row in self._connection.execute("PRAGMA integrity_check(20)")]
        rows += [f"foreign key: {row}" for row in self._connection.execute("PRAGMA foreign_key_check")]
        return [row for row in rows if row != "ok"]
