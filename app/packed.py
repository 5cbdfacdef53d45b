"""Streamlit's scripts and styles, packed once for each start: a page is 1.8 MB then, and not 3.6."""

from __future__ import annotations

import gzip
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

_PACKED = ("/static/js/", "/static/css/")
_LEAST = 1000  # bytes: below it packing saves nothing


class Packed:
    """A middleware: answers for a script or a style from what it has packed. Those files change with Streamlit alone,
    while no server runs, and hold nothing of a reader's."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._kept: dict[str, tuple[list[tuple[bytes, bytes]], bytes]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not _may_be_packed(scope):
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if path not in self._kept:
            start, body = await self._answer(scope, receive)
            if start["status"] != 200 or len(body) < _LEAST:
                await send(start)
                await send({"type": "http.response.body", "body": body})
                return
            packed = await run_in_threadpool(gzip.compress, body, 6)
            self._kept[path] = _headers(start["headers"], len(packed)), packed
        headers, packed = self._kept[path]
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": packed})

    async def _answer(self, scope: Any, receive: Any) -> tuple[Any, bytes]:
        """The start and the whole body of what the server says."""
        starts: list[Any] = []
        parts: list[bytes] = []

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                starts.append(message)
            else:
                parts.append(message.get("body", b""))

        await self.app(scope, receive, sending)
        return starts[0], b"".join(parts)


def _may_be_packed(scope: Any) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(_PACKED):
        return False
    headers = HTTPConnection(scope).headers
    is_whole = not any(name in headers for name in ("range", "if-none-match", "if-modified-since"))
    return is_whole and "gzip" in headers.get("accept-encoding", "")


def _headers(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in headers if name.lower() not in (b"content-length", b"etag")]
    return [*kept, (b"content-length", str(length).encode()), (b"content-encoding", b"gzip"),
            (b"vary", b"accept-encoding")]
