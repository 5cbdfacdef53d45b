"""Documents in: read -> chunk -> encode -> commit.

`ingest` is a pipeline: files are read in several processes ahead of their turn, cut and committed as text, which can be
found by its words at once; one thread encodes the passages in groups (sorted by length, which is what makes it fast)
and their vectors follow. A vector the library has already for the same words is used again. A bad file stands in the
report beside the good ones.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kb.chunk import chunk
from kb.encoder.encode import encode_passages
from kb.errors import FileProblem, PathError, as_problem, is_skipped
from kb.readers import Source, scan
from kb.readers.members import entered
from kb.readers.metadata import title_from_name
from kb.readers.seen import Sightings
from kb.sentence_vectors import SentenceVectors
from kb.store import Store, Writer, check_encoder
from kb.types import (
    Added,
    Document,
    Encoder,
    EncoderRecord,
    Passage,
    Prepared,
    Problem,
    Progress,
    Report,
    Sighting,
    Unchanged,
    Vectors,
    Words,
)

OnProgress = Callable[[Progress], None]
_Encoded = tuple[Vectors, list[SentenceVectors | None]]
# Passages encoded together: enough to fill batches of one length, few enough that a kill costs at most a minute of
# work.
GROUP_PASSAGES = 512
_SLICE = 128  # passages between two reports of progress
_READERS = min(4, os.cpu_count() or 1)
_AHEAD = 2 * _READERS  # files read before their turn
_PATIENCE = 0.2  # seconds between two reports of progress while nothing else happens
_TOGETHER = 128  # passages whose text is committed in one transaction, if the next file is there
_NOTED = 256  # files whose bytes the library has that are noted in one transaction
_NEXT = 0.02  # seconds the next file may take to be there: a small one takes 2 ms to be read, a transaction 1 ms to end


class Reader(Protocol):
    """What turns a file into a document; readers.sandbox.Sandbox does it in a limited process, one file at a time."""

    def read(self, source: Source, encoding: str | None = None,
             recognised: Mapping[int, dict[str, Any]] | None = None) -> Document: ...


OpenReader = Callable[[], AbstractContextManager[Reader]]


def refuse_wide(paths: Sequence[str]) -> None:
    """Refuses what is hardly meant. Errors: PathError E_PATH_WIDE."""
    for path in paths:
        if (what := too_wide(path)) is not None:
            raise PathError("E_PATH_WIDE", path=path, what=what)


def too_wide(path: str) -> Words | None:
    """What a path is that is hardly meant: the root of the file system, a home folder as a whole or what holds it, one
    letter. (A string taken for a list of paths is walked letter by letter, and begins with "/".)"""
    home = Path.home().resolve()
    whole = Path(os.path.realpath(path.replace("\0", "")))  # what cannot be a path is told by `scan`
    if whole == Path(whole.anchor):
        return Words("the whole file system", "整个文件系统")
    if whole == home or whole in home.parents:
        return Words("a whole home folder", "整个主文件夹")
    if len(path) == 1 and path != ".":
        return Words("one letter: was a string given for a list?", "一个字母：是否把字符串当成了列表？")
    return None


class _Ledger:
    """What became of each file, in the order it was settled."""

    def __init__(self, on_progress: OnProgress, total: int) -> None:
        self.added: list[Added] = []
        self.unchanged: list[Unchanged] = []
        self.skipped: list[Problem] = []
        self.failed: list[Problem] = []
        self._on_progress, self._total, self._settled = on_progress, total, 0
        self._known: list[tuple[Sighting, str]] = []

    def problem(self, problem: Problem) -> None:
        (self.skipped if is_skipped(problem) else self.failed).append(problem)

    def fail(self, source: Source, error: FileProblem) -> None:
        self.problem(as_problem(source.path, error))
        self.settle(source.path)

    def know(self, seen: Sighting, document: str, writer: Writer) -> None:
        """A file whose bytes are in the library: noted when there are many, or before the next document is stored."""
        self._known.append((seen, document))
        if len(self._known) >= _NOTED:
            self.note(writer)

    def note(self, writer: Writer) -> None:
        """Notes the files that are known, and settles them."""
        if self._known:
            for unchanged in writer.place(self._known):
                self.unchanged.append(unchanged)
                self.settle(unchanged.path)
            self._known = []

    def settle(self, item: str) -> None:
        self._settled += 1
        self._on_progress(Progress("commit", self._settled, self._total, item))

    def step(self, phase: str, done: int, total: int, item: str = "") -> None:
        self._on_progress(Progress(phase, done, total, item))

    def report(self) -> Report:
        return Report(tuple(self.added), tuple(self.unchanged), tuple(self.skipped), tuple(self.failed))


def ingest(paths: Sequence[str | Path | Source], store: Store, encoder: Encoder, open_reader: OpenReader, *,
           encoding: str | None = None, on_progress: OnProgress = lambda progress: None, again: str = "",
           pictures: Collection[bytes] | None = ()) -> Report:
    """Adds files, folders and patterns to the library. Same bytes again: unchanged; where the file they were in is
    gone, it was renamed. Changed bytes at the same path: the old version goes, unless another file has it.

    A document counts as added once its text and its vectors are committed. A killed run leaves whole documents, some of
    which are found by their words only; the next one gives them their vectors first. open_reader is called once for
    each of the processes that read. on_progress is told of phases "scan" (once: how many files there are), "read" and
    "commit" (files) and "encode" (passages). again: a document that is read though it is there.
    pictures: of folders and archives, None: all. Errors: LibraryError and EncoderError; those of one file are reported.
    """
    sources, problems = entered(*scan(paths, pictures=pictures), pictures=pictures)
    ledger = _Ledger(on_progress, len(sources))
    ledger.step("scan", len(sources), len(sources))
    for problem in problems:
        ledger.problem(problem)
    if not sources:
        return ledger.report()
    with store.write("add") as writer:
        check_encoder(writer.encoder(), encoder)
        # Those at a new path first: a file that was copied or renamed before the old one changed keeps its document.
        known = writer.paths.known(source.raw for source in sources)
        sources.sort(key=lambda source: source.raw in known)
        with _ReadAhead(open_reader, encoding, again) as ahead, _Encoding(writer, encoder, ledger) as encoding_:
            encoding_.wants(writer.without_vectors())
            for files in _groups(ahead.documents(sources, writer, ledger)):
                with writer.together():
                    ledger.note(writer)
                    for seen, document in files:
                        _commit_text(seen, document, writer, encoder, ledger, encoding_, again)
                encoding_.go_on()
            ledger.note(writer)
            encoding_.finish()
    return ledger.report()


def _commit_text(seen: Sighting, document: Document, writer: Writer, encoder: Encoder, ledger: _Ledger,
                 encoding: _Encoding, again: str) -> None:
    """The document with its passages and terms, and the vectors that are known; the rest is asked for."""
    if seen.sha256 != document.sha256:  # written to since it was hashed
        seen = replace(seen, sha256=document.sha256, mtime=None, size=None)
    # the same bytes twice in this very run
    if (known := _known(writer, seen)) and known != again:
        ledger.know(seen, known, writer)
        ledger.note(writer)
        return
    passages = tuple(chunk(document, encoder.count_tokens, encoder.max_tokens))
    vectors, sentences = writer.known_vectors(passages, encoder.dim)
    before, found = writer.last_passage(), writer.find(document.sha256)
    added = writer.commit(
        Prepared(document, passages, vectors, encoder.fingerprint, seen.raw, seen.sidecar, seen.size or 0, sentences,
                 seen.mtime, seen.mount), encoder.name)
    if added.moved_from and found is not None and found[2] == seen.sidecar:  # read for its name alone
        ledger.unchanged.append(Unchanged(document.id, seen.path, added.moved_from, added.replaced))
    else:
        ledger.added.append(added)
    encoding.wants(writer.without_vectors(before), seen.path)


def _known(writer: Writer, seen: Sighting) -> str | None:
    """The id of the document with these bytes, unless it has to be read: what is said of it beside the file has
    changed, or it was renamed and has its title from the name."""
    document = writer.paths.settles(seen)
    moved = writer.paths.moved_from(document, seen) if document is not None else None
    if document is None or moved is None:
        return document
    old, new = (title_from_name(os.fsdecode(os.path.basename(path))) for path in (moved.path, seen.raw))
    return document if old == new or writer.title_as_read(document) != old else None


class _ReadAhead:
    """Reads files in several processes before their turn, and gives them in their order."""

    def __init__(self, open_reader: OpenReader, encoding: str | None, again: str) -> None:
        self._open_reader, self._encoding, self._again = open_reader, encoding, again
        self._readers = threading.local()
        self._opened = ExitStack()
        self._pool = ThreadPoolExecutor(_READERS, "read", self._open)

    def __enter__(self) -> _ReadAhead:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._opened.close()

    def _open(self) -> None:
        self._readers.own = self._opened.enter_context(self._open_reader())

    def _read(self, source: Source, recognised: Mapping[int, dict[str, Any]]) -> Document:
        reader: Reader = self._readers.own
        return reader.read(source, self._encoding, recognised)

    def documents(self, sources: Sequence[Source], writer: Writer,
                  ledger: _Ledger) -> Iterator[tuple[Sighting, Document, bool]]:
        """(file, document, whether the next one is there); the others are settled in the ledger."""
        waiting: deque[tuple[Source, Sighting, Future[Document]]] = deque()
        sightings = Sightings()
        for n, source in enumerate(sources, 1):
            ledger.step("read", n, len(sources), source.path)
            try:
                seen = sightings.of(source)
                known = _known(writer, seen)
            except FileProblem as error:
                ledger.fail(source, error)
                continue
            if known and known != self._again:
                ledger.know(seen, known, writer)
                continue
            recognised = writer.recognised.of(seen.sha256[:12])
            waiting.append((source, seen, self._pool.submit(self._read, source, recognised)))
            if len(waiting) > _AHEAD:
                yield from self._first(waiting, ledger)
        while waiting:
            yield from self._first(waiting, ledger)

    def _first(self, waiting: deque[tuple[Source, Sighting, Future[Document]]],
               ledger: _Ledger) -> Iterator[tuple[Sighting, Document, bool]]:
        source, seen, reading = waiting.popleft()
        try:
            document = reading.result()
        except FileProblem as error:
            ledger.fail(source, error)
        else:
            yield seen, document, bool(waiting) and bool(wait([waiting[0][2]], _NEXT).done)


def _groups(documents: Iterator[tuple[Sighting, Document, bool]]) -> Iterator[list[tuple[Sighting, Document]]]:
    """Documents that are there one after the other, up to about _TOGETHER passages: one wait for the disk instead of
    many."""
    group: list[tuple[Sighting, Document]] = []
    size = 0
    for seen, document, has_next in documents:
        group.append((seen, document))
        size += 1 + len(document.text) // 500
        if size >= _TOGETHER or not has_next:
            yield group
            group, size = [], 0
    if group:
        yield group


class _Encoding:
    """Encodes passages in a thread of its own, in groups; their vectors are committed, and progress told, in the thread
    that writes."""

    def __init__(self, writer: Writer, encoder: Encoder, ledger: _Ledger) -> None:
        self._writer, self._encoder, self._ledger = writer, encoder, ledger
        self._pool = ThreadPoolExecutor(1, "encode")
        self._wanted: deque[int] = deque()
        # (path, how many vectors must be there before it is settled), in order
        self._files: deque[tuple[str, int]] = deque()
        self._group: list[int] = []
        self._running: Future[tuple[list[int], _Encoded]] | None = None
        self._n_wanted = self._n_done = self._n_in_group = self._n_told = 0

    def __enter__(self) -> _Encoding:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def wants(self, passages: Sequence[int], path: str = "") -> None:
        """Asks for vectors; the file at `path` is settled when all that was asked for until now is there."""
        self._wanted.extend(passages)
        self._n_wanted += len(passages)
        if path:
            self._files.append((path, self._n_wanted))
        self._settle()

    def go_on(self) -> None:
        """Commits what is ready and starts the next group, if there is enough for one."""
        self._tell()
        if self._running is None or self._running.done():
            self._collect()
            if len(self._wanted) >= _SLICE:  # an encoder that waits for a full group while files are read is time lost
                self._start()

    def finish(self) -> None:
        """Waits until every vector is committed."""
        while self._wanted or self._running:
            if self._running is None:
                self._start()
            wait([self._running] if self._running else [], timeout=_PATIENCE)
            self._tell()
            if self._running and self._running.done():
                self._collect()

    def _start(self) -> None:
        self._group = [self._wanted.popleft() for _ in range(min(GROUP_PASSAGES, len(self._wanted)))]
        texts = self._writer.texts(self._group)
        self._n_in_group = 0
        self._running = self._pool.submit(self._encode, texts)

    def _encode(self, texts: dict[int, str]) -> tuple[list[int], _Encoded]:
        def count(done: int) -> None:
            self._n_in_group = done

        return list(texts), encode_all(self._encoder, list(texts.values()), count)

    def _collect(self) -> None:
        if self._running is not None:
            ids, encoded = self._running.result()
            self._running = None
            self._writer.set_vectors(ids, *encoded)
            self._n_done, self._n_in_group = self._n_done + len(self._group), 0
            self._settle()

    def _tell(self) -> None:
        done = self._n_done + self._n_in_group
        if done != self._n_told:
            self._n_told = done
            self._ledger.step("encode", done, self._n_wanted)

    def _settle(self) -> None:
        while self._files and self._files[0][1] <= self._n_done:
            self._ledger.settle(self._files.popleft()[0])


def encode_all(encoder: Encoder, texts: Sequence[str], on_done: Callable[[int], None]) -> _Encoded:
    """float32 [n, d] and the sentences of each, in the order of `texts`; longest first, in slices, so that progress can
    be told."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    vectors = np.empty((len(texts), encoder.dim), dtype=np.float32)
    sentences: list[SentenceVectors | None] = [None] * len(texts)
    for first in range(0, len(order), _SLICE):
        rows = order[first:first + _SLICE]
        vectors[rows], found = encode_passages(encoder, [texts[i] for i in rows])
        for row, item in zip(rows, found, strict=True):
            sentences[row] = item
        on_done(min(first + _SLICE, len(order)))
    return vectors, sentences


def reindex(store: Store, encoder: Encoder, *, on_progress: OnProgress = lambda progress: None) -> int:
    """Cuts and encodes every stored document again with this encoder; gives the number of passages.

    The old vectors answer until the last document is ready, then all are swapped in one transaction. A killed reindex
    goes on where it was. Files on disk are not needed.
    """
    with store.write("reindex") as writer:
        infos = writer.documents()
        done = writer.staged.documents(encoder.fingerprint)
        group: list[tuple[str, list[Passage]]] = []
        for n, info in enumerate(infos, 1):
            if info.id not in done:
                group.append((info.id, chunk(writer.document(info.id), encoder.count_tokens, encoder.max_tokens)))
            if n == len(infos) or sum(len(passages) for _, passages in group) >= GROUP_PASSAGES:
                _stage(group, writer, encoder)
                group = []
            on_progress(Progress("encode", n, len(infos), info.title))
        writer.adopt(EncoderRecord(encoder.name, encoder.fingerprint, encoder.dim))
        return writer.counts()[1]


def _stage(group: Sequence[tuple[str, list[Passage]]], writer: Writer, encoder: Encoder) -> None:
    """Encodes the passages of several documents together and keeps each document's aside."""
    vectors, sentences = encode_all(encoder, [passage.text for _, passages in group for passage in passages],
                                    lambda _: None)
    position = 0
    for document, passages in group:
        own = slice(position, position + len(passages))
        writer.stage(document, encoder.fingerprint, passages, vectors[own], sentences[own])
        position += len(passages)
