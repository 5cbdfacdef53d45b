"""Where the words that a note is on stand now, in a text that may have been edited since.

Reads: a document's text, the quote and what stood around it (W3C Web Annotation's text quote selector).  Gives: the
span and whether its words are the same, or None: a wrong place is worse than none.
Source: Brush et al. 2001, "Robust annotation positioning in digital documents": words first, then context, then what
resembles them. tests/bench/anchors.py measures it on real revisions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from kb.base.places import Compared, compared
from kb.store.notes import CONTEXT
from kb.text import CJK

_SEEN = 40  # of them that are compared, after spaces and such are left out
_LEAST = 8  # of a side: less stands anywhere
_IN_CONTEXT = 0.6  # how alike one side has to be for a place to be the same one
_LONG, _SHORT = 40, 15  # letters of a quote that says by itself where it is, of one that does if it stood once
_ALIKE, _ALIKE_ALONE, _APART = 0.6, 0.8, 0.08  # an edited quote with its context, without; ahead of the next best
_HAN = 3  # letters that a Chinese character counts for
_HAN_RUN = re.compile(f"[{CJK}]+")
_MOST = 200  # places of the same words that are looked at


@dataclass(frozen=True, slots=True)
class Anchor:
    """What is known of a quote. n_same: in how many places of its document it stood."""

    quote: str
    prefix: str
    suffix: str
    start: int
    n_same: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """A span of the text; state: whether the same words stand there."""

    start: int
    end: int
    state: Literal["there", "changed"]


def anchor_at(text: Compared, start: int, end: int) -> Anchor:
    """The quote at a span, with its context and how often it stands in the text."""
    whole = text.text
    quote = whole[start:end]
    return Anchor(quote, whole[max(0, start - CONTEXT):start], whole[end:end + CONTEXT], start,
                  max(1, sum(1 for _ in text.spans(quote))))


def find(text: Compared, anchor: Anchor) -> Found | None:
    """Where the quote stands now; None where it is gone."""
    whole = text.text
    start, end = anchor.start, anchor.start + len(anchor.quote)
    if whole[start:end] == anchor.quote and whole[:start].endswith(anchor.prefix[-16:]):
        return Found(start, end, "there")
    before, after = compared(anchor.prefix)[-_SEEN:], compared(anchor.suffix)[:_SEEN]
    same = [(_context(text, span, before, after), -abs(span[0] - start), span)
            for span, _ in zip(text.spans(anchor.quote), range(_MOST), strict=False)]
    weight = _weight(compared(anchor.quote))
    if same:
        context, _, span = max(same)
        was_alone = anchor.n_same == 1
        if context >= _IN_CONTEXT or was_alone and (weight >= _LONG or weight >= _SHORT and len(same) == 1):
            return Found(*span, "there")
    return _edited(text, anchor, before, after, weight)


def _context(text: Compared, span: tuple[int, int], before: str, after: str) -> float:
    """How alike the better side of a span is to what stood there, in [0, 1]."""
    first, last = text.compared_at(span[0]), text.compared_at(span[1])
    sides = [(before, text.whole[max(0, first - len(before)):first]), (after, text.whole[last:last + len(after)])]
    return max((SequenceMatcher(None, was, now, autojunk=False).ratio() for was, now in sides if len(was) >= _LEAST),
               default=0.0)


def _edited(text: Compared, anchor: Anchor, before: str, after: str, weight: float) -> Found | None:
    """The span whose words resemble the quote most, if they resemble it enough."""
    wanted = compared(anchor.quote)
    judged = []
    for at in _candidates(text.whole, wanted):
        alike, span = _aligned(text.whole, wanted, at)
        span = _bounded(text.whole, span, before, after, len(wanted))
        first, last = text.origin[span[0]], text.origin[span[1] - 1] + 1
        context = _context(text, (first, last), before, after)
        judged.append((alike if context >= _IN_CONTEXT else alike - (_ALIKE_ALONE - _ALIKE), context, alike,
                       (first, last)))
    if not judged:
        return None
    judged.sort(reverse=True)
    _, context, alike, (first, last) = judged[0]
    rivals = [other for _, _, other, span in judged[1:] if not (span[0] < last and first < span[1])]
    is_alone = not rivals or alike - max(rivals) >= _APART
    if context >= _IN_CONTEXT and alike >= _ALIKE or weight >= _LONG and alike >= _ALIKE_ALONE and is_alone:
        return Found(*text.whole_words(first, last), "changed")
    return None


def _candidates(whole: str, wanted: str) -> Iterator[int]:
    """Where the text may have the edited quote: what most of its short pieces point to, the likeliest first."""
    k = 3 if _HAN_RUN.search(wanted) else 6
    step = max(8, len(wanted) // 4)
    votes: Counter[int] = Counter()
    for i in range(max(0, len(wanted) - k + 1)):
        piece, at, n = wanted[i:i + k], -1, 0
        while (at := whole.find(piece, at + 1)) >= 0 and n < _MOST:
            votes[(at - i) // step] += 1
            n += 1
    both = {bucket: n + votes.get(bucket + 1, 0) for bucket, n in votes.items()}
    for bucket, _ in sorted(both.items(), key=lambda item: (-item[1], item[0]))[:4]:
        yield bucket * step


def _bounded(whole: str, span: tuple[int, int], before: str, after: str, size: int) -> tuple[int, int]:
    """The span up to what stood beside the quote, where that stands near its ends."""
    first, last = span
    near = _LEAST + size // 4
    if len(before) >= _LEAST and (at := whole.rfind(before[-_LEAST:], max(0, first - near), first + near)) >= 0:
        first = min(at + _LEAST, last - 1)
    if len(after) >= _LEAST and (at := whole.find(after[:_LEAST], max(first + 1, last - near), last + near)) >= 0:
        last = at
    return first, last


def _aligned(whole: str, wanted: str, at: int) -> tuple[float, tuple[int, int]]:
    """(how alike, the span of the compared text) of what stands about there."""
    pad = max(8, len(wanted) // 3)
    begin = max(0, at - pad)
    window = whole[begin:at + len(wanted) + 2 * pad]
    least = 2 if _HAN_RUN.search(wanted) else 3
    blocks = [block for block in SequenceMatcher(None, wanted, window, autojunk=False).get_matching_blocks()
              if block.size >= least]
    if not blocks:
        return 0.0, (begin, begin + 1)
    # What stands before the first block and behind the last belongs to it, as far as the quote had something there.
    first = max(0, blocks[0].b - blocks[0].a)
    last = min(len(window), blocks[-1].b + len(wanted) - blocks[-1].a)
    alike = 2 * sum(block.size for block in blocks) / (len(wanted) + last - first)
    return min(1.0, alike), (begin + first, begin + last)


def _weight(form: str) -> int:
    """How much a quote says, in letters."""
    n_han = sum(len(run) for run in _HAN_RUN.findall(form))
    return len(form) + (_HAN - 1) * n_han
