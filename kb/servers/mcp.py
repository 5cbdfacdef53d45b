"""The operations as tools of the Model Context Protocol, over stdio or HTTP.

Reads: calls of tools.  Gives: results as text in JSON and as structured content; an error that a user should see as a
result that is an error, which is what the SDK makes of a ToolError. Without the SDK we would have to write the protocol
and both transports.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from mcp.server import Server
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.stdio import stdio_server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

from kb.errors import KBError, RequestError
from kb.messages import Language, Words
from kb.operations import Operation, allowed
from kb.outside import read_json
from kb.servers.arguments import checked, model_of
from kb.servers.door import LARGEST
from kb.servers.replies import encoded
from kb.version import __version__

if TYPE_CHECKING:
    from kb.base import KnowledgeBase

log = logging.getLogger(__name__)
PATH = "/mcp"
_AT_ONCE = 4  # calls that are worked on
_LARGEST_RESULT = 1 << 28  # bytes
_ABOUT = Words("A knowledge base over papers. Every sentence it gives is a quote with its exact place: document, page, "
               "start and end. Ask it before you answer from memory, and name the place of what you use; `where` finds "
               "the place of a sentence, `show` what stands around it.",
               "论文知识库。它给出的每句话都是原文，并注明确切位置：文档、页码、起止。先查询它，再作答，并注明所用内容的出处；"
               "where 查一句话的出处，show 查看该处的前后文。")
_NO_TOOL = Words("there is no tool {name}; what writes is there only with --write",
                 "没有工具 {name}；写入操作仅在 --write 时提供")


def make_server(base: KnowledgeBase, *, writes: bool, language: Language) -> Server[Any]:
    """The server. language: of descriptions and errors."""
    operations = {operation.name: operation for operation in allowed(writes=writes)}
    tools = [_tool(operation, language) for operation in operations.values()]
    limiter = anyio.CapacityLimiter(_AT_ONCE)

    async def list_tools(context: Any, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=tools)

    async def call_tool(context: Any, params: CallToolRequestParams) -> CallToolResult:
        try:
            operation = operations.get(params.name)
            if operation is None:
                raise ToolError(_NO_TOOL.in_(language).format(name=params.name[:80]))
            return await anyio.to_thread.run_sync(_called, operation, base, params.arguments or {}, language,
                                                  limiter=limiter)
        except ToolError as error:
            return _error(str(error))
        except Exception:  # its words are for the log: they may hold what nobody should see
            log.exception("the tool %s broke off", params.name)
            return _error(_words(RequestError("E_BROKEN"), language))

    return Server("kb", version=__version__, instructions=_ABOUT.in_(language), on_list_tools=list_tools,
                  on_call_tool=call_tool)


def _tool(operation: Operation, language: Language) -> Tool:
    hints = ToolAnnotations(read_only_hint=not operation.writes, destructive_hint=operation.removes,
                            open_world_hint=operation.reaches_out)
    return Tool(name=operation.name, annotations=hints,
                description=f"{operation.words.in_(language)} → {operation.result.in_(language)}",
                input_schema=model_of(operation, language).model_json_schema())


def _called(operation: Operation, base: KnowledgeBase, arguments: dict[str, Any], language: Language) -> CallToolResult:
    """Errors: ToolError."""
    try:
        found = operation.on(base, **checked(operation, arguments))
    except KBError as error:
        raise ToolError(_words(error, language)) from error
    text = encoded(found).decode()
    values = read_json(text, largest=_LARGEST_RESULT, is_strict=False)  # without lone surrogates
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=values)


def _words(error: KBError, language: Language) -> str:
    message, hint = error.describe(language)
    return f"{error.code}: {message}\n  -> {hint}"


def _error(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)


def serve_stdio(base: KnowledgeBase, *, writes: bool, language: Language) -> None:
    """Answers over standard input and output until the input ends; what anything else prints goes to stderr."""
    server = make_server(base, writes=writes, language=language)

    async def serving() -> None:
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    anyio.run(serving)


def make_http(base: KnowledgeBase, *, writes: bool, language: Language) -> Any:
    """The application for HTTP, without the door before it, which knows the hosts, the origins and the token."""
    server = make_server(base, writes=writes, language=language)
    return server.streamable_http_app(streamable_http_path=PATH, max_request_body_size=LARGEST)
