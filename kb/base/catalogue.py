"""What is in a library folder and what is known of it: looking at documents, and setting their metadata right.

Library (library.py) adds what changes the rest: documents in and out, encoders, health.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from kb.config import Settings, load_settings
from kb.errors import NothingIndexed
from kb.store import View
from kb.store.opening import open_store
from kb.types import Document, FilePath, Passage, Progress

if TYPE_CHECKING:
    from kb.base.places import FoundPlaces
    from kb.base.reading import Edit, ReadingReport
    from kb.store.copying import Copied
    from kb.survey.cite import CitedWork
    from kb.types import Language

OnProgress = Callable[[Progress], None]
PathLike = str | bytes | os.PathLike[str]


def ignore(progress: Progress) -> None:
    """For a caller who does not ask how far it is."""


class Catalogue:
    """The documents of a library folder, as they are."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._store = open_store(settings.home, settings.server, milvus=settings.milvus)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the database files."""
        self._store.close()

    @property
    def home(self) -> Path:
        return self.settings.home

    def files(self, document: str) -> tuple[FilePath, ...]:
        """The files that have this document, by id or an unambiguous beginning of it, and whether each is there now.
        Errors: UnknownDocument."""
        with self._store.read() as view:
            return view.files(view.document(document).id)

    def document(self, document: str) -> Document:
        """A document with its text, by id or an unambiguous beginning of it. Errors: UnknownDocument."""
        with self._store.read() as view:
            return view.document(document)

    def report(self, document: str) -> ReadingReport:
        """What was read of a document, what was left out and why, where its metadata come from, and what is doubtful.
        Errors: UnknownDocument."""
        from kb.base.reading import file_names, report_of, same_titles

        with self._store.read() as view:
            found = view.document(document)
            infos = {info.id: info for info in view.documents()}
            others = same_titles({name: info.title for name, info in infos.items()}).get(found.id, ())
            files = file_names([infos[other].path for other in others], infos[found.id].path)
            return report_of(found, infos[found.id].n_passages, files)

    def doubtful(self, *, on_progress: OnProgress | None = None) -> tuple[ReadingReport, ...]:
        """The reports on the documents that a reader should look at, the most doubtful first; none for a library that
        does not exist yet."""
        from kb.base.reading import file_names, report_of, same_titles

        if not self._store.exists():
            return ()
        found = []
        with self._store.read() as view:
            infos = view.documents()
            others, paths = same_titles({info.id: info.title for info in infos}), {i.id: i.path for i in infos}
            for n, info in enumerate(infos, 1):
                files = file_names([paths[other] for other in others.get(info.id, ())], info.path)
                report = report_of(view.document(info.id), info.n_passages, files)
                found += [report] if report.doubts else []
                (on_progress or ignore)(Progress("look", n, len(infos), info.title))
        return tuple(sorted(found, key=lambda report: (-report.weight, report.title, report.document)))

    def passages(self, document: str) -> list[Passage]:
        """The passages of a document in reading order; joined, they are its text."""
        with self._store.read() as view:
            return view.passages_of(view.document(document).id)

    def where(self, quote: str, *, documents: str | Iterable[str] = (), k: int = 20) -> FoundPlaces:
        """Where a sentence stands word for word: the first k places, each with its document, page, section and
        offsets, and how many there are. Compared without line ends, spaces, hyphens, quotation marks, accents and
        capitals, traditional as simplified characters; no word is cut.

        documents: ids or unambiguous beginnings of them; none: all of the library.
        Errors: QuestionError Q_EMPTY, Q_LONG, Q_SHORT; UnknownDocument; NothingIndexed.
        """
        from kb.base.places import find_quote

        names = [documents] if isinstance(documents, str) else list(documents)
        with self.reading() as view:
            return find_quote(view, quote, names, k)

    def cite(self, documents: str | Iterable[str], *, style: str | None = None,
             language: Language | None = None) -> tuple[CitedWork, ...]:
        """Documents as entries of a list of references, each with what is missing in it.

        documents: ids or unambiguous beginnings of them.  style: "numeric", "author-year", "gbt7714", "bibtex", "ris"
        or "csl"; None: GB/T 7714 in Chinese, numeric in English.  language: of our words; None: the document's.
        Errors: UnknownDocument, SettingError, NothingIndexed.
        """
        from kb.base.exporting import entries_of
        from kb.survey.cite import cite

        names = [documents] if isinstance(documents, str) else list(documents)
        with self.reading() as view:
            found = {document.id: document for document in map(view.document, names)}
            imported = {row.document for row in view.entries.rows(*found)} if found else set[str]()
            entries = entries_of(view, [name for name in found if name in imported]) if imported else {}
        return cite(list(found.values()), style, language, entries)

    def source_path(self, document: str) -> Path:
        """A file of the document: one that is there if there is any, else where it was when it was read."""
        with self._store.read() as view:
            return self._store.at_hand(view, view.source_path(view.document(document).id))

    def copy(self, to: PathLike, *, on_progress: OnProgress | None = None) -> Copied:
        """Copies the library to where none is yet, a folder or postgresql://USER@HOST/DATABASE, with every row compared
        on both sides; nobody writes meanwhile, and nothing is there after a failure. on_progress: told "copy", in rows.

        Errors: LibraryError E_COPY_THERE, E_COPY_DAMAGED, E_COPY_DIFFERS, E_PG_…; SettingError E_PG_ADDRESS,
        E_PG_PASSWORD; NothingIndexed.
        """
        from kb.store.copying import copy

        if not self._store.exists():
            raise NothingIndexed("E_NOTHING_INDEXED", path=self.settings.place)
        target = load_settings({"home": to})
        told = on_progress or ignore
        store = open_store(target.home, target.server, milvus=target.milvus)
        try:
            return copy(self._store, store, lambda done, total, table: told(Progress("copy", done, total, table)))
        finally:
            store.close()

    def generation(self) -> int:
        """Which state of the library this is: another after every change; 0 for one that does not exist yet."""
        if not self._store.exists():
            return 0
        with self._store.read() as view:
            return view.generation()

    @contextlib.contextmanager
    def reading(self) -> Iterator[View]:
        """One generation of the library, whoever writes meanwhile: for reads that must agree.

        Errors: NothingIndexed for a library that does not exist yet.
        """
        if not self._store.exists():
            raise NothingIndexed("E_NOTHING_INDEXED", path=self.settings.place)
        with self._store.read() as view:
            yield view

    def edit(self, document: str, *, title: str | None = None, authors: Sequence[str] | None = None,
             year: int | str | None = None, venue: str | None = None, doi: str | None = None, arxiv: str | None = None,
             language: str | None = None, clear: Iterable[str] = ()) -> Edit:
        """Sets metadata of a document for good: they win over all that is read of it, however often that is done again,
        and over a new version of its file; gives what was there before and is now.

        Fields that are None stay as they are; an empty one ("" or ()) says that there is none. clear: names of fields
        that get back what was read. What is cited, listed or exported has the new values at once.
        Errors: UnknownDocument, EditError before anything is changed.
        """
        from kb.base.edits import checked
        from kb.base.reading import Edit, fields_of

        given = {"title": title, "authors": authors, "year": year, "venue": venue, "doi": doi, "arxiv": arxiv,
                 "language": language}
        with self._store.write("edit") as writer:
            old = writer.document(document)
            writer.edit(old.id, *checked(old, given, clear))
            new = writer.document(old.id)
        return Edit(old.id, fields_of(old.metadata, old.language), fields_of(new.metadata, new.language))
