"""What was read off a document is kept: a survey asks for it in a section, in the table and when it is audited."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from kb.types import Document

_MOST = 400  # documents, of each reading
T = TypeVar("T")


def remembered(read: Callable[[Document], T]) -> Callable[[Document], T]:
    """The same function, which reads a document once as long as its text and title stay."""
    kept: dict[tuple[str, str, str, int], T] = {}

    @wraps(read)
    def once(document: Document) -> T:
        key = (document.id, document.metadata.title, document.path, hash(document.text))
        if key not in kept:
            if len(kept) >= _MOST:
                kept.pop(next(iter(kept)))
            kept[key] = read(document)
        return kept[key]

    return once
