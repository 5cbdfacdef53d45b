"""The reference pages of the documentation site, made out of the code: the command's parser, the table of operations,
the OpenAPI document, the labs, the messages and the docstrings of the public names.

Gives: {page: Markdown}, each in English and in Chinese, for tools/docs.py.
"""

import argparse
import dataclasses
import inspect
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import kb
from kb.cli.main import parser
from kb.cli.words import say
from kb.labs import NAMES, get
from kb.messages import Language, Words, messages
from kb.operations import Operation, allowed

LANGUAGES: tuple[Language, ...] = ("en", "zh")
PROSE = re.compile(r"(?<![`\w])([*_<])(?![^`\n]*`(?:[^`\n]*`[^`\n]*`)*[^`\n]*$)")
NAMED = re.compile(r"(?:^|\n|  )((?:[a-z_]+(?:, (?:and )?[a-z_]+)*|Errors|Gives|Source)): ")
RECORDS = [name for name in kb.__all__ if name not in ("__version__", "labs", "KnowledgeBase")]


def pages() -> dict[str, str]:
    """Every page, by its path."""
    made: dict[str, str] = {"reference/openapi.json": json.dumps(openapi("en"), ensure_ascii=False, indent=1)}
    for language in LANGUAGES:
        ending = "" if language == "en" else ".zh"
        for name, make in (("commands", commands), ("python", python), ("http", http), ("mcp", mcp), ("labs", labs),
                           ("messages", words)):
            made[f"reference/{name}{ending}.md"] = make(language).rstrip() + "\n"
    return made


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown; bars and line ends in cells are made harmless."""
    lines = [list(heads), *([cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


# The command line


@contextmanager
def locale(language: Language) -> Iterator[None]:
    """The command speaks this language, in lines of one width."""
    before = {name: os.environ.get(name) for name in ("LC_ALL", "COLUMNS")}
    os.environ.update(LC_ALL="zh_CN.UTF-8" if language == "zh" else "C.UTF-8", COLUMNS="100")
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def all_commands(whole: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every command, the actions of one right after it."""
    for action in whole._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield command
                yield from all_commands(command)


def commands(language: Language) -> str:
    """`kb --help` and that of every command."""
    about = {"en": "Made from the command's own parser: `kb COMMAND --help` prints the same. Results go to standard "
                   "output, progress and messages to standard error.",
             "zh": "由命令自己的解析器生成，与 `kb 命令 --help` 相同。结果在标准输出，进度和消息在标准错误。"}[language]
    title = {"en": "Commands", "zh": "命令"}[language]
    codes = {"en": ["ok", "error", "the command line was not understood", "nothing indexed", "not in the library",
                    "the language model failed", "some files failed", "a confirmation is wanted", "interrupted"],
             "zh": ["成功", "错误", "命令行有误", "还没有文档", "资料库中没有答案", "语言模型失败", "部分文件失败",
                    "需要确认", "被中断"]}[language]
    with locale(language):
        whole = parser()
        shared = ("-h, --help", "--json", "--home", "--encoder")
        parts = [f"# {title}\n\n{about}\n", f"```text\n{whole.format_usage().strip()}\n```\n",
                 {"en": "All commands take:", "zh": "所有命令都可用："}[language] + "\n",
                 options(whole, language, only=shared),
                 "\n" + {"en": "Exit codes:", "zh": "退出码："}[language] + "\n",
                 table({"en": ("code", "meaning"), "zh": ("退出码", "含义")}[language],
                       [(str(code), words) for code, words in zip((0, 1, 2, 3, 4, 5, 6, 10, 130), codes, strict=True)])]
        for command in all_commands(whole):
            level = "##" if command.prog.count(" ") == 1 else "###"
            parts += [f"{level} {command.prog}\n", sentence(say(command.description or ""), language),
                      f"\n```text\n{command.format_usage().strip()}\n```\n", options(command, language, leave=shared)]
    return "\n".join(parts)


def sentence(text: str, language: Language) -> str:
    """The words as a sentence."""
    begun = text[:1].upper() + text[1:] if language == "en" else text
    return begun + {"en": ".", "zh": "。"}[language] if text and text[-1] not in ".。" else begun


def gives(text: str, language: Language) -> str:
    return Words("Gives: ", "给出：").in_(language) + text + Words(".", "。").in_(language) + "\n"


def options(command: argparse.ArgumentParser, language: Language, *, only: Iterable[str] = (),
            leave: Iterable[str] = ()) -> str:
    """What the command takes, as a table; "" where there is nothing."""
    rows = []
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction) or action.help == argparse.SUPPRESS:
            continue
        name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        if (only and name not in only) or name in leave:
            continue
        if action.option_strings and action.nargs != 0:
            given = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
            name += f" {given if isinstance(given, str) else ' '.join(given)}"
        rows.append((f"`{name}`", say(action.help or "")))
    heads = {"en": ("argument", "meaning"), "zh": ("参数", "含义")}[language]
    return table(heads, rows) if rows else ""


# Python


def python(language: Language) -> str:
    """The docstrings of the public names, with the signatures. Read off the loaded objects, since the door has its
    members from many modules: a reader of sources would read all of kb for them, twice the time of the whole site."""
    parts = [{"en": "# KnowledgeBase and its records\n\nMade from the docstrings. What each is for, settings and entry "
                    "points: [Public names and settings](api.md).\n",
              "zh": "# KnowledgeBase 及其记录\n\n由代码中的文档字符串生成，它们是英文的。各自的用途、设置和入口点见"
                    "[公开的名称与设置](api.md)。\n"}[language]]
    for name in ("KnowledgeBase", *RECORDS):
        parts += [f"## {name}\n", described(getattr(kb, name), "")]
        for member, value in sorted(members(getattr(kb, name))):
            parts += [f"### {name}.{member} {{#{name}.{member}}}\n", described(value, member)]
    return "\n".join(parts)


def members(owner: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of kb's own, each as it stands in its class."""
    for name in dir(owner):
        value = inspect.getattr_static(owner, name)
        function = function_of(value)
        is_ours = callable(function) and str(getattr(function, "__module__", "")).startswith("kb")
        if is_ours and not name.startswith("_"):
            yield name, value


def function_of(value: Any) -> Any:
    """What is called, of a method, a class method or a property."""
    return getattr(value, "fget", None) or getattr(value, "__func__", value)


def described(value: Any, name: str) -> str:
    """Signature and docstring; name: of a member, "" for a class."""
    line = ""
    if isinstance(value, property):
        line = f"{name}: {shown(inspect.signature(function_of(value)).return_annotation)}"
    elif name or dataclasses.is_dataclass(value):
        line = signature(name or value.__name__, inspect.signature(function_of(value)))
    text = inspect.getdoc(value) or ""
    # what is indented in a docstring is an example; in its prose only `code` means something, and "name: …" begins a
    # line
    blocks = [block if block.startswith("    ") else NAMED.sub(r"\n\n**\1:** ", PROSE.sub(r"\\\1", block)).strip()
              for block in text.split("\n\n")]
    return (f"```python\n{line}\n```\n\n" if line else "") + "\n\n".join(blocks) + "\n"


def signature(name: str, found: inspect.Signature) -> str:
    """As it would be written in code, each parameter in a line of its own where one line would be too long."""
    bare = found.replace(parameters=[one for key, one in found.parameters.items() if key not in ("self", "cls")])
    line = name + str(bare).replace("'", "")
    if len(line) <= 88:
        return line
    returns = "" if bare.return_annotation is inspect.Signature.empty else f" -> {shown(bare.return_annotation)}"
    parts, is_keyword = [], False
    for one in bare.parameters.values():
        if one.kind is inspect.Parameter.KEYWORD_ONLY and not is_keyword:
            parts.append("*")
            is_keyword = True
        parts.append(str(one).replace("'", ""))
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){returns}"


def shown(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


# Other programs


def arguments(operation: Operation, language: Language) -> str:
    """The parameters of an operation as a table."""
    needed = Words("required", "必填")
    heads = {"en": ("argument", "meaning", "what may stand there", "default"),
             "zh": ("参数", "含义", "取值", "默认")}[language]
    rows = [(f"`{one.name}`", one.words.in_(language), one.wanted.in_(language),
             needed.in_(language) if one.is_required else "" if one.default is None else
             f"`{json.dumps(one.default)}`") for one in operation.parameters]
    return table(heads, rows) if rows else ""


def mcp(language: Language) -> str:
    """The tools of `kb mcp`."""
    parts = [{"en": "# MCP tools\n\nMade from the table of operations (`kb/operations/`). How to start the server: "
                    "[Other programs](../howto/servers.md#mcp).\n",
              "zh": "# MCP 工具\n\n由操作表（`kb/operations/`）生成。怎样启动服务器："
                    "[其他程序](../howto/servers.md#mcp)。\n"}[language]]
    for operation in allowed(writes=True):
        parts += [f"## {operation.name}\n", sentence(operation.words.in_(language), language) + "\n",
                  gives(operation.result.in_(language), language),
                  hints(operation, language), arguments(operation, language)]
    return "\n".join(parts)


def hints(operation: Operation, language: Language) -> str:
    """What the tool's annotations say."""
    said = [Words("changes the library: only with `--write`", "会改动资料库：只在 `--write` 时提供")
            if operation.writes else Words("only reads", "只读")]
    if operation.removes:
        said.append(Words("may take something away", "可能移除内容"))
    if operation.reaches_out:
        said.append(Words("may ask the network", "可能访问网络"))
    return sentence(Words("; ", "；").in_(language).join(one.in_(language) for one in said), language) + "\n"


def openapi(language: Language) -> dict[str, Any]:
    """The OpenAPI document of `kb api --write`."""
    from kb.servers.api import make_api

    made: dict[str, Any] = make_api(None, writes=True, language=language).openapi()  # type: ignore[arg-type]
    return made


def http(language: Language) -> str:
    """The routes of `kb api`, from its OpenAPI document."""
    document = openapi(language)
    parts = [{"en": "# HTTP API\n\nMade from the OpenAPI document ([openapi.json](openapi.json); `kb api` gives it at "
                    "`/openapi.json`). How to start the server, errors, chat front-ends: "
                    "[Other programs](../howto/servers.md#http).\n",
              "zh": "# HTTP 接口\n\n由 OpenAPI 文档生成（[openapi.json](openapi.json)；"
                    "`kb api` 在 `/openapi.json` 给出）。"
                    "怎样启动服务器、错误、聊天前端：[其他程序](../howto/servers.md#http)。\n"}[language],
             document["info"]["description"] + "\n"]
    heads = {"en": ("field", "type", "meaning", "default"), "zh": ("字段", "类型", "含义", "默认")}[language]
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            about = route.get("description") or ""
            parts += [f"## {method.upper()} {path}\n", sentence(route["summary"], language) + "\n"]
            if about:
                parts.append(gives(about, language))
            if body := route.get("requestBody"):
                schema = resolved(body["content"]["application/json"]["schema"], document)
                parts.append(table(heads, [
                    (f"`{name}`", kind(field, document), field.get("description", ""), default(schema, name, language))
                    for name, field in schema["properties"].items()]))
            answers = sorted(route["responses"], key=int)
            parts.append(Words("Statuses: ", "状态码：").in_(language) + ", ".join(answers) + "\n")
    return "\n".join(parts)


def resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The schema, looked up where it is only named."""
    if name := schema.get("$ref"):
        found: dict[str, Any] = document["components"]["schemas"][name.rsplit("/", 1)[1]]
        return found
    return schema


def kind(field: dict[str, Any], document: dict[str, Any]) -> str:
    """What a field may hold, in the words of JSON Schema."""
    if "$ref" in field:
        inner = resolved(field, document)
        return kind(inner, document) if "enum" in inner else f"{{{', '.join(inner.get('properties', {}))}}}"
    if options := field.get("anyOf"):
        return " \\| ".join(kind(one, document) for one in options).replace("\\|", "or")
    if "enum" in field:
        return ", ".join(f'"{value}"' for value in field["enum"])
    if "const" in field:
        return f'"{field["const"]}"'
    if field.get("type") == "array":
        return f"[{kind(field.get('items', {}), document)}]" + bounds(field, "Items")
    return field.get("type", "any") + bounds(field, "Length") + bounds(field, "imum")


def bounds(field: dict[str, Any], what: str) -> str:
    low, high = field.get(f"min{what}"), field.get(f"max{what}")
    ends = ["" if end is None else f"{end:g}" for end in (low, high)]
    return f" {'–'.join(ends)}" if any(ends) else ""


def default(schema: dict[str, Any], name: str, language: Language) -> str:
    if name in schema.get("required", ()):
        return Words("required", "必填").in_(language)
    value = schema["properties"][name].get("default")
    return "" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


# Labs and messages


def labs(language: Language) -> str:
    """What each lab is and what can be set."""
    parts = [{"en": "# Labs and their parameters\n\n`kb lab run NAME --set PARAMETER=VALUE`; what was measured: "
                    "[Labs](../howto/labs.md).\n",
              "zh": "# 实验及其参数\n\n`kb lab run 名称 --set 参数=值`；"
                    "测得的结果见[实验](../howto/labs.md)。\n"}[language]]
    heads = {"en": ("parameter", "meaning", "what may stand there", "default"),
             "zh": ("参数", "含义", "取值", "默认")}[language]
    for name in NAMES:
        lab = get(name)
        parts += [f"## {name}\n", f"**{lab.title.in_(language)}**\n", lab.about.in_(language) + "\n"]
        rows = []
        for one in lab.params:
            wanted = ", ".join(one.choices) or (f"{one.low:g}–{one.high:g}" if one.low is not None and
                                                one.high is not None else one.kind)
            text = " ".join(filter(None, [one.label.in_(language), one.help.in_(language)]))
            value = str(one.default)
            shown = (value[:40] + "…" if len(value) > 40 else value).replace("\n", " ")
            rows.append((f"`{one.name}`", text, wanted, f"`{shown}`" if shown else ""))
        parts.append(table(heads, rows))
    return "\n".join(parts)


def words(language: Language) -> str:
    """What can go wrong, and what a check may find, by code."""
    groups = [("E_", Words("Errors", "错误")), ("F_", Words("Findings of `kb verify` and `kb doctor`",
                                                            "`kb verify` 与 `kb doctor` 的检查结果")),
              ("N_", Words("Notes on a document", "关于文档的说明"))]
    heads = {"en": ("code", "message", "what to do"), "zh": ("代码", "消息", "怎么办")}[language]
    parts = [{"en": "# Messages\n\nWhat kb says, by its code; names in braces stand for what it is about.\n",
              "zh": "# 错误与提示\n\n按代码列出 kb 的消息；花括号里的名称代表所说的对象。\n"}[language]]
    for start, title in groups:
        rows = []
        for code, message in messages().items():
            said, hint = message.zh if language == "zh" else message.en
            if code.startswith(start):
                rows.append((f"`{code}`", plain(said), plain(hint)))
        parts += [f"## {title.in_(language)}\n", table(heads, rows)]
    return "\n".join(parts)


def plain(text: str) -> str:
    """The text with nothing in it that Markdown or HTML would read."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{c}" if c in "*_`[]\\" else c for c in escaped)
