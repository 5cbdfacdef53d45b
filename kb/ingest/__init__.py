"""Documents in: read -> chunk -> encode -> commit.

`ingest` is a pipeline: files are read in several processes ahead of their turn, cut and committed as text, which can be
found by its words at once; one thread encodes the passages in groups (sorted by length, which is what makes it fast)
and their vectors follow. A vector the library has already for the same words is used again. A bad file stands in the
report beside the good ones.

Where other machines prepare (cluster/), what comes from them has its vectors already; the rest of the line is the same.

    ledger.py   what became of each file        ahead.py    files read, or prepared elsewhere, before their turn
    prepare.py  read, chunk, encode: one file
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

from kb.chunk import chunk
from kb.errors import PathError
from kb.ingest.ahead import OpenReader, PreparedElsewhere, Preparers, Read, Reader, ReadHere, documents, grouped, known
from kb.ingest.ledger import Ledger, OnProgress
from kb.ingest.prepare import SLICE, encode_all, prepare
from kb.readers import Source, scan
from kb.readers.members import entered
from kb.sentence_vectors import SentenceVectors
from kb.store import Store, Writer, check_encoder
from kb.types import (
    Encoder,
    EncoderRecord,
    Passage,
    Prepared,
    Progress,
    Report,
    Sighting,
    Unchanged,
    Vectors,
    Words,
)

__all__ = ["GROUP_PASSAGES", "OnProgress", "OpenReader", "Preparers", "Reader", "encode_all", "ingest", "prepare",
           "refuse_wide", "reindex", "too_wide"]

_Encoded = tuple[Vectors, list[SentenceVectors | None]]
# Passages encoded together: enough to fill batches of one length, few enough that a kill costs at most a minute of
# work.
GROUP_PASSAGES = 512
_PATIENCE = 0.2  # seconds between two reports of progress while nothing else happens


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


def ingest(paths: Sequence[str | Path | Source], store: Store, encoder: Encoder, open_reader: OpenReader, *,
           encoding: str | None = None, on_progress: OnProgress = lambda progress: None, again: str = "",
           pictures: Collection[bytes] | None = (), preparers: Preparers | None = None) -> Report:
    """Adds files, folders and patterns to the library. Same bytes again: unchanged; where the file they were in is
    gone, it was renamed. Changed bytes at the same path: the old version goes, unless another file has it.

    A document counts as added once its text and its vectors are committed. A killed run leaves whole documents, some of
    which are found by their words only; the next one gives them their vectors first. open_reader is called once for
    each of the processes that read. on_progress is told of phases "scan" (once: how many files there are), "read" and
    "commit" (files) and "encode" (passages). again: a document that is read though it is there.
    pictures: of folders and archives, None: all. preparers: other machines that read and encode, instead of this one;
    theirs are documents with all their vectors, committed in the same order.
    Errors: LibraryError, EncoderError and ClusterError; those of one file are reported.
    """
    sources, problems = entered(*scan(paths, pictures=pictures), pictures=pictures)
    ledger = Ledger(on_progress, len(sources))
    ledger.step("scan", len(sources), len(sources))
    for problem in problems:
        ledger.problem(problem)
    if not sources:
        return ledger.report()
    with store.write("add") as writer:
        check_encoder(writer.encoder(), encoder)
        # Those at a new path first: a file that was copied or renamed before the old one changed keeps its document.
        paths_before = writer.paths.known(source.raw for source in sources)
        sources.sort(key=lambda source: source.raw in paths_before)
        opened = PreparedElsewhere(preparers, encoding) if preparers else ReadHere(open_reader, encoding)
        with opened as ahead, _Encoding(writer, encoder, ledger) as encoding_:
            encoding_.wants(writer.without_vectors())
            for files in grouped(documents(sources, ahead, writer, ledger, again)):
                with writer.together():
                    ledger.note(writer)
                    for seen, read in files:
                        _commit_text(seen, read, writer, encoder, ledger, encoding_, again)
                encoding_.go_on()
                if preparers:
                    preparers.settled([seen.sha256[:12] for seen, _ in files])
            ledger.note(writer)
            encoding_.finish()
            if preparers:
                preparers.finished()
    return ledger.report()


def _commit_text(seen: Sighting, read: Read, writer: Writer, encoder: Encoder, ledger: Ledger, encoding: _Encoding,
                 again: str) -> None:
    """The document with its passages and terms, and the vectors that are known; the rest is asked for."""
    document = read.document if isinstance(read, Prepared) else read
    if seen.sha256 != document.sha256:  # written to since it was hashed
        seen = replace(seen, sha256=document.sha256, mtime=None, size=None)
    # the same bytes twice in this very run
    if (there := known(writer, seen)) and there != again:
        ledger.know(seen, there, writer)
        ledger.note(writer)
        return
    if isinstance(read, Prepared):
        passages, vectors, sentences = read.passages, read.vectors, read.sentences
    else:
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
    if isinstance(read, Prepared):
        encoding.has(len(passages), seen.path)
    else:
        encoding.wants(writer.without_vectors(before), seen.path)


class _Encoding:
    """Encodes passages in a thread of its own, in groups; their vectors are committed, and progress told, in the thread
    that writes."""

    def __init__(self, writer: Writer, encoder: Encoder, ledger: Ledger) -> None:
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

    def has(self, n_passages: int, path: str) -> None:
        """Told of a file that came with its vectors; its transaction is still open."""
        self._n_wanted, self._n_done = self._n_wanted + n_passages, self._n_done + n_passages
        self._files.append((path, self._n_wanted))

    def go_on(self) -> None:
        """Commits what is ready and starts the next group, if there is enough for one."""
        self._settle()
        self._tell()
        if self._running is None or self._running.done():
            self._collect()
            if len(self._wanted) >= SLICE:  # an encoder that waits for a full group while files are read is time lost
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
