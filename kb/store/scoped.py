"""A part of a library, as a reader sees it: the same generation, of which only some documents are listed and found.

What a term weighs, and whether it occurs at all, stays that of the library; a document is read by its id wherever it
is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from kb.index.selection import Selection as Selection
from kb.store.tables import marks, slices
from kb.store.view import View
from kb.types import DocumentInfo, Ids


class ScopedView(View):
    """A view of some documents."""

    def __init__(self, whole: View, selection: Selection) -> None:
        super().__init__(whole._connection, whole.home, whole._last)
        self.whole, self.selection = whole, selection

    def searched(self) -> tuple[int, int]:
        return len(self._held), len(self._selected)

    def documents(self) -> tuple[DocumentInfo, ...]:
        return tuple(info for info in super().documents() if info.id in self._held)

    def documents_with(self, terms: Sequence[str]) -> list[str]:
        return [document for document in super().documents_with(terms) if document in self._held]

    def beginnings(self, n: int) -> dict[str, str]:
        return {document: text for document, text in super().beginnings(n).items() if document in self._held}

    @property
    def _selected(self) -> Selection:
        assert self.selection is not None
        return self.selection

    @property
    def _held(self) -> frozenset[str]:
        return self._selected.documents


def selection_of(view: View, documents: Iterable[str]) -> Selection:
    """The passages of these documents in the view's generation."""
    held = frozenset(documents)
    rows = (row[0] for some in slices(sorted(held)) for row in view._connection.execute(
        f"SELECT id FROM passages WHERE document IN ({marks(some)})", some))
    passages: Ids = np.sort(np.fromiter(rows, np.int64))
    return Selection(held, passages)
