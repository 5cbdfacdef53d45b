"""Metadata that a reader sets: what may be set to what.

Reads: the values as they were typed.  Gives: the values as they are kept. A field wins over all that is read of the
document, until it is cleared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kb.errors import EditError
from kb.messages import one_of
from kb.readers.metadata import clean_arxiv, clean_doi, split_authors
from kb.store.origins import EDITABLE
from kb.text import mend, one_line
from kb.types import Document, Words

_LONGEST = 500


def checked(document: Document, given: Mapping[str, Any], clear: Iterable[str]) -> tuple[dict[str, Any], set[str]]:
    """(name -> value, names to clear) as they are kept; given: those that are None are not set. Errors: EditError."""
    values = {name: _value(name, value) for name, value in given.items() if value is not None}
    names = set(clear)
    for name in names:
        if name not in EDITABLE:
            raise EditError("E_EDIT", field="clear", value=one_line(str(name), 80), detail=one_of(EDITABLE))
        if name in values:
            raise EditError("E_EDIT", field=name, value=one_line(str(given[name]), 80),
                            detail=Words("it is to be cleared as well", "同时又要求清除它"))
    if not values and not names:
        raise EditError("E_EDIT_NOTHING", document=document.id)
    return values, names


def _value(name: str, value: Any) -> Any:
    """A value as it is kept; None or () where it says that there is none."""
    if name == "authors":
        return _authors(value)
    line = one_line(mend(str(value)), _LONGEST + 1)
    if len(line) > _LONGEST:
        raise _wrong(name, line, Words(f"longer than {_LONGEST} characters", f"超过 {_LONGEST} 个字符"))
    if name in ("title", "language") and not line:
        raise _wrong(name, line, Words("a document has one", "文档必须有此项"))
    if not line:
        return None
    if name == "year":
        if not re.fullmatch(r"(?:1\d{3}|2[01]\d{2})", line):
            raise _wrong(name, line, Words("not a year from 1000 to 2199", "不是 1000 到 2199 之间的年份"))
        return int(line)
    if name == "language":
        if line not in ("zh", "en"):
            raise _wrong(name, line, one_of(("zh", "en")))
        return line
    if name == "doi":
        return _number(name, line, clean_doi(line), Words("not a DOI like 10.1000/182", "不是 10.1000/182 这样的 DOI"))
    if name == "arxiv":
        return _number(name, line, clean_arxiv(line),
                       Words("not an arXiv number like 1706.03762", "不是 1706.03762 这样的 arXiv 编号"))
    return line


def _authors(value: Any) -> tuple[str, ...]:
    """The names of a list, each as it is called: "Vaswani, Ashish" is Ashish Vaswani."""
    names = [value] if isinstance(value, str) else list(value)
    for name in names:
        if not isinstance(name, str) or len(name) > _LONGEST:
            raise _wrong("authors", str(name), Words("not a name", "不是姓名"))
    return split_authors([mend(name) for name in names])


def _number(name: str, line: str, found: str | None, detail: Words) -> str:
    if found is None:
        raise _wrong(name, line, detail)
    return found


def _wrong(name: str, value: str, detail: Words) -> EditError:
    return EditError("E_EDIT", field=name, value=one_line(value, 80) or '""', detail=detail)
