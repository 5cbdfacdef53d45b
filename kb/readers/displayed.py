"""Formulas that stand on a line of their own inside a sentence.

Reads: rows.  Gives: whether one is a displayed formula, and whether two rows with one between them are one sentence.
Used by paragraphs.py.
"""

from __future__ import annotations

import re

from kb.readers.order import Row
from kb.text import CJK
from kb.words import Phrases

_RELATION = re.compile(r"[=≤≥⩽⩾<>∈∉≈≃≅≡∼∝→⇒⇔↦⊂⊆⊃∑∏∫⋃⋂±∞≠≜∀∃←]|[-+−·×/^_|]")
_FUNCTIONS = Phrases(r"(?:«pages: functions»)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{4,}")
_CHINESE = re.compile(f"[{CJK}]")
_ENDS = re.compile(r"[。！？.!?；．]\s*$")
_BEGINS = Phrases(r"(?:«pages: statement»)\s*(?:[.．：:、（(\d]|\s)")
_NUMBER = re.compile(r"\s*[(（][^()（）]{0,3}\d[\w.\-–−]{0,6}['′]?[)）]\s*$")
_GOES_ON = Phrases(rf"(?:[a-z][a-z\s,]|(?:«pages: after a formula»)|[,，、;；](?=\s|[{CJK}]))")
_MOST_CHINESE = 4  # characters: 若, 其他 in the cases of a formula
_FURTHEST = 3.4  # usual distances of two lines: room above and below, and a formula as high as two


def is_formula(row: Row) -> bool:
    """Whether a line has relations or operators and no words but the names of functions."""
    text = _NUMBER.sub("", row.text)
    if len(text) > 160 or _RELATION.search(text) is None or len(_CHINESE.findall(text)) > _MOST_CHINESE:
        return False
    words = [word for word in _WORD.findall(text) if not _CHINESE.search(word) and not _FUNCTIONS.fullmatch(word)]
    return len(words) <= 1 and sum(map(len, words)) < 0.3 * len(text)


def is_one_sentence(first: Row, last: Row, row: Row, pitch: float) -> bool:
    """Whether a formula goes on with the sentence before it, or the text with the formula before it.

    first: of the paragraph so far; last: the row before.
    """
    if last.page != row.page or not 0 < last.middle - row.middle < _FURTHEST * pitch:
        return False
    ends = _ENDS.search(_NUMBER.sub("", last.text)) is not None
    if is_formula(row):
        return not ends and (row.left > first.left - 0.02 or is_formula(last))
    if not is_formula(last):
        return False
    if _BEGINS.match(row.text):
        return False
    return _GOES_ON.match(row.text) is not None or not ends and row.left < first.left - 0.8 * row.size / 600
