"""Documents in the order of their columns.

Reads: DocumentInfo, names of columns.  Gives: the same rows, sorted; what has no value in a column stands last in it,
whichever way round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kb.errors import SettingError
from kb.messages import one_of
from kb.text import one_line, simplified
from kb.types import DocumentInfo
from kb.types.scope import STATES


def _text(value: str | None) -> str | None:
    return simplified(value.casefold()) if value else None


COLUMNS: dict[str, Callable[[DocumentInfo], Any]] = {
    "added": lambda info: info.added, "authors": lambda info: _text("; ".join(info.authors)),
    "characters": lambda info: info.n_characters, "collections": lambda info: _text("; ".join(info.collections)),
    "id": lambda info: info.id, "kind": lambda info: info.kind, "language": lambda info: info.language,
    "pages": lambda info: info.n_pages or None, "passages": lambda info: info.n_passages,
    "path": lambda info: info.path, "state": lambda info: STATES.index(info.state),
    "status": lambda info: info.status, "tags": lambda info: _text("; ".join(info.tags)),
    "title": lambda info: _text(info.title), "venue": lambda info: _text(info.venue), "year": lambda info: info.year}
_ALSO = {"author": "authors", "tag": "tags", "collection": "collections", "name": "title", "date": "year"}


def sorted_documents(infos: Sequence[DocumentInfo], by: Sequence[str]) -> tuple[DocumentInfo, ...]:
    """The rows by these columns, the first one first; "-year": the highest first; equal rows as they came. Errors:
    SettingError for another column."""
    rows = list(infos)
    for name in reversed([part.strip() for one in by for part in one.split(",") if part.strip()]):
        bare = name.lstrip("-+").casefold()
        value_of = COLUMNS.get(_ALSO.get(bare, bare))
        if value_of is None:
            raise SettingError("E_SETTING", name="sort", value=one_line(name, 40), detail=one_of(COLUMNS))
        with_value = [info for info in rows if value_of(info) is not None]
        with_value.sort(key=value_of, reverse=name.startswith("-"))
        rows = [*with_value, *(info for info in rows if value_of(info) is None)]
    return tuple(rows)
