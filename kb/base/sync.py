"""What a library needs so that it matches a folder: which files are new, changed, renamed or gone.

Reads: the folder, one view of the library.  Gives: a SyncPlan, and the paths to take out. Nothing is changed here.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, get_args

from kb.base.renamed import ReadFile, renamed
from kb.errors import FileProblem, PathError, as_problem, is_skipped
from kb.ingest import too_wide
from kb.readers import Source, display_path, is_picture, scan
from kb.readers.members import entered, is_in
from kb.readers.seen import Sightings
from kb.store import View
from kb.store.paths import PathRow, folded, is_other_spelling, split_archive, state_of
from kb.types import Change, ChangeKind, Problem, Progress, Sighting, SyncPlan, Words


class Planned(NamedTuple):
    """What has to be done. gone: the paths that are to be taken out; renewed: (path before, file now) of those that
    were renamed and changed."""

    told: SyncPlan
    gone: tuple[bytes, ...]
    renewed: tuple[tuple[bytes, Source], ...]


def plan(folder: Path, view: View | None, on_progress: Callable[[Progress], None], read: ReadFile, *,
         force: bool = False) -> Planned:
    """What makes the library match. view: None where there is no library yet. read: reads a new file, where one may be
    a gone one of which a reader has set something.

    force: also where the folder is empty or not there, or a disk is not mounted, or it is a whole home folder.
    Errors: PathError E_SYNC.
    """
    real = _checked(folder, force)
    rows = view.paths.under(os.fsencode(real)) if view is not None else []
    sources, problems = _found(real, rows) if real.exists() else ([], [])
    _refuse_loss(real, sources, rows, force)
    planner = _Planner(view, rows)
    known = {row.path for row in rows}
    # in the order in which `ingest` takes them
    for n, source in enumerate(sorted(sources, key=lambda source: source.raw in known), 1):
        on_progress(Progress("look", n, len(sources), source.path))
        planner.look(source)
    gone = planner.find_gone(sources, force)
    renewed = planner.find_renewed(gone, sources, read)
    changes = planner.changes()
    counts = Counter(change.kind for change in changes)
    problems += planner.problems
    told = SyncPlan(display_path(str(real)), {kind: counts[kind] for kind in get_args(ChangeKind)},
                    planner.n_unchanged, changes, tuple(p for p in problems if is_skipped(p)),
                    tuple(p for p in problems if not is_skipped(p)))
    before = {path for path, _ in renewed}
    return Planned(told, tuple(row.path for row in gone if row.path not in before), renewed)


def _found(folder: Path, rows: Sequence[PathRow]) -> tuple[list[Source], list[Problem]]:
    """What is in a folder, of its pictures those that the library has."""
    pictures = {row.path for row in rows if is_picture(row.path)}
    return entered(*scan([folder], pictures=pictures), pictures=pictures)


def is_still_gone(row: PathRow | None, force: bool) -> bool:
    """Whether a path that a plan takes out is to be taken out now."""
    return row is not None and (_is_gone(row, force) or bool(_spelled_now(row)) or _left_archive(row))


def _left_archive(row: PathRow) -> bool:
    """Whether an archive that is there does not have this entry any more."""
    archive, name = split_archive(row.path)
    try:
        return bool(name) and state_of(row) == "changed" and not is_in(archive, name)
    except FileProblem:
        return False


def _is_gone(row: PathRow, force: bool) -> bool:
    return state_of(row) in (("gone", "unmounted") if force else ("gone",))


def _spelled_now(row: PathRow) -> bytes | None:
    """The name under which the folder lists the file of this path, where that is written otherwise."""
    folder, name = os.path.split(row.path)
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    if name in names:
        return None
    return next((path for other in names if folded(other) == folded(name)
                 and is_other_spelling(row.path, path := os.path.join(folder, other))), None)


def _checked(folder: Path, force: bool) -> Path:
    """The folder by its real path. Errors: PathError E_SYNC for a file or a link, E_PATH_WIDE."""
    given = Path(os.path.abspath(folder))
    real = Path(os.path.realpath(given.parent)) / given.name
    if given == Path(given.anchor):
        real = given
    if real.is_symlink():
        raise _refused(real, Words("it is a link", "它是一个链接"),
                       Words("give the folder that it leads to", "请给出它所指向的文件夹"))
    if real.exists() and not real.is_dir():
        raise _refused(real, Words("it is not a folder", "它不是文件夹"),
                       Words("for a file: kb add", "单个文件请用 kb add"))
    if not force and (what := too_wide(str(real))) is not None:
        raise _refused(real, Words(f"it is {what.en}", f"它是{what.zh}"), _IF_MEANT)
    return real


_IF_MEANT = Words("if you mean it: kb sync --force, or force=True", "确实如此时用 kb sync --force，或 force=True")


def _refuse_loss(real: Path, sources: Sequence[Source], rows: Sequence[PathRow], force: bool) -> None:
    """Errors: PathError E_SYNC where what the library has would go because a disk is not mounted, or a folder is
    empty."""
    if not rows and not real.exists():
        raise _refused(real, Words("there is no such folder", "没有这个文件夹"), Words("check the path", "检查路径"))
    if force or not rows:
        return
    away = next((row for row in rows if state_of(row) == "unmounted"), None)
    if away is not None and away.mount is not None:
        place = display_path(os.fsdecode(away.mount))
        raise _refused(real, Words(f"the disk of {away.shown} is not mounted at {place}",
                                   f"{away.shown} 所在的磁盘没有挂载到 {place}"), _MOUNT)
    if not sources:
        n = len(rows)
        what = Words("is empty", "是空的") if real.exists() else Words("is not there", "不存在")
        raise _refused(real, Words(f"it {what.en}, and the library has {n} files from it",
                                   f"它{what.zh}，而资料库中有来自它的 {n} 个文件"), _MOUNT)


_MOUNT = Words("mount the disk; if all of them shall go: kb sync --force, or force=True",
               "请挂载磁盘；确实要全部移除时用 kb sync --force，或 force=True")


def _refused(folder: Path, why: Words, what_next: Words) -> PathError:
    return PathError("E_SYNC", path=display_path(str(folder)), why=why, next=what_next)


class _Planner:
    """Says of each file what it needs."""

    def __init__(self, view: View | None, rows: Sequence[PathRow]) -> None:
        self._view, self._rows = view, rows
        self._sightings = Sightings()
        self._changes: list[tuple[Change, bytes]] = []
        self._coming: set[str] = set()  # hashes that this run adds
        self._left: dict[str, set[bytes]] = {}  # document -> paths that will not have it any more
        self._reached: set[str] = set()  # documents that get another path
        self.problems: list[Problem] = []
        self.n_unchanged = 0

    def look(self, source: Source) -> None:
        """Decides about one file."""
        try:
            seen = self._sightings.of(source)
        except FileProblem as error:
            self.problems.append(as_problem(source.path, error))
            return
        row = self._view.paths.at(seen.raw) if self._view is not None else None
        if row is None:
            self._new(seen)
        elif row.sha256 != seen.sha256:
            self._leave(row)
            self._arrive(seen)
            self._add("update", seen, row.document)
        elif self._view is not None and self._view.paths.settles(seen) is None:
            self._add("update", seen, row.document)
            self._reached.add(row.document)
        else:
            self.n_unchanged += 1

    def _new(self, seen: Sighting) -> None:
        document = self._arrive(seen)
        if document and self._view is not None:
            moved = self._view.paths.moved_from(document, seen, self._left.get(document, ()))
            if moved is not None:
                self._leave(moved)
                self._add("move", seen, document, moved.shown)
                return
        self._add("copy" if document or seen.sha256 in self._coming else "add", seen, document)
        self._coming.add(seen.sha256)

    def _arrive(self, seen: Sighting) -> str:
        """The document with these bytes, which this path will have; "" if there is none yet."""
        found = self._view.find(seen.sha256) if self._view is not None else None
        if found is None:
            return ""
        self._reached.add(found[0])
        return found[0]

    def _leave(self, row: PathRow) -> None:
        self._left.setdefault(row.document, set()).add(row.path)

    def _add(self, kind: ChangeKind, seen: Sighting, document: str = "", was: str = "") -> None:
        title = self._view.title(document) if self._view is not None and document else ""
        self._changes.append((Change(kind, seen.path, was, document, title), seen.raw))

    def find_gone(self, sources: Sequence[Source], force: bool) -> list[PathRow]:
        """The paths whose file is gone and was not renamed."""
        there = {source.raw for source in sources}
        gone = [row for row in self._rows if row.path not in there
                and row.path not in self._left.get(row.document, ()) and is_still_gone(row, force)]
        for row in gone:
            self._leave(row)
            title = self._view.title(row.document) if self._view is not None else ""
            self._changes.append((Change("remove", row.shown, "", row.document, title), row.path))
        return gone

    def find_renewed(self, gone: Sequence[PathRow], sources: Sequence[Source],
                     read: ReadFile) -> tuple[tuple[bytes, Source], ...]:
        """Of what is gone and what is new, those that are one: they are no longer removed and added."""
        if self._view is None:
            return ()
        new = {raw for change, raw in self._changes if change.kind == "add"}
        leaving = [row for row in gone if not self._stays(row.document)]
        found = renamed(self._view, leaving, [source for source in sources if source.raw in new], read)
        for row, source in found:
            self._changes = [(change, raw) for change, raw in self._changes if raw not in (row.path, source.raw)]
            title = self._view.title(row.document)
            self._changes.append((Change("renew", source.path, row.shown, row.document, title), source.raw))
        return tuple((row.path, source) for row, source in found)

    def changes(self) -> tuple[Change, ...]:
        """All that was decided, in the order of paths, with which documents stay."""
        ordered = sorted(self._changes, key=lambda item: item[1])
        return tuple(
            replace(change, stays=self._stays(change.document)) if change.kind in ("update", "remove") else change
            for change, _ in ordered)

    def _stays(self, document: str) -> bool:
        if self._view is None or document in self._reached:
            return True
        return any(row.path not in self._left.get(document, ()) for row in self._view.paths.of(document))
