import json
import logging
import os

import pytest

from kb.errors import ModelError, SettingError
from kb.llm.chat import Message, OpenAIChat, diagnose
from kb.llm.endpoint import Endpoint, Secret, endpoint_path, load_endpoint
from tests.chatserver import FAULTS, ChatServer, Says, closed_port, playing, refuses

ASK = [Message("user", "Say something.")]
KEY = "sk-canary-7d3f1b"


def whole(model, streams):
    """(text, reply): asked in one piece or as a stream."""
    if not streams:
        reply = model.chat(ASK)
        return reply.text, reply
    text, stream = "", model.stream(ASK)
    while True:
        try:
            text += next(stream)
        except StopIteration as end:
            return text, end.value


@pytest.mark.parametrize("streams", [False, True])
def test_a_good_endpoint_answers_with_its_tokens(streams):
    with ChatServer(Says("知识蒸馏 works. [1]")) as server:
        text, reply = whole(OpenAIChat(server.endpoint(KEY)), streams)
        assert text == reply.text == "知识蒸馏 works. [1]"
        assert (reply.model, reply.prompt_tokens, reply.completion_tokens, reply.finish) == ("scripted-1", 7, 5, "stop")
        path, headers, body = server.seen[0]
        assert (path, headers["Authorization"], body["model"]) == ("/v1/chat/completions", f"Bearer {KEY}", "scripted")
        assert len(server.seen) == 1


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_ends_with_its_code(fault, streams):
    if fault.only and (fault.only == "stream") != streams:
        pytest.skip(f"exists only as {fault.only}")
    with playing(fault, KEY) as (endpoint, _):
        with pytest.raises(ModelError) as caught:
            whole(OpenAIChat(endpoint, seconds=fault.seconds), streams)
        assert caught.value.code == fault.code
        assert caught.value.exit_code == 5
        for language in ("zh", "en"):
            message, hint = caught.value.describe(language)
            assert message and hint and KEY not in message + hint


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(
    "refusal", [refuses(429, "busy", Retry_After="0"), refuses(503, "loading the model", Retry_After="0")]
)
def test_a_busy_server_is_asked_again(refusal, streams):
    with ChatServer(refusal, Says("Here.")) as server:
        assert whole(OpenAIChat(server.endpoint()), streams)[0] == "Here."
        assert len(server.seen) == 2


def test_nothing_is_asked_again_once_text_was_shown():
    with ChatServer(Says("a" * 40, cut=3), Says("Here.")) as server:
        stream, text = OpenAIChat(server.endpoint()).stream(ASK), ""
        with pytest.raises(ModelError) as caught:
            for piece in stream:
                text += piece
        assert (caught.value.code, text, len(server.seen)) == ("LLM_INCOMPLETE", "a" * 12, 1)


@pytest.mark.parametrize(("status", "message", "gone"), [
    (422, "Unexpected keys in the request: {'stream_options'}", {"stream_options"}),
    (400, "Unrecognized request argument supplied: temperature", {"temperature"}),
    (400, "bad request", {"stream_options", "temperature", "max_tokens"}),
])
def test_fields_an_endpoint_does_not_know_are_left_out_from_then_on(status, message, gone):
    with ChatServer(refuses(status, message), Says("Here.")) as server:
        model = OpenAIChat(server.endpoint())
        text, reply = whole(model, True)
        assert text == "Here." and set(reply.refused) == gone
        assert not gone & set(server.seen[1][2])
        whole(model, True)
        assert len(server.seen) == 3


def test_a_new_name_for_the_length_is_taken_up():
    with ChatServer(refuses(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
                    Says("Here.")) as server:
        OpenAIChat(server.endpoint()).chat(ASK, max_tokens=9)
        assert server.seen[1][2]["max_completion_tokens"] == 9 and "max_tokens" not in server.seen[1][2]


@pytest.mark.parametrize("streams", [False, True])
def test_thoughts_and_reasoning_are_not_the_answer(streams):
    with ChatServer(Says("<think>Let me [1] see.</think>\nYes.", message={"reasoning": "hm"})) as server:
        assert whole(OpenAIChat(server.endpoint()), streams)[0] == "Yes."


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("said", [
    "<Think>Hm [1].</Think>\n\nYes.", "◁think▷Hm.\n◁/think▷Yes.", "[THINK]Hm.[/THINK]Yes.",
    "<reasoning>a</reasoning>Yes.",
    "<thinking>\nHm.\n</thinking>\n\nYes.", "<|begin_of_thought|>Hm.<|end_of_thought|>\nYes.",
    "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.<|return|>",
    "<|start|>assistant<|channel|>commentary<|message|>x<|end|><|start|>assistant<|channel|>final<|message|>Yes.",
    "<think>a</think><think>b</think>Yes."])
def test_no_mark_of_thinking_gets_into_an_answer(said, streams):
    with ChatServer(Says(said)) as server:
        assert whole(OpenAIChat(server.endpoint()), streams)[0] == "Yes."


@pytest.mark.parametrize("said", ["Let me see.\n</think>\n\nYes.", "Let me see.</think>\n\nYes.",
                                  "analysisWe look.assistantfinalYes."])
def test_thoughts_that_the_template_opened_are_not_the_answer(said):
    with ChatServer(Says(said)) as server:
        assert whole(OpenAIChat(server.endpoint()), False)[0] == "Yes."


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("said", [
    "The model writes `<think>` first and `</think>` last. Then it answers.",
    "It ends its thoughts with </think>. Next.",
    'Between "<think>" and "</think>" it thinks [1].', "Use [THINK] and [/THINK] as marks.", "a < b\n<th>x</th>",
    "In analysis, the assistant is final.", "R1 uses <think> and </think>\nas marks, says the paper."])
def test_marks_of_thinking_that_an_answer_speaks_of_are_words(said, streams):
    with ChatServer(Says(said)) as server:
        assert whole(OpenAIChat(server.endpoint()), streams)[0] == said


@pytest.mark.parametrize("refusal", [
    (400, "System role not supported"), (400, "Only user and assistant roles are supported!"),
    (422, "messages[0].role: invalid value 'system'"), (500, "Conversation roles must alternate user/assistant/..."),
    (400, "This model does not support system messages")])
def test_an_endpoint_without_a_system_role_gets_it_in_the_first_message(refusal):
    messages = [Message("system", "Be short."), Message("user", "Say something.")]
    with ChatServer(refuses(*refusal), Says("Here.")) as server:
        model = OpenAIChat(server.endpoint())
        assert model.chat(messages).text == "Here."
        assert server.seen[1][2]["messages"] == [{"role": "user", "content": "Be short.\n\nSay something."}]
        model.chat(messages)
        assert len(server.seen) == 3


def test_an_endpoint_that_does_not_stream_is_read_as_well():
    with ChatServer(Says(raw=b'{"choices": [{"message": {"content": "Whole."}, "finish_reason": "stop"}]}')) as server:
        assert whole(OpenAIChat(server.endpoint()), True)[0] == "Whole."


def test_parts_comments_and_a_missing_done_are_tolerated():
    raw = (
        b": ping\r\nevent: message\r\ndata: {\"choices\": []}\r\n\r\n"
        b"data: {\"choices\": [{\"delta\": {\"content\": [{\"type\": \"text\", \"text\": \"A\"}]}}]}\r\n\r\n"
        b"data: {\"choices\": [{\"delta\": {\"content\": \"B\"}, \"finish_reason\": \"stop\"}]}\r\n\r\n")
    with ChatServer(Says(raw=raw, kind="text/event-stream")) as server:
        assert whole(OpenAIChat(server.endpoint()), True)[0] == "AB"


@pytest.mark.parametrize("streams", [False, True])
def test_a_cut_by_length_is_said(streams):
    with ChatServer(Says("Half an", finish="length")) as server:
        assert whole(OpenAIChat(server.endpoint()), streams)[1].finish == "length"


def test_closing_the_stream_does_not_wait_for_its_end():
    with ChatServer(Says("word " * 100_000, drip=0.05)) as server:
        stream = OpenAIChat(server.endpoint()).stream(ASK)
        next(stream)
        stream.close()


# --- the key


@pytest.mark.parametrize("streams", [False, True])
def test_a_server_that_repeats_the_key_does_not_get_it_shown(streams, caplog):
    caplog.set_level(logging.DEBUG)
    with ChatServer(Says(f"Your key is {KEY}. Bye.", message={"role": KEY})) as server:
        text, reply = whole(OpenAIChat(server.endpoint(KEY)), streams)
        assert text == "Your key is ***. Bye."
        assert KEY not in str(reply) + caplog.text
    with ChatServer(refuses(400, f"bad header: Bearer {KEY}")) as server, pytest.raises(ModelError) as caught:
        whole(OpenAIChat(server.endpoint(KEY)), streams)
    assert KEY not in str(caught.value) + repr(caught.value.values) + caplog.text


def test_a_redirect_is_not_followed_and_the_key_goes_nowhere():
    with ChatServer(Says("x")) as other, ChatServer(
            Says(status=302, raw=b"", headers={"Location": other.url + "/chat/completions"})) as server:
        with pytest.raises(ModelError) as caught:
            OpenAIChat(server.endpoint(KEY)).chat(ASK)
        assert caught.value.code == "LLM_REDIRECT" and other.seen == []


def test_a_secret_does_not_show_itself():
    endpoint = Endpoint("http://127.0.0.1:1/v1", "m", Secret(KEY))
    assert KEY not in f"{endpoint} {endpoint!r} {OpenAIChat(endpoint).__dict__}"


def test_the_endpoint_is_the_environment_or_a_file_of_ones_own(tmp_path):
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert load_endpoint(environment) is None
    path = endpoint_path(environment)
    path.parent.mkdir()
    path.write_text(json.dumps({"url": "http://127.0.0.1:1/v1/chat/completions", "model": "from-file", "key": KEY}))
    path.chmod(0o644)
    with pytest.raises(SettingError) as caught:
        load_endpoint(environment)
    assert "chmod 600" in str(caught.value)
    path.chmod(0o600)
    found = load_endpoint(environment)
    assert (found.url, found.model, found.key.reveal()) == ("http://127.0.0.1:1/v1", "from-file", KEY)
    # A key belongs to the address beside it: that of the file never goes to the address of the environment.
    found = load_endpoint({**environment, "KB_LLM_URL": "http://127.0.0.1:2/v1", "KB_LLM_MODEL": "m"})
    assert (found.url, bool(found.key)) == ("http://127.0.0.1:2/v1", False)
    with pytest.raises(SettingError):
        load_endpoint({**environment, "KB_LLM_KEY": KEY})
    path.write_text("{" + KEY)
    with pytest.raises(SettingError) as caught:
        load_endpoint(environment)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("url", [
    "", "ftp://a/v1", "file:///etc/passwd", "http://", "http://a:b/v1", f"http://u:{KEY}@host/v1",
    "http://host/v1?key=1", "http://ho st/v1"
])
def test_an_address_that_is_none_is_refused_without_showing_what_it_holds(url):
    with pytest.raises(SettingError) as caught:
        Endpoint(url, "m")
    assert KEY not in str(caught.value)


# --- doctor


def test_the_diagnosis_of_a_good_endpoint_says_that_it_answers_and_streams():
    with ChatServer(Says("OK")) as server:
        findings = diagnose(server.endpoint(KEY))
    assert [finding.level for finding in findings] == ["ok", "ok", "ok"]
    assert "streams" in findings[2].message and KEY not in str(findings)


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.only == ""], ids=lambda fault: fault.name)
def test_the_diagnosis_names_the_fault(fault):
    with playing(fault, KEY) as (endpoint, _):
        finding = diagnose(endpoint, seconds=fault.seconds)[-1]
    assert (finding.level, finding.code) == ("error", fault.code)
    assert finding.hint and KEY not in finding.message + finding.hint


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, closed_port())
    with ChatServer(Says("Direct.")) as server:
        assert OpenAIChat(server.endpoint()).chat(ASK).text == "Direct."
