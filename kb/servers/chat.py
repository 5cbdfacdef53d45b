"""Chat as front-ends of OpenAI's API ask for it: `/v1/models` and `/v1/chat/completions`, streamed or whole.

Reads: messages; the last one of the user is the question, the user's earlier ones tell what it points back to.  Gives:
the library's answer as Markdown with numbers, and the places behind the numbers in `citations`. The model "kb" quotes;
"kb-llm" lets the language model that is set write, checked, and quotes where it cannot.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from fastapi import FastAPI, Response
from fastapi.sse import format_sse_event
from pydantic import BaseModel, ConfigDict, Field

from kb.errors import KBError, QuestionError, RequestError
from kb.messages import Language, Words
from kb.servers.events import CONTENT, event, stream
from kb.text import in_markdown
from kb.types import Answer, Claim, Turn, WrittenSentence
from kb.types.answer import OTHERWISE

if TYPE_CHECKING:
    from kb.base import KnowledgeBase

_QUOTES, _WRITES = "kb", "kb-llm"
_MOST_MESSAGES, _LONGEST = 500, 1_000_000
WANTED = Words("a request of OpenAI's chat completions, with one answer at a time (n = 1)",
               "OpenAI chat completions 格式的请求，每次一个回答（n = 1）")
_NONE = Words("Not in your library.", "资料库中没有答案。")
_WEAK = Words("Only weak support for this:", "以下内容只有较弱的依据：")
_UNSUPPORTED = Words("no support found", "未找到依据")
_NEAREST = Words("Nearest sections:", "最接近的章节：")


class Part(BaseModel):
    """A part of a message; others than text are not read."""

    type: str = Field(max_length=100)
    text: str = Field(default="", max_length=_LONGEST)


class ChatMessage(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """What it says."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    """As OpenAI's."""

    include_usage: bool | None = None


class ChatRequest(BaseModel):
    """What front-ends send. Settings of a language model (temperature …) are taken and do nothing."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(max_length=200)
    messages: list[ChatMessage] = Field(min_length=1, max_length=_MOST_MESSAGES)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None


def add_routes(api: FastAPI, base: KnowledgeBase, reply: type[Response], language: Language) -> None:
    """The two routes."""
    def models() -> Response:
        return reply({"object": "list", "data": [{"id": name, "object": "model", "created": 0, "owned_by": "kb"}
                                                 for name in _models(base)]})

    def completions(request: ChatRequest) -> Response:
        if request.model not in (known := _models(base)):
            raise RequestError("E_CHAT_MODEL", name=request.model[:80], known=", ".join(known))
        question = _question(base, request.messages, writes=request.model == _WRITES)
        head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": request.model}
        if request.stream:
            counts = bool(request.stream_options and request.stream_options.include_usage)
            answers = base.stream(question, llm=request.model == _WRITES)
            return stream(_chunks(answers, head, counts), language)
        answer = base.ask(question, llm=request.model == _WRITES)
        message = {"role": "assistant", "content": said(answer), "citations": citations(answer),
                   "status": answer.status, "question": answer.question}
        return reply({**head, "object": "chat.completion", "usage": _usage(answer), "choices": [
            {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}]})

    whole: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": CONTENT["application/json"]}}}
    api.add_api_route("/v1/models", models, methods=["GET"], operation_id="models", response_model=None,
                      responses=whole, tags=["chat"])
    completions.__annotations__ = {"request": ChatRequest, "return": Response}
    models.__annotations__ = {"return": Response}
    api.add_api_route("/v1/chat/completions", completions, methods=["POST"], operation_id="chat", response_model=None,
                      responses={200: {"content": CONTENT}}, tags=["chat"])


def _models(base: KnowledgeBase) -> tuple[str, ...]:
    try:
        base.model()
    except KBError:  # none is set, or not so that it can be asked
        return (_QUOTES, )
    return _QUOTES, _WRITES


def where_wrong(errors: Sequence[Any]) -> str:
    """Which part of a request cannot be used."""
    return ".".join(str(part) for part in errors[0]["loc"] if part != "body")[:80] or "JSON"


def _question(base: KnowledgeBase, messages: Sequence[ChatMessage], *, writes: bool) -> str:
    """The last question, so that it stands by itself. Errors: QuestionError Q_EMPTY without any."""
    asked = [message.text for message in messages if message.role == "user" and message.text.strip()]
    if not asked:
        raise QuestionError("Q_EMPTY")
    turns = [Turn(n, "", "", text, None) for n, text in enumerate(asked[:-1])]
    return base.condense(asked[-1], turns, llm=writes) if turns else asked[-1]


# --- an answer as text and as citations

def _places(answer: Answer) -> dict[tuple[str, int], int]:
    """The number of each place that the text rests on."""
    if not answer.written or not _is_written(answer):
        return answer.numbers
    keys = (*(key for sentence in answer.written.sentences for key in _keys(sentence)),
            *(key for claim in answer.otherwise for key in claim.keys))
    return {key: n for n, key in enumerate(dict.fromkeys(keys), 1)}


def _keys(sentence: WrittenSentence) -> list[tuple[str, int]]:
    return [*((c.document, c.start) for c in sentence.citations), *(place.key for place in sentence.records)]


def _is_written(answer: Answer) -> bool:
    """Whether a model wrote something that holds; else the library's own sentences are the answer."""
    return answer.written is not None and any(s.state == "verified" for s in answer.written.sentences)


def said(answer: Answer) -> str:
    """The answer as Markdown: sentences with numbers, then what the numbers mean. Text of documents stays text: it
    makes no link, loads no picture."""
    problem = answer.written.problem if answer.written else None
    notice = in_markdown(problem.describe(answer.language)[0]) if problem else ""
    numbers = _places(answer)
    return "\n\n".join(part for part in (_body(answer, numbers), *_others(answer, numbers), notice, _sources(answer))
                       if part)


def _others(answer: Answer, numbers: dict[tuple[str, int], int]) -> list[str]:
    """What other documents say against it."""
    lines = [f"{in_markdown(claim.text)} [{numbers[claim.keys[0]]}]" for claim in answer.otherwise]
    return [OTHERWISE.in_(answer.language), *lines] if lines else []


def _body(answer: Answer, numbers: dict[tuple[str, int], int]) -> str:
    language = answer.language
    if answer.written and _is_written(answer):
        return " ".join(_written(answer, numbers))
    lines = [f"{in_markdown(claim.text)} {''.join(f'[{numbers[key]}]' for key in claim.keys)}".rstrip()
             for claim in answer.claims]
    head = {"not_found": _NONE, "weak": _WEAK}.get(answer.status)
    return "\n\n".join([head.in_(language), *lines] if head else lines)


def _written(answer: Answer, numbers: dict[tuple[str, int], int]) -> list[str]:
    """The sentences of a model that are kept, each with its numbers or that nothing supports it."""
    found = []
    for sentence in answer.written.sentences if answer.written else ():
        marks = "".join(dict.fromkeys(f"[{numbers[key]}]" for key in _keys(sentence)))
        if sentence.state != "dropped":
            found.append(f"{in_markdown(sentence.text)} {marks or f'({_UNSUPPORTED.in_(answer.language)})'}")
    return found


def _sources(answer: Answer) -> str:
    """What the numbers mean, and without any where to look."""
    rows = [f"[{row['number']}] {in_markdown(row['title'])}" + (f", p. {row['page']}" if row.get("page") else "")
            + (f" `{row['document']}:{row['start']}-{row['end']}`" if "start" in row else f" `{row['document']}`")
            for row in citations(answer)]
    if not answer.claims and answer.nearest:
        rows += [_NEAREST.in_(answer.language), *(f"- {in_markdown(' › '.join((hit.title, *hit.section[-1:])))} "
                                                  f"`{hit.document}:{hit.start}-{hit.end}`" for hit in answer.nearest)]
    return "\n".join(f"{row}  " for row in rows)  # two spaces: a new line in Markdown


def citations(answer: Answer) -> list[dict[str, Any]]:
    """The places behind the numbers: of a quote all that is known of it, of a record its document and fields."""
    numbers = _places(answer)
    found: dict[int, dict[str, Any]] = {}
    parts: tuple[Claim | WrittenSentence, ...] = (*answer.claims, *answer.otherwise)
    if answer.written and _is_written(answer):
        parts = (*answer.written.sentences, *answer.otherwise)
    for c in (c for part in parts for c in part.citations):
        if (n := numbers.get((c.document, c.start))) is not None:
            found.setdefault(n, {"number": n, **c.to_dict()})
    for place in (place for part in parts for place in part.records):
        if (n := numbers.get(place.key)) is not None:
            one = found.setdefault(n, {"number": n, "document": place.document, "title": place.title, "records": []})
            one["records"].append(place.to_dict())
    return [found[n] for n in sorted(found)]


def _usage(answer: Answer) -> dict[str, int]:
    """Tokens of the language model; none where none was asked."""
    asked, wrote = (answer.written.prompt_tokens or 0, answer.written.completion_tokens or 0) if answer.written else (
        0, 0)
    return {"prompt_tokens": asked, "completion_tokens": wrote, "total_tokens": asked + wrote}


# --- streaming

def _chunks(answers: Iterator[Answer], head: dict[str, Any], counts: bool) -> Iterator[bytes]:
    """The text as it is there for good: of a model each sentence once it is checked, of quotes the whole."""
    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return event({**head, "object": "chat.completion.chunk", "choices": [choice]})

    last, sent = next(answers), ""
    yield chunk({"role": "assistant", "content": ""})
    for last in answers:
        if last.written and not last.written.is_complete and _is_written(last):
            grown = _body(last, _places(last))
            if grown.startswith(sent):
                yield chunk({"content": grown[len(sent):]})
                sent = grown
    whole = said(last)
    yield chunk({"content": whole[len(sent):] if whole.startswith(sent) else f"\n\n{whole}",
                 "citations": citations(last), "status": last.status, "question": last.question})
    yield chunk({}, "stop")
    if counts:
        yield event({**head, "object": "chat.completion.chunk", "choices": [], "usage": _usage(last)})
    yield format_sse_event(data_str="[DONE]")
