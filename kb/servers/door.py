"""Who is let in, decided before a server sees a request: the right host, no other site's page, the token, a body of a
bounded size that comes within its time; and nobody who does not read holds an answer.

Reads: the headers and the body of every request.  Gives: the request to the server, or one error in JSON.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from kb.errors import RequestError
from kb.messages import Language, Words
from kb.outside import OutsideError, read_json
from kb.servers.replies import encoded, language_of, refusal

log = logging.getLogger(__name__)
LARGEST = 1 << 20  # bytes of a request
PATIENCE = 30.0  # seconds in which a request has to be there, and in which a part of an answer has to be taken
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
_HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"))


@dataclass(frozen=True, slots=True)
class Door:
    """By which names a server is reached, and the token that it wants. open_paths: what anybody may read who reaches
    it: pages that say nothing of the library."""

    hosts: frozenset[str]
    token: str
    open_paths: frozenset[str] = frozenset()
    largest: int = LARGEST
    patience: float = PATIENCE

    def refused(self, method: str, path: str, headers: dict[bytes, list[bytes]]) -> RequestError | None:
        """Why a request is not let in, by its headers; None where it is."""
        hosts = [host.decode("latin-1") for host in headers.get(b"host", [])]
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return RequestError("E_HOST")  # a name that another server's owner lets point here
        origins = {origin.decode("latin-1") for origin in headers.get(b"origin", [])}
        if not origins <= {f"{scheme}://{host}" for host in self.hosts for scheme in ("http", "https")}:
            return RequestError("E_ORIGIN")
        if path in self.open_paths and method in ("GET", "HEAD"):
            return None
        given = headers.get(b"authorization", [])
        scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        if scheme.lower() != b"bearer" or not secrets.compare_digest(token.strip(), self.token.encode()):
            return RequestError("E_TOKEN")
        length = headers.get(b"content-length", [b"0"])[0]
        if not length.isdigit() or int(length[:20]) > self.largest:
            return RequestError("E_BODY", limit=self.largest)
        return None


class Guard:
    """The outermost middleware of both servers."""

    def __init__(self, app: App, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: the answer is 403
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        language = language_of(headers.get(b"accept-language", [b""])[0].decode("latin-1"))
        try:
            if (error := self.door.refused(scope["method"], scope["path"], headers)) is not None:
                raise error
            body = await self._body(receive)
        except RequestError as error:
            await _refuse(error, language, send)
            return
        if body is not None:
            sent = [(name, value) for name, value in scope["headers"]
                    if name.lower() not in (b"content-length", b"transfer-encoding")]
            length = [(b"content-length", str(len(body)).encode())] if body else []
            await self._served({**scope, "headers": [*sent, *length]}, _replayed(body, receive), send)

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body; None where whoever sent it is gone. Errors: RequestError E_BODY, E_BODY_SLOW, and E_ARGUMENT
        for what is no JSON."""
        body = bytearray()
        try:
            async with asyncio.timeout(self.door.patience):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    if len(body) > self.door.largest:
                        raise RequestError("E_BODY", limit=self.door.largest)
                    if not message.get("more_body"):
                        return _mended(body)
        except TimeoutError:
            raise RequestError("E_BODY_SLOW", seconds=f"{self.door.patience:g}") from None

    async def _served(self, scope: Message, receive: Receive, send: Send) -> None:
        """The request, until it is answered or nobody takes the answer any more."""
        is_given_up = False

        async def sending(message: Message) -> None:
            nonlocal is_given_up
            try:
                async with asyncio.timeout(self.door.patience):
                    await send(message)
            except TimeoutError:
                is_given_up = True
                raise ConnectionAbortedError("nobody reads the answer") from None

        try:
            await self.app(scope, receive, sending)
        except Exception:
            if not is_given_up:
                raise
            log.info("an answer was given up: nobody read it")


def _mended(body: bytes | bytearray) -> bytes:
    """The JSON of a body within the bounds that all JSON from outside has: neither server wants any other body."""
    if not body:
        return b""
    try:
        return encoded(read_json(body))
    except OutsideError as error:
        raise RequestError("E_ARGUMENT", name="JSON", wanted=Words(f"one value of JSON ({error})",
                                                                   f"一个 JSON 值（{error}）")) from None


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body that was read, and then whatever comes: that the connection is gone."""
    was_given = False

    async def receiving() -> Message:
        nonlocal was_given
        if was_given:
            return await receive()
        was_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving


async def _refuse(error: RequestError, language: Language, send: Send) -> None:
    status, said = refusal(error, language)
    wants = ((b"www-authenticate", b"Bearer"), ) if status == 401 else ()
    body = encoded(said)
    headers = [*_HEADERS, *wants, (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
