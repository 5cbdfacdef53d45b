"""What tells that something was taken from a document: its number, where it was, its sentences."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

# Between the pieces of a text that stand unchanged in JSON, Markdown and logs.
_BETWEEN = re.compile(r'(?<=[.!?。！？；;])\s*|[\n\r\t"\\|]+')
_LEAST, _LEAST_CHINESE = 20, 8  # characters of a piece that no other document is likely to have
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LEAST_NAME = 12  # characters of a title or a file's name that are looked for inside longer texts


@dataclass(frozen=True, slots=True)
class Marks:
    """names: number, hash, paths and titles; pieces: of its text."""

    documents: frozenset[str]
    names: frozenset[str]
    pieces: tuple[str, ...]

    @classmethod
    def of(cls, documents: Collection[str], names: Iterable[str], texts: Iterable[str]) -> Marks:
        """Of documents by their numbers; names: hashes, paths and titles."""
        pieces = {piece: None for text in texts for part in _BETWEEN.split(text) if _tells(piece := part.strip())}
        return cls(frozenset(documents), frozenset(name for name in names if name), tuple(pieces))

    def quotes(self, text: str) -> bool:
        """Whether a text names one of the documents by its number or has a sentence of one."""
        return any(number in text for number in self.documents) or any(piece in text for piece in self.pieces)

    def stand_in(self, text: str) -> bool:
        """Whether a text quotes one of the documents, or has its path, or its title where that is long enough."""
        return self.quotes(text) or any(name in text for name in self.names if len(name) >= _LEAST_NAME)

    def taken_out_of(self, value: Any) -> Any:
        """A JSON value without what was taken from the documents: entries of lists and objects that name one, and
        texts that have their words."""
        if isinstance(value, dict):
            return {key: "" if self._is_marked(item) else self.taken_out_of(item) for key, item in value.items()
                    if not self._is_marked(key)}
        if isinstance(value, list):
            return [self.taken_out_of(item) for item in value
                    if not self._is_marked(item) and not (isinstance(item, dict) and self._is_of(item))]
        return value

    def _is_of(self, item: dict[Any, Any]) -> bool:
        """Whether a record is one of a document: a value of its own is a mark."""
        return any(self._is_marked(value) for value in item.values())

    def _is_marked(self, value: Any) -> bool:
        return isinstance(value, str) and (value in self.names or self.stand_in(value))


def _tells(piece: str) -> bool:
    return len(piece) >= (_LEAST_CHINESE if _CHINESE.search(piece) else _LEAST)
