"""Which index files a library accepts, as its row of `meta` has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class BaseRecord:
    """An index file the library accepts: it holds the n_vectors vectors that there were, up to the serial `last`, when
    the token was drawn."""

    token: str
    last: int
    n_vectors: int


@dataclass(frozen=True, slots=True)
class IndexRecord:
    """What the library says of its index files. epoch: drawn anew when vectors are replaced. bases: oldest first; the
    last may be being built."""

    epoch: str = ""
    bases: tuple[BaseRecord, ...] = ()

    @classmethod
    def read(cls, saved: str) -> Self:
        """The record of a row; one that is damaged accepts none."""
        try:
            values = json.loads(saved)
            return cls(str(values.get("epoch", "")), tuple(BaseRecord(str(token), int(last), int(n))
                                                           for token, last, n in values.get("bases", ())))
        except (ValueError, TypeError, AttributeError):
            return cls()
