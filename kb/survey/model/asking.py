"""Ask the language model under caps, and keep every reply: after a kill the same question is not asked, and not paid
for, again.

Reads: messages.  Gives: the reply's text, or ModelError. What is kept goes by the hash of the whole prompt and the
model's name.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kb.errors import CapReached, ModelError, ModelUnavailable, PromptTooLong
from kb.llm.chat import ChatModel, Message
from kb.llm.reply import MAX_CHARACTERS, Reply
from kb.survey.folder import Folder
from kb.types import Words

REPLY = 1200  # tokens of one reply
# Replies one after the other that did not come in time or are none: what would be asked then is quoted.
_MOST_FAILED = 2
_SECONDS = 120.0  # of a reply that comes in pieces, where the model does not say how long it may take
_FAILED = ("LLM_TIMEOUT", "LLM_PROTOCOL")
log = logging.getLogger(__name__)

Price = tuple[float, float]


@dataclass
class Asker:
    """max_tokens, max_cost: of one run, prompts and replies together; a question that might go beyond is not asked.

    price: of a million tokens (in, out).  spent: tokens of each question of this run, as the endpoint counts them, else
    estimated from above.
    folder: where replies are kept; None: nowhere.
    """

    chat: ChatModel
    max_tokens: int | None = None
    price: Price | None = None
    max_cost: float | None = None
    folder: Folder | None = None
    spent: list[tuple[int, int]] = field(default_factory=list)
    _lasting: ModelError | None = None
    _n_failed: int = 0

    def ask(self, step: str, messages: Sequence[Message], told: Callable[[str], None] | None = None) -> str:
        """The reply, kept or new. step: what it is for, part of its file's name; told: of its text as it comes.
        Errors: ModelError, LLM_CAP where it does not fit."""
        asked: dict[str, Any] = {
            "model": self.chat.name, "messages": [message.to_dict() for message in messages], "tokens": REPLY
        }
        kept = self.folder.step(f"replies/{step}", asked) if self.folder else None
        if kept is not None:
            return str(kept["text"])
        if self._lasting:
            raise self._lasting
        prompt = estimate_tokens(messages)
        self._check(prompt)
        try:
            reply = self._reply(messages, told)
        except ModelError as error:
            self.spent.append((prompt, 0))
            self._n_failed = self._n_failed + 1 if error.code in _FAILED else 0
            if isinstance(error, ModelUnavailable) or self._n_failed == _MOST_FAILED:
                self._lasting = error  # nothing more is asked in this run
            raise
        except Exception as error:  # the quotes are there, and are not lost for what a model did
            log.warning("the language model failed: %s", type(error).__name__)
            self.spent.append((prompt, 0))
            raise ModelError("LLM_FAILED", detail=type(error).__name__) from error
        self._n_failed = 0
        text = reply.text[:MAX_CHARACTERS]
        size = len(text.encode("utf-8", "replace"))
        self.spent.append((reply.prompt_tokens or prompt, reply.completion_tokens or size // 2))
        if self.folder:
            self.folder.keep_step(f"replies/{step}", asked, {"text": text})
        return text

    def _reply(self, messages: Sequence[Message], told: Callable[[str], None] | None) -> Reply:
        if told is None:
            return self.chat.chat(messages, max_tokens=REPLY)
        seconds = float(getattr(self.chat, "seconds", _SECONDS))
        text, deadline = "", time.monotonic() + seconds
        with contextlib.closing(self.chat.stream(messages, max_tokens=REPLY)) as stream:
            while True:
                try:
                    piece = next(stream)
                except StopIteration as end:
                    reply: Reply = end.value
                    return reply
                if time.monotonic() > deadline:
                    raise ModelError("LLM_TIMEOUT", limit=f"{seconds:g}")
                if piece and len(text) < MAX_CHARACTERS:
                    text += piece
                    told(text)

    def _check(self, prompt: int) -> None:
        used_in, used_out = (sum(part) for part in zip(*self.spent, strict=True)) if self.spent else (0, 0)
        if self.max_tokens is not None and used_in + used_out + prompt + REPLY > self.max_tokens:
            raise CapReached("LLM_CAP", limit=Words(f"{self.max_tokens} tokens", f"{self.max_tokens} 个 token"))
        if (
            self.max_cost is not None
            and self.price is not None
            and cost(used_in + prompt, used_out + REPLY, self.price) > self.max_cost
        ):
            raise CapReached("LLM_CAP", limit=self.max_cost)
        if prompt + REPLY > self.chat.context_tokens:
            raise PromptTooLong("LLM_CONTEXT", limit=self.chat.context_tokens)


def estimate_tokens(messages: Sequence[Message]) -> int:
    """Tokens of a prompt, from above: half of its UTF-8 bytes (English has about 4 bytes a token, Chinese 2 to 3)."""
    return sum(len(message.content.encode("utf-8", "replace")) // 2 + 8 for message in messages)


def cost(tokens_in: int, tokens_out: int, price: Price) -> float:
    return round((tokens_in * price[0] + tokens_out * price[1]) / 1e6, 6)
