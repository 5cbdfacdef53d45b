"""`kb api`: every operation over HTTP, chat for front-ends, one error for each thing that is wrong."""

from __future__ import annotations

import json
import re

import pytest

pytest.importorskip("fastapi", reason="pip install 'bilingual-kb[api]'")
from fastapi.testclient import TestClient

from kb import Answer, KnowledgeBase
from kb.operations import OPERATIONS, allowed
from kb.servers.api import OPEN_PATHS, make_api
from kb.servers.chat import said
from kb.servers.door import LARGEST, Door, Guard
from tests.chatserver import ChatServer, Says

HOST, TOKEN = "127.0.0.1:8502", "t0ken-of-the-tests"


def client(base, *, writes=False, language="en", **headers):
    door = Door(frozenset({HOST}), TOKEN, OPEN_PATHS)
    api = Guard(make_api(base, writes=writes, language=language), door)
    return TestClient(api, base_url=f"http://{HOST}", raise_server_exceptions=False,
                      headers={"authorization": f"Bearer {TOKEN}", **headers})


@pytest.fixture(scope="module")
def api(library):
    return client(library)


def error_of(response, status):
    assert response.status_code == status, response.text
    found = response.json()["error"]
    assert found["message"] and found["hint"]
    return found["code"]


def events(text):
    """(name, data) of each event of a stream."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields.get("event"), fields["data"]))
    return found


def test_an_answer_is_what_the_library_says(api, library):
    response = api.post("/v1/ask", json={"question": "What is LoRA?"})
    assert response.status_code == 200
    assert Answer.from_dict(response.json()) == library.ask("What is LoRA?")
    for name, body in (("search", {"question": "剪枝", "k": 1}), ("where", {"quote": "adds low-rank matrices"}),
                       ("list", {}), ("table", {"columns": ["year"]})):
        given = {one.name: body.get(one.name, one.default) for one in OPERATIONS[name].parameters}
        known = OPERATIONS[name].on(library, **given)
        assert api.post(f"/v1/{name}", json=body).json() == json.loads(json.dumps(known))


def test_an_answer_comes_as_it_grows(api, library):
    with api.stream("POST", "/v1/ask", json={"question": "What is LoRA?", "stream": True}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        found = events(response.read().decode())
    assert [name for name, _ in found] == ["answer", "done"]
    assert Answer.from_dict(json.loads(found[0][1])) == library.ask("What is LoRA?")
    assert error_of(api.post("/v1/ask", json={"question": " ", "stream": True}), 422) == "Q_EMPTY"


@pytest.mark.parametrize(("path", "body", "status", "code"), [
    *(("search", body, 422, "E_ARGUMENT") for body in (
        {"question": "LoRA", "k": 0}, {"question": "LoRA", "k": 101}, {"question": "LoRA", "k": "3"},
        {"question": "LoRA", "n": 3}, {}, [], {"question": "x" * 8001})),
    ("ask", {"question": "   "}, 422, "Q_EMPTY"), ("ask", {"question": "\0"}, 422, "E_ARGUMENT"),
    ("show", {"document": "ffff"}, 404, "E_UNKNOWN_DOCUMENT"),
    ("read", {"documents": ["ffff"]}, 404, "E_UNKNOWN_DOCUMENT"),
    ("table", {}, 422, "Q_NO_COLUMN"), ("survey", {"topic": "Quokkas", "llm": True}, 424, "LLM_UNSET"),
    ("remove", {"documents": ["ffff"]}, 404, "E_NO_ROUTE"), ("nothing", {}, 404, "E_NO_ROUTE"),
    ("chat/completions", {"model": "gpt", "messages": [{"role": "user", "content": "x"}]}, 404, "E_CHAT_MODEL"),
    ("chat/completions", {"model": "kb", "messages": []}, 422, "E_ARGUMENT"),
    ("chat/completions", {"model": "kb", "messages": [{"role": "system", "content": "x"}]}, 422, "Q_EMPTY")])
def test_what_cannot_be_done_is_one_clear_error(api, path, body, status, code):
    response = api.post(f"/v1/{path}", content=json.dumps(body), headers={"content-type": "application/json"})
    assert error_of(response, status) == code


def test_an_error_is_told_in_the_readers_language_and_says_what_is_wanted(library):
    response = client(library, **{"accept-language": "zh-CN,en"}).post("/v1/search", json={"question": "LoRA", "k": 0})
    assert "1 到 100" in response.json()["error"]["hint"]
    assert error_of(client(library).get("/v1/ask"), 404) == "E_NO_ROUTE"


def test_a_library_without_documents_and_one_that_is_written_are_told(tmp_path, base):
    assert error_of(client(base).post("/v1/ask", json={"question": "What?"}), 409) == "E_NOTHING_INDEXED"
    assert client(base).post("/v1/list", json={}).json() == {"documents": [], "n_documents": 0, "next": None}
    writing = client(base, writes=True)
    text = {"title": "A", "text": "A is the first letter."}
    assert len(writing.post("/v1/add", json=text).json()["added"]) == 1
    with KnowledgeBase.open(base.home, encoder="hashing") as other, other._store.write("add"):
        assert error_of(writing.post("/v1/add", json=text | {"title": "B"}), 409) == "E_BUSY"
    assert [info.title for info in base.documents()] == ["A"]
    assert writing.post("/v1/remove", json={"documents": [base.documents()[0].id]}).json()["removed"][0]["title"] == "A"


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b'{"question": "a", "question": "b"}', b"\xff", b'{"k": 1e999}',
                                  b'{"k": ' + b"9" * 5000 + b"}", b"question=a"])
def test_a_body_that_is_no_sound_json_is_told(api, body):
    for path in ("/v1/ask", "/v1/chat/completions"):
        assert error_of(api.post(path, content=body, headers={"content-type": "application/json"}), 422) == "E_ARGUMENT"
    assert error_of(api.post("/v1/ask", content=b'{"question": "a"}', headers={"content-type": "text/plain"}),
                    422) == "E_ARGUMENT"


def test_what_breaks_is_told_without_its_words(library, monkeypatch):
    def broken(self, *args, **kwargs):
        raise RuntimeError("secret")

    def breaking(self, *args, **kwargs):
        yield library.ask("What is LoRA?")
        raise RuntimeError("secret")

    api = client(library)
    monkeypatch.setattr(KnowledgeBase, "search", broken)
    monkeypatch.setattr(KnowledgeBase, "stream", breaking)
    response = api.post("/v1/search", json={"question": "LoRA"})
    assert error_of(response, 500) == "E_BROKEN" and "secret" not in response.text
    text = api.post("/v1/ask", json={"question": "LoRA", "stream": True}).text
    assert [name for name, _ in events(text)] == ["answer", "error"] and "secret" not in text and "E_BROKEN" in text


# --- the door

@pytest.mark.parametrize(("headers", "status", "code"), [
    ({"authorization": ""}, 401, "E_TOKEN"), ({"authorization": "Bearer wrong"}, 401, "E_TOKEN"),
    ({"authorization": f"Basic {TOKEN}"}, 401, "E_TOKEN"), ({"host": "evil.example"}, 421, "E_HOST"),
    ({"host": "127.0.0.1:1"}, 421, "E_HOST"), ({"origin": "http://evil.example"}, 403, "E_ORIGIN"),
    ({"origin": "null"}, 403, "E_ORIGIN"), ({"content-length": str(LARGEST + 1)}, 413, "E_BODY"),
    ({"content-length": "-1"}, 413, "E_BODY")])
def test_who_is_not_let_in_learns_why_and_nothing_else(api, headers, status, code):
    for path in ("/v1/ask", "/v1/models", "/nothing"):
        assert error_of(api.post(path, content=b"{}", headers=headers), status) == code


def test_the_servers_own_origin_and_host_are_let_in(api):
    assert api.get("/v1/models", headers={"origin": f"http://{HOST}"}).status_code == 200


def test_a_body_that_does_not_say_its_size_is_counted(api):
    pieces = (b"[" * 65536 for _ in range(LARGEST // 65536 + 1))
    assert error_of(api.post("/v1/ask", content=pieces), 413) == "E_BODY"


def test_the_page_and_the_document_say_what_there_is_load_nothing_and_need_no_token(library):
    for language in ("en", "zh"):
        api = client(library, writes=True, language=language, authorization="")
        page, document = api.get("/"), api.get("/openapi.json").json()
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert not re.search(r"(?:src|href)=\"(?!openapi\.json)|<script|url\(|@import", page.text)
        assert {f"/v1/{one.name}" for one in allowed(writes=True)} < set(document["paths"])
        assert OPERATIONS["where"].words.in_(language) in page.text
        assert document["security"] == [{"token": []}]
        assert error_of(api.get("/docs"), 401) == "E_TOKEN"


def test_the_document_has_the_bounds_of_the_table(api):
    schemas = api.get("/openapi.json").json()["components"]["schemas"]
    k = schemas["SearchArguments"]["properties"]["k"]
    assert (k["minimum"], k["maximum"], k["default"]) == (1, 100, 10)
    assert schemas["SearchArguments"]["additionalProperties"] is False
    assert schemas["CiteArguments"]["properties"]["documents"]["maxItems"] == 200


# --- chat

def asked(api, *questions, **more):
    messages = [{"role": "user", "content": question} for question in questions]
    return api.post("/v1/chat/completions", json={"model": "kb", "messages": messages} | more)


def test_chat_answers_with_citations_in_the_text_and_in_a_field(api, library):
    assert [one["id"] for one in api.get("/v1/models").json()["data"]] == ["kb"]
    found = asked(api, "What is LoRA?", temperature=0.2, max_tokens=5, user="x").json()
    message = found["choices"][0]["message"]
    assert found["object"] == "chat.completion" and found["choices"][0]["finish_reason"] == "stop"
    cited = message["citations"][0]
    assert "[1]" in message["content"]
    assert f"`{cited['document']}:{cited['start']}-{cited['end']}`" in message["content"]
    assert library.document(cited["document"]).text[cited["start"]:cited["end"]] == cited["quote"]
    assert "![" not in message["content"].replace(r"\!\[", "")  # a document's picture is not loaded


def test_chat_streams_the_same_text(api):
    whole = asked(api, "What is LoRA?").json()["choices"][0]["message"]
    text = asked(api, "What is LoRA?", stream=True, stream_options={"include_usage": True}).text
    datas = [data for _, data in events(text)]
    assert datas[-1] == "[DONE]"
    chunks = [json.loads(data) for data in datas[:-1]]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    assert "".join(delta.get("content", "") for delta in deltas) == whole["content"]
    assert next(delta["citations"] for delta in deltas if "citations" in delta) == whole["citations"]
    assert chunks[-1]["usage"]["total_tokens"] == 0
    assert error_of(asked(api, " ", stream=True), 422) == "Q_EMPTY"


def test_chat_says_what_is_not_there_and_follows_what_was_asked_before(api, library):
    assert "资料库中没有答案" in asked(api, "谁发明了电灯？").json()["choices"][0]["message"]["content"]
    parts = {"role": "user", "content": [{"type": "text", "text": "What is LoRA?"}, {"type": "image_url"}]}
    other = {"role": "assistant", "content": "Nothing."}
    more = {"role": "user", "content": "Is it a method?"}
    found = api.post("/v1/chat/completions", json={"model": "kb", "messages": [parts, other, more]}).json()
    message = found["choices"][0]["message"]
    assert message["question"] == "Is LoRA a method?"
    assert message["content"] == said(library.ask("Is LoRA a method?"))


# --- a language model writes

NOTE = "Pruning is the removal of weights that matter little. It halves the memory of a network."
WROTE = ("Pruning is the removal of weights that matter little [1]. It halves the memory of a network [1]. "
         "It needs 300 networks [1].")


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The API while a language model is set, which says WROTE; only the real encoder can check it."""
    with ChatServer(Says(WROTE)) as model, KnowledgeBase.open(tmp_path / "library", encoder="bundled") as base:
        base.add_text(f"# Pruning\n\n{NOTE}", "Pruning")
        monkeypatch.setenv("KB_LLM_URL", model.url)
        monkeypatch.setenv("KB_LLM_MODEL", "scripted")
        yield client(base)


@pytest.mark.engine
def test_a_model_that_is_set_writes_and_each_of_its_sentences_is_checked(written):
    assert [one["id"] for one in written.get("/v1/models").json()["data"]] == ["kb", "kb-llm"]
    whole = asked(written, "What is pruning?", model="kb-llm").json()
    message = whole["choices"][0]["message"]
    assert message["content"].startswith("Pruning is the removal of weights that matter little. [1] It halves")
    assert re.search(r"300 networks\. \(no support found\)", message["content"])
    assert all(f"[{one['number']}] Pruning" in message["content"] for one in message["citations"])
    assert whole["usage"]["total_tokens"] == 12 and message["citations"][0]["number"] == 1
    text = asked(written, "What is pruning?", model="kb-llm", stream=True).text
    deltas = [json.loads(data)["choices"][0]["delta"] for _, data in events(text) if data != "[DONE]"]
    assert len([delta for delta in deltas if delta.get("content")]) > 1  # sentence by sentence
    assert "".join(delta.get("content", "") for delta in deltas) == message["content"]
    found = events(written.post("/v1/ask", json={"question": "What is pruning?", "llm": True, "stream": True}).text)
    assert [name for name, _ in found][-1] == "done" and json.loads(found[-2][1])["written"]["is_complete"]


def test_a_model_that_fails_leaves_the_librarys_own_sentences(library, monkeypatch):
    with ChatServer(Says(status=500, raw=b"no")) as model:
        monkeypatch.setenv("KB_LLM_URL", model.url)
        monkeypatch.setenv("KB_LLM_MODEL", "scripted")
        api = client(library)
        for stream in (False, True):
            said_by = asked(api, "What is LoRA?", model="kb-llm", stream=stream).text
            assert "adds low-rank matrices" in said_by and "could not answer" in said_by


def test_openais_own_client_is_answered(api, library):
    openai = pytest.importorskip("openai")
    front = openai.OpenAI(base_url=f"http://{HOST}/v1", api_key=TOKEN, http_client=api, max_retries=0)
    question = [{"role": "user", "content": "What is LoRA?"}]
    assert [model.id for model in front.models.list()] == ["kb"]
    whole = front.chat.completions.create(model="kb", messages=question).choices[0].message
    assert whole.content == said(library.ask("What is LoRA?"))
    assert whole.citations[0]["quote"] in library.document(whole.citations[0]["document"]).text
    stream = front.chat.completions.create(model="kb", messages=question, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == whole.content
    with pytest.raises(openai.NotFoundError, match="there is no model gpt"):
        front.chat.completions.create(model="gpt", messages=question)
