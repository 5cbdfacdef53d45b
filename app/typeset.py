"""A document's text as it is meant to look: its Markdown and its formulas, without losing a character of it.

Reads: a span of a text and the marks on it.  Gives: blocks of pieces, each a slice of the text in order; what only says
how the rest looks (`**`, `#`, a link's address) is there too, hidden. So offsets stay the text's own, what is copied is
the text's own, and the page sets every piece by textContent: no markup of a document becomes an element.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# How a piece looks: "" plain, and letters: b bold, i italic, c code, s struck, k a link's words, u raised, l lowered,
# x hidden, m a formula, d a displayed formula.
Span = tuple[int, int, str]
Mark = tuple[int, int, str]

_LONGEST = 2000  # characters of a formula between two dollars
_ENVIRONMENT = r"(?:equation|align|alignat|gather|multline|eqnarray|split|cases|matrix|pmatrix|bmatrix|array)\*?"
_FORMULA = re.compile(
    r"(?<!\\)(?:"
    r"\$\$(?P<display>(?:[^$\\]|\\.){1,5000}?)\$\$"
    r"|\\\[(?P<brackets>[^\n](?:(?!\n\s*\n|\\\]).){1,5000}?|\n(?:(?!\n\s*\n|\\\]).){1,5000}?)\\\]"
    rf"|(?P<environment>\\begin\{{(?P<name>{_ENVIRONMENT})\}}(?:(?!\n\s*\n).){{1,5000}}?\\end\{{(?P=name)\}})"
    r"|\\\((?P<round>(?:(?!\n\s*\n|\\\)).){1,2000}?)\\\)"
    r"|\$(?=[^\s$])(?P<inline>(?:[^$\\\n]|\\.|\n(?!\s*\n))*?(?:[^\s$\\]|\\.))\$(?!\d)"
    r")", re.DOTALL)
_OPAQUE = "\ue000"  # stands for each character of a formula
_SIGNS = re.compile(r"[\\^_{}=<>+|]")
_WORD = re.compile(r"[^\W\d_]{4,}|[^\W\d_]\w*\s+[^\W\d_]\w+|[\u2e80-\u9fff]")
_MONEY = re.compile(r"\d[\d,.]*\s*(?:[^\W\d_]{2,}.*|[/–-]\s*|$)", re.DOTALL)

_INLINE = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|!?\[(?P<words>[^\[\]\n]{1,300})\]\((?P<address>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"\n]*\")?\)"
    r"|(?P<bold>\*\*(?=\S)(?P<inner>.+?)(?<=\S)\*\*)"
    r"|(?P<struck>~~(?=\S)(?P<gone>.+?)(?<=\S)~~)"
    r"|(?P<italic>(?<![\w*])\*(?=[^\s*])(?P<slanted>[^*\n]+?)(?<=[^\s*])\*(?![\w*]))"
    r"|(?P<under>(?<!\w)_(?=[^\s_])(?P<lined>[^_\n]+?)(?<=[^\s_])_(?!\w))"
    r"|(?P<escape>\\[\\`*_{}\[\]()#+\-.!~>|])", re.DOTALL)
_SCRIPT = re.compile(
    r"(?<=[\w)\]’'])(?P<sign>[_^])(?:\{(?P<braced>[^{}\s]{1,24})\}|(?P<one>(?<=(?<![\w.])\w[_^])[A-Za-z0-9](?!\w)))")
_LINE = re.compile(r"[^\n]*(?:\n|$)")
_HEADING = re.compile(r"(#{1,6})[ \t]+")
_ITEM = re.compile(r"([ \t]*)([-*+]|\d{1,3}[.)])[ \t]+")
_QUOTED = re.compile(r"[ \t]*(?:>[ \t]?)+")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_RULE = re.compile(r"[ \t]*(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})\n?")
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*\n?")
_BELOW_HEAD = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\n?")


def formulas(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int, str, bool]]:
    """The formulas of a span: (start, end, TeX, whether it is displayed). "$5 and $6" holds none."""
    found, position, end = [], start, len(text) if end is None else end
    while match := _FORMULA.search(text, position, end):
        name = match.lastgroup if match.lastgroup != "name" else "environment"
        name = next(group for group in ("display", "brackets", "environment", "round", "inline") if match[group])
        tex = match[name]
        if "\n\n" in tex or name == "inline" and not _is_formula(tex) or name == "brackets" and not _SIGNS.search(tex):
            position = match.start() + 1
            continue
        found.append((match.start(), match.end(), tex.strip(), name in ("display", "brackets", "environment")))
        position = match.end()
    return found


def _is_formula(tex: str) -> bool:
    """Whether what stands between two dollars is one, and not a sum of money, a variable of a shell, or words."""
    if len(tex) > _LONGEST or tex.count("{") != tex.count("}"):
        return False
    if _SIGNS.search(tex) and "\\" in tex:
        return True
    if _MONEY.fullmatch(tex) and not re.search(r"[\^_=<>]", tex):
        return bool(re.fullmatch(r"[\d.,\s]+", tex))  # $10$ closes where it opened
    return not _WORD.search(re.sub(r"[_^]\{[^{}]*\}", "", tex))


def inline(text: str, marks: Sequence[Mark] = ()) -> list[list[str]]:
    """One line of a text: [slice, how it looks, mark, TeX of a formula]."""
    return _pieces(text, _inline(text, 0, len(text), is_markdown=True), marks)


def blocks(text: str, start: int, end: int, marks: Sequence[Mark] = (), *, markdown: bool) -> list[dict[str, Any]]:
    """The span as blocks: {"kind": "p", "h1"–"h6", "li", "quote", "code", "th", "tr" or "rule", "depth", "at": where it
    starts, "pieces": as `inline` has them; of a row "cells": such lists}."""
    made = _markdown(text, start, end) if markdown else _plain(text, start, end)
    return [_block(text, kind, depth, spans, marks) for kind, depth, spans in made]


def _block(text: str, kind: str, depth: int, spans: list[list[Span]], marks: Sequence[Mark]) -> dict[str, Any]:
    cells = [_pieces(text, cell, marks) for cell in spans]
    first = next((a for cell in spans for a, _, _ in cell), 0)
    block: dict[str, Any] = {"kind": kind, "depth": depth, "at": first}
    return {**block, "cells": cells} if kind in ("th", "tr") else {**block, "pieces": cells[0] if cells else []}


def _pieces(text: str, spans: Iterable[Span], marks: Sequence[Mark]) -> list[list[str]]:
    """Cuts the spans where a mark begins or ends; a formula is never cut: it takes the mark that touches it."""
    pieces: list[list[str]] = []
    for a, b, look in spans:
        if "m" in look or "d" in look:
            mark = _kinds(kind for c, d, kind in marks if a < d and c < b)
            tex = formulas(text, a, b)
            pieces.append([text[a:b], look, mark, tex[0][2] if tex else text[a:b]])
            continue
        cuts = sorted({a, b, *(x for c, d, _ in marks for x in (c, d) if a < x < b)})
        for c, d in zip(cuts, cuts[1:], strict=False):
            pieces.append([text[c:d], look, _kinds(kind for x, y, kind in marks if x <= c and d <= y)])
    return pieces


def _kinds(kinds: Iterable[str]) -> str:
    """What a piece is marked as: a quote may have a note as well."""
    return " ".join(dict.fromkeys(kinds))


# --- blocks

Made = tuple[str, int, list[list[Span]]]


def _plain(text: str, start: int, end: int) -> Iterator[Made]:
    """Paragraphs of a text that is not Markdown, its lines as they are."""
    for match in re.finditer(r"(?:(?!\n[ \t]*\n).)+|\n[ \t]*\n\s*", text[start:end], re.DOTALL):
        a, b = start + match.start(), start + match.end()
        if match.group().isspace():
            yield "gap", 0, [[(a, b, "x")]]
        else:
            yield "p", 0, [_inline(text, a, b, is_markdown=False)]


def _markdown(text: str, start: int, end: int) -> Iterator[Made]:
    shown = {a: b for a, b, _, is_displayed in formulas(text, start, end) if is_displayed}
    position = start
    while position < end:
        line_end = min(end, _LINE.match(text, position).end())  # type: ignore[union-attr]
        line = text[position:line_end]
        fence = _FENCE.match(line)
        if not line.strip():
            yield "gap", 0, [[(position, line_end, "x")]]
        elif fence:
            line_end, spans = _code(text, position, line_end, end, fence[1])
            yield "code", 0, [spans]
        elif heading := _HEADING.match(line):
            at = position + heading.end()
            yield f"h{len(heading[1])}", 0, [[(position, at, "x"), *_inline(text, at, line_end, is_markdown=True)]]
        elif _RULE.fullmatch(line):
            yield "rule", 0, [[(position, line_end, "x")]]
        elif _ROW.fullmatch(line):
            following = text[line_end:_LINE.match(text, line_end).end()]  # type: ignore[union-attr]
            if _BELOW_HEAD.fullmatch(line):
                yield "gap", 0, [[(position, line_end, "x")]]
            else:
                is_head = line_end < end and bool(_BELOW_HEAD.fullmatch(following))
                yield "th" if is_head else "tr", 0, _cells(text, position, line_end)
        else:
            item, quoted = _ITEM.match(line), _QUOTED.match(line)
            begun = item or quoted
            at = position + (begun.end() if begun else 0)
            line_end = _paragraph_end(text, line_end, end, shown, at)
            spans = [(position, at, "x")] if begun else []
            spans += _inline(text, at, line_end, is_markdown=True)
            kind = "li" if item else "quote" if quoted else "p"
            yield kind, len(item[1].expandtabs(4)) // 2 if item else 0, [spans]
        position = line_end


def _paragraph_end(text: str, position: int, end: int, shown: dict[int, int], first: int) -> int:
    """Where a paragraph or an item ends: at a blank line or at a line that begins something else. A displayed formula
    is never cut."""
    while position < end:
        inside = next((b for a, b in shown.items() if first <= a < position < b), None)
        if inside is not None:
            position = min(end, _LINE.match(text, inside).end())  # type: ignore[union-attr]
            continue
        line = text[position:min(end, _LINE.match(text, position).end())]  # type: ignore[union-attr]
        if not line.strip() or any(begin.match(line) for begin in (_HEADING, _ITEM, _QUOTED, _FENCE, _ROW)):
            return position
        position += len(line)
    return position


def _code(text: str, start: int, line_end: int, end: int, fence: str) -> tuple[int, list[Span]]:
    ends = re.compile(rf"^[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$", re.MULTILINE)
    closing = ends.search(text, line_end, end)
    last = closing.start() if closing else end
    after = min(end, closing.end() + 1) if closing else end
    return after, [span for span in ((start, line_end, "x"), (line_end, last, "c"), (last, after, "x"))
                   if span[0] < span[1]]


def _cells(text: str, start: int, end: int) -> list[list[Span]]:
    """The cells of a row; the bars belong to the cell before them, hidden."""
    kept = {x for a, b, _, _ in formulas(text, start, end) for x in range(a, b)}
    bars = [i for i in range(start, end) if text[i] == "|" and text[i - 1:i] != "\\" and i not in kept]
    edges = [*bars, end]
    cells: list[list[Span]] = []
    for bar, following in zip(edges, edges[1:], strict=False):
        if following == end:
            cells[-1].append((bar, end, "x"))
            break
        cells.append([(start if not cells else bar, bar + 1, "x"),
                      *_inline(text, bar + 1, following, is_markdown=True)])
    return cells


# --- inside a line

def _inline(text: str, start: int, end: int, *, is_markdown: bool) -> list[Span]:
    """The spans of a part of the text, in order and without a gap."""
    part = text[start:end]
    found = formulas(part)
    if is_markdown and "`" in part:  # what is code holds no formula
        codes = [match.span() for match in _INLINE.finditer(part) if match["code"]]
        found = [item for item in found if not any(a <= item[0] < b for a, b in codes)]
    opaque = list(part)
    for a, b, _, _ in found:  # what is written in a formula is no Markdown
        opaque[a:b] = _OPAQUE * (b - a)
    spans: list[Span] = []
    for a, b, look in _styled("".join(opaque), 0, len(part), "", is_markdown):
        position = a
        for c, d, _, is_displayed in found if "x" not in look else ():
            if a <= c and d <= b:
                spans += [(position, c, look), (c, d, look + ("d" if is_displayed else "m"))]
                position = d
        spans.append((position, b, look))
    return [(a + start, b + start, look) for a, b, look in spans if a < b]


def _styled(text: str, start: int, end: int, look: str, is_markdown: bool) -> list[Span]:
    spans: list[Span] = []
    position = start
    while is_markdown and position < end and (match := _INLINE.search(text, position, end)):
        spans += _scripts(text, position, match.start(), look)
        spans += _meant(text, match, look)
        position = match.end()
    return spans + _scripts(text, position, end, look)


def _meant(text: str, match: re.Match[str], look: str) -> list[Span]:
    """What a construct of Markdown shows, between what it is written with."""
    a, b = match.span()
    if match["code"]:
        n = len(match["ticks"])
        return [(a, a + n, "x"), (a + n, b - n, look + "c"), (b - n, b, "x")]
    if match["escape"]:
        return [(a, a + 1, "x"), (a + 1, b, look)]
    for group, letter in (("inner", "b"), ("gone", "s"), ("slanted", "i"), ("lined", "i"), ("words", "k")):
        if match[group] is not None:
            c, d = match.span(group)
            # what stands in bold may hold more; no letter twice, so that this ends
            inside = [(c, d, look + "k")] if letter == "k" else _styled(text, c, d, look + letter, letter not in look)
            return [(a, c, "x"), *inside, (d, b, "x")]
    return [(a, b, look)]


def _scripts(text: str, start: int, end: int, look: str) -> list[Span]:
    """Raised and lowered letters, as all readers write them: x_{max}, e^x."""
    spans: list[Span] = []
    position = start
    for match in _SCRIPT.finditer(text, start, end) if "c" not in look else ():
        group = "braced" if match["braced"] else "one"
        c, d = match.span(group)
        spans += [(position, match.start(), look), (match.start(), c, "x"),
                  (c, d, look + ("u" if match["sign"] == "^" else "l")), (d, match.end(), "x")]
        position = match.end()
    spans.append((position, end, look))
    return [span for span in spans if span[0] < span[1]]
