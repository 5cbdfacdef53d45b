"""An opened library folder: documents in and out, and its health, on top of catalogue.py. base/__init__.py adds the
asking."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kb.base.catalogue import OnProgress, PathLike, ignore
from kb.base.filing import Shelves
from kb.config import Settings
from kb.encoder.adapted import LibraryEncoder
from kb.encoder.adapted_reader import LibraryReader
from kb.errors import FileProblem, NoLibrary, NothingIndexed, SettingError, UnknownDocument, as_problem
from kb.types import (
    Backup,
    Change,
    Check,
    Document,
    Encoder,
    EncoderRecord,
    Note,
    Problem,
    RecognitionReport,
    Removal,
    Report,
    Status,
    SyncPlan,
    SyncReport,
    Words,
)

if TYPE_CHECKING:
    from kb.base.look_up import LookedUp
    from kb.cluster.link import Cluster
    from kb.encoder.adapt import Adaptation
    from kb.readers import Limits, Source

class Library(Shelves):
    """What is in a library folder, whoever asks it."""

    def __init__(self, settings: Settings, encoder: Encoder | None = None) -> None:
        """encoder: one that was given as an object, instead of a name in the settings."""
        super().__init__(settings)
        origin = dict(settings.origins).get("encoder", "flag")
        self._encoders = LibraryEncoder(settings.home, encoder or (settings.encoder if origin != "default" else None),
                                        settings.engine, is_asked=origin != "kb.toml",
                                        may_fetch=settings.network != "off")
        self._readers = LibraryReader(settings.home, settings.reader)

    def encoder(self) -> Encoder:
        """The encoder that is set, or that this library was built with; loaded at first use. Errors: EncoderError."""
        return self._encoders.of(self._built_with())

    @property
    def encoder_name(self) -> str:
        """What `encoder()` gives, by the name that a setting has; nothing is loaded."""
        return self._encoders.name(self._built_with())

    @property
    def is_adapted(self) -> bool:
        """Whether this library uses an encoder of its own."""
        return self._encoders.adapted(self._built_with()) is not None

    @property
    def is_reader_adapted(self) -> bool:
        """Whether this library has a trained reader of its own; `doctor` says whether it is sound."""
        return self._readers.is_adapted

    def _built_with(self) -> EncoderRecord | None:
        try:
            with self._store.read() as view:
                return view.encoder()
        except NoLibrary:
            return None  # nothing was ever added

    # --- adding and removing

    def add(self, paths: PathLike | Iterable[PathLike], *, encoding: str | None = None, confirmed: bool = False,
            pictures: bool = False, ray: str | None = None, on_progress: OnProgress | None = None) -> Report:
        """Adds a file, a folder, a pattern, an address (https://…, arXiv:2106.09685, doi:10.…), or several of them;
        what became of every file is in the report.

        An address is fetched, which nothing else that is added ever causes; a file of that name comes first. Authors
        and year that no page of a document says are taken from the references of the others, as guesses.

        encoding: of text files that do not say it themselves.  confirmed: also the root, a home folder or a path of one
        letter, which are refused otherwise.  pictures: also those in folders and archives, for `ocr`; one that is named
        is added always.  ray: the address of a Ray cluster, HOST:PORT or "auto", whose nodes read and encode; they need
        kb, not the files.  on_progress: told "scan" once (how many files there are), then how far it is.
        Errors: PathError before anything is read; LibraryError, EncoderError, ClusterError, MissingPackage, which stop
        everything.
        """
        from kb.ingest import refuse_wide

        given = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else paths
        several = [os.path.expanduser(os.fsdecode(path)) for path in given]
        if not confirmed:
            refuse_wide(several)
        return self._ingest(several, encoding, on_progress or ignore, ray, pictures)

    def _ingest(self, paths: list[str], encoding: str | None, on_progress: OnProgress, ray: str | None = None,
                pictures: bool = False) -> Report:
        from kb.ingest import ingest
        from kb.readers.sandbox import Sandbox

        limits = self._limits()
        encoder = self._encoders.for_adding(self._built_with())
        with self._cluster(ray, encoder) as cluster:
            sources, problems = self._fetched(paths)
            report = ingest(sources, self._store, encoder, lambda: Sandbox(limits), encoding=encoding,
                            on_progress=on_progress, pictures=None if pictures else self._pictures(),
                            preparers=cluster)
        if report.added:
            from kb.base.alike import MOST_ADDED, alike
            from kb.base.importing import adopt
            from kb.base.look_up import fill_from_references

            fill_from_references(self._store, [one.document for one in report.added])
            adopt(self._store, [one.document for one in report.added])
            with self._store.read() as view:
                report = replace(report, alike=alike(view, [one.document for one in report.added]),
                                 n_uncompared=max(0, len(report.added) - MOST_ADDED))
        return replace(report, failed=(*problems, *report.failed))

    def _cluster(self, address: str | None, encoder: Encoder) -> AbstractContextManager[Cluster | None]:
        """The machines that prepare, where some are named. Errors: MissingPackage, ClusterError."""
        if address is None:
            return contextlib.nullcontext()
        from kb.cluster.link import Cluster

        return Cluster(address, self.home, encoder, self.settings.engine, self._limits())

    def _pictures(self) -> frozenset[bytes]:
        """The pictures that the library has: they count where their folder is added."""
        from kb.readers import is_picture

        if not self._store.exists():
            return frozenset()
        with self._store.read() as view:
            return frozenset(row.path for row in view.paths.all() if is_picture(row.path))

    def _fetched(self, paths: list[str]) -> tuple[list[str | Source], list[Problem]]:
        """The paths as they are, those that are addresses as what was fetched from there; and what could not be."""
        from kb.base.fetched import fetched
        from kb.fetch import address_of

        found: list[str | Source] = []
        problems: list[Problem] = []
        for path in paths:
            address = None if os.path.lexists(path.replace("\0", "")) else address_of(path)
            if address is None:
                found.append(path)
                continue
            try:
                found.append(fetched(address, self._store, self.settings))
            except FileProblem as error:
                problems.append(as_problem(path, error))
        return found, problems

    def ocr(self, documents: str | Iterable[str] = (), *, on_progress: OnProgress | None = None) -> RecognitionReport:
        """Recognises the pages without text of pictures and PDFs: scans, and pages whose fonts do not say what their
        letters are. documents: ids, or unambiguous beginnings of them; none: every document that has such pages.

        A page takes some seconds and is kept as soon as it is there: what was stopped or killed goes on at the next
        one. on_progress: told "recognise", in pages.
        Errors: MissingPackage where the extra is not installed, UnknownDocument before anything is done, LibraryError.
        """
        from kb.ocr import check_installed, recognise
        from kb.readers.sandbox import Sandbox

        check_installed()
        if not self._store.exists():
            return RecognitionReport()
        several = [documents] if isinstance(documents, str) else list(documents)
        with self._store.read() as view:
            ids = list(dict.fromkeys(view.document(document).id for document in several))
        limits = self._limits()
        return recognise(
            ids or self.without_text(), self._store, self._encoders.for_adding(self._built_with()),
            lambda memory_mb: Sandbox(replace(limits, memory_mb=max(memory_mb, limits.memory_mb))),
            on_progress or ignore)

    def without_text(self, documents: Collection[str] = ()) -> tuple[str, ...]:
        """Ids of the documents, of these or of all, that have pages for `ocr`, the oldest first."""
        from kb.ocr import wanted

        return wanted(self._store, documents) if self._store.exists() else ()

    def _limits(self) -> Limits:
        from kb.readers import Limits

        s = self.settings
        return Limits(s.read_max_mb << 20, s.read_max_pages, s.read_max_characters, s.read_cpu_seconds,
                      s.read_memory_mb)

    def sync(self, folder: PathLike, *, dry_run: bool = False, force: bool = False, encoding: str | None = None,
             confirm: Callable[[SyncPlan], bool] | None = None, ray: str | None = None,
             on_progress: OnProgress | None = None) -> SyncReport:
        """Makes the library match a folder: adds what is new, updates what has changed, follows what was renamed (and
        changed at once, where a reader has set something of it), and removes what is gone. Only what comes from this
        folder is touched.

        dry_run: only says what would be done, in `plan`.  force: also a folder that is empty, or whose disk is not
        mounted, and a whole home folder, which are refused otherwise.  confirm: is asked with the plan before anything
        is done; nothing is where it gives False.  encoding, ray, on_progress: as in `add`, with "look" before.
        A killed run leaves whole documents; the next one does the rest, and what is gone is removed last.
        Errors: PathError E_SYNC before anything is done; LibraryError and EncoderError.
        """
        from kb.base.removal import clear_traces, marks_of, notes_of_rows
        from kb.base.sync import is_still_gone, plan
        from kb.store import Gone

        told = on_progress or ignore
        path = Path(os.path.expanduser(os.fsdecode(folder)))
        with self._store.read() if self._store.exists() else contextlib.nullcontext() as view:
            planned, gone, renewed = plan(path, view, told, self._read, force=force)
        if dry_run or (confirm is not None and not confirm(planned)):
            return SyncReport(planned)
        if renewed:
            with self._store.write("sync") as writer:
                for before, source in renewed:
                    writer.rename(before, source.raw, source.path)
        report = self._ingest([os.fsdecode(path)], encoding, told, ray) if path.exists() else Report()
        removed: list[Change] = []
        notes: tuple[Note, ...] = ()
        if gone:
            changes = {change.path: change for change in planned.of("remove")}
            with self._store.write("sync") as writer:
                rows = [row for raw in gone if (row := writer.paths.at(raw)) is not None and is_still_gone(row, force)]
                left = {row.path for row in rows}
                going = {row.document for row in rows if left.issuperset(r.path for r in writer.paths.of(row.document))}
                notes = clear_traces(self.home, marks_of(writer, sorted(going))) if going else ()
                n_noted = sum(len(writer.notes.of(document)) for document in going)
                notes = (*notes, *notes_of_rows([Gone(notes=n_noted)]))
                removed += [replace(changes[row.shown], stays=writer.forget(row.path)) for row in rows]
        return SyncReport(planned, True, report.added, report.unchanged, report.skipped, report.failed, tuple(removed),
                          notes)

    def _read(self, source: Source) -> Document | None:
        """A file as it would be added; None where it cannot be read, which adding it tells."""
        from kb.readers.sandbox import Sandbox

        with Sandbox(self._limits()) as sandbox:
            try:
                return sandbox.read(source)
            except FileProblem:
                return None

    def add_text(self, text: str, title: str, *, on_progress: OnProgress | None = None) -> Report:
        """Adds Markdown or plain text under a title; both are kept as a file in the library folder.

        The same text under the same title again is unchanged. Errors: as `add`.
        """
        file = f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\n---\n{text}"
        path = self.add_upload(f"{title}.md", file.encode("utf-8", "replace"))
        return self.add(path, on_progress=on_progress)

    def add_upload(self, name: str, data: bytes) -> Path:
        """Keeps an uploaded file inside the library folder, under its hash; gives the path to `add`."""
        return self._store.keep_file(name, data)

    def remove(self, documents: str | Iterable[str] = (), *, path: PathLike | None = None) -> Removal:
        """Removes documents everywhere at once, by id, or all that came from a file, folder, archive or address: also
        what quotes them in surveys, the log, kept tables and runs in the library's folder; the notes say where, and
        what may still have something of them.

        Errors: UnknownDocument before anything is removed.
        """
        from kb.base.removal import clear_traces, marks_of, notes_of_rows

        several = [documents] if isinstance(documents, str) else list(documents)
        with self._store.write("remove") as writer:
            if path is not None:
                found = writer.documents_from(_as_shown(os.fsdecode(path)))
                if not found:
                    raise UnknownDocument("E_UNKNOWN_PATH", path=os.fspath(path))
                several += found
            ids = list(dict.fromkeys(writer.document(document).id for document in several))
            infos = {info.id: info for info in writer.documents()}
            notes = clear_traces(self.home, marks_of(writer, ids))  # first: a killed removal is done again
            gone = [writer.remove(document) for document in ids]
        return Removal(tuple(infos[document] for document in ids), (*notes_of_rows(gone), *notes))

    def reindex(self, *, on_progress: OnProgress | None = None) -> int:
        """Cuts and encodes every document again with the encoder that is set, or else the library's own; gives the
        number of passages.

        The library remembers this encoder. A killed run goes on where it was.
        """
        from kb.ingest import reindex

        return reindex(self._store, self._encoders.for_reindexing(self._built_with()),
                       on_progress=on_progress or ignore)

    def adapt(self, questions: PathLike | None = None, *, on_progress: OnProgress | None = None) -> Adaptation:
        """Trains the bundled encoder on pairs from this library and keeps it only if it finds held-out passages better.

        If it is kept, every document is encoded again under its fingerprint; until that is done the old vectors answer.
        questions: JSON lines {"question": …, "quote": words of the passage that answers}. A repeated adaptation
        starts from the last one.
        Errors: DataError (a broken line, too small a library), SettingError if another encoder is set, LibraryError.
        """
        from kb.encoder.adapt import adapt, read_user_questions
        from kb.encoder.encode import BUNDLED
        from kb.encoder.engine import open_bundled
        from kb.ingest import reindex

        saved, told = self._built_with(), on_progress or ignore
        if (name := self._encoders.name(saved)) != BUNDLED:
            raise SettingError("E_SETTING", name="encoder", value=name,
                               detail=Words("only the encoder `bundled` can be adapted", "只有编码器 bundled 可以适配"))
        with self.reading() as view:
            documents = [(info.title, view.passages_of(info.id)) for info in view.documents()]
        asked = read_user_questions(Path(os.fsdecode(questions))) if questions else []
        # Before and after are compared in full precision, whichever engine the library uses.
        start = open_bundled("torch", self._encoders.adapted(saved))
        result = adapt(start, documents, asked, self._encoders.folder / "new", on_progress=told)
        if not result.kept:
            return replace(result, fingerprint=self.encoder().fingerprint)
        place, adapted = self._encoders.adopt(self._encoders.folder / "new", result.fingerprint, saved)
        reindex(self._store, adapted, on_progress=told)
        self._encoders.forget(keep=place)
        return replace(result, fingerprint=adapted.fingerprint)

    def unadapt(self, *, only_reader: bool = False, on_progress: OnProgress | None = None) -> int:
        """Goes back to the encoder and the reader as they are shipped; gives the number of passages encoded again: none
        where only the reader was adapted.

        only_reader: an adapted encoder stays.
        """
        from kb.ingest import reindex

        had_reader = self._readers.forget()
        if only_reader or (had_reader and not self.is_adapted):
            return 0
        n_passages = reindex(self._store, self._encoders.shipped(self._built_with()),
                             on_progress=on_progress or ignore)
        self._encoders.forget(keep=None)
        return n_passages

    def look_up(self, documents: Iterable[str] | None = None, *, network: bool = True,
                on_progress: OnProgress | None = None) -> tuple[LookedUp, ...]:
        """Fills missing and guessed metadata of documents (None: all), see base/look_up.py; network: False asks the
        references of the library alone. Errors: UnknownDocument before anything is changed."""
        from kb.base.look_up import look_up_in

        may_ask = None if network and self.settings.network == "off" else network
        return look_up_in(self._store, documents, may_ask, on_progress=on_progress or ignore)

    # --- all of it as one file

    def backup(self, file: PathLike, *, replace: bool = False, on_progress: OnProgress | None = None) -> Backup:
        """Writes the library into one file, as it is at this moment, whoever writes meanwhile: documents, tables,
        conversations, surveys, uploads, fitted models. It is read back before it gets its name, so that there is
        a whole file or none; nothing in it is hidden from whoever has it.

        replace: also where there is a file of this name. Errors: LibraryError E_BACKUP_FILE, E_DISK; NothingIndexed.
        """
        from kb.base.backups import make_backup

        if not self._store.exists():
            raise NothingIndexed("E_NOTHING_INDEXED", path=self.home)
        return make_backup(self._store, Path(os.path.expanduser(os.fsdecode(file))), on_progress or ignore,
                           replaces=replace)

    # --- health

    def status(self) -> Status:
        """Size, languages and encoder of the library."""
        if not self._store.exists():
            return Status(self.settings.place, 0, 0, 0, 0, 0, {}, self._encoders.name(None), None)
        with self._store.read() as view:
            infos, saved = view.documents(), view.encoder()
            languages = {language: sum(info.language == language for info in infos) for language in ("zh", "en")}
            size = self._store.size(view)
            return Status(self.settings.place, len(infos),
                          view.counts()[1], view.count_vectors(), view.generation(), size, languages,
                          self._encoders.name(saved), saved.fingerprint if saved else None)

    def verify(self, *, on_progress: OnProgress | None = None) -> Check:
        """Checks every hash and mends what can be mended (terms, vectors, the FAISS cache); damaged text is named."""
        from kb.health import verify

        return verify(self._store, self.encoder, on_progress or ignore)


def _as_shown(path: str) -> str:
    """A path as it was given, an address as the library has it."""
    from kb.fetch import address_of

    address = None if os.path.lexists(path.replace("\0", "")) else address_of(path)
    return address.url if address else path
