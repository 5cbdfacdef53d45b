"""Ask a language model: any OpenAI-compatible endpoint, streaming or not.

Reads: messages.  Gives: Reply, or ModelError with a code that says exactly what is wrong (errors.py).
Nothing is required of the endpoint but POST {url}/chat/completions: fields it does not know are left out and the
request is repeated, no list of models is asked for, the length of the context is ours to keep. Only this file and
wire.py know the network.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from kb import outside
from kb.errors import ModelError, ModelUnavailable, PromptTooLong, as_finding, finding
from kb.llm.endpoint import Endpoint
from kb.llm.reply import MAX_CHARACTERS, Reading, Reply, hide, read_object
from kb.llm.wire import Exchange
from kb.text import one_line
from kb.types import Finding, Record, Words

MAX_RETRIES = 2
MAX_WAIT = 30.0  # seconds a Retry-After may ask for; a longer one is told to the reader instead
_DAY = 86_400.0
IDLE_SECONDS = 30.0  # between two pieces of a stream that has begun
_REFUSAL_SECONDS = 5.0  # for the words of a refusal
_QUIET = 4  # times that nothing came, a quarter of a second each, after it said that it had finished
_RETRIED = {429, 500, 502, 503, 504, 529}
_TEST = "Write only the word OK."
_OPTIONAL = ("response_format", "stream_options", "temperature", "max_tokens")


@dataclass(frozen=True, slots=True)
class Message(Record):
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


class ChatModel(Protocol):
    """Writes the next message. context_tokens: what it can take, question and reply together."""

    @property
    def name(self) -> str: ...

    @property
    def context_tokens(self) -> int: ...

    def chat(self, messages: Sequence[Message], *, max_tokens: int = 1024, as_json: bool = False,
             seconds: float | None = None) -> Reply:
        """The whole reply. seconds: less time than usual. Errors: ModelError."""
        ...

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024) -> Generator[str, None, Reply]:
        """The reply's text as it comes, "" now and then while nothing does; returns the whole. Closing the generator
        stops the model.

        Errors: ModelError, also after text.
        """
        ...


class OpenAIChat:
    """The model behind an endpoint. seconds: total time for one reply, waiting and repeating included."""

    def __init__(self, endpoint: Endpoint, *, seconds: float = 120.0, context_tokens: int = 8192) -> None:
        self.endpoint = endpoint
        self.context_tokens = context_tokens
        self._seconds = seconds
        self._refused: set[str] = set()
        self._length_field = "max_tokens"
        self._folds_system = False

    @property
    def name(self) -> str:
        return self.endpoint.model

    @property
    def seconds(self) -> float:
        """Total time for one reply."""
        return self._seconds

    def chat(self, messages: Sequence[Message], *, max_tokens: int = 1024, as_json: bool = False,
             seconds: float | None = None) -> Reply:
        """The whole reply in one piece. Errors: ModelError."""
        started = time.monotonic()
        opening = self._open(self._request(messages, max_tokens, as_json, streams=False),
                             started + min(seconds or self._seconds, self._seconds))
        while (exchange := _step(opening)) is None:
            pass
        with exchange:
            reading = Reading(self.endpoint)
            reading.take(read_object(b"".join(exchange.chunks(self._seconds)), self.endpoint), "message")
            return self._reply(reading, started)

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024) -> Generator[str, None, Reply]:
        """The reply as it comes; see ChatModel. An endpoint that does not stream gives it in one piece."""
        started = time.monotonic()
        opening = self._open(self._request(messages, max_tokens, False, streams=True), started + self._seconds)
        while (exchange := _step(opening)) is None:
            yield ""
        with exchange:
            reading, shown = Reading(self.endpoint), 0
            try:
                for event in self._events(exchange, reading):
                    if event is None:
                        yield ""
                        continue
                    reading.take(event, "delta")
                    if not reading.has_grown():
                        continue
                    text = reading.visible()[:MAX_CHARACTERS]
                    if len(text) > shown:
                        yield text[shown:]
                        shown = len(text)
                    if len(text) >= MAX_CHARACTERS or reading.is_full:
                        reading.finish = "length"
                        break
            except ModelError:
                if rest := reading.visible()[shown:MAX_CHARACTERS]:
                    yield rest
                raise
            reply = self._reply(reading, started)
            if len(reply.text) > shown:
                yield reply.text[shown:]
            return reply

    # --- the request

    def _request(self, messages: Sequence[Message], max_tokens: int, as_json: bool, *, streams: bool) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.name, "messages": [message.to_dict() for message in messages], "max_tokens": max_tokens,
            "temperature": 0
        }
        if streams:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        if as_json:
            body["response_format"] = {"type": "json_object"}
        return body

    def _open(self, body: dict[str, Any], deadline: float) -> Generator[None, None, Exchange]:
        """The exchange once its status is 200, giving way while it waits. Repeats what may be repeated; nothing of a
        reply has been read by then."""
        retries = 0
        while True:
            sent = {
                self._length_field if name == "max_tokens" else name: value
                for name, value in body.items()
                if name not in self._refused
            }
            if self._folds_system:
                sent["messages"] = _folded(sent["messages"])
            headers = {
                "Content-Type": "application/json", "Accept": "text/event-stream, application/json", "User-Agent": "kb"
            }
            if self.endpoint.key:
                headers["Authorization"] = "Bearer " + self.endpoint.key.reveal()
            data = json.dumps(sent).encode()
            exchange = Exchange(self.endpoint.url + "/chat/completions", headers, data, deadline, self._seconds)
            try:
                status, head = yield from exchange.head()
                if status == 200:
                    return exchange
                said = self._said(exchange, status)
                exchange.check()
            except BaseException:
                exchange.close()
                raise
            exchange.close()
            if status in (400, 422, 500) and self._fold(said, sent) or (
                    status in (400, 422) and self._leave_out(said, sent)):
                continue
            error = self._refusal(status, head, said)
            wait = _wait(head, retries)
            if status not in _RETRIED or retries == MAX_RETRIES or wait > min(MAX_WAIT, deadline - time.monotonic()):
                raise error
            wakes = time.monotonic() + wait
            while (left := wakes - time.monotonic()) > 0:
                time.sleep(min(0.25, left))
                yield
            retries += 1

    def _said(self, exchange: Exchange, status: int) -> str:
        """What the endpoint says of its refusal, on one line, without the key should it repeat it."""
        data, started = b"", time.monotonic()
        try:
            for piece in exchange.chunks(_REFUSAL_SECONDS):
                data += piece
                if len(data) > 20_000 or time.monotonic() - started > _REFUSAL_SECONDS:
                    break
        except ModelError:
            pass  # the status says enough
        text = data.decode("utf-8", "replace")
        try:
            found = outside.read_object(text, is_strict=False)
            inner = found.get("error", found.get("detail", found.get("message", found)))
            text = str(inner.get("message", inner)) if isinstance(inner, dict) else str(inner)
        except outside.OutsideError:
            text = re.sub(r"<[^<>]*>", " ", text)
        return one_line(hide(text, self.endpoint), 200) or f"HTTP {status}"

    def _fold(self, said: str, sent: dict[str, Any]) -> bool:
        """Notes that this endpoint takes no system message, and is to have it in the first one of the user; False if
        the refusal is about something else."""
        has_system = any(message["role"] == "system" for message in sent["messages"])
        self._folds_system = self._folds_system or has_system and bool(_SYSTEM.search(said))
        return has_system and self._folds_system

    def _leave_out(self, said: str, sent: dict[str, Any]) -> bool:
        """Notes what to do without from now on; False if there is nothing left to leave out, or the refusal is about
        something else."""
        if _CONTEXT.search(said) or _MODEL.search(said):
            return False
        if "max_completion_tokens" in said and self._length_field == "max_tokens" in sent:
            self._length_field = "max_completion_tokens"
            return True
        left = [name for name in _OPTIONAL if name in sent or name == "max_tokens" and self._length_field in sent]
        named = [name for name in left if name in said] or left
        self._refused.update(named)
        return bool(named)

    def _refusal(self, status: int, head: dict[str, str], said: str) -> ModelError:
        url = self.endpoint.url
        if status in (401, 403):
            return ModelUnavailable("LLM_AUTH", url=url, status=status)
        if 300 <= status < 400:
            return ModelUnavailable("LLM_REDIRECT", url=url)
        if status == 413 or status in (400, 422, 500) and _CONTEXT.search(said):
            return PromptTooLong("LLM_CONTEXT", limit=self.context_tokens)
        if status in (400, 404, 422) and _MODEL.search(said):
            return ModelUnavailable("LLM_MODEL", url=url, model=self.name, detail=said)
        if status in (404, 405):
            return ModelUnavailable("LLM_PATH", url=url, status=status)
        if status == 429:
            return ModelError("LLM_RATE", url=url, seconds=f"{_retry_after(head) or 10:.0f}")
        return ModelError("LLM_SERVER" if status >= 500 else "LLM_REQUEST", url=url, status=status, detail=said)

    # --- the reply

    def _events(self, exchange: Exchange, reading: Reading) -> Iterator[dict[str, Any] | None]:
        """The objects of a server-sent stream, or the one object of an endpoint that does not stream; None while
        nothing comes.

        Errors: ModelError LLM_INCOMPLETE for a stream that ends with neither a finish reason nor [DONE].
        """
        buffer, is_stream, looked_at, n_quiet = bytearray(), None, 0, 0
        pieces = exchange.chunks(IDLE_SECONDS)
        while True:
            try:
                piece = next(pieces, None)
            except ModelError:
                if reading.finish:
                    return
                raise
            if piece is None:
                break
            if not piece:
                n_quiet += 1
                if reading.finish and n_quiet > _QUIET:  # it has finished, and keeps the line open
                    return
                yield None
            buffer += piece
            if is_stream is None and piece.strip():
                is_stream = piece.lstrip()[:1] not in (b"{", b"<", b"[")
            if not is_stream:
                continue
            ended = buffer.rfind(b"\n", looked_at) + 1
            lines = bytes(buffer[:ended]).split(b"\n")[:-1]
            del buffer[:ended]
            looked_at = len(buffer)
            for line in lines:
                exchange.check()
                if line.startswith(b"data:"):
                    data = line[5:].strip()
                    if data == b"[DONE]":
                        reading.finish = reading.finish or "stop"
                        return
                    if data:
                        yield read_object(data, self.endpoint)
                elif line.strip() and not re.match(rb":|event:|id:|retry:", line):
                    raise ModelError("LLM_PROTOCOL", url=self.endpoint.url,
                                     detail=Words("a line that is no server-sent event", "有一行不是服务器推送事件"))
        if not is_stream and buffer.strip():
            yield read_object(buffer, self.endpoint)
        elif not reading.finish:
            raise ModelError("LLM_INCOMPLETE")

    def _reply(self, reading: Reading, started: float) -> Reply:
        text = reading.visible(is_whole=True)
        if len(text) > MAX_CHARACTERS or reading.is_full:
            text, reading.finish = text[:MAX_CHARACTERS], "length"
        if not text.strip():
            if reading.other:
                raise ModelError("LLM_UNEXPECTED", detail=reading.other)
            raise ModelError("LLM_EMPTY")
        finish = "length" if reading.finish in ("length", "max_tokens", "content_filter") else "stop"
        return Reply(text,
                     one_line(hide(reading.model, self.endpoint), 100) or self.name, finish, reading.prompt_tokens,
                     reading.completion_tokens, round(time.monotonic() - started, 3), tuple(sorted(self._refused)))


def _folded(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """The messages with what the system says at the beginning of the first one."""
    said = [message["content"] for message in messages if message["role"] == "system"]
    others = [dict(message) for message in messages if message["role"] != "system"]
    if others and said:
        others[0]["content"] = "\n\n".join([*said, others[0]["content"]])
    return others


def _step(opening: Generator[None, None, Exchange]) -> Exchange | None:
    """The exchange if it is open by now, else None."""
    try:
        next(opening)
    except StopIteration as end:
        exchange: Exchange = end.value
        return exchange
    return None


_CONTEXT = re.compile(
    r"context.{0,20}(?:length|window|size)|maximum.{0,20}(?:context|tokens)|too (?:long|many tokens)|"
    r"exceed.{0,40}(?:token|context)",
    re.I)
_SYSTEM = re.compile(
    r"system\W{0,3}\s*(?:role|message|prompt|instruction)|role\b.{0,40}system|only user and assistant|"
    r"roles? must alternate|(?:invalid|unsupported|unknown).{0,30}system", re.I)
_MODEL = re.compile(
    r"model\b.{0,80}?(?:not found|not exist|unknown|unsupported|not supported|not available|invalid|not loaded)|"
    r"(?:unknown|invalid|no such|not a valid|find)\s+(?:the\s+)?model|try pulling",
    re.I)


def _retry_after(head: dict[str, str]) -> float | None:
    """The seconds that a refusal asks for, at most a day; None where it says nothing that is a time."""
    said = head.get("retry-after", "").strip()[:100]
    try:
        if re.fullmatch(r"\d+(?:\.\d*)?", said, re.ASCII):
            return min(_DAY, float(said))
        return min(_DAY, max(0.0, parsedate_to_datetime(said).timestamp() - time.time()))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _wait(head: dict[str, str], retries: int) -> float:
    asked = _retry_after(head)
    # jitter: many clients wait for one server
    return (asked if asked is not None else 0.5 * 2**retries) + random.uniform(0, 0.2)


_ORIGINS = {"given": Words("as given", "此处填写"), "environment": Words("environment", "环境变量")}
_ACCESS = {True: Words("with a key", "有密钥"), False: Words("without a key", "无密钥")}


def diagnose(endpoint: Endpoint, *, seconds: float = 30.0) -> tuple[Finding, ...]:
    """What is wrong with an endpoint that is asked for a word, in one piece and as a stream. For `kb doctor --llm`."""
    what, parts = "language model", urlsplit(endpoint.url)
    findings = [finding("ok", what, "F_MODEL", model=endpoint.model, url=endpoint.url,
                        origin=_ORIGINS.get(endpoint.origin, endpoint.origin),
                        access=_ACCESS[bool(endpoint.key)])]
    if endpoint.key and parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        findings.append(finding("warning", what, "F_MODEL_OPEN"))
    model, messages = OpenAIChat(endpoint, seconds=seconds), [Message("user", _TEST)]
    try:
        reply = model.chat(messages, max_tokens=256)
        code = "F_MODEL_ANSWERS_WITHOUT" if reply.refused else "F_MODEL_ANSWERS"
        findings.append(finding("ok", what, code, seconds=f"{reply.seconds:.1f}", name=reply.model,
                                fields=", ".join(reply.refused)))
        started = time.monotonic()
        if any(piece for piece in model.stream(messages, max_tokens=256)):
            findings.append(finding("ok", what, "F_MODEL_STREAMS", seconds=f"{time.monotonic() - started:.1f}"))
    except ModelError as error:
        findings.append(as_finding(what, error))
    return tuple(findings)
