"""Which documents are texts of one work, in one generation: what counts works, and not files, asks here.

Reads: the tables `documents`, `origins` and `joined`, through a reader's connection.  Gives: Works.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from kb.store.connection import Connection
from kb.store.entries import Entries
from kb.store.tables import marks, slices, to_metadata
from kb.works import ENTRY, OneWork, grouped

_FULLEST = {"pdf": 0, "latex": 1, "docx": 2, "html": 3, ENTRY: 9}
_OTHERS = 5  # of other kinds


@dataclass(frozen=True, slots=True)
class Works:
    """The works of a library, those with several texts: each text -> all of them, the fullest first."""

    several: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """The works as a connection sees them."""
        rows = connection.execute("""SELECT d.id, d.kind, d.metadata, o.beside, o.edits FROM documents d
            LEFT JOIN origins o ON o.document = d.id ORDER BY d.added DESC, d.rowid DESC""").fetchall()
        found = grouped(((row[0], to_metadata(*row[2:])) for row in rows), Entries(connection).joined(),
                        frozenset(row[0] for row in rows if row[1] == ENTRY))
        return cls(_by_fullness(connection, {row[0]: row[1] for row in rows}, found))

    def texts(self, document: str) -> tuple[str, ...]:
        """The texts of a document's work, the fullest first; the document alone where it has no other."""
        return self.several.get(document, (document,))

    def work(self, document: str) -> str:
        """What the document's work is called: its fullest text."""
        return self.texts(document)[0]

    def are_one(self, one: str, other: str) -> bool:
        """Whether two documents are texts of one work."""
        return self.work(one) == self.work(other)

    def once(self, documents: Iterable[str], first: Iterable[str] = ()) -> list[str]:
        """Of each work one of these documents, in the place of the first of them: of those in `first` where there is
        one, the fullest."""
        given, before = dict.fromkeys(documents), frozenset(first)
        chosen = (min((text for text in self.texts(document) if text in given), key=lambda text: text not in before)
                  for document in given)
        return list(dict.fromkeys(chosen))


def fullest_first(kind: str, n_characters: int, document: str) -> tuple[bool, int, int, str]:
    """What texts of one work are sorted by: those with a text, by how whole their kind is, the longer ones first."""
    return not n_characters, _FULLEST.get(kind, _OTHERS), -n_characters, document


def _by_fullness(connection: Connection, kinds: Mapping[str, str],
                 works: Sequence[OneWork]) -> dict[str, tuple[str, ...]]:
    several = [work.names for work in works if len(work.names) > 1]
    lengths = {document: n for some in slices([name for names in several for name in names])
               for document, n in connection.execute(
                   f"SELECT id, length(text) FROM documents WHERE id IN ({marks(some)})", some)}
    found: dict[str, tuple[str, ...]] = {}
    for names in several:
        ordered = tuple(sorted(names, key=lambda name: fullest_first(kinds[name], lengths[name], name)))
        found |= dict.fromkeys(names, ordered)
    return found
