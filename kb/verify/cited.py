"""Read a model's text as sentences and the numbers they cite.

Reads: text as it comes, [1] [1, 3] [1][3] 【1】 ［1］ [1-3] [^1] [来源 1].  Gives: list[CitedSentence]. Marks inside
code and formulas are text.
Next: verify.py says which sentences their citations support.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kb.text import sentence_spans, shielded_spans
from kb.words import Phrases

_NUMBER = r"[-−]?\d{1,6}"
_NO_NUMBER = r"[-−+]?(?:\d{7,400}|\d{1,6}[eE][-+]?\d{1,6}|[⁰¹²³⁴⁵⁶⁷⁸⁹₀-₉]+)"  # no evidence has such a one
# Marks of direction and controls: a terminal obeys them, a page shows the text in another order.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_MARK = Phrases(
    rf"[\[【［]\s*(?:\^|(?:«marks: source»)\s*[:：#]?\s*)?"
    rf"(?:({_NUMBER}(?:\s*(?:[,，、;；和至~–—-]|and|to)\s*(?:\^|#)?{_NUMBER})*)|{_NO_NUMBER})"
    rf"\s*(?:†[^\]】］\n]{{0,40}})?[\]】］](?:\([^)\s]{{0,400}}\))?", re.IGNORECASE)
_LONGEST_MARK = 40  # characters that are held back: a longer one is none
_UNFINISHED = re.compile(rf"[\[【［][^\]】］\n]{{0,{_LONGEST_MARK}}}\Z")
_LEAD = " -*+•·>\t"  # of a line
_DECORATION = re.compile(r"\*\*|__|^\s{0,3}#{1,6}\s+|^\s*(?:[-*+•·]\s+|\d{1,2}[.)、]\s*)|^\s*>\s*")


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """One sentence without its marks. ids: the numbers it cites, in order, whether they exist or not.  breaks: a new
    line begins with it."""

    text: str
    ids: tuple[int, ...]
    breaks: bool = False


def read_cited(text: str, *, is_whole: bool = True) -> list[CitedSentence]:
    """The sentences of a text. Of one that still comes, a mark that has begun is held back; its last sentence may yet
    change.

    A mark behind the full stop belongs to the sentence before it; one that opens a line, to that line.
    """
    text = _HIDDEN.sub("", text.replace("\r\n", "\n"))
    if not is_whole:
        text = _settled(text)
    plain, marks = _without_marks(text)
    spans = sentence_spans(plain)
    starts = [a for a, _ in spans]
    cited: list[list[int]] = [[] for _ in spans]
    for position, opens, ids in marks if spans else ():
        # the spans have no gaps: a mark belongs to the one that it opens, else to the one that it stands behind
        cited[max(0, (bisect_right if opens else bisect_left)(starts, position) - 1)] += ids
    found: list[CitedSentence] = []
    for i, ((a, b), ids) in enumerate(zip(spans, cited, strict=True)):
        sentence = _DECORATION.sub("", plain[a:b]).strip()
        if re.search(r"\w", sentence):
            before = plain[slice(*spans[i - 1])] if i else ""
            breaks = "\n" in before[len(before.rstrip()):]
            found.append(CitedSentence(sentence, tuple(dict.fromkeys(ids)), breaks))
        elif found and ids:
            found[-1] = CitedSentence(found[-1].text, tuple(dict.fromkeys((*found[-1].ids, *ids))), found[-1].breaks)
    return found


def _settled(text: str) -> str:
    """The text without a mark, or the address behind one, that has begun at its end."""
    link = max(text.rfind(closing + "(") for closing in "]】］")
    if link >= 0 and not re.search(r"[)\s]", text[link + 2:]):
        text = text[:link]
    begun = _UNFINISHED.search(text, max(0, len(text) - _LONGEST_MARK - 1))
    return text[:begun.start()].rstrip(" \t") if begun else text


def _without_marks(text: str) -> tuple[str, list[tuple[int, bool, list[int]]]]:
    """The text without marks, and for each its place there, whether it opens a line, and its numbers. One pass: no mark
    is compared with another."""
    all_marks = list(_MARK.finditer(text))
    opening = _openings(text, all_marks)
    shields = iter(shielded_spans(text, fences=True))
    shield = next(shields, None)
    parts: list[str] = []
    marks: list[tuple[int, bool, list[int]]] = []
    length = last = 0
    for found, (opens, is_alone) in zip(all_marks, opening, strict=True):
        while shield is not None and shield[1] <= found.start():
            shield = next(shields, None)
        if shield is not None and shield[0] <= found.start():
            continue
        before = text[last:found.start()]
        before = before if opens else before.rstrip(" \t\n" if is_alone else " \t")
        parts.append(before)
        length += len(before)
        marks.append((length, opens, _numbers(found.group(1)) if found.group(1) else [-1]))
        last = found.end()
        while opens and last < len(text) and text[last] in " \t":
            last += 1
    parts.append(text[last:])
    return "".join(parts), marks


def _openings(text: str, marks: Sequence[re.Match[str]]) -> list[tuple[bool, bool]]:
    """For each mark: whether it opens a line that says something, and whether nothing stands before it on its line."""
    gaps = [text[a.end():b.start()] for a, b in pairwise(marks)]
    gaps = [text[:marks[0].start()], *gaps, text[marks[-1].end():]] if marks else []
    says = [False] * len(marks)  # whether a word follows on the line
    for i in reversed(range(len(marks))):
        line, newline, _ = gaps[i + 1].partition("\n")
        goes_on = not newline and i + 1 < len(marks) and (says[i + 1] or "\n" in marks[i + 1].group())
        says[i] = goes_on or bool(re.search(r"\w", line))
    found: list[tuple[bool, bool]] = []
    is_bare = is_alone = True
    for i, gap in enumerate(gaps[:-1]):
        _, newline, line = gap.rpartition("\n")
        begins = bool(newline) or i == 0
        is_alone = begins and not line.strip()
        is_bare = not line.strip(_LEAD) and (begins or is_bare and "\n" not in marks[i - 1].group())
        found.append((is_bare and says[i], is_alone))
    return found


def _numbers(inside: str) -> list[int]:
    """The numbers of one mark. A range of at most nine stands for all in it; a longer one, and a negative number, for
    one that does not exist."""
    ids: list[int] = []
    for part in re.split(r"\s*(?:[,，、;；和]|and)\s*", inside):
        found = re.fullmatch(r"#?\^?([-−]?\d+)(?:\s*(?:[-–—~至]|to)\s*#?\^?([-−]?\d+))?", part.strip())
        if found is None:
            continue
        first, last = (int(value.replace("−", "-")) if value else None for value in found.groups())
        assert first is not None
        if last is None:
            ids.append(first)
        elif 0 <= last - first < 9:
            ids += range(first, last + 1)
        else:
            ids.append(-1)
    return ids
