"""Other machines that prepare documents, as the writer sees them: it asks for files in their order, and takes each
document when its turn comes.

Reads: files, which are sent as bytes, so that the nodes need no folder in common.  Gives: prepared documents, each kept
as a shard (store/shards.py) as soon as it is there. What a killed run has prepared is not prepared again.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import IO, Any, NamedTuple

from kb.cluster.alike import versions
from kb.cluster.files import encoder_files, job_of
from kb.cluster.packed import PackedError, is_problem, pack, problem_of, unpack, unpack_prepared
from kb.cluster.sent import receive, send
from kb.errors import ClusterError, FileProblem, LibraryError, MissingPackage, Unreadable, error_of
from kb.messages import values_from
from kb.readers import Limits, Source
from kb.store.shards import Shards
from kb.types import Encoder, Prepared, Sighting, Words

AHEAD = 1000  # documents that may be prepared before the first of them is: shards on disk, not memory
_MOST_BYTES = 256 << 20  # of files on their way; one file may be larger
_PATIENCE = 120.0  # seconds without any actor at work
_BEGIN = 40.0  # seconds in which Ray has to answer; where nothing or no Ray does, that is told within 5
_STAMP = re.compile(r"^\[[^\]]*\] (?:\S+:\d+: )?")  # time, process and line of Ray's messages


class _Asked(NamedTuple):
    name: str  # of its shard
    source: Source
    seen: Sighting
    encoding: str | None
    recognised: Mapping[int, dict[str, Any]]
    future: Future[str]


def check_installed() -> None:
    """Errors: MissingPackage where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise MissingPackage("E_MISSING", package="ray", install="bilingual-kb[ray]")


class Cluster:
    """The machines of a Ray cluster, as kb.ingest.Preparers. Nothing is begun before the first file is asked for."""

    ahead = AHEAD

    def __init__(self, address: str, home: Path, encoder: Encoder, engine: str, limits: Limits, *,
                 patience: float = _PATIENCE) -> None:
        """address: HOST:PORT of the head, or "auto": the cluster that this machine is a node of.  engine: see
        encoder.engine.open_bundled. Errors: MissingPackage, ClusterError E_RAY_ENCODER."""
        check_installed()
        self._address, self._patience = address, patience
        self._shards = Shards(home)
        name, self._files = encoder_files(encoder)
        self._wanted: dict[str, Any] = {
            "address": address, "patience": patience, "versions": versions(), "limits": limits.to_dict(),
            "encoder": {"name": name, "engine": engine, "fingerprint": encoder.fingerprint,
                        "files": hashlib.sha256(self._files).hexdigest()[:16] if self._files else ""}}
        self._lock = threading.RLock()
        self._driver: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._opened = contextlib.ExitStack()
        self._said: IO[bytes] | None = None
        self._ready = threading.Event()
        self._queue: deque[_Asked] = deque()
        self._under_way: dict[int, tuple[_Asked, int]] = {}  # number -> what, its bytes
        self._capacity = 0
        self.n_sent = 0  # files that nodes were given
        self._error: Exception | None = None

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *error: object) -> None:
        """Lets the nodes go. Shards stay where the run broke off."""
        if self._channel is not None:
            with contextlib.suppress(OSError):
                self._channel.shutdown(socket.SHUT_RDWR)
        if self._driver is not None:
            try:
                self._driver.wait(5)
            except subprocess.TimeoutExpired:
                self._driver.kill()
                self._driver.wait()
        self._opened.close()

    # --- what the writer asks

    def prepare(self, source: Source, seen: Sighting, encoding: str | None,
                recognised: Mapping[int, dict[str, Any]]) -> Future[str]:
        """See kb.ingest.Preparers. Errors: ClusterError E_RAY_ADDRESS."""
        asked = _Asked(self._name(source, seen, encoding, recognised), source, seen, encoding, recognised, Future())
        if self._has(asked.name):
            asked.future.set_result(asked.name)
            return asked.future
        if self._driver is None:
            self._begin()
        with self._lock:
            if self._error is not None:
                raise self._error
            self._queue.append(asked)
            self._send_more()
        return asked.future

    def take(self, key: str) -> Prepared:
        """See kb.ingest.Preparers. Errors: LibraryError for a shard that was damaged since."""
        data = self._shards.get(key)
        try:
            return unpack_prepared(data or b"")
        except PackedError as error:
            raise LibraryError("E_DAMAGED", detail=f"prepared/{key}: {error}") from error

    def settled(self, documents: Sequence[str]) -> None:
        """See kb.ingest.Preparers."""
        self._shards.drop(documents)

    def finished(self) -> None:
        """See kb.ingest.Preparers."""
        self._shards.clear()

    def _name(self, source: Source, seen: Sighting, encoding: str | None,
              recognised: Mapping[int, dict[str, Any]]) -> str:
        """Of the shard: all that decides what is in it, by its hash."""
        decides = [seen.sha256, seen.sidecar, source.path, os.fsdecode(source.raw), encoding,
                   [[page, frame] for page, frame in sorted(recognised.items())],
                   self._wanted["versions"], self._wanted["encoder"]["fingerprint"], self._wanted["limits"]]
        return f"{seen.sha256[:12]}-{hashlib.sha256(json.dumps(decides).encode('ascii')).hexdigest()[:24]}"

    def _has(self, name: str) -> bool:
        data = self._shards.get(name)
        try:
            return data is not None and not is_problem(data)
        except PackedError:
            return False

    # --- the process that speaks to Ray

    def _begin(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                       "RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS": "0"}
        self._said = self._opened.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # closed with the rest
        self._driver = subprocess.Popen(
            [sys.executable, "-P", "-m", "kb.cluster.driver", str(theirs.fileno())], pass_fds=[theirs.fileno()],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._said)
        theirs.close()
        self._channel = ours
        send(ours, pack(self._wanted, [self._files]))
        threading.Thread(target=self._listen, args=(ours,), name="cluster", daemon=True).start()
        if not self._ready.wait(_BEGIN):
            self._driver.kill()
            self._fail(ClusterError("E_RAY_ADDRESS", address=self._address, detail=Words(
                f"it does not answer as Ray does within {_BEGIN:g} s", f"{_BEGIN:g} 秒内没有 Ray 的应答")))
        if self._error is not None:
            raise self._error

    def _send_more(self) -> None:
        """Sends files while the nodes want some; the lock is held."""
        channel = self._channel
        while channel is not None and self._error is None and self._queue and len(self._under_way) < self._capacity:
            if sum(size for _, size in self._under_way.values()) >= _MOST_BYTES:
                return
            asked = self._queue.popleft()
            try:
                data = job_of(asked.source, asked.seen, asked.encoding, asked.recognised,
                              self._wanted["limits"]["max_bytes"]).to_bytes()
            except FileProblem as error:
                asked.future.set_exception(error)
                continue
            self.n_sent += 1
            self._under_way[self.n_sent] = asked, len(data)
            with contextlib.suppress(OSError):  # `_listen` meets its end
                send(channel, pack({"job": self.n_sent}, [data]))

    def _listen(self, channel: socket.socket) -> None:
        try:
            while True:
                head, parts = unpack(receive(channel))
                if "error" in head:
                    self._fail(error_of(head["error"]["code"], values_from(head["error"]["values"])))
                    return
                with self._lock:
                    if "done" in head:
                        self._keep(head["done"], parts[0])
                    self._capacity = head.get("capacity", self._capacity)
                    self._send_more()
                if "ready" in head:
                    self._ready.set()
        except (OSError, EOFError, PackedError):
            self._fail(ClusterError("E_RAY_LOST", address=self._address, detail=self._last_words()))

    def _keep(self, number: int, data: bytes) -> None:
        asked, _ = self._under_way.pop(number)
        try:
            if not data:
                asked.future.set_exception(Unreadable("E_ACTORS_DIED", n=3))
            elif is_problem(data):
                asked.future.set_exception(problem_of(unpack(data)[0]["problem"]))
            else:
                self._shards.put(asked.name, data)
                asked.future.set_result(asked.name)
        except (OSError, PackedError) as error:  # a full disk ends the run where the writer meets it
            asked.future.set_exception(error)

    def _fail(self, error: Exception) -> None:
        """Whoever waits for a file learns of it; so does the next who asks for one."""
        with self._lock:
            self._error = self._error or error
            waiting = [asked for asked, _ in self._under_way.values()] + list(self._queue)
            self._under_way.clear()
            self._queue.clear()
            for asked in waiting:
                asked.future.set_exception(self._error)
        self._ready.set()

    def _last_words(self) -> str:
        """The last line that the driver wrote before it ended."""
        with contextlib.suppress(OSError, ValueError):
            assert self._said is not None
            lines = os.pread(self._said.fileno(), 1 << 16, max(0, os.fstat(self._said.fileno()).st_size - (1 << 16)))
            told = [line for line in lines.decode("utf-8", "replace").splitlines() if line.strip()]
            return _STAMP.sub("", told[-1].strip())[:300] if told else "-"
        return "-"
