"""Answer for other commands: a process that has the encoder loaded takes the questions of `kb ask` and `kb search`.

Reads: an opened library.  Gives: answers over a Unix socket in the library folder, which only its owner may open. The
app does this while it runs, and so does `kb serve`. One request and one reply per connection, each a line of JSON; what
does not fit (another version of kb, other settings, an error) is not answered, and the command does its work itself.
As many questions are answered at a time as there are cores, in the order in which they came; whoever asks what already
waits gets the same reply.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb import version
from kb.config import Settings
from kb.errors import KBError
from kb.operations import shapes
from kb.outside import read_json
from kb.types import Scope

if TYPE_CHECKING:
    from kb.base import KnowledgeBase

log = logging.getLogger(__name__)
_NAME = "serve.sock"
_LONGEST = 1 << 20  # bytes of a request
_LONGEST_REPLY = 1 << 28
_PATIENCE = 30.0  # seconds
_AT_ONCE = 128  # connections that are answered or wait to be
_NOTHING = b"null"
_Question = tuple[str, str, int, Scope | None]  # method, question, k, what documents have to be


class Service:
    """Answers for others from now on until `close`. `is_serving` is False where another process does already, or no
    socket can be made."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._identity = _identity(base.settings)
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        self._workers = ThreadPoolExecutor(max(2, os.cpu_count() or 1), "serve")
        self._waiting: dict[_Question, Future[bytes]] = {}  # whose answer is not begun yet
        self._lock = threading.Lock()
        self._socket = _listen(base.settings.home)
        self.is_serving = self._socket is not None
        if self._socket is not None:
            threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def close(self) -> None:
        """Stops taking questions."""
        if self._socket is not None:
            with contextlib.suppress(OSError), _address(self._base.settings.home) as address:
                os.remove(address)
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket, self.is_serving = None, False
            self._workers.shutdown(wait=False, cancel_futures=True)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            self._free.acquire()
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._reply, args=(connection,), daemon=True).start()

    def _reply(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError):
                connection.settimeout(_PATIENCE)
                connection.sendall(self._said(_read_line(connection)) + b"\n")
        except ValueError as error:  # longer than a request may be
            log.info("not answered for a command: %s", error)
        finally:
            self._free.release()

    def _said(self, data: bytes) -> bytes:
        """The reply to a request; null where the command has to do its work itself."""
        try:
            request = _request(data)
            if request["identity"] != self._identity:
                return _NOTHING
            return self._shared((request["method"], request["question"], request["k"], request["scope"])).result()
        except (ValueError, KBError) as error:
            log.info("not answered for a command: %s", error)
        except CancelledError:
            log.info("not answered for a command: this process stopped serving")
        except Exception:  # the command meets it as well, and tells it; this process goes on answering
            log.warning("a question was not answered for a command", exc_info=True)
        return _NOTHING

    def _shared(self, asked: _Question) -> Future[bytes]:
        """The reply to come, the same for all who ask this before it is begun. Errors: CancelledError."""
        with self._lock:
            if asked not in self._waiting:
                try:
                    self._waiting[asked] = self._workers.submit(self._answer, asked)
                except RuntimeError as error:  # no work is taken any more
                    raise CancelledError from error
            return self._waiting[asked]

    def _answer(self, asked: _Question) -> bytes:
        with self._lock:
            del self._waiting[asked]  # what is added from now on is for whoever asks from now on
        method, question, k, scope = asked
        if method == "ask":
            found = self._base.ask(question, scope=scope).to_dict()
        else:
            own = self._base.search_notes(question, k, scope=scope)
            found = shapes.hits(self._base.search(question, k, scope=scope), own)
        return json.dumps(found).encode()


def ask_service(settings: Settings, method: str, question: str, k: int = 0,
                scope: Scope | None = None) -> dict[str, Any] | None:
    """`to_dict` of the Answer ("ask"), or {"hits": […]} ("search"), from the process that serves this library; None if
    there is none."""
    request = {"identity": _identity(settings), "method": method, "question": question, "k": k,
               "scope": scope.to_dict() if scope else None}
    try:
        with _address(settings.home) as address, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_PATIENCE)
            connection.connect(address)
            connection.sendall(json.dumps(request).encode() + b"\n")
            reply = read_json(_read_line(connection, limit=_LONGEST_REPLY), largest=_LONGEST_REPLY)
            return reply if isinstance(reply, dict) else None
    except (OSError, ValueError, AttributeError):  # AttributeError: a system without Unix sockets
        return None


def _request(data: bytes) -> dict[str, Any]:
    """A request as `ask_service` sends it. Errors: ValueError for anything else."""
    request = read_json(data, largest=_LONGEST + 1)
    kinds = {"identity": list, "method": str, "question": str, "k": int}
    if not isinstance(request, dict) or any(type(request.get(name)) is not kind for name, kind in kinds.items()):
        raise ValueError(f"not a request: it has to have {', '.join(kinds)}")
    if request["method"] not in ("ask", "search"):
        raise ValueError(f"unknown method {request['method'][:40]!r}")
    scope = request.get("scope")
    if scope is not None and not isinstance(scope, dict):
        raise ValueError("not a request: its scope has to be an object")
    try:
        return {**request, "scope": scope and Scope.from_dict(scope)}
    except TypeError as error:
        raise ValueError(f"not a scope: {error}") from error


def _identity(settings: Settings) -> list[str]:
    """What must be equal for two processes to give the same answer."""
    return [version.__version__, str(settings.home), settings.encoder, settings.engine]


@contextlib.contextmanager
def _address(home: Path) -> Iterator[str]:
    """The socket's path, by way of the opened folder: a path of its own may be 108 bytes at most."""
    folder = os.open(home, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{_NAME}" if os.path.isdir("/proc/self/fd") else str(home / _NAME)
    finally:
        os.close(folder)


def _listen(home: Path) -> socket.socket | None:
    if not hasattr(socket, "AF_UNIX") or not home.is_dir():
        return None
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _address(home) as address:
            if _is_answered(address):
                raise OSError("another process serves this library")
            with contextlib.suppress(FileNotFoundError):
                os.remove(address)  # left by a process that was killed
            before = os.umask(0o177)
            try:
                listening.bind(address)
            finally:
                os.umask(before)
            listening.listen(_AT_ONCE)
    except OSError as error:
        log.info("not serving %s: %s", home, error)
        listening.close()
        return None
    return listening


def _is_answered(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(address) == 0


def _read_line(connection: socket.socket, limit: int = _LONGEST) -> bytes:
    data = bytearray()
    while not data.endswith(b"\n"):
        part = connection.recv(1 << 16)
        if not part:
            break
        data += part
        if len(data) > limit:
            raise ValueError("too long")
    return bytes(data)
