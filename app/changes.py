"""What the Library page changes of documents, each with what takes it back.

Reads: what was typed or pressed, documents by id.  Gives: Done, whose steps undo it. Everything is done by the
library's own operations; nothing goes by the place of a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kb_app.i18n import clauses, t
from kb_app.listed import info_of
from kb_app.state import library
from kb_app.view import safe

from kb.text import one_line
from kb.types import DocumentInfo, ReadingState

METADATA = ("title", "authors", "year", "venue", "language")


@dataclass(frozen=True)
class Done:
    """What was done, in words, and the steps that undo it, none where nothing can."""

    words: str
    steps: tuple[Callable[[], object], ...] = ()


def undo(done: Done) -> None:
    """Takes it back. Errors: as the library's operations."""
    for step in done.steps:
        step()


def edited(document: str, field: str, value: str, was: str) -> Done | None:
    """A field set to what was typed; None where it says so already, and with `was`, as the reader saw it, where it says
    something else meanwhile. Errors: EditError, ScopeError, UnknownDocument, LibraryError."""
    info = info_of(document)
    if one_line(shown(info, field), 3000) != one_line(was, 3000):
        return Done(t("changed_meanwhile", field=t(f"column_{field}"), now=safe(shown(info, field))))
    if field == "state":
        return stated([info], _state(value))
    if field in ("tags", "collections"):
        return _filed(info, field, parts(value))
    old = getattr(info, field)
    new = parts(value) if field == "authors" else value
    library().edit(document, **{field: new})
    is_own = field in {item.field for item in info.edited}

    def back() -> object:
        if is_own:
            return library().edit(document, **{field: old or ("" if field != "authors" else ())})
        return library().edit(document, clear=[field])

    return Done(t("did_edit", field=t(f"column_{field}"), title=safe(info.title, 60)), (back,))


def shown(info: DocumentInfo, field: str) -> str:
    """A field as the table shows it for editing."""
    value = getattr(info, field)
    return "; ".join(value) if isinstance(value, tuple) else str(value or "")


def parts(value: str) -> list[str]:
    """What stands between semicolons."""
    return [part.strip() for part in value.replace("；", ";").split(";") if part.strip()]


def _filed(info: DocumentInfo, field: str, wanted: Sequence[str]) -> Done | None:
    """The tags or the collections of one document, as they were typed."""
    had: tuple[str, ...] = getattr(info, field)
    add, gone = [name for name in wanted if name not in had], [name for name in had if name not in wanted]
    if not add and not gone:
        return None
    done = [tagged([info], add, gone)] if field == "tags" else [
        *(collected([info], name) for name in add), *(taken_out([info], name) for name in gone)]
    return Done(t("did_edit", field=t(f"column_{field}"), title=safe(info.title, 60)),
                tuple(step for one in done for step in one.steps))


def _ids(infos: Iterable[DocumentInfo]) -> list[str]:
    return [info.id for info in infos]


def tagged(infos: Sequence[DocumentInfo], add: Sequence[str], remove: Sequence[str] = ()) -> Done:
    """Tags put on documents and taken off. Errors: ScopeError, UnknownDocument, LibraryError."""
    had = {info.id: set(info.tags) for info in infos}
    library().tag(_ids(infos), add=add, remove=remove)
    # Compared after the fact: the library may know a tag by another spelling.
    now = {info.id: set(info.tags) for info in library().documents() if info.id in had}
    steps: list[Callable[[], object]] = []
    for name in sorted(set().union(*now.values(), *had.values())):
        new = [one for one in now if name in now[one] - had[one]]
        lost = [one for one in now if name in had[one] - now[one]]
        if new:
            steps.append(lambda name=name, new=new: library().tag(new, remove=[name]))  # type: ignore[misc]
        if lost:
            steps.append(lambda name=name, lost=lost: library().tag(lost, add=[name]))  # type: ignore[misc]
    name = safe(clauses(add or remove), 80)
    return Done(t("did_tag", n=len(infos), name=name) if add else t("did_untag", n=len(infos), name=name),
                tuple(steps))


def collected(infos: Sequence[DocumentInfo], name: str) -> Done:
    """Documents put into a collection. Errors: ScopeError, UnknownDocument, LibraryError."""
    had = {info.id: set(info.collections) for info in infos}
    was_there = {item.name for item in library().collections()}
    library().collect(name, _ids(infos))
    now = {info.id: set(info.collections) for info in library().documents() if info.id in had}
    new = [one for one in now if now[one] - had[one]]
    kept = next((each for one in new for each in now[one] - had[one]), "")

    def back() -> object:
        library().take_out(kept, new)
        if kept not in was_there:
            library().delete_collection(kept)
        return None

    return Done(t("did_collect", n=len(infos), name=safe(name, 80)), (back,) if new else ())


def hidden(name: str) -> Done:
    """A collection of who is signed in hidden from the others, or shown to them again. Errors: ScopeError,
    LibraryError."""
    before = next((one.is_private for one in library().collections() if one.name == name), False)
    library().own_collection(name, private=not before)
    shown = safe(name, 80)
    return Done(t("did_show", name=shown) if before else t("did_hide", name=shown),
                (lambda: library().own_collection(name, private=before),))


def taken_out(infos: Sequence[DocumentInfo], name: str) -> Done:
    """Documents taken out of a collection. Errors: ScopeError, UnknownDocument, LibraryError."""
    had = [info.id for info in infos if name in info.collections]
    library().take_out(name, _ids(infos))
    return Done(t("did_take_out", n=len(had), name=safe(name, 80)),
                (lambda: library().collect(name, had),) if had else ())


def stated(infos: Sequence[DocumentInfo], state: ReadingState) -> Done:
    """The reading state of documents. Errors: ScopeError, UnknownDocument, LibraryError."""
    before: dict[ReadingState, list[str]] = defaultdict(list)
    for info in infos:
        if info.state != state:
            before[info.state].append(info.id)
    library().set_state(_ids(infos), state)
    steps = tuple(lambda old=old, ids=ids: library().set_state(ids, old)  # type: ignore[misc]
                  for old, ids in before.items())
    return Done(t("did_state", n=len(infos), state=t(f"state_{state}")), steps)


def _state(value: str) -> ReadingState:
    """Errors: ScopeError E_STATE, by the library, for another word."""
    return value  # type: ignore[return-value]
