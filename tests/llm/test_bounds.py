"""What is too much, too deep or of the wrong kind ends within its deadline, with the text that was there."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.errors import ModelError
from kb.llm import chat
from kb.llm.chat import Message, OpenAIChat
from kb.llm.endpoint import Endpoint
from kb.llm.reply import MAX_CHARACTERS, Reading
from kb.llm.thoughts import without_thoughts
from tests.chatserver import ChatServer, Says

ASK = [Message("user", "Say something.")]


def event(content):
    return b"data: " + json.dumps({"choices": [{"delta": {"content": content}}]}).encode() + b"\n\n"


def streamed(raw, seconds=30.0):
    """(text, reply or the error's code) of a stream of these bytes."""
    with ChatServer(Says(raw=raw, kind="text/event-stream")) as server:
        text, stream = "", OpenAIChat(server.endpoint(), seconds=seconds).stream(ASK)
        while True:
            try:
                text += next(stream)
            except StopIteration as end:
                return text, end.value
            except ModelError as error:
                return text, error.code


def test_hundreds_of_thousands_of_empty_events_are_read_in_their_time():
    started = time.process_time()
    text, reply = streamed(event("") * 100_000 + event("Here.") + b"data: [DONE]\n\n")
    assert text == reply.text == "Here." and time.process_time() - started < 20


def test_events_that_have_come_do_not_outlive_the_deadline():
    assert streamed(event("") * 140_000, seconds=0.1)[1] == "LLM_TIMEOUT"


def test_a_reply_in_pieces_of_one_character_is_read_in_the_time_of_its_length():
    started = time.process_time()
    text, reply = streamed(event("x") * 60_000 + b"data: [DONE]\n\n")
    assert len(text) == MAX_CHARACTERS and reply.finish == "length" and time.process_time() - started < 30


def test_thoughts_without_an_end_are_cut_and_what_is_in_a_body_as_well():
    said = "<think>" + "a" * 1000
    text, code = streamed(event(said) + event("b" * 100_000) * 5)
    assert (text, code) == ("", "LLM_EMPTY")
    with ChatServer(Says("word " * 20_000)) as server:
        reply = OpenAIChat(server.endpoint()).chat(ASK)
    assert len(reply.text) == MAX_CHARACTERS and reply.finish == "length"


def test_what_had_come_before_a_fault_is_given_whole():
    said = "".join(f"word{i} " for i in range(1000))
    text, code = streamed(b"".join(event(said[i:i + 3]) for i in range(0, len(said), 3)))
    assert (text, code) == (said, "LLM_INCOMPLETE")


@pytest.mark.parametrize("raw", [
    b"[" * 100_000, b'{"choices": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"choices": [{"message": {"content": "\xff"}}]}',
    b'{"error": ' + b'{"a":' * 2000, b"data: " + b'{"a":' * 90_000 + b"\n\n", b"\x1f\x8b" + b"\0" * 500])
@pytest.mark.parametrize("streams", [True, False])
def test_what_is_nested_or_no_text_is_a_named_fault(raw, streams):
    with ChatServer(Says(raw=raw)) as server, pytest.raises(ModelError) as caught:
        model = OpenAIChat(server.endpoint())
        list(model.stream(ASK)) if streams else model.chat(ASK)
    assert caught.value.code in ("LLM_PROTOCOL", "LLM_INCOMPLETE")


@pytest.mark.parametrize("streams", [True, False])
def test_lone_surrogates_and_nul_do_not_get_into_an_answer(streams):
    raw = b'{"choices": [{"message": {"content": "a\\ud800b\\u0000c"}, "finish_reason": ["stop"]}], "model": {"a": 1}}'
    with ChatServer(Says(raw=raw)) as server:
        model = OpenAIChat(server.endpoint())
        assert ("".join(model.stream(ASK)) if streams else model.chat(ASK).text) == "a\ufffdbc"


@pytest.mark.parametrize(("said", "seconds"), [
    ("5", 5), ("1e3", None), ("inf", None), ("nan", None), ("-5", None), ("9" * 400, 86_400), ("99999999", 86_400),
    ("Wed, 21 Oct 2099 07:28:00 GMT", 86_400), ("Wed, 21 Oct 1999 07:28:00 GMT", 0), ("x", None), ("", None),
    ("Mon, 01 Jan 99999 00:00:00 +9999999", None), ("٣", None)])
def test_what_a_server_asks_to_wait_is_a_time_or_nothing(said, seconds):
    assert chat._retry_after({"retry-after": said}) == seconds


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_header_is_a_time_or_nothing(said):
    found = chat._retry_after({"retry-after": said})
    assert found is None or 0 <= found <= 86_400


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
PLAIN = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["error", "message", "choices", "delta", "content", "text", "usage", "prompt_tokens", "model",
                     "finish_reason", "tool_calls", "reasoning", "refusal"]), inner, max_size=4), max_leaves=25)


@given(st.dictionaries(st.sampled_from(["error", "choices", "usage", "model", "x"]), PLAIN, max_size=4)
       | st.fixed_dictionaries({"choices": st.lists(st.dictionaries(
           st.sampled_from(["delta", "message", "finish_reason"]), PLAIN), max_size=2)}),
       st.sampled_from(["delta", "message"]))
@settings(max_examples=200, deadline=None)
def test_an_event_of_any_form_is_taken_or_a_named_fault(found, part):
    reading = Reading(Endpoint("http://127.0.0.1:1/v1", "m"))
    try:
        reading.take(found, part)
    except ModelError as error:
        assert error.code in ("LLM_SERVER", "LLM_PROTOCOL") and error.describe("zh")
        return
    assert isinstance(reading.visible(is_whole=True), str) and isinstance(reading.finish, str)
    assert all(n is None or 0 <= n <= 10**9 for n in (reading.prompt_tokens, reading.completion_tokens))


@pytest.mark.parametrize("said", ["<think></think>" * 30_000, "x</think>" * 40_000, "<think>\n" * 40_000,
                                  "a\n<think>\n</think>\n" * 15_000, "analysisA" + "assistantcommentary" * 20_000,
                                  "</think>" + " " * 300_000 + "x", "<|channel|>" * 30_000])
def test_marks_of_thinking_without_end_are_read_in_the_time_of_their_length(said):
    started = time.process_time()
    without_thoughts(said, is_whole=True)
    assert time.process_time() - started < 8


# --- the parser of a stream, whatever the bytes and however they are cut


class Pieces:
    """What an exchange gives, made of pieces that are there."""

    def __init__(self, pieces):
        self._pieces = pieces

    def chunks(self, idle_seconds):
        return iter(self._pieces)

    def check(self):
        pass


LINES = st.lists(st.sampled_from([
    event("Hier "), event("字"), b"data: [DONE]\n\n", b": ping\n", b"\n", b"\r\n", b"data:\n", b"event: x\n",
    b"hello\n",
    b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n', b'{"choices": []}', b"data: {", b"\xff\n",
    b"data: [1]\n", b"  ",
]) | st.binary(max_size=12), max_size=9)


def parsed(pieces):
    """(the events, the code of the fault that ended them)"""
    model, found = OpenAIChat(Endpoint("http://127.0.0.1:1/v1", "m")), []
    try:
        for one in model._events(Pieces(pieces), Reading(model.endpoint)):
            found += [one] if one is not None else []
    except ModelError as error:
        return found, error.code
    return found, ""


@given(LINES, st.lists(st.integers(0, 400), max_size=6))
@settings(max_examples=200, deadline=None)
def test_a_stream_is_read_the_same_however_it_is_cut_and_ends_by_name(lines, cuts):
    whole = b"".join(lines)
    places = sorted({cut for cut in cuts if cut < len(whole)} | {0, len(whole)})
    found, code = parsed([whole[a:b] for a, b in zip(places, places[1:], strict=False)] if whole else [])
    assert code in ("", "LLM_PROTOCOL", "LLM_INCOMPLETE")
    assert (found, code) == parsed([whole] if whole else [])
