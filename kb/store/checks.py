"""What `kb verify` looks at: whether each thing is what was stored (rows.py), and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from kb.store.rows import Damaged, Table, own_tables, shown
from kb.store.tables import SCHEMA_VERSION, text_hash
from kb.store.view import View, context_of

_FOLLOWS = ("text", "start", "end", "hash", "section")  # of a passage, from its document and its own text


class Checks(View):
    """A view that finds what is damaged."""

    def tables(self) -> list[Table]:
        """Every table that the library keeps its content in."""
        return own_tables(self._connection)

    def damaged_rows(self, table: Table) -> list[Damaged]:
        """The rows of a table that are not what was stored, each once."""
        found = {row.place: row for row in table.damaged()}
        if table.name == "passages":
            for row in self._passages_that_do_not_follow():
                if not (known := found.get(row.place)) or not known.column:
                    found[row.place] = row
        elif table.name == "paths":
            found |= {row.place: row for row in self._paths_to_other_bytes() if row.place not in found}
        return list(found.values())

    def _passages_that_do_not_follow(self) -> Iterator[Damaged]:
        """Passages whose column does not follow from the document and their own text, and documents whose passages,
        joined, are not their text."""
        self._connection.text_factory = lambda data: data.decode("utf-8", "replace")
        try:
            for document, text in self._connection.execute("SELECT id, text FROM documents"):
                expected = 0
                rows = self._connection.execute("""SELECT id, start, end, text, hash, section FROM passages
                    WHERE document = ? ORDER BY id""", (document,)).fetchall()
                for id, start, end, passage, hash, section in rows:
                    holds = {"text": _slice(text, start, end) == passage, "start": start == expected, "end": True,
                             "hash": hash is None or hash == text_hash(str(passage)), "section": _is_list(section)}
                    expected = end if isinstance(end, int) else -1
                    if wrong := [name for name in _FOLLOWS if not holds[name]]:
                        yield Damaged("passages", shown((id,)), wrong[0], (id,))
                if rows and expected != len(str(text)):
                    yield Damaged("passages", shown((rows[-1][0],)), "end", (rows[-1][0],))
                elif not rows and str(text).strip():
                    yield Damaged("passages", shown((f"none of document {document}",)), "", (document,))
        finally:
            self._connection.text_factory = str

    def _paths_to_other_bytes(self) -> Iterator[Damaged]:
        rows = self._connection.execute("""SELECT CAST(p.path AS BLOB), CAST(p.sha256 AS BLOB), CAST(d.sha256 AS BLOB)
            FROM paths p LEFT JOIN documents d ON d.id = p.document""")
        return (Damaged("paths", shown((path,)), "sha256", (path,)) for path, own, of in rows.fetchall() if own != of)

    def passages_of_damaged_vectors(self) -> list[int]:
        """Passages whose vector is gone, is not what was stored or was never noted to have come, or whose sentences'
        vectors are not. Those whose vector is still to come are not damaged: see `without_vectors`."""
        rows = self._connection.execute("""SELECT p.id FROM passages p LEFT JOIN arrivals a ON a.passage = p.id
            LEFT JOIN vectors v ON v.passage = p.id WHERE (a.serial IS NULL) <> (v.passage IS NULL)""")
        found = {row[0] for row in rows}
        for table in self.tables():
            if table.name in ("vectors", "sentences", "arrivals"):
                at = list(table.columns).index("passage")
                damaged = {row.place for row in table.damaged()}
                found |= {row[at] for row, _, _ in table if table.key(row) in damaged}
        living = {row[0] for row in self._connection.execute("SELECT id FROM passages")}
        return sorted(found & living)

    def strays(self) -> list[str]:
        """Tables with rows of vectors whose passage is not there."""
        return [name for name in ("arrivals", "sentences", "vectors") if self._connection.execute(
            f"SELECT 1 FROM {name} WHERE passage NOT IN (SELECT id FROM passages) LIMIT 1").fetchone()]

    def terms_are_sound(self) -> bool:
        """Whether the full-text index agrees with the passages."""
        rows = self._connection.execute("""SELECT p.id, p.text, json_extract(d.metadata, '$.title'), p.section
            FROM passages p JOIN documents d ON d.id = p.document ORDER BY p.id""")
        return self.lexical.agrees_with((passage, text, context_of(title, section))
                                        for passage, text, title, section in rows)

    def damaged_counters(self) -> dict[str, int]:
        """Table -> the number from which its next one is given, where that is not what was noted or one that is given
        already could come again."""
        at = dict(self._connection.execute("SELECT name, seq FROM sqlite_sequence"))
        noted = self.noted_counters()
        found = {}
        for table, key in (("passages", "id"), ("arrivals", "serial"), ("turns", "id")):
            highest = self._connection.execute(f"SELECT coalesce(max({key}), 0) FROM {table}").fetchone()[0]
            least = max(noted.get(table, 0), highest)
            now = at.get(table, 0)
            if not isinstance(now, int) or now < least or (table in noted and now != noted[table]):
                found[table] = max(least, now if isinstance(now, int) else 0)
        return found | {str(name): 0 for name in at.keys() - {"passages", "arrivals", "turns"}}

    def noted_counters(self) -> dict[str, int]:
        """Table -> the highest number that was given in it, as it was noted; {} in a library of an earlier version."""
        try:
            found = json.loads(self.meta("counters", "{}"))
        except ValueError:
            return {}
        return {str(name): n for name, n in found.items() if isinstance(n, int)} if isinstance(found, dict) else {}

    def missing_settings(self) -> list[str]:
        """The library's own values without which it cannot be used."""
        known = {row[0] for row in self._connection.execute("SELECT key FROM meta")}
        needed = {"schema", "generation", "terms"} | ({"encoder"} if self.counts()[1] else set())
        return sorted(needed - known)

    def integrity(self) -> list[str]:
        """SQLite's own findings; empty when it has none."""
        rows = [row[0] for row in self._connection.execute("PRAGMA integrity_check(20)")]
        rows += [f"foreign key: {row}" for row in self._connection.execute("PRAGMA foreign_key_check")]
        return [row for row in rows if row != "ok"]

    def is_of_this_version(self) -> bool:
        """Whether the version that the library says it has is this one's, or an earlier one's."""
        return self.meta("schema").isdigit() and int(self.meta("schema")) <= SCHEMA_VERSION


def _slice(text: object, start: object, end: object) -> str | None:
    if isinstance(text, str) and isinstance(start, int) and isinstance(end, int) and 0 <= start <= end:
        return text[start:end]
    return None


def _is_list(saved: object) -> bool:
    try:
        return isinstance(json.loads(saved), list) if isinstance(saved, str) else False
    except (ValueError, RecursionError):
        return False
