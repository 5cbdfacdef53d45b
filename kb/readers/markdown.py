"""Markdown: the text stays as it is written, but for the front matter and for what marks.py says is no text.

Reads: bytes.  Gives: Extract with sections from headings and blocks for code, tables and formulas.
markdown-it-py pays its rent here: fences, Setext headings and
nesting by the CommonMark rules, which regular expressions get wrong.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from kb.readers import Limits
from kb.readers.decode import read_text
from kb.readers.extract import Extract, Heading, tidy_blocks, tile
from kb.readers.front_matter import split_front_matter
from kb.readers.left_out import left_out
from kb.readers.marks import without_data, without_marks
from kb.text import one_line
from kb.types import Block, Section

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a Markdown file. Errors: FileProblem E_ENCODING, E_TOO_BIG."""
    text, notes = read_text(data, limits, encoding)
    metadata, language, text = split_front_matter(text)
    text, lost = without_marks(text, code_spans(text))
    text, lost["data"] = without_data(text)
    sections, blocks = structure(text)
    return Extract("markdown", text, sections, (), blocks, metadata, language, notes=(*notes, *left_out(lost)))


def code_spans(text: str) -> list[tuple[int, int]]:
    """Spans of the fences and indented blocks of code, in order."""
    lines = _line_starts(text)
    return [(lines[token.map[0]], lines[min(token.map[1], len(lines) - 1)]) for token in _parser("block").parse(text)
            if token.map is not None and token.type in ("fence", "code_block")]


def structure(text: str) -> tuple[tuple[Section, ...], tuple[Block, ...]]:
    """Sections and blocks of Markdown text. Headings inside quotes, lists, code and formulas begin no section."""
    lines = _line_starts(text)
    headings: list[Heading] = []
    blocks: list[Block] = []
    tokens = _parser("block").parse(text)
    for i, token in enumerate(tokens):
        if token.map is None:
            continue
        start, end = lines[token.map[0]], lines[min(token.map[1], len(lines) - 1)]
        if token.type == "heading_open" and token.level == 0:
            headings.append(Heading(start, int(token.tag[1]), _plain(tokens[i + 1].content)))
        elif token.type in ("fence", "code_block"):
            blocks.append(Block("code", start, start + len(text[start:end].rstrip())))
        elif token.type == "table_open":
            blocks.append(Block("table", start, start + len(text[start:end].rstrip())))
    blocks += [Block("formula", a, b) for a, b in formula_spans(text, [(block.start, block.end) for block in blocks])]
    sections = tile(len(text), _outside(headings, [block for block in blocks if block.kind == "formula"]))
    return sections, tidy_blocks(blocks, sections)


def _outside(headings: list[Heading], formulas: list[Block]) -> list[Heading]:
    """The headings that stand in no formula: a line of "=" inside $$…$$ underlines nothing. `formulas` are in order."""
    starts = [block.start for block in formulas]
    before = [bisect_right(starts, heading.start) - 1 for heading in headings]
    return [heading for heading, i in zip(headings, before, strict=True) if i < 0 or formulas[i].end <= heading.start]


def _line_starts(text: str) -> list[int]:
    """Offset of each line, and of the end of the text."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n")[:-1]), len(text)]


@lru_cache
def _parser(part: str) -> MarkdownIt:
    """The block parser, which leaves the words in the lines alone (five times as fast), or the parser for one line."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark")
    if part == "block":
        parser.enable("table")
        parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _plain(inline: str) -> str:
    """A heading without its marks for emphasis, links and code."""
    parsed = _parser("inline").parseInline(inline[:2000])[0].children or []
    words = "".join(
        " " if token.type == "softbreak" else token.content for token in parsed if token.type != "html_inline"
    )
    return one_line(re.sub(r"\s*\{#[\w:-]+\}\s*$", "", words))


_MATHS_ENVIRONMENT = (r"(?:equation|align|aligned|alignat|flalign|gather|multline|eqnarray|"
                      r"displaymath|math|split|cases)\*?")
_OPENING = re.compile(rf"(?<!\\)\$\$|(?<!\\)\\\[|\\begin\{{({_MATHS_ENVIRONMENT})\}}")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_LOOKS_LIKE_MATHS = re.compile(r"[\\^_=+<>]|\n")
_LONGEST_FORMULA = 5000


def formula_spans(text: str, shielded: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of $$…$$, \\[…\\] and mathematical environments, outside the shielded spans; none holds a blank line."""
    spans: list[tuple[int, int]] = []
    shields = sorted(shielded)
    i = position = 0
    while found := _OPENING.search(text, position):
        while i < len(shields) and shields[i][1] <= found.start():
            i += 1
        if i < len(shields) and shields[i][0] <= found.start():
            position = shields[i][1]
            continue
        limit = min(len(text), found.start() + _LONGEST_FORMULA, shields[i][0] if i < len(shields) else len(text))
        closing = "$$" if found.group() == "$$" else "\\]" if found.group() == "\\[" else f"\\end{{{found.group(1)}}}"
        end = text.find(closing, found.end(), limit)
        inner = text[found.end():end]
        # "\[1\]" is an escaped bracket in Markdown, seldom a formula.
        if end < 0 or _BLANK_LINE.search(inner) or (closing == "\\]" and not _LOOKS_LIKE_MATHS.search(inner)):
            position = found.end()
            continue
        spans.append((found.start(), end + len(closing)))
        position = end + len(closing)
    return spans
