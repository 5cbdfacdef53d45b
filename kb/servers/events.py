"""Server-sent events out of answers that grow, by FastAPI's own writer of them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Generator, Iterator
from typing import Any

from fastapi.sse import EventSourceResponse, format_sse_event

from kb.errors import KBError, RequestError
from kb.messages import Language
from kb.servers.replies import encoded, refusal

_EVENT = {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
          "required": ["data"]}
CONTENT = {"application/json": {"schema": {"type": "object"}}, "text/event-stream": {"schema": _EVENT}}
log = logging.getLogger(__name__)


def event(value: Any, name: str | None = None) -> bytes:
    """An event whose data are JSON."""
    return format_sse_event(data_str=encoded(value).decode(), event=name)


def stream(events: Iterator[bytes], language: Language) -> EventSourceResponse:
    """The events, the first of them made at once: what cannot be asked is an error with its status, not a stream."""
    return _Stream(_all(next(events), events, language))


class _Stream(EventSourceResponse):
    """A stream whose answer ends with it: who goes away leaves no view of the library open and no model asked."""

    def __init__(self, events: Generator[bytes, None, None]) -> None:
        super().__init__(events)
        self._events = events

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with contextlib.suppress(ValueError):  # a step of it is still being made, in a thread that ends by itself
                self._events.close()


def _all(first: bytes, rest: Iterator[bytes], language: Language) -> Generator[bytes, None, None]:
    yield first
    try:
        yield from rest
    except KBError as error:  # the status is sent: the stream has to say it
        yield event(refusal(error, language)[1], "error")
    except Exception:
        log.exception("an answer broke off")
        yield event(refusal(RequestError("E_BROKEN"), language)[1], "error")
