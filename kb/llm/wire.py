"""One HTTP request to a model's endpoint, on a thread of its own, so that neither a name server nor a slow drip holds
the caller.

Reads: address, headers, body.  Gives: Exchange, whose `head` and `chunks` end within a deadline. No redirects, no
proxies, no cookies: http.client does none of them, and the few lines here are all that a larger client would be used
for.
"""

from __future__ import annotations

import contextlib
import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from urllib.parse import urlsplit

from kb.errors import ModelError, ModelUnavailable
from kb.text import one_line
from kb.types import Words

CONNECT_SECONDS = 10.0
MAX_BYTES = 8 << 20
_MOST_WAITING = 1000  # pieces that the caller has not taken yet
_TICK = 0.25  # seconds after which a waiting caller is let go on, so that it can be stopped

_Head = tuple[int, dict[str, str]]


class Exchange:
    """A POST that is under way. deadline: of time.monotonic(), for everything.  seconds: the same as a span, for
    messages."""

    def __init__(self, url: str, headers: Mapping[str, str], body: bytes, deadline: float, seconds: float) -> None:
        self._url, self._headers, self._body = url, dict(headers), body
        self._deadline, self._seconds = deadline, seconds
        self._came: queue.SimpleQueue[_Head | bytes | Exception | None] = queue.SimpleQueue()
        self._connection: http.client.HTTPConnection | None = None
        self._is_closed = False
        threading.Thread(target=self._run, name="kb-model", daemon=True).start()

    def __enter__(self) -> Exchange:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the request wherever it is; the thread follows by itself."""
        self._is_closed = True
        sock = self._connection.sock if self._connection else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def head(self) -> Generator[None, None, _Head]:
        """(status, headers in lower case) when they are there; gives way every quarter of a second until then. Errors:
        ModelError."""
        while True:
            found = self._next(self._deadline, self._seconds)
            if isinstance(found, tuple):
                return found
            yield

    def chunks(self, idle_seconds: float) -> Iterator[bytes]:
        """The body as it comes, at most idle_seconds between two pieces; b"" every quarter of a second while nothing
        comes.

        Errors: ModelError, also when the body was cut.
        """
        size, last = 0, time.monotonic()
        while True:
            is_idle = last + idle_seconds < self._deadline
            found = self._next(last + idle_seconds if is_idle else self._deadline,
                               idle_seconds if is_idle else self._seconds)
            if found is None:
                return
            assert isinstance(found, bytes)
            if found:
                size, last = size + len(found), time.monotonic()
            if size > MAX_BYTES:
                raise ModelError("LLM_PROTOCOL", url=self._url, detail=Words(
                    f"more than {MAX_BYTES >> 20} MB", f"超过 {MAX_BYTES >> 20} MB"))
            yield found

    def check(self) -> None:
        """Errors: ModelError LLM_TIMEOUT after the deadline, for a caller who is busy with what has come."""
        if time.monotonic() >= self._deadline:
            raise ModelError("LLM_TIMEOUT", limit=f"{self._seconds:g}")

    def _next(self, until: float, limit: float) -> _Head | bytes | None:
        """What comes next, b"" after a quarter of a second without, None at the end of the body."""
        try:
            found = self._came.get(timeout=max(0.0, min(_TICK, until - time.monotonic())))
        except queue.Empty:
            if time.monotonic() >= until:
                raise ModelError("LLM_TIMEOUT", limit=f"{limit:g}") from None
            return b""
        if isinstance(found, Exception):
            # others may hold what was sent
            raise self._translated(found) from (found if isinstance(found, OSError) else None)
        return found

    def _run(self) -> None:
        try:
            parts = urlsplit(self._url)
            is_secure = parts.scheme == "https"
            assert parts.hostname is not None
            if is_secure:
                context = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(
                    parts.hostname, parts.port, timeout=CONNECT_SECONDS, context=context)
            else:
                self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=CONNECT_SECONDS)
            self._connection.connect()
            self._connection.sock.settimeout(max(0.0, self._deadline - time.monotonic()) + 1.0)  # `_next` ends sooner
            if self._is_closed:
                return
            self._connection.request("POST", parts.path or "/", self._body, self._headers)
            response = self._connection.getresponse()
            self._came.put((response.status, {name.lower(): value for name, value in response.getheaders()}))
            size = 0
            while not self._is_closed and size <= MAX_BYTES and (data := response.read1(65536)):
                size += len(data)
                self._came.put(data)
                while self._came.qsize() > _MOST_WAITING and not self._is_closed:
                    time.sleep(0.01)  # pieces of one byte would fill the memory
            if response.length:  # a Content-Length that was not reached
                raise http.client.IncompleteRead(b"", response.length)
            self._came.put(None)
        except Exception as error:  # handed to the caller's thread, which raises it
            self._came.put(error)
        finally:
            if self._connection is not None:
                self._connection.close()

    def _translated(self, error: Exception) -> ModelError:
        if isinstance(error, socket.gaierror):
            return ModelUnavailable("LLM_DNS", url=self._url)
        if isinstance(error, ssl.SSLError):
            return ModelUnavailable(
                "LLM_TLS", url=self._url,
                detail=one_line(getattr(error, "verify_message", "") or error.reason or "handshake", 120))
        if isinstance(error, http.client.RemoteDisconnected):
            return ModelUnavailable(
                "LLM_UNREACHABLE",
                url=self._url,
                detail=Words("it closed the connection without an answer", "对方没有回应就关闭了连接"),
            )
        if isinstance(error, http.client.IncompleteRead):
            return ModelError("LLM_INCOMPLETE")
        if isinstance(error, http.client.HTTPException):
            return ModelError("LLM_PROTOCOL", url=self._url, detail=Words("not HTTP", "不是 HTTP"))
        if isinstance(error, TimeoutError):
            return ModelUnavailable("LLM_UNREACHABLE", url=self._url, detail=Words(
                f"no connection within {CONNECT_SECONDS:g} s", f"{CONNECT_SECONDS:g} 秒内没有连上"))
        if isinstance(error, ConnectionResetError | BrokenPipeError):
            return ModelError("LLM_INCOMPLETE")
        if isinstance(error, OSError):
            detail = one_line(error.strerror or type(error).__name__, 120)
            return ModelUnavailable("LLM_UNREACHABLE", url=self._url, detail=detail)
        return ModelError("LLM_PROTOCOL", url=self._url, detail=type(error).__name__)
