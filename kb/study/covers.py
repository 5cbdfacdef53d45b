"""What a thesis says on its cover or in its thanks, and no record holds: who supervised it, where it was written.

Reads: a Document, what is asked.  Gives: where the line or the sentence stands that says it; nothing where none does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.text import CJK, sentence_spans, trim
from kb.types import Document
from kb.words import Phrases

_FIRST, _LAST = 5000, 30_000  # characters of the cover, and of the end, where thanks stand
_LONGEST_LINE, _LONGEST = 160, 400
_NAMED = (r"(?:\s*[:：|=]\s*(?:\|\s*)?|[ \t]+)"
          rf"(?P<name>[{CJK}]{{1,2}}\s?[{CJK}](?:\s?[{CJK}])?|(?:[A-Z][\w.’'-]+[ \t]*){{1,5}})")
_LABEL = Phrases(rf"(?:«covers: supervisor label»){_NAMED}")
_THANKS = Phrases(rf"(?:«covers: supervisor thanks zh»)\s*(?!的|们|以|和|与|对|在|给)[{CJK}]{{2,4}}|"
                  rf"导师[{CJK}]{{2,4}}?(?:«covers: titles zh»)|"
                  r"\b(?i:«covers: supervisor thanks en»)[\s,:]+(?:«covers: degrees en»)*\s*[A-Z][\w.’'-]+")
_SOMEBODY = re.compile(r"[X×*某]{2}|签名|签字|^\s*$|^(?:January|February|March|April|May|June|July|August|September|"
                       r"October|November|December|Date|日期)", re.IGNORECASE)
_SCHOOL = Phrases(rf"[{CJK}]{{2,12}}(?:«covers: school zh»)|"
                  r"\b(?:[A-Z][\w’'&-]+\s+){0,4}(?:University|Institute\s+of\s+[A-Z]\w+|College)\b(?:\s+of(?:\s+(?:the\s+)?[A-Z]\w+)+)?")
_NO_SCHOOL = Phrases(r"«covers: no school»", re.IGNORECASE)


def lines_of(document: Document, asked: str) -> Iterator[tuple[int, int]]:
    """The lines that say it, the surest first. asked: "supervisor" or "university"."""
    if asked == "supervisor":
        yield from _supervisor(document)
    else:
        yield from _school(document)


def _supervisor(document: Document) -> Iterator[tuple[int, int]]:
    text = document.text
    for found in _LABEL.pattern.finditer(text, 0, _FIRST):
        start, end = _line(text, found.start(), found.end())
        if not _SOMEBODY.search(found["name"]):
            yield start, end
            return
    last = max(0, len(text) - _LAST)
    for found in _THANKS.pattern.finditer(text, last):
        start, end = next(((a, b) for a, b in sentence_spans(text, *_line(text, found.start(), found.end(), len(text)))
                           if a <= found.start() < b), (found.start(), found.end()))
        start, end = trim(text, start, end)
        if end - start <= _LONGEST:
            yield start, end
            return


def _school(document: Document) -> Iterator[tuple[int, int]]:
    text = document.text
    for found in _SCHOOL.pattern.finditer(text, 0, _FIRST):
        start, end = _line(text, found.start(), found.end())
        if end - start <= _LONGEST_LINE and not _NO_SCHOOL.search(text[start:end]):
            yield start, end
            return


def _line(text: str, start: int, end: int, longest: int = _LONGEST_LINE) -> tuple[int, int]:
    """The line round a place; where it is too long, what stands between its commas."""
    a, b = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    b = len(text) if b < 0 else b
    if b - a > longest:
        a = max(a, text.rfind(",", a, start) + 1, text.rfind("，", a, start) + 1)
        ends = [at for mark in ",，。;；" if (at := text.find(mark, end, b)) >= 0]
        b = min([b, *ends])
    return trim(text, a, b)
