"""What stands above the text of a Markdown file: YAML, also where YAML refuses it, TOML, JSON, the title block of
pandoc, the keys of MultiMarkdown.

Reads: Markdown.  Gives: metadata, the declared language, and the text below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from kb.outside import read_json, read_toml
from kb.readers.metadata import metadata_from
from kb.types import Language, Metadata
from kb.words import phrases, table

_LONGEST = 2**20
_FENCED = re.compile(r"\s*(?P<fence>---|\+\+\+|;;;)[ \t]*(?P<kind>json|toml|yaml)?[ \t]*\n(?P<body>.*?)(?:(?<=\n)|\n)"
                     r"(?:(?P=fence)|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE_BLOCK = re.compile(r"(?:%[^\n]*\n(?:[ \t]+\S[^\n]*\n)*){1,3}(?=\s*\n|\Z)")
_KEY = re.compile(r"(?P<key>[^\W\d][\w.-]*(?: [\w.-]+){0,2})[ \t]*(?P<mark>:|：|=)(?:\s+|(?<=：)|$)(?P<value>.*)")
_TEMPLATE = re.compile(r"\{\{.*\}\}|<%.*%>|\{%.*%\}")


def split_front_matter(text: str) -> tuple[Metadata, Language | None, str]:
    """(metadata, declared language, the text without its front matter). What gives no keys stays in the text."""
    for split in (_fenced, _json, _title_block, _multimarkdown):
        found = split(text[:_LONGEST])
        if found is not None:
            values, end = found
            metadata, language = metadata_from(_named(values))
            return metadata, language, text[end:]
    return Metadata(), None, text


def _named(values: dict[Any, Any]) -> dict[str, Any]:
    """The values by the names that metadata have, for keys in small letters or in Chinese; marks of a template count
    as missing."""
    names = table("front", "names")
    found = {str(key).strip().lower(): value for key, value in values.items()}
    found = {names.get(key, key): value for key, value in found.items()}
    return {key: value for key, value in found.items() if not (isinstance(value, str) and _TEMPLATE.search(value))}


def _fenced(text: str) -> tuple[dict[Any, Any], int] | None:
    found = _FENCED.match(text)
    if found is None:
        return None
    kind = found["kind"] or {"---": "yaml", "+++": "toml", ";;;": "json"}[found["fence"]]
    values = _parsed(kind, found["body"])
    if values is None or found["body"].startswith("\n") and not _is_known(values):  # a rule, and one sentence below
        return None
    return values, found.end()


def _parsed(kind: str, body: str) -> dict[Any, Any] | None:
    import yaml

    parsers: dict[str, Callable[[str], Any]] = {"toml": read_toml, "json": read_json, "yaml": yaml.safe_load}
    try:
        values = parsers[kind](body)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        values = None if kind == "json" else _line_by_line(body)
    if isinstance(values, str) and "：" in values:  # to YAML only ":" parts a key from its value
        values = _line_by_line(body)
    return values if isinstance(values, dict) and values else None


def _line_by_line(body: str) -> dict[str, Any] | None:
    """The keys of front matter that its own language refuses, a line each, with lists and folded lines below; None if
    other lines stand there."""
    values: dict[str, Any] = {}
    key = ""
    for i, line in enumerate(body.expandtabs(4).split("\n")):
        bare = line.strip()
        found = _KEY.fullmatch(line.rstrip())
        if not bare or bare.startswith("#"):
            if i == 0 and not bare:
                return None
        elif found is not None:
            key = found["key"]
            values[key] = _value(found["value"])
        elif key and bare.startswith("- "):
            values[key] = [*(values[key] if isinstance(values[key], list) else []), _value(bare[2:])]
        elif key and line[0] == " ":
            if isinstance(values[key], str):
                values[key] = f"{values[key]} {bare}".strip().removeprefix("> ").removeprefix("| ")
        else:
            return None
    return values if any(values.values()) else None


def _value(text: str) -> Any:
    """A value of one line without its quotation marks; a list where it is written as one, nothing where it is an
    object of a program."""
    text = text.strip()
    if text.startswith("!!") or text in (">", "|", ">-", "|-"):
        return ""
    if text.startswith("[") and text.endswith("]"):
        return [_value(item) for item in text[1:-1].split(",") if item.strip()]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def _json(text: str) -> tuple[dict[Any, Any], int] | None:
    """An object at the very beginning that names something of a document, with text below."""
    if not text.lstrip("\ufeff").startswith("{"):
        return None
    try:
        values, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    rest = re.match(r"[ \t]*(?:\n|\Z)", text[end:])
    if not isinstance(values, dict) or rest is None or not _is_known(values):
        return None
    return values, end + rest.end()


def _is_known(values: dict[Any, Any]) -> bool:
    names = table("front", "names")
    return any(str(key).strip().lower() in (*phrases("front", "keys"), *names) for key in values)


def _title_block(text: str) -> tuple[dict[Any, Any], int] | None:
    """`% title`, `% authors`, `% date` of pandoc; a line that begins with a space goes on."""
    found = _TITLE_BLOCK.match(text)
    if found is None:
        return None
    fields = [" ".join(part.split()) for part in re.split(r"^%", found.group(), flags=re.MULTILINE)[1:]]
    if not any(fields) or fields[0].startswith("%"):
        return None
    return dict(zip(("title", "author", "date"), fields, strict=False)), found.end()


def _multimarkdown(text: str) -> tuple[dict[Any, Any], int] | None:
    """Keys at the very beginning, up to the first blank line; the first is one that documents have."""
    found = re.match(r"(?:[^\n]+\n?)+", text)
    if found is None:
        return None
    first = _KEY.match(found.group().split("\n", 1)[0])
    if first is None or first["mark"] == "=" or not first["value"].strip() or not _is_known({first["key"]: ""}):
        return None
    values = _line_by_line(found.group().rstrip("\n"))
    return None if values is None else (values, found.end())
