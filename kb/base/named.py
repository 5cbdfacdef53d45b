"""Documents, collections and tags by what a reader calls them.

Reads: a View.  Gives: ids, names as they are kept, or an error with the name that may have been meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from kb.errors import ScopeError, UnknownDocument
from kb.store import View
from kb.store.filing import Kind
from kb.text import one_line, simplified
from kb.types import Words
from kb.types.scope import INSIDE, name_key

_LONGEST_NAME = 120  # characters
_UNKNOWN = {"collection": "E_UNKNOWN_COLLECTION", "tag": "E_UNKNOWN_TAG"}
_ALIKE = 0.5  # share of letters from which on another name may have been meant
_MOST_NAMED = 5  # documents of the same title
_NO_NAME, _TOO_LONG = Words("it is empty", "名称为空"), Words("it is longer than 120 characters", "超过 120 个字符")
_SLASH = Words("there is nothing before or after a slash", "斜杠前后为空")


def known_name(view: View, kind: Kind, name: str) -> str:
    """The collection or tag of this name as it is kept. Errors: ScopeError with the closest name."""
    known = view.filing.find_name(kind, name)
    if known is None:
        raise ScopeError(_UNKNOWN[kind], name=one_line(name, 80), closest=closest(name, view.filing.names(kind)))
    return known


def closest(name: str, known: Iterable[str]) -> Words:
    """A word about the name that may have been meant; empty where none is alike."""
    keys = {name_key(one): one for one in known}
    wanted = name_key(name)
    within = [key for key in keys if wanted and (wanted in key or key in wanted)]
    alike = get_close_matches(wanted, keys, 1, _ALIKE) or within[:1]
    if not alike:
        return Words("", "")
    return Words(f"; did you mean “{keys[alike[0]]}”?", f"；是否指“{keys[alike[0]]}”？")


def checked_name(name: str) -> str:
    """A new name as it is kept: on one line, without spaces round it. Errors: ScopeError E_FILING_NAME."""
    parts = [" ".join(part.split()) for part in name.split(INSIDE)]
    kept = INSIDE.join(parts)
    detail = _NO_NAME if not any(parts) else _SLASH if not all(parts) else _TOO_LONG
    if not all(parts) or len(kept) > _LONGEST_NAME:
        raise ScopeError("E_FILING_NAME", name=one_line(name, 80), detail=detail)
    return kept


def owner_name(name: str) -> str:
    """An owner as it is kept; "" stays."""
    return one_line(name, 200).strip().casefold()


def documents_named(view: View, names: str | Iterable[str]) -> list[str]:
    """The ids of the documents that are called so, each once: by id or an unambiguous beginning of it, by the path of a
    file or folder they came from, or by title. Errors: UnknownDocument."""
    titles: dict[str, list[str]] = {}
    found: dict[str, None] = {}
    for name in several_of(names):
        one = view.briefs.id_of(name)
        several = [one] if one else view.documents_from(name) if name.strip() else []
        if not several:
            titles = titles or _by_title(view)
            several = titles.get(_title_key(name), []) if name.strip() else []
            if len(several) > 1:
                raise UnknownDocument("E_AMBIGUOUS_TITLE", n=len(several), title=one_line(name, 80),
                                      ids=", ".join(several[:_MOST_NAMED]))
        if not several:
            raise UnknownDocument("E_UNKNOWN_DOCUMENT", id=one_line(name, 80))
        found |= dict.fromkeys(several)
    return list(found)


def one_named(view: View, name: str) -> str:
    """The id of the one document that is called so. Errors: UnknownDocument, also where there are several."""
    ids = documents_named(view, name)
    if len(ids) != 1:
        raise UnknownDocument("E_AMBIGUOUS_TITLE", n=len(ids), title=one_line(name, 80),
                              ids=", ".join(ids[:_MOST_NAMED]))
    return ids[0]


def several_of(names: str | Iterable[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else list(names)


def _by_title(view: View) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for document, title in view.briefs.titles().items():
        found.setdefault(_title_key(title), []).append(document)
    return found


def _title_key(title: str) -> str:
    return simplified(name_key(title)).strip(" .。《》“”\"")
