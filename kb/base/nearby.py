"""What comes nearest to a filter that leaves nothing: the values that the documents before it have.

Reads: the documents that the filters before it left.  Gives: words for an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from kb.store import View
from kb.store.briefs import Brief
from kb.study.people import people_in
from kb.text import one_line
from kb.types import Scope, Words
from kb.types.scope import filter_words

_MOST = 3  # values that are named
_ALIKE = 0.6  # of the letters of two names


def nearest_to(name: str, value: str, left: Sequence[Brief], view: View, scope: Scope) -> Words:
    """The values of a filter's kind that these documents have, the nearest first, each with how many have it; no words
    where nothing comes near. value: what the filter says of which a document has to have all."""
    found = _VALUES[name](value, left, view, scope) if name in _VALUES else []
    if not found:
        return Words("", "")
    said = [(filter_words(name, one_line(text, 60)), n) for text, n in found[:_MOST]]
    en, zh = ", ".join(f"{words.en} ({n})" for words, n in said), "、".join(f"{words.zh}（{n}）" for words, n in said)
    return Words(f"; the nearest there is: {en}", f"；最接近的是：{zh}")


def _years(value: str, left: Sequence[Brief], view: View, scope: Scope) -> list[tuple[str, int]]:
    first, last = scope.first_year, scope.last_year
    years = Counter(brief.year for brief in left if brief.year is not None)

    def distance(year: int) -> int:
        return max(first - year if first is not None else 0, year - last if last is not None else 0)

    return [(str(year), years[year]) for year in sorted(years, key=lambda year: (distance(year), -year))]


def _authors(value: str, left: Sequence[Brief], view: View, scope: Scope) -> list[tuple[str, int]]:
    names = Counter(author for brief in left for author in dict.fromkeys(people_in(brief.authors)))
    wanted = value.casefold()
    alike = {name: max(SequenceMatcher(None, wanted, part.casefold()).ratio() for part in (name, *name.split()))
             for name in names}
    near = sorted((name for name in names if alike[name] >= _ALIKE), key=lambda name: (-alike[name], name))
    return [(name, names[name]) for name in near]


def _ordered(values: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(values).items(), key=lambda row: (-row[1], row[0]))


def _kinds(value: str, left: Sequence[Brief], view: View, scope: Scope) -> list[tuple[str, int]]:
    return _ordered(brief.kind for brief in left)


def _languages(value: str, left: Sequence[Brief], view: View, scope: Scope) -> list[tuple[str, int]]:
    return _ordered(brief.language for brief in left)


def _states(value: str, left: Sequence[Brief], view: View, scope: Scope) -> list[tuple[str, int]]:
    filed = view.filing.of()
    return _ordered(filed[brief.id].state if brief.id in filed else "unread" for brief in left)


def _tags(value: str, left: Sequence[Brief], view: View, scope: Scope) -> list[tuple[str, int]]:
    filed = view.filing.of()
    return _ordered(tag for brief in left if brief.id in filed for tag in filed[brief.id].tags if tag not in scope.tags)


def _collections(value: str, left: Sequence[Brief], view: View, scope: Scope) -> list[tuple[str, int]]:
    filed = view.filing.of()
    return _ordered(name for brief in left if brief.id in filed for name in filed[brief.id].collections)


_VALUES = {"years": _years, "authors": _authors, "kinds": _kinds, "languages": _languages, "states": _states,
           "tags": _tags, "collections": _collections}
