"""Program code on the pages of a PDF, told by how its lines begin and end: many are set in the face of the text.

Reads: rows in reading order.  Gives: those that are code. Used by regions.py.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from kb.readers.order import Row
from kb.text import CJK
from kb.words import Phrases

_LEAST_ROWS, _LEAST_SURE = 4, 3
_SURE = Phrases(
    r"\s*(?:\d{1,4}:?\s+)?(?:"
    r"[^。！？]*(?:;|[)\w\]'\"]\s*\{|\)\s*:)\s*(?:[%#].*|//.*)?"  # ends as a statement or the head of a block
    r"|(?:«pages: code alone»)\s*[;:({]?"
    r"|(?:«pages: code»)[\s(].*"
    r"|(?:%|#(?!\d)|//|/\*).*|[{})\]]+[;,]?|\w+(?:\.\w+)*\([^。]*\)\s*)")
_MAY_BE = re.compile(r"[\w.\[\](){}'\",:; *&-]+\s*[-+*/]?=(?!=)\s*\S.*|.*(?:[,(\[{+*/]|\.\.\.|and|or)\s*"
                     r"|[^.。]*[()\[\]{}].*")
_LAST = ";:{}])(,"
_FIRST = Phrases(r"\s*(?:\d{1,4}:?\s+)?(?:(?:«pages: code alone»)|(?:«pages: code»)|//|/\*)")
_MATHS = re.compile("[∀∃∈∉⩽⩾≤≥⊂⊆∅∑∏∫→⇒−]")  # of formulas: no program is written with these
_PROSE = re.compile(rf"[{CJK}]{{8}}.*[，。]|(?:[A-Za-z]+[ ,]+){{7}}")


def code_rows(rows: Sequence[Row], named: Container[Row]) -> set[Row]:
    """The rows that are code: at least four together, most of them surely."""
    found: set[Row] = set()
    run: list[int] = []
    sure: set[int] = set()
    for i, row in enumerate([*rows, None]):
        text = row.text.strip(" \x02") if row is not None and row not in named else ""
        is_sure = bool(text) and _is_sure(text)
        if is_sure or text and run and not _PROSE.search(text) and _MAY_BE.fullmatch(text):
            run.append(i)
            if is_sure:
                sure.add(i)
            continue
        if not run:
            continue
        while run and run[-1] not in sure:
            run.pop()
        n_sure = sum(k in sure for k in run)
        if len(run) >= _LEAST_ROWS and n_sure >= max(_LEAST_SURE, 0.6 * len(run)):
            found.update(rows[k] for k in run)
        run = []
    return found


def _is_sure(text: str) -> bool:
    if text[-1] not in _LAST and _FIRST.match(text) is None and "#" not in text and "%" not in text:
        return False  # most lines: asked first, since it takes little
    return _SURE.fullmatch(text) is not None and (
        _PROSE.search(text) is None or re.match(r"\s*(?:\d{1,4}:?\s+)?(?:%|#|//|/\*)", text) is not None) and (
        _MATHS.search(text) is None)
