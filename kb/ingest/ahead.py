"""Files turned into documents ahead of their turn, and given in their order: in processes of this machine, or elsewhere
together with their passages and vectors (Preparers)."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol

from kb.errors import FileProblem
from kb.ingest.ledger import Ledger
from kb.readers import Source
from kb.readers.metadata import title_from_name
from kb.readers.seen import Sightings
from kb.store import Writer
from kb.types import Document, Prepared, Sighting

_READERS = min(4, os.cpu_count() or 1)
_AHEAD = 2 * _READERS  # files read before their turn
_TOGETHER = 128  # passages whose text is committed in one transaction, if the next file is there
_NEXT = 0.02  # seconds the next file may take to be there: a small one takes 2 ms to be read, a transaction 1 ms to end

Read = Document | Prepared


class Reader(Protocol):
    """What turns a file into a document; readers.sandbox.Sandbox does it in a limited process, one file at a time."""

    def read(self, source: Source, encoding: str | None = None,
             recognised: Mapping[int, dict[str, Any]] | None = None) -> Document: ...


OpenReader = Callable[[], AbstractContextManager[Reader]]


class Preparers(Protocol):
    """What reads, cuts and encodes files elsewhere (cluster/link.py). ahead: files that may be asked for before their
    turn."""

    @property
    def ahead(self) -> int: ...

    def prepare(self, source: Source, seen: Sighting, encoding: str | None,
                recognised: Mapping[int, dict[str, Any]]) -> Future[str]:
        """Asks for a file; the result is what `take` takes. It has the errors of `Reader.read`, and those that end the
        run."""
        ...

    def take(self, key: str) -> Prepared:
        """The document that was asked for."""
        ...

    def settled(self, documents: Sequence[str]) -> None:
        """Told of documents that are committed: nothing of them has to be kept any more."""
        ...

    def finished(self) -> None:
        """Told that every file has had its turn, while the library is still locked."""
        ...


def known(writer: Writer, seen: Sighting) -> str | None:
    """The id of the document with these bytes, unless it has to be read: what is said of it beside the file has
    changed, or it was renamed and has its title from the name."""
    document = writer.paths.settles(seen)
    moved = writer.paths.moved_from(document, seen) if document is not None else None
    if document is None or moved is None:
        return document
    old, new = (title_from_name(os.fsdecode(os.path.basename(path))) for path in (moved.path, seen.raw))
    return document if old == new or writer.title_as_read(document) != old else None


class Ahead(Protocol):
    """Gives documents in the order of their files."""

    def __enter__(self) -> Ahead: ...

    def __exit__(self, *error: object) -> None: ...

    @property
    def most(self) -> int:
        """Files that are asked for before their turn."""
        ...

    def ask(self, source: Source, seen: Sighting, recognised: Mapping[int, dict[str, Any]]) -> Future[Any]:
        """Begins with a file."""
        ...

    def give(self, asked: Future[Any]) -> Read:
        """Waits for it. Errors: FileProblem."""
        ...


class ReadHere:
    """Reads files in several processes of this machine."""

    most = _AHEAD

    def __init__(self, open_reader: OpenReader, encoding: str | None) -> None:
        self._open_reader, self._encoding = open_reader, encoding
        self._readers = threading.local()
        self._opened = ExitStack()
        self._pool = ThreadPoolExecutor(_READERS, "read", self._open)

    def __enter__(self) -> ReadHere:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._opened.close()

    def _open(self) -> None:
        self._readers.own = self._opened.enter_context(self._open_reader())

    def _read(self, source: Source, recognised: Mapping[int, dict[str, Any]]) -> Document:
        reader: Reader = self._readers.own
        return reader.read(source, self._encoding, recognised)

    def ask(self, source: Source, seen: Sighting, recognised: Mapping[int, dict[str, Any]]) -> Future[Document]:
        """See Ahead."""
        return self._pool.submit(self._read, source, recognised)

    def give(self, asked: Future[Document]) -> Document:
        """See Ahead."""
        return asked.result()


class PreparedElsewhere:
    """Has files prepared by others, who outlive this."""

    def __init__(self, preparers: Preparers, encoding: str | None) -> None:
        self._preparers, self._encoding = preparers, encoding

    def __enter__(self) -> PreparedElsewhere:
        return self

    def __exit__(self, *error: object) -> None: ...

    @property
    def most(self) -> int:
        return self._preparers.ahead

    def ask(self, source: Source, seen: Sighting, recognised: Mapping[int, dict[str, Any]]) -> Future[str]:
        """See Ahead."""
        return self._preparers.prepare(source, seen, self._encoding, recognised)

    def give(self, asked: Future[str]) -> Prepared:
        """See Ahead."""
        return self._preparers.take(asked.result())


def documents(sources: Sequence[Source], ahead: Ahead, writer: Writer, ledger: Ledger,
              again: str) -> Iterator[tuple[Sighting, Read, bool]]:
    """(file, document, whether the next one is there); the others are settled in the ledger. again: a document that is
    read though it is there."""
    waiting: deque[tuple[Source, Sighting, Future[Any]]] = deque()
    sightings = Sightings()
    for n, source in enumerate(sources, 1):
        ledger.step("read", n, len(sources), source.path)
        try:
            seen = sightings.of(source)
            document = known(writer, seen)
        except FileProblem as error:
            ledger.fail(source, error)
            continue
        if document and document != again:
            ledger.know(seen, document, writer)
            continue
        recognised = writer.recognised.of(seen.sha256[:12])
        waiting.append((source, seen, ahead.ask(source, seen, recognised)))
        if len(waiting) > ahead.most:
            yield from _first(waiting, ahead, ledger)
    while waiting:
        yield from _first(waiting, ahead, ledger)


def _first(waiting: deque[tuple[Source, Sighting, Future[Any]]], ahead: Ahead,
           ledger: Ledger) -> Iterator[tuple[Sighting, Read, bool]]:
    source, seen, asked = waiting.popleft()
    try:
        read = ahead.give(asked)
    except FileProblem as error:
        ledger.fail(source, error)
    else:
        yield seen, read, bool(waiting) and bool(wait([waiting[0][2]], _NEXT).done)


def grouped(found: Iterator[tuple[Sighting, Read, bool]]) -> Iterator[list[tuple[Sighting, Read]]]:
    """Documents that are there one after the other, up to about _TOGETHER passages: one wait for the disk instead of
    many."""
    group: list[tuple[Sighting, Read]] = []
    size = 0
    for seen, read, has_next in found:
        group.append((seen, read))
        size += 1 + len((read.document if isinstance(read, Prepared) else read).text) // 500
        if size >= _TOGETHER or not has_next:
            yield group
            group, size = [], 0
    if group:
        yield group
