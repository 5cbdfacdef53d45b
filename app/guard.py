"""Who is let in, decided before Streamlit sees a request: the right host, the right origin, and the key of this start.

Reads: the headers of every request and WebSocket.  Gives: the request to Streamlit, or a refusal that says what to do.
`kb app` prints an address with a token; opening it leaves a cookie, and without the cookie nothing is served: no page,
file, upload, health or WebSocket. Where others may reach the app, a login (login.py) stands in the token's place.
"""

from __future__ import annotations

import html
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from string import Template
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from kb_app.components import static
from kb_app.guard_words import REFUSED
from kb_app.headers import app_headers, plain_headers
from kb_app.login import is_open_to_strangers, may_enter
from kb_app.peer import is_of_another_user
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, Response

Refusal = Literal["host", "origin", "token", "login", "user"]


@dataclass(frozen=True)
class Door:
    """Where this start is reached, and by what. origin: as the browser shows it.  token: what the printed address
    carries; "" where a login stands in its place.  key: what the cookie holds, made here and told to nobody else."""

    origin: str
    token: str
    key: str = field(default_factory=secrets.token_urlsafe)

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc

    @property
    def cookie(self) -> str:
        """Cookies are shared by all ports of a host: another port's app has another name."""
        return f"kb-{urlsplit(self.origin).port or 'app'}"


class Guard:
    """The outermost middleware: refuses, exchanges the token for the cookie, and puts the headers on what is served."""

    def __init__(self, app: Any, door: Door) -> None:
        self.app = app
        self.door = door
        self.headers = app_headers(door.origin)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refusal = self._refusal(connection)
        if refusal in (None, "token") and self._has_token(connection):
            await self._entrance(connection)(scope, receive, send)
        elif refusal is None:
            await self.app(scope, receive, self._with_headers(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: the answer is 403
        else:
            await self._answer(connection, refusal)(scope, receive, send)

    def _refusal(self, connection: HTTPConnection) -> Refusal | None:
        if connection.headers.getlist("host") != [self.door.host]:
            return "host"  # a name that another server's owner lets point here
        if not self._is_from_here(connection):
            return "origin"
        if not self.door.token:
            return None if may_enter(connection) or is_open_to_strangers(connection.scope["path"]) else "login"
        if is_of_another_user(connection.client, connection.scope.get("server")):
            return "user"
        return None if self._has_cookie(connection) else "token"

    def _is_from_here(self, connection: HTTPConnection) -> bool:
        """Whether this is the app's own page, or an address that somebody opened.

        A browser names the origin with every WebSocket and every request that changes something. Where it does not, it
        says whether another site's or another port's page asked (Sec-Fetch-Site): that may open the app, not load from
        it.
        """
        origins = connection.headers.getlist("origin")
        is_reading = connection.scope["type"] == "http" and connection.scope["method"] in ("GET", "HEAD")
        if origins != [self.door.origin] and (origins or not is_reading):
            return False
        if connection.headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
            return True
        return is_reading and connection.headers.get("sec-fetch-dest") == "document"

    def _has_cookie(self, connection: HTTPConnection) -> bool:
        # All that have the name: a page of another port can set one more, it must not shut the app.
        pairs = (pair.strip().partition("=") for line in connection.headers.getlist("cookie")
                 for pair in line.split(";"))
        return any(name == self.door.cookie and _is_same(value, self.door.key) for name, _, value in pairs)

    def _has_token(self, connection: HTTPConnection) -> bool:
        if not self.door.token or connection.scope.get("method") != "GET":
            return False
        return any(name == "token" and _is_same(value, self.door.token)
                   for name, value in parse_qsl(connection.url.query))

    def _answer(self, connection: HTTPConnection, refusal: Refusal) -> Response:
        status = HTTPStatus.MISDIRECTED_REQUEST if refusal == "host" else HTTPStatus.FORBIDDEN
        if connection.scope["method"] == "GET" and "text/html" in connection.headers.get("accept", ""):
            is_link = connection.headers.get("sec-fetch-site") in ("cross-site", "same-site")
            return HTMLResponse(_page(refusal, _here(connection) if is_link else "", self.door.origin), status,
                                plain_headers())
        return PlainTextResponse(REFUSED[refusal].en.format(origin=self.door.origin), status, plain_headers())

    def _entrance(self, connection: HTTPConnection) -> Response:
        """Leaves the cookie and opens the same address without the token.

        A page that goes on by itself, not a redirect: the browser sends a strict cookie only where this server's own
        page leads, whatever the address was opened from.
        """
        target = html.escape(_here(connection), quote=True)
        response = HTMLResponse(f'<!doctype html><meta charset="utf-8"><title>kb</title>'
                                f'<meta http-equiv="refresh" content="0; url={target}"><a href="{target}">kb</a>',
                                headers=plain_headers())
        response.set_cookie(self.door.cookie, self.door.key, httponly=True, samesite="strict", path="/")
        return response

    def _with_headers(self, send: Any) -> Any:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.headers]
            await send(message)

        return sending


def _is_same(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode(), wanted.encode())


def _here(connection: HTTPConnection) -> str:
    """The path that was asked for, without the token; one slash first, so that it cannot name another host."""
    kept = [(name, value) for name, value in parse_qsl(connection.url.query, keep_blank_values=True) if name != "token"]
    path = "/" + quote(connection.scope["path"].lstrip("/\\"))
    return f"{path}?{urlencode(kept)}" if kept else path


def _page(refusal: Refusal, link: str, origin: str) -> str:
    parts = [f'<p lang="{lang}">{html.escape(REFUSED[refusal].in_(lang).format(origin=origin))}</p>'
             for lang in ("zh", "en")]
    if link and refusal == "token":
        words = REFUSED["again"]
        parts.append(f'<p><a href="{html.escape(link, quote=True)}">{words.zh} · {words.en}</a></p>')
    return Template(static("refused.html")).substitute(style=static("refused.css"), words="\n".join(parts))
