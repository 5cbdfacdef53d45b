"""Bibliographies of a library: in, out, and the works that its documents are texts of.

Library (library.py) is below, the tables out of documents (tabling.py) above.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from kb.base.catalogue import OnProgress, PathLike, ignore
from kb.base.library import Library
from kb.base.named import documents_named, known_name
from kb.errors import FolderError, SettingError
from kb.messages import one_of
from kb.store import View
from kb.types import ImportReport, Language, Words, WorkInfo

if TYPE_CHECKING:
    from kb.base.watching import Watched


class Bibliographies(Library):
    """A library folder with what bibliographies say of it."""

    def import_bibliography(self, paths: PathLike | Iterable[PathLike], *,
                            on_progress: OnProgress | None = None) -> ImportReport:
        """Imports the entries of bibliographies: files in BibTeX, RIS, CSL JSON or EndNote's XML, folders of
        them, Zotero's own, "zotero:" for a Zotero that runs on this machine.

        An entry whose file is there becomes that document, with the entry's metadata as if they stood beside it; one
        that is in the library already gets them; any other is a work of its own with its abstract, whose place its
        file takes when that is added. Keywords become tags, collections collections. What a reader set stays, and
        repeating an import changes nothing. What could not be imported is in the report with the reason.
        Errors: LibraryError and EncoderError, which stop everything.
        """
        from kb.base.importing import Importer

        given = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
        told = on_progress or ignore
        return Importer(self._store, self._limits(), lambda files: self._ingest(files, None, told), told).run(
            [os.fsdecode(path) for path in given])

    def watch(self, folders: PathLike | Iterable[PathLike], *, stop: threading.Event | None = None,
              force: bool = False) -> Iterator[Watched]:
        """Makes the library match folders and follows them until `stop` is set, as `sync` would: each change once, when
        it is quiet and what is being written is whole. What is gone is removed without asking. An error is told and
        does not end it. Errors: MissingPackage where the extra is not installed."""
        from kb.base.watching import watch

        given = [folders] if isinstance(folders, (str, bytes, os.PathLike)) else list(folders)
        return watch(self, [os.fsdecode(folder) for folder in given], stop=stop or threading.Event(), force=force)

    def bibliography(self, documents: str | Iterable[str] = (), *, style: str = "bibtex",
                     collections: Iterable[str] = ()) -> str:
        """Documents as a bibliography, one entry for each work, in the order of authors and years.

        documents: ids, beginnings of them, paths or titles; none: all of the library.  style: "bibtex", "ris", "csl",
        "apa" or "gbt7714".  collections: only what is in one of them. Errors: UnknownDocument, ScopeError,
        SettingError, NothingIndexed.
        """
        from kb.base.exporting import FORMATS, entries_of, written

        if style not in FORMATS:
            raise SettingError("E_SETTING", name="--format", value=style, detail=one_of(FORMATS))
        with self.reading() as view:
            entries = entries_of(view, self._chosen(view, documents, collections)).values()
        return written(sorted(entries, key=lambda e: (e.authors[0].family.casefold() if e.authors else "~", e.issued,
                                                      e.title)), style)

    def write_bibliography(self, path: Path, text: str) -> None:
        """Writes a bibliography to a file, whole or not at all. Errors: FolderError E_WRITE."""
        from kb.store.files import replace

        try:
            replace(path, text.encode())
        except OSError as error:
            raise FolderError("E_WRITE", path=str(path), detail=error.strerror or "") from error

    def export_vault(self, folder: PathLike, documents: str | Iterable[str] = (), *, collections: Iterable[str] = (),
                     language: Language = "en") -> tuple[str, ...]:
        """Writes a Markdown file for each work into a folder, as Obsidian reads them: front matter, abstract, links
        between works that cite each other. What a reader wrote below the last line of ours stays; a file of that name
        that is not ours stays, and the work gets another name. Gives the names.

        Errors: as `bibliography`; FolderError where the folder is a file.
        """
        from kb.base.exporting import notes_of
        from kb.bibliography.obsidian import merged
        from kb.store.files import write_notes

        with self.reading() as view:
            made = notes_of(view, self._chosen(view, documents, collections), language)
        path = os.path.expanduser(os.fsdecode(folder))
        if not path:
            raise SettingError("E_SETTING", name="--out", value='""',
                               detail=Words("a folder is needed", "需要一个文件夹"))
        try:
            return write_notes(Path(path), made, merged)
        except OSError as error:
            raise FolderError("E_WRITE", path=path, detail=error.strerror or "") from error

    def _chosen(self, view: View, documents: str | Iterable[str], collections: Iterable[str]) -> list[str]:
        """The documents that are named and in one of these collections, of each work the fullest."""
        from kb.base.exporting import fullest

        names = documents_named(view, documents)
        chosen = names or [info.id for info in view.documents()]
        if inside := [known_name(view, "collection", name) for name in collections]:
            held = set().union(*(view.filing.documents("collection", name) for name in inside))
            chosen = [document for document in chosen if document in held]
        return fullest(view, chosen)

    def works(self) -> tuple[WorkInfo, ...]:
        """The works that the documents are texts of, newest first: found by DOI, arXiv number, title and authors, or
        joined and parted by hand."""
        if not self._store.exists():
            return ()
        from kb.base.works import group

        with self._store.read() as view:
            return tuple(group(view.documents(), view.entries.joined()))

    def join_works(self, documents: Iterable[str]) -> WorkInfo:
        """Makes documents texts of one work for good; gives that. Errors: UnknownDocument before anything is done."""
        from kb.base.works import group

        with self._store.write("works") as writer:
            named = documents_named(writer, documents)
            works = group(writer.documents(), writer.entries.joined())
            several = [name for work in works if set(named) & set(work.documents) for name in work.documents]
            for first, other in combinations(several, 2):
                writer.join(first, [other], is_one=True)
            first = named[0]
        return self._work_of(first)

    def part_work(self, document: str) -> WorkInfo:
        """Parts a document from the others of its work for good; gives what it is a work of then. Errors:
        UnknownDocument."""
        from kb.base.works import group

        with self._store.write("works") as writer:
            (name,) = documents_named(writer, [document])[:1]
            works = group(writer.documents(), writer.entries.joined())
            others = next(work.documents for work in works if name in work.documents)
            writer.join(name, [other for other in others if other != name], is_one=False)
        return self._work_of(name)

    def _work_of(self, document: str) -> WorkInfo:
        return next(work for work in self.works() if document in work.documents)
