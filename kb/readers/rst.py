"""reStructuredText without its marks of markup: comments left out, directives as what they hold.

Reads: bytes.  Gives: Extract, with formulas as $$…$$, code as fences, and the fields at the top as metadata. The basics
that notes and documentation use, without what needs the whole project (other files, macros); titles as plain.py finds
them.
"""

from __future__ import annotations

import re
from collections import Counter

from kb.readers import Limits
from kb.readers.decode import read_text
from kb.readers.extract import Extract, tidy_blocks, tile
from kb.readers.left_out import left_out
from kb.readers.markdown import formula_spans
from kb.readers.marks import without_data
from kb.readers.metadata import metadata_from
from kb.readers.plain import headings
from kb.readers.scripts import scripted
from kb.types import Block

_DIRECTIVE = re.compile(r"(?P<indent> *)\.\. (?:\|[^|]+\| )?(?P<name>[\w:+.-]+?)::(?: (?P<rest>.*))?")
_EXPLICIT = re.compile(r" *\.\.(?: |$)")
_TARGET = re.compile(r" *(?:\.\. (?:_[^:]+|_`[^`]+`):|__ )(?: .*)?$")
_NOTE = re.compile(r"(?P<indent> *)\.\. \[(?P<name>[^\]]+)\] ")
_OPTION = re.compile(r" *:[\w-]+:(?: .*)?")
_CODE = {"code", "code-block", "sourcecode", "highlight", "doctest", "testcode", "parsed-literal", "ipython"}
_PICTURES = {"image", "figure", "plot", "graphviz"}
_EMBEDS = {"raw", "include", "literalinclude"}
_SILENT = {"toctree", "contents", "index", "currentmodule", "module", "default-role", "role", "meta",
           "tabularcolumns", "sectionauthor"}
_ROLE = re.compile(r":(?P<role>[a-zA-Z][\w:+.-]*):`(?P<words>[^`]+)`")
_SCRIPTS = {"sup": "^", "superscript": "^", "sub": "_", "subscript": "_"}
_GAP = re.compile(r"\\ ")  # white space that only parts marks of markup from words
_LINK = re.compile(r"(?<![`\w])`(?P<words>[^`<]*?)\s*<[^`>]+>`__?")
_NAMED = re.compile(r"(?<![`\w:])`(?P<words>[^`]+)`__?(?!\w)")


_OVERLINE = re.compile(r"^(?P<mark>[=\-~^\"'*+#`])(?P=mark){2,}[ \t]*\n(?=[ \t]*\S[^\n]*\n(?P=mark){3,}[ \t]*$)",
                       re.MULTILINE)
_FIELD = re.compile(r"^:(?P<key>[A-Za-z]+): +(?P<value>\S.*)$", re.MULTILINE)
_FENCE = re.compile(r"^```\n.*?\n```$", re.MULTILINE | re.DOTALL)
_TOP = 2000  # characters in which the fields of a document stand


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a file in reStructuredText. Errors: FileProblem E_ENCODING, E_TOO_BIG."""
    text, notes = read_text(data, limits, encoding)
    metadata, language = metadata_from({found["key"].lower(): found["value"] for found in _FIELD.finditer(text[:_TOP])})
    text, lost = as_text(_OVERLINE.sub("", text))
    text, lost["data"] = without_data(text)
    sections = tile(len(text), headings(text))
    code = [found.span() for found in _FENCE.finditer(text)]
    blocks = [Block("code", *span) for span in code] + [Block("formula", *span) for span in formula_spans(text, code)]
    return Extract("text", text, sections, (), tidy_blocks(blocks, sections), metadata, language,
                   notes=(*notes, *left_out(lost)))


def as_text(text: str) -> tuple[str, Counter[str]]:
    """(the text, what was left out by kind)."""
    lines, lost = text.split("\n"), Counter[str]()
    written: list[str] = []
    i = 0
    while i < len(lines):
        line = lines[i]
        if found := _DIRECTIVE.fullmatch(line):
            end = _end(lines, i)
            written += _directive(found["name"].split(":")[-1].lower(), found["rest"] or "", lines[i + 1:end], lost)
            i = end
        elif found := _NOTE.match(line):
            written.append(f"[{found['name']}] {line[found.end():]}")
            i += 1
        elif _TARGET.match(line):
            i += 1
        elif _EXPLICIT.match(line):
            lost["comment"] += 1
            i = _end(lines, i)
        elif line.rstrip().endswith("::") and i + 1 < len(lines) and (end := _end(lines, i)) > i + 1:
            written.append(line.rstrip()[:-1] if line.strip() != "::" else "")
            written += ["", *_fenced(lines[i + 1:end]), ""]
            i = end
        else:
            written.append(_plain(line))
            i += 1
    return "\n".join(written), lost


def _end(lines: list[str], i: int) -> int:
    """The line after the block that line i begins: all lines that are indented more, or blank between them."""
    indent = len(lines[i]) - len(lines[i].lstrip())
    end = i + 1
    for j in range(i + 1, len(lines)):
        if lines[j].strip() and len(lines[j]) - len(lines[j].lstrip()) <= indent:
            break
        if lines[j].strip():
            end = j + 1
    return end


def _directive(name: str, rest: str, body: list[str], lost: Counter[str]) -> list[str]:
    while body and _OPTION.fullmatch(body[0]):
        body = body[1:]
    body = _dedented(body)
    if name in _CODE:
        return [*_fenced(body), ""] if any(body) else []
    if name == "math":
        return ["$$" + "\n".join(line for line in [rest, *body] if line.strip()) + "$$", ""]
    if name in _PICTURES:
        lost["picture"] += 1
        inner, more = as_text("\n".join(body)) if name == "figure" else ("", Counter[str]())
        lost.update(more)
        return [inner, ""] if inner.strip() else []
    if name in _EMBEDS:
        lost["chunk"] += 1
        return []
    if name in _SILENT:
        lost["list"] += name in ("toctree", "contents")
        return []
    inner, more = as_text("\n".join(body))
    lost.update(more)
    return [*([_plain(rest), ""] if rest.strip() else []), inner, ""]


def _dedented(lines: list[str]) -> list[str]:
    least = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return [line[least:] for line in lines]


def _fenced(lines: list[str]) -> list[str]:
    code = "\n".join(_dedented(lines)).strip("\n")
    return ["```", *code.split("\n"), "```"]


def _plain(line: str) -> str:
    """A line with the words of its roles and links."""
    line = _ROLE.sub(_role, line)
    return _GAP.sub("", _NAMED.sub(r"\g<words>", _LINK.sub(r"\g<words>", line)))


def _role(found: re.Match[str]) -> str:
    if found["role"] == "math":
        return f"${found['words']}$"
    if sign := _SCRIPTS.get(found["role"]):
        return scripted(_GAP.sub("", found.string[:found.start()]), found["words"], sign)
    return _words(found["words"])


def _words(target: str) -> str:
    """What a role shows: its title before <target>, else the last part of ~module.name."""
    title = re.fullmatch(r"(.+?)\s*<[^>]+>", target)
    return title[1] if title else target.rsplit(".", 1)[-1] if target.startswith("~") else target.lstrip("!")
