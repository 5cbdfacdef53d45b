"""Pages without text, recognised: picture -> lines -> the document again.

Each page is kept as soon as it is read (store/recognised.py), so that a run that was stopped or killed goes on at the
next one; a document is put together and encoded again when its pages are there, or when the run ends before that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from kb.errors import FileProblem, LibraryError, MissingPackage, UnknownDocument, as_problem
from kb.ingest import Reader, ingest
from kb.readers import Source
from kb.readers.members import archive_of
from kb.readers.seen import Sightings
from kb.store import Store, View
from kb.store.paths import state_of
from kb.types import (
    DOUBTFUL,
    Document,
    Encoder,
    Problem,
    Progress,
    RecognisedDocument,
    RecognitionReport,
)

KINDS = ("pdf", "picture")  # of documents that may have pages to recognise
_NEEDS = ("rapidocr", "onnxruntime")
_TOGETHER = 24  # pages after which what there is of a document can be found: four minutes of work
_MEMORY_MB = 2048  # the reading process peaks at 1.4 GB (python -m tests.bench ocr)


class Recogniser(Reader, Protocol):
    """What reads the picture of a page; readers.sandbox.Sandbox does it in a limited process."""

    def recognise(self, source: Source, sha256: str, page: int) -> dict[str, Any]: ...


OpenRecogniser = Callable[[int], AbstractContextManager[Recogniser]]


def check_installed() -> None:
    """Errors: MissingPackage where the recogniser is not installed."""
    from importlib.util import find_spec

    for package in _NEEDS:
        if find_spec(package) is None:
            raise MissingPackage("E_MISSING", package=package, install="bilingual-kb[ocr]")


def pages_without_text(document: Document) -> tuple[int, ...]:
    """Numbers of the pages of a PDF or a picture that have no text: pictures, letters without a real map, or nothing at
    all."""
    if document.kind not in KINDS:
        return ()
    return tuple(page.number for page in document.pages if not document.text[page.start:page.end].strip())


def wanted(store: Store, documents: Collection[str] = ()) -> tuple[str, ...]:
    """The documents, of these or of all, that have pages to recognise, or to put together with what a killed run has
    recognised; the oldest first."""
    with store.read() as view:
        found = (_Pages.of(view, info.id) for info in reversed(view.documents())
                 if info.kind in KINDS and (not documents or info.id in documents))
        return tuple(pages.document.id for pages in found if pages.left or pages.is_behind())


def recognise(documents: Sequence[str], store: Store, encoder: Encoder, open_reader: OpenRecogniser,
              on_progress: Callable[[Progress], None]) -> RecognitionReport:
    """Recognises the pages without text of these documents, which the report names in their order.

    open_reader: called with the least memory, in MB, that a page needs. on_progress: phase "recognise", in pages; then
    those of `ingest`. Errors: UnknownDocument before anything is done; MissingPackage; LibraryError.
    """
    check_installed()
    with store.read() as view:
        several = [_Pages.of(view, document) for document in documents]
    run = _Run(store, encoder, open_reader, on_progress, sum(len(pages.left) for pages in several))
    with open_reader(_MEMORY_MB) as reader:
        for pages in several:
            run.document(pages, reader)
    return run.report()


@dataclass(slots=True)
class _Pages:
    """A document and what is known of its pages without text. left: those that nobody has looked at."""

    document: Document
    source: Source
    before: dict[int, dict[str, Any]]
    left: list[int]

    @classmethod
    def of(cls, view: View, document: str) -> _Pages:
        found, known, rows = view.document(document), view.recognised.of(document), view.paths.of(document)
        row = next((row for row in rows if state_of(row) in ("there", "changed")), rows[0])
        left = [number for number in pages_without_text(found) if number not in known]
        return cls(found, source_of(row.shown, row.path), known, left)

    def is_behind(self) -> bool:
        """Whether an earlier run recognised words that are not in the document: it was killed before that."""
        return any(self.before[number]["lines"] for number in pages_without_text(self.document)
                   if number in self.before)


class _Run:
    """Documents, one after the other."""

    def __init__(self, store: Store, encoder: Encoder, open_reader: OpenRecogniser,
                 on_progress: Callable[[Progress], None], total: int) -> None:
        self._store, self._encoder, self._open_reader = store, encoder, open_reader
        self._on_progress, self._total, self._done = on_progress, total, 0
        self._documents: list[RecognisedDocument] = []
        self._failed: list[Problem] = []
        self._seconds = 0.0
        self._unsaved: dict[int, dict[str, Any]] = {}

    def report(self) -> RecognitionReport:
        return RecognitionReport(tuple(self._documents), tuple(self._failed), round(self._seconds, 1), DOUBTFUL)

    def document(self, pages: _Pages, reader: Recogniser) -> None:
        """All pages of one that are left; what was read when the run ends is kept and found."""
        found: dict[int, dict[str, Any]] = {}
        try:
            self._check(pages)
            for number in pages.left:
                self._step(pages, number)
                frame = self._page(pages, number, reader)
                if frame is not None:
                    found[number] = self._unsaved[number] = frame
                    self._save(pages.document.id)
                self._done += 1
                self._step(pages, number)
                if frame is not None and len(found) % _TOGETHER == 0 and number != pages.left[-1]:
                    self._renew(pages)
        except FileProblem as error:
            self._failed.append(as_problem(pages.document.path, error))
        except UnknownDocument:  # removed meanwhile
            self._unsaved = {}
            return
        finally:
            if found or pages.is_behind():
                self._finish(pages)
            self._tell(pages, found)

    def _finish(self, pages: _Pages) -> None:
        try:
            self._renew(pages)
        except FileProblem as error:
            self._failed.append(as_problem(pages.document.path, error))
        except UnknownDocument:
            self._unsaved = {}

    def _check(self, pages: _Pages) -> None:
        """Errors: FileProblem unless the file is what was read."""
        if not os.path.lexists(archive_of(pages.source)):
            raise FileProblem("E_NOT_FOUND")
        if Sightings().of(pages.source).sha256 != pages.document.sha256:
            raise FileProblem("E_CHANGED")

    def _page(self, pages: _Pages, number: int, reader: Recogniser) -> dict[str, Any] | None:
        """The frame of a page, or None where it failed, which the report tells. Errors: FileProblem for the file."""
        began = time.monotonic()
        try:
            return reader.recognise(pages.source, pages.document.sha256, number)
        except FileProblem as error:
            if error.code in ("E_CHANGED", "E_NOT_FOUND", "E_PERMISSION", "E_NEEDS"):
                raise
            self._failed.append(as_problem(f"{pages.document.path}#page={number}", error))
            return None
        finally:
            self._seconds += time.monotonic() - began

    def _step(self, pages: _Pages, number: int) -> None:
        self._on_progress(Progress("recognise", self._done, self._total,
                                   f"{pages.document.metadata.title} · {number}"))

    def _save(self, document: str, *, patiently: bool = False) -> None:
        """Writes what was recognised; while another process writes, it waits until after the next page."""
        while self._unsaved:
            try:
                with self._store.write("ocr") as writer:
                    writer.keep_recognised(document, self._unsaved)
                self._unsaved = {}
            except LibraryError as error:
                if error.code != "E_BUSY":
                    raise
                if not patiently:
                    return

    def _renew(self, pages: _Pages) -> None:
        """Reads the document again, with what was recognised. Errors: FileProblem, UnknownDocument."""
        self._save(pages.document.id, patiently=True)
        self._check(pages)
        report = ingest([pages.source], self._store, self._encoder, lambda: self._open_reader(0),
                        on_progress=lambda progress: None, again=pages.document.id)
        self._failed += report.failed

    def _tell(self, pages: _Pages, found: Mapping[int, dict[str, Any]]) -> None:
        document = pages.document
        said = [(len(line[0]), confidence) for frame in (pages.before | dict(found)).values()
                for line, (confidence, _) in zip(frame["lines"], frame["recognised"], strict=True)]
        total = sum(n for n, _ in said)
        self._documents.append(RecognisedDocument(
            document.id, document.metadata.title, document.path, len(document.pages), len(found), len(pages.before),
            sum(not frame["lines"] for frame in (pages.before | dict(found)).values()),
            len(pages.left) - len(found),
            round(sum(n * confidence for n, confidence in said) / total, 3) if total else None,
            sum(confidence < DOUBTFUL for _, confidence in said)))


def source_of(path: str, raw: bytes) -> Source:
    """The source that `scan` gives for a file or what is in an archive."""
    archive = archive_of(Source(path, raw))
    return Source(path, raw, os.fsdecode(raw[len(archive) + 2:]) if archive != raw else "")
