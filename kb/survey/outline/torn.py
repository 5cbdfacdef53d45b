"""Where a Chinese term is no word of the text: its characters stand there, and a word crosses its edge (智能体系).

Reads: the characters round a place, and the dictionary.  Gives: whether the place is cut out of other words.
"""

from __future__ import annotations

from functools import lru_cache

from kb.words import chinese_words

_AROUND = 4  # characters on either side that are read
_LONGEST = 6  # characters of a word
_ALONE = 1.5  # what a character costs that is no word with another; a word costs 1


@lru_cache(maxsize=50_000)
def is_torn(before: str, term: str, after: str) -> bool:
    """Whether fewer words make up the text where one of them crosses an edge of the term: one that holds all of it
    (分类 in 分类器) crosses none. before, after: the Han characters beside it, the nearest ones are read."""
    before, after = before[-_AROUND:], after[:_AROUND]
    text, begin, end = f"{before}{term}{after}", len(before), len(before) + len(term)
    if not (before or after) or not any(_crosses(span, begin, end) for span in _words(text)):
        return False
    return _cost(text, begin, end, apart=False) < _cost(text, begin, end, apart=True)


def _crosses(span: tuple[int, int], begin: int, end: int) -> bool:
    a, b = span
    return a < begin < b < end or begin < a < end < b


def _words(text: str) -> list[tuple[int, int]]:
    return [(a, b) for a in range(len(text)) for b in range(a + 2, min(len(text), a + _LONGEST) + 1)
            if text[a:b] in chinese_words()]


def _cost(text: str, begin: int, end: int, *, apart: bool) -> float:
    """The least cost of the text as words. apart: without those that cross an edge of the term, which is a word."""
    spans = [span for span in _words(text) if not apart or not _crosses(span, begin, end)]
    if apart:
        spans.append((begin, end))
    least = [0.0]
    for b in range(1, len(text) + 1):
        least.append(min([least[b - 1] + _ALONE, *(least[a] + 1 for a, stop in spans if stop == b)]))
    return least[-1]
