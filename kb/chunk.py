"""Split a document into passages.

Reads: Document (types/document.py).  Gives: list[Passage], in reading order, each a verbatim slice of the document.
Next: encode.py turns passages into vectors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kb.text import guess_language, sentence_spans
from kb.types import Block, Document, Passage, Section

CountTokens = Callable[[Sequence[str]], list[int]]

# Only for a sentence longer than the window: after a clause mark, then between words, then anywhere.
_CLAUSE = re.compile(r"(?<=[；;])\s*|(?<=[，,、：:])\s*|(?<=\n)")
# A tokenizer takes a "word" of any length (a key, a sequence of bases) for one unknown token; no token has more letters
# than this, so a passage of 254 tokens has at most some 5,000.
_LONGEST_TOKEN = 20
_WORD = re.compile(r"(?<=\s)(?=\S)|(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A span that stays whole (a sentence, a formula, a code block), and its length in tokens without the special
    ones."""

    start: int
    end: int
    n_tokens: int


def chunk(document: Document, count_tokens: CountTokens, max_tokens: int) -> list[Passage]:
    """Passages of a document: inside sections, of whole sentences, formulas, tables and code blocks, each at most
    `max_tokens` long.

    count_tokens gives each text's length in the encoder's own tokens, special ones included. Passages follow each other
    without
    gaps: joined, they are the text of the document (leading white space goes to the first, a heading with nothing under
    it to the section that follows). A sentence, table or code block longer than the window is cut at its clauses or
    lines, nowhere else. A document without text has no passages.
    """
    n_special = count_tokens([""])[0]
    budget = max_tokens - n_special

    def at_least(texts: Sequence[str]) -> list[int]:
        counts = count_tokens(texts)
        return [max(count, n_special + len("".join(text.split())) // _LONGEST_TOKEN)
                for text, count in zip(texts, counts, strict=True)]

    passages: list[Passage] = []
    paths = _section_paths(document.sections)
    for start, end, section in _section_spans(document):
        units = _units(document, start, end, at_least, n_special, budget)
        for first, last in _pack(units, budget):
            passages.append(_passage(document, first, last, paths.get(section, ())))
    return passages


def _passage(document: Document, start: int, end: int, section: tuple[str, ...]) -> Passage:
    text = document.text[start:end]
    lead = len(text) - len(text.lstrip())
    return Passage(start, end, text, section, document.page_at(start + lead), guess_language(text))


def _section_paths(sections: Sequence[Section]) -> dict[Section, tuple[str, ...]]:
    """Each section with its headings from the outermost in."""
    paths: dict[Section, tuple[str, ...]] = {}
    stack: list[Section] = []
    for section in sections:
        while stack and stack[-1].level >= section.level:
            stack.pop()
        if section.heading:
            stack.append(section)
        paths[section] = tuple(item.heading for item in stack)
    return paths


def _section_spans(document: Document) -> Iterator[tuple[int, int, Section]]:
    """(start, end, section); a section that is only its heading is joined to the one after it, blank text to its
    neighbour."""
    text = document.text
    if not text.strip():
        return
    sections = document.sections or (Section("", 0, 0, len(text)),)
    pending: int | None = None
    for i, section in enumerate(sections):
        start = section.start if pending is None else pending
        heading_only = not text[section.start : section.end].strip() or _is_only_heading(
            text[section.start : section.end].strip(), section.heading
        )
        if heading_only and i + 1 < len(sections):
            pending = start
            continue
        pending = None
        yield start, section.end, section


def _is_only_heading(text: str, heading: str) -> bool:
    line, _, rest = text.partition("\n")
    return heading != "" and not rest.strip(" \t\n=-") and len(line) <= len(heading) + 12


def _units(document: Document, start: int, end: int, count_tokens: CountTokens, n_special: int,
           budget: int) -> list[_Unit]:
    spans: list[tuple[int, int]] = []
    position = start
    for block in _blocks_between(document.blocks, start, end):
        spans += sentence_spans(document.text, position, block.start) if block.start > position else []
        spans.append((block.start, block.end))
        position = block.end
    spans += sentence_spans(document.text, position, end) if end > position else []
    spans = _absorb_blank(document.text, spans)
    counts = count_tokens([document.text[a:b] for a, b in spans])
    units: list[_Unit] = []
    for (a, b), count in zip(spans, counts, strict=True):
        if count - n_special <= budget:
            units.append(_Unit(a, b, count - n_special))
        else:
            units += _cut(document.text, a, b, count_tokens, n_special, budget)
    return units


def _blocks_between(blocks: Sequence[Block], start: int, end: int) -> list[Block]:
    return [block for block in blocks if block.start >= start and block.end <= end]


def _absorb_blank(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of white space only go to the span before them (at the start: to the one after)."""
    merged: list[tuple[int, int]] = []
    for a, b in spans:
        if merged and (not text[a:b].strip() or not text[merged[-1][0]:merged[-1][1]].strip()):
            merged[-1] = (merged[-1][0], b)
        else:
            merged.append((a, b))
    return merged


def _cut(text: str, start: int, end: int, count_tokens: CountTokens, n_special: int, budget: int) -> list[_Unit]:
    """A span longer than the window, cut at lines or clauses, then between words, then by characters, into pieces that
    fit."""
    for pattern in (_CLAUSE, _WORD, None):
        if pattern is None:
            step = 1 if end - start <= 4 * budget else max(1, budget)  # not 400,000 letters one by one
            marks = list(range(start + step, end, step))
        else:
            marks = [found.end() for found in pattern.finditer(text, start, end) if start < found.end() < end]
        if not marks:
            continue
        edges = [start, *sorted(set(marks)), end]
        pieces = list(zip(edges, edges[1:], strict=False))
        counts = [count - n_special for count in count_tokens([text[a:b] for a, b in pieces])]
        units: list[_Unit] = []
        for (a, b), count in zip(pieces, counts, strict=True):
            if count > budget:
                units += (
                    _cut(text, a, b, count_tokens, n_special, budget)
                    if (a, b) != (start, end)
                    else [_Unit(a, b, budget)]
                )
            elif units and units[-1].n_tokens + count <= budget:
                units[-1] = _Unit(units[-1].start, b, units[-1].n_tokens + count)
            else:
                units.append(_Unit(a, b, count))
        return units
    return [_Unit(start, end, budget)]


def _pack(units: Sequence[_Unit], budget: int) -> Iterator[tuple[int, int]]:
    """Neighbouring units joined to passages of about equal size that fit the window.

    Equal, because 260 tokens as 130 + 130 are found better than as 250 + 10, of which the second says nothing.
    """
    total = sum(unit.n_tokens for unit in units)
    target = total / max(1, -(-total // budget))
    start, size = None, 0
    end = 0
    for unit in units:
        if start is not None and (size + unit.n_tokens > budget or size + unit.n_tokens / 2 > target):
            yield start, end
            start, size = None, 0
        start = unit.start if start is None else start
        size += unit.n_tokens
        end = unit.end
    if start is not None:
        yield start, end
