"""What a model wrote, read from the pieces that come: text without thoughts and without the key, tokens, why it ended.

Reads: the objects of a chat completion, whole or streamed.  Gives: Reply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kb import outside
from kb.errors import ModelError
from kb.llm.endpoint import Endpoint
from kb.llm.thoughts import without_thoughts
from kb.text import one_line
from kb.types import Record, Words

MAX_CHARACTERS = 40_000  # of one reply; a model that runs on is stopped there
_MOST_RAW = 10 * MAX_CHARACTERS  # its thoughts included
_MOST_TOKENS = 1_000_000_000
_GROWS = 100  # a reply is looked at again when it has grown by one in so many, so that all looks together are linear


@dataclass(frozen=True, slots=True)
class Reply(Record):
    """What a model wrote. finish: "stop", or "length" for a text that was cut.  refused: fields the endpoint did not
    know.

    model: the name the endpoint gave.  tokens: None where it did not count them.
    """

    text: str
    model: str
    finish: str = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float = 0.0
    refused: tuple[str, ...] = ()


class Reading:
    """A reply as far as it has come."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._parts: list[str] = []
        self._size = self._seen = 0
        self.model = self.finish = ""
        self.other: Words | None = None
        self.prompt_tokens: int | None = None
        self.completion_tokens: int | None = None

    def take(self, event: dict[str, Any], part: str) -> None:
        """Adds one event of a stream (part "delta") or a whole reply ("message"). Errors: ModelError LLM_SERVER,
        LLM_PROTOCOL."""
        if event.get("error"):
            said = event["error"].get("message", "") if isinstance(event["error"], dict) else event["error"]
            raise ModelError("LLM_SERVER", url=self._endpoint.url, status=200,
                             detail=one_line(hide(str(said), self._endpoint), 200))
        usage = event.get("usage")
        if isinstance(usage, dict):
            self.prompt_tokens, self.completion_tokens = _count(usage.get("prompt_tokens")), _count(
                usage.get("completion_tokens"))
        self.model = event["model"] if isinstance(event.get("model"), str) else self.model
        choices = event.get("choices")
        if part == "message" and not choices or not isinstance(choices, list | None):
            raise ModelError("LLM_PROTOCOL", url=self._endpoint.url, detail=Words("no choices", "没有 choices"))
        for choice in choices or ():
            if not isinstance(choice, dict):
                raise ModelError("LLM_PROTOCOL", url=self._endpoint.url,
                                 detail=Words("a choice that is no object", "有一个 choice 不是对象"))
            said = choice.get(part) or choice.get("message") or choice.get("delta") or {}
            content = said.get("content") if isinstance(said, dict) else None
            if isinstance(content, list):
                content = "".join(str(item.get("text", "")) for item in content if isinstance(item, dict))
            self._add(content if isinstance(content, str) else "")
            if isinstance(said, dict) and (said.get("tool_calls") or said.get("function_call")):
                self.other = Words("tool call", "调用工具")
            elif isinstance(said, dict) and (said.get("reasoning") or said.get("reasoning_content")):
                self.other = self.other or Words("reasoning only", "只有思考")
            elif isinstance(said, dict) and said.get("refusal"):
                self.other = Words("refusal", "拒绝作答")
            finish = choice.get("finish_reason")
            self.finish = finish if isinstance(finish, str) and finish else self.finish
            return  # one choice was asked for

    def _add(self, content: str) -> None:
        content = content[:_MOST_RAW - self._size]
        if content:
            self._parts.append(content)
            self._size += len(content)

    @property
    def is_full(self) -> bool:
        """Whether no more is taken: the model runs on."""
        return self._size >= _MOST_RAW

    def has_grown(self) -> bool:
        """Whether there is so much more than `visible` last saw that it is worth another look."""
        return self._size > self._seen + self._seen // _GROWS

    def visible(self, *, is_whole: bool = False) -> str:
        """The text without what the model thought aloud and without the key; the end is held back while it may become
        either."""
        self._parts, self._seen = ["".join(self._parts)], self._size
        text = hide(without_thoughts(self._parts[0], is_whole=is_whole), self._endpoint)
        if is_whole and not self.is_full:
            return text
        secret = self._endpoint.key.reveal()
        held = next((n for n in range(min(len(secret) - 1, len(text)), 0, -1) if text.endswith(secret[:n])), 0)
        return text[: len(text) - held]


def hide(text: str, endpoint: Endpoint) -> str:
    """The text without the endpoint's key, whoever repeated it."""
    return text.replace(endpoint.key.reveal(), "***") if endpoint.key else text


def read_object(data: bytes | bytearray, endpoint: Endpoint) -> dict[str, Any]:
    """The JSON object in these bytes. Errors: ModelError LLM_PROTOCOL that says what stands there instead."""
    try:
        return outside.read_object(data, is_strict=False)
    except outside.OutsideError as error:
        what = Words(str(error), _WHAT.get(str(error), "不是 JSON"))
        if data.lstrip()[:1] == b"<":
            what = Words("a web page", "一个网页")
        raise ModelError("LLM_PROTOCOL", url=endpoint.url, detail=what) from None


_WHAT = {"empty": "内容为空", "JSON, but no object": "是 JSON，但不是对象",
         "nested too deeply": "嵌套过深", "not UTF-8": "不是 UTF-8"}


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS else None
