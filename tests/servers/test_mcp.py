"""`kb mcp`, asked by the SDK's own client: in memory, over standard input and output, over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import anyio
import pytest

pytest.importorskip("mcp", reason="pip install 'bilingual-kb[mcp]'")
import httpx2
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from kb import Answer, KnowledgeBase
from kb.operations import OPERATIONS, allowed
from kb.servers import mcp
from tests.conftest import ROOT


def environment(base):
    """Of a command for this library."""
    return {**os.environ, "KB_HOME": str(base.home), "KB_ENCODER": "hashing", "LANG": "en_US.UTF-8",
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]])}


def talk(server, *calls):
    """(tools, the result of each call) in one conversation."""
    async def talking():
        async with Client(server) as client:
            tools = (await client.list_tools()).tools
            return tools, [await client.call_tool(name, arguments) for name, arguments in calls]

    with anyio.from_thread.start_blocking_portal() as portal:
        return portal.call(talking)


def server_of(base, *, writes=False, language="en"):
    return mcp.make_server(base, writes=writes, language=language)


def test_every_operation_is_a_tool_and_what_writes_is_there_only_where_it_was_asked_for(library):
    for writes in (False, True):
        tools, _ = talk(server_of(library, writes=writes))
        assert {tool.name for tool in tools} == {operation.name for operation in allowed(writes=writes)}
        for tool in tools:
            operation = OPERATIONS[tool.name]
            assert tool.annotations.read_only_hint is not operation.writes
            assert operation.words.en in tool.description
            assert {*tool.input_schema["properties"]} == {one.name for one in operation.parameters}
    chinese, _ = talk(server_of(library, language="zh"))
    assert OPERATIONS["where"].words.zh in next(tool for tool in chinese if tool.name == "where").description


def test_what_a_tool_gives_is_what_the_library_says(library):
    _, (answer, found, listed) = talk(
        server_of(library), ("ask", {"question": "What is LoRA?"}), ("where", {"quote": "adds low-rank matrices"}),
        ("list", {"limit": 1}))
    assert Answer.from_dict(answer.structured_content) == library.ask("What is LoRA?")
    assert json.loads(answer.content[0].text) == answer.structured_content and not answer.is_error
    assert found.structured_content == json.loads(json.dumps(library.where("adds low-rank matrices").to_dict()))
    assert (len(listed.structured_content["documents"]), listed.structured_content["next"]) == (1, 1)


@pytest.mark.parametrize(("name", "arguments", "words"), [
    ("search", {"question": "LoRA", "k": 0}, "E_ARGUMENT: k cannot be used as it is\n  -> wanted: a whole"),
    ("search", {"question": "LoRA", "n": 1}, "only what the operation has: question, k"),
    ("search", {}, "E_ARGUMENT: question"), ("ask", {"question": "  "}, "Q_EMPTY"),
    ("show", {"document": "ffff"}, "E_UNKNOWN_DOCUMENT: no document with id ffff"),
    ("show", {"document": "ffff" * 100}, "E_ARGUMENT: document"),
    ("remove", {"documents": ["ffff"]}, "there is no tool remove; what writes is there only with --write")])
def test_what_cannot_be_done_is_a_result_that_says_so(library, name, arguments, words):
    _, (found, after) = talk(server_of(library), (name, arguments), ("list", {}))
    assert isinstance(found, CallToolResult) and found.is_error
    assert words in found.content[0].text
    assert not after.is_error  # the conversation goes on


def test_what_breaks_is_told_without_its_words(library, monkeypatch):
    def broken(self, *args, **kwargs):
        raise RuntimeError("secret")

    monkeypatch.setattr(KnowledgeBase, "search", broken)
    _, (found, ) = talk(server_of(library), ("search", {"question": "LoRA"}))
    assert found.is_error and "secret" not in found.content[0].text and "log" in found.content[0].text


def test_documents_are_added_edited_and_removed_and_a_second_writer_is_told_of_the_first(base):
    server = server_of(base, writes=True)
    _, (empty, added) = talk(server, ("ask", {"question": "What is LoRA?"}),
                             ("add", {"title": "LoRA", "text": "LoRA is a method."}))
    assert "E_NOTHING_INDEXED" in empty.content[0].text
    document = added.structured_content["added"][0]["document"]
    with KnowledgeBase.open(base.home, encoder="hashing") as other, other._store.write("add"):
        _, (busy, ) = talk(server, ("edit", {"document": document, "title": "A"}))
    assert busy.is_error and "E_BUSY" in busy.content[0].text
    _, (edited, removed) = talk(server, ("edit", {"document": document, "year": "2021"}),
                                ("remove", {"documents": [document]}))
    assert edited.structured_content["after"]["year"]["value"] == 2021
    assert removed.structured_content["removed"][0]["id"] == document
    assert base.documents() == ()


def test_the_command_answers_on_standard_output_and_says_nothing_else_there(library):
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "kb", "mcp"], env=environment(library))
    tools, (answer, missing) = talk(parameters, ("ask", {"question": "What is LoRA?"}), ("show", {"document": "ffff"}))
    assert len(tools) == len(allowed(writes=False))
    assert Answer.from_dict(answer.structured_content) == library.ask("What is LoRA?")
    assert "E_UNKNOWN_DOCUMENT" in missing.content[0].text


def test_over_http_the_token_and_the_host_are_asked_for(library):
    command = [sys.executable, "-m", "kb", "mcp", "--http", "--port", "0"]
    with subprocess.Popen(command, env=environment(library), stderr=subprocess.PIPE, text=True) as server:
        try:
            url, token = re.search(r"(http://\S+)  token: (\S+)", server.stderr.readline()).groups()
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            for headers, status in (({}, 401), ({"authorization": "Bearer x"}, 401),
                                    ({"authorization": f"Bearer {token}", "host": "evil.example"}, 421),
                                    ({"authorization": f"Bearer {token}", "origin": "http://evil.example"}, 403)):
                assert httpx2.post(url, json=body, headers=headers).status_code == status

            async def talking():
                async with (httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}) as http,
                            Client(streamable_http_client(url, http_client=http)) as client):
                    tools = (await client.list_tools()).tools
                    return tools, await client.call_tool("ask", {"question": "What is LoRA?"})

            tools, answer = anyio.run(talking)
        finally:
            server.terminate()
    assert server.wait() == 0
    assert len(tools) == len(allowed(writes=False))
    assert Answer.from_dict(answer.structured_content) == library.ask("What is LoRA?")
