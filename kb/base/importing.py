"""Bibliographies in: the entries of files and folders, each as the metadata of its document, or as a work of its own
where its text is not there.

Reads: files in BibTeX, RIS, CSL JSON, EndNote XML, a folder of Zotero, a Zotero that runs.  Gives: ImportReport, entry
by entry. Repeating an import changes nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from kb.base.from_zotero import read_running, zotero_at
from kb.base.named import checked_name
from kb.errors import FileProblem, ScopeError, as_problem
from kb.readers import Limits, display_path, is_readable, os_problem
from kb.readers.entry import KIND, said_by, to_bytes
from kb.readers.sandbox import Sandbox
from kb.readers.zotero import Items
from kb.store import Store
from kb.store.entries import EntryRow
from kb.store.filing import Filing, Kind
from kb.store.tables import from_metadata, to_json
from kb.text import one_line
from kb.types import DocumentInfo, Entry, ImportedEntry, ImportReport, Problem, Progress, Report, Words
from kb.works import WorkIndex, plain

SUFFIXES = (".bib", ".ris", ".json", ".xml", ".enlx")
_SURE = (".bib", ".ris")  # what is no bibliography under another suffix, and that nobody named, is no fault
_LARGEST = 200 << 20
_FIRST = (".pdf", ".epub", ".docx", ".tex", ".html", ".htm")  # of the files of an entry, the first that there is
_ATTACHMENTS = ("files", "storage")
Ingest = Callable[[list[str]], Report]


class Found(NamedTuple):
    """An entry with the folder that its files are relative to, and those that Zotero has for it."""

    entry: Entry
    source: str
    folder: Path
    places: tuple[Path, ...] = ()


class Importer:
    """One import into a library. ingest: adds files and reports; keep_file: keeps one inside the library's folder."""

    def __init__(self, store: Store, limits: Limits, ingest: Ingest, on_progress: Callable[[Progress], None]) -> None:
        self._store, self._limits, self._ingest, self._on_progress = store, limits, ingest, on_progress
        self._failed: list[Problem] = []
        self._rows: list[ImportedEntry] = []

    def run(self, paths: Sequence[str]) -> ImportReport:
        """Imports what is in these files and folders."""
        entries = self.read(paths)
        with_file = self._add_files(entries)
        self._take(entries, with_file)
        counts = {state: sum(row.state == state for row in self._rows) for state in ("document", "abstract",
                                                                                    "unchanged")}
        return ImportReport(tuple(self._rows), tuple(self._failed), counts)

    # --- reading

    def read(self, paths: Sequence[str]) -> list[Found]:
        """The entries in files and folders; what cannot be read is reported."""
        found: list[Found] = []
        limits = replace(self._limits, max_bytes=max(_LARGEST, self._limits.max_bytes))
        with Sandbox(limits) as sandbox:
            for path in paths:
                if not os.path.lexists(path.replace("\0", "")) and (address := zotero_at(path)) is not None:
                    found += self._running_zotero(address, path)
                    continue
                for file, is_named in self._files(path):
                    self._on_progress(Progress("look", len(found), len(found), display_path(str(file))))
                    try:
                        found += self._entries(sandbox, file)
                    except FileProblem as error:
                        if is_named or file.suffix.lower() in _SURE:
                            self._failed.append(as_problem(display_path(str(file)), error))
        return found

    def _files(self, path: str) -> list[tuple[Path, bool]]:
        given = Path(os.path.abspath(os.path.expanduser(path)))
        if not given.is_dir():
            return [(given, True)]
        if (given / "zotero.sqlite").is_file():
            return [(given / "zotero.sqlite", True)]
        found = [file for file in sorted(given.rglob("*")) if file.suffix.lower() in SUFFIXES and file.is_file()
                 and not file.is_symlink() and not any(
                     part in _ATTACHMENTS or part.startswith(".") for part in file.relative_to(given).parts[:-1])]
        if not found:
            self._failed.append(as_problem(display_path(str(given)), FileProblem("E_BIBLIOGRAPHY", detail=Words(
                "no .bib, .ris, .json or .xml file in this folder", "文件夹中没有 .bib、.ris、.json 或 .xml 文件"))))
        return [(file, False) for file in found]

    def _entries(self, sandbox: Sandbox, file: Path) -> list[Found]:
        shown = display_path(str(file))
        if file.suffix.lower() == ".sqlite":
            return self._zotero(file, shown)
        try:
            with file.open("rb") as opened:
                data = opened.read(_LARGEST + 1)
        except OSError as error:
            raise os_problem(error) from error
        if len(data) > _LARGEST:
            raise FileProblem("E_BIBLIOGRAPHY", detail=Words("larger than 200 MB", "大于 200 MB"))
        read = sandbox.entries(data)
        for where, why in read.problems:
            self._failed.append(as_problem(shown, FileProblem("E_ENTRY", entry=one_line(where, 80) or "?", detail=why)))
        return [Found(entry, shown, file.parent) for entry in read.entries]

    def _running_zotero(self, address: str, typed: str) -> list[Found]:
        def on_page(done: int, total: int) -> None:
            self._on_progress(Progress("look", done, total, address))

        try:
            return self._found(read_running(address, typed, on_page), address, Path(os.sep))
        except FileProblem as error:
            self._failed.append(as_problem(one_line(typed, 200), error))
            return []

    def _zotero(self, file: Path, shown: str) -> list[Found]:
        from kb.readers.zotero import read_zotero

        if not file.is_file():
            raise FileProblem("E_NOT_FOUND")
        return self._found(read_zotero(file), shown, file.parent)

    def _found(self, read: Items, shown: str, folder: Path) -> list[Found]:
        for where, why in read.problems:
            self._failed.append(as_problem(shown, FileProblem("E_ENTRY", entry=one_line(where, 80), detail=why)))
        return [Found(item.entry, shown, folder, item.files) for item in read.items]

    # --- files

    def _add_files(self, entries: Sequence[Found]) -> dict[int, str]:
        """Adds the files of the entries; entry -> its document."""
        wanted: dict[int, Path] = {}
        for n, found in enumerate(entries):
            paths = [path for path in (*found.places, *_places(found)) if path.is_file() and not path.is_symlink()]
            readable = sorted((path for path in paths if is_readable(path.suffix.lower())), key=_rank)
            if readable:
                wanted[n] = readable[0]
            elif found.entry.files or found.places:
                name = (*found.entry.files, *map(str, found.places))[0]
                error = FileProblem("E_ENTRY_FILE", file=one_line(name, 200))
                self._failed.append(as_problem(f"{found.source} {found.entry.key}", error))
        if not wanted:
            return {}
        report = self._ingest([str(path) for path in dict.fromkeys(wanted.values())])
        at = _documents(report)
        problems = {problem.path: problem for problem in (*report.failed, *report.skipped)}
        documents: dict[int, str] = {}
        for n, path in wanted.items():
            shown = display_path(os.path.join(os.path.realpath(path.parent), path.name))
            if document := at.get(shown):
                documents[n] = document
            else:
                detail = problems[shown].message if shown in problems else "?"
                error = FileProblem("E_ENTRY_READ", file=shown, detail=detail)
                self._failed.append(as_problem(f"{entries[n].source} {entries[n].entry.key}", error))
        return documents

    # --- entries

    def _take(self, entries: Sequence[Found], with_file: dict[int, str]) -> None:
        with self._store.read() if self._store.exists() else _Nothing() as view:
            infos = {info.id: info for info in view.documents()} if view is not None else {}
            known = view.entries.rows() if view is not None else []
        index = WorkIndex(infos.items())
        for n, document in with_file.items():
            index.add(document, said_by(entries[n].entry)[0])
        earlier: dict[str, list[EntryRow]] = {}
        for row in known:
            earlier.setdefault(row.id, []).append(row)
        documents: dict[int, str] = dict(with_file)
        texts: dict[int, Entry] = {}  # an entry without a document, and the one whose abstract stands for both
        again: dict[int, int] = {}  # an entry of a work that another entry of this import stands for
        for n, found in enumerate(entries):
            self._on_progress(Progress("commit", n + 1, len(entries), found.entry.title))
            said = said_by(found.entry)[0]
            before = _earlier(found.entry, earlier, infos) or next((name for name, _ in index.same(said)), "")
            if n in documents:
                continue
            if before.startswith("#"):
                again[n] = int(before[1:])
                if found.entry.abstract and not texts[again[n]].abstract:
                    texts[again[n]] = found.entry
            elif before and (before not in infos or not _has_other_text(found.entry, infos[before], known)):
                documents[n] = before
            else:
                texts[n] = found.entry
                index.add(f"#{n}", said)
        alone = {n: self._store.keep_file(f"{entry.title[:60]}.entry", to_bytes(entry)) for n, entry in texts.items()}
        report = self._ingest([str(path) for path in dict.fromkeys(alone.values())]) if alone else Report()
        at = _documents(report)
        for n, path in alone.items():
            if made := at.get(display_path(str(path))):
                documents[n] = made
            else:
                error = FileProblem("E_ENTRY", entry=entries[n].entry.key, detail=next(
                    (p.message for p in report.failed), "?"))
                self._failed.append(as_problem(entries[n].source, error))
        documents |= {n: documents[first] for n, first in again.items() if first in documents}
        stand_ins = {n: [name for name, _ in index.same(said_by(entries[n].entry)[0]) if name in infos
                         and infos[name].kind == KIND] for n in with_file}
        self._keep(entries, documents, {*alone, *again}, earlier, stand_ins, set(infos) - set(with_file.values()))

    def _keep(self, entries: Sequence[Found], documents: dict[int, str], alone: set[int],
              earlier: dict[str, list[EntryRow]], stand_ins: dict[int, list[str]], there: set[str]) -> None:
        with self._store.write("import") as writer:
            kinds = {info.id: info.kind for info in writer.documents()}
            for n, found in enumerate(entries):
                document = documents.get(n)
                if document is None:
                    continue
                row = row_of(document, found.entry)
                stale = [old.document for old in earlier.get(row.id, []) if _is_one(found.entry, old.record)]
                stale = [old for old in dict.fromkeys([*stale, *stand_ins.get(n, [])])
                         if old != document and kinds.get(old) == KIND]
                for old in stale:
                    writer.take_place(old, document)
                    del kinds[old]
                before = next((old for old in earlier.get(row.id, []) if old.document in (document, *stale)), None)
                is_new = writer.keep_entry(row)
                if is_new or stale:
                    with writer.filed_anew() as filing:
                        _file(filing, found.entry, before.record if before else None, document)
                state = "abstract" if kinds.get(document) == KIND else "document"
                state = state if is_new or stale else "unchanged"
                self._rows.append(ImportedEntry(found.entry.key, found.entry.title, document, state,
                                                document in there and n not in alone))


def adopt(store: Store, added: Sequence[str]) -> None:
    """Lets documents that were added take the place of what stood for them: works that a bibliography listed."""
    with store.read() as view:
        if view.entries.is_empty():
            return
        infos = {info.id: info for info in view.documents()}
    index = WorkIndex((name, info) for name, info in infos.items() if info.kind == KIND)
    pairs = [(name, document) for document in added if document in infos and infos[document].kind != KIND
             for name, _ in index.same(infos[document])]
    taken = dict(reversed(pairs))
    if taken:
        with store.write("add") as writer:
            for name, document in taken.items():
                writer.take_place(name, document)


def _documents(report: Report) -> dict[str, str]:
    """Path -> the document that has it now."""
    return {**{item.path: item.document for item in report.added},
            **{item.path: item.document for item in report.unchanged}}


class _Nothing:
    """A library that is not there yet."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None


def row_of(document: str, entry: Entry) -> EntryRow:
    """The row of an entry."""
    metadata, _ = said_by(entry)
    return EntryRow(document, _id(entry), to_json(entry.to_json()), from_metadata(replace(metadata, guessed=())))


def _id(entry: Entry) -> str:
    """What the bibliography calls an entry, by which a later import knows it."""
    return entry.source_id or entry.key or plain(entry.title)[:80]


def _is_one(entry: Entry, other: Entry) -> bool:
    """Whether an entry is what another was before: its title or number is the same, or its authors and year."""
    return (plain(entry.title) == plain(other.title) or bool(entry.doi and entry.doi == other.doi)
            or bool(entry.arxiv and entry.arxiv == other.arxiv)
            or bool(entry.authors and entry.authors == other.authors and entry.issued[:4] == other.issued[:4]))


def _earlier(entry: Entry, earlier: dict[str, list[EntryRow]], infos: Mapping[str, object]) -> str:
    """The document that has this entry from an earlier import."""
    return next((row.document for row in earlier.get(_id(entry), ()) if row.document in infos
                 and _is_one(entry, row.record)), "")


def _has_other_text(entry: Entry, info: DocumentInfo, known: Sequence[EntryRow]) -> bool:
    """Whether what stands for a work is to be made anew: it has no abstract and this entry has one, or this is the
    entry that it was made of, and says another."""
    if info.kind != KIND or not entry.abstract:
        return False
    is_its_own = any(row.document == info.id and row.id == _id(entry) and row.own for row in known)
    return info.status == "no_text" or is_its_own and hashlib.sha256(to_bytes(entry)).hexdigest()[:12] != info.id


def _rank(path: Path) -> int:
    suffix = path.suffix.lower()
    return _FIRST.index(suffix) if suffix in _FIRST else len(_FIRST)


def _places(found: Found) -> list[Path]:
    """Where the files of an entry may be: relative to its bibliography and not above it; anywhere if it is a PDF that
    is named from the root; in the folder that EndNote keeps beside its XML."""
    places = []
    for name in found.entry.files:
        if name.startswith("internal-pdf://"):
            inner = name.removeprefix("internal-pdf://")
            places += [folder / "PDF" / inner for folder in found.folder.glob("*.Data")]
            continue
        name = name.removeprefix("file://")
        path = Path(name)
        if path.is_absolute():
            places += [path] if path.suffix.lower() == ".pdf" else []
        else:
            places.append(found.folder / name)
    root = os.path.realpath(found.folder)
    return [path for path in places if path.is_absolute() and (
        path.suffix.lower() == ".pdf" and str(path) in found.entry.files
        or os.path.realpath(path).startswith(root + os.sep))]


def _file(filing: Filing, entry: Entry, before: Entry | None, document: str) -> None:
    """Puts a document into the collections of its entry, and its words on it as tags: those that the entry did not have
    before."""
    pairs: tuple[tuple[Kind, tuple[str, ...], tuple[str, ...]], ...] = (
        ("collection", entry.collections, before.collections if before else ()),
        ("tag", entry.keywords, before.keywords if before else ()))
    for kind, names, known in pairs:
        for name in names:
            if name not in known:
                try:
                    kept = filing.find_name(kind, name) or checked_name(name)
                except ScopeError:
                    continue  # a name that none can have: too long
                filing.put(kind, kept, [document])
