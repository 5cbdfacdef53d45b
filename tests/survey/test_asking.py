"""What asks a language model for a survey: when it asks no more."""

import contextlib

import pytest

from kb.errors import ModelError
from kb.llm.chat import Message
from kb.llm.reply import Reply
from kb.survey.model.asking import Asker


@pytest.mark.parametrize(("codes", "n_asked"), [
    (["LLM_PROTOCOL"] * 9, 2), (["LLM_TIMEOUT", "LLM_PROTOCOL", ""], 2), (["LLM_PROTOCOL", "", "LLM_PROTOCOL", ""], 4),
    (["LLM_RATE", "LLM_PROTOCOL", "LLM_RATE", "LLM_PROTOCOL", ""], 5)])
def test_an_endpoint_that_twice_gives_no_reply_is_not_asked_again(codes, n_asked):
    """Each may take all its time, a million numbers as well: eight of these were two seconds late together."""
    asked = []

    class Chat:
        name, context_tokens = "m", 8000

        def chat(self, messages, max_tokens):
            asked.append(codes[len(asked)])
            if asked[-1]:
                raise ModelError(asked[-1], url="u", detail="d", limit="1", seconds="1")
            return Reply("words", "m")

    asker = Asker(Chat())
    for _ in codes:
        with contextlib.suppress(ModelError):
            asker.ask("a", [Message("user", "q")])
    assert len(asked) == n_asked
