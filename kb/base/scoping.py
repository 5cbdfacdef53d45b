"""A scope -> the documents it holds, in one generation of the library.

Reads: Scope, a View.  Gives: ids, and a view of them alone. Every filter is exact: what is left is what fits all of
them. Where nothing is left, the error names the filter that left nothing.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence

from kb.base.named import documents_named, known_name
from kb.base.nearby import nearest_to
from kb.errors import EmptyScope, ScopeError
from kb.store import View
from kb.store.briefs import Brief
from kb.store.scoped import ScopedView, Selection, selection_of
from kb.study.people import is_same_person, people_in
from kb.text import one_line
from kb.types import Language, ReadingState, Scope, Words
from kb.types.scope import STATES, filter_words, read_years

_MOST_KEPT = 16  # scopes; one of 20,000 passages takes 180 kB
Test = Callable[[Brief], bool]


def scope_of(*, collections: Sequence[str] = (), tags: Sequence[str] = (), authors: Sequence[str] = (),
             years: str | None = None, languages: Sequence[Language] = (), kinds: Sequence[str] = (),
             states: Sequence[ReadingState] = (), documents: Sequence[str] = ()) -> Scope:
    """A scope from what was typed. Errors: ScopeError E_YEARS, E_STATE."""
    try:
        first, last = read_years(years) if years else (None, None)
    except ValueError:
        raise ScopeError("E_YEARS", years=one_line(str(years), 40)) from None
    for state in states:
        if state not in STATES:
            raise ScopeError("E_STATE", state=one_line(state, 40))
    return Scope(tuple(collections), tuple(tags), tuple(authors), first, last, tuple(languages), tuple(kinds),
                 tuple(states), tuple(documents))


class Scopes:
    """The scopes that were asked for last, each resolved once in a generation. Several threads may ask."""

    def __init__(self) -> None:
        self._known: OrderedDict[Scope, tuple[int, Selection]] = OrderedDict()
        self._lock = threading.Lock()

    def within(self, view: View, scope: Scope) -> ScopedView:
        """The part of the view that is in the scope. Errors: as `documents_in`."""
        generation = view.generation()
        with self._lock:
            known = self._known.get(scope)
        if known is None or known[0] != generation:
            known = generation, selection_of(view, documents_in(view, scope))
            with self._lock:
                self._known[scope] = known
                self._known.move_to_end(scope)
                while len(self._known) > _MOST_KEPT:
                    self._known.popitem(last=False)
        return ScopedView(view, known[1])


def documents_in(view: View, scope: Scope) -> frozenset[str]:
    """The documents of the scope. Errors: ScopeError for a collection or tag that there is none of, UnknownDocument,
    EmptyScope."""
    left = view.briefs.all()
    for name, value, test in _tests(view, scope):
        before, left = left, [brief for brief in left if test(brief)]
        if not left:
            raise nothing_left(scope, name, len(before), value, nearest_to(name, value, before, view, scope))
    return frozenset(brief.id for brief in left)


def nothing_left(scope: Scope, name: str, before: int, value: str = "",
                 nearest: Words = Words("", "")) -> EmptyScope:  # noqa: B008 (it never changes)
    """That this filter of a scope has left nothing of so many documents. value: what the filter said; nearest: what
    comes nearest to it."""
    said = Words(scope.described("en"), scope.described("zh"))
    return EmptyScope("E_SCOPE_EMPTY", scope=said, before=before, nearest=nearest,
                      filter=filter_words(name, value or scope.filters().get(name, "")))


def _tests(view: View, scope: Scope) -> Iterator[tuple[str, str, Test]]:
    """(filter, what it says, whether a document fits) of each filter; those of which a document has to have all one by
    one."""
    said = defaultdict(str, scope.filters())  # a filter without words says nothing
    if scope.documents:
        documents = frozenset(documents_named(view, scope.documents))
        yield "documents", said["documents"], lambda brief: brief.id in documents
    if scope.collections:
        names = [known_name(view, "collection", name) for name in scope.collections]
        collected = {document for name in names for document in view.filing.documents("collection", name)}
        yield "collections", said["collections"], lambda brief: brief.id in collected
    for tag in scope.tags:
        tagged = view.filing.documents("tag", known_name(view, "tag", tag))
        yield "tags", tag, lambda brief, tagged=tagged: brief.id in tagged  # type: ignore[misc]
    if scope.states:
        state_of = {document: filed.state for document, filed in view.filing.of().items()}
        yield "states", said["states"], lambda brief: state_of.get(brief.id, "unread") in scope.states
    if scope.kinds:
        kinds = {kind.casefold().removeprefix(".") for kind in scope.kinds}
        yield "kinds", said["kinds"], lambda brief: brief.kind.casefold() in kinds
    if scope.languages:
        yield "languages", said["languages"], lambda brief: brief.language in scope.languages
    if scope.years:
        yield "years", said["years"], lambda brief: _is_of(brief.year, scope)
    for author in scope.authors:
        yield "authors", author, lambda brief, author=author: _is_by(brief, author)  # type: ignore[misc]


def _is_of(year: int | None, scope: Scope) -> bool:
    first, last = scope.first_year, scope.last_year
    return year is not None and (first is None or first <= year) and (last is None or year <= last)


def _is_by(brief: Brief, author: str) -> bool:
    return any(is_same_person(author, person) for person in people_in(brief.authors))
