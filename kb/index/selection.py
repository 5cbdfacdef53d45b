"""Which passages a search may find: those of a part of a library, as both indexes take them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kb.types import Ids


class Selection:
    """The passages of these documents, and nothing else. It never changes; several threads may search with it."""

    def __init__(self, documents: frozenset[str], passages: Ids) -> None:
        """passages: distinct, ascending."""
        self.documents, self.passages = documents, passages

    def __len__(self) -> int:
        return len(self.passages)

    @property
    def bounds(self) -> tuple[int, int]:
        """The first passage and the last. Errors: IndexError for none."""
        return int(self.passages[0]), int(self.passages[-1])

    @cached_property
    def flags(self) -> bytes:
        """A byte for each passage from the first to the last: 1 where it may be found."""
        first, last = self.bounds
        flags = np.zeros(last - first + 1, np.uint8)
        flags[self.passages - first] = 1
        return flags.tobytes()

    @cached_property
    def bitmap(self) -> NDArray[np.uint8]:
        """A bit for each passage from 0 on: bit i % 8 of byte i // 8."""
        flags = np.zeros(int(self.passages.max(initial=0)) + 1, dtype=bool)
        flags[self.passages] = True
        return np.packbits(flags, bitorder="little")
