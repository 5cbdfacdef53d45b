"""The library over HTTP: POST /v1/OPERATION for each operation of the table, and chat (chat.py).

Reads: requests that the door let in.  Gives: results as the command prints them with --json; an answer as it grows as
server-sent events. Without FastAPI we would have to write routes, the check of bodies and the OpenAPI document.
"""

from __future__ import annotations

import base64
import hashlib
import html
import inspect
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from kb.errors import KBError, RequestError
from kb.messages import Language, Words
from kb.operations import Operation, allowed
from kb.operations.filing import scope_of
from kb.servers import chat
from kb.servers.arguments import model_of, refused
from kb.servers.events import CONTENT, event, stream
from kb.servers.replies import STATUSES, encoded, language_of, refusal
from kb.version import __version__

if TYPE_CHECKING:
    from kb.base import KnowledgeBase

OPEN_PATHS = frozenset({"/", "/openapi.json"})
_STYLE = ("body{max-width:50rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 system-ui,sans-serif;color-scheme:light "
          "dark}code,pre{font:14px/1.5 ui-monospace,monospace}pre{overflow:auto}td,th{text-align:left;"
          "vertical-align:top;padding:.2rem .8rem .2rem 0}")
_GROWS = "ask"  # the operation whose result may be had as it grows
_ABOUT = Words("Every request but those for this page and /openapi.json needs the header Authorization: Bearer TOKEN.",
               "除本页和 /openapi.json 外，每个请求都需要请求头 Authorization: Bearer 令牌。")
_CHAT = Words("Chat as OpenAI's API has it; GET /v1/models lists the models.",
              "与 OpenAI 接口相同的对话；GET /v1/models 列出模型。")


class ErrorBody(BaseModel):
    """What went wrong: a code, a message and what to do next."""

    code: str
    message: str
    hint: str
    values: dict[str, Any] = {}


class Refusal(BaseModel):
    """The body of every answer that is an error."""

    error: ErrorBody


class Json(Response):
    """A result that is plain values already."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return encoded(content)


def make_api(base: KnowledgeBase, *, writes: bool, language: Language) -> FastAPI:
    """The application, without the door before it. language: of the descriptions; errors are in that of the request."""
    operations = allowed(writes=writes)
    api = FastAPI(title="kb", version=__version__, description=_ABOUT.in_(language), docs_url=None, redoc_url=None,
                  responses={status: {"model": Refusal} for status in STATUSES}, default_response_class=Json,
                  redirect_slashes=False)
    by_path = {f"/v1/{operation.name}": operation for operation in operations}
    for path, operation in by_path.items():
        api.add_api_route(path, _endpoint(base, operation, language), methods=["POST"], operation_id=operation.name,
                          summary=operation.words.in_(language), description=operation.result.in_(language),
                          tags=["writes" if operation.writes else "reads"], response_model=None,
                          responses={200: {"content": {kind: CONTENT[kind] for kind in _kinds(operation)}}})
    chat.add_routes(api, base, Json, language)
    page = _page(operations, language)
    api.add_api_route("/", lambda: Response(page.encode(), media_type="text/html", headers=_page_headers()),
                      methods=["GET"], include_in_schema=False)

    def told(request: Request, error: Exception) -> Response:
        return Json(*reversed(refusal(_as_ours(request, error, by_path), _language(request))))

    for kind in (KBError, RequestValidationError, HTTPException, Exception):
        api.add_exception_handler(kind, told)
    _secure(api)
    return api


def _kinds(operation: Operation) -> tuple[str, ...]:
    return ("application/json", "text/event-stream") if operation.name == _GROWS else ("application/json", )


def _endpoint(base: KnowledgeBase, operation: Operation, language: Language) -> Any:
    """A function with the signature that FastAPI reads: one body, made out of the table."""
    streams = operation.name == _GROWS

    def endpoint(arguments: Any) -> Response:
        given = arguments.model_dump()
        if given.pop("stream", False):
            return stream(_answers(base, **given), language)
        return Json(operation.on(base, **given))

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    model = model_of(operation, language, streams=streams)
    endpoint.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter("arguments", kind, annotation=model)], return_annotation=Response)
    endpoint.__annotations__ = {"arguments": model, "return": Response}
    return endpoint


def _answers(base: KnowledgeBase, question: str, llm: bool, deep: bool, without: Sequence[str],
             **filters: Any) -> Iterator[bytes]:
    """The answer as it grows, each time whole, and the mark of its end."""
    for answer in base.stream(question, llm=llm, deep=deep, scope=scope_of(filters), without=without):
        yield event(answer.to_dict(), "answer")
    yield event({}, "done")


def _as_ours(request: Request, error: Exception, by_path: dict[str, Operation]) -> KBError:
    if isinstance(error, KBError):
        return error
    if isinstance(error, RequestValidationError):
        operation = by_path.get(request.url.path)
        if operation is not None:
            return refused(operation, error.errors())
        return RequestError("E_ARGUMENT", name=chat.where_wrong(error.errors()), wanted=chat.WANTED)
    if not isinstance(error, HTTPException):
        return RequestError("E_BROKEN")  # the server logs it; its words may hold what nobody should see
    if error.status_code not in (404, 405):
        return RequestError("E_ARGUMENT", name="JSON", wanted=Words(error.detail, error.detail))
    return RequestError("E_NO_ROUTE", path=request.url.path[:200], method=request.method)


def _language(request: Request) -> Language:
    return language_of(request.headers.get("accept-language", ""))


def _secure(api: FastAPI) -> None:
    """Says in the OpenAPI document that every request needs the token, which the door wants."""
    made = api.openapi()
    made.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"token": []}]


def _page(operations: tuple[Operation, ...], language: Language) -> str:
    """What there is, as a page that loads nothing."""
    rows = "".join(
        f"<h2><code>POST /v1/{operation.name}</code></h2><p>{html.escape(operation.words.in_(language))}</p><table>"
        + "".join(f"<tr><td><code>{one.name}</code></td><td>{html.escape(one.words.in_(language))}</td>"
                  f"<td>{html.escape(one.wanted.in_(language))}</td></tr>" for one in operation.parameters)
        + f"</table><p>→ {html.escape(operation.result.in_(language))}</p>" for operation in operations)
    return (f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>kb {__version__}</title>'
            f"<style>{_STYLE}</style><h1>kb {__version__}</h1><p>{html.escape(_ABOUT.in_(language))}</p>"
            f'<p><a href="openapi.json">openapi.json</a></p>{rows}<h2><code>POST /v1/chat/completions</code></h2>'
            f"<p>{html.escape(_CHAT.in_(language))}</p></html>")


def _page_headers() -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return {"content-security-policy": f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
                                       "frame-ancestors 'none'", "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer"}
